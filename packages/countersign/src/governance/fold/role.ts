import { freeze } from 'immer'
import { skeletonOf } from '../../values/confusable.ts'
import type { Instant } from '../../values/instant.ts'
import { Table } from '../../values/table.ts'
import type { Grant } from '../governance.ts'
import { added, type Folding, type Folds, type Of } from './fold.ts'

export const roleFolds: Folds<Of<'role'>> = {
  'role.defined': (tables, { role, description, inherits }) => {
    const defined = freeze({ description, ...(inherits === undefined ? {} : { inherits }) }, true)
    tables.roles = tables.roles.set(role, defined)
    tables.skeletons = tables.skeletons.set(skeletonOf(role), role)
    for (const junior of inherits ?? []) tables.seniors = added(tables.seniors, junior, role)
  },
  'role.granted': (tables, event) => {
    const { by, at, team, from, until } = event
    const nth = tables.entries
    tables.lastGrant = nth
    const grant: Grant = freeze({ by, at, nth, team, from, ...(until === undefined ? {} : { until }) })
    giveGrants(tables, event.role, event.to, [grant])
  },
  'role.revoked': (tables, event) =>
    endGrants(tables, event.role, event.from, event.at, grant => grant.team === event.team),
}

/** Adds grants of a role to those that somebody has. */
export function giveGrants(tables: Folding, role: string, to: string, grants: readonly Grant[]): void {
  if (!tables.roles.has(role)) return
  const holders = tables.grants.get(role) ?? Table.empty<readonly Grant[]>()
  const before = holders.get(to)
  if (before === undefined) tables.rolesOf = added(tables.rolesOf, to, role)
  tables.grants = tables.grants.set(role, holders.set(to, Object.freeze([...(before ?? []), ...grants])))
}

/** Ends grants of a role to somebody, all of them unless told which, and takes back those that were still to come. */
export function endGrants(
  tables: Folding,
  role: string,
  who: string,
  at: Instant,
  ends: (grant: Grant) => boolean = () => true,
): void {
  const holders = tables.grants.get(role)
  const grants = holders?.get(who)
  if (holders === undefined || grants === undefined) return
  const ended = grants.flatMap(grant => {
    if (!ends(grant) || (grant.until !== undefined && grant.until <= at)) return grant
    return grant.from > at ? [] : freeze({ ...grant, until: at, ended: tables.entries })
  })
  tables.grants = tables.grants.set(role, holders.set(who, Object.freeze(ended)))
}
