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
})
