import { CountersignError } from '../error.ts'
import type { Hash } from '../hash.ts'
import { type Checkpoint, openCheckpoint, parseCheckpointText, signCheckpoint } from './checkpoint.ts'
import { type SignerKey, type VerifierKey, verifierKeyOf } from './key.ts'
import { parseNote } from './note.ts'

/** What a signer is asked to sign, and what it remembers. */
export interface SigningOptions {
  /** The trail as it is, or as it was at an earlier size. */
  readonly checkpoint: Checkpoint
  /** The root that this trail had at an earlier size; nothing where that is not known. */
  readonly rootAt: (size: number) => Hash | undefined
  /** The last checkpoint that was signed, as its note; `first` where somebody has said that there is none. */
  readonly memory: { readonly note: string | Uint8Array } | 'first'
  /** Other keys that the trail had: after a rotation the memory is signed by the key before. */
  readonly keys?: readonly VerifierKey[]
}

/**
 * Signs the next checkpoint of a trail, if the trail still has everything that was signed before. The note that it gives is
 * the next memory: its caller keeps it durably *before* anybody else gets it. Signing the same tree again gives the same
 * bytes, so nothing is lost if a crash comes between the two. It sees roots and no entries: whoever computes the roots must
 * make sure that the entries can be read and are numbered without a gap (`signTrail` of `@countersign/cli` does both).
 *
 * Throws `signer.memory` where the memory is no note of this signer or of `keys`, `signer.refused` where the trail is
 * smaller than what was signed, or had another root at its size, and `checkpoint` where the origin is not the signer's.
 *
 * @example
 * ```ts
 * import { leafHash, nodeHash, openCheckpoint, signExtension, signerKey, verifierKeyOf } from '@countersign/trail'
 *
 * const signer = signerKey('log.example', new Uint8Array(32).fill(7))
 * const [one, two, other] = ['one', 'two', 'other'].map(text => leafHash(new TextEncoder().encode(text)))
 * const tree = (size, root) => ({ checkpoint: { origin: 'log.example', size, root }, rootAt: () => one })
 * const first = signExtension(signer, { ...tree(1, one), memory: 'first' })
 * const second = signExtension(signer, { ...tree(2, nodeHash(one, two)), memory: { note: first } })
 * openCheckpoint(second, { keys: [verifierKeyOf(signer)] }).checkpoint.size // → 2
 * signExtension(signer, { ...tree(1, one), memory: { note: second } }) // throws smaller
 * signExtension(signer, { ...tree(2, other), rootAt: () => other, memory: { note: first } }) // throws another root
 * ```
 */
export function signExtension(signer: SignerKey, options: SigningOptions): string {
  requireExtension(signer, options)
  return signCheckpoint(options.checkpoint, signer)
}

/**
 * The same without signing: whether the trail still has everything that was signed before.
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT, requireExtension, signerKey } from '@countersign/trail'
 *
 * const signer = signerKey('log.example', new Uint8Array(32).fill(7))
 * const checkpoint = { origin: 'log.example', size: 0, root: EMPTY_ROOT }
 * requireExtension(signer, { checkpoint, rootAt: () => EMPTY_ROOT, memory: { note: 'damaged' } }) // throws memory
 * ```
 */
export function requireExtension(signer: SignerKey, { checkpoint, rootAt, memory, keys = [] }: SigningOptions): void {
  if (memory === 'first') return
  const known = [verifierKeyOf(signer), ...keys]
  let signed: Checkpoint
  try {
    signed = openCheckpoint(memory.note, { keys: known, origin: signer.name }).checkpoint
  } catch (cause) {
    if (!(cause instanceof CountersignError)) throw cause
    // A trail that was cut or replaced may also lack the entry that names the key of the memory. That it was cut is the
    // graver fault, so it is told first.
    if (isOfAnother(memory.note, known)) compare(checkpoint, rootAt, parseCheckpointText(parseNote(memory.note).text))
    throw new CountersignError('signer.memory', `the memory is not one of this signer: ${cause.message}`, {
      facts: cause.facts,
      cause,
    })
  }
  compare(checkpoint, rootAt, signed)
}

function compare(checkpoint: Checkpoint, rootAt: SigningOptions['rootAt'], { origin, size, root }: Checkpoint): void {
  if (origin !== checkpoint.origin) return
  if (checkpoint.size < size) {
    throw refused(`it has ${checkpoint.size} entries and is smaller than the ${size} that were signed`, {
      size,
      expected: `${size}`,
      found: `${checkpoint.size}`,
    })
  }
  const found = checkpoint.size === size ? checkpoint.root : rootAt(size)
  if (found === root) return
  throw refused(`it has another root at size ${size} than the one that was signed`, {
    size,
    expected: root,
    found: found ?? 'unknown',
  })
}

/** Whether a note is a checkpoint on which no known key claims to have signed. */
function isOfAnother(note: string | Uint8Array, known: readonly VerifierKey[]): boolean {
  try {
    const { text, signatures } = parseNote(note)
    parseCheckpointText(text)
    return !signatures.some(one => known.some(key => key.name === one.name && key.keyId === one.keyId))
  } catch (error) {
    if (error instanceof CountersignError) return false
    throw error
  }
}

const refused = (because: string, facts: Record<string, unknown>) =>
  new CountersignError('signer.refused', `the trail does not extend what was signed: ${because}`, { facts })
