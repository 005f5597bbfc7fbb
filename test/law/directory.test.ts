import { baseline, f0, f0Tested, fixturePeople, fixturePolicy, Scenario } from '@countersign/testing'
import { canonical } from '@countersign/trail'
import { createDesk, type Receipt } from 'countersign'
import { differencesOf, holdersOf, holds, personOf, templateUse } from 'countersign/governance'
import { approval, approvals, approvedTemplate, category, release, role, test as testStage } from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refused } from './refusal.ts'
import { K, people } from './setting.ts'
import { eventsOf, lastEntry, trailOf } from './trail.ts'

const because = 'who prepares a payment does not approve it'
const exclude = (scenario: Scenario, roles = ['appr', 'tester'], team = '*') =>
  scenario.given('ada', 'excludeRoles', { roles, team, because })

const letIn = (scenario: Scenario, differences: object[]) =>
  scenario.given('ada', 'updateDirectory', { source: 'hr', differences: differences as never })

const holdsNow = (scenario: Scenario, who: string, name: string, team = 't') =>
  holds(scenario.desk.governance(), who, name, team, scenario.now)

describe('roles that exclude one another', () => {
  it('reports Frank and both roles where a directory gives him the second, and he holds neither [LAW 16]', async () => {
    const scenario = await f0({ people: people({ frank: ['appr'] }) })
    await exclude(scenario)
    expect(holdsNow(scenario, 'frank', 'appr')).toBe(true)
    await letIn(scenario, [{ type: 'grantRole', role: 'tester', to: 'frank', team: 't' }])
    const { outcome } = await lastEntry(scenario)
    expect(outcome).toMatchObject({
      accepted: [
        { type: 'role.granted', role: 'tester', to: 'frank' },
        { type: 'exclusion.violated', person: 'frank', roles: ['appr', 'tester'] },
      ],
    })
    expect(holdsNow(scenario, 'frank', 'appr')).toBe(false)
    expect(holdsNow(scenario, 'frank', 'tester')).toBe(false)
    expect(holdersOf(scenario.desk.governance(), 'appr', 't', scenario.now)).toEqual(['bob', 'carol', 'dan'])
    // In another team he holds the one that he was given there.
    expect(holdsNow(scenario, 'frank', 'appr', 'u')).toBe(true)
    await scenario.given('ada', 'revokeRole', { role: 'tester', from: 'frank', team: 't' })
    expect(holdsNow(scenario, 'frank', 'appr')).toBe(true)
  })

  it('names everybody who holds two of them when they are declared [LAW 16]', async () => {
    const scenario = await f0({ people: people({ frank: ['appr', 'tester'], gina: ['tester'] }) })
    await exclude(scenario)
    expect(await lastEntry(scenario)).toMatchObject({
      outcome: { accepted: [{ violations: [{ person: 'frank', roles: ['appr', 'tester'] }] }] },
    })
    await refused(scenario, ['ada', 'excludeRoles', { roles: ['tester', 'appr'], team: '*', because }], 'name.taken')
    await refused(scenario, ['ada', 'excludeRoles', { roles: ['appr', 'appr'], team: '*', because }], 'name.taken')
    await refused(scenario, ['ada', 'excludeRoles', { roles: ['appr', 'none'], team: '*', because }], 'name.unknown')
  })

  it('refuses the grant that would have two of them in one person in one team at one instant [LAW 16]', async () => {
    const scenario = await f0({ people: people({ frank: ['appr'] }), roles: ['auditor'] })
    await exclude(scenario)
    await refused(scenario, ['ada', 'grantRole', { role: 'tester', to: 'frank', team: 't' }], 'role.exclusive', {
      person: 'frank',
      roles: ['appr', 'tester'],
      team: '*',
      because,
    })
    await scenario.given('ada', 'defineRole', { role: 'chief', description: 'x', inherits: ['tester', 'auditor'] })
    await refused(scenario, ['ada', 'grantRole', { role: 'chief', to: 'frank', team: 'u' }], 'role.exclusive')
    // One after the other is not together; the end of the one is the beginning of the other.
    await scenario.given('ada', 'revokeRole', { role: 'appr', from: 'frank', team: '*' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'frank', team: 't', until: '2026-04-01T00:00:00Z' })
    await scenario.given('ada', 'grantRole', { role: 'tester', to: 'frank', team: 't', from: '2026-04-01T00:00:00Z' })
    await scenario.given('ada', 'grantRole', { role: 'tester', to: 'frank', team: 'u' })
    await refused(scenario, ['ada', 'grantRole', { role: 'tester', to: 'frank', team: '*' }], 'role.exclusive')
  })

  it('leaves other teams alone where the exclusion is for one [LAW 16]', async () => {
    const scenario = await f0({ people: people({ frank: [] }) })
    await exclude(scenario, ['appr', 'tester'], 't')
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'frank', team: 'u' })
    await scenario.given('ada', 'grantRole', { role: 'tester', to: 'frank', team: 'u' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'frank', team: 't' })
    await refused(scenario, ['ada', 'grantRole', { role: 'tester', to: 'frank', team: 't' }], 'role.exclusive')
    expect(holdsNow(scenario, 'frank', 'tester', 'u')).toBe(true)
  })

  it('passes nothing on by a role that is suspended [LAW 16]', async () => {
    const scenario = await f0({ people: people({ frank: [] }), roles: ['junior'] })
    await scenario.given('ada', 'defineRole', { role: 'senior', description: 'x', inherits: ['junior'] })
    await exclude(scenario, ['senior', 'tester'])
    await letIn(
      scenario,
      ['senior', 'tester'].map(name => ({ type: 'grantRole', role: name, to: 'frank', team: 't' })),
    )
    expect(holdsNow(scenario, 'frank', 'junior')).toBe(false)
    await scenario.given('ada', 'revokeRole', { role: 'tester', from: 'frank', team: 't' })
    expect(holdsNow(scenario, 'frank', 'junior')).toBe(true)
  })
})

describe('a hierarchy of roles', () => {
  it('gives whoever holds the senior role the junior ones, near and far [LAW 16]', async () => {
    const scenario = await f0({ people: people({ hana: [] }), submit: null })
    await scenario.given('ada', 'defineRole', { role: 'lead', description: 'x', inherits: ['appr'] })
    await scenario.given('ada', 'defineRole', { role: 'director', description: 'x', inherits: ['lead', 'tester'] })
    await scenario.given('ada', 'grantRole', { role: 'director', to: 'hana', team: 't' })
    for (const name of ['director', 'lead', 'appr', 'tester']) expect(holdsNow(scenario, 'hana', name)).toBe(true)
    expect(holdsNow(scenario, 'hana', 'appr', 'u')).toBe(false)
    expect(holdsNow(scenario, 'hana', 'deployer')).toBe(false)
    expect(holdersOf(scenario.desk.governance(), 'appr', 't', scenario.now)).toEqual(['bob', 'carol', 'dan', 'hana'])
    await refused(scenario, ['ada', 'defineRole', { role: 'x', description: 'x', inherits: ['apr'] }], 'name.unknown', {
      name: 'apr',
    })
  })

  it('lets Hana approve K by the senior role [LAW 16]', async () => {
    const scenario = await f0Tested({ people: people({ hana: [] }) })
    await scenario.given('ada', 'defineRole', { role: 'lead', description: 'x', inherits: ['appr'] })
    await scenario.given('ada', 'grantRole', { role: 'lead', to: 'hana', team: 't' })
    await scenario.given('hana', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('takes no name that looks like another role [LAW 97]', async () => {
    const scenario = await f0({ submit: null })
    for (const [name, like] of [
      ['co-ord', undefined],
      ['c0.ord', 'co-ord'],
      ['farm_l', undefined],
      ['fann-1', undefined],
      ['farrn.1', 'farm_l'],
      ['view', undefined],
      ['vievv', 'view'],
    ] as const) {
      const receipt = await scenario.when('ada', 'defineRole', { role: name, description: 'x' })
      if (like === undefined) expect(receipt.outcome).toBe('accepted')
      else
        expect(receipt).toMatchObject({
          refusal: { code: 'name.confusable', facts: { what: 'role', name, like } },
        })
    }
  })
})

/** Everybody of F0 as a directory would list them. */
const everybody = () => Object.keys(fixturePeople).map(person => ({ person, name: person, accounts: [person] }))

const accepted = (receipts: readonly Receipt[]) => receipts.every(one => one.outcome === 'accepted')

describe('a batch from a directory', () => {
  it('is all or nothing, and says which difference was refused and why [LAW 16]', async () => {
    const scenario = await f0()
    const differences = [
      { type: 'registerPerson', person: 'zoe', name: 'Zoe', accounts: ['zoe'] },
      { type: 'grantRole', role: 'tester', to: 'zoe', team: 't' },
      { type: 'linkAccount', account: 'zoe', person: 'bob' },
    ]
    await refused(
      scenario,
      ['ada', 'updateDirectory', { source: 'hr', differences } as never],
      'directory.difference',
      { index: 2, command: 'linkAccount', refusal: { code: 'name.taken', facts: { what: 'account', name: 'zoe' } } },
    )
    await letIn(scenario, differences.slice(0, 2))
    expect(holdsNow(scenario, 'zoe', 'tester')).toBe(true)
    await refused(
      scenario,
      ['bob', 'updateDirectory', { source: 'hr', differences: differences.slice(0, 1) } as never],
      'authority.not-administrator',
    )
  })

  it('gives nobody a role by their own hand [LAW 16]', async () => {
    const scenario = await f0()
    await refused(
      scenario,
      [
        'ada',
        'updateDirectory',
        { source: 'hr', differences: [{ type: 'grantRole', role: 'appr', to: 'ada', team: '*' }] },
      ],
      'directory.difference',
      { index: 0, refusal: { code: 'duty.second-person' } },
    )
  })
})

describe('loading a directory', () => {
  it('records what differs, and nothing where nothing does [LAW 16]', async () => {
    const scenario = await f0()
    const directory = {
      people: [...everybody(), { person: 'zoe', name: 'Zoe', accounts: ['zoe', 'zoe-adm'], groups: ['b', 'a'] }],
      roles: [{ role: 'tester', to: 'zoe', team: 't', until: '2026-12-31T00:00+01:00' }],
      absences: [{ person: 'zoe', from: '2026-07-01T00:00+02:00', until: '2026-07-15T00:00+02:00' }],
    }
    const receipts = await scenario.desk.loadDirectory('ada', directory, 'hr')
    expect(receipts).toMatchObject([
      {
        outcome: 'accepted',
        events: [
          { type: 'person.registered', person: 'zoe' },
          { type: 'account.linked', account: 'zoe' },
          { type: 'account.linked', account: 'zoe-adm' },
          { type: 'groups.assigned', groups: ['a', 'b'] },
          { type: 'role.granted', role: 'tester', to: 'zoe', until: '2026-12-30T23:00:00.000Z' },
          { type: 'absence.recorded', person: 'zoe', from: '2026-06-30T22:00:00.000Z' },
        ],
      },
    ])
    const entries = (await trailOf(scenario)).length
    expect(await scenario.desk.loadDirectory('ada', directory, 'hr')).toEqual([])
    expect((await trailOf(scenario)).length).toBe(entries)
    // Erin, of whom as a tester it says nothing, stays one: it is not complete.
    expect(holdsNow(scenario, 'erin', 'tester')).toBe(true)
  })

  it('takes who is not in a complete one for departed, but for administrators, and revokes what it does not name [LAW 101]', async () => {
    const scenario = await f0()
    const people = everybody().filter(one => one.person !== 'dan')
    const roles = [
      { role: 'appr', to: 'bob', team: '*' },
      { role: 'appr', to: 'erin', team: 't' },
    ]
    await scenario.given('ada', 'recordAbsence', {
      person: 'bob',
      from: '2026-07-01T00:00:00Z',
      until: '2026-07-02T00:00:00Z',
    })
    const receipts = await scenario.desk.loadDirectory('ada', { people, roles, complete: true }, 'hr')
    expect(accepted(receipts)).toBe(true)
    const governance = scenario.desk.governance()
    expect(holdersOf(governance, 'appr', 't', scenario.now)).toEqual(['bob', 'erin'])
    expect(governance.persons.dan?.departed).toBeDefined()
    expect(governance.administrators).toEqual(['ada', 'otto'])
    expect(governance.absences.bob).toBeUndefined()
    expect(holdsNow(scenario, 'erin', 'tester')).toBe(true)
    expect(await scenario.desk.loadDirectory('ada', { people, roles, complete: true }, 'hr')).toEqual([])
  })

  it('gives a login of Bob to Zoe, and takes Dan in again without a role [LAW 103]', async () => {
    const scenario = await f0()
    await scenario.given('ada', 'recordDeparture', { person: 'dan' })
    const people = [
      { person: 'bob', name: 'bob', accounts: ['bob-2'] },
      { person: 'dan', name: 'dan', accounts: ['dan'] },
      { person: 'zoe', name: 'Zoe', accounts: ['bob'] },
    ]
    expect(accepted(await scenario.desk.loadDirectory('ada', { people }, 'hr'))).toBe(true)
    const { accounts, persons } = scenario.desk.governance()
    expect(accounts).toMatchObject({ bob: { person: 'zoe' }, 'bob-2': { person: 'bob' }, dan: { person: 'dan' } })
    expect(persons.dan).not.toHaveProperty('departed')
    expect(holdsNow(scenario, 'dan', 'appr')).toBe(false)
  })

  it('takes as many entries as it needs, and ends with the first that is refused [LAW 16]', async () => {
    const scenario = await f0({ submit: null })
    const people = Array.from({ length: 700 }, (_, one) => ({
      person: `person-${one}`,
      name: `${'é'.repeat(150)} ${one}`,
      accounts: [`person-${one}`],
    }))
    const receipts = await scenario.desk.loadDirectory('ada', { people }, 'hr')
    expect(accepted(receipts)).toBe(true)
    expect(receipts.length).toBeGreaterThan(3)
    expect(Object.keys(scenario.desk.governance().persons)).toHaveLength(709)
    const broken = people.map((one, at) => ({ ...one, accounts: [at === 400 ? 'ci' : `${one.person}-2`] }))
    await scenario.given('ada', 'registerBot', { bot: 'ci', accounts: ['ci'] })
    const ended = await scenario.desk.loadDirectory('ada', { people: broken }, 'hr')
    expect(ended.at(-1)).toMatchObject({
      refusal: { code: 'directory.difference', facts: { refusal: { code: 'name.taken' } } },
    })
    expect(ended.slice(0, -1).every(one => one.outcome === 'accepted')).toBe(true)
  })

  it('throws what is no directory back, and asks for an administrator [LAW 16]', async () => {
    const scenario = await f0({ submit: null })
    await expect(scenario.desk.loadDirectory('ada', { persons: [] } as never, 'hr')).rejects.toThrow(/people/)
    const receipts = await scenario.desk.loadDirectory(
      'bob',
      { people: [{ person: 'zoe', name: 'Zoe', accounts: ['zoe'] }] },
      'hr',
    )
    expect(receipts).toMatchObject([{ refusal: { code: 'authority.not-administrator' } }])
  })
})

describe('the state of people and rules', () => {
  it('is plain data in the snapshot, the same after the trail was read anew [LAW 117]', async () => {
    const scenario = await f0({ people: people({ hana: [] }) })
    await exclude(scenario)
    await scenario.given('ada', 'registerPerson', { person: 'rob', name: 'Rob', accounts: ['rob'] })
    await scenario.given('ada', 'recordAlias', { person: 'rob', is: 'bob', comment: 'he was entered twice' })
    await letIn(scenario, [{ type: 'assignGroups', person: 'bob', groups: ['b', 'a'] }])
    const again = await createDesk({ store: scenario.store })
    expect(canonical(again.snapshot() as never)).toBe(canonical(scenario.desk.snapshot() as never))
    expect(again.snapshot().governance.persons).toMatchObject({
      bob: { groups: ['a', 'b'] },
      rob: { is: { person: 'bob' } },
    })
    expect(structuredClone(again.governance()).accounts.rob).toEqual({ person: 'bob' })
  })

  it('stays as it was for whoever has asked for it before [LAW 100]', async () => {
    const scenario = await f0()
    const before = scenario.desk.governance()
    const copy = structuredClone(before)
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    await scenario.given('ada', 'recordAlias', { person: 'dan', is: 'carol', comment: 'one person' })
    expect(structuredClone(before)).toEqual(copy)
    expect(personOf(before, 'dan')).toBe('dan')
    expect(holds(before, 'bob', 'appr', 't', scenario.now)).toBe(true)
    expect(() => {
      ;(before.persons as Record<string, unknown>).eve = { name: 'Eve' }
    }).toThrow(TypeError)
    expect(differencesOf(before, { people: [] }, scenario.now)).toEqual([])
  })
})

const standard = () => {
  const flow = [
    testStage('verify', { by: role('tester') }),
    approval('approve', approvals(2).from(role('appr')), { carriedFrom: approvedTemplate().for('365d') }),
    release('production', { by: role('deployer') }),
  ]
  const form = z.object({ system: z.enum(['ledger', 'billing']), note: z.string().optional() })
  const { categories, ...policy } = fixturePolicy()
  return {
    ...policy,
    categories: { ...categories, standard: category({ form, flow, template: { otherwise: 'normal' } }) },
  }
}

const template = (version: number, vary: object = {}) => ({
  format: 'countersign/template/v1' as const,
  team: 't',
  name: 'restart',
  version,
  category: 'standard',
  description: 'restarts the ledger',
  fixed: { system: 'ledger' },
  editable: ['note', 'title', 'reason', 'content'],
  ...vary,
})

describe('the use of a template', () => {
  const open = () => Scenario.open({ controls: baseline, policies: [standard()], people: fixturePeople })
  const use = (scenario: Scenario, version: number) =>
    templateUse(scenario.desk.governance(), 't', 'restart', version, scenario.now)
  const named = (version: number) => ({ team: 't', name: 'restart', version })

  it('begins with the second approval, and ends with a newer version, a revocation and its own end [LAW 53]', async () => {
    const scenario = await open()
    const until = '2026-06-01T00:00:00.000Z'
    await scenario.given('alice', 'proposeTemplate', { template: template(1, { until }) })
    expect(use(scenario, 1)).toEqual({ usable: false, why: 'not approved' })
    expect(use(scenario, 2)).toEqual({ usable: false, why: 'unknown' })
    await scenario.given('bob', 'approveTemplate', named(1))
    await refused(scenario, ['bob', 'approveTemplate', named(1)], 'approval.already-given', { person: 'bob' })
    expect(use(scenario, 1)).toEqual({ usable: false, why: 'not approved' })
    await scenario.given('carol', 'approveTemplate', named(1))
    expect(use(scenario, 1)).toMatchObject({ usable: true, approvals: [{ person: 'bob' }, { person: 'carol' }] })
    await scenario.given('alice', 'proposeTemplate', { template: template(2) })
    expect(use(scenario, 1)).toMatchObject({ usable: true })
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approveTemplate', named(2))
    expect(use(scenario, 1)).toEqual({ usable: false, why: 'superseded' })
    scenario.at(until)
    expect(use(scenario, 1)).toEqual({ usable: false, why: 'expired' })
    await scenario.given('alice', 'revokeTemplate', { ...named(2), comment: 'not needed' })
    expect(use(scenario, 2)).toEqual({ usable: false, why: 'revoked' })
    expect((await eventsOf(scenario)).at(-1)).toMatchObject({ type: 'template.revoked', version: 2, by: 'alice' })
  })

  it('tells everything that is wrong with a template [LAW 54]', async () => {
    const scenario = await open()
    const wrong = template(2, { fixed: { system: 'core', note: 'x', risk: 'low' }, editable: ['note', 'nte'] })
    const receipt = await refused(scenario, ['alice', 'proposeTemplate', { template: wrong }], 'template.invalid')
    for (const part of ['next version of restart is 1', 'fixed as well', 'did you mean note', 'fixed.system']) {
      expect(receipt.because).toContain(part)
    }
    const left = template(1, { fixed: {}, editable: [] })
    const missing = await refused(scenario, ['alice', 'proposeTemplate', { template: left }], 'template.invalid')
    expect(missing.because).toContain('system')
    await refused(
      scenario,
      [
        'alice',
        'proposeTemplate',
        { template: template(1, { category: 'normal', fixed: { system: 'ledger', risk: 'low' } }) },
      ],
      'template.invalid',
    )
  })
})
