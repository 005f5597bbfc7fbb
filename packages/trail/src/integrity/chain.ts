import { type Hash, isHash, requireHash, toHex, writeHex } from '../hash.ts'
import { encodeUtf8 } from '../utf8.ts'
import { ascii, END, FRAME, glimpse, MIDDLE, START, stands, TAIL } from './frame.ts'
import { hashAt, side } from './frontier.ts'
import type { IntegrityCode } from './integrity-report.ts'

/** The two hexadecimal digits of a byte as one little-endian number. */
const DIGITS = Uint16Array.from({ length: 256 }, (_, byte) => {
  const [high = 0, low = 0] = encodeUtf8(toHex(Uint8Array.of(byte)))
  return high | (low << 8)
})

/** What is wrong with an entry. */
export interface Fault {
  readonly code: IntegrityCode
  readonly expected: string
  readonly found: string
}

/**
 * The chain of entries: each has a frame, and names the leaf hash of the one before it. Every entry is compared with what
 * really stands before it, so a fault hides none that comes later.
 *
 * Leaf hashes lie among the nodes of the tree that is grown (`Frontier`), where leaves go left and right by turns. So the last
 * two are there at any time.
 */
export class Chain {
  readonly #nodes: Uint8Array
  /** The number of the first entry. */
  readonly #from: number
  /** Where among the nodes the last leaf hash lies. The one before it lies on the other side, until the next is written. */
  #last: number
  /** False after a line that was not hashed. */
  #lastKnown: boolean
  /** Whether the last entry itself named the one before it. Another that names the same one then makes a fork. */
  #lastChained = true
  #firstPrev: Hash | undefined

  /** Goes on after the entry that has this leaf hash, where it is known. Throws `proof` where it is no hash. */
  constructor(nodes: Uint8Array, from: number, leafHash: Hash | undefined) {
    this.#nodes = nodes
    this.#from = from
    // Before entry 0 the empty tree's root stands where a leaf -1 would.
    this.#last = side(from + 1)
    this.#lastKnown = leafHash !== undefined
    if (leafHash === undefined) return
    requireHash(leafHash, 'leafHash', 'proof')
    writeHex(leafHash, nodes, this.#last)
  }

  /** What the first entry names as the one before it, where that one was unknown. */
  get firstPrev(): Hash | undefined {
    return this.#firstPrev
  }

  /** The leaf hash of the last entry, where it is known. */
  get leafHash(): Hash | undefined {
    return this.#lastKnown ? hashAt(this.#nodes, this.#last) : undefined
  }

  /** What is wrong with the frame of the entry `seq`, or with what it names as the one before it. */
  fault(seq: number, buffer: Uint8Array, from: number, to: number): Fault | undefined {
    const tail = to - TAIL
    const digits = tail + MIDDLE.length
    const framed =
      tail >= from + START.length &&
      stands(START, buffer, from) &&
      stands(MIDDLE, buffer, tail) &&
      stands(END, buffer, to - END.length)
    if (framed && this.#lastKnown && this.#names(buffer, digits, this.#last)) return undefined
    const prev = framed ? ascii(buffer, digits, digits + 64) : undefined
    if (!isHash(prev)) return { code: 'frame', expected: FRAME, found: glimpse(buffer, from, to) }
    if (seq === this.#from) this.#firstPrev = prev
    if (!this.#lastKnown) return undefined
    const expected = hashAt(this.#nodes, this.#last)
    if (seq === 0) return { code: 'chain.start', expected, found: prev }
    const forked = this.#lastChained && this.#names(buffer, digits, side(seq))
    return { code: forked ? 'chain.fork' : 'chain.break', expected, found: prev }
  }

  /** What a fault is once the entry's own leaf hash lies at this place: one that is the last one's again is a repetition. */
  codeOf(fault: Fault, leaf: number): IntegrityCode {
    const isCompared = fault.code !== 'frame' && this.#lastKnown
    return isCompared && hashAt(this.#nodes, leaf) === hashAt(this.#nodes, this.#last) ? 'chain.doubled' : fault.code
  }

  /** Goes on with the entry whose leaf hash lies at this place. */
  append(leaf: number, isFaulty: boolean): void {
    this.#last = leaf
    // What an entry behind an unknown one names was not compared, so nobody knows whether it was where it should be.
    this.#lastChained = !isFaulty && this.#lastKnown
    this.#lastKnown = true
  }

  /** Goes on with the entry `seq`, which was not hashed. */
  skip(seq: number): void {
    this.#last = side(seq)
    this.#lastKnown = false
  }

  /** Whether 64 digits in the buffer stand for the hash at a place among the nodes. */
  #names(buffer: Uint8Array, digits: number, hash: number): boolean {
    const nodes = this.#nodes
    for (let at = 0; at < 32; at++) {
      const pair = (buffer[digits + 2 * at] as number) | ((buffer[digits + 2 * at + 1] as number) << 8)
      if (pair !== DIGITS[nodes[hash + at] as number]) return false
    }
    return true
  }
}
