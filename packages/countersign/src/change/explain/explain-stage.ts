import type { StageFacts } from '../../decision/facts.ts'
import { lacking, match } from '../../policy/matching.ts'
import {
  type ApprovalStage,
  isOwed,
  type ReleaseStage,
  type SingleStage,
  type TaskStage,
  type TestStage,
} from '../../policy/stage.ts'
import { roleAt } from '../authority.ts'
import { candidates, groupsOfAll } from '../candidate.ts'
import type { Approval, Change, Given, Released, SignOff } from '../change.ts'
import { itemsOf } from '../checklist.ts'
import { delegatesFor } from '../delegation.ts'
import type { GivenDuty } from '../discount.ts'
import { actingAt, type Eligible, eligibleFor, givenAlready } from '../eligibility.ts'
import { notTime } from '../frozen.ts'
import { hindrance, unhinderedDelegates } from '../hindrance.ts'
import { openOn } from '../open-stages.ts'
import { outlookOf, withElectorate } from '../outlook.ts'
import { asTakingPart, mayBeFavoured } from '../participant.ts'
import { choicesFor } from '../requirement.ts'
import { conflictOf, madeByRequester } from '../separation.ts'
import { isSkipped, isUnasked, lackingAt, matchedAt, missingWork } from '../shortfall.ts'
import {
  discountOf,
  dutyAt,
  hasLeft,
  isMet,
  standingApprovals,
  stoodAt,
  taskDiscount,
  tickDiscount,
} from '../standing.ts'
import { vetoesAt } from '../veto.ts'
import type { Pinned } from '../world.ts'
import { type Act, type ItemNode, isDone, type StageNode, type Status } from './explanation.ts'
import { nodeOf } from './requirement-node.ts'

/** How one stage of a change stands: what was done there, what is missing, and who could do that or why not. */
export function explainStage(pinned: Pinned, change: Change, stage: SingleStage): StageNode {
  const here = openOn(pinned, change).some(one => one.name === stage.name)
  const base = {
    stage: stage.name,
    kind: stage.kind,
    here,
    ...(isOwed(stage) ? { afterwards: true as const } : {}),
    vetoes: [],
  }
  const vetoed = vetoesAt(pinned, change, stage).length > 0
  if (!vetoed && isSkipped(change, stage)) return { ...base, status: 'skipped', acts: [], missing: {}, eligible: [] }
  const told =
    stage.kind === 'approval'
      ? { ...base, ...explainApproval(pinned, change, stage) }
      : { ...base, ...explainWork(pinned, change, stage) }
  if (isDone(told.status) || vetoed) return told
  if (isUnasked(pinned, change, stage)) return { ...told, status: 'waived' }
  return stage.kind === 'release' && here && isFrozenFor(pinned, change, stage, told.eligible)
    ? { ...told, status: 'frozen' }
    : told
}

/** Whether it is not the time, whoever releases: nobody goes the way round a freeze that they have opened themselves. */
function isFrozenFor(pinned: Pinned, change: Change, stage: ReleaseStage, eligible: readonly Eligible[]): boolean {
  if (notTime(pinned, change, stage) !== undefined) return true
  const able = actingAt(eligible)
  return able.length > 0 && able.every(one => notTime(pinned, asTakingPart(pinned, change, [one]), stage))
}

/**
 * Those who could work on a change, but for whom there is a hindrance; all of them, where there is one for each and it is none
 * to them.
 */
function unhindered(
  pinned: Pinned,
  change: Change,
  stage: TaskStage | TestStage | ReleaseStage,
  eligible: readonly Eligible[],
): Eligible[] {
  if (stage.kind !== 'release' && !mayBeFavoured(pinned, change)) return [...eligible]
  const told = eligible.map((one): Eligible => {
    if (one.excluded !== undefined) return one
    const why = hindrance(pinned, change, stage, [one.person])
    if (why !== undefined) return { ...one, excluded: why }
    return { ...one, delegates: unhinderedDelegates(pinned, change, stage, one) }
  })
  // In a freeze that only they could pass who have opened the way it is the freeze that stops the change; and work that nobody
  // else can do is done all the same, and what is lost by it given anew.
  const isAll = stage.kind === 'release' ? isFrozenFor(pinned, change, stage, eligible) : actingAt(told).length === 0
  return isAll ? [...eligible] : told
}

/** A stage at which something is done by so many holders of one role. */
function explainWork(pinned: Pinned, change: Change, stage: TaskStage | TestStage | ReleaseStage) {
  const acts = actsAt(pinned, change, stage)
  const role = roleAt(pinned, change, stage)
  const holding = eligibleFor(pinned, change, [role], dutyAt(stage), { stage: stage.name })
  const isNext = openOn(pinned, change).includes(stage)
  const eligible = isNext ? unhindered(pinned, change, stage, holding) : holding
  const able = eligible.filter(one => one.excluded === undefined).length
  const lacks = lackingAt(pinned, change, stage)
  const missing = missingWork(pinned, change, stage, lacks)
  const checklist = itemNodes(pinned, change, stage)
  const status: Status =
    missing === 0
      ? satisfiedBy(acts)
      : eligible.length === 0
        ? 'vacant'
        : able < missing && lacks > 0
          ? 'unsatisfiable'
          : acts.some(act => act.discounted?.why === 'ended') ||
              checklist.some(item => item.discounted?.why.why === 'ended')
            ? 'stale'
            : 'pending'
  return {
    status,
    acts,
    ...(checklist.length === 0 ? {} : { checklist }),
    missing: missing === 0 ? {} : { [role]: missing },
    eligible,
  }
}

/** The checklist of a stage, item by item. */
const itemNodes = (pinned: Pinned, change: Change, stage: SingleStage): ItemNode[] =>
  itemsOf(pinned, change, stage).map(({ item, text }) => {
    const ticks = change.ticks.filter(one => one.stage === stage.name && one.item === item)
    const ticked = ticks.find(one => tickDiscount(pinned, change, one, stage) === undefined)
    if (ticked !== undefined) return { item, text, ticked: { person: ticked.person, at: ticked.at } }
    const last = ticks.at(-1)
    const why = last === undefined ? undefined : tickDiscount(pinned, change, last, stage)
    return last === undefined || why === undefined
      ? { item, text }
      : { item, text, discounted: { person: last.person, at: last.at, why } }
  })

function actsAt(pinned: Pinned, change: Change, stage: TaskStage | TestStage | ReleaseStage): Act[] {
  const here = (one: { readonly stage: string }) => one.stage === stage.name
  if (stage.kind === 'task')
    return change.tasks.filter(here).map((one): Act => {
      const discounted = taskDiscount(pinned, change, one)
      return { person: one.person, at: one.at, seats: [], ...(discounted === undefined ? {} : { discounted }) }
    })
  const given = stage.kind === 'test' ? change.signOffs : change.releases
  return actsOf(pinned, change, given.filter(here), stage.kind)
}

/** Satisfied, and whether by an exception. */
const satisfiedBy = (acts: readonly Act[]): Status =>
  acts.some(act => act.discounted === undefined && act.exceptions !== undefined) ? 'excepted' : 'satisfied'

function explainApproval(pinned: Pinned, before: Change, stage: ApprovalStage) {
  const change = withElectorate(pinned, before, stage)
  const choices = choicesFor(change, stage)
  const standing = standingApprovals(pinned, change, stage.name)
  const matching = matchedAt(pinned, change, stage, standing)
  const outlook = outlookOf(pinned, change, stage, choices, standing)
  const given = change.approvals.filter(one => one.stage === stage.name)
  const acts = actsOf(pinned, change, given, 'approve').map(act =>
    act.discounted === undefined && matching.taken.has(act.person)
      ? { ...act, countsFor: matching.taken.get(act.person) ?? '' }
      : act,
  )
  const vetoes = vetoesAt(pinned, change, stage).map(one => pinned.person(one.person))
  const stale = acts.some(act => act.discounted?.why === 'ended' && act.discounted.ended.how === 'stale')
  const status: Status =
    vetoes.length > 0
      ? 'vetoed'
      : choices.length === 0 || lacking(matching) === 0
        ? satisfiedBy(acts.filter(act => act.countsFor !== undefined))
        : (outlook.status ?? (stale ? 'stale' : 'pending'))
  const electorate = change.electorates[stage.name] ?? {}
  const helping =
    lacking(matching) === 0 ? outlook.eligible : helpful(pinned, change, stage, standing, outlook.eligible)
  return {
    status,
    acts,
    vetoes,
    requirement: nodeOf({ change, matching, eligible: outlook.eligible, whole: status, electorate }, stage.requires),
    matching: Object.fromEntries([...matching.taken].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    missing: Object.fromEntries(matching.missing),
    eligible: helping,
  }
}

/** Those who could approve, and why it would help nobody where they take none of the places that are open. */
function helpful(
  pinned: Pinned,
  change: Change,
  stage: ApprovalStage,
  standing: readonly Approval[],
  eligible: readonly Eligible[],
): Eligible[] {
  const choices = choicesFor(change, stage)
  const given = candidates(pinned, change, standing)
  const lacks = choices.map(one => lacking(match(one, given)))
  const known = new Map<string, boolean>()
  // Whoever has the same roles and groups is as good as another.
  const helps = (person: string, roles: readonly string[], chain: readonly string[]) => {
    const groups = groupsOfAll(pinned, chain)
    const key = JSON.stringify([roles, groups])
    const isKnown = known.get(key)
    if (isKnown !== undefined) return isKnown
    const more = [...given, { person, roles, groups }]
    const isHelp = choices.some((one, place) => lacking(match(one, more)) < (lacks[place] ?? 0))
    known.set(key, isHelp)
    return isHelp
  }
  const afterwards = isOwed(stage)
  const spent = givenAlready(pinned, change, 'approve', { stage: stage.name, afterwards })
  // A delegate has the roles that the delegation covers, and the groups that are both of theirs.
  const helpsFor = (to: string, { person, roles }: Eligible) => {
    const covers = (role: string) =>
      delegatesFor(pinned, change, person, role, 'approve', afterwards, spent).includes(to)
    return helps(to, roles.filter(covers), [to, person])
  }
  return eligible.map(one => {
    if (one.excluded !== undefined) return one
    const delegates = one.delegates.filter(to => helpsFor(to, one))
    return delegates.length > 0 || helps(one.person, one.roles, [one.person])
      ? { ...one, delegates }
      : { ...one, excluded: { why: 'no-place' as const } }
  })
}

function actsOf(
  pinned: Pinned,
  change: Change,
  given: readonly (Approval | SignOff | Released)[],
  duty: GivenDuty,
): Act[] {
  return given.map((one: Given & Partial<Approval>): Act => {
    const discounted = discountOf(pinned, change, one as Approval, duty)
    const exceptions: string[] = []
    // What rested on an exception when it had to hold is shown so for ever, also where that has ended since.
    const stood = () => (duty === 'release' ? one.at : stoodAt(pinned, change, one))
    const looking = { excused: exceptions, stood }
    if (discounted === undefined)
      conflictOf(pinned, change, duty, one.chain, { ...looking, given: one, afterwards: one.afterwards })
    if (discounted === undefined && duty === 'release') madeByRequester(pinned, change, looking)
    return {
      person: one.person,
      seats: one.seats,
      at: one.at,
      ...(one.carried === undefined ? {} : { carried: one.carried }),
      ...(one.retainedFrom === undefined ? {} : { retainedFrom: one.retainedFrom }),
      ...(exceptions.length === 0 ? {} : { exceptions }),
      ...(one.chain.some(person => hasLeft(pinned, person)) ? { departed: true } : {}),
      ...(discounted === undefined ? {} : { discounted }),
    }
  })
}

/** A stage in a line, for the facts of a refusal. */
export function shortStatus(pinned: Pinned, change: Change, stage: SingleStage): StageFacts {
  const { status, missing, acts, vetoes } = explainStage(pinned, change, stage)
  const discounted = acts.flatMap(act =>
    act.discounted === undefined ? [] : [{ person: act.person, why: act.discounted.why }],
  )
  return {
    stage: stage.name,
    status: isMet(pinned, change, stage) ? 'satisfied' : status,
    missing: { ...missing },
    discounted,
    ...(vetoes.length === 0 ? {} : { vetoes: [...vetoes] }),
  }
}
