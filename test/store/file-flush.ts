import { type FileSystem, nodeFileSystem } from '../../packages/store-file/src/file-system.ts'

/** A file system on which somebody is told before each flush of one file, counted from 1, which waits for them, or fails as they do. */
export function flushing(path: string, before: (flush: number) => Promise<void> | undefined): FileSystem {
  const opened = new Set<number>()
  let flushes = 0
  return {
    ...nodeFileSystem,
    async open(name, flags, mode) {
      const fd = await nodeFileSystem.open(name, flags, mode)
      // The system gives the number of a file that was closed to the next one.
      if (name === path) opened.add(fd)
      else opened.delete(fd)
      return fd
    },
    async fdatasync(fd) {
      if (opened.has(fd)) await before(++flushes)
      await nodeFileSystem.fdatasync(fd)
    },
  }
}
