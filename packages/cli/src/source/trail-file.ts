import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { kindOf, unreadable } from '../files/file.ts'
import { longestBeginning, refuseSecret } from '../files/secret.ts'
import { InputError } from '../shell/input-error.ts'
import { addressOf, told } from './store-address.ts'
import { publicationAbove } from './taken-for-trail.ts'

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
    const found = await kindOf(inside, `the folder ${path} holds no trail.jsonl`).catch(async error => {
      throw await elsewhere(path, error)
    })
    if (found === 'file') return withoutSecret(inside)
    throw new InputError(`${inside} is no regular file, so it holds no trail`, {
      hint: 'The trail of a folder is the file trail.jsonl in it.',
    })
  }
  throw new InputError(`${path} is no regular file, so it holds no trail`, {
    hint: 'Name a trail.jsonl file, or the folder that holds one.',
  })
}

/** The error for a folder without a trail, with where one lies, if that can be seen from there. */
async function elsewhere(folder: string, error: unknown): Promise<unknown> {
  if (!(error instanceof InputError)) return error
  if ((await kindOf(join(folder, 'tile')).catch(() => undefined)) === 'folder')
    return new InputError(`${error.message}; a trail was published to it, which this command does not read`, {
      hint: 'Name the trail itself.',
      cause: error,
    })
  const published = await publicationAbove(folder)
  if (published === undefined) return error
  return new InputError(error.message, {
    hint: `It lies in a folder to which a trail was published: name that one, ${published}.`,
    cause: error,
  })
}

/** The file that a person means, or the address of a store as it was given. Throws as `trailFile` does. */
export const fileOrStore = async (path: string): Promise<string> =>
  addressOf(path).kind === 'file' ? trailFile(path) : path

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
