import type { ChangeCommand } from '../change/command.ts'
import type { ChangeEvent } from '../change/event.ts'
import type { GovernanceCommand } from '../governance/command.ts'
import type { GovernanceEvent } from '../governance/event.ts'
import type { Controls } from '../policy/controls.ts'
import type { Policy } from '../policy/policy.ts'
import type { Stage } from '../policy/stage.ts'
import { isGovernance, type RecordBody } from '../record/record.ts'
import { asked, isEnough, ways } from './enough.ts'
import { decisionFinding, type Finding } from './finding.ts'

// The duties told a second time, straight from the law: who made, tested and asked; who approved, for whom, and what.
// Nothing here calls what decides, so that a fault there does not excuse itself here.

interface Act {
  readonly stage: string
  readonly people: readonly string[]
  readonly roles: readonly string[]
  /** How often the change had been edited materially, and submitted, when it was given. */
  readonly edit: number
  readonly round: number
  /** For an approval carried over: from when on it is too old, and where it was given. */
  readonly until?: string
  readonly from?: { readonly ticket: Ticket; readonly act: Act }
  off?: true
}

interface Ticket {
  readonly policy: Policy
  readonly category: string
  readonly parent?: string | undefined
  form: Record<string, unknown>
  digest: string
  revision: number
  edit: number
  round: number
  /** Sent back, or given up: its decision does not stand. */
  idle: boolean
  /** Somebody is known to have made it: not only to have been given it. */
  made: boolean
  readonly did: Map<string, Set<string>>
  readonly approvals: Act[]
  readonly tests: Act[]
}

/** Judges separation and counting over a trail, entry by entry. */
export class Duties {
  readonly #report: (finding: Finding) => void
  readonly #accounts = new Map<string, readonly string[]>()
  readonly #controllers = new Map<string, string>()
  readonly #principals = new Map<string, string>()
  readonly #compromised = new Set<string>()
  readonly #controls = new Map<string, Controls>()
  readonly #policies = new Map<string, Policy>()
  readonly #tickets = new Map<string, Ticket>()

  constructor(report: (finding: Finding) => void) {
    this.#report = report
  }

  entry(seq: number, body: RecordBody): void {
    if ('refused' in body.outcome) return
    const { command } = body
    if (isGovernance(command)) {
      for (const event of body.outcome.accepted) this.#people(event as GovernanceEvent, command)
      return
    }
    const events = body.outcome.accepted as readonly ChangeEvent[]
    if (command.type === 'submit') {
      this.#submit(body, command, events)
      return
    }
    const ticket = this.#tickets.get(command.change)
    if (ticket !== undefined) this.#act(seq, body, command, ticket, events)
  }

  #people(event: GovernanceEvent, command: GovernanceCommand): void {
    switch (event.type) {
      case 'account.linked': {
        const controller = event.bot === undefined ? undefined : this.#controllers.get(event.bot)
        this.#accounts.set(
          event.account,
          [event.person, event.bot, controller].filter(one => one !== undefined),
        )
        return
      }
      case 'bot.registered':
        if (event.controller !== undefined) this.#controllers.set(event.bot, event.controller)
        return
      case 'delegation.granted':
        this.#principals.set(event.delegation, event.principal)
        return
      case 'person.departed':
        if (event.compromised) this.#compromised.add(event.person)
        return
      case 'controls.proposed':
        if (command.type === 'proposeControls') this.#controls.set(event.digest, command.controls)
        return
      case 'policy.proposed':
        if (command.type === 'proposePolicy') this.#policies.set(event.digest, command.policy)
        return
      default:
    }
  }

  #submit(body: RecordBody, command: Extract<ChangeCommand, { type: 'submit' }>, events: readonly ChangeEvent[]): void {
    const policy = this.#policies.get(body.policy ?? '')
    const submitted = events.find(event => event.type === 'change.submitted')
    if (policy === undefined || submitted === undefined) return
    const ticket: Ticket = {
      policy,
      category: command.category,
      parent: command.parent,
      form: { ...command.form },
      digest: submitted.digest,
      revision: 1,
      edit: 0,
      round: 1,
      idle: false,
      made: command.content !== undefined,
      did: new Map(),
      approvals: [],
      tests: [],
    }
    this.#tickets.set(command.change, ticket)
    did(ticket, 'request', this.#behind(body))
    did(ticket, 'make', command.content?.makers.flatMap(account => this.#accounts.get(account) ?? [account]) ?? [])
    this.#carry(ticket, events)
  }

  #carry(ticket: Ticket, events: readonly ChangeEvent[]): void {
    for (const event of events) {
      if (event.type !== 'approval.carried') continue
      const parent = this.#tickets.get(event.from)
      const original = parent?.approvals[event.approval]
      const roles = event.seats.map(seat => seat.role)
      const people = original?.people ?? []
      const act: Act = { stage: event.stage, people, roles, edit: ticket.edit, round: ticket.round, until: event.until }
      const given =
        // What was carried once is not carried on: a chain of them could also be as long as somebody forges it.
        parent === undefined || original === undefined || original.from !== undefined
          ? { off: true as const }
          : { from: { ticket: parent, act: original } }
      ticket.approvals.push({ ...act, ...given })
      did(ticket, 'approve', people)
    }
  }

  #act(
    seq: number,
    body: RecordBody,
    command: Exclude<ChangeCommand, { type: 'submit' }>,
    ticket: Ticket,
    events: readonly ChangeEvent[],
  ): void {
    const people = [...this.#behind(body), ...this.#actedFor(body)]
    // What the parent gave since the last entry comes first, then what the command does.
    const turn = events.findIndex(event => event.type === 'change.revised' || event.type === 'change.resubmitted')
    const later = turn < 0 ? [] : events.slice(turn)
    this.#carry(ticket, turn < 0 ? events : events.slice(0, turn))
    const stage = events.flatMap(event => (ofCommand.has(event.type) && 'stage' in event ? [event.stage] : []))[0] ?? ''
    switch (command.type) {
      case 'revise': {
        const revised = events.find(event => event.type === 'change.revised')
        if (revised === undefined) return
        ticket.form = { ...ticket.form, ...command.form }
        ticket.revision = revised.revision
        ticket.made ||= command.content !== undefined
        did(ticket, 'make', command.content?.makers.flatMap(account => this.#accounts.get(account) ?? [account]) ?? [])
        if (revised.digest !== ticket.digest) {
          ticket.digest = revised.digest
          const kept = new Set(events.flatMap(event => (event.type === 'approval.retained' ? [event.approval] : [])))
          for (const [index, approval] of ticket.approvals.entries()) {
            if (approval.from === undefined || !kept.has(index)) approval.off = true
          }
          ticket.edit += 1
          did(ticket, 'make', this.#behind(body))
          ticket.made = true
        }
        this.#carry(ticket, later)
        return
      }
      case 'assign':
        did(ticket, 'make', [command.to])
        return
      case 'complete': {
        const completed = events.find(event => event.type === 'task.completed')
        // To have made something is a fact, which is recorded and not refused.
        if (completed?.duty !== 'make') this.#separate(seq, ticket, completed?.duty ?? 'make', people)
        did(ticket, completed?.duty ?? 'make', people)
        if (completed?.duty !== 'review') {
          did(ticket, 'make', people)
          ticket.made = true
        }
        return
      }
      case 'approve': {
        this.#bound(seq, ticket, command)
        this.#separate(seq, ticket, 'approve', people)
        const granted = events.find(event => event.type === 'approval.granted')
        const roles = granted?.seats.map(seat => seat.role) ?? []
        ticket.approvals.push({ stage, people, roles, edit: ticket.edit, round: ticket.round })
        did(ticket, 'approve', people)
        return
      }
      case 'reject':
        for (const approval of ticket.approvals)
          if (approval.people.some(one => people.includes(one))) approval.off = true
        did(ticket, 'approve', people)
        return
      case 'withdraw':
        for (const event of events) {
          const approval = event.type === 'approval.withdrawn' ? ticket.approvals[event.approval] : undefined
          if (approval !== undefined) approval.off = true
        }
        return
      case 'signOff':
        this.#bound(seq, ticket, command)
        this.#separate(seq, ticket, 'test', people)
        if (command.result === 'passed')
          ticket.tests.push({ stage, people, roles: [], edit: ticket.edit, round: ticket.round })
        did(ticket, 'test', people)
        return
      case 'resubmit':
        ticket.round += 1
        ticket.idle = false
        this.#carry(ticket, later)
        return
      case 'release':
        this.#bound(seq, ticket, command)
        this.#separate(seq, ticket, 'release', people)
        this.#counted(seq, ticket, stage, body.at)
        if (!ticket.made) {
          const because = 'it was implemented, and nobody is recorded as having made it'
          this.#report(decisionFinding('release.unmade', seq, 'somebody who made it', 'nobody', because))
        }
        did(ticket, 'release', people)
        return
      case 'cancel':
        ticket.idle = true
        return
      case 'close':
        return
      default:
        command satisfies never
    }
  }

  /** The person or bot whose account it was, and the bot's controller. */
  #behind(body: RecordBody): readonly string[] {
    return this.#accounts.get(body.by.account) ?? [body.by.account]
  }

  #actedFor({ by }: RecordBody): string[] {
    if (by.as?.capacity !== 'delegate') return []
    return [this.#principals.get(by.as.delegation) ?? by.as.principal]
  }

  #bound(seq: number, ticket: Ticket, command: { revision: number; digest: string }): void {
    if (command.revision === ticket.revision && command.digest === ticket.digest) return
    const found = `revision ${command.revision}, ${command.digest}`
    const expected = `revision ${ticket.revision}, ${ticket.digest}`
    this.#report(
      decisionFinding('approval.unbound', seq, expected, found, 'it was given for something else than what was there'),
    )
  }

  #apart(ticket: Ticket): [string, string][] {
    const { permit, separate, complies } = ticket.policy
    const clauses = Object.values(this.#controls.get(complies.digest)?.clauses ?? {})
    const pairs: [string, string][] = [
      ['make', 'approve'],
      ['make', 'test'],
      ...separate.map(one => one.duties),
      ...clauses.flatMap(one => (one.rule === 'separate' ? [one.duties] : [])),
    ]
    const lifted = permit.some(({ duties }) => duties.includes('request') && duties.includes('approve'))
    return lifted ? pairs : [...pairs, ['request', 'approve']]
  }

  #clash(ticket: Ticket, duty: string, people: readonly string[]): string | undefined {
    for (const [one, other] of this.#apart(ticket)) {
      const against = one === duty ? other : other === duty ? one : undefined
      const who = against === undefined ? undefined : people.find(person => ticket.did.get(against)?.has(person))
      if (who !== undefined) return `${who} also holds ${against}`
    }
    return undefined
  }

  #separate(seq: number, ticket: Ticket, duty: string, people: readonly string[]): void {
    const clash = this.#clash(ticket, duty, people)
    if (clash === undefined) return
    this.#report(
      decisionFinding(
        'duty.violated',
        seq,
        `nobody who may not also ${duty}`,
        people.join(', '),
        `${clash} on this change`,
      ),
    )
  }

  #counts(ticket: Ticket, duty: string, act: Act, at: string): boolean {
    if (act.off === true || act.round !== ticket.round) return false
    if (act.from === undefined && act.edit !== ticket.edit) return false
    if (act.until !== undefined && at >= act.until) return false
    if (act.from !== undefined && !this.#decided(act.from.ticket, at)) return false
    if (act.from !== undefined && !this.#counts(act.from.ticket, 'approve', act.from.act, at)) return false
    if (act.people.some(person => this.#compromised.has(person))) return false
    return this.#clash(ticket, duty, act.people) === undefined
  }

  /** Whether everything that a change asks to be approved is approved. */
  #decided(ticket: Ticket, at: string): boolean {
    if (ticket.idle) return false
    const standing = ticket.approvals.filter(act => act.from === undefined && this.#counts(ticket, 'approve', act, at))
    return lacking(ticket, ticket.policy.categories[ticket.category]?.flow ?? [], standing).length === 0
  }

  /** Before a release: enough different persons have approved, for each stage that applies, and tested. */
  #counted(seq: number, ticket: Ticket, stage: string, at: string): void {
    const flow = ticket.policy.categories[ticket.category]?.flow ?? []
    const place = flow.findIndex(one => one.name === stage)
    const before = flow.slice(0, place < 0 ? flow.length : place).filter(one => asked(one.when, ticket.form))
    const approvals = before.filter(one => one.kind === 'approval')
    const standing = ticket.approvals.filter(act => this.#counts(ticket, 'approve', act, at))
    const lacks = lacking(ticket, before, standing)
    const ruled = approvals.some(one => ways(one.requires, ticket.form).length > 0)
    if (lacks.length > 0 || !ruled) {
      const names = lacks.map(one => one.name).join(', ') || 'any rule'
      const found = standing.map(act => act.people[0]).join(', ') || 'nobody'
      this.#report(
        decisionFinding(
          'release.unapproved',
          seq,
          `approval at ${names}`,
          found,
          'it was implemented before it was approved',
        ),
      )
    }
    for (const one of before) {
      if (one.kind !== 'test') continue
      const signed: Act[] = []
      for (const act of ticket.tests) {
        const again = signed.some(other => other.people.some(person => act.people.includes(person)))
        if (act.stage === one.name && !again && this.#counts(ticket, 'test', act, at)) signed.push(act)
      }
      if (signed.length >= one.signOffs) continue
      this.#report(
        decisionFinding(
          'release.untested',
          seq,
          `${one.signOffs} at ${one.name}`,
          `${signed.length}`,
          'it was implemented before it was tested',
        ),
      )
    }
  }
}

/** The events that a command brings about itself. Others in its entry are what came about meanwhile, or what follows. */
const ofCommand: ReadonlySet<string> = new Set([
  'task.completed',
  'test.signed-off',
  'approval.granted',
  'change.rejected',
  'change.released',
])

/** The approval stages that ask for more than is there. */
const lacking = (ticket: Ticket, stages: readonly Stage[], standing: readonly Act[]): Stage[] =>
  stages.filter(one => {
    if (one.kind !== 'approval' || !asked(one.when, ticket.form)) return false
    const given = standing.filter(act => act.stage === one.name)
    return !isEnough(one, ticket.form, given)
  })

function did(ticket: Ticket, duty: string, people: readonly string[]): void {
  const known = ticket.did.get(duty) ?? new Set()
  for (const person of people) known.add(person)
  ticket.did.set(duty, known)
}
