import { f0 } from '@countersign/testing'
import { linesOf } from '@countersign/testing/tamper'
import { beforeAll, expect, test } from 'vitest'
import { call, callProcess, writtenLines } from './command-line.ts'

const schedule = { zone: 'Europe/Zurich', from: '2026-03-28T18:00', until: '2026-03-30T06:00' }
const right = { from: '2026-03-28T17:00:00.000Z', until: '2026-03-30T04:00:00.000Z' }
const weekly = {
  zone: 'UTC',
  weekly: ['sat' as const],
  from: '00:00',
  until: '12:00',
  first: '2026-04-01',
  last: '2026-04-12',
}
const because = 'the books are closed'

let trail: Uint8Array[]
beforeAll(async () => {
  const scenario = await f0()
  const declare = (freeze: string, more: object) =>
    scenario.given('ada', 'declareFreeze', { freeze, because, schedule, intervals: [right], ...more })
  await declare('right', {})
  await declare('an-hour-off', { intervals: [{ ...right, until: '2026-03-30T05:00:00.000Z' }] })
  await declare('imported', { schedule: { calendar: 'the bank (uid-1)' } })
  await declare('elsewhere', { schedule: { ...schedule, zone: 'Mars/Olympus' } })
  await scenario.given('ada', 'declareWindow', {
    window: 'one-of-two',
    calendar: 'nights',
    schedule: weekly,
    intervals: [{ from: '2026-04-04T00:00:00.000Z', until: '2026-04-04T12:00:00.000Z' }],
  })
  trail = await linesOf(scenario.store)
})

test('Freezes and windows are worked out anew from their schedules, and those that come to other instants are told beside a verdict that holds.', async () => {
  const path = writtenLines(trail)
  const { code, out } = await call('verify-trail', [path])
  expect(code).toBe(0)
  const told = out.replaceAll(/\s+/g, ' ')
  expect(told).toContain('SOUND')
  expect(told).toContain('schedules 1 freeze or window comes to the instants that the schedule gives on this machine')
  expect(told).toContain('3 freezes and windows come to other instants than the schedule gives')
  expect(told).toMatch(
    /freeze an-hour-off, entry \d+: recorded 2026-03-28T17:00:00.000Z to 2026-03-30T05:00:00.000Z; its schedule gives 2026-03-28T17:00:00.000Z to 2026-03-30T04:00:00.000Z/,
  )
  expect(told).toMatch(/window one-of-two, entry \d+: recorded none; its schedule gives 2026-04-11T00:00:00.000Z to/)
  expect(told).toMatch(
    /freeze elsewhere, entry \d+: recorded .*; its schedule gives there is no time zone Mars\/Olympus/,
  )
  const json = JSON.parse((await call('verify-trail', [path, '--json'])).out)
  expect(json).toMatchObject({ status: 'sound', found: 0, schedules: { compared: 4, left: 0 } })
  expect(json.schedules.differing.map((one: { id: string }) => one.id)).toEqual([
    'an-hour-off',
    'elsewhere',
    'one-of-two',
  ])
})

test('Where the package is missing that can work schedules out, the verdict is the same, and says that they were not compared.', async () => {
  const hooks = `import { registerHooks } from 'node:module'
registerHooks({ resolve(name, context, next) {
  if (name === '@countersign/calendar') throw Object.assign(new Error('not there'), { code: 'ERR_MODULE_NOT_FOUND' })
  return next(name, context)
} })`
  const env = { NODE_OPTIONS: `--import=data:text/javascript;base64,${btoa(hooks)}` }
  const { code, out } = await callProcess('verify-trail', [writtenLines(trail)], { env })
  expect(code).toBe(0)
  expect(out.replaceAll(/\s+/g, ' ')).toContain(
    '4 freezes and windows were not compared with the schedule: @countersign/calendar is not installed',
  )
})
