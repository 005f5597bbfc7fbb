import { sha256Writer } from '#sha256'
import { type Hash, toHex, writeHex } from '../hash.ts'
import { Tree, type TreeState } from '../tree/tree.ts'
import type { Subtree } from './integrity-report.ts'

const NODE = 65
/** A size below 2⁵³ has at most 53 levels, and the root one more. */
const LEVELS = 54

/**
 * The right edge of a Merkle tree (RFC 6962 §2.1) to which leaves are added, all that a tree needs to grow. For each level
 * it holds one node, `0x01 ‖ left ‖ right`, so that a hash is written where it will be hashed again.
 *
 * It can begin in the middle of a tree, with what comes before unknown: then a subtree whose left neighbour lies before the
 * beginning is put aside, to be joined with that neighbour later.
 */
export class Frontier {
  readonly nodes = new Uint8Array(NODE * LEVELS)
  readonly #views: readonly Uint8Array[]
  readonly #write: (bytes: Uint8Array, offset: number) => void
  /** The first leaf that is known; 0 where the tree before is given. */
  readonly #begin: number
  /** The subtrees whose left neighbours lie before the beginning. */
  readonly #edge: Subtree[] = []

  /** Goes on from a tree, or begins at a leaf. Throws `proof` where what is given is no state of a tree. */
  constructor(start: TreeState | number) {
    this.#views = Array.from({ length: LEVELS }, (_, level) => this.nodes.subarray(level * NODE, (level + 1) * NODE))
    for (const view of this.#views) view[0] = 1
    this.#write = sha256Writer(this.nodes)
    this.#begin = typeof start === 'number' ? start : 0
    if (typeof start === 'number') return
    const peaks = [...Tree.from(start).state().peaks]
    for (let level = 0, rest = start.size; rest > 0; level++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) writeHex(peaks.pop() as Hash, this.nodes, level * NODE + 1)
    }
  }

  /** Writes the hash of the leaf `seq`, of which these are the bytes with their prefix, and says where in `nodes`. */
  leaf(seq: number, bytes: Uint8Array): number {
    const place = side(seq)
    this.#write(bytes, place)
    return place
  }

  /** Hashes the nodes that the leaf `seq` completes: one for each trailing one of its number. */
  grow(seq: number): void {
    let rest = seq
    let width = 1
    for (let level = 0; rest % 2 === 1; level++) {
      if ((rest - 1) * width < this.#begin) {
        this.#edge.push({ from: rest * width, size: width, root: hashAt(this.nodes, level * NODE + 33) })
        break
      }
      rest = (rest - 1) / 2
      width *= 2
      this.#write(this.#views[level] as Uint8Array, (level + 1) * NODE + side(rest))
    }
  }

  /** The tree of this size, which is the one that it has grown to. Unknown where the beginning is not the first leaf. */
  state(size: number): TreeState | undefined {
    return this.#begin > 0 ? undefined : { size, peaks: this.#peaks(size).map(({ root }) => root) }
  }

  /** The subtrees from the beginning to this size, which is the one that it has grown to. */
  subtrees(size: number): readonly Subtree[] {
    return [...this.#edge, ...this.#peaks(size)]
  }

  /** For each bit that is set in the size, the left half of a level holds the root of a perfect subtree. */
  #peaks(seq: number): Subtree[] {
    const peaks: Subtree[] = []
    let from = seq
    for (let level = 0, size = 1, rest = seq; rest > 0; level++, size *= 2, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 0) continue
      from -= size
      // A subtree that reaches back before the beginning is not known. The part of it that is known is on the edge.
      if (from < this.#begin) break
      peaks.unshift({ from, size, root: hashAt(this.nodes, level * NODE + 1) })
    }
    return peaks
  }
}

/** Where in a node the hash with this number among its level lies: left or right, after the prefix. */
export function side(number: number): number {
  return number % 2 === 0 ? 1 : 33
}

/** The hash that lies at a place among nodes. */
export function hashAt(nodes: Uint8Array, place: number): Hash {
  return toHex(nodes.subarray(place, place + 32))
}
