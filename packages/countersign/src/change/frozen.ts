import { refuse } from '../decision/refusal.ts'
import { type Frozen, freezesAt, freezesDuring, windowsOf } from '../governance/freeze.ts'
import type { Window } from '../governance/governance.ts'
import type { ReleaseStage } from '../policy/stage.ts'
import { within } from '../values/instant.ts'
import type { Interval } from '../values/schedule.ts'
import type { Change } from './change.ts'
import { isByFavour, takesPart, wasMisused } from './participant.ts'
import type { Pinned } from './world.ts'

const rolloutOf = (change: Change, { environment }: Pick<ReleaseStage, 'environment'>) => ({
  team: change.team,
  category: change.category,
  environment,
})

/** The freezes that hold for a release now: not lifted, nor overridden, by somebody who takes no part in the change. */
export const frozenBy = (pinned: Pinned, change: Change, stage: ReleaseStage): Frozen[] =>
  freezesAt(pinned.governance, rolloutOf(change, stage), pinned.at).filter(
    one => !isLifted(pinned, change, one) && !isOverridden(pinned, change, one),
  )

/** The freezes into which a planned time reaches, for any release of the flow. */
export const plannedInto = (pinned: Pinned, change: Change, plan: Interval): Frozen[] => {
  const releases = pinned.stages.filter((one): one is ReleaseStage => one.kind === 'release')
  const found = new Map<string, Frozen>()
  for (const stage of releases) {
    for (const one of freezesDuring(pinned.governance, rolloutOf(change, stage), plan))
      if (!isLifted(pinned, change, one)) found.set(one.freeze, one)
  }
  return [...found.values()]
}

/** Nobody lifts a freeze for a change in which they take part: for that one it still holds. */
const isLifted = (pinned: Pinned, change: Change, { declared: { lifted } }: Frozen): boolean =>
  lifted?.some(({ by, at }) => at <= pinned.at && !takesPart(pinned, change, by)) === true

/** Overridden, and by somebody who still may have: not compromised, nor with a part in the change, nor by a favour. */
function isOverridden(pinned: Pinned, change: Change, { freeze, declared }: Frozen): boolean {
  const role = declared.overriddenBy?.role
  return change.overrides.some(one => {
    if (one.freeze !== freeze || pinned.at >= one.until) return false
    const by = pinned.person(one.by)
    if (wasMisused(pinned, by, one)) return false
    return !takesPart(pinned, change, by) && (role === undefined || !isByFavour(pinned, change, one, role))
  })
}

/** The refusal of a release in a freeze, or outside of the windows in which its stage may begin. */
export function notTime(pinned: Pinned, change: Change, stage: ReleaseStage) {
  const [frozen] = frozenBy(pinned, change, stage)
  if (frozen !== undefined) {
    const { freeze, declared, interval } = frozen
    return refuse('freeze.active', {
      change: change.id,
      freeze,
      from: interval.from,
      until: interval.until,
      because: declared.because,
      overriddenBy: declared.overriddenBy?.role ?? null,
    })
  }
  const closed = closedFor(pinned, change, stage)
  return closed && refuse('window.closed', { change: change.id, ...closed })
}

/** Whether at each instant of an interval a freeze holds for a release, as far as that is known now. */
function isFrozenThroughout(pinned: Pinned, change: Change, stage: ReleaseStage, { from, until }: Interval): boolean {
  let at = from
  while (at < until) {
    const last = frozenBy({ ...pinned, at }, change, stage)
      .map(one => one.interval.until)
      .toSorted()
      .at(-1)
    if (last === undefined) return false
    at = last
  }
  return true
}

/** The calendar of windows none of which is open for a release, and the next one that opens and is not all in freezes. */
export function closedFor(pinned: Pinned, change: Change, stage: ReleaseStage) {
  if (stage.during === undefined) return undefined
  // Nobody opens a window for a change in which they take part, once it is there.
  const counts = ({ at, by }: Window) => at < change.submittedAt || !takesPart(pinned, change, by)
  const windows = windowsOf(pinned.governance, stage.during, change.team, pinned.at, counts)
  if (windows.some(one => within(pinned.at, one.from, one.until))) return undefined
  const next = windows.find(one => !isFrozenThroughout(pinned, change, stage, one))
  return { calendar: stage.during, next: next === undefined ? null : { from: next.from, until: next.until } }
}
