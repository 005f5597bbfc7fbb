import { accept, type Decision, refuse } from '../../decision/refusal.ts'
import type { Instant } from '../../values/instant.ts'
import type { Difference, Of } from '../command.ts'
import type { GovernanceEvent } from '../event.ts'
import { evolveGovernance } from '../evolve.ts'
import type { Governance } from '../governance.ts'
import { absence } from './absence.ts'
import { delegate, revokeDelegation } from './delegate.ts'
import { grantRole, revokeRole } from './grant.ts'
import { assignGroups, linkAccount, recordDeparture, recordReturn, registerPerson, unlinkAccount } from './people.ts'

type Outcome = Decision<GovernanceEvent>

/**
 * Records what a directory says otherwise, as one entry: each difference is decided on the state after those before it,
 * and the first that is refused refuses them all.
 */
export function updateDirectory(
  governance: Governance,
  command: Of<'updateDirectory'>,
  me: string,
  at: Instant,
): Outcome {
  const events: GovernanceEvent[] = []
  let state = governance
  for (const [index, difference] of command.differences.entries()) {
    const outcome = decideDifference(state, difference, me, at)
    if ('refused' in outcome) {
      return refuse('directory.difference', { index, command: difference.type, refusal: outcome.refused })
    }
    events.push(...outcome.accepted)
    state = evolveGovernance(state, outcome.accepted, difference)
  }
  return accept(...events)
}

function decideDifference(governance: Governance, difference: Difference, me: string, at: Instant): Outcome {
  switch (difference.type) {
    case 'registerPerson':
      return registerPerson(governance, difference)
    case 'linkAccount':
      return linkAccount(governance, difference)
    case 'unlinkAccount':
      return unlinkAccount(governance, difference)
    case 'recordDeparture':
      return recordDeparture(governance, difference, at)
    case 'recordReturn':
      return recordReturn(governance, difference, at)
    case 'assignGroups':
      return assignGroups(governance, difference)
    case 'grantRole':
      return grantRole(governance, difference, me, at, 'directory')
    case 'revokeRole':
      return revokeRole(governance, difference, at)
    case 'recordAbsence':
    case 'cancelAbsence':
      return absence(governance, difference, me)
    case 'delegate':
      return delegate(governance, difference, me, at)
    case 'revokeDelegation':
      return revokeDelegation(governance, difference.delegation, me, at)
    default:
      return difference satisfies never
  }
}
