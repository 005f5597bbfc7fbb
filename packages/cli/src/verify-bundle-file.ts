import { open, readFile } from 'node:fs/promises'
import { CountersignError } from '@countersign/trail'
import { type BundleVerdict, bundleFormat, MAX_BUNDLE_BYTES, verifyBundle } from 'countersign/bundle'
import { InputError } from './input-error.ts'
import { readCheckpoint, readKey } from './supplied.ts'
import { kindOf, unreadable } from './trail-file.ts'

/** What the auditor has besides the bundle, as paths of files. */
export interface VerifyBundleFileOptions {
  readonly checkpoints?: readonly string[]
  readonly keys?: readonly string[]
}

const beginning = new TextEncoder().encode(`${bundleFormat}\n`)

/** Whether a file begins as a bundle does. What cannot be read is none. */
export async function isBundle(path: string): Promise<boolean> {
  if ((await kindOf(path).catch(() => 'nothing')) !== 'file') return false
  try {
    const handle = await open(path)
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(beginning.length), 0, beginning.length, 0)
      return Buffer.compare(buffer.subarray(0, bytesRead), beginning) === 0
    } finally {
      await handle.close()
    }
  } catch {
    return false
  }
}

/**
 * Verifies the evidence about one change, as `countersign bundle` writes it. Throws `InputError` where something cannot be
 * read, naming the file.
 *
 * @example
 * ```ts
 * import { verifyBundleFile } from '@countersign/cli'
 * await verifyBundleFile('no-such.bundle') // throws there is no file
 * ```
 */
export async function verifyBundleFile(path: string, options: VerifyBundleFileOptions = {}): Promise<BundleVerdict> {
  const bytes = await bytesOf(path)
  const checkpoints = await Promise.all((options.checkpoints ?? []).map(readCheckpoint))
  const keys = await Promise.all((options.keys ?? []).map(readKey))
  try {
    return verifyBundle(bytes, { checkpoints, keys })
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    throw new InputError(`${path} is no bundle: ${error.message}`, {
      hint: 'countersign bundle writes one. Ask whoever sent it for another copy.',
      cause: error,
    })
  }
}

async function bytesOf(path: string): Promise<Uint8Array> {
  if ((await kindOf(path)) !== 'file') throw new InputError(`${path} is no regular file, so it holds no bundle`)
  try {
    const handle = await open(path)
    try {
      const { size } = await handle.stat()
      if (size > MAX_BUNDLE_BYTES)
        throw new InputError(`${path} has ${size} bytes; at most ${MAX_BUNDLE_BYTES} are read as a bundle`)
      return await readFile(handle)
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw error instanceof InputError ? error : unreadable(path, error)
  }
}
