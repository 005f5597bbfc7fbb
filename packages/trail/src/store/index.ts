export { unsealedEntry } from '../entry.ts'
export { requireOptions } from '../options.ts'
export { type Batching, BatchQueue, type Waiting } from './batch-queue.ts'
export { type Cache, memoryCache } from './cache.ts'
export {
  type EntriesEnd,
  type HeadJudgement,
  HeadMending,
  type HeadRefusal,
  judgeHead,
  type KeptHead,
  treeOfHead,
} from './kept-head.ts'
export { memoryStore } from './memory.ts'
export {
  formatOpening,
  isOpeningOf,
  MAX_PRIVATE_BYTES,
  memoryOpenings,
  type Opening,
  type Openings,
  openingOf,
  parseOpening,
} from './openings.ts'
export { ownCopy } from './own-copy.ts'
export { ENTRY_BYTES, LAST_PLACE, PAGE, pagesOf, type Row, type Table } from './pages.ts'
export { type Locked, ownRange, placeOf, requireAppend, requireRange, sealAll, streamsIn } from './seal.ts'
export type { Draft, Expected, Head, Range, Sealed, Store } from './store.ts'
export { Turns } from './turns.ts'
