import { stat } from 'node:fs/promises'
import { CountersignError, decodeUtf8, parseSignerKey, type SignerKey } from '@countersign/trail'
import { InputError } from './input-error.ts'
import { shellWord } from './shell-word.ts'
import { readBounded } from './supplied.ts'
import { unreadable } from './trail-file.ts'

const mostKeyBytes = 1_000

/**
 * Reads a secret key, one line as Go's `sumdb/note` writes it, that nobody but its owner may read. Throws `InputError`, in
 * which nothing of the key stands.
 */
export async function readSecretKey(file: string): Promise<SignerKey> {
  const { mode, nlink } = await stat(file).catch(error => {
    throw unreadable(file, error)
  })
  // Windows keeps rights elsewhere, and gives every file the same mode.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new InputError(`${file} may be read or written by others than its owner, so it is no secret`, {
      hint: `Make a new key and keep it with: chmod 600 ${shellWord(file)} (where a platform mounts it, have it mounted with mode 0400)`,
    })
  // Nobody can tell from here where its other name is; the folder of the trail may be the place.
  if (nlink > 1)
    throw new InputError(`${file} has another name (a hard link), under which others may read it`, {
      hint: 'Make a new key, and give it no second name.',
    })
  const line = (decodeUtf8(await readBounded(file, mostKeyBytes)) ?? '').trim()
  try {
    return parseSignerKey(line)
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    throw new InputError(`${file} holds no secret key: ${error.message}`, {
      hint: 'countersign keygen makes one, in the file secret.',
    })
  }
}
