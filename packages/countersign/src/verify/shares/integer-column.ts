import { shareableMemory } from './shareable-memory.ts'

const LEAST = 1 << 10

/** Whole numbers by number, in memory that threads can share and that grows as it is filled. What was not told is 0. */
export class Column {
  #cells = cells(LEAST)

  get(at: number): number {
    return this.#cells[at] ?? 0
  }

  set(at: number, value: number): void {
    if (at >= this.#cells.length) {
      const before = this.#cells
      this.#cells = cells(Math.max(before.length * 2, at + 1))
      this.#cells.set(before)
    }
    this.#cells[at] = value
  }

  /** The first so many of them. */
  first(count: number): Int32Array {
    const all = this.#cells.length < count ? cells(count) : this.#cells
    if (all !== this.#cells) all.set(this.#cells)
    return all.subarray(0, count)
  }
}

const cells = (count: number): Int32Array => new Int32Array(shareableMemory(count * Int32Array.BYTES_PER_ELEMENT))
