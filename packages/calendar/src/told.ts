import type { Interval } from 'countersign/governance'
import ICAL from 'ical.js'
import { type Budget, mostChanges, mostSeconds } from './bounds.ts'
import { timesOf } from './expand.ts'
import { fault } from './fault.ts'
import { isZone } from './local.ts'
import { localOf, type Onset, type Place, placeOf, placeWith, utc } from './place.ts'
import { ruleOf } from './recurrence.ts'

/** A time as it stands in the file: a local one, and whose clock it is by. */
export interface Told {
  readonly local: number
  readonly place: Place
  /** Whether the file says whose clock it is, in UTC or with a zone; for days and for other times that is said beside it. */
  readonly isPlaced: boolean
  readonly isDay: boolean
}

export const toldBy = (component: ICAL.Component, name: string, places: Places): Told[] =>
  component.getAllProperties(name).flatMap(property => places.toldIn(property))

/** Where a local time is meant: in the zone that its property names, in UTC, or, where it says nothing, in the given one. */
export class Places {
  readonly #calendar: ICAL.Component
  readonly #range: Interval
  readonly #zone: string
  readonly #known = new Map<string, Place>()
  readonly #budget: Budget

  constructor(zone: string, calendar: ICAL.Component, range: Interval, budget: Budget) {
    this.#zone = zone
    this.#calendar = calendar
    this.#range = range
    this.#budget = budget
  }

  /** The times of a property, each where it is meant. */
  toldIn(property: ICAL.Property): Told[] {
    const tzid = property.getFirstParameter('tzid')
    return (property.getValues() as unknown[]).map(value => {
      if (!(value instanceof ICAL.Time)) throw fault(`${property.name} is no time`)
      return this.told(value, tzid)
    })
  }

  told(time: ICAL.Time, tzid?: string): Told {
    const local = localOf(time)
    if (time.zone === ICAL.Timezone.utcTimezone) return { local, place: utc, isPlaced: true, isDay: false }
    const isPlaced = !time.isDate && tzid !== undefined && tzid !== ''
    return { local, place: this.#placeOf(isPlaced ? tzid : this.#zone), isPlaced, isDay: time.isDate }
  }

  #placeOf(tzid: string): Place {
    const known = this.#known.get(tzid)
    if (known !== undefined) return known
    const place = isZone(tzid) ? placeOf(tzid) : this.#defined(tzid)
    this.#known.set(tzid, place)
    return place
  }

  #defined(tzid: string): Place {
    const zones = this.#calendar.getAllSubcomponents('vtimezone')
    const zone = zones.findLast(one => one.getFirstPropertyValue('tzid') === tzid)
    const name = tzid.slice(0, 64)
    if (zone === undefined) throw fault(`the time zone ${name} is neither known nor defined in the file`)
    const changes = zone.getAllSubcomponents().flatMap(one => this.#changesOf(one, name))
    if (changes.length === 0) throw fault(`the time zone ${name} is defined without an offset`)
    return placeWith(changes)
  }

  /** When the clocks of a zone are set so, as far as anything lasts that begins in what is read. */
  #changesOf(component: ICAL.Component, name: string): Onset[] {
    const offset = (property: string): number => {
      const value = component.getFirstPropertyValue(property)
      if (!(value instanceof ICAL.UtcOffset)) throw fault(`the time zone ${name} is defined without ${property}`)
      return value.toSeconds() * 1_000
    }
    const [from, to] = [offset('tzoffsetfrom'), offset('tzoffsetto')]
    const start = component.getFirstPropertyValue('dtstart')
    if (!(start instanceof ICAL.Time)) throw fault(`the time zone ${name} is defined without a beginning`)
    const added = component.getAllProperties('rdate').flatMap(one => one.getValues() as unknown[])
    const locals = added.flatMap(one => {
      if (!(one instanceof ICAL.Time)) throw fault(`the time zone ${name} is changed by what is no time`)
      return one.zone === ICAL.Timezone.utcTimezone ? localOf(one) + from : localOf(one)
    })
    locals.push(localOf(start))
    const rule = ruleOf(component, `the time zone ${name}`)
    if (rule !== undefined) {
      const ends = Date.parse(this.#range.until) + mostSeconds * 1_000
      this.#spend(Math.max(1, new Date(ends).getUTCFullYear() - start.year))
      const { until } = rule
      const last = until === null ? Number.POSITIVE_INFINITY : localOf(until)
      const isUtc = until?.zone === ICAL.Timezone.utcTimezone
      for (const local of timesOf(rule, start, ends, this.#budget)) {
        this.#spend(1)
        if ((isUtc ? local - from : local) <= last) locals.push(local)
      }
    }
    return locals.map(local => ({ at: local - from, to, from }))
  }

  #spend(changes: number): void {
    this.#budget.changes -= changes
    if (this.#budget.changes < 0) throw fault(`its time zones change more than ${mostChanges} times`)
  }
}
