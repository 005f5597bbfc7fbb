import { MAX_ENTRY_BYTES } from '../entry.ts'
import type { CountersignError } from '../error.ts'
import { placeOf } from './seal.ts'
import type { Range } from './store.ts'

/** How many entries of a table are read at once. They come to 8 MiB at most. */
export const PAGE = 128

/** The last place that an entry can have: further than that JavaScript does not count. */
export const LAST_PLACE = Number.MAX_SAFE_INTEGER - 1

/**
 * The column of an entry's bytes, as SQL. Bytes that are longer than an entry can be are cut after the first byte too many: that
 * is enough for a reader to notice.
 */
export const ENTRY_BYTES = `case when length(bytes) <= ${MAX_ENTRY_BYTES} then bytes else substr(bytes, 1, ${MAX_ENTRY_BYTES + 1}) end as bytes`

/** An entry as a table gives it, with its place in the trail, and in its stream where a stream is read. */
export interface Row {
  readonly seq?: unknown
  readonly stream_seq?: unknown
}

/** The two questions that reading asks of a table. Each gives `PAGE` rows at most, in order. */
export interface Table<R extends Row> {
  /** The entries of a stream from this place in it on, as far as they lie before `size` in the trail. */
  readonly ofStream: (stream: string, from: number, size: number) => Promise<readonly R[]>
  /** The entries from one place in the trail up to another one. */
  readonly between: (from: number, to: number) => Promise<readonly R[]>
  /** The error for an entry that is not there, of so many. */
  readonly missing: (seq: number, size: number) => CountersignError
}

/**
 * The rows of a range of entries, page by page, out of a table that has so many. Where entries are missing between others,
 * those after them are given all the same, so that a verifier can tell; where none comes any more, `missing` is thrown.
 *
 * Throws `input` where `from` or `to` is no place.
 *
 * @example
 * ```ts
 * import { CountersignError } from '@countersign/trail'
 * import { pagesOf } from '@countersign/trail/store'
 *
 * const table = {
 *   ofStream: async () => [],
 *   between: async (from: number, to: number) => (from < 2 ? [{ seq: from }] : []),
 *   missing: (seq: number) => new CountersignError('store.damaged', `entry ${seq} is missing`),
 * }
 * const pages = pagesOf({ from: 1 }, 3, table)
 * await pages.next() // → { done: false, value: [{ seq: 1 }] }
 * await pages.next() // throws entry 2 is missing
 * ```
 */
export async function* pagesOf<R extends Row>(
  range: Range,
  size: number,
  table: Table<R>,
): AsyncGenerator<readonly R[], void, undefined> {
  if ('stream' in range) {
    for (let next = 0; ; ) {
      const rows = await table.ofStream(range.stream, next, size)
      yield rows
      if (rows.length < PAGE) return
      next = Number(rows.at(-1)?.stream_seq) + 1
    }
  }
  const to = Math.min(placeOf('to', range.to ?? size), size)
  for (let next = placeOf('from', range.from ?? 0); next < to; ) {
    const rows = await table.between(next, to)
    if (rows.length === 0) throw table.missing(next, size)
    yield rows
    next = Number(rows.at(-1)?.seq) + 1
  }
}
