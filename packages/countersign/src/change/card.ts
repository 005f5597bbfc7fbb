import type { Refusal } from '../decision/facts.ts'
import { type Refused, refuse } from '../decision/refusal.ts'
import type { Governance } from '../governance/governance.ts'
import { isActive } from '../governance/identity.ts'
import { type BoardColumn, type BoardRules, columnNamed, columnOf, guardsProgress } from '../policy/board.ts'
import { didYouMean } from '../values/near.ts'
import type { Change } from './change.ts'
import type { ChangeEvent } from './event.ts'
import { hasEnded, type Pinned } from './world.ts'

// A change as it lies on its team's board. The board is the team's and not the change's: it is the one of the policy in
// force, whichever policy the change is judged by.

/** The rules of a team's board, where it has one. */
export function boardFor(governance: Governance, team: string): BoardRules | undefined {
  const digest = Object.hasOwn(governance.policyInForce, team) ? governance.policyInForce[team] : undefined
  return digest === undefined ? undefined : governance.policies[digest]?.document.board
}

/** Where a change lies: where it was moved, or, before that, in no column. */
export const placeOf = (rules: BoardRules, { column }: Pick<Change, 'column'>): BoardColumn | undefined =>
  column === undefined ? undefined : columnNamed(rules, column)

/** Whether a change may go on to a column by itself: no limit of the column, and none on what is in progress, is at stake. */
function isOpenTo(rules: BoardRules, change: Change, to: BoardColumn): boolean {
  if (to.limit !== undefined) return false
  const from = placeOf(rules, change)
  return !to.isWip || from?.isWip === true || !guardsProgress(rules)
}

/** Whether somebody has put a change out of what is in progress, where its stage does not lie. */
const isPutAside = (rules: BoardRules, change: Change, own: BoardColumn): boolean =>
  change.column !== own.name && placeOf(rules, change)?.isWip === false

/**
 * Where the change comes to lie by itself, once a decision has led it on from the stage at which it was before. What was put
 * aside stays there until then.
 */
export function drift(pinned: Pinned, change: Change, before: string | undefined): ChangeEvent[] {
  const rules = boardFor(pinned.governance, change.team)
  if (rules === undefined || !isAtStage(pinned, change)) return []
  const to = columnOf(rules, change.state)
  if (to.name === change.column || !isOpenTo(rules, change, to)) return []
  if (change.state === before && isPutAside(rules, change, to)) return []
  // What came in by the lane stays in it, until it is seen to exceed nothing any more.
  const lane = change.lane === undefined || !to.isWip ? {} : { lane: change.lane }
  return [{ type: 'card.moved', column: to.name, ...lane }]
}

const isAtStage = ({ category }: Pinned, { state }: Change): boolean => category.flow.some(one => one.name === state)

/** The column of its stage, where a change does not go there by itself: it is pulled there first. */
export function columnToPull(pinned: Pinned, change: Change): string | undefined {
  const rules = boardFor(pinned.governance, change.team)
  if (rules === undefined || !isAtStage(pinned, change)) return undefined
  const to = columnOf(rules, change.state)
  if (to.name === change.column || (isOpenTo(rules, change, to) && !isPutAside(rules, change, to))) return undefined
  return to.name
}

/** The refusal of work at a stage whose column the change has not come to. */
export function notPulled(pinned: Pinned, change: Change) {
  const column = columnToPull(pinned, change)
  if (column === undefined) return undefined
  return refuse('board.not-pulled', { change: change.id, column, lies: change.column ?? null })
}

/** The changes that take up a place on a board, besides one. */
const others = (team: readonly Change[], { id }: Change): readonly Change[] =>
  team.filter(one => one.id !== id && !hasEnded(one))

/** Where a card is to lie, and with whom. */
export interface Pull {
  readonly column?: string | undefined
  readonly owner?: string | undefined
}

/** What comes of a move. */
type Moved = Refused | { readonly events: readonly ChangeEvent[] }

/** A limit that a move would exceed. */
interface Exceeded {
  readonly limit: string
  readonly most: number
  readonly there: readonly string[]
  /** Of the places of it that nobody has taken, how many are reserved for each category. */
  readonly kept?: Readonly<Record<string, number>>
}

/**
 * Moves a card to the column of its stage, or out of what is in progress, as far as the limits let it; with an owner, it is
 * given to them in the same step.
 */
export function moveTo(
  pinned: Pinned,
  change: Change,
  team: readonly Change[],
  { column: name, owner }: Pull,
  rules = boardFor(pinned.governance, change.team),
): Moved {
  if (rules === undefined) return refuse('board.none', { team: change.team })
  const own = columnOf(rules, change.state)
  const to = name === undefined ? own : columnNamed(rules, name)
  const aside = rules.columns.filter(one => one.wip === false).map(one => one.name)
  // What was sent back, or waits for its remedy, is nowhere in its flow, so it can only be put aside.
  const known = isAtStage(pinned, change) ? [own.name, ...aside] : aside
  if (!known.includes(to.name))
    return refuse('board.out-of-reach', {
      change: change.id,
      column: to.name,
      known: [...new Set(known)].filter(one => one !== change.column),
      near: didYouMean(to.name, known),
    })
  if (to.name === change.column)
    return refuse('nothing-to-do', {
      what: change.id,
      state: 'in column',
      column: to.name,
      ...(owner === undefined || owner === change.assignee ? {} : { owner }),
    })
  const moved = owner === undefined ? change : { ...change, assignee: owner }
  const enters = to.isWip && placeOf(rules, change)?.isWip !== true
  const unowned = enters && rules.owner === 'required' ? withoutOwner(pinned, moved, to) : undefined
  if (unowned !== undefined) {
    // Nobody is told to name an owner for what has no room, whoever has it.
    const anybodys = { ...change, assignee: undefined }
    const full = limitOn(moveTo(pinned, anybodys, team, { column: name }, { ...rules, owner: undefined }))
    return full === undefined ? unowned : { refused: full }
  }
  const rest = others(team, change)
  const { person } = pinned
  const within = to.isWip ? progressExceeded(person, rules, rest, moved) : []
  const taken = owner === change.assignee ? undefined : owner
  // What is in progress already takes no place there anew, but for one with somebody else.
  const anew = enters ? within : within.filter(one => taken !== undefined && one.limit === limitOf(taken))
  const exceeded = [...columnExceeded(rest, to), ...anew]
  const isHeld = change.lane !== undefined && isUrgent(rules, change) && within.length > 0
  const given = taken === undefined ? [] : [{ type: 'change.assigned', to: taken } as const]
  const [first] = exceeded
  if (first === undefined) {
    const lane = isHeld ? { lane: change.lane } : {}
    return { events: [...given, { type: 'card.moved', column: to.name, ...lane } as const] }
  }
  const { expedite } = rules
  if (!isUrgent(rules, change)) return withoutRoom(rules, rest, change, first)
  const there = inLane(
    rules,
    [...rest, { ...moved, column: to.name, columnSince: pinned.at, lane: 'expedite' }],
    person,
  )
  if (expedite !== undefined && there.length > expedite.size) {
    const taking = there.flatMap(({ id }) => (id === change.id ? [] : [id]))
    return refuse('limit.expedite', { change: change.id, most: expedite.size, there: taking.slice(0, mostNamed) })
  }
  const over = exceeded.map(({ limit, most, there }) => ({ limit, most, there: there.length }))
  return { events: [...given, { type: 'card.moved', column: to.name, lane: 'expedite', over } as const] }
}

/**
 * The refusal for want of room, with the columns outside of what is in progress to which one of those that are there could be
 * put aside.
 */
function withoutRoom(rules: BoardRules, rest: readonly Change[], change: Change, exceeded: Exceeded) {
  const aside = rules.columns
    .filter(one => one.wip === false && limitOfColumn(one.name) !== exceeded.limit)
    .map(one => columnNamed(rules, one.name))
    .filter(one => columnExceeded([...rest, change], one).length === 0)
  return refuse('limit.reached', {
    change: change.id,
    ...exceeded,
    there: exceeded.there.slice(0, mostNamed),
    ...(aside.length === 0 || exceeded.there.length === 0 ? {} : { aside: aside.map(one => one.name) }),
  })
}

/** What keeps a change from being pulled into the column of its stage, as things are: there is no room for it, or nobody has it. */
export interface HeldBack {
  readonly column: string
  /** What a move of it is refused with now; where it lies with nobody, for want of room if there is none for anybody's. */
  readonly refusal: Refusal<'limit.reached' | 'limit.expedite' | 'limit.owner'>
}

/** What keeps a change from being pulled, for whoever names no other owner with the move. */
export function heldBack(pinned: Pinned, change: Change, team: readonly Change[]): HeldBack | undefined {
  const column = columnToPull(pinned, change)
  const refusal = column === undefined ? undefined : limitOn(moveTo(pinned, change, team, {}))
  return column === undefined || refusal === undefined ? undefined : { column, refusal }
}

/** The refusal of a move for a limit, where it is one. */
function limitOn(moved: Moved) {
  if (!('refused' in moved)) return undefined
  const { refused } = moved
  return isOfLimit(refused) ? refused : undefined
}

const isOfLimit = (refused: Refusal): refused is HeldBack['refusal'] => refused.code.startsWith('limit.')

/** Whether it could be pulled, were it given in the same step to one of some persons. */
export const hasOwnerAmong = (
  pinned: Pinned,
  change: Change,
  team: readonly Change[],
  persons: readonly string[],
): boolean =>
  persons.some(
    one => isActive(pinned.governance, one) && limitOn(moveTo(pinned, change, team, { owner: one })) === undefined,
  )

/** The refusal of what lies with nobody, or with somebody who has left. */
function withoutOwner({ governance }: Pinned, { id, assignee }: Change, { name: column }: BoardColumn) {
  if (assignee !== undefined && isActive(governance, assignee)) return undefined
  return refuse('limit.owner', { change: id, column, ...(assignee === undefined ? {} : { left: assignee }) })
}

type PersonOf = Pinned['person']

/** Whether a change is of a category for which the board has a lane. */
const isUrgent = ({ expedite }: BoardRules, { category }: Change): boolean =>
  expedite?.categories.includes(category) ?? false

/**
 * Which changes take a place in the lane for what cannot wait: those that came in by it, and that the limits would not let
 * in beside everything else. Once there is room for one, it is a change like any other.
 */
export function inLane(rules: BoardRules, team: readonly Change[], person: PersonOf): Change[] {
  const open = team.filter(one => !hasEnded(one))
  const cameByLane = (one: Change) => one.lane !== undefined && isUrgent(rules, one)
  const settled = open.filter(one => !cameByLane(one))
  const found: Change[] = []
  for (const one of open.filter(cameByLane).toSorted(byWhenTheyCame)) {
    const place = placeOf(rules, one)
    if (place !== undefined && exceededIn(person, rules, settled, place, one).length > 0) found.push(one)
    else settled.push(one)
  }
  return found
}

/** Whoever looks at a board takes them in this order, whatever order they are handed over in. */
function byWhenTheyCame(one: Change, other: Change): number {
  const [some, others] = [one.columnSince ?? '', other.columnSince ?? '']
  return some === others ? (one.id < other.id ? -1 : 1) : some < others ? -1 : 1
}

const mostNamed = 20

/** The limits that one more change in a column would exceed. */
const exceededIn = (
  person: PersonOf,
  rules: BoardRules,
  rest: readonly Change[],
  place: BoardColumn,
  change: Change,
): Exceeded[] => [...columnExceeded(rest, place), ...(place.isWip ? progressExceeded(person, rules, rest, change) : [])]

const limitOfColumn = (name: string): string => `column ${name}`

function columnExceeded(rest: readonly Change[], { name, limit }: BoardColumn): Exceeded[] {
  if (limit === undefined) return []
  const there = rest.filter(one => one.column === name).map(one => one.id)
  return there.length < limit ? [] : [{ limit: limitOfColumn(name), most: limit, there }]
}

/** The limits on what is in progress that one more change would exceed: of its owner, its category and of all together. */
function progressExceeded(person: PersonOf, rules: BoardRules, rest: readonly Change[], change: Change): Exceeded[] {
  const found: Exceeded[] = []
  if (change.assignee !== undefined) found.push(...personExceeded(person, rules, rest, change.assignee))
  const inProgress = rest.filter(one => placeOf(rules, one)?.isWip === true)
  const own = inProgress.filter(one => one.category === change.category).map(one => one.id)
  const max = Object.hasOwn(rules.categories ?? {}, change.category)
    ? rules.categories?.[change.category]?.max
    : undefined
  if (max !== undefined && own.length >= max)
    found.push({ limit: `category ${change.category}`, most: max, there: own })
  if (rules.capacity === undefined) return found
  const count = (category: string) =>
    inProgress.filter(one => one.category === category).length + (category === change.category ? 1 : 0)
  const kept = Object.entries(rules.categories ?? {}).flatMap(([category, { reserve = 0 }]) => {
    const places = reserve - count(category)
    return places > 0 ? [[category, places] as const] : []
  })
  // A place that is kept for a category is taken, whether or not somebody is in it.
  const taken = inProgress.length + 1 + kept.reduce((sum, [, places]) => sum + places, 0)
  if (taken > rules.capacity)
    found.push({
      limit: 'capacity',
      most: rules.capacity,
      there: inProgress.map(one => one.id),
      ...(kept.length === 0 ? {} : { kept: Object.fromEntries(kept) }),
    })
  return found
}

/**
 * The refusal of another category for a change where the limits leave no room for one more of it: nobody comes
 * past them by calling a change something else.
 */
export function crowding(pinned: Pinned, before: Change, change: Change, team: readonly Change[]) {
  const rules = boardFor(pinned.governance, change.team)
  const place = rules === undefined ? undefined : placeOf(rules, change)
  if (rules === undefined || place === undefined || change.category === before.category) return undefined
  const rest = others(team, change)
  const exceededBy = (one: Change) => exceededIn(pinned.person, rules, rest, place, one)
  // What the lane let in for its category is let in for no other.
  const leavesLane = change.lane !== undefined && !isUrgent(rules, change)
  const was = leavesLane ? [] : exceededBy(before).map(({ limit }) => limit)
  const [exceeded] = exceededBy(change).filter(({ limit }) => !was.includes(limit))
  return exceeded === undefined ? undefined : withoutRoom(rules, rest, change, exceeded)
}

/** Whether limits are at stake where a change becomes one of another category. */
export function isUnderLimits(governance: Governance, change: Change): boolean {
  const rules = boardFor(governance, change.team)
  const place = rules === undefined ? undefined : placeOf(rules, change)
  if (rules === undefined || place === undefined) return false
  return change.lane !== undefined || (place.isWip && rules.categories !== undefined)
}

/** Whether a change takes one of the places of whoever it lies with: not outside of what is in progress. */
export const takesPlace = (rules: BoardRules | undefined, change: Change): boolean =>
  rules === undefined || placeOf(rules, change)?.isWip !== false

const limitOf = (who: string): string => `person ${who}`

/** Whether one more change would be too much for somebody: what lies outside of progress takes none of their places. */
function personExceeded(person: PersonOf, rules: BoardRules, rest: readonly Change[], who: string): Exceeded[] {
  const { perPerson } = rules
  if (perPerson === undefined) return []
  const there = rest.filter(
    one => one.assignee !== undefined && person(one.assignee) === person(who) && takesPlace(rules, one),
  )
  return there.length < perPerson ? [] : [{ limit: limitOf(who), most: perPerson, there: there.map(one => one.id) }]
}

/** The refusal of one more change for somebody who has as many as the board lets them. */
export function overloaded(pinned: Pinned, change: Change, team: readonly Change[], who: string) {
  const rules = boardFor(pinned.governance, change.team)
  if (rules === undefined || placeOf(rules, change)?.isWip === false) return undefined
  const rest = others(team, change)
  const [exceeded] = personExceeded(pinned.person, rules, rest, who)
  return exceeded === undefined ? undefined : withoutRoom(rules, rest, change, exceeded)
}
