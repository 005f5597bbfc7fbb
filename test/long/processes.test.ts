import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { atOnce } from '../store/commanders.ts'
import { postgresServer, type Server } from '../store/postgres-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-processes-'))
let server: Server | undefined

beforeAll(async () => {
  server = await postgresServer()
})
afterAll(async () => {
  await server?.end()
  rmSync(folder, { recursive: true })
})

/** `npx -y pnpm@12 faults processes` runs 8 of 200. */
const size = { processes: 4, commands: 40, seed: 20_261_126 }

describe('several processes that give random commands on the same tickets', () => {
  test('make one sound trail in SQLite, in which each acknowledged command stands once and no limit is exceeded', async () => {
    const { entries, conflicts } = await atOnce({ kind: 'sqlite', path: join(folder, 'trail.db') }, size)
    expect(entries).toBeGreaterThan(50)
    // Where nobody ever loses a race, nothing was raced for.
    expect(conflicts).toBeGreaterThan(0)
  })

  test('make one such trail where each has a cache of its own, in and out of which everything goes all the time', async () => {
    const { entries, conflicts } = await atOnce(
      { kind: 'sqlite', path: join(folder, 'cached.db') },
      { ...size, caches: folder },
    )
    expect(entries).toBeGreaterThan(50)
    expect(conflicts).toBeGreaterThan(0)
  })

  test('make one sound trail in PostgreSQL, in which each acknowledged command stands once and no limit is exceeded', async context => {
    if (server === undefined) return context.skip()
    const schema = `processes_${process.pid}`
    const { entries, conflicts } = await atOnce({ kind: 'postgres', config: server.config, schema }, size)
    expect(entries).toBeGreaterThan(50)
    expect(conflicts).toBeGreaterThan(0)
  })
})
