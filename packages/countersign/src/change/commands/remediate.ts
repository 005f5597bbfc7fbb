import { refuse } from '../../decision/refusal.ts'
import type { Actor } from '../../governance/identity.ts'
import { didYouMean } from '../../values/near.ts'
import type { Change } from '../change.ts'
import { isOnDesk } from '../participant.ts'
import { completing } from '../progress.ts'
import { childrenOf, unfitFor } from '../remedy.ts'
import { events, type Of, type Step } from '../step.ts'
import type { Pinned } from '../world.ts'

/**
 * Names the change that makes good what was rejected after it had taken effect: one that depends on it, was asked for
 * since, was put into effect in the ordinary way and is completed.
 */
export function remediate(pinned: Pinned, change: Change, command: Of<'remediate'>, actor: Actor): Step {
  const outsider = isOnDesk(pinned, change, actor)
  if (outsider !== undefined) return outsider
  const place = change.obligations.findIndex(one => one.kind === 'remedy' && one.ended === undefined)
  const owed = change.obligations[place]
  if (owed === undefined) return refuse('nothing-to-do', { what: change.id, state: 'remedied' })
  const children = childrenOf(pinned, change)
  const remedy = children.find(one => one.id === command.by)
  if (remedy === undefined) {
    const near = didYouMean(
      command.by,
      children.map(one => one.id),
    )
    return refuse('name.unknown', { what: 'dependent change', name: command.by, change: change.id, near })
  }
  const problem = unfitFor(owed, remedy)
  if (problem !== undefined) return refuse('remedy.unfit', { change: change.id, remedy: remedy.id, ...problem })
  return events(
    { type: 'obligation.fulfilled', obligation: place, late: pinned.at >= owed.due, remedy: remedy.id },
    completing(pinned, change),
  )
}
