import type { SingleStage } from '../policy/stage.ts'
import type { Change, Rejection } from './change.ts'
import { takesPart } from './participant.ts'
import { meetIn, type Pinned, stageOf, stagesIn } from './world.ts'

/** The vetoes that stop a change: those that nobody has lifted who could. */
export const standingVetoes = (pinned: Pinned, change: Change): Rejection[] =>
  change.rejections.filter(one => one.veto === true && !isWellLifted(pinned, change, one))

/** Lifted, and by somebody who still may have: not compromised since, nor found to have a part in the change. */
function isWellLifted(pinned: Pinned, change: Change, { lifted, chain }: Rejection): boolean {
  if (lifted === undefined) return false
  const by = pinned.person(lifted.by)
  const gone = pinned.governance.compromised[by]
  if (gone !== undefined && lifted.at <= gone && gone <= pinned.at) return false
  return meetIn(pinned, chain, [by]) !== undefined || !takesPart(pinned, change, by)
}

/**
 * The vetoes that block a stage: those placed at it and, where the flow no longer has the stage at which one was placed,
 * those at the first approval stage.
 */
export function vetoesAt(pinned: Pinned, change: Change, stage: SingleStage): Rejection[] {
  if (stage.kind !== 'approval' || change.rejections.length === 0) return []
  const first = pinned.stages.find(one => one.kind === 'approval')
  return standingVetoes(pinned, change).filter(
    one => one.stage === stage.name || (stage === first && stageOf(pinned, one.stage)?.kind !== 'approval'),
  )
}

/** The role whose holders lift a veto: as the stage says at which it was placed, in the category of then. */
export function lifterOf({ policy }: Pinned, veto: Rejection): string | undefined {
  const category = policy.categories[veto.category]
  const stage = category === undefined ? undefined : stageOf({ stages: stagesIn(category) }, veto.stage)
  return stage?.kind === 'approval' ? stage.veto?.liftedBy : undefined
}
