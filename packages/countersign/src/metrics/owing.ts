import type { Change, Obligation } from '../change/change.ts'
import { overdue } from '../change/progress.ts'
import { hasEnded, pin, type World } from '../change/world.ts'
import { LeadsNowhere } from '../decision/leads-nowhere.ts'
import type { Governance } from '../governance/governance.ts'
import { isGovernance, type RecordBody } from '../record/record.ts'
import { State } from '../record/state.ts'
import type { Instant } from '../values/instant.ts'

/** What something was from an instant on. */
interface Version<One> {
  readonly at: Instant
  readonly is: One
}

const versionAt = <One>(versions: readonly Version<One>[], until: Instant): One | undefined =>
  versions.findLast(one => one.at < until)?.is

/**
 * What was owed at any instant, as things stood then: what was given falls away by what becomes known of a person, and by time,
 * which is told in an entry about the change only later. So every version is kept of the changes on which something is owed, of
 * those that they belong with, and of the people and rules.
 */
export class Owing {
  readonly #state = new State()
  readonly #governance: Version<Governance>[] = []
  readonly #changes = new Map<string, Version<Change>[]>()

  constructor() {
    this.#state.isShared = false
  }

  /** Takes in the next entry. */
  entry(body: RecordBody): void {
    this.#state.fold(body)
    const { at, command, outcome } = body
    if ('refused' in outcome) return
    if (isGovernance(command)) {
      if (this.#changes.size > 0) this.#governance.push({ at, is: this.#state.governance })
      return
    }
    const change = this.#state.changes.get(command.change)
    if (change === undefined || !this.#isWatched(change)) return
    if (this.#changes.size === 0) this.#governance.push({ at, is: this.#state.governance })
    if (!this.#changes.has(change.id))
      for (const one of this.#relativesOf(change)) if (!this.#changes.has(one.id)) this.#keep(one, at)
    this.#keep(change, at)
  }

  #isWatched({ id, parent, obligations }: Change): boolean {
    if (obligations.length > 0 || this.#changes.has(id)) return true
    return this.#state.ancestorsFrom(parent).some(one => this.#changes.has(one.id))
  }

  #relativesOf({ id, parent }: Change): Change[] {
    return [...this.#state.ancestorsFrom(parent), ...this.#state.descendantsOf(id)]
  }

  #keep(change: Change, at: Instant): void {
    const known = this.#changes.get(change.id)
    if (known === undefined) this.#changes.set(change.id, [{ at, is: change }])
    else known.push({ at, is: change })
  }

  /**
   * What was owed on a change before an instant, or still is, as things stood then; `undefined` where that is what its entries
   * say: nothing was owed on it, its life had ended, or it leads nowhere.
   */
  on(id: string, until: Instant): readonly Obligation[] | undefined {
    const governance = versionAt(this.#governance, until)
    const change = this.#changeAt(id, until)
    if (governance === undefined || change === undefined || hasEnded(change)) return undefined
    if (change.obligations.length === 0) return undefined
    const then = (list: readonly Change[]) => list.flatMap(one => this.#changeAt(one.id, until) ?? [])
    const world: World = {
      governance,
      ancestors: then(this.#state.ancestorsFrom(change.parent)),
      descendants: then(this.#state.descendantsOf(id)),
    }
    try {
      return overdue(pin(world, change, until), change).change.obligations
    } catch (error) {
      if (error instanceof LeadsNowhere) return undefined
      throw error
    }
  }

  #changeAt(id: string, until: Instant): Change | undefined {
    const versions = this.#changes.get(id)
    return versions === undefined ? undefined : versionAt(versions, until)
  }
}
