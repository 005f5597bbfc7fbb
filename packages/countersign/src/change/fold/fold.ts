import type { Instant } from '../../values/instant.ts'
import type { Change, Given } from '../change.ts'
import type { ChangeCommand } from '../command.ts'
import type { ChangeEvent } from '../event.ts'
import type { Own } from './own.ts'

/** When something was given, as it is noted beside it. */
export type When = Pick<Given, 'at' | 'under'>

/** The entry in which an event happened, as far as its fold reads it. */
export interface Happening {
  /** Left out for what comes about by itself, which no command says more of. */
  readonly command: ChangeCommand | undefined
  readonly at: Instant
  readonly when: When
  /** The lists that the folds of this entry have made. */
  readonly own: Own
}

export type Event<Type extends ChangeEvent['type']> = Extract<ChangeEvent, { type: Type }>
export type Command<Type extends ChangeCommand['type']> = Extract<ChangeCommand, { type: Type }>

/** What a change becomes by an event. */
export type Fold<Type extends ChangeEvent['type']> = (
  change: Change,
  event: Event<Type>,
  happening: Happening,
) => Change

/** The folds of some types of event: each of these types has one. */
export type Folds<Types extends ChangeEvent['type'] = ChangeEvent['type']> = {
  readonly [Type in Types]: Fold<Type>
}

/** The types of all events of a noun: `approval` stands for `approval.granted`, `approval.withdrawn` and so on. */
export type Of<Noun extends string> = Extract<ChangeEvent['type'], `${Noun}.${string}`>

/** The fold of an event that the trail tells, and that leaves the change as it was. */
export const unchanged = (change: Change): Change => change

/** A change with other members. Written behind a spread in one expression, each of them takes the engine several times as long. */
export const changed = (change: Change, members: Partial<Change>): Change => Object.assign({ ...change }, members)
