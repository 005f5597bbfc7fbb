import { delegationOf } from '../governance/delegation.ts'
import { grantsOnce, isAbsent } from '../governance/role.ts'
import type { Approval, Carried, Change, Given, Seat } from './change.ts'
import { type Pinned, pin } from './world.ts'

/** A role in which somebody acts that is not their own. */
type DerivedSeat = Exclude<Seat, { capacity: 'own' }>
type FromParent = Extract<Carried, { change: string }>

/**
 * Whether the policy by which a change is judged now lets somebody act so who did before the change was moved to it: nobody may
 * stand in for the role by that one, or act in it while absent, or delegates are chosen out of others, or pass nothing on.
 */
export function isSeatNow(
  pinned: Pinned,
  change: Change,
  given: Given & Pick<Approval, 'carried'>,
  seat: Seat,
): boolean {
  const { carried } = given
  if (seat.capacity === 'own') return carried !== undefined || !wouldBeSuspended(pinned, change, given, seat.role)
  if (carried !== undefined) return 'template' in carried || isSeatAbove(pinned, carried, seat)
  return isSeatHere(pinned, change, given, seat)
}

/** Whether somebody was absent when they acted, and the policy to which the change was moved since suspends them meanwhile. */
const wouldBeSuspended = (pinned: Pinned, change: Change, { at, chain, person }: Given, role: string): boolean =>
  change.migrated !== undefined &&
  change.migrated >= at &&
  pinned.policy.roles[role]?.whileAbsent === 'suspended' &&
  isAbsent(pinned.governance, chain.at(-1) ?? person, at)

/** What was carried is judged where it was given, by the policy to which that was moved. */
function isSeatAbove({ governance, ancestors, at }: Pinned, carried: FromParent, seat: DerivedSeat): boolean {
  const [parent, ...others] = ancestors
  const original = parent?.id === carried.change ? parent.approvals[carried.approval] : undefined
  if (parent === undefined || original === undefined) return false
  return isSeatHere(pin({ governance, ancestors: others }, parent, at), parent, original, seat)
}

function isSeatHere(pinned: Pinned, change: Change, given: Given, seat: DerivedSeat): boolean {
  if (change.migrated === undefined || change.migrated < given.at) return true
  const { governance, policy } = pinned
  const use = policy.roles[seat.role]
  if (seat.capacity === 'fallback') return use?.fallback?.role === seat.via && use.fallback.when.includes(seat.cause)
  const links = [seat.delegation, ...(seat.through ?? [])]
  if (links.length > (policy.delegation?.depth ?? 1)) return false
  const pool = use?.delegates
  if (pool === undefined) return true
  return links.every((id, link) => {
    const to = given.chain[link] ?? delegationOf(governance, id)?.to ?? ''
    return grantsOnce(governance, to, pool, change.team, given).length > 0
  })
}
