import type { Actor } from '../../governance/identity.ts'
import { isOwed } from '../../policy/stage.ts'
import type { Change } from '../change.ts'
import type { ChangeEvent } from '../event.ts'
import { evolved } from '../evolve.ts'
import { isOnDesk } from '../participant.ts'
import { beginning } from '../progress.ts'
import { discountOf } from '../standing.ts'
import { events, type Step } from '../step.ts'
import { nowIn, type Pinned, stageOf } from '../world.ts'

/**
 * A new round: whatever was decided in the earlier one is history, and everybody is asked again; but for what stages keep
 * that say so, which is shown as kept.
 */
export function resubmit(pinned: Pinned, change: Change, actor: Actor): Step {
  const outsider = isOnDesk(pinned, change, actor)
  if (outsider !== undefined) return outsider
  const round = change.round + 1
  const kept = change.approvals.flatMap((one, approval): ChangeEvent[] => {
    const stage = stageOf(pinned, one.stage)
    // A review looks back on what has taken effect by then: what takes effect later is owed one of its own.
    const keeps =
      stage?.kind === 'approval' && stage.onResubmit === 'retain' && one.carried === undefined && !isOwed(stage)
    return keeps && discountOf(pinned, change, one, 'approve') === undefined
      ? [{ approval, round, type: 'approval.kept' }]
      : []
  })
  const begun: ChangeEvent[] = [{ round, type: 'change.resubmitted' }, ...kept]
  const next = evolved(change, begun, nowIn(pinned))
  return events(...begun, ...beginning(pinned, next))
}
