import { sealEntry, wholeTrail } from '../entry.ts'
import { CountersignError } from '../error.ts'
import type { Draft, Expected, Sealed } from './store.ts'

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
 * What an adapter does under its lock: compares what was read with what is there, and seals the drafts one onto the other
 * after the last entry. All of them or none: throws `CountersignError` `store.conflict` (facts `{ stream, expected,
 * actual }`) where a stream has moved, and `entry` or `canonical` where a draft cannot be an entry.
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
  throw new CountersignError('store.conflict', `stream ${stream} has ${actual} entries, not ${expected}`, {
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
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new CountersignError('input', `${name} is ${value}: expected an integer from 0`, {
    facts: { name, expected: 'an integer from 0', found: value },
  })
}
