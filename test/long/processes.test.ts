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
type Place = Parameters<typeof atOnce>[0]

/**
 * Lets the processes write on one trail, and on another where nobody has lost a race: on a busy machine they may come one
 * after the other, and then nothing was raced for.
 */
async function raced(placeOf: (attempt: number) => Place, more: { readonly caches?: string } = {}): Promise<void> {
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const { entries, conflicts } = await atOnce(placeOf(attempt), { ...size, ...more, seed: size.seed + attempt })
    expect(entries).toBeGreaterThan(50)
    if (conflicts > 0) return
  }
  expect.fail('nobody has ever lost a race')
}

describe('several processes that give random commands on the same tickets', () => {
  test('make one sound trail in SQLite, in which each acknowledged command stands once and no limit is exceeded', () =>
    raced(attempt => ({ kind: 'sqlite', path: join(folder, `trail-${attempt}.db`) })))

  test('make one such trail where each has a cache of its own, in and out of which everything goes all the time', () =>
    raced(attempt => ({ kind: 'sqlite', path: join(folder, `cached-${attempt}.db`) }), { caches: folder }))

  test('make one sound trail in PostgreSQL, in which each acknowledged command stands once and no limit is exceeded', context => {
    const { config } = server ?? {}
    if (config === undefined) return context.skip()
    return raced(attempt => ({ kind: 'postgres', config, schema: `processes_${process.pid}_${attempt}` }))
  })
})
