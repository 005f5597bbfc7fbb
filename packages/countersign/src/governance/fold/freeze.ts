import { freeze } from 'immer'
import type { Folds, Of } from './fold.ts'

export const freezeFolds: Folds<Of<'freeze'>> = {
  'freeze.declared': (tables, { freeze: name, by, at }, command) => {
    if (command.type !== 'declareFreeze') return
    const { because, scope, intervals, overriddenBy } = command
    const exempt = overriddenBy === undefined ? {} : { overriddenBy }
    tables.freezes = tables.freezes.set(name, freeze({ because, scope, intervals, ...exempt, by, at }, true))
  },
  'freeze.lifted': (tables, { freeze: name, by, at }) => {
    const known = tables.freezes.get(name)
    if (known === undefined) return
    const lifted = [...(known.lifted ?? []), { by, at }]
    tables.freezes = tables.freezes.set(name, freeze({ ...known, lifted }, true))
  },
}
