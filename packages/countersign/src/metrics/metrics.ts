import { requireOptions } from '@countersign/trail'
import type { ChangeCommand } from '../change/command.ts'
import type { ChangeEvent } from '../change/event.ts'
import type { GovernanceEvent } from '../governance/event.ts'
import { type BoardRules, columnNamed } from '../policy/board.ts'
import type { Policy } from '../policy/policy.ts'
import { type Stage, singlesOf } from '../policy/stage.ts'
import { isGovernance, type RecordBody, readRecord } from '../record/record.ts'
import { type Instant, instantAsked, intervalAsked, laterOf } from '../values/instant.ts'
import { renamed } from '../values/renamed.ts'
import { Owing } from './owing.ts'
import { type Spread, spreadOf } from './spread.ts'
import { covered, end, milliseconds, overlap, owe, type Stay, type Timeline, veto, wait } from './timeline.ts'

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

/** What was owed on changes that had taken effect. */
export interface Debts {
  /** So many came up in the interval, were ended in it (given, made good, or rejected), and were so only when their time was over. */
  readonly opened: number
  readonly fulfilled: number
  readonly late: number
  /**
   * So many are open at its end, as `obligations` tells it of that instant: what was given and has fallen away is owed again. And of
   * these so many whose time is over.
   */
  readonly open: number
  readonly overdue: number
}

/**
 * What the trail says of how changes flowed in an interval. Lengths of time are in milliseconds. Nothing that was recorded
 * after the interval changes what is told of it, but for what had come about in it and was only recorded later.
 */
export interface Report {
  readonly from: Instant
  readonly until: Instant
  readonly team?: string
  readonly arrived: number
  /** How many were completed in the interval; `perWeek` as a rate. */
  readonly done: number
  readonly perWeek: number
  readonly cancelled: number
  /** Of those that were done: from the first submission to the last end, which is closing where they were closed by then. */
  readonly leadTime?: Spread
  /** Of those that were done: from their coming into progress to the last end. */
  readonly cycleTime?: Spread
  /** Of those that were open at the end: since they came into progress. */
  readonly age?: Spread
  /** Of those that were done: how long they had been sent back, stood condemned, or were stopped by a veto. */
  readonly blockedTime?: Spread
  /** Of all time that changes spent at stages or sent back, the part at tasks, tests and releases; from 0 to 1. */
  readonly flowEfficiency?: number
  /** How often a change went back to an earlier stage, or was sent back. */
  readonly setBack: number
  readonly waiting: readonly Waiting[]
  readonly obligations: Debts
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
 * import { f0 } from '@countersign/testing'
 * import { Metrics } from 'countersign/metrics'
 * const { store } = await f0()
 * const metrics = new Metrics()
 * for await (const { bytes } of store.read()) metrics.line(bytes)
 * metrics.report({ from: '2026-03-01T00:00:00.000Z', until: '2026-04-01T00:00:00.000Z' }).arrived // → 1
 * ```
 */
export class Metrics {
  readonly #policies = new Map<string, Policy>()
  readonly #boards = new Map<string, BoardRules>()
  readonly #timelines = new Map<string, Timeline>()
  readonly #owing = new Owing()
  readonly #refused: Occurrence[] = []
  readonly #overruns: Occurrence[] = []
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
    this.#owing.entry(body)
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
    const before = this.#timelines.get(command.change)?.stays.length ?? 0
    for (const event of outcome.accepted) this.#happen(event as ChangeEvent, command, at)
    const migrated = (outcome.accepted as readonly ChangeEvent[]).find(one => one.type === 'change.migrated')
    const line = this.#timelines.get(command.change)
    if (migrated !== undefined && line !== undefined) this.#moveOver(line, before, migrated.stages ?? {})
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
    if (event.type === 'change.submitted' && command.type === 'submit') this.#begin(command, at)
    const line = this.#timelines.get(command.change)
    if (line === undefined) return
    this.#go(line, event, at)
    this.#move(line, event, at)
    wait(line, event, at)
    veto(line, event, at)
    owe(line, event, at)
    if (event.type === 'change.recategorised' || event.type === 'standard.lost') line.category = event.category
  }

  #begin({ change, team, category }: Extract<ChangeCommand, { type: 'submit' }>, at: Instant): void {
    this.#timelines.set(change, {
      change,
      team,
      category,
      submitted: at,
      stays: [],
      waited: [],
      vetoes: [],
      owed: [],
    })
  }

  /** From stage to stage, and to the states that are none. */
  #go(line: Timeline, event: ChangeEvent, at: Instant): void {
    switch (event.type) {
      case 'stage.entered': {
        // What came about by itself is told with the next command; time runs forward in what is measured all the same.
        const since = laterOf(event.at ?? at, line.stays.at(-1)?.from ?? at)
        this.#enter(line, event.stage, since)
        if (event.stage === 'completed') end(line, 'completed', since)
        else if (this.#boards.get(line.team) === undefined) line.begun ??= since
        return
      }
      case 'change.returned':
        this.#enter(line, 'returned', at)
        return
      case 'change.condemned':
        this.#enter(line, 'remediation', at)
        return
      case 'change.cancelled':
        this.#enter(line, 'cancelled', at)
        end(line, 'cancelled', at)
        return
      case 'change.closed':
        this.#enter(line, 'closed', at)
        line.closed = at
        return
      default:
    }
  }

  /** From column to column of the team's board. */
  #move(line: Timeline, event: ChangeEvent, at: Instant): void {
    if (event.type !== 'card.moved') return
    for (const { limit } of event.over ?? []) this.#overruns.push({ team: line.team, at, name: limit })
    if (this.#isProgress(line.team, event.column)) line.begun ??= at
  }

  /** What a state is, and whether it is a step back, is told by the flow that the change has when it comes to it. */
  #enter(line: Timeline, state: string, from: Instant): void {
    const last = line.stays.at(-1)
    if (last !== undefined) last.until ??= from
    const flow = this.#flowOf(line)
    const before = flow.findIndex(one => one.name === last?.state)
    const here = flow.findIndex(one => one.name === state)
    const kind = blocked.has(state) ? 'blocked' : kindOf(flow[here])
    const isBack = kind === 'blocked' || (here >= 0 && here < before)
    line.stays.push({ state, from, isBack, ...(kind === undefined ? {} : { kind }) })
  }

  /**
   * A move to another policy takes a change through its flow once more, in one entry: where it comes out at the stage at which
   * it was, by whatever name, it has never left it; else it went there at once.
   */
  #moveOver(line: Timeline, count: number, names: Readonly<Record<string, string>>): void {
    const [before, last] = [line.stays[count - 1], line.stays.at(-1)]
    if (before === undefined || last === undefined || before === last) return
    const name = renamed(names, before.state)
    const { until: _, ...rest } = before
    const { from, state, kind } = last
    line.stays.length = count - 1
    if (name === state) line.stays.push({ ...rest, state, ...(kind === undefined ? {} : { kind }) })
    else {
      const flow = this.#flowOf(line).map(one => one.name)
      const isBack = flow.includes(state) && flow.indexOf(state) < flow.indexOf(name)
      line.stays.push(before, { state, from, isBack, ...(kind === undefined ? {} : { kind }) })
    }
  }

  #isProgress(team: string, column: string): boolean {
    const rules = this.#boards.get(team)
    return rules === undefined || columnNamed(rules, column).isWip
  }

  /**
   * How changes flowed in an interval; what happened at its end exactly does not belong to it. Throws `CountersignError`
   * `input` where it would end before it begins, or where something else is asked.
   */
  report(about: Asked): Report {
    requireOptions('report', about, ['from', 'until', 'team'])
    const { from: begin, until: end, team } = about
    const asked = intervalAsked(begin, end)
    const { from, until } = asked
    const lines = this.#of(team)
    const isIn = (at: Instant | undefined) => at !== undefined && from <= at && at < until
    const isBy = (at: Instant | undefined) => at !== undefined && at < until
    const done = lines.filter(one => isIn(one.completed))
    const open = lines.filter(one => isBy(one.submitted) && !isBy(one.completed) && !isBy(one.cancelled))
    const lengths = (list: readonly Timeline[], length: (one: Timeline) => number | undefined) =>
      spreadOf(list.flatMap(one => length(one) ?? []))
    /** Of what is done, the last end so far. */
    const endOf = ({ completed = until, closed }: Timeline) =>
      closed !== undefined && closed < until ? closed : completed
    const leadTime = lengths(done, one => milliseconds(one.submitted, endOf(one)))
    const cycleTime = lengths(done, one =>
      one.begun === undefined ? undefined : Math.max(0, milliseconds(one.begun, endOf(one))),
    )
    const age = lengths(open, one =>
      one.begun === undefined || one.begun >= until ? undefined : milliseconds(one.begun, until),
    )
    const blockedTime = lengths(done, one => covered(stoppages(one), { from: one.submitted, until: endOf(one) }))
    const within = (list: readonly Occurrence[]) =>
      list.filter(one => (team === undefined || one.team === team) && isIn(one.at))
    const weeks = milliseconds(from, until) / week
    const efficiency = efficiencyOf(lines, asked)
    return {
      ...asked,
      ...(team === undefined ? {} : { team }),
      arrived: lines.filter(one => isIn(one.submitted)).length,
      done: done.length,
      perWeek: weeks > 0 ? done.length / weeks : 0,
      cancelled: lines.filter(one => isIn(one.cancelled)).length,
      ...(leadTime === undefined ? {} : { leadTime }),
      ...(cycleTime === undefined ? {} : { cycleTime }),
      ...(age === undefined ? {} : { age }),
      ...(blockedTime === undefined ? {} : { blockedTime }),
      ...(efficiency === undefined ? {} : { flowEfficiency: efficiency }),
      setBack: lines.reduce((sum, one) => sum + one.stays.filter(stay => stay.isBack && isIn(stay.from)).length, 0),
      waiting: waitingOf(lines, isIn),
      obligations: debtsOf(lines, this.#owing, isIn, until),
      refused: countBy(within(this.#refused)),
      overruns: countBy(within(this.#overruns)),
    }
  }

  /**
   * How many changes had arrived, were done, and were at each state at some instants: the cumulative flow. It tells how things
   * stood once everything had happened that is dated with the instant, where {@link Metrics.report} leaves out what happened at
   * its end: a report until an instant counts what the flow counts up to the millisecond before.
   */
  flow(instants: readonly Instant[], team?: string): Counted[] {
    const lines = this.#of(team)
    return instants.map(instantAsked).map(at => {
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
        done: count(one => one.completed),
        cancelled: count(one => one.cancelled),
        states,
      }
    })
  }

  #of(team: string | undefined): Timeline[] {
    return [...this.#timelines.values()].filter(one => team === undefined || one.team === team)
  }

  /** The flow under which a change is, as far as the trail has told it. */
  #flowOf({ change, category }: Timeline): readonly Stage[] {
    const categories = this.#policies.get(this.#pinned.get(change) ?? '')?.categories ?? {}
    return Object.hasOwn(categories, category) ? (categories[category]?.flow ?? []) : []
  }
}

const week = 7 * 86_400_000
const blocked: ReadonlySet<string> = new Set(['returned', 'remediation'])

/** Whether something could be worked on at a stage, and not only decided. */
const kindOf = (stage: Stage | undefined): Stay['kind'] =>
  stage === undefined ? undefined : singlesOf([stage]).some(one => one.kind !== 'approval') ? 'work' : 'decision'

/** The times in which a change could not go on. */
const stoppages = ({ stays, vetoes }: Timeline) => [
  ...stays.filter(stay => stay.kind === 'blocked'),
  ...vetoes.flatMap(veto => veto ?? []),
]

/** The part of the time at stages in which something could be worked on, and not only decided. */
function efficiencyOf(lines: readonly Timeline[], asked: Pick<Asked, 'from' | 'until'>): number | undefined {
  const timeIn = (isOf: (kind: NonNullable<Stay['kind']>) => boolean) =>
    lines.reduce(
      (all, line) =>
        all +
        line.stays.reduce(
          (sum, stay) => sum + (stay.kind !== undefined && isOf(stay.kind) ? overlap(stay, asked) : 0),
          0,
        ),
      0,
    )
  const all = timeIn(() => true)
  return all === 0 ? undefined : timeIn(kind => kind === 'work') / all
}

/** What was owed, each once: as it stood at the end of what is asked about. */
function debtsOf(lines: readonly Timeline[], owing: Owing, isIn: (at: Instant) => boolean, until: Instant): Debts {
  const owed = lines.filter(one => one.owed.length > 0).map(one => debtsOn(one, owing, until))
  const opened = owed.flatMap(one => one.opened)
  const ended = owed.flatMap(one => one.ended).filter(one => isIn(one.at))
  const open = owed.flatMap(one => one.open)
  return {
    opened: opened.filter(isIn).length,
    fulfilled: ended.length,
    late: ended.filter(turn => turn.late).length,
    open: open.length,
    overdue: open.filter(due => due <= until).length,
  }
}

/** When something came to be owed on a change, how it was ended, and by when what is open is due. */
function debtsOn({ change, owed }: Timeline, owing: Owing, until: Instant) {
  const debts = owed.filter(one => one.opened < until)
  const last = debts.map(one => one.turns.findLast(turn => turn.at < until))
  const then =
    owing.on(change, until) ?? debts.map(({ due }, place) => ({ due, ended: last[place]?.ended || undefined }))
  return {
    opened: debts.map(one => one.opened),
    ended: last.flatMap((turn, place) => (turn?.ended === true && then[place]?.ended !== undefined ? [turn] : [])),
    open: then.filter(one => one.ended === undefined).map(one => one.due),
  }
}

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
