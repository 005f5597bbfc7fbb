import { type Decision, refuse } from '../decision/refusal.ts'
import type { Instant } from '../values/instant.ts'
import type { GovernanceCommand } from './command.ts'
import { absence } from './commands/absence.ts'
import { delegate, revokeDelegation } from './commands/delegate.ts'
import { updateDirectory } from './commands/directory.ts'
import { adoptControls, adoptPolicy, proposeControls, proposePolicy } from './commands/document.ts'
import { declareFreeze, declareWindow, liftFreeze, withdrawWindow } from './commands/freeze.ts'
import { defineRole, excludeRoles, grantRole, revokeRole } from './commands/grant.ts'
import { rotateKey } from './commands/key.ts'
import {
  appointAdministrator,
  assignController,
  assignGroups,
  erasePerson,
  found,
  linkAccount,
  recordAlias,
  recordDeparture,
  recordReturn,
  registerBot,
  registerPerson,
  unlinkAccount,
} from './commands/people.ts'
import { prioritise } from './commands/priority.ts'
import { approveTemplate, proposeTemplate, revokeTemplate } from './commands/template.ts'
import type { GovernanceEvent } from './event.ts'
import type { Governance } from './governance.ts'
import { identifyPerson, isRefused } from './identity.ts'

type Outcome = Decision<GovernanceEvent>

/**
 * Decides a command about people or rules. Whoever gives it is a person; most of it is for administrators.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { decideGovernance } from 'countersign/governance'
 * const { desk, now } = await f0()
 * const command = { type: 'recordAbsence', person: 'bob', from: now, until: '2026-04-01T00:00:00.000Z' } as const
 * 'accepted' in decideGovernance(desk.governance(), command, 'bob', now) // → true
 * ```
 */
export function decideGovernance(
  governance: Governance,
  command: GovernanceCommand,
  account: string,
  at: Instant,
): Outcome {
  if (command.type === 'found') return found(governance, command, account)
  const actor = identifyPerson(governance, account)
  if (isRefused(actor)) return actor
  const me = actor.person
  switch (command.type) {
    case 'proposeControls':
      return proposeControls(governance, command, me)
    case 'proposePolicy':
      return proposePolicy(governance, command, me)
    case 'proposeTemplate':
      return proposeTemplate(governance, command, me, at)
    case 'approveTemplate':
      return approveTemplate(governance, command, me, at)
    case 'revokeTemplate':
      return revokeTemplate(governance, command, me, at)
    case 'prioritise':
      return prioritise(governance, command, me, at)
    case 'delegate':
      return delegate(governance, command, me, at)
    case 'revokeDelegation':
      return revokeDelegation(governance, command.delegation, me, at)
    case 'recordAbsence':
    case 'cancelAbsence':
      return absence(governance, command, me)
    default:
      if (!governance.administrators.includes(me)) {
        return refuse('authority.not-administrator', { person: me, administrators: [...governance.administrators] })
      }
      return administer(governance, command, me, at)
  }
}

type Administrative = Exclude<
  GovernanceCommand,
  {
    type:
      | 'found'
      | 'proposeControls'
      | 'proposePolicy'
      | 'proposeTemplate'
      | 'approveTemplate'
      | 'revokeTemplate'
      | 'prioritise'
      | 'delegate'
      | 'revokeDelegation'
      | 'recordAbsence'
      | 'cancelAbsence'
  }
>

function administer(governance: Governance, command: Administrative, me: string, at: Instant): Outcome {
  switch (command.type) {
    case 'registerPerson':
      return registerPerson(governance, command)
    case 'registerBot':
      return registerBot(governance, command)
    case 'assignController':
      return assignController(governance, command, me, at)
    case 'linkAccount':
      return linkAccount(governance, command)
    case 'unlinkAccount':
      return unlinkAccount(governance, command)
    case 'recordAlias':
      return recordAlias(governance, command, me, at)
    case 'recordDeparture':
      return recordDeparture(governance, command, at)
    case 'recordReturn':
      return recordReturn(governance, command, at)
    case 'erasePerson':
      return erasePerson(governance, command, at)
    case 'assignGroups':
      return assignGroups(governance, command)
    case 'appointAdministrator':
      return appointAdministrator(governance, command, me)
    case 'rotateKey':
      return rotateKey(governance, command, me, at)
    case 'defineRole':
      return defineRole(governance, command)
    case 'grantRole':
      return grantRole(governance, command, me, at)
    case 'revokeRole':
      return revokeRole(governance, command, at)
    case 'excludeRoles':
      return excludeRoles(governance, command, at)
    case 'updateDirectory':
      return updateDirectory(governance, command, me, at)
    case 'declareFreeze':
      return declareFreeze(governance, command, me, at)
    case 'liftFreeze':
      return liftFreeze(governance, command, me, at)
    case 'declareWindow':
      return declareWindow(governance, command, me, at)
    case 'withdrawWindow':
      return withdrawWindow(governance, command, me, at)
    case 'adoptControls':
      return adoptControls(governance, command, me, at)
    case 'adoptPolicy':
      return adoptPolicy(governance, command, me, at)
    default:
      return command satisfies never
  }
}
