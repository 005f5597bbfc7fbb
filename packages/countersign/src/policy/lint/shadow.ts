import { toldApart, toldCase } from '../cases.ts'
import { conditionHolds } from '../condition.ts'
import type { Form } from '../form.ts'
import { match } from '../matching.ts'
import { type Choice, choicesOf, conditionsOf, personsIn, type Requirement, rolesOf } from '../requirement.ts'
import { finding, type LintFinding } from './lint-finding.ts'

/** Whether everybody who holds one role holds another one as well. */
export type Implies = (role: string, other: string) => boolean

/** Of a share it is not known yet of how many, so it is held against several numbers. */
const electorates = [1, 2, 3, 4, 5, 7, 10, 30, 100]

/**
 * Rules of an approval that make no difference: alternatives for which a weaker one is always there, and rules on one
 * role beside a stricter one that always applies as well.
 */
export function shadowed(
  where: string,
  requirement: Requirement,
  cases: readonly Form[],
  implies: Implies,
): LintFinding[] {
  const here = cases.filter(one => requirement.when === undefined || conditionHolds(requirement.when, one) === true)
  if (!('all' in requirement) && !('any' in requirement)) return []
  const [kind, parts] = 'all' in requirement ? (['all', requirement.all] as const) : (['any', requirement.any] as const)
  const own = parts.flatMap((part, place) => {
    const at = `${where}.${kind}.${place}`
    const others = parts.flatMap((one, other) => (other === place ? [] : [{ one, isLater: other > place }]))
    const found =
      kind === 'any' ? shadowedAlternative(at, part, others, here, implies) : absorbedRule(at, part, others, here)
    return found === undefined ? [] : [found]
  })
  return [...own, ...parts.flatMap((part, place) => shadowed(`${where}.${kind}.${place}`, part, here, implies))]
}

/** A rule that stands beside another one. */
interface Beside {
  readonly one: Requirement
  readonly isLater: boolean
}

function shadowedAlternative(
  where: string,
  part: Requirement,
  others: readonly Beside[],
  cases: readonly Form[],
  implies: Implies,
): LintFinding | undefined {
  for (const { one: other, isLater } of others) {
    const met = metWith(part, other, cases, implies)
    const [first] = met.together
    if (first === undefined || !(met.isAlways || met.isThere)) continue
    // Of two that come to the same, one is as good as the other, and the second is the one too many.
    if (isLater && met.isAlways && metWith(other, part, cases, implies).isAlways) continue
    const here = met.isAlways ? '' : ` where ${toldCase(first)}`
    return finding(
      'alternative.shadowed',
      where,
      `${told(part)} is never needed${here}: whoever meets it meets ${told(other)} as well, and one of them is enough`,
      'Join them with all(…) where both are meant, give the weaker one a condition, or leave one out.',
    )
  }
  return undefined
}

interface Met {
  /** The cases in which whoever meets the one meets the other. */
  readonly together: readonly Form[]
  /** Whether that is so in every case in which the one applies. */
  readonly isAlways: boolean
  /** Whether the other applies wherever the one does. */
  readonly isThere: boolean
}

function metWith(part: Requirement, other: Requirement, cases: readonly Form[], implies: Implies): Met {
  const sizes = [part, other].some(hasShare) ? electorates : [0]
  const roles = [...rolesOf(part), ...rolesOf(other)]
  const together: Form[] = []
  let applied = 0
  let isThere = true
  for (const one of toldApart(cases, [part, other].flatMap(conditionsOf))) {
    const waysOf = (rule: Requirement, size: number) =>
      choicesOf(rule, when => conditionHolds(when, one) === true, Object.fromEntries(roles.map(role => [role, size])))
    if (waysOf(part, 0).length === 0) continue
    applied += 1
    isThere &&= waysOf(other, 0).length > 0
    const isMet = sizes.every(size =>
      waysOf(part, size).every(way => waysOf(other, size).some(weaker => covers(way, weaker, implies))),
    )
    if (isMet) together.push(one)
  }
  return { together, isAlways: applied > 0 && together.length === applied, isThere }
}

const hasShare = (one: Requirement): boolean =>
  'share' in one || ('all' in one ? one.all : 'any' in one ? one.any : []).some(hasShare)

/** Whether the persons of one way, whoever they are, meet the other one. */
function covers(way: Choice, other: Choice, implies: Implies): boolean {
  for (const [role, { groups }] of other) if (groups > (way.get(role)?.groups ?? 0)) return false
  const roles = [...other.keys()]
  const persons = [...way].flatMap(([held, { count }], at) =>
    Array.from({ length: count }, (_, nth) => ({
      person: `${at} ${nth}`,
      roles: roles.filter(role => role === held || implies(held, role)),
    })),
  )
  const plain = new Map([...other].map(([role, { count }]) => [role, { count, groups: 0 }]))
  return match(plain, persons).missing.size === 0
}

/** Two rules on one role in one stage ask for what the stricter one does, and not for the sum. */
function absorbedRule(
  where: string,
  part: Requirement,
  others: readonly Beside[],
  cases: readonly Form[],
): LintFinding | undefined {
  if (!('approvals' in part && 'from' in part)) return undefined
  const applies = (one: Requirement, to: Form) => one.when === undefined || conditionHolds(one.when, to) === true
  const stricter = others.find(({ one: other, isLater }) => {
    if (!('approvals' in other && 'from' in other) || other.from !== part.from) return false
    const isAsMuch = other.approvals >= part.approvals && (part.groups === undefined || other.groups !== undefined)
    const isSame = other.approvals === part.approvals && other.groups === part.groups
    if (!isAsMuch || (isSame && isLater)) return false
    return cases.some(one => applies(part, one)) && cases.every(one => !applies(part, one) || applies(other, one))
  })
  return stricter === undefined
    ? undefined
    : finding(
        'rule.absorbed',
        where,
        `${told(part)} adds nothing to ${told(stricter.one)}: two rules on one role ask for what the stricter one does`,
        'Ask for the sum in one rule, or for the second one in a stage of its own, where other persons give it.',
      )
}

/** A requirement, much as its author has written it. */
export function told(one: Requirement): string {
  const apart = 'groups' in one && one.groups !== undefined ? ' of different groups' : ''
  if ('share' in one) return `share(${one.share.join(', ')}) of ${one.from}${apart}`
  if ('from' in one) return `approvals(${one.approvals}) from ${one.from}${apart}`
  if ('approvals' in one) return 'approvals(0)'
  const [kind, parts] = 'all' in one ? ['all', one.all] : ['any', one.any]
  return `${kind}(${parts.map(told).join(', ')})`
}

/** The fewest persons with which a requirement can be met in a case: of a share, one; nobody is asked where none applies. */
export function fewestIn(requirement: Requirement, one: Form): number | undefined {
  const choices = choicesOf(requirement, when => conditionHolds(when, one) === true)
  return choices.length === 0 ? undefined : Math.min(...choices.map(personsIn))
}
