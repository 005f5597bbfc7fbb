export { memoryStore } from './memory.ts'
export { type Locked, placeOf, sealAll, streamsIn } from './seal.ts'
export type { Draft, Expected, Head, Range, Sealed, Store } from './store.ts'
