import {
  baseline,
  content,
  f0,
  f0Tested,
  fixtureForm,
  fixturePolicy,
  normalFlow,
  Scenario,
  submitK,
} from '@countersign/testing'
import { bodiesOf, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import { commitmentTo } from '@countersign/trail'
import { memoryOpenings } from '@countersign/trail/store'
import { Metrics } from 'countersign/metrics'
import {
  approval,
  approvals,
  approved,
  approvedBeforeRelease,
  approvedTemplate,
  category,
  controls,
  exception,
  policy,
  policyDigest,
  release,
  role,
  separate,
  task,
  test,
} from 'countersign/policy'
import { Population, type PopulationAsked, SampleSheet, type Sheet } from 'countersign/sheet'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { commitmentIn } from '../redaction/setting.ts'
import { day, delegated, f0Approved, hour, K, people, report, restart, robot } from './setting.ts'
import { trailOf } from './trail.ts'

/** What is listed of a trail, read line by line as from a file. */
async function listed(scenario: Scenario, asked: PopulationAsked = {}) {
  const population = new Population(asked)
  for (const line of await linesOf(scenario.store)) population.line(line)
  return population.report()
}

async function sheetOf(scenario: Scenario, change = 'K', at?: string): Promise<Sheet> {
  const sample = new SampleSheet(change, at === undefined ? {} : { at })
  for (const line of await linesOf(scenario.store)) sample.line(line)
  const sheet = sample.sheet()
  if (sheet === undefined) throw new Error(`there is no ${change}`)
  return sheet
}

/** The entry in which somebody gave the last command of a type about a change. */
async function entryOf(scenario: Scenario, account: string, type: string): Promise<number> {
  const found = (await trailOf(scenario)).findLast(one => one.by.account === account && one.command.type === type)
  if (found === undefined) throw new Error(`${account} never gave ${type}`)
  return found.seq
}

/** K, put into effect and closed by Rita. */
async function closed(vary: Parameters<typeof f0Approved>[0] = {}): Promise<Scenario> {
  const scenario = await f0Approved(vary)
  scenario.at(hour)
  await scenario.given('paul', 'release', K)
  scenario.at(hour)
  await scenario.given('rita', 'close', { ...K, comment: 'no difference since' })
  return scenario
}

/** Another change like K, from its submission to its release. */
async function released(scenario: Scenario, change: string): Promise<void> {
  await scenario.given('rita', 'submit', { ...submitK, change } as never)
  await scenario.given('erin', 'signOff', { change, ...report })
  for (const by of ['bob', 'carol']) await scenario.given(by, 'approve', { change })
  await scenario.given('paul', 'release', { change })
}

const production = () => release('production', { by: role('deployer') })
const agree = (count = 1) => approval('approve', approvals(count).from(role('appr')))

describe('the population of a period', () => {
  it('lists every change that was closed in it, as many as the trail closes then, each with the entries of its request, its release and its end [LAW 118]', async () => {
    const scenario = await closed()
    await released(scenario, 'L')
    await scenario.given('rita', 'close', { change: 'L' })
    await scenario.given('rita', 'submit', { ...submitK, change: 'M' } as never)
    await scenario.given('rita', 'cancel', { change: 'M', comment: 'not needed' })
    const { changes, closes, unclosed } = await listed(scenario)
    expect([closes, changes.map(one => one.change), unclosed]).toEqual([2, ['K', 'L'], []])
    const bodies = await trailOf(scenario)
    const seqOf = (type: string) => bodies.find(one => one.command.type === type && one.command.change === 'K')?.seq
    expect(changes[0]).toEqual({
      change: 'K',
      team: 't',
      category: 'normal',
      title: submitK.title,
      requested: { seq: seqOf('submit'), at: '2026-03-02T08:00:00.000Z', person: 'rita' },
      releases: [{ seq: seqOf('release'), at: '2026-03-02T09:00:00.000Z', stage: 'production', person: 'paul' }],
      closed: { seq: seqOf('close'), at: '2026-03-02T10:00:00.000Z', account: 'rita', person: 'rita' },
      entries: 6,
      flags: [],
    })
  })

  it('has what was closed at its first instant, and not what was closed at its end [LAW 118]', async () => {
    const scenario = await closed()
    const at = '2026-03-02T10:00:00.000Z'
    expect((await listed(scenario, { from: at })).changes).toHaveLength(1)
    expect(await listed(scenario, { until: at })).toMatchObject({ closes: 0, changes: [] })
    expect(await listed(scenario, { from: at, until: '2026-03-02T11:00:00.001+01:00' })).toMatchObject({ closes: 1 })
    expect(() => new Population({ from: at, until: '2026-03-01T00:00Z' })).toThrow(/would end/)
    expect(() => new Population({ from: 'monday' })).toThrow(/an instant has an offset/)
  })

  it('tells apart what took effect in it and was not closed by its end, so that no change escapes by staying open [LAW 118]', async () => {
    const scenario = await closed()
    await released(scenario, 'L')
    const now = scenario.now
    scenario.at(day)
    await scenario.given('rita', 'close', { change: 'L' })
    const next = new Date(Date.parse(now) + hour).toISOString()
    const first = await listed(scenario, { until: next })
    expect(first.changes.map(one => one.change)).toEqual(['K'])
    expect(first.unclosed.map(one => [one.change, one.closed?.at])).toEqual([['L', scenario.now]])
    const second = await listed(scenario, { from: next })
    expect([second.changes.map(one => one.change), second.unclosed]).toEqual([['L'], []])
  })

  it('is of one team where that is asked for, and its count is by the policy that each entry names [LAW 118]', async () => {
    const { categories, ...rules } = fixturePolicy()
    const scenario = await f0Approved({ policies: [fixturePolicy(), { ...rules, team: 'u', categories }] })
    await scenario.given('paul', 'release', K)
    await scenario.given('rita', 'close', K)
    await scenario.given('rita', 'submit', { ...submitK, change: 'U', team: 'u' } as never)
    await scenario.given('erin', 'signOff', { change: 'U', ...report })
    for (const by of ['bob', 'carol']) await scenario.given(by, 'approve', { change: 'U' })
    await scenario.given('paul', 'release', { change: 'U' })
    await scenario.given('rita', 'close', { change: 'U' })
    for (const [team, ids] of [
      ['t', ['K']],
      ['u', ['U']],
      [undefined, ['K', 'U']],
    ] as const) {
      const { closes, changes } = await listed(scenario, team === undefined ? {} : { team })
      expect([closes, changes.map(one => one.change)]).toEqual([ids.length, ids])
    }
  })

  it('does not agree with its count where a forged trail closes a change twice, or one that nobody asked for [LAW 118]', async () => {
    const scenario = await closed()
    const bodies = bodiesOf(await linesOf(scenario.store))
    const close = bodies.at(-1)
    if (close === undefined) throw new Error('there is no entry')
    const twice = { ...close, id: 'forged-again', streamSeq: 6 }
    const other = { ...close, id: 'forged-other', stream: 'change/X', command: { type: 'close', change: 'X' } }
    for (const forged of [twice, other]) {
      const population = new Population({ team: 't' })
      for (const line of reseal(renumber([...bodies, forged]))) population.line(line)
      const { closes, changes } = population.report()
      expect([closes, changes.map(one => one.change)]).toEqual([2, ['K']])
    }
  })

  it('marks what an auditor may want to look at: who acted for others, what was owed, excepted, carried, found or refused [LAW 118]', async () => {
    const scenario = await f0Tested({ people: people({ nora: [] }) })
    await delegated(scenario, 'bob', 'nora')
    await scenario.when('alice', 'approve', K)
    await scenario.given('nora', 'approve', { ...K, for: 'bob' } as never)
    await scenario.given('carol', 'approve', K)
    await scenario.given('paul', 'release', K)
    await scenario.given('rita', 'close', K)
    const { changes } = await listed(scenario)
    expect(changes.map(one => one.flags)).toEqual([['delegate', 'refused']])
    expect((await sheetOf(scenario)).flags).toEqual(['delegate', 'refused'])
  })
})

describe('the sheet of one change', () => {
  it('names its request, reason, implementers, tests with evidence, approvers, policy and times, each with its entry [LAW 118]', async () => {
    const scenario = await closed()
    const sheet = await sheetOf(scenario)
    const bodies = await trailOf(scenario)
    const [submit, signOff, bob, carol, release_, close] = bodies
      .filter(one => one.command.change === 'K')
      .map(one => one.seq)
    expect(sheet).toMatchObject({
      change: 'K',
      team: 't',
      category: 'normal',
      title: submitK.title,
      reason: submitK.reason,
      state: 'closed',
      requested: { requester: 'rita', seq: submit, account: 'rita' },
      form: [
        { field: 'risk', value: 'low' },
        { field: 'system', value: 'ledger' },
      ],
      revisions: [{ revision: 1, seq: submit, content: content('r1'), makers: ['alice'] }],
      implementers: [{ person: 'alice', how: 'made content', revision: 1, content: content('r1'), seq: submit }],
      tests: [
        {
          person: 'erin',
          capacity: 'own',
          result: 'passed',
          evidence: [{ name: 'report' }],
          counts: true,
          seq: signOff,
        },
      ],
      approvals: [
        { person: 'bob', capacity: 'own', countsFor: 'appr', counts: true, seq: bob },
        { person: 'carol', capacity: 'own', countsFor: 'appr', counts: true, seq: carol },
      ],
      releases: [
        {
          person: 'paul',
          seq: release_,
          at: '2026-03-02T09:00:00.000Z',
          approvedIn: [bob, carol],
          testedIn: [signOff],
        },
      ],
      closed: { account: 'rita', seq: close, comment: 'no difference since' },
      entries: [submit, signOff, bob, carol, release_, close],
      exceptions: [],
      flags: [],
    })
    const adopted = await entryOf(scenario, 'otto', 'adoptPolicy')
    const proposed = await entryOf(scenario, 'ada', 'proposePolicy')
    expect(sheet.policies).toMatchObject([
      {
        digest: policyDigest(fixturePolicy()),
        team: 't',
        how: 'submitted',
        seq: submit,
        proposed: { by: 'ada', seq: proposed },
        adopted: { by: 'otto', seq: adopted },
        controls: { name: 'baseline', adopted: { by: 'otto' }, proposed: { by: 'ada' } },
      },
    ])
    expect(sheet.policies[0]?.controls?.clauses.map(one => one.clause)).toEqual(['CM-1', 'CM-2', 'CM-3'])
    expect(sheet.duties.map(one => `${one.person} ${one.duty}`)).toEqual([
      'rita request',
      'alice make',
      'erin test',
      'bob approve',
      'carol approve',
      'paul release',
    ])
  })

  it('tells of each approval whether it was given in the own right, for whom by which delegation, or standing in for which role and why [LAW 118]', async () => {
    const flow = [
      approval('approve', approvals(2).from(role('appr'))),
      approval('lead', approvals(1).from(role('lead'))),
      production(),
    ]
    const roles = {
      appr: 'approves',
      tester: 'tests',
      deployer: 'releases',
      head: 'heads',
      lead: { fallback: { role: 'head', when: ['vacant'] } },
    }
    const scenario = await f0({
      policies: [fixturePolicy({ flow, options: { roles } as never })],
      people: people({ nora: [], hana: ['head'] }),
    })
    const delegation = await delegated(scenario, 'bob', 'nora')
    await scenario.given('nora', 'approve', { ...K, for: 'bob' } as never)
    await scenario.given('carol', 'approve', { ...K, comment: 'seen' })
    await scenario.given('hana', 'approve', K)
    const sheet = await sheetOf(scenario)
    expect(sheet.approvals).toMatchObject([
      {
        person: 'nora',
        capacity: 'delegate',
        chain: ['nora', 'bob'],
        seats: [{ role: 'appr', capacity: 'delegate', principal: 'bob', delegation }],
      },
      { person: 'carol', capacity: 'own', comment: 'seen' },
      { person: 'hana', capacity: 'fallback', seats: [{ role: 'lead', via: 'head', cause: 'vacant' }] },
    ])
    expect(sheet.delegations).toMatchObject([
      { delegation, principal: 'bob', to: 'nora', by: 'bob', seq: await entryOf(scenario, 'bob', 'delegate') },
    ])
    expect(sheet.flags).toEqual(['delegate', 'stand-in'])
  })

  it('shows a carried approval with the original person and the original time, the entry where it was given and the one that carried it [LAW 118]', async () => {
    const carriedFrom = approved('project').covers({ system: 'systems' }).for('30d')
    const rules = policy(
      't',
      { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
      {
        project: category({
          form: z.object({ systems: z.array(z.enum(['ledger', 'billing'])).min(1) }),
          material: ['systems', 'content'],
          flow: [approval('board', approvals(1).from(role('appr'))), release('kick-off', { by: role('deployer') })],
        }),
        update: category({
          form: z.object({ system: z.enum(['ledger', 'billing']) }),
          material: ['system', 'content'],
          flow: [approval('approve', approvals(1).from(role('appr')), { carriedFrom }), production()],
        }),
      },
    )
    const scenario = await Scenario.open({ controls: baseline, policies: [rules], people: people({ petra: [] }) })
    const plan = { digest: content('plan'), makers: ['petra'] }
    const asked = { ...submitK, change: 'P', category: 'project', form: { systems: ['ledger'] }, content: plan }
    await scenario.given('petra', 'submit', asked as never)
    await scenario.given('bob', 'approve', { change: 'P' })
    const original = scenario.now
    scenario.at(3 * day)
    await scenario.given('rita', 'submit', {
      ...submitK,
      category: 'update',
      form: { system: 'ledger' },
      parent: 'P',
    } as never)
    await scenario.given('paul', 'release', K)
    const given = await entryOf(scenario, 'bob', 'approve')
    const carried = await entryOf(scenario, 'rita', 'submit')
    const sheet = await sheetOf(scenario)
    expect(sheet.approvals).toMatchObject([
      {
        person: 'bob',
        at: original,
        capacity: 'carried',
        counts: true,
        seq: carried,
        carried: { from: { change: 'P' }, seq: given },
      },
    ])
    expect(sheet.approvals[0]).not.toHaveProperty('account')
    expect(sheet.releases).toMatchObject([{ approvedIn: [carried] }])
    expect([sheet.parent, sheet.flags]).toEqual(['P', ['carried']])
    expect((await sheetOf(scenario, 'P')).children).toEqual(['K'])
  })

  it('names the template and its version, who proposed and who approved it, and the fields by which the change left it [LAW 118]', async () => {
    const rules = policy(
      't',
      { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
      {
        standard: category({
          form: fixtureForm,
          template: { otherwise: 'normal' },
          flow: [
            approval('agree', approvals(1).from(role('appr')), { carriedFrom: approvedTemplate().for('90d') }),
            production(),
          ],
        }),
        normal: category({ form: fixtureForm, flow: [agree(), production()] }),
      },
    )
    const scenario = await f0({ policies: [rules], people: people({ tom: [] }), submit: null })
    const template = restart
    await scenario.given('tom', 'proposeTemplate', { template } as never)
    await scenario.given('bob', 'approveTemplate', { team: 't', name: 'restart', version: 1 })
    const followed = { ...submitK, category: 'standard', template: { name: 'restart', version: 1 } }
    await scenario.given('rita', 'submit', followed as never)
    const proposed = await entryOf(scenario, 'tom', 'proposeTemplate')
    const agreed = await entryOf(scenario, 'bob', 'approveTemplate')
    const sheet = await sheetOf(scenario)
    expect(sheet.template).toMatchObject({
      name: 'restart',
      version: 1,
      proposed: { by: 'tom', seq: proposed },
      approvals: [{ by: 'bob', roles: ['appr'], seq: agreed }],
    })
    expect(sheet.approvals).toMatchObject([
      { person: 'bob', capacity: 'carried', carried: { from: { template: sheet.template?.digest }, seq: agreed } },
    ])
    await scenario.given('alice', 'revise', { ...K, form: { risk: 'high' }, comment: 'more than a restart' })
    const left = await sheetOf(scenario)
    expect(left.template?.left).toMatchObject({ category: 'normal', fields: ['risk'] })
    expect(left.approvals.map(one => one.counts)).toEqual([false])
  })

  it('lists an exception as an exception, with who granted it and what is done instead, and what rests on it as allowed by it [LAW 118]', async () => {
    const lenient = controls('lenient', {
      'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
      'CM-3': approvedBeforeRelease().because('nothing unapproved reaches production'),
    })
    const rule = exception('make', 'approve')
      .grantedBy(role('head'))
      .atMost('7d')
      .compensatedBy('the controller reviews it within a week')
      .because('two people cannot fill three duties')
    const options = { complies: lenient, separate: [], exceptions: [rule] }
    const scenario = await f0({
      controls: lenient,
      policies: [fixturePolicy({ flow: [agree(), production()], options })],
      people: people({ alice: ['appr'], hana: ['head'] }),
    })
    const until = '2026-03-09T08:00:00.000Z'
    const asked = { ...K, exception: 'x1', person: 'alice', duties: ['make', 'approve'], until, reason: 'Bob is ill' }
    await scenario.given('alice', 'requestException', asked as never)
    await scenario.given('hana', 'grantException', { ...K, exception: 'x1', comment: 'seen' })
    await scenario.given('alice', 'approve', K)
    await scenario.given('paul', 'release', K)
    const used = await entryOf(scenario, 'alice', 'approve')
    const sheet = await sheetOf(scenario)
    expect(sheet.exceptions).toMatchObject([
      {
        exception: 'x1',
        person: 'alice',
        duties: ['make', 'approve'],
        reason: 'Bob is ill',
        until,
        requested: { by: 'alice', seq: await entryOf(scenario, 'alice', 'requestException') },
        granted: { by: 'hana', seq: await entryOf(scenario, 'hana', 'grantException'), comment: 'seen' },
        rule: { grantedBy: 'head', compensation: 'the controller reviews it within a week' },
        usedIn: [used],
      },
    ])
    expect(sheet.approvals).toMatchObject([{ person: 'alice', counts: true, exceptions: ['x1'] }])
    expect(sheet.stages.map(one => one.status)).toEqual(['excepted', 'satisfied'])
    expect(sheet.flags).toEqual(['exception'])
  })

  it('names at a release what stood when it took effect, and beside that what fell away later and by which entry; what was given later is marked [LAW 118]', async () => {
    const review = approval('look', approvals(1).from(role('auditor')), { within: '24h' })
    const roles = { appr: 'approves', tester: 'tests', deployer: 'releases', auditor: 'looks back' }
    const flow = [test('verify', { by: role('tester'), evidence: 'optional' }), agree(), production(), review]
    const rules = policy('t', { complies: baseline, roles }, { normal: category({ form: fixtureForm, flow }) })
    const cast = people({ vera: ['auditor'], tess: ['tester'] })
    const passed = { ...K, result: 'passed', evidence: [] }
    const conflict = (person: string) => ({ why: 'conflict', person, duty: 'make' })
    for (const [by, type, command, lost, why] of [
      ['alice', 'assign', { ...K, to: 'erin' }, 'test', conflict('erin')],
      ['alice', 'assign', { ...K, to: 'bob' }, 'approval', conflict('bob')],
      [
        'ada',
        'recordDeparture',
        { person: 'bob', compromised: true },
        'approval',
        { why: 'compromised', person: 'bob' },
      ],
      ['bob', 'withdraw', { ...K, comment: 'I have looked again' }, 'approval', { why: 'ended' }],
    ] as const) {
      const scenario = await f0({ policies: [rules], people: cast })
      await scenario.given('erin', 'signOff', passed as never)
      await scenario.given('bob', 'approve', K)
      await scenario.given('paul', 'release', K)
      const tested = await entryOf(scenario, 'erin', 'signOff')
      const approvedIn = await entryOf(scenario, 'bob', 'approve')
      const before = await sheetOf(scenario)
      expect(before.releases).toMatchObject([{ approvedIn: [approvedIn], testedIn: [tested] }])
      expect(before.releases[0]).not.toHaveProperty('fellAway')
      scenario.at(hour)
      await scenario.given(by, type, command as never)
      const lostIn = await entryOf(scenario, by, type)
      if (lost === 'test') await scenario.given('tess', 'signOff', passed as never)
      else await scenario.given('carol', 'approve', K)
      await scenario.given('vera', 'approve', K)
      const { releases, tests, approvals: given } = await sheetOf(scenario)
      const seq = lost === 'test' ? tested : approvedIn
      expect(releases).toMatchObject([
        { approvedIn: [approvedIn], testedIn: [tested], fellAway: [{ seq, lostIn, why }] },
      ])
      const marks = [...tests, ...given].map(one => [one.person, one.counts, one.afterwards === true])
      expect(marks).toEqual(
        lost === 'test'
          ? [
              ['erin', false, false],
              ['tess', true, true],
              ['bob', true, false],
              ['vera', true, true],
            ]
          : [
              ['erin', true, false],
              ['bob', false, false],
              ['carol', true, true],
              ['vera', true, true],
            ],
      )
    }
  })

  it('marks nothing as given afterwards on which a later release rests, be it of another place or once more [LAW 118]', async () => {
    const to = (environment: string) => release(environment, { by: role('deployer'), environment })
    const flow = [agree(), to('staging'), approval('go', approvals(1).from(role('appr'))), to('live')]
    const scenario = await f0({
      policies: [fixturePolicy({ flow, options: { separate: [] } })],
      people: people({ pia: ['deployer'] }),
    })
    const done = async (by: string, type: 'approve' | 'release', environment?: string) => {
      await scenario.given(by, type, { ...K, ...(environment === undefined ? {} : { environment }) } as never)
      return entryOf(scenario, by, type)
    }
    const bob = await done('bob', 'approve')
    await done('paul', 'release', 'staging')
    const carol = await done('carol', 'approve')
    // What Paul put into effect is done once more; what was approved stands.
    await scenario.given('ada', 'recordDeparture', { person: 'paul', compromised: true })
    await done('pia', 'release', 'staging')
    await done('pia', 'release', 'live')
    const { releases, approvals: given } = await sheetOf(scenario)
    expect(releases.map(one => [one.stage, one.counts, one.approvedIn, one.fellAway])).toEqual([
      ['staging', false, [bob], undefined],
      ['staging', true, [bob, carol], undefined],
      ['live', true, [bob, carol], undefined],
    ])
    expect(given.map(one => one.afterwards)).toEqual([undefined, undefined])
  })

  it('never shows a change that was found as approved before, whoever has reviewed it since [LAW 118]', async () => {
    const review = approval('review', approvals(1).from(role('appr')), { within: '24h' })
    const rules = policy(
      't',
      { complies: baseline, roles: { appr: 'reviews' } },
      { found: category({ form: fixtureForm, retrospective: true, flow: [review] }) },
    )
    const inEffectSince = '2026-02-20T10:00:00.000Z'
    const { content: _, ...bare } = submitK
    const scenario = await f0({ policies: [rules], submit: null })
    await scenario.given('rita', 'submit', { ...bare, category: 'found', inEffectSince } as never)
    scenario.at(25 * hour)
    await scenario.given('bob', 'approve', K)
    await scenario.given('rita', 'close', K)
    const sheet = await sheetOf(scenario)
    expect(sheet.found).toMatchObject({ inEffectSince })
    expect(sheet.approvals.map(one => one.afterwards)).toEqual([true])
    expect(sheet.stages.map(one => one.afterwards)).toEqual([true])
    expect(sheet.releases).toEqual([])
    expect(sheet.flags).toEqual(['found', 'afterwards', 'late'])
    const [row] = (await listed(scenario)).changes
    expect(row).toMatchObject({ inEffectSince, releases: [], flags: sheet.flags })
  })

  it('tells what was owed afterwards, by when, in which entry it was given and that it was late, and the glass that was broken with its reason [LAW 118]', async () => {
    const house = controls('house', {
      'CM-1': separate('make', 'approve').because('nobody approves what they made'),
      'CM-3': approvedBeforeRelease(1, { breakGlass: 'allowed' }).because('nothing unapproved reaches production'),
    })
    const rules = policy(
      't',
      { complies: house, roles: { appr: 'approves', deployer: 'releases', auditor: 'reviews', head: 'breaks it' } },
      {
        normal: category({
          form: fixtureForm,
          breakGlass: { by: role('head'), lasts: '1h' },
          flow: [
            agree(),
            production(),
            approval('audit', approvals(2).from(role('auditor')), { within: '8h', onlyAfter: 'breakGlass' }),
          ],
        }),
      },
    )
    const cast = people({ gus: ['head', 'deployer'], vera: ['auditor'], wanda: ['auditor'] })
    const scenario = await f0({ controls: house, policies: [rules], people: cast })
    await scenario.given('gus', 'breakGlass', { ...K, reason: 'nobody answers' })
    await scenario.given('gus', 'release', K)
    const since = scenario.now
    scenario.at(9 * hour)
    // What is owed, and not there, is late by its time alone.
    await scenario.given('ada', 'defineRole', { role: 'clerk', description: 'writes' })
    expect((await sheetOf(scenario)).flags).toEqual(['broken-glass', 'afterwards', 'late'])
    const open = async (until: string) => (await listed(scenario, { until })).unclosed.map(one => one.flags)
    expect(await open(scenario.now)).toEqual([['broken-glass', 'afterwards', 'late']])
    // From the instant on at which it was due, as the metrics tell it of the same interval.
    const due = '2026-03-02T16:00:00.000Z'
    const metrics = new Metrics()
    for (const line of await linesOf(scenario.store)) metrics.line(line)
    for (const [until, isLate] of [
      ['2026-03-02T15:59:59.999Z', false],
      [due, true],
      ['2026-03-02T16:00:00.001Z', true],
    ] as const) {
      expect(await open(until)).toEqual([['broken-glass', 'afterwards', ...(isLate ? ['late'] : [])]])
      const { overdue } = metrics.report({ from: metrics.from, until }).obligations
      expect([until, overdue]).toEqual([until, Number(isLate)])
      const then = await scenario.desk.at(until)
      expect(then.obligations(until).map(one => [one.due, one.late])).toEqual([[due, isLate]])
    }
    for (const by of ['vera', 'wanda']) await scenario.given(by, 'approve', K)
    const sheet = await sheetOf(scenario)
    const released = await entryOf(scenario, 'gus', 'release')
    const reviewed = await entryOf(scenario, 'wanda', 'approve')
    expect(sheet.glass).toMatchObject([{ person: 'gus', reason: 'nobody answers', usedIn: [released] }])
    expect(sheet.releases).toMatchObject([{ underGlass: true, approvedIn: [], testedIn: [] }])
    expect(sheet.obligations).toMatchObject([
      {
        kind: 'review',
        stage: 'audit',
        since,
        late: true,
        seq: released,
        ended: { how: 'fulfilled', late: true, seq: reviewed },
      },
    ])
    expect(sheet.approvals.map(one => [one.person, one.afterwards])).toEqual([
      ['vera', true],
      ['wanda', true],
    ])
    expect(sheet.stages.map(one => one.status)).toEqual(['waived', 'satisfied', 'satisfied'])
    expect(sheet.flags).toEqual(['broken-glass', 'afterwards', 'late'])
  })

  it('tells why what was given does not count: withdrawn, overtaken by an edit, of an earlier round, or failed, and in which entry that came about [LAW 118]', async () => {
    const scenario = await f0Tested()
    await scenario.given('bob', 'approve', K)
    await scenario.given('bob', 'withdraw', { ...K, comment: 'too early' })
    await scenario.given('carol', 'approve', K)
    await scenario.given('alice', 'revise', { ...K, form: { risk: 'high' }, comment: 'riskier' })
    await scenario.given('erin', 'signOff', { ...K, result: 'failed', evidence: [{ name: 'log' }] })
    await scenario.given('alice', 'resubmit', { ...K, comment: 'mended' })
    const withdrawn = await entryOf(scenario, 'bob', 'withdraw')
    const edited = await entryOf(scenario, 'alice', 'revise')
    const sheet = await sheetOf(scenario)
    expect(sheet.approvals).toMatchObject([
      {
        person: 'bob',
        counts: false,
        why: { why: 'ended' },
        ended: { how: 'withdrawn', seq: withdrawn, comment: 'too early' },
      },
      { person: 'carol', counts: false, why: { why: 'ended' }, ended: { how: 'stale', seq: edited, person: 'alice' } },
    ])
    expect(sheet.tests).toMatchObject([
      { counts: false, ended: { how: 'stale', seq: edited } },
      { counts: false, result: 'failed', why: { why: 'earlier-round' } },
    ])
    expect(sheet.returned).toMatchObject([{ seq: await entryOf(scenario, 'erin', 'signOff') }])
    expect(sheet.resubmitted).toMatchObject([{ round: 2, comment: 'mended' }])
    expect(sheet.revisions).toMatchObject([
      { revision: 1, edited: [] },
      { revision: 2, edited: ['risk'], material: true, comment: 'riskier', seq: edited },
    ])
    const then = await sheetOf(await failedTest(), 'K')
    expect(then.tests).toMatchObject([{ counts: false, result: 'failed', why: { why: 'failed' } }])
  })

  it('names who rejected it, whose veto stopped it, and who lifted that and why [LAW 118]', async () => {
    const veto = { liftedBy: role('head') }
    const flow = [approval('approve', approvals(1).from(role('appr')), { veto }), production()]
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: people({ hana: ['head'] }) })
    await scenario.given('dan', 'reject', { ...K, comment: 'the rounding is wrong' })
    expect((await sheetOf(scenario)).stages[0]).toMatchObject({ status: 'vetoed' })
    await scenario.given('hana', 'liftVeto', { ...K, of: 'dan', comment: 'it was explained' })
    const sheet = await sheetOf(scenario)
    expect(sheet.rejections).toMatchObject([
      {
        person: 'dan',
        veto: true,
        comment: 'the rounding is wrong',
        seq: await entryOf(scenario, 'dan', 'reject'),
        lifted: { person: 'hana', comment: 'it was explained', seq: await entryOf(scenario, 'hana', 'liftVeto') },
      },
    ])
    expect(sheet.flags).toEqual(['veto-lifted'])
  })

  it('tells each policy by which it was judged, and who moved it to another one [LAW 118]', async () => {
    const next = fixturePolicy({ flow: [test('verify', { by: role('tester') }), agree(3), production()] })
    const scenario = await f0Tested()
    await scenario.given('ada', 'proposePolicy', { policy: next })
    await scenario.given('otto', 'adoptPolicy', { digest: policyDigest(next) })
    await scenario.given('rita', 'migrate', { ...K, policy: policyDigest(next), comment: 'the new rule' })
    const sheet = await sheetOf(scenario)
    expect(sheet.policies).toMatchObject([
      { digest: policyDigest(fixturePolicy()), how: 'submitted' },
      {
        digest: policyDigest(next),
        how: 'migrated',
        person: 'rita',
        comment: 'the new rule',
        seq: await entryOf(scenario, 'rita', 'migrate'),
        adopted: { by: 'otto', seq: await entryOf(scenario, 'otto', 'adoptPolicy') },
      },
    ])
    expect(sheet.flags).toEqual(['migrated'])
  })

  it('tells who did which work, ticked which item, and which robot put it into effect for whom [LAW 118]', async () => {
    const checklist = { backup: 'the backup is there' }
    const flow = [
      task('build', { by: role('engineer') }),
      agree(),
      release('production', { by: role('deployer'), environment: 'live', checklist }),
    ]
    const roles = { appr: 'approves', deployer: 'releases', engineer: 'builds' }
    const scenario = await f0({
      policies: [fixturePolicy({ flow, options: { roles, separate: [] } })],
      people: people({ erik: ['engineer'] }),
    })
    await robot(scenario, 'bot', { controller: 'paul', role: 'deployer' })
    await scenario.given('erik', 'complete', { ...K, stage: 'build', comment: 'as asked' })
    await scenario.given('bob', 'approve', K)
    const backup = { ...K, stage: 'production', items: ['backup'] }
    await scenario.given('paul', 'tick', backup)
    await scenario.given('paul', 'untick', { ...backup, comment: 'it is of yesterday' })
    await scenario.given('paul', 'tick', backup)
    await scenario.given('bot', 'release', { ...K, environment: 'live' })
    const sheet = await sheetOf(scenario)
    expect(sheet.tasks).toMatchObject([
      { person: 'erik', duty: 'make', stage: 'build', counts: true, comment: 'as asked' },
    ])
    expect(sheet.implementers.map(one => [one.person, one.how])).toEqual([
      ['alice', 'made content'],
      ['erik', 'did the task'],
    ])
    const tick = { person: 'paul', item: 'backup', text: 'the backup is there' }
    const last = sheet.releases[0]?.seq ?? 0
    expect(sheet.ticks).toMatchObject([
      { ...tick, seq: last - 3, ended: { how: 'withdrawn', seq: last - 2 }, counts: false },
      { ...tick, seq: last - 1, counts: true },
    ])
    expect(sheet.releases).toMatchObject([{ bot: 'bot', account: 'bot', environment: 'live' }])
    expect((await listed(scenario)).unclosed).toMatchObject([{ releases: [{ environment: 'live' }] }])
  })

  it('tells the freeze that was overridden for it, by whom, why and until when [LAW 118]', async () => {
    const scenario = await f0Approved({ people: people({ hana: ['cfo'] }) })
    const until = new Date(Date.parse(scenario.now) + day).toISOString()
    await scenario.given('ada', 'declareFreeze', {
      freeze: 'close',
      because: 'the quarter is being closed',
      schedule: { zone: 'UTC', from: '2026-03-02T08:00', until: '2026-03-09T08:00' },
      intervals: [{ from: '2026-03-02T08:00:00.000Z', until: '2026-03-09T08:00:00.000Z' }],
      overriddenBy: { role: 'cfo', atMost: '24h' },
    })
    await scenario.given('hana', 'overrideFreeze', { ...K, freeze: 'close', until, reason: 'the bank asks for it' })
    await scenario.given('paul', 'release', K)
    const sheet = await sheetOf(scenario)
    expect(sheet.overrides).toMatchObject([
      {
        freeze: 'close',
        person: 'hana',
        until,
        reason: 'the bank asks for it',
        seq: await entryOf(scenario, 'hana', 'overrideFreeze'),
        declared: { by: 'ada', because: 'the quarter is being closed' },
      },
    ])
    expect(sheet.flags).toEqual(['freeze-override'])
  })

  it('shows what was refused on it, which counts as nothing [LAW 118]', async () => {
    const scenario = await f0Tested()
    await scenario.when('alice', 'approve', K)
    const sheet = await sheetOf(scenario)
    expect(sheet.approvals).toEqual([])
    expect(sheet.refusals).toMatchObject([
      {
        seq: await entryOf(scenario, 'alice', 'approve'),
        person: 'alice',
        command: 'approve',
        refused: { code: 'duty.conflict', facts: { person: 'alice', held: 'make' } },
      },
    ])
  })

  it('shows of a private value that it is committed to or redacted, and of an erased person the id alone [LAW 118]', async () => {
    const form = z.object({ system: z.enum(['ledger']), account: z.string().min(5).meta({ private: true }) })
    const flow = [agree(), production()]
    const rules = policy(
      't',
      { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
      { normal: category({ form, flow }) },
    )
    const scenario = await f0({ policies: [rules], submit: null, openings: memoryOpenings() })
    const name = commitmentTo('Robert Miller', new Uint8Array(32).fill(4))
    await scenario.given('ada', 'registerPerson', { person: 'rm', name: { commitment: name }, accounts: ['rm'] })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'rm', team: 't' })
    await scenario.given('rita', 'submit', {
      ...submitK,
      form: { system: 'ledger', account: 'DE02120300000000202051' },
    } as never)
    const commitment = commitmentIn(scenario, 'account')
    await scenario.given('rm', 'approve', K)
    expect((await sheetOf(scenario)).form).toContainEqual({ field: 'account', commitment })
    await scenario.given('otto', 'redact', { ...K, fields: ['account'], comment: 'asked for' })
    await scenario.given('ada', 'recordDeparture', { person: 'rm', compromised: false })
    await scenario.given('ada', 'erasePerson', { person: 'rm', reason: 'asked for' })
    const sheet = await sheetOf(scenario)
    const seq = await entryOf(scenario, 'otto', 'redact')
    expect(sheet.form).toContainEqual({
      field: 'account',
      commitment,
      redacted: { seq, at: scenario.now, by: 'otto', reason: 'asked for' },
    })
    expect(sheet.approvals).toMatchObject([{ person: 'rm', counts: true, departed: true }])
    expect(JSON.stringify(sheet)).not.toMatch(/Miller|DE0212/)
  })

  it('is told as it stood at an instant, and of none that nobody has submitted by then [LAW 118]', async () => {
    const scenario = await closed()
    const then = await sheetOf(scenario, 'K', '2026-03-02T08:30Z')
    expect(then).toMatchObject({ state: 'production', releases: [], at: '2026-03-02T08:30:00.000Z' })
    expect(then).not.toHaveProperty('closed')
    for (const [change, at] of [
      ['K', '2026-03-01T00:00Z'],
      ['L', undefined],
      ['constructor', undefined],
      ['__proto__', undefined],
    ] as const) {
      const sample = new SampleSheet(change, at === undefined ? {} : { at })
      for (const line of await linesOf(scenario.store)) sample.line(line)
      expect([sample.sheet(), sample.changes]).toEqual([undefined, at === undefined ? ['K'] : []])
    }
  })
})

/** K, whose test has failed. */
async function failedTest(): Promise<Scenario> {
  const scenario = await f0({ policies: [fixturePolicy({ flow: normalFlow() })] })
  await scenario.given('erin', 'signOff', { ...K, result: 'failed', evidence: [{ name: 'log' }] })
  return scenario
}
