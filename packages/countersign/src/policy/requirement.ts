import * as z from 'zod'
import { roleId } from '../values/identifier.ts'
import { because } from '../values/text.ts'
import { type Condition, condition } from './condition.ts'
import type { RoleName } from './role.ts'

/**
 * What has to be approved, as a tree. Several requirements hold together (`all`) unless the policy says `any` in so many
 * words. In one stage a person counts once: two roles take two persons, and of two rules on one role the stricter holds.
 * `approvals: 0` is said aloud by whoever means it, and is shown as *pre-authorised*.
 */
export type Requirement = (
  | { approvals: number; from: string }
  | { approvals: 0 }
  | { all: Requirement[] }
  | { any: Requirement[] }
) & { when?: Condition | undefined; because?: string | undefined }

const said = { when: condition.optional(), because: because.optional() }
const parts = z
  .array(z.lazy(() => tree))
  .min(1)
  .max(20)

const tree: z.ZodType<Requirement> = z.union(
  [
    z.strictObject({ approvals: z.int().min(1).max(100), from: roleId, ...said }),
    z.strictObject({ approvals: z.literal(0), ...said }),
    z.strictObject({ all: parts, ...said }),
    z.strictObject({ any: parts, ...said }),
  ],
  { error: 'must be approvals(n).from(role(…)), approvals(0), all(…) or any(…)' },
)

/** More ways than this make a requirement that nobody can read; the policy is refused. */
const mostChoices = 64

/** In how many ways a requirement can be met at most, without writing them out. */
function countChoices(one: Requirement): number {
  if ('approvals' in one) return 1
  return 'any' in one
    ? one.any.reduce((sum, part) => sum + countChoices(part), 0)
    : one.all.reduce((product, part) => product * Math.max(1, countChoices(part)), 1)
}

export const requirement: z.ZodType<Requirement> = tree.refine(one => countChoices(one) <= mostChoices, {
  error: `can be met in more than ${mostChoices} ways; nest fewer any() in all(), or use stages`,
})

/** A requirement under construction. */
export class RequirementBuilder {
  /** The plain data that has been built so far. */
  readonly data: Requirement

  constructor(data: Requirement) {
    this.data = data
  }

  /** It applies to the changes whose form meets the condition, and to no others. */
  when(one: Condition): RequirementBuilder {
    return new RequirementBuilder({ ...this.data, when: one })
  }

  /** Why the team asks for it: the sentence travels into refusals and explanations. */
  because(reason: string): RequirementBuilder {
    return new RequirementBuilder({ ...this.data, because: reason })
  }
}

class ApprovalsBuilder extends RequirementBuilder {
  /** Whose approvals count. */
  from(one: RoleName): RequirementBuilder {
    const { approvals } = this.data as { approvals: number }
    return new RequirementBuilder({ approvals, from: one.role })
  }
}

/**
 * So many different persons of a role: `approvals(2).from(role('owner'))`. `approvals(0)` means that nothing is asked,
 * and is the only way to say so.
 *
 * @example
 * ```ts
 * import { approvals, role } from 'countersign/policy'
 * approvals(2).from(role('owner')).data // → { approvals: 2, from: 'owner' }
 * ```
 */
export const approvals = (count: number): ApprovalsBuilder => new ApprovalsBuilder({ approvals: count } as Requirement)

/** Every one of them, by different persons. */
export const all = (...of: RequirementBuilder[]): RequirementBuilder =>
  new RequirementBuilder({ all: of.map(one => one.data) })

/** One of them is enough. A stricter alternative beside a weaker one is never needed. */
export const any = (...of: RequirementBuilder[]): RequirementBuilder =>
  new RequirementBuilder({ any: of.map(one => one.data) })

/** The roles that a requirement names, each once. */
export function rolesOf(one: Requirement): string[] {
  if ('from' in one) return [one.from]
  if ('approvals' in one) return []
  return [...new Set(('all' in one ? one.all : one.any).flatMap(rolesOf))]
}

/** The conditions in a requirement. */
export function conditionsOf(one: Requirement): Condition[] {
  const own = one.when === undefined ? [] : [one.when]
  if ('approvals' in one) return own
  return [...own, ...('all' in one ? one.all : one.any).flatMap(conditionsOf)]
}

/** One way to meet a requirement: for each role the number of different persons. No role at all means pre-authorised. */
export type Choice = ReadonlyMap<string, number>

/** Where a conditional part stands: by itself, among parts that hold together, or among alternatives. */
export type Among = 'itself' | 'all' | 'any'

/**
 * The ways in which the parts that apply can be met. `applies` decides on a condition. An empty list means that nothing
 * in the requirement applies, which is not the same as a choice that asks for nothing.
 */
export function choicesOf(
  one: Requirement,
  applies: (condition: Condition, among: Among) => boolean,
  among: Among = 'itself',
): Choice[] {
  if (one.when !== undefined && !applies(one.when, among)) return []
  if ('from' in one) return [new Map([[one.from, one.approvals]])]
  if ('approvals' in one) return [new Map()]
  if ('any' in one) return one.any.flatMap(part => choicesOf(part, applies, 'any'))
  let choices: Choice[] | undefined
  for (const part of one.all) {
    const ways = choicesOf(part, applies, 'all')
    if (ways.length === 0) continue
    choices = choices === undefined ? ways : choices.flatMap(left => ways.map(right => stricter(left, right)))
  }
  return choices ?? []
}

/** Two rules on one role ask for the stricter one's number; rules on different roles ask for both. */
function stricter(left: Choice, right: Choice): Choice {
  const merged = new Map(left)
  for (const [name, count] of right) merged.set(name, Math.max(count, merged.get(name) ?? 0))
  return merged
}

/** The number of persons that a choice takes. */
export const personsIn = (choice: Choice): number => [...choice.values()].reduce((sum, count) => sum + count, 0)
