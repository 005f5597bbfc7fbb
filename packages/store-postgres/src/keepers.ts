import { CountersignError, EMPTY_ROOT } from '@countersign/trail'
import type { Connection } from './connection.ts'
import { type Routine, routineSql } from './routine.ts'
import { sealedBefore, sealing } from './sealing.ts'

/** A trigger, and the function that it calls before something is done to a table. */
interface Trigger {
  readonly name: string
  readonly table: 'entry' | 'head'
  /** Before what. */
  readonly before: string
  readonly forEach: 'row' | 'statement'
  readonly calls: string
  /** The same, as PostgreSQL keeps it: the sum of 1 for each row, 2 before, 8 delete, 16 update, 32 truncate. */
  readonly type: number
}

/**
 * The functions. The database itself refuses to change any entry and to take any out, whoever asks; only its owner could take
 * that away. Whoever may append may update the head as well, so it is held to what the entries say.
 */
const routines = (schema: string): readonly Routine[] => [
  {
    name: 'only_appended_to',
    takes: '',
    gives: 'trigger',
    body: `
begin raise exception 'a trail is only appended to' using errcode = 'restrict_violation'; end `,
  },
  {
    name: 'as_entries_say',
    takes: '',
    gives: 'trigger',
    body: `
begin
  if new.size is distinct from coalesce((select max(seq) + 1 from ${schema}.entry), 0)
    or new.leaf_hash is distinct from
      coalesce((select leaf_hash from ${schema}.entry order by seq desc limit 1), '${EMPTY_ROOT}')
  then raise exception 'the head of a trail is what its entries say' using errcode = 'restrict_violation'; end if;
  return new;
end `,
  },
  sealing(schema),
  sealedBefore(schema),
]

const triggers: readonly Trigger[] = [
  {
    name: 'stays',
    table: 'entry',
    before: 'update or delete or truncate',
    forEach: 'statement',
    calls: 'only_appended_to',
    type: 58,
  },
  {
    name: 'stays',
    table: 'head',
    before: 'delete or truncate',
    forEach: 'statement',
    calls: 'only_appended_to',
    type: 42,
  },
  { name: 'follows', table: 'head', before: 'update', forEach: 'row', calls: 'as_entries_say', type: 19 },
]

/** What makes the functions and triggers, of whichever version they were, and whoever has replaced them. As SQL. */
export const keepers = (schema: string): string =>
  [
    ...routines(schema).map(one => routineSql(schema, one)),
    ...triggers.flatMap(({ name, table, before, forEach, calls }) => [
      `drop trigger if exists ${name} on ${schema}.${table}`,
      `create trigger ${name} before ${before} on ${schema}.${table} for each ${forEach} execute function ${schema}.${calls}()`,
    ]),
  ].join(';\n')

/** Whether all of these are there as they were made, and the triggers are on. */
export async function isKept(connection: Connection, schema: string): Promise<boolean> {
  const named = schema.slice(1, -1)
  const functions = await connection.query(
    `select p.proname::text as name, p.prosrc as body from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = '${named}' and p.proconfig = '{search_path=pg_catalog}' and not p.prosecdef`,
  )
  const hung = await connection.query(
    `select t.tgname::text as name, c.relname::text as table, p.proname::text as calls, t.tgtype as type
      from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
        join pg_proc p on p.oid = t.tgfoid and p.pronamespace = n.oid
      where n.nspname = '${named}' and t.tgenabled in ('O', 'A') and t.tgqual is null`,
  )
  return (
    routines(schema).every(({ name, body }) => functions.rows.some(row => row.name === name && row.body === body)) &&
    triggers.every(one =>
      hung.rows.some(
        ({ name, table, calls, type }) =>
          name === one.name && table === one.table && calls === one.calls && Number(type) === one.type,
      ),
    )
  )
}

/**
 * Throws `store.damaged` where a function of the trail speaks of another schema than its own, which was renamed: where another
 * trail has taken the name, an append would go into that one.
 */
export async function requireOwnSchema(connection: Connection, schema: string): Promise<void> {
  const { rows } = await connection.query(
    `select p.proname::pg_catalog.text as named from pg_catalog.pg_proc p
      join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) p.pronamespace
      where n.nspname operator(pg_catalog.=) '${schema.slice(1, -1)}'
        and p.proname operator(pg_catalog.~) '^append(_sealed)?$'
        and pg_catalog.position(p.prosrc, '${schema}.entry') operator(pg_catalog.=) 0`,
  )
  const [found] = rows.flatMap(({ named }) => (typeof named === 'string' ? [named] : []))
  if (found === undefined) return
  const what = `the function ${schema}.${found} speaks of another schema, as after a renaming`
  const help = 'its owner runs `migrate`, which makes it again; nothing was appended'
  throw new CountersignError('store.damaged', `${what} (${help})`, { facts: { what, help, remedy: 'migrate' } })
}
