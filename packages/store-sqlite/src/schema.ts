import type { DatabaseSync } from 'node:sqlite'
import { CountersignError, EMPTY_ROOT } from '@countersign/trail'

/** By this number in the file's head whoever looks knows what it is: the letters `CSTR`. */
const APPLICATION_ID = 0x43535452
/** The statements that make the tables, a step for each version of the layout. Triggers keep every entry as it is. */
const STEPS: readonly string[] = [
  `
create table entries (
  seq integer primary key check (seq >= 0),
  stream text not null,
  stream_seq integer not null check (stream_seq >= 0),
  leaf_hash text not null,
  bytes blob not null,
  unique (stream, stream_seq)
) strict;
create table head (
  one integer primary key check (one = 1),
  size integer not null,
  leaf_hash text not null,
  peaks text not null
) strict;
create trigger entries_stay_as_they_are before update on entries
begin select raise(abort, 'a trail is only appended to'); end;
create trigger entries_stay before delete on entries
begin select raise(abort, 'a trail is only appended to'); end;
create trigger entries_go_on before insert on entries
when new.seq <> (select size from head) begin select raise(abort, 'a trail has no gaps'); end;
create trigger head_stays before delete on head
begin select raise(abort, 'a trail has one head'); end;
`,
  // Whoever may append may update the head as well, so it is held to what the entries say. It is updated once for all
  // entries that are appended together, so each entry has to go on from the last entry and not from the head.
  `
drop trigger entries_go_on;
create trigger entries_go_on before insert on entries
when new.seq is not (select coalesce(max(seq) + 1, 0) from entries)
begin select raise(abort, 'a trail has no gaps'); end;
create trigger head_follows before update on head
when new.size is not (select coalesce(max(seq) + 1, 0) from entries)
  or new.leaf_hash is not coalesce((select leaf_hash from entries order by seq desc limit 1), '${EMPTY_ROOT}')
begin select raise(abort, 'the head of a trail is what its entries say'); end;
`,
]
/** How the tables are laid out. A number more for each change. */
const SCHEMA_VERSION = STEPS.length

const wordOf = (database: DatabaseSync, pragma: string): number =>
  Number(Object.values(database.prepare(`pragma ${pragma}`).get() ?? {})[0])

/** What there is in the file besides SQLite's own tables and indexes: each thing with the words that made it. */
const laidOut = (database: DatabaseSync): string[] =>
  database
    .prepare(
      `select type || ' ' || name || ': ' || coalesce(sql, '') as told from sqlite_schema
       where type in ('trigger', 'view') or name not like 'sqlite\\_%' escape '\\'`,
    )
    .all()
    .map(row => String(row.told).replaceAll(/\s+/g, ' '))
    .toSorted()

/** Lays out the tables in a file that is new, or brings those of an earlier version up to date. */
export function layOut(database: DatabaseSync): void {
  const from = wordOf(database, 'user_version')
  if (from === SCHEMA_VERSION) return
  for (const step of STEPS.slice(from)) database.exec(step)
  if (from === 0) database.prepare("insert into head values (1, 0, ?, '[]')").run(EMPTY_ROOT)
  database.exec(`pragma application_id = ${APPLICATION_ID}; pragma user_version = ${SCHEMA_VERSION}`)
}

/** Whether nobody has laid out anything in the file. */
export const isNew = (database: DatabaseSync): boolean =>
  wordOf(database, 'application_id') === 0 && wordOf(database, 'user_version') === 0 && laidOut(database).length === 0

/**
 * Looks at a file that is not new: it must hold a trail, laid out as this version does it or an earlier one did, and nothing
 * besides that acts by itself. `other` is an empty database in memory. Gives the statements that make the triggers which are
 * gone: reading goes on without them, and whoever writes puts them back first. Throws `store.newer` and `store.damaged`.
 */
export function checkLayout(database: DatabaseSync, path: string, other: DatabaseSync): readonly string[] {
  if (wordOf(database, 'application_id') !== APPLICATION_ID) throw foreign(path, 'it is a database of something else')
  const version = wordOf(database, 'user_version')
  if (version > SCHEMA_VERSION) {
    throw new CountersignError(
      'store.newer',
      `${path} is laid out as version ${version}, and this version of @countersign/store-sqlite knows ${SCHEMA_VERSION}: update it`,
      { facts: { path, expected: SCHEMA_VERSION, found: version } },
    )
  }
  // SQLite keeps the statement that made a table in a spelling of its own. So the layout is compared with one that the
  // same steps have made.
  if (version < 1) throw foreign(path, `no layout of a trail has version ${version}`)
  for (const step of STEPS.slice(0, version)) other.exec(step)
  const expected = new Set(laidOut(other))
  const strange = laidOut(database).find(one => !expected.delete(one))
  if (strange !== undefined) throw foreign(path, `it holds something that no trail has: ${strange.slice(0, 80)}`)
  const gone = [...expected].map(one => one.slice(0, one.indexOf(':')))
  const table = gone.find(name => !name.startsWith('trigger '))
  if (table !== undefined) throw foreign(path, `it lacks ${table}`)
  return other
    .prepare("select 'trigger ' || name as name, sql from sqlite_schema where type = 'trigger'")
    .all()
    .filter(({ name }) => gone.includes(String(name)))
    .map(({ sql }) => String(sql))
}

const foreign = (path: string, because: string): CountersignError =>
  new CountersignError(
    'store.damaged',
    `${path} is no trail of this kind: ${because}. Nothing was changed; name another file, or, if it was one, restore it from a copy`,
    { facts: { path, because } },
  )
