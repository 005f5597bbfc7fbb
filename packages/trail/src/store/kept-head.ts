import { prevOf } from '../entry.ts'
import { CountersignError } from '../error.ts'
import { isHash } from '../hash.ts'
import { EMPTY_ROOT, leafHash, Tree } from '../tree/tree.ts'
import type { Sealed } from './store.ts'

/**
 * How a trail ends: how many entries there are, the leaf hash of the last one, and the peaks of their tree as JSON. A store
 * keeps this head beside the entries, so that it can append, and tell the root, without reading all of them.
 */
export interface KeptHead {
  readonly size: number
  readonly leafHash: string
  readonly peaks: string
}

/**
 * The tree whose peaks a kept head has. Throws where the peaks are no JSON as a store writes it, or none of a tree of that size.
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT } from '@countersign/trail'
 * import { treeOfHead } from '@countersign/trail/store'
 *
 * treeOfHead({ size: 0, leafHash: EMPTY_ROOT, peaks: '[]' }).root() === EMPTY_ROOT // → true
 * treeOfHead({ size: 1, leafHash: EMPTY_ROOT, peaks: '[]' }) // throws a tree of 1 has 1 peaks
 * ```
 */
export function treeOfHead({ size, peaks }: KeptHead): Tree {
  const given: unknown = JSON.parse(peaks)
  // Where something appends that takes no other writing, whoever reads must not take it either.
  if (JSON.stringify(given) !== peaks)
    throw new CountersignError('proof', 'the peaks are not written without white space')
  if (!Array.isArray(given)) throw new CountersignError('proof', 'the peaks are no list')
  return Tree.from({ size, peaks: given as string[] })
}

/** How the entries themselves end: how many there are, by the place of the last one, and its leaf hash. */
export interface EntriesEnd {
  readonly size: number
  readonly leafHash: string
}

/**
 * What comes of holding a kept head against the last entry: the tree to append to, or what is wrong.
 *
 * - `missing`: it counts more entries than there are
 * - `behind`: it counts fewer
 * - `leafHash`: it ends with another leaf hash than the last entry
 * - `noHash`: both end with the same leaf hash, which is none, so nothing could be sealed onto it
 * - `tree`: its peaks are none of a tree of that size, or not written as a store writes them, as `cause` says
 * - `peak`: its last peak, which has to be the last leaf of an odd number, is another one
 */
export type HeadJudgement =
  | { readonly tree: Tree }
  | { readonly wrong: 'missing' | 'behind' | 'leafHash' | 'noHash' }
  | { readonly wrong: 'tree'; readonly cause: unknown }
  | { readonly wrong: 'peak'; readonly peak: string | undefined }

/**
 * Holds a kept head against the last entry, before something is appended. What lies before the last entry, only all entries
 * could tell.
 *
 * @example
 * ```ts
 * import { leafHash } from '@countersign/trail'
 * import { judgeHead } from '@countersign/trail/store'
 *
 * const last = leafHash(Uint8Array.of(1))
 * const kept = { size: 1, leafHash: last, peaks: JSON.stringify([last]) }
 * 'tree' in judgeHead(kept, { size: 1, leafHash: last }) // → true
 * judgeHead(kept, { size: 2, leafHash: last }) // → { wrong: 'behind' }
 * ```
 */
export function judgeHead(kept: KeptHead, end: EntriesEnd): HeadJudgement {
  if (kept.size > end.size) return { wrong: 'missing' }
  if (kept.size < end.size) return { wrong: 'behind' }
  if (kept.leafHash !== end.leafHash) return { wrong: 'leafHash' }
  if (!isHash(end.leafHash)) return { wrong: 'noHash' }
  let tree: Tree
  try {
    tree = treeOfHead(kept)
  } catch (cause) {
    return { wrong: 'tree', cause }
  }
  const peak = tree.state().peaks.at(-1)
  return end.size % 2 === 1 && peak !== end.leafHash ? { wrong: 'peak', peak } : { tree }
}

/** Why a kept head must not be replaced by what the entries say, and which entry is the first that is missing, if one is. */
export interface HeadRefusal {
  readonly because: string
  readonly missing?: number
}

/**
 * Works out the head again from the entries, for a store in which the kept head and the entries do not agree.
 *
 * The kept head can be the only evidence that entries at the end were removed or replaced. So it is replaced only if no entry
 * is missing, each entry names the one before it, and the kept head recognises the entries: its leaf hash is the one of the last
 * entry, or its peaks are those of the tree at its own size.
 *
 * `append` takes all entries in their order, each with its bytes as they are stored. Once an entry was refused, everything
 * that follows is refused for the same reason.
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT, sealEntry } from '@countersign/trail'
 * import { HeadMending } from '@countersign/trail/store'
 *
 * const body = { v: 1, seq: 0, id: 'a', at: '2026-11-21T09:30:00.000Z', stream: 'trail', streamSeq: 0 } as const
 * const entry = { seq: 0, ...sealEntry(body, EMPTY_ROOT) }
 *
 * const mending = new HeadMending({ size: 1, leafHash: entry.leafHash, peaks: 'junk' })
 * mending.append(entry) // → undefined
 * mending.end() // → { size: 1, leafHash: entry.leafHash, peaks: JSON.stringify([entry.leafHash]) }
 *
 * const replaced = new HeadMending({ size: 1, leafHash: EMPTY_ROOT, peaks: 'junk' })
 * replaced.append(entry) // → undefined
 * 'because' in replaced.end() // → true
 * ```
 */
export class HeadMending {
  readonly #kept: KeptHead
  readonly #tree = new Tree()
  #last: string = EMPTY_ROOT
  #isKnown: boolean
  #refusal: HeadRefusal | undefined

  constructor(kept: KeptHead) {
    this.#kept = kept
    // The head of an empty trail recognises every trail: it knows of no entry that could be missing.
    this.#isKnown = kept.size === 0 && kept.peaks === '[]'
  }

  /** Takes the next entry; returns why it cannot be the next one, if it cannot. */
  append({ seq, leafHash: said, bytes }: Sealed): HeadRefusal | undefined {
    const next = this.#tree.size
    const found = leafHash(bytes)
    if (seq !== next) this.#refusal ??= { because: `entry ${next} is missing`, missing: next }
    else if (said !== found || !continues(bytes, this.#last))
      this.#refusal ??= { because: `entry ${next} is not what was sealed after the one before it` }
    if (this.#refusal !== undefined) return this.#refusal
    this.#tree.append(found)
    this.#last = found
    this.#isKnown ||= next + 1 === this.#kept.size && this.#peaks() === this.#kept.peaks
    return undefined
  }

  /** The head that the entries have, or why it must not replace the one that was kept. */
  end(): KeptHead | HeadRefusal {
    const { size, leafHash: known } = this.#kept
    const count = this.#tree.size
    if (this.#refusal !== undefined) return this.#refusal
    if (size > count)
      return { because: `its head says ${size} entries, and there are ${count}: entries are missing`, missing: count }
    if (this.#isKnown || this.#last === known) return { size: count, leafHash: this.#last, peaks: this.#peaks() }
    return {
      because: `its head says ${size} entries that end with leaf hash ${known}, and there are ${count} that end with ${this.#last}: entries were replaced, or the head was`,
    }
  }

  #peaks(): string {
    return JSON.stringify(this.#tree.state().peaks)
  }
}

function continues(bytes: Uint8Array, prev: string): boolean {
  try {
    return prevOf(bytes) === prev
  } catch {
    return false
  }
}
