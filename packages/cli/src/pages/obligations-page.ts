import type { Owed } from 'countersign'
import { terminalText } from '../shell/terminal-text.ts'
import { count, moment, paragraph, type Setting } from './page.ts'

/** What is owed, what is due first at the top, for a person. */
export function obligationsPage(owed: readonly Owed[], at: string, setting: Setting): string {
  const { paint } = setting
  if (owed.length === 0) return `Nothing is owed. (${moment(at)})\n`
  const late = owed.filter(one => one.late).length
  const head = `${count(owed.length, 'obligation')} open, ${late === 0 ? 'none' : late} late (${moment(at)})`
  const lines = owed.flatMap(one => {
    const mark = one.late ? '✗' : '·'
    const [change, team, category, stage] = [one.change, one.team, one.category, one.stage].map(terminalText)
    const what = one.kind === 'review' ? `a review at ${stage}` : `a remedy of what ${stage} rejected`
    const missing = Object.entries(one.missing).map(([role, number]) => `${number}\u00a0×\u00a0${terminalText(role)}`)
    return [
      paint(one.late ? 'red' : 'yellow', mark) +
        paragraph(`${mark} `, `${change} (team ${team}, ${category})`, setting).slice(mark.length),
      paragraph(
        '      ',
        `owes ${what}, ${one.late ? 'late: it was due' : 'due'} on ${moment(one.due)}, since ${moment(one.since)}`,
        setting,
      ),
      ...(missing.length === 0 ? [] : [paragraph('      missing: ', missing.join(', '), setting)]),
      paragraph(
        '      ',
        one.by.length === 0 ? 'nobody can do it as things stand' : `can: ${one.by.map(terminalText).join(', ')}`,
        setting,
      ),
    ]
  })
  return `${[paint('bold', head), '', ...lines].join('\n')}\n`
}
