import { baseline, content, f0, fixtureForm, fixturePolicy, type Scenario, submitK } from '@countersign/testing'
import { bodiesOf, fileOf, type LooseBody, linesOf, reseal } from '@countersign/testing/tamper'
import {
  type ApprovalOptions,
  approval,
  approvals,
  approved,
  approvedBeforeRelease,
  category,
  controls,
  controlsDigest,
  exception,
  type Policy,
  policy,
  policyDigest,
  release,
  role,
  separate,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { day, hour, K, people, stageOf } from './setting.ts'

const sound = async (scenario: Scenario) =>
  expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
const later = (scenario: Scenario, by: number) => new Date(Date.parse(scenario.now) + by).toISOString()
const to = (policy: Policy) => ({ ...K, policy: policyDigest(policy), comment: 'the rules were tightened' })

describe('a change that would be one that was found under another policy', () => {
  it('stays where it is: what was submitted to be approved first does not come to owe its approval instead [LAW 87]', async () => {
    const two = approvals(2).from(role('appr'))
    const under = (update: ReturnType<typeof category>) =>
      policy('t', { complies: baseline, roles: { appr: 'approves', deployer: 'deploys' } }, { update })
    const flow = [approval('look', two), release('production', { by: role('deployer') })]
    const before = under(category({ form: fixtureForm, flow }))
    const found = { retrospective: true as const, flow: [approval('look', two, { within: '7d' })] }
    const after = under(category({ form: fixtureForm, ...found }))
    const scenario = await f0({ policies: [before], submit: null })
    await scenario.given('rita', 'submit', { ...submitK, category: 'update' } as never)
    await scenario.adopt(after)
    for (const person of ['rita', 'dan'])
      await refused(scenario, [person, 'migrate', to(after)], 'form.invalid', { problems: [{ field: 'category' }] })
    expect(scenario.change('K').policy).toBe(policyDigest(before))
    await sound(scenario)
  })
})

describe('an exception on a change that is moved to another policy', () => {
  const of = (options: { exceptions?: 'allowed' }) =>
    controls('baseline', {
      'CM-1': separate('make', 'approve', options).because('nobody approves what they made'),
      'CM-3': approvedBeforeRelease().because('nothing unapproved reaches production'),
    })
  const [lenient, strict] = [of({ exceptions: 'allowed' }), of({})]
  const rule = (atMost: string) =>
    exception('make', 'approve')
      .grantedBy(role('head'))
      .atMost(atMost)
      .compensatedBy('the controller reviews it within a week')
      .because('two people cannot fill three duties')
  const flow = [approval('approve', approvals(2).from(role('appr'))), release('production', { by: role('deployer') })]
  const under = (complies: typeof lenient, ...exceptions: ReturnType<typeof rule>[]) =>
    fixturePolicy({ flow, options: { complies, ...(exceptions.length === 0 ? {} : { exceptions }) } })

  /** K, for which Hana has excepted Alice, who made it, for three days; a day later the other policy is adopted. */
  async function excepted(...approvers: string[]): Promise<Scenario> {
    const cast = people({ alice: ['appr'], hana: ['head'] })
    const scenario = await f0({ controls: lenient, policies: [under(lenient, rule('7d'))], people: cast })
    const [until, duties] = [later(scenario, 3 * day), ['make', 'approve'] as [string, string]]
    const asked = { ...K, exception: 'x1', person: 'alice', duties, until, reason: 'there are two of us' }
    await scenario.given('rita', 'requestException', asked)
    await scenario.given('hana', 'grantException', { ...K, exception: 'x1', comment: 'seen' })
    for (const one of approvers) await scenario.given(one, 'approve', K)
    return scenario
  }

  async function asksForAnother(scenario: Scenario) {
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'pending', missing: { appr: 1 } })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { duties: ['make', 'approve'] })
    await scenario.given('carol', 'approve', K)
    await scenario.given('paul', 'release', K)
    await sound(scenario)
    // Written by hand, with Alice in the place of Carol, it is found out.
    const bodies = bodiesOf(await linesOf(scenario.store)).map(body => {
      const text = JSON.stringify(body)
      const isOfCarol = text.includes('"by":{"account":"carol"')
      return isOfCarol ? (JSON.parse(text.replaceAll('carol', 'alice')) as LooseBody) : body
    })
    const codes = verifyTrail([fileOf(reseal(bodies))]).findings.map(one => one.code)
    expect(codes).toEqual(expect.arrayContaining(['duty.violated', 'release.unapproved']))
  }

  it('lets nobody be excepted under controls that allow it no more: Alice, who made K, does not count [LAW 93]', async () => {
    const scenario = await excepted('alice', 'bob')
    await scenario.given('ada', 'proposeControls', { controls: strict })
    await scenario.given('otto', 'adoptControls', { digest: controlsDigest(strict) })
    await scenario.adopt(under(strict))
    await scenario.given('rita', 'migrate', to(under(strict)))
    await asksForAnother(scenario)
  })

  it('excepts Alice no more once K is moved to a policy that knows no such exception [LAW 19]', async () => {
    const scenario = await excepted('bob')
    await scenario.adopt(under(lenient))
    await scenario.given('rita', 'migrate', to(under(lenient)))
    await asksForAnother(scenario)
  })

  it('lets an exception last no longer than the new one says [LAW 93]', async () => {
    const scenario = await excepted('bob')
    await scenario.adopt(under(lenient, rule('1d')))
    await scenario.given('rita', 'migrate', to(under(lenient, rule('1d'))))
    scenario.at(23 * hour)
    await scenario.given('alice', 'approve', K)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('excepted')
    scenario.at(hour)
    await asksForAnother(scenario)
  })

  it('lets no exception stand that somebody has granted who may not by the new one [LAW 93]', async () => {
    const scenario = await excepted('bob')
    const other = { ...rule('7d'), grantedBy: 'deployer' }
    await scenario.adopt(under(lenient, other))
    await scenario.given('carol', 'migrate', to(under(lenient, other)))
    await asksForAnother(scenario)
  })

  it('lets an exception stand of which the new one says the same [LAW 93]', async () => {
    const scenario = await excepted('alice', 'bob')
    const other = fixturePolicy({
      flow: [...flow.slice(0, 1), approval('board', approvals(1).from(role('appr'))), ...flow.slice(1)],
      options: { complies: lenient, exceptions: [rule('7d')] },
    })
    await scenario.adopt(other)
    await scenario.given('rita', 'migrate', to(other))
    expect(stageOf(scenario, 'K', 'approve').status).toBe('excepted')
    await scenario.given('carol', 'approve', K)
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })
})

describe('what was carried to a change that is moved to another policy', () => {
  const [two, production] = [approvals(2).from(role('appr')), release('production', { by: role('deployer') })]
  const carried = (scope: Record<string, string>, length: string) => ({
    carriedFrom: approved('project').covers(scope).for(length),
  })
  const under = (options: ApprovalOptions) =>
    policy(
      't',
      { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
      {
        project: category({ form: fixtureForm, flow: [approval('decide', two), production] }),
        update: category({ form: fixtureForm, flow: [approval('approve', two, options), production] }),
      },
    )
  const before = under(carried({ system: 'system' }, '30d'))

  /** K, which leans for 30 days on P and is moved on the fifteenth by Dan, who takes no part in it. */
  async function moved(after: Policy): Promise<Scenario> {
    const scenario = await f0({ policies: [before], submit: null })
    const P = { change: 'P' }
    const plan = { content: { digest: content('plan'), makers: ['alice'] } }
    const form = { system: 'ledger', risk: 'high' }
    await scenario.given('rita', 'submit', { ...submitK, ...plan, ...P, form, category: 'project' })
    for (const one of ['bob', 'carol']) await scenario.given(one, 'approve', P)
    await scenario.given('rita', 'submit', { ...submitK, category: 'update', parent: 'P' })
    expect(scenario.change('K').state).toBe('production')
    await scenario.adopt(after)
    scenario.at(15 * day)
    await scenario.given('dan', 'migrate', to(after))
    return scenario
  }

  async function asksAnew(scenario: Scenario, discounted: object) {
    expect(scenario.change('K').state).toBe('approve')
    const { acts } = stageOf(scenario, 'K', 'approve')
    expect(acts).toMatchObject([
      { person: 'bob', discounted },
      { person: 'carol', discounted },
    ])
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', { stages: [{ missing: { appr: 2 } }] })
    for (const one of ['bob', 'carol']) await scenario.given(one, 'approve', K)
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  }

  it('counts nothing that was carried where the new one carries nothing [LAW 93]', async () => {
    await asksAnew(await moved(under({})), { why: 'scope' })
  })

  it('counts nothing that was carried longer ago than the new one says [LAW 93]', async () => {
    const scenario = await moved(under(carried({ system: 'system' }, '10d')))
    await asksAnew(scenario, { why: 'expired', until: later(scenario, -5 * day) })
  })

  it('counts nothing that was carried to a change which lies in no scope of the new one [LAW 93]', async () => {
    await asksAnew(await moved(under(carried({ system: 'system', risk: 'risk' }, '30d'))), { why: 'scope' })
  })

  it('asks others when what was carried is too old by the new one, and says since when [LAW 93]', async () => {
    const scenario = await moved(under(carried({ system: 'system' }, '20d')))
    const { cursor } = await scenario.desk.outbox({ at: scenario.now })
    const end = later(scenario, 5 * day)
    scenario.at(6 * day)
    const { notices } = await scenario.desk.outbox({ after: cursor, at: scenario.now })
    expect(notices.filter(one => one.kind === 'asked').map(one => one.key.split('/')[0])).toEqual([end, end, end])
    expect(scenario.explain('K')).toMatchObject({ state: 'approve', since: end })
    await scenario.given('bob', 'approve', K)
    expect(scenario.change('K').since).toBe(end)
    await sound(scenario)
  })

  it('lets Rita, who asked for it, move it where more is asked and less is carried [LAW 93]', async () => {
    const three = { ...carried({ system: 'system' }, '10d') }
    const scenario = await f0({ policies: [before], submit: null })
    const plan = { content: { digest: content('plan'), makers: ['alice'] } }
    const form = { system: 'ledger', risk: 'high' }
    await scenario.given('rita', 'submit', { ...submitK, ...plan, change: 'P', form, category: 'project' })
    for (const one of ['bob', 'carol']) await scenario.given(one, 'approve', { change: 'P' })
    await scenario.given('rita', 'submit', { ...submitK, category: 'update', parent: 'P' })
    const after = under(three)
    await scenario.adopt(after)
    await scenario.given('rita', 'migrate', to(after))
    for (const longer of [under(carried({ system: 'system' }, '11d')), under(carried({ risk: 'risk' }, '9d'))]) {
      await scenario.adopt(longer)
      await refused(scenario, ['rita', 'migrate', to(longer)], 'authority.laxer-rule')
    }
    await sound(scenario)
  })

  it('goes on counting what was carried and would be under the new one [LAW 93]', async () => {
    const scenario = await moved(under(carried({ system: 'system' }, '16d')))
    expect(scenario.change('K').state).toBe('production')
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })
})

describe('an approval that somebody gave who was absent', () => {
  it('counts no more once K is moved to a policy that suspends who is absent, and does where Bob was there [LAW 93]', async () => {
    const under = (appr: string | { description: string; whileAbsent: 'suspended' }) =>
      fixturePolicy({
        options: { roles: { appr, tester: 'tests', deployer: 'releases' } },
        flow: [approval('approve', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })],
      })
    const [before, after] = [under('approves'), under({ description: 'approves', whileAbsent: 'suspended' })]
    for (const absent of [['bob'], []]) {
      const scenario = await f0({ policies: [before], absent })
      await scenario.given('bob', 'approve', K)
      await scenario.adopt(after)
      await scenario.given('rita', 'migrate', to(after))
      expect(scenario.approvals('K')).toBe(absent.length === 0 ? 1 : 0)
      await sound(scenario)
    }
  })
})
