import type { Shelf } from './shelves.ts'

/** A shelf over another one, which stays as it is: what is put here is found here only. */
export class ShelfOver<Value> implements Shelf<Value> {
  readonly #under: Shelf<Value>
  readonly #own = new Map<string, Value>()
  readonly #copy: (value: Value) => Value
  /** How many there are: so many as there were, and those that are new. */
  size: number

  /** `copy` gives a copy of a value of the shelf below, for values that whoever takes them alters in place. */
  constructor(under: Shelf<Value>, size = 0, copy: (value: Value) => Value = value => value) {
    this.#under = under
    this.#copy = copy
    this.size = size
  }

  get(name: string): Value | undefined {
    const own = this.#own.get(name)
    if (own !== undefined) return own
    const found = this.#under.get(name)
    return found === undefined ? undefined : this.#copy(found)
  }

  has(name: string): boolean {
    return this.#own.has(name) || this.#under.has(name)
  }

  set(name: string, value: Value): void {
    if (!this.has(name)) this.size += 1
    this.#own.set(name, value)
  }

  *[Symbol.iterator](): Generator<[string, Value]> {
    const fresh = new Map(this.#own)
    for (const [name, value] of this.#under) {
      yield [name, fresh.get(name) ?? value]
      fresh.delete(name)
    }
    yield* fresh
  }

  *values(): Generator<Value> {
    for (const [, value] of this) yield value
  }
}
