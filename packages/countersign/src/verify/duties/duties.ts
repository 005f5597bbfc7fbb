import type { ChangeCommand } from '../../change/command.ts'
import type { ChangeEvent } from '../../change/event.ts'
import type { GovernanceCommand } from '../../governance/command.ts'
import type { GovernanceEvent } from '../../governance/event.ts'
import type { Controls } from '../../policy/controls.ts'
import type { Policy } from '../../policy/policy.ts'
import { isGovernance, type RecordBody } from '../../record/record.ts'
import type { Finding } from '../finding.ts'
import { asking } from './asking.ts'
import { renameTicked } from './checklist.ts'
import { decided } from './count.ts'
import { counted } from './electorate.ts'
import { exceptionEvent } from './exception.ts'
import { withFamilies } from './family.ts'
import { Calendars } from './freeze.ts'
import { Givings } from './giving.ts'
import { type Command, type Event, Judge, type RestedOn } from './judge.ts'
import { learn } from './learn.ts'
import { allOwed, lapse, leave, owe, oweWhatIsAsked, owing } from './obligation.ts'
import type { OwedOn } from './owed.ts'
import { Redactions } from './redaction.ts'
import { Releases } from './release.ts'
import { SecondPersons } from './second-person.ts'
import { pairsOf } from './separation.ts'
import { applied, bounded, Templates } from './template.ts'
import type { Moment, Ticket } from './ticket.ts'

// The duties told a second time, straight from the law: who made, tested and asked; who approved, for whom, and what.
// Nothing here calls what decides, so that a fault there does not excuse itself here.

/** Judges separation and counting over a trail, entry by entry. */
export class Duties {
  /** Changes that were found, and had been made outside of the process. */
  readonly unauthorised: { readonly change: string; readonly seq: number }[] = []
  readonly #judge: Judge
  readonly #templates: Templates
  readonly #calendars: Calendars
  readonly #releases: Releases
  readonly #givings: Givings
  readonly #redactions: Redactions
  readonly #secondPersons: SecondPersons
  readonly #controls = new Map<string, Controls>()
  readonly #policies = new Map<string, Policy>()
  readonly #tickets = new Map<string, Ticket>()
  /** What is owed, or was, on what is forgotten. */
  readonly #owed: OwedOn[] = []
  /** Something was asked for that is forgotten: what was found is not all that there is. */
  lacks = false

  constructor(report: (finding: Finding) => void) {
    this.#judge = new Judge(report)
    this.#templates = new Templates(this.#judge.people)
    this.#calendars = new Calendars(this.#judge.people)
    this.#releases = new Releases(this.#judge, this.#calendars)
    this.#givings = new Givings(this.#judge)
    this.#redactions = new Redactions(this.#judge.people)
    this.#secondPersons = new SecondPersons(this.#judge.people)
  }

  /** The exceptions on which decisions rested, each once. */
  get exceptions(): readonly RestedOn[] {
    return this.#judge.exceptions
  }

  /** All that is owed, or was, by when the changes were asked for. */
  get owed(): readonly OwedOn[] {
    return [...this.#owed, ...allOwed(this.#tickets.values())].toSorted((a, b) => a.seq - b.seq)
  }

  /**
   * Forgets changes that are over, but for those of somebody of whom is still to come that they are another, and the families
   * of those.
   */
  forget(isOver: (change: string) => boolean, isLearned: (person: string) => boolean): void {
    const kept = withFamilies(this.#judge.people.heldBy(isLearned))
    const gone = new Set<Ticket>()
    for (const [id, ticket] of this.#tickets) {
      if (!isOver(id) || kept.has(ticket)) continue
      gone.add(ticket)
      this.#tickets.delete(id)
    }
    for (const one of allOwed(gone)) this.#owed.push(one)
    this.#judge.people.forget(ticket => gone.has(ticket))
  }

  entry(seq: number, told: RecordBody): void {
    if ('refused' in told.outcome) return
    // What came first is told by where it stands, and not by what it says of itself.
    const body = told.seq === seq ? told : { ...told, seq }
    const { command } = body
    if (isGovernance(command)) {
      for (const event of told.outcome.accepted) this.#govern(event as GovernanceEvent, command, body)
      return
    }
    const events = told.outcome.accepted as readonly ChangeEvent[]
    if (command.type === 'submit') this.#submit(body, command, events)
    const ticket = this.#tickets.get(command.change)
    if (ticket === undefined) return
    // What is learned after a change was completed changes nothing on it.
    const wasOver = ticket.settled !== undefined
    if (!wasOver) lapse(this.#judge.people, ticket, body)
    for (const event of events) this.#happen(ticket, event, command, body)
    if (wasOver) return
    const named = command.type === 'remediate' ? this.#tickets.get(command.by) : undefined
    owing(this.#judge, ticket, body, named)
  }

  // People and rules

  #govern(event: GovernanceEvent, command: GovernanceCommand, body: RecordBody): void {
    if (event.type === 'controls.proposed' && command.type === 'proposeControls')
      this.#controls.set(event.digest, command.controls)
    if (event.type === 'policy.proposed' && command.type === 'proposePolicy')
      this.#policies.set(event.digest, command.policy)
    this.#calendars.event(event, command, body)
    this.#redactions.event(event, command)
    this.#secondPersons.event(event, body)
    const against = this.#templates.event(event, body)
    if (against !== undefined)
      this.#judge.find(
        'template.unjustified',
        body.seq,
        'approval by others than the proposer',
        body.by.account,
        against,
      )
    const joined = this.#judge.people.event(event, body)
    if (joined === undefined) return
    this.lacks ||= joined.whole.hasForgotten
    learn(this.#judge, this.#secondPersons, joined, body.seq)
  }

  // Changes

  #submit(body: RecordBody, command: Command<'submit'>, events: readonly ChangeEvent[]): void {
    const policy = this.#policies.get(body.policy ?? '')
    const submitted = events.find(event => event.type === 'change.submitted')
    // What is there stays, with everything that was done on it.
    if (policy === undefined || submitted === undefined || this.#tickets.has(command.change)) return
    const parent = this.#tickets.get(command.parent ?? '')
    const ticket: Ticket = {
      id: command.change,
      seq: body.seq,
      at: body.at,
      team: command.team,
      policy,
      apart: pairsOf(policy, this.#controls.get(policy.complies.digest)),
      parent,
      children: [],
      category: command.category,
      form: command.form,
      digest: submitted.digest,
      revision: 1,
      edit: 0,
      edits: new Set(),
      round: 1,
      isIdle: false,
      isCompleted: false,
      isMade: command.content !== undefined,
      electorates: {},
      approvals: [],
      requesters: this.#judge.people.behind(body.by.account),
      tests: [],
      ticked: new Map(),
      rejections: [],
      exceptions: new Map(),
      releases: [],
      isInEffect: command.inEffectSince !== undefined,
      effects: [],
      owed: [],
    }
    this.#tickets.set(command.change, ticket)
    parent?.children.push(ticket)
    this.#judge.did(ticket, 'request', ticket.requesters, body.seq)
    this.#judge.did(ticket, 'make', this.#judge.makers(command), body.seq)
  }

  /**
   * What an event says, noun by noun, as far as the command can have brought it about; what follows from both is told here
   * again.
   */
  #happen(ticket: Ticket, event: ChangeEvent, command: ChangeCommand, body: RecordBody): void {
    this.#content(ticket, event, command, body)
    this.#rules(ticket, event, command, body)
    this.#givings.event(ticket, event, command, body)
    this.#releases.event(ticket, event, command, body)
    exceptionEvent(this.#judge, ticket, event, command, body)
    if (event.type === 'freeze.overridden' && command.type === 'overrideFreeze')
      this.#calendars.override(ticket, event.freeze, event.until, body)
    if (event.type === 'value.redacted') this.#redacted(ticket, body)
    this.#life(ticket, event, body)
  }

  /** What is made, and by whom. */
  #content(ticket: Ticket, event: ChangeEvent, command: ChangeCommand, body: RecordBody): void {
    if (event.type === 'change.revised' && command.type === 'revise') this.#revised(ticket, event, command, body)
    if (event.type === 'change.assigned') this.#judge.did(ticket, 'make', [event.to], body.seq)
  }

  /** By which rules a change is judged: those of its category, its template and its policy. */
  #rules(ticket: Ticket, event: ChangeEvent, command: ChangeCommand, body: RecordBody): void {
    switch (event.type) {
      case 'change.recategorised':
        if (command.type === 'recategorise') this.#recategorised(ticket, event, command, body)
        return
      case 'template.applied':
        if (command.type === 'submit')
          applied(this.#judge, this.#templates.get(ticket.team, event), ticket, event, command, body)
        return
      case 'standard.lost':
        leave(this.#judge, ticket, body.seq)
        asking(this.#judge, ticket, event.category, body)
        ticket.category = event.category
        return
      case 'change.migrated':
        if (command.type === 'migrate') this.#migrated(ticket, event, body)
        return
      default:
    }
  }

  /** Where a change is in its life. */
  #life(ticket: Ticket, event: ChangeEvent, body: RecordBody): void {
    switch (event.type) {
      case 'change.found':
        this.#found(ticket, body)
        return
      case 'stage.entered':
        this.#entered(ticket, event, body)
        return
      case 'change.returned':
      case 'change.condemned':
        ticket.isIdle = true
        ticket.isCompleted = false
        return
      case 'change.resubmitted':
        ticket.round += 1
        ticket.isIdle = false
        ticket.ticked.clear()
        return
      case 'change.cancelled':
        leave(this.#judge, ticket, body.seq)
        ticket.isIdle = true
        ticket.isCompleted = false
        return
      case 'change.closed':
        leave(this.#judge, ticket, body.seq)
        return
      default:
    }
  }

  #redacted(ticket: Ticket, { seq, by }: RecordBody): void {
    const against = this.#redactions.against(ticket, by.account)
    const expected = 'redacted by an administrator without a part in it'
    if (against !== undefined) this.#judge.find('redaction.unjustified', seq, expected, by.account, against)
  }

  #revised(ticket: Ticket, event: Event<'change.revised'>, command: Command<'revise'>, body: RecordBody): void {
    ticket.form = { ...ticket.form, ...command.form }
    ticket.revision = event.revision
    ticket.isMade ||= command.content !== undefined
    ticket.edits.add(body.seq)
    this.#judge.did(ticket, 'make', this.#judge.makers(command), body.seq)
    if (event.digest !== ticket.digest) this.#edited(ticket, event.digest, body)
    // What is in effect still, as it was found there, is owed what the edit newly asks for.
    oweWhatIsAsked(ticket)
    bounded(this.#judge, ticket, body)
  }

  #edited(ticket: Ticket, digest: string, body: RecordBody): void {
    const events = 'accepted' in body.outcome ? body.outcome.accepted : []
    const kept = new Set(events.flatMap(event => (event.type === 'approval.retained' ? [event.approval] : [])))
    for (const [index, approval] of ticket.approvals.entries()) {
      if (approval.from === undefined || !kept.has(index)) approval.off = true
    }
    ticket.digest = digest
    ticket.isInEffect &&= ticket.releases.length === 0
    for (const one of ticket.releases) one.isStale ||= one.round === ticket.round
    ticket.edit += 1
    ticket.ticked.clear()
    ticket.isMade = true
    this.#judge.did(ticket, 'make', this.#judge.people.behind(body.by.account), body.seq)
  }

  #recategorised(
    ticket: Ticket,
    event: Event<'change.recategorised'>,
    command: Command<'recategorise'>,
    body: RecordBody,
  ): void {
    leave(this.#judge, ticket, body.seq)
    asking(this.#judge, ticket, event.category, body)
    ticket.category = event.category
    // Another kind of change has another form: what it does not ask for is gone.
    ticket.form = command.form ?? ticket.form
    ticket.revision = event.revision
    ticket.digest = event.digest
    ticket.edit += 1
    ticket.edits.add(body.seq)
    ticket.ticked.clear()
    ticket.round += 1
    ticket.isIdle = false
    // What kind of change it is, is a part of what is approved.
    this.#judge.did(ticket, 'make', this.#judge.people.behind(body.by.account), body.seq)
    ticket.isMade = true
    // Nothing becomes one that was found; where a trail says so all the same, it is one.
    if (ticket.policy.categories[event.category]?.retrospective !== undefined) this.#found(ticket, body)
  }

  /** What was made outside of the process owes everything from here on. */
  #found(ticket: Ticket, { seq, at }: RecordBody): void {
    this.unauthorised.push({ change: ticket.id, seq })
    owe(ticket, undefined, { seq, at })
  }

  #migrated(ticket: Ticket, event: Event<'change.migrated'>, body: RecordBody): void {
    const { policy: digest, digest: content, stages = {} } = event
    const policy = this.#policies.get(digest)
    if (policy === undefined) return
    const isRetrospective = () => ticket.policy.categories[ticket.category]?.retrospective !== undefined
    const was = isRetrospective()
    ticket.policy = policy
    ticket.migrated = body.seq
    if (!was && isRetrospective()) this.#found(ticket, body)
    ticket.apart = pairsOf(policy, this.#controls.get(policy.complies.digest))
    ticket.digest = content
    ticket.electorates = {}
    if (event.editor !== undefined) {
      ticket.isMade = true
      ticket.edits.add(body.seq)
      this.#judge.did(ticket, 'make', this.#judge.people.behind(body.by.account), body.seq)
    }
    const { approvals, tests, rejections, owed, effects } = ticket
    for (const one of [...approvals, ...tests, ...rejections, ...owed, ...effects])
      one.stage = (Object.hasOwn(stages, one.stage) ? stages[one.stage] : undefined) ?? one.stage
    renameTicked(ticket, stages)
    oweWhatIsAsked(ticket)
  }

  // Stages

  #entered(ticket: Ticket, { stage, electorates }: Event<'stage.entered'>, body: RecordBody): void {
    const moment: Moment = { at: body.at, before: Number.POSITIVE_INFINITY }
    // A share may be counted anew on the way, also where nothing is left to do then.
    if (electorates !== undefined) counted(this.#judge, ticket, electorates, moment, body.seq)
    ticket.isCompleted = stage === 'completed'
    if (!ticket.isCompleted) return
    ticket.settled = decided(this.#judge.people, ticket, moment)
    this.#releases.completed(ticket, body)
  }
}
