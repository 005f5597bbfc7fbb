import { randomBytes } from 'node:crypto'
import { migrate, openPostgresStore } from '@countersign/store-postgres'
import { storeContract } from '@countersign/testing/store-contract'
import type { Store } from '@countersign/trail/store'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { draft } from './draft.ts'
import { postgresServer, type Server } from './postgres-server.ts'

let server: Server | undefined
let pool: pg.Pool | undefined

beforeAll(async () => {
  server = await postgresServer()
  if (server === undefined) return
  pool = new pg.Pool({ ...server.config, max: 10 })
  pool.on('error', () => {})
})
afterAll(async () => {
  await pool?.end()
  await server?.end()
})

const run = `t${process.pid}`
let opened = 0
const schemas = new WeakMap<Store, string>()

async function open(schema: string): Promise<Store> {
  if (pool === undefined) throw new Error('no server')
  const store = await openPostgresStore(pool, { schema })
  schemas.set(store, schema)
  return store
}

const again = (store: Store) => open(schemas.get(store) ?? '')

storeContract(
  'openPostgresStore',
  {
    describe,
    test: (title, body) => test(title, async context => (pool === undefined ? context.skip() : body())),
    expect,
  },
  {
    open: async () => {
      const schema = `${run}_${opened++}`
      await migrate(pool as pg.Pool, { schema })
      return open(schema)
    },
    reopen: again,
    second: again,
  },
)

test('A name of a stream has as many bytes as the index has room for, however little they repeat themselves', async context => {
  if (pool === undefined) return context.skip()
  const schema = `${run}_long`
  await migrate(pool, { schema })
  const store = await open(schema)
  const name = randomBytes(1_950).toString('base64')
  expect(name.length).toEqual(2_600)
  const draftIn = (stream: string) => ({ ...draft('a', 0), stream })
  await store.append([draftIn(name)], { [name]: 0 })
  const refused = store.append([draftIn(`${name}a`)], { [name]: 1, [`${name}a`]: 0 })
  await expect(refused).rejects.toMatchObject({ code: 'entry', message: expect.stringContaining('2600 bytes') })
  await store.close()
})
