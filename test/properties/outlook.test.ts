import { histories, play } from '@countersign/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blockedAmong, blockedStages, withElectorate } from '../../packages/countersign/src/change/outlook.ts'
import { choicesFor } from '../../packages/countersign/src/change/requirement.ts'
import { pin } from '../../packages/countersign/src/change/world.ts'
import { readRecord } from '../../packages/countersign/src/record/record.ts'
import { State } from '../../packages/countersign/src/record/state.ts'
import { atLeast, runs, sealedIn } from './trial.ts'

describe('who could approve a change when it is submitted', () => {
  it('is told the same by whoever stops at the first few who are enough as by whoever asks everybody', async () => {
    const seen = { open: 0, blocked: 0 }
    await fc.assert(
      fc.asyncProperty(histories(), async history => {
        const { scenario } = await play(history)
        const state = new State()
        for (const { bytes } of await sealedIn(scenario.store)) {
          const { body } = readRecord(bytes)
          state.fold(body)
          if (body.command.type !== 'submit' || 'refused' in body.outcome) continue
          const world = state.worldOf(body.command.change)
          if (world.change === undefined) continue
          const { change } = world
          const pinned = pin(world, change, body.at)
          const asked = pinned.stages.flatMap(stage => {
            if (stage.kind !== 'approval') return []
            const own = withElectorate(pinned, change, stage)
            const choices = choicesFor(own, stage)
            return choices.length === 0 ? [] : [{ stage, change: own, choices }]
          })
          const everybody = blockedAmong(pinned, change, asked)
          expect(blockedStages(pinned, change)).toEqual(everybody)
          seen[everybody.length === 0 ? 'open' : 'blocked'] += 1
        }
      }),
      runs(60),
    )
    expect(Math.min(seen.open, seen.blocked)).toBeGreaterThan(atLeast(30))
  })
})
