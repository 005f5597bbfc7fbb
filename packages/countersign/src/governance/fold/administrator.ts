import { freeze } from 'immer'
import type { Folds, Of } from './fold.ts'

export const administratorFolds: Folds<Of<'administrator'>> = {
  'administrator.nominated': (tables, { person, by }) => {
    tables.nominated = tables.nominated.set(person, by)
  },
  'administrator.appointed': (tables, { person }) => {
    tables.nominated = tables.nominated.delete(person)
    tables.administrators = freeze([...tables.administrators, person])
  },
}
