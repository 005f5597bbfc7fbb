import type { Folds, Of } from './fold.ts'
import { adopted, proposal } from './proposal.ts'

export const policyFolds: Folds<Of<'policy'>> = {
  'policy.proposed': (tables, { digest, by }, command) => {
    if (command.type !== 'proposePolicy') return
    const { policy } = command
    tables.policies = tables.policies.set(digest, proposal(policy, by, tables.policyInForce.get(policy.team)))
  },
  'policy.adopted': (tables, event) => {
    tables.policies = adopted(tables.policies, event)
    tables.policyInForce = tables.policyInForce.set(event.team, event.digest)
  },
}
