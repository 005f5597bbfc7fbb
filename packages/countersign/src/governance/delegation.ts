import { type Instant, within } from '../values/instant.ts'
import { personOf } from './alias.ts'
import { barredFrom } from './exclusion.ts'
import { type Delegation, type Governance, type Tables, tables } from './governance.ts'
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

/** A delegation by its id. */
export const delegationOf = (governance: Governance, id: string): Delegation | undefined =>
  governance[tables].delegations.get(id)

/** The delegations of a principal's own authority by which others may act for them in the matter, by id. */
export function delegationsFor(governance: Governance, principal: string, matter: Matter, at: Instant): string[] {
  const { delegatedBy, delegations } = governance[tables]
  const ids = delegatedBy.size === 0 ? undefined : delegatedBy.get(personOf(governance, principal))
  if (ids === undefined) return []
  return ids.filter(id => {
    const delegation = delegations.get(id)
    return delegation !== undefined && delegation.of === undefined && isInForce(governance, delegation, matter, at)
  })
}

/** A way from a delegate up to the one whose authority it is. */
export interface DelegationChain {
  /** The person at the far end. */
  readonly principal: string
  /** The delegations on the way, the delegate's own one first. */
  readonly links: readonly string[]
}

/**
 * The ways by which a person may act for others in the matter, each of at most `depth` links, all of them in force, with
 * nobody on it twice. Who holds a role that excludes the one in question may not act in it for anybody.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { delegationChains } from 'countersign/governance'
 * const { desk, now } = await f0({ delegations: { bob: 'erin' } })
 * const matter = { role: 'appr', team: 't', category: 'normal' }
 * delegationChains(desk.governance(), 'erin', matter, now, 1) // → [{ principal: 'bob', links: ['bob-to-erin'] }]
 * ```
 */
export function delegationChains(
  governance: Governance,
  delegate: string,
  matter: Matter,
  at: Instant,
  depth: number,
): DelegationChain[] {
  const { delegatedTo } = governance[tables]
  const ids = delegatedTo.size === 0 ? undefined : delegatedTo.get(personOf(governance, delegate))
  if (ids === undefined || barredFrom(governance, delegate, matter.role, matter.team, at)) return []
  return ids.flatMap(id => chainFrom(governance, id, matter, at, depth) ?? [])
}

function chainFrom(
  governance: Governance,
  first: string,
  matter: Matter,
  at: Instant,
  depth: number,
): DelegationChain | undefined {
  const { delegations } = governance[tables]
  const links: string[] = []
  const people = new Set<string>()
  let next: string | undefined = first
  let principal = ''
  while (next !== undefined) {
    const delegation: Delegation | undefined = delegations.get(next)
    if (delegation === undefined || links.length === depth) return undefined
    // Two ids may have become one person since the links were made.
    if (people.has(delegation.to) || (principal !== '' && delegation.to !== principal)) return undefined
    if (!isInForce(governance, delegation, matter, at)) return undefined
    people.add(delegation.to)
    links.push(next)
    principal = delegation.principal
    next = delegation.of
  }
  return people.has(principal) ? undefined : { principal, links }
}

/**
 * The persons who may act for a principal in the matter, each with the delegations by which they may, their own one
 * first: what {@link delegationChains} finds from the other end.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { delegatesOf } from 'countersign/governance'
 * const { desk, now } = await f0({ delegations: { bob: 'erin' } })
 * const matter = { role: 'appr', team: 't', category: 'normal' }
 * delegatesOf(desk.governance(), 'bob', matter, now, 1) // → [{ delegate: 'erin', links: ['bob-to-erin'] }]
 * ```
 */
export function delegatesOf(
  governance: Governance,
  principal: string,
  matter: Matter,
  at: Instant,
  depth: number,
): { readonly delegate: string; readonly links: readonly string[] }[] {
  const { delegatedBy, delegations } = governance[tables]
  const found: { readonly delegate: string; readonly links: readonly string[] }[] = []
  let ends = [{ person: personOf(governance, principal), links: [] as readonly string[] }]
  for (let length = 0; length < depth && ends.length > 0; length++) {
    ends = ends.flatMap(({ person, links }) =>
      (delegatedBy.get(person) ?? []).flatMap(id => {
        const one = delegations.get(id)
        if (one === undefined || one.of !== links[0] || !isInForce(governance, one, matter, at)) return []
        return [{ person: one.to, links: [id, ...links] }]
      }),
    )
    for (const { person, links } of ends) {
      const people = new Set(links.map(id => delegations.get(id)?.principal))
      if (people.size < links.length || people.has(person)) continue
      if (!barredFrom(governance, person, matter.role, matter.team, at)) found.push({ delegate: person, links })
    }
  }
  return found
}

/** A row of links is followed no further; the rules allow far fewer. */
const longest = 64

/** How many links there are from a delegation up to the one whose authority it is, and who that is. */
export function lengthOf(governance: Governance, id: string): { readonly length: number; readonly principal: string } {
  const { delegations } = governance[tables]
  let length = 0
  let principal = ''
  // A link is there before it is passed on, so there is no circle; but a trail may say so that nobody should believe.
  for (let one = delegations.get(id); one !== undefined && length <= longest; one = delegations.get(one.of ?? '')) {
    length += 1
    principal = one.principal
  }
  return { length, principal }
}

type Span = Pick<Delegation, 'principal' | 'to' | 'from' | 'until'>

/** Who is one link on from a person, towards the delegates or towards the principals, while a new delegation holds. */
function nextTo(of: Tables, person: string, towards: 'to' | 'principal', { from, until }: Span): string[] {
  const ids = (towards === 'to' ? of.delegatedBy : of.delegatedTo).get(person) ?? []
  return ids.flatMap(id => {
    const one = of.delegations.get(id)
    return one === undefined || one.revokedAt !== undefined || one.until <= from || one.from >= until
      ? []
      : one[towards]
  })
}

/**
 * Whether the new delegation would close a circle. Looked for from both of its ends in step, so that it costs no more than
 * the shorter way: a chain of delegations is then made in a time that grows with its length, from whichever end.
 */
function isCircular(of: Tables, span: Span): boolean {
  const down = new Set([span.to])
  const up = new Set([span.principal])
  const downwards = down.values()
  const upwards = up.values()
  for (;;) {
    const below = downwards.next()
    if (below.done === true) return false
    for (const one of nextTo(of, below.value, 'to', span)) down.add(one)
    if (down.has(span.principal)) return true
    const above = upwards.next()
    if (above.done === true) return false
    for (const one of nextTo(of, above.value, 'principal', span)) up.add(one)
    if (up.has(span.to)) return true
  }
}

/**
 * The chain that a new delegation would close into a circle, from its principal round to it again; `undefined` where
 * there is none. Counted is every delegation that is not revoked and overlaps the new one in time.
 */
export function cycleThrough(governance: Governance, span: Span): string[] | undefined {
  const of = governance[tables]
  if (!isCircular(of, span)) return undefined
  const { principal, to } = span
  const cameFrom = new Map<string, string>([[to, principal]])
  for (const person of cameFrom.keys()) {
    if (person === principal) break
    for (const other of nextTo(of, person, 'to', span)) if (!cameFrom.has(other)) cameFrom.set(other, person)
  }
  const chain = [principal]
  for (let at = cameFrom.get(principal); at !== undefined && at !== principal; at = cameFrom.get(at)) chain.push(at)
  return [...chain, principal].reverse()
}
