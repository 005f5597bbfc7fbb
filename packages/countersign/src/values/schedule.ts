import * as z from 'zod'
import { instant } from './instant.ts'
import { orList } from './near.ts'
import { problemOf } from './problem.ts'
import { safeParse } from './safe-parse.ts'
import { text } from './text.ts'

// When something lasts, as somebody wrote it down in their own time zone. What it comes to in instants is worked out where
// it is declared, and recorded beside it: time zones change their rules, and a trail has to read alike for ever.

const localTime = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/, {
  error: 'must be a local time such as 2026-12-20T18:00, without an offset',
})
const date = z.string().regex(/^\d{4}-\d\d-\d\d$/, { error: 'must be a date such as 2026-12-20' })
const clock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, { error: 'must be a time of day such as 18:00' })
const zone = z.string().regex(/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+){0,3}$/, {
  error: 'must be an IANA time zone such as Europe/Zurich',
})

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const once = z.strictObject({ zone, from: localTime, until: localTime })
const weekday = z.enum(weekdays, { error: `must be ${orList(weekdays)}` })
const weekly = z.strictObject({
  zone,
  weekly: z.array(weekday).min(1).max(7),
  from: clock,
  until: clock,
  first: date,
  last: date,
})
const imported = z.strictObject({ calendar: text(200) })

export type Schedule = z.infer<typeof once> | z.infer<typeof weekly> | z.infer<typeof imported>

/** Which of the three somebody means is told by the members that no other has. */
function meant(written: object): z.ZodType<Schedule> {
  const said = Object.entries(written).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  if (said.includes('calendar')) return imported
  return ['weekly', 'first', 'last'].some(name => said.includes(name)) ? weekly : once
}

const ways =
  "must be { zone: 'Europe/Zurich', from: '2026-12-18T18:00', until: '2027-01-04T06:00' }, or of every week " +
  "{ zone: 'Europe/Zurich', weekly: ['sat', 'sun'], from: '00:00', until: '00:00', first: '2026-12-18', last: '2027-01-04' }"

/**
 * Once; every week on some days, from the first date to the last, over midnight where it ends no later than it begins; or
 * as a calendar says that was imported. What is wrong with it is told of the one of them that is meant. It is read into an
 * object of its own, like every command: what is recorded is what was looked at.
 */
export const schedule = z.custom<Schedule>().transform((written, { issues }): Schedule => {
  const wrong = (message: string, path: PropertyKey[] = []) =>
    issues.push({ code: 'custom', message, path, input: written })
  if (typeof written !== 'object' || written === null) wrong(ways)
  else {
    const { data, error } = safeParse(meant(written), written)
    if (data !== undefined) return data
    for (const issue of error.issues) wrong(problemOf(issue), issue.path)
  }
  return z.NEVER
})

/** What is declared by a schedule: a freeze, which is rather too long than too short, or a window, which is rather too short. */
export type Scheduled = 'freeze' | 'window'

/** A schedule as it is written down by hand: once, or every week. What it comes to in instants can be worked out. */
export type WrittenSchedule = Exclude<Schedule, { calendar: string }>

/** So many intervals are declared at once at most. */
export const mostIntervals = 500

/** A time from an instant until another, which does not belong to it. */
export const interval = z.strictObject({ from: instant, until: instant })

export type Interval = z.infer<typeof interval>
