import type { Controls } from '../policy/controls.ts'
import type { Policy } from '../policy/policy.ts'
import { type Governance, tables } from './governance.ts'

/** The policy in force of a team. */
export function policyOf(governance: Governance, team: string): Policy | undefined {
  const { policies, policyInForce } = governance[tables]
  return policies.get(policyInForce.get(team) ?? '')?.document
}

/**
 * The controls in force, where any are.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { controlsIn } from 'countersign/governance'
 * const { desk } = await f0()
 * controlsIn(desk.governance())?.name // → 'baseline'
 * ```
 */
export const controlsIn = (governance: Governance): Controls | undefined =>
  governance[tables].controls.get(governance.controlsInForce ?? '')?.document
