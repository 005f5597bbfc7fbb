import { content, f0, f0Tested, fixturePolicy, type Scenario, submitK } from '@countersign/testing'
import { bodiesOf, fileOf, type LooseBody, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import { all, approval, approvals, policyDigest, release, role, separate, test } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { delegated, discountOf, f0Approved, hour, K, people, report, robot, stageOf } from './setting.ts'

/** It turns out that two ids are one natural person. */
const alias = (scenario: Scenario, person: string, is: string) =>
  scenario.given('ada', 'recordAlias', { person, is, comment: 'the personnel office found one file for both' })

const verdict = async (scenario: Scenario) => verifyTrail([fileOf(await linesOf(scenario.store))])

describe('two ids that turn out to be one person', () => {
  it('refuses Alix with appr, who turns out to be Alice, who made K [LAW 5]', async () => {
    const scenario = await f0Tested({ people: people({ alix: ['appr'] }) })
    await alias(scenario, 'alix', 'alice')
    await refused(scenario, ['alix', 'approve', K], 'duty.conflict', { person: 'alice', held: 'make' })
    expect(scenario.explain('K').whoCanUnblock).toEqual(['bob', 'carol', 'dan'])
  })

  it('refuses Alice with appr where K was made under an id that she gave up since [LAW 5]', async () => {
    const scenario = await f0Tested({
      people: people({ alice: ['appr'], alix: [] }),
      submit: { content: { digest: content('r1'), makers: ['alix'] } },
    })
    await alias(scenario, 'alix', 'alice')
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { held: 'make' })
    await refused(scenario, ['alix', 'approve', K], 'duty.conflict', { held: 'make' })
  })

  it('stops counting what Alix approved when it is learned before the release that she is Alice [LAW 5]', async () => {
    const scenario = await f0Tested({ people: people({ alix: ['appr'] }) })
    await scenario.given('alix', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await alias(scenario, 'alix', 'alice')
    expect(scenario.approvals('K')).toBe(1)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
    await scenario.given('dan', 'approve', K)
    await scenario.given('paul', 'release', K)
    expect(await verdict(scenario)).toMatchObject({ status: 'sound', findings: [] })
  })

  it('lets the release of K stand when it is learned after it that Alix is Alice, and the verifier reports it [LAW 5]', async () => {
    const scenario = await f0Tested({ people: people({ alix: ['appr'] }) })
    await scenario.given('alix', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await scenario.given('paul', 'release', K)
    scenario.at(hour)
    await alias(scenario, 'alix', 'alice')
    expect(scenario.change('K').state).toBe('completed')
    expect(scenario.approvals('K')).toBe(2)
    scenario.at(hour)
    await scenario.given('rita', 'close', K)
    expect(scenario.approvals('K')).toBe(2)
    expect((await verdict(scenario)).findings).toEqual([expect.objectContaining({ code: 'alias.late' })])
  })

  it('lets the release of K stand when it is learned in the very instant, but after it, that Alix is Alice [LAW 5]', async () => {
    const scenario = await f0Tested({ people: people({ alix: ['appr'] }) })
    await scenario.given('alix', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await scenario.given('paul', 'release', K)
    await alias(scenario, 'alix', 'alice')
    expect(scenario.approvals('K')).toBe(2)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('satisfied')
  })

  it('keeps what was recorded under the id that is given up [LAW 5]', async () => {
    const scenario = await f0Tested({ people: people({ bobby: ['appr'] }) })
    await scenario.given('bobby', 'approve', K)
    await alias(scenario, 'bobby', 'bob')
    expect(scenario.change('K').approvals).toMatchObject([{ person: 'bobby', chain: ['bobby'] }])
    await scenario.given('bob', 'withdraw', { ...K, comment: 'not yet' })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('finds Alice behind an id that leads to her over another one, in whatever order that was learned [LAW 5]', async () => {
    for (const order of [
      [
        ['alix', 'alice'],
        ['alex', 'alix'],
      ],
      [
        ['alex', 'alix'],
        ['alix', 'alice'],
      ],
    ] as const) {
      const scenario = await f0Tested({ people: people({ alix: [], alex: ['appr'] }) })
      for (const [person, is] of order) await alias(scenario, person, is)
      await refused(scenario, ['alex', 'approve', K], 'duty.conflict', { held: 'make' })
    }
  })

  it('refuses to record what is known already, a circle of ids, and what only a bystander has learned [LAW 5]', async () => {
    const scenario = await f0Tested({ people: people({ alix: [] }) })
    const comment = 'one file'
    await refused(
      scenario,
      ['bob', 'recordAlias', { person: 'alix', is: 'alice', comment }],
      'authority.not-administrator',
      { person: 'bob' },
    )
    await alias(scenario, 'alix', 'alice')
    await refused(scenario, ['ada', 'recordAlias', { person: 'alix', is: 'alice', comment }], 'nothing-to-do')
    await refused(scenario, ['ada', 'recordAlias', { person: 'alice', is: 'alix', comment }], 'nothing-to-do')
    await refused(scenario, ['ada', 'recordAlias', { person: 'alice', is: 'alice', comment }], 'nothing-to-do')
  })

  it('takes the account of an id that had left away, when it turns out to be Bob, who is here [LAW 5]', async () => {
    const scenario = await f0Tested({ people: people({ bert: ['appr'] }) })
    await scenario.given('ada', 'recordDeparture', { person: 'bert' })
    await alias(scenario, 'bert', 'bob')
    await refused(scenario, ['bert', 'approve', K], 'identity.unknown-account', { account: 'bert' })
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('refuses the release of Alix, who turns out to be Alice, where make and release are apart [LAW 5]', async () => {
    const options = { separate: [separate('make', 'release').because('whoever makes does not release')] }
    const scenario = await f0Tested({
      policies: [fixturePolicy({ options })],
      people: people({ alix: ['deployer'] }),
    })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await alias(scenario, 'alix', 'alice')
    await refused(scenario, ['alix', 'release', K], 'duty.conflict', { duties: ['make', 'release'] })
  })

  it('stops counting Dan, who turns out to be Rita, who asked for K, and refuses to count her by either id [LAW 5]', async () => {
    const scenario = await f0Tested({ people: people({ rita: ['appr'] }) })
    await scenario.given('dan', 'approve', K)
    await alias(scenario, 'dan', 'rita')
    expect(scenario.approvals('K')).toBe(0)
    for (const account of ['dan', 'rita']) {
      await refused(scenario, [account, 'approve', K], 'duty.conflict', { duties: ['request', 'approve'] })
    }
  })

  it('counts what is learned in the instant of the release, but before it [LAW 5]', async () => {
    const scenario = await f0Tested({ people: people({ alix: ['appr'] }) })
    await scenario.given('alix', 'approve', K)
    await scenario.given('carol', 'approve', K)
    scenario.at(hour)
    await alias(scenario, 'alix', 'alice')
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
  })

  it('does not put K into effect where Erin, who tested it, turns out to be Carol, who approved it [LAW 5]', async () => {
    const scenario = await f0Tested()
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await alias(scenario, 'carol', 'erin')
    expect(scenario.isApprovable('K')).toBe(false)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
  })
})

describe('a change that is over, and somebody who turns out to be another one since', () => {
  it('is closed by Paul, who released it, and by Paula, who he turns out to be since, by either login [LAW 5]', async () => {
    for (const [person, is] of [
      ['paul', 'paula'],
      ['paula', 'paul'],
    ] as const) {
      for (const by of ['paul', 'paula']) {
        const scenario = await f0Approved({ people: people({ paula: [] }) })
        await scenario.given('paul', 'release', K)
        scenario.at(hour)
        await alias(scenario, person, is)
        for (const one of ['alice', 'bob', 'carol', 'erin', 'rita'])
          await scenario.given('ada', 'recordDeparture', { person: one })
        const close = { ...K, comment: 'done' }
        await refused(scenario, ['dan', 'close', close], 'authority.not-participant', { participants: [is] })
        await scenario.given(by, 'close', close)
        expect((await verdict(scenario)).status).toBe('sound')
      }
    }
  })
})

describe('a delegate, a robot or an administrator who turns out to be somebody else', () => {
  it('refuses Dora for Bob, as she turns out to be Alice, who made K [LAW 5]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [] }) })
    await delegated(scenario, 'bob', 'dora')
    await alias(scenario, 'dora', 'alice')
    await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'duty.conflict', { person: 'alice' })
  })

  it('stops counting what Dora approved for Bob, who turns out to be Alice [LAW 5]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [] }) })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    await alias(scenario, 'bob', 'alice')
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['dora', 'approve', { ...K, for: 'alice' }], 'duty.conflict', {
      person: 'alice',
      link: 'principal',
    })
  })

  it('refuses Eve for Bob, as Dora, who passed the delegation on to her, turns out to be Alice, who made K [LAW 5]', async () => {
    const policies = [fixturePolicy({ options: { delegation: { depth: 2 } } })]
    const scenario = await f0Tested({ policies, people: people({ dora: [], eve: [] }) })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'delegate', {
      delegation: 'dora-to-eve',
      principal: 'dora',
      to: 'eve',
      of: 'bob-to-dora',
      from: scenario.now,
      until: '2026-03-09T08:00:00.000Z',
    })
    await scenario.given('eve', 'approve', { ...K, for: 'bob' })
    expect(scenario.approvals('K')).toBe(1)
    await alias(scenario, 'dora', 'alice')
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['eve', 'approve', { ...K, for: 'bob' }], 'duty.conflict', { held: 'make' })
  })

  it('leaves Bobby no delegation from Bob when he turns out to be Bob [LAW 5]', async () => {
    const scenario = await f0Tested({ people: people({ bobby: [] }) })
    await delegated(scenario, 'bob', 'bobby')
    await alias(scenario, 'bobby', 'bob')
    await refused(scenario, ['bobby', 'approve', { ...K, for: 'bob' }], 'authority.no-role', { principal: 'bob' })
    await scenario.given('bobby', 'approve', K)
    expect(scenario.change('K').approvals).toMatchObject([{ seats: [{ capacity: 'own' }] }])
  })

  it('ends what Ada arranged for herself under another id: the delegation of Bob to her, and a role of her own robot [LAW 5]', async () => {
    const found = (scenario: Scenario, person: string, is: string) =>
      scenario.given('otto', 'recordAlias', { person, is, comment: 'one passport' })
    for (const [person, is] of [
      ['dora', 'ada'],
      ['ada', 'dora'],
    ] as const) {
      const scenario = await f0({ people: people({ dora: [] }) })
      const [from, until] = [scenario.now, '2026-03-09T08:00:00.000Z']
      await scenario.given('ada', 'delegate', { delegation: 'arranged', principal: 'bob', to: 'dora', from, until })
      await robot(scenario, 'ci-bot', { controller: 'dora', role: 'tester' })
      await found(scenario, person, is)
      await refused(scenario, ['ci-bot', 'signOff', { ...K, ...report }], 'authority.no-role')
      await scenario.given('erin', 'signOff', { ...K, ...report })
      await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'authority.no-role', { principal: 'bob' })
      expect(await verdict(scenario)).toMatchObject({ status: 'sound', findings: [] })
    }
  })

  it('explains K and counts Dora once where two delegations run in a circle since Dora turned out to be one person [LAW 5]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [], dorothy: [] }) })
    await delegated(scenario, 'bob', 'dora')
    await delegated(scenario, 'dorothy', 'bob')
    await alias(scenario, 'dorothy', 'dora')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    await refused(scenario, ['bob', 'approve', K], 'approval.already-given', { person: 'bob', by: 'dora' })
    expect(scenario.approvals('K')).toBe(1)
  })

  it('stops counting the sign-off of a robot whose controller turns out to be Alice [LAW 5]', async () => {
    const scenario = await f0({ people: people({ cleo: [] }) })
    await robot(scenario, 'ci-bot', { controller: 'cleo', role: 'tester' })
    await scenario.given('ci-bot', 'signOff', { ...K, ...report })
    await alias(scenario, 'cleo', 'alice')
    expect(stageOf(scenario, 'K', 'verify')).toMatchObject({ missing: { tester: 1 } })
    await refused(scenario, ['ci-bot', 'signOff', { ...K, ...report }], 'duty.conflict', { person: 'alice' })
  })

  it('counts the two administrators as one once they turn out to be one, who then adopts nothing alone [LAW 5]', async () => {
    const scenario = await f0({ people: people({ cleo: [] }) })
    await scenario.given('ada', 'appointAdministrator', { person: 'cleo' })
    await scenario.given('otto', 'appointAdministrator', { person: 'cleo' })
    const policy = fixturePolicy({ options: { description: 'another one' } })
    await scenario.given('ada', 'proposePolicy', { policy })
    await scenario.given('cleo', 'recordAlias', { person: 'ada', is: 'otto', comment: 'one passport' })
    expect(scenario.desk.governance().administrators.toSorted()).toEqual(['cleo', 'otto'])
    for (const account of ['ada', 'otto']) {
      await refused(scenario, [account, 'adoptPolicy', { digest: policyDigest(policy) }], 'duty.second-person')
    }
    await scenario.given('cleo', 'adoptPolicy', { digest: policyDigest(policy) })
  })
})

describe('two approvals that turn out to be those of one person', () => {
  it('counts Bob and Bobby, who turn out to be one, as one of two: the earlier stands, the later does not [LAW 6]', async () => {
    const scenario = await f0Tested({ people: people({ bobby: ['appr'] }) })
    await scenario.given('bobby', 'approve', K)
    scenario.at(hour)
    await scenario.given('bob', 'approve', K)
    expect(scenario.change('K').state).toBe('production')
    await alias(scenario, 'bobby', 'bob')
    expect(scenario.approvals('K')).toBe(1)
    expect(discountOf(scenario, 'K', 'approve', 'bobby')).toBeUndefined()
    expect(discountOf(scenario, 'K', 'approve', 'bob')).toMatchObject({ why: 'given-again' })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
  })

  it('refuses Bobby, who turns out to be Bob, after Bob has approved [LAW 6]', async () => {
    const scenario = await f0Tested({ people: people({ bobby: ['appr'] }) })
    await scenario.given('bob', 'approve', K)
    await alias(scenario, 'bobby', 'bob')
    await refused(scenario, ['bobby', 'approve', K], 'approval.already-given', { person: 'bob', by: 'bob' })
    expect(stageOf(scenario, 'K', 'approve').eligible.filter(one => one.excluded === undefined)).toHaveLength(2)
  })

  it('counts Dora for Bob and Carol as one of two, as Dora turns out to be Carol [LAW 6]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [] }) })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    await scenario.given('carol', 'approve', K)
    await alias(scenario, 'dora', 'carol')
    expect(scenario.approvals('K')).toBe(1)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
  })

  it('counts Bob and Bobby, who turn out to be one, in the first of two stages and not in the second [LAW 6]', async () => {
    const flow = [
      approval('data', approvals(1).from(role('appr'))),
      approval('business', approvals(1).from(role('head'))),
      release('production', { by: role('deployer') }),
    ]
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: people({ bobby: ['head'] }) })
    await scenario.given('bob', 'approve', K)
    await scenario.given('bobby', 'approve', K)
    await alias(scenario, 'bobby', 'bob')
    expect(scenario.approvals('K', 'data')).toBe(1)
    expect(scenario.approvals('K', 'business')).toBe(0)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
  })

  it('fills one of two roles by Bob and Bobby, who turn out to be one [LAW 6]', async () => {
    const requires = all(approvals(1).from(role('appr')), approvals(1).from(role('head')))
    const flow = [approval('approve', requires), release('production', { by: role('deployer') })]
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: people({ bobby: ['head'] }) })
    await scenario.given('bob', 'approve', K)
    await scenario.given('bobby', 'approve', K)
    await alias(scenario, 'bob', 'bobby')
    expect(scenario.approvals('K')).toBe(1)
    expect(scenario.isApprovable('K')).toBe(false)
  })

  it('counts the sign-offs of Erin and of Erika, who turn out to be one, as one of two [LAW 6]', async () => {
    const flow = [
      test('verify', { by: role('tester'), signOffs: 2 }),
      approval('approve', approvals(1).from(role('appr'))),
      release('production', { by: role('deployer') }),
    ]
    const scenario = await f0Tested({ policies: [fixturePolicy({ flow })], people: people({ erika: ['tester'] }) })
    await scenario.given('erika', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await alias(scenario, 'erika', 'erin')
    expect(stageOf(scenario, 'K', 'verify')).toMatchObject({ missing: { tester: 1 } })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
  })

  it('takes the rejection of Bobby, who turns out to be Bob, for the end of what Bob approved [LAW 6]', async () => {
    const scenario = await f0Tested({ people: people({ bobby: ['appr'] }) })
    await scenario.given('bob', 'approve', K)
    await alias(scenario, 'bobby', 'bob')
    await scenario.given('bobby', 'reject', { ...K, comment: 'I was wrong' })
    expect(scenario.change('K').state).toBe('returned')
    expect(scenario.approvals('K')).toBe(0)
  })

  it('counts Bob and Bobby, who turn out to be one, once on K, which is open, and leaves the count of L, which was released before [LAW 6]', async () => {
    const scenario = await f0Tested({ people: people({ bobby: ['appr'] }) })
    await scenario.given('rita', 'submit', { ...submitK, change: 'L' })
    await scenario.given('erin', 'signOff', { change: 'L', ...report })
    for (const change of ['K', 'L']) {
      await scenario.given('bob', 'approve', { change })
      await scenario.given('bobby', 'approve', { change })
    }
    await scenario.given('paul', 'release', { change: 'L' })
    scenario.at(hour)
    await alias(scenario, 'bobby', 'bob')
    expect(scenario.approvals('K')).toBe(1)
    expect(scenario.approvals('L')).toBe(2)
  })
})

describe('what is owed on a change, and was done by somebody who turns out to have had no right to it', () => {
  const flow = (look: object = {}) => [
    approval('agree', approvals(1).from(role('appr'))),
    release('production', { by: role('deployer') }),
    test('look', { by: role('tester'), evidence: 'optional', within: '1d', ...look }),
    approval('review', approvals(1).from(role('appr')), { within: '9d' }),
  ]
  const checked = { checklist: { ledger: 'the ledger adds up' } }
  async function inEffect(look: object, testers: readonly string[]) {
    const held = Object.fromEntries(testers.map(one => [one, ['tester']]))
    const scenario = await f0({
      policies: [fixturePolicy({ flow: flow(look) })],
      people: people({ alix: [], gina: [], frank: ['tester'], ...held }),
    })
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
    return scenario
  }
  const passed = { ...K, stage: 'look', result: 'passed' as const, evidence: [] }
  const ticked = { ...K, stage: 'look', items: ['ledger'] }

  /** It turns out that Alix is Alice, and two days go by. */
  async function fallsAway(scenario: Scenario) {
    expect(scenario.change('K').state).toBe('review')
    await alias(scenario, 'alix', 'alice')
    expect(scenario.explain('K').state).toBe('look')
    scenario.at(48 * hour)
  }
  const isLate = async (scenario: Scenario) =>
    expect(await verdict(scenario)).toMatchObject({ findings: [], obligations: { fulfilled: 1, late: 1 } })

  it('is owed again where Alix ticked an item of it, who turns out to be Alice, who made K, and late when Frank ticks it after its time [LAW 5]', async () => {
    const scenario = await inEffect(checked, ['alix'])
    await scenario.given('alix', 'tick', ticked)
    await scenario.given('erin', 'signOff', passed)
    await fallsAway(scenario)
    await scenario.given('frank', 'tick', ticked)
    await isLate(scenario)
  })

  it('is owed again where Gina tested by a role that Alix gave her, who turns out to be Alice, and late when Frank tests after its time [LAW 5]', async () => {
    const scenario = await inEffect({}, [])
    await scenario.given('ada', 'appointAdministrator', { person: 'alix' })
    await scenario.given('otto', 'appointAdministrator', { person: 'alix' })
    await scenario.given('alix', 'grantRole', { role: 'tester', to: 'gina', team: 't' })
    await scenario.given('gina', 'signOff', passed)
    await fallsAway(scenario)
    await scenario.given('frank', 'signOff', passed)
    await isLate(scenario)
  })

  it('finds in a trail sealed anew a sign-off with an item that only Alix has ticked, who had turned out to be Alice by then [LAW 5]', async () => {
    const scenario = await inEffect(checked, ['alix'])
    await scenario.given('alix', 'tick', ticked)
    await scenario.given('erin', 'signOff', passed)
    await alias(scenario, 'alix', 'alice')
    const bodies = bodiesOf(await linesOf(scenario.store))
    const [signOff] = bodies.splice(-2, 1)
    const forged = verifyTrail([fileOf(reseal(renumber([...bodies, { ...(signOff as LooseBody), at: scenario.now }])))])
    expect(Object.keys(forged.codes)).toContain('checklist.open')
  })
})
