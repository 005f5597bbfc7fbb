import { CountersignError } from '../error.ts'
import type { Hash } from '../hash.ts'
import { consistencySpans, type Span } from './proof.ts'
import { Tree } from './tree.ts'

/**
 * Makes a consistency proof (RFC 6962 §2.1.2) while the leaves go by once, in memory that does not grow with them.
 *
 * @example
 * ```ts
 * import { ConsistencyProver, consistencyProof, leafHash } from '@countersign/trail'
 *
 * const leaves = [1, 2, 3].map(byte => leafHash(Uint8Array.of(byte)))
 * const prover = new ConsistencyProver(2, 3)
 * for (const leaf of leaves) prover.append(leaf)
 * prover.proof() // → consistencyProof(2, 3, leaves)
 * new ConsistencyProver(2, 3).proof() // throws 0 of 3
 * new ConsistencyProver(0, 3) // throws no proof leads
 * ```
 */
export class ConsistencyProver {
  readonly #leaves: number
  readonly #spans: readonly Span[]
  /** The numbers of the spans in the order of their leaves, which is not the order in which a proof lists them. */
  readonly #order: readonly number[]
  readonly #roots: Hash[] = []
  #size = 0
  #tree = new Tree()

  /** Throws `proof` unless 0 < `oldSize` ≤ `size`. */
  constructor(oldSize: number, size: number) {
    const spans = consistencySpans(oldSize, size)
    this.#leaves = size
    this.#spans = spans
    this.#order = [...spans.keys()].toSorted((a, b) => (spans[a] as Span).from - (spans[b] as Span).from)
  }

  /** Takes the next leaf hash, beginning with the first. Leaves behind the larger tree are ignored. */
  append(leaf: Hash): void {
    const number = this.#order[this.#roots.length]
    const span = number === undefined ? undefined : this.#spans[number]
    const index = this.#size++
    if (span === undefined || index < span.from) return
    this.#tree.append(leaf)
    if (index + 1 < span.to) return
    this.#roots.push(this.#tree.root())
    this.#tree = new Tree()
  }

  /** The proof. Throws `proof` where fewer leaves went by than the larger tree has. */
  proof(): Hash[] {
    if (this.#size < this.#leaves) {
      throw new CountersignError('proof', `the prover has seen ${this.#size} of ${this.#leaves} leaves`, {
        facts: { expected: this.#leaves, found: this.#size },
      })
    }
    return this.#spans.map((_, number) => this.#roots[this.#order.indexOf(number)] as Hash)
  }
}
