import { baseline, f0, f0Tested, fixtureForm, fixturePolicy, type Scenario, submitK } from '@countersign/testing'
import type { Change, Receipt, ReceiptOf } from 'countersign'
import {
  approval,
  approvals,
  category,
  controls,
  exception,
  field,
  policy,
  policyDigest,
  release,
  role,
  type Stage,
  separate,
  task,
  test,
} from 'countersign/policy'
import { describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { day, hour, K, people, report, robot } from '../law/setting.ts'
import { eventsOf } from '../law/trail.ts'

const tried = async (scenario: Scenario, account: string, type: string, command: object = {}) => {
  const receipt = await scenario.when(account, type as 'release', { ...K, ...command } as never)
  return receipt.outcome === 'refused' ? receipt.refusal : receipt.outcome
}
const refused = (code: string, facts: object) => ({ code, facts })
const later = (scenario: Scenario, by: number) => new Date(Date.parse(scenario.now) + by).toISOString()
const go = release('go', { by: role('deployer') })
const agree = (count = 1, of = 'appr', options: Parameters<typeof approval>[2] = {}) =>
  approval('agree', approvals(count).from(role(of)), options)
const comment = 'as we said'
const outsiders = { hana: ['head'], zoe: [] }
const opened = (flow: readonly Stage[] = [agree(), go], vary: object = {}) =>
  f0({ policies: [fixturePolicy({ flow: [...flow] })], people: people(outsiders), ...vary })
/** What the last accepted command brought about. */
const last = async (scenario: Scenario, count: number) => (await eventsOf(scenario)).slice(-count)

describe('an edit', () => {
  it('is for those who have the change on their desk, and those to whom its flow gives something to do', async () => {
    const scenario = await opened()
    const participants = ['alice', 'bob', 'carol', 'dan', 'paul', 'rita']
    expect(await tried(scenario, 'zoe', 'revise', { comment, title: 'x' })).toEqual(
      refused('authority.not-participant', { person: 'zoe', participants }),
    )
    for (const person of ['rita', 'alice', 'bob', 'paul'])
      expect(await tried(scenario, person, 'revise', { comment, title: `by ${person}` })).toBe('accepted')
    await robot(scenario, 'stray-bot')
    expect(await tried(scenario, 'stray-bot', 'revise', { comment, title: 'x' })).toEqual(
      refused('identity.no-controller', { account: 'stray-bot', bot: 'stray-bot' }),
    )
  })

  it('is for those as well who may ask for such a change', async () => {
    const roles = { appr: 'a', head: 'h', deployer: 'd' }
    const normal = category({ form: fixtureForm, requestedBy: role('head'), flow: [agree(), go] })
    const rules = policy('t', { complies: baseline, roles }, { normal })
    const scenario = await f0({ policies: [rules], people: people({ ...outsiders, rita: ['head'] }) })
    expect(await tried(scenario, 'hana', 'revise', { comment, title: 'x' })).toBe('accepted')
    expect(await tried(scenario, 'zoe', 'revise', { comment, title: 'y' })).toMatchObject({
      code: 'authority.not-participant',
    })
  })

  it('tells what it ends and what it leaves standing', async () => {
    const scenario = await opened([test('verify', { by: role('tester') }), agree(2), go])
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.given('rita', 'revise', { ...K, comment, title: 'another title' })
    expect(await last(scenario, 2)).toMatchObject([
      { type: 'change.revised', revision: 2, material: false, editor: 'rita', makers: [] },
      { type: 'approval.retained', approval: 0, revision: 2 },
    ])
    await scenario.given('rita', 'revise', { ...K, comment, form: { risk: 'high' } })
    expect(await last(scenario, 4)).toMatchObject([
      { type: 'change.revised', revision: 3, material: true, editor: 'rita' },
      { type: 'approval.staled', approval: 0, revision: 3 },
      { type: 'signoff.staled', signOff: 0, revision: 3 },
      { type: 'stage.entered', stage: 'verify' },
    ])
    await scenario.given('rita', 'revise', { ...K, comment, form: { risk: 'low' } })
    expect(await last(scenario, 1)).toMatchObject([{ type: 'change.revised', revision: 4, material: true }])
  })

  it('by which less is asked for is refused to whoever takes part, with whom the stricter rule asks', async () => {
    const high = field('risk').is('high')
    const flow = [agree(), approval('board', approvals(1).from(role('head')).when(high)), go]
    const scenario = await opened(flow, { submit: { form: { system: 'ledger', risk: 'high' } } })
    expect(await tried(scenario, 'rita', 'revise', { comment, form: { risk: 'low' } })).toEqual(
      refused('authority.laxer-rule', { person: 'rita', stages: ['board'], able: ['hana'] }),
    )
    expect(await tried(scenario, 'bob', 'revise', { comment, form: { risk: 'low' } })).toEqual(
      refused('authority.laxer-rule', { person: 'bob', stages: ['board'], able: ['hana'] }),
    )
    expect(await tried(scenario, 'hana', 'revise', { comment, form: { risk: 'low' } })).toBe('accepted')
    expect(await tried(scenario, 'rita', 'revise', { comment, form: { risk: 'high' } })).toBe('accepted')
  })
})

describe('giving the work to somebody', () => {
  it('is to somebody who is here, and does not have it yet', async () => {
    const scenario = await opened()
    expect(await tried(scenario, 'rita', 'assign', { to: 'alcie' })).toEqual(
      refused('name.unknown', { what: 'active person', name: 'alcie', near: '; did you mean alice?' }),
    )
    await scenario.given('rita', 'assign', { ...K, to: 'dan' })
    expect(await tried(scenario, 'rita', 'assign', { to: 'dan' })).toEqual(
      refused('nothing-to-do', { person: 'dan', state: 'assigned' }),
    )
    expect(await tried(scenario, 'zoe', 'assign', { to: 'bob' })).toMatchObject({ code: 'authority.not-participant' })
  })

  it('leaves what was given, and reaches whoever has it as a maker', async () => {
    const scenario = await opened()
    await scenario.given('rita', 'assign', { ...K, to: 'dan' })
    expect(scenario.change('K')).toMatchObject({ assignee: 'dan', revision: 1, state: 'agree' })
    expect(scenario.change('K').held.at(-1)).toMatchObject({ duty: 'make', person: 'dan', how: 'was assigned' })
  })
})

describe('a task', () => {
  it('is done at its stage, by whoever has the role', async () => {
    const scenario = await opened([task('draw', { by: role('head'), duty: 'draw' }), agree(), go])
    expect(await tried(scenario, 'hana', 'complete', { stage: 'agree' })).toEqual(
      refused('lifecycle.not-now', {
        change: 'K',
        state: 'draw',
        command: 'complete',
        allowed: expect.arrayContaining(['complete', 'revise', 'cancel']),
        waitsFor: { head: 1 },
      }),
    )
    expect(await tried(scenario, 'hana', 'complete', { stage: 'drwa' })).toEqual(
      refused('name.unknown', { what: 'stage', name: 'drwa', near: '; did you mean draw?' }),
    )
    expect(await tried(scenario, 'bob', 'complete', { stage: 'draw' })).toMatchObject({ code: 'authority.no-role' })
    await scenario.given('hana', 'complete', { ...K, stage: 'draw' })
    expect(await last(scenario, 2)).toMatchObject([
      { type: 'task.completed', duty: 'draw', stage: 'draw', person: 'hana' },
      { type: 'stage.entered', stage: 'agree' },
    ])
  })
})

describe('a test', () => {
  const flow = [test('verify', { by: role('tester'), signOffs: 2 }), agree(), go]

  it('comes with evidence where that is required, is signed once by a person, and of what they saw', async () => {
    const scenario = await opened(flow)
    expect(await tried(scenario, 'erin', 'signOff', { ...report, evidence: [] })).toEqual(
      refused('evidence.missing', { stage: 'verify' }),
    )
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(await tried(scenario, 'erin', 'signOff', report)).toEqual(
      refused('approval.already-given', { person: 'erin', stage: 'verify', by: 'erin', principal: null }),
    )
    const { digest } = scenario.change('K')
    expect(await tried(scenario, 'erin', 'signOff', { ...report, revision: 7, digest })).toMatchObject({
      code: 'binding.revision',
    })
  })

  it('that failed sends the change back', async () => {
    const scenario = await opened(flow)
    await scenario.given('erin', 'signOff', { ...K, ...report, result: 'failed' })
    expect(await last(scenario, 2)).toMatchObject([{ type: 'test.signed-off' }, { type: 'change.returned' }])
    expect(scenario.change('K').state).toBe('returned')
  })

  it('that failed after the change took effect asks for a remedy', async () => {
    const look = test('look', { by: role('tester'), within: '1d', remedyWithin: '2d' })
    const scenario = await opened([agree(), go, look])
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
    scenario.at(hour)
    await scenario.given('erin', 'signOff', { ...K, ...report, result: 'failed' })
    expect(await last(scenario, 4)).toMatchObject([
      { type: 'test.signed-off' },
      { type: 'obligation.rejected', obligation: 0, late: false },
      { type: 'obligation.opened', kind: 'remedy', stage: 'look', since: scenario.now, due: later(scenario, 2 * day) },
      { type: 'change.condemned' },
    ])
  })
})

describe('a rejection', () => {
  it('ends what the same person has approved, and sends the change back', async () => {
    const scenario = await opened([agree(2), go])
    await scenario.given('bob', 'approve', K)
    await scenario.given('bob', 'reject', { ...K, comment })
    expect(await last(scenario, 2)).toEqual([
      {
        type: 'change.rejected',
        stage: 'agree',
        person: 'bob',
        chain: ['bob'],
        seats: [{ role: 'appr', capacity: 'own' }],
        ends: [0],
      },
      { type: 'change.returned' },
    ])
  })

  it('is for whoever could approve here or before, and is at the latest stage of theirs', async () => {
    const scenario = await opened([approval('first', approvals(1).from(role('head'))), agree(), go])
    expect(await tried(scenario, 'bob', 'reject', { comment })).toMatchObject({
      code: 'authority.no-role',
      facts: { person: 'bob', roles: ['head'] },
    })
    await scenario.given('hana', 'approve', K)
    expect(await tried(scenario, 'zoe', 'reject', { comment })).toMatchObject({
      code: 'authority.no-role',
      facts: { person: 'zoe', roles: ['appr', 'head'] },
    })
    await scenario.given('hana', 'reject', { ...K, comment })
    expect(scenario.change('K').rejections).toMatchObject([{ stage: 'first', person: 'hana', after: 1 }])
  })

  it('has no place before there is anything to approve', async () => {
    const scenario = await opened([test('verify', { by: role('tester') }), agree(), go])
    expect(await tried(scenario, 'bob', 'reject', { comment })).toMatchObject({
      code: 'lifecycle.not-now',
      facts: { state: 'verify', command: 'reject' },
    })
  })

  it('is one veto of a person, until it is lifted by whoever placed it or holds the role, and takes no part', async () => {
    const scenario = await opened([agree(1, 'appr', { veto: { liftedBy: role('head') } }), go], {
      people: people({ ...outsiders, rita: ['head'], hugo: ['head', 'appr'] }),
    })
    await scenario.given('dan', 'reject', { ...K, comment })
    expect(await tried(scenario, 'dan', 'reject', { comment })).toEqual(
      refused('nothing-to-do', { person: 'dan', state: 'vetoing' }),
    )
    expect(await tried(scenario, 'dan', 'approve')).toEqual(refused('veto.standing', { person: 'dan', of: 'dan' }))
    expect(await tried(scenario, 'hana', 'liftVeto', { of: 'bob', comment })).toEqual(
      refused('nothing-to-do', { person: 'bob', state: 'without a veto' }),
    )
    expect(await tried(scenario, 'zoe', 'liftVeto', { of: 'dan', comment })).toEqual(
      refused('authority.no-role', { person: 'zoe', roles: ['head'], able: ['dan', 'hana', 'hugo'], at: scenario.now }),
    )
    expect(await tried(scenario, 'rita', 'liftVeto', { of: 'dan', comment })).toEqual(
      refused('duty.second-person', {
        person: 'rita',
        what: 'liftVeto',
      }),
    )
    await scenario.given('hugo', 'reject', { ...K, comment })
    expect(await tried(scenario, 'hugo', 'liftVeto', { of: 'dan', comment })).toMatchObject({
      code: 'duty.second-person',
    })
    await scenario.given('hugo', 'liftVeto', { ...K, of: 'hugo', comment })
    await scenario.given('hana', 'liftVeto', { ...K, of: 'dan', comment })
    expect(await last(scenario, 1)).toEqual([{ type: 'veto.lifted', rejection: 0, by: 'hana' }])
    expect(await tried(scenario, 'dan', 'approve')).toBe('accepted')
  })
})

describe('taking back', () => {
  it('is of what one has given and counts, and of all of it', async () => {
    const scenario = await opened([agree(2), go])
    await scenario.given('bob', 'approve', K)
    expect(await tried(scenario, 'carol', 'withdraw', { comment })).toEqual(
      refused('approval.none-standing', { person: 'carol' }),
    )
    await scenario.given('bob', 'withdraw', { ...K, comment })
    expect(await last(scenario, 1)).toEqual([{ type: 'approval.withdrawn', approval: 0 }])
    expect(await tried(scenario, 'bob', 'withdraw', { comment })).toEqual(
      refused('approval.none-standing', { person: 'bob' }),
    )
  })
})

describe('a change that was sent back', () => {
  it('is handed in again by those who have it on their desk, keeps what the policy keeps, and begins a round', async () => {
    const scenario = await opened([
      approval('first', approvals(1).from(role('head')), { onResubmit: 'retain' }),
      agree(2),
      go,
    ])
    await scenario.given('hana', 'approve', K)
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'reject', { ...K, comment })
    expect(await tried(scenario, 'zoe', 'resubmit', { comment })).toMatchObject({ code: 'authority.not-participant' })
    await scenario.given('rita', 'resubmit', { ...K, comment })
    expect(await last(scenario, 4)).toEqual([
      { type: 'change.resubmitted', round: 2 },
      { type: 'approval.kept', approval: 0, round: 2 },
      { type: 'stage.entered', stage: 'first' },
      { type: 'stage.entered', stage: 'agree' },
    ])
    expect(scenario.change('K')).toMatchObject({ round: 2, state: 'agree', revision: 1 })
    expect(scenario.approvals('K', 'agree')).toBe(0)
  })
})

describe('when a change is planned', () => {
  it('is an interval that is not over, by those who may edit it', async () => {
    const scenario = await opened()
    const [from, until] = [later(scenario, -2 * hour), later(scenario, hour)]
    expect(await tried(scenario, 'zoe', 'schedule', { from, until })).toMatchObject({
      code: 'authority.not-participant',
    })
    expect(await tried(scenario, 'rita', 'schedule', { from: until, until })).toEqual(
      refused('interval.invalid', { from: until, until }),
    )
    expect(await tried(scenario, 'rita', 'schedule', { from, until: scenario.now })).toEqual(
      refused('interval.invalid', { from, until: scenario.now }),
    )
    expect(await tried(scenario, 'rita', 'schedule', { from, until })).toBe('accepted')
    expect(scenario.change('K').plan).toEqual({ from, until })
  })
})

describe('a freeze', () => {
  const frozen = async (overriddenBy?: object) => {
    const scenario = await opened([agree(), go], { people: people({ ...outsiders, rita: ['head'] }) })
    await scenario.given('ada', 'declareFreeze', {
      freeze: 'close',
      because: 'the books are closed',
      schedule: { zone: 'UTC', from: '2026-03-02T08:00', until: '2026-03-09T08:00' },
      intervals: [{ from: scenario.now, until: later(scenario, 7 * day) }],
      ...(overriddenBy === undefined ? {} : { overriddenBy }),
    } as never)
    return scenario
  }
  const asked = (scenario: Scenario, by = day, freeze = 'close') => ({
    freeze,
    until: later(scenario, by),
    reason: comment,
  })

  it('is overridden for a time by a holder of the role who takes no part', async () => {
    const scenario = await frozen({ role: 'head', atMost: '24h' })
    expect(await tried(scenario, 'hana', 'overrideFreeze', asked(scenario, day, 'closd'))).toEqual(
      refused('name.unknown', { what: 'freeze', name: 'closd', near: '; did you mean close?' }),
    )
    expect(await tried(scenario, 'bob', 'overrideFreeze', asked(scenario))).toEqual(
      refused('authority.no-role', { person: 'bob', roles: ['head'], able: ['hana'], at: scenario.now }),
    )
    expect(await tried(scenario, 'rita', 'overrideFreeze', asked(scenario))).toEqual(
      refused('duty.second-person', {
        person: 'rita',
        what: 'overrideFreeze',
      }),
    )
    for (const by of [0, day + 1])
      expect(await tried(scenario, 'hana', 'overrideFreeze', asked(scenario, by))).toEqual(
        refused('interval.invalid', { from: scenario.now, until: later(scenario, by), atMost: '24h' }),
      )
    await scenario.given('bob', 'approve', K)
    expect(await tried(scenario, 'paul', 'release')).toEqual(
      refused('freeze.active', {
        change: 'K',
        freeze: 'close',
        from: scenario.now,
        until: later(scenario, 7 * day),
        because: 'the books are closed',
        overriddenBy: 'head',
      }),
    )
    await scenario.given('hana', 'overrideFreeze', { ...K, ...asked(scenario) })
    expect(scenario.explain('K').freezes).toEqual([])
    scenario.at(day - 1)
    expect(scenario.explain('K').freezes).toEqual([])
    scenario.at(1)
    expect(scenario.explain('K').freezes).toHaveLength(1)
  })

  it('that names nobody is overridden by nobody', async () => {
    const scenario = await frozen()
    expect(await tried(scenario, 'hana', 'overrideFreeze', asked(scenario))).toEqual(
      refused('freeze.no-override', { freeze: 'close' }),
    )
  })

  it('warns of a plan that reaches into it', async () => {
    const scenario = await frozen()
    const plan = { from: later(scenario, 6 * day), until: later(scenario, 8 * day) }
    await scenario.given('rita', 'schedule', { ...K, ...plan })
    expect(await last(scenario, 2)).toEqual([
      { type: 'change.scheduled', ...plan },
      { type: 'plan.frozen', freeze: 'close', from: scenario.now, until: later(scenario, 7 * day) },
    ])
    expect(scenario.explain('K').plan).toEqual({ ...plan, freezes: ['close'] })
  })
})

describe('another category', () => {
  const form = fixtureForm
  const rules = policy(
    't',
    { complies: baseline, roles: { appr: 'a', head: 'h', tester: 't', deployer: 'd' } },
    {
      normal: category({ form, flow: [agree(2), go] }),
      twin: category({ form, flow: [agree(2), go] }),
      light: category({ form, flow: [agree(1), go] }),
      heads: category({ form, requestedBy: role('head'), flow: [agree(2), go] }),
      dear: category({ form: z.object({ euros: z.int() }), flow: [agree(2), go] }),
    },
  )
  const open = () => f0({ policies: [rules], people: people(outsiders) })

  it('is one that there is, another one, that fits the form, and for which the person may ask', async () => {
    const scenario = await open()
    const to = (name: string, account = 'rita') => tried(scenario, account, 'recategorise', { category: name, comment })
    expect(await to('twins')).toEqual(
      refused('policy.no-category', {
        team: 't',
        category: 'twins',
        known: ['dear', 'heads', 'light', 'normal', 'twin'],
        near: '; did you mean twin?',
      }),
    )
    expect(await to('normal')).toEqual(
      refused('nothing-to-do', { what: 'K', state: 'in category', category: 'normal' }),
    )
    expect(await to('heads')).toEqual(
      refused('authority.no-role', { person: 'rita', roles: ['head'], able: ['hana'], at: scenario.now }),
    )
    expect(await to('dear')).toMatchObject({ code: 'form.invalid' })
    expect(await to('twin', 'zoe')).toMatchObject({ code: 'authority.not-participant' })
    expect(await to('light')).toEqual(
      refused('authority.laxer-rule', { person: 'rita', stages: ['agree'], able: ['bob', 'carol', 'dan'] }),
    )
    expect(await to('light', 'bob')).toBe('accepted')
  })

  it('begins a round, in which nothing counts that was given before', async () => {
    const scenario = await open()
    await scenario.given('bob', 'approve', K)
    await scenario.given('rita', 'recategorise', { ...K, category: 'twin', comment })
    expect(await last(scenario, 2)).toMatchObject([
      { type: 'change.recategorised', category: 'twin', revision: 2, editor: 'rita', round: 2 },
      { type: 'stage.entered', stage: 'agree' },
    ])
    expect(scenario.approvals('K')).toBe(0)
  })
})

describe('another policy', () => {
  it('is the one in force, with a stage for all that was given, and asks for as much', async () => {
    const scenario = await opened([agree(2), go])
    await scenario.given('bob', 'approve', K)
    const before = scenario.change('K').policy
    const to = (named: string, more: object = {}) =>
      tried(scenario, 'rita', 'migrate', { policy: named, comment, ...more })
    expect(await to(before)).toEqual(refused('nothing-to-do', { what: 'K', state: 'under policy in force' }))
    const renamed = fixturePolicy({ flow: [approval('decide', approvals(2).from(role('appr'))), go] })
    await scenario.adopt(renamed)
    const digest = policyDigest(renamed)
    expect(await to(before)).toEqual(refused('migration.not-in-force', { named: before, inForce: digest }))
    expect(await to(digest)).toEqual(
      refused('migration.unmapped', { change: 'K', unmapped: ['agree'], known: ['decide', 'go'] }),
    )
    expect(await to(digest, { stages: { agre: 'decide' } })).toEqual(
      refused('name.unknown', { what: 'stage', name: 'agre', near: '; did you mean agree?' }),
    )
    expect(await to(digest, { stages: { agree: 'decid' } })).toEqual(
      refused('name.unknown', { what: 'stage', name: 'decid', near: '; did you mean decide?' }),
    )
    expect(await to(digest, { stages: { agree: 'go' } })).toMatchObject({ code: 'migration.unmapped' })
    expect(await to(digest, { stages: { agree: 'decide', go: 'go' } })).toBe('accepted')
    expect(await last(scenario, 2)).toMatchObject([
      {
        type: 'change.migrated',
        policy: digest,
        stages: { agree: 'decide' },
        missing: [{ stage: 'decide', missing: { appr: 1 } }],
      },
      { type: 'stage.entered', stage: 'decide' },
    ])
    expect(scenario.change('K').approvals).toMatchObject([{ stage: 'decide', person: 'bob' }])
  })

  it('that asks for less, or binds less, is not for whoever takes part', async () => {
    const scenario = await opened([agree(2), go])
    for (const lax of [
      fixturePolicy({ flow: [agree(1), go] }),
      fixturePolicy({ flow: [agree(2), go], material: ['system', 'content'] }),
    ]) {
      await scenario.adopt(lax)
      expect(await tried(scenario, 'rita', 'migrate', { policy: policyDigest(lax), comment })).toEqual(
        refused('authority.laxer-rule', { person: 'rita', stages: ['agree'], able: ['bob', 'carol', 'dan'] }),
      )
    }
  })

  it('has the category of the change', async () => {
    const scenario = await opened([agree(2), go])
    const { categories, ...rest } = fixturePolicy({ flow: [agree(2), go] })
    const moved = { ...rest, categories: { normals: categories.normal as NonNullable<typeof categories.normal> } }
    await scenario.adopt(moved)
    expect(await tried(scenario, 'rita', 'migrate', { policy: policyDigest(moved), comment })).toEqual(
      refused('policy.no-category', {
        team: 't',
        category: 'normal',
        known: ['normals'],
        near: '; did you mean normals?',
      }),
    )
  })
})

describe('an exception', () => {
  const lenient = controls('lenient', {
    'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
  })
  const rule = exception('make', 'approve')
    .grantedBy(role('head'))
    .atMost('7d')
    .compensatedBy('a look afterwards')
    .because('there are two of us')
  const open = () =>
    f0({
      controls: lenient,
      policies: [
        fixturePolicy({
          flow: [agree(), go],
          options: { complies: lenient, separate: [], exceptions: [rule] },
        }),
      ],
      people: people({ ...outsiders, alice: ['appr'], rita: ['head'] }),
    })
  const asked = (scenario: Scenario, more: object = {}) => ({
    exception: 'x1',
    person: 'alice',
    duties: ['make', 'approve'],
    until: later(scenario, 7 * day),
    reason: comment,
    ...more,
  })

  it('is asked for once, for somebody who is here, from what the policy lets be excepted, and for no longer', async () => {
    const scenario = await open()
    const ask = (more: object = {}) => tried(scenario, 'alice', 'requestException', asked(scenario, more))
    expect(await ask({ person: 'nobody' })).toEqual(
      refused('name.unknown', { what: 'active person', name: 'nobody', near: '' }),
    )
    expect(await ask({ duties: ['make', 'test'] })).toEqual(
      refused('exception.not-permitted', { duties: ['make', 'test'] }),
    )
    for (const by of [0, 7 * day + 1])
      expect(await ask({ until: later(scenario, by) })).toEqual(
        refused('interval.invalid', { from: scenario.now, until: later(scenario, by), atMost: '7d' }),
      )
    expect(await ask()).toBe('accepted')
    expect(await ask()).toEqual(refused('name.taken', { what: 'exception', name: 'x1' }))
  })

  it('is granted once, in its time, by a holder of the role who gains nothing by it', async () => {
    const scenario = await open()
    await scenario.given('alice', 'requestException', { ...K, ...asked(scenario) } as never)
    const grant = (account: string, name = 'x1') =>
      tried(scenario, account, 'grantException', { exception: name, comment })
    expect(await grant('hana', 'x2')).toEqual(
      refused('name.unknown', { what: 'exception', name: 'x2', near: '; did you mean x1?' }),
    )
    const own = (person: string) => refused('duty.second-person', { person, what: 'grantException' })
    for (const person of ['alice', 'rita']) expect(await grant(person)).toEqual(own(person))
    expect(await grant('zoe')).toEqual(
      refused('authority.no-role', { person: 'zoe', roles: ['head'], able: ['hana'], at: scenario.now }),
    )
    expect(await grant('hana')).toBe('accepted')
    expect(await grant('hana')).toEqual(refused('nothing-to-do', { what: 'x1', state: 'granted' }))
    const late = await open()
    await late.given('alice', 'requestException', { ...K, ...asked(late) } as never)
    late.at(7 * day)
    expect(await tried(late, 'hana', 'grantException', { exception: 'x1', comment })).toEqual(
      refused('interval.invalid', { from: late.now, until: late.now }),
    )
  })

  it('is taken back by whoever has it, asked for it or granted it, or holds the role', async () => {
    for (const person of ['alice', 'hana', 'hugo']) {
      const scenario = await open()
      if (person === 'hugo') {
        await scenario.given('ada', 'registerPerson', { person, name: person, accounts: [person] })
        await scenario.given('otto', 'grantRole', { role: 'head', to: person, team: '*' })
      }
      await scenario.given('alice', 'requestException', { ...K, ...asked(scenario) } as never)
      await scenario.given('hana', 'grantException', { ...K, exception: 'x1', comment })
      const revoke = (account: string) => tried(scenario, account, 'revokeException', { exception: 'x1', comment })
      const able = [...new Set(['alice', 'hana', person, 'rita'])].toSorted()
      expect(await revoke('zoe')).toEqual(
        refused('authority.no-role', { person: 'zoe', roles: ['head'], able, at: scenario.now }),
      )
      expect(await revoke(person)).toBe('accepted')
      expect(await revoke(person)).toEqual(refused('nothing-to-do', { what: 'x1', state: 'revoked' }))
    }
  })

  it('is not granted any more once it was taken back, and whoever would is told to have a new one asked for', async () => {
    const scenario = await open()
    await scenario.given('alice', 'requestException', { ...K, ...asked(scenario) } as never)
    await scenario.given('alice', 'revokeException', { ...K, exception: 'x1', comment })
    const before = (await scenario.store.head()).size
    const granted = await scenario.when('hana', 'grantException', { ...K, exception: 'x1', comment })
    expect(granted).toMatchObject({
      refusal: { code: 'exception.revoked', facts: { exception: 'x1' } },
      because: 'the exception x1 was revoked, and is not granted any more',
      help: 'Ask for a new one (requestException), under an id of its own, if it is needed still.',
    })
    expect((await scenario.store.head()).size).toBe(before)
  })
})

describe('what was rejected after it took effect', () => {
  const review = approval('review', approvals(1).from(role('head')), { within: '1d' })
  const condemned = async () => {
    const scenario = await opened([agree(), go, review])
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
    const early = { ...submitK, change: 'E', parent: 'K' }
    await scenario.given('rita', 'submit', early as never)
    scenario.at(hour)
    await scenario.given('hana', 'reject', { ...K, comment })
    return scenario
  }

  it('is made good by a child that was asked for since, is completed, and put something into effect', async () => {
    const scenario = await condemned()
    const made = (by: string, account = 'rita') => tried(scenario, account, 'remediate', { by, comment })
    expect(await made('E', 'zoe')).toMatchObject({ code: 'authority.not-participant' })
    expect(await made('F')).toEqual(
      refused('name.unknown', { what: 'dependent change', name: 'F', change: 'K', near: '; did you mean E?' }),
    )
    const unfit = (remedy: string, facts: object) => refused('remedy.unfit', { change: 'K', remedy, ...facts })
    expect(await made('E')).toEqual(
      unfit('E', { problem: 'older', asked: later(scenario, -hour), since: scenario.now }),
    )
    scenario.at(1)
    await scenario.given('rita', 'submit', { ...submitK, change: 'R', parent: 'K' } as never)
    expect(await made('R')).toEqual(unfit('R', { problem: 'not completed', state: 'agree' }))
    await scenario.given('bob', 'approve', { change: 'R' })
    await scenario.given('paul', 'release', { change: 'R' })
    await scenario.given('hana', 'approve', { change: 'R' })
    expect(await made('R')).toBe('accepted')
    expect(await last(scenario, 2)).toMatchObject([
      { type: 'obligation.fulfilled', obligation: 1, late: false, remedy: 'R' },
      { type: 'stage.entered', stage: 'completed', rests: {} },
    ])
    expect(scenario.change('K').state).toBe('completed')
  })

  it('is owed, with what and until when, before the change can be left', async () => {
    const scenario = await opened([agree(), go, review])
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
    const owed = [{ kind: 'review', stage: 'review', since: scenario.now, due: later(scenario, day) }]
    for (const [type, more] of [
      ['cancel', { comment }],
      ['recategorise', { category: 'normal', comment }],
    ] as const)
      expect(await tried(scenario, 'rita', type, more)).toEqual(refused('obligation.open', { change: 'K', owed }))
    scenario.at(day)
    await scenario.given('hana', 'approve', K)
    expect(await last(scenario, 3)).toMatchObject([
      { type: 'approval.granted', afterwards: true },
      { type: 'obligation.fulfilled', obligation: 0, late: true },
      { type: 'stage.entered', stage: 'completed' },
    ])
    expect(await tried(scenario, 'zoe', 'close', { comment })).toMatchObject({ code: 'authority.not-participant' })
    expect(await tried(scenario, 'rita', 'close', { comment })).toBe('accepted')
    expect(scenario.change('K').state).toBe('closed')
  })
})

describe('a cancellation', () => {
  it('is for those who have the change on their desk', async () => {
    const scenario = await f0Tested({ people: people(outsiders) })
    expect(await tried(scenario, 'bob', 'cancel', { comment })).toEqual(
      refused('authority.not-participant', { person: 'bob', participants: ['alice', 'erin', 'rita'] }),
    )
    await robot(scenario, 'stray-bot')
    expect(await tried(scenario, 'stray-bot', 'cancel', { comment })).toEqual(
      refused('identity.no-controller', { account: 'stray-bot', bot: 'stray-bot' }),
    )
    await scenario.given('ada', 'recordAlias', { person: 'zoe', is: 'alice', comment: 'one file' })
    expect(await tried(scenario, 'zoe', 'cancel', { comment })).toBe('accepted')
  })
})

describe('the receipt of a command about a change that was accepted', () => {
  it('has the change as it is after that, and its type says so, be the command sent again later', async () => {
    const scenario = await opened()
    const { revision, digest } = scenario.change('K')
    const approve = async (): Promise<Change> => {
      const receipt = await scenario.desk.by('bob').approve({ ...K, revision, digest }, { id: 'the-same-id' })
      if (receipt.outcome === 'refused') throw new Error(receipt.because)
      return receipt.change
    }
    const first = await approve()
    expect(first.approvals.map(one => one.person)).toEqual(['bob'])
    await scenario.given('rita', 'cancel', { ...K, comment })
    expect(await approve()).toEqual(first)
    expectTypeOf<ReceiptOf<'defineRole'>>().toEqualTypeOf<Receipt>()
  })
})
