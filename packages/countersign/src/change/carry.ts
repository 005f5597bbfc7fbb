import type { ApprovalStage, Carry } from '../policy/stage.ts'
import { later } from '../values/instant.ts'
import type { Change } from './change.ts'
import type { ChangeEvent } from './event.ts'
import { standingApprovals } from './standing.ts'
import { type Pinned, pin } from './world.ts'

/** Whether each field that the carry names lies in the parent's field: equal to it, or one of its values. */
export function isWithin(child: Pick<Change, 'form'>, parent: Pick<Change, 'form'>, carry: Carry): boolean {
  return Object.entries(carry.within).every(([own, theirs]) => {
    const value = Object.hasOwn(child.form, own) ? child.form[own] : undefined
    const allowed = Object.hasOwn(parent.form, theirs) ? parent.form[theirs] : undefined
    if (value === undefined || allowed === undefined) return false
    const values = Array.isArray(value) ? value : [value]
    return values.length > 0 && values.every(one => (Array.isArray(allowed) ? allowed.includes(one) : allowed === one))
  })
}

/**
 * The approvals of the parent that this stage takes over: given there and still counting, recent enough, and for a scope
 * that this change lies in. They come with the original persons and the original times.
 */
export function carriedInto(pinned: Pinned, child: Change, stage: ApprovalStage): ChangeEvent[] {
  const { parent, governance, at } = pinned
  const carry = stage.carriedFrom
  if (carry === undefined || parent === undefined || parent.team !== child.team) return []
  if (parent.category !== carry.category || !isWithin(child, parent, carry) || parent.state === 'cancelled') return []
  const theirs = pin({ governance }, parent, at)
  return theirs.category.flow
    .filter(one => one.kind === 'approval')
    .flatMap(one => standingApprovals(theirs, parent, one.name))
    .filter(one => one.carried === undefined)
    .flatMap((one): ChangeEvent[] => {
      const until = later(one.at, carry.for)
      if (at >= until) return []
      return [
        {
          type: 'approval.carried',
          stage: stage.name,
          person: one.person,
          chain: [...one.chain],
          seats: [...one.seats],
          from: parent.id,
          approval: parent.approvals.indexOf(one),
          at: one.at,
          until,
        },
      ]
    })
}
