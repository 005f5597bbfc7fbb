import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, rmdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type FileStore, openFileStore } from '@countersign/store-file'
import { CountersignError } from '@countersign/trail'
import { createDesk } from 'countersign'
import { type Case, mapCase } from './map.ts'
import { type Progress, type ProgressOutput, progress } from './progress.ts'
import { replay } from './replay.ts'
import { endings, page, type Report, Tally, type Verdict } from './report.ts'
import { readXes } from './xes.ts'

const usage = `usage: pnpm event-log LOG [--out FOLDER] [--limit N] [--json]

Runs the cases of an event log (XES, gzipped or not) through a policy, and leaves a trail that can be verified.

  --out FOLDER   where the trail goes, as trail.jsonl; a new folder among the temporary ones if none is named
  --limit N      the first N cases only
  --json         the report for machines
`

/** Where the command says what it has to say: `process` is one. */
export interface Told {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: ProgressOutput
}

interface Options {
  readonly log: string
  readonly out: string | undefined
  readonly limit: number | undefined
  readonly json: boolean
}

/** The whole command: read, replay, verify, report. Nothing is written before the log has been read to its end. */
async function run({ log, out, limit, json }: Options, { stdout, stderr }: Told): Promise<number> {
  if (out !== undefined) await refuseTaken(out)
  const start = performance.now()
  const { cases, bytes } = await withProgress(stderr, shown => readCases(log, limit, shown))
  const read = performance.now()
  const folder = out === undefined ? await mkdtemp(join(tmpdir(), 'event-log-')) : resolve(out)
  const tally = new Tally()
  const { ends, trail } = await withProgress(stderr, shown => writeTrail(folder, cases, tally, shown, bytes))
  const ran = performance.now()
  const verdict = await verify(trail.path)
  const report: Report = {
    log,
    ...(limit === undefined ? {} : { limit }),
    cases: cases.length,
    events: sum(cases, one => one.events),
    silent: { drafts: sum(cases, one => one.drafts), takenBack: sum(cases, one => one.takenBack) },
    commands: tally.commands,
    accepted: tally.accepted,
    refused: tally.refused(),
    ...ends,
    trail,
    seconds: { reading: seconds(start, read), running: seconds(read, ran), verifying: seconds(ran, performance.now()) },
    verdict,
  }
  stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : page(report))
  return verdict.exitCode
}

const sum = (cases: readonly Case[], of: (one: Case) => number) => cases.reduce((total, one) => total + of(one), 0)
const seconds = (from: number, to: number) => Math.round(to - from) / 1000

/** A bar that is gone before anything else is said. */
async function withProgress<Result>(
  stderr: ProgressOutput,
  work: (shown: Progress) => Promise<Result>,
): Promise<Result> {
  const shown = progress(stderr, () => performance.now())
  try {
    return await work(shown)
  } finally {
    shown.end()
  }
}

/** Reads the log to its end: one that breaks off, or is not what its checksum says, leaves nothing behind. */
async function readCases(log: string, limit: number | undefined, shown: Progress) {
  const cases: Case[] = []
  const names = new Set<string>()
  let bytes = 0
  const read = (soFar: number, of: number | undefined) => {
    bytes = of ?? soFar
    shown.read(soFar, of)
  }
  for await (const trace of readXes(log, { read })) {
    const one = mapCase(trace)
    if (names.has(one.id))
      throw new CountersignError('input', `${log}: two cases are called ${one.id}; expected one each`)
    names.add(one.id)
    cases.push(one)
    shown.done(cases.length)
    if (cases.length === limit) break
  }
  return { cases, bytes }
}

/** What a trail is called while it grows. It gets its name when it is whole. */
const unfinished = 'trail.unfinished.jsonl'
const finished = 'trail.jsonl'

async function refuseTaken(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined)
  if (found !== undefined && !found.isDirectory()) {
    throw new CountersignError('input', `${folder} is no folder; --out names the folder in which the trail is to be`)
  }
  for (const name of [finished, unfinished]) {
    if (!existsSync(join(folder, name))) continue
    const what = name === finished ? 'a trail' : 'what an interrupted run has left'
    throw new CountersignError('input', `${folder} holds ${what} already (${name}); name another folder, or remove it`)
  }
}

/** Runs all cases on a store in the folder, and names the trail when the last of them is in it. */
async function writeTrail(folder: string, cases: readonly Case[], tally: Tally, shown: Progress, bytes: number) {
  const growing = join(folder, unfinished)
  await refuseTaken(folder)
  const made = await makeFolder(folder)
  let store: FileStore | undefined
  try {
    store = await openFileStore(growing)
    const desk = await createDesk({ store, recordRefusals: 'all' })
    const commands = sum(cases, one => one.steps.length)
    const left = new Map(cases.map(one => [one.id, one.steps.length]))
    let done = cases.filter(one => one.steps.length === 0).length
    await replay(desk, cases, one => {
      tally.add(one)
      const open = (left.get(one.of.id) ?? 0) - 1
      left.set(one.of.id, open)
      if (open === 0) done += 1
      shown.done(done)
      shown.read(Math.round((bytes * tally.commands) / commands), bytes)
    })
    const { size, root } = await store.head()
    await store.close()
    const path = join(folder, finished)
    await rename(growing, path)
    return {
      ends: endings(cases, desk),
      trail: { path, entries: size, bytes: (await stat(path)).size, root },
    }
  } catch (cause) {
    await store?.close().catch(() => undefined)
    // Half a trail is worse than none: it would verify, and be taken for the whole log.
    await rm(made ?? growing, { recursive: true, force: true }).catch(() => undefined)
    throw cause
  }
}

/**
 * Makes the folder and those above it that are missing; the topmost of them, if any. One by one: on file systems where
 * nothing can be made, such as /proc, `mkdir` with `recursive` never comes back.
 */
async function makeFolder(folder: string): Promise<string | undefined> {
  const missing: string[] = []
  for (let one = folder; !existsSync(one); one = dirname(one)) missing.unshift(one)
  try {
    for (const one of missing) await mkdir(one)
    return missing[0]
  } catch (cause) {
    for (const one of missing.toReversed()) await rmdir(one).catch(() => undefined)
    const because = cause instanceof Error ? cause.message : String(cause)
    throw new CountersignError('store.unwritable', `cannot make the folder ${folder}: ${because}`, { cause })
  }
}

const verifier = fileURLToPath(new URL('../../../packages/cli/src/verify-trail.ts', import.meta.url))

/** Has the trail judged by `verify-trail`, in a process of its own, as an auditor would. */
function verify(path: string): Promise<Verdict> {
  return new Promise((done, failed) => {
    const stdio = ['ignore', 'pipe', 'inherit'] as const
    const child = spawn(process.execPath, ['--conditions=countersign-src', verifier, path], { stdio: [...stdio] })
    const parts: Buffer[] = []
    child.stdout?.on('data', (part: Buffer) => parts.push(part))
    child.on('error', failed)
    child.on('close', code => done({ exitCode: code ?? 1, text: Buffer.concat(parts).toString() }))
  })
}

function optionsOf(args: string[]): Options | 'help' {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      limit: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  const [log, more] = positionals
  if (log === undefined) throw new CountersignError('input', 'no log is named')
  if (more !== undefined) throw new CountersignError('input', `one log at a time: ${more} is too many`)
  const limit = values.limit === undefined ? undefined : Number(values.limit)
  if (limit !== undefined && !(/^[1-9]\d*$/.test(values.limit ?? '') && Number.isSafeInteger(limit))) {
    throw new CountersignError('input', `--limit is ${JSON.stringify(values.limit)}; expected a whole number from 1`)
  }
  if (values.out === '') throw new CountersignError('input', '--out is empty; expected a folder')
  return { log, out: values.out, limit, json: values.json }
}

/** Does what the arguments ask for, and gives the exit code. */
export async function eventLog(args: string[], told: Told): Promise<number> {
  let options: Options | 'help'
  try {
    options = optionsOf(args)
  } catch (cause) {
    return complain(told, cause, `\n${usage}`)
  }
  if (options === 'help') {
    told.stdout.write(usage)
    return 0
  }
  try {
    return await run(options, told)
  } catch (cause) {
    return complain(told, cause)
  }
}

/** What a person can mend is told in a sentence; anything else is a fault of this program, and keeps its stack. */
function complain({ stderr }: Told, cause: unknown, more = ''): number {
  const usageFault = cause instanceof TypeError && 'code' in cause && String(cause.code).startsWith('ERR_PARSE_ARGS')
  if (!(cause instanceof CountersignError) && !usageFault) throw cause
  stderr.write(`event-log: ${cause.message}\n${more}`)
  return 2
}
