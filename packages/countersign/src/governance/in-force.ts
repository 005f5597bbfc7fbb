import type { Policy } from '../policy/policy.ts'
import { type Governance, tables } from './governance.ts'

/** The policy in force of a team. */
export function policyOf(governance: Governance, team: string): Policy | undefined {
  const { policies, policyInForce } = governance[tables]
  return policies.get(policyInForce.get(team) ?? '')?.document
}
