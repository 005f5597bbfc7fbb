import type { Table } from '../../values/table.ts'
import type { GovernanceCommand } from '../command.ts'
import type { GovernanceEvent } from '../event.ts'
import type { Tables } from '../governance.ts'

/** The tables while the events of one entry are folded into them: each is exchanged for its next version. */
export type Folding = { -readonly [Name in keyof Tables]: Tables[Name] }

export type Event<Type extends GovernanceEvent['type']> = Extract<GovernanceEvent, { type: Type }>

/** What an event changes in the tables. The command is read for the document that the event names by digest. */
export type Fold<Type extends GovernanceEvent['type']> = (
  tables: Folding,
  event: Event<Type>,
  command: GovernanceCommand,
) => void

/** The folds of some types of event: each of these types has one. */
export type Folds<Types extends GovernanceEvent['type'] = GovernanceEvent['type']> = {
  readonly [Type in Types]: Fold<Type>
}

/** The types of all events of a noun: `role` stands for `role.defined`, `role.granted` and `role.revoked`. */
export type Of<Noun extends string> = Extract<GovernanceEvent['type'], `${Noun}.${string}`>

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
