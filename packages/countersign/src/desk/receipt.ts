import type { CountersignError } from '@countersign/trail'
import type { Sealed } from '@countersign/trail/store'
import type { Change } from '../change/change.ts'
import type { ChangeCommand } from '../change/command.ts'
import { immutable } from '../change/evolve.ts'
import { describeRefusal } from '../decision/describe.ts'
import type { Refusal } from '../decision/facts.ts'
import { refuse } from '../decision/refusal.ts'
import type { By, Command, Event, RecordBody } from '../record/record.ts'
import type { Instant } from '../values/instant.ts'

/** Where a decision stands in the trail. It is there for good: the promise resolves when the entry is durable. */
export interface Place {
  readonly seq: number
  readonly leafHash: string
}

/** A command that was carried out. `change` is the change after it, where the command is about a change. */
export interface Accepted extends Place {
  readonly outcome: 'accepted'
  readonly id: string
  readonly at: Instant
  readonly by: By
  readonly events: readonly Event[]
  readonly change?: Change
}

/** A command about a change that was carried out. */
export interface AcceptedOnChange extends Accepted {
  readonly change: Change
}

/** A command that was refused: the change, its approvals and counts are as before. `recorded` where it is evidence. */
export interface Refused {
  readonly outcome: 'refused'
  /**
   * The id of the command. One that was given and is none is told as it was given, to its 80th character, or empty where it is no text: no
   * other took its place, and nothing was recorded.
   */
  readonly id: string
  readonly refusal: Refusal
  /** The refusal told to a person. */
  readonly because: string
  /** What would help. */
  readonly help: string
  readonly recorded?: Place
}

export type Receipt = Accepted | Refused

/** The receipt of a command of one type: where it is about a change and accepted, that change is in it. */
export type ReceiptOf<Type extends Command['type']> =
  | (Type extends ChangeCommand['type'] ? AcceptedOnChange : Accepted)
  | Refused

/** The receipt of an entry. */
export function receiptOf(
  { id, at, by, command, outcome }: Pick<RecordBody, 'id' | 'at' | 'by' | 'command' | 'outcome'>,
  change: Change | undefined,
  sealed: Sealed,
): Receipt {
  if ('refused' in outcome) return refusedReceipt(id, outcome.refused, command.type, sealed)
  const { seq, leafHash } = sealed
  const receipt = { outcome: 'accepted', id, seq, leafHash, at, by, events: outcome.accepted } as const
  return change === undefined ? receipt : { ...receipt, change: immutable(change) }
}

/** The receipt of what was refused, told for the type of the command, with the entry where it became one. */
export function refusedReceipt(id: string, refusal: Refusal, command?: string, sealed?: Sealed): Refused {
  const { because, help } = describeRefusal(refusal, command)
  const recorded = sealed === undefined ? {} : { recorded: { seq: sealed.seq, leafHash: sealed.leafHash } }
  return { outcome: 'refused', id, refusal, because, help, ...recorded }
}

/** A command that is well formed and still does not go into an entry: too large, as a rule. */
export const unrecordable = (id: string, error: CountersignError): Refused =>
  refusedReceipt(
    id,
    refuse('command.malformed', { problems: [{ where: 'command', problem: error.message.slice(0, 400) }] }).refused,
  )
