import type { Stats } from 'node:fs'
import { CountersignError, decodeUtf8, parseSignerKey, parseVerifierKey, type SignerKey } from '@countersign/trail'
import { mostKeyBytes } from '../files/secret.ts'
import { readBounded } from '../files/supplied.ts'
import { InputError } from '../shell/input-error.ts'
import { shellWord } from '../shell/shell-word.ts'

/**
 * Reads a secret key, one line as Go's `sumdb/note` writes it, that nobody but its owner may read. Throws `InputError`, in
 * which nothing of the key stands.
 */
export async function readSecretKey(file: string): Promise<SignerKey> {
  // Who may read it is asked of the file that is read: by its name another one may be there a moment later.
  let state: Pick<Stats, 'mode' | 'nlink'> = { mode: 0o777, nlink: 1 }
  const bytes = await readBounded(file, mostKeyBytes, found => {
    state = found
  })
  const line = (decodeUtf8(bytes) ?? '').trim()
  // Everybody may read that one, so it is looked for before the rights of the file are.
  const name = publicName(line)
  if (name !== undefined)
    throw new InputError(`${file} is the public key of ${name}, and signs nothing`, {
      hint: 'Name the secret one: where countersign keygen made the two it lies beside this one, in the file secret.',
    })
  mustBeSecret(file, state)
  try {
    return parseSignerKey(line)
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    throw new InputError(`${file} holds no secret key: ${error.message}`, {
      hint: 'countersign keygen makes one, in the file secret.',
    })
  }
}

function mustBeSecret(file: string, { mode, nlink }: Pick<Stats, 'mode' | 'nlink'>): void {
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
}

/** The name of a public key; nothing where a line is none. */
function publicName(line: string): string | undefined {
  try {
    return parseVerifierKey(line).name
  } catch (error) {
    if (error instanceof CountersignError) return undefined
    throw error
  }
}
