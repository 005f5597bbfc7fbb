import type { Change } from '../change/change.ts'
import { changeStream, governanceStream } from '../record/record.ts'
import type { Ids, Shelf, Shelves } from '../record/shelves.ts'
import type { State } from '../record/state.ts'
import type { Instant } from '../values/instant.ts'

/** What is kept of a stream. */
interface Stream {
  version: number
  instant: Instant
  readonly ids: Map<string, number>
}

/** Shelves in memory from which is taken what nobody will ask for. */
export class WorkingMemory implements Shelves {
  readonly changes = new Map<string, Change>()
  readonly children = new Map<string, string[]>()
  readonly versions: Shelf<number>
  readonly instants: Shelf<Instant>
  readonly ids: Ids
  /** How many changes were forgotten. */
  forgotten = 0
  readonly #streams = new Map<string, Stream>()
  /** The stream of a change that was looked at last: most of what is asked for, one after the other, is of one. */
  #name = ''
  #last: Stream | undefined
  /** That of people and rules, which every decision reads. */
  #governance: Stream | undefined

  constructor() {
    const begun = (name: string): Stream => {
      const known = this.#stream(name)
      if (known !== undefined) return known
      const stream = { version: 0, instant: '', ids: new Map<string, number>() }
      this.#streams.set(name, stream)
      if (name === governanceStream) this.#governance = stream
      else this.#last = stream
      return stream
    }
    this.versions = this.#shelf(
      stream => stream.version,
      (name, version) => {
        begun(name).version = version
      },
    )
    this.instants = this.#shelf(
      stream => stream.instant,
      (name, instant) => {
        begun(name).instant = instant
      },
    )
    this.ids = {
      entryOf: (name, id) => this.#stream(name)?.ids.get(id),
      set: (name, id, entry) => begun(name).ids.set(id, entry),
    }
  }

  #stream(name: string): Stream | undefined {
    if (name === governanceStream) return this.#governance
    if (name === this.#name) return this.#last
    this.#name = name
    this.#last = this.#streams.get(name)
    return this.#last
  }

  /** A view of one thing that is kept of each stream. */
  #shelf<Value>(of: (stream: Stream) => Value, set: (name: string, value: Value) => void): Shelf<Value> {
    const streams = this.#streams
    const get = (name: string) => {
      const stream = this.#stream(name)
      return stream === undefined ? undefined : of(stream)
    }
    function* all(): Generator<[string, Value]> {
      for (const [name, stream] of streams) yield [name, of(stream)]
    }
    return {
      get,
      has: name => this.#stream(name) !== undefined,
      set,
      values: () => Array.from(streams.values(), of),
      [Symbol.iterator]: all,
    }
  }

  /** Forgets the changes that are over, and that their team has no more on its hands. */
  forget(isOver: (change: string) => boolean, open: State['open']): void {
    const prefix = changeStream('')
    for (const name of this.#streams.keys()) {
      const change = name.slice(prefix.length)
      if (!name.startsWith(prefix) || !isOver(change) || open.has(change)) continue
      this.#streams.delete(name)
      this.children.delete(change)
      if (this.changes.delete(change)) this.forgotten += 1
    }
    this.#name = ''
    this.#last = undefined
  }
}
