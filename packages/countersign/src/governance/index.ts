export { type GovernanceCommand, governanceCommand } from './command.ts'
export { decideGovernance } from './decide.ts'
export { type GovernanceEvent, governanceEvent } from './event.ts'
export { applyGovernance, evolveGovernance } from './evolve.ts'
export {
  type Absence,
  type AccountOwner,
  type Bot,
  type Delegation,
  type Governance,
  type Grant,
  noGovernance,
  type Person,
  type Proposal,
  type Role,
  type Scope,
} from './governance.ts'
export { type Actor, identify } from './identity.ts'
export { holdersOf, isAbsent, staffing } from './role.ts'
