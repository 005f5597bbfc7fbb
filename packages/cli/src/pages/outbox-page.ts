import type { Drained, Notice } from 'countersign'
import { grouped } from '../shell/number.ts'
import { terminalText } from '../shell/terminal-text.ts'
import { count, moment, paragraph, type Setting, wrap } from './page.ts'

const indent = ' '.repeat(6)

/** How a change has ended, and when. */
export interface Over {
  readonly state: string
  readonly since: string
}

/**
 * Who is to be told what, in the order in which it came about, for a person. Of a change that is over by now it is told as what was:
 * whoever begins anew is given all notices that there ever were.
 */
export function outboxPage(
  { notices, cursor, more }: Drained,
  setting: Setting,
  over: ReadonlyMap<string, Over> = new Map(),
): string {
  const past = notices.filter(one => over.has(one.change)).length
  const head = notices.length === 0 ? 'Nothing is to be told.' : `${count(notices.length, 'notice')}:`
  const told = `${past === notices.length ? 'All' : grouped(past)} of them ${past === 1 && notices.length > 1 ? 'is' : 'are'} about changes that are over by now: nothing has to be done there any more.`
  const next = `${more ? 'There is more' : 'What comes next'}: --after ${terminalText(cursor)}`
  const lines = notices.flatMap(one => {
    const end = over.get(one.change)
    const because = terminalText(one.because)
    const since = moment(one.since)
    return [
      headed(one, end, setting),
      paragraph(indent, end === undefined ? `${because} (since ${since})` : `at ${since}: ${because}`, setting),
      setting.paint('dim', `${indent}${terminalText(one.key)}`),
    ]
  })
  const top = [setting.paint('bold', head), ...(past === 0 ? [] : [paragraph('', told, setting)])]
  return `${[...top, ...lines, '', next].join('\n')}\n`
}

/** Whom it is for and what it is about, with the name in bold where the line has all of it. */
function headed(one: Notice, end: Over | undefined, { columns, paint }: Setting): string {
  const person = terminalText(one.person)
  const of = `team ${terminalText(one.team)}${end === undefined ? '' : `, ${terminalText(end.state)} ${moment(end.since)}`}`
  const text = `${person}: ${terminalText(one.change)} (${of}), ${what(one)[end === undefined ? 0 : 1]}`
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
  assign: 'to say who is to have it, so that it can be pulled',
  tick: 'to tick what is open',
}

/** What has come about, as it is now, and as it was where the change is over. */
function what({ kind, do: deed }: Notice): readonly [now: string, then: string] {
  switch (kind) {
    case 'asked': {
      const asked = deed === undefined ? 'asked' : `asked ${deeds[deed]}`
      return [asked, `was ${asked}`]
    }
    case 'actedFor':
      return ['somebody has acted for them', 'somebody acted for them']
    case 'stale':
      return ['what they gave no longer counts', 'what they gave no longer counted']
    case 'assigned':
      return ['it lies with them now', 'it came to lie with them']
    case 'unassigned':
      return ['it lies with nobody', 'it lay with nobody']
    case 'returned':
      return ['it was sent back', 'it was sent back']
    case 'vetoed':
      return ['it was stopped', 'it was stopped']
    case 'frozen':
      return ['its plan is frozen', 'its plan was frozen']
    case 'blocked':
      return ['a stage of it cannot be met', 'a stage of it could not be met']
    case 'late':
      return ['what is owed is late', 'what was owed was late']
    default:
      return kind satisfies never
  }
}
