import { changed, type Folds } from './fold.ts'
import { given } from './given.ts'
import { holding } from './held.ts'
import { ending } from './own.ts'

export const signOffFolds: Folds<'test.signed-off' | 'signoff.staled'> = {
  'test.signed-off': (change, event, { command, when }) => {
    if (command?.type !== 'signOff') return change
    const { result, evidence } = command
    return changed(change, {
      signOffs: [...change.signOffs, { ...given(change, event, when), result, evidence }],
      held: holding(change, 'test', event.chain, 'tested', when),
    })
  },
  'signoff.staled': (change, event, { at, own }) =>
    changed(change, {
      signOffs: ending(change.signOffs, event.signOff, { how: 'stale', revision: event.revision, at }, own),
    }),
}
