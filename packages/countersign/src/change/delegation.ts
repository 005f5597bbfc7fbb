import { delegatesOf, delegationChains, delegationOf } from '../governance/delegation.ts'
import type { Change, Seat } from './change.ts'
import { asDoneBy, grantedByParticipant, holdsHere, isArrangedByParticipant, type Tainted } from './participant.ts'
import { conflictOf } from './separation.ts'
import type { Pinned } from './world.ts'

/**
 * Everyone on a chain of delegations by which somebody does a duty in a role: the delegate, whoever passed a delegation on, and the
 * principal at last; and the change as their right to that is judged on it. `undefined` where somebody who takes part in the change has arranged one of them, or where somebody on the
 * chain is not in the pool from which delegates are chosen, or is in it by a participant's favour only.
 */
function chainThrough(
  pinned: Pinned,
  change: Change,
  delegate: string,
  role: string,
  duty: string,
  links: readonly string[],
  tainted?: Tainted[],
): { readonly chain: readonly string[]; readonly done: Change } | undefined {
  const { governance, policy } = pinned
  const delegations = links.flatMap(id => delegationOf(governance, id) ?? [])
  const chain = [delegate, ...delegations.map(one => one.principal)]
  const done = asDoneBy(pinned, change, duty, chain)
  const pool = policy.roles[role]?.delegates
  if (pool !== undefined && delegations.some(one => !holdsHere(pinned, done, one.to, pool, tainted))) return undefined
  return delegations.some(one => isArrangedByParticipant(pinned, done, one)) ? undefined : { chain, done }
}

/** The seats that somebody can take in the name of a principal, and everyone on the way to them. */
export interface Delegated {
  readonly principal: string
  readonly chain: readonly string[]
  readonly seats: Seat[]
}

/** The seats that somebody can take for others. A delegate has no more than the principal has. */
export function delegatedSeats(
  pinned: Pinned,
  change: Change,
  who: string,
  roles: readonly string[],
  duty: string,
  tainted: Tainted[],
): Delegated[] {
  const { governance, policy, at } = pinned
  const { team, category } = change
  const found = new Map<string, Delegated>()
  const depth = policy.delegation?.depth ?? 1
  for (const role of roles) {
    for (const { principal, links } of delegationChains(governance, who, { role, team, category }, at, depth)) {
      const way = chainThrough(pinned, change, who, role, duty, links, tainted)
      if (way === undefined || !holdsHere(pinned, way.done, principal, role, tainted)) continue
      const { chain } = way
      const [delegation = '', ...through] = links
      const seat: Seat = {
        capacity: 'delegate',
        delegation,
        principal,
        role,
        ...(through.length === 0 ? {} : { through: [...through] }),
      }
      // One way to a principal is enough; another role of theirs is taken by the same way.
      const key = chain.join(' ')
      const known = found.get(key)
      if (known === undefined) found.set(key, { principal, chain, seats: [seat] })
      else if (!known.seats.some(one => one.role === role)) known.seats.push(seat)
    }
  }
  return [...found.values()]
}

/** A way on which somebody acts for a principal: the delegate, whoever passed the delegation on, and the principal at last. */
interface Way {
  readonly delegate: string
  readonly chain: readonly string[]
}

/**
 * The ways on which somebody may act in a role for a principal: nobody on them has a conflict, and nobody but perhaps the
 * principal is one of those who are `spent`, by what they have decided.
 */
export function waysFor(
  pinned: Pinned,
  change: Change,
  principal: string,
  role: string,
  duty: string,
  afterwards: boolean,
  spent: { readonly has: (person: string) => boolean },
): Way[] {
  const { governance, policy, at } = pinned
  const { team, category } = change
  const depth = policy.delegation?.depth ?? 1
  return delegatesOf(governance, principal, { role, team, category }, at, depth).flatMap(({ delegate, links }) => {
    const way = chainThrough(pinned, change, delegate, role, duty, links)
    if (way === undefined || grantedByParticipant(pinned, way.done, principal, role, at) !== undefined) return []
    const { chain, done } = way
    const isOpen =
      !chain.slice(0, -1).some(one => spent.has(pinned.person(one))) &&
      (duty === 'make' || conflictOf(pinned, done, duty, chain, { fresh: true, afterwards }) === undefined)
    return isOpen ? [{ delegate, chain }] : []
  })
}

/** Those who may act in a role for a principal, on whichever way. */
export const delegatesFor = (...asked: Parameters<typeof waysFor>): string[] => [
  ...new Set(waysFor(...asked).map(one => one.delegate)),
]
