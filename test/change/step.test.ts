import {
  baseline,
  content,
  f0,
  f0Tested,
  fixtureForm,
  fixturePeople,
  fixturePolicy,
  type Scenario,
  submitK,
} from '@countersign/testing'
import {
  approval,
  approvals,
  board,
  category,
  controls,
  exception,
  parallel,
  policy,
  release,
  role,
  separate,
  test,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import { lifeConfig, lifecycle } from '../../packages/countersign/src/change/lifecycle.ts'
import { people, report } from '../law/setting.ts'

const K = { change: 'K' }
const refusalOf = async (scenario: Scenario, account: string, type: string, command: object) => {
  const receipt = await scenario.when(account, type as 'cancel', command)
  return receipt.outcome === 'refused' ? receipt.refusal : receipt.outcome
}

describe('a command about a change that there is not', () => {
  it.each<[string, object]>([
    ['approve', { revision: 1, digest: content('x') }],
    ['cancel', { comment: 'no' }],
    ['assign', { to: 'alice' }],
    ['release', { revision: 1, digest: content('x') }],
    ['close', {}],
  ])('is refused by name: %s', async (type, more) => {
    const scenario = await f0({ submit: null })
    expect(await refusalOf(scenario, 'bob', type, { change: 'Q', ...more })).toEqual({
      code: 'name.unknown',
      facts: { what: 'change', name: 'Q', near: '' },
    })
  })
})

describe('a command that has no place where the change is', () => {
  const open = ['revise', 'recategorise', 'migrate', 'assign', 'schedule', 'reject', 'cancel']

  it('is refused with what is allowed there and what it waits for', async () => {
    const scenario = await f0()
    expect(await refusalOf(scenario, 'bob', 'approve', K)).toEqual({
      code: 'lifecycle.not-now',
      facts: {
        change: 'K',
        state: 'verify',
        command: 'approve',
        allowed: ['signOff', ...open],
        waitsFor: { tester: 1 },
      },
    })
  })

  it('names what only some changes have a place for where this one has', async () => {
    const lenient = controls('lenient', {
      'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
    })
    const rule = exception('make', 'approve')
      .grantedBy(role('head'))
      .atMost('7d')
      .compensatedBy('a look')
      .because('few')
    const roles = { appr: 'approves', tester: 'tests', deployer: 'releases', head: 'heads' }
    const veto = approval('approve', approvals(1).from(role('appr')), { veto: { liftedBy: role('head') } })
    const flow = [
      veto,
      test('verify', { by: role('tester'), evidence: 'optional', checklist: { log: 'the log was read' } }),
      release('production', { by: role('deployer') }),
    ]
    const options = { complies: lenient, roles, separate: [], exceptions: [rule], board: board({ columns: [] }) }
    const scenario = await f0({
      controls: lenient,
      policies: [fixturePolicy({ options, flow })],
      people: people({ hana: ['head'] }),
    })
    const allowed = async () => {
      const refusal = await refusalOf(scenario, 'paul', 'resubmit', { ...K, comment: 'again' })
      return typeof refusal !== 'string' && refusal.code === 'lifecycle.not-now' ? refusal.facts.allowed : refusal
    }
    expect(await allowed()).toEqual(expect.arrayContaining(['approve', 'move', 'requestException']))
    for (const none of ['withdraw', 'liftVeto', 'grantException', 'revokeException', 'tick', 'overrideFreeze'])
      expect(await allowed()).not.toContain(none)
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'reject', { ...K, comment: 'no' })
    const asked = { exception: 'x', person: 'alice', duties: ['make', 'approve'] as [string, string], reason: 'few' }
    const until = '2026-03-03T08:00:00.000Z'
    await scenario.given('alice', 'requestException', { ...K, ...asked, until })
    expect(await allowed()).toEqual(
      expect.arrayContaining(['withdraw', 'liftVeto', 'grantException', 'revokeException']),
    )
    await scenario.given('hana', 'grantException', { ...K, exception: 'x', comment: 'seen' })
    await scenario.given('hana', 'liftVeto', { ...K, of: 'carol', comment: 'talked' })
    await scenario.given('ada', 'declareFreeze', {
      freeze: 'close',
      because: 'the books are closed',
      schedule: { zone: 'UTC', from: '2026-03-02T08:00', until: '2026-03-09T08:00' },
      intervals: [{ from: scenario.now, until: '2026-03-09T08:00:00.000Z' }],
      overriddenBy: { role: 'head', atMost: '24h' },
    })
    expect(scenario.change('K').state).toBe('verify')
    expect(await allowed()).toEqual(expect.arrayContaining(['revokeException', 'tick', 'overrideFreeze']))
    for (const gone of ['liftVeto', 'grantException', 'breakGlass']) expect(await allowed()).not.toContain(gone)
  })

  it('waits for nothing once the change is cancelled, and nothing is allowed any more', async () => {
    const scenario = await f0()
    await scenario.given('rita', 'cancel', { ...K, comment: 'not needed' })
    expect(await refusalOf(scenario, 'erin', 'signOff', { ...K, ...report })).toEqual({
      code: 'lifecycle.not-now',
      facts: { change: 'K', state: 'cancelled', command: 'signOff', allowed: [] },
    })
  })
})

describe('stages that are open at the same time', () => {
  const both = parallel(
    'deciding',
    approval('finance', approvals(1).from(role('appr'))),
    approval('risk', approvals(1).from(role('head'))),
    test('verify', { by: role('tester') }),
  )
  const opened = async () => {
    const people = { ...fixturePeople, hana: ['head', 'appr'], rita: ['appr', 'head'] }
    return f0({ policies: [fixturePolicy({ flow: [both, release('production', { by: role('deployer') })] })], people })
  }

  it('are refused by a name that no stage has, with the near ones of their kind', async () => {
    const scenario = await opened()
    expect(await refusalOf(scenario, 'bob', 'approve', { ...K, stage: 'finanze' })).toEqual({
      code: 'name.unknown',
      facts: { what: 'stage', name: 'finanze', near: '; did you mean finance?' },
    })
    expect(await refusalOf(scenario, 'bob', 'approve', { ...K, stage: 'verifi' })).toMatchObject({
      facts: { near: '' },
    })
  })

  it('take nothing more where the one that is named is met', async () => {
    const scenario = await opened()
    await scenario.given('bob', 'approve', { ...K, stage: 'finance' })
    expect(await refusalOf(scenario, 'carol', 'approve', { ...K, stage: 'finance' })).toEqual({
      code: 'nothing-to-do',
      facts: { what: 'finance', state: 'met' },
    })
  })

  it('are refused with what keeps the person out, rather than with a role that they lack at another one', async () => {
    const scenario = await opened()
    await scenario.given('ada', 'grantRole', { role: 'head', to: 'alice', team: '*' })
    expect(await refusalOf(scenario, 'alice', 'approve', K)).toMatchObject({ code: 'duty.conflict' })
    expect(await refusalOf(scenario, 'rita', 'approve', K)).toMatchObject({
      code: 'duty.conflict',
      facts: { duties: ['request', 'approve'], person: 'rita' },
    })
    expect(await refusalOf(scenario, 'paul', 'approve', K)).toMatchObject({ code: 'authority.no-role' })
  })
})

describe('a second approval', () => {
  it('is refused with who has given the first, and in whose name, where it was in somebody’s', async () => {
    const scenario = await f0Tested({ people: { ...fixturePeople, dora: [] } })
    await scenario.given('bob', 'delegate', {
      delegation: 'd',
      principal: 'bob',
      to: 'dora',
      from: scenario.now,
      until: '2026-12-01T00:00:00Z',
    })
    await scenario.given('bob', 'approve', K)
    expect(await refusalOf(scenario, 'bob', 'approve', K)).toEqual({
      code: 'approval.already-given',
      facts: { person: 'bob', stage: 'approve', by: 'bob', principal: null },
    })
    expect(await refusalOf(scenario, 'dora', 'approve', { ...K, for: 'bob' })).toEqual({
      code: 'delegation.principal-decided',
      facts: { person: 'dora', stage: 'approve', by: 'bob', principal: 'bob' },
    })
  })
})

describe('the life of a category', () => {
  const rules = policy(
    't',
    { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
    {
      normal: category({
        form: fixtureForm,
        flow: [approval('agree', approvals(1).from(role('appr'))), release('go', { by: role('deployer') })],
      }),
      reviewed: category({
        form: fixtureForm,
        flow: [
          approval('agree', approvals(1).from(role('appr'))),
          release('go', { by: role('deployer') }),
          approval('review', approvals(1).from(role('appr')), { within: '1d' }),
        ],
      }),
    },
  )
  const config = (name: string) => {
    const found = rules.categories[name]
    if (found === undefined) throw new Error(name)
    return lifeConfig(name, found)
  }

  it('ends where it is closed or cancelled, and is condemned only where something is owed afterwards', () => {
    expect(config('normal').states).toMatchObject({
      closed: { type: 'final' },
      cancelled: { type: 'final' },
      returned: { on: { revise: 'returned', assign: 'returned', resubmit: 'agree', cancel: 'cancelled' } },
      completed: { on: { close: 'closed' } },
    })
    expect(config('normal').states.remediation).toBeUndefined()
    expect(config('reviewed').states.remediation).toEqual({
      on: { assign: 'remediation', move: 'remediation', remediate: 'completed' },
    })
    expect(config('reviewed').states.review?.on?.reject).toBe('remediation')
    expect(config('reviewed').states.agree?.on?.reject).toBe('returned')
  })

  it('lets nobody break the glass where the category does not say so', () => {
    expect(Object.keys(config('normal').states.agree?.on ?? {})).not.toContain('breakGlass')
  })

  it('is compiled once, names no events that nobody gives, and knows no state that there is not', () => {
    const found = rules.categories.normal
    if (found === undefined) throw new Error('normal')
    const life = lifecycle('normal', found)
    expect(lifecycle('normal', found)).toBe(life)
    expect(life.commands('agree')).not.toContain('met')
    expect(life.commands('agree')).not.toContain('reopened')
    expect(life.commands('nowhere')).toEqual([])
    expect(life.next('nowhere', 'approve')).toBeUndefined()
  })
})

describe('a change is submitted', () => {
  it('once under its id', async () => {
    const scenario = await f0()
    expect(await refusalOf(scenario, 'rita', 'submit', submitK)).toEqual({
      code: 'name.taken',
      facts: { what: 'change', name: 'K' },
    })
  })
})
