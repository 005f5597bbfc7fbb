import type { Facts } from '../decision/refusal.ts'
import type { Choice, Requirement } from '../policy/requirement.ts'
import type { ApprovalStage, Stage } from '../policy/stage.ts'
import type { Instant } from '../values/instant.ts'
import type { Approval, Change, Given, Seat } from './change.ts'
import { type Eligible, eligibleFor } from './eligible.ts'
import type { ChangeEvent } from './event.ts'
import { bestMatch, type Candidate, lacking, type Matching } from './matching.ts'
import { overdue } from './progress.ts'
import {
  applies,
  candidates,
  choicesFor,
  type Discount,
  discountOf,
  isMet,
  releasedAt,
  signOffsFor,
  standingApprovals,
  taskDone,
} from './standing.ts'
import { type Pinned, pin, type World } from './world.ts'

export type Status = 'satisfied' | 'pending' | 'stale' | 'vacant' | 'unsatisfiable' | 'skipped'

/** Somebody who acted, as an explanation tells it. */
export interface Act {
  readonly person: string
  readonly seats: readonly Seat[]
  readonly at: Instant
  /** The role for which it is counted, where it counts. */
  readonly countsFor?: string
  readonly carried?: Approval['carried']
  readonly discounted?: Discount
}

/** What a requirement comes to, in the shape of the policy. */
export type RequirementNode = { readonly status: Status; readonly because?: string | undefined } & (
  | { readonly role: string; readonly needs: number; readonly has: number; readonly persons: readonly string[] }
  | { readonly preauthorised: true }
  | { readonly all: readonly RequirementNode[] }
  | { readonly any: readonly RequirementNode[] }
)

export interface StageNode {
  readonly stage: string
  readonly kind: Stage['kind']
  readonly status: Status
  readonly here: boolean
  readonly acts: readonly Act[]
  readonly requirement?: RequirementNode
  /** Roles that still lack persons, and how many. */
  readonly missing: Readonly<Record<string, number>>
  readonly eligible: readonly Eligible[]
}

/** Everything about a change at an instant: what is satisfied, what is pending and with whom, and why. */
export interface Explanation {
  readonly change: string
  readonly at: Instant
  readonly state: string
  readonly revision: number
  readonly digest: string
  readonly stages: readonly StageNode[]
  /** Persons who could take the change a step on now. */
  readonly whoCanUnblock: readonly string[]
}

/**
 * Explains where a change stands at an instant, stage by stage. What has come about since its last entry is told as if
 * it had been recorded already.
 */
export function explain(world: World & { readonly change: Change }, at: Instant): Explanation {
  const pinned = pin(world, world.change, at)
  const { change } = overdue(pinned, world.change)
  const stages = pinned.category.flow.map(stage => explainStage(pinned, change, stage))
  const here = stages.find(stage => stage.here)
  const able = here?.eligible.filter(one => one.excluded === undefined) ?? []
  return {
    change: change.id,
    at,
    state: change.state,
    revision: change.revision,
    digest: change.digest,
    stages,
    whoCanUnblock: [...new Set(able.flatMap(one => [one.person, ...one.delegates]))].toSorted(),
  }
}

function explainStage(pinned: Pinned, change: Change, stage: Stage): StageNode {
  const base = { stage: stage.name, kind: stage.kind, here: change.state === stage.name }
  const skipped = !applies(change, stage.when) || (stage.kind === 'approval' && choicesFor(change, stage).length === 0)
  if (skipped) return { ...base, status: 'skipped', acts: [], missing: {}, eligible: [] }
  if (stage.kind === 'approval') return { ...base, ...explainApproval(pinned, change, stage) }
  const duty = stage.kind === 'task' ? stage.duty : stage.kind
  const all = stage.kind === 'test' ? change.signOffs : stage.kind === 'release' ? change.releases : []
  const acts: Act[] =
    stage.kind === 'task'
      ? change.tasks.filter(one => one.stage === stage.name).map(({ person, at }) => ({ person, at, seats: [] }))
      : actsOf(
          pinned,
          change,
          all.filter(one => one.stage === stage.name),
          duty,
        )
  const done =
    stage.kind === 'task'
      ? Number(taskDone(change, stage))
      : stage.kind === 'test'
        ? signOffsFor(pinned, change, stage).length
        : Number(releasedAt(pinned, change, stage) !== undefined)
  const needs = stage.kind === 'test' ? stage.signOffs : 1
  const eligible = eligibleFor(pinned, change, [stage.by], duty)
  const able = eligible.filter(one => one.excluded === undefined).length
  const missing = Math.max(0, needs - done)
  const status: Status =
    missing === 0
      ? 'satisfied'
      : eligible.length === 0
        ? 'vacant'
        : able < missing
          ? 'unsatisfiable'
          : acts.some(act => act.discounted?.why === 'ended')
            ? 'stale'
            : 'pending'
  return { ...base, status, acts, missing: missing === 0 ? {} : { [stage.by]: missing }, eligible }
}

function explainApproval(pinned: Pinned, change: Change, stage: ApprovalStage) {
  const choices = choicesFor(change, stage)
  const standing = standingApprovals(pinned, change, stage.name)
  const matching = bestMatch(choices, candidates(standing)) ?? { taken: new Map(), missing: new Map() }
  const outlook = outlookOf(pinned, change, choices, standing)
  const given = change.approvals.filter(one => one.stage === stage.name)
  const acts = actsOf(pinned, change, given, 'approve').map(act =>
    act.discounted === undefined && matching.taken.has(act.person)
      ? { ...act, countsFor: matching.taken.get(act.person) ?? '' }
      : act,
  )
  const done = lacking(matching) === 0
  const stale = acts.some(act => act.discounted?.why === 'ended' && act.discounted.ended.how === 'stale')
  const status: Status = done ? 'satisfied' : (outlook.status ?? (stale ? 'stale' : 'pending'))
  return {
    status,
    acts,
    requirement: nodeOf(change, stage.requires, matching, outlook.eligible, status),
    missing: Object.fromEntries(matching.missing),
    eligible: outlook.eligible,
  }
}

function actsOf(pinned: Pinned, change: Change, given: readonly Given[], duty: string): Act[] {
  return given.map(one => {
    const discounted = discountOf(pinned, change, one as Approval, duty)
    const carried = (one as Approval).carried
    return {
      person: one.person,
      seats: one.seats,
      at: one.at,
      ...(carried === undefined ? {} : { carried }),
      ...(discounted === undefined ? {} : { discounted }),
    }
  })
}

/** Whether the places that are open could be taken by anybody. */
function outlookOf(
  pinned: Pinned,
  change: Change,
  choices: readonly Choice[],
  standing: readonly Approval[],
): {
  readonly status?: 'vacant' | 'unsatisfiable'
  readonly eligible: Eligible[]
  readonly missing: Matching['missing']
} {
  const roles = [...new Set(choices.flatMap(choice => [...choice.keys()]))]
  const eligible = eligibleFor(pinned, change, roles, 'approve')
  const able: Candidate[] = eligible
    .filter(one => one.excluded === undefined)
    .map(({ person, roles: own }) => ({ person, roles: own }))
  const best = bestMatch(choices, [...candidates(standing), ...able])
  const missing: Matching['missing'] = best?.missing ?? new Map()
  if (missing.size === 0) return { eligible, missing }
  const vacant = [...missing.keys()].some(role => !eligible.some(one => one.roles.includes(role)))
  return { status: vacant ? 'vacant' : 'unsatisfiable', eligible, missing }
}

function nodeOf(
  change: Change,
  one: Requirement,
  matching: Matching,
  eligible: readonly Eligible[],
  whole: Status,
): RequirementNode {
  const because = one.because === undefined ? {} : { because: one.because }
  if (!applies(change, one.when)) {
    const rest =
      'from' in one ? { role: one.from, needs: one.approvals, has: 0, persons: [] } : ({ preauthorised: true } as const)
    return { status: 'skipped', ...because, ...rest }
  }
  if ('from' in one) {
    const persons = [...matching.taken]
      .filter(([, role]) => role === one.from)
      .map(([person]) => person)
      .toSorted()
    const has = Math.min(one.approvals, persons.length)
    const open = eligible.filter(who => who.roles.includes(one.from))
    const able = open.filter(who => who.excluded === undefined).length
    const status: Status =
      has >= one.approvals
        ? 'satisfied'
        : open.length === 0 && has === 0
          ? 'vacant'
          : able + has < one.approvals
            ? 'unsatisfiable'
            : whole === 'stale'
              ? 'stale'
              : 'pending'
    return { status, ...because, role: one.from, needs: one.approvals, has, persons }
  }
  if ('approvals' in one) return { status: 'satisfied', ...because, preauthorised: true }
  const parts = ('all' in one ? one.all : one.any).map(part => nodeOf(change, part, matching, eligible, whole))
  const live = parts.filter(part => part.status !== 'skipped')
  if ('any' in one) {
    const status = live.some(part => part.status === 'satisfied')
      ? 'satisfied'
      : whole === 'satisfied'
        ? 'pending'
        : whole
    return { status, ...because, any: parts }
  }
  const status = live.every(part => part.status === 'satisfied')
    ? 'satisfied'
    : whole === 'satisfied'
      ? 'pending'
      : whole
  return { status, ...because, all: parts }
}

/** The approval stages that nobody can meet as things stand, told when the change is submitted. */
export function blockedStages(pinned: Pinned, change: Change): ChangeEvent[] {
  return pinned.category.flow.flatMap((stage): ChangeEvent[] => {
    if (stage.kind !== 'approval') return []
    const choices = choicesFor(change, stage)
    if (choices.length === 0) return []
    const { status, eligible, missing } = outlookOf(
      pinned,
      change,
      choices,
      standingApprovals(pinned, change, stage.name),
    )
    if (status === undefined) return []
    const excluded = eligible.flatMap(one => (one.excluded === undefined ? [] : [[one.person, one.excluded]]))
    return [
      {
        type: 'change.blocked',
        stage: stage.name,
        status,
        missing: Object.fromEntries(missing),
        excluded: Object.fromEntries(excluded) as Record<string, string>,
      },
    ]
  })
}

/** A stage in a line, for the facts of a refusal. */
export function shortStatus(pinned: Pinned, change: Change, stage: Stage): Facts {
  const { status, missing, acts } = explainStage(pinned, change, stage)
  const discounted = acts.flatMap(act =>
    act.discounted === undefined ? [] : [{ person: act.person, why: act.discounted.why }],
  )
  return {
    stage: stage.name,
    status: isMet(pinned, change, stage) ? 'satisfied' : status,
    missing: { ...missing },
    discounted,
  }
}
