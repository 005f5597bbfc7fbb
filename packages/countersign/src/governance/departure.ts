import type { Instant } from '../values/instant.ts'
import { rootOf } from './alias.ts'
import { type Governance, tables, type When } from './governance.ts'

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

/** Whether somebody has left since they did something, and by an instant, under every id that they have; even if they are back. */
export function hasLeftSince(governance: Governance, id: string, { at, under }: When, by: Instant): boolean {
  const of = governance[tables]
  const root = rootOf(of, id)
  const left = of.persons.get(root)?.left
  if (left === undefined || left > by) return false
  return under === undefined ? at <= left : under < (of.leftBy.get(root) ?? 0)
}
