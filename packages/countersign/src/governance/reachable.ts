import { rootOf } from './alias.ts'
import { type Governance, tables } from './governance.ts'

/** Whether a person or a robot has an account, by whichever of their ids: nobody can do anything in the name of one that has none. */
export function hasAccount(governance: Governance, who: string): boolean {
  const of = governance[tables]
  const own = of.accountsOf.get(who) ?? of.accountsOf.get(rootOf(of, who))
  return own !== undefined && own.length > 0
}

/** Those of some who have an account. */
export const reachable = (governance: Governance, some: readonly string[]): string[] =>
  some.filter(one => hasAccount(governance, one))
