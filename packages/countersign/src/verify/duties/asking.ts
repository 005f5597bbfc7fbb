import type { RecordBody } from '../../record/record.ts'
import { isHolder } from './family.ts'
import type { Judge } from './judge.ts'
import type { Ticket } from './ticket.ts'

/**
 * Whoever makes a change one of another category is one of those who ask for such changes, where its rules say who does: by no
 * role that only those have given them since who take part in the change. Judged before they take part in it by that.
 */
export function asking(judge: Judge, ticket: Ticket, category: string, { at, by, seq }: RecordBody): void {
  const { categories } = ticket.policy
  const role = Object.hasOwn(categories, category) ? categories[category]?.requestedBy : undefined
  if (role === undefined) return
  const { people } = judge
  const parties = [...people.all(people.behind(by.account))]
  if (parties.some(party => isHolder(people, party, role, ticket, at))) return
  const because = `they ask for a change of the category ${category} without having ${role} from anybody who has no part in it`
  judge.find('duty.violated', seq, `asked for by a holder of ${role}`, by.account, because)
}
