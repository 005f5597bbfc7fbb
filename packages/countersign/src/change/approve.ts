import { refuse } from '../decision/refusal.ts'
import type { Actor } from '../governance/identity.ts'
import type { ApprovalStage } from '../policy/stage.ts'
import { didYouMean } from '../values/near.ts'
import { authorityFor } from './authority.ts'
import type { Change } from './change.ts'
import { choicesFor, discountOf } from './standing.ts'
import { by, current, given, type Of, robot, type Step, takenBy, unseen } from './step.ts'
import type { Pinned } from './world.ts'

/** Approves what the person saw, if it is what is there. */
export function approve(pinned: Pinned, change: Change, command: Of<'approve'>, actor: Actor): Step {
  const stage = current(pinned, change, 'approval')
  const stale = unseen(change, command)
  if (stale !== undefined) return stale
  const asked = rolesAsked(change, stage)
  const roles = command.as === undefined ? asked : asked.filter(role => role === command.as)
  if (command.as !== undefined && roles.length === 0) {
    return refuse('name.unknown', { what: 'role of this stage', name: command.as, near: didYouMean(command.as, asked) })
  }
  const authority = authorityFor(pinned, change, actor, 'approve', roles, command.for)
  if ('refused' in authority) return authority
  const machine = robot(actor)
  if (machine !== undefined) return machine
  const earlier = change.approvals.find(
    one =>
      one.chain.some(person => authority.chain.includes(person)) &&
      discountOf(pinned, change, one, 'approve') === undefined,
  )
  if (earlier !== undefined) return takenBy(earlier, authority)
  return by(authority, { type: 'approval.granted', ...given(stage, authority) })
}

/** The roles whose approval an approval stage asks for on this change. */
export const rolesAsked = (change: Change, stage: ApprovalStage) => [
  ...new Set(choicesFor(change, stage).flatMap(choice => [...choice.keys()])),
]
