import { groupsOf } from '../governance/role.ts'
import type { Candidate } from '../policy/matching.ts'
import type { Approval, Change } from './change.ts'
import { soundSeats } from './favour.ts'
import { isSeatNow } from './seat.ts'
import type { Pinned } from './world.ts'

/**
 * Those who have approved, as candidates for the places of a requirement. Whoever acted for somebody else stands for the
 * groups to which both belong.
 */
export const candidates = (pinned: Pinned, change: Change, approvals: readonly Approval[]): Candidate[] =>
  approvals.map(one => ({
    person: one.person,
    roles: soundSeats(pinned, change, one)
      .filter(seat => isSeatNow(pinned, change, one, seat))
      .map(seat => seat.role),
    groups: groupsOfAll(pinned, one.chain),
  }))

/** The groups to which all of them belong. */
export function groupsOfAll({ governance, person }: Pinned, chain: readonly string[]): readonly string[] {
  const groups = groupsOf(governance, person(chain[0] ?? ''))
  if (chain.length < 2) return groups
  return chain
    .slice(1)
    .reduce((some, other) => some.filter(group => groupsOf(governance, person(other)).includes(group)), groups)
}
