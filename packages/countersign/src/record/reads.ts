import { wholeTrail } from '@countersign/trail'
import type { ChangeCommand } from '../change/command.ts'
import { type Command, changeStream, governanceStream, isGovernance, type Reads } from './record.ts'
import type { State } from './state.ts'
import { restsOnAll } from './world.ts'

/** The streams that a decision on a command reads: of people and rules, of the change, and of those it belongs with. */
export function streamsRead(state: State, command: Command): string[] {
  if (isGovernance(command)) return [governanceStream]
  const { change: id } = command
  const read = [governanceStream, changeStream(id), ...streamsAbove(state, command)]
  for (const one of state.descendantsOf(id)) read.push(changeStream(one.id))
  return read
}

/** The stream of what a change depends on, even where there is no such change, and the streams above it. */
function streamsAbove(state: State, command: ChangeCommand): readonly string[] {
  const parent = command.type === 'submit' ? command.parent : state.changes.get(command.change)?.parent
  if (parent === undefined) return none
  return state.changes.has(parent)
    ? state.ancestorsFrom(parent).map(one => changeStream(one.id))
    : [changeStream(parent)]
}

const none: readonly string[] = []

/** Where more changes than these depend on one, none of them is named: the reads have `*` then, which stands for all of them. */
const mostNamed = 64

/**
 * What a decision on a command reads besides its own stream, as it is recorded. With `childless` it is what it would be if no
 * other change depended on this one.
 */
export function readsOf(state: State, command: Command, childless = false): Reads | undefined {
  if (isGovernance(command)) return undefined
  const above = streamsAbove(state, command)
  const below = childless ? undefined : state.descendantsOf(command.change)
  const isAll = restsOnAll(state, command, childless)
  const version = state.version(governanceStream)
  const isBelowNamed = below !== undefined && below.length > 0 && below.length <= mostNamed
  // Most changes stand alone. What is written as a whole takes the engine less than what is put together.
  if (above.length === 0 && !isBelowNamed)
    return isAll ? { [wholeTrail]: state.size, [governanceStream]: version } : { [governanceStream]: version }
  const named = [...above, ...(isBelowNamed ? below.map(one => changeStream(one.id)) : none)].toSorted()
  // In the order in which they are recorded: first `*`, then the streams of changes, then that of people and rules.
  const reads: Record<string, number> = isAll ? { [wholeTrail]: state.size } : {}
  for (const stream of named) reads[stream] = state.version(stream)
  reads[governanceStream] = version
  return reads
}
