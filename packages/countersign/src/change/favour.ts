import { delegationOf } from '../governance/delegation.ts'
import type { TemplateApproval, TemplateVersion, When } from '../governance/governance.ts'
import { lastGrant } from '../governance/role.ts'
import { wasLetIn } from '../governance/template-approval.ts'
import { versionOf } from '../governance/template-use.ts'
import type { Carried, Change, Given, Seat } from './change.ts'
import type { Discount } from './discount.ts'
import { isArrangedByParticipant, wasGrantedByParticipant } from './participant.ts'
import type { Pinned } from './world.ts'

/** What somebody has done on a change, as far as it tells by what right. */
export type Deed = Pick<Given, 'person' | 'chain' | 'seats' | 'at' | 'under'> & {
  readonly carried?: Carried
  readonly round?: number
}

interface Favour {
  readonly why: 'granted-by-participant' | 'granted-by-proposer'
  readonly person: string
  readonly by: string
}

/** Whoever takes part in the change and without whom somebody would not have had the right to it. */
function favourIn(pinned: Pinned, change: Change, given: Deed, seat: Seat): Favour | undefined {
  const person = seatHolder(seat, given)
  const role = seat.capacity === 'fallback' ? seat.via : seat.role
  const grant = wasGrantedByParticipant(pinned, change, person, role, given)
  if (grant !== undefined) return { why: 'granted-by-participant', person, by: grant.by }
  if (seat.capacity !== 'delegate') return favourOfProposer(pinned, change, given, seat)
  const pool = pinned.policy.roles[seat.role]?.delegates
  for (const [link, id] of [seat.delegation, ...(seat.through ?? [])].entries()) {
    const one = delegationOf(pinned.governance, id)
    if (one === undefined) continue
    if (isArrangedByParticipant(pinned, change, one)) return { why: 'granted-by-participant', person, by: one.by }
    // Under the ids of that day the chain has whom each link was made out to.
    const to = given.chain[link] ?? one.to
    const place = pool === undefined ? undefined : wasGrantedByParticipant(pinned, change, to, pool, given)
    if (place !== undefined) return { why: 'granted-by-participant', person: to, by: place.by }
  }
  return undefined
}

/** The grant by which the proposer of the template that a change follows gave its approver the role, if that is how they had it. */
function favourOfProposer(
  { governance }: Pinned,
  { team, template }: Change,
  given: Deed,
  { role }: Seat,
): Favour | undefined {
  if (template === undefined || !isOfTemplate(given)) return undefined
  const followed = versionOf(governance, team, template.name, template.version)
  const original = followed && givenTo(followed, given, role)
  const grant = followed && original && wasLetIn(governance, followed, original, role)
  return grant === undefined ? undefined : { why: 'granted-by-proposer', person: given.person, by: grant.by }
}

/** What somebody approved of a template by a role, and was carried. What was given anew in the same instant is what counts. */
const givenTo = ({ approvals }: TemplateVersion, { person, at }: Deed, role: string): TemplateApproval | undefined =>
  approvals.findLast(one => one.person === person && one.at === at && one.roles.includes(role))

/** The same as it was when the change was submitted: what was taken over then is not given by what came after. */
const givenBefore = ({ submittedUnder }: Change, followed: TemplateVersion): TemplateVersion => ({
  ...followed,
  approvals: followed.approvals.filter(one => one.nth <= submittedUnder),
})

/** When something was given, and after how many events of people and rules: of what was carried, where it was given. */
export function whenGiven({ governance, ancestors }: Pinned, change: Change, deed: Deed): When {
  const { carried, at, seats, round } = deed
  if (carried === undefined) return deed
  if ('change' in carried) return ancestors.find(one => one.id === carried.change)?.approvals[carried.approval] ?? deed
  const { team, template } = change
  const followed = template && versionOf(governance, team, template.name, template.version)
  if (followed === undefined) return { at }
  const role = seats[0]?.role ?? ''
  const first = round === 1 ? givenTo(givenBefore(change, followed), deed, role) : undefined
  return { at, under: (first ?? givenTo(followed, deed, role))?.nth }
}

const isOfTemplate = ({ carried }: Deed): boolean => carried !== undefined && 'template' in carried

/** The seats that somebody had by nobody's favour who takes part in the change. */
export function soundSeats(pinned: Pinned, change: Change, given: Deed): readonly Seat[] {
  // Where nobody was given a role since, only a delegation can have been a favour, or what was approved of a template before.
  const isOwn = given.seats.every(isNoDelegation) && !isOfTemplate(given)
  const none = isOwn && lastGrant(pinned.governance) <= change.submittedUnder
  return none ? given.seats : given.seats.filter(seat => favourIn(pinned, change, given, seat) === undefined)
}

const isNoDelegation = (seat: Seat) => seat.capacity !== 'delegate'

/** Why something does not count for which every right was such a favour. */
export function favourBehind(pinned: Pinned, change: Change, given: Deed): Discount | undefined {
  const [seat] = given.seats
  if (seat === undefined || soundSeats(pinned, change, given).length > 0) return undefined
  return favourIn(pinned, change, given, seat)
}

/** Whose role it is by which something was given. */
const seatHolder = (seat: Seat, given: Deed): string =>
  seat.capacity === 'delegate' ? seat.principal : (given.chain.at(-1) ?? given.person)
