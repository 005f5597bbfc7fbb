import type { ChangeCommand, ChangeEvent } from 'countersign/change'
import type { GovernanceCommand, GovernanceEvent } from 'countersign/governance'
import { PlainCount } from './plain/count.ts'
import type { Seat, Ticket, Vote } from './plain/duties.ts'
import { end } from './plain/people.ts'
import type { Form } from './plain/requirement.ts'

/** What the plain implementation reads of an entry. */
export interface PlainBody {
  readonly at: string
  readonly by: { readonly account: string; readonly person?: string; readonly bot?: string }
  readonly policy?: string
  readonly command: ChangeCommand | GovernanceCommand
  readonly outcome: { readonly accepted: readonly (ChangeEvent | GovernanceEvent)[] } | { readonly refused: object }
}

/** What somebody does on a change: in which seats, and in whose name as well. */
interface Act {
  readonly command: ChangeCommand
  readonly at: string
  readonly self: readonly string[]
  readonly seats: readonly Seat[]
  readonly chain: readonly string[]
}

/**
 * Separation and counting once more, from the law and from nothing else: short, slow, with a search through all
 * possibilities where the library is clever. It takes part in no decision; properties hold both together.
 */
export class Plain extends PlainCount {
  /** How many entries were taken in. */
  entries = 0

  /** Takes in the next entry of the trail. */
  fold({ at, by, command, outcome, policy }: PlainBody): void {
    this.entries += 1
    if (!('accepted' in outcome)) return
    const self = [by.bot, by.person].filter(name => name !== undefined)
    for (const event of outcome.accepted) {
      if ('change' in command) this.#change(event as ChangeEvent, command, self, at, policy ?? '')
      else this.foldDocument(event as GovernanceEvent, command, at, this.entries)
    }
  }

  // Changes: what an event says of each thing that there is on one

  #change(event: ChangeEvent, command: ChangeCommand, self: readonly string[], at: string, policy: string): void {
    if (event.type === 'change.submitted' && command.type === 'submit') this.#submit(command, at, policy)
    const ticket = this.tickets.get(command.change)
    if (ticket === undefined) return
    const seats = 'seats' in event ? event.seats : []
    // Whoever acted, and everybody they acted for, at first or second hand.
    const chain = [...self, ...seats.flatMap(seat => this.linksOf(seat).map(one => one.principal))]
    const act: Act = { command, at, self, seats, chain }
    this.#content(ticket, event, act)
    this.#category(ticket, event, act)
    this.#work(ticket, event, act)
    this.#approval(ticket, event, act)
    this.#rejection(ticket, event, act)
    this.#exception(ticket, event, act)
    this.#release(ticket, event, act)
    this.#life(ticket, event, act)
  }

  #submit(command: Extract<ChangeCommand, { type: 'submit' }>, at: string, policy: string): void {
    this.tickets.set(command.change, {
      id: command.change,
      team: command.team,
      policy,
      parent: command.parent,
      category: command.category,
      parts: partsOf(command),
      trail: this,
      submitted: this.people.granted,
      since: at,
      edited: at,
      electorates: {},
      released: [],
      duties: [],
      approvals: [],
      tests: [],
      rejections: [],
      exceptions: new Map(),
    })
  }

  #content(ticket: Ticket, event: ChangeEvent, { command, self, at }: Act): void {
    const makers = 'content' in command ? (command.content?.makers ?? []).flatMap(one => this.people.behind(one)) : []
    if (event.type === 'change.submitted') {
      hold(ticket, 'request', self)
      hold(ticket, 'make', makers)
    }
    if (event.type === 'change.assigned')
      ticket.duties.push({ duty: 'make', person: event.to, entry: this.entries, assigned: true })
    if (event.type !== 'change.revised') return
    const before = ticket.parts
    ticket.parts = partsOf(command, before)
    hold(ticket, 'make', makers, true)
    const { material } = this.categoryOf(ticket)
    if (material.every(name => JSON.stringify(before[name]) === JSON.stringify(ticket.parts[name]))) return
    hold(ticket, 'make', self, true)
    ticket.edited = at
    // What was given for another change holds for whatever lies in its scope, and for nothing else.
    for (const one of votesOn(ticket)) one.ended ||= one.carried === undefined || !this.isCovered(ticket, one)
    ticket.released = []
  }

  #category(ticket: Ticket, event: ChangeEvent, { command, self }: Act): void {
    if (event.type !== 'change.recategorised' && event.type !== 'standard.lost') return
    ticket.category = event.category
    for (const one of votesOn(ticket)) one.ended = true
    if (event.type === 'standard.lost') return
    ticket.parts = partsOf(command, ticket.parts)
    hold(ticket, 'make', self, true)
    ticket.released = []
    ticket.electorates = {}
  }

  /** Tasks, the items of checklists, and tests. */
  #work(ticket: Ticket, event: ChangeEvent, act: Act): void {
    const { command, chain } = act
    if (event.type === 'task.completed') {
      hold(ticket, event.duty, chain)
      // Whatever it is called, it is making; but for a review, which only looks at what others made.
      if (event.duty !== 'review') hold(ticket, 'make', chain)
    }
    if (event.type === 'items.ticked') {
      hold(ticket, event.duty, chain)
      if (!['test', 'release', 'review'].includes(event.duty)) hold(ticket, 'make', chain)
    }
    if (event.type === 'test.signed-off') {
      const passed = command.type === 'signOff' && command.result === 'passed'
      ticket.tests.push({ ...this.#vote(ticket, event.stage, act, ticket.tests), passed })
      hold(ticket, 'test', chain)
    }
  }

  #approval(ticket: Ticket, event: ChangeEvent, act: Act): void {
    if (event.type === 'approval.granted') {
      const { command, chain } = act
      ticket.approvals.push({
        ...this.#vote(ticket, event.stage, act, ticket.approvals),
        ...(command.type === 'approve' && command.environments ? { environments: command.environments } : {}),
      })
      hold(ticket, 'approve', chain)
    }
    if (event.type === 'approval.carried') this.#carried(ticket, event)
    if (event.type === 'approval.withdrawn') {
      const withdrawn = ticket.approvals[event.approval]
      if (withdrawn !== undefined) withdrawn.ended = true
    }
  }

  /** It was given on another change, or on a template, and counts as it does there. */
  #carried(ticket: Ticket, event: Extract<ChangeEvent, { type: 'approval.carried' }>): void {
    const { stage, from, until, person, at, seats } = event
    const original = 'change' in from ? this.tickets.get(from.change)?.approvals[from.approval] : undefined
    const given = 'template' in from ? this.templates.get(from.template)?.approvals : undefined
    const approver = given?.findLast(
      one => one.person === person && one.at === at && seats.every(({ role }) => one.roles.includes(role)),
    )
    const rights = original?.rights ?? approver?.roles.map(role => ({ role })) ?? []
    const chain = original?.chain ?? (approver === undefined ? [] : [approver.person])
    const { entries: entry } = this
    const carried = { ...('change' in from ? from : {}), until, given: original?.entry ?? approver?.entry ?? entry }
    const { environments } = original ?? {}
    const number = ticket.approvals.length
    ticket.approvals.push({ number, stage, person, at, entry, chain, rights, carried, environments })
    hold(ticket, 'approve', chain)
  }

  #rejection(ticket: Ticket, event: ChangeEvent, act: Act): void {
    if (event.type === 'change.rejected') {
      hold(ticket, 'approve', act.chain)
      ticket.rejections.push({
        ...this.#vote(ticket, event.stage, act, ticket.rejections),
        vetoLiftedBy: this.approvalStage(ticket, event.stage)?.veto?.liftedBy,
        after: ticket.approvals.length,
      })
    }
    if (event.type === 'veto.lifted') {
      const lifted = ticket.rejections[event.rejection]
      if (lifted === undefined) return
      const grants = this.people.grantsOf(event.by, lifted.vetoLiftedBy ?? '', ticket.team, act.at)
      lifted.liftedBy = { person: event.by, entry: this.entries, grants }
    }
  }

  #exception(ticket: Ticket, event: ChangeEvent, { at }: Act): void {
    if (event.type === 'exception.requested') ticket.exceptions.set(event.exception, { ...event })
    if (event.type === 'exception.granted') {
      const asked = ticket.exceptions.get(event.exception)
      const role = this.ruleFor(ticket, asked?.duties ?? [])?.grantedBy ?? ''
      const grants = this.people.grantsOf(event.by, role, ticket.team, at)
      Object.assign(asked ?? {}, { from: at, grantedBy: event.by, grants, entry: this.entries })
    }
    if (event.type === 'exception.revoked') end(ticket.exceptions.get(event.exception), at)
  }

  #release(ticket: Ticket, event: ChangeEvent, act: Act): void {
    if (event.type !== 'change.released') return
    ticket.released = [...ticket.released, this.#vote(ticket, event.stage, act, ticket.released)]
    hold(ticket, 'release', act.chain)
  }

  /** Where a change is in its life. */
  #life(ticket: Ticket, event: ChangeEvent, { at }: Act): void {
    if (event.type === 'change.returned' || event.type === 'change.condemned') ticket.isReturned = true
    if (event.type === 'change.resubmitted') this.#resubmitted(ticket, at)
    // Time may have passed, and nobody have given a command since it came about.
    if (event.type === 'stage.entered') this.#entered(ticket, event, event.at ?? at)
    if (event.type === 'change.cancelled') ticket.isCancelled = true
  }

  #resubmitted(ticket: Ticket, at: string): void {
    // What counts is kept where the stage says so; what was carried over is carried over anew.
    const standing = this.standing(ticket.id, at).map(one => one.number)
    const kept = ticket.approvals.filter(
      ({ number, stage, carried }) =>
        standing.includes(number) &&
        carried === undefined &&
        this.approvalStage(ticket, stage)?.onResubmit === 'retain',
    )
    ticket.isReturned = false
    ticket.released = []
    ticket.electorates = {}
    for (const one of votesOn(ticket)) one.ended ||= !kept.includes(one)
  }

  #entered(ticket: Ticket, event: Extract<ChangeEvent, { type: 'stage.entered' }>, at: string): void {
    ticket.since = at
    ticket.electorates = { ...ticket.electorates, ...event.electorates }
    if (event.stage !== 'completed') return
    const met = new Map(this.stagesOf(ticket).map(({ name }) => [name, this.isMet(ticket.id, name, at)]))
    const [approvals, tests] = [this.standing(ticket.id, at), this.standing(ticket.id, at, 'tests')]
    ticket.rests = { approvals, tests, met }
  }

  /** What somebody gives at a stage, among others of its kind, by whatever right they have to it now. */
  #vote(ticket: Ticket, stage: string, { self, seats, chain, at }: Act, among: readonly Vote[]): Vote {
    const rights = seats.map(seat => ({
      role: seat.role,
      grants: this.rightsTo(ticket.id, stage, seat, self, at),
      places: this.poolGrants(ticket, seat, at),
    }))
    return { number: among.length, stage, at, entry: this.entries, chain, person: self[0] ?? '', rights }
  }
}

function hold(ticket: Ticket, duty: string, persons: readonly string[], edited = false): void {
  for (const person of persons) ticket.duties.push({ duty, person, entry: ticket.trail.entries, edited })
}

const votesOn = ({ approvals, tests }: Ticket): readonly Vote[] => [...approvals, ...tests]

/** The form's fields and the change's own parts, as they are after a command. */
function partsOf(command: ChangeCommand, before: Form = {}): Form {
  const said: Form = { ...command }
  const { title = before.title, reason = before.reason } = said
  const own = command.type === 'submit' || command.type === 'revise' ? { title, reason } : {}
  const content = 'content' in command ? command.content?.digest : undefined
  return { ...before, ...('form' in command ? command.form : {}), ...own, content: content ?? before.content }
}
