import { freeze } from 'immer'
import { added, type Folds, kept, type Of } from './fold.ts'

export const accountFolds: Folds<Of<'account'>> = {
  'account.linked': (tables, { account, person, bot }) => {
    if (person !== undefined) {
      tables.accounts = tables.accounts.set(account, freeze({ person }))
      tables.accountsOf = added(tables.accountsOf, person, account)
    } else if (bot !== undefined) {
      tables.accounts = tables.accounts.set(account, freeze({ bot }))
      tables.accountsOf = added(tables.accountsOf, bot, account)
    }
  },
  'account.unlinked': (tables, { account }) => {
    const owner = tables.accounts.get(account)
    if (owner === undefined) return
    tables.accounts = tables.accounts.delete(account)
    tables.accountsOf = kept(tables.accountsOf, 'bot' in owner ? owner.bot : owner.person, one => one !== account)
  },
}
