import { type Governance, tables } from './governance.ts'
import type { When } from './role.ts'

/**
 * Whether somebody did something before they left as compromised, by the id under which they go. Of what happened in one
 * instant, the count tells the order: they may have left, come back, and given something anew.
 */
export function wasCompromised(governance: Governance, root: string, { at, under }: When): boolean {
  const { compromised, compromisedBy } = governance[tables]
  const gone = compromised.get(root)
  if (gone === undefined) return false
  return under === undefined ? at <= gone : under < (compromisedBy.get(root) ?? 0)
}
