import { conditionHolds } from '../policy/condition.ts'
import { lacking, match } from '../policy/matching.ts'
import type { Policy } from '../policy/policy.ts'
import { choicesOf, isAskedFor, rolesOf, sharedRolesOf } from '../policy/requirement.ts'
import { type ApprovalStage, singlesOf } from '../policy/stage.ts'
import type { Digest } from '../values/digest.ts'
import type { Instant } from '../values/instant.ts'
import { personOf } from './alias.ts'
import { type Governance, type TemplateApproval, type TemplateVersion, tables } from './governance.ts'
import { policyOf } from './in-force.ts'
import { groupsOf, holdersOf } from './role.ts'
import { type Template, templateKey } from './template.ts'
import { countingApprovals, letIn } from './template-approval.ts'

/** Whether a template can be used for a new change, with those who approved it, or why not. */
export type TemplateUse =
  | {
      readonly usable: true
      readonly template: Template
      readonly digest: Digest
      readonly approvals: readonly TemplateApproval[]
    }
  | { readonly usable: false; readonly why: 'unknown' | 'not approved' | 'superseded' | 'revoked' | 'expired' }

/**
 * Whether a version of a template can be used at an instant: its approvals meet what the category asks for (under the
 * policy in force unless another is given), it is neither revoked nor past its end, and no newer version can be used in
 * its place.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { templateUse } from 'countersign/governance'
 * const { desk, now } = await f0()
 * templateUse(desk.governance(), 't', 'month-end', 1, now) // → { usable: false, why: 'unknown' }
 * ```
 */
export function templateUse(
  governance: Governance,
  team: string,
  name: string,
  version: number,
  at: Instant,
  policy: Policy | undefined = policyOf(governance, team),
): TemplateUse {
  const versions = governance[tables].templates.get(templateKey(team, name)) ?? []
  const one = versions.find(known => known.version === version)
  if (one === undefined) return { usable: false, why: 'unknown' }
  const why = hindrance(governance, one, at, policy)
  if (why !== undefined) return { usable: false, why }
  const newer = versions.filter(other => other.version > version)
  if (newer.some(other => hindrance(governance, other, at, policy) === undefined))
    return { usable: false, why: 'superseded' }
  const { document, digest } = one
  const approvals = countingApprovals(governance, one, templateRoles(policy, document.category))
  return { usable: true, template: document, digest, approvals }
}

function hindrance(governance: Governance, one: TemplateVersion, at: Instant, policy: Policy | undefined) {
  if (one.revoked !== undefined && at >= one.revoked.at) return 'revoked'
  if (one.document.until !== undefined && at >= one.document.until) return 'expired'
  return isApproved(governance, one, at, policy) ? undefined : 'not approved'
}

function isApproved(governance: Governance, one: TemplateVersion, at: Instant, policy: Policy | undefined): boolean {
  const { team, category, fixed } = one.document
  // What hangs on a field that is left open may come to be asked, so it is asked.
  const stages = templateStages(policy, category).filter(
    stage => stage.when === undefined || conditionHolds(stage.when, fixed) !== false,
  )
  const proposer = personOf(governance, one.proposedBy)
  const asked = stages.flatMap(stage => rolesOf(stage.requires))
  const candidates = countingApprovals(governance, one, asked).map(({ person, roles }) => {
    const root = personOf(governance, person)
    return { person: root, roles, groups: groupsOf(governance, root) }
  })
  const isMet = (stage: ApprovalStage) => {
    const electorate = Object.fromEntries(
      sharedRolesOf(stage.requires).map(role => [
        role,
        holdersOf(governance, role, team, at).filter(
          who => who !== proposer && letIn(governance, one, who, role, at) === undefined,
        ).length,
      ]),
    )
    return choicesOf(stage.requires, (condition, among) => isAskedFor(condition, fixed, among), electorate).some(
      choice => lacking(match(choice, candidates)) === 0,
    )
  }
  return stages.length > 0 && stages.every(isMet)
}

/** The stages of a category that a template's approval stands for. */
export function templateStages(policy: Policy | undefined, name: string): ApprovalStage[] {
  const category = policy !== undefined && Object.hasOwn(policy.categories, name) ? policy.categories[name] : undefined
  if (category?.template === undefined) return []
  return singlesOf(category.flow).filter(
    (stage): stage is ApprovalStage =>
      stage.kind === 'approval' && stage.carriedFrom !== undefined && 'template' in stage.carriedFrom,
  )
}

/** The roles whose holders approve templates of a category. */
export const templateRoles = (policy: Policy | undefined, category: string): string[] => [
  ...new Set(templateStages(policy, category).flatMap(stage => rolesOf(stage.requires))),
]

/** A version of a template as it was proposed, whatever has become of it. */
export const templateOf = (governance: Governance, team: string, name: string, version: number): Template | undefined =>
  governance[tables].templates.get(templateKey(team, name))?.find(one => one.version === version)?.document

/** A version of a template, as it is known. */
export const versionOf = (
  governance: Governance,
  team: string,
  name: string,
  version: number,
): TemplateVersion | undefined =>
  governance[tables].templates.get(templateKey(team, name))?.find(known => known.version === version)

/**
 * Whether a version that tickets follow already still holds for them: it was not revoked, nor past its end when it had to
 * hold at the latest (`stood`). That a newer version has taken its place for new tickets is nothing to them.
 */
export function templateStands(
  governance: Governance,
  team: string,
  name: string,
  version: number,
  at: Instant,
  stood: Instant = at,
): boolean {
  const one = versionOf(governance, team, name, version)
  if (one === undefined || (one.revoked !== undefined && at >= one.revoked.at)) return false
  return one.document.until === undefined || stood < one.document.until
}
