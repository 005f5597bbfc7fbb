import { join } from 'node:path'
import {
  type Hash,
  leafHash,
  parseCheckpointText,
  parseNote,
  TILE_WIDTH,
  type Tile,
  Tree,
  tilePath,
} from '@countersign/trail'
import type { SourceFault } from 'countersign/verify'
import { kindOf } from '../files/file.ts'
import { readCheckpoint } from '../files/supplied.ts'
import { HashTiles } from './hash-tiles.ts'
import { entriesIn, faultOf, fullEntryTiles, hashesIn, isFault } from './published-tile.ts'
import type { SourceReading, TrailSource } from './trail-source.ts'

const NEWLINE = 0x0a

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

async function* blocksOfTiles(folder: string, size: number, reading: SourceReading): AsyncGenerator<Uint8Array> {
  const { onProgress, onFault, onRoot } = reading
  const published = new PublishedHashes(folder, size, onFault)
  const tree = onRoot === undefined ? undefined : new Tree()
  let bytesRead = 0
  for (let index = 0; index < tilesIn(size); index++) {
    const tile = entryTile(index, size)
    const entries = await entriesIn(folder, tile)
    // What follows has no place in the trail without it.
    if (isFault(entries)) return await readBehind(folder, size, { index, fault: entries }, published, onFault)
    const hashes = await published.compare(tile, entries)
    for (const hash of hashes) tree?.append(hash)
    const block = linesOf(entries)
    yield block
    // How many bytes there are is not known before they are read; the entries so far tell about how many.
    bytesRead += block.length
    onProgress?.(bytesRead, Math.round((bytesRead / (index * TILE_WIDTH + tile.width)) * size))
  }
  if (tree !== undefined) onRoot?.(tree.root())
}

/**
 * Goes on behind the first entry tile that cannot be read: the entries there are no part of the trail that is read, but what was
 * proved of them is held against them all the same. Of those that are missing one behind the other the first is told: a
 * checkpoint can count any number of them.
 */
async function readBehind(
  folder: string,
  size: number,
  first: { readonly index: number; readonly fault: SourceFault },
  published: PublishedHashes,
  onFault: SourceReading['onFault'],
): Promise<void> {
  const tiles = tilesIn(size)
  const isMissing = ({ code }: SourceFault) => code === 'tile.missing'
  let next = first.index
  const tellMissing = (until: number) => {
    if (next < until) onFault(missing(entryTile(next, size), entryTile(until - 1, size)))
    next = until
  }
  if (!isMissing(first.fault)) {
    onFault(first.fault)
    next += 1
  }
  // The last one may be partial.
  const there = new Set([...(await fullEntryTiles(folder, tiles)), tiles - 1])
  for (const index of there) {
    if (index <= first.index) continue
    const tile = entryTile(index, size)
    const entries = await entriesIn(folder, tile)
    if (isFault(entries) && isMissing(entries)) continue
    tellMissing(index)
    next = index + 1
    if (isFault(entries)) onFault(entries)
    else await published.compare(tile, entries)
  }
  tellMissing(tiles)
}

/** The hash tiles of a publication, held against the hashes of its entries. */
class PublishedHashes {
  readonly #folder: string
  readonly #onFault: SourceReading['onFault']
  readonly #tiles: HashTiles
  #ended: { readonly tile: Tile; readonly hashes: readonly Hash[] }[] = []

  constructor(folder: string, size: number, onFault: SourceReading['onFault']) {
    this.#folder = folder
    this.#onFault = onFault
    this.#tiles = new HashTiles(size, (tile, hashes) => this.#ended.push({ tile, hashes }))
  }

  /** Compares each hash tile that ends with these entries, and gives their leaf hashes. */
  async compare({ index }: Tile, entries: readonly Uint8Array[]): Promise<readonly Hash[]> {
    const leaves = entries.map(leafHash)
    this.#tiles.take(index, leaves)
    for (const { tile, hashes } of this.#ended.splice(0)) {
      const fault = await differenceIn(this.#folder, tile, hashes)
      if (fault !== undefined) this.#onFault(fault)
    }
    return leaves
  }
}

/** What is wrong with a hash tile of which the entries give these hashes; of the first that differs the first entry is named. */
async function differenceIn(folder: string, tile: Tile, hashes: readonly Hash[]): Promise<SourceFault | undefined> {
  const published = await hashesIn(folder, tile)
  if (isFault(published)) return published
  const at = published.findIndex((hash, place) => hash !== hashes[place])
  if (at < 0) return undefined
  const fault = faultOf('tile.differs', tile, hashes[at] ?? '', published[at] ?? '')
  return { ...fault, seq: fault.seq + at * TILE_WIDTH ** Number(tile.level) }
}

const tilesIn = (size: number): number => Math.ceil(size / TILE_WIDTH)

const entryTile = (index: number, size: number): Tile => ({
  level: 'entries',
  index,
  width: Math.min(TILE_WIDTH, size - index * TILE_WIDTH),
})

/** That entry tiles are not there, from one to another. */
function missing(from: Tile, to: Tile): SourceFault {
  const others = from.index === to.index ? '' : `, nor at any other up to ${tilePath(to)}`
  return faultOf('tile.missing', from, 'a file', `nothing${others}`)
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
