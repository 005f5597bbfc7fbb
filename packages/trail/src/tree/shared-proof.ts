import { CountersignError } from '../error.ts'
import { type Hash, requireHash } from '../hash.ts'
import { largestPowerBelow, type Span } from './proof.ts'
import { EMPTY_ROOT, nodeHash, Tree } from './tree.ts'

// One inclusion proof for many leaves of one tree. The tree of RFC 6962 §2.1 is rebuilt from its root downwards: a subtree
// that holds one of the leaves is split further, and of a subtree that holds none of them the proof gives the root.

/**
 * The subtrees whose roots a proof for these leaves names, from left to right: the largest ones that hold none of them.
 *
 * Throws `proof` where the places do not ascend, or one is not below the size.
 *
 * @example
 * ```ts
 * import { sharedSpans } from '@countersign/trail'
 *
 * sharedSpans([0, 5], 8) // → [{ from: 1, to: 2 }, { from: 2, to: 4 }, { from: 4, to: 5 }, { from: 6, to: 8 }]
 * sharedSpans([], 8) // → [{ from: 0, to: 8 }]
 * ```
 */
export function sharedSpans(places: readonly number[], size: number): Span[] {
  requirePlaces(places, size)
  const spans: Span[] = []
  const nothing = () => undefined
  if (size > 0) rebuild(places, size, { between: span => void spans.push(span), leaf: nothing, join: nothing })
  return spans
}

/**
 * Gathers a shared proof as all leaves of the tree come by, from the first to the last.
 *
 * @example
 * ```ts
 * import { leafHash, rootOf, rootOfShared, SharedProof } from '@countersign/trail'
 *
 * const leaves = [1, 2, 3].map(byte => leafHash(Uint8Array.of(byte)))
 * const shared = new SharedProof([1], 3)
 * for (const leaf of leaves) shared.append(leaf)
 * const proof = shared.finish()
 * proof // → [leaves[0], leaves[2]]
 * rootOfShared({ leaves: [{ place: 1, leaf: leaves[1] ?? '' }], size: 3, proof }) === rootOf(leaves) // → true
 * ```
 */
export class SharedProof {
  readonly #spans: readonly Span[]
  readonly #size: number
  readonly #proof: Hash[] = []
  #tree = new Tree()
  #place = 0

  /** Throws `proof` where the places do not ascend, or one is not below the size. */
  constructor(places: readonly number[], size: number) {
    this.#spans = sharedSpans(places, size)
    this.#size = size
  }

  append(leaf: Hash): void {
    const span = this.#spans[this.#proof.length]
    const place = this.#place++
    if (span === undefined || place < span.from) return
    this.#tree.append(leaf)
    if (place + 1 < span.to) return
    this.#proof.push(this.#tree.root())
    this.#tree = new Tree()
  }

  /** Throws `proof` unless as many leaves came by as the tree has. */
  finish(): readonly Hash[] {
    if (this.#place !== this.#size) throw wrong('leaves', this.#size, this.#place)
    return this.#proof
  }
}

/** Leaves of a tree with their places, ascending, and the roots of the subtrees between them. */
export interface Shared {
  readonly leaves: readonly { readonly place: number; readonly leaf: Hash }[]
  readonly size: number
  readonly proof: readonly Hash[]
}

/**
 * The root that a shared proof leads to, to be compared with one that is trusted: then each leaf lies at its place.
 *
 * Where the two roots are the same, the proof also gives the root that the tree had at an earlier size `at`, if one of the
 * leaves was the last one then: all leaves before that one lie in whole subtrees whose roots the proof holds or leads to.
 *
 * Throws `proof` where the places do not ascend, one is not below the size, there is another number of hashes than the
 * places ask for, one is no hash, or none of the leaves is the last one at that earlier size.
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT, leafHash, rootOfShared } from '@countersign/trail'
 *
 * rootOfShared({ leaves: [], size: 0, proof: [] }) // → EMPTY_ROOT
 * rootOfShared({ leaves: [], size: 1, proof: [] }) // throws more than 0 hashes
 * const [first, second] = [1, 2].map(byte => leafHash(Uint8Array.of(byte))) as [string, string]
 * rootOfShared({ leaves: [{ place: 0, leaf: first }], size: 2, proof: [second] }, 1) // → first
 * ```
 */
export function rootOfShared({ leaves, size, proof }: Shared, at = size): Hash {
  const places = leaves.map(one => one.place)
  requirePlaces(places, size)
  if (at !== size && !places.includes(at - 1)) throw wrong('leaves', 'one that ends with one of those given', at)
  let next = 0
  // Hashes are counted as they are used: the places may ask for far more of them than there are.
  const root =
    size === 0
      ? EMPTY_ROOT
      : rebuild<Upto>(places, size, {
          between: ({ to }) => {
            const hash = proof[next++]
            if (hash === undefined) throw wrong('hashes', `more than ${proof.length}`, proof.length)
            requireHash(hash, `proof[${next - 1}]`, 'proof')
            return { hash, before: to <= at ? hash : undefined }
          },
          leaf: index => {
            const { place, leaf } = leaves[index] as Shared['leaves'][number]
            return { hash: leaf, before: place < at ? leaf : undefined }
          },
          join: joined,
        }).before
  if (next < proof.length) throw wrong('hashes', next, proof.length)
  return root as Hash
}

/** The root of a subtree, and the root of that part of it that lies before the earlier size, if any does. */
interface Upto {
  readonly hash: Hash
  readonly before: Hash | undefined
}

function joined(left: Upto, right: Upto): Upto {
  const hash = nodeHash(left.hash, right.hash)
  if (left.before === undefined || right.before === undefined) return { hash, before: left.before }
  return { hash, before: right.before === right.hash ? hash : nodeHash(left.before, right.before) }
}

/** What is made of each part of a tree: of a subtree that holds none of the places, of a leaf at one, and of two neighbours. */
interface Parts<Part> {
  readonly between: (span: Span) => Part
  readonly leaf: (at: number) => Part
  readonly join: (left: Part, right: Part) => Part
}

/** Goes down a tree as RFC 6962 §2.1 splits it, from left to right. It goes as deep as the size has bits, at most 53. */
function rebuild<Part>(places: readonly number[], size: number, { between, leaf, join }: Parts<Part>): Part {
  let next = 0
  function part(from: number, to: number): Part {
    if ((places[next] ?? size) >= to) return between({ from, to })
    if (to - from === 1) return leaf(next++)
    const middle = from + largestPowerBelow(to - from)
    const left = part(from, middle)
    return join(left, part(middle, to))
  }
  return part(0, size)
}

function requirePlaces(places: readonly number[], size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) throw wrong('leaves', 'an integer from 0', size)
  places.forEach((place, at) => {
    const least = at === 0 ? 0 : (places[at - 1] as number) + 1
    if (!Number.isSafeInteger(place) || place < least || place >= size) {
      throw new CountersignError('proof', `place ${place} does not follow ${least - 1} in a tree of ${size}`, {
        facts: { place, size, expected: `${least} to ${size - 1}` },
      })
    }
  })
}

const wrong = (what: string, expected: number | string, found: number): CountersignError =>
  new CountersignError('proof', `a shared proof of ${found} ${what}: expected ${expected} ${what}`, {
    facts: { what, expected, found },
  })
