import { MAX_ENTRY_BYTES } from '../entry.ts'
import { CountersignError, unexpected } from '../error.ts'
import type { Hash } from '../hash.ts'
import { requireOptions } from '../options.ts'
import { EMPTY_ROOT, Tree, type TreeState } from '../tree/tree.ts'
import { Chain } from './chain.ts'
import { Frontier, hashAt } from './frontier.ts'
import {
  type IntegrityCode,
  type IntegrityFinding,
  type IntegrityLine,
  type IntegrityOptions,
  type IntegrityReport,
  type IntegrityStart,
  isKept,
  type Subtree,
} from './integrity-report.ts'
import { LineCutter } from './line-cutter.ts'

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
  readonly #lines: LineCutter
  readonly #chain: Chain
  readonly #tree: Frontier
  /** False after a line that was not hashed. */
  #rootKnown = true

  /** The first entry, and where it stands. */
  readonly #from: number
  readonly #offset: number
  /** The number of the next entry. */
  #seq: number

  readonly #sizes: readonly number[]
  #nextSize = 0
  readonly #roots = new Map<number, Hash>()
  /** In a part: the subtrees at each size that was asked for, and at the end. */
  readonly #subtrees = new Map<number, readonly Subtree[]>()
  readonly #isPart: boolean

  readonly #maxFindings: number
  readonly #findings: IntegrityFinding[] = []
  #found = 0
  readonly #codes: { [code in IntegrityCode]?: number } = {}
  #finished = false
  #tail = 0

  /** Throws `input` where a size is no count, and `proof` where the start is no state of a tree. */
  constructor(options: IntegrityOptions = {}) {
    requireOptions('Integrity', options, ['start', 'sizes', 'maxFindings', 'onLine'])
    const start = startOf(options)
    const before = 'tree' in start ? start : undefined
    this.#from = count('start.seq', 'tree' in start ? start.tree.size : start.seq)
    this.#offset = count('start.offset', start.offset)
    this.#seq = this.#from
    this.#onLine = options.onLine
    this.#maxFindings = options.maxFindings ?? 1000
    const sizes = [...new Set(options.sizes ?? [])].map(size => count('sizes', size))
    this.#sizes = sizes.filter(size => size >= this.#from).sort((one, other) => one - other)
    this.#tree = new Frontier(before?.tree ?? this.#from)
    this.#chain = new Chain(this.#tree.nodes, this.#from, before?.leafHash)
    this.#isPart = before === undefined || this.#from === 0
    this.#lines = new LineCutter(this.#offset, {
      entry: (buffer, from, to, offset) => this.#entry(buffer, from, to, offset),
      oversize: offset => this.#oversize(offset),
      fault: (code, offset, expected, found) => this.#find(code, offset, expected, found),
    })
    this.#keepRoot()
  }

  /** Takes the next bytes of the file. They are copied: the caller may use the block again. Throws `input` at the end. */
  push(block: Uint8Array): void {
    if (this.#finished) throw new CountersignError('input', 'the check has finished: no block can follow')
    this.#lines.push(block)
  }

  /** Checks what is left and says what was found. No block can follow. */
  finish(): IntegrityReport {
    if (!this.#finished) {
      this.#finished = true
      this.#tail = this.#lines.finish()
    }
    const tree = this.#state()
    this.#keepSubtrees()
    return {
      size: this.#seq,
      from: this.#from,
      offset: this.#offset,
      firstPrev: this.#chain.firstPrev,
      bytes: this.#lines.end,
      leafHash: this.#chain.leafHash,
      root: tree === undefined ? undefined : Tree.from(tree).root(),
      tree,
      roots: this.#roots,
      sizes: this.#sizes.filter(size => size <= this.#seq),
      subtrees: this.#subtrees,
      torn: this.#tail > 0,
      tail: this.#tail,
      findings: this.#findings,
      found: this.#found,
      codes: { ...this.#codes },
    }
  }

  /** Checks the bytes of an entry. */
  #entry(buffer: Uint8Array, from: number, to: number, offset: number): void {
    const seq = this.#seq
    const fault = this.#chain.fault(seq, buffer, from, to)
    // A leaf is 0x00 ‖ entry. The byte before the entry, mostly the last line's newline, has served its purpose and
    // becomes the prefix, so that the leaf is hashed where it lies.
    buffer[from - 1] = 0
    const leaf = this.#tree.leaf(seq, buffer.subarray(from - 1, to))
    if (fault !== undefined) this.#find(this.#chain.codeOf(fault, leaf), offset, fault.expected, fault.found)
    this.#chain.append(leaf, fault !== undefined)
    this.#seq = seq + 1
    if (this.#rootKnown) {
      this.#tree.grow(seq)
      this.#keepRoot()
    }
    if (this.#onLine !== undefined) {
      const bytes = buffer.subarray(from, to)
      this.#onLine({ seq, offset, bytes, leafHash: hashAt(this.#tree.nodes, leaf) })
    }
  }

  /**
   * A line that is too long has a number, so that what follows keeps its own, but no hash. How long it is, is not told:
   * whoever hands it in may have left off reading it.
   */
  #oversize(offset: number): void {
    this.#find('line.oversize', offset, `at most ${MAX_ENTRY_BYTES} bytes`, `more than ${MAX_ENTRY_BYTES} bytes`)
    this.#chain.skip(this.#seq)
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
    if (this.#isPart && this.#rootKnown) this.#subtrees.set(this.#seq, this.#tree.subtrees(this.#seq))
  }

  #state(): TreeState | undefined {
    return this.#rootKnown ? this.#tree.state(this.#seq) : undefined
  }

  #find(code: IntegrityCode, offset: number, expected: string, found: string): void {
    const before = this.#codes[code] ?? 0
    this.#found++
    this.#codes[code] = before + 1
    if (isKept(this.#findings.length, before, this.#maxFindings))
      this.#findings.push({ code, seq: this.#seq, offset, expected, found })
  }
}

/** Where to start. Before entry 0 there is nothing that could be unknown. */
function startOf({ start = { seq: 0, offset: 0 } }: IntegrityOptions): NonNullable<IntegrityOptions['start']> {
  if ('tree' in start || start.seq !== 0) return start
  return { tree: { size: 0, peaks: [] }, leafHash: EMPTY_ROOT, offset: start.offset } satisfies IntegrityStart
}

function count(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw unexpected('input', name, 'an integer from 0', { given: value }, { facts: { name } })
}
