import { refuse } from '../../decision/refusal.ts'
import { type Actor, answering } from '../../governance/identity.ts'
import { didYouMean } from '../../values/near.ts'
import { formRefusal, lateFound } from '../admission.ts'
import { inCategory } from '../agreement.ts'
import { mayAskHere, mayEdit } from '../authority.ts'
import { materialDigest } from '../binding.ts'
import type { Change } from '../change.ts'
import { agreedBy } from '../consent.ts'
import type { ChangeEvent } from '../event.ts'
import { evolved } from '../evolve.ts'
import { beginning } from '../progress.ts'
import type { Of, Step } from '../step.ts'
import { nowIn, type Pinned, pin, type World } from '../world.ts'
import { robotIn } from './revise.ts'

/**
 * Makes a change one of another category of the same policy. It begins anew there, as a new round: what was given is
 * history, and who did what on it stays. Whoever takes part in it moves it to a category that asks for as much, or more.
 */
export function recategorise(
  pinned: Pinned,
  change: Change,
  command: Of<'recategorise'>,
  actor: Actor,
  world: World,
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
  const round = change.round + 1
  const moved: Change = { ...change, template: undefined, category: name, form, round, electorates: {} }
  const theirs = pin(world, moved, pinned.at)
  const agreed = agreedBy(world, pinned, change, { to: theirs, after: moved, counting: inCategory }, actor)
  if ('refused' in agreed) return agreed
  const list: ChangeEvent[] = [
    {
      category: name,
      digest: materialDigest(category, moved),
      editor,
      revision: change.revision + 1,
      ...robotIn(actor),
      ...agreed,
      round,
      type: 'change.recategorised',
    },
  ]
  const next = evolved(change, list, { command, ...nowIn(pinned) })
  return { events: [...list, ...beginning(theirs, next)] }
}
