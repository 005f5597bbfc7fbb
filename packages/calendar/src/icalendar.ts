import { CountersignError } from '@countersign/trail'
import type { Interval, Scheduled } from 'countersign/governance'
import ICAL from 'ical.js'
import { requireTimes } from './content-line.ts'
import { isZone } from './local.ts'
import { dayLength, type Onset, type Place, placeOf, placeWith, utc } from './place.ts'
import { resolved } from './resolve.ts'

export interface ICalendarOptions {
  /** The IANA time zone of whole days, and of times for which the file gives none. */
  readonly zone: string
  /** What is over by this instant is left out. */
  readonly from: string
  /** What begins at this instant or later is left out: a recurrence need not end by itself. */
  readonly until: string
  /** What the events are: windows are rather too short where clocks are changed, and freezes, as is taken for granted, too long. */
  readonly kind?: Scheduled
}

const optionNames = ['zone', 'from', 'until', 'kind']

/** An event of a calendar, with what it comes to in instants. */
export interface ImportedEvent {
  readonly uid: string
  readonly summary: string
  /** What is recorded as the schedule. */
  readonly schedule: { readonly calendar: string }
  readonly intervals: Interval[]
}

/** A calendar file is read up to this many bytes, events, steps of one recurrence, and steps of all of them together. */
const mostBytes = 1_000_000
const mostEvents = 2_000
const mostSteps = 20_000
const mostTogether = 30_000
/** Nor are more changes of clocks counted, nor more days and hours looked at, of which most may be none of a rule. */
const mostChanges = 100_000
const mostTries = 500_000
/** No event lasts longer than ten years, and none recurs more seldom than every thousandth time, in what is read. */
const mostSeconds = 10 * 366 * 86_400
const mostInterval = 1_000
/** How many rules of recurrence one event may have; the standard advises against a second one. */
const mostRules = 10
/** Nor does a rule reach over more years than this: hour by hour, that is a million steps of the library beneath. */
const longestReach = 100

/**
 * Reads the events of an iCalendar file (RFC 5545): recurrences, exceptions to them (EXDATE, RECURRENCE-ID), additions
 * (RDATE), whole days, and times in UTC, in an IANA time zone, or in one that the file defines. Cancelled events, and those
 * with nothing between `from` and `until`, are left out. Give each to `declareFreeze` or `declareWindow`.
 *
 * The first time of an event counts whether or not its rule comes to it, and so does an occurrence that stands in the file
 * without its event: a freeze is rather too long than too short.
 *
 * Times are compared as instants, whichever clock each is by. Where the file does not say whose clock one is by and says it of the
 * other, or ends a rule (UNTIL) with a day and not a time, both are possible: in doubt a freeze is too long, and a window too short.
 *
 * Throws `CountersignError` `input`: no calendar, a broken line, a file of more than a million bytes, an option or a time zone that
 * there is not, a day or a time that there is not (facts `{ line, property, value }`), an event without an end or with one of which nobody can tell how long after its beginning it is, or with what is
 * not read (two rules, periods, an interval of more than 1,000, what recurs each minute or second, or over more than a hundred years).
 *
 * @example
 * ```ts
 * import { fromICalendar } from '@countersign/calendar'
 * const lines = ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', 'UID:q4', 'SUMMARY:Quarter close', 'DTSTART;VALUE=DATE:20261228']
 * const text = [...lines, 'DTEND;VALUE=DATE:20270104', 'END:VEVENT', 'END:VCALENDAR'].join('\r\n')
 * const range = { from: '2026-11-01T00:00:00Z', until: '2027-11-01T00:00:00Z' }
 * fromICalendar(text, { zone: 'UTC', ...range })[0].intervals
 * // → [{ from: '2026-12-28T00:00:00.000Z', until: '2027-01-04T00:00:00.000Z' }]
 * ```
 */
export function fromICalendar(text: string, options: ICalendarOptions): ImportedEvent[] {
  const strange = Object.keys(options).find(name => !optionNames.includes(name))
  if (strange !== undefined)
    throw fault(`there is no option ${strange.slice(0, 64)}; those that there are: ${optionNames.join(', ')}`)
  const { kind = 'freeze' } = options
  if (kind !== 'freeze' && kind !== 'window')
    throw fault(`\`kind\` is 'freeze' or 'window', and not ${String(kind).slice(0, 40)}`)
  const range = { from: instantIn(options.from, 'from'), until: instantIn(options.until, 'until') }
  if (range.until <= range.from) throw fault(`\`until\` (${range.until}) comes no later than \`from\` (${range.from})`)
  if (!isZone(options.zone)) throw fault(`there is no time zone ${String(options.zone).slice(0, 64)}`)
  const calendar = parse(text)
  // The library beneath reads a value when it is first asked for, and throws then.
  try {
    requireReasonable(calendar)
    return eventsIn(calendar, range, options.zone, kind)
  } catch (cause) {
    throw unreadable('the file', cause)
  }
}

function eventsIn(calendar: ICAL.Component, range: Interval, zone: string, kind: Scheduled): ImportedEvent[] {
  const budget = { steps: mostTogether, changes: mostChanges, tries: mostTries }
  const places = new Places(zone, calendar, range, budget)
  const components = calendar.getAllSubcomponents('vevent')
  if (components.length > mostEvents) throw fault(`${components.length} events are more than are read (${mostEvents})`)
  const exceptions = new Map<string, ICAL.Component[]>()
  for (const one of components) {
    if (!one.hasProperty('recurrence-id')) continue
    const uid = uidOf(one)
    exceptions.set(uid, [...(exceptions.get(uid) ?? []), one])
  }
  const whole = new Set(components.filter(one => !one.hasProperty('recurrence-id')).map(uidOf))
  const seen = new Set<string>()
  return components.flatMap((component): ImportedEvent[] => {
    const uid = uidOf(component)
    const isPart = component.hasProperty('recurrence-id')
    // A file may have single occurrences of an event, and not the event.
    if (isPart && (whole.has(uid) || seen.has(uid))) return []
    if (!isPart && seen.has(uid)) throw fault(`two events have the UID ${uid}`)
    seen.add(uid)
    if (!isPart && isCancelled(component)) return []
    const told = component.getFirstPropertyValue('summary')
    const summary = (typeof told === 'string' ? told : '').replaceAll(/\s+/g, ' ').trim().slice(0, 120)
    const intervals = occurrences(component, uid, { range, kind, places, budget, parts: exceptions.get(uid) ?? [] })
    if (intervals.length === 0) return []
    const calendarName = `${summary === '' ? 'an event' : summary} (${uid})`.slice(0, 200)
    return [{ uid, summary, schedule: { calendar: calendarName }, intervals: resolved(intervals) }]
  })
}

const fault = (problem: string, facts: Record<string, string | number> = {}) =>
  new CountersignError('input', `calendar: ${problem}`, { facts })

/** What the library says of something that it cannot read, in our words. */
function unreadable(what: string, cause: unknown): CountersignError {
  if (cause instanceof CountersignError) return cause
  const problem = (cause as Error).message.replaceAll(/\s+/g, ' ').slice(0, 200)
  return new CountersignError('input', `calendar: ${what} cannot be read: ${problem}`, { cause })
}

function instantIn(text: string, name: string): string {
  const milliseconds = typeof text === 'string' && /Z$|[+-]\d\d:\d\d$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(milliseconds))
    throw fault(`\`${name}\` is an instant with an offset, and not ${String(text).slice(0, 40)}`)
  return new Date(milliseconds).toISOString()
}

function parse(text: string): ICAL.Component {
  if (typeof text !== 'string') throw fault('a file is handed in as its text')
  if (text.length > mostBytes) throw fault(`${text.length} characters are more than are read (${mostBytes})`)
  // A stream of UTF-8 may begin with a mark of its byte order, which is no part of the file.
  const file = text.startsWith('\ufeff') ? text.slice(1) : text
  if (!/^\s*BEGIN:/i.test(file)) throw fault('the file holds something else than one calendar')
  requireTimes(file)
  let component: ICAL.Component
  try {
    component = new ICAL.Component(withoutLeapSeconds(ICAL.parse(file)) as never)
  } catch (cause) {
    throw unreadable('the file', cause)
  }
  if (component.name !== 'vcalendar') throw fault('the file holds something else than one calendar')
  return component
}

/** A leap second is taken for the second before it (RFC 5545, 3.3.12), where the library beneath would count on to the next minute. */
const withoutLeapSeconds = (jCal: unknown): unknown =>
  JSON.parse(
    JSON.stringify(jCal).replaceAll(/"(?<minute>\d{4}-\d\d-\d\dT\d\d:\d\d:)60(?<utc>Z?)"/g, '"$<minute>59$<utc>"'),
  )

/** Refuses lengths, intervals and numbers of rules for which the library beneath would count for ages, day by day. */
function requireReasonable(calendar: ICAL.Component): void {
  const zones = calendar.getAllSubcomponents('vtimezone')
  const changes = new Set(zones.flatMap(zone => zone.getAllSubcomponents()))
  for (const component of [...calendar.getAllSubcomponents('vevent'), ...changes]) {
    const rules = component.getAllProperties('rrule').length
    if (rules > mostRules) throw fault(`${rules} rules of one recurrence are more than are read (${mostRules})`)
    for (const property of component.getAllProperties()) {
      for (const value of property.getValues() as unknown[]) {
        const duration = value instanceof ICAL.Period ? value.duration : value
        if (duration instanceof ICAL.Duration && !(Math.abs(duration.toSeconds()) <= mostSeconds))
          throw fault(`${property.name} lasts longer than ten years`)
        if (!(value instanceof ICAL.Recur)) continue
        if (!(value.interval >= 1 && value.interval <= mostInterval))
          throw fault(`${property.name} has an interval that is not from 1 to ${mostInterval}`)
        if (value.freq === 'SECONDLY' || value.freq === 'MINUTELY')
          throw fault(`${property.name} recurs ${value.freq}, and what recurs each hour or more seldom is read`)
        if (changes.has(component) && value.freq !== 'YEARLY' && value.freq !== 'MONTHLY')
          throw fault(`a time zone changes ${value.freq}, and what changes each month or more seldom is read`)
      }
    }
  }
}

function uidOf(component: ICAL.Component): string {
  const uid = component.getFirstPropertyValue('uid')
  if (typeof uid !== 'string' || uid === '') throw fault('an event has no UID')
  return uid.slice(0, 80)
}

const isCancelled = (component: ICAL.Component) =>
  String(component.getFirstPropertyValue('status') ?? '').toUpperCase() === 'CANCELLED'

/** A time as it stands in the file: a local one, and whose clock it is by. */
interface Told {
  readonly local: number
  readonly place: Place
  /** Whether the file says whose clock it is, in UTC or with a zone; for days and for other times that is said beside it. */
  readonly isPlaced: boolean
  readonly isDay: boolean
}

/** What is left of what the whole file may take. */
interface Budget {
  steps: number
  changes: number
  tries: number
}

const localOf = (time: ICAL.Time): number =>
  new Date(new Date(0).setUTCFullYear(time.year, time.month - 1, time.day)).setUTCHours(
    time.isDate ? 0 : time.hour,
    time.isDate ? 0 : time.minute,
    time.isDate ? 0 : time.second,
  )

/** Where a local time is meant: in the zone that its property names, in UTC, or, where it says nothing, in the given one. */
class Places {
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
    const rule = component.getFirstPropertyValue('rrule')
    if (rule instanceof ICAL.Recur) {
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

/**
 * The local times to which a rule comes up to some time, in their order. The library beneath compares the end of a rule (UNTIL)
 * as if it were a local time, so it counts some days further, and whoever asks compares it as the instant that it is.
 */
function* timesOf(rule: ICAL.Recur, start: ICAL.Time, ends: number, budget: Budget): Generator<number, void> {
  const { year, month, day, hour, minute, second, isDate } = start
  const floating = ICAL.Timezone.localTimezone
  const own = rule.clone()
  const last = new Date(Math.min(ends, own.until === null ? ends : localOf(own.until)) + 3 * dayLength)
  // Without any end it would look for the first year of a rule that comes to none for ages.
  own.until = new ICAL.Time(
    { year: last.getUTCFullYear(), month: last.getUTCMonth() + 1, day: last.getUTCDate(), isDate: true },
    floating,
  )
  const iterator = own.iterator(new ICAL.Time({ year, month, day, hour, minute, second, isDate }, floating))
  const isTime = iterator.check_contracting_rules.bind(iterator)
  iterator.check_contracting_rules = () => {
    budget.tries -= 1
    if (budget.tries < 0) throw fault(`its rules come to a time too seldom: more than ${mostTries} have been looked at`)
    // The library goes on past any end to look for a day that there may not be.
    return iterator.last.year > last.getUTCFullYear() || isTime()
  }
  for (;;) {
    const next = iterator.next() as ICAL.Time | null | undefined
    if (next === null || next === undefined) return
    yield localOf(next)
  }
}

/** One time at which an event begins: by its clock, as an instant, and the first and last that may be meant where clocks are changed. */
interface Occurrence {
  readonly local: number
  readonly instant: number
  readonly first: number
  readonly last: number
}

/** An event, or a part of one, with the time that it begins and what tells how long it lasts. */
class Timed {
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

const isoOf = (instant: number) => new Date(instant).toISOString()

const toldBy = (component: ICAL.Component, name: string, places: Places): Told[] =>
  component.getAllProperties(name).flatMap(property => places.toldIn(property))

/** The occurrences of an event that EXDATE or RECURRENCE-ID name: in doubt a freeze keeps one, and a window does not. */
class Named {
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

interface Reading {
  readonly range: Interval
  readonly kind: Scheduled
  readonly places: Places
  readonly budget: Budget
  /** The occurrences of the event that stand in the file by themselves. */
  readonly parts: readonly ICAL.Component[]
}

function occurrences(component: ICAL.Component, uid: string, reading: Reading): Interval[] {
  const { range, kind, places, budget } = reading
  const [begins, ends] = [Date.parse(range.from), Date.parse(range.until)]
  const found: Interval[] = []
  const take = (event: Timed, one: Occurrence, recurs: boolean): void => {
    const [from, until] = [event.from(one), event.until(one)]
    // In a night of changed clocks nothing may be left of a window.
    if (until <= from && kind === 'window' && recurs) return
    if (until <= from) throw fault(`${uid} ends (${isoOf(until)}) no later than it begins (${isoOf(from)})`)
    if (until > begins && from < ends) found.push({ from: isoOf(from), until: isoOf(until) })
  }
  try {
    const parts = reading.parts.filter(one => !isCancelled(one)).map(one => new Timed(one, uid, places, kind))
    const isPart = component.hasProperty('recurrence-id')
    const recurs = !isPart && (component.hasProperty('rrule') || component.hasProperty('rdate'))
    // What was moved here from outside of what is read, or stands in the file alone, is met by no recurrence.
    for (const part of parts) take(part, part.begin, recurs)
    if (isPart) return found
    const event = new Timed(component, uid, places, kind)
    const replaced = new Named(
      reading.parts.flatMap(part => toldBy(part, 'recurrence-id', places)),
      event,
      kind,
    )
    const excepted = new Named(toldBy(component, 'exdate', places), event, kind)
    const changes = reading.parts.filter(isOfFuture).map((one): Change => {
      const part = parts.find(({ component: its }) => its === one)
      return changeBy(one, part, event, uid, places)
    })
    const takeAt = (one: Occurrence): void => {
      if (excepted.has(one) || replaced.has(one)) return
      const change = lastBefore(changes, one.instant)
      if (change === undefined) take(event, one, recurs)
      else if (change.part !== undefined) take(change.part, change.moved(one), recurs)
    }
    // The first occurrence is one also where only others are added, or the rule would not come to it.
    takeAt(event.begin)
    const rule = ruleOf(component, uid)
    for (const told of addedTo(component, uid, event, places)) takeAt(event.atTold(told))
    if (rule === undefined) return found
    const first = new Date(event.start.local).getUTCFullYear()
    if (new Date(ends).getUTCFullYear() - first > longestReach)
      throw fault(`${uid} recurs since ${first}, and is read over a hundred years at the most`)
    const last = lastOf(rule, event, kind, places)
    // What is days before what is read, in whichever zone, is not worth working out, unless what comes then was moved.
    const worthwhile = changes.length > 0 ? Number.NEGATIVE_INFINITY : begins - event.longest - 2 * dayLength
    const forward = Math.max(0, ...changes.map(({ forward: by }) => by))
    let steps = 0
    for (const local of timesOf(rule, startOf(component), ends + forward, budget)) {
      if (steps >= mostSteps) throw fault(`${uid} recurs more than ${mostSteps} times before the end of what is read`)
      steps += 1
      budget.steps -= 1
      if (budget.steps < 0)
        throw fault(`its events recur more than ${mostTogether} times before the end of what is read`)
      if (local < worthwhile) continue
      // A day that a month does not have is given as one of the next month, and is none.
      if (!isInMonth(rule, event.start.local, local)) continue
      const one = event.at(local)
      if (last(one)) takeAt(one)
    }
    return found
  } catch (cause) {
    throw unreadable(uid, cause)
  }
}

const startOf = (component: ICAL.Component) => component.getFirstPropertyValue('dtstart') as unknown as ICAL.Time

/** Whether a part says how its event goes on from then (RANGE=THISANDFUTURE), and not only once. */
const isOfFuture = (part: ICAL.Component): boolean =>
  part.getFirstProperty('recurrence-id')?.getFirstParameter('range')?.toUpperCase() === 'THISANDFUTURE'

/** From an instant on, an event is what a part says, so much earlier or later than the rule has it; or is cancelled. */
interface Change {
  readonly since: number
  readonly part: Timed | undefined
  /** By how many milliseconds it comes earlier. */
  readonly forward: number
  moved(one: Occurrence): Occurrence
}

function changeBy(
  component: ICAL.Component,
  part: Timed | undefined,
  event: Timed,
  uid: string,
  places: Places,
): Change {
  const [told] = toldBy(component, 'recurrence-id', places)
  const [since, other] = told === undefined || told.isDay !== event.start.isDay ? [] : event.readingsOf(told)
  if (told === undefined || since === undefined || other !== undefined)
    throw fault(`${uid} is changed from a time on (RECURRENCE-ID) that cannot be compared with its own`)
  if (part === undefined) return { since, part, forward: 0, moved: one => one }
  const { place, local } = part.start
  const localOfPart = (one: Occurrence) => (place === event.start.place ? one.local : place.localAt(one.instant))
  const by = local - localOfPart(event.atTold(told))
  return { since, part, forward: -by, moved: one => part.at(localOfPart(one) + by) }
}

function lastBefore(changes: readonly Change[], instant: number): Change | undefined {
  let last: Change | undefined
  for (const one of changes) if (one.since <= instant && (last === undefined || one.since > last.since)) last = one
  return last
}

/** Up to which occurrence a rule counts (UNTIL): a day as a whole for a freeze, and up to its beginning for a window. */
function lastOf(rule: ICAL.Recur, event: Timed, kind: Scheduled, places: Places): (one: Occurrence) => boolean {
  if (rule.until === null) return () => true
  const until = places.told(rule.until)
  if (until.isDay) {
    const end = kind === 'freeze' ? until.local + dayLength : until.local + 1
    return ({ local }) => local < end
  }
  const readings = event.readingsOf(until)
  const last = kind === 'freeze' ? Math.max(...readings) : Math.min(...readings)
  return ({ instant }) => instant <= last
}

/** The times that are added to an event, in UTC or by its own clock. */
function addedTo(component: ICAL.Component, uid: string, { start }: Timed, places: Places): Told[] {
  return component.getAllProperties('rdate').flatMap(property => {
    if (property.type === 'period') throw fault(`${uid} adds periods (RDATE;VALUE=PERIOD), and only times are read`)
    return places.toldIn(property).map(told => {
      if (told.isDay !== start.isDay) throw fault(`${uid} adds another kind of time than the one at which it begins`)
      if (told.place !== start.place && told.place !== utc)
        throw fault(`${uid} adds times of another time zone than the one in which it begins`)
      return told
    })
  })
}

/** The rule of an event, where it has one that can be worked out. */
function ruleOf(component: ICAL.Component, uid: string): ICAL.Recur | undefined {
  const rules = component.getAllProperties('rrule')
  if (rules.length > 1) throw fault(`${uid} recurs by ${rules.length} rules, and one is read`)
  const rule = rules[0]?.getFirstValue()
  if (!(rule instanceof ICAL.Recur)) return undefined
  const { BYMONTH: months = [], BYMONTHDAY: days = [] } = rule.parts as Record<string, number[] | undefined>
  const isPossible = months.some(month => days.some(one => Math.abs(one) <= ICAL.Time.daysInMonth(month, 2024)))
  if (months.length > 0 && days.length > 0 && !isPossible) throw fault(`${uid} recurs on days that there are not`)
  return rule
}

function isInMonth(rule: ICAL.Recur, start: number, local: number): boolean {
  const monthOf = (time: number) => new Date(time).getUTCMonth() + 1
  const { BYMONTH: months } = rule.parts as Record<string, number[] | undefined>
  if (months !== undefined) return months.includes(monthOf(local))
  return rule.freq !== 'YEARLY' || Object.keys(rule.parts).length > 0 || monthOf(local) === monthOf(start)
}
