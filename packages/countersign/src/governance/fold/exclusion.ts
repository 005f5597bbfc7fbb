import { freeze } from 'immer'
import { added, type Folds, type Of } from './fold.ts'

export const exclusionFolds: Folds<Of<'roles' | 'exclusion'>> = {
  'roles.excluded': (tables, { roles, team, because }) => {
    const exclusion = freeze({ roles, team, because }, true)
    tables.exclusions = freeze([...tables.exclusions, exclusion])
    for (const role of roles) tables.exclusionsOf = added(tables.exclusionsOf, role, exclusion)
  },
  // It tells what follows from the exclusions and the grants, which are there.
  'exclusion.violated': () => {},
}
