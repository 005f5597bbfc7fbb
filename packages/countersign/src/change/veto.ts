import type { Policy } from '../policy/policy.ts'
import type { SingleStage } from '../policy/stage.ts'
import type { Change, Rejection } from './change.ts'
import { isByFavour, takesPart, wasMisused } from './participant.ts'
import { meetIn, type Pinned, stageOf, stagesIn } from './world.ts'

/** The vetoes that stop a change: those that nobody has lifted who could. */
export const standingVetoes = (pinned: Pinned, change: Change): Rejection[] =>
  change.rejections.filter(one => one.veto === true && !isWellLifted(pinned, change, one))

/** Those whose veto stops a change, and those in whose name it was placed: they approve nothing of it until it is lifted. */
export const vetoersOn = (pinned: Pinned, change: Change): ReadonlySet<string> =>
  new Set(standingVetoes(pinned, change).flatMap(one => one.chain.map(pinned.person)))

/** Lifted, and by somebody who still may have: not compromised since, nor with a part in the change, nor by a favour. */
function isWellLifted(pinned: Pinned, change: Change, veto: Rejection): boolean {
  const { lifted, chain } = veto
  if (lifted === undefined) return false
  const by = pinned.person(lifted.by)
  if (wasMisused(pinned, by, lifted)) return false
  if (meetIn(pinned, chain, [by]) !== undefined) return true
  const role = lifterOf(pinned, veto)
  return !takesPart(pinned, change, by) && (role === undefined || !isByFavour(pinned, change, lifted, role))
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

/**
 * The role whose holders lift a veto: as the stage says at which it was placed, in the category of then. Where the rules that the
 * change was moved to say nothing of it any more, as they said then: nobody is left without somebody who can lift it.
 */
export function lifterOf({ policy, governance }: Pinned, veto: Rejection): string | undefined {
  const { placed, category } = veto
  const before = placed === undefined ? undefined : governance.policies[placed.policy]?.document
  return lifterIn(policy, category, veto.stage) ?? (before && lifterIn(before, category, placed?.stage ?? ''))
}

function lifterIn({ categories }: Policy, name: string, stageName: string): string | undefined {
  const category = categories[name]
  const stage = category === undefined ? undefined : stageOf({ stages: stagesIn(category) }, stageName)
  return stage?.kind === 'approval' ? stage.veto?.liftedBy : undefined
}
