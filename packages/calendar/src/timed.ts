import type { Scheduled } from 'countersign/governance'
import ICAL from 'ical.js'
import { fault } from './fault.ts'
import { dayLength } from './place.ts'
import { type Places, type Told, toldBy } from './told.ts'

/** One time at which an event begins: by its clock, as an instant, and the first and last that may be meant where clocks are changed. */
export interface Occurrence {
  readonly local: number
  readonly instant: number
  readonly first: number
  readonly last: number
}

/** An event, or a part of one, with the time that it begins and what tells how long it lasts. */
export class Timed {
  readonly component: ICAL.Component
  readonly start: Told
  readonly begin: Occurrence
  /** Its end, where it has one; or how long it lasts, in days of the calendar and in milliseconds besides. */
  readonly #end: Told | undefined
  readonly #lasts: { readonly days: number; readonly exact: number }
  readonly #kind: Scheduled

  constructor(component: ICAL.Component, uid: string, places: Places, kind: Scheduled) {
    const [start] = toldBy(component, 'dtstart', places)
    if (start === undefined) throw fault(`${uid} has no beginning`)
    this.component = component
    this.start = start
    this.begin = this.at(start.local)
    this.#kind = kind
    const [end] = toldBy(component, 'dtend', places)
    const length = component.getFirstPropertyValue('duration')
    this.#end = end
    this.#lasts = { days: start.isDay ? 1 : 0, exact: 0 }
    if (end !== undefined) {
      if (end.isDay !== start.isDay || (end.isPlaced !== start.isPlaced && end.place !== start.place))
        throw fault(
          `${uid} ends at another kind of time than the one at which it begins, so nobody can tell its length`,
        )
    } else if (length instanceof ICAL.Duration) {
      const { weeks, days, hours, minutes, seconds, isNegative } = length
      if (isNegative) throw fault(`${uid} ends no later than it begins`)
      this.#lasts = { days: weeks * 7 + days, exact: ((hours * 60 + minutes) * 60 + seconds) * 1_000 }
    } else if (!start.isDay) throw fault(`${uid} has no end`)
    if (this.longest <= 0) {
      const [from, until] = [this.begin.instant, end?.place.instantOf(end.local) ?? this.begin.instant]
      throw fault(`${uid} ends (${isoOf(until)}) no later than it begins (${isoOf(from)})`)
    }
  }

  /** What it lasts at the most, by either way to count. */
  get longest(): number {
    const end = this.#end
    if (end === undefined) return this.#lasts.days * dayLength + this.#lasts.exact
    const exact = this.#exactTo(end)
    return end.place === this.start.place ? Math.max(end.local - this.start.local, exact) : exact
  }

  at(local: number): Occurrence {
    return { local, ...this.start.place.readingsOf(local) }
  }

  atInstant(instant: number): Occurrence {
    return { local: this.start.place.localAt(instant), instant, first: instant, last: instant }
  }

  /** An occurrence that stands in the file as an instant is one; a local time may be two. */
  atTold(told: Told): Occurrence {
    return told.place === this.start.place ? this.at(told.local) : this.atInstant(told.place.instantOf(told.local))
  }

  from(one: Occurrence): number {
    return this.#kind === 'freeze' ? one.first : one.last
  }

  /**
   * When an occurrence ends. A DURATION is counted in days of the calendar and in exact time (RFC 5545, 3.3.6). What a DTEND
   * comes to at other times is exact as well (3.8.5.3), while most calendars keep to the hour that it names: over a change of clocks a
   * freeze ends with the later of the two, and a window with the earlier.
   */
  until(one: Occurrence): number {
    const { place, local, isDay } = this.start
    const edge = ({ first, last }: { first: number; last: number }) => (this.#kind === 'freeze' ? last : first)
    const end = this.#end
    if (end === undefined) {
      const { days, exact } = this.#lasts
      return edge(days === 0 ? one : place.readingsOf(one.local + days * dayLength)) + exact
    }
    const moved = one.local - local
    const ends = end.place === place || moved === 0 ? [edge(end.place.readingsOf(end.local + moved))] : []
    const exact = this.#exactTo(end)
    if (!isDay && exact > 0) ends.push(one.instant + exact)
    return this.#kind === 'freeze' ? Math.max(...ends) : Math.min(...ends)
  }

  #exactTo(end: Told): number {
    return end.place.instantOf(end.local) - this.begin.instant
  }

  /**
   * The instants that a time may mean where the time is compared with those of the event: one, but where only one of the two says by
   * whose clock it is; then it may mean what it says, or the event's own clock.
   */
  readingsOf(told: Told): number[] {
    const own = told.place.instantOf(told.local)
    if (told.isPlaced === this.start.isPlaced) return [own]
    return [...new Set([own, this.start.place.instantOf(told.local)])]
  }
}

export const isoOf = (instant: number) => new Date(instant).toISOString()

/** The occurrences of an event that EXDATE or RECURRENCE-ID name: in doubt a freeze keeps one, and a window does not. */
export class Named {
  readonly #instants = new Set<number>()
  readonly #days = new Set<number>()

  constructor(told: readonly Told[], event: Timed, kind: Scheduled) {
    for (const one of told) {
      if (one.isDay && !event.start.isDay) {
        this.#days.add(one.local)
        continue
      }
      const readings = event.readingsOf(one)
      if (kind === 'window' || readings.length === 1) for (const instant of readings) this.#instants.add(instant)
    }
  }

  has({ local, instant }: Occurrence): boolean {
    return this.#instants.has(instant) || this.#days.has(Math.floor(local / dayLength) * dayLength)
  }
}
