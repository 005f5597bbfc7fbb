import { f0, fixturePolicy, type Scenario, submitK } from '@countersign/testing'
import { type Approval, explain } from 'countersign/change'
import { approval, approvals, percent, type RequirementBuilder, release, role } from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { K, people, stageOf } from './setting.ts'
import { eventsOf } from './trail.ts'

const roles = { appr: { whileAbsent: 'suspended' as const }, head: 'heads', tester: 'tests', deployer: 'releases' }
const asking = (requires: RequirementBuilder) =>
  fixturePolicy({
    options: { roles },
    flow: [approval('approve', requires), release('production', { by: role('deployer') })],
  })

const nobody = people({ bob: [], carol: [], dan: [] })

/** K, with so many holders of `appr` from the directory of the whole house, and nobody else who holds it. */
async function crowded(count: number, requires: RequirementBuilder, absentUntil?: string): Promise<Scenario> {
  const scenario = await f0({ policies: [asking(requires)], people: nobody, submit: null })
  const names = Array.from({ length: count }, (_, index) => `p${index + 1}`)
  const directory = {
    people: names.map(person => ({ person, name: person, accounts: [person] })),
    roles: names.map(to => ({ role: 'appr', to, team: '*' })),
    ...(absentUntil === undefined
      ? {}
      : { absences: names.map(person => ({ person, from: scenario.now, until: absentUntil })) }),
  }
  await scenario.desk.loadDirectory('ada', directory, 'the whole house')
  await scenario.given('rita', 'submit', submitK)
  return scenario
}

describe('a role that the whole house holds', () => {
  it('records 10,000 as those of whom the share is, asks for 6,700 of them at 67 %, and takes their approvals [LAW 24]', async () => {
    const scenario = await crowded(10_000, percent(67).of(role('appr')))
    expect(scenario.change('K').electorates).toEqual({ approve: { appr: 10_000 } })
    for (const person of ['p1', 'p10000']) await scenario.given(person, 'approve', K)
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({
      status: 'pending',
      missing: { appr: 6_698 },
      requirement: { needs: 6_700, has: 2, of: 10_000 },
    })
  })

  it('tells Alice, who made K, of twenty of 1,000 who could approve it, and how many others there are [LAW 24]', async () => {
    const scenario = await crowded(1_000, approvals(1).from(role('appr')))
    const receipt = await scenario.when('alice', 'approve', K)
    const first = Array.from({ length: 1_000 }, (_, index) => `p${index + 1}`)
      .toSorted()
      .slice(0, 20)
    expect(receipt).toMatchObject({ outcome: 'refused', refusal: { code: 'duty.conflict' } })
    if (receipt.outcome === 'accepted' || receipt.refusal.code !== 'duty.conflict') throw new Error('no conflict')
    const { able, others } = receipt.refusal.facts
    expect([able, others]).toEqual([first, 980])
    expect(receipt.help).toBe(`${able.join(', ')} or any of 980 others could do it.`)
  })

  it('is not met by 999 of 1,000 approvals where all are asked, and is met by all of them [LAW 24]', async () => {
    const scenario = await crowded(1_000, percent(100).of(role('appr')))
    const change = scenario.change('K')
    const given = (person: string): Approval => ({
      stage: 'approve',
      person,
      chain: [person],
      seats: [{ role: 'appr', capacity: 'own' }],
      at: scenario.now,
      round: 1,
      revision: 1,
    })
    const all = Array.from({ length: 1_000 }, (_, index) => given(`p${index + 1}`))
    const governance = scenario.desk.governance()
    const told = (count: number) =>
      explain({ governance, change: { ...change, approvals: all.slice(0, count) } }, scenario.now).stages[0]
    expect(told(999)).toMatchObject({ status: 'pending', missing: { appr: 1 } })
    expect(told(1_000)).toMatchObject({ status: 'satisfied', missing: {} })
  })

  it('blocks K at submission, and can be written down, where all of 5,000 are absent who may not act then [LAW 27]', async () => {
    const scenario = await crowded(5_000, percent(50).of(role('appr')), '2026-04-01T00:00:00Z')
    const blocked = (await eventsOf(scenario)).find(event => event.type === 'change.blocked')
    expect(blocked).toMatchObject({ stage: 'approve', status: 'unsatisfiable' })
    await refused(scenario, ['p1', 'approve', K], 'authority.no-role', { person: 'p1' })
  })

  it('refuses to load a number above 100, as more than that is a share [LAW 30]', () => {
    expect(() => asking(approvals(100).from(role('appr')))).not.toThrow()
    expect(() => asking(approvals(101).from(role('appr')))).toThrow(/flow\.0/)
  })
})
