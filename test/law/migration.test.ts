import { content, f0, fixturePolicy, normalFlow, type Scenario, submitK } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import {
  approval,
  approvals,
  controls,
  percent,
  policyDigest,
  release,
  role,
  type Stage,
  separate,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { f0Approved, hour, K, people, report, stageOf } from './setting.ts'
import { eventsOf } from './trail.ts'

const sound = async (scenario: Scenario) =>
  expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })

const verify = (name = 'verify') => test(name, { by: role('tester') })
const approve = (count: number, name = 'approve') => approval(name, approvals(count).from(role('appr')))
const production = release('production', { by: role('deployer') })
const withFlow = (...flow: Stage[]) => fixturePolicy({ flow })

/** Three approvals instead of two. */
const v2 = withFlow(verify(), approve(3), production)
const cast = people({ nora: ['appr'], hana: ['head'], alice: ['appr'] })
const approved = () => f0Approved({ people: cast })
const to = (policy: typeof v2, stages?: Record<string, string>) => ({
  ...K,
  policy: policyDigest(policy),
  comment: 'the controls were tightened',
  ...(stages === undefined ? {} : { stages }),
})

describe('a policy that changes while K is under way', () => {
  it('leaves K under the one under which it was submitted, and holds for what is submitted from then on [LAW 93]', async () => {
    const scenario = await approved()
    await scenario.adopt(v2)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('satisfied')
    await scenario.given('rita', 'submit', { ...submitK, change: 'L' } as never)
    await scenario.given('erin', 'signOff', { change: 'L', ...report })
    for (const one of ['bob', 'carol']) await scenario.given(one, 'approve', { change: 'L' })
    expect(await scenario.refused('paul', 'release', { change: 'L' })).toBe('requirement.unmet')
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('judges what was given on K anew once K is moved to it, and lists what is missing; the move is an event [LAW 93]', async () => {
    const scenario = await approved()
    await scenario.adopt(v2)
    await scenario.given('rita', 'migrate', to(v2))
    expect(scenario.change('K')).toMatchObject({ state: 'approve', policy: policyDigest(v2) })
    expect(scenario.approvals('K', 'approve')).toBe(2)
    expect(await eventsOf(scenario)).toContainEqual(
      expect.objectContaining({
        type: 'change.migrated',
        policy: policyDigest(v2),
        missing: [{ stage: 'approve', missing: { appr: 1 } }],
      }),
    )
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await scenario.given('dan', 'approve', K)
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('takes K back to a stage that it did not have before [LAW 93]', async () => {
    const third = withFlow(verify(), approval('head', approvals(1).from(role('head'))), approve(2), production)
    const scenario = await approved()
    await scenario.adopt(third)
    await scenario.given('rita', 'migrate', to(third))
    expect(scenario.change('K').state).toBe('head')
    await scenario.given('hana', 'approve', K)
    expect(scenario.change('K').state).toBe('production')
    await sound(scenario)
  })

  it('keeps what was given at a stage that is called otherwise there, where the move says how [LAW 93]', async () => {
    const renamed = withFlow(verify('check'), approve(2, 'consent'), production)
    const scenario = await approved()
    await scenario.adopt(renamed)
    await scenario.given('rita', 'migrate', to(renamed, { verify: 'check', approve: 'consent' }))
    expect(scenario.change('K').state).toBe('production')
    expect(stageOf(scenario, 'K', 'consent').acts.map(act => act.countsFor)).toEqual(['appr', 'appr'])
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('is refused, with K as before, where a stage at which something was given would be lost, or is of another kind [LAW 93]', async () => {
    const renamed = withFlow(verify('check'), approve(2, 'consent'), production)
    const scenario = await approved()
    await scenario.adopt(renamed)
    await refused(scenario, ['rita', 'migrate', to(renamed)], 'migration.unmapped', { unmapped: ['approve', 'verify'] })
    const half = to(renamed, { verify: 'check' })
    await refused(scenario, ['rita', 'migrate', half], 'migration.unmapped', { unmapped: ['approve'] })
    const crossed = to(renamed, { verify: 'consent', approve: 'check' })
    await refused(scenario, ['rita', 'migrate', crossed], 'migration.unmapped', { unmapped: ['approve', 'verify'] })
    for (const stages of [{ verify: 'chekc' }, { nothing: 'check' }])
      await refused(scenario, ['rita', 'migrate', to(renamed, stages)], 'name.unknown', { what: 'stage' })
  })

  it('is refused for any other policy than the one in force, and where K is under that already [LAW 93]', async () => {
    const scenario = await approved()
    await refused(scenario, ['rita', 'migrate', to(v2)], 'migration.not-in-force')
    await scenario.given('ada', 'proposePolicy', { policy: v2 })
    await refused(scenario, ['rita', 'migrate', to(v2)], 'migration.not-in-force')
    await scenario.given('otto', 'adoptPolicy', { digest: policyDigest(v2) })
    await refused(scenario, ['hana', 'migrate', to(v2)], 'authority.not-participant')
    await scenario.given('rita', 'migrate', to(v2))
    await refused(scenario, ['rita', 'migrate', to(v2)], 'nothing-to-do')
  })

  it('is no way round: who takes part in K does not move it to one that asks for less, and Bob, who is asked, does [LAW 93]', async () => {
    const lax = withFlow(verify(), approve(1), production)
    const scenario = await f0({ people: cast })
    await scenario.adopt(lax)
    for (const one of ['rita', 'alice']) await refused(scenario, [one, 'migrate', to(lax)], 'authority.laxer-rule')
    const unbound = fixturePolicy({ material: ['system', 'content'] })
    await scenario.adopt(unbound)
    await refused(scenario, ['rita', 'migrate', to(unbound)], 'authority.laxer-rule')
    await scenario.adopt(withFlow(verify(), approve(1), production, approval('late', approvals(0))))
    await scenario.given('otto', 'adoptPolicy', { digest: policyDigest(lax) })
    await scenario.given('bob', 'migrate', to(lax))
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('carol', 'approve', K)
    expect(scenario.change('K').state).toBe('production')
    await sound(scenario)
  })

  it('keeps apart from then on what the new one keeps apart: the sign-off of Erin, who asked for it, no longer counts [LAW 93]', async () => {
    const strict = fixturePolicy({
      options: {
        separate: [
          { duties: ['test', 'approve'], because: 'two pairs of eyes' },
          { duties: ['request', 'test'], because: 'who asks does not test' },
        ],
      },
    })
    const scenario = await f0({ people: cast, submit: null })
    await scenario.given('erin', 'submit', submitK as never)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    for (const one of ['bob', 'carol']) await scenario.given(one, 'approve', K)
    await scenario.adopt(strict)
    await scenario.given('erin', 'migrate', to(strict))
    expect(scenario.change('K').state).toBe('verify')
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await sound(scenario)
  })

  it('counts anew of how many a share is, and holds for an approval that was given before the move [LAW 93]', async () => {
    const all = withFlow(verify(), approval('approve', percent(100).of(role('appr'))), production)
    const scenario = await f0({ people: cast })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.adopt(all)
    await scenario.given('rita', 'migrate', to(all))
    expect(stageOf(scenario, 'K', 'approve').requirement).toMatchObject({ of: 4, needs: 4, has: 1 })
    await sound(scenario)
  })

  it('is refused where the form of K does not fit there, or the category is gone, and K stays as it was [LAW 93]', async () => {
    const scenario = await approved()
    const { baseline, fixtureForm } = await import('@countersign/testing')
    const { category, policy } = await import('countersign/policy')
    const z = await import('zod')
    const roles = { appr: 'approves', tester: 'tests', deployer: 'releases' }
    const other = policy(
      't',
      { complies: baseline, roles },
      {
        normal: category({ form: fixtureForm.extend({ owner: z.string().min(1) }), flow: normalFlow() }),
      },
    )
    await scenario.adopt(other)
    await refused(scenario, ['rita', 'migrate', to(other)], 'form.invalid')
    const gone = policy(
      't',
      { complies: baseline, roles },
      {
        usual: category({ form: fixtureForm, flow: normalFlow() }),
      },
    )
    await scenario.adopt(gone)
    await refused(scenario, ['rita', 'migrate', to(gone)], 'policy.no-category')
  })

  it('has no place on a change that was sent back, before it is submitted again, nor on one that is completed [LAW 93]', async () => {
    const scenario = await approved()
    await scenario.given('dan', 'reject', { ...K, comment: 'no' })
    await scenario.adopt(v2)
    await refused(scenario, ['rita', 'migrate', to(v2)], 'lifecycle.not-now', { state: 'returned' })
    await scenario.given('rita', 'resubmit', { ...K, comment: 'once more' })
    await scenario.given('rita', 'migrate', to(v2))
    await scenario.given('erin', 'signOff', { ...K, ...report })
    for (const one of ['bob', 'carol', 'nora']) await scenario.given(one, 'approve', K)
    await scenario.given('paul', 'release', K)
    const v3 = withFlow(verify(), approve(3), approval('head', approvals(1).from(role('head'))), production)
    await scenario.adopt(v3)
    await refused(scenario, ['rita', 'migrate', to(v3)], 'lifecycle.not-now')
    await sound(scenario)
  })

  it('keeps what is owed: a stage that is owed is not moved to one that is not [LAW 93]', async () => {
    const review = approval('review', approvals(1).from(role('head')), { within: '24h' })
    const first = withFlow(verify(), approve(2), production, review)
    const scenario = await f0Approved({ people: cast, policies: [first] })
    await scenario.given('paul', 'release', K)
    scenario.at(hour)
    const unowed = withFlow(verify(), approve(2), production, approval('review', approvals(1).from(role('head'))))
    await scenario.adopt(unowed)
    await refused(scenario, ['rita', 'migrate', to(unowed)], 'migration.unmapped', { unmapped: ['review'] })
    const longer = withFlow(
      verify(),
      approve(2),
      production,
      approval('audit', approvals(1).from(role('head')), { within: '9d' }),
    )
    await scenario.adopt(longer)
    const [before] = scenario.desk.obligations(scenario.now)
    await scenario.given('rita', 'migrate', to(longer, { review: 'audit' }))
    expect(scenario.desk.obligations(scenario.now)).toMatchObject([{ stage: 'audit', due: before?.due }])
    await refused(scenario, ['rita', 'cancel', { ...K, comment: 'no' }], 'obligation.open')
    await scenario.given('hana', 'approve', K)
    expect(scenario.change('K').state).toBe('completed')
    await sound(scenario)
  })

  it('binds what is given from then on to what is material there [LAW 93]', async () => {
    const keeping = controls('keeping', {
      'CM-1': separate('make', 'approve').because('nobody approves what they made'),
    })
    const options = { complies: keeping }
    const bare = fixturePolicy({ options, material: ['risk', 'system'] })
    const scenario = await f0({ controls: keeping, policies: [fixturePolicy({ options })], people: cast })
    await scenario.adopt(bare)
    const before = scenario.change('K')
    await scenario.given('bob', 'migrate', to(bare))
    const { digest, revision } = scenario.change('K')
    expect(digest).not.toBe(before.digest)
    const old = { ...K, ...report, revision, digest: before.digest }
    await refused(scenario, ['erin', 'signOff', old], 'binding.digest')
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('alice', 'revise', {
      ...K,
      content: { digest: content('r2'), makers: ['alice'] },
      comment: 'r2',
    })
    expect(scenario.change('K').state).toBe('approve')
    await sound(scenario)
  })
})
