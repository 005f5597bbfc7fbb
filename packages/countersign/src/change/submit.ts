import { type Refusal, refuse } from '../decision/refusal.ts'
import type { Actor } from '../governance/identity.ts'
import { holds } from '../governance/role.ts'
import { holds as conditionHolds } from '../policy/condition.ts'
import { formProblems } from '../policy/form.ts'
import { conditionsOf } from '../policy/requirement.ts'
import type { Stage } from '../policy/stage.ts'
import type { Instant } from '../values/instant.ts'
import { didYouMean } from '../values/near.ts'
import { materialDigest } from './binding.ts'
import { carriedInto } from './carry.ts'
import type { Change } from './change.ts'
import type { ChangeEvent } from './event.ts'
import { evolveChange } from './evolve.ts'
import { blockedStages } from './explain.ts'
import { lifecycle } from './lifecycle.ts'
import { applies, choicesFor } from './standing.ts'
import { events, type Of, type Step } from './step.ts'
import { pin, type World } from './world.ts'

/** Asks for a change: under the policy in force for its team, with a form that fits and a rule that applies. */
export function submit(world: World, command: Of<'submit'>, actor: Actor, at: Instant): Step {
  const { governance } = world
  if (world.change !== undefined) return refuse('name.taken', { what: 'change', name: command.change })
  if (actor.person === undefined || actor.bot !== undefined) {
    return refuse('identity.bot', { account: actor.account, bot: actor.bot ?? '', controller: actor.person ?? null })
  }
  const policyDigest = governance.policyInForce[command.team]
  const policy = policyDigest === undefined ? undefined : governance.policies[policyDigest]?.document
  if (policyDigest === undefined || policy === undefined) {
    return refuse('policy.none', {
      team: command.team,
      near: didYouMean(command.team, Object.keys(governance.policyInForce)),
    })
  }
  if (policy.complies.digest !== governance.controlsInForce) {
    return refuse('policy.outdated', { team: command.team, controls: policy.complies.controls })
  }
  const category = policy.categories[command.category]
  if (category === undefined) {
    const known = Object.keys(policy.categories)
    return refuse('policy.no-category', {
      team: command.team,
      category: command.category,
      known,
      near: didYouMean(command.category, known),
    })
  }
  if (category.requestedBy !== undefined && !holds(governance, actor.person, category.requestedBy, command.team, at)) {
    return refuse('authority.no-role', { person: actor.person, roles: [category.requestedBy], at })
  }
  const problem = formRefusal(category.flow, category.form, command.form)
  if (problem !== undefined) return problem
  const makers = makersOf(world, command.content?.makers ?? [])
  if ('refused' in makers) return makers
  if (command.parent !== undefined && world.parent === undefined) {
    return refuse('carry.parent', { parent: command.parent, problem: 'there is no such change' })
  }
  const digest = materialDigest(category, { ...command, content: command.content?.digest })
  const submitted: ChangeEvent = {
    type: 'change.submitted',
    requestedBy: actor.person,
    policy: policyDigest,
    digest,
    makers: makers.persons,
  }
  const occasion = { command, at }
  const fresh = evolveChange(undefined, [submitted], occasion)
  if (fresh === undefined) return events(submitted)
  const pinned = pin(world, fresh, at)
  const carried = carriedInto(pinned, fresh)
  const withCarried = evolveChange(fresh, carried, occasion) ?? fresh
  const blocked = blockedStages(pinned, withCarried)
  const entered: ChangeEvent = { type: 'stage.entered', stage: lifecycle(command.category, category).initial }
  return events(submitted, ...carried, ...blocked, entered)
}

/** A form that does not fit, a condition that cannot be answered, or no rule that applies: nothing goes on from there. */
export function formRefusal(flow: readonly Stage[], schema: Parameters<typeof formProblems>[0], form: Change['form']) {
  const problems = formProblems(schema, form)
  if (problems.length > 0) return refuse('form.invalid', { problems: problems.map(one => ({ ...one })) })
  for (const stage of flow) {
    const conditions = [stage.when, ...(stage.kind === 'approval' ? conditionsOf(stage.requires) : [])]
    for (const condition of conditions) {
      if (condition !== undefined && conditionHolds(condition, form) === 'unknown') {
        return refuse('policy.unknown-field', { stage: stage.name, condition: JSON.stringify(condition) })
      }
    }
  }
  // Each release that applies must have a rule before it that applies; a flow without one, a rule at all.
  const places = [...flow.keys()].filter(
    place => flow[place]?.kind === 'release' && applies({ form }, flow[place].when),
  )
  for (const place of places.length === 0 ? [flow.length] : places) {
    const before = flow.slice(0, place).filter(stage => stage.kind === 'approval')
    if (before.some(stage => choicesFor({ form }, stage).length > 0)) continue
    return refuse('policy.no-rule', { stages: before.map(stage => stage.name), before: flow[place]?.name ?? 'the end' })
  }
  return undefined
}

/** The persons and bots behind the accounts that made some content; a bot's controller made it too. */
export function makersOf(world: World, accounts: readonly string[]): { persons: string[] } | { refused: Refusal } {
  const persons = new Set<string>()
  for (const account of accounts) {
    const owner = world.governance.accounts[account]
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
    const controller = world.governance.bots[owner.bot]?.controller
    if (controller !== undefined) persons.add(controller)
  }
  return { persons: [...persons].toSorted() }
}
