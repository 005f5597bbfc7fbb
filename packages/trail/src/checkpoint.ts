import { fromBase64, toBase64 } from './base64.ts'
import { CountersignError } from './error.ts'
import { fromHex, type Hash, requireHash, toHex } from './hash.ts'
import { isKeyName, type SignerKey, type VerifierKey } from './key.ts'
import { openNote, parseNote, signNote } from './note.ts'
import type { NoteSignature } from './note-signature.ts'

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
 * Throws `checkpoint` where the origin is no key name (it must be the name of the log's key), the size is not an
 * integer within 0 and 2⁵³ − 1, or the root is no hash.
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
  if (!isKeyName(origin)) throw unfit('the origin', 'a key name', origin)
  if (!Number.isSafeInteger(size) || size < 0) throw unfit('the size', 'an integer from 0', `${size}`)
  requireHash(root, 'root', 'checkpoint')
  return `${origin}\n${size}\n${toBase64(fromHex(root))}\n`
}

/**
 * Reads the text of a checkpoint, strictly: an origin that can be a key's name, a decimal size without leading zeros,
 * canonical base64 of 32 bytes, and no further line. Throws `checkpoint`, naming the line.
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
  const [origin = '', decimal = '', base64 = '', end, ...more] = text.split('\n')
  if (!isKeyName(origin)) throw unfit('line 1', 'an origin that can be the name of a key', origin)
  const size = Number(decimal)
  if (!/^(?:0|[1-9][0-9]*)$/.test(decimal) || !Number.isSafeInteger(size)) {
    throw unfit('line 2', 'a decimal size without leading zeros, at most 2^53−1', decimal)
  }
  const root = fromBase64(base64)
  if (root?.length !== 32) throw unfit('line 3', 'canonical base64 of 32 bytes', base64)
  if (end !== '' || more.length > 0) throw unfit('line 4', 'the end of the text', end ?? 'no newline')
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
  if (checkpoint.origin !== signer.name) throw unfit('the origin', `the key's name ${signer.name}`, checkpoint.origin)
  return signNote(checkpointText(checkpoint), [signer])
}

/**
 * Reads a signed checkpoint and verifies the log's signature and those of the known witnesses. `keys` holds the
 * log's keys (type 0x01) and the witnesses' (type 0x04). With `origin`, another origin is refused.
 *
 * Throws `note` where the note is malformed or a known key's signature does not hold, and `checkpoint` where the text
 * is no checkpoint, the origin is another one, or no known key of the log (named like the origin) has signed it.
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
  const checkpoint = parseCheckpointText(parseNote(input).text)
  const { origin } = checkpoint
  if (options.origin !== undefined && options.origin !== origin) throw unfit('the origin', options.origin, origin)
  const { verified, unknown } = openNote(input, options.keys)
  const log = verified.find(({ key }) => key.algorithm === 'ed25519' && key.name === origin)
  if (log === undefined) {
    throw unfit('the signatures', `one of a known key of ${origin}`, verified.map(({ key }) => key.name).join(', '))
  }
  const witnesses = verified.flatMap(({ key, cosignature }) =>
    cosignature === undefined ? [] : [{ name: key.name, time: cosignature.time }],
  )
  return { checkpoint, key: log.key, witnesses, unknown }
}

function unfit(where: string, expected: string, found: string): CountersignError {
  return new CountersignError('checkpoint', `${where}: expected ${expected}, found ${JSON.stringify(found)}`, {
    facts: { where, expected, found },
  })
}
