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

/**
 * Entries `from` (inclusive) to `to` (exclusive) by seq; or all entries of one stream, oldest first. What has both, or anything
 * else, is refused with `input`. A `from` or `to` that is `undefined` is not there; a `stream` that is `undefined` is refused.
 */
export type Range = { readonly from?: number; readonly to?: number } | { readonly stream: string }

/**
 * Where a trail lives. An adapter is asked for outcomes, not for steps. Several stores may have one trail open; where that
 * is not meant to be, opening it throws `store.locked`.
 *
 * `append` is atomic over its drafts. It compares `expected` with every stream named there, under the store's lock, and
 * throws `CountersignError` `store.conflict` (facts `{ stream, expected, actual }`) where one has moved; then nothing is
 * written. Else it gives each draft the next `seq` and seals it onto the last entry. It resolves when the entries are
 * durable, and the calls that arrive while it is writing go out together. A draft's `streamSeq` must be the version that
 * the stream has at that place (the expected one, counting up within the batch); another one is a conflict too. If
 * writing fails, the promise rejects with `store.unwritable` and nothing of the batch is in the trail. If the connection to a
 * database is lost meanwhile, it rejects with `store.unavailable`, and only reading tells whether the batch is in the trail.
 * A call that is refused does not affect other calls that are under way at the same time.
 *
 * What is handed in is the caller's: neither the drafts and `expected` of an `append`, whether it is accepted or refused, nor the
 * range of a `read` are changed, or looked at again once the call has returned. So a reader gives what its range said when it
 * was handed in, whenever the first entry is asked for.
 *
 * Once an append is acknowledged, everybody who has the trail open sees its entries. Nobody ever sees a part of a batch, nor
 * anything of a batch that was refused. `head` gives a head that the trail has had, and `read` reaches at least that far.
 *
 * Two names that differ in one code unit are two streams. A name that the store cannot keep (with U+0000, or very long) is
 * refused with `entry`; a stream of such a name has no entries.
 *
 * `read` gives all entries that there were when it began, however many, and none that came since. The bytes belong to the
 * reader. It may stop wherever it likes (`break`, or `return` of the iterator): nothing is left of one that does, however many
 * they are, and nobody else waits for it. `close` finishes the appends that were handed in, and resolves when all of them are answered. A reader that has not
 * come to its end by then throws `store.closed`, or is given all of the rest; it never ends as though the trail ended there.
 */
export interface Store {
  head(): Promise<Head>
  append(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]>
  read(range?: Range): AsyncIterable<Sealed>
  close(): Promise<void>
}
