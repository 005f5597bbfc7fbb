import type { RoleUse } from '../policy/role.ts'
import { type Instant, within } from '../values/instant.ts'
import { delegationsFor } from './delegation.ts'
import type { Governance } from './governance.ts'
import { isActive } from './identity.ts'

/** Whether a person or a bot holds a role in a team at an instant. Whoever has left holds none. */
export function holds(governance: Governance, who: string, role: string, team: string, at: Instant): boolean {
  const grants = governance.roles[role]?.grants[who]
  if (grants === undefined) return false
  if (!isActive(governance, who) && governance.bots[who] === undefined) return false
  return grants.some(grant => (grant.team === '*' || grant.team === team) && within(at, grant.from, grant.until))
}

/** The persons who hold a role in a team at an instant, in the order of their ids. Bots are no persons. */
export function holdersOf(governance: Governance, role: string, team: string, at: Instant): string[] {
  const grants = governance.roles[role]?.grants ?? {}
  return Object.keys(grants)
    .filter(who => governance.bots[who] === undefined && holds(governance, who, role, team, at))
    .toSorted()
}

/** The bots that hold a role in a team at an instant and answer to somebody who is still here. */
export function robotsIn(governance: Governance, role: string, team: string, at: Instant): string[] {
  return Object.keys(governance.roles[role]?.grants ?? {})
    .filter(who => {
      const controller = governance.bots[who]?.controller
      return controller !== undefined && isActive(governance, controller) && holds(governance, who, role, team, at)
    })
    .toSorted()
}

/** Whether a person is marked absent at an instant. An absent person may still act; a delegate may act for them. */
export const isAbsent = (governance: Governance, person: string, at: Instant): boolean =>
  governance.absences[person]?.some(absence => within(at, absence.from, absence.until)) ?? false

/**
 * How a role is filled at an instant. `vacant`: no active holder. `absent`: there are holders, each of them is absent,
 * and none has a delegate who could act.
 */
export function staffing(
  governance: Governance,
  role: string,
  team: string,
  category: string,
  at: Instant,
): 'filled' | 'absent' | 'vacant' {
  const grants = governance.roles[role]?.grants ?? {}
  let holders = 0
  for (const who of Object.keys(grants)) {
    if (governance.bots[who] !== undefined || !holds(governance, who, role, team, at)) continue
    holders += 1
    if (!isAbsent(governance, who, at)) return 'filled'
    if (delegationsFor(governance, who, { role, team, category }, at).length > 0) return 'filled'
  }
  return holders === 0 ? 'vacant' : 'absent'
}

/** The role whose holders act in a role's place at this instant, where the policy names one and the case is there. */
export function fallbackFor(
  governance: Governance,
  role: string,
  use: RoleUse | undefined,
  team: string,
  category: string,
  at: Instant,
): string | undefined {
  if (use?.fallback === undefined) return undefined
  const how = staffing(governance, role, team, category, at)
  return how !== 'filled' && use.fallback.when.includes(how) ? use.fallback.role : undefined
}
