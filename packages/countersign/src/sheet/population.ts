import { requireOptions } from '@countersign/trail'
import type { ChangeCommand } from '../change/command.ts'
import type { ChangeEvent } from '../change/event.ts'
import { stagesIn } from '../change/world.ts'
import type { Policy } from '../policy/policy.ts'
import type { SingleStage } from '../policy/stage.ts'
import { isGovernance, type RecordBody, readRecord } from '../record/record.ts'
import { after, type Instant, instantAsked, intervalAsked } from '../values/instant.ts'
import { type Flag, flagged, inOrder } from './flag.ts'
import { type Place, type Signed, signedIn } from './place.ts'

/** Which changes are asked about: those that were closed from one instant on, until another, of one team or of all. */
export interface PopulationAsked {
  /** From the first entry on, where nothing is said. */
  readonly from?: Instant
  /** To the last entry, where nothing is said. */
  readonly until?: Instant
  readonly team?: string
}

/** A time at which a change was put into effect, and by whom. */
export interface TookEffect extends Place {
  readonly stage: string
  readonly person: string
  readonly environment?: string
  readonly underGlass?: true
}

interface Listed {
  readonly change: string
  readonly team: string
  readonly category: string
  readonly title: string
  readonly requested: Place & { readonly person: string }
  /** It was found, and had been in effect since then, outside of the process. */
  readonly inEffectSince?: Instant
  readonly releases: readonly TookEffect[]
  /** So many entries of the trail are about it. */
  readonly entries: number
  /** What an auditor may want to look at. */
  readonly flags: readonly Flag[]
}

/** A change that was closed in the period. */
export interface ClosedChange extends Listed {
  readonly closed: Signed
}

/** A change that took effect in the period, or was found in it, and was not closed by its end. */
export interface UnclosedChange extends Listed {
  readonly closed?: Signed
  readonly cancelled?: Signed
}

/** All changes that were closed in a period, from which an auditor draws samples. */
export interface PopulationReport {
  readonly from: Instant
  readonly until: Instant
  readonly team?: string
  /** How often the trail says in the period that a change is closed: counted entry by entry, beside the list. */
  readonly closes: number
  /** In the order in which they were closed. In a sound trail there are as many as closes. */
  readonly changes: readonly ClosedChange[]
  /** Those that took effect in the period and are in no list of closed changes up to its end. */
  readonly unclosed: readonly UnclosedChange[]
}

/** What is known of a change while the trail goes by. */
interface Row {
  readonly change: string
  readonly team: string
  category: string
  title: string
  readonly requested: ClosedChange['requested']
  inEffectSince?: Instant
  readonly releases: TookEffect[]
  readonly flags: Set<Flag>
  /** What is owed on it, and was: by when, and whether it is there. */
  readonly owed: { readonly due: Instant; isOpen: boolean }[]
  entries: number
  closed?: Signed
  cancelled?: Signed
}

/**
 * Lists the changes that were closed in a period, from the entries of a trail in their order. What the period does not ask
 * for is forgotten once it is over. It verifies nothing.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { Population } from 'countersign/sheet'
 * const { store } = await f0()
 * const march = new Population({ from: '2026-03-01T00:00Z', until: '2026-04-01T00:00Z' })
 * for await (const { bytes } of store.read()) march.line(bytes)
 * march.report().closes // → 0
 * ```
 */
export class Population {
  readonly #from: Instant | undefined
  readonly #until: Instant | undefined
  readonly #team: string | undefined
  readonly #policies = new Map<string, Policy>()
  readonly #rows = new Map<string, Row>()
  readonly #teams = new Set<string>()
  /** How many entries there are about what nobody has submitted yet: refusals to do so. */
  readonly #before = new Map<string, number>()
  #closes = 0
  #first: Instant = ''
  #last: Instant = ''

  /**
   * Throws `CountersignError` `input` where an instant is none, the period would end before it begins, or something else is
   * asked.
   */
  constructor(asked: PopulationAsked = {}) {
    requireOptions('Population', asked, ['from', 'until', 'team'])
    const { from, until, team } = asked
    this.#from = from === undefined ? undefined : instantAsked(from)
    this.#until = until === undefined ? undefined : instantAsked(until)
    if (from !== undefined && until !== undefined) intervalAsked(from, until)
    this.#team = team
  }

  /** The teams whose changes went by. */
  get teams(): string[] {
    return [...this.#teams].toSorted()
  }

  /** Takes in the next line of a trail file. Throws `CountersignError` `entry` where it is no entry. */
  line(bytes: Uint8Array): void {
    this.entry(readRecord(bytes).body)
  }

  /** Takes in the next entry. */
  entry(body: RecordBody): void {
    const { at, command, outcome } = body
    if (this.#first === '') this.#first = at
    if (at > this.#last) this.#last = at
    if (isGovernance(command)) {
      if (command.type !== 'proposePolicy' || 'refused' in outcome) return
      for (const event of outcome.accepted)
        if (event.type === 'policy.proposed') this.#policies.set(event.digest, command.policy)
      return
    }
    this.#count(body)
    const row = this.#rowOf(body, command)
    if (row === undefined) return
    row.entries += 1
    flagged(row.flags, body, this.#stagesOf(row, body.policy))
    if ('refused' in outcome) return
    for (const event of outcome.accepted) this.#happen(row, event as ChangeEvent, command, body)
    if (row.closed?.seq === body.seq || row.cancelled?.seq === body.seq) this.#forget(row)
  }

  /** Counts what closes a change, by what the entry says and nothing else: the team by the policy that it names. */
  #count({ at, outcome, policy = '' }: RecordBody): void {
    if ('refused' in outcome || !this.#isIn(at)) return
    const team = this.#policies.get(policy)?.team
    if (this.#team !== undefined && team !== undefined && team !== this.#team) return
    for (const { type } of outcome.accepted) if (type === 'change.closed') this.#closes += 1
  }

  #rowOf({ seq, at, outcome }: RecordBody, command: ChangeCommand): Row | undefined {
    const { change } = command
    const known = this.#rows.get(change)
    if (known !== undefined) return known
    const before = this.#before.get(change) ?? 0
    if (command.type !== 'submit') return undefined
    if ('refused' in outcome) {
      this.#before.set(change, before + 1)
      return undefined
    }
    this.#before.delete(change)
    const submitted = outcome.accepted.find(event => event.type === 'change.submitted')
    if (submitted === undefined) return undefined
    const { team, category, title } = command
    this.#teams.add(team)
    if (this.#team !== undefined && team !== this.#team) return undefined
    const row: Row = {
      change,
      team,
      category,
      title,
      requested: { seq, at, person: submitted.requestedBy },
      releases: [],
      flags: new Set(before === 0 ? [] : ['refused']),
      owed: [],
      entries: before,
    }
    this.#rows.set(change, row)
    return row
  }

  #happen(row: Row, event: ChangeEvent, command: ChangeCommand, body: RecordBody): void {
    switch (event.type) {
      case 'change.revised':
        if (command.type === 'revise' && command.title !== undefined) row.title = command.title
        return
      case 'change.recategorised':
      case 'standard.lost':
        row.category = event.category
        return
      case 'change.found':
        row.inEffectSince = event.inEffectSince
        return
      case 'change.released': {
        const environment = this.#environmentOf(row, event.stage, command, body.policy)
        row.releases.push({
          seq: body.seq,
          at: body.at,
          stage: event.stage,
          person: event.person,
          ...(environment === undefined ? {} : { environment }),
          ...(event.underGlass === undefined ? {} : { underGlass: event.underGlass }),
        })
        return
      }
      case 'obligation.opened':
        row.owed.push({ due: event.due, isOpen: true })
        return
      case 'obligation.fulfilled':
      case 'obligation.rejected':
      case 'obligation.reopened': {
        const one = row.owed[event.obligation]
        if (one !== undefined) one.isOpen = event.type === 'obligation.reopened'
        return
      }
      case 'change.cancelled':
        row.cancelled ??= signedIn(body)
        return
      case 'change.closed':
        row.closed ??= signedIn(body)
        return
      default:
    }
  }

  /** Where a release puts a change into effect: as whoever did it has said, or as the stage says. */
  #environmentOf(row: Row, name: string, command: ChangeCommand, policy?: string): string | undefined {
    if (command.type === 'release' && command.environment !== undefined) return command.environment
    const stage = this.#stagesOf(row, policy).find(one => one.name === name)
    return stage?.kind === 'release' ? stage.environment : undefined
  }

  /** The stages of a change under a policy. */
  #stagesOf({ category: name }: Row, policy = ''): readonly SingleStage[] {
    const categories = this.#policies.get(policy)?.categories ?? {}
    const category = Object.hasOwn(categories, name) ? categories[name] : undefined
    return category === undefined ? noStages : stagesIn(category)
  }

  #forget(row: Row): void {
    const isAsked = (row.closed !== undefined && this.#isIn(row.closed.at)) || this.#tookEffect(row)
    if (!isAsked) this.#rows.delete(row.change)
  }

  #isIn(at: Instant): boolean {
    return (this.#from === undefined || this.#from <= at) && (this.#until === undefined || at < this.#until)
  }

  /** Whether it was put into effect in the period, or entered in it as one that was in effect. */
  #tookEffect({ releases, inEffectSince, requested }: Row): boolean {
    return releases.some(one => this.#isIn(one.at)) || (inEffectSince !== undefined && this.#isIn(requested.at))
  }

  /** What was closed in the period; what happened at its end exactly does not belong to it. */
  report(): PopulationReport {
    const rows = [...this.#rows.values()]
    const closed = (one: Row) => one.closed !== undefined && this.#isIn(one.closed.at)
    const afterLast = this.#last === '' ? '' : after(this.#last, 1)
    const until = this.#until ?? afterLast
    const changes = rows.filter(closed).map(row => listed(row, until) as ClosedChange)
    const unclosed = rows.filter(row => !closed(row) && this.#tookEffect(row)).map(row => listed(row, until))
    return {
      from: this.#from ?? this.#first,
      until,
      ...(this.#team === undefined ? {} : { team: this.#team }),
      closes: this.#closes,
      changes: changes.toSorted((one, other) => one.closed.seq - other.closed.seq),
      unclosed,
    }
  }
}

const noStages: readonly SingleStage[] = []

/** As it is told at the end of the period: what is still owed then is late from the instant on at which it was due. */
const listed = (
  { flags, owed, releases, closed, cancelled, inEffectSince, ...row }: Row,
  until: Instant,
): UnclosedChange => ({
  ...row,
  ...(inEffectSince === undefined ? {} : { inEffectSince }),
  releases: [...releases],
  flags: inOrder(owed.some(one => one.isOpen && one.due <= until) ? new Set([...flags, 'late']) : flags),
  ...(closed === undefined ? {} : { closed }),
  ...(cancelled === undefined ? {} : { cancelled }),
})
