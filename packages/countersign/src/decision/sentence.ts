import { orList } from '../values/near.ts'
import type { Able, FactValue, RefusalFacts } from './facts.ts'
import type { RefusalCode } from './refusal-code.ts'

/** A refusal told to a person: why, and what would help. */
export interface Description {
  readonly because: string
  readonly help: string
}

/**
 * How each refusal is told, by the facts of its code. Its facts may have been read back from a trail that anybody wrote, so
 * what is not as its type says is told as well as can be, and never throws: everything goes through the words below.
 */
export type Sentences = { readonly [Code in RefusalCode]: (facts: RefusalFacts[Code]) => Description }

/** The sentences of all codes that begin so. */
export type SentencesOf<Noun extends string> = Pick<Sentences, Extract<RefusalCode, `${Noun}.${string}`>>

type Fact = FactValue | undefined

/** A fact as it is written into a sentence: a list as `a, b or c`, and what is not there as `nobody`. */
export const shown = (value: Fact): string => {
  if (value === undefined || value === null) return 'nobody'
  if (typeof value === 'object') return Array.isArray(value) ? orList(value.map(shown)) : JSON.stringify(value)
  return String(value)
}

/** The members of a fact that is a list, as they are written; none where it is something else. */
export const list = (value: Fact): string[] => (Array.isArray(value) ? value.map(shown) : [])

/** The beginning of a digest, which is enough to tell it from others. */
export const short = (value: Fact) => `${shown(value).slice(0, 12)}…`

/** An object with its members, as far as it has them. */
export const whole = <Value extends object>(value: Value | null | undefined): Partial<Value> =>
  typeof value === 'object' && value !== null ? value : {}

/** The members of each. */
export const each = <Value extends object>(values: readonly Value[] | undefined): Partial<Value>[] =>
  Array.isArray(values) ? values.map(whole) : []

/** The words for a kind; what is none of the kinds is told as it stands. */
export const worded = (words: { readonly [kind: string]: string }, kind: Fact): string =>
  typeof kind === 'string' && Object.hasOwn(words, kind) ? (words[kind] ?? kind) : shown(kind)

/** Whom to ask. */
export function able(facts: Partial<Able>, otherwise: string): string {
  const persons = list(facts.able)
  if (persons.length === 0) return otherwise
  return facts.others === undefined
    ? `${orList(persons)} could do it.`
    : `${persons.join(', ')} or any of ${shown(facts.others)} others could do it.`
}

/** `1 of tester`, for each role. */
export const counts = (missing: { readonly [role: string]: number } | undefined): string[] =>
  Object.entries(whole(missing)).map(([role, count]) => `${shown(count)} of ${role}`)

/** What is wrong, place by place. */
export const problems = (
  list: readonly { readonly field?: string; readonly where?: string; readonly problem: string }[],
): string =>
  each(list)
    .map(one => `${shown(one.field ?? one.where)}: ${shown(one.problem)}`)
    .join('; ')
