import { refuse } from '../decision/refusal.ts'
import type { Actor } from '../governance/identity.ts'
import { type ApprovalStage, isOwed } from '../policy/stage.ts'
import { rolesAsked } from './approve.ts'
import { authorityFor } from './authority.ts'
import type { Change, Seat } from './change.ts'
import { isLive } from './live.ts'
import { remedyFor } from './obligation.ts'
import { isMet } from './standing.ts'
import { by, firstThat, given, natural, notNow, type Of, type Step, unseen } from './step.ts'
import { standingVetoes } from './veto.ts'
import { meetIn, openIn, type Pinned, partsOf } from './world.ts'

/**
 * Whoever may approve at this stage, or could at an earlier one, may reject. Where the policy gives a veto, the change
 * stays where it is until the veto is lifted; otherwise it goes back to whoever asked for it.
 */
export function reject(pinned: Pinned, change: Change, command: Of<'reject'>, actor: Actor): Step {
  const stale = unseen(change, command)
  if (stale !== undefined) return stale
  const me = natural(actor)
  if ('refused' in me) return me
  const decided = decidedStages(pinned, change).filter(stage => rolesAsked(change, stage).length > 0)
  const [afterwards, before] = [decided.filter(isOwed), decided.filter(stage => !isOwed(stage))]
  const kinds = [before, afterwards].filter(stages => stages.length > 0)
  if (kinds.length === 0) return notNow(pinned, change, 'reject')
  return firstThat(kinds, stages => rejectAt(pinned, change, command, actor, stages))
}

/** Rejects at the first of some stages that are all of one kind: owed after the change has taken effect, or not. */
function rejectAt(
  pinned: Pinned,
  change: Change,
  command: Of<'reject'>,
  actor: Actor,
  decided: readonly ApprovalStage[],
): Step {
  const roles = [...new Set(decided.flatMap(stage => rolesAsked(change, stage)))]
  const authority = authorityFor(pinned, change, actor, 'approve', roles, command.for, {
    afterwards: decided.some(isOwed),
  })
  if ('refused' in authority) return authority
  const seatsAt = (stage: ApprovalStage) => authority.seats.filter(seat => suits(pinned, change, stage, seat))
  const stage = decided.find(one => seatsAt(one).some(seat => rolesAsked(change, one).includes(seat.role)))
  if (stage === undefined) return refuse('authority.no-role', { person: authority.person, roles, at: pinned.at })
  const ends = change.approvals.flatMap((one, place) =>
    one.ended === undefined && meetIn(pinned, one.chain, authority.chain) !== undefined ? [place] : [],
  )
  const rejected = {
    type: 'change.rejected' as const,
    ...withoutExceptions(given(stage, { ...authority, seats: seatsAt(stage) })),
    ...(ends.length === 0 ? {} : { ends }),
  }
  if (isOwed(stage)) return by(authority, { ...rejected, afterwards: true }, ...remedyFor(pinned, change, stage))
  if (stage.veto === undefined) return by(authority, rejected, { type: 'change.returned' })
  const standing = standingVetoes(pinned, change).some(one => meetIn(pinned, one.chain, authority.chain) !== undefined)
  if (standing) return refuse('nothing-to-do', { person: authority.person, state: 'vetoing it' })
  return by(authority, { ...rejected, veto: true })
}

/** Whoever stands in because a stage is not answered stands in at that stage, and only as long as it is not. */
const suits = (pinned: Pinned, change: Change, stage: ApprovalStage, seat: Seat): boolean =>
  seat.capacity !== 'fallback' ||
  seat.cause !== 'unanswered' ||
  (openIn(pinned.category, change.state).includes(stage) && !isMet(pinned, change, stage))

/**
 * The approval stages on which a decision can be taken back: those up to here, the latest first, and those given already.
 * Where the review of what has taken effect is open, nothing can be sent back, and the decision before it stands.
 */
function decidedStages({ category }: Pinned, change: Change): ApprovalStage[] {
  const here = category.flow.findIndex(stage => stage.name === change.state)
  const isInEffect = openIn(category, change.state).some(isOwed)
  return category.flow
    .flatMap((stage, place) => partsOf(stage).map(one => ({ one, place })))
    .filter(
      ({ one, place }) => place <= here || change.approvals.some(it => it.stage === one.name && isLive(change, it)),
    )
    .flatMap(({ one }) => (one.kind === 'approval' && (!isInEffect || isOwed(one)) ? [one] : []))
    .toReversed()
}

const withoutExceptions = ({ stage, person, chain, seats }: ReturnType<typeof given>) => ({
  stage,
  person,
  chain,
  seats,
})
