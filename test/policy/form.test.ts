import { CountersignError } from '@countersign/trail'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import * as z3 from 'zod/v3'
import { formProblems, formSchema } from '../../packages/countersign/src/policy/form.ts'
import { form } from '../../packages/countersign/src/policy/zod-form.ts'

/** What is thrown, with all that a program reads of it. */
function thrown(act: () => unknown) {
  try {
    act()
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    const { code, message, facts, cause } = error
    return { code, message, facts, ...(cause === undefined ? {} : { cause: (cause as Error).message }) }
  }
  throw new Error('nothing was thrown')
}

/** A text that may be left out, said so many times over. */
const optional = (times: number): z.ZodType => (times === 0 ? z.string() : z.optional(optional(times - 1)))

/** Lists of lists of texts, so many deep. */
const listed = (times: number): z.ZodType => (times === 0 ? z.string() : z.array(listed(times - 1)))

const unsayable = (what: string) => ({
  code: 'policy',
  message: `field odd: JSON Schema cannot say ${what}, so it would not be in the record; say it with lengths, enums or optional(), or let the caller attest it as a field`,
  facts: { field: 'odd' },
})

const unheld = (at: string, why: string) => ({
  code: 'policy',
  message: `field ${at}: a form holds strings, integers, booleans, enums and lists of strings (${why})`,
  facts: { field: at },
})

describe('a form written in zod', () => {
  it('is recorded with every field as JSON Schema says it, and with those that must be filled in', () => {
    const written = z.object({
      system: z.enum(['ledger', 'billing']),
      note: z.string().min(2).max(400).optional().describe('for whoever decides'),
      cents: z.int().min(1).max(9),
      share: z.int().gt(0).lt(100).multipleOf(5).optional(),
      urgent: z.boolean(),
      kind: z.literal('repair'),
      tags: z
        .array(z.enum(['a', 'b']))
        .min(1)
        .max(2),
    })
    expect(form(written)).toEqual({
      type: 'object',
      properties: {
        system: { type: 'string', enum: ['ledger', 'billing'] },
        note: { type: 'string', minLength: 2, maxLength: 400, description: 'for whoever decides' },
        cents: { type: 'integer', minimum: 1, maximum: 9 },
        share: { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 100, multipleOf: 5 },
        urgent: { type: 'boolean' },
        kind: { type: 'string', const: 'repair' },
        tags: { type: 'array', items: { type: 'string', enum: ['a', 'b'] }, minItems: 1, maxItems: 2 },
      },
      required: ['system', 'cents', 'urgent', 'kind', 'tags'],
      additionalProperties: false,
    })
  })

  it('asks for nothing where nothing is said', () => {
    const nothing = { type: 'object', properties: {}, required: [], additionalProperties: false }
    expect([form(), form(z.object({}))]).toEqual([nothing, nothing])
  })

  it.each([
    ['an address', z.email(), 'email'],
    ['a link', z.url(), 'uri'],
    ['an id', z.uuid(), 'uuid'],
    ['a day', z.iso.date(), 'date'],
    ['an instant', z.iso.datetime(), 'date-time'],
  ])('holds %s by the name of its format, without the pattern behind it', (_, field, format) => {
    expect(form(z.object({ field })).properties).toEqual({ field: { type: 'string', format } })
  })

  it('holds a text that may be left out eight times over', () => {
    expect(form(z.object({ odd: optional(8) }))).toEqual({
      type: 'object',
      properties: { odd: { type: 'string' } },
      required: [],
      additionalProperties: false,
    })
  })

  it('is an object and nothing else', () => {
    const said = (given: unknown) => thrown(() => form(given as never))
    const message = 'a form: it is written as z.object({ … }), and this is'
    expect(said(z.string())).toEqual({ code: 'policy', message: `${message} z.string()`, facts: {} })
    expect(said({ risk: z.string() })).toMatchObject({ message: `${message} of type object` })
    expect(said(null)).toMatchObject({ message: `${message} null` })
    expect(said(z3.object({}))).toMatchObject({ message: `${message} made by zod 3; expected one made by zod 4` })
    expect(said(mini.object({}))).toMatchObject({ message: `${message} made by zod/mini; expected one made by zod` })
  })

  it.each([true, false])(
    'is private in none of its fields by what is said of it as a whole (%s), and so is refused',
    said => {
      const written = z.object({ iban: z.string() }).meta({ private: said })
      expect(thrown(() => form(written))).toEqual({
        code: 'policy',
        message:
          'a form: private is said of a field, as z.string().meta({ private: true }); said of the whole form it would hide nothing',
        facts: {},
      })
      const fields = form(z.object({ iban: z.string().meta({ private: true }) }).meta({ title: 'A transfer' }))
      expect(fields.properties).toEqual({ iban: { type: 'string', 'x-private': true } })
    },
  )

  it.each(['title', 'reason', 'content'])('has no field with the name %s, which every change has', name => {
    expect(thrown(() => form(z.object({ fine: z.string(), [name]: z.string() })))).toEqual({
      code: 'policy',
      message: `field ${name}: title, reason and content belong to every change; leave it out`,
      facts: { field: name },
    })
  })

  it.each([
    ['a refinement', z.string().refine(() => true), 'a refinement or a rewriting'],
    ['a refinement of its own making', z.string().check(z.superRefine(() => {})), 'a refinement or a rewriting'],
    ['a rewriting', z.string().trim(), 'a refinement or a rewriting'],
    ['a rewriting of what may be left out', z.string().trim().optional(), 'a refinement or a rewriting'],
    ['a rewriting of what is in a list', z.array(z.string().trim()), 'a refinement or a rewriting'],
    ['a transform', z.transform(String), 'a transform'],
    ['a pipe', z.string().transform(Number), 'a pipe'],
    ['a type of its own making', z.custom(), 'a custom'],
    ['what is written later', z.lazy(() => z.string()), 'a lazy'],
    ['what may be left out nine times over', optional(9), 'a string'],
    ['lists nine deep', listed(9), 'a string'],
  ])('is refused with %s, which JSON Schema does not say', (_, odd, what) => {
    expect(thrown(() => form(z.object({ fine: z.string(), odd })))).toEqual(unsayable(what))
  })

  it.each([
    ['a default', z.string().default('a'), 'default'],
    ['a default for what comes in', z.string().prefault('a'), 'prefault'],
    ['a text in the place of a wrong one', z.string().catch('a'), 'catch'],
    ['a default deep inside', z.array(z.optional(z.string().default('a'))), 'default'],
  ])('is refused with %s, and says how a field is drawn with one', (_, odd, what) => {
    expect(thrown(() => form(z.object({ fine: z.string(), odd })))).toEqual({
      code: 'policy',
      message: `field odd: nothing takes the place of a value that is left out or wrong, as ${what}() would; what the form is drawn with is said by .meta({ default: … })`,
      facts: { field: 'odd' },
    })
  })

  it('is refused with something said of a field that nobody knows, with what may be meant', () => {
    const payee = z.string().meta({ privat: true })
    expect(thrown(() => form(z.object({ payee })))).toMatchObject({
      message: 'field payee: has a member that nobody knows: privat; did you mean private?',
      facts: { field: 'payee' },
    })
  })

  it('is told of by its name where that is a word of JSON Schema', () => {
    expect(thrown(() => form(z.object({ properties: z.number() })))).toMatchObject({
      message: expect.stringContaining('field properties: a form holds'),
      facts: { field: 'properties' },
    })
  })

  it.each([
    ['a date', z.date(), 'Date cannot be represented in JSON Schema'],
    ['a map', z.map(z.string(), z.string()), 'Map cannot be represented in JSON Schema'],
    ['a big integer', z.bigint(), 'BigInt cannot be represented in JSON Schema'],
  ])('is refused with %s, for which JSON Schema has no type', (_, odd, cause) => {
    expect(thrown(() => form(z.object({ odd })))).toEqual({
      code: 'policy',
      message: `a form: it has no JSON Schema: ${cause}`,
      facts: {},
      cause,
    })
  })

  it.each([
    ['a pattern', z.string().regex(/^a+$/)],
    ['a template of texts', z.templateLiteral(['a', z.string()])],
    ['a local time', z.iso.datetime({ local: true })],
  ])('is refused with %s, which can stall whoever checks it', (_, odd) => {
    expect(thrown(() => form(z.object({ odd })))).toEqual({
      code: 'policy',
      message: 'field odd: a pattern can stall whoever checks it; use z.enum, a length, or a format such as z.email()',
      facts: { field: 'odd' },
    })
  })

  it.each([
    ['a fraction', { odd: z.number() }, 'odd', 'a number may be a fraction, and a whole one is z.int()'],
    [
      'a form within the form',
      { odd: z.object({ deep: z.string() }) },
      'odd',
      'expected one of string, integer, boolean, array',
    ],
    ['lists of lists', { odd: listed(8) }, 'odd.items', 'expected "string"'],
    [
      'a text that is too long',
      { odd: z.string().max(2_000_000) },
      'odd.maxLength',
      'Too big: expected number to be <=1000000',
    ],
    [
      'too long texts in a list',
      { odd: z.array(z.string().max(2_000_000)) },
      'odd.items.maxLength',
      'Too big: expected number to be <=1000000',
    ],
    [
      'a pattern for what is in a list',
      { odd: z.array(z.string().regex(/^a+$/)) },
      'odd.items',
      'has a member that nobody knows: pattern',
    ],
  ])('is refused with %s, and says where', (_, shape, at, why) => {
    expect(thrown(() => form(z.object(shape as z.ZodRawShape)))).toEqual(unheld(at, why))
  })

  it.each(['Odd', 'cost-center', '1a'])('is refused with %s, which is no name of a field, for its name alone', name => {
    expect(thrown(() => form(z.object({ [name]: z.string() })))).toEqual({
      code: 'policy',
      message: `field ${name}: a field is letters, digits and _, beginning with a lower-case letter, at most 64 characters`,
      facts: { field: name },
    })
  })
})

describe('a form that nobody could fill in', () => {
  const empty = (least: number, most: number) =>
    `field odd: nobody can fill it in, as it asks for ${least} at least and for ${most} at most`
  it.each<[string, z.ZodType, string]>([
    ['a text', z.string().min(5).max(2), empty(5, 2)],
    ['a number', z.int().min(5).max(2), empty(5, 2)],
    ['a number between two neighbours', z.int().gt(4).lt(5), empty(5, 4)],
    ['a list', z.array(z.string()).min(2).max(1), empty(2, 1)],
    ['what is in a list', z.array(z.string().min(3).max(1)), empty(3, 1)],
    ['one that may be left out', z.string().min(5).max(2).optional(), empty(5, 2)],
  ])('is refused: %s', (_, odd, message) => {
    expect(thrown(() => form(z.object({ fine: z.string().min(2).max(2), odd })))).toEqual({
      code: 'policy',
      message,
      facts: { field: 'odd' },
    })
  })

  const fields = (count: number) =>
    z.object(Object.fromEntries(Array.from({ length: count }, (_, place) => [`f${place}`, z.string()])))
  const options = (count: number) => z.enum(Array.from({ length: count }, (_, place) => `v${place}`))

  it('has so many fields and so many values to choose from at most, and says how many', () => {
    expect(form(fields(100)).required).toHaveLength(100)
    expect(thrown(() => form(fields(101))).message).toBe(
      'a form has at most 100 fields that have to be filled in, and this one has 101',
    )
    expect(form(z.object({ odd: options(200), list: z.array(options(200)) })).required).toEqual(['odd', 'list'])
    for (const odd of [options(201), z.array(options(201))])
      expect(thrown(() => form(z.object({ odd })))).toEqual({
        code: 'policy',
        message: 'field odd: has 201 values to choose from of at most 200',
        facts: { field: 'odd' },
      })
  })
})

describe('a form as it is recorded', () => {
  const recorded = form(
    z.object({
      system: z.enum(['ledger', 'billing']),
      note: z.string().max(3).optional(),
      cents: z.int().min(1).optional(),
      tags: z
        .array(z.enum(['a', 'b']))
        .max(2)
        .optional(),
      mail: z.email().optional(),
    }),
  )
  const option = (...names: string[]) => `Invalid option: expected one of ${names.map(name => `"${name}"`).join('|')}`

  it.each<[string, unknown, { field: string; problem: string }[]]>([
    ['nothing', { system: 'ledger', note: 'abc', cents: 1, tags: ['a', 'b'], mail: 'a@b.example' }, []],
    ['what is missing', {}, [{ field: 'system', problem: option('ledger', 'billing') }]],
    [
      'a text that is too long',
      { system: 'ledger', note: 'abcd' },
      [{ field: 'note', problem: 'Too big: expected string to have <=3 characters' }],
    ],
    [
      'two members of one list, each by its place',
      { system: 'ledger', tags: ['c', 'd'] },
      [
        { field: 'tags.0', problem: option('a', 'b') },
        { field: 'tags.1', problem: option('a', 'b') },
      ],
    ],
    ['a fraction', { system: 'ledger', cents: 1.5 }, [{ field: 'cents', problem: 'expected int, found number' }]],
    ['no address', { system: 'ledger', mail: 'me' }, [{ field: 'mail', problem: 'Invalid email address' }]],
    [
      'a field that it does not have',
      { system: 'ledger', sytem: 'ledger' },
      [{ field: 'sytem', problem: 'has a member that nobody knows: sytem' }],
    ],
    [
      'fields that it does not have',
      { system: 'ledger', one: 1, two: 2 },
      [{ field: 'one, two', problem: 'has members that nobody knows: one, two' }],
    ],
    ['nothing at all', null, [{ field: 'form', problem: 'expected object, found null' }]],
    ['a list', ['ledger'], [{ field: 'form', problem: 'expected object, found array' }]],
  ])('finds what is wrong with it as it is filled in: %s', (_, filled, problems) => {
    expect(formProblems(recorded, filled as Record<string, unknown>)).toEqual(problems)
  })

  it('finds the same in the same form when it is asked again, and what another form says in the other', () => {
    const other = form(z.object({ risk: z.enum(['low', 'high']) }))
    const found = [{ field: 'system', problem: option('ledger', 'billing') }]
    expect([1, 2].map(() => formProblems(recorded, {}))).toEqual([found, found])
    expect(formProblems(other, {})).toEqual([{ field: 'risk', problem: option('low', 'high') }])
    expect(formProblems(recorded, {})).toEqual(found)
  })

  it('finds something where its schema does and nowhere else, also where a form is told to be right before that is asked', () => {
    const plain = form(
      z.object({
        risk: z.enum(['low', 'high']),
        note: z.string().min(2).max(4).optional(),
        cents: z.int().min(1).max(9).optional(),
        tags: z
          .array(z.enum(['a', 'b']))
          .min(1)
          .max(2)
          .optional(),
        sure: z.boolean().optional(),
      }),
    )
    const schema = z.fromJSONSchema(plain as z.core.JSONSchema.JSONSchema)
    const mostly = <Value>(right: fc.Arbitrary<Value>, wrong: fc.Arbitrary<unknown>) =>
      fc.oneof({ weight: 7, arbitrary: right as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: wrong })
    const unit = fc.constantFrom('a', '😀', 'é')
    const given = {
      risk: mostly(fc.constantFrom('low', 'high'), fc.constant('none')),
      note: mostly(fc.string({ unit, minLength: 2, maxLength: 4 }), fc.string({ unit, maxLength: 6 })),
      cents: mostly(fc.integer({ min: 1, max: 9 }), fc.constantFrom(0, 10, 1.5)),
      tags: mostly(fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 2 }), fc.constantFrom([], ['c'])),
      sure: mostly(fc.boolean(), fc.constant('yes')),
    }
    const whole = fc.record(given, { requiredKeys: ['risk'] })
    const filled = fc.oneof(
      { weight: 7, arbitrary: whole },
      { weight: 1, arbitrary: fc.record({ ...given, more: fc.constant(1) }, { requiredKeys: [] }) },
    )
    const found = { right: 0, wrong: 0 }
    fc.assert(
      fc.property(filled, one => {
        const isRight = schema.safeParse(one).success
        found[isRight ? 'right' : 'wrong'] += 1
        expect(formProblems(plain, one).length === 0).toBe(isRight)
      }),
      { numRuns: 3_000, seed: 20_261_126 },
    )
    expect(found.right).toBeGreaterThan(1_000)
    expect(found.wrong).toBeGreaterThan(1_000)
  })

  it.each(['title', 'reason', 'content'])('is not read with a field that has the name %s', name => {
    const { success, error } = formSchema.safeParse({ ...recorded, properties: { [name]: { type: 'string' } } })
    expect(success).toBe(false)
    expect(error?.issues).toMatchObject([
      {
        path: ['properties', name],
        issues: [
          { message: 'title, reason and content belong to every change and cannot be fields of a form', path: [] },
        ],
      },
    ])
  })

  it.each([
    ['another kind of field', { properties: { odd: { type: 'number' } } }, ['properties', 'odd', 'type']],
    ['a pattern', { properties: { odd: { type: 'string', pattern: '^a+$' } } }, ['properties', 'odd']],
    [
      'a list of numbers',
      { properties: { odd: { type: 'array', items: { type: 'integer' } } } },
      ['properties', 'odd', 'items', 'type'],
    ],
    ['an empty choice', { properties: { odd: { type: 'string', enum: [] } } }, ['properties', 'odd', 'enum']],
    ['a field that must be filled in and has no name', { required: [''] }, ['required', 0]],
    ['room for more', { additionalProperties: true }, ['additionalProperties']],
    ['what nobody knows', { odd: true }, []],
  ])('is not read with %s', (_, other, path) => {
    const { error } = formSchema.safeParse({ ...recorded, ...other })
    expect(error?.issues.map(issue => issue.path)).toEqual([path])
  })
})

describe('a rule that JSON Schema does not hold', () => {
  it.each<[string, () => z.ZodObject, RegExp]>([
    [
      'a refinement of the whole form',
      () => z.object({ a: z.string() }).refine(one => one.a !== ''),
      /a refinement of the whole form/,
    ],
    ['fields that nobody named', () => z.looseObject({ a: z.string() }), /names its fields/],
    [
      'fields of one kind that nobody named',
      () => z.object({ a: z.string() }).catchall(z.string()),
      /names its fields/,
    ],
    [
      'a pattern of an address',
      () => z.object({ a: z.email({ pattern: /@corp\.example$/ }) }),
      /field a: .* a pattern of an address/,
    ],
    ['the beginning of a link', () => z.object({ a: z.url({ protocol: /^https$/ }) }), /what a link begins with/],
    ['the host of a link', () => z.object({ a: z.url({ hostname: /example$/ }) }), /what a link begins with/],
    ['a link that is rewritten', () => z.object({ a: z.url({ normalize: true }) }), /what a link begins with/],
    ['the version of an id', () => z.object({ a: z.uuid({ version: 'v4' }) }), /the version of an id/],
    ['an offset in a time', () => z.object({ a: z.iso.datetime({ offset: true }) }), /a form of date and time/],
    ['a precision of a time', () => z.object({ a: z.iso.datetime({ precision: 3 }) }), /a form of date and time/],
    ['a value that is coerced', () => z.object({ a: z.coerce.boolean() }), /that a value is coerced/],
  ])('is refused: %s', (_, made, problem) => {
    expect(() => form(made())).toThrow(problem)
  })

  it('is refused no less in a list or an optional field, and a plain one is recorded', () => {
    expect(() => form(z.object({ a: z.array(z.email({ pattern: /x/ })) }))).toThrow(/a pattern of an address/)
    expect(() => form(z.object({ a: z.uuid({ version: 'v7' }).optional() }))).toThrow(/the version of an id/)
    const plain = z.strictObject({ a: z.email(), b: z.url(), c: z.uuid(), d: z.iso.datetime(), e: z.iso.date() })
    expect(Object.values(form(plain).properties).map(one => ('format' in one ? one.format : ''))).toEqual([
      'email',
      'uri',
      'uuid',
      'date-time',
      'date',
    ])
  })
})
