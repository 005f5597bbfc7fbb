import { constants } from 'node:fs'
import { CountersignError, type Tree } from '@countersign/trail'
import {
  type Draft,
  type Expected,
  type Head,
  ownRange,
  type Range,
  requireOptions,
  requireRange,
  type Sealed,
  type Store,
  Turns,
} from '@countersign/trail/store'
import { unreadable, unwritable } from './fault.ts'
import { type FileSystem, isSameStamp, nodeFileSystem, type Stamp, systemCode } from './file-system.ts'
import { GroupCommit } from './group-commit.ts'
import type { Journal } from './journal.ts'
import { type Known, keep, keptOf, requireAllKept, stampOf, WORTH_AN_INDEX } from './kept-index.ts'
import { isHeld, Lock, type TakeOver } from './lock.ts'
import { placesOf, readSome } from './read.ts'
import { type Recovery, readSound, recoveryOf, requireJournalled, settle, unfinished } from './recovery.ts'
import type { TrailIndex } from './trail-index.ts'
import { makeFolder, type TrailPath, trailPath } from './trail-path.ts'

/** A trail in a file: the port, where the file is, and what its opening had to leave out. */
export interface FileStore extends Store {
  /** The trail's file, as an absolute path with all symbolic links followed. */
  readonly path: string
  /** What an interrupted write had left behind, if anything. */
  readonly recovered?: Recovery
  /**
   * Throws `store.damaged` where the file has lost its end, or is not all there: where it ends before it did when it was closed, as its
   * index says; where it does not go with the journal beside it, or that holds entries which opening to write would bring in; and
   * where it ends in the middle of an entry. For whoever opens with `readOnly` and passes all of it on: `read` gives what is
   * there. `facts.what` says what is wrong without what would help, and `facts.entries` how many entries there were, where that
   * is known. Beside a writer what it is just writing is not missed. A store that was opened to write throws nothing, as
   * its opening has.
   */
  requireWhole(): Promise<void>
}

/** How to open a trail. */
export interface FileStoreOptions {
  /**
   * Opens beside a writer, without the lock and without writing anything: for boards, logs and verifiers. `head` and
   * `read` catch up with the file first; `append` throws `store.unwritable`. Such a reader sees whole appends, once they are
   * durable.
   */
  readonly readOnly?: boolean
  /**
   * Told what an interrupted write had left behind, before it is cut off and what was acknowledged is put in its place.
   * If it throws, nothing is. With `readOnly` nothing is ever cut off and nobody told: `recovered` says what was left out.
   */
  readonly onRecovery?: (recovery: Omit<Recovery, 'cut'>) => void | Promise<void>
  /**
   * Asked about a lock whose holder cannot be judged, because it belongs to another machine or container. True says
   * that this holder is gone for certain, for example because the platform starts one replica at a time. Never asked
   * about a holder that is seen to live. Without it such a lock is left alone.
   */
  readonly takeOver?: TakeOver
}

/**
 * Opens the trail in a folder (its `trail.jsonl`) or a file (any `….jsonl`), and makes it where there is none.
 *
 * - **Durable**: `append` resolves when the entries are durable in a side file (`….journal`) and stand in the trail, which is
 *   flushed a hundredth of a second later (or once the thread is free, and on a slow disk after as long as eight flushes take).
 *   Appends that arrive during a flush go out together in the next. Where no other append has come for a while and flushes take
 *   less than a millisecond, the thread itself waits for them, and after every eighth, or a millisecond, all else that is
 *   ready has a turn.
 * - **One writer**: a lock file beside the trail (`….lock`) keeps out every other one on this machine, and one that a
 *   stopped process left is recognised and replaced. On a network file system, or where somebody deletes the lock by
 *   hand, it is a help and no proof; a writer that finds foreign bytes at the end refuses to write.
 * - **Sound**: opening reads the whole file once, and refuses what is no trail, naming the line and byte and changing
 *   nothing. A trail of more than a mebibyte that is closed leaves what reading it has told in a side file (`….index`); where
 *   nobody has written to the trail since it was read, as its dates say, it is not read again.
 * - **Recovered**: what an interrupted write left at the end is told in `recovered` and to `onRecovery`. What was written
 *   last and did not arrive whole is written to the trail from the journal, all of it, since an append is atomic and it may have
 *   been acknowledged. A last record without its newline of which no journal tells is no write of this store that a crash has
 *   interrupted: the trail was cut since it was closed, or copied while it was written. It is cut off, even where only the
 *   newline is missing, since that is the record's last byte; so is one with zeros where a power cut kept something of it from
 *   the disk.
 * - **Closed with a word** where somebody else has written to the file meanwhile, or has cut, deleted or moved it, or
 *   where what was acknowledged last could not be flushed to it and is in the journal alone: `close` rejects with
 *   `store.unwritable`, and the store is closed all the same.
 * - **After a failed write** nothing of it is in the trail. Where `facts.takenBack` is false that is not certain, and
 *   the next opening tells. What is durable can still be read; to write again, close the store and open it.
 *
 * Throws `store.locked` where another writer has it open, `store.damaged` where the file is no sound trail or cannot be
 * read, or is to be written and does not go with the journal beside it, or ends before it did when it was closed last (as its
 * index says), `store.unwritable` where the system refuses, `store.unavailable` where one writer after the other opens a trail
 * while it is read with `readOnly`, and `input` where the path is no path for a trail, or where an option is none or
 * of another kind.
 *
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { openFileStore } from '@countersign/store-file'
 *
 * const folder = await mkdtemp(join(tmpdir(), 'countersign-'))
 * const store = await openFileStore(folder)
 * const draft = { v: 1, id: 'a', at: '2026-11-21T09:30:00.000Z', stream: 'trail', streamSeq: 0 } as const
 * const [sealed] = await store.append([draft], { trail: 0 })
 * sealed?.seq // → 0
 * (await store.head()).size // → 1
 * await openFileStore(folder) // throws has a writer
 * await store.close()
 * await rm(folder, { recursive: true })
 * ```
 */
export function openFileStore(path: string, options: FileStoreOptions = {}): Promise<FileStore> {
  return openOn(nodeFileSystem, path, options)
}

/** `openFileStore` on a file system of the caller's: for tests that let its calls fail. Internal. */
export async function openOn(system: FileSystem, path: string, options: FileStoreOptions = {}): Promise<FileStore> {
  requireOptions('openFileStore', options, ['readOnly', 'onRecovery', 'takeOver'])
  requireKind(options, 'readOnly', 'boolean')
  requireKind(options, 'onRecovery', 'function')
  requireKind(options, 'takeOver', 'function')
  const at = await trailPath(system, path)
  return options.readOnly === true ? openToRead(system, at) : openToWrite(system, at, options)
}

/** Another value would open a trail for writing where it is to be read, or fail only once something is to be told. */
function requireKind(options: FileStoreOptions, option: keyof FileStoreOptions, kind: 'boolean' | 'function'): void {
  const found = typeof options[option]
  if (found === 'undefined' || found === kind) return
  throw new CountersignError('input', `openFileStore: the option ${option} is a ${kind}, and not a ${found}`, {
    facts: { where: 'openFileStore', option },
  })
}

async function openToRead(system: FileSystem, at: TrailPath): Promise<FileStore> {
  const fd = await openFile(system, at, constants.O_RDONLY)
  try {
    const { index, tree } = await keptOf(system, fd, at)
    const left = await readSound(system, fd, at, index, tree)
    // What is just being written was left behind by nobody.
    const isWritten = left?.because === 'journal' && (await isHeld(system, at.lock))
    const recovered = left === undefined || isWritten ? undefined : { ...left, restoredBytes: 0, cut: false }
    return new ReadingStore(system, fd, at, index, tree, recovered)
  } catch (cause) {
    await system.close(fd).catch(() => undefined)
    throw cause
  }
}

async function openToWrite(system: FileSystem, at: TrailPath, options: FileStoreOptions): Promise<FileStore> {
  await makeFolder(system, at.folder)
  const lock = await Lock.take(system, at.lock, options.takeOver ?? (() => false), {
    taken: 'the trail has a writer',
    help: 'close it there, or open it with readOnly',
  })
  let fd: number | undefined
  let journal: Journal | undefined
  try {
    await requireAllKept(system, at)
    fd = await openFile(system, at, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND)
    const before = stampOf(system, fd)
    const known = await keptOf(system, fd, at)
    const kept = known.index.size
    const left = await readSound(system, fd, at, known.index, known.tree)
    const after = stampOf(system, fd)
    const isAsRead = before !== undefined && after !== undefined && isSameStamp(before, after)
    const last = await unfinished(system, fd, at, left, known.index, known.tree)
    const found = recoveryOf(left, last)
    if (found !== undefined) await options.onRecovery?.(found)
    journal = await settle(system, fd, at, last, known.index.end)
    const opened = { ...known, kept, journal, left: isAsRead ? stampOf(system, fd) : undefined }
    return new WritingStore(system, fd, at, opened, lock, found && { ...found, cut: true })
  } catch (cause) {
    await journal?.close().catch(() => undefined)
    if (fd !== undefined) await system.close(fd).catch(() => undefined)
    await lock.release().catch(() => undefined)
    throw cause
  }
}

async function openFile(system: FileSystem, at: TrailPath, flags: number): Promise<number> {
  try {
    return await system.open(at.file, flags)
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') {
      throw new CountersignError('input', `there is no trail at ${at.file}; open it without readOnly to begin one`, {
        facts: { path: at.file, absent: true },
        cause,
      })
    }
    throw flags === constants.O_RDONLY ? unreadable(at.file, cause) : unwritable(at.file, 'open', cause)
  }
}

/** What both kinds of store do: read, and close. */
abstract class OpenTrail implements FileStore {
  readonly path: string
  readonly recovered?: Recovery

  protected readonly system: FileSystem
  protected readonly fd: number
  protected readonly index: TrailIndex
  readonly #reads = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined

  constructor(system: FileSystem, fd: number, at: TrailPath, index: TrailIndex, recovered: Recovery | undefined) {
    this.system = system
    this.fd = fd
    this.path = at.file
    this.index = index
    if (recovered !== undefined) this.recovered = recovered
  }

  /** Throws where something beside the file tells of more than there is. */
  protected abstract compareBeside(): Promise<void>
  /** The head of all that this store may show. */
  protected abstract currentHead(): Promise<Head>
  protected abstract write(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]>
  /** Called once, when every read that was begun has ended. */
  protected abstract finish(): Promise<void>

  async head(): Promise<Head> {
    this.#checkOpen()
    return this.#reading(this.currentHead())
  }

  async requireWhole(): Promise<void> {
    this.#checkOpen()
    await this.#reading(this.compareBeside())
  }

  async append(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    this.#checkOpen()
    return this.write(drafts, expected)
  }

  /** Entries that were there when the reading began. Memory is bounded by a block, whatever the range. */
  read(range?: Range): AsyncGenerator<Sealed, void, undefined> {
    return this.#entriesOf(ownRange(range))
  }

  async *#entriesOf(range: Range): AsyncGenerator<Sealed, void, undefined> {
    requireRange(range)
    const { size } = await this.head()
    const places = placesOf(range, this.index, size)
    for (let position = 0; position < places.count; ) {
      this.#checkOpen()
      const some = await this.#reading(readSome(this.system, this.fd, this.path, this.index, places, position))
      for (const entry of some) {
        this.#checkOpen()
        yield entry
      }
      position += some.length
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new CountersignError('store.closed', 'the store was closed')
  }

  /** The file is not closed while it is read: the system may give its number to another file at once. */
  async #reading<T>(read: Promise<T>): Promise<T> {
    this.#reads.add(read)
    try {
      return await read
    } finally {
      this.#reads.delete(read)
    }
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#reads)
    await this.finish()
  }
}

/** A trail that was read, to be written. */
interface Opened extends Known {
  /** How many entries the index beside the trail has. */
  readonly kept: number
  readonly journal: Journal
  /** As the file was left; `undefined` where somebody else has changed it while it was read. */
  readonly left: Stamp | undefined
}

class WritingStore extends OpenTrail {
  readonly #at: TrailPath
  readonly #commit: GroupCommit
  readonly #journal: Journal
  readonly #lock: Lock
  readonly #tree: Tree
  readonly #kept: number

  constructor(
    system: FileSystem,
    fd: number,
    at: TrailPath,
    { index, tree, kept, journal, left }: Opened,
    lock: Lock,
    recovered: Recovery | undefined,
  ) {
    super(system, fd, at, index, recovered)
    this.#at = at
    this.#tree = tree
    this.#kept = kept
    this.#journal = journal
    this.#commit = new GroupCommit(system, { fd, path: at.file, left }, index, tree, journal)
    this.#lock = lock
  }

  protected override async compareBeside(): Promise<void> {}

  protected override async currentHead(): Promise<Head> {
    return this.#commit.head()
  }

  protected override write(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    return this.#commit.append(drafts, expected)
  }

  protected override async finish(): Promise<void> {
    await this.#commit.settled()
    await this.#keepIndex()
    const results = [
      // First, as it says more than that the rest could not be closed.
      await outcome(this.#commit.requireAsLeft()),
      await outcome(this.#journal.close()),
      await outcome(this.system.close(this.fd)),
      await outcome(this.#lock.release()),
    ]
    const failed = results.find(result => result !== undefined)
    if (failed === undefined) return
    throw failed.cause instanceof CountersignError ? failed.cause : unwritable(this.path, 'close', failed.cause)
  }

  async #keepIndex(): Promise<void> {
    const { index } = this
    const { left } = this.#commit
    if (left === undefined || index.end < WORTH_AN_INDEX || index.size === this.#kept) return
    // The head is asked for first, as the tree may lack the last entries.
    this.#commit.head()
    await keep(this.system, this.#at, { index, tree: this.#tree }, { fd: this.fd, left })
  }
}

class ReadingStore extends OpenTrail {
  readonly #at: TrailPath
  readonly #tree: Tree
  readonly #turns = new Turns<string>()

  constructor(
    system: FileSystem,
    fd: number,
    at: TrailPath,
    index: TrailIndex,
    tree: Tree,
    recovered: Recovery | undefined,
  ) {
    super(system, fd, at, index, recovered)
    this.#at = at
    this.#tree = tree
  }

  /** Catches up with the writer first. That is done by one call after the other, since it makes the index grow. */
  protected override async currentHead(): Promise<Head> {
    await this.#turns.take(this.path, () => readSound(this.system, this.fd, this.#at, this.index, this.#tree))
    return { size: this.index.size, leafHash: this.index.lastHash, root: this.#tree.root() }
  }

  protected override async compareBeside(): Promise<void> {
    await requireAllKept(this.system, this.#at)
    await this.#turns.take(this.path, () => requireJournalled(this.system, this.fd, this.#at, this.index, this.#tree))
  }

  protected override write(): Promise<never> {
    const cause = new Error('it was opened with readOnly')
    return Promise.reject(unwritable(this.path, 'append to', cause))
  }

  protected override async finish(): Promise<void> {
    await this.system.close(this.fd)
  }
}

async function outcome(work: Promise<void>): Promise<{ cause: unknown } | undefined> {
  try {
    await work
    return undefined
  } catch (cause) {
    return { cause }
  }
}
