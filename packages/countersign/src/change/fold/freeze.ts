import { changed, type Folds, type Of } from './fold.ts'

export const freezeFolds: Folds<Of<'freeze'>> = {
  'freeze.overridden': (change, { freeze, by, until }, { command, when }) => {
    if (command?.type !== 'overrideFreeze') return change
    const override = { freeze, by, ...when, until, reason: command.reason }
    return changed(change, { overrides: [...change.overrides, override] })
  },
}
