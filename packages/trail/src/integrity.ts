import { newlineFinder } from '#newline'
import { sha256Into } from '#sha256'
import { MAX_ENTRY_BYTES } from './entry.ts'
import { CountersignError, unexpected } from './error.ts'
import { ascii, END, FRAME, glimpse, MIDDLE, START, stands, TAIL } from './frame.ts'
import { type Hash, isHash, requireHash, toHex, writeHex } from './hash.ts'
import type {
  IntegrityCode,
  IntegrityFinding,
  IntegrityLine,
  IntegrityOptions,
  IntegrityReport,
  Subtree,
} from './integrity-report.ts'
import { EMPTY_ROOT, Tree, type TreeState } from './tree.ts'
import { encodeUtf8 } from './utf8.ts'

const RETURN = 0x0d

/** Chunks that stay in the processor's second-level cache between copying and hashing. */
const CHUNK = 262_144
/** An entry, and what may be set aside: a byte order mark and a carriage return. */
const LONGEST = MAX_ENTRY_BYTES + 4
/** How long the buffer is at first, and at most: a short trail needs no more than it has. */
const LEAST = 4_096
const MOST = 1 + LONGEST + CHUNK
const NODE = 65
/** A size below 2⁵³ has at most 53 levels, and the root one more. */
const LEVELS = 54

/** The two hexadecimal digits of a byte as one little-endian number. */
const DIGITS = Uint16Array.from({ length: 256 }, (_, byte) => {
  const [high = 0, low = 0] = encodeUtf8(toHex(Uint8Array.of(byte)))
  return high | (low << 8)
})

/**
 * Checks the bytes of a trail file as they are read, in blocks of any size: each line's length and frame, that each
 * entry names the leaf hash of the one before it, and the Merkle tree over all of them. Nothing is parsed, and memory
 * does not grow with the trail.
 *
 * A fault does not stop it: every entry is compared with what really stands before it, so later faults are found too.
 * What it cannot find by itself is a cut tail, an edit of the last entry, or a file that was sealed anew: compare
 * `root`, or `roots` at their sizes, with checkpoints.
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT, Integrity, sealEntry } from '@countersign/trail'
 *
 * const body = { v: 1, seq: 0, id: 'a', at: '2026-11-21T09:30:00.000Z', stream: 'trail', streamSeq: 0 } as const
 * const { bytes, leafHash } = sealEntry(body, EMPTY_ROOT)
 * const integrity = new Integrity()
 * integrity.push(bytes)
 * integrity.push(Uint8Array.of(10, 123))
 * const report = integrity.finish()
 * report.size // → 1
 * report.root === leafHash // → true
 * report.findings.map(finding => finding.code) // → ['tail.torn']
 * ```
 */
export class Integrity {
  readonly #onLine: ((line: IntegrityLine) => void) | undefined
  readonly #maxFindings: number
  readonly #findings: IntegrityFinding[] = []
  #found = 0
  readonly #codes: { [code in IntegrityCode]?: number } = {}
  readonly #sizes: readonly number[]
  #nextSize = 0
  readonly #roots = new Map<number, Hash>()

  /**
   * Bytes 1 to `#filled` are read and not yet checked. Byte 0 is the leaf prefix of the first of them. It grows up to
   * `MOST`: to clear as much would cost more than to check a short trail.
   */
  #buffer = new Uint8Array(LEAST)
  #filled = 1
  /** The position in the file of byte 0 of the buffer. */
  #base: number
  /** Where a line began that is too long for the buffer, while its end is looked for. */
  #skippedFrom: number | undefined
  #finished = false
  #torn = false

  #seq: number
  /** For each level a node `0x01 ‖ left ‖ right`, so that a hash is written where it will be hashed again. */
  readonly #nodes = new Uint8Array(NODE * LEVELS)
  readonly #views: readonly Uint8Array[]
  /** Where in `#nodes` the last leaf hash lies. The one before it lies on the other side, until the next is written. */
  #last: number
  /** False after a line that was not hashed. */
  #lastKnown: boolean
  /** Whether the last entry itself named the one before it. Another that names the same one then makes a fork. */
  #lastChained = true
  #rootKnown = true

  /** The first entry of a part; 0 where all that comes before is in the tree. */
  readonly #begin: number
  readonly #from: number
  readonly #offset: number
  #firstPrev: Hash | undefined
  /** The subtrees of a part whose left neighbours lie before it. */
  readonly #edge: Subtree[] = []
  readonly #subtrees = new Map<number, readonly Subtree[]>()

  /** Throws `input` where a size is no count, and `proof` where the start is no state of a tree. */
  constructor(options: IntegrityOptions = {}) {
    let { start = { seq: 0, offset: 0 } } = options
    // Before entry 0 there is nothing that could be unknown.
    if (!('tree' in start) && start.seq === 0) {
      start = { tree: { size: 0, peaks: [] }, leafHash: EMPTY_ROOT, offset: start.offset }
    }
    this.#from = count('start.seq', 'tree' in start ? start.tree.size : start.seq)
    this.#offset = count('start.offset', start.offset)
    this.#begin = 'tree' in start ? 0 : this.#from
    this.#onLine = options.onLine
    this.#maxFindings = options.maxFindings ?? 1000
    const sizes = [...new Set(options.sizes ?? [])].map(size => count('sizes', size))
    this.#sizes = sizes.filter(size => size >= this.#from).sort((one, other) => one - other)
    this.#views = Array.from({ length: LEVELS }, (_, level) => this.#nodes.subarray(level * NODE, (level + 1) * NODE))
    for (const view of this.#views) view[0] = 1
    // Leaves go left and right by turns; before entry 0 the empty tree's root stands where a leaf -1 would.
    this.#last = side(this.#from + 1)
    if ('tree' in start) {
      requireHash(start.leafHash, 'leafHash', 'proof')
      const peaks = [...Tree.from(start.tree).state().peaks]
      for (let level = 0, rest = this.#from; rest > 0; level++, rest = Math.floor(rest / 2)) {
        if (rest % 2 === 1) writeHex(peaks.pop() as Hash, this.#nodes, level * NODE + 1)
      }
      writeHex(start.leafHash, this.#nodes, this.#last)
    }
    this.#lastKnown = 'tree' in start
    this.#seq = this.#from
    this.#base = this.#offset - 1
    this.#keepRoot()
  }

  /** Takes the next bytes of the file. They are copied: the caller may use the block again. Throws `input` at the end. */
  push(block: Uint8Array): void {
    if (this.#finished) throw new CountersignError('input', 'the check has finished: no block can follow')
    this.#makeRoom(block.length)
    const buffer = this.#buffer
    for (let at = 0; at < block.length; ) {
      const taken = Math.min(block.length - at, buffer.length - this.#filled)
      buffer.set(block.subarray(at, at + taken), this.#filled)
      this.#filled += taken
      at += taken
      if (this.#filled === buffer.length) this.#drain()
    }
  }

  /** Room for so many bytes more, or all that there may be. */
  #makeRoom(bytes: number): void {
    const asked = Math.min(MOST, this.#filled + bytes)
    if (asked <= this.#buffer.length) return
    const larger = new Uint8Array(Math.min(MOST, Math.max(asked, 2 * this.#buffer.length)))
    larger.set(this.#buffer.subarray(0, this.#filled))
    this.#buffer = larger
  }

  /** Checks what is left and says what was found. No block can follow. */
  finish(): IntegrityReport {
    if (!this.#finished) {
      this.#finished = true
      this.#drain()
      const end = this.#base + this.#filled
      const from = this.#skippedFrom ?? this.#base + 1
      this.#torn = end > from
      // Of a file in which no line is whole it is told as well.
      if (this.#torn && this.#filled > 3 && this.#isMarked(1)) this.#find('bom', 0, 'no byte order mark', 'ef bb bf')
      if (this.#torn) this.#find('tail.torn', from, 'a newline at the end', `${end - from} bytes without one`)
    }
    const tree = this.#state()
    this.#keepSubtrees()
    return {
      size: this.#seq,
      from: this.#from,
      offset: this.#offset,
      firstPrev: this.#firstPrev,
      bytes: this.#skippedFrom ?? this.#base + 1,
      leafHash: this.#lastKnown ? this.#hashAt(this.#last) : undefined,
      root: tree === undefined ? undefined : Tree.from(tree).root(),
      tree,
      roots: this.#roots,
      sizes: this.#sizes.filter(size => size <= this.#seq),
      subtrees: this.#subtrees,
      torn: this.#torn,
      findings: this.#findings,
      found: this.#found,
      codes: { ...this.#codes },
    }
  }

  /** Checks the lines that are complete, and moves the rest to the front of the buffer. */
  #drain(): void {
    const next = newlineFinder(this.#buffer.subarray(0, this.#filled))
    let start = 1
    for (let end = next(start); end >= 0; end = next(start)) {
      if (this.#skippedFrom === undefined) this.#line(start, end)
      else this.#oversize(this.#skippedFrom)
      start = end + 1
    }
    if (this.#skippedFrom === undefined && this.#filled - start > LONGEST) this.#skippedFrom = this.#base + start
    if (this.#skippedFrom !== undefined) start = this.#filled
    this.#buffer.copyWithin(1, start, this.#filled)
    this.#base += start - 1
    this.#filled -= start - 1
  }

  /** Whether a line is the first of the file, and begins with a mark of byte order. */
  #isMarked(from: number): boolean {
    const buffer = this.#buffer
    return buffer[from] === 0xef && this.#base + from === 0 && buffer[from + 1] === 0xbb && buffer[from + 2] === 0xbf
  }

  /** Checks the bytes from `start` to the newline at `end`. */
  #line(start: number, end: number): void {
    const buffer = this.#buffer
    let from = start
    let to = end
    if (this.#isMarked(from)) {
      this.#find('bom', 0, 'no byte order mark', 'ef bb bf')
      from += 3
    }
    if (to > from && buffer[to - 1] === RETURN) {
      to--
      this.#find('crlf', this.#base + to, '0a', '0d 0a')
    }
    if (to === from) {
      this.#find('line.empty', this.#base + start, 'an entry', 'an empty line')
      return
    }
    if (to - from > MAX_ENTRY_BYTES) {
      this.#oversize(this.#base + from)
      return
    }
    const seq = this.#seq
    const fault = this.#fault(from, to)
    // A leaf is 0x00 ‖ entry. The byte before the entry, mostly the last line's newline, has served its purpose and
    // becomes the prefix, so that the leaf is hashed where it lies.
    buffer[from - 1] = 0
    const leaf = side(seq)
    sha256Into(buffer.subarray(from - 1, to), this.#nodes, leaf)
    if (fault !== undefined) {
      const chain = fault.code !== 'frame' && this.#lastKnown
      const doubled = chain && this.#hashAt(leaf) === this.#hashAt(this.#last)
      this.#find(doubled ? 'chain.doubled' : fault.code, this.#base + from, fault.expected, fault.found)
    }
    this.#last = leaf
    // What an entry behind an unknown one names was not compared, so nobody knows whether it was where it should be.
    this.#lastChained = fault === undefined && this.#lastKnown
    this.#lastKnown = true
    this.#seq = seq + 1
    if (this.#rootKnown) this.#grow(seq)
    if (this.#onLine !== undefined) {
      const bytes = buffer.subarray(from, to)
      this.#onLine({ seq, offset: this.#base + from, bytes, leafHash: this.#hashAt(leaf) })
    }
  }

  /** What is wrong with the frame of an entry, or with what it names as the one before it. */
  #fault(from: number, to: number): Fault | undefined {
    const buffer = this.#buffer
    const tail = to - TAIL
    const digits = tail + MIDDLE.length
    const framed =
      tail >= from + START.length &&
      stands(START, buffer, from) &&
      stands(MIDDLE, buffer, tail) &&
      stands(END, buffer, to - END.length)
    if (framed && this.#lastKnown && this.#names(digits, this.#last)) return undefined
    const prev = framed ? ascii(buffer, digits, digits + 64) : undefined
    if (!isHash(prev)) return { code: 'frame', expected: FRAME, found: glimpse(buffer, from, to) }
    if (this.#seq === this.#from) this.#firstPrev = prev
    if (!this.#lastKnown) return undefined
    const expected = this.#hashAt(this.#last)
    if (this.#seq === 0) return { code: 'chain.start', expected, found: prev }
    const forked = this.#lastChained && this.#names(digits, side(this.#seq))
    return { code: forked ? 'chain.fork' : 'chain.break', expected, found: prev }
  }

  /** Whether 64 digits in the buffer stand for the hash at a place in `#nodes`. */
  #names(digits: number, hash: number): boolean {
    const buffer = this.#buffer
    const nodes = this.#nodes
    for (let at = 0; at < 32; at++) {
      const pair = (buffer[digits + 2 * at] as number) | ((buffer[digits + 2 * at + 1] as number) << 8)
      if (pair !== DIGITS[nodes[hash + at] as number]) return false
    }
    return true
  }

  /** Hashes the nodes that the leaf `seq` completes: one for each trailing one of its number. */
  #grow(seq: number): void {
    let rest = seq
    let width = 1
    for (let level = 0; rest % 2 === 1; level++) {
      if ((rest - 1) * width < this.#begin) {
        this.#edge.push({ from: rest * width, size: width, root: this.#hashAt(level * NODE + 33) })
        break
      }
      rest = (rest - 1) / 2
      width *= 2
      sha256Into(this.#views[level] as Uint8Array, this.#nodes, (level + 1) * NODE + side(rest))
    }
    this.#keepRoot()
  }

  /**
   * A line that is too long has a number, so that what follows keeps its own, but no hash. How long it is is not told: whoever
   * hands it in may have left off reading it.
   */
  #oversize(from: number): void {
    this.#find('line.oversize', from, `at most ${MAX_ENTRY_BYTES} bytes`, `more than ${MAX_ENTRY_BYTES} bytes`)
    this.#skippedFrom = undefined
    this.#last = side(this.#seq)
    this.#lastKnown = false
    this.#rootKnown = false
    this.#seq++
  }

  #keepRoot(): void {
    if (this.#sizes[this.#nextSize] !== this.#seq) return
    const tree = this.#state()
    if (tree !== undefined) this.#roots.set(this.#seq, Tree.from(tree).root())
    this.#keepSubtrees()
    this.#nextSize++
  }

  #keepSubtrees(): void {
    if (this.#begin !== this.#from || !this.#rootKnown) return
    this.#subtrees.set(this.#seq, [...this.#edge, ...this.#peaks()])
  }

  #state(): TreeState | undefined {
    if (this.#begin > 0 || !this.#rootKnown) return undefined
    return { size: this.#seq, peaks: this.#peaks().map(({ root }) => root) }
  }

  /** For each bit that is set in the size, the left half of a level holds the root of a perfect subtree. */
  #peaks(): Subtree[] {
    const peaks: Subtree[] = []
    let from = this.#seq
    for (let level = 0, size = 1, rest = this.#seq; rest > 0; level++, size *= 2, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 0) continue
      from -= size
      // What begins before a part is in no place here; its own share is on the edge.
      if (from < this.#begin) break
      peaks.unshift({ from, size, root: this.#hashAt(level * NODE + 1) })
    }
    return peaks
  }

  #hashAt(place: number): Hash {
    return toHex(this.#nodes.subarray(place, place + 32))
  }

  #find(code: IntegrityCode, offset: number, expected: string, found: string): void {
    this.#found++
    this.#codes[code] = (this.#codes[code] ?? 0) + 1
    if (this.#findings.length < this.#maxFindings)
      this.#findings.push({ code, seq: this.#seq, offset, expected, found })
  }
}

interface Fault {
  readonly code: IntegrityCode
  readonly expected: string
  readonly found: string
}

/** Where in a node the hash with this number among its level lies: left or right, after the prefix. */
function side(number: number): number {
  return number % 2 === 0 ? 1 : 33
}

function count(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw unexpected('input', name, 'an integer from 0', { given: value }, { facts: { name } })
}
