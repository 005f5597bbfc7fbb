import { type Checkpoint, type OpenedCheckpoint, openCheckpoint, signCheckpoint } from './checkpoint.ts'
import { CountersignError } from './error.ts'
import type { Hash } from './hash.ts'
import { type SignerKey, type VerifierKey, verifierKeyOf } from './key.ts'

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
 * Signs the next checkpoint of a trail, if the trail still has everything that was signed before. The note that it gives
 * is the next memory: its caller keeps it durably *before* anybody else gets it. Signing the same tree again gives the
 * same bytes, so nothing is lost if a crash comes between the two.
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
export function signExtension(signer: SignerKey, { checkpoint, rootAt, memory, keys = [] }: SigningOptions): string {
  if (memory !== 'first') {
    const { size, root } = remembered(signer, memory.note, keys).checkpoint
    if (checkpoint.size < size) {
      throw refused(`it has ${checkpoint.size} entries and is smaller than the ${size} that were signed`, {
        size,
        expected: `${size}`,
        found: `${checkpoint.size}`,
      })
    }
    const found = checkpoint.size === size ? checkpoint.root : rootAt(size)
    if (found !== root) {
      throw refused(`it has another root at size ${size} than the one that was signed`, {
        size,
        expected: root,
        found: found ?? 'unknown',
      })
    }
  }
  return signCheckpoint(checkpoint, signer)
}

function remembered(signer: SignerKey, note: string | Uint8Array, keys: readonly VerifierKey[]): OpenedCheckpoint {
  try {
    return openCheckpoint(note, { keys: [verifierKeyOf(signer), ...keys], origin: signer.name })
  } catch (cause) {
    if (!(cause instanceof CountersignError)) throw cause
    throw new CountersignError('signer.memory', `the memory is not one of this signer: ${cause.message}`, {
      facts: cause.facts,
      cause,
    })
  }
}

const refused = (because: string, facts: Record<string, unknown>) =>
  new CountersignError('signer.refused', `the trail does not extend what was signed: ${because}`, { facts })
