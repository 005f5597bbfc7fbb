import { constants } from 'node:fs'
import { endianness } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { type Hash, Tree } from '@countersign/trail'
import { type FileSystem, readExactly, type Stamp, writeAll } from './file-system.ts'
import { StreamTable } from './stream-table.ts'
import { TrailIndex } from './trail-index.ts'
import type { TrailPath } from './trail-path.ts'

// The side file `trail.jsonl.index`: what reading the whole trail has told, so that the next one need not read it again.
//
// It counts only where nobody has touched the trail since: the trail's own writer has read every line, or written it, and leaves
// the index when it closes, with the stamp that the trail has then. Any write gives the file another stamp, whoever makes it,
// and then the file is read from its beginning. So nothing is held sound that nobody has read. It is no part of the trail, and
// may be deleted at any time.
//
//     countersign/index/v1 <crc32 of all that follows>␣␣\n
//     <JSON: see `Header`>\n
//     where each entry begins, as 64-bit floats; of each the one before it in its stream, as 32-bit numbers;
//     of each stream three 32-bit numbers; the names of the streams. Each part is filled up with zeros to a multiple of eight bytes.

const FORMAT = 'countersign/index/v1'
const FIRST = 32
const MAX_HEADER = 1 << 14
const NEWLINE = 0x0a

/** From how many bytes on a trail is worth an index: fewer are read in some hundredths of a second. */
export const WORTH_AN_INDEX = 1 << 20

/** Two writes within so many milliseconds may bear the same date. */
const TICK = 20

/** What stands before the numbers. */
interface Header {
  readonly order: 'LE' | 'BE'
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
  // An entry takes more than what is kept of it.
  if (kind !== 'file' || size > system.fstat(fd).size) return undefined
  const bytes = await readFile(system, at.index, size)
  const first = Buffer.from(bytes.buffer, 0, FIRST).toString('latin1')
  if (first !== firstLine(bytes.subarray(FIRST))) return undefined
  const header = headerOf(bytes)
  if (header === undefined) return undefined
  const { trail, leafHash: lastHash, peaks } = header.said
  if (!isSame(await system.stamp(fd), trail)) return undefined
  const parts = partsOf(bytes, header.length, header.said)
  if (parts === undefined) return undefined
  const { starts, before, streams } = parts
  return {
    index: TrailIndex.from({ end: trail.size, lastHash, starts, before, streams }),
    tree: Tree.from({ size: starts.length, peaks: [...peaks] }),
  }
}

async function readFile(system: FileSystem, path: string, size: number): Promise<Uint8Array> {
  const fd = await system.open(path, constants.O_RDONLY)
  try {
    return await readExactly(system, fd, size, 0)
  } finally {
    await system.close(fd)
  }
}

function headerOf(bytes: Uint8Array): { said: Header; length: number } | undefined {
  const length = bytes.indexOf(NEWLINE, FIRST) + 1 - FIRST
  if (length <= 0 || length > MAX_HEADER) return undefined
  const said: Header = JSON.parse(Buffer.from(bytes.buffer, FIRST, length).toString('utf8'))
  const counts = [said.trail.size, said.entries, said.streams, said.names]
  const isPlain = counts.every(count => Number.isSafeInteger(count) && count >= 0) && Array.isArray(said.peaks)
  return isPlain && said.order === endianness() && said.entries > 0 ? { said, length: eights(length) } : undefined
}

/** The numbers where they stand. `undefined` where they are more or fewer than the header says, or cannot be. */
function partsOf(
  { buffer, length }: Uint8Array,
  headerLength: number,
  { entries, streams, names }: Header,
): Pick<ReturnType<TrailIndex['state']>, 'starts' | 'before' | 'streams'> | undefined {
  let at = FIRST + headerLength
  const take = (size: number) => {
    const from = at
    at += eights(size)
    return from
  }
  const [startsAt, beforeAt, numbersAt, namesAt] = [
    take(entries * 8),
    take(entries * 4),
    take(streams * 12),
    take(names),
  ]
  if (at !== length) return undefined
  const numbers = new Uint32Array(buffer, numbersAt, streams * 3)
  const most = [entries, entries - 1, names] as const
  for (let place = 0; place < numbers.length; place++)
    if ((numbers[place] as number) > (most[place % 3] as number)) return undefined
  return {
    starts: new Float64Array(buffer, startsAt, entries),
    before: new Uint32Array(buffer, beforeAt, entries),
    streams: new StreamTable(numbers, Buffer.from(buffer, namesAt, names)),
  }
}

/**
 * Leaves an index of a trail that is closed by its writer. Nothing hangs on it: where it cannot be written there is none, and where
 * a crash leaves some of it, that is seen. It is worth nothing where the file system's dates cannot tell one write from the
 * next.
 */
export async function keep(system: FileSystem, fd: number, at: TrailPath, { index, tree }: Known): Promise<void> {
  const draft = `${at.index}.new`
  try {
    const trail = await settledStamp(system, fd)
    if (trail === undefined || trail.size !== index.end) return
    const mode = system.fstat(fd).mode
    await system.unlink(draft).catch(() => undefined)
    // Whoever may not read the trail is not told what its streams are called.
    const draftFd = await system.open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode)
    try {
      for (const part of writtenParts(trail, index, tree)) writeAll(system, draftFd, part, null)
    } finally {
      await system.close(draftFd)
    }
    await system.rename(draft, at.index)
  } catch {
    await system.unlink(draft).catch(() => undefined)
  }
}

function writtenParts(trail: Stamp, index: TrailIndex, tree: Tree): Uint8Array[] {
  const { starts, before, streams, lastHash } = index.state()
  const header: Header = {
    order: endianness(),
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

const isSame = (one: Stamp, other: Stamp): boolean =>
  one.device === other.device &&
  one.inode === other.inode &&
  one.size === other.size &&
  one.modified === other.modified &&
  one.changed === other.changed

/** The trail's stamp, once whatever is written next gets another one. `undefined` where that cannot be known. */
async function settledStamp(system: FileSystem, fd: number): Promise<Stamp | undefined> {
  const { modified, changed } = await system.stamp(fd)
  // A file system that dates by whole milliseconds, or by seconds, would give two writes the same.
  if ([modified, changed].some(date => date.endsWith('000000'))) return undefined
  const latest = Math.max(Number(modified), Number(changed)) / 1e6
  const left = Math.ceil(latest + TICK - Date.now())
  // The clock was put back.
  if (left > 2 * TICK) return undefined
  if (left > 0) await setTimeout(left)
  return await system.stamp(fd)
}
