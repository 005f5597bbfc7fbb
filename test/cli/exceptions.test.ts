import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { baseline, f0, fixtureForm, fixturePeople, fixturePolicy, type Scenario, submitK } from '@countersign/testing'
import { linesOf } from '@countersign/testing/tamper'
import { formatVerifierKey, leafHash, rootOf, signCheckpoint, verifierKeyOf } from '@countersign/trail'
import {
  approval,
  approvals,
  category,
  controls,
  exception,
  policy as policyOf,
  release,
  role,
  separate,
} from 'countersign/policy'
import { expect, test } from 'vitest'
import { opened } from '../redaction/setting.ts'
import { call, signer, writtenLines } from './command-line.ts'

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

const flat = (text: string) => text.replaceAll(/\s+/g, ' ')

/** The pages of the trail and of the bundle about K, and the document of the bundle. */
async function pagesOf({ store }: Pick<Scenario, 'store'>) {
  const lines = await linesOf(store)
  const trail = writtenLines(lines)
  const [note, key, bundle] = ['note', 'key', 'K.bundle'].map(name => join(dirname(trail), name)) as [
    string,
    string,
    string,
  ]
  const checkpoint = { origin: signer.name, size: lines.length, root: rootOf(lines.map(leafHash)) }
  writeFileSync(note, signCheckpoint(checkpoint, signer))
  writeFileSync(key, formatVerifierKey(verifierKeyOf(signer)))
  expect((await call('countersign', ['bundle', trail, 'K', '--checkpoint', note, '--out', bundle])).code).toBe(0)
  const told = async (...argv: string[]) => (await call('verify-trail', argv)).out
  const [whole, part] = [await told(trail), await told(bundle, '--key', key)].map(flat) as [string, string]
  return { whole, part, json: JSON.parse(await told(bundle, '--key', key, '--json')) }
}

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

test('What qualifies a verdict stands on the page of a bundle as on that of its trail, and no step says that it was not so.', async () => {
  const people = { ...fixturePeople, alice: ['appr'], carol: ['head'] }
  const rested = await f0({ controls: lenient, policies: [policy], people })
  const asked = { exception: 'x-1', person: 'alice', duties: ['make', 'approve'] as [string, string] }
  const until = '2026-03-09T08:00:00.000Z'
  await rested.given('alice', 'requestException', { change: 'K', ...asked, until, reason: 'Bob is in hospital' })
  await rested.given('carol', 'grantException', { change: 'K', exception: 'x-1' })
  await rested.given('alice', 'approve', { change: 'K' })
  const { whole, part, json } = await pagesOf(rested)
  expect(json.exceptions).toMatchObject([{ exception: 'x-1' }])
  for (const page of [whole, part]) {
    expect(page).toMatch(
      /exceptions 1 decision rested on an exception from a separation, not on the rule: x-1 for alice/,
    )
    expect(page).toContain(
      '✓ Duties restated nobody tested or approved what they made but by an exception, and nothing took effect too early: told once more by other means; see “Numbers” below',
    )
    expect(page).toMatch(
      /period 2026-03-02 08:00 UTC to [^,]+, as the entries say policies in force at the end, by team: t /,
    )
  }
})

const late = policyOf(
  't',
  { complies: baseline, roles: { appr: 'approves' } },
  {
    found: category({
      form: fixtureForm,
      retrospective: true,
      flow: [approval('review', approvals(1).from(role('appr')), { within: '24h' })],
    }),
  },
)

test('What is owed on a change that was found, and that it was made outside of the process, stands on both pages.', async () => {
  const scenario = await f0({ policies: [late], submit: null })
  const found = { ...submitK, category: 'found', inEffectSince: '2026-03-01T00:00:00.000Z' }
  await scenario.given('rita', 'submit', found as never)
  const { whole, part, json } = await pagesOf(scenario)
  expect(json).toMatchObject({ obligations: { opened: 1 }, unauthorised: [{ change: 'K' }] })
  for (const page of [whole, part]) {
    expect(page).toContain(
      'obligations 1 owed after taking effect: 0 fulfilled, 1 open; none late review of K at review',
    )
    expect(page).toMatch(/unauthorised 1 change made outside of the process and found: K \(entry \d+\)/)
    expect(page).toContain(
      'nothing took effect too early but for what was owed afterwards and what was made outside of the process: told once more by other means; see “Numbers” below',
    )
  }
})

test('Private values that nobody has looked at are counted on the page of a bundle, which says what it takes to look.', async () => {
  const { scenario } = await opened()
  const { whole, part } = await pagesOf(scenario)
  const told = 'private 1 value, none redacted by an entry; none of them was looked at'
  expect(whole).toContain(`${told} (--openings FILE)`)
  expect(part).toContain(`${told} (which takes the whole trail and --openings FILE)`)
  expect(part).toContain(
    'nobody tested or approved what they made, and nothing took effect too early: told once more by other means ',
  )
})

test('A checkpoint holds of a bundle the entries that are there, and is not said to hold those of others.', async () => {
  const scenario = await f0()
  const other = { ...submitK, change: 'L' }
  await scenario.given('rita', 'submit', other)
  const { part, json } = await pagesOf(scenario)
  expect(json).toMatchObject({ held: json.size - 1 })
  expect(part).toContain(
    `✓ The checkpoint in the bundle holds the ${json.held} entries of this bundle, among the ${json.size} of the trail.`,
  )
})
