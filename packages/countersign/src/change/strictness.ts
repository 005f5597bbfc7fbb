import { type Choice, personsIn } from '../policy/requirement.ts'
import { type ApprovalStage, coversRelease, isOwed, type ReleaseStage, type SingleStage } from '../policy/stage.ts'
import { choicesFor, isAsked } from './asked.ts'
import type { Change } from './change.ts'
import { electorateOf } from './progress.ts'
import type { Pinned } from './world.ts'

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
 * Whether a category asks for less than another one does on a change: over all, or before it is put into effect. Fewer
 * sign-offs or items to tick are less, and so is some way through its approvals that meets none of those before.
 */
export function isLaxerCategory(from: Pinned, before: Change, to: Pinned, after: Change): boolean {
  const whole = { to: undefined, stages: from.stages.length }
  if (isLess(asking(from, before, whole), asking(to, after, { to: undefined, stages: to.stages.length }))) return true
  const earlier = endsOf(from, before)
  return endsOf(to, after).some(end => {
    const same = earlier.filter(one => one.to?.environment === end.to?.environment)
    // What goes somewhere else than before is held against everything that was asked anywhere.
    const others = same.length > 0 ? same : earlier
    return others.some(one => isLess(asking(from, before, one), asking(to, after, end)))
  })
}

/** Something that puts a change into effect, and how many stages stand before it. */
interface End {
  readonly to: ReleaseStage | undefined
  readonly stages: number
}

/** The releases of a flow that are asked for; in a flow without one its end. */
function endsOf({ stages }: Pinned, change: Change): End[] {
  const ends = stages.flatMap((stage, place): End[] =>
    stage.kind === 'release' && isAsked(change, stage) ? [{ to: stage, stages: place }] : [],
  )
  return ends.length > 0 ? ends : [{ to: undefined, stages: stages.length }]
}

interface Asking {
  readonly signOffs: number
  readonly items: number
  readonly ways: readonly Choice[] | undefined
}

/** What is asked of persons before an end. */
function asking(pinned: Pinned, change: Change, end: End): Asking {
  const before = pinned.stages.slice(0, end.stages)
  return {
    signOffs: signOffsIn(before, change),
    items: itemsIn(before, change),
    ways: throughAll(pinned, change, before, end.to),
  }
}

function isLess(one: Asking, other: Asking): boolean {
  if (other.signOffs < one.signOffs || other.items < one.items) return true
  const [earlier, later] = [one.ways, other.ways]
  // What is too much to be compared is not taken for as strict.
  if (earlier === undefined || later === undefined) return true
  return later.some(way => !earlier.some(known => covers(way, known)))
}

const mostWays = 256

/** The ways through all approvals for an end: what is asked of each role over all stages, each person once. */
function throughAll(
  pinned: Pinned,
  change: Change,
  stages: readonly SingleStage[],
  to: ReleaseStage | undefined,
): Choice[] | undefined {
  let ways: Choice[] = [new Map()]
  for (const stage of stages) {
    // What is owed afterwards is no measure of what is asked before.
    const counts = stage.kind === 'approval' && !isOwed(stage) && (to === undefined || coversRelease(stage, to))
    const choices = counts ? asked(pinned, change, stage) : []
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

const signOffsIn = (stages: readonly SingleStage[], change: Change): number =>
  stages.reduce(
    (sum, stage) => sum + (stage.kind === 'test' && !isOwed(stage) && isAsked(change, stage) ? stage.signOffs : 0),
    0,
  )

const itemsIn = (stages: readonly SingleStage[], change: Change): number =>
  stages.reduce(
    (sum, stage) => sum + (stage.kind === 'approval' || !isAsked(change, stage) ? 0 : (stage.checklist?.length ?? 0)),
    0,
  )
