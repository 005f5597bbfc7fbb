import { type Refusal, refuse } from '../decision/refusal.ts'
import { delegationsTo } from '../governance/delegation.ts'
import type { Actor } from '../governance/identity.ts'
import { fallbackFor, holds } from '../governance/role.ts'
import type { Change, Seat } from './change.ts'
import { eligibleFor } from './eligible.ts'
import { isArrangedByParticipant } from './participant.ts'
import { conflictFacts, conflictOf } from './separation.ts'
import type { Pinned } from './world.ts'

/** By what right an actor does something, and everyone whose duties count for it. */
export interface Authority {
  /** Who it is recorded for: the person, or a bot that no person controls. */
  readonly person: string
  readonly chain: readonly string[]
  readonly seats: readonly Seat[]
}

/**
 * Finds by what right an actor may do a duty on a change in one of the roles asked for. A person's own right goes before
 * any other; to act for a principal where one could also act oneself, one names the principal.
 *
 * The chain of a decision is the actor, the bot itself where a bot acts, and the principal. A conflict of anybody in it
 * refuses the decision and names the link.
 */
export function authorityFor(
  pinned: Pinned,
  change: Change,
  actor: Actor,
  duty: string,
  roles: readonly string[],
  principal?: string,
): Authority | { readonly refused: Refusal } {
  const { at, separations } = pinned
  const who = actor.bot ?? actor.person
  if (who === undefined) return refuse('identity.unknown-account', { account: actor.account, near: '' })
  const self = actor.bot === undefined || actor.person === undefined ? [who] : [actor.person, actor.bot]
  // To have made something is a fact and not a claim: it is recorded, and what the person decided stops counting.
  const apart = duty === 'make' ? [] : separations
  const own = conflictOf(apart, change, duty, self)
  if (own !== undefined)
    return refuse('duty.conflict', {
      ...conflictFacts(own, own.person === who ? 'self' : 'controller'),
      able: ableIn(pinned, change, duty, roles),
    })
  if (actor.bot !== undefined && actor.person === undefined) {
    return refuse('identity.no-controller', { account: actor.account, bot: actor.bot })
  }
  const person = actor.person ?? who
  if (principal === undefined) {
    const seats = ownSeats(pinned, change, who, roles)
    if (seats.length > 0) return { person, chain: self, seats }
  }
  // A robot does what its controller may do, and no delegation is made out to it.
  const delegated = actor.bot === undefined ? delegatedSeats(pinned, change, who, roles) : new Map<string, Seat[]>()
  if (principal !== undefined && !delegated.has(principal)) {
    return refuse('authority.no-role', {
      person: who,
      roles: [...roles],
      principal,
      able: ableIn(pinned, change, duty, roles),
      at,
    })
  }
  const conflicts = []
  const able = new Map<string, Seat[]>()
  for (const [name, seats] of delegated) {
    if (principal !== undefined && name !== principal) continue
    const conflict = conflictOf(apart, change, duty, [who, name])
    if (conflict === undefined) able.set(name, seats)
    else conflicts.push(conflict)
  }
  const [first, ...others] = able
  if (first !== undefined && others.length === 0) return { person, chain: [who, first[0]], seats: first[1] }
  if (first !== undefined)
    return refuse('authority.which-principal', { person: who, principals: [...able.keys()].toSorted() })
  if (conflicts[0] !== undefined) {
    return refuse('duty.conflict', {
      ...conflictFacts(conflicts[0], 'principal'),
      able: ableIn(pinned, change, duty, roles),
    })
  }
  return refuse('authority.no-role', {
    person: who,
    roles: [...roles],
    able: ableIn(pinned, change, duty, roles),
    at,
  })
}

/** The seats that somebody can take in their own right: roles that they hold, or that a role of theirs stands in for. */
function ownSeats({ governance, policy, at }: Pinned, change: Change, who: string, roles: readonly string[]): Seat[] {
  const seats: Seat[] = []
  for (const role of roles) {
    if (holds(governance, who, role, change.team, at)) {
      seats.push({ role, capacity: 'own' })
      continue
    }
    const via = fallbackFor(governance, role, policy.roles[role], change.team, change.category, at)
    if (via !== undefined && holds(governance, who, via, change.team, at))
      seats.push({ role, capacity: 'fallback', via })
  }
  return seats
}

/** The seats that somebody can take for others, by principal. A delegate has no more than the principal has. */
function delegatedSeats({ governance, at }: Pinned, change: Change, who: string, roles: readonly string[]) {
  const byPrincipal = new Map<string, Seat[]>()
  const { team, category } = change
  if (governance.delegatedTo[who] === undefined) return byPrincipal
  for (const role of roles) {
    for (const id of delegationsTo(governance, who, { role, team, category }, at)) {
      const delegation = governance.delegations[id]
      if (delegation === undefined || !holds(governance, delegation.principal, role, team, at)) continue
      if (isArrangedByParticipant(change, delegation)) continue
      const { principal } = delegation
      const seats = byPrincipal.get(principal) ?? []
      seats.push({ role, capacity: 'delegate', principal, delegation: id })
      byPrincipal.set(principal, seats)
    }
  }
  return byPrincipal
}

const mostNamed = 20

/** Who could do it now, so that a refusal can say whom to ask: not absent, or with a delegate, and without a conflict. */
function ableIn(pinned: Pinned, change: Change, duty: string, roles: readonly string[]): string[] {
  const able = eligibleFor(pinned, change, roles, duty)
    .filter(one => one.excluded === undefined)
    .flatMap(one => (one.absent ? one.delegates : [one.person]))
  return [...new Set(able)].toSorted().slice(0, mostNamed)
}
