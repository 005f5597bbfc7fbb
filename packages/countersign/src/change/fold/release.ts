import { changed, type Folds } from './fold.ts'
import { given } from './given.ts'
import { holding } from './held.ts'
import { ending } from './own.ts'

/** Releases, and the glass on which one can be made. */
export const releaseFolds: Folds<'change.released' | 'release.staled' | 'glass.broken'> = {
  'change.released': (change, event, { when }) => {
    const { underGlass, chain } = event
    return changed(change, {
      releases: [
        ...change.releases,
        { ...given(change, event, when), ...(underGlass === undefined ? {} : { underGlass }) },
      ],
      ...(underGlass === undefined || change.glass === undefined
        ? {}
        : { glass: { ...change.glass, used: underGlass } }),
      held: holding(change, 'release', chain, 'released', when),
    })
  },
  'release.staled': (change, event, { at, own }) =>
    changed(change, {
      releases: ending(change.releases, event.release, { how: 'stale', revision: event.revision, at }, own),
    }),
  'glass.broken': (change, event, { when }) =>
    changed(change, {
      glass: { by: event.by, ...when, until: event.until, round: change.round },
      held: holding(change, 'release', [event.by], 'broke the glass', when),
    }),
}
