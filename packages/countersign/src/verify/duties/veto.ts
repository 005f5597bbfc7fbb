import type { SingleStage } from '../../policy/stage.ts'
import type { RecordBody } from '../../record/record.ts'
import { isFavour, isHolder, takePart } from './family.ts'
import { type People, wasCompromised } from './people.ts'
import { approvalStage, flowOf, type Rejection, singles, type Ticket } from './ticket.ts'

/** The vetoes that nobody has lifted who could. */
export const vetoesOn = (people: People, ticket: Ticket): Rejection[] =>
  ticket.rejections.filter(one => one.veto === true && !isLifted(people, ticket, one))

/** Lifted by somebody who still may have: who has no part in the change by now, or placed it, and was not compromised. */
function isLifted(people: People, ticket: Ticket, veto: Rejection): boolean {
  const { lifted } = veto
  if (lifted === undefined || wasCompromised(people, lifted.people, lifted.last)) return false
  if (people.share(lifted.people, veto.people)) return true
  const { late } = lifted
  if (late !== undefined && late.role === lifterOf(ticket, veto) && isFavour(people, late, ticket)) return false
  return !takePart(people, lifted.people, ticket)
}

/** A veto stops what comes after its stage; where that stage is no longer there, everything. */
export function inTheWay(people: People, ticket: Ticket, before: readonly SingleStage[]): Rejection[] {
  const all = singles(flowOf(ticket)).map(one => one.name)
  const earlier = before.map(one => one.name)
  return vetoesOn(people, ticket).filter(({ stage }) => !all.includes(stage) || earlier.includes(stage))
}

/**
 * Who lifts a veto besides whoever placed it: as the rules have it by now for its stage, in the category of then; where these
 * say nothing of it, as they had it then.
 */
export const lifterOf = (ticket: Ticket, { category, stage, liftedBy }: Rejection): string | undefined =>
  approvalStage({ ...ticket, category }, stage)?.veto?.liftedBy ?? liftedBy

/** What keeps somebody from lifting a veto: it is for whoever has a part in it, or for its authority, who takes no part. */
export function mayNotLift(
  people: People,
  ticket: Ticket,
  veto: Rejection | undefined,
  { at, by }: RecordBody,
): string | undefined {
  if (veto?.veto !== true) return 'there is no such veto'
  if (people.isRobot(by.account)) return 'a robot has lifted it'
  const lifters = people.behind(by.account)
  if (people.share(lifters, veto.people)) return undefined
  if (takePart(people, lifters, ticket)) return 'whoever lifted it takes part in the change'
  if (vetoesOn(people, ticket).some(one => people.share(lifters, one.people)))
    return 'whoever lifted it has vetoed the change, too'
  const liftedBy = lifterOf(ticket, veto)
  if (liftedBy === undefined) return 'whoever lifted it has not placed it, and nobody else may lift it'
  if ([...people.all(lifters)].some(party => isHolder(people, party, liftedBy, ticket, at))) return undefined
  return `whoever lifted it has not placed it, and does not hold ${liftedBy}`
}
