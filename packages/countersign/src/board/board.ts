import { boardFor, inLane, takesPlace } from '../change/card.ts'
import type { Change } from '../change/change.ts'
import { explain } from '../change/explain.ts'
import type { Explanation } from '../change/explanation.ts'
import { hasEnded } from '../change/world.ts'
import { personOf } from '../governance/alias.ts'
import type { Priorities } from '../governance/governance.ts'
import { type BoardRules, columnNamed, columnOf } from '../policy/board.ts'
import { statesBeside } from '../policy/stage.ts'
import type { State } from '../record/state.ts'
import type { Instant } from '../values/instant.ts'

/** A change as it lies on a board. */
export interface Card {
  readonly change: string
  readonly title: string
  readonly category: string
  readonly owner?: string
  /** It is in the lane for what cannot wait: it came in by it, and exceeds a limit still. */
  readonly lane?: 'expedite'
  /** The column of its stage, into which somebody has to pull it. */
  readonly pullInto?: string
  /** Its place in the order of priority, from 1, where it has one. */
  readonly priority?: number
  /** Since when it lies in its column. */
  readonly since: Instant
  /** What it waits for: the roles that lack persons, and who could act. */
  readonly waitsFor: Readonly<Record<string, number>>
  readonly status: string
  readonly whoCanUnblock: readonly string[]
}

export interface Column {
  readonly name: string
  /** So many changes lie in it at most. */
  readonly limit?: number
  /** Declared to lie outside of what is in progress. */
  readonly outside?: true
  readonly cards: readonly Card[]
}

/** The team's changes in columns: the stages of its flows in their order, then what is done. */
export interface Board {
  readonly team: string
  readonly at: Instant
  readonly columns: readonly Column[]
  /** With whom how much lies that takes one of their places, and how many those are. */
  readonly owners: readonly { readonly person: string; readonly cards: number; readonly limit?: number }[]
  /** How much is in progress, and how much can be. */
  readonly progress: { readonly cards: number; readonly capacity?: number }
  /** The order of priority as it was decided last. */
  readonly priorities?: Priorities
}

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

/** Projects the board of a team from the state; none, where nobody has adopted a policy for a team of this name. */
export function boardOf(state: State, team: string, at: Instant): Board | undefined {
  const own = [...state.changes.values()].filter(change => change.team === team)
  if (own.length === 0 && !Object.hasOwn(state.governance.policyInForce, team)) return undefined
  const digests = new Set([state.governance.policyInForce[team] ?? '', ...own.map(change => change.policy)])
  const flows = [...digests].toSorted().flatMap(digest => {
    const categories = state.governance.policies[digest]?.document.categories ?? {}
    // The order in which a policy was written is not recorded, so the names give it.
    return Object.keys(categories)
      .toSorted()
      .map(name => categories[name]?.flow.map(stage => stage.name) ?? [])
  })
  const names = flows.reduce(merged, [])
  const rules = boardFor(state.governance, team)
  const order = state.governance.priorities[team]?.order ?? []
  const person = (id: string) => personOf(state.governance, id, at)
  const lane = rules === undefined ? [] : inLane(rules, own, person).map(({ id }) => id)
  const told = own.map(change => {
    const told = explain({ ...state.worldOf(change.id), change }, at)
    const lies = liesIn(rules, change, told)
    return { lies, card: cardOf(change, told, { lies, order, rules, isInLane: lane.includes(change.id) }) }
  })
  const mapped = new Set(rules?.columns.flatMap(one => one.stages))
  const columns = [
    ...(rules?.columns.map(one => one.name) ?? []),
    ...names.filter(name => !mapped.has(name)),
    ...statesBeside,
  ]
  // Also a column that a newer policy has no more, while something still lies there: it waits to be pulled.
  const gone = told.flatMap(({ lies }) => (lies === queue || columns.includes(lies) ? [] : [lies]))
  const left = [...(told.some(({ lies }) => lies === queue) ? [queue] : []), ...gone.toSorted()]
  const open = own.filter(change => !hasEnded(change))
  const inProgress = open.filter(change => isInProgress(rules, change))
  const priorities = state.governance.priorities[team]
  return {
    team,
    at,
    columns: [...new Set([...left, ...columns])].map(name => ({
      name,
      ...detailsOf(rules, name),
      cards: told
        .flatMap(({ lies, card }) => (lies === name ? [card] : []))
        .toSorted((one, other) => (one.priority ?? order.length + 1) - (other.priority ?? order.length + 1)),
    })),
    owners: ownersOf(
      rules,
      open.filter(change => takesPlace(rules, change)),
      person,
    ),
    progress: { cards: inProgress.length, ...(rules?.capacity === undefined ? {} : { capacity: rules.capacity }) },
    ...(priorities === undefined ? {} : { priorities }),
  }
}

/** What lies in no column yet: it was asked for, and has to be pulled. */
const queue = 'queue'

/** Facts do not move cards where there are rules; without them a card lies at the stage that the change has come to. */
function liesIn(rules: BoardRules | undefined, { state: stage, column }: Change, told: Explanation): string {
  if (rules === undefined) return told.state
  if (stage === 'completed' || stage === 'closed' || stage === 'cancelled') return stage
  return column ?? (stage === 'returned' ? stage : queue)
}

/** Since when a card lies where it does: in what is over as long as it is over, and in the queue since it was asked for. */
function sinceWhen({ column, columnSince, submittedAt }: Change, lies: string, told: Explanation): Instant {
  if (lies === queue) return submittedAt
  return lies === column && columnSince !== undefined ? columnSince : told.since
}

const isInProgress = (rules: BoardRules | undefined, { column }: Change): boolean =>
  rules === undefined || (column !== undefined && columnNamed(rules, column).isWip)

function detailsOf(rules: BoardRules | undefined, name: string): Pick<Column, 'limit' | 'outside'> {
  const found = rules?.columns.find(one => one.name === name)
  return {
    ...(found?.limit === undefined ? {} : { limit: found.limit }),
    ...(found?.wip === undefined ? {} : { outside: true }),
  }
}

function ownersOf(
  rules: BoardRules | undefined,
  taking: readonly Change[],
  person: (id: string) => string,
): Board['owners'] {
  const cards = new Map<string, number>()
  for (const { assignee } of taking) {
    if (assignee === undefined) continue
    const who = person(assignee)
    cards.set(who, (cards.get(who) ?? 0) + 1)
  }
  const limit = rules?.perPerson === undefined ? {} : { limit: rules.perPerson }
  return [...cards]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([person, number]) => ({ person, cards: number, ...limit }))
}

/** What a card shows beside the change itself. */
interface Lying {
  readonly lies: string
  readonly order: readonly string[]
  readonly rules: BoardRules | undefined
  readonly isInLane: boolean
}

function cardOf(change: Change, told: Explanation, { lies, order, rules, isInLane }: Lying): Card {
  const here = told.stages.find(stage => stage.here)
  const place = order.indexOf(change.id)
  const own = rules === undefined || here === undefined ? undefined : columnOf(rules, told.state).name
  return {
    change: change.id,
    title: change.title,
    category: change.category,
    ...(change.assignee === undefined ? {} : { owner: change.assignee }),
    ...(isInLane ? { lane: 'expedite' as const } : {}),
    ...(own === undefined || own === change.column ? {} : { pullInto: own }),
    ...(place < 0 ? {} : { priority: place + 1 }),
    since: sinceWhen(change, lies, told),
    waitsFor: here?.missing ?? {},
    status: here?.status ?? told.state,
    whoCanUnblock: told.whoCanUnblock,
  }
}
