import type { Change, Rejection } from '../change.ts'
import { changed, type Event, type Folds, type Happening } from './fold.ts'
import { given } from './given.ts'
import { holding } from './held.ts'
import { ending } from './own.ts'

/** Rejections, and the vetoes among them. */
export const rejectionFolds: Folds<'change.rejected' | 'veto.lifted'> = {
  'change.rejected': rejected,
  'veto.lifted': (change, event, { when }) => {
    // Since it was lifted first, whoever placed it may approve: also where it has stood again meanwhile.
    const lifted = (one: Rejection) => ({
      by: event.by,
      ...when,
      after: one.lifted?.after ?? change.approvals.length,
    })
    const rejections = change.rejections.map((one, index) =>
      index === event.rejection ? { ...one, lifted: lifted(one) } : one,
    )
    return changed(change, { rejections })
  },
}

function rejected(change: Change, event: Event<'change.rejected'>, { at, when, own }: Happening): Change {
  const { ends = [], veto, stage } = event
  const placed = veto === undefined ? {} : { veto, placed: { policy: change.policy, stage } }
  const rejection = {
    ...given(change, event, when),
    after: change.approvals.length,
    category: change.category,
    ...placed,
  }
  return changed(change, {
    approvals: ends.reduce((list, index) => ending(list, index, { how: 'rejected', at }, own), change.approvals),
    rejections: [...change.rejections, rejection],
    held: holding(change, 'approve', event.chain, 'rejected', when),
  })
}
