import type { Instant } from '../../values/instant.ts'
import { type Grant, holdsDuty, type Party, type People } from './people.ts'
import type { Late, Ticket } from './ticket.ts'

// A change, what it depends on and what depends on it. A parent is there before its child, so there is no circle.

/** Whether somebody made something on which the change depends. */
export function madeAbove(party: Party, ticket: Ticket, before: number): boolean {
  if (!party.hasMade) return false
  for (let one = ticket.parent; one !== undefined; one = one.parent)
    if (holdsDuty(party, one, 'make', before)) return true
  return false
}

/** Whether somebody made something that depends on the change. */
export function madeBelow(party: Party, ticket: Ticket, before: number): boolean {
  return party.hasMade && below(ticket).some(one => holdsDuty(party, one, 'make', before))
}

/** Everything that depends on the change, at first or second hand. */
function below(ticket: Ticket): Ticket[] {
  const found = [...ticket.children]
  for (const one of found) for (const child of one.children) found.push(child)
  return found
}

/** Some changes with all that depends on them or that they depend on, at whatever hand. */
export function withFamilies(tickets: Iterable<Ticket>): ReadonlySet<Ticket> {
  const all = new Set(tickets)
  for (const { parent, children } of all) {
    if (parent !== undefined) all.add(parent)
    for (const child of children) all.add(child)
  }
  return all
}

/** The duty of whoever approved before a change took effect, which only a review afterwards asks about. */
export const authorising = 'approve before'
/** The duty of whoever reviewed what had taken effect, as far as a policy keeps something apart from a review. */
export const reviewing = 'review after'
/** The duty of whoever has made a part of a change as a task of its flow: that is no edit. */
export const working = 'make a part'
const deciding = new Set(['approve', authorising, reviewing])

/** Whether somebody takes part in a change or made something of its family; to decide on it is not to take part. */
function takesPart(party: Party, ticket: Ticket, before = Number.POSITIVE_INFINITY): boolean {
  const duties = Object.entries(party.held.get(ticket) ?? {})
  if (duties.some(([duty, seq]) => !deciding.has(duty) && seq < before)) return true
  return madeAbove(party, ticket, before) || madeBelow(party, ticket, before)
}

/** Whether one of some people takes part in a change. */
export const takePart = (people: People, ids: readonly string[], ticket: Ticket, before?: number): boolean =>
  [...people.all(ids)].some(party => takesPart(party, ticket, before))

/** Whether somebody holds a role that was not given to them by a participant since the change was submitted. */
export const isHolder = (people: People, party: Party, role: string, ticket: Ticket, at: Instant): boolean =>
  people
    .grantsOf(party, role, ticket.team, at)
    .some(one => one.seq < ticket.seq || !takePart(people, one.granters, ticket))

/**
 * The role that some people hold, and by whom they were given it; nothing, where one of the grants is as old as the change,
 * or as the template.
 */
export function lateGrants(
  people: People,
  ids: readonly string[],
  role: string,
  { seq, team }: Pick<Ticket, 'seq' | 'team'>,
  at: Instant,
): Late | undefined {
  const grants: Grant[] = []
  for (const party of people.all(ids)) {
    for (const one of people.grantsOf(party, role, team, at)) {
      // Whoever held it before the change was there owes it to nobody on the change.
      if (one.seq < seq) return undefined
      grants.push(one)
    }
  }
  if (grants.length === 0) return undefined
  // However often the same have given it: there are no more of these than administrators.
  const grantedBy = new Map(grants.map(one => [one.granters.join(' '), one.granters]))
  return {
    role,
    grantedBy: [...grantedBy.values()],
    first: grants.reduce((first, one) => Math.min(first, one.seq), Number.POSITIVE_INFINITY),
  }
}

/** Whether somebody had a role by nobody who has no part in the change. */
export const isFavour = (people: People, { grantedBy }: Late, ticket: Ticket, before?: number): boolean =>
  grantedBy.every(ids => takePart(people, ids, ticket, before))
