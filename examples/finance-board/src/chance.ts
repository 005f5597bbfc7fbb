/**
 * Numbers that look as if by chance and hang on the seed alone: Marsaglia's xorshift of 32 bits. A simulation needs no
 * better ones, and has to give the same on every machine.
 *
 * @example
 * ```ts
 * new Chance(7).next() === new Chance(7).next() // → true
 * ```
 */
export class Chance {
  #state: number

  constructor(seed: number) {
    // Seeds that are near each other would begin alike, and a state of 0 would stay 0.
    this.#state = Math.imul(seed + 1, 0x9e3779b1) | 1
    for (let turn = 0; turn < 16; turn++) this.next()
  }

  /** From 0 up to and without 1. */
  next(): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return (state >>> 0) / 2 ** 32
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }
}
