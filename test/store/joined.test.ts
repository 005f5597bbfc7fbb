import { migrate, openPostgresStore, type PostgresStore } from '@countersign/store-postgres'
import { content, f0, submitK } from '@countersign/testing'
import { createDesk } from 'countersign'
import { verifyTrail } from 'countersign/verify'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test as vitestTest } from 'vitest'
import { postgresServer, type Server } from './postgres-server.ts'

let server: Server | undefined
let pool: pg.Pool
let store: PostgresStore

beforeAll(async () => {
  server = await postgresServer()
  if (server === undefined) return
  pool = new pg.Pool({ ...server.config, max: 10 })
  pool.on('error', () => {})
  await pool.query('create table booking (id text primary key)')
  await migrate(pool, { schema: 'joined' })
  store = await openPostgresStore(pool, { schema: 'joined' })
})
afterAll(async () => {
  await store?.close()
  await pool?.end()
  await server?.end()
})

const test = (title: string, body: () => Promise<void>) =>
  vitestTest(title, async context => (server === undefined ? context.skip() : body()))
test.each =
  <Case>(cases: readonly Case[]) =>
  (title: string, body: (one: Case) => Promise<void>) => {
    for (const one of cases) test(title.replace('%i', String(one)), () => body(one))
  }

const bookings = async () => (await pool.query('select id from booking order by id')).rows.map(row => row.id as string)

describe("an entry in the host's own transaction", () => {
  test('is there together with its row, or not at all', async () => {
    await f0({ store })
    const clock = () => new Date('2026-03-03T08:00:00.000Z')
    const desk = await createDesk({ store, clock })
    const host = await createDesk({ store, clock })
    const submit = (change: string) => ({ ...submitK, change, content: { digest: content(change), makers: ['alice'] } })
    const inOne = async (change: string, end: 'commit' | 'rollback') => {
      const connection = await pool.connect()
      try {
        await connection.query('begin')
        await connection.query('insert into booking values ($1)', [change])
        const receipt = await host.by('rita', { within: store.join(connection) }).submit(submit(change) as never)
        expect(receipt.outcome).toBe('accepted')
        // Nothing is known of it before it is committed.
        expect(host.change(change)).toBeUndefined()
        await connection.query(end)
      } finally {
        connection.release()
      }
    }
    await inOne('UNDONE', 'rollback')
    await inOne('DONE', 'commit')
    expect(await bookings()).toEqual(['DONE'])
    await host.catchUp()
    expect([host.change('UNDONE'), host.change('DONE')?.id]).toEqual([undefined, 'DONE'])
    // Another desk on the same trail learns of it as soon as it decides on it, and the first goes on where it stands.
    const { revision, digest } = host.change('DONE') as { revision: number; digest: string }
    const far = await createDesk({ store, clock })
    await host
      .by('erin')
      .signOff({ change: 'DONE', revision, digest, result: 'passed', evidence: [{ name: 'report' }] })
    const approved = await far.by('bob').approve({ change: 'DONE', revision, digest })
    expect(approved.outcome).toBe('accepted')
    expect(desk.change('DONE')).toBeUndefined()
    const refused = await desk.by('bob').approve({ change: 'DONE', revision, digest })
    expect(refused).toMatchObject({ outcome: 'refused', refusal: { code: 'approval.already-given' } })
    const lines: Uint8Array[] = []
    for await (const { bytes } of store.read()) lines.push(bytes, Uint8Array.of(10))
    expect(verifyTrail(lines).status).toBe('sound')
  })

  test('is refused at another isolation level, at which newer entries could not be seen', async () => {
    const connection = await pool.connect()
    try {
      await connection.query('begin isolation level serializable')
      await expect(store.join(connection).append([], {})).rejects.toMatchObject({ code: 'input' })
      await connection.query('rollback')
    } finally {
      connection.release()
    }
  })
})

describe("several commands in the host's own transaction", () => {
  const clock = () => new Date('2026-03-03T08:00:00.000Z')
  const submit = (change: string) =>
    ({ ...submitK, change, content: { digest: content(change), makers: ['alice'] } }) as never
  const approvable = async (schema: string, max = 10) => {
    const own = new pg.Pool({ ...server?.config, max })
    own.on('error', () => {})
    await migrate(own, { schema })
    const trail = await openPostgresStore(own, { schema })
    await f0({ store: trail })
    const desk = await createDesk({ store: trail, clock })
    const end = async () => {
      await trail.close()
      await own.end()
    }
    return { own, trail, desk, end }
  }
  const inTransaction = async <T>(own: pg.Pool, work: (connection: pg.PoolClient) => Promise<T>): Promise<T> => {
    const connection = await own.connect()
    try {
      await connection.query('begin')
      const done = await work(connection)
      await connection.query('commit')
      return done
    } finally {
      connection.release()
    }
  }

  test('come to what they come to where each is in one of its own', async () => {
    const { own, trail, desk, end } = await approvable('several')
    const receipts = await inTransaction(own, async connection => {
      const within = trail.join(connection)
      const submitted = await desk.by('rita', { within }).submit(submit('ONE'))
      if (submitted.outcome !== 'accepted') return [submitted]
      const { revision, digest } = submitted.change
      const evidence = [{ name: 'report' }]
      const approve = { change: 'ONE', revision, digest }
      return [
        submitted,
        await desk.by('erin', { within }).signOff({ ...approve, result: 'passed', evidence }),
        await desk.by('bob', { within: trail.join(connection) }).approve(approve, { id: 'bob-approves' }),
        await desk.by('bob', { within }).approve(approve, { id: 'bob-approves' }),
        await desk.by('bob', { within }).approve(approve),
        await desk.by('ada', { within }).grantRole({ role: 'appr', to: 'rita', team: '*' }),
        await desk.by('rita', { within }).approve(approve),
        await desk.by('alice', { within }).approve(approve),
        await desk.by('carol', { within }).approve(approve),
      ]
    })
    const told = receipts.map(receipt =>
      receipt.outcome === 'accepted' ? receipt.events.map(({ type }) => type).join(' ') : receipt.refusal.code,
    )
    expect(told).toEqual([
      'change.submitted stage.entered',
      'test.signed-off stage.entered',
      'approval.granted',
      'approval.granted',
      'approval.already-given',
      'role.granted',
      'duty.conflict',
      'duty.conflict',
      'approval.granted stage.entered',
    ])
    expect(receipts[3]).toEqual(receipts[2])
    await desk.catchUp()
    expect(desk.change('ONE')?.state).toBe('production')
    const lines: Uint8Array[] = []
    for await (const { bytes } of trail.read()) lines.push(bytes, Uint8Array.of(10))
    expect(verifyTrail(lines).status).toBe('sound')
    await end()
  })

  test('may be given at once, and each is decided on those before it', async () => {
    const { own, trail, desk, end } = await approvable('at_once')
    const receipts = await inTransaction(own, async connection => {
      const within = trail.join(connection)
      const by = desk.by('rita', { within })
      return Promise.all([
        ...['A', 'B', 'C', 'D', 'E'].map(change => by.submit(submit(change))),
        by.submit(submit('A')),
        ...['A', 'B', 'K'].map(change => by.cancel({ change, comment: 'not needed' })),
      ])
    })
    const accepted = receipts.filter(({ outcome }) => outcome === 'accepted')
    await desk.catchUp()
    expect((await trail.head()).size).toBeGreaterThanOrEqual(accepted.length)
    for (const change of ['A', 'B', 'C', 'D', 'E']) expect(desk.change(change)).toBeDefined()
    expect(receipts.slice(0, 6).filter(({ outcome }) => outcome === 'accepted')).toHaveLength(5)
    expect(desk.change('K')?.state).toBe('cancelled')
    await end()
  })

  test('leave nothing where the host takes them back to a savepoint, and go on from there', async () => {
    const { own, trail, desk, end } = await approvable('taken_back')
    await inTransaction(own, async connection => {
      const by = desk.by('rita', { within: trail.join(connection) })
      await connection.query('savepoint here')
      expect((await by.submit(submit('GONE'))).outcome).toBe('accepted')
      await connection.query('rollback to savepoint here')
      expect((await by.cancel({ change: 'GONE', comment: 'was it there' })).outcome).toBe('refused')
      expect((await by.submit(submit('HERE'))).outcome).toBe('accepted')
    })
    await desk.catchUp()
    expect([desk.change('GONE'), desk.change('HERE')?.id]).toEqual([undefined, 'HERE'])
    await end()
  })

  test('are decided on what is left of them where the host takes some back to a savepoint, and on what came since', async () => {
    const { own, trail, desk, end } = await approvable('taken_back_in_part')
    await inTransaction(own, async connection => {
      const by = desk.by('rita', { within: trail.join(connection) })
      const outcomes = async (...changes: string[]) => {
        const receipts = []
        for (const change of changes) receipts.push((await by.submit(submit(change))).outcome)
        return receipts
      }
      expect(await outcomes('A', 'B', 'B')).toEqual(['accepted', 'accepted', 'refused'])
      await connection.query('savepoint here')
      expect(await outcomes('C', 'D', 'E', 'C')).toEqual(['accepted', 'accepted', 'accepted', 'refused'])
      await connection.query('rollback to savepoint here')
      expect(await outcomes('C', 'B', 'E')).toEqual(['accepted', 'refused', 'accepted'])
      await connection.query('rollback to savepoint here')
      // As many as were taken back, and others.
      expect(await outcomes('F', 'C', 'E')).toEqual(['accepted', 'accepted', 'accepted'])
      await connection.query('rollback to savepoint here')
      expect(await outcomes('E', 'A', 'G')).toEqual(['accepted', 'refused', 'accepted'])
    })
    await desk.catchUp()
    expect(desk.changes().map(({ id }) => id)).toEqual(['K', 'A', 'B', 'E', 'G'])
    const lines: Uint8Array[] = []
    for await (const { bytes } of trail.read()) lines.push(bytes, Uint8Array.of(10))
    expect(verifyTrail(lines).status).toBe('sound')
    await end()
  })

  test.each([1, 4])('take no second connection, of a pool of %i', async max => {
    const { own, trail, desk, end } = await approvable(`pool_of_${max}`, max)
    const far = await createDesk({ store: trail, clock })
    // What another desk has written has to be read in within the transactions, by the one that is asked.
    for (const change of ['F1', 'F2']) expect((await far.by('rita').submit(submit(change))).outcome).toBe('accepted')
    const receipts = await Promise.all(
      Array.from({ length: 24 }, (_, at) =>
        inTransaction(own, connection => {
          const by = desk.by('rita', { within: trail.join(connection) })
          return at % 3 === 0
            ? by.cancel({ change: at % 2 === 0 ? 'F1' : 'F2', comment: 'not needed' })
            : by.submit(submit(`P${at}`))
        }),
      ),
    )
    const codes = receipts.map(receipt => (receipt.outcome === 'accepted' ? 'accepted' : receipt.refusal.code))
    expect(codes.filter(code => code === 'accepted')).toHaveLength(16 + 2)
    await desk.catchUp()
    expect(desk.changes()).toHaveLength(1 + 2 + 16)
    await end()
  })

  test('do not wait for one that waits for their transaction to end', async () => {
    const { own, trail, desk, end } = await approvable('crossed')
    const outcomes: string[] = []
    let other: Promise<unknown> | undefined
    await inTransaction(own, async connection => {
      const by = desk.by('rita', { within: trail.join(connection) })
      outcomes.push((await by.submit(submit('FIRST'))).outcome)
      other = inTransaction(own, async second => {
        const receipt = await desk.by('rita', { within: trail.join(second) }).cancel({ change: 'K', comment: 'no' })
        outcomes.push(receipt.outcome)
      })
      await waitUntilBlocked(own)
      // About the same change, and about people, which the desk otherwise decides alone.
      outcomes.push((await by.cancel({ change: 'K', comment: 'not needed' })).outcome)
      outcomes.push(
        (await desk.by('ada', { within: trail.join(connection) }).defineRole({ role: 'r', description: 'a role' }))
          .outcome,
      )
    })
    await other
    expect(outcomes).toEqual(['accepted', 'accepted', 'accepted', 'refused'])
    await end()
  })

  test('leave the transaction as it was where an append fails, and can be given again in it', async () => {
    const { own, trail, desk, end } = await approvable('waits')
    await own.query('create table if not exists waits.booking (id text primary key)')
    const holder = await own.connect()
    await holder.query('begin; select from waits.head for update')
    await inTransaction(own, async connection => {
      await connection.query("set local lock_timeout = '50ms'; insert into waits.booking values ('mine')")
      const by = desk.by('rita', { within: trail.join(connection) })
      await expect(by.submit(submit('LATE'))).rejects.toMatchObject({ code: 'store.unavailable' })
      await holder.query('commit')
      holder.release()
      expect((await by.submit(submit('LATE'))).outcome).toBe('accepted')
    })
    expect((await own.query('select id from waits.booking')).rows).toEqual([{ id: 'mine' }])
    await desk.catchUp()
    expect(desk.change('LATE')?.id).toBe('LATE')
    await end()
  })

  test('say so where the transaction has failed already, or has not begun', async () => {
    const { own, trail, desk, end } = await approvable('failed')
    const connection = await own.connect()
    const by = desk.by('rita', { within: trail.join(connection) })
    await expect(by.submit(submit('NONE'))).rejects.toMatchObject({ code: 'input' })
    await connection.query('begin')
    await expect(connection.query('select nothing')).rejects.toThrow()
    await expect(by.submit(submit('NONE'))).rejects.toMatchObject({ code: 'input' })
    await connection.query('rollback')
    connection.release()
    await end()
  })
})

/** Until somebody waits for a lock that somebody else has. */
async function waitUntilBlocked(own: pg.Pool): Promise<void> {
  for (;;) {
    const { rows } = await own.query(
      "select count(*) as waiting from pg_stat_activity where wait_event_type = 'Lock' and query like '%crossed%'",
    )
    if (Number(rows[0].waiting) > 0) return
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

describe('a command that is refused on an old state', () => {
  test('is decided once more on what others have written, before anybody is told', async () => {
    await migrate(pool, { schema: 'two' })
    const shared = await openPostgresStore(pool, { schema: 'two' })
    const { desk: one } = await f0({ store: shared, submit: null })
    const two = await createDesk({ store: shared, clock: () => new Date('2026-03-03T08:00:00.000Z') })
    await one.by('rita').submit(submitK as never)
    // The other desk has not heard of K, and does not say that there is none.
    const receipt = await two.by('rita').cancel({ change: 'K', comment: 'no longer wanted' })
    expect(receipt.outcome).toBe('accepted')
    await shared.close()
  })
})

describe('listening', () => {
  test('tells when others have written, also after the connection was lost', async () => {
    await migrate(pool, { schema: 'heard' })
    const [one, two] = [
      await openPostgresStore(pool, { schema: 'heard' }),
      await openPostgresStore(pool, { schema: 'heard' }),
    ]
    let told = 0
    const heard = async (atLeast: number) => {
      while (told < atLeast) await new Promise(resolve => setTimeout(resolve, 5))
    }
    const stop = await two.listen(() => {
      told += 1
    })
    await heard(1)
    const draft = (streamSeq: number) =>
      ({ v: 1, id: `id-${streamSeq}`, at: '2026-11-21T09:30:00.000Z', stream: 's', streamSeq }) as const
    await one.append([draft(0)], {})
    await heard(2)
    await pool.query("select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'")
    // Connected again, it tells once more: what was notified meanwhile is lost.
    await heard(3)
    await one.append([draft(1)], {})
    await heard(4)
    await stop()
    await one.append([draft(2)], {})
    await Promise.all([one.close(), two.close()])
  })

  test('shows what goes wrong with whoever is told, and goes on telling', async () => {
    await migrate(pool, { schema: 'fails' })
    const trail = await openPostgresStore(pool, { schema: 'fails' })
    const warnings: string[] = []
    const warned = (warning: Error & { detail?: string }) => warnings.push(`${warning.message}: ${warning.detail}`)
    const printed = process.rawListeners('warning') as (() => void)[]
    process.removeAllListeners('warning').on('warning', warned)
    const before = pool.totalCount - pool.idleCount
    let told = 0
    const stop = await trail.listen((): never => {
      told += 1
      throw new Error(`told ${told}`)
    })
    await trail.append([{ v: 1, id: 'a', at: '2026-11-21T09:30:00.000Z', stream: 's', streamSeq: 0 }], {})
    while (warnings.length < 2) await new Promise(resolve => setTimeout(resolve, 5))
    await stop()
    process.off('warning', warned)
    for (const print of printed) process.on('warning', print)
    expect(warnings).toEqual([expect.stringContaining('told 1'), expect.stringContaining('told 2')])
    expect(pool.totalCount - pool.idleCount).toBe(before)
    await trail.close()
  })
})
