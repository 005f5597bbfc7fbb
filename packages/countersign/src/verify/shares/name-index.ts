import { shareableMemory } from './shareable-memory.ts'

const WORDS = 3
const [LOW, HIGH, NUMBER] = [0, 1, 2]
const LEAST = 1 << 10

/** The index as plain data, which threads can share. */
export interface NameIndexData {
  readonly words: Int32Array
  readonly seed: number
}

/**
 * Names, numbered as they come: twelve bytes a place, of which at most three of four are taken. The names themselves are not
 * kept, but 64 bits that are made of each; two names that came to the same ones would count as one. With a seed that
 * nobody can foresee, nobody can choose names that fall into one place.
 */
export class NameIndex {
  #words: Int32Array
  readonly #seed: number
  #size = 0
  /** What the last name that was digested came to: two numbers, so that nothing is made of which there would be millions. */
  #low = 0
  #high = 0

  constructor({ words, seed }: { readonly words?: Int32Array; readonly seed: number }) {
    this.#words = words ?? room(LEAST)
    this.#seed = seed
  }

  get data(): NameIndexData {
    return { words: this.#words, seed: this.#seed }
  }

  /** How many names were added. */
  get size(): number {
    return this.#size
  }

  /** The number of a name, which is added where it is new. */
  add(name: string): number {
    if (this.#size * 4 >= (this.#words.length / WORDS) * 3) this.#grow()
    const at = this.#placeOf(name)
    const words = this.#words
    if (words[at + NUMBER] === 0) {
      words[at + LOW] = this.#low
      words[at + HIGH] = this.#high
      this.#size += 1
      words[at + NUMBER] = this.#size
    }
    return (words[at + NUMBER] as number) - 1
  }

  numberOf(name: string): number | undefined {
    const told = this.#words[this.#placeOf(name) + NUMBER] as number
    return told === 0 ? undefined : told - 1
  }

  /** Where a name stands, or would stand. */
  #placeOf(name: string): number {
    this.#digest(name)
    return this.#place()
  }

  /** FNV-1a, and much the same from another beginning and with another factor. */
  #digest(name: string): void {
    let low = 0x811c9dc5 ^ this.#seed
    let high = 0x1b873593 ^ Math.imul(this.#seed, 0x9e3779b1)
    for (let at = 0; at < name.length; at++) {
      const unit = name.charCodeAt(at)
      low = Math.imul(low ^ unit, 0x01000193)
      high = Math.imul(high ^ unit, 0x85ebca6b)
      high ^= high >>> 15
    }
    this.#low = low ^ (low >>> 16)
    this.#high = high
  }

  /** Where what was digested last stands, or would stand. */
  #place(): number {
    const words = this.#words
    const low = this.#low
    const high = this.#high
    const mask = words.length / WORDS - 1
    for (let place = low & mask; ; place = (place + 1) & mask) {
      const at = place * WORDS
      if (words[at + NUMBER] === 0 || (words[at + LOW] === low && words[at + HIGH] === high)) return at
    }
  }

  #grow(): void {
    const before = this.#words
    this.#words = room((before.length / WORDS) * 2)
    for (let from = 0; from < before.length; from += WORDS) {
      if (before[from + NUMBER] === 0) continue
      this.#low = before[from + LOW] as number
      this.#high = before[from + HIGH] as number
      this.#words.set(before.subarray(from, from + WORDS), this.#place())
    }
  }
}

const room = (places: number): Int32Array =>
  new Int32Array(shareableMemory(places * WORDS * Int32Array.BYTES_PER_ELEMENT))
