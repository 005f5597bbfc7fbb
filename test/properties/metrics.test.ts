import { histories } from '@countersign/testing'
import { Metrics } from 'countersign/metrics'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PlainEntry, plainReport } from './plain-metrics.ts'
import { asWritten, bodyOf, runs, sealedIn, watched } from './trial.ts'

/** Every number anywhere in a report. */
const numbersIn = (value: unknown): number[] =>
  typeof value === 'number'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(numbersIn)
      : []

describe('what is measured of a trail', () => {
  it('is never negative, adds up over intervals that follow each other, and never takes back what had arrived or was done', async () => {
    await fc.assert(
      fc.asyncProperty(histories(), fc.integer({ min: 1, max: 6 }), async (history, parts) => {
        const { scenario } = await watched(history, {})
        const metrics = new Metrics()
        for (const { bytes } of await sealedIn(scenario.store)) metrics.line(bytes)
        const [begin, end] = [Date.parse(metrics.from), Date.parse(metrics.until) + 1]
        const edges = Array.from({ length: parts + 1 }, (_, index) =>
          new Date(begin + ((end - begin) * index) / parts).toISOString(),
        )
        const whole = metrics.report({ from: edges[0] ?? '', until: edges.at(-1) ?? '' })
        const reports = edges.slice(1).map((until, index) => metrics.report({ from: edges[index] ?? '', until }))
        for (const told of [whole, ...reports])
          for (const number of numbersIn(told)) expect(number).toBeGreaterThanOrEqual(0)
        const sum = (of: (told: typeof whole) => number) => reports.reduce((all, told) => all + of(told), 0)
        expect(sum(told => told.arrived)).toBe(whole.arrived)
        expect(sum(told => told.done)).toBe(whole.done)
        expect(sum(told => told.cancelled)).toBe(whole.cancelled)
        expect(sum(told => told.setBack)).toBe(whole.setBack)
        expect(whole.arrived).toBe(scenario.desk.changes().length)
        const flow = metrics.flow(edges)
        for (const [index, { arrived, done, cancelled, states }] of flow.entries()) {
          const before = flow[index - 1]
          expect(arrived).toBeGreaterThanOrEqual(before?.arrived ?? 0)
          expect(done).toBeGreaterThanOrEqual(before?.done ?? 0)
          expect(cancelled).toBeGreaterThanOrEqual(before?.cancelled ?? 0)
          // Whatever has arrived is somewhere, and nothing is in two places.
          expect(Object.values(states).reduce((all, count) => all + count, 0)).toBe(arrived)
        }
      }),
      runs(14),
    )
  })

  it('is what a second count gives, that asks at every instant what was so', async () => {
    const seen = { reports: 0, done: 0, blocked: 0, setBack: 0, waited: 0, worked: 0 }
    await fc.assert(
      fc.asyncProperty(
        histories({ least: 70, most: 120 }),
        fc.nat({ max: 99 }),
        fc.nat({ max: 99 }),
        async (history, one, other) => {
          const { scenario } = await watched(history, {})
          const entries = await sealedIn(scenario.store)
          const metrics = new Metrics()
          for (const { bytes } of entries) metrics.line(bytes)
          const [begin, end] = [Date.parse(metrics.from), Date.parse(metrics.until) + 1]
          const at = (percent: number) => new Date(begin + Math.floor(((end - begin) * percent) / 100)).toISOString()
          const [least, most] = [Math.min(one, other), Math.max(one, other) + 1]
          for (const [from, until] of [
            [at(0), at(100)],
            [at(least), at(most)],
          ] as const) {
            const told = metrics.report({ from, until })
            const plain = plainReport(entries.map(bodyOf) as unknown as PlainEntry[], from, until)
            const {
              arrived,
              done,
              cancelled,
              setBack,
              leadTime,
              cycleTime,
              age,
              blockedTime,
              flowEfficiency,
              refused,
            } = told
            const waiting = Object.fromEntries(
              told.waiting.map(({ stage, role, capacity, time }) => [`${stage} ${role} ${capacity}`, time]),
            )
            expect({
              arrived,
              done,
              cancelled,
              setBack,
              leadTime,
              cycleTime,
              age,
              blockedTime,
              flowEfficiency,
              waiting,
              refused,
            }).toEqual(plain)
            seen.reports += 1
            seen.done += done
            seen.setBack += setBack
            seen.waited += told.waiting.length
            if ((blockedTime?.most ?? 0) > 0) seen.blocked += 1
            if ((flowEfficiency ?? 0) > 0) seen.worked += 1
          }
        },
      ),
      runs(28),
    )
    if (asWritten) for (const [what, times] of Object.entries(seen)) expect([what, times > 0]).toEqual([what, true])
  })

  it('is told of an interval alike then and later, but for what had come about in it and was recorded after', async () => {
    const seen = { alike: 0, late: 0 }
    await fc.assert(
      fc.asyncProperty(histories(), fc.integer({ min: 10, max: 90 }), async (history, percent) => {
        const { scenario } = await watched(history, {})
        const [whole, then] = [new Metrics(), new Metrics()]
        const entries = await sealedIn(scenario.store)
        for (const { bytes } of entries) whole.line(bytes)
        const [begin, end] = [Date.parse(whole.from), Date.parse(whole.until)]
        const until = new Date(begin + Math.floor(((end - begin) * percent) / 100)).toISOString()
        const bodies = entries.map(bodyOf)
        for (const [place, { bytes }] of entries.entries()) if ((bodies[place]?.at ?? '') < until) then.line(bytes)
        const isLate = bodies.some(
          ({ at, outcome }) =>
            at >= until &&
            'accepted' in outcome &&
            outcome.accepted.some(event => 'at' in event && typeof event.at === 'string' && event.at < until),
        )
        seen[isLate ? 'late' : 'alike'] += 1
        if (isLate) return
        const asked = { from: whole.from, until }
        expect(whole.report(asked)).toEqual(then.report(asked))
        const instants = [begin, (begin + Date.parse(until)) / 2, Date.parse(until) - 1].map(one =>
          new Date(one).toISOString(),
        )
        expect(whole.flow(instants)).toEqual(then.flow(instants))
      }),
      runs(10),
    )
    expect(seen.alike).toBeGreaterThan(seen.late)
  })
})
