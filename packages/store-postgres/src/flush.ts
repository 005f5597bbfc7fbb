import { type Connection, queryAll } from './connection.ts'

/**
 * For what its commit waits. An append keeps the setting of the connection, which waits for more or on purpose for this machine
 * alone, but for `off`. A reader waits for this machine: what replicas have to have is seen by nobody before they have it.
 */
const WAITING = {
  append: `select pg_catalog.set_config('synchronous_commit', 'on', true) where pg_catalog.current_setting('synchronous_commit') = 'off'`,
  read: 'set local synchronous_commit = local',
}

/**
 * Waits until all that was committed before is flushed, whoever has committed it: an append lets the end of the trail go
 * before its flush (`sealing`), so that one flush serves all processes that append meanwhile. What is flushed comes in the
 * order in which it was committed. So a record is written that says nothing, and its commit is waited for.
 */
export async function flush(connection: Connection, waiting: keyof typeof WAITING): Promise<void> {
  await queryAll(connection, [
    'begin read only',
    WAITING[waiting],
    `select pg_catalog.pg_logical_emit_message(true, 'countersign', '')`,
    'commit',
  ])
}

/**
 * Whether something may not be flushed that a statement sees: 1 or 0. A replica has only what was flushed. Where something
 * was not, a reader has to wait: what was read could else be lost by the server, and be another entry afterwards.
 */
export const UNFLUSHED =
  'case when pg_catalog.pg_is_in_recovery() then 0 when pg_catalog.pg_current_wal_insert_lsn() > pg_catalog.pg_current_wal_flush_lsn() then 1 else 0 end as unflushed'
