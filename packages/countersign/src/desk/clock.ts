import { CountersignError } from '@countersign/trail'
import { type Instant, lastInstant } from '../values/instant.ts'

/** A host's clock, of which a `Date` is asked for. Throws `clock` where it gives something else, or an instant of no year that is written. */
export const checkedClock = (clock: () => Date) => (): Date => {
  const now: unknown = clock()
  if (!(now instanceof Date)) throw new CountersignError('clock', `the clock gave ${typeof now}, and no \`Date\``)
  if (!isWritten(now)) throw new CountersignError('clock', 'the clock gave no instant of the years 0 to 9999')
  return now
}

/** When a command happened, as a host says it by `at`. Throws `input` where that is no instant that can be written. */
export function instantGiven(at: unknown): Instant {
  if (!(at instanceof Date)) throw new CountersignError('input', '`at` is a Date')
  if (!isWritten(at)) throw new CountersignError('input', '`at` is no instant of the years 0 to 9999')
  return at.toISOString()
}

const first = Date.parse('0000-01-01T00:00:00.000Z')
const last = Date.parse(lastInstant)

const isWritten = (time: Date): boolean => time.getTime() >= first && time.getTime() <= last
