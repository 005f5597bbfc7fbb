import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from './input-error.ts'
import { addressOf, told } from './store-address.ts'

const BLOCK = 1 << 18

/** How far a file has been read, in bytes. */
export type OnProgress = (read: number, total: number) => void

/**
 * The file that a person means: the path itself, or `trail.jsonl` in the folder that it names. Throws `InputError` where
 * there is none, or something else than a file; a store is told as one.
 */
export async function trailFile(path: string): Promise<string> {
  const address = addressOf(path)
  if (address.kind !== 'file')
    throw new InputError(`this command takes a trail file, and ${told(address)} is a store`, {
      hint: 'Copy it into a file, byte for byte, again each time: countersign copy <store> <folder>. Then name the folder.',
    })
  const kind = await kindOf(path)
  if (kind === 'file') return withoutSecret(path)
  if (kind === 'folder') {
    const inside = join(path, 'trail.jsonl')
    const found = await kindOf(inside, `the folder ${path} holds no trail.jsonl`)
    if (found === 'file') return withoutSecret(inside)
    throw new InputError(`${inside} is no regular file, so it holds no trail`, {
      hint: 'The trail of a folder is the file trail.jsonl in it.',
    })
  }
  throw new InputError(`${path} is no regular file, so it holds no trail`, {
    hint: 'Name a trail.jsonl file, or the folder that holds one.',
  })
}

/** The file that a person means, or the address of a store as it was given. Throws as `trailFile` does. */
export const fileOrStore = async (path: string): Promise<string> =>
  addressOf(path).kind === 'file' ? trailFile(path) : path

const longestBeginning = 1_000

/** The file, unless it is a secret key: what is said of a file that is no trail quotes its beginning. */
async function withoutSecret(file: string): Promise<string> {
  const handle = await open(file).catch(error => {
    throw unreadable(file, error)
  })
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(longestBeginning), 0, longestBeginning, 0)
    refuseSecret(file, buffer.subarray(0, bytesRead))
  } catch (error) {
    throw error instanceof InputError ? error : unreadable(file, error)
  } finally {
    await handle.close()
  }
  return file
}

/** Throws `InputError` where bytes begin as a secret key does: nothing of a secret goes into a message. */
export function refuseSecret(file: string, bytes: Uint8Array): void {
  const beginning = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, longestBeginning))
  if (/^[\s\ufeff]*PRIVATE\+KEY\+/.test(beginning.toString('utf8'))) throw secretFound(file)
}

/** The error for a file that holds a secret key, and was given for something else. */
export const secretFound = (file: string): InputError =>
  new InputError(`${file} holds a secret key, which nothing takes but --secret`, {
    hint: 'Whoever sees the secret can sign in its name: treat it as lost if it was sent to you.',
  })

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

/** How much of a file is read, and who is told how far that is. */
export interface Reading {
  readonly onProgress?: OnProgress | undefined
  /** The first byte that is read, and the first one that is not. */
  readonly from?: number
  readonly until?: number
}

/**
 * A file in blocks of 256 KiB that share their memory: whoever takes one must be done with it before the next. It is read in
 * place, so nothing else in the process goes on between two blocks: a command has nothing else to do, and to ask other threads
 * for each block costs time, and memory that grows with the file. Whoever does not take all of it ends the generator.
 */
export async function* blocksOf(file: string, options: Reading = {}): AsyncGenerator<Uint8Array> {
  const attempt = <Made>(make: () => Made): Made => {
    try {
      return make()
    } catch (error) {
      throw unreadable(file, error)
    }
  }
  const fd = attempt(() => openSync(file, 'r'))
  try {
    // What is appended while we read belongs to the next look.
    const size = options.until ?? fstatSync(fd).size
    const memory = Buffer.allocUnsafe(BLOCK)
    for (let read = options.from ?? 0; read < size; ) {
      const count = attempt(() => readSync(fd, memory, 0, Math.min(BLOCK, size - read), read))
      if (count === 0)
        throw new InputError(`${file} became shorter while it was read (${read} of ${size} bytes)`, {
          hint: 'Something writes to it. Verify a copy.',
        })
      yield memory.subarray(0, count)
      read += count
      options.onProgress?.(read, size)
    }
  } finally {
    closeSync(fd)
  }
}

/** Reads a file in blocks of 256 KiB into the same memory: `take` must be done with a block when it returns. */
export async function readBlocks(
  file: string,
  take: (block: Uint8Array) => void,
  options: Reading = {},
): Promise<void> {
  for await (const block of blocksOf(file, options)) take(block)
}

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
