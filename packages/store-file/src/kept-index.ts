import { constants } from 'node:fs'
import { endianness } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { type Hash, isHash, Tree } from '@countersign/trail'
import { shortened } from './fault.ts'
import { type FileSystem, isSameStamp, readExactly, type Stamp, systemCode, writeAll } from './file-system.ts'
import { bootOf } from './lock.ts'
import { StreamTable } from './stream-table.ts'
import { TrailIndex } from './trail-index.ts'
import type { TrailPath } from './trail-path.ts'

// The side file `trail.jsonl.index`: what reading the whole trail has told, so that the next one need not read it again.
//
// It counts only where nobody has touched the trail since: the trail's own writer has read every line, or written it, and leaves
// the index when it closes, with the stamp that the trail has had since its last write. Any write gives the file another stamp,
// whoever makes it, and then the file is read from its beginning. So it is after every start of the machine, as a power cut can take
// back a stamp and leave what was written. The index is no part of the trail, and may be deleted at any time. Of one thing it speaks
// though it does not count: a trail that is shorter than it was is not opened for writing.
//
//     countersign/index/v1 <crc32 of all that follows>␣␣\n
//     <JSON: see `Header`>\n
//     where each entry begins, as 64-bit floats; of each the one before it in its stream, as 32-bit numbers;
//     of each stream three 32-bit numbers; the names of the streams. Each part is filled up with zeros to a multiple of eight bytes.

/** Raised by whoever takes less for an entry than before: what was read by then was not read so strictly. */
const FORMAT = 'countersign/index/v1'
const FIRST = 32
const MAX_HEADER = 1 << 14
const NEWLINE = 0x0a

/** From how many bytes on a trail is worth an index: fewer are read in some hundredths of a second. */
export const WORTH_AN_INDEX = 1 << 20

/** Two writes within so many milliseconds may bear the same date. */
const TICK = 20
/** What is kept is for the account alone: others may be those who may not read the trail. */
const MODE = 0o600

/** What stands before the numbers. */
interface Header {
  readonly order: 'LE' | 'BE'
  readonly boot: string
  readonly trail: Stamp
  readonly entries: number
  readonly leafHash: Hash
  readonly peaks: readonly Hash[]
  readonly streams: number
  readonly names: number
}

/** What is known of a trail that was read. */
export interface Known {
  readonly index: TrailIndex
  readonly tree: Tree
}

/** A file that is open, and as its writer left it. */
interface Left {
  readonly fd: number
  readonly left: Stamp
}

/** What is known of the trail without reading it: nothing, where its index does not say so beyond doubt. */
export async function keptOf(system: FileSystem, fd: number, at: TrailPath): Promise<Known> {
  try {
    const known = await readKept(system, fd, at)
    if (known !== undefined) return known
  } catch {
    // It is damaged, or cannot be read. The trail itself can.
  }
  return { index: new TrailIndex(), tree: new Tree() }
}

async function readKept(system: FileSystem, fd: number, at: TrailPath): Promise<Known | undefined> {
  const { kind, size } = await system.stat(at.index)
  if (kind !== 'file') return undefined
  const indexFd = await system.open(at.index, constants.O_RDONLY)
  try {
    const beginning = await readExactly(system, indexFd, Math.min(size, FIRST + MAX_HEADER), 0)
    const header = headerOf(beginning)
    // The rest is read only where it counts, and is as long as it should be.
    if (header === undefined || !isSameStamp(system.stamp(fd), header.said.trail)) return undefined
    if (header.said.boot !== (await bootOf(system))) return undefined
    const places = placesOf(header.length, header.said)
    if (places.end !== size) return undefined
    return knownFrom(await readExactly(system, indexFd, size, 0), header.said, places)
  } finally {
    await system.close(indexFd)
  }
}

/**
 * Throws `store.damaged` where the trail ends before it did when it was closed, as its index says. A trail only grows, and all that an
 * index speaks of was durable, so what is missing was taken away. Whether the rest is as it was is not looked at. An index that is
 * damaged, or that this account may not read, says nothing.
 */
export async function requireAllKept(system: FileSystem, at: TrailPath): Promise<void> {
  const more = await moreIn(system, at).catch(() => undefined)
  if (more !== undefined) throw shortened(at.file, more.size, more.was, at.index)
}

/** How long the trail is, and how long it was as an index says that is whole; nothing where it is as long, or longer. */
async function moreIn(system: FileSystem, at: TrailPath): Promise<{ size: number; was: Was } | undefined> {
  const { kind, size: length } = await system.stat(at.index)
  if (kind !== 'file') return undefined
  const fd = await system.open(at.index, constants.O_RDONLY)
  try {
    const header = headerOf(await readExactly(system, fd, Math.min(length, FIRST + MAX_HEADER), 0))
    const size = await sizeAt(system, at.file)
    if (header === undefined || size >= header.said.trail.size) return undefined
    // Only now is all of it read: whatever refuses a trail has to be as it was written.
    const places = placesOf(header.length, header.said)
    if (places.end !== length) return undefined
    const known = knownFrom(await readExactly(system, fd, length, 0), header.said, places)
    return known && { size, was: { size: header.said.trail.size, entries: header.said.entries } }
  } finally {
    await system.close(fd)
  }
}

type Was = Pick<Header, 'entries'> & Pick<Stamp, 'size'>

/** The length of a file; of one that is not there, 0. */
async function sizeAt(system: FileSystem, path: string): Promise<number> {
  try {
    return (await system.stat(path)).size
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return 0
    throw cause
  }
}

function headerOf(bytes: Uint8Array): { said: Header; length: number } | undefined {
  const length = bytes.indexOf(NEWLINE, FIRST) + 1 - FIRST
  if (length <= 0 || !isIndex(bytes)) return undefined
  const said: Header = JSON.parse(Buffer.from(bytes.buffer, FIRST, length).toString('utf8'))
  const { order, trail, entries, leafHash, peaks, streams, names } = said
  const isPlain = [trail.size, entries, streams, names].every(count => Number.isSafeInteger(count) && count >= 0)
  const isFit = isPlain && isHash(leafHash) && Array.isArray(peaks) && order === endianness()
  // Of an entry less is kept than there is, and its stream is named in it.
  const isBounded = entries > 0 && entries * 12 <= trail.size && streams <= entries && names <= 2 * trail.size
  return isFit && isBounded ? { said, length } : undefined
}

const isIndex = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, FORMAT.length)).toString('latin1') === FORMAT

/** Where each part begins, and where the last one ends. */
function placesOf(headerLength: number, { entries, streams, names }: Header) {
  const starts = FIRST + eights(headerLength)
  const before = starts + entries * 8
  const numbers = before + eights(entries * 4)
  const namesAt = numbers + eights(streams * 12)
  return { starts, before, numbers, names: namesAt, end: namesAt + eights(names) }
}

/** `undefined` where it is not what was written, or says of a stream what no stream can have. */
function knownFrom(bytes: Uint8Array, said: Header, places: ReturnType<typeof placesOf>): Known | undefined {
  const { buffer } = bytes
  const { trail, leafHash, peaks, entries, streams, names } = said
  if (Buffer.from(buffer, 0, FIRST).toString('latin1') !== firstLine(bytes.subarray(FIRST))) return undefined
  const numbers = new Uint32Array(buffer, places.numbers, streams * 3)
  const most = [entries, entries - 1, names] as const
  for (let place = 0; place < numbers.length; place++)
    if ((numbers[place] as number) > (most[place % 3] as number)) return undefined
  const index = new TrailIndex({
    end: trail.size,
    lastHash: leafHash,
    starts: new Float64Array(buffer, places.starts, entries),
    before: new Uint32Array(buffer, places.before, entries),
    streams: new StreamTable(numbers, Buffer.from(buffer, places.names, names)),
  })
  return { index, tree: Tree.from({ size: entries, peaks: [...peaks] }) }
}

/**
 * Leaves an index of a trail that is closed by its writer, where nobody else has changed the file since it was read. Nothing hangs
 * on it: where it cannot be written there is none, and where a crash leaves some of it, that is seen. It is worth nothing where
 * the file system's dates cannot tell one write from the next.
 */
export async function keep(system: FileSystem, at: TrailPath, known: Known, file: Left): Promise<void> {
  const draft = `${at.index}.new`
  try {
    if (!(await isSettled(system, file)) || !(await isFree(system, at.index)) || !(await isFree(system, draft))) return
    await system.unlink(draft).catch(() => undefined)
    const fd = await system.open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, MODE)
    try {
      for (const part of writtenParts(file.left, await bootOf(system), known)) writeAll(system, fd, part, null)
    } finally {
      await system.close(fd)
    }
    await system.rename(draft, at.index)
  } catch {
    // What was begun stays until the next one; there is no harm in it.
  }
}

/** Whether a path may be written to: nothing is there, or an index, or what a power cut has left of one. */
async function isFree(system: FileSystem, path: string): Promise<boolean> {
  try {
    const { kind, size } = await system.stat(path)
    if (kind !== 'file') return false
    const fd = await system.open(path, constants.O_RDONLY)
    try {
      const bytes = await readExactly(system, fd, Math.min(size, FIRST), 0)
      return isIndex(bytes) || bytes.every(byte => byte === 0)
    } finally {
      await system.close(fd)
    }
  } catch (cause) {
    return systemCode(cause) === 'ENOENT'
  }
}

function writtenParts(trail: Stamp, boot: string, { index, tree }: Known): Uint8Array[] {
  const { starts, before, streams, lastHash } = index.state()
  const header: Header = {
    order: endianness(),
    boot,
    trail,
    entries: starts.length,
    leafHash: lastHash,
    peaks: tree.state().peaks,
    streams: streams.size,
    names: streams.names.length,
  }
  const parts = [
    ...filled(Buffer.from(`${JSON.stringify(header)}\n`)),
    ...filled(starts),
    ...filled(before),
    ...filled(streams.numbers),
    ...filled(streams.names),
  ]
  return [Buffer.from(firstLine(...parts), 'latin1'), ...parts]
}

/** The bytes, and as many zeros as make a multiple of eight of them. */
function filled({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array[] {
  return [new Uint8Array(buffer, byteOffset, byteLength), new Uint8Array(eights(byteLength) - byteLength)]
}

function firstLine(...parts: readonly Uint8Array[]): string {
  const check = parts.reduce((sum, part) => crc32(part, sum), 0)
  const line = `${FORMAT} ${check.toString(16).padStart(8, '0')}`
  return `${line.padEnd(FIRST - 1)}\n`
}

const eights = (length: number): number => Math.ceil(length / 8) * 8

/** The stamp of a file that is open; none where the system does not give it. */
export function stampOf(system: FileSystem, fd: number): Stamp | undefined {
  try {
    return system.stamp(fd)
  } catch {
    return undefined
  }
}

/** Waits until whatever is written next gets another stamp. False where that cannot be known, or somebody has written already. */
async function isSettled(system: FileSystem, { fd, left }: Left): Promise<boolean> {
  const dates = [left.modified, left.changed]
  // A file system that dates by whole milliseconds, or by seconds, would give two writes the same.
  if (dates.some(date => date.endsWith('000000'))) return false
  const wait = Math.ceil(Math.max(...dates.map(Number)) / 1e6 + TICK - Date.now())
  // The clock was put back.
  if (wait > 2 * TICK) return false
  if (wait > 0) await setTimeout(wait)
  return isSameStamp(system.stamp(fd), left)
}
