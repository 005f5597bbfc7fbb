import type { ReleaseStage, TaskStage, TestStage } from '../policy/stage.ts'
import type { Change } from './change.ts'
import { notTime } from './frozen.ts'
import { asTakingPart } from './participant.ts'
import { madeByRequester } from './separation.ts'
import { isMet } from './standing.ts'
import { standingVetoes } from './veto.ts'
import type { Pinned } from './world.ts'

/**
 * Why somebody may not put a change into effect that others may, or better does not work on it: they have opened the way round
 * a freeze, or what stands before it is there by their favour.
 */
export function hindrance(
  pinned: Pinned,
  change: Change,
  stage: TaskStage | TestStage | ReleaseStage,
  person: string,
): string | undefined {
  const done = asTakingPart(pinned, change, [person])
  const own = stage.kind === 'release' ? madeByRequester(pinned, done) : undefined
  if (own !== undefined)
    return `${own.person} asked for what they made (${own.separation.clause ?? own.separation.duties.join('/')})`
  const isRelease = stage.kind === 'release'
  if (isRelease && notTime(pinned, change, stage) === undefined && notTime(pinned, done, stage) !== undefined)
    return 'opened the way round the freeze'
  if (standingVetoes(pinned, done).length > standingVetoes(pinned, change).length)
    return 'lifted a veto, which would stand again'
  const others = isRelease
    ? pinned.stages.slice(0, pinned.stages.indexOf(stage))
    : pinned.stages.filter(one => one !== stage)
  const lost = others.find(one => isMet(pinned, change, one) && !isMet(pinned, done, one))
  return lost === undefined ? undefined : `did somebody a favour by which ${lost.name} is met`
}
