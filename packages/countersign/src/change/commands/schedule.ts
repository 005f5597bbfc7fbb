import { refuse } from '../../decision/refusal.ts'
import type { Actor } from '../../governance/identity.ts'
import { mayEdit } from '../authority.ts'
import type { Change } from '../change.ts'
import type { ChangeEvent } from '../event.ts'
import { plannedInto } from '../frozen.ts'
import { events, type Of, type Step } from '../step.ts'
import type { Pinned } from '../world.ts'

/** Says when a change is to be put into effect. A plan that reaches into a freeze is taken down, with a warning. */
export function schedule(pinned: Pinned, change: Change, { from, until }: Of<'schedule'>, actor: Actor): Step {
  const outsider = mayEdit(pinned, change, actor)
  if (outsider !== undefined) return outsider
  if (until <= from || until <= pinned.at) return refuse('interval.invalid', { from, until })
  const warnings = plannedInto(pinned, change, { from, until }).map(
    ({ freeze, interval }): ChangeEvent => ({ type: 'plan.frozen', freeze, ...interval }),
  )
  return events({ type: 'change.scheduled', from, until }, ...warnings)
}
