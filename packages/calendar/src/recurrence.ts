import ICAL from 'ical.js'
import { type Budget, mostTries } from './bounds.ts'
import { fault } from './fault.ts'
import { dayLength, localOf } from './place.ts'

/** The rule of an event, where it has one that can be worked out. */
export function ruleOf(component: ICAL.Component, uid: string): ICAL.Recur | undefined {
  const rules = component.getAllProperties('rrule')
  if (rules.length > 1) throw fault(`${uid} recurs by ${rules.length} rules, and one is read`)
  const rule = rules[0]?.getFirstValue()
  if (!(rule instanceof ICAL.Recur)) return undefined
  const { BYMONTH: months = [], BYMONTHDAY: days = [] } = rule.parts as Record<string, number[] | undefined>
  const isPossible = months.some(month => days.some(one => Math.abs(one) <= ICAL.Time.daysInMonth(month, 2024)))
  if (months.length > 0 && days.length > 0 && !isPossible) throw fault(`${uid} recurs on days that there are not`)
  return rule
}

/**
 * The local times to which a rule comes up to some time, in their order. The library beneath compares the end of a rule (UNTIL)
 * as if it were a local time, so it counts some days further, and whoever asks compares it as the instant that it is.
 */
export function* timesOf(rule: ICAL.Recur, start: ICAL.Time, ends: number, budget: Budget): Generator<number, void> {
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

export function isInMonth(rule: ICAL.Recur, start: number, local: number): boolean {
  const monthOf = (time: number) => new Date(time).getUTCMonth() + 1
  const { BYMONTH: months } = rule.parts as Record<string, number[] | undefined>
  if (months !== undefined) return months.includes(monthOf(local))
  return rule.freq !== 'YEARLY' || Object.keys(rule.parts).length > 0 || monthOf(local) === monthOf(start)
}
