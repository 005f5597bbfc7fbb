import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  CountersignError,
  checkInclusion,
  decodeEntries,
  decodeHashTile,
  encodeEntries,
  encodeHashTile,
  formatTlogProof,
  inclusionProof,
  leafHash,
  openCheckpoint,
  parseTlogProof,
  parseVerifierKey,
  rootOf,
  rootOfShared,
  SharedProof,
  sharedSpans,
  type Tile,
  Tiler,
  tilePath,
  tilesOf,
} from '@countersign/trail'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const vectors = fileURLToPath(new URL('../vectors/own-go/', import.meta.url))
const bytesOf = (text: string) => new TextEncoder().encode(text)
const record = (index: number) => bytesOf(`record ${index}`)

/** Every file of a log of so many records, by its path. */
function logOf(size: number): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>()
  const tiler = new Tiler((tile, hashes) => files.set(tilePath(tile), encodeHashTile(hashes)))
  for (let index = 0; index < size; index++) tiler.append(leafHash(record(index)))
  tiler.finish()
  for (const tile of tilesOf(size)) {
    if (tile.level !== 'entries') continue
    const from = tile.index * 256
    files.set(tilePath(tile), encodeEntries(Array.from({ length: tile.width }, (_, at) => record(from + at))))
  }
  return files
}

describe('tiles are the ones that Go makes', () => {
  it('of a log of 300 entries, file by file and byte by byte', () => {
    const folder = join(vectors, 'log-300')
    const names = readdirSync(join(folder, 'tile'), { recursive: true, withFileTypes: true })
      .filter(one => one.isFile())
      .map(one =>
        join(one.parentPath, one.name)
          .slice(folder.length + 1)
          .split(sep)
          .join('/'),
      )
    const files = logOf(300)
    expect([...files.keys()].toSorted()).toEqual(names.toSorted())
    for (const [path, bytes] of files) expect(Buffer.from(bytes), path).toEqual(readFileSync(join(folder, path)))
  })

  it('of a log of 70,000 entries', () => {
    const tiles = JSON.parse(readFileSync(join(vectors, 'tiles-70000.json'), 'utf8')) as {
      path: string
      bytes: number
      sha256: string
    }[]
    const files = new Map<string, Uint8Array>()
    const tiler = new Tiler((tile, hashes) => files.set(tilePath(tile), encodeHashTile(hashes)))
    for (let index = 0; index < 70_000; index++) tiler.append(leafHash(record(index)))
    tiler.finish()
    const hashTiles = tiles.filter(({ path }) => !path.startsWith('tile/entries/'))
    expect([...files.keys()].toSorted()).toEqual(hashTiles.map(one => one.path).toSorted())
    for (const { path, sha256 } of hashTiles)
      expect(
        createHash('sha256')
          .update(files.get(path) ?? '')
          .digest('hex'),
        path,
      ).toBe(sha256)
  })

  it('and a proof of one entry has the same bytes', () => {
    const text = readFileSync(join(vectors, 'leaf-123.tlog-proof'), 'utf8')
    const parsed = parseTlogProof(text)
    expect(formatTlogProof(parsed)).toBe(text)
    const keys = JSON.parse(readFileSync(join(vectors, 'keys.json'), 'utf8')) as { log_vkey: string }
    const { checkpoint } = openCheckpoint(parsed.checkpoint, { keys: [parseVerifierKey(keys.log_vkey)] })
    const leaf = leafHash(record(123))
    checkInclusion({ leaf, index: parsed.index, size: checkpoint.size, proof: parsed.proof }, checkpoint.root)
    const leaves = Array.from({ length: 300 }, (_, index) => leafHash(record(index)))
    expect(inclusionProof(123, 300, leaves)).toEqual(parsed.proof)
  })
})

describe('which tiles a log has', () => {
  it('are those that the cutting of its tree gives, and as many bundles of entries', () => {
    for (const size of [0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000]) {
      const cut: string[] = []
      const tiler = new Tiler(tile => cut.push(tilePath(tile)))
      const leaf = leafHash(record(0))
      for (let index = 0; index < size; index++) tiler.append(leaf)
      tiler.finish()
      const tiles = [...tilesOf(size)].map(tilePath)
      const entries = cut
        .filter(path => path.startsWith('tile/0/'))
        .map(path => path.replace('tile/0/', 'tile/entries/'))
      expect(tiles.toSorted()).toEqual([...cut, ...entries].toSorted())
    }
  })

  it('since an earlier size are those that it has now and did not have then', () => {
    const pairs = fc.tuple(fc.nat({ max: 140_000 }), fc.nat({ max: 140_000 }))
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        const [since, size] = [Math.min(one, other), Math.max(one, other)]
        const then = new Set([...tilesOf(since)].map(tilePath))
        const now = [...tilesOf(size)].map(tilePath)
        expect([...tilesOf(size, since)].map(tilePath)).toEqual(now.filter(path => !then.has(path)))
      }),
      { numRuns: 60 },
    )
  })

  it('have paths whose parts have three digits, all but the last after an x', () => {
    expect(tilePath({ level: 2, index: 0, width: 256 })).toBe('tile/2/000')
    expect(tilePath({ level: 63, index: 999, width: 255 })).toBe('tile/63/999.p/255')
    expect(tilePath({ level: 0, index: 1_000, width: 1 })).toBe('tile/0/x001/000.p/1')
    expect(tilePath({ level: 'entries', index: 1_000_000, width: 256 })).toBe('tile/entries/x001/x000/000')
    for (const tile of [
      { level: -1, index: 0, width: 1 },
      { level: 0.5, index: 0, width: 1 },
      { level: 0, index: -1, width: 1 },
      { level: 0, index: 0, width: 0 },
      { level: 0, index: 0, width: 257 },
    ] satisfies Tile[])
      expect(() => tilePath(tile)).toThrow(expect.objectContaining({ code: 'tile' }))
    expect(() => [...tilesOf(1, 2)]).toThrow(expect.objectContaining({ code: 'tile' }))
  })
})

const tile = () => fc.uint8Array({ maxLength: 400 })
const width = fc.integer({ min: 1, max: 12 })

/** Gives what a call gives, or nothing where it throws an error of the trail; any other error gets through. */
function typed<T>(code: string, call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    expect(error).toBeInstanceOf(CountersignError)
    expect(['note', code]).toContain((error as CountersignError).code)
    return undefined
  }
}

describe('what is no tile and no proof is refused with a typed error', () => {
  it('whatever bytes a bundle of entries has: they are refused, or they are written again as they were', () => {
    const prefixed = fc
      .array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 12 })
      .map(entries => encodeEntries(entries))
    fc.assert(
      fc.property(fc.oneof(tile(), prefixed), width, fc.nat(), fc.nat(255), (bytes, some, at, bits) => {
        const changed = bytes.slice()
        if (changed.length > 0) changed[at % changed.length] = (changed[at % changed.length] ?? 0) ^ bits
        const entries = typed('tile', () => decodeEntries(changed, some))
        if (entries !== undefined) expect(encodeEntries(entries)).toEqual(changed)
      }),
      { numRuns: 3_000 },
    )
  })

  it('whatever bytes a hash tile has', () => {
    fc.assert(
      fc.property(tile(), width, (bytes, some) => {
        const hashes = typed('tile', () => decodeHashTile(bytes, some))
        if (hashes !== undefined) expect(encodeHashTile(hashes)).toEqual(bytes)
      }),
      { numRuns: 1_000 },
    )
    expect(() => encodeHashTile(['00'])).toThrow(expect.objectContaining({ code: 'tile' }))
    expect(() => encodeEntries([new Uint8Array(65_536)])).toThrow(expect.objectContaining({ code: 'tile' }))
  })

  it('whatever is changed in a proof: it is refused, or it is written again as it was', () => {
    const good = readFileSync(join(vectors, 'leaf-123.tlog-proof'), 'utf8')
    const edit = fc.record({
      at: fc.nat({ max: good.length }),
      remove: fc.nat({ max: 50 }),
      put: fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('\n', '\n\n', ' ', 'index 0\n', 'extra AAAA\n', '=')),
    })
    fc.assert(
      fc.property(edit, ({ at, remove, put }) => {
        const text = good.slice(0, at) + put + good.slice(at + remove)
        const proof = typed('proof', () => parseTlogProof(text))
        if (proof !== undefined) expect(formatTlogProof(proof)).toBe(text)
      }),
      { numRuns: 3_000 },
    )
    expect(typed('proof', () => parseTlogProof(new Uint8Array(2_000_000)))).toBeUndefined()
    expect(typed('proof', () => parseTlogProof(Uint8Array.of(0xff)))).toBeUndefined()
  })
})

describe('one proof for many leaves', () => {
  const leaves = Array.from({ length: 70 }, (_, index) => leafHash(record(index)))
  const some = fc.integer({ min: 0, max: 70 }).chain(size =>
    fc.record({
      size: fc.constant(size),
      places: fc.subarray([...Array(size).keys()]),
    }),
  )
  const proofOf = (places: readonly number[], size: number) => {
    const shared = new SharedProof(places, size)
    for (const leaf of leaves.slice(0, size)) shared.append(leaf)
    return shared.finish()
  }

  it('leads to the root of the tree, whichever leaves it is for, and to another one with any other leaf or node', () => {
    fc.assert(
      fc.property(some, fc.nat(), ({ size, places }, which) => {
        const proof = proofOf(places, size)
        const given = places.map(place => ({ place, leaf: leaves[place] ?? '' }))
        const root = rootOf(leaves.slice(0, size))
        expect(rootOfShared({ leaves: given, size, proof })).toBe(root)
        const other = leafHash(bytesOf('another'))
        if (given.length > 0) {
          const forged = given.with(which % given.length, {
            place: given[which % given.length]?.place ?? 0,
            leaf: other,
          })
          expect(rootOfShared({ leaves: forged, size, proof })).not.toBe(root)
        }
        if (proof.length > 0)
          expect(rootOfShared({ leaves: given, size, proof: proof.with(which % proof.length, other) })).not.toBe(root)
      }),
      { numRuns: 300 },
    )
  })

  it('leads to the root that the tree had where one of its leaves was the last one, and to none where that was another', () => {
    fc.assert(
      fc.property(some, ({ size, places }) => {
        const shared = {
          leaves: places.map(place => ({ place, leaf: leaves[place] ?? '' })),
          size,
          proof: proofOf(places, size),
        }
        for (let at = 0; at < size; at++) {
          if (places.includes(at - 1)) expect(rootOfShared(shared, at)).toBe(rootOf(leaves.slice(0, at)))
          else expect(() => rootOfShared(shared, at)).toThrow(expect.objectContaining({ code: 'proof' }))
        }
      }),
      { numRuns: 100 },
    )
  })

  it('of a single leaf has the nodes of its inclusion proof', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), (size, which) => {
        const place = which % size
        expect(proofOf([place], size).toSorted()).toEqual([...inclusionProof(place, size, leaves)].toSorted())
      }),
      { numRuns: 200 },
    )
  })

  it('is refused with other places, sizes or lengths than it can have', () => {
    const leaf = leaves[0] ?? ''
    const refused = (call: () => unknown) => expect(call).toThrow(expect.objectContaining({ code: 'proof' }))
    refused(() => sharedSpans([1, 1], 4))
    refused(() => sharedSpans([2, 1], 4))
    refused(() => sharedSpans([4], 4))
    refused(() => sharedSpans([-1], 4))
    refused(() => sharedSpans([0.5], 4))
    refused(() => sharedSpans([], -1))
    refused(() => rootOfShared({ leaves: [{ place: 0, leaf }], size: 2, proof: [] }))
    refused(() => rootOfShared({ leaves: [{ place: 0, leaf }], size: 2, proof: [leaf, leaf] }))
    refused(() => rootOfShared({ leaves: [{ place: 0, leaf }], size: 2, proof: ['00'] }))
    refused(() => rootOfShared({ leaves: [{ place: 0, leaf: 'x' }], size: 2, proof: [leaf] }))
    const short = new SharedProof([0], 3)
    short.append(leaf)
    refused(() => short.finish())
    expect(
      rootOfShared({
        leaves: [{ place: 0, leaf }],
        size: Number.MAX_SAFE_INTEGER,
        proof: sharedSpans([0], Number.MAX_SAFE_INTEGER).map(() => leaf),
      }),
    ).toHaveLength(64)
  })
})
