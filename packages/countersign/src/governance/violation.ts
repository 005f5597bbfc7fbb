import type { Instant } from '../values/instant.ts'
import type { GovernanceEvent } from './event.ts'
import { type Exclusion, type Governance, type Grant, type Tables, tables } from './governance.ts'
import { seniorsOf } from './hierarchy.ts'

type Given = Pick<Grant, 'team' | 'from' | 'until'>

/** Whether two grants are ever in force in one team at one instant, and in a team that the exclusion speaks of. */
const meet = (one: Given, other: Given, team: string): boolean =>
  teamsMeet([one.team, other.team, team]) &&
  (one.until === undefined || other.from < one.until) &&
  (other.until === undefined || one.from < other.until)

const teamsMeet = (teams: readonly string[]) => new Set(teams.filter(team => team !== '*')).size <= 1

/** What excludes a grant that is to come: an exclusion that would have two of its roles in one person at one time. */
export function exclusionOf(
  governance: Governance,
  who: string,
  role: string,
  grant: Given,
): { readonly exclusion: Exclusion; readonly roles: string[] } | undefined {
  const of = governance[tables]
  for (const exclusion of of.exclusions) {
    const own = exclusion.roles.filter(one => seniorsOf(of, one).includes(role))
    if (own.length === 0) continue
    const others = exclusion.roles.filter(
      one => !own.includes(one) && givenTo(of, who, one).some(other => meet(grant, other, exclusion.team)),
    )
    const roles = [...own, ...others].toSorted()
    if (roles.length > 1 && teamsMeet([grant.team, exclusion.team])) return { exclusion, roles }
  }
  return undefined
}

/** The grants by which somebody has a role, whenever. */
const givenTo = (of: Tables, who: string, role: string): Grant[] =>
  seniorsOf(of, role).flatMap(one => of.grants.get(one)?.get(who) ?? [])

/** The roles of an exclusion that somebody has together, at an instant or after it. */
function rolesTogether(of: Tables, exclusion: Exclusion, who: string, at: Instant): string[] {
  const given = exclusion.roles.map(role => ({
    role,
    grants: givenTo(of, who, role).filter(grant => grant.until === undefined || grant.until > at),
  }))
  return given
    .filter(one =>
      given.some(
        other =>
          other !== one && one.grants.some(grant => other.grants.some(theirs => meet(grant, theirs, exclusion.team))),
      ),
    )
    .map(one => one.role)
    .toSorted()
}

/** What a person's roles violate, or one of them does, as it is reported. */
export function violationsOf(governance: Governance, person: string, at: Instant, by?: string): GovernanceEvent[] {
  const of = governance[tables]
  const isMeant = (role: string) => by === undefined || seniorsOf(of, role).includes(by)
  return of.exclusions.flatMap((exclusion): GovernanceEvent[] => {
    if (!exclusion.roles.some(isMeant)) return []
    const roles = rolesTogether(of, exclusion, person, at)
    return roles.length === 0 ? [] : [{ type: 'exclusion.violated', person, roles }]
  })
}

/** Everybody who violates an exclusion, in the order of their ids. */
export function violators(
  governance: Governance,
  exclusion: Exclusion,
  at: Instant,
  most: number,
): { readonly person: string; readonly roles: string[] }[] {
  const of = governance[tables]
  const holders = new Set(
    exclusion.roles.flatMap(role => seniorsOf(of, role)).flatMap(role => of.grants.get(role)?.keys() ?? []),
  )
  const found: { person: string; roles: string[] }[] = []
  for (const person of [...holders].toSorted()) {
    if (found.length === most) break
    const roles = rolesTogether(of, exclusion, person, at)
    if (roles.length > 0) found.push({ person, roles })
  }
  return found
}
