import { LeadsNowhere } from '../../decision/leads-nowhere.ts'
import { type Refused, refuse } from '../../decision/refusal.ts'
import type { Governance } from '../../governance/governance.ts'
import { type Actor, controllerOf, ownerOf } from '../../governance/identity.ts'
import type { Template } from '../../governance/template.ts'
import { templateUse } from '../../governance/template-use.ts'
import type { Category } from '../../policy/category.ts'
import { type Condition, conditionHolds } from '../../policy/condition.ts'
import { type FormProblem, formProblems } from '../../policy/form.ts'
import type { Policy } from '../../policy/policy.ts'
import { conditionsIn, coversRelease, type SingleStage } from '../../policy/stage.ts'
import type { Instant } from '../../values/instant.ts'
import { didYouMean } from '../../values/near.ts'
import { once } from '../../values/once.ts'
import { saysSomething } from '../../values/text.ts'
import { materialDigest } from '../binding.ts'
import { carriedTo } from '../carry.ts'
import type { Change } from '../change.ts'
import type { ChangeEvent } from '../event.ts'
import { evolved } from '../evolve.ts'
import { blockedStages } from '../outlook.ts'
import { mayAsk } from '../participant.ts'
import { opening } from '../progress.ts'
import { applies, choicesFor } from '../requirement.ts'
import type { Of, Step } from '../step.ts'
import { triage } from '../triage.ts'
import { pin, stagesIn, type World } from '../world.ts'

/** Asks for a change: under the policy in force for its team, with a form that fits and a rule that applies. */
export function submit(world: World, command: Of<'submit'>, actor: Actor, at: Instant): Step {
  const { governance, ancestors = [] } = world
  if (world.change !== undefined) return refuse('name.taken', { what: 'change', name: command.change })
  if (actor.bot !== undefined)
    return refuse('identity.bot', { account: actor.account, bot: actor.bot, controller: actor.person ?? null })
  const rules = rulesFor(world, command)
  if ('refused' in rules) return rules
  const { policy, digest: policyDigest } = rules
  const named = policy.categories[command.category]
  if (named === undefined) {
    const known = Object.keys(policy.categories)
    return refuse('policy.no-category', {
      team: command.team,
      category: command.category,
      known,
      near: didYouMean(command.category, known),
    })
  }
  const stranger = mayAsk(governance, named, actor.person, command.team, at)
  if (stranger !== undefined) return stranger
  const followed = followTemplate(governance, command, named, at)
  if ('refused' in followed) return followed
  const categoryName = followed.lost?.category ?? command.category
  const category = policy.categories[categoryName]
  if (category === undefined) throw new LeadsNowhere(`the policy has no category ${categoryName}`)
  const misplaced = followed.lost && mayAsk(governance, category, actor.person, command.team, at)
  if (misplaced !== undefined) return misplaced
  const problem = formRefusal(category, followed.form)
  if (problem !== undefined) return problem
  const found = foundRefusal(category, command, at)
  if (found !== undefined) return found
  const makers = makersOf(world, command.content?.makers ?? [])
  if ('refused' in makers) return makers
  if (command.parent !== undefined && ancestors.length === 0) {
    return refuse('carry.parent', { parent: command.parent, problem: 'unknown' })
  }
  if (ancestors.length > deepest) {
    const chain = { problem: 'too deep', length: ancestors.length, most: deepest } as const
    return refuse('carry.parent', { parent: command.parent ?? '', ...chain })
  }
  const substance = { ...command, category: categoryName, form: followed.form, content: command.content?.digest }
  const begun: ChangeEvent[] = [
    {
      digest: materialDigest(category, substance),
      makers: makers.persons,
      policy: policyDigest,
      requestedBy: actor.person,
      type: 'change.submitted',
    },
    ...followed.events,
    ...(command.inEffectSince === undefined
      ? []
      : [{ type: 'change.found' as const, inEffectSince: command.inEffectSince }]),
  ]
  const occasion = { command, at, under: governance.entries }
  const fresh = evolved(undefined, begun, occasion)
  if (fresh === undefined) throw new LeadsNowhere('a submission begins a change')
  const pinned = pin(world, fresh, at)
  const carried = carriedTo(pinned, fresh)
  const withCarried = evolved(fresh, carried, occasion)
  // Whoever is given the work makes it, so it is given before anybody asks who could approve it.
  const assigned = triage(pinned, withCarried, world)
  const begins = evolved(withCarried, assigned, occasion)
  const opened = [...blockedStages(pinned, begins), opening(pinned, begins)]
  return { events: [...begun, ...carried, ...assigned, ...opened], change: evolved(begins, opened, occasion) }
}

/** A change that was found says since when it has been in effect, and no other one does. */
function foundRefusal(category: Category, { category: name, inEffectSince }: Of<'submit'>, at: Instant) {
  const problem =
    category.retrospective === undefined
      ? inEffectSince === undefined
        ? undefined
        : `${name} is for changes that are still to be made, and this says that it is in effect already`
      : inEffectSince === undefined
        ? `${name} is for changes that were found: since when is it in effect?`
        : inEffectSince > at
          ? 'it cannot have taken effect in the future'
          : undefined
  return problem === undefined ? undefined : refuse('form.invalid', { problems: [{ field: 'inEffectSince', problem }] })
}

/** What was found is entered as that, with the instant since when it has been in effect: no change becomes it later. */
export function lateFound({ retrospective }: Category, name: string) {
  if (retrospective === undefined) return undefined
  const problem = `${name} is for changes that were found; such a change is submitted as one, and says since when it is in effect`
  return refuse('form.invalid', { problems: [{ field: 'category', problem }] })
}

/** Changes hang on each other in a row of so many at most. */
const deepest = 16

/** The policy in force for the team, under the controls in force. */
export function rulesFor(
  { governance }: World,
  { team }: Pick<Change, 'team'>,
): { readonly policy: Policy; readonly digest: string } | Refused {
  const digest = Object.hasOwn(governance.policyInForce, team) ? governance.policyInForce[team] : undefined
  const policy = digest === undefined ? undefined : governance.policies[digest]?.document
  if (digest === undefined || policy === undefined) {
    return refuse('policy.none', { team, near: didYouMean(team, Object.keys(governance.policyInForce)) })
  }
  return policy.complies.digest === governance.controlsInForce
    ? { policy, digest }
    : refuse('policy.outdated', { team, controls: policy.complies.controls })
}

interface Followed {
  readonly form: Change['form']
  readonly events: readonly ChangeEvent[]
  /** The category of which it is one, as it leaves the bounds of the template. */
  readonly lost?: { readonly category: string }
}

/** What the template of a standard change says: its fixed fields, who approved it, and whether the ticket keeps to it. */
function followTemplate(
  governance: Governance,
  command: Of<'submit'>,
  { template: rule }: Category,
  at: Instant,
): Followed | Refused {
  const { template, team, category } = command
  if (rule === undefined) {
    if (template === undefined) return { form: command.form, events: [] }
    return refuse('template.unusable', { template: template.name, version: template.version, why: 'none', category })
  }
  if (template === undefined) return refuse('template.needed', { category, otherwise: rule.otherwise })
  const use = templateUse(governance, team, template.name, template.version, at)
  if (!use.usable)
    return refuse('template.unusable', { template: template.name, version: template.version, why: use.why })
  if (use.template.category !== category) {
    const facts = { template: template.name, version: template.version, category: use.template.category }
    return refuse('template.unusable', { ...facts, why: 'other category' })
  }
  const { fixed } = use.template
  const applied: ChangeEvent = {
    type: 'template.applied',
    ...template,
    digest: use.digest,
    approvers: use.approvals.map(one => one.person),
    fixed: { ...fixed } as Record<string, string | number | boolean | string[]>,
  }
  const fields = fieldsOut(use.template, command)
  const form = { ...fixed, ...command.form }
  if (fields.length === 0) return { form, events: [applied] }
  const { otherwise } = rule
  return {
    form,
    events: [applied, { type: 'standard.lost', category: otherwise, fields }],
    lost: { category: otherwise },
  }
}

/** The fields that a ticket fills in otherwise than its template allows. Title and reason are always the ticket's own. */
export function fieldsOut(
  { fixed, editable }: Pick<Template, 'fixed' | 'editable'>,
  { form, content }: Pick<Of<'revise'>, 'form' | 'content'>,
): string[] {
  const out = Object.entries(form ?? {})
    .filter(([name, value]) => {
      if (editable.includes(name)) return false
      return !Object.hasOwn(fixed, name) || JSON.stringify(fixed[name]) !== JSON.stringify(value)
    })
    .map(([name]) => name)
  return content === undefined || editable.includes('content') ? out : [...out, 'content']
}

/** The conditions in a category's flow, each with its stage, found once. */
const conditionsByStage = once((category: Category): readonly (readonly [SingleStage, Condition])[] =>
  stagesIn(category).flatMap(stage => conditionsIn(stage).map(condition => [stage, condition] as const)),
)

/** An emergency names its incident by something that can be read. */
function incidentProblems({ emergency }: Category, form: Change['form']): readonly FormProblem[] {
  const incident = emergency === undefined ? undefined : form[emergency.incident]
  if (emergency === undefined || typeof incident !== 'string' || saysSomething(incident)) return []
  return [{ field: emergency.incident, problem: 'must say something' }]
}

/** A form that does not fit, a condition that cannot be answered, or no rule that applies: nothing goes on from there. */
export function formRefusal(category: Category, form: Change['form']) {
  const unfit = formProblems(category.form, form)
  const problems = unfit.length > 0 ? unfit : incidentProblems(category, form)
  if (problems.length > 0) return refuse('form.invalid', { problems: problems.map(one => ({ ...one })) })
  const stages = stagesIn(category)
  for (const [stage, condition] of conditionsByStage(category)) {
    if (conditionHolds(condition, form) === 'unknown')
      return refuse('policy.unknown-field', { stage: stage.name, condition: JSON.stringify(condition) })
  }
  // Each release that applies must have a rule before it that applies and covers where it puts the change into effect; a
  // flow without one, a rule at all.
  const releases = stages.filter(stage => stage.kind === 'release').filter(stage => applies({ form }, stage.when))
  for (const end of releases.length === 0 ? [undefined] : releases) {
    const place = end === undefined ? stages.length : stages.indexOf(end)
    const before = stages.slice(0, place).filter(one => one.kind === 'approval')
    if (before.some(one => coversRelease(one, end) && choicesFor({ form, electorates: {} }, one).length > 0)) continue
    return refuse('policy.no-rule', { stages: before.map(one => one.name), before: end?.name ?? null })
  }
  return undefined
}

/** The persons and bots behind the accounts that made some content; a bot's controller made it too. */
export function makersOf(world: World, accounts: readonly string[]): { persons: string[] } | Refused {
  const persons = new Set<string>()
  for (const account of accounts) {
    const owner = ownerOf(world.governance, account)
    if (owner === undefined) {
      return refuse('name.unknown', {
        what: 'account',
        name: account,
        near: didYouMean(account, Object.keys(world.governance.accounts)),
      })
    }
    if ('person' in owner) {
      persons.add(owner.person)
      continue
    }
    persons.add(owner.bot)
    const controller = controllerOf(world.governance, owner.bot)
    if (controller !== undefined) persons.add(controller)
  }
  return { persons: [...persons].toSorted() }
}
