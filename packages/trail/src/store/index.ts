export { type Cache, memoryCache } from './cache.ts'
export { HeadMending, type HeadRefusal, type KeptHead } from './kept-head.ts'
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
export { requireOptions } from './options.ts'
export { type Locked, placeOf, requireAppend, requireRange, sealAll, streamsIn } from './seal.ts'
export type { Draft, Expected, Head, Range, Sealed, Store } from './store.ts'
export { Turns } from './turns.ts'
