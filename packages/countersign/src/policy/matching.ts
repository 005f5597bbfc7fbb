import { type Choice, type Demand, personsIn } from './requirement.ts'

/** Somebody who can take any one of some roles, and the groups that they belong to. */
export interface Candidate {
  readonly person: string
  readonly roles: readonly string[]
  readonly groups?: readonly string[] | undefined
}

/**
 * Who takes which role, which group they count for where different groups are asked for, and how many persons each role
 * still lacks.
 */
export interface Matching {
  readonly taken: ReadonlyMap<string, string>
  readonly groups: ReadonlyMap<string, string>
  readonly missing: ReadonlyMap<string, number>
}

/** A candidate, and what they have taken so far. */
interface Taker {
  readonly person: string
  roles: readonly string[]
  groups: readonly string[]
  at: Place | undefined
}

/** What one person can take: a group's place in a role, or any of the role's places that ask for no group. */
interface Place {
  readonly block: Block
  readonly group: string | undefined
  readonly takers: Taker[]
  room: number
  /** Those before have taken a place, and nobody who has is ever left without. */
  next: number
  /** The last search that came by, and the move that would free a place here. */
  reached: number
  freedBy: Move | undefined
}

/** The places of one role that stand in for each other: so many of them are asked for, whichever they are. */
interface Block {
  readonly role: string
  readonly asked: number
  readonly places: Place[]
  reached: number
}

interface Move {
  readonly taker: Taker
  readonly to: Place
}

/**
 * Matches persons to the places that are asked for, so that as many as possible are taken and nobody takes two: shortest
 * augmenting paths, as for any flow. The roles are filled in the order of the choice, so that what is missing is missing
 * in the later ones, and the candidates come in the order of their ids, so that the order in which they approved makes no
 * difference. Nobody is moved where somebody is free.
 */
export function match(choice: Choice, candidates: readonly Candidate[]): Matching {
  const takers = takersAmong(candidates)
  const missing = new Map<string, number>()
  let search = 0
  for (const [role, demand] of choice) {
    let lacking = 0
    for (const block of blocksOf(role, demand, takers)) {
      let open = block.asked
      while (open > 0 && fill(block, ++search)) open -= 1
      lacking += open
    }
    if (lacking > 0) missing.set(role, lacking)
  }
  return { ...outcomeOf(takers), missing }
}

/** The candidates in the order of their ids, each person once. */
function takersAmong(candidates: readonly Candidate[]): Taker[] {
  const takers: Taker[] = []
  for (const { person, roles, groups = [] } of candidates.toSorted((a, b) => (a.person < b.person ? -1 : 1))) {
    const last = takers.at(-1)
    if (last?.person === person) {
      last.roles = [...last.roles, ...roles]
      last.groups = [...last.groups, ...groups]
    } else takers.push({ person, roles, groups, at: undefined })
  }
  return takers
}

/** The places of a role: those for pairwise different groups, then those for anybody. */
function blocksOf(role: string, { count, groups }: Demand, takers: readonly Taker[]): Block[] {
  const own = takers.filter(one => one.roles.includes(role))
  const plain: Block = { role, asked: Math.max(0, count - groups), places: [], reached: 0 }
  plain.places.push(placeIn(plain, undefined, own))
  if (groups === 0) return [plain]
  const grouped: Block = { role, asked: groups, places: [], reached: 0 }
  for (const [group, members] of membersOf(own)) grouped.places.push(placeIn(grouped, group, members))
  return [grouped, plain]
}

const placeIn = (block: Block, group: string | undefined, takers: Taker[]): Place => ({
  block,
  group,
  takers,
  room: group === undefined ? block.asked : 1,
  next: 0,
  reached: 0,
  freedBy: undefined,
})

function membersOf(takers: readonly Taker[]): Map<string, Taker[]> {
  const members = new Map<string, Taker[]>()
  for (const taker of takers) {
    for (const group of taker.groups) {
      const known = members.get(group)
      if (known === undefined) members.set(group, [taker])
      else known.push(taker)
    }
  }
  return members
}

/** Finds somebody for one more place, moving as few others as it takes to another place of theirs. */
function fill(block: Block, search: number): boolean {
  const queue: Place[] = []
  if (reachRoom(block, undefined, search, queue)) return true
  for (const place of queue) {
    for (const taker of place.takers) {
      const { at } = taker
      if (at === undefined || at.reached === search) continue
      const move = { taker, to: place }
      if (reach(at, move, search, queue)) return true
      // Whoever leaves a group's place makes room for another group as well.
      if (at.block.reached !== search && reachRoom(at.block, move, search, queue)) return true
    }
  }
  return false
}

function reachRoom(block: Block, freedBy: Move | undefined, search: number, queue: Place[]): boolean {
  block.reached = search
  for (const place of block.places) {
    if (place.room > 0 && reach(place, freedBy, search, queue)) return true
  }
  return false
}

/** Gives the place to somebody who is free, or queues it up so that somebody may be moved to it. */
function reach(place: Place, freedBy: Move | undefined, search: number, queue: Place[]): boolean {
  place.reached = search
  place.freedBy = freedBy
  while (place.takers[place.next]?.at !== undefined) place.next += 1
  const taker = place.takers[place.next]
  if (taker === undefined) queue.push(place)
  else follow({ taker, to: place })
  return taker !== undefined
}

/** Makes a move, and those which make room for it. */
function follow(last: Move): void {
  for (let move: Move | undefined = last; move !== undefined; move = move.to.freedBy) {
    const { taker, to } = move
    if (taker.at !== undefined) taker.at.room += 1
    taker.at = to
    to.room -= 1
  }
}

function outcomeOf(takers: readonly Taker[]): Pick<Matching, 'taken' | 'groups'> {
  const taken = new Map<string, string>()
  const groups = new Map<string, string>()
  for (const { person, at } of takers) {
    if (at === undefined) continue
    taken.set(person, at.block.role)
    if (at.group !== undefined) groups.set(person, at.group)
  }
  return { taken, groups }
}

/** How many places a matching leaves open. */
export const lacking = (matching: Matching): number =>
  [...matching.missing.values()].reduce((sum, count) => sum + count, 0)

/** Whether one of the choices lacks nobody: what `bestMatch` comes to, where nobody asks who takes what. */
export const isMatched = (choices: readonly Choice[], candidates: readonly Candidate[]): boolean =>
  choices.some(choice => {
    if (personsIn(choice) > candidates.length) return false
    const [only] = choice
    // Of one role, and of whichever groups, nobody is in anybody's way.
    if (only === undefined || choice.size > 1 || only[1].groups > 0) return lacking(match(choice, candidates)) === 0
    const [role, { count }] = only
    const persons = new Set<string>()
    for (const one of candidates) if (one.roles.includes(role)) persons.add(one.person)
    return persons.size >= count
  })

/** The choice that lacks the fewest persons, the first of them where several do. */
export function bestMatch(choices: readonly Choice[], candidates: readonly Candidate[]): Matching | undefined {
  let best: Matching | undefined
  for (const choice of choices) {
    const matching = match(choice, candidates)
    if (best === undefined || lacking(matching) < lacking(best)) best = matching
    if (lacking(best) === 0) return best
  }
  return best
}
