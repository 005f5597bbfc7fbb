import { accept, type Decision, refuse } from '../../decision/refusal.ts'
import { skeletonOf } from '../../values/confusable.ts'
import type { Instant } from '../../values/instant.ts'
import { personOf } from '../alias.ts'
import type { Of } from '../command.ts'
import type { GovernanceEvent } from '../event.ts'
import { evolveGovernance } from '../evolve.ts'
import { type Governance, tables } from '../governance.ts'
import { isActive } from '../identity.ts'
import { taken, unknown, unknownPerson } from '../unknown.ts'
import { exclusionOf, violationsOf, violators } from '../violation.ts'

type Outcome = Decision<GovernanceEvent>

/**
 * Defines a role, with the junior roles that whoever holds it has as well. No name may look like that of another one.
 */
export function defineRole(governance: Governance, command: Of<'defineRole'>): Outcome {
  const { role, description } = command
  const { roles, skeletons } = governance[tables]
  if (roles.has(role)) return taken('role', role)
  const like = skeletons.get(skeletonOf(role))
  if (like !== undefined) return refuse('name.confusable', { what: 'role', name: role, like })
  const inherits = command.inherits === undefined ? undefined : [...new Set(command.inherits)].toSorted()
  const missing = inherits?.find(junior => !roles.has(junior))
  if (missing !== undefined) return unknown('role', missing, roles.keys())
  return accept({ type: 'role.defined', role, description, ...(inherits === undefined ? {} : { inherits }) })
}

/**
 * Gives a role. What an exclusion forbids is refused; what a directory says is a fact, and is recorded with the violation
 * beside it.
 */
export function grantRole(
  governance: Governance,
  command: Of<'grantRole'>,
  me: string,
  at: Instant,
  source: 'command' | 'directory' = 'command',
): Outcome {
  const { role, team, until } = command
  const { roles, bots } = governance[tables]
  if (!roles.has(role)) return unknown('role', role, roles.keys())
  const bot = bots.get(command.to)
  if (bot === undefined && !isActive(governance, command.to)) return unknownPerson(governance, command.to)
  const to = personOf(governance, command.to)
  // Nobody hands authority to themselves, nor to the robot that does as they say.
  if (to === me || bot?.controller === me) return refuse('duty.second-person', { person: me, what: 'grantRole' })
  const from = command.from ?? at
  if (until !== undefined && until <= from) return refuse('interval.invalid', { from, until })
  const period = { from, ...(until === undefined ? {} : { until }) }
  const granted: GovernanceEvent = { type: 'role.granted', by: me, role, to, team, at, ...period }
  const excluded = exclusionOf(governance, to, role, { team, ...period })
  if (excluded === undefined) return accept(granted)
  if (source === 'directory') {
    return accept(granted, ...violationsOf(evolveGovernance(governance, [granted], command), to, at, role))
  }
  const { exclusion, roles: together } = excluded
  const { because } = exclusion
  return refuse('role.exclusive', { person: to, roles: together, team: exclusion.team, because })
}

/** Takes a role in a team from somebody: what was granted there, and what was to come. */
export function revokeRole(governance: Governance, command: Of<'revokeRole'>, at: Instant): Outcome {
  const { role, team } = command
  const { roles, grants } = governance[tables]
  if (!roles.has(role)) return unknown('role', role, roles.keys())
  const from = personOf(governance, command.from)
  const own = grants.get(role)?.get(from) ?? []
  if (!own.some(grant => grant.team === team && (grant.until === undefined || grant.until > at))) {
    return refuse('nothing-to-do', { person: from, state: 'without role', role, team })
  }
  return accept({ type: 'role.revoked', role, from, team, at })
}

const mostViolations = 100

/** Makes roles of a team exclude one another, and names whoever holds more than one of them. */
export function excludeRoles(governance: Governance, command: Of<'excludeRoles'>, at: Instant): Outcome {
  const { team, because } = command
  const { roles: known, exclusions } = governance[tables]
  const missing = command.roles.find(role => !known.has(role))
  if (missing !== undefined) return unknown('role', missing, known.keys())
  // Roles count, and each of them once.
  const roles = [...new Set(command.roles)].toSorted()
  const [only] = roles
  // An exclusion of a role from itself would exclude nothing.
  if (roles.length < 2) return taken('excluded role', only ?? '')
  if (exclusions.some(one => one.team === team && one.roles.join() === roles.join())) {
    return refuse('name.taken', { what: 'exclusion', name: roles.join(', '), team })
  }
  const violations = violators(governance, { roles, team, because }, at, mostViolations)
  return accept({ type: 'roles.excluded', roles, team, because, violations })
}
