import { freeze } from 'immer'
import type { Instant } from '../../values/instant.ts'
import { added, type Folding, type Folds, type Of } from './fold.ts'

export const delegationFolds: Folds<Of<'delegation'>> = {
  'delegation.granted': (tables, event) => {
    const { by, of: passedOn, principal, to, from, until, scope } = event
    const delegation = { by, ...(passedOn === undefined ? {} : { of: passedOn }), principal, to, from, until, scope }
    tables.delegations = tables.delegations.set(event.delegation, freeze(delegation, true))
    tables.delegatedTo = added(tables.delegatedTo, to, event.delegation)
    tables.delegatedBy = added(tables.delegatedBy, principal, event.delegation)
  },
  'delegation.revoked': (tables, event) => endDelegation(tables, event.delegation, event.at),
}

/** Revokes a delegation; one that was revoked already keeps its end. */
export function endDelegation(tables: Folding, id: string, at: Instant): void {
  const delegation = tables.delegations.get(id)
  if (delegation === undefined || delegation.revokedAt !== undefined) return
  tables.delegations = tables.delegations.set(id, freeze({ ...delegation, revokedAt: at }))
}
