import { changed, type Folds, type Of } from './fold.ts'

/** The card of the change on its team's board. */
export const cardFolds: Folds<Of<'card'>> = {
  'card.moved': (change, { column, lane }, { at }) => changed(change, { column, columnSince: at, lane }),
}
