import { CountersignError, EMPTY_ROOT, unexpected } from '@countersign/trail'
import { requireOptions } from '@countersign/trail/store'
import { type Connection, inTransaction, OWN_OPERATORS, type Pool } from './connection.ts'
import { requireText } from './encoding.ts'
import { fault } from './fault.ts'
import { gone, isHeadSound, mendHead, RESTORE } from './head.ts'
import { isKept, keepers } from './keepers.ts'

/** The version of the layout: one more for each change. Those before it had the same tables, and other functions or triggers. */
const LAYOUT = 4

export interface Place {
  /** The database schema in which the tables lie: `countersign` unless told otherwise. */
  readonly schema?: string
}

/** The schema's name as it is written in a statement. Throws `input` where it is none. */
export function schemaOf({ schema = 'countersign' }: Place): string {
  const isName = /^[a-z_][a-z0-9_]{0,62}$/.test(schema)
  if (isName && !/^(?:pg_|information_schema$)/.test(schema)) return `"${schema}"`
  throw unexpected(
    'input',
    'the schema of a trail',
    isName
      ? 'a name that is not one of PostgreSQL itself (pg_…, information_schema)'
      : 'a name of at most 63 small letters, digits and _, that begins with no digit',
    { given: schema },
  )
}

/** What makes the tables. Entries lie as the exact bytes that are hashed. */
const tables = (schema: string): string => `
create table ${schema}.entry (
  seq bigint primary key check (seq >= 0),
  stream text collate "C" not null,
  stream_seq bigint not null check (stream_seq >= 0),
  leaf_hash text not null,
  bytes bytea not null,
  unique (stream, stream_seq)
);
create table ${schema}.head (
  one boolean primary key default true check (one),
  size bigint not null,
  leaf_hash text not null,
  peaks text not null
);
insert into ${schema}.head values (true, 0, '${EMPTY_ROOT}', '[]');
`

const NO_SCHEMA =
  'it takes the right to make a schema in the database (grant create on database), or a schema of this name that is theirs'

/**
 * Makes the tables of a trail, or brings those of an earlier version up to date. Where functions or triggers are gone or others
 * than they were, or triggers are switched off, makes them again. Where the head does not fit the entries, works it out from them,
 * if they hang together and the head still knows them. It needs a user that may create a schema, or to whom the tables belong that
 * are there. Where nothing is to be done, the user that writes the trail is enough.
 *
 * Throws `CountersignError` `store.newer` where a newer version made them, `store.damaged` where the head says that entries
 * were taken out or replaced, or is gone, or the row of the layout is, a table or a column is, or a row is there that no trail has
 * (nothing is changed then), `store.unwritable` where there is something to mend and the tables are somebody else's, and as
 * `openPostgresStore` does.
 *
 * @example
 * ```ts
 * import { migrate } from '@countersign/store-postgres'
 *
 * const pool = { connect: async () => Promise.reject(new Error('no server here')) }
 * await migrate(pool) // throws no server here
 * ```
 */
export async function migrate(pool: Pool, place: Place = {}): Promise<void> {
  requireOptions('migrate', place, ['schema'])
  const schema = schemaOf(place)
  try {
    if (await inTransaction(pool, 'read only', 60_000, connection => isUpToDate(connection, schema))) return
    await inTransaction(pool, 'read write', 60_000, async connection => {
      await connection.query(OWN_OPERATORS)
      await requireText(connection)
      // Two that migrate at once go one after the other; the lock ends with the transaction.
      await connection.query("select pg_advisory_xact_lock(hashtext('countersign migration'))")
      const isNew = !(await isMade(connection, schema))
      if (isNew) await makeSchema(connection, schema)
      if (isNew) await connection.query(`create table ${schema}.layout (version integer not null)`)
      const found = isNew ? 0 : await layoutOf(connection, schema)
      if (isNew) await connection.query(tables(schema))
      else await requireOwner(connection, schema)
      if (found < LAYOUT || !(await isKept(connection, schema))) {
        // As whoever appends takes them: the head first. Otherwise the two could wait for each other.
        await connection.query(`lock table ${schema}.head; lock table ${schema}.entry`)
        await connection.query(keepers(schema))
      }
      await mendHead(connection, schema)
      if (found === LAYOUT) return
      await connection.query(`delete from ${schema}.layout`)
      await connection.query(`insert into ${schema}.layout values (${LAYOUT})`)
    })
  } catch (cause) {
    throw fault('make the tables of a trail', cause)
  }
}

/** Throws `store.unwritable` for a user to whom the tables do not belong: a writer could mend the head, and nothing else. */
async function requireOwner(connection: Connection, schema: string): Promise<void> {
  const { rows } = await connection.query(
    `select from pg_class where oid = to_regclass('${schema}.entry') and pg_has_role(relowner, 'USAGE')`,
  )
  if (rows.length > 0) return
  const help = `there is something to mend in ${schema}, such as a trigger or a function: its owner runs \`migrate\``
  throw new CountersignError(
    'store.unwritable',
    `cannot make the tables of a trail: ${schema}.entry belongs to somebody else (${help})`,
    { facts: { help } },
  )
}

/** Makes the schema where there is none. Whoever has one that somebody has made for them needs no right to make any. */
async function makeSchema(connection: Connection, schema: string): Promise<void> {
  const { rows } = await connection.query(
    "select 1 as own from pg_catalog.pg_namespace where nspname = $1 and pg_catalog.pg_has_role(nspowner, 'USAGE')",
    [schema.slice(1, -1)],
  )
  if (rows.length > 0) return
  try {
    await connection.query(`create schema if not exists ${schema}`)
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== '42501') throw cause
    const { message } = cause as Error
    throw new CountersignError(
      'store.unwritable',
      `cannot make the schema ${schema} of a trail: ${message} (${NO_SCHEMA})`,
      {
        cause,
      },
    )
  }
}

/** Whether nothing is to do: then nobody needs a right to do it. */
const isUpToDate = async (connection: Connection, schema: string): Promise<boolean> =>
  (await isMade(connection, schema)) &&
  (await layoutOf(connection, schema)) === LAYOUT &&
  (await isKept(connection, schema)) &&
  isHeadSound(connection, schema)

/**
 * Whether there is a table that says how the others are laid out. Throws `store.damaged` where it is gone: entries of a trail are
 * there.
 */
async function isMade(connection: Connection, schema: string): Promise<boolean> {
  const { rows } = await connection.query(
    `select pg_catalog.to_regclass('${schema}.layout')::text as made, exists (
      select from pg_catalog.pg_attribute
        where attrelid operator(pg_catalog.=) pg_catalog.to_regclass('${schema}.entry')
          and attname operator(pg_catalog.=) 'leaf_hash'
    ) as left`,
  )
  const [found] = rows
  if (found?.made != null) return true
  if (found?.left !== true) return false
  const table = `${schema}.layout`
  throw new CountersignError('store.damaged', `there is no ${table} any more (${RESTORE})`, {
    facts: { table, help: RESTORE },
  })
}

/**
 * Throws `store.newer` where a newer version made the tables, `store.damaged` where nothing says which one has or they are not
 * whole, and `input` where there are none, or where the database is not UTF8.
 */
export async function checkLayout(connection: Connection, schema: string): Promise<void> {
  await requireText(connection)
  await isMade(connection, schema)
  const found = await layoutOf(connection, schema)
  if (found < LAYOUT)
    throw new CountersignError('input', 'the tables are of an earlier version: run `migrate`', {
      facts: { expected: LAYOUT, found, what: 'the tables are of an earlier version', remedy: 'migrate' },
    })
}

/** What is read and written of the tables, and of which type it is: as PostgreSQL is told, and as it names it itself. */
const COLUMNS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  entry: { seq: 'bigint', stream: 'text', stream_seq: 'bigint', leaf_hash: 'text', bytes: 'bytea' },
  head: { size: 'bigint', leaf_hash: 'text', peaks: 'text' },
  layout: { version: 'integer' },
}
const OWN_NAMES: Readonly<Record<string, string>> = { bigint: 'int8', integer: 'int4' }

/** What may stand in the place of a table (`pg_class.relkind`). */
const KINDS: Readonly<Record<string, string>> = {
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table',
  p: 'a partitioned table',
}

/**
 * Throws `store.damaged` where a table or a column of a trail is gone, or has another type: what was written there would be
 * something else when it is read. So it does where something else than a table of its own is there, or one that shows each user
 * other rows: what is verified would not be what is decided upon.
 */
async function requireColumns(connection: Connection, schema: string): Promise<void> {
  const { rows } = await connection.query(
    `select c.relname::text as name, a.attname::text as column, t.typname::text as type,
        format_type(a.atttypid, null) as written, c.relkind::text as kind, c.relrowsecurity as by_user,
        exists (select from pg_inherits i where c.oid in (i.inhparent, i.inhrelid)) as inherits
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
        join pg_type t on t.oid = a.atttypid
      where n.nspname = '${schema.slice(1, -1)}' and c.relname in ('entry', 'head', 'layout') and a.attnum > 0 and not a.attisdropped`,
  )
  for (const [name, columns] of Object.entries(COLUMNS)) {
    const table = `${schema}.${name}`
    const damaged = (because: string, help = RESTORE) =>
      new CountersignError('store.damaged', `${because} (${help})`, { facts: { table, help } })
    const own = rows.filter(row => row.name === name)
    const found = new Map(own.map(({ column, type, written }) => [column, { type, written: String(written) }]))
    for (const [column, type] of Object.entries(columns)) {
      const is = found.get(column)
      if (is === undefined) throw damaged(`there is no ${own.length === 0 ? table : `${table}.${column}`} any more`)
      if (is.type !== (OWN_NAMES[type] ?? type))
        throw damaged(`${table}.${column} is ${is.written}, and ${type} in a trail`)
    }
    const [first] = own
    const kind = KINDS[String(first?.kind)]
    if (kind !== undefined) throw damaged(`${table} is ${kind}, and a table in a trail`)
    if (first?.inherits === true) throw damaged(`${table} inherits from another table or the other way round`)
    if (first?.by_user === true)
      throw damaged(
        `${table} has row level security, so that each user may be shown other rows`,
        `its owner runs \`alter table ${table} disable row level security\`, and somebody else verifies the trail then`,
      )
  }
}

/** How the tables are laid out that are there. Throws where they are not those of a trail, or where a newer version made them. */
async function layoutOf(connection: Connection, schema: string): Promise<number> {
  const { rows } = await connection.query(`select max(version) as version from ${schema}.layout`)
  if (rows[0]?.version == null) {
    await requireColumns(connection, schema)
    throw gone(schema, 'layout')
  }
  const found = Number(rows[0].version)
  if (found < 1)
    throw new CountersignError(
      'store.damaged',
      `${schema}.layout says version ${found}, and no layout of a trail has that (${RESTORE})`,
      { facts: { table: `${schema}.layout`, help: RESTORE } },
    )
  if (found <= LAYOUT) {
    await requireColumns(connection, schema)
    return found
  }
  throw new CountersignError(
    'store.newer',
    `the trail is laid out as version ${found}, and this version of @countersign/store-postgres knows ${LAYOUT}: update it`,
    { facts: { expected: LAYOUT, found } },
  )
}
