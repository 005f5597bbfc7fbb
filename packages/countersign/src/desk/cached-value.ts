import { decodeUtf8, encodeUtf8, parseJson, sha256Hex } from '@countersign/trail'
import { changeStream } from '../record/record.ts'

// How what a desk has worked out lies in its cache: under which keys, and as which bytes.

/** The change of a stream, where it is one of a change. */
export const changeOf = (stream: string): string | undefined =>
  stream.startsWith(changeStream('')) ? stream.slice(changeStream('').length) : undefined

/** The stream of which a value lies under this key, where it is of a kind that there is of each stream. */
export function streamAt(key: string): string | undefined {
  const [kind, name] = [key.slice(0, key.indexOf(' ')), key.slice(key.indexOf(' ') + 1)]
  if (kind === 'change') return changeStream(name)
  return kind === 'version' || kind === 'instant' ? name : undefined
}

/**
 * The keys under which something lies of a stream: its version, its instant, and its change, which is `null` where there is
 * nothing but refusals. Where some of it is there and the rest is not, that was lost.
 */
export function keysOf(stream: string): readonly string[] {
  const change = changeOf(stream)
  return [`version ${stream}`, `instant ${stream}`, ...(change === undefined ? [] : [`change ${change}`])]
}

/** So much of a hash stands before a value: it is there against damage, and whoever forges makes a new one. */
const hashDigits = 16

const hashOf = (key: string, text: string): string => sha256Hex(encodeUtf8(`${key}\n${text}`)).slice(0, hashDigits)

/** A value, as it lies under a key. */
export function closed(key: string, value: unknown): Uint8Array {
  const text = JSON.stringify(value)
  return encodeUtf8(`${hashOf(key, text)}${text}`)
}

/** What lies under a key; `undefined` where there is nothing, or something else than was put there. */
export function opened(key: string, bytes: Uint8Array | undefined): unknown {
  const told = bytes === undefined ? undefined : decodeUtf8(bytes)
  if (told === undefined) return undefined
  const text = told.slice(hashDigits)
  if (told.slice(0, hashDigits) !== hashOf(key, text)) return undefined
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}
