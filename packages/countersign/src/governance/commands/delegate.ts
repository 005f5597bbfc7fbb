import { accept, type Decision, refuse } from '../../decision/refusal.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Instant } from '../../values/instant.ts'
import { personOf } from '../alias.ts'
import type { Of } from '../command.ts'
import { cycleThrough, lengthOf } from '../delegation.ts'
import type { GovernanceEvent } from '../event.ts'
import { type Governance, type Scope, tables } from '../governance.ts'
import { policyOf } from '../in-force.ts'
import { holds } from '../role.ts'
import { activePerson, taken, unknown } from '../unknown.ts'

type Outcome = Decision<GovernanceEvent>

/** Decides whether a person may act for another one for a time, in what the scope names. */
export function delegate(governance: Governance, command: Of<'delegate'>, me: string, at: Instant): Outcome {
  const { delegation, of, from, until, scope } = command
  const { delegations } = governance[tables]
  if (delegations.has(delegation)) return taken('delegation', delegation)
  const one = activePerson(governance, command.principal)
  if ('refused' in one) return one
  const other = activePerson(governance, command.to)
  if ('refused' in other) return other
  const principal = one.person
  const to = other.person
  if (principal === to) return refuse('delegation.self', { principal })
  const source = of === undefined ? undefined : delegations.get(of)
  if (of !== undefined && (source === undefined || source.revokedAt !== undefined || source.until <= at)) {
    return unknown('delegation in force', of, source === undefined ? delegations.keys() : [])
  }
  // An administrator may arrange it for somebody who is away, but not in their own favour, nor pass on what is not theirs.
  const arranged = source === undefined && governance.administrators.includes(me) && me !== to
  if ((me !== principal && !arranged) || (source !== undefined && source.to !== principal)) {
    const held = source?.to ?? principal
    return refuse('authority.not-principal', {
      person: me,
      principal: held,
      administrators: [...governance.administrators],
    })
  }
  if (until <= from) return refuse('delegation.interval', { from, until })
  if (from < at) return refuse('delegation.back-dated', { from, at })
  const chain = cycleThrough(governance, { principal, to, from, until })
  if (chain !== undefined) return refuse('delegation.cycle', { chain })
  const policies = policiesOf(governance, scope.teams)
  const farEnd = of === undefined ? { length: 0, principal } : lengthOf(governance, of)
  const depth = Math.max(1, ...policies.map(policy => policy.delegation?.depth ?? 1))
  if (farEnd.length >= depth) return refuse('delegation.depth', { depth })
  const outside = outsideOfPool(governance, policies, { principal: farEnd.principal, to, from, roles: scope.roles })
  if (outside !== undefined) return refuse('delegation.pool', { to, ...outside })
  const stranger = unknownInScope(governance, scope, policies)
  if (stranger !== undefined) return stranger
  const passed = of === undefined ? {} : { of }
  return accept({ type: 'delegation.granted', by: me, delegation, ...passed, principal, to, from, until, scope })
}

/** A name in a scope that nothing has here: the delegation would cover less than whoever gives it means. */
function unknownInScope(governance: Governance, { roles, teams, categories }: Scope, policies: readonly Policy[]) {
  const { roles: defined, policyInForce } = governance[tables]
  const role = roles?.find(one => !defined.has(one))
  if (role !== undefined) return unknown('role', role, defined.keys())
  const team = teams?.find(one => !policyInForce.has(one))
  if (team !== undefined) return unknown('team with a policy', team, policyInForce.keys())
  const kinds = [...new Set(policies.flatMap(policy => Object.keys(policy.categories)))]
  const category = categories?.find(one => !kinds.includes(one))
  return category === undefined ? undefined : unknown('category', category, kinds)
}

/** The policies in force in these teams, or in all. */
const policiesOf = (governance: Governance, teams: readonly string[] | undefined): Policy[] =>
  (teams ?? governance[tables].policyInForce.keys()).flatMap(team => policyOf(governance, team) ?? [])

/**
 * The pool that a delegate would have to be in and is not. A role that the scope names must not have a pool without them;
 * where it names none, a role that the principal holds must be left which they may act in.
 */
function outsideOfPool(
  governance: Governance,
  policies: readonly Policy[],
  {
    principal,
    to,
    from,
    roles,
  }: {
    readonly principal: string
    readonly to: string
    readonly from: Instant
    readonly roles: readonly string[] | undefined
  },
): { readonly role: string; readonly pool: string } | undefined {
  let first: { readonly role: string; readonly pool: string } | undefined
  for (const { team, roles: uses } of policies) {
    for (const [role, { delegates: pool }] of Object.entries(uses)) {
      const meant = roles === undefined ? holds(governance, principal, role, team, from) : roles.includes(role)
      if (!meant) continue
      const isIn = pool === undefined || holds(governance, to, pool, team, from)
      if (isIn && roles === undefined) return undefined
      if (!isIn && pool !== undefined) first ??= { role, pool }
    }
  }
  return first
}

/** Decides the end of a delegation: the principal, the delegate and administrators may ask for it. */
export function revokeDelegation(governance: Governance, id: string, me: string, at: Instant): Outcome {
  const { delegations } = governance[tables]
  const delegation = delegations.get(id)
  if (delegation === undefined) return unknown('delegation', id, delegations.keys())
  const mine = [delegation.principal, delegation.to].some(one => personOf(governance, one) === me)
  if (!mine && !governance.administrators.includes(me)) {
    return refuse('authority.not-principal', {
      person: me,
      principal: delegation.principal,
      administrators: [...governance.administrators],
    })
  }
  if (delegation.revokedAt !== undefined) return refuse('nothing-to-do', { delegation: id, state: 'revoked' })
  return accept({ type: 'delegation.revoked', delegation: id, at })
}
