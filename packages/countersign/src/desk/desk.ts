/// <reference lib="esnext.disposable" preserve="true" />
import { type Head, requireOptions } from '@countersign/trail/store'
import { nanoid } from 'nanoid'
import type { Form } from '../policy/form.ts'
import type { State } from '../record/state.ts'
import { type Instant, laterOf } from '../values/instant.ts'
import { checkedClock } from './clock.ts'
import { CommandQueue, type ExecuteOptions } from './command-queue.ts'
import { CommandWriter } from './command-writer.ts'
import { type Commands, commandsOf } from './commands.ts'
import { type DirectoryInput, loadParts, partsOf } from './directory.ts'
import { type Drained, drainOf, type OutboxAsked } from './drain.ts'
import { checked, type DeskOptions } from './options.ts'
import { openForm } from './private-values.ts'
import { Projection } from './projection.ts'
import type { Receipt } from './receipt.ts'
import { UnderWay } from './under-way.ts'
import { openView, type View, viewOf } from './view.ts'

/** Where commands are handed in. It decides, writes, and says what came of them; and it tells what there is now. */
export interface Desk extends View {
  /** The commands, given by an account. */
  by(account: string, options?: ExecuteOptions): Commands
  /**
   * A command as it comes from outside: `{ account, id?, command: { type, … } }`. Whatever is malformed is refused; an `id` is 8 to 64
   * letters (A–Z, a–z), digits, `_` and `-`.
   * `at` takes the place of the clock where a host brings in what happened earlier. Throws `CountersignError` `input` where it
   * is no `Date` of the years 0 to 9999, and `clock` where it lies in the future, or before an entry of a stream that the
   * decision reads.
   */
  execute(envelope: unknown, options?: { readonly at?: Date } & ExecuteOptions): Promise<Receipt>
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
  const queue = new CommandQueue(
    { store, projection, writer: new CommandWriter({ ...options, clock }) },
    { newId, schedules },
  )
  const drain = drainOf(store, clock)
  const underWay = new UnderWay()

  const execute = (unknown: unknown, asked?: { readonly at?: Date } & ExecuteOptions): Promise<Receipt> =>
    underWay.during(() => queue.execute(unknown, asked))

  async function load(account: string, directory: DirectoryInput, source: string): Promise<Receipt[]> {
    await projection.catchUp()
    const now = clock().toISOString()
    const { governance, lastAt } = projection.state
    const parts = partsOf(governance, directory, laterOf(now, lastAt))
    return loadParts(parts, differences =>
      queue.execute({ account, command: { type: 'updateDirectory', source, differences } }),
    )
  }

  async function catchUp(): Promise<void> {
    await projection.catchUpAnew()
    await projection.dispose()
  }

  const formOf = (change: string): Promise<Form | undefined> =>
    projection.afresh(async () => {
      const there = projection.state.changes.get(change)
      return there === undefined ? undefined : openForm(there.form, openings)
    })

  function current(): State {
    underWay.requireOpen()
    return projection.current()
  }

  let closing: Promise<void> | undefined
  const close = () => (closing ??= underWay.close().then(() => projection.close()))

  return {
    ...viewOf(current),
    by(account, options = {}) {
      requireOptions('by', options, ['within'])
      return commandsOf(account, envelope => execute(envelope, options))
    },
    execute,
    loadDirectory: (...asked) => underWay.during(() => load(...asked)),
    at: instant => underWay.during(() => openView(store, instant)),
    catchUp: () => underWay.during(catchUp),
    save() {
      underWay.requireOpen()
      projection.save()
    },
    outbox: asked => underWay.during(() => drain(asked)),
    opened: change => underWay.during(() => formOf(change)),
    head: () => underWay.during(() => store.head()),
    close,
    [Symbol.asyncDispose]: close,
  }
}
