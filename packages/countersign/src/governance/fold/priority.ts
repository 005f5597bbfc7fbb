import { freeze } from 'immer'
import type { Folds, Of } from './fold.ts'

export const priorityFolds: Folds<Of<'priorities'>> = {
  'priorities.decided': (tables, { team, by, present, at }, command) => {
    if (command.type !== 'prioritise') return
    tables.priorities = tables.priorities.set(team, freeze({ order: command.order, by, present, at }, true))
  },
}
