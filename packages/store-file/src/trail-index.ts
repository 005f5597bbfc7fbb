import { EMPTY_ROOT, type Hash } from '@countersign/trail'
import { type Stream, StreamTable } from './stream-table.ts'

/** Of each entry where it begins, and which entry of its stream came before it; and the streams. */
interface Kept {
  readonly starts: Float64Array
  readonly before: Uint32Array
  readonly streams: StreamTable
}

/** An index as it is kept. */
export interface IndexState extends Kept {
  readonly end: number
  readonly lastHash: Hash
}

/**
 * Where each entry stands, and which entries are a stream's: 12 bytes for an entry, and one record for a stream. A
 * stream is a list that is linked backwards, so an entry of a new stream costs no more than one of an old.
 */
export class TrailIndex {
  /** How many entries there are, and where in the file the next one begins. */
  size: number
  end: number
  lastHash: Hash

  /** What was known from the start, and never changes. */
  readonly #kept: Kept
  // What has come since. Offsets pass 2³², seqs do not: a trail of 2³² entries would take more than a terabyte.
  #starts = new Float64Array(1024)
  #before = new Uint32Array(1024)
  readonly #streams = new Map<string, Stream>()

  /** The index that had this state. */
  constructor({ end, lastHash, ...kept }: IndexState = nothing) {
    this.size = kept.starts.length
    this.end = end
    this.lastHash = lastHash
    this.#kept = kept
  }

  state(): IndexState {
    const { size, end, lastHash } = this
    const kept = this.#kept.starts.length
    const starts = new Float64Array(size)
    starts.set(this.#kept.starts)
    starts.set(this.#starts.subarray(0, size - kept), kept)
    const before = new Uint32Array(size)
    before.set(this.#kept.before)
    before.set(this.#before.subarray(0, size - kept), kept)
    return { end, lastHash, starts, before, streams: this.#kept.streams.with(this.#streams) }
  }

  /** How many entries the stream has. */
  version(stream: string): number {
    return this.#stream(stream)?.count ?? 0
  }

  /** The place of the stream's last entry, or -1. */
  lastOf(stream: string): number {
    return this.#stream(stream)?.last ?? -1
  }

  /** Adds an entry of so many bytes, its newline not counted. */
  add(stream: string, length: number, leafHash: Hash): void {
    const seq = this.size
    const at = seq - this.#kept.starts.length
    if (at === this.#starts.length) this.#grow()
    this.#starts[at] = this.end
    const members = this.#stream(stream)
    if (members !== undefined) this.#before[at] = members.last
    this.#streams.set(stream, { count: (members?.count ?? 0) + 1, last: seq })
    this.size = seq + 1
    this.end += length + 1
    this.lastHash = leafHash
  }

  /** Where in the file the entry begins; for the place after the last one, the end. */
  start(seq: number): number {
    if (seq === this.size) return this.end
    const kept = this.#kept.starts.length
    return (seq < kept ? this.#kept.starts[seq] : this.#starts[seq - kept]) as number
  }

  /** The stream's entries that stand before `below`, oldest first. */
  membersOf(stream: string, below: number): Float64Array {
    const members = this.#stream(stream)
    if (members === undefined) return new Float64Array(0)
    const places = new Float64Array(members.count)
    let count = members.count
    for (let seq = members.last, left = count; left > 0; left--, seq = this.#beforeOf(seq)) {
      places[left - 1] = seq
      if (seq >= below) count = left - 1
    }
    return places.subarray(0, count)
  }

  #beforeOf(seq: number): number {
    const kept = this.#kept.starts.length
    return (seq < kept ? this.#kept.before[seq] : this.#before[seq - kept]) as number
  }

  #stream(name: string): Stream | undefined {
    return this.#streams.get(name) ?? this.#kept.streams.find(name)
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

const nothing: IndexState = {
  end: 0,
  lastHash: EMPTY_ROOT,
  starts: new Float64Array(0),
  before: new Uint32Array(0),
  streams: StreamTable.empty,
}
