/** The two classes that every engine has and that the language's own library does not declare. */
declare const TextEncoder: new () => { encode(text: string): Uint8Array<ArrayBuffer> }
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string }

const encoder = new TextEncoder()
/** `ignoreBOM` keeps a byte order mark in the text, where a strict reader then refuses it. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Text as UTF-8. A lone surrogate becomes U+FFFD, so `canonical` refuses it before.
 *
 * @example
 * ```ts
 * import { encodeUtf8 } from '@countersign/trail'
 *
 * encodeUtf8('é') // → Uint8Array.of(0xc3, 0xa9)
 * ```
 */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

/**
 * How many bytes a text has as UTF-8, where they may be so many at most. One that has more characters than that is not
 * encoded to be counted, so of it the answer is only that it has more.
 */
export function utf8Length(input: string | Uint8Array, most: number): number {
  const { length } = input
  // A character of UTF-16 has one byte at least, and three at most.
  return typeof input !== 'string' || length > most || length * 3 <= most ? length : encodeUtf8(input).length
}

/**
 * UTF-8 as text, or `undefined` where the bytes are no UTF-8. A byte order mark stays in the text.
 *
 * @example
 * ```ts
 * import { decodeUtf8 } from '@countersign/trail'
 *
 * decodeUtf8(Uint8Array.of(0xc3, 0xa9)) // → 'é'
 * decodeUtf8(Uint8Array.of(0xc3)) // → undefined
 * ```
 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}
