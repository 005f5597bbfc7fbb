import { join } from 'node:path'
import {
  CountersignError,
  decodeEntries,
  decodeHashTile,
  type Hash,
  leafHash,
  MAX_ENTRY_BYTES,
  parseCheckpointText,
  parseNote,
  TILE_WIDTH,
  type Tile,
  Tiler,
  Tree,
  tilePath,
} from '@countersign/trail'
import type { SourceFault } from 'countersign/verify'
import { bytesIn, kindOf, unreadable } from '../files/file.ts'
import { readCheckpoint } from '../files/supplied.ts'
import type { SourceReading, TrailSource } from './trail-source.ts'

const NEWLINE = 0x0a
const mostBytes = TILE_WIDTH * (MAX_ENTRY_BYTES + 2)

/**
 * A trail that was published to a folder. Its entries come out of their bundles up to the size of the checkpoint, and
 * every hash tile is compared with what they give. Throws `InputError` where there is no checkpoint that can be read.
 */
export async function publishedTrail(folder: string): Promise<TrailSource> {
  const name = join(folder, 'checkpoint')
  await kindOf(name, `${folder} holds tiles and no checkpoint: nothing was published there yet, or not to its end`)
  const published = await readCheckpoint(name)
  const { size } = parseCheckpointText(parseNote(published.note).text)
  return { published, blocks: reading => blocksOfTiles(folder, size, reading) }
}

async function* blocksOfTiles(
  folder: string,
  size: number,
  { onProgress, onFault, onRoot }: SourceReading,
): AsyncGenerator<Uint8Array> {
  const cut: { tile: Tile; hashes: readonly Hash[] }[] = []
  const tiler = new Tiler((tile, hashes) => cut.push({ tile, hashes }))
  const tree = onRoot === undefined ? undefined : new Tree()
  let bytesRead = 0
  for (let from = 0; from < size; from += TILE_WIDTH) {
    const tile: Tile = { level: 'entries', index: from / TILE_WIDTH, width: Math.min(TILE_WIDTH, size - from) }
    const bytes = await tileIn(folder, tile, onFault)
    const entries = bytes === undefined ? undefined : read(tile, onFault, () => decodeEntries(bytes, tile.width))
    // What follows has no place without it.
    if (entries === undefined) return
    // Its lines would be other entries than its hashes are of.
    const broken = entries.findIndex(entry => entry.includes(NEWLINE))
    if (broken >= 0) {
      const fault = faultOf('tile.malformed', tile, 'the bytes of one entry', 'a line break among them')
      onFault({ ...fault, seq: fault.seq + broken })
      return
    }
    for (const entry of entries) {
      const hash = leafHash(entry)
      tiler.append(hash)
      tree?.append(hash)
    }
    if (from + tile.width === size) tiler.finish()
    for (const one of cut.splice(0)) await compare(folder, one, onFault)
    const block = linesOf(entries)
    yield block
    // How many bytes there are is not known before they are read; the entries so far tell about how many.
    bytesRead += block.length
    onProgress?.(bytesRead, Math.round((bytesRead / (from + tile.width)) * size))
  }
  if (tree !== undefined) onRoot?.(tree.root())
}

/** The bytes of a tile, or of the full one that has taken its place; `undefined` where that is a fault. */
async function tileIn(folder: string, tile: Tile, onFault: SourceReading['onFault']): Promise<Uint8Array | undefined> {
  const paths = [tilePath(tile), tilePath({ ...tile, width: TILE_WIDTH })]
  for (const path of paths) {
    const bytes = await bytesOf(join(folder, path))
    if (bytes === undefined) continue
    if ('instead' in bytes) {
      const { instead } = bytes
      if (instead === 'no regular file') onFault(faultOf('tile.malformed', tile, 'a regular file', instead))
      else onFault(faultOf('tile.malformed', tile, `at most ${mostBytes} bytes`, `${instead} bytes`))
      return undefined
    }
    return path === paths[0] ? bytes : read(tile, onFault, () => beginningOf(bytes, tile))
  }
  onFault(faultOf('tile.missing', tile, 'a file', 'nothing'))
  return undefined
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
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw unreadable(path, error)
  }
}

/** Compares a hash tile with the hashes that the entries give, and names the first entry of the first that differs. */
async function compare(
  folder: string,
  { tile, hashes }: { readonly tile: Tile; readonly hashes: readonly Hash[] },
  onFault: SourceReading['onFault'],
): Promise<void> {
  const bytes = await tileIn(folder, tile, onFault)
  const published = bytes === undefined ? undefined : read(tile, onFault, () => decodeHashTile(bytes, tile.width))
  const at = published?.findIndex((hash, place) => hash !== hashes[place]) ?? -1
  if (at < 0) return
  const { seq, expected, found } = faultOf('tile.differs', tile, hashes[at] ?? '', published?.[at] ?? '')
  onFault({ code: 'tile.differs', seq: seq + at * TILE_WIDTH ** Number(tile.level), expected, found })
}

function read<T>(tile: Tile, onFault: SourceReading['onFault'], decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    onFault(faultOf('tile.malformed', tile, 'a tile', error.message))
    return undefined
  }
}

function faultOf(code: SourceFault['code'], tile: Tile, expected: string, found: string): SourceFault {
  const path = tilePath(tile)
  const level = tile.level === 'entries' ? 0 : tile.level
  return {
    code,
    seq: tile.index * TILE_WIDTH ** (level + 1),
    expected: `${path}: ${expected}`,
    found: `${path}: ${found}`,
  }
}

function linesOf(entries: readonly Uint8Array[]): Uint8Array {
  const block = new Uint8Array(entries.reduce((sum, entry) => sum + entry.length + 1, 0))
  let at = 0
  for (const entry of entries) {
    block.set(entry, at)
    at += entry.length
    block[at++] = NEWLINE
  }
  return block
}
