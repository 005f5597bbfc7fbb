import { refuse } from '../../decision/refusal.ts'
import type { Actor } from '../../governance/identity.ts'
import { later } from '../../values/instant.ts'
import { actorsIn, lacksRole } from '../authority.ts'
import type { Change } from '../change.ts'
import { asDoneBy } from '../participant.ts'
import { conflictFacts, conflictOf } from '../separation.ts'
import { events, natural, type Of, type Step, unseen } from '../step.ts'
import type { Pinned } from '../world.ts'

/**
 * Breaks the glass on one change: for as long as the policy says it may be put into effect, by a holder of the role, and
 * without the approvals and tests before. What the policy owes for it is asked for afterwards.
 */
export function breakGlass(pinned: Pinned, change: Change, command: Of<'breakGlass'>, actor: Actor): Step {
  const { breakGlass: rule } = pinned.category
  if (rule === undefined) return refuse('glass.not-permitted', { change: change.id, category: change.category })
  const stale = unseen(change, command)
  if (stale !== undefined) return stale
  const me = natural(actor)
  if ('refused' in me) return me
  const { person } = me
  const lacking = lacksRole(pinned, change, person, rule.by, () => actorsIn(pinned, change, rule.by))
  if (lacking !== undefined) return lacking
  // Whoever breaks it takes part by that, as whoever releases does.
  const done = asDoneBy(pinned, change, 'release', [person])
  const conflict = conflictOf(pinned, done, 'release', [person], { fresh: true })
  if (conflict !== undefined) return refuse('duty.conflict', { ...conflictFacts(conflict, 'self'), able: [] })
  if (change.glass !== undefined) return refuse('nothing-to-do', { what: change.id, state: 'glass broken' })
  return events({ type: 'glass.broken', by: person, until: later(pinned.at, rule.lasts) })
}
