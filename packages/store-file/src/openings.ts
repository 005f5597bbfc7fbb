import { constants } from 'node:fs'
import { dirname } from 'node:path'
import { CountersignError, encodeUtf8 } from '@countersign/trail'
import { formatOpening, type Opening, type Openings, Turns } from '@countersign/trail/store'
import { RESTORE, unreadable, unwritable } from './fault.ts'
import { type FileSystem, nodeFileSystem, readExactly, syncFolder, systemCode, writeAll } from './file-system.ts'
import { Lock } from './lock.ts'
import { MAX_LINE_BYTES, MAX_WRITE_BYTES, openingIn, type Place, readPlaces } from './opening-lines.ts'
import { Foreign, GONE, requireSame } from './own-file.ts'
import { makeFolder, trailPath } from './trail-path.ts'

/** What opens the private values of a trail, in a file beside it. */
export interface FileOpenings extends Openings {
  /** The file, as an absolute path with all symbolic links followed, of the trail and at its own place. */
  readonly path: string
  /** The file was not there, and was made when it was opened. */
  readonly isNew: boolean
  /** What an interrupted write had left at the end, if anything: it stood from the byte `offset` on, and was cut off. */
  readonly recovered?: { readonly offset: number; readonly droppedBytes: number }
  /** Every commitment that can be opened. */
  commitments(): string[]
  close(): Promise<void>
}

/** Only the account of the process may read and write the file. */
const MODE = 0o600

/**
 * Opens the openings of a trail, `trail.openings.jsonl` beside `trail.jsonl`, and makes the file where there is none: one
 * opening in canonical JSON on each line, which only the account of this process may read.
 *
 * - **Private**: where the file is there already, others lose the right to read and to write it, which a copy or a
 *   restored backup may have given them. What they have read before, they know. A file that the account does not own is
 *   not opened.
 * - **In one place**: a symbolic link at their place is followed, and what is deleted is deleted where it lies. A file with
 *   another name (a hard link) is neither written nor opened: what is deleted under the one name would stay under the other.
 * - **Durable**: `put` resolves after fdatasync. What an interrupted write left was never relied on, and is cut off when the
 *   file is opened, which `recovered` tells: an unfinished line, and lines with zeros in place of what a power cut kept from
 *   the disk, with all that stands behind them.
 * - **Deleted**: `delete` writes a new file without the openings and puts it in the place of the old one, whose bytes it
 *   overwrites where they were. It cannot reach what else has them: copies, backups, snapshots, and blocks that a disk or a
 *   file system keeps when they are overwritten. Where the system does not say that the exchange is durable, `delete` throws
 *   and overwrites nothing: after a crash the old file may be there again, with all that others rely on.
 * - **After a failed write** nothing more is written: close it and open it again. The file is cut back to what was durable
 *   before. After a flush that failed a system may show what never reached the disk, and take it for written; so what stands at
 *   the end when the file is opened is written once more, over itself, before the first `put` resolves.
 * - **Nobody else's**: where somebody has deleted, replaced or moved the file while it is open, or has changed its length, nothing is
 *   written to it or deleted from it, and `close` tells so, closing it all the same: what it holds is lost unless somebody brings
 *   it back.
 *
 * Throws `store.locked` where another process has it open, `store.damaged` where a line is no opening (no message tells
 * what it says), `store.unwritable` where the system refuses or the file has another name, and `input` where the path is no
 * path for a trail, or something else than a file is there, or a symbolic link that leads nowhere: what it is to lead to may be
 * on a disk that is not mounted.
 *
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { openFileOpenings } from '@countersign/store-file'
 * import { openingOf } from '@countersign/trail/store'
 *
 * const folder = await mkdtemp(join(tmpdir(), 'countersign-'))
 * const openings = await openFileOpenings(folder)
 * const place = { stream: 'change/PAY-1', id: 'f3b8ZkQ2', field: 'account' }
 * const opening = openingOf('DE02…', crypto.getRandomValues(new Uint8Array(32)), place)
 * await openings.put([opening])
 * openings.commitments().length // → 1
 * await openings.delete([opening.commitment])
 * await openings.get(opening.commitment) // → undefined
 * await openings.close()
 * await rm(folder, { recursive: true })
 * ```
 */
export function openFileOpenings(trail: string): Promise<FileOpenings> {
  return openOpeningsOn(nodeFileSystem, trail)
}

/**
 * Where the openings of a trail lie that is in this file, whether they are there or not.
 *
 * @example
 * ```ts
 * import { openingsBeside } from '@countersign/store-file'
 *
 * openingsBeside('/srv/trail/trail.jsonl') // → '/srv/trail/trail.openings.jsonl'
 * ```
 */
export const openingsBeside = (trailFile: string): string => `${trailFile.replace(/\.jsonl$/, '')}.openings.jsonl`

/** `openFileOpenings` on a file system of the caller's: for tests that let its calls fail. Internal. */
export async function openOpeningsOn(system: FileSystem, trail: string): Promise<FileOpenings> {
  const { file: trailFile } = await trailPath(system, trail)
  const place = openingsBeside(trailFile)
  const path = await placeOf(system, place)
  const folder = dirname(path)
  await makeFolder(system, folder)
  const lock = await Lock.take(system, `${path}.lock`, () => false, {
    taken: `what opens the private values of the trail (${path}) is open elsewhere`,
    help: 'close it there',
  })
  let fd: number | undefined
  try {
    const isNew = !(await isFile(system, path))
    // No link that has come meanwhile is followed to begin a file.
    fd = await system.open(path, constants.O_RDWR | (isNew ? constants.O_CREAT | constants.O_EXCL : 0), MODE)
    requireOneName(system, fd, path, 'open')
    const places = new Map<string, Place>()
    const end = await readPlaces(system, fd, path, places)
    const droppedBytes = system.fstat(fd).size - end
    await takeFromOthers(system, fd)
    const last = await readEnd(system, fd, path, end)
    await system.ftruncate(fd, end)
    await removeDraft(system, path)
    await system.fdatasync(fd)
    await syncFolder(system, folder)
    return new OpenFile(system, { place, path, isNew, folder, lock, last, droppedBytes }, fd, places, end)
  } catch (cause) {
    if (fd !== undefined) await system.close(fd).catch(() => undefined)
    await lock.release().catch(() => undefined)
    throw cause instanceof CountersignError ? cause : unwritable(path, 'open', cause)
  }
}

/** The file behind a symbolic link, where there is one, so that all names of it share its lock. */
async function placeOf(system: FileSystem, path: string): Promise<string> {
  try {
    if (await isFile(system, path)) return await system.realpath(path)
  } catch (cause) {
    throw cause instanceof CountersignError ? cause : unwritable(path, 'open', cause)
  }
  const target = await system.readLink(path).catch(() => undefined)
  if (target === undefined) return path
  throw new CountersignError(
    'input',
    `${path} is a symbolic link that leads to ${target}, where nothing is, and no openings are begun there: mount the disk on which they lie, or, where none were ever kept, make an empty file`,
    { facts: { path, target } },
  )
}

/** Throws `store.unwritable` where the file has another name: what is deleted under this one would stay under that. */
function requireOneName(system: FileSystem, fd: number, path: string, doing: string): void {
  const { names } = system.fstat(fd)
  if (names > 1)
    throw new CountersignError(
      'store.unwritable',
      `cannot ${doing} ${path}: the file has ${names} names (hard links), and what is deleted under the one could still be read under the other; find the other names (find -samefile) and delete them`,
      { facts: { path, names } },
    )
}

/** Whether the file is there. Throws `input` where something else is: in a pipe or on a device nothing can be kept. */
async function isFile(system: FileSystem, path: string): Promise<boolean> {
  const found = await system.stat(path).catch(cause => {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw cause
  })
  if (found === undefined) return false
  if (found.kind === 'file') return true
  throw new CountersignError('input', `${path} is no regular file, so it holds no openings`, { facts: { path } })
}

/** What helps where somebody else has touched the file while it is open. */
const SEE = 'look who else writes there, put the file back as it was, close this and open it again'
const LOST =
  'it is closed all the same. Look who else writes there, and put the file back: what it holds is lost without it'

const draftOf = (path: string): string => `${path}.new`

/** Takes all permissions from others: the mode that is given to `open` counts only for a file that it makes. */
async function takeFromOthers(system: FileSystem, fd: number): Promise<void> {
  // Windows keeps rights elsewhere, and gives every file the same mode.
  if (process.platform === 'win32' || (system.fstat(fd).mode & ~MODE) === 0) return
  await system.fchmod(fd, MODE)
  await system.fsync(fd)
}

/** Removes the draft that a crash may have left behind: it holds values, too, and nobody would ever delete them from it. */
async function removeDraft(system: FileSystem, path: string): Promise<void> {
  await system.unlink(draftOf(path)).catch(cause => {
    if (systemCode(cause) !== 'ENOENT') throw cause
  })
}

/** What stands in the file from a byte on. */
interface Written {
  readonly start: number
  readonly bytes: Uint8Array
}

/** What the last write may have come to, of which nobody knows whether it is on the disk. */
async function readEnd(system: FileSystem, fd: number, path: string, end: number): Promise<Written | undefined> {
  if (end === 0) return undefined
  const start = Math.max(0, end - MAX_WRITE_BYTES)
  const bytes = await readExactly(system, fd, end - start, start).catch(cause => {
    throw unreadable(path, cause)
  })
  return { start, bytes }
}

/** Where a file of openings lies, and what was found there. */
interface Opened {
  /** Where it is looked for. */
  readonly place: string
  /** Where it is, if symbolic links lead from the one to the other. */
  readonly path: string
  readonly isNew: boolean
  readonly folder: string
  readonly lock: Lock
  /** What stands at its end, and may be in the system's memory only: a process that was killed, or whose write failed, left it. */
  readonly last: Written | undefined
  readonly droppedBytes: number
}

class OpenFile implements FileOpenings {
  readonly path: string
  readonly isNew: boolean
  readonly recovered?: { readonly offset: number; readonly droppedBytes: number }
  readonly #system: FileSystem
  readonly #place: string
  readonly #folder: string
  readonly #lock: Lock
  #fd: number
  #places: Map<string, Place>
  #end: number
  /** What is to be written over itself before anything is built on it. */
  #last: Written | undefined
  #broken = false
  #closing: Promise<void> | undefined
  /** Calls go one after the other: no file is put in the place of one that is just being read. */
  readonly #turns = new Turns<string>()

  constructor(
    system: FileSystem,
    { place, path, isNew, folder, lock, last, droppedBytes }: Opened,
    fd: number,
    places: Map<string, Place>,
    end: number,
  ) {
    this.#system = system
    this.#place = place
    this.path = path
    this.isNew = isNew
    if (droppedBytes > 0) this.recovered = { offset: end, droppedBytes }
    this.#folder = folder
    this.#fd = fd
    this.#places = places
    this.#end = end
    this.#last = last
    this.#lock = lock
  }

  commitments(): string[] {
    return [...this.#places.keys()]
  }

  put(openings: readonly Opening[]): Promise<void> {
    return this.#inTurn(async () => {
      const given = new Map(openings.map(one => [one.commitment, one]))
      if (given.size === 0) return
      const fresh = [...given.values()].filter(one => !this.#places.has(one.commitment))
      const writes = [...writesOf(fresh)]
      await this.#writing('write', async () => {
        // What is there already was never acknowledged, as far as anybody knows, before it is settled.
        if (fresh.length === 0 && this.#last === undefined) return
        try {
          await this.#settle()
          for (const lines of writes) await this.#append(lines)
        } catch (cause) {
          await this.#cutBack()
          throw cause
        }
      })
    })
  }

  get(commitment: string): Promise<Opening | undefined> {
    return this.#inTurn(async () => {
      const place = this.#places.get(commitment)
      if (place === undefined) return undefined
      const line = await readExactly(this.#system, this.#fd, place.length - 1, place.offset).catch(cause => {
        throw unreadable(this.path, cause)
      })
      const read = openingIn(line)
      if (read !== undefined) return read.opening
      throw new CountersignError('store.damaged', `${this.path} was changed by somebody else (${RESTORE})`, {
        facts: { path: this.path, help: RESTORE },
      })
    })
  }

  delete(commitments: Iterable<string>): Promise<void> {
    return this.#inTurn(async () => {
      const gone = new Set([...commitments].filter(one => this.#places.has(one)))
      if (gone.size > 0) await this.#writing('delete from', () => this.#without(gone))
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#turns.take(this.path, async () => {
      const causes: unknown[] = []
      const attempt = async (work: () => void | Promise<void>) => {
        try {
          await work()
        } catch (cause) {
          causes.push(cause)
        }
      }
      // What is kept in a file that is gone is lost, which is told while somebody may still know where it went.
      if (!this.#broken && this.#places.size > 0) await attempt(() => this.#requireKept())
      await attempt(() => this.#system.close(this.#fd))
      // The lock is given back in any case, and all that failed is told.
      await attempt(() => this.#lock.release())
      const [first] = causes
      if (causes.length === 0) return
      if (causes.length === 1) throw first instanceof CountersignError ? first : unwritable(this.path, 'close', first)
      throw unwritable(this.path, 'close', new AggregateError(causes, causes.map(messageOf).join('; ')))
    })
    return this.#closing
  }

  /** Makes durable what was found at the end. */
  async #settle(): Promise<void> {
    if (this.#last === undefined) return
    const { start, bytes } = this.#last
    writeAll(this.#system, this.#fd, bytes, start)
    await this.#system.fdatasync(this.#fd)
    this.#last = undefined
  }

  async #append(lines: readonly NewLine[]): Promise<void> {
    writeAll(this.#system, this.#fd, Buffer.concat(lines.map(({ bytes }) => bytes)), this.#end)
    await this.#system.fdatasync(this.#fd)
    for (const { commitment, bytes } of lines) {
      this.#places.set(commitment, { offset: this.#end, length: bytes.length })
      this.#end += bytes.length
    }
  }

  /** Takes back what was refused. Where that fails, too, it is there for whoever opens the file, who settles it. */
  async #cutBack(): Promise<void> {
    try {
      await this.#system.ftruncate(this.#fd, this.#end)
      await this.#system.fdatasync(this.#fd)
    } catch {
      // What is told is why it was refused.
    }
  }

  /** Puts a new file in the old one's place. After a crash the one or the other is there. */
  async #without(gone: ReadonlySet<string>): Promise<void> {
    const system = this.#system
    const draft = draftOf(this.path)
    await removeDraft(system, this.path)
    const fd = await system.open(draft, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, MODE)
    const places = new Map<string, Place>()
    let end = 0
    try {
      for (const [commitment, { offset, length }] of this.#places) {
        if (gone.has(commitment)) continue
        writeAll(system, fd, await readExactly(system, this.#fd, length, offset), end)
        places.set(commitment, { offset: end, length })
        end += length
      }
      await system.fsync(fd)
      // Others had time to touch it, and what they have put in its place is not ours to take away.
      await this.#requireAsLeft('delete from')
      await system.rename(draft, this.path)
    } catch (cause) {
      await system.close(fd).catch(() => undefined)
      // It holds values, too.
      await system.unlink(draft).catch(() => undefined)
      throw cause
    }
    const [old, were] = [this.#fd, this.#places]
    this.#fd = fd
    this.#places = places
    this.#end = end
    this.#last = undefined
    try {
      await syncFolder(system, this.#folder)
    } catch (cause) {
      // After a crash the old file may be there again: what else it holds has to be readable then.
      await system.close(old).catch(() => undefined)
      throw cause
    }
    await scrub(system, old, were, gone)
  }

  async #writing(doing: string, work: () => Promise<void>): Promise<void> {
    const again = { help: 'close it and open it again' }
    if (this.#broken) throw unwritable(this.path, doing, new Error('an earlier write has failed'), again)
    this.#requireOneName(doing)
    await this.#requireAsLeft(doing)
    try {
      await work()
    } catch (cause) {
      this.#broken = true
      throw cause instanceof CountersignError ? cause : unwritable(this.path, doing, cause, again)
    }
  }

  /** Nothing is written where it throws, so that it can be asked again once the other name is gone. */
  #requireOneName(doing: string): void {
    try {
      requireOneName(this.#system, this.#fd, this.path, doing)
    } catch (cause) {
      throw cause instanceof CountersignError ? cause : unwritable(this.path, doing, cause)
    }
  }

  /**
   * Throws where the file is not where it is looked for any more, or does not end where this writer left it: what is written then
   * would be read by nobody, or would stand in the middle of what others have written.
   */
  async #requireAsLeft(doing: string): Promise<void> {
    try {
      await this.#lookClosely()
    } catch (cause) {
      throw unwritable(this.path, doing, cause, cause instanceof Foreign ? { help: SEE } : {})
    }
  }

  /** Throws where what is kept in the file is lost to whoever opens it next. One that cannot be looked at is closed as any other. */
  async #requireKept(): Promise<void> {
    try {
      await this.#lookClosely()
    } catch (cause) {
      if (cause instanceof Foreign) throw unwritable(this.path, 'close', cause, { help: LOST })
    }
  }

  async #lookClosely(): Promise<void> {
    // Whoever opens it next goes by its place, where a link may lead elsewhere by now.
    const there = await this.#system.realpath(this.#place).catch(cause => {
      throw systemCode(cause) === 'ENOENT' ? new Foreign(GONE) : cause
    })
    if (there !== this.path) throw new Foreign(GONE)
    requireSame(await this.#system.stat(there), this.#system.fstat(this.#fd), this.#end)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined)
      return Promise.reject(new CountersignError('store.closed', 'the openings were closed'))
    return this.#turns.take(this.path, work)
  }
}

interface NewLine {
  readonly commitment: string
  readonly bytes: Uint8Array
}

/** The lines of openings, as many together as are written and made durable at once. */
function* writesOf(openings: readonly Opening[]): Generator<NewLine[], void, undefined> {
  let some: NewLine[] = []
  let length = 0
  for (const one of openings) {
    const bytes = encodeUtf8(`${formatOpening(one)}\n`)
    // No opening of the file would be read again behind it.
    if (bytes.length > MAX_WRITE_BYTES)
      throw new CountersignError(
        'input',
        `what opens ${one.field} has ${bytes.length - 1} bytes as a line, where at most ${MAX_LINE_BYTES} are read: nothing was written`,
        { facts: { field: one.field, most: MAX_LINE_BYTES, found: bytes.length - 1 } },
      )
    if (some.length > 0 && length + bytes.length > MAX_WRITE_BYTES) {
      yield some
      some = []
      length = 0
    }
    some.push({ commitment: one.commitment, bytes })
    length += bytes.length
  }
  if (some.length > 0) yield some
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** Overwrites what was deleted where it was: the old file has no name any more, and its blocks may lie there for long. */
async function scrub(
  system: FileSystem,
  fd: number,
  places: ReadonlyMap<string, Place>,
  gone: ReadonlySet<string>,
): Promise<void> {
  try {
    for (const commitment of gone) {
      for (let place = places.get(commitment); place !== undefined; place = place.also)
        writeAll(system, fd, new Uint8Array(place.length), place.offset)
    }
    await system.fdatasync(fd)
  } catch {
    // It is deleted all the same, as files are; nobody can promise more of a disk that does not take this.
  } finally {
    await system.close(fd).catch(() => undefined)
  }
}
