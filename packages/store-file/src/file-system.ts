import * as fs from 'node:fs'
import { dirname } from 'node:path'

/** What a store wants to know of a file or folder. */
export interface FileState {
  readonly size: number
  /** Which file it is, of all on the machine. */
  readonly device: number
  readonly inode: number
  readonly kind: 'file' | 'folder' | 'other'
  /** Its permissions: the nine bits of owner, group and others. On Windows they say nothing. */
  readonly mode: number
  /** The number of the group to which it belongs. */
  readonly group: number
  /** How many names it has: more than one where there are hard links. */
  readonly names: number
}

/** What of a file is another once anybody has written to it, or put another file in its place. */
export interface Stamp {
  readonly device: number
  readonly inode: number
  readonly size: number
  /** In nanoseconds since 1970, each: when its bytes were written last, and when anything about it was changed. */
  readonly modified: string
  readonly changed: string
}

/**
 * Every system call that the store makes, one method each, so that a test can let each of them fail in turn. Internal:
 * it is no port, and no part of the package's surface.
 */
export interface FileSystem {
  readonly stat: (path: string) => Promise<FileState>
  readonly realpath: (path: string) => Promise<string>
  /** Makes a folder and what is missing above it; gives the topmost folder that it made. */
  readonly makeFolder: (path: string) => Promise<string | undefined>
  /** `mode`: the permissions of a file that this call makes. Without it they are 0o666, less what the process masks. */
  readonly open: (path: string, flags: number, mode?: number) => Promise<number>
  /** How many bytes were read; fewer than asked for at the end of the file. */
  readonly read: (fd: number, into: Uint8Array, offset: number, length: number, position: number) => Promise<number>
  /** The same, and the thread waits for it: for a few bytes that were just written. */
  readonly readInPlace: (fd: number, into: Uint8Array, position: number) => number
  /**
   * How many bytes were written, which may be fewer than asked for. `position` null: at the end of the file. It gives
   * no promise, and neither do `fstat`, `lookAt` and `stamp`. They only touch memory (the disk's work is done in
   * `fdatasync`), and to hand them to another thread would cost several times as much as they do.
   */
  readonly write: (fd: number, from: Uint8Array, offset: number, length: number, position: number | null) => number
  readonly fstat: (fd: number) => FileState
  readonly lookAt: (path: string) => Stamp
  readonly stamp: (fd: number) => Stamp
  readonly fchmod: (fd: number, mode: number) => Promise<void>
  /** Gives a file to another group. Its owner may, where they belong to that. */
  readonly fchgrp: (fd: number, group: number) => Promise<void>
  readonly fdatasync: (fd: number) => Promise<void>
  /** The same, and the thread waits for it. */
  readonly fdatasyncInPlace: (fd: number) => void
  readonly fsync: (fd: number) => Promise<void>
  readonly ftruncate: (fd: number, length: number) => Promise<void>
  readonly close: (fd: number) => Promise<void>
  /** The names in a folder. */
  readonly list: (folder: string) => Promise<string[]>
  /** The text of a regular file. Anything else is refused, and never waited for. */
  readonly readText: (path: string) => Promise<string>
  readonly readLink: (path: string) => Promise<string>
  /** Gives a file a second name. Fails where the name is taken; that is what makes it a lock. */
  readonly link: (from: string, to: string) => Promise<void>
  readonly rename: (from: string, to: string) => Promise<void>
  readonly unlink: (path: string) => Promise<void>
  /** Does something after so many milliseconds, unless what it gives is called before. It keeps no process alive. */
  readonly later: (milliseconds: number, work: () => void) => () => void
}

/** A pipe without a writer would be waited for for good. Windows has neither. */
export const TO_READ = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0)

/** `fs` of Node, with its callbacks made promises: they cost less than `fs.promises`, which a lone caller would feel. */
export const nodeFileSystem: FileSystem = {
  stat: async path => state(await call<fs.Stats>(done => fs.stat(path, done))),
  realpath: path => call(done => fs.realpath(path, done)),
  makeFolder,
  open: (path, flags, mode = 0o666) => call(done => fs.open(path, flags, mode, done)),
  read: (fd, into, offset, length, position) => call(done => fs.read(fd, into, offset, length, position, done)),
  readInPlace: (fd, into, position) => fs.readSync(fd, into, 0, into.length, position),
  write: (fd, from, offset, length, position) => fs.writeSync(fd, from, offset, length, position),
  fstat: fd => state(fs.fstatSync(fd)),
  lookAt: path => stamp(fs.statSync(path, { bigint: true })),
  stamp: fd => stamp(fs.fstatSync(fd, { bigint: true })),
  fchmod: (fd, mode) => call(done => fs.fchmod(fd, mode, done)),
  fchgrp: (fd, group) => call(done => fs.fchown(fd, process.getuid?.() ?? 0, group, done)),
  fdatasync: fd => call(done => fs.fdatasync(fd, done)),
  fdatasyncInPlace: fd => fs.fdatasyncSync(fd),
  fsync: fd => call(done => fs.fsync(fd, done)),
  ftruncate: (fd, length) => call(done => fs.ftruncate(fd, length, done)),
  close: fd => call(done => fs.close(fd, done)),
  list: folder => call(done => fs.readdir(folder, done)),
  readText,
  readLink: path => call(done => fs.readlink(path, done)),
  link: (from, to) => call(done => fs.link(from, to, done)),
  rename: (from, to) => call(done => fs.rename(from, to, done)),
  unlink: path => call(done => fs.unlink(path, done)),
  later: (milliseconds, work) => {
    const timer = setTimeout(work, milliseconds).unref()
    return () => clearTimeout(timer)
  },
}

/**
 * Folder by folder from above: `mkdir` with `recursive` never comes back where the file system takes no folders and says
 * so with ENOENT, as `/proc` does.
 */
async function makeFolder(path: string): Promise<string | undefined> {
  const missing: string[] = []
  for (let folder = path; !(await isThere(folder)); folder = dirname(folder)) {
    missing.unshift(folder)
    if (folder === dirname(folder)) break
  }
  for (const folder of missing) {
    try {
      await call<void>(done => fs.mkdir(folder, done))
    } catch (error) {
      // Somebody else may have made it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  return missing[0]
}

async function readText(path: string): Promise<string> {
  const fd = await call<number>(done => fs.open(path, TO_READ, done))
  try {
    if (!fs.fstatSync(fd).isFile()) throw new Error('it is no regular file')
    return await call<string>(done => fs.readFile(fd, 'utf8', done))
  } finally {
    await call(done => fs.close(fd, done))
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await call<fs.Stats>(done => fs.stat(path, done))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** Writes all of it, however many calls that takes. */
export function writeAll(system: FileSystem, fd: number, bytes: Uint8Array, position: number | null): void {
  for (let done = 0; done < bytes.length; ) {
    const at = position === null ? null : position + done
    const written = system.write(fd, bytes, done, bytes.length - done, at)
    if (written <= 0) throw new Error(`nothing of ${bytes.length - done} bytes was written`)
    done += written
  }
}

/** Reads exactly so many bytes, or throws. */
export async function readExactly(
  system: FileSystem,
  fd: number,
  length: number,
  position: number,
): Promise<Uint8Array> {
  const bytes = await readUpTo(system, fd, length, position)
  if (bytes.length === length) return bytes
  throw new Error(`the file ends at byte ${position + bytes.length}; expected ${length - bytes.length} more`)
}

/** Reads so many bytes, or as many as there are. */
export async function readUpTo(system: FileSystem, fd: number, length: number, position: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length; ) {
    const count = await system.read(fd, bytes, done, length - done, position + done)
    if (count <= 0) return bytes.subarray(0, done)
    done += count
  }
  return bytes
}

/** Makes a folder's entries durable: a file that was just created in it, renamed in it or removed from it. */
export async function syncFolder(system: FileSystem, folder: string): Promise<void> {
  // Windows does not let a folder be opened, and keeps its entries durable by itself.
  if (process.platform === 'win32') return
  const fd = await system.open(folder, fs.constants.O_RDONLY)
  try {
    await system.fsync(fd)
  } finally {
    await system.close(fd)
  }
}

/** Whether nobody can have written to a file between two stamps of it. */
export const isSameStamp = (one: Stamp, other: Stamp): boolean =>
  one.device === other.device &&
  one.inode === other.inode &&
  one.size === other.size &&
  one.modified === other.modified &&
  one.changed === other.changed

/** The code of a failed system call (`ENOENT`), or nothing. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function state(stats: fs.Stats): FileState {
  return {
    size: stats.size,
    device: stats.dev,
    inode: stats.ino,
    kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other',
    mode: stats.mode & 0o777,
    group: stats.gid,
    names: stats.nlink,
  }
}

function stamp({ dev, ino, size, mtimeNs, ctimeNs }: fs.BigIntStats): Stamp {
  return {
    device: Number(dev),
    inode: Number(ino),
    size: Number(size),
    modified: `${mtimeNs}`,
    changed: `${ctimeNs}`,
  }
}

function call<T = void>(start: (done: (error: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error === null || error === undefined) resolve(value as T)
      else reject(error)
    })
  })
}
