import type { Seat } from '../change/change.ts'
import type { ChangeCommand } from '../change/command.ts'
import type { ChangeEvent } from '../change/event.ts'
import type { GovernanceCommand } from '../governance/command.ts'
import type { GovernanceEvent } from '../governance/event.ts'
import type { Controls } from '../policy/controls.ts'
import type { Policy } from '../policy/policy.ts'
import { isGovernance, type RecordBody } from '../record/record.ts'
import type { Instant } from '../values/instant.ts'
import { ready, renameTicked, stagesNamed, tick } from './checklist.ts'
import { decided } from './count.ts'
import { fewest } from './electorate.ts'
import { mayNotExcept } from './exception.ts'
import { authorising, lateGrants, withFamilies } from './family.ts'
import type { Finding } from './finding.ts'
import { Calendars } from './freeze.ts'
import { type Command, type Event, Judge, type RestedOn } from './judge.ts'
import { wrongAsOfThen } from './late.ts'
import { allOwed, condemn, isOwed, lapse, leave, owe, oweMoved, owing } from './obligation.ts'
import type { OwedOn } from './owed.ts'
import type { Party } from './people.ts'
import { Redactions } from './redaction.ts'
import { Releases } from './release.ts'
import { SecondPersons } from './second-person.ts'
import { hindsight, pairsOf, ruleFor } from './separation.ts'
import { approvalBy, hindrance, outOfBounds, Templates } from './template.ts'
import { type Act, approvalStage, type Moment, type Right, type Ticket } from './ticket.ts'
import { lifterOf, mayNotLift } from './veto.ts'

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
    this.#redactions = new Redactions(this.#judge.people)
    this.#secondPersons = new SecondPersons(this.#judge.people)
  }

  /** The exceptions on which decisions rested, each once. */
  get exceptions(): readonly RestedOn[] {
    return this.#judge.exceptions
  }

  /** All that is owed, or was. */
  get owed(): readonly OwedOn[] {
    return [...this.#owed, ...allOwed(this.#tickets.values())]
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
    this.#owed.push(...allOwed(gone))
    this.#judge.people.forget(ticket => gone.has(ticket))
  }

  entry(seq: number, told: RecordBody): void {
    if ('refused' in told.outcome) return
    this.#judge.people.passes(seq, told.at)
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
    if (joined !== undefined) this.#learn(joined, body.seq)
  }

  /** Two are one: judges again what the smaller of them has to do with, and what depends on it, as of its release. */
  #learn({ smaller, whole }: { readonly smaller: Party; readonly whole: Party }, seq: number): void {
    this.lacks ||= whole.hasForgotten
    const [one] = smaller.ids
    const [other = one] = whole.ids
    const late = (because: string) =>
      this.#judge.find('alias.late', seq, 'two persons', 'one', `${one} and ${other} are one person, and ${because}`)
    for (const { what, seq: done } of this.#secondPersons.learned())
      late(`who proposed ${what} put it in place in entry ${done}, which takes another one`)
    // What somebody had no part in rests on them as well, where they have vouched for it, or are not to be relied on.
    const reaches = smaller.hasVouched || smaller.compromised.length > 0
    const touched = new Set(reaches ? whole.held.keys() : smaller.held.keys())
    for (const ticket of touched) for (const child of ticket.children) touched.add(child)
    for (const ticket of touched) {
      const { releases, completion } = ticket
      for (const release of completion === undefined ? releases : [...releases, completion]) {
        const wrong = release.isWrong ? undefined : wrongAsOfThen(this.#judge.people, ticket, release)
        if (wrong === undefined) continue
        release.isWrong = true
        late(
          `${ticket.id} ${release === completion ? 'was completed' : 'took effect'} in entry ${release.seq}: ${wrong}`,
        )
      }
    }
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
      round: 1,
      isIdle: false,
      isMade: command.content !== undefined,
      electorates: {},
      approvals: [],
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
    this.#judge.did(ticket, 'request', this.#judge.people.behind(body.by.account), body.seq)
    this.#judge.did(ticket, 'make', this.#judge.makers(command), body.seq)
  }

  /** What an event says, as far as the command can have brought it about; what follows from both is told here again. */
  #happen(ticket: Ticket, event: ChangeEvent, command: ChangeCommand, body: RecordBody): void {
    const { seq } = body
    switch (event.type) {
      case 'change.revised':
        if (command.type === 'revise') this.#revised(ticket, event, command, body)
        return
      case 'change.recategorised':
        if (command.type === 'recategorise') this.#recategorised(ticket, event, command, body)
        return
      case 'standard.lost':
        leave(this.#judge, ticket, seq)
        ticket.category = event.category
        return
      case 'template.applied':
        if (command.type === 'submit') this.#applied(ticket, event, command, body)
        return
      case 'approval.carried':
        this.#carried(ticket, event, body)
        return
      case 'change.assigned':
        this.#judge.did(ticket, 'make', [event.to], seq)
        return
      case 'task.completed':
        if (command.type === 'complete') this.#completed(ticket, event, body)
        return
      case 'items.ticked':
        if (command.type === 'tick') tick(this.#judge, ticket, event, command, body)
        return
      case 'items.unticked':
        if (command.type === 'untick') for (const item of event.items) ticket.ticked.get(event.stage)?.delete(item)
        return
      case 'test.signed-off':
        if (command.type === 'signOff') this.#signedOff(ticket, event, command, body)
        return
      case 'approval.granted':
        if (command.type === 'approve') this.#approved(ticket, event, command, body)
        return
      case 'approval.withdrawn': {
        const approval = ticket.approvals[event.approval]
        if (approval !== undefined) approval.off = true
        return
      }
      case 'change.rejected':
        if (command.type === 'reject') this.#rejected(ticket, event, command, body)
        return
      case 'veto.lifted':
        if (command.type === 'liftVeto') this.#lifted(ticket, event, body)
        return
      case 'glass.broken':
        if (command.type === 'breakGlass') this.#releases.broken(ticket, body)
        return
      case 'change.migrated':
        if (command.type === 'migrate') this.#migrated(ticket, event, body)
        return
      case 'freeze.overridden':
        if (command.type === 'overrideFreeze') this.#calendars.override(ticket, event.freeze, event.until, body)
        return
      case 'change.found':
        this.#found(ticket, body)
        return
      case 'change.condemned':
        ticket.isIdle = true
        return
      case 'change.closed':
        leave(this.#judge, ticket, seq)
        return
      case 'change.returned':
        ticket.isIdle = true
        return
      case 'change.resubmitted':
        ticket.round += 1
        ticket.isIdle = false
        ticket.ticked.clear()
        return
      case 'approval.kept': {
        const approval = ticket.approvals[event.approval]
        const isKept = approval !== undefined && approvalStage(ticket, approval.stage)?.onResubmit === 'retain'
        if (command.type === 'resubmit' && isKept && approval.round === ticket.round - 1) approval.round = ticket.round
        return
      }
      case 'change.released':
        if (command.type === 'release') this.#releases.released(ticket, event, command, body)
        return
      case 'stage.entered':
        this.#entered(ticket, event, body)
        return
      case 'exception.requested':
        if (command.type === 'requestException') this.#asked(ticket, command, body)
        return
      case 'exception.granted':
        if (command.type === 'grantException') this.#excepted(ticket, event.exception, body)
        return
      case 'exception.revoked': {
        const exception = ticket.exceptions.get(event.exception)
        if (exception !== undefined) exception.to ??= seq
        return
      }
      case 'value.redacted': {
        const against = this.#redactions.against(ticket, body.by.account)
        const expected = 'redacted by an administrator without a part in it'
        if (against !== undefined) this.#judge.find('redaction.unjustified', seq, expected, body.by.account, against)
        return
      }
      case 'change.cancelled':
        leave(this.#judge, ticket, seq)
        ticket.isIdle = true
        return
      default:
    }
  }

  #revised(ticket: Ticket, event: Event<'change.revised'>, command: Command<'revise'>, body: RecordBody): void {
    ticket.form = { ...ticket.form, ...command.form }
    ticket.revision = event.revision
    ticket.isMade ||= command.content !== undefined
    this.#judge.did(ticket, 'make', this.#judge.makers(command), body.seq)
    if (event.digest !== ticket.digest) this.#edited(ticket, event.digest, body)
    this.#bounds(ticket, body)
  }

  #edited(ticket: Ticket, digest: string, body: RecordBody): void {
    const events = 'accepted' in body.outcome ? body.outcome.accepted : []
    const kept = new Set(events.flatMap(event => (event.type === 'approval.retained' ? [event.approval] : [])))
    for (const [index, approval] of ticket.approvals.entries()) {
      if (approval.from === undefined || !kept.has(index)) approval.off = true
    }
    ticket.digest = digest
    ticket.isInEffect &&= ticket.releases.length === 0
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
    ticket.category = event.category
    // Another kind of change has another form: what it does not ask for is gone.
    ticket.form = command.form ?? ticket.form
    ticket.revision = event.revision
    ticket.digest = event.digest
    ticket.edit += 1
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
    const { approvals, tests, rejections, owed, effects } = ticket
    for (const one of [...approvals, ...tests, ...rejections, ...owed, ...effects])
      one.stage = (Object.hasOwn(stages, one.stage) ? stages[one.stage] : undefined) ?? one.stage
    renameTicked(ticket, stages)
    oweMoved(ticket)
  }

  // Templates

  #applied(ticket: Ticket, event: Event<'template.applied'>, command: Command<'submit'>, body: RecordBody): void {
    const template = this.#templates.get(ticket.team, event)
    const against = hindrance(template, event.digest, command.category, body.at)
    if (template !== undefined && against === undefined) {
      ticket.template = template
      // What the template fixes need not be filled in again.
      ticket.form = { ...template.document.fixed, ...ticket.form }
      this.#bounds(ticket, body)
      return
    }
    this.#judge.find(
      'template.unjustified',
      body.seq,
      'a template in use',
      `${event.name} ${event.version}`,
      against ?? '',
    )
  }

  /** A change that leaves the bounds of its template is no standard change any more. */
  #bounds(ticket: Ticket, body: RecordBody): void {
    const { template } = ticket
    if (template === undefined || ticket.category !== template.document.category) return
    const fields = outOfBounds(template, ticket.form)
    const events = 'accepted' in body.outcome ? body.outcome.accepted : []
    if (fields.length === 0 || events.some(event => event.type === 'standard.lost')) return
    const because = 'it leaves the bounds of its template, and is still a standard change'
    this.#judge.find(
      'template.unjustified',
      body.seq,
      'the fields as the template has them',
      fields.join(', '),
      because,
    )
  }

  // What is given

  #carried(ticket: Ticket, event: Event<'approval.carried'>, body: RecordBody): void {
    const { seq } = body
    const shared = { seq, stage: event.stage, edit: ticket.edit, round: ticket.round }
    const original = this.#original(ticket, event)
    if (original === undefined) {
      ticket.approvals.push({ ...shared, given: seq, at: event.at, people: event.chain, rights: [], off: true })
      return
    }
    const roles = new Set(event.seats.map(seat => seat.role))
    const rights = original.rights.filter(one => roles.has(one.role)).map(one => rightOn(ticket, one))
    ticket.approvals.push({ ...original, ...shared, rights })
    this.#judge.did(ticket, 'approve', original.people, seq)
    this.#judge.did(ticket, authorising, original.people, seq)
  }

  /** What was carried, as it was given on the parent or on the template. */
  #original(ticket: Ticket, { from, person }: Event<'approval.carried'>) {
    if ('template' in from) {
      const template = ticket.template?.digest === from.template ? ticket.template : undefined
      const approval = template && approvalBy(this.#judge.people, template, [person])
      if (template === undefined || approval === undefined) return undefined
      return { ...approval, from: { template } }
    }
    const parent = ticket.parent?.id === from.change ? ticket.parent : undefined
    const act = parent?.approvals[from.approval]
    if (parent === undefined || act === undefined || act.from !== undefined) return undefined
    const { people, rights, at, given, environments } = act
    return { people, rights, at, given, environments, from: { ticket: parent, act } }
  }

  #completed(ticket: Ticket, { stage, duty }: Event<'task.completed'>, body: RecordBody): void {
    const people = this.#judge.acting(body)
    ready(this.#judge, ticket, stagesNamed(ticket, stage), body.seq)
    // To have made something is a fact, which is recorded and not refused.
    if (duty !== 'make') this.#judge.separate(ticket, duty, people, body)
    this.#judge.did(ticket, duty, people, body.seq)
    if (duty === 'review') return
    this.#judge.did(ticket, 'make', people, body.seq)
    ticket.isMade = true
  }

  #signedOff(ticket: Ticket, event: Event<'test.signed-off'>, command: Command<'signOff'>, body: RecordBody): void {
    const people = this.#judge.acting(body, event)
    this.#judge.bound(ticket, command, body.seq)
    this.#judge.separate(ticket, 'test', people, body)
    if (command.result === 'passed') {
      ready(this.#judge, ticket, stagesNamed(ticket, event.stage), body.seq)
      ticket.tests.push(this.#act(ticket, event, people, body))
    } else condemn(ticket, event.stage, body)
    this.#judge.did(ticket, 'test', people, body.seq)
  }

  #approved(ticket: Ticket, event: Event<'approval.granted'>, command: Command<'approve'>, body: RecordBody): void {
    const people = this.#judge.acting(body, event)
    this.#judge.bound(ticket, command, body.seq)
    this.#judge.separate(ticket, 'approve', people, body)
    ticket.approvals.push({ ...this.#act(ticket, event, people, body), environments: command.environments })
    const stage = approvalStage(ticket, event.stage)
    if (stage === undefined || !isOwed(stage)) this.#judge.did(ticket, authorising, people, body.seq)
    else this.#reviewed(ticket, people, body)
    this.#judge.did(ticket, 'approve', people, body.seq)
  }

  /** Whoever reviews what has taken effect, be it to approve or to reject it, has neither put it there nor authorised it. */
  #reviewed(ticket: Ticket, people: readonly string[], { at, seq }: RecordBody): void {
    const clash = hindsight(this.#judge.people, ticket, people, { at, before: seq })
    if (clash !== undefined) this.#judge.find('duty.violated', seq, 'a review by others', people.join(', '), clash)
  }

  #rejected(ticket: Ticket, event: Event<'change.rejected'>, command: Command<'reject'>, body: RecordBody): void {
    const people = this.#judge.acting(body, event)
    this.#judge.bound(ticket, command, body.seq)
    this.#judge.separate(ticket, 'approve', people, body)
    const stage = approvalStage(ticket, event.stage)
    if (stage !== undefined && isOwed(stage)) this.#reviewed(ticket, people, body)
    const placed = { seq: body.seq, stage: event.stage, category: ticket.category, people }
    const { veto } = stage ?? {}
    ticket.rejections.push({ ...placed, ...(veto === undefined ? {} : { veto: true, liftedBy: veto.liftedBy }) })
    condemn(ticket, event.stage, body)
    this.#judge.did(ticket, 'approve', people, body.seq)
  }

  #act(
    ticket: Ticket,
    { stage, seats }: Event<'approval.granted' | 'test.signed-off'>,
    people: string[],
    body: RecordBody,
  ): Act {
    const { seq, at } = body
    // Approval is the judgement of a person.
    const sat = this.#judge.people.isRobot(body.by.account) ? [] : seats
    const rights = sat.map(seat => this.#right(ticket, seat, people[0] ?? '', at))
    return { seq, given: seq, at, stage, people, rights, edit: ticket.edit, round: ticket.round }
  }

  #right(ticket: Ticket, seat: Seat, actor: string, at: Instant): Right {
    const holder = seat.capacity === 'delegate' ? seat.principal : actor
    const held = seat.capacity === 'fallback' ? seat.via : seat.role
    const { people } = this.#judge
    const pool = seat.capacity === 'delegate' ? ticket.policy.roles[seat.role]?.delegates : undefined
    const delegates = pool === undefined ? [] : people.delegatesIn(seat)
    return {
      role: seat.role,
      ...(seat.capacity === 'own' ? {} : { seat }),
      late: lateGrants(people, [holder], held, ticket, at),
      places: delegates.flatMap(one => lateGrants(people, [one], pool ?? '', ticket, at) ?? []),
      arrangedBy: people.arrangersOf(seat),
    }
  }

  /** A veto is lifted by whoever has a part in it, or by its authority, where they take no part in the change. */
  #lifted(ticket: Ticket, event: Event<'veto.lifted'>, body: RecordBody): void {
    const veto = ticket.rejections[event.rejection]
    const { people } = this.#judge
    const against = mayNotLift(people, ticket, veto, body)
    if (veto !== undefined && against === undefined) {
      const lifters = people.behind(body.by.account)
      const late = lateGrants(people, lifters, lifterOf(ticket, veto) ?? '', ticket, body.at)
      veto.lifted = { people: lifters, seq: veto.lifted?.seq ?? body.seq, at: body.at, late }
      return
    }
    const expected = 'lifted by whoever placed it, or by its authority'
    this.#judge.find('veto.overridden', body.seq, expected, body.by.account, against ?? '')
  }

  // Exceptions

  #asked(ticket: Ticket, command: Command<'requestException'>, body: RecordBody): void {
    const { exception: id, person, duties, until } = command
    const requesters = this.#judge.people.vouching(body.by.account)
    if (!ticket.exceptions.has(id)) ticket.exceptions.set(id, { id, person, duties, until, requesters, granters: [] })
  }

  #excepted(ticket: Ticket, id: string, body: RecordBody): void {
    const exception = ticket.exceptions.get(id)
    const against = mayNotExcept(this.#judge.people, ticket, exception, body)
    if (exception !== undefined && against === undefined) {
      // Nobody grants it over again, when the first to do so can no longer have done it.
      if (exception.from === undefined) {
        const { people } = this.#judge
        exception.granters = people.vouching(body.by.account)
        const rule = ruleFor(ticket, exception)
        exception.late = rule && lateGrants(people, exception.granters, rule.grantedBy, ticket, body.at)
        people.vouch(exception.late?.grantedBy.flat() ?? [])
      }
      exception.from ??= body.seq
      exception.at ??= body.at
      return
    }
    const expected = 'granted under a rule, by somebody who has no part in it'
    this.#judge.find('exception.unjustified', body.seq, expected, `${id} by ${body.by.account}`, against ?? '')
  }

  // Stages

  #entered(ticket: Ticket, { stage, electorates }: Event<'stage.entered'>, body: RecordBody): void {
    const moment: Moment = { at: body.at, before: Number.POSITIVE_INFINITY }
    // A share may be counted anew on the way, also where nothing is left to do then.
    if (electorates !== undefined) this.#counted(ticket, electorates, moment, body.seq)
    if (stage !== 'completed') return
    ticket.settled = decided(this.#judge.people, ticket, moment)
    this.#releases.completed(ticket, body)
  }

  #counted(
    ticket: Ticket,
    electorates: NonNullable<Event<'stage.entered'>['electorates']>,
    moment: Moment,
    seq: number,
  ): void {
    ticket.electorates = { ...ticket.electorates, ...electorates }
    const given = ticket.approvals.filter(one => one.off !== true && one.round === ticket.round)
    for (const [name, roles] of Object.entries(electorates)) {
      const elsewhere = given.filter(act => act.stage !== name).flatMap(act => act.people)
      for (const [role, recorded] of Object.entries(roles)) {
        const least = fewest(this.#judge.people, ticket, name, role, moment, this.#judge.people.all(elsewhere))
        if (recorded >= least) continue
        const because = `a share of ${role} at ${name} was taken of fewer persons than could approve in it`
        this.#judge.find('electorate.understated', seq, `${least} or more`, `${recorded}`, because)
      }
    }
  }
}

/** A right that somebody had to a parent, as it is one to a change which hangs on it: what is older than that is no favour. */
function rightOn({ seq }: Ticket, { late, places = [], ...right }: Right): Right {
  return {
    ...right,
    late: late !== undefined && late.first >= seq ? late : undefined,
    places: places.filter(one => one.first >= seq),
  }
}
