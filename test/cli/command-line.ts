import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { content, f0Tested, type Scenario } from '@countersign/testing'
import { bodiesOf, fileOf, type LooseBody, linesOf } from '@countersign/testing/tamper'
import {
  type Checkpoint,
  formatSignerKey,
  formatVerifierKey,
  type SignerKey,
  signCheckpoint,
  signerKey,
  verifierKeyOf,
} from '@countersign/trail'
import type { Verdict } from 'countersign/verify'
import { onTestFinished } from 'vitest'
import { countersign } from '../../packages/cli/src/countersign-line.ts'
import { run } from '../../packages/cli/src/shell/run.ts'
import { verifyTrail } from '../../packages/cli/src/verify-trail-line.ts'

const sources = fileURLToPath(new URL('../../packages/cli/src/', import.meta.url))

/** What a command printed, and the exit code that it ended with. */
export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

type Program = 'verify-trail' | 'countersign'

interface Calling {
  readonly env?: Record<string, string>
  readonly cwd?: string
  readonly input?: Uint8Array
}

/** What the environment says of colours is the machine's, and no business of a test. */
const environment = (own: Calling['env']) => ({
  ...process.env,
  NO_COLOR: undefined,
  FORCE_COLOR: undefined,
  NODE_OPTIONS: '',
  ...own,
})

/** What becomes of the output: its reader hangs up, at once or after a first part and a while; or it goes to a file. */
interface Reader {
  readonly hangUp?: 'at once' | 'later'
  readonly into?: string
  /** The file to which what it complains of goes. */
  readonly complainsInto?: string
}

/** Runs a binary from its source, as a process of its own: what is said of processes is to be seen there alone. */
export function callProcess(name: Program, argv: readonly string[], options: Calling & Reader = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const [into, complainsInto] = [options.into, options.complainsInto].map(path =>
      path === undefined ? undefined : openSync(path, 'w'),
    )
    const child = spawn(process.execPath, ['--conditions=countersign-src', join(sources, `${name}.ts`), ...argv], {
      env: environment(options.env),
      cwd: options.cwd,
      stdio: ['pipe', into ?? 'pipe', complainsInto ?? 'pipe'],
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.input)
    for (const file of [into, complainsInto]) if (file !== undefined) closeSync(file)
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk))
    if (options.hangUp === 'at once') child.stdout?.destroy()
    if (options.hangUp === 'later')
      child.stdout?.once('data', () => {
        child.stdout?.pause()
        setTimeout(() => child.stdout?.destroy(), 300)
      })
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk))
    child.on('error', reject)
    child.on('close', code =>
      resolve({ code, out: Buffer.concat(out).toString('utf8'), err: Buffer.concat(err).toString('utf8') }),
    )
  })
}

const lines = { 'verify-trail': verifyTrail, countersign }

/**
 * Runs the command line of a binary in this process, as its program does. Calls from different folders wait for each
 * other, as a process is in one folder at a time.
 */
export function call(name: Program, argv: readonly string[], options: Calling = {}): Promise<Ran> {
  const { cwd } = options
  if (cwd === undefined) return calledHere(name, argv, options)
  const ran = free.then(async () => {
    const before = process.cwd()
    process.chdir(cwd)
    try {
      return await calledHere(name, argv, options)
    } finally {
      process.chdir(before)
    }
  })
  free = ran.catch(() => {})
  return ran
}

/** Until then this process is in the folder of a call. */
let free: Promise<unknown> = Promise.resolve()

async function calledHere(name: Program, argv: readonly string[], { env, input }: Calling): Promise<Ran> {
  const [stdout, stderr] = [new Written(), new Written()]
  const shell = { env: environment(env), stdin: Readable.from(input === undefined ? [] : [input]), stdout, stderr }
  const code = await run(name, lines[name], [...argv], shell)
  return { code, out: stdout.text(), err: stderr.text() }
}

/** A stream that keeps what is written to it. */
class Written extends Writable {
  readonly #chunks: Buffer[] = []

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk)
    done()
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }
}

/** The verdict that `--json` prints, with its exit code. */
export async function verdictOf(
  trail: string,
  ...options: string[]
): Promise<Verdict & { readonly exitCode: number; readonly schema: string; readonly code: number | null }> {
  const ran = await call('verify-trail', [trail, '--json', ...options])
  if (ran.out === '') throw new Error(`no verdict: ${ran.err}`)
  return { ...(JSON.parse(ran.out) as Verdict & { exitCode: number; schema: string }), code: ran.code }
}

/** A folder that is gone when the test is. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes a file into a folder of its own and gives its path. */
export function written(bytes: Uint8Array | string, name = 'trail.jsonl'): string {
  const path = join(newFolder(), name)
  writeFileSync(path, bytes)
  return path
}

export const writtenLines = (lines: readonly Uint8Array[]): string => written(fileOf(lines))

/** Change K from its submission to its release, with one approval that was refused; and K-2, which has just begun. */
async function released(): Promise<Scenario> {
  const scenario = await f0Tested()
  await scenario.given('bob', 'approve', { change: 'K', comment: 'looks \u001b[31mred\u001b[0m' })
  await scenario.when('alice', 'approve', { change: 'K' })
  await scenario.given('carol', 'approve', { change: 'K' })
  scenario.at(3_600_000)
  await scenario.given('paul', 'release', { change: 'K' })
  await scenario.given('rita', 'submit', {
    change: 'K-2',
    team: 't',
    category: 'normal',
    title: 'Pay\u202e \u001b]0;owned\u0007the roll',
    reason: 'it is due',
    form: { system: 'billing', risk: 'high' },
    content: { digest: content('k2'), makers: ['alice'] },
  })
  return scenario
}

/** The lines of that trail, and what they say. */
export async function releasedLines(): Promise<{
  readonly scenario: Scenario
  readonly lines: Uint8Array[]
  readonly bodies: LooseBody[]
}> {
  const scenario = await released()
  const lines = await linesOf(scenario.store)
  return { scenario, lines, bodies: bodiesOf(lines) }
}

/** The command and the actor of a body, for finding an entry. */
export const saysThat = (body: LooseBody, account: string, type: string): boolean =>
  (body.by as { account: string }).account === account && (body.command as { type: string }).type === type

const origin = 'trail.example/scenario'
export const signer: SignerKey = signerKey(origin, new Uint8Array(32).fill(7))
export const stranger: SignerKey = signerKey(origin, new Uint8Array(32).fill(8))
export const writtenKey = (key: SignerKey): string => written(`${formatVerifierKey(verifierKeyOf(key))}\n`, 'key')
export const writtenSecret = (key: SignerKey): string => written(`${formatSignerKey(key)}\n`, 'key')
export const writtenCheckpoint = (checkpoint: Omit<Checkpoint, 'origin'>, key: SignerKey = signer): string =>
  written(signCheckpoint({ origin, ...checkpoint }, key), 'checkpoint.note')
