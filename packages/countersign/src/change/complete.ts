import type { Actor } from '../governance/identity.ts'
import { authorityFor } from './authority.ts'
import type { Change } from './change.ts'
import { by, current, given, notNow, type Of, type Step } from './step.ts'
import type { Pinned } from './world.ts'

/** Does the task that the change has come to. */
export function complete(pinned: Pinned, change: Change, command: Of<'complete'>, actor: Actor): Step {
  const stage = current(pinned, change, 'task')
  if (command.stage !== stage.name) return notNow(pinned, change, 'complete', [stage.name])
  const authority = authorityFor(pinned, change, actor, stage.duty, [stage.by], command.for)
  if ('refused' in authority) return authority
  return by(authority, { type: 'task.completed', duty: stage.duty, ...given(stage, authority) })
}
