import type { Change } from '../change.ts'
import { without } from './electorate.ts'
import { changed, type Event, type Folds, type Happening, type Of, unchanged } from './fold.ts'
import { given } from './given.ts'
import { holding } from './held.ts'
import { added, ending } from './own.ts'

export const approvalFolds: Folds<Of<'approval'>> = {
  'approval.granted': granted,
  'approval.carried': carried,
  'approval.withdrawn': (change, event, { at, own }) =>
    changed(change, { approvals: ending(change.approvals, event.approval, { how: 'withdrawn', at }, own) }),
  'approval.staled': (change, event, { at, own }) =>
    changed(change, {
      approvals: ending(change.approvals, event.approval, { how: 'stale', revision: event.revision, at }, own),
      electorates: without(change.electorates, change.approvals[event.approval]?.stage),
    }),
  'approval.retained': unchanged,
  'approval.kept': (change, event) => {
    const approvals = change.approvals.map((one, index) =>
      index === event.approval ? { ...one, round: event.round, retainedFrom: one.retainedFrom ?? one.round } : one,
    )
    return changed(change, { approvals })
  },
}

function granted(change: Change, event: Event<'approval.granted'>, { when, own }: Happening): Change {
  const { chain, environments, exceptions, afterwards } = event
  const approval = {
    ...given(change, event, when),
    ...(environments === undefined ? {} : { environments }),
    ...(exceptions === undefined ? {} : { exceptions }),
    ...(afterwards === undefined ? {} : { afterwards }),
  }
  return changed(change, {
    approvals: added(change.approvals, approval, own),
    held: holding(change, 'approve', chain, afterwards === undefined ? 'approved' : 'reviewed', when),
  })
}

/** It was given elsewhere, and counts as of when it was given there. */
function carried(change: Change, event: Event<'approval.carried'>, { when, own }: Happening): Change {
  const { chain, from, until, environments } = event
  const approval = {
    ...given(change, event, { at: event.at }),
    carried: { ...from, until },
    ...(environments === undefined ? {} : { environments }),
  }
  return changed(change, {
    approvals: added(change.approvals, approval, own),
    held: holding(change, 'approve', chain, 'approved', when),
  })
}
