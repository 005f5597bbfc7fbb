import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { outcomesOf } from '../../packages/countersign/src/policy/cases.ts'
import { type Condition, conditionHolds } from '../../packages/countersign/src/policy/condition.ts'
import {
  type FieldSchema,
  type FieldValue,
  type FormSchema,
  formProblems,
} from '../../packages/countersign/src/policy/form.ts'
import { atLeast, runs } from './trial.ts'

const words = ['a', 'b', 'c', 'd']
const word = fc.constantFrom(...words)
const some = fc.uniqueArray(word, { minLength: 1 })
const size = fc.nat({ max: 2 })
const number = fc.integer({ min: -4, max: 8 })
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 12 })

/** A limit, where there is one: with many of them nothing can be filled in. */
const rarely = <Value>(value: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })
const said = <Schema>(schema: Schema): FieldSchema =>
  Object.fromEntries(Object.entries(schema as object).filter(([, value]) => value !== undefined)) as FieldSchema

const texts = fc
  .record({ type: fc.constant('string'), enum: rarely(some), minLength: rarely(size), maxLength: rarely(size) })
  .map(said)
const numbers = fc
  .record({
    type: fc.constant('integer'),
    minimum: rarely(number),
    maximum: rarely(number),
    exclusiveMinimum: rarely(number),
    exclusiveMaximum: rarely(number),
    multipleOf: rarely(fc.integer({ min: 1, max: 3 })),
  })
  .map(said)
const items = fc.record({ type: fc.constant('string'), enum: rarely(some) }).map(said)
const lists = fc.record({ type: fc.constant('array'), items, minItems: rarely(size), maxItems: rarely(size) }).map(said)
/** The fields of a form, and what asks about each of them. */
const schemas: Record<string, fc.Arbitrary<FieldSchema>> = {
  text: texts,
  size: numbers,
  urgent: fc.constant({ type: 'boolean' as const }),
  tags: lists,
}
const asked = fc.oneof(
  word.map((is): Condition => ({ field: 'text', is })),
  some.map((oneOf): Condition => ({ field: 'text', oneOf })),
  number.map((is): Condition => ({ field: 'size', is })),
  number.map((atLeast): Condition => ({ field: 'size', atLeast })),
  number.map((below): Condition => ({ field: 'size', below })),
  fc.boolean().map((is): Condition => ({ field: 'urgent', is })),
  word.map((includes): Condition => ({ field: 'tags', includes })),
)
const { condition } = fc.letrec<{ condition: Condition }>(tie => ({
  condition: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    asked,
    tie('condition').map((not): Condition => ({ not })),
    fc.array(tie('condition'), { minLength: 1, maxLength: 2 }).map((every): Condition => ({ every })),
    fc.array(tie('condition'), { minLength: 1, maxLength: 2 }).map((other): Condition => ({ some: other })),
  ),
}))
const form = fc
  .record({
    properties: fc.record(schemas),
    required: fc.subarray(Object.keys(schemas)),
  })
  .map(
    ({ properties, required }): FormSchema => ({
      type: 'object',
      properties: properties as Record<string, FieldSchema>,
      required,
      additionalProperties: false,
    }),
  )
/** Ways to fill it in, sensible or not. */
const filled = fc.array(
  fc.record({
    text: maybe(fc.oneof(word, fc.constantFrom('', 'e', 'ee', 'eee'))),
    size: maybe(fc.integer({ min: -20, max: 20 })),
    urgent: maybe(fc.boolean()),
    tags: maybe(fc.array(fc.oneof(word, fc.constant('e')), { maxLength: 4 })),
  }),
  { minLength: 30, maxLength: 30 },
)

describe('the outcomes of conditions', () => {
  it('are told for every form that can be filled in, so that a clause of the controls is held in each', () => {
    let compared = 0
    fc.assert(
      fc.property(form, fc.array(condition, { minLength: 1, maxLength: 4 }), filled, (schema, conditions, all) => {
        const outcomes = outcomesOf(schema, conditions) ?? []
        const told = new Set(outcomes.map(one => conditions.map(one.holds).join()))
        for (const values of all) {
          const given = Object.fromEntries(
            Object.entries(values).filter(
              ([name, value]) => value !== undefined && Object.hasOwn(schema.properties, name),
            ),
          ) as Record<string, FieldValue>
          if (formProblems(schema, given).length > 0) continue
          const answers = conditions.map(one => conditionHolds(one, given))
          // Nobody submits what leaves a condition without an answer.
          if (answers.includes('unknown')) continue
          compared += 1
          expect([...told], JSON.stringify({ schema, conditions, given })).toContain(answers.join())
        }
      }),
      runs(250),
    )
    expect(compared).toBeGreaterThan(atLeast(1_000))
  })
})
