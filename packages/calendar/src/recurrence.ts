import ICAL from 'ical.js'
import { numberOf, weekdayOf } from './day.ts'
import { fault } from './fault.ts'

/**
 * A rule of recurrence (RFC 5545, 3.3.10), in which what it leaves open is filled in from the beginning of its event: of
 * `FREQ=YEARLY;BYMONTH=1,7` that begins on 15 January at 10:00, the 15th and 10:00. So a day is one of the rule where all that the
 * rule names holds for it; what it does not name is undefined.
 */
export interface Rule {
  readonly frequency: string
  readonly interval: number
  /** How many times there are; infinite where the rule does not say it. */
  readonly count: number
  /** The weekday on which a week begins; Sunday is 0. */
  readonly weekStart: number
  readonly months: ReadonlySet<number> | undefined
  readonly weeks: ReadonlySet<number> | undefined
  readonly yearDays: ReadonlySet<number> | undefined
  readonly monthDays: ReadonlySet<number> | undefined
  /** By weekday, which of them in their month or year; with 0 each of them. */
  readonly weekdays: ReadonlyMap<number, ReadonlySet<number>> | undefined
  /** Of what recurs each hour, at which hours. */
  readonly hours: ReadonlySet<number> | undefined
  /** Milliseconds after the beginning of a day, and of what recurs each hour of an hour, in their order. */
  readonly times: readonly number[]
  /** Which of all times of one period count (BYSETPOS), from those at its ends (1 and -1) to those within it. */
  readonly positions: readonly number[] | undefined
}

/** The rule of an event, or of how the clocks of a time zone are set, where there is one. */
export function ruleOf(component: ICAL.Component, uid: string): ICAL.Recur | undefined {
  if (component.hasProperty('exrule'))
    throw fault(`${uid} leaves times out by a rule (EXRULE), and only EXDATE is read`)
  const rules = component.getAllProperties('rrule')
  if (rules.length > 1) throw fault(`${uid} recurs by ${rules.length} rules, and one is read`)
  if (rules[0] === undefined) return undefined
  const rule = rules[0].getFirstValue()
  if (!(rule instanceof ICAL.Recur)) throw fault(`${uid} recurs by what is no rule (RRULE)`)
  const start = component.getFirstPropertyValue('dtstart')
  if (start instanceof ICAL.Time && start.isDate && rule.freq === 'HOURLY')
    throw fault(`${uid} recurs each hour, and begins on a day without a time`)
  const { BYMONTH: months = [], BYMONTHDAY: days = [] } = rule.parts as Record<string, number[] | undefined>
  const isPossible = months.some(month => days.some(one => Math.abs(one) <= ICAL.Time.daysInMonth(month, 2024)))
  if (months.length > 0 && days.length > 0 && !isPossible) throw fault(`${uid} recurs on days that there are not`)
  return rule
}

const weekdayNames = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA']

/** A rule as the library beneath has read it, and what it leaves to the time at which its event begins. */
export function ruleFrom(read: ICAL.Recur, start: ICAL.Time): Rule {
  const { BYDAY: written } = read.parts as { BYDAY?: string[] }
  const { BYMONTH: months, BYWEEKNO: weeks, BYYEARDAY: yearDays, BYMONTHDAY: monthDays } = numbersIn(read)
  const weekday = weekdayOf(numberOf(start.year, start.month, start.day))
  const namesDay = written !== undefined || yearDays !== undefined || monthDays !== undefined
  const isByWeek = read.freq === 'WEEKLY' || (read.freq === 'YEARLY' && weeks !== undefined)
  const isByMonth = read.freq === 'MONTHLY' || (read.freq === 'YEARLY' && weeks === undefined)
  const isOnce = read.freq === 'YEARLY' && !isByWeek && !namesDay
  return {
    frequency: read.freq,
    interval: read.interval,
    count: read.count ?? Number.POSITIVE_INFINITY,
    // The library counts weekdays from Sunday, which is 1 there.
    weekStart: read.wkst - 1,
    months: setOf(months ?? (isOnce ? [start.month] : undefined)),
    weeks: setOf(weeks),
    yearDays: setOf(yearDays),
    monthDays: setOf(monthDays ?? (isByMonth && !namesDay ? [start.day] : undefined)),
    weekdays: weekdaysOf(written ?? (isByWeek && !namesDay ? [weekdayNames[weekday] ?? ''] : undefined)),
    hours: read.freq === 'HOURLY' ? setOf(numbersIn(read).BYHOUR) : undefined,
    times: timesOfDay(read, start),
    positions: numbersIn(read).BYSETPOS?.toSorted((a, b) => Math.abs(a) - Math.abs(b)),
  }
}

const numbersIn = ({ parts }: ICAL.Recur) => parts as Record<string, number[] | undefined>

const setOf = (values: readonly number[] | undefined) => (values === undefined ? undefined : new Set(values))

/** Of `MO,1FR,-1FR` each Monday, and the first and the last Friday. */
function weekdaysOf(written: readonly string[] | undefined): Map<number, Set<number>> | undefined {
  if (written === undefined) return undefined
  const found = new Map<number, Set<number>>()
  for (const one of written) {
    const weekday = weekdayNames.indexOf(one.slice(-2))
    found.set(weekday, (found.get(weekday) ?? new Set()).add(Number(one.slice(0, -2))))
  }
  return found
}

/** A whole day begins with itself, whatever hours a rule names for it. */
function timesOfDay(read: ICAL.Recur, start: ICAL.Time): number[] {
  if (start.isDate) return [0]
  const { BYHOUR: hours = [start.hour], BYMINUTE: minutes = [start.minute], BYSECOND: written } = numbersIn(read)
  // A leap second is taken for the second before it.
  const seconds = (written ?? [start.second]).map(one => Math.min(one, 59))
  const found = (read.freq === 'HOURLY' ? [0] : hours).flatMap(hour =>
    minutes.flatMap(minute => seconds.map(second => ((hour * 60 + minute) * 60 + second) * 1_000)),
  )
  return [...new Set(found)].toSorted((a, b) => a - b)
}
