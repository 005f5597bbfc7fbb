import { refuse } from '../decision/refusal.ts'
import type { Actor } from '../governance/identity.ts'
import type { Stage } from '../policy/stage.ts'
import { rolesAsked } from './approve.ts'
import { authorityFor } from './authority.ts'
import type { Change } from './change.ts'
import { lifecycle } from './lifecycle.ts'
import { isLive } from './standing.ts'
import { by, given, notNow, type Of, robot, type Step, unseen } from './step.ts'
import type { Pinned } from './world.ts'

/** Whoever may approve at this stage, or could at an earlier one, may reject. */
export function reject(pinned: Pinned, change: Change, command: Of<'reject'>, actor: Actor): Step {
  const stale = unseen(change, command)
  if (stale !== undefined) return stale
  const machine = robot(actor)
  if (machine !== undefined) return machine
  const here = pinned.category.flow.findIndex(stage => stage.name === change.state)
  const open = (stage: Stage, place: number) =>
    place <= here || change.approvals.some(one => one.stage === stage.name && isLive(change, one))
  const decided = pinned.category.flow
    .filter(open)
    .filter(stage => stage.kind === 'approval')
    .toReversed()
  const roles = [...new Set(decided.flatMap(stage => rolesAsked(change, stage)))]
  if (roles.length === 0)
    return notNow(pinned, change, 'reject', lifecycle(change.category, pinned.category).commands(change.state))
  const authority = authorityFor(pinned, change, actor, 'approve', roles, command.for)
  if ('refused' in authority) return authority
  const held = authority.seats.map(seat => seat.role)
  const stage = decided.find(one => rolesAsked(change, one).some(role => held.includes(role)))
  if (stage === undefined) return refuse('authority.no-role', { person: authority.person, roles, at: pinned.at })
  return by(authority, { type: 'change.rejected', ...given(stage, authority) }, { type: 'change.returned' })
}
