import { constants, type Stats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { InputError } from '../shell/input-error.ts'

/** What lies at a path; throws `InputError` where nothing does, or it may not be looked at. */
export async function kindOf(path: string, missing?: string): Promise<'file' | 'folder' | 'other'> {
  try {
    const found = await stat(path)
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other'
  } catch (error) {
    throw unreadable(path, error, missing)
  }
}

/** Why a file cannot be read, in words. */
export function unreadable(path: string, cause: unknown, missing?: string): InputError {
  const code = (cause as NodeJS.ErrnoException).code
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const message = missing ?? (path === '' ? 'the path is empty' : `there is no file ${path}`)
    return new InputError(message, { hint: `Paths are relative to ${process.cwd()}.`, cause })
  }
  if (code === 'EACCES' || code === 'EPERM')
    return new InputError(`${path} may not be read: permission denied`, {
      hint: 'Ask its owner for the right to read it, or for a copy.',
      cause,
    })
  if (code === 'ERR_INVALID_ARG_VALUE') return new InputError('the path holds a NUL character', { cause })
  return new InputError(`${path} cannot be read: ${(cause as Error).message}`, { cause })
}

/**
 * The bytes of a file of a bounded size, or what is there in its place: no regular file, or so many bytes. It waits for no
 * pipe and reads from no device. Throws what the system does where there is nothing, or it may not be read.
 *
 * `look` sees the state of the file whose bytes are read, before they are; what it throws is thrown.
 */
export async function bytesIn(
  file: string,
  most: number,
  look: (found: Stats) => void = () => undefined,
): Promise<Uint8Array | { readonly instead: 'no regular file' | number }> {
  // To open a pipe would wait for whoever writes into it, and to open a device can do things.
  if (!(await stat(file)).isFile()) return { instead: 'no regular file' }
  // Somebody may have put another in its place meanwhile. Windows has no such flag, and no such pipes.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const found = await handle.stat()
    if (!found.isFile()) return { instead: 'no regular file' }
    look(found)
    if (found.size > most) return { instead: found.size }
    const bytes = Buffer.alloc(found.size)
    let length = 0
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return bytes.subarray(0, length)
  } finally {
    await handle.close()
  }
}
