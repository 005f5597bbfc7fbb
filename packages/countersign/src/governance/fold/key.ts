import { freeze } from 'immer'
import type { Folding, Folds, Of } from './fold.ts'

export const keyFolds: Folds<Of<'key'>> = {
  'key.proposed': (tables, { key, by }) => {
    tables.keyProposed = freeze({ key, by })
  },
  'key.rotated': (tables, { key }) => putKey(tables, key),
}

/** The key that signs from here on. What was asked for before it is settled. */
export function putKey(tables: Folding, key: string): void {
  tables.key = key
  tables.keys = freeze([...tables.keys, key])
  delete tables.keyProposed
}
