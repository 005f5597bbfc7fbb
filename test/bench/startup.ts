import { fileURLToPath } from 'node:url'
import { inTurn, median, type Row, ratiosOf, run, timed } from './measure.ts'

const rounds = 15
const bin = fileURLToPath(new URL('../../packages/cli/dist/verify-trail.js', import.meta.url))

/** How long `verify-trail` takes before it does anything, as built, against an empty Node. */
export async function startupRow(): Promise<Row> {
  const times = await inTurn(
    rounds,
    () => timed(() => run(process.execPath, [bin, '--version'])),
    () => timed(() => run(process.execPath, ['-e', '0'])),
  )
  const ratios = ratiosOf(times)
  return {
    what: '`verify-trail --version`',
    rival: '`node -e 0`',
    aim: '≤ 1.3',
    ratios,
    median: median(ratios),
    holds: median(ratios) <= 1.3,
  }
}
