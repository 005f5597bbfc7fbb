import type { Actor } from '../governance/identity.ts'
import { carriedInto } from './carry.ts'
import type { Change } from './change.ts'
import type { ChangeEvent } from './event.ts'
import { lifecycle } from './lifecycle.ts'
import { takesPart } from './participant.ts'
import { events, type Step } from './step.ts'
import type { Pinned } from './world.ts'

/** A new round: whatever was decided in the earlier one is history, and everybody is asked again. */
export function resubmit(pinned: Pinned, change: Change, actor: Actor): Step {
  const outsider = takesPart(change, actor)
  if (outsider !== undefined) return outsider
  const round = change.round + 1
  const resubmitted: ChangeEvent = { type: 'change.resubmitted', round }
  const carried = carriedInto(pinned, { ...change, round })
  const entered: ChangeEvent = { type: 'stage.entered', stage: lifecycle(change.category, pinned.category).initial }
  return events(resubmitted, ...carried, entered)
}
