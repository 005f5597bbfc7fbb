import type { ApprovalStage, Carry } from '../policy/stage.ts'
import type { Change } from './change.ts'

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

/** The carry of a stage that leans on the parent. */
export const carryOf = ({ carriedFrom }: ApprovalStage): Carry | undefined =>
  carriedFrom === undefined || 'template' in carriedFrom ? undefined : carriedFrom

/** Whether what was approved of a parent may be carried to a change. */
export const reaches = (parent: Change, child: Change, carry: Carry): boolean =>
  parent.team === child.team && parent.category === carry.category && isWithin(child, parent, carry)
