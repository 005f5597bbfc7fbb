import { isHolder } from './family.ts'
import type { Party, People } from './people.ts'
import { separate } from './separation.ts'
import type { Moment, Ticket } from './ticket.ts'

/**
 * How many persons hold a role and can approve in it beyond doubt, when a stage opens: whoever may be counted or not
 * (absent, in roles that exclude each other, excepted) is left out. `elsewhere` have approved another stage.
 */
export function fewest(
  people: People,
  ticket: Ticket,
  role: string,
  moment: Moment,
  elsewhere: ReadonlySet<Party>,
): number {
  if (ticket.policy.roles[role]?.whileAbsent === 'suspended') return 0
  return [...people.holders(role)].filter(party => {
    if (!party.isPerson || party.hasLeft || party.isExcluded || elsewhere.has(party)) return false
    if (!isHolder(people, party, role, ticket, moment.at)) return false
    const { clash, rests } = separate(people, ticket, 'approve', [...party.ids].slice(0, 1), moment, true)
    return clash === undefined && rests.length === 0
  }).length
}
