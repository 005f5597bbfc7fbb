import { freeze } from 'immer'
import { added, type Folds, kept, type Of } from './fold.ts'

export const absenceFolds: Folds<Of<'absence'>> = {
  'absence.recorded': (tables, { person, from, until }) => {
    tables.absences = added(tables.absences, person, freeze({ from, until }))
  },
  'absence.cancelled': (tables, { person, from, until }) => {
    tables.absences = kept(tables.absences, person, one => one.from !== from || one.until !== until)
  },
}
