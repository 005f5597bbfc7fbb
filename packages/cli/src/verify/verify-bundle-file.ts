import { CountersignError, decodeUtf8, requireLists, requireOptions } from '@countersign/trail'
import { type BundleVerdict, MAX_BUNDLE_BYTES, verifyBundle } from 'countersign/bundle'
import { kindOf } from '../files/file.ts'
import {
  readBytes,
  readCheckpoint,
  readKey,
  readTimestamps,
  readWitnessPolicy,
  rewriters,
  rewrittenIn,
} from '../files/supplied.ts'
import { InputError } from '../shell/input-error.ts'
import { shellWord } from '../shell/shell-word.ts'

/** What the auditor has besides the bundle, as paths of files. */
export interface VerifyBundleFileOptions {
  readonly checkpoints?: readonly string[]
  readonly keys?: readonly string[]
  /** A policy of witnesses (C2SP tlog-policy). */
  readonly witnessPolicy?: string
  /** Answers of time stamping authorities (RFC 3161, DER), and the certificates (PEM) of those that are trusted. */
  readonly timestamps?: readonly string[]
  readonly authorities?: readonly string[]
}

const names = Object.keys({
  checkpoints: true,
  keys: true,
  witnessPolicy: true,
  timestamps: true,
  authorities: true,
} satisfies Record<keyof VerifyBundleFileOptions, true>)

/**
 * Verifies the evidence about one change, as `countersign bundle` writes it. Throws `InputError` where something cannot be
 * read, naming the file, and `CountersignError` `input` where an option is unknown.
 *
 * @example
 * ```ts
 * import { verifyBundleFile } from '@countersign/cli'
 * await verifyBundleFile('no-such.bundle') // throws there is no file
 * ```
 */
export async function verifyBundleFile(path: string, options: VerifyBundleFileOptions = {}): Promise<BundleVerdict> {
  requireOptions('verifyBundleFile', options, names)
  requireLists('verifyBundleFile', options, ['checkpoints', 'keys', 'timestamps', 'authorities'])
  if ((await kindOf(path).catch(() => 'nothing')) === 'folder')
    throw new InputError(`${path} is no regular file but a folder, and a bundle is one file`, {
      hint: `Name the file that countersign bundle has written. A trail in a folder is judged by verify-trail ${shellWord(path)}.`,
    })
  const bytes = await readBytes(path, MAX_BUNDLE_BYTES)
  const checkpoints = await Promise.all((options.checkpoints ?? []).map(readCheckpoint))
  const keys = await Promise.all((options.keys ?? []).map(readKey))
  const timestamps = await readTimestamps(options.timestamps ?? [], options.authorities ?? [])
  const { witnessPolicy } = options
  const asked =
    witnessPolicy === undefined
      ? {}
      : { witnesses: { policy: await readWitnessPolicy(witnessPolicy), now: Math.floor(Date.now() / 1000) } }
  try {
    return verifyBundle(bytes, { checkpoints, keys, timestamps, now: new Date().toISOString(), ...asked })
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    const rewritten = rewrittenIn(decodeUtf8(bytes) ?? '')
    throw new InputError(`${path} is no bundle: ${rewritten ?? error.message}`, {
      hint: `${rewritten === undefined ? 'countersign bundle writes one.' : rewriters} Ask whoever sent it for another copy.`,
      cause: error,
    })
  }
}
