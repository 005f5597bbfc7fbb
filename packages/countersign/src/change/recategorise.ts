import { refuse } from '../decision/refusal.ts'
import type { Actor } from '../governance/identity.ts'
import { holds } from '../governance/role.ts'
import { didYouMean } from '../values/near.ts'
import { materialDigest } from './binding.ts'
import { carriedInto } from './carry.ts'
import type { Change } from './change.ts'
import type { ChangeEvent } from './event.ts'
import { evolveChange } from './evolve.ts'
import { mayEdit } from './participant.ts'
import { opening } from './progress.ts'
import { demotion } from './revise.ts'
import type { Of, Step } from './step.ts'
import { isLaxerCategory } from './strictness.ts'
import { formRefusal } from './submit.ts'
import { type Pinned, pin, type World } from './world.ts'

/**
 * Makes a change one of another category of the same policy. It begins anew there, as a new round: what was given is
 * history, and who did what on it stays. Whoever takes part in it moves it to a category that asks for as much, or more.
 */
export function recategorise(
  world: World,
  pinned: Pinned,
  change: Change,
  command: Of<'recategorise'>,
  actor: Actor,
): Step {
  const editor = actor.person ?? actor.bot
  if (editor === undefined) return refuse('identity.unknown-account', { account: actor.account, near: '' })
  const outsider = mayEdit(pinned, change, actor)
  if (outsider !== undefined) return outsider
  const { category: name } = command
  const known = Object.keys(pinned.policy.categories)
  const category = known.includes(name) ? pinned.policy.categories[name] : undefined
  if (category === undefined)
    return refuse('policy.no-category', { team: change.team, category: name, known, near: didYouMean(name, known) })
  if (name === change.category) return refuse('nothing-to-do', { person: change.id, state: `of the category ${name}` })
  if (category.template !== undefined)
    return refuse('template.needed', { category: name, otherwise: category.template.otherwise })
  const { requestedBy } = category
  if (requestedBy !== undefined && !holds(pinned.governance, editor, requestedBy, change.team, pinned.at))
    return refuse('authority.no-role', { person: editor, roles: [requestedBy], at: pinned.at })
  const form = command.form ?? change.form
  const problem = formRefusal(category, form)
  if (problem !== undefined) return problem
  const { template: _, ...rest } = change
  const moved: Change = { ...rest, category: name, form, electorates: {} }
  const theirs = pin(world, moved, pinned.at)
  if (isLaxerCategory(pinned, change, theirs, moved)) {
    const stages = pinned.stages.filter(stage => stage.kind !== 'release').map(stage => stage.name)
    const demoted = demotion(pinned, change, stages, actor)
    if (demoted !== undefined) return demoted
  }
  const list: ChangeEvent[] = [
    {
      type: 'change.recategorised',
      category: name,
      revision: change.revision + 1,
      digest: materialDigest(category, moved),
      editor,
      round: change.round + 1,
    },
  ]
  const next = evolveChange(change, list, { command, at: pinned.at }) ?? change
  const carried = carriedInto(theirs, next)
  const fuller = evolveChange(next, carried, { at: pinned.at }) ?? next
  return { events: [...list, ...carried, opening(theirs, fuller)] }
}
