import { sealEntry, wholeTrail } from '../entry.ts'
import { beginning, CountersignError, unexpected } from '../error.ts'
import type { Draft, Expected, Range, Sealed } from './store.ts'

/** Where a trail ends while it is locked: how many entries there are, the last one's leaf hash, and each stream's version. */
export interface Locked {
  readonly size: number
  readonly leafHash: string
  readonly version: (stream: string) => number
}

/**
 * The streams whose versions `sealAll` asks for, so that an adapter can read them all at once.
 *
 * @example
 * ```ts
 * import { streamsIn } from '@countersign/trail/store'
 *
 * streamsIn([], { trail: 1, '*': 7 }) // → ['trail']
 * ```
 */
export const streamsIn = (drafts: readonly Draft[], expected: Expected): string[] => [
  ...new Set([...Object.keys(expected).filter(stream => stream !== wholeTrail), ...drafts.map(draft => draft.stream)]),
]

/**
 * Checks the arguments of an append. An adapter calls this before it writes the append together with others, so that these
 * are not refused because of it. Throws `CountersignError` `input` where the drafts are no list, or `expected` does not hold a
 * number for each stream, and `entry` where a draft does not say its stream and its place there.
 *
 * @example
 * ```ts
 * import { requireAppend } from '@countersign/trail/store'
 *
 * const draft = { v: 1, id: 'a', at: '2026-11-21T09:30:00.000Z', stream: 'trail', streamSeq: 0 } as const
 * requireAppend([draft], { trail: 0 })
 * requireAppend([draft], { trail: -1 }) // throws expected.trail
 * ```
 */
export function requireAppend(drafts: readonly Draft[], expected: Expected): void {
  if (!Array.isArray(drafts)) throw unfit('input', 'drafts', 'a list', drafts)
  if (!isObject(expected)) throw unfit('input', 'expected', 'an object', expected)
  for (const [stream, count] of Object.entries(expected))
    if (!isPlace(count)) throw unfit('input', `expected.${beginning(stream)}`, 'an integer from 0', count)
  for (const [at, draft] of (drafts as readonly (Draft | null | undefined)[]).entries()) {
    const { stream, streamSeq } = draft ?? {}
    if (typeof stream !== 'string') throw unfit('entry', `drafts[${at}].stream`, 'a text', stream)
    if (stream === wholeTrail) throw unfit('entry', `drafts[${at}].stream`, 'the name of one stream', stream)
    if (!isPlace(streamSeq)) throw unfit('entry', `drafts[${at}].streamSeq`, 'an integer from 0', streamSeq)
  }
}

/**
 * Checks the range of a read. Throws `CountersignError` `input` where it is no range, has a member that no range has, or both a
 * stream and a place: whichever was left out of account, the reader would take what it gets for what it has asked for. A `from` or
 * `to` that is there is a place; one that is `undefined` is not there. A `stream` that is `undefined` is refused: whoever has no name
 * for the stream that he wants would else be given all of them.
 *
 * @example
 * ```ts
 * import { requireRange } from '@countersign/trail/store'
 *
 * requireRange({ stream: 'trail' })
 * requireRange({ from: 3, to: undefined })
 * requireRange(JSON.parse('{"stream":7}')) // throws range.stream
 * requireRange(JSON.parse('{"from":null}')) // throws an integer from 0
 * requireRange(JSON.parse('{"stream":"trail","from":3}')) // throws found both stream and from
 * ```
 */
export function requireRange(range: Range): void {
  if (typeof range !== 'object' || range === null) throw unfit('input', 'range', 'an object', range)
  // A list or a `Map` would have none of the names, and be taken for the whole trail.
  const kind = Object.prototype.toString.call(range).slice(8, -1)
  if (kind !== 'Object') throw noRange(`an object of the kind ${beginning(kind)}`)
  const { from, to } = range as { readonly from?: number; readonly to?: number }
  const names = Object.keys(range)
  const strange = names.find(name => !MEMBERS.includes(name))
  if (strange !== undefined) throw noRange(`a member ${beginning(strange)}`)
  if ('stream' in range) {
    if (from !== undefined || to !== undefined) throw noRange(`both stream and ${from === undefined ? 'to' : 'from'}`)
    if (typeof range.stream !== 'string') throw unfit('input', 'range.stream', 'a text', range.stream)
  }
  if (from !== undefined) placeOf('from', from)
  if (to !== undefined) placeOf('to', to)
}

/**
 * A copy of the range of a read, as it is when it is handed in: what is read begins only when somebody asks for an entry, and its
 * caller may have changed the range by then. It checks nothing: what is no range stays none, for `requireRange` to refuse.
 *
 * @example
 * ```ts
 * import { ownRange } from '@countersign/trail/store'
 *
 * const range = { from: 3 }
 * const own = ownRange(range)
 * range.from = 7
 * own // → { from: 3 }
 * ownRange(JSON.parse('[1]')) // → [1]
 * ```
 */
export function ownRange(range: Range = {}): Range {
  if (!isObject(range)) return range
  // With what it has by inheritance, which is read as well.
  const inherited = MEMBERS.filter(name => name in range).map(name => [name, Reflect.get(range, name)])
  return { ...Object.fromEntries(inherited), ...range }
}

/** What a range can have. */
const MEMBERS: readonly string[] = ['from', 'to', 'stream']

const noRange = (found: string): CountersignError =>
  unexpected('input', 'range', 'from, to, or both of them; or stream alone', found, { facts: { name: 'range' } })

/**
 * What an adapter does under its lock: it compares the versions that were read with those that are there now, and seals each
 * draft onto the entry before it. It seals all of them or none. Throws `CountersignError` `store.conflict` (facts `{ stream,
 * expected, actual }`) where a stream has moved, `entry` or `canonical` where a draft cannot be an entry, and as
 * `requireAppend` does.
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT } from '@countersign/trail'
 * import { sealAll } from '@countersign/trail/store'
 *
 * const empty = { size: 0, leafHash: EMPTY_ROOT, version: () => 0 }
 * const draft = { v: 1, id: 'a', at: '2026-11-21T09:30:00.000Z', stream: 'trail', streamSeq: 0 } as const
 * sealAll([draft], { trail: 0 }, empty).map(entry => entry.seq) // → [0]
 * sealAll([draft], { trail: 1 }, empty) // throws trail
 * ```
 */
export function sealAll(drafts: readonly Draft[], expected: Expected, locked: Locked): Sealed[] {
  requireAppend(drafts, expected)
  for (const [stream, count] of Object.entries(expected))
    compare(stream, count, stream === wholeTrail ? locked.size : locked.version(stream))
  const versions = new Map<string, number>()
  const sealed: Sealed[] = []
  let prev = locked.leafHash
  for (const draft of drafts) {
    const version = versions.get(draft.stream) ?? locked.version(draft.stream)
    compare(draft.stream, draft.streamSeq, version)
    versions.set(draft.stream, version + 1)
    const seq = locked.size + sealed.length
    const { bytes, leafHash } = sealEntry({ ...draft, seq }, prev)
    sealed.push({ seq, leafHash, bytes })
    prev = leafHash
  }
  return sealed
}

function compare(stream: string, expected: number, actual: number): void {
  if (expected === actual) return
  throw new CountersignError('store.conflict', `stream ${beginning(stream)} has ${actual} entries, not ${expected}`, {
    facts: { stream, expected, actual },
  })
}

/**
 * A place that a reader asks for. Throws `input` where it is no integer from 0.
 *
 * @example
 * ```ts
 * import { placeOf } from '@countersign/trail/store'
 *
 * placeOf('from', 7) // → 7
 * placeOf('from', -1) // throws an integer from 0
 * ```
 */
export function placeOf(name: 'from' | 'to', value: number): number {
  if (isPlace(value)) return value
  throw unfit('input', name, 'an integer from 0', value)
}

/** Of another object, a list or a `Map` for example, none of its members would be seen. */
const isObject = (value: unknown): boolean => Object.prototype.toString.call(value) === '[object Object]'

const isPlace = (value: unknown): boolean => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

const unfit = (code: 'input' | 'entry', name: string, expected: string, given: unknown): CountersignError =>
  unexpected(code, name, expected, { given }, { facts: { name } })
