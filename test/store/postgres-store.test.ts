import { migrate, openPostgresStore } from '@countersign/store-postgres'
import { storeContract } from '@countersign/testing/store-contract'
import type { Store } from '@countersign/trail/store'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
