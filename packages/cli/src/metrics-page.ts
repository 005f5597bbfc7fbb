import type { Report, Spread } from 'countersign/metrics'
import { count, moment, padTo, type Setting } from './page.ts'
import { refusalWords } from './refusal-words.ts'
import { terminalText } from './terminal-text.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** A length of time in the unit that says most. */
function length(milliseconds: number): string {
  const [unit, name] = milliseconds >= 2 * day ? [day, 'd'] : milliseconds >= 2 * hour ? [hour, 'h'] : [minute, 'min']
  return `${(milliseconds / unit).toFixed(1)} ${name}`
}

/** How changes flowed in an interval, for a person. */
export function metricsPage(report: Report, { paint }: Setting): string {
  const whose = report.team === undefined ? 'All teams' : `Team ${report.team}`
  const rows = [
    ['lead time', 'submitted to done', report.leadTime],
    ['cycle time', 'in progress to done', report.cycleTime],
    ['age', 'of what is open, in progress', report.age],
    ['blocked', 'sent back or condemned', report.blockedTime],
  ] as const
  const table = [
    ...rows.flatMap(([name, about, spread]) => (spread === undefined ? [] : [line(name, about, spread)])),
    ...report.waiting.map(one => line(`waited for ${one.role}`, `${one.stage}, ${one.capacity}`, one.time)),
  ]
  const { opened, fulfilled, late } = report.obligations
  const lines = [
    paint('bold', `${whose}, ${moment(report.from)} to ${moment(report.until)}`),
    `${count(report.arrived, 'change')} arrived, ${report.done} done (${report.perWeek.toFixed(1)} a week), ${report.cancelled} cancelled, set back ${count(report.setBack, 'time')}`,
    ...(report.flowEfficiency === undefined
      ? []
      : [
          `${(100 * report.flowEfficiency).toFixed(0)} % of their time they could be worked on; the rest they waited for decisions`,
        ]),
    ...(opened + fulfilled === 0 ? [] : [`Owed afterwards: ${opened} opened, ${fulfilled} ended, ${late} late`]),
    ...(table.length === 0 ? [] : ['', header, ...table]),
    ...listed('Refused', report.refused, refusalWords),
    ...listed('Limits exceeded', report.overruns, terminalText),
  ]
  return `${lines.join('\n')}\n`
}

const widths = [26, 30, 7] as const
const numberWidth = 10

const cells = (name: string, about: string, rest: readonly string[]) =>
  `  ${padTo(name, widths[0])} ${padTo(about, widths[1])}${rest.map((one, place) => one.padStart(place === 0 ? widths[2] : numberWidth)).join('')}`

const header = cells('', '', ['count', 'half in', '85 % in', '95 % in', 'mean'])

const line = (name: string, about: string, { count: number, p50, p85, p95, mean }: Spread): string =>
  cells(terminalText(name), terminalText(about), [String(number), length(p50), length(p85), length(p95), length(mean)])

function listed(title: string, counts: Readonly<Record<string, number>>, words: (name: string) => string): string[] {
  const rows = Object.entries(counts).toSorted(([, a], [, b]) => b - a)
  return rows.length === 0
    ? []
    : ['', title, ...rows.map(([name, number]) => `  ${String(number).padStart(5)}  ${words(name)}`)]
}
