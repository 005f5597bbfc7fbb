import { beginning, CountersignError } from './error.ts'

/** A value that JSON can say. Which of them have a canonical form here, `canonical` tells. */
export type Json = null | boolean | number | string | JsonArray | JsonObject
/** A list of JSON values. */
export type JsonArray = readonly Json[]
/** A JSON object: members by name. */
export type JsonObject = { readonly [member: string]: Json }

/** How many containers may lie within one another: `[[…]]` has a depth of two. */
export const MAX_DEPTH = 64

/**
 * The value of a JSON text, as `JSON.parse` should give it: each member under the name that the text says.
 *
 * The V8 of Node 24 and 26 has a fault: where a name is written with an escape, it can give the member the name of another
 * one that it has read before (https://github.com/nodejs/node/issues/63785). So a text in which a name holds an escape is
 * read a second time here, without the engine's memory of names, and at most 64 levels deep.
 *
 * With `distinct` every text is read in that way, and no name may be there twice in one object: programs, and people, differ
 * in which of the two members they take.
 *
 * Throws `SyntaxError` where the text is no JSON, and `CountersignError` `canonical` where a name is there twice, or a text that
 * is read a second time has more levels.
 *
 * @example
 * ```ts
 * import { parseJson } from '@countersign/trail'
 *
 * parseJson('{"h":[],"\\\\":0}') // → { h: [], '\\': 0 }
 * parseJson('{"h":[],"\\n":0}') // → { h: [], '\n': 0 }
 * parseJson('{"h":1,"h":2}') // → { h: 2 }
 * parseJson('{"h":1,"h":2}', { distinct: true }) // throws h
 * parseJson('{') // throws SyntaxError
 * ```
 */
export function parseJson(text: string, { distinct = false }: { readonly distinct?: boolean } = {}): Json {
  const value = JSON.parse(text) as Json
  return distinct || hasEscapedName(text) ? reread(text, distinct) : value
}

function hasEscapedName(text: string): boolean {
  for (let at = text.indexOf('\\'); at !== -1; at = text.indexOf('\\', at)) {
    at = afterSpace(text, afterString(text, at))
    if (text[at] === ':') return true
  }
  return false
}

/** The offset behind a string of which `at` is a character, and not one that a backslash precedes. */
function afterString(text: string, at: number): number {
  let end = at
  while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1
  return end + 1
}

function afterSpace(text: string, at: number): number {
  let end = at
  while (text.charCodeAt(end) <= 0x20) end += 1
  return end
}

/** Reads once more a text that the engine took for JSON. Each string is read by itself, so no name can be mistaken. */
function reread(text: string, distinct: boolean): Json {
  let at = 0

  const next = (): string => {
    at = afterSpace(text, at)
    return text[at] as string
  }
  const string = (): string => {
    const start = at
    at = afterString(text, start + 1)
    return JSON.parse(text.slice(start, at)) as string
  }
  const list = <Member>(end: string, depth: number, member: () => Member): Member[] => {
    if (depth > MAX_DEPTH) throw tooDeep(at)
    const members: Member[] = []
    at += 1
    while (next() !== end) {
      if (text[at] === ',') at += 1
      members.push(member())
    }
    at += 1
    return members
  }
  const value = (depth: number): Json => {
    const first = next()
    if (first === '[') return list(']', depth, () => value(depth + 1))
    if (first === '{') {
      const members = list('}', depth, () => member(depth))
      // As JSON.parse: of two members of one name the later one, and `__proto__` is a name like any other.
      const object = Object.fromEntries(members)
      if (distinct && Object.keys(object).length < members.length) throw doubled(members, at)
      return object
    }
    if (first === '"') return string()
    const start = at
    while (at < text.length && !ENDS_LITERAL.includes(text[at] as string)) at += 1
    return JSON.parse(text.slice(start, at)) as Json
  }
  const member = (depth: number): [string, Json] => {
    next()
    const name = string()
    next()
    at += 1
    return [name, value(depth + 1)]
  }
  return value(1)
}

const tooDeep = (offset: number): CountersignError =>
  new CountersignError('canonical', `the text has more than ${MAX_DEPTH} levels at offset ${offset}`, {
    facts: { offset, expected: `at most ${MAX_DEPTH} levels` },
  })

function doubled(members: readonly (readonly [string, Json])[], offset: number): CountersignError {
  const name = beginning(firstDoubled(members.map(([one]) => one)))
  const told = JSON.stringify(name)
  return new CountersignError(
    'canonical',
    `the name ${told} is there twice in the object that ends at offset ${offset}`,
    {
      facts: { offset, expected: 'each name once', found: name },
    },
  )
}

/** The first name that was there before. */
function firstDoubled(names: readonly string[]): string {
  const before = new Set<string>()
  for (const name of names) {
    if (before.has(name)) return name
    before.add(name)
  }
  return ''
}

/** What stands behind a number, `true`, `false` or `null` in a JSON text. */
const ENDS_LITERAL = ',]} \t\n\r'

/**
 * Whether two values say the same in JSON: equal numbers, strings and so on, equal lists, and objects with the same
 * members in whatever order. It answers what `canonical(one) === canonical(other)` does, without writing either value.
 *
 * @example
 * ```ts
 * import { sameJson } from '@countersign/trail'
 *
 * sameJson({ a: 1, b: [] }, { b: [], a: 1 }) // → true
 * sameJson({ a: null }, {}) // → false
 * ```
 */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one)) {
    if (!Array.isArray(other) || one.length !== other.length) return false
    for (let at = 0; at < one.length; at++) if (!sameJson(one[at], other[at])) return false
    return true
  }
  if (Array.isArray(other)) return false
  let count = 0
  for (const name in one) {
    const value = (one as Record<string, unknown>)[name]
    if (value === undefined || !Object.hasOwn(other, name)) return false
    if (!sameJson(value, (other as Record<string, unknown>)[name])) return false
    count += 1
  }
  for (const _ in other) count -= 1
  return count === 0
}
