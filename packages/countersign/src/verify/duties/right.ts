import type { Seat } from '../../change/change.ts'
import type { Instant } from '../../values/instant.ts'
import { isFavour, lateGrants, takePart } from './family.ts'
import type { People } from './people.ts'
import type { Right, Ticket } from './ticket.ts'

/** The right by which somebody acts in a seat at an instant, and by whose favour they may have it. */
export function rightIn(people: People, ticket: Ticket, seat: Seat, actor: string, at: Instant): Right {
  const holder = seat.capacity === 'delegate' ? seat.principal : actor
  const held = seat.capacity === 'fallback' ? seat.via : seat.role
  const pool = seat.capacity === 'delegate' ? ticket.policy.roles[seat.role]?.delegates : undefined
  const delegates = pool === undefined ? [] : people.delegatesIn(seat)
  const late = lateGrants(people, [holder], held, ticket, at)
  if (seat.capacity === 'own') return { role: seat.role, late, arrangedBy: [] }
  const places = delegates.flatMap(one => lateGrants(people, [one], pool ?? '', ticket, at) ?? [])
  return { role: seat.role, late, seat, places, arrangedBy: people.arrangersOf(seat) }
}

/** Whether nobody who takes part in the change has put somebody where they act on it. */
export function isRightful(people: People, ticket: Ticket, { role, late, places = [], arrangedBy }: Right): boolean {
  const pool = ticket.policy.roles[role]?.delegates
  const favours = [late, ...places.filter(one => one.role === pool)]
  return (
    !arrangedBy.some(ids => takePart(people, ids, ticket)) &&
    !favours.some(one => one !== undefined && isFavour(people, one, ticket))
  )
}
