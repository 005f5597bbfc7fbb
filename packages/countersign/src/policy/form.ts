import { CountersignError } from '@countersign/trail'
import * as z from 'zod'
import { type Acceptance, acceptance } from '../values/acceptance.ts'
import { type Commitment, isCommitment } from '../values/commitment.ts'
import { fieldName } from '../values/identifier.ts'
import { didYouMean } from '../values/near.ts'
import { once } from '../values/once.ts'
import { problemOf } from '../values/problem.ts'
import { safeParse } from '../values/safe-parse.ts'

/**
 * What a field of a form can hold: nothing that two readers could read in two ways, so no fractions. In the place of what
 * a private field holds stands the commitment to it.
 */
export type FieldValue = string | number | boolean | readonly string[] | Commitment
export type Form = Readonly<Record<string, FieldValue>>

const size = z.int().min(0).max(1_000_000)
const whole = z.int()
const option = z.string().min(1).max(200)
const mostOptions = 200
const mostRequired = 100
const about = {
  title: z.string().max(200).optional(),
  description: z.string().max(1_000).optional(),
  'x-private': z.literal(true).optional(),
}

/**
 * One field in JSON Schema 2020-12, cut down to what every reader understands alike and no reader can be stalled with.
 * `default` is what a form is drawn with; nothing fills it in for whoever leaves the field out. The value of a field that
 * is `x-private` never enters the trail: a commitment to it does.
 */
const fieldSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('string'),
    minLength: size.optional(),
    maxLength: size.optional(),
    enum: z.array(option).min(1).max(mostOptions).optional(),
    const: option.optional(),
    format: z.enum(['date', 'date-time', 'email', 'uri', 'uuid']).optional(),
    default: z.string().max(4_000).optional(),
    ...about,
  }),
  z.strictObject({
    type: z.literal('integer'),
    minimum: whole.optional(),
    maximum: whole.optional(),
    exclusiveMinimum: whole.optional(),
    exclusiveMaximum: whole.optional(),
    multipleOf: whole.min(1).optional(),
    default: whole.optional(),
    ...about,
  }),
  z.strictObject({
    type: z.literal('boolean'),
    const: z.boolean().optional(),
    default: z.boolean().optional(),
    ...about,
  }),
  z.strictObject({
    type: z.literal('array'),
    items: z.strictObject({
      type: z.literal('string'),
      enum: z.array(option).min(1).max(mostOptions).optional(),
      minLength: size.optional(),
      maxLength: size.optional(),
    }),
    minItems: size.optional(),
    maxItems: size.optional(),
    default: z.array(option).max(200).optional(),
    ...about,
  }),
])

export type FieldSchema = z.infer<typeof fieldSchema>

/** The names of a change's own parts, which no field may take: a policy speaks of both in one breath. */
export const ownParts = ['title', 'reason', 'content'] as const

/** A form as it is recorded: JSON Schema 2020-12, from which any form generator draws it. */
export const formSchema = z.strictObject({
  type: z.literal('object'),
  properties: z.record(
    fieldName.refine(name => !(ownParts as readonly string[]).includes(name), {
      error: 'title, reason and content belong to every change and cannot be fields of a form',
    }),
    fieldSchema,
  ),
  required: z.array(fieldName).max(mostRequired),
  additionalProperties: z.literal(false),
})

export type FormSchema = z.infer<typeof formSchema>

const nothing: FormSchema = { type: 'object', properties: {}, required: [], additionalProperties: false }

/**
 * Records a form that is written in zod as JSON Schema, with what `.meta({ title, description, default, private })` says of
 * a field. What JSON Schema cannot say (refinements, transforms, defaults) and what readers would not agree on (fractions, patterns) is refused, with the field's name: a rule that the record
 * does not hold would be a rule that the auditor cannot see.
 *
 * @example
 * ```ts
 * import { form } from 'countersign/policy'
 * import * as z from 'zod'
 * form(z.object({ risk: z.enum(['low', 'high']) })).required // → ['risk']
 * ```
 */
export function form(schema?: z.ZodObject): FormSchema {
  if (schema === undefined) return nothing
  if (!(schema instanceof z.ZodObject)) throw new CountersignError('policy', 'a form is written as z.object({ … })')
  for (const name of ownParts) {
    if (!Object.hasOwn(schema.shape, name)) continue
    throw new CountersignError(
      'policy',
      `field ${name}: title, reason and content belong to every change; leave it out`,
      {
        facts: { field: name },
      },
    )
  }
  if ((schema.def.checks?.length ?? 0) > 0)
    throw new CountersignError(
      'policy',
      'a form: JSON Schema cannot say a refinement of the whole form, so it would not be in the record; say it of a field, or let the caller attest it as one',
    )
  if (schema.def.catchall !== undefined && schema.def.catchall._zod.def.type !== 'never')
    throw new CountersignError('policy', 'a form names its fields: z.looseObject and catchall let in what nobody named')
  // zod leaves such a field out of the JSON Schema without a word.
  if (Object.hasOwn(schema.shape, '__proto__'))
    throw new CountersignError('policy', 'a form: __proto__ is not allowed as a name')
  for (const [name, field] of Object.entries(schema.shape)) refuseUnrecordable(name, field as z.core.$ZodType, 0)
  let json: Record<string, unknown>
  try {
    json = z.toJSONSchema(schema, { unrepresentable: 'throw', io: 'input' }) as Record<string, unknown>
  } catch (cause) {
    throw new CountersignError('policy', `this form has no JSON Schema: ${messageOf(cause)}`, { cause })
  }
  const { $schema: _, ...rest } = json
  if (rest.private !== undefined)
    throw new CountersignError(
      'policy',
      'a form: private is said of a field, as z.string().meta({ private: true }); said of the whole form it would hide nothing',
    )
  const properties: Record<string, unknown> = {}
  for (const [name, value] of Object.entries((rest.properties ?? {}) as Record<string, Record<string, unknown>>)) {
    const { pattern, private: hidden, ...kept } = value
    if (hidden !== undefined && typeof hidden !== 'boolean')
      throw new CountersignError('policy', `field ${name}: private is true, or left out`, { facts: { field: name } })
    if (pattern !== undefined && kept.format === undefined) {
      throw new CountersignError(
        'policy',
        `field ${name}: a pattern can stall whoever checks it; use z.enum, a length, or a format such as z.email()`,
        { facts: { field: name } },
      )
    }
    properties[name] = hidden === true ? { ...kept, 'x-private': true } : kept
  }
  const required = (rest.required ?? []) as readonly string[]
  refuseMore(properties, required)
  const parsed = safeParse(formSchema, { type: rest.type, properties, required, additionalProperties: false })
  if (parsed.success) {
    refuseEmpty(parsed.data)
    return parsed.data
  }
  const [issue] = parsed.error.issues
  const [, name = '', ...inner] = (issue?.path ?? []).map(String)
  const field = [name, ...(inner.at(-1) === 'type' ? inner.slice(0, -1) : inner)].join('.')
  const why = issue === undefined ? 'no such form' : problemOf(issue)
  const { type } = (properties[name] ?? {}) as { readonly type?: unknown }
  const held = type === 'number' ? 'a number may be a fraction, and a whole one is z.int()' : why
  // Where the name is at fault, or what is said about the field, it is not what the field holds.
  const strange = issue?.code === 'unrecognized_keys' && inner.length === 0 ? issue.keys : undefined
  const isOfName = issue?.code === 'invalid_key' || strange !== undefined
  const near = strange === undefined ? '' : didYouMean(strange[0] ?? '', sayable)
  const problem = isOfName
    ? why + near
    : `a form holds strings, integers, booleans, enums and lists of strings (${held})`
  throw new CountersignError('policy', `field ${field}: ${problem}`, { facts: { field } })
}

/** What a policy says about a field beside what it holds. */
const sayable = ['title', 'description', 'default', 'private']

/** Refuses what is more than a form can hold, with how much it can. */
function refuseMore(properties: Readonly<Record<string, unknown>>, required: readonly string[]): void {
  if (required.length > mostRequired)
    throw new CountersignError(
      'policy',
      `a form has at most ${mostRequired} fields that have to be filled in, and this one has ${required.length}`,
    )
  for (const [name, field] of Object.entries(properties)) {
    const { enum: own, items } = field as { readonly enum?: unknown[]; readonly items?: { readonly enum?: unknown[] } }
    const { length } = own ?? items?.enum ?? []
    if (length > mostOptions)
      throw new CountersignError(
        'policy',
        `field ${name}: has ${length} values to choose from of at most ${mostOptions}`,
        {
          facts: { field: name },
        },
      )
  }
}

/** The least and the greatest whole number that a field can hold. */
export const boundsOf = (field: Extract<FieldSchema, { type: 'integer' }>) => ({
  least: Math.max(field.minimum ?? -Infinity, (field.exclusiveMinimum ?? -Infinity) + 1),
  most: Math.min(field.maximum ?? Infinity, (field.exclusiveMaximum ?? Infinity) - 1),
})

type Bounds = readonly [least: number | undefined, most: number | undefined]

/** Refuses fields that ask for more than they let anybody give. */
function refuseEmpty({ properties }: FormSchema): void {
  for (const [name, field] of Object.entries(properties)) {
    const sizes: Bounds[] = []
    if (field.type === 'string') sizes.push([field.minLength, field.maxLength])
    if (field.type === 'array')
      sizes.push([field.minItems, field.maxItems], [field.items.minLength, field.items.maxLength])
    if (field.type === 'integer') {
      const { least, most } = boundsOf(field)
      sizes.push([least, most])
    }
    for (const [least = -Infinity, most = Infinity] of sizes) {
      if (least <= most) continue
      throw new CountersignError(
        'policy',
        `field ${name}: nobody can fill it in, as it asks for ${least} at least and for ${most} at most`,
        { facts: { field: name } },
      )
    }
  }
}

/** What a format asks for that its name in JSON Schema does not say. */
function rulesLost(def: z.core.$ZodTypeDef): string | undefined {
  const { format, protocol, hostname, normalize, version, pattern, offset, precision, coerce } = def as unknown as {
    readonly [option: string]: unknown
  }
  if (coerce === true) return 'that a value is coerced'
  if (format === 'email') return pattern !== z.regexes.email ? 'a pattern of an address' : undefined
  if (format === 'url')
    return protocol !== undefined || hostname !== undefined || normalize === true
      ? 'what a link begins with'
      : undefined
  if (format === 'uuid') return version === undefined ? undefined : 'the version of an id'
  if (format !== 'datetime') return undefined
  return offset === true || (precision ?? null) !== null ? 'a form of date and time' : undefined
}

/** zod drops refinements from JSON Schema without a word, so they are looked for. */
function refuseUnrecordable(name: string, schema: z.core.$ZodType, depth: number): void {
  const { def } = schema._zod as {
    def: z.core.$ZodTypeDef & { innerType?: z.core.$ZodType; element?: z.core.$ZodType }
  }
  const custom = def.checks?.some(check => ['custom', 'overwrite'].includes(check._zod.def.check))
  const lost = rulesLost(def)
  if (lost !== undefined) {
    throw new CountersignError(
      'policy',
      `field ${name}: JSON Schema cannot say ${lost}, so it would not be in the record; leave it out, or let the caller attest it as a field`,
      { facts: { field: name } },
    )
  }
  if (['default', 'prefault', 'catch'].includes(def.type)) {
    throw new CountersignError(
      'policy',
      `field ${name}: nothing takes the place of a value that is left out or wrong, as ${def.type}() would; what the form is drawn with is said by .meta({ default: … })`,
      { facts: { field: name } },
    )
  }
  const changes = ['transform', 'pipe', 'custom', 'lazy'].includes(def.type)
  if (custom || changes || depth > 8) {
    throw new CountersignError(
      'policy',
      `field ${name}: JSON Schema cannot say ${custom ? 'a refinement or a rewriting' : `a ${def.type}`}, so it would not be in the record; say it with lengths, enums or optional(), or let the caller attest it as a field`,
      { facts: { field: name } },
    )
  }
  if (def.innerType !== undefined) refuseUnrecordable(name, def.innerType, depth + 1)
  if (def.element !== undefined) refuseUnrecordable(name, def.element, depth + 1)
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))

/** What is wrong with a field, for the person who fills in the form. */
export interface FormProblem {
  readonly field: string
  readonly problem: string
}

/** The fields of a form whose values never enter the trail. */
export const privateFields = (schema: FormSchema): string[] =>
  Object.entries(schema.properties).flatMap(([name, field]) => (field['x-private'] === true ? [name] : []))

/** A form in its two parts: what is recorded as it was filled in, and what is recorded as commitments. */
interface Parts {
  readonly open: z.ZodType
  /** Most forms have nothing wrong with them, which is told more quickly than what is. */
  readonly takes: Acceptance
  readonly closed: z.ZodType
  readonly hidden: readonly string[]
}

// Built once per recorded form: building costs a thousand times what checking costs.
const partsOf = once((schema: FormSchema): Parts => {
  const hidden = privateFields(schema)
  const isHidden = (name: string) => hidden.includes(name)
  const open = validator(schema, name => !isHidden(name))
  return { open, takes: acceptance(open), closed: validator(schema, isHidden), hidden }
})

/** Of some of the fields. One that is left out is left out: what it is drawn with says nothing of what somebody meant. */
function validator(schema: FormSchema, among: (name: string) => boolean): z.ZodType {
  const properties = Object.entries(schema.properties).flatMap(([name, field]) => {
    const { default: _, 'x-private': __, ...rest } = field
    return among(name) ? [[name, rest]] : []
  })
  const part = { ...schema, properties: Object.fromEntries(properties), required: schema.required.filter(among) }
  return z.fromJSONSchema(part as z.core.JSONSchema.JSONSchema)
}

/**
 * Checks a form as it is recorded against the recorded schema, in the library and in the verifier alike. Of a private field
 * only the commitment is there, so whether its value fits is checked where it is handed in: {@link privateProblems}.
 *
 * @example
 * ```ts
 * import { formProblems } from 'countersign/policy'
 * const properties = { risk: { type: 'string', enum: ['low', 'high'] } } as const
 * const schema = { type: 'object', properties, required: ['risk'], additionalProperties: false } as const
 * formProblems(schema, { risk: 'low' }) // → []
 * formProblems(schema, { risk: 'some' }).map(one => one.field) // → ['risk']
 * ```
 */
export function formProblems(schema: FormSchema, filled: Readonly<Record<string, unknown>>): FormProblem[] {
  const { open, takes, hidden } = partsOf(schema)
  if (hidden.length === 0) return takes(filled) ? [] : problemsIn(open, filled)
  const shown = Object.fromEntries(Object.entries(filled).filter(([name]) => !hidden.includes(name)))
  return [
    ...problemsIn(open, shown),
    ...hidden.flatMap((field): FormProblem[] => {
      const value = Object.hasOwn(filled, field) ? filled[field] : undefined
      if (value === undefined)
        return schema.required.includes(field) ? [{ field, problem: 'is missing (it is private)' }] : []
      return isCommitment(value) ? [] : [{ field, problem: 'is private, so only a commitment to it can be recorded' }]
    }),
  ]
}

/** Checks the values of private fields, of those that are there, against the recorded schema. No problem tells a value. */
export function privateProblems(schema: FormSchema, values: Readonly<Record<string, unknown>>): FormProblem[] {
  const { closed, hidden } = partsOf(schema)
  const shown = Object.entries(values).filter(([name]) => hidden.includes(name))
  if (shown.length === 0) return []
  const missing = hidden.filter(name => !Object.hasOwn(values, name))
  return problemsIn(closed, Object.fromEntries(shown)).filter(one => !missing.includes(one.field))
}

function problemsIn(schema: z.ZodType, filled: Readonly<Record<string, unknown>>): FormProblem[] {
  const result = safeParse(schema, filled)
  return result.success
    ? []
    : result.error.issues.map(issue => ({
        field: issue.path.join('.') || ('keys' in issue ? (issue.keys as string[]).join(', ') : 'form'),
        problem: problemOf(issue),
      }))
}

/** The fields that would be drawn with a value which they cannot hold. */
export function unfitDefaults(schema: FormSchema): FormProblem[] {
  const drawn = Object.entries(schema.properties).flatMap(([name, field]) =>
    field.default === undefined ? [] : [[name, field.default]],
  )
  if (drawn.length === 0) return []
  const form = Object.fromEntries(drawn)
  return problemsIn(
    validator({ ...schema, required: [] }, () => true),
    form,
  )
}
