import { freeze } from 'immer'
import { skeletonOf } from '../values/confusable.ts'
import type { Instant } from '../values/instant.ts'
import type { GovernanceCommand } from './command.ts'
import type { GovernanceEvent } from './event.ts'
import { governanceOf } from './folded.ts'
import {
  added,
  control,
  endDelegation,
  endGrants,
  type Folding,
  giveGrants,
  kept,
  releaseBots,
  unlink,
} from './folding.ts'
import { type Governance, type Grant, type Tables, type TemplateVersion, tables } from './governance.ts'
import { merge } from './merge.ts'
import { templateKey } from './template.ts'

/**
 * Folds what an entry says into the state, and leaves the state before as it is. The command is read for the document
 * that an event names by digest. What an event touches is copied along its path in a table and nowhere else, so an entry
 * costs the same in a large organisation as in a small one (docs/decisions/0011).
 *
 * @example
 * ```ts
 * import { evolveGovernance, noGovernance } from 'countersign/governance'
 * const event = { type: 'person.registered', person: 'bob', name: 'Bob' } as const
 * const command = { type: 'registerPerson', person: 'bob', name: 'Bob' } as const
 * evolveGovernance(noGovernance, [event], command).persons.bob // → { name: 'Bob' }
 * ```
 */
export function evolveGovernance(
  governance: Governance,
  events: readonly GovernanceEvent[],
  command: GovernanceCommand,
): Governance {
  const of: Folding = { ...governance[tables] }
  for (const event of events) {
    of.entries += 1
    fold(of, event, command)
  }
  return governanceOf(of)
}

function fold(of: Folding, event: GovernanceEvent, command: GovernanceCommand): void {
  switch (event.type) {
    case 'trail.founded':
      of.origin = event.origin
      if (event.key !== undefined) putKey(of, event.key)
      return
    case 'person.registered':
      of.persons = of.persons.set(event.person, freeze({ name: event.name }, true))
      return
    case 'bot.registered':
      control(of, event.bot, event.controller)
      return
    case 'bot.assigned':
      control(of, event.bot, event.controller, event.at)
      return
    case 'account.linked':
      if (event.person !== undefined) {
        of.accounts = of.accounts.set(event.account, freeze({ person: event.person }))
        of.accountsOf = added(of.accountsOf, event.person, event.account)
      } else if (event.bot !== undefined) {
        of.accounts = of.accounts.set(event.account, freeze({ bot: event.bot }))
        of.accountsOf = added(of.accountsOf, event.bot, event.account)
      }
      return
    case 'account.unlinked':
      unlink(of, event.account)
      return
    case 'alias.recorded':
      merge(of, event)
      return
    case 'person.departed':
      depart(of, event.person, event.at, event.compromised)
      return
    case 'person.returned': {
      const { departed, ...person } = of.persons.get(event.person) ?? { name: '' }
      of.persons = of.persons.set(event.person, freeze(person))
      // What a robot may do is the authority of whoever answers for it, and a return gives none back.
      releaseBots(of, event.person, departed?.at)
      return
    }
    case 'person.erased':
      for (const id of [event.person, ...(of.mergedInto.get(event.person) ?? [])]) {
        const person = of.persons.get(id)
        if (person !== undefined) of.persons = of.persons.set(id, freeze({ ...person, erased: event.at }))
      }
      return
    case 'groups.assigned': {
      const person = of.persons.get(event.person)
      if (person !== undefined)
        of.persons = of.persons.set(event.person, freeze({ ...person, groups: event.groups }, true))
      return
    }
    case 'administrator.nominated':
      of.nominated = of.nominated.set(event.person, event.by)
      return
    case 'administrator.appointed':
      of.nominated = of.nominated.delete(event.person)
      of.administrators = freeze([...of.administrators, event.person])
      return
    case 'key.proposed':
      of.keyProposed = freeze({ key: event.key, by: event.by })
      return
    case 'key.rotated':
      putKey(of, event.key)
      return
    case 'role.defined': {
      const { role, description, inherits } = event
      of.roles = of.roles.set(role, freeze({ description, ...(inherits === undefined ? {} : { inherits }) }, true))
      of.skeletons = of.skeletons.set(skeletonOf(role), role)
      for (const junior of inherits ?? []) of.seniors = added(of.seniors, junior, role)
      return
    }
    case 'role.granted': {
      const { by, at, team, from, until } = event
      of.lastGrant = of.entries
      const grant: Grant = freeze({ by, at, nth: of.entries, team, from, ...(until === undefined ? {} : { until }) })
      giveGrants(of, event.role, event.to, [grant])
      return
    }
    case 'role.revoked':
      endGrants(of, event.role, event.from, event.at, grant => grant.team === event.team)
      return
    case 'roles.excluded': {
      const { roles, team, because } = event
      const exclusion = freeze({ roles, team, because }, true)
      of.exclusions = freeze([...of.exclusions, exclusion])
      for (const role of roles) of.exclusionsOf = added(of.exclusionsOf, role, exclusion)
      return
    }
    case 'exclusion.violated':
      return
    case 'absence.recorded':
      of.absences = added(of.absences, event.person, freeze({ from: event.from, until: event.until }))
      return
    case 'absence.cancelled':
      of.absences = kept(of.absences, event.person, one => one.from !== event.from || one.until !== event.until)
      return
    case 'delegation.granted': {
      const { by, of: passedOn, principal, to, from, until, scope } = event
      const delegation = { by, ...(passedOn === undefined ? {} : { of: passedOn }), principal, to, from, until, scope }
      of.delegations = of.delegations.set(event.delegation, freeze(delegation, true))
      of.delegatedTo = added(of.delegatedTo, to, event.delegation)
      of.delegatedBy = added(of.delegatedBy, principal, event.delegation)
      return
    }
    case 'delegation.revoked':
      endDelegation(of, event.delegation, event.at)
      return
    case 'freeze.declared': {
      if (command.type !== 'declareFreeze') return
      const { because, scope, intervals, overriddenBy } = command
      const { by, at } = event
      const exempt = overriddenBy === undefined ? {} : { overriddenBy }
      of.freezes = of.freezes.set(event.freeze, freeze({ because, scope, intervals, ...exempt, by, at }, true))
      return
    }
    case 'freeze.lifted': {
      const known = of.freezes.get(event.freeze)
      const lifted = { by: event.by, at: event.at }
      if (known !== undefined) of.freezes = of.freezes.set(event.freeze, freeze({ ...known, lifted }, true))
      return
    }
    case 'window.declared': {
      if (command.type !== 'declareWindow') return
      const { calendar, teams, intervals } = command
      const { by, at } = event
      const whose = teams === undefined ? {} : { teams }
      of.windows = of.windows.set(event.window, freeze({ calendar, ...whose, intervals, by, at }, true))
      return
    }
    case 'priorities.decided': {
      if (command.type !== 'prioritise') return
      const { by, present, at } = event
      of.priorities = of.priorities.set(event.team, freeze({ order: command.order, by, present, at }, true))
      return
    }
    case 'window.withdrawn': {
      const known = of.windows.get(event.window)
      const withdrawn = { by: event.by, at: event.at }
      if (known !== undefined) of.windows = of.windows.set(event.window, freeze({ ...known, withdrawn }, true))
      return
    }
    case 'controls.proposed':
      if (command.type === 'proposeControls') {
        const over = of.controlsInForce
        const proposal = freeze(
          { document: command.controls, proposedBy: event.by, ...(over === undefined ? {} : { over }) },
          true,
        )
        of.controls = of.controls.set(event.digest, proposal)
      }
      return
    case 'controls.adopted':
      of.controls = adopted(of.controls, event)
      of.controlsInForce = event.digest
      return
    case 'policy.proposed':
      if (command.type === 'proposePolicy') {
        const over = of.policyInForce.get(command.policy.team)
        const proposal = freeze(
          { document: command.policy, proposedBy: event.by, ...(over === undefined ? {} : { over }) },
          true,
        )
        of.policies = of.policies.set(event.digest, proposal)
      }
      return
    case 'policy.adopted':
      of.policies = adopted(of.policies, event)
      of.policyInForce = of.policyInForce.set(event.team, event.digest)
      return
    case 'template.proposed':
      if (command.type === 'proposeTemplate') {
        const { version, digest, by } = event
        const first = { version, digest, document: command.template, proposedBy: by, approvals: [] }
        of.templates = added(of.templates, templateKey(event.team, event.name), freeze(first, true))
      }
      return
    case 'template.approved': {
      const { person, roles, at } = event
      onVersion(of, event, one => ({ ...one, approvals: [...one.approvals, { person, roles, at }] }))
      return
    }
    case 'template.revoked':
      onVersion(of, event, one => ({ ...one, revoked: { by: event.by, at: event.at } }))
      return
    default:
      event satisfies never
  }
}

/** The key that signs from here on. What was asked for before it is settled. */
function putKey(of: Folding, key: string): void {
  of.key = key
  of.keys = freeze([...of.keys, key])
  delete of.keyProposed
}

/** A departure ends for good what was open to its instant, and what was to come later never comes. */
function depart(of: Folding, person: string, at: Instant, compromised: boolean): void {
  const one = of.persons.get(person)
  if (one !== undefined) {
    const departed = { at: one.departed?.at ?? at, compromised }
    of.persons = of.persons.set(person, freeze({ ...one, departed, left: at }, true))
  }
  if (compromised) of.compromised = of.compromised.set(person, at)
  of.administrators = freeze(of.administrators.filter(other => other !== person))
  for (const [nominated, by] of of.nominated.entries()) {
    if (nominated === person || by === person) of.nominated = of.nominated.delete(nominated)
  }
  if (of.keyProposed?.by === person) delete of.keyProposed
  for (const role of of.rolesOf.get(person) ?? []) endGrants(of, role, person, at)
  const delegations = [...(of.delegatedTo.get(person) ?? []), ...(of.delegatedBy.get(person) ?? [])]
  for (const id of delegations) endDelegation(of, id, at)
  of.absences = kept(of.absences, person, absence => absence.from <= at)
}

const adopted = <Of extends Tables['controls'] | Tables['policies']>(
  table: Of,
  { digest, by, at }: { readonly digest: string; readonly by: string; readonly at: Instant },
): Of => {
  const proposal = table.get(digest)
  return proposal === undefined
    ? table
    : (table.set(digest, freeze({ ...proposal, adopted: { by, at } }, true) as never) as Of)
}

function onVersion(
  of: Folding,
  { team, name, version }: { readonly team: string; readonly name: string; readonly version: number },
  change: (one: TemplateVersion) => TemplateVersion,
): void {
  const key = templateKey(team, name)
  const versions = of.templates.get(key) ?? []
  const changed = versions.map(one => (one.version === version ? change(one) : one))
  of.templates = of.templates.set(key, freeze(changed, true))
}
