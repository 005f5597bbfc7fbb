import { type Entry, leafHash, MAX_ENTRY_BYTES, readEntry, type Tree } from '@countersign/trail'
import { damagedLine, unreadable } from './fault.ts'
import type { FileSystem } from './file-system.ts'
import { agrees, arrivedBySectors } from './sector.ts'
import type { TrailIndex } from './trail-index.ts'

const BLOCK = 1 << 20
const NEWLINE = 0x0a

/**
 * Reads whole lines from where the index ends up to the byte `until`, in blocks of 1 MiB, and adds each entry to the
 * index and its leaf to the tree. Bytes after the last newline stay unread, and so does a last line of which something
 * did not arrive. Throws `store.damaged` at the first line that is no entry, does not hang on the one before, or has a
 * place in trail or stream that is not its own.
 */
export async function scan(
  system: FileSystem,
  fd: number,
  path: string,
  until: number,
  index: TrailIndex,
  tree: Tree,
): Promise<void> {
  const rest = until - index.end
  if (rest <= 0) return
  // Room for one block, and before it for the beginning of a line that the last block cut.
  const buffer = Buffer.allocUnsafe(Math.min(rest, BLOCK + MAX_ENTRY_BYTES + 1))
  const damaged = (because: string, cause?: unknown) => damagedLine(path, index.size + 1, index.end, because, cause)
  let have = 0
  for (let position = index.end; position < until; ) {
    const count = await readBlock(system, fd, path, buffer, have, Math.min(BLOCK, until - position), position)
    position += count
    have += count
    let from = 0
    const filled = buffer.subarray(0, have)
    for (let to = filled.indexOf(NEWLINE); to !== -1; to = filled.indexOf(NEWLINE, from)) {
      if (position - have + to + 1 === until && isLost(filled.subarray(from, to + 1), index)) return
      addLine(filled.subarray(from, to), index, tree, damaged)
      from = to + 1
    }
    if (have - from > MAX_ENTRY_BYTES) throw damaged(TOO_LONG)
    buffer.copyWithin(0, from, have)
    have -= from
  }
}

async function readBlock(
  system: FileSystem,
  fd: number,
  path: string,
  into: Uint8Array,
  offset: number,
  length: number,
  position: number,
): Promise<number> {
  let count: number
  try {
    count = await system.read(fd, into, offset, Math.min(length, into.length - offset), position)
  } catch (cause) {
    throw unreadable(path, cause)
  }
  if (count <= 0) throw unreadable(path, new Error(`it became shorter while it was read, at byte ${position}`))
  return count
}

/** Adds whole lines that come next. `damaged` makes the error for one that is no entry, or has not its place. */
export function addAll(lines: Uint8Array, index: TrailIndex, tree: Tree, damaged: (because: string) => Error): void {
  if (lines.at(-1) !== NEWLINE) throw damaged('has no end')
  for (let from = 0; from < lines.length; ) {
    const to = lines.indexOf(NEWLINE, from)
    addLine(lines.subarray(from, to), index, tree, damaged)
    from = to + 1
  }
}

function addLine(
  line: Uint8Array,
  index: TrailIndex,
  tree: Tree,
  damaged: (because: string, cause?: unknown) => Error,
): void {
  const { body, prev } = entryOf(line, damaged)
  const wrong =
    misplaced('seq', index.size, body.seq) ??
    misplaced('prev', index.lastHash, prev) ??
    misplaced(`streamSeq in ${JSON.stringify(body.stream)}`, index.version(body.stream), body.streamSeq)
  if (wrong !== undefined) throw damaged(wrong)
  const leaf = leafHash(line)
  index.add(body.stream, line.length, leaf)
  tree.append(leaf)
}

function entryOf(line: Uint8Array, damaged: (because: string, cause?: unknown) => Error): Entry {
  if (line.length > MAX_ENTRY_BYTES) throw damaged(TOO_LONG)
  try {
    return readEntry(line)
  } catch (cause) {
    throw damaged(whyNot(line, cause), cause)
  }
}

function misplaced(what: string, expected: string | number, found: string | number): string | undefined {
  return expected === found ? undefined : `has the ${what} ${found} where ${expected} is expected`
}

const TOO_LONG = `is longer than an entry can be (${MAX_ENTRY_BYTES} bytes)`

/** Says where an editor or a copy has changed the file as a text. Else it tells the entry's own error. */
function whyNot(line: Uint8Array, cause: unknown): string {
  if (line.length === 0) return 'is empty'
  if (line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf) return 'begins with a byte order mark'
  if ((line[0] === 0xff && line[1] === 0xfe) || (line[0] === 0xfe && line[1] === 0xff)) return 'is UTF-16, not UTF-8'
  if (line.at(-1) === 0x0d) return 'ends with CR LF where LF alone is expected'
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(line)
  } catch {
    return 'is not UTF-8'
  }
  return `is no entry: ${cause instanceof Error ? cause.message : String(cause)}`
}

/** `{"body":{"` */
const BEGINNING = new TextEncoder().encode('{"body":{"')

/**
 * Whether an unfinished write of this store can have left these bytes at the end of a file: the beginning of an entry,
 * or one with zeros in place of what did not arrive. Anything else was put there by somebody, and is not ours to cut
 * off. The index ends where they begin.
 */
export function isUnfinished(tail: Uint8Array, index: TrailIndex): boolean {
  if (isLost(tail, index)) return true
  if (tail.length > MAX_ENTRY_BYTES || tail.includes(NEWLINE)) return false
  return tail.every((byte, place) => place >= BEGINNING.length || byte === BEGINNING[place])
}

/**
 * Whether this is the one line that would come next, of which a power cut has left some sectors as zeros: the file had
 * grown, and they did not arrive. The others are as they were written, and what is written holds no zero. At the very
 * start of a file zeros may be anybody's.
 */
function isLost(line: Uint8Array, index: TrailIndex): boolean {
  if (line.length > MAX_ENTRY_BYTES + 1 || !line.includes(0) || (index.end === 0 && line[0] === 0)) return false
  if (!agrees(line, BEGINNING, 0)) return false
  const newline = line.indexOf(NEWLINE)
  if (newline !== -1) {
    const ending = new TextEncoder().encode(`"prev":"${index.lastHash}"}\n`)
    if (newline !== line.length - 1 || !agrees(line, ending, line.length - ending.length)) return false
  }
  return arrivedBySectors(line, index.end)
}

/** The error for an end of the file that no unfinished write can have left (`isUnfinished`). */
export function strangeEnd(path: string, tail: Uint8Array, index: TrailIndex): Error {
  return damagedLine(path, index.size + 1, index.end, whyStrange(tail, index))
}

function whyStrange(tail: Uint8Array, index: TrailIndex): string {
  if (tail.length > MAX_ENTRY_BYTES) return TOO_LONG
  if (index.size === 0 && tail[0] === 0)
    return 'is zeros at its beginning, as a power cut can leave a trail that was just begun: where nothing in it was ever acknowledged, delete the file'
  return whyNot(tail, new Error('it does not begin like one'))
}
