import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import type { Hash } from '@countersign/trail'
import { type FileSystem, syncFolder, systemCode, writeAll } from './file-system.ts'

/** A write that is whole only if it reaches `end`. `prev` is the leaf hash of the entry before `start`. */
export interface Mark {
  readonly start: number
  readonly end: number
  readonly prev: Hash
}

/** What a mark says of its write: that it is still to come, or has come. */
export interface LastMark extends Mark {
  readonly isBlotted: boolean
}

/** No trail is so long that the first digit is another than 0. */
const DIGITS = 16
/** What a mark begins with once it is blotted out, in place of its first digit. */
const BLOT = Uint8Array.of(0x2d)
const LINE = /^(\d{16}) (\d{16}) ([0-9a-f]{64}) ([0-9a-f]{64})\n$/

/**
 * The side file `trail.jsonl.batch`, which makes an append of several entries atomic in the face of a crash.
 *
 * A trail's lines do not say where an append ends, and must not: they are the normative format. One entry alone needs
 * no mark: its newline is its last byte. Before several entries that belong together are written, this file says, and
 * says durably, from where to where they will reach:
 *
 *     0000000000001234 0000000000005678 <leaf hash of the entry before> <SHA-256 of all that stands before it>\n
 *
 * A trail that ends between the two was cut in the middle of that write. The mark costs one more fdatasync, and only
 * where an append has several entries. Once these are durable, and before anybody is told so, the mark is blotted out:
 * if somebody cuts the trail later, or puts an older copy in its place, nothing that was acknowledged goes with it.
 * Every open for writing removes it. A mark that cannot be read was cut while it was written itself, and then
 * its entries had not been begun; or it was blotted out, and then they are whole.
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
    writeAll(this.#system, this.#fd, new TextEncoder().encode(line(mark)), 0)
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
  const [, start, end, prev, digest] = LINE.exec(isBlotted ? `0${text.slice(1)}` : text) ?? []
  if (start === undefined || end === undefined || prev === undefined) return 'unreadable'
  const mark = { start: Number(start), end: Number(end), prev }
  return head(mark).digest === digest ? { ...mark, isBlotted } : 'unreadable'
}

function line(mark: Mark): string {
  const { text, digest } = head(mark)
  return `${text}${digest}\n`
}

function head(mark: Mark): { text: string; digest: string } {
  const text = `${`${mark.start}`.padStart(DIGITS, '0')} ${`${mark.end}`.padStart(DIGITS, '0')} ${mark.prev} `
  return { text, digest: hash('sha256', text) }
}
