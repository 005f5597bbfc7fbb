import * as z from 'zod'
import { accountId, botId, groupId, personId, roleId, teamId } from '../values/identifier.ts'
import { type Instant, instant } from '../values/instant.ts'
import { personOf } from './alias.ts'
import type { Difference } from './command.ts'
import { type Governance, type Grant, tables } from './governance.ts'
import { personName } from './name.ts'

const person = z.strictObject({
  person: personId,
  name: personName,
  accounts: z.array(accountId).min(1).max(200),
  /** Without them nothing is said of the person's groups. */
  groups: z.array(groupId).max(20).optional(),
})
const held = z.strictObject({
  role: roleId,
  to: z.union([personId, botId]),
  team: z.union([teamId, z.literal('*')]),
  from: instant.optional(),
  until: instant.optional(),
})

/**
 * What a directory says of people, of the roles that it names and of no others, and of absences. A `complete` one names
 * everybody: who is not in it has left, and what it does not say of its people and roles is no longer so.
 */
export const directorySchema = z.strictObject({
  people: z.array(person),
  roles: z.array(held).optional(),
  absences: z.array(z.strictObject({ person: personId, from: instant, until: instant })).optional(),
  complete: z.boolean().optional(),
})

export type Directory = z.infer<typeof directorySchema>
type DirectoryGrant = z.infer<typeof held>

/**
 * In what a directory differs from what is recorded, as the commands that record it, in an order in which they can be
 * carried out. Where nothing differs there are none.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { differencesOf } from 'countersign/governance'
 * const { desk, now } = await f0()
 * const directory = { people: [{ person: 'frida', name: 'Frida', accounts: ['frida'] }] }
 * differencesOf(desk.governance(), directory, now)
 * // → [{ type: 'registerPerson', person: 'frida', name: 'Frida', accounts: ['frida'] }]
 * ```
 */
export function differencesOf(governance: Governance, directory: Directory, at: Instant): Difference[] {
  const people = asPersons(governance, directory.people)
  const listed = new Set(people.map(one => one.person))
  const gone = directory.complete === true ? missingFrom(governance, listed) : []
  return [
    ...gone.map((one): Difference => ({ type: 'recordDeparture', person: one, compromised: false })),
    ...accountsGone(governance, people, directory.complete === true),
    ...people.flatMap(one => personDifferences(governance, one)),
    ...roleDifferences(governance, directory, new Set(gone), at),
    ...absenceDifferences(governance, directory, listed, at),
  ]
}

type Listed = Directory['people'][number]

/** Each person once, with all that the directory says of them under any of their ids. */
function asPersons(governance: Governance, people: readonly Listed[]): Listed[] {
  const persons = new Map<string, Listed>()
  for (const one of people) {
    const person = personOf(governance, one.person)
    const known = persons.get(person)
    const groups = known?.groups === undefined ? one.groups : [...known.groups, ...(one.groups ?? [])]
    persons.set(person, {
      person,
      name: known?.name ?? one.name,
      accounts: [...(known?.accounts ?? []), ...one.accounts],
      ...(groups === undefined ? {} : { groups }),
    })
  }
  return [...persons.values()]
}

/** Everybody who is here and not listed. Nobody stops being an administrator by what a directory leaves out. */
function missingFrom(governance: Governance, listed: ReadonlySet<string>): string[] {
  const administrators = new Set(governance.administrators)
  return governance[tables].persons
    .entries()
    .filter(([id, one]) => one.departed === undefined && one.is === undefined && !listed.has(id))
    .map(([id]) => id)
    .filter(id => !administrators.has(id))
}

/** Logins that belong to somebody else now, and with a complete directory those that it no longer lists. */
function accountsGone(governance: Governance, people: readonly Listed[], complete: boolean): Difference[] {
  const { accounts, accountsOf } = governance[tables]
  const gone = new Set<string>()
  for (const one of people) {
    const id = one.person
    for (const account of one.accounts) {
      const owner = accounts.get(account)
      if (owner !== undefined && 'person' in owner && owner.person !== id) gone.add(account)
    }
    if (!complete || governance.administrators.includes(id)) continue
    for (const account of accountsOf.get(id) ?? []) if (!one.accounts.includes(account)) gone.add(account)
  }
  return [...gone].map(account => ({ type: 'unlinkAccount', account }))
}

const mostAccounts = 20

function personDifferences(governance: Governance, one: Listed): Difference[] {
  const { persons, accounts } = governance[tables]
  const id = one.person
  const known = persons.get(id)
  const isLinked = (account: string) => {
    const owner = accounts.get(account)
    return owner !== undefined && 'person' in owner && owner.person === id
  }
  const missing = [...new Set(one.accounts)].filter(account => !isLinked(account))
  const first = known === undefined ? missing.slice(0, mostAccounts) : []
  const groups = [...new Set(one.groups)].toSorted()
  const isRegrouped = one.groups !== undefined && groups.join() !== (known?.groups ?? []).join()
  const differences: Difference[] = []
  if (known === undefined) differences.push({ type: 'registerPerson', person: id, name: one.name, accounts: first })
  if (known?.departed !== undefined) differences.push({ type: 'recordReturn', person: id })
  for (const account of missing.slice(first.length)) differences.push({ type: 'linkAccount', account, person: id })
  if (isRegrouped) differences.push({ type: 'assignGroups', person: id, groups })
  return differences
}

/** Roles are compared holder by holder and team by team: where they differ, what was is revoked and what is granted. */
function roleDifferences(
  governance: Governance,
  { roles = [], complete }: Directory,
  gone: ReadonlySet<string>,
  at: Instant,
): Difference[] {
  const { grants } = governance[tables]
  const asked = new Map<string, { readonly about: DirectoryGrant; readonly wanted: DirectoryGrant[] }>()
  const keyOf = (role: string, to: string, team: string) => `${role} ${to} ${team}`
  for (const one of roles) {
    const about = { ...one, to: personOf(governance, one.to) }
    const key = keyOf(one.role, about.to, one.team)
    const known = asked.get(key) ?? { about, wanted: [] }
    asked.set(key, known)
    const isKnown = known.wanted.some(other => other.from === one.from && other.until === one.until)
    if (!isKnown && (one.until === undefined || one.until > at)) known.wanted.push(about)
  }
  if (complete === true) {
    for (const role of new Set(roles.map(one => one.role))) {
      for (const [to, own] of grants.get(role)?.entries() ?? []) {
        // A departure takes everything with it.
        if (gone.has(to)) continue
        for (const { team } of own) {
          const key = keyOf(role, to, team)
          if (!asked.has(key)) asked.set(key, { about: { role, to, team }, wanted: [] })
        }
      }
    }
  }
  const revoked: Difference[] = []
  const granted: Difference[] = []
  for (const { about, wanted } of asked.values()) {
    const { role, to, team } = about
    const open = (grants.get(role)?.get(to) ?? []).filter(
      one => one.team === team && (one.until === undefined || one.until > at),
    )
    if (sameGrants(open, wanted, at)) continue
    if (open.length > 0) revoked.push({ type: 'revokeRole', role, from: to, team })
    for (const { from, until } of wanted) {
      const period = {
        ...(from === undefined || from <= at ? {} : { from }),
        ...(until === undefined ? {} : { until }),
      }
      granted.push({ type: 'grantRole', role, to, team, ...period })
    }
  }
  return [...revoked, ...granted]
}

/** Whether grants and a directory say the same from now on; when what holds now has begun makes no difference. */
function sameGrants(open: readonly Grant[], wanted: readonly DirectoryGrant[], at: Instant): boolean {
  const told = (list: readonly Pick<DirectoryGrant, 'from' | 'until'>[]) =>
    [...new Set(list.map(({ from, until }) => `${from === undefined || from <= at ? '' : from} ${until ?? ''}`))]
      .toSorted()
      .join()
  return told(open) === told(wanted)
}

function absenceDifferences(
  governance: Governance,
  { absences = [], complete }: Directory,
  listed: ReadonlySet<string>,
  at: Instant,
): Difference[] {
  const known = governance[tables].absences
  const wanted = new Map<string, Set<string>>()
  const recorded: Difference[] = []
  for (const { person: named, from, until } of absences) {
    const person = personOf(governance, named)
    const own = wanted.get(person) ?? new Set<string>()
    const told = `${from} ${until}`
    const isKnown = known.get(person)?.some(one => one.from === from && one.until === until) ?? false
    if (until > at && !isKnown && !own.has(told)) recorded.push({ type: 'recordAbsence', person, from, until })
    wanted.set(person, own.add(told))
  }
  if (complete !== true) return recorded
  const cancelled = [...listed].flatMap(person =>
    (known.get(person) ?? [])
      .filter(({ from, until }) => from > at && wanted.get(person)?.has(`${from} ${until}`) !== true)
      .map(({ from, until }): Difference => ({ type: 'cancelAbsence', person, from, until })),
  )
  return [...cancelled, ...recorded]
}
