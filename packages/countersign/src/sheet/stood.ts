import type { Change } from '../change/change.ts'
import { overdue } from '../change/progress.ts'
import { isSkipped } from '../change/shortfall.ts'
import { releasedAt, signOffsFor, standingApprovals } from '../change/standing.ts'
import { type Pinned, pin, type World } from '../change/world.ts'
import type { SingleStage } from '../policy/stage.ts'
import type { Instant } from '../values/instant.ts'
import { isAfterwards } from './flag.ts'

/** What counts on a change before it takes effect, as of an instant, by its places in the lists of the change. */
export interface Stood {
  readonly approvals: ReadonlySet<number>
  readonly signOffs: ReadonlySet<number>
  /** The stages at which whatever is given is given only after the change has taken effect. */
  readonly afterwards: ReadonlySet<string>
}

/** What counts on a change as of an instant, with what has come about since its last entry; of what was found, nothing does. */
export function stoodOn(world: World, folded: Change, at: Instant): Stood {
  const pinned = pin(world, folded, at)
  const { change } = overdue(pinned, folded)
  const approvals = new Set<number>()
  const signOffs = new Set<number>()
  for (const stage of pinned.stages) {
    if (isSkipped(change, stage) || isLookBack(pinned, change, stage)) continue
    if (stage.kind === 'approval')
      for (const one of standingApprovals(pinned, change, stage.name))
        if (one.afterwards !== true) approvals.add(change.approvals.indexOf(one))
    if (stage.kind === 'test')
      for (const one of signOffsFor(pinned, change, stage)) signOffs.add(change.signOffs.indexOf(one))
  }
  const after = pinned.stages.filter(stage => isReleasedPast(pinned, change, stage)).map(one => one.name)
  return { approvals, signOffs, afterwards: new Set(after) }
}

const isLookBack = ({ stages }: Pinned, { inEffectSince }: Change, { name }: SingleStage): boolean =>
  inEffectSince !== undefined || isAfterwards(stages, name)

/** Whether every release that a stage comes before has happened, and stands; or the stage is a look back by itself. */
function isReleasedPast(pinned: Pinned, change: Change, stage: SingleStage): boolean {
  if (isLookBack(pinned, change, stage)) return true
  const ahead = pinned.stages
    .slice(pinned.stages.indexOf(stage) + 1)
    .filter(one => one.kind === 'release')
    .filter(one => !isSkipped(change, one))
  return ahead.length > 0 && ahead.every(one => releasedAt(pinned, change, one) !== undefined)
}
