import type { Obligation } from '../change/change.ts'
import { explain } from '../change/explain/explain.ts'
import { isArranging, type WayOut } from '../change/explain/explanation.ts'
import { openObligations } from '../change/obligation.ts'
import type { State } from '../record/state.ts'
import { worldToExplain } from '../record/world.ts'
import type { Instant } from '../values/instant.ts'

/** Something that is owed on a change which has taken effect. */
export interface Owed extends Pick<Obligation, 'kind' | 'stage' | 'since' | 'due'> {
  readonly change: string
  readonly team: string
  readonly category: string
  /** Its time is over. */
  readonly late: boolean
  /** Who could do it now; nobody, where the roles that it takes have no holder who may. */
  readonly by: readonly string[]
  /** The roles that it still takes, and how many persons of each. */
  readonly missing: Readonly<Record<string, number>>
}

/** Everything that is owed at an instant, what is due first at the top. */
export function obligationsOf(state: State, at: Instant): Owed[] {
  const owed = state.openChanges().flatMap((change): Owed[] => {
    if (change.obligations.length === 0) return []
    // What fell away meanwhile is owed again, though no entry says so yet.
    const told = explain(worldToExplain(state, change), at)
    const open = openObligations(told)
    const { id, team, category } = change
    return open.map(({ kind, stage, since, due }) => {
      // A remedy is begun by a change that is submitted.
      const leads = (one: WayOut) => one.do === 'submit' || !isArranging(one)
      const ways = told.waysOut.filter(one => one.stage === stage && leads(one))
      const by = [...new Set(ways.flatMap(one => one.persons))].toSorted()
      const missing = kind === 'review' ? (told.stages.find(one => one.stage === stage)?.missing ?? {}) : {}
      return { change: id, team, category, kind, stage, since, due, late: at >= due, by, missing }
    })
  })
  return owed.toSorted((a, b) => (a.due < b.due ? -1 : a.due > b.due ? 1 : a.change < b.change ? -1 : 1))
}
