import { content, f0, f0Tested, fixturePolicy, type Scenario, submitK } from '@countersign/testing'
import { bodiesOf, fileOf, linesOf, reseal } from '@countersign/testing/tamper'
import {
  all,
  any,
  approval,
  approvals,
  approvedBeforeRelease,
  controls,
  exception,
  percent,
  type RequirementBuilder,
  release,
  role,
  type Stage,
  separate,
  share,
  task,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { call, writtenLines } from '../cli/command-line.ts'
import { refused } from './refusal.ts'
import { day, delegated, K, people, report, robot, stageOf } from './setting.ts'
import { eventsOf } from './trail.ts'

const production = release('production', { by: role('deployer') })
const verify = test('verify', { by: role('tester') })

/** One approval stage, and whatever stands before it. */
const asking = (requires: RequirementBuilder, ...before: Stage[]) =>
  fixturePolicy({ flow: [...before, approval('approve', requires), production] })

const roles = { appr: 'approves', tester: 'tests', deployer: 'releases', owner: 'owns it', dev: 'makes it' }

/** The same, where there are owners and developers besides. */
const askingWithOwners = (requires: RequirementBuilder, ...before: Stage[]) =>
  fixturePolicy({ flow: [...before, approval('approve', requires), production], options: { roles } })

/** Bob, Carol, Dan and Dora hold `appr`. */
const four = people({ dora: ['appr'] })

/** So many holders of `appr`, and nobody else who holds it. */
const holders = (count: number): Record<string, readonly string[]> =>
  people({
    bob: [],
    carol: [],
    dan: [],
    ...Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index + 1}`, ['appr']])),
  })

/** Controls that let a policy say who may except somebody from the separation of making and approving. */
const lenient = controls('lenient', {
  'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
})
const whileFew = exception('make', 'approve')
  .grantedBy(role('head'))
  .atMost('7d')
  .compensatedBy('the head reads it within a week')
  .because('four people cannot fill five duties')

const namedRoles = { head: 'heads it', tester: 'tests', deployer: 'releases' }

/** Of how many the share is, as it was recorded when the stage opened. */
const electorate = (scenario: Scenario, stage = 'approve', of = 'appr') => scenario.change('K').electorates[stage]?.[of]

async function approvedBy(scenario: Scenario, ...persons: string[]): Promise<void> {
  for (const person of persons) await scenario.given(person, 'approve', K)
}

/** What speaks against the trail. */
async function verdictOf(scenario: Scenario): Promise<string[]> {
  return verifyTrail([fileOf(await linesOf(scenario.store))]).findings.map(one => `${one.code} ${one.seq}`)
}

async function joins(scenario: Scenario, ...persons: string[]): Promise<void> {
  for (const person of persons) await scenario.given('ada', 'grantRole', { role: 'appr', to: person, team: '*' })
}

describe('a share is an exact fraction', () => {
  it('takes 199 of 200 for less than 100 %, two of three for less than 67 %, and two of three for 66 % [LAW 24]', async () => {
    for (const [percentage, eligible, given, met] of [
      [100, 200, 199, false],
      [67, 3, 2, false],
      [66, 3, 2, true],
    ] as const) {
      const scenario = await f0({
        policies: [asking(percent(percentage).of(role('appr')))],
        people: holders(eligible),
      })
      await approvedBy(scenario, ...Array.from({ length: given }, (_, index) => `p${index + 1}`))
      expect(scenario.approvals('K')).toBe(given)
      expect(scenario.isApprovable('K')).toBe(met)
    }
  })

  it('asks for 29 of 100 at 29 %, and for 30 of 101 [LAW 24]', async () => {
    for (const [eligible, places] of [
      [100, 29],
      [101, 30],
    ] as const) {
      const scenario = await f0({ policies: [asking(percent(29).of(role('appr')))], people: holders(eligible) })
      expect(stageOf(scenario, 'K', 'approve').missing).toEqual({ appr: places })
    }
  })

  it('asks for two of three at two thirds, and for all three at 6,667 parts in 10,000 [LAW 24]', async () => {
    for (const [requires, places] of [
      [share(2, 3).of(role('appr')), 2],
      [share(6_667, 10_000).of(role('appr')), 3],
    ] as const) {
      const scenario = await f0({ policies: [asking(requires)] })
      expect(stageOf(scenario, 'K', 'approve').missing).toEqual({ appr: places })
    }
  })

  it('asks for one person where the smallest share of three is asked [LAW 24]', async () => {
    const scenario = await f0({ policies: [asking(share(1, 10_000).of(role('appr')))] })
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'pending', missing: { appr: 1 } })
    await approvedBy(scenario, 'bob')
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('refuses to load a share where the controls ask for two persons, as a share can come to one [LAW 24]', () => {
    const strict = controls('strict', { 'CM-3': approvedBeforeRelease(2).because('two see everything') })
    const options = { complies: strict }
    const load = (requires: RequirementBuilder) =>
      fixturePolicy({ options, flow: [approval('approve', requires), production] })
    expect(() => load(percent(100).of(role('appr')))).toThrow(/CM-3/)
    expect(() => load(all(percent(100).of(role('appr')), approvals(2).from(role('appr'))))).not.toThrow()
  })

  it('refuses to load a percentage above 100, of nothing, below nothing, broken or endless [LAW 24]', () => {
    for (const [numerator, denominator] of [
      [101, 100],
      [0, 100],
      [-1, 100],
      [66.6, 100],
      [Number.NaN, 100],
      [1, Number.POSITIVE_INFINITY],
      [1, 0],
      [3, 2],
      [1, 10_001],
    ] as const) {
      expect(() => asking(share(numerator, denominator).of(role('appr')))).toThrow(/flow\.0/)
    }
  })

  it('counts Bob once in the share and once among those of whom it is, with two logins [LAW 24]', async () => {
    const scenario = await f0({ policies: [asking(percent(100).of(role('appr')))], submit: null })
    await scenario.given('ada', 'linkAccount', { account: 'bob-adm', person: 'bob' })
    await scenario.given('rita', 'submit', submitK)
    expect(electorate(scenario)).toBe(3)
    await approvedBy(scenario, 'bob', 'carol')
    await refused(scenario, ['bob-adm', 'approve', K], 'approval.already-given', { person: 'bob' })
    expect(scenario.isApprovable('K')).toBe(false)
  })

  it('counts Bob once among those of whom the share is, who was registered twice and is known to be one [LAW 24]', async () => {
    const scenario = await f0({
      policies: [asking(percent(50).of(role('appr')))],
      people: people({ robert: ['appr'] }),
      submit: null,
    })
    await scenario.given('ada', 'recordAlias', { person: 'robert', is: 'bob', comment: 'the same passport' })
    await scenario.given('rita', 'submit', submitK)
    expect(electorate(scenario)).toBe(3)
    await approvedBy(scenario, 'bob')
    await refused(scenario, ['robert', 'approve', K], 'approval.already-given')
  })

  it('takes two approvals for one where it is learned afterwards that one person gave them [LAW 24]', async () => {
    const scenario = await f0({
      policies: [asking(percent(50).of(role('appr')))],
      people: people({ robert: ['appr'] }),
    })
    await approvedBy(scenario, 'bob', 'robert')
    expect(scenario.isApprovable('K')).toBe(true)
    await scenario.given('ada', 'recordAlias', { person: 'robert', is: 'bob', comment: 'the same passport' })
    expect(electorate(scenario)).toBe(4)
    expect(scenario.approvals('K')).toBe(1)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('does not count a robot among those of whom the share is [LAW 24]', async () => {
    const scenario = await f0({ policies: [asking(percent(100).of(role('appr')))], submit: null })
    await robot(scenario, 'appr-bot', { controller: 'bob', role: 'appr' })
    await scenario.given('rita', 'submit', submitK)
    expect(electorate(scenario)).toBe(3)
  })

  it('takes the approval of Dora, who acts for Dan, for his part of the share and for no part of her own [LAW 24]', async () => {
    const scenario = await f0({
      policies: [asking(percent(100).of(role('appr')))],
      people: people({ dora: [] }),
      submit: null,
    })
    await delegated(scenario, 'dan', 'dora')
    await scenario.given('rita', 'submit', submitK)
    expect(electorate(scenario)).toBe(3)
    await approvedBy(scenario, 'bob', 'carol', 'dora')
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('asks for a share and for a number of the same role as for the larger of the two [LAW 24]', async () => {
    for (const [count, places] of [
      [1, 2],
      [3, 3],
    ] as const) {
      const requires = all(approvals(count).from(role('appr')), share(1, 2).of(role('appr')))
      const scenario = await f0({ policies: [asking(requires)], people: four })
      expect(stageOf(scenario, 'K', 'approve').missing).toEqual({ appr: places })
    }
  })

  it('is satisfied by the one head where all of the approvers or one head are asked [LAW 24]', async () => {
    const requires = any(share(1, 1).of(role('appr')), approvals(1).from(role('head')))
    const scenario = await f0({ policies: [asking(requires)], people: people({ hana: ['head'] }) })
    await approvedBy(scenario, 'bob', 'carol')
    expect(scenario.isApprovable('K')).toBe(false)
    await approvedBy(scenario, 'hana')
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('counts Alice, who is excepted from the separation, for a share of which she was no part [LAW 24]', async () => {
    const scenario = await f0({
      controls: lenient,
      policies: [
        fixturePolicy({
          options: { complies: lenient, exceptions: [whileFew] },
          flow: [approval('approve', percent(100).of(role('appr'))), production],
        }),
      ],
      people: people({ alice: ['appr'], hana: ['head'], bob: [] }),
    })
    expect(electorate(scenario)).toBe(2)
    const until = new Date(Date.parse(scenario.now) + day).toISOString()
    const duties: [string, string] = ['make', 'approve']
    const asked = { ...K, exception: 'x-1', person: 'alice', duties, until, reason: 'two of us are ill' }
    await scenario.given('rita', 'requestException', asked)
    await scenario.given('hana', 'grantException', { ...K, exception: 'x-1' })
    await approvedBy(scenario, 'alice', 'carol')
    expect(electorate(scenario)).toBe(2)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('excepted')
  })
})

describe('of how many is settled when the stage opens', () => {
  it('takes two of four at 50 % for enough, and two of four still when two more join before the release [LAW 25]', async () => {
    const scenario = await f0({ policies: [asking(percent(50).of(role('appr')))], people: four })
    expect(stageOf(scenario, 'K', 'approve').requirement).toMatchObject({ needs: 2, has: 0, of: 4 })
    await approvedBy(scenario, 'bob', 'carol')
    await joins(scenario, 'alice', 'erin')
    expect(electorate(scenario)).toBe(4)
    expect(stageOf(scenario, 'K', 'approve').requirement).toMatchObject({ needs: 2, has: 2, of: 4 })
    await scenario.given('paul', 'release', K)
  })

  it('prints on the page for people of how many it is, and how many have approved [LAW 25]', async () => {
    const scenario = await f0({ policies: [asking(percent(50).of(role('appr')))], people: four })
    await approvedBy(scenario, 'bob')
    const { out } = await call('countersign', ['explain', writtenLines(await linesOf(scenario.store)), 'K'])
    expect(out.replaceAll(/\s+/g, ' ')).toContain('1 of 2 approvals by appr, 50/100 of 4 persons')
  })

  it('records of how many it is in the entry with which the stage opens [LAW 25]', async () => {
    const scenario = await f0Tested({ policies: [asking(percent(50).of(role('appr')), verify)], people: four })
    expect((await eventsOf(scenario)).filter(event => event.type === 'stage.entered').at(-1)).toEqual({
      type: 'stage.entered',
      stage: 'approve',
      electorates: { approve: { appr: 4 } },
    })
  })

  it('counts those who hold the role when the stage opens, and not those who held it at the submission [LAW 25]', async () => {
    const scenario = await f0({
      policies: [asking(percent(50).of(role('appr')), verify)],
      people: people({ dora: [], eve: [], fay: [] }),
    })
    await joins(scenario, 'dora', 'eve', 'fay')
    await scenario.given('ada', 'recordDeparture', { person: 'dan' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(electorate(scenario)).toBe(5)
    expect(stageOf(scenario, 'K', 'approve').missing).toEqual({ appr: 3 })
  })

  it('counts the approval of Nora, who joins after the stage opened, as one of the two of four [LAW 25]', async () => {
    const scenario = await f0({
      policies: [asking(percent(50).of(role('appr')))],
      people: { ...four, nora: [] },
    })
    await joins(scenario, 'nora')
    await approvedBy(scenario, 'nora', 'bob')
    expect(stageOf(scenario, 'K', 'approve').requirement).toMatchObject({ needs: 2, has: 2, of: 4 })
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('goes on asking for all four when Dan has left after the stage opened, and is unsatisfiable [LAW 25]', async () => {
    const scenario = await f0({ policies: [asking(percent(100).of(role('appr')))], people: four })
    await scenario.given('ada', 'recordDeparture', { person: 'dan' })
    await approvedBy(scenario, 'bob', 'carol', 'dora')
    expect(electorate(scenario)).toBe(4)
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'unsatisfiable', missing: { appr: 1 } })
  })

  it('goes on asking for two of four when Bob and Carol are given the work afterwards, and others give them [LAW 25]', async () => {
    const scenario = await f0({ policies: [asking(percent(50).of(role('appr')))], people: four })
    await approvedBy(scenario, 'dora')
    for (const to of ['bob', 'carol']) await scenario.given('rita', 'assign', { ...K, to })
    expect(stageOf(scenario, 'K', 'approve').requirement).toMatchObject({ needs: 2, has: 1, of: 4 })
    await refused(scenario, ['bob', 'approve', K], 'duty.conflict', { person: 'bob' })
    await approvedBy(scenario, 'dan')
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('is a share of no fewer persons when Alice names approvers as makers of an edit, as far as those who are left can give it [LAW 25]', async () => {
    for (const [requires, makers, needs, of] of [
      [percent(50), ['bob', 'carol'], 2, 4],
      [percent(50), ['bob', 'carol', 'dan'], 1, 2],
      [share(2, 3), ['bob'], 3, 4],
      [percent(100), ['bob'], 3, 3],
    ] as const) {
      const scenario = await f0Tested({ policies: [asking(requires.of(role('appr')), verify)], people: four })
      expect(electorate(scenario)).toBe(4)
      const edited = { content: { digest: content('r2'), makers: ['alice', ...makers] }, comment: '2' }
      await scenario.given('alice', 'revise', { ...K, ...edited })
      await scenario.given('erin', 'signOff', { ...K, ...report })
      expect(stageOf(scenario, 'K', 'approve').requirement).toMatchObject({ needs, has: 0, of })
      await approvedBy(scenario, ...['bob', 'carol', 'dan', 'dora'].filter(one => !makers.includes(one as never)))
      expect(scenario.isApprovable('K')).toBe(true)
      expect(verifyTrail([fileOf(await linesOf(scenario.store))]).findings).toEqual([])
    }
  })

  it('is a share of no fewer persons when Bob and Carol edit K themselves, and finds it when the trail says so [LAW 25]', async () => {
    const scenario = await f0Tested({ policies: [asking(percent(50).of(role('appr')), verify)], people: four })
    for (const [person, digest] of [
      ['bob', 'r2'],
      ['carol', 'r3'],
    ] as const)
      await scenario.given(person, 'revise', {
        ...K,
        content: { digest: content(digest), makers: [person] },
        comment: '2',
      })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(electorate(scenario)).toBe(4)
    const lines = await linesOf(scenario.store)
    const last = bodiesOf(lines).length - 1
    const forged = bodiesOf(lines).map((body, seq) =>
      seq < last ? body : JSON.parse(JSON.stringify(body).replace('{"appr":4}', '{"appr":2}')),
    )
    const { findings } = verifyTrail([fileOf(reseal(forged))])
    expect(findings.map(one => `${one.code} ${one.seq}`)).toEqual([
      `decision.events-differ ${last}`,
      `electorate.understated ${last}`,
    ])
  })

  describe('is counted anew where the stage opens again after one before it', () => {
    const owned = approval('own', approvals(1).from(role('owner')))
    const all = askingWithOwners(share(1, 1).of(role('appr')), owned)
    const withOwners = people({ bob: ['appr', 'owner'], oscar: ['owner'] })
    const takenBack = async (): Promise<Scenario> => {
      const scenario = await f0({ policies: [all], people: withOwners })
      await scenario.given('bob', 'approve', { ...K, stage: 'own' })
      expect(electorate(scenario)).toBe(2)
      return scenario
    }

    it('asks Dan as well where Bob, who was left out of the share, has taken back what he approved before [LAW 25]', async () => {
      const scenario = await takenBack()
      await scenario.given('bob', 'withdraw', { change: 'K', comment: 'I know too little of it' })
      await scenario.given('oscar', 'approve', K)
      expect(electorate(scenario)).toBe(3)
      await approvedBy(scenario, 'bob', 'carol')
      await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
      await approvedBy(scenario, 'dan')
      await scenario.given('paul', 'release', K)
      expect(await verdictOf(scenario)).toEqual([])
    })

    it('asks Dan as well where Carol had approved already, and of no fewer than before where somebody has left [LAW 25]', async () => {
      for (const gone of [false, true]) {
        const scenario = await takenBack()
        await approvedBy(scenario, 'carol')
        await scenario.given('bob', 'withdraw', { change: 'K', comment: 'I know too little of it' })
        if (gone) for (const person of ['bob', 'dan']) await scenario.given('ada', 'recordDeparture', { person })
        await scenario.given('oscar', 'approve', K)
        expect(electorate(scenario)).toBe(gone ? 2 : 3)
        expect(await verdictOf(scenario)).toEqual([])
      }
    })
  })

  it('is a share of no fewer persons when Alice names approvers as makers of what depends on K, or of an edit of what K depends on [LAW 25]', async () => {
    const six = people({ dora: ['appr'], eve: ['appr'], fay: ['appr'] })
    for (const via of ['child', 'parent']) {
      const scenario = await f0({ policies: [asking(percent(50).of(role('appr')))], people: six, submit: null })
      const submit = (change: string, makers: string[], parent?: string) =>
        scenario.given('alice', 'submit', {
          ...submitK,
          change,
          content: { digest: content(change), makers },
          ...(parent === undefined ? {} : { parent }),
        })
      await submit('P', ['alice'])
      await submit('K', ['alice'], 'P')
      if (via === 'child') await submit('C', ['carol', 'dan'], 'K')
      else {
        const made = { digest: content('p2'), makers: ['carol', 'dan'] }
        await scenario.given('alice', 'revise', { change: 'P', content: made, comment: 'they did it' })
      }
      await scenario.given('alice', 'revise', { ...K, title: 'Round half a cent up', comment: 'so it is called' })
      expect(electorate(scenario)).toBe(6)
      await approvedBy(scenario, 'bob', 'eve')
      await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
      await approvedBy(scenario, 'fay')
      await scenario.given('paul', 'release', K)
      expect(await verdictOf(scenario)).toEqual([])
    }
  })

  it('counts Bob no more who has edited K and then makes a part of it as a task, or ticks one off, and the verifier says nothing else [LAW 25]', async () => {
    const build = task('build', { by: role('dev'), duty: 'make', checklist: { done: 'it is done' } })
    const policies = [askingWithOwners(percent(50).of(role('appr')), build)]
    const makers = people({ bob: ['appr', 'dev'], dora: ['appr'], dave: ['dev'] })
    for (const ticksOnly of [false, true]) {
      const scenario = await f0({ policies, people: makers })
      await scenario.given('bob', 'revise', { ...K, title: 'Round half a cent up', comment: 'so it is called' })
      await scenario.given('bob', 'tick', { ...K, stage: 'build', items: ['done'] })
      await scenario.given(ticksOnly ? 'dave' : 'bob', 'complete', { change: 'K', stage: 'build' })
      expect(electorate(scenario)).toBe(3)
      expect(await verdictOf(scenario)).toEqual([])
    }
  })

  it('asks Bob alone where all of appr are asked, which are Bob and Alice, who made K [LAW 25]', async () => {
    const scenario = await f0({
      policies: [asking(percent(100).of(role('appr')))],
      people: people({ alice: ['appr'], carol: [], dan: [] }),
    })
    expect(electorate(scenario)).toBe(1)
    await approvedBy(scenario, 'bob')
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('counts Carol, who is absent, among those of whom the share is, and not Dan, who has left [LAW 25]', async () => {
    const scenario = await f0({ policies: [asking(percent(100).of(role('appr')))], people: four, submit: null })
    const until = new Date(Date.parse(scenario.now) + day).toISOString()
    await scenario.given('carol', 'recordAbsence', { person: 'carol', from: scenario.now, until })
    await scenario.given('ada', 'recordDeparture', { person: 'dan' })
    await scenario.given('rita', 'submit', submitK)
    expect(electorate(scenario)).toBe(3)
  })

  it('asks the share of Bob and Carol, who are absent, and not of Hana and Hugo besides, who stand in for them [LAW 25]', async () => {
    const options = { roles: { appr: { fallback: { role: 'head', when: ['absent' as const] } }, ...namedRoles } }
    const flow = [approval('approve', percent(100).of(role('appr'))), production]
    const cast = people({ dan: [], hana: ['head'], hugo: ['head'] })
    for (const isBefore of [true, false]) {
      const scenario = await f0({ policies: [fixturePolicy({ flow, options })], people: cast, submit: null })
      const until = new Date(Date.parse(scenario.now) + day).toISOString()
      const leave = async () => {
        for (const person of ['bob', 'carol'])
          await scenario.given(person, 'recordAbsence', { person, from: scenario.now, until })
      }
      if (isBefore) await leave()
      await scenario.given('rita', 'submit', submitK)
      if (!isBefore) await leave()
      expect(electorate(scenario)).toBe(2)
      await approvedBy(scenario, 'hana', 'hugo')
      expect(scenario.change('K').state).toBe('production')
    }
  })

  it('counts of those who hold the role only who holds it for the team, and in time [LAW 25]', async () => {
    const scenario = await f0({
      policies: [asking(percent(100).of(role('appr')))],
      people: people({ dora: [], eve: [] }),
      submit: null,
    })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'dora', team: 'other' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'eve', team: 't', until: '2026-03-02T09:00:00Z' })
    scenario.at('2026-03-02T09:00:00.000Z')
    await scenario.given('rita', 'submit', submitK)
    expect(electorate(scenario)).toBe(3)
  })

  it('counts Bob, who has approved the stage before, no more among those of whom the share is [LAW 25]', async () => {
    const peer = approval('peer', approvals(1).from(role('appr')))
    const scenario = await f0({ policies: [asking(percent(100).of(role('appr')), peer)], people: four })
    expect(electorate(scenario)).toBeUndefined()
    await approvedBy(scenario, 'bob')
    expect(electorate(scenario)).toBe(3)
    await approvedBy(scenario, 'carol', 'dan', 'dora')
    expect(scenario.change('K').state).toBe('production')
  })

  it('counts anew when an edit has led back to the stage, and says so in the entry [LAW 25]', async () => {
    const scenario = await f0Tested({
      policies: [asking(percent(50).of(role('appr')), verify)],
      people: people({ dora: [], eve: [] }),
    })
    await approvedBy(scenario, 'bob')
    await joins(scenario, 'dora', 'eve')
    expect(electorate(scenario)).toBe(3)
    await scenario.given('alice', 'revise', {
      ...K,
      content: { digest: content('r2'), makers: ['alice'] },
      comment: '2',
    })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(electorate(scenario)).toBe(5)
    expect(stageOf(scenario, 'K', 'approve').requirement).toMatchObject({ needs: 3, has: 0, of: 5 })
  })

  it('counts anew when an edit has led back before the stage, at which nobody had approved yet [LAW 25]', async () => {
    const scenario = await f0Tested({
      policies: [asking(percent(50).of(role('appr')), verify)],
      people: people({ dora: [], eve: [] }),
    })
    await joins(scenario, 'dora', 'eve')
    expect(electorate(scenario)).toBe(3)
    const edited = { content: { digest: content('r2'), makers: ['alice'] }, comment: '2' }
    await scenario.given('alice', 'revise', { ...K, ...edited })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(electorate(scenario)).toBe(5)
  })

  it('stays of as many as it was where Carol, who approved last, leaves and is to be replaced [LAW 25]', async () => {
    const asked = approval('approve', percent(100).of(role('appr')), { leavers: 'reconfirm' })
    const scenario = await f0({
      policies: [fixturePolicy({ flow: [asked, production] })],
      people: people({ dora: [] }),
    })
    await approvedBy(scenario, 'bob', 'dan', 'carol')
    expect(scenario.change('K').state).toBe('production')
    await scenario.given('ada', 'recordDeparture', { person: 'carol' })
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({
      status: 'unsatisfiable',
      requirement: { needs: 3, has: 2, of: 3 },
    })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await joins(scenario, 'dora')
    await approvedBy(scenario, 'dora')
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))]).findings).toEqual([])
  })

  it('is two of three still where Bob and Carol, who gave them, turn out to be one [LAW 25]', async () => {
    const scenario = await f0({ policies: [asking(percent(50).of(role('appr')))] })
    await approvedBy(scenario, 'bob', 'carol')
    await scenario.given('ada', 'recordAlias', { person: 'carol', is: 'bob', comment: 'one person' })
    expect(stageOf(scenario, 'K', 'approve').requirement).toMatchObject({ needs: 2, has: 1, of: 3 })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await approvedBy(scenario, 'dan')
    await scenario.given('paul', 'release', K)
  })

  it('does not hang on who joins and leaves once something fell away, while nothing happens on K [LAW 25]', async () => {
    const scenario = await f0({ policies: [asking(percent(50).of(role('appr')))], people: people({ dora: [] }) })
    await approvedBy(scenario, 'bob', 'carol')
    await scenario.given('ada', 'recordDeparture', { person: 'bob', compromised: true })
    const asked = { needs: 2, has: 1, of: 3 }
    expect(stageOf(scenario, 'K', 'approve').requirement).toMatchObject(asked)
    await joins(scenario, 'dora')
    expect(stageOf(scenario, 'K', 'approve').requirement).toMatchObject(asked)
    await scenario.given('ada', 'recordDeparture', { person: 'dora' })
    expect(stageOf(scenario, 'K', 'approve').requirement).toMatchObject(asked)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('counts Carol, whose approval of this very stage stands, when the stage opens again [LAW 25]', async () => {
    const scenario = await f0({ policies: [asking(percent(50).of(role('appr')))], people: four })
    await approvedBy(scenario, 'bob', 'carol')
    expect(scenario.change('K').state).toBe('production')
    await scenario.given('rita', 'assign', { ...K, to: 'bob' })
    expect(scenario.change('K').state).toBe('approve')
    expect(stageOf(scenario, 'K', 'approve').requirement).toMatchObject({ needs: 2, has: 1, of: 4 })
  })

  it('is a share of no fewer persons when Rita gives the work to Bob, to Carol and to Dan before the stage opens [LAW 25]', async () => {
    const scenario = await f0({ policies: [asking(percent(75).of(role('appr')), verify)], people: four })
    for (const to of ['bob', 'carol', 'dan']) await scenario.given('rita', 'assign', { ...K, to })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(electorate(scenario)).toBe(4)
    await approvedBy(scenario, 'dora')
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({
      status: 'unsatisfiable',
      requirement: { needs: 3, has: 1, of: 4 },
    })
  })

  it('counts anew in a new round, after Dora has joined [LAW 25]', async () => {
    const scenario = await f0({
      policies: [asking(percent(50).of(role('appr')))],
      people: people({ dora: [] }),
    })
    expect(electorate(scenario)).toBe(3)
    await scenario.given('carol', 'reject', { ...K, comment: 'no' })
    await joins(scenario, 'dora')
    await scenario.given('rita', 'resubmit', { ...K, comment: 'again' })
    expect(electorate(scenario)).toBe(4)
  })

  it('counts the heads, who stand in for a role that nobody holds, and them still when Vera holds it [LAW 25]', async () => {
    const options = {
      roles: {
        appr: { fallback: { role: 'head', when: ['vacant' as const] } },
        head: 'heads',
        tester: 'tests',
        deployer: 'releases',
      },
    }
    const flow = [approval('approve', percent(100).of(role('appr'))), production]
    const scenario = await f0({
      policies: [fixturePolicy({ options, flow })],
      people: people({ bob: [], carol: [], dan: [], hana: ['head'], hugo: ['head'], vera: [] }),
    })
    expect(electorate(scenario)).toBe(2)
    await approvedBy(scenario, 'hana')
    await joins(scenario, 'vera')
    expect(stageOf(scenario, 'K', 'approve').requirement).toMatchObject({ needs: 2, has: 1, of: 2 })
    await approvedBy(scenario, 'vera')
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('counts Hana once, who holds the role by itself and as a head, whose role includes it [LAW 25]', async () => {
    const scenario = await f0({ policies: [asking(percent(100).of(role('appr')))], submit: null })
    await scenario.given('ada', 'defineRole', { role: 'chief', description: 'leads', inherits: ['appr'] })
    await scenario.given('ada', 'registerPerson', { person: 'hana', name: 'Hana', accounts: ['hana'] })
    for (const name of ['chief', 'appr'])
      await scenario.given('ada', 'grantRole', { role: name, to: 'hana', team: '*' })
    await scenario.given('ada', 'grantRole', { role: 'chief', to: 'bob', team: '*' })
    await scenario.given('rita', 'submit', submitK)
    expect(electorate(scenario)).toBe(4)
    await approvedBy(scenario, 'bob', 'carol', 'dan', 'hana')
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('is found out by the verifier when somebody writes a smaller number into the trail [LAW 25]', async () => {
    const scenario = await f0({ policies: [asking(percent(50).of(role('appr')))], people: four })
    await approvedBy(scenario, 'bob', 'carol')
    await scenario.given('paul', 'release', K)
    const lines = await linesOf(scenario.store)
    expect(verifyTrail([fileOf(lines)])).toMatchObject({ status: 'sound', findings: [] })
    const forged = bodiesOf(lines).map(body =>
      JSON.parse(
        JSON.stringify(body).replace('"electorates":{"approve":{"appr":4}}', '"electorates":{"approve":{"appr":2}}'),
      ),
    )
    const verdict = verifyTrail([fileOf(reseal(forged))])
    expect(verdict.findings.map(one => `${one.code} ${one.seq}`)).toEqual([
      'decision.events-differ 23',
      'electorate.understated 23',
      'decision.events-differ 24',
    ])
  })

  it('gives no part of the share to Nora, to whom Ada, who made K with Alice, gives the role meanwhile [LAW 25]', async () => {
    const scenario = await f0({
      policies: [asking(percent(50).of(role('appr')))],
      people: people({ nora: [] }),
      submit: null,
    })
    scenario.at(1)
    await scenario.given('rita', 'submit', { ...submitK, content: { digest: content('r1'), makers: ['alice', 'ada'] } })
    scenario.at(1)
    await joins(scenario, 'nora')
    await refused(scenario, ['nora', 'approve', K], 'authority.granted-by-participant', { person: 'nora' })
    await approvedBy(scenario, 'bob')
    expect(scenario.isApprovable('K')).toBe(false)
  })
})

describe('a share of nobody', () => {
  it('blocks K as vacant where all of a role are asked that nobody holds, and asks for one person [LAW 26]', async () => {
    const scenario = await f0({ policies: [asking(percent(100).of(role('appr')))], people: holders(0) })
    expect((await eventsOf(scenario)).find(event => event.type === 'change.blocked')).toMatchObject({
      stage: 'approve',
      status: 'vacant',
      missing: { appr: 1 },
    })
    expect(electorate(scenario)).toBe(0)
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({
      status: 'vacant',
      missing: { appr: 1 },
      requirement: { needs: 1, has: 0, of: 0 },
    })
    expect(JSON.stringify(scenario.explain('K'))).not.toContain('null')
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('approves nothing by the smallest share of a role of which everybody has left [LAW 26]', async () => {
    const scenario = await f0({ policies: [asking(share(1, 10_000).of(role('appr')))] })
    for (const person of ['bob', 'carol', 'dan']) await scenario.given('ada', 'recordDeparture', { person })
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'vacant', missing: { appr: 1 } })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('asks for one person where half of a role is asked that nobody held when the stage opened, though four hold it since, and for two once it is counted anew [LAW 26]', async () => {
    const scenario = await f0({
      policies: [asking(percent(50).of(role('appr')))],
      people: { ...holders(0), p1: [], p2: [], p3: [], p4: [] },
    })
    await joins(scenario, 'p1', 'p2', 'p3', 'p4')
    const told = () => stageOf(scenario, 'K', 'approve')
    expect([electorate(scenario), told().status, told().missing]).toEqual([0, 'pending', { appr: 1 }])
    expect(told().requirement).toEqual({ status: 'pending', role: 'appr', needs: 1, has: 0, persons: [] })
    await scenario.given('rita', 'revise', { ...K, form: { risk: 'high' }, comment: 'it is risky' })
    expect([electorate(scenario), told().missing]).toEqual([4, { appr: 2 }])
    expect(told().requirement).toMatchObject({ needs: 2, has: 0, share: [50, 100], of: 4 })

    const other = await f0({
      policies: [asking(percent(50).of(role('appr')))],
      people: { ...holders(0), p1: [], p2: [], p3: [], p4: [] },
    })
    await joins(other, 'p1', 'p2', 'p3', 'p4')
    await approvedBy(other, 'p1')
    expect(stageOf(other, 'K', 'approve').requirement).toEqual({
      status: 'satisfied',
      role: 'appr',
      needs: 1,
      has: 1,
      persons: ['p1'],
    })
    await other.given('paul', 'release', K)
    expect(await verdictOf(other)).toEqual([])
  })

  it('blocks K at submission where all of appr are asked and Alice, who made it, is all of them [LAW 27]', async () => {
    const scenario = await f0({
      policies: [asking(percent(100).of(role('appr')))],
      people: people({ alice: ['appr'], bob: [], carol: [], dan: [] }),
    })
    expect((await eventsOf(scenario)).find(event => event.type === 'change.blocked')).toEqual({
      type: 'change.blocked',
      stage: 'approve',
      status: 'unsatisfiable',
      missing: { appr: 1 },
      excluded: { alice: { why: 'conflict', how: 'made content', duties: ['make', 'approve'], clause: 'CM-1' } },
    })
    expect(electorate(scenario)).toBe(0)
  })

  it('blocks K at submission where all of appr and a head are asked, and Bob is the only head and one of them [LAW 27]', async () => {
    const requires = all(percent(100).of(role('appr')), approvals(1).from(role('head')))
    const scenario = await f0({ policies: [asking(requires)], people: people({ bob: ['appr', 'head'] }) })
    expect(stageOf(scenario, 'K', 'approve').status).toBe('unsatisfiable')
    expect((await eventsOf(scenario)).map(event => event.type)).toContain('change.blocked')
  })

  it('tells at submission that a share which is asked only later cannot be met [LAW 27]', async () => {
    const scenario = await f0({
      policies: [asking(percent(100).of(role('appr')), verify)],
      people: people({ alice: ['appr'], bob: [], carol: [], dan: [] }),
    })
    expect((await eventsOf(scenario)).find(event => event.type === 'change.blocked')).toMatchObject({
      stage: 'approve',
      status: 'unsatisfiable',
    })
  })
})
