import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { CountersignError, EMPTY_ROOT, leafHash, prevOf, Tree } from '@countersign/trail'

/** How a trail ends: what its row says, and what the last entry does, if there is one. */
export interface HeadRow {
  readonly size: number
  readonly leaf_hash: string
  readonly peaks: string
  readonly last_seq: number | null
  readonly last_leaf_hash: string | null
}

/** Asks how the trail ends. */
export const headQuestion = (database: DatabaseSync): StatementSync =>
  database.prepare(`
    select size, leaf_hash, peaks, (select max(seq) from entries) as last_seq,
      (select leaf_hash from entries order by seq desc limit 1) as last_leaf_hash
    from head`)

/** The answer. Throws `store.damaged` where there is none. */
export function headRowOf(question: StatementSync, path: string): HeadRow {
  const row = question.get() as unknown as HeadRow | undefined
  if (row === undefined) throw damaged(path, `its head is gone: ${RESTORE}`)
  return row
}

/** How many entries there are, by the last one. */
export const countOf = ({ last_seq: last }: HeadRow): number => (last === null ? 0 : last + 1)

/** The tree as the head keeps it, so that a root costs no look at the entries. Throws `store.damaged` where it is none. */
export function treeOf({ size, peaks }: HeadRow, path: string): Tree {
  try {
    return Tree.from({ size, peaks: JSON.parse(peaks) as string[] })
  } catch (cause) {
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
 * Works out the head from the entries where it does not say how they end. It is what bears witness to entries that somebody
 * has taken out or replaced at the end, so it gives way only to entries that hang together, and which it knows: by their
 * last leaf hash, or by its peaks. Throws `store.damaged` where it does not.
 */
export function mendHead(database: DatabaseSync, path: string): void {
  const row = headRowOf(headQuestion(database), path)
  try {
    soundTreeOf(row, path)
    return
  } catch (error) {
    if (row.size > countOf(row)) throw error
  }
  const tree = new Tree()
  let last: string = EMPTY_ROOT
  let isKnown = row.size === 0 && row.peaks === '[]'
  for (const entry of database.prepare('select seq, leaf_hash, bytes from entries order by seq').iterate()) {
    last = nextLeafHash(entry, tree.size, last, path)
    tree.append(last)
    isKnown ||= tree.size === row.size && JSON.stringify(tree.state().peaks) === row.peaks
  }
  const { size, peaks } = tree.state()
  if (!isKnown && last !== row.leaf_hash)
    throw damaged(
      path,
      `its head says ${row.size} entries that end with leaf hash ${row.leaf_hash}, and there are ${size} that end with ${last}: entries were replaced, or the head was. Hold it against a checkpoint or a copy`,
    )
  database.prepare('update head set size = ?, leaf_hash = ?, peaks = ?').run(size, last, JSON.stringify(peaks))
}

/** The leaf hash of an entry that comes next. Throws `store.damaged` where it does not. */
function nextLeafHash(entry: Record<string, unknown>, seq: number, prev: string, path: string): string {
  const bytes = entry.bytes as Uint8Array
  const found = leafHash(bytes)
  if (entry.seq === seq && entry.leaf_hash === found && hangsOn(bytes, prev)) return found
  const facts = { missing: seq }
  if (entry.seq !== seq) throw damaged(path, `entry ${seq} is missing: ${RESTORE}`, { facts })
  throw damaged(path, `entry ${seq} is not what was sealed after the one before it: ${RESTORE}`)
}

function hangsOn(bytes: Uint8Array, prev: string): boolean {
  try {
    return prevOf(bytes) === prev
  } catch {
    return false
  }
}

const REOPEN = 'opened for writing, it is worked out again from the entries'
const RESTORE = 'restore the file from a copy, and hold the copy against a checkpoint'

const missing = (row: HeadRow, path: string): CountersignError =>
  damaged(path, `its head says ${row.size} entries, and there are ${countOf(row)}: entries are missing; ${RESTORE}`, {
    facts: { missing: countOf(row) },
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
