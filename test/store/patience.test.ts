import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { patiently } from '../../packages/store-sqlite/src/patience.ts'

/** A clock that only pauses move on. */
function clock(): { now: number } {
  const clock = { now: 0 }
  const spies = [
    vi.spyOn(performance, 'now').mockImplementation(() => clock.now),
    vi.spyOn(timers, 'setTimeout').mockImplementation((async (pause: number) => {
      clock.now += pause
    }) as never),
  ]
  syncBuiltinESMExports()
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore()
    syncBuiltinESMExports()
  })
  return clock
}

test('Whoever waits for a lock tries for the last time when the patience ends, and waits no longer.', async () => {
  const time = clock()
  let tried = 0
  const held = patiently(120, () => {
    tried += 1
    throw Object.assign(new Error('held'), { errcode: 5 })
  })
  await expect(held).rejects.toThrow('held')
  expect(time.now).toBeCloseTo(120, 9)
  expect(tried).toBeGreaterThan(3)
})
