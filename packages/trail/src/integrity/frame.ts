import { FRAME_TAIL_BYTES } from '../entry.ts'
import { toHex } from '../hash.ts'
import { encodeUtf8 } from '../utf8.ts'

export const FRAME = '{"body":{…},"prev":"<64 lower-case hex digits>"}'
export const START = encodeUtf8('{"body":{')
export const MIDDLE = encodeUtf8('},"prev":"')
export const END = encodeUtf8('"}')
/** The `}` that closes the body counts with what follows it. */
export const TAIL = FRAME_TAIL_BYTES + 1

export function stands(text: Uint8Array, buffer: Uint8Array, from: number): boolean {
  for (let at = 0; at < text.length; at++) if (buffer[from + at] !== text[at]) return false
  return true
}

/** Bytes as text for a finding: what is not printable ASCII shows as `\x` and two digits. */
export function ascii(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (const byte of bytes.subarray(from, to)) {
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${toHex(Uint8Array.of(byte))}`
  }
  return text
}

/** The start and the end of a line, which is where its frame stands. */
export function glimpse(bytes: Uint8Array, from: number, to: number): string {
  if (to - from <= 120) return ascii(bytes, from, to)
  return `${ascii(bytes, from, from + 24)}…${ascii(bytes, to - TAIL, to)}`
}
