import type { RoleUse, StandInCause } from '../policy/role.ts'
import { type Instant, later, within } from '../values/instant.ts'
import { rootOf, rootWhen } from './alias.ts'
import { delegationsFor, type Matter } from './delegation.ts'
import { covers, isExcluded, isInForce } from './exclusion.ts'
import { type Governance, type Grant, type Tables, tables, type When } from './governance.ts'
import { seniorsOf } from './hierarchy.ts'
import { isHere, rootPerson } from './identity.ts'

/**
 * Whether a person or a bot holds a role in a team at an instant, by a grant of it or of a role that inherits it. Whoever
 * has left holds none, and of roles that exclude one another nobody holds two: who was given them holds neither.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { holds } from 'countersign/governance'
 * const { desk, now } = await f0()
 * holds(desk.governance(), 'bob', 'appr', 't', now) // → true
 * holds(desk.governance(), 'alice', 'appr', 't', now) // → false
 * ```
 */
export function holds(governance: Governance, who: string, role: string, team: string, at: Instant): boolean {
  const of = governance[tables]
  // Most roles have no seniors and no exclusions, and this is asked for every approval.
  if (!of.seniors.has(role) && !of.exclusionsOf.has(role)) {
    const grants = of.grants.get(role)
    const own = grants?.get(who) ?? grants?.get(rootOf(of, who))
    return own?.some(grant => isInForce(grant, team, at)) === true && wasHere(of, who, at)
  }
  return grantsBehind(governance, who, role, team, at).length > 0
}

/**
 * The grants by which a person or a bot holds a role in a team at an instant, those of inheriting roles included.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { grantsBehind } from 'countersign/governance'
 * const { desk, now } = await f0()
 * grantsBehind(desk.governance(), 'bob', 'appr', 't', now).map(one => one.by) // → ['ada']
 * ```
 */
export function grantsBehind(governance: Governance, who: string, role: string, team: string, at: Instant): Grant[] {
  const of = governance[tables]
  const root = rootOf(of, who)
  if (!wasHere(of, root, at)) return []
  const found: Grant[] = []
  const ways = new Set([role])
  for (const one of ways) {
    // What is inherited comes by roles that are held, so a suspended one passes nothing on.
    if (isExcluded(of, root, one, team, at)) continue
    found.push(
      ...(of.grants
        .get(one)
        ?.get(root)
        ?.filter(grant => isInForce(grant, team, at)) ?? []),
    )
    for (const senior of of.seniors.get(one) ?? []) ways.add(senior)
  }
  return found
}

/**
 * The grants by which somebody held a role at a moment of the past, as was known then. Grants, exclusions and aliases that were
 * recorded later change nothing about them, and neither does their end.
 */
export function grantsOnce(governance: Governance, who: string, role: string, team: string, when: When): Grant[] {
  const of = governance[tables]
  const root = rootOf(of, who)
  const own = rootWhen(of, who, when)
  return seniorsOf(of, role).flatMap(
    one =>
      of.grants
        .get(one)
        ?.get(root)
        ?.filter(
          grant =>
            wasInForce(grant, team, when) && rootWhen(of, of.grantedTo.get(String(grant.nth)) ?? root, when) === own,
        ) ?? [],
  )
}

/** Whether a grant was in force when something was done. Of what happened in one instant, the count tells the order. */
function wasInForce(grant: Grant, team: string, { at, under }: When): boolean {
  const { nth, from, ended } = grant
  if (under !== undefined && nth > under) return false
  if (under === undefined || ended === undefined) return isInForce(grant, team, at)
  return covers(grant, team) && from <= at && under < ended
}

/** Whether a person had not left at an instant. Who has left since held then what they held. */
function wasHere(of: Tables, who: string, at: Instant): boolean {
  const person = rootPerson(of, who)
  return person === undefined ? of.bots.has(who) : person.departed === undefined || at < person.departed.at
}

type Given = readonly (readonly [who: string, grants: readonly Grant[]])[]

const given = new WeakMap<Tables['grants'], Map<string, Given>>()

/** Those to whom a role was ever given that is good in a team, found once for all that is recorded of grants. */
function givenIn({ grants }: Tables, role: string, team: string): Given {
  const known = given.get(grants) ?? new Map<string, Given>()
  const key = `${role} ${team}`
  let found = known.get(key)
  if (found === undefined) {
    const all = grants.get(role)?.entries() ?? []
    found = all.filter(([, own]) => own.some(grant => covers(grant, team)))
    given.set(grants, known.set(key, found))
  }
  return found
}

function isHolding(of: Tables, who: string, grants: readonly Grant[], team: string, at: Instant): boolean {
  for (const grant of grants) if (isInForce(grant, team, at)) return wasHere(of, who, at)
  return false
}

/** Everybody who was given a role or one that inherits it and holds it at an instant, in the order of their ids. */
function everyHolder(governance: Governance, role: string, team: string, at: Instant): string[] {
  const of = governance[tables]
  const ways = seniorsOf(of, role)
  const holdersBy = (one: string) => {
    const all: string[] = []
    for (const [who, grants] of givenIn(of, one, team)) if (isHolding(of, who, grants, team, at)) all.push(who)
    return all
  }
  // Most roles have no seniors and no exclusions, and this is asked for every submission.
  if (ways.length === 1 && of.exclusionsOf.size === 0) return holdersBy(role)
  const found = new Set(ways.flatMap(holdersBy))
  const excluded = of.exclusionsOf.size > 0 && ways.some(one => of.exclusionsOf.has(one))
  const held = excluded ? [...found].filter(who => holds(governance, who, role, team, at)) : [...found]
  return ways.length === 1 ? held : held.toSorted()
}

/** The persons of `holdersOf` one after the other, so that a caller who needs a few does not pay for thousands. */
export function* holdersInTurn(governance: Governance, role: string, team: string, at: Instant): Generator<string> {
  const of = governance[tables]
  if (seniorsOf(of, role).length > 1 || of.exclusionsOf.size > 0) return yield* holdersOf(governance, role, team, at)
  for (const [who, grants] of givenIn(of, role, team))
    if (isHolding(of, who, grants, team, at) && !of.bots.has(who)) yield who
}

/**
 * The persons who hold a role in a team at an instant, in the order of their ids. Bots are no persons.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { holdersOf } from 'countersign/governance'
 * const { desk, now } = await f0()
 * holdersOf(desk.governance(), 'appr', 't', now) // → ['bob', 'carol', 'dan']
 * ```
 */
export function holdersOf(governance: Governance, role: string, team: string, at: Instant): string[] {
  const { bots } = governance[tables]
  const all = everyHolder(governance, role, team, at)
  return bots.size === 0 ? all : all.filter(who => !bots.has(who))
}

/**
 * The bots that hold a role in a team at an instant and answer to somebody who is still here.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { robotsIn } from 'countersign/governance'
 * const { desk, now } = await f0()
 * robotsIn(desk.governance(), 'appr', 't', now) // → []
 * ```
 */
export function robotsIn(governance: Governance, role: string, team: string, at: Instant): string[] {
  const of = governance[tables]
  if (of.bots.size === 0) return []
  return everyHolder(governance, role, team, at).filter(who => {
    const controller = of.bots.get(who)?.controller
    return controller !== undefined && isHere(of, controller)
  })
}

/**
 * The groups that a person belongs to.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { groupsOf } from 'countersign/governance'
 * const { desk, now } = await f0({ groups: { bob: ['audit'] } })
 * groupsOf(desk.governance(), 'bob') // → ['audit']
 * ```
 */
export function groupsOf(governance: Governance, person: string): readonly string[] {
  const of = governance[tables]
  return of.persons.get(rootOf(of, person))?.groups ?? []
}

/**
 * Whether a person is marked absent at an instant. An absent person may still act; a delegate may act for them.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { isAbsent } from 'countersign/governance'
 * const { desk, now } = await f0({ absent: ['bob'] })
 * isAbsent(desk.governance(), 'bob', now) // → true
 * isAbsent(desk.governance(), 'carol', now) // → false
 * ```
 */
export function isAbsent(governance: Governance, person: string, at: Instant): boolean {
  const { absences } = governance[tables]
  if (absences.size === 0) return false
  const own = absences.get(rootOf(governance[tables], person))
  return own?.some(absence => within(at, absence.from, absence.until)) ?? false
}

/** What tells whether the holders of a role are acted for, and whether it is answered. */
interface Staffing {
  /** The role out of which the policy takes delegates: one who does not hold it acts for nobody. */
  readonly pool?: string | undefined
  /** Whether somebody could act for a holder on the change at hand; without it any delegation of theirs counts. */
  readonly isCovered?: ((holder: string) => boolean) | undefined
}

/**
 * How a role is filled at an instant, for what is in a team and a category. `vacant`: no active holder. `absent`: there are
 * holders, each of them is absent, and none has a delegate who could act.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { staffing } from 'countersign/governance'
 * const { desk, now } = await f0({ absent: ['bob', 'carol', 'dan'] })
 * staffing(desk.governance(), { role: 'appr', team: 't', category: 'normal' }, now) // → 'absent'
 * staffing(desk.governance(), { role: 'head', team: 't', category: 'normal' }, now) // → 'vacant'
 * ```
 */
export function staffing(
  governance: Governance,
  { role, team, category }: Matter,
  at: Instant,
  { pool, isCovered }: Staffing = {},
): 'filled' | 'absent' | 'vacant' {
  const holders = holdersOf(governance, role, team, at)
  if (holders.length === 0) return 'vacant'
  const { delegations } = governance[tables]
  const hasDelegate = (who: string) =>
    delegationsFor(governance, who, { role, team, category }, at).some(id => {
      const to = delegations.get(id)?.to
      return to !== undefined && (pool === undefined || holds(governance, to, pool, team, at))
    })
  const couldBeActedFor = isCovered ?? hasDelegate
  return holders.some(who => !isAbsent(governance, who, at) || couldBeActedFor(who)) ? 'filled' : 'absent'
}

/**
 * The role whose holders act in a role's place at this instant, and why: it is vacant, its holders are absent (as `staffing`
 * tells), or the stage has been open since `openSince` for as long as the policy says and is not answered.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { standInFor } from 'countersign/governance'
 * const { desk, now } = await f0()
 * const use = { fallback: { role: 'deployer', when: ['vacant' as const] } }
 * standInFor(desk.governance(), { role: 'head', team: 't', category: 'normal' }, use, now)
 * // → { role: 'deployer', cause: 'vacant' }
 * ```
 */
export function standInFor(
  governance: Governance,
  matter: Matter,
  use: RoleUse | undefined,
  at: Instant,
  { openSince, isCovered }: Pick<Staffing, 'isCovered'> & { readonly openSince?: Instant | undefined } = {},
): { readonly role: string; readonly cause: StandInCause } | undefined {
  const fallback = use?.fallback
  if (fallback === undefined) return undefined
  const how = staffing(governance, matter, at, { pool: use?.delegates, isCovered })
  if (how !== 'filled' && fallback.when.includes(how)) return { role: fallback.role, cause: how }
  const { after } = fallback
  const isLate = after !== undefined && openSince !== undefined && at >= later(openSince, after)
  return isLate && fallback.when.includes('unanswered') ? { role: fallback.role, cause: 'unanswered' } : undefined
}

/** The count of what was said of people and rules at which somebody was given a role last. */
export const lastGrant = (governance: Governance): number => governance[tables].lastGrant
