/// <reference lib="esnext.disposable" preserve="true" />
import { CountersignError } from '@countersign/trail'
import { type Head, requireOptions } from '@countersign/trail/store'
import { nanoid } from 'nanoid'
import type * as z from 'zod'
import type { Form } from '../policy/form.ts'
import { type command as anyCommand, type Command, changeStream, commandTypes, isGovernance } from '../record/record.ts'
import { hangsOnTeam } from '../record/world.ts'
import { commandId } from '../values/identifier.ts'
import { type Instant, laterOf } from '../values/instant.ts'
import { safeParse } from '../values/safe-parse.ts'
import { carryOut } from './carry-out.ts'
import { type Asked, Clerk } from './clerk.ts'
import { checkedClock, instantGiven } from './clock.ts'
import { type DirectoryInput, loadParts, partsOf } from './directory.ts'
import { type Drained, drainOf, type OutboxAsked } from './drain.ts'
import { idOf, parseEnvelope } from './envelope.ts'
import { HostTransactions, type Within } from './host-transaction.ts'
import { Lanes } from './lanes.ts'
import { checked, type DeskOptions } from './options.ts'
import { openForm } from './private-values.ts'
import { Projection } from './projection.ts'
import { type Receipt, type ReceiptOf, refusedReceipt } from './receipt.ts'
import { UnderWay } from './under-way.ts'
import { openView, type View, viewOf } from './view.ts'

type Input = z.input<typeof anyCommand>
type WithoutType<One> = One extends unknown ? Omit<One, 'type'> : never
/** A desk that can work out what a schedule comes to needs no intervals. */
type Declared<One> = One extends { intervals: unknown } ? Omit<One, 'intervals'> & Partial<Pick<One, 'intervals'>> : One

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
    options?: {
      /** The idempotency key: 8 to 64 letters (A–Z, a–z), digits, `_` and `-`. One is drawn where none is given. */
      readonly id?: string
    },
  ) => Promise<ReceiptOf<Type>>
}

/** Where commands are handed in. It decides, writes, and says what came of them; and it tells what there is now. */
export interface Desk extends View {
  /** The commands, given by an account. */
  by(account: string, manner?: Manner): Commands
  /**
   * A command as it comes from outside: `{ account, id?, command: { type, … } }`. Whatever is malformed is refused; an `id` is 8 to 64
   * letters (A–Z, a–z), digits, `_` and `-`.
   * `at` takes the place of the clock where a host brings in what happened earlier. Throws `CountersignError` `input` where it
   * is no `Date` of the years 0 to 9999, and `clock` where it lies in the future, or before an entry of a stream that the
   * decision reads.
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
   * Puts what was worked out since the last time into the cache, as `close` does too: what is not there is read in anew.
   * Throws what the cache throws; what the desk does by itself at intervals fails without a word.
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
  /**
   * Ends the desk: takes in nothing more, waits for all that is under way, saves, and lets another desk have the cache. Store,
   * openings and cache are the host's to close, after this. Whatever is asked of the desk later throws `store.closed`; another
   * `close` is the first one. Throws what the cache throws where it cannot be written: the desk is closed all the same.
   */
  close(): Promise<void>
  /** The same as `close`, for `await using desk = await createDesk(…)`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Opens a desk on a store, reading the trail that is there.
 *
 * Commands about different changes run side by side, commands about one change one after the other, and commands about
 * people and rules alone. A decision holds only if nothing that it read has moved meanwhile: where another process has
 * written (to a store that several may write to), it is read in and the command decided anew.
 *
 * Throws `CountersignError`: `input` where an option is unknown or unfit, or the cache serves another desk; `store.damaged` where
 * the store holds something else than a trail; `store.unavailable` where it cannot be reached. From `execute`: `input` for
 * an `at` or a `within` that is no such thing, `store.unwritable`, `store.unavailable`, `store.closed` (the store, or the desk
 * itself), `clock`, or `store.conflict` after many lost races. A command that is refused throws nothing: its receipt says so.
 *
 * @example
 * ```ts
 * import { createDesk, memoryStore } from 'countersign'
 * const desk = await createDesk({ store: memoryStore() })
 * const receipt = await desk.by('ann').cancel({ change: 'PAY-1', comment: 'not needed' })
 * receipt.outcome // → 'refused'
 * await desk.close() // waits for what is under way
 * ```
 */
export async function createDesk(options: DeskOptions): Promise<Desk> {
  const {
    store,
    clock: given = () => new Date(),
    newId = () => nanoid(),
    schedules,
    openings,
    cache,
    cacheEvery: every = 1_000,
    cacheHolds: holds = 10_000,
  } = checked(options)
  const clock = checkedClock(given)
  const projection = await Projection.open({ store, openings, cache, every, holds })
  const clerk = new Clerk({ ...options, clock })
  const office = { store, projection, clerk }
  const transactions = new HostTransactions(office)
  const lanes = new Lanes()
  const drain = drainOf(store, clock)
  const underWay = new UnderWay()
  let closing: Promise<void> | undefined

  async function execute(unknown: unknown, options?: { readonly at?: Date } & Manner): Promise<Receipt> {
    underWay.begin()
    try {
      return await carriedOut(unknown, options)
    } finally {
      underWay.end()
    }
  }

  async function carriedOut(unknown: unknown, options: { readonly at?: Date } & Manner = {}): Promise<Receipt> {
    requireOptions('execute', options, ['at', 'within'])
    const { at, within } = options
    const instant = at === undefined ? undefined : instantGiven(at)
    if (within !== undefined && (typeof within?.append !== 'function' || typeof within.read !== 'function'))
      throw new CountersignError('input', '`within` is what `store.join(connection)` gives')
    if ((within as unknown) === store)
      throw new CountersignError(
        'input',
        '`within` is the store itself, and no transaction: give `store.join(connection)`',
      )
    const parsed = parseEnvelope(unknown, schedules)
    if ('refused' in parsed) return refusedReceipt(idOf(unknown) ?? freshId(newId), parsed.refused)
    const { account, command } = parsed
    const id = parsed.id ?? freshId(newId)
    const asked: Asked = { id, account, command, given: instant, made: new Map(), kept: new Set() }
    try {
      const receipt = await (within === undefined
        ? projection.afresh(() => inTurn(asked))
        : transactions.carryOut(within, asked))
      if (redacts(command)) await projection.dispose()
      return receipt
    } finally {
      await clerk.letGo(asked.kept)
    }
  }

  function inTurn(asked: Asked): Promise<Receipt> {
    const { command } = asked
    const work = () => carryOut(office, asked)
    // What takes a place on a board, or somebody's time, is decided alone, or others would get in between over and over.
    if (isGovernance(command) || hangsOnTeam(projection.state, command)) return lanes.alone(work)
    // What is decided on a parent meanwhile would not have read its child.
    const parent = command.type === 'submit' && command.parent !== undefined ? [changeStream(command.parent)] : []
    return lanes.on([changeStream(command.change), ...parent], work)
  }

  const close = () => (closing ??= underWay.close().then(() => projection.close()))

  return {
    ...viewOf(() => {
      underWay.requireOpen()
      return projection.current()
    }),
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
    loadDirectory: (account, directory, source) =>
      underWay.during(async () => {
        await projection.catchUp()
        const now = clock().toISOString()
        const { governance, lastAt } = projection.state
        const parts = partsOf(governance, directory, laterOf(now, lastAt))
        return loadParts(parts, differences =>
          carriedOut({ account, command: { type: 'updateDirectory', source, differences } }),
        )
      }),
    at: instant => underWay.during(() => openView(store, instant)),
    catchUp: () =>
      underWay.during(async () => {
        await projection.catchUpAnew()
        await projection.dispose()
      }),
    save() {
      underWay.requireOpen()
      projection.save()
    },
    opened: change =>
      underWay.during(() =>
        projection.afresh(async () => {
          const there = projection.state.changes.get(change)
          return there === undefined ? undefined : openForm(there.form, openings)
        }),
      ),
    outbox: asked => underWay.during(() => drain(asked)),
    head: () => underWay.during(() => store.head()),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Whether a command takes something out of reach, which is then to be deleted. */
const redacts = ({ type }: Command): boolean => type === 'redact' || type === 'erasePerson'

/** A new id for a command. Throws `input` where the host makes one that no entry could have: it would spoil the trail for good. */
function freshId(newId: () => string): string {
  const id: unknown = newId()
  if (safeParse(commandId, id).success) return id as string
  throw new CountersignError('input', '`newId` gave no id of a command: 8 to 64 letters, digits, _ and -', {
    facts: {
      expected: '8 to 64 letters, digits, _ and -',
      found: typeof id === 'string' ? id.slice(0, 80) : typeof id,
    },
  })
}
