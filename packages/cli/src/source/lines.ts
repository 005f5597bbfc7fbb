import { MAX_ENTRY_BYTES } from '@countersign/trail'

const NEWLINE = 0x0a
const RETURN = 0x0d
/** The mark of byte order. */
const MARK = [0xef, 0xbb, 0xbf] as const
/** An entry, and what may be set aside: a mark of byte order and a carriage return. */
const LONGEST = MAX_ENTRY_BYTES + MARK.length + 1

/**
 * Cuts blocks into lines. Those that are longer than an entry can be may be left out, which is told: what is wrong with them
 * others tell.
 */
export class Lines {
  readonly #take: (line: Uint8Array) => void
  readonly #leaveOut: (() => void) | undefined
  /** The beginning of a line whose end has not come yet. */
  readonly #rest = new Uint8Array(LONGEST)
  #kept = 0

  /** A line that is handed over is the taker's during the call only. */
  constructor(take: (line: Uint8Array) => void, leaveOut?: () => void) {
    this.#take = take
    this.#leaveOut = leaveOut
  }

  push(block: Uint8Array): void {
    let start = 0
    for (let end = block.indexOf(NEWLINE); end >= 0; end = block.indexOf(NEWLINE, start)) {
      // A line is as long as it is, wherever the blocks end.
      if (this.#kept === 0 && end - start <= LONGEST) this.#take(block.subarray(start, end))
      else if (this.#keep(block.subarray(start, end))) this.#take(this.#rest.subarray(0, this.#kept))
      else this.#leaveOut?.()
      this.#kept = 0
      start = end + 1
    }
    this.#keep(block.subarray(start))
  }

  /** `false` where the line is too long to be an entry. */
  #keep(part: Uint8Array): boolean {
    const isShort = this.#kept + part.length <= LONGEST
    if (isShort) this.#rest.set(part, this.#kept)
    this.#kept = isShort ? this.#kept + part.length : Number.POSITIVE_INFINITY
    return isShort
  }
}

/** A line as the entry that it is read as: without a mark of byte order, if it is the first, and without a carriage return. */
export const entryIn = (line: Uint8Array, isFirst: boolean): Uint8Array =>
  line.subarray(
    isFirst && MARK.every((byte, at) => line[at] === byte) ? MARK.length : 0,
    line.at(-1) === RETURN ? -1 : undefined,
  )
