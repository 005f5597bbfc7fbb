import { type Refused, refuse } from '../../decision/refusal.ts'
import { type Actor, answering } from '../../governance/identity.ts'
import type { Category } from '../../policy/category.ts'
import { isOwed, type SingleStage } from '../../policy/stage.ts'
import { didYouMean } from '../../values/near.ts'
import { renamed } from '../../values/renamed.ts'
import { formRefusal, lateFound, rulesFor } from '../admission.ts'
import { inPolicy } from '../agreement.ts'
import { mayEdit } from '../authority.ts'
import { materialDigest } from '../binding.ts'
import type { Change } from '../change.ts'
import { agreedBy, beforeEdits } from '../consent.ts'
import { isLive } from '../discount.ts'
import type { ChangeEvent } from '../event.ts'
import { evolved } from '../evolve.ts'
import { isWider } from '../loosening.ts'
import { opening } from '../progress.ts'
import { asksAnybody } from '../requirement.ts'
import { missingAt } from '../shortfall.ts'
import { isMet } from '../standing.ts'
import type { Of, Step } from '../step.ts'
import { isLaxerCategory } from '../strictness.ts'
import { nowIn, openIn, type Pinned, partsOf, pin, stageOf, type World } from '../world.ts'

/**
 * Moves a change to the policy in force for its team. What was given is judged anew under it, at the stages of the same
 * name or at those to which `stages` leads; nothing that was given, and nothing that is owed, is left without a stage.
 * Whoever takes part in the change moves it to a policy that asks for as much, or more; whoever moves it to one that asks for
 * less takes part from then on, as after any other edit, but where it is only that more counts.
 */
export function migrate(pinned: Pinned, change: Change, command: Of<'migrate'>, actor: Actor, world: World): Step {
  const outsider = mayEdit(pinned, change, actor)
  if (outsider !== undefined) return outsider
  const rules = rulesFor(world, change)
  if ('refused' in rules) return rules
  const { policy, digest } = rules
  if (command.policy !== digest) return refuse('migration.not-in-force', { named: command.policy, inForce: digest })
  if (change.policy === digest) return refuse('nothing-to-do', { what: change.id, state: 'under policy in force' })
  const known = Object.keys(policy.categories)
  const category = known.includes(change.category) ? policy.categories[change.category] : undefined
  if (category === undefined) {
    const near = didYouMean(change.category, known)
    return refuse('policy.no-category', { team: change.team, category: change.category, known, near })
  }
  const found = pinned.category.retrospective === undefined ? lateFound(category, change.category) : undefined
  if (found !== undefined) return found
  const problem = formRefusal(category, change.form)
  if (problem !== undefined) return problem
  const moved = { ...change, policy: digest }
  const theirs = pin(world, moved, pinned.at)
  const mapped = mapping(pinned, theirs, change, command.stages ?? {})
  if ('refused' in mapped) return mapped
  const { stages } = mapped
  const after = { ...moved, electorates: {} }
  const agreed = agreedBy(world, pinned, change, { to: theirs, after, stages, counting: inPolicy }, actor)
  if ('refused' in agreed) return agreed
  const first = beforeEdits(world, pinned, change)
  const isLaxer = [{ pinned, change }, ...(first === undefined ? [] : [first])].some(one =>
    isLaxerCategory(one.pinned, one.change, theirs, after),
  )
  const migrated: ChangeEvent = {
    type: 'change.migrated',
    policy: digest,
    digest: materialDigest(category, change),
    ...agreed,
    ...(isLaxer ? { editor: answering(actor) } : {}),
    ...(Object.keys(stages).length === 0 ? {} : { stages }),
  }
  const next = evolved(change, [migrated], { command, ...nowIn(pinned) })
  const then = pin(world, next, pinned.at)
  const missing = then.stages
    .filter(stage => stage.kind !== 'release' && !isMet(then, next, stage))
    .map(stage => ({ stage: stage.name, missing: missingAt(then, next, stage) }))
  const list: ChangeEvent[] = [missing.length === 0 ? migrated : { ...migrated, missing }]
  return { events: [...list, opening(then, next)] }
}

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
      // Also one that was lifted: by whom it may have been, its stage says.
      ...change.rejections.filter(one => one.veto === true),
      ...change.obligations,
    ].map(one => one.stage),
  )
  const isOpen = (name: string) =>
    change.obligations.some(one => one.kind === 'review' && one.stage === name && one.ended === undefined)
  const lost = [...used].flatMap(name => {
    const before = stageOf(from, name)
    const after = stageOf(to, renamed(stages, name))
    const isFit =
      after !== undefined && (before === undefined || (fits(before, after) && reaches(change, before, after)))
    // What is owed is not given by asking it of nobody.
    const isStillOwed = !isOpen(name) || (after !== undefined && asksAnybody(change, after))
    if (isFit && isStillOwed) return []
    return [{ stage: name, near: after?.name ?? (Object.hasOwn(stages, name) ? (stages[name] ?? '') : '') }]
  })
  const open = openIn(from.category, change.state).filter(
    stage => !used.has(stage.name) && stageOf(to, renamed(stages, stage.name)) === undefined,
  )
  const names = [...lost.map(one => one.stage), ...open.map(stage => stage.name)].toSorted()
  if (names.length > 0)
    return refuse('migration.unmapped', {
      change: change.id,
      unmapped: names,
      known: to.stages.map(stage => stage.name),
    })
  const others = Object.entries(stages).filter(([old, name]) => old !== name)
  for (const [old, name] of others) {
    const problem = misplaced(from, to, stages, old, name)
    if (problem !== undefined)
      return refuse('migration.misplaced', { change: change.id, stage: old, onto: name, ...problem })
  }
  return { stages: Object.fromEntries(others) }
}

/**
 * What was given early does not count late: a stage that is there still keeps what was given at it, and one that is called
 * otherwise does not go past another stage that both have.
 */
function misplaced(
  from: Pinned,
  to: Pinned,
  stages: Readonly<Record<string, string>>,
  old: string,
  name: string,
): { readonly still: true } | { readonly past: string } | undefined {
  const [before, same] = [stageOf(from, old), stageOf(to, old)]
  if (before !== undefined && same !== undefined && fits(before, same)) return { still: true }
  const place = (category: Category, stage: string) =>
    category.flow.findIndex(one => partsOf(one).some(part => part.name === stage))
  const past = from.stages.find(other => {
    const there = stageOf(to, renamed(stages, other.name))
    if (there === undefined || !fits(other, there)) return false
    return (
      place(from.category, old) < place(from.category, other.name) &&
      place(to.category, name) > place(to.category, there.name)
    )
  })
  return past === undefined ? undefined : { past: past.name }
}

/** Whether what was given at one stage can be counted at another: of its kind, and owed where it was owed. */
const fits = (before: SingleStage, after: SingleStage): boolean =>
  before.kind === after.kind && isOwed(before) === isOwed(after)

/** Whether nothing that was approved for some environments would count for others. */
const reaches = (change: Change, before: SingleStage, after: SingleStage): boolean =>
  before.kind !== 'approval' ||
  after.kind !== 'approval' ||
  !isWider(before, after) ||
  !change.approvals.some(one => one.stage === before.name && one.environments === undefined && isLive(change, one))
