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
import {
  all,
  approval,
  approvals,
  approved,
  category,
  parallel,
  policy,
  release,
  role,
  type Stage,
  task,
  test,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { day, delegated, hour, K, people, report, stageOf } from './setting.ts'
import { lastEntry } from './trail.ts'

/** Where `appr` has not answered for a day, the head decides in its place. */
const escalating = (flow: Stage[] = normalFlow(), more: Record<string, string[]> = {}) => ({
  policies: [
    fixturePolicy({
      flow,
      options: {
        roles: {
          appr: { description: 'approves', fallback: { role: 'head', when: ['unanswered' as const], after: '24h' } },
          tester: 'tests',
          deployer: 'releases',
          head: 'heads the department',
        },
      },
    }),
  ],
  people: people({ hana: ['head'], dora: [], ...more }),
})

const noAuthority = (scenario: Scenario) =>
  refused(scenario, ['hana', 'approve', K], 'authority.no-role', { person: 'hana', roles: ['appr'] })

const inPlace = { role: 'appr', capacity: 'fallback', via: 'head', cause: 'unanswered' }

describe('a stage that is left unanswered', () => {
  it('lets Hana, head, approve from 24 hours after the stage opened, and the trail says that it was unanswered [LAW 76]', async () => {
    const scenario = await f0Tested(escalating())
    scenario.at(day)
    await scenario.given('hana', 'approve', K)
    expect(await lastEntry(scenario)).toMatchObject({
      by: { person: 'hana', as: inPlace },
      outcome: { accepted: [{ type: 'approval.granted', person: 'hana', chain: ['hana'], seats: [inPlace] }] },
    })
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ acts: [{ person: 'hana', seats: [inPlace] }] })
  })

  it('refuses Hana one instant before the 24 hours are over [LAW 76]', async () => {
    const scenario = await f0Tested(escalating())
    await noAuthority(scenario)
    scenario.at(day - 1)
    await noAuthority(scenario)
    expect(scenario.explain('K').whoCanUnblock).not.toContain('hana')
    scenario.at(1)
    expect(scenario.explain('K').whoCanUnblock).toContain('hana')
  })

  it('counts the hours from when the stage opened, and not from when K was submitted [LAW 76]', async () => {
    const scenario = await f0(escalating())
    scenario.at(day)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await noAuthority(scenario)
    scenario.at(day)
    await scenario.given('hana', 'approve', K)
  })

  it('counts the hours anew after an edit that is material, also where nothing leads K back before the stage [LAW 76]', async () => {
    const build = task('build', { by: role('tester') })
    const agree = approval('approve', approvals(1).from(role('appr')))
    const verify = test('verify', { by: role('tester') })
    const go = release('production', { by: role('deployer') })
    for (const flow of [
      [agree, go],
      [build, agree, go],
      [parallel('both', verify, agree), go],
    ]) {
      const scenario = await f0(escalating(flow))
      if (flow.includes(build)) await scenario.given('erin', 'complete', { ...K, stage: 'build' })
      scenario.at(23 * hour)
      await scenario.given('alice', 'revise', {
        ...K,
        content: { digest: content('r2'), makers: ['alice'] },
        comment: 'r2',
      })
      scenario.at(23 * hour)
      await noAuthority(scenario)
      await scenario.given('alice', 'revise', { ...K, title: 'Called otherwise', comment: 'a better name' })
      scenario.at(hour)
      await scenario.given('hana', 'approve', K)
    }
  })

  it('counts the hours anew from when it is learned that two who had approved are one, or that one of them made it [LAW 76]', async () => {
    const flow = [
      parallel(
        'both',
        approval('one', approvals(2).from(role('appr'))),
        approval('other', approvals(1).from(role('tester'))),
      ),
      release('production', { by: role('deployer') }),
    ]
    for (const is of ['bob', 'alice']) {
      const scenario = await f0(escalating(flow, { bobby: ['appr'] }))
      const one = { ...K, stage: 'one' }
      await scenario.given('bob', 'approve', one)
      await scenario.given('bobby', 'approve', one)
      scenario.at(2 * day)
      await scenario.given('ada', 'recordAlias', { person: 'bobby', is, comment: 'it is one person' })
      await refused(scenario, ['hana', 'approve', one], 'authority.no-role', { person: 'hana' })
      expect(scenario.explain('K').whoCanUnblock).not.toContain('hana')
      scenario.at(day)
      await scenario.given('hana', 'approve', one)
    }
  })

  it('counts the hours of a stage that opens again from when that was learned, also where nothing is done on K meanwhile [LAW 76]', async () => {
    for (const is of ['carol', 'alice']) {
      const flow = [
        approval('approve', approvals(2).from(role('appr'))),
        release('production', { by: role('deployer') }),
      ]
      const scenario = await f0(escalating(flow, { bobby: ['appr'] }))
      for (const person of ['bobby', 'carol']) await scenario.given(person, 'approve', K)
      scenario.at(2 * day)
      await scenario.given('ada', 'recordAlias', { person: 'bobby', is, comment: 'it is one person' })
      const learned = scenario.now
      await noAuthority(scenario)
      scenario.at(day - 1)
      await noAuthority(scenario)
      expect(scenario.explain('K')).toMatchObject({ state: 'approve', since: learned })
      scenario.at(1)
      expect(scenario.explain('K').whoCanUnblock).toContain('hana')
      await scenario.given('hana', 'approve', K)
    }
  })

  it('counts the hours of a stage that opens again from when Bob came to answer for the robot that made K [LAW 76]', async () => {
    const flow = [approval('approve', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })]
    const scenario = await f0({ ...escalating(flow), submit: null })
    await scenario.given('ada', 'registerBot', { bot: 'maker', accounts: ['maker'] })
    const made = { content: { digest: content('r1'), makers: ['alice', 'maker'] } }
    await scenario.given('rita', 'submit', { ...submitK, ...made })
    await scenario.given('bob', 'approve', K)
    scenario.at(2 * day)
    await scenario.given('ada', 'assignController', { bot: 'maker', controller: 'bob' })
    scenario.at(day - 1)
    await noAuthority(scenario)
    scenario.at(1)
    await scenario.given('hana', 'approve', K)
  })

  it('counts the hours of a stage that opens again from when an approval of the parent was lost, in the very instant or later [LAW 76]', async () => {
    const late = { role: 'head', when: ['unanswered' as const], after: '24h' }
    const carriedFrom = approved('project').covers({ system: 'system' }).for('90d')
    const production = release('production', { by: role('deployer') })
    const appr = (count: number) => approvals(count).from(role('appr'))
    const rules = policy(
      't',
      { complies: baseline, roles: { appr: { fallback: late }, lead: 'leads', deployer: 'releases', head: 'heads' } },
      {
        project: category({
          form: fixtureForm,
          flow: [approval('decide', all(appr(1), approvals(1).from(role('lead')))), production],
        }),
        update: category({ form: fixtureForm, flow: [approval('approve', appr(1), { carriedFrom }), production] }),
      },
    )
    for (const meanwhile of [0, 2 * day]) {
      const scenario = await f0({ policies: [rules], people: people({ hana: ['head'], dora: ['lead'] }), submit: null })
      const plan = { content: { digest: content('plan'), makers: ['alice'] } }
      await scenario.given('rita', 'submit', { ...submitK, ...plan, change: 'P', category: 'project' })
      for (const person of ['bob', 'dora']) await scenario.given(person, 'approve', { change: 'P' })
      await scenario.given('rita', 'submit', { ...submitK, category: 'update', parent: 'P' })
      expect(scenario.change('K').state).toBe('production')
      scenario.at(meanwhile)
      await scenario.given('ada', 'recordDeparture', { person: 'dora', compromised: true })
      scenario.at(day - 1)
      await noAuthority(scenario)
      scenario.at(1)
      await scenario.given('hana', 'approve', K)
    }
  })

  it('counts the hours of a test anew from when it is learned that two who had signed it off are one [LAW 76]', async () => {
    const late = { description: 'tests', fallback: { role: 'head', when: ['unanswered' as const], after: '24h' } }
    const flow = [
      parallel(
        'both',
        test('verify', { by: role('tester'), signOffs: 2 }),
        approval('other', approvals(1).from(role('appr'))),
      ),
      release('production', { by: role('deployer') }),
    ]
    const options = { roles: { appr: 'approves', tester: late, deployer: 'releases', head: 'heads' }, separate: [] }
    const cast = people({ hana: ['head'], erika: ['tester'] })
    const scenario = await f0({ policies: [fixturePolicy({ flow, options })], people: cast })
    for (const person of ['erin', 'erika']) await scenario.given(person, 'signOff', { ...K, ...report })
    scenario.at(2 * day)
    await scenario.given('ada', 'recordAlias', { person: 'erika', is: 'erin', comment: 'it is one person' })
    await refused(scenario, ['hana', 'signOff', { ...K, ...report }], 'authority.no-role', { person: 'hana' })
    scenario.at(day)
    await scenario.given('hana', 'signOff', { ...K, ...report })
  })

  it('counts the hours of one of two stages side by side anew once what was given at it is withdrawn or too old [LAW 76]', async () => {
    for (const validFor of ['48h', '30d']) {
      const flow = [
        parallel(
          'both',
          approval('one', approvals(1).from(role('appr')), { validFor }),
          approval('other', approvals(1).from(role('tester'))),
        ),
        release('production', { by: role('deployer') }),
      ]
      const scenario = await f0(escalating(flow))
      const one = { ...K, stage: 'one' }
      await scenario.given('bob', 'approve', one)
      scenario.at(48 * hour)
      if (validFor === '30d') await scenario.given('bob', 'withdraw', { ...K, comment: 'I have seen something' })
      await refused(scenario, ['hana', 'approve', one], 'authority.no-role', { person: 'hana' })
      scenario.at(day - 1)
      await refused(scenario, ['hana', 'approve', one], 'authority.no-role', { person: 'hana' })
      scenario.at(1)
      await scenario.given('hana', 'approve', one)
    }
  })

  it('counts the hours anew after an edit that is material, and after a rejection [LAW 76]', async () => {
    const edited = await f0Tested(escalating())
    edited.at(23 * hour)
    await edited.given('alice', 'revise', { ...K, form: { risk: 'high' }, comment: 'r2' })
    await edited.given('erin', 'signOff', { ...K, ...report })
    edited.at(23 * hour)
    await noAuthority(edited)
    edited.at(hour)
    await edited.given('hana', 'approve', K)
    const sentBack = await f0Tested(escalating())
    sentBack.at(23 * hour)
    await sentBack.given('bob', 'reject', { ...K, comment: 'not like that' })
    await sentBack.given('rita', 'resubmit', { ...K, comment: 'it is right' })
    await sentBack.given('erin', 'signOff', { ...K, ...report })
    sentBack.at(23 * hour)
    await noAuthority(sentBack)
  })

  it('counts the hours on through an edit of what is not material [LAW 76]', async () => {
    const scenario = await f0Tested(escalating())
    scenario.at(23 * hour)
    await scenario.given('alice', 'revise', { ...K, form: { note: 'see the minutes' }, comment: 'clearer' })
    scenario.at(hour)
    await scenario.given('hana', 'approve', K)
  })

  it('counts the hours anew from the instant at which an approval grew too old and the stage opened again [LAW 76]', async () => {
    const approve = approval('approve', approvals(1).from(role('appr')), { validFor: '14d' })
    const scenario = await f0(escalating([approve, release('production', { by: role('deployer') })]))
    await scenario.given('bob', 'approve', K)
    scenario.at(14 * day + 23 * hour)
    await noAuthority(scenario)
    scenario.at(hour)
    await scenario.given('hana', 'approve', K)
    expect((await lastEntry(scenario)).by.as).toEqual(inPlace)
  })

  it('counts the hours anew after Bob has withdrawn the approval by which the stage was met [LAW 76]', async () => {
    const approve = approval('approve', approvals(1).from(role('appr')))
    const scenario = await f0(escalating([approve, release('production', { by: role('deployer') })]))
    await scenario.given('bob', 'approve', K)
    scenario.at(30 * hour)
    await scenario.given('bob', 'withdraw', { ...K, comment: 'not yet' })
    await noAuthority(scenario)
    scenario.at(day)
    await scenario.given('hana', 'approve', K)
  })

  it('counts the hours of stages that are open side by side from when both opened, whichever is answered [LAW 76]', async () => {
    const technical = approval('technical', approvals(1).from(role('appr')))
    const business = approval('business', approvals(1).from(role('tester')))
    const production = release('production', { by: role('deployer') })
    const scenario = await f0(escalating([parallel('decide', technical, business), production]))
    scenario.at(23 * hour)
    await scenario.given('erin', 'approve', K)
    await noAuthority(scenario)
    scenario.at(hour)
    await scenario.given('hana', 'approve', K)
    await scenario.given('paul', 'release', K)
  })

  it('takes a stage that Bob alone has answered for unanswered, as two are asked for, and counts both [LAW 76]', async () => {
    const scenario = await f0Tested(escalating())
    await scenario.given('bob', 'approve', K)
    scenario.at(day)
    await scenario.given('hana', 'approve', K)
    expect(scenario.approvals('K')).toBe(2)
    await scenario.given('paul', 'release', K)
  })

  it('lets the approvers answer late beside Hana, whose approval stands [LAW 76]', async () => {
    const scenario = await f0Tested(escalating())
    scenario.at(day)
    await scenario.given('hana', 'approve', K)
    await scenario.given('bob', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('counts Hana once, however long nobody answers [LAW 76]', async () => {
    const scenario = await f0Tested(escalating())
    scenario.at(day)
    await scenario.given('hana', 'approve', K)
    scenario.at(30 * day)
    await refused(scenario, ['hana', 'approve', K], 'approval.already-given', { person: 'hana' })
    expect(scenario.approvals('K')).toBe(1)
  })

  it('refuses Hana in the place of those who do not answer where she made K, asked for it, or tested it [LAW 76]', async () => {
    const made = await f0Tested({
      ...escalating(),
      submit: { content: { digest: submitK.content.digest, makers: ['hana'] } },
    })
    made.at(day)
    await refused(made, ['hana', 'approve', K], 'duty.conflict', { person: 'hana', held: 'make' })
    const scenario = await f0({ ...escalating(normalFlow(), { hana: ['head', 'tester'] }), submit: null })
    await scenario.given('hana', 'submit', { ...submitK, change: 'L' })
    await scenario.given('erin', 'signOff', { change: 'L', ...report })
    await scenario.given('rita', 'submit', submitK)
    await scenario.given('hana', 'signOff', { ...K, ...report })
    scenario.at(day)
    await refused(scenario, ['hana', 'approve', { change: 'L' }], 'duty.conflict', { held: 'request' })
    await refused(scenario, ['hana', 'approve', K], 'duty.conflict', { held: 'test' })
  })

  it('takes Hana, who holds appr as well, for an approver in her own right, and not for a stand-in [LAW 76]', async () => {
    const scenario = await f0Tested(escalating(normalFlow(), { hana: ['head', 'appr'] }))
    scenario.at(day)
    await scenario.given('hana', 'approve', K)
    expect((await lastEntry(scenario)).by.as).toEqual({ role: 'appr', capacity: 'own' })
  })

  it('refuses Hana, who has left, in whatever place she would stand in [LAW 76]', async () => {
    const scenario = await f0Tested(escalating())
    await scenario.given('ada', 'recordDeparture', { person: 'hana' })
    scenario.at(day)
    await refused(scenario, ['hana', 'approve', K], 'identity.departed', { person: 'hana' })
    expect(scenario.isApprovable('K')).toBe(false)
  })

  it('refuses the delegate of Hana, who stands in herself or not at all [LAW 76]', async () => {
    const scenario = await f0Tested(escalating())
    await delegated(scenario, 'hana', 'dora')
    scenario.at(day)
    await refused(scenario, ['dora', 'approve', { ...K, for: 'hana' }], 'authority.no-role', { person: 'dora' })
  })

  it('lets Hana reject what nobody has answered, too [LAW 76]', async () => {
    const scenario = await f0Tested(escalating())
    await refused(scenario, ['hana', 'reject', { ...K, comment: 'no' }], 'authority.no-role')
    scenario.at(day)
    await scenario.given('hana', 'reject', { ...K, comment: 'no' })
    expect(scenario.change('K').state).toBe('returned')
  })

  it('approves nothing by itself where Hana does not answer either, however long K waits [LAW 76]', async () => {
    const scenario = await f0Tested(escalating())
    scenario.at(365 * day)
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('refuses Hana where the role is vacant and the policy has her stand in only where it does not answer [LAW 76]', async () => {
    const scenario = await f0Tested(escalating(normalFlow(), { bob: [], carol: [], dan: [] }))
    await noAuthority(scenario)
    expect(stageOf(scenario, 'K', 'approve').status).not.toBe('satisfied')
  })

  it('lets Hana do the task that nobody has taken on for 24 hours, with the cause in the trail, and approve nothing of it [LAW 76]', async () => {
    const flow = [
      task('build', { by: role('appr') }),
      approval('approve', approvals(1).from(role('head'))),
      release('production', { by: role('deployer') }),
    ]
    const { policies } = escalating(flow)
    const scenario = await f0({ policies, people: people({ hana: ['head'] }) })
    await refused(scenario, ['hana', 'complete', { ...K, stage: 'build' }], 'authority.no-role', { person: 'hana' })
    scenario.at(day)
    await scenario.given('hana', 'complete', { ...K, stage: 'build' })
    expect((await lastEntry(scenario)).by.as).toEqual(inPlace)
    await refused(scenario, ['hana', 'approve', K], 'duty.conflict', { person: 'hana', held: 'make' })
  })

  it('refuses to load a policy that does not say after how long, or says it of another cause [LAW 76]', () => {
    for (const fallback of [
      { role: 'head', when: ['unanswered' as const] },
      { role: 'head', when: ['vacant' as const], after: '24h' },
    ]) {
      const roles = { appr: { fallback }, tester: 'tests', deployer: 'releases', head: 'heads the department' }
      expect(() => fixturePolicy({ options: { roles } })).toThrow(/after/)
    }
  })
})

describe('why a role was stood in for', () => {
  const standingIn = (when: ('vacant' | 'absent')[]) => ({
    policies: [
      fixturePolicy({
        flow: [
          test('verify', { by: role('tester') }),
          approval('approve', approvals(1).from(role('appr'))),
          release('production', { by: role('deployer') }),
        ],
        options: {
          roles: {
            appr: { description: 'approves', fallback: { role: 'head', when } },
            tester: 'tests',
            deployer: 'releases',
            head: 'heads the department',
          },
        },
      }),
    ],
    people: people({ carol: [], dan: [], hana: ['head'], robert: [] }),
  })
  const until = '2026-03-09T08:00:00.000Z'

  it('records for Hana, who stands in, that nobody holds the role, or that its only holder is absent [LAW 76]', async () => {
    for (const cause of ['vacant', 'absent'] as const) {
      const scenario = await f0Tested(standingIn(['vacant', 'absent']))
      if (cause === 'vacant') await scenario.given('ada', 'revokeRole', { role: 'appr', from: 'bob', team: '*' })
      else await scenario.given('bob', 'recordAbsence', { person: 'bob', from: scenario.now, until })
      await scenario.given('hana', 'approve', K)
      expect((await lastEntry(scenario)).by.as).toEqual({ role: 'appr', capacity: 'fallback', via: 'head', cause })
    }
  })

  it('lets Hana stand in up to the instant at which Bob is back, and refuses her from it on [LAW 76]', async () => {
    for (const [at, allowed] of [
      ['2026-03-09T07:59:59.999Z', true],
      [until, false],
    ] as const) {
      const scenario = await f0Tested(standingIn(['absent']))
      await scenario.given('bob', 'recordAbsence', { person: 'bob', from: scenario.now, until })
      scenario.at(at)
      if (allowed) await scenario.given('hana', 'approve', K)
      else await refused(scenario, ['hana', 'approve', K], 'authority.no-role', { person: 'hana' })
    }
  })

  it('refuses Hana once the absence of Bob is cancelled [LAW 76]', async () => {
    const scenario = await f0Tested(standingIn(['absent']))
    const absence = { person: 'bob', from: scenario.now, until }
    await scenario.given('bob', 'recordAbsence', absence)
    await scenario.given('bob', 'cancelAbsence', absence)
    await refused(scenario, ['hana', 'approve', K], 'authority.no-role', { person: 'hana' })
  })

  it('refuses Hana where the only holder is Bob, of whose two ids only one was given the role, and who is absent [LAW 76]', async () => {
    const scenario = await f0Tested(standingIn(['vacant']))
    await scenario.given('ada', 'recordAlias', { person: 'robert', is: 'bob', comment: 'one and the same' })
    await scenario.given('bob', 'recordAbsence', { person: 'bob', from: scenario.now, until })
    await refused(scenario, ['hana', 'approve', K], 'authority.no-role', { person: 'hana' })
  })

  it('refuses Hana for K, whose content came from the bot of hers [LAW 76]', async () => {
    const scenario = await f0({ ...standingIn(['vacant']), submit: null })
    await scenario.given('ada', 'revokeRole', { role: 'appr', from: 'bob', team: '*' })
    await scenario.given('ada', 'registerBot', { bot: 'hana-bot', accounts: ['hana-bot'], controller: 'hana' })
    await scenario.given('rita', 'submit', { ...submitK, content: { digest: content('r1'), makers: ['hana-bot'] } })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['hana', 'approve', K], 'duty.conflict', { person: 'hana' })
  })

  it('lets the approval of Hana stand when Bob comes back, and refuses her the next one [LAW 77]', async () => {
    const scenario = await f0Tested(standingIn(['absent']))
    await scenario.given('bob', 'recordAbsence', { person: 'bob', from: scenario.now, until })
    await scenario.given('hana', 'approve', K)
    scenario.at(until)
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('hana', 'withdraw', { ...K, comment: 'Bob is back' })
    await refused(scenario, ['hana', 'approve', K], 'authority.no-role', { person: 'hana', able: ['bob'] })
  })

  it('refuses Hana, whose approval went stale, once Vera holds the role [LAW 77]', async () => {
    const scenario = await f0Tested(standingIn(['vacant']))
    await scenario.given('ada', 'revokeRole', { role: 'appr', from: 'bob', team: '*' })
    await scenario.given('hana', 'approve', K)
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'carol', team: 't' })
    await scenario.given('alice', 'revise', { ...K, form: { risk: 'high' }, comment: 'r2' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['hana', 'approve', K], 'authority.no-role', { person: 'hana', able: ['carol'] })
  })
})
