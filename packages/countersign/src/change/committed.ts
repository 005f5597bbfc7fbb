import { isCommitment } from '../values/commitment.ts'
import type { Instant } from '../values/instant.ts'
import type { Change, Committed } from './change.ts'
import type { ChangeEvent } from './event.ts'

type Had = Pick<Change, 'committed'>

/** The private values of a change with those that a form brings: each once, as one that stays as it was is no new one. */
export function withCommitted(before: readonly Committed[] | undefined, form: Change['form'] = {}): Had['committed'] {
  const known = before ?? []
  const there = new Set(known.map(one => one.commitment))
  const fresh = Object.entries(form).flatMap(([field, value]): Committed[] => {
    if (!isCommitment(value) || there.has(value.commitment)) return []
    return [{ field, commitment: value.commitment }]
  })
  return known.length + fresh.length === 0 ? undefined : [...known, ...fresh]
}

/** The private values of a change after some of them were taken out of reach. */
export function withRedacted(
  { committed = [] }: Had,
  { commitments, by }: Extract<ChangeEvent, { type: 'value.redacted' }>,
  reason: string,
  at: Instant,
): Had['committed'] {
  const gone = new Set(commitments)
  return committed.map(one =>
    one.redacted === undefined && gone.has(one.commitment) ? { ...one, redacted: { by, at, reason } } : one,
  )
}
