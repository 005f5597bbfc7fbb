import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import { expect } from 'vitest'
import { openOn } from '../../packages/store-file/src/file-store.ts'
import { type FileSystem, nodeFileSystem } from '../../packages/store-file/src/file-system.ts'
import { draft } from './draft.ts'
import { idsOf, newFolder } from './trial.ts'

/** What would be on the disk if the power went now: which names, and what in them. */
export type Disk = ReadonlyMap<string, Uint8Array>

/**
 * A file system with a disk of its own behind it, to which only fdatasync (a file's bytes) and fsync (a folder's names)
 * bring anything. It is harsher than a real one, which may keep more. What is in the folder already is on it, unless it is said not
 * to be. `flushing` is told of each fdatasync before it.
 */
export function withDisk(
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

/** Some bytes of a file as they were before a write, zeros where there were none. */
export function kept(bytes: Uint8Array, before: Uint8Array, from: number, to: number): Buffer {
  const end = Math.min(to, bytes.length)
  const old = Buffer.alloc(end - from)
  old.set(before.subarray(from, end))
  const mixed = Buffer.from(bytes)
  mixed.set(old, from)
  return mixed
}

/**
 * Whatever of a write the power keeps from the disk, a block of a sector or of a page, the trail opens with all that was acknowledged:
 * at every such block, or at some.
 */
export async function loseBlocks(every = 1): Promise<void> {
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
  let at = 0
  for (const cut of cuts) {
    const isSide = cut.name === 'trail.jsonl.journal'
    const before = cut.disk.get(cut.name) ?? new Uint8Array()
    // What is in the trail is never written over; the journal is written from its beginning.
    const survived = isSide ? 0 : before.length
    // Several entries are durable in the journal before the trail is flushed.
    const isBatch = !isSide && cut.written.subarray(survived).filter(byte => byte === 0x0a).length > 1
    for (const block of [512, 4096]) {
      for (let from = survived - (survived % block); from < cut.written.length; from += block) {
        at += 1
        if (at % every !== 0) continue
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
  expect(Math.min(...Object.values(holes))).toBeGreaterThan(50 / every)
}
