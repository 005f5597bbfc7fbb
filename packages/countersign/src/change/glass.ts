import { isOwed, type SingleStage } from '../policy/stage.ts'
import type { Change } from './change.ts'
import type { Pinned } from './world.ts'

/**
 * Whether the glass is broken on a change and the time for it is not over. It was broken in one round, and of a category
 * that lets it be: what has become another kind of change since, or was sent back, is not what it was broken for.
 */
export const isGlassOpen = ({ at, category }: Pinned, { glass, round }: Change): boolean =>
  category.breakGlass !== undefined && glass !== undefined && glass.round === round && at < glass.until

/**
 * Whether a stage need not be met as the glass was broken: the approvals and tests before the last release, for as long
 * as that lasts, and while what was put into effect on it is in effect.
 */
export function isWaived(pinned: Pinned, change: Change, stage: SingleStage): boolean {
  if (change.glass === undefined || isOwed(stage) || (stage.kind !== 'approval' && stage.kind !== 'test')) return false
  const last = pinned.stages.findLastIndex(one => one.kind === 'release')
  if (pinned.stages.indexOf(stage) > last) return false
  return (
    isGlassOpen(pinned, change) ||
    change.releases.some(one => one.underGlass === true && one.ended === undefined && one.round === change.round)
  )
}
