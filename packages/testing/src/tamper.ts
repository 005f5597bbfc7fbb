import {
  type Body,
  decodeUtf8,
  EMPTY_ROOT,
  encodeUtf8,
  ownBytes,
  parseJson,
  readEntry,
  sealEntry,
  wholeTrail,
} from '@countersign/trail'
import type { Store } from '@countersign/trail/store'

/** The entries of a trail as the lines of its file, without their newlines. */
export type Lines = readonly Uint8Array[]

/** A body that a forger can write into. */
export type LooseBody = { -readonly [Member in keyof Body]: Body[Member] } & { [member: string]: unknown }

/**
 * What a store holds, as the lines of a trail file.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { linesOf } from '@countersign/testing/tamper'
 * const lines = await linesOf((await f0()).store)
 * new TextDecoder().decode(lines[0]).startsWith('{"body":{') // → true
 * ```
 */
export async function linesOf(store: Store): Promise<Uint8Array[]> {
  const lines: Uint8Array[] = []
  for await (const { bytes } of store.read()) lines.push(bytes)
  return lines
}

/**
 * The bytes of a trail file: each line and its newline.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { fileOf, linesOf } from '@countersign/testing/tamper'
 * const lines = await linesOf((await f0()).store)
 * fileOf(lines).filter(byte => byte === 10).length === lines.length // → true
 * ```
 */
export function fileOf(lines: Lines): Uint8Array {
  const file = new Uint8Array(lines.reduce((sum, line) => sum + line.length + 1, 0))
  let at = 0
  for (const line of lines) {
    file.set(line, at)
    at += line.length
    file[at++] = 0x0a
  }
  return file
}

/**
 * What the entries say, each a copy that may be changed.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { bodiesOf, linesOf } from '@countersign/testing/tamper'
 * const lines = await linesOf((await f0()).store)
 * bodiesOf(lines).at(-1)?.stream // → 'change/K'
 * ```
 */
export const bodiesOf = (lines: Lines): LooseBody[] => lines.map(line => copyOf(readEntry(line).body))

// What canonical JSON holds survives JSON unchanged.
const copyOf = (body: Body): LooseBody => parseJson(JSON.stringify(body)) as LooseBody

/**
 * Seals bodies one onto the other, as whoever can write the whole file can: every hash is right again. Nothing in the
 * bodies is changed; see {@link renumber}.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { bodiesOf, linesOf, reseal } from '@countersign/testing/tamper'
 * const lines = await linesOf((await f0()).store)
 * reseal(bodiesOf(lines)) // → lines
 * ```
 */
export function reseal(bodies: readonly Body[]): Uint8Array[] {
  let prev = EMPTY_ROOT
  return bodies.map(body => {
    const { bytes, leafHash } = sealEntry(body, prev)
    prev = leafHash
    return bytes
  })
}

/**
 * Gives bodies the numbers that their places ask for, in the trail, in their streams and of what they have read, as a
 * careful forger does.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { bodiesOf, linesOf, renumber } from '@countersign/testing/tamper'
 * const lines = await linesOf((await f0()).store)
 * renumber(bodiesOf(lines).slice(1)).map(body => body.seq).slice(0, 3) // → [0, 1, 2]
 * ```
 */
export function renumber(bodies: readonly Body[]): LooseBody[] {
  const streams = new Map<string, number>()
  return bodies.map((body, seq) => {
    const streamSeq = streams.get(body.stream) ?? 0
    streams.set(body.stream, streamSeq + 1)
    if (body.reads === undefined) return { ...body, seq, streamSeq }
    const read = Object.keys(body.reads as object)
    const reads = Object.fromEntries(read.map(name => [name, name === wholeTrail ? seq : (streams.get(name) ?? 0)]))
    return { ...body, seq, streamSeq, reads }
  })
}

/**
 * The same lines with one changed as told.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { editLine, linesOf } from '@countersign/testing/tamper'
 * const lines = await linesOf((await f0()).store)
 * new TextDecoder().decode(editLine(lines, 0, text => text.toUpperCase())[0]).startsWith('{"BODY"') // → true
 * ```
 */
export const editLine = (lines: Lines, index: number, edit: (text: string) => string): Uint8Array[] =>
  lines.map((line, at) => (at === index ? encodeUtf8(edit(decodeUtf8(line) ?? '')) : line))

/**
 * The same lines without one.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { dropLine, linesOf } from '@countersign/testing/tamper'
 * const lines = await linesOf((await f0()).store)
 * dropLine(lines, 3).length === lines.length - 1 // → true
 * ```
 */
export const dropLine = (lines: Lines, index: number): Uint8Array[] => lines.toSpliced(index, 1)
/**
 * The same lines with another one before the line at `index`.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { insertLine, linesOf } from '@countersign/testing/tamper'
 * const lines = await linesOf((await f0()).store)
 * insertLine(lines, 3, new Uint8Array())[3]?.length // → 0
 * ```
 */
export const insertLine = (lines: Lines, index: number, line: Uint8Array): Uint8Array[] =>
  lines.toSpliced(index, 0, line)
/**
 * The same lines, one of which is there twice.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { doubleLine, linesOf } from '@countersign/testing/tamper'
 * const lines = await linesOf((await f0()).store)
 * const doubled = doubleLine(lines, 3)
 * doubled[3] === doubled[4] // → true
 * ```
 */
export const doubleLine = (lines: Lines, index: number): Uint8Array[] =>
  lines.flatMap((line, at) => (at === index ? [line, line] : [line]))

/**
 * The same lines, two of which have changed places.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { linesOf, swapLines } from '@countersign/testing/tamper'
 * const lines = await linesOf((await f0()).store)
 * swapLines(lines, 1, 2)[1] === lines[2] // → true
 * ```
 */
export const swapLines = (lines: Lines, one: number, other: number): Uint8Array[] =>
  lines.map((line, at) => (at === one ? lines[other] : at === other ? lines[one] : line) ?? line)

/**
 * The same lines without the last ones.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { cutTail, linesOf } from '@countersign/testing/tamper'
 * const lines = await linesOf((await f0()).store)
 * cutTail(lines, 2).length === lines.length - 2 // → true
 * ```
 */
export const cutTail = (lines: Lines, count: number): Uint8Array[] => lines.slice(0, lines.length - count)

/**
 * Two entries that continue the same one: the line at `index`, and after it another one that was sealed beside it.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { fileOf, forkAt, linesOf } from '@countersign/testing/tamper'
 * import { verifyTrail } from 'countersign/verify'
 * const lines = await linesOf((await f0()).store)
 * const forked = forkAt(lines, lines.length - 1, body => {
 *   body.id = 'another-one'
 * })
 * 'chain.fork' in verifyTrail([fileOf(forked)]).codes // → true
 * ```
 */
export function forkAt(lines: Lines, index: number, edit: (body: LooseBody) => void): Uint8Array[] {
  const line = lines[index]
  if (line === undefined) throw new RangeError(`there is no line ${index}`)
  const { body, prev } = readEntry(line)
  const other = copyOf(body)
  edit(other)
  return insertLine(lines, index + 1, sealEntry(other, prev).bytes)
}

/**
 * The same bytes with some bits of one of them turned over.
 *
 * @example
 * ```ts
 * import { flipByte } from '@countersign/testing/tamper'
 * flipByte(Uint8Array.of(0, 2), 1) // → Uint8Array.of(0, 3)
 * flipByte(Uint8Array.of(0), 1) // throws there is no byte 1
 * ```
 */
export function flipByte(bytes: Uint8Array, offset: number, bits = 1): Uint8Array {
  const flipped = ownBytes(bytes)
  const byte = flipped[offset]
  if (byte === undefined) throw new RangeError(`there is no byte ${offset}`)
  flipped[offset] = byte ^ bits
  return flipped
}

/**
 * The same bytes without the last ones, as a crash in the middle of a write leaves them.
 *
 * @example
 * ```ts
 * import { tear } from '@countersign/testing/tamper'
 * tear(Uint8Array.of(1, 2, 3), 1) // → Uint8Array.of(1, 2)
 * ```
 */
export const tear = (bytes: Uint8Array, count: number): Uint8Array => ownBytes(bytes.subarray(0, bytes.length - count))
