import { CountersignError } from '@countersign/trail'
import { Turns } from '@countersign/trail/store'
import { appendAll, type Outcome, type Wanted } from './append.ts'
import { type Connection, queryAll } from './connection.ts'

/** Calls on connections that are not the store's own. */
const turns = new Turns<Connection>()

/**
 * Does something on a connection when what was begun on it before is done: between two statements another's would come.
 * Throws `input` where it is none.
 */
export async function inTurn<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  if (typeof (connection as Connection | undefined)?.query !== 'function')
    throw new CountersignError('input', 'a trail is joined on a connection, and this is none')
  return turns.take(connection, work)
}

/** Asks of a transaction of somebody else's what a trail that is read within it needs. Throws `input`, as `join` says. */
export async function requireJoinable(connection: Connection): Promise<void> {
  const level = await begunAt(connection)
  await connection.query('release savepoint countersign_joins')
  requireLevel(level)
}

/** At what level a transaction was begun, with a savepoint in it; outside of one nothing would be locked, and the server refuses. */
async function begunAt(connection: Connection): Promise<string> {
  const [shown] = await queryAll(connection, ['show transaction_isolation', 'savepoint countersign_joins'])
  return String(shown?.rows[0]?.transaction_isolation)
}

/** At another level the entries that were committed since it began could not be seen. */
function requireLevel(level: string): void {
  if (level === 'read committed') return
  throw new CountersignError('input', `a trail is joined by a transaction that is read committed, not ${level}`)
}

/**
 * Appends within a transaction that somebody else begins and ends. What fails is undone up to here, so that the transaction
 * can go on. What is refused leaves the lock with the transaction: whoever decides anew in it loses no race any more.
 */
export async function appendWithin(
  connection: Connection,
  schema: string,
  wanted: Wanted,
  channel: string | undefined,
): Promise<Outcome | undefined> {
  const level = await begunAt(connection)
  try {
    requireLevel(level)
    const frame = { begin: [], commit: ['release savepoint countersign_joins'] }
    const [outcome] = await appendAll(connection, schema, [wanted], channel, frame)
    return outcome
  } catch (cause) {
    await queryAll(connection, [
      'rollback to savepoint countersign_joins',
      'release savepoint countersign_joins',
    ]).catch(
      // What has broken the connection is told, and not that nothing more can be asked on it.
      () => undefined,
    )
    throw cause
  }
}
