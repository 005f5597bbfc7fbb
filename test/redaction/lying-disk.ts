import { readFileSync, writeFileSync } from 'node:fs'
import { type FileSystem, nodeFileSystem } from '../../packages/store-file/src/file-system.ts'

/**
 * A file system with a disk of its own behind one file, to which only a flush brings what was written since the last one. A flush
 * that fails brings nothing, and what it had to bring counts as written from then on, as it does on Linux.
 */
export function withDisk(path: string): {
  readonly system: FileSystem
  /** What fails from now on. */
  readonly fault: { flush: boolean; truncate: boolean }
  /** Leaves of the file what is on the disk. */
  readonly cutPower: () => void
} {
  const fault = { flush: false, truncate: false }
  const failed = (name: string) => Object.assign(new Error(`EIO: ${name}`), { code: 'EIO' })
  const ours = new Set<number>()
  let disk: Buffer = Buffer.alloc(0)
  let written: { from: number; to: number }[] = []
  const flush = (): void => {
    if (fault.flush) {
      written = []
      throw failed('fdatasync')
    }
    const cache = readFileSync(path)
    const next = Buffer.alloc(cache.length)
    disk.copy(next)
    for (const { from, to } of written) cache.copy(next, from, from, to)
    disk = next
    written = []
  }
  const system: FileSystem = {
    ...nodeFileSystem,
    async open(at, flags, mode) {
      const fd = await nodeFileSystem.open(at, flags, mode)
      if (at === path) ours.add(fd)
      return fd
    },
    async close(fd) {
      ours.delete(fd)
      return nodeFileSystem.close(fd)
    },
    write(fd, from, offset, length, position) {
      const count = nodeFileSystem.write(fd, from, offset, length, position)
      if (ours.has(fd)) written.push({ from: position as number, to: (position as number) + count })
      return count
    },
    async ftruncate(fd, length) {
      if (ours.has(fd) && fault.truncate) throw failed('ftruncate')
      return nodeFileSystem.ftruncate(fd, length)
    },
    async fdatasync(fd) {
      if (ours.has(fd)) flush()
      return nodeFileSystem.fdatasync(fd)
    },
    async fsync(fd) {
      if (ours.has(fd)) flush()
      return nodeFileSystem.fsync(fd)
    },
  }
  return { system, fault, cutPower: () => writeFileSync(path, disk) }
}
