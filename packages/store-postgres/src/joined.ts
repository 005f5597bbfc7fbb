import { CountersignError } from '@countersign/trail'
import { Turns } from '@countersign/trail/store'
import { appendAll, type Outcome, type Wanted } from './append.ts'
import { type Connection, queryAll } from './connection.ts'
import { asked } from './ended.ts'

/** Calls on connections that are not the store's own. */
const turns = new Turns<Connection>()

/** Throws `input` where this is no connection. */
export function requireConnection(given: Connection): void {
  const isObject = typeof given === 'object' && (given as object | null) !== null
  if (isObject && typeof given.query === 'function') return
  throw new CountersignError(
    'input',
    'a trail is joined on a connection, and this is none: give `join` the one on which the transaction has begun',
    { facts: { found: isObject ? 'an object without `query`' : String(given === null ? null : typeof given) } },
  )
}

/**
 * Does work on a connection when all work that was begun on it before is done: else the statements of the two would
 * mix.
 */
export const inTurn = <T>(connection: Connection, work: () => Promise<T>): Promise<T> =>
  turns.take(connection, () => asked(connection, work))

/** Checks that the trail can be read within a transaction of somebody else's. Throws `input`, as `join` says. */
export async function requireJoinable(connection: Connection): Promise<void> {
  const level = await begunAt(connection)
  await connection.query('release savepoint countersign_joins')
  requireLevel(level)
}

/**
 * The isolation level of the transaction, in which a savepoint is set. Outside of a transaction nothing would be
 * locked, and the server refuses the savepoint.
 */
async function begunAt(connection: Connection): Promise<string> {
  const [shown] = await queryAll(connection, ['show transaction_isolation', 'savepoint countersign_joins'])
  return String(shown?.rows[0]?.transaction_isolation)
}

const READ_COMMITTED = 'read committed'

/** Throws at another level, at which entries that were committed since the transaction began cannot be seen. */
function requireLevel(level: string): void {
  if (level === READ_COMMITTED) return
  const help = 'begin it with `begin isolation level read committed`'
  throw new CountersignError(
    'input',
    `a trail is joined by a transaction that is read committed, not ${level}: ${help}`,
  )
}

/**
 * Appends within a transaction that somebody else begins and ends. An append that fails is undone, so that the
 * transaction can go on. One that is refused leaves the lock with the transaction: a caller who decides anew within it
 * is overtaken by nobody.
 */
export async function appendWithin(
  connection: Connection,
  schema: string,
  wanted: Wanted,
  channel: string | undefined,
): Promise<Outcome | undefined> {
  const level = await begunAt(connection)
  if (level !== READ_COMMITTED) await connection.query('release savepoint countersign_joins')
  requireLevel(level)
  try {
    const frame = { begin: [], commit: ['release savepoint countersign_joins'], letsGo: false }
    const { outcomes } = await appendAll(connection, schema, [wanted], channel, frame)
    return outcomes[0]
  } catch (cause) {
    // The store itself complains only of what an append has said that went through, after which there is no savepoint any more: to
    // go back to it ends the transaction. Of a damaged head nothing was written, so it goes on. Of a function that somebody has
    // replaced nobody knows what was.
    if (cause instanceof CountersignError && cause.facts.function === undefined) throw cause
    await queryAll(connection, [
      'rollback to savepoint countersign_joins',
      'release savepoint countersign_joins',
    ]).catch(
      // The first error is told. That nothing more can be asked on a broken connection follows from it.
      () => undefined,
    )
    throw cause
  }
}
