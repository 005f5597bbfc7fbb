import ICAL from 'ical.js'
import { fault } from './fault.ts'

/** A calendar file is read up to this many bytes, events, steps of one recurrence, and steps of all of them together. */
export const mostBytes = 1_000_000
export const mostEvents = 2_000
export const mostSteps = 20_000
export const mostTogether = 30_000
/** Nor are more changes of clocks counted, nor more days and hours looked at, of which most may be none of a rule. */
export const mostChanges = 100_000
export const mostTries = 500_000
/** No event lasts longer than ten years, and none recurs more seldom than every thousandth time, in what is read. */
export const mostSeconds = 10 * 366 * 86_400
const mostInterval = 1_000
/** How many rules of recurrence one event may have; the standard advises against a second one. */
const mostRules = 10
/** Nor does a rule reach over more years than this: hour by hour, that is a million hours to look at. */
export const longestReach = 100

/** What is left of what the whole file may take. */
export interface Budget {
  steps: number
  changes: number
  tries: number
}

/** Takes what has been looked at from what may be. */
export function look(budget: Budget, tries: number): void {
  budget.tries -= tries
  if (budget.tries < 0) throw fault(`its rules come to a time too seldom: more than ${mostTries} have been looked at`)
}

/** Refuses lengths, intervals and numbers of rules for which one would count for ages, day by day. */
export function requireReasonable(calendar: ICAL.Component): void {
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
