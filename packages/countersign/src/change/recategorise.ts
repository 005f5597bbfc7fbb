import { ableFacts } from '../decision/able.ts'
import { type Refused, refuse } from '../decision/refusal.ts'
import type { Grant } from '../governance/governance.ts'
import { type Actor, answering } from '../governance/identity.ts'
import { holdersOf } from '../governance/role.ts'
import type { Category } from '../policy/category.ts'
import { didYouMean } from '../values/near.ts'
import { holdsHere, mayEdit } from './authority.ts'
import { materialDigest } from './binding.ts'
import type { Change } from './change.ts'
import type { ChangeEvent } from './event.ts'
import { evolved } from './evolve.ts'
import { beginning } from './progress.ts'
import { demotionTo, robotIn } from './revise.ts'
import type { Of, Step } from './step.ts'
import { formRefusal, lateFound } from './submit.ts'
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
  const editor = answering(actor)
  const outsider = mayEdit(pinned, change, actor)
  if (outsider !== undefined) return outsider
  const { category: name } = command
  const known = Object.keys(pinned.policy.categories)
  const category = known.includes(name) ? pinned.policy.categories[name] : undefined
  if (category === undefined)
    return refuse('policy.no-category', { team: change.team, category: name, known, near: didYouMean(name, known) })
  if (name === change.category)
    return refuse('nothing-to-do', { what: change.id, state: 'in category', category: name })
  if (category.template !== undefined)
    return refuse('template.needed', { category: name, otherwise: category.template.otherwise })
  const found = lateFound(category, name)
  if (found !== undefined) return found
  const stranger = mayAskHere(pinned, change, category, editor)
  if (stranger !== undefined) return stranger
  const form = command.form ?? change.form
  const problem = formRefusal(category, form)
  if (problem !== undefined) return problem
  const { template: _, ...rest } = change
  const moved: Change = { ...rest, category: name, form, electorates: {} }
  const theirs = pin(world, moved, pinned.at)
  const demoted = demotionTo(pinned, change, theirs, moved, actor)
  if (demoted !== undefined) return demoted
  const list: ChangeEvent[] = [
    {
      category: name,
      digest: materialDigest(category, moved),
      editor,
      revision: change.revision + 1,
      ...robotIn(actor),
      round: change.round + 1,
      type: 'change.recategorised',
    },
  ]
  const next = evolved(change, list, { command, at: pinned.at })
  return { events: [...list, ...beginning(theirs, next)] }
}

/** Whoever makes a change one of another category asks for it there: by no role that a participant has given them since. */
function mayAskHere(
  pinned: Pinned,
  change: Change,
  { requestedBy: role }: Category,
  person: string,
): Refused | undefined {
  const tainted: Grant[] = []
  if (role === undefined || holdsHere(pinned, change, person, role, tainted)) return undefined
  const { governance, at } = pinned
  const holders = holdersOf(governance, role, change.team, at)
  const able = ableFacts(holders.filter(one => holdsHere(pinned, change, one, role)))
  const [grant] = tainted
  return grant === undefined
    ? refuse('authority.no-role', { person, roles: [role], ...able, at })
    : refuse('authority.granted-by-participant', { person, role, by: grant.by, ...able })
}
