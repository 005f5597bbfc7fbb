import { Population } from 'countersign/sheet'
import { count, settingFor } from '../pages/page.ts'
import { populationPage } from '../pages/population-page.ts'
import type { Options } from '../shell/command.ts'
import { InputError } from '../shell/input-error.ts'
import type { Shell } from '../shell/shell.ts'
import { shellWord } from '../shell/shell-word.ts'
import { requirePeriod } from '../source/period.ts'
import { readEntries } from '../source/read-entries.ts'
import { document, show, unknown } from '../source/show.ts'
import { toldAs } from '../source/store-address.ts'
import { instantOf } from '../source/trail-reader.ts'

/** Lists the changes that were closed in a period. */
export async function population([trail = '']: readonly string[], asked: Options, shell: Shell): Promise<number> {
  const { team, json } = asked
  const from = asked.from === undefined ? undefined : instantOf(asked.from, 'from')
  const until = asked.until === undefined ? undefined : instantOf(asked.until, 'until')
  if (from !== undefined && until !== undefined) requirePeriod('period', from, until, until)
  const listing = new Population({
    ...(team === undefined ? {} : { team }),
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
  })
  await readEntries(trail, bytes => listing.line(bytes))
  if (team !== undefined && !listing.teams.includes(team)) throw unknown('team', team, listing.teams)
  const report = listing.report()
  requirePeriod('period', report.from, report.until, until)
  const text = json
    ? document({ schema: 'countersign/population/v1', ...report })
    : populationPage(report, settingFor(shell.stdout, shell.env))
  if (report.closes === report.changes.length) return show(shell, text)
  // Whoever reads the first lines only is not to take the list for the population.
  show(shell, text)
  shell.exitCode = 2
  const listed = `${count(report.changes.length, 'change')} ${report.changes.length === 1 ? 'is' : 'are'}`
  throw new InputError(
    `${toldAs(trail)} closes changes ${count(report.closes, 'time')} in the period, and ${listed} listed`,
    { hint: `verify-trail ${shellWord(toldAs(trail))} tells more.` },
  )
}
