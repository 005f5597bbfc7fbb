export { type FileStore, type FileStoreOptions, openFileStore } from './file-store.ts'
export { type Holder, type TakeOver, takeLock } from './lock.ts'
export type { Recovery } from './recovery.ts'
export { endsWithinAppend, openSignerMemory, outsideOfTrail, type SignerMemory } from './signer-memory.ts'
