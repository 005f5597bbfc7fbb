import type { Shelf } from '../record/shelves.ts'

/** Where a shelf finds what it does not hold. Both throw where that is not what it should be. */
export interface Behind<Value> {
  find(name: string): Value | undefined
  all(): Iterable<[string, Value]>
}

/**
 * A shelf that holds what was used lately, and what is not in the cache yet; all else it finds there. What was not saved is
 * never let go.
 */
export class CachedShelf<Value> implements Shelf<Value> {
  readonly #behind: Behind<Value>
  readonly #most: number
  readonly #unsaved = new Map<string, Value>()
  // What is read or saved goes into the one; when that is full it takes the place of the other, which is forgotten.
  #recent = new Map<string, Value>()
  #older = new Map<string, Value>()

  constructor(behind: Behind<Value>, most: number) {
    this.#behind = behind
    this.#most = most
  }

  get(name: string): Value | undefined {
    const here = this.#unsaved.get(name) ?? this.#recent.get(name)
    if (here !== undefined) return here
    const found = this.#older.get(name) ?? this.#behind.find(name)
    if (found !== undefined) this.#hold(name, found)
    return found
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  set(name: string, value: Value): void {
    this.#unsaved.set(name, value)
  }

  get unsaved(): ReadonlyMap<string, Value> {
    return this.#unsaved
  }

  /** What was not saved has been. */
  saved(): void {
    for (const [name, value] of this.#unsaved) this.#hold(name, value)
    this.#unsaved.clear()
  }

  *[Symbol.iterator](): Generator<[string, Value]> {
    for (const [name, value] of this.#behind.all()) if (!this.#unsaved.has(name)) yield [name, value]
    yield* this.#unsaved
  }

  *values(): Generator<Value> {
    for (const [, value] of this) yield value
  }

  #hold(name: string, value: Value): void {
    if (this.#recent.size >= this.#most) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(name, value)
  }
}

/** Something with its place in the order in which all of its kind came. */
export interface Placed<Value> {
  readonly place: number
  readonly value: Value
}

/** A shelf that is told of in the order in which its things came. */
export class OrderedShelf<Value> implements Shelf<Value> {
  readonly placed: CachedShelf<Placed<Value>>
  size: number

  constructor(placed: CachedShelf<Placed<Value>>, size: number) {
    this.placed = placed
    this.size = size
  }

  get = (name: string): Value | undefined => this.placed.get(name)?.value

  has = (name: string): boolean => this.placed.has(name)

  set(name: string, value: Value): void {
    const place = this.placed.get(name)?.place ?? this.size++
    this.placed.set(name, { place, value })
  }

  *[Symbol.iterator](): Generator<[string, Value]> {
    const all = [...this.placed].toSorted(([, one], [, other]) => one.place - other.place)
    for (const [name, { value }] of all) yield [name, value]
  }

  *values(): Generator<Value> {
    for (const [, value] of this) yield value
  }
}
