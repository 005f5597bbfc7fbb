import { sha256 as digest } from '@noble/hashes/sha2.js'
import { toHex } from '../hash.ts'
import { encodeUtf8 } from '../utf8.ts'

/** SHA-256 (FIPS 180-4), 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return digest(bytes)
}

/** SHA-256 (FIPS 180-4) of bytes, or of a text as UTF-8, as 64 lower-case hexadecimal digits. */
export function sha256Hex(data: Uint8Array | string): string {
  return toHex(digest(typeof data === 'string' ? encodeUtf8(data) : data))
}

/** Writes SHA-256 (FIPS 180-4), 32 bytes, into these bytes, each to an offset. */
export function sha256Writer(into: Uint8Array): (bytes: Uint8Array, offset: number) => void {
  return (bytes, offset) => into.set(digest(bytes), offset)
}
