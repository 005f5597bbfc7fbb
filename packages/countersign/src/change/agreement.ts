import { isForBrokenGlass, isOwed, type SingleStage } from '../policy/stage.ts'
import { renamed } from '../values/renamed.ts'
import type { Change } from './change.ts'
import { countsMore, isLonger, isLoosened, isLoosenedAt, isLooser } from './loosening.ts'
import { isAsked, rolesAsked } from './requirement.ts'
import {
  asksLess,
  heldTo,
  isLaxerCategory,
  isReleasedOtherwise,
  laxerStages,
  rolesLost,
  rolesLostOverAll,
  underGlass,
} from './strictness.ts'
import { type Pinned, stageOf } from './world.ts'

/** Another flow for a change, or the same one after an edit. `stages` says how a stage is called there. */
export interface Move {
  readonly to: Pinned
  readonly after: Change
  readonly stages?: Readonly<Record<string, string>>
  readonly counting: Counting
}

/** Whether anybody could act in one of some roles, as things are now. */
export type IsHeld = (roles: readonly string[]) => boolean

/** Whether more counts in a flow than in another one, and at a stage than at another one. */
interface Counting {
  readonly countsMore: typeof isLoosened
  readonly isLooser: typeof isLoosenedAt
}

export const inCategory: Counting = { countsMore, isLooser }
export const inPolicy: Counting = { countsMore: isLoosened, isLooser: isLoosenedAt }

/** The stages that become laxer, and the roles by which somebody can agree to that. */
export interface Agreement {
  readonly stages: readonly string[]
  readonly roles: readonly string[]
}

/** Whether it is an edit within the flow that the change has. */
const isInFlow = ({ policy, category }: Change, { after }: Move): boolean =>
  policy === after.policy && category === after.category

/** Who can agree to an edit after which less is asked, if it is. */
export const agreementTo = (from: Pinned, before: Change, move: Move, isHeld: IsHeld): Agreement | undefined =>
  isInFlow(before, move) ? agreementOn(from, before, move, isHeld) : agreementElsewhere(from, before, move, isHeld)

/**
 * Who can agree to a flow in which less is asked, if it is: those whose approvals ahead of the effect fall away or become fewer, or
 * all who are asked at a stage that becomes laxer in another way. Where something else does, such as a test, what is owed or what
 * holds for the whole flow, those that approve the change ahead of its effect, beside those whose stage it is. Where nobody has
 * the roles of these, anybody of whom the stricter flow asks something.
 */
function agreementElsewhere(from: Pinned, before: Change, move: Move, isHeld: IsHeld): Agreement | undefined {
  const { to, after, stages = {}, counting } = move
  const isLaxer =
    counting.countsMore(from, to, { stages, ...heldTo(from, before, to, after) }) ||
    isLaxerCategory(from, before, to, after)
  if (!isLaxer) return undefined
  const taken = new Set<SingleStage>()
  const laxer = from.stages.filter(stage => stage.kind !== 'release' && isLaxerIn(from, before, stage, move, taken))
  return agreed(from, before, laxer, rolesLostAt(from, before, laxer.filter(decidesAhead), move), isHeld)
}

/** The same for an edit within a flow: where no approval becomes laxer, those agree whose stage does. */
function agreementOn(pinned: Pinned, before: Change, move: Move, isHeld: IsHeld): Agreement | undefined {
  const { after } = move
  const names = laxerStages(pinned, before, after)
  if (names.length === 0)
    return isReleasedOtherwise(pinned, before, after) ? agreementElsewhere(pinned, before, move, isHeld) : undefined
  const laxer = pinned.stages.filter(stage => names.includes(stage.name))
  const decisions = laxer.filter(decidesAhead)
  const lost = rolesLostAt(pinned, before, decisions.length === 0 ? laxer : decisions, move)
  return agreed(pinned, before, laxer, lost, isHeld)
}

/**
 * The roles whose approvals fall away or become fewer at these stages, be they asked there beside others; all that a stage asks, where
 * it is not asked any more, or becomes laxer in another way. Whoever is asked for as much elsewhere has lost nothing: so of these roles
 * those of whom fewer are asked over all, and where that is none of them, whoever that is. Where fewer are asked of nobody it is, within
 * a flow, whoever is asked for less at these stages, and in another one, in which other stages may be in their place, all whom they ask.
 */
function rolesLostAt(from: Pinned, change: Change, stages: readonly SingleStage[], move: Move): readonly string[] {
  const { to, after: moved, stages: names = {} } = move
  const seen = (isGlass: boolean): readonly [before: Change, after: Change] =>
    isGlass ? [underGlass(change), underGlass(moved)] : [change, moved]
  const isUnderGlass = (stage: SingleStage) => stage.kind === 'approval' && isForBrokenGlass(stage)
  const here = stages.flatMap(stage => {
    const all = rolesAt(change, [stage])
    const [before, after] = seen(isUnderGlass(stage))
    const heir = stageOf(to, renamed(names, stage.name))
    const isThere = stage.kind === 'approval' && heir !== undefined && isAsked(after, heir)
    const lost = isThere ? rolesLost(from, before, stage, to, after, heir) : all
    return lost.length === 0 ? all : lost
  })
  const approvals = stages.filter(stage => stage.kind === 'approval')
  const overAll = [false, true].flatMap(isGlass => {
    const some = approvals.filter(stage => isUnderGlass(stage) === isGlass)
    const [before, after] = seen(isGlass)
    return some.length === 0 ? [] : (rolesLostOverAll(from, before, to, after) ?? rolesAt(change, some))
  })
  const both = here.filter(role => overAll.includes(role))
  if (both.length > 0 || overAll.length > 0) return both.length > 0 ? both : overAll
  return isInFlow(change, move) ? here : rolesAt(change, stages)
}

function agreed(
  from: Pinned,
  before: Change,
  laxer: readonly SingleStage[],
  first: readonly string[],
  isHeld: IsHeld,
): Agreement {
  const all = from.stages.filter(stage => stage.kind !== 'release')
  const decisions = all.filter(stage => decidesAhead(stage) && isAsked(before, stage))
  if (isHeld(first)) return { stages: laxer.map(stage => stage.name), roles: [...new Set(first)] }
  const those = [...new Set([...decisions, ...laxer])]
  const askedAt = isHeld(rolesAt(before, those)) ? those : all
  return { stages: (laxer.length === 0 ? askedAt : laxer).map(stage => stage.name), roles: rolesAt(before, askedAt) }
}

const decidesAhead = (stage: SingleStage): boolean => stage.kind === 'approval' && !isOwed(stage)

/** The roles in which somebody is asked for something at some stages. */
const rolesAt = (change: Change, stages: readonly SingleStage[]): string[] => [
  ...new Set(stages.flatMap(stage => (stage.kind === 'approval' ? rolesAsked(change, stage) : [stage.by]))),
]

/**
 * Whether a stage is asked for, and neither the one in its place nor one that is new asks for as much. One that does is `taken` by that
 * stage, and makes up for no other.
 */
function isLaxerIn(
  from: Pinned,
  change: Change,
  stage: SingleStage,
  { to, after: moved, stages = {}, counting }: Move,
  taken: Set<SingleStage>,
): boolean {
  const view = isForBrokenGlass(stage) ? underGlass : (one: Change) => one
  const [before, after] = [view(change), view(moved)]
  if (!isAsked(before, stage)) return false
  const heirs = from.stages.map(one => stageOf(to, renamed(stages, one.name)))
  const own = stageOf(to, renamed(stages, stage.name))
  // Its own heir first, so that what is new is left for a stage that has none.
  const there = [...(own === undefined ? [] : [own]), ...to.stages.filter(one => !heirs.includes(one))]
  const heir = there.find(
    one =>
      !taken.has(one) &&
      isAsked(after, one) &&
      releasesAhead(to, after, one) <= releasesAhead(from, before, stage) &&
      isAsSoon(stage, one) &&
      !counting.isLooser(stage, one) &&
      !isLess(stage, one) &&
      !asksLess(from, before, stage, to, after, one),
  )
  if (heir === undefined) return true
  taken.add(heir)
  return false
}

const releasesAhead = ({ stages }: Pinned, change: Change, stage: SingleStage): number =>
  stages.slice(0, stages.indexOf(stage)).filter(one => one.kind === 'release' && isAsked(change, one)).length

/** Whether what is owed at a stage is due no later than at another one. */
function isAsSoon(before: SingleStage, after: SingleStage): boolean {
  if (!isOwed(after)) return true
  if (!isOwed(before)) return false
  const [earlier, later] = [before.remedyWithin ?? before.within, after.remedyWithin ?? after.within]
  return !isLonger(before.within, after.within) && !isLonger(earlier, later)
}

/** Whether a stage is of another kind, or has its work done by others or without some item. What approvals ask is compared by way. */
function isLess(before: SingleStage, after: SingleStage): boolean {
  if (before.kind === 'approval' || after.kind === 'approval') return before.kind !== after.kind
  if (before.checklist?.some(({ item }) => after.checklist?.some(one => one.item === item) !== true) === true)
    return true
  if (before.kind === 'test') return after.kind !== 'test' || after.by !== before.by || after.signOffs < before.signOffs
  if (before.kind !== 'task') return false
  return after.kind !== 'task' || (before.duty === 'review' && (after.duty !== 'review' || after.by !== before.by))
}
