import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and what is missing above it, folder by folder from above: `mkdir` with `recursive` never comes back where
 * the file system takes no folders and says so with ENOENT, as `/proc` does. Throws what the system does.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  const missing: string[] = []
  for (let folder = path; !(await isThere(folder)); folder = dirname(folder)) {
    missing.unshift(folder)
    if (folder === dirname(folder)) break
  }
  for (const folder of missing)
    await mkdir(folder, { mode }).catch(async error => {
      // Somebody else may have made it meanwhile; or there is a file.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !(await isThere(folder))) throw error
    })
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
