import type { Change } from './change.ts'
import type { Pinned } from './world.ts'

/**
 * Whether the glass is broken on a change and the time for it is not over. It was broken in one round, and of a category
 * that lets it be: what has become another kind of change since, or was sent back, is not what it was broken for.
 */
export const isGlassOpen = ({ at, category }: Pinned, { glass, round }: Change): boolean =>
  category.breakGlass !== undefined && glass !== undefined && glass.round === round && at < glass.until
