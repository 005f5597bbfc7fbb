import { canonical, parseCanonical } from '../canonical.ts'
import { commitmentTo } from '../commitment.ts'
import { MAX_ENTRY_BYTES } from '../entry.ts'
import { CountersignError } from '../error.ts'
import { fromHex, isHash, toHex } from '../hash.ts'
import type { Json } from '../json.ts'

/** What opens a commitment that stands in the trail. Whoever has it knows the value. */
export interface Opening {
  readonly commitment: string
  /** 32 random bytes in lower-case hex, for this one occurrence of the value. */
  readonly salt: string
  readonly value: Json
  /** Where the commitment stands: the stream, the id of the command in it, and the field. */
  readonly stream: string
  readonly id: string
  readonly field: string
}

/**
 * Where openings are kept: beside the trail, and never in it. `put` and `delete` resolve when what they did is durable. `put`
 * leaves an opening alone that is there already, and `delete` one that is not there. `put` is called before the entry is
 * appended, so that no entry is without its opening; an opening whose entry was never appended is harmless. Both throw
 * `store.unwritable`.
 */
export interface Openings {
  put(openings: readonly Opening[]): Promise<void>
  get(commitment: string): Promise<Opening | undefined>
  delete(commitments: Iterable<string>): Promise<void>
}

/** A private value has as many bytes as an entry at most, in its canonical form. */
export const MAX_PRIVATE_BYTES = MAX_ENTRY_BYTES

/** A line has the value, and little besides. */
const MAX_LINE_BYTES = MAX_PRIVATE_BYTES + 2_000

/**
 * The line of an opening: its canonical JSON, without a newline.
 *
 * @example
 * ```ts
 * import { formatOpening } from '@countersign/trail/store'
 *
 * const place = { stream: 'change/PAY-1', id: 'f3b8ZkQ2', field: 'account' }
 * const opening = { commitment: 'c'.repeat(64), salt: '07'.repeat(32), value: 'DE02…', ...place }
 * formatOpening(opening).startsWith('{"commitment":"cccc') // → true
 * ```
 */
export const formatOpening = (opening: Opening): string => canonical(opening)

/**
 * Reads the line of an opening, and says whether it opens its commitment. Throws `CountersignError` `input` where the line is
 * no opening; the message repeats nothing of the line, which may hold a private value.
 *
 * @example
 * ```ts
 * import { parseOpening } from '@countersign/trail/store'
 *
 * parseOpening('{"value":1}') // throws no opening
 * ```
 */
export function parseOpening(line: Uint8Array | string): { readonly opening: Opening; readonly opens: boolean } {
  let read: unknown
  try {
    read = parseCanonical(line, { maxBytes: MAX_LINE_BYTES })
  } catch (error) {
    // The message of this error may quote the line, and so the private value.
    if (error instanceof CountersignError) throw unfit('canonical JSON of a bounded size')
    throw error
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) throw unfit('an object')
  const { commitment, salt, value, stream, id, field, ...more } = read as Record<string, Json>
  if (!isHash(commitment) || !isHash(salt)) throw unfit('a commitment and a salt of 64 lower-case hex digits')
  if (value === undefined || Object.keys(more).length > 0) throw unfit('a value, and its place in the trail')
  if (typeof stream !== 'string' || typeof id !== 'string' || typeof field !== 'string')
    throw unfit('the stream, the id and the field of its place')
  const opening = { commitment, salt, value, stream, id, field }
  return { opening, opens: commitmentTo(value, fromHex(salt)) === commitment }
}

/**
 * Commits to a value: gives the commitment together with what opens it. The salt must be random, and used this once.
 *
 * @example
 * ```ts
 * import { openingOf } from '@countersign/trail/store'
 *
 * const salt = new Uint8Array(32).fill(7) // from a source of randomness, in earnest
 * const place = { stream: 'change/PAY-1', id: 'f3b8ZkQ2', field: 'account' }
 * openingOf('DE02…', salt, place).commitment.length // → 64
 * ```
 */
export const openingOf = (
  value: Json,
  salt: Uint8Array,
  { stream, id, field }: Pick<Opening, 'stream' | 'id' | 'field'>,
): Opening => ({ commitment: commitmentTo(value, salt), salt: toHex(salt), value, stream, id, field })

/**
 * Whether an opening is of this value: whether its salt and this value give its commitment. The value in the opening is not
 * looked at.
 *
 * @example
 * ```ts
 * import { isOpeningOf, openingOf } from '@countersign/trail/store'
 *
 * const opening = openingOf('DE02…', new Uint8Array(32), { stream: 'change/PAY-1', id: 'f3b8ZkQ2', field: 'account' })
 * isOpeningOf(opening, 'DE02…') // → true
 * isOpeningOf(opening, 'DE03…') // → false
 * ```
 */
export const isOpeningOf = ({ commitment, salt }: Opening, value: Json): boolean =>
  commitmentTo(value, fromHex(salt)) === commitment

/**
 * Openings in memory, for tests and trials: they are gone when the process is, and then nobody can open anything.
 *
 * @example
 * ```ts
 * import { memoryOpenings } from '@countersign/trail/store'
 *
 * const openings = memoryOpenings()
 * await openings.get('c'.repeat(64)) // → undefined
 * ```
 */
export function memoryOpenings(): Openings {
  const held = new Map<string, Opening>()
  return {
    async put(openings) {
      for (const one of openings) if (!held.has(one.commitment)) held.set(one.commitment, one)
    },
    get: async commitment => held.get(commitment),
    async delete(commitments) {
      for (const one of commitments) held.delete(one)
    },
  }
}

const unfit = (expected: string) =>
  new CountersignError('input', `this is no opening: expected ${expected}`, { facts: { expected } })
