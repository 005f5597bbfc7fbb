import { EMPTY_ROOT, type Hash } from '@countersign/trail'

interface Stream {
  count: number
  last: number
}

/**
 * Where each entry stands, and which entries are a stream's: 12 bytes for an entry, and one record for a stream. A
 * stream is a list that is linked backwards, so an entry of a new stream costs no more than one of an old.
 */
export class TrailIndex {
  /** How many entries there are, and where in the file the next one begins. */
  size = 0
  end = 0
  lastHash: Hash = EMPTY_ROOT

  // Offsets pass 2³², seqs do not: a trail of 2³² entries would take more than a terabyte.
  #starts = new Float64Array(1024)
  #before = new Uint32Array(1024)
  readonly #streams = new Map<string, Stream>()

  /** How many entries the stream has. */
  version(stream: string): number {
    return this.#streams.get(stream)?.count ?? 0
  }

  /** The place of the stream's last entry, or -1. */
  lastOf(stream: string): number {
    return this.#streams.get(stream)?.last ?? -1
  }

  /** Adds an entry of so many bytes, its newline not counted. */
  add(stream: string, length: number, leafHash: Hash): void {
    const seq = this.size
    if (seq === this.#starts.length) this.#grow()
    this.#starts[seq] = this.end
    const members = this.#streams.get(stream)
    if (members === undefined) {
      this.#streams.set(stream, { count: 1, last: seq })
    } else {
      this.#before[seq] = members.last
      members.last = seq
      members.count++
    }
    this.size = seq + 1
    this.end += length + 1
    this.lastHash = leafHash
  }

  /** Where in the file the entry begins; for the place after the last one, the end. */
  start(seq: number): number {
    return seq === this.size ? this.end : (this.#starts[seq] as number)
  }

  /** The stream's entries that stand before `below`, oldest first. */
  membersOf(stream: string, below: number): Float64Array {
    const members = this.#streams.get(stream)
    if (members === undefined) return new Float64Array(0)
    const places = new Float64Array(members.count)
    let count = members.count
    for (let seq = members.last, left = count; left > 0; left--, seq = this.#before[seq] as number) {
      places[left - 1] = seq
      if (seq >= below) count = left - 1
    }
    return places.subarray(0, count)
  }

  #grow(): void {
    const starts = new Float64Array(this.#starts.length * 2)
    const before = new Uint32Array(starts.length)
    starts.set(this.#starts)
    before.set(this.#before)
    this.#starts = starts
    this.#before = before
  }
}
