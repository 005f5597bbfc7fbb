import { newlineFinder } from '#newline'
import { MAX_ENTRY_BYTES } from '../entry.ts'
import type { IntegrityCode } from './integrity-report.ts'

const RETURN = 0x0d

/** Chunks that stay in the processor's second-level cache between copying and hashing. */
const CHUNK = 262_144
/** An entry, and what may be set aside: a byte order mark and a carriage return. */
const LONGEST = MAX_ENTRY_BYTES + 4
/** How long the buffer is at first, and at most: a short trail needs no more than it has. */
const LEAST = 4_096
const MOST = 1 + LONGEST + CHUNK

/** Who is given what a file was cut into, in the order of the file. Offsets are positions in the file. */
export interface LineReader {
  /** An entry: the bytes of the buffer from `from` to `to`. The byte before it belongs to the reader as well. */
  readonly entry: (buffer: Uint8Array, from: number, to: number, offset: number) => void
  /** A line that is too long to be an entry. */
  readonly oversize: (offset: number) => void
  /** What is wrong with how the lines are written. */
  readonly fault: (code: IntegrityCode, offset: number, expected: string, found: string) => void
}

/**
 * Cuts a trail file into its lines as it is read, in blocks of any size. It sets aside a byte order mark at the start and a
 * carriage return at the end of a line, passes over empty lines and lines that are too long, and tells of each of these. A line
 * that is too long is that and nothing else; how long it is and where blocks end makes no difference.
 */
export class LineCutter {
  readonly #reader: LineReader
  /**
   * Bytes 1 to `#filled` are read and not yet cut. Byte 0 is there so that a byte stands before the first of them, too. The
   * buffer grows up to `MOST`: to clear as much would cost more than to check a short trail.
   */
  #buffer = new Uint8Array(LEAST)
  #filled = 1
  /** The position in the file of byte 0 of the buffer. */
  #base: number
  /** How many bytes a byte order mark takes at the start of the file; unknown until there is something of it. */
  #mark: 0 | 3 | undefined
  /** Where a line began that is too long for the buffer, while its end is looked for. */
  #skippedFrom: number | undefined

  /** `offset` is the position in the file of the first block. */
  constructor(offset: number, reader: LineReader) {
    this.#base = offset - 1
    this.#reader = reader
  }

  /** The position in the file behind the last newline. */
  get end(): number {
    return this.#skippedFrom ?? this.#base + 1
  }

  /** Takes the next bytes of the file, and copies them. */
  push(block: Uint8Array): void {
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

  /** Cuts what is left, and says how many bytes follow the last newline. No block can follow. */
  finish(): number {
    this.#drain()
    const torn = this.#base + this.#filled - this.end
    if (torn === 0) return 0
    this.#reader.fault('tail.torn', this.end, 'a newline at the end', `${torn} bytes without one`)
    return torn
  }

  /** Makes room for so many bytes more, or for as many as there may be at once. */
  #makeRoom(bytes: number): void {
    const asked = Math.min(MOST, this.#filled + bytes)
    if (asked <= this.#buffer.length) return
    const larger = new Uint8Array(Math.min(MOST, Math.max(asked, 2 * this.#buffer.length)))
    larger.set(this.#buffer.subarray(0, this.#filled))
    this.#buffer = larger
  }

  /** Hands on the lines that are complete, and moves the rest to the front of the buffer. */
  #drain(): void {
    // Before anything of the file is handed on or dropped, so it is told of a file in which no line is whole, too.
    this.#mark ??= this.#readMark()
    const next = newlineFinder(this.#buffer.subarray(0, this.#filled))
    let start = 1
    for (let end = next(start); end >= 0; end = next(start)) {
      if (this.#skippedFrom === undefined) this.#line(start, end)
      else {
        this.#reader.oversize(this.#behindMark(this.#skippedFrom))
        this.#skippedFrom = undefined
      }
      start = end + 1
    }
    if (this.#skippedFrom === undefined && this.#filled - start > LONGEST) this.#skippedFrom = this.#base + start
    if (this.#skippedFrom !== undefined) start = this.#filled
    this.#buffer.copyWithin(1, start, this.#filled)
    this.#base += start - 1
    this.#filled -= start - 1
  }

  /** Hands on the bytes from `start` to the newline at `end`. */
  #line(start: number, end: number): void {
    const from = this.#behindMark(this.#base + start) - this.#base
    const to = end > from && this.#buffer[end - 1] === RETURN ? end - 1 : end
    if (to - from > MAX_ENTRY_BYTES) {
      this.#reader.oversize(this.#base + from)
      return
    }
    if (to < end) this.#reader.fault('crlf', this.#base + to, '0a', '0d 0a')
    if (to === from) this.#reader.fault('line.empty', this.#base + start, 'an entry', 'an empty line')
    else this.#reader.entry(this.#buffer, from, to, this.#base + from)
  }

  /** Where in the file a line begins without the byte order mark, which only the first one can have. */
  #behindMark(from: number): number {
    return from === 0 ? (this.#mark ?? 0) : from
  }

  /** Tells of a byte order mark at the start of the file, and how long it is. */
  #readMark(): 0 | 3 {
    const [, one, two, three] = this.#buffer
    // Behind what is read there may be anything.
    const isMarked = this.#filled > 3 && one === 0xef && two === 0xbb && three === 0xbf
    if (this.#base !== -1 || !isMarked) return 0
    this.#reader.fault('bom', 0, 'no byte order mark', 'ef bb bf')
    return 3
  }
}
