import type { Change, Given } from './change.ts'

/** Whether something that was given is of this round and was not ended since. It may still not count. */
export const isLive = (change: Change, given: Given): boolean =>
  given.ended === undefined && given.round === change.round
