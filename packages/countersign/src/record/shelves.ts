import type { Change } from '../change/change.ts'
import type { Instant } from '../values/instant.ts'

/** What a state keeps of one kind, by name, in the order in which it came. A `Map` is one. */
export interface Shelf<Value> extends Iterable<[string, Value]> {
  get(name: string): Value | undefined
  has(name: string): boolean
  set(name: string, value: Value): unknown
  values(): Iterable<Value>
}

/** For each stream and command id the entry that it became. */
export interface Ids {
  entryOf(stream: string, id: string): number | undefined
  set(stream: string, id: string, entry: number): void
}

/** Ids in memory, stream by stream. */
export class IdsInMemory implements Ids {
  readonly #streams = new Map<string, Map<string, number>>()

  entryOf(stream: string, id: string): number | undefined {
    return this.#streams.get(stream)?.get(id)
  }

  set(stream: string, id: string, entry: number): void {
    const known = this.#streams.get(stream)
    if (known === undefined) this.#streams.set(stream, new Map([[id, entry]]))
    else known.set(id, entry)
  }
}

/** What grows with the trail for good: a state keeps it in memory, or wherever whoever makes it can find it again. */
export interface Shelves {
  readonly changes: Shelf<Change> & { readonly size: number }
  /** For each stream the number of its entries, and the instant of the last of them. */
  readonly versions: Shelf<number>
  readonly instants: Shelf<Instant>
  readonly ids: Ids
  /** For each change those that depend on it. */
  readonly children: Shelf<string[]>
}

/** Shelves that hold everything in memory, and are empty as yet. */
export const inMemory = (): Shelves => ({
  changes: new Map(),
  versions: new Map(),
  instants: new Map(),
  ids: new IdsInMemory(),
  children: new Map(),
})
