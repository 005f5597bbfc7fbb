import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import type { Hash } from '@countersign/trail'
import { unreadable } from './fault.ts'
import { type FileSystem, readUpTo, syncFolder, systemCode, TO_READ, writeAll } from './file-system.ts'

/** A write to the trail: the bytes from `start` to `end`, which have this SHA-256. */
export interface Batch {
  readonly start: number
  readonly end: number
  /** The leaf hash of the entry before `start`. */
  readonly prev: Hash
  readonly digest: Hash
}

/** A batch that the journal tells of, which it holds from the byte `at` on. */
export interface Journalled extends Batch {
  readonly at: number
}

/** What a journal tells: batches of which each begins where the one before it ends. There is one at least. */
export interface JournalState {
  readonly batches: readonly [Journalled, ...Journalled[]]
  /** Whether all of them are durable in the trail itself, so that nothing is to be done about them any more. */
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
/** How much is read at once to find the lines. */
const BLOCK = 1 << 16
const LINE_LENGTH = 2 * (DIGITS + 1) + 3 * 65

/**
 * The side file `trail.jsonl.journal`, which makes each write atomic and durable before it comes to the trail.
 *
 * A trail's lines do not say where a write ends, and must not: they are the normative format. A power cut may leave any
 * part of a write, also its end without its middle, in whose place are zeros. So each batch of entries, be they of one append or
 * of several, is written here first, after a line that says from where to where in the trail it will reach and what it is:
 *
 *     0000000000001234 0000000000005678 <leaf hash of the entry before> <SHA-256 of the entries> <SHA-256 of this line so far>\n
 *
 * Once that is durable the entries are written to the trail, and acknowledged. One batch comes behind the other, until the
 * trail is flushed, a moment later; then the first line is blotted out, and the next batch begins here anew. It writes
 * over what is there, which a disk takes more quickly than a file that grows. Where the power goes, or the process ends, this is
 * found at the next opening:
 *
 * 1. *Before a batch is durable here*: what was there before, or what cannot be read, or a line without its entries. Of that
 *    batch the trail has nothing, and nobody was told of it. An older one behind it begins elsewhere in the trail than it ends.
 * 2. *Before the trail is durable*: the batches here, and any part of them there. They may have been acknowledged, so all
 *    of them are written to the trail once more.
 * 3. *Once the trail is durable* the first line is blotted out. That is not flushed, and stays undone where the power goes; the
 *    entries are whole then.
 * 4. *Once the line was blotted out*, damage is damage. Closing the store removes the file, as does every opening for writing,
 *    and that durably before anything is written.
 */
export class Journal {
  readonly #system: FileSystem
  readonly #path: string
  readonly #folder: string
  readonly #mode: number
  #fd: number | undefined
  #length = 0
  #isBlotted = false

  /** `mode`: the permissions of the trail. Whoever may not read that may not read what is to come into it. */
  constructor(system: FileSystem, path: string, folder: string, mode: number) {
    this.#system = system
    this.#path = path
    this.#folder = folder
    this.#mode = mode
  }

  /** How many bytes it holds that are not blotted out. */
  get length(): number {
    return this.#length
  }

  /** Writes a batch behind those before it, and makes it durable; `inPlace`: the thread waits for that. */
  async append(batch: Batch, entries: Uint8Array, inPlace: boolean): Promise<void> {
    const created = this.#fd === undefined
    this.#fd ??= await this.#system.open(this.#path, NEW, this.#mode)
    this.#isBlotted = false
    const record = Buffer.concat([Buffer.from(lineOf(batch)), entries])
    writeAll(this.#system, this.#fd, record, this.#length)
    if (inPlace) this.#system.fdatasyncInPlace(this.#fd)
    else await this.#system.fdatasync(this.#fd)
    if (created) await syncFolder(this.#system, this.#folder)
    this.#length += record.length
  }

  /**
   * Blots all of it out, as its entries are durable in the trail. That itself is not made durable: where a crash brings
   * it back, it speaks of entries that are whole.
   */
  blot(): void {
    if (this.#fd === undefined) return
    writeAll(this.#system, this.#fd, BLOT, 0)
    this.#length = 0
    this.#isBlotted = true
  }

  /** Blots all of it out for good, as nothing of its last batch shall come into the trail, and the others are durable there. */
  async withdraw(): Promise<void> {
    if (this.#fd === undefined || this.#isBlotted) return
    this.blot()
    await this.#system.fdatasync(this.#fd)
  }

  /**
   * Closes the journal, and removes it where it is blotted out. Any other stays: the next opening needs it.
   */
  async close(): Promise<void> {
    const fd = this.#fd
    this.#fd = undefined
    if (fd === undefined) return
    await this.#system.close(fd)
    if (this.#isBlotted) await removeJournal(this.#system, this.#path)
  }
}

/**
 * Takes the journal away, once the trail ends where it should. It must be gone before anything is written: a batch
 * that outlives the write it speaks of would, at the next opening, be taken to speak of another.
 */
export async function removeJournal(system: FileSystem, path: string): Promise<void> {
  try {
    await system.unlink(path)
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') throw cause
  }
}

/**
 * What the journal beside a trail says, be it blotted out. Beside a writer it may be unreadable where it begins anew, or tell of
 * fewer batches than there are: whatever it tells of is there, as each begins in the trail where the one before it ends.
 */
export async function readJournal(system: FileSystem, path: string): Promise<JournalState | 'none' | 'unreadable'> {
  return (await open(system, path, fd => read(system, fd))) ?? 'none'
}

async function read(system: FileSystem, fd: number): Promise<JournalState | 'unreadable'> {
  let from = 0
  let block: Uint8Array = new Uint8Array()
  const lineAt = async (at: number): Promise<string> => {
    if (at + LINE_LENGTH > from + block.length) {
      from = at
      block = await readUpTo(system, fd, BLOCK, at)
    }
    return Buffer.from(block.subarray(at - from, at - from + LINE_LENGTH)).toString('latin1')
  }
  const line = await lineAt(0)
  const first = batchIn(line.replace(/^-/, '0'), 0)
  if (first === undefined) return 'unreadable'
  const batches: [Journalled, ...Journalled[]] = [first]
  for (let last = first; ; ) {
    const at = last.at + LINE_LENGTH + (last.end - last.start)
    const next = batchIn(await lineAt(at), at)
    if (next === undefined || next.start !== last.end) return { batches, isBlotted: line.startsWith('-') }
    batches.push(next)
    last = next
  }
}

/**
 * The entries of a batch, where they are in the journal as it says, and `undefined` where they are not: what it speaks
 * of was never begun then, or somebody has changed it.
 */
export async function entriesOf(system: FileSystem, path: string, batch: Journalled): Promise<Uint8Array | undefined> {
  const length = batch.end - batch.start
  const from = batch.at + LINE_LENGTH
  const entries = await open(system, path, async fd =>
    // No more memory than there are bytes, whatever the line says, and no more than a writer can have had.
    length > MOST_BYTES || system.fstat(fd).size < from + length ? undefined : readUpTo(system, fd, length, from),
  )
  return entries !== undefined && hash('sha256', entries) === batch.digest ? entries : undefined
}

/**
 * Opens the journal for a reading; `undefined` where there is none. Throws `store.damaged` where it cannot be read, be it a
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

function batchIn(line: string, at: number): Journalled | undefined {
  const [, start, end, prev, digest] = LINE.exec(line) ?? []
  if (start === undefined || end === undefined || prev === undefined || digest === undefined) return undefined
  const batch = { start: Number(start), end: Number(end), prev, digest }
  return lineOf(batch) === line && batch.start < batch.end ? { ...batch, at } : undefined
}

function lineOf({ start, end, prev, digest }: Batch): string {
  const text = `${place(start)} ${place(end)} ${prev} ${digest} `
  return `${text}${hash('sha256', text)}\n`
}

const place = (byte: number): string => `${byte}`.padStart(DIGITS, '0')
