import { type Hash, rootOf, TILE_WIDTH, type Tile } from '@countersign/trail'

/**
 * The hash tiles of a log of a known size, made of its entry tiles, of which some may be missing. Each is given once all of the
 * entries below it were there; one of which some were not is never given, as nobody can say what it should hold. Above the leaves
 * each beginning of one is told as well, while all below it was there: a log of fewer entries had that as a partial tile. No more is
 * in hand than one tile of each level.
 */
export class HashTiles {
  readonly #size: number
  readonly #onTile: (tile: Tile, hashes: readonly Hash[]) => void
  readonly #onBeginning: (tile: Tile, hashes: readonly Hash[]) => void
  /** The tile at which each level above the leaves is, and what has come of it. */
  readonly #begun: { index: number; hashes: Hash[] }[] = []

  constructor(
    size: number,
    onTile: (tile: Tile, hashes: readonly Hash[]) => void,
    onBeginning: (tile: Tile, hashes: readonly Hash[]) => void = () => undefined,
  ) {
    this.#size = size
    this.#onTile = onTile
    this.#onBeginning = onBeginning
  }

  /** Takes the leaf hashes of an entry tile. They come in the order of the log. */
  take(index: number, leaves: readonly Hash[]): void {
    this.#end({ level: 0, index, width: leaves.length }, leaves)
  }

  /** Gives a tile of which all is there, and hands its root on to the level above where it is full. */
  #end(tile: Tile & { readonly level: number }, hashes: readonly Hash[]): void {
    this.#onTile(tile, hashes)
    if (tile.width === TILE_WIDTH) this.#add(tile.level + 1, tile.index, rootOf(hashes))
  }

  #add(level: number, number: number, hash: Hash): void {
    const index = Math.floor(number / TILE_WIDTH)
    let begun = this.#begun[level]
    if (begun?.index !== index) {
      begun = { index, hashes: [] }
      this.#begun[level] = begun
    }
    begun.hashes.push(hash)
    const width = Math.min(TILE_WIDTH, Math.floor(this.#size / TILE_WIDTH ** level) - index * TILE_WIDTH)
    // They come in order, each once: as many as there should be are all of them.
    if (begun.hashes.length === width) this.#end({ level, index, width }, begun.hashes)
    else if (begun.hashes.length === (number % TILE_WIDTH) + 1)
      this.#onBeginning({ level, index, width: begun.hashes.length }, begun.hashes)
  }
}
