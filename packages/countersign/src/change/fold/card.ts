import type { Folds, Of } from './fold.ts'

/** The card of the change on its team's board. */
export const cardFolds: Folds<Of<'card'>> = {
  'card.moved': (change, event, { at }) => {
    const { lane: _, ...rest } = change
    return {
      ...rest,
      column: event.column,
      columnSince: at,
      ...(event.lane === undefined ? {} : { lane: event.lane }),
    }
  },
}
