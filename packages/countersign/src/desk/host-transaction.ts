import { CountersignError } from '@countersign/trail'
import { type Store, Turns } from '@countersign/trail/store'
import { streamOf } from '../record/record.ts'
import { State } from '../record/state.ts'
import { lost, mostAttempts, type Services } from './carry-out.ts'
import { type Asked, isConflict } from './command-writer.ts'
import type { Branch, Onward, Projection } from './projection.ts'
import { type Receipt, receiptOf, refusedReceipt } from './receipt.ts'
import { isOfCache } from './state-cache.ts'
import { inOrder, recordOf } from './stored.ts'

/** A trail as a transaction of the host's own sees it, and appends to it. */
export type Within = Pick<Store, 'append' | 'read'>

/**
 * Carries commands out within transactions of the host's own, each of which may hold the only connection that there is: nothing
 * is waited for that another one would have to give. It takes no turn with what is not within it, as that may wait for this
 * transaction to end. Commands within one go one after the other, each decided on those before it.
 */
export class HostTransactions {
  readonly #services: Services
  readonly #turns = new Turns<Within>()
  /** What was folded within each, from which the next command goes on. */
  readonly #branches: Branches = new WeakMap()

  constructor(services: Services) {
    this.#services = services
  }

  carryOut(within: Within, asked: Asked): Promise<Receipt> {
    return this.#turns.take(within, () => carryOutWithin(this.#services, this.#branches, within, asked))
  }
}

type Branches = WeakMap<Within, Branch>

async function carryOutWithin(
  { projection, writer }: Services,
  branches: Branches,
  within: Within,
  asked: Asked,
): Promise<Receipt> {
  const { id, command } = asked
  const sight = new Sight(projection, branches, within)
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    let seen: State | undefined
    try {
      await sight.read()
      seen = sight.state()
      if (seen === undefined) continue
      const known = seen.entryOf(streamOf(command), id)
      if (known !== undefined) return await writer.repeated(known, asked, within)
      const ready = writer.decide(seen, asked)
      if ('outcome' in ready) return ready
      const refused = writer.unrecorded(ready.decided)
      if (refused !== undefined) return refusedReceipt(id, refused, command.type)
      const sealed = await writer.write(within, ready, asked)
      if ('outcome' in sealed) return sealed
      // What others have committed is read in beside, so that there is never much of it to be read within a transaction.
      if (seen.size > projection.state.size) projection.catchUpBeside()
      return receiptOf(ready.draft, ready.decided.next, sealed)
    } catch (error) {
      sight.mistrust(error, seen?.size)
    }
  }
  throw lost(id)
}

/** What one command within a transaction is decided on: the state of the desk with what the transaction has beyond it, as a rule. */
class Sight {
  readonly #projection: Projection
  readonly #branches: Branches
  readonly #within: Within
  readonly #origin: string
  /** The state that has turned out to be nothing to go on from, so that the trail is read as a whole. */
  #doubted: State | undefined
  /** What was read last: beyond the state of the desk, or, where that is doubted, as a whole. */
  #found: Onward | undefined
  #whole: State | undefined
  /** The size of what was decided on at the last conflict. */
  #conflictedAt: number | undefined

  constructor(projection: Projection, branches: Branches, within: Within) {
    this.#projection = projection
    this.#branches = branches
    this.#within = within
    this.#origin = projection.origin
    this.#doubted = projection.isWhole ? undefined : projection.state
  }

  /** Reads what the transaction has now. */
  async read(): Promise<void> {
    if (this.#doubted === undefined) {
      this.#found = await this.#projection.onward(this.#within, this.#branches.get(this.#within))
    } else {
      this.#found = undefined
      this.#whole = await wholeWithin(this.#within, this.#origin)
    }
  }

  /**
   * The state by what was read and by what the desk has folded up to now; `undefined` where it is to be read again. It is to be
   * decided on at once: whoever awaits anything in between decides on a state that the desk may have moved.
   */
  state(): State | undefined {
    const [projection, found] = [this.#projection, this.#found]
    this.#branches.delete(this.#within)
    if (found === undefined) {
      if (this.#doubted === projection.state && projection.isWhole) projection.forget()
      projection.catchUpBeside()
      return this.#whole
    }
    const branch = projection.branch(found)
    if (branch !== undefined) this.#branches.set(this.#within, branch)
    // What was folded before within it may have been taken back: that says nothing of what the desk itself has read.
    else if (found.before === undefined) this.#doubted = found.base
    return branch?.state
  }

  /** Takes in why a command was not carried out on what was seen, of this size. Throws what is no reason to look again. */
  mistrust(error: unknown, size: number | undefined): void {
    this.#branches.delete(this.#within)
    if (isOfCache(error)) {
      this.#doubted = this.#projection.state
    } else if (isConflict(error)) {
      // The trail has something else than was decided on, and nothing that is new: so that was not of this trail.
      if (this.#conflictedAt === size) this.#doubted ??= this.#projection.state
      this.#conflictedAt = size
    } else {
      throw error
    }
  }
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
