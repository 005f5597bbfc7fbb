import { fromICalendar } from '@countersign/calendar'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { atLeast, runs } from '../properties/trial.ts'

const [minute, day] = [60_000, 86_400_000]
const names = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA']
const iso = (time: number) => new Date(time).toISOString()
const [begin, end] = [Date.UTC(2023, 0, 1), Date.UTC(2030, 0, 1)]

interface Day {
  readonly time: number
  readonly year: number
  readonly month: number
  readonly weekday: string
  /** Each as a row of days in which it is found by its place, from the front and from the back. */
  readonly inMonth: readonly [number, number]
  readonly inYear: readonly [number, number]
  readonly weekdayInMonth: readonly [number, number]
  readonly weekdayInYear: readonly [number, number]
}

/** The plain way to count: each day of a row in its order, and its place is how many of its like have come. */
function placesIn(all: readonly number[], like: (time: number) => string): Map<number, readonly [number, number]> {
  const rows = new Map<string, number[]>()
  for (const time of all) rows.set(like(time), [...(rows.get(like(time)) ?? []), time])
  const placed = [...rows.values()].flatMap(row =>
    row.map((time, index) => [time, [index + 1, index - row.length]] as const),
  )
  return new Map(placed)
}

const allTimes = Array.from({ length: (end - begin) / day }, (_, index) => begin + index * day)
const weekdayOf = (time: number) => names[new Date(time).getUTCDay()] ?? ''
const byMonth = placesIn(allTimes, time => iso(time).slice(0, 7))
const byYear = placesIn(allTimes, time => iso(time).slice(0, 4))
const byWeekdayOfMonth = placesIn(allTimes, time => iso(time).slice(0, 7) + weekdayOf(time))
const byWeekdayOfYear = placesIn(allTimes, time => iso(time).slice(0, 4) + weekdayOf(time))
const none = [0, 0] as const
const allDays = allTimes.map(
  (time): Day => ({
    time,
    year: Number(iso(time).slice(0, 4)),
    month: Number(iso(time).slice(5, 7)),
    weekday: weekdayOf(time),
    inMonth: byMonth.get(time) ?? none,
    inYear: byYear.get(time) ?? none,
    weekdayInMonth: byWeekdayOfMonth.get(time) ?? none,
    weekdayInYear: byWeekdayOfYear.get(time) ?? none,
  }),
)

/** The weeks, each with the year that has four of its days or more: by the weekday on which they begin. */
function weeksFrom(weekStart: string) {
  const weekOf = new Map<number, number>()
  let week = begin
  for (const time of allTimes) {
    if (weekdayOf(time) === weekStart) week = time
    weekOf.set(time, week)
  }
  const weeks = [...new Set(weekOf.values())]
  const places = placesIn(weeks, time => iso(time + 3 * day).slice(0, 4))
  return { weekOf, places }
}
const weeksBy = new Map(names.map(name => [name, weeksFrom(name)]))

interface Rule {
  readonly often: 'YEARLY' | 'MONTHLY' | 'WEEKLY' | 'DAILY' | 'HOURLY'
  readonly interval: number
  readonly weekStart: string
  readonly months?: number[]
  readonly weeks?: number[]
  readonly yearDays?: number[]
  readonly monthDays?: number[]
  readonly weekdays?: string[]
  readonly hours?: number[]
  readonly minutes?: number[]
  readonly positions?: number[]
  readonly count?: number
  readonly until?: number
}

const hasPlace = (asked: readonly number[], [front, back]: readonly [number, number]) =>
  asked.includes(front) || asked.includes(back)

/** Whether the rule has a day: asked of the day itself, as RFC 5545 says what each part means. */
function isDayOf(rule: Rule, one: Day, first: Day): boolean {
  const { often, months, weeks, yearDays, monthDays, weekdays } = rule
  if (months !== undefined && !months.includes(one.month)) return false
  if (weeks !== undefined) {
    const known = weeksBy.get(rule.weekStart)
    if (!hasPlace(weeks, known?.places.get(known.weekOf.get(one.time) ?? 0) ?? none)) return false
  }
  if (yearDays !== undefined && !hasPlace(yearDays, one.inYear)) return false
  if (monthDays !== undefined && !hasPlace(monthDays, one.inMonth)) return false
  if (weekdays !== undefined) {
    const places = often === 'YEARLY' && months === undefined ? one.weekdayInYear : one.weekdayInMonth
    return weekdays.some(asked => {
      const which = asked.slice(0, -2)
      return asked.endsWith(one.weekday) && (which === '' || hasPlace([Number(which)], places))
    })
  }
  if (yearDays !== undefined || monthDays !== undefined || often === 'DAILY' || often === 'HOURLY') return true
  if (often === 'WEEKLY' || weeks !== undefined) return one.weekday === first.weekday
  return (
    one.inMonth[0] === first.inMonth[0] && (often === 'MONTHLY' || months !== undefined || one.month === first.month)
  )
}

/** Up to when a rule is followed, which is some hundred of its periods or more. */
const endOf = ({ often }: Rule, start: number) =>
  often === 'HOURLY' ? start + 100 * day : often === 'DAILY' ? start + 800 * day : end - 2 * day

/** The plain way to a rule: each day and hour for years is asked whether it is one of the rule. */
function plain(rule: Rule, start: number, isWhole: boolean): number[] {
  const first = allDays.find(({ time }) => time + day > start)
  if (first === undefined) throw new Error('begins too late')
  const { hours, minutes, often } = rule
  const startHour = new Date(start).getUTCHours()
  const weekOf = weeksBy.get(rule.weekStart)?.weekOf
  const weekTime = (one: Day) => weekOf?.get(one.time) ?? 0
  const periodOf = (one: Day, hour: number): number =>
    ({
      YEARLY: one.year - first.year,
      MONTHLY: (one.year - first.year) * 12 + one.month - first.month,
      WEEKLY: (weekTime(one) - weekTime(first)) / (7 * day),
      DAILY: (one.time - first.time) / day,
      HOURLY: (one.time - first.time) / (60 * minute) + hour - startHour,
    })[often]
  const sets = new Map<number, number[]>()
  for (const one of allDays) {
    if (one.time < first.time - 366 * day || one.time > endOf(rule, start) + day || !isDayOf(rule, one, first)) continue
    for (let hour = 0; hour < (isWhole ? 1 : 24); hour += 1) {
      const isHour = hours?.includes(hour) ?? (often === 'HOURLY' || hour === startHour)
      const period = periodOf(one, hour)
      if ((!isWhole && !isHour) || period < 0 || period % rule.interval !== 0) continue
      const set = sets.get(period) ?? []
      sets.set(period, set)
      const asked = isWhole ? [0] : (minutes?.toSorted((a, b) => a - b) ?? [new Date(start).getUTCMinutes()])
      set.push(...asked.map(at => one.time + (hour * 60 + at) * minute))
    }
  }
  const picked = (set: number[]) =>
    set.filter((_, index) => rule.positions === undefined || hasPlace(rule.positions, [index + 1, index - set.length]))
  return [...sets.values()]
    .flatMap(picked)
    .filter(time => time >= start)
    .toSorted((a, b) => a - b)
    .slice(0, rule.count)
    .filter(time => time <= (rule.until ?? end))
}

const some = <T>(one: fc.Arbitrary<T>, most: number) =>
  fc.option(fc.uniqueArray(one, { minLength: 1, maxLength: most }), { nil: undefined, freq: 2 })
const signed = (most: number) => fc.integer({ min: -most, max: most }).filter(one => one !== 0)
const name = fc.constantFrom(...names)
const ordinal = (most: number) => fc.tuple(signed(most), name).map(([which, of]) => `${which}${of}`)
const weeksOfTwoYears = new Set([1, 52, 53, -1, -52, -53])

const rules = fc
  .record({
    often: fc.constantFrom<Rule['often']>('YEARLY', 'YEARLY', 'MONTHLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY'),
    interval: fc.constantFrom(1, 1, 1, 2, 3),
    weekStart: name,
    months: some(fc.integer({ min: 1, max: 12 }), 5),
    weeks: some(fc.oneof(signed(53), fc.constantFrom(1, 52, 53, -1, -53)), 5),
    yearDays: some(fc.oneof(signed(366), fc.constantFrom(1, 366, -1, -366)), 12),
    monthDays: some(signed(31), 8),
    weekdays: some(fc.oneof(name, name, ordinal(5), ordinal(53)), 5),
    hours: some(fc.integer({ min: 0, max: 23 }), 3),
    minutes: some(fc.constantFrom(0, 20, 30, 50), 3),
    positions: some(fc.oneof(signed(4), signed(40)), 4),
    count: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
    until: fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: undefined }),
    dropped: fc.nat(3),
  })
  .map(({ dropped, until, ...told }): Rule => {
    const { often } = told
    const weeks = often === 'YEARLY' && dropped === 0 ? told.weeks : undefined
    const yearDays = (often === 'YEARLY' || often === 'HOURLY') && dropped === 1 ? told.yearDays : undefined
    const monthDays = often === 'WEEKLY' || dropped === 2 ? undefined : told.monthDays
    const mayCount = often === 'MONTHLY' || (often === 'YEARLY' && weeks === undefined)
    const weekdays = told.weekdays?.map(one => (mayCount ? one : one.slice(-2)))
    const asks = [told.months, weeks, yearDays, monthDays, weekdays, told.hours, told.minutes]
    const positions = asks.some(one => one !== undefined) ? told.positions : undefined
    const isOfTwo = weeks?.some(one => weeksOfTwoYears.has(one)) === true
    return {
      ...told,
      weeks,
      yearDays,
      monthDays,
      weekdays: weekdays === undefined ? undefined : [...new Set(weekdays)],
      positions: isOfTwo ? undefined : positions,
      interval: isOfTwo ? 1 : told.interval,
      ...(told.count === undefined && until !== undefined && { until: Date.UTC(2026, 0, 1) + until * day }),
    } as Rule
  })

const compact = (time: number) => iso(time).replaceAll(/[-:]|\.\d+/g, '')

function written(rule: Rule): string {
  const parts: [string, string | number | readonly (string | number)[] | undefined][] = [
    ['FREQ', rule.often],
    ['INTERVAL', rule.interval],
    ['WKST', rule.weekStart],
    ['BYMONTH', rule.months],
    ['BYWEEKNO', rule.weeks],
    ['BYYEARDAY', rule.yearDays],
    ['BYMONTHDAY', rule.monthDays],
    ['BYDAY', rule.weekdays],
    ['BYHOUR', rule.hours],
    ['BYMINUTE', rule.minutes],
    ['BYSETPOS', rule.positions],
    ['COUNT', rule.count],
    ['UNTIL', rule.until === undefined ? undefined : compact(rule.until)],
  ]
  return parts.flatMap(([part, value]) => (value === undefined ? [] : `${part}=${[value].flat().join(',')}`)).join(';')
}

/** The days that there may be in a month, in some year. */
const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

describe('a rule of recurrence', () => {
  it('comes to exactly what the plain way comes to, which asks each day and hour of some years', () => {
    const starts = fc.record({
      day: fc.integer({ min: 0, max: 1_300 }),
      time: fc.constantFrom(0, 480, 750, 1_430),
      isWhole: fc.boolean(),
    })
    let read = 0
    fc.assert(
      fc.property(rules, starts, (rule, { day: after, time, isWhole: mayBeWhole }) => {
        const isWhole = mayBeWhole && rule.often !== 'HOURLY'
        const start = Date.UTC(2024, 0, 1) + after * day + (isWhole ? 0 : time * minute)
        const text = [
          'BEGIN:VCALENDAR',
          'BEGIN:VEVENT',
          'UID:one',
          isWhole ? `DTSTART;VALUE=DATE:${compact(start).slice(0, 8)}` : `DTSTART:${compact(start)}`,
          isWhole ? 'DURATION:P1D' : 'DURATION:PT1M',
          `RRULE:${written(rule)}`,
          'END:VEVENT',
          'END:VCALENDAR',
        ].join('\r\n')
        const options = { zone: 'UTC', from: iso(begin) }
        const isPossible = rule.months?.some(month =>
          rule.monthDays?.some(one => Math.abs(one) <= (longest[month - 1] ?? 0)),
        )
        if (rule.months !== undefined && rule.monthDays !== undefined && isPossible !== true) {
          expect(() => fromICalendar(text, { ...options, until: iso(end) })).toThrow('days that there are not')
          return
        }
        // The time at which an event begins counts for itself where its rule does not come to it.
        const wanted = [...new Set([start, ...plain(rule, start, isWhole)])].toSorted((a, b) => a - b)
        const until = wanted[400] ?? endOf(rule, start)
        const found = fromICalendar(text, { ...options, until: iso(until) }).flatMap(one =>
          one.intervals.flatMap(span => {
            const [from, to] = [Date.parse(span.from), Date.parse(span.until)]
            return isWhole ? Array.from({ length: (to - from) / day }, (_, index) => from + index * day) : [from]
          }),
        )
        read += wanted.length > 1 ? 1 : 0
        expect(found.map(iso), written(rule)).toEqual(wanted.filter(one => one < until).map(iso))
      }),
      { ...runs(2_000), seed: 20_260_630 },
    )
    expect(read).toBeGreaterThan(atLeast(1_000))
  })
})
