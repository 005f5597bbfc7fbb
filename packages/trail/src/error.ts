/**
 * Every code that a thrown error can carry. A closed list: a caller may switch over it.
 *
 * It holds the codes of all packages, also of those that build on this one. Had the class a type parameter for them, then
 * `code` would be `any` behind `error instanceof CountersignError`, and no `switch` over it would be checked.
 *
 * - `canonical`: a value that has no canonical form (a fraction, `-0`, a lone surrogate, a key like an array index, …)
 * - `entry`: bytes that are no entry, or a body that is too large
 * - `proof`, `note`, `checkpoint`, `key`, `tile`, `bundle`: bytes, text or numbers that do not parse as what they should be
 * - `store.conflict`: a stream that was read has moved; read again and decide again
 * - `store.locked`: another writer has the trail open
 * - `store.unwritable`: the trail cannot be written (permissions, disk full, an earlier failed write)
 * - `store.unavailable`: the database cannot be reached, lets us in no more, or does not answer in time, or a file has another
 *   writer each time that it is read; try again later. The outcome of an append that was under way is not known: give the command
 *   again, under the same id
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

/** How many characters a message and its facts repeat of a text that comes from outside: a signature in base64 has 96. */
const LONGEST_REPEATED = 120

/**
 * What was found where something else was expected: told in our own words, or the value itself where it comes from
 * outside. Of such a value no more is repeated than the first 120 characters of a text, or what kind of object it is.
 */
export type Found = string | { readonly given: unknown }

/**
 * The error for what is not as expected: what it is, where, what was expected there and what was found instead, in the
 * message and as facts (`where`, `expected`, `found`). More facts may be given, and take the place of these.
 *
 * @example
 * ```ts
 * import { unexpected } from '@countersign/trail'
 *
 * unexpected('note', 'line 3', 'a newline at its end', 'none').message // → 'line 3: expected a newline at its end, found none'
 * unexpected('key', 'the name', 'no white space', { given: 'a b' }).message // → 'the name: expected no white space, found "a b"'
 * unexpected('key', 'the name', 'a name', { given: 'x'.repeat(5e6) }).message.length < 200 // → true
 * ```
 */
export function unexpected(
  code: ErrorCode,
  where: string,
  expected: string,
  found: Found,
  { facts, cause }: { readonly facts?: Record<string, unknown>; readonly cause?: unknown } = {},
): CountersignError {
  const [told, fact] = typeof found === 'string' ? [found, found] : [quoted(found.given), repeated(found.given)]
  return new CountersignError(code, `${where}: expected ${expected}, found ${told}`, {
    facts: { where, expected, found: fact, ...facts },
    cause,
  })
}

/** The beginning of a text that comes from outside, as far as it is repeated. */
export const beginning = (text: string): string =>
  text.length > LONGEST_REPEATED ? `${text.slice(0, LONGEST_REPEATED).toWellFormed()}…` : text

/** A value from outside as a fact. */
function repeated(value: unknown): unknown {
  if (typeof value === 'string') return beginning(value)
  return isSmall(value) ? value : typeof value
}

/** A value from outside as a part of a message. */
function quoted(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(beginning(value))
  return isSmall(value) ? `${value}` : typeof value
}

const isSmall = (value: unknown): value is number | boolean | null | undefined =>
  typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined
