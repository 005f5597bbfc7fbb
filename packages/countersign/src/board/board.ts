import { boardFor, columnToPull, type HeldBack, inLane, takesPlace } from '../change/card.ts'
import type { Change } from '../change/change.ts'
import { explain } from '../change/explain/explain.ts'
import type { Explanation } from '../change/explain/explanation.ts'
import { hasEnded, pin } from '../change/world.ts'
import { personOf } from '../governance/alias.ts'
import type { Governance, Priorities } from '../governance/governance.ts'
import { type BoardRules, columnNamed } from '../policy/board.ts'
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
  /** What keeps it from being pulled there, as things are: there is no room, or it lies with nobody. */
  readonly held?: HeldBack
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
  /** So many changes lie in it. Of those that are over, and on which nothing is owed, not all need be among the cards. */
  readonly count: number
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

/** So many of those that are over a person looks at. */
const finishedShown = 20

/**
 * Projects the board of a team from the state; none, where nobody has adopted a policy for a team of this name. Of the changes
 * that are over, so many as are `finished` have a card in each column, and the others are counted and not explained.
 */
export function boardOf(state: State, team: string, at: Instant, finished = finishedShown): Board | undefined {
  const { governance } = state
  const own = [...state.changes.values()].filter(change => change.team === team)
  if (own.length === 0 && !Object.hasOwn(governance.policyInForce, team)) return undefined
  const rules = boardFor(governance, team)
  const priorities = governance.priorities[team]
  const person = (id: string) => personOf(governance, id, at)
  const open = own.filter(change => !hasEnded(change))
  const lane = new Set(rules === undefined ? [] : inLane(rules, open, person).map(({ id }) => id))
  const setting = { rules, open, lane, order: priorities?.order ?? [] }
  const left = leftOut(state, own, finished)
  const lying = cardsOf(state, own, left, setting, at)
  const inProgress = open.filter(change => isInProgress(rules, change))
  return {
    team,
    at,
    columns: columnsOf(stagesOf(governance, team, own), lying, left, setting),
    owners: ownersOf(
      rules,
      open.filter(change => takesPlace(rules, change)),
      person,
    ),
    progress: { cards: inProgress.length, ...(rules?.capacity === undefined ? {} : { capacity: rules.capacity }) },
    ...(priorities === undefined ? {} : { priorities }),
  }
}

/** What the cards and columns of a board hang on besides the changes. */
interface Setting {
  readonly rules: BoardRules | undefined
  /** The changes that are not over. */
  readonly open: readonly Change[]
  /** The changes that are in the lane for what cannot wait. */
  readonly lane: ReadonlySet<string>
  /** The changes in the order of priority. */
  readonly order: readonly string[]
}

/** A card, and the name of the column in which it lies. */
interface Lying {
  readonly lies: string
  readonly card: Card
}

/** The changes that are over, and that are earlier ones than the latest of their column: nothing is owed on any of them. */
function leftOut(state: State, own: readonly Change[], finished: number): ReadonlySet<Change> {
  const over = own.filter(({ id }) => !state.open.has(id))
  return new Set(
    [...Map.groupBy(over, change => change.state).values()].flatMap(ended =>
      ended.length <= finished ? [] : ended.toSorted(byLatest).slice(finished),
    ),
  )
}

const byLatest = (one: Change, other: Change): number =>
  one.since > other.since ? -1 : one.since < other.since ? 1 : 0

/** The names of all stages of a team's flows, in their order: of the policy in force, and of those to which its changes are pinned. */
function stagesOf({ policies, policyInForce }: Governance, team: string, own: readonly Change[]): readonly string[] {
  const digests = new Set([policyInForce[team] ?? '', ...own.map(change => change.policy)])
  const flows = [...digests].toSorted().flatMap(digest => {
    const categories = policies[digest]?.document.categories ?? {}
    // The order in which a policy was written is not recorded, so the names give it.
    return Object.keys(categories)
      .toSorted()
      .map(name => categories[name]?.flow.map(stage => stage.name) ?? [])
  })
  return flows.reduce(merged, [])
}

/** A card for each change that is shown. */
function cardsOf(
  state: State,
  own: readonly Change[],
  left: ReadonlySet<Change>,
  setting: Setting,
  at: Instant,
): readonly Lying[] {
  return own
    .filter(change => !left.has(change))
    .map(change => {
      const told = explain({ ...state.worldOf(change.id), change, team: setting.open }, at)
      const lies = liesIn(setting.rules, change, told)
      const pulled = columnToPull(pin(state.worldOf(change.id), change, at), { ...change, state: told.state })
      return { lies, card: cardOf(change, told, lies, pulled, setting) }
    })
}

/** The columns with their cards: those of the rules, then the stages that lie in none of these, then what is done. */
function columnsOf(
  stages: readonly string[],
  lying: readonly Lying[],
  left: ReadonlySet<Change>,
  { rules, order }: Setting,
): Column[] {
  const mapped = new Set(rules?.columns.flatMap(one => one.stages))
  const columns = [
    ...(rules?.columns.map(one => one.name) ?? []),
    ...stages.filter(name => !mapped.has(name)),
    ...statesBeside,
  ]
  // Also a column that a newer policy has no more, while something still lies there: it waits to be pulled.
  const gone = lying.flatMap(({ lies }) => (lies === queue || columns.includes(lies) ? [] : [lies]))
  const waiting = lying.some(({ lies }) => lies === queue) ? [queue] : []
  const others = Map.groupBy(left, change => change.state)
  const place = ({ priority = order.length + 1 }: Card) => priority
  return [...new Set([...waiting, ...gone.toSorted(), ...columns])].map(name => {
    const cards = lying
      .flatMap(({ lies, card }) => (lies === name ? [card] : []))
      .toSorted((one, other) => place(one) - place(other))
    return { name, ...detailsOf(rules, name), count: cards.length + (others.get(name)?.length ?? 0), cards }
  })
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

function cardOf(
  change: Change,
  told: Explanation,
  lies: string,
  pullInto: string | undefined,
  { order, lane }: Setting,
): Card {
  const here = told.stages.find(stage => stage.here)
  const place = order.indexOf(change.id)
  return {
    change: change.id,
    title: change.title,
    category: change.category,
    ...(change.assignee === undefined ? {} : { owner: change.assignee }),
    ...(lane.has(change.id) ? { lane: 'expedite' as const } : {}),
    ...(pullInto === undefined ? {} : { pullInto }),
    ...(told.held === undefined ? {} : { held: told.held }),
    ...(place < 0 ? {} : { priority: place + 1 }),
    since: sinceWhen(change, lies, told),
    waitsFor: here?.missing ?? {},
    status: here?.status ?? told.state,
    whoCanUnblock: told.whoCanUnblock,
  }
}
