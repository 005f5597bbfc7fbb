import { content, f0, f0Tested, fixturePolicy, type Scenario } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import {
  type ApprovalOptions,
  approval,
  approvals,
  controls,
  exception,
  percent,
  release,
  role,
  type Stage,
  separate,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { day, delegated, discountOf, K, people, report, stageOf } from './setting.ts'
import { eventsOf } from './trail.ts'

const production = release('production', { by: role('deployer') })
const verify = test('verify', { by: role('tester') })

/** Two approvals, which are kept when K is submitted again. */
const keeping = (more: ApprovalOptions = {}, ...before: Stage[]) =>
  fixturePolicy({
    flow: [
      ...before,
      approval('approve', approvals(2).from(role('appr')), { onResubmit: 'retain', ...more }),
      production,
    ],
  })

const again = { ...K, comment: 'the totals are checked by the nightly run' }

/** Bob has approved K, and Carol has sent it back. */
async function returned(vary: Parameters<typeof f0>[0] = {}): Promise<Scenario> {
  const scenario = await f0({ policies: [keeping()], ...vary })
  await scenario.given('bob', 'approve', K)
  await scenario.given('carol', 'reject', { ...K, comment: 'who checks the totals?' })
  return scenario
}

const actOf = (scenario: Scenario, person: string) =>
  stageOf(scenario, 'K', 'approve').acts.find(act => act.person === person && act.discounted === undefined)

describe('what is retained in a new round', () => {
  it('retains the approval of Bob, where the policy says so, when Alice submits again what Carol rejected, and shows it as carried over [LAW 37]', async () => {
    const scenario = await returned()
    await scenario.given('alice', 'resubmit', again)
    expect(scenario.change('K')).toMatchObject({ round: 2, revision: 1, state: 'approve' })
    expect(scenario.approvals('K')).toBe(1)
    expect(actOf(scenario, 'bob')).toMatchObject({ countsFor: 'appr', retainedFrom: 1 })
    expect((await eventsOf(scenario)).find(event => event.type === 'approval.kept')).toEqual({
      type: 'approval.kept',
      approval: 0,
      round: 2,
    })
    await scenario.given('dan', 'approve', K)
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('is for those on whose desk K is, who are named until it is handed in again [LAW 37]', async () => {
    const scenario = await f0Tested()
    await scenario.given('bob', 'reject', { ...K, comment: 'not like this' })
    expect(scenario.explain('K')).toMatchObject({
      state: 'returned',
      waysOut: [{ do: 'resubmit', persons: ['alice', 'bob', 'erin', 'rita'] }],
      whoCanUnblock: ['alice', 'bob', 'erin', 'rita'],
    })
    await scenario.given('erin', 'resubmit', { ...K, comment: 'again' })
    expect(scenario.explain('K').waysOut).toMatchObject([{ do: 'signOff' }])
  })

  it('is for whoever is given a role of its flow, where all have left who had a part in it, or a role [LAW 37]', async () => {
    const scenario = await f0Tested({ people: people({ neo: [] }) })
    await scenario.given('bob', 'reject', { ...K, comment: 'not like this' })
    for (const person of ['alice', 'bob', 'carol', 'dan', 'erin', 'rita', 'paul'])
      await scenario.given('ada', 'recordDeparture', { person, compromised: false })
    expect(scenario.explain('K')).toMatchObject({
      waysOut: [
        { do: 'resubmit', persons: [] },
        { do: 'grantRole', role: 'tester', persons: ['ada', 'otto'] },
      ],
      whoCanUnblock: [],
    })
    await scenario.given('ada', 'grantRole', { role: 'tester', to: 'neo', team: 't' })
    expect(scenario.explain('K').waysOut).toMatchObject([{ do: 'resubmit', persons: ['neo'] }])
    await scenario.given('neo', 'resubmit', { ...K, comment: 'again' })
  })

  it('keeps the time and the right by which Bob approved, as it was then [LAW 37]', async () => {
    const scenario = await returned()
    const given = scenario.now
    scenario.at(day)
    await scenario.given('alice', 'resubmit', again)
    expect(actOf(scenario, 'bob')).toMatchObject({ at: given, seats: [{ role: 'appr', capacity: 'own' }] })
  })

  it('refuses Bob, who approves again what is retained of him [LAW 37]', async () => {
    const scenario = await returned()
    await scenario.given('alice', 'resubmit', again)
    await refused(scenario, ['bob', 'approve', K], 'approval.already-given', { person: 'bob' })
    await scenario.given('bob', 'withdraw', { ...K, comment: 'I was wrong' })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('retains nothing of what was approved before Alice edited K while it was with her, nor when she edits it back [LAW 37]', async () => {
    const scenario = await returned()
    for (const name of ['r2', 'r1']) {
      await scenario.given('alice', 'revise', {
        ...K,
        content: { digest: content(name), makers: ['alice'] },
        comment: name,
      })
    }
    await scenario.given('alice', 'resubmit', again)
    expect(scenario.approvals('K')).toBe(0)
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('retains the approval of Bob over an edit that is not material [LAW 37]', async () => {
    const scenario = await returned()
    await scenario.given('alice', 'revise', { ...K, form: { note: 'the run is described there' }, comment: 'a note' })
    await scenario.given('alice', 'resubmit', again)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('retains no approval that was taken back, and none of Carol, who approved and then rejected [LAW 37]', async () => {
    const scenario = await f0({ policies: [keeping({}, verify)] })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.given('bob', 'withdraw', { ...K, comment: 'too early' })
    await scenario.given('carol', 'approve', K)
    await scenario.given('carol', 'reject', { ...K, comment: 'no' })
    await scenario.given('alice', 'resubmit', again)
    expect(scenario.approvals('K')).toBe(0)
  })

  it('asks for the test again though the approvals are retained [LAW 37]', async () => {
    const scenario = await f0Tested({ policies: [keeping({}, verify)] })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'reject', { ...K, comment: 'no' })
    await scenario.given('alice', 'resubmit', again)
    expect(scenario.change('K').state).toBe('verify')
    expect(stageOf(scenario, 'K', 'verify').status).not.toBe('satisfied')
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('dan', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('does not count the retained approval of Bob, who is given the work meanwhile [LAW 37]', async () => {
    const scenario = await returned()
    await scenario.given('rita', 'assign', { ...K, to: 'bob' })
    await scenario.given('alice', 'resubmit', again)
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['bob', 'approve', K], 'duty.conflict', { person: 'bob' })
  })

  it('does not count the retained approval of Bob, who has left meanwhile as compromised, and counts that of a leaver [LAW 37]', async () => {
    for (const compromised of [true, false]) {
      const scenario = await returned()
      await scenario.given('ada', 'recordDeparture', { person: 'bob', compromised })
      await scenario.given('alice', 'resubmit', again)
      expect(scenario.approvals('K')).toBe(compromised ? 0 : 1)
    }
  })

  it('lets a retained approval grow old from the time at which it was given, and not from the new round [LAW 37]', async () => {
    const scenario = await returned({ policies: [keeping({ validFor: '14d' })] })
    scenario.at(13 * day)
    await scenario.given('alice', 'resubmit', again)
    expect(scenario.approvals('K')).toBe(1)
    scenario.at(day - 1)
    expect(scenario.approvals('K')).toBe(1)
    scenario.at(1)
    expect(scenario.approvals('K')).toBe(0)
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('does not count a retained approval of Alice, who made K, once her exception has expired [LAW 37]', async () => {
    const lenient = controls('lenient', {
      'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
    })
    const rule = exception('make', 'approve')
      .grantedBy(role('head'))
      .atMost('7d')
      .compensatedBy('the head reads it within a week')
      .because('few of us are left')
    const flow = [approval('approve', approvals(2).from(role('appr')), { onResubmit: 'retain' }), production]
    const scenario = await f0({
      controls: lenient,
      policies: [fixturePolicy({ options: { complies: lenient, exceptions: [rule] }, flow })],
      people: people({ alice: ['appr'], hana: ['head'] }),
    })
    const until = new Date(Date.parse(scenario.now) + day).toISOString()
    const duties: [string, string] = ['make', 'approve']
    const asked = { ...K, exception: 'x-1', person: 'alice', duties, until, reason: 'two of us are ill' }
    await scenario.given('rita', 'requestException', asked)
    await scenario.given('hana', 'grantException', { ...K, exception: 'x-1' })
    await scenario.given('alice', 'approve', K)
    await scenario.given('carol', 'reject', { ...K, comment: 'no' })
    await scenario.given('rita', 'resubmit', again)
    expect(scenario.approvals('K')).toBe(1)
    scenario.at(day)
    expect(scenario.approvals('K')).toBe(0)
  })

  it('retains an approval over two rounds, and shows the round in which it was given [LAW 37]', async () => {
    const scenario = await returned()
    for (const person of ['carol', 'dan']) {
      await scenario.given('alice', 'resubmit', again)
      expect(actOf(scenario, 'bob')).toMatchObject({ retainedFrom: 1 })
      if (person === 'dan') break
      await scenario.given(person, 'reject', { ...K, comment: 'still no' })
    }
    expect(scenario.change('K').round).toBe(3)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('retains what Dora approved for Bob, and then refuses Bob himself [LAW 37]', async () => {
    const scenario = await f0({ policies: [keeping()], people: people({ dora: [] }) })
    const delegation = await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', K)
    await scenario.given('bob', 'revokeDelegation', { delegation })
    await scenario.given('carol', 'reject', { ...K, comment: 'no' })
    await scenario.given('alice', 'resubmit', again)
    expect(scenario.approvals('K')).toBe(1)
    await refused(scenario, ['bob', 'approve', K], 'approval.already-given', { person: 'bob', by: 'dora' })
  })

  it('retains nothing of what Carol approved with another id before she rejected K [LAW 37]', async () => {
    const scenario = await f0({ policies: [keeping()], people: people({ caro: ['appr'] }) })
    await scenario.given('caro', 'approve', K)
    await scenario.given('ada', 'recordAlias', { person: 'caro', is: 'carol', comment: 'the same passport' })
    await scenario.given('carol', 'reject', { ...K, comment: 'no' })
    await scenario.given('alice', 'resubmit', again)
    expect(scenario.approvals('K')).toBe(0)
  })

  it('retains nothing when Rita moves K into another category, where everybody is asked anew [LAW 37]', async () => {
    const policy = keeping()
    const { normal } = policy.categories
    if (normal === undefined) throw new Error('the fixture has no category normal')
    const scenario = await f0({ policies: [{ ...policy, categories: { normal, other: normal } }] })
    await scenario.given('bob', 'approve', K)
    await scenario.given('rita', 'recategorise', { ...K, category: 'other', comment: 'it is another' })
    expect(scenario.approvals('K')).toBe(0)
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('asks at the other stages anew, where the policy retains at one only [LAW 37]', async () => {
    const heads = approval('heads', approvals(1).from(role('head')))
    const scenario = await f0({ policies: [keeping({}, heads)], people: people({ hana: ['head'] }) })
    await scenario.given('hana', 'approve', K)
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'reject', { ...K, comment: 'no' })
    await scenario.given('alice', 'resubmit', again)
    expect(scenario.change('K').state).toBe('heads')
    expect(scenario.approvals('K', 'heads')).toBe(0)
    expect(scenario.approvals('K', 'approve')).toBe(1)
    await scenario.given('hana', 'approve', K)
    expect(scenario.change('K').state).toBe('approve')
  })

  it('counts a retained approval for a share of those who hold the role in the new round [LAW 37]', async () => {
    const flow = [approval('approve', percent(50).of(role('appr')), { onResubmit: 'retain' }), production]
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: people({ eve: [], fay: [] }) })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'reject', { ...K, comment: 'no' })
    for (const to of ['eve', 'fay']) await scenario.given('ada', 'grantRole', { role: 'appr', to, team: '*' })
    await scenario.given('alice', 'resubmit', again)
    expect(stageOf(scenario, 'K', 'approve').requirement).toMatchObject({ needs: 3, has: 1, of: 5 })
  })

  it('goes on to the release at once where enough is retained, and the rejection of Dan is history [LAW 37]', async () => {
    const scenario = await f0({ policies: [keeping()] })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await scenario.given('dan', 'reject', { ...K, comment: 'who checks the totals?' })
    expect(scenario.change('K').state).toBe('returned')
    await scenario.given('alice', 'resubmit', again)
    expect(scenario.change('K').state).toBe('production')
    expect(scenario.change('K').rejections).toMatchObject([{ person: 'dan', round: 1 }])
  })
})

describe('a new round', () => {
  it('keeps the duties of the earlier rounds: Alice, who made r1 only, still cannot approve [LAW 37]', async () => {
    const scenario = await f0Tested({ people: people({ alice: ['appr'], max: [] }) })
    await scenario.given('bob', 'reject', { ...K, comment: 'no' })
    await scenario.given('rita', 'revise', { ...K, content: { digest: content('r2'), makers: ['max'] }, comment: '2' })
    await scenario.given('rita', 'resubmit', again)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice' })
  })

  it('refuses the new submission of what nobody has sent back [LAW 37]', async () => {
    const scenario = await f0Tested()
    await refused(scenario, ['alice', 'resubmit', again], 'lifecycle.not-now', { command: 'resubmit' })
    expect(discountOf(scenario, 'K', 'approve', 'bob')).toBeUndefined()
  })
})
