import type { ApprovalStage, SingleStage, TestStage } from '../../policy/stage.ts'
import type { Instant } from '../../values/instant.ts'
import { asked, isEnough, ways } from './enough.ts'
import { reviewing } from './family.ts'
import { type Party, type People, wasCompromised } from './people.ts'
import { isRightful } from './right.ts'
import { hindsight, type Judged, mayReview, separate } from './separation.ts'
import { isLetIn, outOfBounds } from './template.ts'
import {
  type Act,
  approvalStage,
  type Counted,
  type Electorates,
  endOf,
  type Form,
  flowOf,
  type Moment,
  type Origin,
  type Rejection,
  type Right,
  singles,
  standingEffects,
  type Ticket,
} from './ticket.ts'
import { vetoesOn } from './veto.ts'

/** What counts on a change now, and the exceptions without which it would not. */
export interface Standing {
  readonly approvals: readonly Counted[]
  readonly tests: readonly Act[]
  readonly rests: Judged['rests']
}

/** What counts: each act as it is judged at this moment, each person once over the whole change. */
export function standing(
  people: People,
  ticket: Ticket,
  moment: Moment,
  given: readonly Act[] = ticket.approvals,
): Standing {
  const rests: Judged['rests'][number][] = []
  const isFromParent = given.some(one => one.from !== undefined && 'ticket' in one.from)
  const parent = isFromParent && ticket.parent !== undefined ? decided(people, ticket.parent, moment) : undefined
  const asks = new Map<string, ReadonlySet<string>>()
  const rolesAt = (name: string) => {
    const known = asks.get(name) ?? rolesAsked(ticket, name)
    asks.set(name, known)
    return known
  }
  const isThere = (act: Act) =>
    isCurrent(people, ticket, act, moment) &&
    (act.from === undefined || !('ticket' in act.from) || parent?.has(act.from.act) === true)
  const candidates: Counted[] = []
  for (const act of given) {
    if (!isThere(act)) continue
    const roles: string[] = []
    for (const one of act.rights)
      if (isRightful(people, ticket, one) && isProvided(people, ticket, act, one) && isFree(people, act, one))
        roles.push(one.role)
    // What nobody asks for takes nobody's place: its giver may have given something else.
    const asked = rolesAt(act.stage)
    if (roles.some(role => asked.has(role))) candidates.push({ act, roles, groups: people.groupsOf(act.people) })
  }
  const acts = candidates.map(one => one.act)
  const good = new Set(unspoilt(people, ticket, 'approve', acts, moment, rests))
  const approvals = candidates.filter(one => good.has(one.act))
  // In each stage a tester counts once; several stages may be tested by the same person.
  const passed = ticket.tests.filter(act => isThere(act) && isTested(people, ticket, act))
  const tests: Act[] = []
  for (const name of new Set(passed.map(one => one.stage))) {
    const here = passed.filter(one => one.stage === name)
    for (const act of unspoilt(people, ticket, 'test', here, moment, rests)) tests.push(act)
  }
  return { approvals, tests, rests }
}

/**
 * Whether something that was done still counts as done: by nobody who was compromised, nor had to leave it to others, nor
 * owed the right to it to somebody on the change. Whoever has made something has made it, whatever they did since.
 */
export function isDoneBy(people: People, ticket: Ticket, duty: string, act: Act, moment: Moment): boolean {
  if (duty === 'make') return !wasCompromised(people, act.people, act.given)
  return (
    isByRight(people, ticket, act) &&
    isCurrent(people, ticket, act, moment) &&
    unspoilt(people, ticket, duty, [act], moment).length > 0
  )
}

/** Whether it was done by a right that nobody on the change has given. */
const isByRight = (people: People, ticket: Ticket, { rights }: Act): boolean =>
  rights.some(one => isRightful(people, ticket, one))

/** Whether a test was signed off in the role that its stage asks now, by a right to it. */
function isTested(people: People, ticket: Ticket, act: Act): boolean {
  const stage = singles(flowOf(ticket)).find(one => one.name === act.stage)
  const isIn = (right: Right) => stage?.kind === 'test' && right.role === stage.by
  return act.rights.some(one => isIn(one) && isRightful(people, ticket, one) && isProvided(people, ticket, act, one))
}

const noRoles: ReadonlySet<string> = new Set()

/** The roles that a stage asks approval from, as the change is now. */
function rolesAsked(ticket: Ticket, name: string): ReadonlySet<string> {
  const { form, electorates } = ticket
  const stage = approvalStage(ticket, name)
  if (stage === undefined || !asked(stage.when, form)) return noRoles
  const roles = new Set<string>()
  for (const way of ways(stage.requires, form, electorates[name])) for (const role of way.keys()) roles.add(role)
  return roles
}

const none: ReadonlyMap<Party, number> = new Map()

/**
 * Those of some acts that are good: by nobody who has another duty, was compromised when they gave it, or has rejected
 * since; and each person once: by what they gave on the change itself before what was carried to it, the earlier first.
 */
export function unspoilt(
  people: People,
  ticket: Ticket,
  duty: string,
  acts: readonly Act[],
  moment: Moment,
  rests: Judged['rests'][number][] = [],
): Act[] {
  if (acts.length === 0) return []
  const isRejected = duty === 'approve' && ticket.rejections.length > 0
  const rejecters = isRejected ? rejectersOf(people, ticket, moment) : none
  const vetoes = isRejected ? ticket.rejections.filter(one => one.veto === true) : []
  const good: Act[] = []
  const before = new Set<Party>()
  const afterwards = duty === 'approve' && mayReview(ticket) ? new Set<Party>() : before
  const inTurn = acts.every(one => one.from === undefined)
    ? acts
    : [...acts.filter(one => one.from === undefined), ...acts.filter(one => one.from !== undefined)]
  for (const act of inTurn) {
    const parties = act.people.map(id => people.of(id))
    const seen = afterwards !== before && isReview(ticket, act) ? afterwards : before
    const isLost = (party: Party) =>
      seen.has(party) ||
      party.compromised.some(gone => gone < moment.before && act.given < gone) ||
      (rejecters.get(party) ?? act.given) > act.given
    if (parties.some(isLost)) continue
    // Whoever has a veto on the change approves nothing of it until that is lifted.
    const isStanding = ({ seq, lifted }: Rejection) =>
      seq < act.given && seq < moment.before && (lifted === undefined || lifted.seq > act.given)
    if (vetoes.some(one => isStanding(one) && people.share(one.people, act.people))) continue
    if (act.from !== undefined && 'template' in act.from && people.share(act.people, act.from.template.proposers))
      continue
    const judged = separate(people, ticket, duty, act.people, moment, act, effectOf(ticket, act, moment))
    if (judged.clash !== undefined) continue
    if (duty === 'approve' && isReview(ticket, act)) {
      if (hindsight(people, ticket, act.people, moment) !== undefined) continue
      const review = separate(people, ticket, reviewing, act.people, moment, act, effectOf(ticket, act, moment))
      if (review.clash !== undefined) continue
      rests.push(...review.rests)
    }
    for (const party of parties) seen.add(party)
    rests.push(...judged.rests)
    good.push(act)
  }
  return good
}

/** Whether it was given after the change had taken effect. */
const isReview = (ticket: Ticket, { stage }: Act): boolean => approvalStage(ticket, stage)?.within !== undefined

/** For everybody who has rejected the change: where they did so last. */
function rejectersOf(people: People, ticket: Ticket, { before }: Moment): Map<Party, number> {
  const last = new Map<Party, number>()
  for (const one of ticket.rejections) {
    if (one.seq < before) for (const party of people.all(one.people)) last.set(party, one.seq)
  }
  return last
}

/**
 * When that had to hold which was given before the change took effect, while it is in effect: at the last of the releases
 * after it. What was put into effect within its time stays approved.
 */
function effectOf(ticket: Ticket, act: Act, { before }: Moment): Moment | undefined {
  if (ticket.effects.length === 0) return undefined
  const stages = singles(flowOf(ticket))
  const place = stages.findIndex(one => one.name === act.stage)
  const effects = standingEffects(ticket)
  let last: Moment | undefined
  for (const stage of stages.slice(place + 1)) {
    if (stage.kind !== 'release' || !asked(stage.when, ticket.form)) continue
    const effect = effects.findLast(one => one.stage === stage.name && one.seq < before)
    if (effect === undefined) return undefined
    if (last === undefined || effect.seq > last.before) last = { at: effect.at, before: effect.seq }
  }
  return last !== undefined && act.seq < last.before ? last : undefined
}

/** Whether it was given for what is there, in this round, is not too old, and by people who are still here if need be. */
function isCurrent(people: People, ticket: Ticket, act: Act, moment: Moment): boolean {
  if (act.off === true || act.round !== ticket.round) return false
  if (act.from === undefined && act.edit !== ticket.edit) return false
  const stage = approvalStage(ticket, act.stage)
  if (stage === undefined) return act.from === undefined
  const { at, before } = effectOf(ticket, act, moment) ?? moment
  const hasLeft = (id: string) => {
    const { left = -1 } = people.of(id)
    return left > act.given && left < before
  }
  if (stage.leavers === 'reconfirm' && act.people.some(hasLeft)) return false
  if (stage.validFor !== undefined && at >= endOf(act.at, stage.validFor)) return false
  return act.from === undefined || isInScope(ticket, act.from, act.at, stage, at)
}

/** Whether an approval that was given elsewhere still reaches as far as this change. */
function isInScope(ticket: Ticket, from: Origin, given: Instant, { carriedFrom }: ApprovalStage, at: Instant): boolean {
  if (carriedFrom === undefined || at >= endOf(given, carriedFrom.for)) return false
  if ('template' in from) {
    const { template } = from
    const isFollowed = 'template' in carriedFrom && ticket.template === template && !template.isRevoked
    return isFollowed && outOfBounds(template, ticket.form).length === 0
  }
  const { ticket: parent } = from
  if ('template' in carriedFrom || parent.category !== carriedFrom.category || parent.team !== ticket.team) return false
  return Object.entries(carriedFrom.within).every(([own, theirs]) => lies(ticket.form[own], parent.form[theirs]))
}

function lies(value: unknown, scope: unknown): boolean {
  if (value === undefined || scope === undefined) return false
  const values = Array.isArray(value) ? value : [value]
  return values.length > 0 && values.every(one => (Array.isArray(scope) ? scope.includes(one) : one === scope))
}

/** Whether the right to approve a template came from somebody other than its proposer. */
const isFree = (people: People, { from }: Act, right: Right): boolean =>
  from === undefined || !('template' in from) || !isLetIn(people, from.template, right)

/** Whether the policy to which a change was moved since lets somebody act so: the one on which they did. */
function isProvided(people: People, ticket: Ticket, { from, at, seq }: Act, right: Right): boolean {
  const { policy, team, migrated = 0 } = ticket
  const { seat } = right
  if (seat === undefined) return true
  if (from !== undefined) return 'template' in from || isProvided(people, from.ticket, from.act, right)
  if (migrated < seq) return true
  const use = Object.hasOwn(policy.roles, seat.role) ? policy.roles[seat.role] : undefined
  if (seat.capacity === 'fallback') return use?.fallback?.role === seat.via && use.fallback.when.includes(seat.cause)
  const pool = use?.delegates
  const isInPool = (id: string) => pool === undefined || people.grantsOf(people.of(id), pool, team, at).length > 0
  return (seat.through?.length ?? 0) < (policy.delegation?.depth ?? 1) && people.delegatesIn(seat).every(isInPool)
}

/**
 * What was given, without the reviews that are limited to some environments and leave out one in which the change has taken
 * effect: a review looks back on all of it.
 */
export function lookingBack(ticket: Ticket): readonly Act[] {
  if (ticket.approvals.every(one => one.environments === undefined)) return ticket.approvals
  const stages = singles(flowOf(ticket))
  const seen = standingEffects(ticket).flatMap(({ stage }) => {
    const release = stages.find(one => one.name === stage)
    return release?.kind === 'release' ? [release.environment ?? ''] : []
  })
  const sees = ({ environments }: Act) => environments === undefined || seen.every(one => environments.includes(one))
  return ticket.approvals.filter(act => sees(act) || !isReview(ticket, act))
}

/** What was given on a change itself, where everything that it asks to be approved is approved; nothing otherwise. */
export function decided(people: People, ticket: Ticket, moment: Moment): ReadonlySet<Act> {
  if (ticket.isIdle) return new Set()
  if (ticket.settled !== undefined) return ticket.settled
  if (vetoesOn(people, ticket).length > 0) return new Set()
  const { approvals } = standing(people, ticket, moment)
  const stages = singles(flowOf(ticket)).filter(
    one => one.kind !== 'approval' || one.onlyAfter === undefined || ticket.glass?.used,
  )
  if (lacking(stages, ticket.form, ticket.electorates, approvals).length > 0) return new Set()
  // What was carried counts here, and is not carried on.
  const own = ticket.approvals.filter(one => one.from === undefined && isCurrent(people, ticket, one, moment))
  const counting = new Set(approvals.map(({ act }) => act))
  // Of two by one person, each for another environment, either is there to be carried.
  return new Set(own.filter(one => counting.has(one) || unspoilt(people, ticket, 'approve', [one], moment).length > 0))
}

/** The approval stages that ask for more than is there. */
export function lacking(
  stages: readonly SingleStage[],
  form: Form,
  electorates: Electorates,
  approvals: readonly Counted[],
): ApprovalStage[] {
  return stages.filter((one): one is ApprovalStage => {
    if (one.kind !== 'approval' || !asked(one.when, form)) return false
    const given = approvals.filter(({ act }) => act.stage === one.name)
    return !isEnough(ways(one.requires, form, electorates[one.name]), given)
  })
}

/** The tests that ask for more than is there. */
export const untested = (stages: readonly SingleStage[], form: Form, tests: readonly Act[]): TestStage[] =>
  stages
    .filter((one): one is TestStage => one.kind === 'test' && asked(one.when, form))
    .filter(one => tests.filter(act => act.stage === one.name).length < one.signOffs)
