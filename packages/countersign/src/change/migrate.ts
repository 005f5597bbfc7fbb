import { refuse } from '../decision/refusal.ts'
import type { Actor } from '../governance/identity.ts'
import { ownParts } from '../policy/form.ts'
import { isOwed, type SingleStage } from '../policy/stage.ts'
import { didYouMean } from '../values/near.ts'
import { materialDigest } from './binding.ts'
import type { Change } from './change.ts'
import type { ChangeEvent } from './event.ts'
import { evolveChange } from './evolve.ts'
import { shortStatus } from './explain.ts'
import { mayEdit } from './participant.ts'
import { opening } from './progress.ts'
import { demotion } from './revise.ts'
import { isMet } from './standing.ts'
import type { Of, Refused, Step } from './step.ts'
import { isLaxerCategory } from './strictness.ts'
import { formRefusal, rulesFor } from './submit.ts'
import { openIn, type Pinned, pin, stageOf, type World } from './world.ts'

/**
 * Moves a change to the policy in force for its team. What was given is judged anew under it, at the stages of the same
 * name or at those to which `stages` leads; nothing that was given, and nothing that is owed, is left without a stage.
 * Whoever takes part in the change moves it to a policy that asks for as much, or more.
 */
export function migrate(world: World, pinned: Pinned, change: Change, command: Of<'migrate'>, actor: Actor): Step {
  const outsider = mayEdit(pinned, change, actor)
  if (outsider !== undefined) return outsider
  const rules = rulesFor(world, change)
  if ('refused' in rules) return rules
  const { policy, digest } = rules
  if (command.policy !== digest) return refuse('migration.not-in-force', { named: command.policy, inForce: digest })
  if (change.policy === digest)
    return refuse('nothing-to-do', { person: change.id, state: 'under the policy in force' })
  const known = Object.keys(policy.categories)
  const category = known.includes(change.category) ? policy.categories[change.category] : undefined
  if (category === undefined) {
    const near = didYouMean(change.category, known)
    return refuse('policy.no-category', { team: change.team, category: change.category, known, near })
  }
  const problem = formRefusal(category, change.form)
  if (problem !== undefined) return problem
  const moved = { ...change, policy: digest }
  const theirs = pin(world, moved, pinned.at)
  const mapped = mapping(pinned, theirs, change, command.stages ?? {})
  if ('refused' in mapped) return mapped
  if (bindsLess(pinned, theirs) || isLaxerCategory(pinned, change, theirs, { ...moved, electorates: {} })) {
    const stages = pinned.stages.filter(stage => stage.kind !== 'release').map(stage => stage.name)
    const demoted = demotion(pinned, change, stages, actor)
    if (demoted !== undefined) return demoted
  }
  const migrated: ChangeEvent = {
    type: 'change.migrated',
    policy: digest,
    digest: materialDigest(category, { ...change, content: change.content }),
    ...(Object.keys(mapped.stages).length === 0 ? {} : { stages: mapped.stages }),
  }
  const next = evolveChange(change, [migrated], { command, at: pinned.at }) ?? change
  const then = pin(world, next, pinned.at)
  const missing = then.stages
    .filter(stage => stage.kind !== 'release' && !isMet(then, next, stage))
    .map(stage => ({
      stage: stage.name,
      missing: (shortStatus(then, next, stage).missing ?? {}) as Record<string, number>,
    }))
  const list: ChangeEvent[] = [missing.length === 0 ? migrated : { ...migrated, missing }]
  return { events: [...list, opening(then, next)] }
}

/** Whether something that can be edited there without a word was a part of what was approved here. */
function bindsLess({ category: from }: Pinned, { category: to }: Pinned): boolean {
  const isThere = (name: string) => isOwnPart(name) || Object.hasOwn(to.form.properties, name)
  return from.material.some(name => isThere(name) && !to.material.includes(name))
}

const isOwnPart = (name: string): boolean => (ownParts as readonly string[]).includes(name)

/** For each stage that is called otherwise now, its new name. */
function mapping(
  from: Pinned,
  to: Pinned,
  change: Change,
  stages: Readonly<Record<string, string>>,
): { readonly stages: Record<string, string> } | Refused {
  for (const [old, name] of Object.entries(stages)) {
    const [before, after] = [stageOf(from, old), stageOf(to, name)]
    if (before === undefined || after === undefined) {
      const [missing, place] = before === undefined ? [old, from] : [name, to]
      const near = didYouMean(
        missing,
        place.stages.map(stage => stage.name),
      )
      return refuse('name.unknown', { what: 'stage', name: missing, near })
    }
  }
  const used = new Set(
    [
      ...change.approvals,
      ...change.signOffs,
      ...change.tasks,
      ...change.ticks,
      ...change.releases,
      ...change.rejections.filter(one => one.veto === true && one.lifted === undefined),
      ...change.obligations,
    ].map(one => one.stage),
  )
  const lost = [...used].flatMap(name => {
    const before = stageOf(from, name)
    const after = stageOf(to, stages[name] ?? name)
    if (after !== undefined && (before === undefined || fits(before, after))) return []
    return [{ stage: name, near: after === undefined ? (stages[name] ?? '') : after.name }]
  })
  const open = openIn(from.category, change.state).filter(
    stage => !used.has(stage.name) && stageOf(to, stages[stage.name] ?? stage.name) === undefined,
  )
  const names = [...lost.map(one => one.stage), ...open.map(stage => stage.name)].toSorted()
  if (names.length > 0)
    return refuse('migration.unmapped', {
      change: change.id,
      unmapped: names,
      known: to.stages.map(stage => stage.name),
    })
  return { stages: Object.fromEntries(Object.entries(stages).filter(([old, name]) => old !== name)) }
}

/** Whether what was given at one stage can be counted at another: of its kind, and owed where it was owed. */
const fits = (before: SingleStage, after: SingleStage): boolean =>
  before.kind === after.kind && isOwed(before) === isOwed(after)
