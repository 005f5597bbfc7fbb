import { f0, fixturePolicy, type Scenario, submitK } from '@countersign/testing'
import { bodiesOf, fileOf, linesOf, reseal } from '@countersign/testing/tamper'
import { all, approval, approvals, type RequirementBuilder, release, role, share } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { delegated, K, people, stageOf } from './setting.ts'
import { eventsOf } from './trail.ts'

const production = release('production', { by: role('deployer') })
const asking = (requires: RequirementBuilder) => fixturePolicy({ flow: [approval('approve', requires), production] })
const two = approvals(2).from(role('appr')).fromDifferentGroups()

/** K, with each person in the groups told, before it is submitted. */
async function grouped(
  groups: Readonly<Record<string, readonly string[]>>,
  vary: Parameters<typeof f0>[0] & { requires?: RequirementBuilder } = {},
): Promise<Scenario> {
  const { requires = two, ...setting } = vary
  const scenario = await f0({ policies: [asking(requires)], ...setting, submit: null })
  await assigned(scenario, groups)
  await scenario.given('rita', 'submit', submitK)
  return scenario
}

async function assigned(scenario: Scenario, groups: Readonly<Record<string, readonly string[]>>): Promise<void> {
  for (const [person, list] of Object.entries(groups))
    await scenario.given('ada', 'assignGroups', { person, groups: [...list] })
}

async function approvedBy(scenario: Scenario, ...persons: string[]): Promise<void> {
  for (const person of persons) await scenario.given(person, 'approve', K)
}

const ops = ['ops']
const risk = ['risk']

describe('persons of different groups', () => {
  it('counts Bob and Carol of one group as one of two, and is satisfied when Dan of another approves [LAW 20]', async () => {
    const scenario = await grouped({ bob: ops, carol: ops, dan: risk })
    await approvedBy(scenario, 'bob', 'carol')
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'pending', missing: { appr: 1 } })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await approvedBy(scenario, 'dan')
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('is found out by the verifier when somebody writes another group into the trail [LAW 20]', async () => {
    const scenario = await grouped({ bob: ops, dan: risk })
    await approvedBy(scenario, 'bob', 'dan')
    await scenario.given('paul', 'release', K)
    const bodies = bodiesOf(await linesOf(scenario.store))
    expect(verifyTrail([fileOf(reseal(bodies))])).toMatchObject({ status: 'sound', findings: [] })
    const forged = bodies.map(body => JSON.parse(JSON.stringify(body).replaceAll('["risk"]', '["ops"]')))
    expect(verifyTrail([fileOf(reseal(forged))]).findings.map(one => `${one.code} ${one.seq}`)).toEqual([
      'decision.events-differ 23',
      'decision.events-differ 25',
      'decision.unjustified 26',
      'release.unapproved 26',
    ])
  })

  it('does not count Carol, who is in no group, where persons of different groups are asked [LAW 20]', async () => {
    const scenario = await grouped({ bob: ops, dan: risk })
    await approvedBy(scenario, 'bob', 'carol')
    expect(scenario.isApprovable('K')).toBe(false)
    await approvedBy(scenario, 'dan')
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('lets Bob, who is of two groups, stand for the one in which Carol is not, whoever approves first [LAW 20]', async () => {
    for (const order of [
      ['bob', 'carol'],
      ['carol', 'bob'],
    ]) {
      const scenario = await grouped({ bob: [...ops, ...risk], carol: ops })
      await approvedBy(scenario, ...order)
      expect(scenario.isApprovable('K')).toBe(true)
    }
  })

  it('takes three persons of the same two groups for two of three, however many groups each is of [LAW 20]', async () => {
    const requires = approvals(3).from(role('appr')).fromDifferentGroups()
    const each = [...ops, ...risk]
    const scenario = await grouped({ bob: each, carol: each, dan: each }, { requires })
    await approvedBy(scenario, 'bob', 'carol', 'dan')
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'unsatisfiable', missing: { appr: 1 } })
  })

  it('is satisfied by the same three persons in whatever order they approve [LAW 20]', async () => {
    for (const order of [
      ['bob', 'carol', 'dan'],
      ['carol', 'dan', 'bob'],
      ['dan', 'bob', 'carol'],
      ['dan', 'carol', 'bob'],
    ]) {
      const scenario = await grouped({ bob: ops, carol: ops, dan: risk })
      await approvedBy(scenario, order[0] ?? '', order[1] ?? '')
      if (!scenario.isApprovable('K')) await approvedBy(scenario, order[2] ?? '')
      expect(scenario.isApprovable('K')).toBe(true)
    }
  })

  it('does not take a delegate of another group for somebody of another group than the principal [LAW 20]', async () => {
    const scenario = await grouped(
      { bob: ops, carol: ops, dan: risk, dora: ['audit'] },
      { people: people({ dora: [] }) },
    )
    await delegated(scenario, 'carol', 'dora')
    await approvedBy(scenario, 'bob', 'dora')
    expect(scenario.isApprovable('K')).toBe(false)
    await approvedBy(scenario, 'dan')
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('does not take a delegate of the group of Bob, who acts for Dan of another, for a second group [LAW 20]', async () => {
    const scenario = await grouped({ bob: ops, dan: risk, dora: ops }, { people: people({ dora: [] }) })
    await delegated(scenario, 'dan', 'dora')
    await approvedBy(scenario, 'bob', 'dora')
    expect(scenario.isApprovable('K')).toBe(false)
  })

  it('takes a delegate of the group of her principal for that group [LAW 20]', async () => {
    const scenario = await grouped({ bob: ops, dan: risk, dora: risk }, { people: people({ dora: [] }) })
    await delegated(scenario, 'dan', 'dora')
    await approvedBy(scenario, 'bob', 'dora')
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('takes one person with two ids in two groups for one of two [LAW 20]', async () => {
    const scenario = await grouped({ bob: ops, robert: risk }, { people: people({ robert: ['appr'] }) })
    await approvedBy(scenario, 'bob', 'robert')
    expect(scenario.isApprovable('K')).toBe(true)
    await scenario.given('ada', 'recordAlias', { person: 'robert', is: 'bob', comment: 'the same passport' })
    expect(scenario.approvals('K')).toBe(1)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('no longer takes Bob and Dan for persons of different groups when Dan has moved into the group of Bob [LAW 20]', async () => {
    const scenario = await grouped({ bob: ops, dan: risk, carol: ['audit'] })
    await approvedBy(scenario, 'bob', 'dan')
    await assigned(scenario, { dan: ops })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await approvedBy(scenario, 'carol')
    await scenario.given('paul', 'release', K)
  })

  it('takes them for persons of different groups again once Dan has moved back, with nothing given anew [LAW 20]', async () => {
    const scenario = await grouped({ bob: ops, dan: risk })
    await approvedBy(scenario, 'bob', 'dan')
    await assigned(scenario, { dan: ops })
    expect(stageOf(scenario, 'K', 'approve').status).toBe('unsatisfiable')
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await assigned(scenario, { dan: risk })
    expect(stageOf(scenario, 'K', 'approve').status).toBe('satisfied')
    expect(scenario.change('K').approvals.filter(one => one.ended !== undefined)).toEqual([])
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('leaves a completed change as it was judged when Dan moves into the group of Bob afterwards [LAW 20]', async () => {
    const scenario = await grouped({ bob: ops, dan: risk })
    await approvedBy(scenario, 'bob', 'dan')
    await scenario.given('paul', 'release', K)
    scenario.at(1)
    await assigned(scenario, { dan: ops })
    expect(scenario.change('K').state).toBe('completed')
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'satisfied', missing: {} })
  })

  it('shows for which group each person counts [LAW 20]', async () => {
    const scenario = await grouped({ bob: [...ops, ...risk], carol: ops })
    await approvedBy(scenario, 'bob', 'carol')
    expect(stageOf(scenario, 'K', 'approve').requirement).toMatchObject({ groups: { bob: 'risk', carol: 'ops' } })
  })

  it('replaces the groups of Bob by those that are assigned, and refuses to assign the same again [LAW 20]', async () => {
    const scenario = await grouped({ bob: ops })
    await assigned(scenario, { bob: risk })
    expect(scenario.desk.governance().persons.bob).toMatchObject({ groups: risk })
    await refused(scenario, ['ada', 'assignGroups', { person: 'bob', groups: risk }], 'nothing-to-do')
  })

  it('refuses Bob, who is no administrator and assigns himself to another group [LAW 20]', async () => {
    const scenario = await grouped({ bob: ops, carol: ops })
    await refused(scenario, ['bob', 'assignGroups', { person: 'bob', groups: risk }], 'authority.not-administrator')
  })

  it('refuses more than 20 groups, and a group that is no name [LAW 20]', async () => {
    const scenario = await grouped({})
    for (const groups of [Array.from({ length: 21 }, (_, index) => `g${index}`), [''], ['two words']])
      await refused(scenario, ['ada', 'assignGroups', { person: 'bob', groups }], 'command.malformed')
  })
})

describe('groups beside other rules', () => {
  it('asks for three persons, two of them of different groups, where one rule asks for each [LAW 31]', async () => {
    const requires = all(approvals(3).from(role('appr')), two)
    for (const [dan, met] of [
      [ops, false],
      [risk, true],
    ] as const) {
      const scenario = await grouped({ bob: ops, carol: ops, dan }, { requires, people: people({ eve: ['appr'] }) })
      await approvedBy(scenario, 'bob', 'carol', 'dan')
      expect(scenario.isApprovable('K')).toBe(met)
    }
  })

  it('does not ask for a third person where two of one group and two of different groups are asked [LAW 31]', async () => {
    const requires = all(approvals(2).from(role('appr')), two)
    const scenario = await grouped({ bob: ops, carol: risk }, { requires })
    await approvedBy(scenario, 'bob', 'carol')
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('takes Carol for the role in which Bob of her group cannot act, whoever approves first [LAW 31]', async () => {
    const requires = all(two, approvals(1).from(role('head')))
    const groups = { bob: ops, carol: ops, dan: risk }
    for (const order of [
      ['carol', 'bob', 'dan'],
      ['dan', 'bob', 'carol'],
    ]) {
      const scenario = await grouped(groups, { requires, people: people({ carol: ['appr', 'head'] }) })
      await approvedBy(scenario, ...order)
      expect(scenario.isApprovable('K')).toBe(true)
      const { acts } = stageOf(scenario, 'K', 'approve')
      expect(acts.find(act => act.person === 'carol')?.countsFor).toBe('head')
    }
  })

  it('asks for a share of persons of different groups [LAW 24]', async () => {
    const requires = share(2, 3).of(role('appr')).fromDifferentGroups()
    const scenario = await grouped({ bob: ops, carol: ops, dan: risk }, { requires })
    await approvedBy(scenario, 'bob', 'carol')
    expect(scenario.isApprovable('K')).toBe(false)
    await approvedBy(scenario, 'dan')
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('blocks K at submission where two of different groups are asked and all approvers are of one [LAW 27]', async () => {
    const scenario = await grouped({ bob: ops, carol: ops, dan: ops })
    expect((await eventsOf(scenario)).find(event => event.type === 'change.blocked')).toMatchObject({
      stage: 'approve',
      status: 'unsatisfiable',
      missing: { appr: 1 },
    })
  })

  it('blocks K at submission where the only approver of a second group made it [LAW 27]', async () => {
    const scenario = await grouped(
      { bob: ops, carol: ops, alice: risk },
      { people: people({ alice: ['appr'], dan: [] }) },
    )
    expect(stageOf(scenario, 'K', 'approve').status).toBe('unsatisfiable')
  })
})
