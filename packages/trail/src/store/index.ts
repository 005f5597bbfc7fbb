export { memoryStore } from './memory.ts'
export type { Draft, Expected, Head, Range, Sealed, Store } from './store.ts'
