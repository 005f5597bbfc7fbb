import type { Condition } from '../policy/condition.ts'
import type { Requirement } from '../policy/requirement.ts'
import type { ApprovalStage } from '../policy/stage.ts'

// What a policy asks for, and whether it is there: told a second time, straight from the law.

/** Something that was given: by whom, all who have a part in it, and for which roles. */
interface Given {
  readonly people: readonly string[]
  readonly roles: readonly string[]
}

/** Whether a condition asks for something; a question without an answer does. */
export function asked(condition: Condition | undefined, form: Record<string, unknown>): boolean {
  return condition === undefined || answer(condition, form) !== 'no'
}

function answer(condition: Condition, form: Record<string, unknown>): 'yes' | 'no' | 'open' {
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
  if (value === undefined) return 'open'
  if ('is' in condition) return value === condition.is ? 'yes' : 'no'
  if ('oneOf' in condition) return condition.oneOf.includes(value as string) ? 'yes' : 'no'
  if ('includes' in condition)
    return Array.isArray(value) ? (value.includes(condition.includes) ? 'yes' : 'no') : 'open'
  if (typeof value !== 'number') return 'open'
  return ('atLeast' in condition ? value >= condition.atLeast : value < condition.below) ? 'yes' : 'no'
}

/** The ways to meet a requirement, each as a list of roles, one entry a person. */
export function ways(one: Requirement, form: Record<string, unknown>): string[][] {
  if (!asked(one.when, form)) return []
  if ('from' in one) return [Array.from({ length: one.approvals }, () => one.from)]
  if ('approvals' in one) return [[]]
  if ('any' in one) return one.any.flatMap(part => ways(part, form))
  return one.all
    .map(part => ways(part, form))
    .filter(part => part.length > 0)
    .reduce<string[][]>(
      (left, right) => (left.length === 0 ? right : left.flatMap(a => right.map(b => both(a, b)))),
      [],
    )
}

/** Of each role as many persons as the stricter of the two asks for. */
function both(a: string[], b: string[]): string[] {
  const count = (list: string[], role: string) => list.filter(one => one === role).length
  return [...new Set([...a, ...b])].flatMap(role =>
    Array.from({ length: Math.max(count(a, role), count(b, role)) }, () => role),
  )
}

export function isEnough(stage: ApprovalStage, form: Record<string, unknown>, acts: readonly Given[]): boolean {
  const all = ways(stage.requires, form)
  return all.length === 0 || all.some(places => seated(places, acts))
}

/** Whether every place can be given to a different person: try each, and let whoever sits there look for another. */
function seated(places: readonly string[], acts: readonly Given[]): boolean {
  const sits = new Map<number, number>()
  const seat = (place: number, asking: Set<number>): boolean =>
    acts.some((act, who) => {
      if (asking.has(who) || !act.roles.includes(places[place] ?? '')) return false
      // Two approvals in which the same person has a part are one.
      if ([...sits].some(([other]) => other !== who && acts[other]?.people.some(one => act.people.includes(one))))
        return false
      asking.add(who)
      const held = sits.get(who)
      if (held !== undefined && !seat(held, asking)) return false
      sits.set(who, place)
      return true
    })
  return places.every((_, place) => seat(place, new Set()))
}
