import type { SingleStage } from '../policy/stage.ts'
import type { RecordBody } from '../record/record.ts'
import { isHolder, takePart } from './family.ts'
import type { People } from './people.ts'
import { approvalStage, flowOf, type Rejection, singles, type Ticket } from './ticket.ts'

/** The vetoes that nobody has lifted. */
export const vetoesOn = (ticket: Ticket): Rejection[] =>
  ticket.rejections.filter(one => one.veto === true && one.lifted === undefined)

/** A veto stops what comes after its stage; where that stage is no longer there, everything. */
export function inTheWay(ticket: Ticket, before: readonly SingleStage[]): Rejection[] {
  const all = singles(flowOf(ticket)).map(one => one.name)
  const earlier = before.map(one => one.name)
  return vetoesOn(ticket).filter(({ stage }) => !all.includes(stage) || earlier.includes(stage))
}

/** Who lifts a veto besides whoever placed it: as the rules have it by now for its stage, in the category of then. */
const lifterOf = (ticket: Ticket, { category, stage }: Rejection): string | undefined =>
  approvalStage({ ...ticket, category }, stage)?.veto?.liftedBy

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
  if (vetoesOn(ticket).some(one => people.share(lifters, one.people)))
    return 'whoever lifted it has vetoed the change, too'
  const liftedBy = lifterOf(ticket, veto)
  if (liftedBy === undefined) return 'whoever lifted it has not placed it, and nobody else may lift it'
  if ([...people.all(lifters)].some(party => isHolder(people, party, liftedBy, ticket, at))) return undefined
  return `whoever lifted it has not placed it, and does not hold ${liftedBy}`
}
