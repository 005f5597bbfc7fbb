import { refuse } from '../decision/refusal.ts'
import type { Actor } from '../governance/identity.ts'
import type { Change } from './change.ts'
import type { ChangeEvent } from './event.ts'
import { discountOf } from './standing.ts'
import { robot, type Step } from './step.ts'
import type { Pinned } from './world.ts'

/** Takes back what the person has approved. */
export function withdraw(pinned: Pinned, change: Change, actor: Actor): Step {
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
