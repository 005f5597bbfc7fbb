import type { Category } from '../policy/category.ts'
import { type Choice, personsIn } from '../policy/requirement.ts'
import { type ApprovalStage, isOwed, type SingleStage } from '../policy/stage.ts'
import { choicesFor, isAsked } from './asked.ts'
import type { Change } from './change.ts'
import { electorateOf } from './progress.ts'
import { type Pinned, stagesIn } from './world.ts'

/** The stages at which less would be asked for after an edit than before, so that an edit cannot be a way round them. */
export function laxerStages(pinned: Pinned, before: Change, after: Change): string[] {
  return pinned.stages.filter(stage => isLaxerAt(pinned, before, after, stage)).map(stage => stage.name)
}

function isLaxerAt(pinned: Pinned, before: Change, after: Change, stage: SingleStage): boolean {
  if (stage.kind === 'release' || !isAsked(before, stage)) return false
  if (stage.kind !== 'approval') return !isAsked(after, stage)
  const [earlier, later] = [asked(pinned, before, stage), asked(pinned, after, stage)]
  if (earlier.length === 0) return false
  if (later.length === 0 || fewest(later) < fewest(earlier)) return true
  // A way was gained that meets none of those before: others are asked, or fewer of somebody.
  return later.some(way => !earlier.some(other => covers(way, other)))
}

/** The ways in which a stage can be met, with shares of those who are eligible now. */
function asked(pinned: Pinned, change: Change, stage: ApprovalStage): readonly Choice[] {
  const electorate = electorateOf(pinned, change, stage)
  return electorate === undefined
    ? choicesFor(change, stage)
    : choicesFor({ form: change.form, electorates: { [stage.name]: electorate } }, stage)
}

/** Whether whoever meets one way meets the other as well. */
const covers = (one: Choice, other: Choice): boolean =>
  [...other].every(([role, { count, groups }]) => {
    const own = one.get(role)
    return own !== undefined && own.count >= count && own.groups >= groups
  })

const fewest = (choices: readonly Choice[]): number => (choices.length === 0 ? 0 : Math.min(...choices.map(personsIn)))

/**
 * Whether a category asks for less than another one does on a change: fewer sign-offs, fewer items to tick, or some way
 * through its approvals that meets none of those before.
 */
export function isLaxerCategory(from: Pinned, before: Change, to: Pinned, after: Change): boolean {
  if (signOffsIn(to.category, after) < signOffsIn(from.category, before)) return true
  if (itemsIn(to.category, after) < itemsIn(from.category, before)) return true
  const [earlier, later] = [throughAll(from, before), throughAll(to, after)]
  // What is too much to be compared is not taken for as strict.
  if (earlier === undefined || later === undefined) return true
  return later.some(way => !earlier.some(other => covers(way, other)))
}

const mostWays = 256

/** The ways through all approvals of a flow: what is asked of each role over all stages, each person once. */
function throughAll(pinned: Pinned, change: Change): Choice[] | undefined {
  let ways: Choice[] = [new Map()]
  for (const stage of pinned.stages) {
    // What is owed afterwards is no measure of what is asked before.
    const choices = stage.kind === 'approval' && !isOwed(stage) ? asked(pinned, change, stage) : []
    if (choices.length === 0) continue
    if (ways.length * choices.length > mostWays) return undefined
    ways = ways.flatMap(way => choices.map(one => together(way, one)))
  }
  return ways
}

function together(one: Choice, other: Choice): Choice {
  const sum = new Map(one)
  for (const [role, { count, groups }] of other) {
    const known = sum.get(role)
    sum.set(role, { count: count + (known?.count ?? 0), groups: Math.max(groups, known?.groups ?? 0) })
  }
  return sum
}

const signOffsIn = (category: Category, change: Change): number =>
  stagesIn(category).reduce(
    (sum, stage) => sum + (stage.kind === 'test' && !isOwed(stage) && isAsked(change, stage) ? stage.signOffs : 0),
    0,
  )

const itemsIn = (category: Category, change: Change): number =>
  stagesIn(category).reduce(
    (sum, stage) => sum + (stage.kind === 'approval' || !isAsked(change, stage) ? 0 : (stage.checklist?.length ?? 0)),
    0,
  )
