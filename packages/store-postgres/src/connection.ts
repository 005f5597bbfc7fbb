import { CountersignError } from '@countersign/trail'
import { asked, keepReason } from './ended.ts'

/** What a statement gives. */
export interface Result {
  readonly rows: readonly Record<string, unknown>[]
}

/** What is used of a connection; `pg`'s `Client` and `PoolClient` fit. */
export interface Connection {
  query(text: string, values?: unknown[]): Promise<Result>
}

/** Sends several statements at once, which saves the way there and back for each, and gives the result of each. */
export async function queryAll(connection: Connection, statements: readonly string[]): Promise<readonly Result[]> {
  const results: unknown = await connection.query(statements.join(';\n'))
  return Array.isArray(results) ? results : [results as Result]
}

/**
 * The hexadecimal digits of a text or of bytes. Statements that are sent together take no parameters, so what a caller has
 * given stands in them as digits, in which nothing has to be escaped.
 */
export const hexOf = (given: string | Uint8Array): string =>
  (typeof given === 'string'
    ? Buffer.from(given, 'utf8')
    : Buffer.from(given.buffer, given.byteOffset, given.length)
  ).toString('hex')

/** A text within SQL. */
export const textLiteral = (text: string): string =>
  `pg_catalog.convert_from(pg_catalog.decode('${hexOf(text)}', 'hex'), 'UTF8')`

/** A connection that a pool has lent. With an error, or `true`, it is not lent again. */
export interface Lent extends Connection {
  release(broken?: Error | boolean): void
  on(event: 'error' | 'notice' | 'notification' | 'end', listener: () => void): unknown
  removeListener(event: 'error' | 'notice' | 'notification' | 'end', listener: () => void): unknown
}

/** What the server says beside its answers. */
interface Notice {
  readonly code?: string | undefined
  readonly message?: string | undefined
}

/** What is used of the host's pool; `pg`'s `Pool` fits. */
export interface Pool {
  connect(): Promise<Lent>
}

/**
 * Waits for an answer or a connection, but no longer than twice the patience. A server that is there has said by then
 * that it takes too long.
 */
export async function answered<T>(asked: Promise<T>, patience: number, what: 'answer' | 'connection'): Promise<T> {
  const longest = Math.min(2 * patience, LONGEST)
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Silence(`there was no ${what} for ${longest} ms`)), longest)
  })
  try {
    return await Promise.race([asked, silence])
  } finally {
    clearTimeout(timer)
  }
}

/** The longest time that a timer takes, in milliseconds. */
const LONGEST = 2 ** 31 - 1

/** Nothing came in time, from the server or from the pool. */
class Silence extends Error {
  readonly code = 'ETIMEDOUT'
}

/** Takes a connection from a pool. One that comes too late is given back. Throws `input` where `pool` is no pool. */
export async function connected(pool: Pool, patience: number): Promise<Lent> {
  if (typeof (pool as Pool | undefined)?.connect !== 'function' || isSingle(pool)) throw noPool()
  const asked = pool.connect()
  try {
    const lent: Lent | undefined = await answered(asked, patience, 'connection')
    if (typeof lent?.release !== 'function') throw noPool()
    return lent
  } catch (cause) {
    if (cause instanceof Silence) void asked.then(late => late.release()).catch(() => {})
    throw cause
  }
}

/**
 * Whether this is a single connection and no pool. It has a `connect` as well, but would then keep the process from
 * ending.
 */
const isSingle = (pool: Pool): boolean => 'getTypeParser' in pool

const noPool = (): CountersignError =>
  new CountersignError('input', 'a trail is opened on a pool of connections, `new pg.Pool(…)`, and this is none')

/** What is compared is compared by the server's own operators, whatever path the database or the user has. */
export const OWN_OPERATORS = 'set local search_path = pg_catalog'

/**
 * How a transaction begins that waits for others so many milliseconds at most. Nothing is set that outlives it, so that it
 * works through a proxy that gives every transaction another connection.
 */
export function beginning(mode: 'read write' | 'read only', patience: number): readonly string[] {
  // The time of a statement begins before that of a lock: so it has half as much again, also on a busy machine, for what is
  // told to be that others hold the lock. It still ends before the store gives up.
  const whole = Math.min(Math.ceil(1.5 * patience), LONGEST)
  return [
    `begin isolation level read committed ${mode}`,
    `set local statement_timeout = ${whole}`,
    `set local lock_timeout = ${patience}`,
    // What appends says so for itself.
    ...(mode === 'read only' ? [OWN_OPERATORS] : []),
    // A process that stops in the middle would hold the end of the trail for as long as its connection stands.
    `set local idle_in_transaction_session_timeout = ${patience}`,
  ]
}

/** What the server says to a `begin` within a transaction, which goes on then. */
const WITHIN = '25001'

/**
 * Lends a connection to work that begins and ends a transaction. Where the work fails, the transaction is rolled back.
 * The work fails as well where somebody gave the connection back to the pool within a transaction: it would else be
 * committed together with the work.
 */
export async function lend<T>(pool: Pool, patience: number, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await connected(pool, patience)
  // An error while nobody asks anything would end the process; the next question fails all the same, and is told why.
  const ended = (...[error]: readonly Error[]): void => keepReason(connection, error)
  connection.on('error', ended)
  let leftOpen: Error | undefined
  const heed = (...[notice]: readonly Notice[]): void => {
    if (notice?.code === WITHIN) leftOpen = Object.assign(new Error(notice.message), { code: WITHIN })
  }
  connection.on('notice', heed)
  let broken: Error | undefined
  const ask: Connection['query'] = (text, values) =>
    asked(connection, () => answered(connection.query(text, values), patience, 'answer'))
  const patient: Connection = {
    query: async (text, values) => {
      const result = await ask(text, values)
      if (leftOpen !== undefined) throw leftOpen
      return result
    },
  }
  try {
    return await work(patient)
  } catch (cause) {
    try {
      if (cause instanceof Silence) throw cause
      await ask('rollback')
    } catch (error) {
      broken = error as Error
    }
    throw cause
  } finally {
    connection.removeListener('error', ended)
    connection.removeListener('notice', heed)
    connection.release(broken)
  }
}

/** Lends a connection to some work in a transaction of its own. */
export function inTransaction<T>(
  pool: Pool,
  mode: 'read write' | 'read only',
  patience: number,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  return lend(pool, patience, async connection => {
    await queryAll(connection, beginning(mode, patience))
    const result = await work(connection)
    await connection.query('commit')
    return result
  })
}
