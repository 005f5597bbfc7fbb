import { CountersignError } from '@countersign/trail'
import { type Instant, parseInstant } from '../values/instant.ts'

/** How far a clock may stand behind the last entry before it is refused; so much two machines' clocks may differ. */
export const clockTolerance = 60_000

/** An instant that a caller asks about, in UTC. Throws `CountersignError` `input` where the text is none. */
export function instantAsked(text: string): Instant {
  const instant = typeof text === 'string' ? parseInstant(text) : undefined
  if (instant !== undefined) return instant
  throw new CountersignError(
    'input',
    `an instant has an offset, such as 2026-03-02T10:00Z or 2026-03-02T11:00+01:00, and this is none: ${String(text).slice(0, 64)}`,
  )
}
