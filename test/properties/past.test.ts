import { histories, play, Scenario, settingOf } from '@countersign/testing'
import { bodiesOf, fileOf, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import { canonical } from '@countersign/trail'
import { createDesk, openView, type View } from 'countersign'
import { Metrics } from 'countersign/metrics'
import { verifyTrail } from 'countersign/verify'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Player } from '../../packages/testing/src/player.ts'
import { call, written } from '../cli/command-line.ts'
import { runs, sealedIn, watched } from './trial.ts'

/** All that a view tells of an instant. */
const toldBy = (view: View, at?: string) => ({
  board: view.board('t', at),
  obligations: view.obligations(at),
  collisions: view.collisions(),
  explanations: view.changes().map(({ id }) => view.explain(id, at)),
  snapshot: view.snapshot(),
})

describe('what a trail said by an instant', () => {
  it('is what the desk told at that instant: board, explanations, what was owed, people and rules', async () => {
    const seen = { instants: 0, moved: 0 }
    await fc.assert(
      fc.asyncProperty(histories(), async history => {
        const then = new Map<string, string>()
        const { scenario } = await watched(history, {
          // The last of what is told at an instant is what was there at its end.
          after: ({ desk, now }) => {
            then.set(now, canonical(toldBy(desk, now)))
          },
        })
        const metrics = new Metrics()
        for (const { bytes } of await sealedIn(scenario.store)) metrics.line(bytes)
        const last = canonical(toldBy(scenario.desk))
        for (const [instant, told] of then) {
          const view = await scenario.desk.at(instant)
          expect(canonical(toldBy(view))).toBe(told)
          expect(canonical(toldBy(await openView(scenario.store, instant)))).toBe(told)
          expect(metrics.flow([instant], 't')[0]?.arrived).toBe(view.changes().length)
          seen.instants += 1
          if (told !== last) seen.moved += 1
        }
        await expect(scenario.desk.at('2026-01-01T00:00Z').then(view => view.changes())).resolves.toEqual([])
      }),
      runs(4),
    )
    expect(seen.moved).toBeGreaterThan(seen.instants / 2)
  })

  it('rests on nothing that came later, where desks have clocks that differ: what is left of the trail is sound', async () => {
    const seen = { disordered: 0 }
    await fc.assert(
      fc.asyncProperty(histories(), fc.array(fc.nat({ max: 50 }), { minLength: 200 }), async (history, slow) => {
        const scenario = await Scenario.open(settingOf(history))
        const clock = { now: Date.parse(scenario.now) }
        const desk = await createDesk({ store: scenario.store, clock: () => new Date(clock.now) })
        const player = new Player(history, {
          now: () => new Date(clock.now).toISOString(),
          pass: milliseconds => {
            clock.now += milliseconds
          },
          governance: () => desk.governance(),
          changes: () => desk.changes(),
        })
        let count = 0
        for (const move of history.moves) {
          clock.now += move.wait + 1_000
          const envelope = player.envelope(move)
          const at = new Date(clock.now - (slow[count++] ?? 0) * 1_000)
          await desk.execute(envelope, { at })
        }
        const lines = await linesOf(scenario.store)
        const bodies = bodiesOf(lines)
        for (const [place, { at }] of bodies.entries()) {
          if (!bodies.slice(0, place).some(one => one.at > at)) continue
          seen.disordered += 1
          const past = bodies.filter(one => one.at <= at)
          const verdict = verifyTrail([fileOf(reseal(renumber(past)))])
          expect(verdict.findings.filter(one => one.code !== 'alias.late')).toEqual([])
          const view = await openView(scenario.store, at)
          expect(view.until()).toBe(at)
          expect(view.changes()).toHaveLength(verdict.changes)
        }
      }),
      runs(4),
    )
    expect(seen.disordered).toBeGreaterThan(5)
  })

  it('is what the command line shows for it', async () => {
    const [history] = fc.sample(histories({ least: 60 }), { seed: 20_261_126, numRuns: 1 })
    if (history === undefined) throw new Error('there is no history')
    const { scenario, steps } = await play(history)
    const path = written(fileOf(await linesOf(scenario.store)))
    const instants = [...new Set(steps.map(one => one.at))]
    const some = [instants[instants.length >> 2], instants[instants.length >> 1], instants.at(-1)]
    for (const instant of some) {
      const view = await scenario.desk.at(instant ?? '')
      const shown = async (...argv: string[]) =>
        JSON.parse((await call('countersign', [...argv, '--json', '--at', instant ?? ''])).out) as unknown
      expect(await shown('board', path)).toEqual([view.board('t', undefined, { finished: Number.POSITIVE_INFINITY })])
      expect(await shown('obligations', path)).toEqual(view.obligations())
      const id = view.changes().at(-1)?.id ?? ''
      expect(await shown('explain', path, id)).toEqual({ change: view.change(id), explanation: view.explain(id) })
    }
  })
})
