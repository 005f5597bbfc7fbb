import type { Actor } from '../../governance/identity.ts'
import { mayEdit } from '../authority.ts'
import { moveTo } from '../card.ts'
import type { Change } from '../change.ts'
import { events, type Of, type Step } from '../step.ts'
import type { Pinned } from '../world.ts'
import { notHere } from './assign.ts'

/** Moves the change on its team's board; with an owner, pulls it there for them. */
export function move(pinned: Pinned, change: Change, command: Of<'move'>, actor: Actor, team: readonly Change[]): Step {
  const outsider = mayEdit(pinned, change, actor)
  if (outsider !== undefined) return outsider
  const { owner } = command
  const unknown = owner === undefined ? undefined : notHere(pinned, owner)
  if (unknown !== undefined) return unknown
  const moved = moveTo(pinned, change, team, command)
  return 'refused' in moved ? moved : events(...moved.events)
}
