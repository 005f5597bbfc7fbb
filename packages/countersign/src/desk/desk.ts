import { CountersignError } from '@countersign/trail'
import { type Draft, type Head, type Opening, requireOptions, type Sealed, type Store } from '@countersign/trail/store'
import { nanoid } from 'nanoid'
import type * as z from 'zod'
import type { Change } from '../change/change.ts'
import { evolveChange } from '../change/evolve.ts'
import { isViolation, type Refusal, refuse } from '../decision/refusal.ts'
import type { Form } from '../policy/form.ts'
import {
  type command as anyCommand,
  type Command,
  changeStream,
  commandTypes,
  isGovernance,
  type RecordBody,
  streamOf,
} from '../record/record.ts'
import { type Decided, decide, State, streamsRead } from '../record/state.ts'
import { type Instant, parseInstant } from '../values/instant.ts'
import { clockTolerance } from './clock.ts'
import { type DirectoryInput, loadParts, partsOf } from './directory.ts'
import { type Drained, drainOf, type OutboxAsked } from './drain.ts'
import { idOf, parseEnvelope } from './envelope.ts'
import { Lanes } from './lanes.ts'
import { checked, type DeskOptions } from './options.ts'
import { commit, commitmentsIn, isSameCommand, type Made, type NewSalt, openForm } from './private-values.ts'
import { Projection } from './projection.ts'
import { isOfCache } from './recall.ts'
import { type Receipt, type Refused, receiptOf, refusedReceipt, unrecordable } from './receipt.ts'
import { inOrder, recordOf } from './stored.ts'
import { openView, type View, viewOf } from './view.ts'

type Input = z.input<typeof anyCommand>
type WithoutType<One> = One extends unknown ? Omit<One, 'type'> : never
/** A desk that can work out what a schedule comes to needs no intervals. */
type Declared<One> = One extends { intervals: unknown } ? Omit<One, 'intervals'> & Partial<Pick<One, 'intervals'>> : One

/** A trail as a transaction of the host's own sees it, and appends to it. */
export type Within = Pick<Store, 'append' | 'read'>

/** How a command is carried out, where that is not as usual. */
export interface Manner {
  /**
   * Decides and writes within a transaction of the host's own: `store.join(connection)`. Another command within it is
   * decided on what the first has come to; the desk itself knows of both once the host has committed and the store has them,
   * and not before. Until then whatever else is appended waits. What opens a value that was redacted within it is deleted by
   * the next `catchUp` after that.
   */
  readonly within?: Within
}

/** A typed method for each command: `desk.by('bob').approve({ change, revision, digest })`. */
export type Commands = {
  readonly [Type in Input['type']]: (
    command: Declared<WithoutType<Extract<Input, { type: Type }>>>,
    options?: { readonly id?: string },
  ) => Promise<Receipt>
}

/** Where commands are handed in. It decides, writes, and says what came of them; and it tells what there is now. */
export interface Desk extends View {
  /** The commands, given by an account. */
  by(account: string, manner?: Manner): Commands
  /**
   * A command as it comes from outside: `{ account, id?, command: { type, … } }`. Whatever is malformed is refused.
   * `at` takes the place of the clock where a host brings in what happened earlier; it cannot go back before the entries
   * of the streams that the decision reads.
   */
  execute(envelope: unknown, options?: { readonly at?: Date } & Manner): Promise<Receipt>
  /**
   * Records in what a directory differs from what is known of people, in as many `updateDirectory` as that takes, each
   * all or nothing; none where nothing differs. It ends with the first that is refused. `source` says where it is from.
   * Throws `CountersignError` `input` where it is no directory.
   */
  loadDirectory(account: string, directory: DirectoryInput, source: string): Promise<Receipt[]>
  /**
   * What the trail said by an instant, whatever has happened since: `(await desk.at('2026-03-02T10:00Z')).board('payments')`.
   * It reads the trail from its beginning, so ask once for everything about one instant. One that is still to come is
   * judged by what is there now.
   */
  at(instant: Instant): Promise<View>
  /**
   * Reads in what other processes have written since. A decision does so by itself where it has to; what is only shown, such
   * as a board, is as fresh as the last look.
   */
  catchUp(): Promise<void>
  /**
   * Puts what was worked out since the last time into the cache, as a host does before it ends: what is not there is read in
   * anew. Throws what the cache throws; what the desk does by itself at intervals fails without a word.
   */
  save(): void
  /**
   * Who must be told what, and why, since a cursor: at least once each, under a key by which a host tells what it has handed
   * on already. Nothing is sent, and nothing is stored: it is derived from the trail. Throws `CountersignError` `input`
   * where the cursor is none, or lies behind the end of the trail.
   */
  outbox(asked?: OutboxAsked): Promise<Drained>
  /**
   * The form of a change with its private values, as far as they can be opened: in the place of one that cannot stays the
   * commitment. Who may see it is for the host to say.
   */
  opened(change: string): Promise<Form | undefined>
  /** Size, last leaf hash and Merkle root of the trail. */
  head(): Promise<Head>
}

const mostAttempts = 32

/** A command that is to be carried out. */
interface Asked {
  readonly id: string
  readonly account: string
  readonly command: Command
  /** Where the host says when it happened. */
  readonly given: Date | undefined
  /** Its commitments: when it is decided anew they are the same. */
  readonly made: Made
  /** Those whose openings are kept, and on which no entry rests yet. */
  readonly kept: Set<string>
}

/** A command that was decided, and the entry that it is to become. */
interface Ready {
  readonly decided: Decided
  readonly draft: ReturnType<typeof draftOf>
  readonly closed: ReturnType<typeof commit>
}

/**
 * Opens a desk on a store, reading the trail that is there.
 *
 * Commands about different changes run side by side, commands about one change one after the other, and commands about
 * people and rules alone. A decision holds only if nothing that it read has moved meanwhile: where another process has
 * written (to a store that several may write to), it is read in and the command decided anew.
 *
 * Throws `CountersignError`: `store.damaged` where the store holds something else than a trail, and from `execute`
 * `store.unwritable`, `store.closed`, `clock`, or `store.conflict` after many lost races.
 *
 * @example
 * ```ts
 * import { createDesk, memoryStore } from 'countersign'
 * const desk = await createDesk({ store: memoryStore() })
 * const receipt = await desk.by('ann').cancel({ change: 'PAY-1', comment: 'not needed' })
 * receipt.outcome // → 'refused'
 * ```
 */
export async function createDesk(options: DeskOptions): Promise<Desk> {
  const {
    store,
    clock = () => new Date(),
    newId = () => nanoid(),
    recordRefusals = 'violations',
    schedules,
    openings,
    newSalt = randomSalt,
    cache,
    cacheEvery: every = 1_000,
    cacheHolds: holds = 10_000,
  } = checked(options)
  const projection = await Projection.open({ store, openings, cache, every, holds })
  const lanes = new Lanes()
  /** The last command within each transaction of the host's own. */
  const transactions = new WeakMap<Within, Promise<unknown>>()

  /** No entry is older than what its decision has read: not than the last of its own stream, nor of people and rules. */
  function stamp(on: State, command: Command, time: Date): Instant {
    const at = Number.isNaN(time.getTime()) ? undefined : parseInstant(time.toISOString())
    if (at === undefined) throw new CountersignError('clock', 'the clock gave no instant of the years 0 to 9999')
    // One entry from the future would keep every later one out.
    if (time.getTime() - clock().getTime() > clockTolerance)
      throw new CountersignError('clock', `${at} lies in the future of this desk's clock`, { facts: { at } })
    const instants = streamsRead(on, command).map(stream => on.instants.get(stream) ?? '')
    const last = instants.toSorted().at(-1) ?? ''
    if (at >= last) return at
    if (Date.parse(last) - time.getTime() <= clockTolerance) return last
    throw new CountersignError(
      'clock',
      `the clock says ${at}, but there is an entry of ${last} before it: set it right`,
      {
        facts: { at, last },
      },
    )
  }

  /** Decides on a state; what does not go into an entry is refused at once. */
  function decideOn(on: State, { id, account, command, given, made }: Asked): Ready | Refused {
    const closed = commit(on, id, command, newSalt, made)
    const at = stamp(on, command, given ?? clock())
    try {
      const decided = decide(on, { id, at, account, command: closed.command })
      return { decided, draft: draftOf(decided, id, at, closed.command), closed }
    } catch (error) {
      if (error instanceof CountersignError && error.code === 'canonical') return unrecordable(id, error)
      throw error
    }
  }

  /** Writes what was decided: the entry, or why there is none. Throws `store.conflict` where something has moved meanwhile. */
  async function write(
    trail: Pick<Store, 'append'>,
    { decided, draft, closed }: Ready,
    { kept }: Asked,
  ): Promise<Sealed | Refused> {
    if ('accepted' in decided.outcome && closed.refused !== undefined) return refusedReceipt(draft.id, closed.refused)
    // What is refused changes nothing, so nobody keeps what would open it.
    if ('accepted' in decided.outcome && closed.openings.length > 0) {
      for (const { commitment } of closed.openings) kept.add(commitment)
      await keep(closed.openings)
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
      throw error
    }
  }

  async function carryOut(asked: Asked): Promise<Receipt> {
    const { id, command } = asked
    let isFresh = false
    let isReadAgain = false
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const { state } = projection
      const { size } = state
      const hasMoved = () => projection.state !== state || state.size !== size
      const known = state.entryOf(streamOf(command), id)
      if (known !== undefined) return repeated(known, asked, state, store)
      const ready = decideOn(state, asked)
      if ('outcome' in ready) return ready
      const refused = unrecorded(ready.decided)
      if (refused !== undefined) {
        if (isFresh) return refusedReceipt(id, refused)
        // No append tells whether what was refused would be accepted by now: others may have written since the last look.
        isFresh = true
        await projection.catchUpAnew()
        continue
      }
      let sealed: Sealed | Refused
      try {
        sealed = await write(store, ready, asked)
      } catch (error) {
        if (!isConflict(error)) throw error
        await projection.catchUp()
        if (!hasMoved()) await projection.catchUpAnew()
        // The store has something else than was decided on, and nothing that is new: so that was not of this trail.
        if (!hasMoved() && !isReadAgain) {
          projection.disown()
          isReadAgain = true
          await projection.catchUpAnew()
        }
        continue
      }
      if ('outcome' in sealed) return sealed
      if (projection.state === state && projection.isNext(sealed))
        projection.fold({ ...ready.draft, seq: sealed.seq }, sealed.leafHash, ready.decided.next)
      // It is in the trail: what goes wrong with reading those before it is told to whoever asks next.
      else await projection.catchUpAnew().catch(() => undefined)
      if (redacts(command)) await projection.dispose()
      return receiptOf(ready.draft, ready.decided.next, sealed)
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

  /**
   * Carries a command out within a transaction of the host's own, which may hold the only connection that there is: nothing
   * is waited for that another one would have to give. It takes no turn with what is not within it, as that may wait for this
   * transaction to end.
   */
  async function carryOutWithin(within: Within, asked: Asked): Promise<Receipt> {
    const { id, command } = asked
    const { origin } = projection
    /** The state that has turned out to be nothing to go on from, of which the trail is read as a whole. */
    let doubted = projection.isWhole ? undefined : projection.state
    let conflictedAt: number | undefined
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      let size: number | undefined
      try {
        const found = doubted === undefined ? await projection.onward(within) : undefined
        const seen = found === undefined ? await wholeWithin(within, origin) : projection.branch(found)
        if (seen === undefined) {
          doubted = found?.base
          continue
        }
        if (doubted !== undefined) {
          if (doubted === projection.state && projection.isWhole) projection.forget()
          projection.catchUpBeside()
        }
        size = seen.size
        const known = seen.entryOf(streamOf(command), id)
        if (known !== undefined) return await repeated(known, asked, seen, within)
        const ready = decideOn(seen, asked)
        if ('outcome' in ready) return ready
        const refused = unrecorded(ready.decided)
        if (refused !== undefined) return refusedReceipt(id, refused)
        const sealed = await write(within, ready, asked)
        if ('outcome' in sealed) return sealed
        // What others have committed is read in beside, so that there is never much of it to be read within a transaction.
        if (seen.size > projection.state.size) projection.catchUpBeside()
        return receiptOf(ready.draft, ready.decided.next, sealed)
      } catch (error) {
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

  /** The same command again is the same entry; the same id for another command is a slip. */
  async function repeated(
    seq: number,
    { id, account, command, kept }: Asked,
    on: State,
    trail: Pick<Store, 'read'>,
  ): Promise<Receipt> {
    for await (const sealed of trail.read({ from: seq, to: seq + 1 })) {
      const body = recordOf(sealed)
      // Whatever has brought this about, what an entry rests on stays.
      for (const one of commitmentsIn(body.command)) kept.delete(one)
      if (body.by.account !== account || !(await isSameCommand(body.command, body.outcome, command, openings))) break
      if (redacts(command)) await projection.dispose()
      const isAccepted = 'accepted' in body.outcome
      const change = isGovernance(command) || !isAccepted ? undefined : await changeAfter(body, on, trail)
      return receiptOf(body, change, sealed)
    }
    return refusedReceipt(id, refuse('command.id-reused', { id, seq }).refused)
  }

  /** No entry stands without what opens it, so that is durable first. */
  async function keep(fresh: readonly Opening[]): Promise<void> {
    if (openings === undefined)
      throw new CountersignError(
        'input',
        `${fresh.map(one => one.field).join(', ')}: private, and this desk has nowhere to keep what opens it; give it \`openings\``,
        { facts: { fields: fresh.map(one => one.field) } },
      )
    await openings.put(fresh)
  }

  /** The change as it was after an entry, from its stream. */
  async function changeAfter(
    { seq, stream }: RecordBody,
    on: State,
    trail: Pick<Store, 'read'>,
  ): Promise<Change | undefined> {
    let change: Change | undefined
    for await (const sealed of trail.read({ stream })) {
      if (sealed.seq > seq) break
      const { command, at, outcome } = recordOf(sealed)
      if ('accepted' in outcome && !isGovernance(command))
        change = evolveChange(change, outcome.accepted as never, {
          command,
          at,
          under: on.changes.get(command.change)?.submittedUnder ?? 0,
        })
    }
    return change
  }

  /** Why a command was refused, where that is told to whoever has given it and to nobody else. */
  function unrecorded({ outcome, by }: Decided): Refusal | undefined {
    if (!('refused' in outcome)) return undefined
    const known = by.person !== undefined || by.bot !== undefined
    const isKept = recordRefusals === 'all' || (recordRefusals === 'violations' && isViolation(outcome.refused.code))
    return known && isKept ? undefined : outcome.refused
  }

  async function execute(unknown: unknown, options: { readonly at?: Date } & Manner = {}): Promise<Receipt> {
    requireOptions('execute', options, ['at', 'within'])
    const { at, within } = options ?? {}
    if (at !== undefined && !(at instanceof Date)) throw new CountersignError('input', '`at` is a Date')
    if (within !== undefined && (typeof within?.append !== 'function' || typeof within.read !== 'function'))
      throw new CountersignError('input', '`within` is what `store.join(connection)` gives')
    const parsed = parseEnvelope(unknown, schedules)
    if ('refused' in parsed) return refusedReceipt(idOf(unknown) ?? newId(), parsed.refused)
    const { account, command } = parsed
    const id = parsed.id ?? newId()
    const asked: Asked = { id, account, command, given: at, made: new Map(), kept: new Set() }
    try {
      return await (within === undefined ? projection.afresh(() => inTurn(asked)) : inTurnWithin(within, asked))
    } catch (error) {
      // Of any other error nobody knows whether the entry is there all the same.
      if (!isConflict(error)) asked.kept.clear()
      throw error
    } finally {
      await letGo(asked.kept)
    }
  }

  /** Deletes what opens values on which no entry has come to rest: the command was there already, or is refused by now. */
  async function letGo(kept: ReadonlySet<string>): Promise<void> {
    if (kept.size === 0) return
    // What cannot be deleted stays, as after a crash, and `redact --unused` finds it.
    await openings?.delete(kept).catch(() => undefined)
  }

  /** Commands within one transaction go one after the other, each decided on those before it. */
  function inTurnWithin(within: Within, asked: Asked): Promise<Receipt> {
    const done = (transactions.get(within) ?? Promise.resolve()).then(() => carryOutWithin(within, asked))
    transactions.set(
      within,
      done.catch(() => undefined),
    )
    return done
  }

  function inTurn(asked: Asked): Promise<Receipt> {
    const { command } = asked
    const work = () => carryOut(asked)
    // What takes a place on a board, or somebody's time, is decided alone, or others would get in between over and over.
    if (isGovernance(command) || projection.state.hangsOnTeam(command)) return lanes.alone(work)
    // What is decided on a parent meanwhile would not have read its child.
    const parent = command.type === 'submit' && command.parent !== undefined ? [changeStream(command.parent)] : []
    return lanes.on([changeStream(command.change), ...parent], work)
  }

  return {
    ...viewOf(() => projection.current()),
    by(account, manner = {}) {
      requireOptions('by', manner, ['within'])
      const method =
        (type: string) =>
        async (input: object, given: { id?: string } = {}) => {
          requireOptions(type, given, ['id'])
          const id = given.id === undefined ? {} : { id: given.id }
          return execute({ account, ...id, command: { ...input, type } }, manner)
        }
      return Object.fromEntries(commandTypes.map(type => [type, method(type)])) as unknown as Commands
    },
    execute,
    async loadDirectory(account, directory, source) {
      await projection.catchUp()
      const now = clock().toISOString()
      const { governance, lastAt } = projection.state
      const parts = partsOf(governance, directory, [now, lastAt].toSorted().at(-1) ?? now)
      return loadParts(parts, differences =>
        execute({ account, command: { type: 'updateDirectory', source, differences } }),
      )
    },
    at: instant => openView(store, instant),
    async catchUp() {
      await projection.catchUpAnew()
      await projection.dispose()
    },
    save: () => projection.save(),
    opened: change =>
      projection.afresh(async () => {
        const there = projection.state.changes.get(change)
        return there === undefined ? undefined : openForm(there.form, openings)
      }),
    outbox: drainOf(store, clock),
    head: () => store.head(),
  }
}

const isConflict = (error: unknown): boolean => error instanceof CountersignError && error.code === 'store.conflict'

const lost = (id: string): CountersignError =>
  new CountersignError('store.conflict', `command ${id} lost ${mostAttempts} races for its streams; try again later`)

const redacts = ({ type }: Command): boolean => type === 'redact' || type === 'erasePerson'

declare const crypto: { readonly getRandomValues: (bytes: Uint8Array) => Uint8Array }

const randomSalt: NewSalt = () => crypto.getRandomValues(new Uint8Array(32))

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
