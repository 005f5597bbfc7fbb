import { LeadsNowhere } from '../../decision/leads-nowhere.ts'
import type { Actor } from '../../governance/identity.ts'
import { authorityFor } from '../authority.ts'
import type { Change } from '../change.ts'
import { by, givenAt, type Of, openFor, type Step } from '../step.ts'
import type { Pinned } from '../world.ts'
import { notTicked } from './tick.ts'

/** Does a task that the change has come to. */
export function complete(pinned: Pinned, change: Change, command: Of<'complete'>, actor: Actor): Step {
  const stages = openFor(pinned, change, 'task', command)
  if ('refused' in stages) return stages
  const [stage] = stages
  if (stage === undefined) throw new LeadsNowhere('no task to complete')
  const authority = authorityFor(pinned, change, actor, stage.duty, [stage.by], command.for)
  if ('refused' in authority) return authority
  const unready = notTicked(pinned, change, stage)
  if (unready !== undefined) return unready
  const { chain, ...others } = givenAt(stage, authority)
  return by(authority, { chain, duty: stage.duty, ...others, type: 'task.completed' })
}
