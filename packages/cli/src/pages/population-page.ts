import type { ClosedChange, PopulationReport, UnclosedChange } from 'countersign/sheet'
import { terminalText } from '../shell/terminal-text.ts'
import { count, paragraph, type Setting } from './page.ts'
import { flagWords, inEntry, placed, signer, stamp } from './sheet-words.ts'

/** All changes that were closed in a period, in the order in which they were, for a person. */
export function populationPage(report: PopulationReport, setting: Setting): string {
  const { from, until, team, closes, changes, unclosed } = report
  const whose = team === undefined ? 'all teams' : `team ${team}`
  const title = `${count(changes.length, 'change')} closed from ${stamp(from)} until ${stamp(until)}, ${whose}`
  const lines = [
    setting.paint('bold', paragraph('', title, setting)),
    paragraph('', counted(closes, changes.length), setting),
    ...changes.flatMap(one => ['', ...changeLines(one, setting)]),
  ]
  if (unclosed.length > 0) {
    const many = `${count(unclosed.length, 'change')} took effect in the period and ${unclosed.length === 1 ? 'was' : 'were'} not closed in it, so that no list of closed changes up to its end has ${unclosed.length === 1 ? 'it' : 'them'}:`
    lines.push('', paragraph('', many, setting), ...unclosed.flatMap(one => ['', ...changeLines(one, setting)]))
  }
  return `${lines.join('\n')}\n`
}

function counted(closes: number, listed: number): string {
  const said = `The trail says ${count(closes, 'time')} in the period that a change is closed`
  return closes === listed
    ? `${said}: as many as are listed here.`
    : `${said}, and ${count(listed, 'change')} ${listed === 1 ? 'is' : 'are'} listed here: this is not the whole.`
}

function changeLines(one: ClosedChange | UnclosedChange, setting: Setting): string[] {
  const { change, title, team, category, requested, releases, inEffectSince, closed, flags, entries } = one
  const cancelled = 'cancelled' in one ? one.cancelled : undefined
  const told = [
    `${category} of team ${team}, asked for by ${requested.person} (${placed(requested)})`,
    ...(inEffectSince === undefined
      ? []
      : [`found: it had been in effect since ${stamp(inEffectSince)}, outside of the process`]),
    ...releases.map(({ stage, person, environment, underGlass, at, seq }) => {
      const where = environment === undefined ? stage : `${stage}, ${environment}`
      const how = underGlass === undefined ? '' : ', on broken glass'
      return `put into effect (${where}) by ${person}${how} (${stamp(at)}, ${inEntry(seq)})`
    }),
    ...(cancelled === undefined ? [] : [`cancelled by ${signer(cancelled)} (${placed(cancelled)})`]),
    closed === undefined ? 'not closed' : `closed by ${signer(closed)} (${placed(closed)})`,
    `${count(entries, 'entry', 'entries')} about it`,
    ...(flags.length === 0 ? [] : [`to look at: ${flags.map(flag => flagWords[flag]).join(', ')}`]),
  ]
  const head = setting.paint('bold', paragraph('', `${change}: ${terminalText(title)}`, setting))
  return [head, ...told.map(text => paragraph('    ', text, setting))]
}
