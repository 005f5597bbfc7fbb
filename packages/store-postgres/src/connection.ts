/** What is used of a connection; `pg`'s `Client` and `PoolClient` fit. */
export interface Connection {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly Record<string, unknown>[] }>
}

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
 * Lends a connection to some work in a transaction of its own. Nothing is set that outlives the transaction, so that it
 * works through a proxy that gives every transaction another connection.
 */
export async function inTransaction<T>(
  pool: Pool,
  begin: string,
  patience: number,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await pool.connect()
  // An error while nobody asks anything would end the process; the next question fails all the same.
  const ignore = (): void => {}
  connection.on('error', ignore)
  let broken: Error | undefined
  try {
    await connection.query(begin)
    // A lock is given up a little sooner than the statement, so that what is told is that others hold it.
    const waiting = Math.ceil(patience * 0.9)
    await connection.query(`set local statement_timeout = ${patience}; set local lock_timeout = ${waiting}`)
    const result = await work(connection)
    await connection.query('commit')
    return result
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
