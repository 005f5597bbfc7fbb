import { freeze } from 'immer'
import type { Instant } from '../values/instant.ts'
import { Table } from '../values/table.ts'
import type { Bot, Grant, Tables } from './governance.ts'

/** The tables while the events of one entry are folded into them: each is exchanged for its next version. */
export type Folding = { -readonly [Name in keyof Tables]: Tables[Name] }

type Lists<One> = Table<readonly One[]>

/** A table in which a name has one more item. */
export const added = <One>(table: Lists<One>, name: string, one: One): Lists<One> =>
  table.set(name, Object.freeze([...(table.get(name) ?? []), one]))

/** A table in which a name has only the items that are to stay. */
export function kept<One>(table: Lists<One>, name: string, stays: (one: One) => boolean): Lists<One> {
  const before = table.get(name)
  if (before === undefined) return table
  const after = before.filter(stays)
  return after.length === 0 ? table.delete(name) : table.set(name, Object.freeze(after))
}

/** A bot that answers to somebody, or to nobody. */
export function control(of: Folding, bot: string, controller: string | undefined, at?: Instant): void {
  const known = of.bots.get(bot)
  const before = known?.controller
  if (before !== undefined) of.botsOf = kept(of.botsOf, before, one => one !== bot)
  const tookOver = [...(known?.tookOver ?? [])]
  const alone = before === undefined ? aloneSince(known?.formerly, known?.since) : leftAlone(of, before)
  if (alone !== undefined && controller !== undefined && at !== undefined)
    tookOver.push({ person: controller, at, ...alone })
  of.bots = of.bots.set(
    bot,
    freeze(
      {
        ...(controller === undefined ? {} : { controller }),
        ...(tookOver.length === 0 ? {} : { tookOver }),
      },
      true,
    ),
  )
  if (controller !== undefined) of.botsOf = added(of.botsOf, controller, bot)
}

/** Who answered for a bot last, and since when nobody does, as far as either is known. */
type Alone = Pick<Bot, 'formerly' | 'since'>

const aloneSince = (formerly: string | undefined, since: Instant | undefined): Alone => ({
  ...(formerly === undefined ? {} : { formerly }),
  ...(since === undefined ? {} : { since }),
})

/** The same of a bot whose controller has left; nothing where they are here. */
function leftAlone(of: Folding, controller: string): Alone | undefined {
  const departed = of.persons.get(controller)?.departed
  return departed === undefined ? undefined : { formerly: controller, since: departed.at }
}

/** Leaves the bots that answered to a person with nobody to answer for them, since an instant where that is known. */
export function releaseBots(of: Folding, controller: string, since?: Instant): void {
  for (const bot of of.botsOf.get(controller) ?? []) {
    const { tookOver } = of.bots.get(bot) ?? {}
    of.bots = of.bots.set(
      bot,
      freeze({ ...(tookOver === undefined ? {} : { tookOver }), ...aloneSince(controller, since) }),
    )
  }
  of.botsOf = of.botsOf.delete(controller)
}

export function unlink(of: Folding, account: string): void {
  const owner = of.accounts.get(account)
  if (owner === undefined) return
  of.accounts = of.accounts.delete(account)
  of.accountsOf = kept(of.accountsOf, 'bot' in owner ? owner.bot : owner.person, one => one !== account)
}

export function giveGrants(of: Folding, role: string, to: string, grants: readonly Grant[]): void {
  if (!of.roles.has(role)) return
  const holders = of.grants.get(role) ?? Table.empty<readonly Grant[]>()
  const before = holders.get(to)
  if (before === undefined) of.rolesOf = added(of.rolesOf, to, role)
  of.grants = of.grants.set(role, holders.set(to, Object.freeze([...(before ?? []), ...grants])))
}

/** Ends grants of a role to somebody, all of them unless told which, and takes back those that were to come. */
export function endGrants(
  of: Folding,
  role: string,
  who: string,
  at: Instant,
  ends: (grant: Grant) => boolean = () => true,
): void {
  const holders = of.grants.get(role)
  const grants = holders?.get(who)
  if (holders === undefined || grants === undefined) return
  const ended = grants.flatMap(grant => {
    if (!ends(grant) || (grant.until !== undefined && grant.until <= at)) return grant
    return grant.from >= at ? [] : freeze({ ...grant, until: at })
  })
  of.grants = of.grants.set(role, holders.set(who, Object.freeze(ended)))
}

export function endDelegation(of: Folding, id: string, at: Instant): void {
  const delegation = of.delegations.get(id)
  if (delegation === undefined || delegation.revokedAt !== undefined) return
  of.delegations = of.delegations.set(id, freeze({ ...delegation, revokedAt: at }))
}
