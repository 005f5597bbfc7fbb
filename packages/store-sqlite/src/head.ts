import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { CountersignError, EMPTY_ROOT, type Tree } from '@countersign/trail'
import {
  ENTRY_BYTES,
  type EntriesEnd,
  type HeadJudgement,
  HeadMending,
  judgeHead,
  type KeptHead,
  LAST_PLACE,
  treeOfHead,
} from '@countersign/trail/store'

/** What the last entry says of how a trail ends, if there is one. */
interface LastEntry {
  readonly first_seq: number | null
  readonly last_seq: number | null
  readonly last_leaf_hash: string | null
}

/** How a trail ends: what its row says, and what the last entry does. */
interface HeadRow extends LastEntry {
  readonly size: number
  readonly leaf_hash: string
  readonly peaks: string
  /** How many rows there are for it. */
  readonly heads: number
}

/** Asks how the trail ends. */
export const headQuestion = (database: DatabaseSync): StatementSync =>
  database.prepare(`
    select min(size, ${LAST_PLACE + 1}) as size, leaf_hash, peaks, (select count(*) from head) as heads,
      max((select min(seq) from entries), ${-LAST_PLACE}) as first_seq,
      min((select max(seq) from entries), ${LAST_PLACE}) as last_seq,
      (select leaf_hash from entries order by seq desc limit 1) as last_leaf_hash
    from (select 1) left join head`)

/**
 * The answer. Throws `store.damaged` where there is no head, as with it is gone what would show that entries are, and where there is what
 * no trail has: a second head, or a row before the first entry.
 */
export function headRowOf(question: StatementSync, path: string): HeadRow {
  const row = question.get() as unknown as HeadRow | (LastEntry & { readonly size: null })
  if (row.size === null) throw damaged(path, `its head is gone: ${RESTORE}`)
  if (row.heads > 1)
    throw damaged(path, `it has ${row.heads} rows for its head; ${RESTORE}`, { facts: { expected: 'one head' } })
  if (row.first_seq !== null && row.first_seq < 0)
    throw damaged(path, `it has a row at place ${row.first_seq}, before the first entry; ${RESTORE}`, {
      facts: { expected: 'entries from place 0 on' },
    })
  return row
}

/** How many entries there are to read. Where the head says that there are more of them, those are missing. */
export function sizeToRead(question: StatementSync): number {
  const row = question.get() as unknown as LastEntry & { readonly size: number | null }
  return Math.max(row.size ?? 0, countOf(row))
}

/** How many entries there are, by the last one. */
const countOf = ({ last_seq: last }: LastEntry): number => (last === null ? 0 : last + 1)

/** How the entries end, by the last one. */
const endOf = (row: LastEntry): EntriesEnd => ({ size: countOf(row), leafHash: row.last_leaf_hash ?? EMPTY_ROOT })

const keptOf = (row: HeadRow): KeptHead => ({ size: row.size, leafHash: row.leaf_hash, peaks: row.peaks })

/** The tree as the head keeps it, so that a root costs no look at the entries. Throws `store.damaged` where it is none. */
export function treeOf(row: HeadRow, path: string): Tree {
  try {
    return treeOfHead(keptOf(row))
  } catch (cause) {
    if (row.size > countOf(row)) throw missing(row, path, cause)
    throw noTree(path, cause)
  }
}

/** The same tree, to be appended to. Throws `store.damaged` where the head does not say how the entries end. */
export function soundTreeOf(row: HeadRow, path: string): Tree {
  const judged = judgeHead(keptOf(row), endOf(row))
  if ('tree' in judged) return judged.tree
  throw unsound(row, judged, path)
}

/**
 * Where the head does not say how the entries end, works it out from them, if it still knows them (`HeadMending`). Throws
 * `store.damaged` where it does not.
 */
export function mendHead(database: DatabaseSync, path: string): void {
  const row = headRowOf(headQuestion(database), path)
  const judged = judgeHead(keptOf(row), endOf(row))
  if ('tree' in judged) return
  if (judged.wrong === 'missing') throw unsound(row, judged, path)
  const mending = new HeadMending(keptOf(row))
  for (const entry of database
    .prepare(`select min(seq, ${LAST_PLACE}) as seq, leaf_hash, ${ENTRY_BYTES} from entries order by entries.seq`)
    .iterate()) {
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
export const RESTORE = 'restore the file from a copy, and hold the copy against a checkpoint'

/** The error for a head that is not what the last entry says. */
function unsound(row: HeadRow, judged: Exclude<HeadJudgement, { tree: Tree }>, path: string): CountersignError {
  const { size, leafHash } = endOf(row)
  switch (judged.wrong) {
    case 'missing':
      return missing(row, path)
    case 'behind':
      return damaged(path, `its head says ${row.size} entries, and there are ${size}; ${REOPEN}`)
    case 'leafHash':
      return damaged(
        path,
        `its head ends with leaf hash ${row.leaf_hash}, and its last entry has ${leafHash}; ${REOPEN}`,
      )
    case 'noHash':
      return damaged(
        path,
        `its last entry has the leaf hash ${leafHash}, which is none of 64 digits 0-9a-f; ${RESTORE}`,
      )
    case 'tree':
      return noTree(path, judged.cause)
    case 'peak':
      return damaged(
        path,
        `its head ends with peak ${judged.peak}, and its last entry has leaf hash ${leafHash}; ${REOPEN}`,
      )
  }
}

const noTree = (path: string, cause: unknown): CountersignError =>
  damaged(path, `its head is none of a trail: ${(cause as Error).message}; ${REOPEN}`, { cause })

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
