import { type Refused, refuse } from '../../decision/refusal.ts'
import type { Actor } from '../../governance/identity.ts'
import type { SingleStage } from '../../policy/stage.ts'
import { didYouMean } from '../../values/near.ts'
import { type Authority, authorityFor, roleAt } from '../authority.ts'
import type { Change } from '../change.ts'
import { itemsOf } from '../checklist.ts'
import { openOn } from '../open-stages.ts'
import { dutyAt, openItems } from '../standing.ts'
import { by, givenAt, notNow, type Of, type Step, unseen } from '../step.ts'
import { type Pinned, stageOf } from '../world.ts'

/** Ticks items of the checklist of a stage. Whoever does takes on the duty of the stage. */
export function tick(pinned: Pinned, change: Change, command: Of<'tick'>, actor: Actor): Step {
  const found = ticking(pinned, change, command, actor)
  if ('refused' in found) return found
  const stale = unseen(change, command)
  if (stale !== undefined) return stale
  const { stage, authority } = found
  const open = openItems(pinned, change, stage)
  const done = command.items.find(item => !open.includes(item))
  if (done !== undefined) return refuse('nothing-to-do', { what: done, state: 'ticked' })
  const { items } = command
  const { chain, ...others } = givenAt(stage, authority)
  return by(authority, { chain, duty: dutyAt(stage), items: [...items], ...others, type: 'items.ticked' })
}

/** Takes ticks back, by whoever could give them. */
export function untick(pinned: Pinned, change: Change, command: Of<'untick'>, actor: Actor): Step {
  const found = ticking(pinned, change, command, actor)
  if ('refused' in found) return found
  const { stage, authority } = found
  const open = openItems(pinned, change, stage)
  const undone = command.items.find(item => open.includes(item))
  if (undone !== undefined) return refuse('nothing-to-do', { what: undone, state: 'open' })
  const { person } = authority
  return by(authority, { type: 'items.unticked', stage: stage.name, items: [...command.items], person })
}

/** The stage at which the change is, whose checklist has the items, and by what right the actor ticks them. */
function ticking(
  pinned: Pinned,
  change: Change,
  command: Of<'tick'> | Of<'untick'>,
  actor: Actor,
): { readonly stage: SingleStage; readonly authority: Authority } | Refused {
  const stage = openOn(pinned, change).find(one => one.name === command.stage)
  if (stage === undefined || stage.kind === 'approval') {
    const known = pinned.stages.map(one => one.name)
    return stageOf(pinned, command.stage) === undefined
      ? refuse('name.unknown', { what: 'stage', name: command.stage, near: didYouMean(command.stage, known) })
      : notNow(pinned, change, command.type)
  }
  const items = itemsOf(pinned, change, stage).map(one => one.item)
  const strange = command.items.find(item => !items.includes(item))
  if (strange !== undefined)
    return refuse('name.unknown', { what: 'item', name: strange, stage: stage.name, near: didYouMean(strange, items) })
  // What comes before it is put into effect is ticked by whoever may do that: by whoever may break the glass, where that waives something.
  const roles = [roleAt(pinned, change, stage)]
  const authority = authorityFor(pinned, change, actor, dutyAt(stage), roles, command.for, { stage, afterwards: false })
  return 'refused' in authority ? authority : { stage, authority }
}

/** The refusal of what comes after a checklist with open items. */
export function notTicked(pinned: Pinned, change: Change, stage: SingleStage): Refused | undefined {
  const items = openItems(pinned, change, stage)
  return items.length === 0 ? undefined : refuse('checklist.open', { change: change.id, stage: stage.name, items })
}
