import { changed, type Folds, type Of } from './fold.ts'

/** Where a change is in its life: at a stage of its flow, or in a state that is no stage. */
export const stageFolds: Folds<
  Of<'stage'> | 'change.returned' | 'change.resubmitted' | 'change.condemned' | 'change.cancelled' | 'change.closed'
> = {
  'stage.entered': (change, event, { at }) => {
    // What came about by itself did so before the entry that tells it.
    const { stage, rests, electorates, at: since = at } = event
    return changed(change, {
      state: stage,
      since,
      ...(rests === undefined ? {} : { rests: { at: since, ...rests } }),
      ...(electorates === undefined ? {} : { electorates: { ...change.electorates, ...electorates } }),
    })
  },
  'change.returned': (change, _, { at }) => changed(change, { state: 'returned', since: at }),
  'change.resubmitted': (change, event) => changed(change, { round: event.round, electorates: {} }),
  'change.condemned': (change, _, { at }) => changed(change, { state: 'remediation', since: at }),
  'change.cancelled': (change, _, { at }) => changed(change, { state: 'cancelled', since: at }),
  'change.closed': (change, _, { at }) => changed(change, { state: 'closed', since: at }),
}
