import type { Population } from '../policy/lint/population.ts'
import { type Instant, instantAsked } from '../values/instant.ts'
import { type Governance, tables } from './governance.ts'
import { isHere } from './identity.ts'
import { holdersOf, robotsIn } from './role.ts'

/**
 * Who there is in a team at an instant, for a policy to be held against it: everybody who has not left, absent or not, with
 * the roles that they hold, inherited ones included; and the calendars that have a window still.
 *
 * The team may be one that nothing is recorded of: a team's first policy is held against those who hold a role in every team.
 * Throws `CountersignError` `input` where `when` is no instant.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { populationOf } from 'countersign/governance'
 * const { desk, now } = await f0()
 * populationOf(desk.governance(), 't', now).people.bob // → ['appr']
 * ```
 */
export function populationOf(governance: Governance, team: string, when: Instant): Required<Population> {
  const at = instantAsked(when)
  const of = governance[tables]
  const people = new Map<string, string[]>()
  const groups = new Map<string, readonly string[]>()
  for (const [person, one] of of.persons.entries()) {
    // A second id is not a second person.
    if (one.is !== undefined || !isHere(of, person)) continue
    people.set(person, [])
    groups.set(person, one.groups ?? [])
  }
  const robots = new Map<string, string[]>()
  for (const role of of.roles.keys()) {
    for (const holder of holdersOf(governance, role, team, at)) people.get(holder)?.push(role)
    for (const robot of robotsIn(governance, role, team, at)) {
      const controller = of.bots.get(robot)?.controller
      if (controller !== undefined) robots.set(controller, [...(robots.get(controller) ?? []), role])
    }
  }
  const open = of.windows
    .entries()
    .flatMap(([, { calendar, teams, withdrawn, intervals }]) =>
      withdrawn === undefined && (teams?.includes(team) ?? true) && intervals.some(one => at < one.until)
        ? [calendar]
        : [],
    )
  return {
    people: Object.fromEntries(people),
    roles: [...of.roles.keys()],
    groups: Object.fromEntries(groups),
    robots: Object.fromEntries(robots),
    calendars: [...new Set(open)].toSorted(),
  }
}
