import type { Policy } from '../policy.ts'
import type { Implies } from './shadow.ts'

/** Who there is, as far as a policy can be held against it. It is what `Scenario.open` takes, too. */
export interface Population {
  /** For each person the roles that they hold in the team. */
  readonly people: Readonly<Record<string, readonly string[]>>
  /** Roles that there are beside those of the policy, as those of other teams: one that is named here is no slip. */
  readonly roles?: readonly string[]
  /** For each person the groups, such as departments, to which they belong. */
  readonly groups?: Readonly<Record<string, readonly string[]>>
  /** For each person the roles in which robots that they answer for test and release. */
  readonly robots?: Readonly<Record<string, readonly string[]>>
  /** The calendars of which windows are declared; where nothing is said, nothing is said of them. */
  readonly calendars?: readonly string[]
}

/** Somebody with the roles in which they can act, those included in which they stand in. */
export interface Member {
  readonly person: string
  readonly roles: readonly string[]
  /** Those that they hold themselves: there is much in which nobody stands in. */
  readonly own: readonly string[]
  /** By their robots, which do not approve. */
  readonly robots: readonly string[]
  readonly groups: readonly string[]
  /** The same for all who can act in the same roles, hold the same and belong to the same groups. */
  readonly kind: string
}

const entryOf = <T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined

/**
 * Everybody, in the order of their ids. Who stands in for a role that is vacant, or that does not answer, is taken for one
 * of its holders: it is asked whether there is anybody at all.
 */
export function membersOf(policy: Policy, { people, groups, robots }: Population): Member[] {
  const anybody = new Set(Object.values(people).flat())
  const standsIn = Object.entries(policy.roles).flatMap(([name, { fallback }]) => {
    if (fallback === undefined) return []
    const isNeeded = fallback.when.includes('unanswered') || (fallback.when.includes('vacant') && !anybody.has(name))
    return isNeeded ? [{ for: name, by: fallback.role }] : []
  })
  return Object.entries(people)
    .map(([person, held]) => {
      const roles = [...new Set([...held, ...standsIn.filter(one => held.includes(one.by)).map(one => one.for)])]
      const more = { robots: entryOf(robots, person) ?? [], groups: entryOf(groups, person) ?? [] }
      const kind = JSON.stringify([roles, held, more.robots, more.groups].map(list => list.toSorted()))
      return { person, roles, own: held, ...more, kind }
    })
    .toSorted((a, b) => (a.person < b.person ? -1 : 1))
}

/** Whether everybody who can act in one role can act in another one, too. Of a role that nobody holds nothing is said. */
export const impliesAmong =
  (members: readonly Member[]): Implies =>
  (role, other) => {
    const holders = members.filter(one => one.roles.includes(role))
    return holders.length > 0 && holders.every(one => one.roles.includes(other))
  }
