import { closeSync, fdatasync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { openFileStore } from '@countersign/store-file'
import { migrate, openPostgresStore } from '@countersign/store-postgres'
import { openSqliteStore } from '@countersign/store-sqlite'
import { EMPTY_ROOT, sealEntry } from '@countersign/trail'
import type { Store } from '@countersign/trail/store'
import pg from 'pg'
import { postgresServer, whyNone } from '../store/postgres-server.ts'
import { inTurn, median, type Row, ratiosOf, run as runProgram, timed } from './measure.ts'

const rounds = 7
/** How many entries every run appends. */
const count = 512
const draft = (stream: string, streamSeq: number) =>
  ({
    v: 1,
    id: `${stream}-${streamSeq}-of-the-bench`,
    at: '2026-03-02T08:00:00.000Z',
    stream,
    streamSeq,
    by: { account: 'bob', person: 'bob' },
    command: { type: 'approve', change: stream, revision: 1, comment: 'a comment as long as comments are' },
  }) as const

/** So many callers, each with a stream of its own on one of the stores, and so many appends one after the other. */
const appends = (stores: readonly Store[], callers: number, each: number): Promise<number> =>
  timed(() =>
    Promise.all(
      Array.from({ length: callers }, async (_, caller) => {
        const store = stores[caller % stores.length] as Store
        for (let turn = 0; turn < each; turn++)
          await store.append([draft(`caller-${caller}`, turn)], { [`caller-${caller}`]: turn })
      }),
    ),
  )

/** What the bench is held against lies in a folder of its own, as nobody else needs it. */
function peer(name: string): string | undefined {
  try {
    return pathToFileURL(createRequire(new URL('./peers/package.json', import.meta.url)).resolve(name)).href
  } catch {
    return undefined
  }
}

interface Hypercore {
  ready(): Promise<void>
  append(block: Uint8Array): Promise<unknown>
  close(): Promise<void>
}

/** A rate: how many times as many entries in the same time. */
async function rateRow(
  { what, rival, least, warmUp = 2 }: { what: string; rival: string; least: number; warmUp?: number },
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<Row> {
  const times = await inTurn(rounds, ours, theirs, warmUp)
  const ratios = ratiosOf({ ours: times.rival, rival: times.ours })
  const middle = median(ratios)
  return {
    what: `${what}, entries a second`,
    rival,
    aim: `≥ ${least}`,
    ratios,
    median: middle,
    holds: middle >= least,
    note: `${Math.round((1_000 * count) / median(times.ours)).toLocaleString('en')} a second`,
  }
}
/** Durable appends to each store, by one caller and by many, against what others make of the same rows. */
export async function storesRows(say: (text: string) => void): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
  let run = 0
  const path = (name: string) => join(folder, `${name}-${run++}`)
  const { bytes, leafHash } = sealEntry({ ...draft('rival', 0), seq: 0 }, EMPTY_ROOT)
  const on = async (open: () => Promise<Store>, callers: number): Promise<number> => {
    const store = await open()
    const time = await appends([store], callers, count / callers)
    await store.close()
    return time
  }
  const file = () => on(() => openFileStore(path('trail')), 1)
  const sqlite = (callers: number) => () => on(() => openSqliteStore(path('trail.db')), callers)
  /** The same rows, each in a transaction of its own, by the shortest way there is. */
  const plainSqlite = async (): Promise<number> => {
    const database = new DatabaseSync(path('plain.db'))
    database.exec('pragma journal_mode = wal; pragma synchronous = full')
    database.exec(
      'create table entry (seq integer primary key, stream text, stream_seq integer, leaf_hash text, bytes blob, unique (stream, stream_seq)) strict',
    )
    const insert = database.prepare('insert into entry values (?, ?, ?, ?, ?)')
    const time = await timed(() => {
      for (let seq = 0; seq < count; seq++) insert.run(seq, 'rival', seq, leafHash, bytes)
    })
    database.close()
    return time
  }
  /** The least that a record takes which is durable before the next: a write, and an fdatasync that no thread waits for. */
  const plainFile = async (): Promise<number> => {
    const line = Buffer.concat([bytes, Buffer.from('\n')])
    const to = openSync(path('plain'), 'a')
    const time = await timed(async () => {
      for (let seq = 0; seq < count; seq++) {
        writeSync(to, line)
        await new Promise(resolve => fdatasync(to, resolve))
      }
    })
    closeSync(to)
    return time
  }
  const rows: Row[] = []
  try {
    const floor = 'a write and an awaited fdatasync of each line, and nothing else'
    const plain = '`node:sqlite`, WAL, synchronous FULL, an insert for each'
    rows.push(
      await rateRow({ what: 'a file, one caller', rival: plain, least: 1.2 }, file, plainSqlite),
      await rateRow({ what: 'SQLite, one caller', rival: plain, least: 0.5 }, sqlite(1), plainSqlite),
      await rateRow({ what: 'SQLite, 64 callers', rival: plain, least: 3 }, sqlite(64), plainSqlite),
      await rateRow({ what: 'a file, one caller', rival: floor, least: 0.8 }, file, plainFile),
    )
    const hypercore = peer('hypercore')
    if (hypercore === undefined) say('hypercore is not here: npm install --prefix test/bench/peers')
    else {
      const { default: Core } = (await import(hypercore)) as { default: new (path: string) => Hypercore }
      const rival = (isDurable: boolean) => async (): Promise<number> => {
        const folder = path('core')
        const core = new Core(folder)
        await core.ready()
        const log = isDurable ? openSync(logIn(folder), 'r+') : undefined
        const time = await timed(async () => {
          for (let seq = 0; seq < count; seq++) {
            await core.append(bytes)
            if (log !== undefined) await new Promise(resolve => fdatasync(log, resolve))
          }
        })
        if (log !== undefined) closeSync(log)
        await core.close()
        return time
      }
      const what = 'a file, one caller'
      rows.push(
        await rateRow({ what, rival: 'hypercore, its log flushed after each append', least: 2 }, file, rival(true)),
        await rateRow({ what, rival: 'hypercore, which waits for no flush', least: 2 }, file, rival(false)),
      )
    }
    rows.push(...(await postgresRows(file, bytes, leafHash, say)))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return rows
}

/** The log into which hypercore's RocksDB writes first; by itself it is flushed when it is full, or closed. */
function logIn(folder: string): string {
  const log = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find(name => name.endsWith('.log'))
  if (log === undefined) throw new Error('hypercore has no log')
  return join(folder, log)
}

async function postgresRows(
  file: () => Promise<number>,
  bytes: Uint8Array,
  leafHash: string,
  say: (text: string) => void,
): Promise<Row[]> {
  const server = await postgresServer()
  if (server === undefined) {
    say(`no rows for PostgreSQL: ${whyNone()}`)
    return []
  }
  const pool = new pg.Pool({ ...server.config, max: 17 })
  pool.on('error', () => {})
  let run = 0
  const rows: Row[] = []
  try {
    const name = () => `bench_${process.pid}_${run++}`
    /** A connection for each store: as many processes as there are stores, as far as the server can tell. */
    const ours = (callers: number, stores: number) => async (): Promise<number> => {
      const schema = name()
      await migrate(pool, { schema })
      const all = await Promise.all(
        Array.from({ length: stores }, () => openPostgresStore(pool, { schema, notify: false })),
      )
      const time = await appends(all, callers, count / callers)
      for (const store of all) await store.close()
      return time
    }
    const plain = async (): Promise<number> => {
      const table = name()
      await pool.query(
        `create table ${table} (seq bigint primary key, stream text, stream_seq bigint, leaf_hash text, bytes bytea, unique (stream, stream_seq))`,
      )
      const values = (seq: number) => [seq, 'rival', seq, leafHash, Buffer.from(bytes)]
      return timed(async () => {
        for (let seq = 0; seq < count; seq++)
          await pool.query(`insert into ${table} values ($1, $2, $3, $4, $5)`, values(seq))
      })
    }
    const rival = 'PostgreSQL, an insert for each by one caller'
    rows.push(
      await rateRow({ what: 'PostgreSQL, one caller', rival, least: 0.25, warmUp: 1 }, ours(1, 1), plain),
      await rateRow({ what: 'PostgreSQL, 64 callers', rival, least: 3, warmUp: 1 }, ours(64, 1), plain),
    )
    const emmett = peer('@event-driven-io/emmett-postgresql')
    if (emmett === undefined) {
      say('emmett is not here: npm install --prefix test/bench/peers')
      return rows
    }
    const { host, user, database, connectionString } = server.config
    const url =
      connectionString ?? `postgresql://${user}@localhost/${database}?host=${encodeURIComponent(String(host))}`
    const program = fileURLToPath(new URL('./emmett-child.js', import.meta.url))
    const theirs = (callers: number) => async (): Promise<number> =>
      Number(await runProgram(process.execPath, [program, emmett, url, String(callers), String(count)]))
    rows.push(
      await rateRow(
        { what: 'a file, one caller', rival: 'emmett on PostgreSQL', least: 5, warmUp: 1 },
        file,
        theirs(1),
      ),
      await rateRow(
        { what: 'PostgreSQL, 16 callers in one process', rival: 'emmett, 16 connections', least: 3, warmUp: 1 },
        ours(16, 1),
        theirs(16),
      ),
      await rateRow(
        { what: 'PostgreSQL, 64 callers in one process', rival: 'emmett, 16 connections', least: 3, warmUp: 1 },
        ours(64, 1),
        theirs(16),
      ),
      await rateRow(
        {
          what: 'PostgreSQL, 64 callers in what could be 16 processes',
          rival: 'emmett, 16 connections',
          least: 3,
          warmUp: 1,
        },
        ours(64, 16),
        theirs(16),
      ),
    )
    return rows
  } finally {
    await pool.end()
    await server.end()
  }
}
