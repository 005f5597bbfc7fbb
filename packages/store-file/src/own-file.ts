import { dirname } from 'node:path'
import { type FileState, type FileSystem, isSameStamp, type Stamp, systemCode } from './file-system.ts'
import type { Journal } from './journal.ts'

/** A trail's file that is open to be written. */
export interface OpenFile {
  readonly fd: number
  readonly path: string
  /** As it was when it was read; `undefined` where somebody else has changed it meanwhile. */
  readonly left: Stamp | undefined
}

/** The file is not as its writer left it. */
export class Foreign extends Error {}

export const GONE = 'the file was deleted, replaced or moved away while it was open'

/**
 * A trail's file as its only writer leaves it: whether somebody else has touched it, be it from one flush to the next or
 * between two writes.
 *
 * Whoever asks for the dates of a file makes its next write dearer, and every flush on that disk by half, as measured. So they are
 * asked for once after each flush. Between two writes it is enough that the folder is the same, which whoever deletes, moves or
 * replaces the file changes, and that nothing stands where the file ends.
 */
export class OwnFile {
  readonly #system: FileSystem
  readonly #fd: number
  readonly #path: string
  readonly #folder: string
  readonly #journal: Journal
  readonly #bytes = new Uint8Array(2)
  #opened: FileState | undefined
  /** As it was after the last flush, for as long as nobody else was seen to have changed anything about it. */
  #left: Stamp | undefined
  /** The folder as it was when the file was seen to be at its path. */
  #around: Stamp | undefined

  constructor(system: FileSystem, { fd, path, left }: OpenFile, journal: Journal) {
    this.#system = system
    this.#fd = fd
    this.#path = path
    this.#folder = dirname(path)
    this.#journal = journal
    this.#left = left
  }

  /** As its writer left it. `undefined` where somebody else has changed it since, be it back again. */
  get left(): Stamp | undefined {
    return this.#left
  }

  /**
   * Throws `Foreign` where the file does not end at this byte, or is not at its path any more, or its journal is not. Then somebody
   * else writes to it, or has cut, deleted or moved it, and nobody would find what is appended.
   */
  requireUntouched(end: number, isFlushed: boolean): void {
    const folder = this.#lookAt(this.#folder)
    if (isFlushed || this.#around === undefined || !isSameStamp(folder, this.#around)) {
      this.#lookClosely(end, isFlushed)
      this.#around = folder
    } else if (!this.#endsAt(end)) throw elsewhere(this.#system.fstat(this.#fd).size, end)
  }

  /** Its writer has flushed it, and it ends at this byte. */
  flushed(end: number): void {
    if (this.#left === undefined) return
    try {
      const stamp = this.#system.stamp(this.#fd)
      this.#left = stamp.size === end ? stamp : undefined
    } catch {
      // The entries are durable all the same.
      this.#left = undefined
    }
  }

  #lookClosely(end: number, isFlushed: boolean): void {
    this.#opened ??= this.#system.fstat(this.#fd)
    const found = this.#lookAt(this.#path)
    requireSame(found, this.#opened, end)
    if (!this.#journal.isThere()) throw new Foreign('its journal was deleted, replaced or moved away while it was open')
    // What was written over is found by whoever reads it. That it was read before says nothing any more.
    if (isFlushed && this.#left !== undefined && !isSameStamp(found, this.#left)) this.#left = undefined
  }

  /** Whether one byte can be read before this place, where there is one, and none behind it. */
  #endsAt(end: number): boolean {
    const before = Math.min(end, 1)
    return this.#system.readInPlace(this.#fd, this.#bytes, end - before) === before
  }

  #lookAt(path: string): Stamp {
    try {
      return this.#system.lookAt(path)
    } catch (cause) {
      throw systemCode(cause) === 'ENOENT' ? new Foreign(GONE) : cause
    }
  }
}

const elsewhere = (size: number, end: number): Foreign =>
  new Foreign(`it has ${size} bytes where this writer left ${end}: somebody else changed it`)

/** What tells a file from another one. */
type Identity = Pick<FileState, 'device' | 'inode'>

/** Throws `Foreign` where what was found in the place of a file is another one, or does not end at this byte. */
export function requireSame(found: Identity & Pick<FileState, 'size'>, { device, inode }: Identity, end: number): void {
  if (found.device !== device || found.inode !== inode) throw new Foreign(GONE)
  if (found.size !== end) throw elsewhere(found.size, end)
}
