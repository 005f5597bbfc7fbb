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
import { linesOf } from '@countersign/testing/tamper'
import { Metrics } from 'countersign/metrics'
import {
  approval,
  approvals,
  board,
  category,
  parallel,
  policy,
  policyDigest,
  release,
  role,
  task,
  test,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { day, hour, K, people, report } from './setting.ts'

async function measured(scenario: Scenario): Promise<Metrics> {
  const metrics = new Metrics()
  for (const line of await linesOf(scenario.store)) metrics.line(line)
  return metrics
}
const whole = { from: '2026-01-01T00:00:00.000Z', until: '2027-01-01T00:00:00.000Z' }
const one = (length: number) => ({ count: 1, mean: length, p50: length, p85: length, p95: length, most: length })

describe('the lead time', () => {
  it('is from the first submission to the last end, and what it was sent back for is visible in it [LAW 127]', async () => {
    const scenario = await f0Tested()
    scenario.at(hour)
    await scenario.given('bob', 'reject', { ...K, comment: 'no' })
    scenario.at(5 * hour)
    await scenario.given('rita', 'resubmit', { ...K, comment: 'again' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    for (const by of ['carol', 'dan']) await scenario.given(by, 'approve', K)
    scenario.at(2 * hour)
    await scenario.given('paul', 'release', K)
    scenario.at(day)
    await scenario.given('paul', 'close', K)
    const told = (await measured(scenario)).report(whole)
    expect(told).toMatchObject({
      arrived: 1,
      done: 1,
      setBack: 1,
      leadTime: one(8 * hour + day),
      blockedTime: one(5 * hour),
    })
  })

  it('is counted where the end lies in the interval, which does not reach its own end [LAW 127]', async () => {
    const scenario = await f0Tested()
    for (const by of ['carol', 'dan']) await scenario.given(by, 'approve', K)
    scenario.at(hour)
    await scenario.given('paul', 'release', K)
    const metrics = await measured(scenario)
    expect(metrics.report({ from: whole.from, until: scenario.now })).toMatchObject({ done: 0 })
    expect(metrics.report({ from: scenario.now, until: whole.until })).toMatchObject({ arrived: 0, done: 1 })
    expect(metrics.report({ ...whole, team: 'u' })).toMatchObject({ arrived: 0, done: 0 })
  })

  it('is counted in the interval in which K was completed, and reaches to its closing where that was by then [LAW 127]', async () => {
    const scenario = await f0Tested()
    for (const by of ['carol', 'dan']) await scenario.given(by, 'approve', K)
    await scenario.given('paul', 'release', K)
    scenario.at(hour)
    const between = scenario.now
    scenario.at(hour)
    await scenario.given('paul', 'close', K)
    const metrics = await measured(scenario)
    expect(metrics.report({ from: whole.from, until: between })).toMatchObject({ done: 1, leadTime: one(0) })
    expect(metrics.report({ from: between, until: whole.until }).done).toBe(0)
    // An interval may be written with any offset.
    const asked = { from: '2026-01-01T01:00+01:00', until: '2027-01-01T01:00+01:00' }
    expect(metrics.report(asked)).toEqual(metrics.report(whole))
    expect(metrics.report(whole)).toMatchObject({ ...whole, done: 1, leadTime: one(2 * hour) })
    expect(() => metrics.report({ from: '2026-01-01', until: whole.until })).toThrow(/has an offset/)
    expect(() => metrics.flow(['now'])).toThrow(/has an offset/)
  })

  it('has the time visible for which a veto stopped K, from the veto until it was lifted [LAW 127]', async () => {
    const flow = [
      approval('agree', approvals(1).from(role('appr')), { veto: { liftedBy: role('head') } }),
      release('go', { by: role('deployer') }),
    ]
    const roles = { appr: 'approves', deployer: 'releases', head: 'heads' }
    const rules = policy('t', { complies: baseline, roles }, { normal: category({ form: fixtureForm, flow }) })
    const scenario = await Scenario.open({ controls: baseline, policies: [rules], people: people({ hana: ['head'] }) })
    await scenario.given('rita', 'submit', submitK as never)
    scenario.at(hour)
    for (const by of ['bob', 'carol']) {
      await scenario.given(by, 'reject', { ...K, comment: 'not before the audit' })
      scenario.at(hour)
    }
    for (const whose of ['bob', 'carol']) {
      await scenario.given('hana', 'liftVeto', { ...K, of: whose, comment: 'the audit is over' })
      scenario.at(hour)
    }
    await scenario.given('dan', 'approve', K)
    await scenario.given('paul', 'release', K)
    const told = (await measured(scenario)).report(whole)
    expect(told).toMatchObject({ leadTime: one(5 * hour), blockedTime: one(3 * hour), setBack: 0 })
  })

  it('is told by percentiles that came about, and not by a mean alone [LAW 127]', async () => {
    const scenario = await Scenario.open({
      controls: baseline,
      policies: [
        policy(
          't',
          { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
          {
            normal: category({
              form: fixtureForm,
              flow: [approval('agree', approvals(1).from(role('appr'))), release('go', { by: role('deployer') })],
            }),
          },
        ),
      ],
      people: people({}),
    })
    for (let length = 1; length <= 20; length++) {
      const change = `C${length}`
      await scenario.given('rita', 'submit', { ...submitK, change } as never)
      scenario.at(length * hour)
      await scenario.given('bob', 'approve', { change })
      await scenario.given('paul', 'release', { change })
    }
    const told = (await measured(scenario)).report(whole)
    expect(told.leadTime).toEqual({
      count: 20,
      mean: 10.5 * hour,
      p50: 10 * hour,
      p85: 17 * hour,
      p95: 19 * hour,
      most: 20 * hour,
    })
    expect(told.waiting).toMatchObject([{ stage: 'agree', role: 'appr', capacity: 'own', time: { p50: 10 * hour } }])
    expect(told.flowEfficiency).toBe(0)
  })
})

describe('what is owed', () => {
  it('is counted as it stood at the end of the interval: what is open and what is overdue, whatever was given since [LAW 127]', async () => {
    const rules = policy(
      't',
      { complies: baseline, roles: { appr: 'approves', deployer: 'releases', auditor: 'reviews' } },
      {
        normal: category({
          form: fixtureForm,
          flow: [
            approval('agree', approvals(1).from(role('appr'))),
            release('go', { by: role('deployer') }),
            approval('review', approvals(1).from(role('auditor')), { within: '2h' }),
          ],
        }),
      },
    )
    const cast = people({ vera: ['auditor'], viktor: ['auditor'] })
    const scenario = await Scenario.open({ controls: baseline, policies: [rules], people: cast })
    await scenario.given('rita', 'submit', submitK as never)
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
    const at = (length: number) => new Date(Date.parse(scenario.now) + length).toISOString()
    const [before, due, after] = [at(2 * hour - 1), at(2 * hour), at(4 * hour)]
    scenario.at(3 * hour)
    await scenario.given('vera', 'approve', K)
    const metrics = await measured(scenario)
    const owed = (until: string) => metrics.report({ from: whole.from, until }).obligations
    expect(owed(before)).toEqual({ opened: 1, fulfilled: 0, late: 0, open: 1, overdue: 0 })
    expect(owed(due)).toEqual({ opened: 1, fulfilled: 0, late: 0, open: 1, overdue: 1 })
    expect(owed(after)).toEqual({ opened: 1, fulfilled: 1, late: 1, open: 0, overdue: 0 })
  })
})

describe('what was given and has fallen away', () => {
  it('is owed again at once, and not only with the next entry about K: as much by the metrics as by a desk [LAW 127]', async () => {
    const owedAfter = parallel(
      'after',
      test('recheck', { by: role('tester'), evidence: 'optional', within: '3h' }),
      approval('review', approvals(1).from(role('auditor')), { within: '4h' }),
    )
    const flow = [
      approval('agree', approvals(1).from(role('appr'))),
      release('go', { by: role('deployer') }),
      owedAfter,
    ]
    const roles = { appr: 'approves', auditor: 'reviews', deployer: 'releases', tester: 'tests' }
    const scenario = await f0({
      policies: [fixturePolicy({ flow, options: { roles } })],
      people: people({ vera: ['auditor'] }),
    })
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
    await scenario.given('erin', 'signOff', { ...K, stage: 'recheck', result: 'passed' })
    const instants = [1, hour + 1, 3 * hour, 4 * hour].map(length =>
      new Date(Date.parse(scenario.now) + length).toISOString(),
    )
    const byDesk = (at: string) => {
      const all = scenario.desk.obligations(at)
      return { open: all.length, overdue: all.filter(({ late }) => late).length }
    }
    const first = byDesk(instants[0] ?? '')
    scenario.at(hour)
    await scenario.given('ada', 'recordDeparture', { person: 'erin', compromised: true })
    const told = [first, ...instants.slice(1).map(byDesk)]
    scenario.at(5 * hour)
    await scenario.given('vera', 'approve', K)
    const metrics = await measured(scenario)
    const owed = instants.map(until => metrics.report({ from: whole.from, until }).obligations)
    expect(owed.map(({ open, overdue }) => ({ open, overdue }))).toEqual(told)
    expect(owed).toMatchObject([
      { opened: 2, fulfilled: 1, open: 1, overdue: 0 },
      { opened: 2, fulfilled: 0, open: 2, overdue: 0 },
      { opened: 2, fulfilled: 0, open: 2, overdue: 1 },
      { opened: 2, fulfilled: 0, open: 2, overdue: 2 },
    ])
  })
})

describe('a move to another policy', () => {
  const under = (persons: number, name = 'agree') =>
    fixturePolicy({
      flow: [
        test('verify', { by: role('tester'), evidence: 'optional' }),
        approval(name, approvals(persons).from(role('appr'))),
        release('go', { by: role('deployer') }),
      ],
    })

  it.each([
    ['agree', undefined],
    ['decide', { agree: 'decide' }],
  ])(
    'sets K back nowhere where it is at the same stage after it, called %s now, which has waited since it opened [LAW 127]',
    async (name, stages) => {
      const scenario = await f0({ policies: [under(1)] })
      await scenario.given('erin', 'signOff', { ...K, result: 'passed' })
      scenario.at(10 * hour)
      const next = under(2, name)
      await scenario.adopt(next)
      const moved = {
        ...K,
        policy: policyDigest(next),
        comment: 'in force',
        ...(stages === undefined ? {} : { stages }),
      }
      await scenario.given('alice', 'migrate', moved as never)
      scenario.at(hour)
      await scenario.given('carol', 'approve', K)
      const told = (await measured(scenario)).report(whole)
      expect(told.setBack).toBe(0)
      expect(told.waiting).toMatchObject([{ stage: name, time: one(11 * hour) }])
    },
  )

  it('sets K back once where the new one asks for something before the stage at which it was [LAW 127]', async () => {
    const scenario = await f0({ policies: [under(1)] })
    await scenario.given('erin', 'signOff', { ...K, result: 'passed' })
    const [verify, agree, go] = under(1).categories.normal.flow
    if (verify === undefined || agree === undefined || go === undefined) throw new Error('no flow')
    const next = fixturePolicy({ flow: [approval('first', approvals(1).from(role('appr'))), verify, agree, go] })
    await scenario.adopt(next)
    await scenario.given('alice', 'migrate', { ...K, policy: policyDigest(next), comment: 'in force' })
    expect(scenario.change('K').state).toBe('first')
    expect((await measured(scenario)).report(whole).setBack).toBe(1)
  })
})

describe('what was owed, fulfilled, and is owed again', () => {
  it('is told once, and a review that is open beside has waited since it opened [LAW 127]', async () => {
    const review = (name: string) => approval(name, approvals(1).from(role('auditor')), { within: '24h' })
    const flow = [
      approval('agree', approvals(1).from(role('appr'))),
      release('go', { by: role('deployer') }),
      review('quick'),
      review('review'),
    ]
    const roles = { appr: 'approves', auditor: 'reviews', deployer: 'releases', tester: 'tests' }
    const scenario = await f0({
      policies: [fixturePolicy({ flow, options: { roles } })],
      people: people({ vera: ['auditor'], viktor: ['auditor'] }),
    })
    await scenario.given('carol', 'approve', K)
    await scenario.given('paul', 'release', K)
    await scenario.given('vera', 'approve', K)
    for (const person of ['vera', 'carol']) {
      scenario.at(hour)
      await scenario.given('ada', 'recordDeparture', { person, compromised: true })
    }
    scenario.at(hour)
    await scenario.given('viktor', 'approve', { ...K, stage: 'quick' })
    const told = (await measured(scenario)).report(whole)
    expect(told.obligations).toMatchObject({ opened: 2, fulfilled: 1, open: 1 })
    expect(told.waiting.filter(({ stage }) => stage === 'quick')).toMatchObject([
      { time: { count: 2, most: 3 * hour } },
    ])
  })
})

describe('the age of a change', () => {
  it('is since it came into progress first, and not since it was asked for [LAW 127]', async () => {
    const rules = policy(
      't',
      {
        complies: baseline,
        roles: { appr: 'approves', engineer: 'builds', deployer: 'releases' },
        board: board({
          columns: [
            { name: 'backlog', stages: ['agree'], wip: false },
            { name: 'doing', stages: ['build'], limit: 1 },
          ],
          expedite: { categories: ['emergency'], size: 1 },
        }),
      },
      {
        normal: category({
          form: fixtureForm,
          flow: [
            approval('agree', approvals(1).from(role('appr'))),
            task('build', { by: role('engineer') }),
            release('go', { by: role('deployer') }),
          ],
        }),
        emergency: category({
          form: z.object({ incident: z.string().min(1) }),
          emergency: { incident: 'incident' },
          flow: [
            approval('agree', approvals(1).from(role('appr'))),
            task('build', { by: role('engineer') }),
            release('go', { by: role('deployer') }),
            approval('review', approvals(1).from(role('appr')), { within: '1h' }),
          ],
        }),
      },
    )
    const scenario = await Scenario.open({
      controls: baseline,
      policies: [rules],
      people: people({ alice: ['engineer'] }),
    })
    await scenario.given('rita', 'submit', submitK as never)
    scenario.at(10 * hour)
    await scenario.given('bob', 'approve', K)
    scenario.at(10 * hour)
    await scenario.given('rita', 'move', K)
    scenario.at(3 * hour)
    await scenario.given('rita', 'submit', {
      ...submitK,
      change: 'E',
      category: 'emergency',
      form: { incident: 'I' },
    } as never)
    await scenario.given('bob', 'approve', { change: 'E' })
    await scenario.given('rita', 'move', { change: 'E' })
    const open = (await measured(scenario)).report({ from: whole.from, until: scenario.now })
    expect(open.age).toEqual(one(3 * hour))
    await scenario.given('alice', 'complete', { change: 'E', stage: 'build' })
    await scenario.given('paul', 'release', { change: 'E' })
    scenario.at(hour)
    await scenario.given('carol', 'approve', { change: 'E' })
    const told = (await measured(scenario)).report(whole)
    expect(told).toMatchObject({
      cycleTime: one(hour),
      overruns: { 'column doing': 1 },
      obligations: { opened: 1, fulfilled: 1, late: 1 },
    })
  })

  it('is that of changes which are open at the end of the interval, whatever became of them since [LAW 127]', async () => {
    const scenario = await f0Tested()
    scenario.at(3 * hour)
    const then = scenario.now
    scenario.at(hour)
    await scenario.given('rita', 'cancel', { ...K, comment: 'not needed' })
    const metrics = await measured(scenario)
    expect(metrics.report({ from: whole.from, until: then }).age).toEqual(one(3 * hour))
    expect(metrics.report(whole)).toMatchObject({ cancelled: 1, done: 0 })
    expect(metrics.report(whole).age).toBeUndefined()
  })
})

describe('the cumulative flow', () => {
  it('counts what happened at its instant, which a report until then leaves out and one from then on takes in', async () => {
    const scenario = await f0Tested()
    for (const by of ['carol', 'dan']) await scenario.given(by, 'approve', K)
    scenario.at(hour)
    await scenario.given('paul', 'release', K)
    const end = scenario.now
    const metrics = await measured(scenario)
    const before = new Date(Date.parse(end) - 1).toISOString()
    const after = new Date(Date.parse(end) + 1).toISOString()
    expect(metrics.flow([before, end, after])).toMatchObject([{ done: 0 }, { done: 1 }, { done: 1 }])
    for (const [until, last] of [
      [before, new Date(Date.parse(before) - 1).toISOString()],
      [end, before],
      [after, end],
    ] as const)
      expect(metrics.report({ from: whole.from, until }).done).toBe(metrics.flow([last])[0]?.done)
    expect(metrics.report({ from: end, until: whole.until }).done).toBe(1)
    expect(metrics.report({ from: after, until: whole.until }).done).toBe(0)
  })

  it('counts what has arrived and what is done, neither of which becomes fewer, and where the rest is [LAW 127]', async () => {
    const scenario = await f0Tested()
    const instants = [scenario.now]
    const next = () => {
      scenario.at(day)
      instants.push(scenario.now)
    }
    next()
    for (const by of ['carol', 'dan']) await scenario.given(by, 'approve', K)
    await scenario.given('rita', 'submit', {
      ...submitK,
      change: 'L',
      content: { digest: content('l'), makers: ['alice'] },
    } as never)
    next()
    await scenario.given('paul', 'release', K)
    next()
    expect((await measured(scenario)).flow(instants)).toEqual([
      { at: instants[0], arrived: 1, done: 0, cancelled: 0, states: { approve: 1 } },
      { at: instants[1], arrived: 2, done: 0, cancelled: 0, states: { production: 1, verify: 1 } },
      { at: instants[2], arrived: 2, done: 1, cancelled: 0, states: { completed: 1, verify: 1 } },
      { at: instants[3], arrived: 2, done: 1, cancelled: 0, states: { completed: 1, verify: 1 } },
    ])
  })

  it('tells the time that was waited for approvals by the capacity in which they were given, and what was refused by its code [LAW 127]', async () => {
    const rules = policy(
      't',
      {
        complies: baseline,
        roles: { appr: 'approves', tester: 'tests', deployer: 'releases', head: 'heads' },
      },
      { normal: category({ form: fixtureForm, flow: normalFlow() }) },
    )
    const scenario = await Scenario.open({ controls: baseline, policies: [rules], people: people({ dora: [] }) })
    await scenario.given('rita', 'submit', submitK as never)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'delegate', {
      delegation: 'd',
      principal: 'bob',
      to: 'dora',
      from: scenario.now,
      until: '2026-12-01T00:00:00Z',
    })
    await scenario.refused('paul', 'release', K)
    scenario.at(hour)
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    scenario.at(hour)
    await scenario.given('carol', 'approve', K)
    const told = (await measured(scenario)).report(whole)
    expect(told.waiting).toEqual([
      { stage: 'approve', role: 'appr', capacity: 'delegate', time: one(hour) },
      { stage: 'approve', role: 'appr', capacity: 'own', time: one(2 * hour) },
    ])
    expect(told.refused).toEqual({ 'requirement.unmet': 1 })
  })
})

describe('an interval', () => {
  it('is refused where it would end before it begins, and is empty where it has no length', () => {
    const [from, until] = ['2026-03-02T00:00:00.000Z', '2026-03-01T00:00:00.000Z'] as const
    expect(() => new Metrics().report({ from, until })).toThrow(/before it begins/)
    expect(new Metrics().report({ from, until: from })).toMatchObject({ arrived: 0, done: 0, perWeek: 0 })
  })
})
