import { constants } from 'node:fs'
import { CountersignError, encodeUtf8 } from '@countersign/trail'
import { MAX_PRIVATE_BYTES, type Opening, parseOpening } from '@countersign/trail/store'
import { RESTORE, unreadable } from './fault.ts'
import { type FileSystem, nodeFileSystem, readUpTo } from './file-system.ts'
import { agrees, arrivedBySectors } from './sector.ts'

const BLOCK = 1 << 20
const NEWLINE = 0x0a
/** How long the line of an opening is at most, without its newline. */
export const MAX_LINE_BYTES = MAX_PRIVATE_BYTES + 2_000
/** As many bytes are made durable at once, at most: the longest line. So no more than that, at the end, can ever lack something. */
export const MAX_WRITE_BYTES = MAX_LINE_BYTES + 1

/** Where the line of an opening lies, its newline included. */
export interface Place {
  readonly offset: number
  readonly length: number
  /** Another line of the file that opens the same. */
  readonly also?: Place | undefined
}

/** Finds where each opening of a file lies, and gives the byte at which they end: behind it stands what a crash has left. */
export async function readPlaces(
  system: FileSystem,
  fd: number,
  path: string,
  places: Map<string, Place>,
): Promise<number> {
  let number = 0
  let end = 0
  for await (const { offset, length, bytes, isUnfinished } of linesOf(system, fd, path)) {
    number += 1
    const read = bytes === undefined || isUnfinished === true ? undefined : openingIn(bytes)
    if (read === undefined) {
      // The beginning of an opening is no longer than an opening.
      if (isUnfinished === true && bytes?.includes(0) === false) break
      if (await isLostFrom(system, fd, path, offset)) break
      const because = `line ${number} (at byte ${offset}) is no opening`
      throw new CountersignError(
        'store.damaged',
        `${path} cannot be used: ${because}. Nothing was changed; ${RESTORE}`,
        {
          facts: { path, line: number, offset, because, help: RESTORE },
        },
      )
    }
    const { commitment } = read.opening
    places.set(commitment, { offset, length, also: places.get(commitment) })
    end = offset + length
  }
  return end
}

/** `{"commitment":"` */
const BEGINNING = encodeUtf8('{"commitment":"')

/**
 * Whether a power cut can have left what stands from the beginning of this line on, of one write that it interrupted: the
 * file had grown, and some of its sectors did not arrive, in any order. They hold zeros, and no opening does. All that was
 * acknowledged had arrived, so it ends before the line with the first zero; and no more than one write was on its way.
 */
async function isLostFrom(system: FileSystem, fd: number, path: string, offset: number): Promise<boolean> {
  const rest = await readUpTo(system, fd, MAX_WRITE_BYTES + 1, offset).catch(cause => {
    throw unreadable(path, cause)
  })
  if (rest.length > MAX_WRITE_BYTES || !rest.includes(0) || !arrivedBySectors(rest, offset)) return false
  for (let from = 0; from < rest.length; ) {
    const newline = rest.indexOf(NEWLINE, from)
    const line = rest.subarray(from, newline === -1 ? rest.length : newline)
    if (newline !== -1 && !line.includes(0)) {
      if (openingIn(line) === undefined) return false
    } else if (!agrees(line, BEGINNING, 0) || (newline !== -1 && !ENDS.has(line.at(-1)))) return false
    from += line.length + 1
  }
  return true
}

/** What can stand before the newline of an opening of which something did not arrive: its brace, or a zero. */
const ENDS: ReadonlySet<number | undefined> = new Set([0x7d, 0])

interface Line extends Place {
  /** Without the newline; absent where it is longer than an opening can be. Good until the next line is asked for. */
  readonly bytes?: Uint8Array
  /** It is the last one, and nothing ends it. */
  readonly isUnfinished?: true
}

/** The lines of a file, in memory that is bounded by a block. */
async function* linesOf(system: FileSystem, fd: number, path: string): AsyncGenerator<Line, void, undefined> {
  const buffer = Buffer.allocUnsafe(BLOCK + MAX_LINE_BYTES + 1)
  let have = 0
  let isTooLong = false
  let start = 0
  for (let position = 0; ; ) {
    const count = await system.read(fd, buffer, have, BLOCK, position).catch(cause => {
      throw unreadable(path, cause)
    })
    if (count <= 0) {
      const length = position - start
      const bytes = isTooLong ? {} : { bytes: buffer.subarray(0, have) }
      if (length > 0) yield { offset: start, length, ...bytes, isUnfinished: true }
      return
    }
    position += count
    have += count
    let from = 0
    const filled = buffer.subarray(0, have)
    for (let to = filled.indexOf(NEWLINE); to !== -1; to = filled.indexOf(NEWLINE, from)) {
      const length = position - have + to + 1 - start
      yield { offset: start, length, ...(isTooLong ? {} : { bytes: filled.subarray(from, to) }) }
      isTooLong = false
      start += length
      from = to + 1
    }
    isTooLong ||= have - from > MAX_LINE_BYTES
    if (isTooLong) from = have
    buffer.copyWithin(0, from, have)
    have -= from
  }
}

/** What a line opens, where it is an opening. */
export const openingIn = (line: Uint8Array) => {
  try {
    return parseOpening(line)
  } catch (error) {
    if (error instanceof CountersignError) return undefined
    throw error
  }
}

/**
 * A line of a file of openings: what it opens, whether it does, and where it says that the commitment stands. A last line
 * that nothing ends is `torn`: it has so many bytes, and what they say counts for nothing.
 */
export type ReadOpening =
  | {
      readonly commitment: string
      readonly opens: boolean
      readonly place: Pick<Opening, 'stream' | 'id' | 'field'>
    }
  | { readonly unreadable: true }
  | { readonly torn: number }

/**
 * Reads a file of openings beside whoever writes it, for a verifier: which commitments it opens, at which places, and no
 * value. Throws `store.damaged` where the file cannot be read.
 *
 * @example
 * ```ts
 * import { readOpenings } from '@countersign/store-file'
 *
 * await readOpenings('no-such-file').next() // throws cannot read
 * ```
 */
export async function* readOpenings(path: string): AsyncGenerator<ReadOpening, void, undefined> {
  const system = nodeFileSystem
  const fd = await system.open(path, constants.O_RDONLY).catch(cause => {
    throw unreadable(path, cause)
  })
  try {
    for await (const { bytes, length, isUnfinished } of linesOf(system, fd, path)) {
      // The beginning of an opening is no longer than an opening.
      if (isUnfinished === true && bytes !== undefined) {
        yield { torn: length }
        continue
      }
      const read = bytes === undefined ? undefined : openingIn(bytes)
      if (read === undefined) yield { unreadable: true }
      else {
        const { commitment, stream, id, field } = read.opening
        yield { commitment, opens: read.opens, place: { stream, id, field } }
      }
    }
  } finally {
    await system.close(fd)
  }
}
