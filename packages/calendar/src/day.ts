import { dayLength } from './place.ts'

/** A day of the calendar, with all that a rule may ask of it. */
export interface Day {
  /** How many days it comes after 1 January 1970. */
  readonly number: number
  readonly year: number
  /** From 1, as the day of the month and of the year. */
  readonly month: number
  readonly ofMonth: number
  readonly monthLength: number
  readonly ofYear: number
  readonly yearLength: number
  /** From Sunday, which is 0. */
  readonly weekday: number
}

/** The number of a day. */
export const numberOf = (year: number, month: number, ofMonth: number): number =>
  new Date(0).setUTCFullYear(year, month - 1, ofMonth) / dayLength

export const weekdayOf = (number: number): number => (((number + 4) % 7) + 7) % 7

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
/** How many days of a year are over when a month begins. */
const over = monthLengths.map((_, index) => monthLengths.slice(0, index).reduce((sum, length) => sum + length, 0))

function dayOf(number: number, year: number, month: number, ofMonth: number): Day {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 1 : 0
  return {
    number,
    year,
    month,
    ofMonth,
    monthLength: (monthLengths[month - 1] ?? 0) + (month === 2 ? leap : 0),
    ofYear: (over[month - 1] ?? 0) + (month > 2 ? leap : 0) + ofMonth,
    yearLength: 365 + leap,
    weekday: weekdayOf(number),
  }
}

export function dayAt(number: number): Day {
  const date = new Date(number * dayLength)
  return dayOf(number, date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())
}

/** All days of a month. */
export function daysOf(year: number, month: number): Day[] {
  const number = numberOf(year, month, 1)
  const first = dayOf(number, year, month, 1)
  return Array.from({ length: first.monthLength }, (_, index) => dayOf(number + index, year, month, index + 1))
}
