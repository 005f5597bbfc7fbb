import { CountersignError, EMPTY_ROOT, Tree } from '@countersign/trail'
import type { Head } from '@countersign/trail/store'
import type { Connection } from './connection.ts'

/** How many leaf hashes are read at once. */
const PAGE = 10_000

/** How a trail ends, as its row says. Throws `store.damaged` where it says nothing of the kind. */
export function headOf(schema: string, rows: readonly Record<string, unknown>[]): Head & { readonly tree: Tree } {
  const [row] = rows
  try {
    if (row === undefined) throw new CountersignError('input', 'there is no row')
    const size = Number(row.size)
    const tree = Tree.from({ size, peaks: JSON.parse(String(row.peaks)) as string[] })
    return { size, leafHash: String(row.leaf_hash), root: tree.root(), tree }
  } catch (cause) {
    throw unsound(schema, (cause as Error).message, cause)
  }
}

/** Throws `store.damaged` where a head is not what the last entry says: what is sealed onto it would hang on nothing. */
export function requireSound(schema: string, head: Head, last: Readonly<Record<string, unknown>> = {}): void {
  const { version: size = 0, leaf_hash: leafHash } = last
  if (head.size !== Number(size)) throw unsound(schema, `it says ${head.size} entries, and there are ${size}`)
  if (head.leafHash !== (leafHash ?? EMPTY_ROOT)) throw unsound(schema, 'it has another leaf hash than the last entry')
}

function unsound(schema: string, because: string, cause?: unknown): CountersignError {
  const help = 'its owner runs `migrate`, which works it out again from the entries'
  return new CountersignError('store.damaged', `${schema}.head does not say how the trail ends: ${because} (${help})`, {
    facts: { table: `${schema}.head`, help },
    cause,
  })
}

/**
 * Works out from the entries how the trail ends, where the row does not say so. The entries themselves stay as they are.
 * Throws `store.damaged` where one is missing between them, or at their end: then the row is what still tells of it.
 */
export async function mendHead(connection: Connection, schema: string): Promise<void> {
  const { rows } = await connection.query(`select size from ${schema}.head for update`)
  const said = Number(rows[0]?.size ?? 0)
  if (await isHeadSound(connection, schema)) return
  const tree = new Tree()
  let leafHash: string = EMPTY_ROOT
  for (let next = 0; ; ) {
    const page = await connection.query(
      `select seq, leaf_hash from ${schema}.entry where seq >= $1 order by seq limit ${PAGE}`,
      [next],
    )
    for (const [at, row] of page.rows.entries()) {
      if (Number(row.seq) !== next + at)
        throw new CountersignError(
          'store.damaged',
          `entry ${next + at} is missing from ${schema}.entry, in which entry ${Number(row.seq)} comes after it: nothing was changed`,
          { facts: { missing: next + at, found: Number(row.seq) } },
        )
      leafHash = String(row.leaf_hash)
      tree.append(leafHash)
    }
    next += page.rows.length
    if (page.rows.length < PAGE) break
  }
  const { size, peaks } = tree.state()
  if (said > size)
    throw new CountersignError(
      'store.damaged',
      `${schema}.head says ${said} entries, and there are ${size}: some were taken out at the end. Restore them from a copy, and hold it against a checkpoint; nothing was changed`,
      { facts: { missing: size, found: said } },
    )
  await connection.query(`update ${schema}.head set size = $1, leaf_hash = $2, peaks = $3`, [
    size,
    leafHash,
    JSON.stringify(peaks),
  ])
}

/** Whether the row says how the trail ends, as far as its last entry tells. */
export async function isHeadSound(connection: Connection, schema: string): Promise<boolean> {
  const { rows } = await connection.query(`select size, leaf_hash, peaks from ${schema}.head`)
  const last = await connection.query(`select seq, leaf_hash from ${schema}.entry order by seq desc limit 1`)
  const [entry] = last.rows
  try {
    const { size, leafHash } = headOf(schema, rows)
    return entry === undefined
      ? size === 0 && leafHash === EMPTY_ROOT
      : size === Number(entry.seq) + 1 && leafHash === entry.leaf_hash
  } catch {
    return false
  }
}
