import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Condition,
  condition,
  conditionHolds,
  every,
  field,
  fieldsOf,
  not,
  some,
} from '../../packages/countersign/src/policy/condition.ts'
import type { FieldValue, Form } from '../../packages/countersign/src/policy/form.ts'

const risk = field('risk')
const cost = field('cost')
const systems = field('systems')

describe('a condition on the form', () => {
  it.each<[string, Condition, Form, boolean | 'unknown']>([
    ['is the value that was filled in', risk.is('high'), { risk: 'high' }, true],
    ['is not another one', risk.is('high'), { risk: 'low' }, false],
    ['holds a number and its digits apart', cost.is(5), { cost: '5' }, false],
    ['holds no and not filled in apart', field('live').is(false), { live: false }, true],
    ['is any of several', risk.oneOf('low', 'high'), { risk: 'high' }, true],
    ['is none of several', risk.oneOf('low', 'high'), { risk: 'middle' }, false],
    ['is any of several numbers', cost.oneOf(1, 2), { cost: 2 }, true],
    [
      'finds an option among those that were chosen',
      systems.includes('ledger'),
      { systems: ['billing', 'ledger'] },
      true,
    ],
    ['misses an option that was not chosen', systems.includes('ledger'), { systems: ['billing'] }, false],
    ['misses every option where none was chosen', systems.includes('ledger'), { systems: [] }, false],
    ['finds no part of a word', systems.includes('ledger'), { systems: ['ledgers'] }, false],
    ['cannot look for an option in a text', systems.includes('ledger'), { systems: 'ledger' }, 'unknown'],
    ['holds at its bound, where at least is asked for', cost.atLeast(100), { cost: 100 }, true],
    ['holds above it', cost.atLeast(100), { cost: 101 }, true],
    ['does not hold under it', cost.atLeast(100), { cost: 99 }, false],
    ['does not hold at its bound, where below is asked for', cost.below(100), { cost: 100 }, false],
    ['holds below it', cost.below(100), { cost: 99 }, true],
    ['cannot compare a text with a number', cost.atLeast(100), { cost: '500' }, 'unknown'],
    ['cannot find a text to be below a number', cost.below(100), { cost: '5' }, 'unknown'],
    ['is not known of a field that was not filled in', risk.is('high'), {}, 'unknown'],
    ['reads no property that every object has', field('toString').is('x'), {}, 'unknown'],
    ['turns a yes round', not(risk.is('high')), { risk: 'high' }, false],
    ['turns a no round', not(risk.is('high')), { risk: 'low' }, true],
    ['does not turn an unknown into an answer', not(risk.is('high')), {}, 'unknown'],
    ['holds when each part does', every(risk.is('high'), cost.atLeast(1)), { risk: 'high', cost: 1 }, true],
    ['fails with one part, though another is unknown', every(cost.atLeast(1), risk.is('high')), { risk: 'low' }, false],
    [
      'is unknown where one part is and the others hold',
      every(cost.atLeast(1), risk.is('high')),
      { risk: 'high' },
      'unknown',
    ],
    ['holds with one part, though another is unknown', some(cost.atLeast(1), risk.is('high')), { risk: 'high' }, true],
    [
      'is unknown where one part is and the others fail',
      some(cost.atLeast(1), risk.is('high')),
      { risk: 'low' },
      'unknown',
    ],
    ['fails where every part does', some(cost.atLeast(1), risk.is('high')), { risk: 'low', cost: 0 }, false],
  ])('%s', (_, one, form, answer) => {
    expect(conditionHolds(one, form)).toBe(answer)
  })

  it('gives the answer that every way of filling in the rest would give, wherever it gives one', () => {
    const names = ['a', 'b', 'c'] as const
    const values: readonly FieldValue[] = [1, 2, 3]
    const leaf = fc.record({ name: fc.constantFrom(...names), value: fc.integer({ min: 1, max: 3 }), kind: fc.nat(2) })
    const { tree } = fc.letrec<{ tree: Condition }>(tie => ({
      tree: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        leaf.map(({ name, value, kind }) => {
          const asked = field(name)
          return [asked.is(value), asked.atLeast(value), asked.below(value)][kind] as Condition
        }),
        fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map(parts => every(...parts)),
        fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map(parts => some(...parts)),
        tie('tree').map(not),
      ),
    }))
    const filled = fc.dictionary(fc.constantFrom(...names), fc.constantFrom(...values))
    fc.assert(
      fc.property(tree, filled, (one, form) => {
        const answer = conditionHolds(one, form)
        const open = names.filter(name => form[name] === undefined)
        const ways = open.reduce<Form[]>(
          (forms, name) => forms.flatMap(rest => values.map(value => ({ ...rest, [name]: value }))),
          [form],
        )
        for (const way of ways) {
          const settled = conditionHolds(one, way)
          expect(settled).not.toBe('unknown')
          if (answer !== 'unknown') expect(settled).toBe(answer)
        }
      }),
    )
  })

  it('names each field once that it asks about, wherever it does', () => {
    expect(fieldsOf(every(risk.is('high'), not(some(cost.below(3), risk.is('low')))))).toEqual(['risk', 'cost'])
  })

  it.each<[string, unknown]>([
    ['a fraction', { field: 'cost', atLeast: 0.5 }],
    ['a fraction as an upper bound', { field: 'cost', below: 0.5 }],
    ['a list without an option', { field: 'risk', oneOf: [] }],
    ['more options than a form can have', { field: 'risk', oneOf: Array.from({ length: 201 }, (_, one) => one) }],
    ['an option that is longer than a text may be', { field: 'risk', oneOf: ['x'.repeat(4_001)] }],
    ['a value that is longer than a text may be', { field: 'risk', is: 'x'.repeat(4_001) }],
    ['a chosen option that is longer than a text may be', { field: 'risk', includes: 'x'.repeat(4_001) }],
    ['nothing to hold', { every: [] }],
    ['nothing of which one has to hold', { some: [] }],
    ['more than twenty parts', { every: Array.from({ length: 21 }, () => ({ field: 'risk', is: 'low' })) }],
    ['two questions in one', { field: 'risk', is: 'low', below: 3 }],
    ['a member beside the parts', { every: [{ field: 'risk', is: 'low' }], note: '' }],
    ['a member beside the parts of which one has to hold', { some: [{ field: 'risk', is: 'low' }], note: '' }],
    ['a member beside what is turned round', { not: { field: 'risk', is: 'low' }, note: '' }],
    ['a question that there is not', { field: 'risk', like: 'low' }],
    ['no question', {}],
  ])('is refused with %s', (_, one) => {
    expect(condition.safeParse(one).success).toBe(false)
  })

  it('is taken at its bounds', () => {
    const longest = 'x'.repeat(4_000)
    const most = Array.from({ length: 200 }, (_, one) => one)
    const parts = Array.from({ length: 20 }, () => risk.is(longest))
    for (const one of [
      every(...parts),
      some(...parts),
      risk.oneOf(...most),
      risk.oneOf(longest),
      systems.includes(longest),
    ])
      expect(condition.parse(one)).toEqual(one)
  })
})
