import type { Change } from '../change/change.ts'
import { changeStream } from '../record/record.ts'
import { IdsInMemory, type Shelves, type State } from '../record/state.ts'
import type { Instant } from '../values/instant.ts'

/** Shelves in memory from which is taken what nobody will ask for. */
export class Kept implements Shelves {
  readonly changes = new Map<string, Change>()
  readonly versions = new Map<string, number>()
  readonly instants = new Map<string, Instant>()
  readonly ids = new IdsInMemory()
  readonly children = new Map<string, string[]>()
  /** How many changes were forgotten. */
  forgotten = 0

  /** Forgets the changes that are over, and that their team has no more on its hands. */
  forget(isOver: (change: string) => boolean, open: State['open']): void {
    const prefix = changeStream('')
    for (const stream of this.versions.keys()) {
      const change = stream.slice(prefix.length)
      if (!stream.startsWith(prefix) || !isOver(change) || open.has(change)) continue
      this.versions.delete(stream)
      this.instants.delete(stream)
      this.children.delete(change)
      this.ids.forget(stream)
      if (this.changes.delete(change)) this.forgotten += 1
    }
  }
}
