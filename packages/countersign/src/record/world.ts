import { boardFor } from '../change/card.ts'
import { mayBeLeanedOn } from '../change/carry.ts'
import type { Change } from '../change/change.ts'
import type { ChangeCommand } from '../change/command.ts'
import type { World } from '../change/world.ts'
import type { Instant } from '../values/instant.ts'
import type { State } from './state.ts'
import { teamRead } from './team-read.ts'

// What a decision on a command asks of a state.

/** What a team has open, and to whom it was given when last. */
export type OnHands = Pick<World, 'team' | 'lastGiven'>

/** What a decision on a command reads. */
export function worldFor(state: State, command: ChangeCommand, onHands = onHandsFor(state, command)): World {
  const world =
    command.type === 'submit' ? state.worldOf(command.change, command.parent) : state.worldOf(command.change)
  return onHands === undefined ? world : { ...world, ...onHands }
}

/** What the team has on its hands, where a decision on a command hangs on it. */
function onHandsFor(state: State, command: ChangeCommand): OnHands | undefined {
  const team = teamRead(state, command)
  return team === undefined
    ? undefined
    : { team: state.openChanges(team), lastGiven: state.lastGiven.get(team) ?? noInstants }
}

const noInstants: ReadonlyMap<string, Instant> = new Map()

/** What an explanation of a change reads: with what its team has open, where there is a board on which it may have to be pulled. */
export function worldToExplain(state: State, change: Change): World & { readonly change: Change } {
  const world = { ...state.worldOf(change.id), change }
  return boardFor(state.governance, change.team) === undefined
    ? world
    : { ...world, team: state.openChanges(change.team) }
}

/** Whether a decision on a command hangs on what else its team has on its hands. */
export const hangsOnTeam = (state: State, command: ChangeCommand): boolean => teamRead(state, command) !== undefined

/**
 * Whether a decision rests on there being nothing that it has not read: then any entry that is written meanwhile has it decided
 * anew. It does in three cases.
 *
 * - It hangs on what else the team has on its hands: any change may take the place on the board that is free, or be given to the
 *   person who has least.
 * - Other changes depend on this one, which `childless` leaves out: whoever makes something on any of them may not decide here,
 *   and another one may be submitted at any time.
 * - The approvals of this change may be taken over by a change that depends on it, and such a change may be submitted at any time.
 */
export function restsOnAll(state: State, command: ChangeCommand, childless = false): boolean {
  if (hangsOnTeam(state, command)) return true
  const change = state.changes.get(command.change)
  if (change === undefined) return false
  if (!childless && state.hasChildren(change.id)) return true
  return mayBeLeanedOn(state.governance, change)
}
