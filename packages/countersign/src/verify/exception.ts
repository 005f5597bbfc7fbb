import type { RecordBody } from '../record/record.ts'
import { isHolder, takePart } from './family.ts'
import type { People } from './people.ts'
import { isSame } from './separation.ts'
import { type Exception, endOf, type Ticket } from './ticket.ts'

/** What keeps somebody from granting an exception: a part in it or in the change, the rules, or the want of the role. */
export function mayNotExcept(
  people: People,
  ticket: Ticket,
  exception: Exception | undefined,
  { at, by }: RecordBody,
): string | undefined {
  if (exception === undefined) return 'nobody has asked for it'
  if (people.isRobot(by.account)) return 'a robot has granted it'
  const granters = people.behind(by.account)
  if (people.share(granters, [exception.person])) return 'whoever granted it is excepted by it'
  if (people.share(granters, exception.requesters)) return 'whoever granted it has asked for it'
  if (takePart(people, granters, ticket)) return 'whoever granted it takes part in the change'
  const names = exception.duties.join(' and ')
  if (ticket.apart.some(one => one.isFirm && isSame(one.duties, exception.duties)))
    return `the controls keep ${names} apart without exception`
  const rules = (ticket.policy.exceptions ?? []).filter(one => isSame(one.duties, exception.duties))
  if (rules.length === 0) return `the policy knows no exception that lets ${names} meet`
  const parties = [...people.all(granters)]
  const own = rules.filter(one => parties.some(party => isHolder(people, party, one.grantedBy, ticket, at)))
  if (own.length === 0) return `whoever granted it does not hold ${rules.map(one => one.grantedBy).join(' or ')}`
  if (own.every(one => exception.until > endOf(at, one.atMost))) return 'it is for longer than the policy allows'
  return undefined
}
