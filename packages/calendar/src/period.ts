import { type Budget, look } from './bounds.ts'
import { type Day, dayAt, daysOf, numberOf, weekdayOf } from './day.ts'
import { fault } from './fault.ts'
import { dayLength } from './place.ts'
import type { Rule } from './recurrence.ts'

const hourLength = 3_600_000
const inWeek = [0, 1, 2, 3, 4, 5, 6]
const allMonths = Array.from({ length: 12 }, (_, index) => index + 1)

/**
 * Of each year, month, week, day or hour in which a rule recurs, from that in which its event begins up to a local time, when
 * the days of the rule begin, or its hours where it recurs each hour. Looking for them is paid for: with one try for each month, week,
 * day or hour that is looked at, one for each day of a week that has a weekday of the rule, and one for each day that is found.
 */
export function* periodsOf(rule: Rule, first: number, last: number, budget: Budget): Generator<number[], void> {
  const found = (days: readonly Day[]): number[] => {
    const own = days.filter(day => isOn(rule, day))
    look(budget, own.length + 1)
    return own.map(({ number }) => number * dayLength)
  }
  const start = dayAt(Math.floor(first / dayLength))
  const end = Math.floor(last / dayLength)
  const { interval, frequency, months } = rule
  if (frequency === 'HOURLY') {
    yield* hoursOf(rule, first, last, budget)
  } else if (frequency === 'DAILY') {
    for (let day = start.number; day <= end; day += interval) yield found([dayAt(day)])
  } else if (frequency === 'WEEKLY') {
    for (let week = weekAt(start.number, rule.weekStart); week <= end; week += 7 * interval) {
      const numbers = inWeek.map(index => week + index).filter(number => rule.weekdays?.has(weekdayOf(number)))
      look(budget, numbers.length)
      yield found(numbers.map(dayAt))
    }
  } else if (frequency === 'MONTHLY') {
    for (let index = start.year * 12 + start.month - 1; ; index += interval) {
      const [year, month] = [Math.floor(index / 12), (index % 12) + 1]
      if (numberOf(year, month, 1) > end) return
      if (months === undefined || months.has(month)) yield found(daysOf(year, month))
      else look(budget, 1)
    }
  } else if (frequency === 'YEARLY') {
    const named = months === undefined ? allMonths : [...months].toSorted((a, b) => a - b)
    for (let year = start.year; numberOf(year, 1, 1) <= end; year += interval)
      yield named.flatMap(month => found(daysOf(year, month)))
  } else throw fault(`a rule recurs ${frequency}, and what recurs each hour or more seldom is read`)
}

function* hoursOf(rule: Rule, first: number, last: number, budget: Budget): Generator<number[], void> {
  const { interval, hours } = rule
  let day = dayAt(Math.floor(first / dayLength))
  let isDay = isOn(rule, day)
  for (let hour = Math.floor(first / hourLength); hour * hourLength <= last; ) {
    look(budget, 1)
    const number = Math.floor(hour / 24)
    if (number !== day.number) {
      day = dayAt(number)
      isDay = isOn(rule, day)
    }
    if (isDay && (hours === undefined || hours.has(hour - number * 24))) yield [hour * hourLength]
    // Of a day that is none of the rule no other hour need be looked at.
    hour += isDay ? interval : Math.ceil(((number + 1) * 24 - hour) / interval) * interval
  }
}

/** Whether a day is one of the rule: all parts of it that ask something of days hold. */
function isOn({ frequency, months, weeks, yearDays, monthDays, weekdays, weekStart }: Rule, day: Day): boolean {
  if (months !== undefined && !months.has(day.month)) return false
  if (monthDays !== undefined && !isNth(monthDays, day.ofMonth, day.monthLength)) return false
  if (weekdays !== undefined) {
    const which = weekdays.get(day.weekday)
    if (which === undefined) return false
    const isOfYear = frequency === 'YEARLY' && months === undefined
    const [of, length] = isOfYear ? [day.ofYear, day.yearLength] : [day.ofMonth, day.monthLength]
    if (!which.has(0) && !isNth(which, weeksIn(of), weeksIn(of) + weeksIn(length - of + 1) - 1)) return false
  }
  if (yearDays !== undefined && !isNth(yearDays, day.ofYear, day.yearLength)) return false
  return weeks === undefined || isInWeek(weeks, day.number, weekStart)
}

/** Whether a place in a row is named, from the front (1 is the first) or from the back (-1 is the last). */
const isNth = (named: ReadonlySet<number>, place: number, length: number): boolean =>
  named.has(place) || named.has(place - length - 1)

/** How many weeks so many days begin: 7 begin one, and 8 begin two. */
const weeksIn = (days: number): number => Math.ceil(days / 7)

const weekAt = (day: number, weekStart: number): number => day - ((weekdayOf(day) - weekStart + 7) % 7)

/** A week is one of the year in which most of its days are, and so its fourth one. */
function isInWeek(weeks: ReadonlySet<number>, day: number, weekStart: number): boolean {
  const { ofYear, yearLength } = dayAt(weekAt(day, weekStart) + 3)
  return isNth(weeks, weeksIn(ofYear), weeksIn(ofYear) + weeksIn(yearLength - ofYear + 1) - 1)
}
