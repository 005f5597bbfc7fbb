import type { GovernanceCommand } from '../../governance/command.ts'
import type { GovernanceEvent } from '../../governance/event.ts'
import type { ReleaseStage } from '../../policy/stage.ts'
import type { RecordBody } from '../../record/record.ts'
import type { Instant } from '../../values/instant.ts'
import { isFavour, isHolder, lateGrants, takePart } from './family.ts'
import { type People, wasCompromised } from './people.ts'
import { endOf, type Late, type Ticket } from './ticket.ts'

// When nothing may be put into effect, and when something may: told a second time, straight from the law.

type Declared<Type extends 'declareFreeze' | 'declareWindow'> = Extract<GovernanceCommand, { type: Type }> & {
  /** Who has declared it, and in which entry. */
  readonly declarers: readonly string[]
  readonly seq: number
  /** Who has lifted or withdrawn it, each time. */
  readonly lifters: (readonly string[])[]
}

/** Somebody has excepted a change from a freeze. */
interface Override {
  readonly freeze: string
  readonly seq: number
  readonly until: Instant
  readonly people: readonly string[]
  readonly late: Late | undefined
}

/** The freezes and windows of a trail, and what was excepted from them, told again from the entries alone. */
export class Calendars {
  readonly #people: People
  readonly #freezes = new Map<string, Declared<'declareFreeze'>>()
  readonly #windows = new Map<string, Declared<'declareWindow'>>()
  readonly #overrides = new WeakMap<Ticket, Override[]>()

  constructor(people: People) {
    this.#people = people
  }

  event(event: GovernanceEvent, command: GovernanceCommand, { by, seq }: RecordBody): void {
    const people = this.#people.behind(by.account)
    const declared = { declarers: people, seq, lifters: [] }
    if (event.type === 'freeze.declared' && command.type === 'declareFreeze' && !this.#freezes.has(event.freeze))
      this.#freezes.set(event.freeze, { ...command, ...declared })
    if (event.type === 'window.declared' && command.type === 'declareWindow' && !this.#windows.has(event.window))
      this.#windows.set(event.window, { ...command, ...declared })
    if (event.type === 'freeze.lifted') this.#freezes.get(event.freeze)?.lifters.push(people)
    if (event.type === 'window.withdrawn') this.#windows.get(event.window)?.lifters.push(people)
  }

  /** An override, where somebody gives it who may: a holder of the freeze's role with no part in the change. */
  override(ticket: Ticket, id: string, until: Instant, { at, by, seq }: RecordBody): void {
    const rule = this.#freezes.get(id)?.overriddenBy
    const people = this.#people.behind(by.account)
    if (rule === undefined || until > endOf(at, rule.atMost) || this.#people.isRobot(by.account)) return
    if (![...this.#people.all(people)].some(party => isHolder(this.#people, party, rule.role, ticket, at))) return
    const late = lateGrants(this.#people, people, rule.role, ticket, at)
    this.#overrides.set(ticket, [...(this.#overrides.get(ticket) ?? []), { freeze: id, seq, until, people, late }])
  }

  /** What keeps a release from its time, where something does. */
  against(ticket: Ticket, { environment, during }: ReleaseStage, at: Instant): string | undefined {
    for (const [id, { scope, intervals, lifters }] of this.#freezes) {
      const { teams, categories, environments } = scope
      if (teams !== undefined && !teams.includes(ticket.team)) continue
      if (categories !== undefined && !categories.includes(ticket.category)) continue
      if (environments !== undefined && environment !== undefined && !environments.includes(environment)) continue
      if (!intervals.some(one => one.from <= at && at < one.until)) continue
      if (lifters.some(people => !takePart(this.#people, people, ticket))) continue
      if (this.#isOverridden(ticket, id, at)) continue
      return `the freeze ${id} held`
    }
    if (during === undefined) return undefined
    const isOpen = [...this.#windows.values()].some(
      one =>
        one.calendar === during &&
        one.lifters.length === 0 &&
        // Nobody opens a window for a change in which they take part, once it is there.
        (one.seq < ticket.seq || !takePart(this.#people, one.declarers, ticket)) &&
        (one.teams === undefined || one.teams.includes(ticket.team)) &&
        one.intervals.some(time => time.from <= at && at < time.until),
    )
    return isOpen ? undefined : `no window of ${during} was open`
  }

  #isOverridden(ticket: Ticket, freeze: string, at: Instant): boolean {
    const isSound = ({ people, seq, late }: Override) =>
      !takePart(this.#people, people, ticket) &&
      !wasCompromised(this.#people, people, seq) &&
      (late === undefined || !isFavour(this.#people, late, ticket))
    return (this.#overrides.get(ticket) ?? []).some(one => one.freeze === freeze && at < one.until && isSound(one))
  }
}
