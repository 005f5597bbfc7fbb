import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Agenda, never } from '../../packages/countersign/src/outbox/agenda.ts'
import { runs } from '../properties/trial.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString()

describe('what lies ahead of the outbox', () => {
  it('costs little more than twice as much where twice as much of it is known of people and of the calendar', async () => {
    // In a thread of its own, as nothing is counted of what was run often before.
    const worker = new Worker(new URL('agenda-steps.ts', import.meta.url), { workerData: [300, 600] })
    const [[few, many]] = await once(worker, 'message')
    expect(few).toBeGreaterThan(300 * 4)
    expect(many / few).toBeLessThan(2.5)
  })

  it('comes in its order, each instant once, and what is over does not', () => {
    const deeds = fc.array(fc.record({ passes: fc.boolean(), minute: fc.nat({ max: 40 }) }), { maxLength: 60 })
    fc.assert(
      fc.property(deeds, all => {
        const agenda = new Agenda()
        const ahead = new Set<string>()
        for (const { passes, minute } of all) {
          if (passes) {
            agenda.pass(at(minute))
            for (const one of ahead) if (one <= at(minute)) ahead.delete(one)
          } else {
            agenda.add(at(minute))
            ahead.add(at(minute))
          }
          expect(agenda.next).toBe([...ahead].toSorted()[0] ?? never)
        }
        for (const one of [...ahead].toSorted()) {
          expect(agenda.next).toBe(one)
          agenda.pass(one)
        }
        expect(agenda.next).toBe(never)
      }),
      runs(200),
    )
  })
})
