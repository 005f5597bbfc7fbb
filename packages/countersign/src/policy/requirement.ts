import { CountersignError } from '@countersign/trail'
import * as z from 'zod'
import { roleId } from '../values/identifier.ts'
import { once } from '../values/once.ts'
import { safeParse } from '../values/safe-parse.ts'
import { because } from '../values/text.ts'
import { type Condition, condition, conditionHolds, conditionShape } from './condition.ts'
import type { Form } from './form.ts'
import { refuseUnfinished } from './options.ts'
import { type RoleName, roleNamed } from './role.ts'

/**
 * What has to be approved, as a tree: so many persons of a role, or a share of those who are eligible when the stage
 * opens; an exact fraction, never rounded. Several requirements hold together (`all`) unless the policy says `any` in so many
 * words. In one stage a person counts once: two roles take two persons, and of two rules on one role the stricter holds.
 * `approvals: 0` is said aloud by whoever means it, and is shown as *pre-authorised*.
 */
export type Requirement = (
  | { approvals: number; from: string; groups?: 'different' | undefined }
  | { share: [numerator: number, denominator: number]; from: string; groups?: 'different' | undefined }
  | { approvals: 0 }
  | { all: Requirement[] }
  | { any: Requirement[] }
) & { when?: Condition | undefined; because?: string | undefined }

const mostParts = 10_000
const fraction = z
  .tuple([z.int().min(1).max(mostParts), z.int().min(1).max(mostParts)])
  .refine(([numerator, denominator]) => numerator <= denominator, {
    error: 'a share is at most the whole: the first number is not above the second',
  })
const groups = z.literal('different').optional()

const said = { when: condition.optional(), because: because.optional() }
const parts = z
  .array(z.lazy(() => tree))
  .min(1)
  .max(20)

const tree: z.ZodType<Requirement> = z.union(
  [
    z.strictObject({ approvals: z.int().min(1).max(100), from: roleId, groups, ...said }),
    z.strictObject({ share: fraction, from: roleId, groups, ...said }),
    z.strictObject({ approvals: z.literal(0), ...said }),
    z.strictObject({ all: parts, ...said }),
    z.strictObject({ any: parts, ...said }),
  ],
  {
    error: ({ input }) =>
      isWrongWhen(input)
        ? `asks when it holds by what is no condition: ${conditionShape}`
        : 'must be approvals(n).from(role(…)), share(n, m).of(role(…)), percent(p).of(role(…)) with p from 1 to 100, approvals(0), all(…) or any(…), with whole numbers n, m and p',
  },
)

/** Whether it is the condition of a requirement, or of one in it, that is none. */
function isWrongWhen(input: unknown): boolean {
  const { when, all: every = [], any: some = [] } = (input ?? {}) as Partial<Record<'when' | 'all' | 'any', unknown>>
  if (when !== undefined && !safeParse(condition, when).success) return true
  return [every, some].some(within => Array.isArray(within) && within.some(isWrongWhen))
}

/** More ways than this make a requirement that nobody can read; the policy is refused. */
const mostChoices = 64

/** In how many ways a requirement can be met at most, without writing them out. */
function countChoices(one: Requirement): number {
  if ('from' in one || 'approvals' in one) return 1
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

  /**
   * It applies to the changes whose form meets the condition, and to no others. It is said once: of two conditions
   * nobody could tell whether both have to hold (`every`) or one of them (`some`).
   */
  when(one: Condition): RequirementBuilder {
    refuseUnfinished('when', one)
    if (typeof one !== 'object' || one === null)
      throw new CountersignError('policy', "when takes a condition, as field('risk').is('high')")
    if (this.data.when !== undefined)
      throw new CountersignError(
        'policy',
        'when is said twice of one requirement: every(…) where both have to hold, some(…) where one is enough',
      )
    return new RequirementBuilder({ ...this.data, when: one })
  }

  /** Why the team asks for it: the sentence travels into refusals and explanations. */
  because(reason: string): RequirementBuilder {
    return new RequirementBuilder({ ...this.data, because: reason })
  }
}

/** So many persons of a role, who may have to come from different groups. */
class PersonsBuilder extends RequirementBuilder {
  /**
   * Each of them stands for a group of their own, such as a department or a firm: a group to which they belong, and for
   * which none of the others stands. Whoever belongs to no group does not count here.
   */
  fromDifferentGroups(): RequirementBuilder {
    return new RequirementBuilder({ ...this.data, groups: 'different' } as Requirement)
  }
}

class ApprovalsBuilder extends RequirementBuilder {
  /** Whose approvals count: the holders of one role. */
  readonly from = (one: RoleName, ...more: never[]): PersonsBuilder => {
    const { approvals } = this.data as { approvals: number }
    return new PersonsBuilder({ approvals, from: only('from', one, more) })
  }
}

/** The one role of which persons are asked for. A second one would be left out without a word. */
function only(where: string, one: RoleName, more: readonly unknown[]): string {
  const name = roleNamed(where, one)
  if (more.length === 0) return name
  throw new CountersignError(
    'policy',
    `${where} takes one role: all(…) asks persons of several roles, any(…) of one of them`,
  )
}

/** Whether it says how many are asked, and not of whom. That none are is said without. */
const isOfNobodyYet = (data: Requirement | null): boolean =>
  data !== null && 'approvals' in data && !('from' in data) && (data.approvals as number) !== 0

/** The data that has been built; of what is no requirement there is none. */
export function built(where: string, one: RequirementBuilder): Requirement {
  if (typeof (one as RequirementBuilder | null | undefined)?.data === 'object' && !isOfNobodyYet(one.data))
    return one.data
  refuseUnfinished(`${where}: what it asks for`, one)
  throw new CountersignError('policy', `${where}: what it asks for is written as approvals(1).from(role('owner'))`)
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
export function approvals(count: 0): ApprovalsBuilder
export function approvals(count: number): Pick<ApprovalsBuilder, 'from'>
export function approvals(count: number): ApprovalsBuilder {
  return new ApprovalsBuilder({ approvals: count } as Requirement)
}

/**
 * A share of a role, as an exact fraction: `share(2, 3).of(role('board'))`. Of how many is settled when the stage opens
 * (the holders who are active then and not excluded by separation) and is recorded.
 *
 * @example
 * ```ts
 * import { role, share } from 'countersign/policy'
 * share(2, 3).of(role('board')).data // → { share: [2, 3], from: 'board' }
 * ```
 */
export const share = (numerator: number, denominator: number) => ({
  of: (one: RoleName, ...more: never[]): PersonsBuilder =>
    new PersonsBuilder({ share: [numerator, denominator], from: only('of', one, more) }),
})

/**
 * A percentage as the exact fraction that it is: 67 % of three persons is more than two of them.
 *
 * @example
 * ```ts
 * import { percent, role } from 'countersign/policy'
 * percent(67).of(role('board')).data // → { share: [67, 100], from: 'board' }
 * ```
 */
export const percent = (percentage: number) => share(percentage, 100)

/**
 * Every one of them, by different persons.
 *
 * @example
 * ```ts
 * import { all, approvals, role } from 'countersign/policy'
 * all(approvals(1).from(role('owner')), approvals(1).from(role('it'))).data
 * // → { all: [{ approvals: 1, from: 'owner' }, { approvals: 1, from: 'it' }] }
 * ```
 */
export const all = (...of: RequirementBuilder[]): RequirementBuilder =>
  new RequirementBuilder({ all: of.map(one => built('all(…)', one)) })

/**
 * One of them is enough. A stricter alternative beside a weaker one is never needed.
 *
 * @example
 * ```ts
 * import { any, approvals, role } from 'countersign/policy'
 * any(approvals(1).from(role('head')), approvals(2).from(role('owner'))).data
 * // → { any: [{ approvals: 1, from: 'head' }, { approvals: 2, from: 'owner' }] }
 * ```
 */
export const any = (...of: RequirementBuilder[]): RequirementBuilder =>
  new RequirementBuilder({ any: of.map(one => built('any(…)', one)) })

/** The roles that a requirement names, each once. */
export function rolesOf(one: Requirement): string[] {
  if ('from' in one) return [one.from]
  if ('approvals' in one) return []
  return [...new Set(('all' in one ? one.all : one.any).flatMap(rolesOf))]
}

/** The conditions in a requirement. */
export function conditionsOf(one: Requirement): Condition[] {
  const own = one.when === undefined ? [] : [one.when]
  if ('from' in one || 'approvals' in one) return own
  return [...own, ...('all' in one ? one.all : one.any).flatMap(conditionsOf)]
}

/** How many persons of a role are asked for, and how many of them must be of pairwise different groups. */
export interface Demand {
  readonly count: number
  readonly groups: number
}

/** One way to meet a requirement: what is asked of each role. No role at all means pre-authorised. */
export type Choice = ReadonlyMap<string, Demand>

/** For each role of which a share is asked: how many persons it is a share of. */
export type Electorate = Readonly<Record<string, number>>

/** The persons that a part of an electorate comes to. Nobody is no share of anybody: an empty role asks for one. */
export const placesOf = ([numerator, denominator]: readonly [number, number], electorate: number): number =>
  Math.max(1, Math.ceil((electorate * numerator) / denominator))

/** The shares of a role that are asked for. */
export function sharesOf(one: Requirement, role: string): (readonly [numerator: number, denominator: number])[] {
  if ('from' in one) return 'share' in one && one.from === role ? [one.share] : []
  if ('approvals' in one) return []
  return ('all' in one ? one.all : one.any).flatMap(part => sharesOf(part, role))
}

/** The roles of which a share is asked, each once. */
export function sharedRolesOf(one: Requirement): string[] {
  if ('from' in one) return 'share' in one ? [one.from] : []
  if ('approvals' in one) return []
  return [...new Set(('all' in one ? one.all : one.any).flatMap(sharedRolesOf))]
}

/** Where a conditional part stands: by itself, among parts that hold together, or among alternatives. */
export type Among = 'itself' | 'all' | 'any'

/**
 * Whether a conditional part of a requirement is asked for. A condition that cannot be answered asks for more, and not for less:
 * its part counts by itself and beside others, and is no alternative to others.
 */
export function isAskedFor(condition: Condition, form: Form, among: Among): boolean {
  const answer = conditionHolds(condition, form)
  return answer === 'unknown' ? among !== 'any' : answer
}

/**
 * The ways in which the parts that apply can be met. `applies` decides on a condition. An empty list means that nothing
 * in the requirement applies, which is not the same as a choice that asks for nothing.
 */
export function choicesOf(
  one: Requirement,
  applies: (condition: Condition, among: Among) => boolean,
  electorate: Electorate = {},
  among: Among = 'itself',
): Choice[] {
  if (one.when !== undefined && !applies(one.when, among)) return []
  if ('from' in one) {
    const count = 'share' in one ? placesOf(one.share, electorate[one.from] ?? 0) : one.approvals
    return [new Map([[one.from, { count, groups: one.groups === undefined ? 0 : count }]])]
  }
  if ('approvals' in one) return [new Map()]
  if ('any' in one) return one.any.flatMap(part => choicesOf(part, applies, electorate, 'any'))
  let choices: Choice[] | undefined
  for (const part of one.all) {
    const ways = choicesOf(part, applies, electorate, 'all')
    if (ways.length === 0) continue
    choices = choices === undefined ? ways : choices.flatMap(left => ways.map(right => stricter(left, right)))
  }
  return choices ?? []
}

/** Two rules on one role ask for what the stricter one does; rules on different roles ask for both. */
function stricter(left: Choice, right: Choice): Choice {
  const merged = new Map(left)
  for (const [name, { count, groups }] of right) {
    const known = merged.get(name)
    merged.set(name, { count: Math.max(count, known?.count ?? 0), groups: Math.max(groups, known?.groups ?? 0) })
  }
  return merged
}

/** The number of persons that a choice takes. */
export const personsIn = (choice: Choice): number => [...choice.values()].reduce((sum, { count }) => sum + count, 0)

/** The number of persons that the choice takes which takes the fewest, found once; 0 where there is none. */
export const fewestIn = once((choices: readonly Choice[]): number =>
  choices.length === 0 ? 0 : choices.reduce((least, one) => Math.min(least, personsIn(one)), Number.POSITIVE_INFINITY),
)
