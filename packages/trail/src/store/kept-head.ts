import { prevOf } from '../entry.ts'
import { EMPTY_ROOT, leafHash, Tree } from '../tree.ts'
import type { Sealed } from './store.ts'

/**
 * How a trail ends, as a store keeps it beside the entries, so that an append and a root cost no look at all of them: how many
 * there are, the leaf hash of the last one, and the peaks of their tree as JSON.
 */
export interface KeptHead {
  readonly size: number
  readonly leafHash: string
  readonly peaks: string
}

/** Why a kept head does not give way to the entries, and the first one that is gone, where one is. */
export interface HeadRefusal {
  readonly because: string
  readonly missing?: number
}

/**
 * Works out a kept head again from the entries, for a store in which it does not say how they end. It is what bears witness
 * to entries that somebody has taken out or replaced at the end. So it gives way only to entries of which none is missing, which
 * hang together by their bytes, and which it knows: by their last leaf hash, or by its peaks.
 *
 * Takes all entries in their order, each with the bytes as they lie there. What refuses once, refuses for good.
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
    // It knows of no entry, and so of none that could be missing.
    this.#isKnown = kept.size === 0 && kept.peaks === '[]'
  }

  /** Takes the next entry; gives why it is none. */
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

  /** The head that the entries have, or why the one that was kept does not give way to them. */
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
