import { InputError } from '../shell/input-error.ts'

/** A key whose name has 1,000 characters of three bytes each, and white space around it. */
export const mostKeyBytes = 4_000
/** As much of a file as is looked at for a secret key. */
export const longestBeginning = 1_000

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
