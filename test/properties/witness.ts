import type { ChangeCommand, ChangeEvent } from 'countersign/change'
import { Plain, type PlainBody } from '../../packages/testing/src/plain.ts'

/** How often each thing has happened that the histories are there for. */
export class Tally {
  readonly counts = new Map<string, number>()

  note(what: string, often = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + often)
  }

  /** What has happened less often than asked for. */
  lacks(least: Readonly<Record<string, number>>): string[] {
    return Object.entries(least).flatMap(([what, wanted]) => {
      const often = this.counts.get(what) ?? 0
      return often >= wanted ? [] : [`${what}: ${often} of ${wanted}`]
    })
  }

  toString(): string {
    const sorted = [...this.counts].toSorted(([, a], [, b]) => b - a)
    return sorted.map(([what, often]) => `${what} ${often}`).join(', ')
  }
}

type Electorates = Readonly<Record<string, Readonly<Record<string, number>>>>

/** Reads entries and works out for itself whether what they accept was right. Throws where it was not. */
export class Witness {
  readonly plain = new Plain()
  readonly tally: Tally

  constructor(tally: Tally) {
    this.tally = tally
  }

  hear(body: PlainBody): void {
    const { command, outcome, at } = body
    if (!('accepted' in outcome)) return
    for (const event of outcome.accepted) {
      if ('change' in command) this.#before(event as ChangeEvent, command, body)
      const known = 'change' in command ? this.#electorates(command.change) : {}
      this.plain.fold({ ...body, outcome: { accepted: [event] } })
      this.tally.note(event.type)
      if ('change' in command) this.#after(event as ChangeEvent, command.change, at, known)
    }
    if ('change' in command) this.#afterAll(outcome.accepted as readonly ChangeEvent[], command.change, body)
  }

  /** What must be true after all of an entry: whoever took something back approves nothing. */
  #afterAll(events: readonly ChangeEvent[], change: string, { at, by }: PlainBody): void {
    const back = events.find(event => event.type === 'approval.withdrawn' || event.type === 'change.rejected')
    const self = by.person ?? ''
    const still = this.plain.standing(change, at).filter(one => this.plain.people.same(one.person, self))
    if (back !== undefined && still.length > 0) fault('whoever took it back still approves', { back, still })
  }

  /** What must be true of an event about a change before it happens. */
  #before(event: ChangeEvent, command: ChangeCommand, { at, by }: PlainBody): void {
    const plain = this.plain
    const { change } = command
    const self = [by.bot, by.person].filter(one => one !== undefined)
    if ('seats' in event && event.type !== 'approval.carried') {
      for (const seat of event.seats) {
        this.tally.note(seat.capacity === 'fallback' ? `seat fallback ${seat.cause}` : `seat ${seat.capacity}`)
        if (seat.capacity === 'delegate' && seat.through !== undefined) this.tally.note('seat passed on')
        if (plain.rightsTo(change, event.stage, seat, self, at).length > 0) continue
        fault('a seat without a right', { by: self, seat, change, stage: event.stage })
      }
    }
    switch (event.type) {
      case 'approval.granted':
      case 'test.signed-off': {
        const [kind, duty] =
          event.type === 'approval.granted' ? ['approvals' as const, 'approve'] : ['tests' as const, 'test']
        if (plain.conflicts(change, duty, event.chain, at, { isNew: true }))
          fault('accepted against separation', { event })
        const again = plain
          .standing(change, at, kind)
          .some(one => (duty === 'approve' || one.stage === event.stage) && plain.people.meet(one.chain, event.chain))
        if (again) fault('accepted a second time', { event })
        if (event.exceptions !== undefined) this.tally.note('exceptions used')
        return
      }
      case 'change.released': {
        const ticket = plain.tickets.get(change)
        const lacking = ticket && plain.lackingBefore(change, event.stage, at)
        if (lacking === undefined || lacking.length > 0) fault('released without', { lacking, event })
        if (plain.conflicts(change, 'release', event.chain, at, { isNew: true }))
          fault('released against separation', { event })
        return
      }
      case 'change.rejected':
        if (event.veto) this.tally.note('change.vetoed')
        return
      case 'stage.entered':
        if (event.stage === 'checks') this.tally.note('parallel stages')
        return
      case 'exception.granted':
        if (plain.mayGrant(change, event.exception, event.by, at)) return
        fault('an exception by whoever may not grant it', { event })
        return
      case 'veto.lifted':
        if (!plain.mayLift(change, event.rejection, event.by, at)) fault('a veto lifted by whoever may not', { event })
        return
      default:
        return
    }
  }

  #electorates(change: string): Electorates {
    return { ...this.plain.tickets.get(change)?.electorates }
  }

  /** What must be true after it; `known`: of how many the shares were before. */
  #after(event: ChangeEvent, change: string, at: string, known: Electorates): void {
    if (event.type === 'stage.entered') {
      const given = this.plain.tickets.get(change)?.approvals.flatMap(one => (one.ended ? [] : [one.stage]))
      for (const [stage, roles] of Object.entries(event.electorates ?? {}))
        for (const [role, recorded] of Object.entries(roles)) {
          const counted = this.plain.electorate(change, stage, role, at)
          // Where somebody has approved the stage, which opens again, it is of no fewer than before.
          const least = given?.includes(stage) === true ? (known[stage]?.[role] ?? 0) : 0
          same(`another electorate of ${role} at ${stage}`, recorded, Math.max(counted, least))
        }
      if (event.electorates !== undefined) this.tally.note('electorates')
    }
  }
}

export function same(what: string, one: unknown, other: unknown): void {
  if (one !== other) fault(what, { one, other })
}

export function fault(what: string, facts: object): never {
  throw new Error(`${what}: ${JSON.stringify(facts)}`)
}
