import { freeze } from 'immer'
import type { Folds, Of } from './fold.ts'

export const windowFolds: Folds<Of<'window'>> = {
  'window.declared': (tables, { window, by, at }, command) => {
    if (command.type !== 'declareWindow') return
    const { calendar, teams, intervals } = command
    const whose = teams === undefined ? {} : { teams }
    tables.windows = tables.windows.set(window, freeze({ calendar, ...whose, intervals, by, at }, true))
  },
  'window.withdrawn': (tables, { window, by, at }) => {
    const known = tables.windows.get(window)
    const withdrawn = { by, at }
    if (known !== undefined) tables.windows = tables.windows.set(window, freeze({ ...known, withdrawn }, true))
  },
}
