import type { Seat } from '../change/change.ts'
import type { Instant } from '../values/instant.ts'

/** A time for which a change was at a stage, or in a state that is none. */
export interface Stay {
  readonly state: string
  readonly from: Instant
  until?: Instant
}

/** An approval, and since when the stage had waited for it. */
interface Waited {
  readonly stage: string
  readonly role: string
  readonly capacity: Seat['capacity'] | 'carried'
  readonly from: Instant
  readonly until: Instant
}

/** What has become of a change, as far as its flow is measured. */
export interface Timeline {
  readonly change: string
  readonly team: string
  category: string
  readonly submitted: Instant
  readonly stays: Stay[]
  readonly waited: Waited[]
  /** When it came into what is in progress first. */
  begun?: Instant
  /** When it was done last: completed, or closed after that. */
  done?: Instant
  cancelled?: Instant
}

export const milliseconds = (from: Instant, until: Instant): number => Date.parse(until) - Date.parse(from)

/** How much of a stay lies in an interval; it lasts until now where it has not ended. */
export function overlap({ from, until }: Stay, interval: { readonly from: Instant; readonly until: Instant }): number {
  const begin = from > interval.from ? from : interval.from
  const end = until === undefined || until > interval.until ? interval.until : until
  return begin < end ? milliseconds(begin, end) : 0
}
