import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { killing } from '../store/killing.ts'
import { postgresServer, type Server } from '../store/postgres-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-kills-'))
let server: Server | undefined

beforeAll(async () => {
  server = await postgresServer()
})
afterAll(async () => {
  await server?.end()
  rmSync(folder, { recursive: true })
})

/** `npx -y pnpm@12 faults kills` does it a hundred times. */
describe('where writers are killed at any moment', () => {
  test('nothing that was acknowledged is lost from a trail in SQLite, and it has no gap and no fork', async () => {
    const done = await killing({ kind: 'sqlite', path: join(folder, 'trail.db') }, { times: 4, seed: 20_261_126 })
    expect(done.kill).toBe(4)
    expect(done.acknowledged).toBeGreaterThan(20)
  })

  test('nothing is lost from a trail in PostgreSQL, be it that backends are ended or the server stops at once', async context => {
    if (server === undefined) return context.skip()
    const place = { kind: 'postgres', config: server.config, schema: `kills_${process.pid}` } as const
    const done = await killing(place, { times: 5, seed: 20_261_130, server })
    if (server.restart !== undefined) expect(Math.min(done.kill, done.terminate, done.stop)).toBeGreaterThan(0)
    expect(done.acknowledged).toBeGreaterThan(20)
  })
})
