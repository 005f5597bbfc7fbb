import { answerFor } from '../governance/identity.ts'
import { grantsOnce } from '../governance/role.ts'
import { afterwardsSeparations, reviewsApart, type Separation, samePair } from '../policy/duty.ts'
import { exceptionRuleFor } from '../policy/exception.ts'
import type { Policy } from '../policy/policy.ts'
import { earlierOf, type Instant, later } from '../values/instant.ts'
import { once } from '../values/once.ts'
import { type Approval, type Change, deedLists, type Exception, type HeldDuty } from './change.ts'
import type { EffectiveSeparation } from './effective-separation.ts'
import { isByFavour, takesPart, wasMisused, whoHolds } from './participant.ts'
import type { Pinned } from './world.ts'

/** Two duties that would meet in one person. */
export interface Conflict {
  readonly separation: EffectiveSeparation
  readonly person: string
  readonly held: HeldDuty
  /** The robot that has done it, where they have to answer for that. */
  readonly bot?: string
  /** The change on which the duty is held, where it is a parent or a child of this one. */
  readonly on?: string
}

interface Opposing {
  readonly separation: EffectiveSeparation
  readonly against: string
  /** Only where the duty was taken on in this way. */
  readonly how?: HeldDuty['how']
}

const opposed = new WeakMap<readonly EffectiveSeparation[], Map<string, readonly Opposing[]>>()

/** The duties that are kept apart from one, found once for each policy and duty. */
function opposing(separations: readonly EffectiveSeparation[], duty: string): readonly Opposing[] {
  const byDuty = opposed.get(separations) ?? new Map<string, readonly Opposing[]>()
  const known = byDuty.get(duty)
  if (known !== undefined) return known
  const found = separations.flatMap((separation): Opposing[] => {
    const [one, other] = separation.duties
    if (one !== duty && other !== duty) return []
    const against = one === duty ? other : one
    // A review is a task, or an approval of what has taken effect; this one has rules of its own beside approvals before.
    const isAlsoGiven = against === 'review' && duty !== 'approve'
    return [
      { separation, against },
      ...(isAlsoGiven ? [{ separation, against: 'approve', how: 'reviewed' } as const] : []),
    ]
  })
  opposed.set(separations, byDuty.set(duty, found))
  return found
}

/** Whether an approval takes the place of another one by the same person, be that one a review afterwards or not. */
export const isOneWith = ({ policy }: Pinned, given: Pick<Approval, 'afterwards'>, afterwards: boolean): boolean =>
  (given.afterwards === true) === afterwards || !reviewsApart(policy)

/** What keeps somebody from reviewing a change that has taken effect, besides what keeps them from approving it. */
const opposingReview = once(({ permit }: Policy): readonly Opposing[] =>
  afterwardsSeparations
    .filter(one => !permit.some(lifted => samePair(lifted.duties, one.duties)))
    .map((separation): Opposing => {
      const [against] = separation.duties
      return against === 'approve' ? { separation, against, how: 'approved' } : { separation, against }
    }),
)

/** The same, with what the policy and the controls keep apart from a review. */
const opposingReviewIn = ({ policy, separations }: Pinned): readonly Opposing[] => [
  ...opposingReview(policy),
  ...opposing(separations, 'review').filter(one => one.against !== 'approve'),
]

/** What a look for conflicts takes in. */
interface Looking {
  /** The decision is only now being made. */
  readonly fresh?: boolean
  /** Takes the ids of the exceptions that excuse a conflict. */
  readonly excused?: string[]
  /** Work that somebody was given, and has not done, is left out. */
  readonly butAssigned?: boolean
  /** What somebody has made by an edit is left out, of the change and of what it depends on, and all that depends on it. */
  readonly butEdited?: boolean
  /** It is a review of what has taken effect. */
  readonly afterwards?: boolean | undefined
  /** When an exception had to hold, where that is over. */
  readonly stood?: (() => Instant) | undefined
  /** What was given. It rests on no exception that was granted only after the duties met in somebody: it is given anew. */
  readonly given?: Dated
}

/**
 * The first conflict between a duty and what anyone in the chain has done, ever: on the change, and, as far as they made
 * something, on the changes that it depends on. The chain begins with the person who acts.
 *
 * For a decision that is only now being made, `fresh`, whoever made something on a change that depends on this one has
 * made what they would decide on, too. Ids of the exceptions that excuse a conflict are added to `excused`.
 */
export function conflictOf(
  pinned: Pinned,
  change: Change,
  duty: string,
  chain: readonly string[],
  options: Looking = {},
): Conflict | undefined {
  const { fresh = false } = options
  const apart = opposing(pinned.separations, duty)
  for (const one of options.afterwards === true ? [...opposingReviewIn(pinned), ...apart] : apart) {
    const own = meetingIn(pinned, change, one, chain, change, options)
    if (own !== undefined) return own
    if (one.against !== 'make') continue
    for (const others of fresh ? [pinned.ancestors, pinned.descendants] : [pinned.ancestors]) {
      for (const other of others) {
        const theirs = meetingIn(pinned, other, one, chain, change, options)
        if (theirs !== undefined) return { ...theirs, on: other.id }
      }
    }
  }
  return undefined
}

/**
 * Whoever has asked for a change and made it, where the policy keeps that apart. Both are facts, of which neither is refused
 * when it comes about; so what they come to is not put into effect.
 */
export function madeByRequester(
  pinned: Pinned,
  change: Change,
  looking: Pick<Looking, 'excused' | 'stood'> = {},
): Conflict | undefined {
  const apart = opposing(pinned.separations, 'request').filter(one => one.against === 'make')
  if (apart.length === 0) return undefined
  const requesters = amongHeld(change, 'request')
    .filter(one => one.duty === 'request')
    .flatMap(one => whoHolds(pinned, one))
  for (const one of apart) {
    for (const where of [change, ...pinned.ancestors]) {
      const met = meetingIn(pinned, where, one, requesters, change, looking)
      if (met !== undefined) return where === change ? met : { ...met, on: where.id }
    }
  }
  return undefined
}

const byDuty = once((held: readonly HeldDuty[]) => Map.groupBy(held, one => one.duty))
const none: readonly HeldDuty[] = []

/** Where many hold something on a change, only those who have the duty: each approval is held, and is asked about for each. */
const amongHeld = ({ held }: Change, duty: string): readonly HeldDuty[] =>
  held.length < 16 ? held : (byDuty(held).get(duty) ?? none)

/** Whether a duty was taken on by an edit, and not by what was submitted. */
const cameByEdit = ({ how, revision }: HeldDuty): boolean =>
  how === 'edited' || (how === 'made content' && revision > 1)

/** Whether a duty on a change or on its family was taken on by an edit, or on what was submitted to depend on the change. */
export const cameLater = ({ descendants }: Pinned, where: Change, held: HeldDuty): boolean =>
  cameByEdit(held) || descendants.includes(where)

/** Somebody in the chain who holds on `where` the duty that is kept apart, and is not excepted on the change itself. */
function meetingIn(
  pinned: Pinned,
  where: Change,
  { separation, against, how }: Opposing,
  chain: readonly string[],
  change: Change,
  looking: Looking,
): Conflict | undefined {
  for (const held of amongHeld(where, against)) {
    if (looking.butAssigned === true && held.how === 'was assigned') continue
    if (looking.butEdited === true && cameLater(pinned, where, held)) continue
    // What was done on another change after this one had ended is none of its business.
    if (held.duty !== against || held.at > pinned.at || (how !== undefined && held.how !== how)) continue
    const met = holderIn(pinned, held, chain)
    if (met === undefined) continue
    const exception = exceptionFor(pinned, change, met.person, separation, chain, held, looking)
    if (exception === undefined) return { separation, ...met, held }
    if (looking.excused?.includes(exception.id) === false) looking.excused.push(exception.id)
  }
  return undefined
}

/** Who in a chain holds a duty: the robot itself that acts, or the person whose it is, or who has to answer for the robot. */
function holderIn(
  pinned: Pinned,
  held: HeldDuty,
  chain: readonly string[],
): Pick<Conflict, 'person' | 'bot'> | undefined {
  const { governance, person } = pinned
  const self = person(held.person)
  const answering = answerFor(governance, held.person, held)
  // Asked for everything that anybody holds, each time that anything is counted.
  for (const one of chain) if (person(one) === self) return { person: one }
  if (answering.length === 0) return undefined
  const met = chain.find(one => answering.some(other => person(other) === person(one)))
  return met === undefined ? undefined : { person: met, bot: held.person }
}

/**
 * The exception by which a person is excepted from a separation on a change at this instant, or was when it mattered: where
 * the policy by which the change is judged now lets somebody be, and for no longer than that says.
 */
function exceptionFor(
  pinned: Pinned,
  change: Change,
  who: string,
  { duties }: Separation,
  chain: readonly string[],
  held: HeldDuty,
  { stood, given }: Pick<Looking, 'stood' | 'given'>,
): Exception | undefined {
  const rule = exceptionRuleFor(pinned.policy, duties)
  if (rule === undefined) return undefined
  const holds = (one: Exception, at: Instant): boolean => isInForce(one, at) && at < exceptedUntil(pinned, one)
  return change.exceptions.find(
    one =>
      (holds(one, pinned.at) || (stood !== undefined && holds(one, stood()))) &&
      (given === undefined || metUnder(change, one, given, held)) &&
      samePair(one.duties, duties) &&
      pinned.person(one.person) === pinned.person(who) &&
      isWellGranted(pinned, change, one) &&
      // Nor does whoever granted it decide by it, in the name of the one excepted.
      !chain.some(person => pinned.person(person) === pinned.person(one.granted?.by ?? '')),
  )
}

/** Something that was given at an instant: one of the deeds on a change, or the breaking of the glass. */
interface Dated {
  readonly at: Instant
}

/**
 * Whether two duties met once an exception from that had been granted: by the later of the two, by what was given or by what is
 * held. Of two things in one instant, the order tells in which they stand on the change; what is held on another has none.
 */
function metUnder(change: Change, { granted }: Exception, given: Dated, held: HeldDuty): boolean {
  if (granted === undefined) return false
  const isLater = (kind: (typeof deedLists)[number], one: Dated): boolean | undefined => {
    const place = (change[kind] as readonly Dated[]).indexOf(one)
    return place === -1 ? undefined : place >= granted.after[kind]
  }
  if (isLater('held', held) ?? granted.at < held.at) return true
  return granted.at <= given.at && deedLists.every(kind => isLater(kind, given) !== false)
}

/** When an exception ends that was granted: no later than the policy lets it, by which the change is judged now. */
export function exceptedUntil({ policy }: Pinned, { granted, duties, until }: Exception): Instant {
  const rule = exceptionRuleFor(policy, duties)
  if (granted === undefined || rule === undefined) return until
  return earlierOf(until, later(granted.at, rule.atMost))
}

const isInForce = ({ granted, revoked, until }: Exception, at: Instant): boolean =>
  granted !== undefined && granted.at <= at && at < until && (revoked === undefined || at < revoked.at)

/**
 * Granted, and by somebody who gains nothing by it, as far as that is known now: not the person under another id, nor
 * whoever asked, nor a participant or by the favour of one, nor somebody who has left as compromised since, nor, where the
 * change was moved to another policy, somebody without the role by which that lets somebody be excepted.
 */
function isWellGranted(pinned: Pinned, change: Change, { granted, person, requestedBy, duties }: Exception): boolean {
  if (granted === undefined) return false
  const rule = exceptionRuleFor(pinned.policy, duties)
  if (rule !== undefined && isByFavour(pinned, change, granted, rule.grantedBy)) return false
  const isMoved = change.migrated !== undefined && granted.at <= change.migrated
  if (rule !== undefined && isMoved && !heldThen(pinned, change, granted, rule.grantedBy)) return false
  const by = pinned.person(granted.by)
  if (wasMisused(pinned, by, granted)) return false
  return by !== pinned.person(person) && by !== pinned.person(requestedBy) && !takesPart(pinned, change, by)
}

/** Whether whoever granted something held the role then in which it is granted by the policy of now. */
const heldThen = (
  { governance }: Pinned,
  { team }: Change,
  granted: NonNullable<Exception['granted']>,
  role: string,
): boolean => grantsOnce(governance, granted.by, role, team, granted).length > 0

/**
 * How the person in a conflict comes in: as the actor, as whoever controls the robot that acts, as the one acted for, as
 * somebody through whose hands a delegation was passed on, or as whoever has asked for the change.
 */
export type Link = 'self' | 'controller' | 'principal' | 'link' | 'requester'

/** The duties that a conflict is of, and the clause of the controls that keeps them apart, where one does. */
export const ruleOf = ({ separation: { duties, clause } }: Conflict) => ({
  duties: [...duties] as [string, string],
  ...(clause === undefined ? {} : { clause }),
})

/** A conflict as the facts of a refusal. */
export const conflictFacts = ({ separation, person, held, bot, on }: Conflict, link: Link) => ({
  duties: [...separation.duties],
  person,
  link,
  held: held.duty,
  how: held.how,
  revision: held.revision,
  because: separation.because,
  ...(bot === undefined ? {} : { bot }),
  ...(on === undefined ? {} : { on }),
  ...(separation.clause === undefined ? {} : { clause: separation.clause }),
})
