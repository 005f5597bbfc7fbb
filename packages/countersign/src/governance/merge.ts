import { freeze } from 'immer'
import type { Instant } from '../values/instant.ts'
import { rootOf } from './alias.ts'
import { endDelegation, endGrants, type Folding, giveGrants, releaseBots } from './folding.ts'
import type { Person } from './governance.ts'

/** Makes two ids one person: whatever one of them has goes over to the other, and a pointer stays. */
export function merge(
  of: Folding,
  { person, is, at }: { readonly person: string; readonly is: string; readonly at: Instant },
): void {
  const [one, other] = [of.persons.get(person), of.persons.get(is)]
  if (one === undefined || other === undefined) return
  mergePersons(of, [person, one], [is, other], at)
  for (const account of of.accountsOf.get(person) ?? []) of.accounts = of.accounts.set(account, freeze({ person: is }))
  move(of, 'accountsOf', person, is)
  for (const bot of of.botsOf.get(person) ?? [])
    of.bots = of.bots.set(bot, freeze({ ...of.bots.get(bot), controller: is }))
  move(of, 'botsOf', person, is)
  of.mergedBy = of.mergedBy.set(person, of.entries)
  for (const role of of.rolesOf.get(person) ?? []) mergeGrants(of, role, person, is)
  of.rolesOf = of.rolesOf.delete(person)
  // Nobody gives themselves a role, under whichever id, nor their own robot: from here on it is none.
  for (const who of [is, ...(of.botsOf.get(is) ?? [])])
    for (const role of of.rolesOf.get(who) ?? []) endGrants(of, role, who, at, ({ by }) => rootOf(of, by) === is)
  move(of, 'absences', person, is)
  mergeDelegations(of, person, is, at)
  mergeAdministrators(of, person, is)
}

function mergePersons(of: Folding, [person, one]: [string, Person], [is, other]: [string, Person], at: Instant): void {
  // An id that had left stays without an account and without a robot: whoever is still here has their own.
  for (const [id, { departed }] of [[person, one] as const, [is, other] as const]) {
    if (departed === undefined) continue
    for (const account of of.accountsOf.get(id) ?? []) of.accounts = of.accounts.delete(account)
    of.accountsOf = of.accountsOf.delete(id)
    releaseBots(of, id)
  }
  const { departed: gone, groups: own, ...pointer } = one
  const { departed, groups: theirs, left: leftLast, erased, ...kept } = other
  const both = gone === undefined || departed === undefined ? undefined : lastDeparture(gone, departed)
  // Whoever has left under each of their ids has left, whether or not they have come back under one since.
  const left = one.left === undefined || leftLast === undefined ? undefined : [one.left, leftLast].toSorted()[1]
  const groups = [...new Set([...(own ?? []), ...(theirs ?? [])])].toSorted()
  of.persons = of.persons.set(person, freeze({ ...pointer, is: { person: is, at } }, true)).set(
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
  const compromised = [of.compromised.get(person), of.compromised.get(is)].filter(one => one !== undefined).toSorted()
  for (const since of compromised.slice(-1)) of.compromised = of.compromised.set(person, since).set(is, since)
  const merged = [...(of.mergedInto.get(is) ?? []), person, ...(of.mergedInto.get(person) ?? [])]
  of.mergedInto = of.mergedInto.delete(person).set(is, freeze(merged))
}

type Departed = NonNullable<Person['departed']>

const lastDeparture = (one: Departed, other: Departed): Departed => ({
  ...(one.at < other.at ? other : one),
  compromised: one.compromised || other.compromised,
})

/** Puts what a list has under one name under another one. */
function move(
  of: Folding,
  name: 'accountsOf' | 'botsOf' | 'absences' | 'delegatedTo' | 'delegatedBy',
  from: string,
  to: string,
) {
  const list: readonly unknown[] | undefined = of[name].get(from)
  if (list === undefined) return
  const joined = Object.freeze([...(of[name].get(to) ?? []), ...list])
  of[name] = of[name].delete(from).set(to, joined as never) as never
}

function mergeGrants(of: Folding, role: string, person: string, is: string): void {
  const holders = of.grants.get(role)
  const grants = holders?.get(person)
  if (holders === undefined || grants === undefined) return
  for (const { nth } of grants) if (!of.grantedTo.has(String(nth))) of.grantedTo = of.grantedTo.set(String(nth), person)
  of.grants = of.grants.set(role, holders.delete(person))
  giveGrants(of, role, is, grants)
}

function mergeDelegations(of: Folding, person: string, is: string, at: Instant): void {
  const own = (id: string) => (id === person ? is : id)
  for (const id of new Set(
    [of.delegatedTo.get(person), of.delegatedBy.get(person), of.delegatedTo.get(is)].flatMap(ids => ids ?? []),
  )) {
    const one = of.delegations.get(id)
    if (one === undefined) continue
    const delegation = { ...one, by: own(one.by), principal: own(one.principal), to: own(one.to) }
    of.delegations = of.delegations.set(id, freeze(delegation))
    const { by, principal, to } = delegation
    // Nobody delegates to themselves, nor makes themselves the delegate of somebody else.
    if (principal === to || rootOf(of, by) === to) endDelegation(of, id, at)
  }
  move(of, 'delegatedTo', person, is)
  move(of, 'delegatedBy', person, is)
}

/** Two administrators who are one count once, and a nomination by the person who is nominated is none. */
function mergeAdministrators(of: Folding, person: string, is: string): void {
  const administrators = [...new Set(of.administrators.map(one => (one === person ? is : one)))]
  of.administrators = freeze(administrators)
  if (of.keyProposed?.by === person) of.keyProposed = freeze({ ...of.keyProposed, by: is })
  for (const [nominated, by] of of.nominated.entries()) {
    if (nominated !== person && by !== person && !administrators.includes(nominated)) continue
    const [who, whom] = [by === person ? is : by, nominated === person ? is : nominated]
    of.nominated = of.nominated.delete(nominated)
    if (who !== whom && !administrators.includes(whom)) of.nominated = of.nominated.set(whom, who)
  }
}
