import { type Draft, produce } from 'immer'
import type { GovernanceCommand } from './command.ts'
import type { GovernanceEvent } from './event.ts'
import type { Governance } from './governance.ts'

/** Folds what an entry says into the state. The command is read for the document that an event names by digest. */
export const evolveGovernance = (
  governance: Governance,
  events: readonly GovernanceEvent[],
  command: GovernanceCommand,
): Governance =>
  produce(governance, draft => {
    for (const event of events) applyGovernance(draft, event, command)
  })

/** The fold itself, on a state that the caller owns. */
export function applyGovernance(draft: Draft<Governance>, event: GovernanceEvent, command: GovernanceCommand): void {
  switch (event.type) {
    case 'trail.founded':
      draft.origin = event.origin
      if (event.key !== undefined) draft.key = event.key
      return
    case 'person.registered':
      draft.persons[event.person] = { name: event.name }
      return
    case 'bot.registered':
      draft.bots[event.bot] = event.controller === undefined ? {} : { controller: event.controller }
      return
    case 'account.linked':
      if (event.person !== undefined) draft.accounts[event.account] = { person: event.person }
      else if (event.bot !== undefined) draft.accounts[event.account] = { bot: event.bot }
      return
    case 'person.departed': {
      const person = draft.persons[event.person]
      if (person !== undefined) person.departed = { at: event.at, compromised: event.compromised }
      if (event.compromised) draft.compromised.push(event.person)
      draft.administrators = draft.administrators.filter(one => one !== event.person)
      return
    }
    case 'administrator.nominated':
      draft.nominated[event.person] = event.by
      return
    case 'administrator.appointed':
      delete draft.nominated[event.person]
      draft.administrators.push(event.person)
      return
    case 'role.defined':
      draft.roles[event.role] = { description: event.description, grants: {} }
      return
    case 'role.granted': {
      const role = draft.roles[event.role]
      if (role === undefined) return
      const { by, team, from, until } = event
      const grants = role.grants[event.to] ?? []
      grants.push({ by, team, from, ...(until === undefined ? {} : { until }) })
      role.grants[event.to] = grants
      return
    }
    case 'role.revoked': {
      const grants = draft.roles[event.role]?.grants[event.from]
      for (const grant of grants ?? []) {
        if (grant.team === event.team && (grant.until === undefined || grant.until > event.at)) grant.until = event.at
      }
      return
    }
    case 'absence.recorded': {
      const absences = draft.absences[event.person] ?? []
      absences.push({ from: event.from, until: event.until })
      draft.absences[event.person] = absences
      return
    }
    case 'delegation.granted': {
      const { by, principal, to, from, until, scope } = event
      draft.delegations[event.delegation] = { by, principal, to, from, until, scope }
      const ids = draft.delegatedTo[to] ?? []
      ids.push(event.delegation)
      draft.delegatedTo[to] = ids
      return
    }
    case 'delegation.revoked': {
      const delegation = draft.delegations[event.delegation]
      if (delegation !== undefined) delegation.revokedAt = event.at
      return
    }
    case 'controls.proposed':
      if (command.type === 'proposeControls') {
        draft.controls[event.digest] = { document: command.controls, proposedBy: event.by }
      }
      return
    case 'controls.adopted': {
      const proposal = draft.controls[event.digest]
      if (proposal !== undefined) proposal.adopted = { by: event.by, at: event.at }
      draft.controlsInForce = event.digest
      return
    }
    case 'policy.proposed':
      if (command.type === 'proposePolicy') {
        draft.policies[event.digest] = { document: command.policy, proposedBy: event.by }
      }
      return
    case 'policy.adopted': {
      const proposal = draft.policies[event.digest]
      if (proposal !== undefined) proposal.adopted = { by: event.by, at: event.at }
      draft.policyInForce[event.team] = event.digest
      return
    }
    default:
      event satisfies never
  }
}
