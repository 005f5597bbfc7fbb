import { type BoardRules, columnOf } from '../board.ts'
import type { Policy } from '../policy.ts'
import { type SingleStage, type Stage, singlesOf } from '../stage.ts'
import { finding, type LintFinding } from './lint-finding.ts'

/**
 * Columns with limits in which each of some changes can wait for the place of another one: none of them is finished, and on a
 * board without a column outside of what is in progress that takes all none of them is sure to be put aside. What a move to another
 * category leads back is not looked at.
 */
export function rings({ board, categories }: Policy): LintFinding[] {
  if (board === undefined || board.columns.some(one => one.wip === false && one.limit === undefined)) return []
  const ways = Object.values(categories).flatMap(({ flow }) => waysOn(board, flow))
  const names = board.columns.map(one => one.name)
  // Of several rings the first is told: a column outside of progress is the way out of each.
  const first = names.find(name => reachedFrom(name, ways).has(name))
  if (first === undefined) return []
  const both = names.filter(name => isBothWays(first, name, ways))
  if (!areEverFull(board, Object.keys(categories), both)) return []
  const because = `${both.join(' and ')} have limits, and when they are full a change in each can wait for a place in another one, as where an edit leads one back into a column that is full of what waits to go on: none of them can be finished then, and there is no column that is sure to take one that is put aside`
  const help =
    'Add a column outside of what is in progress (`wip: false`) and without a limit, to which one of them can be moved.'
  return [finding('board.ring', 'board.columns', because, help)]
}

/**
 * Whether as much can be in progress as it takes to fill two of some columns. The lane for what cannot wait takes more than that, and
 * outside of what is in progress nothing counts.
 */
function areEverFull(board: BoardRules, categories: readonly string[], columns: readonly string[]): boolean {
  if (board.expedite !== undefined) return true
  const each = categories.map(one => board.categories?.[one]?.max ?? Number.POSITIVE_INFINITY)
  const together = each.reduce((sum, one) => sum + one, 0)
  const most = Math.min(board.capacity ?? together, together)
  const [least = 0, next = 0] = board.columns
    .filter(one => columns.includes(one.name))
    .map(one => (one.wip === false ? 0 : (one.limit ?? 0)))
    .toSorted((one, other) => one - other)
  return least + next <= most
}

/** From which column with a limit a change has to be pulled into which other one. */
type Way = readonly [from: string, to: string]

function waysOn(board: BoardRules, flow: readonly Stage[]): Way[] {
  const places = flow.map(stage => ({ stage, column: columnOf(board, stage.name) }))
  return places.flatMap((from, place) => {
    if (from.column.limit === undefined || !isWork(from.stage)) return []
    const before = places.slice(0, place)
    // What is decided anew before it, in a column without a limit, takes a change there by itself, out of what is full.
    const isLeft = before.some(one => one.column.limit === undefined && isLost(one.stage) && isAlways(one.stage))
    const found: Way[] = []
    let isNext = true
    for (const to of places.slice(place + 1)) {
      const isLimited = to.column.limit !== undefined && isWork(to.stage)
      if (isLimited && to.column.name !== from.column.name) {
        if (isNext) found.push([from.column.name, to.column.name])
        if (isWorkLost(from.stage) && !isLeft) found.push([to.column.name, from.column.name])
      }
      // From here on it has left the column, by itself or as it was pulled.
      if ((to.column.limit === undefined || isWork(to.stage)) && isAlways(to.stage)) isNext = false
    }
    return found
  })
}

/** Whether something is done there for which a change has to lie in its column: decided is anywhere. */
const isWork = (stage: Stage): boolean => singlesOf([stage]).some(one => one.kind !== 'approval')

/** Whether an edit has it done anew: not what was made, but what is ticked with it. */
const isLost = (stage: Stage): boolean =>
  singlesOf([stage]).some(
    one => !asksNobody(one) && (one.kind !== 'task' || one.duty === 'review' || one.checklist !== undefined),
  )

const isWorkLost = (stage: Stage): boolean => singlesOf([stage]).some(one => one.kind !== 'approval' && isLost(one))

const isAlways = (stage: Stage): boolean => singlesOf([stage]).some(one => one.when === undefined && !asksNobody(one))

/** Whether nothing ever stays at a stage: what it asks for is there from the start. */
const asksNobody = (one: SingleStage): boolean =>
  one.kind === 'approval' && 'approvals' in one.requires && one.requires.approvals === 0

/** The columns to which ways lead from one, over however many others. */
function reachedFrom(name: string, ways: readonly Way[]): ReadonlySet<string> {
  const found = new Set<string>()
  const ahead = [name]
  for (let from = ahead.pop(); from !== undefined; from = ahead.pop())
    for (const [one, to] of ways) {
      if (one !== from || found.has(to)) continue
      found.add(to)
      ahead.push(to)
    }
  return found
}

const isBothWays = (one: string, other: string, ways: readonly Way[]): boolean =>
  reachedFrom(one, ways).has(other) && reachedFrom(other, ways).has(one)
