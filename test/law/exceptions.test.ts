import { content, f0, fixturePolicy, normalFlow, type Scenario, submitK } from '@countersign/testing'
import { bodiesOf, fileOf, type LooseBody, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import {
  approval,
  approvals,
  approved,
  approvedBeforeRelease,
  category,
  controls,
  exception,
  parsePolicy,
  policy,
  release,
  role,
  type Stage,
  separate,
  share,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refused } from './refusal.ts'
import { day, delegated, hour, K, people, report, robot, stageOf } from './setting.ts'
import { eventsOf } from './trail.ts'

const lenient = controls('lenient', {
  'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
  'CM-2': separate('make', 'test', { exceptions: 'allowed' }).because('nobody tests what they made'),
  'CM-3': approvedBeforeRelease().because('nothing unapproved reaches production'),
})

const rule = (one: string, other: string) =>
  exception(one, other)
    .grantedBy(role('head'))
    .atMost('7d')
    .compensatedBy('the controller reviews it within a week')
    .because('two people cannot fill three duties')

const roles = { appr: 'approves', tester: 'tests', deployer: 'releases', head: 'heads the department' }
const production = release('production', { by: role('deployer') })
const asks = (count: number): Stage[] => [approval('approve', approvals(count).from(role('appr'))), production]

const policyOf = (flow: Stage[] = asks(1), exceptions = [rule('make', 'approve')]) =>
  fixturePolicy({ options: { complies: lenient, roles, separate: [], exceptions }, flow })

/** Alice makes and could approve, Carol heads the department: the team of two, with whoever asks and releases. */
const two = people({ alice: ['appr'], bob: [], carol: ['head'], dan: [] })

const open = (flow?: Stage[], vary: Parameters<typeof f0>[0] = {}) =>
  f0({ controls: lenient, policies: [policyOf(flow)], people: two, ...vary })

const asked = (until: string, more: object = {}) => ({
  ...K,
  exception: 'x1',
  person: 'alice',
  duties: ['make', 'approve'] as [string, string],
  until,
  reason: 'Bob is in hospital',
  ...more,
})
const grant = { ...K, exception: 'x1', comment: 'seen' }
const week = '2026-03-09T08:00:00.000Z'
const nextWeek = (at: string): string => new Date(Date.parse(at) + 7 * day).toISOString()

/** Whoever asks for a change has not made it, and can be excepted from that. */
const ordering = {
  complies: lenient,
  roles,
  separate: [separate('request', 'make', { exceptions: 'allowed' }).because('nobody orders what they make')],
  exceptions: [rule('request', 'make')],
}

/** Alice has her exception from Carol. */
async function excepted(flow?: Stage[], vary: Parameters<typeof f0>[0] = {}, until = week) {
  const scenario = await open(flow, vary)
  await scenario.given('alice', 'requestException', asked(until))
  await scenario.given('carol', 'grantException', grant)
  return scenario
}

describe('a documented exception from the separation', () => {
  it('refuses the exception that Alice would grant herself, and accepts that of Carol, for K, until a time and for a reason, under which K is approvable and never listed as compliant [LAW 19]', async () => {
    const scenario = await open(undefined, { people: { ...two, alice: ['appr', 'head'] } })
    await scenario.given('alice', 'requestException', asked(week))
    await refused(scenario, ['alice', 'grantException', grant], 'duty.second-person', { person: 'alice' })
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice', held: 'make' })
    await scenario.given('carol', 'grantException', grant)
    expect(scenario.change('K').exceptions).toMatchObject([
      {
        id: 'x1',
        person: 'alice',
        duties: ['make', 'approve'],
        until: week,
        reason: 'Bob is in hospital',
        requestedBy: 'alice',
        granted: { by: 'carol', at: scenario.now },
      },
    ])
    await scenario.given('alice', 'approve', K)
    expect(scenario.change('K').approvals).toMatchObject([{ person: 'alice', exceptions: ['x1'] }])
    expect(scenario.change('K').state).toBe('production')
    expect(stageOf(scenario, 'K', 'approve').status).toBe('excepted')
    expect(scenario.isApprovable('K')).toBe(true)
    await scenario.given('paul', 'release', K)
    expect(scenario.explain('K').exceptions).toEqual(['x1'])
    expect(stageOf(scenario, 'K', 'approve').status).toBe('excepted')
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({
      status: 'sound',
      findings: [],
      exceptions: [{ change: 'K', exception: 'x1', person: 'alice' }],
    })
  })

  it('refuses to except anybody where the policy says nothing of exceptions, or only of another pair [LAW 19]', async () => {
    const silent = fixturePolicy({ options: { complies: lenient, roles, separate: [] }, flow: asks(1) })
    const other = policyOf(asks(1), [rule('request', 'approve')])
    for (const policies of [[silent], [other]]) {
      const scenario = await open(undefined, { policies })
      await refused(scenario, ['alice', 'requestException', asked(week)], 'exception.not-permitted', {
        duties: ['make', 'approve'],
      })
    }
  })

  it('is shown as a way out where somebody could grant it, and with it nothing else would be in the way [LAW 19]', async () => {
    const ways = async (more: Record<string, string[]>, makers = ['alice']) => {
      const scenario = await open(asks(1), {
        people: { ...two, ...more },
        submit: { content: { digest: content('r1'), makers } },
      })
      return scenario.explain('K').waysOut.filter(one => one.do === 'requestException')
    }
    const way = { do: 'requestException', stage: 'approve', role: 'head' }
    expect(await ways({})).toEqual([{ ...way, persons: ['carol'] }])
    // Nobody grants it to themselves.
    expect(await ways({ alice: ['appr', 'head'], carol: [] })).toEqual([{ ...way, persons: [] }])
    // Rita has asked for what she made, and whoever asks does not approve either.
    expect(await ways({ alice: [], rita: ['appr'] }, ['rita'])).toEqual([])
  })

  it('refuses to load a policy with an exception from a clause that allows none, and cites the clause [LAW 19]', () => {
    const exceptions = [rule('make', 'approve')]
    expect(() => fixturePolicy({ options: { exceptions } })).toThrow(/CM-1/)
  })

  it('refuses a policy with an exception from the separation that the house itself demands where no clause allows it, at the desk as well [LAW 19]', async () => {
    const silent = controls('silent', {})
    for (const [one, other] of [
      ['make', 'approve'],
      ['test', 'make'],
    ] as const) {
      const rules = fixturePolicy({ options: { complies: silent, roles, separate: [] }, flow: asks(1) })
      const exceptions = [rule(one, other)]
      const where = { where: 'exceptions.0' }
      expect(() => parsePolicy({ ...rules, exceptions }, silent)).toThrow(/no clause of the controls allows exceptions/)
      const scenario = await f0({ controls: silent, policies: [rules], people: two, submit: null })
      await refused(scenario, ['ada', 'proposePolicy', { policy: { ...rules, exceptions } }], 'policy.invalid', {
        problems: [where],
      })
    }
  })

  it('refuses the exception that one clause allows and another on the same pair does not [LAW 19]', () => {
    const torn = controls('torn', {
      ...lenient.clauses,
      'CM-9': separate('approve', 'make').because('and here without exception'),
    })
    const exceptions = [rule('make', 'approve')]
    expect(() =>
      fixturePolicy({ options: { complies: torn, roles, separate: [], exceptions }, flow: asks(1) }),
    ).toThrow(/CM-9/)
  })

  it('refuses to load a policy with an exception from what nothing keeps apart, or granted by a role that is not there [LAW 19]', () => {
    expect(() => policyOf(asks(1), [rule('test', 'release')])).toThrow(/nothing keeps/)
    const exceptions = [{ ...rule('make', 'approve'), grantedBy: 'haed' }]
    expect(() => policyOf(asks(1), exceptions)).toThrow(/there is no role haed/)
  })

  it('takes the order of the two duties for the same pair [LAW 19]', async () => {
    const scenario = await open()
    await scenario.given('alice', 'requestException', asked(week, { duties: ['approve', 'make'] }))
    await scenario.given('carol', 'grantException', grant)
    await scenario.given('alice', 'approve', K)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('excepted')
  })

  it('excepts Erin from the separation of testing and making that the house itself demands, and marks the test [LAW 19]', async () => {
    const flow = [test('verify', { by: role('tester') }), ...asks(1)]
    const scenario = await f0({
      controls: lenient,
      policies: [policyOf(flow, [rule('make', 'test')])],
      people: { ...two, bob: ['appr'] },
      submit: { content: { digest: content('r1'), makers: ['erin'] } },
    })
    await scenario.given('erin', 'requestException', asked(week, { person: 'erin', duties: ['make', 'test'] }))
    await scenario.given('carol', 'grantException', grant)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(scenario.change('K').state).toBe('approve')
    expect(stageOf(scenario, 'K', 'verify').status).toBe('excepted')
  })
})

describe('who may grant an exception', () => {
  it('refuses Carol who would grant what she asked for herself in favour of Alice [LAW 19]', async () => {
    const scenario = await open()
    await scenario.given('carol', 'requestException', asked(week))
    await refused(scenario, ['carol', 'grantException', grant], 'duty.second-person', { person: 'carol' })
  })

  it('refuses the exception that Carol, another maker of K, or Rita, who asked for K, would grant Alice [LAW 19]', async () => {
    const scenario = await open(undefined, {
      people: { ...two, rita: ['head'] },
      submit: { content: { digest: content('r1'), makers: ['alice', 'carol'] } },
    })
    await scenario.given('alice', 'requestException', asked(week))
    for (const person of ['carol', 'rita']) {
      const receipt = await scenario.when(person, 'grantException', grant)
      expect(receipt).toMatchObject({ outcome: 'refused' })
    }
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice' })
  })

  it('refuses the exception that somebody without the role would grant, or a delegate of Carol, or her robot [LAW 19]', async () => {
    const scenario = await open(undefined, { people: { ...two, dora: [] } })
    await robot(scenario, 'carol-bot', { controller: 'carol', role: 'head' })
    await delegated(scenario, 'carol', 'dora')
    await scenario.given('alice', 'requestException', asked(week))
    await refused(scenario, ['bob', 'grantException', grant], 'authority.no-role', { person: 'bob' })
    await refused(scenario, ['dora', 'grantException', grant], 'authority.no-role', { person: 'dora' })
    await refused(scenario, ['carol-bot', 'grantException', grant], 'identity.bot', { bot: 'carol-bot' })
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice' })
  })

  it('refuses the exception that Carol would grant once she has left [LAW 19]', async () => {
    const scenario = await open()
    await scenario.given('alice', 'requestException', asked(week))
    await scenario.given('ada', 'recordDeparture', { person: 'carol' })
    await refused(scenario, ['carol', 'grantException', grant], 'identity.departed', { person: 'carol' })
  })

  it('lets Carol, who granted it, not decide by it in the name of Alice, whichever came first [LAW 19]', async () => {
    const after = await excepted()
    await delegated(after, 'alice', 'carol')
    await refused(after, ['carol', 'approve', { ...K, for: 'alice' }], 'duty.conflict', { person: 'alice' })
    await after.given('alice', 'approve', K)
    const dora = await excepted(undefined, { people: { ...two, dora: [] } })
    await delegated(dora, 'alice', 'dora')
    await dora.given('dora', 'approve', { ...K, for: 'alice' })
    expect(dora.approvals('K')).toBe(1)
    await dora.given('otto', 'recordAlias', { person: 'dora', is: 'carol', comment: 'one passport' })
    expect(dora.approvals('K')).toBe(0)
    await refused(dora, ['paul', 'release', K], 'requirement.unmet')
    for (const scenario of [after, dora])
      expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('counts no longer what Alice approved under the exception of Carol when Carol becomes a maker of K [LAW 19]', async () => {
    const scenario = await excepted()
    await scenario.given('alice', 'approve', K)
    await scenario.given('rita', 'assign', { ...K, to: 'carol' })
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', { state: 'approve' })
  })

  it('counts no longer what Alice approved under the exception of Carol, who turns out to be Alice [LAW 19]', async () => {
    const scenario = await excepted()
    await scenario.given('alice', 'approve', K)
    await scenario.given('ada', 'recordAlias', { person: 'carol', is: 'alice', comment: 'one passport' })
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
  })

  it('counts no longer what Alice approved under an exception that Cara asked for, who turns out to be Carol, who granted it [LAW 19]', async () => {
    const scenario = await open(undefined, { people: { ...two, cara: [] } })
    await scenario.given('cara', 'requestException', asked(week))
    await scenario.given('carol', 'grantException', grant)
    await scenario.given('alice', 'approve', K)
    await scenario.given('ada', 'recordAlias', { person: 'cara', is: 'carol', comment: 'one file' })
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
  })

  it('counts no longer what Alice approved under the exception of Carol, who was removed as compromised, and goes on counting it where she only gave up her role [LAW 19]', async () => {
    const scenario = await excepted()
    await scenario.given('alice', 'approve', K)
    scenario.at(hour)
    await scenario.given('ada', 'revokeRole', { role: 'head', from: 'carol', team: '*' })
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('ada', 'recordDeparture', { person: 'carol', compromised: true })
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
  })

  it('finds K put into effect on what Alice approved under the exception of Carol, who was removed as compromised before that [LAW 19]', async () => {
    const approvedByAlice = async () => {
      const scenario = await excepted()
      await scenario.given('alice', 'approve', K)
      return scenario
    }
    const [honest, late] = [await approvedByAlice(), await approvedByAlice()]
    await honest.given('paul', 'release', K)
    const release = bodiesOf(await linesOf(honest.store)).at(-1) as LooseBody
    await late.given('ada', 'recordDeparture', { person: 'carol', compromised: true })
    const forged = reseal(renumber([...bodiesOf(await linesOf(late.store)), release]))
    expect(Object.keys(verifyTrail([fileOf(forged)]).codes)).toEqual(expect.arrayContaining(['release.unapproved']))
  })

  it('refuses an exception that is granted twice, asked for twice under one id, or was never asked for [LAW 19]', async () => {
    const scenario = await excepted()
    await refused(scenario, ['carol', 'grantException', grant], 'nothing-to-do')
    await refused(scenario, ['alice', 'requestException', asked(week)], 'name.taken', { name: 'x1' })
    await refused(scenario, ['carol', 'grantException', { ...grant, exception: 'x2' }], 'name.unknown', { name: 'x2' })
  })
})

describe('what an exception covers, and for how long', () => {
  it('refuses Alice as long as her exception is asked for and not granted [LAW 19]', async () => {
    const scenario = await open()
    await scenario.given('alice', 'requestException', asked(week))
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice', clause: 'CM-1' })
    expect(scenario.explain('K').whoCanUnblock).not.toContain('alice')
  })

  it('names Alice among those who can take K on while her exception is in force [LAW 19]', async () => {
    const scenario = await excepted()
    expect(scenario.explain('K').whoCanUnblock).toEqual(['alice'])
  })

  it('excepts Alice on K and not on L, and nobody else who made K [LAW 19]', async () => {
    const scenario = await excepted(undefined, {
      people: { ...two, mia: ['appr'] },
      submit: { content: { digest: content('r1'), makers: ['alice', 'mia'] } },
    })
    await scenario.given('rita', 'submit', { ...submitK, change: 'L' })
    await refused(scenario, ['alice', 'approve', { change: 'L' }], 'duty.conflict', { person: 'alice' })
    await refused(scenario, ['mia', 'approve', K], 'duty.conflict', { person: 'mia' })
    await scenario.given('alice', 'approve', K)
  })

  it('excepts Alice from the one pair and from no other: she asked for K as well [LAW 19]', async () => {
    const scenario = await f0({ controls: lenient, policies: [policyOf()], people: two, submit: null })
    await scenario.given('alice', 'submit', submitK)
    await scenario.given('alice', 'requestException', asked(week))
    await scenario.given('carol', 'grantException', grant)
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { duties: ['request', 'approve'] })
  })

  it('does not except Dora, who made K as well and acts for Alice, nor Alice as the delegate of a maker [LAW 19]', async () => {
    const scenario = await excepted(undefined, {
      people: { ...two, dora: ['appr'] },
      submit: { content: { digest: content('r1'), makers: ['alice', 'dora'] } },
    })
    await delegated(scenario, 'alice', 'dora')
    await refused(scenario, ['dora', 'approve', { ...K, for: 'alice' }], 'duty.conflict', { person: 'dora' })
    await scenario.given('ada', 'revokeDelegation', { delegation: 'alice-to-dora' })
    await delegated(scenario, 'dora', 'alice')
    await refused(scenario, ['alice', 'approve', { ...K, for: 'dora' }], 'duty.conflict', { person: 'dora' })
  })

  it('accepts Alice an instant before her exception ends, and refuses her at its end [LAW 19]', async () => {
    const scenario = await excepted()
    scenario.at(week)
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice' })
    const earlier = await excepted()
    earlier.at(Date.parse(week) - Date.parse(earlier.now) - 1)
    await earlier.given('alice', 'approve', K)
    expect(earlier.change('K').state).toBe('production')
  })

  it('counts the approval of Alice no longer when her exception ends between it and the release [LAW 19]', async () => {
    const scenario = await excepted()
    await scenario.given('alice', 'approve', K)
    scenario.at(week)
    expect(scenario.approvals('K')).toBe(0)
    expect(stageOf(scenario, 'K', 'approve').status).not.toBe('excepted')
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('counts the approval of Alice no longer when her exception is revoked before the release, and refuses her anew [LAW 19]', async () => {
    const scenario = await excepted()
    await scenario.given('alice', 'approve', K)
    await scenario.given('carol', 'revokeException', { ...grant, comment: 'Bob is back' })
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice' })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
  })

  it.each([
    ['is revoked', (scenario: Scenario) => scenario.given('carol', 'revokeException', grant)],
    ['ends', async (scenario: Scenario) => scenario.at(week)],
  ])(
    'counts what Alice approved under an exception that %s under no later one, until she approves anew [LAW 19]',
    async (_, end) => {
      const scenario = await excepted()
      await scenario.given('alice', 'approve', K)
      await end(scenario)
      await scenario.given('alice', 'requestException', asked(nextWeek(scenario.now), { exception: 'x2' }))
      await scenario.given('carol', 'grantException', { ...grant, exception: 'x2' })
      expect(scenario.approvals('K')).toBe(0)
      expect(stageOf(scenario, 'K', 'approve').status).toBe('pending')
      await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
      await scenario.given('alice', 'approve', K)
      await scenario.given('paul', 'release', K)
      expect(scenario.explain('K').exceptions).toEqual(['x2'])
      expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
    },
  )

  it('counts what Bob approved before he became a maker under no exception of later, until he approves anew [LAW 19]', async () => {
    const scenario = await open(undefined, { people: { ...two, bob: ['appr'] } })
    await scenario.given('bob', 'approve', K)
    await scenario.given('rita', 'assign', { ...K, to: 'bob' })
    await scenario.given('bob', 'requestException', asked(week, { person: 'bob' }))
    await scenario.given('carol', 'grantException', grant)
    expect(scenario.approvals('K')).toBe(0)
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('counts what Bob approved while he was excepted already when he becomes a maker after that [LAW 19]', async () => {
    const scenario = await open(undefined, { people: { ...two, bob: ['appr'] } })
    await scenario.given('bob', 'requestException', asked(week, { person: 'bob' }))
    await scenario.given('carol', 'grantException', grant)
    await scenario.given('bob', 'approve', K)
    await scenario.given('rita', 'assign', { ...K, to: 'bob' })
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('paul', 'release', K)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('excepted')
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('counts a test under no exception of later either [LAW 19]', async () => {
    const flow = [test('verify', { by: role('tester') }), ...asks(1)]
    const scenario = await open(undefined, {
      policies: [policyOf(flow, [rule('make', 'test')])],
      people: { ...two, bob: ['appr'] },
    })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('rita', 'assign', { ...K, to: 'erin' })
    await scenario.given('erin', 'requestException', asked(week, { person: 'erin', duties: ['make', 'test'] }))
    await scenario.given('carol', 'grantException', grant)
    expect(scenario.change('K').state).toBe('verify')
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('lets a release stand when the exception behind it ends after it, and goes on listing it [LAW 19]', async () => {
    const scenario = await excepted()
    await scenario.given('alice', 'approve', K)
    await scenario.given('paul', 'release', K)
    scenario.at(30 * day)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('excepted')
    await scenario.given('rita', 'close', K)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('excepted')
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('refuses an exception for longer than the policy allows, and one that is over before it begins [LAW 19]', async () => {
    const scenario = await open()
    for (const until of ['2026-03-09T08:00:00.001Z', '2027-03-02T08:00:00.000Z', scenario.now]) {
      await scenario.when('alice', 'requestException', asked(until))
      await scenario.when('carol', 'grantException', grant)
      await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice' })
    }
    expect((await eventsOf(scenario)).filter(event => event.type === 'exception.granted')).toEqual([])
  })

  it('excepts Alice after an edit of K as well, when her approval of r1 is stale and she gives another [LAW 19]', async () => {
    const scenario = await excepted()
    await scenario.given('alice', 'approve', K)
    scenario.at(hour)
    await scenario.given('alice', 'revise', {
      ...K,
      content: { digest: content('r2'), makers: ['alice'] },
      comment: 'r2',
    })
    expect(scenario.approvals('K')).toBe(0)
    await scenario.given('alice', 'approve', K)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('excepted')
  })
})

describe('an exception among other rules', () => {
  it('counts Alice under her exception as one of two, and waits for another person [LAW 19]', async () => {
    const scenario = await excepted(asks(2), { people: { ...two, dan: ['appr'] } })
    await scenario.given('alice', 'approve', K)
    await refused(scenario, ['alice', 'approve', K], 'approval.already-given', { person: 'alice' })
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'pending', missing: { appr: 1 } })
    await scenario.given('dan', 'approve', K)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('excepted')
  })

  it('shows the stage as satisfied and not as excepted where nobody used the exception that was granted [LAW 19]', async () => {
    const scenario = await excepted(asks(1), { people: { ...two, dan: ['appr'] } })
    await scenario.given('dan', 'approve', K)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('satisfied')
    expect(scenario.change('K').approvals[0]?.exceptions).toBeUndefined()
  })

  it('takes Alice into the number of which a share is asked where her exception is in force as the stage opens [LAW 19]', async () => {
    const [verify] = normalFlow()
    const flow = [verify, approval('approve', share(1, 2).of(role('appr'))), production].filter(
      one => one !== undefined,
    )
    const staff = { ...two, bob: ['appr'], dan: ['appr'] }
    const scenario = await excepted(flow, { people: staff })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(scenario.change('K').electorates.approve).toEqual({ appr: 3 })
    const without = await open(flow, { people: staff })
    await without.given('erin', 'signOff', { ...K, ...report })
    expect(without.change('K').electorates.approve).toEqual({ appr: 2 })
  })

  it('excepts Alice under the other id for which the exception was granted, once that is known to be hers [LAW 19]', async () => {
    const scenario = await open(undefined, {
      people: { ...two, alix: [] },
      submit: { content: { digest: content('r1'), makers: ['alix'] } },
    })
    await scenario.given('rita', 'requestException', asked(week, { person: 'alix' }))
    await scenario.given('carol', 'grantException', grant)
    await scenario.given('ada', 'recordAlias', { person: 'alix', is: 'alice', comment: 'one file' })
    await scenario.given('alice', 'approve', K)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('excepted')
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('lists both exceptions under which Alice approved, who asked for K as well as made it [LAW 19]', async () => {
    const rules = [rule('make', 'approve'), rule('request', 'approve')]
    const scenario = await f0({
      controls: lenient,
      policies: [policyOf(asks(1), rules)],
      people: two,
      submit: null,
    })
    await scenario.given('alice', 'submit', submitK)
    await scenario.given('alice', 'requestException', asked(week))
    await scenario.given('alice', 'requestException', asked(week, { exception: 'x2', duties: ['request', 'approve'] }))
    await scenario.given('carol', 'grantException', grant)
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { duties: ['request', 'approve'] })
    await scenario.given('carol', 'grantException', { ...grant, exception: 'x2' })
    await scenario.given('alice', 'approve', K)
    expect(scenario.change('K').approvals[0]?.exceptions?.toSorted()).toEqual(['x1', 'x2'])
    await scenario.given('carol', 'revokeException', { ...grant, exception: 'x2' })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('never lists as compliant what Bob approved before he became a maker and was excepted [LAW 19]', async () => {
    const scenario = await open(undefined, { people: { ...two, bob: ['appr'] } })
    await scenario.given('bob', 'approve', K)
    await scenario.given('rita', 'assign', { ...K, to: 'bob' })
    expect(scenario.approvals('K')).toBe(0)
    await scenario.given('bob', 'requestException', asked(week, { person: 'bob' }))
    await scenario.given('carol', 'grantException', grant)
    expect(stageOf(scenario, 'K', 'approve').status).not.toBe('satisfied')
    await scenario.when('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('excepted')
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('marks the release that Alice did under her exception from the separation of making and releasing [LAW 19]', async () => {
    const options = {
      complies: lenient,
      roles,
      separate: [separate('make', 'release', { exceptions: 'allowed' }).because('whoever makes does not release')],
      exceptions: [rule('make', 'release')],
    }
    const scenario = await open(undefined, {
      policies: [fixturePolicy({ options, flow: asks(1) })],
      people: { ...two, alice: ['deployer'], bob: ['appr'] },
    })
    await scenario.given('bob', 'approve', K)
    await refused(scenario, ['alice', 'release', K], 'duty.conflict', { duties: ['make', 'release'] })
    await scenario.given('alice', 'requestException', asked(week, { duties: ['make', 'release'] }))
    await scenario.given('carol', 'grantException', grant)
    await scenario.given('alice', 'release', K)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('satisfied')
    expect(stageOf(scenario, 'K', 'production').status).toBe('excepted')
  })

  it('marks the release of K, which Rita has asked for and made, under her exception from the separation of these [LAW 19]', async () => {
    const scenario = await open(undefined, {
      policies: [fixturePolicy({ options: ordering, flow: asks(1) })],
      people: { ...two, bob: ['appr'] },
      submit: { content: { digest: content('r1'), makers: ['rita'] } },
    })
    await scenario.given('bob', 'approve', K)
    await refused(scenario, ['paul', 'release', K], 'duty.conflict', { duties: ['request', 'make'] })
    expect(scenario.explain('K').waysOut).toEqual([
      { do: 'requestException', stage: 'production', role: 'head', persons: ['carol'] },
    ])
    const asking = asked(week, { person: 'rita', duties: ['request', 'make'] })
    await scenario.given('rita', 'requestException', asking)
    await scenario.given('carol', 'grantException', grant)
    await scenario.given('paul', 'release', K)
    expect(stageOf(scenario, 'K', 'production')).toMatchObject({ status: 'excepted', acts: [{ exceptions: ['x1'] }] })
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({
      status: 'sound',
      findings: [],
      exceptions: [{ change: 'K', exception: 'x1', person: 'rita' }],
    })
  })

  it('shows as excepted for ever what rested on an exception that has ended before its review [LAW 19]', async () => {
    const options = {
      ...ordering,
      roles: { ...roles, auditor: 'reviews' },
      exceptions: [...ordering.exceptions, rule('make', 'approve')],
    }
    const review = approval('review', approvals(1).from(role('auditor')), { within: '24h' })
    for (const [duties, makers] of [
      [['request', 'make'], ['rita']],
      [['make', 'approve'], ['alice']],
    ] as const) {
      const scenario = await open(undefined, {
        policies: [fixturePolicy({ options, flow: [...asks(1), review] })],
        people: { ...two, vera: ['auditor'] },
        submit: { content: { digest: content('r1'), makers: [...makers] } },
      })
      const [person] = makers
      await scenario.given(person, 'requestException', asked('2026-03-02T10:00:00.000Z', { person, duties }))
      await scenario.given('carol', 'grantException', grant)
      await scenario.given('alice', 'approve', K)
      await scenario.given('paul', 'release', K)
      scenario.at(5 * 3_600_000)
      expect(scenario.explain('K').exceptions).toEqual(['x1'])
      await scenario.given('vera', 'approve', K)
      expect(scenario.explain('K')).toMatchObject({ state: 'completed', exceptions: ['x1'] })
    }
  })

  it('does not let Carol put K into effect by the exception that she has granted to whoever asked for it and made it [LAW 19]', async () => {
    const scenario = await open(undefined, {
      policies: [fixturePolicy({ options: ordering, flow: asks(1) })],
      people: { ...two, bob: ['appr'], carol: ['head', 'deployer'] },
      submit: { content: { digest: content('r1'), makers: ['rita'] } },
    })
    await scenario.given('bob', 'approve', K)
    await scenario.given('rita', 'requestException', asked(week, { person: 'rita', duties: ['request', 'make'] }))
    await scenario.given('carol', 'grantException', grant)
    expect(scenario.explain('K').whoCanUnblock).toEqual(['paul'])
    await refused(scenario, ['carol', 'release', K], 'duty.conflict', { duties: ['request', 'make'], person: 'rita' })
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('grants no exception after the fact, once K is put into effect or given up [LAW 19]', async () => {
    const scenario = await open(undefined, { people: { ...two, dan: ['appr'] } })
    await scenario.given('alice', 'requestException', asked(week))
    await scenario.given('rita', 'submit', { ...submitK, change: 'L' })
    await scenario.given('alice', 'requestException', asked(week, { change: 'L' }))
    await scenario.given('dan', 'approve', K)
    await scenario.given('paul', 'release', K)
    await scenario.given('rita', 'cancel', { change: 'L', comment: 'not needed' })
    for (const change of ['K', 'L']) {
      await refused(scenario, ['carol', 'grantException', { ...grant, change }], 'lifecycle.not-now', { change })
    }
    await refused(scenario, ['alice', 'requestException', asked(week, { exception: 'x2' })], 'lifecycle.not-now')
  })

  it('excepts nobody from the separation on a new ticket that corrects K, though K is its parent [LAW 19]', async () => {
    const scenario = await excepted()
    await scenario.given('alice', 'approve', K)
    await scenario.given('rita', 'submit', {
      ...submitK,
      change: 'K-2',
      parent: 'K',
      content: { digest: content('r2'), makers: ['bob'] },
    })
    await refused(scenario, ['alice', 'approve', { change: 'K-2' }], 'duty.conflict', { person: 'alice', on: 'K' })
  })

  it('carries nothing into a child of what Alice approved on the parent under her exception, which is for the parent alone [LAW 19]', async () => {
    const form = z.object({ system: z.enum(['ledger', 'billing']) })
    const carriedFrom = approved('project').covers({ system: 'system' }).for('30d')
    const rules = policy(
      't',
      { complies: lenient, roles, exceptions: [rule('make', 'approve')] },
      {
        project: category({ form, flow: [approval('decide', approvals(1).from(role('appr')))] }),
        patch: category({
          form,
          flow: [approval('agree', approvals(1).from(role('appr')), { carriedFrom }), production],
        }),
      },
    )
    const ticket = { ...submitK, form: { system: 'ledger' } }
    const scenario = await open(undefined, { policies: [rules], submit: null })
    const P = { change: 'P' }
    await scenario.given('rita', 'submit', { ...ticket, ...P, category: 'project' })
    await scenario.given('alice', 'requestException', asked(week, P))
    await scenario.given('carol', 'grantException', { ...grant, ...P })
    await scenario.given('alice', 'approve', P)
    expect(stageOf(scenario, 'P', 'decide').status).toBe('excepted')
    const made = { content: { digest: content('r1'), makers: ['bob'] } }
    await scenario.given('rita', 'submit', { ...ticket, ...made, category: 'patch', parent: 'P' })
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
  })

  it('holds for the other account of Alice, and for what her delegate gives in her name [LAW 19]', async () => {
    const scenario = await excepted(undefined, { people: { ...two, dora: [] } })
    await delegated(scenario, 'alice', 'dora')
    await scenario.given('dora', 'approve', { ...K, for: 'alice' })
    expect(scenario.change('K').approvals).toMatchObject([{ person: 'dora', exceptions: ['x1'] }])
    await scenario.given('dora', 'withdraw', { ...K, comment: 'she is back' })
    await scenario.given('ada', 'linkAccount', { account: 'alice-adm', person: 'alice' })
    await scenario.given('alice-adm', 'approve', K)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('excepted')
  })

  it('does not except the robot of Alice, as approval is the judgement of a person [LAW 19]', async () => {
    const scenario = await excepted()
    await robot(scenario, 'alice-bot', { controller: 'alice', role: 'appr' })
    await refused(scenario, ['alice-bot', 'approve', K], 'identity.bot', { bot: 'alice-bot' })
  })
})
