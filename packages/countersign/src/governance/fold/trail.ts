import type { Folds, Of } from './fold.ts'
import { putKey } from './key.ts'

export const trailFolds: Folds<Of<'trail'>> = {
  'trail.founded': (tables, event) => {
    tables.origin = event.origin
    if (event.key !== undefined) putKey(tables, event.key)
  },
}
