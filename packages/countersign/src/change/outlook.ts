import { reviewsApart } from '../policy/duty.ts'
import { bestMatch, type Candidate, isMatched, type Matching } from '../policy/matching.ts'
import { type Choice, type Demand, personsIn } from '../policy/requirement.ts'
import { type ApprovalStage, isOwed, type SingleStage } from '../policy/stage.ts'
import { candidates, groupsOfAll } from './candidate.ts'
import type { Approval, Change } from './change.ts'
import { type Eligible, eligibleFor, type Holder, plainlyAble } from './eligibility.ts'
import type { ChangeEvent } from './event.ts'
import { electorateOf } from './progress.ts'
import { choicesFor } from './requirement.ts'
import { discountOf, standingApprovals } from './standing.ts'
import type { Pinned } from './world.ts'

interface Outlook {
  readonly status?: 'vacant' | 'unsatisfiable'
  readonly eligible: Holder[]
  readonly missing: Matching['missing']
}

/** Whether the places that are open could be taken by anybody. */
export function outlookOf(
  pinned: Pinned,
  change: Change,
  stage: ApprovalStage,
  choices: readonly Choice[],
  standing: readonly Approval[],
): Outlook {
  const roles = [...new Set(choices.flatMap(choice => [...choice.keys()]))]
  const eligible = eligibleFor(pinned, change, roles, 'approve', { stage: stage.name, afterwards: isOwed(stage) })
  const best = bestMatch(choices, [...candidates(pinned, change, standing), ...ableAmong(pinned, eligible)])
  const missing: Matching['missing'] = best?.missing ?? new Map()
  if (missing.size === 0) return { eligible, missing }
  const vacant = [...missing.keys()].some(role => !eligible.some(one => one.roles.includes(role)))
  return { status: vacant ? 'vacant' : 'unsatisfiable', eligible, missing }
}

const ableAmong = (pinned: Pinned, eligible: readonly Eligible[]): Candidate[] =>
  eligible
    .filter(one => one.excluded === undefined)
    .map(({ person, roles }) => ({ person, roles, groups: groupsOfAll(pinned, [person]) }))

/** The change with the electorate of a stage, as it is recorded or, before the stage has opened, as it would be now. */
export function withElectorate(pinned: Pinned, change: Change, stage: ApprovalStage): Change {
  if (change.electorates[stage.name] !== undefined) return change
  const electorate = electorateOf(pinned, change, stage)
  return electorate === undefined
    ? change
    : { ...change, electorates: { ...change.electorates, [stage.name]: electorate } }
}

/** The approval stages that nobody can meet as things stand, told when the change is submitted. */
export const blockedStages = (pinned: Pinned, submitted: Change): ChangeEvent[] =>
  blockedAt(pinned, submitted, pinned.stages)

/** Those of some stages that nobody can meet, whatever becomes of the others. */
export function blockedAt(pinned: Pinned, submitted: Change, stages: readonly SingleStage[]): ChangeEvent[] {
  const asked: AskedStage[] = []
  for (const stage of stages) {
    if (stage.kind !== 'approval') continue
    const change = withElectorate(pinned, submitted, stage)
    const choices = choicesFor(change, stage)
    if (choices.length > 0) asked.push({ stage, change, choices })
  }
  const blockedOf = (those: readonly AskedStage[]) =>
    isPlainlyOpen(pinned, submitted, those) ? [] : blockedAmong(pinned, submitted, those)
  // Whoever counts once over all stages takes a place in one of them; where reviews count apart, in one of those as well.
  if (!reviewsApart(pinned.policy)) return blockedOf(asked)
  const isReview = ({ stage }: AskedStage) => isOwed(stage)
  return [...blockedOf(asked.filter(one => !isReview(one))), ...blockedOf(asked.filter(isReview))]
}

interface AskedStage {
  readonly stage: ApprovalStage
  /** The change with the electorate of the stage. */
  readonly change: Change
  readonly choices: readonly Choice[]
}

/**
 * Whether the first few who could approve are enough for all stages together, each place being taken by the first who is free.
 * Then so are all of them: whoever comes besides takes nobody's place. Nothing is said of a change where this is not so. A
 * stage for which enough is there already takes nobody but those who gave it.
 */
function isPlainlyOpen(pinned: Pinned, submitted: Change, asked: readonly AskedStage[]): boolean {
  const names = new Set(asked.map(({ stage }) => stage.name))
  const isApart = reviewsApart(pinned.policy)
  const given = submitted.approvals.filter(
    one => (!isApart || names.has(one.stage)) && discountOf(pinned, submitted, one, 'approve') === undefined,
  )
  const taken = new Set(given.flatMap(one => one.chain.map(pinned.person)))
  const ways: { readonly stage: ApprovalStage; readonly way: Choice }[] = []
  for (const { stage, choices } of asked) {
    const way = easiest(choices)
    const here = given.filter(one => one.stage === stage.name)
    // What was carried, or kept, is enough for a stage, or else it is worked out who could take which place.
    if (here.length === 0) ways.push({ stage, way })
    else if (!isMatched([way], candidates(pinned, submitted, here))) return false
  }
  const places = taken.size + ways.reduce((sum, { way }) => sum + personsIn(way), 0)
  const isTaken = (stage: ApprovalStage, role: string, count: number) => {
    let open = count
    for (const person of plainlyAble(pinned, submitted, role, places, isOwed(stage))) {
      if (open === 0) break
      if (taken.has(person)) continue
      taken.add(person)
      open -= 1
    }
    return open === 0
  }
  return ways.every(({ stage, way }) =>
    // Who counts for which group is a matter of all who are there.
    [...way].every(([role, { count, groups }]) => groups === 0 && isTaken(stage, role, count)),
  )
}

/** The stages that cannot be met, of everybody who could approve. */
export function blockedAmong(pinned: Pinned, submitted: Change, asked: readonly AskedStage[]): ChangeEvent[] {
  const asking = asked.map(({ stage, change, choices }) => {
    const standing = standingApprovals(pinned, change, stage.name)
    return { stage, choices, standing, ...outlookOf(pinned, change, stage, choices, standing) }
  })
  const alone = asking.flatMap(({ stage, status, missing, eligible }) =>
    status === undefined ? [] : [blocked(stage, status, missing, eligible)],
  )
  if (alone.length > 0 || asking.length < 2) return alone
  // A person counts once on a change, so what can be met stage by stage may still take more people than there are.
  const joint = bestMatch(
    jointly(asking.map(one => one.choices)),
    asking.flatMap(({ standing, eligible }, place) =>
      [...candidates(pinned, submitted, standing), ...ableAmong(pinned, eligible)].map(one => ({
        ...one,
        roles: one.roles.map(role => at(place, role)),
      })),
    ),
  )
  return asking.flatMap(({ stage, eligible }, place) => {
    const lacks = [...(joint?.missing ?? [])].filter(([key]) => key.startsWith(at(place, '')))
    const missing = new Map(lacks.map(([key, count]) => [key.slice(at(place, '').length), count]))
    return missing.size === 0 ? [] : [blocked(stage, 'unsatisfiable', missing, eligible)]
  })
}

/** A role as it is asked for at one of several stages. */
const at = (place: number, role: string): string => `${place} ${role}`

const mostTogether = 64

/** The ways in which several stages can be met together, or, where these are very many, the easiest way for each. */
function jointly(stages: readonly (readonly Choice[])[]): Choice[] {
  const count = stages.reduce((product, choices) => product * choices.length, 1)
  const kept = count <= mostTogether ? stages : stages.map(choices => [easiest(choices)])
  return kept
    .map((choices, place) => choices.map(one => [...one].map(([role, demand]) => [at(place, role), demand] as const)))
    .reduce((ways, choices) => ways.flatMap(way => choices.map(one => [...way, ...one])), [[]] as (readonly [
      string,
      Demand,
    ])[][])
    .map(way => new Map(way))
}

const easiest = (choices: readonly Choice[]): Choice =>
  choices.reduce((least, one) => (personsIn(one) < personsIn(least) ? one : least))

function blocked(
  stage: ApprovalStage,
  status: 'vacant' | 'unsatisfiable',
  missing: Matching['missing'],
  eligible: readonly Holder[],
): ChangeEvent {
  const excluded = eligible.flatMap(one => (one.excluded === undefined ? [] : [[one.person, one.excluded] as const]))
  return {
    type: 'change.blocked',
    stage: stage.name,
    status,
    missing: Object.fromEntries(missing),
    // An entry has bounds; whoever wants to know of thousands asks for the explanation.
    excluded: Object.fromEntries(excluded.slice(0, mostNamed)),
  }
}

const mostNamed = 50
