import { CountersignError } from '@countersign/trail'
import {
  BatchQueue,
  type Draft,
  ENTRY_BYTES,
  type Expected,
  type Head,
  ownCopy,
  ownRange,
  PAGE,
  pagesOf,
  type Range,
  requireOptions,
  requireRange,
  type Sealed,
  type Store,
  type Table,
  type Waiting,
} from '@countersign/trail/store'
import { appendAll, type End, type Outcome, requireKept, type Wanted } from './append.ts'
import { appendOnto } from './append-onto.ts'
import { beginning, type Connection, inTransaction, lend, type Pool } from './connection.ts'
import { changedParser } from './encoding.ts'
import { hearReason } from './ended.ts'
import { fault } from './fault.ts'
import { flush } from './flush.ts'
import { headOf, headQuestion, RESTORE, sizeToRead } from './head.ts'
import { appendWithin, inTurn, requireConnection, requireJoinable } from './joined.ts'
import { requireOwnSchema } from './keepers.ts'
import { Listener } from './listener.ts'
import { checkLayout, type Place, schemaOf } from './schema.ts'
import { isText } from './stream-name.ts'

export interface PostgresStoreOptions extends Place {
  /**
   * How long an append waits for others, in milliseconds from 1 to 2,147,483,647: 10,000. For a statement, with what it waits,
   * the server may take half as long again. Where for twice as long nothing comes, from the server or from the pool, the store
   * gives up.
   */
  readonly patience?: number
  /** False where nobody listens, or where a proxy lends a connection for a transaction only: nothing is notified then. */
  readonly notify?: boolean
}

/** A trail in PostgreSQL: the port, and what only a database can. */
export interface PostgresStore extends Store {
  /**
   * Appends within a transaction of the host's own, so that its rows and the entry are committed together or not at all.
   * Until it ends, every other append waits: keep it short. What is appended can be read by others once the host has
   * committed, and by this `read` at once. Calls on one connection go one after the other. An append that fails leaves the
   * transaction as it was, unless its connection is lost.
   *
   * Throws `input` where this is no connection. What it gives throws `input` outside of a transaction, and in one that is not
   * read committed.
   */
  join(connection: Connection): Joined
  /**
   * Tells when others have written, on a connection of its own: a hint, which may be late, doubled, or lost while the
   * connection is made again. Whoever is told, and whoever was just connected, reads what there is. Gives what ends it.
   *
   * Throws `input` where nobody is told, and where the store was opened with `notify: false`.
   */
  listen(told: () => void): Promise<() => Promise<void>>
}

/** A trail within a transaction: what it has appended, and all that was committed. */
export type Joined = Pick<Store, 'append' | 'read'>

const PATIENCE = 10_000
/** The longest time that PostgreSQL takes, in milliseconds. */
const MOST_PATIENCE = 2 ** 31 - 1
/**
 * How many drafts go out together at most. They are one message, which comes to 64 MiB where all of them are as long as
 * can be.
 */
const MOST_DRAFTS = 512

/**
 * Opens the trail that lies in a database, on the host's own pool. `migrate` has made its tables.
 *
 * - **Many processes, many machines**: each append compares every stream that its decision has read, and seals, under the
 *   lock of one row. Appends that arrive while one is being written go out together in the next transaction.
 * - **Durable** as the server is. What an append has acknowledged, and what was read, is flushed, where connections are made
 *   with `synchronous_commit = off` as well. One flush serves all processes that append meanwhile.
 * - **No state of a session**: it works through a proxy that pools transactions; `notify: false` then, and no `listen`.
 *
 * `close` ends what is under way and leaves the pool to the host.
 *
 * Throws `store.unavailable` where the server cannot be reached, does not answer in time or is stopping; `store.unwritable`
 * where it does not let this user in or write, or is full; `input` where there are no tables, no pool, or no such option;
 * `store.newer`; `store.damaged` where the row is gone that says how they are laid out, or a table or column is, or has another type.
 *
 * @example
 * ```ts
 * import { openPostgresStore } from '@countersign/store-postgres'
 *
 * const pool = { connect: async () => Promise.reject(new Error('no server here')) }
 * await openPostgresStore(pool) // throws no server here
 * ```
 */
export async function openPostgresStore(pool: Pool, options: PostgresStoreOptions = {}): Promise<PostgresStore> {
  requireOptions('openPostgresStore', options, ['schema', 'patience', 'notify'])
  const schema = schemaOf(options)
  const { patience = PATIENCE } = options
  if (options.notify !== undefined && typeof options.notify !== 'boolean')
    throw new CountersignError('input', '`notify` is true or false', { facts: { found: options.notify } })
  if (!Number.isSafeInteger(patience) || patience < 1 || patience > MOST_PATIENCE)
    throw new CountersignError('input', `\`patience\` is a number of milliseconds from 1 to ${MOST_PATIENCE}`, {
      facts: { found: patience },
    })
  try {
    await inTransaction(pool, 'read only', patience, connection => checkLayout(connection, schema))
  } catch (cause) {
    throw fault('open the trail', cause)
  }
  return new OpenTrail(pool, schema, patience, options.notify ?? true)
}

/** Lends a connection to whoever asks something. */
type Lending = <T>(ask: (connection: Connection) => Promise<T>) => Promise<T>

type Row = Record<string, unknown>

class OpenTrail implements PostgresStore {
  /** The functions that append were seen to speak of this schema. */
  #isOwnSchema = false
  readonly #pool: Pool
  readonly #schema: string
  readonly #patience: number
  readonly #channel: string | undefined
  /** How the trail ended after the last append of this store. */
  #end: End | undefined
  /** Whether others have appended since: then they would wait for each other's flushes, were the end not let go before. */
  #isShared = false
  readonly #queue = new BatchQueue<Wanted, readonly Sealed[]>({
    weigh: ({ drafts }) => drafts.length,
    most: MOST_DRAFTS,
    // Everybody who asks in the same turn may join; what is asked for during a transaction goes out with the next.
    endOfTurn: () => new Promise(resolve => process.nextTick(resolve)),
    flush: batch => this.#write(batch),
  })
  readonly #reads = new Set<Promise<unknown>>()
  readonly #listeners = new Set<Listener>()
  /** What `join` has given for each connection. It gives the same again, by which a desk knows its transaction. */
  readonly #joined = new WeakMap<Connection, Joined>()
  #closing: Promise<void> | undefined

  constructor(pool: Pool, schema: string, patience: number, notify: boolean) {
    this.#pool = pool
    this.#schema = schema
    this.#patience = patience
    this.#channel = notify ? `countersign_${schema.slice(1, -1)}`.slice(0, 63) : undefined
  }

  readonly #lendToRead: Lending = ask => inTransaction(this.#pool, 'read only', this.#patience, ask)

  async head(): Promise<Head> {
    this.#checkOpen()
    const { rows } = await this.#read(this.#lendToRead, connection => connection.query(headQuestion(this.#schema)))
    const { size, leafHash, root } = headOf(this.#schema, rows)
    await this.#flushed(rows[0])
    return { size, leafHash, root }
  }

  async append(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    this.#checkOpen()
    const own = ownCopy({ drafts, expected })
    requireKept(own)
    return this.#queue.ask(own)
  }

  join(connection: Connection): Joined {
    requireConnection(connection)
    const known = this.#joined.get(connection)
    if (known !== undefined) return known
    const joined: Joined = {
      append: async (drafts, expected) => {
        this.#checkOpen()
        const own = ownCopy({ drafts, expected })
        requireKept(own)
        try {
          const outcome = await inTurn(connection, async () => {
            await this.#requireOwnSchema(connection)
            return await appendWithin(connection, this.#schema, own, this.#channel)
          })
          return sealedOf(outcome)
        } catch (cause) {
          // Only its host commits it, and a connection that has ended takes the transaction along.
          throw fault('append to the trail', cause, { append: 'joined' })
        }
      },
      read: range => this.#readJoined(connection, ownRange(range)),
    }
    hearReason(connection)
    this.#joined.set(connection, joined)
    return joined
  }

  async listen(told: () => void): Promise<() => Promise<void>> {
    this.#checkOpen()
    if (typeof told !== 'function')
      throw new CountersignError('input', '`listen` takes a function that is told, and this is none', {
        facts: { found: typeof told },
      })
    if (this.#channel === undefined)
      throw new CountersignError('input', 'the store was opened with notify: false, so nothing is told')
    const listener = new Listener(this.#pool, this.#patience, this.#channel, told)
    this.#listeners.add(listener)
    try {
      await listener.start()
    } catch (cause) {
      this.#listeners.delete(listener)
      throw fault('listen for what others write', cause)
    }
    return async () => {
      this.#listeners.delete(listener)
      await listener.stop()
    }
  }

  read(range?: Range): AsyncGenerator<Sealed, void, undefined> {
    return this.#readWith(this.#lendToRead, ownRange(range))
  }

  async *#readJoined(connection: Connection, range: Range): AsyncGenerator<Sealed, void, undefined> {
    this.#checkOpen()
    const lent: Lending = ask => inTurn(connection, () => ask(connection))
    await this.#read(lent, requireJoinable)
    yield* this.#readWith(lent, range)
  }

  async *#readWith(lent: Lending, range: Range): AsyncGenerator<Sealed, void, undefined> {
    requireRange(range)
    const size = await this.#size(lent)
    if ('stream' in range && !isText(range.stream)) return
    for await (const rows of pagesOf(range, size, this.#table(lent))) {
      for (const row of rows) {
        this.#checkOpen()
        yield entryOf(row)
      }
    }
  }

  #table(lent: Lending): Table<Row> {
    return {
      ofStream: (stream, from, size) =>
        this.#page(lent, 'where stream = $1 and stream_seq >= $2 and seq >= 0 and seq < $3 order by stream_seq', [
          stream,
          from,
          size,
        ]),
      between: (from, to) => this.#page(lent, 'where seq >= $1 and seq < $2 order by seq', [from, to]),
      missing: (seq, size) =>
        new CountersignError('store.damaged', `entry ${seq} of the trail is missing (${RESTORE})`, {
          facts: { missing: seq, size, help: RESTORE },
        }),
    }
  }

  /**
   * How many entries there are to read. Every entry that is there is read, whatever the row of the head says, and even
   * where it is gone. Where it counts more than there are, a range throws at the first that is missing.
   */
  async #size(lent: Lending): Promise<number> {
    this.#checkOpen()
    const { rows } = await this.#read(lent, connection => connection.query(sizeToRead(this.#schema)))
    // Within a transaction of the host's nothing can be waited for. What is decided there is flushed after what it has read.
    if (lent === this.#lendToRead) await this.#flushed(rows[0])
    return Number(rows[0]?.size)
  }

  /** Waits until what a statement has seen is flushed, where it says that it may not be. */
  async #flushed(row: Row | undefined): Promise<void> {
    if (Number(row?.unflushed) === 1)
      await this.#read(
        ask => lend(this.#pool, this.#patience, ask),
        connection => flush(connection, 'read'),
      )
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#queue.settled()
    await Promise.allSettled(this.#reads)
    await Promise.allSettled([...this.#listeners].map(listener => listener.stop()))
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new CountersignError('store.closed', 'the store was closed')
  }

  #page(lent: Lending, where: string, values: unknown[]): Promise<readonly Row[]> {
    this.#checkOpen()
    return this.#read(lent, async connection => {
      const { rows } = await connection.query(
        `select seq, stream_seq, leaf_hash, ${ENTRY_BYTES} from ${this.#schema}.entry ${where} limit ${PAGE}`,
        values,
      )
      return rows
    })
  }

  async #read<T>(lent: Lending, ask: (connection: Connection) => Promise<T>): Promise<T> {
    const read = lent(ask)
    this.#reads.add(read)
    try {
      return await read
    } catch (cause) {
      throw fault('read the trail', cause)
    } finally {
      this.#reads.delete(read)
    }
  }

  /** Asked before the first append. */
  async #requireOwnSchema(connection: Connection): Promise<void> {
    if (this.#isOwnSchema) return
    await requireOwnSchema(connection, this.#schema)
    this.#isOwnSchema = true
  }

  async #write(batch: readonly Waiting<Wanted, readonly Sealed[]>[]): Promise<void> {
    const wanted = batch.map(({ asked }) => asked)
    let append: 'unsent' | 'sent' | 'committed' = 'unsent'
    try {
      const outcomes = await lend(this.#pool, this.#patience, async connection => {
        await this.#requireOwnSchema(connection)
        append = 'sent'
        const [known, letsGo] = [this.#end, this.#isShared]
        const frame = { begin: beginning('read write', this.#patience), commit: ['commit'], letsGo }
        const place = [connection, this.#schema, wanted, this.#channel, frame] as const
        // Where this fails nobody knows how the trail ends.
        this.#end = undefined
        const alone = known === undefined || letsGo ? undefined : await appendOnto(known, ...place)
        const appended = alone ?? (await appendAll(...place))
        append = 'committed'
        this.#isShared = known !== undefined && known.size !== appended.before
        this.#end = appended.end
        if (letsGo && appended.end.size > appended.before) await flush(connection, 'append')
        return appended.outcomes
      })
      for (const [at, call] of batch.entries()) answer(call, outcomes[at])
    } catch (cause) {
      throw fault('append to the trail', cause, { append })
    }
  }
}

function answer(call: Waiting<Wanted, readonly Sealed[]>, outcome: Outcome | undefined): void {
  try {
    call.resolve(sealedOf(outcome))
  } catch (error) {
    call.reject(error)
  }
}

function sealedOf(outcome: Outcome | undefined): readonly Sealed[] {
  if (outcome !== undefined && 'sealed' in outcome) return outcome.sealed
  throw outcome?.refused ?? new CountersignError('store.damaged', 'an append came to nothing')
}

/** The error for an entry that has no bytes, as they may only be where somebody has let the column be empty. */
const withoutBytes = (seq: number): CountersignError =>
  new CountersignError('store.damaged', `entry ${seq} of the trail has no bytes (${RESTORE})`, {
    facts: { missing: seq, size: seq + 1, expected: `the bytes of entry ${seq}`, found: 'none', help: RESTORE },
  })

/** The driver cuts bytes out of a block that it shares; a reader gets its own. */
function entryOf({ seq, leaf_hash: leafHash, bytes }: Row): Sealed {
  if (bytes === null) throw withoutBytes(Number(seq))
  // Of a transaction that is joined the connection is the host's, and was not looked at.
  if (!(bytes instanceof Uint8Array)) throw changedParser('bytea', bytes)
  return { seq: Number(seq), leafHash: String(leafHash), bytes: new Uint8Array(bytes) }
}
