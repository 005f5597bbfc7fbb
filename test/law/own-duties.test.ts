import { content, f0, f0Tested, fixturePolicy, normalFlow, type Scenario, submitK } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import {
  approval,
  approvals,
  parallel,
  permit,
  release,
  role,
  type Stage,
  separate,
  task,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { delegated, discountOf, f0Approved, hour, K, people, report, robot, stageOf } from './setting.ts'

const apart = (one: string, other: string) => separate(one, other).because(`${one} and ${other} are two hands`)
const roles = {
  appr: 'approves',
  tester: 'tests',
  deployer: 'releases',
  head: 'heads the department',
  engineer: 'builds',
}
const one = approval('approve', approvals(1).from(role('appr')))
const production = release('production', { by: role('deployer') })

const rules = (flow: Stage[], ...pairs: (readonly [string, string])[]) =>
  fixturePolicy({ options: { roles, separate: pairs.map(pair => apart(...pair)) }, flow })

describe('whoever puts a change into effect, where the policy keeps that apart', () => {
  const makeAndRelease = () => fixturePolicy({ options: { separate: [apart('make', 'release')] } })

  it('refuses Dora, who releases for Alice, who made K, and Dora, who made it, for Paul [LAW 18]', async () => {
    const scenario = await f0Approved({
      policies: [makeAndRelease()],
      people: people({ alice: ['deployer'], dora: [], dirk: [] }),
      submit: { content: { digest: content('r1'), makers: ['alice', 'dirk'] } },
    })
    await delegated(scenario, 'alice', 'dora')
    await delegated(scenario, 'paul', 'dirk')
    await refused(scenario, ['dora', 'release', { ...K, for: 'alice' }], 'duty.conflict', {
      person: 'alice',
      link: 'principal',
    })
    await refused(scenario, ['dirk', 'release', { ...K, for: 'paul' }], 'duty.conflict', { person: 'dirk' })
    await scenario.given('paul', 'release', K)
  })

  it('refuses Alice, whose r1 was replaced by content of Dan alone, to put it into effect [LAW 18]', async () => {
    const scenario = await f0({ policies: [makeAndRelease()], people: people({ alice: ['deployer'] }) })
    const made = { digest: content('r2'), makers: ['dan'] }
    await scenario.given('dan', 'revise', { ...K, content: made, comment: 'from scratch' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await refused(scenario, ['alice', 'release', K], 'duty.conflict', { person: 'alice', revision: 1 })
  })

  it('takes the release of Paul in the first step for none when he becomes a maker before the second [LAW 18]', async () => {
    const [verify, approve] = normalFlow()
    const flow = [
      verify,
      approve,
      release('staging', { by: role('deployer'), environment: 'staging' }),
      release('production', { by: role('deployer'), environment: 'production' }),
    ].filter((stage): stage is Stage => stage !== undefined)
    const policy = fixturePolicy({ options: { separate: [apart('make', 'release')] }, flow })
    const scenario = await f0Approved({ policies: [policy], people: people({ pia: ['deployer'] }) })
    const [staging, live] = [
      { ...K, environment: 'staging' },
      { ...K, environment: 'production' },
    ]
    await scenario.given('paul', 'release', staging)
    expect(scenario.change('K').state).toBe('production')
    await scenario.given('rita', 'assign', { ...K, to: 'paul' })
    await refused(scenario, ['paul', 'release', staging], 'duty.conflict', { person: 'paul' })
    expect(scenario.change('K').state).toBe('staging')
    await scenario.given('pia', 'release', staging)
    await scenario.given('pia', 'release', live)
    expect(scenario.change('K').state).toBe('completed')
  })

  it('refuses Bob, who approved K, and Carol, who rejected it once, where approve and release are apart [LAW 18]', async () => {
    const policy = fixturePolicy({ options: { separate: [apart('approve', 'release')] } })
    const scenario = await f0Tested({
      policies: [policy],
      people: people({ bob: ['appr', 'deployer'], carol: ['appr', 'deployer'] }),
    })
    await scenario.given('carol', 'reject', { ...K, comment: 'not so' })
    await scenario.given('rita', 'resubmit', { ...K, comment: 'but so' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.given('dan', 'approve', K)
    for (const person of ['bob', 'carol']) {
      await refused(scenario, [person, 'release', K], 'duty.conflict', { duties: ['approve', 'release'], person })
    }
    await scenario.given('paul', 'release', K)
  })

  it('refuses Dora, whose principal approved, and Bob, for whom Dora approved, where approve and release are apart [LAW 18]', async () => {
    const policy = fixturePolicy({ options: { separate: [apart('approve', 'release')] } })
    const scenario = await f0Tested({
      policies: [policy],
      people: people({ bob: ['appr', 'deployer'], dora: ['deployer'] }),
    })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    await scenario.given('carol', 'approve', K)
    for (const person of ['bob', 'dora']) {
      await refused(scenario, [person, 'release', K], 'duty.conflict', { person })
    }
  })
})

describe('duties that a team names itself', () => {
  it('refuses Mia, who operated on K, and takes her for a maker where the policy keeps only its own duty apart [LAW 1]', async () => {
    const flow = [task('operate', { by: role('engineer'), duty: 'operate' }), one, production]
    const scenario = await f0({
      policies: [rules(flow, ['operate', 'approve'])],
      people: people({ mia: ['engineer', 'appr'] }),
    })
    await scenario.given('mia', 'complete', { ...K, stage: 'operate' })
    await refused(scenario, ['mia', 'approve', K], 'duty.conflict', { person: 'mia' })
    expect(scenario.change('K').held).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ person: 'mia', duty: 'operate' }),
        expect.objectContaining({ person: 'mia', duty: 'make' }),
      ]),
    )
  })

  it('refuses Mia, who reviewed K, where the policy keeps review and approve apart, and accepts her where it does not [LAW 1]', async () => {
    const flow = [task('look', { by: role('engineer'), duty: 'review' }), one, production]
    const staff = people({ mia: ['engineer', 'appr'] })
    const strict = await f0({ policies: [rules(flow, ['review', 'approve'])], people: staff })
    await strict.given('mia', 'complete', { ...K, stage: 'look' })
    await refused(strict, ['mia', 'approve', K], 'duty.conflict', { duties: ['review', 'approve'], person: 'mia' })
    const lax = await f0({ policies: [rules(flow)], people: staff })
    await lax.given('mia', 'complete', { ...K, stage: 'look' })
    await lax.given('mia', 'approve', K)
    expect(lax.change('K').state).toBe('production')
  })

  it('refuses the review of Alice, who made K, and of Dora in her name, where make and review are apart [LAW 1]', async () => {
    const flow = [task('look', { by: role('engineer'), duty: 'review' }), one, production]
    const scenario = await f0({
      policies: [rules(flow, ['make', 'review'])],
      people: people({ alice: ['engineer'], mia: ['engineer'], dora: [] }),
    })
    await delegated(scenario, 'alice', 'dora')
    await refused(scenario, ['alice', 'complete', { ...K, stage: 'look' }], 'duty.conflict', { person: 'alice' })
    await refused(scenario, ['dora', 'complete', { ...K, stage: 'look', for: 'alice' }], 'duty.conflict', {
      person: 'alice',
    })
    await scenario.given('mia', 'complete', { ...K, stage: 'look' })
    expect(scenario.change('K').state).toBe('approve')
  })

  it('asks for the review again when Mia, who did it, becomes a maker, where make and review are apart [LAW 2]', async () => {
    const flow = [task('look', { by: role('engineer'), duty: 'review' }), one, production]
    const scenario = await f0({
      policies: [rules(flow, ['make', 'review'])],
      people: people({ mia: ['engineer'], ida: ['engineer'] }),
    })
    await scenario.given('mia', 'complete', { ...K, stage: 'look' })
    await scenario.given('bob', 'approve', K)
    await scenario.given('rita', 'assign', { ...K, to: 'mia' })
    expect(stageOf(scenario, 'K', 'look').status).not.toBe('satisfied')
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
    await scenario.given('ida', 'complete', { ...K, stage: 'look' })
    await scenario.given('paul', 'release', K)
  })

  it('asks for the review again, and for work that is to be done, when Mia, who did both, leaves as compromised [LAW 102]', async () => {
    for (const duty of ['review', 'operate', 'make']) {
      const flow = [task('look', { by: role('engineer'), duty }), one, production]
      const scenario = await f0({ policies: [rules(flow)], people: people({ mia: ['engineer'], ida: ['engineer'] }) })
      await scenario.given('mia', 'complete', { ...K, stage: 'look' })
      await scenario.given('bob', 'approve', K)
      scenario.at(hour)
      await scenario.given('ada', 'recordDeparture', { person: 'mia', compromised: true })
      expect(discountOf(scenario, 'K', 'look', 'mia')).toEqual({ why: 'compromised', person: 'mia' })
      await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
      scenario.at(hour)
      await scenario.given('ada', 'recordReturn', { person: 'mia' })
      await scenario.given('ada', 'grantRole', { role: 'engineer', to: 'mia', team: '*' })
      await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
      await scenario.given('mia', 'complete', { ...K, stage: 'look' })
      await scenario.given('paul', 'release', K)
      expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
    }
  })

  it('asks for the review again, and not for work that was done, when whoever made Mia an engineer comes to make K [LAW 106]', async () => {
    for (const duty of ['review', 'make']) {
      const flow = [task('look', { by: role('engineer'), duty }), one, production]
      const scenario = await f0({ policies: [rules(flow)], people: people({ mia: [], ida: ['engineer'] }) })
      await scenario.given('ada', 'grantRole', { role: 'engineer', to: 'mia', team: '*' })
      await scenario.given('mia', 'complete', { ...K, stage: 'look' })
      await scenario.given('bob', 'approve', K)
      await scenario.given('rita', 'assign', { ...K, to: 'ada' })
      if (duty === 'review') {
        const why = { why: 'granted-by-participant', person: 'mia', by: 'ada' }
        expect(discountOf(scenario, 'K', 'look', 'mia')).toEqual(why)
        await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
        await scenario.given('ida', 'complete', { ...K, stage: 'look' })
      }
      await scenario.given('paul', 'release', K)
      expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
    }
  })

  it('refuses Rita, who asked for K, to make it or to put it into effect, where the policy keeps these apart [LAW 12]', async () => {
    const flow = [task('build', { by: role('engineer') }), one, production]
    const policy = rules(flow, ['request', 'release'])
    const scenario = await f0({ policies: [policy], people: people({ rita: ['deployer'], mia: ['engineer'] }) })
    await scenario.given('mia', 'complete', { ...K, stage: 'build' })
    await scenario.given('bob', 'approve', K)
    await refused(scenario, ['rita', 'release', K], 'duty.conflict', { duties: ['request', 'release'] })
    await scenario.given('paul', 'release', K)
  })

  it('refuses Rita by another account, by her robot and by another id, who asked for K and may not approve it [LAW 12]', async () => {
    const scenario = await f0Tested({ people: people({ rita: ['appr'], ritva: ['appr'] }) })
    await scenario.given('ada', 'linkAccount', { account: 'rita-adm', person: 'rita' })
    await scenario.given('ada', 'registerBot', { bot: 'rita-bot', controller: 'rita', accounts: ['rita-bot'] })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'rita-bot', team: '*' })
    await scenario.given('ada', 'recordAlias', { person: 'ritva', is: 'rita', comment: 'one file' })
    for (const account of ['rita-adm', 'rita-bot', 'ritva']) {
      await refused(scenario, [account, 'approve', K], 'duty.conflict', { duties: ['request', 'approve'] })
    }
  })

  it('does not let a permission for requesters lift what keeps testers from approving [LAW 11]', async () => {
    const options = {
      roles,
      separate: [apart('test', 'approve')],
      permit: [permit('request', 'approve').because('the owner decides')],
    }
    const scenario = await f0({
      policies: [fixturePolicy({ options })],
      people: people({ rita: ['tester', 'appr'] }),
    })
    await scenario.given('rita', 'signOff', { ...K, ...report })
    await refused(scenario, ['rita', 'approve', K], 'duty.conflict', { duties: ['test', 'approve'], person: 'rita' })
  })

  it('refuses Erin, whose sign-off went stale by an edit or said that the test failed, to approve what comes of it [LAW 11]', async () => {
    for (const failed of [false, true]) {
      const scenario: Scenario = await f0({ people: people({ erin: ['tester', 'appr'], tess: ['tester'] }) })
      await scenario.given('erin', 'signOff', { ...K, ...report, ...(failed ? { result: 'failed' as const } : {}) })
      if (scenario.change('K').state === 'returned')
        await scenario.given('rita', 'resubmit', { ...K, comment: 'again' })
      await scenario.given('alice', 'revise', {
        ...K,
        content: { digest: content('r2'), makers: ['alice'] },
        comment: 'r2',
      })
      await scenario.given('tess', 'signOff', { ...K, ...report })
      await refused(scenario, ['erin', 'approve', K], 'duty.conflict', { person: 'erin', held: 'test' })
    }
  })
})

describe('a test that two persons sign off', () => {
  const [, ...rest] = normalFlow()
  const flow = [test('verify', { by: role('tester'), signOffs: 2 }), ...rest]

  it('does not name Erin, who has signed off, nor her robot, among those who can do it for the second time [LAW 6]', async () => {
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: people({ tess: ['tester'] }) })
    await robot(scenario, 'ci-bot', { controller: 'erin', role: 'tester' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(scenario.explain('K').whoCanUnblock).toEqual(['tess'])
    await refused(scenario, ['bob', 'signOff', { ...K, ...report }], 'authority.no-role', { able: ['tess'] })
    await scenario.given('ada', 'recordDeparture', { person: 'tess' })
    expect(stageOf(scenario, 'K', 'verify').status).toBe('unsatisfiable')
  })

  it('refuses Dora, who signs off for Erin after Erin did, and Erin as the delegate of Tess [LAW 6]', async () => {
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: people({ tess: ['tester'], dora: [] }) })
    await delegated(scenario, 'erin', 'dora')
    await delegated(scenario, 'tess', 'erin')
    await scenario.given('erin', 'signOff', { ...K, ...report })
    for (const [account, principal] of [
      ['dora', 'erin'],
      ['erin', 'tess'],
    ] as const) {
      const receipt = await scenario.when(account, 'signOff', { ...K, ...report, for: principal })
      expect(receipt).toMatchObject({ outcome: 'refused' })
    }
    expect(stageOf(scenario, 'K', 'verify')).toMatchObject({ missing: { tester: 1 } })
  })
})

describe('one person in stages that are open at the same time', () => {
  const flow = [
    parallel(
      'judge',
      approval('data', approvals(1).from(role('appr'))),
      approval('money', approvals(1).from(role('head'))),
    ),
    production,
  ]

  it('counts Carol, who could fill either of two stages that are open at once, in one of them [LAW 13]', async () => {
    const scenario = await f0({ policies: [rules(flow)], people: people({ carol: ['appr', 'head'] }) })
    await scenario.given('carol', 'approve', { ...K, stage: 'money' })
    await refused(scenario, ['carol', 'approve', { ...K, stage: 'data' }], 'approval.already-given', {
      person: 'carol',
      stage: 'money',
    })
    expect(scenario.approvals('K')).toBe(1)
    expect(scenario.change('K').state).toBe('judge')
    await scenario.given('bob', 'approve', { ...K, stage: 'data' })
    expect(scenario.change('K').state).toBe('production')
  })

  it('counts Carol once who acts in one stage for herself and in the other for Hana [LAW 13]', async () => {
    const scenario = await f0({ policies: [rules(flow)], people: people({ hana: ['head'] }) })
    await delegated(scenario, 'hana', 'carol')
    await scenario.given('carol', 'approve', { ...K, stage: 'data' })
    await refused(scenario, ['carol', 'approve', { ...K, stage: 'money', for: 'hana' }], 'approval.already-given', {
      person: 'carol',
    })
    expect(stageOf(scenario, 'K', 'money').status).not.toBe('satisfied')
  })

  it('stops counting Carol in both stages that are open at once, and asks her in neither, once she made K [LAW 2]', async () => {
    const scenario = await f0({
      policies: [rules(flow)],
      people: people({ carol: ['appr', 'head'], hana: ['head'] }),
    })
    await scenario.given('carol', 'approve', { ...K, stage: 'data' })
    await scenario.given('rita', 'assign', { ...K, to: 'carol' })
    expect(scenario.approvals('K')).toBe(0)
    for (const stage of ['data', 'money']) {
      await refused(scenario, ['carol', 'approve', { ...K, stage }], 'duty.conflict', { person: 'carol' })
    }
  })
})

describe('one place in the trail for what a person did', () => {
  it('holds Alice to the making of K where her content was recorded as not hers after all [LAW 3]', async () => {
    const scenario = await f0({ people: people({ alice: ['appr'] }) })
    await scenario.given('rita', 'revise', {
      ...K,
      content: { digest: content('r1'), makers: ['dan'] },
      comment: 'it was Dan',
    })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice', revision: 1 })
  })

  it('does not hold anybody on L to what they did on K, of which L is no child [LAW 3]', async () => {
    const scenario = await f0({ people: people({ alice: ['appr'] }) })
    const made = { digest: content('r1'), makers: ['dan'] }
    await scenario.given('rita', 'submit', { ...submitK, change: 'L', content: made })
    await scenario.given('erin', 'signOff', { change: 'L', ...report })
    await scenario.given('alice', 'approve', { change: 'L' })
    expect(scenario.approvals('L')).toBe(1)
  })
})
