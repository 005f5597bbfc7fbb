import {
  baseline,
  content,
  f0,
  f0Tested,
  fixtureForm,
  fixturePolicy,
  normalFlow,
  type Scenario,
  submitK,
} from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { approval, category, policy, release, role, separate, share, test } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { delegated, f0Approved, hour, K, people, report, robot, stageOf } from './setting.ts'

const twice = test('verify', { by: role('tester'), signOffs: 2 })
const assigned = (bot: string, controller: string) => ['ada', 'assignController', { bot, controller }] as const

describe('a robot that changes hands', () => {
  it('refuses the sign-off of ci-bot once Alice, who made K, controls it [LAW 9]', async () => {
    const scenario = await f0()
    await robot(scenario, 'ci-bot', { controller: 'erin', role: 'tester' })
    await scenario.given(...assigned('ci-bot', 'alice'))
    await refused(scenario, ['ci-bot', 'signOff', { ...K, ...report }], 'duty.conflict', {
      person: 'alice',
      link: 'controller',
    })
  })

  it('tells of ci-bot, which signed off under Erin, that it has given its own already when Tom answers for it [LAW 9]', async () => {
    const scenario = await f0({
      people: people({ tom: ['tester'] }),
      policies: [fixturePolicy({ flow: [twice, ...normalFlow().slice(1)] })],
    })
    await robot(scenario, 'ci-bot', { controller: 'erin', role: 'tester' })
    await scenario.given('ci-bot', 'signOff', { ...K, ...report })
    await scenario.given(...assigned('ci-bot', 'tom'))
    await refused(scenario, ['ci-bot', 'signOff', { ...K, ...report }], 'approval.already-given', {
      person: 'ci-bot',
      principal: null,
    })
    await scenario.given('tom', 'signOff', { ...K, ...report })
  })

  it('goes on holding Bob to what his robot made after the robot was given to Paul, who has no part in it [LAW 9]', async () => {
    const scenario = await f0({ people: people({ paul: ['deployer', 'appr'] }), submit: null })
    await robot(scenario, 'build-bot', { controller: 'bob' })
    await scenario.given('rita', 'submit', { ...submitK, content: { digest: content('r1'), makers: ['build-bot'] } })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given(...assigned('build-bot', 'paul'))
    await refused(scenario, ['bob', 'approve', K], 'duty.conflict', { person: 'bob', held: 'make' })
    await scenario.given('paul', 'approve', K)
  })

  it('goes on holding Bob, who had left and is back, to what his robot made while nobody answered for it, when it is given to Paul [LAW 9]', async () => {
    const scenario = await f0({ people: people({ paul: ['deployer', 'appr'] }), submit: null })
    await robot(scenario, 'build-bot', { controller: 'bob' })
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    await scenario.given('ada', 'recordReturn', { person: 'bob' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'bob', team: '*' })
    scenario.at(hour)
    const made = { digest: content('r1'), makers: ['alice', 'build-bot'] }
    await scenario.given('rita', 'submit', { ...submitK, content: made })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['bob', 'approve', K], 'duty.conflict', { held: 'make' })
    await scenario.given(...assigned('build-bot', 'paul'))
    for (const one of ['bob', 'paul']) await refused(scenario, [one, 'approve', K], 'duty.conflict', { held: 'make' })
    await scenario.given('carol', 'approve', K)
  })

  it('holds Dan, who answers for the robot of Bob since Bob has left, to what it made meanwhile, and not to what it had made before [LAW 9]', async () => {
    const scenario = await f0({ submit: null })
    await robot(scenario, 'build-bot', { controller: 'bob' })
    const made = { digest: content('r1'), makers: ['build-bot'] }
    await scenario.given('rita', 'submit', { ...submitK, change: 'J', content: made })
    scenario.at(hour)
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    scenario.at(hour)
    await scenario.given('rita', 'submit', { ...submitK, content: made })
    scenario.at(hour)
    await scenario.given(...assigned('build-bot', 'dan'))
    for (const change of ['J', 'K']) await scenario.given('erin', 'signOff', { ...K, ...report, change })
    await scenario.given('dan', 'approve', { change: 'J' })
    await refused(scenario, ['dan', 'approve', K], 'duty.conflict', { held: 'make' })
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  const paulApproves = { people: people({ paul: ['deployer', 'appr'], zed: [] }), submit: null }
  const ofBot = { digest: content('r1'), makers: ['build-bot'] }
  const soundly = async (scenario: Scenario) =>
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })

  it('does not hold Dan to what the robot of Bob made in the very instant in which Bob left, but before it [LAW 9]', async () => {
    const scenario = await f0({ submit: null })
    await robot(scenario, 'build-bot', { controller: 'bob' })
    await scenario.given('rita', 'submit', { ...submitK, content: ofBot })
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    scenario.at(hour)
    await scenario.given(...assigned('build-bot', 'dan'))
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('dan', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await scenario.given('paul', 'release', K)
    await soundly(scenario)
  })

  it('does not hold Bob, who had left, to what his robot made in the very instant in which it was given to Zed, but after it [LAW 9]', async () => {
    const scenario = await f0(paulApproves)
    await robot(scenario, 'build-bot', { controller: 'bob' })
    scenario.at(hour)
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    scenario.at(hour)
    await scenario.given(...assigned('build-bot', 'zed'))
    await scenario.given('rita', 'submit', { ...submitK, content: ofBot })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    scenario.at(hour)
    await scenario.given('ada', 'recordReturn', { person: 'bob' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'bob', team: '*' })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await scenario.given('paul', 'release', K)
    await soundly(scenario)
  })

  it('holds Dan to what the robot made once more while nobody answered for it, and says that it was by the robot [LAW 9]', async () => {
    const scenario = await f0(paulApproves)
    await robot(scenario, 'build-bot', { controller: 'bob' })
    await scenario.given('rita', 'submit', { ...submitK, content: ofBot })
    scenario.at(hour)
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    scenario.at(hour)
    const makers = ['build-bot']
    await scenario.given('rita', 'revise', { ...K, content: { digest: content('r2'), makers }, comment: 'once more' })
    await scenario.given(...assigned('build-bot', 'dan'))
    await scenario.given('erin', 'signOff', { ...K, ...report })
    const { because } = await refused(scenario, ['dan', 'approve', K], 'duty.conflict', {
      person: 'dan',
      link: 'self',
      held: 'make',
      bot: 'build-bot',
    })
    expect(because).toContain('dan has to answer for the robot build-bot, which made content at revision 1')
    await scenario.given('carol', 'approve', K)
    await soundly(scenario)
  })

  it('does not hold Dan to what the robot of Bob had made before Bob left, who turned out to have another id since [LAW 9]', async () => {
    const scenario = await f0(paulApproves)
    await robot(scenario, 'build-bot', { controller: 'bob' })
    await scenario.given('rita', 'submit', { ...submitK, content: ofBot })
    scenario.at(hour)
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    await scenario.given('ada', 'recordAlias', { person: 'bob', is: 'zed', comment: 'found out' })
    scenario.at(hour)
    await scenario.given(...assigned('build-bot', 'dan'))
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('dan', 'approve', K)
    await soundly(scenario)
  })

  it('goes on holding Erin to the test that her robot signed off, and keeps the test, when the robot is given to Bob [LAW 9]', async () => {
    const scenario = await f0({ people: people({ erin: ['tester', 'appr'] }) })
    await robot(scenario, 'ci-bot', { controller: 'erin', role: 'tester' })
    await scenario.given('ci-bot', 'signOff', { ...K, ...report })
    await scenario.given(...assigned('ci-bot', 'bob'))
    await refused(scenario, ['erin', 'approve', K], 'duty.conflict', { person: 'erin', held: 'test' })
    await scenario.given('bob', 'approve', K)
    expect(stageOf(scenario, 'K', 'verify').status).toBe('satisfied')
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('refuses the robot that made K under its new controller Erin, too, who may sign off herself [LAW 9]', async () => {
    const scenario = await f0({ submit: null })
    await robot(scenario, 'build-bot', { controller: 'bob', role: 'tester' })
    await scenario.given('rita', 'submit', { ...submitK, content: { digest: content('r1'), makers: ['build-bot'] } })
    await scenario.given(...assigned('build-bot', 'erin'))
    await refused(scenario, ['build-bot', 'signOff', { ...K, ...report }], 'duty.conflict', { held: 'make' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
  })

  it('refuses the robot that edited K, or moved it to another category, under its new controller Erin, too [LAW 9]', async () => {
    const roles = { appr: 'approves', tester: 'tests', deployer: 'deploys' }
    const one = category({ form: fixtureForm, flow: normalFlow() })
    const both = policy('t', { complies: baseline, roles }, { normal: one, minor: one })
    for (const [type, command] of [
      ['revise', { form: { risk: 'high' }, comment: 'it is risky' }],
      ['recategorise', { category: 'minor', comment: 'it is a minor one' }],
    ] as const) {
      const scenario = await f0({ policies: [both] })
      await robot(scenario, 'build-bot', { controller: 'alice', role: 'tester' })
      await scenario.given('build-bot', type, { ...K, ...command } as never)
      await scenario.given(...assigned('build-bot', 'erin'))
      await refused(scenario, ['build-bot', 'signOff', { ...K, ...report }], 'duty.conflict', {
        person: 'build-bot',
        held: 'make',
        how: 'edited',
      })
      await scenario.given('erin', 'signOff', { ...K, ...report })
      expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
    }
  })

  it('lets a robot for which nobody answered act as soon as somebody does, as that person [LAW 9]', async () => {
    const scenario = await f0()
    await robot(scenario, 'ci-bot', { role: 'tester' })
    await refused(scenario, ['ci-bot', 'signOff', { ...K, ...report }], 'identity.no-controller', { bot: 'ci-bot' })
    await scenario.given(...assigned('ci-bot', 'erin'))
    await scenario.given('ci-bot', 'signOff', { ...K, ...report })
    expect(scenario.change('K').signOffs).toMatchObject([{ person: 'erin', chain: ['erin', 'ci-bot'] }])
  })

  it('refuses Bob, who answers since for the robot that made K together with Alice while nobody answered for it [LAW 9]', async () => {
    const scenario = await f0({ submit: null })
    await robot(scenario, 'build-bot')
    const made = { digest: content('r1'), makers: ['alice', 'build-bot'] }
    await scenario.given('rita', 'submit', { ...submitK, content: made })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given(...assigned('build-bot', 'bob'))
    await refused(scenario, ['bob', 'approve', K], 'duty.conflict', { held: 'make' })
  })

  /** K as `build-bot` made it with others, while nobody answered for that robot. */
  const madeByOrphan = async (others: string[], vary: Parameters<typeof f0>[0] = {}) => {
    const scenario = await f0({ ...vary, submit: null })
    await robot(scenario, 'build-bot')
    const made = { digest: content('r1'), makers: [...others, 'build-bot'] }
    await scenario.given('rita', 'submit', { ...submitK, content: made })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    return scenario
  }
  const sound = async (scenario: Scenario) =>
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })

  it('takes away what Bob approved who comes to answer for the robot that made K, and brings K back to whoever can approve in his place [LAW 9]', async () => {
    const scenario = await madeByOrphan(['alice'])
    for (const one of ['bob', 'carol']) await scenario.given(one, 'approve', K)
    await scenario.given(...assigned('build-bot', 'bob'))
    expect(scenario.approvals('K')).toBe(1)
    expect(scenario.explain('K')).toMatchObject({ state: 'approve', whoCanUnblock: ['dan'] })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await scenario.given('dan', 'approve', K)
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('is asked a share of those who did not come to answer for the robot that made K, and the verifier counts no others [LAW 25]', async () => {
    const flow = [
      test('verify', { by: role('tester') }),
      approval('approve', share(1, 1).of(role('appr'))),
      release('production', { by: role('deployer') }),
    ]
    const scenario = await f0({ policies: [fixturePolicy({ flow })], submit: null })
    await robot(scenario, 'build-bot')
    const made = { digest: content('r1'), makers: ['alice', 'build-bot'] }
    await scenario.given('rita', 'submit', { ...submitK, content: made })
    await scenario.given(...assigned('build-bot', 'bob'))
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(scenario.change('K').electorates).toEqual({ approve: { appr: 2 } })
    await refused(scenario, ['bob', 'approve', K], 'duty.conflict')
    await sound(scenario)
  })

  it('makes whoever comes to answer for the robot that made K one who takes part: Ada lets nobody in and arranges nobody, as she made it [LAW 106]', async () => {
    const scenario = await madeByOrphan([], { people: people({ max: [], dora: [] }) })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await scenario.given('otto', 'assignController', { bot: 'build-bot', controller: 'ada' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'max', team: '*' })
    await refused(scenario, ['max', 'approve', K], 'authority.granted-by-participant')
    const [from, until] = [scenario.now, '2026-03-05T08:00:00.000Z']
    await scenario.given('ada', 'delegate', { delegation: 'd', principal: 'bob', to: 'dora', from, until })
    await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'authority.no-role')
    for (const one of ['bob', 'carol']) await scenario.given(one, 'approve', K)
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('has made K, and nobody has, while nobody answers for the robot: explained as that, with those named who can say who made it [LAW 9]', async () => {
    const scenario = await madeByOrphan([])
    for (const one of ['bob', 'carol']) await scenario.given(one, 'approve', K)
    await refused(scenario, ['paul', 'release', K], 'make.unknown', { change: 'K' })
    const told = scenario.explain('K')
    expect(told.unmade).toBe(true)
    expect(told.waysOut.map(one => one.do)).toEqual(['revise'])
    expect(told.whoCanUnblock).not.toContain('paul')
    expect(told.whoCanUnblock).toContain('rita')
    await scenario.given(...assigned('build-bot', 'alice'))
    expect(scenario.explain('K')).toMatchObject({ waysOut: [{ do: 'release', persons: ['paul'] }] })
    expect(scenario.explain('K').unmade).toBeUndefined()
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('holds whoever answers for a robot after somebody else had come to, and left, to what it made since then alone [LAW 9]', async () => {
    const scenario = await madeByOrphan(['alice'])
    await scenario.given(...assigned('build-bot', 'bob'))
    scenario.at(1_000)
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    await scenario.given('ada', 'recordReturn', { person: 'bob' })
    scenario.at(1_000)
    await scenario.given(...assigned('build-bot', 'carol'))
    await scenario.given('carol', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
    await sound(scenario)
  })

  it('refuses a robot as its own controller, another robot as one, and somebody who has left [LAW 9]', async () => {
    const scenario = await f0()
    await robot(scenario, 'ci-bot')
    await robot(scenario, 'other-bot')
    await scenario.given('ada', 'recordDeparture', { person: 'dan' })
    await refused(
      scenario,
      ['ada', 'registerBot', { bot: 'self-bot', controller: 'self-bot', accounts: ['self-bot'] }],
      'identity.own-controller',
      { bot: 'self-bot' },
    )
    await refused(scenario, assigned('ci-bot', 'ci-bot'), 'identity.own-controller', { bot: 'ci-bot' })
    await refused(scenario, assigned('ci-bot', 'other-bot'), 'name.unknown', { name: 'other-bot' })
    await refused(scenario, assigned('ci-bot', 'dan'), 'name.unknown', { name: 'dan' })
  })

  it('does not let Ada, who may grant no role to herself, take over a robot that holds appr or tester [LAW 9]', async () => {
    const scenario = await f0()
    await robot(scenario, 'ci-bot', { controller: 'erin' })
    await scenario.given('otto', 'grantRole', { role: 'tester', to: 'ci-bot', team: '*' })
    await refused(scenario, assigned('ci-bot', 'ada'), 'duty.second-person', { person: 'ada' })
  })
})

describe('a robot beside other rules', () => {
  it('stops counting the sign-off of a robot whose controller becomes a maker [LAW 9]', async () => {
    const scenario = await f0()
    await robot(scenario, 'ci-bot', { controller: 'erin', role: 'tester' })
    await scenario.given('ci-bot', 'signOff', { ...K, ...report })
    await scenario.given('rita', 'assign', { ...K, to: 'erin' })
    expect(stageOf(scenario, 'K', 'verify')).toMatchObject({ missing: { tester: 1 } })
  })

  it('refuses the robot of Paul, to whom nobody gave a role of its own, though Paul is deployer [LAW 9]', async () => {
    const scenario = await f0Approved()
    await robot(scenario, 'paul-bot', { controller: 'paul' })
    await refused(scenario, ['paul-bot', 'release', K], 'authority.no-role', { person: 'paul-bot' })
  })

  it('refuses the release of a robot of Alice where make and release are apart, and accepts that of a robot of Paul [LAW 18]', async () => {
    const options = { separate: [separate('make', 'release').because('whoever makes does not release')] }
    const scenario = await f0Approved({ policies: [fixturePolicy({ options })] })
    await robot(scenario, 'alice-bot', { controller: 'alice', role: 'deployer' })
    await robot(scenario, 'paul-bot', { controller: 'paul', role: 'deployer' })
    await refused(scenario, ['alice-bot', 'release', K], 'duty.conflict', { person: 'alice', link: 'controller' })
    await scenario.given('paul-bot', 'release', K)
    expect(scenario.change('K').state).toBe('completed')
  })

  it('refuses the approval of a robot in the place of a vacant role, and its rejection [LAW 9]', async () => {
    const fallback = { role: 'head', when: ['vacant' as const] }
    const roles = { appr: { fallback }, tester: 'tests', deployer: 'releases', head: 'heads' }
    const scenario = await f0Tested({
      policies: [fixturePolicy({ options: { roles }, flow: normalFlow() })],
      people: people({ bob: [], carol: [], dan: [], hana: ['head'] }),
    })
    await robot(scenario, 'hana-bot', { controller: 'hana', role: 'head' })
    await refused(scenario, ['hana-bot', 'approve', K], 'identity.bot', { bot: 'hana-bot', controller: 'hana' })
    await refused(scenario, ['hana-bot', 'reject', { ...K, comment: 'no' }], 'identity.bot', { bot: 'hana-bot' })
  })

  it('does not let the delegate of Erin act for the robot of Erin, nor her robot for whoever delegated to her [LAW 9]', async () => {
    const scenario = await f0({ people: people({ erin: [], dora: [], tess: ['tester'] }) })
    await robot(scenario, 'ci-bot', { controller: 'erin', role: 'tester' })
    await delegated(scenario, 'erin', 'dora')
    await refused(scenario, ['dora', 'signOff', { ...K, ...report, for: 'erin' }], 'authority.no-role')
    await scenario.given('ada', 'revokeRole', { role: 'tester', from: 'ci-bot', team: '*' })
    await delegated(scenario, 'tess', 'erin')
    await refused(scenario, ['ci-bot', 'signOff', { ...K, ...report, for: 'tess' }], 'authority.no-role')
  })
})
