import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import { openSqliteStore } from '@countersign/store-sqlite'
import { openPostgresStore, migrate } from '@countersign/store-postgres'
import { Scenario, baseline } from '@countersign/testing'
import { approval, approvals, category, policy, release, role } from 'countersign/policy'
import { memoryStore, createDesk } from 'countersign'
import pg from 'pg'
import { postgresServer } from '../store/postgres-server.ts'
const kind = process.argv[2]!, callers = Number(process.argv[3]), N = Number(process.argv[4])
const server = kind === 'pg' ? await postgresServer() : undefined
const folder = mkdtempSync(join(tmpdir(), 'dt-'))
const pool = server ? new pg.Pool({ ...server.config, max: 16 }) : undefined
if (pool) await migrate(pool)
const store = kind === 'file' ? await openFileStore(folder) : kind === 'sqlite' ? await openSqliteStore(join(folder, 'x.db')) : kind === 'pg' ? await openPostgresStore(pool!) : memoryStore()
const flow = [approval('peer', approvals(1).from(role('appr'))), release('roll', { by: role('deployer') })]
const p = policy('t', { complies: baseline, roles: { appr: 'a', deployer: 'd' } }, { normal: category({ flow }) })
await Scenario.open({ controls: baseline, policies: [p], people: { ann: ['appr'], bob: ['appr'], paul: ['deployer'], fred: [], mia: [] }, store })
const desk = await createDesk({ store })
let n = 0, next = 0
const one = async () => { for (;;) { const i = next++; if (i >= N) return
  const change = `X-${i}`
  const r = await desk.by('fred').submit({ change, team: 't', category: 'normal', title: 'x', reason: 'x', form: {}, content: { digest: 'a'.repeat(64), makers: ['mia'] } }); n++
  if (r.outcome === 'refused') throw new Error(r.because)
  const { revision, digest } = desk.change(change)!
  const a = await desk.by('ann').approve({ change, revision, digest }); n++
  if (a.outcome === 'refused') throw new Error(a.because)
  const b = await desk.by('paul').release({ change, revision, digest }); n++
  if (b.outcome === 'refused') throw new Error(b.because)
} }
const t = performance.now(), c = process.cpuUsage()
await Promise.all(Array.from({ length: callers }, one))
const s = (performance.now() - t) / 1000, d = process.cpuUsage(c)
console.log(kind, callers, (n / s).toFixed(0), 'a second; cpu µs each', ((d.user + d.system) / n).toFixed(0))
await store.close(); await pool?.end(); await server?.end()
