import type { ChangeCommand } from '../change/command.ts'
import type { ChangeEvent } from '../change/event.ts'
import type { GovernanceEvent } from '../governance/event.ts'
import { type BoardRules, columnNamed } from '../policy/board.ts'
import type { Policy } from '../policy/policy.ts'
import { singlesOf } from '../policy/stage.ts'
import { isGovernance, type RecordBody, readRecord } from '../record/record.ts'
import type { Instant } from '../values/instant.ts'
import { type Spread, spreadOf } from './spread.ts'
import { milliseconds, overlap, type Timeline } from './timeline.ts'

/** What is asked about: an interval of instants, and one team or all. */
export interface Asked {
  readonly from: Instant
  readonly until: Instant
  readonly team?: string
}

/** How many changes there were at an instant, all told: those that had arrived and that were done never become fewer. */
export interface Counted {
  readonly at: Instant
  readonly arrived: number
  readonly done: number
  readonly cancelled: number
  /** For each state how many were there. */
  readonly states: Readonly<Record<string, number>>
}

/** Waiting for the approvals of a role, in one capacity. */
export interface Waiting {
  readonly stage: string
  readonly role: string
  readonly capacity: string
  readonly time: Spread
}

/** What the trail says of how changes flowed in an interval. Lengths of time are in milliseconds. */
export interface Report {
  readonly from: Instant
  readonly until: Instant
  readonly team?: string
  readonly arrived: number
  /** How many were done in the interval; `perWeek` as a rate. */
  readonly done: number
  readonly perWeek: number
  readonly cancelled: number
  /** Of those that were done: from the first submission to the last end. */
  readonly leadTime?: Spread
  /** Of those that were done: from their coming into progress to the last end. */
  readonly cycleTime?: Spread
  /** Of those that were open at the end: since they came into progress. */
  readonly age?: Spread
  /** Of those that were done: how long they had been sent back, or stood condemned. */
  readonly blockedTime?: Spread
  /** Of all time that changes spent at stages or sent back, the part at tasks, tests and releases; from 0 to 1. */
  readonly flowEfficiency?: number
  /** How often a change went back to an earlier stage, or was sent back. */
  readonly setBack: number
  readonly waiting: readonly Waiting[]
  readonly obligations: { readonly opened: number; readonly fulfilled: number; readonly late: number }
  readonly refused: Readonly<Record<string, number>>
  /** How often a limit was exceeded in the lane for what cannot wait, by limit. */
  readonly overruns: Readonly<Record<string, number>>
}

interface Occurrence {
  readonly team: string
  readonly at: Instant
  readonly name: string
}

/**
 * Measures how changes flow, from the entries of a trail in their order. It verifies nothing.
 *
 * @example
 * ```ts
 * import { Metrics } from 'countersign/metrics'
 * const metrics = new Metrics()
 * metrics.report({ from: '2026-01-01T00:00:00.000Z', until: '2026-02-01T00:00:00.000Z' }).done // → 0
 * ```
 */
export class Metrics {
  readonly #policies = new Map<string, Policy>()
  readonly #boards = new Map<string, BoardRules>()
  readonly #timelines = new Map<string, Timeline>()
  readonly #refused: Occurrence[] = []
  readonly #overruns: Occurrence[] = []
  readonly #owed: Occurrence[] = []
  /** For each change the policy that it is judged by, whose stages have kinds. */
  readonly #pinned = new Map<string, string>()
  #last: Instant = ''
  #first: Instant = ''

  /** The instants of the first and the last entry. */
  get from(): Instant {
    return this.#first
  }
  get until(): Instant {
    return this.#last
  }

  /** The teams whose changes were measured. */
  get teams(): string[] {
    return [...new Set([...this.#timelines.values()].map(one => one.team))].toSorted()
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
      if ('refused' in outcome) this.#refused.push({ team: '', at, name: outcome.refused.code })
      else for (const event of outcome.accepted) this.#govern(event as GovernanceEvent, command)
      return
    }
    if ('refused' in outcome) {
      const team = this.#timelines.get(command.change)?.team ?? (command.type === 'submit' ? command.team : '')
      this.#refused.push({ team, at, name: outcome.refused.code })
      return
    }
    if (body.policy !== undefined) this.#pinned.set(command.change, body.policy)
    for (const event of outcome.accepted) this.#happen(event as ChangeEvent, command, at)
  }

  #govern(event: GovernanceEvent, command: RecordBody['command']): void {
    if (event.type === 'policy.proposed' && command.type === 'proposePolicy')
      this.#policies.set(event.digest, command.policy)
    if (event.type !== 'policy.adopted') return
    const rules = this.#policies.get(event.digest)?.board
    if (rules === undefined) this.#boards.delete(event.team)
    else this.#boards.set(event.team, rules)
  }

  #happen(event: ChangeEvent, command: ChangeCommand, at: Instant): void {
    if (event.type === 'change.submitted' && command.type === 'submit') {
      const { change, team, category } = command
      this.#timelines.set(change, { change, team, category, submitted: at, stays: [], waited: [] })
    }
    const line = this.#timelines.get(command.change)
    if (line === undefined) return
    const { team } = line
    switch (event.type) {
      case 'stage.entered': {
        // What came about by itself is told with the next command; time runs forward in what is measured all the same.
        const since = later(event.at ?? at, line.stays.at(-1)?.from ?? at)
        this.#enter(line, event.stage, since)
        if (event.stage === 'completed') line.done = since
        else if (this.#boards.get(team) === undefined) line.begun ??= since
        return
      }
      case 'card.moved':
        for (const { limit } of event.over ?? []) this.#overruns.push({ team, at, name: limit })
        if (this.#isProgress(team, event.column)) line.begun ??= at
        return
      case 'approval.granted':
      case 'approval.carried': {
        const [seat] = event.seats
        const capacity = event.type === 'approval.carried' ? 'carried' : (seat?.capacity ?? 'own')
        const since = line.stays.findLast(one => one.until === undefined)?.from ?? line.submitted
        line.waited.push({
          stage: event.stage,
          role: seat?.role ?? '',
          capacity,
          from: since < at ? since : at,
          until: at,
        })
        return
      }
      case 'change.returned':
        this.#enter(line, 'returned', at)
        return
      case 'change.condemned':
        this.#enter(line, 'remediation', at)
        return
      case 'change.recategorised':
      case 'standard.lost':
        line.category = event.category
        return
      case 'obligation.opened':
        this.#owed.push({ team, at, name: 'opened' })
        return
      case 'obligation.fulfilled':
      case 'obligation.rejected':
        this.#owed.push({ team, at, name: 'fulfilled' })
        if (event.late) this.#owed.push({ team, at, name: 'late' })
        return
      case 'change.cancelled':
        this.#enter(line, 'cancelled', at)
        line.cancelled = at
        return
      case 'change.closed':
        this.#enter(line, 'closed', at)
        line.done = at
        return
      default:
    }
  }

  #enter({ stays }: Timeline, state: string, at: Instant): void {
    const last = stays.at(-1)
    if (last !== undefined) last.until ??= at
    stays.push({ state, from: at })
  }

  #isProgress(team: string, column: string): boolean {
    const rules = this.#boards.get(team)
    return rules === undefined || columnNamed(rules, column).isWip
  }

  /** How changes flowed in an interval; what happened at its end exactly does not belong to it. */
  report(asked: Asked): Report {
    const { from, until, team } = asked
    const lines = this.#of(team)
    const isIn = (at: Instant | undefined) => at !== undefined && from <= at && at < until
    const done = lines.filter(one => isIn(one.done))
    const open = lines.filter(
      one =>
        one.submitted < until &&
        !(one.done !== undefined && one.done < until) &&
        !(one.cancelled !== undefined && one.cancelled < until),
    )
    const lengths = (list: readonly Timeline[], length: (one: Timeline) => number | undefined) =>
      spreadOf(list.flatMap(one => length(one) ?? []))
    const leadTime = lengths(done, one => (one.done === undefined ? undefined : milliseconds(one.submitted, one.done)))
    const cycleTime = lengths(done, one =>
      one.done === undefined || one.begun === undefined ? undefined : Math.max(0, milliseconds(one.begun, one.done)),
    )
    const age = lengths(open, one =>
      one.begun === undefined || one.begun >= until ? undefined : milliseconds(one.begun, until),
    )
    const blockedTime = lengths(done, one =>
      timeIn(one, stay => blocked.has(stay.state), { from: one.submitted, until }),
    )
    const within = (list: readonly Occurrence[]) =>
      list.filter(one => (team === undefined || one.team === team) && isIn(one.at))
    const weeks = milliseconds(from, until) / week
    const efficiency = this.#efficiency(lines, asked)
    const owed = countBy(within(this.#owed))
    return {
      ...asked,
      arrived: lines.filter(one => isIn(one.submitted)).length,
      done: done.length,
      perWeek: weeks > 0 ? done.length / weeks : 0,
      cancelled: lines.filter(one => isIn(one.cancelled)).length,
      ...(leadTime === undefined ? {} : { leadTime }),
      ...(cycleTime === undefined ? {} : { cycleTime }),
      ...(age === undefined ? {} : { age }),
      ...(blockedTime === undefined ? {} : { blockedTime }),
      ...(efficiency === undefined ? {} : { flowEfficiency: efficiency }),
      setBack: lines.reduce((sum, one) => sum + this.#setBacks(one).filter(isIn).length, 0),
      waiting: waitingOf(lines, isIn),
      obligations: { opened: owed.opened ?? 0, fulfilled: owed.fulfilled ?? 0, late: owed.late ?? 0 },
      refused: countBy(within(this.#refused)),
      overruns: countBy(within(this.#overruns)),
    }
  }

  /** How many changes had arrived, were done, and were at each state at some instants: the cumulative flow. */
  flow(instants: readonly Instant[], team?: string): Counted[] {
    const lines = this.#of(team)
    return instants.map(at => {
      const states: Record<string, number> = {}
      for (const one of lines) {
        const stay = one.stays.findLast(other => other.from <= at)
        if (one.submitted <= at && stay !== undefined) states[stay.state] = (states[stay.state] ?? 0) + 1
      }
      const count = (is: (one: Timeline) => Instant | undefined) =>
        lines.filter(one => {
          const when = is(one)
          return when !== undefined && when <= at
        }).length
      return {
        at,
        arrived: count(one => one.submitted),
        done: count(one => one.stays.find(stay => stay.state === 'completed')?.from),
        cancelled: count(one => one.cancelled),
        states,
      }
    })
  }

  #of(team: string | undefined): Timeline[] {
    return [...this.#timelines.values()].filter(one => team === undefined || one.team === team)
  }

  #kinds({ change, category }: Timeline): ReadonlyMap<string, { readonly kind: string; readonly place: number }> {
    const categories = this.#policies.get(this.#pinned.get(change) ?? '')?.categories ?? {}
    const flow = Object.hasOwn(categories, category) ? (categories[category]?.flow ?? []) : []
    return new Map(
      flow.map((stage, place) => {
        const kinds = singlesOf([stage]).map(one => one.kind)
        return [stage.name, { kind: kinds.find(kind => kind !== 'approval') ?? 'approval', place }]
      }),
    )
  }

  /** The part of the time at stages in which something could be worked on, and not only decided. */
  #efficiency(lines: readonly Timeline[], asked: Asked): number | undefined {
    let work = 0
    let all = 0
    for (const line of lines) {
      const kinds = this.#kinds(line)
      const isWork = (state: string) => (kinds.get(state)?.kind ?? 'approval') !== 'approval'
      work += timeIn(line, stay => isWork(stay.state), asked)
      all += timeIn(line, stay => kinds.has(stay.state) || blocked.has(stay.state), asked)
    }
    return all === 0 ? undefined : work / all
  }

  #setBacks(line: Timeline): Instant[] {
    const kinds = this.#kinds(line)
    const placeOf = (state: string | undefined) => kinds.get(state ?? '')?.place
    return line.stays.flatMap((stay, index) => {
      const before = placeOf(line.stays[index - 1]?.state)
      const here = placeOf(stay.state)
      const isBack = blocked.has(stay.state) || (before !== undefined && here !== undefined && here < before)
      return isBack ? [stay.from] : []
    })
  }
}

const week = 7 * 86_400_000
const blocked: ReadonlySet<string> = new Set(['returned', 'remediation'])

const later = (one: Instant, other: Instant): Instant => (one > other ? one : other)

const timeIn = (
  line: Timeline,
  counts: (stay: Timeline['stays'][number]) => boolean,
  interval: Pick<Asked, 'from' | 'until'>,
) => line.stays.reduce((sum, stay) => sum + (counts(stay) ? overlap(stay, interval) : 0), 0)

function countBy(list: readonly Occurrence[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const { name } of list) counts.set(name, (counts.get(name) ?? 0) + 1)
  return Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function waitingOf(lines: readonly Timeline[], isIn: (at: Instant) => boolean): Waiting[] {
  const groups = new Map<string, { readonly key: Omit<Waiting, 'time'>; readonly lengths: number[] }>()
  for (const { waited } of lines) {
    for (const { stage, role, capacity, from, until } of waited) {
      if (!isIn(until)) continue
      const name = `${stage} ${role} ${capacity}`
      const group = groups.get(name) ?? { key: { stage, role, capacity }, lengths: [] }
      group.lengths.push(milliseconds(from, until))
      groups.set(name, group)
    }
  }
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, { key, lengths }]) => {
      const time = spreadOf(lengths)
      return time === undefined ? [] : [{ ...key, time }]
    })
}
