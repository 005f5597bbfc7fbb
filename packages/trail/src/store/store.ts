import type { Body } from '../entry.ts'

/** A body that has no place in the trail yet: the store gives it `seq`, and the entry its `prev`. */
export type Draft = Omit<Body, 'seq'>

/** An entry as it is stored: its place, its bytes (without the newline), and their leaf hash in lower-case hex. */
export interface Sealed {
  readonly seq: number
  readonly leafHash: string
  readonly bytes: Uint8Array
}

/**
 * Where a trail ends. `size` counts entries. `leafHash` is the leaf hash of the last entry, the next one's `prev`
 * (for an empty trail the empty tree's root). `root` is the Merkle root over all `size` entries, in lower-case hex.
 */
export interface Head {
  readonly size: number
  readonly leafHash: string
  readonly root: string
}

/**
 * For each stream that a decision has read, the number of entries that it had then. A stream not yet there has 0. Under
 * `*` (`wholeTrail`) the number of all entries.
 */
export type Expected = Readonly<Record<string, number>>

/** Entries `from` (inclusive) to `to` (exclusive) by seq; or all entries of one stream, oldest first. */
export type Range = { readonly from?: number; readonly to?: number } | { readonly stream: string }

/**
 * Where a trail lives. An adapter is asked for outcomes, not for steps.
 *
 * `append` is atomic over its drafts. It compares `expected` with every stream named there, under the store's lock, and
 * throws `CountersignError` `store.conflict` (facts `{ stream, expected, actual }`) where one has moved; then nothing is
 * written. Else it gives each draft the next `seq` and seals it onto the last entry. It resolves when the entries are
 * durable, and the calls that arrive while it is writing go out together. A draft's `streamSeq` must be the version that
 * the stream has at that place (the expected one, counting up within the batch); another one is a conflict too. If
 * writing fails, the promise rejects with `store.unwritable` and nothing of the batch is in the trail; or, of a database that
 * was lost meanwhile, with `store.unavailable`, and whether the batch is in the trail has to be read.
 */
export interface Store {
  head(): Promise<Head>
  append(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]>
  read(range?: Range): AsyncIterable<Sealed>
  close(): Promise<void>
}
