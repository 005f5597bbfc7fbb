import { content, f0, f0Tested, fixtureForm, fixturePolicy, type Scenario } from '@countersign/testing'
import { createDesk } from 'countersign'
import { approval, approvals, category, release, role, type Stage } from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { f0Approved, K, people } from './setting.ts'
import { eventsOf, trailOf } from './trail.ts'

const production = release('production', { by: role('deployer') })
const vetoing = fixturePolicy({
  flow: [approval('approve', approvals(2).from(role('appr')), { veto: { liftedBy: role('head') } }), production],
})

const another = (scenario: Scenario) => createDesk({ store: scenario.store, clock: () => new Date(scenario.now) })

const seen = (scenario: Scenario) => {
  const { revision, digest } = scenario.change('K')
  return { ...K, revision, digest }
}

describe('a command that comes twice', () => {
  it('makes no second approval of the retry that comes after Bob has taken the first one back [LAW 21]', async () => {
    const scenario = await f0Tested()
    await scenario.when('bob', 'approve', { ...K, comment: 'fine' }, { id: 'retry-01' })
    await scenario.given('bob', 'withdraw', { ...K, comment: 'too early' })
    const size = (await trailOf(scenario)).length
    const retried = await scenario.when('bob', 'approve', { ...K, comment: 'fine' }, { id: 'retry-01' })
    expect(retried).toMatchObject({ outcome: 'accepted' })
    expect((await trailOf(scenario)).length).toBe(size)
    expect(scenario.approvals('K')).toBe(0)
  })

  it('returns to the retry what came of the first, though K was edited and Bob has left since [LAW 21]', async () => {
    const scenario = await f0Tested()
    const approve = { ...seen(scenario), comment: 'fine' }
    const first = await scenario.when('bob', 'approve', approve, { id: 'retry-01' })
    await scenario.given('alice', 'revise', {
      ...K,
      content: { digest: content('r2'), makers: ['alice'] },
      comment: '2',
    })
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    expect(await scenario.when('bob', 'approve', approve, { id: 'retry-01' })).toEqual(first)
    expect(scenario.approvals('K')).toBe(0)
  })

  it('lifts a veto once where the command comes twice, and not the veto that Dan places in between [LAW 21]', async () => {
    const scenario = await f0({ policies: [vetoing], people: people({ hana: ['head'] }) })
    const lift = { ...K, of: 'dan', comment: 'explained' }
    await scenario.given('dan', 'reject', { ...K, comment: 'no' })
    await scenario.when('hana', 'liftVeto', lift, { id: 'retry-01' })
    await scenario.given('dan', 'reject', { ...K, comment: 'no, again' })
    await scenario.when('hana', 'liftVeto', lift, { id: 'retry-01' })
    expect(scenario.explain('K').stages[0]?.status).toBe('vetoed')
  })
})

describe('what comes at the same moment', () => {
  it('never releases K over the veto that Dan places at the same moment, at whichever desk [LAW 39]', async () => {
    const scenario = await f0({ policies: [vetoing], people: people({ hana: ['head'] }) })
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', K)
    const other = await another(scenario)
    const [placed, released] = await Promise.all([
      scenario.desk.by('dan').reject({ ...seen(scenario), comment: 'no' }),
      other.by('paul').release(seen(scenario)),
    ])
    expect([placed.outcome, released.outcome].toSorted()).toEqual(['accepted', 'refused'])
    const types = (await eventsOf(scenario)).map(event => event.type)
    expect(types.includes('change.released')).toBe(placed.outcome === 'refused')
  })

  it('never takes an approval of K in one category for one of K in another where both come at once [LAW 39]', async () => {
    const flow: Stage[] = [approval('approve', approvals(2).from(role('appr'))), production]
    const policy = fixturePolicy({ flow })
    const other = category({ form: fixtureForm, material: ['system', 'risk', 'content'], flow })
    const scenario = await f0({ policies: [{ ...policy, categories: { ...policy.categories, other } }] })
    const desk = await another(scenario)
    const approve = seen(scenario)
    await Promise.all([
      scenario.desk.by('rita').recategorise({ ...K, category: 'other', comment: 'it is another' }),
      desk.by('bob').approve(approve),
    ])
    const fresh = await another(scenario)
    expect(fresh.change('K')?.category).toBe('other')
    expect(
      fresh
        .explain('K')
        ?.stages.flatMap(stage => stage.acts)
        .filter(act => act.countsFor !== undefined),
    ).toEqual([])
    const late = await fresh.by('carol').approve(approve)
    expect(late).toMatchObject({ outcome: 'refused' })
  })

  it('refuses the digest that K had in its old category [LAW 40]', async () => {
    const flow: Stage[] = [approval('approve', approvals(2).from(role('appr'))), production]
    const policy = fixturePolicy({ flow })
    const other = category({ form: fixtureForm, material: ['system', 'risk', 'content'], flow })
    const scenario = await f0({ policies: [{ ...policy, categories: { ...policy.categories, other } }] })
    const { digest } = scenario.change('K')
    await scenario.given('rita', 'recategorise', { ...K, category: 'other', comment: 'it is another' })
    expect(scenario.change('K').digest).not.toBe(digest)
    await refused(scenario, ['bob', 'approve', { ...K, digest }], 'binding.digest', { named: digest })
  })

  it('refuses Bob, who saw K before a note was added to it, though the digest is the same [LAW 40]', async () => {
    const scenario = await f0Tested()
    const before = seen(scenario)
    await scenario.given('alice', 'revise', { ...K, form: { note: 'see the run of Monday' }, comment: 'a note' })
    expect(scenario.change('K').digest).toBe(before.digest)
    await refused(scenario, ['bob', 'approve', before], 'binding.revision', { named: 1, current: 2 })
  })

  it('does not count two approvals at two desks at the same moment of what turns out to be one person [LAW 39]', async () => {
    const scenario = await f0Tested({ people: people({ robert: ['appr'] }) })
    const other = await another(scenario)
    await Promise.all([
      scenario.desk.by('bob').approve(seen(scenario)),
      other.by('robert').approve(seen(scenario)),
      scenario.desk.by('ada').recordAlias({ person: 'robert', is: 'bob', comment: 'the same passport' }),
    ])
    const fresh = await another(scenario)
    const acts = fresh.explain('K')?.stages.flatMap(stage => stage.acts) ?? []
    expect(acts.filter(act => act.countsFor === 'appr')).toHaveLength(1)
  })
})

describe('two who start K', () => {
  it('lets one of two deployers start K in staging, and does not take the other for one who starts production [LAW 41]', async () => {
    const flow: Stage[] = [
      approval('approve', approvals(2).from(role('appr'))),
      release('rehearsal', { by: role('deployer'), environment: 'staging' }),
      release('live', { by: role('deployer'), environment: 'production' }),
    ]
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: people({ pia: ['deployer'] }) })
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', K)
    const other = await another(scenario)
    const start = { ...seen(scenario), environment: 'staging' }
    const receipts = await Promise.all([scenario.desk.by('paul').release(start), other.by('pia').release(start)])
    expect(receipts.map(one => one.outcome).toSorted()).toEqual(['accepted', 'refused'])
    expect(receipts.find(one => one.outcome === 'refused')).toMatchObject({ refusal: { code: 'binding.environment' } })
    expect((await another(scenario)).change('K')).toMatchObject({ state: 'live', releases: [{ stage: 'rehearsal' }] })
  })

  it('refuses a deployer who names no environment where K is released into two, lest the second of two start the next [LAW 41]', async () => {
    const flow: Stage[] = [
      approval('approve', approvals(2).from(role('appr'))),
      release('rehearsal', { by: role('deployer'), environment: 'staging' }),
      release('live', { by: role('deployer'), environment: 'production' }),
    ]
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: people({ pia: ['deployer'] }) })
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', K)
    for (const person of ['paul', 'pia'])
      await refused(scenario, [person, 'release', K], 'binding.environment', { environment: 'staging' })
    await scenario.given('paul', 'release', { ...K, environment: 'staging' })
    await refused(scenario, ['pia', 'release', K], 'binding.environment', { environment: 'production' })
    expect(scenario.change('K').releases).toHaveLength(1)
  })

  it('lets Bob take back an approval that is for production only, while staging is ahead [LAW 22]', async () => {
    const flow: Stage[] = [
      approval('approve', approvals(2).from(role('appr'))),
      release('rehearsal', { by: role('deployer'), environment: 'staging' }),
      release('live', { by: role('deployer'), environment: 'production' }),
    ]
    const scenario = await f0({ policies: [fixturePolicy({ flow })] })
    await scenario.given('bob', 'approve', { ...K, environments: ['production'] })
    await scenario.given('bob', 'withdraw', { ...K, comment: 'I was wrong' })
    for (const person of ['carol', 'dan']) await scenario.given(person, 'approve', { ...K, environments: ['staging'] })
    await scenario.given('paul', 'release', { ...K, environment: 'staging' })
    await scenario.given('dan', 'approve', { ...K, environments: ['production'] })
    expect(scenario.approvals('K')).toBe(1)
    await refused(scenario, ['paul', 'release', { ...K, environment: 'production' }], 'requirement.unmet')
  })

  it('lets neither of two deployers start K when Bob takes his approval back before them [LAW 41]', async () => {
    const scenario = await f0Approved({ people: people({ pia: ['deployer'] }) })
    const receipts = await Promise.all([
      scenario.when('bob', 'withdraw', { ...K, comment: 'I was too quick' }),
      scenario.when('paul', 'release', K),
      scenario.when('pia', 'release', K),
    ])
    expect(receipts.map(one => one.outcome)).toEqual(['accepted', 'refused', 'refused'])
    expect(scenario.change('K').releases).toEqual([])
  })

  it('refuses the deployer who comes second with the very command of the first under another id [LAW 41]', async () => {
    const scenario = await f0Approved()
    const start = seen(scenario)
    await scenario.when('paul', 'release', start, { id: 'start-01' })
    expect(await scenario.when('paul', 'release', start, { id: 'start-02' })).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'lifecycle.not-now' },
    })
    expect(scenario.change('K').releases).toHaveLength(1)
  })
})

describe('commands without a reason', () => {
  it('refuses a move to another category, an exception and the end of one without a reason [LAW 42]', async () => {
    const scenario = await f0Approved()
    const exception = { ...K, exception: 'x-1', person: 'alice', duties: ['make', 'approve'] as [string, string] }
    for (const blank of ['', ' \n', '\u200B']) {
      for (const [account, type, command] of [
        ['rita', 'recategorise', { ...K, category: 'normal', comment: blank }],
        ['rita', 'requestException', { ...exception, until: '2026-03-03T08:00:00Z', reason: blank }],
        ['rita', 'revokeException', { ...K, exception: 'x-1', comment: blank }],
        ['bob', 'withdraw', { ...K, comment: blank }],
      ] as const) {
        await refused(scenario, [account, type, command], 'command.malformed')
      }
    }
  })
})
