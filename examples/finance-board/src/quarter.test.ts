import { CountersignError, readEntry } from '@countersign/trail'
import { Metrics } from 'countersign/metrics'
import { problemsOf } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { beforeAll, describe, expect, it } from 'vitest'
import { quarterEnds } from './calendar.ts'
import { demandOf } from './demand.ts'
import { type Figures, measure, places } from './measure.ts'
import { type Kind, kinds, sox, withLimits, withoutLimits, withoutReserve } from './policy.ts'
import { playQuarter, type Quarter } from './quarter.ts'

const wishes = demandOf(7)
let without: Quarter
let limited: Quarter
let before: Figures
let after: Figures

beforeAll(async () => {
  without = await playQuarter(withoutLimits, wishes)
  limited = await playQuarter(withLimits, wishes)
  before = measure(without.lines)
  after = measure(limited.lines)
})

interface Body {
  readonly at: string
  readonly command: { readonly type: string; readonly change?: string; readonly present?: readonly string[] }
  readonly outcome: {
    readonly accepted?: readonly { type: string; column?: string; to?: string; lane?: string; stage?: string }[]
  }
}
const bodies = ({ lines }: Quarter) => lines.map(line => readEntry(line).body as unknown as Body)
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

describe('a quarter on the board', () => {
  it('has policies that keep the controls', () => {
    for (const policy of [withoutLimits, withLimits, withoutReserve]) expect(problemsOf(policy, sox)).toEqual([])
  })

  it('asks the same of the team at the same instants, whatever its policy is', () => {
    const asked = (quarter: Quarter) =>
      bodies(quarter).flatMap(({ at, command }) => (command.type === 'submit' ? [{ at, ...command }] : []))
    expect(asked(limited)).toEqual(asked(without))
    expect(asked(without).map(one => one.change)).toEqual(wishes.map(one => one.change))
  })

  it('leaves the same trail on every run, and another one for another seed', async () => {
    expect((await playQuarter(withLimits, wishes)).lines).toEqual(limited.lines)
    expect((await playQuarter(withLimits, demandOf(8))).lines).not.toEqual(limited.lines)
  })

  it('leaves trails in which every decision follows from the rules', () => {
    for (const { lines } of [without, limited])
      expect(verifyTrail(lines.flatMap(line => [line, Uint8Array.of(10)]))).toMatchObject({
        status: 'sound',
        findings: [],
      })
  })

  it('has no more than three in a column and two with a person, but for what came through the lane, one at a time', () => {
    interface Lying {
      readonly column?: string | undefined
      readonly owner?: string | undefined
      readonly isInLane?: boolean
      /** Whoever has taken it on as a third card may have finished another one since, so that it exceeds nothing any more. */
      readonly cameThroughLane?: boolean
    }
    const cards = new Map<string, Lying>()
    const most = { column: 0, owner: 0, lane: 0 }
    for (const { command, outcome } of bodies(limited)) {
      const { change = '' } = command
      for (const { type, column, to, lane, stage } of outcome.accepted ?? []) {
        const card = cards.get(change) ?? {}
        const isInLane = lane !== undefined
        const cameThroughLane = card.cameThroughLane === true || isInLane
        if (type === 'card.moved') cards.set(change, { ...card, column, isInLane, cameThroughLane })
        if (type === 'change.assigned') cards.set(change, { ...card, owner: to })
        if (type === 'stage.entered' && stage === 'completed') cards.delete(change)
      }
      const inProgress = [...cards.values()].filter(one => one.column !== 'asked')
      const fullest = (key: 'column' | 'owner', of: readonly Lying[]) =>
        Math.max(0, ...of.map(one => of.filter(other => one[key] !== undefined && other[key] === one[key]).length))
      const now = {
        column: fullest(
          'column',
          inProgress.filter(one => one.isInLane !== true),
        ),
        owner: fullest(
          'owner',
          inProgress.filter(one => one.cameThroughLane !== true),
        ),
        lane: inProgress.filter(one => one.isInLane === true).length,
      }
      for (const key of ['column', 'owner', 'lane'] as const) most[key] = Math.max(most[key], now[key])
    }
    expect(most).toEqual({ column: 3, owner: 2, lane: 1 })
    expect(Math.max(...before.standings.map(one => one.counts.building))).toBeGreaterThan(6)
  })

  it('has an order decided in a week only where three of the advisers were there', () => {
    const meetings = bodies(limited).filter(one => one.command.type === 'prioritise')
    expect(meetings.length).toBeGreaterThan(5)
    expect(meetings.length).toBeLessThanOrEqual(13)
    expect(Math.min(...meetings.map(one => one.command.present?.length ?? 0))).toBe(3)
    expect(bodies(without).some(one => one.command.type === 'prioritise')).toBe(false)
  })

  it('spends each hour of each engineer once: on work, on switching, or on nothing', () => {
    for (const { hours } of [without, limited]) expect(sum(Object.values(hours))).toBeCloseTo(3 * 6 * 65, 6)
  })

  it('does no more work on a change than there is in it', () => {
    const done = (figures: Figures) => sum(kinds.map(kind => figures.outcomes[kind].done))
    for (const [figures, { hours }] of [
      [before, without],
      [after, limited],
    ] as const) {
      expect(done(figures)).toBe(figures.report.done)
      expect(hours.worked).toBeLessThanOrEqual(sum(wishes.map(one => one.build + one.check)))
    }
  })
})

describe('what is measured', () => {
  it('counts on each evening as many arrivals and ends as the library does, and loses nothing between', () => {
    for (const [figures, { lines }] of [
      [before, without],
      [after, limited],
    ] as const) {
      const metrics = new Metrics()
      for (const line of lines) metrics.line(line)
      const flow = metrics.flow(figures.standings.map(one => one.at))
      expect(figures.standings.map(({ counts }) => [sum(places.map(one => counts[one])), counts.done])).toEqual(
        flow.map(({ arrived, done }) => [arrived, done]),
      )
    }
  })

  it('tells an outcome for each of the four categories, of all that was asked for', () => {
    const count = (kind: Kind) => wishes.filter(one => one.kind === kind).length
    for (const kind of kinds) expect(after.outcomes[kind].arrived).toBe(count(kind))
    const oldest = wishes.find(one => one.kind === 'debt')?.at ?? quarterEnds
    if (before.outcomes.debt.done === 0)
      expect(before.outcomes.debt.oldest).toBe(quarterEnds.getTime() + 1 - oldest.getTime())
  })

  it('refuses a line that is no entry', () => {
    expect(() => measure([new TextEncoder().encode('{}')])).toThrow(CountersignError)
  })
})
