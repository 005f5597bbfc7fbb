import type { ReleaseStage } from '../../policy/stage.ts'
import type { Instant } from '../../values/instant.ts'
import { heldBack } from '../card.ts'
import type { Change } from '../change.ts'
import { isLive } from '../discount.ts'
import { actingAt } from '../eligibility.ts'
import { closedFor, frozenBy, plannedInto } from '../frozen.ts'
import { lifecycle } from '../lifecycle.ts'
import { blockedStages } from '../outlook.ts'
import { asTakingPart, isMade } from '../participant.ts'
import { overdue } from '../progress.ts'
import { isAsked } from '../requirement.ts'
import { releasedAt } from '../standing.ts'
import { hasEnded, type Pinned, pin, type World } from '../world.ts'
import { explainStage } from './explain-stage.ts'
import { type Explanation, isArranging, isDone, type StageNode } from './explanation.ts'
import { waysBack, waysOutOf, waysToLift, waysToRemedy } from './way-out.ts'

/**
 * Explains where a change stands at an instant, stage by stage. What has come about since its last entry is told as if
 * it had been recorded already; a change whose life has ended is told as it was then. Whether there is room on the board for one
 * that is to be pulled is told where `team` is there, and is taken for granted else.
 *
 * @example
 * ```ts
 * import { f0Tested } from '@countersign/testing'
 * import { explain } from 'countersign/change'
 * const scenario = await f0Tested()
 * const world = { governance: scenario.desk.governance(), change: scenario.change('K') }
 * explain(world, scenario.now).stages.map(one => one.status) // → ['satisfied', 'pending', 'pending']
 * ```
 */
export function explain(world: World & { readonly change: Change }, at: Instant): Explanation {
  const pinned = pin(world, world.change, at)
  const { change } = overdue(pinned, world.change)
  const stages = togetherOn(
    pinned,
    change,
    pinned.stages.map(stage => explainStage(pinned, change, stage)),
  )
  const here = stages.filter(stage => stage.here && !isDone(stage.status))
  const further = stages.filter(stage => !here.includes(stage))
  const { team } = world
  // Without what else its team has open it is not known whether there is room.
  const held = team === undefined ? undefined : heldBack(pinned, change, team)
  const waysOut = [
    ...here.flatMap(stage => waysOutOf(pinned, change, stage, { team: team ?? [], held })),
    ...(mayLift(pinned, change) ? further : []).flatMap(stage => waysToLift(pinned, change, stage)),
    ...waysToRemedy(pinned, change),
    ...waysBack(pinned, change),
  ]
  const acting = waysOut.filter(one => !isArranging(one))
  return {
    change: change.id,
    at,
    state: change.state,
    since: change.since,
    revision: change.revision,
    digest: change.digest,
    stages,
    whoCanUnblock: [...new Set(acting.flatMap(one => one.persons))].toSorted(),
    waysOut,
    exceptions: [...new Set(stages.flatMap(stage => stage.acts.flatMap(act => act.exceptions ?? [])))].toSorted(),
    obligations: change.obligations.map(one => ({ ...one, late: one.ended?.late ?? pinned.at >= one.due })),
    ...(change.glass === undefined ? {} : { glass: change.glass }),
    ...(change.plan === undefined
      ? {}
      : { plan: { ...change.plan, freezes: plannedInto(pinned, change, change.plan).map(one => one.freeze) } }),
    ...(held === undefined ? {} : { held }),
    ...ruledBefore(change),
    ...frost(pinned, change, stages),
    ...(stages.some(one => one.kind === 'release' && !isDone(one.status)) && !isMade(pinned, change)
      ? { unmade: true }
      : {}),
    ...(change.inEffectSince === undefined ? {} : { inEffectSince: change.inEffectSince }),
  }
}

/** The rules of before its edits, where they are still to be kept. */
function ruledBefore(change: Change): Pick<Explanation, 'before'> {
  if (change.before === undefined || hasEnded(change)) return {}
  const { form: _, ...before } = change.before
  return { before }
}

/** Whether a veto can be lifted where the change is. */
const mayLift = ({ category }: Pinned, { category: name, state }: Change): boolean =>
  lifecycle(name, category).next(state, 'liftVeto') !== undefined

/** Marks the stages that could be met by themselves and not with the others, as a person counts once on a change. */
function togetherOn(pinned: Pinned, change: Change, stages: readonly StageNode[]): readonly StageNode[] {
  const open = (one: StageNode) => one.kind === 'approval' && (one.status === 'pending' || one.status === 'stale')
  if (hasEnded(change) || stages.filter(open).length < 2) return stages
  const blocked = new Set(
    blockedStages(pinned, change).flatMap(one => (one.type === 'change.blocked' ? [one.stage] : [])),
  )
  return stages.map(one => (open(one) && blocked.has(one.stage) ? { ...one, status: 'unsatisfiable' } : one))
}

/** The freezes that stop what is next, which of them have caught the change half-way, and the windows that are closed. */
function frost(
  pinned: Pinned,
  change: Change,
  stages: readonly StageNode[],
): Pick<Explanation, 'freezes' | 'straddles' | 'windows'> {
  if (hasEnded(change)) return { freezes: [], straddles: [], windows: [] }
  const ahead = pinned.stages.filter(
    (one): one is ReleaseStage =>
      one.kind === 'release' && isAsked(change, one) && releasedAt(pinned, change, one) === undefined,
  )
  // Whoever has opened a way round a freeze does not go it.
  const asDone = (stage: ReleaseStage) => {
    const node = stages.find(one => one.stage === stage.name && one.status === 'frozen')
    return node === undefined ? change : asTakingPart(pinned, change, actingAt(node.eligible))
  }
  const found = new Map(ahead.flatMap(stage => frozenBy(pinned, asDone(stage), stage)).map(one => [one.freeze, one]))
  const frozen = [...found.values()]
  const first = change.releases.find(one => isLive(change, one))
  return {
    freezes: frozen.map(({ freeze, declared, interval }) => ({
      freeze,
      because: declared.because,
      until: interval.until,
    })),
    straddles: frozen.filter(one => first !== undefined && first.at < one.interval.from).map(one => one.freeze),
    windows: ahead.flatMap(stage => {
      const closed = closedFor(pinned, change, stage)
      return closed === undefined ? [] : [{ stage: stage.name, ...closed }]
    }),
  }
}
