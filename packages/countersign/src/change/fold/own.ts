import type { Given } from '../change.ts'

/**
 * The lists that a fold has made itself, in which it goes on writing as long as nobody else has seen them. An entry of
 * many events would take a square of steps if each of them copied what was given before.
 */
export type Own = unknown[]

/**
 * A list with one more at its end. A list that the fold has made itself is written to, and any other is copied first.
 */
export function added<One>(list: readonly One[], one: One, own: Own): readonly One[] {
  const mine = owned(list, own)
  mine.push(one)
  return mine
}

/** What has ended stays ended, by the first cause: nothing that was given comes back to life. */
export function ending<One extends Given>(
  list: readonly One[],
  index: number,
  ended: NonNullable<Given['ended']>,
  own: Own,
): readonly One[] {
  const one = list[index]
  if (one === undefined || one.ended !== undefined) return list
  const mine = owned(list, own)
  mine[index] = { ...one, ended }
  return mine
}

function owned<One>(list: readonly One[], own: Own): One[] {
  if (own.includes(list)) return list as One[]
  const mine = [...list]
  own.push(mine)
  return mine
}
