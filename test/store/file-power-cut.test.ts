import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import { expect, test } from 'vitest'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import { type FileSystem, nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
import { draft } from './draft.ts'
import { errorOf, idsOf, newFolder } from './trial.ts'

/** What would be on the disk if the power went now: which names, and what in them. */
type Disk = ReadonlyMap<string, Uint8Array>

/**
 * A file system with a disk of its own behind it, to which only fdatasync (a file's bytes) and fsync (a folder's names)
 * bring anything. It is harsher than a real one, which may keep more. What is in the folder already is on it, unless it is said not
 * to be. `flushing` is told of each fdatasync before it.
 */
function withDisk(
  folder: string,
  flushing?: (path: string) => void,
  unflushed?: string,
): { system: FileSystem; disk: () => Disk } {
  const there = readdirSync(folder).map(name => [name, statSync(join(folder, name)).ino] as const)
  const bytes = new Map<number, Uint8Array>(
    there.filter(([name]) => name !== unflushed).map(([name, file]) => [file, readFileSync(join(folder, name))]),
  )
  let names = new Map(there)
  const paths = new Map<number, string>()
  const keep = (fd: number): void => {
    const path = paths.get(fd) as string
    bytes.set(statSync(path).ino, readFileSync(path))
  }
  const system: FileSystem = {
    ...nodeFileSystem,
    open: async (path, flags) => {
      const fd = await nodeFileSystem.open(path, flags)
      paths.set(fd, path)
      return fd
    },
    fdatasync: async fd => {
      flushing?.(paths.get(fd) as string)
      await nodeFileSystem.fdatasync(fd)
      keep(fd)
    },
    fdatasyncInPlace: fd => {
      flushing?.(paths.get(fd) as string)
      nodeFileSystem.fdatasyncInPlace(fd)
      keep(fd)
    },
    fsync: async fd => {
      await nodeFileSystem.fsync(fd)
      if (paths.get(fd) !== folder) return
      names = new Map(readdirSync(folder).map(name => [name, statSync(join(folder, name)).ino]))
    },
  }
  const disk = (): Disk => new Map([...names].map(([name, file]) => [name, bytes.get(file) ?? new Uint8Array()]))
  return { system, disk }
}

test('Whenever the power goes, what was acknowledged until then is on the disk', async () => {
  const folder = newFolder()
  const { system, disk } = withDisk(folder)
  const moments: { disk: Disk; written: Uint8Array; ids: string[] }[] = []
  const acknowledged: string[] = []
  // Twice, so that a trail that was there before is seen, too; the second time with a torn end to cut off.
  for (const round of [0, 1]) {
    const store = await openOn(system, folder)
    const append = async (stream: string, ...places: number[]): Promise<void> => {
      const drafts = places.map(place => draft(stream, place))
      await store.append(drafts, {})
      acknowledged.push(...drafts.map(({ id }) => id))
      moments.push({ disk: disk(), written: readFileSync(store.path), ids: [...acknowledged] })
    }
    await append(`alone-${round}`, 0)
    await append(`batch-${round}`, 0, 1, 2)
    await Promise.all([append(`b-${round}`, 0), append(`c-${round}`, 0, 1), append(`d-${round}`, 0)])
    await append(`alone-${round}`, 1)
    await store.close()
    if (round === 0) writeFileSync(store.path, '{"body":{"at"', { flag: 'a' })
  }
  for (const moment of moments) {
    const survived = moment.disk.get('trail.jsonl') as Uint8Array
    // Of what was written to the trail and not flushed, any part may have arrived.
    for (const more of [0, 1, 50, 200, 300, 450, 10_000]) {
      const place = newFolder()
      for (const [name, content] of moment.disk) writeFileSync(join(place, name), content)
      writeFileSync(join(place, 'trail.jsonl'), moment.written.subarray(0, survived.length + more))
      rmSync(join(place, 'trail.jsonl.lock'), { force: true })
      const store = await openFileStore(place)
      const ids = await idsOf(store)
      await store.close()
      expect(ids.slice(0, moment.ids.length)).toEqual(moment.ids)
    }
  }
})

/** Some bytes of a file as they were before a write, zeros where there were none. */
function kept(bytes: Uint8Array, before: Uint8Array, from: number, to: number): Buffer {
  const end = Math.min(to, bytes.length)
  const old = Buffer.alloc(end - from)
  old.set(before.subarray(from, end))
  const mixed = Buffer.from(bytes)
  mixed.set(old, from)
  return mixed
}

test('Whatever of a write the power keeps from the disk, the trail opens with all that was acknowledged', async () => {
  const folder = newFolder()
  const cuts: { name: string; disk: Disk; written: Uint8Array; acknowledged: string[]; handedIn: string[] }[] = []
  const acknowledged: string[] = []
  const handedIn: string[] = []
  const { system, disk } = withDisk(folder, path => {
    const name = path.slice(folder.length + 1)
    if (name === 'trail.jsonl' || name === 'trail.jsonl.journal')
      cuts.push({
        name,
        disk: disk(),
        written: readFileSync(path),
        acknowledged: [...acknowledged],
        handedIn: [...handedIn],
      })
  })
  const store = await openOn(system, folder)
  const append = async (stream: string, length: number, ...places: number[]): Promise<void> => {
    const drafts = places.map(place => ({ ...draft(stream, place), command: { comment: 'x'.repeat(length) } }))
    handedIn.push(...drafts.map(({ id }) => id))
    await store.append(drafts, {})
    acknowledged.push(...drafts.map(({ id }) => id))
  }
  // The beginning of a file is never taken for what a power cut has left where it is not there.
  await append('founding', 0, 0)
  cuts.length = 0
  await append('long', 13_000, 0)
  await append('batch', 2_500, 0, 1, 2)
  await append('alone', 100, 0)
  await Promise.all([append('a', 3_000, 0), append('b', 3_000, 0), append('c', 3_000, 0)])
  await append('batch', 500, 3, 4)
  for (let place = 1; place < 14; place++) await append('alone', 600, place)
  await store.close()

  const place = newFolder()
  const holes = { 'trail.jsonl': 0, 'trail.jsonl.journal': 0 }
  for (const cut of cuts) {
    const isSide = cut.name === 'trail.jsonl.journal'
    const before = cut.disk.get(cut.name) ?? new Uint8Array()
    // What is in the trail is never written over; the journal is written from its beginning.
    const survived = isSide ? 0 : before.length
    // Several entries are durable in the journal before the trail is flushed.
    const isBatch = !isSide && cut.written.subarray(survived).filter(byte => byte === 0x0a).length > 1
    for (const block of [512, 4096]) {
      for (let from = survived - (survived % block); from < cut.written.length; from += block) {
        for (const [name, content] of cut.disk) writeFileSync(join(place, name), content)
        rmSync(join(place, 'trail.jsonl.lock'), { force: true })
        const bytes = kept(cut.written, before, Math.max(from, survived), from + block)
        writeFileSync(join(place, cut.name), bytes)
        const again = await openFileStore(place)
        const ids = await idsOf(again)
        await again.close()
        // All of the write is there, or nothing.
        expect(ids).toEqual(isBatch || bytes.equals(cut.written) ? cut.handedIn : cut.acknowledged)
        expect(existsSync(join(place, 'trail.jsonl.journal'))).toBe(false)
        holes[cut.name as keyof typeof holes] += 1
      }
    }
  }
  expect(Math.min(...Object.values(holes))).toBeGreaterThan(50)
})

test('Whenever the power goes, nothing is on the disk of what was refused', async () => {
  const folder = newFolder()
  const { system, disk } = withDisk(folder)
  let isFull = false
  const store = await openOn(
    {
      ...system,
      write(fd, from, offset, length, position) {
        // To the trail, at its end: there is room in the journal, and none there.
        if (isFull && position === null) throw Object.assign(new Error('ENOSPC: write'), { code: 'ENOSPC' })
        return system.write(fd, from, offset, length, position)
      },
    },
    folder,
  )
  await store.append([draft('a', 0), draft('a', 1)], {})
  isFull = true
  const error = await errorOf(store.append([draft('a', 2), draft('a', 3)], {}))
  expect([error.code, error.facts.takenBack]).toEqual(['store.unwritable', true])
  const place = newFolder()
  for (const [name, content] of disk()) writeFileSync(join(place, name), content)
  rmSync(join(place, 'trail.jsonl.lock'), { force: true })
  const again = await openFileStore(place)
  expect([await idsOf(again), again.recovered]).toEqual([['a/0', 'a/1'], undefined])
  await again.close()
  await store.close()
})

test('Whatever the power keeps from the disk while what a killed process has left is brought in, it is there whole or not at all', async () => {
  const prepared = newFolder()
  const first = await openOn({ ...nodeFileSystem, later: () => () => {} }, prepared)
  await first.append([{ ...draft('a', 0), command: { comment: 'x'.repeat(700) } }], {})
  await first.close()
  const flushed = readFileSync(first.path)
  const second = await openOn({ ...nodeFileSystem, later: () => () => {} }, prepared)
  const drafts = [0, 1, 2].map(at => ({ ...draft('b', at), command: { comment: 'x'.repeat(3_000) } }))
  await second.append(drafts, {})
  const left = { 'trail.jsonl': flushed, 'trail.jsonl.journal': readFileSync(`${second.path}.journal`) }
  await second.close()
  // It was killed before the journal was durable, or after that.
  for (const unflushed of ['trail.jsonl.journal', undefined]) {
    const folder = newFolder()
    for (const [name, bytes] of Object.entries(left)) writeFileSync(join(folder, name), bytes)
    const cuts: { name: string; disk: Disk; written: Uint8Array }[] = []
    const { system, disk } = withDisk(
      folder,
      path => cuts.push({ name: path.slice(folder.length + 1), disk: disk(), written: readFileSync(path) }),
      unflushed,
    )
    await (await openOn(system, folder)).close()
    expect(cuts.map(cut => cut.name)).toEqual(expect.arrayContaining(['trail.jsonl', 'trail.jsonl.journal']))
    for (const { name, disk: state, written } of cuts.filter(cut => cut.name.startsWith('trail.jsonl'))) {
      const before = state.get(name) ?? new Uint8Array()
      for (let from = 0; from <= written.length; from += 512) {
        const place = newFolder()
        for (const [file, content] of state) writeFileSync(join(place, file), content)
        rmSync(join(place, 'trail.jsonl.lock'), { force: true })
        if (!name.includes('.lock')) writeFileSync(join(place, name), kept(written, before, from, from + 512))
        const again = await openFileStore(place)
        const { size } = await again.head()
        expect(unflushed === undefined ? [4] : [1, 4]).toContain(size)
        await again.close()
      }
    }
  }
})
