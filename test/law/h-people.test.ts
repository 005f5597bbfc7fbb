import { f0, f0Tested, fixturePolicy, type Scenario } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { canonical, commitmentTo, opens } from '@countersign/trail'
import { memoryStore } from '@countersign/trail/store'
import { createDesk } from 'countersign'
import { holds, personOf } from 'countersign/governance'
import { approval, approvals, release, role, test } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { delegated, f0Approved, hour, K, people, report, robot, stageOf } from './setting.ts'
import { lastEntry, trailOf } from './trail.ts'

const verdict = async (scenario: Scenario) => verifyTrail([fileOf(await linesOf(scenario.store))])

describe('people who leave', () => {
  it('refuses Bob, whose account was deprovisioned, and leaves his place to the other holders [LAW 101]', async () => {
    const scenario = await f0Tested()
    scenario.at(hour)
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    await refused(scenario, ['bob', 'approve', K], 'identity.departed', {
      account: 'bob',
      person: 'bob',
      at: '2026-03-02T09:00:00.000Z',
    })
    expect(scenario.approvals('K')).toBe(0)
    const { status, eligible } = stageOf(scenario, 'K', 'approve')
    expect(status).toBe('pending')
    expect(eligible.map(one => one.person)).toEqual(['carol', 'dan'])
    await scenario.given('carol', 'approve', K)
    await scenario.given('dan', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('refuses every other way to act as Bob who has left: a second account, his robot, his delegate [LAW 101]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [] }) })
    await scenario.given('ada', 'linkAccount', { account: 'bob-adm', person: 'bob' })
    await robot(scenario, 'bob-bot', { controller: 'bob', role: 'appr' })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    await refused(scenario, ['bob-adm', 'approve', K], 'identity.departed', { account: 'bob-adm', person: 'bob' })
    await refused(scenario, ['bob-bot', 'approve', K], 'identity.departed', { person: 'bob' })
    await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'authority.no-role', {
      person: 'dora',
      principal: 'bob',
    })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('refuses Dora, who has left, though Bob, for whom she would act, has not [LAW 101]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [] }) })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('ada', 'recordDeparture', { person: 'dora' })
    await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'identity.departed', { person: 'dora' })
    expect(scenario.explain('K').whoCanUnblock).not.toContain('dora')
  })

  it('leaves the place of Bob to the role that stands in, where he was the last holder [LAW 101]', async () => {
    const policy = fixturePolicy({
      options: {
        roles: {
          appr: { fallback: { role: 'head', when: ['vacant'] } },
          tester: 'tests',
          deployer: 'releases',
          head: 'heads the department',
        },
      },
      flow: [
        test('verify', { by: role('tester') }),
        approval('approve', approvals(1).from(role('appr'))),
        release('production', { by: role('deployer') }),
      ],
    })
    const scenario = await f0Tested({ policies: [policy], people: people({ carol: [], dan: [], hana: ['head'] }) })
    await refused(scenario, ['hana', 'approve', K], 'authority.no-role', { person: 'hana', able: ['bob'] })
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    await scenario.given('hana', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('blocks K where too few are left who could approve it [LAW 101]', async () => {
    const scenario = await f0Tested()
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    await scenario.given('ada', 'recordDeparture', { person: 'carol' })
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'unsatisfiable', missing: { appr: 2 } })
  })

  it('refuses everything else that Bob, who has left, tries: to reject, to withdraw, to delegate, to submit, to edit [LAW 101]', async () => {
    const scenario = await f0Approved()
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    const window = { from: scenario.now, until: '2026-03-09T08:00:00Z' }
    for (const [type, command] of [
      ['reject', { ...K, comment: 'no' }],
      ['withdraw', { ...K, comment: 'no' }],
      ['delegate', { delegation: 'd', principal: 'bob', to: 'dan', ...window }],
      ['revise', { ...K, form: { risk: 'high' }, comment: 'no' }],
      ['cancel', { ...K, comment: 'no' }],
    ] as const) {
      await refused(scenario, ['bob', type, command], 'identity.departed', { person: 'bob' })
    }
    expect(scenario.approvals('K')).toBe(2)
  })

  it('gives a departed person no role, no delegation and no work [LAW 101]', async () => {
    const scenario = await f0Tested()
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    const window = { from: scenario.now, until: '2026-03-09T08:00:00Z' }
    await refused(scenario, ['ada', 'grantRole', { role: 'appr', to: 'bob', team: 't' }], 'name.unknown', {
      name: 'bob',
    })
    await refused(
      scenario,
      ['dan', 'delegate', { delegation: 'd', principal: 'dan', to: 'bob', ...window }],
      'name.unknown',
      { name: 'bob' },
    )
    await refused(scenario, ['rita', 'assign', { ...K, to: 'bob' }], 'name.unknown', { name: 'bob' })
  })
})

describe('people who come back', () => {
  it('gives Bob, who was hired again, his id and his login, and neither role nor delegation nor absence [LAW 101]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [] }) })
    await delegated(scenario, 'bob', 'dora')
    await delegated(scenario, 'carol', 'bob')
    await scenario.given('bob', 'recordAbsence', {
      person: 'bob',
      from: '2026-04-01T00:00:00Z',
      until: '2026-04-08T00:00:00Z',
    })
    await refused(scenario, ['ada', 'recordReturn', { person: 'bob' }], 'nothing-to-do', { person: 'bob' })
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    scenario.at(hour)
    await scenario.given('ada', 'recordReturn', { person: 'bob' })
    await refused(scenario, ['bob', 'approve', K], 'authority.no-role', { person: 'bob' })
    await refused(scenario, ['bob', 'approve', { ...K, for: 'carol' }], 'authority.no-role', { person: 'bob' })
    await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'authority.no-role', { person: 'dora' })
    expect(scenario.desk.governance().absences.bob).toBeUndefined()
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'bob', team: 't' })
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('never counts what Bob gave before he left as compromised, and counts what he gives after his return [LAW 102]', async () => {
    const scenario = await f0Tested()
    await scenario.given('bob', 'approve', K)
    scenario.at(hour)
    await scenario.given('ada', 'recordDeparture', { person: 'bob', compromised: true })
    expect(scenario.approvals('K')).toBe(0)
    scenario.at(hour)
    await scenario.given('ada', 'recordReturn', { person: 'bob' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'bob', team: 't' })
    expect(scenario.approvals('K')).toBe(0)
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('gives Bob no authority back by the robot that he controlled [LAW 101]', async () => {
    const scenario = await f0()
    await robot(scenario, 'ci', { controller: 'bob', role: 'tester' })
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    await scenario.given('ada', 'recordReturn', { person: 'bob' })
    await refused(scenario, ['ci', 'signOff', { ...K, ...report }], 'identity.no-controller', { bot: 'ci' })
    await scenario.given('ada', 'assignController', { bot: 'ci', controller: 'dan' })
    await scenario.given('ci', 'signOff', { ...K, ...report })
  })

  it('does not take a departed administrator back as one, nor a nomination by one [LAW 101]', async () => {
    const scenario = await f0()
    await scenario.given('otto', 'appointAdministrator', { person: 'rita' })
    await scenario.given('ada', 'recordDeparture', { person: 'otto' })
    await scenario.given('ada', 'recordReturn', { person: 'otto' })
    await refused(scenario, ['otto', 'recordDeparture', { person: 'bob' }], 'authority.not-administrator')
    await scenario.given('ada', 'appointAdministrator', { person: 'rita' })
    expect(scenario.desk.governance().administrators).toEqual(['ada'])
  })
})

describe('a login that is used again', () => {
  it('leaves what was done by jsmith to John, and Jane, who has the login now, free of it [LAW 103]', async () => {
    const scenario = await f0({
      people: people({ john: ['appr'] }),
      submit: { content: { digest: '0'.repeat(64), makers: ['alice'] } },
    })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('ada', 'linkAccount', { account: 'jsmith', person: 'john' })
    await scenario.given('jsmith', 'approve', K)
    await scenario.given('ada', 'recordDeparture', { person: 'john' })
    await scenario.given('ada', 'registerPerson', { person: 'jane', name: 'Jane Smith', accounts: ['jane'] })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'jane', team: 't' })
    await refused(scenario, ['ada', 'linkAccount', { account: 'jsmith', person: 'jane' }], 'name.taken')
    await scenario.given('ada', 'unlinkAccount', { account: 'jsmith' })
    await refused(scenario, ['jsmith', 'approve', K], 'identity.unknown-account')
    await scenario.given('ada', 'linkAccount', { account: 'jsmith', person: 'jane' })
    await refused(scenario, ['jsmith', 'withdraw', { ...K, comment: 'not mine' }], 'approval.none-standing', {
      person: 'jane',
    })
    await scenario.given('jsmith', 'approve', K)
    expect(scenario.change('K').approvals.map(one => one.person)).toEqual(['john', 'jane'])
    expect(scenario.approvals('K')).toBe(2)
    const told = (await trailOf(scenario)).filter(one => one.by.account === 'jsmith' && one.command.type === 'approve')
    expect(told.map(one => one.by.person)).toEqual(['john', undefined, 'jane'].filter(one => one !== undefined))
    expect((await verdict(scenario)).findings).toEqual([])
  })

  it('lets Jane approve what John made by the login that is hers now [LAW 103]', async () => {
    const scenario = await f0({ people: people({ john: [], jane: ['appr'] }), submit: null })
    await scenario.given('ada', 'linkAccount', { account: 'jsmith', person: 'john' })
    await scenario.given('rita', 'submit', {
      change: 'K',
      team: 't',
      category: 'normal',
      title: 'x',
      reason: 'it was asked for',
      form: { system: 'ledger', risk: 'low' },
      content: { digest: '1'.repeat(64), makers: ['jsmith'] },
    })
    await scenario.given('ada', 'unlinkAccount', { account: 'jsmith' })
    await scenario.given('ada', 'linkAccount', { account: 'jsmith', person: 'jane' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('jsmith', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })
})

describe('two ids that are one person', () => {
  const merged = async (person: string, is: string) => {
    const scenario = await f0Tested({ people: people({ bobby: ['tester'], dora: [] }) })
    return {
      scenario,
      merge: () => scenario.given('ada', 'recordAlias', { person, is, comment: 'entered twice' }),
      governance: () => scenario.desk.governance(),
    }
  }

  it('puts together what either has: logins, roles, absences, delegations, robots, groups [LAW 6]', async () => {
    const { scenario, merge, governance } = await merged('bobby', 'bob')
    await robot(scenario, 'ci', { controller: 'bobby' })
    await delegated(scenario, 'bobby', 'dora')
    await delegated(scenario, 'bobby', 'bob')
    await scenario.given('ada', 'assignGroups', { person: 'bobby', groups: ['audit'] })
    await scenario.given('ada', 'assignGroups', { person: 'bob', groups: ['it'] })
    await scenario.given('bobby', 'recordAbsence', {
      person: 'bobby',
      from: '2026-04-01T00:00:00Z',
      until: '2026-04-08T00:00:00Z',
    })
    await merge()
    const { accounts, persons, bots, absences, delegations } = governance()
    expect(accounts).toMatchObject({ bob: { person: 'bob' }, bobby: { person: 'bob' } })
    expect(persons).toMatchObject({ bob: { groups: ['audit', 'it'] }, bobby: { is: { person: 'bob' } } })
    expect(bots.ci).toEqual({ controller: 'bob' })
    expect(absences).toMatchObject({ bob: [{ from: '2026-04-01T00:00:00.000Z' }] })
    expect(delegations['bobby-to-dora']).toMatchObject({ principal: 'bob', by: 'bob' })
    expect(delegations['bobby-to-bob']).toMatchObject({ principal: 'bob', to: 'bob', revokedAt: scenario.now })
    for (const name of ['appr', 'tester']) {
      expect(holds(governance(), 'bob', name, 't', scenario.now)).toBe(true)
      // Whoever asks by the old id is asking about the same person.
      expect(holds(governance(), 'bobby', name, 't', scenario.now)).toBe(true)
    }
    await refused(scenario, ['ada', 'recordAlias', { person: 'bob', is: 'bobby', comment: 'again' }], 'nothing-to-do')
  })

  it('knows of it from the instant on at which it was recorded, over any number of steps [LAW 6]', async () => {
    const { scenario, merge, governance } = await merged('bobby', 'bob')
    const before = scenario.now
    scenario.at(hour)
    await merge()
    scenario.at(hour)
    await scenario.given('ada', 'recordAlias', { person: 'bobby', is: 'dan', comment: 'and so is Dan' })
    expect(await lastEntry(scenario)).toMatchObject({ outcome: { accepted: [{ person: 'bob', is: 'dan' }] } })
    expect(personOf(governance(), 'bobby')).toBe('dan')
    expect(personOf(governance(), 'bobby', before)).toBe('bobby')
    expect(personOf(governance(), 'bobby', '2026-03-02T09:30:00.000Z')).toBe('bob')
  })

  it('has left only where both have, and takes the logins of the one who had away [LAW 101]', async () => {
    const { scenario, merge, governance } = await merged('bobby', 'bob')
    await scenario.given('ada', 'recordDeparture', { person: 'bob', compromised: true })
    await merge()
    expect(governance().persons.bob?.departed).toBeUndefined()
    await refused(scenario, ['bob', 'approve', K], 'identity.unknown-account')
    expect(governance().accounts.bobby).toEqual({ person: 'bob' })
    expect(Object.keys(governance().compromised).toSorted()).toEqual(['bob', 'bobby'])
    // The roles of Bob ended with his departure; those of Bobby go on.
    expect(holds(governance(), 'bob', 'appr', 't', scenario.now)).toBe(false)
    expect(holds(governance(), 'bob', 'tester', 't', scenario.now)).toBe(true)
  })

  it('makes one administrator of two, who nominates nobody as two [LAW 95]', async () => {
    const scenario = await f0({ submit: null })
    await scenario.given('ada', 'appointAdministrator', { person: 'rita' })
    await scenario.given('otto', 'appointAdministrator', { person: 'rita' })
    await refused(
      scenario,
      ['ada', 'recordAlias', { person: 'otto', is: 'ada', comment: 'one person' }],
      'duty.second-person',
    )
    await scenario.given('rita', 'recordAlias', { person: 'otto', is: 'ada', comment: 'one person' })
    expect(scenario.desk.governance().administrators).toEqual(['ada', 'rita'])
    await scenario.given('otto', 'appointAdministrator', { person: 'bob' })
    await refused(scenario, ['ada', 'appointAdministrator', { person: 'bob' }], 'duty.second-person')
  })

  it('reports the exclusive roles that meet in one person by it, and suspends both [LAW 16]', async () => {
    const { scenario, merge, governance } = await merged('bobby', 'bob')
    await scenario.given('ada', 'excludeRoles', { roles: ['appr', 'tester'], team: '*', because: 'two pairs of eyes' })
    await merge()
    expect(await lastEntry(scenario)).toMatchObject({
      outcome: { accepted: [{ type: 'alias.recorded' }, { type: 'exclusion.violated', person: 'bob' }] },
    })
    expect(holds(governance(), 'bob', 'appr', 't', scenario.now)).toBe(false)
  })

  it('gives nobody a delegation from themselves, and to no newcomer the id that was given up [LAW 5]', async () => {
    const { scenario, merge } = await merged('bobby', 'bob')
    await merge()
    await refused(
      scenario,
      [
        'bobby',
        'delegate',
        { delegation: 'x', principal: 'bob', to: 'bobby', from: scenario.now, until: '2026-04-01T00:00Z' },
      ],
      'delegation.self',
      { principal: 'bob' },
    )
    await refused(scenario, ['ada', 'registerPerson', { person: 'bobby', name: 'B', accounts: ['b2'] }], 'name.taken')
  })
})

describe('an erased person', () => {
  const salt = new Uint8Array(32).fill(3)
  const commitment = commitmentTo('Robert Miller', salt)

  it('leaves a trail that verifies, in which nothing tells the name, and persons are told apart [LAW 107]', async () => {
    const scenario = await f0Tested()
    await scenario.given('ada', 'registerPerson', { person: 'rm', name: { commitment }, accounts: ['rm'] })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'rm', team: 't' })
    await scenario.given('rm', 'approve', K)
    await scenario.given('carol', 'approve', K)
    expect(opens(commitment, 'Robert Miller', salt)).toBe(true)
    await refused(scenario, ['ada', 'erasePerson', { person: 'rm', reason: 'asked for' }], 'erasure.impossible', {
      person: 'rm',
    })
    await scenario.given('ada', 'recordDeparture', { person: 'rm' })
    await scenario.given('ada', 'erasePerson', { person: 'rm', reason: 'asked for' })
    expect(scenario.desk.governance().persons.rm).toMatchObject({ name: { commitment }, erased: scenario.now })
    expect(canonical((await trailOf(scenario)) as never)).not.toContain('Miller')
    expect(scenario.change('K').approvals.map(one => one.person)).toEqual(['rm', 'carol'])
    expect(scenario.approvals('K')).toBe(2)
    expect((await verdict(scenario)).findings).toEqual([])
    await refused(scenario, ['ada', 'recordReturn', { person: 'rm' }], 'person.erased', { person: 'rm' })
    await refused(scenario, ['ada', 'erasePerson', { person: 'rm', reason: 'again' }], 'nothing-to-do')
    await refused(scenario, ['ada', 'registerPerson', { person: 'rm', name: 'R', accounts: ['r'] }], 'name.taken')
  })

  it('is given no other login, which could tell the name, under any id [LAW 107]', async () => {
    const scenario = await f0()
    for (const person of ['rm', 'rob'])
      await scenario.given('ada', 'registerPerson', { person, name: { commitment }, accounts: [person] })
    await scenario.given('ada', 'recordAlias', { person: 'rob', is: 'rm', comment: 'one and the same' })
    await scenario.given('ada', 'recordDeparture', { person: 'rm' })
    await scenario.given('ada', 'linkAccount', { person: 'rm', account: 'rm-2' })
    await scenario.given('ada', 'erasePerson', { person: 'rm', reason: 'asked for' })
    for (const person of ['rm', 'rob'])
      await refused(scenario, ['ada', 'linkAccount', { person, account: 'robert.miller@example' }], 'person.erased', {
        person: 'rm',
      })
    expect(canonical((await trailOf(scenario)) as never)).not.toContain('miller')
  })

  it('cannot be one whose name stands in clear, under any id [LAW 107]', async () => {
    const scenario = await f0()
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    const receipt = await refused(
      scenario,
      ['ada', 'erasePerson', { person: 'bob', reason: 'asked for' }],
      'erasure.impossible',
    )
    expect(receipt.because).toContain('in clear')
    await scenario.given('ada', 'registerPerson', { person: 'rm', name: { commitment }, accounts: ['rm'] })
    await scenario.given('ada', 'recordDeparture', { person: 'rm' })
    await scenario.given('ada', 'recordAlias', { person: 'bob', is: 'rm', comment: 'one person' })
    await refused(scenario, ['ada', 'erasePerson', { person: 'rm', reason: 'asked for' }], 'erasure.impossible')
  })

  it('can be an administrator who was named by a commitment when the trail was founded [LAW 107]', async () => {
    const desk = await createDesk({ store: memoryStore(), clock: () => new Date('2026-03-02T08:00:00Z') })
    const administrators = ['ada', 'otto'].map(person => ({ person, name: { commitment }, accounts: [person] }))
    await desk.by('ada').found({ origin: 'trail.example/x', format: 'countersign/trail/v1', administrators })
    await desk.by('ada').recordDeparture({ person: 'otto' })
    const receipt = await desk.by('ada').erasePerson({ person: 'otto', reason: 'asked for' })
    expect(receipt).toMatchObject({ outcome: 'accepted', events: [{ type: 'person.erased', person: 'otto' }] })
    const name = { commitment: 'not 64 hex digits' }
    const malformed = await desk.by('ada').registerPerson({ person: 'x', name, accounts: ['x'] })
    expect(malformed).toMatchObject({ refusal: { code: 'command.malformed' } })
  })
})

describe('groups and absences', () => {
  it('replaces the groups of a person, each once and in their order [LAW 101]', async () => {
    const scenario = await f0({ submit: null })
    await scenario.given('ada', 'assignGroups', { person: 'bob', groups: ['it', 'audit', 'it'] })
    expect(scenario.desk.governance().persons.bob?.groups).toEqual(['audit', 'it'])
    await refused(scenario, ['ada', 'assignGroups', { person: 'bob', groups: ['it', 'audit'] }], 'nothing-to-do')
    await scenario.given('ada', 'assignGroups', { person: 'bob', groups: [] })
    expect(scenario.desk.governance().persons.bob?.groups).toEqual([])
  })

  it('cancels an absence for whoever may record it, and no other one [LAW 78]', async () => {
    const scenario = await f0({ submit: null })
    const away = { person: 'bob', from: '2026-04-01T00:00:00Z', until: '2026-04-08T00:00:00Z' }
    await scenario.given('bob', 'recordAbsence', away)
    await refused(scenario, ['carol', 'cancelAbsence', away], 'authority.not-principal')
    await refused(scenario, ['bob', 'cancelAbsence', { ...away, until: '2026-04-09T00:00:00Z' }], 'nothing-to-do')
    await scenario.given('ada', 'cancelAbsence', away)
    expect(scenario.desk.governance().absences).toEqual({})
  })
})
