/**
 * Bytes by key, for one desk: what the desk has worked out already, so that it need not work it out again. A cache may be
 * thrown away at any time.
 *
 * `write` takes all of a batch or none of it, whatever happens meanwhile. After a crash the last batches may be missing, but
 * none that was written before a batch that is there. Single keys are never deleted; `clear` deletes all of them. A method
 * that cannot do its work throws; the desk then does without the cache, which costs time and nothing else.
 */
export interface Cache {
  read(key: string): Uint8Array | undefined
  /** Every key that begins so, with its bytes, in any order. */
  all(prefix: string): Iterable<readonly [key: string, bytes: Uint8Array]>
  write(batch: ReadonlyMap<string, Uint8Array>): void
  clear(): void
  close(): void
}

/**
 * A cache in memory, for tests and trials: over a map of the caller's it is there for the next desk as well.
 *
 * @example
 * ```ts
 * import { memoryCache } from '@countersign/trail/store'
 *
 * const cache = memoryCache()
 * cache.write(new Map([['a', Uint8Array.of(1)]]))
 * cache.read('a') // → Uint8Array.of(1)
 * ```
 */
export function memoryCache(held: Map<string, Uint8Array> = new Map()): Cache {
  return {
    read: key => held.get(key),
    all: prefix => [...held].filter(([key]) => key.startsWith(prefix)),
    write(batch) {
      for (const [key, bytes] of batch) held.set(key, bytes)
    },
    clear: () => held.clear(),
    close() {},
  }
}
