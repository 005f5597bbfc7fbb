import { f0, f0Tested, fixturePolicy, type Scenario } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { approval, release, role, share, test } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { day, delegated, hour, K, people, report } from './setting.ts'

/** From now on nobody holds both roles. */
const exclude = (scenario: Scenario, roles: string[], team = '*') =>
  scenario.given('ada', 'excludeRoles', { roles, team, because: 'whoever tests approves nothing' })

const letIn = (scenario: Scenario, to: string, role: string) =>
  scenario.given('ada', 'updateDirectory', {
    source: 'personnel',
    differences: [{ type: 'grantRole', role, to, team: '*' }],
  })

describe('roles that exclude each other, on a change', () => {
  it('lets Frank, who holds two such roles by the directory, act in neither of them on K, and in the other once one is revoked [LAW 16]', async () => {
    const scenario = await f0({ people: people({ frank: ['tester'] }) })
    await exclude(scenario, ['appr', 'tester'])
    await letIn(scenario, 'frank', 'appr')
    await refused(scenario, ['frank', 'signOff', { ...K, ...report }], 'authority.no-role', { person: 'frank' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['frank', 'approve', K], 'authority.no-role', { person: 'frank' })
    expect(scenario.explain('K').whoCanUnblock).toEqual(['bob', 'carol', 'dan'])
    await scenario.given('ada', 'revokeRole', { role: 'tester', from: 'frank', team: '*' })
    await scenario.given('frank', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('names Frank and both his roles when such roles are declared that he holds already, and suspends both [LAW 16]', async () => {
    const scenario = await f0Tested({ people: people({ frank: ['appr', 'tester'] }) })
    await exclude(scenario, ['appr', 'tester'])
    await refused(scenario, ['frank', 'approve', K], 'authority.no-role', { person: 'frank' })
  })

  it('does not let Erin, tester, approve as the delegate of Bob, nor Bob as hers sign off the test [LAW 16]', async () => {
    const scenario = await f0()
    await exclude(scenario, ['appr', 'tester'])
    await delegated(scenario, 'erin', 'bob')
    await refused(scenario, ['bob', 'signOff', { ...K, ...report, for: 'erin' }], 'authority.no-role', {
      person: 'bob',
    })
    await scenario.given('ada', 'revokeDelegation', { delegation: 'erin-to-bob' })
    await scenario.given('ada', 'grantRole', { role: 'tester', to: 'paul', team: '*' })
    await delegated(scenario, 'bob', 'erin')
    await scenario.given('paul', 'signOff', { ...K, ...report })
    await refused(scenario, ['erin', 'approve', { ...K, for: 'bob' }], 'authority.no-role', { person: 'erin' })
  })

  it('does not let Hana, tester, stand in for the vacant role that excludes hers [LAW 16]', async () => {
    const fallback = { role: 'head', when: ['vacant' as const] }
    const roles = { appr: { fallback }, tester: 'tests', deployer: 'releases', head: 'heads' }
    const scenario = await f0Tested({
      policies: [fixturePolicy({ options: { roles } })],
      people: people({ bob: [], carol: [], dan: [], hana: ['head', 'tester'], ines: ['head'] }),
    })
    await exclude(scenario, ['appr', 'tester'])
    await refused(scenario, ['hana', 'approve', K], 'authority.no-role', { person: 'hana' })
    expect(scenario.explain('K').whoCanUnblock).toEqual(['ines'])
    await scenario.given('ines', 'approve', K)
  })

  it('refuses the grant that would put both roles into one hand, by the senior role as well, and takes them one after the other [LAW 16]', async () => {
    const scenario = await f0()
    await exclude(scenario, ['appr', 'tester'])
    await scenario.given('ada', 'defineRole', { role: 'chief', description: 'chief', inherits: ['appr'] })
    await refused(scenario, ['ada', 'grantRole', { role: 'tester', to: 'bob', team: '*' }], 'role.exclusive', {
      person: 'bob',
    })
    await refused(scenario, ['ada', 'grantRole', { role: 'chief', to: 'erin', team: 't' }], 'role.exclusive', {
      person: 'erin',
    })
    const until = new Date(Date.parse(scenario.now) + day).toISOString()
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'rita', team: 't', until })
    await scenario.given('ada', 'grantRole', { role: 'tester', to: 'rita', team: 't', from: until })
  })

  it('suspends both roles of Erin and Erik, tester and appr, who turn out to be one [LAW 16]', async () => {
    const scenario = await f0({ people: people({ erik: ['appr'], tess: ['tester'] }) })
    await exclude(scenario, ['appr', 'tester'])
    await scenario.given('ada', 'recordAlias', { person: 'erik', is: 'erin', comment: 'one passport' })
    await refused(scenario, ['erin', 'signOff', { ...K, ...report }], 'authority.no-role', { person: 'erin' })
    await scenario.given('tess', 'signOff', { ...K, ...report })
    await refused(scenario, ['erik', 'approve', K], 'authority.no-role', { person: 'erin' })
  })

  it('does not count Frank, whose roles are suspended, among those of whom a share is asked [LAW 16]', async () => {
    const flow = [
      test('verify', { by: role('tester') }),
      approval('approve', share(1, 2).of(role('appr'))),
      release('production', { by: role('deployer') }),
    ]
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: people({ frank: ['appr', 'tester'] }) })
    await exclude(scenario, ['appr', 'tester'])
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(scenario.change('K').electorates.approve).toEqual({ appr: 3 })
  })

  it('lets stand what Frank approved before the directory gave him the other role [LAW 16]', async () => {
    const scenario = await f0Tested({ people: people({ frank: ['appr'] }) })
    await exclude(scenario, ['appr', 'tester'])
    await scenario.given('frank', 'approve', K)
    scenario.at(hour)
    await letIn(scenario, 'frank', 'tester')
    expect(scenario.approvals('K')).toBe(1)
  })

  it('leaves Frank both roles in another team than the one for which they exclude each other [LAW 16]', async () => {
    const scenario = await f0Tested({ people: people({ frank: ['appr', 'tester'] }) })
    await exclude(scenario, ['appr', 'tester'], 'u')
    await scenario.given('frank', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })
})
