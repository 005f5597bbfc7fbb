import { baseline, Scenario } from '@countersign/testing'
import { approval, approvals, category, policy, policySchema, problemsOf, release, role } from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'

const flow = [approval('agree', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })]
const roles = { appr: 'approves', deployer: 'releases' }
const form = z.object({
  system: z
    .enum(['ledger', 'billing'])
    .meta({ title: 'System', description: 'where it takes effect', default: 'ledger' }),
  seats: z.int().min(1).max(9).meta({ default: 2 }).optional(),
  urgent: z.boolean().meta({ title: 'Urgent?', default: false }),
  tags: z
    .array(z.enum(['tax', 'rates']))
    .meta({ default: ['tax'] })
    .optional(),
})
const written = (one: z.ZodObject = form) =>
  policy(
    't',
    { complies: baseline, roles },
    { normal: category({ description: 'a change of the ledger', form: one, flow }) },
  )
const opened = () =>
  Scenario.open({ controls: baseline, policies: [written()], people: { rita: [], bob: ['appr'], paul: ['deployer'] } })
const submission = { change: 'K', team: 't', category: 'normal', title: 'a change', reason: 'to see its form' }

describe('the form of a category', () => {
  it('is JSON Schema with titles, descriptions and defaults, under the policy in force', async () => {
    const scenario = await opened()
    const { policy: digest, schema } = scenario.desk.form('t', 'normal') ?? {}
    expect(digest).toBe(scenario.desk.governance().policyInForce.t)
    expect(schema).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'normal',
      description: 'a change of the ledger',
      type: 'object',
      properties: {
        system: {
          type: 'string',
          enum: ['ledger', 'billing'],
          title: 'System',
          description: 'where it takes effect',
          default: 'ledger',
        },
        seats: { type: 'integer', minimum: 1, maximum: 9, default: 2 },
        urgent: { type: 'boolean', title: 'Urgent?', default: false },
        tags: { type: 'array', items: { type: 'string', enum: ['tax', 'rates'] }, default: ['tax'] },
      },
      required: ['system', 'urgent'],
      additionalProperties: false,
    })
  })

  it('has the fields that must be filled in first, as they were written, and then the others', async () => {
    const { desk } = await opened()
    expect(Object.keys(desk.form('t', 'normal')?.schema.properties ?? {})).toEqual([
      'system',
      'urgent',
      'seats',
      'tags',
    ])
  })

  it('is another one once another policy is adopted', async () => {
    const scenario = await opened()
    const before = scenario.desk.form('t', 'normal')
    await scenario.adopt(written(z.object({ risk: z.enum(['low', 'high']) })))
    const after = scenario.desk.form('t', 'normal')
    expect(Object.keys(after?.schema.properties ?? {})).toEqual(['risk'])
    expect(after?.policy).not.toBe(before?.policy)
  })

  it('is none for a team or a category that is not there, nor for a name that every object has', async () => {
    const { desk } = await opened()
    for (const [team, name] of [
      ['t', 'norml'],
      ['u', 'normal'],
      ['t', 'constructor'],
      ['__proto__', 'normal'],
      ['t', '__proto__'],
    ] as const)
      expect(desk.form(team, name)).toBeUndefined()
  })

  it('is drawn with its defaults, and filled in by nobody but whoever submits', async () => {
    const scenario = await opened()
    const missing = await scenario.when('rita', 'submit', { ...submission, form: { urgent: true } })
    expect(missing).toMatchObject({ outcome: 'refused', refusal: { code: 'form.invalid' } })
    expect(missing).toMatchObject({ refusal: { facts: { problems: [{ field: 'system' }] } } })
    const { form: filled } = await scenario.given('rita', 'submit', {
      ...submission,
      form: { system: 'billing', urgent: true },
    })
    expect(filled).toEqual({ system: 'billing', urgent: true })
  })

  it('is refused with a default that its field cannot hold, by the name of the field', () => {
    const wrong = [
      z.object({ odd: z.enum(['low', 'high']).meta({ default: 'hihg' }) }),
      z.object({ odd: z.int().max(3).meta({ default: 4 }) }),
      z.object({ odd: z.boolean().meta({ default: 'yes' }) }),
      z.object({ odd: z.array(z.enum(['a'])).meta({ default: ['b'] }) }),
    ]
    for (const one of wrong) expect(() => written(one)).toThrow(/odd/)
    const sound = written()
    const forged = structuredClone(sound)
    forged.categories.normal!.form.properties.seats = { type: 'integer', maximum: 9, default: 10 }
    expect(problemsOf(policySchema.parse(forged), baseline)).toMatchObject([
      { where: 'categories.normal.form.seats', problem: expect.stringContaining('a value that it cannot hold') },
    ])
  })
})
