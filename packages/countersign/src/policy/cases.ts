import { canonical } from '@countersign/trail'
import { isCommitment } from '../values/commitment.ts'
import { type Condition, conditionHolds, fieldsOf } from './condition.ts'
import { boundsOf, type FieldSchema, type FieldValue, type Form, type FormSchema, formProblems } from './form.ts'

/** More cases than this are not tried out one by one. */
const mostCases = 500
/** Of a list every selection of so many values is a case of its own; of more only none, each and all. */
const mostSelected = 5

/** Stands in a case for a text that no condition names. */
const anythingElse = '…'

/**
 * The ways of filling in a form that some conditions tell apart, one form for each: of a field every value that is asked
 * about, and one that is not; of a number those on either side of each limit. What leaves a condition without an answer
 * is no case, as no such change is taken in. `undefined` where there are too many.
 */
export function casesOf(form: FormSchema, conditions: readonly Condition[]): Form[] | undefined {
  const asked = [...new Set(conditions.flatMap(fieldsOf))]
  let cases: Form[] = [{}]
  for (const name of asked) {
    const schema = form.properties[name]
    if (schema === undefined) continue
    const values: (FieldValue | undefined)[] = valuesOf(name, schema, conditions)
    if (!form.required.includes(name)) values.push(undefined)
    if (cases.length * values.length > mostCases) return undefined
    cases = cases.flatMap(one => values.map(value => (value === undefined ? one : { ...one, [name]: value })))
  }
  return cases.filter(one => conditions.every(condition => conditionHolds(condition, one) !== 'unknown'))
}

/** One way in which conditions come out. */
export interface Outcome {
  readonly holds: (condition: Condition) => boolean
  /** What a message about this outcome ends with: ` where …` with the case, or nothing if it comes about in every case. */
  readonly where: string
}

/** What is said where the cases of a form were not tried out. */
export const untried = '; its conditions tell more cases apart than are tried out, so use fewer of them'

/** More conditions than this are not tried out one by one. */
const mostConditions = 10

/**
 * Every way in which some conditions can come out, and perhaps others: in each case of the form, or, where there are too many
 * of these, as if the conditions had nothing to do with each other. `undefined` where there are too many of them as well.
 */
export function outcomesOf(form: FormSchema, conditions: readonly Condition[]): Outcome[] | undefined {
  const isAsCases = selectedIn(conditions) <= mostSelected
  const cases = isAsCases ? casesOf(form, conditions) : undefined
  if (cases !== undefined)
    return cases.map(one => {
      const told = toldCase(one)
      return { holds: condition => conditionHolds(condition, one) === true, where: told === '' ? '' : ` where ${told}` }
    })
  const questions = [...new Set(conditions.map(one => questionOf(one).question))]
  if (questions.length > mostConditions) return undefined
  return Array.from({ length: 1 << questions.length }, (_, answers) => ({
    where: ` if its conditions had nothing to do with each other${untried}`,
    holds: condition => {
      const { question, negated } = questionOf(condition)
      return ((answers >> questions.indexOf(question)) & 1) === (negated ? 0 : 1)
    },
  }))
}

/** The most values of one list that conditions ask about. */
function selectedIn(conditions: readonly Condition[]): number {
  const named = new Map<string, Set<string>>()
  for (const one of conditions.flatMap(leaves))
    if ('includes' in one) named.set(one.field, (named.get(one.field) ?? new Set()).add(one.includes))
  return Math.max(0, ...[...named.values()].map(values => values.size))
}

/** A condition as a question that is asked once, and whether it asks for the opposite. */
function questionOf(condition: Condition): { question: string; negated: boolean } {
  let inner = condition
  let negated = false
  while ('not' in inner) {
    inner = inner.not
    negated = !negated
  }
  return { question: canonical(inner), negated }
}

/** Of the cases that some conditions do not tell apart, the first. */
export function toldApart(cases: readonly Form[], conditions: readonly Condition[]): Form[] {
  const first = new Map<string, Form>()
  for (const one of cases) {
    const answers = conditions.map(condition => (conditionHolds(condition, one) === true ? 1 : 0)).join('')
    if (!first.has(answers)) first.set(answers, one)
  }
  return [...first.values()]
}

/** A case in words; empty where there is nothing to say of it. */
export const toldCase = (one: Form): string =>
  Object.entries(one)
    .map(([name, value]) => `${name} is ${toldValue(value)}`)
    .join(', ')

function toldValue(value: FieldValue): string {
  if (typeof value !== 'object' || isCommitment(value))
    return value === anythingElse ? 'anything else' : JSON.stringify(value)
  return value.length === 0 ? 'an empty list' : value.map(toldValue).join(' and ')
}

/** The values of a field that conditions tell apart, as far as the field can hold them. */
function valuesOf(name: string, schema: FieldSchema, conditions: readonly Condition[]): FieldValue[] {
  const claims = conditions.flatMap(leaves).filter(one => one.field === name)
  const named = [...new Set(claims.flatMap(namedIn))]
  const alone: FormSchema = {
    type: 'object',
    properties: { [name]: schema },
    required: [name],
    additionalProperties: false,
  }
  return candidatesOf(schema, named).filter(
    value => isElse(value) || formProblems(alone, { [name]: value }).length === 0,
  )
}

function candidatesOf(schema: FieldSchema, named: readonly (string | number | boolean)[]): FieldValue[] {
  switch (schema.type) {
    case 'boolean':
      return [true, false]
    case 'string':
      return [...named.filter(one => typeof one === 'string'), ...others(schema.enum, schema.const, named)]
    case 'integer':
      return numbersAround(
        schema,
        named.filter(one => typeof one === 'number'),
      )
    case 'array':
      return selections(
        named.filter(one => typeof one === 'string'),
        others(schema.items.enum, undefined, named),
        schema,
      )
    default:
      return schema satisfies never
  }
}

/** One text that no condition names, where there is any. */
function others(options: readonly string[] | undefined, only: string | undefined, named: readonly unknown[]): string[] {
  if (only !== undefined) return named.includes(only) ? [] : [only]
  if (options === undefined) return [anythingElse]
  return options.filter(one => !named.includes(one)).slice(0, 1)
}

function numbersAround(schema: Extract<FieldSchema, { type: 'integer' }>, named: readonly number[]): number[] {
  const step = schema.multipleOf ?? 1
  const { least, most } = boundsOf(schema)
  // The limits of every whole number tell nothing apart.
  const limits = [least, most].filter(one => Math.abs(one) < Number.MAX_SAFE_INTEGER)
  const marks = [...named, ...limits]
  const around = (marks.length === 0 ? [0] : marks).flatMap(mark => {
    const below = Math.floor(mark / step) * step
    return [below - step, below, below + step]
  })
  return [...new Set(around)].filter(Number.isSafeInteger).toSorted((a, b) => a - b)
}

function selections(
  named: readonly string[],
  rest: readonly string[],
  { minItems = 0 }: Extract<FieldSchema, { type: 'array' }>,
): string[][] {
  const chosen = named.length > mostSelected ? [[], ...named.map(one => [one]), [...named]] : subsetsOf(named)
  // What is short of the least number of values is filled up with one that nobody asks about, or with one of its own.
  return chosen.flatMap(some => {
    const other = rest[0] ?? some[0]
    if (some.length >= minItems) return [some]
    return other === undefined ? [] : [[...some, ...Array.from({ length: minItems - some.length }, () => other)]]
  })
}

/** Every selection of some values, none and all included. */
const subsetsOf = (values: readonly string[]): string[][] =>
  Array.from({ length: 1 << values.length }, (_, chosen) => values.filter((_, place) => ((chosen >> place) & 1) === 1))

const isElse = (value: FieldValue): boolean =>
  value === anythingElse || (typeof value === 'object' && !isCommitment(value) && value.includes(anythingElse))

type Claim = Extract<Condition, { field: string }>

function leaves(one: Condition): Claim[] {
  if ('field' in one) return [one]
  if ('not' in one) return leaves(one.not)
  return ('every' in one ? one.every : one.some).flatMap(leaves)
}

function namedIn(claim: Claim): readonly (string | number | boolean)[] {
  if ('is' in claim) return [claim.is]
  if ('oneOf' in claim) return claim.oneOf
  if ('includes' in claim) return [claim.includes]
  return ['atLeast' in claim ? claim.atLeast : claim.below]
}
