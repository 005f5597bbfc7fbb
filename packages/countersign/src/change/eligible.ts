import { delegationsFor } from '../governance/delegation.ts'
import { fallbackFor, holdersOf, isAbsent, robotsIn } from '../governance/role.ts'
import type { Change } from './change.ts'
import { isArrangedByParticipant } from './participant.ts'
import { conflictOf } from './separation.ts'
import { discountOf } from './standing.ts'
import type { Pinned } from './world.ts'

/** Somebody who could act, or why not. */
export interface Eligible {
  readonly person: string
  readonly roles: readonly string[]
  readonly capacity: 'own' | 'fallback'
  readonly absent: boolean
  /** Persons who may act for them. */
  readonly delegates: readonly string[]
  readonly excluded?: string
}

/** Holders of the roles, with those who stand in where a role is not filled, and why some of them cannot act. */
export function eligibleFor(pinned: Pinned, change: Change, roles: readonly string[], duty: string): Eligible[] {
  const { governance, policy, at, separations } = pinned
  const { team, category } = change
  const hasApproved = (person: string) =>
    duty === 'approve'
      ? change.approvals.find(
          one => one.chain.includes(person) && discountOf(pinned, change, one, 'approve') === undefined,
        )
      : undefined
  const found = new Map<string, Eligible & { roles: string[] }>()
  for (const role of roles) {
    const via = fallbackFor(governance, role, policy.roles[role], team, category, at)
    // A robot may test and release for the person who controls it, and never approves.
    const robots = duty === 'approve' ? [] : robotsIn(governance, role, team, at)
    const own = [...holdersOf(governance, role, team, at), ...robots]
    const seats: [string, 'own' | 'fallback'][] = own.map(one => [one, 'own'])
    if (via !== undefined)
      seats.push(...holdersOf(governance, via, team, at).map((one): [string, 'fallback'] => [one, 'fallback']))
    for (const [person, capacity] of seats) {
      const known = found.get(person)
      if (known !== undefined) {
        known.roles.push(role)
        continue
      }
      const controller = governance.bots[person]?.controller
      const conflict = conflictOf(separations, change, duty, controller === undefined ? [person] : [controller, person])
      const given = hasApproved(person)
      const excluded =
        conflict !== undefined
          ? `${conflict.held.how} (${conflict.separation.clause ?? conflict.separation.duties.join('/')})`
          : given !== undefined
            ? `approved already (${given.stage})`
            : undefined
      const delegates = delegationsFor(governance, person, { role, team, category }, at)
        .flatMap(id => governance.delegations[id] ?? [])
        .filter(one => !isArrangedByParticipant(change, one))
        .map(one => one.to)
        .filter(to => conflictOf(separations, change, duty, [to]) === undefined && !hasApproved(to))
      found.set(person, {
        person,
        roles: [role],
        capacity,
        absent: isAbsent(governance, person, at),
        delegates,
        ...(excluded === undefined ? {} : { excluded }),
      })
    }
  }
  return [...found.values()]
}
