import { isAnybodyDiscredited } from '../governance/alias.ts'
import { personNamed } from '../governance/identity.ts'
import type { Category } from '../policy/category.ts'
import { type Electorate, type Requirement, sharesOf } from '../policy/requirement.ts'
import { type ApprovalStage, isOwed, type Stage } from '../policy/stage.ts'
import type { Instant } from '../values/instant.ts'
import { once } from '../values/once.ts'
import { carriedTo } from './carry.ts'
import type { Change } from './change.ts'
import { isLive } from './discount.ts'
import { eligibleFor, hasGivenAt } from './eligibility.ts'
import type { ChangeEvent } from './event.ts'
import { evolved } from './evolve.ts'
import { lifecycle } from './lifecycle.ts'
import { settleObligations } from './obligation.ts'
import { openOn } from './open-stages.ts'
import { sharesIn } from './requirement.ts'
import { cameLater, exceptedUntil } from './separation.ts'
import { discountOf, isMet } from './standing.ts'
import { lostLast } from './unanswered.ts'
import { hasEnded, nowIn, type Pinned, partsOf, stagesIn } from './world.ts'

/**
 * How many persons a share of each role is a share of: the holders (or, where there is none of them, those who stand in)
 * who are active, and neither excluded by separation nor counted at another stage already. Whoever was only given the
 * work, and has done none of it, is still one of them: else a share would shrink to whoever gives the work to the others.
 * So is whoever came to make the change, or what it depends on, by an edit, or made what depends on it, as far as the others can
 * still give the share.
 */
export function electorateOf(pinned: Pinned, change: Change, stage: ApprovalStage): Electorate | undefined {
  const roles = sharesIn(stage)
  if (roles.length === 0) return undefined
  const family = [change, ...pinned.ancestors, ...pinned.descendants]
  const hasLaterMakers = family.some(where => where.held.some(held => cameLater(pinned, where, held)))
  return Object.fromEntries(
    roles.map(role => {
      const able = ableFor(pinned, change, stage, role)
      if (!hasLaterMakers) return [role, able]
      const all = ableFor(pinned, change, stage, role, true)
      const enough = sharesOf(stage.requires, role).map(([part, whole]) => Math.floor((able * whole) / part))
      return [role, Math.min(all, ...enough)]
    }),
  )
}

/** How many could give a part of a share; `butEdited`: or could, had they not come to make it later. */
function ableFor(pinned: Pinned, change: Change, stage: ApprovalStage, role: string, butEdited = false): number {
  const eligible = eligibleFor(pinned, change, [role], 'approve', {
    stage: stage.name,
    forShare: true,
    butEdited,
    afterwards: isOwed(stage),
  })
  const able = eligible.filter(
    one => one.favoured === undefined && (one.excluded === undefined || hasGivenAt(one, stage.name)),
  )
  const holders = able.filter(one => one.capacity === 'own')
  return holders.length > 0 ? holders.length : able.length
}

/**
 * The electorates of the stages that open together, but for those that are counted already. A stage that opens `again`, after one
 * before it, is counted anew, as somebody who was left out may have taken back meanwhile what they gave there; where others have
 * approved it, it is of no fewer than they were.
 */
function electoratesIn(pinned: Pinned, before: Change, stage: Stage, again = false): Record<string, Electorate> {
  const found: Record<string, Electorate> = {}
  for (const one of partsOf(stage)) {
    const known = before.electorates[one.name]
    if (one.kind !== 'approval' || (known !== undefined && !again) || sharesIn(one).length === 0) continue
    // It opens now, so nothing about it has been unanswered for any time.
    const electorate = electorateOf(pinned, { ...before, state: stage.name, since: pinned.at }, one)
    if (electorate === undefined) continue
    const isGiven = before.approvals.some(given => given.stage === one.name && isLive(before, given))
    const fresh = known === undefined || !isGiven ? electorate : largest(known, electorate)
    if (known === undefined || Object.keys(fresh).some(role => fresh[role] !== known[role])) found[one.name] = fresh
  }
  return found
}

const largest = (some: Electorate, more: Electorate): Electorate =>
  Object.fromEntries(Object.entries(more).map(([role, count]) => [role, Math.max(count, some[role] ?? 0)]))

/** The entering of a stage, with the electorates of the shares that it asks for. */
function entering(stage: string, electorates: Record<string, Electorate>, more: Entering = {}): ChangeEvent {
  const event: Entered = { ...more, stage, type: 'stage.entered' }
  if (Object.keys(electorates).length === 0) return event
  return { ...event, electorates: electorates as Record<string, Record<string, number>> }
}

type Entered = Extract<ChangeEvent, { type: 'stage.entered' }>
type Entering = Partial<Pick<Entered, 'at' | 'rests'>>

/** The end of a flow. */
export const completing = (pinned: Pinned, change: Change): ChangeEvent =>
  entering('completed', {}, restsOf(pinned, change))

/** What a change rests on that is completed: all that counts now. */
function restsOf(pinned: Pinned, change: Change): Required<Pick<Entering, 'rests'>> {
  const places = <One>(list: readonly One[], counts: (one: One) => boolean) => {
    const found: number[] = []
    for (let place = 0; place < list.length; place++) if (counts(list[place] as One)) found.push(place)
    return found
  }
  const approvals = places(change.approvals, one => discountOf(pinned, change, one, 'approve') === undefined)
  const signOffs = places(change.signOffs, one => discountOf(pinned, change, one, 'test') === undefined)
  return { rests: { approvals, signOffs } }
}

/** The beginning of a flow. */
export function opening(pinned: Pinned, change: Change): ChangeEvent {
  const [first] = pinned.category.flow
  const initial = lifecycle(change.category, pinned.category).initial
  return entering(initial, first === undefined ? {} : electoratesIn(pinned, change, first))
}

/** The beginning of a flow with what the parent, or the template, gives already. */
export function beginning(pinned: Pinned, change: Change): ChangeEvent[] {
  const carried = carriedTo(pinned, change)
  return [...carried, opening(pinned, evolved(change, carried, nowIn(pinned)))]
}

/**
 * Walks a change to the first stage that is not met. Where an earlier one no longer is, the life cycle is reopened and
 * walked from the start. The shares of which nobody has counted yet, or from which an edit took an approval, and those of stages
 * that open again after one before them, are of those who are eligible now; all others stay shares of those who were.
 */
export function settle(pinned: Pinned, before: Change, cameAbout = () => pinned.at): ChangeEvent[] {
  // What was sent back after it had taken effect is in effect still, and so is what is owed for it.
  if (before.state === 'returned') return settleObligations(pinned, before)
  if (placeIn(pinned.category.flow, before.state) < 0) return []
  const moved = walk(pinned, before, cameAbout)
  const [entered] = moved
  const owed = settleObligations(pinned, entered === undefined ? before : recounted(before, entered))
  return owed.length === 0 ? moved : [...owed, ...moved]
}

/** A share that is counted anew is what a review is held against, and not the one of before. */
function recounted(change: Change, entered: ChangeEvent): Change {
  if (entered.type !== 'stage.entered' || entered.electorates === undefined) return change
  return { ...change, electorates: { ...change.electorates, ...entered.electorates } }
}

function walk(pinned: Pinned, change: Change, cameAbout: () => Instant): ChangeEvent[] {
  const life = lifecycle(change.category, pinned.category)
  const { flow } = pinned.category
  const here = placeIn(flow, change.state)
  if (here < 0) return []
  let state: string = change.state
  let walked = change
  const found: Record<string, Electorate> = {}
  if (!areMetBefore(pinned, change, here)) state = life.next(state, 'reopened') ?? state
  for (let place = placeIn(flow, state); place >= 0 && place < flow.length; place++) {
    const stage = flow[place]
    if (stage === undefined) break
    if (!isMet(pinned, walked, stage)) {
      const fresh = electoratesIn(pinned, walked, stage, place > here)
      if (Object.keys(fresh).length === 0) break
      Object.assign(found, fresh)
      walked = { ...walked, electorates: { ...walked.electorates, ...fresh } }
      if (!isMet(pinned, walked, stage)) break
    }
    state = life.next(state, 'met') ?? state
  }
  // Of how many the shares are of a review that is open beside, nobody may have counted since a move to another policy.
  const beside = walked.obligations.length === 0 ? [] : openOn(pinned, { ...walked, state })
  for (const one of beside) if (isOwed(one)) Object.assign(found, electoratesIn(pinned, walked, one))
  if (state === change.state && Object.keys(found).length === 0) return []
  const since = cameAbout()
  const more = {
    ...(since < pinned.at ? { at: since } : {}),
    ...(state === 'completed' ? restsOf(pinned, walked) : {}),
  }
  return [entering(state, found, more)]
}

/** Where a flow has a stage, or -1. */
function placeIn(flow: readonly Stage[], name: string): number {
  for (let place = 0; place < flow.length; place++) if (flow[place]?.name === name) return place
  return -1
}

/** Whether all stages before a place of the flow are met. */
function areMetBefore(pinned: Pinned, change: Change, place: number): boolean {
  const { flow } = pinned.category
  for (let before = 0; before < place; before++) if (!isMet(pinned, change, flow[before] as Stage)) return false
  return true
}

const asksForGroups = (one: Requirement): boolean =>
  'from' in one
    ? one.groups !== undefined
    : 'approvals' in one
      ? false
      : ('all' in one ? one.all : one.any).some(asksForGroups)

/** Whether the stages of a category can cease to be met while nothing happens to the change itself. */
const movesByItself = once((category: Category): boolean =>
  stagesIn(category).some(
    stage =>
      stage.kind === 'approval' &&
      (stage.validFor !== undefined ||
        stage.leavers !== undefined ||
        stage.carriedFrom !== undefined ||
        asksForGroups(stage.requires)),
  ),
)

/**
 * What has become of a change since its last entry: time has passed, a leaver's approvals fell away, two ids turned out
 * to be one person, an exception expired, the parent was decided or sent back. The next command that is accepted brings
 * it into the record, before what it does itself.
 */
export function overdue(
  pinned: Pinned,
  change: Change,
): { readonly events: readonly ChangeEvent[]; readonly change: Change } {
  const { governance, category, ancestors, descendants } = pinned
  const still =
    ancestors.length === 0 &&
    descendants.length === 0 &&
    change.exceptions.length === 0 &&
    change.glass === undefined &&
    !movesByItself(category) &&
    !isAnybodyDiscredited(governance)
  if (still || hasEnded(change) || change.state === 'remediation') return { events: [], change }
  const carried = change.state === 'returned' ? [] : carriedTo(pinned, change)
  const fuller = evolved(change, carried, nowIn(pinned))
  const moved = settle(pinned, fuller, () => cameAbout(pinned, fuller))
  if (carried.length === 0 && moved.length === 0) return { events: [], change }
  return { events: [...carried, ...moved], change: evolved(fuller, moved, nowIn(pinned)) }
}

/**
 * When that came about by which something that was given ceased to count: the end of an approval's or an exception's
 * time, a departure; or else the last of all by which it may have. Where no such instant is known, now.
 */
function cameAbout(pinned: Pinned, change: Change): Instant {
  const instants = [...change.approvals, ...change.signOffs].flatMap((one): Instant[] => {
    const why = discountOf(pinned, change, one, 'result' in one ? 'test' : 'approve')
    if (why?.why === 'expired') return [why.until]
    if (why?.why === 'departed' || why?.why === 'compromised')
      return [personNamed(pinned.governance, why.person)?.departed?.at ?? pinned.at]
    return []
  })
  for (const one of change.exceptions) if (one.granted !== undefined) instants.push(exceptedUntil(pinned, one))
  if (change.glass !== undefined) instants.push(change.glass.until)
  const past = instants.filter(one => one > change.since && one <= pinned.at).toSorted()
  if (past[0] !== undefined) return past[0]
  const lost = lostLast(pinned, change)
  // It can have been lost in the very instant in which the change went on.
  return lost !== undefined && lost >= change.since ? lost : pinned.at
}
