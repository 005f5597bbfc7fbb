import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { CountersignError, EMPTY_ROOT, MAX_ENTRY_BYTES, Tree } from '@countersign/trail'
import { HeadMending } from '@countersign/trail/store'

/** The bytes of an entry; of what is longer than one can be, enough for a reader to see that. */
export const BYTES = `case when length(bytes) <= ${MAX_ENTRY_BYTES} then bytes else substr(bytes, 1, ${MAX_ENTRY_BYTES + 1}) end as bytes`

/** What the last entry says of how a trail ends, if there is one. */
interface LastEntry {
  readonly last_seq: number | null
  readonly last_leaf_hash: string | null
}

/** How a trail ends: what its row says, and what the last entry does. */
interface HeadRow extends LastEntry {
  readonly size: number
  readonly leaf_hash: string
  readonly peaks: string
}

/** Asks how the trail ends. */
export const headQuestion = (database: DatabaseSync): StatementSync =>
  database.prepare(`
    select min(size, ${Number.MAX_SAFE_INTEGER}) as size, leaf_hash, peaks, (select max(seq) from entries) as last_seq,
      (select leaf_hash from entries order by seq desc limit 1) as last_leaf_hash
    from (select 1) left join head`)

/** The answer. Throws `store.damaged` where there is no head: with it is gone what would show that entries are. */
export function headRowOf(question: StatementSync, path: string): HeadRow {
  const row = question.get() as unknown as HeadRow | (LastEntry & { readonly size: null })
  if (row.size === null) throw damaged(path, `its head is gone: ${RESTORE}`)
  return row
}

/** How many entries there are to read. Where the head says that there are more of them, those are missing. */
export function sizeToRead(question: StatementSync): number {
  const row = question.get() as unknown as LastEntry & { readonly size: number | null }
  return Math.max(row.size ?? 0, countOf(row))
}

/** How many entries there are, by the last one. */
const countOf = ({ last_seq: last }: LastEntry): number => (last === null ? 0 : last + 1)

/** The tree as the head keeps it, so that a root costs no look at the entries. Throws `store.damaged` where it is none. */
export function treeOf(row: HeadRow, path: string): Tree {
  try {
    return Tree.from({ size: row.size, peaks: JSON.parse(row.peaks) as string[] })
  } catch (cause) {
    if (row.size > countOf(row)) throw missing(row, path, cause)
    throw damaged(path, `its head is none of a trail: ${(cause as Error).message}; ${REOPEN}`, { cause })
  }
}

/** The same tree, to be appended to. Throws `store.damaged` where the head does not say how the entries end. */
export function soundTreeOf(row: HeadRow, path: string): Tree {
  const count = countOf(row)
  const last = row.last_leaf_hash ?? EMPTY_ROOT
  if (row.size > count) throw missing(row, path)
  if (row.size < count) throw damaged(path, `its head says ${row.size} entries, and there are ${count}; ${REOPEN}`)
  if (row.leaf_hash !== last)
    throw damaged(path, `its head ends with leaf hash ${row.leaf_hash}, and its last entry has ${last}; ${REOPEN}`)
  const tree = treeOf(row, path)
  // The last peak of an odd number is the last leaf. What lies before it only all entries could tell.
  const peak = tree.state().peaks.at(-1)
  if (count % 2 === 1 && peak !== last)
    throw damaged(path, `its head ends with peak ${peak}, and its last entry has leaf hash ${last}; ${REOPEN}`)
  return tree
}

/**
 * Works out the head from the entries where it does not say how they end, and gives way to them (`HeadMending`). Throws
 * `store.damaged` where it does not.
 */
export function mendHead(database: DatabaseSync, path: string): void {
  const row = headRowOf(headQuestion(database), path)
  try {
    soundTreeOf(row, path)
    return
  } catch (error) {
    if (row.size > countOf(row)) throw error
  }
  const mending = new HeadMending({ size: row.size, leafHash: row.leaf_hash, peaks: row.peaks })
  for (const entry of database.prepare(`select seq, leaf_hash, ${BYTES} from entries order by seq`).iterate()) {
    const { seq, leaf_hash: leafHash, bytes } = entry as unknown as EntryRow
    if (mending.append({ seq, leafHash, bytes }) !== undefined) break
  }
  const end = mending.end()
  if ('because' in end) {
    const { because, missing } = end
    throw damaged(path, `${because}; ${RESTORE}`, missing === undefined ? {} : { facts: { missing } })
  }
  database.prepare('update head set size = ?, leaf_hash = ?, peaks = ?').run(end.size, end.leafHash, end.peaks)
}

/** An entry as it lies in the table. */
interface EntryRow {
  readonly seq: number
  readonly leaf_hash: string
  readonly bytes: Uint8Array
}

const REOPEN = 'opened for writing, it is worked out again from the entries where it still knows them'
const RESTORE = 'restore the file from a copy, and hold the copy against a checkpoint'

const missing = (row: HeadRow, path: string, cause?: unknown): CountersignError =>
  damaged(path, `its head says ${row.size} entries, and there are ${countOf(row)}: entries are missing; ${RESTORE}`, {
    facts: { missing: countOf(row) },
    cause,
  })

const damaged = (
  path: string,
  because: string,
  { facts, cause }: { facts?: Record<string, unknown>; cause?: unknown } = {},
): CountersignError =>
  new CountersignError('store.damaged', `${path}: ${because}`, {
    facts: { path, ...facts },
    cause,
  })
