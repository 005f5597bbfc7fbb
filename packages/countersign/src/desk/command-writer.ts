import { CountersignError } from '@countersign/trail'
import type { Draft, Opening, Openings, Sealed, Store } from '@countersign/trail/store'
import type { Change } from '../change/change.ts'
import type { ChangeEvent } from '../change/event.ts'
import { evolveChange } from '../change/evolve.ts'
import type { Refusal } from '../decision/facts.ts'
import { isViolation, refuse } from '../decision/refusal.ts'
import { type Decided, decide } from '../record/decide.ts'
import { streamsRead } from '../record/reads.ts'
import { type Command, governanceStream, isGovernance, type RecordBody } from '../record/record.ts'
import type { State } from '../record/state.ts'
import { clockTolerance, type Instant } from '../values/instant.ts'
import type { DeskOptions } from './options.ts'
import { commit, commitmentsIn, isSameCommand, type Made, type NewSalt } from './private-values.ts'
import { type Receipt, type Refused, receiptOf, refusedReceipt, unrecordable } from './receipt.ts'
import { recordOf } from './stored.ts'

/** A command that is to be carried out. */
export interface Asked {
  readonly id: string
  readonly account: string
  readonly command: Command
  /** When it happened, where the host says so. */
  readonly given: Instant | undefined
  /** The openings of its private values: when it is decided anew they are used again. */
  readonly made: Made
  /** Commitments whose openings were put, or in part, and on which no entry can rest: those openings are let go of. */
  readonly kept: Set<string>
}

/** A command that was decided, and the entry that it is to become. */
interface Ready {
  readonly decided: Decided
  readonly draft: ReturnType<typeof draftOf>
  readonly closed: ReturnType<typeof commit>
}

/** Decides a command on a state, and writes the entry. It tries once: to try again after a conflict is up to its caller. */
export class CommandWriter {
  readonly #clock: () => Date
  readonly #recordRefusals: DeskOptions['recordRefusals']
  readonly #openings: Openings | undefined
  readonly #newSalt: NewSalt

  constructor({ clock, recordRefusals, openings, newSalt }: DeskOptions & { readonly clock: () => Date }) {
    this.#clock = clock
    this.#recordRefusals = recordRefusals ?? 'violations'
    this.#openings = openings
    this.#newSalt = newSalt === undefined ? randomSalt : () => saltOf(newSalt)
  }

  /** Decides on a state; what does not go into an entry is refused at once. */
  decide(on: State, { id, account, command, given, made }: Asked): Ready | Refused {
    try {
      const closed = commit(on, id, command, this.#newSalt, made)
      const at = this.#stamp(on, command, given)
      const decided = decide(on, { id, at, account, command: closed.command })
      return { decided, draft: draftOf(decided, id, at, closed.command), closed }
    } catch (error) {
      if (error instanceof CountersignError && error.code === 'canonical') return unrecordable(id, error)
      throw error
    }
  }

  /** Why a command was refused, where that is told to whoever has given it and to nobody else. */
  unrecorded({ outcome, by }: Decided): Refusal | undefined {
    if (!('refused' in outcome)) return undefined
    const known = by.person !== undefined || by.bot !== undefined
    const wanted = this.#recordRefusals
    const isKept = wanted === 'all' || (wanted === 'violations' && isViolation(outcome.refused.code))
    return known && isKept ? undefined : outcome.refused
  }

  /** Writes what was decided: the entry, or why there is none. Throws `store.conflict` where something has moved meanwhile. */
  async write(
    trail: Pick<Store, 'append'>,
    { decided, draft, closed }: Ready,
    { kept }: Asked,
  ): Promise<Sealed | Refused> {
    if ('accepted' in decided.outcome && closed.refused !== undefined) return refusedReceipt(draft.id, closed.refused)
    // What is refused changes nothing, so nobody keeps what would open it.
    if ('accepted' in decided.outcome && closed.openings.length > 0) {
      for (const { commitment } of closed.openings) kept.add(commitment)
      await this.#keep(closed.openings)
    }
    try {
      const [sealed] = await trail.append([draft], expectationOf(decided))
      if (sealed === undefined) throw new CountersignError('store.damaged', 'the store gave no receipt for an entry')
      // What is refused rests on none.
      if ('accepted' in decided.outcome) for (const { commitment } of closed.openings) kept.delete(commitment)
      return sealed
    } catch (error) {
      if (error instanceof CountersignError && (error.code === 'entry' || error.code === 'canonical'))
        return unrecordable(draft.id, error)
      // After any other failure of an append but a conflict, the entry may stand all the same, so what opens its values stays.
      if (!isConflict(error)) for (const { commitment } of closed.openings) kept.delete(commitment)
      throw error
    }
  }

  /** The receipt for an id that is in the trail already: the first one for the same command, a refusal for another command. */
  async repeated(seq: number, { id, account, command, kept }: Asked, trail: Pick<Store, 'read'>): Promise<Receipt> {
    for await (const sealed of trail.read({ from: seq, to: seq + 1 })) {
      const body = recordOf(sealed)
      // The entry is there, so what opens its values is not let go of.
      for (const one of commitmentsIn(body.command)) kept.delete(one)
      if (body.by.account !== account) break
      if (!(await isSameCommand(body.command, body.outcome, command, this.#openings))) break
      const isAccepted = 'accepted' in body.outcome
      const change = isGovernance(command) || !isAccepted ? undefined : await changeAfter(body, trail)
      return receiptOf(body, change, sealed)
    }
    return refusedReceipt(id, refuse('command.id-reused', { id, seq }).refused)
  }

  /** Deletes what opens values on which no entry has come to rest: the command was there already, or is refused by now. */
  async letGo(kept: ReadonlySet<string>): Promise<void> {
    if (kept.size === 0) return
    // What cannot be deleted stays, as after a crash, and `redact --unused` finds it.
    await this.#openings?.delete(kept).catch(() => undefined)
  }

  /** No entry is older than what its decision has read: not than the last of its own stream, nor of people and rules. */
  #stamp(on: State, command: Command, given: Instant | undefined): Instant {
    const now = this.#clock()
    const at = given ?? now.toISOString()
    // One entry from the future would keep every later one out.
    if (given !== undefined && Date.parse(given) - now.getTime() > clockTolerance)
      throw new CountersignError('clock', `\`at\`, ${at}, lies in the future of this desk's clock`, { facts: { at } })
    const instants = streamsRead(on, command).map(stream => on.instants.get(stream) ?? '')
    const last = instants.toSorted().at(-1) ?? ''
    if (at >= last) return at
    if (Date.parse(last) - Date.parse(at) <= clockTolerance) return last
    const because =
      given === undefined
        ? `the clock says ${at}, but there is an entry of ${last} before it: set it right, unless the one that wrote this ran ahead`
        : `\`at\` is ${at}, but this command reads an entry of ${last}, and cannot be older than that`
    throw new CountersignError('clock', because, { facts: { at, last } })
  }

  /** No entry stands without what opens it, so that is durable first. */
  async #keep(fresh: readonly Opening[]): Promise<void> {
    if (this.#openings === undefined)
      throw new CountersignError(
        'input',
        `${fresh.map(one => one.field).join(', ')}: private, and this desk has nowhere to keep what opens it; give it \`openings\``,
        { facts: { fields: fresh.map(one => one.field) } },
      )
    await this.#openings.put(fresh)
  }
}

/** The change as it was after an entry, from its stream, and from that of people and rules how much of these it was under. */
async function changeAfter({ seq, stream }: RecordBody, trail: Pick<Store, 'read'>): Promise<Change | undefined> {
  const told: { readonly seq: number; readonly events: number }[] = []
  for await (const sealed of trail.read({ stream: governanceStream })) {
    if (sealed.seq > seq) break
    const { outcome } = recordOf(sealed)
    if ('accepted' in outcome) told.push({ seq: sealed.seq, events: outcome.accepted.length })
  }
  let change: Change | undefined
  let under = 0
  let place = 0
  for await (const sealed of trail.read({ stream })) {
    if (sealed.seq > seq) break
    for (let one = told[place]; one !== undefined && one.seq < sealed.seq; one = told[place]) {
      under += one.events
      place += 1
    }
    const { command, at, outcome } = recordOf(sealed)
    if ('accepted' in outcome && !isGovernance(command))
      change = evolveChange(change, outcome.accepted as readonly ChangeEvent[], { command, at, under })
  }
  return change
}

/** Whether a store has refused to append, as a stream that was read had moved. */
export const isConflict = (error: unknown): boolean =>
  error instanceof CountersignError && error.code === 'store.conflict'

declare const crypto: { readonly getRandomValues: (bytes: Uint8Array) => Uint8Array }

const randomSalt: NewSalt = () => crypto.getRandomValues(new Uint8Array(32))

function saltOf(newSalt: NewSalt): Uint8Array {
  const salt: unknown = newSalt()
  if (salt instanceof Uint8Array && salt.length === 32) return salt
  throw new CountersignError('input', '`newSalt` gives 32 random bytes, as a Uint8Array', {
    facts: { expected: 'a Uint8Array of 32 bytes', found: Object.prototype.toString.call(salt) },
  })
}

const draftOf = (decided: Decided, id: string, at: Instant, command: Command) =>
  ({
    v: 1,
    id,
    at,
    stream: decided.stream,
    streamSeq: decided.streamSeq,
    by: decided.by,
    command,
    outcome: decided.outcome,
    ...(decided.policy === undefined ? {} : { policy: decided.policy }),
    ...(decided.reads === undefined ? {} : { reads: decided.reads }),
  }) satisfies Draft

/** Nothing that a decision has read may have moved when it is written: not its own stream, and none of the others. */
const expectationOf = ({ stream, streamSeq, reads }: Decided) => ({ ...reads, [stream]: streamSeq })
