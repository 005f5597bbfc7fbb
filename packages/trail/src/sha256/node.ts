import { Buffer } from 'node:buffer'
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

/**
 * Writes SHA-256 (FIPS 180-4), 32 bytes, into these bytes, each to an offset. A text of one character for each byte is the
 * cheapest form that Node hands over.
 */
export function sha256Writer(into: Uint8Array): (bytes: Uint8Array, offset: number) => void {
  const view = Buffer.from(into.buffer, into.byteOffset, into.length)
  return (bytes, offset) => view.write(hash('sha256', bytes, ofBytes), offset, 32, 'latin1')
}

/**
 * One character for each byte. Node that is told the length does not ask for it, which saves a twelfth; before 24 it knows no such
 * option, and its types say so.
 */
const ofBytes = (() => {
  const told = { outputEncoding: 'binary', outputLength: 32 } as unknown as 'binary'
  try {
    hash('sha256', '', told)
    return told
  } catch {
    return 'binary'
  }
})()
