import { ed25519Verify } from '#ed25519'
import { encodeUtf8 } from './utf8.ts'

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
  const message = encodeUtf8(`cosignature/v1\ntime ${time}\n${text}`)
  return ed25519Verify(publicKey, message, bytes.subarray(8)) ? { time } : undefined
}
