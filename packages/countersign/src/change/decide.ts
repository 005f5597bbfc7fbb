import { type Decision, type Facts, type Refusal, refuse } from '../decision/refusal.ts'
import { type Actor, identify, isActive, isRefused } from '../governance/identity.ts'
import { holds } from '../governance/role.ts'
import { holds as conditionHolds } from '../policy/condition.ts'
import { formProblems } from '../policy/form.ts'
import { conditionsOf, rolesOf } from '../policy/requirement.ts'
import type { ApprovalStage, Stage } from '../policy/stage.ts'
import type { Instant } from '../values/instant.ts'
import { didYouMean } from '../values/near.ts'
import { type Authority, authorityFor } from './authority.ts'
import { materialDigest } from './binding.ts'
import { carriedInto, isWithin } from './carry.ts'
import type { Change, Given, Seat } from './change.ts'
import type { ChangeCommand } from './command.ts'
import type { ChangeEvent } from './event.ts'
import { evolveChange } from './evolve.ts'
import { blockedStages, shortStatus } from './explain.ts'
import { type LifeEvent, lifecycle } from './lifecycle.ts'
import { overdue, settle } from './progress.ts'
import { applies, choicesFor, discountOf, isLive, isMet } from './standing.ts'
import { type Pinned, pin, stageOf, type World } from './world.ts'

/** What came of a command about a change, and by what right its actor gave it. */
export interface Ruling {
  readonly decision: Decision<ChangeEvent>
  readonly actor?: Actor
  readonly as?: Seat
  /** The change after the decision, where it was accepted. */
  readonly next?: Change
}

type Of<Type extends ChangeCommand['type']> = Extract<ChangeCommand, { type: Type }>
type About = Exclude<ChangeCommand, { type: 'submit' }>

/** What a step of the decision gives: events and the right by which they came about, or a refusal. */
type Step = { readonly events: readonly ChangeEvent[]; readonly as?: Seat | undefined } | { readonly refused: Refusal }

const events = (...list: ChangeEvent[]): Step => ({ events: list })
const by = (authority: Authority, ...list: ChangeEvent[]): Step => ({ events: list, as: authority.seats[0] })

/**
 * Decides a command about a change: may it happen now, who is it, do the duties meet, is there a right to it, and is
 * what it asks for now there? The world comes in as values, so the same command on the same world gives the same answer.
 */
export function decideChange(world: World, command: ChangeCommand, account: string, at: Instant): Ruling {
  const actor = identify(world.governance, account)
  if (isRefused(actor)) return { decision: actor }
  const occasion = { command, at }
  const before = world.change === undefined ? undefined : overdue(pin(world, world.change, at), world.change)
  const now = { ...world, change: before?.change }
  const step = command.type === 'submit' ? submit(now, command, actor, at) : about(now, command, actor, at)
  if ('refused' in step) return { decision: { refused: step.refused }, actor }
  const first = evolveChange(now.change, step.events, occasion)
  if (first === undefined)
    return { decision: refuse('name.unknown', { what: 'change', name: command.change, near: '' }), actor }
  const followed = settle(pin(world, first, at), first)
  const next = followed.length === 0 ? first : (evolveChange(first, followed, occasion) ?? first)
  return {
    decision: { accepted: [...(before?.events ?? []), ...step.events, ...followed] },
    actor,
    next,
    ...(step.as === undefined ? {} : { as: step.as }),
  }
}

function submit(world: World, command: Of<'submit'>, actor: Actor, at: Instant): Step {
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
function formRefusal(flow: readonly Stage[], schema: Parameters<typeof formProblems>[0], form: Change['form']) {
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
function makersOf(world: World, accounts: readonly string[]): { persons: string[] } | { refused: Refusal } {
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

function about(world: World, command: About, actor: Actor, at: Instant): Step {
  const { change } = world
  if (change === undefined) return refuse('name.unknown', { what: 'change', name: command.change, near: '' })
  const pinned = pin(world, change, at)
  const life = lifecycle(change.category, pinned.category)
  if (life.next(change.state, command.type) === undefined) {
    const early = command.type === 'release' ? tooEarly(pinned, change) : undefined
    return early ?? notNow(pinned, change, command.type, life.commands(change.state))
  }
  switch (command.type) {
    case 'revise':
      return revise(world, pinned, change, command, actor)
    case 'assign':
      return assign(pinned, change, command, actor)
    case 'complete':
      return complete(pinned, change, command, actor)
    case 'signOff':
      return signOff(pinned, change, command, actor)
    case 'approve':
      return approve(pinned, change, command, actor)
    case 'reject':
      return reject(pinned, change, command, actor)
    case 'withdraw':
      return withdraw(pinned, change, actor)
    case 'resubmit':
      return resubmit(pinned, change, actor)
    case 'release':
      return release(pinned, change, command, actor)
    case 'cancel':
      return takesPart(change, actor) ?? events({ type: 'change.cancelled' })
    case 'close':
      return takesPart(change, actor) ?? events({ type: 'change.closed' })
    default:
      return command satisfies never
  }
}

function notNow(pinned: Pinned, change: Change, command: LifeEvent, allowed: string[]) {
  const stage = stageOf(pinned.category, change.state)
  const waits = stage === undefined ? {} : { waitsFor: shortStatus(pinned, change, stage).missing ?? {} }
  return refuse('lifecycle.not-now', { change: change.id, state: change.state, command, allowed, ...waits })
}

/** A change belongs to those who asked for it, made it, or have it on their desk. */
function takesPart(change: Change, actor: Actor): { refused: Refusal } | undefined {
  const { person } = actor
  if (person === undefined) return refuse('identity.no-controller', { account: actor.account, bot: actor.bot ?? '' })
  if (change.held.some(one => one.person === person)) return undefined
  return refuse('authority.not-participant', { person, participants: participants(change) })
}

/** A change is edited by those who take part in it, and by those to whom its flow gives something to do. */
function mayEdit({ governance, category, at }: Pinned, change: Change, actor: Actor): { refused: Refusal } | undefined {
  if (actor.person === undefined) return takesPart(change, actor)
  const who = actor.bot ?? actor.person
  const roles = category.flow.flatMap(stage => (stage.kind === 'approval' ? rolesOf(stage.requires) : [stage.by]))
  if (category.requestedBy !== undefined) roles.push(category.requestedBy)
  if (roles.some(role => holds(governance, who, role, change.team, at))) return undefined
  return takesPart(change, actor)
}

const participants = (change: Change) => [...new Set(change.held.map(one => one.person))].toSorted()

function revise(world: World, pinned: Pinned, change: Change, command: Of<'revise'>, actor: Actor): Step {
  const editor = actor.person ?? actor.bot
  if (editor === undefined) return refuse('identity.unknown-account', { account: actor.account, near: '' })
  const outsider = mayEdit(pinned, change, actor)
  if (outsider !== undefined) return outsider
  const form = { ...change.form, ...command.form }
  const problem = formRefusal(pinned.category.flow, pinned.category.form, form)
  if (problem !== undefined) return problem
  const makers = makersOf(world, command.content?.makers ?? [])
  if ('refused' in makers) return makers
  const revised = {
    ...change,
    title: command.title ?? change.title,
    reason: command.reason ?? change.reason,
    form,
    ...(command.content === undefined ? {} : { content: command.content.digest }),
  }
  const digest = materialDigest(pinned.category, revised)
  const material = digest !== change.digest
  const revision = change.revision + 1
  const list: ChangeEvent[] = [{ type: 'change.revised', revision, digest, material, editor, makers: makers.persons }]
  for (const [index, approval] of change.approvals.entries()) {
    if (!isLive(change, approval)) continue
    const stands = material ? approval.carried !== undefined && staysWithin(pinned, revised, approval.stage) : true
    list.push({ type: stands ? 'approval.retained' : 'approval.staled', approval: index, revision })
  }
  if (material) {
    for (const [index, one] of change.signOffs.entries())
      if (isLive(change, one)) list.push({ type: 'signoff.staled', signOff: index, revision })
    for (const [index, one] of change.releases.entries())
      if (isLive(change, one)) list.push({ type: 'release.staled', release: index, revision })
  }
  // What the parent has decided meanwhile is taken over now.
  const next = evolveChange(change, list, { command, at: pinned.at }) ?? change
  return { events: [...list, ...carriedInto(pinned, next)] }
}

/** A carried approval was given for a scope, so an edit within the scope leaves it standing. */
function staysWithin({ category, parent }: Pinned, revised: Change, stage: string): boolean {
  const one = stageOf(category, stage)
  return (
    one?.kind === 'approval' &&
    one.carriedFrom !== undefined &&
    parent !== undefined &&
    isWithin(revised, parent, one.carriedFrom)
  )
}

function assign(pinned: Pinned, change: Change, command: Of<'assign'>, actor: Actor): Step {
  const { governance } = pinned
  if (!isActive(governance, command.to)) {
    const near = didYouMean(command.to, Object.keys(governance.persons))
    return refuse('name.unknown', { what: 'active person', name: command.to, near })
  }
  if (change.assignee === command.to) return refuse('nothing-to-do', { person: command.to, state: 'assigned' })
  return mayEdit(pinned, change, actor) ?? events({ type: 'change.assigned', to: command.to })
}

/** What the person saw must be what is there. */
function unseen(change: Change, command: { revision: number; digest: string }) {
  if (command.revision !== change.revision) {
    return refuse('binding.revision', {
      change: change.id,
      named: command.revision,
      current: change.revision,
      digest: change.digest,
    })
  }
  return command.digest === change.digest
    ? undefined
    : refuse('binding.digest', { change: change.id, named: command.digest, current: change.digest })
}

const given = (stage: Stage, { person, chain, seats }: Authority) => ({
  stage: stage.name,
  person,
  chain: [...chain],
  seats: [...seats],
})

function current<Kind extends Stage['kind']>(
  pinned: Pinned,
  change: Change,
  kind: Kind,
): Extract<Stage, { kind: Kind }> {
  const stage = stageOf(pinned.category, change.state)
  if (stage?.kind !== kind) throw new RangeError(`the life cycle lets ${kind} happen in ${change.state}`)
  return stage as Extract<Stage, { kind: Kind }>
}

function complete(pinned: Pinned, change: Change, command: Of<'complete'>, actor: Actor): Step {
  const stage = current(pinned, change, 'task')
  if (command.stage !== stage.name) return notNow(pinned, change, 'complete', [stage.name])
  const authority = authorityFor(pinned, change, actor, stage.duty, [stage.by], command.for)
  if ('refused' in authority) return authority
  return by(authority, { type: 'task.completed', duty: stage.duty, ...given(stage, authority) })
}

function signOff(pinned: Pinned, change: Change, command: Of<'signOff'>, actor: Actor): Step {
  const stage = current(pinned, change, 'test')
  const stale = unseen(change, command)
  if (stale !== undefined) return stale
  const authority = authorityFor(pinned, change, actor, 'test', [stage.by], command.for)
  if ('refused' in authority) return authority
  if (stage.evidence === 'required' && command.evidence.length === 0)
    return refuse('evidence.missing', { stage: stage.name })
  const earlier = change.signOffs.find(
    one =>
      one.stage === stage.name &&
      one.chain.some(person => authority.chain.includes(person)) &&
      discountOf(pinned, change, one, 'test') === undefined,
  )
  if (earlier !== undefined) return takenBy(earlier, authority)
  const signed: ChangeEvent = { type: 'test.signed-off', ...given(stage, authority) }
  return command.result === 'passed' ? by(authority, signed) : by(authority, signed, { type: 'change.returned' })
}

/** Approval is a person's judgement: a robot's is refused, whoever controls it. */
function robot(actor: Actor) {
  return actor.bot === undefined
    ? undefined
    : refuse(actor.person === undefined ? 'identity.no-controller' : 'identity.bot', {
        account: actor.account,
        bot: actor.bot,
        controller: actor.person ?? null,
      })
}

function approve(pinned: Pinned, change: Change, command: Of<'approve'>, actor: Actor): Step {
  const stage = current(pinned, change, 'approval')
  const stale = unseen(change, command)
  if (stale !== undefined) return stale
  const asked = rolesAsked(change, stage)
  const roles = command.as === undefined ? asked : asked.filter(role => role === command.as)
  if (command.as !== undefined && roles.length === 0) {
    return refuse('name.unknown', { what: 'role of this stage', name: command.as, near: didYouMean(command.as, asked) })
  }
  const authority = authorityFor(pinned, change, actor, 'approve', roles, command.for)
  if ('refused' in authority) return authority
  const machine = robot(actor)
  if (machine !== undefined) return machine
  const earlier = change.approvals.find(
    one =>
      one.chain.some(person => authority.chain.includes(person)) &&
      discountOf(pinned, change, one, 'approve') === undefined,
  )
  if (earlier !== undefined) return takenBy(earlier, authority)
  return by(authority, { type: 'approval.granted', ...given(stage, authority) })
}

/** Each person counts once: as themselves, as somebody's delegate, or by the hand of a delegate of theirs. */
function takenBy(earlier: Given, authority: Authority) {
  const mine = earlier.chain.includes(authority.person)
  return refuse(mine ? 'approval.already-given' : 'delegation.principal-decided', {
    person: authority.person,
    stage: earlier.stage,
    by: earlier.person,
    principal: authority.chain[1] ?? null,
  })
}

/** The roles whose approval an approval stage asks for on this change. */
const rolesAsked = (change: Change, stage: ApprovalStage) => [
  ...new Set(choicesFor(change, stage).flatMap(choice => [...choice.keys()])),
]

/** Whoever may approve at this stage, or could at an earlier one, may reject. */
function reject(pinned: Pinned, change: Change, command: Of<'reject'>, actor: Actor): Step {
  const stale = unseen(change, command)
  if (stale !== undefined) return stale
  const machine = robot(actor)
  if (machine !== undefined) return machine
  const here = pinned.category.flow.findIndex(stage => stage.name === change.state)
  const open = (stage: Stage, place: number) =>
    place <= here || change.approvals.some(one => one.stage === stage.name && isLive(change, one))
  const decided = pinned.category.flow
    .filter(open)
    .filter(stage => stage.kind === 'approval')
    .toReversed()
  const roles = [...new Set(decided.flatMap(stage => rolesAsked(change, stage)))]
  if (roles.length === 0)
    return notNow(pinned, change, 'reject', lifecycle(change.category, pinned.category).commands(change.state))
  const authority = authorityFor(pinned, change, actor, 'approve', roles, command.for)
  if ('refused' in authority) return authority
  const held = authority.seats.map(seat => seat.role)
  const stage = decided.find(one => rolesAsked(change, one).some(role => held.includes(role)))
  if (stage === undefined) return refuse('authority.no-role', { person: authority.person, roles, at: pinned.at })
  return by(authority, { type: 'change.rejected', ...given(stage, authority) }, { type: 'change.returned' })
}

function withdraw(pinned: Pinned, change: Change, actor: Actor): Step {
  const machine = robot(actor)
  if (machine !== undefined) return machine
  const { person } = actor
  if (person === undefined) return refuse('identity.unknown-account', { account: actor.account, near: '' })
  const list = change.approvals.flatMap((one, index): ChangeEvent[] =>
    one.chain.includes(person) && one.carried === undefined && discountOf(pinned, change, one, 'approve') === undefined
      ? [{ type: 'approval.withdrawn', approval: index }]
      : [],
  )
  return list.length === 0 ? refuse('approval.none-standing', { person }) : { events: list }
}

/** A new round: whatever was decided in the earlier one is history, and everybody is asked again. */
function resubmit(pinned: Pinned, change: Change, actor: Actor): Step {
  const outsider = takesPart(change, actor)
  if (outsider !== undefined) return outsider
  const round = change.round + 1
  const resubmitted: ChangeEvent = { type: 'change.resubmitted', round }
  const carried = carriedInto(pinned, { ...change, round })
  const entered: ChangeEvent = { type: 'stage.entered', stage: lifecycle(change.category, pinned.category).initial }
  return events(resubmitted, ...carried, entered)
}

function release(pinned: Pinned, change: Change, command: Of<'release'>, actor: Actor): Step {
  const stage = current(pinned, change, 'release')
  const stale = unseen(change, command)
  if (stale !== undefined) return stale
  const authority = authorityFor(pinned, change, actor, 'release', [stage.by], command.for)
  if ('refused' in authority) return authority
  // A robot for which nobody answers is nobody, and to have been given the work is not to have done it.
  const made = change.held.some(
    one => one.duty === 'make' && one.how !== 'was assigned' && pinned.governance.persons[one.person] !== undefined,
  )
  if (!made) return refuse('make.unknown', { change: change.id })
  // Approvals grow old and people's duties change between the decision and its effect, so all is asked once more.
  const unmet = unmetBefore(pinned, change, stage)
  if (unmet !== undefined) return unmet
  return by(authority, { type: 'change.released', ...given(stage, authority) })
}

/** The refusal of a release before which not everything is met, which says what is missing. */
function unmetBefore(pinned: Pinned, change: Change, release: Stage) {
  const before = pinned.category.flow.slice(0, pinned.category.flow.indexOf(release))
  const unmet = before.filter(stage => !isMet(pinned, change, stage))
  if (unmet.length === 0) return undefined
  const stages = unmet.map((stage): Facts => shortStatus(pinned, change, stage))
  return refuse('requirement.unmet', { change: change.id, state: change.state, release: release.name, stages })
}

/** A release at a stage before one: an attempt to put into effect what is not approved or tested, and not a mere slip. */
function tooEarly(pinned: Pinned, change: Change) {
  const { flow } = pinned.category
  const here = flow.findIndex(stage => stage.name === change.state)
  const next = here < 0 ? undefined : flow.slice(here).find(stage => stage.kind === 'release')
  return next === undefined ? undefined : unmetBefore(pinned, change, next)
}
