import type ICAL from 'ical.js'
import { Temporal } from 'temporal-polyfill'

export const dayLength = 86_400_000

/**
 * The clock of one time zone. A local time is written as the milliseconds that it would be in UTC, so that its days are
 * all of one length: `2026-03-29T02:30` is `Date.UTC(2026, 2, 29, 2, 30)`, wherever it is meant.
 */
export class Place {
  readonly #offsetAt: (instant: number) => number

  /** Takes how many milliseconds local times are ahead of UTC at an instant. */
  constructor(offsetAt: (instant: number) => number) {
    this.#offsetAt = offsetAt
  }

  /** The instant of a local time by RFC 5545, 3.3.5: of two the first, and one that is skipped by the offset before the change. */
  instantOf(local: number): number {
    return this.readingsOf(local).instant
  }

  /** The same, with the first and the last instant that a local time may be taken for where clocks are changed. */
  readingsOf(local: number): { readonly instant: number; readonly first: number; readonly last: number } {
    const [before, after] = [local - this.#offsetAt(local - dayLength), local - this.#offsetAt(local + dayLength)]
    const possible = before === after ? [before] : [before, after].filter(one => this.localAt(one) === local)
    const [only] = possible
    if (only !== undefined && possible.length === 1) return { instant: only, first: only, last: only }
    return { instant: before, first: Math.min(before, after), last: Math.max(before, after) }
  }

  localAt(instant: number): number {
    return instant + this.#offsetAt(instant)
  }
}

export const localOf = (time: ICAL.Time): number =>
  new Date(new Date(0).setUTCFullYear(time.year, time.month - 1, time.day)).setUTCHours(
    time.isDate ? 0 : time.hour,
    time.isDate ? 0 : time.minute,
    time.isDate ? 0 : time.second,
  )

export const utc = new Place(() => 0)

/** The clock of an IANA time zone, by the data of this machine. */
export const placeOf = (zone: string): Place =>
  new Place(
    instant => Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone).offsetNanoseconds / 1_000_000,
  )

/** From an instant on, clocks are ahead of UTC by so much; and by how much they were until then. */
export interface Onset {
  readonly at: number
  readonly to: number
  readonly from: number
}

/** The clock of a time zone that is defined by its changes; before the first of them it is as it was until then. */
export function placeWith(changes: readonly Onset[]): Place {
  const onsets = changes.toSorted((a, b) => a.at - b.at)
  return new Place(instant => {
    let [low, high] = [0, onsets.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((onsets[middle]?.at ?? 0) <= instant) low = middle + 1
      else high = middle
    }
    return onsets[low - 1]?.to ?? onsets[0]?.from ?? 0
  })
}
