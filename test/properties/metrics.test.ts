import { histories } from '@countersign/testing'
import { Metrics } from 'countersign/metrics'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs, sealedIn, watched } from './trial.ts'

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
      runs(20),
    )
  })
})
