import { sha256Hex } from '#sha256'
import { CountersignError } from '../error.ts'
import { type Hash, requireHash, writeHex } from '../hash.ts'

/** The root of the tree without leaves: SHA-256 of nothing (RFC 6962 §2.1). */
export const EMPTY_ROOT: Hash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/**
 * The hash of a leaf: SHA-256(0x00 ‖ bytes), RFC 6962 §2.1.
 *
 * @example
 * ```ts
 * import { leafHash } from '@countersign/trail'
 *
 * leafHash(new Uint8Array()) // → '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'
 * ```
 */
export function leafHash(bytes: Uint8Array): Hash {
  const leaf = new Uint8Array(bytes.length + 1)
  leaf.set(bytes, 1)
  return sha256Hex(leaf)
}

/**
 * The hash of an inner node: SHA-256(0x01 ‖ left ‖ right), RFC 6962 §2.1. Throws `proof` where one is no hash.
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT, nodeHash } from '@countersign/trail'
 *
 * nodeHash(EMPTY_ROOT, EMPTY_ROOT).length // → 64
 * ```
 */
export function nodeHash(left: Hash, right: Hash): Hash {
  requireHash(left, 'left', 'proof')
  requireHash(right, 'right', 'proof')
  return joined(left, right)
}

const node = new Uint8Array(65)
node[0] = 1

/** The same for two hashes that are known to be hashes: nothing is looked at twice, and one buffer serves all. */
function joined(left: Hash, right: Hash): Hash {
  writeHex(left, node, 1)
  writeHex(right, node, 33)
  return sha256Hex(node)
}

/** What a `Tree` is, as a value: how many leaves it has, and the roots of its perfect subtrees, largest first. */
export interface TreeState {
  readonly size: number
  readonly peaks: readonly Hash[]
}

/**
 * A Merkle tree (RFC 6962 §2.1) that keeps only the roots of its perfect subtrees, one for each bit that is set in its
 * size: a compact range. Appending costs two hashes on average, whatever the size.
 *
 * @example
 * ```ts
 * import { Tree, leafHash, rootOf } from '@countersign/trail'
 *
 * const leaves = [1, 2, 3].map(byte => leafHash(Uint8Array.of(byte)))
 * const tree = new Tree()
 * for (const leaf of leaves) tree.append(leaf)
 * tree.size // → 3
 * tree.root() === rootOf(leaves) // → true
 * Tree.from(tree.state()).root() === tree.root() // → true
 * ```
 */
export class Tree {
  #size = 0
  readonly #peaks: Hash[] = []

  /** The tree that had this state. Throws `proof` where the peaks do not fit the size. */
  static from(state: TreeState): Tree {
    const { size, peaks } = state
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new CountersignError('proof', `a tree has no size of ${size}`, { facts: { found: size } })
    }
    const expected = bitsSet(size)
    if (peaks.length !== expected) {
      throw new CountersignError('proof', `a tree of ${size} has ${expected} peaks, not ${peaks.length}`, {
        facts: { size, expected, found: peaks.length },
      })
    }
    peaks.forEach((peak, index) => {
      requireHash(peak, `peak ${index}`, 'proof')
    })
    const tree = new Tree()
    tree.#size = size
    tree.#peaks.push(...peaks)
    return tree
  }

  /** How many leaves the tree has. */
  get size(): number {
    return this.#size
  }

  /**
   * Adds one leaf by its leaf hash, or a perfect subtree of so many leaves by its root. Throws `proof` where it is no
   * hash, and where a subtree of that size has no place next to the leaves so far.
   */
  append(leaf: Hash, leaves = 1): void {
    requireHash(leaf, 'leaf', 'proof')
    if (!Number.isInteger(Math.log2(leaves)) || leaves < 1 || this.#size % leaves !== 0) {
      throw new CountersignError('proof', `a subtree of ${leaves} leaves does not fit after ${this.#size}`, {
        facts: { leaves, size: this.#size },
      })
    }
    let hash = leaf
    // Every trailing one of the size is a perfect subtree that the new leaf completes. Sizes pass 2³², so no shifts.
    for (let rest = this.#size / leaves; rest % 2 === 1; rest = (rest - 1) / 2) {
      hash = joined(this.#peaks.pop() as Hash, hash)
    }
    this.#peaks.push(hash)
    this.#size += leaves
  }

  /** The root over all leaves so far. */
  root(): Hash {
    let at = this.#peaks.length - 1
    if (at < 0) return EMPTY_ROOT
    let hash = this.#peaks[at] as Hash
    while (--at >= 0) hash = joined(this.#peaks[at] as Hash, hash)
    return hash
  }

  /** The tree as a value that JSON can hold. */
  state(): TreeState {
    return { size: this.#size, peaks: [...this.#peaks] }
  }
}

/**
 * The root over leaf hashes (RFC 6962 §2.1). Throws `proof` where one is no hash.
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT, rootOf } from '@countersign/trail'
 *
 * rootOf([]) === EMPTY_ROOT // → true
 * ```
 */
export function rootOf(leafHashes: Iterable<Hash>): Hash {
  const tree = new Tree()
  for (const leaf of leafHashes) tree.append(leaf)
  return tree.root()
}

function bitsSet(size: number): number {
  let count = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2
  return count
}
