import { sameJson } from '@countersign/trail'
import { boardFor, placeOf, takesPlace } from '../change/card.ts'
import type { Change } from '../change/change.ts'
import type { ChangeCommand } from '../change/command.ts'
import type { ChangeEvent } from '../change/event.ts'
import type { Refusal } from '../decision/facts.ts'
import { holdersOf, isAbsent } from '../governance/role.ts'
import { type BoardRules, columnNamed } from '../policy/board.ts'
import { type Decided, decide } from '../record/decide.ts'
import type { Outcome, Stamped } from '../record/record.ts'
import type { State } from '../record/state.ts'

// What hangs on the rest of a team, where the rest is not there: whether the team's board had room, and who had least on
// their hands. All else is decided again as if the team had nothing else, and must be as it is recorded.

/**
 * Decides a command again that hangs on what else its team has on its hands (`teamRead`), without that. What is
 * recorded and could be so with some team or other is taken over: a refusal for want of room, that a change came in by the
 * lane and by how much it exceeded the limits, to whom triage has given it. The entry has to have been read strictly.
 */
export function decideWithoutTeam(state: State, stamped: Stamped, outcome: Outcome): Decided {
  const { command } = stamped
  return command.type === 'submit'
    ? triaged(state, stamped, command, outcome)
    : onBoard(state, stamped, command as AboutBoard, outcome)
}

type AboutBoard = Exclude<ChangeCommand, { type: 'submit' }>

/** The same decision with another outcome. The change after it is the one to which the events lead. */
function withOutcome(decided: Decided, outcome: Outcome): Decided {
  const { next: _, ...rest } = decided
  return { ...rest, outcome }
}

// The board

function onBoard(state: State, stamped: Stamped, command: AboutBoard, recorded: Outcome): Decided {
  const alone = decide(state, stamped, { team: [] })
  const change = state.changes.get(command.change)
  const rules = change === undefined ? undefined : boardFor(state.governance, change.team)
  if (change === undefined || rules === undefined) return alone
  if ('refused' in recorded) {
    const couldBe =
      comesToLimits(alone.outcome) &&
      couldLackRoom(rules, command, change, recorded.refused, limitsAsked(rules, command, change, alone))
    return couldBe ? withOutcome(alone, recorded) : alone
  }
  // Places that are kept for others may leave none for its category, where nothing else is there. A change that is in
  // progress already stays there all the same, if there was none for it before either.
  const isCrowdedAlone = 'refused' in alone.outcome && isForWantOfRoom(alone.outcome.refused)
  const decided = isCrowdedAlone ? decide(state, stamped, { team: [another(change)] }) : alone
  if ('refused' in decided.outcome) return decided
  const asked = limitsAsked(rules, command, change, decided)
  let cameByLane = change.lane !== undefined
  const accepted = decided.outcome.accepted.map((event, place) => {
    const told = recorded.accepted[place]
    if (event.type !== 'card.moved' || told?.type !== 'card.moved' || told.column !== event.column) return event
    if (!couldTakeLane(rules, change, told, { asked, cameByLane })) return event
    cameByLane = true
    return told
  })
  return withOutcome(decided, { accepted })
}

/** Whether a command that is decided alone comes as far as the limits: want of room is told before want of an owner. */
const comesToLimits = (alone: Outcome): boolean =>
  'accepted' in alone || isForWantOfRoom(alone.refused) || alone.refused.code === 'limit.owner'

/**
 * The limits for which a command asks, as they are called: of where the card comes to lie, with whom, and as what. `undefined`
 * where nobody can tell, as it came to nothing.
 */
function limitsAsked(
  rules: BoardRules,
  command: AboutBoard,
  change: Change,
  { outcome, next }: Decided,
): readonly string[] | undefined {
  if (command.type === 'assign') return takesPlace(rules, change) ? [`person ${command.to}`] : []
  if ('refused' in outcome) {
    const { refused } = outcome
    // Nobody is asked for whom it would be too much, as it would lie with nobody.
    return refused.code === 'limit.owner'
      ? [`column ${refused.facts.column}`, 'capacity', `category ${change.category}`]
      : undefined
  }
  if (next === undefined) return undefined
  const category = `category ${next.category}`
  const limitOf = (who: string | undefined) => (who === undefined ? [] : [`person ${who}`])
  if (command.type !== 'move') {
    // What was exceeded before is no reason, unless it was so by the lane.
    const leavesLane = change.lane !== undefined && !isUrgent(rules, next.category)
    const before = leavesLane ? [`column ${next.column ?? ''}`, ...limitOf(next.assignee)] : []
    return ['capacity', category, ...before]
  }
  const moved = outcome.accepted.find(event => event.type === 'card.moved')
  const to = columnNamed(rules, moved?.column ?? '')
  const column = `column ${to.name}`
  if (!to.isWip) return [column]
  // What is in progress already takes no place there anew, but for one with somebody else.
  if (placeOf(rules, change)?.isWip !== true)
    return [column, 'capacity', category, ...limitOf(command.owner ?? change.assignee)]
  return [column, ...(command.owner === change.assignee ? [] : limitOf(command.owner))]
}

type Moved = Extract<ChangeEvent, { type: 'card.moved' }>

/** Something else that is in progress, and takes a place of nobody, of no column with a limit and of no category. */
function another(change: Change): Change {
  return { ...change, assignee: undefined, id: '', column: '', category: '' }
}

/** Whether a refusal hangs on the rest of the team: there was no room. */
export const isForWantOfRoom = (refusal: Refusal): refusal is ForWantOfRoom =>
  refusal.code === 'limit.reached' || refusal.code === 'limit.expedite'

type ForWantOfRoom = Refusal<'limit.reached' | 'limit.expedite'>

type Asked = ReturnType<typeof limitsAsked>

/** Whether a board could have refused a command for want of room in these words, with some team or other. */
function couldLackRoom(
  rules: BoardRules,
  command: AboutBoard,
  { id, category }: Change,
  refusal: Refusal,
  asked: Asked,
): boolean {
  if (!isForWantOfRoom(refusal)) return false
  // What cannot wait comes in by the lane, or is told of the lane; and nothing else asks for that.
  const isByLane = command.type === 'move' && isUrgent(rules, category)
  const { code, facts } = refusal
  if (facts.change !== id || isByLane !== (code === 'limit.expedite')) return false
  if (code === 'limit.expedite')
    return areThere(facts.there, id, Number(facts.most)) && facts.most === rules.expedite?.size
  const { limit, most, there, kept, aside } = facts
  if (aside !== undefined && !areOutside(rules, aside, limit)) return false
  if (kept !== undefined && (limit !== 'capacity' || !areReserved(rules, kept))) return false
  return areThere(there, id, limit === 'capacity' ? 0 : Number(most)) && isLimit(rules, limit, most, asked)
}

/** Whether a board reserves at least so many places. */
const areReserved = ({ categories = {} }: BoardRules, kept: unknown): boolean =>
  typeof kept === 'object' &&
  kept !== null &&
  Object.entries(kept).every(
    ([name, places]) => Object.hasOwn(categories, name) && places > 0 && places <= (categories[name]?.reserve ?? 0),
  )

/** Whether columns, each once, are some of those outside of what is in progress, and none of them is the one that is full. */
const areOutside = ({ columns }: BoardRules, aside: unknown, limit: unknown): boolean =>
  Array.isArray(aside) &&
  aside.length > 0 &&
  new Set(aside).size === aside.length &&
  aside.every(name => limit !== `column ${name}` && columns.some(one => one.name === name && one.wip === false))

/** So many changes are named at most. */
const mostNamed = 20

/** Whether others, each once, are as many as it takes for there to be no room for one more; as far as they are named. */
const areThere = (there: unknown, id: string, most: number): boolean =>
  Array.isArray(there) &&
  there.length >= Math.min(most, mostNamed) &&
  there.length <= mostNamed &&
  new Set([...there, id]).size === there.length + 1

const isUrgent = ({ expedite }: BoardRules, category: string): boolean =>
  expedite?.categories.includes(category) === true

/** Whether a board has this limit, and it is one for which is asked. */
function isLimit(rules: BoardRules, limit: unknown, most: unknown, asked: Asked): boolean {
  if (typeof limit !== 'string' || most === undefined || asked?.includes(limit) === false) return false
  if (limit === 'capacity') return rules.capacity === most
  const [kind = '', name = ''] = limit.split(' ', 2)
  if (kind === 'column') return columnNamed(rules, name).limit === most
  if (kind === 'person') return rules.perPerson === most
  const { categories = {} } = rules
  return kind === 'category' && Object.hasOwn(categories, name) && categories[name]?.max === most
}

/** Whether a change could have moved so, with some team or other: past limits by the lane, or on in it. */
function couldTakeLane(
  rules: BoardRules,
  { category }: Change,
  { lane, over }: Moved,
  { asked, cameByLane }: { readonly asked: Asked; readonly cameByLane: boolean },
): boolean {
  if (lane === undefined || !isUrgent(rules, category)) return false
  if (over === undefined) return cameByLane
  const isOver = ({ limit, most, there }: (typeof over)[number]) =>
    isLimit(rules, limit, most, asked) && (limit === 'capacity' || there >= most)
  return over.length > 0 && over.every(isOver) && new Set(over.map(one => one.limit)).size === over.length
}

// Triage

type Triaged = Extract<ChangeEvent, { type: 'change.assigned' | 'change.unassigned' }>
type Candidate = NonNullable<Triaged['triage']>['candidates'][number]

const isTriaged = (event: { readonly type: string } | undefined): event is Triaged =>
  event?.type === 'change.assigned' || event?.type === 'change.unassigned'

/** So many cards are made up at most, that everybody may have too much on their hands. */
const mostCards = 100_000

function triaged(
  state: State,
  stamped: Stamped,
  { team }: Extract<ChangeCommand, { type: 'submit' }>,
  recorded: Outcome,
): Decided {
  const { governance } = state
  const { at } = stamped
  const given = 'accepted' in recorded ? recorded.accepted.find(isTriaged) : undefined
  const role = given?.triage?.role
  if ('refused' in recorded || given?.triage === undefined || role === undefined)
    return decide(state, stamped, { team: [] })
  const holders = holdersOf(governance, role, team, at)
  // Whoever was given one before comes behind: everybody else, or those who were never tried.
  const behind =
    given.type === 'change.assigned'
      ? holders.filter(one => one !== given.to)
      : given.triage.candidates.flatMap(one => (one.passedOver === undefined ? [one.person] : []))
  const free = decide(state, stamped, { team: [], lastGiven: new Map(behind.map(one => [one, at])) })
  const perPerson = boardFor(governance, team)?.perPerson
  const candidates = triagedIn(free)?.triage?.candidates ?? []
  const isKnown = (one: Candidate): boolean => {
    const isFull = perPerson !== undefined && one.load >= perPerson
    if (isAbsent(governance, one.person, at)) return one.passedOver === 'absent'
    if (isFull) return one.passedOver === 'limit'
    if (one.passedOver === 'absent' || one.passedOver === 'limit') return false
    const same = candidates.find(({ person }) => person === one.person)
    return same === undefined || (same.passedOver === 'separation') === (one.passedOver === 'separation')
  }
  const isTaken = given.type === 'change.unassigned' && triagedIn(free)?.type === 'change.assigned'
  const decided =
    isTaken && perPerson !== undefined && perPerson * holders.length <= mostCards
      ? decide(state, stamped, { team: holders.flatMap(one => cardsOf(free.next, one, perPerson)) })
      : free
  const expected = triagedIn(decided)
  const isOpen = given.type === 'change.unassigned' && isCut(given) && expected?.triage?.of === given.triage.of
  if ('refused' in decided.outcome || expected === undefined || !(isOpen || isSameBut(given, expected))) return decided
  const persons = new Set(given.triage.candidates.map(one => one.person))
  const [first] = given.triage.candidates
  const isOfThem =
    persons.size === given.triage.candidates.length &&
    holders.filter(one => persons.has(one)).length === persons.size &&
    given.triage.candidates.every(isKnown) &&
    // Nobody was given it for whom nothing stood against it; of those who are not named nobody can say.
    (given.type === 'change.assigned' || isCut(given) || given.triage.candidates.every(one => one.passedOver)) &&
    (given.type === 'change.unassigned' || (first?.person === given.to && first.passedOver === undefined))
  if (!isOfThem) return decided
  return withOutcome(decided, { accepted: decided.outcome.accepted.map(one => (one === expected ? given : one)) })
}

/** Whether there were more candidates than an entry names. */
const isCut = ({ triage }: Triaged): boolean => triage !== undefined && triage.of > triage.candidates.length

const triagedIn = ({ outcome }: Decided): Triaged | undefined =>
  'accepted' in outcome ? outcome.accepted.find(isTriaged) : undefined

/** Whether two say the same, but for what the candidates had on their hands. */
function isSameBut(one: Triaged, other: Triaged): boolean {
  const without = ({ triage, ...event }: Triaged) => ({
    ...event,
    triage: triage === undefined ? {} : { ...triage, candidates: triage.candidates.length },
  })
  return sameJson(without(one), without(other))
}

/** So many cards in the hands of somebody. */
function cardsOf(like: Change | undefined, assignee: string, count: number): Change[] {
  if (like === undefined) return []
  return Array<Change>(count).fill({ ...like, column: undefined, state: '', assignee })
}
