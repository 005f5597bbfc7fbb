import { histories, play } from '@countersign/testing'
import { linesOf } from '@countersign/testing/tamper'
import type { Range } from '@countersign/trail/store'
import { createDesk } from 'countersign'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { digestOf } from '../../packages/countersign/src/values/digest.ts'
import { beginningOf, runs } from './trial.ts'

it('A transaction of the host’s own, however much happens within it, comes to what comes about without, and the desk knows of none of it before its end', async () => {
  await fc.assert(
    fc.asyncProperty(histories(), async history => {
      let begun = 0
      const { scenario, steps } = await play(history, {
        before: ({ desk }) => {
          if (begun === 0) begun = Object.values(desk.snapshot().versions).reduce((sum, one) => sum + one, 0)
        },
      })
      const trail = await beginningOf(scenario.store, begun)
      let isOver = false
      let now = ''
      const store = {
        ...trail,
        read: (range: Range = {}) => trail.read(isOver || !('from' in range) ? range : { ...range, to: begun }),
      }
      const desk = await createDesk({ store, clock: () => new Date(now) })
      const before = digestOf('snapshot', desk.snapshot())
      for (const { at, envelope, receipt } of steps) {
        now = at
        const again = await desk.execute(envelope, { within: trail })
        // What is malformed may have no id, and is given one then.
        const isNameless = 'refusal' in again && again.refusal.code === 'command.malformed'
        expect(isNameless ? { ...again, id: receipt.id } : again).toEqual(receipt)
      }
      expect(digestOf('snapshot', desk.snapshot())).toBe(before)
      expect(await linesOf(trail)).toEqual(await linesOf(scenario.store))
      isOver = true
      await desk.catchUp()
      expect(desk.snapshot()).toEqual(scenario.desk.snapshot())
    }),
    runs(3),
  )
})
