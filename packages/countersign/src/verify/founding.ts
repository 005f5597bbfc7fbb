import { CountersignError, decodeUtf8, type JsonObject, parseJson } from '@countersign/trail'

/**
 * The origin that a first entry names: that of its first accepted event, where this is `trail.founded`. Of what else it says
 * nothing is asked, not even whether it is canonical. `undefined` where it names none.
 *
 * @example
 * ```ts
 * import { originIn } from 'countersign/verify/integrity'
 * originIn(new Uint8Array()) // → undefined
 * ```
 */
export function originIn(bytes: Uint8Array): string | undefined {
  const { accepted } = memberOf(['body', 'outcome'], entryIn(bytes))
  const { type, origin } = memberOf(['0'], Array.isArray(accepted) ? accepted : [])
  return type === 'trail.founded' && typeof origin === 'string' && origin !== '' ? origin : undefined
}

function entryIn(bytes: Uint8Array): unknown {
  try {
    return parseJson(decodeUtf8(bytes) ?? '')
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof CountersignError) return undefined
    throw error
  }
}

/** The object at a place in another; an empty one where there is none. */
function memberOf(place: readonly string[], value: unknown): JsonObject {
  const inner = place.reduce((outer, name) => (Object(outer) as Record<string, unknown>)[name], value)
  return Object(inner) as JsonObject
}
