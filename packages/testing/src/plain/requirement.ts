import type { Condition, Requirement } from 'countersign/policy'

/** What is filled in. */
export type Form = Record<string, unknown>

/** One way to meet a requirement. */
export type Way = Record<string, { readonly count: number; readonly groups: number }>

/** Conditions over fields that are filled in. */
export function holds(one: Condition, form: Form): boolean {
  if ('every' in one) return one.every.every(part => holds(part, form))
  if ('some' in one) return one.some.some(part => holds(part, form))
  if ('not' in one) return !holds(one.not, form)
  const value = form[one.field]
  if ('is' in one) return value === one.is
  if ('oneOf' in one) return one.oneOf.includes(value as string)
  if ('includes' in one) return (value as string[]).includes(one.includes)
  return 'atLeast' in one ? (value as number) >= one.atLeast : (value as number) < one.below
}

/** Every way to meet a requirement: how many persons of which role. None where nothing in it applies. */
export function waysToMeet(one: Requirement, form: Form, electorate: Readonly<Record<string, number>> = {}): Way[] {
  if (one.when !== undefined && !holds(one.when, form)) return []
  if ('from' in one) {
    const count = 'share' in one ? leastShare(one.share, electorate[one.from]) : one.approvals
    return [{ [one.from]: { count, groups: one.groups === 'different' ? count : 0 } }]
  }
  if ('approvals' in one) return [{}]
  const parts = ('all' in one ? one.all : one.any)
    .map(part => waysToMeet(part, form, electorate))
    .filter(ways => ways.length > 0)
  if ('any' in one) return parts.flat()
  const [first = [], ...rest] = parts
  return rest.reduce((ways, more) => ways.flatMap(left => more.map(right => stricter(left, right))), first)
}

/** Persons are counted up until they are no smaller part of all than was asked for. Of an unknown number there is no part. */
function leastShare([numerator, denominator]: readonly [number, number], all = Number.MAX_SAFE_INTEGER): number {
  if (all === Number.MAX_SAFE_INTEGER) return 1_000
  let count = 1
  while (count * denominator < all * numerator) count += 1
  return count
}

/** Of how many of all a share of a role is, where so many are able to give it: as many as leave it to be given. */
export function sharedBy(requires: Requirement, role: string, able: number, all: number): number {
  const shares = (one: Requirement): (readonly [number, number])[] =>
    'share' in one
      ? one.from === role
        ? [one.share]
        : []
      : [...('all' in one ? one.all : 'any' in one ? one.any : [])].flatMap(shares)
  let size = all
  while (size > able && shares(requires).some(one => leastShare(one, size) > able)) size -= 1
  return size
}

const stricter = (left: Way, right: Way): Way => {
  const most = (role: string, what: 'count' | 'groups') => Math.max(left[role]?.[what] ?? 0, right[role]?.[what] ?? 0)
  const names = Object.keys({ ...left, ...right })
  return Object.fromEntries(names.map(one => [one, { count: most(one, 'count'), groups: most(one, 'groups') }]))
}

export interface Place {
  readonly role: string
  /** It is taken by somebody who stands for another group than the others in such places of the role. */
  readonly apart: boolean
}

export const placesOf = (way: Way): Place[] =>
  Object.entries(way).flatMap(([role, { count, groups }]) =>
    Array.from({ length: count }, (_, index) => ({ role, apart: index < groups })),
  )

interface Filler {
  readonly chain: readonly string[]
  readonly roles: readonly string[]
  readonly groups?: readonly string[]
}

/**
 * Tries everybody in every place. A person takes one place, be it in their own name or by whoever acts for them, and
 * stands for one group at most, which nobody else in the role stands for.
 */
export function canFill(
  [place, ...rest]: readonly Place[],
  votes: readonly Filler[],
  taken: readonly string[] = [],
): boolean {
  if (place === undefined) return true
  return votes.some(({ chain, roles, groups = [] }) => {
    if (!roles.includes(place.role)) return false
    const left = votes.filter(one => !one.chain.some(person => chain.includes(person)))
    if (left.length < rest.length) return false
    if (!place.apart) return canFill(rest, left, taken)
    const free = groups.map(group => `${place.role} ${group}`).filter(group => !taken.includes(group))
    return free.some(group => canFill(rest, left, [...taken, group]))
  })
}
