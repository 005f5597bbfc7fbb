import { randomBytes } from 'node:crypto'
import { lstat, open, realpath, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { InputError } from '../shell/input-error.ts'

/**
 * Writes a file that is not there yet, durably, and never over one that is. What cannot be written whole, as the disk is full, leaves
 * nothing behind. The mode is not widened by anything.
 */
export async function createNew(path: string, content: string | Uint8Array, mode = 0o666): Promise<void> {
  await write(path, content, mode, path)
  await syncFolder(dirname(path)).catch(async error => {
    await unlink(path).catch(() => undefined)
    throw unwritable(path, error)
  })
}

/** Writes a new file whole, or not at all; its name is not durable yet. What goes wrong is told of the file that was named. */
async function write(path: string, content: string | Uint8Array, mode: number, named: string): Promise<void> {
  const handle = await open(path, 'wx', mode).catch(error => {
    throw unwritable(named, error)
  })
  try {
    await handle.writeFile(content)
    await handle.sync()
  } catch (error) {
    await unlink(path).catch(() => undefined)
    throw unwritable(named, error)
  } finally {
    await handle.close()
  }
}

/** Says before any work is done that there is a file already, which would not be written over. */
export async function requireNew(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found !== undefined) throw unwritable(path, { code: 'EEXIST' })
}

/**
 * Writes a file, or another version of one, durably: whoever reads, or starts again after a crash at any point, finds the
 * old one or the new one whole, and when it returns the disk has the new one. What a crash leaves beside it ends in
 * `.new`. Where a symbolic link is named, the file is written to which it leads, and the link stays. The mode is not widened
 * by anything.
 */
export async function putWhole(path: string, content: string | Uint8Array, mode = 0o666): Promise<void> {
  const target = await targetOf(path)
  const draft = `${target}.${randomBytes(8).toString('hex')}.new`
  try {
    await write(draft, content, mode, path)
    await rename(draft, target)
    await syncFolder(dirname(target))
  } catch (error) {
    await unlink(draft).catch(() => undefined)
    throw error instanceof InputError ? error : unwritable(path, error)
  }
}

/**
 * The file that is written where a path is named: the one to which it leads, where it is a symbolic link. Throws `InputError`
 * where it leads to nothing: what is written would not be where others look for it.
 */
export async function targetOf(path: string): Promise<string> {
  const isLink = await lstat(path).then(
    found => found.isSymbolicLink(),
    () => false,
  )
  if (!isLink) return path
  return realpath(path).catch(cause => {
    const isLoop = (cause as NodeJS.ErrnoException).code === 'ELOOP'
    const where = isLoop ? 'to itself' : 'to no file'
    throw new InputError(`${path} is a symbolic link that leads ${where}, and nothing is written there`, {
      hint: 'Name a file, or make the link lead to one that is there.',
      cause,
    })
  })
}

/** Makes a name durable that was just given in a folder. Windows lets no folder be opened, and does so by itself. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
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
    return new InputError(`${path} cannot be written: its folder is not there, or takes no file`, {
      hint: 'Make the folder first, or name a file in another one.',
      cause,
    })
  if (code === 'EISDIR' || code === 'ENOTEMPTY')
    return new InputError(`${path} is a folder, and a file is written`, { hint: 'Name a file in it.', cause })
  // What the system says ends with the file that it was asked for: that one is ours, and gone.
  return new InputError(`${path} cannot be written: ${message.replace(/, \w+ '.*$/s, '')}`, {
    hint: 'Name a file in a folder that may be written in, on a disk that is not full.',
    cause,
  })
}
