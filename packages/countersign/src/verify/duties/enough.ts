import type { Condition } from '../../policy/condition.ts'
import type { Requirement } from '../../policy/requirement.ts'

// What a policy asks for, and whether it is there: told a second time, straight from the law.

/** What somebody has given: for which roles, and the groups that they belong to. Nobody has given two of them. */
export interface Given {
  readonly roles: readonly string[]
  readonly groups: readonly string[]
}

/** Whether a condition asks for something; a question without an answer does. */
export function asked(condition: Condition | undefined, form: Readonly<Record<string, unknown>>): boolean {
  return condition === undefined || answer(condition, form) !== 'no'
}

function answer(condition: Condition, form: Readonly<Record<string, unknown>>): 'yes' | 'no' | 'open' {
  if ('not' in condition) {
    const inner = answer(condition.not, form)
    return inner === 'open' ? inner : inner === 'yes' ? 'no' : 'yes'
  }
  if ('every' in condition) {
    const all = condition.every.map(one => answer(one, form))
    return all.includes('no') ? 'no' : all.includes('open') ? 'open' : 'yes'
  }
  if ('some' in condition) {
    const all = condition.some.map(one => answer(one, form))
    return all.includes('yes') ? 'yes' : all.includes('open') ? 'open' : 'no'
  }
  const value = Object.hasOwn(form, condition.field) ? form[condition.field] : undefined
  // In the place of a private value stands a commitment, which answers nothing.
  if (value === undefined || (typeof value === 'object' && !Array.isArray(value))) return 'open'
  if ('is' in condition) return value === condition.is ? 'yes' : 'no'
  if ('oneOf' in condition) return condition.oneOf.includes(value as string) ? 'yes' : 'no'
  if ('includes' in condition)
    return Array.isArray(value) ? (value.includes(condition.includes) ? 'yes' : 'no') : 'open'
  if (typeof value !== 'number') return 'open'
  return ('atLeast' in condition ? value >= condition.atLeast : value < condition.below) ? 'yes' : 'no'
}

/** One way to meet a requirement: of each role so many persons, so many of whom stand for different groups. */
export type Way = ReadonlyMap<string, { readonly count: number; readonly groups: number }>

/** What cannot be met: an alternative of which nobody can say whether it is one, a share of nobody knows how many. */
const never: Way = new Map([['', { count: Number.POSITIVE_INFINITY, groups: 0 }]])

/** Whether the ways to meet a requirement hang on anything: on a condition, or on of how many a share is. */
const varies = (one: Requirement): boolean =>
  one.when !== undefined || 'share' in one || ('all' in one ? one.all : 'any' in one ? one.any : []).some(varies)

const unvarying = new WeakMap<Requirement, readonly Way[] | undefined>()

/** The ways to meet a requirement; none where nothing in it applies. Where they hang on nothing, they are found once. */
export function ways(
  one: Requirement,
  form: Readonly<Record<string, unknown>>,
  electorate: Readonly<Record<string, number>> = {},
): readonly Way[] {
  const known = unvarying.get(one)
  if (known !== undefined) return known
  if (!unvarying.has(one)) unvarying.set(one, varies(one) ? undefined : waysNow(one, form, electorate))
  return unvarying.get(one) ?? waysNow(one, form, electorate)
}

function waysNow(
  one: Requirement,
  form: Readonly<Record<string, unknown>>,
  electorate: Readonly<Record<string, number>>,
): readonly Way[] {
  if (!asked(one.when, form)) return []
  if ('from' in one) {
    const count = 'share' in one ? places(one.share, electorate[one.from]) : one.approvals
    return [new Map([[one.from, { count, groups: one.groups === undefined ? 0 : count }]])]
  }
  if ('approvals' in one) return [new Map()]
  if ('any' in one)
    return one.any.flatMap(part => {
      const isOpen = part.when !== undefined && answer(part.when, form) === 'open'
      return isOpen ? [never] : waysNow(part, form, electorate)
    })
  return one.all
    .map(part => waysNow(part, form, electorate))
    .filter(part => part.length > 0)
    .reduce<readonly Way[]>(
      (left, right) => (left.length === 0 ? right : left.flatMap(a => right.map(b => both(a, b)))),
      [],
    )
}

/** So many of them as make up the share, rounded up; at least one. */
function places([numerator, denominator]: readonly [number, number], of: number | undefined): number {
  if (of === undefined) return Number.POSITIVE_INFINITY
  return Math.max(1, Math.floor((of * numerator + denominator - 1) / denominator))
}

/** Of each role as many persons as the stricter of the two asks for. */
function both(a: Way, b: Way): Way {
  const all = new Map(a)
  for (const [role, { count, groups }] of b) {
    const known = a.get(role) ?? { count: 0, groups: 0 }
    all.set(role, { count: Math.max(count, known.count), groups: Math.max(groups, known.groups) })
  }
  return all
}

/** Whether there is enough for one of the ways, or nothing is asked. */
export const isEnough = (all: readonly Way[], given: readonly Given[]): boolean =>
  all.length === 0 || all.some(way => seated(way, given))

/**
 * Whether every place can be given to a different person. Told as a flow: one unit from each person, to the places of
 * their roles that are anybody's, or through one of their groups, which takes one, to those of different groups.
 */
function seated(way: Way, given: readonly Given[]): boolean {
  const [only] = way
  // Of one role, and of whichever groups, nobody is in anybody's way.
  if (only !== undefined && way.size === 1 && only[1].groups === 0)
    return given.filter(one => one.roles.includes(only[0])).length >= only[1].count
  const places = [...way.values()].reduce((sum, { count }) => sum + count, 0)
  if (places > given.length) return false
  const flow = new Flow()
  for (const [role, { count, groups }] of way) {
    flow.pipe(`anybody ${role}`, 'all', count - groups)
    flow.pipe(`different ${role}`, 'all', groups)
  }
  // Where as many people can go as there are places in all, one of them is free for it: nobody else is needed.
  const goers = new Map<string, number>()
  const goes = (person: number, to: string) => {
    const many = goers.get(to) ?? 0
    if (many === places) return
    goers.set(to, many + 1)
    flow.pipe('all people', `person ${person}`, 1)
    flow.pipe(`person ${person}`, to, 1)
  }
  for (const [person, { roles, groups }] of given.entries()) {
    for (const role of roles) {
      const demand = way.get(role)
      if (demand === undefined) continue
      if (demand.count > demand.groups) goes(person, `anybody ${role}`)
      if (demand.groups === 0) continue
      for (const group of groups) {
        goes(person, `${group} in ${role}`)
        flow.pipe(`${group} in ${role}`, `different ${role}`, 1)
      }
    }
  }
  for (let filled = 0; filled < places; filled += 1) if (!flow.push('all people', 'all')) return false
  return true
}

/** What can still go from where to where; what has gone can go back. */
class Flow {
  readonly #open = new Map<string, Map<string, number>>()

  pipe(from: string, to: string, width: number): void {
    const out = this.#open.get(from) ?? new Map<string, number>()
    if (width === 0) out.delete(to)
    else out.set(to, width)
    this.#open.set(from, out)
  }

  /** Sends one unit on a way that is open, where there is one. */
  push(from: string, to: string): boolean {
    const seen = new Set([from])
    const path = [{ at: from, on: this.#from(from) }]
    for (let last = path.at(-1); last !== undefined && last.at !== to; last = path.at(-1)) {
      const { value, done } = last.on.next()
      if (done === true) path.pop()
      else if (!seen.has(value)) {
        seen.add(value)
        path.push({ at: value, on: this.#from(value) })
      }
    }
    for (const [step, { at }] of path.slice(0, -1).entries()) {
      const next = path[step + 1]?.at ?? to
      this.pipe(at, next, this.#width(at, next) - 1)
      this.pipe(next, at, this.#width(next, at) + 1)
    }
    return path.length > 0
  }

  #from = (from: string): MapIterator<string> => (this.#open.get(from) ?? new Map<string, number>()).keys()
  #width = (from: string, to: string): number => this.#open.get(from)?.get(to) ?? 0
}

/** Of how many of all a share of a role is at most, where no more are able to give it than so many. */
export function mostToShare(requires: Requirement, role: string, able: number, all: number): number {
  const shares = sharesIn(requires, role)
  let most = all
  while (most > able && shares.some(one => places(one, most) > able)) most -= 1
  return most
}

function sharesIn(one: Requirement, role: string): (readonly [number, number])[] {
  if ('from' in one) return 'share' in one && one.from === role ? [one.share] : []
  return ('all' in one ? one.all : 'any' in one ? one.any : []).flatMap(part => sharesIn(part, role))
}
