export {
  type Interval,
  interval,
  mostIntervals,
  type Schedule,
  type Scheduled,
  schedule,
  type WrittenSchedule,
  weekdays,
} from '../values/schedule.ts'
export { adoptionProblems } from './adoption.ts'
export { personOf } from './alias.ts'
export { type Difference, type GovernanceCommand, governanceCommand } from './command.ts'
export { decideGovernance } from './decide.ts'
export { type DelegationChain, delegatesOf, delegationChains, type Matter } from './delegation.ts'
export { type Directory, differencesOf } from './directory.ts'
export { type GovernanceEvent, governanceEvent } from './event.ts'
export { evolveGovernance } from './evolve.ts'
export { barredFrom } from './exclusion.ts'
export { noGovernance } from './folded.ts'
export { type FormInForce, formInForce } from './form.ts'
export type {
  Absence,
  AccountOwner,
  Bot,
  Delegation,
  Exclusion,
  Governance,
  Grant,
  Person,
  Proposal,
  Role,
  Scope,
  TemplateApproval,
  TemplateVersion,
} from './governance.ts'
export { type Actor, identify } from './identity.ts'
export { controlsIn } from './in-force.ts'
export type { PersonName } from './name.ts'
export { populationOf } from './population.ts'
export { grantsBehind, groupsOf, holdersOf, holds, isAbsent, robotsIn, staffing, standInFor } from './role.ts'
export { type Template, templateDigest } from './template.ts'
export { type TemplateUse, templateUse } from './template-use.ts'
