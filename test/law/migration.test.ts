import {
  baseline,
  content,
  f0,
  f0Tested,
  fixtureForm,
  fixturePolicy,
  normalFlow,
  type Scenario,
  submitK,
} from '@countersign/testing'
import { bodiesOf, fileOf, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import {
  type ApprovalOptions,
  all,
  approval,
  approvals,
  approved as approvedElsewhere,
  category,
  controls,
  exception,
  field,
  type Policy,
  type PolicyOptions,
  percent,
  permit,
  policy,
  policyDigest,
  release,
  role,
  type Stage,
  separate,
  task,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refused } from './refusal.ts'
import { day, delegated, discountOf, f0Approved, hour, K, people, report, stageOf } from './setting.ts'
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
const to = (policy: Policy, stages?: Record<string, string>) => ({
  ...K,
  policy: policyDigest(policy),
  comment: 'the controls were tightened',
  ...(stages === undefined ? {} : { stages }),
})

describe('a policy that changes while K is under way', () => {
  it('leaves a veto to those who could lift it by the rules of then, where the new ones have none [LAW 93]', async () => {
    const vetoing = approval('approve', approvals(2).from(role('appr')), { veto: { liftedBy: role('head') } })
    const scenario = await f0({ policies: [withFlow(verify(), vetoing, production)], people: cast })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('carol', 'reject', { ...K, comment: 'not before the audit' })
    await scenario.adopt(v2)
    await scenario.given('ada', 'recordDeparture', { person: 'carol' })
    await scenario.given('nora', 'migrate', to(v2))
    expect(scenario.explain('K').waysOut).toContainEqual({ do: 'liftVeto', stage: 'approve', persons: ['hana'] })
    await scenario.given('hana', 'liftVeto', { ...K, of: 'carol', comment: 'the audit is over' })
    for (const person of ['bob', 'dan', 'nora']) await scenario.given(person, 'approve', K)
    // Once she takes part in it, it stands again, and is still somebody's to lift.
    await scenario.given('rita', 'assign', { ...K, to: 'hana' })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await scenario.given('ada', 'grantRole', { role: 'head', to: 'paul', team: '*' })
    await scenario.given('paul', 'liftVeto', { ...K, of: 'carol', comment: 'it is over indeed' })
    await sound(scenario)
  })

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
    const unmapped = ['approve', 'verify']
    const { help } = await refused(scenario, ['rita', 'migrate', to(renamed)], 'migration.unmapped', { unmapped })
    expect(help).toMatch(/: check, consent or production\. What was given or is owed goes to a stage of its own kind/)
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
    await scenario.adopt(lax)
    await scenario.given('bob', 'migrate', to(lax))
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('carol', 'approve', K)
    expect(scenario.change('K').state).toBe('production')
    await sound(scenario)
  })

  it('makes Bob one of the makers of K, who moves it to one that asks for less, and Dan of nothing, who moves it to one that asks for more, or in which only more counts [LAW 93]', async () => {
    const lax = withFlow(verify(), approve(1), production)
    const scenario = await approved()
    await scenario.adopt(lax)
    await scenario.given('bob', 'migrate', to(lax))
    expect(discountOf(scenario, 'K', 'approve', 'bob')).toMatchObject({ why: 'conflict' })
    // The one of Carol, who has not asked for it, is as many as are asked for now.
    expect(scenario.approvals('K')).toBe(1)
    const again = await f0({ people: cast })
    await again.adopt(lax)
    await again.given('bob', 'migrate', to(lax))
    await again.given('erin', 'signOff', { ...K, ...report })
    await refused(again, ['bob', 'approve', K], 'duty.conflict', { person: 'bob', held: 'make', how: 'edited' })
    await again.adopt(v2)
    await again.given('dan', 'migrate', to(v2))
    const retaining = withFlow(
      verify(),
      approval('approve', approvals(3).from(role('appr')), { onResubmit: 'retain' }),
      production,
    )
    await again.adopt(retaining)
    await refused(again, ['rita', 'migrate', to(retaining)], 'authority.laxer-rule')
    await again.given('dan', 'migrate', to(retaining))
    for (const one of ['carol', 'dan', 'nora']) await again.given(one, 'approve', K)
    await again.given('paul', 'release', K)
    for (const one of [scenario, again]) await sound(one)
  })

  it('is refused to Erin, who tests, and to Hana, who reviews, where it asks for fewer approvals by whatever name, and Bob does it [LAW 93]', async () => {
    const review = approval('review', approvals(1).from(role('head')), { within: '24h' })
    const scenario = await f0({ people: cast, policies: [withFlow(verify(), approve(2), production, review)] })
    const refusesThem = async (lax: Policy, stages: Record<string, string>) => {
      for (const person of ['erin', 'hana'])
        await refused(scenario, [person, 'migrate', to(lax, stages)], 'authority.laxer-rule', {
          stages: ['approve'],
          able: ['bob', 'carol', 'dan', 'nora'],
        })
    }
    const same = withFlow(verify(), approve(1), production, review)
    await scenario.adopt(same)
    await refusesThem(same, {})
    const other = withFlow(verify(), approve(1, 'agree'), production, review)
    await scenario.adopt(other)
    await refusesThem(other, {})
    await refusesThem(other, { approve: 'agree' })
    await scenario.given('bob', 'migrate', to(other, { approve: 'agree' }))
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
    const roles = { appr: 'approves', tester: 'tests', deployer: 'releases' }
    const other = policy(
      't',
      { complies: baseline, roles },
      {
        normal: category({ form: fixtureForm.extend({ owner: z.string().min(1) }), flow: normalFlow() }),
      },
    )
    await scenario.adopt(other)
    const mend =
      'What the form of its own policy has as well can be mended by an edit (revise). Otherwise it goes on under the policy that it has, or is cancelled and submitted anew.'
    expect((await refused(scenario, ['rita', 'migrate', to(other)], 'form.invalid')).help).toBe(mend)
    const asking = policy(
      't',
      { complies: baseline, roles },
      {
        normal: category({
          form: fixtureForm.extend({ owner: z.string().min(1).optional() }),
          flow: [
            approval('owner', approvals(1).from(role('appr')), { when: field('owner').is('ann') }),
            ...normalFlow(),
          ],
        }),
      },
    )
    await scenario.adopt(asking)
    expect((await refused(scenario, ['rita', 'migrate', to(asking)], 'policy.unknown-field')).help).toBe(mend)
    const gone = policy(
      't',
      { complies: baseline, roles },
      {
        usual: category({ form: fixtureForm, flow: normalFlow() }),
      },
    )
    await scenario.adopt(gone)
    expect((await refused(scenario, ['rita', 'migrate', to(gone)], 'policy.no-category')).help).toBe(
      'Make it one of these first, where its own policy has one (recategorise): usual. Otherwise it goes on under the policy that it has, or is cancelled and submitted anew.',
    )
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

  it('adds nothing to the checklist of a release that has happened, and finds K put into effect with open items where it has not, or not as it is now [LAW 93]', async () => {
    const into = (environment: string, checklist?: Record<string, string>) =>
      release(environment, { by: role('deployer'), environment, ...(checklist === undefined ? {} : { checklist }) })
    const planned = into('production', { plan: 'there is a way back' })
    const listed = withFlow(approve(1), into('staging', { backup: 'it was restored once' }), planned)
    const staging = { ...K, environment: 'staging' }
    const live = { ...K, environment: 'production' }
    for (const isEdited of [false, true]) {
      const scenario = await f0({ people: cast, policies: [withFlow(approve(1), into('staging'), planned)] })
      await scenario.given('bob', 'approve', K)
      await scenario.given('paul', 'release', staging)
      await scenario.adopt(listed)
      await scenario.given('nora', 'migrate', to(listed))
      if (isEdited) {
        const edited = { ...K, content: { digest: content('r2'), makers: ['alice'] }, comment: 'r2' }
        await scenario.given('alice', 'revise', edited)
        await scenario.given('bob', 'approve', K)
        await refused(scenario, ['paul', 'release', staging], 'checklist.open', { items: ['backup'] })
        await scenario.given('paul', 'tick', { ...K, stage: 'staging', items: ['backup'] })
        await scenario.given('paul', 'release', staging)
      }
      await refused(scenario, ['paul', 'release', live], 'checklist.open', { items: ['plan'] })
      await scenario.given('paul', 'tick', { ...K, stage: 'production', items: ['plan'] })
      await scenario.given('paul', 'release', live)
      await sound(scenario)
      const bodies = bodiesOf(await linesOf(scenario.store))
      const onK = bodies.filter(body => body.stream === 'change/K')
      const last = (told: string) => onK.findLast(body => JSON.stringify(body.command).includes(told))
      for (const cut of [
        [last('"items":["plan"]')],
        [last('"environment":"staging"'), ...(isEdited ? [last('"items":["backup"]')] : [])],
      ]) {
        const verdict = verifyTrail([fileOf(reseal(renumber(bodies.filter(body => !cut.includes(body)))))])
        expect(Object.keys(verdict.codes)).toContain('checklist.open')
      }
    }
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

  it('is refused where two stages are asked for and one is left, unless the move says that it is that one [LAW 93]', async () => {
    const first = withFlow(verify(), approve(1, 'peer'), approve(1, 'board'), production)
    const scenario = await f0({ people: cast, policies: [first] })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    for (const one of ['bob', 'carol']) await scenario.given(one, 'approve', K)
    const joined = withFlow(verify(), approve(2, 'board'), production)
    await scenario.adopt(joined)
    await refused(scenario, ['rita', 'migrate', to(joined)], 'migration.unmapped', { unmapped: ['peer'] })
    await scenario.given('rita', 'migrate', to(joined, { peer: 'board' }))
    expect(stageOf(scenario, 'K', 'board').acts.map(act => act.person)).toEqual(['bob', 'carol'])
    expect(scenario.change('K').state).toBe('production')
    await sound(scenario)
  })

  it('counts a person once at a stage that was two [LAW 93]', async () => {
    const first = withFlow(verify('units'), verify('whole'), approve(2), production)
    const scenario = await f0({ people: people({ tess: ['tester'] }), policies: [first] })
    for (const _ of ['units', 'whole']) await scenario.given('erin', 'signOff', { ...K, ...report })
    const joined = withFlow(test('whole', { by: role('tester'), signOffs: 2 }), approve(2), production)
    await scenario.adopt(joined)
    await scenario.given('rita', 'migrate', to(joined, { units: 'whole' }))
    expect(scenario.change('K').state).toBe('whole')
    await scenario.given('tess', 'signOff', { ...K, ...report })
    expect(scenario.change('K').state).toBe('approve')
    await sound(scenario)
  })

  it('is refused where what was given early would count late, past the test that both policies have [LAW 93]', async () => {
    const first = withFlow(approve(1, 'design'), verify(), approve(1, 'final'), production)
    const scenario = await f0({ people: cast, policies: [first] })
    await scenario.given('bob', 'approve', K)
    const later = withFlow(verify(), approve(2, 'consent'), production)
    await scenario.adopt(later)
    const moved = to(later, { design: 'consent' })
    await refused(scenario, ['rita', 'migrate', moved], 'migration.misplaced', {
      stage: 'design',
      onto: 'consent',
      past: 'verify',
    })
    await refused(scenario, ['rita', 'migrate', to(later)], 'migration.unmapped', { unmapped: ['design'] })
    const kept = withFlow(approve(1, 'sketch'), verify(), approve(1, 'final'), production)
    await scenario.adopt(kept)
    await scenario.given('rita', 'migrate', to(kept, { design: 'sketch' }))
    expect(scenario.change('K').state).toBe('verify')
    await sound(scenario)
  })

  it('is refused where what was given at a stage that is there still is to count at another one [LAW 93]', async () => {
    const first = withFlow(verify(), approve(1, 'peer'), approve(1, 'board'), production)
    const scenario = await f0({ people: cast, policies: [first] })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    const second = withFlow(verify(), approve(1, 'peer'), approve(2, 'board'), production)
    await scenario.adopt(second)
    const moved = to(second, { peer: 'board' })
    await refused(scenario, ['rita', 'migrate', moved], 'migration.misplaced', {
      stage: 'peer',
      onto: 'board',
      still: true,
    })
    await scenario.given('rita', 'migrate', to(second))
    expect(scenario.change('K').state).toBe('board')
  })

  it('gives no approval for staging force in production [LAW 93]', async () => {
    const staged = (first: string) => [
      verify(),
      approval('approve', approvals(1).from(role('appr')), { environments: [first] }),
      release('to-staging', { by: role('deployer'), environment: 'staging' }),
      approve(1, 'whole'),
      release('to-production', { by: role('deployer'), environment: 'production' }),
    ]
    const scenario = await f0({ people: cast, policies: [withFlow(...staged('staging'))] })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.adopt(v2)
    const moved = to(v2, { 'to-staging': 'production' })
    await refused(scenario, ['nora', 'migrate', moved], 'migration.unmapped', { unmapped: ['approve'] })
    await scenario.given('bob', 'withdraw', { ...K, comment: 'for staging only' })
    await scenario.given('nora', 'migrate', to(v2))
    expect(scenario.approvals('K')).toBe(0)
    await sound(scenario)
  })

  it('asks for a test again that has no evidence, where there has to be some now [LAW 93]', async () => {
    const bare = test('verify', { by: role('tester'), evidence: 'optional' })
    const scenario = await f0({ people: cast, policies: [withFlow(bare, approve(2), production)] })
    await scenario.given('erin', 'signOff', { ...K, result: 'passed', evidence: [] })
    for (const one of ['bob', 'carol']) await scenario.given(one, 'approve', K)
    await scenario.adopt(fixturePolicy())
    await scenario.given('rita', 'migrate', to(fixturePolicy()))
    expect(scenario.change('K').state).toBe('verify')
    expect(stageOf(scenario, 'K', 'verify').acts).toMatchObject([{ person: 'erin', discounted: { why: 'evidence' } }])
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(scenario.change('K').state).toBe('production')
    await sound(scenario)
  })

  it('asks for a test again that was signed off in another role than the new one asks to test [LAW 93]', async () => {
    const scenario = await approved()
    const secured = withFlow(test('verify', { by: role('head') }), approve(2), production)
    await scenario.adopt(secured)
    await scenario.given('nora', 'migrate', to(secured))
    expect(scenario.change('K').state).toBe('verify')
    const { status, acts } = stageOf(scenario, 'K', 'verify')
    expect({ status, acts }).toMatchObject({
      status: 'pending',
      acts: [{ person: 'erin', discounted: { why: 'role', role: 'tester' } }],
    })
    await refused(scenario, ['erin', 'signOff', { ...K, ...report }], 'authority.no-role', { roles: ['head'] })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', { stages: [{ missing: { head: 1 } }] })
    // Nor does a verifier believe that it was put into effect so.
    const bodies = bodiesOf(await linesOf(scenario.store))
    const last = bodies.at(-1) as { outcome: unknown }
    const seats = [{ role: 'deployer', capacity: 'own' }]
    const forged = { type: 'change.released', stage: 'production', person: 'paul', chain: ['paul'], seats }
    last.outcome = { accepted: [forged] }
    expect(Object.keys(verifyTrail([fileOf(reseal(bodies))]).codes)).toContain('release.untested')
    await scenario.given('hana', 'signOff', { ...K, ...report })
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('lets Bob, who approved in a role that is asked no more, approve anew in the one that is [LAW 93]', async () => {
    const scenario = await f0Tested({ people: people({ ...cast, bob: ['appr', 'head'] }) })
    await scenario.given('bob', 'approve', K)
    const led = withFlow(verify(), approval('approve', approvals(1).from(role('head'))), production)
    await scenario.adopt(led)
    await scenario.given('nora', 'migrate', to(led))
    expect(scenario.approvals('K')).toBe(0)
    const { acts, eligible } = stageOf(scenario, 'K', 'approve')
    expect(acts).toMatchObject([{ person: 'bob', discounted: { why: 'role', role: 'appr' } }])
    expect(eligible.find(one => one.person === 'bob')?.excluded).toBeUndefined()
    await scenario.given('bob', 'approve', K)
    expect(scenario.change('K').state).toBe('production')
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('asks again for what somebody gave who stood in for the role, or acted in it for another, and may not by the new one [LAW 93]', async () => {
    const late = (by: string) => ({ role: by, when: ['unanswered' as const], after: '1h' })
    const deputised = { roles: { ...roles, appr: { fallback: late('tester') } } }
    const cases: [
      name: string,
      before: Partial<PolicyOptions>,
      after: Partial<PolicyOptions>,
      by: string,
      from: string,
    ][] = [
      ['a stand-in', { roles: { ...roles, appr: { fallback: late('head') } } }, { roles }, 'hana', 'hana'],
      ['another role stands in', { roles: { ...roles, appr: { fallback: late('head') } } }, deputised, 'hana', 'hana'],
      ['a delegate out of nobody', { roles }, { roles: { ...roles, appr: { delegates: 'head' } } }, 'gus', 'gus'],
      ['passed on', { delegation: { depth: 2 } }, { delegation: { depth: 1 } }, 'gus', 'hana'],
    ]
    for (const [name, before, after, actor, link] of cases) {
      const scenario = await f0Tested({ people: { ...cast, gus: [] }, policies: [fixturePolicy({ options: before })] })
      if (actor === 'gus') {
        await delegated(scenario, 'bob', link)
        if (link !== actor) {
          const [from, until] = [scenario.now, new Date(Date.parse(scenario.now) + day).toISOString()]
          const onward = { delegation: 'on', principal: link, to: actor, of: `bob-to-${link}`, from, until }
          await scenario.given(link, 'delegate', onward)
        }
        await scenario.given(actor, 'approve', { ...K, for: 'bob' })
      } else {
        scenario.at(2 * hour)
        await scenario.given(actor, 'approve', K)
      }
      await scenario.given('carol', 'approve', K)
      expect(scenario.change('K').state, name).toBe('production')
      const tight = fixturePolicy({ options: after })
      await scenario.adopt(tight)
      await scenario.given('nora', 'migrate', to(tight))
      const [given] = stageOf(scenario, 'K', 'approve').acts
      expect(given, name).toMatchObject({ person: actor, discounted: { why: 'seat', role: 'appr' } })
      const early = ['paul', 'release', K] as const
      await refused(scenario, [...early], 'requirement.unmet', { stages: [{ missing: { appr: 1 } }] })
      await sound(scenario)
      // Nor does a verifier believe that it was put into effect so.
      const bodies = bodiesOf(await linesOf(scenario.store))
      const last = bodies.at(-1) as { outcome: unknown }
      const seats = [{ role: 'deployer', capacity: 'own' }]
      last.outcome = {
        accepted: [{ type: 'change.released', stage: 'production', person: 'paul', chain: ['paul'], seats }],
      }
      const verdict = verifyTrail([fileOf(reseal(bodies))])
      expect(Object.keys(verdict.codes), name).toContain('release.unapproved')
      await scenario.given('dan', 'approve', K)
      await scenario.given('paul', 'release', K)
      await sound(scenario)
    }
  })

  it('takes over from a parent that was moved only the roles in which somebody may still act there [LAW 93]', async () => {
    const [auditor, production] = [role('auditor'), release('production', { by: role('deployer') })]
    const carriedFrom = approvedElsewhere('project').covers({ system: 'system' }).for('30d')
    const rules = (fallback: object) =>
      policy(
        't',
        { complies: baseline, roles: { appr: fallback, auditor: 'audits', deployer: 'releases', head: 'heads' } },
        {
          project: category({
            form: fixtureForm,
            flow: [approval('decide', all(approvals(1).from(appr), approvals(1).from(auditor))), production],
          }),
          update: category({
            form: fixtureForm,
            flow: [approval('approve', approvals(2).from(appr), { carriedFrom }), production],
          }),
        },
      )
    const before = rules({ fallback: { role: 'head', when: ['vacant' as const] } })
    const staff = people({ bob: [], carol: [], dan: ['auditor'], hana: ['head', 'auditor'] })
    const scenario = await f0({ policies: [before], people: staff, submit: null })
    const P = { change: 'P' }
    const plan = { content: { digest: content('plan'), makers: ['alice'] } }
    await scenario.given('rita', 'submit', { ...submitK, ...plan, ...P, category: 'project' })
    for (const person of ['hana', 'dan']) await scenario.given(person, 'approve', P)
    await scenario.given('rita', 'submit', { ...submitK, category: 'update', parent: 'P' })
    const after = rules({})
    await scenario.adopt(after)
    scenario.at(hour)
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'bob', team: '*' })
    await scenario.given('paul', 'migrate', { ...to(after), ...P })
    await scenario.given('bob', 'approve', P)
    await scenario.given('paul', 'migrate', to(after))
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'unsatisfiable', missing: { appr: 1 } })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await sound(scenario)
  })

  it('counts what a delegate gave who was then one of those out of whom delegates are chosen by the new one [LAW 93]', async () => {
    const scenario = await f0Tested({ people: cast, policies: [fixturePolicy({ options: { roles } })] })
    await delegated(scenario, 'bob', 'hana')
    await scenario.given('hana', 'approve', { ...K, for: 'bob' })
    await scenario.given('carol', 'approve', K)
    const tight = fixturePolicy({ options: { roles: { ...roles, appr: { delegates: 'head' } } } })
    await scenario.adopt(tight)
    scenario.at(hour)
    await scenario.given('ada', 'revokeRole', { role: 'head', from: 'hana', team: '*' })
    await scenario.given('rita', 'migrate', to(tight))
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  const pair = controls('baseline', { 'CM-1': separate('make', 'approve').because('nobody approves what they made') })
  const strict = { complies: pair, separate: [separate('test', 'approve').because('two pairs of eyes')] }
  const under = (options: Partial<PolicyOptions>, ...flow: Stage[]) =>
    fixturePolicy({ options: { ...strict, ...options }, ...(flow.length === 0 ? {} : { flow }) })
  const roles = { appr: 'approves', tester: 'tests', deployer: 'releases', head: 'heads' }
  const [head, appr] = [role('head'), role('appr')]

  /** Each of these is laxer than the first: Rita, who asked for K, does not move it there, and Bob, who is asked, does. */
  async function isLaxer(first: Policy, ...others: Policy[]) {
    for (const other of others) {
      const scenario = await f0({ controls: pair, people: cast, policies: [first] })
      await scenario.adopt(other)
      await refused(scenario, ['rita', 'migrate', to(other)], 'authority.laxer-rule', { person: 'rita' })
      await scenario.given('bob', 'migrate', to(other))
      await sound(scenario)
    }
  }

  it('is no way round by another name: a stage that is called otherwise is held against those that are gone [LAW 93]', async () => {
    const flowOf = (name: string, more: object) => [
      test('verify', { by: role('tester') }),
      approval(name, approvals(2).from(role('appr')), more),
      release('production', { by: role('deployer') }),
    ]
    for (const [before, after] of [
      [{ veto: { liftedBy: role('head') } }, {}],
      [{ validFor: '1d' }, {}],
      [{ leavers: 'reconfirm' }, {}],
      [{}, { onResubmit: 'retain' }],
    ] as const) {
      const options = { roles: { appr: 'approves', tester: 'tests', deployer: 'releases', head: 'heads' } }
      const scenario = await f0({ policies: [fixturePolicy({ flow: flowOf('approve', before), options })] })
      const next = fixturePolicy({ flow: flowOf('agree', after), options })
      await scenario.adopt(next)
      const move = { ...K, policy: policyDigest(next), comment: 'as adopted' }
      await refused(scenario, ['rita', 'migrate', move], 'authority.laxer-rule')
    }
  })

  it('is no way round what is kept apart: a pair that is lifted, left out, or from which somebody can except [LAW 93]', async () => {
    const rule = exception('test', 'approve')
      .grantedBy(head)
      .atMost('7d')
      .compensatedBy('a review')
      .because('we are few')
    await isLaxer(
      under({}),
      under({ permit: [permit('request', 'approve').because('the owner decides')] }),
      under({ separate: [] }),
      under({ exceptions: [rule] }),
    )
  })

  it('is no way to more people who act for others: delegations that are passed on, a stand-in, a wider pool [LAW 93]', async () => {
    const fallback = { role: 'head', when: ['unanswered' as const], after: '1h' }
    await isLaxer(under({}), under({ delegation: { depth: 2 } }), under({ roles: { ...roles, appr: { fallback } } }))
    await isLaxer(
      under({ roles: { ...roles, appr: { delegates: 'head', whileAbsent: 'suspended' } } }),
      under({ roles }),
    )
  })

  it('is no way to act first: what was approved or tested before it is put into effect is so there, too [LAW 93]', async () => {
    await isLaxer(
      under({}),
      under({}, verify(), approve(1), production, approve(1, 'late')),
      under({}, approve(2), production, verify()),
    )
  })

  it('is no way to approvals that count for more, or tests that take less: no veto, a longer life, no evidence [LAW 93]', async () => {
    const asked = (options: ApprovalOptions) =>
      under({}, verify(), approval('approve', approvals(2).from(appr), options), production)
    const carriedFrom = approvedElsewhere('normal').covers({ system: 'system' }).for('9d')
    const unproven = test('verify', { by: role('tester'), evidence: 'optional' })
    await isLaxer(
      under({}),
      under({}, unproven, approve(2), production),
      asked({ carriedFrom }),
      asked({ onResubmit: 'retain' }),
    )
    await isLaxer(asked({ veto: { liftedBy: head } }), asked({ veto: { liftedBy: appr } }), asked({}))
    await isLaxer(asked({ validFor: '9d' }), asked({ validFor: '10d' }), asked({}))
    await isLaxer(asked({ leavers: 'reconfirm' }), asked({}))
  })

  it('is no way to owe less afterwards, to be tested or reviewed by others, or to be put into effect outside of the windows [LAW 93]', async () => {
    const owed = (count: number, within: string) => approval('review', approvals(count).from(head), { within })
    const flow = (...after: Stage[]) => under({}, verify(), approve(2), production, ...after)
    await isLaxer(flow(owed(2, '24h')), flow(), flow(owed(1, '24h')), flow(owed(2, '9d')))
    const more = (within: string, remedyWithin = '9d') =>
      approval('more', approvals(1).from(appr), { within, remedyWithin })
    // One that is slow already hides none that becomes so, and a remedy has a time of its own.
    await isLaxer(
      flow(owed(1, '24h'), more('9d')),
      flow(owed(1, '9d'), more('9d')),
      flow(owed(1, '24h'), more('9d', '90d')),
    )
    await isLaxer(under({}), under({}, test('verify', { by: head }), approve(2), production))
    const look = (by: typeof head) => task('look', { by, duty: 'review' })
    await isLaxer(
      under({}, look(head), verify(), approve(2), production),
      under({}, look(appr), verify(), approve(2), production),
    )
    await isLaxer(
      under({}, verify(), approve(2), release('production', { by: role('deployer'), during: 'nights' })),
      under({}, verify(), approve(2), production),
    )
  })

  it('is refused, whoever moves K, where what is owed would be asked of nobody; and Rita moves it to no fewer reviewers [LAW 93]', async () => {
    const review = (requires: Parameters<typeof approval>[1], more: ApprovalOptions = {}) =>
      withFlow(verify(), approve(2), production, approval('review', requires, { within: '24h', ...more }))
    const by = (count: number) => approvals(count).from(head)
    const strictly = review(by(2))
    for (const nobody of [review(approvals(0)), review(by(2), { when: field('risk').is('high') })]) {
      const scenario = await f0Approved({ people: { ...cast, hugo: ['head'] }, policies: [strictly] })
      await scenario.given('paul', 'release', K)
      await scenario.adopt(nobody)
      for (const one of ['rita', 'dan'])
        await refused(scenario, [one, 'migrate', to(nobody)], 'migration.unmapped', { unmapped: ['review'] })
      await sound(scenario)
    }
    const scenario = await f0Approved({ people: { ...cast, hugo: ['head'] }, policies: [strictly] })
    await scenario.given('paul', 'release', K)
    await scenario.adopt(review(by(1)))
    await refused(scenario, ['rita', 'migrate', to(review(by(1)))], 'authority.laxer-rule')
    // More who would have been asked before it took effect make up for nothing by now.
    const late = withFlow(verify(), approve(3), production, approval('review', by(1), { within: '24h' }))
    await scenario.adopt(late)
    await refused(scenario, ['rita', 'migrate', to(late)], 'authority.laxer-rule')
    await sound(scenario)
  })

  it('is no way round a stage that counts for more by a name that stands for one of another kind [LAW 93]', async () => {
    const scenario = await f0({
      people: cast,
      policies: [
        withFlow(verify(), approval('approve', approvals(2).from(role('appr')), { validFor: '5d' }), production),
      ],
    })
    const longer = withFlow(verify(), approve(2, 'agree'), production)
    await scenario.adopt(longer)
    for (const name of ['agree', 'verify', 'production'])
      await refused(scenario, ['alice', 'migrate', to(longer, { approve: name })], 'authority.laxer-rule')
    await sound(scenario)
  })

  it('is open to who takes part in K where it asks for more in each of these ways [LAW 93]', async () => {
    const more = under(
      { separate: [...strict.separate, separate('make', 'release').because('two pairs of hands')] },
      verify(),
      approval('approve', approvals(2).from(appr), { veto: { liftedBy: head }, validFor: '9d', leavers: 'reconfirm' }),
      approve(1, 'more'),
      production,
    )
    const scenario = await f0({ controls: pair, people: cast, policies: [under({})] })
    await scenario.adopt(more)
    await scenario.given('rita', 'migrate', to(more))
    await sound(scenario)
  })

  it('holds for another category as well: Rita does not make K one that is approved after it was put into effect [LAW 93]', async () => {
    const of = (...flow: Stage[]) => category({ form: fixtureForm, flow })
    const both = policy(
      't',
      { ...strict, roles },
      {
        normal: of(verify(), approve(2), production),
        quick: of(verify(), approve(1), production, approve(1, 'late')),
        slow: of(verify(), approve(2), approve(1, 'more'), production),
      },
    )
    const scenario = await f0({ controls: pair, people: cast, policies: [both] })
    const quick = { ...K, category: 'quick', comment: 'it is urgent' }
    await refused(scenario, ['rita', 'recategorise', quick], 'authority.laxer-rule')
    await scenario.given('rita', 'recategorise', { ...K, category: 'slow', comment: 'it is delicate' })
    await sound(scenario)
  })
})
