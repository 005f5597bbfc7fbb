import { CountersignError } from '@countersign/trail'
import type { Sealed, Store } from '@countersign/trail/store'
import { isGovernance, streamOf } from '../record/record.ts'
import type { State } from '../record/state.ts'
import { type Asked, type CommandWriter, isConflict } from './command-writer.ts'
import type { Projection } from './projection.ts'
import { type Receipt, type Refused, receiptOf, refusedReceipt } from './receipt.ts'

/** What it takes to carry out commands. */
export interface Services {
  readonly store: Store
  readonly projection: Projection
  readonly writer: CommandWriter
}

/** So often a command is decided anew because somebody else was quicker. */
export const mostAttempts = 32

/** Decides a command, and writes what comes of it; anew, where something that was read has moved meanwhile. */
export async function carryOut({ store, projection, writer }: Services, asked: Asked): Promise<Receipt> {
  const { id, command } = asked
  // A conflict shows only what has moved in streams that were read. That others have submitted a change which depends on this one
  // stands in a stream of its own, so all that they have written is read in first.
  let isFresh = !isGovernance(command)
  if (isFresh) await projection.catchUpAnew()
  let isReadAgain = false
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const { state } = projection
    const { size } = state
    const known = state.entryOf(streamOf(command), id)
    if (known !== undefined) return writer.repeated(known, asked, store)
    const ready = writer.decide(state, asked)
    if ('outcome' in ready) return ready
    const refused = writer.unrecorded(ready.decided)
    if (refused !== undefined) {
      if (isFresh) return refusedReceipt(id, refused, command.type)
      // No append tells whether what was refused would be accepted by now: others may have written since the last look.
      isFresh = true
      await projection.catchUpAnew()
      continue
    }
    let sealed: Sealed | Refused
    try {
      sealed = await writer.write(store, ready, asked)
    } catch (error) {
      if (!isConflict(error)) throw error
      isReadAgain = await catchUpAfterConflict(projection, state, size, isReadAgain)
      continue
    }
    if ('outcome' in sealed) return sealed
    if (projection.state === state && projection.isNext(sealed))
      projection.fold({ ...ready.draft, seq: sealed.seq }, sealed.leafHash, ready.decided.next)
    // It is in the trail: what goes wrong with reading those before it is told to whoever asks next.
    else await projection.catchUpAnew().catch(() => undefined)
    return receiptOf(ready.draft, ready.decided.next, sealed)
  }
  throw lost(id)
}

/**
 * Reads in what has moved since a command was decided on a state of this size. Where nothing has, the store has something else than
 * was decided on: so that was not of this trail, and all of it is read again, once for a command. Tells whether it was by now.
 */
async function catchUpAfterConflict(
  projection: Projection,
  state: State,
  size: number,
  isReadAgain: boolean,
): Promise<boolean> {
  const hasMoved = () => projection.state !== state || state.size !== size
  await projection.catchUp()
  if (!hasMoved()) await projection.catchUpAnew()
  if (hasMoved() || isReadAgain) return isReadAgain
  projection.disown()
  await projection.catchUpAnew()
  return true
}

/** The error for a command that was decided again and again, as each time a stream that it reads had moved. */
export const lost = (id: string): CountersignError =>
  new CountersignError('store.conflict', `command ${id} lost ${mostAttempts} races for its streams; try again later`)
