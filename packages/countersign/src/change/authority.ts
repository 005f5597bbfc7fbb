import { ableFacts } from '../decision/able.ts'
import { type Refused, refuse } from '../decision/refusal.ts'
import { barredFrom } from '../governance/exclusion.ts'
import { type Actor, selfOf } from '../governance/identity.ts'
import { reachable } from '../governance/reachable.ts'
import { holdersOf, holds } from '../governance/role.ts'
import type { Category } from '../policy/category.ts'
import { type ApprovalStage, isOwed, type SingleStage } from '../policy/stage.ts'
import type { Change, Seat } from './change.ts'
import { type Delegated, delegatedSeats } from './delegation.ts'
import { type Eligible, eligibleFor, isSuspended, standInAt, withoutVetoers } from './eligibility.ts'
import { hindrance, unhinderedDelegates } from './hindrance.ts'
import {
  asDoneBy,
  deskOf,
  holdsHere,
  isOnDesk,
  noParticipant,
  rolesIn,
  type Tainted,
  takesPart,
} from './participant.ts'
import { type Conflict, conflictFacts, conflictOf } from './separation.ts'
import { isUnderGlass } from './under-glass.ts'
import type { Pinned } from './world.ts'

/** By what right an actor does something, and everyone whose duties count for it. */
export interface Authority {
  /** Who it is recorded for: the person, or a bot that no person controls. */
  readonly person: string
  readonly chain: readonly string[]
  readonly seats: readonly Seat[]
  /** The exceptions without which it would be a conflict. */
  readonly exceptions: readonly string[]
}

/**
 * The stage at which somebody acts, where it is one; `afterwards`: it is a review of what has taken effect; `isSpent`: whether
 * somebody in a chain has decided already what it is for; `able`: who else could do it, where those are not who could do the
 * duty.
 */
interface At {
  readonly stage?: SingleStage | undefined
  readonly afterwards?: boolean
  readonly isSpent?: (chain: readonly string[]) => boolean
  readonly able?: () => Able
}

type Able = ReturnType<typeof ableFacts>

/**
 * Finds by what right an actor may do a duty on a change in one of the roles asked for. A person's own right goes before
 * any other; to act for a principal where one could also act oneself, one names the principal.
 *
 * The chain of a decision is the actor, the bot itself where a bot acts, everyone who passed a delegation on, and the
 * principal. A conflict of anybody in it refuses the decision and names the link.
 */
export function authorityFor(
  pinned: Pinned,
  change: Change,
  actor: Actor,
  duty: string,
  roles: readonly string[],
  principal?: string,
  { stage, afterwards = stage !== undefined && isOwed(stage), isSpent = () => false, able: others }: At = {},
): Authority | Refused {
  const { at } = pinned
  const who = selfOf(actor)
  const self = actor.bot === undefined || actor.person === undefined ? [who] : [actor.person, actor.bot]
  const able = others ?? (() => ableIn(pinned, change, duty, roles, { stage, afterwards }))
  const exceptions: string[] = []
  // To have made something is a fact and not a claim: it is recorded, and what the person decided stops counting.
  const clash = (chain: readonly string[], excused: string[]) =>
    duty === 'make'
      ? undefined
      : conflictOf(pinned, asDoneBy(pinned, change, duty, chain), duty, chain, { fresh: true, excused, afterwards })
  const own = clash(self, exceptions)
  if (own !== undefined)
    return refuse('duty.conflict', {
      ...conflictFacts(own, own.person === who ? 'self' : 'controller'),
      ...able(),
    })
  const { person } = actor
  if (person === undefined) return refuse('identity.no-controller', { account: actor.account, bot: who })
  const tainted: Tainted[] = []
  const inPerson = stage?.kind === 'release' && isUnderGlass(pinned, change, stage)
  if (principal === undefined) {
    const asking = { duty, stage: stage?.name, afterwards }
    const done = asDoneBy(pinned, change, duty, self)
    const all = ownSeats(pinned, change, who, roles, { ...asking, done }, tainted)
    const seats = inPerson ? all.filter(one => one.capacity === 'own' && actsIn(pinned, done, person, one.role)) : all
    if (seats.length > 0) return { person, chain: self, seats, exceptions }
  }
  // A robot does what its controller may do, and no delegation is made out to it.
  const delegated =
    actor.bot === undefined && !inPerson ? delegatedSeats(pinned, change, who, roles, duty, tainted) : []
  const meant = delegated.filter(one => principal === undefined || one.principal === principal)
  const { free, conflict } = waysOf(meant, clash, exceptions)
  const way = oneWay(free, isSpent)
  if (way !== undefined && 'several' in way)
    return refuse('authority.which-principal', { person: who, principals: [...way.several] })
  if (way !== undefined) return { person, chain: way.one.chain, seats: way.one.seats, exceptions: way.excused }
  if (conflict !== undefined) {
    const link = meant.some(one => one.principal === conflict.person) ? 'principal' : 'link'
    return refuse('duty.conflict', { ...conflictFacts(conflict, link), ...able() })
  }
  const [grant] = tainted
  if (grant !== undefined)
    return refuse('authority.granted-by-participant', {
      person: who,
      role: roles[0] ?? '',
      by: grant.by,
      ...(grant.to === who ? {} : { to: grant.to }),
      ...(takesPart(pinned, change, grant.by) ? {} : { thereby: true as const }),
      ...able(),
    })
  return refuse('authority.no-role', {
    person: who,
    roles: [...roles],
    ...(principal === undefined ? {} : { principal }),
    ...able(),
    at,
  })
}

/** A delegation by which somebody could act, and the exceptions without which it would be a conflict. */
interface Way {
  readonly one: Delegated
  readonly excused: readonly string[]
}

/** The delegations on which nobody has a conflict, and the first conflict on any other. */
function waysOf(
  meant: readonly Delegated[],
  clash: (chain: readonly string[], excused: string[]) => Conflict | undefined,
  exceptions: readonly string[],
): { readonly free: readonly Way[]; readonly conflict: Conflict | undefined } {
  const free: Way[] = []
  let conflict: Conflict | undefined
  for (const one of meant) {
    const excused = [...exceptions]
    const found = clash(one.chain, excused)
    if (found === undefined) free.push({ one, excused })
    else conflict ??= found
  }
  return { free, conflict }
}

/**
 * The first way on which nobody has decided yet, or the first where somebody has on each. `several` principals, where those that
 * are left lead to more than one.
 */
function oneWay(
  free: readonly Way[],
  isSpent: (chain: readonly string[]) => boolean,
): Way | { readonly several: readonly string[] } | undefined {
  const [first] = free
  if (first === undefined || free.length === 1) return first
  const left = free.filter(({ one }) => !isSpent(one.chain))
  const several = [...new Set(left.map(({ one }) => one.principal))].toSorted()
  return several.length > 1 ? { several } : (left[0] ?? first)
}

/** The role by which a stage is done; a release on the broken glass takes the one that may break it. */
export const roleAt = (pinned: Pinned, change: Change, stage: Exclude<SingleStage, ApprovalStage>): string => {
  const { breakGlass } = pinned.category
  const isBroken = stage.kind === 'release' && breakGlass !== undefined && isUnderGlass(pinned, change, stage)
  return isBroken ? breakGlass.by : stage.by
}

/** A change is edited by those who have it on their desk, and by those to whom its flow gives something to do. */
export function mayEdit(pinned: Pinned, change: Change, actor: Actor): Refused | undefined {
  const { governance, category, at } = pinned
  if (actor.person === undefined) return isOnDesk(pinned, change, actor)
  const who = selfOf(actor)
  const roles = rolesIn(pinned)
  const more = category.requestedBy === undefined ? [] : [category.requestedBy]
  if ([...roles, ...more].some(role => holds(governance, who, role, change.team, at))) return undefined
  if (actor.bot === undefined && mayTake(pinned, change, who, roles)) return undefined
  if (isOnDesk(pinned, change, actor) === undefined) return undefined
  const able = [...roles, ...more].flatMap(role => reachable(governance, holdersOf(governance, role, change.team, at)))
  return noParticipant(actor.person, [...deskOf(pinned, change), ...able])
}

/** Whether somebody can act in one of some roles in their own right: they hold it, or stand in for it. */
export const mayTake = (pinned: Pinned, change: Change, who: string, roles: readonly string[]): boolean =>
  ownSeats(pinned, change, who, roles, { duty: 'approve' }, []).length > 0

/**
 * The refusal of somebody who does not hold a role on this change, or holds it by a participant's favour only, or may not act
 * in it while they are absent; with those who could do it.
 */
export function lacksRole(
  pinned: Pinned,
  change: Change,
  person: string,
  role: string,
  able: () => readonly string[] = () => outsidersIn(pinned, change, role),
): Refused | undefined {
  const tainted: Tainted[] = []
  if (actsIn(pinned, change, person, role, tainted)) return undefined
  return withoutRole(pinned, person, role, tainted, able())
}

/** The refusal of somebody who does not hold a role, or holds it by what is `tainted` only, with those who are able. */
function withoutRole(
  { at }: Pinned,
  person: string,
  role: string,
  tainted: readonly Tainted[],
  able: readonly string[],
) {
  const [grant] = tainted
  return grant === undefined
    ? refuse('authority.no-role', { person, roles: [role], ...ableFacts(able), at })
    : refuse('authority.granted-by-participant', { person, role, by: grant.by, ...ableFacts(able) })
}

const actsIn = (pinned: Pinned, change: Change, who: string, role: string, tainted?: Tainted[]): boolean =>
  holdsHere(pinned, change, who, role, tainted) && !isSuspended(pinned, who, role)

/** The holders of a role who can act in it on a change, and owe it to nobody who has a part in that. */
export const actorsIn = (pinned: Pinned, change: Change, role: string): string[] =>
  reachable(pinned.governance, holdersOf(pinned.governance, role, change.team, pinned.at)).filter(one =>
    actsIn(pinned, change, one, role),
  )

/** Those of them who have no part in the change themselves. */
export const outsidersIn = (pinned: Pinned, change: Change, role: string): string[] =>
  actorsIn(pinned, change, role).filter(one => !takesPart(pinned, change, one))

/**
 * The seats that somebody can take in their own right: roles that they hold, or that a role of theirs stands in for. `done`: the
 * change with them as one who takes part, where they do by what they are asked about.
 */
function ownSeats(
  pinned: Pinned,
  change: Change,
  who: string,
  roles: readonly string[],
  asking: {
    readonly duty: string
    readonly stage?: string | undefined
    readonly afterwards?: boolean
    readonly done?: Change
  },
  tainted: Tainted[],
): Seat[] {
  const { governance, at } = pinned
  const { done = change } = asking
  const seats: Seat[] = []
  for (const role of roles) {
    if (holdsHere(pinned, done, who, role, tainted)) {
      if (!isSuspended(pinned, who, role)) seats.push({ capacity: 'own', role })
      continue
    }
    const standIn = standInAt(pinned, change, role, asking.duty, asking)
    if (standIn === undefined || barredFrom(governance, who, role, change.team, at)) continue
    if (holdsHere(pinned, done, who, standIn.role, tainted) && !isSuspended(pinned, who, standIn.role))
      seats.push({ capacity: 'fallback', cause: standIn.cause, role, via: standIn.role })
  }
  return seats
}

/**
 * Who could do it now, so that a refusal can say whom to ask: without a conflict, and by nothing else kept from it. In the place
 * of whoever is absent those who act for them; where there is nobody else, whoever is absent may do it all the same.
 */
export function ableIn(
  pinned: Pinned,
  change: Change,
  duty: string,
  roles: readonly string[],
  { stage, afterwards }: At,
) {
  const looking = { ...(afterwards === undefined ? {} : { afterwards }), ...(stage && { stage: stage.name }) }
  const found = eligibleFor(pinned, change, roles, duty, looking)
  const free = (duty === 'approve' ? withoutVetoers(pinned, change, found, looking) : found).filter(
    one => one.excluded === undefined,
  )
  const fit =
    stage?.kind !== 'release'
      ? free
      : free
          .filter(one => hindrance(pinned, change, stage, [one.person]) === undefined)
          .map(one => ({ ...one, delegates: unhinderedDelegates(pinned, change, stage, one) }))
  return ableFacts(presentOf(fit))
}

/** In the place of whoever is absent, or may not act, those who act for them; where there is nobody else, they themselves. */
export function presentOf(fit: readonly Eligible[]): string[] {
  const there = fit.flatMap(one => (one.absent || one.suspended === true ? one.delegates : [one.person]))
  return there.length > 0 ? there : fit.map(one => one.person)
}

/** Whoever makes a change one of another category asks for it there: by no role that a participant has given them since. */
export function mayAskHere(
  pinned: Pinned,
  change: Change,
  { requestedBy: role }: Category,
  person: string,
): Refused | undefined {
  const tainted: Tainted[] = []
  if (role === undefined || holdsHere(pinned, change, person, role, tainted)) return undefined
  const { governance, at } = pinned
  const holders = reachable(governance, holdersOf(governance, role, change.team, at))
  const able = holders.filter(one => holdsHere(pinned, change, one, role))
  return withoutRole(pinned, person, role, tainted, able)
}
