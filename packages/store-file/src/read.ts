import { leafHash } from '@countersign/trail'
import { placeOf, type Range, type Sealed } from '@countersign/trail/store'
import { unreadable } from './fault.ts'
import { type FileSystem, readExactly } from './file-system.ts'
import type { TrailIndex } from './trail-index.ts'

/**
 * How many bytes are read at once at most, and in how many pieces. A gap of so many bytes between two entries is read
 * along: that is cheaper than another piece.
 */
const BLOCK = 1 << 20
const PIECES = 32
const GAP = 1 << 12
const NEWLINE = 0x0a

/** The places that a range asks for among the first `size` entries, oldest first. */
export interface Places {
  readonly count: number
  at(position: number): number
}

/** Throws `input` where `from` or `to` is no place. */
export function placesOf(range: Range, index: TrailIndex, size: number): Places {
  if ('stream' in range) {
    const members = index.membersOf(range.stream, size)
    return { count: members.length, at: position => members[position] as number }
  }
  const from = placeOf('from', range.from ?? 0)
  const to = Math.min(placeOf('to', range.to ?? size), size)
  return { count: Math.max(0, to - from), at: position => from + position }
}

/**
 * Entries that lie close together: the positions `from` (inclusive) to `to` (exclusive), the byte at which the first
 * one starts, and how many bytes there are to the end of the last one.
 */
interface Piece {
  readonly from: number
  readonly to: number
  readonly start: number
  readonly length: number
}

/**
 * Reads the entries from a position on, as many as fit into one block, but at least one. A range is one piece; the
 * entries of a stream lie scattered, and are asked for all at once.
 */
export async function readSome(
  system: FileSystem,
  fd: number,
  path: string,
  index: TrailIndex,
  places: Places,
  position: number,
): Promise<Sealed[]> {
  const pieces = piecesFrom(index, places, position)
  try {
    const blocks = await Promise.all(pieces.map(({ start, length }) => readExactly(system, fd, length, start)))
    return pieces.flatMap((piece, at) => entriesOf(index, places, piece, blocks[at] as Uint8Array))
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function piecesFrom(index: TrailIndex, places: Places, position: number): Piece[] {
  const pieces: Piece[] = []
  let left = BLOCK
  for (let from = position; from < places.count && left > 0 && pieces.length < PIECES; ) {
    const start = index.start(places.at(from))
    let end = index.start(places.at(from) + 1)
    let to = from + 1
    for (; to < places.count; to++) {
      const next = index.start(places.at(to) + 1)
      if (index.start(places.at(to)) - end > GAP || next - start > left) break
      end = next
    }
    pieces.push({ from, to, start, length: end - start })
    left -= end - start
    from = to
  }
  return pieces
}

function entriesOf(index: TrailIndex, places: Places, piece: Piece, bytes: Uint8Array): Sealed[] {
  const entries: Sealed[] = []
  for (let at = piece.from; at < piece.to; at++) {
    const seq = places.at(at)
    const from = index.start(seq) - piece.start
    const to = index.start(seq + 1) - piece.start - 1
    if (bytes[to] !== NEWLINE) {
      throw new Error(`line ${seq + 1} does not end at byte ${piece.start + to} any more: it was changed`)
    }
    // A copy of its own for every reader, so that none can change what another one reads.
    const entry = bytes.slice(from, to)
    entries.push({ seq, leafHash: leafHash(entry), bytes: entry })
  }
  return entries
}
