import { baseline, f0, fixtureForm, fixturePolicy, type Scenario } from '@countersign/testing'
import { noGovernance } from 'countersign/governance'
import {
  approval,
  approvals,
  category,
  permit,
  policy,
  release,
  role,
  type Stage,
  separate,
  test,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import type { Approval, Change, SignOff } from '../../packages/countersign/src/change/change.ts'
import { separationsOf } from '../../packages/countersign/src/change/effective-separation.ts'
import {
  discountOf,
  isMet,
  releasedAt,
  signOffsFor,
  standingApprovals,
} from '../../packages/countersign/src/change/standing.ts'
import { unansweredSince } from '../../packages/countersign/src/change/unanswered.ts'
import { pin, stageOf } from '../../packages/countersign/src/change/world.ts'
import { day, delegated, hour, K, people, report } from '../law/setting.ts'

const go = release('go', { by: role('deployer') })
const agree = (options: Parameters<typeof approval>[2] = {}, count = 2) =>
  approval('agree', approvals(count).from(role('appr')), options)
const opened = (flow: readonly Stage[], more: object = {}, options: object = {}): Promise<Scenario> =>
  f0({ policies: [fixturePolicy({ flow: [...flow], options })], people: people({ dora: [], hana: ['head'] }), ...more })

/** A change as it stands, or otherwise, seen at an instant. */
const seen = (scenario: Scenario, vary: Partial<Change> = {}, at = scenario.now) => {
  const change: Change = { ...scenario.change('K'), ...vary }
  return { change, pinned: pin({ governance: scenario.desk.governance() }, change, at) }
}
/** Why each approval does not count, in their order. */
const why = (scenario: Scenario, vary: Partial<Change> = {}, at = scenario.now) => {
  const { change, pinned } = seen(scenario, vary, at)
  return change.approvals.map(one => discountOf(pinned, change, one, 'approve'))
}
const later = (scenario: Scenario, by: number) => new Date(Date.parse(scenario.now) + by).toISOString()
const by = (scenario: Scenario, person: string, more: Partial<Approval> = {}): Approval => ({
  stage: 'agree',
  person,
  chain: [person],
  seats: [{ role: 'appr', capacity: 'own' }],
  at: scenario.now,
  round: 1,
  revision: 1,
  ...more,
})
const met = (scenario: Scenario, stage: string, vary: Partial<Change> = {}, waiving = true, at = scenario.now) => {
  const { change, pinned } = seen(scenario, vary, at)
  const found = stageOf(pinned, stage)
  if (found === undefined) throw new Error(stage)
  return isMet(pinned, change, found, waiving)
}

describe('what was counted in a decision', () => {
  it('is counted anew by a copy of the rules with something else in it', async () => {
    const scenario = await opened([agree({ validFor: '1d' }), go])
    await scenario.given('bob', 'approve', K)
    const { change, pinned } = seen(scenario)
    const [approved] = change.approvals as [Approval]
    expect(discountOf(pinned, change, approved, 'approve')).toBeUndefined()
    const old = { ...pinned, at: later(scenario, 2 * day) }
    expect(discountOf(old, change, approved, 'approve')).toMatchObject({ why: 'expired' })
    expect(discountOf(pinned, change, approved, 'approve')).toBeUndefined()
  })
})

describe('what was given does not count', () => {
  it('where it has ended, or is of an earlier round', async () => {
    const scenario = await opened([agree(), go])
    const approvalsOf = [
      by(scenario, 'bob', { ended: { how: 'stale', revision: 2, at: '2026-03-02T08:30:00.000Z' } }),
      by(scenario, 'carol', { ended: { how: 'withdrawn', at: '2026-03-02T08:30:00.000Z' } }),
      by(scenario, 'dan', { round: 2 }),
      by(scenario, 'dan'),
    ]
    expect(why(scenario, { approvals: approvalsOf })).toEqual([
      { why: 'ended', ended: { how: 'stale', revision: 2, at: '2026-03-02T08:30:00.000Z' } },
      { why: 'ended', ended: { how: 'withdrawn', at: '2026-03-02T08:30:00.000Z' } },
      { why: 'earlier-round' },
      undefined,
    ])
  })

  it('where the same person has rejected since, and only then', async () => {
    const scenario = await opened([agree(), go])
    const rejection = (person: string, after: number) => ({ ...by(scenario, person), after, category: 'normal' })
    const two = [by(scenario, 'bob'), by(scenario, 'carol')]
    const ended = { why: 'ended', ended: { how: 'rejected', at: by(scenario, 'bob').at } }
    const rejected = (...rejections: Change['rejections']) => why(scenario, { approvals: two, rejections })
    expect(rejected(rejection('bob', 2))).toEqual([ended, undefined])
    expect(rejected(rejection('bob', 0))).toEqual([undefined, undefined])
    expect(rejected(rejection('dan', 2), rejection('carol', 2))).toEqual([undefined, ended])
    expect(rejected(rejection('carol', 1))).toEqual([undefined, undefined])
    const veto = { ...rejection('bob', 0), veto: true as const }
    const lifted = { by: 'hana', at: scenario.now }
    expect(rejected(veto)).toEqual([ended, undefined])
    expect(rejected({ ...veto, lifted: { ...lifted, after: 1 } })).toEqual([ended, undefined])
    expect(rejected({ ...veto, lifted: { ...lifted, after: 0 } })).toEqual([undefined, undefined])
  })

  it('where its giver, or whoever they acted for, was compromised since and at that instant, and not after a return', async () => {
    const scenario = await opened([agree(), go])
    const before = later(scenario, -hour)
    const after = later(scenario, hour)
    await scenario.given('ada', 'recordDeparture', { person: 'bob', compromised: true } as never)
    const gone = { why: 'compromised', person: 'bob' }
    const given = [
      by(scenario, 'bob', { at: before }),
      by(scenario, 'dora', { chain: ['dora', 'bob'] }),
      by(scenario, 'carol'),
    ]
    expect(why(scenario, { approvals: given })).toEqual([gone, gone, undefined])
    expect(why(scenario, { approvals: [by(scenario, 'bob', { at: after })] }, later(scenario, day))).toEqual([
      undefined,
    ])
    expect(why(scenario, { approvals: given.slice(0, 1) }, before)).toEqual([undefined])
  })

  it('where somebody in its chain holds a duty that is kept apart', async () => {
    const scenario = await opened([agree(), go])
    const given = [by(scenario, 'alice'), by(scenario, 'dora', { chain: ['dora', 'rita'] }), by(scenario, 'bob')]
    expect(why(scenario, { approvals: given })).toEqual([
      { why: 'conflict', person: 'alice', duty: 'make' },
      { why: 'conflict', person: 'rita', duty: 'request' },
      undefined,
    ])
  })

  it('from the end of its time on', async () => {
    const scenario = await opened([agree({ validFor: '1d' }), go])
    const given = { approvals: [by(scenario, 'bob')] }
    const until = later(scenario, day)
    expect(why(scenario, given, later(scenario, day - 1))).toEqual([undefined])
    expect(why(scenario, given, until)).toEqual([{ why: 'expired', until }])
  })

  it('where its giver has left, if the policy has it confirmed anew, and even after a return', async () => {
    const scenario = await opened([agree({ leavers: 'reconfirm' }), go])
    const given = { approvals: [by(scenario, 'bob'), by(scenario, 'carol')] }
    scenario.at(hour)
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    const departed = { why: 'departed', person: 'bob' }
    expect(why(scenario, given)).toEqual([departed, undefined])
    expect(why(scenario, given, later(scenario, -1))).toEqual([undefined, undefined])
    scenario.at(hour)
    await scenario.given('ada', 'recordReturn', { person: 'bob' })
    expect(why(scenario, given)).toEqual([departed, undefined])
    const since = { approvals: [by(scenario, 'bob')] }
    expect(why(scenario, since)).toEqual([undefined])
    const plain = await opened([agree(), go])
    await plain.given('ada', 'recordDeparture', { person: 'bob' })
    expect(why(plain, { approvals: [by(plain, 'bob')] })).toEqual([undefined])
  })

  it('where it was given for another environment than is next', async () => {
    const steps = [
      release('stage', { by: role('deployer'), environment: 'staging' }),
      release('live', { by: role('deployer'), environment: 'live' }),
    ]
    const scenario = await opened([agree(), ...steps])
    const approvalsOf = [by(scenario, 'bob', { environments: ['staging'] }), by(scenario, 'carol')]
    expect(why(scenario, { approvals: approvalsOf })).toEqual([undefined, undefined])
    const releases = [{ ...by(scenario, 'paul'), stage: 'stage' }]
    expect(why(scenario, { approvals: approvalsOf, releases })).toEqual([
      { why: 'environment', environment: 'live' },
      undefined,
    ])
    const both = [...releases, { ...by(scenario, 'paul'), stage: 'live' }]
    expect(why(scenario, { approvals: approvalsOf, releases: both })).toEqual([
      { why: 'environment', environment: 'live' },
      undefined,
    ])
    const only = await opened([
      agree({ environments: ['live'] }),
      ...steps.slice(1),
      approval('first', approvals(1).from(role('appr')), { environments: ['staging'] }),
      ...steps.slice(0, 1),
    ])
    expect(why(only, { approvals: [by(only, 'bob', { environments: ['staging'] })] })).toEqual([
      { why: 'environment', environment: 'live' },
    ])
    const nowhere = await opened([agree(), go])
    expect(why(nowhere, { approvals: [by(nowhere, 'bob', { environments: ['live'] })] })).toEqual([
      { why: 'environment', environment: '' },
    ])
  })

  it('a second time for the same person, where the one that was given here goes before the one that was carried', async () => {
    const scenario = await opened([agree(), go])
    const carried = { template: '0'.repeat(64), until: later(scenario, day) } as never
    const again = (person: string) => ({ why: 'given-again', person })
    expect(why(scenario, { approvals: [by(scenario, 'bob'), by(scenario, 'bob')] })).toEqual([undefined, again('bob')])
    const forBob = by(scenario, 'dora', { chain: ['dora', 'bob'] })
    expect(why(scenario, { approvals: [forBob, by(scenario, 'bob'), by(scenario, 'carol')] })).toEqual([
      undefined,
      again('dora'),
      undefined,
    ])
    const ended = by(scenario, 'bob', { ended: { how: 'withdrawn', at: '2026-03-02T08:30:00.000Z' } })
    expect(why(scenario, { approvals: [ended, by(scenario, 'bob')] })[1]).toBeUndefined()
    const shut = by(scenario, 'dora', { chain: ['dora', 'alice'] })
    expect(why(scenario, { approvals: [shut, by(scenario, 'dora')] })).toEqual([
      { why: 'conflict', person: 'alice', duty: 'make' },
      undefined,
    ])
    expect(why(scenario, { approvals: [by(scenario, 'bob', { carried }), by(scenario, 'bob')] })).toEqual([
      { why: 'template' },
      undefined,
    ])
  })

  it('a second time among very many as among a few', async () => {
    const scenario = await opened([agree(), go])
    const crowd = ['dora', 'hana', 'erin', 'paul', 'dan', 'carol', 'bob', 'ada'].map(person => by(scenario, person))
    const found = why(scenario, { approvals: [...crowd, by(scenario, 'erin'), by(scenario, 'otto')] })
    expect(
      found.map((one, place) => (one === undefined ? '' : `${place} ${one.why}`)).filter(one => one !== ''),
    ).toEqual(['8 given-again'])
  })

  it('where every right to it was the favour of somebody who takes part', async () => {
    const scenario = await opened([agree(), go], { people: people({ dora: [], eve: [] }) })
    await scenario.given('rita', 'assign', { ...K, to: 'ada' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'dora', team: '*' })
    await scenario.given('otto', 'grantRole', { role: 'appr', to: 'eve', team: '*' })
    const favour = { why: 'granted-by-participant', person: 'dora', by: 'ada' }
    expect(why(scenario, { approvals: [by(scenario, 'dora'), by(scenario, 'eve'), by(scenario, 'bob')] })).toEqual([
      favour,
      undefined,
      undefined,
    ])
    const seats = [{ role: 'appr', capacity: 'delegate', principal: 'dora', delegation: 'none' } as const]
    expect(why(scenario, { approvals: [by(scenario, 'hana', { chain: ['hana', 'dora'], seats })] })).toEqual([favour])
  })

  it('where somebody who takes part has arranged the delegation by which it was given', async () => {
    const scenario = await opened([agree(), go], { people: people({ dora: [] }) })
    const window = { from: scenario.now, until: later(scenario, day) }
    await scenario.given('ada', 'delegate', { delegation: 'd', principal: 'bob', to: 'dora', ...window })
    const seats = [{ role: 'appr', capacity: 'delegate', principal: 'bob', delegation: 'd' } as const]
    const given = { approvals: [by(scenario, 'dora', { chain: ['dora', 'bob'], seats })] }
    expect(why(scenario, given)).toEqual([undefined])
    await scenario.given('rita', 'assign', { ...K, to: 'ada' })
    expect(why(scenario, given)).toEqual([{ why: 'granted-by-participant', person: 'bob', by: 'ada' }])
    await delegated(scenario, 'carol', 'dora')
    const own = [{ role: 'appr', capacity: 'delegate', principal: 'carol', delegation: 'carol-to-dora' } as const]
    expect(why(scenario, { approvals: [by(scenario, 'dora', { chain: ['dora', 'carol'], seats: own })] })).toEqual([
      undefined,
    ])
  })
})

describe('a stage is met', () => {
  it('by so many sign-offs that passed, each of another person', async () => {
    const scenario = await opened([test('verify', { by: role('tester'), signOffs: 2 }), agree(), go])
    const signed = (person: string, more: Partial<SignOff> = {}): SignOff => ({
      ...by(scenario, person),
      seats: [{ capacity: 'own', role: 'tester' }],
      stage: 'verify',
      result: 'passed',
      evidence: [{ name: 'report' }],
      ...more,
    })
    const counted = (...signOffs: SignOff[]) => {
      const { change, pinned } = seen(scenario, { signOffs })
      const stage = stageOf(pinned, 'verify')
      return stage?.kind === 'test' ? signOffsFor(pinned, change, stage).map(one => one.person) : []
    }
    expect(counted(signed('erin'), signed('erin'), signed('dora'))).toEqual(['erin', 'dora'])
    expect(counted(signed('erin', { result: 'failed' }), signed('dora', { stage: 'other' }))).toEqual([])
    expect(counted(signed('erin', { chain: ['erin', 'dora'] }), signed('dora'), signed('hana'))).toEqual([
      'erin',
      'hana',
    ])
    expect(counted(signed('alice'), signed('erin', { round: 2 }))).toEqual([])
    expect(met(scenario, 'verify', { signOffs: [signed('erin'), signed('dora')] })).toBe(true)
    expect(met(scenario, 'verify', { signOffs: [signed('erin')] })).toBe(false)
  })

  it('by the approvals that it asks for, at the stage itself', async () => {
    const scenario = await opened([agree(), go])
    const two = [by(scenario, 'bob'), by(scenario, 'carol')]
    expect(met(scenario, 'agree', { approvals: two })).toBe(true)
    expect(met(scenario, 'agree', { approvals: [...two.slice(0, 1), by(scenario, 'carol', { stage: 'other' })] })).toBe(
      false,
    )
    const { change, pinned } = seen(scenario, { approvals: two })
    expect(standingApprovals(pinned, change, 'agree')).toEqual(two)
    expect(standingApprovals(pinned, change, 'go')).toEqual([])
  })

  it('by the release of it, which counts for as long as it has not ended', async () => {
    const scenario = await opened([agree(), go])
    const released = { ...by(scenario, 'paul'), stage: 'go' }
    expect(met(scenario, 'go', { releases: [released] })).toBe(true)
    expect(met(scenario, 'go', { releases: [{ ...released, stage: 'other' }] })).toBe(false)
    const { change, pinned } = seen(scenario, {
      releases: [{ ...released, ended: { how: 'stale', revision: 2, at: '2026-03-02T08:30:00.000Z' } }],
    })
    const stage = stageOf(pinned, 'go')
    if (stage?.kind !== 'release') throw new Error('go')
    expect(releasedAt(pinned, change, stage)).toBeUndefined()
  })

  it('for good once the change was completed, and not while it is under way', async () => {
    const scenario = await opened([agree(), go])
    const rests = { at: scenario.now, approvals: [], signOffs: [] }
    expect(met(scenario, 'agree', { rests, state: 'completed' })).toBe(true)
    expect(met(scenario, 'agree', { rests, state: 'agree' })).toBe(false)
    expect(met(scenario, 'agree', { state: 'completed' })).toBe(false)
    const given = { approvals: [by(scenario, 'bob'), by(scenario, 'carol'), by(scenario, 'alice')], state: 'completed' }
    const resting = { ...given, rests: { at: scenario.now, approvals: [0, 2], signOffs: [] } }
    expect(why(scenario, resting)).toEqual([undefined, { why: 'not-counted-then' }, undefined])
  })

  it('unless a veto stands there', async () => {
    const scenario = await opened([agree({ veto: { liftedBy: role('head') } }), go])
    const veto = { ...by(scenario, 'dan'), after: 0, category: 'normal', veto: true } as const
    const approvalsOf = [by(scenario, 'bob'), by(scenario, 'carol')]
    expect(met(scenario, 'agree', { approvals: approvalsOf, rejections: [veto] })).toBe(false)
    const lifted = { by: 'hana', at: scenario.now, after: 0 }
    expect(met(scenario, 'agree', { approvals: approvalsOf, rejections: [{ ...veto, lifted }] })).toBe(true)
  })
})

describe('a role has not answered', () => {
  it('since its stage opened, where its stand-in waits for that', async () => {
    const roles = {
      appr: { fallback: { role: 'head', when: ['unanswered' as const], after: '2d' } },
      head: 'stands in',
      deployer: 'releases',
      tester: 'tests',
    }
    const rules = policy(
      't',
      { complies: baseline, roles: roles as never },
      {
        normal: category({ form: fixtureForm, flow: [test('verify', { by: role('tester') }), agree({}, 1), go] }),
      },
    )
    const scenario = await f0({ policies: [rules], people: people({ hana: ['head'] }) })
    const since = (name: string) => {
      const { change, pinned } = seen(scenario)
      return unansweredSince(pinned, change, name)
    }
    expect([since('appr'), since('tester'), since('nobody')]).toEqual([undefined, undefined, undefined])
    scenario.at(hour)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    const opening = scenario.now
    scenario.at(hour)
    expect([since('appr'), since('head'), since('deployer')]).toEqual([opening, undefined, undefined])
    await scenario.given('bob', 'approve', K)
    expect(since('appr')).toBeUndefined()
  })
})

describe('what is kept apart', () => {
  const apart = (options: object) => async () => {
    const scenario = await opened([agree(), go], {}, options)
    const governance = scenario.desk.governance()
    const rules = governance.policies[scenario.change('K').policy]?.document
    if (rules === undefined) throw new Error('no policy')
    return separationsOf(rules, governance).map(one => `${one.duties.join('/')} ${one.clause ?? ''}`)
  }

  it('is what the controls name, each with its clause, then the house, the policy and the defaults, each pair once', async () => {
    expect(await apart({})()).toEqual(['make/approve CM-1', 'make/test CM-2', 'test/approve ', 'request/approve '])
    const both = [separate('approve', 'make').because('again'), separate('make', 'release').because('two hands')]
    expect(await apart({ separate: both })()).toEqual([
      'make/approve CM-1',
      'make/test CM-2',
      'make/release ',
      'request/approve ',
    ])
  })

  it('is asked of the people and rules that are given, also where it was asked of others before', async () => {
    const scenario = await opened([agree(), go])
    const governance = scenario.desk.governance()
    const rules = governance.policies[scenario.change('K').policy]?.document
    if (rules === undefined) throw new Error('no policy')
    const asked = (of: typeof governance) => separationsOf(rules, of).map(one => one.clause)
    const under = asked(governance)
    expect(under).toEqual(['CM-1', 'CM-2', undefined, undefined])
    expect(asked(noGovernance)).toEqual([undefined, undefined, undefined, undefined])
    expect(asked(governance)).toEqual(under)
  })

  it('is no default that the policy lifts, whichever way round it says so', async () => {
    for (const lifted of [permit('request', 'approve'), permit('approve', 'request')])
      expect(await apart({ separate: [], permit: [lifted.because('the owner decides')] })()).toEqual([
        'make/approve CM-1',
        'make/test CM-2',
      ])
  })
})
