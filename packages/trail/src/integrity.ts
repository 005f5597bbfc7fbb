import { newlineFinder } from '#newline'
import { sha256Into } from '#sha256'
import { FRAME_TAIL_BYTES, MAX_ENTRY_BYTES } from './entry.ts'
import { CountersignError } from './error.ts'
import { type Hash, isHash, requireHash, toHex, writeHex } from './hash.ts'
import { EMPTY_ROOT, Tree, type TreeState } from './tree.ts'
import { encodeUtf8 } from './utf8.ts'

/**
 * What can be wrong with the bytes of a trail file.
 *
 * - `bom`: a byte order mark at the start; the entry is read without it
 * - `crlf`: a line ends in `\r\n`; the entry is read without the `\r`
 * - `line.empty`: a line without bytes; it is no entry and has no number
 * - `line.oversize`: a line of more than 65,535 bytes; it is numbered but not hashed, so no root is known from here on
 * - `frame`: a line that does not have the form `{"body":{…},"prev":"<64 hex>"}`
 * - `chain.start`: entry 0 does not name the empty tree's root
 * - `chain.break`: an entry names another predecessor than the one before it: that one was changed, or something was
 *   inserted or removed between the two, or they changed places
 * - `chain.fork`: two entries, one after the other, that name the same predecessor
 * - `chain.doubled`: an entry that repeats the one before it byte by byte
 * - `tail.torn`: bytes after the last newline, as a crash leaves them behind; they are no entry
 */
export type IntegrityCode =
  | 'bom'
  | 'crlf'
  | 'line.empty'
  | 'line.oversize'
  | 'frame'
  | 'chain.start'
  | 'chain.break'
  | 'chain.fork'
  | 'chain.doubled'
  | 'tail.torn'

/** One fault: at which entry, at which byte of the file, and the two values that differ. */
export interface IntegrityFinding {
  readonly code: IntegrityCode
  readonly seq: number
  readonly offset: number
  readonly expected: string
  readonly found: string
}

/** One entry as it passes by. `bytes` are the checker's own and hold this entry during the call only: copy to keep. */
export interface IntegrityLine {
  readonly seq: number
  readonly offset: number
  readonly bytes: Uint8Array
  readonly leafHash: Hash
}

/** Where a checker starts when what comes before has been checked already. */
export interface IntegrityStart {
  /** The tree over the entries before. */
  readonly tree: TreeState
  /** The leaf hash of the last entry before. */
  readonly leafHash: Hash
  /** The position in the file, in bytes, of the first block that will be pushed. */
  readonly offset: number
}

/**
 * Where a checker starts in the middle, with what comes before unknown: at this entry, at this byte of the file. The
 * number must be the count of entries before; `joinIntegrity` tells where it was not.
 */
export interface IntegrityPartStart {
  readonly seq: number
  readonly offset: number
}

/** A perfect subtree: its root, its first leaf, and how many leaves it has, a power of two. */
export interface Subtree {
  readonly from: number
  readonly size: number
  readonly root: Hash
}

export interface IntegrityOptions {
  /** Sizes at which the root is wanted, those of checkpoints for example. */
  readonly sizes?: Iterable<number>
  /** Called once for each entry, faulty ones included, as long as a line can be told from the next. */
  readonly onLine?: (line: IntegrityLine) => void
  /** How many findings are kept, 1,000 unless told otherwise. All are counted. */
  readonly maxFindings?: number
  readonly start?: IntegrityStart | IntegrityPartStart
}

/** What a checker knows after the last block. */
export interface IntegrityReport {
  /** How many entries there are. */
  readonly size: number
  /** The first entry that was checked, and where it stands: 0 and 0 unless told otherwise. */
  readonly from: number
  readonly offset: number
  /** What the first entry of a part names as the one before it. */
  readonly firstPrev: Hash | undefined
  /** How many bytes, up to and including the last newline; a torn tail starts here. */
  readonly bytes: number
  /** The leaf hash of the last entry, the next one's `prev`; in an empty trail the empty tree's root. Else unknown. */
  readonly leafHash: Hash | undefined
  /** The Merkle root over all entries, and the tree to go on from. Unknown after an oversize line, and in a part. */
  readonly root: Hash | undefined
  readonly tree: TreeState | undefined
  /** The root at each size that was asked for, reached, and known. */
  readonly roots: ReadonlyMap<number, Hash>
  /** The sizes that were asked for and reached. */
  readonly sizes: readonly number[]
  /** In a part: the subtrees over what was checked, at its end and at each size that was asked for and reached. */
  readonly subtrees: ReadonlyMap<number, readonly Subtree[]>
  /** Whether bytes follow the last newline. */
  readonly torn: boolean
  /** The first findings, in the order of the file. */
  readonly findings: readonly IntegrityFinding[]
  /** How many findings there were, of which `findings` may be the first. */
  readonly found: number
  /** How many of each code there were. */
  readonly codes: Readonly<Partial<Record<IntegrityCode, number>>>
}

const RETURN = 0x0d
const FRAME = '{"body":{…},"prev":"<64 lower-case hex digits>"}'
const START = encodeUtf8('{"body":{')
const MIDDLE = encodeUtf8('},"prev":"')
const END = encodeUtf8('"}')
/** The `}` that closes the body counts with what follows it. */
const TAIL = FRAME_TAIL_BYTES + 1

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

/**
 * The report on a whole file from the reports on its parts, which were checked apart from each other: the first from the
 * start, each other from a `seq` and an `offset`, all cut between lines and given the same `sizes`.
 *
 * `undefined` where the parts do not fit (an empty line shifted the numbers, a part is missing, or one ends in the
 * middle of a line): then the file must be checked in one piece. At a seam, a fork or a doubled entry is a `chain.break`.
 *
 * @example
 * ```ts
 * import { EMPTY_ROOT, Integrity, joinIntegrity, rootOf, sealEntry } from '@countersign/trail'
 *
 * const body = { v: 1, id: 'a', at: '2026-11-21T09:30:00.000Z', stream: 'trail' } as const
 * const one = sealEntry({ ...body, seq: 0, streamSeq: 0 }, EMPTY_ROOT)
 * const two = sealEntry({ ...body, seq: 1, streamSeq: 1 }, one.leafHash)
 * const first = new Integrity()
 * first.push(Uint8Array.of(...one.bytes, 10))
 * const second = new Integrity({ start: { seq: 1, offset: one.bytes.length + 1 } })
 * second.push(Uint8Array.of(...two.bytes, 10))
 * const report = joinIntegrity([first.finish(), second.finish()])
 * report?.root === rootOf([one.leafHash, two.leafHash]) // → true
 * report?.found // → 0
 * ```
 */
export function joinIntegrity(parts: readonly IntegrityReport[], maxFindings = 1000): IntegrityReport | undefined {
  const [first, ...others] = parts
  if (first === undefined) return undefined
  let whole = first
  for (const part of others) {
    if (part.from !== whole.size || part.offset !== whole.bytes || whole.torn) return undefined
    const expected = whole.leafHash
    const found = part.firstPrev
    const seam: IntegrityFinding[] =
      expected === undefined || found === undefined || expected === found
        ? []
        : [{ code: 'chain.break', seq: part.from, offset: part.offset, expected, found }]
    const grown = (size: number): TreeState | undefined => {
      const subtrees = part.subtrees.get(size)
      if (whole.tree === undefined || subtrees === undefined) return undefined
      const tree = Tree.from(whole.tree)
      for (const subtree of subtrees) tree.append(subtree.root, subtree.size)
      return tree.state()
    }
    const roots = new Map(whole.roots)
    for (const size of part.sizes) {
      const tree = grown(size)
      if (tree !== undefined) roots.set(size, Tree.from(tree).root())
    }
    const tree = part.size === part.from ? whole.tree : grown(part.size)
    whole = {
      ...whole,
      size: part.size,
      bytes: part.bytes,
      leafHash: part.size === part.from ? whole.leafHash : part.leafHash,
      root: tree === undefined ? undefined : Tree.from(tree).root(),
      tree,
      roots,
      findings: [...whole.findings, ...seam, ...part.findings].slice(0, maxFindings),
      found: whole.found + seam.length + part.found,
      codes: added(whole.codes, part.codes, seam.length === 0 ? {} : { 'chain.break': seam.length }),
    }
  }
  return whole
}

type Codes = IntegrityReport['codes']

function added(...parts: readonly Codes[]): Codes {
  const all: { [code in IntegrityCode]?: number } = {}
  for (const part of parts)
    for (const [code, count] of Object.entries(part) as [IntegrityCode, number][]) all[code] = (all[code] ?? 0) + count
  return all
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

function stands(text: Uint8Array, buffer: Uint8Array, from: number): boolean {
  for (let at = 0; at < text.length; at++) if (buffer[from + at] !== text[at]) return false
  return true
}

function count(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new CountersignError('input', `${name} is ${value}: expected an integer from 0`, {
      facts: { name, expected: 'an integer from 0', found: value },
    })
  }
  return value
}

/** Bytes as text for a finding: what is not printable ASCII shows as `\x` and two digits. */
function ascii(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (const byte of bytes.subarray(from, to)) {
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${toHex(Uint8Array.of(byte))}`
  }
  return text
}

/** The start and the end of a line, which is where its frame stands. */
function glimpse(bytes: Uint8Array, from: number, to: number): string {
  if (to - from <= 120) return ascii(bytes, from, to)
  return `${ascii(bytes, from, from + 24)}…${ascii(bytes, to - TAIL, to)}`
}
