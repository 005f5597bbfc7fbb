import { ableFacts } from '../decision/able.ts'
import { type Refused, refuse } from '../decision/refusal.ts'
import { personOf } from '../governance/alias.ts'
import { wasCompromised } from '../governance/departure.ts'
import type { Delegation, Governance, Grant, When } from '../governance/governance.ts'
import { type Actor, answerFor, controllerOf, isActive, personNamed, selfOf } from '../governance/identity.ts'
import { reachable } from '../governance/reachable.ts'
import { grantsBehind, grantsOnce, holdersOf, holds, lastGrant } from '../governance/role.ts'
import type { Category } from '../policy/category.ts'
import { rolesOf } from '../policy/requirement.ts'
import type { Instant } from '../values/instant.ts'
import type { Change, HeldDuty } from './change.ts'
import type { Pinned } from './world.ts'

/** Who is who. */
type Named = Pick<Pinned, 'governance' | 'person'>

/** The same as it is known now, also of a change that is over: to whom that belongs is no matter of what was known at its end. */
const namedNow = ({ governance }: Pinned): Named => ({ governance, person: id => personOf(governance, id) })

/** Who holds a duty: the person, under the id of now, or those who have to answer for a robot for which nobody did then. */
export function whoHolds({ governance, person }: Named, held: HeldDuty): readonly string[] {
  const answering = answerFor(governance, held.person, held)
  return answering.length === 0 ? [person(held.person)] : answering.map(person)
}

/** Whether a person holds a duty; `self` is their id of now. */
function isHeldBy({ governance, person }: Named, held: HeldDuty, self: string): boolean {
  const answering = answerFor(governance, held.person, held)
  return answering.length === 0 ? person(held.person) === self : answering.some(one => person(one) === self)
}

/**
 * Whether anybody is known to have made a change: a robot for which nobody answers is nobody, and to have been given the
 * work is not to have done it.
 */
export const isMade = (pinned: Pinned, change: Change): boolean =>
  change.held.some(
    one =>
      one.duty === 'make' &&
      one.how !== 'was assigned' &&
      whoHolds(pinned, one).some(holder => personNamed(pinned.governance, holder) !== undefined),
  )

/** A change belongs to those who asked for it, made it, or have it on their desk. */
export function isOnDesk(pinned: Pinned, change: Change, actor: Actor): Refused | undefined {
  const { person } = actor
  if (person === undefined) return refuse('identity.no-controller', { account: actor.account, bot: selfOf(actor) })
  const known = namedNow(pinned)
  const isOwn = change.held.some(one => isHeldBy(known, one, person)) && isActive(pinned.governance, person)
  if (isOwn) return undefined
  const participants = deskOf(pinned, change)
  return participants.includes(person) ? undefined : noParticipant(person, participants)
}

/** The refusal of somebody who has no part in a change, with those who could do it. */
export function noParticipant(person: string, persons: readonly string[]): Refused {
  const { able: participants, ...others } = ableFacts(persons)
  return refuse('authority.not-participant', { person, participants, ...others })
}

/**
 * Those to whom a change belongs, and who are here and have an account; where there is none of them, those to whom its flow gives
 * something to do.
 */
export function deskOf(pinned: Pinned, change: Change): string[] {
  const { governance, now } = pinned
  const known = namedNow(pinned)
  const held = change.held.flatMap(one => whoHolds(known, one))
  const own = reachable(governance, held).filter(one => isActive(governance, one))
  if (own.length > 0) return [...new Set(own)].toSorted()
  const others = rolesIn(pinned).flatMap(role => holdersOf(governance, role, change.team, now))
  return [...new Set(reachable(governance, others))].toSorted()
}

/** The roles to which the flow of a change gives something to do. */
export const rolesIn = ({ stages }: Pinned): string[] =>
  stages.flatMap(stage => (stage.kind === 'approval' ? rolesOf(stage.requires) : [stage.by]))

/**
 * A change as it would be if some took part in it from now on, as does who answers for a robot: by no duty that anything is
 * kept apart from, so that what they have done on it themselves counts as it did; or `by` one.
 */
export function asTakingPart({ governance, at }: Pinned, change: Change, persons: readonly string[], by = ''): Change {
  const all = new Set(persons.flatMap(person => [person, controllerOf(governance, person) ?? person]))
  const duty = { duty: by, revision: change.revision, at, under: governance.entries, how: 'released' } as const
  return { ...change, held: [...change.held, ...Array.from(all, (person): HeldDuty => ({ ...duty, person }))] }
}

/**
 * A change as a right of somebody to a duty on it is judged: whoever tests it, looks at it or puts it into effect takes part by
 * that, so that a right which anybody in the chain has by a favour of another one in it is none. To decide is not to take part;
 * and to have made something is a fact, whoever let them.
 */
export function asDoneBy(pinned: Pinned, change: Change, duty: string, chain: readonly string[]): Change {
  if (duty === 'approve' || duty === 'make') return change
  // Nobody does anything by a favour of their own alone, but where they let somebody in who excepts them.
  return chain.length > 1 || mayBeFavoured(pinned, change) ? asTakingPart(pinned, change, chain) : change
}

/** A category may say who asks for such changes; whoever makes a change one of it by an edit asks for it as well. */
export const mayAsk = (
  governance: Governance,
  { requestedBy: role }: Category,
  person: string,
  team: string,
  at: Instant,
): Refused | undefined =>
  role === undefined || holds(governance, person, role, team, at)
    ? undefined
    : refuse('authority.no-role', {
        person,
        roles: [role],
        ...ableFacts(reachable(governance, holdersOf(governance, role, team, at))),
        at,
      })

/**
 * Whether a person takes part in a change: asked for it, made it, tested it, put it into effect, or made something on a
 * change that it belongs with. Whoever only decides on it takes no part.
 */
export const takesPart = (pinned: Pinned, change: Change, who: string): boolean => {
  const { ancestors, descendants, person } = pinned
  const self = person(who)
  return (
    change.held.some(one => one.duty !== 'approve' && isHeldBy(pinned, one, self)) ||
    [...ancestors, ...descendants].some(other =>
      other.held.some(one => one.duty === 'make' && isHeldBy(pinned, one, self)),
    )
  )
}

/** Nobody who takes part in a change arranges who decides on it in somebody else's name. */
export const isArrangedByParticipant = (pinned: Pinned, change: Change, { by, principal }: Delegation): boolean =>
  by !== principal && takesPart(pinned, change, by)

/**
 * The grant that somebody who takes part in a change has made since it was submitted, where a role is held by nothing
 * else: nobody chooses who decides on their own change.
 */
export function grantedByParticipant(
  pinned: Pinned,
  change: Change,
  who: string,
  role: string,
  at: string,
): Grant | undefined {
  const { governance } = pinned
  // Most roles were given long before, and this is asked for every approval that is counted.
  if (lastGrant(governance) <= change.submittedUnder) return undefined
  return favourAmong(pinned, change, grantsBehind(governance, who, role, change.team, at))
}

/** The same, where somebody did something by a role that they had then. */
export function wasGrantedByParticipant(
  pinned: Pinned,
  change: Change,
  who: string,
  role: string,
  when: When,
): Grant | undefined {
  const { governance } = pinned
  if (lastGrant(governance) <= change.submittedUnder) return undefined
  return favourAmong(pinned, change, grantsOnce(governance, who, role, change.team, when))
}

function favourAmong(pinned: Pinned, change: Change, grants: readonly Grant[]): Grant | undefined {
  const late = grants.filter(one => one.nth > change.submittedUnder)
  if (late.length === 0 || late.length < grants.length) return undefined
  return late.every(one => takesPart(pinned, change, one.by)) ? late[0] : undefined
}

/** A grant that gives no right on a change, and to whom it was given. */
export interface Tainted extends Grant {
  readonly to: string
}

/** Whether somebody holds a role on this change: not by the favour of somebody who takes part in it, whose grant goes to `tainted`. */
export function holdsHere(pinned: Pinned, change: Change, who: string, role: string, tainted?: Tainted[]): boolean {
  if (!holds(pinned.governance, who, role, change.team, pinned.at)) return false
  const favour = grantedByParticipant(pinned, change, who, role, pinned.at)
  if (favour !== undefined) tainted?.push({ ...favour, to: who })
  return favour === undefined
}

/** Whether there can be anything on a change that is there by somebody's favour, who may come to take part in it. */
export const mayBeFavoured = ({ governance }: Pinned, change: Change): boolean =>
  change.rejections.length > 0 ||
  change.exceptions.length > 0 ||
  lastGrant(governance) > change.submittedUnder ||
  change.approvals.some(one => one.seats.some(seat => seat.capacity === 'delegate'))

/**
 * Whether what somebody did was in the wrong hands: they have left as compromised since. What they did after they came back is
 * another matter; and what became known after the end touches nothing.
 */
export function wasMisused({ governance, at, person }: Pinned, who: string, done: When): boolean {
  const root = person(who)
  const gone = governance.compromised[root]
  return gone !== undefined && gone <= at && wasCompromised(governance, root, done)
}

/** Whether somebody did something by a role that they had by the favour of somebody who takes part in the change. */
export const isByFavour = (
  pinned: Pinned,
  change: Change,
  done: When & { readonly by: string },
  role: string,
): boolean => wasGrantedByParticipant(pinned, change, done.by, role, done) !== undefined
