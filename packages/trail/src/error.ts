/**
 * Every code that a thrown error can carry. A closed list: a caller may switch over it.
 *
 * - `canonical`: a value that has no canonical form (a fraction, `-0`, a lone surrogate, a key like an array index, …)
 * - `entry`: bytes that are no entry, or a body that is too large
 * - `proof`, `note`, `checkpoint`, `key`, `tile`, `bundle`: bytes, text or numbers that do not parse as what they should be
 * - `store.conflict`: a stream that was read has moved; read again and decide again
 * - `store.locked`: another writer has the trail open
 * - `store.unwritable`: the trail cannot be written (permissions, disk full, an earlier failed write)
 * - `store.unavailable`: the database cannot be reached, lets us in no more, or does not answer in time; try again later. The
 *   outcome of an append that was under way is not known: give the command again, under the same id
 * - `store.newer`: what is stored was laid out by a newer version of the adapter
 * - `store.damaged`: what is stored is not a trail
 * - `store.closed`: the store was closed before the call
 * - `signer.memory`: a signer's memory is missing, damaged, or that of another key or trail
 * - `signer.locked`: another signer is at work
 * - `signer.refused`: a signer is asked to sign what does not extend what it has signed
 * - `policy`: a policy, controls or a form that cannot be adopted
 * - `input`: a value from outside that does not have the form that was asked for; with `facts.absent`, a path at which there is
 *   no trail to read
 * - `witness.policy`: text that is no policy of witnesses (C2SP tlog-policy)
 * - `witness.request`: bytes that are no request to a witness (C2SP tlog-witness)
 * - `clock`: the clock gives no time that can be recorded: none at all, one beyond the year 9999, one before the latest entry that a
 *   decision has read, or one that is still to come
 */
export type ErrorCode =
  | 'canonical'
  | 'entry'
  | 'proof'
  | 'note'
  | 'checkpoint'
  | 'key'
  | 'tile'
  | 'bundle'
  | 'store.conflict'
  | 'store.locked'
  | 'store.unwritable'
  | 'store.unavailable'
  | 'store.newer'
  | 'store.damaged'
  | 'store.closed'
  | 'signer.memory'
  | 'signer.locked'
  | 'signer.refused'
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
