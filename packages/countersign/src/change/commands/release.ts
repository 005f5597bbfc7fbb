import { LeadsNowhere } from '../../decision/leads-nowhere.ts'
import { refuse } from '../../decision/refusal.ts'
import type { Actor } from '../../governance/identity.ts'
import type { ReleaseStage, SingleStage } from '../../policy/stage.ts'
import { type Authority, ableIn, authorityFor, roleAt } from '../authority.ts'
import type { Change } from '../change.ts'
import type { ChangeEvent } from '../event.ts'
import { evolved } from '../evolve.ts'
import { shortStatus } from '../explain/explain-stage.ts'
import { notTime } from '../frozen.ts'
import { hindrance } from '../hindrance.ts'
import { isMade } from '../participant.ts'
import { conflictFacts, madeByRequester } from '../separation.ts'
import { isMet, releasedAt } from '../standing.ts'
import { by, givenAt, type Of, type Step, unseen } from '../step.ts'
import { isUnderGlass } from '../under-glass.ts'
import { nowIn, openIn, type Pinned } from '../world.ts'
import { notTicked } from './tick.ts'

/** Puts the change into effect, if everything before it is met at this instant. */
export function release(pinned: Pinned, change: Change, command: Of<'release'>, actor: Actor): Step {
  const stage = openIn(pinned.category, change.state).find(one => one.kind === 'release')
  if (stage === undefined) throw new LeadsNowhere(`the life cycle lets release happen in ${change.state}`)
  const stale = unseen(change, command)
  if (stale !== undefined) return stale
  // Where there are several steps, a step is named by where it puts the change into effect, so that nobody takes the next.
  const several = pinned.stages.filter(one => one.kind === 'release').length > 1
  const { environment: named = several ? undefined : stage.environment } = command
  if (named !== stage.environment) {
    return refuse('binding.environment', { named: named ?? null, environment: stage.environment ?? null })
  }
  const underGlass = isUnderGlass(pinned, change, stage)
  const authority = authorityFor(pinned, change, actor, 'release', [roleAt(pinned, change, stage)], command.for, {
    stage,
  })
  if ('refused' in authority) return authority
  if (!isMade(pinned, change)) return refuse('make.unknown', { change: change.id })
  // Approvals grow old and people's duties change between the decision and its effect, so all is asked once more: with
  // whoever puts it into effect as one who takes part, so that what others have by their favour counts for nothing in it.
  const bare: ChangeEvent = { ...givenAt(stage, authority), type: 'change.released' }
  const takenPart = {
    ...change,
    held: evolved(change, [bare], nowIn(pinned)).held,
  }
  const excused = [...authority.exceptions]
  const own = madeByRequester(pinned, takenPart, { excused })
  if (own !== undefined) return refuse('duty.conflict', { ...conflictFacts(own, 'requester'), able: [] })
  const ordinary: ChangeEvent = { ...givenAt(stage, { ...authority, exceptions: excused }), type: 'change.released' }
  const released = underGlass ? { ...ordinary, underGlass } : ordinary
  return (
    unmetAt(pinned, change, takenPart, stage, authority, underGlass) ??
    notTicked(pinned, takenPart, stage) ??
    notTime(pinned, takenPart, stage) ??
    by(authority, released)
  )
}

/** The refusal of a release before which not everything is met, or waived by the broken glass, which says what is missing. */
function unmetBefore(pinned: Pinned, change: Change, release: SingleStage, waiving = true) {
  const before = pinned.stages.slice(0, pinned.stages.indexOf(release))
  const unmet = before.filter(stage => !isMet(pinned, change, stage, waiving))
  if (unmet.length === 0) return undefined
  const stages = unmet.map(stage => shortStatus(pinned, change, stage))
  return refuse('requirement.unmet', { change: change.id, state: change.state, release: release.name, stages })
}

/**
 * The same of a release by somebody: by theirs it can come about that not everything is met, where by others' it would not. A
 * release that is not made under the glass is waived nothing by it.
 */
function unmetAt(
  pinned: Pinned,
  change: Change,
  takenPart: Change,
  release: ReleaseStage,
  { person, chain }: Pick<Authority, 'person' | 'chain'>,
  underGlass: boolean,
) {
  const unmet = unmetBefore(pinned, takenPart, release, underGlass)
  // Whoever takes part takes nothing away but what counts: where all is met so, it is met, unless it is a rejection that counts.
  if (unmet === undefined && change.rejections.length === 0) return undefined
  const byAnybody = unmetBefore(pinned, change, release)
  if (byAnybody !== undefined) return byAnybody
  const why = unmet && hindrance(pinned, change, release, chain)
  if (unmet === undefined || why === undefined) return unmet
  const able = ableIn(pinned, change, 'release', [roleAt(pinned, change, release)], { stage: release })
  return refuse('requirement.unmet', { ...unmet.refused.facts, person, why, ...able })
}

/**
 * A release at a stage before one: an attempt to put into effect what is not approved or tested, and not a mere slip. It is the one
 * of the environment that is named, and the next where none is; what is named and is none of those is refused as at the step itself.
 */
export function tooEarly(pinned: Pinned, change: Change, { environment }: Of<'release'>) {
  const [here] = openIn(pinned.category, change.state)
  const place = here === undefined ? -1 : pinned.stages.indexOf(here)
  const releases = pinned.stages.filter(one => one.kind === 'release')
  const ahead = releases.filter(one => place >= 0 && pinned.stages.indexOf(one) >= place)
  // What the change has gone back before is in effect already.
  const next = ahead.find(one => releasedAt(pinned, change, one) === undefined) ?? ahead[0]
  if (next === undefined) return undefined
  if (environment === undefined) return unmetBefore(pinned, change, next)
  if (releases.every(one => one.environment !== environment))
    return refuse('binding.environment', { named: environment, environment: next.environment ?? null })
  const named = ahead.find(one => one.environment === environment)
  return named === undefined ? undefined : unmetBefore(pinned, change, named)
}
