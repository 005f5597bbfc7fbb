import { plainBytes } from '../bytes.ts'
import { unexpected } from '../error.ts'
import { type Hash, requireHash, toHex, writeHex } from '../hash.ts'
import { Tree } from './tree.ts'

/** How many hashes or entries a full tile holds (C2SP tlog-tiles). */
export const TILE_WIDTH = 256
const HASH_BYTES = 32
/** An entry of a bundle of entries has its length before it, in two bytes. */
const LONGEST = 65_535

/**
 * A file of a C2SP tlog-tiles log. At level 0 lie the leaf hashes, 256 to a tile; at each level above the roots of the
 * full tiles below; at `entries` the entries themselves. A tile of fewer than 256 is partial: it is the last one of its level
 * while the log has a size that ends within it.
 */
export interface Tile {
  readonly level: number | 'entries'
  readonly index: number
  /** 1 to 256. */
  readonly width: number
}

/**
 * Where a tile lies below the log's prefix: `tile/0/x001/x234/067`, and a partial one `tile/0/001.p/44`.
 *
 * Throws `tile` where there is no such tile.
 *
 * @example
 * ```ts
 * import { tilePath } from '@countersign/trail'
 *
 * tilePath({ level: 0, index: 1_234_067, width: 256 }) // → 'tile/0/x001/x234/067'
 * tilePath({ level: 'entries', index: 1, width: 44 }) // → 'tile/entries/001.p/44'
 * tilePath({ level: 64, index: 0, width: 1 }) // throws level
 * ```
 */
export function tilePath({ level, index, width }: Tile): string {
  if (level !== 'entries' && !isWithin(level, 0, 63))
    throw unexpected('tile', 'the level of a tile', '0 to 63, or entries', { given: level })
  if (!isWithin(index, 0, Number.MAX_SAFE_INTEGER))
    throw unexpected('tile', 'the index of a tile', 'an integer from 0', { given: index })
  requireWidth(width)
  let path = String(index % 1_000).padStart(3, '0')
  for (let rest = Math.floor(index / 1_000); rest > 0; rest = Math.floor(rest / 1_000))
    path = `x${String(rest % 1_000).padStart(3, '0')}/${path}`
  return `tile/${level}/${path}${width === TILE_WIDTH ? '' : `.p/${width}`}`
}

/**
 * The tiles of a log of this size, level by level: first those of the entries, then the hash tiles. With `since` only the tiles
 * that a log of that earlier size does not have.
 *
 * Throws `tile` where a size is none, or `since` is larger.
 *
 * @example
 * ```ts
 * import { tilePath, tilesOf } from '@countersign/trail'
 *
 * const paths = (size: number, since?: number) => [...tilesOf(size, since)].map(tilePath)
 * paths(2) // → ['tile/entries/000.p/2', 'tile/0/000.p/2']
 * paths(256, 255) // → ['tile/entries/000', 'tile/0/000', 'tile/1/000.p/1']
 * ```
 */
export function* tilesOf(size: number, since = 0): Generator<Tile> {
  if (!isWithin(size, 0, Number.MAX_SAFE_INTEGER))
    throw unexpected('tile', 'the size of a log', 'an integer from 0', { given: size })
  if (!isWithin(since, 0, size)) throw unexpected('tile', 'the earlier size of a log', `0 to ${size}`, { given: since })
  yield* levelOf('entries', size, since)
  for (let level = 0, now = size, then = since; now > 0; level++) {
    yield* levelOf(level, now, then)
    now = Math.floor(now / TILE_WIDTH)
    then = Math.floor(then / TILE_WIDTH)
  }
}

/** The tiles of a level on which so many lie now, and so many lay then. */
function* levelOf(level: Tile['level'], now: number, then: number): Generator<Tile> {
  if (now === then) return
  for (let index = Math.floor(then / TILE_WIDTH); index * TILE_WIDTH < now; index++)
    yield { level, index, width: Math.min(TILE_WIDTH, now - index * TILE_WIDTH) }
}

/**
 * Cuts a Merkle tree into hash tiles as its leaves come, with no more in hand than one tile of each level. `finish` gives
 * the partial ones at its right edge.
 *
 * @example
 * ```ts
 * import { leafHash, Tiler, tilePath } from '@countersign/trail'
 *
 * const tiles: string[] = []
 * const tiler = new Tiler(tile => tiles.push(tilePath(tile)))
 * for (let at = 0; at < 257; at++) tiler.append(leafHash(Uint8Array.of(at & 255)))
 * tiles // → ['tile/0/000']
 * tiler.finish()
 * tiles // → ['tile/0/000', 'tile/0/001.p/1', 'tile/1/000.p/1']
 * ```
 */
export class Tiler {
  readonly #onTile: (tile: Tile, hashes: readonly Hash[]) => void
  readonly #levels: { index: number; hashes: Hash[]; tree: Tree }[] = []

  constructor(onTile: (tile: Tile, hashes: readonly Hash[]) => void) {
    this.#onTile = onTile
  }

  /** Takes the next leaf hash. Throws `proof` where it is none. */
  append(leaf: Hash): void {
    let hash = leaf
    for (let level = 0; ; level++) {
      let place = this.#levels[level]
      if (place === undefined) {
        place = { index: 0, hashes: [], tree: new Tree() }
        this.#levels.push(place)
      }
      place.tree.append(hash)
      place.hashes.push(hash)
      if (place.hashes.length < TILE_WIDTH) return
      this.#onTile({ level, index: place.index, width: TILE_WIDTH }, place.hashes)
      hash = place.tree.root()
      this.#levels[level] = { index: place.index + 1, hashes: [], tree: new Tree() }
    }
  }

  /** Gives the partial tiles, the lowest first. */
  finish(): void {
    for (const [level, { index, hashes }] of this.#levels.entries())
      if (hashes.length > 0) this.#onTile({ level, index, width: hashes.length }, hashes)
  }
}

/**
 * The bytes of a hash tile: its hashes, one after the other. Throws `tile` where there are none or too many, or one is
 * no hash.
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT, encodeHashTile } from '@countersign/trail'
 *
 * encodeHashTile([EMPTY_ROOT, EMPTY_ROOT]).length // → 64
 * ```
 */
export function encodeHashTile(hashes: readonly Hash[]): Uint8Array {
  requireWidth(hashes.length)
  const bytes = new Uint8Array(hashes.length * HASH_BYTES)
  hashes.forEach((hash, at) => {
    requireHash(hash, `hash ${at}`, 'tile')
    writeHex(hash, bytes, at * HASH_BYTES)
  })
  return bytes
}

/**
 * Reads a hash tile of so many hashes. Throws `tile` where it has another length.
 *
 * @example
 * ```ts
 * import { decodeHashTile, EMPTY_ROOT, encodeHashTile } from '@countersign/trail'
 *
 * decodeHashTile(encodeHashTile([EMPTY_ROOT]), 1) // → [EMPTY_ROOT]
 * decodeHashTile(encodeHashTile([EMPTY_ROOT]), 2) // throws 64 bytes
 * ```
 */
export function decodeHashTile(bytes: Uint8Array, width: number): Hash[] {
  requireWidth(width)
  const expected = width * HASH_BYTES
  if (bytes.length !== expected) throw unexpected('tile', 'the tile', `${expected} bytes`, `${bytes.length} bytes`)
  return Array.from({ length: width }, (_, at) => toHex(bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES)))
}

/**
 * The bytes of a bundle of entries: before each its length, big-endian in two bytes. Throws `tile` where there are none
 * or too many, or one is too long.
 *
 * @example
 * ```ts
 * import { encodeEntries } from '@countersign/trail'
 *
 * encodeEntries([Uint8Array.of(0x7b, 0x7d)]) // → Uint8Array.of(0, 2, 0x7b, 0x7d)
 * ```
 */
export function encodeEntries(entries: readonly Uint8Array[]): Uint8Array {
  requireWidth(entries.length)
  const bytes = new Uint8Array(entries.reduce((sum, entry) => sum + 2 + entry.length, 0))
  let at = 0
  for (const entry of entries) {
    if (entry.length > LONGEST)
      throw unexpected('tile', 'an entry of a tile', `at most ${LONGEST} bytes`, `${entry.length} bytes`)
    bytes[at] = entry.length >> 8
    bytes[at + 1] = entry.length & 255
    bytes.set(entry, at + 2)
    at += 2 + entry.length
  }
  return bytes
}

/**
 * Reads a bundle of so many entries; what is given are views of the bytes. Throws `tile` where it ends too early or
 * too late.
 *
 * @example
 * ```ts
 * import { decodeEntries } from '@countersign/trail'
 *
 * decodeEntries(Uint8Array.of(0, 1, 7, 0, 0), 2) // → [Uint8Array.of(7), Uint8Array.of()]
 * decodeEntries(Uint8Array.of(0, 1, 7, 0), 2) // throws entry 1
 * ```
 */
export function decodeEntries(bytes: Uint8Array, width: number): Uint8Array[] {
  requireWidth(width)
  const plain = plainBytes(bytes)
  const entries: Uint8Array[] = []
  let at = 0
  for (let entry = 0; entry < width; entry++) {
    const from = at + 2
    const to = from + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0))
    if (from > bytes.length || to > bytes.length)
      throw unexpected('tile', `entry ${entry} of a tile`, 'all of it', `the end after ${bytes.length} bytes`)
    entries.push(plain.subarray(from, to))
    at = to
  }
  if (at < bytes.length) throw unexpected('tile', 'the end of a tile', `${at} bytes`, `${bytes.length} bytes`)
  return entries
}

const isWithin = (value: number, least: number, most: number): boolean =>
  Number.isSafeInteger(value) && value >= least && value <= most

function requireWidth(width: number): void {
  if (!isWithin(width, 1, TILE_WIDTH))
    throw unexpected('tile', 'the width of a tile', `1 to ${TILE_WIDTH}`, { given: width })
}
