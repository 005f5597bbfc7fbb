/**
 * Everything that the tests try some of, in full and with a fixed seed: `faults [file|processes|kills|races]`, all of them
 * unless one is named. It prints what it has tried, and ends with 1 at the first thing that does not hold.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atOnce } from '../store/commanders.ts'
import { append } from '../store/file-append.ts'
import { tryKill } from '../store/file-killing.ts'
import { type Found, faults, faulty, loadOf, tryFault } from '../store/file-load.ts'
import { killing } from '../store/killing.ts'
import { postgresServer, whyNone } from '../store/postgres-server.ts'
import { run } from './measure.ts'

const seed = 20_261_126
const say = (text: string) => process.stdout.write(`${text}\n`)
const top = mkdtempSync(join(tmpdir(), 'countersign-faults-'))
let folders = 0

/** A folder for one trial, which is taken away after it. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  folders += 1
  const folder = join(top, String(folders))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const counted = (found: readonly Found[]): string =>
  [...new Set(found)]
    .toSorted()
    .map(what => `${found.filter(one => one === what).length} ${what}`)
    .join(', ')

/** Every system call of a load fails in turn in every way, and the process is killed at every one. */
async function file(): Promise<void> {
  const load = await loadOf(seed, 200)
  const { system, calls } = faulty(Number.POSITIVE_INFINITY, { code: undefined, half: false, forGood: false })
  await inFolder(folder => append(system, folder, load.rounds))
  say(`file: ${load.lines.length} entries in ${load.ends.size - 1} appends, ${calls.length} system calls`)
  for (const [name, fault] of faults) {
    const found: Found[] = []
    for (let at = 1; at <= calls.length; at++) found.push(await inFolder(folder => tryFault(folder, load, at, fault)))
    say(`file: ${name} at each of ${calls.length} calls: ${counted(found)}`)
  }
  for (const half of [false, true]) {
    const found: Found[] = []
    for (const [index, name] of calls.entries()) {
      if (half && name !== 'write') continue
      found.push(await inFolder(folder => tryKill(folder, load, { at: index + 1, half })))
    }
    say(
      `file: killed ${half ? 'after half of each of' : 'at each of'} ${found.length} ${half ? 'writes' : 'calls'}: ${counted(found)}`,
    )
  }
}

/** Something on SQLite, and on PostgreSQL where there is one. */
async function onBoth(
  name: string,
  work: (place: Parameters<typeof killing>[0], server?: Awaited<ReturnType<typeof postgresServer>>) => Promise<object>,
): Promise<void> {
  const report = async (where: string, done: Promise<object>) => {
    const from = performance.now()
    const told = Object.entries(await done).map(([what, count]) => `${count} ${what}`)
    say(`${name} on ${where}: ${told.join(', ')}; ${Math.round((performance.now() - from) / 1_000)} s`)
  }
  await report(
    'SQLite',
    inFolder(() => work({ kind: 'sqlite', path: join(top, `${name}.db`) })),
  )
  const server = await postgresServer()
  if (server === undefined) {
    say(`${name} not tried on PostgreSQL: ${whyNone()}`)
    return
  }
  try {
    await report(
      'PostgreSQL',
      work({ kind: 'postgres', config: server.config, schema: `${name}_${process.pid}` }, server),
    )
  } finally {
    await server.end()
  }
}

const parts: Readonly<Record<string, () => Promise<void>>> = {
  file,
  processes: () => onBoth('processes', place => atOnce(place, { processes: 8, commands: 200, seed })),
  kills: () =>
    onBoth('kills', (place, server) =>
      killing(place, { times: 100, seed, ...(server === undefined ? {} : { server }) }),
    ),
  /** The property of the tests, with ten times as many runs. */
  races: async () => {
    process.env.COUNTERSIGN_RUNS = '10'
    const runner = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs')
    const config = join(import.meta.dirname, '../vitest.config.ts')
    const file = 'test/properties/races.test.ts'
    say(await run(process.execPath, [runner, 'run', '--config', config, '--testTimeout=900000', file]))
  },
}

const [asked] = process.argv.slice(2)
try {
  for (const [name, part] of Object.entries(parts)) if (asked === undefined || asked === name) await part()
} finally {
  rmSync(top, { recursive: true, force: true })
}
