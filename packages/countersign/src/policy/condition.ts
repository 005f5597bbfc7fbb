import { CountersignError } from '@countersign/trail'
import * as z from 'zod'
import { isCommitment } from '../values/commitment.ts'
import { fieldName } from '../values/identifier.ts'
import type { Form } from './form.ts'

/** A question about the filled-in form, as data. */
export type Condition =
  | { field: string; is: string | number | boolean }
  | { field: string; oneOf: (string | number)[] }
  | { field: string; includes: string }
  | { field: string; atLeast: number }
  | { field: string; below: number }
  | { every: Condition[] }
  | { some: Condition[] }
  | { not: Condition }

/** What a condition looks like, for who has written something else. */
export const conditionShape =
  'field(…) with is(…), oneOf(…), includes(…), or atLeast(…) and below(…) of a whole number, or every(…), some(…), not(…)'

const scalar = z.union([z.string().max(4_000), z.int(), z.boolean()])
const several = z
  .array(z.lazy(() => condition))
  .min(1)
  .max(20)

export const condition: z.ZodType<Condition> = z.union(
  [
    z.strictObject({ field: fieldName, is: scalar }),
    z.strictObject({
      field: fieldName,
      oneOf: z
        .array(z.union([z.string().max(4_000), z.int()]))
        .min(1)
        .max(200),
    }),
    z.strictObject({ field: fieldName, includes: z.string().max(4_000) }),
    z.strictObject({ field: fieldName, atLeast: z.int() }),
    z.strictObject({ field: fieldName, below: z.int() }),
    z.strictObject({ every: several }),
    z.strictObject({ some: several }),
    z.strictObject({ not: z.lazy(() => condition) }),
  ],
  { error: `must be ${conditionShape}` },
)

/**
 * Speaks of a field of the form in a condition.
 *
 * @example
 * ```ts
 * import { field } from 'countersign/policy'
 * field('risk').is('high') // → { field: 'risk', is: 'high' }
 * ```
 */
export const field = (name: string) => ({
  is: (value: string | number | boolean): Condition => ({ field: name, is: value }),
  oneOf: (...values: (string | number)[]): Condition => ({ field: name, oneOf: oneByOne('oneOf', values) }),
  includes: (value: string): Condition => ({ field: name, includes: value }),
  atLeast: (value: number): Condition => ({ field: name, atLeast: value }),
  below: (value: number): Condition => ({ field: name, below: value }),
})

/**
 * Holds where each of the conditions does. What the form does not answer counts as asked for, here as everywhere.
 *
 * @example
 * ```ts
 * import { every, field } from 'countersign/policy'
 * every(field('risk').is('high'), field('seats').atLeast(5)) // → { every: [{ field: 'risk', is: 'high' }, { field: 'seats', atLeast: 5 }] }
 * ```
 */
export const every = (...conditions: Condition[]): Condition => ({ every: oneByOne('every', conditions) })
/**
 * Holds where one of the conditions does.
 *
 * @example
 * ```ts
 * import { field, some } from 'countersign/policy'
 * some(field('risk').is('high'), field('risk').is('middle')) // → { some: [{ field: 'risk', is: 'high' }, { field: 'risk', is: 'middle' }] }
 * ```
 */
export const some = (...conditions: Condition[]): Condition => ({ some: oneByOne('some', conditions) })
/**
 * Holds where the condition does not.
 *
 * @example
 * ```ts
 * import { field, not } from 'countersign/policy'
 * not(field('risk').is('low')) // → { not: { field: 'risk', is: 'low' } }
 * ```
 */
export const not = (one: Condition): Condition => ({ not: one })

function oneByOne<T>(what: string, given: T[]): T[] {
  if (!given.some(Array.isArray)) return given
  throw new CountersignError('policy', `${what} takes what it asks about one by one: ${what}(…, …), and not as a list`)
}

/** The fields that a condition asks about, each once. */
export function fieldsOf(one: Condition): string[] {
  if ('field' in one) return [one.field]
  if ('not' in one) return fieldsOf(one.not)
  return [...new Set(('every' in one ? one.every : one.some).flatMap(fieldsOf))]
}

/**
 * Whether the condition holds; `unknown` where the answer hangs on a field that was not filled in (Kleene's three
 * values, so that `some` is true as soon as one part is true). No answer is not a no: the caller blocks on it.
 */
export function conditionHolds(one: Condition, form: Form): boolean | 'unknown' {
  if ('every' in one) return kleene(one.every, form, false)
  if ('some' in one) return kleene(one.some, form, true)
  if ('not' in one) {
    const inner = conditionHolds(one.not, form)
    return inner === 'unknown' ? inner : !inner
  }
  const value = Object.hasOwn(form, one.field) ? form[one.field] : undefined
  // What is private nobody can ask about.
  if (value === undefined || isCommitment(value)) return 'unknown'
  if ('is' in one) return value === one.is
  if ('oneOf' in one) return one.oneOf.some(option => option === value)
  if ('includes' in one) return typeof value === 'object' ? value.includes(one.includes) : 'unknown'
  if (typeof value !== 'number') return 'unknown'
  return 'atLeast' in one ? value >= one.atLeast : value < one.below
}

function kleene(parts: readonly Condition[], form: Form, decisive: boolean): boolean | 'unknown' {
  let unknown = false
  for (const part of parts) {
    const answer = conditionHolds(part, form)
    if (answer === decisive) return decisive
    unknown ||= answer === 'unknown'
  }
  return unknown ? 'unknown' : !decisive
}
