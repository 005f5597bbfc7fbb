import type { Change } from './change.ts'
import { isByFavour, wasMisused } from './participant.ts'
import { conflictOf } from './separation.ts'
import type { Pinned } from './world.ts'

/**
 * Whether the glass is broken on a change and the time for it is not over. It was broken in one round, and of a category
 * that lets it be: what has become another kind of change since, or was sent back, is not what it was broken for. By somebody
 * who has left as compromised since, or has a duty by now that the policy keeps apart from a release, or had the role by
 * the favour of somebody who takes part in the change by now, it is as if it had not been broken.
 */
export function isGlassOpen(pinned: Pinned, change: Change): boolean {
  const { breakGlass } = pinned.category
  const { glass, round } = change
  if (breakGlass === undefined || glass === undefined || glass.round !== round || pinned.at >= glass.until) return false
  return isBrokenByRight(pinned, change)
}

/** Whether whoever broke the glass had a right to that, as is known now. */
export function isBrokenByRight(pinned: Pinned, change: Change): boolean {
  const { breakGlass } = pinned.category
  const { glass } = change
  return (
    glass !== undefined &&
    !wasMisused(pinned, glass.by, glass) &&
    (breakGlass === undefined || !isByFavour(pinned, change, glass, breakGlass.by)) &&
    conflictOf(pinned, change, 'release', [glass.by], { given: glass }) === undefined
  )
}
