import { isOwed, type SingleStage } from '../policy/stage.ts'
import { isAsked } from './asked.ts'
import type { Change } from './change.ts'
import { releasedAt } from './standing.ts'
import { openIn, type Pinned } from './world.ts'

/**
 * The stages at which something can be given: those at which the change is, and the review that is owed on what is in effect,
 * also where the change has gone back as what was given before it does not count any more.
 */
export function openOn(pinned: Pinned, change: Change): readonly SingleStage[] {
  const here = openIn(pinned.category, change.state)
  if (here.length === 0 || change.obligations.length === 0 || here.some(isOwed)) return here
  const owed = pinned.stages.filter(stage => isOwed(stage) && isReviewed(change, stage))
  return owed.length > 0 && isInEffect(pinned, change) ? [...here, ...owed] : here
}

const isReviewed = ({ obligations }: Change, { name }: SingleStage): boolean =>
  obligations.some(one => one.kind === 'review' && one.stage === name && one.ended === undefined)

/** Whether a change that is reviewed afterwards is in effect by all steps of its flow, as it is now. */
export function isInEffect(pinned: Pinned, change: Change): boolean {
  const review = pinned.stages.findIndex(isOwed)
  const releases = pinned.stages.slice(0, Math.max(0, review)).filter(stage => stage.kind === 'release')
  const asked = releases.filter(stage => isAsked(change, stage))
  return asked.length > 0 && asked.every(stage => releasedAt(pinned, change, stage) !== undefined)
}
