import { hash } from 'node:crypto'
import { fromHex } from '../hash.ts'

/**
 * SHA-256 (FIPS 180-4), 32 bytes.
 *
 * @example
 * ```ts
 * import { sha256 } from '@countersign/trail'
 *
 * sha256(new Uint8Array()).subarray(0, 2) // → Uint8Array.of(0xe3, 0xb0)
 * ```
 */
export function sha256(bytes: Uint8Array): Uint8Array {
  // Decoding the digits is quicker than letting Node allocate a `Buffer`.
  return fromHex(hash('sha256', bytes, 'hex'))
}

/**
 * SHA-256 (FIPS 180-4) of bytes, or of a text as UTF-8, as 64 lower-case hexadecimal digits.
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT, sha256Hex } from '@countersign/trail'
 *
 * sha256Hex(new Uint8Array()) === EMPTY_ROOT // → true
 * ```
 */
export function sha256Hex(data: Uint8Array | string): string {
  return hash('sha256', data, 'hex')
}

/** Writes the 32 bytes of a SHA-256 to `offset`. A string of bytes is the cheapest form that Node hands over. */
export function sha256Into(bytes: Uint8Array, into: Uint8Array, offset: number): void {
  const digest = hash('sha256', bytes, 'binary')
  for (let at = 0; at < 32; at++) into[offset + at] = digest.charCodeAt(at)
}
