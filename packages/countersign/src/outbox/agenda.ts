import type { Instant } from '../values/instant.ts'

/** Later than any instant. */
export const never = '~'

/** Instants that lie ahead, each once and in their order. Most that are added come after those that are there. */
export class Agenda {
  readonly #instants: Instant[] = []
  /** So many of them are over. */
  #over = 0

  /** The next one; where there is none, one that never comes. */
  get next(): Instant {
    return this.#instants[this.#over] ?? never
  }

  add(at: Instant): void {
    let [low, high] = [this.#over, this.#instants.length]
    if (at > (this.#instants[high - 1] ?? '')) low = high
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#instants[middle] ?? never) < at) low = middle + 1
      else high = middle
    }
    if (this.#instants[low] !== at) this.#instants.splice(low, 0, at)
  }

  /** Takes out those that are over by an instant. */
  pass(at: Instant): void {
    while (this.next <= at) this.#over += 1
    if (this.#over <= this.#instants.length / 2) return
    this.#instants.splice(0, this.#over)
    this.#over = 0
  }
}
