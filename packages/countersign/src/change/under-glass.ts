import type { SingleStage } from '../policy/stage.ts'
import type { Change } from './change.ts'
import { isGlassOpen } from './glass.ts'
import { isMet } from './standing.ts'
import type { Pinned } from './world.ts'

/**
 * Whether a release would happen on the broken glass: something before it is not met but by that. It is for holders of the role
 * that may break it, then, and for nobody in their name or place.
 */
export const isUnderGlass = (pinned: Pinned, change: Change, release: SingleStage): boolean =>
  isGlassOpen(pinned, change) &&
  pinned.stages.slice(0, pinned.stages.indexOf(release)).some(stage => !isMet(pinned, change, stage, false))
