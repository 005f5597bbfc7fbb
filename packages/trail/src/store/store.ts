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
 * Where a trail lives. An adapter is asked for outcomes, not for steps. Several stores may have one trail open; where that
 * is not meant to be, opening it throws `store.locked`.
 *
 * `append` is atomic over its drafts. It compares `expected` with every stream named there, under the store's lock, and
 * throws `CountersignError` `store.conflict` (facts `{ stream, expected, actual }`) where one has moved; then nothing is
 * written. Else it gives each draft the next `seq` and seals it onto the last entry. It resolves when the entries are
 * durable, and the calls that arrive while it is writing go out together. A draft's `streamSeq` must be the version that
 * the stream has at that place (the expected one, counting up within the batch); another one is a conflict too. If
 * writing fails, the promise rejects with `store.unwritable` and nothing of the batch is in the trail; or, of a database that
 * was lost meanwhile, with `store.unavailable`, and whether the batch is in the trail has to be read. A refusal is the
 * caller's own, and takes nobody with it who asks at the same time. What is handed in is neither changed nor looked at
 * again once the call has returned.
 *
 * What is acknowledged is seen from then on by whoever has the trail open, and nobody ever sees a part of a batch, nor
 * anything of one that was refused. `head` is one that the trail has had, and can be read up to.
 *
 * A stream is another wherever its name is another text, by one code unit. A name that the store cannot keep (U+0000, or a
 * very long one) is refused with `entry`; a stream of such a name has no entries.
 *
 * `read` gives all that there was when it began, however long, and nothing that came since. Bytes are the reader's own.
 * `close` finishes what was handed in, and resolves when all of it is answered. A reader that has not come to its end by then throws `store.closed`, or is given
 * all of the rest; it never ends as though the trail ended there.
 */
export interface Store {
  head(): Promise<Head>
  append(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]>
  read(range?: Range): AsyncIterable<Sealed>
  close(): Promise<void>
}
