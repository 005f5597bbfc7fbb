import { ableFacts } from '../../decision/able.ts'
import { type Refused, refuse } from '../../decision/refusal.ts'
import type { Actor } from '../../governance/identity.ts'
import { type ApprovalStage, isOwed } from '../../policy/stage.ts'
import { authorityFor, presentOf } from '../authority.ts'
import type { Change, Given, Seat } from '../change.ts'
import { isLive } from '../discount.ts'
import { type Eligible, eligibleFor, withoutVetoers } from '../eligibility.ts'
import { remedyFor } from '../obligation.ts'
import { isPastReturn, openOn } from '../open-stages.ts'
import { rolesAsked } from '../requirement.ts'
import { isOneWith } from '../separation.ts'
import { discountOf, isMet } from '../standing.ts'
import { by, firstThat, givenAt, natural, notNow, type Of, type Step, takenBy, unseen } from '../step.ts'
import { standingVetoes } from '../veto.ts'
import { meetIn, openIn, type Pinned, partsOf } from '../world.ts'

/**
 * Whoever may approve at this stage, or could at an earlier one, may reject, and at a later one whoever has approved there. Where
 * the policy gives a veto, the change stays where it is until the veto is lifted; otherwise it goes back to whoever asked for it.
 */
export function reject(pinned: Pinned, change: Change, command: Of<'reject'>, actor: Actor): Step {
  const stale = unseen(change, command)
  if (stale !== undefined) return stale
  const me = natural(actor)
  if ('refused' in me) return me
  const decided = decidedStages(pinned, change).filter(({ stage }) => rolesAsked(change, stage).length > 0)
  const kinds = [decided.filter(({ stage }) => !isOwed(stage)), decided.filter(({ stage }) => isOwed(stage))]
  // Where the change waits for a review, that is what whoever may do both rejects.
  if (openIn(pinned.category, change.state).some(isOwed)) kinds.reverse()
  // Whoever has given nothing further on rejects what is open, or is told of that alone.
  const tries = kinds.flatMap(stages => {
    const open = stages.filter(({ isAhead }) => !isAhead)
    return [stages, ...(open.length < stages.length ? [open] : [])].filter(some => some.length > 0)
  })
  if (tries.length === 0) return notNow(pinned, change, 'reject')
  const misplaced = decided.every(({ isAhead }) => isAhead) ? notNow(pinned, change, 'reject') : undefined
  const able = () => ableFacts(presentOf(decided.flatMap(one => ableAt(pinned, change, one))))
  return firstThat(tries, stages => rejectAt(pinned, change, command, actor, stages, { misplaced, able }))
}

/** Those who could reject at a stage: whoever could approve there or has, and where it is still to come, whoever has alone. */
function ableAt(pinned: Pinned, change: Change, { stage, isAhead, given: there }: Decided): Eligible[] {
  const asking = { stage: stage.name, afterwards: isOwed(stage) }
  const found = eligibleFor(pinned, change, rolesAsked(change, stage), 'approve', asking)
  const hasGiven = ({ person }: Eligible) => there.some(one => meetIn(pinned, one.chain, [person]) !== undefined)
  const isFit = (one: Eligible) =>
    one.excluded === undefined || (one.excluded.why === 'given' && one.favoured !== true && one.suspended !== true)
  // A second veto of theirs would change nothing; what sends the change back does.
  const some = stage.veto === undefined ? found : withoutVetoers(pinned, change, found, asking)
  return some
    .filter(one => isFit(one) && (!isAhead || hasGiven(one)))
    .map(one => (one.excluded === undefined ? one : whoHasGiven(pinned, one, there)))
}

/** What was given is taken back by whoever gave it, or by whom it was given for, be they away. */
function whoHasGiven(pinned: Pinned, one: Eligible, given: readonly Given[]): Eligible {
  const delegates = one.delegates.filter(to =>
    given.some(it => [to, one.person].every(who => meetIn(pinned, it.chain, [who]) !== undefined)),
  )
  return { ...one, delegates, absent: one.absent && delegates.length > 0 }
}

/** What those are told who may not reject. */
interface Told {
  readonly misplaced: Refused | undefined
  readonly able: () => ReturnType<typeof ableFacts>
}

/**
 * Rejects at the first of some stages that are all of one kind: owed after the change has taken effect, or not. `misplaced`:
 * the refusal of whoever has the right, and has given nothing there, where no stage is open that could be rejected.
 */
function rejectAt(
  pinned: Pinned,
  change: Change,
  command: Of<'reject'>,
  actor: Actor,
  decided: readonly Decided[],
  { misplaced, able }: Told,
): Step {
  const roles = [...new Set(decided.flatMap(({ stage }) => rolesAsked(change, stage)))]
  const afterwards = decided.some(({ stage }) => isOwed(stage))
  const isSpent = (chain: readonly string[]) => decidedBeside(pinned, change, chain, afterwards) !== undefined
  const authority = authorityFor(pinned, change, actor, 'approve', roles, command.for, { afterwards, isSpent, able })
  if ('refused' in authority) return authority
  const earlier = decidedBeside(pinned, change, authority.chain, afterwards)
  if (earlier !== undefined) return takenBy(pinned, earlier, authority)
  const isTheirs = (one: Given) => meetIn(pinned, one.chain, authority.chain) !== undefined
  const seatsAt = (stage: ApprovalStage) => authority.seats.filter(seat => suits(pinned, change, stage, seat))
  const stage = decided.find(
    ({ stage: one, isAhead, given: there }) =>
      (!isAhead || there.some(isTheirs)) && seatsAt(one).some(seat => rolesAsked(change, one).includes(seat.role)),
  )?.stage
  if (stage === undefined)
    return misplaced ?? refuse('authority.no-role', { person: authority.person, roles, ...able(), at: pinned.at })
  const ends = change.approvals.flatMap((one, place) => (one.ended === undefined && isTheirs(one) ? [place] : []))
  const rejected = {
    ...withoutExceptions(givenAt(stage, { ...authority, seats: seatsAt(stage) })),
    type: 'change.rejected' as const,
    ...(ends.length === 0 ? {} : { ends }),
  }
  if (isOwed(stage)) return by(authority, { ...rejected, afterwards: true }, ...remedyFor(pinned, change, stage))
  if (stage.veto === undefined) return by(authority, rejected, { type: 'change.returned' })
  const standing = standingVetoes(pinned, change).find(isTheirs)
  if (standing !== undefined) return refuse('nothing-to-do', { person: standing.person, state: 'vetoing' })
  return by(authority, { ...rejected, veto: true })
}

/**
 * What stands of those for whom somebody acts, and was given by them or by another delegate: the place is decided, and whoever has
 * decided, or whose place it is, takes that back.
 */
const decidedBeside = (
  pinned: Pinned,
  change: Change,
  [self = '', ...others]: readonly string[],
  afterwards: boolean,
): Given | undefined =>
  others.length === 0
    ? undefined
    : change.approvals.find(
        one =>
          isOneWith(pinned, one, afterwards) &&
          meetIn(pinned, one.chain, others) !== undefined &&
          meetIn(pinned, one.chain, [self]) === undefined &&
          discountOf(pinned, change, one, 'approve') === undefined,
      )

/** Whoever stands in because a stage is not answered stands in at that stage, and only as long as it is not. */
const suits = (pinned: Pinned, change: Change, stage: ApprovalStage, seat: Seat): boolean =>
  seat.capacity !== 'fallback' ||
  seat.cause !== 'unanswered' ||
  (openOn(pinned, change).includes(stage) && !isMet(pinned, change, stage))

/** An approval stage on which a decision can be taken back, and what was given there and not taken back since. */
interface Decided {
  readonly stage: ApprovalStage
  /** It is still to come: the change was there, and has gone back. */
  readonly isAhead: boolean
  readonly given: readonly Given[]
}

/**
 * The approval stages on which a decision can be taken back: those up to here, the latest first, and those given already.
 * What is in effect as a whole and is reviewed cannot be sent back, and the decision before it stands.
 */
function decidedStages(pinned: Pinned, change: Change): Decided[] {
  const { category } = pinned
  const here = category.flow.findIndex(stage => stage.name === change.state)
  const open = openOn(pinned, change)
  return category.flow
    .flatMap((whole, place) =>
      partsOf(whole).flatMap((stage): Decided[] => {
        if (stage.kind !== 'approval') return []
        if (!isOwed(stage) && isPastReturn(pinned, change, stage)) return []
        // Of what was sent back already, only what has taken effect is rejected.
        if (here < 0 && !open.includes(stage)) return []
        const there = change.approvals.filter(it => it.stage === stage.name && isLive(change, it))
        return [{ stage, isAhead: place > here && !open.includes(stage), given: there }]
      }),
    )
    .filter(({ isAhead, given: there }) => !isAhead || there.length > 0)
    .toReversed()
}

const withoutExceptions = ({ stage, person, chain, seats }: ReturnType<typeof givenAt>) => ({
  chain,
  person,
  seats,
  stage,
})
