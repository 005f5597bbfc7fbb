import * as z from 'zod'
import { type Acceptance, acceptance } from '../values/acceptance.ts'
import { type Commitment, isCommitment } from '../values/commitment.ts'
import { fieldName } from '../values/identifier.ts'
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
export const mostOptions = 200
export const mostRequired = 100
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

/** The least and the greatest whole number that a field can hold. */
export const boundsOf = (field: Extract<FieldSchema, { type: 'integer' }>) => ({
  least: Math.max(field.minimum ?? -Infinity, (field.exclusiveMinimum ?? -Infinity) + 1),
  most: Math.min(field.maximum ?? Infinity, (field.exclusiveMaximum ?? Infinity) - 1),
})

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
