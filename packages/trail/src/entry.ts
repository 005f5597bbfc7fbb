import { sha256Hex } from '#sha256'
import { canonicalMember, isTextOf, parseCanonical } from './canonical.ts'
import { beginning, CountersignError, unexpected } from './error.ts'
import { type Hash, isHash, requireHash } from './hash.ts'
import type { Json } from './json.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'

/** The longest entry, in bytes, without the newline: what two bytes can count, as in C2SP tlog-tiles. */
export const MAX_ENTRY_BYTES = 65_535

/** `{"body":` */
const FRAME_START = '{"body":'
/** `,"prev":"` stands between the body and the 64 digits. */
const FRAME_MIDDLE = ',"prev":"'
/** `"}` */
const FRAME_END = '"}'
/** `,"seq":` stands before the place of an entry: the members `at` and `id`, at least, come before it. */
const SEQ = ',"seq":'
/** How many bytes of an entry follow its body. */
export const FRAME_TAIL_BYTES = FRAME_MIDDLE.length + 64 + FRAME_END.length

const INSTANT = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/

/**
 * What an entry says. The trail itself reads the six members that place an entry; who did what (`by`, `command`,
 * `outcome`, `policy`, `reads`) it carries and hashes without understanding it, so a package that does understand it declares
 * a narrower interface that extends this one, and hands its values in as they are.
 *
 * - `v`: the version of the format, 1
 * - `seq`: the place in the trail, from 0
 * - `id`: the idempotency key, unique in its stream
 * - `at`: when it was said to happen, UTC with milliseconds (`2026-11-21T09:30:00.000Z`): a claim, not a proof
 * - `stream`, `streamSeq`: which history the entry belongs to (a ticket, governance), and its place there, from 0
 */
export interface Body {
  readonly v: 1
  readonly seq: number
  readonly id: string
  readonly at: string
  readonly stream: string
  readonly streamSeq: number
  readonly by?: unknown
  readonly command?: unknown
  readonly outcome?: unknown
  readonly policy?: unknown
  readonly reads?: unknown
}

/** One entry: what it says, and the leaf hash of the entry before it (before entry 0: the empty tree's root). */
export interface Entry<B extends Body = Body> {
  readonly body: B
  readonly prev: Hash
}

/**
 * Makes an entry's bytes, without the newline, and their leaf hash.
 *
 * The bytes are canonical JSON: `{"body":{…},"prev":"<64 hex>"}`. Throws `entry` where the body lacks what places it or
 * where there are more than 65,535 bytes, and `canonical` where something in the body has no canonical form.
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT, prevOf, sealEntry } from '@countersign/trail'
 *
 * const body = { v: 1, seq: 0, id: 'a', at: '2026-11-21T09:30:00.000Z', stream: 'trail', streamSeq: 0 } as const
 * const { bytes, leafHash } = sealEntry(body, EMPTY_ROOT)
 * prevOf(bytes) === EMPTY_ROOT // → true
 * leafHash.length // → 64
 * ```
 */
export function sealEntry<B extends Body>(body: B, prev: Hash): { bytes: Uint8Array; leafHash: Hash } {
  requireHash(prev, 'prev', 'entry')
  checkBody(body)
  const text = FRAME_START + canonicalMember(body, 'body') + FRAME_MIDDLE + prev + FRAME_END
  // The leaf prefix 0x00 is encoded together with the entry. So one buffer serves both: all of it is hashed, and the entry
  // begins one byte later.
  const leaf = encodeUtf8(`\0${text}`)
  if (leaf.length - 1 > MAX_ENTRY_BYTES) throw tooLong(leaf.length - 1)
  return { bytes: leaf.subarray(1), leafHash: sha256Hex(leaf) }
}

/**
 * The bytes of an entry whose place is not known yet, for a store that seals where the trail lies. The entry is `before`, the
 * digits of its `seq`, `after`, the 64 digits of `prev`, and `"}`.
 *
 * Throws as `sealEntry` does, but for the length, which the digits of `seq` are a part of.
 *
 * @example
 * ```ts
 * import { decodeUtf8 } from '@countersign/trail'
 * import { unsealedEntry } from '@countersign/trail/store'
 *
 * const body = { v: 1, id: 'a', at: '2026-11-21T09:30:00.000Z', stream: 'trail', streamSeq: 0 } as const
 * const { before, after } = unsealedEntry(body)
 * decodeUtf8(before) // → '{"body":{"at":"2026-11-21T09:30:00.000Z","id":"a","seq":'
 * decodeUtf8(after) // → ',"stream":"trail","streamSeq":0,"v":1},"prev":"'
 * ```
 */
export function unsealedEntry(body: Omit<Body, 'seq'>): { before: Uint8Array; after: Uint8Array } {
  const placed = { ...body, seq: 0 }
  checkBody(placed)
  const text = FRAME_START + canonicalMember(placed, 'body') + FRAME_MIDDLE
  // The members stand in their order, so those before `seq` are as long by themselves as they are here, but for the brace.
  const earlier = Object.fromEntries(Object.entries(placed).filter(([name]) => name < 'seq'))
  const at = FRAME_START.length + canonicalMember(earlier, 'body').length + SEQ.length - 1
  return { before: encodeUtf8(text.slice(0, at)), after: encodeUtf8(text.slice(at + 1)) }
}

/**
 * Reads an entry's bytes (without the newline), strictly: canonical JSON with exactly `body` and `prev`, and in the
 * body the six members that the trail reads. Throws `entry`, with what was expected and found where; a fault of the
 * encoding is its `cause`.
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT, readEntry, sealEntry } from '@countersign/trail'
 *
 * const body = { v: 1, seq: 0, id: 'a', at: '2026-11-21T09:30:00.000Z', stream: 'trail', streamSeq: 0 } as const
 * readEntry(sealEntry(body, EMPTY_ROOT).bytes).body // → body
 * readEntry(new Uint8Array()) // throws not canonical JSON
 * ```
 */
export function readEntry(bytes: Uint8Array): Entry {
  if (bytes.length > MAX_ENTRY_BYTES) throw tooLong(bytes.length)
  let value: Json
  try {
    value = parseCanonical(bytes, { maxBytes: MAX_ENTRY_BYTES })
  } catch (cause) {
    const why = cause instanceof CountersignError ? cause : undefined
    throw new CountersignError('entry', `the entry is not canonical JSON: ${why?.message}`, {
      facts: { path: '$', expected: 'canonical JSON', ...why?.facts },
      cause,
    })
  }
  if (!isObject(value)) throw unfit('$', 'an object', value)
  const { body, prev } = value
  for (const name of Object.keys(value))
    if (name !== 'body' && name !== 'prev')
      throw unfit(`$.${beginning(name)}`, 'no other member than body and prev', value[name])
  if (!isHash(prev)) throw unfit('$.prev', '64 lower-case hex digits', prev)
  checkBody(body)
  return { body, prev }
}

/**
 * Reads the text of an entry of which the body is known already, as after writing it. This is quicker than `readEntry`. It
 * gives what `readEntry` would give; or `undefined`, which says nothing about the text but that `readEntry` must read it.
 *
 * The members of the given body, and of everything in it, must stand in canonical order already.
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT, readEntryAs, sealEntry, decodeUtf8 } from '@countersign/trail'
 *
 * const body = { at: '2026-11-21T09:30:00.000Z', id: 'a', seq: 0, stream: 'trail', streamSeq: 0, v: 1 } as const
 * const text = decodeUtf8(sealEntry(body, EMPTY_ROOT).bytes)
 * readEntryAs(text, body)?.body === body // → true
 * readEntryAs(text, { ...body, id: 'b' }) // → undefined
 * ```
 */
export function readEntryAs<B extends Body>(text: string, body: B): Entry<B> | undefined {
  const end = text.length - FRAME_TAIL_BYTES
  // A UTF-16 code unit takes three bytes of UTF-8 at most.
  const isFramed = text.length <= MAX_ENTRY_BYTES / 3 && text.startsWith(FRAME_START)
  const prev = isFramed ? prevIn(text.slice(end)) : undefined
  if (prev === undefined || !isTextOf(text.slice(FRAME_START.length, end), body, 2)) return undefined
  checkBody(body)
  return { body, prev }
}

/**
 * Reads `prev` at its fixed place from the end, without parsing. Throws `entry` where the frame is not there.
 *
 * @example
 * ```ts
 * import { prevOf } from '@countersign/trail'
 *
 * prevOf(Uint8Array.of(0x7b, 0x7d)) // throws $.prev
 * ```
 */
export function prevOf(bytes: Uint8Array): Hash {
  const tail = bytes.length < FRAME_TAIL_BYTES ? undefined : decodeUtf8(bytes.subarray(bytes.length - FRAME_TAIL_BYTES))
  const prev = tail === undefined ? undefined : prevIn(tail)
  if (prev !== undefined) return prev
  throw unfit('$.prev', `${FRAME_MIDDLE}<64 lower-case hex digits>${FRAME_END} at the end`, tail)
}

/** The hash in what follows the body of an entry, where that is framed as it should be. */
function prevIn(tail: string): Hash | undefined {
  if (!tail.startsWith(FRAME_MIDDLE) || !tail.endsWith(FRAME_END)) return undefined
  const prev = tail.slice(FRAME_MIDDLE.length, -FRAME_END.length)
  return isHash(prev) ? prev : undefined
}

function checkBody(body: unknown): asserts body is Body {
  if (!isObject(body)) throw unfit('$.body', 'an object', body)
  const { v, seq, id, at, stream, streamSeq } = body
  if (v !== 1) throw unfit('$.body.v', '1', v)
  if (!isCount(seq)) throw unfit('$.body.seq', 'an integer from 0', seq)
  if (typeof id !== 'string' || id === '') throw unfit('$.body.id', 'a text that is not empty', id)
  if (!isInstant(at)) throw unfit('$.body.at', 'an instant like 2026-11-21T09:30:00.000Z', at)
  if (typeof stream !== 'string' || stream === '') throw unfit('$.body.stream', 'a text that is not empty', stream)
  if (!isCount(streamSeq)) throw unfit('$.body.streamSeq', 'an integer from 0', streamSeq)
}

function isObject(value: unknown): value is { readonly [member: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/**
 * Whether a value can be the `at` of an entry: a UTC instant of the proleptic Gregorian calendar with milliseconds, in the one
 * spelling of RFC 3339 that sorts as text.
 *
 * @example
 * ```ts
 * import { isInstant } from '@countersign/trail'
 *
 * isInstant('2026-11-21T09:30:00.000Z') // → true
 * isInstant('2026-02-29T09:30:00.000Z') // → false
 * ```
 */
export function isInstant(value: unknown): value is string {
  if (typeof value !== 'string' || !INSTANT.test(value)) return false
  const month = twoDigits(value, 5)
  const day = twoDigits(value, 8)
  if (month < 1 || month > 12 || day < 1) return false
  return day <= 28 || day <= daysIn(Number(value.slice(0, 4)), month)
}

/** The number that two digits stand for. This is asked for every entry, and quicker than `Number(text.slice(at, at + 2))`. */
const twoDigits = (text: string, at: number): number =>
  (text.charCodeAt(at) - 0x30) * 10 + text.charCodeAt(at + 1) - 0x30

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

const unfit = (path: string, expected: string, given: unknown): CountersignError =>
  unexpected('entry', `${path} of the entry`, expected, { given }, { facts: { path } })

function tooLong(length: number): CountersignError {
  return new CountersignError('entry', `the entry has ${length} bytes; at most ${MAX_ENTRY_BYTES} are allowed`, {
    facts: { path: '$', expected: `at most ${MAX_ENTRY_BYTES} bytes`, found: length },
  })
}

/**
 * Stands for the trail as a whole among the streams that a decision has read (`reads` in the body, `Expected` of a store): for
 * a decision that could have been another one with any other entry there. No stream has this name.
 */
export const wholeTrail = '*'
