import { type Instant, within } from '../values/instant.ts'
import { rootOf } from './alias.ts'
import { type Exclusion, type Governance, type Grant, type Tables, tables } from './governance.ts'
import { seniorsOf } from './hierarchy.ts'

/** Whether a grant or an exclusion is for a team: for that one, or for every team. */
export const covers = (one: Grant | Exclusion, team: string): boolean => one.team === '*' || one.team === team

/** Whether a grant gives its role in a team at an instant. */
export const isInForce = (grant: Grant, team: string, at: Instant): boolean =>
  covers(grant, team) && within(at, grant.from, grant.until)

/** Whether somebody was given a role, or one that inherits it, whatever excludes it. */
const wasGiven = (of: Tables, who: string, role: string, team: string, at: Instant): boolean =>
  seniorsOf(of, role).some(
    one =>
      of.grants
        .get(one)
        ?.get(who)
        ?.some(grant => isInForce(grant, team, at)) ?? false,
  )

/**
 * Whether somebody was given a role together with another one that excludes it in a team at an instant. While it lasts
 * they hold neither.
 */
export const isExcluded = (of: Tables, who: string, role: string, team: string, at: Instant): boolean =>
  of.exclusionsOf.size > 0 && hasAnother(of, who, role, team, at) && wasGiven(of, who, role, team, at)

const hasAnother = (of: Tables, who: string, role: string, team: string, at: Instant): boolean =>
  of.exclusionsOf
    .get(role)
    ?.some(one => covers(one, team) && one.roles.some(other => other !== role && wasGiven(of, who, other, team, at))) ??
  false

/**
 * Whether a person must not act in a role for somebody else, as a delegate or as one who stands in, because they hold a
 * role that excludes it.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { barredFrom } from 'countersign/governance'
 * const { desk, now } = await f0()
 * barredFrom(desk.governance(), 'bob', 'appr', 't', now) // → false
 * ```
 */
export function barredFrom(governance: Governance, who: string, role: string, team: string, at: Instant): boolean {
  const of = governance[tables]
  return of.exclusionsOf.size > 0 && hasAnother(of, rootOf(of, who), role, team, at)
}
