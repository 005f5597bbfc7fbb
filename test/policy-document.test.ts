import { fixturePolicy } from '@countersign/testing'
import { canonical } from '@countersign/trail'
import {
  approval,
  approvals,
  category,
  form,
  policyDigest,
  policyJsonSchema,
  policySchema,
  role,
  task,
} from 'countersign/policy'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

describe('a policy is data', () => {
  test('what the builder makes is what JSON holds, and reads back as the same', () => {
    const policy = fixturePolicy()
    const back = JSON.parse(JSON.stringify(policy)) as unknown
    expect(back).toEqual(policy)
    expect(policySchema.parse(back)).toEqual(policy)
    expect(policyDigest(policySchema.parse(JSON.parse(canonical(policy))))).toBe(policyDigest(policy))
  })

  test('the builder makes plain objects, and nothing else', () => {
    expect(task('build', { by: role('engineer') })).toEqual({
      kind: 'task',
      name: 'build',
      by: 'engineer',
      duty: 'make',
    })
    expect(approval('peer', approvals(1).from(role('engineer')).because('four eyes'))).toEqual({
      kind: 'approval',
      name: 'peer',
      requires: { approvals: 1, from: 'engineer', because: 'four eyes' },
    })
  })

  test('its JSON Schema names every part, so that an editor can help', () => {
    const schema = policyJsonSchema() as { properties: Record<string, unknown>; required: string[] }
    expect(Object.keys(schema.properties).toSorted()).toEqual(Object.keys(policySchema.shape).toSorted())
    expect(JSON.stringify(schema)).toContain('carriedFrom')
  })

  test('a form is recorded as JSON Schema, and what that cannot say is refused by the name of the field', () => {
    expect(form(z.object({ risk: z.enum(['low', 'high']), seats: z.int().min(1).optional() }))).toEqual({
      type: 'object',
      properties: {
        risk: { type: 'string', enum: ['low', 'high'] },
        seats: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
      },
      required: ['risk'],
      additionalProperties: false,
    })
    const refused: [string, z.ZodType, RegExp][] = [
      ['a refinement', z.string().refine(text => text !== 'x'), /field odd: JSON Schema cannot say/],
      ['a transform', z.string().transform(text => text.length), /field odd: JSON Schema cannot say/],
      ['a rewriting', z.string().trim(), /field odd: JSON Schema cannot say/],
      ['a default', z.string().default('x'), /field odd: nothing takes the place of a value/],
      ['a pattern', z.string().regex(/(a+)+$/), /field odd: a pattern can stall/],
      ['a fraction', z.number(), /field odd: a form holds/],
      ['a nested object', z.object({ a: z.string() }), /field odd: a form holds/],
      ['a list of numbers', z.array(z.int()), /field odd.*: a form holds/],
    ]
    for (const [, odd, said] of refused) expect(() => category({ form: z.object({ odd }), flow: [] })).toThrow(said)
    expect(() => category({ form: z.object({ reason: z.string() }), flow: [] })).toThrow('belong to every change')
  })
})
