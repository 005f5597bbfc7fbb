import { baseline, content, f0, fixtureForm, fixturePolicy, Scenario, submitK } from '@countersign/testing'
import { createDesk } from 'countersign'
import {
  all,
  approval,
  approvals,
  approved,
  category,
  controls,
  exception,
  percent,
  policy,
  release,
  role,
  type Stage,
  separate,
  test,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { Change } from '../../packages/countersign/src/change/change.ts'
import { overdue, settle } from '../../packages/countersign/src/change/progress.ts'
import { pin } from '../../packages/countersign/src/change/world.ts'
import { day, hour, K, people, report } from '../law/setting.ts'
import { eventsOf } from '../law/trail.ts'

const go = release('go', { by: role('deployer') })
const agree = (options: Parameters<typeof approval>[2] = {}, count = 1) =>
  approval('agree', approvals(count).from(role('appr')), options)
const opened = (flow: readonly Stage[], vary: object = {}): Promise<Scenario> =>
  f0({ policies: [fixturePolicy({ flow: [...flow] })], people: people({ hana: ['head'], dora: [] }), ...vary })
const later = (scenario: Scenario, by: number) => new Date(Date.parse(scenario.now) + by).toISOString()

/** What has come about of a change by an instant, with the family that it has. */
const cameAbout = (
  scenario: Scenario,
  vary: Partial<Change> = {},
  family: { ancestors?: readonly Change[]; descendants?: readonly Change[] } = {},
  at = scenario.now,
) => {
  const change: Change = { ...scenario.change('K'), ...vary }
  return overdue(pin({ governance: scenario.desk.governance(), ...family }, change, at), change)
}

describe('what has come about since the last entry', () => {
  it('is nothing where nothing has, and the change is the same', async () => {
    const scenario = await opened([agree({ validFor: '1d' }), go])
    const change = scenario.change('K')
    const told = overdue(pin({ governance: scenario.desk.governance() }, change, later(scenario, 30 * day)), change)
    expect(told.events).toEqual([])
    expect(told.change).toBe(change)
  })

  it('is nothing on a change that waits for whoever asked for it, or for a remedy, or has ended', async () => {
    const scenario = await opened([agree({ validFor: '1d' }), go])
    await scenario.given('bob', 'approve', K)
    const after = later(scenario, 2 * day)
    expect(cameAbout(scenario, {}, {}, after).events).toHaveLength(1)
    for (const state of ['returned', 'remediation', 'cancelled', 'closed'])
      expect(cameAbout(scenario, { state, since: after }, {}, after).events).toEqual([])
  })

  it('came about when the first of what was given was too old', async () => {
    const scenario = await opened([agree({ validFor: '2d' }, 2), go])
    await scenario.given('bob', 'approve', K)
    const first = later(scenario, 2 * day)
    scenario.at(hour)
    await scenario.given('carol', 'approve', K)
    const told = cameAbout(scenario, {}, {}, later(scenario, 3 * day))
    expect(told.events).toEqual([{ type: 'stage.entered', stage: 'agree', at: first }])
    expect(told.change).toMatchObject({ state: 'agree', since: first })
    expect(cameAbout(scenario, {}, {}, first).events).toEqual([{ type: 'stage.entered', stage: 'agree' }])
    expect(cameAbout(scenario, {}, {}, later(scenario, 2 * day - hour - 1)).events).toEqual([])
  })

  it('came about when somebody left whose approvals are confirmed anew then', async () => {
    const scenario = await opened([agree({ leavers: 'reconfirm' }), go])
    await scenario.given('bob', 'approve', K)
    scenario.at(hour)
    const gone = scenario.now
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    expect(cameAbout(scenario).events).toEqual([{ type: 'stage.entered', stage: 'agree' }])
    expect(cameAbout(scenario, {}, {}, later(scenario, day)).events).toEqual([
      { type: 'stage.entered', stage: 'agree', at: gone },
    ])
  })

  it('came about when somebody left as compromised, be it the tester', async () => {
    const scenario = await opened([test('verify', { by: role('tester') }), agree(), go])
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    scenario.at(hour)
    const gone = scenario.now
    await scenario.given('ada', 'recordDeparture', { person: 'erin', compromised: true })
    scenario.at(day)
    expect(cameAbout(scenario).events).toEqual([{ type: 'stage.entered', stage: 'verify', at: gone }])
  })

  it('is now, where nobody knows since when', async () => {
    const groups = { bob: ['finance'], carol: ['legal'] }
    const apart = approval('agree', all(approvals(2).from(role('appr')).fromDifferentGroups()))
    const scenario = await opened([apart, go], { groups })
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', K)
    scenario.at(hour)
    await scenario.given('ada', 'assignGroups', { person: 'carol', groups: ['finance'] })
    scenario.at(hour)
    expect(cameAbout(scenario).events).toEqual([{ type: 'stage.entered', stage: 'agree' }])
    const alias = await opened([agree({}, 2), go])
    for (const person of ['bob', 'carol']) await alias.given(person, 'approve', K)
    scenario.at(hour)
    await alias.given('ada', 'recordAlias', { person: 'carol', is: 'bob', comment: 'one file' })
    expect(cameAbout(alias).events).toEqual([{ type: 'stage.entered', stage: 'agree' }])
  })

  it('came about when an exception was over', async () => {
    const lenient = controls('lenient', {
      'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
    })
    const rule = exception('make', 'approve')
      .grantedBy(role('head'))
      .atMost('7d')
      .compensatedBy('a look afterwards')
      .because('there are two of us')
    const options = { complies: lenient, separate: [], exceptions: [rule] }
    const scenario = await f0({
      controls: lenient,
      policies: [fixturePolicy({ flow: [agree(), go], options })],
      people: people({ alice: ['appr'], hana: ['head'] }),
    })
    scenario.at(1)
    const until = later(scenario, day)
    const wanted = { exception: 'x', person: 'alice', duties: ['make', 'approve'], until, reason: 'two of us' }
    await scenario.given('alice', 'requestException', { ...K, ...wanted } as never)
    await scenario.given('hana', 'grantException', { ...K, exception: 'x', comment: 'seen' })
    await scenario.given('alice', 'approve', K)
    expect(scenario.change('K').state).toBe('go')
    expect(cameAbout(scenario, {}, {}, later(scenario, day - 1)).events).toEqual([])
    expect(cameAbout(scenario, {}, {}, later(scenario, 2 * day)).events).toEqual([
      { type: 'stage.entered', stage: 'agree', at: until },
    ])
    const ungranted = scenario.change('K').exceptions.map(one => {
      const { granted: _, ...rest } = one
      return { ...rest, until: later(scenario, hour) }
    })
    expect(cameAbout(scenario, { exceptions: ungranted }, {}, later(scenario, 2 * day)).events).toEqual([
      { type: 'stage.entered', stage: 'agree' },
    ])
  })

  it('came about when the time of the broken glass was over', async () => {
    const lenient = controls('lenient', {
      'CM-1': separate('make', 'approve').because('nobody approves what they made'),
    })
    const roles = { appr: 'a', head: 'h', deployer: 'd', tester: 't' }
    const audit = approval('audit', approvals(2).from(role('appr')), { within: '1d', onlyAfter: 'breakGlass' })
    const rules = policy(
      't',
      { complies: lenient, roles },
      {
        normal: category({
          form: fixtureForm,
          breakGlass: { by: role('head'), lasts: '1h' },
          flow: [agree(), go, audit],
        }),
      },
    )
    const scenario = await f0({ controls: lenient, policies: [rules], people: people({ hana: ['head'] }) })
    await scenario.given('hana', 'breakGlass', { ...K, reason: 'down' })
    expect(scenario.change('K').state).toBe('go')
    expect(cameAbout(scenario, {}, {}, later(scenario, hour - 1)).events).toEqual([])
    expect(cameAbout(scenario, {}, {}, later(scenario, 2 * hour)).events).toEqual([
      { type: 'stage.entered', stage: 'agree', at: later(scenario, hour) },
    ])
  })

  it('is what the parent has decided since, and what it no longer decides', async () => {
    const shared = z.object({ system: z.enum(['ledger', 'billing']) })
    const carriedFrom = approved('project').covers({ system: 'system' }).for('30d')
    const rules = policy(
      't',
      { complies: baseline, roles: { appr: 'a', deployer: 'd' } },
      {
        project: category({ form: shared, flow: [agree({}, 2), go] }),
        normal: category({
          form: shared,
          flow: [approval('agree', approvals(2).from(role('appr')), { carriedFrom }), go],
        }),
      },
    )
    const scenario = await Scenario.open({ controls: baseline, policies: [rules], people: people({ petra: [] }) })
    const form = { system: 'ledger' }
    await scenario.given('petra', 'submit', {
      ...submitK,
      change: 'P',
      category: 'project',
      form,
      content: { digest: content('p'), makers: ['petra'] },
    } as never)
    await scenario.given('rita', 'submit', { ...submitK, form, parent: 'P' } as never)
    expect(scenario.change('K')).toMatchObject({ state: 'agree', approvals: [] })
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', { change: 'P' })
    const ancestors = [scenario.change('P')]
    expect(cameAbout(scenario, {}, { ancestors }).events).toMatchObject([
      { type: 'approval.carried', person: 'bob' },
      { type: 'approval.carried', person: 'carol' },
      { type: 'stage.entered', stage: 'go' },
    ])
    const went = cameAbout(scenario, {}, { ancestors }).change
    expect(went).toMatchObject({ state: 'go', approvals: [{ person: 'bob' }, { person: 'carol' }] })
    expect(went.held.filter(one => one.how === 'approved')).toMatchObject([
      { person: 'bob', at: scenario.now, under: scenario.desk.governance().entries },
      { person: 'carol', at: scenario.now, under: scenario.desk.governance().entries },
    ])
    await scenario.given('paul', 'release', K)
    const anew = await createDesk({ store: scenario.store, clock: () => new Date(scenario.now) })
    expect(anew.change('K')).toEqual(scenario.change('K'))
    await scenario.given('bob', 'withdraw', { change: 'P', comment: 'no' })
    expect(cameAbout(scenario, went, { ancestors: [scenario.change('P')] }).events).toEqual([
      { type: 'stage.entered', stage: 'agree' },
    ])
  })

  it('is that somebody made something on a change that this one hangs on, or that hangs on it', async () => {
    const scenario = await opened([agree(), go])
    await scenario.given('bob', 'approve', K)
    const K0 = scenario.change('K')
    const other = { ...K0, id: 'P', held: [{ ...K0.held[1], person: 'bob' } as never] }
    expect(cameAbout(scenario, {}, { ancestors: [other] }).events).toEqual([{ type: 'stage.entered', stage: 'agree' }])
    expect(cameAbout(scenario, {}, { descendants: [other] }).events).toEqual([])
  })
})

describe('a change walks', () => {
  const steps = [
    test('verify', { by: role('tester') }),
    agree(),
    approval('half', percent(50).of(role('appr'))),
    approval('high', approvals(1).from(role('head'))),
    go,
  ]

  it('to the first stage that is not met, with of how many the shares are that it opens', async () => {
    const scenario = await opened(steps)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    expect((await eventsOf(scenario)).slice(-1)).toEqual([
      { type: 'stage.entered', stage: 'half', electorates: { half: { appr: 2 } } },
    ])
    expect(scenario.change('K').electorates).toEqual({ half: { appr: 2 } })
  })

  it('from the first stage on where an earlier one is no longer met, and past what is', async () => {
    const scenario = await opened(steps)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    expect(scenario.change('K').state).toBe('high')
    await scenario.given('bob', 'withdraw', { ...K, comment: 'no' })
    expect(scenario.change('K').state).toBe('agree')
    await scenario.given('dan', 'approve', K)
    expect(scenario.change('K').state).toBe('high')
  })

  it('nowhere where it is at none of the stages', async () => {
    const scenario = await opened(steps)
    const change = { ...scenario.change('K'), state: 'returned' }
    expect(settle(pin({ governance: scenario.desk.governance() }, change, scenario.now), change)).toEqual([])
  })

  it('to its end at once where nothing is asked, and rests on what counts', async () => {
    const scenario = await opened([agree()])
    await scenario.given('bob', 'approve', K)
    expect((await eventsOf(scenario)).slice(-1)).toEqual([
      { type: 'stage.entered', stage: 'completed', rests: { approvals: [0], signOffs: [] } },
    ])
  })
})
