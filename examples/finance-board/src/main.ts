import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type { Policy } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { quarterEnds } from './calendar.ts'
import { demandOf } from './demand.ts'
import { measure } from './measure.ts'
import { picture } from './picture.ts'
import { withLimits, withoutLimits } from './policy.ts'
import { model, playQuarter } from './quarter.ts'
import { study } from './study.ts'
import { studyTable, table } from './table.ts'

/** The seed of the quarter that is told. */
export const seed = 2026
const mostSeeds = 200

const root = fileURLToPath(new URL('../../..', import.meta.url))
const countersign = fileURLToPath(new URL('../../../packages/cli/src/countersign.ts', import.meta.url))

const usage = `usage: pnpm finance-board [--seeds N]

Plays a quarter of a finance-systems team twice, without limits on work in progress and with them, and tells what flowed.

  --seeds N   how many more pairs of quarters are played to see what hangs on which assumption: 0 to ${mostSeeds}, 3 unless told
`

const newline = Uint8Array.of(0x0a)
const fileOf = (lines: readonly Uint8Array[]) => Buffer.concat(lines.flatMap(line => [line, newline]))

/** Plays both quarters, leaves trails and picture in the folder, and tells what came of it. */
export async function tell(folder: string, seeds: number, print: (line: string) => void): Promise<number> {
  const wishes = demandOf(seed)
  const without = await playQuarter(withoutLimits, wishes)
  const limited = await playQuarter(withLimits, wishes)
  const [before, after] = [measure(without.lines), measure(limited.lines)]
  const free = { ...model, switching: 0 }
  const doneFor = async (policy: Policy) => measure((await playQuarter(policy, wishes, free)).lines).report.done
  const freely = [await doneFor(withoutLimits), await doneFor(withLimits)] as const
  await mkdir(folder, { recursive: true })
  const path = (name: string) => join(folder, name)
  const shown = (name: string) => relative(process.cwd(), path(name))
  const trails = { 'without-limits.jsonl': fileOf(without.lines), 'with-limits.jsonl': fileOf(limited.lines) }
  for (const [name, bytes] of Object.entries(trails)) await writeFile(path(name), bytes)
  await writeFile(path('flow.svg'), picture(before, after, { seed, switching: model.switching, free: freely }))

  print(`Thirteen simulated weeks, seed ${seed}: the same requests, without limits and with them\n`)
  for (const line of table({ figures: before, hours: without.hours }, { figures: after, hours: limited.hours }))
    print(line)
  if (seeds > 0) {
    print(`\nWhat hangs on which assumption: means over ${seeds} pairs with other requests, without → with limits\n`)
    for (const line of studyTable(await study(seeds))) print(line)
  }
  print(
    `\nThe board on the last evening (countersign board ${shown('with-limits.jsonl')} --at ${quarterEnds.toISOString()})\n`,
  )
  const args = ['--conditions=countersign-src', countersign, 'board', path('with-limits.jsonl')]
  const board = spawnSync(process.execPath, [...args, '--at', quarterEnds.toISOString()], { encoding: 'utf8' })
  print(board.status === 0 ? board.stdout.trimEnd() : board.stderr.trimEnd())

  print('\nBoth trails, every decision in them made again:')
  let isSound = board.status === 0
  for (const [name, bytes] of Object.entries(trails)) {
    const verdict = verifyTrail([bytes])
    isSound &&= verdict.status === 'sound'
    print(
      `  ${verdict.status}: ${shown(name)}, ${verdict.size} entries, ${verdict.found} findings; held by no checkpoint`,
    )
  }
  print(`The picture is in ${shown('flow.svg')}.`)
  return isSound ? 0 : 1
}

/** Where the program says what it has to say: `process` is one. */
interface Told {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

/** Reads the command line. A usage that is not understood is told and ends with 2. */
export async function financeBoard(argv: string[], { stdout, stderr }: Told): Promise<number> {
  let seeds = 3
  try {
    const { values } = parseArgs({ args: argv, options: { seeds: { type: 'string' }, help: { type: 'boolean' } } })
    if (values.help) {
      stdout.write(usage)
      return 0
    }
    if (values.seeds !== undefined) seeds = /^\d{1,3}$/.test(values.seeds) ? Number(values.seeds) : Number.NaN
    if (!(seeds <= mostSeeds)) throw new TypeError(`--seeds ${values.seeds} is no whole number from 0 to ${mostSeeds}`)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    stderr.write(`finance-board: ${error.message.split('\n', 1)[0]}\n${usage}`)
    return 2
  }
  return tell(join(root, '.countersign', 'finance-board'), seeds, line => stdout.write(`${line}\n`))
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await financeBoard(process.argv.slice(2), process)
}
