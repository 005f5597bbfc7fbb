export { type BoardOptions, type BoardRules, board } from './board.ts'
export { type PolicyOptions, parsePolicy, policy } from './build.ts'
export { type Category, type CategoryOptions, category } from './category.ts'
export { problemsOf } from './check/check.ts'
export type { PolicyProblem } from './check/problem.ts'
export type { Checklist, ChecklistItem } from './checklist.ts'
export { type Condition, every, field, not, some } from './condition.ts'
export {
  approvedBeforeRelease,
  type Clause,
  type Controls,
  controls,
  controlsDigest,
  controlsSchema,
  readControls,
  testedBeforeRelease,
} from './controls.ts'
export { type Duty, type DutyPair, duties, permit, type Separation, separate } from './duty.ts'
export { type ExceptionRule, exception } from './exception.ts'
export {
  type FieldSchema,
  type FieldValue,
  type Form,
  type FormProblem,
  type FormSchema,
  formProblems,
} from './form.ts'
export { lint } from './lint/lint.ts'
export { type LintCode, type LintFinding, lintCodes } from './lint/lint-finding.ts'
export type { Population } from './lint/population.ts'
export type { LintSetting } from './lint/setting.ts'
export { type Policy, policyDigest, policyJsonSchema, policySchema, readPolicy } from './policy.ts'
export {
  all,
  any,
  approvals,
  type Demand,
  percent,
  type Requirement,
  type RequirementBuilder,
  share,
} from './requirement.ts'
export { type RoleName, type RoleUse, role, type StandInCause } from './role.ts'
export {
  type ApprovalOptions,
  type ApprovalStage,
  approval,
  approved,
  approvedTemplate,
  type Carry,
  type CarryBuilder,
  type FromTemplate,
  type OwedOptions,
  type ParallelStage,
  parallel,
  type ReleaseStage,
  release,
  type SingleStage,
  type Stage,
  singlesOf,
  type TaskStage,
  type TestStage,
  task,
  test,
} from './stage.ts'
export type { TriageOptions, TriageRule } from './triage.ts'
export { form } from './zod-form.ts'
