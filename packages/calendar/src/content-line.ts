import type { CountersignError } from '@countersign/trail'
import { fault } from './fault.ts'
import { wrongIn } from './written-rule.ts'

/**
 * A line of a calendar file (RFC 5545, 3.1), with those that go on with it (they begin with a space or a tab):
 *
 *     DTSTART;TZID=Europe/Zurich:20261130T180000
 *     RRULE:FREQ=WEEKLY;UNTIL=20261231T000000Z
 */
interface ContentLine {
  /** Where it begins, from 1. */
  readonly number: number
  readonly name: string
  /** What stands between the name and the value, as it is written; undefined where it cannot be told apart. */
  readonly parameters: string | undefined
  readonly value: string
}

const written = /^([^:;]+)((?:;[^:;=",]+=(?:"[^"]*"|[^":;,]*)(?:,(?:"[^"]*"|[^":;,]*))*)*):(.*)$/s

function lineOf(text: string, number: number): ContentLine {
  const [, name, parameters, value = ''] = written.exec(text) ?? []
  return { number, name: (name ?? text.split(/[:;]/, 1)[0] ?? '').toUpperCase(), parameters, value }
}

function* contentLines(text: string): Generator<ContentLine, void> {
  let line = { number: 1, text: '' }
  for (const [index, one] of text.split('\n').entries()) {
    const told = one.endsWith('\r') ? one.slice(0, -1) : one
    if (/^[ \t]/.test(told)) {
      line.text += told.slice(1)
      continue
    }
    if (line.text !== '') yield lineOf(line.text, line.number)
    line = { number: index + 1, text: told }
  }
  if (line.text !== '') yield lineOf(line.text, line.number)
}

/** With a blank in it the library beneath passes over a component, or leaves out a part of a rule. */
const blankMatters = new Set(['BEGIN', 'END', 'RRULE'])
const timeProperties = new Set(['DTSTART', 'DTEND', 'RECURRENCE-ID', 'EXDATE', 'RDATE', 'RRULE'])

/**
 * Refuses a day that there is not, such as 31 February, an hour 25, and what is cut off, in whatever is read of events and of time
 * zones: the library beneath counts on from it to another day, and leaves out what it does not know. So is a rule of recurrence
 * refused that is none, or that can be read in two ways.
 *
 * Throws `CountersignError` `input` (facts `{ line, property, value }`).
 */
export function requireTimes(text: string): void {
  const inside: string[] = []
  for (const line of contentLines(text)) {
    const { name, parameters } = line
    if (blankMatters.has(name) && /\s/.test(name === 'RRULE' ? line.value.trimEnd() : line.value)) throw blankIn(line)
    if (name === 'BEGIN') inside.push(line.value.toUpperCase())
    else if (name === 'END') inside.pop()
    const isRead = inside.at(-1) === 'VEVENT' || inside.at(-2) === 'VTIMEZONE'
    if (!isRead || !timeProperties.has(name)) continue
    if (parameters === undefined) throw noTime(line, line.value)
    for (const value of timesIn(line)) if (!isTime(value)) throw noTime(line, value)
    const wrong = name === 'RRULE' ? wrongIn(line.value.trimEnd()) : undefined
    if (wrong !== undefined) throw noRule(line, wrong)
  }
}

/** What are times in the value of a line; periods are refused where they are met. */
function timesIn({ name, parameters = '', value: padded }: ContentLine): string[] {
  const value = padded.trimEnd()
  if (name === 'RRULE') return [...value.matchAll(/(?:^|;)UNTIL=([^;]*)/gi)].map(([, until = '']) => until)
  if (/;VALUE=PERIOD(?:;|$)/i.test(parameters)) return []
  return name === 'EXDATE' || name === 'RDATE' ? value.split(',') : [value]
}

/** Whether it is a day (RFC 5545, 3.3.4; some write a Z after it, which says nothing) or a time (3.3.5) that there is. */
function isTime(value: string): boolean {
  const [, year, month, day, hour = '00', minute = '00', second = '00'] =
    /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d))?Z?$/.exec(value) ?? []
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`)
  const isDay = !Number.isNaN(date.getTime()) && date.getUTCDate() === Number(day)
  // A minute with a leap second has one that is called 60.
  return isDay && Number(hour) <= 23 && Number(minute) <= 59 && Number(second) <= 60
}

function blankIn({ number, name, value }: ContentLine): CountersignError {
  const told = value.slice(0, 40)
  const facts = { line: number, property: name, value: told }
  return fault(`line ${number}: ${name} has a blank in it (${told}), and would be left out in part: take it out`, facts)
}

function noTime({ number, name }: ContentLine, value: string): CountersignError {
  const told = value.slice(0, 40)
  const where = `line ${number}: ${name}${name === 'RRULE' ? ' (UNTIL)' : ''}`
  return fault(
    `${where} cannot be read: ${told === '' ? 'nothing' : told} is neither a day that there is (YYYYMMDD) nor a time (YYYYMMDDTHHMMSS, with Z in UTC)`,
    { line: number, property: name, value: told },
  )
}

function noRule({ number, name, value }: ContentLine, wrong: string): CountersignError {
  const facts = { line: number, property: name, value: value.slice(0, 40) }
  return fault(`line ${number}: ${name} cannot be read: ${wrong}`, facts)
}
