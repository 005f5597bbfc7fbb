import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import type { Hash } from '@countersign/trail'
import { unreadable } from './fault.ts'
import { type FileSystem, readUpTo, syncFolder, systemCode, TO_READ, writeAll } from './file-system.ts'

/** A write of several entries: the bytes from `start` to `end`, which have this SHA-256. */
export interface Batch {
  readonly start: number
  readonly end: number
  /** The leaf hash of the entry before `start`. */
  readonly prev: Hash
  readonly digest: Hash
}

/** The last batch of a writer. */
export interface LastBatch extends Batch {
  /** Whether it was durable in the trail itself, so that nothing is to be done about it any more. */
  readonly isBlotted: boolean
}

/** The opening of the trail has taken away what was there. */
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL

/** No trail is so long that the first digit is another than 0. */
const DIGITS = 16
/** What the line begins with once it is blotted out, in place of its first digit. */
const BLOT = Uint8Array.of(0x2d)
const LINE = /^(\d{16}) (\d{16}) ([0-9a-f]{64}) ([0-9a-f]{64}) ([0-9a-f]{64})\n$/
const MOST_BYTES = 2 ** 31 - 1
const LINE_LENGTH = 2 * (DIGITS + 1) + 3 * 65

/**
 * The side file `trail.jsonl.batch`, which makes a write of several entries atomic in the face of a crash.
 *
 * A trail's lines do not say where a write ends, and must not: they are the normative format. A power cut may leave any
 * part of a write, also its end without its middle, in whose place are zeros. One entry alone needs no side file: it is
 * the last line, and no entry holds a zero. Several entries, be they of one append or of several, are written here first,
 * after a line that says from where to where in the trail they will reach and what they are:
 *
 *     0000000000001234 0000000000005678 <leaf hash of the entry before> <SHA-256 of the entries> <SHA-256 of this line so far>\n
 *
 * Once that is durable the entries are written to the trail, and acknowledged. The trail itself is flushed while those who
 * asked go on, and before anything else is written. Where the power goes, or the process ends, this is found at the next
 * opening:
 *
 * 1. *Before this file is durable*: what it held before, or what cannot be read, or a line without its entries. Of the
 *    write the trail has nothing, and nobody was told of it.
 * 2. *Before the trail is durable*: the entries here, and any part of them there. They may have been acknowledged, so all
 *    of them are written to the trail once more.
 * 3. *Once the trail is durable* the line is blotted out. That is not flushed, and stays undone where the power goes; the
 *    entries are whole then. Where anything stands after them they were durable before it was written, and this file counts
 *    for nothing, whatever has become of them.
 * 4. *Once the line was blotted out*, damage is damage. Closing the store removes the file, as does every opening for writing,
 *    and that durably before anything is written.
 */
export class BatchFile {
  readonly #system: FileSystem
  readonly #path: string
  readonly #folder: string
  readonly #mode: number
  #fd: number | undefined
  #isBlotted = false

  /** `mode`: the permissions of the trail. Whoever may not read that may not read what is to come into it. */
  constructor(system: FileSystem, path: string, folder: string, mode: number) {
    this.#system = system
    this.#path = path
    this.#folder = folder
    this.#mode = mode
  }

  /** Writes a batch, and makes it durable. */
  async write(batch: Batch, entries: Uint8Array): Promise<void> {
    const created = this.#fd === undefined
    this.#fd ??= await this.#system.open(this.#path, NEW, this.#mode)
    this.#isBlotted = false
    writeAll(this.#system, this.#fd, Buffer.concat([Buffer.from(lineOf(batch)), entries]), 0)
    await this.#system.fdatasync(this.#fd)
    if (created) await syncFolder(this.#system, this.#folder)
  }

  /**
   * Blots the batch out, as its entries are durable in the trail. That itself is not made durable: where a crash brings
   * the batch back, it speaks of entries that are whole.
   */
  blot(): void {
    if (this.#fd === undefined) return
    writeAll(this.#system, this.#fd, BLOT, 0)
    this.#isBlotted = true
  }

  /** Blots the batch out for good, as nothing of it shall come into the trail. */
  async withdraw(): Promise<void> {
    if (this.#fd === undefined || this.#isBlotted) return
    this.blot()
    await this.#system.fdatasync(this.#fd)
  }

  /**
   * Closes the side file, and removes it where its batch is blotted out. Any other stays: the next opening needs it.
   */
  async close(): Promise<void> {
    const fd = this.#fd
    this.#fd = undefined
    if (fd === undefined) return
    await this.#system.close(fd)
    if (this.#isBlotted) await removeBatch(this.#system, this.#path)
  }
}

/**
 * Takes the side file away, once the trail ends where it should. It must be gone before anything is written: a batch
 * that outlives the write it speaks of would, at the next opening, be taken to speak of another.
 */
export async function removeBatch(system: FileSystem, path: string): Promise<void> {
  try {
    await system.unlink(path)
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') throw cause
  }
}

/** What the side file beside a trail says, if there is one and it is not blotted out. */
export async function readBatch(system: FileSystem, path: string): Promise<Batch | undefined> {
  const last = await readLastBatch(system, path)
  return typeof last === 'string' || last.isBlotted ? undefined : last
}

/** What the side file says, be it blotted out. One that is just being written may be unreadable. */
export async function readLastBatch(system: FileSystem, path: string): Promise<LastBatch | 'none' | 'unreadable'> {
  const line = await open(system, path, fd => readUpTo(system, fd, LINE_LENGTH, 0))
  return line === undefined ? 'none' : (batchIn(Buffer.from(line).toString('latin1')) ?? 'unreadable')
}

/**
 * The entries of a batch, where they are in the side file as it says, and `undefined` where they are not: what it speaks
 * of was never begun then, or somebody has changed it.
 */
export async function entriesOf(system: FileSystem, path: string, batch: Batch): Promise<Uint8Array | undefined> {
  const length = batch.end - batch.start
  const entries = await open(system, path, async fd =>
    // No more memory than there are bytes, whatever the line says, and no more than a writer can have had.
    length > MOST_BYTES || system.fstat(fd).size < LINE_LENGTH + length
      ? undefined
      : readUpTo(system, fd, length, LINE_LENGTH),
  )
  return entries !== undefined && hash('sha256', entries) === batch.digest ? entries : undefined
}

/**
 * Opens the side file for a reading; `undefined` where there is none. Throws `store.damaged` where it cannot be read, be it a
 * folder, say.
 */
async function open<T>(system: FileSystem, path: string, read: (fd: number) => Promise<T>): Promise<T | undefined> {
  let isOpen = false
  try {
    const fd = await system.open(path, TO_READ)
    isOpen = true
    try {
      return await read(fd)
    } finally {
      await system.close(fd)
    }
  } catch (cause) {
    if (!isOpen && systemCode(cause) === 'ENOENT') return undefined
    throw unreadable(path, cause)
  }
}

function batchIn(text: string): LastBatch | undefined {
  const isBlotted = text.startsWith('-')
  const line = isBlotted ? `0${text.slice(1)}` : text
  const [, start, end, prev, digest] = LINE.exec(line) ?? []
  if (start === undefined || end === undefined || prev === undefined || digest === undefined) return undefined
  const batch = { start: Number(start), end: Number(end), prev, digest }
  return lineOf(batch) === line && batch.start < batch.end ? { ...batch, isBlotted } : undefined
}

function lineOf({ start, end, prev, digest }: Batch): string {
  const text = `${place(start)} ${place(end)} ${prev} ${digest} `
  return `${text}${hash('sha256', text)}\n`
}

const place = (byte: number): string => `${byte}`.padStart(DIGITS, '0')
