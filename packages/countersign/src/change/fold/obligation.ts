import type { Change, Obligation } from '../change.ts'
import { changed, type Folds, type Of } from './fold.ts'

export const obligationFolds: Folds<Of<'obligation'>> = {
  'obligation.opened': (change, { kind, stage, since, due }) =>
    changed(change, { obligations: [...change.obligations, { kind, stage, since, due }] }),
  'obligation.fulfilled': (change, { obligation, late, remedy }, { at }) =>
    ending(change, obligation, {
      how: 'fulfilled',
      at,
      late,
      releases: change.releases.length,
      ...(remedy === undefined ? {} : { remedy }),
    }),
  'obligation.rejected': (change, { obligation, late }, { at }) =>
    ending(change, obligation, { how: 'rejected', at, late, releases: change.releases.length }),
  'obligation.reopened': (change, { obligation }) => ending(change, obligation, undefined),
}

/** A change on which what is owed at a place of the list has ended, or is open again. */
function ending(change: Change, place: number, ended: Obligation['ended']): Change {
  const obligations = change.obligations.map((one, index) => {
    if (index !== place) return one
    const { ended: _, ...rest } = one
    return ended === undefined ? rest : { ...rest, ended }
  })
  return changed(change, { obligations })
}
