import { CountersignError } from '../error.ts'
import { type Hash, requireHash } from '../hash.ts'
import { nodeHash, rootOf } from './tree.ts'

/** Where leaf hashes come from: a list, or a function that knows the leaf hash at an index. */
export type Leaves = readonly Hash[] | ((index: number) => Hash)

/** The leaves `from` (inclusive) to `to` (exclusive) below one node of a proof. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** A leaf's place in a tree, and the nodes that lead from it to the root, the lowest first (RFC 6962 §2.1.1). */
export interface Inclusion {
  readonly leaf: Hash
  readonly index: number
  readonly size: number
  readonly proof: readonly Hash[]
}

/** Two sizes of one tree, the older one's root, and the nodes that lead to both roots (RFC 6962 §2.1.2). */
export interface Consistency {
  readonly oldSize: number
  readonly oldRoot: Hash
  readonly size: number
  readonly proof: readonly Hash[]
}

/**
 * Which subtrees an inclusion proof names (RFC 6962 §2.1.1, PATH), lowest first. A store that keeps inner nodes reads
 * them there instead of hashing all the leaves.
 *
 * Throws `proof` where the index is not below the size.
 *
 * @example
 * ```ts
 * import { inclusionSpans } from '@countersign/trail'
 *
 * inclusionSpans(2, 5) // → [{ from: 3, to: 4 }, { from: 0, to: 2 }, { from: 4, to: 5 }]
 * ```
 */
export function inclusionSpans(index: number, size: number): readonly Span[] {
  requirePlace(index, size)
  const spans: Span[] = []
  let from = 0
  let to = size
  while (to - from > 1) {
    const middle = from + largestPowerBelow(to - from)
    if (index < middle) {
      spans.push({ from: middle, to })
      to = middle
    } else {
      spans.push({ from, to: middle })
      from = middle
    }
  }
  return spans.reverse()
}

/**
 * Which subtrees a consistency proof names (RFC 6962 §2.1.2, PROOF), lowest first.
 *
 * Throws `proof` unless 0 < `oldSize` ≤ `size`: every tree extends the empty one, so nothing would be proved.
 *
 * @example
 * ```ts
 * import { consistencySpans } from '@countersign/trail'
 *
 * consistencySpans(3, 4) // → [{ from: 2, to: 3 }, { from: 3, to: 4 }, { from: 0, to: 2 }]
 * ```
 */
export function consistencySpans(oldSize: number, size: number): readonly Span[] {
  requireSizes(oldSize, size)
  const spans: Span[] = []
  let from = 0
  let to = size
  // Follows the old tree's right edge down. What lies beyond it belongs to the new tree only; what lies before it, and
  // at last the old tree's own last subtree, to both. Where nothing lies before it, that subtree is the whole old tree.
  while (oldSize < to) {
    const middle = from + largestPowerBelow(to - from)
    if (oldSize <= middle) {
      spans.push({ from: middle, to })
      to = middle
    } else {
      spans.push({ from, to: middle })
      from = middle
    }
  }
  if (from > 0) spans.push({ from, to })
  return spans.reverse()
}

/**
 * The inclusion proof of the leaf at `index` in the tree of the first `size` leaves (RFC 6962 §2.1.1). Hashes each
 * other leaf's way once, so its cost grows with the size. Throws `proof` where the index is not below the size.
 *
 * @example
 * ```ts
 * import { inclusionProof, leafHash, nodeHash } from '@countersign/trail'
 *
 * const leaves = [1, 2, 3].map(byte => leafHash(Uint8Array.of(byte)))
 * inclusionProof(0, 3, leaves) // → [leaves[1], leaves[2]]
 * inclusionProof(2, 3, leaves) // → [nodeHash(leaves[0], leaves[1])]
 * ```
 */
export function inclusionProof(index: number, size: number, leaves: Leaves): readonly Hash[] {
  return inclusionSpans(index, size).map(span => spanRoot(span, leaves))
}

/**
 * The consistency proof between the trees of the first `oldSize` and the first `size` leaves (RFC 6962 §2.1.2). Throws
 * `proof` unless 0 < `oldSize` ≤ `size`.
 *
 * @example
 * ```ts
 * import { consistencyProof, leafHash } from '@countersign/trail'
 *
 * const leaves = [1, 2, 3].map(byte => leafHash(Uint8Array.of(byte)))
 * consistencyProof(2, 3, leaves) // → [leaves[2]]
 * ```
 */
export function consistencyProof(oldSize: number, size: number, leaves: Leaves): readonly Hash[] {
  return consistencySpans(oldSize, size).map(span => spanRoot(span, leaves))
}

/**
 * The root that an inclusion proof leads to (RFC 9162 §2.1.3.2), to be compared with a root that is trusted.
 *
 * Throws `proof` where a hash is not 32 bytes, the index is not below the size, or the proof is too long or too short.
 *
 * @example
 * ```ts
 * import { leafHash, rootOf, rootOfInclusion } from '@countersign/trail'
 *
 * const leaves = [1, 2].map(byte => leafHash(Uint8Array.of(byte)))
 * const [leaf = '', other = ''] = leaves
 * rootOfInclusion({ leaf, index: 0, size: 2, proof: [other] }) === rootOf(leaves) // → true
 * rootOfInclusion({ leaf, index: 0, size: 2, proof: [] }) // throws length
 * ```
 */
export function rootOfInclusion({ leaf, index, size, proof }: Inclusion): Hash {
  requirePlace(index, size)
  requireHash(leaf, 'leaf', 'proof')
  requireHashes(proof)
  const climbed = climb({ node: leaf, at: index, last: size - 1 }, proof, false)
  if (climbed === undefined) throw wrongLength(proof, inclusionSpans(index, size).length)
  return climbed.root
}

/**
 * The two roots that a consistency proof leads to (RFC 9162 §2.1.4.2), to be compared with the two that are known.
 *
 * Throws `proof` where a hash is not 32 bytes, the sizes are not 0 < `oldSize` ≤ `size`, or the proof is too long or
 * too short.
 *
 * @example
 * ```ts
 * import { leafHash, rootOf, rootsOfConsistency } from '@countersign/trail'
 *
 * const leaves = [1, 2, 3].map(byte => leafHash(Uint8Array.of(byte)))
 * const oldRoot = rootOf(leaves.slice(0, 2))
 * const roots = rootsOfConsistency({ oldSize: 2, oldRoot, size: 3, proof: leaves.slice(2) })
 * roots // → { oldRoot, root: rootOf(leaves) }
 * ```
 */
export function rootsOfConsistency({ oldSize, oldRoot, size, proof }: Consistency): { oldRoot: Hash; root: Hash } {
  requireSizes(oldSize, size)
  requireHash(oldRoot, 'oldRoot', 'proof')
  requireHashes(proof)
  if (oldSize === size) {
    if (proof.length > 0) throw wrongLength(proof, 0)
    return { oldRoot, root: oldRoot }
  }
  let at = oldSize - 1
  let last = size - 1
  while (at % 2 === 1) {
    at = (at - 1) / 2
    last = Math.floor(last / 2)
  }
  // Where the old size is a power of two, its root is a node of the new tree and the proof leaves it out.
  const [start, ...nodes] = at === 0 ? [oldRoot, ...proof] : proof
  if (start === undefined) throw wrongLength(proof, consistencySpans(oldSize, size).length)
  const climbed = climb({ node: start, at, last }, nodes, true)
  if (climbed === undefined) throw wrongLength(proof, consistencySpans(oldSize, size).length)
  return climbed
}

/** A node from which a proof leads on, by its place among those of its height, of which the last one stands at `last`. */
interface Foothold {
  readonly node: Hash
  readonly at: number
  readonly last: number
}

/**
 * Climbs from a node to the root by the nodes of a proof (RFC 9162 §2.1.3.2, step 4, which is step 6 of §2.1.4.2), and, where
 * `isOldAsked`, to the root of the tree that ends with the node; `undefined` where the proof has too many nodes or too few.
 */
function climb(
  { node: start, at, last }: Foothold,
  nodes: readonly Hash[],
  isOldAsked: boolean,
): { oldRoot: Hash; root: Hash } | undefined {
  let oldRoot = start
  let root = start
  for (const node of nodes) {
    if (last === 0) return undefined
    if (at % 2 === 1 || at === last) {
      // Only what lies before the node is in the older tree as well.
      if (isOldAsked) oldRoot = nodeHash(node, oldRoot)
      root = nodeHash(node, root)
      while (at % 2 === 0 && at !== 0) {
        at /= 2
        last = Math.floor(last / 2)
      }
    } else {
      root = nodeHash(root, node)
    }
    at = Math.floor(at / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 ? { oldRoot, root } : undefined
}

/**
 * Throws `proof` unless an inclusion proof leads to this root; the error's facts hold both roots.
 *
 * @example
 * ```ts
 * import { checkInclusion, EMPTY_ROOT, leafHash } from '@countersign/trail'
 *
 * const leaf = leafHash(Uint8Array.of(1))
 * checkInclusion({ leaf, index: 0, size: 1, proof: [] }, leaf)
 * checkInclusion({ leaf, index: 0, size: 1, proof: [] }, EMPTY_ROOT) // throws expected
 * ```
 */
export function checkInclusion(inclusion: Inclusion, root: Hash): void {
  compare('root', root, rootOfInclusion(inclusion))
}

/**
 * Throws `proof` unless a consistency proof leads from its old root to this root; the error's facts hold both values.
 *
 * @example
 * ```ts
 * import { checkConsistency, EMPTY_ROOT, leafHash } from '@countersign/trail'
 *
 * const oldRoot = leafHash(Uint8Array.of(1))
 * checkConsistency({ oldSize: 1, oldRoot, size: 1, proof: [] }, oldRoot)
 * checkConsistency({ oldSize: 1, oldRoot, size: 1, proof: [] }, EMPTY_ROOT) // throws expected
 * ```
 */
export function checkConsistency(consistency: Consistency, root: Hash): void {
  const computed = rootsOfConsistency(consistency)
  compare('old root', consistency.oldRoot, computed.oldRoot)
  compare('root', root, computed.root)
}

function compare(name: string, expected: Hash, found: Hash): void {
  requireHash(expected, name, 'proof')
  if (expected !== found) {
    throw new CountersignError('proof', `the proof leads to another ${name}: expected ${expected}, found ${found}`, {
      facts: { name, expected, found },
    })
  }
}

function spanRoot(span: Span, leaves: Leaves): Hash {
  return rootOf(leavesOf(span, leaves))
}

function* leavesOf({ from, to }: Span, leaves: Leaves): Generator<Hash> {
  for (let index = from; index < to; index++) {
    const leaf = typeof leaves === 'function' ? leaves(index) : leaves[index]
    requireHash(leaf, `leaf ${index}`, 'proof')
    yield leaf
  }
}

/** The largest power of two below a size of two or more: where RFC 6962 §2.1 splits a tree. */
export function largestPowerBelow(size: number): number {
  let power = 1
  while (power * 2 < size) power *= 2
  return power
}

function requirePlace(index: number, size: number): void {
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new CountersignError('proof', `there is no leaf ${index} in a tree of ${size}`, { facts: { index, size } })
  }
}

function requireSizes(oldSize: number, size: number): void {
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(oldSize) || oldSize < 1 || oldSize > size) {
    throw new CountersignError('proof', `no proof leads from a tree of ${oldSize} to one of ${size}`, {
      facts: { oldSize, size },
    })
  }
}

function requireHashes(proof: readonly Hash[]): void {
  proof.forEach((node, index) => {
    requireHash(node, `proof[${index}]`, 'proof')
  })
}

function wrongLength(proof: readonly Hash[], expected: number): CountersignError {
  return new CountersignError('proof', `the proof has a length of ${proof.length}, not of ${expected}`, {
    facts: { expected, found: proof.length },
  })
}
