import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { fileURLToPath } from 'node:url'
import { writeLongHistory } from './long-history.ts'
import { median, type Row, run } from './measure.ts'

const rounds = 5
const few = 10_000
const cli = fileURLToPath(new URL('../../packages/cli/dist/verify-trail.js', import.meta.url))
/**
 * Prints the most memory that the process and its threads have had at once, in KiB, when it ends: what Linux says of it, as
 * what `resourceUsage` says begins with what the process had that started this one.
 */
const told = `import { readFileSync, writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
const peak = () => /^VmHWM:\\s*(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]
if (isMainThread) process.on('exit', () => writeSync(1, peak()))`

/** The same trail with one letter changed in the middle. */
function writeBroken(path: string, broken: string): void {
  copyFileSync(path, broken)
  const file = openSync(broken, 'r+')
  const some = Buffer.alloc(1 << 16)
  const from = Math.floor(statSync(path).size / 2)
  readSync(file, some, 0, some.length, from)
  const at = some.indexOf('"title":"') + 9
  if (at < 9) throw new Error('no title in the middle')
  writeSync(file, some[at] === 0x7a ? 'y' : 'z', from + at)
  closeSync(file)
}

type Expected = 'sound' | 'broken'

/** The peak of a verification that prints one line, in MiB. */
async function peakOf(path: string, argv: readonly string[], expected: Expected): Promise<number> {
  const told64 = `data:text/javascript;base64,${Buffer.from(told).toString('base64')}`
  const args = ['--import', told64, cli, path, '--json', ...argv]
  const printed = await run(process.execPath, args, expected === 'sound' ? 0 : 1)
  const verdict = printed.slice(0, printed.lastIndexOf('}') + 1)
  const { status } = JSON.parse(verdict) as { status: string }
  if (status !== expected) throw new Error(`the verifier says ${status}`)
  return Number(printed.slice(verdict.length)) / 1024
}

/**
 * The most memory of a verification that shares the bytes out among processes, in MiB: of all of them at once, where what they
 * share counts once (`Pss`), looked at every hundredth of a second.
 */
async function peakOfAll(path: string, argv: readonly string[], expected: Expected): Promise<number> {
  const child = spawn(process.execPath, [cli, path, '--json', ...argv], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  let peak = 0
  const look = setInterval(() => {
    let sum = 0
    for (const pid of withChildren(child.pid)) sum += pssOf(pid)
    peak = Math.max(peak, sum)
  }, 10)
  const [code] = await ended
  clearInterval(look)
  if (code !== (expected === 'sound' ? 0 : 1)) throw new Error(`the verifier ended with ${code}`)
  return peak / 1024
}

const seen = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '')

const withChildren = (pid: number | undefined): string[] =>
  pid === undefined ? [] : [String(pid), ...seen(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean)]

/** In KiB. Of a process that ends while it is looked at it is nothing. */
function pssOf(pid: string): number {
  try {
    return Number(/^Pss:\s*(\d+) kB$/m.exec(seen(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** What verifying takes in memory, over few entries and over many, against the most that it may take. */
export async function memoryRows(path: string, entries: number): Promise<Row[]> {
  const short = `${path}.short`
  const broken = `${path}.broken`
  await writeLongHistory(short, few)
  writeBroken(path, broken)
  const rows: Row[] = []
  try {
    for (const [what, most, measure, argv, file, status] of [
      ['the bytes, one thread', 70, peakOf, ['--only', 'integrity', '--threads', '1'], path, 'sound'],
      ['the bytes, two processes', 120, peakOfAll, ['--only', 'integrity', '--threads', '2'], path, 'sound'],
      ['the full verdict, one thread', 120, peakOf, ['--threads', '1'], path, 'sound'],
      ['the same, with a letter changed', 120, peakOf, ['--threads', '1'], broken, 'broken'],
    ] as const) {
      const little = await measure(short, argv, 'sound')
      const peaks: number[] = []
      for (let round = 0; round < rounds; round++) peaks.push(await measure(file, argv, status))
      const peak = median(peaks)
      rows.push({
        what: `peak memory over ${entries.toLocaleString('en')} entries: ${what}`,
        rival: `${most} MiB`,
        aim: '≤ 1',
        ratios: peaks.map(one => one / most),
        median: peak / most,
        holds: peak <= most,
        note: `${peak.toFixed(0)} MiB; ${little.toFixed(0)} over ${few.toLocaleString('en')}`,
      })
    }
  } finally {
    rmSync(short, { force: true })
    rmSync(broken, { force: true })
  }
  return rows
}
