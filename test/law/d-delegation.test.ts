import { f0, f0Tested, fixturePolicy, normalFlow, submitK } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { all, approval, approvals, release, role, test } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import {
  day,
  delegated,
  discountOf,
  elsewhere,
  f0Approved,
  hour,
  K,
  people,
  report,
  robot,
  stageOf,
} from './setting.ts'
import { lastEntry } from './trail.ts'

const withDora = { people: people({ dora: [], eve: [] }) }

describe('acting for somebody who is away', () => {
  it('counts the approval of Dora for the absent Bob as one, and the trail names both and the delegation [LAW 57]', async () => {
    const scenario = await f0Tested(withDora)
    await scenario.given('bob', 'recordAbsence', { person: 'bob', from: scenario.now, until: '2026-03-09T08:00:00Z' })
    const delegation = await delegated(scenario, 'bob', 'dora')
    scenario.at(hour)
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    const seat = { role: 'appr', capacity: 'delegate', principal: 'bob', delegation }
    expect(await lastEntry(scenario)).toMatchObject({
      by: { account: 'dora', person: 'dora', as: seat },
      outcome: { accepted: [{ type: 'approval.granted', person: 'dora', chain: ['dora', 'bob'], seats: [seat] }] },
    })
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('carol', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('takes Dora, who holds nothing herself and has one delegation, as acting for Bob without being told [LAW 57]', async () => {
    const scenario = await f0Tested(withDora)
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', K)
    expect(scenario.change('K').approvals).toMatchObject([{ person: 'dora', chain: ['dora', 'bob'] }])
  })

  it('counts Dora and Bob together as one, and another delegate of Bob not at all [LAW 57]', async () => {
    const scenario = await f0Tested(withDora)
    await delegated(scenario, 'bob', 'dora')
    await delegated(scenario, 'bob', 'eve')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    await refused(scenario, ['eve', 'approve', { ...K, for: 'bob' }], 'delegation.principal-decided', {
      person: 'eve',
      principal: 'bob',
      by: 'dora',
    })
    expect(scenario.approvals('K')).toBe(1)
  })

  it('gives Dora no more than Bob has: nothing, once his role is revoked or he has left [LAW 57]', async () => {
    for (const end of ['revoked', 'left'] as const) {
      const scenario = await f0Tested(withDora)
      await delegated(scenario, 'bob', 'dora')
      if (end === 'revoked') await scenario.given('ada', 'revokeRole', { role: 'appr', from: 'bob', team: '*' })
      else await scenario.given('ada', 'recordDeparture', { person: 'bob' })
      await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'authority.no-role', {
        person: 'dora',
        principal: 'bob',
      })
    }
  })

  it('refuses Dora who names a principal that delegated nothing to her [LAW 57]', async () => {
    const scenario = await f0Tested(withDora)
    await delegated(scenario, 'bob', 'dora')
    await refused(scenario, ['dora', 'approve', { ...K, for: 'carol' }], 'authority.no-role', {
      person: 'dora',
      principal: 'carol',
      roles: ['appr'],
    })
  })

  it('refuses Dora outside the scope of the delegation: another role, another team, another category [LAW 72]', async () => {
    for (const scope of [{ roles: ['tester'] }, { teams: ['u'] }, { categories: ['project'] }]) {
      const scenario = await f0Tested(withDora)
      await scenario.adopt(elsewhere())
      await scenario.given('bob', 'delegate', {
        delegation: 'narrow',
        principal: 'bob',
        to: 'dora',
        from: scenario.now,
        until: '2026-03-09T08:00:00Z',
        scope,
      })
      await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'authority.no-role', { principal: 'bob' })
    }
  })
})

describe('a delegation launders nothing', () => {
  it('refuses Alice, the maker, who approves as the delegate of Bob [LAW 58]', async () => {
    const scenario = await f0Tested()
    await delegated(scenario, 'bob', 'alice')
    await refused(scenario, ['alice', 'approve', { ...K, for: 'bob' }], 'duty.conflict', {
      duties: ['make', 'approve'],
      person: 'alice',
      link: 'self',
      held: 'make',
    })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('refuses Alice, the maker, as the delegate of Bob by a second account, and where she names no principal [LAW 58]', async () => {
    const scenario = await f0Tested()
    await scenario.given('ada', 'linkAccount', { account: 'alice-adm', person: 'alice' })
    await delegated(scenario, 'bob', 'alice')
    await refused(scenario, ['alice-adm', 'approve', { ...K, for: 'bob' }], 'duty.conflict', {
      person: 'alice',
      link: 'self',
    })
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice', link: 'self' })
  })

  it('refuses Rita, who asked for K, and Erin, who tested it, as delegates of Bob [LAW 58]', async () => {
    const scenario = await f0Tested()
    await delegated(scenario, 'bob', 'rita')
    await delegated(scenario, 'bob', 'erin')
    await refused(scenario, ['rita', 'approve', { ...K, for: 'bob' }], 'duty.conflict', {
      person: 'rita',
      held: 'request',
    })
    await refused(scenario, ['erin', 'approve', { ...K, for: 'bob' }], 'duty.conflict', {
      person: 'erin',
      held: 'test',
    })
  })

  it('stops counting what Dora gave for Bob when Dora becomes a maker [LAW 58]', async () => {
    const scenario = await f0Tested(withDora)
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    await scenario.given('rita', 'assign', { ...K, to: 'dora' })
    expect(scenario.approvals('K')).toBe(0)
    expect(discountOf(scenario, 'K', 'approve', 'dora')).toEqual({ why: 'conflict', person: 'dora', duty: 'make' })
  })

  it('refuses Dora who approves for Alice, who made K and holds appr [LAW 59]', async () => {
    const scenario = await f0Tested({ people: people({ alice: ['appr'], dora: [] }) })
    await delegated(scenario, 'alice', 'dora')
    const { because } = await refused(scenario, ['dora', 'approve', { ...K, for: 'alice' }], 'duty.conflict', {
      duties: ['make', 'approve'],
      person: 'alice',
      link: 'principal',
      held: 'make',
    })
    expect(because).toContain('alice')
    expect(scenario.approvals('K')).toBe(0)
  })

  it('refuses Dora for Alice where she names no principal, and takes Bob where she could act for both [LAW 59]', async () => {
    const scenario = await f0Tested({ people: people({ alice: ['appr'], dora: [] }) })
    await delegated(scenario, 'alice', 'dora')
    await refused(scenario, ['dora', 'approve', K], 'duty.conflict', { person: 'alice', link: 'principal' })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', K)
    expect(scenario.change('K').approvals).toMatchObject([{ chain: ['dora', 'bob'] }])
  })

  it('refuses Dora for Bob, whose robot made the content [LAW 59]', async () => {
    const scenario = await f0({ ...withDora, submit: null })
    await robot(scenario, 'bob-bot', { controller: 'bob' })
    await scenario.given('rita', 'submit', {
      ...submitK,
      content: { digest: submitK.content.digest, makers: ['bob-bot'] },
    })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await delegated(scenario, 'bob', 'dora')
    await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'duty.conflict', {
      person: 'bob',
      link: 'principal',
    })
  })

  it('refuses the rejection of Dora for Alice too [LAW 59]', async () => {
    const scenario = await f0Tested({ people: people({ alice: ['appr'], dora: [] }) })
    await delegated(scenario, 'alice', 'dora')
    await refused(scenario, ['dora', 'reject', { ...K, comment: 'no', for: 'alice' }], 'duty.conflict', {
      person: 'alice',
      link: 'principal',
    })
  })

  it('refuses Bob for the test that his delegate Dora would sign off after she approved for him [LAW 59]', async () => {
    const [verify, approve, production] = normalFlow()
    const flow = [approve, verify, production].filter(stage => stage !== undefined)
    const scenario = await f0({
      policies: [fixturePolicy({ flow })],
      people: people({ bob: ['appr', 'tester'], dora: [] }),
    })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    await scenario.given('carol', 'approve', K)
    for (const account of ['bob', 'dora']) {
      await refused(scenario, [account, 'signOff', { ...K, ...report }], 'duty.conflict', {
        held: 'approve',
        duties: ['test', 'approve'],
      })
    }
  })

  it('counts Dan, who acts for both Bob and Carol, as one of two [LAW 61]', async () => {
    const scenario = await f0Tested()
    await delegated(scenario, 'bob', 'dan')
    await delegated(scenario, 'carol', 'dan')
    await scenario.given('dan', 'approve', { ...K, for: 'bob' })
    await refused(scenario, ['dan', 'approve', { ...K, for: 'carol' }], 'approval.already-given', {
      person: 'dan',
      by: 'dan',
    })
    await refused(scenario, ['dan', 'approve', K], 'approval.already-given', { person: 'dan' })
    expect(scenario.approvals('K')).toBe(1)
    expect(scenario.isApprovable('K')).toBe(false)
    await refused(scenario, ['bob', 'approve', K], 'approval.already-given', { person: 'bob', by: 'dan' })
    await scenario.given('carol', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('asks Dora, who holds nothing herself, for whom of her two principals she acts [LAW 61]', async () => {
    const scenario = await f0Tested(withDora)
    await delegated(scenario, 'bob', 'dora')
    await delegated(scenario, 'carol', 'dora')
    await refused(scenario, ['dora', 'approve', K], 'authority.which-principal', {
      person: 'dora',
      principals: ['bob', 'carol'],
    })
    await scenario.given('dora', 'approve', { ...K, for: 'carol' })
    await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'approval.already-given', { person: 'dora' })
  })

  it('asks Dora for nobody who has decided: with Bob it is Carol whom she acts for, and after that she has given hers [LAW 61]', async () => {
    const three = normalFlow().map(one =>
      one.name === 'approve' ? approval('approve', approvals(3).from(role('appr'))) : one,
    )
    const scenario = await f0Tested({ ...withDora, policies: [fixturePolicy({ flow: three })] })
    await delegated(scenario, 'bob', 'dora')
    await delegated(scenario, 'carol', 'dora')
    await scenario.given('bob', 'approve', K)
    await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'delegation.principal-decided', {
      principal: 'bob',
    })
    await scenario.given('dora', 'approve', K)
    expect(scenario.change('K').approvals.at(-1)?.seats).toMatchObject([{ capacity: 'delegate', principal: 'carol' }])
    await refused(scenario, ['dora', 'approve', K], 'approval.already-given', { person: 'dora' })
    expect(verifyTrail([fileOf(await linesOf(scenario.store))]).status).toBe('sound')
  })

  it('counts Dan for himself and then for Bob as one of two [LAW 61]', async () => {
    const scenario = await f0Tested()
    await delegated(scenario, 'bob', 'dan')
    await scenario.given('dan', 'approve', K)
    await refused(scenario, ['dan', 'approve', { ...K, for: 'bob' }], 'approval.already-given', { person: 'dan' })
    expect(scenario.approvals('K')).toBe(1)
  })

  it('does not name Dan, who has approved, among those who could take K on as the delegate of Bob [LAW 61]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [] }) })
    await delegated(scenario, 'bob', 'dan')
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dan', 'approve', K)
    expect(scenario.explain('K').whoCanUnblock).toEqual(['bob', 'carol', 'dora'])
  })

  it('says in whose name Dan could take K on, whose own role is asked for no more [LAW 61]', async () => {
    const requires = all(approvals(1).from(role('appr')), approvals(1).from(role('head')))
    const flow = [approval('approve', requires), release('production', { by: role('deployer') })]
    const roles = { appr: 'approves', tester: 'tests', deployer: 'releases', head: 'heads' }
    const cast = people({ carol: ['appr', 'head'] })
    const scenario = await f0({ policies: [fixturePolicy({ flow, options: { roles } })], people: cast })
    await delegated(scenario, 'carol', 'dan')
    const way = { do: 'approve', stage: 'approve' }
    expect(scenario.explain('K').waysOut).toEqual([{ ...way, persons: ['bob', 'carol', 'dan'] }])
    await scenario.given('bob', 'approve', K)
    expect(scenario.explain('K').waysOut).toEqual([{ ...way, persons: ['carol', 'dan'], for: { dan: ['carol'] } }])
    await scenario.given('dan', 'approve', { ...K, for: 'carol' })
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('counts the sign-offs of Dora for two testers as one of two [LAW 61]', async () => {
    const [, ...rest] = normalFlow()
    const flow = [test('verify', { by: role('tester'), signOffs: 2 }), ...rest]
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: people({ tess: ['tester'], dora: [] }) })
    await delegated(scenario, 'erin', 'dora')
    await delegated(scenario, 'tess', 'dora')
    await scenario.given('dora', 'signOff', { ...K, ...report, for: 'erin' })
    await refused(scenario, ['dora', 'signOff', { ...K, ...report, for: 'tess' }], 'approval.already-given', {
      person: 'dora',
    })
    expect(stageOf(scenario, 'K', 'verify').missing).toEqual({ tester: 1 })
  })
})

describe('delegations in a circle', () => {
  const window = { from: '2026-03-02T08:00:00Z', until: '2026-03-09T08:00:00Z' }

  it('refuses a delegation from Bob to Bob [LAW 64]', async () => {
    const scenario = await f0Tested()
    const self = { delegation: 'self', principal: 'bob', to: 'bob', ...window }
    await refused(scenario, ['bob', 'delegate', self], 'delegation.self', { principal: 'bob' })
    await refused(scenario, ['ada', 'delegate', self], 'delegation.self', { principal: 'bob' })
  })

  it('refuses the delegation that closes Bob, Carol, Bob [LAW 64]', async () => {
    const scenario = await f0Tested()
    await delegated(scenario, 'bob', 'carol')
    await refused(
      scenario,
      ['carol', 'delegate', { delegation: 'back', principal: 'carol', to: 'bob', ...window }],
      'delegation.cycle',
      {
        chain: ['carol', 'bob', 'carol'],
      },
    )
    await scenario.given('carol', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('refuses the delegation that closes Bob, Carol, Dan, Bob [LAW 64]', async () => {
    const scenario = await f0Tested()
    await delegated(scenario, 'bob', 'carol')
    await delegated(scenario, 'carol', 'dan')
    const { refusal } = await refused(
      scenario,
      ['dan', 'delegate', { delegation: 'back', principal: 'dan', to: 'bob', ...window }],
      'delegation.cycle',
    )
    expect(refusal.facts.chain).toEqual(['dan', 'bob', 'carol', 'dan'])
    expect(scenario.explain('K').whoCanUnblock).toEqual(['bob', 'carol', 'dan'])
  })

  it('accepts the way back once the way there is revoked or over [LAW 64]', async () => {
    const scenario = await f0Tested()
    const delegation = await delegated(scenario, 'bob', 'carol')
    await scenario.given('bob', 'revokeDelegation', { delegation })
    await delegated(scenario, 'carol', 'bob')
    const later = await f0Tested()
    await delegated(later, 'bob', 'carol', { until: '2026-03-09T08:00:00Z' })
    await delegated(later, 'carol', 'bob', { from: '2026-03-09T08:00:00Z', until: '2026-03-16T08:00:00Z' })
  })

  it('accepts the way back for a time in which the way there does not hold, whichever is written down first [LAW 64]', async () => {
    const scenario = await f0Tested()
    await delegated(scenario, 'carol', 'bob', { from: '2026-03-09T08:00:00Z', until: '2026-03-16T08:00:00Z' })
    const first = {
      delegation: 'first',
      principal: 'bob',
      to: 'carol',
      from: '2026-03-02T08:00:00Z',
      until: '2026-03-09T08:00:00Z',
    }
    expect((await scenario.when('bob', 'delegate', first)).outcome).toBe('accepted')
  })

  it('does not let Eve, to whom Dora delegates, act for Bob, who delegated to Dora [LAW 65]', async () => {
    const scenario = await f0Tested(withDora)
    await delegated(scenario, 'bob', 'dora')
    await scenario.when('dora', 'delegate', { delegation: 'on', principal: 'dora', to: 'eve', ...window })
    for (const principal of ['bob', 'dora']) {
      await refused(scenario, ['eve', 'approve', { ...K, for: principal }], 'authority.no-role', {
        person: 'eve',
        principal,
      })
    }
    expect(scenario.approvals('K')).toBe(0)
  })

  it('does not let Dora delegate in the name of Bob what Bob delegated to her [LAW 65]', async () => {
    const scenario = await f0Tested(withDora)
    await delegated(scenario, 'bob', 'dora')
    await refused(
      scenario,
      ['dora', 'delegate', { delegation: 'on', principal: 'bob', to: 'eve', ...window }],
      'authority.not-principal',
      {
        person: 'dora',
        principal: 'bob',
      },
    )
  })
})

describe('the window of a delegation', () => {
  const until = '2025-03-30T00:00+01:00'
  const from = '2025-03-24T00:00+01:00'
  const inMarch = async () => {
    const scenario = await f0Tested({ ...withDora, at: '2025-03-20T08:00:00.000Z' })
    await delegated(scenario, 'bob', 'dora', { from, until })
    return scenario
  }

  it('refuses Dora for Bob at the very end of the window, and lets her approve at its very beginning, written with an offset on the night of a clock change [LAW 66]', async () => {
    for (const [at, allowed] of [
      ['2025-03-23T22:59:59.999Z', false],
      ['2025-03-23T23:00:00.000Z', true],
      ['2025-03-29T22:59:59.999Z', true],
      ['2025-03-29T23:00:00.000Z', false],
    ] as const) {
      const scenario = await inMarch()
      scenario.at(at)
      if (allowed) await scenario.given('dora', 'approve', { ...K, for: 'bob' })
      else
        await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'authority.no-role', {
          person: 'dora',
          principal: 'bob',
          at,
        })
      expect(scenario.approvals('K')).toBe(allowed ? 1 : 0)
    }
  })

  it('records the window as the same instants however it was written [LAW 66]', async () => {
    const written = [
      '2025-03-30T00:00+01:00',
      '2025-03-29T23:00Z',
      '2025-03-30T01:00:00.000+02:00',
      '2025-03-29T18:00:00-05:00',
    ]
    for (const one of written) {
      const scenario = await f0Tested({ ...withDora, at: '2025-03-20T08:00:00.000Z' })
      await delegated(scenario, 'bob', 'dora', { from, until: one })
      expect((await lastEntry(scenario)).outcome).toMatchObject({
        accepted: [{ from: '2025-03-23T23:00:00.000Z', until: '2025-03-29T23:00:00.000Z' }],
      })
    }
  })

  it('refuses a window in local time, one that ends before it begins, one that is empty, and one in the past [LAW 66]', async () => {
    const scenario = await f0Tested({ ...withDora, at: '2025-03-20T08:00:00.000Z' })
    const dora = { delegation: 'd', principal: 'bob', to: 'dora' }
    await refused(scenario, ['bob', 'delegate', { ...dora, from, until: '2025-03-30T00:00' }], 'command.malformed')
    await refused(scenario, ['bob', 'delegate', { ...dora, from, until: '2025-02-30T00:00Z' }], 'command.malformed')
    await refused(scenario, ['bob', 'delegate', { ...dora, from: until, until: from }], 'delegation.interval', {
      until: '2025-03-23T23:00:00.000Z',
    })
    await refused(scenario, ['bob', 'delegate', { ...dora, from, until: from }], 'delegation.interval')
    await refused(
      scenario,
      ['bob', 'delegate', { ...dora, from: '2025-03-20T07:59:59.999Z', until }],
      'delegation.back-dated',
      {
        at: '2025-03-20T08:00:00.000Z',
      },
    )
  })

  it('lets the decision of Dora stand when the delegation is revoked or runs out after it [LAW 67]', async () => {
    for (const end of ['revoked', 'over'] as const) {
      const scenario = await f0Tested(withDora)
      const delegation = await delegated(scenario, 'bob', 'dora')
      await scenario.given('dora', 'approve', { ...K, for: 'bob' })
      if (end === 'revoked') await scenario.given('bob', 'revokeDelegation', { delegation })
      scenario.at(8 * day)
      expect(scenario.approvals('K')).toBe(1)
      await scenario.given('carol', 'approve', K)
      await scenario.given('paul', 'release', K)
    }
  })

  it('refuses the decision of Dora after the revocation, at the same instant and later [LAW 67]', async () => {
    const scenario = await f0Tested(withDora)
    const delegation = await delegated(scenario, 'bob', 'dora')
    await scenario.given('bob', 'revokeDelegation', { delegation })
    await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'authority.no-role', { principal: 'bob' })
    scenario.at(1)
    await refused(scenario, ['dora', 'approve', K], 'authority.no-role', { person: 'dora' })
  })

  it('refuses the revocation by somebody whom the delegation does not concern [LAW 67]', async () => {
    const scenario = await f0Tested(withDora)
    const delegation = await delegated(scenario, 'bob', 'dora')
    await refused(scenario, ['alice', 'revokeDelegation', { delegation }], 'authority.not-principal', {
      person: 'alice',
      principal: 'bob',
    })
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
  })
})

describe('principal and delegate on one change', () => {
  it('takes the place of Bob as rejected when he, still away, rejects what Dora approved for him [LAW 70]', async () => {
    const scenario = await f0Tested(withDora)
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    await scenario.given('carol', 'approve', K)
    await scenario.given('bob', 'reject', { ...K, comment: 'I am away, but not that far' })
    expect(discountOf(scenario, 'K', 'approve', 'dora')).toEqual({
      why: 'ended',
      ended: { how: 'rejected', at: scenario.now },
    })
    expect(scenario.change('K').state).toBe('returned')
    await refused(scenario, ['paul', 'release', K], 'lifecycle.not-now', { state: 'returned' })
  })

  it('refuses Dora after Bob has approved himself, as his place is taken [LAW 70]', async () => {
    const scenario = await f0Tested(withDora)
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('bob', 'approve', K)
    await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'delegation.principal-decided', {
      person: 'dora',
      principal: 'bob',
      by: 'bob',
      stage: 'approve',
    })
    await refused(scenario, ['dora', 'approve', K], 'delegation.principal-decided', { principal: 'bob' })
    expect(scenario.approvals('K')).toBe(1)
  })

  it('lets Bob withdraw what Dora approved for him, and then approve himself, which counts once [LAW 70]', async () => {
    const scenario = await f0Tested(withDora)
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    await scenario.given('bob', 'withdraw', { ...K, comment: 'let me look' })
    expect(scenario.approvals('K')).toBe(0)
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
    await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'delegation.principal-decided')
  })

  it('refuses Dora, who would reject for Bob what he has approved himself, or Dan has for him, and lets Bob do so [LAW 70]', async () => {
    for (const decider of ['bob', 'dan']) {
      const scenario = await f0Tested({ people: people({ dora: [], dan: [] }) })
      await delegated(scenario, 'bob', 'dora')
      await delegated(scenario, 'bob', 'dan')
      await scenario.given(decider, 'approve', K)
      await refused(
        scenario,
        ['dora', 'reject', { ...K, comment: 'for Bob: no', for: 'bob' }],
        'delegation.principal-decided',
        { person: 'dora', principal: 'bob', by: decider },
      )
      expect(scenario.approvals('K')).toBe(1)
      await scenario.given('bob', 'reject', { ...K, comment: 'no' })
      expect(scenario.approvals('K')).toBe(0)
    }
  })

  it('lets Dora reject what she has approved for Bob herself, and for Carol beside Bob, who has approved [LAW 70]', async () => {
    const scenario = await f0Tested(withDora)
    for (const principal of ['bob', 'carol']) await delegated(scenario, principal, 'dora')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    await scenario.given('dora', 'reject', { ...K, comment: 'no, after all', for: 'bob' })
    expect(scenario.approvals('K')).toBe(0)
    await scenario.given('rita', 'resubmit', { ...K, comment: 'please look again' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.given('dora', 'reject', { ...K, comment: 'for Carol: no' })
    expect(scenario.change('K')).toMatchObject({ state: 'returned', rejections: [{}, { chain: ['dora', 'carol'] }] })
  })

  it('names Bob, who has approved and is away, and no Dora among those who could reject [LAW 70]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [], carol: [], dan: [] }) })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('bob', 'approve', K)
    await scenario.given('bob', 'recordAbsence', { person: 'bob', from: scenario.now, until: '2030-01-01T00:00:00Z' })
    await refused(scenario, ['paul', 'reject', { ...K, comment: 'no' }], 'authority.no-role', { able: ['bob'] })
  })
})

describe('roles that nobody fills', () => {
  const appr = (when: ('vacant' | 'absent')[]) => ({
    roles: {
      appr: { description: 'approves', fallback: { role: 'head', when } },
      tester: 'tests',
      deployer: 'releases',
      head: 'heads the department',
    },
  })
  const one = [
    test('verify', { by: role('tester') }),
    approval('approve', approvals(1).from(role('appr'))),
    release('production', { by: role('deployer') }),
  ]
  const nobody = { bob: [], carol: [], dan: [], hana: ['head'], dora: [] }

  it('lets Hana, head, approve while appr is vacant, and the trail says that she acts for the vacant role [LAW 76]', async () => {
    const scenario = await f0Tested({
      policies: [fixturePolicy({ options: appr(['vacant']), flow: one })],
      people: people(nobody),
    })
    await scenario.given('hana', 'approve', K)
    expect(await lastEntry(scenario)).toMatchObject({
      by: { person: 'hana', as: { role: 'appr', capacity: 'fallback', via: 'head', cause: 'vacant' } },
    })
    expect(scenario.change('K').state).toBe('production')
    expect(stageOf(scenario, 'K', 'approve').acts).toMatchObject([
      { person: 'hana', seats: [{ capacity: 'fallback', via: 'head', cause: 'vacant' }] },
    ])
  })

  it('is blocked as vacant where the policy names no role that stands in [LAW 76]', async () => {
    const scenario = await f0Tested({ policies: [fixturePolicy({ flow: one })], people: people(nobody) })
    expect(stageOf(scenario, 'K', 'approve').status).toBe('vacant')
    await refused(scenario, ['hana', 'approve', K], 'authority.no-role', {
      person: 'hana',
      roles: ['appr'],
      able: [],
    })
  })

  it('refuses Hana while somebody holds appr, even somebody who is absent, or who made K [LAW 76]', async () => {
    for (const holder of ['bob', 'alice']) {
      const scenario = await f0Tested({
        policies: [fixturePolicy({ options: appr(['vacant']), flow: one })],
        people: people({ ...nobody, [holder]: ['appr'] }),
      })
      await scenario.given(holder, 'recordAbsence', {
        person: holder,
        from: scenario.now,
        until: '2026-03-09T08:00:00Z',
      })
      await refused(scenario, ['hana', 'approve', K], 'authority.no-role', {
        person: 'hana',
        roles: ['appr'],
      })
    }
  })

  it('refuses Hana in the place of the vacant role where she made K herself [LAW 76]', async () => {
    const scenario = await f0Tested({
      policies: [fixturePolicy({ options: appr(['vacant']), flow: one })],
      people: people(nobody),
      submit: { content: { digest: submitK.content.digest, makers: ['hana'] } },
    })
    await refused(scenario, ['hana', 'approve', K], 'duty.conflict', { person: 'hana', held: 'make' })
  })

  it('counts Hana in the place of the vacant role as one of two [LAW 76]', async () => {
    const scenario = await f0Tested({
      policies: [fixturePolicy({ options: appr(['vacant']) })],
      people: people(nobody),
    })
    await scenario.given('hana', 'approve', K)
    await refused(scenario, ['hana', 'approve', K], 'approval.already-given', { person: 'hana' })
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'unsatisfiable', missing: { appr: 1 } })
  })

  it('is blocked as vacant where the role that stands in is vacant as well [LAW 76]', async () => {
    const scenario = await f0Tested({
      policies: [fixturePolicy({ options: appr(['vacant']), flow: one })],
      people: people({ ...nobody, hana: [] }),
    })
    expect(stageOf(scenario, 'K', 'approve').status).toBe('vacant')
    expect(scenario.isApprovable('K')).toBe(false)
  })

  it('lets the approval of Hana stand when Vera becomes appr, and refuses a new one of Hana [LAW 77]', async () => {
    const scenario = await f0Tested({
      policies: [fixturePolicy({ options: appr(['vacant']), flow: one })],
      people: people({ ...nobody, vera: [] }),
    })
    await scenario.given('hana', 'approve', K)
    await scenario.given('rita', 'submit', { ...submitK, change: 'L' })
    await scenario.given('erin', 'signOff', { change: 'L', ...report })
    scenario.at(hour)
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'vera', team: 't' })
    expect(scenario.approvals('K')).toBe(1)
    await refused(scenario, ['hana', 'approve', { change: 'L' }], 'authority.no-role', {
      person: 'hana',
      able: ['vera'],
    })
    await scenario.given('paul', 'release', K)
    await scenario.given('vera', 'approve', { change: 'L' })
    expect(scenario.change('L').state).toBe('production')
  })

  it('lets Hana approve up to the instant at which the grant of Vera begins, and refuses her from it on [LAW 77]', async () => {
    for (const [at, allowed] of [
      ['2026-03-03T07:59:59.999Z', true],
      ['2026-03-03T08:00:00.000Z', false],
    ] as const) {
      const scenario = await f0Tested({
        policies: [fixturePolicy({ options: appr(['vacant']), flow: one })],
        people: people({ ...nobody, vera: [] }),
      })
      await scenario.given('ada', 'grantRole', { role: 'appr', to: 'vera', team: 't', from: '2026-03-03T08:00:00Z' })
      scenario.at(at)
      if (allowed) await scenario.given('hana', 'approve', K)
      else await refused(scenario, ['hana', 'approve', K], 'authority.no-role', { person: 'hana' })
    }
  })

  it('refuses Hana again for her own withdrawn approval once Vera holds the role [LAW 77]', async () => {
    const scenario = await f0Tested({
      policies: [fixturePolicy({ options: appr(['vacant']), flow: one })],
      people: people({ ...nobody, vera: [] }),
    })
    await scenario.given('hana', 'approve', K)
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'vera', team: 't' })
    await scenario.given('hana', 'withdraw', { ...K, comment: 'it is for Vera now' })
    await refused(scenario, ['hana', 'approve', K], 'authority.no-role', { person: 'hana' })
  })

  it('accepts Bob, who is marked absent and approves himself [LAW 78]', async () => {
    const scenario = await f0Tested(withDora)
    await scenario.given('bob', 'recordAbsence', { person: 'bob', from: scenario.now, until: '2026-03-09T08:00:00Z' })
    await delegated(scenario, 'bob', 'dora')
    expect(stageOf(scenario, 'K', 'approve').eligible.find(who => who.person === 'bob')).toMatchObject({
      absent: true,
      delegates: ['dora'],
    })
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
    expect((await lastEntry(scenario)).by.as).toEqual({ role: 'appr', capacity: 'own' })
  })

  it('accepts both the absent Bob and, where he is the only holder, Hana in his place, of whom each counts once [LAW 78]', async () => {
    const scenario = await f0Tested({
      policies: [fixturePolicy({ options: appr(['vacant', 'absent']) })],
      people: people({ ...nobody, bob: ['appr'] }),
    })
    await refused(scenario, ['hana', 'approve', K], 'authority.no-role', { person: 'hana' })
    await scenario.given('ada', 'recordAbsence', { person: 'bob', from: scenario.now, until: '2026-03-09T08:00:00Z' })
    await scenario.given('hana', 'approve', K)
    await scenario.given('bob', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('refuses Hana while the absent Bob has a delegate who could act [LAW 78]', async () => {
    const scenario = await f0Tested({
      policies: [fixturePolicy({ options: appr(['absent']), flow: one })],
      people: people({ ...nobody, bob: ['appr'] }),
    })
    await scenario.given('ada', 'recordAbsence', { person: 'bob', from: scenario.now, until: '2026-03-09T08:00:00Z' })
    await delegated(scenario, 'bob', 'dora')
    await refused(scenario, ['hana', 'approve', K], 'authority.no-role', { person: 'hana' })
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
  })

  it('refuses an absence that a stranger records for Bob [LAW 78]', async () => {
    const scenario = await f0Approved()
    await refused(
      scenario,
      ['alice', 'recordAbsence', { person: 'bob', from: '2026-03-02T08:00:00Z', until: '2026-03-09T08:00:00Z' }],
      'authority.not-principal',
      { person: 'alice', principal: 'bob' },
    )
  })
})
