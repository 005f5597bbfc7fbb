import { isOwed, type SingleStage } from '../policy/stage.ts'
import { isAsked } from './asked.ts'
import type { Change } from './change.ts'
import { deeds } from './lifecycle.ts'
import { isMet, releasedAt } from './standing.ts'
import { openIn, type Pinned, partsOf } from './world.ts'

/**
 * The stages at which something can be given: those at which the change is, and the review that is next of what is in effect,
 * also where the change has gone back as what was given before it does not count any more.
 */
export function openOn(pinned: Pinned, change: Change): readonly SingleStage[] {
  const here = openIn(pinned.category, change.state)
  if (here.length === 0 || change.obligations.length === 0 || here.some(isOwed)) return here
  const next = pinned.category.flow
    .map(whole => partsOf(whole).filter(stage => isOwed(stage) && isReviewed(change, stage)))
    .find(([first]) => first !== undefined)
  const [first] = next ?? []
  if (next === undefined || first === undefined || !isReleasedBefore(pinned, change, first)) return here
  return [...here, ...next.filter(stage => !isMet(pinned, change, stage))]
}

/** The commands by which the reviews that are open are given, wherever the life cycle has the change. */
export const reviewedBy = (pinned: Pinned, change: Change): readonly string[] =>
  openOn(pinned, change)
    .filter(isOwed)
    .flatMap(({ kind }) => (kind === 'test' ? [deeds.test, 'tick', 'untick'] : [deeds[kind]]))

const isReviewed = ({ obligations }: Change, { name }: SingleStage): boolean =>
  obligations.some(one => one.kind === 'review' && one.stage === name && one.ended === undefined)

/** Whether every step before a stage that puts a change into effect has done so, as it is now. */
function isReleasedBefore(pinned: Pinned, change: Change, stage: SingleStage): boolean {
  const before = pinned.stages.slice(0, pinned.stages.indexOf(stage))
  const releases = before.filter(one => one.kind === 'release').filter(one => isAsked(change, one))
  return releases.length > 0 && releases.every(one => releasedAt(pinned, change, one) !== undefined)
}

/** Whether what a stage lets happen is in effect, as it is now, and is reviewed afterwards: it cannot be sent back from there. */
export function isInEffect(pinned: Pinned, change: Change, stage: SingleStage): boolean {
  const after = pinned.stages.slice(pinned.stages.indexOf(stage) + 1).filter(one => isAsked(change, one))
  const release = after.find(one => one.kind === 'release')
  if (release === undefined || releasedAt(pinned, change, release) === undefined) return false
  return after.slice(after.indexOf(release)).some(isOwed)
}
