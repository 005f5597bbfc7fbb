import { f0Tested, fixturePolicy } from '@countersign/testing'
import { approval, approvals, release, role, test } from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { delegated, f0Approved, hour, K, people, robot, stageOf } from './setting.ts'

describe('people who leave', () => {
  it('refuses Bob, whose account was deprovisioned, and leaves his place to the other holders [LAW 101]', async () => {
    const scenario = await f0Tested()
    scenario.at(hour)
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    await refused(scenario, ['bob', 'approve', K], 'identity.departed', {
      account: 'bob',
      person: 'bob',
      at: '2026-03-02T09:00:00.000Z',
    })
    expect(scenario.approvals('K')).toBe(0)
    const { status, eligible } = stageOf(scenario, 'K', 'approve')
    expect(status).toBe('pending')
    expect(eligible.map(one => one.person)).toEqual(['carol', 'dan'])
    await scenario.given('carol', 'approve', K)
    await scenario.given('dan', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('refuses every other way to act as Bob who has left: a second account, his robot, his delegate [LAW 101]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [] }) })
    await scenario.given('ada', 'linkAccount', { account: 'bob-adm', person: 'bob' })
    await robot(scenario, 'bob-bot', { controller: 'bob', role: 'appr' })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    await refused(scenario, ['bob-adm', 'approve', K], 'identity.departed', { account: 'bob-adm', person: 'bob' })
    await refused(scenario, ['bob-bot', 'approve', K], 'identity.departed', { person: 'bob' })
    await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'authority.no-role', {
      person: 'dora',
      principal: 'bob',
    })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('refuses Dora, who has left, though Bob, for whom she would act, has not [LAW 101]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [] }) })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('ada', 'recordDeparture', { person: 'dora' })
    await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'identity.departed', { person: 'dora' })
    expect(scenario.explain('K').whoCanUnblock).not.toContain('dora')
  })

  it('leaves the place of Bob to the role that stands in, where he was the last holder [LAW 101]', async () => {
    const policy = fixturePolicy({
      options: {
        roles: {
          appr: { fallback: { role: 'head', when: ['vacant'] } },
          tester: 'tests',
          deployer: 'releases',
          head: 'heads the department',
        },
      },
      flow: [
        test('verify', { by: role('tester') }),
        approval('approve', approvals(1).from(role('appr'))),
        release('production', { by: role('deployer') }),
      ],
    })
    const scenario = await f0Tested({ policies: [policy], people: people({ carol: [], dan: [], hana: ['head'] }) })
    await refused(scenario, ['hana', 'approve', K], 'authority.no-role', { person: 'hana', able: ['bob'] })
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    await scenario.given('hana', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('blocks K where too few are left who could approve it [LAW 101]', async () => {
    const scenario = await f0Tested()
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    await scenario.given('ada', 'recordDeparture', { person: 'carol' })
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'unsatisfiable', missing: { appr: 2 } })
  })

  it('refuses everything else that Bob, who has left, tries: to reject, to withdraw, to delegate, to submit, to edit [LAW 101]', async () => {
    const scenario = await f0Approved()
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    const window = { from: scenario.now, until: '2026-03-09T08:00:00Z' }
    for (const [type, command] of [
      ['reject', { ...K, comment: 'no' }],
      ['withdraw', { ...K, comment: 'no' }],
      ['delegate', { delegation: 'd', principal: 'bob', to: 'dan', ...window }],
      ['revise', { ...K, form: { risk: 'high' }, comment: 'no' }],
      ['cancel', { ...K, comment: 'no' }],
    ] as const) {
      await refused(scenario, ['bob', type, command], 'identity.departed', { person: 'bob' })
    }
    expect(scenario.approvals('K')).toBe(2)
  })

  it('gives a departed person no role, no delegation and no work [LAW 101]', async () => {
    const scenario = await f0Tested()
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    const window = { from: scenario.now, until: '2026-03-09T08:00:00Z' }
    await refused(scenario, ['ada', 'grantRole', { role: 'appr', to: 'bob', team: 't' }], 'name.unknown', {
      name: 'bob',
    })
    await refused(
      scenario,
      ['dan', 'delegate', { delegation: 'd', principal: 'dan', to: 'bob', ...window }],
      'name.unknown',
      { name: 'bob' },
    )
    await refused(scenario, ['rita', 'assign', { ...K, to: 'bob' }], 'name.unknown', { name: 'bob' })
  })
})
