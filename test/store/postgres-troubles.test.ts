import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { migrate, openPostgresStore, type PostgresStore } from '@countersign/store-postgres'
import { sealEntry } from '@countersign/trail'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test as vitestTest } from 'vitest'
import { draft } from './draft.ts'
import { postgresServer, type Server } from './postgres-server.ts'
import { all, errorOf, idsOf } from './trial.ts'

/** Only whoever knows their password is let in, but for the administrator. */
const hba = `
local all postgres trust
local all all scram-sha-256
`

let server: Server | undefined
let pool: pg.Pool

const poolAs = (config: pg.PoolConfig): pg.Pool => {
  const made = new pg.Pool({ ...server?.config, max: 4, ...config })
  made.on('error', () => {})
  return made
}

beforeAll(async () => {
  server = await postgresServer({ hba })
  if (server !== undefined) pool = poolAs({})
})
afterAll(async () => {
  await pool?.end()
  await server?.end()
})

const run = `troubles_${process.pid}`
let opened = 0

interface Own {
  readonly schema: string
  readonly store: PostgresStore
}

/** A test on a trail of two entries, in a schema of its own. */
const test = (title: string, body: (own: Own) => Promise<void>) =>
  vitestTest(title, async context => {
    if (server === undefined) return context.skip()
    const schema = `${run}_${opened++}`
    await migrate(pool, { schema })
    const store = await openPostgresStore(pool, { schema, patience: 500 })
    onTestFinished(() => store.close())
    await store.append([draft('a', 0), draft('a', 1)], {})
    await body({ schema, store })
  })

const told = async (call: Promise<unknown>) => {
  const { code, message } = await errorOf(call)
  return [code, message]
}

describe('a server that goes away', () => {
  test('is told while it is away, and the same store goes on once it is back, with nothing lost', async ({ store }) => {
    if (server?.restart === undefined || server.stop === undefined) return
    await server.stop()
    for (const call of [() => store.append([draft('a', 2)], { a: 2 }), () => store.head(), () => idsOf(store)]) {
      const [code, message] = await told(call())
      expect(code).toBe('store.unavailable')
      expect(message).toMatch(/^cannot (?:append to|read) the trail: .*\(.*try again later\)$/)
    }
    await server.restart()
    expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
    await store.append([draft('a', 2)], { a: 2 })
    expect((await store.head()).size).toBe(3)
  })

  test('is told to whoever opens a trail meanwhile, and whoever listens is told of what was written since', async ({
    store,
    schema,
  }) => {
    if (server?.restart === undefined || server.stop === undefined) return
    let heard = 0
    const stop = await store.listen(() => {
      heard += 1
    })
    await server.stop()
    // Read while nobody can tell anything: who listens may be back before this test is.
    const before = heard
    expect((await told(openPostgresStore(pool, { schema })))[0]).toBe('store.unavailable')
    expect((await told(migrate(pool, { schema })))[0]).toBe('store.unavailable')
    await server.restart()
    while (heard === before) await new Promise(resolve => setTimeout(resolve, 20))
    await stop()
  })
})

/** What lies between a store and the server, and can fall silent: nothing gets through, not even that one end has gone. */
async function line(): Promise<{ readonly pool: pg.Pool; readonly silence: (isSilent: boolean) => void } | undefined> {
  const { host, port = 5432 } = server?.config ?? {}
  if (host === undefined) return undefined
  const ends: Socket[] = []
  let isSilent = false
  const between = createServer(near => {
    const far = connect(host.startsWith('/') ? { path: join(host, `.s.PGSQL.${port}`) } : { host, port })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.push(one)
      one.on('error', () => {})
      one.on('close', () => {
        if (!isSilent) other.destroy()
      })
      one.on('data', bytes => other.write(bytes))
      if (isSilent) one.pause()
    }
  })
  await new Promise<void>(resolve => between.listen(0, '127.0.0.1', resolve))
  const { port: own } = between.address() as { port: number }
  const lent = poolAs({ host: '127.0.0.1', port: own, max: 2 })
  onTestFinished(async () => {
    for (const end of ends) end.destroy()
    await new Promise(resolve => between.close(resolve))
    await lent.end()
  })
  const silence = (now: boolean): void => {
    isSilent = now
    for (const end of ends) {
      if (now) end.pause()
      else end.resume()
    }
  }
  return { pool: lent, silence }
}

/** A pool whose connections have a name, by which `end` ends all of them on the server. */
function named(name: string, config: pg.PoolConfig = {}) {
  const own = poolAs({ application_name: name, ...config })
  onTestFinished(() => own.end())
  const end = async () => {
    const all = 'select pid from pg_stat_activity where application_name = $1'
    await pool.query(`select pg_terminate_backend(pid) from (${all}) as one`, [name])
    while ((await pool.query(all, [name])).rows.length > 0) await new Promise(resolve => setTimeout(resolve, 10))
    // What the server has said may still be on its way to the driver.
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return { pool: own, end }
}

const endedBySomebody = 'terminating connection due to administrator command'

describe('a connection that the server ends', () => {
  /** A pool of which a connection is ended behind the first answer that `isEnd` names. */
  function ending(name: string, isEnd: (text: string) => boolean) {
    const { pool: own, end } = named(name)
    const connect = async () => {
      const lent = await own.connect()
      const query = lent.query.bind(lent)
      lent.query = (async (text: string, values?: unknown[]) => {
        const result = await query(text, values as string[])
        if (isEnd(text)) await end()
        return result
      }) as unknown as typeof lent.query
      return lent
    }
    return { connect } as unknown as pg.Pool
  }

  test('between two questions is told with why, and not as one that cannot be asked', async ({ schema }) => {
    const ends = ending('between', text => text.includes('begin'))
    const [code, message] = await told(openPostgresStore(ends, { schema }))
    expect([code, message]).toEqual([
      'store.unavailable',
      `cannot open the trail: the connection had ended: ${endedBySomebody} (the server is stopping or starting, or somebody has ended the connection; try again later)`,
    ])
  })

  test('before an append is sent says that nothing of it is there, and during one that it may be', async ({
    schema,
    store,
  }) => {
    const other = await pool.connect()
    onTestFinished(() => other.release(true))
    let isWanted = false
    const known = await openPostgresStore(
      ending('second', text => isWanted && text.includes('append_sealed')),
      { schema },
    )
    await known.append([draft('a', 2)], { a: 2 })
    // Others have appended, so the store asks once more, on a connection that is gone by then.
    await store.append([draft('a', 3)], { a: 3 })
    isWanted = true
    expect(await told(known.append([draft('a', 4)], { a: 4 }))).toEqual([
      'store.unavailable',
      `cannot append to the trail: the connection had ended: ${endedBySomebody} (the server is stopping or starting, or somebody has ended the connection; nothing of it is in the trail; try again later)`,
    ])
    const { pool: own, end } = named('during')
    const held = await openPostgresStore(own, { schema })
    await other.query(`begin; select * from ${schema}.head for update`)
    const lost = told(held.append([draft('a', 4)], { a: 4 }))
    const waits = `select 1 from pg_stat_activity where application_name = 'during' and wait_event_type = 'Lock'`
    while ((await pool.query(waits)).rows.length === 0) await new Promise(resolve => setTimeout(resolve, 10))
    await end()
    expect(await lost).toEqual([
      'store.unavailable',
      `cannot append to the trail: ${endedBySomebody} (the server is stopping or starting, or somebody has ended the connection; it may be in the trail, so ask under the same id; try again later)`,
    ])
    await other.query('rollback')
    await held.append([draft('a', 4)], { a: 4 })
    expect(await idsOf(store, { stream: 'a' })).toHaveLength(5)
  })

  test('within a transaction of the host’s is told with why, and that nothing of it is there', async ({ store }) => {
    const { pool: own, end } = named('joined')
    const lent = await own.connect()
    let heard = 0
    lent.on('error', () => {
      heard += 1
    })
    await lent.query('begin')
    const joined = store.join(lent)
    await joined.append([draft('a', 2)], { a: 2 })
    await end()
    expect(await told(joined.append([draft('a', 3)], { a: 3 }))).toEqual([
      'store.unavailable',
      `cannot append to the trail: the connection had ended: ${endedBySomebody} (the server is stopping or starting, or somebody has ended the connection; its transaction has ended with the connection, and nothing of it is there; try again later)`,
    ])
    expect((await told(idsOf(joined)))[1]).toContain(
      `cannot read the trail: the connection had ended: ${endedBySomebody}`,
    )
    // The host is told as before.
    expect(heard).toBeGreaterThan(0)
    lent.release(true)
    // Of one that had ended before it was joined nobody can say why.
    const gone = await own.connect()
    gone.on('error', () => {})
    await end()
    expect((await told(store.join(gone).append([draft('a', 2)], { a: 2 })))[1]).toBe(
      'cannot append to the trail: the connection had ended, and nobody has heard why (take another connection; its transaction has ended with the connection, and nothing of it is there; try again)',
    )
    gone.release(true)
    expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
  })

  test('because of its transaction_timeout is told as that, and with what to set', async ({ schema, store }) => {
    const { rows } = await pool.query(`select 1 from pg_settings where name = 'transaction_timeout'`)
    if (rows.length === 0) return
    const { pool: own } = named('timeout', { options: '-c transaction_timeout=200ms' })
    const short = await openPostgresStore(own, { schema, patience: 5_000 })
    const other = await pool.connect()
    onTestFinished(() => other.release(true))
    await other.query(`begin; select * from ${schema}.head for update`)
    const why = 'terminating connection due to transaction timeout'
    const help =
      'the transaction took longer than transaction_timeout lets one on this server: let that be more than twice the `patience` of the store, or a transaction that is joined shorter'
    expect(await told(short.append([draft('a', 2)], { a: 2 }))).toEqual([
      'store.unavailable',
      `cannot append to the trail: ${why} (${help}; it may be in the trail, so ask under the same id; try again)`,
    ])
    await other.query('rollback')
    const lent = await own.connect()
    lent.on('error', () => {})
    await lent.query('begin')
    const joined = store.join(lent)
    await joined.append([draft('a', 2)], { a: 2 })
    await new Promise(resolve => setTimeout(resolve, 500))
    expect(await told(joined.append([draft('a', 3)], { a: 3 }))).toEqual([
      'store.unavailable',
      `cannot append to the trail: the connection had ended: ${why} (${help}; its transaction has ended with the connection, and nothing of it is there; try again)`,
    ])
    lent.release(true)
    await short.append([draft('a', 2)], { a: 2 })
    expect(await idsOf(store)).toEqual(['a/0', 'a/1', 'a/2'])
  })

  test('that cannot be made says that nothing of an append is there', async ({ schema }) => {
    if (server?.restart === undefined || server.stop === undefined) return
    const { pool: own } = named('unmade')
    const store = await openPostgresStore(own, { schema })
    await server.stop()
    // Until the pool has heard of it, it asks by a connection that it had.
    await expect.poll(() => own.totalCount).toBe(0)
    const message = (await told(store.append([draft('a', 2)], { a: 2 })))[1]
    await server.restart()
    expect(message).toMatch(
      / \((?:the server|the database cannot) .*; nothing of it is in the trail; try again later\)$/,
    )
  })
})

describe('a network that falls silent', () => {
  test('is told after a while for each thing that is asked, and the store goes on once it is back', async ({
    schema,
    store,
  }) => {
    const between = await line()
    if (between === undefined) return
    const far = await openPostgresStore(between.pool, { schema, patience: 100 })
    await far.append([draft('a', 2)], { a: 2 })
    between.silence(true)
    for (const ask of [
      () => far.append([draft('a', 3)], { a: 3 }),
      () => far.head(),
      () => idsOf(far),
      () => openPostgresStore(between.pool, { schema, patience: 100 }),
      () => far.listen(() => {}),
    ]) {
      const [code, message] = await told(ask())
      expect(code).toBe('store.unavailable')
      expect(message).toMatch(/there was no (?:answer|connection) for 200 ms \(.*try again later\)$/)
    }
    between.silence(false)
    await far.head()
    // What was asked for before the silence may have come through with it: so it is asked for again at the same place.
    await far.append([draft('a', 3)], { a: 3 }).catch(error => expect(error).toMatchObject({ code: 'store.conflict' }))
    await far.close()
    expect(await idsOf(store)).toEqual(['a/0', 'a/1', 'a/2', 'a/3'])
  })

  test('in the middle of an append leaves it whole, and keeps nobody waiting', async ({ schema, store }) => {
    const between = await line()
    if (between === undefined) return
    const far = await openPostgresStore(between.pool, { schema, patience: 2_000 })
    // Sealed against a place that is held: once it is let go the far one has it, and is heard of no more.
    const other = await pool.connect()
    await other.query(`begin; select * from ${schema}.head for update`)
    const lost = told(far.append([draft('a', 2, 'lost')], { a: 2 }))
    let waiting = 0
    while (waiting === 0) {
      const { rows } = await pool.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%${schema}%'`,
      )
      waiting = rows.length
    }
    between.silence(true)
    await other.query('rollback')
    other.release()
    // Its patience ends before that of the far one, whose connection the server still takes for one that is there.
    const near = await openPostgresStore(pool, { schema, patience: 1_500 })
    await near.append([draft('b', 0)], {})
    await near.close()
    expect((await lost)[0]).toBe('store.unavailable')
    expect((await idsOf(store)).toSorted()).toEqual(['a/0', 'a/1', 'b/0', 'lost'])
    await far.close()
  })

  test('is told of a pool that lends no connection, and the next one that it lends is used', async ({ schema }) => {
    const lent = poolAs({ max: 1 })
    // A busy machine may take a while between two statements of the opening, which has as much patience.
    const store = await openPostgresStore(lent, { schema, patience: 400 })
    const held = await lent.connect()
    expect(await told(store.head())).toEqual([
      'store.unavailable',
      'cannot read the trail: there was no connection for 800 ms (the database cannot be reached, or the pool lends none; try again later)',
    ])
    held.release()
    expect((await store.head()).size).toBe(2)
    await store.close()
    await lent.end()
  })
})

describe('a connection that does not wait for what it commits', () => {
  const settingOf = async (connection: { query(text: string): Promise<pg.QueryResult> }) =>
    String((await connection.query('show synchronous_commit')).rows[0]?.synchronous_commit)

  function poolWith(setting: string): pg.Pool {
    const own = poolAs({ options: `-c synchronous_commit=${setting}` })
    onTestFinished(() => own.end())
    return own
  }

  /** A pool whose connections have a setting, and what it was each time that something was committed. */
  function watched(setting: string): {
    readonly pool: Parameters<typeof openPostgresStore>[0]
    readonly seen: string[]
  } {
    const own = poolWith(setting)
    const seen: string[] = []
    const end = ';\ncommit'
    const connect = async () => {
      const lent = await own.connect()
      const query = async (text: string) => {
        if (!text.endsWith(end)) return lent.query(text)
        const results: unknown = await lent.query(text.slice(0, -end.length))
        seen.push(await settingOf(lent))
        return [...(results as pg.QueryResult[]), await lent.query('commit')]
      }
      return {
        query,
        release: (broken?: Error | boolean) => lent.release(broken),
        on: (event: 'error', told: () => void) => lent.on(event, told),
        removeListener: (event: 'error', told: () => void) => lent.removeListener(event, told),
      }
    }
    return { pool: { connect } as Parameters<typeof openPostgresStore>[0], seen }
  }

  /** Appends in turn with somebody else, so that the store knows that others append. */
  async function sharing(store: PostgresStore, other: PostgresStore): Promise<void> {
    for (const one of [store, other, store]) {
      const { size } = await one.head()
      await one.append([draft(`turn-${size}`, 0)], {})
    }
  }

  test('waits for an append, and is as it was afterwards', async ({ schema }) => {
    for (const [setting, then] of [
      ['off', 'on'],
      ['local', 'local'],
      ['remote_apply', 'remote_apply'],
    ] as const) {
      const { pool: own, seen } = watched(setting)
      const store = await openPostgresStore(own, { schema, notify: false })
      const { size } = await store.head()
      seen.length = 0
      await store.append([draft('a', size)], { a: size })
      await store.close()
      expect(seen).toEqual([then])
    }
  })

  test('lets the end of the trail go at once where others append as well, and waits before it acknowledges', async ({
    schema,
    store: other,
  }) => {
    for (const [setting, then] of [
      ['off', 'on'],
      ['local', 'local'],
      ['remote_apply', 'remote_apply'],
    ] as const) {
      const { pool: own, seen } = watched(setting)
      const store = await openPostgresStore(own, { schema, notify: false })
      await sharing(store, other)
      seen.length = 0
      await store.append([draft(`${setting}`, 0)], {})
      // Nobody else has come since, so the next one waits in place.
      await store.append([draft(`${setting}`, 1)], {})
      await store.close()
      expect(seen).toEqual(['off', then, then])
    }
  })

  test('waits with the end of the trail in its hand where a replica has to have it', async ({
    schema,
    store: other,
  }) => {
    if (server?.restart === undefined) return
    const { pool: own, seen } = watched('local')
    const store = await openPostgresStore(own, { schema, notify: false })
    await sharing(store, other)
    await pool.query(`alter system set synchronous_standby_names = 'none'`)
    await pool.query('select pg_reload_conf()')
    const isSet = async (names: string) => {
      const { rows } = await pool.query('show synchronous_standby_names')
      return rows[0]?.synchronous_standby_names === names
    }
    while (!(await isSet('none'))) await new Promise(resolve => setTimeout(resolve, 20))
    try {
      seen.length = 0
      await store.append([draft('a', 2)], { a: 2 })
      expect(seen).toEqual(['local', 'local'])
      // Whoever reads waits for no replica.
      await pool.query(
        `begin; set local synchronous_commit = off; select pg_logical_emit_message(true, 'test', ''); commit`,
      )
      expect((await other.head()).size).toBe((await store.head()).size)
    } finally {
      await pool.query(`alter system reset synchronous_standby_names`)
      await pool.query('select pg_reload_conf()')
      while (!(await isSet(''))) await new Promise(resolve => setTimeout(resolve, 20))
    }
    await store.close()
  })

  test('is made up for by whoever reads: what was read is there after a crash, though nobody has acknowledged it', async ({
    schema,
    store,
  }) => {
    if (server?.restart === undefined) return
    // The server itself flushes what nobody waits for, but not soon.
    await pool.query(`alter system set wal_writer_delay = '10s'`)
    await pool.query('select pg_reload_conf()')
    onTestFinished(async () => {
      await pool.query('alter system reset wal_writer_delay')
      await pool.query('select pg_reload_conf()')
    })
    let isDead = false
    const dies = poolAs({ max: 1 })
    onTestFinished(() => dies.end())
    const connect = async () => {
      const lent = await dies.connect()
      const query = lent.query.bind(lent)
      lent.query = ((text: string, values?: unknown[]) =>
        isDead && text.includes('pg_logical_emit_message')
          ? Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNRESET' }))
          : query(text, values as string[])) as typeof lent.query
      return lent
    }
    const readers = [
      ['head', async () => (await store.head()).size],
      ['read', async () => (await idsOf(store)).length],
    ] as const
    for (const [name, sizeOf] of readers) {
      isDead = false
      const writer = await openPostgresStore({ connect } as unknown as pg.Pool, { schema, notify: false })
      await sharing(writer, store)
      const { size } = await store.head()
      isDead = true
      expect((await told(writer.append([draft(name, 0)], {})))[0]).toBe('store.unavailable')
      await writer.close()
      expect(await sizeOf()).toBe(size + 1)
      await server.restart()
      expect((await store.head()).size).toBe(size + 1)
    }
  })

  test('waits for a transaction that an append has joined', async ({ schema, store }) => {
    const own = poolWith('off')
    const connection = await own.connect()
    onTestFinished(() => connection.release())
    expect(await settingOf(connection)).toBe('off')
    await connection.query('begin')
    await store.join(connection).append([draft('a', 2)], { a: 2 })
    expect(await settingOf(connection)).toBe('on')
    await connection.query('commit')
    expect(await settingOf(connection)).toBe('off')
    expect(await idsOf(await openPostgresStore(own, { schema }))).toEqual(['a/0', 'a/1', 'a/2'])
  })
})

describe('what is no pool, and no transaction', () => {
  test('and no patience is told, with how much there can be', async ({ schema }) => {
    for (const patience of [0, -1, 0.5, Number.NaN, 2 ** 31, 1e12, '5' as unknown as number])
      expect(await told(openPostgresStore(pool, { schema, patience }))).toEqual([
        'input',
        '`patience` is a number of milliseconds from 1 to 2147483647',
      ])
    const patient = await openPostgresStore(pool, { schema, patience: 2 ** 31 - 1 })
    await patient.append([draft('a', 2)], { a: 2 })
    await patient.close()
  })

  test('that only reads is told as that, and the server is not blamed alone', async ({ store }) => {
    const connection = await pool.connect()
    onTestFinished(() => connection.release())
    await connection.query('begin read only')
    const [code, message] = await told(store.join(connection).append([draft('a', 2)], { a: 2 }))
    await connection.query('rollback')
    expect([code, message]).toEqual([
      'store.unwritable',
      expect.stringContaining('(this transaction or this server is read-only: begin one that writes, on the primary)'),
    ])
  })

  test('is told to whoever opens a trail on it, and to whoever would join it', async ({ schema, store }) => {
    const single = new pg.Client({ ...server?.config })
    onTestFinished(() => single.end())
    const lent = await pool.connect()
    onTestFinished(() => lent.release())
    const nones = [undefined, {}, { connect: async () => undefined }, single, lent]
    for (const none of nones)
      expect(await told(openPostgresStore(none as unknown as pg.Pool, { schema }))).toEqual([
        'input',
        'a trail is opened on a pool of connections, `new pg.Pool(…)`, and this is none',
      ])
    // It was not asked to connect, so it can still be.
    await single.connect()
    expect((await told(openPostgresStore(single as unknown as pg.Pool, { schema })))[0]).toBe('input')
    for (const none of [undefined, null, 7, 'text', {}, [], { query: true }, () => {}]) {
      const error = await errorOf((async () => store.join(none as unknown as pg.Client))())
      expect([error.code, error.message]).toEqual([
        'input',
        'a trail is joined on a connection, and this is none: give `join` the one on which the transaction has begun',
      ])
    }
    for (const [none, says] of [
      [pool, '`begin` first'],
      [single, '`begin` first'],
    ] as const) {
      const [code, message] = await told(store.join(none as unknown as pg.Client).append([draft('a', 2)], { a: 2 }))
      expect([code, message]).toEqual(['input', expect.stringContaining(says)])
    }
    expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
  })

  test('that was ended is told as that, and not as a server that may have written something', async ({ schema }) => {
    const ended = poolAs({})
    const store = await openPostgresStore(ended, { schema })
    await ended.end()
    const says = (doing: string) => [
      'input',
      `cannot ${doing}: Cannot use a pool after calling end on the pool (end the pool after whatever uses it)`,
    ]
    expect(await told(openPostgresStore(ended, { schema }))).toEqual(says('open the trail'))
    expect(await told(store.append([draft('a', 2)], { a: 2 }))).toEqual(says('append to the trail'))
    await store.close()
  })
})

describe('a connection that comes back to the pool within a transaction', () => {
  for (const begin of [
    'begin',
    'begin isolation level repeatable read; select 1',
    'begin isolation level serializable read only; select 1',
  ])
    test(`after ${begin} is told to whoever is lent it next, and what it has left open is rolled back`, async ({
      schema,
    }) => {
      const one = poolAs({ max: 1 })
      const store = await openPostgresStore(one, { schema })
      onTestFinished(async () => {
        await store.close()
        await one.end()
      })
      for (const ask of [
        () => store.append([draft('a', 2)], {}),
        () => store.append([], {}),
        () => store.head(),
        () => idsOf(store),
        () => migrate(one, { schema }),
      ]) {
        const lent = await one.connect()
        await lent.query(begin)
        if (begin === 'begin') await store.join(lent).append([draft('a', 2, 'left open')], { a: 2 })
        lent.release()
        expect(await told(ask())).toEqual([
          'input',
          expect.stringContaining('(a connection came back to the pool within a transaction, which was rolled back'),
        ])
        expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
      }
      await store.append([draft('a', 2)], { a: 2 })
      expect(await idsOf(store)).toEqual(['a/0', 'a/1', 'a/2'])
    })
})

describe('a server that does not let somebody in', () => {
  test('is told, without the password, and with the right one the work goes on', async ({ schema }) => {
    if (server?.restart === undefined) return
    const user = `writer_${opened}`
    await pool.query(`create role ${user} login password 'right-horse'`)
    await pool.query(grants(schema, user))
    const wrong = poolAs({ user, password: 'hunter2hunter2' })
    const error = await errorOf(openPostgresStore(wrong, { schema }))
    await wrong.end()
    expect([error.code, error.message]).toEqual([
      'store.unwritable',
      `cannot open the trail: password authentication failed for user "${user}" (the server does not let this user in: look at the user and the password)`,
    ])
    expect(JSON.stringify([error.message, error.facts, error.cause])).not.toContain('hunter2')
    const nobody = poolAs({ user: 'nobody_at_all', password: 'x' })
    expect((await told(openPostgresStore(nobody, { schema })))[0]).toBe('store.unwritable')
    await nobody.end()
    const elsewhere = poolAs({ database: 'not_there' })
    expect(await told(openPostgresStore(elsewhere, { schema }))).toEqual([
      'store.unwritable',
      'cannot open the trail: database "not_there" does not exist (there is no such database on the server)',
    ])
    await elsewhere.end()
    const right = poolAs({ user, password: 'right-horse' })
    const store = await openPostgresStore(right, { schema })
    await store.append([draft('a', 2)], { a: 2 })
    await store.close()
    await right.end()
  })
})

/** What the page on stores says that a writer needs, or whoever only reads. */
function grants(schema: string, user: string, who: 'writer' | 'auditor' = 'writer'): string {
  const page = readFileSync(new URL('../../docs/how-to/stores.md', import.meta.url), 'utf8')
  const isOf = (line: string) => line.startsWith('grant ') && line.includes(`changes_${who}`)
  const lines = page.split('\n').filter(line => isOf(line) || (who === 'writer' && line.startsWith('revoke ')))
  expect(lines.length).toBeGreaterThan(1)
  return lines.join('\n').replaceAll(`changes_${who}`, user).replaceAll('countersign', schema)
}

describe('a writer with no more rights than it needs', () => {
  test('reads, appends and listens, and can neither change nor take out anything', async ({ schema }) => {
    const user = `least_${opened}`
    await pool.query(`create role ${user} login password 'x'; ${grants(schema, user)}`)
    const least = poolAs({ options: `-c role=${user}` })
    const store = await openPostgresStore(least, { schema })
    const stop = await store.listen(() => {})
    await store.append([draft('a', 2)], { a: 2 })
    expect(await idsOf(store)).toEqual(['a/0', 'a/1', 'a/2'])
    await stop()
    for (const sql of [
      `update ${schema}.entry set bytes = ''`,
      `delete from ${schema}.entry`,
      `truncate ${schema}.entry`,
      `alter table ${schema}.entry disable trigger stays`,
      `delete from ${schema}.head`,
      `update ${schema}.layout set version = 9`,
    ])
      await expect(least.query(sql), sql).rejects.toMatchObject({ code: '42501' })
    // As the page says of how to stop writing.
    await pool.query(`revoke insert on ${schema}.entry from ${user}; revoke update on ${schema}.head from ${user}`)
    expect((await told(store.append([draft('a', 3)], { a: 3 })))[0]).toBe('store.unwritable')
    expect(await idsOf(store)).toEqual(['a/0', 'a/1', 'a/2'])
    await store.close()
    await least.end()
  })

  test('may run migrate at each start: where something is to do it is told what it lacks', async ({ schema }) => {
    const user = `starts_${opened}`
    await pool.query(`create role ${user}; ${grants(schema, user)}`)
    const starts = poolAs({ options: `-c role=${user}` })
    onTestFinished(() => starts.end())
    await migrate(starts, { schema })
    expect((await told(migrate(starts, { schema: `${schema}_none` })))[0]).toBe('store.unwritable')
    await pool.query(`update ${schema}.head set peaks = '[]'`)
    expect(await told(migrate(starts, { schema }))).toEqual([
      'store.unwritable',
      expect.stringMatching(/such as a trigger or a function: its owner runs `migrate`/),
    ])
    await migrate(pool, { schema })
    await migrate(starts, { schema })
  })

  test('may run migrate while others append, as nothing is to do then', async ({ schema, store }) => {
    const user = `meanwhile_${opened}`
    await pool.query(`create role ${user}; ${grants(schema, user)}`)
    const starts = poolAs({ options: `-c role=${user}` })
    onTestFinished(() => starts.end())
    let isOver = false
    const appending = (async () => {
      for (let at = 2; !isOver; at++) await store.append([draft('a', at)], { a: at })
    })()
    try {
      for (let turn = 0; turn < 60; turn++) await migrate(starts, { schema })
    } finally {
      isOver = true
      await appending
    }
  })

  test('is told what it lacks where it may only read, and a reader needs no more', async ({ schema }) => {
    const user = `reads_${opened}`
    await pool.query(`create role ${user}; grant usage on schema ${schema} to ${user}`)
    const reads = poolAs({ options: `-c role=${user}` })
    expect(await told(openPostgresStore(reads, { schema }))).toEqual([
      'store.unwritable',
      'cannot open the trail: permission denied for table layout (the user lacks a right: it takes usage on the schema and select on layout, entry and head; to write, also insert on entry, update on head and execute on append and append_sealed)',
    ])
    await pool.query(grants(schema, user, 'auditor'))
    const store = await openPostgresStore(reads, { schema })
    expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
    expect((await told(store.append([draft('a', 2)], {})))[0]).toBe('store.unwritable')
    await store.close()
    await reads.end()
  })
})

describe('the database itself', () => {
  test('refuses whoever owns it as well: no change, nothing taken out, one head', async ({ schema, store }) => {
    for (const sql of [
      `update ${schema}.entry set bytes = ''`,
      `update ${schema}.entry set seq = 9 where seq = 1`,
      `delete from ${schema}.entry where seq = 1`,
      `truncate ${schema}.entry`,
      `delete from ${schema}.head`,
      `truncate ${schema}.head`,
    ])
      await expect(pool.query(sql), sql).rejects.toMatchObject({
        code: '23001',
        message: 'a trail is only appended to',
      })
    await expect(pool.query(`insert into ${schema}.entry values (1, 's', 0, '', '')`)).rejects.toMatchObject({
      code: '23505',
    })
    await expect(pool.query(`insert into ${schema}.head values (true, 0, '', '[]')`)).rejects.toMatchObject({
      code: '23505',
    })
    expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
  })
})

describe('a head that is not what the entries say', () => {
  test('is refused by the database, to its owner as well', async ({ schema }) => {
    for (const wrong of ['size = 0', 'size = size - 1', 'size = size + 1', `leaf_hash = repeat('0', 64)`])
      await expect(pool.query(`update ${schema}.head set ${wrong}`)).rejects.toThrow('what its entries say')
  })

  test('is told with its table and with what helps, keeps nobody from reading, and is worked out again by migrate', async ({
    schema,
    store,
  }) => {
    const { root } = await store.head()
    await pool.query(`update ${schema}.head set peaks = 'junk'`)
    const error = await errorOf(store.append([draft('a', 2)], { a: 2 }))
    expect(error.code).toBe('store.damaged')
    expect(error.message).toMatch(new RegExp(`"${schema}".head does not say how the trail ends: .*migrate`))
    expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
    await migrate(pool, { schema })
    expect((await store.head()).root).toBe(root)
    await store.append([draft('a', 2)], { a: 2 })
    expect(await idsOf(store)).toEqual(['a/0', 'a/1', 'a/2'])
  })

  test('is told by migrate where an entry is missing between the others, and nothing is changed', async ({
    schema,
    store,
  }) => {
    await pool.query(`insert into ${schema}.entry values (7, 'b', 0, repeat('0', 64), 'x')`)
    expect(await told(migrate(pool, { schema }))).toEqual([
      'store.damaged',
      `the trail in "${schema}": entry 2 is missing; restore the tables from a copy, and hold the copy against a checkpoint. Nothing was changed`,
    ])
    expect((await store.head()).size).toBe(2)
  })

  const nothing = [
    ['size', '.head does not say how many entries there are (restore the tables from a copy'],
    [
      'leaf_hash',
      '.head does not say how the trail ends: it has another leaf hash than the last entry (its owner runs',
    ],
    ['peaks', '.head does not say how the trail ends: the peaks are no list (its owner runs `migrate`'],
  ] as const
  for (const [column, because] of nothing) {
    test(`is told where its ${column} is nothing, and nothing is appended`, async ({ schema, store }) => {
      await byForce(schema, `alter table head alter ${column} drop not null; update head set ${column} = null`)
      const fresh = await openPostgresStore(pool, { schema })
      for (const one of [store, fresh])
        expect(await told(one.append([draft('a', 2)], { a: 2 }))).toEqual([
          'store.damaged',
          expect.stringContaining(because),
        ])
      const { rows } = await pool.query(`select count(*)::int as count from ${schema}.entry`)
      expect(rows).toEqual([{ count: 2 }])
    })
  }

  const other = 'a'.repeat(64)
  /** Changes a trail as its owner does who first takes away the triggers that are in the way, and then puts them back. */
  const byForce = async (schema: string, sql: string): Promise<void> => {
    const switched = (how: string) =>
      `alter table ${schema}.head ${how} trigger user; alter table ${schema}.entry ${how} trigger user`
    await pool.query(
      `set search_path = ${schema}; ${switched('disable')}; ${sql}; ${switched('enable')}; reset search_path`,
    )
  }
  const contentOf = async (schema: string) => [
    (await pool.query(`select * from ${schema}.head`)).rows,
    (await pool.query(`select * from ${schema}.entry order by seq`)).rows,
  ]
  /** A trail of three entries: the last of an odd number is a peak. */
  const cases = [
    ['too few entries', 'update head set size = 1', 'it says 1 entries, and there are 3'],
    ['another leaf hash', `update head set leaf_hash = '${other}'`, 'it has another leaf hash than the last entry'],
    ['what are no peaks', `update head set peaks = 'junk'`, 'Unexpected token'],
    ['too few peaks', `update head set peaks = '[]'`, 'a tree of 3 has 2 peaks, not 0'],
    ['another last peak', `update head set peaks = '["${other}","${other}"]'`, 'it has another last peak'],
  ] as const

  for (const [what, sql, because] of cases) {
    test(`is appended to by nobody, and worked out again by migrate: ${what}`, async ({ schema, store }) => {
      await store.append([draft('a', 2)], { a: 2 })
      const before = await contentOf(schema)
      await byForce(schema, sql)
      const wrong = await contentOf(schema)
      const error = await errorOf(store.append([draft('a', 3)], { a: 3 }))
      expect([error.code, error.message]).toEqual(['store.damaged', expect.stringContaining(because)])
      expect(error.message).toMatch(/head does not say how the trail ends: .*migrate/)
      expect(await idsOf(store)).toEqual(['a/0', 'a/1', 'a/2'])
      expect(await contentOf(schema)).toEqual(wrong)
      await migrate(pool, { schema })
      expect(await contentOf(schema)).toEqual(before)
      await store.append([draft('a', 3)], { a: 3 })
    })
  }

  test('that says more entries than there are is told as what is missing, and not as what migrate mends', async ({
    schema,
    store,
  }) => {
    await byForce(schema, 'update head set size = 500')
    expect((await told(store.head()))[1]).toContain(
      'it says 500 entries, and there are 2: entries are missing (restore the tables from a copy',
    )
  })

  const refused = [
    [
      'says more entries than there are',
      'delete from entry where seq = 2',
      'its head says 3 entries, and there are 2: entries are missing',
    ],
    [
      'is of another last entry than the one that is there',
      `update entry set leaf_hash = '${other}', bytes = 'x' where seq = 2`,
      'entry 2 is not what was sealed after the one before it',
    ],
    [
      'is of other entries, each of which hangs on the one before it',
      `update head set size = 2, leaf_hash = '${other}', peaks = '["${other}"]'`,
      'entries were replaced, or the head was',
    ],
    [
      'has to be worked out, and an entry is missing',
      'delete from entry where seq = 1; update head set size = 2',
      'entry 1 is missing',
    ],
    [
      'has to be worked out, and an entry is another one than was sealed',
      "update entry set bytes = 'x' where seq = 1; update head set size = 2",
      'entry 1 is not what was sealed after the one before it',
    ],
    ['is gone', 'delete from head', 'head has no row any more (restore the tables from a copy'],
  ] as const

  for (const [what, sql, because] of refused) {
    test(`is neither appended to nor worked out by migrate, and nothing is changed: it ${what}`, async ({
      schema,
      store,
    }) => {
      await store.append([draft('a', 2)], { a: 2 })
      await byForce(schema, sql)
      const before = await contentOf(schema)
      expect((await errorOf(store.append([draft('a', 3)], {}))).code).toBe('store.damaged')
      expect(await told(migrate(pool, { schema }))).toEqual(['store.damaged', expect.stringContaining(because)])
      expect(await contentOf(schema)).toEqual(before)
    })
  }

  test('still tells of the last entry where somebody has sealed another in its place', async ({ schema, store }) => {
    const { leafHash: last } = await store.head()
    const [first] = await all(store)
    const { leafHash, bytes } = sealEntry({ ...draft('a', 1, 'forged'), seq: 1 }, first?.leafHash ?? '')
    const hex = Buffer.from(bytes).toString('hex')
    await byForce(schema, `update entry set leaf_hash = '${leafHash}', bytes = '\\x${hex}' where seq = 1`)
    expect(await told(migrate(pool, { schema }))).toEqual([
      'store.damaged',
      expect.stringContaining('entries were replaced, or the head was'),
    ])
    expect((await store.head()).leafHash).toBe(last)
  })

  test('that is gone or that nobody understands keeps nobody from reading', async ({ schema, store }) => {
    for (const sql of [`update head set peaks = 'junk', leaf_hash = 'junk'`, 'delete from head']) {
      await byForce(schema, sql)
      expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
      expect(await idsOf(store, { stream: 'a' })).toEqual(['a/0', 'a/1'])
    }
  })

  test('of a layout before this one is mended as it is brought up to date', async ({ schema, store }) => {
    await pool.query(`drop trigger follows on ${schema}.head; drop function ${schema}.as_entries_say`)
    await pool.query(`update ${schema}.layout set version = 1; update ${schema}.head set size = 0`)
    await migrate(pool, { schema })
    expect((await store.head()).size).toBe(2)
    await expect(pool.query(`update ${schema}.head set size = 0`)).rejects.toThrow('what its entries say')
  })
})

describe('tables that are none of a trail, or of another version', () => {
  test('are told: none, something else, or newer; and are left as they are', async ({ schema }) => {
    const none = await errorOf(openPostgresStore(pool, { schema: `${run}_none` }))
    expect([none.code, none.message.includes('run `migrate`')]).toEqual(['input', true])
    const foreign = `${run}_foreign`
    await pool.query(`create schema ${foreign}; create table ${foreign}.entry (id text)`)
    expect((await told(openPostgresStore(pool, { schema: foreign })))[0]).toBe('input')
    await expect(migrate(pool, { schema: foreign })).rejects.toMatchObject({ code: 'store.unwritable' })
    // Nothing of it was made.
    const { rows } = await pool.query('select table_name from information_schema.tables where table_schema = $1', [
      foreign,
    ])
    expect(rows).toEqual([{ table_name: 'entry' }])
    await pool.query(`update ${schema}.layout set version = 5`)
    for (const call of [openPostgresStore, migrate]) {
      const error = await errorOf(call(pool, { schema }))
      expect([error.code, error.facts]).toEqual(['store.newer', { expected: 4, found: 5 }])
    }
    await pool.query(`update ${schema}.layout set version = 4`)
    const store = await openPostgresStore(pool, { schema })
    await store.append([draft('a', 2)], { a: 2 })
    await store.close()
  })

  test('are newer where one of several rows says so, and damaged where they say a layout that there never was', async ({
    schema,
  }) => {
    for (const rows of ['(4), (5)', '(5), (4)']) {
      await pool.query(`delete from ${schema}.layout; insert into ${schema}.layout values ${rows}`)
      for (const call of [openPostgresStore, migrate])
        expect((await told(call(pool, { schema })))[0]).toBe('store.newer')
    }
    for (const version of [0, -1]) {
      await pool.query(`delete from ${schema}.layout; insert into ${schema}.layout values (${version})`)
      for (const call of [openPostgresStore, migrate])
        expect(await told(call(pool, { schema }))).toEqual([
          'store.damaged',
          expect.stringMatching(
            new RegExp(
              `^"\\w+"\\.layout says version ${version}, and no layout of a trail has that \\(restore the tables`,
            ),
          ),
        ])
    }
  })

  test('of which nobody knows any more how they are laid out are told as damaged, and left as they are', async ({
    schema,
    store,
  }) => {
    await pool.query(`delete from ${schema}.layout`)
    for (const call of [openPostgresStore, migrate])
      expect(await told(call(pool, { schema }))).toEqual([
        'store.damaged',
        expect.stringMatching(/^"\w+"\.layout has no row any more \(restore the tables from a copy/),
      ])
    expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
    await pool.query(`insert into ${schema}.layout values (4)`)
    await migrate(pool, { schema })
    await store.append([draft('a', 2)], { a: 2 })
  })
})

describe('a replica', () => {
  test('is told as one to whoever would write there', async ({ schema }) => {
    const lent = poolAs({})
    onTestFinished(() => lent.end())
    // What a server says that follows another one; it lets everybody read.
    const replica = {
      connect: async () => {
        const connection = await lent.connect()
        return Object.assign(Object.create(connection) as typeof connection, {
          query: async (text: string, values?: unknown[]) => {
            if (!text.startsWith('begin isolation level read committed read write'))
              return connection.query(text, values)
            throw Object.assign(new Error('cannot set transaction read-write mode during recovery'), { code: '0A000' })
          },
          release: (broken?: boolean) => connection.release(broken),
        })
      },
    } as unknown as Parameters<typeof openPostgresStore>[0]
    await migrate(replica, { schema })
    const store = await openPostgresStore(replica, { schema })
    expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
    expect(await told(store.append([draft('a', 2)], { a: 2 }))).toEqual([
      'store.unwritable',
      'cannot append to the trail: cannot set transaction read-write mode during recovery (this is a read-only server, or an old one: name the primary)',
    ])
    await store.close()
  })
})

describe('an entry that somebody has taken out', () => {
  test('is all that is missing: those after it are read once, by place and by stream', async ({ schema, store }) => {
    const many = Array.from({ length: 300 }, (_, at) => draft('a', at + 2))
    await store.append(many, { a: 2 })
    await pool.query(`alter table ${schema}.entry disable trigger user; delete from ${schema}.entry where seq = 5`)
    const rest = ['a/0', 'a/1', ...many.map(one => one.id)].filter(id => id !== 'a/5')
    expect(await idsOf(store)).toEqual(rest)
    expect(await idsOf(store, { stream: 'a' })).toEqual(rest)
  })

  test('at the end is told to whoever reads so far, and by an append with what helps', async ({ schema, store }) => {
    await pool.query(`alter table ${schema}.entry disable trigger user; delete from ${schema}.entry where seq = 1`)
    for (const error of [await errorOf(idsOf(store)), await errorOf(store.append([draft('a', 1)], {}))]) {
      expect([error.code, error.facts.missing]).toEqual(['store.damaged', 1])
      expect(error.message).not.toContain('migrate')
    }
    expect(await idsOf(store, { stream: 'a' })).toEqual(['a/0'])
  })
})

describe('a number that counts further than anybody can', () => {
  const numbers = [
    [
      'in the head',
      (schema: string) => `alter table ${schema}.head disable trigger user`,
      'head',
      '9223372036854775807',
    ],
    ['the greatest that the database keeps, at an entry', () => '', 'entry', '9223372036854775807'],
    ['just too great to be counted, at an entry', () => '', 'entry', '9007199254740993'],
  ] as const
  for (const [what, before, table, number] of numbers) {
    test(`keeps nobody from reading what is there, and nothing is appended: ${what}`, async ({ schema, store }) => {
      await pool.query(before(schema))
      await pool.query(
        table === 'head'
          ? `update ${schema}.head set size = ${number}`
          : `insert into ${schema}.entry select ${number}, 'b', 0, leaf_hash, bytes from ${schema}.entry where seq = 0`,
      )
      const read: number[] = []
      const reading = (async () => {
        for await (const { seq } of store.read()) read.push(seq)
      })()
      const error = await errorOf(reading)
      expect([error.code, error.facts.missing, read]).toEqual(['store.damaged', 2, [0, 1]])
      expect(await idsOf(store, { stream: 'a' })).toEqual(['a/0', 'a/1'])
      expect(await idsOf(store, { to: 2 })).toEqual(['a/0', 'a/1'])
      const fresh = await openPostgresStore(pool, { schema })
      for (const one of [store, fresh])
        expect((await errorOf(one.append([draft('a', 2)], { a: 2 }))).code).toBe('store.damaged')
      expect(await told(migrate(pool, { schema }))).toEqual([
        'store.damaged',
        expect.stringContaining('restore the tables from a copy'),
      ])
      if (table === 'head') expect((await errorOf(store.head())).code).toBe('store.damaged')
      else expect((await store.head()).size).toBe(2)
    })
  }

  test('in an empty trail is none: it is read to its end, which is its beginning', async ({ schema }) => {
    await migrate(pool, { schema: `${schema}_empty` })
    const empty = await openPostgresStore(pool, { schema: `${schema}_empty` })
    expect(await idsOf(empty)).toEqual([])
    expect((await empty.head()).size).toBe(0)
  })
})

describe('an entry that has no bytes', () => {
  test('is named to whoever reads it, by place or by stream, and the pool is not blamed', async ({ schema, store }) => {
    await pool.query(`alter table ${schema}.entry disable trigger user, alter bytes drop not null;
      update ${schema}.entry set bytes = null where seq = 1`)
    const read: number[] = []
    const reading = (async () => {
      for await (const { seq } of store.read()) read.push(seq)
    })()
    const error = await errorOf(reading)
    expect([error.code, error.facts, read]).toEqual([
      'store.damaged',
      expect.objectContaining({ missing: 1, size: 2 }),
      [0],
    ])
    expect((await told(idsOf(store, { stream: 'a' })))[1]).toMatch(
      /^entry 1 of the trail has no bytes \(restore the tables from a copy/,
    )
  })
})

describe('a column of another type, or a table that is gone or is none', () => {
  const cases = [
    [
      'a view that shows each user what it likes',
      'alter table entry rename to real; create view entry as select * from real',
      /entry is a view, and a table in a trail/,
    ],
    [
      'a view of the head',
      'alter table head rename to real; create materialized view head as select * from real',
      /head is a materialized view, and a table in a trail/,
    ],
    [
      'another table whose rows are shown as well',
      'create table more () inherits (entry)',
      /entry inherits from another table/,
    ],
    [
      'the bytes as text',
      `alter table entry alter bytes type text using encode(bytes, 'escape')`,
      /entry\.bytes is text, and bytea in a trail/,
    ],
    [
      'a place as a number with decimals',
      `alter table entry alter seq type numeric`,
      /entry\.seq is numeric, and bigint in a trail/,
    ],
    ['no leaf hash', 'alter table entry drop leaf_hash', /there is no "\w+"\.entry\.leaf_hash any more/],
    ['no table of the entries', 'drop table entry', /there is no "\w+"\.entry any more/],
    ['entries by another name', 'alter table entry rename to entries', /there is no "\w+"\.entry any more/],
    ['no table of the head', 'drop table head', /there is no "\w+"\.head any more/],
    [
      'a view of the layout',
      'alter table layout rename to real; create view layout as select * from real',
      /layout is a view, and a table in a trail/,
    ],
    ['no table of the layout', 'drop table layout', /there is no "\w+"\.layout any more/],
  ] as const
  for (const [what, sql, because] of cases) {
    test(`is told by the opening and by migrate, and nothing is changed: ${what}`, async ({ schema }) => {
      await pool.query(`set search_path = ${schema}; ${sql}; reset search_path`)
      for (const call of [openPostgresStore, migrate])
        expect(await told(call(pool, { schema }))).toEqual([
          'store.damaged',
          expect.stringMatching(new RegExp(`${because.source}.*restore the tables from a copy`)),
        ])
      const { rows } = await pool.query('select tablename from pg_tables where schemaname = $1', [schema])
      expect(rows.length).toBe(sql.startsWith('drop table') ? 2 : sql.startsWith('create table') ? 4 : 3)
    })
  }

  test('is told where the rows that are shown hang on the user, with what helps', async ({ schema }) => {
    await pool.query(`alter table ${schema}.entry enable row level security`)
    for (const call of [openPostgresStore, migrate])
      expect(await told(call(pool, { schema }))).toEqual([
        'store.damaged',
        expect.stringMatching(
          /entry has row level security, so that each user may be shown other rows \(its owner runs `alter table/,
        ),
      ])
    await pool.query(`alter table ${schema}.entry disable row level security`)
    expect(await idsOf(await openPostgresStore(pool, { schema }))).toEqual(['a/0', 'a/1'])
  })

  test('is none where the server writes names in quotation marks', async ({ schema }) => {
    const quoting = poolAs({ options: '-c quote_all_identifiers=on' })
    onTestFinished(() => quoting.end())
    await migrate(quoting, { schema })
    const store = await openPostgresStore(quoting, { schema })
    await store.append([draft('a', 2)], { a: 2 })
    expect(await idsOf(store)).toEqual(['a/0', 'a/1', 'a/2'])
  })
})

describe('what keeps a trail in the database', () => {
  const replaced = (name: string, takes: string, gives: string, body: string) =>
    `create or replace function ${name}(${takes}) returns ${gives} language plpgsql as $$ ${body} $$`
  const kept = async (schema: string) =>
    [
      `select tgname, tgrelid::regclass::text, tgenabled::text from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace = '${schema}'::regnamespace and not tgisinternal order by 1, 2`,
      `select proname, prosrc, proconfig::text from pg_proc where pronamespace = '${schema}'::regnamespace order by 1`,
    ].map(async sql => (await pool.query(sql)).rows)
  const gone = [
    ['the triggers', 'drop trigger stays on entry; drop trigger stays on head; drop trigger follows on head'],
    ['one that is switched off', 'alter table entry disable trigger stays'],
    [
      'all that are switched off',
      'alter table entry disable trigger all; alter table head enable replica trigger follows',
    ],
    ['the functions of the triggers', 'drop function only_appended_to cascade; drop function as_entries_say cascade'],
    ['the functions that append', 'drop function append; drop function append_sealed'],
    ['a function that does less', replaced('only_appended_to', '', 'trigger', 'begin return null; end')],
    [
      'a function that runs with the rights of its owner',
      'alter function as_entries_say() security definer; alter function append_sealed reset search_path',
    ],
    [
      'a trigger that looks away now and then',
      `drop trigger stays on entry; create trigger stays before update or delete on entry for each statement
        execute function only_appended_to(); drop trigger follows on head; create trigger follows before update on head
        for each row when (new.size > 100) execute function as_entries_say()`,
    ],
    [
      'one function, and another is called as it is',
      'drop function append; create function append(a integer) returns text language sql as $$ select null $$',
    ],
  ] as const
  for (const [what, sql] of gone) {
    test(`is made again by migrate where somebody has taken it away: ${what}`, async ({ schema, store }) => {
      const before = await Promise.all(await kept(schema))
      await pool.query(`set search_path = ${schema}; ${sql}; reset search_path`)
      await migrate(pool, { schema })
      await pool.query(`drop function if exists ${schema}.append(integer)`)
      expect(await Promise.all(await kept(schema))).toEqual(before)
      for (const wrong of [
        `delete from ${schema}.entry`,
        `delete from ${schema}.head`,
        `update ${schema}.head set size = 9`,
      ])
        await expect(pool.query(wrong), wrong).rejects.toMatchObject({ code: '23001' })
      await store.append([draft('a', 2)], { a: 2 })
      expect(await idsOf(store)).toEqual(['a/0', 'a/1', 'a/2'])
    })
  }

  test('is made again beside whoever appends or reads: nobody who waits for the head holds the entries meanwhile', async ({
    schema,
    store,
  }) => {
    await pool.query(`drop trigger follows on ${schema}.head`)
    const others = poolAs({ max: 2 })
    onTestFinished(() => others.end())
    const holder = await others.connect()
    onTestFinished(() => holder.release())
    await holder.query(`begin; lock table ${schema}.head`)
    const waiting = [store.append([draft('a', 2)], { a: 2 }), store.head(), idsOf(store), migrate(others, { schema })]
    const held = (table: string, isGranted: boolean) =>
      holder.query(
        `select from pg_locks where relation = '${schema}.${table}'::regclass and pid <> pg_backend_pid() and granted = ${isGranted}`,
      )
    while ((await held('head', false)).rows.length < waiting.length) await sleep(5)
    expect((await held('entry', true)).rows.length).toBe(0)
    await holder.query('commit')
    await Promise.all(waiting)
    await expect(pool.query(`update ${schema}.head set size = 9`)).rejects.toThrow('what its entries say')
  })

  test('goes by the new name of its schema once its owner has run migrate', async ({ schema, store }) => {
    const name = `${schema}_new`
    await pool.query(`alter schema ${schema} rename to ${name}`)
    const renamed = await openPostgresStore(pool, { schema: name })
    expect(await idsOf(renamed)).toEqual(['a/0', 'a/1'])
    expect((await errorOf(renamed.append([draft('a', 2)], { a: 2 }))).facts.remedy).toBe('migrate')
    await migrate(pool, { schema: name })
    await renamed.append([draft('a', 2)], { a: 2 })
    expect(await idsOf(renamed)).toEqual(['a/0', 'a/1', 'a/2'])
    await renamed.close()
    await store.close()
  })

  test('lets no append into another trail that has taken the name of a renamed schema', async ({ schema, store }) => {
    const [name, other] = [`${schema}_old`, await openPostgresStore(pool, { schema })]
    await pool.query(`alter schema ${schema} rename to ${name}`)
    await migrate(pool, { schema })
    await other.append([draft('a', 0), draft('a', 1)], { a: 0 })
    const renamed = await openPostgresStore(pool, { schema: name })
    const client = await pool.connect()
    onTestFinished(() => client.release())
    await client.query('begin')
    for (const one of [renamed, renamed.join(client)]) {
      const error = await errorOf(one.append([draft('a', 2)], { a: 2 }))
      expect([error.code, error.facts.remedy]).toEqual(['store.damaged', 'migrate'])
      expect(error.message).toContain('append speaks of another schema, as after a renaming (its owner runs `migrate`')
    }
    await client.query('rollback')
    expect([(await other.head()).size, (await renamed.head()).size]).toEqual([2, 2])
    await migrate(pool, { schema: name })
    await renamed.append([draft('a', 2)], { a: 2 })
    expect([(await other.head()).size, (await renamed.head()).size]).toEqual([2, 3])
    await store.close()
  })

  test('is told with what makes it again where it is a function that is gone', async ({ schema, store }) => {
    await pool.query(`drop function ${schema}.append; drop function ${schema}.append_sealed`)
    const error = await errorOf(store.append([draft('a', 2)], { a: 2 }))
    expect([error.code, error.facts.remedy]).toEqual(['store.damaged', 'migrate'])
    expect(error.message).toContain('(a function of the trail is gone: its owner runs `migrate`, which makes it again)')
    expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
  })
})

describe('a leaf hash that is none', () => {
  test('is named to whoever appends, nothing is written, and no function is blamed', async ({ schema, store }) => {
    await pool.query(`alter table ${schema}.entry disable trigger user;
      update ${schema}.entry set leaf_hash = upper(leaf_hash) where seq = 1;
      update ${schema}.head set leaf_hash = upper(leaf_hash)`)
    const fresh = await openPostgresStore(pool, { schema })
    for (const one of [store, fresh])
      expect(await told(one.append([draft('a', 2)], { a: 2 }))).toEqual([
        'store.damaged',
        expect.stringMatching(
          /^"\w+"\.entry ends with the leaf hash [0-9A-F]{64}, which is none of 64 digits 0-9a-f \(restore the tables from a copy/,
        ),
      ])
    expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
    expect(await told(migrate(pool, { schema }))).toEqual([
      'store.damaged',
      expect.stringContaining('entry 1 is not what was sealed after the one before it'),
    ])
  })
})

describe('something of somebody else that keeps entries from being written', () => {
  test('is told as that: a trigger, or a rule', async ({ schema, store }) => {
    await pool.query(`create function ${schema}.swallow() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger swallow before insert on ${schema}.entry for each row execute function ${schema}.swallow()`)
    const fresh = await openPostgresStore(pool, { schema })
    for (const one of [store, fresh])
      expect(await told(one.append([draft('a', 2)], { a: 2 }))).toEqual([
        'store.unwritable',
        'cannot append to the trail: the head of a trail is what its entries say (something in the database keeps entries from being written, or changes them: a trigger, a rule or a policy on the tables of the trail: take it away)',
      ])
    expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
  })
})

describe('a row that no trail has', () => {
  const rows = [
    [
      'before the first entry',
      (schema: string) => `alter table ${schema}.entry drop constraint entry_seq_check;
        insert into ${schema}.entry select -1, 'a', 2, leaf_hash, bytes from ${schema}.entry where seq = 0`,
      /^"\w+"\.entry has a row at place -1, before the first entry \(restore the tables from a copy/,
    ],
    [
      'that is a second head',
      (schema: string) => `alter table ${schema}.head drop constraint head_pkey, drop constraint head_one_check;
        insert into ${schema}.head select false, 0, leaf_hash, '[]' from ${schema}.head`,
      /^"\w+"\.head has 2 rows, and a trail has one head \(restore the tables from a copy/,
    ],
  ] as const
  for (const [what, sql, because] of rows) {
    test(`is told to whoever appends, asks for the head or makes the tables, and given to no reader: one ${what}`, async ({
      schema,
      store,
    }) => {
      await pool.query(sql(schema))
      const fresh = await openPostgresStore(pool, { schema })
      const connection = await pool.connect()
      onTestFinished(() => connection.release(true))
      await connection.query('begin')
      for (const call of [
        () => store.append([draft('a', 2)], { a: 2 }),
        () => fresh.append([draft('b', 0)], {}),
        () => store.join(connection).append([draft('a', 2)], { a: 2 }),
        () => store.head(),
        () => migrate(pool, { schema }),
      ])
        expect(await told(call())).toEqual(['store.damaged', expect.stringMatching(because)])
      // The transaction that was joined goes on.
      await connection.query('select 1')
      expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
      expect(await idsOf(store, { stream: 'a' })).toEqual(['a/0', 'a/1'])
    })
  }
})

describe('what is no append', () => {
  test('is refused alone: whoever asks in the same turn is in the trail', async ({ store }) => {
    const calls = [undefined, 'x', [null], {}].map(none => errorOf(store.append(none as never, {})))
    await store.append([draft('a', 2)], { a: 2 })
    expect((await Promise.all(calls)).map(({ code }) => code)).toEqual(['input', 'input', 'entry', 'input'])
    expect(await idsOf(store)).toEqual(['a/0', 'a/1', 'a/2'])
  })
})

describe('a disk that is full', () => {
  test('is told with what the server says, nothing of the append is there, and the trail goes on', async ({
    schema,
    store,
  }) => {
    // A server whose disk is full says so in this way; here its table does.
    await pool.query(`
      create function ${schema}.no_room() returns trigger language plpgsql as $$
      begin raise exception 'could not extend file "base/5/16390": No space left on device' using errcode = '53100'; end $$;
      create trigger no_room before insert on ${schema}.entry for each row execute function ${schema}.no_room()`)
    expect(await told(store.append([draft('a', 2), draft('a', 3)], { a: 2 }))).toEqual([
      'store.unwritable',
      'cannot append to the trail: could not extend file "base/5/16390": No space left on device (the server\'s disk is full: make room, then try again)',
    ])
    expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
    await pool.query(`drop trigger no_room on ${schema}.entry`)
    await store.append([draft('a', 2), draft('a', 3)], { a: 2 })
    expect((await store.head()).size).toBe(4)
  })
})

describe('another transaction that holds the end of the trail', () => {
  test('is told after the patience, and the append goes through once it has ended', async ({ schema, store }) => {
    const other = await pool.connect()
    onTestFinished(() => other.release(true))
    await other.query(`begin; select * from ${schema}.head for update`)
    const [code, message] = await told(store.append([draft('a', 2)], { a: 2 }))
    expect(code).toBe('store.unavailable')
    expect(message).toContain('holds the end of the trail for too long; try again later')
    await other.query('rollback')
    await store.append([draft('a', 2)], { a: 2 })
  })

  test('is told as that where the append had come to it late', async ({ schema }) => {
    const store = await openPostgresStore(pool, { schema, patience: 1_000 })
    onTestFinished(() => store.close())
    const other = await pool.connect()
    onTestFinished(() => other.release(true))
    // First the whole table is held, as long as a busy machine may take to get there, and then the end of the trail alone.
    await other.query(`begin; select * from ${schema}.head for update; savepoint row`)
    await other.query(`lock table ${schema}.head in access exclusive mode`)
    const refused = told(store.append([draft('a', 2)], { a: 2 }))
    await new Promise(resolve => setTimeout(resolve, 200))
    await other.query('rollback to savepoint row')
    expect(await refused).toEqual([
      'store.unavailable',
      expect.stringContaining('holds the end of the trail for too long; try again later'),
    ])
  })
})

describe('a proxy that lends another connection for each transaction', () => {
  test('makes no difference where nobody is notified', async ({ schema }) => {
    const lent = poolAs({ maxUses: 1 })
    const store = await openPostgresStore(lent, { schema, notify: false })
    for (let at = 2; at < 6; at++) await store.append([draft('a', at)], { a: at })
    expect(await idsOf(store, { stream: 'a' })).toHaveLength(6)
    expect(await told(store.listen(() => {}))).toEqual([
      'input',
      'the store was opened with notify: false, so nothing is told',
    ])
    for (const none of [undefined, null, 5])
      expect(await told(store.listen(none as unknown as () => void))).toEqual([
        'input',
        '`listen` takes a function that is told, and this is none',
      ])
    await store.close()
    await lent.end()
  })
})

describe('what a proxy or the driver says', () => {
  const refused = async (message: string, code?: string) =>
    told(
      openPostgresStore({ connect: async () => Promise.reject(Object.assign(new Error(message), code && { code })) }),
    )

  test('under one code is told as what it is: a thing to mend, or one that goes through later', async () => {
    for (const [message, help] of [
      ['password authentication failed for user "boss"', 'look at the user and the password'],
      ['no such user: boss', 'look at the user and the password'],
      ['database "none" does not exist', 'there is no such database on the server'],
      ['transaction blocks not allowed in statement pooling mode', '`pool_mode = transaction`'],
      ['unsupported startup parameter: statement_timeout', '`ignore_startup_parameters`'],
    ] as const)
      expect(await refused(message, '08P01')).toEqual(['store.unwritable', expect.stringContaining(help)])
    for (const message of ['no more connections allowed (max_client_conn)', 'server conn crashed?'])
      expect(await refused(message, '08P01')).toEqual(['store.unavailable', expect.stringContaining('try again later')])
  })

  test('without a code is told as what it is, and nobody is sent to ask again for what they never asked', async () => {
    for (const [message, help] of [
      ['SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string', 'the server asks for a password'],
      ['The server does not support SSL connections', 'the server has no TLS'],
    ] as const)
      expect(await refused(message)).toEqual(['store.unwritable', expect.stringContaining(help)])
    expect(await refused('Query read timeout')).toEqual([
      'store.unavailable',
      'cannot open the trail: Query read timeout (nobody knows what the server has made of it; try again later)',
    ])
  })
})

describe('a path that leads to operators of somebody else', () => {
  const evil = async (schema: string, owner = 'current_user') =>
    pool.query(`create schema ${schema} authorization ${owner};
      create function ${schema}.yes(bigint, bigint) returns boolean language sql as 'select true';
      create function ${schema}.yes(text, text) returns boolean language sql as 'select true';
      create function ${schema}.no(bigint, bigint) returns boolean language sql as 'select false';
      create operator ${schema}.= (leftarg = bigint, rightarg = bigint, function = ${schema}.yes);
      create operator ${schema}.= (leftarg = text, rightarg = text, function = ${schema}.yes);
      create operator ${schema}.< (leftarg = bigint, rightarg = bigint, function = ${schema}.no);
      create operator ${schema}.>= (leftarg = bigint, rightarg = bigint, function = ${schema}.no)`)

  test('lets nobody put down a head that the entries do not say', async ({ schema, store }) => {
    await evil(`${schema}_path`)
    const turned = poolAs({ options: `-c search_path=${schema}_path,pg_catalog` })
    onTestFinished(() => turned.end())
    const lie = `update ${schema}.head set size = 3, leaf_hash = repeat('0', 64)`
    await expect(turned.query(lie)).rejects.toThrow('the head of a trail is what its entries say')
    await store.append([draft('a', 2)], { a: 2 })
  })

  test('hides no entry from whoever reads, and keeps nobody from making a trail', async ({ schema }) => {
    await evil(`${schema}_path`)
    const turned = poolAs({ options: `-c search_path=${schema}_path,pg_catalog` })
    onTestFinished(() => turned.end())
    const store = await openPostgresStore(turned, { schema })
    onTestFinished(() => store.close())
    expect(await idsOf(store)).toEqual(['a/0', 'a/1'])
    expect(await idsOf(store, { from: 1 })).toEqual(['a/1'])
    expect(await idsOf(store, { stream: 'a' })).toEqual(['a/0', 'a/1'])
    await store.append([draft('a', 2)], { a: 2 })
    await migrate(turned, { schema: `${schema}_made` })
    const made = await openPostgresStore(turned, { schema: `${schema}_made` })
    onTestFinished(() => made.close())
    await made.append([draft('a', 0)], { a: 0 })
    expect(await idsOf(made)).toEqual(['a/0'])
  })
})

describe('whoever makes the tables', () => {
  test('needs no right in the database for a schema that was made for them, and is told what it takes otherwise', async ({
    schema,
  }) => {
    const user = `makes_${opened}`
    await pool.query(`create role ${user}; create schema ${schema}_theirs authorization ${user}`)
    const theirs = poolAs({ options: `-c role=${user}` })
    onTestFinished(() => theirs.end())
    await migrate(theirs, { schema: `${schema}_theirs` })
    const store = await openPostgresStore(theirs, { schema: `${schema}_theirs` })
    onTestFinished(() => store.close())
    await store.append([draft('a', 0)], { a: 0 })
    expect(await told(migrate(theirs, { schema: `${schema}_new` }))).toEqual([
      'store.unwritable',
      expect.stringMatching(
        /^cannot make the schema "\w+" of a trail: permission denied for database \w+ \(it takes the right to make a schema in the database \(grant create on database\), or a schema of this name that is theirs\)$/,
      ),
    ])
  })

  test('is told of a name that is none, or that is not theirs to take', async () => {
    for (const name of ['x'.repeat(64), 'Changes', '1st', 'pg_changes', 'information_schema'])
      expect(await told(migrate(pool, { schema: name }))).toEqual([
        'input',
        expect.stringContaining(`found ${JSON.stringify(name)}`),
      ])
  })

  test('is told where tables of something else lie in the way', async ({ schema }) => {
    await pool.query(`create schema ${schema}_else; create table ${schema}_else.layout (name text)`)
    for (const call of [migrate, openPostgresStore])
      expect((await told(call(pool, { schema: `${schema}_else` })))[1]).toContain(
        'tables of something else lie in this schema: name another one with `{ schema }`',
      )
  })
})

describe('an answer that does not come', () => {
  test('leaves open whether the entry is there, also where the driver gives up and not the server', async ({
    schema,
  }) => {
    const slow = `create function ${schema}.sleep() returns trigger language plpgsql as $$ begin perform pg_sleep(1.5); return null; end $$;
      create constraint trigger sleeps after insert on ${schema}.entry deferrable initially deferred
        for each row execute function ${schema}.sleep()`
    const impatient = poolAs({ query_timeout: 500 })
    onTestFinished(() => impatient.end())
    const store = await openPostgresStore(impatient, { schema })
    await pool.query(slow)
    const [code, message] = await told(store.append([draft('a', 2)], { a: 2 }))
    expect(code).toBe('store.unavailable')
    expect(message).toContain('nobody knows what the server has made of it; ask again under the same id')
    await pool.query(`drop trigger sleeps on ${schema}.entry`)
    expect(await idsOf(store)).toEqual(['a/0', 'a/1', 'a/2'])
    await store.close()
  })
})

describe('a database that is not UTF8', () => {
  test('gets no tables, and is told what it is', async () => {
    const name = `latin_${process.pid}`
    await pool.query(`create database ${name} encoding 'LATIN1' locale 'C' template template0`)
    const latin = poolAs({ database: name })
    try {
      expect(await told(migrate(latin))).toEqual([
        'input',
        'the database keeps text as LATIN1: make one with encoding UTF8',
      ])
    } finally {
      await latin.end()
      await pool.query(`drop database ${name}`)
    }
  })
})

describe('a transaction that a trail cannot be joined in', () => {
  test('is told by whoever reads in it as well, and goes on', async ({ store }) => {
    const connection = await pool.connect()
    try {
      const joined = store.join(connection)
      const readIn = () => idsOf(joined)
      expect((await told(readIn()))[0]).toBe('input')
      for (const level of ['repeatable read', 'serializable']) {
        await connection.query(`begin isolation level ${level}`)
        expect(await told(readIn())).toEqual([
          'input',
          `a trail is joined by a transaction that is read committed, not ${level}: begin it with \`begin isolation level read committed\``,
        ])
        await connection.query('select 1')
        await connection.query('rollback')
      }
      await connection.query('begin')
      expect(await readIn()).toEqual(['a/0', 'a/1'])
      await connection.query('rollback')
    } finally {
      connection.release()
    }
  })
})

describe('a pool and a session that are set otherwise', () => {
  test('make no difference: parsers of the host, old strings, and functions that are called like those of the server', async ({
    schema,
  }) => {
    const evil = `evil_${opened}`
    await pool.query(`create schema ${evil};
      create function ${evil}.pg_current_wal_insert_lsn() returns pg_lsn language sql as 'select ''0/0''::pg_lsn';
      create function ${evil}.decode(text, text) returns bytea language sql as 'select null::bytea'`)
    const types = {
      getTypeParser: (oid: number, format: 'text' | 'binary') =>
        oid === 16 ? (text: string) => text : pg.types.getTypeParser(oid, format),
    }
    for (const [type, oid, parser] of [
      ['text', 25, (text: string) => text.toUpperCase()],
      ['integer', 23, (text: string) => `${text}!`],
      ['bigint', 20, (text: string) => `${text}!`],
      ['bytea', 17, (text: string) => text],
    ] as const) {
      const changed = {
        getTypeParser: (of: number, format: 'text' | 'binary') =>
          of === oid ? parser : pg.types.getTypeParser(of, format),
      }
      const own = poolAs({ types: changed as never })
      onTestFinished(() => own.end())
      for (const call of [migrate, openPostgresStore])
        expect(await told(call(own, { schema: call === migrate ? `${schema}_none` : schema }))).toEqual([
          'input',
          expect.stringContaining(`the pool reads \`${type}\` in a way of its own`),
        ])
    }
    for (const settings of [
      { types: types as never },
      { options: '-c standard_conforming_strings=off' },
      { options: `-c search_path=${evil},pg_catalog` },
    ]) {
      const own = poolAs(settings)
      onTestFinished(() => own.end())
      await migrate(own, { schema: `${schema}_new` })
      await pool.query(`drop schema ${schema}_new cascade`)
      const store = await openPostgresStore(own, { schema })
      const { size } = await store.head()
      for (const at of [0, 1]) await store.append([draft(`set-${size}`, at)], { [`set-${size}`]: at })
      expect((await store.head()).size).toBe(size + 2)
      await store.close()
    }
  })

  test('take nothing from others in the turn of an append that is far too long, which is not sent', async ({
    schema,
  }) => {
    const sent: number[] = []
    const own = poolAs({})
    onTestFinished(() => own.end())
    const connect = async () => {
      const lent = await own.connect()
      const query = lent.query.bind(lent)
      lent.query = ((text: string, values?: unknown[]) => {
        sent.push(text.length)
        return query(text, values as string[])
      }) as typeof lent.query
      return lent
    }
    const store = await openPostgresStore({ connect } as unknown as pg.Pool, { schema })
    await store.append([draft('a', 2)], { a: 2 })
    const long = { ...draft('long', 0), command: 'x'.repeat(5_000_000) }
    const [refused, taken] = await Promise.allSettled([
      store.append([long], {}),
      store.append([draft('a', 3)], { a: 3 }),
    ])
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'entry' } })
    expect(taken.status).toBe('fulfilled')
    expect(Math.max(...sent)).toBeLessThan(100_000)
    await store.close()
  })
})
