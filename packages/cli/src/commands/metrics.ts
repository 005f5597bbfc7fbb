import { Metrics } from 'countersign/metrics'
import { metricsPage } from '../pages/metrics-page.ts'
import { settingFor } from '../pages/page.ts'
import type { Options } from '../shell/command.ts'
import { InputError } from '../shell/input-error.ts'
import type { Shell } from '../shell/shell.ts'
import { shellWord } from '../shell/shell-word.ts'
import { requirePeriod } from '../source/period.ts'
import { document, show, unknown } from '../source/show.ts'
import { toldAs } from '../source/store-address.ts'
import { instantOf, readLines } from '../source/trail-reader.ts'

/** Shows how changes flowed in an interval. */
export async function metrics([trail = '']: readonly string[], asked: Options, shell: Shell): Promise<number> {
  const { team, from, until, json } = asked
  const measured = new Metrics()
  await readLines(trail, ({ seq, bytes }) => {
    try {
      measured.line(bytes)
    } catch (cause) {
      throw new InputError(
        `${toldAs(trail)} cannot be measured: entry ${seq} is no entry: ${(cause as Error).message}`,
        {
          hint: `verify-trail ${shellWord(toldAs(trail))} tells more.`,
          cause,
        },
      )
    }
  })
  if (team !== undefined && !measured.teams.includes(team)) throw unknown('team', team, measured.teams)
  const begin = from === undefined ? measured.from : instantOf(from, 'from')
  // The end of an interval does not belong to it, and the last entry does.
  const end = until === undefined ? new Date(Date.parse(measured.until) + 1).toISOString() : instantOf(until, 'until')
  requirePeriod('interval', begin, end, until)
  const teams = team === undefined ? [...(measured.teams.length > 1 ? [undefined] : []), ...measured.teams] : [team]
  const instants = spreadOver(begin, end)
  const reports = teams.map(one => ({
    ...measured.report({ from: begin, until: end, ...(one === undefined ? {} : { team: one }) }),
    flow: measured.flow(instants, one),
  }))
  if (json) return show(shell, document(reports))
  if (reports.length === 0) return show(shell, 'There is no change in it.\n')
  return show(
    shell,
    reports.map(({ flow, ...report }) => metricsPage(report, flow, settingFor(shell.stdout, shell.env))).join('\n'),
  )
}

const shownInstants = 8

/** Some instants of an interval, equally far from each other, to the last before its end. */
function spreadOver(from: string, until: string): string[] {
  const [begin, last] = [Date.parse(from), Date.parse(until) - 1]
  const instants = Array.from({ length: shownInstants }, (_, index) =>
    new Date(begin + Math.floor(((last - begin) * (index + 1)) / shownInstants)).toISOString(),
  )
  return [...new Set(instants)]
}
