import { content, f0Tested, fixturePolicy, type Scenario, submitK } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { delegated, discountOf, K, people, report } from './setting.ts'

const until = '2026-03-09T08:00:00.000Z'

/** Delegates of an approver are chosen out of the deputies. */
const pooled = (more: Record<string, string[]> = {}, depth = 1) => ({
  roles: ['head'],
  policies: [
    fixturePolicy({
      options: {
        roles: {
          appr: { description: 'approves', delegates: 'deputy' },
          tester: 'tests',
          deployer: 'releases',
          deputy: 'may be a delegate',
        },
        delegation: { depth },
      },
    }),
  ],
  people: people({ dora: ['deputy'], gus: [], ...more }),
})

const bobTo = (scenario: Scenario, to: string, scope: object = {}) =>
  ['bob', 'delegate', { delegation: `bob-to-${to}`, principal: 'bob', to, from: scenario.now, until, scope }] as const

const forBob = { ...K, for: 'bob' }

describe('delegates are chosen out of a pool', () => {
  it('refuses Bob who delegates to Gus, who is outside of the pool, and accepts Dora, who is in it [LAW 73]', async () => {
    const scenario = await f0Tested(pooled())
    await refused(scenario, bobTo(scenario, 'gus'), 'delegation.pool', { to: 'gus', role: 'appr', pool: 'deputy' })
    await scenario.given(...bobTo(scenario, 'dora'))
    await scenario.given('dora', 'approve', forBob)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('refuses the decision of Dora, who has left the pool since Bob delegated to her [LAW 73]', async () => {
    const scenario = await f0Tested(pooled())
    await scenario.given(...bobTo(scenario, 'dora'))
    await scenario.given('ada', 'revokeRole', { role: 'deputy', from: 'dora', team: '*' })
    await refused(scenario, ['dora', 'approve', forBob], 'authority.no-role', { person: 'dora', principal: 'bob' })
    await refused(scenario, ['dora', 'approve', K], 'authority.no-role', { person: 'dora' })
    expect(scenario.explain('K').whoCanUnblock).not.toContain('dora')
  })

  it('lets what Dora has approved stand when she leaves the pool afterwards [LAW 73]', async () => {
    const scenario = await f0Tested(pooled())
    await scenario.given(...bobTo(scenario, 'dora'))
    await scenario.given('dora', 'approve', forBob)
    await scenario.given('ada', 'revokeRole', { role: 'deputy', from: 'dora', team: '*' })
    expect(scenario.approvals('K')).toBe(1)
  })

  it('refuses Gus, to whom Bob delegated before the policy asked for a pool [LAW 73]', async () => {
    const scenario = await f0Tested({ people: people({ gus: [] }) })
    await scenario.given(...bobTo(scenario, 'gus'))
    const [pool] = pooled().policies
    if (pool === undefined) throw new Error('there is no policy')
    await scenario.given('ada', 'defineRole', { role: 'deputy', description: 'may be a delegate' })
    await scenario.adopt(pool)
    await scenario.given('rita', 'submit', { ...submitK, change: 'L' })
    await scenario.given('erin', 'signOff', { change: 'L', ...report })
    await refused(scenario, ['gus', 'approve', { change: 'L', for: 'bob' }], 'authority.no-role', { person: 'gus' })
  })

  it('accepts Gus for a role of Bob that asks for no pool, and lets him do nothing else [LAW 73]', async () => {
    const scenario = await f0Tested(pooled({ bob: ['appr', 'deployer'] }))
    await scenario.given(...bobTo(scenario, 'gus'))
    await refused(scenario, ['gus', 'approve', forBob], 'authority.no-role', { person: 'gus' })
    await scenario.given('carol', 'approve', K)
    await scenario.given('dan', 'approve', K)
    await scenario.given('gus', 'release', forBob)
  })

  it('refuses a delegation that names several roles, to Gus, who is outside of the pool of one of them [LAW 73]', async () => {
    const scenario = await f0Tested(pooled({ bob: ['appr', 'deployer'] }))
    await refused(scenario, bobTo(scenario, 'gus', { roles: ['deployer', 'appr'] }), 'delegation.pool', {
      to: 'gus',
      role: 'appr',
      pool: 'deputy',
    })
    await scenario.given(...bobTo(scenario, 'gus', { roles: ['deployer'] }))
  })

  it('refuses Carol, who approves herself, as the delegate of Bob while she is outside of the pool [LAW 73]', async () => {
    const scenario = await f0Tested(pooled())
    await refused(scenario, bobTo(scenario, 'carol'), 'delegation.pool', { to: 'carol' })
  })

  it('refuses an administrator as well who puts somebody in the place of Bob from outside of the pool [LAW 73]', async () => {
    const scenario = await f0Tested(pooled())
    await refused(
      scenario,
      ['ada', 'delegate', { delegation: 'd', principal: 'bob', to: 'gus', from: scenario.now, until }],
      'delegation.pool',
      { to: 'gus' },
    )
  })

  it('does not take a delegate of a deputy for a deputy [LAW 73]', async () => {
    const scenario = await f0Tested(pooled())
    await delegated(scenario, 'dora', 'gus')
    await refused(scenario, bobTo(scenario, 'gus'), 'delegation.pool', { to: 'gus' })
  })

  it('refuses Dora from the instant on at which her place in the pool ends [LAW 73]', async () => {
    const scenario = await f0Tested(pooled({ dora: [] }))
    await scenario.given('ada', 'grantRole', { role: 'deputy', to: 'dora', team: 't', until: '2026-03-03T08:00:00Z' })
    await scenario.given(...bobTo(scenario, 'dora'))
    scenario.at('2026-03-03T08:00:00.000Z')
    await refused(scenario, ['dora', 'approve', forBob], 'authority.no-role', { person: 'dora' })
  })

  it('asks everybody in a delegation that is passed on to be in the pool, at its making and at the decision [LAW 73]', async () => {
    const scenario = await f0Tested(pooled({ eve: ['deputy'] }, 2))
    await scenario.given(...bobTo(scenario, 'dora'))
    const on = { principal: 'dora', of: 'bob-to-dora', from: scenario.now, until }
    await refused(scenario, ['dora', 'delegate', { delegation: 'dora-to-gus', to: 'gus', ...on }], 'delegation.pool', {
      to: 'gus',
    })
    await scenario.given('dora', 'delegate', { delegation: 'dora-to-eve', to: 'eve', ...on })
    await scenario.given('ada', 'revokeRole', { role: 'deputy', from: 'dora', team: '*' })
    await refused(scenario, ['eve', 'approve', forBob], 'authority.no-role', { person: 'eve' })
  })

  it('refuses a delegation to Gus for any team whose policy asks for the pool, and accepts it for another [LAW 73]', async () => {
    const scenario = await f0Tested(pooled())
    await scenario.adopt({ ...fixturePolicy(), team: 'u' })
    await refused(scenario, bobTo(scenario, 'gus', { teams: ['t'], roles: ['appr'] }), 'delegation.pool', { to: 'gus' })
    await scenario.given(...bobTo(scenario, 'gus', { teams: ['u'], roles: ['appr'] }))
    await refused(scenario, ['gus', 'approve', forBob], 'authority.no-role', { person: 'gus' })
  })

  it('refuses Dora, whom Ada, who made a part of K, has let into the pool while K is open [LAW 73]', async () => {
    const makers = { content: { digest: content('r1'), makers: ['alice', 'ada'] } }
    const scenario = await f0Tested({ ...pooled({ dora: [] }), submit: makers })
    await scenario.given('ada', 'grantRole', { role: 'deputy', to: 'dora', team: '*' })
    await scenario.given(...bobTo(scenario, 'dora'))
    await refused(scenario, ['dora', 'approve', forBob], 'authority.granted-by-participant', { by: 'ada' })
    expect(scenario.explain('K').whoCanUnblock).not.toContain('dora')
    await scenario.given('otto', 'grantRole', { role: 'deputy', to: 'dora', team: '*' })
    await scenario.given('dora', 'approve', forBob)
    expect(scenario.approvals('K')).toBe(1)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('stops counting Dora when whoever let her, or the one before her, into the pool comes to make K [LAW 73]', async () => {
    for (const late of ['dora', 'eve']) {
      const scenario = await f0Tested(pooled({ dora: ['deputy'], eve: ['deputy'], [late]: [] }, 2))
      await scenario.given('ada', 'grantRole', { role: 'deputy', to: late, team: '*' })
      await scenario.given(...bobTo(scenario, 'eve'))
      const on = { principal: 'eve', of: 'bob-to-eve', from: scenario.now, until }
      await scenario.given('eve', 'delegate', { delegation: 'eve-to-dora', to: 'dora', ...on })
      await scenario.given('dora', 'approve', forBob)
      await scenario.given('carol', 'approve', K)
      expect(scenario.change('K').state).toBe('production')
      await scenario.given('rita', 'assign', { ...K, to: 'ada' })
      expect(discountOf(scenario, 'K', 'approve', 'dora')).toEqual({
        why: 'granted-by-participant',
        person: late,
        by: 'ada',
      })
      await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
      expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
    }
  })

  it('refuses to load a policy whose pool is no role that is there [LAW 73]', () => {
    const roles = { appr: { delegates: 'deputi' }, tester: 'tests', deployer: 'releases', deputy: 'stands in' }
    expect(() => fixturePolicy({ options: { roles } })).toThrow(/did you mean deputy/)
  })
})
