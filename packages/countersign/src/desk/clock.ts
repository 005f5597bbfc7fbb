import { CountersignError } from '@countersign/trail'
import type { Instant } from '../values/instant.ts'

/** A host's clock, of which a `Date` is asked for. Throws `clock` where it gives something else, or an instant of no year that is written. */
export const checkedClock = (clock: () => Date) => (): Date => {
  const now: unknown = clock()
  if (!(now instanceof Date)) throw new CountersignError('clock', `the clock gave ${typeof now}, and no \`Date\``)
  requireWritten(now)
  return now
}

/** A time as it is recorded. Throws `clock`. */
export function instantOf(time: Date): Instant {
  requireWritten(time)
  return time.toISOString()
}

const first = Date.parse('0000-01-01T00:00:00.000Z')
const last = Date.parse('9999-12-31T23:59:59.999Z')

function requireWritten(time: Date): void {
  if (time.getTime() >= first && time.getTime() <= last) return
  throw new CountersignError('clock', 'the clock gave no instant of the years 0 to 9999')
}
