import { type ErrorCode, unexpected } from './error.ts'

/** A SHA-256 hash as text: 64 lower-case hexadecimal digits, so that two hashes are compared with `===`. */
export type Hash = string

const DIGITS = '0123456789abcdef'
const HEX: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => DIGITS.charAt(byte >> 4) + DIGITS.charAt(byte & 15),
)

/**
 * Whether a text is a hash: 64 lower-case hexadecimal digits and nothing else.
 *
 * @example
 * ```ts
 * import { isHash } from '@countersign/trail'
 *
 * isHash('00'.repeat(32)) // → true
 * isHash('00'.repeat(12)) // → false
 * ```
 */
export function isHash(text: unknown): text is Hash {
  if (typeof text !== 'string' || text.length !== 64) return false
  // Asked for every entry and every node, where a regular expression costs twice as much.
  for (let at = 0; at < 64; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x30 || code > 0x66 || (code > 0x39 && code < 0x61)) return false
  }
  return true
}

/** Throws `code` and names the argument where a value is no hash. */
export function requireHash(text: unknown, name: string, code: ErrorCode): asserts text is Hash {
  if (isHash(text)) return
  const facts = { where: name, name }
  throw unexpected(code, `${name} is not a hash`, '64 lower-case hex digits', { given: text }, { facts })
}

/** Bytes as lower-case hexadecimal digits, two for each. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += HEX[byte]
  return text
}

/** Writes the bytes that pairs of hexadecimal digits stand for. The digits must have been checked before. */
export function writeHex(text: string, into: Uint8Array, offset: number): void {
  for (let at = 0; at < text.length; at += 2) {
    into[offset + (at >> 1)] = (nibble(text.charCodeAt(at)) << 4) | nibble(text.charCodeAt(at + 1))
  }
}

/** The bytes that pairs of hexadecimal digits stand for. The digits must have been checked before. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1)
  writeHex(text, bytes, 0)
  return bytes
}

/** `0`–`9` are 0x30–0x39 and `a`–`f` 0x61–0x66: the low four bits, and nine more for a letter. */
function nibble(code: number): number {
  return (code & 15) + (code >> 6) * 9
}
