import type { Hash } from '../hash.ts'
import type { TreeState } from '../tree/tree.ts'

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

/** Whether a finding is kept, where so many are already, and so many of its code. What there is of a code must not be hidden by another one. */
export const isKept = (kept: number, ofCode: number, most: number): boolean => kept < most || (most > 0 && ofCode < 3)

export interface IntegrityOptions {
  /** Sizes at which the root is wanted, those of checkpoints for example. */
  readonly sizes?: Iterable<number>
  /** Called once for each entry, faulty ones included, as long as a line can be told from the next. */
  readonly onLine?: (line: IntegrityLine) => void
  /**
   * How many findings are kept, 1,000 unless told otherwise; and unless that is 0, the first three of each code in any case. All are
   * counted.
   */
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
  /** How many do. */
  readonly tail: number
  /** The first findings, in the order of the file. */
  readonly findings: readonly IntegrityFinding[]
  /** How many findings there were, of which `findings` may be the first. */
  readonly found: number
  /** How many of each code there were. */
  readonly codes: Readonly<Partial<Record<IntegrityCode, number>>>
}
