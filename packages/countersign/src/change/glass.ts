import type { Change } from './change.ts'
import { wasMisused } from './participant.ts'
import type { Pinned } from './world.ts'

/**
 * Whether the glass is broken on a change and the time for it is not over. It was broken in one round, and of a category
 * that lets it be: what has become another kind of change since, or was sent back, is not what it was broken for. What was in
 * the hands of somebody who has left as compromised since is as if it had not been broken.
 */
export const isGlassOpen = (pinned: Pinned, { glass, round }: Change): boolean =>
  pinned.category.breakGlass !== undefined &&
  glass !== undefined &&
  glass.round === round &&
  pinned.at < glass.until &&
  !wasMisused(pinned, glass.by, glass.at)
