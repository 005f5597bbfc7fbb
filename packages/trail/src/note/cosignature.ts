import { ed25519Sign, ed25519Verify } from '#ed25519'
import { unexpected } from '../error.ts'
import { encodeUtf8 } from '../utf8.ts'
import { type SignerKey, witnessKeyOf } from './key.ts'
import type { NoteSignature } from './note-signature.ts'

/** What a witness states: at this time (whole seconds since 1970, UTC) it knew no larger tree of this origin. */
export interface Cosignature {
  readonly time: number
}

/**
 * Reads and verifies a witness's signature over a checkpoint's text (C2SP tlog-cosignature, type 0x04). The bytes are
 * those after the key id: the time as a 64-bit big-endian number, and 64 bytes of Ed25519 over
 *
 * ```text
 * cosignature/v1
 * time 1679315147
 * example.com/behind-the-sofa
 * 20852163
 * CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 * ```
 *
 * `undefined` where the signature does not hold, has another length, or its time lies beyond 2⁵³ − 1. Whether the time
 * lies in the future, the caller must ask its own clock.
 *
 * @example
 * ```ts
 * import { verifyCosignature } from '@countersign/trail'
 *
 * verifyCosignature(new Uint8Array(32), 'log.example\n0\n', new Uint8Array(72)) // → undefined
 * ```
 */
export function verifyCosignature(publicKey: Uint8Array, text: string, bytes: Uint8Array): Cosignature | undefined {
  if (bytes.length !== 72) return undefined
  let time = 0
  for (let at = 0; at < 8; at++) time = time * 256 + (bytes[at] as number)
  if (!Number.isSafeInteger(time)) return undefined
  return ed25519Verify(publicKey, cosigned(text, time), bytes.subarray(8)) ? { time } : undefined
}

/**
 * Signs a checkpoint's text as a witness (C2SP tlog-cosignature, type 0x04) at a time in whole seconds since 1970, UTC.
 * The line belongs under the note whose text it is.
 *
 * Nothing about the log is checked: `decideCosigning` does, and says what may be signed. Throws `checkpoint` where the
 * time is no integer from 1 to 2⁵³ − 1, or the text does not end in a newline.
 *
 * @example
 * ```ts
 * import { cosign, signerKey, verifyCosignature, witnessKeyOf } from '@countersign/trail'
 *
 * const witness = signerKey('witness.example', new Uint8Array(32).fill(9))
 * const { keyId, bytes } = cosign('log.example\n0\n', witness, 1679315147)
 * keyId === witnessKeyOf(witness).keyId // → true
 * verifyCosignature(witnessKeyOf(witness).publicKey, 'log.example\n0\n', bytes) // → { time: 1679315147 }
 * ```
 */
export function cosign(text: string, witness: SignerKey, time: number): NoteSignature {
  if (!Number.isSafeInteger(time) || time < 1) {
    throw unexpected('checkpoint', 'the time of a cosignature', 'whole seconds from 1 to 2^53−1', { given: time })
  }
  if (!text.endsWith('\n')) throw unexpected('checkpoint', 'the text of a checkpoint', 'a newline at its end', 'none')
  const bytes = new Uint8Array(72)
  let rest = time
  for (let at = 7; at >= 0; at--) {
    bytes[at] = rest % 256
    rest = Math.floor(rest / 256)
  }
  bytes.set(ed25519Sign(witness.seed, cosigned(text, time)), 8)
  return { name: witness.name, keyId: witnessKeyOf(witness).keyId, bytes }
}

const cosigned = (text: string, time: number) => encodeUtf8(`cosignature/v1\ntime ${time}\n${text}`)
