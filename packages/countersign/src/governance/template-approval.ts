import type { Instant } from '../values/instant.ts'
import { personOf } from './alias.ts'
import { wasCompromised } from './departure.ts'
import type { Governance, Grant, TemplateApproval, TemplateVersion } from './governance.ts'
import { grantsBehind, grantsOnce, lastGrant } from './role.ts'

/**
 * The approvals of a template that count, each by the roles by which it does: none of the proposer's, none by roles that only
 * the proposer has given since, none given before a compromised departure. One person may have given several.
 */
export function soundApprovals(governance: Governance, one: TemplateVersion): TemplateApproval[] {
  const proposer = personOf(governance, one.proposedBy)
  return one.approvals.flatMap(given => {
    const root = personOf(governance, given.person)
    if (root === proposer || wasCompromised(governance, root, { at: given.at, under: given.nth })) return []
    const roles = given.roles.filter(role => wasLetIn(governance, one, given, role) === undefined)
    return roles.length === 0 ? [] : [{ ...given, roles }]
  })
}

/**
 * The same, one for each person: the first, unless a later one brings one of the roles that are asked which the first does
 * not bring.
 */
export function countingApprovals(
  governance: Governance,
  one: TemplateVersion,
  asked: readonly string[],
): TemplateApproval[] {
  const counting = new Map<string, TemplateApproval>()
  for (const given of soundApprovals(governance, one)) {
    const root = personOf(governance, given.person)
    const known = counting.get(root)
    const isMore = given.roles.some(role => asked.includes(role) && known?.roles.includes(role) !== true)
    if (known === undefined || isMore) counting.set(root, given)
  }
  return [...counting.values()]
}

/**
 * The grant by which the proposer of a template has let somebody into a role since the proposal, where they hold it by nothing
 * else: nobody chooses who decides on their own work.
 */
export const letIn = (governance: Governance, one: TemplateVersion, who: string, role: string, at: Instant) =>
  lastGrant(governance) <= one.nth
    ? undefined
    : favourAmong(governance, one, grantsBehind(governance, who, role, one.document.team, at))

/** The same, where somebody has approved the template by a role that they had then. */
export const wasLetIn = (governance: Governance, one: TemplateVersion, given: TemplateApproval, role: string) =>
  lastGrant(governance) <= one.nth
    ? undefined
    : favourAmong(
        governance,
        one,
        grantsOnce(governance, given.person, role, one.document.team, { at: given.at, under: given.nth }),
      )

function favourAmong(governance: Governance, one: TemplateVersion, grants: readonly Grant[]): Grant | undefined {
  const proposer = personOf(governance, one.proposedBy)
  const isFavour = ({ nth, by }: Grant) => nth > one.nth && personOf(governance, by) === proposer
  return grants.every(isFavour) ? grants[0] : undefined
}
