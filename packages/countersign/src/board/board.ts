import type { Change } from '../change/change.ts'
import { explain } from '../change/explain.ts'
import type { State } from '../record/state.ts'
import type { Instant } from '../values/instant.ts'

/** A change as it lies on a board. */
export interface Card {
  readonly change: string
  readonly title: string
  readonly category: string
  readonly owner?: string
  /** Since when it is in its column. */
  readonly since: Instant
  /** What it waits for: the roles that lack persons, and who could act. */
  readonly waitsFor: Readonly<Record<string, number>>
  readonly status: string
  readonly whoCanUnblock: readonly string[]
}

export interface Column {
  readonly name: string
  readonly cards: readonly Card[]
}

/** The team's changes in columns: the stages of its flows in their order, then what is done. */
export interface Board {
  readonly team: string
  readonly at: Instant
  readonly columns: readonly Column[]
}

const ends = ['returned', 'completed', 'closed', 'cancelled']

/** Puts the stages of one more flow among the columns: each after the one before it, where that can be. */
function merged(columns: readonly string[], flow: readonly string[]): string[] {
  const result = [...columns]
  for (const [place, stage] of flow.entries()) {
    if (result.includes(stage)) continue
    const before = place === 0 ? -1 : result.indexOf(flow[place - 1] ?? '')
    const after = result.findIndex(name => flow.indexOf(name) > place)
    result.splice(before >= 0 ? before + 1 : after >= 0 ? after : result.length, 0, stage)
  }
  return result
}

/** Projects the board of a team from the state. */
export function boardOf(state: State, team: string, at: Instant): Board {
  const own = [...state.changes.values()].filter(change => change.team === team)
  const digests = new Set([state.governance.policyInForce[team] ?? '', ...own.map(change => change.policy)])
  const flows = [...digests].toSorted().flatMap(digest => {
    const categories = state.governance.policies[digest]?.document.categories ?? {}
    // The order in which a policy was written is not recorded, so the names give it.
    return Object.keys(categories)
      .toSorted()
      .map(name => categories[name]?.flow.map(stage => stage.name) ?? [])
  })
  const names = flows.reduce(merged, [])
  return {
    team,
    at,
    columns: [...names, ...ends].map(name => ({
      name,
      cards: own.filter(change => change.state === name).map(change => cardOf(state, change, at)),
    })),
  }
}

function cardOf(state: State, change: Change, at: Instant): Card {
  const told = explain({ ...state.worldOf(change.id), change }, at)
  const here = told.stages.find(stage => stage.here)
  return {
    change: change.id,
    title: change.title,
    category: change.category,
    ...(change.assignee === undefined ? {} : { owner: change.assignee }),
    since: change.since,
    waitsFor: here?.missing ?? {},
    status: here?.status ?? change.state,
    whoCanUnblock: told.whoCanUnblock,
  }
}
