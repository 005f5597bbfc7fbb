import { isOwed, type ReleaseStage, type SingleStage } from '../policy/stage.ts'
import type { Change } from './change.ts'
import { deeds } from './lifecycle.ts'
import { isAsked } from './requirement.ts'
import { isMet, releasedAt } from './standing.ts'
import { openIn, type Pinned, partsOf } from './world.ts'

/**
 * The stages at which something can be given: those at which the change is, and the review that is next of what is in effect,
 * also where the change has gone back, or was sent back, as what was given before it does not count any more.
 */
export function openOn(pinned: Pinned, change: Change): readonly SingleStage[] {
  const here = openIn(pinned.category, change.state)
  const isBack = change.state === 'returned'
  if ((here.length === 0 && !isBack) || change.obligations.length === 0 || here.some(isOwed)) return here
  const next = pinned.category.flow
    .map(whole => partsOf(whole).filter(stage => isOwed(stage) && isReviewed(change, stage)))
    .find(([first]) => first !== undefined)
  const [first] = next ?? []
  if (next === undefined || first === undefined) return here
  const released = releasesBefore(pinned, change, first).map(one => releasedAt(pinned, change, one) !== undefined)
  // Nothing more is put into effect of what was sent back: so it is reviewed as far as it has come.
  const isThere = isBack ? released.includes(true) : released.length > 0 && !released.includes(false)
  return isThere ? [...here, ...next.filter(stage => !isMet(pinned, change, stage))] : here
}

/** The commands by which the reviews that are open are given, wherever the life cycle has the change. */
export const reviewedBy = (pinned: Pinned, change: Change): readonly string[] =>
  openOn(pinned, change)
    .filter(isOwed)
    .flatMap(({ kind }) => (kind === 'test' ? [deeds.test, 'tick', 'untick'] : [deeds[kind], 'reject']))

const isReviewed = ({ obligations }: Change, { name }: SingleStage): boolean =>
  obligations.some(one => one.kind === 'review' && one.stage === name && one.ended === undefined)

/** The steps before a stage that put a change into effect. */
const releasesBefore = ({ stages }: Pinned, change: Change, stage: SingleStage): ReleaseStage[] =>
  stages
    .slice(0, stages.indexOf(stage))
    .filter(one => one.kind === 'release')
    .filter(one => isAsked(change, one))

/**
 * Whether all that a stage lets happen is in effect, as it is now, and is reviewed afterwards: it cannot be sent back from there.
 * While a step is still to come, that can be stopped.
 */
export function isPastReturn(pinned: Pinned, change: Change, stage: SingleStage): boolean {
  const after = pinned.stages.slice(pinned.stages.indexOf(stage) + 1).filter(one => isAsked(change, one))
  const releases = after.filter(one => one.kind === 'release')
  const [first] = releases
  if (first === undefined || releases.some(one => releasedAt(pinned, change, one) === undefined)) return false
  return after.slice(after.indexOf(first)).some(isOwed)
}
