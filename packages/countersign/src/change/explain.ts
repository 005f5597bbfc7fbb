import type { Facts } from '../decision/refusal.ts'
import { holdersOf } from '../governance/role.ts'
import { exceptionRuleFor } from '../policy/exception.ts'
import { bestMatch, lacking, type Matching } from '../policy/matching.ts'
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
import type { Interval } from '../values/schedule.ts'
import { applies, choicesFor, isAsked } from './asked.ts'
import type { Approval, Carried, Change, Given, Obligation, Released, Seat, SignOff } from './change.ts'
import { itemsOf } from './checklist.ts'
import { type Eligible, eligibleFor } from './eligible.ts'
import { frozenBy, notTime, plannedInto } from './frozen.ts'
import { blockedStages, counted, outlookOf } from './outlook.ts'
import { takesPart } from './participant.ts'
import { overdue } from './progress.ts'
import { conflictOf } from './separation.ts'
import {
  candidates,
  type Discount,
  discountOf,
  dutyAt,
  type GivenDuty,
  hasLeft,
  isLive,
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
import { lifterOf, vetoesAt } from './veto.ts'
import { hasEnded, openIn, type Pinned, pin, type World } from './world.ts'

/**
 * How a part of the policy stands. `excepted`: satisfied, but something that counts rests on an exception. `waived`: not
 * asked for, as the glass was broken. `frozen`: it may not happen now, for a freeze or as no window is open. `vetoed`: a veto stops it. `vacant`: nobody holds a role that it takes. `unsatisfiable`: those who hold it cannot meet it.
 */
export type Status =
  | 'satisfied'
  | 'excepted'
  | 'waived'
  | 'frozen'
  | 'pending'
  | 'stale'
  | 'vetoed'
  | 'vacant'
  | 'unsatisfiable'
  | 'skipped'

/** Somebody who acted, as an explanation tells it. */
export interface Act {
  readonly person: string
  readonly seats: readonly Seat[]
  readonly at: Instant
  /** The role for which it is counted, where it counts. */
  readonly countsFor?: string
  readonly carried?: Carried
  /** The round in which it was given, where it was kept in a later one. */
  readonly retainedFrom?: number
  /** The exceptions on which it rests. */
  readonly exceptions?: readonly string[]
  /** Whoever gave it has left since. It stands, unless the policy says otherwise. */
  readonly departed?: true
  readonly discounted?: Discount
}

/** What a requirement comes to, in the shape of the policy. */
export type RequirementNode = { readonly status: Status; readonly because?: string | undefined } & (
  | {
      readonly role: string
      readonly needs: number
      readonly has: number
      readonly persons: readonly string[]
      /** The share that is asked for, and of how many persons. */
      readonly share?: readonly [numerator: number, denominator: number]
      readonly of?: number
      /** For each person the group that they count for, where they must be of different ones. */
      readonly groups?: Readonly<Record<string, string>>
    }
  | { readonly preauthorised: true }
  | { readonly all: readonly RequirementNode[] }
  | { readonly any: readonly RequirementNode[] }
)

/** An item of a checklist, by whom it is ticked, and, where it is open, which tick of it no longer counts. */
export interface ItemNode {
  readonly item: string
  readonly text: string
  readonly ticked?: { readonly person: string; readonly at: Instant }
  readonly discounted?: { readonly person: string; readonly at: Instant; readonly why: Discount }
}

export interface StageNode {
  readonly stage: string
  readonly kind: SingleStage['kind']
  readonly status: Status
  readonly here: boolean
  /** It is owed after the change has taken effect: nothing that is given here was given before. */
  readonly afterwards?: true
  readonly acts: readonly Act[]
  readonly requirement?: RequirementNode
  /** What has to be ticked before it is done, where there is something. */
  readonly checklist?: readonly ItemNode[]
  /** Who was matched to which role: as many as can be, whatever the order in which they approved. */
  readonly matching?: Readonly<Record<string, string>>
  /** Those whose veto stops it. */
  readonly vetoes: readonly string[]
  /** Roles that still lack persons, and how many. */
  readonly missing: Readonly<Record<string, number>>
  readonly eligible: readonly Eligible[]
}

/** Something that would take the change on, and who could do it. */
export interface WayOut {
  readonly do:
    | 'approve'
    | 'signOff'
    | 'complete'
    | 'tick'
    | 'release'
    | 'liftVeto'
    | 'requestException'
    | 'grantRole'
    | 'remediate'
    | 'overrideFreeze'
  readonly stage: string
  readonly role?: string
  readonly persons: readonly string[]
}

/** Everything about a change at an instant: what is satisfied, what is pending and with whom, and why. */
export interface Explanation {
  readonly change: string
  readonly at: Instant
  readonly state: string
  /** Since when it is there. */
  readonly since: Instant
  readonly revision: number
  readonly digest: string
  readonly stages: readonly StageNode[]
  /** Persons who could take the change a step on now. */
  readonly whoCanUnblock: readonly string[]
  /** What would take it on, the nearest first. */
  readonly waysOut: readonly WayOut[]
  /** The exceptions on which it rests now. */
  readonly exceptions: readonly string[]
  /** What it owes or owed, as it has taken effect, and whether that is late: once late, for good. */
  readonly obligations: readonly (Obligation & { readonly late: boolean })[]
  readonly glass?: Change['glass']
  /** When it is to be put into effect, and the freezes into which that reaches. */
  readonly plan?: Interval & { readonly freezes: readonly string[] }
  /** The freezes that keep what is next from being put into effect. */
  readonly freezes: readonly { readonly freeze: string; readonly because: string; readonly until: Instant }[]
  /** A part of it took effect before these freezes began, and the rest is stopped by them. */
  readonly straddles: readonly string[]
  /** It was found, and had been in effect since then. */
  readonly inEffectSince?: Instant
}

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
  const waysOut = [...here.flatMap(stage => waysOutOf(pinned, change, stage)), ...waysToRemedy(change)]
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
    ...frost(pinned, change),
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

/** The freezes that stop what is next, and which of them have caught the change half-way. */
function frost(pinned: Pinned, change: Change): Pick<Explanation, 'freezes' | 'straddles'> {
  if (hasEnded(change)) return { freezes: [], straddles: [] }
  const ahead = pinned.stages.filter(
    (one): one is ReleaseStage =>
      one.kind === 'release' && isAsked(change, one) && releasedAt(pinned, change, one) === undefined,
  )
  const found = new Map(ahead.flatMap(stage => frozenBy(pinned, change, stage)).map(one => [one.freeze, one]))
  const frozen = [...found.values()]
  const first = change.releases.find(one => isLive(change, one))
  return {
    freezes: frozen.map(({ freeze, declared, interval }) => ({
      freeze,
      because: declared.because,
      until: interval.until,
    })),
    straddles: frozen.filter(one => first !== undefined && first.at < one.interval.from).map(one => one.freeze),
  }
}

/** What was rejected after it had taken effect is made good by a change that depends on it. */
const waysToRemedy = (change: Change): WayOut[] =>
  change.obligations.flatMap(one =>
    one.kind === 'remedy' && one.ended === undefined
      ? [{ do: 'remediate', stage: one.stage, persons: [...new Set(change.held.map(held => held.person))].toSorted() }]
      : [],
  )

const deeds = { task: 'complete', test: 'signOff', approval: 'approve', release: 'release' } as const

/** What would take a stage on: whoever can act, then what the rules leave open where nobody can. */
function waysOutOf(pinned: Pinned, change: Change, node: StageNode): WayOut[] {
  const { stage, eligible, kind } = node
  const ways: WayOut[] = []
  if (node.vetoes.length > 0) ways.push({ do: 'liftVeto', stage, persons: whoLifts(pinned, change, stage) })
  const able = eligible.filter(one => one.excluded === undefined)
  const persons = [...new Set(able.flatMap(one => [one.person, ...one.delegates]))].toSorted()
  if (persons.length > 0 && node.checklist?.some(one => one.ticked === undefined))
    ways.push({ do: 'tick', stage, persons })
  if (persons.length > 0 && Object.keys(node.missing).length > 0) ways.push({ do: deeds[kind], stage, persons })
  if (node.status === 'frozen') return waysThrough(pinned, change, stage)
  if (node.status !== 'vacant' && node.status !== 'unsatisfiable') return ways
  const shut = eligible.filter(one => one.excludedFrom !== undefined)
  const excepting = shut.find(
    one => one.excludedFrom !== undefined && exceptionRuleFor(pinned.policy, one.excludedFrom) !== undefined,
  )
  if (excepting?.excludedFrom !== undefined) {
    const role = exceptionRuleFor(pinned.policy, excepting.excludedFrom)?.grantedBy ?? ''
    const granters = holdersOf(pinned.governance, role, change.team, pinned.at)
    ways.push({
      do: 'requestException',
      stage,
      role,
      persons: granters.filter(one => !takesPart(pinned, change, one)),
    })
  }
  const [role] = Object.keys(node.missing)
  if (role !== undefined)
    ways.push({ do: 'grantRole', stage, role, persons: [...pinned.governance.administrators].toSorted() })
  return ways
}

/** Those who could except the change from the freezes that stop a release. */
function waysThrough(pinned: Pinned, change: Change, name: string): WayOut[] {
  const stage = pinned.stages.find(one => one.name === name)
  if (stage?.kind !== 'release') return []
  return frozenBy(pinned, change, stage).flatMap(({ declared: { overriddenBy } }) => {
    if (overriddenBy === undefined) return []
    const { role } = overriddenBy
    const holders = holdersOf(pinned.governance, role, change.team, pinned.at)
    return [
      { do: 'overrideFreeze', stage: name, role, persons: holders.filter(one => !takesPart(pinned, change, one)) },
    ]
  })
}

/** Those who could lift the vetoes at a stage. */
function whoLifts(pinned: Pinned, change: Change, name: string): string[] {
  const stage = pinned.stages.find(one => one.name === name)
  const vetoes = stage === undefined ? [] : vetoesAt(pinned, change, stage)
  const lifters = vetoes.flatMap(veto => {
    const role = lifterOf(pinned, veto)
    const holders = role === undefined ? [] : holdersOf(pinned.governance, role, change.team, pinned.at)
    return [...veto.chain, ...holders.filter(one => !takesPart(pinned, change, one))]
  })
  return [...new Set(lifters)].filter(one => !hasLeft(pinned, one)).toSorted()
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
  const skipped = !isAsked(change, stage) || (stage.kind === 'approval' && choicesFor(change, stage).length === 0)
  if (skipped && !vetoed) return { ...base, status: 'skipped', acts: [], missing: {}, eligible: [] }
  const told =
    stage.kind === 'approval'
      ? { ...base, ...explainApproval(pinned, change, stage) }
      : { ...base, ...explainWork(pinned, change, stage) }
  if (isDone(told.status) || vetoed) return told
  if (isWaived(pinned, change, stage)) return { ...told, status: 'waived' }
  const stopped = stage.kind === 'release' && here && notTime(pinned, change, stage) !== undefined
  return stopped ? { ...told, status: 'frozen' } : told
}

/** A stage at which something is done by so many holders of one role. */
function explainWork(pinned: Pinned, change: Change, stage: TaskStage | TestStage | ReleaseStage) {
  const acts = actsAt(pinned, change, stage)
  const done =
    stage.kind === 'task'
      ? Number(taskDone(pinned, change, stage))
      : stage.kind === 'test'
        ? signOffsFor(pinned, change, stage).length
        : Number(releasedAt(pinned, change, stage) !== undefined)
  const eligible = eligibleFor(pinned, change, [stage.by], dutyAt(stage), { stage: stage.name })
  const able = eligible.filter(one => one.excluded === undefined).length
  const lacks = Math.max(0, (stage.kind === 'test' ? stage.signOffs : 1) - done)
  const isUnticked = !(stage.kind === 'release' && lacks === 0) && openItems(pinned, change, stage).length > 0
  const missing = hasEffect(change) ? 0 : Math.max(lacks, Number(isUnticked))
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
    missing: missing === 0 ? {} : { [stage.by]: missing },
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
  const change = counted(pinned, before, stage)
  const choices = choicesFor(change, stage)
  const standing = standingApprovals(pinned, change, stage.name)
  const matched = bestMatch(choices, candidates(pinned, change, standing)) ?? nothingMatched
  // Where people have changed since, what counted then counts; where not, it is told as it was matched.
  const matching = hasEffect(change) && lacking(matched) > 0 ? settledBy(matched, standing) : matched
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
  return {
    status,
    acts,
    vetoes,
    requirement: nodeOf({ change, matching, eligible: outlook.eligible, whole: status, electorate }, stage.requires),
    matching: Object.fromEntries([...matching.taken].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    missing: Object.fromEntries(matching.missing),
    eligible: outlook.eligible,
  }
}

/** Whether everything was met when the change was completed, which nothing that is learned later undoes. */
const hasEffect = ({ rests }: Change): boolean => rests !== undefined

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
