import { CountersignError } from '@countersign/trail'
import { type Instant, parseInstant } from '../values/instant.ts'

/** A host's clock, of which a `Date` is asked for. Throws `clock` where it gives something else, or an instant of no year that is written. */
export const checkedClock = (clock: () => Date) => (): Date => {
  const now: unknown = clock()
  if (!(now instanceof Date)) throw new CountersignError('clock', `the clock gave ${typeof now}, and no \`Date\``)
  instantOf(now)
  return now
}

/** A time as it is recorded. Throws `clock`. */
export function instantOf(time: Date): Instant {
  const at = Number.isNaN(time.getTime()) ? undefined : parseInstant(time.toISOString())
  if (at === undefined) throw new CountersignError('clock', 'the clock gave no instant of the years 0 to 9999')
  return at
}
