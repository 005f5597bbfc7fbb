import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import type { Hash } from '@countersign/trail'
import { type FileSystem, syncFolder, systemCode, writeAll } from './file-system.ts'

/**
 * A write that is whole only if the bytes from `start` to `end` have this SHA-256. `prev` is the leaf hash of the entry
 * before `start`.
 */
export interface Mark {
  readonly start: number
  readonly end: number
  readonly prev: Hash
  readonly digest: Hash
}

/** What a mark says of its write: that it is still to come, or has come. */
export interface LastMark extends Mark {
  readonly isBlotted: boolean
}

/** No trail is so long that the first digit is another than 0. */
const DIGITS = 16
/** What a mark begins with once it is blotted out, in place of its first digit. */
const BLOT = Uint8Array.of(0x2d)
const LINE = /^(\d{16}) (\d{16}) ([0-9a-f]{64}) ([0-9a-f]{64}) ([0-9a-f]{64})\n$/

/**
 * The side file `trail.jsonl.batch`, which makes a write of several entries atomic in the face of a crash.
 *
 * A trail's lines do not say where a write ends, and must not: they are the normative format. A power cut may leave any
 * part of a write, also its end without its middle, in whose place are zeros. One entry alone needs no mark: it is the
 * last line, and no entry holds a zero. Before several entries are written at once, be they of one append or of several,
 * this file says, and says durably, from where to where they will reach and what they will be:
 *
 *     0000000000001234 0000000000005678 <leaf hash of the entry before> <SHA-256 of the bytes> <SHA-256 of this line so far>\n
 *
 * The mark costs one more fdatasync. Where the power goes, or the process ends, this is found at the next opening:
 *
 * 1. *Before the mark is durable*: the mark before it, or one that cannot be read. Of the write there is nothing.
 * 2. *Before the entries are durable*: the mark, and any part of the entries. Nobody was told of them. If all of them are
 *    there they stay, or else they are all cut off.
 * 3. *Once they are durable*, and before anybody is told so, the mark is blotted out. That stays undone where the power
 *    goes, and then the mark speaks of entries that are whole, so nothing is cut off. Where anything stands after them
 *    they were durable before it was written, and the mark counts for nothing, whatever has become of them.
 * 4. *Once it was blotted out*, damage is damage, and who cuts the trail, or puts an older copy in its place, loses no more
 *    than that. Closing the store removes it, as does every opening for writing, and that durably before anything is written.
 */
export class BatchMark {
  readonly #system: FileSystem
  readonly #path: string
  readonly #folder: string
  #fd: number | undefined
  #isBlotted = false

  constructor(system: FileSystem, path: string, folder: string) {
    this.#system = system
    this.#path = path
    this.#folder = folder
  }

  /** Writes the mark, and makes it durable. */
  async write(mark: Mark): Promise<void> {
    const created = this.#fd === undefined
    this.#fd ??= await this.#system.open(this.#path, constants.O_WRONLY | constants.O_CREAT)
    this.#isBlotted = false
    writeAll(this.#system, this.#fd, new TextEncoder().encode(lineOf(mark)), 0)
    await this.#system.fdatasync(this.#fd)
    if (created) await syncFolder(this.#system, this.#folder)
  }

  /**
   * Blots the mark out, as its entries are durable. That itself is not made durable: where a crash brings the mark
   * back, it speaks of entries that are whole.
   */
  blot(): void {
    if (this.#fd === undefined) return
    writeAll(this.#system, this.#fd, BLOT, 0)
    this.#isBlotted = true
  }

  /**
   * Closes the side file, and removes it where its mark is blotted out. Any other mark stays: the trail may have been
   * cut in that write, and then the next opening needs it.
   */
  async close(): Promise<void> {
    const fd = this.#fd
    this.#fd = undefined
    if (fd === undefined) return
    await this.#system.close(fd)
    if (this.#isBlotted) await removeMark(this.#system, this.#path)
  }
}

/**
 * Takes the side file away, once the trail ends where it should. It must be gone before anything is written: a mark
 * that outlives the write it speaks of would, at the next open, be taken to speak of another.
 */
export async function removeMark(system: FileSystem, path: string): Promise<void> {
  try {
    await system.unlink(path)
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') throw cause
  }
}

/** The mark beside a trail, if there is one and it is not blotted out. */
export async function readMark(system: FileSystem, path: string): Promise<Mark | undefined> {
  const last = await readLastMark(system, path)
  return typeof last === 'string' || last.isBlotted ? undefined : last
}

/** The last mark that was written beside a trail, be it blotted out. One that is just being written may be unreadable. */
export async function readLastMark(system: FileSystem, path: string): Promise<LastMark | 'none' | 'unreadable'> {
  let text: string
  try {
    text = await system.readText(path)
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return 'none'
    throw cause
  }
  const isBlotted = text.startsWith('-')
  const line = isBlotted ? `0${text.slice(1)}` : text
  const [, start, end, prev, digest] = LINE.exec(line) ?? []
  if (start === undefined || end === undefined || prev === undefined || digest === undefined) return 'unreadable'
  const mark = { start: Number(start), end: Number(end), prev, digest }
  return lineOf(mark) === line ? { ...mark, isBlotted } : 'unreadable'
}

function lineOf({ start, end, prev, digest }: Mark): string {
  const text = `${place(start)} ${place(end)} ${prev} ${digest} `
  return `${text}${hash('sha256', text)}\n`
}

const place = (byte: number): string => `${byte}`.padStart(DIGITS, '0')
