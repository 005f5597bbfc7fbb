import { EMPTY_ROOT, type Hash, leafHash, type Tile, Tiler, tilePath, tilesOf } from '@countersign/trail'
import { expect, test } from 'vitest'
import { HashTiles } from '../../packages/cli/src/source/hash-tiles.ts'

/** Two full tiles of the first level above the leaves, and one of two hashes. */
const size = 256 * (2 * 256 + 2) + 5
const leaf = (seq: number): Hash => leafHash(Uint8Array.of(seq & 255, (seq >> 8) & 255, seq >> 16))
const leaves = Array.from({ length: size }, (_, seq) => leaf(seq))
const tiles = Math.ceil(size / 256)

/** What is given of the hash tiles where only some of the entry tiles are there: the hashes of each in one text. */
function given(isThere: (index: number) => boolean): Map<string, string> {
  const told = new Map<string, string>()
  const hashTiles = new HashTiles(size, (tile, hashes) => told.set(tilePath(tile), hashes.join()))
  for (let index = 0; index < tiles; index++)
    if (isThere(index)) hashTiles.take(index, leaves.slice(index * 256, (index + 1) * 256))
  return told
}

const whole = new Map<string, string>()
const tiler = new Tiler((tile, hashes) => whole.set(tilePath(tile), hashes.join()))
for (const one of leaves) tiler.append(one)
tiler.finish()

/** So many of the hashes of a tile. */
const beginningOf = (hashes = '', width: number): string => hashes.slice(0, width * 65 - 1)

/** Whether all entry tiles are there that a hash tile comes from, by its definition. */
function isWhole({ level, index, width }: Tile, isThere: (index: number) => boolean): boolean {
  const each = 256 ** Number(level)
  const from = index * each
  const until = level === 0 ? from + 1 : (index * 256 + width) * (each / 256)
  for (let at = from; at < until; at++) if (!isThere(at)) return false
  return true
}

test('The hash tiles whose entries are all there are those of the whole log, of each level, whatever is missing.', () => {
  expect(whole.get('tile/2/000.p/2')).not.toContain(EMPTY_ROOT)
  const absent = [[], [0], [255], [256], [300], [511], [512], [513], [514], [0, 256, 514], [3, 4, 5, 400]]
  for (const some of absent) {
    const isThere = (index: number) => !some.includes(index)
    const expected = [...tilesOf(size)]
      .filter(tile => tile.level !== 'entries' && isWhole(tile, isThere))
      .map(tilePath)
      .toSorted()
    const told = given(isThere)
    expect([some, [...told.keys()].toSorted()]).toEqual([some, expected])
    expect([...told].filter(([path, hashes]) => whole.get(path) !== hashes)).toEqual([])
  }
  expect([...given(() => false).keys()]).toEqual([])
})

test('Above the leaves each beginning of a tile is told as well while all below it was there, as a smaller log had it.', () => {
  const above = [...tilesOf(size)].filter(({ level }) => level !== 'entries' && level > 0)
  const shorter = above.flatMap(tile => Array.from({ length: tile.width - 1 }, (_, at) => ({ ...tile, width: at + 1 })))
  const full = (tile: Tile) => [...above].find(one => one.level === tile.level && one.index === tile.index) ?? tile
  for (const some of [[], [0], [255], [300], [512], [3, 4, 400]]) {
    const isThere = (index: number) => !some.includes(index)
    const told = new Map<string, string>()
    const hashTiles = new HashTiles(
      size,
      () => undefined,
      (tile, hashes) => told.set(tilePath(tile), hashes.join()),
    )
    for (let index = 0; index < tiles; index++)
      if (isThere(index)) hashTiles.take(index, leaves.slice(index * 256, (index + 1) * 256))
    const expected = shorter
      .filter(tile => isWhole(tile, isThere))
      .map(tile => [tilePath(tile), beginningOf(whole.get(tilePath(full(tile))), tile.width)] as const)
    expect([some, new Map(told)]).toEqual([some, new Map(expected)])
  }
})
