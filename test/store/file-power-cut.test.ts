import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import { expect, test } from 'vitest'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import { type FileSystem, nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
import { draft } from './draft.ts'
import { idsOf, newFolder } from './trial.ts'

/** What would be on the disk if the power went now: which names, and what in them. */
type Disk = ReadonlyMap<string, Uint8Array>

/**
 * A file system with a disk of its own behind it, to which only fdatasync (a file's bytes) and fsync (a folder's names)
 * bring anything. It is harsher than a real one, which may keep more. `flushing` is told of each fdatasync before it.
 */
function withDisk(folder: string, flushing?: (path: string) => void): { system: FileSystem; disk: () => Disk } {
  const bytes = new Map<number, Uint8Array>()
  let names = new Map<string, number>()
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
  const moments: { disk: Disk; ids: string[] }[] = []
  const acknowledged: string[] = []
  // Twice, so that a trail that was there before is seen, too; the second time with a torn end to cut off.
  for (const round of [0, 1]) {
    const store = await openOn(system, folder)
    const append = async (stream: string, ...places: number[]): Promise<void> => {
      const drafts = places.map(place => draft(stream, place))
      await store.append(drafts, {})
      acknowledged.push(...drafts.map(({ id }) => id))
      moments.push({ disk: disk(), ids: [...acknowledged] })
    }
    await append(`alone-${round}`, 0)
    await append(`batch-${round}`, 0, 1, 2)
    await Promise.all([append(`b-${round}`, 0), append(`c-${round}`, 0, 1), append(`d-${round}`, 0)])
    await append(`alone-${round}`, 1)
    await store.close()
    if (round === 0) writeFileSync(store.path, '{"body":{"at"', { flag: 'a' })
  }
  const [last] = moments.slice(-1)
  const everything = last?.disk.get('trail.jsonl') as Uint8Array
  for (const moment of moments) {
    const survived = moment.disk.get('trail.jsonl') as Uint8Array
    // Of what came after, any part may have arrived.
    for (const more of [0, 1, 50, 200, 300, 450]) {
      const place = newFolder()
      for (const [name, content] of moment.disk) writeFileSync(join(place, name), content)
      writeFileSync(join(place, 'trail.jsonl'), everything.subarray(0, survived.length + more))
      rmSync(join(place, 'trail.jsonl.lock'), { force: true })
      const store = await openFileStore(place)
      const ids = await idsOf(store)
      await store.close()
      expect(ids.slice(0, moment.ids.length)).toEqual(moment.ids)
    }
  }
})

const holed = (bytes: Uint8Array, from: number, to: number) =>
  Buffer.from(bytes).fill(0, from, Math.min(to, bytes.length))

test('Whatever of a write the power keeps from the disk, the trail opens with all that was acknowledged', async () => {
  const folder = newFolder()
  const cuts: { disk: Disk; written: Uint8Array; ids: string[] }[] = []
  const acknowledged: string[] = []
  const { system, disk } = withDisk(folder, path => {
    if (path.endsWith('.jsonl')) cuts.push({ disk: disk(), written: readFileSync(path), ids: [...acknowledged] })
  })
  const store = await openOn(system, folder)
  const append = async (stream: string, length: number, ...places: number[]): Promise<void> => {
    const drafts = places.map(place => ({ ...draft(stream, place), command: { comment: 'x'.repeat(length) } }))
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
  for (let place = 1; place < 14; place++) await append('alone', 600, place)
  await store.close()

  const place = newFolder()
  const path = join(place, 'trail.jsonl')
  let holes = 0
  for (const cut of cuts) {
    const survived = cut.disk.get('trail.jsonl')?.length ?? 0
    for (const block of [512, 4096]) {
      for (let from = survived - (survived % block); from < cut.written.length; from += block) {
        for (const [name, content] of cut.disk) writeFileSync(join(place, name), content)
        rmSync(`${path}.lock`, { force: true })
        writeFileSync(path, holed(cut.written, Math.max(from, survived), from + block))
        const again = await openFileStore(place)
        const ids = await idsOf(again)
        await again.close()
        // All of the write is there, or nothing.
        expect(ids).toEqual(cut.ids)
        rmSync(`${path}.batch`, { force: true })
        holes += 1
      }
    }
  }
  expect(holes).toBeGreaterThan(100)
})
