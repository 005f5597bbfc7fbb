import type { ChangeCommand } from '../../change/command.ts'
import type { ChangeEvent } from '../../change/event.ts'
import type { RecordBody } from '../../record/record.ts'
import { type DecisionFindingCode, decisionFinding, type Finding } from '../finding.ts'
import { reviewing } from './family.ts'
import { hold, People } from './people.ts'
import { type Judged, separate } from './separation.ts'
import type { Exception, Moment, Ticket } from './ticket.ts'

export type Command<Type extends ChangeCommand['type']> = Extract<ChangeCommand, { type: Type }>
export type Event<Type extends ChangeEvent['type']> = Extract<ChangeEvent, { type: Type }>

/** An exception without which a decision would not have been one. */
export interface RestedOn {
  readonly change: string
  readonly exception: string
  readonly person: string
  /** The first entry that rests on it. */
  readonly seq: number
}

/** What judging takes wherever it is done: who is who, where what is found goes, and on which exceptions decisions rested. */
export class Judge {
  readonly people = new People()
  /** The exceptions on which decisions rested, each once. */
  readonly exceptions: RestedOn[] = []
  readonly #rested = new Set<Exception>()
  readonly #report: (finding: Finding) => void

  constructor(report: (finding: Finding) => void) {
    this.#report = report
  }

  find(code: DecisionFindingCode, seq: number, expected: string, found: string, because: string): void {
    this.#report(decisionFinding(code, seq, expected, found, because))
  }

  /** Everybody who answers for what an entry does: behind the account, and in whose name it was done. */
  acting({ by }: RecordBody, event?: { readonly seats: readonly unknown[] }): string[] {
    const people = this.people.behind(by.account)
    for (const seat of [by.as, ...(event?.seats ?? [])])
      for (const one of this.people.actedFor(seat)) if (!people.includes(one)) people.push(one)
    return people
  }

  makers({ content }: { readonly content?: { readonly makers: readonly string[] } | undefined }): string[] {
    return content?.makers.flatMap(account => this.people.behind(account)) ?? []
  }

  did(ticket: Ticket, duty: string, people: readonly string[], seq: number): void {
    for (const id of people) hold(this.people.of(id), ticket, duty, seq)
  }

  bound(ticket: Ticket, command: { readonly revision: number; readonly digest: string }, seq: number): void {
    if (command.revision === ticket.revision && command.digest === ticket.digest) return
    const found = `revision ${command.revision}, ${command.digest}`
    const expected = `revision ${ticket.revision}, ${ticket.digest}`
    this.find('approval.unbound', seq, expected, found, 'it was given for something else than what was there')
  }

  separate(ticket: Ticket, duty: string, people: readonly string[], { seq, at }: RecordBody): void {
    const moment: Moment = { at, before: Number.POSITIVE_INFINITY }
    const { clash, rests } = separate(this.people, ticket, duty, people, moment, 'now')
    if (clash === undefined) this.rest(ticket, rests, seq)
    else
      this.find(
        'duty.violated',
        seq,
        `nobody who may not also ${duty === reviewing ? 'review' : duty}`,
        people.join(', '),
        clash,
      )
  }

  rest(ticket: Ticket, rests: Judged['rests'], seq: number): void {
    for (const { exception, person } of rests) {
      if (this.#rested.has(exception)) continue
      this.#rested.add(exception)
      this.exceptions.push({ change: ticket.id, exception: exception.id, person, seq })
    }
  }
}
