import type { Change } from '../change/change.ts'
import type { Refusal } from '../decision/refusal.ts'
import type { By, Event } from '../record/record.ts'
import type { Instant } from '../values/instant.ts'

/** Where a decision stands in the trail. It is there for good: the promise resolves when the entry is durable. */
export interface Place {
  readonly seq: number
  readonly leafHash: string
}

/** A command that was carried out. `change` is the change after it. */
export interface Accepted extends Place {
  readonly outcome: 'accepted'
  readonly id: string
  readonly at: Instant
  readonly by: By
  readonly events: readonly Event[]
  readonly change?: Change
}

/** A command that was refused: the change, its approvals and counts are as before. `recorded` where it is evidence. */
export interface Refused {
  readonly outcome: 'refused'
  readonly id: string
  readonly refusal: Refusal
  /** The refusal told to a person. */
  readonly because: string
  /** What would help. */
  readonly help: string
  readonly recorded?: Place
}

export type Receipt = Accepted | Refused
