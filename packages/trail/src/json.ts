/** A value that JSON can say. Which of them have a canonical form here, `canonical` tells. */
export type Json = null | boolean | number | string | JsonArray | JsonObject
/** A list of JSON values. */
export type JsonArray = readonly Json[]
/** A JSON object: members by name. */
export type JsonObject = { readonly [member: string]: Json }

/**
 * Whether two values say the same in JSON: equal numbers, strings and so on, equal lists, and objects with the same
 * members in whatever order. As `canonical(one) === canonical(other)`, without writing either down.
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
    if (value === undefined || !sameJson(value, (other as Record<string, unknown>)[name])) return false
    count += 1
  }
  for (const _ in other) count -= 1
  return count === 0
}
