import { CountersignError, EMPTY_ROOT } from '@countersign/trail'
import {
  ENTRY_BYTES,
  type EntriesEnd,
  type Head,
  HeadMending,
  judgeHead,
  type KeptHead,
  LAST_PLACE,
  PAGE,
  treeOfHead,
} from '@countersign/trail/store'
import type { Connection } from './connection.ts'
import { UNFLUSHED } from './flush.ts'

const MIGRATE = 'its owner runs `migrate`, which works it out again from the entries where it still knows them'
export const RESTORE = 'restore the tables from a copy, and hold the copy against a checkpoint'

/** How many entries a head says that there are, as SQL, as far as anybody can count; nothing where it does not say. */
const SIZE = `case when size > ${LAST_PLACE + 1} then ${LAST_PLACE + 1} else size end`

/** How many entries there are, by the last one, as far as anybody can count. Nothing where there is none. */
const countIn = (schema: string): string =>
  `(select least(seq, ${LAST_PLACE}) + 1 from ${schema}.entry order by seq desc limit 1)`

/** What is read of a head, and the first place that an entry has beside it. */
const headColumns = (schema: string): string =>
  `${SIZE} as size, leaf_hash, peaks, (select pg_catalog.min(seq) from ${schema}.entry) as first`

/**
 * Whether there is what no trail has, and for which no function of the database looks: a row before the first entry, a second
 * head, one that lacks something, or a leaf hash that is none. As SQL that goes by the server's own operators, and asks the
 * tables in the order in which all others take them.
 */
const isStrange = (schema: string): string =>
  `(select pg_catalog.count(*) operator(pg_catalog.>) 1
      or pg_catalog.bool_or(size is null or peaks is null or leaf_hash is null
        or leaf_hash operator(pg_catalog.!~) '^[0-9a-f]{64}$') from ${schema}.head)
    or exists (select from ${schema}.entry where seq operator(pg_catalog.<) 0)`

/** A call that appends, as SQL; where there is what no trail has, nothing is called, and this is what is said. */
export const unlessStrange = (schema: string, call: string, instead: string): string =>
  `select case when ${isStrange(schema)} then ${instead} else ${call} end as said`

/** The error for what no trail has, of which an append was told. */
export async function strangeHead(connection: Connection, schema: string): Promise<CountersignError> {
  const { rows } = await connection.query(endsQuestion(schema))
  keptOf(schema, rows)
  return wrongHead(schema, rows[0] ?? {}, lastIn(rows))
}

/**
 * Asks how many entries there are to read: as many as there are, or more where the head says that there are more. The tables are
 * asked in the order in which all others take them.
 */
export const sizeToRead = (schema: string): string =>
  `select greatest((select max(${SIZE}) from ${schema}.head), ${countIn(schema)}, 0) as size, ${UNFLUSHED}`

/** Asks how a trail ends: what its row says, and how many entries there are. */
export const headQuestion = (schema: string): string =>
  `select ${headColumns(schema)}, ${countIn(schema)} as count, ${UNFLUSHED} from ${schema}.head`

/** The answer. Throws `store.damaged` where the row says nothing of the kind. */
export function headOf(schema: string, rows: readonly Record<string, unknown>[]): Head {
  const kept = keptOf(schema, rows)
  const count = Number(rows[0]?.count ?? 0)
  try {
    return { size: kept.size, leafHash: kept.leafHash, root: treeOfHead(kept).root() }
  } catch (cause) {
    if (kept.size > count) throw lacking(schema, kept.size, count, cause)
    throw unsound(schema, (cause as Error).message, { cause })
  }
}

function keptOf(schema: string, rows: readonly Record<string, unknown>[]): KeptHead {
  const [row] = rows
  if (row === undefined) throw gone(schema, 'head')
  if (rows.length > 1) throw strange(schema, 'head', 'one head', `has ${rows.length} rows, and a trail has one head`)
  if (Number(row.first ?? 0) < 0)
    throw strange(
      schema,
      'entry',
      'entries from place 0 on',
      `has a row at place ${String(row.first)}, before the first entry`,
    )
  if (row.size === null) throw strange(schema, 'head', 'a number of entries', 'does not say how many entries there are')
  return { size: Number(row.size), leafHash: String(row.leaf_hash), peaks: String(row.peaks) }
}

/** Asks how many entries there are, and of what leaf hash the last is. */
const lastOf = (schema: string): string =>
  `select least(seq, ${LAST_PLACE}) operator(pg_catalog.+) 1 as version, leaf_hash from ${schema}.entry order by seq desc limit 1`

/** Asks for the head, and how the entries end, at one moment: between two statements somebody may append. */
const endsQuestion = (schema: string): string =>
  `select ${headColumns(schema)}, (select version from (${lastOf(schema)}) as last) as version,
    (select last.leaf_hash from (${lastOf(schema)}) as last) as last_leaf_hash from ${schema}.head`

const lastIn = ([row]: readonly Record<string, unknown>[]): LastRow => ({
  version: row?.version,
  leaf_hash: row?.last_leaf_hash,
})

/** How the entries end: how many there are, and the leaf hash of the last one, if there is one. */
interface LastRow {
  readonly version?: unknown
  readonly leaf_hash?: unknown
}

const endOf = ({ version, leaf_hash: leafHash }: LastRow): EntriesEnd => ({
  size: Number(version ?? 0),
  leafHash: typeof leafHash === 'string' ? leafHash : EMPTY_ROOT,
})

/**
 * The error for a head that does not say how the entries end: an entry that is sealed onto that head would hang on nothing.
 * `store.damaged`, with what is wrong.
 */
export function wrongHead(schema: string, head: Readonly<Record<string, unknown>>, last: LastRow): CountersignError {
  if (head.size === null && head.leaf_hash === null && head.peaks === null) return gone(schema, 'head')
  const kept = keptOf(schema, [head])
  const end = endOf(last)
  const judged = judgeHead(kept, end)
  const [said, count] = [kept.size, end.size]
  if ('tree' in judged) return unsound(schema, 'the database takes it for another one than it is')
  switch (judged.wrong) {
    case 'missing':
      return lacking(schema, said, count)
    case 'behind':
      return unsound(schema, `it says ${said} entries, and there are ${count}`)
    case 'leafHash':
      return unsound(schema, 'it has another leaf hash than the last entry')
    case 'noHash':
      return strange(
        schema,
        'entry',
        'a leaf hash',
        `ends with the leaf hash ${end.leafHash}, which is none of 64 digits 0-9a-f`,
      )
    case 'tree':
      return unsound(schema, (judged.cause as Error).message, { cause: judged.cause })
    case 'peak':
      return unsound(schema, 'it has another last peak than the leaf hash of the last entry')
  }
}

/**
 * Where the head does not say how the entries end, works it out from them, if it still knows them (`HeadMending`). The entries
 * themselves stay as they are. Throws `store.damaged` where it does not know them.
 */
export async function mendHead(connection: Connection, schema: string): Promise<void> {
  const { rows } = await connection.query(`select ${headColumns(schema)} from ${schema}.head for update`)
  const kept = keptOf(schema, rows)
  if (await isHeadSound(connection, schema)) return
  const mending = new HeadMending(kept)
  for (let next = 0, isRead = false; !isRead; next += PAGE) {
    const page = await connection.query(
      `select seq, leaf_hash, ${ENTRY_BYTES} from ${schema}.entry where seq >= $1 order by seq limit ${PAGE}`,
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

/** Whether there is a row of the head, and it says how the trail ends, as far as its last entry tells. */
export async function isHeadSound(connection: Connection, schema: string): Promise<boolean> {
  const { rows } = await connection.query(endsQuestion(schema))
  return rows.length > 0 && 'tree' in judgeHead(keptOf(schema, rows), endOf(lastIn(rows)))
}

function unsound(
  schema: string,
  because: string,
  { missing, cause }: { readonly missing?: number; readonly cause?: unknown } = {},
): CountersignError {
  const what = `${schema}.head does not say how the trail ends: ${because}`
  const [help, more] = missing === undefined ? [MIGRATE, { what, remedy: 'migrate' }] : [RESTORE, { missing }]
  return new CountersignError('store.damaged', `${what} (${help})`, {
    facts: { table: `${schema}.head`, help, ...more },
    cause,
  })
}

const lacking = (schema: string, said: number, count: number, cause?: unknown): CountersignError =>
  unsound(schema, `it says ${said} entries, and there are ${count}: entries are missing`, { missing: count, cause })

/** The error for what no trail has in its tables. Which row is too many, or what it was, only whoever has a copy can tell. */
const strange = (schema: string, table: 'entry' | 'head', expected: string, because: string): CountersignError =>
  new CountersignError('store.damaged', `${schema}.${table} ${because} (${RESTORE})`, {
    facts: { table: `${schema}.${table}`, expected, help: RESTORE },
  })

/**
 * The error for a row that is gone. Without the row of the head nothing shows that entries are gone: a new one would
 * say that all of them are there. Without the row of the layout nobody knows how the tables are laid out.
 */
export const gone = (schema: string, table: 'head' | 'layout'): CountersignError =>
  new CountersignError('store.damaged', `${schema}.${table} has no row any more (${RESTORE})`, {
    facts: { table: `${schema}.${table}`, help: RESTORE },
  })
