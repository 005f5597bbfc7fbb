import { type Instant, within } from '../values/instant.ts'
import type { Interval } from '../values/schedule.ts'
import { type Freeze, type Governance, tables, type Window } from './governance.ts'

/** What is to be put into effect: of which team and category, and where. */
interface Rollout {
  readonly team: string
  readonly category: string
  readonly environment?: string | undefined
}

/** A freeze that holds, and from when until when it does so without a break. */
export interface Frozen {
  readonly freeze: string
  readonly declared: Freeze
  readonly interval: Interval
}

/**
 * The freezes in whose scope a rollout lies and of which an interval overlaps a time, in the order of their ids. Whether one
 * that was lifted still holds is for whoever asks: nobody lifts a freeze for their own change.
 */
export const freezesDuring = (governance: Governance, rollout: Rollout, time: Interval): Frozen[] =>
  freezesWith(governance, rollout, interval => interval.from < time.until && time.from < interval.until)

/** The same, at an instant. */
export const freezesAt = (governance: Governance, rollout: Rollout, at: Instant): Frozen[] =>
  freezesWith(governance, rollout, interval => within(at, interval.from, interval.until))

function freezesWith(governance: Governance, rollout: Rollout, overlaps: (interval: Interval) => boolean): Frozen[] {
  const { freezes } = governance[tables]
  if (freezes.size === 0) return none
  return freezes.entries().flatMap(([freeze, declared]): Frozen[] => {
    const interval = covers(declared, rollout) ? declared.intervals.find(overlaps) : undefined
    return interval === undefined ? [] : [{ freeze, declared, interval: throughout(declared.intervals, interval) }]
  })
}

/** An interval together with those that it touches, as they come one after the other without a break: they are in their order. */
function throughout(intervals: readonly Interval[], { from, until }: Interval): Interval {
  let [first, last] = [from, until]
  for (const one of intervals) if (one.from === last) last = one.until
  for (const one of intervals.toReversed()) if (one.until === first) first = one.from
  return { from: first, until: last }
}

const none: Frozen[] = []

function covers({ scope }: Freeze, { team, category, environment }: Rollout): boolean {
  const { teams, categories, environments } = scope
  return (
    (teams === undefined || teams.includes(team)) &&
    (categories === undefined || categories.includes(category)) &&
    // Where nobody says where it goes, it may go anywhere.
    (environments === undefined || environment === undefined || environments.includes(environment))
  )
}

/** The freeze of an id, be it over or not. */
export const freezeOf = (governance: Governance, id: string): Freeze | undefined => governance[tables].freezes.get(id)

/** The windows of a calendar that are open for a team, the earliest that is not over first, of those that count. */
export function windowsOf(
  governance: Governance,
  calendar: string,
  team: string,
  at: Instant,
  counts: (window: Window) => boolean,
): Interval[] {
  const isOf = (one: Window) =>
    one.calendar === calendar &&
    one.withdrawn === undefined &&
    (one.teams === undefined || one.teams.includes(team)) &&
    counts(one)
  return governance[tables].windows
    .entries()
    .flatMap(([, one]) => (isOf(one) ? one.intervals : []))
    .filter(one => at < one.until)
    .toSorted((a, b) => (a.from < b.from ? -1 : 1))
}
