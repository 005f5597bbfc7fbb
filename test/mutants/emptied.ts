let round = 0

/** Begins a round: whatever was kept in an earlier one is gone. */
export function empty(): void {
  round += 1
}

/** A `WeakMap` that forgets with each round, in place of what a module keeps for as long as it is loaded. */
export class Emptied<K extends WeakKey, V> {
  #round = round
  #kept = new WeakMap<K, V>()

  get #now(): WeakMap<K, V> {
    if (this.#round !== round) {
      this.#round = round
      this.#kept = new WeakMap()
    }
    return this.#kept
  }

  get(key: K): V | undefined {
    return this.#now.get(key)
  }

  has(key: K): boolean {
    return this.#now.has(key)
  }

  set(key: K, value: V): this {
    this.#now.set(key, value)
    return this
  }

  delete(key: K): boolean {
    return this.#now.delete(key)
  }
}
