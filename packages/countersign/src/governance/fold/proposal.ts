import { freeze } from 'immer'
import type { Instant } from '../../values/instant.ts'
import type { Tables } from '../governance.ts'

/** A document that somebody proposes, over the one that is in force. */
export const proposal = <Document>(document: Document, proposedBy: string, over: string | undefined) =>
  freeze({ document, proposedBy, ...(over === undefined ? {} : { over }) }, true)

/** The proposals, of which one is adopted. */
export function adopted<Of extends Tables['controls'] | Tables['policies']>(
  table: Of,
  { digest, by, at }: { readonly digest: string; readonly by: string; readonly at: Instant },
): Of {
  const proposed = table.get(digest)
  return proposed === undefined
    ? table
    : (table.set(digest, freeze({ ...proposed, adopted: { by, at } }, true) as never) as Of)
}
