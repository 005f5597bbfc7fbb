import type * as z from 'zod'
import { inherited } from './identifier.ts'

/** Tells of a value that came out of JSON whether it is taken as it stands. */
export type Acceptance = (value: unknown) => boolean

/** So much of what a schema says about itself as is read here. */
type Definition = z.core.$ZodTypeDef & {
  readonly checks?: readonly z.core.$ZodCheck[]
  readonly format?: string
  readonly coerce?: boolean
  readonly values?: readonly unknown[]
  readonly entries?: Readonly<Record<string, unknown>>
  readonly innerType?: z.core.$ZodType
  readonly element?: z.core.$ZodType
  readonly keyType?: z.core.$ZodType
  readonly valueType?: z.core.$ZodType
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>
  readonly catchall?: z.core.$ZodType
  readonly options?: readonly z.core.$ZodType[]
  readonly discriminator?: string
  readonly mode?: string
}

type CheckDefinition = z.core.$ZodCheckDef & {
  readonly format?: string
  readonly pattern?: RegExp
  readonly maximum?: number
  readonly minimum?: number
  readonly value?: number
  readonly inclusive?: boolean
  readonly fn?: (value: unknown) => unknown
}

/**
 * What a schema takes and gives back unchanged, found out once and asked many times: `true` says that the schema would
 * give an equal value; `false` says nothing, so that then the schema has to be asked. It knows the kinds of schema that
 * commands are made of, and of any other takes nothing.
 *
 * A trail of a million entries has a million commands, all but a few of which are as they should be. To be told so takes
 * half the time that it takes the schema to make a copy, and leaves nothing behind.
 */
export function acceptance(schema: z.core.$ZodType): Acceptance {
  const definition = schema._zod.def as Definition
  const accepts = kinds[definition.type]?.(definition) ?? takesNothing
  const checks = (definition.checks ?? []).map(check => checking(check._zod.def as CheckDefinition))
  if (checks.length === 0) return accepts
  const [first, second] = checks as [Acceptance, Acceptance | undefined]
  if (second === undefined) return value => accepts(value) && first(value)
  if (checks.length === 2) return value => accepts(value) && first(value) && second(value)
  return value => accepts(value) && checks.every(holds => holds(value))
}

const takesNothing: Acceptance = () => false

const kinds: Readonly<Record<string, (definition: Definition) => Acceptance>> = {
  string: ({ format }) => (format === undefined ? value => typeof value === 'string' : takesNothing),
  number: ({ format }) => (format === 'safeint' ? Number.isSafeInteger : takesNothing),
  boolean: () => value => typeof value === 'boolean',
  null: () => value => value === null,
  literal: ({ values = [] }) => {
    const [only] = values
    return values.length === 1 ? value => value === only : value => values.includes(value)
  },
  enum: ({ entries = {} }) => {
    const all = new Set(Object.values(entries))
    return value => all.has(value)
  },
  optional: inner,
  // What is left out would be filled in, and so is not asked here.
  default: inner,
  array: ({ element }) => {
    const accepts = of(element)
    return value => {
      if (!Array.isArray(value)) return false
      for (const one of value) if (!accepts(one)) return false
      return true
    }
  },
  record: ({ keyType, valueType, mode }) => {
    const [key, accepts] = [of(keyType), of(valueType)]
    // Where the names are told one by one, all of them must be there.
    if (mode !== undefined || keyType?._zod.values !== undefined) return takesNothing
    return value => {
      if (!isObject(value)) return false
      for (const name in value) if (name === '__proto__' || !key(name) || !accepts(value[name])) return false
      return true
    }
  },
  object: strictObject,
  union: ({ options = [], discriminator }) => {
    if (discriminator !== undefined) return discriminated(options, discriminator)
    // The first that takes a value gives it back, and may do so as something else.
    if (options.some(canRewrite)) return takesNothing
    const all = options.map(acceptance)
    return value => all.some(accepts => accepts(value))
  },
}

/** Whether a schema can take a value and give back another one; of a kind that is not known here it may. */
function canRewrite(schema: z.core.$ZodType): boolean {
  const { type, coerce, checks = [], catchall, ...inside } = schema._zod.def as Definition
  if (type === 'default' || coerce === true || !Object.hasOwn(kinds, type)) return true
  if (type === 'object' && catchall?._zod.def.type !== 'never') return true
  if (checks.some(check => isRewriting(check._zod.def as CheckDefinition))) return true
  const { element, innerType, valueType, shape = {}, options = [] } = inside
  return [element, innerType, valueType, ...Object.values(shape), ...options].some(
    part => part !== undefined && canRewrite(part),
  )
}

/** A rule may put something in the place of a value, but for one that only says whether it holds. */
const isRewriting = ({ check, fn }: CheckDefinition): boolean =>
  check === 'overwrite' || (check === 'custom' && fn === undefined)

const of = (schema: z.core.$ZodType | undefined): Acceptance =>
  schema === undefined ? takesNothing : acceptance(schema)

function inner({ innerType }: Definition): Acceptance {
  return of(innerType)
}

/** Objects that have all members that are asked for, and none that is not. */
function strictObject({ shape = {}, catchall }: Definition): Acceptance {
  if (catchall?._zod.def.type !== 'never') return takesNothing
  // What every object inherits is there for a schema, and not here.
  if (Object.keys(shape).some(inherited)) return takesNothing
  const members = new Map(Object.entries(shape).map(([name, member]) => [name, acceptance(member)]))
  // A member with a default may be left out of what is given, and is never left out of what is given back.
  const asked = Object.keys(shape).filter(
    name => shape[name]?._zod.optin === undefined || shape[name]._zod.def.type === 'default',
  )
  return value => {
    if (!isObject(value)) return false
    for (const name in value) if (members.get(name)?.(value[name]) !== true) return false
    return asked.every(name => Object.hasOwn(value, name))
  }
}

/** Which of several kinds of object it is, told by one of its members. */
function discriminated(options: readonly z.core.$ZodType[], discriminator: string): Acceptance {
  const byKind = new Map<unknown, Acceptance>()
  for (const option of options) {
    const kind = (option._zod.def as Definition).shape?.[discriminator]?._zod.def as Definition | undefined
    for (const value of kind?.values ?? []) byKind.set(value, acceptance(option))
  }
  return value => isObject(value) && byKind.get(value[discriminator])?.(value) === true
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

type Long = { readonly length: number }

/** Whether there are so many members; of a text, so many characters, each of which takes one unit or two. */
const isAsLong = (value: Long | string, least: number): boolean =>
  value.length >= least && (typeof value !== 'string' || value.length >= 2 * least || Array.from(value).length >= least)

function checking({
  check,
  format,
  pattern,
  maximum,
  minimum,
  value: bound,
  inclusive,
  fn,
}: CheckDefinition): Acceptance {
  if (check === 'string_format' && format === 'regex' && pattern !== undefined && !pattern.global && !pattern.sticky)
    return text => pattern.test(text as string)
  if (check === 'max_length' && maximum !== undefined) return value => (value as Long).length <= maximum
  if (check === 'min_length' && minimum !== undefined) return value => isAsLong(value as Long | string, minimum)
  if (check === 'greater_than' && bound !== undefined)
    return value => (inclusive === true ? (value as number) >= bound : (value as number) > bound)
  if (check === 'less_than' && bound !== undefined)
    return value => (inclusive === true ? (value as number) <= bound : (value as number) < bound)
  if (check === 'custom' && fn !== undefined) return value => fn(value) === true
  return takesNothing
}
