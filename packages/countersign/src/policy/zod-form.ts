import { CountersignError } from '@countersign/trail'
import * as z from 'zod'
import { didYouMean } from '../values/near.ts'
import { problemOf } from '../values/problem.ts'
import { safeParse } from '../values/safe-parse.ts'
import { boundsOf, type FormSchema, formSchema, mostOptions, mostRequired, ownParts } from './form.ts'

// A form as its author writes it, in zod, and how it comes to be the one that is recorded.

type Json = Readonly<Record<string, unknown>>

const nothing: FormSchema = { type: 'object', properties: {}, required: [], additionalProperties: false }

/**
 * Records a form that is written in zod as JSON Schema, with what `.meta({ title, description, default, private })` says of
 * a field. What JSON Schema cannot say (refinements, transforms, defaults) and what readers would not agree on (fractions, patterns) is refused, with the name of the field: a rule that the record
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
  refuseShape(schema)
  const { type, properties: fields = {}, required: asked = [], private: hidden } = jsonSchemaOf(schema)
  if (hidden !== undefined)
    throw wrongForm(
      'private is said of a field, as z.string().meta({ private: true }); said of the whole form it would hide nothing',
    )
  const properties = Object.fromEntries(
    Object.entries(fields as Readonly<Record<string, Json>>).map(([name, field]) => [name, recordedField(name, field)]),
  )
  const required = asked as readonly string[]
  refuseMore(properties, required)
  const parsed = safeParse(formSchema, { type, properties, required, additionalProperties: false })
  if (!parsed.success) throw unfit(properties, parsed.error.issues[0])
  refuseEmpty(parsed.data)
  return parsed.data
}

const wrongForm = (problem: string, cause?: unknown) =>
  new CountersignError('policy', `a form: ${problem}`, cause === undefined ? {} : { cause })

const wrongField = (field: string, problem: string) =>
  new CountersignError('policy', `field ${field}: ${problem}`, { facts: { field } })

/** Refuses what is no form in zod, and what of it the record would not hold. */
function refuseShape(schema: z.ZodObject): void {
  if (!(schema instanceof z.ZodObject))
    throw wrongForm(`it is written as z.object({ … }), and this is ${kindOf(schema)}`)
  for (const name of ownParts) {
    if (Object.hasOwn(schema.shape, name))
      throw wrongField(name, 'title, reason and content belong to every change; leave it out')
  }
  if ((schema.def.checks?.length ?? 0) > 0)
    throw wrongForm(
      'JSON Schema cannot say a refinement of the whole form, so it would not be in the record; say it of a field, or let the caller attest it as one',
    )
  if (schema.def.catchall !== undefined && schema.def.catchall._zod.def.type !== 'never')
    throw wrongForm('it names its fields: z.looseObject and catchall let in what nobody named')
  // zod leaves such a field out of the JSON Schema without a word.
  if (Object.hasOwn(schema.shape, '__proto__')) throw wrongForm('__proto__ is not allowed as a name')
  for (const [name, field] of Object.entries(schema.shape)) refuseUnrecordable(name, field as z.core.$ZodType, 0)
}

function kindOf(given: unknown): string {
  if (given instanceof z.ZodType) return `z.${given.type}()`
  if (typeof given !== 'object' || given === null) return given === null ? 'null' : `of type ${typeof given}`
  if ('_zod' in given) return 'made by zod/mini; expected one made by zod'
  return '_def' in given ? 'made by zod 3; expected one made by zod 4' : 'of type object'
}

function jsonSchemaOf(schema: z.ZodObject): Json {
  try {
    return z.toJSONSchema(schema, { unrepresentable: 'throw', io: 'input' }) as Json
  } catch (cause) {
    throw wrongForm(`it has no JSON Schema: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
  }
}

/** A field as it is recorded, of what zod makes of it. */
function recordedField(name: string, { pattern, private: hidden, ...kept }: Json): Json {
  if (hidden !== undefined && typeof hidden !== 'boolean') throw wrongField(name, 'private is true, or left out')
  if (pattern !== undefined && kept.format === undefined)
    throw wrongField(name, 'a pattern can stall whoever checks it; use z.enum, a length, or a format such as z.email()')
  return hidden === true ? { ...kept, 'x-private': true } : kept
}

/** Why what zod makes of a form is none that can be recorded: with the field, and what such a field can be. */
function unfit(properties: Readonly<Record<string, Json>>, issue: z.core.$ZodIssue | undefined): CountersignError {
  const [, name = '', ...inner] = (issue?.path ?? []).map(String)
  const field = [name, ...(inner.at(-1) === 'type' ? inner.slice(0, -1) : inner)].join('.')
  const why = issue === undefined ? 'no such form' : problemOf(issue)
  // Where the name is at fault, or what is said about the field, it is not what the field holds.
  if (issue?.code === 'unrecognized_keys' && inner.length === 0)
    return wrongField(field, why + didYouMean(issue.keys[0] ?? '', sayable))
  if (issue?.code === 'invalid_key') return wrongField(field, why)
  const held = properties[name]?.type === 'number' ? 'a number may be a fraction, and a whole one is z.int()' : why
  return wrongField(field, `a form holds strings, integers, booleans, enums and lists of strings (${held})`)
}

/** What a policy says about a field beside what it holds. */
const sayable = ['title', 'description', 'default', 'private']

/** Refuses what is more than a form can hold, with how much it can. */
function refuseMore(properties: Readonly<Record<string, Json>>, required: readonly string[]): void {
  if (required.length > mostRequired)
    throw new CountersignError(
      'policy',
      `a form has at most ${mostRequired} fields that have to be filled in, and this one has ${required.length}`,
    )
  for (const [name, field] of Object.entries(properties)) {
    const { enum: own, items } = field as { readonly enum?: unknown[]; readonly items?: { readonly enum?: unknown[] } }
    const { length } = own ?? items?.enum ?? []
    if (length > mostOptions) throw wrongField(name, `has ${length} values to choose from of at most ${mostOptions}`)
  }
}

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
      throw wrongField(name, `nobody can fill it in, as it asks for ${least} at least and for ${most} at most`)
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
    throw wrongField(
      name,
      `JSON Schema cannot say ${lost}, so it would not be in the record; leave it out, or let the caller attest it as a field`,
    )
  }
  if (['default', 'prefault', 'catch'].includes(def.type)) {
    throw wrongField(
      name,
      `nothing takes the place of a value that is left out or wrong, as ${def.type}() would; what the form is drawn with is said by .meta({ default: … })`,
    )
  }
  const changes = ['transform', 'pipe', 'custom', 'lazy'].includes(def.type)
  if (custom || changes || depth > 8) {
    const lacking = custom ? 'a refinement or a rewriting' : `a ${def.type}`
    throw wrongField(
      name,
      `JSON Schema cannot say ${lacking}, so it would not be in the record; say it with lengths, enums or optional(), or let the caller attest it as a field`,
    )
  }
  if (def.innerType !== undefined) refuseUnrecordable(name, def.innerType, depth + 1)
  if (def.element !== undefined) refuseUnrecordable(name, def.element, depth + 1)
}
