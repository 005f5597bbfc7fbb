import { type FileHandle, open, rename, rm, unlink } from 'node:fs/promises'
import { takeLock } from '@countersign/store-file'
import { MAX_NOTE_BYTES } from '@countersign/trail'
import { bytesIn } from '../files/file.ts'
import { makeFolder } from '../files/folder.ts'
import { syncFolder } from '../files/written-file.ts'

/** Every step by which a publication changes a folder, one method each, so that a test can let each of them fail in turn. */
export interface PublishFiles {
  /** The bytes of a file that may be a checkpoint, or `undefined` where there is none. */
  readonly read: (path: string) => Promise<Uint8Array | undefined>
  /** Whether there is a file that has these bytes. */
  readonly holds: (path: string, bytes: Uint8Array) => Promise<boolean>
  /** Makes a folder, and what is missing above it, durably. */
  readonly makeFolder: (path: string) => Promise<void>
  /** Takes the lock at this path, which one publisher at a time has. */
  readonly lock: (path: string) => Promise<{ readonly release: () => Promise<void> }>
  /** Writes a file anew and gets its bytes to the disk. */
  readonly write: (path: string, bytes: Uint8Array) => Promise<void>
  readonly rename: (from: string, to: string) => Promise<void>
  /** Gets what a folder lists to the disk. */
  readonly syncFolder: (path: string) => Promise<void>
  /** Removes a file, or a folder and what is in it, or nothing where there is none. */
  readonly remove: (path: string) => Promise<void>
}

export const nodeFiles: PublishFiles = {
  async read(path) {
    const bytes = await bytesIn(path, MAX_NOTE_BYTES).catch(absent)
    // What is there in the place of a checkpoint is not one, and is not written over.
    return bytes === undefined || !('instead' in bytes) ? bytes : new Uint8Array()
  },
  async holds(path, bytes) {
    const found = await bytesIn(path, bytes.length).catch(absent)
    return found !== undefined && !('instead' in found) && Buffer.compare(found, bytes) === 0
  },
  makeFolder: path => makeFolder(path),
  lock: takeLock,
  async write(path, bytes) {
    const handle = await newFile(path)
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
  rename,
  syncFolder,
  remove: path => rm(path, { recursive: true, force: true }),
}

/**
 * Makes a file anew. What lies there is a draft that a crash has left, or a link that somebody has laid there: it is taken
 * away, and nothing is written to where it leads.
 */
async function newFile(path: string): Promise<FileHandle> {
  const make = () => open(path, 'wx', 0o644)
  try {
    return await make()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    await unlink(path)
    return make()
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}
