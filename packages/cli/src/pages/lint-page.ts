import type { LintFinding, PolicyProblem } from 'countersign/policy'
import { terminalText } from '../shell/terminal-text.ts'
import { count, moment, paragraph, type Setting } from './page.ts'

/** What was looked at, and what was found. Errors keep the policy from being used; findings do not. */
export interface Linted {
  readonly schema: 'countersign/lint/v1'
  readonly team?: string
  readonly digest?: string
  /** What it was held against. */
  readonly against: { readonly controls?: string; readonly people?: number; readonly at?: string }
  readonly errors: readonly PolicyProblem[]
  readonly findings: readonly LintFinding[]
  readonly exitCode: 0 | 1 | 3
}

const signs = { error: ['✗', 'red'], warning: ['!', 'yellow'], note: ['·', 'dim'] } as const

/** What was found about a policy, the gravest first, for a person. */
export function lintPage({ team, digest, against, errors, findings }: Linted, file: string, setting: Setting): string {
  const { paint } = setting
  const title = team === undefined ? `The policy in ${file}` : `The policy of team ${team} (${digest?.slice(0, 12)}…)`
  const lines = [
    paint('bold', terminalText(title)),
    paragraph('', terminalText(digest === undefined ? unread : heldAgainst(against)), setting),
    '',
  ]
  for (const { where, problem } of errors) lines.push(...block('error', where, 'error', [problem], setting))
  for (const level of ['warning', 'note'] as const) {
    for (const one of findings.filter(other => other.level === level))
      lines.push(...block(level, one.where, `${level} ${one.code}`, [one.because, one.help], setting))
  }
  return `${[...lines, paint('bold', summary(errors.length, findings))].join('\n')}\n`
}

function block(
  level: keyof typeof signs,
  where: string,
  what: string,
  texts: readonly string[],
  setting: Setting,
): string[] {
  const [sign, style] = signs[level]
  return [
    `${setting.paint(style, `${sign} ${what}`)}  ${terminalText(where)}`,
    ...texts.map(text => paragraph('      ', terminalText(text), setting)),
    '',
  ]
}

const unread = 'once these places are mended it is held against controls and people'

function heldAgainst({ controls, people, at }: Linted['against']): string {
  const parts = [
    ...(controls === undefined ? [] : [`the controls ${controls}`]),
    ...(people === undefined ? [] : [`the ${count(people, 'person', 'people')} of ${moment(at ?? '')}`]),
  ]
  if (people !== undefined) return `held against ${parts.join(' and ')}`
  const without = controls === undefined ? 'neither controls nor people' : 'no people'
  const hint = `${without}: --trail has those in force`
  return parts.length === 0 ? `held against ${hint}` : `held against ${parts.join(' and ')}, and ${hint}`
}

function summary(errors: number, findings: Linted['findings']): string {
  const of = (level: 'warning' | 'note') => findings.filter(one => one.level === level).length
  const counts = [count(errors, 'error'), count(of('warning'), 'warning'), count(of('note'), 'note')]
  const verdict =
    errors > 0 ? 'it cannot be used' : of('warning') > 0 ? 'it can be used; look at it first' : 'it can be used'
  return `${counts.join(', ')}: ${verdict}.`
}
