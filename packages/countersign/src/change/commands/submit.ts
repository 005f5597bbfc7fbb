import { LeadsNowhere } from '../../decision/leads-nowhere.ts'
import { type Refused, refuse } from '../../decision/refusal.ts'
import type { Governance } from '../../governance/governance.ts'
import type { Actor } from '../../governance/identity.ts'
import { templateUse } from '../../governance/template-use.ts'
import type { Category } from '../../policy/category.ts'
import type { Instant } from '../../values/instant.ts'
import { didYouMean } from '../../values/near.ts'
import { formRefusal, rulesFor } from '../admission.ts'
import { materialDigest } from '../binding.ts'
import { carriedTo } from '../carry.ts'
import type { Change } from '../change.ts'
import type { ChangeEvent } from '../event.ts'
import { evolved } from '../evolve.ts'
import { makersOf } from '../makers.ts'
import { blockedStages } from '../outlook.ts'
import { mayAsk } from '../participant.ts'
import { opening } from '../progress.ts'
import type { Of, Step } from '../step.ts'
import { fieldsOut } from '../template-bounds.ts'
import { triage } from '../triage.ts'
import { pin, type World } from '../world.ts'

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

/** Changes hang on each other in a row of so many at most. */
const deepest = 16

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
