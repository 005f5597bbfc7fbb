import { f0, fixturePeople, fixturePolicy } from '@countersign/testing'
import { linesOf } from '@countersign/testing/tamper'
import { approval, approvals, controls, exception, release, role, separate } from 'countersign/policy'
import { expect, test } from 'vitest'
import { call, writtenLines } from './command-line.ts'

const lenient = controls('lenient', {
  'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
})

const policy = fixturePolicy({
  options: {
    complies: lenient,
    exceptions: [
      exception('make', 'approve')
        .grantedBy(role('head'))
        .atMost('7d')
        .compensatedBy('the controller reviews it within a week')
        .because('two people cannot fill three duties'),
    ],
  },
  flow: [
    approval('approve', approvals(1).from(role('appr'))),
    release('production', { by: role('deployer'), environment: 'production' }),
  ],
})

test('A decision that rested on an exception is counted as one and named, on the page and in the JSON document.', async () => {
  const people = { ...fixturePeople, alice: ['appr'], carol: ['head'] }
  const scenario = await f0({ controls: lenient, policies: [policy], people })
  const until = '2026-03-09T08:00:00.000Z'
  const asked = { exception: 'x-1', person: 'alice', duties: ['make', 'approve'] as [string, string], until }
  await scenario.given('alice', 'requestException', { change: 'K', ...asked, reason: 'Bob is in hospital' })
  await scenario.given('carol', 'grantException', { change: 'K', exception: 'x-1' })
  await scenario.given('alice', 'approve', { change: 'K' })
  await scenario.given('paul', 'release', { change: 'K', environment: 'production' })
  const trail = writtenLines(await linesOf(scenario.store))
  const page = await call('verify-trail', [trail])
  expect(page.code).toBe(0)
  expect(page.out).toMatch(
    /exceptions +1 decision rested on an exception from a separation, not on the rule:\n +x-1 for alice on K, entry \d+\n/,
  )
  const json = JSON.parse((await call('verify-trail', [trail, '--json'])).out) as { exceptions: unknown[] }
  expect(json.exceptions).toMatchObject([{ change: 'K', exception: 'x-1', person: 'alice' }])
  const told = await call('countersign', ['explain', trail, 'K'])
  expect(told.out).toContain('met by an exception from the rules, not by the rules')
})
