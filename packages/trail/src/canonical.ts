import { beginning, CountersignError } from './error.ts'
import { type Json, MAX_DEPTH, parseJson } from './json.ts'
import { decodeUtf8, utf8Length } from './utf8.ts'

/** The longest text, in bytes, that `parseCanonical` reads when it is not told otherwise: 16 MiB. */
export const MAX_TEXT_BYTES = 16_777_216

/** How many distinct member names are remembered with their quoted form. Others are quoted each time. */
const REMEMBERED_NAMES = 4096
const REMEMBERED_NAME_LENGTH = 64

const quotedNames = new Map<string, string>()

/** A character that JSON may not take as it is: `"`, `\\`, a control character (RFC 8259 §7), or a surrogate. */
const NOT_PLAIN = /[^ !#-[\]-\ud7ff\ue000-\uffff]/
/** The index of an array, as ECMA-262 defines it: engines list these names first, whatever the order of insertion. */
const ARRAY_INDEX = /^(?:0|[1-9][0-9]{0,9})$/

type Path = (string | number)[]

/**
 * The canonical text of a value: RFC 8785 (JCS), with a smaller domain, so that every program reads the same content
 * out of the same bytes.
 *
 * `{"b":1,"a":["x",null]}` becomes `{"a":["x",null],"b":1}`: no white space, members sorted by the UTF-16 code units
 * of their names, strings escaped only where RFC 8259 demands it, no Unicode normalisation.
 *
 * Throws `CountersignError` `canonical`, naming the path, for everything that has more than one reading: a number that
 * is not an integer within ±(2⁵³−1), `-0`, `undefined`, a function, a symbol, a bigint; a lone surrogate; a member
 * name that looks like an array index, or `__proto__`; a hole in an array; an object that is not plain; a getter; a
 * hidden member; a cycle, or more than 64 levels.
 *
 * @example
 * ```ts
 * import { canonical } from '@countersign/trail'
 *
 * canonical({ risk: 'high', amount: 12 }) // → '{"amount":12,"risk":"high"}'
 * canonical({ amount: 0.5 }) // throws $.amount
 * ```
 */
export function canonical(value: unknown): string {
  return write(value, ['$'])
}

/** The canonical text of a value that is the member `name` of something larger, so that errors name the whole path. */
export function canonicalMember(value: unknown, name: string): string {
  return write(value, ['$', name])
}

/**
 * Reads canonical JSON and nothing else: what is given must be, byte by byte, what `canonical` writes for the value.
 * So a doubled member, white space, another order of the members, `1.0`, `1e0`, an escape too many, a byte order mark
 * and bytes that are no UTF-8 are all refused.
 *
 * `maxBytes` bounds the text, 16 MiB unless told otherwise, in bytes of UTF-8, also where it is given as a string.
 * Throws `CountersignError` `canonical` with the position of the first difference.
 *
 * @example
 * ```ts
 * import { parseCanonical } from '@countersign/trail'
 *
 * parseCanonical('{"a":1,"b":[]}') // → { a: 1, b: [] }
 * parseCanonical('{"b":[],"a":1}') // throws offset 2
 * parseCanonical('{"a":1,"a":1}') // throws offset 6
 * ```
 */
export function parseCanonical(input: Uint8Array | string, options: { readonly maxBytes?: number } = {}): Json {
  const maxBytes = options.maxBytes ?? MAX_TEXT_BYTES
  const length = utf8Length(input, maxBytes)
  if (length > maxBytes) {
    throw new CountersignError('canonical', `the text has ${length} bytes; at most ${maxBytes} are read`, {
      facts: { expected: `at most ${maxBytes}`, found: length },
    })
  }
  const text = typeof input === 'string' ? input : decodeUtf8(input)
  if (text === undefined) throw new CountersignError('canonical', 'the bytes are not UTF-8')
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch (cause) {
    throw new CountersignError('canonical', 'the text is not JSON', { cause })
  }
  if (isTextOf(text, value)) return value
  // The engine can misread a name (see `parseJson`). What it reads as canonical is canonical, but before a text is refused
  // it is read again without the engine's memory of names.
  value = parseJson(text)
  const expected = canonical(value)
  if (expected !== text) {
    let offset = 0
    while (expected.charCodeAt(offset) === text.charCodeAt(offset)) offset++
    throw new CountersignError(
      'canonical',
      `the text is not canonical at offset ${offset}: expected ${glimpse(expected, offset)}, found ${glimpse(text, offset)}`,
      { facts: { offset, expected: expected.slice(offset, offset + 24), found: text.slice(offset, offset + 24) } },
    )
  }
  return value
}

/**
 * Whether a text or bytes are canonical JSON, as `parseCanonical` reads it.
 *
 * @example
 * ```ts
 * import { isCanonical } from '@countersign/trail'
 *
 * isCanonical('{"a":1}') // → true
 * isCanonical('{"a":1.0}') // → false
 * ```
 */
export function isCanonical(input: Uint8Array | string): boolean {
  try {
    parseCanonical(input)
    return true
  } catch {
    return false
  }
}

/**
 * Whether a text is what `canonical` writes for a value that was read from JSON. `true` is certain. `false` is not: the text
 * may be canonical all the same, where the members of an object do not stand in canonical order in memory, where the engine
 * has misread a name (see `parseJson`), or where the text holds the letters `\ud`.
 *
 * It compares with what `JSON.stringify` writes, which is quicker than `canonical`. The two differ in the order of members,
 * in numbers that are no integers, in names and depths that `canonical` refuses (`isInOrder` asks for all of these), and in
 * lone surrogates, which `JSON.stringify` escapes as `\ud…`. `depth` says how deep the value itself lies in what it is a part
 * of: 1 on its own.
 */
export const isTextOf = (text: string, value: unknown, depth = 1): boolean =>
  isInOrder(value, depth) && JSON.stringify(value) === text && !text.includes('\\ud')

/** Whether a value has a canonical form, whatever its strings hold, and all members stand in canonical order already. */
function isInOrder(value: unknown, depth: number): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true
  if (typeof value !== 'object') return Number.isSafeInteger(value) && !Object.is(value, -0)
  if (depth > MAX_DEPTH) return false
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) if (!isInOrder(value[at], depth + 1)) return false
    return true
  }
  let before: string | undefined
  for (const name in value) {
    if ((before !== undefined && name <= before) || !isName(name)) return false
    if (!isInOrder((value as Record<string, unknown>)[name], depth + 1)) return false
    before = name
  }
  return true
}

/** Each value is read once, so that what was checked is what is written. */
function write(value: unknown, path: Path): string {
  switch (typeof value) {
    case 'string':
      return quote(value, path)
    case 'number':
      if (!Number.isSafeInteger(value)) refuse(path, 'an integer within ±(2^53−1)', String(value))
      if (value === 0 && 1 / value < 0) refuse(path, '0', '-0')
      return `${value}`
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      if (path.length > MAX_DEPTH) refuse(path, `at most ${MAX_DEPTH} levels`, 'a deeper value, or a cycle')
      return Array.isArray(value) ? writeArray(value, path) : writeObject(value, path)
    case 'undefined':
    case 'function':
    case 'symbol':
    case 'bigint':
      return refuse(path, 'null, a boolean, an integer, a string, an array or an object', typeof value)
  }
}

function writeArray(array: readonly unknown[], path: Path): string {
  if (Object.getPrototypeOf(array) !== Array.prototype) refuse(path, 'a plain array', 'an instance of a class')
  const { length } = array
  if (Object.keys(array).length !== length) refuse(path, 'an array without holes and other members', 'another one')
  let text = '['
  for (let index = 0; index < length; index++) {
    path.push(index)
    const member = Object.getOwnPropertyDescriptor(array, index)
    if (member === undefined || member.get !== undefined || member.set !== undefined) {
      refuse(path, 'a value', member === undefined ? 'a hole' : 'a getter')
    }
    text += index === 0 ? write(member.value, path) : `,${write(member.value, path)}`
    path.pop()
  }
  return `${text}]`
}

function writeObject(object: object, path: Path): string {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null) refuse(path, 'a plain object', 'an instance of a class')
  if (Object.getOwnPropertySymbols(object).length > 0) refuse(path, 'names that are strings', 'a symbol')
  const names = Object.keys(object)
  if (Object.getOwnPropertyNames(object).length !== names.length) refuse(path, 'visible members', 'a hidden one')
  sort(names)
  let text = '{'
  for (const name of names) {
    path.push(name)
    const member = Object.getOwnPropertyDescriptor(object, name)
    if (member === undefined || member.get !== undefined || member.set !== undefined) {
      refuse(path, 'a value', member === undefined ? 'nothing' : 'a getter')
    }
    const prefix = quotedNames.get(name) ?? quoteName(name, path)
    text += text.length === 1 ? prefix + write(member.value, path) : `,${prefix}${write(member.value, path)}`
    path.pop()
  }
  return `${text}}`
}

/** `<` on strings compares UTF-16 code units, which is the order of RFC 8785 §3.2.3. Most objects come sorted. */
function sort(names: string[]): void {
  for (let at = 1; at < names.length; at++) {
    const name = names[at] as string
    if ((names[at - 1] as string) < name) continue
    if (names.length > 24) {
      names.sort()
      return
    }
    let to = at
    while (to > 0 && (names[to - 1] as string) > name) {
      names[to] = names[to - 1] as string
      to--
    }
    names[to] = name
  }
}

/** This is asked for every name that is read. Most begin with a letter, so the first character is looked at first. */
const isIndex = (name: string): boolean =>
  name.charCodeAt(0) <= 0x39 && ARRAY_INDEX.test(name) && Number(name) < 4_294_967_295

const isName = (name: string): boolean => name !== '__proto__' && !isIndex(name)

function quoteName(name: string, path: Path): string {
  if (name === '__proto__') refuse(path, 'another name', '__proto__')
  if (isIndex(name)) refuse(path, 'a name', 'an array index')
  const text = `${quote(name, path)}:`
  if (quotedNames.size < REMEMBERED_NAMES && name.length <= REMEMBERED_NAME_LENGTH) quotedNames.set(name, text)
  return text
}

function quote(text: string, path: Path): string {
  if (!NOT_PLAIN.test(text)) return `"${text}"`
  if (!text.isWellFormed()) refuse(path, 'well-formed Unicode', 'a lone surrogate')
  return JSON.stringify(text)
}

function refuse(path: Path, expected: string, found: string): never {
  const where = pathText(path)
  throw new CountersignError('canonical', `${where} has no canonical form: expected ${expected}, found ${found}`, {
    facts: { path: where, expected, found },
  })
}

/** `$.body.command["a b"][0]` */
function pathText(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (text === '') text = step
    else text += memberText(beginning(step))
  }
  return text
}

const memberText = (name: string): string => (/^[A-Za-z_][\w-]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`)

function glimpse(text: string, offset: number): string {
  return offset >= text.length ? 'the end' : JSON.stringify(text.slice(offset, offset + 24))
}
