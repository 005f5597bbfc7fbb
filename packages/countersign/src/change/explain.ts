import type { Facts } from '../decision/refusal.ts'
import { bestMatch, lacking, type Matching, match } from '../policy/matching.ts'
import { placesOf, type Requirement } from '../policy/requirement.ts'
import {
  type ApprovalStage,
  isOwed,
  type ReleaseStage,
  type SingleStage,
  type TaskStage,
  type TestStage,
} from '../policy/stage.ts'
import type { Instant } from '../values/instant.ts'
import { applies, choicesFor, isAsked } from './asked.ts'
import { roleAt } from './authority.ts'
import { candidates, groupsOfAll } from './candidate.ts'
import type { Approval, Change, Given, Released, SignOff } from './change.ts'
import { itemsOf } from './checklist.ts'
import type { GivenDuty } from './discount.ts'
import { actingAt, delegatesFor, type Eligible, eligibleFor } from './eligible.ts'
import type { Act, Explanation, ItemNode, RequirementNode, StageNode, Status } from './explanation.ts'
import { closedFor, frozenBy, notTime, plannedInto } from './frozen.ts'
import { hindrance } from './hindrance.ts'
import { isLive } from './live.ts'
import { blockedStages, counted, outlookOf } from './outlook.ts'
import { asReleasedBy, isMade, mayBeFavoured } from './participant.ts'
import { overdue } from './progress.ts'
import { conflictOf } from './separation.ts'
import {
  discountOf,
  dutyAt,
  hasLeft,
  isMet,
  isWaived,
  openItems,
  releasedAt,
  signOffsFor,
  standingApprovals,
  taskDiscount,
  taskDone,
  tickDiscount,
} from './standing.ts'
import { vetoesAt } from './veto.ts'
import { waysBack, waysOutOf, waysToRemedy } from './way-out.ts'
import { hasEnded, openIn, type Pinned, pin, type World } from './world.ts'

/**
 * Explains where a change stands at an instant, stage by stage. What has come about since its last entry is told as if
 * it had been recorded already; a change whose life has ended is told as it was then.
 */
export function explain(world: World & { readonly change: Change }, at: Instant): Explanation {
  const pinned = pin(world, world.change, at)
  const { change } = overdue(pinned, world.change)
  const stages = togetherOn(
    pinned,
    change,
    pinned.stages.map(stage => explainStage(pinned, change, stage)),
  )
  const here = stages.filter(stage => stage.here && !isDone(stage.status))
  const waysOut = [
    ...here.flatMap(stage => waysOutOf(pinned, change, stage)),
    ...waysToRemedy(pinned, change),
    ...waysBack(pinned, change),
  ]
  const acting = waysOut.filter(one => one.do !== 'grantRole' && one.do !== 'requestException')
  return {
    change: change.id,
    at,
    state: change.state,
    since: change.since,
    revision: change.revision,
    digest: change.digest,
    stages,
    whoCanUnblock: [...new Set(acting.flatMap(one => one.persons))].toSorted(),
    waysOut,
    exceptions: [...new Set(stages.flatMap(stage => stage.acts.flatMap(act => act.exceptions ?? [])))].toSorted(),
    obligations: change.obligations.map(one => ({ ...one, late: one.ended?.late ?? pinned.at >= one.due })),
    ...(change.glass === undefined ? {} : { glass: change.glass }),
    ...(change.plan === undefined
      ? {}
      : { plan: { ...change.plan, freezes: plannedInto(pinned, change, change.plan).map(one => one.freeze) } }),
    ...frost(pinned, change, stages),
    ...(stages.some(one => one.kind === 'release' && !isDone(one.status)) && !isMade(pinned, change)
      ? { unmade: true }
      : {}),
    ...(change.inEffectSince === undefined ? {} : { inEffectSince: change.inEffectSince }),
  }
}

/** Marks the stages that could be met by themselves and not with the others, as a person counts once on a change. */
function togetherOn(pinned: Pinned, change: Change, stages: readonly StageNode[]): readonly StageNode[] {
  const open = (one: StageNode) => one.kind === 'approval' && (one.status === 'pending' || one.status === 'stale')
  if (hasEnded(change) || stages.filter(open).length < 2) return stages
  const blocked = new Set(
    blockedStages(pinned, change).flatMap(one => (one.type === 'change.blocked' ? [one.stage] : [])),
  )
  return stages.map(one => (open(one) && blocked.has(one.stage) ? { ...one, status: 'unsatisfiable' } : one))
}

const isDone = (status: Status) =>
  status === 'satisfied' || status === 'excepted' || status === 'waived' || status === 'skipped'

/** The freezes that stop what is next, which of them have caught the change half-way, and the windows that are closed. */
function frost(
  pinned: Pinned,
  change: Change,
  stages: readonly StageNode[],
): Pick<Explanation, 'freezes' | 'straddles' | 'windows'> {
  if (hasEnded(change)) return { freezes: [], straddles: [], windows: [] }
  const ahead = pinned.stages.filter(
    (one): one is ReleaseStage =>
      one.kind === 'release' && isAsked(change, one) && releasedAt(pinned, change, one) === undefined,
  )
  // Whoever has opened a way round a freeze does not go it.
  const asDone = (stage: ReleaseStage) => {
    const node = stages.find(one => one.stage === stage.name && one.status === 'frozen')
    return node === undefined ? change : asReleasedBy(pinned, change, actingAt(node.eligible))
  }
  const found = new Map(ahead.flatMap(stage => frozenBy(pinned, asDone(stage), stage)).map(one => [one.freeze, one]))
  const frozen = [...found.values()]
  const first = change.releases.find(one => isLive(change, one))
  return {
    freezes: frozen.map(({ freeze, declared, interval }) => ({
      freeze,
      because: declared.because,
      until: interval.until,
    })),
    straddles: frozen.filter(one => first !== undefined && first.at < one.interval.from).map(one => one.freeze),
    windows: ahead.flatMap(stage => {
      const closed = closedFor(pinned, change, stage)
      return closed === undefined ? [] : [{ stage: stage.name, ...closed }]
    }),
  }
}

function explainStage(pinned: Pinned, change: Change, stage: SingleStage): StageNode {
  const here = openIn(pinned.category, change.state).some(one => one.name === stage.name)
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

/** Whether nothing of a stage applies to a change. */
const isSkipped = (change: Change, stage: SingleStage): boolean =>
  !isAsked(change, stage) || (stage.kind === 'approval' && choicesFor(change, stage).length === 0)

/** Whether it is not the time, whoever releases: nobody goes the way round a freeze that they have opened themselves. */
function isFrozenFor(pinned: Pinned, change: Change, stage: ReleaseStage, eligible: readonly Eligible[]): boolean {
  if (notTime(pinned, change, stage) !== undefined) return true
  const able = actingAt(eligible)
  return able.length > 0 && able.every(one => notTime(pinned, asReleasedBy(pinned, change, [one]), stage))
}

/**
 * Those who could work on a change, but for whom there is a hindrance; all of them, where there is one for each who puts it into
 * effect.
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
    const why = hindrance(pinned, change, stage, one.person)
    if (why !== undefined) return { ...one, excluded: why }
    return { ...one, delegates: one.delegates.filter(to => hindrance(pinned, change, stage, to) === undefined) }
  })
  // In a freeze that only they could pass who have opened the way it is the freeze that stops the change.
  return stage.kind === 'release' && isFrozenFor(pinned, change, stage, eligible) ? [...eligible] : told
}

/** A stage at which something is done by so many holders of one role. */
function explainWork(pinned: Pinned, change: Change, stage: TaskStage | TestStage | ReleaseStage) {
  const acts = actsAt(pinned, change, stage)
  const role = roleAt(pinned, change, stage)
  const holding = eligibleFor(pinned, change, [role], dutyAt(stage), { stage: stage.name })
  const isNext = openIn(pinned.category, change.state).includes(stage)
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

/** How often it is still to be done what a stage asks for. */
function lackingAt(pinned: Pinned, change: Change, stage: TaskStage | TestStage | ReleaseStage): number {
  if (stage.kind === 'test') return Math.max(0, stage.signOffs - signOffsFor(pinned, change, stage).length)
  const isThere =
    stage.kind === 'task' ? taskDone(pinned, change, stage) : releasedAt(pinned, change, stage) !== undefined
  return isThere ? 0 : 1
}

/** How many persons a stage still waits for, be it for an item of its checklist. */
function missingWork(
  pinned: Pinned,
  change: Change,
  stage: TaskStage | TestStage | ReleaseStage,
  lacks = lackingAt(pinned, change, stage),
): number {
  const isUnticked = !(stage.kind === 'release' && lacks === 0) && openItems(pinned, change, stage).length > 0
  return isSettled(pinned, change, stage) ? 0 : Math.max(lacks, Number(isUnticked))
}

/** How many persons of each role a stage still waits for, as its explanation tells it. */
export function missingAt(pinned: Pinned, change: Change, stage: SingleStage): Record<string, number> {
  if (vetoesAt(pinned, change, stage).length === 0 && isSkipped(change, stage)) return {}
  if (stage.kind === 'approval')
    return Object.fromEntries(matchedAt(pinned, counted(pinned, change, stage), stage).missing)
  const missing = missingWork(pinned, change, stage)
  return missing === 0 ? {} : { [roleAt(pinned, change, stage)]: missing }
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

/** Who takes which place of a requirement. */
function matchedAt(
  pinned: Pinned,
  change: Change,
  stage: ApprovalStage,
  standing = standingApprovals(pinned, change, stage.name),
): Matching {
  const matched = bestMatch(choicesFor(change, stage), candidates(pinned, change, standing)) ?? nothingMatched
  // Where people have changed since, what counted then counts; where not, it is told as it was matched.
  const isOver = isSettled(pinned, change, stage) && lacking(matched) > 0
  return isOver ? settledBy(matched, standing) : matched
}

function explainApproval(pinned: Pinned, before: Change, stage: ApprovalStage) {
  const change = counted(pinned, before, stage)
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
  const vetoes = vetoesAt(pinned, change, stage).map(one => one.person)
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
  // A delegate has the roles that the delegation covers, and the groups that are both of theirs.
  const helpsFor = (to: string, { person, roles }: Eligible) => {
    const covers = (role: string) => delegatesFor(pinned, change, person, role, 'approve', isOwed(stage)).includes(to)
    return helps(to, roles.filter(covers), [to, person])
  }
  return eligible.map(one => {
    if (one.excluded !== undefined) return one
    const delegates = one.delegates.filter(to => helpsFor(to, one))
    return delegates.length > 0 || helps(one.person, one.roles, [one.person])
      ? { ...one, delegates }
      : { ...one, excluded: 'none of the places that are open is theirs' }
  })
}

/** Whether a stage was met when the change was completed, which nothing that is learned later undoes. */
const isSettled = (pinned: Pinned, change: Change, stage: SingleStage): boolean =>
  change.rests !== undefined && !isUnasked(pinned, change, stage)

/** Whether the change goes on without what a stage asks for: the glass was broken, or what was rejected was made good. */
const isUnasked = (pinned: Pinned, change: Change, stage: SingleStage): boolean =>
  isWaived(pinned, change, stage) ||
  (change.rests !== undefined &&
    change.obligations.some(one => one.stage === stage.name && one.kind !== 'remedy' && one.ended?.how === 'rejected'))

/** The matching of a change that is completed: it was enough, so nothing is missing, and all that counted counts. */
const settledBy = ({ taken, groups }: Matching, standing: readonly Approval[]): Matching => ({
  taken: new Map([...standing.map((one): [string, string] => [one.person, one.seats[0]?.role ?? '']), ...taken]),
  groups,
  missing: new Map(),
})

const nothingMatched: Matching = { taken: new Map(), groups: new Map(), missing: new Map() }

function actsOf(
  pinned: Pinned,
  change: Change,
  given: readonly (Approval | SignOff | Released)[],
  duty: GivenDuty,
): Act[] {
  return given.map((one: Given & Partial<Approval>): Act => {
    const discounted = discountOf(pinned, change, one as Approval, duty)
    const exceptions: string[] = []
    if (discounted === undefined) conflictOf(pinned, change, duty, one.chain, { excused: exceptions })
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

/** What a node of the tree is told from. */
interface Telling {
  readonly change: Change
  readonly matching: Matching
  readonly eligible: readonly Eligible[]
  readonly whole: Status
  readonly electorate: Readonly<Record<string, number>>
}

function nodeOf(telling: Telling, one: Requirement): RequirementNode {
  const because = one.because === undefined ? {} : { because: one.because }
  if ('from' in one) return { ...because, ...leafOf(telling, one) }
  if (!applies(telling.change, one.when)) return { status: 'skipped', ...because, preauthorised: true }
  if ('approvals' in one) return { status: 'satisfied', ...because, preauthorised: true }
  const parts = ('all' in one ? one.all : one.any).map(part => nodeOf(telling, part))
  const live = parts.filter(part => part.status !== 'skipped')
  // Where nothing of it applies, nothing of it is missing.
  if (live.length === 0) return { status: 'skipped', ...because, ...('any' in one ? { any: parts } : { all: parts }) }
  const met = 'any' in one ? live.some(part => isDone(part.status)) : live.every(part => isDone(part.status))
  const status: Status = met
    ? live.some(part => part.status === 'excepted')
      ? 'excepted'
      : 'satisfied'
    : isDone(telling.whole)
      ? 'pending'
      : telling.whole
  return 'any' in one ? { status, ...because, any: parts } : { status, ...because, all: parts }
}

type Leaf = Extract<Requirement, { from: string }>
type LeafNode = Extract<RequirementNode, { role: string }>

/** So many persons of a role, or a share of them: how many there are, and whether there can be more. */
function leafOf({ change, matching, eligible, whole, electorate }: Telling, one: Leaf): LeafNode {
  const of = electorate[one.from] ?? 0
  const needs = 'share' in one ? placesOf(one.share, of) : one.approvals
  const share = 'share' in one ? { share: one.share, of } : {}
  if (!applies(change, one.when)) return { status: 'skipped', role: one.from, needs, has: 0, persons: [], ...share }
  const persons = [...matching.taken].flatMap(([person, role]) => (role === one.from ? [person] : [])).toSorted()
  const has = Math.min(needs, persons.length)
  const open = eligible.filter(who => who.roles.includes(one.from))
  const able = open.filter(who => who.excluded === undefined).length
  const status: Status =
    has >= needs
      ? whole === 'excepted'
        ? 'excepted'
        : 'satisfied'
      : open.length === 0 && has === 0
        ? 'vacant'
        : able + has < needs
          ? 'unsatisfiable'
          : whole === 'stale'
            ? 'stale'
            : 'pending'
  const groups = one.groups === undefined ? {} : { groups: groupsIn(matching, persons) }
  return { status, role: one.from, needs, has, persons, ...share, ...groups }
}

const groupsIn = ({ groups }: Matching, persons: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    persons.flatMap(person => {
      const group = groups.get(person)
      return group === undefined ? [] : [[person, group]]
    }),
  )

/** A stage in a line, for the facts of a refusal. */
export function shortStatus(pinned: Pinned, change: Change, stage: SingleStage): Facts {
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
