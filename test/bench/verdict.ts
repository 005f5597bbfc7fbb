import { fileURLToPath } from 'node:url'
import { inTurn, median, type Row, ratiosOf, run, runQuietly, timed } from './measure.ts'

const rounds = 5
const cli = fileURLToPath(new URL('../../packages/cli/dist/verify-trail.js', import.meta.url))

/** The same as a host calls it, without what the command line asks of the engine. */
const hosted = fileURLToPath(new URL('./verdict-child.js', import.meta.url))

/** Runs the verifier as a process of its own. Throws where the trail is not found sound. */
async function verify(script: string, path: string, ...argv: string[]): Promise<void> {
  const { status } = JSON.parse(await run(process.execPath, [script, path, '--json', ...argv])) as { status: string }
  if (status !== 'sound') throw new Error(`the verifier says ${status}`)
}

interface Pair {
  readonly what: string
  readonly rival: readonly [program: string, ...argv: string[]]
  readonly most: number
  readonly argv: readonly string[]
  /** What runs: the command line, unless told otherwise. */
  readonly script?: string
}

async function rowOf(
  path: string,
  { what, rival: [program, ...argv], most, argv: ours, script = cli }: Pair,
): Promise<Row> {
  const times = await inTurn(
    rounds,
    () => timed(() => verify(script, path, ...ours)),
    () => timed(() => runQuietly(program, [...argv, path])),
    0,
  )
  const ratios = ratiosOf(times)
  const seconds = (milliseconds: readonly number[]) => `${(median(milliseconds) / 1_000).toFixed(1)} s`
  return {
    what,
    rival: `\`${[program, ...argv].join(' ')}\` of the file`,
    aim: `≤ ${most}`,
    ratios,
    median: median(ratios),
    holds: median(ratios) <= most,
    note: `${seconds(times.ours)} against ${seconds(times.rival)}`,
  }
}

/** The whole verdict, every decision made again, on one thread and on two. */
export async function verdictRows(path: string, entries: number): Promise<Row[]> {
  const count = entries.toLocaleString('en')
  const jq = ['jq', '-c', '.'] as const
  const pairs: Pair[] = [
    { what: `full verdict over ${count} entries, two threads`, rival: jq, most: 1, argv: ['--threads', '2'] },
    { what: 'the same, the engine left to itself', rival: jq, most: 1, argv: ['2'], script: hosted },
    { what: 'the same, one thread', rival: jq, most: 2, argv: ['--threads', '1'] },
  ]
  const rows: Row[] = []
  for (const pair of pairs) rows.push(await rowOf(path, pair))
  return rows
}
