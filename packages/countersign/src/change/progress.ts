import { carriedInto } from './carry.ts'
import type { Change } from './change.ts'
import type { ChangeEvent } from './event.ts'
import { evolveChange } from './evolve.ts'
import { lifecycle } from './lifecycle.ts'
import { isMet } from './standing.ts'
import { type Pinned, stageOf } from './world.ts'

/**
 * Walks a change to the first stage that is not met. Where an earlier one no longer is, the life cycle is reopened and
 * walked from the start.
 */
export function settle(pinned: Pinned, change: Change): ChangeEvent[] {
  const life = lifecycle(change.category, pinned.category)
  const order = pinned.category.flow
  const here = order.findIndex(stage => stage.name === change.state)
  if (here < 0) return []
  let state: string = change.state
  if (order.slice(0, here).some(stage => !isMet(pinned, change, stage))) state = life.next(state, 'reopened') ?? state
  for (let stage = stageOf(pinned.category, state); stage !== undefined && isMet(pinned, change, stage); ) {
    state = life.next(state, 'met') ?? state
    stage = stageOf(pinned.category, state)
  }
  return state === change.state ? [] : [{ type: 'stage.entered', stage: state }]
}

/**
 * What has become of a change since its last entry: time has passed, a leaver's approvals fell away, the parent was
 * decided or sent back. The next command that is accepted brings it into the record, before what it does itself.
 */
export function overdue(
  pinned: Pinned,
  change: Change,
): { readonly events: readonly ChangeEvent[]; readonly change: Change } {
  // Nothing else moves a change without a command about it.
  const still = change.parent === undefined && pinned.governance.compromised.length === 0
  if (still || stageOf(pinned.category, change.state) === undefined) return { events: [], change }
  const carried = carriedInto(pinned, change)
  const fuller = carried.length === 0 ? change : (evolveChange(change, carried, { at: pinned.at }) ?? change)
  const moved = settle(pinned, fuller)
  if (carried.length === 0 && moved.length === 0) return { events: [], change }
  return { events: [...carried, ...moved], change: evolveChange(fuller, moved, { at: pinned.at }) ?? fuller }
}
