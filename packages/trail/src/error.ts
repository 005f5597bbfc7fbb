/**
 * Every code that a thrown error can carry. A closed list: a caller may switch over it.
 *
 * - `canonical`: a value that has no canonical form (a fraction, `-0`, a lone surrogate, a key like an array index, …)
 * - `entry`: bytes that are no entry, or a body that is too large
 * - `proof`, `note`, `checkpoint`, `key`: text or numbers that do not parse as what they should be
 * - `store.conflict`: a stream that was read has moved; read again and decide again
 * - `store.locked`: another writer has the trail open
 * - `store.unwritable`: the trail cannot be written (permissions, disk full, an earlier failed write)
 * - `store.damaged`: what is stored is not a trail
 * - `store.closed`: the store was closed before the call
 * - `policy`: a policy, controls or a form that cannot be adopted
 * - `input`: a value from outside that does not have the form that was asked for
 * - `witness.policy`: text that is no policy of witnesses (C2SP tlog-policy)
 * - `witness.request`: bytes that are no request to a witness (C2SP tlog-witness)
 * - `clock`: the clock stands before the last entry of the trail
 */
export type ErrorCode =
  | 'canonical'
  | 'entry'
  | 'proof'
  | 'note'
  | 'checkpoint'
  | 'key'
  | 'store.conflict'
  | 'store.locked'
  | 'store.unwritable'
  | 'store.damaged'
  | 'store.closed'
  | 'policy'
  | 'input'
  | 'witness.policy'
  | 'witness.request'
  | 'clock'

/** What is thrown on wrong use or a broken world. Expected failures (refusals, findings) are values instead. */
export class CountersignError extends Error {
  override readonly name = 'CountersignError'
  readonly code: ErrorCode
  /** What a program needs to know about it: names, positions, the two values that differ. */
  readonly facts: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: { facts?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.facts = options.facts ?? {}
  }
}
