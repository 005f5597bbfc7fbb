import { type BoardRules, columnOf } from '../board.ts'
import type { Policy } from '../policy.ts'
import { type Stage, singlesOf } from '../stage.ts'
import { finding, type LintFinding } from './lint-finding.ts'

/**
 * Columns with limits in which each of some changes can wait for the place of another one: none of them is finished, and on a
 * board without a column outside of what is in progress none of them is put aside.
 */
export function rings({ board, categories }: Policy): LintFinding[] {
  if (board === undefined || board.columns.some(one => one.wip === false)) return []
  const ways = Object.values(categories).flatMap(({ flow }) => waysOn(board, flow))
  const names = board.columns.map(one => one.name)
  // Of several rings the first is told: a column outside of progress is the way out of each.
  const first = names.find(name => reachedFrom(name, ways).has(name))
  if (first === undefined) return []
  const both = names.filter(name => isBothWays(first, name, ways))
  const because = `${both.join(' and ')} have limits, and when they are full a change in each can wait for a place in another one, as where an edit leads one back into a column that is full of what waits to go on: none of them can be finished then, and there is no column in which one could be put aside`
  const help = 'Add a column outside of what is in progress (`wip: false`), to which one of them can be moved.'
  return [finding('board.ring', 'board.columns', because, help)]
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

/** Whether an edit has it done anew: not what was made. */
const isLost = (stage: Stage): boolean => singlesOf([stage]).some(one => one.kind !== 'task' || one.duty === 'review')

const isWorkLost = (stage: Stage): boolean => singlesOf([stage]).some(one => one.kind !== 'approval' && isLost(one))

const isAlways = (stage: Stage): boolean => singlesOf([stage]).some(one => one.when === undefined)

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
