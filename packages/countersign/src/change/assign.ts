import { refuse } from '../decision/refusal.ts'
import { type Actor, isActive } from '../governance/identity.ts'
import { didYouMean } from '../values/near.ts'
import { overloaded } from './card.ts'
import type { Change } from './change.ts'
import { mayEdit } from './participant.ts'
import { events, type Of, type Step } from './step.ts'
import type { Pinned } from './world.ts'

/** Gives the work to somebody, who holds the duty of a maker from then on. */
export function assign(
  pinned: Pinned,
  change: Change,
  team: readonly Change[],
  command: Of<'assign'>,
  actor: Actor,
): Step {
  const { governance } = pinned
  if (!isActive(governance, command.to)) {
    const near = didYouMean(command.to, Object.keys(governance.persons))
    return refuse('name.unknown', { what: 'active person', name: command.to, near })
  }
  if (change.assignee === command.to) return refuse('nothing-to-do', { person: command.to, state: 'assigned' })
  return (
    mayEdit(pinned, change, actor) ??
    overloaded(pinned, change, team, command.to) ??
    events({ type: 'change.assigned', to: command.to })
  )
}
