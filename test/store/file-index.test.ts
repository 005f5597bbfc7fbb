import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import type { Store } from '@countersign/trail/store'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import { type FileSystem, nodeFileSystem, type Stamp } from '../../packages/store-file/src/file-system.ts'
import { StreamTable } from '../../packages/store-file/src/stream-table.ts'
import { draft } from './draft.ts'
import { faults } from './file-load.ts'
import { failInIndex, long } from './long-trail.ts'
import { all, errorOf, idsOf, newFolder } from './trial.ts'

const streams = ['a', 'ticket/1', 'ticket/10', 'ü', '漢字', '__proto__', 'with "quotes"\n']

/** A file system that dates what was written in another way. */
const dating = (dated: (nanoseconds: string) => string): FileSystem => ({
  ...nodeFileSystem,
  stamp: fd => redated(nodeFileSystem.stamp(fd), dated),
  lookAt: path => redated(nodeFileSystem.lookAt(path), dated),
})

const redated = (stamp: Stamp, dated: (nanoseconds: string) => string): Stamp => ({
  ...stamp,
  modified: dated(stamp.modified),
  changed: dated(stamp.changed),
})

/** A trail of twenty entries that was closed, and its index. */
async function newTrail(system = nodeFileSystem): Promise<{ folder: string; path: string; index: string }> {
  const folder = newFolder()
  const store = await openOn(system, folder)
  for (let at = 0; at < 20; at++) {
    const stream = streams[at % streams.length] as string
    await store.append([long(stream, Math.floor(at / streams.length))], {})
  }
  await store.close()
  const path = join(folder, 'trail.jsonl')
  return { folder, path, index: `${path}.index` }
}

/** How many bytes of the trail are read when it is opened. */
async function readOnOpening(path: string, readOnly: boolean): Promise<number> {
  let read = 0
  const trails = new Set<number>()
  const system: FileSystem = {
    ...nodeFileSystem,
    open: async (file, flags, mode) => {
      const fd = await nodeFileSystem.open(file, flags, mode)
      if (file === path) trails.add(fd)
      else trails.delete(fd)
      return fd
    },
    read: async (fd, ...rest) => {
      const count = await nodeFileSystem.read(fd, ...rest)
      if (trails.has(fd)) read += count
      return count
    },
  }
  const store = await openOn(system, path, { readOnly })
  expect((await store.head()).size).toBe(20)
  await store.close()
  return read
}

const isRead = async (path: string): Promise<boolean[]> => {
  const { size } = statSync(path)
  const reads: boolean[] = []
  // Whoever writes comes last: they would leave a new index.
  for (const readOnly of [true, false]) reads.push((await readOnOpening(path, readOnly)) >= size)
  return reads
}

/** All that a store tells. */
async function toldBy(store: Store): Promise<unknown> {
  const { size, leafHash, root } = await store.head()
  const read = await Promise.all([...streams, 'none'].map(stream => idsOf(store, { stream })))
  const entries = (await all(store)).map(one => [one.seq, one.leafHash])
  const conflicts = await Promise.all(
    [...streams, 'none'].map(async stream => (await errorOf(store.append([], { [stream]: 1_000 }))).facts),
  )
  return { size, leafHash, root, read, entries, conflicts }
}

describe('A long trail that was closed and not touched since', () => {
  test('is not read when it is opened', async () => {
    const { path } = await newTrail()
    expect(await isRead(path)).toEqual([false, false])
    expect(await readOnOpening(path, true)).toBe(0)
  })

  test('tells and refuses what it does where it was read', async () => {
    const { folder, index } = await newTrail()
    const told: unknown[] = []
    for (const _ of ['with it', 'without it']) {
      const store = await openFileStore(folder)
      told.push(await toldBy(store))
      await store.close()
      rmSync(index, { force: true })
    }
    expect(told[0]).toEqual(told[1])
  })

  test('goes on, and is the same whether it is closed and opened in between or not', { timeout: 60_000 }, async () => {
    const one = fc.record({
      stream: fc.constantFrom(...streams, 'later', 'a\u0000'),
      close: fc.boolean(),
      index: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 12 }), async steps => {
        const { folder, index } = await newTrail()
        const plain = newFolder()
        copyFileSync(join(folder, 'trail.jsonl'), join(plain, 'trail.jsonl'))
        const whole = await openFileStore(plain)
        let store = await openFileStore(folder)
        for (const { stream, close, index: stays } of steps) {
          const { length } = await idsOf(store, { stream })
          for (const each of [store, whole]) await each.append([draft(stream, length)], { [stream]: length })
          if (!close) continue
          await store.close()
          if (!stays) rmSync(index)
          store = await openFileStore(folder)
        }
        expect(await toldBy(store)).toEqual(await toldBy(whole))
        await store.close()
        await whole.close()
        const files = [folder, plain].map(place => readFileSync(join(place, 'trail.jsonl')))
        expect(files[0]?.equals(files[1] as Buffer)).toBe(true)
        rmSync(folder, { recursive: true })
      }),
      { numRuns: 12 },
    )
  })

  test('is followed by who reads it while it is written', async () => {
    const { folder } = await newTrail()
    const reader = await openFileStore(folder, { readOnly: true })
    const writer = await openFileStore(folder)
    await writer.append([draft('a', 3)], { a: 3 })
    expect(await reader.head()).toEqual(await writer.head())
    expect(await idsOf(reader, { stream: 'a' })).toEqual(['a/0', 'a/1', 'a/2', 'a/3'])
    await writer.close()
    await reader.close()
  })

  test('has an index that its account alone may read, as others may be who cannot read the trail', async () => {
    expect(statSync((await newTrail()).index).mode & 0o777).toBe(0o600)
  })

  test('is not read either where its streams have long names', async () => {
    const folder = newFolder()
    const store = await openFileStore(folder)
    for (let at = 0; at < 20; at++) await store.append([draft(`${at}${'n'.repeat(28_000)}`, 0)], {})
    await store.close()
    expect(await readOnOpening(join(folder, 'trail.jsonl'), true)).toBe(0)
  })

  test('leaves no index where it is short, and only one where it is long', async () => {
    const folder = newFolder()
    const store = await openFileStore(folder)
    await store.append([draft('a', 0)], {})
    await store.close()
    expect(readdirSync(folder)).toEqual(['trail.jsonl'])
    expect(readdirSync((await newTrail()).folder).toSorted()).toEqual(['trail.jsonl', 'trail.jsonl.index'])
  })
})

describe('A long trail that anybody has touched since is read from its beginning', () => {
  test.each<[string, (path: string) => void]>([
    ['changed and dated back', path => rewritten(path, bytes => bytes.copy(bytes, 90_000, 10, 11))],
    [
      'replaced by another file of the same length, with the same date',
      path => {
        copyFileSync(path, `${path}.copy`)
        execFileSync('touch', ['-r', path, `${path}.copy`])
        renameSync(`${path}.copy`, path)
      },
    ],
    ['touched', path => utimesSync(path, new Date(), new Date())],
    ['written to, with what was there already', path => rewritten(path, () => undefined)],
  ])('as where it was %s', async (_, touch) => {
    const { path } = await newTrail()
    touch(path)
    const size = statSync(path).size
    const read = await readOnOpening(path, true).catch(error => error.code)
    expect(read === 'store.damaged' || read >= size).toBe(true)
  })

  test('as where it was changed in the very instant in which it was closed, by a clock of ten milliseconds', async () => {
    const system = dating(date => `${date.slice(0, -7)}0000001`)
    for (let round = 0; round < 12; round++) {
      const { path, index } = await newTrail(system)
      expect(existsSync(index)).toBe(true)
      damaged(path)
      expect((await errorOf(openOn(system, path, { readOnly: true }))).code).toBe('store.damaged')
    }
  })

  test('as where its file system dates by seconds, or its clock was put back: there is no index', async () => {
    const seconds = dating(date => `${date.slice(0, -9)}000000000`)
    const future = dating(date => `${Number(date.slice(0, -9)) + 3_600}000000001`)
    for (const system of [seconds, future]) expect(existsSync((await newTrail(system)).index)).toBe(false)
  })

  test('and damage in its middle is told, with the line', async () => {
    const { path } = await newTrail()
    rewritten(path, bytes => bytes.fill('y', 90_000, 90_001))
    for (const readOnly of [true, false])
      expect((await errorOf(openFileStore(path, { readOnly }))).facts).toMatchObject({ line: 3 })
  })

  test.each<[string, (path: string, store: Store) => Promise<void>]>([
    ['while it was open, after the last append', async path => damaged(path)],
    [
      'while it was open, between two appends',
      async (path, store) => {
        damaged(path)
        await store.append([draft('a', 3)], { a: 3 })
      },
    ],
    [
      'while it was open, and put right again between two appends',
      async (path, store) => {
        rewritten(path, () => undefined)
        await store.append([draft('a', 3)], { a: 3 })
      },
    ],
  ])('and so it is where it was written to %s', async (_, write) => {
    for (const isRead of [false, true]) {
      const { path, index } = await newTrail()
      if (isRead) rmSync(index)
      const store = await openFileStore(path)
      await write(path, store)
      await store.close()
      const { size } = statSync(path)
      const read = await readOnOpening(path, true).catch(error => error.code ?? error.message)
      expect(read === 'store.damaged' || read === size || /to be 20/.test(read), `${read}`).toBe(true)
    }
  })

  test('and so it is where it was written to while it was read', async () => {
    const { path, index } = await newTrail()
    rmSync(index)
    let isFirst = true
    const store = await openOn(
      {
        ...nodeFileSystem,
        read: async (fd, ...rest) => {
          const count = await nodeFileSystem.read(fd, ...rest)
          if (isFirst && count > 1_000_000) damaged(path)
          if (count > 1_000_000) isFirst = false
          return count
        },
      },
      path,
    )
    expect(isFirst).toBe(false)
    await store.close()
    expect(existsSync(index)).toBe(false)
  })

  test('and so it is after the machine was started anew, as a power cut can leave old dates', async () => {
    const { path } = await newTrail()
    const system: FileSystem = {
      ...nodeFileSystem,
      readText: async file => (file.endsWith('boot_id') ? 'another' : nodeFileSystem.readText(file)),
    }
    let read = 0
    const counting: FileSystem = {
      ...system,
      read: async (...call) => {
        const count = await nodeFileSystem.read(...call)
        read += count
        return count
      },
    }
    await (await openOn(counting, path, { readOnly: true })).close()
    expect(read).toBeGreaterThan(1_000_000)
  })

  test('and so is what is missing at its end, or was put there', async () => {
    const { path, index } = await newTrail()
    const bytes = readFileSync(path)
    truncateSync(path, bytes.length - 30)
    for (const readOnly of [true, false]) {
      const store = await openFileStore(path, { readOnly })
      expect([(await store.head()).size, store.recovered?.because]).toEqual([19, 'torn'])
      await store.close()
      // With it the trail is not opened for writing: see below.
      rmSync(index, { force: true })
    }
    appendFileSync(path, 'something else\n')
    expect((await errorOf(openFileStore(path))).code).toBe('store.damaged')
  })

  test('and so it is where its writer was never closed', async () => {
    const { folder, path } = await newTrail()
    const killed = await openFileStore(folder)
    await killed.append([draft('a', 3)], { a: 3 })
    const copy = newFolder()
    copyFileSync(path, join(copy, 'trail.jsonl'))
    copyFileSync(`${path}.index`, join(copy, 'trail.jsonl.index'))
    const store = await openFileStore(copy)
    expect(await idsOf(store, { stream: 'a' })).toEqual(['a/0', 'a/1', 'a/2', 'a/3'])
    await store.close()
    await killed.close()
  })
})

/** Changes a letter in the middle, as another program does. */
function damaged(path: string): void {
  const fd = openSync(path, 'r+')
  writeSync(fd, 'y', 90_000)
  closeSync(fd)
}

/** Writes other bytes over those of a file, as many, and dates it as it was, to the nanosecond. */
function rewritten(path: string, change: (bytes: Buffer) => void): void {
  const date = `${path}.date`
  execFileSync('touch', ['-r', path, date])
  const bytes = readFileSync(path)
  change(bytes)
  writeFileSync(path, bytes)
  execFileSync('touch', ['-r', date, path])
}

describe('An index that is not as it was written is left out of account', () => {
  test('whichever of its bytes is another, and wherever it was cut', { timeout: 60_000 }, async () => {
    const { path, index } = await newTrail()
    const bytes = readFileSync(index)
    for (let at = 0; at < bytes.length; at += 1 + Math.floor(bytes.length / 60)) {
      const other = Buffer.from(bytes)
      other.writeUInt8((bytes[at] as number) ^ 0x10, at)
      for (const some of [other, bytes.subarray(0, at), Buffer.concat([bytes, bytes.subarray(0, at + 1)])]) {
        writeFileSync(index, some)
        expect(await readOnOpening(path, true)).toBeGreaterThan(1_000_000)
      }
    }
    writeFileSync(index, bytes)
    expect(await isRead(path)).toEqual([false, false])
  })

  test.each<[string, (index: string, path: string) => void]>([
    ['a folder', index => mkdirSync(index)],
    ['a link to nothing', index => symlinkSync('nowhere', index)],
    ['a link to the trail', (index, path) => symlinkSync(path, index)],
    ['empty', index => writeFileSync(index, '')],
    ['random', index => writeFileSync(index, Buffer.alloc(5_000, 'countersign/index/v1 '))],
  ])('as where it is %s, and the trail goes on', async (what, put) => {
    const { path, index } = await newTrail()
    rmSync(index)
    put(index, path)
    expect(await isRead(path), what).toEqual([true, true])
    const store = await openFileStore(path)
    await store.append([draft('a', 3)], { a: 3 })
    await store.close()
    const again = await openFileStore(path)
    expect(await idsOf(again, { stream: 'a' })).toEqual(['a/0', 'a/1', 'a/2', 'a/3'])
    await again.close()
  })
})

describe('A trail that is shorter than it was when it was closed', () => {
  const shorter: [string, (path: string) => void, number][] = [
    ['was cut behind an entry', path => truncateSync(path, linesOf(path, 12)), 12],
    ['was cut within one', path => truncateSync(path, linesOf(path, 12) + 5), 12],
    ['was emptied', path => truncateSync(path, 0), 0],
    [
      'was put back from a backup',
      path => {
        const backup = readFileSync(path).subarray(0, linesOf(path, 7))
        rmSync(path)
        writeFileSync(path, backup)
      },
      7,
    ],
    ['was deleted', path => rmSync(path), 0],
  ]

  test.each(shorter)('is not opened for writing where it %s, until its index is deleted', async (_, cut, entries) => {
    const { path, index } = await newTrail()
    const { size } = statSync(path)
    cut(path)
    const was = existsSync(path) ? readFileSync(path) : undefined
    const error = await errorOf(openFileStore(path))
    expect([error.code, error.facts]).toEqual([
      'store.damaged',
      expect.objectContaining({ path, index, was: size, entries: 20, size: was?.length ?? 0 }),
    ])
    expect(error.message).toContain(
      `and had ${size} (20 entries) when it was closed last, as ${index} says: its end is gone. Nothing was changed; put the file back`,
    )
    expect(error.message).toContain(`delete ${index}: what is there counts then`)
    // Nothing was made, cut or left behind.
    expect(existsSync(path) ? readFileSync(path) : undefined).toEqual(was)
    expect(existsSync(`${path}.lock`)).toBe(false)
    if (was !== undefined) {
      const reader = await openFileStore(path, { readOnly: true })
      expect((await reader.head()).size).toBe(entries)
      await reader.close()
    }
    rmSync(index)
    const store = await openFileStore(path)
    expect((await store.head()).size).toBe(entries)
    await store.close()
  })

  test('is opened where its index was damaged or is that of a shorter one, as that says nothing', async () => {
    const { path, index } = await newTrail()
    const bytes = readFileSync(index)
    const lines = readFileSync(path)
    truncateSync(path, linesOf(path, 12))
    for (const at of [25, 40, bytes.length - 20]) {
      const other = Buffer.from(bytes)
      other.writeUInt8((bytes[at] as number) ^ 1, at)
      writeFileSync(index, other)
      await (await openFileStore(path)).close()
    }
    writeFileSync(index, bytes)
    expect((await errorOf(openFileStore(path))).code).toBe('store.damaged')
    writeFileSync(path, lines)
    const store = await openFileStore(path)
    await store.append([long('a', 3)], {})
    await store.close()
  })
})

/** How many bytes the first lines of a file have. */
function linesOf(path: string, count: number): number {
  let end = 0
  for (let line = 0; line < count; line++) end = readFileSync(path).indexOf(0x0a, end) + 1
  return end
}

describe("What is somebody's is left alone", () => {
  test.each(['index', 'index.new'])('where a file of another kind lies at trail.jsonl.%s', async name => {
    const folder = newFolder()
    const other = join(folder, `trail.jsonl.${name}`)
    writeFileSync(other, 'my own notes, which are longer than what an index begins with')
    const store = await openFileStore(folder)
    for (let at = 0; at < 20; at++) await store.append([long('a', at)], { a: at })
    await store.close()
    expect(readFileSync(other, 'utf8')).toContain('my own notes')
    expect(readdirSync(folder).toSorted()).toEqual(['trail.jsonl', `trail.jsonl.${name}`])
  })
})

describe('Where the index cannot be written', () => {
  test.each([...faults])('nothing hangs on it: the trail is closed and whole (%s, at some of the calls)', (_, fault) =>
    failInIndex(fault, 5),
  )

  test('there is none after a write that failed', async () => {
    const { folder, index } = await newTrail()
    rmSync(index)
    const system: FileSystem = {
      ...nodeFileSystem,
      fdatasync: () => Promise.reject(new Error('no')),
      fdatasyncInPlace: () => {
        throw new Error('no')
      },
    }
    const store = await openFileStore(folder)
    await store.append([draft('a', 3)], { a: 3 })
    await store.close()
    rmSync(index)
    let isOpen = false
    const later = await openOn({ ...nodeFileSystem, ...failing(system, () => isOpen) }, folder)
    isOpen = true
    expect((await errorOf(later.append([draft('a', 4)], { a: 4 }))).code).toBe('store.unwritable')
    await later.close()
    expect(existsSync(index)).toBe(false)
  })

  /** Flushes that fail from some point on. */
  const failing = (system: FileSystem, isOn: () => boolean): Pick<FileSystem, 'fdatasync' | 'fdatasyncInPlace'> => ({
    fdatasync: fd => (isOn() ? system : nodeFileSystem).fdatasync(fd),
    fdatasyncInPlace: fd => (isOn() ? system : nodeFileSystem).fdatasyncInPlace(fd),
  })
})

/** Any character, as `binary` has them, of which fast-check would write a table first. */
const character = fc.integer({ min: 0, max: 0x10_f7ff }).map(
  code => String.fromCodePoint(code < 0xd800 ? code : code + 0x800),
  one => {
    const code = String(one).codePointAt(0) ?? 0
    return code < 0xd800 ? code : code - 0x800
  },
)

describe('The table of streams', () => {
  test('finds what a map finds, however often streams were added and went on', () => {
    const name = fc.string({ unit: character, maxLength: 4 })
    const changes = fc.array(fc.dictionary(name, fc.record({ count: fc.nat(), last: fc.nat() })), { maxLength: 5 })
    fc.assert(
      fc.property(changes, name, (rounds, other) => {
        let table = StreamTable.empty
        const map = new Map<string, { count: number; last: number }>()
        for (const round of rounds) {
          const changed = new Map(Object.entries(round))
          table = table.with(changed)
          for (const [stream, of] of changed) map.set(stream, of)
        }
        expect(table.size).toBe(map.size)
        for (const [stream, of] of map) expect(table.find(stream)).toEqual({ ...of })
        expect(table.find(other)).toEqual(map.get(other) && { ...map.get(other) })
      }),
    )
  })
})
