import { CountersignError, EMPTY_ROOT, leafHash, prevOf } from '@countersign/trail'
import type { Sealed, Store } from '@countersign/trail/store'
import { type RecordBody, readRecord } from '../record/record.ts'

/** What helps where a store gives something that is no trail. */
const MORE = 'verify-trail tells more. Restore the store from a copy that it finds whole'

/** What a stored entry says. Throws `CountersignError` `store.damaged` where it is none of this library. */
export function recordOf({ seq, bytes }: Sealed): RecordBody {
  try {
    return readRecord(bytes).body
  } catch (cause) {
    throw new CountersignError('store.damaged', `entry ${seq} is no entry of this library; ${MORE}`, {
      facts: { seq },
      cause,
    })
  }
}

/** Whether an entry hangs on the one with this leaf hash, where that is known. What is no entry is told by whoever reads it. */
export function hangsOn(before: string | undefined, { bytes }: Sealed): boolean {
  if (before === undefined) return true
  try {
    return prevOf(bytes) === before
  } catch {
    return true
  }
}

/**
 * The entries of a trail from one on, each of which has the hash that the store says, and hangs on the one before it; the first
 * on what has this leaf hash, where that is known. Throws `store.damaged` at the first that does not, or that is missing.
 */
export async function* inOrder(
  store: Pick<Store, 'read'>,
  from = 0,
  before: string | undefined = from === 0 ? EMPTY_ROOT : undefined,
): AsyncGenerator<Sealed, void, undefined> {
  let next = from
  let last = before
  for await (const sealed of store.read({ from })) {
    if (sealed.seq !== next) throw broken(next, `entry ${next} of the trail is missing`)
    if (!hangsOn(last, sealed)) throw broken(next, `entry ${next} of the trail does not continue the one before it`)
    // A store says the hash beside the bytes. Whoever has changed the bytes may have left it as it was.
    last = leafHash(sealed.bytes)
    if (last !== sealed.leafHash)
      throw broken(next, `entry ${next} of the trail has another hash than is kept beside it`)
    yield sealed
    next += 1
  }
}

const broken = (seq: number, because: string): CountersignError =>
  new CountersignError('store.damaged', `${because}; ${MORE}`, { facts: { seq, broken: true } })

/** Whether that is why a trail could not be read on. */
export const isBroken = (error: unknown): boolean => error instanceof CountersignError && error.facts.broken === true
