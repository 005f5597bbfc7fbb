import type { Change } from '../change/change.ts'
import { hasEnded } from '../change/world.ts'
import type { State } from '../record/state.ts'
import { isCommitment } from '../values/commitment.ts'
import type { Interval } from '../values/schedule.ts'

/** Two changes that are planned for the same time and touch the same thing. */
export interface Collision {
  readonly changes: readonly [string, string]
  /** What both touch: for each field its values. */
  readonly touch: Readonly<Record<string, readonly string[]>>
  /** The time that both plans have in common. */
  readonly during: Interval
}

interface Planned {
  readonly change: Change
  readonly plan: Interval
  readonly touches: ReadonlyMap<string, readonly string[]>
}

/** The collisions of what is planned and not over, in the order of their times. */
export function collisionsOf(state: State): Collision[] {
  const planned = state
    .openChanges()
    .flatMap((change): Planned[] => {
      const { plan } = change
      if (plan === undefined || hasEnded(change)) return []
      const touches = touchedBy(state, change)
      return touches.size === 0 ? [] : [{ change, plan, touches }]
    })
    .toSorted((a, b) => (a.plan.from < b.plan.from ? -1 : a.plan.from > b.plan.from ? 1 : 0))
  const found: Collision[] = []
  for (const [place, one] of planned.entries()) {
    for (const other of planned.slice(place + 1)) {
      // They come in the order in which they begin, so nothing after the first that begins too late overlaps.
      if (other.plan.from >= one.plan.until) break
      const touch = common(one, other)
      if (Object.keys(touch).length === 0) continue
      const [until = other.plan.until] = [one.plan.until, other.plan.until].toSorted()
      found.push({ changes: [one.change.id, other.change.id], touch, during: { from: other.plan.from, until } })
    }
  }
  return found
}

function touchedBy(state: State, { policy, category, form }: Change): Map<string, readonly string[]> {
  const fields = state.governance.policies[policy]?.document.categories[category]?.touches ?? []
  return new Map(
    fields.flatMap((field): [string, readonly string[]][] => {
      const value = Object.hasOwn(form, field) ? form[field] : undefined
      // What is private touches nothing that anybody could name.
      return value === undefined || isCommitment(value)
        ? []
        : [[field, typeof value === 'object' ? value : [String(value)]]]
    }),
  )
}

function common(one: Planned, other: Planned): Record<string, readonly string[]> {
  const both = [...one.touches].flatMap(([field, values]): [string, string[]][] => {
    const shared = values.filter(value => other.touches.get(field)?.includes(value))
    return shared.length === 0 ? [] : [[field, shared]]
  })
  return Object.fromEntries(both)
}
