import type { Seat } from '../change/change.ts'
import type { ChangeCommand } from '../change/command.ts'
import type { ChangeEvent } from '../change/event.ts'
import type { GovernanceCommand } from '../governance/command.ts'
import type { GovernanceEvent } from '../governance/event.ts'
import type { Controls } from '../policy/controls.ts'
import type { Policy } from '../policy/policy.ts'
import type { SingleStage } from '../policy/stage.ts'
import { isGovernance, type RecordBody } from '../record/record.ts'
import type { Instant } from '../values/instant.ts'
import { unticked } from './checklist.ts'
import { decided, lacking, standing, untested } from './count.ts'
import { fewest } from './electorate.ts'
import { asked, ways } from './enough.ts'
import { mayNotExcept } from './exception.ts'
import { authorising, isHolder } from './family.ts'
import { type DecisionFindingCode, decisionFinding, type Finding } from './finding.ts'
import { Calendars } from './freeze.ts'
import { wrongAsOfThen } from './late.ts'
import { condemn, isOwed, misdated, owe, settleOwed, unfit } from './obligation.ts'
import { hold, type Party, People } from './people.ts'
import { hindsight, type Judged, pairsOf, separate } from './separation.ts'
import { hindrance, outOfBounds, Templates } from './template.ts'
import {
  type Act,
  approvalStage,
  type Exception,
  endOf,
  flowOf,
  type Moment,
  type Right,
  singles,
  type Ticket,
} from './ticket.ts'
import { inTheWay, mayNotLift } from './veto.ts'

// The duties told a second time, straight from the law: who made, tested and asked; who approved, for whom, and what.
// Nothing here calls what decides, so that a fault there does not excuse itself here.

/** An exception without which a decision would not have been one. */
export interface RestedOn {
  readonly change: string
  readonly exception: string
  readonly person: string
  /** The first entry that rests on it. */
  readonly seq: number
}

/** More grants of one role than these nobody needs to look at. */
const mostGrants = 100

/** What is owed, or was, over a whole trail. */
export interface Obligations {
  readonly opened: number
  readonly fulfilled: number
  readonly rejected: number
  /** Those that came late, and those that are open and whose time is over. */
  readonly late: number
  readonly open: readonly {
    readonly change: string
    readonly kind: 'review' | 'remedy'
    readonly stage: string
    readonly due: Instant
  }[]
}

type Command<Type extends ChangeCommand['type']> = Extract<ChangeCommand, { type: Type }>
type Event<Type extends ChangeEvent['type']> = Extract<ChangeEvent, { type: Type }>

const named = (ticket: Ticket, name: string): SingleStage[] => singles(flowOf(ticket)).filter(one => one.name === name)

/** Judges separation and counting over a trail, entry by entry. */
export class Duties {
  /** The exceptions on which decisions rested, each once. */
  readonly exceptions: RestedOn[] = []
  /** Changes that were found, and had been made outside of the process. */
  readonly unauthorised: { readonly change: string; readonly seq: number }[] = []
  readonly #report: (finding: Finding) => void
  readonly #people = new People()
  readonly #templates = new Templates(this.#people)
  readonly #calendars = new Calendars(this.#people)
  readonly #controls = new Map<string, Controls>()
  readonly #policies = new Map<string, Policy>()
  readonly #tickets = new Map<string, Ticket>()
  readonly #rested = new Set<Exception>()

  constructor(report: (finding: Finding) => void) {
    this.#report = report
  }

  entry(seq: number, told: RecordBody): void {
    if ('refused' in told.outcome) return
    // What came first is told by where it stands, and not by what it says of itself.
    const body = { ...told, seq }
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
    for (const event of events) this.#happen(ticket, event, command, body)
    if (!wasOver) this.#owing(ticket, body)
  }

  /** What is owed when the trail ends. */
  obligations(until: Instant): Obligations {
    const all = [...this.#tickets.values()].flatMap(({ id: change, owed }) => owed.map(one => ({ change, ...one })))
    const open = all.filter(one => one.ended === undefined)
    return {
      opened: all.length,
      fulfilled: all.filter(one => one.ended?.how === 'fulfilled').length,
      rejected: all.filter(one => one.ended?.how === 'rejected').length,
      late: all.filter(one => one.ended?.late ?? until >= one.due).length,
      open: open.map(({ change, kind, stage, due }) => ({ change, kind, stage, due })),
    }
  }

  #find(code: DecisionFindingCode, seq: number, expected: string, found: string, because: string): void {
    this.#report(decisionFinding(code, seq, expected, found, because))
  }

  // People and rules

  #govern(event: GovernanceEvent, command: GovernanceCommand, body: RecordBody): void {
    if (event.type === 'controls.proposed' && command.type === 'proposeControls')
      this.#controls.set(event.digest, command.controls)
    if (event.type === 'policy.proposed' && command.type === 'proposePolicy')
      this.#policies.set(event.digest, command.policy)
    this.#calendars.event(event, command, body)
    const against = this.#templates.event(event, body)
    if (against !== undefined)
      this.#find('template.unjustified', body.seq, 'approval by others than the proposer', body.by.account, against)
    const joined = this.#people.event(event, body)
    if (joined !== undefined) this.#learn(joined, body.seq)
  }

  /** Two are one: judges again what the smaller of them has to do with, and what depends on it, as of its release. */
  #learn({ smaller, whole }: { readonly smaller: Party; readonly whole: Party }, seq: number): void {
    // What somebody had no part in rests on them as well, where they have vouched for it, or are not to be relied on.
    const reaches = smaller.hasVouched || smaller.compromised.length > 0
    const touched = new Set(reaches ? whole.held.keys() : smaller.held.keys())
    for (const ticket of touched) for (const child of ticket.children) touched.add(child)
    for (const ticket of touched) {
      for (const release of ticket.releases) {
        const wrong = release.isWrong ? undefined : wrongAsOfThen(this.#people, ticket, release)
        if (wrong === undefined) continue
        release.isWrong = true
        const [one, other = one] = [[...smaller.ids][0], [...whole.ids][0]]
        const because = `${one} and ${other} are one person, and ${ticket.id} took effect in entry ${release.seq}: ${wrong}`
        this.#find('alias.late', seq, 'two persons', 'one', because)
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
      owed: [],
    }
    this.#tickets.set(command.change, ticket)
    parent?.children.push(ticket)
    this.#did(ticket, 'request', this.#people.behind(body.by.account), body.seq)
    this.#did(ticket, 'make', this.#makers(command), body.seq)
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
        ticket.category = event.category
        return
      case 'template.applied':
        if (command.type === 'submit') this.#applied(ticket, event, command, body)
        return
      case 'approval.carried':
        this.#carried(ticket, event, body)
        return
      case 'change.assigned':
        this.#did(ticket, 'make', [event.to], seq)
        return
      case 'task.completed':
        if (command.type === 'complete') this.#completed(ticket, event, body)
        return
      case 'items.ticked':
        if (command.type === 'tick') this.#ticked(ticket, event, command, body)
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
        if (command.type === 'breakGlass') this.#broken(ticket, body)
        return
      case 'change.migrated':
        if (command.type === 'migrate') this.#migrated(ticket, event)
        return
      case 'freeze.overridden':
        if (command.type === 'overrideFreeze') this.#calendars.override(ticket, event.freeze, event.until, body)
        return
      case 'change.found':
        this.unauthorised.push({ change: ticket.id, seq })
        owe(ticket, undefined, body.at)
        return
      case 'change.condemned':
        ticket.isIdle = true
        return
      case 'change.closed':
        this.#leave(ticket, seq)
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
        if (command.type === 'release') this.#released(ticket, event, command, body)
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
      case 'change.cancelled':
        this.#leave(ticket, seq)
        ticket.isIdle = true
        return
      default:
    }
  }

  #revised(ticket: Ticket, event: Event<'change.revised'>, command: Command<'revise'>, body: RecordBody): void {
    ticket.form = { ...ticket.form, ...command.form }
    ticket.revision = event.revision
    ticket.isMade ||= command.content !== undefined
    this.#did(ticket, 'make', this.#makers(command), body.seq)
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
    this.#did(ticket, 'make', this.#people.behind(body.by.account), body.seq)
  }

  #recategorised(
    ticket: Ticket,
    event: Event<'change.recategorised'>,
    command: Command<'recategorise'>,
    body: RecordBody,
  ): void {
    this.#leave(ticket, body.seq)
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
    this.#did(ticket, 'make', this.#people.behind(body.by.account), body.seq)
    ticket.isMade = true
  }

  #migrated(ticket: Ticket, { policy: digest, digest: content, stages = {} }: Event<'change.migrated'>): void {
    const policy = this.#policies.get(digest)
    if (policy === undefined) return
    ticket.policy = policy
    ticket.apart = pairsOf(policy, this.#controls.get(policy.complies.digest))
    ticket.digest = content
    ticket.electorates = {}
    for (const one of [...ticket.approvals, ...ticket.tests, ...ticket.rejections, ...ticket.owed])
      one.stage = (Object.hasOwn(stages, one.stage) ? stages[one.stage] : undefined) ?? one.stage
    const ticked = new Map<string, Set<string>>()
    for (const [old, items] of ticket.ticked) {
      const name = (Object.hasOwn(stages, old) ? stages[old] : undefined) ?? old
      ticked.set(name, new Set([...(ticked.get(name) ?? []), ...items]))
    }
    ticket.ticked = ticked
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
    this.#find('template.unjustified', body.seq, 'a template in use', `${event.name} ${event.version}`, against ?? '')
  }

  /** A change that leaves the bounds of its template is no standard change any more. */
  #bounds(ticket: Ticket, body: RecordBody): void {
    const { template } = ticket
    if (template === undefined || ticket.category !== template.document.category) return
    const fields = outOfBounds(template, ticket.form)
    const events = 'accepted' in body.outcome ? body.outcome.accepted : []
    if (fields.length === 0 || events.some(event => event.type === 'standard.lost')) return
    const because = 'it leaves the bounds of its template, and is still a standard change'
    this.#find('template.unjustified', body.seq, 'the fields as the template has them', fields.join(', '), because)
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
    const rights = original.rights.filter(one => roles.has(one.role))
    ticket.approvals.push({ ...original, ...shared, rights })
    this.#did(ticket, 'approve', original.people, seq)
    this.#did(ticket, authorising, original.people, seq)
  }

  /** What was carried, as it was given on the parent or on the template. */
  #original(ticket: Ticket, { from, person }: Event<'approval.carried'>) {
    if ('template' in from) {
      const template = ticket.template?.digest === from.template ? ticket.template : undefined
      const approval = template?.approvals.find(one => this.#people.share(one.people, [person]))
      if (template === undefined || approval === undefined) return undefined
      return { ...approval, from: { template } }
    }
    const parent = ticket.parent?.id === from.change ? ticket.parent : undefined
    const act = parent?.approvals[from.approval]
    if (parent === undefined || act === undefined || act.from !== undefined) return undefined
    const { people, rights, at, given, environments } = act
    return { people, rights, at, given, environments, from: { ticket: parent, act } }
  }

  /** To tick an item of a stage is to take on its duty. */
  #ticked(ticket: Ticket, event: Event<'items.ticked'>, command: Command<'tick'>, body: RecordBody): void {
    const people = this.#acting(body, event)
    const stage = singles(flowOf(ticket)).find(one => one.name === event.stage)
    const duty = stage?.kind === 'task' ? stage.duty : stage?.kind === 'test' ? 'test' : 'release'
    this.#bound(ticket, command, body.seq)
    if (duty !== 'make') this.#separate(ticket, duty, people, body)
    this.#did(ticket, duty, people, body.seq)
    if (stage?.kind === 'task' && duty !== 'review') {
      this.#did(ticket, 'make', people, body.seq)
      ticket.isMade = true
    }
    const ticked = ticket.ticked.get(event.stage) ?? new Set()
    for (const item of event.items) ticked.add(item)
    ticket.ticked.set(event.stage, ticked)
  }

  /** Nothing is done, signed off or put into effect with open items on its checklist. */
  #ready(ticket: Ticket, stages: readonly SingleStage[], seq: number): void {
    for (const stage of stages) {
      const open = unticked(ticket, stage)
      if (open.length === 0) continue
      const because = `${stage.name} went on with open items on its checklist`
      this.#find('checklist.open', seq, 'every item ticked', `open: ${open.join(', ')}`, because)
    }
  }

  #completed(ticket: Ticket, { stage, duty }: Event<'task.completed'>, body: RecordBody): void {
    const people = this.#acting(body)
    this.#ready(ticket, named(ticket, stage), body.seq)
    // To have made something is a fact, which is recorded and not refused.
    if (duty !== 'make') this.#separate(ticket, duty, people, body)
    this.#did(ticket, duty, people, body.seq)
    if (duty === 'review') return
    this.#did(ticket, 'make', people, body.seq)
    ticket.isMade = true
  }

  #signedOff(ticket: Ticket, event: Event<'test.signed-off'>, command: Command<'signOff'>, body: RecordBody): void {
    const people = this.#acting(body, event)
    this.#bound(ticket, command, body.seq)
    this.#separate(ticket, 'test', people, body)
    if (command.result === 'passed') {
      this.#ready(ticket, named(ticket, event.stage), body.seq)
      ticket.tests.push(this.#act(ticket, event, people, body))
    } else condemn(ticket, event.stage, body.at)
    this.#did(ticket, 'test', people, body.seq)
  }

  #approved(ticket: Ticket, event: Event<'approval.granted'>, command: Command<'approve'>, body: RecordBody): void {
    const people = this.#acting(body, event)
    this.#bound(ticket, command, body.seq)
    this.#separate(ticket, 'approve', people, body)
    ticket.approvals.push({ ...this.#act(ticket, event, people, body), environments: command.environments })
    const stage = approvalStage(ticket, event.stage)
    if (stage === undefined || !isOwed(stage)) this.#did(ticket, authorising, people, body.seq)
    else {
      const clash = hindsight(this.#people, ticket, people, { at: body.at, before: body.seq })
      if (clash !== undefined) this.#find('duty.violated', body.seq, 'a review by others', people.join(', '), clash)
    }
    this.#did(ticket, 'approve', people, body.seq)
  }

  #rejected(ticket: Ticket, event: Event<'change.rejected'>, command: Command<'reject'>, body: RecordBody): void {
    const people = this.#acting(body, event)
    this.#bound(ticket, command, body.seq)
    this.#separate(ticket, 'approve', people, body)
    const veto = approvalStage(ticket, event.stage)?.veto
    ticket.rejections.push({ seq: body.seq, stage: event.stage, people, ...(veto === undefined ? {} : { veto }) })
    condemn(ticket, event.stage, body.at)
    this.#did(ticket, 'approve', people, body.seq)
  }

  #act(
    ticket: Ticket,
    { stage, seats }: Event<'approval.granted' | 'test.signed-off'>,
    people: string[],
    body: RecordBody,
  ): Act {
    const { seq, at } = body
    // Approval is the judgement of a person.
    const sat = this.#people.isRobot(body.by.account) ? [] : seats
    const rights = sat.map(seat => this.#right(ticket, seat, people[0] ?? '', at))
    return { seq, given: seq, at, stage, people, rights, edit: ticket.edit, round: ticket.round }
  }

  #right(ticket: Ticket, seat: Seat, actor: string, at: Instant): Right {
    const holder = seat.capacity === 'delegate' ? seat.principal : actor
    const held = seat.capacity === 'fallback' ? seat.via : seat.role
    const grants = this.#people.grantsOf(this.#people.of(holder), held, ticket.team, at)
    const arrangedBy = this.#people.arrangersOf(seat)
    // Whoever held it before the change was there owes it to nobody on the change.
    if (grants.some(one => one.seq < ticket.seq)) return { role: seat.role, arrangedBy }
    const grantedBy = grants.slice(0, mostGrants).map(one => one.granters)
    return { role: seat.role, arrangedBy, ...(grants.length === 0 ? {} : { grantedBy }) }
  }

  /** A veto is lifted by whoever has a part in it, or by its authority, where they take no part in the change. */
  #lifted(ticket: Ticket, event: Event<'veto.lifted'>, body: RecordBody): void {
    const veto = ticket.rejections[event.rejection]
    const against = mayNotLift(this.#people, ticket, veto, body)
    if (veto !== undefined && against === undefined) {
      veto.lifted = true
      return
    }
    const expected = 'lifted by whoever placed it, or by its authority'
    this.#find('veto.overridden', body.seq, expected, body.by.account, against ?? '')
  }

  // Exceptions

  #asked(ticket: Ticket, command: Command<'requestException'>, body: RecordBody): void {
    const { exception: id, person, duties, until } = command
    const requesters = this.#people.vouching(body.by.account)
    if (!ticket.exceptions.has(id)) ticket.exceptions.set(id, { id, person, duties, until, requesters, granters: [] })
  }

  #excepted(ticket: Ticket, id: string, body: RecordBody): void {
    const exception = ticket.exceptions.get(id)
    const against = mayNotExcept(this.#people, ticket, exception, body)
    if (exception !== undefined && against === undefined) {
      // Nobody grants it over again, when the first to do so can no longer have done it.
      if (exception.from === undefined) exception.granters = this.#people.vouching(body.by.account)
      exception.from ??= body.seq
      return
    }
    const expected = 'granted under a rule, by somebody who has no part in it'
    this.#find('exception.unjustified', body.seq, expected, `${id} by ${body.by.account}`, against ?? '')
  }

  #rest(ticket: Ticket, rests: Judged['rests'], seq: number): void {
    for (const { exception, person } of rests) {
      if (this.#rested.has(exception)) continue
      this.#rested.add(exception)
      this.exceptions.push({ change: ticket.id, exception: exception.id, person, seq })
    }
  }

  // Stages

  #entered(ticket: Ticket, { stage, electorates }: Event<'stage.entered'>, body: RecordBody): void {
    const moment: Moment = { at: body.at, before: Number.POSITIVE_INFINITY }
    if (stage === 'completed') {
      ticket.settled = decided(this.#people, ticket, moment)
      return
    }
    if (electorates === undefined) return
    ticket.electorates = { ...ticket.electorates, ...electorates }
    const given = ticket.approvals.filter(one => one.off !== true && one.round === ticket.round)
    for (const [name, roles] of Object.entries(electorates)) {
      const elsewhere = given.filter(act => act.stage !== name).flatMap(act => act.people)
      for (const [role, recorded] of Object.entries(roles)) {
        const least = fewest(this.#people, ticket, role, moment, this.#people.all(elsewhere))
        if (recorded >= least) continue
        const because = `a share of ${role} at ${name} was taken of fewer persons than could approve in it`
        this.#find('electorate.understated', body.seq, `${least} or more`, `${recorded}`, because)
      }
    }
  }

  #released(ticket: Ticket, event: Event<'change.released'>, command: Command<'release'>, body: RecordBody): void {
    const { seq } = body
    const people = this.#acting(body, event)
    this.#bound(ticket, command, seq)
    this.#separate(ticket, 'release', people, body)
    const flow = flowOf(ticket)
    const place = flow.findIndex(one => one.name === event.stage)
    const stage = flow[place]
    const own = stage?.kind === 'release' ? stage.environment : undefined
    const { environment = own } = command
    if (environment !== own) {
      const because = 'it was put into effect somewhere else than the stage is for'
      this.#find('approval.unbound', seq, own ?? 'no environment', environment ?? 'none', because)
    }
    const before = singles(flow.slice(0, place < 0 ? flow.length : place)).filter(one => asked(one.when, ticket.form))
    const untimely = stage?.kind === 'release' ? this.#calendars.against(ticket, stage, body.at) : undefined
    if (untimely !== undefined)
      this.#find(
        'release.untimely',
        seq,
        'no freeze, and an open window where one is asked for',
        untimely,
        'it was implemented when nothing may be',
      )
    const { glass } = ticket
    const underGlass = event.underGlass === true && glass?.round === ticket.round && body.at < glass.until
    if (underGlass) glass.used = true
    this.#counted(ticket, before, environment, people, body, underGlass)
    const waived = before.filter(one => !isOwed(one) && !(underGlass && one.kind === 'test'))
    this.#ready(ticket, [...waived, ...named(ticket, event.stage)], seq)
    if (!ticket.isMade) {
      const because = 'it was implemented, and nobody is recorded as having made it'
      this.#find('release.unmade', seq, 'somebody who made it', 'nobody', because)
    }
    this.#did(ticket, 'release', people, seq)
    ticket.isInEffect = true
    owe(ticket, event.stage, body.at)
  }

  /** The glass is broken by a holder of the role that the policy names, once; otherwise it is not. */
  #broken(ticket: Ticket, { at, by, seq }: RecordBody): void {
    const { categories } = ticket.policy
    const rule = Object.hasOwn(categories, ticket.category) ? categories[ticket.category]?.breakGlass : undefined
    const ids = this.#people.behind(by.account)
    if (rule === undefined || ticket.glass !== undefined || this.#people.isRobot(by.account)) return
    if (![...this.#people.all(ids)].some(party => isHolder(this.#people, party, rule.by, ticket, at))) return
    ticket.glass = { until: endOf(at, rule.lasts), round: ticket.round, used: false }
    this.#did(ticket, 'release', ids, seq)
  }

  /** What is owed, once an entry has said what it says. */
  #owing(ticket: Ticket, body: RecordBody): void {
    if (ticket.owed.length === 0) return
    const { command, seq, at } = body
    if (command.type === 'remediate') {
      const owed = ticket.owed.find(one => one.kind === 'remedy' && one.ended === undefined)
      const against = unfit(ticket, this.#tickets.get(command.by), owed)
      if (owed !== undefined && against === undefined) owed.ended = { how: 'fulfilled', late: at >= owed.due }
      else this.#find('obligation.unfulfilled', seq, 'a remedy', command.by, against ?? '')
    } else settleOwed(this.#people, ticket, at)
    const wrong = misdated(ticket, body)
    if (wrong !== undefined) this.#find('obligation.misdated', seq, 'what was owed, and when', 'something else', wrong)
    const events = 'accepted' in body.outcome ? body.outcome.accepted : []
    if (events.some(one => one.type === 'stage.entered' && one.stage === 'completed')) this.#leave(ticket, seq)
  }

  /** Nothing that is owed is left behind. */
  #leave(ticket: Ticket, seq: number): void {
    const open = ticket.owed.filter(one => one.ended === undefined)
    if (open.length === 0) return
    const owed = open.map(one => `${one.kind} at ${one.stage}, due at ${one.due}`).join('; ')
    const because = 'it was put aside with something still owed on it'
    this.#find('obligation.unfulfilled', seq, owed, 'nothing', because)
  }

  /** Before a release: enough different persons have approved, for each stage that applies, and tested. */
  #counted(
    ticket: Ticket,
    before: readonly SingleStage[],
    environment: string | undefined,
    people: readonly string[],
    { seq, at }: RecordBody,
    underGlass: boolean,
  ): void {
    const { form, electorates } = ticket
    const isFor = (named?: readonly string[]) =>
      named === undefined || (environment !== undefined && named.includes(environment))
    const asking = underGlass ? [] : before
    const stages = asking.filter(one => one.kind !== 'approval' || isFor(one.environments))
    // What was given for elsewhere is as good as not given: the same person may have given something for here as well.
    const here = ticket.approvals.filter(one => isFor(one.environments))
    const found = standing(this.#people, ticket, { at, before: Number.POSITIVE_INFINITY }, here)
    const { approvals } = found
    const unapproved = lacking(stages, form, electorates, approvals).map(one => one.name)
    // That nothing applies is no leave: at least one rule has to.
    if (!underGlass && !stages.some(one => one.kind === 'approval' && ways(one.requires, form).length > 0))
      unapproved.push('any rule')
    if (unapproved.length > 0) {
      const given = approvals.map(({ act }) => act.people[0]).join(', ') || 'nobody'
      const because = 'it was implemented before it was approved'
      this.#find('release.unapproved', seq, `approval at ${unapproved.join(', ')}`, given, because)
    }
    const tests = untested(stages, form, found.tests)
    for (const one of tests) {
      const signed = found.tests.filter(act => act.stage === one.name).length
      const because = 'it was implemented before it was tested'
      this.#find('release.untested', seq, `${one.signOffs} at ${one.name}`, `${signed}`, because)
    }
    const isWrong = unapproved.length + tests.length > 0 || this.#isVetoed(ticket, before, seq)
    if (!isWrong) this.#rest(ticket, found.rests, seq)
    const shared = { seq, at, people, form, stages, electorates, isWrong }
    ticket.releases.push({ ...shared, approvals, tests: found.tests })
  }

  #isVetoed(ticket: Ticket, before: readonly SingleStage[], seq: number): boolean {
    const vetoes = inTheWay(ticket, before)
    for (const { stage, people } of vetoes) {
      const because = `it was implemented while a veto at ${stage} stood`
      this.#find('veto.overridden', seq, 'no veto that stands', people.join(', '), because)
    }
    return vetoes.length > 0
  }

  // What everything rests on

  /** Everybody who answers for what an entry does: behind the account, and in whose name it was done. */
  #acting({ by }: RecordBody, event?: { readonly seats: readonly unknown[] }): string[] {
    const seats = [by.as, ...(event?.seats ?? [])]
    return [...new Set([...this.#people.behind(by.account), ...seats.flatMap(seat => this.#people.actedFor(seat))])]
  }

  #makers({ content }: { readonly content?: { readonly makers: readonly string[] } | undefined }): string[] {
    return content?.makers.flatMap(account => this.#people.behind(account)) ?? []
  }

  #did(ticket: Ticket, duty: string, people: readonly string[], seq: number): void {
    for (const id of people) hold(this.#people.of(id), ticket, duty, seq)
  }

  #bound(ticket: Ticket, command: { readonly revision: number; readonly digest: string }, seq: number): void {
    if (command.revision === ticket.revision && command.digest === ticket.digest) return
    const found = `revision ${command.revision}, ${command.digest}`
    const expected = `revision ${ticket.revision}, ${ticket.digest}`
    this.#find('approval.unbound', seq, expected, found, 'it was given for something else than what was there')
  }

  #separate(ticket: Ticket, duty: string, people: readonly string[], { seq, at }: RecordBody): void {
    const moment: Moment = { at, before: Number.POSITIVE_INFINITY }
    const { clash, rests } = separate(this.#people, ticket, duty, people, moment, true)
    if (clash === undefined) this.#rest(ticket, rests, seq)
    else this.#find('duty.violated', seq, `nobody who may not also ${duty}`, people.join(', '), clash)
  }
}
