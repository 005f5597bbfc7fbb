import { spawn } from 'node:child_process'

/** One line of the table: what was measured, against what, and the aim. */
export interface Row {
  readonly what: string
  readonly rival: string
  /** What the ratio should be: `at most` for times, `at least` for throughput. */
  readonly aim: string
  /** Ours over the rival's, one for each pair of runs. */
  readonly ratios: readonly number[]
  readonly median: number
  readonly holds: boolean
  readonly note?: string
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

/**
 * Runs ours and the rival in turn, so that the machine's ups and downs fall on both, after some rounds that are not counted:
 * what is measured runs for days, so it is measured warm.
 * Gives milliseconds for each run.
 */
export async function inTurn(
  rounds: number,
  ours: () => Promise<number>,
  rival: () => Promise<number>,
  warmUp = 1,
): Promise<{ readonly ours: number[]; readonly rival: number[] }> {
  for (let round = 0; round < warmUp; round++) {
    await ours()
    await rival()
  }
  const times = { ours: [] as number[], rival: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    times.ours.push(await ours())
    times.rival.push(await rival())
  }
  return times
}

export const ratiosOf = (times: { readonly ours: readonly number[]; readonly rival: readonly number[] }): number[] =>
  times.ours.map((time, round) => time / (times.rival[round] ?? Number.NaN))

export async function timed(work: () => unknown): Promise<number> {
  const from = performance.now()
  await work()
  return performance.now() - from
}

/** Runs a program and gives what it printed; rejects where it ends otherwise than it should. */
export function run(program: string, args: readonly string[], expected = 0): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let printed = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      printed += text
    })
    child.on('error', reject)
    child.on('close', code =>
      code === expected ? resolve(printed) : reject(new Error(`${program} ended with ${code}`)),
    )
  })
}

/** Runs a program and throws away what it prints, as the shell does with `> /dev/null`. */
export const runQuietly = (program: string, args: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    child.on('error', reject)
    child.on('close', code => (code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}`))))
  })
