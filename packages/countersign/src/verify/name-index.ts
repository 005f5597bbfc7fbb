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
      words[at + LOW] = low
      words[at + HIGH] = high
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
    digest(name, this.#seed)
    return this.#place()
  }

  /** Where what was digested last stands, or would stand. */
  #place(): number {
    const words = this.#words
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
      low = before[from + LOW] as number
      high = before[from + HIGH] as number
      this.#words.set(before.subarray(from, from + WORDS), this.#place())
    }
  }
}

const room = (places: number): Int32Array =>
  new Int32Array(new SharedArrayBuffer(places * WORDS * Int32Array.BYTES_PER_ELEMENT))

/** What the last name that was digested came to: two numbers, so that nothing is made of which there would be millions. */
let low = 0
let high = 0

/** FNV-1a, and much the same from another beginning and with another factor. */
function digest(name: string, seed: number): void {
  low = 0x811c9dc5 ^ seed
  high = 0x1b873593 ^ Math.imul(seed, 0x9e3779b1)
  for (let at = 0; at < name.length; at++) {
    const unit = name.charCodeAt(at)
    low = Math.imul(low ^ unit, 0x01000193)
    high = Math.imul(high ^ unit, 0x85ebca6b)
    high ^= high >>> 15
  }
  low ^= low >>> 16
}
