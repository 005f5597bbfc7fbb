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
 * bring anything. It is harsher than a real one, which may keep more.
 */
function withDisk(folder: string): { system: FileSystem; disk: () => Disk } {
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
      await nodeFileSystem.fdatasync(fd)
      keep(fd)
    },
    fdatasyncInPlace: fd => {
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
