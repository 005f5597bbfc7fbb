import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import type { Hash } from '@countersign/trail'
import type { Sealed } from '@countersign/trail/store'
import { unreadable } from './fault.ts'
import { type FileState, type FileSystem, readUpTo, systemCode, TO_READ, writeAll } from './file-system.ts'

/** A write to the trail: the bytes from `start` to `end`, which have this SHA-256. */
export interface Batch {
  readonly start: number
  readonly end: number
  /** The leaf hash of the entry before `start`. */
  readonly prev: Hash
  readonly digest: Hash
}

/** A batch as it is written to the journal: its line, and its entries behind that. */
export interface JournalRecord {
  readonly batch: Batch
  readonly bytes: Uint8Array
  /** The entries in it. */
  readonly entries: Uint8Array
}

/** A batch that the journal tells of, which it holds from the byte `at` to the byte `until`. */
export interface Journalled extends Batch {
  readonly at: number
  readonly until: number
}

/** What a journal tells: batches of which each begins where the one before it ends. There is one at least. */
export interface JournalState {
  readonly batches: readonly [Journalled, ...Journalled[]]
  /** Whether all of them are durable in the trail itself, so that nothing is to be done about them any more. */
  readonly isBlotted: boolean
}

/** From how many bytes on a journal is cut when it is blotted out, and not kept to be written over. */
const MOST_KEPT = 1 << 22
/** How much of a journal is looked through for a later batch. */
const MOST_SOUGHT = 2 * MOST_KEPT
/** Nothing is followed: what lies elsewhere is not ours to write to. Windows knows no such flag. */
const AGAIN = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0)
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL

/** No trail is so long that the first digit is another than 0. */
const DIGITS = 16
/** What the line begins with once it is blotted out, in place of its first digit. */
const BLOT = Uint8Array.of(0x2d)
const NEWLINE = 0x0a
const LINE = /^(\d{16}) (\d{16}) ([0-9a-f]{64}) ([0-9a-f]{64}) ([0-9a-f]{64})\n$/
/** No writer has more at once. */
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
 * 4. *Once the line was blotted out* what the journal tells of must be in the trail. Where it is not, the trail was cut or replaced, or
 *    harmed. Otherwise an opening for writing takes the journal away, and makes it anew, and that durably before anything is written.
 *    Closing the store removes it.
 *
 * A batch may begin in a sector in which another one ends that is nowhere else durable yet: no disk is known to harm bytes of a
 * sector that are written as they were.
 */
export class Journal {
  readonly #system: FileSystem
  readonly #path: string
  readonly #fd: number
  readonly #own: FileState
  #length = 0
  /** How long it was before the last batch. */
  #before = 0
  #last: Batch | undefined
  #isBlotted = true

  private constructor(system: FileSystem, path: string, fd: number, own: FileState) {
    this.#system = system
    this.#path = path
    this.#fd = fd
    this.#own = own
  }

  /**
   * Makes a journal beside a trail, in the place of what is there, with the trail's permissions: whoever may read that may read
   * what is to come into it, and nobody else. Its name is durable once the folder is.
   */
  static async begin(system: FileSystem, path: string, trail: FileState): Promise<Journal> {
    await removeJournal(system, path)
    const fd = await system.open(path, NEW, trail.mode & 0o700)
    try {
      const own = system.fstat(fd)
      await permit(system, fd, own, trail)
      return new Journal(system, path, fd, own)
    } catch (cause) {
      await system.close(fd).catch(() => undefined)
      throw cause
    }
  }

  /** How many bytes it holds that are not blotted out. */
  get length(): number {
    return this.#length
  }

  /** Whether it is at its path, where an opening looks for it. */
  isThere(): boolean {
    try {
      const { device, inode } = this.#system.lookAt(this.#path)
      return device === this.#own.device && inode === this.#own.inode
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return false
      throw cause
    }
  }

  /** Writes a batch behind those before it, and makes it durable. */
  async append(record: JournalRecord): Promise<void> {
    this.#write(record)
    await this.#system.fdatasync(this.#fd)
    this.#length += record.bytes.length
  }

  /** The same, and the thread waits for it. */
  appendInPlace(record: JournalRecord): void {
    this.#write(record)
    this.#system.fdatasyncInPlace(this.#fd)
    this.#length += record.bytes.length
  }

  #write({ batch, bytes }: JournalRecord): void {
    this.#isBlotted = false
    this.#before = this.#length
    this.#last = batch
    writeAll(this.#system, this.#fd, bytes, this.#length)
  }

  /**
   * Blots all of it out, as its entries are durable in the trail. That itself is not made durable: where a crash brings
   * it back, it speaks of entries that are whole. The next batch is written over it, be it blotted out or not.
   */
  async blot(): Promise<void> {
    const length = this.#length
    this.#length = 0
    if (length > MOST_KEPT) await this.#system.ftruncate(this.#fd, 0)
    else writeAll(this.#system, this.#fd, BLOT, 0)
    this.#isBlotted = true
  }

  /**
   * Takes the last batch away for good, be it whole. It is cut off, which needs no room on a full disk. Gives whether an opening
   * finds nothing of it: somebody may have put a copy in the journal's place.
   */
  async withdraw(): Promise<boolean> {
    await this.#system.ftruncate(this.#fd, this.#before)
    await this.#system.fdatasync(this.#fd)
    this.#length = this.#before
    this.#isBlotted = this.#before === 0
    if (this.isThere()) return true
    const found = await readJournal(this.#system, this.#path)
    const last = this.#last
    return (
      typeof found === 'string' ||
      !found.batches.some(({ start, digest }) => start === last?.start && digest === last.digest)
    )
  }

  /**
   * Closes the journal, and removes it where it is blotted out. Any other stays: the next opening needs it. What somebody else
   * has put in its place stays, too.
   */
  async close(): Promise<void> {
    let isOver = false
    try {
      isOver = this.#isBlotted && this.isThere()
    } finally {
      await this.#system.close(this.#fd)
    }
    if (isOver) await removeJournal(this.#system, this.#path)
  }
}

/** A batch as it is written: from the byte `start` of the trail on, where the entry before has the leaf hash `prev`. */
export function recordOf(start: number, prev: Hash, sealed: readonly Sealed[]): JournalRecord {
  let length = LINE_LENGTH
  for (const entry of sealed) length += entry.bytes.length + 1
  const bytes = Buffer.allocUnsafe(length)
  let at = LINE_LENGTH
  for (const entry of sealed) {
    bytes.set(entry.bytes, at)
    at += entry.bytes.length
    bytes[at++] = NEWLINE
  }
  const entries = bytes.subarray(LINE_LENGTH)
  const batch = { start, end: start + entries.length, prev, digest: hash('sha256', entries) }
  bytes.write(lineOf(batch), 'latin1')
  return { batch, bytes, entries }
}

/** Windows has no such permissions. */
async function permit(system: FileSystem, fd: number, { group, mode }: FileState, trail: FileState): Promise<void> {
  if (process.platform === 'win32') return
  const isOfGroup = group === trail.group || (await attempt(system.fchgrp(fd, trail.group)))
  // Those of another group are not meant by what the trail's group may.
  const wanted = isOfGroup ? trail.mode : trail.mode & ~0o070
  if (mode !== wanted) await system.fchmod(fd, wanted)
}

const attempt = (work: Promise<void>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  )

/**
 * Writes the first bytes of a journal over themselves, and makes them durable: of a writer that was killed they may be in the
 * system's memory only, and after a flush that failed a system may take for clean what never reached the disk. What comes into the
 * trail must be durable here before.
 */
export async function secure(system: FileSystem, path: string, length: number): Promise<void> {
  const fd = await system.open(path, AGAIN)
  try {
    writeAll(system, fd, await readUpTo(system, fd, length, 0), 0)
    await system.fdatasync(fd)
  } finally {
    await system.close(fd)
  }
}

/**
 * Takes away what lies at the journal's place. It must be gone before anything is written: a batch
 * that outlives the write it speaks of would, at the next opening, be taken to speak of another.
 */
async function removeJournal(system: FileSystem, path: string): Promise<void> {
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
    const next = batchIn(await lineAt(last.until), last.until)
    if (next === undefined || next.start !== last.end) return { batches, isBlotted: line.startsWith('-') }
    batches.push(next)
    last = next
  }
}

/**
 * Whether a journal tells, from one of its bytes on, of a batch that begins in the trail after a byte. Behind what was
 * written last stand older batches only, so that was written later than what stands before it.
 */
export async function tellsOfLater(system: FileSystem, path: string, from: number, end: number): Promise<boolean> {
  const found = await open(system, path, async fd => {
    const length = Math.max(0, Math.min(system.fstat(fd).size - from, MOST_SOUGHT))
    const bytes = Buffer.from(await readUpTo(system, fd, length, from))
    for (let at = 0; at < bytes.length; at = bytes.indexOf(NEWLINE, at) + 1 || bytes.length) {
      const batch = batchIn(bytes.toString('latin1', at, at + LINE_LENGTH), from + at)
      if (batch !== undefined && batch.start > end) return true
    }
    return false
  })
  return found === true
}

/**
 * The entries of a batch, where they are in the journal as it says, and `undefined` where they are not: what it speaks
 * of was never begun then, or somebody has changed it.
 */
export async function entriesOf(system: FileSystem, path: string, batch: Journalled): Promise<Uint8Array | undefined> {
  const length = batch.end - batch.start
  const entries = await open(system, path, async fd =>
    // No more memory than there are bytes, whatever the line says.
    system.fstat(fd).size < batch.until ? undefined : readUpTo(system, fd, length, batch.at + LINE_LENGTH),
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
  if (batch.end - batch.start > MOST_BYTES) return undefined
  const until = at + LINE_LENGTH + (batch.end - batch.start)
  return lineOf(batch) === line && batch.start < batch.end ? { ...batch, at, until } : undefined
}

function lineOf({ start, end, prev, digest }: Batch): string {
  const text = `${place(start)} ${place(end)} ${prev} ${digest} `
  return `${text}${hash('sha256', text)}\n`
}

const place = (byte: number): string => `${byte}`.padStart(DIGITS, '0')
