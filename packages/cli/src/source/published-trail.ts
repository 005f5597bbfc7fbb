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
import { entriesIn, faultOf, fullEntryTiles, hashesIn, isFault, leftOver } from './published-tile.ts'
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

/**
 * The hash tiles of a publication, held against the hashes of its entries; and the partial tiles that are left over of checkpoints
 * before, as whoever follows the log from one of these reads them.
 */
class PublishedHashes {
  readonly #folder: string
  readonly #onFault: SourceReading['onFault']
  readonly #tiles: HashTiles
  #ended: Given[] = []
  #beginnings: Given[] = []
  /** Of each level above the leaves, which partial tiles lie at the place that was looked at last. */
  readonly #left: { index: number; widths: readonly number[] }[] = []

  constructor(folder: string, size: number, onFault: SourceReading['onFault']) {
    this.#folder = folder
    this.#onFault = onFault
    this.#tiles = new HashTiles(
      size,
      (tile, hashes) => this.#ended.push({ tile, hashes }),
      (tile, hashes) => this.#beginnings.push({ tile, hashes: [...hashes] }),
    )
  }

  /** Compares each hash tile that ends with these entries, and what is left over of it, and gives their leaf hashes. */
  async compare(tile: Tile, entries: readonly Uint8Array[]): Promise<readonly Hash[]> {
    const leaves = entries.map(leafHash)
    const hashTile = { ...tile, level: 0 }
    this.#tiles.take(tile.index, leaves)
    for (const one of this.#ended.splice(0)) this.#tell(await differenceIn(this.#folder, one))
    for (const width of await leftOver(this.#folder, tile))
      this.#tell(await differenceOfEntries(this.#folder, { tile: { ...tile, width }, hashes: leaves }))
    for (const width of await leftOver(this.#folder, hashTile))
      this.#tell(await differenceIn(this.#folder, { tile: { ...hashTile, width }, hashes: leaves }))
    for (const one of this.#beginnings.splice(0))
      if (await this.#isLeft(one.tile)) this.#tell(await differenceIn(this.#folder, one))
    return leaves
  }

  async #isLeft({ level, index, width }: Tile): Promise<boolean> {
    let left = this.#left[Number(level)]
    if (left?.index !== index) {
      left = { index, widths: await leftOver(this.#folder, { level, index, width: TILE_WIDTH }) }
      this.#left[Number(level)] = left
    }
    return left.widths.includes(width)
  }

  #tell(fault: SourceFault | undefined): void {
    if (fault !== undefined) this.#onFault(fault)
  }
}

/** A tile, and the hashes that its entries give. */
interface Given {
  readonly tile: Tile
  readonly hashes: readonly Hash[]
}

/** What is wrong with a hash tile of which the entries give these hashes; of the first that differs the first entry is named. */
async function differenceIn(folder: string, { tile, hashes }: Given): Promise<SourceFault | undefined> {
  const published = await hashesIn(folder, tile)
  return isFault(published) ? published : differenceOf(tile, hashes, published)
}

/** What is wrong with entries that are left over, where those of the checkpoint have these hashes. */
async function differenceOfEntries(folder: string, { tile, hashes }: Given): Promise<SourceFault | undefined> {
  const entries = await entriesIn(folder, tile)
  return isFault(entries) ? entries : differenceOf(tile, hashes, entries.map(leafHash))
}

function differenceOf(tile: Tile, hashes: readonly Hash[], published: readonly Hash[]): SourceFault | undefined {
  const at = published.findIndex((hash, place) => hash !== hashes[place])
  if (at < 0) return undefined
  const fault = faultOf('tile.differs', tile, hashes[at] ?? '', published[at] ?? '')
  return { ...fault, seq: fault.seq + at * TILE_WIDTH ** (tile.level === 'entries' ? 0 : tile.level) }
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
