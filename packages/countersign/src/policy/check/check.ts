import { didYouMean } from '../../values/near.ts'
import { type Controls, controlsDigest } from '../controls.ts'
import {
  afterwardsSeparations,
  defaultSeparations,
  duties,
  houseSeparations,
  type Separation,
  samePair,
} from '../duty.ts'
import type { Policy } from '../policy.ts'
import { singlesOf } from '../stage.ts'
import { boardProblems } from './board-problems.ts'
import { categoryProblems } from './category-problems.ts'
import { controlProblems } from './control-problems.ts'
import { glassClauseProblems } from './owed-problems.ts'
import type { PolicyProblem } from './problem.ts'

/** Without controls no clause is asked about. */
const noControls: Controls = { format: 'countersign/controls/v1', name: '', clauses: {} }

/**
 * Everything that keeps a policy from being used under these controls; without any, what no controls would let pass.
 *
 * @example
 * ```ts
 * import { approval, approvals, category, controls, policy, problemsOf, role, separate } from 'countersign/policy'
 * const house = controls('house', { 'CM-1': separate('make', 'approve').because('nobody approves what they made') })
 * const flow = [approval('agree', approvals(1).from(role('owner')))]
 * const payments = policy('payments', { complies: house, roles: { owner: 'answers for it' } }, { normal: category({ flow }) })
 * problemsOf(payments, house) // → []
 * problemsOf(payments, { ...house, name: 'another' })[0]?.where // → 'complies'
 * ```
 */
export function problemsOf(policy: Policy, given?: Controls): PolicyProblem[] {
  const problems: PolicyProblem[] = []
  const controls = given ?? noControls
  const { complies } = policy
  if (given !== undefined && (complies.controls !== given.name || complies.digest !== controlsDigest(given))) {
    problems.push({
      where: 'complies',
      problem: `names the controls ${complies.controls} with digest ${complies.digest.slice(0, 12)}…, and the controls given are ${given.name} with ${controlsDigest(given).slice(0, 12)}…`,
    })
  }
  const roles = Object.keys(policy.roles)
  const known = (role: string, where: string) => {
    if (Object.hasOwn(policy.roles, role)) return
    problems.push({ where, problem: `there is no role ${role} in this policy's roles${didYouMean(role, roles)}` })
  }
  for (const [name, use] of Object.entries(policy.roles)) {
    if (use.delegates !== undefined) known(use.delegates, `roles.${name}.delegates`)
    if (use.fallback === undefined) continue
    known(use.fallback.role, `roles.${name}.fallback`)
    if (use.fallback.role === name)
      problems.push({ where: `roles.${name}.fallback`, problem: 'a role cannot stand in for itself' })
  }
  for (const [index, { grantedBy }] of (policy.exceptions ?? []).entries())
    known(grantedBy, `exceptions.${index}.grantedBy`)
  problems.push(...dutyProblems(policy, controls), ...exceptionProblems(policy, controls))
  problems.push(...boardProblems(policy, known))
  const categories = Object.keys(policy.categories)
  if (categories.length === 0)
    problems.push({ where: 'categories', problem: 'a policy without a category lets nothing through' })
  for (const [name, category] of Object.entries(policy.categories)) {
    const own = categoryProblems(policy, name, category, known)
    problems.push(...own)
    problems.push(
      ...controlProblems(name, category, policy, controls),
      ...glassClauseProblems(name, category, controls),
    )
  }
  return problems
}

/** The duties that somebody can have under a policy: those that every change knows, and those of its tasks. */
export const dutiesOf = (policy: Policy): ReadonlySet<string> =>
  new Set([
    ...duties,
    ...Object.values(policy.categories).flatMap(category =>
      singlesOf(category.flow).flatMap(stage => (stage.kind === 'task' ? [stage.duty] : [])),
    ),
  ])

function dutyProblems(policy: Policy, controls: Controls): PolicyProblem[] {
  const problems: PolicyProblem[] = []
  const known = dutiesOf(policy)
  for (const list of ['separate', 'permit', 'exceptions'] as const) {
    for (const [index, { duties: pair }] of (policy[list] ?? []).entries()) {
      for (const duty of pair) {
        if (known.has(duty)) continue
        problems.push({
          where: `${list}.${index}`,
          problem: `nobody ever has the duty ${duty} here${didYouMean(duty, known)}`,
        })
      }
      if (pair[0] === pair[1])
        problems.push({ where: `${list}.${index}`, problem: 'a duty cannot be kept apart from itself' })
    }
  }
  for (const [index, { duties: pair }] of policy.permit.entries()) {
    const where = `permit.${index}`
    const names = pair.join(' and ')
    const [clause, asked] =
      Object.entries(controls.clauses).find(([, one]) => one.rule === 'separate' && samePair(one.duties, pair)) ?? []
    if (clause !== undefined) {
      problems.push({
        where,
        problem: `${clause} (${asked?.because}) keeps ${names} apart, and no policy can lift it`,
        clause,
      })
    } else if (samePair(pair, ['release', 'review'])) {
      problems.push({ where, problem: 'nobody reviews afterwards what they put into effect themselves' })
    } else if (houseSeparations.some(one => samePair(one.duties, pair))) {
      problems.push({ where, problem: `${names} are always in different hands; a small team needs another person` })
    } else if (![...defaultSeparations, ...afterwardsSeparations].some(one => samePair(one.duties, pair))) {
      problems.push({ where, problem: `nothing keeps ${names} apart, so there is nothing to permit` })
    }
  }
  return problems
}

/**
 * Exceptions from what nothing keeps apart, or from what the organisation lets nobody be excepted from. From what no policy
 * can lift it lets somebody be excepted only in so many words, in each clause that speaks of the pair.
 */
function exceptionProblems(policy: Policy, controls: Controls): PolicyProblem[] {
  const problems: PolicyProblem[] = []
  const rules = policy.exceptions ?? []
  for (const [index, { duties: pair }] of rules.entries()) {
    const where = `exceptions.${index}`
    const names = pair.join(' and ')
    if (rules.slice(0, index).some(one => samePair(one.duties, pair)))
      problems.push({ where, problem: `says a second time who grants exceptions from ${names}` })
    const clauses = Object.entries(controls.clauses).flatMap(([clause, one]) =>
      one.rule === 'separate' && samePair(one.duties, pair) ? [{ clause, ...one }] : [],
    )
    const against = clauses.find(one => one.exceptions !== 'allowed')
    const isAfterwards = afterwardsSeparations.some(one => samePair(one.duties, pair))
    // Without controls nobody knows whether a clause keeps a pair apart, and allows it.
    const isOpen = controls === noControls ? !isAfterwards : clauses.length > 0 && against === undefined
    if (isOpen) continue
    const lifted = (one: Separation) => policy.permit.some(other => samePair(other.duties, one.duties))
    const others = [...policy.separate, ...defaultSeparations.filter(one => !lifted(one))]
    if (against !== undefined) {
      const { clause, because } = against
      problems.push({ where, problem: `${clause} (${because}) keeps ${names} apart and allows no exceptions`, clause })
    } else if (houseSeparations.some(one => samePair(one.duties, pair))) {
      const allowing = `separate('${pair[0]}', '${pair[1]}', { exceptions: 'allowed' })`
      const problem = `${names} are always in different hands, and no clause of the controls allows exceptions from that: ${allowing}`
      problems.push({ where, problem })
    } else if (isAfterwards) {
      const problem = `nobody is excepted from what keeps ${names} apart: a review afterwards is by somebody else`
      problems.push({ where, problem })
    } else if (!others.some(one => samePair(one.duties, pair))) {
      problems.push({ where, problem: `nothing keeps ${names} apart, so there is nothing to be excepted from` })
    }
  }
  return problems
}
