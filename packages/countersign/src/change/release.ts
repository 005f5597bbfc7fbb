import { type Facts, refuse } from '../decision/refusal.ts'
import type { Actor } from '../governance/identity.ts'
import type { Stage } from '../policy/stage.ts'
import { authorityFor } from './authority.ts'
import type { Change } from './change.ts'
import { shortStatus } from './explain.ts'
import { isMet } from './standing.ts'
import { by, current, given, type Of, type Step, unseen } from './step.ts'
import type { Pinned } from './world.ts'

/** Puts the change into effect, if everything before it is met at this instant. */
export function release(pinned: Pinned, change: Change, command: Of<'release'>, actor: Actor): Step {
  const stage = current(pinned, change, 'release')
  const stale = unseen(change, command)
  if (stale !== undefined) return stale
  const authority = authorityFor(pinned, change, actor, 'release', [stage.by], command.for)
  if ('refused' in authority) return authority
  // A robot for which nobody answers is nobody, and to have been given the work is not to have done it.
  const made = change.held.some(
    one => one.duty === 'make' && one.how !== 'was assigned' && pinned.governance.persons[one.person] !== undefined,
  )
  if (!made) return refuse('make.unknown', { change: change.id })
  // Approvals grow old and people's duties change between the decision and its effect, so all is asked once more.
  const unmet = unmetBefore(pinned, change, stage)
  if (unmet !== undefined) return unmet
  return by(authority, { type: 'change.released', ...given(stage, authority) })
}

/** The refusal of a release before which not everything is met, which says what is missing. */
function unmetBefore(pinned: Pinned, change: Change, release: Stage) {
  const before = pinned.category.flow.slice(0, pinned.category.flow.indexOf(release))
  const unmet = before.filter(stage => !isMet(pinned, change, stage))
  if (unmet.length === 0) return undefined
  const stages = unmet.map((stage): Facts => shortStatus(pinned, change, stage))
  return refuse('requirement.unmet', { change: change.id, state: change.state, release: release.name, stages })
}

/** A release at a stage before one: an attempt to put into effect what is not approved or tested, and not a mere slip. */
export function tooEarly(pinned: Pinned, change: Change) {
  const { flow } = pinned.category
  const here = flow.findIndex(stage => stage.name === change.state)
  const next = here < 0 ? undefined : flow.slice(here).find(stage => stage.kind === 'release')
  return next === undefined ? undefined : unmetBefore(pinned, change, next)
}
