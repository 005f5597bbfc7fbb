import type { KeyRange, Verdict } from 'countersign/verify'
import { grouped } from '../shell/number.ts'
import { terminalText } from '../shell/terminal-text.ts'
import type { ComparedSchedules } from '../verify/schedules.ts'
import { count, indented, moment, padTo, paragraph, type Setting } from './page.ts'
import { refusalWords } from './refusal-words.ts'
import { scheduleLines } from './schedule-words.ts'

const mostListed = 20
const shownTeams = 12

/** The exceptions on which decisions rested: they were allowed, and are no compliance. */
function exceptionLines({ exceptions }: Verdict): [string, string][] {
  if (exceptions.length === 0) return []
  const listed = exceptions
    .slice(0, mostListed)
    .map(({ change, exception, person, seq }): [string, string] => [
      '',
      `  ${exception} for ${person} on ${change}, entry ${seq}`,
    ])
  const more = exceptions.length - listed.length
  return [
    [
      'exceptions',
      `${count(exceptions.length, 'decision')} rested on an exception from a separation, not on the rule:`,
    ],
    ...listed,
    ...(more === 0 ? [] : [['', `  and ${more} more (--json has all)`] as [string, string]]),
  ]
}

/** What was owed on changes that took effect first, what was late or is open, and what was done outside of the process. */
function owedLines({ obligations, unauthorised }: Verdict): [string, string][] {
  const { opened, fulfilled, rejected, late, open } = obligations
  const lines: [string, string][] = []
  if (opened > 0) {
    const parts = [
      `${fulfilled} fulfilled`,
      ...(rejected === 0 ? [] : [`${rejected} rejected`]),
      ...(open.length === 0 ? [] : [`${open.length} open`]),
    ]
    lines.push([
      'obligations',
      `${opened} owed after taking effect: ${parts.join(', ')}; ${late === 0 ? 'none' : late} late`,
    ])
    for (const one of open.slice(0, mostListed))
      lines.push(['', `  ${one.kind} of ${one.change} at ${one.stage}, due ${moment(one.due)}`])
    const more = open.length - Math.min(open.length, mostListed)
    if (more > 0) lines.push(['', `  and ${more} more (--json has all)`])
  }
  if (unauthorised.length > 0) {
    const named = unauthorised.slice(0, mostListed).map(one => `${one.change} (entry ${one.seq})`)
    const more = unauthorised.length - named.length
    const list = `${named.join(', ')}${more === 0 ? '' : ` and ${more} more`}`
    lines.push([
      'unauthorised',
      `${count(unauthorised.length, 'change')} made outside of the process and found: ${list}`,
    ])
  }
  return lines
}

/** What has become of the values that the trail has no more than commitments to. */
function privateLines({ privateValues: { values, redacted, looked } }: Verdict, of: Part): [string, string][] {
  if (values === 0 && looked === undefined) return []
  const told = `${count(values, 'value')}, ${redacted === 0 ? 'none' : grouped(redacted)} redacted by an entry`
  const how = of === 'bundle' ? 'which takes the whole trail and --openings FILE' : '--openings FILE'
  if (looked === undefined) return [['private', `${told}; none of them was looked at (${how})`]]
  const { opened, missing, unused } = looked
  const line = `${told}; ${opened} opened${missing === 0 ? '' : `, ${missing} missing`}`
  const rest = `${count(unused, 'opening')} that no entry has come to, as a crash leaves behind`
  return [['private', line], ...(unused === 0 ? [] : [['', `  ${rest}`] as [string, string]])]
}

/** That the trail is dated after the present, where it is. */
function aheadLines({ ahead }: Verdict): [string, string][] {
  return ahead === undefined ? [] : [['', `  ${aheadNote(ahead)}`]]
}

/** The note below a verdict for a trail whose last date is later than the clock here. */
export const aheadNote = ({ now }: NonNullable<Verdict['ahead']>): string =>
  `It is ${moment(now)} by the clock here, so the last date is yet to come: one of the two clocks is wrong, or the date is made up.`

/** The keys that the trail names, where it has had more than one. */
function keyLines({ keys }: Verdict): [string, string][] {
  if (keys.length < 2) return []
  const sizes = ({ from, upTo }: KeyRange) => (upTo === undefined ? `sizes from ${from}` : `sizes ${from} to ${upTo}`)
  const shown = keys.slice(-mostListed)
  const earlier = keys.length - shown.length
  return [
    ['keys', `${keys.length} that sign checkpoints, one after the other:`],
    ...(earlier === 0 ? [] : [['', `  ${earlier} earlier ones (--json has all)`] as [string, string]]),
    ...shown.map((one): [string, string] => ['', `  ${terminalText(one.id)} for ${sizes(one)}, entry ${one.seq}`]),
  ]
}

/** What the numbers are of. */
type Part = 'trail' | 'bundle'

/**
 * What the entries come to, and with it all that qualifies the verdict: what was allowed by way of exception, what is owed,
 * what was done outside of the process, what nobody looked at. Of a bundle its size is how many entries it holds.
 */
export function numbers(verdict: Verdict, of: Part, setting: Setting, schedules?: ComparedSchedules): string {
  const { accepted, refused } = verdict.entries
  const fingerprint: [string, string] = ['fingerprint', verdict.root ?? 'none: a line that is too long has none']
  const size: [string, string] = ['entries', count(verdict.size, 'entry', 'entries')]
  const told: [string, string][] = [
    size,
    ['accepted', count(accepted, 'command')],
    ['refused', sum(refused) === 0 ? 'none on record' : `${count(sum(refused), 'command')}, kept as evidence:`],
    ...Object.entries(refused)
      .toSorted((a, b) => b[1] - a[1])
      .map(([code, number]): [string, string] => ['', `  ${grouped(number)} × ${refusalWords(code)} (${code})`]),
    ['changes', count(verdict.changes, 'change')],
    ...exceptionLines(verdict),
    ...owedLines(verdict),
    ...privateLines(verdict, of),
    ...(schedules === undefined ? [] : scheduleLines(schedules)),
    [
      'period',
      verdict.from === '' ? 'none' : `${moment(verdict.from)} to ${moment(verdict.until)}, as the entries say`,
    ],
    // A bundle says it where it says how far it reaches.
    ...(of === 'bundle' ? [] : aheadLines(verdict)),
    ['policies', verdict.policies.length === 0 ? 'none in force' : 'in force at the end, by team:'],
    ...verdict.policies
      .slice(0, shownTeams)
      .map(({ team, digest }): [string, string] => ['', `  ${terminalText(team)}  ${digest.slice(0, 16)}…`]),
    ...(verdict.policies.length > shownTeams
      ? [['', `  and ${verdict.policies.length - shownTeams} more`] as [string, string]]
      : []),
    ...keyLines(verdict),
    ...(of === 'bundle' ? [] : [fingerprint]),
  ]
  const rows = verdict.only === 'integrity' ? [size, fingerprint] : told
  const lines = rows.map(([label, text]) =>
    text.startsWith('  ') ? indented(text, 16, setting) : paragraph(`  ${padTo(label, 12)}  `, text, setting),
  )
  return [setting.paint('bold', 'Numbers'), ...lines].join('\n')
}

/** All of some numbers together, whatever their names. */
export const sum = (numbers: Readonly<Record<string, number>>): number =>
  Object.values(numbers).reduce((all, one) => all + one, 0)
