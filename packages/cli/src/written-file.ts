import { randomBytes } from 'node:crypto'
import { lstat, open, rename, unlink } from 'node:fs/promises'
import { InputError } from './input-error.ts'

/** Writes a file that is not there yet, and never over one that is. The mode is not widened by anything. */
export async function createNew(path: string, text: string, mode = 0o666): Promise<void> {
  const handle = await open(path, 'wx', mode).catch(error => {
    throw unwritable(path, error)
  })
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Says before any work is done that there is a file already, which would not be written over. */
export async function requireNew(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found !== undefined) throw unwritable(path, { code: 'EEXIST' })
}

/** Writes a file, or another version of one, so that nobody ever reads half of it. */
export async function putWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  try {
    await createNew(draft, text)
    await rename(draft, path)
  } catch (error) {
    await unlink(draft).catch(() => undefined)
    throw error instanceof InputError ? error : unwritable(path, error)
  }
}

function unwritable(path: string, cause: unknown): InputError {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'EEXIST')
    return new InputError(`${path} is there already, and is not written over`, {
      hint: 'Name a file that is not there yet, or move this one away.',
      cause,
    })
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new InputError(`${path} cannot be written: its folder is not there`, {
      hint: 'Make the folder first.',
      cause,
    })
  return new InputError(`${path} cannot be written: ${message}`, { cause })
}
