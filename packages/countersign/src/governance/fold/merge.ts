import { freeze } from 'immer'
import type { Instant } from '../../values/instant.ts'
import { rootOf } from '../alias.ts'
import type { Person } from '../governance.ts'
import { releaseBots } from './bot.ts'
import { endDelegation } from './delegation.ts'
import type { Event, Folding } from './fold.ts'
import { endGrants, giveGrants } from './role.ts'

/** Makes two ids one person: whatever one of them has goes over to the other, and a pointer stays. */
export function merge(tables: Folding, { person, is, at }: Event<'alias.recorded'>): void {
  const [one, other] = [tables.persons.get(person), tables.persons.get(is)]
  if (one === undefined || other === undefined) return
  mergePersons(tables, [person, one], [is, other], at)
  for (const account of tables.accountsOf.get(person) ?? [])
    tables.accounts = tables.accounts.set(account, freeze({ person: is }))
  move(tables, 'accountsOf', person, is)
  for (const bot of tables.botsOf.get(person) ?? [])
    tables.bots = tables.bots.set(bot, freeze({ ...tables.bots.get(bot), controller: is }))
  move(tables, 'botsOf', person, is)
  tables.mergedBy = tables.mergedBy.set(person, tables.entries)
  for (const role of tables.rolesOf.get(person) ?? []) mergeGrants(tables, role, person, is)
  tables.rolesOf = tables.rolesOf.delete(person)
  // Nobody gives themselves a role, under whichever id, nor their own robot: from here on it is none.
  for (const who of [is, ...(tables.botsOf.get(is) ?? [])])
    for (const role of tables.rolesOf.get(who) ?? [])
      endGrants(tables, role, who, at, ({ by }) => rootOf(tables, by) === is)
  move(tables, 'absences', person, is)
  mergeDelegations(tables, person, is, at)
  mergeAdministrators(tables, person, is)
}

function mergePersons(
  tables: Folding,
  [person, one]: [string, Person],
  [is, other]: [string, Person],
  at: Instant,
): void {
  // An id that had left stays without an account and without a robot: whoever is still here has their own.
  for (const [id, { departed }] of [[person, one] as const, [is, other] as const]) {
    if (departed === undefined) continue
    for (const account of tables.accountsOf.get(id) ?? []) tables.accounts = tables.accounts.delete(account)
    tables.accountsOf = tables.accountsOf.delete(id)
    releaseBots(tables, id)
  }
  const { departed: gone, groups: own, ...pointer } = one
  const { departed, groups: theirs, left: leftLast, erased, ...kept } = other
  const both = gone === undefined || departed === undefined ? undefined : lastDeparture(gone, departed)
  // Whoever has left under each of their ids has left, whether or not they have come back under one since.
  const left = one.left === undefined || leftLast === undefined ? undefined : [one.left, leftLast].toSorted()[1]
  const leftBy = Math.max(tables.leftBy.get(person) ?? 0, tables.leftBy.get(is) ?? 0)
  tables.leftBy = left === undefined ? tables.leftBy.delete(is) : tables.leftBy.set(is, leftBy)
  const goneBy = Math.max(tables.goneBy.get(person) ?? 0, tables.goneBy.get(is) ?? 0)
  tables.goneBy = both === undefined ? tables.goneBy.delete(is) : tables.goneBy.set(is, goneBy)
  const groups = [...new Set([...(own ?? []), ...(theirs ?? [])])].toSorted()
  tables.persons = tables.persons.set(person, freeze({ ...pointer, is: { person: is, at } }, true)).set(
    is,
    freeze(
      {
        ...kept,
        ...(groups.length === 0 ? {} : { groups }),
        ...(both === undefined ? {} : { departed: both }),
        ...(left === undefined ? {} : { left }),
        // Nobody is both here and erased.
        ...(both === undefined || erased === undefined ? {} : { erased }),
      },
      true,
    ),
  )
  const compromised = [tables.compromised.get(person), tables.compromised.get(is)]
    .filter(one => one !== undefined)
    .toSorted()
  for (const since of compromised.slice(-1)) tables.compromised = tables.compromised.set(person, since).set(is, since)
  const by = Math.max(tables.compromisedBy.get(person) ?? 0, tables.compromisedBy.get(is) ?? 0)
  if (by > 0) tables.compromisedBy = tables.compromisedBy.set(person, by).set(is, by)
  const merged = [...(tables.mergedInto.get(is) ?? []), person, ...(tables.mergedInto.get(person) ?? [])]
  tables.mergedInto = tables.mergedInto.delete(person).set(is, freeze(merged))
}

type Departed = NonNullable<Person['departed']>

const lastDeparture = (one: Departed, other: Departed): Departed => ({
  ...(one.at < other.at ? other : one),
  compromised: one.compromised || other.compromised,
})

/** Puts what a list has under one name under another one. */
function move(
  tables: Folding,
  name: 'accountsOf' | 'botsOf' | 'absences' | 'delegatedTo' | 'delegatedBy',
  from: string,
  to: string,
) {
  const list: readonly unknown[] | undefined = tables[name].get(from)
  if (list === undefined) return
  const joined = Object.freeze([...(tables[name].get(to) ?? []), ...list])
  tables[name] = tables[name].delete(from).set(to, joined as never) as never
}

function mergeGrants(tables: Folding, role: string, person: string, is: string): void {
  const holders = tables.grants.get(role)
  const grants = holders?.get(person)
  if (holders === undefined || grants === undefined) return
  for (const { nth } of grants)
    if (!tables.grantedTo.has(String(nth))) tables.grantedTo = tables.grantedTo.set(String(nth), person)
  tables.grants = tables.grants.set(role, holders.delete(person))
  giveGrants(tables, role, is, grants)
}

function mergeDelegations(tables: Folding, person: string, is: string, at: Instant): void {
  const own = (id: string) => (id === person ? is : id)
  for (const id of new Set(
    [tables.delegatedTo.get(person), tables.delegatedBy.get(person), tables.delegatedTo.get(is)].flatMap(
      ids => ids ?? [],
    ),
  )) {
    const one = tables.delegations.get(id)
    if (one === undefined) continue
    const delegation = { ...one, by: own(one.by), principal: own(one.principal), to: own(one.to) }
    tables.delegations = tables.delegations.set(id, freeze(delegation))
    const { by, principal, to } = delegation
    // Nobody delegates to themselves, nor makes themselves the delegate of somebody else.
    if (principal === to || rootOf(tables, by) === to) endDelegation(tables, id, at)
  }
  move(tables, 'delegatedTo', person, is)
  move(tables, 'delegatedBy', person, is)
}

/** Two administrators who are one count once, and a nomination by the person who is nominated is none. */
function mergeAdministrators(tables: Folding, person: string, is: string): void {
  const administrators = [...new Set(tables.administrators.map(one => (one === person ? is : one)))]
  tables.administrators = freeze(administrators)
  if (tables.keyProposed?.by === person) tables.keyProposed = freeze({ ...tables.keyProposed, by: is })
  for (const [nominated, by] of tables.nominated.entries()) {
    if (nominated !== person && by !== person && !administrators.includes(nominated)) continue
    const [who, whom] = [by === person ? is : by, nominated === person ? is : nominated]
    tables.nominated = tables.nominated.delete(nominated)
    if (who !== whom && !administrators.includes(whom)) tables.nominated = tables.nominated.set(whom, who)
  }
}
