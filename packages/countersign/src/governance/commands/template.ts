import { ableFacts } from '../../decision/able.ts'
import type { RefusalFacts } from '../../decision/facts.ts'
import { accept, type Decision, type Refused, refuse } from '../../decision/refusal.ts'
import type { Category } from '../../policy/category.ts'
import { formProblems, ownParts } from '../../policy/form.ts'
import { singlesOf } from '../../policy/stage.ts'
import type { Instant } from '../../values/instant.ts'
import { didYouMean } from '../../values/near.ts'
import { personOf } from '../alias.ts'
import type { Of } from '../command.ts'
import type { GovernanceEvent } from '../event.ts'
import { type Governance, type TemplateVersion, tables } from '../governance.ts'
import { policyOf } from '../in-force.ts'
import { reachable } from '../reachable.ts'
import { holdersOf, holds, isAbsent } from '../role.ts'
import { type Template, templateDigest, templateKey } from '../template.ts'
import { letIn, soundApprovals } from '../template-approval.ts'
import { templateRoles, templateStages, versionOf } from '../template-use.ts'
import { unknown } from '../unknown.ts'

type Outcome = Decision<GovernanceEvent>

/** Proposes a template for standard changes, as the next version of its name. */
export function proposeTemplate(
  governance: Governance,
  { template }: Of<'proposeTemplate'>,
  me: string,
  at: Instant,
): Outcome {
  const problems = templateProblems(governance, template, at)
  if (problems.length > 0) return refuse('template.invalid', { template: template.name, problems })
  const { team, name, version } = template
  return accept({ type: 'template.proposed', team, name, version, digest: templateDigest(template), by: me })
}

type Problem = RefusalFacts['template.invalid']['problems'][number]

function templateProblems(governance: Governance, template: Template, at: Instant): Problem[] {
  const { team, name, version, until } = template
  const { templates, policyInForce } = governance[tables]
  const policy = policyOf(governance, team)
  if (policy === undefined) {
    const near = didYouMean(team, policyInForce.keys())
    return [{ where: 'team', problem: `the team ${team} has no policy in force${near}` }]
  }
  const category = Object.hasOwn(policy.categories, template.category)
    ? policy.categories[template.category]
    : undefined
  if (category === undefined) {
    const near = didYouMean(template.category, Object.keys(policy.categories))
    return [{ where: 'category', problem: `the policy of ${team} has no category ${template.category}${near}` }]
  }
  const problems: Problem[] = []
  if (category.template === undefined || templateStages(policy, template.category).length === 0) {
    problems.push({ where: 'category', problem: `changes of the category ${template.category} follow no template` })
  }
  const next = (templates.get(templateKey(team, name))?.at(-1)?.version ?? 0) + 1
  if (version !== next) problems.push({ where: 'version', problem: `the next version of ${name} is ${next}` })
  if (until !== undefined && until <= at) problems.push({ where: 'until', problem: 'lies in the past' })
  return [...problems, ...fieldProblems(template, category), ...checklistProblems(template, category)]
}

/** Items for stages that there are, of which none is there already. */
function checklistProblems({ checklist = {} }: Template, { flow }: Category): Problem[] {
  const stages = singlesOf(flow).flatMap(stage => (stage.kind === 'approval' ? [] : [stage]))
  return Object.entries(checklist).flatMap(([name, items]) => {
    const stage = stages.find(one => one.name === name)
    const where = `checklist.${name}`
    if (stage === undefined) {
      const near = didYouMean(
        name,
        stages.map(one => one.name),
      )
      return [{ where, problem: `there is no task, test or release of this name${near}` }]
    }
    const twice = items.find(({ item }) => stage.checklist?.some(one => one.item === item))
    return twice === undefined ? [] : [{ where, problem: `the stage has the item ${twice.item} already` }]
  })
}

function fieldProblems({ fixed, editable }: Template, { form }: Category): Problem[] {
  const problems: Problem[] = []
  const fields = Object.keys(form.properties)
  const open = [...fields, ...ownParts]
  for (const field of editable) {
    if (!open.includes(field))
      problems.push({ where: `editable.${field}`, problem: `there is no such field${didYouMean(field, open)}` })
    if (Object.hasOwn(fixed, field)) problems.push({ where: `editable.${field}`, problem: 'is fixed as well' })
  }
  for (const field of form.required) {
    if (Object.hasOwn(fixed, field) || editable.includes(field)) continue
    problems.push({ where: field, problem: 'the form requires it, so it is fixed or editable' })
  }
  const filled = formProblems({ ...form, required: [] }, fixed)
  return [...problems, ...filled.map(({ field, problem }) => ({ where: `fixed.${field}`, problem }))]
}

/** Approves a version of a template: by who holds a role that the category asks for, and has not proposed it. */
export function approveTemplate(
  governance: Governance,
  { team, name, version }: Of<'approveTemplate'>,
  me: string,
  at: Instant,
): Outcome {
  const one = versionOf(governance, team, name, version)
  if (one === undefined) return unknownTemplate(governance, team, name, version)
  const ended = one.revoked !== undefined ? 'revoked' : isPast(one.document, at) ? 'expired' : undefined
  if (ended !== undefined) return refuse('template.unusable', { template: name, version, why: ended })
  if (personOf(governance, one.proposedBy) === me) {
    return refuse('duty.second-person', { person: me, what: 'approveTemplate' })
  }
  const asked = templateRoles(policyOf(governance, team), one.document.category)
  const roles = rolesOn(governance, one, me, asked, at)
  if (hasGiven(governance, one, me, asked, roles))
    return refuse('approval.already-given', { person: me, template: name })
  if (roles.length === 0) return withoutRole(governance, one, me, asked, at)
  return accept({ type: 'template.approved', team, name, version, person: me, roles, at })
}

/** Whether somebody has given already what they could give: another role than now may have been asked when they did. */
function hasGiven(
  governance: Governance,
  one: TemplateVersion,
  who: string,
  asked: readonly string[],
  roles: readonly string[],
): boolean {
  const earlier = soundApprovals(governance, one).findLast(({ person }) => personOf(governance, person) === who)
  if (earlier === undefined || !earlier.roles.some(role => asked.includes(role))) return false
  return roles.every(role => earlier.roles.includes(role))
}

/** The roles by which somebody can approve a template now: none into which only its proposer has let them. */
function rolesOn(
  governance: Governance,
  one: TemplateVersion,
  who: string,
  asked: readonly string[],
  at: Instant,
): string[] {
  const held = heldFor(governance, one, who, asked, at)
  return held.filter(role => letIn(governance, one, who, role, at) === undefined).toSorted()
}

/** The roles that somebody holds and may act in now, whoever has given them. */
function heldFor(
  governance: Governance,
  { document: { team } }: TemplateVersion,
  who: string,
  asked: readonly string[],
  at: Instant,
): string[] {
  const policy = policyOf(governance, team)
  const isSuspended = (role: string) =>
    policy?.roles[role]?.whileAbsent === 'suspended' && isAbsent(governance, who, at)
  return asked.filter(role => holds(governance, who, role, team, at) && !isSuspended(role))
}

/** The refusal of somebody who can approve a template by none of the roles that are asked, with those who can. */
function withoutRole(
  governance: Governance,
  one: TemplateVersion,
  me: string,
  asked: readonly string[],
  at: Instant,
): Refused {
  const { team, name } = one.document
  const proposer = personOf(governance, one.proposedBy)
  const isAble = (who: string) => {
    const roles = rolesOn(governance, one, who, asked, at)
    return who !== proposer && roles.length > 0 && !hasGiven(governance, one, who, asked, roles)
  }
  const holders = new Set(asked.flatMap(role => holdersOf(governance, role, team, at)))
  const able = ableFacts(reachable(governance, [...holders]).filter(isAble))
  for (const role of heldFor(governance, one, me, asked, at)) {
    const grant = letIn(governance, one, me, role, at)
    if (grant === undefined) continue
    return refuse('authority.granted-by-participant', { person: me, role, by: grant.by, template: name, ...able })
  }
  return refuse('authority.no-role', { person: me, roles: asked, ...able, at })
}

const isPast = ({ until }: Template, at: Instant): boolean => until !== undefined && at >= until

/** Revokes a version of a template: by an administrator, or by whoever has proposed or approved it. */
export function revokeTemplate(
  governance: Governance,
  { team, name, version }: Of<'revokeTemplate'>,
  me: string,
  at: Instant,
): Outcome {
  const one = versionOf(governance, team, name, version)
  if (one === undefined) return unknownTemplate(governance, team, name, version)
  const proposer = personOf(governance, one.proposedBy)
  const parties = [proposer, ...one.approvals.map(({ person }) => personOf(governance, person))]
  if (!parties.includes(me) && !governance.administrators.includes(me)) {
    return refuse('authority.not-principal', {
      person: me,
      principal: proposer,
      administrators: [...governance.administrators],
    })
  }
  if (one.revoked !== undefined) return refuse('nothing-to-do', { digest: one.digest, state: 'revoked' })
  return accept({ type: 'template.revoked', team, name, version, by: me, at })
}

function unknownTemplate(governance: Governance, team: string, name: string, version: number) {
  const key = templateKey(team, name)
  const { templates } = governance[tables]
  const versions = templates.get(key)?.map(one => `${key} ${one.version}`)
  return versions === undefined
    ? refuse('name.unknown', { what: 'template', name: `${key} ${version}`, near: didYouMean(key, templates.keys()) })
    : unknown('template', `${key} ${version}`, versions)
}
