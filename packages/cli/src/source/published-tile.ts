import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  CountersignError,
  decodeEntries,
  decodeHashTile,
  type Hash,
  MAX_ENTRY_BYTES,
  TILE_WIDTH,
  type Tile,
  tilePath,
} from '@countersign/trail'
import type { SourceFault } from 'countersign/verify'
import { bytesIn, unreadable } from '../files/file.ts'
import { entryIn } from './lines.ts'

const NEWLINE = 0x0a
const mostBytes = TILE_WIDTH * (MAX_ENTRY_BYTES + 2)

/** Whether something could not be read out of a publication, and is told as what is wrong with it. */
export const isFault = (read: object): read is SourceFault => 'code' in read

/** The entries of a tile, or why there are none: it is missing, or no tile, or an entry in it is none. */
export async function entriesIn(folder: string, tile: Tile): Promise<readonly Uint8Array[] | SourceFault> {
  const bytes = await tileIn(folder, tile)
  const entries = isFault(bytes) ? bytes : read(tile, () => decodeEntries(bytes, tile.width))
  if (isFault(entries)) return entries
  // As lines they would be other entries than the hashes of the log are of, or have other numbers.
  const isEmpty = (entry: Uint8Array, place: number) => entryIn(entry, tile.index + place === 0).length === 0
  const at = entries.findIndex((entry, place) => entry.includes(NEWLINE) || isEmpty(entry, place))
  const broken = entries[at]
  if (broken === undefined) return entries
  const what = broken.includes(NEWLINE) ? 'a line break among them' : 'an empty line'
  const fault = faultOf('tile.malformed', tile, 'the bytes of one entry', what)
  return { ...fault, seq: fault.seq + at }
}

/** The hashes of a tile, or why there are none. */
export async function hashesIn(folder: string, tile: Tile): Promise<readonly Hash[] | SourceFault> {
  const bytes = await tileIn(folder, tile)
  return isFault(bytes) ? bytes : read(tile, () => decodeHashTile(bytes, tile.width))
}

/** The bytes of a tile, or of the full one that has taken its place. */
async function tileIn(folder: string, tile: Tile): Promise<Uint8Array | SourceFault> {
  const paths = [tilePath(tile), tilePath({ ...tile, width: TILE_WIDTH })]
  for (const path of paths) {
    const bytes = await bytesOf(join(folder, path))
    if (bytes === undefined) continue
    if ('instead' in bytes) {
      const { instead } = bytes
      return instead === 'no regular file'
        ? faultOf('tile.malformed', tile, 'a regular file', instead)
        : faultOf('tile.malformed', tile, `at most ${mostBytes} bytes`, `${instead} bytes`)
    }
    return path === paths[0] ? bytes : read(tile, () => beginningOf(bytes, tile))
  }
  return faultOf('tile.missing', tile, 'a file', 'nothing')
}

/** So much of a full tile as the partial one held. */
function beginningOf(bytes: Uint8Array, { level, width }: Tile): Uint8Array {
  if (level !== 'entries') return bytes.subarray(0, decodeHashTile(bytes, TILE_WIDTH).length === 0 ? 0 : width * 32)
  const last = decodeEntries(bytes, TILE_WIDTH)[width - 1] as Uint8Array
  return bytes.subarray(0, last.byteOffset - bytes.byteOffset + last.length)
}

/** What is read of a file, or `undefined` where there is none. */
async function bytesOf(path: string): Promise<Awaited<ReturnType<typeof bytesIn>> | undefined> {
  try {
    return await bytesIn(path, mostBytes)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw unreadable(path, error)
  }
}

function read<T extends object>(tile: Tile, decode: () => T): T | SourceFault {
  try {
    return decode()
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    return faultOf('tile.malformed', tile, 'a tile', error.message)
  }
}

/** What is wrong with a tile, about its first entry. */
export function faultOf(code: SourceFault['code'], tile: Tile, expected: string, found: string): SourceFault {
  const path = tilePath(tile)
  const level = tile.level === 'entries' ? 0 : tile.level
  return {
    code,
    seq: tile.index * TILE_WIDTH ** (level + 1),
    expected: `${path}: ${expected}`,
    found: `${path}: ${found}`,
  }
}

/**
 * Which full entry tiles are there of a log of so many, in their order. It takes as long as there are files, however many the log
 * should have. Links to folders are not followed, as they can lead round in a circle.
 */
export async function fullEntryTiles(folder: string, tiles: number): Promise<number[]> {
  const found: number[] = []
  const look = async (path: string, before: number): Promise<void> => {
    for (const one of await listed(path)) {
      const [, x, digits] = /^(x?)(\d{3})$/.exec(one.name) ?? []
      if (digits === undefined) continue
      const index = before * 1_000 + Number(digits)
      if (x === '' && index < tiles) found.push(index)
      // No number begins with a group of zeros.
      if (x === 'x' && index > 0 && index * 1_000 < tiles && one.isDirectory()) await look(join(path, one.name), index)
    }
  }
  await look(join(folder, 'tile', 'entries'), 0)
  return found.toSorted((a, b) => a - b)
}

/**
 * Which partial tiles lie at the place of a tile and are narrower, by their widths: they are of checkpoints before. What is wider
 * goes beyond the log, and says nothing of it.
 */
export async function leftOver(folder: string, tile: Tile): Promise<number[]> {
  const found = await listed(join(folder, `${tilePath({ ...tile, width: TILE_WIDTH })}.p`))
  const widths = found.flatMap(({ name }) => (/^[1-9]\d{0,2}$/.test(name) ? [Number(name)] : []))
  return widths.filter(width => width < tile.width).toSorted((a, b) => a - b)
}

async function listed(path: string) {
  try {
    return await readdir(path, { withFileTypes: true })
  } catch (error) {
    if (isAbsent(error)) return []
    throw unreadable(path, error)
  }
}

function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}
