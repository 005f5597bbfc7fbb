import type { Drained, Notice } from 'countersign'
import { terminalText } from '../shell/terminal-text.ts'
import { count, moment, paragraph, type Setting, wrap } from './page.ts'

const indent = ' '.repeat(6)

/** Who is to be told what, in the order in which it came about, for a person. */
export function outboxPage({ notices, cursor, more }: Drained, setting: Setting): string {
  const head = notices.length === 0 ? 'Nothing is to be told.' : `${count(notices.length, 'notice')}:`
  const next = `${more ? 'There is more' : 'What comes next'}: --after ${terminalText(cursor)}`
  const lines = notices.flatMap(one => [
    headed(one, setting),
    paragraph(indent, `${terminalText(one.because)} (since ${moment(one.since)})`, setting),
    setting.paint('dim', `${indent}${terminalText(one.key)}`),
  ])
  return `${[setting.paint('bold', head), ...lines, '', next].join('\n')}\n`
}

/** Whom it is for and what it is about, with the name in bold where the line has all of it. */
function headed(one: Notice, { columns, paint }: Setting): string {
  const person = terminalText(one.person)
  const text = `${person}: ${terminalText(one.change)} (team ${terminalText(one.team)}), ${what(one)}`
  const [first = '', ...rest] = wrap(text, columns, columns - indent.length)
  const bold = first.startsWith(`${person}:`) ? paint('bold', person) + first.slice(person.length) : first
  return [bold, ...rest.map(line => indent + line)].join('\n')
}

const deeds: Record<NonNullable<Notice['do']>, string> = {
  approve: 'to approve it',
  signOff: 'to test it',
  complete: 'to do the work',
  release: 'to put it into effect',
  revise: 'to say who made it',
  liftVeto: 'to lift a veto',
  remediate: 'to make it good',
  grantException: 'to grant an exception',
  move: 'to pull it to where the work is done',
  tick: 'to tick what is open',
}

function what({ kind, do: deed }: Notice): string {
  switch (kind) {
    case 'asked':
      return deed === undefined ? 'asked' : `asked ${deeds[deed]}`
    case 'actedFor':
      return 'somebody has acted for them'
    case 'stale':
      return 'what they gave no longer counts'
    case 'assigned':
      return 'it lies with them now'
    case 'unassigned':
      return 'it lies with nobody'
    case 'returned':
      return 'it was sent back'
    case 'vetoed':
      return 'it was stopped'
    case 'frozen':
      return 'its plan is frozen'
    case 'blocked':
      return 'a stage of it cannot be met'
    case 'late':
      return 'what is owed is late'
    default:
      return kind satisfies never
  }
}
