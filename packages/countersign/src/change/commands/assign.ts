import { refuse } from '../../decision/refusal.ts'
import { type Actor, isActive } from '../../governance/identity.ts'
import { didYouMean } from '../../values/near.ts'
import { mayEdit } from '../authority.ts'
import { overloaded } from '../card.ts'
import type { Change } from '../change.ts'
import { events, type Of, type Step } from '../step.ts'
import type { Pinned } from '../world.ts'

/** The refusal of work for somebody who is not there to do it. */
export function notHere({ governance }: Pinned, who: string) {
  if (isActive(governance, who)) return undefined
  return refuse('name.unknown', {
    what: 'active person',
    name: who,
    near: didYouMean(who, Object.keys(governance.persons)),
  })
}

/** Gives the work to somebody, who holds the duty of a maker from then on. */
export function assign(
  pinned: Pinned,
  change: Change,
  command: Of<'assign'>,
  actor: Actor,
  team: readonly Change[],
): Step {
  const unknown = notHere(pinned, command.to)
  if (unknown !== undefined) return unknown
  if (change.assignee === command.to) return refuse('nothing-to-do', { person: command.to, state: 'assigned' })
  return (
    mayEdit(pinned, change, actor) ??
    overloaded(pinned, change, team, command.to) ??
    events({ type: 'change.assigned', to: command.to })
  )
}
