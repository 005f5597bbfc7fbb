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

/** Text within statements that take no values apart: as its bytes, in which nothing has to be escaped. */
export const textLiteral = (text: string): string =>
  `convert_from(decode('${Buffer.from(text, 'utf8').toString('hex')}', 'hex'), 'UTF8')`

/** A connection that a pool has lent. With an error, or `true`, it is not lent again. */
export interface Lent extends Connection {
  release(broken?: Error | boolean): void
  on(event: 'error' | 'notification' | 'end', listener: () => void): unknown
  removeListener(event: 'error' | 'notification' | 'end', listener: () => void): unknown
}

/** What is used of the host's pool; `pg`'s `Pool` fits. */
export interface Pool {
  connect(): Promise<Lent>
}

/**
 * How a transaction begins that waits so many milliseconds at most. Nothing is set that outlives it, so that it works
 * through a proxy that gives every transaction another connection.
 */
export function beginning(mode: 'read write' | 'read only', patience: number): readonly string[] {
  // A lock is given up a little sooner than the statement, so that what is told is that others hold it.
  const waiting = Math.ceil(patience * 0.9)
  return [
    `begin isolation level read committed ${mode}`,
    `set local statement_timeout = ${patience}`,
    `set local lock_timeout = ${waiting}`,
  ]
}

/** Lends a connection to some work, which begins and ends a transaction; where it fails, that is rolled back. */
export async function lend<T>(pool: Pool, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await pool.connect()
  // An error while nobody asks anything would end the process; the next question fails all the same.
  const ignore = (): void => {}
  connection.on('error', ignore)
  let broken: Error | undefined
  try {
    return await work(connection)
  } catch (cause) {
    try {
      await connection.query('rollback')
    } catch (error) {
      broken = error as Error
    }
    throw cause
  } finally {
    connection.removeListener('error', ignore)
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
  return lend(pool, async connection => {
    await queryAll(connection, beginning(mode, patience))
    const result = await work(connection)
    await connection.query('commit')
    return result
  })
}
