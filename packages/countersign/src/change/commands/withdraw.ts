import { refuse } from '../../decision/refusal.ts'
import type { Actor } from '../../governance/identity.ts'
import type { Approval, Change } from '../change.ts'
import { isLive } from '../discount.ts'
import type { ChangeEvent } from '../event.ts'
import { discountOf } from '../standing.ts'
import { events, natural, type Step } from '../step.ts'
import { meetIn, type Pinned } from '../world.ts'

/** Takes back what the person has approved. */
export function withdraw(pinned: Pinned, change: Change, actor: Actor): Step {
  const me = natural(actor)
  if ('refused' in me) return me
  const { person } = me
  const all = change.approvals.filter(one => isLive(change, one) && meetIn(pinned, one.chain, [person]) !== undefined)
  const theirs = all.filter(one => one.carried === undefined)
  if (!theirs.some(one => isGood(pinned, change, one)))
    return refuse('approval.none-standing', { person, ...originOf(pinned, change, all) })
  // All of them, also what was given under another id: else that would take the place of what is withdrawn.
  return events(
    ...theirs.map((one): ChangeEvent => ({ type: 'approval.withdrawn', approval: change.approvals.indexOf(one) })),
  )
}

/** Where something was given that counts here, and that is taken back there alone. */
function originOf(pinned: Pinned, change: Change, given: readonly Approval[]) {
  const carried = given.find(one => one.carried !== undefined && isGood(pinned, change, one))?.carried
  if (carried === undefined) return {}
  if ('change' in carried) return { parent: carried.change }
  return change.template === undefined ? {} : { template: change.template.name }
}

/** Whether an approval counts, or will where the change goes later. */
function isGood(pinned: Pinned, change: Change, approval: Approval): boolean {
  const discount = discountOf(pinned, change, approval, 'approve')
  return discount === undefined || discount.why === 'environment'
}
