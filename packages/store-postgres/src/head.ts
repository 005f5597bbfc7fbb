import { CountersignError, EMPTY_ROOT, MAX_ENTRY_BYTES, Tree } from '@countersign/trail'
import { type Head, HeadMending } from '@countersign/trail/store'
import type { Connection } from './connection.ts'

/** The bytes of an entry; of what is longer than one can be, enough for a reader to see that. */
export const BYTES = `case when length(bytes) <= ${MAX_ENTRY_BYTES} then bytes else substr(bytes, 1, ${MAX_ENTRY_BYTES + 1}) end as bytes`
/** Entries that are read at once, and what they may come to: at most 8 MiB. */
export const PAGE = 128

const MIGRATE = 'its owner runs `migrate`, which works it out again from the entries where it still knows them'
const RESTORE = 'restore the tables from a copy, and hold the copy against a checkpoint'

/** How a trail ends, with the tree that is appended to. */
interface TreeHead extends Head {
  readonly tree: Tree
}

/** How a trail of so many entries ends, as its row says. Throws `store.damaged` where it says nothing of the kind. */
export function headOf(schema: string, rows: readonly Record<string, unknown>[], count: number): TreeHead {
  const [row] = rows
  if (row === undefined) throw gone(schema, 'head')
  try {
    const size = Number(row.size)
    const tree = Tree.from({ size, peaks: JSON.parse(String(row.peaks)) as string[] })
    return { size, leafHash: String(row.leaf_hash), root: tree.root(), tree }
  } catch (cause) {
    if (Number(row.size) > count) throw lacking(schema, Number(row.size), count, cause)
    throw unsound(schema, (cause as Error).message, { cause })
  }
}

/** Asks how many entries there are, and of what leaf hash the last is. */
export const lastOf = (schema: string): string =>
  `select seq + 1 as version, leaf_hash from ${schema}.entry order by seq desc limit 1`

/** How the entries end: how many there are, and the leaf hash of the last one, if there is one. */
interface LastRow {
  readonly version?: unknown
  readonly leaf_hash?: unknown
}

/**
 * The same, to be appended to. Throws `store.damaged` where it is not what the last entry says: what is sealed onto it would
 * hang on nothing.
 */
export function soundHeadOf(schema: string, rows: readonly Record<string, unknown>[], last: LastRow = {}): TreeHead {
  const count = Number(last.version ?? 0)
  const leafHash = last.leaf_hash ?? EMPTY_ROOT
  const said = Number(rows[0]?.size)
  if (said > count) throw lacking(schema, said, count)
  if (said < count) throw unsound(schema, `it says ${said} entries, and there are ${count}`)
  const head = headOf(schema, rows, count)
  if (head.leafHash !== leafHash) throw unsound(schema, 'it has another leaf hash than the last entry')
  // The last peak of an odd number is the last leaf. What lies before it only all entries could tell.
  if (count % 2 === 1 && head.tree.state().peaks.at(-1) !== leafHash)
    throw unsound(schema, 'it has another last peak than the leaf hash of the last entry')
  return head
}

/**
 * Works out the head from the entries where it does not say how they end, and gives way to them (`HeadMending`). The entries
 * themselves stay as they are. Throws `store.damaged` where it does not.
 */
export async function mendHead(connection: Connection, schema: string): Promise<void> {
  const { rows } = await connection.query(`select size, leaf_hash, peaks from ${schema}.head for update`)
  const [row] = rows
  if (row === undefined) throw gone(schema, 'head')
  if (await isHeadSound(connection, schema)) return
  const mending = new HeadMending({
    size: Number(row.size),
    leafHash: String(row.leaf_hash),
    peaks: String(row.peaks),
  })
  for (let next = 0, isRead = false; !isRead; next += PAGE) {
    const page = await connection.query(
      `select seq, leaf_hash, ${BYTES} from ${schema}.entry where seq >= $1 order by seq limit ${PAGE}`,
      [next],
    )
    const refused = page.rows.some(({ seq, leaf_hash: leafHash, bytes }) =>
      mending.append({ seq: Number(seq), leafHash: String(leafHash), bytes: bytes as Uint8Array }),
    )
    isRead = refused || page.rows.length < PAGE
  }
  const end = mending.end()
  if ('because' in end) {
    const { because, missing } = end
    throw new CountersignError('store.damaged', `the trail in ${schema}: ${because}; ${RESTORE}. Nothing was changed`, {
      facts: { table: `${schema}.head`, help: RESTORE, ...(missing === undefined ? {} : { missing }) },
    })
  }
  await connection.query(`update ${schema}.head set size = $1, leaf_hash = $2, peaks = $3`, [
    end.size,
    end.leafHash,
    end.peaks,
  ])
}

/** Whether the row says how the trail ends, as far as its last entry tells. */
export async function isHeadSound(connection: Connection, schema: string): Promise<boolean> {
  const { rows } = await connection.query(`select size, leaf_hash, peaks from ${schema}.head`)
  const last = await connection.query(lastOf(schema))
  try {
    soundHeadOf(schema, rows, last.rows[0])
    return true
  } catch {
    return false
  }
}

function unsound(
  schema: string,
  because: string,
  { missing, cause }: { readonly missing?: number; readonly cause?: unknown } = {},
): CountersignError {
  const help = missing === undefined ? MIGRATE : RESTORE
  return new CountersignError('store.damaged', `${schema}.head does not say how the trail ends: ${because} (${help})`, {
    facts: { table: `${schema}.head`, help, ...(missing === undefined ? {} : { missing }) },
    cause,
  })
}

const lacking = (schema: string, said: number, count: number, cause?: unknown): CountersignError =>
  unsound(schema, `it says ${said} entries, and there are ${count}: entries are missing`, { missing: count, cause })

/**
 * With the row of the head is gone what would show that entries are: another one would say that all of them are there. And
 * without that of the layout nobody knows how the tables are laid out.
 */
export const gone = (schema: string, table: 'head' | 'layout'): CountersignError =>
  new CountersignError('store.damaged', `${schema}.${table} has no row any more (${RESTORE})`, {
    facts: { table: `${schema}.${table}`, help: RESTORE },
  })
