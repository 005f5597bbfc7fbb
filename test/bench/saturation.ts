/** Measures at how many commands a second one trail is full, and writes it where the documentation's table and picture are drawn from. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openFileStore } from '@countersign/store-file'
import { migrate, openPostgresStore } from '@countersign/store-postgres'
import { openSqliteStore } from '@countersign/store-sqlite'
import { f0, submitK } from '@countersign/testing'
import type { Store } from '@countersign/trail/store'
import { createDesk, type Desk } from 'countersign'
import pg from 'pg'
import { postgresServer, whyNone } from '../store/postgres-server.ts'
import { median, timed } from './measure.ts'

const rounds = 5
const callers = [1, 2, 4, 8, 16, 32, 64, 128, 256]
const least = 512

/** Commands a second of each number of callers at one desk, each of whom waits for the receipt before the next. */
export interface Saturation {
  readonly store: string
  readonly rates: readonly { readonly callers: number; readonly commands: number }[]
}

let submitted = 0

/** So many callers hand in changes until there are so many, and how many a second that makes. */
async function rateOf(desk: Desk, many: number): Promise<number> {
  const each = Math.max(2, Math.ceil(least / many))
  const time = await timed(() =>
    Promise.all(
      Array.from({ length: many }, async () => {
        for (let turn = 0; turn < each; turn++) {
          submitted += 1
          const receipt = await desk.by('rita').submit({ ...submitK, change: `S-${submitted}` } as never)
          if (receipt.outcome === 'refused') throw new Error(receipt.because)
        }
      }),
    ),
  )
  return (1_000 * many * each) / time
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
const server = await postgresServer()
if (server === undefined) process.stderr.write(`without PostgreSQL: ${whyNone()}\n`)
const pool = server === undefined ? undefined : new pg.Pool({ ...server.config, max: 4 })
try {
  const stores: Record<string, Store> = {
    'a file': await openFileStore(join(folder, 'trail')),
    SQLite: await openSqliteStore(join(folder, 'trail.db')),
  }
  if (pool !== undefined) {
    await migrate(pool, { schema: 'saturation' })
    stores.PostgreSQL = await openPostgresStore(pool, { schema: 'saturation', notify: false })
  }
  const found: { store: string; desk: Desk; rates: Map<number, number[]> }[] = []
  for (const [name, store] of Object.entries(stores)) {
    await f0({ store })
    found.push({ store: name, desk: await createDesk({ store }), rates: new Map(callers.map(many => [many, []])) })
  }
  // One round that is not counted, and the stores in turn.
  for (let round = 0; round <= rounds; round++) {
    for (const many of callers) {
      for (const { desk, rates } of found) {
        const rate = await rateOf(desk, many)
        if (round > 0) rates.get(many)?.push(rate)
      }
    }
    process.stderr.write(`round ${round} of ${rounds}\n`)
  }
  const told: Saturation[] = found.map(({ store, rates }) => ({
    store,
    rates: [...rates].map(([many, all]) => ({ callers: many, commands: Math.round(median(all)) })),
  }))
  const path = fileURLToPath(new URL('../../docs/explanation/where-a-trail-is-full.json', import.meta.url))
  writeFileSync(path, `${JSON.stringify({ node: process.version, stores: told }, null, 2)}\n`)
  for (const store of Object.values(stores)) await store.close()
} finally {
  await pool?.end()
  await server?.end()
  rmSync(folder, { recursive: true, force: true })
}
