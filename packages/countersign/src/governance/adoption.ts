import { problemsOf } from '../policy/check/check.ts'
import type { PolicyProblem } from '../policy/check/problem.ts'
import type { Policy } from '../policy/policy.ts'
import { didYouMean } from '../values/near.ts'
import { type Governance, tables } from './governance.ts'
import { controlsIn } from './in-force.ts'

/**
 * Everything for which a policy would not be adopted now: what is wrong with it under the controls in force, and roles that
 * the organisation does not have.
 *
 * @example
 * ```ts
 * import { fixturePolicy } from '@countersign/testing'
 * import { adoptionProblems, noGovernance } from 'countersign/governance'
 * adoptionProblems(noGovernance, fixturePolicy())
 * // → [{ where: 'complies', problem: 'no controls are in force' }]
 * ```
 */
export function adoptionProblems(governance: Governance, policy: Policy): PolicyProblem[] {
  const inForce = controlsIn(governance)
  if (inForce === undefined) return [{ where: 'complies', problem: 'no controls are in force' }]
  const { roles } = governance[tables]
  const problems = problemsOf(policy, inForce)
  for (const role of Object.keys(policy.roles)) {
    if (roles.has(role)) continue
    const near = didYouMean(role, roles.keys())
    problems.push({ where: `roles.${role}`, problem: `the organisation has no role ${role}${near}` })
  }
  return problems
}
