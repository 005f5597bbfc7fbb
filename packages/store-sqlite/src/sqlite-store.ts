import { existsSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { CountersignError } from '@countersign/trail'
import {
  BatchQueue,
  type Draft,
  ENTRY_BYTES,
  type Expected,
  type Head,
  ownCopy,
  ownRange,
  PAGE,
  pagesOf,
  type Range,
  requireAppend,
  requireOptions,
  requireRange,
  type Sealed,
  type Store,
  sealAll,
  type Table,
  type Waiting,
} from '@countersign/trail/store'
import { fault, isBusy, reached } from './fault.ts'
import { headQuestion, headRowOf, mendHead, RESTORE, sizeToRead, soundTreeOf, treeOf } from './head.ts'
import { requirePath } from './path.ts'
import { patiently } from './patience.ts'
import { checkLayout, isNew, layOut } from './schema.ts'
import { closeBefore, newWatch, openWatch, outlast } from './watch.ts'
import { hasLog, keepLog, requireLog, requireLogged, requireOwnLog } from './write-ahead-log.ts'

/** A trail in a SQLite file: the port, and where the file is. */
export interface SqliteStore extends Store {
  /** The file, as an absolute path with all symbolic links followed. */
  readonly path: string
}

export interface SqliteStoreOptions {
  /**
   * Only reads, and makes no file: a trail that is not there is refused. One that nobody writes may lie where nothing
   * can be written. `append` throws `store.unwritable`.
   */
  readonly readOnly?: boolean
  /**
   * How long an append, a reading and the opening itself each wait for other processes that hold the file, in milliseconds:
   * 10,000 unless told otherwise, and 0 for not at all. This process goes on with everything else meanwhile.
   */
  readonly patience?: number
}

const PATIENCE = 10_000
/** The longest step in which the clock of any file system goes, in milliseconds. */
const TICK = 100
/** How many drafts one transaction holds at most: more would keep other processes out for too long. */
const MOST_DRAFTS = 1_024

/**
 * Opens the trail in a SQLite file, and makes it where there is none.
 *
 * - **Durable**: write-ahead log, `synchronous = full`; `append` resolves after the flush. Appends that arrive in one turn
 *   go out in one transaction, each all or nothing.
 * - **Several processes** on one machine may write; each append compares and seals under the file's lock. Not for network
 *   file systems, on which SQLite's locks do not hold, and not for a file of several names (hard links): SQLite keeps what is
 *   appended beside the name by which the file was opened.
 * - **Append only**: the tables refuse updates, deletions, gaps and a head that is not what the entries say. Who can write
 *   the file can still replace it: a checkpoint that is kept elsewhere shows that.
 * - **Sound at its end**: an append compares the head with the last entry. Opening for writing brings the tables of an earlier
 *   version up to date, puts back triggers that are gone, and works out the head again from the entries where it does not fit them and still knows them.
 *
 * Throws `store.unwritable` where the system refuses, the disk is full, the file has several names or its log was taken away while
 * it was open, `store.unavailable` where other processes hold
 * the file for longer than its patience, `store.damaged` where the file is no trail or its log is that of another one, `store.newer` where a newer version laid it
 * out, and `input` where the path is none for a trail, there is none to read, or an option is none or of another kind.
 *
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { openSqliteStore } from '@countersign/store-sqlite'
 *
 * const folder = await mkdtemp(join(tmpdir(), 'countersign-'))
 * const store = await openSqliteStore(join(folder, 'trail.db'))
 * const draft = { v: 1, id: 'a', at: '2026-11-21T09:30:00.000Z', stream: 'trail', streamSeq: 0 } as const
 * const [sealed] = await store.append([draft], { trail: 0 })
 * sealed?.seq // → 0
 * (await store.head()).size // → 1
 * await store.close()
 * await rm(folder, { recursive: true })
 * ```
 */
export async function openSqliteStore(path: string, options: SqliteStoreOptions = {}): Promise<SqliteStore> {
  requireOptions('openSqliteStore', options, ['readOnly', 'patience'])
  const { readOnly = false, patience = PATIENCE } = options
  if (typeof readOnly !== 'boolean')
    throw new CountersignError(
      'input',
      `openSqliteStore: the option readOnly is a boolean, and not a ${typeof readOnly}`,
      { facts: { where: 'openSqliteStore', option: 'readOnly' } },
    )
  requirePath(path, readOnly)
  if (!Number.isSafeInteger(patience) || patience < 0)
    throw new CountersignError('input', '`patience` is a number of milliseconds', { facts: { found: patience } })
  // Loaded only here: on Node 22 it prints that it is experimental.
  const { DatabaseSync } = await import('node:sqlite')
  // SQLite puts its side files beside the file itself, wherever a link to it lies.
  const real = reached(path, () => (existsSync(path) ? realpathSync(path) : path))
  // While SQLite itself waits, this process can do nothing else. So it never waits (`timeout: 0`): `patiently` tries
  // again.
  const openFile = (): DatabaseSync => {
    let database: DatabaseSync | undefined
    const hadLog = !readOnly && reached(path, () => hasLog(real))
    try {
      requireLog(real)
      if (hadLog) requireLogged(real)
      const isStill = readOnly && existsSync(real) && !isWritten(real)
      database = new DatabaseSync(isStill ? asItLies(real) : path, { readOnly, timeout: 0 })
      // The file may come from anywhere: what its schema brings along must not act.
      database.exec('pragma trusted_schema = off')
      if (!readOnly) database.exec('pragma synchronous = full')
      // All that is looked at is of one moment, even where another process lays out the file meanwhile.
      database.exec(readOnly ? 'begin' : 'begin immediate')
      if (isNew(database)) {
        if (readOnly)
          throw new CountersignError('input', `${path} is empty; open it without readOnly to begin a trail`, {
            facts: { path, what: `${path} is empty`, remedy: 'begin' },
          })
      } else {
        const other = new DatabaseSync(':memory:')
        try {
          const gone = checkLayout(database, path, other)
          if (!readOnly) for (const trigger of gone) database.exec(trigger)
        } finally {
          other.close()
        }
      }
      // Before the head is worked out again: the log may have brought one that is of another file.
      if (hadLog) requireOwnLog(database, path, () => new DatabaseSync(asItLies(real), { readOnly: true, timeout: 0 }))
      if (!readOnly) {
        layOut(database)
        mendHead(database, path)
      }
      database.exec('commit')
      // Only now that it is known to be a trail: this setting stays in the file for good.
      if (!readOnly) keepLog(database, path)
      return database
    } catch (cause) {
      if (database?.isOpen) {
        // The last to close the file would have SQLite put the log into it, be it the right one or not.
        if (hadLog && !isBusy(cause)) closeBefore(newWatch(DatabaseSync, real), database)
        else database.close()
      }
      throw cause
    }
  }
  // The state is read before the file is opened, so that a write right after the opening is noticed.
  const reading = readOnly ? { openFile, state: reached(path, () => stateOf(real)) } : undefined
  let database: DatabaseSync | undefined
  const watch = readOnly ? undefined : newWatch(DatabaseSync, real)
  try {
    database = await patiently(patience, openFile)
    const opened = realpathSync(path)
    const asLeft = () => new DatabaseSync(asItLies(opened), { readOnly: true, timeout: 0 })
    if (watch !== undefined) await patiently(patience, () => openWatch(watch))
    const trail = new OpenTrail(database, opened, patience, reading ?? { watch, asLeft })
    if (watch !== undefined) outlast(watch)
    return trail
  } catch (cause) {
    if (watch?.isOpen) watch.close()
    if (database?.isOpen) database.close()
    throw fault(path, 'open', cause)
  }
}

/** Whether somebody writes the file, or was killed while they did: then a part of the trail lies in a file beside it. */
const isWritten = (path: string): boolean => existsSync(`${path}-wal`) || existsSync(`${path}-journal`)

/** An address by which SQLite reads a file that nobody writes, without the two files that it would else make beside it. */
function asItLies(path: string): URL {
  const url = pathToFileURL(path)
  url.search = '?immutable=1'
  return url
}

/** What changes when somebody writes the file, as a text to be compared. */
function stateOf(path: string): string {
  const { ino, size, mtimeNs } = statSync(path, { bigint: true, throwIfNoEntry: false }) ?? {}
  return `${ino} ${size} ${mtimeNs} ${isWritten(path)}`
}

/** Which file lies at a path: nothing where none does. */
function fileAt(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? undefined : `${found.dev} ${found.ino}`
}

/** What one call of `append` asks for. */
interface Wanted {
  readonly drafts: readonly Draft[]
  readonly expected: Expected
}

type Row = Record<string, unknown>

/** What is asked of a database. */
function questionsOf(database: DatabaseSync) {
  return {
    head: headQuestion(database),
    version: database.prepare('select max(stream_seq) + 1 as version from entries where stream = ?'),
    bySeq: database.prepare(
      `select seq, leaf_hash, ${ENTRY_BYTES} from entries where seq >= ? and seq < ? order by seq limit ${PAGE}`,
    ),
    byStream: database.prepare(
      `select seq, leaf_hash, ${ENTRY_BYTES}, stream_seq from entries
       where stream = ? and stream_seq >= ? and seq >= 0 and seq < ? order by stream_seq limit ${PAGE}`,
    ),
  }
}

/** For a store that only reads: how to open the file anew, and the state in which the file was when it was opened. */
interface Reading {
  readonly openFile: () => DatabaseSync
  readonly state: string
}

/** For a store that writes: the connection that keeps a log which is over from being put into the file. */
interface Writing {
  readonly watch: DatabaseSync | undefined
  /** Opens the file without what is kept beside it. */
  readonly asLeft: () => DatabaseSync
}

class OpenTrail implements SqliteStore {
  readonly path: string
  readonly #file: string | undefined
  /** The state that the folder had when all files were last seen in their places. */
  #looked: string | undefined
  /** Which files SQLite keeps beside the trail: the log (`-wal`) and what processes share (`-shm`). */
  #beside = ''
  readonly #patience: number
  #database: DatabaseSync
  #ask: ReturnType<typeof questionsOf>
  #reading: Reading | undefined
  readonly #writing: Writing | undefined
  /** What processes share, as it was when the file was opened. */
  readonly #shared: string | undefined
  readonly #insert: StatementSync | undefined
  readonly #advance: StatementSync | undefined
  readonly #queue = new BatchQueue<Wanted, readonly Sealed[]>({
    weigh: ({ drafts }) => drafts.length,
    most: MOST_DRAFTS,
    // Everybody who asks in the same turn may join; a lone caller waits for nothing but the end of the turn.
    endOfTurn: () => new Promise(resolve => setImmediate(resolve)),
    flush: batch => this.#write(batch),
  })
  /** The questions of a reading, each of which waits for other processes. */
  readonly #table: Table<Row> = {
    ofStream: (stream, from, size) => this.#read(() => this.#ask.byStream.all(stream, from, size)),
    between: (from, to) => this.#read(() => this.#ask.bySeq.all(from, to)),
    missing: (seq, size) =>
      new CountersignError('store.damaged', `${this.path}: entry ${seq} is missing (${RESTORE})`, {
        facts: { path: this.path, missing: seq, size, help: RESTORE },
      }),
  }
  #closing: Promise<void> | undefined
  /** Whether an append has failed and is not undone yet. Nobody must see what it has written. */
  #isHalfWritten = false

  constructor(database: DatabaseSync, path: string, patience: number, use: Reading | Writing) {
    this.#database = database
    this.path = path
    this.#file = fileAt(path)
    this.#patience = patience
    this.#ask = questionsOf(database)
    if ('openFile' in use) {
      this.#reading = use
      return
    }
    this.#writing = use
    this.#beside = this.#filesBeside()
    this.#shared = fileAt(`${path}-shm`)
    this.#insert = database.prepare('insert into entries values (?, ?, ?, ?, ?)')
    this.#advance = database.prepare('update head set size = ?, leaf_hash = ?, peaks = ?')
  }

  async head(): Promise<Head> {
    const row = await this.#read(() => headRowOf(this.#ask.head, this.path))
    return { size: row.size, leafHash: row.leaf_hash, root: treeOf(row, this.path).root() }
  }

  async append(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    this.#checkOpen()
    if (this.#reading !== undefined) throw fault(this.path, 'append to', new Error('it was opened with readOnly'))
    const own = ownCopy({ drafts, expected })
    requireAppend(own.drafts, own.expected)
    return this.#queue.ask(own)
  }

  read(range?: Range): AsyncGenerator<Sealed, void, undefined> {
    return this.#entriesOf(ownRange(range))
  }

  async *#entriesOf(range: Range): AsyncGenerator<Sealed, void, undefined> {
    requireRange(range)
    // Every entry that is there is read, whatever the head says. Where it counts more than there are, a range throws at
    // the first that is missing.
    const size = await this.#read(() => sizeToRead(this.#ask.head))
    if ('stream' in range && !range.stream.isWellFormed()) return
    for await (const rows of pagesOf(range, size, this.#table)) {
      for (const row of rows) {
        this.#checkOpen()
        yield sealedOf(row)
      }
    }
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#queue.settled()
      // The last connection to close has SQLite put the log into the file. One that is over is put over nobody's entries.
      const watch = this.#writing?.watch
      if (!this.#isOver()) watch?.close()
      this.#database.close()
      if (watch?.isOpen === true) watch.close()
    })()
    return this.#closing
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new CountersignError('store.closed', 'the store was closed')
  }

  async #read<T>(ask: () => T): Promise<T> {
    try {
      return await patiently(this.#patience, () => {
        this.#checkOpen()
        this.#lookAgain()
        if (this.#isHalfWritten) this.#undo()
        return ask()
      })
    } catch (cause) {
      throw fault(this.path, 'read', cause)
    }
  }

  /** A file that is read as it lies is opened anew when somebody has begun to write it, or has written it meanwhile. */
  #lookAgain(): void {
    if (this.#reading === undefined) return
    const { openFile, state } = this.#reading
    const now = stateOf(this.path)
    if (now === state) return
    const database = openFile()
    this.#database.close()
    this.#database = database
    this.#ask = questionsOf(database)
    this.#reading = { openFile, state: now }
  }

  async #write(batch: readonly Waiting<Wanted, readonly Sealed[]>[]): Promise<void> {
    try {
      await patiently(this.#patience, () => {
        if (this.#isHalfWritten) this.#undo()
        this.#database.exec('begin immediate')
      })
      this.#carryOut(batch)
    } catch (cause) {
      throw fault(this.path, 'append to', cause)
    }
  }

  /**
   * Throws where a file was deleted or replaced: SQLite would go on writing into it, and nobody would ever find what
   * was appended.
   */
  #requireInPlace(): void {
    // Whatever is taken out of a folder or put into it changes the folder. To look at each file would cost more than that one
    // look: some file systems then flush the next write of it together with the time of it.
    const folder = statSync(dirname(this.path), { bigint: true, throwIfNoEntry: false })
    const looked = folder === undefined ? undefined : `${folder.dev} ${folder.ino} ${folder.mtimeNs}`
    if (looked !== undefined && looked === this.#looked) return
    this.#requireFiles()
    // A change in the same tick of the file system's clock may not show.
    const isSettled = folder !== undefined && Date.now() - Number(folder.mtimeMs) > TICK
    this.#looked = isSettled ? looked : undefined
  }

  /** Whether others have gone on with the file since those beside it were deleted, so that the log of this one is over. */
  #isOver(): boolean {
    if (this.#writing === undefined || this.#filesBeside() === this.#beside) return false
    const shared = fileAt(`${this.path}-shm`)
    return (shared !== undefined && shared !== this.#shared) || this.#isAhead(this.#writing.asLeft)
  }

  /** Whether the file itself, as it was left, has what this one does not know. */
  #isAhead(asLeft: Writing['asLeft']): boolean {
    let left: DatabaseSync | undefined
    try {
      left = asLeft()
      const { size, leaf_hash: leafHash } = headRowOf(headQuestion(left), this.path)
      if (size === 0) return false
      const [own] = this.#ask.bySeq.all(size - 1, size)
      return own?.leaf_hash !== leafHash
    } catch {
      // Nothing is there that can be read, and so nothing of anybody else's.
      return false
    } finally {
      left?.close()
    }
  }

  #filesBeside(): string {
    return `${fileAt(`${this.path}-wal`)} ${fileAt(`${this.path}-shm`)}`
  }

  #requireFiles(): void {
    // While a connection that has read is open both are there.
    const beside = this.#filesBeside()
    const isInPlace = fileAt(this.path) === this.#file
    if (isInPlace && beside === this.#beside && !beside.includes('undefined')) return
    const what = isInPlace ? 'a file that SQLite keeps beside it (-wal, -shm)' : 'the file'
    const because = `${what} was deleted or replaced while it was open (close the store and open it)`
    throw new CountersignError('store.unwritable', `cannot append to ${this.path}: ${because}`, {
      facts: { path: this.path },
    })
  }

  /** All that waits in one transaction, in which each append is all or nothing. Nobody is answered before it is durable. */
  #carryOut(batch: readonly Waiting<Wanted, readonly Sealed[]>[]): void {
    const answers: (() => void)[] = []
    try {
      this.#requireInPlace()
      const row = headRowOf(this.#ask.head, this.path)
      const tree = soundTreeOf(row, this.path)
      let { size, leaf_hash: leafHash } = row
      // SQLite would put U+FFFD in the place of half a surrogate pair, and look for another stream.
      const version = (stream: string) =>
        stream.isWellFormed() ? Number(this.#ask.version.get(stream)?.version ?? 0) : 0
      for (const { asked, resolve, reject } of batch) {
        const { drafts, expected } = asked
        let sealed: Sealed[]
        try {
          sealed = sealAll(drafts, expected, { size, leafHash, version })
        } catch (error) {
          answers.push(() => reject(error))
          continue
        }
        for (const [at, entry] of sealed.entries()) {
          const { stream, streamSeq } = drafts[at] as Draft
          this.#insert?.run(entry.seq, stream, streamSeq, entry.leafHash, entry.bytes)
          tree.append(entry.leafHash)
          size = entry.seq + 1
          leafHash = entry.leafHash
        }
        answers.push(() => resolve(sealed))
      }
      if (size > row.size) this.#advance?.run(size, leafHash, JSON.stringify(tree.state().peaks))
      this.#database.exec('commit')
    } catch (cause) {
      this.#isHalfWritten = true
      try {
        this.#undo()
      } catch {
        // The caller is told why the append has failed. Whoever asks next tries to undo it again, and is told where
        // that fails.
      }
      throw cause
    }
    for (const answer of answers) answer()
  }

  #undo(): void {
    if (this.#database.isTransaction) this.#database.exec('rollback')
    this.#isHalfWritten = false
  }
}

const sealedOf = (row: Row): Sealed => ({
  seq: Number(row.seq),
  leafHash: String(row.leaf_hash),
  bytes: row.bytes as Uint8Array,
})
