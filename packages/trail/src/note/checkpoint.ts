import { fromBase64, toBase64 } from '../base64.ts'
import { beginning, unexpected } from '../error.ts'
import { fromHex, type Hash, requireHash, toHex } from '../hash.ts'
import { requireOptions } from '../options.ts'
import { isKeyName, MAX_NAME_LENGTH, type SignerKey, type VerifierKey } from './key.ts'
import { openParsed, parseNote, signNote } from './note.ts'
import type { NoteSignature } from './note-signature.ts'

/** An origin, a size of 16 digits, a root of 44 characters, and three newlines. */
const MAX_TEXT_LENGTH = MAX_NAME_LENGTH + 63

/** What a log says about itself: its name, how many entries it has, and the Merkle root over them. */
export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Hash
}

/** A witness that has seen the checkpoint, and when (whole seconds since 1970, UTC). */
export interface Witness {
  readonly name: string
  readonly time: number
}

/** A checkpoint that its log has signed, the witnesses among the known keys, and signatures of unknown keys. */
export interface OpenedCheckpoint {
  readonly checkpoint: Checkpoint
  /** The log's key that signed it. */
  readonly key: VerifierKey
  readonly witnesses: readonly Witness[]
  readonly unknown: readonly NoteSignature[]
}

/**
 * The text of a checkpoint (C2SP tlog-checkpoint), three lines and no more:
 *
 * ```text
 * example.com/behind-the-sofa
 * 20852163
 * CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 * ```
 *
 * Throws `checkpoint` where the origin is no key name of at most 1,000 characters (it must be the name of the log's key),
 * the size is not an integer within 0 and 2⁵³ − 1, or the root is no hash.
 *
 * @example
 * ```ts
 * import { checkpointText, EMPTY_ROOT } from '@countersign/trail'
 *
 * checkpointText({ origin: 'log.example', size: 0, root: EMPTY_ROOT })
 * // → 'log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n'
 * ```
 */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  if (!isOrigin(origin))
    throw unexpected('checkpoint', 'the origin', `a key name of ${ORIGIN_LENGTH}`, { given: origin })
  if (!Number.isSafeInteger(size) || size < 0)
    throw unexpected('checkpoint', 'the size', 'an integer from 0', { given: size })
  requireHash(root, 'root', 'checkpoint')
  return `${origin}\n${size}\n${toBase64(fromHex(root))}\n`
}

/**
 * Reads the text of a checkpoint, strictly: an origin that can be a key's name and has at most 1,000 characters, a decimal
 * size without leading zeros, canonical base64 of 32 bytes, and no further line. Throws `checkpoint`, naming the line.
 *
 * @example
 * ```ts
 * import { parseCheckpointText } from '@countersign/trail'
 *
 * parseCheckpointText('log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n').size // → 0
 * parseCheckpointText('log.example\n00\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n') // throws line 2
 * ```
 */
export function parseCheckpointText(text: string): Checkpoint {
  if (text.length > MAX_TEXT_LENGTH) {
    throw unexpected('checkpoint', 'the text', `at most ${MAX_TEXT_LENGTH} characters`, `${text.length}`)
  }
  const [origin = '', decimal = '', base64 = '', end, ...more] = text.split('\n')
  if (!isOrigin(origin)) {
    const expected = `an origin that can be the name of a key, of ${ORIGIN_LENGTH}`
    throw unexpected('checkpoint', 'line 1', expected, { given: origin })
  }
  const size = Number(decimal)
  if (!/^(?:0|[1-9][0-9]*)$/.test(decimal) || !Number.isSafeInteger(size)) {
    throw unexpected('checkpoint', 'line 2', 'a decimal size without leading zeros, at most 2^53−1', { given: decimal })
  }
  const root = fromBase64(base64)
  if (root?.length !== 32) throw unexpected('checkpoint', 'line 3', 'canonical base64 of 32 bytes', { given: base64 })
  if (end !== '' || more.length > 0)
    throw unexpected('checkpoint', 'line 4', 'the end of the text', end === undefined ? 'no newline' : { given: end })
  return { origin, size, root: toHex(root) }
}

/**
 * Signs a checkpoint as its log (Ed25519, type 0x01). Throws `checkpoint` where the origin is not the signer's name.
 *
 * Keeping a signer from signing two trees that do not extend one another is its caller's duty.
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT, openCheckpoint, signCheckpoint, signerKey, verifierKeyOf } from '@countersign/trail'
 *
 * const signer = signerKey('log.example', new Uint8Array(32).fill(7))
 * const note = signCheckpoint({ origin: 'log.example', size: 0, root: EMPTY_ROOT }, signer)
 * openCheckpoint(note, { keys: [verifierKeyOf(signer)] }).checkpoint.size // → 0
 * ```
 */
export function signCheckpoint(checkpoint: Checkpoint, signer: SignerKey): string {
  if (checkpoint.origin !== signer.name) {
    const expected = `the key's name ${beginning(signer.name)}`
    throw unexpected('checkpoint', 'the origin', expected, { given: checkpoint.origin })
  }
  return signNote(checkpointText(checkpoint), [signer])
}

/**
 * Reads a signed checkpoint and verifies the log's signature and those of the known witnesses. `keys` holds the
 * log's keys (type 0x01) and the witnesses' (type 0x04). With `origin`, another origin is refused.
 *
 * Throws `note` where the note is malformed, a known key's signature does not hold, or none of the known keys has signed;
 * and `checkpoint` where the text is no checkpoint, the origin is another one, or among the known keys that have signed
 * there is none of the log (of type 0x01 and named like the origin). Throws `input` where an option is unknown: no origin would
 * be compared.
 *
 * @example
 * ```ts
 * import { openCheckpoint } from '@countersign/trail'
 *
 * openCheckpoint('log.example\n0\n\n— log.example AAAAAAAA\n', { keys: [] }) // throws line 3
 * ```
 */
export function openCheckpoint(
  input: string | Uint8Array,
  options: { readonly keys: readonly VerifierKey[]; readonly origin?: string },
): OpenedCheckpoint {
  requireOptions('openCheckpoint', options, ['keys', 'origin'])
  const note = parseNote(input)
  const checkpoint = parseCheckpointText(note.text)
  const { origin } = checkpoint
  if (options.origin !== undefined && options.origin !== origin)
    throw unexpected('checkpoint', 'the origin', beginning(options.origin), { given: origin })
  const { verified, unknown } = openParsed(note, options.keys)
  const log = verified.find(({ key }) => key.algorithm === 'ed25519' && key.name === origin)
  if (log === undefined) {
    const given = verified.map(({ key }) => key.name).join(', ')
    throw unexpected('checkpoint', 'the signatures', `one of a known key of ${beginning(origin)}`, { given })
  }
  const witnesses = verified.flatMap(({ key, cosignature }) =>
    cosignature === undefined ? [] : [{ name: key.name, time: cosignature.time }],
  )
  return { checkpoint, key: log.key, witnesses, unknown }
}

const ORIGIN_LENGTH = `at most ${MAX_NAME_LENGTH} characters`

const isOrigin = (text: string): boolean => isKeyName(text) && text.length <= MAX_NAME_LENGTH
