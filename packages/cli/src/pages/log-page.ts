import { type Body, readEntry } from '@countersign/trail'
import { describeRefusal, type Refusal, refusalCodes } from 'countersign'
import { terminalText } from '../shell/terminal-text.ts'
import { padTo, type Setting, shortened, widthOf, wrap } from './page.ts'

// A log is read where something is wrong, too: nothing here takes for granted what an entry says.

type Loose = Readonly<Record<string, unknown>>

const loose = (value: unknown): Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {}
const said = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? terminalText(String(value)) : '?'
const names = (value: unknown): string => (Array.isArray(value) ? value.map(said).join(', ') : '?')
const digest = (value: unknown): string => `${said(value).slice(0, 12)}…`
const quoted = (value: unknown): string => `“${shortened(said(value), 120)}”`

/** A name, or what is there in the place of one that the trail does not have. */
const named = (name: unknown) => (typeof name === 'object' ? '(private)' : quoted(name))

/** What a line of the log says. */
export interface LogEntry {
  readonly seq: number
  readonly at: string
  readonly about: string | undefined
  readonly who: string
  readonly what: string
  readonly outcome: string
  readonly refused: boolean
}

/** The change that an entry is about, where it is about one. */
export const changeOf = (body: Body): string | undefined => {
  const { change } = loose(body.command)
  return typeof change === 'string' ? change : undefined
}

/** Reads an entry's bytes; `undefined` where they are no entry. */
export function entryOf(bytes: Uint8Array): Body | undefined {
  try {
    return readEntry(bytes).body
  } catch {
    return undefined
  }
}

/** What an entry comes to in a line of the log. It is read loosely, as its bytes may say anything. */
export function logEntry(body: Body): LogEntry {
  const outcome = loose(body.outcome)
  const refused = outcome.refused !== undefined
  return {
    seq: body.seq,
    at: body.at,
    about: changeOf(body) === undefined ? undefined : said(changeOf(body)),
    who: whoOf(loose(body.by)),
    what: whatOf(loose(body.command)),
    outcome: refused ? refusalOf(loose(outcome.refused)) : consequences(outcome.accepted),
    refused,
  }
}

/** `bob as appr for carol (d1)` */
function whoOf(by: Loose): string {
  const seat = loose(by.as)
  const { account, person, bot } = by
  const who =
    bot !== undefined
      ? `robot ${said(bot)}${person === undefined ? ', which nobody answers for' : ` of ${said(person)}`}`
      : person === undefined || person === account
        ? said(account)
        : `${said(person)} (${said(account)})`
  switch (seat.capacity) {
    case 'own':
      return `${who} as ${said(seat.role)}`
    case 'delegate':
      return `${who} as ${said(seat.role)} for ${said(seat.principal)} (delegation ${said(seat.delegation)})`
    case 'fallback':
      return `${who} as ${said(seat.via)}, standing in for ${said(seat.role)}`
    default:
      return who
  }
}

type Teller = (command: Loose) => string

const count = (list: unknown, one: string) => {
  const number = Array.isArray(list) ? list.length : 0
  return `${number} ${one}${number === 1 ? '' : 's'}`
}
const overridable = (by: unknown) => {
  const { role, atMost } = loose(by)
  return role === undefined ? '' : `, which ${said(role)} can override for ${said(atMost)} at most`
}

const scoped = ({ team }: Loose) => (team === '*' ? 'in every team' : `in team ${said(team)}`)
const period = ({ from, until }: Loose) =>
  `${from === undefined ? '' : ` from ${time(said(from))}`}${until === undefined ? '' : ` until ${time(said(until))}`}`
const template = ({ name, version }: Loose) => `${said(name)}, version ${said(version)}`
const commented = ({ comment }: Loose) => (comment === undefined ? '' : `, saying ${quoted(comment)}`)

const tellers: Readonly<Record<string, Teller>> = {
  found: c => `founds the trail ${said(c.origin)}`,
  registerPerson: c => `registers the person ${said(c.person)}, ${named(c.name)}, with ${names(c.accounts)}`,
  registerBot: c =>
    `registers the robot ${said(c.bot)}${c.controller === undefined ? '' : ` of ${said(c.controller)}`}`,
  unlinkAccount: c => `takes the account ${said(c.account)} from whoever had it`,
  linkAccount: c => `links the account ${said(c.account)} to ${said(c.person)}`,
  recordDeparture: c => `records that ${said(c.person)} has left${c.compromised === true ? ', compromised' : ''}`,
  appointAdministrator: c => `appoints ${said(c.person)} administrator`,
  rotateKey: c => `puts the key ${said(c.key)} in place${commented(c)}`,
  declareFreeze: c =>
    `declares the freeze ${said(c.freeze)}, ${quoted(c.because)}, ${count(c.intervals, 'interval')}${overridable(c.overriddenBy)}`,
  liftFreeze: c => `lifts the freeze ${said(c.freeze)}${commented(c)}`,
  declareWindow: c => `declares the window ${said(c.window)} of ${said(c.calendar)}, ${count(c.intervals, 'interval')}`,
  withdrawWindow: c => `withdraws the window ${said(c.window)}${commented(c)}`,
  prioritise: c =>
    `decides the order of ${said(c.team)}, ${names(c.order)}, with ${names(c.present)} present${commented(c)}`,
  breakGlass: c => `breaks the glass, as ${quoted(c.reason)}`,
  overrideFreeze: c => `overrides the freeze ${said(c.freeze)}${period({ until: c.until })}, as ${quoted(c.reason)}`,
  schedule: c => `plans it${period(c)}${commented(c)}`,
  move: c =>
    `${c.column === undefined ? 'pulls it' : `moves it to ${said(c.column)}`}${c.owner === undefined ? '' : ` for ${said(c.owner)}`}`,
  migrate: c => `moves it to the policy ${digest(c.policy)}${commented(c)}`,
  remediate: c => `names ${said(c.by)} as the remedy${commented(c)}`,
  recordReturn: c => `records that ${said(c.person)} has come back`,
  recordAlias: c => `records that ${said(c.person)} and ${said(c.is)} are one person${commented(c)}`,
  assignController: c => `makes ${said(c.controller)} answer for the robot ${said(c.bot)}`,
  assignGroups: c => `puts ${said(c.person)} into ${names(c.groups) || 'no group'}`,
  erasePerson: c => `records that the name of ${said(c.person)} is erased: ${quoted(c.reason)}`,
  excludeRoles: c => `declares ${names(c.roles)} exclusive ${scoped(c)}: ${quoted(c.because)}`,
  updateDirectory: c =>
    `takes over ${Array.isArray(c.differences) ? c.differences.length : '?'} differences from ${said(c.source)}`,
  proposeTemplate: c => `proposes the template ${template(loose(c.template))}`,
  approveTemplate: c => `approves the template ${template(c)}`,
  revokeTemplate: c => `revokes the template ${template(c)}${commented(c)}`,
  defineRole: c => `defines the role ${said(c.role)}`,
  grantRole: c => `gives the role ${said(c.role)} to ${said(c.to)} ${scoped(c)}${period(c)}`,
  revokeRole: c => `takes the role ${said(c.role)} from ${said(c.from)} ${scoped(c)}`,
  recordAbsence: c => `records that ${said(c.person)} is absent${period(c)}`,
  delegate: c => `delegates the authority of ${said(c.principal)} to ${said(c.to)}${period(c)} (${said(c.delegation)})`,
  cancelAbsence: c => `takes back that ${said(c.person)} is absent${period(c)}`,
  revokeDelegation: c => `revokes the delegation ${said(c.delegation)}`,
  proposeControls: c => `proposes the controls ${said(loose(c.controls).name)}`,
  adoptControls: c => `adopts the controls ${digest(c.digest)}`,
  proposePolicy: c => `proposes a policy for team ${said(loose(c.policy).team)}`,
  adoptPolicy: c => `adopts the policy ${digest(c.digest)}`,
  submit: c => `asks for it (${said(c.category)}, team ${said(c.team)}): ${quoted(c.title)}`,
  revise: c => `edits it${commented(c)}`,
  recategorise: c => `makes it one of ${said(c.category)}${commented(c)}`,
  assign: c => `assigns it to ${said(c.to)}`,
  complete: c => `completes ${said(c.stage)}`,
  tick: c => `ticks ${names(c.items)} at ${said(c.stage)}${commented(c)}`,
  untick: c => `takes back the ticks of ${names(c.items)} at ${said(c.stage)}${commented(c)}`,
  signOff: c => `signs off the test of revision ${said(c.revision)}: ${said(c.result)}${commented(c)}`,
  approve: c => `approves revision ${said(c.revision)}${commented(c)}`,
  reject: c => `rejects revision ${said(c.revision)}${commented(c)}`,
  liftVeto: c => `lifts the veto of ${said(c.of)}${commented(c)}`,
  requestException: c =>
    `asks that ${said(c.person)} be excepted from ${names(c.duties)} until ${time(said(c.until))} (${said(c.exception)}): ${quoted(c.reason)}`,
  grantException: c => `grants the exception ${said(c.exception)}${commented(c)}`,
  revokeException: c => `takes back the exception ${said(c.exception)}${commented(c)}`,
  withdraw: c => `withdraws an approval${commented(c)}`,
  resubmit: c => `submits it again${commented(c)}`,
  release: c => `puts revision ${said(c.revision)} into effect${commented(c)}`,
  redact: c => `redacts ${names(c.fields)}${commented(c)}`,
  cancel: c => `cancels it${commented(c)}`,
  close: c => `closes it${commented(c)}`,
}

function whatOf(command: Loose): string {
  const { type } = command
  const teller = typeof type === 'string' && Object.hasOwn(tellers, type) ? tellers[type] : undefined
  return teller === undefined ? `an unknown command, ${said(type)}` : teller(command)
}

/** The facts of a refusal but for the words in which a problem is told: these alone the verifier does not compare. */
const wordless = (facts: Loose): Loose =>
  Array.isArray(facts.problems)
    ? { ...facts, problems: facts.problems.map(one => ({ ...loose(one), problem: 'not as it has to be' })) }
    : facts

/** Why it was refused, in the sentence of the library where the record allows it. */
export function refusalOf(refused: Loose): string {
  const code = said(refused.code)
  const known = (refusalCodes as readonly string[]).includes(code)
  try {
    if (known) {
      const told = { code, facts: wordless(loose(refused.facts)) } as unknown as Refusal
      return `REFUSED, ${terminalText(describeRefusal(told).because)} (${code})`
    }
  } catch {
    // The facts are not those of this refusal; its code still says what it was.
  }
  return `REFUSED, ${code}`
}

/** What came of it, where that is more than what the command says. */
function consequences(accepted: unknown): string {
  const told = (Array.isArray(accepted) ? accepted : []).map(loose).flatMap(event => {
    switch (event.type) {
      case 'stage.entered':
        return [event.stage === 'completed' ? 'it is completed' : `it goes to ${said(event.stage)}`]
      case 'key.proposed':
        return ['another administrator has to agree']
      case 'key.rotated':
        return ['it signs checkpoints from here on']
      case 'change.blocked':
        return [`nobody can meet ${said(event.stage)} (${said(event.status)})`]
      case 'change.assigned':
        return event.triage === undefined ? [] : [`triage gives it to ${said(event.to)}`]
      case 'change.unassigned':
        return [`triage gives it to nobody (${said(event.why)})`]
      case 'change.returned':
        return ['it goes back to whoever asked for it']
      case 'change.condemned':
        return ['what took effect has to be made good']
      case 'obligation.opened':
        return [`a ${said(event.kind)} is owed at ${said(event.stage)} by ${time(said(event.due))}`]
      case 'obligation.fulfilled':
        return [event.late === true ? 'what was owed is there, late' : 'what was owed is there in time']
      case 'obligation.reopened':
        return ['a review is owed again']
      case 'change.found':
        return [`it had been in effect since ${time(said(event.inEffectSince))}, outside of the process`]
      case 'glass.broken':
        return [`the glass is broken until ${time(said(event.until))}`]
      case 'value.redacted':
        return [`${count(event.commitments, 'value')} of ${said(event.field)} can be opened no more`]
      case 'plan.frozen':
        return [`the plan reaches into the freeze ${said(event.freeze)}`]
      case 'card.moved':
        return [
          `it lies in ${said(event.column)}${event.lane === undefined ? '' : ', in the lane for what cannot wait'}`,
        ]
      case 'approval.staled':
        return ['an approval no longer counts']
      case 'signoff.staled':
        return ['a test no longer counts']
      case 'release.staled':
        return ['a release no longer counts']
      case 'approval.carried':
        return [`the approval of ${said(event.person)} on ${carriedFrom(event.from)} counts here too`]
      case 'approval.kept':
        return ['an approval of the earlier round is kept']
      case 'standard.lost':
        return [`it leaves the bounds of its template, and is ${said(event.category)} from here on`]
      default:
        return []
    }
  })
  return [...new Set(told)].join('; ')
}

/** The change, or the template, on which a carried approval was given. */
const carriedFrom = (from: unknown): string => {
  const { change } = loose(from)
  return change === undefined ? 'its template' : said(change)
}

const time = (instant: string): string => `${instant.slice(0, 10)} ${instant.slice(11, 19)}Z`

const seqWidth = 6
const timeWidth = 22

/** A line of the log for a terminal: when it is too long, it goes on under itself. */
export function logLine({ seq, at, about, who, what, outcome, refused }: LogEntry, setting: Setting): string {
  const label = `${padTo(' '.repeat(Math.max(0, seqWidth - 1 - String(seq).length)) + seq, seqWidth)} ${padTo(time(at), timeWidth)}`
  const indent = widthOf(label)
  const text = `${about === undefined ? '' : `${about}: `}${who} ${what}${outcome === '' ? '' : ` → ${outcome}`}`
  const room = Math.max(20, setting.columns - indent)
  const [first = '', ...rest] = wrap(text, room, room - 2)
  const lines = [first, ...rest.map(line => ' '.repeat(indent + 2) + line)]
  return (
    setting.paint('dim', label) +
    (refused ? lines.map(line => setting.paint('red', line)).join('\n') : lines.join('\n'))
  )
}
