import { type Choice, fewestIn, rolesOf } from '../policy/requirement.ts'
import { coversRelease, isForBrokenGlass, isOwed, type ReleaseStage, type SingleStage } from '../policy/stage.ts'
import type { Change } from './change.ts'
import { isLonger } from './loosening.ts'
import { electorateOf } from './progress.ts'
import { choicesFor, isAsked } from './requirement.ts'
import type { Pinned } from './world.ts'

/**
 * The stages at which less would be asked for after an edit than before, so that an edit cannot be a way round them: none where
 * others take their place and as much is asked over all.
 */
export function laxerStages(pinned: Pinned, before: Change, after: Change): string[] {
  const laxer = pinned.stages.filter(stage => isLaxerAt(pinned, before, after, stage))
  const found = laxer.length === 0 || areReplaced(pinned, before, after, laxer) ? [] : laxer
  // What would be owed if the glass was broken is replaced by nothing.
  const [then, since] = [underGlass(before), underGlass(after)]
  const owed = pinned.stages.filter(stage => isForBrokenGlass(stage) && isLaxerAt(pinned, then, since, stage))
  return [...new Set([...found, ...owed])].map(stage => stage.name)
}

/** A change as it would be if the glass had been broken on it, and used. */
export const underGlass = (change: Change): Change => ({
  ...change,
  glass: { by: '', at: change.since, until: change.since, round: change.round, ...change.glass, used: true },
})

/** Whether other releases are asked for after an edit than before. */
export const isReleasedOtherwise = ({ stages }: Pinned, before: Change, after: Change): boolean =>
  stages.some(stage => stage.kind === 'release' && isAsked(before, stage) !== isAsked(after, stage))

/** Whether each stage that falls away is replaced by one that is newly asked for and as strict, and over all nothing less is asked. */
function areReplaced(pinned: Pinned, before: Change, after: Change, laxer: readonly SingleStage[]): boolean {
  const fresh = pinned.stages.filter(one => isAsked(after, one) && !isAsked(before, one))
  const isReplaced = (stage: SingleStage) =>
    !isAsked(after, stage) &&
    fresh.some(one => isAsStrict(asked(pinned, before, stage), asked(pinned, after, one), stage, one))
  return laxer.every(isReplaced) && !isLaxerCategory(pinned, before, pinned, after)
}

/**
 * Whether a stage asks for all that another one asks for, and is like it in everything else. Of what is owed afterwards nothing
 * is replaced: it is owed already, and within its own time.
 */
function isAsStrict(
  earlier: readonly Choice[],
  later: readonly Choice[],
  before: SingleStage,
  after: SingleStage,
): boolean {
  if (isOwed(before) || isOwed(after)) return false
  if (before.kind === 'test' && after.kind === 'test')
    return after.signOffs >= before.signOffs && isLike({ ...before, signOffs: 0 }, { ...after, signOffs: 0 })
  if (before.kind !== 'approval' || after.kind !== 'approval') return false
  const roles = rolesOf(after.requires)
  return (
    isLike({ ...before, requires: '' }, { ...after, requires: '' }) &&
    rolesOf(before.requires).every(role => roles.includes(role)) &&
    later.length > 0 &&
    later.every(way => earlier.some(other => covers(way, other)))
  )
}

/** Whether two stages are the same but for their names, and when they are asked for. */
const isLike = (one: object, other: object): boolean =>
  JSON.stringify({ ...one, name: '', when: null }) === JSON.stringify({ ...other, name: '', when: null })

function isLaxerAt(pinned: Pinned, before: Change, after: Change, stage: SingleStage): boolean {
  if (stage.kind === 'release' || !isAsked(before, stage)) return false
  if (stage.kind !== 'approval') return !isAsked(after, stage)
  return asksLess(pinned, before, stage, pinned, after, stage)
}

/**
 * Whether a stage is asked for, what would be owed if the glass was broken included; and whether the stage that takes the place of
 * one that is asked for is asked for as well, and for as much.
 */
export function heldTo(from: Pinned, change: Change, to: Pinned, moved: Change) {
  const seen = (one: Change, stage: SingleStage) =>
    isForBrokenGlass(stage) && to.category.breakGlass !== undefined ? underGlass(one) : one
  const isAskedHere = (stage: SingleStage) => isAsked(seen(change, stage), stage)
  const standsFor = (stage: SingleStage, heir: SingleStage): boolean => {
    if (!isAskedHere(stage)) return true
    const [before, after] = [seen(change, stage), seen(moved, stage)]
    return isAsked(after, heir) && (stage.kind !== 'approval' || !asksLess(from, before, stage, to, after, heir))
  }
  return { isAsked: isAskedHere, standsFor }
}

/** Whether one stage is met with less than another one: by fewer approvals, or by others. */
export function asksLess(
  from: Pinned,
  before: Change,
  stage: SingleStage,
  to: Pinned,
  after: Change,
  other: SingleStage,
): boolean {
  const [earlier, later] = [asked(from, before, stage), asked(to, after, other)]
  if (earlier.length === 0) return false
  if (later.length === 0 || fewestIn(later) < fewestIn(earlier)) return true
  // A way was gained that meets none of those before: others are asked, or fewer of somebody.
  return later.some(way => !earlier.some(known => covers(way, known)))
}

/**
 * The roles of whom fewer are asked at a stage than before, or in fewer groups: fewer than on some way that there was, on some way
 * that would not have been enough before. Whoever keeps, on every way, all that was asked of them has lost nothing.
 */
export const rolesLost = (
  from: Pinned,
  before: Change,
  stage: SingleStage,
  to: Pinned,
  after: Change,
  other: SingleStage,
): readonly string[] => lostIn(asked(from, before, stage), asked(to, after, other))

/** The same of all that is asked before a change takes effect; all of them, where that is too much to be compared. */
export function rolesLostOverAll(
  from: Pinned,
  before: Change,
  to: Pinned,
  after: Change,
): readonly string[] | undefined {
  const [earlier, later] = [ahead(from, before).ways, ahead(to, after).ways]
  return earlier === undefined || later === undefined ? undefined : lostIn(earlier, later)
}

function lostIn(earlier: readonly Choice[], later: readonly Choice[]): readonly string[] {
  const gained = later.filter(way => !earlier.some(known => covers(way, known)))
  const ways: readonly Choice[] = later.length === 0 ? [new Map()] : gained
  const lost = ways.flatMap(way =>
    earlier.flatMap(known =>
      [...known].flatMap(([role, demand]) => (covers(way, new Map([[role, demand]])) ? [] : [role])),
    ),
  )
  return [...new Set(lost.map(role => (role.startsWith(most) ? role.slice(most.length) : role)))]
}

/** Before the name of a role: how many of it have to be of different groups at the stage that asks for the most. */
const most = 'most '

const nothing: readonly Choice[] = []

/** The ways in which a stage can be met, with shares of as many as were recorded, or else of those who are eligible now. */
function asked(pinned: Pinned, change: Change, stage: SingleStage): readonly Choice[] {
  if (stage.kind !== 'approval') return nothing
  if (change.electorates[stage.name] !== undefined) return choicesFor(change, stage)
  const electorate = electorateOf(pinned, change, stage)
  return electorate === undefined
    ? choicesFor(change, stage)
    : choicesFor({ ...change, electorates: { [stage.name]: electorate } }, stage)
}

/** Whether whoever meets one way meets the other as well. */
const covers = (one: Choice, other: Choice): boolean =>
  [...other].every(([role, { count, groups }]) => {
    const own = one.get(role)
    return own !== undefined && own.count >= count && own.groups >= groups
  })

/**
 * Whether a category asks for less than another one does on a change: over all, before it is put into effect, or
 * afterwards. Fewer sign-offs by a role or items to tick are less, and so are some way through its approvals that meets
 * none of those before, a longer time for what is owed, and a release outside of the windows it had to wait for.
 */
export function isLaxerCategory(from: Pinned, before: Change, to: Pinned, after: Change): boolean {
  if (owesLess(from, before, to, after) || owesLessUnderGlass(from, before, to, after)) return true
  if (isLess(ahead(from, before), ahead(to, after))) return true
  const earlier = endsOf(from, before)
  return endsOf(to, after).some(end => {
    const same = earlier.filter(one => one.to?.environment === end.to?.environment)
    // What goes somewhere else than before is held against everything that was asked anywhere.
    const others = same.length > 0 ? same : earlier
    if (others.some(one => one.to?.during !== undefined && one.to.during !== end.to?.during)) return true
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
  readonly signOffs: ReadonlyMap<string, number>
  /** What of it is at tests, which no maker signs off, by role: how often in all, and by how many persons at one. */
  readonly tests: ReadonlyMap<string, number>
  /** Which items are to be ticked, and how often each, by the kind of work that they are ticked at. */
  readonly items: ReadonlyMap<string, number>
  readonly ways: readonly Choice[] | undefined
}

/** What is asked of persons before an end. */
function asking(pinned: Pinned, change: Change, end: End): Asking {
  const before = pinned.stages.slice(0, end.stages)
  return {
    signOffs: signOffsIn(before, change, false),
    tests: testsIn(before, change, false),
    items: itemsIn(before, change),
    // What is owed afterwards is no measure of what is asked before.
    ways: throughAll(
      pinned,
      change,
      before.filter(stage => !isOwed(stage) && coversEnd(stage, end.to)),
    ),
  }
}

const coversEnd = (stage: SingleStage, to: ReleaseStage | undefined): boolean =>
  stage.kind !== 'approval' || to === undefined || coversRelease(stage, to)

/**
 * Whether less is owed of a change in one category than in another, or later: but where as many more approve or test it, and one at least approves, before it
 * takes effect, and it has not yet. What is owed already is due when it was.
 */
function owesLess(from: Pinned, before: Change, to: Pinned, after: Change): boolean {
  const [earlier, later] = [owing(from, before), owing(to, after)]
  if (before.obligations.some(one => one.ended === undefined)) return isLess(earlier, later)
  if (!isLess(earlier, later) && !isLater(earlier.within, later.within) && !isLater(earlier.remedy, later.remedy))
    return false
  const [then, now] = [ahead(from, before), ahead(to, after)]
  const more = approvers(now) - approvers(then)
  const lost = Math.max(0, approvers(earlier) - approvers(later)) + Math.max(0, checks(earlier) - checks(later))
  return more < 1 || more + testers(now) - testers(then) < lost
}

/** Whether less would be owed, or later, if the glass was broken: what is asked before it takes effect makes up for nothing. */
function owesLessUnderGlass(from: Pinned, before: Change, to: Pinned, after: Change): boolean {
  const { breakGlass } = to.category
  if (breakGlass === undefined || from.category.breakGlass === undefined || before.glass?.used === true) return false
  const [earlier, later] = [owing(from, underGlass(before)), owing(to, underGlass(after))]
  return isLess(earlier, later) || isLater(earlier.within, later.within) || isLater(earlier.remedy, later.remedy)
}

/** Whether one of some times is longer than the one in its place, what is due first held against what was. */
function isLater(before: readonly string[], after: readonly string[]): boolean {
  const inTurn = (times: readonly string[]) => times.toSorted((a, b) => Number(isLonger(b, a)) - Number(isLonger(a, b)))
  const [first, then] = [inTurn(before), inTurn(after)]
  return first.some((time, place) => then[place] !== undefined && isLonger(time, then[place]))
}

/** What is asked before a change takes effect. */
const ahead = (pinned: Pinned, change: Change): Asking =>
  asking(pinned, change, { to: undefined, stages: pinned.stages.length })

/** How many persons approve at least. */
const approvers = ({ ways }: Asking): number => fewestIn(ways ?? nothing)

/** How many persons test at least: one may sign off several tests, and what reviews the work of others whoever made it may do. */
const testers = ({ tests }: Asking): number =>
  Math.max(0, ...[...tests].filter(([what]) => what.startsWith('most ')).map(([, count]) => count))

const checks = ({ signOffs }: Asking): number => [...signOffs.values()].reduce((sum, one) => sum + one, 0)

/** What is asked of persons afterwards, and within which times. */
function owing(
  pinned: Pinned,
  change: Change,
): Asking & { readonly within: readonly string[]; readonly remedy: readonly string[] } {
  const owed = pinned.stages.filter(isOwed).filter(stage => isAsked(change, stage))
  return {
    signOffs: signOffsIn(owed, change, true),
    tests: testsIn(owed, change, true),
    items: itemsIn(owed, change),
    ways: throughAll(pinned, change, owed),
    within: owed.map(stage => stage.within),
    remedy: owed.map(stage => ('remedyWithin' in stage ? stage.remedyWithin : undefined) ?? stage.within),
  }
}

function isLess(one: Asking, other: Asking): boolean {
  if ((['items', 'signOffs', 'tests'] as const).some(kind => isFewer(one[kind], other[kind]))) return true
  const [earlier, later] = [one.ways, other.ways]
  // What is too much to be compared is not taken for as strict.
  if (earlier === undefined || later === undefined) return true
  return later.some(way => !earlier.some(known => covers(way, known)))
}

/** Whether there is less of something. */
const isFewer = (one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): boolean =>
  [...one].some(([what, count]) => (other.get(what) ?? 0) < count)

const mostWays = 256

/** The ways through all approvals of some stages: what is asked of each role over all of them, each person once. */
function throughAll(pinned: Pinned, change: Change, stages: readonly SingleStage[]): Choice[] | undefined {
  let ways: Choice[] = [new Map()]
  for (const stage of stages) {
    const choices = asked(pinned, change, stage)
    if (choices.length === 0) continue
    if (ways.length * choices.length > mostWays) return undefined
    ways = ways.flatMap(way => choices.map(one => together(way, one)))
  }
  return ways
}

/** Of persons from different groups both counts: how many are at all stages, and how many at the one with the most. */
function together(one: Choice, other: Choice): Choice {
  const sum = new Map(one)
  for (const [role, { count, groups }] of other) {
    const known = sum.get(role)
    sum.set(role, { count: count + (known?.count ?? 0), groups: groups + (known?.groups ?? 0) })
    if (groups === 0) continue
    const key = `${most}${role}`
    sum.set(key, { count: 0, groups: Math.max(groups, sum.get(key)?.groups ?? 0) })
  }
  return sum
}

/** How often each role signs tests off, and how many persons of it sign off the same: one person may sign off several. */
function testsIn(stages: readonly SingleStage[], change: Change, owed: boolean): Map<string, number> {
  const found = new Map<string, number>()
  for (const stage of stages) {
    if (stage.kind !== 'test' || isOwed(stage) !== owed || !isAsked(change, stage)) continue
    const [all, most] = [`all ${stage.by}`, `most ${stage.by}`]
    found.set(all, (found.get(all) ?? 0) + stage.signOffs)
    found.set(most, Math.max(found.get(most) ?? 0, stage.signOffs))
  }
  return found
}

/** How often each role signs a test off, or does what reviews the work of others. */
function signOffsIn(stages: readonly SingleStage[], change: Change, owed: boolean): Map<string, number> {
  const found = new Map<string, number>()
  for (const stage of stages) {
    const isCheck = stage.kind === 'test' || (stage.kind === 'task' && stage.duty === 'review')
    if (!isCheck || isOwed(stage) !== owed || !isAsked(change, stage)) continue
    found.set(stage.by, (found.get(stage.by) ?? 0) + (stage.kind === 'test' ? stage.signOffs : 1))
  }
  return found
}

/** Which items are to be ticked: what makers tick at their work makes up for nothing that others tick at a test. */
function itemsIn(stages: readonly SingleStage[], change: Change): Map<string, number> {
  const found = new Map<string, number>()
  for (const stage of stages) {
    if (stage.kind === 'approval' || !isAsked(change, stage)) continue
    for (const { item } of stage.checklist ?? []) {
      const what = `${stage.kind === 'task' ? stage.duty : stage.kind} ${item}`
      found.set(what, (found.get(what) ?? 0) + 1)
    }
  }
  return found
}
