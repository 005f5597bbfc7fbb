import type { Hindrance, Ineligibility } from '../decision/hindrance.ts'
import { barredFrom } from '../governance/exclusion.ts'
import type { Grant } from '../governance/governance.ts'
import { controllerOf } from '../governance/identity.ts'
import { hasAccount, reachable } from '../governance/reachable.ts'
import { holdersInTurn, holdersOf, isAbsent, robotsIn, standInFor } from '../governance/role.ts'
import type { Change, Given } from './change.ts'
import { delegatesFor } from './delegation.ts'
import { asDoneBy, grantedByParticipant } from './participant.ts'
import { type Conflict, conflictOf, isOneWith, ruleOf } from './separation.ts'
import { discountOf } from './standing.ts'
import { unansweredSince } from './unanswered.ts'
import { isUnderGlass } from './under-glass.ts'
import { vetoersOn } from './veto.ts'
import { type Pinned, stageOf } from './world.ts'

/** Somebody who could act, or why not. */
export interface Eligible {
  readonly person: string
  readonly roles: readonly string[]
  readonly capacity: 'own' | 'fallback'
  readonly absent: boolean
  /** Persons who may act for them. */
  readonly delegates: readonly string[]
  /** Why they cannot, where they cannot. */
  readonly excluded?: Hindrance
  /** A participant has given them the role since the submission. */
  readonly favoured?: true
  /** They may not act, as they are absent or have no account, and their delegates may. */
  readonly suspended?: true
  /** They could act by an exception, of which there is one. */
  readonly excepted?: true
}

/** Somebody who holds what it takes, and may be excluded by what is recorded. */
export interface Holder extends Eligible {
  readonly excluded?: Ineligibility
}

/** Whether it is what they have given at a stage that excludes somebody. */
export const hasGivenAt = ({ excluded }: Eligible, stage: string): boolean =>
  excluded?.why === 'given' && excluded.stage === stage

/** Those who could act, by themselves or for somebody. */
export const actingAt = (eligible: readonly Eligible[]): string[] =>
  eligible.flatMap(one =>
    one.excluded !== undefined ? [] : one.suspended === true ? one.delegates : [one.person, ...one.delegates],
  )

/**
 * Those of some who could approve whose veto does not stand, each with the delegates who could approve for them by a way on
 * which nobody's does.
 */
export function withoutVetoers(
  pinned: Pinned,
  change: Change,
  eligible: readonly Eligible[],
  { stage, afterwards = false }: Pick<Asking, 'stage' | 'afterwards'>,
): readonly Eligible[] {
  const vetoers = vetoersOn(pinned, change)
  if (vetoers.size === 0) return eligible
  const spent = new Set([...givenAlready(pinned, change, 'approve', { stage, afterwards }).keys(), ...vetoers])
  return eligible
    .filter(one => !vetoers.has(pinned.person(one.person)))
    .map(one => {
      const free = new Set(
        one.roles.flatMap(role => delegatesFor(pinned, change, one.person, role, 'approve', afterwards, spent)),
      )
      return { ...one, delegates: one.delegates.filter(to => free.has(to)) }
    })
    .filter(one => one.suspended !== true || one.delegates.length > 0)
}

/**
 * For what somebody is looked for: at a stage, as one of those of whom a share is asked, be they also who have come to make the
 * change by an edit, for a review afterwards.
 */
interface Asking {
  readonly stage?: string | undefined
  readonly forShare?: boolean
  readonly butEdited?: boolean
  readonly afterwards?: boolean
}

/**
 * Holders of the roles, with those who stand in where a role is not filled, and why some of them cannot act. As those of
 * whom a share is asked, `forShare`, they are no fewer for being absent, for having no account, nor for having been given work
 * that they have not done: nobody makes it a share of fewer persons by saying so.
 */
export function eligibleFor(
  pinned: Pinned,
  change: Change,
  roles: readonly string[],
  duty: string,
  { stage, forShare = false, butEdited = false, afterwards = false }: Asking = {},
): Holder[] {
  const releasing = duty === 'release' && stage !== undefined ? stageOf(pinned, stage) : undefined
  const inPerson = releasing?.kind === 'release' && isUnderGlass(pinned, change, releasing)
  const looked: Looked = { duty, stage, forShare, butEdited, afterwards, inPerson }
  const byPerson = givenAlready(pinned, change, duty, { stage, afterwards })
  const found = new Map<string, Holder>()
  for (const role of roles) {
    for (const held of heldFor(pinned, change, role, looked)) {
      const known = found.get(held.person)
      // Whoever has the role by a participant's favour only may still stand in for it by another one.
      if (known?.roles.includes(role) === true && known.favoured !== true) continue
      const one = holderOf(pinned, change, role, held, looked, byPerson)
      found.set(held.person, known === undefined ? one : inBoth(known, one))
    }
  }
  return [...found.values()]
}

/** For what somebody is looked for. `inPerson`: for a release on the broken glass, where nobody acts for another. */
interface Looked extends Required<Omit<Asking, 'stage'>>, Pick<Asking, 'stage'> {
  readonly duty: string
  readonly inPerson: boolean
}

/** Somebody who holds a role that is asked for, or the one that stands in for it. */
interface Held {
  readonly person: string
  readonly capacity: Eligible['capacity']
  readonly role: string
}

/** Those who hold a role, the robots that act for them, and those who stand in where it is not filled. */
function heldFor(
  pinned: Pinned,
  change: Change,
  role: string,
  { duty, stage, afterwards, inPerson }: Looked,
): readonly Held[] {
  const { governance, at } = pinned
  const { team } = change
  const holders = holdersOf(governance, role, team, at)
  const isOfHolder = (one: string) => holders.includes(controllerOf(governance, one) ?? '')
  // A robot may test and release for the person who controls it, and never approves.
  const robots =
    duty === 'approve' ? [] : robotsIn(governance, role, team, at).filter(one => !inPerson || isOfHolder(one))
  const own = [...holders, ...robots].map((person): Held => ({ person, capacity: 'own', role }))
  const standIn = inPerson ? undefined : standInAt(pinned, change, role, duty, { stage, afterwards })
  if (standIn === undefined) return own
  const others = holdersOf(governance, standIn.role, team, at)
    .filter(one => !barredFrom(governance, one, role, team, at))
    .map((person): Held => ({ person, capacity: 'fallback', role: standIn.role }))
  return [...own, ...others]
}

/** Whether one who holds a role, or stands in for it, could act, and who could for them. */
function holderOf(
  pinned: Pinned,
  change: Change,
  role: string,
  { person, capacity, role: held }: Held,
  { duty, forShare, butEdited, afterwards, inPerson }: Looked,
  byPerson: ReadonlyMap<string, Given>,
): Holder {
  const { governance, at } = pinned
  const controller = controllerOf(governance, person)
  const chain = controller === undefined ? [person] : [controller, person]
  const excused: string[] = []
  const looking = { fresh: true, excused, butAssigned: forShare, butEdited, afterwards }
  // Whoever decided and makes something then may: it is what they decided that counts no more.
  const done = asDoneBy(pinned, change, duty, chain)
  const conflict = duty === 'make' ? undefined : conflictOf(pinned, done, duty, chain, looking)
  const earlier = chain.flatMap(one => byPerson.get(pinned.person(one)) ?? []).at(0)
  const favour = grantedByParticipant(pinned, done, person, held, at)
  // Nobody acts for whoever stands in.
  const delegates =
    capacity === 'own' && !inPerson
      ? reachable(governance, delegatesFor(pinned, change, person, role, duty, afterwards, byPerson))
      : []
  const isUnreachable = !hasAccount(governance, person)
  const suspended = !forShare && (isUnreachable || isSuspended(pinned, person, held))
  const away = !suspended || delegates.length > 0 ? undefined : isUnreachable ? 'no-account' : 'absent'
  const excluded = whyNot(duty, { conflict, earlier, favour, away })
  return {
    person,
    roles: [role],
    capacity,
    absent: isAbsent(governance, person, at),
    delegates,
    ...(excluded === undefined ? {} : { excluded }),
    ...(favour === undefined ? {} : { favoured: true }),
    ...(suspended ? { suspended } : {}),
    ...(excused.length > 0 && conflict === undefined ? { excepted: true } : {}),
  }
}

/** Why somebody cannot act, where there is a reason: the first that is one for good. */
function whyNot(
  duty: string,
  against: {
    readonly conflict: Conflict | undefined
    readonly earlier: Given | undefined
    readonly favour: Grant | undefined
    readonly away: 'absent' | 'no-account' | undefined
  },
): Ineligibility | undefined {
  const { conflict, earlier, favour, away } = against
  if (conflict !== undefined) return { why: 'conflict', how: conflict.held.how, ...ruleOf(conflict) }
  if (earlier !== undefined) return { why: 'given', duty, stage: earlier.stage }
  if (favour !== undefined) return { why: 'granted-by-participant', by: favour.by }
  return away === undefined ? undefined : { why: away }
}

/**
 * What each person has given by which they count already: among approvals over all stages, among sign-offs at each. Whoever has
 * signed off that something failed signs off once more what is mended.
 */
export function givenAlready(
  pinned: Pinned,
  change: Change,
  duty: string,
  { stage, afterwards = false }: Pick<Asking, 'stage' | 'afterwards'>,
): ReadonlyMap<string, Given> {
  const given: readonly Given[] =
    duty === 'approve'
      ? change.approvals.filter(
          one => isOneWith(pinned, one, afterwards) && discountOf(pinned, change, one, 'approve') === undefined,
        )
      : duty === 'test'
        ? change.signOffs.filter(
            one =>
              one.stage === stage && one.result === 'passed' && discountOf(pinned, change, one, 'test') === undefined,
          )
        : []
  const byPerson = new Map<string, Given>()
  for (const one of given) for (const person of one.chain) byPerson.set(pinned.person(person), one)
  return byPerson
}

/**
 * Somebody who is looked for in several roles: in those in which they, or somebody for them, could act; where there is none, in
 * all of them.
 */
function inBoth(some: Holder, more: Holder): Holder {
  if ((some.excluded === undefined) !== (more.excluded === undefined)) return some.excluded === undefined ? some : more
  const { suspended, ...rest } = some
  return {
    ...rest,
    roles: [...new Set([...some.roles, ...more.roles])],
    delegates: [...new Set([...some.delegates, ...more.delegates])],
    ...(suspended === true && more.suspended === true ? { suspended } : {}),
  }
}

/**
 * The first so many persons who could plainly approve in a role: they hold it themselves, and nothing shuts them out. Nobody
 * else is looked at, so where these are enough, a role that thousands hold costs no more than one that five do. For a
 * change on which nobody has approved anything yet.
 */
export function plainlyAble(
  pinned: Pinned,
  change: Change,
  role: string,
  most: number,
  afterwards: boolean,
): readonly string[] {
  const { governance, at } = pinned
  const able: string[] = []
  for (const person of holdersInTurn(governance, role, change.team, at)) {
    if (able.length === most) break
    if (!hasAccount(governance, person) || isSuspended(pinned, person, role)) continue
    if (conflictOf(pinned, change, 'approve', [person], { fresh: true, afterwards }) !== undefined) continue
    if (grantedByParticipant(pinned, change, person, role, at) === undefined) able.push(person)
  }
  return able
}

/**
 * The role that stands in for one on a change, and why: also where its holders are absent, and have delegates of whom none could
 * act on this one, as where what they would decide is decided already.
 */
export function standInAt(
  pinned: Pinned,
  change: Change,
  role: string,
  duty: string,
  { stage, afterwards = false }: Pick<Asking, 'stage' | 'afterwards'>,
) {
  const { governance, policy, at } = pinned
  const use = policy.roles[role]
  if (use?.fallback === undefined) return undefined
  const { team, category } = change
  let given: ReadonlyMap<string, Given> | undefined
  const isCovered = (who: string) => {
    given ??= givenAlready(pinned, change, duty, { stage, afterwards })
    return !given.has(pinned.person(who)) && delegatesFor(pinned, change, who, role, duty, afterwards, given).length > 0
  }
  const openSince = unansweredSince(pinned, change, role, stage)
  return standInFor(governance, { role, team, category }, use, at, { openSince, isCovered })
}

/** Whether the policy suspends the authority of whoever is absent in a role, and they are, or whoever a robot is theirs of. */
export function isSuspended({ governance, policy, at }: Pinned, who: string, role: string): boolean {
  if (policy.roles[role]?.whileAbsent !== 'suspended') return false
  const controller = controllerOf(governance, who)
  return isAbsent(governance, who, at) || (controller !== undefined && isAbsent(governance, controller, at))
}
