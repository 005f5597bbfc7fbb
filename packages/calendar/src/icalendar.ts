import type { Interval, Scheduled } from 'countersign/governance'
import ICAL from 'ical.js'
import { mostBytes, mostChanges, mostEvents, mostTogether, mostTries, requireReasonable } from './bounds.ts'
import { requireTimes } from './content-line.ts'
import { fault, unreadable } from './fault.ts'
import { requireKind } from './kind.ts'
import { isZone } from './local.ts'
import { isCancelled, occurrences } from './occurrences.ts'
import { resolved } from './resolve.ts'
import { Places } from './told.ts'

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

/**
 * Reads the events of an iCalendar file (RFC 5545): recurrences, exceptions to them (EXDATE, RECURRENCE-ID), additions
 * (RDATE), whole days, and times in UTC, in an IANA time zone, or in one that the file defines. Cancelled events, and those
 * with nothing between `from` and `until`, are left out. Give each to `declareFreeze` or `declareWindow`.
 *
 * An occurrence that stands in the file without its event counts. So does the first time of a freeze to which its rule does not
 * come, besides the COUNT of the rule: RFC 5545, 3.8.5.3, leaves open what such an event comes to. A window has no such time, though it
 * is counted.
 *
 * What recurs each hour does so by the clock. Of an hour that comes twice, or not at all, as clocks are changed, a freeze has all
 * that may be meant, and a window what is meant in any case.
 *
 * Times are compared as instants, whichever clock each is by. Where the file does not say whose clock one is by and says it of the
 * other, or ends a rule (UNTIL) with a day and not a time, both are possible: in doubt a freeze is too long, and a window too short.
 *
 * Throws `CountersignError` `input`: no calendar, a broken line, a file of more than a million bytes, an option or a time zone that
 * there is not, a day or a time that there is not, a rule of recurrence that is none by RFC 5545, 3.3.10, or that can be read in
 * two ways (facts `{ line, property, value }` of each), an event without an end or with one of which nobody can tell how long after
 * its beginning it is, or with what is not read (two rules, EXRULE, periods, an interval of more than 1,000, what recurs each minute
 * or second, by a count of hours over a change of clocks, or over more than a hundred years).
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
  if (typeof options !== 'object' || options === null)
    throw fault(`it takes options: ${optionNames.join(', ')}; \`kind\` may be left out`)
  const strange = Object.keys(options).find(name => !optionNames.includes(name))
  if (strange !== undefined)
    throw fault(`there is no option ${strange.slice(0, 64)}; those that there are: ${optionNames.join(', ')}`)
  const { kind = 'freeze' } = options
  requireKind(kind)
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
    if (!isPart && seen.has(uid)) throw fault(`two events have the UID ${shown(uid)}`)
    seen.add(uid)
    if (!isPart && isCancelled(component)) return []
    const told = component.getFirstPropertyValue('summary')
    const summary = (typeof told === 'string' ? told : '').replaceAll(/\s+/g, ' ').trim().slice(0, 120)
    const intervals = occurrences(component, shown(uid), {
      range,
      kind,
      places,
      budget,
      parts: exceptions.get(uid) ?? [],
    })
    if (intervals.length === 0) return []
    const calendarName = `${summary === '' ? 'an event' : summary} (${shown(uid)})`.slice(0, 200)
    return [{ uid, summary, schedule: { calendar: calendarName }, intervals: resolved(intervals) }]
  })
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

function uidOf(component: ICAL.Component): string {
  const uid = component.getFirstPropertyValue('uid')
  if (typeof uid !== 'string' || uid === '') throw fault('an event has no UID')
  return uid
}

/** A UID as it is told, which is not as long as somebody may make it. */
const shown = (uid: string): string => uid.slice(0, 80)
