import { CountersignError } from '@countersign/trail'
import type { Store } from '@countersign/trail/store'
import { streamOf } from '../record/record.ts'
import { State } from '../record/state.ts'
import { lost, mostAttempts, type Office } from './carry-out.ts'
import { type Asked, isConflict } from './clerk.ts'
import type { Branch } from './projection.ts'
import { isOfCache } from './recall.ts'
import { type Receipt, receiptOf, refusedReceipt } from './receipt.ts'
import { inOrder, recordOf } from './stored.ts'

/** A trail as a transaction of the host's own sees it, and appends to it. */
export type Within = Pick<Store, 'append' | 'read'>

/**
 * Carries commands out within transactions of the host's own, each of which may hold the only connection that there is: nothing
 * is waited for that another one would have to give. It takes no turn with what is not within it, as that may wait for this
 * transaction to end. Commands within one go one after the other, each decided on those before it.
 */
export class HostTransactions {
  readonly #office: Office
  /** The last command within each. */
  readonly #last = new WeakMap<Within, Promise<unknown>>()
  /** What was folded within each, from which the next command goes on. */
  readonly #branches: Branches = new WeakMap()

  constructor(office: Office) {
    this.#office = office
  }

  carryOut(within: Within, asked: Asked): Promise<Receipt> {
    const before = this.#last.get(within) ?? Promise.resolve()
    const done = before.then(() => carryOutWithin(this.#office, this.#branches, within, asked))
    this.#last.set(
      within,
      done.catch(() => undefined),
    )
    return done
  }
}

type Branches = WeakMap<Within, Branch>

async function carryOutWithin(
  { projection, clerk }: Office,
  branches: Branches,
  within: Within,
  asked: Asked,
): Promise<Receipt> {
  const { id, command } = asked
  const { origin } = projection
  /** The state that has turned out to be nothing to go on from, of which the trail is read as a whole. */
  let doubted = projection.isWhole ? undefined : projection.state
  let conflictedAt: number | undefined
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    let size: number | undefined
    try {
      const found = doubted === undefined ? await projection.onward(within, branches.get(within)) : undefined
      branches.delete(within)
      const branch = found === undefined ? undefined : projection.branch(found)
      if (found !== undefined && branch === undefined) {
        // What was folded before within it may have been taken back: that says nothing of what the desk itself has read.
        if (found.before === undefined) doubted = found.base
        continue
      }
      if (branch !== undefined) branches.set(within, branch)
      const seen = branch?.state ?? (await wholeWithin(within, origin))
      if (doubted !== undefined) {
        if (doubted === projection.state && projection.isWhole) projection.forget()
        projection.catchUpBeside()
      }
      size = seen.size
      const known = seen.entryOf(streamOf(command), id)
      if (known !== undefined) return await clerk.repeated(known, asked, within)
      const ready = clerk.decide(seen, asked)
      if ('outcome' in ready) return ready
      const refused = clerk.unrecorded(ready.decided)
      if (refused !== undefined) return refusedReceipt(id, refused, command.type)
      const sealed = await clerk.write(within, ready, asked)
      if ('outcome' in sealed) return sealed
      // What others have committed is read in beside, so that there is never much of it to be read within a transaction.
      if (seen.size > projection.state.size) projection.catchUpBeside()
      return receiptOf(ready.draft, ready.decided.next, sealed)
    } catch (error) {
      branches.delete(within)
      if (isOfCache(error)) {
        doubted = projection.state
      } else if (isConflict(error)) {
        // The trail has something else than was decided on, and nothing that is new: so that was not of this trail.
        if (conflictedAt === size) doubted ??= projection.state
        conflictedAt = size
      } else {
        throw error
      }
    }
  }
  throw lost(id)
}

/** What a transaction sees, from the beginning of the trail. Throws `input` where it is another trail than the desk's. */
async function wholeWithin(within: Within, origin: string): Promise<State> {
  const seen = new State()
  for await (const sealed of inOrder(within)) seen.fold(recordOf(sealed))
  const found = seen.governance.origin
  if (origin === '' || found === origin) return seen
  throw new CountersignError('input', `\`within\` is of the trail ${found}, and this desk is of ${origin}`, {
    facts: { expected: origin, found },
  })
}
