import type { Interval, Scheduled } from 'countersign/governance'
import type ICAL from 'ical.js'
import { type Budget, longestReach, mostSteps, mostTogether } from './bounds.ts'
import { timesOf } from './expand.ts'
import { fault, unreadable } from './fault.ts'
import { dayLength, utc } from './place.ts'
import { ruleOf } from './recurrence.ts'
import { isoOf, Named, type Occurrence, Timed } from './timed.ts'
import { type Places, type Told, toldBy } from './told.ts'

export const isCancelled = (component: ICAL.Component) =>
  String(component.getFirstPropertyValue('status') ?? '').toUpperCase() === 'CANCELLED'

interface Reading {
  readonly range: Interval
  readonly kind: Scheduled
  readonly places: Places
  readonly budget: Budget
  /** The occurrences of the event that stand in the file by themselves. */
  readonly parts: readonly ICAL.Component[]
}

export function occurrences(component: ICAL.Component, uid: string, reading: Reading): Interval[] {
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
    const rule = ruleOf(component, uid)
    // The first occurrence is one also where only others are added. Where the rule does not come to it, the standard leaves
    // open what the event comes to (3.8.5.3): then a freeze has it besides, and a window has not.
    if (rule === undefined || kind === 'freeze') takeAt(event.begin)
    for (const told of addedTo(component, uid, event, places)) takeAt(event.atTold(told))
    if (rule === undefined) return found
    const first = new Date(event.start.local).getUTCFullYear()
    if (new Date(ends).getUTCFullYear() - first > longestReach)
      throw fault(`${uid} recurs since ${first}, and is read over a hundred years at the most`)
    const last = lastOf(rule, event, kind, places)
    // What is days before what is read, in whichever zone, is not worth working out, unless what comes then was moved.
    const worthwhile = changes.length > 0 ? Number.NEGATIVE_INFINITY : begins - event.longest - 2 * dayLength
    const forward = Math.max(0, ...changes.map(({ forward: by }) => by))
    const isCountOfHours = rule.freq === 'HOURLY' && rule.count !== null
    const isByHours = rule.freq === 'HOURLY' && (rule.count !== null || rule.interval > 1)
    let steps = 0
    // In a count that the standard has begin with the first occurrence (3.3.10, COUNT), come to or not.
    let left = kind === 'window' ? (rule.count ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY
    for (const local of timesOf(rule, startOf(component), ends + forward, budget)) {
      if (steps >= mostSteps) throw fault(`${uid} recurs more than ${mostSteps} times before the end of what is read`)
      steps += 1
      budget.steps -= 1
      if (budget.steps < 0)
        throw fault(`its events recur more than ${mostTogether} times before the end of what is read`)
      if (steps === 1 && local !== event.start.local) left -= 1
      if (left <= 0) break
      left -= 1
      if (local < worthwhile && !isCountOfHours) continue
      const one = event.at(local)
      if (isByHours) requireSameClock(one, event, uid)
      if (local >= worthwhile && last(one)) takeAt(one)
    }
    return found
  } catch (cause) {
    throw unreadable(uid, cause)
  }
}

/**
 * Throws where what counts hours would come to another time by the clock than by the hours that pass. The standard does not say which
 * is meant, and programs do either. Each single hour is the same by both, but for the one that comes twice or not at all, in which a
 * freeze is too long and a window too short.
 */
function requireSameClock(one: Occurrence, { begin }: Timed, uid: string): void {
  if (one.instant - begin.instant === one.local - begin.local) return
  throw fault(
    `${uid} counts hours (FREQ=HOURLY with INTERVAL or COUNT) over a change of clocks, and the standard does not say whether those of ` +
      'the clock or those that pass; name the hours of a day (FREQ=DAILY;BYHOUR=0,6,12,18), or let it begin at a time in UTC',
  )
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
