import { type Instant, within } from '../values/instant.ts'
import type { Delegation, Governance } from './governance.ts'
import { isActive } from './identity.ts'

/** What is to be done by way of a delegation. */
export interface Matter {
  readonly role: string
  readonly team: string
  readonly category: string
}

/** Whether a delegation covers the matter at the instant: in its interval, in its scope, not revoked, both still here. */
function isInForce(governance: Governance, delegation: Delegation, matter: Matter, at: Instant): boolean {
  const { scope } = delegation
  return (
    within(at, delegation.from, delegation.until) &&
    (delegation.revokedAt === undefined || at < delegation.revokedAt) &&
    (scope.roles?.includes(matter.role) ?? true) &&
    (scope.teams?.includes(matter.team) ?? true) &&
    (scope.categories?.includes(matter.category) ?? true) &&
    isActive(governance, delegation.principal) &&
    isActive(governance, delegation.to)
  )
}

/** The delegations by which a person may act for others in the matter, by id. */
export function delegationsTo(governance: Governance, delegate: string, matter: Matter, at: Instant): string[] {
  const ids = governance.delegatedTo[delegate]
  if (ids === undefined) return []
  return ids.filter(id => {
    const delegation = governance.delegations[id]
    return delegation !== undefined && isInForce(governance, delegation, matter, at)
  })
}

/** The delegations by which others may act for a principal in the matter, by id. */
export function delegationsFor(governance: Governance, principal: string, matter: Matter, at: Instant): string[] {
  return Object.entries(governance.delegations)
    .filter(([, delegation]) => delegation.principal === principal && isInForce(governance, delegation, matter, at))
    .map(([id]) => id)
}

/**
 * The chain that a new delegation would close into a circle, from its principal round to it again; `undefined` where
 * there is none. Counted is every delegation that is not revoked and overlaps the new one in time.
 */
export function cycleThrough(
  governance: Governance,
  { principal, to, from, until }: Pick<Delegation, 'principal' | 'to' | 'from' | 'until'>,
): string[] | undefined {
  const next = new Map<string, string[]>()
  for (const one of Object.values(governance.delegations)) {
    if (one.revokedAt !== undefined || one.until <= from || one.from >= until) continue
    const others = next.get(one.principal)
    if (others === undefined) next.set(one.principal, [one.to])
    else others.push(one.to)
  }
  const cameFrom = new Map<string, string>([[to, principal]])
  const queue = [to]
  for (const person of queue) {
    if (person === principal) {
      const chain = [principal]
      for (let at = cameFrom.get(principal); at !== undefined && at !== principal; at = cameFrom.get(at)) chain.push(at)
      return [...chain, principal].reverse()
    }
    for (const other of next.get(person) ?? []) {
      if (cameFrom.has(other)) continue
      cameFrom.set(other, person)
      queue.push(other)
    }
  }
  return undefined
}
