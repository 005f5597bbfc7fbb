import { baseline, content, f0, fixtureForm, fixturePolicy, type Scenario, submitK } from '@countersign/testing'
import { describeHindrance } from 'countersign'
import {
  any,
  approval,
  approvals,
  category,
  all as every,
  policy,
  release,
  role,
  type Stage,
  test,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import { day, delegated, hour, K, people, report, robot, stageOf } from '../law/setting.ts'
import { eventsOf } from '../law/trail.ts'

const tried = async (scenario: Scenario, account: string, type: string, command: object = {}) => {
  const receipt = await scenario.when(account, type as 'release', { ...K, ...command })
  return receipt.outcome === 'refused' ? receipt.refusal : receipt.outcome
}
const go = release('go', { by: role('deployer') })
const agree = approval('agree', approvals(2).from(role('appr')))
const opened = (vary: { flow?: Stage[]; options?: object; more?: object; roles?: Record<string, string[]> } = {}) =>
  f0({
    policies: [fixturePolicy({ flow: vary.flow ?? [agree, go], options: vary.options ?? {} })],
    people: people({ dora: [], ...vary.roles }),
    ...vary.more,
  })
const seatsOf = (scenario: Scenario) => scenario.change('K').approvals.map(one => one.seats)
const later = (scenario: Scenario, by: number) => new Date(Date.parse(scenario.now) + by).toISOString()
const eligible = (scenario: Scenario, stage = 'agree') =>
  stageOf(scenario, 'K', stage).eligible.map(({ person, capacity, absent, delegates, excluded }) =>
    [
      person,
      capacity,
      absent ? 'absent' : '',
      delegates.join(' '),
      excluded === undefined ? '' : describeHindrance(excluded),
    ].join('|'),
  )

describe('the right to decide', () => {
  it('is refused to whoever holds no such role, with who could', async () => {
    const scenario = await opened({ roles: { carol: [], dan: ['appr'] } })
    await scenario.given('dan', 'recordAbsence', { person: 'dan', from: scenario.now, until: later(scenario, day) })
    expect(await tried(scenario, 'paul', 'approve')).toEqual({
      code: 'authority.no-role',
      facts: { person: 'paul', roles: ['appr'], able: ['bob'], at: scenario.now },
    })
    await delegated(scenario, 'dan', 'dora')
    expect(await tried(scenario, 'paul', 'approve', { for: 'bob' })).toEqual({
      code: 'authority.no-role',
      facts: { person: 'paul', roles: ['appr'], principal: 'bob', able: ['bob', 'dora'], at: scenario.now },
    })
  })

  it('is refused in words that deny nobody a role that they hold: for whom somebody acts, and where they are absent', async () => {
    const suspended = { appr: { whileAbsent: 'suspended' }, deployer: 'releases', tester: 'tests' }
    const scenario = await opened({ options: { roles: suspended } })
    const told = async (account: string, command: object = {}) => {
      const receipt = await scenario.when(account, 'approve', { ...K, ...command })
      return receipt.outcome === 'refused' ? [receipt.refusal.code, receipt.because, receipt.help] : receipt.outcome
    }
    const others = 'Leave out `for`, or name somebody who has delegated it: bob, carol or dan could do it.'
    expect(await told('bob', { for: 'bob' })).toEqual([
      'authority.no-role',
      '`for` names the one acted for, and bob is the one who acts',
      others,
    ])
    for (const principal of ['ghost', 'paul'])
      expect(await told('bob', { for: principal })).toEqual([
        'authority.no-role',
        `bob has no delegation from ${principal} for appr that counts here`,
        others,
      ])
    expect(await told('paul', { for: 'bob' })).toEqual([
      'authority.no-role',
      'paul has no delegation from bob for appr that counts here',
      'bob, carol or dan could do it.',
    ])
    await scenario.given('bob', 'recordAbsence', { person: 'bob', from: scenario.now, until: later(scenario, day) })
    expect(await told('bob')).toEqual([
      'authority.no-role',
      'bob does not hold appr here, or may not act in it while absent',
      'carol or dan could do it.',
    ])
  })

  it('is refused to whoever made the change, themselves or by a robot, and to whoever acts for them', async () => {
    const scenario = await opened({
      flow: [test('verify', { by: role('tester') }), agree, go],
      roles: { alice: ['appr', 'tester'] },
    })
    await robot(scenario, 'alice-bot', { controller: 'alice', role: 'tester' })
    const conflict = (type: string, clause: string, because: string, more: object) => ({
      code: 'duty.conflict',
      facts: {
        duties: ['make', type],
        person: 'alice',
        held: 'make',
        how: 'made content',
        revision: 1,
        because,
        clause,
        ...more,
      },
    })
    const tests = 'nobody signs off the test of what they made'
    expect(await tried(scenario, 'alice', 'signOff', report)).toEqual(
      conflict('test', 'CM-2', tests, { link: 'self', able: ['erin'] }),
    )
    expect(await tried(scenario, 'alice-bot', 'signOff', report)).toEqual(
      conflict('test', 'CM-2', tests, { link: 'controller', able: ['erin'] }),
    )
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await delegated(scenario, 'alice', 'dora')
    expect(await tried(scenario, 'dora', 'approve', { for: 'alice' })).toEqual(
      conflict('approve', 'CM-1', 'nobody approves what they made', {
        link: 'principal',
        able: ['bob', 'carol', 'dan'],
      }),
    )
  })

  it('is refused to a delegate through whose hands, or through the hands of one who made it, it was passed', async () => {
    const options = { delegation: { depth: 2 } }
    const scenario = await opened({ options, roles: { eve: [] } })
    await delegated(scenario, 'bob', 'alice')
    const window = { from: scenario.now, until: later(scenario, day) }
    await scenario.given('alice', 'delegate', {
      delegation: 'on',
      of: 'bob-to-alice',
      principal: 'alice',
      to: 'eve',
      ...window,
    })
    expect(await tried(scenario, 'eve', 'approve')).toMatchObject({
      code: 'duty.conflict',
      facts: { person: 'alice', link: 'link' },
    })
  })

  it('is a delegate’s for one principal without being told which, and has to be told of two', async () => {
    const scenario = await opened()
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', K)
    const seat = { role: 'appr', capacity: 'delegate' }
    expect(seatsOf(scenario)).toEqual([[{ ...seat, principal: 'bob', delegation: 'bob-to-dora' }]])
    const other = await opened()
    for (const person of ['dan', 'bob', 'carol']) await delegated(other, person, 'dora')
    expect(await tried(other, 'dora', 'approve')).toEqual({
      code: 'authority.which-principal',
      facts: { person: 'dora', principals: ['bob', 'carol', 'dan'] },
    })
    await other.given('dora', 'approve', { ...K, for: 'carol' })
    expect(seatsOf(other)).toEqual([[{ ...seat, principal: 'carol', delegation: 'carol-to-dora' }]])
  })

  it('is every role of the principal’s that the stage asks for, by one delegation', async () => {
    const both = every(approvals(1).from(role('appr')), approvals(1).from(role('head')))
    const scenario = await opened({ flow: [approval('agree', both), go], roles: { bob: ['appr', 'head'] } })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', K)
    const seat = { capacity: 'delegate', principal: 'bob', delegation: 'bob-to-dora' }
    expect(seatsOf(scenario)).toEqual([
      [
        { role: 'appr', ...seat },
        { role: 'head', ...seat },
      ],
    ])
    const other = await opened({ flow: [approval('agree', both), go], roles: { bob: ['appr', 'head'] } })
    await delegated(other, 'bob', 'dora')
    await other.given('dora', 'approve', { ...K, as: 'head' })
    expect(seatsOf(other)).toEqual([[{ role: 'head', ...seat }]])
  })

  it('is one’s own before it is anybody else’s, unless one says for whom', async () => {
    const scenario = await opened({ roles: { dora: ['appr'] } })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    expect(scenario.change('K').approvals[0]?.chain).toEqual(['dora', 'bob'])
    await scenario.given('dora', 'withdraw', { ...K, comment: 'no' })
    await scenario.given('dora', 'approve', K)
    expect(scenario.change('K').approvals[1]?.seats).toEqual([{ role: 'appr', capacity: 'own' }])
  })

  it('is in every role in which one holds it, or stands in', async () => {
    const roles = {
      appr: { fallback: { role: 'head', when: ['vacant' as const] } },
      head: 'stands in',
      deployer: 'releases',
    }
    const requires = any(approvals(1).from(role('appr')), approvals(2).from(role('head')))
    const options = { roles, separate: [] }
    const scenario = await opened({
      flow: [approval('agree', requires), go],
      options,
      roles: { bob: ['head'], carol: ['head'], dan: [] },
    })
    expect(eligible(scenario)).toEqual(['bob|fallback|||', 'carol|fallback|||'])
    await scenario.given('bob', 'approve', K)
    expect(seatsOf(scenario)).toEqual([
      [
        { role: 'appr', capacity: 'fallback', via: 'head', cause: 'vacant' },
        { role: 'head', capacity: 'own' },
      ],
    ])
    expect(scenario.change('K').state).toBe('go')
  })

  it('is suspended while one is absent, where the policy says so, and is not while a delegate has it', async () => {
    const options = { roles: { appr: { whileAbsent: 'suspended' as const }, head: 'h', tester: 't', deployer: 'd' } }
    const scenario = await opened({ options, roles: { bob: ['appr', 'head'] } })
    const window = { from: scenario.now, until: later(scenario, day) }
    for (const person of ['bob', 'carol']) await scenario.given(person, 'recordAbsence', { person, ...window })
    await delegated(scenario, 'carol', 'dora')
    expect(eligible(scenario)).toEqual(['bob|own|absent||is absent', 'carol|own|absent|dora|', 'dan|own|||'])
    expect(await tried(scenario, 'bob', 'approve')).toMatchObject({
      code: 'authority.no-role',
      facts: { able: ['dan', 'dora'] },
    })
    expect(await tried(scenario, 'dora', 'approve', { for: 'carol' })).toBe('accepted')
    const plain = await opened()
    await plain.given('bob', 'recordAbsence', { person: 'bob', ...window })
    expect(eligible(plain)).toEqual(['bob|own|absent||', 'carol|own|||', 'dan|own|||'])
    expect(await tried(plain, 'bob', 'approve')).toBe('accepted')
  })

  it('is no participant’s to give', async () => {
    const scenario = await opened()
    await scenario.given('rita', 'assign', { ...K, to: 'ada' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'dora', team: '*' })
    expect(await tried(scenario, 'dora', 'approve')).toEqual({
      code: 'authority.granted-by-participant',
      facts: { person: 'dora', role: 'appr', by: 'ada', able: ['bob', 'carol', 'dan'] },
    })
    expect(eligible(scenario)[3]).toBe('dora|own|||was given the role by ada, who takes part in the change')
    await delegated(scenario, 'dora', 'erin')
    expect(await tried(scenario, 'erin', 'approve', { for: 'dora' })).toMatchObject({
      code: 'authority.granted-by-participant',
      facts: { person: 'erin', by: 'ada' },
    })
    await scenario.given('ada', 'delegate', {
      delegation: 'arranged',
      principal: 'bob',
      to: 'paul',
      from: scenario.now,
      until: later(scenario, day),
    })
    expect(await tried(scenario, 'paul', 'approve', { for: 'bob' })).toMatchObject({ code: 'authority.no-role' })
    expect(eligible(scenario)[0]).toBe('bob|own|||')
  })

  it('is a delegate’s out of the pool only', async () => {
    const options = { roles: { appr: { delegates: 'deputy' }, deputy: 'd', head: 'h', tester: 't', deployer: 'd' } }
    const scenario = await opened({ options, roles: { dora: ['deputy'] } })
    await delegated(scenario, 'bob', 'dora')
    expect(eligible(scenario)[0]).toBe('bob|own||dora|')
    await scenario.given('ada', 'revokeRole', { role: 'deputy', from: 'dora', team: '*' })
    expect(eligible(scenario)[0]).toBe('bob|own|||')
    expect(await tried(scenario, 'dora', 'approve', { for: 'bob' })).toMatchObject({ code: 'authority.no-role' })
  })

  it('is a robot’s for its controller, to test and to release, and nobody’s for whom nobody answers', async () => {
    const scenario = await opened({ flow: [test('verify', { by: role('tester') }), agree, go] })
    await robot(scenario, 'erin-bot', { controller: 'erin', role: 'tester' })
    await robot(scenario, 'stray-bot', { role: 'tester' })
    expect(await tried(scenario, 'stray-bot', 'signOff', report)).toEqual({
      code: 'identity.no-controller',
      facts: { account: 'stray-bot', bot: 'stray-bot' },
    })
    await scenario.given('erin-bot', 'signOff', { ...K, ...report })
    expect(scenario.change('K').signOffs[0]).toMatchObject({ person: 'erin', chain: ['erin', 'erin-bot'] })
  })
})

const requiresBoth = every(approvals(1).from(role('appr')), approvals(2).from(role('head')))

describe('what blocks a change when it is submitted', () => {
  const blocked = async (scenario: Scenario, submit: object = {}) => {
    await scenario.given('rita', 'submit', { ...submitK, ...submit } as never)
    return (await eventsOf(scenario)).filter(one => one.type === 'change.blocked')
  }
  const rules = (flow: Stage[]) =>
    policy(
      't',
      { complies: baseline, roles: { appr: 'a', head: 'h', deployer: 'd' } },
      { normal: category({ form: fixtureForm, flow }) },
    )
  const one = (name: string, of: string, count = 1) => approval(name, approvals(count).from(role(of)))
  const open = (flow: Stage[], roles: Record<string, string[]> = {}) =>
    f0({ submit: null, policies: [rules(flow)], people: people(roles) })

  it('is a role that nobody holds', async () => {
    expect(await blocked(await open([one('agree', 'head'), go]))).toEqual([
      { type: 'change.blocked', stage: 'agree', status: 'vacant', missing: { head: 1 }, excluded: {} },
    ])
  })

  it('is a role whose holders cannot act, each with why', async () => {
    const scenario = await open([one('agree', 'head', 2), go], { alice: ['head'], hana: ['head'] })
    expect(await blocked(scenario)).toEqual([
      {
        type: 'change.blocked',
        stage: 'agree',
        status: 'unsatisfiable',
        missing: { head: 1 },
        excluded: { alice: { why: 'conflict', how: 'made content', duties: ['make', 'approve'], clause: 'CM-1' } },
      },
    ])
  })

  it('is that stages together take more persons than there are, though each could be met alone', async () => {
    const flow = [one('agree', 'appr', 2), one('agree-too', 'appr', 2), go]
    expect(await blocked(await open(flow))).toEqual([
      { type: 'change.blocked', stage: 'agree-too', status: 'unsatisfiable', missing: { appr: 1 }, excluded: {} },
    ])
    expect(await blocked(await open(flow, { dora: ['appr'] }))).toEqual([])
  })

  it('is the same where there are very many ways to meet them together: the easiest of each stage', async () => {
    const ways = any(
      approvals(3).from(role('head')),
      approvals(1).from(role('appr')),
      approvals(2).from(role('deployer')),
      approvals(2).from(role('appr')),
      approvals(4).from(role('head')),
    )
    const flow = ['one', 'two', 'three'].map(name => approval(name, ways))
    const held = { bob: ['appr'], carol: ['appr'], dan: [] }
    expect(await blocked(await open([...flow, go], held))).toEqual([
      { type: 'change.blocked', stage: 'three', status: 'unsatisfiable', missing: { appr: 1 }, excluded: {} },
    ])
    expect(await blocked(await open([...flow, go], { ...held, dan: ['appr'] }))).toEqual([])
  })

  it('is told of each stage by itself where one cannot be met alone', async () => {
    const flow = [one('agree', 'head'), one('agree-too', 'appr', 4), go]
    expect(await blocked(await open(flow))).toEqual([
      { type: 'change.blocked', stage: 'agree', status: 'vacant', missing: { head: 1 }, excluded: {} },
      { type: 'change.blocked', stage: 'agree-too', status: 'unsatisfiable', missing: { appr: 1 }, excluded: {} },
    ])
    const all = [approval('both', requiresBoth), go]
    expect(await blocked(await open(all, { hana: ['head'], alice: ['head'] }))).toMatchObject([
      {
        stage: 'both',
        status: 'unsatisfiable',
        missing: { head: 1 },
        excluded: { alice: { why: 'conflict', how: 'made content', duties: ['make', 'approve'], clause: 'CM-1' } },
      },
    ])
    expect(await blocked(await open(all))).toMatchObject([{ stage: 'both', status: 'vacant', missing: { head: 2 } }])
  })

  it('is nothing where another way is open', async () => {
    const flow = [approval('agree', any(approvals(1).from(role('head')), approvals(2).from(role('appr')))), go]
    expect(await blocked(await open(flow))).toEqual([])
    const made = { content: { digest: content('r1'), makers: ['bob', 'carol'] } }
    expect(await blocked(await open(flow), made)).toEqual([
      {
        type: 'change.blocked',
        stage: 'agree',
        status: expect.stringMatching(/^(vacant|unsatisfiable)$/),
        missing: expect.any(Object),
        excluded: {
          bob: { why: 'conflict', how: 'made content', duties: ['make', 'approve'], clause: 'CM-1' },
          carol: { why: 'conflict', how: 'made content', duties: ['make', 'approve'], clause: 'CM-1' },
        },
      },
    ])
  })
})

describe('time that passes', () => {
  it('reopens the stage whose approvals are too old, from when they were', async () => {
    const flow = [
      approval('agree', approvals(1).from(role('appr')), { validFor: '1d' }),
      test('verify', { by: role('tester') }),
      go,
    ]
    const scenario = await opened({ flow })
    await scenario.given('bob', 'approve', K)
    const until = later(scenario, day)
    scenario.at(2 * day)
    expect(scenario.explain('K').state).toBe('agree')
    expect(scenario.change('K').state).toBe('verify')
    await scenario.given('carol', 'approve', K)
    expect(scenario.change('K').state).toBe('verify')
    const told = (await eventsOf(scenario)).slice(-3)
    expect(told).toMatchObject([
      { type: 'stage.entered', stage: 'agree', at: until },
      { type: 'approval.granted', person: 'carol' },
      { type: 'stage.entered', stage: 'verify' },
    ])
    expect('at' in (told[2] ?? {})).toBe(false)
  })

  it('walks on over every stage that is met already, and rests in the end on what counts', async () => {
    const flow = [test('verify', { by: role('tester') }), approval('agree', approvals(1).from(role('appr'))), go]
    const scenario = await opened({ flow })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.given('bob', 'withdraw', { ...K, comment: 'wait' })
    expect(scenario.change('K').state).toBe('agree')
    await scenario.given('carol', 'approve', K)
    scenario.at(hour)
    await scenario.given('paul', 'release', K)
    expect(scenario.change('K')).toMatchObject({
      state: 'completed',
      since: scenario.now,
      rests: { at: scenario.now, approvals: [1], signOffs: [0] },
    })
  })
})
