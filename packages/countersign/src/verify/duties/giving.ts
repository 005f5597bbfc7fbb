import type { ChangeCommand } from '../../change/command.ts'
import type { ChangeEvent } from '../../change/event.ts'
import type { RecordBody } from '../../record/record.ts'
import { ready, stagesNamed, tick, untick } from './checklist.ts'
import { authorising, lateGrants, reviewing, working } from './family.ts'
import type { Command, Event, Judge } from './judge.ts'
import { condemn, isOwed } from './obligation.ts'
import { rightIn } from './right.ts'
import { hindsight } from './separation.ts'
import { approvalBy } from './template.ts'
import { type Act, approvalStage, type Right, type Ticket } from './ticket.ts'
import { lifterOf, mayNotLift } from './veto.ts'

/** What is given on a change, or taken back from it: work, tests, approvals, rejections; by whom, and by what right. */
export class Givings {
  readonly #judge: Judge

  constructor(judge: Judge) {
    this.#judge = judge
  }

  /** Takes in what was given or taken back, as far as the command can have brought that about. */
  event(ticket: Ticket, event: ChangeEvent, command: ChangeCommand, body: RecordBody): void {
    this.#work(ticket, event, command, body)
    this.#approval(ticket, event, command, body)
    if (event.type === 'change.rejected' && command.type === 'reject') this.#rejected(ticket, event, command, body)
    if (event.type === 'veto.lifted' && command.type === 'liftVeto') this.#lifted(ticket, event, body)
  }

  /** Tasks, the items of checklists, and tests. */
  #work(ticket: Ticket, event: ChangeEvent, command: ChangeCommand, body: RecordBody): void {
    if (event.type === 'task.completed' && command.type === 'complete') this.#completed(ticket, event, body)
    if (event.type === 'items.ticked' && command.type === 'tick') this.#ticked(ticket, event, command, body)
    if (event.type === 'items.unticked' && command.type === 'untick') untick(ticket, event)
    if (event.type === 'test.signed-off' && command.type === 'signOff') this.#signedOff(ticket, event, command, body)
  }

  #approval(ticket: Ticket, event: ChangeEvent, command: ChangeCommand, body: RecordBody): void {
    if (event.type === 'approval.granted' && command.type === 'approve') this.#approved(ticket, event, command, body)
    if (event.type === 'approval.carried') this.#carried(ticket, event, body)
    if (event.type === 'approval.kept' && command.type === 'resubmit') keep(ticket, event)
    if (event.type === 'approval.withdrawn') withdraw(ticket, event)
  }

  #carried(ticket: Ticket, event: Event<'approval.carried'>, body: RecordBody): void {
    const { seq } = body
    const shared = { seq, stage: event.stage, edit: ticket.edit, round: ticket.round }
    const original = this.#original(ticket, event)
    if (original === undefined) {
      ticket.approvals.push({ ...shared, given: seq, at: event.at, people: event.chain, rights: [], off: true })
      return
    }
    const roles = rolesIn(event)
    const rights = original.rights.filter(one => roles.has(one.role)).map(one => rightOn(ticket, one))
    ticket.approvals.push({ ...original, ...shared, rights })
    this.#judge.did(ticket, 'approve', original.people, seq)
    this.#judge.did(ticket, authorising, original.people, seq)
  }

  /** What was carried, as it was given on the parent or on the template. */
  #original(ticket: Ticket, event: Event<'approval.carried'>) {
    const { from, person } = event
    if ('template' in from) {
      const template = ticket.template?.digest === from.template ? ticket.template : undefined
      const approval = template && approvalBy(this.#judge.people, template, person, event.at, rolesIn(event))
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
    ready(this.#judge, ticket, stagesNamed(ticket, stage), body)
    // To have made something is a fact, which is recorded and not refused.
    if (duty !== 'make') this.#judge.separate(ticket, duty, people, body)
    this.#judge.did(ticket, duty, people, body.seq)
    if (duty === 'review') return
    this.#judge.did(ticket, 'make', people, body.seq)
    this.#judge.did(ticket, working, people, body.seq)
    ticket.isMade = true
  }

  #ticked(ticket: Ticket, event: Event<'items.ticked'>, command: Command<'tick'>, body: RecordBody): void {
    const act = this.#act(ticket, event, this.#judge.acting(body, event), body)
    tick(this.#judge, ticket, act, event.items, command, body)
  }

  #signedOff(ticket: Ticket, event: Event<'test.signed-off'>, command: Command<'signOff'>, body: RecordBody): void {
    const people = this.#judge.acting(body, event)
    this.#judge.bound(ticket, command, body.seq)
    this.#judge.separate(ticket, 'test', people, body)
    if (command.result === 'passed') {
      ready(this.#judge, ticket, stagesNamed(ticket, event.stage), body)
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
    else {
      this.#reviewed(ticket, people, body)
      this.#judge.did(ticket, reviewing, people, body.seq)
    }
    this.#judge.did(ticket, 'approve', people, body.seq)
  }

  /** Whoever reviews what has taken effect, be it to approve or to reject it, has neither put it there nor authorised it. */
  #reviewed(ticket: Ticket, people: readonly string[], body: RecordBody): void {
    const { at, seq } = body
    this.#judge.separate(ticket, reviewing, people, body)
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
    { type, stage, seats }: Event<'approval.granted' | 'test.signed-off' | 'items.ticked'>,
    people: string[],
    body: RecordBody,
  ): Act {
    const { seq, at } = body
    // Approval is the judgement of a person; what a robot tests, it tests by its own role.
    const sat = type === 'approval.granted' && this.#judge.people.isRobot(body.by.account) ? [] : seats
    const rights = sat.map(seat => rightIn(this.#judge.people, ticket, seat, people[0] ?? '', at))
    return { seq, given: seq, at, stage, people, rights, edit: ticket.edit, round: ticket.round }
  }

  /** A veto is lifted by whoever has a part in it, or by its authority, where they take no part in the change. */
  #lifted(ticket: Ticket, event: Event<'veto.lifted'>, body: RecordBody): void {
    const veto = ticket.rejections[event.rejection]
    const { people } = this.#judge
    const against = mayNotLift(people, ticket, veto, body)
    if (veto !== undefined && against === undefined) {
      const lifters = people.behind(body.by.account)
      const late = lateGrants(people, lifters, lifterOf(ticket, veto) ?? '', ticket, body.at)
      veto.lifted = { people: lifters, seq: veto.lifted?.seq ?? body.seq, last: body.seq, late }
      return
    }
    const expected = 'lifted by whoever placed it, or by its authority'
    this.#judge.find('veto.overridden', body.seq, expected, body.by.account, against ?? '')
  }
}

/** An approval of the round before counts in the new one as well, where its stage says so. */
function keep(ticket: Ticket, event: Event<'approval.kept'>): void {
  const approval = ticket.approvals[event.approval]
  const isKept = approval !== undefined && approvalStage(ticket, approval.stage)?.onResubmit === 'retain'
  if (isKept && approval.round === ticket.round - 1) approval.round = ticket.round
}

function withdraw(ticket: Ticket, event: Event<'approval.withdrawn'>): void {
  const approval = ticket.approvals[event.approval]
  if (approval !== undefined) approval.off = true
}

const rolesIn = ({ seats }: Event<'approval.carried'>): ReadonlySet<string> => new Set(seats.map(seat => seat.role))

/** A right that somebody had to a parent, as it is one to a change which hangs on it: what is older than that is no favour. */
function rightOn({ seq }: Ticket, { late, places = [], ...right }: Right): Right {
  return {
    ...right,
    late: late !== undefined && late.first >= seq ? late : undefined,
    places: places.filter(one => one.first >= seq),
  }
}
