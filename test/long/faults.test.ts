import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { histories, play } from '@countersign/testing'
import { faults } from '@countersign/testing/faults'
import { linesOf } from '@countersign/testing/tamper'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { runs } from '../properties/trial.ts'
import { signer } from '../sound-trail.ts'
import { judge } from '../tampered.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-faults-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('every fault', () => {
  it('is found in whatever trail it can be done to', async () => {
    const done = new Set<string>()
    await fc.assert(
      fc.asyncProperty(histories({ most: 60, aliases: false }), async history => {
        const { scenario } = await play(history)
        const lines = await linesOf(scenario.store)
        for (const { name, code, make } of faults) {
          const tampered = make({ lines, signer, snapshot: scenario.desk.snapshot() })
          // A history has no key, so none of its own can be stolen.
          if (tampered === undefined || code === 'checkpoint.key-out-of-range') continue
          const verdict = await judge(tampered, folder)
          expect([name, verdict.status === 'sound']).toEqual([name, false])
          done.add(name)
        }
      }),
      runs(3),
    )
    expect(done.size).toBeGreaterThan(40)
  })
})
