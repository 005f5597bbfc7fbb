import { CountersignError } from '@countersign/trail'
import type { Interval, Scheduled } from 'countersign/governance'
import ICAL from 'ical.js'
import { instantOf, isZone } from './local.ts'
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
 * Throws `CountersignError` `input`: no calendar, a broken line, a file of more than a million bytes, a time zone that
 * there is not, an event without an end, or with what is not read (two rules, periods, an interval of more than 1,000, what
 * recurs each minute or second, or over more than a hundred years).
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
  const range = { from: instantIn(options.from, 'from'), until: instantIn(options.until, 'until') }
  if (range.until <= range.from) throw fault(`\`until\` (${range.until}) comes no later than \`from\` (${range.from})`)
  if (!isZone(options.zone)) throw fault(`there is no time zone ${String(options.zone).slice(0, 64)}`)
  const calendar = parse(text)
  // The library beneath reads a value when it is first asked for, and throws then.
  try {
    requireReasonable(calendar)
    return eventsIn(calendar, range, options.zone, options.kind ?? 'freeze')
  } catch (cause) {
    throw unreadable('the file', cause)
  }
}

function eventsIn(calendar: ICAL.Component, range: Interval, zone: string, kind: Scheduled): ImportedEvent[] {
  const zones = new Map<string, ICAL.Timezone>()
  for (const component of calendar.getAllSubcomponents('vtimezone')) {
    const defined = new ICAL.Timezone(component)
    zones.set(defined.tzid, defined)
  }
  const places = new Places(zone, zones, kind)
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
  const budget = { steps: mostTogether }
  return components.flatMap((component): ImportedEvent[] => {
    const uid = uidOf(component)
    const isPart = component.hasProperty('recurrence-id')
    // A file may have single occurrences of an event, and not the event.
    if (isPart && (whole.has(uid) || seen.has(uid))) return []
    if (!isPart && seen.has(uid)) throw fault(`two events have the UID ${uid}`)
    seen.add(uid)
    if (!isPart && isCancelled(component)) return []
    const parts = (exceptions.get(uid) ?? []).map(one => new ICAL.Event(one))
    const event = isPart
      ? new ICAL.Event(component)
      : new ICAL.Event(component, { strictExceptions: false, exceptions: exceptions.get(uid) ?? [] })
    const summary = (event.summary ?? '').replaceAll(/\s+/g, ' ').trim().slice(0, 120)
    const intervals = occurrences(event, uid, { range, places, budget, parts })
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
  let component: ICAL.Component
  try {
    component = new ICAL.Component(ICAL.parse(text) as never)
  } catch (cause) {
    throw unreadable('the file', cause)
  }
  if (component.name !== 'vcalendar') throw fault('the file holds something else than one calendar')
  return component
}

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

/** Where a local time is meant: in the zone that its property names, in UTC, or, where it says nothing, in the given one. */
class Places {
  readonly #zone: string
  readonly #defined: ReadonlyMap<string, ICAL.Timezone>

  readonly kind: Scheduled

  constructor(zone: string, defined: ReadonlyMap<string, ICAL.Timezone>, kind: Scheduled) {
    this.#zone = zone
    this.#defined = defined
    this.kind = kind
  }

  instantOf(time: ICAL.Time, { component }: ICAL.Event, edge: 'from' | 'until'): string {
    const two = (value: number) => String(value).padStart(2, '0')
    const day = `${String(time.year).padStart(4, '0')}-${two(time.month)}-${two(time.day)}`
    const local = `${day}T${two(time.hour)}:${two(time.minute)}:${two(time.second)}`
    if (time.isDate) return instantOf(local, this.#zone, edge, this.kind)
    if (time.zone === ICAL.Timezone.utcTimezone) return instantOf(local, 'UTC', edge, this.kind)
    // The times of a recurrence do not say where they are meant; the property does from which they come.
    const property = (edge === 'until' && component.getFirstProperty('dtend')) || component.getFirstProperty('dtstart')
    const tzid = property?.getFirstParameter('tzid')
    if (tzid === undefined || tzid === '') {
      const isUtc = (property?.getFirstValue() as ICAL.Time | null | undefined)?.zone === ICAL.Timezone.utcTimezone
      return instantOf(local, isUtc ? 'UTC' : this.#zone, edge, this.kind)
    }
    if (isZone(tzid)) return instantOf(local, tzid, edge, this.kind)
    const defined = this.#defined.get(tzid)
    if (defined === undefined)
      throw fault(`the time zone ${tzid.slice(0, 64)} is neither known nor defined in the file`)
    const placed = time.clone()
    placed.zone = defined
    return new Date(placed.toUnixTime() * 1_000).toISOString()
  }
}

interface Reading {
  readonly range: Interval
  readonly places: Places
  /** What is left of the steps that the whole file may take. */
  readonly budget: { steps: number }
  /** The occurrences of the event that stand in the file by themselves. */
  readonly parts: readonly ICAL.Event[]
}

function occurrences(event: ICAL.Event, uid: string, { range, places, budget, parts }: Reading): Interval[] {
  const found: Interval[] = []
  const take = (item: ICAL.Event, start: ICAL.Time, end: ICAL.Time | null): void => {
    if (end === null) throw fault(`${uid} has no end`)
    const one = { from: places.instantOf(start, item, 'from'), until: endOf(item, start, end, places) }
    // In a night of changed clocks nothing may be left of a window.
    if (one.until <= one.from && places.kind === 'window' && event.isRecurring()) return
    if (one.until <= one.from) throw fault(`${uid} ends (${one.until}) no later than it begins (${one.from})`)
    if (one.until > range.from && one.from < range.until) found.push(one)
  }
  const takeAt = (at: ICAL.Time): void => {
    const { startDate, endDate, item } = event.getOccurrenceDetails(at)
    if (!isCancelled(item.component)) take(item, startDate, endDate)
  }
  try {
    // What was moved here from outside of what is read, or stands in the file alone, is met by no recurrence.
    for (const part of parts) if (!isCancelled(part.component)) take(part, part.startDate, part.endDate)
    if (event.component.hasProperty('recurrence-id')) return found
    if (!event.isRecurring()) {
      take(event, event.startDate, event.endDate)
      return found
    }
    const rule = ruleOf(event.component, uid)
    const { year } = event.startDate
    if (rule !== undefined && new Date(range.until).getUTCFullYear() - year > longestReach)
      throw fault(`${uid} recurs since ${year}, and is read over a hundred years at the most`)
    const isAddedTo = event.component.hasProperty('rdate')
    // The first occurrence is one also where only others are added, or the rule would not come to it.
    if (!isExcluded(event.component, event.startDate)) takeAt(event.startDate)
    const iterator = event.iterator()
    const long = event.endDate === null ? 0 : event.endDate.subtractDateTz(event.startDate).toSeconds() * 1_000
    const ends = Date.parse(range.until)
    const begins = Date.parse(range.from) - long
    for (let steps = 0; ; steps++) {
      if (steps >= mostSteps) throw fault(`${uid} recurs more than ${mostSteps} times before the end of what is read`)
      budget.steps -= 1
      if (budget.steps < 0)
        throw fault(`its events recur more than ${mostTogether} times before the end of what is read`)
      const next = iterator.next() as ICAL.Time | null | undefined
      if (next === null || next === undefined) return found
      // What is days before what is read, in whichever zone, is not worth working out, unless some of it was moved.
      const about = Date.UTC(next.year, next.month - 1, next.day, next.hour, next.minute, next.second)
      if (parts.length === 0 && about < begins - 2 * dayLength) continue
      // One occurrence may have been moved far ahead; the recurrence itself goes on in order.
      if (about > ends - 2 * dayLength && places.instantOf(next, event, 'from') >= range.until) return found
      // A day that a month does not have is given as one of the next month, and is none.
      if (isAddedTo || rule === undefined || isInMonth(rule, event.startDate, next)) takeAt(next)
    }
  } catch (cause) {
    throw unreadable(uid, cause)
  }
}

const dayLength = 86_400_000

/** Days and weeks of a duration are days of the calendar; hours, minutes and seconds are as long as they are (RFC 5545, 3.3.6). */
function endOf(item: ICAL.Event, start: ICAL.Time, end: ICAL.Time, places: Places): string {
  const { component } = item
  const length = component.hasProperty('dtend') ? null : component.getFirstPropertyValue('duration')
  if (!(length instanceof ICAL.Duration) || length.isNegative || start.isDate)
    return places.instantOf(end, item, 'until')
  const { weeks, days, hours, minutes, seconds } = length
  const day = start.clone()
  day.adjust(weeks * 7 + days, 0, 0, 0)
  const exact = ((hours * 60 + minutes) * 60 + seconds) * 1_000
  return new Date(Date.parse(places.instantOf(day, item, 'until')) + exact).toISOString()
}

/** The rule of an event, where it has one that can be worked out. */
function ruleOf(component: ICAL.Component, uid: string): ICAL.Recur | undefined {
  const zone = component.getFirstProperty('dtstart')?.getFirstParameter('tzid')
  for (const added of component.getAllProperties('rdate')) {
    if (added.type === 'period') throw fault(`${uid} adds periods (RDATE;VALUE=PERIOD), and only times are read`)
    const isUtc = (added.getFirstValue() as ICAL.Time | null)?.zone === ICAL.Timezone.utcTimezone
    if (!isUtc && added.type !== 'date' && added.getFirstParameter('tzid') !== zone)
      throw fault(`${uid} adds times of another time zone than the one in which it begins`)
  }
  const rules = component.getAllProperties('rrule')
  if (rules.length > 1) throw fault(`${uid} recurs by ${rules.length} rules, and one is read`)
  const rule = rules[0]?.getFirstValue()
  if (!(rule instanceof ICAL.Recur)) return undefined
  const { BYMONTH: months = [], BYMONTHDAY: days = [] } = rule.parts as Record<string, number[] | undefined>
  const isPossible = months.some(month => days.some(one => Math.abs(one) <= ICAL.Time.daysInMonth(month, 2024)))
  if (months.length > 0 && days.length > 0 && !isPossible) throw fault(`${uid} recurs on days that there are not`)
  return rule
}

function isInMonth(rule: ICAL.Recur, start: ICAL.Time, { month }: ICAL.Time): boolean {
  const { BYMONTH: months } = rule.parts as Record<string, number[] | undefined>
  if (months !== undefined) return months.includes(month)
  return rule.freq !== 'YEARLY' || Object.keys(rule.parts).length > 0 || month === start.month
}

const isExcluded = (component: ICAL.Component, start: ICAL.Time): boolean =>
  component.getAllProperties('exdate').some(property =>
    (property.getValues() as unknown as ICAL.Time[]).some(one => {
      if (!one.isDate || start.isDate) return one.compare(start) === 0
      return one.year === start.year && one.month === start.month && one.day === start.day
    }),
  )
