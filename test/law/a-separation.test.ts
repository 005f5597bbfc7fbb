import { content, f0, f0Tested, fixturePolicy, normalFlow, type Scenario, submitK } from '@countersign/testing'
import { bodiesOf, fileOf, linesOf, reseal } from '@countersign/testing/tamper'
import { all, approval, approvals, controls, permit, release, role, separate, test } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { delegated, discountOf, f0Approved, K, people, report, robot, stageOf } from './setting.ts'
import { eventsOf, lastEntry } from './trail.ts'

const sound = async (scenario: Scenario) =>
  expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })

describe('whoever made a change does not approve it', () => {
  it('refuses the approval of Alice, who made the content and also holds appr, and names the pair [LAW 1]', async () => {
    const scenario = await f0Tested({ people: people({ alice: ['appr'] }) })
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', {
      duties: ['make', 'approve'],
      person: 'alice',
      link: 'self',
      held: 'make',
      how: 'made content',
      revision: 1,
      clause: 'CM-1',
    })
    expect(scenario.approvals('K')).toBe(0)
    expect(scenario.isApprovable('K')).toBe(false)
  })

  it('refuses Alice again after two others have approved with her among the makers of several [LAW 1]', async () => {
    const scenario = await f0Tested({
      people: people({ alice: ['appr'], mia: ['appr'] }),
      submit: { content: { digest: content('r1'), makers: ['mia', 'alice'] } },
    })
    await scenario.given('bob', 'approve', K)
    for (const maker of ['alice', 'mia']) {
      await refused(scenario, [maker, 'approve', K], 'duty.conflict', { person: maker, held: 'make' })
    }
    expect(scenario.approvals('K')).toBe(1)
  })

  it('refuses the rejection of Alice too, as a decision about what she made is a decision [LAW 1]', async () => {
    const scenario = await f0Tested({ people: people({ alice: ['appr'] }) })
    await refused(scenario, ['alice', 'reject', { ...K, comment: 'not now' }], 'duty.conflict', { person: 'alice' })
  })

  it('holds the pair where neither the controls nor the policy say a word about it [LAW 1]', async () => {
    const silent = controls('silent', {})
    const policy = fixturePolicy({ options: { complies: silent, separate: [] } })
    const scenario = await f0Tested({ controls: silent, policies: [policy], people: people({ alice: ['appr'] }) })
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { duties: ['make', 'approve'], person: 'alice' })
  })

  it('stops counting Bob when he is recorded as a maker of what he approved, digest unchanged [LAW 2]', async () => {
    const scenario = await f0Approved()
    expect(scenario.isApprovable('K')).toBe(true)
    await scenario.given('alice', 'revise', {
      ...K,
      content: { digest: content('r1'), makers: ['bob'] },
      comment: 'Bob helped',
    })
    expect(scenario.approvals('K')).toBe(1)
    expect(scenario.isApprovable('K')).toBe(false)
    expect(scenario.change('K').state).toBe('approve')
    expect(discountOf(scenario, 'K', 'approve', 'bob')).toEqual({ why: 'conflict', person: 'bob', duty: 'make' })
    await refused(scenario, ['bob', 'approve', K], 'duty.conflict', { person: 'bob', how: 'made content' })
  })

  it('stops counting Bob when he is added as implementer of what he approved [LAW 2]', async () => {
    const scenario = await f0Approved()
    await scenario.given('rita', 'assign', { ...K, to: 'bob' })
    expect(scenario.approvals('K')).toBe(1)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', { state: 'approve' })
  })

  it('stops counting Bob when he makes r2, though the policy keeps approvals across edits of the content [LAW 2]', async () => {
    const keeping = controls('keeping', {
      'CM-1': separate('make', 'approve').because('nobody approves what they made'),
    })
    const policies = [fixturePolicy({ options: { complies: keeping }, material: ['system', 'risk'] })]
    const scenario = await f0Approved({ controls: keeping, policies })
    await scenario.given('bob', 'revise', {
      ...K,
      content: { digest: content('r2'), makers: ['bob'] },
      comment: 'a slip',
    })
    expect(scenario.approvals('K')).toBe(1)
    expect(discountOf(scenario, 'K', 'approve', 'bob')).toMatchObject({ why: 'conflict', duty: 'make' })
    expect(discountOf(scenario, 'K', 'approve', 'carol')).toBeUndefined()
  })

  it('stops counting what Dora approved for Bob when Bob becomes a maker [LAW 2]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [] }) })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    await scenario.given('carol', 'approve', K)
    await scenario.given('rita', 'assign', { ...K, to: 'bob' })
    expect(scenario.approvals('K')).toBe(1)
    expect(discountOf(scenario, 'K', 'approve', 'dora')).toEqual({ why: 'conflict', person: 'bob', duty: 'make' })
  })

  it('stops counting Bob when the robot that he controls becomes a maker [LAW 2]', async () => {
    const scenario = await f0Approved()
    await robot(scenario, 'bob-bot', { controller: 'bob' })
    await scenario.given('alice', 'revise', {
      ...K,
      content: { digest: content('r1'), makers: ['bob-bot'] },
      comment: 'generated',
    })
    expect(scenario.approvals('K')).toBe(1)
  })

  it('refuses Alice, who made r1, after K was handed over to Dan without further work of hers [LAW 3]', async () => {
    const scenario = await f0Tested({ people: people({ alice: ['appr'] }) })
    await scenario.given('alice', 'assign', { ...K, to: 'dan' })
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', {
      person: 'alice',
      how: 'made content',
      revision: 1,
    })
    await refused(scenario, ['dan', 'approve', K], 'duty.conflict', { person: 'dan', how: 'was assigned' })
  })

  it('refuses Alice after her content was replaced by content of Dan alone [LAW 3]', async () => {
    const scenario = await f0({ people: people({ alice: ['appr'] }) })
    await scenario.given('dan', 'revise', {
      ...K,
      content: { digest: content('r2'), makers: ['dan'] },
      comment: 'from scratch',
    })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice', revision: 1 })
  })

  it('refuses Alice, to whom K was assigned for a while, though she never made any content [LAW 3]', async () => {
    const { content: _, ...noContent } = submitK
    const scenario = await f0({ people: people({ alice: ['appr'] }), submit: null })
    await scenario.given('rita', 'submit', noContent)
    await scenario.given('rita', 'assign', { ...K, to: 'alice' })
    await scenario.given('alice', 'assign', { ...K, to: 'dan' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice', how: 'was assigned' })
  })
})

describe('a person is one person, whatever the account', () => {
  it('refuses alice-adm as a conflict of the person Alice [LAW 5]', async () => {
    const scenario = await f0Tested({ people: people({ alice: ['appr'] }) })
    await scenario.given('ada', 'linkAccount', { account: 'alice-adm', person: 'alice' })
    await refused(scenario, ['alice-adm', 'approve', K], 'duty.conflict', {
      person: 'alice',
      link: 'self',
      held: 'make',
    })
    expect(await lastEntry(scenario)).toMatchObject({ by: { account: 'alice-adm', person: 'alice' } })
  })

  it('refuses Alice by her own account where the content was made by alice-adm [LAW 5]', async () => {
    const scenario = await f0({ people: people({ alice: ['appr'] }), submit: null })
    await scenario.given('ada', 'linkAccount', { account: 'alice-adm', person: 'alice' })
    await scenario.given('rita', 'submit', { ...submitK, content: { digest: content('r1'), makers: ['alice-adm'] } })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice', held: 'make' })
  })

  it('refuses a delegate of Alice who acts by a second account [LAW 5]', async () => {
    const scenario = await f0Tested({ people: people({ alice: ['appr'], dora: [] }) })
    await scenario.given('ada', 'linkAccount', { account: 'dora-adm', person: 'dora' })
    await delegated(scenario, 'alice', 'dora')
    await refused(scenario, ['dora-adm', 'approve', { ...K, for: 'alice' }], 'duty.conflict', {
      person: 'alice',
      link: 'principal',
    })
  })

  it('does not let a robot whose login spells the name of Carol withdraw what Carol approved [LAW 5]', async () => {
    const { carol: _, ...others } = people({})
    const scenario = await f0Tested({ people: others })
    await scenario.given('ada', 'registerPerson', { person: 'carol', name: 'Carol', accounts: ['carol-login'] })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'carol', team: '*' })
    await scenario.given('ada', 'registerBot', { bot: 'ghost', accounts: ['carol'] })
    await scenario.given('carol-login', 'approve', K)
    const receipt = await scenario.when('carol', 'withdraw', { ...K, comment: 'never mind' })
    expect(receipt.outcome).toBe('refused')
    expect(scenario.approvals('K')).toBe(1)
  })

  it('counts bob and bob-adm, who both are Bob, as one of two [LAW 6]', async () => {
    const scenario = await f0Tested()
    await scenario.given('ada', 'linkAccount', { account: 'bob-adm', person: 'bob' })
    await scenario.given('bob', 'approve', K)
    await refused(scenario, ['bob-adm', 'approve', K], 'approval.already-given', {
      person: 'bob',
      stage: 'approve',
      by: 'bob',
    })
    expect(scenario.approvals('K')).toBe(1)
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'pending', missing: { appr: 1 } })
  })

  it('counts bob and bob-adm as one of two when both approve at once [LAW 6]', async () => {
    const scenario = await f0Tested()
    await scenario.given('ada', 'linkAccount', { account: 'bob-adm', person: 'bob' })
    const receipts = await Promise.all(['bob', 'bob-adm'].map(account => scenario.when(account, 'approve', K)))
    expect(receipts.map(one => one.outcome).toSorted()).toEqual(['accepted', 'refused'])
    expect(scenario.approvals('K')).toBe(1)
  })

  it('counts Bob by his own hand and by the hand of his delegate as one of two [LAW 6]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [] }) })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    await refused(scenario, ['bob', 'approve', K], 'approval.already-given', { person: 'bob', by: 'dora' })
    expect(scenario.approvals('K')).toBe(1)
  })

  it('counts two sign-offs by two accounts of Erin as one of two [LAW 6]', async () => {
    const [, ...rest] = normalFlow()
    const flow = [test('verify', { by: role('tester'), signOffs: 2 }), ...rest]
    const scenario = await f0Tested({ policies: [fixturePolicy({ flow })] })
    await scenario.given('ada', 'linkAccount', { account: 'erin-adm', person: 'erin' })
    await refused(scenario, ['erin-adm', 'signOff', { ...K, ...report }], 'approval.already-given', { person: 'erin' })
    expect(stageOf(scenario, 'K', 'verify')).toMatchObject({ missing: { tester: 1 } })
  })
})

describe('a robot is no second person', () => {
  it('refuses deploy-bot, which Alice controls and which was given appr, as Alice [LAW 9]', async () => {
    const scenario = await f0Tested()
    await robot(scenario, 'deploy-bot', { controller: 'alice', role: 'appr' })
    await refused(scenario, ['deploy-bot', 'approve', K], 'duty.conflict', {
      person: 'alice',
      link: 'controller',
      held: 'make',
    })
    expect(await lastEntry(scenario)).toMatchObject({ by: { bot: 'deploy-bot', person: 'alice' } })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('refuses a robot with appr for which nobody answers [LAW 9]', async () => {
    const scenario = await f0Tested()
    await robot(scenario, 'stray-bot', { role: 'appr' })
    await refused(scenario, ['stray-bot', 'approve', K], 'identity.no-controller', { bot: 'stray-bot' })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('refuses the approval of a robot even where a person without part in K controls it [LAW 9]', async () => {
    const scenario = await f0Tested()
    await robot(scenario, 'bob-bot', { controller: 'bob', role: 'appr' })
    await refused(scenario, ['bob-bot', 'approve', K], 'identity.bot', { bot: 'bob-bot', controller: 'bob' })
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('refuses the robot of a delegate of Bob, as no delegation is made out to a robot [LAW 9]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [] }) })
    await robot(scenario, 'dora-bot', { controller: 'dora' })
    await delegated(scenario, 'bob', 'dora')
    await refused(scenario, ['dora-bot', 'approve', { ...K, for: 'bob' }], 'authority.no-role')
    expect(scenario.approvals('K')).toBe(0)
  })

  it('refuses the sign-off of a robot with tester whose controller made the content [LAW 9]', async () => {
    const scenario = await f0()
    await robot(scenario, 'ci-bot', { controller: 'alice', role: 'tester' })
    await refused(scenario, ['ci-bot', 'signOff', { ...K, ...report }], 'duty.conflict', {
      person: 'alice',
      duties: ['make', 'test'],
    })
  })

  it('refuses the sign-off and the release of a robot for which nobody answers [LAW 9]', async () => {
    const scenario = await f0()
    await robot(scenario, 'stray-tester', { role: 'tester' })
    await robot(scenario, 'stray-deployer', { role: 'deployer' })
    await refused(scenario, ['stray-tester', 'signOff', { ...K, ...report }], 'identity.no-controller', {
      bot: 'stray-tester',
    })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await refused(scenario, ['stray-deployer', 'release', K], 'identity.no-controller', { bot: 'stray-deployer' })
  })

  it('takes two robots of one controller for one tester [LAW 9]', async () => {
    const [, ...rest] = normalFlow()
    const flow = [test('verify', { by: role('tester'), signOffs: 2 }), ...rest]
    const scenario = await f0({ policies: [fixturePolicy({ flow })] })
    await robot(scenario, 'ci-one', { controller: 'erin', role: 'tester' })
    await robot(scenario, 'ci-two', { controller: 'erin', role: 'tester' })
    await scenario.given('ci-one', 'signOff', { ...K, ...report })
    await refused(scenario, ['ci-two', 'signOff', { ...K, ...report }], 'approval.already-given', { person: 'erin' })
    await refused(scenario, ['erin', 'signOff', { ...K, ...report }], 'approval.already-given', { person: 'erin' })
  })

  it('names the robot as the one who acted, not as one acted for, where the robot itself made the content [LAW 9]', async () => {
    const scenario = await f0({ submit: null })
    await robot(scenario, 'build-bot', { controller: 'paul', role: 'appr' })
    await scenario.given('rita', 'submit', { ...submitK, content: { digest: content('r1'), makers: ['build-bot'] } })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    const { because } = await refused(scenario, ['build-bot', 'approve', K], 'duty.conflict', {
      held: 'make',
      link: 'self',
    })
    expect(because).not.toContain('the one acted for')
  })

  it('refuses the controller of the robot that made the content [LAW 9]', async () => {
    const scenario = await f0({ submit: null })
    await robot(scenario, 'build-bot', { controller: 'bob' })
    await scenario.given('rita', 'submit', { ...submitK, content: { digest: content('r1'), makers: ['build-bot'] } })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['bob', 'approve', K], 'duty.conflict', { person: 'bob', how: 'made content' })
  })

  it('does not release content whose only maker is a robot for which nobody answers [LAW 9]', async () => {
    const scenario = await f0({ submit: null })
    await robot(scenario, 'stray-bot')
    await scenario.given('rita', 'submit', { ...submitK, content: { digest: content('r1'), makers: ['stray-bot'] } })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await refused(scenario, ['paul', 'release', K], 'make.unknown', { change: 'K' })
  })
})

describe('making, testing, asking and approving are different duties', () => {
  it('refuses the sign-off of Alice, who also holds tester, of what she made [LAW 10]', async () => {
    const scenario = await f0({ people: people({ alice: ['tester'] }) })
    await refused(scenario, ['alice', 'signOff', { ...K, ...report }], 'duty.conflict', {
      duties: ['make', 'test'],
      person: 'alice',
      link: 'self',
      held: 'make',
      clause: 'CM-2',
    })
    expect(stageOf(scenario, 'K', 'verify')).toMatchObject({ missing: { tester: 1 }, acts: [] })
  })

  it('refuses the sign-off that Dora gives for Alice, who holds tester and made the content [LAW 10]', async () => {
    const scenario = await f0({ people: people({ alice: ['tester'], dora: [] }) })
    await delegated(scenario, 'alice', 'dora')
    await refused(scenario, ['dora', 'signOff', { ...K, ...report, for: 'alice' }], 'duty.conflict', {
      person: 'alice',
      link: 'principal',
    })
  })

  it('stops counting the sign-off of Erin when she becomes a maker, and asks for the test again [LAW 10]', async () => {
    const scenario = await f0Approved()
    await scenario.given('rita', 'assign', { ...K, to: 'erin' })
    expect(scenario.change('K').state).toBe('verify')
    expect(discountOf(scenario, 'K', 'verify', 'erin')).toEqual({ why: 'conflict', person: 'erin', duty: 'make' })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', { state: 'verify' })
  })

  it('refuses a failed sign-off of Alice of what she made, which would send the change back [LAW 10]', async () => {
    const scenario = await f0({ people: people({ alice: ['tester'] }) })
    await refused(
      scenario,
      ['alice', 'signOff', { ...K, result: 'failed', evidence: [{ name: 'r' }] }],
      'duty.conflict',
      { person: 'alice' },
    )
  })

  it('refuses Erin, who signed off the test and also holds appr, under a policy that keeps test and approve apart [LAW 11]', async () => {
    const scenario = await f0Tested({ people: people({ erin: ['tester', 'appr'] }) })
    await refused(scenario, ['erin', 'approve', K], 'duty.conflict', {
      duties: ['test', 'approve'],
      person: 'erin',
      held: 'test',
      how: 'tested',
      because: 'whoever tests does not approve',
    })
  })

  it('accepts Erin, who signed off the test, under a policy that leaves the pair out [LAW 11]', async () => {
    const policy = fixturePolicy({ options: { separate: [] } })
    const scenario = await f0Tested({ policies: [policy], people: people({ erin: ['tester', 'appr'] }) })
    await scenario.given('erin', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('refuses the test of Bob, who approved before the test, under the same pair [LAW 11]', async () => {
    const [verify, approve, production] = normalFlow()
    const flow = [approve, verify, production].filter(stage => stage !== undefined)
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: people({ bob: ['appr', 'tester'] }) })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await refused(scenario, ['bob', 'signOff', { ...K, ...report }], 'duty.conflict', {
      person: 'bob',
      held: 'approve',
    })
  })

  it('refuses Dora, whose principal signed off the test [LAW 11]', async () => {
    const scenario = await f0Tested({ people: people({ erin: ['tester', 'appr'], dora: [] }) })
    await delegated(scenario, 'erin', 'dora')
    await refused(scenario, ['dora', 'approve', { ...K, for: 'erin' }], 'duty.conflict', {
      person: 'erin',
      link: 'principal',
    })
  })

  it('refuses Rita, who asked for K and holds appr, where the policy says nothing of it [LAW 12]', async () => {
    const scenario = await f0Tested({ people: people({ rita: ['appr'] }) })
    await refused(scenario, ['rita', 'approve', K], 'duty.conflict', {
      duties: ['request', 'approve'],
      person: 'rita',
      how: 'requested',
    })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('accepts Rita, who asked for K, where the policy permits it in so many words [LAW 12]', async () => {
    const options = { permit: [permit('request', 'approve').because('the owner of the product decides')] }
    const scenario = await f0Tested({ policies: [fixturePolicy({ options })], people: people({ rita: ['appr'] }) })
    await scenario.given('rita', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('refuses Rita, who asked for K and made it too, though the policy permits that requesters approve [LAW 12]', async () => {
    const options = { permit: [permit('request', 'approve').because('the owner of the product decides')] }
    const scenario = await f0Tested({
      policies: [fixturePolicy({ options })],
      people: people({ rita: ['appr'] }),
      submit: { content: { digest: content('r1'), makers: ['rita'] } },
    })
    await refused(scenario, ['rita', 'approve', K], 'duty.conflict', { duties: ['make', 'approve'], person: 'rita' })
  })

  const ordered = { separate: [separate('request', 'make').because('nobody orders what they make')] }
  const byRita = { content: { digest: content('r1'), makers: ['rita'] } }

  it('refuses to put K into effect, which Rita has asked for and made, where the policy keeps that apart, and the verifier finds who does [LAW 12]', async () => {
    const lax = await f0Approved({ submit: byRita })
    await lax.given('paul', 'release', K)
    const scenario = await f0Approved({ policies: [fixturePolicy({ options: ordered })], submit: byRita })
    const release = scenario.explain('K').stages.at(-1)
    expect(release).toMatchObject({ status: 'unsatisfiable', eligible: [{ person: 'paul' }] })
    expect(release?.eligible[0]?.excluded).toEqual({ why: 'own-request', person: 'rita', duties: ['request', 'make'] })
    expect(scenario.explain('K').waysOut).toEqual([])
    const pair = { duties: ['request', 'make'], person: 'rita', link: 'requester', held: 'make' }
    const receipt = await refused(scenario, ['paul', 'release', K], 'duty.conflict', { ...pair, able: [] })
    expect(receipt.because).toBe('nobody orders what they make: rita made content at revision 1, and has asked for it')
    await sound(scenario)
    const options = { options: ordered }
    const honest = await f0Approved({ policies: [fixturePolicy(options)] })
    await honest.given('paul', 'release', K)
    await sound(honest)
    const forged = bodiesOf(await linesOf(honest.store)).map(body =>
      JSON.parse(JSON.stringify(body).replaceAll('"makers":["alice"]', '"makers":["rita"]')),
    )
    expect(Object.keys(verifyTrail([fileOf(reseal(forged))]).codes)).toContain('duty.violated')
  })

  it('refuses to put K into effect once Rita turns out to be Alice, who made it, or has been given the work, where the policy keeps that apart [LAW 12]', async () => {
    for (const learn of [
      (scenario: Scenario) =>
        scenario.given('ada', 'recordAlias', { person: 'alice', is: 'rita', comment: 'one passport' }),
      (scenario: Scenario) => scenario.given('rita', 'assign', { ...K, to: 'rita' }),
    ]) {
      const scenario = await f0Approved({ policies: [fixturePolicy({ options: ordered })] })
      await learn(scenario)
      await refused(scenario, ['paul', 'release', K], 'duty.conflict', { duties: ['request', 'make'] })
      await sound(scenario)
    }
  })

  it('refuses Dora for Rita, who asked for K [LAW 12]', async () => {
    const scenario = await f0Tested({ people: people({ rita: ['appr'], dora: [] }) })
    await delegated(scenario, 'rita', 'dora')
    await refused(scenario, ['dora', 'approve', { ...K, for: 'rita' }], 'duty.conflict', {
      person: 'rita',
      link: 'principal',
    })
  })

  it('refuses the release of Alice under a policy that keeps make and release apart, and accepts Paul, who had no part [LAW 18]', async () => {
    const options = { separate: [separate('make', 'release').because('whoever makes does not release')] }
    const scenario = await f0Approved({
      policies: [fixturePolicy({ options })],
      people: people({ alice: ['deployer'] }),
    })
    await refused(scenario, ['alice', 'release', K], 'duty.conflict', { duties: ['make', 'release'], person: 'alice' })
    await scenario.given('paul', 'release', K)
    expect(scenario.change('K').state).toBe('completed')
  })
})

describe('one person fills one place', () => {
  const twoRoles = () =>
    fixturePolicy({
      options: { roles: { dba: 'keeps the data', owner: 'owns it', tester: 'tests', deployer: 'releases' } },
      flow: [
        test('verify', { by: role('tester') }),
        approval('approve', all(approvals(1).from(role('dba')), approvals(1).from(role('owner')))),
        release('production', { by: role('deployer') }),
      ],
    })
  const f0TwoRoles = () =>
    f0Tested({ policies: [twoRoles()], people: people({ bob: ['dba'], carol: ['dba', 'owner'], dan: ['owner'] }) })

  it('satisfies exactly one of two required roles by Carol, who holds both, and refuses her for the other [LAW 13]', async () => {
    const scenario = await f0TwoRoles()
    await scenario.given('carol', 'approve', { ...K, as: 'dba' })
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'pending', missing: { owner: 1 } })
    await refused(scenario, ['carol', 'approve', { ...K, as: 'owner' }], 'approval.already-given', {
      person: 'carol',
      by: 'carol',
    })
    expect(scenario.approvals('K')).toBe(1)
    expect(scenario.isApprovable('K')).toBe(false)
    await scenario.given('dan', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('does not count Carol again in a second stage that asks for another of her roles [LAW 13]', async () => {
    const policy = fixturePolicy({
      options: { roles: { dba: 'keeps the data', owner: 'owns it', tester: 'tests', deployer: 'releases' } },
      flow: [
        approval('data', approvals(1).from(role('dba'))),
        approval('business', approvals(1).from(role('owner'))),
        release('production', { by: role('deployer') }),
      ],
    })
    const scenario = await f0({ policies: [policy], people: people({ carol: ['dba', 'owner'], dan: ['owner'] }) })
    await scenario.given('carol', 'approve', K)
    expect(scenario.change('K').state).toBe('business')
    await refused(scenario, ['carol', 'approve', K], 'approval.already-given', { person: 'carol', stage: 'data' })
    expect(scenario.change('K').state).toBe('business')
  })

  it('does not let Carol take one role herself and the other for Dan [LAW 13]', async () => {
    const scenario = await f0TwoRoles()
    await delegated(scenario, 'dan', 'carol')
    await scenario.given('carol', 'approve', { ...K, as: 'dba' })
    await refused(scenario, ['carol', 'approve', { ...K, as: 'owner', for: 'dan' }], 'approval.already-given', {
      person: 'carol',
    })
    expect(scenario.approvals('K')).toBe(1)
  })

  const takesBothRoles = async (order: readonly string[]) => {
    const scenario = await f0TwoRoles()
    for (const person of order) await scenario.given(person, 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
    const { acts, requirement } = stageOf(scenario, 'K', 'approve')
    expect(Object.fromEntries(acts.map(act => [act.person, act.countsFor]))).toEqual({ carol: 'owner', bob: 'dba' })
    expect(requirement).toMatchObject({
      all: [
        { role: 'dba', has: 1, persons: ['bob'] },
        { role: 'owner', has: 1, persons: ['carol'] },
      ],
    })
  }

  it('is satisfied by Carol and then Bob, as only Carol can be owner, and the explanation says who took which role [LAW 14]', () =>
    takesBothRoles(['carol', 'bob']))

  it('is satisfied by Bob and then Carol, as only Carol can be owner, and the explanation says who took which role [LAW 14]', () =>
    takesBothRoles(['bob', 'carol']))

  it('finds the assignment through three roles, whatever the order of the approvals [LAW 14]', async () => {
    const policy = fixturePolicy({
      options: { roles: { x: 'x', y: 'y', z: 'z', deployer: 'releases', tester: 'tests' } },
      flow: [
        approval(
          'approve',
          all(approvals(1).from(role('x')), approvals(1).from(role('y')), approvals(1).from(role('z'))),
        ),
        release('production', { by: role('deployer') }),
      ],
    })
    const orders = ['bob carol dan', 'dan carol bob', 'carol bob dan', 'carol dan bob'].map(order => order.split(' '))
    for (const order of orders) {
      const scenario = await f0({
        policies: [policy],
        people: people({ bob: ['x'], carol: ['x', 'y'], dan: ['y', 'z'] }),
      })
      for (const person of order) await scenario.given(person, 'approve', K)
      const { acts } = stageOf(scenario, 'K', 'approve')
      expect(Object.fromEntries(acts.map(act => [act.person, act.countsFor]))).toEqual({
        bob: 'x',
        carol: 'y',
        dan: 'z',
      })
    }
  })

  it('does not satisfy two roles by two persons who both hold only one of them [LAW 14]', async () => {
    const scenario = await f0Tested({
      policies: [twoRoles()],
      people: people({ bob: ['dba'], carol: ['dba'], dan: ['owner'] }),
    })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(false)
    expect(stageOf(scenario, 'K', 'approve').missing).toEqual({ owner: 1 })
    expect((await eventsOf(scenario)).filter(event => event.type === 'approval.granted')).toHaveLength(2)
  })
})
