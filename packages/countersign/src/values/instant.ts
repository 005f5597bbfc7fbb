import { CountersignError } from '@countersign/trail'
import * as z from 'zod'

/** A point in time as RFC 3339 in UTC with milliseconds, so that comparing the strings compares the instants. */
export type Instant = string

/**
 * How far the clocks of two machines may stand apart, in milliseconds. By so much a desk's clock may be behind the last entry, and by
 * so much the verifier lets a decision not know of what was recorded beside it.
 */
export const clockTolerance = 60_000

const written = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/
const stamped = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/**
 * Reads an instant with an offset (`2025-03-30T00:00+01:00`) and gives it in UTC with milliseconds; `undefined` where
 * the text is none: a local time without an offset is no instant, and neither is the 30th of February.
 *
 * @example
 * ```ts
 * import { parseInstant } from 'countersign'
 * parseInstant('2025-03-30T00:00+01:00') // → '2025-03-29T23:00:00.000Z'
 * parseInstant('2025-03-30T00:00') // → undefined
 * ```
 */
export function parseInstant(value: string): Instant | undefined {
  if (!written.test(value)) return undefined
  const milliseconds = Date.parse(value)
  if (Number.isNaN(milliseconds)) return undefined
  if (stamped.test(value)) return new Date(milliseconds).toISOString() === value ? value : undefined
  // Engines roll the 30th of February over; the day that was written must be the day that was read.
  const day = Number(value.slice(8, 10))
  const days = new Date(Date.UTC(Number(value.slice(0, 4)), Number(value.slice(5, 7)), 0)).getUTCDate()
  if (day > days) return undefined
  const utc = new Date(milliseconds).toISOString()
  return stamped.test(utc) ? utc : undefined
}

/** An instant that a caller asks about, in UTC. Throws `CountersignError` `input` where the text is none. */
export function instantAsked(text: string): Instant {
  const read = typeof text === 'string' ? parseInstant(text) : undefined
  if (read !== undefined) return read
  throw new CountersignError(
    'input',
    `an instant has an offset, such as 2026-03-02T10:00Z or 2026-03-02T11:00+01:00, and this is none: ${typeof text === 'object' ? 'an object' : String(text).slice(0, 64)}`,
  )
}

/** An interval that a caller asks about, in UTC. Throws `CountersignError` `input` where it would end before it begins. */
export function intervalAsked(begin: string, end: string): { readonly from: Instant; readonly until: Instant } {
  const [from, until] = [instantAsked(begin), instantAsked(end)]
  if (from <= until) return { from, until }
  throw new CountersignError('input', `the interval would end (${until}) before it begins (${from})`, {
    facts: { from, until },
  })
}

export const instant = z.string().transform((value, context): Instant => {
  const parsed = parseInstant(value)
  if (parsed !== undefined) return parsed
  context.issues.push({
    code: 'custom',
    input: value,
    message: 'must be an instant with an offset, such as 2025-03-30T00:00:00Z or 2025-03-30T02:00+02:00',
  })
  return z.NEVER
})

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A length of time as `30d`, `24h`, `15m` or `10s`. A day is 24 hours exactly, on every host and in every time zone. */
export const duration = z.string().regex(/^[1-9]\d{0,5}[smhd]$/, {
  error: 'must be a length of time such as 30d, 24h, 15m or 10s',
})

function durationMilliseconds(value: string): number {
  const unit = value.at(-1)
  if (unit !== 's' && unit !== 'm' && unit !== 'h' && unit !== 'd')
    throw new RangeError(`not a length of time: ${value}`)
  return Number(value.slice(0, -1)) * units[unit]
}

/** The last instant that is written: a later one has more digits, and would come before all others as a text. */
export const lastInstant: Instant = '9999-12-31T23:59:59.999Z'
const lastMilliseconds = Date.parse(lastInstant)

/** So many milliseconds after an instant, and no later than the last instant that is written. */
export const after = (from: Instant, milliseconds: number): Instant =>
  new Date(Math.min(Date.parse(from) + milliseconds, lastMilliseconds)).toISOString()

/** The instant a length of time later, and no later than the last instant that is written. */
export const later = (from: Instant, by: string): Instant => after(from, durationMilliseconds(by))

/** The earlier of two instants. */
export const earlierOf = (one: Instant, other: Instant): Instant => (one < other ? one : other)

/** The later of two instants. */
export const laterOf = (one: Instant, other: Instant): Instant => (one > other ? one : other)

/** Whether the instant lies in the half-open interval [from, until). Without an end the interval is open. */
export const within = (at: Instant, from: Instant, until?: Instant): boolean =>
  at >= from && (until === undefined || at < until)
