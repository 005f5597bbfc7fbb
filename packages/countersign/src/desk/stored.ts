import { CountersignError, prevOf } from '@countersign/trail'
import type { Sealed } from '@countersign/trail/store'
import { type RecordBody, readRecord } from '../record/record.ts'

/** What a stored entry says. Throws `CountersignError` `store.damaged` where it is none of this library. */
export function recordOf({ seq, bytes }: Sealed): RecordBody {
  try {
    return readRecord(bytes).body
  } catch (cause) {
    throw new CountersignError('store.damaged', `entry ${seq} is no entry of this library; verify-trail tells more`, {
      facts: { seq },
      cause,
    })
  }
}

/** Whether an entry hangs on the one with this leaf hash, where that is known. */
export const hangsOn = (before: string | undefined, { bytes }: Sealed): boolean =>
  before === undefined || prevOf(bytes) === before
