import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from './input-error.ts'

const BLOCK = 1 << 20

/** How far a file has been read, in bytes. */
export type OnProgress = (read: number, total: number) => void

/**
 * The file that a person means: the path itself, or `trail.jsonl` in the folder that it names. Throws `InputError` where
 * there is none, or something else than a file.
 */
export async function trailFile(path: string): Promise<string> {
  const kind = await kindOf(path)
  if (kind === 'file') return path
  if (kind === 'folder') {
    const inside = join(path, 'trail.jsonl')
    const found = await kindOf(inside, `the folder ${path} holds no trail.jsonl`)
    if (found === 'file') return inside
  }
  throw new InputError(`${path} is no regular file, so it holds no trail`, {
    hint: 'Name a trail.jsonl file, or the folder that holds one.',
  })
}

/** How much of a file is read, and who is told how far that is. */
export interface Reading {
  readonly onProgress?: OnProgress | undefined
  /** The first byte that is read, and the first one that is not. */
  readonly from?: number
  readonly until?: number
}

/** A file in blocks of 1 MiB that share their memory: whoever takes one must be done with it before the next. */
export async function* blocksOf(file: string, options: Reading = {}): AsyncGenerator<Uint8Array> {
  const handle = await open(file).catch(error => {
    throw unreadable(file, error)
  })
  try {
    // What is appended while we read belongs to the next look.
    const size = options.until ?? (await handle.stat()).size
    const memory = Buffer.allocUnsafe(BLOCK)
    for (let read = options.from ?? 0; read < size; ) {
      const { bytesRead } = await handle.read(memory, 0, Math.min(BLOCK, size - read), read).catch(error => {
        throw unreadable(file, error)
      })
      if (bytesRead === 0)
        throw new InputError(`${file} became shorter while it was read (${read} of ${size} bytes)`, {
          hint: 'Something writes to it. Verify a copy.',
        })
      yield memory.subarray(0, bytesRead)
      read += bytesRead
      options.onProgress?.(read, size)
    }
  } finally {
    await handle.close()
  }
}

/** Reads a file in blocks of 1 MiB into the same memory: `take` must be done with a block when it returns. */
export async function readBlocks(
  file: string,
  take: (block: Uint8Array) => void,
  options: Reading = {},
): Promise<void> {
  for await (const block of blocksOf(file, options)) take(block)
}

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
