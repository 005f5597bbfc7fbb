import { f0, f0Tested, fixturePolicy, type Scenario, submitK } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { all, any, approval, approvals, release, role, share, test } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { day, delegated, K, people, report, robot, stageOf } from './setting.ts'
import { eventsOf, lastEntry } from './trail.ts'

const verdictOf = async (scenario: Scenario) => verifyTrail([fileOf(await linesOf(scenario.store))])
const until = '2026-03-09T08:00:00.000Z'

/** An approver who is away does not act himself; others act for him. */
const suspending = (more: object = {}, other: Record<string, string[]> = {}) => ({
  policies: [
    fixturePolicy({
      options: {
        roles: {
          appr: { description: 'approves', whileAbsent: 'suspended' as const, ...more },
          tester: 'tests',
          deployer: 'releases',
          head: 'heads the department',
        },
      },
    }),
  ],
  people: people({ dora: [], hana: ['head'], ...other }),
})

const away = { person: 'bob', from: '2026-03-02T08:00:00.000Z', until }

describe('an absent approver whose authority is suspended', () => {
  it('refuses the robot of Erin, who is absent and suspended as a tester: it acts as her [LAW 78]', async () => {
    const roles = { appr: 'approves', tester: { whileAbsent: 'suspended' as const }, deployer: 'releases' }
    const scenario = await f0({ policies: [fixturePolicy({ options: { roles } })], people: people({}) })
    await robot(scenario, 'ci', { controller: 'erin', role: 'tester' })
    await scenario.given('erin', 'recordAbsence', { ...away, person: 'erin' })
    await refused(scenario, ['ci', 'signOff', { ...K, ...report }], 'authority.no-role', { person: 'ci' })
    scenario.at(7 * day)
    await scenario.given('ci', 'signOff', { ...K, ...report })
  })

  it('lets Hana stand in where all are absent and have nobody who could act for them on K [LAW 76]', async () => {
    const fallback = { fallback: { role: 'head', when: ['absent' as const] } }
    for (const to of ['alice', 'dora', 'erin']) {
      const scenario = await f0Tested(suspending(fallback, { carol: [], dan: [], dora: ['tester'] }))
      // Alice has made K, Dora is kept from the role, and Erin has tested K.
      if (to === 'dora')
        await scenario.given('ada', 'excludeRoles', { roles: ['appr', 'tester'], team: '*', because: 'apart' })
      await scenario.given('bob', 'recordAbsence', away)
      await delegated(scenario, 'bob', to)
      expect((await scenario.when(to, 'approve', { ...K, for: 'bob' })).outcome).toBe('refused')
      expect(scenario.explain('K').whoCanUnblock).toEqual(['hana'])
      await scenario.given('hana', 'approve', K)
    }
  })

  it('lets Hana stand in where all are absent, and whoever could act for them has nothing left to decide on K [LAW 76]', async () => {
    const fallback = { fallback: { role: 'head', when: ['absent' as const] } }
    const onward = { delegation: 'carol-to-dora', principal: 'carol', to: 'dora', of: 'bob-to-carol' }
    const cases: [first: readonly [string, string?], last: string, ...to: string[]][] = [
      [['bob'], 'dora', 'dora'],
      [['nora', 'bob'], 'dora', 'dora', 'nora'],
      [['carol'], 'dora', 'carol'],
    ]
    for (const [[who, principal], last, ...all] of cases) {
      const { policies, ...rest } = suspending(fallback, { dan: [], nora: [] })
      const scenario = await f0Tested({
        ...rest,
        policies: policies.map(one => ({ ...one, delegation: { depth: 2 } })),
      })
      for (const to of all) await delegated(scenario, 'bob', to)
      if (all.includes('carol')) await scenario.given('carol', 'delegate', { ...onward, from: scenario.now, until })
      await scenario.given(who, 'approve', principal === undefined ? K : { ...K, for: principal })
      for (const person of ['bob', 'carol']) await scenario.given('ada', 'recordAbsence', { ...away, person })
      await refused(scenario, [last, 'approve', { ...K, for: 'bob' }], 'delegation.principal-decided')
      expect(scenario.explain('K').whoCanUnblock).toEqual(['hana'])
      await scenario.given('hana', 'approve', K)
      expect((await lastEntry(scenario)).by.as).toMatchObject({ capacity: 'fallback', cause: 'absent' })
      expect(scenario.isApprovable('K')).toBe(true)
    }
  })

  it('refuses Bob, who is marked absent and approves himself, where the policy suspends him meanwhile [LAW 78]', async () => {
    const scenario = await f0Tested(suspending())
    await scenario.given('bob', 'recordAbsence', away)
    await refused(scenario, ['bob', 'approve', K], 'authority.no-role', { person: 'bob', roles: ['appr'] })
    await refused(scenario, ['bob', 'reject', { ...K, comment: 'no' }], 'authority.no-role', { person: 'bob' })
    expect(scenario.approvals('K')).toBe(0)
    expect(scenario.explain('K').whoCanUnblock).not.toContain('bob')
  })

  it('lets Dora approve for Bob, who is suspended while he is absent, as that is what she is for [LAW 78]', async () => {
    const scenario = await f0Tested(suspending())
    await scenario.given('bob', 'recordAbsence', away)
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    expect(scenario.approvals('K')).toBe(1)
    expect(scenario.change('K').approvals).toMatchObject([{ chain: ['dora', 'bob'] }])
  })

  it('lets Bob approve up to the instant at which his absence begins, and from the one on at which it ends [LAW 78]', async () => {
    const from = '2026-03-04T08:00:00.000Z'
    for (const [at, allowed] of [
      ['2026-03-04T07:59:59.999Z', true],
      [from, false],
      ['2026-03-09T07:59:59.999Z', false],
      [until, true],
    ] as const) {
      const scenario = await f0Tested(suspending())
      await scenario.given('bob', 'recordAbsence', { ...away, from })
      scenario.at(at)
      if (allowed) await scenario.given('bob', 'approve', K)
      else await refused(scenario, ['bob', 'approve', K], 'authority.no-role', { person: 'bob' })
    }
  })

  it('takes the same instants for the absence of Bob, written across a clock change [LAW 78]', async () => {
    for (const end of ['2026-03-29T03:00+02:00', '2026-03-29T01:00Z', '2026-03-28T20:00-05:00']) {
      const scenario = await f0Tested(suspending())
      await scenario.given('bob', 'recordAbsence', { person: 'bob', from: '2026-03-29T01:30+01:00', until: end })
      scenario.at('2026-03-29T00:59:59.999Z')
      await refused(scenario, ['bob', 'approve', K], 'authority.no-role', { person: 'bob' })
      scenario.at('2026-03-29T01:00:00.000Z')
      await scenario.given('bob', 'approve', K)
    }
  })

  it('lets what Bob has approved stand when he is absent afterwards, and lets him withdraw it [LAW 78]', async () => {
    const scenario = await f0Tested(suspending())
    await scenario.given('bob', 'approve', K)
    await scenario.given('bob', 'recordAbsence', away)
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('bob', 'withdraw', { ...K, comment: 'I take it back' })
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['bob', 'approve', K], 'authority.no-role', { person: 'bob' })
  })

  it('lets Bob approve again once he cancels his absence [LAW 78]', async () => {
    const scenario = await f0Tested(suspending())
    await scenario.given('bob', 'recordAbsence', away)
    await scenario.given('bob', 'cancelAbsence', away)
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('suspends the second account of Bob, and his other id, with him [LAW 78]', async () => {
    const scenario = await f0Tested(suspending({}, { robert: ['appr'] }))
    await scenario.given('ada', 'linkAccount', { account: 'bob-adm', person: 'bob' })
    await scenario.given('ada', 'recordAlias', { person: 'robert', is: 'bob', comment: 'one and the same' })
    await scenario.given('bob', 'recordAbsence', away)
    for (const account of ['bob-adm', 'robert']) await refused(scenario, [account, 'approve', K], 'authority.no-role')
  })

  it('does not suspend Bob in a role of which the policy does not say so [LAW 78]', async () => {
    const scenario = await f0Tested(suspending({}, { bob: ['appr', 'deployer'] }))
    await scenario.given('carol', 'approve', K)
    await scenario.given('dan', 'approve', K)
    await scenario.given('bob', 'recordAbsence', away)
    await scenario.given('bob', 'release', K)
  })

  it('suspends the own authority of the absent Bob, and not what Carol has delegated to him [LAW 78]', async () => {
    const scenario = await f0Tested(suspending())
    await delegated(scenario, 'carol', 'bob')
    await scenario.given('bob', 'recordAbsence', away)
    await scenario.given('bob', 'approve', { ...K, for: 'carol' })
    expect(scenario.change('K').approvals).toMatchObject([{ chain: ['bob', 'carol'] }])
    await refused(scenario, ['carol', 'approve', K], 'approval.already-given', { person: 'carol', by: 'bob' })
  })

  it('refuses Hana, who would stand in for a vacant role by one in which she is suspended while she is absent [LAW 78]', async () => {
    const scenario = await f0Tested({
      policies: [
        fixturePolicy({
          options: {
            roles: {
              appr: { fallback: { role: 'head', when: ['vacant' as const] } },
              tester: 'tests',
              deployer: 'releases',
              head: { description: 'heads the department', whileAbsent: 'suspended' as const },
            },
          },
        }),
      ],
      people: people({ bob: [], carol: [], dan: [], hana: ['head'] }),
    })
    await scenario.given('hana', 'recordAbsence', { ...away, person: 'hana' })
    await refused(scenario, ['hana', 'approve', K], 'authority.no-role', { person: 'hana' })
    scenario.at(until)
    await scenario.given('hana', 'approve', K)
  })

  it('refuses Hana, who is suspended while she is absent, what a head may do besides: to lift a veto and to override a freeze [LAW 78]', async () => {
    const flow = [
      test('verify', { by: role('tester') }),
      approval('approve', approvals(2).from(role('appr')), { veto: { liftedBy: role('head') } }),
      release('production', { by: role('deployer') }),
    ]
    const roles = {
      appr: 'approves',
      tester: 'tests',
      deployer: 'releases',
      head: { whileAbsent: 'suspended' as const },
    }
    const scenario = await f0Tested({
      policies: [fixturePolicy({ flow, options: { roles } })],
      people: people({ hana: ['head'] }),
    })
    const schedule = { zone: 'UTC', from: '2026-03-02T08:00', until: '2026-03-09T08:00' }
    const overriddenBy = { role: 'head', atMost: '24h' }
    const intervals = [{ from: scenario.now, until }]
    const freeze = { freeze: 'close', because: 'the books close', schedule, intervals, overriddenBy }
    await scenario.given('ada', 'declareFreeze', freeze)
    await scenario.given('dan', 'reject', { ...K, comment: 'not like this' })
    await scenario.given('ada', 'recordAbsence', { ...away, person: 'hana' })
    const over = { ...K, freeze: 'close', until: '2026-03-02T20:00:00.000Z', reason: 'the bank is waiting' }
    const lift = { ...K, of: 'dan', comment: 'we looked again' }
    await refused(scenario, ['hana', 'liftVeto', lift], 'authority.no-role', { person: 'hana', roles: ['head'] })
    await refused(scenario, ['hana', 'overrideFreeze', over], 'authority.no-role', { person: 'hana', roles: ['head'] })
    await scenario.given('ada', 'cancelAbsence', { ...away, person: 'hana' })
    await scenario.given('hana', 'liftVeto', lift)
    await scenario.given('hana', 'overrideFreeze', over)
  })

  it('lets Hana stand in where every approver is absent and suspended, and says that they are absent [LAW 78]', async () => {
    const scenario = await f0Tested(
      suspending({ fallback: { role: 'head', when: ['absent' as const] } }, { carol: [], dan: [] }),
    )
    await scenario.given('bob', 'recordAbsence', away)
    await scenario.given('hana', 'approve', K)
    expect((await lastEntry(scenario)).by.as).toMatchObject({ capacity: 'fallback', via: 'head', cause: 'absent' })
    await refused(scenario, ['bob', 'approve', K], 'authority.no-role', { person: 'bob' })
  })

  it('names Hana, who is suspended as an approver, where she is asked for as a head, in which she is not [LAW 78]', async () => {
    const both = all(approvals(1).from(role('appr')), approvals(1).from(role('head')))
    const scenario = await f0Tested({
      ...suspending({}, { hana: ['head', 'appr'] }),
      policies: [
        fixturePolicy({
          flow: [
            test('verify', { by: role('tester') }),
            approval('approve', both),
            release('production', { by: role('deployer') }),
          ],
          options: {
            roles: { appr: { whileAbsent: 'suspended' }, tester: 'tests', deployer: 'releases', head: 'heads' },
          },
        }),
      ],
    })
    await scenario.given('bob', 'approve', K)
    await scenario.given('hana', 'recordAbsence', { ...away, person: 'hana' })
    expect(scenario.explain('K').waysOut).toEqual([{ do: 'approve', stage: 'approve', persons: ['hana'] }])
    await scenario.given('hana', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('names Dora, who acts for Bob as an approver and not as a head, where either is asked for [LAW 78]', async () => {
    const either = any(approvals(1).from(role('head')), approvals(2).from(role('appr')))
    const suspended = { whileAbsent: 'suspended' } as const
    const scenario = await f0Tested({
      policies: [
        fixturePolicy({
          flow: [
            test('verify', { by: role('tester') }),
            approval('approve', either),
            release('production', { by: role('deployer') }),
          ],
          options: { roles: { appr: suspended, head: suspended, tester: 'tests', deployer: 'releases' } },
        }),
      ],
      people: people({ bob: ['appr', 'head'], dan: [], dora: [] }),
    })
    await scenario.given('bob', 'delegate', {
      delegation: 'bob-to-dora',
      principal: 'bob',
      to: 'dora',
      from: scenario.now,
      until,
      scope: { roles: ['appr'] },
    })
    await scenario.given('bob', 'recordAbsence', away)
    await scenario.given('carol', 'approve', K)
    expect(scenario.explain('K').waysOut).toEqual([
      { do: 'approve', stage: 'approve', persons: ['dora'], for: { dora: ['bob'] } },
    ])
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('blocks K where every approver is absent and suspended and nobody stands in [LAW 78]', async () => {
    const scenario = await f0Tested(suspending({}, { carol: [], dan: [] }))
    await scenario.given('bob', 'recordAbsence', away)
    expect(['vacant', 'unsatisfiable']).toContain(stageOf(scenario, 'K', 'approve').status)
    expect(scenario.explain('K').whoCanUnblock).toEqual([])
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })
})

describe('a person who has no account', () => {
  it('is named nowhere as one who could act, and nobody else is asked in their place; a delegate may act for them [LAW 78]', async () => {
    const cast = people({ nora: [], hana: ['cfo'], hugo: ['cfo'] })
    const scenario = await f0Tested({ people: cast })
    await delegated(scenario, 'bob', 'nora')
    await delegated(scenario, 'carol', 'hugo')
    for (const account of ['bob', 'dan', 'hugo']) await scenario.given('ada', 'unlinkAccount', { account })
    const told = () => {
      const { whoCanUnblock, waysOut, stages } = scenario.explain('K')
      const { eligible = [] } = stages.find(one => one.stage === 'approve') ?? {}
      return { whoCanUnblock, waysOut, excluded: eligible.map(one => [one.person, one.excluded, one.delegates]) }
    }
    expect(told()).toEqual({
      whoCanUnblock: ['carol', 'nora'],
      waysOut: [{ do: 'approve', stage: 'approve', persons: ['carol', 'nora'], for: { nora: ['bob'] } }],
      excluded: [
        ['bob', undefined, ['nora']],
        ['carol', undefined, []],
        ['dan', { why: 'no-account' }, []],
      ],
    })
    await refused(scenario, ['hana', 'approve', K], 'authority.no-role', { able: ['carol', 'nora'] })
    await scenario.given('nora', 'approve', { ...K, for: 'bob' } as never)
    await scenario.given('carol', 'approve', K)
    expect(scenario.change('K').state).toBe('production')
    // Whoever has given something has given it, and may do so again once they have an account.
    await scenario.given('ada', 'unlinkAccount', { account: 'carol' })
    expect(scenario.approvals('K')).toBe(2)
    await scenario.given('ada', 'unlinkAccount', { account: 'paul' })
    expect(scenario.explain('K')).toMatchObject({
      whoCanUnblock: [],
      waysOut: [{ do: 'grantRole', role: 'deployer', persons: ['ada', 'otto'] }],
    })
    await scenario.given('ada', 'linkAccount', { account: 'paul.smith', person: 'paul' })
    expect(scenario.explain('K').whoCanUnblock).toEqual(['paul'])
    await scenario.given('paul.smith', 'release', K)
    expect(await verdictOf(scenario)).toMatchObject({ status: 'sound', findings: [] })
  })

  it('is one whom K would wait for in vain, which is told when it is submitted; a share stays one of as many [LAW 78]', async () => {
    const half = approval('approve', share(1, 2).of(role('appr')))
    const flow = (stage: ReturnType<typeof approval>) => [stage, release('production', { by: role('deployer') })]
    const all = approval('approve', approvals(3).from(role('appr')))
    for (const [stage, isBlocked] of [
      [all, true],
      [half, false],
    ] as const) {
      const scenario = await f0({ policies: [fixturePolicy({ flow: flow(stage) })], submit: null })
      await scenario.given('ada', 'unlinkAccount', { account: 'dan' })
      await scenario.given('rita', 'submit', submitK as never)
      const blocked = (await eventsOf(scenario)).filter(one => one.type === 'change.blocked')
      expect(blocked).toMatchObject(isBlocked ? [{ stage: 'approve' }] : [])
      if (!isBlocked) expect(scenario.change('K').electorates).toEqual({ approve: { appr: 3 } })
      expect(await verdictOf(scenario)).toMatchObject({ status: 'sound', findings: [] })
    }
  })
})
