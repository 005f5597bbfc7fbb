import type { ApprovalStage, Carry } from '../policy/stage.ts'
import { later } from '../values/instant.ts'
import type { Change } from './change.ts'
import type { ChangeEvent } from './event.ts'
import { bestMatch } from './matching.ts'
import { candidates, choicesFor, decidedParent, isLive, standingApprovals } from './standing.ts'
import type { Pinned } from './world.ts'

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
 * The approvals of the parent that the stages of this change take over: those that count there, while the parent's own
 * decision stands; recent enough; for a scope that this change lies in; and not by somebody who has rejected this
 * change. They come with the original persons and the original times. A person counts once, so of several stages that
 * lean on the parent the earlier takes only those whom it needs.
 */
export function carriedInto(pinned: Pinned, child: Change): ChangeEvent[] {
  const theirs = decidedParent(pinned)
  if (theirs === undefined || theirs.change.team !== child.team) return []
  const { change: parent } = theirs
  const leaning = pinned.category.flow.filter(
    stage =>
      stage.kind === 'approval' &&
      stage.carriedFrom?.category === parent.category &&
      isWithin(child, parent, stage.carriedFrom) &&
      choicesFor(child, stage).length > 0,
  ) as (ApprovalStage & { carriedFrom: Carry })[]
  const counting = theirs.pinned.category.flow
    .filter(stage => stage.kind === 'approval')
    .flatMap(stage => standingApprovals(theirs.pinned, parent, stage.name))
    .filter(one => one.carried === undefined)
  const taken = new Set([
    ...child.rejections.flatMap(one => one.chain),
    ...child.approvals.filter(one => isLive(child, one)).flatMap(one => one.chain),
  ])
  return leaning.flatMap((stage, place) => {
    const free = counting.filter(
      one => !one.chain.some(person => taken.has(person)) && pinned.at < later(one.at, stage.carriedFrom.for),
    )
    const needed = bestMatch(choicesFor(child, stage), candidates(free))?.taken
    const carried = place === leaning.length - 1 ? free : free.filter(one => needed?.has(one.person))
    for (const person of carried.flatMap(one => one.chain)) taken.add(person)
    return carried.map(
      (one): ChangeEvent => ({
        type: 'approval.carried',
        stage: stage.name,
        person: one.person,
        chain: [...one.chain],
        seats: [...one.seats],
        from: parent.id,
        approval: parent.approvals.indexOf(one),
        at: one.at,
        until: later(one.at, stage.carriedFrom.for),
      }),
    )
  })
}
