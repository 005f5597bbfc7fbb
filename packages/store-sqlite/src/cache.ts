import { closeSync, existsSync, openSync, readSync, rmSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { CountersignError } from '@countersign/trail'
import type { Cache } from '@countersign/trail/store'
import { fault, isBusy } from './fault.ts'
import { checkPath } from './path.ts'
import { keepLog } from './write-ahead-log.ts'

/** By this number in the file's head whoever looks knows what it is: the letters `CSTC`. */
const APPLICATION_ID = 0x43535443
/** Where in the file's head that is. */
const APPLICATION_ID_AT = 68

const TABLE = 'create table kept (key text primary key, bytes blob not null) strict, without rowid'

/**
 * Opens the cache of a desk in a SQLite file of its own, and makes it where there is none. It goes with any store.
 *
 * - **One desk**: another process that opens the same file is refused. Give each a file of its own, on a disk of the machine.
 * - **No evidence**: it can be deleted whenever no desk has it open. A file that was a cache and is damaged is made anew; one
 *   that never was is left alone. After a power cut the last batches may be missing.
 * - **As private as the trail, and as well guarded**: it holds what the trail says, and whoever can write it can make the
 *   desk decide wrongly.
 *
 * Throws `store.locked` where it is open elsewhere, `input` where the path is none or the file is no cache, and
 * `store.unwritable` where the system refuses.
 *
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { openSqliteCache } from '@countersign/store-sqlite'
 *
 * const folder = await mkdtemp(join(tmpdir(), 'countersign-'))
 * const cache = await openSqliteCache(join(folder, 'desk.cache'))
 * cache.write(new Map([['a', Uint8Array.of(1)]]))
 * cache.read('a') // → Uint8Array.of(1)
 * await openSqliteCache(join(folder, 'desk.cache')) // throws open elsewhere
 * cache.close()
 * await rm(folder, { recursive: true })
 * ```
 */
export async function openSqliteCache(path: string): Promise<Cache> {
  checkPath(path, 'cache')
  // Loaded only here: on Node 22 it prints that it is experimental.
  const { DatabaseSync: Database } = await import('node:sqlite')
  const open = (): DatabaseSync => {
    if (!isOurs(path))
      throw new CountersignError(
        'input',
        `${path} is no cache of a desk, and may be somebody's; nothing was changed. If it was one, delete it: a cache is made anew`,
        { facts: { path } },
      )
    let database: DatabaseSync | undefined
    try {
      database = new Database(path, { timeout: 0 })
      // In this mode nobody else gets in from the first transaction to the close.
      database.exec('pragma trusted_schema = off; pragma locking_mode = exclusive; begin immediate')
      if (isNew(database)) database.exec(`${TABLE}; pragma application_id = ${APPLICATION_ID}`)
      else if (!isLaidOut(database))
        throw new CountersignError('store.damaged', `${path} is no cache any more: delete it`)
      database.exec('commit')
      // Only now: that it is a cache has to stand in the file itself, and not in a log beside it. What a power cut
      // takes away from here on is worked out again.
      keepLog(database, path)
      database.exec('pragma synchronous = normal')
      return database
    } catch (cause) {
      if (database?.isOpen) database.close()
      if (isBusy(cause))
        throw new CountersignError('store.locked', `${path} is open elsewhere: give each desk a cache of its own`, {
          facts: { path },
          cause,
        })
      throw fault(path, 'open', cause)
    }
  }
  const anew = (): DatabaseSync => {
    try {
      for (const one of [path, `${path}-wal`, `${path}-journal`, `${path}-shm`]) rmSync(one, { force: true })
    } catch (cause) {
      throw fault(path, 'make anew', cause)
    }
    return open()
  }
  try {
    return new OpenCache(open(), path, anew)
  } catch (error) {
    if (!(error instanceof CountersignError) || error.code !== 'store.damaged') throw error
    return new OpenCache(anew(), path, anew)
  }
}

/** Whether a file is empty or its head says that it is a cache. Then it may be thrown away. */
function isOurs(path: string): boolean {
  if (!existsSync(path)) return true
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const head = Buffer.alloc(APPLICATION_ID_AT + 4)
    const count = readSync(file, head, 0, head.length, 0)
    return count === 0 || (count === head.length && head.readUInt32BE(APPLICATION_ID_AT) === APPLICATION_ID)
  } catch (cause) {
    throw new CountersignError('store.unwritable', `cannot open ${path}: ${(cause as Error).message}`, {
      facts: { path },
      cause,
    })
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

const laidOut = (database: DatabaseSync): string[] =>
  database
    .prepare('select sql from sqlite_schema')
    .all()
    .map(({ sql }) => String(sql).toLowerCase())

const isNew = (database: DatabaseSync): boolean => laidOut(database).length === 0

/** Whether it has the one table and nothing else, such as a trigger, which could act by itself. */
function isLaidOut(database: DatabaseSync): boolean {
  const [table, ...more] = laidOut(database)
  return table === TABLE && more.length === 0
}

/** What is asked of a database. */
const questionsOf = (database: DatabaseSync) => ({
  one: database.prepare('select bytes from kept where key = ?'),
  from: database.prepare('select key, bytes from kept where key >= ? order by key'),
  // Node 22 gives no bytes at all for an array without any.
  put: database.prepare(
    "insert into kept values (?, ifnull(?, x'')) on conflict (key) do update set bytes = excluded.bytes",
  ),
})

class OpenCache implements Cache {
  readonly #path: string
  readonly #anew: () => DatabaseSync
  #database: DatabaseSync
  #ask: ReturnType<typeof questionsOf>
  /** Why the file could not be made anew. Since then there is no cache. */
  #lost: unknown

  constructor(database: DatabaseSync, path: string, anew: () => DatabaseSync) {
    this.#path = path
    this.#anew = anew
    this.#database = database
    this.#ask = questionsOf(database)
  }

  read(key: string): Uint8Array | undefined {
    return this.#doing('read', () => this.#ask.one.get(key)?.bytes as Uint8Array | undefined)
  }

  all(prefix: string): (readonly [string, Uint8Array])[] {
    return this.#doing('read', () => {
      const found: [string, Uint8Array][] = []
      for (const row of this.#ask.from.iterate(prefix)) {
        const key = String(row.key)
        // All that begin with the prefix stand together.
        if (!key.startsWith(prefix)) break
        found.push([key, row.bytes as Uint8Array])
      }
      return found
    })
  }

  write(batch: ReadonlyMap<string, Uint8Array>): void {
    this.#doing('write', () => {
      this.#database.exec('begin immediate')
      try {
        for (const [key, bytes] of batch) this.#ask.put.run(key, bytes)
        this.#database.exec('commit')
      } catch (cause) {
        if (this.#database.isTransaction) this.#database.exec('rollback')
        throw cause
      }
    })
  }

  clear(): void {
    this.#checkOpen()
    this.#database.close()
    try {
      this.#database = this.#anew()
      this.#ask = questionsOf(this.#database)
    } catch (error) {
      this.#lost = error
      throw error
    }
  }

  close(): void {
    this.#lost = undefined
    if (this.#database.isOpen) this.#database.close()
  }

  #doing<Result>(what: string, work: () => Result): Result {
    this.#checkOpen()
    try {
      return work()
    } catch (cause) {
      throw fault(this.#path, what, cause)
    }
  }

  #checkOpen(): void {
    if (this.#lost !== undefined) throw this.#lost
    if (!this.#database.isOpen) throw new CountersignError('store.closed', `${this.#path} was closed`)
  }
}
