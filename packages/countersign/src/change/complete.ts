import type { Actor } from '../governance/identity.ts'
import { authorityFor } from './authority.ts'
import type { Change } from './change.ts'
import { by, given, notNow, type Of, openFor, type Step } from './step.ts'
import { unticked } from './tick.ts'
import type { Pinned } from './world.ts'

/** Does a task that the change has come to. */
export function complete(pinned: Pinned, change: Change, command: Of<'complete'>, actor: Actor): Step {
  const open = openFor(pinned, change, 'task', { type: 'complete' })
  if ('refused' in open) return open
  const stage = open.find(one => one.name === command.stage)
  if (stage === undefined)
    return notNow(
      pinned,
      change,
      'complete',
      open.map(one => one.name),
    )
  const authority = authorityFor(pinned, change, actor, stage.duty, [stage.by], command.for)
  if ('refused' in authority) return authority
  const unready = unticked(pinned, change, stage)
  if (unready !== undefined) return unready
  return by(authority, { type: 'task.completed', duty: stage.duty, ...given(stage, authority) })
}
