import { f0, f0Tested, fixturePolicy, normalFlow, type Scenario, submitK } from '@countersign/testing'
import { role, test } from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { day, delegated, discountOf, elsewhere, K, people, report, stageOf } from './setting.ts'
import { lastEntry } from './trail.ts'

const until = '2026-03-09T08:00:00.000Z'

const deep = (depth: number) => ({
  policies: [fixturePolicy({ options: { delegation: { depth } } })],
  people: people({ dora: [], eve: [], finn: [], gina: [] }),
})

const forBob = { ...K, for: 'bob' }

/** What hands on a delegation that one holds, for a week unless told otherwise. */
const onward = (from: string, to: string, of: string, more: object = {}) =>
  [
    from,
    'delegate',
    { delegation: `${from}-to-${to}`, principal: from, to, of, from: '2026-03-02T08:00:00.000Z', until, ...more },
  ] as const

/** Bob to Dora to Eve, in a policy that allows two links. */
async function toEve(vary: Parameters<typeof f0Tested>[0] = {}, more: object = {}): Promise<Scenario> {
  const scenario = await f0Tested({ ...deep(2), ...vary })
  const of = await delegated(scenario, 'bob', 'dora')
  await scenario.given(...onward('dora', 'eve', of, more))
  return scenario
}

const cannot = (scenario: Scenario, person: string, principal = 'bob') =>
  refused(scenario, [person, 'approve', { ...K, for: principal }], 'authority.no-role', { person, principal })

describe('a delegation that is passed on', () => {
  it('refuses Dora, who passes on what Bob delegated to her, where the policy says nothing of a depth [LAW 65]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [], eve: [] }) })
    const of = await delegated(scenario, 'bob', 'dora')
    await refused(scenario, onward('dora', 'eve', of), 'delegation.depth', { depth: 1 })
    await cannot(scenario, 'eve')
  })

  it('lets Eve approve for Bob by way of Dora where two links are allowed, and the trail names both links and all three persons [LAW 65]', async () => {
    const scenario = await toEve()
    await scenario.given('eve', 'approve', forBob)
    const seat = {
      role: 'appr',
      capacity: 'delegate',
      principal: 'bob',
      delegation: 'dora-to-eve',
      through: ['bob-to-dora'],
    }
    const { by, outcome } = await lastEntry(scenario)
    expect(by).toMatchObject({ person: 'eve', as: seat })
    const [granted] = 'accepted' in outcome ? (outcome.accepted as readonly { chain?: string[] }[]) : []
    expect(granted).toMatchObject({ type: 'approval.granted', person: 'eve', seats: [seat] })
    expect(granted?.chain?.toSorted()).toEqual(['bob', 'dora', 'eve'])
    expect(scenario.approvals('K')).toBe(1)
  })

  it('refuses the third link where two are allowed, and accepts it where three are [LAW 65]', async () => {
    const two = await toEve()
    await refused(two, onward('eve', 'finn', 'dora-to-eve'), 'delegation.depth', { depth: 2 })
    const three = await f0Tested(deep(3))
    await delegated(three, 'bob', 'dora')
    await three.given(...onward('dora', 'eve', 'bob-to-dora'))
    await three.given(...onward('eve', 'finn', 'dora-to-eve'))
    await refused(three, onward('finn', 'gina', 'eve-to-finn'), 'delegation.depth', { depth: 3 })
    await three.given('finn', 'approve', forBob)
    expect(three.change('K').approvals[0]?.seats).toMatchObject([
      { principal: 'bob', delegation: 'eve-to-finn', through: ['dora-to-eve', 'bob-to-dora'] },
    ])
  })

  it('refuses Eve for Bob once the first link is revoked, or the second is [LAW 65]', async () => {
    for (const [person, delegation] of [
      ['bob', 'bob-to-dora'],
      ['dora', 'dora-to-eve'],
    ] as const) {
      const scenario = await toEve()
      await scenario.given(person, 'revokeDelegation', { delegation })
      await cannot(scenario, 'eve')
      scenario.at(1)
      await cannot(scenario, 'eve')
      expect(scenario.explain('K').whoCanUnblock).not.toContain('eve')
    }
  })

  it('lets what Eve has approved stand when a link is revoked afterwards [LAW 65]', async () => {
    const scenario = await toEve()
    await scenario.given('eve', 'approve', forBob)
    await scenario.given('bob', 'revokeDelegation', { delegation: 'bob-to-dora' })
    expect(scenario.approvals('K')).toBe(1)
  })

  it('refuses Eve for Bob from the instant at which the first link ends, however long the second is [LAW 65]', async () => {
    const scenario = await toEve({}, { until: '2026-06-01T00:00:00Z' })
    scenario.at('2026-03-09T07:59:59.999Z')
    await scenario.given('eve', 'approve', forBob)
    await scenario.given('eve', 'withdraw', { ...K, comment: 'once more' })
    scenario.at(until)
    await cannot(scenario, 'eve')
  })

  it('refuses Eve for Bob before the first link begins, whenever the second does [LAW 65]', async () => {
    const scenario = await f0Tested(deep(2))
    const of = await delegated(scenario, 'bob', 'dora', { from: '2026-03-04T08:00:00.000Z' })
    await scenario.given(...onward('dora', 'eve', of))
    await cannot(scenario, 'eve')
    scenario.at('2026-03-04T08:00:00.000Z')
    await scenario.given('eve', 'approve', forBob)
  })

  it('refuses Eve for Bob in what only one of the two links covers [LAW 65]', async () => {
    for (const [first, second] of [
      [{ roles: ['tester'] }, {}],
      [{ categories: ['project'] }, {}],
      [{}, { categories: ['project'] }],
      [{ roles: ['appr'] }, { roles: ['tester'] }],
    ]) {
      const scenario = await f0Tested(deep(2))
      await scenario.adopt(elsewhere())
      await scenario.given('bob', 'delegate', {
        delegation: 'bob-to-dora',
        principal: 'bob',
        to: 'dora',
        from: scenario.now,
        until,
        scope: first,
      })
      await scenario.given(...onward('dora', 'eve', 'bob-to-dora', { scope: second }))
      await cannot(scenario, 'eve')
    }
  })

  it('gives Eve nothing of what Dora holds herself, but what Bob does [LAW 65]', async () => {
    const scenario = await toEve({ people: people({ dora: ['appr'], eve: [] }) })
    await cannot(scenario, 'eve', 'dora')
    await scenario.given('eve', 'approve', forBob)
    expect(scenario.change('K').approvals[0]?.seats).toMatchObject([{ principal: 'bob' }])
  })

  it('refuses Eve for Bob once he has lost his role, or has left, or Dora in the middle has left [LAW 65]', async () => {
    for (const end of ['role', 'bob', 'dora'] as const) {
      const scenario = await toEve()
      if (end === 'role') await scenario.given('ada', 'revokeRole', { role: 'appr', from: 'bob', team: '*' })
      else await scenario.given('ada', 'recordDeparture', { person: end })
      await cannot(scenario, 'eve')
    }
  })

  it('refuses Eve for Bob after Dora in the middle, who had left, has returned [LAW 65]', async () => {
    const scenario = await toEve()
    await scenario.given('ada', 'recordDeparture', { person: 'dora' })
    scenario.at(day)
    await scenario.given('ada', 'recordReturn', { person: 'dora' })
    await cannot(scenario, 'eve')
  })

  it('lets Eve approve for Bob while Dora in the middle is absent, which is what it is for [LAW 65]', async () => {
    const scenario = await toEve()
    await scenario.given('dora', 'recordAbsence', { person: 'dora', from: scenario.now, until })
    await scenario.given('eve', 'approve', forBob)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('refuses whoever did not receive the delegation to pass it on: Bob, an administrator, Alice [LAW 65]', async () => {
    const scenario = await f0Tested(deep(2))
    const of = await delegated(scenario, 'bob', 'dora')
    const window = { from: scenario.now, until }
    for (const person of ['bob', 'ada', 'alice']) {
      await refused(
        scenario,
        [person, 'delegate', { delegation: 'on', principal: 'dora', to: 'eve', of, ...window }],
        'authority.not-principal',
        { person },
      )
      const own = await scenario.when(person, 'delegate', {
        delegation: 'on',
        principal: person,
        to: 'eve',
        of,
        ...window,
      })
      expect(own.outcome).toBe('refused')
    }
    await cannot(scenario, 'eve')
  })

  it('refuses to pass on a delegation that is not there, that is revoked, or that is over [LAW 65]', async () => {
    const scenario = await f0Tested(deep(2))
    const of = await delegated(scenario, 'bob', 'dora', { until: '2026-03-03T08:00:00Z' })
    await refused(scenario, onward('dora', 'eve', 'nothing'), 'name.unknown', { name: 'nothing' })
    scenario.at('2026-03-03T08:00:00Z')
    const late = { from: '2026-03-03T08:00:00Z' }
    await scenario.when(...onward('dora', 'eve', of, late))
    await cannot(scenario, 'eve')
    const revoked = await f0Tested(deep(2))
    await delegated(revoked, 'bob', 'dora')
    await revoked.given('bob', 'revokeDelegation', { delegation: 'bob-to-dora' })
    await revoked.when(...onward('dora', 'eve', 'bob-to-dora'))
    await cannot(revoked, 'eve')
  })

  it('refuses Eve for Bob in a team that allows one link, and not in another that allows two [LAW 65]', async () => {
    const scenario = await f0Tested(deep(2))
    await scenario.adopt({ ...fixturePolicy(), team: 'u' })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given(...onward('dora', 'eve', 'bob-to-dora'))
    await scenario.given('rita', 'submit', { ...submitK, change: 'L', team: 'u' })
    await scenario.given('erin', 'signOff', { change: 'L', ...report })
    await refused(scenario, ['eve', 'approve', { change: 'L', for: 'bob' }], 'authority.no-role', { person: 'eve' })
    await scenario.given('eve', 'approve', forBob)
  })

  it('refuses to pass on for a team that allows one link, though another allows two [LAW 65]', async () => {
    const scenario = await f0Tested(deep(2))
    await scenario.adopt({ ...fixturePolicy(), team: 'u' })
    const of = await delegated(scenario, 'bob', 'dora')
    await refused(scenario, onward('dora', 'eve', of, { scope: { teams: ['u'] } }), 'delegation.depth', { depth: 1 })
  })
})

describe('a delegation that is passed on launders nothing', () => {
  const made = (person: string) => ({ submit: { content: { digest: submitK.content.digest, makers: [person] } } })

  it('refuses Eve for Bob where any of the three made K: Eve, Dora in the middle, or Bob [LAW 65]', async () => {
    for (const person of ['eve', 'dora', 'bob']) {
      const scenario = await toEve(made(person))
      await refused(scenario, ['eve', 'approve', forBob], 'duty.conflict', { person, held: 'make' })
      await refused(scenario, ['eve', 'approve', K], 'duty.conflict', { person, held: 'make' })
      expect(scenario.approvals('K')).toBe(0)
    }
  })

  it('refuses the rejection of Eve for Bob too, where Dora in the middle made K [LAW 65]', async () => {
    const scenario = await toEve(made('dora'))
    await refused(scenario, ['eve', 'reject', { ...forBob, comment: 'no' }], 'duty.conflict', { person: 'dora' })
  })

  it('stops counting what Eve gave for Bob when Dora in the middle becomes a maker [LAW 65]', async () => {
    const scenario = await toEve()
    await scenario.given('eve', 'approve', forBob)
    await scenario.given('rita', 'assign', { ...K, to: 'dora' })
    expect(scenario.approvals('K')).toBe(0)
    expect(discountOf(scenario, 'K', 'approve', 'eve')).toEqual({ why: 'conflict', person: 'dora', duty: 'make' })
  })

  it('counts Bob, Dora and Eve as one: whoever of them comes after the first is refused [LAW 65]', async () => {
    const all = ['bob', 'dora', 'eve']
    for (const first of all) {
      const scenario = await toEve({ people: people({ dora: ['appr'], eve: ['appr'] }) })
      await scenario.given(first, 'approve', first === 'bob' ? K : forBob)
      for (const second of all.filter(one => one !== first)) {
        const receipt = await scenario.when(second, 'approve', second === 'bob' ? K : forBob)
        expect(receipt.outcome).toBe('refused')
      }
      expect(scenario.approvals('K')).toBe(1)
    }
  })

  it('counts Eve and Finn, to both of whom Dora has passed on what Bob delegated to her, as one [LAW 65]', async () => {
    const scenario = await toEve()
    await scenario.given(...onward('dora', 'finn', 'bob-to-dora'))
    await scenario.given('eve', 'approve', forBob)
    await refused(scenario, ['finn', 'approve', forBob], 'delegation.principal-decided', { person: 'finn', by: 'eve' })
    expect(scenario.approvals('K')).toBe(1)
  })

  it('refuses Eve for Bob after Dora, who holds the role herself, has approved in her own right [LAW 65]', async () => {
    const scenario = await toEve({ people: people({ dora: ['appr'], eve: [] }) })
    await scenario.given('dora', 'approve', K)
    await refused(scenario, ['eve', 'approve', forBob], 'delegation.principal-decided', { person: 'eve', by: 'dora' })
    expect(scenario.approvals('K')).toBe(1)
  })

  it('refuses Eve for Bob where the first link was arranged by an administrator who made K [LAW 65]', async () => {
    const scenario = await f0({ ...deep(2), submit: null })
    await scenario.given('ada', 'delegate', {
      delegation: 'bob-to-dora',
      principal: 'bob',
      to: 'dora',
      from: scenario.now,
      until,
    })
    await scenario.given(...onward('dora', 'eve', 'bob-to-dora'))
    scenario.at(1)
    await scenario.given('rita', 'submit', { ...submitK, ...made('ada').submit })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await cannot(scenario, 'eve')
  })

  it('refuses to pass on to Bob, from whom it comes, and to Dora herself [LAW 65]', async () => {
    const scenario = await f0Tested(deep(5))
    const of = await delegated(scenario, 'bob', 'dora')
    await refused(scenario, onward('dora', 'bob', of), 'delegation.cycle')
    await refused(scenario, onward('dora', 'dora', of), 'delegation.self', { principal: 'dora' })
    await scenario.given(...onward('dora', 'eve', of))
    await refused(scenario, onward('eve', 'bob', 'dora-to-eve'), 'delegation.cycle')
    await refused(scenario, onward('eve', 'dora', 'dora-to-eve'), 'delegation.cycle')
  })

  it('takes Eve, to whom Bob has delegated directly as well, for one delegate of one principal [LAW 65]', async () => {
    const scenario = await toEve()
    await delegated(scenario, 'bob', 'eve')
    await scenario.given('eve', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
    await refused(scenario, ['eve', 'approve', forBob], 'approval.already-given', { person: 'eve' })
  })

  it('lets Eve act by the direct way where Dora in the middle of the other made K [LAW 65]', async () => {
    const scenario = await toEve(made('dora'))
    await delegated(scenario, 'bob', 'eve')
    await scenario.given('eve', 'approve', forBob)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('refuses Eve where Dora in the middle turns out to be Alice, who made K [LAW 65]', async () => {
    const scenario = await toEve()
    await scenario.given('eve', 'approve', forBob)
    await scenario.given('ada', 'recordAlias', { person: 'dora', is: 'alice', comment: 'one and the same' })
    expect(scenario.approvals('K')).toBe(0)
    expect((await scenario.when('eve', 'approve', forBob)).outcome).toBe('refused')
  })

  it('lets Bob withdraw what Eve approved for him by way of Dora, and reject instead [LAW 65]', async () => {
    const scenario = await toEve()
    await scenario.given('eve', 'approve', forBob)
    await scenario.given('bob', 'reject', { ...K, comment: 'I am away, but not that far' })
    expect(scenario.approvals('K')).toBe(0)
    expect(scenario.change('K').state).toBe('returned')
  })

  it('names Eve among those who could take K on, while every link holds [LAW 65]', async () => {
    const scenario = await toEve()
    expect(scenario.explain('K').whoCanUnblock).toContain('eve')
    await scenario.given('rita', 'assign', { ...K, to: 'dora' })
    expect(scenario.explain('K').whoCanUnblock).not.toContain('eve')
  })

  it('names no Eve once Dora in the middle has decided, be it to approve or to sign off [LAW 65]', async () => {
    const scenario = await toEve({ people: people({ dora: ['appr'], eve: [] }) })
    await scenario.given('dora', 'approve', K)
    expect(scenario.explain('K').whoCanUnblock).toEqual(['bob', 'carol', 'dan'])
    expect(stageOf(scenario, 'K', 'approve').eligible.find(one => one.person === 'bob')?.delegates).toEqual([])
    await refused(scenario, ['eve', 'approve', forBob], 'delegation.principal-decided', { by: 'dora' })
    const { help } = await refused(scenario, ['alice', 'approve', K], 'duty.conflict')
    expect(help).not.toContain('eve')

    const [, ...rest] = normalFlow()
    const flow = [test('verify', { by: role('tester'), signOffs: 2 }), ...rest]
    const policies = [fixturePolicy({ flow, options: { delegation: { depth: 2 } } })]
    const tested = await f0({ policies, people: people({ dora: ['tester'], eve: [] }) })
    await tested.given(...onward('dora', 'eve', await delegated(tested, 'erin', 'dora')))
    expect(tested.explain('K').whoCanUnblock).toEqual(['dora', 'erin', 'eve'])
    await tested.given('dora', 'signOff', { ...K, ...report })
    expect(tested.explain('K').whoCanUnblock).toEqual(['erin'])
  })

  it('names and accepts Eve by the direct way where Dora in the middle of the other has decided [LAW 65]', async () => {
    const scenario = await toEve({ people: people({ dora: ['appr'], eve: [] }) })
    await delegated(scenario, 'bob', 'eve')
    await scenario.given('dora', 'approve', K)
    expect(scenario.explain('K').whoCanUnblock).toEqual(['bob', 'carol', 'dan', 'eve'])
    await scenario.given('eve', 'approve', forBob)
    expect(scenario.isApprovable('K')).toBe(true)
  })
})
