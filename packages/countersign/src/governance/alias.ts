import type { Instant } from '../values/instant.ts'
import { once } from '../values/once.ts'
import { type Governance, type Tables, tables } from './governance.ts'

/**
 * The natural person behind an id: the id itself, or the one that it turned out to be. With `asOf` only what was recorded
 * up to that instant is known.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { personOf } from 'countersign/governance'
 * const { desk, now } = await f0()
 * personOf(desk.governance(), 'bob') // → 'bob'
 * ```
 */
export const personOf = (governance: Governance, id: string, asOf?: Instant): string =>
  rootOf(governance[tables], id, asOf)

/**
 * The id that a person goes by, behind all the ids that were recorded as theirs, as far as that was known at the instant.
 */
export function rootOf({ persons }: Pick<Tables, 'persons'>, id: string, asOf?: Instant): string {
  // A pointer goes to an id that had none then, so there is no circle; but a trail may say so that nobody should believe.
  let root = id
  for (let steps = 0; steps <= persons.size; steps++) {
    const is = persons.get(root)?.is
    if (is === undefined || (asOf !== undefined && is.at > asOf)) return root
    root = is.person
  }
  return id
}

/** The same, with only what was recorded among the first so many events of people and rules, where that is known. */
export function rootWhen(
  of: Pick<Tables, 'persons' | 'mergedBy'>,
  id: string,
  { at, under }: { readonly at: Instant; readonly under?: number | undefined },
): string {
  if (under === undefined) return rootOf(of, id, at)
  let root = id
  for (let steps = 0; steps <= of.persons.size; steps++) {
    const is = (of.mergedBy.get(root) ?? under + 1) > under ? undefined : of.persons.get(root)?.is
    if (is === undefined) return root
    root = is.person
  }
  return id
}

/** When ids turned out to be the same person as one. */
export function mergedAt(governance: Governance, id: string): Instant[] {
  const { persons, mergedInto } = governance[tables]
  return [id, ...(mergedInto.get(id) ?? [])].flatMap(one => persons.get(one)?.is?.at ?? [])
}

/** Whether any two ids have turned out to be one person. */
export const isAnybodyMerged = (governance: Governance): boolean => governance[tables].mergedInto.size > 0

/**
 * Whether what was given can have ceased to count by what was learned of people: two ids were one, one was misused, or
 * somebody came to answer for a robot for which nobody had.
 */
export const isAnybodyDiscredited = (governance: Governance): boolean =>
  isAnybodyMerged(governance) || governance[tables].compromised.size > 0 || isAnyRobotTakenOver(governance[tables])

const isAnyTakenOver = once((bots: Tables['bots']): boolean =>
  bots.entries().some(([, one]) => one.tookOver !== undefined || one.formerly !== undefined),
)

/** There are few robots, and what is known of them seldom changes. */
const isAnyRobotTakenOver = ({ bots }: Tables): boolean => bots.size > 0 && isAnyTakenOver(bots)
