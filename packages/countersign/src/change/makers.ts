import { type Refused, refuse } from '../decision/refusal.ts'
import { controllerOf, ownerOf } from '../governance/identity.ts'
import { didYouMean } from '../values/near.ts'
import type { World } from './world.ts'

/** The persons and bots behind the accounts that made some content; a bot's controller made it too. */
export function makersOf(world: World, accounts: readonly string[]): { persons: string[] } | Refused {
  const persons = new Set<string>()
  for (const account of accounts) {
    const owner = ownerOf(world.governance, account)
    if (owner === undefined) {
      return refuse('name.unknown', {
        what: 'account',
        name: account,
        near: didYouMean(account, Object.keys(world.governance.accounts)),
      })
    }
    if ('person' in owner) {
      persons.add(owner.person)
      continue
    }
    persons.add(owner.bot)
    const controller = controllerOf(world.governance, owner.bot)
    if (controller !== undefined) persons.add(controller)
  }
  return { persons: [...persons].toSorted() }
}
