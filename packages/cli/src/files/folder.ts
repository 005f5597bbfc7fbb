import { mkdir, rmdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from './written-file.ts'

/**
 * Makes a folder and what is missing above it, folder by folder from above: `mkdir` with `recursive` never comes back where
 * the file system takes no folders and says so with ENOENT, as `/proc` does. The name of each is made durable in the one above
 * it: with a name that a power cut takes away goes all that was durable beneath it. Throws what the system does.
 */
export async function makeFolder(path: string, mode = 0o777, sync = syncFolder): Promise<void> {
  const missing: string[] = []
  for (let folder = path; !(await isThere(folder)); folder = dirname(folder)) {
    missing.unshift(folder)
    if (folder === dirname(folder)) break
  }
  for (const folder of missing) {
    const isOurs = await made(folder, mode)
    await sync(dirname(folder)).catch(async error => {
      // Left there, it would be taken by the next attempt for one that is durable.
      if (isOurs) await rmdir(folder).catch(() => undefined)
      throw error
    })
  }
}

/** Makes one folder; false where somebody else has made it meanwhile. */
async function made(folder: string, mode: number): Promise<boolean> {
  try {
    await mkdir(folder, { mode })
    return true
  } catch (error) {
    // Or there is a file.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !(await isThere(folder))) throw error
    return false
  }
}

/** Whether there is a folder; a file in its place is none. */
async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** The folders in which files lie, each once, from the one that holds the file up to `top`, which all of them lie under. */
export function foldersOf(files: Iterable<string>, top: string): ReadonlySet<string> {
  const folders = new Set<string>()
  // What lies above a folder that is known is known, too.
  for (const file of files)
    for (let one = dirname(file); !folders.has(one); one = dirname(one)) {
      folders.add(one)
      if (one === top) break
    }
  return folders
}
