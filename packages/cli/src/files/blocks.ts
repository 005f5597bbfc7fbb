import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { InputError } from '../shell/input-error.ts'
import { unreadable } from './file.ts'

const BLOCK = 1 << 18

/** How far a file has been read, in bytes. */
export type OnProgress = (read: number, total: number) => void

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

/** Tells some hundred times how far a file was read: to tell another thread takes as long as to read a block. */
export function seldom(onProgress: OnProgress): OnProgress {
  let told = 0
  return (read, total) => {
    if (read < total && (read - told) * 100 < total) return
    told = read
    onProgress(read, total)
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
