import type { Counted, Report, Spread } from 'countersign/metrics'
import { terminalText } from '../shell/terminal-text.ts'
import { count, moment, padTo, paragraph, type Setting, wrap } from './page.ts'
import { refusalWords } from './refusal-words.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** A length of time in the unit that says most. */
function length(milliseconds: number): string {
  if (milliseconds === 0) return '0'
  const [unit, name] = milliseconds >= 2 * day ? [day, 'd'] : milliseconds >= 2 * hour ? [hour, 'h'] : [minute, 'min']
  return `${(milliseconds / unit).toFixed(1)} ${name}`
}

/** How changes flowed in an interval, and how many were where at some instants of it, for a person. */
export function metricsPage(report: Report, flow: readonly Counted[], setting: Setting): string {
  const { paint } = setting
  const whose = report.team === undefined ? 'All teams' : `Team ${report.team}`
  const rows = [
    ['lead time, submitted to done', report.leadTime],
    ['cycle time, in progress to done', report.cycleTime],
    ['age of what is open, in progress', report.age],
    ['sent back, condemned or vetoed', report.blockedTime],
  ] as const
  const told = rows.flatMap(([name, spread]) => (spread === undefined ? [] : [tableRow(name, spread, setting)]))
  const waits = report.waiting.map(({ stage, role, capacity, time }) =>
    tableRow(terminalText(`${role} at ${stage}, ${capacity}`), time, setting),
  )
  const { opened, fulfilled, late, open, overdue } = report.obligations
  const lines = [
    paint('bold', paragraph('', `${whose}, ${moment(report.from)} to ${moment(report.until)}`, setting)),
    ...[
      `${count(report.arrived, 'change')} arrived, ${report.done} done (${report.perWeek.toFixed(1)} a week), ${report.cancelled} cancelled, set back ${count(report.setBack, 'time')}`,
      ...(report.flowEfficiency === undefined
        ? []
        : [
            `${(100 * report.flowEfficiency).toFixed(0)} % of their time they could be worked on; the rest they waited for decisions`,
          ]),
      ...(opened + fulfilled + open === 0
        ? []
        : [
            `Owed afterwards: ${opened} opened, ${fulfilled} ended, ${late} of them late; ${open} open, ${overdue} overdue`,
          ]),
    ].map(text => paragraph('', text, setting)),
    ...(told.length === 0 ? [] : ['', heading('How long', setting), ...told]),
    ...(waits.length === 0 ? [] : ['', heading('Waited for', setting), ...waits]),
    ...flowLines(flow, setting, report.team !== undefined),
    ...listed('Refused', report.refused, refusalWords, setting),
    ...listed('Limits exceeded', report.overruns, terminalText, setting),
  ]
  return `${lines.join('\n')}\n`
}

const numbers = ['count', 'half in', '85 % in', '95 % in', 'mean']
const widths = [6, 9, 9, 9, 9]
const taken = widths.reduce((sum, one) => sum + one, 2)
const widestLabel = 48

const labelWidth = ({ columns }: Setting) => Math.max(16, Math.min(widestLabel, columns - taken))

const cells = (texts: readonly string[]) => texts.map((text, place) => text.padStart(widths[place] ?? 0)).join('')

const heading = (title: string, setting: Setting): string => padTo(title, labelWidth(setting) + 2) + cells(numbers)

/** A row of the table; a label that is too long for its place goes on below. */
function tableRow(label: string, { count: number, p50, p85, p95, mean }: Spread, setting: Setting): string {
  const [first = '', ...rest] = wrap(label, labelWidth(setting))
  const told = cells([String(number), length(p50), length(p85), length(p95), length(mean)])
  return [`  ${padTo(first, labelWidth(setting))}${told}`, ...rest.map(line => `    ${line}`)].join('\n')
}

const notOpen = ['completed', 'closed', 'cancelled']
const counts = [10, 8, 11, 8]
const inColumns = (texts: readonly (string | number)[]) =>
  texts.map((text, place) => String(text).padStart(counts[place] ?? 0)).join('')

/** The cumulative flow: what had arrived and what was done at some instants, and of one team where the rest was. */
function flowLines(flow: readonly Counted[], setting: Setting, isOfOne: boolean): string[] {
  let told = ''
  // Of several instants that are told as one minute, the last says how it stood when that was over.
  const shown = flow.filter(({ at }, place) => moment(at) !== moment(flow[place + 1]?.at ?? ''))
  const rows = shown.flatMap(({ at, arrived, done, cancelled, states }) => {
    const open = Object.entries(states).filter(([state]) => !notOpen.includes(state))
    const where = open
      .toSorted(([, a], [, b]) => b - a)
      .map(([state, number]) => `${terminalText(state)}\u00a0${number}`)
      .join(', ')
    const isNews = where !== told
    told = where
    return [
      `  ${padTo(moment(at), 20)}${inColumns([arrived, done, cancelled, arrived - done - cancelled])}`,
      ...(where === '' || !isOfOne || !isNews ? [] : [setting.paint('dim', paragraph('    ', where, setting))]),
    ]
  })
  const title = `${padTo('All told by', 22)}${inColumns(['arrived', 'done', 'cancelled', 'open'])}`
  return rows.length === 0 ? [] : ['', title, ...rows]
}

function listed(
  title: string,
  counted: Readonly<Record<string, number>>,
  words: (name: string) => string,
  setting: Setting,
): string[] {
  const rows = Object.entries(counted).toSorted(([, a], [, b]) => b - a)
  return rows.length === 0
    ? []
    : ['', title, ...rows.map(([name, number]) => paragraph(`  ${String(number).padStart(5)}  `, words(name), setting))]
}
