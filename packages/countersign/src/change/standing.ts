import { hasLeftSince } from '../governance/departure.ts'
import { isActive, personNamed } from '../governance/identity.ts'
import { templateStands, versionOf } from '../governance/template-use.ts'
import { isMatched } from '../policy/matching.ts'
import { type Choice, fewestIn } from '../policy/requirement.ts'
import {
  type ApprovalStage,
  coversRelease,
  isOwed,
  type ReleaseStage,
  type SingleStage,
  type Stage,
  type TaskStage,
  type TestStage,
} from '../policy/stage.ts'
import { earlierOf, type Instant, later } from '../values/instant.ts'
import { candidates } from './candidate.ts'
import type { Approval, Carried, Change, Given, Rejection, Released, SignOff, TaskDone, Tick } from './change.ts'
import { itemsOf } from './checklist.ts'
import type { Discount, GivenDuty } from './discount.ts'
import { areOfOne, givenByMore } from './duplicate-approval.ts'
import { type Deed, favourBehind, whenGiven } from './favour.ts'
import { isBrokenByRight, isGlassOpen } from './glass.ts'
import { wasMisused } from './participant.ts'
import { choicesFor, hasElectorate, isAsked, rolesAsked } from './requirement.ts'
import { carryOf, reaches } from './scope.ts'
import { isSeatNow } from './seat.ts'
import { conflictOf } from './separation.ts'
import { vetoesAt } from './veto.ts'
import { hasEnded, meetIn, type Pinned, pin, stageOf } from './world.ts'

/**
 * Why an approval, a sign-off or a release that somebody has given does not count on a change now; `undefined` where it counts.
 * Nothing that was given is ever taken out of a change: it is discounted, and the discount says what has taken its force, as
 * that it was withdrawn, is of an earlier round, or was given by somebody who has made the change.
 *
 * The answer hangs on its arguments alone, and is kept in `pinned.counted`, as one decision asks for it many times.
 */
export function discountOf(
  pinned: Pinned,
  change: Change,
  given: Approval | SignOff | Released,
  duty: GivenDuty,
): Discount | undefined {
  if (pinned.counted?.by !== pinned) pinned.counted = { by: pinned, given: new Map() }
  const counted = pinned.counted.given
  const known = counted.get(given)
  if (known?.change === change) return known.discount
  const discount = judge(pinned, change, given, duty)
  counted.set(given, { change, discount })
  return discount
}

function judge(
  pinned: Pinned,
  change: Change,
  given: Approval | SignOff | Released,
  duty: GivenDuty,
): Discount | undefined {
  const { rests } = change
  if (rests === undefined || duty === 'release' || !hasEnded(change))
    return standsAlone(pinned, change, given, duty) ?? givenTwice(pinned, change, given, duty)
  // What it rests on was settled when it was completed.
  const place = duty === 'approve' ? change.approvals.indexOf(given) : change.signOffs.indexOf(given as SignOff)
  if ((duty === 'approve' ? rests.approvals : rests.signOffs).includes(place)) return undefined
  return (
    standsAlone(pinned, change, given, duty) ?? givenTwice(pinned, change, given, duty) ?? { why: 'not-counted-then' }
  )
}

/** Why something that was given would not count if nothing else had been given. */
function standsAlone(
  pinned: Pinned,
  change: Change,
  given: Approval | SignOff | Released | Tick,
  duty: string,
): Discount | undefined {
  if (given.ended !== undefined) return { why: 'ended', ended: given.ended }
  if (given.round !== change.round) return { why: 'earlier-round' }
  const misuse = misuseOf(pinned, change, given)
  if (misuse !== undefined) return misuse
  const rejection = duty === 'approve' ? rejectionOver(pinned, change, given) : undefined
  if (rejection !== undefined) return { why: 'ended', ended: { how: 'rejected', at: rejection.at } }
  const stood = () => (duty === 'release' ? given.at : stoodAt(pinned, change, given))
  const injustice = unjust(pinned, change, given, duty, stood)
  if (injustice !== undefined) return injustice
  if (duty === 'test') return testDiscount(pinned, change, given)
  return duty === 'approve' ? approvalDiscount(pinned, change, given) : undefined
}

/** Why nobody should have done it, as far as that is known now: another duty, or the favour of a participant. */
function unjust(
  pinned: Pinned,
  change: Change,
  deed: Deed & { readonly afterwards?: true },
  duty: string,
  stood?: () => Instant,
): Discount | undefined {
  const { chain, afterwards } = deed
  const conflict = conflictOf(pinned, change, duty, chain, { afterwards, given: deed, stood })
  if (conflict !== undefined) return { why: 'conflict', person: conflict.person, duty: conflict.held.duty }
  return favourBehind(pinned, change, deed)
}

/** A test may ask for evidence, or for another role, since the change was moved to another policy. */
function testDiscount(pinned: Pinned, change: Change, given: Approval | SignOff | Released): Discount | undefined {
  const stage = stageOf(pinned, given.stage)
  if (stage?.kind !== 'test') return undefined
  const lacks = 'evidence' in given && given.result === 'passed' && given.evidence.length === 0
  if (lacks && stage.evidence === 'required') return { why: 'evidence' }
  return seatDiscount(pinned, change, given, [stage.by])
}

/** The rejection by the same person, under whichever id, that came after an approval, or whose veto stood when it was given. */
function rejectionOver(pinned: Pinned, change: Change, given: Given): Rejection | undefined {
  if (change.rejections.length === 0) return undefined
  const place = change.approvals.indexOf(given)
  const isOver = ({ after, veto, lifted }: Rejection) =>
    place < after || (veto === true && (lifted === undefined || place < lifted.after))
  return change.rejections.find(one => isOver(one) && meetIn(pinned, one.chain, given.chain) !== undefined)
}

/** Why something does not count that was in the hands of somebody who has left as compromised since. */
function misuseOf(pinned: Pinned, change: Change, deed: Deed): Discount | undefined {
  const when = whenGiven(pinned, change, deed)
  const person = deed.chain.find(one => wasMisused(pinned, one, when))
  return person === undefined ? undefined : { why: 'compromised', person }
}

/** What can take an approval's force besides what takes everybody's. */
function approvalDiscount(pinned: Pinned, change: Change, given: Approval): Discount | undefined {
  const stage = stageOf(pinned, given.stage)
  if (stage?.kind !== 'approval') return undefined
  if (stage.validFor !== undefined) {
    const until = later(given.at, stage.validFor)
    if (stoodAt(pinned, change, given) >= until) return { why: 'expired', until }
  }
  if (stage.leavers === 'reconfirm') {
    const gone = given.chain.find(one =>
      hasLeftSince(
        pinned.governance,
        pinned.person(one),
        whenGiven(pinned, change, given),
        stoodAt(pinned, change, given),
      ),
    )
    if (gone !== undefined) return { why: 'departed', person: gone }
  }
  const { environments } = given
  const elsewhere = environments && environmentsAsked(pinned, change, stage).find(one => !environments.includes(one))
  if (elsewhere !== undefined) return { why: 'environment', environment: elsewhere }
  const { carried } = given
  if (carried === undefined) return seatDiscount(pinned, change, given, rolesAsked(change, stage))
  const until = carriedUntil(stage, given.at, carried)
  if (stoodAt(pinned, change, given) >= until) return { why: 'expired', until }
  if (hasEnded(change)) return undefined
  const stood = stoodAt(pinned, change, given)
  const lost =
    'template' in carried ? templateDiscount(pinned, change, given, stood) : parentDiscount(pinned, carried, stood)
  return lost ?? (leansOn(pinned, change, stage, carried) ? undefined : { why: 'scope' })
}

/**
 * When a carried approval is too old: it was carried by what the stage said then, which may have become another one by a move to
 * another policy.
 */
export const carriedUntil = ({ carriedFrom }: ApprovalStage, given: Instant, { until }: Carried): Instant =>
  carriedFrom === undefined ? until : earlierOf(until, later(given, carriedFrom.for))

/**
 * Why something does not count that nobody could give so by the rules of now: the stage asks none of the roles in which it was
 * given, or nobody acts in them like that. Where it asks nobody, nothing has to count.
 */
function seatDiscount(pinned: Pinned, change: Change, given: Given, asked: readonly string[]): Discount | undefined {
  const [seat] = given.seats
  if (seat === undefined || asked.length === 0) return undefined
  const fit = given.seats.filter(one => asked.includes(one.role))
  const [first] = fit
  if (first === undefined) return { why: 'role', role: seat.role }
  return fit.some(one => isSeatNow(pinned, change, given, one))
    ? undefined
    : { why: 'seat', role: first.role, capacity: first.capacity }
}

/** Whether a stage says that what was given there is carried to this change. */
function leansOn({ ancestors: [parent] }: Pinned, change: Change, stage: ApprovalStage, carried: Carried): boolean {
  const carry = carryOf(stage)
  if ('template' in carried) return stage.carriedFrom !== undefined && carry === undefined
  return parent !== undefined && carry !== undefined && reaches(parent, change, carry)
}

/** Whether somebody has left, as far as that was known at the instant. */
export const hasLeft = ({ governance, at, person }: Pinned, who: string): boolean => {
  const id = person(who)
  const departed = personNamed(governance, id)?.departed
  return !isActive(governance, id) && departed !== undefined && departed.at <= at
}

/**
 * When something had to hold that was given before the change took effect: at the last release after it, while each of
 * them stands; until then, and for what was given later, now. What was put into effect within its time stays approved.
 */
export function stoodAt(pinned: Pinned, change: Change, given: Given): Instant {
  const last = lastReleaseAfter(pinned, change, given)
  return earlierOf(last !== undefined && given.at <= last ? last : pinned.at, pinned.stood ?? pinned.at)
}

/** When the last release after a stage happened, where each of them has, and stands. */
function lastReleaseAfter(pinned: Pinned, change: Change, { stage }: Given): Instant | undefined {
  const place = pinned.stages.findIndex(one => one.name === stage)
  let last: Instant | undefined
  for (const one of pinned.stages.slice(place + 1)) {
    if (one.kind !== 'release' || !isAsked(change, one)) continue
    const released = releasedAt(pinned, change, one)
    if (released === undefined) return undefined
    if (last === undefined || released.at > last) last = released.at
  }
  return last
}

function parentDiscount(
  pinned: Pinned,
  carried: { readonly change: string; readonly approval: number },
  stood: Instant,
) {
  const theirs = decidedParent(pinned, stood)
  const original = theirs?.change.approvals[carried.approval]
  const lost = theirs === undefined || original === undefined || theirs.change.id !== carried.change
  return lost || discountOf(theirs.pinned, theirs.change, original, 'approve') !== undefined
    ? ({ why: 'parent' } as const)
    : undefined
}

/**
 * A template that was superseded holds for the tickets that followed it; one that was revoked holds for none. And whoever turns
 * out to have proposed it has not approved it.
 */
function templateDiscount(
  { governance, at, person }: Pinned,
  { team, template }: Change,
  { chain }: Approval,
  stood: Instant,
): Discount | undefined {
  const lost = { why: 'template' } as const
  if (template === undefined || !templateStands(governance, team, template.name, template.version, at, stood))
    return lost
  const proposer = versionOf(governance, team, template.name, template.version)?.proposedBy
  return proposer !== undefined && chain.some(one => person(one) === person(proposer)) ? lost : undefined
}

/**
 * A person counts once on a change. Two approvals of one person can come about where an approval that was carried fell
 * away and came back, or where two ids turn out to be one person: the one given here goes before the carried one, and
 * the earlier before the later.
 */
function givenTwice(
  pinned: Pinned,
  change: Change,
  given: Approval | SignOff | Released,
  duty: GivenDuty,
): Discount | undefined {
  if (duty !== 'approve' || change.approvals.length < 2) return undefined
  if (!givenByMore(pinned, change).has(given)) return undefined
  const meets = (one: Approval, other: Approval) => areOfOne(pinned, one, other)
  const live = [...givenByMore(pinned, change)]
  // One after the other, so that it costs no more than the square of their number, however many ids one person had.
  const counting: Approval[] = []
  const inTurn = [...live.filter(one => one.carried === undefined), ...live.filter(one => one.carried !== undefined)]
  for (const one of inTurn) {
    const first = counting.find(other => meets(other, one))
    if (one === given) return first === undefined ? undefined : { why: 'given-again', person: first.person }
    if (first === undefined && standsAlone(pinned, change, one, 'approve') === undefined) counting.push(one)
  }
  return undefined
}

/**
 * The environments that an approval at a stage has to cover, empty for a release that names none: that of the first release
 * after it which has not happened, of those that the stage covers; once all of them have, that of the last, as the change is in
 * effect there. Where none comes after the stage, it looks back on every release that has happened.
 */
function environmentsAsked(pinned: Pinned, change: Change, stage: ApprovalStage): string[] {
  const place = pinned.stages.indexOf(stage)
  const releases = pinned.stages.filter(one => one.kind === 'release').filter(one => isAsked(change, one))
  const after = releases.filter(one => pinned.stages.indexOf(one) > place)
  const ahead = after.filter(one => coversRelease(stage, one))
  const next = ahead.find(one => releasedAt(pinned, change, one) === undefined) ?? ahead.at(-1)
  if (next !== undefined) return [next.environment ?? '']
  return after.length > 0 ? [] : releases.filter(one => hasHappened(change, one)).map(one => one.environment ?? '')
}

/** Whether a release has happened on the change as it is now, whatever has become known of it since. */
const hasHappened = ({ releases, round }: Change, { name }: ReleaseStage): boolean =>
  releases.some(one => one.stage === name && one.ended === undefined && one.round === round)

/**
 * The change that this one depends on, while its own decision stands: not sent back, not cancelled, not rejected after it
 * had taken effect, and every approval that its flow asks for is there. What holds there for a time only had to hold until
 * `stood`, when this change took effect on it.
 */
export function decidedParent(
  { ancestors, governance, at }: Pinned,
  stood?: Instant,
): { readonly pinned: Pinned; readonly change: Change } | undefined {
  const [parent, ...others] = ancestors
  if (parent === undefined || parent.state === 'returned' || parent.state === 'cancelled') return undefined
  // What was made good by another change was rejected all the same.
  if (parent.obligations.some(one => one.kind === 'remedy')) return undefined
  const pinned: Pinned = { ...pin({ governance, ancestors: others }, parent, at), stood }
  const decided = pinned.stages.every(stage => stage.kind !== 'approval' || isMet(pinned, parent, stage, false))
  return decided ? { pinned, change: parent } : undefined
}

/** The approvals of a stage that count now. */
export const standingApprovals = (pinned: Pinned, change: Change, stage: string): Approval[] =>
  change.approvals.filter(one => one.stage === stage && discountOf(pinned, change, one, 'approve') === undefined)

/**
 * Whether a stage is met now: everything that it asks for is given and counts, or it does not apply, or, unless that is
 * left out of account, the glass was broken on it.
 */
export function isMet(pinned: Pinned, change: Change, stage: Stage, waiving = true): boolean {
  // It was met when the change was completed, whatever has become of people since; or else it was waived.
  const couldBeWaived = !waiving && change.glass?.used === true
  if (change.rests !== undefined && hasEnded(change) && !couldBeWaived) return true
  if (stage.kind === 'parallel') return areMet(pinned, change, stage.stages, waiving)
  if (stage.kind === 'approval' && vetoesAt(pinned, change, stage).length > 0) return false
  if (!isAsked(change, stage) || (waiving && isWaived(pinned, change, stage))) return true
  switch (stage.kind) {
    case 'task':
      return taskDone(pinned, change, stage) && openItems(pinned, change, stage).length === 0
    case 'test':
      return (
        change.signOffs.length >= stage.signOffs &&
        signOffsFor(pinned, change, stage).length >= stage.signOffs &&
        openItems(pinned, change, stage).length === 0
      )
    case 'approval': {
      const choices = choicesFor(change, stage)
      if (choices.length === 0) return true
      if (!hasElectorate(change, stage) || isTooLittle(change, stage, choices)) return false
      return isMatched(choices, candidates(pinned, change, standingApprovals(pinned, change, stage.name)))
    }
    case 'release':
      return releasedAt(pinned, change, stage) !== undefined
    default:
      return stage satisfies never
  }
}

/** Whether it is plain to see that nothing is met yet: there are fewer approvals, whether they count or not, than persons asked. */
function isTooLittle({ approvals }: Change, { name }: ApprovalStage, choices: readonly Choice[]): boolean {
  let given = 0
  for (let at = 0; at < approvals.length; at++) if (approvals[at]?.stage === name) given++
  return given < fewestIn(choices)
}

/** Apart, as whatever holds a function costs a little each time: whether a stage is met is asked more than anything else. */
const areMet = (pinned: Pinned, change: Change, stages: readonly Stage[], waiving: boolean): boolean =>
  stages.every(one => isMet(pinned, change, one, waiving))

/**
 * Whether a stage need not be met as the glass was broken: an approval or a test before a release that has not happened, for
 * as long as the glass is open; and once every release after it has happened, where each was under the glass, and stands.
 */
export function isWaived(pinned: Pinned, change: Change, stage: SingleStage): boolean {
  if (change.glass === undefined || isOwed(stage) || (stage.kind !== 'approval' && stage.kind !== 'test')) return false
  const ahead = pinned.stages
    .slice(pinned.stages.indexOf(stage))
    .filter(one => one.kind === 'release')
    .filter(one => isAsked(change, one))
  const taken = ahead.flatMap(one => releasedAt(pinned, change, one) ?? [])
  if (taken.length < ahead.length) return isGlassOpen(pinned, change)
  return ahead.length > 0 && taken.every(one => one.underGlass === true) && isBrokenByRight(pinned, change)
}

/** Whether a task is done, by somebody who may still have done it. */
export const taskDone = (pinned: Pinned, change: Change, stage: TaskStage): boolean =>
  change.tasks.some(one => one.stage === stage.name && taskDiscount(pinned, change, one) === undefined)

/** Why a task that somebody did is not done by it; `undefined` where it is. */
export function taskDiscount(pinned: Pinned, change: Change, done: TaskDone): Discount | undefined {
  const { duty } = done
  // Whoever has made something has made it, whatever else they did since, and by whose favour; and who made something
  // since is none who looked at it.
  return misuseOf(pinned, change, done) ?? (duty === 'make' ? undefined : unjust(pinned, change, done, duty))
}

/** The sign-offs of a test that count, one for each person. */
export function signOffsFor(pinned: Pinned, change: Change, stage: TestStage): SignOff[] {
  const persons = new Set<string>()
  return change.signOffs.filter(one => {
    if (one.stage !== stage.name || one.result !== 'passed') return false
    const chain = one.chain.map(pinned.person)
    if (chain.some(person => persons.has(person))) return false
    if (discountOf(pinned, change, one, 'test') !== undefined) return false
    for (const person of chain) persons.add(person)
    return true
  })
}

/** Why a tick does not count now; `undefined` where it does. */
export function tickDiscount(pinned: Pinned, change: Change, tick: Tick, stage: SingleStage): Discount | undefined {
  const duty = dutyAt(stage)
  if (duty !== 'make') return standsAlone(pinned, change, tick, duty)
  // Whoever has made something has made it, whatever else they did since.
  if (tick.ended !== undefined) return { why: 'ended', ended: tick.ended }
  if (tick.round !== change.round) return { why: 'earlier-round' }
  return misuseOf(pinned, change, tick)
}

/** The duty that somebody takes on who does something at a stage. */
export const dutyAt = (stage: SingleStage): string =>
  stage.kind === 'task' ? stage.duty : stage.kind === 'approval' ? 'approve' : stage.kind

/** The items of a stage's checklist that nobody has ticked, as far as that counts now. */
export function openItems(pinned: Pinned, change: Change, stage: SingleStage): string[] {
  const items = itemsOf(pinned, change, stage)
  if (items.length === 0) return []
  const ticked = new Set(
    change.ticks
      .filter(one => one.stage === stage.name && tickDiscount(pinned, change, one, stage) === undefined)
      .map(one => one.item),
  )
  return items.map(one => one.item).filter(item => !ticked.has(item))
}

/** The release at a stage that counts now, where there is one. */
export const releasedAt = (pinned: Pinned, change: Change, stage: ReleaseStage): Released | undefined =>
  change.releases.find(one => one.stage === stage.name && discountOf(pinned, change, one, 'release') === undefined)
