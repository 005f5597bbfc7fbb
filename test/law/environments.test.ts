import {
  baseline,
  content,
  f0,
  f0Tested,
  fixtureForm,
  fixturePolicy,
  type Scenario,
  submitK,
} from '@countersign/testing'
import { bodiesOf, fileOf, linesOf, reseal } from '@countersign/testing/tamper'
import {
  type ApprovalOptions,
  approval,
  approvals,
  approved,
  category,
  controls,
  policy,
  release,
  role,
  type Stage,
  separate,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { delegated, discountOf, hour, K, people, stageOf } from './setting.ts'
import { lastEntry } from './trail.ts'

const by = role('deployer')
const staging = release('staging', { by, environment: 'staging' })
const production = release('production', { by, environment: 'production' })
const verify = test('verify', { by: role('tester') })

/** First on staging, then in production. */
const inBoth = (options: ApprovalOptions = {}): Stage[] => [
  verify,
  approval('approve', approvals(2).from(role('appr')), options),
  staging,
  production,
]

/** A decision of its own for each environment. */
const oneByOne: Stage[] = [
  verify,
  approval('try', approvals(1).from(role('appr')), { environments: ['staging'] }),
  staging,
  approval('go', approvals(2).from(role('head')), { environments: ['production'] }),
  production,
]

const tested = (flow: Stage[], other: Record<string, string[]> = {}): Promise<Scenario> =>
  f0Tested({ policies: [fixturePolicy({ flow })], people: people(other) })

/** Said of an approval, and of a release. */
const onStaging = { ...K, environments: ['staging'] }
const inStaging = { ...K, environment: 'staging' }
const inProduction = { ...K, environment: 'production' }

describe('an approval covers the environments that it was given for', () => {
  it('refuses to put K into production, which Bob and Carol approved for staging [LAW 47]', async () => {
    const scenario = await tested(inBoth())
    await scenario.given('bob', 'approve', onStaging)
    await scenario.given('carol', 'approve', onStaging)
    expect((await lastEntry(scenario)).outcome).toMatchObject({
      accepted: [{ type: 'approval.granted', environments: ['staging'] }, {}],
    })
    await scenario.given('paul', 'release', inStaging)
    await refused(scenario, ['paul', 'release', inProduction], 'requirement.unmet')
    expect(scenario.change('K').releases.map(one => one.stage)).toEqual(['staging'])
  })

  it('puts K into production as well, which Bob and Carol approved without naming an environment [LAW 47]', async () => {
    const scenario = await tested(inBoth())
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await scenario.given('paul', 'release', inStaging)
    await scenario.given('paul', 'release', inProduction)
    expect(scenario.change('K').state).toBe('completed')
  })

  it('counts Carol alone in production, where Bob has approved for staging only, and goes on once Dan has approved [LAW 47]', async () => {
    const scenario = await tested(inBoth())
    await scenario.given('bob', 'approve', onStaging)
    await scenario.given('carol', 'approve', K)
    await scenario.given('paul', 'release', inStaging)
    await refused(scenario, ['paul', 'release', inProduction], 'requirement.unmet', {
      stages: [{ stage: 'approve', missing: { appr: 1 } }],
    })
    expect(scenario.explain('K').whoCanUnblock).toContain('dan')
    await scenario.given('dan', 'approve', { ...K, environments: ['production'] })
    await scenario.given('paul', 'release', inProduction)
    expect(scenario.change('K').state).toBe('completed')
  })

  it('lets Bob and Carol approve for production, once K is on staging, what they approved for staging before [LAW 47]', async () => {
    const scenario = await tested(inBoth())
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', onStaging)
    await refused(scenario, ['bob', 'approve', { ...K, environments: ['production'] }], 'lifecycle.not-now')
    await scenario.given('paul', 'release', inStaging)
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', K)
    expect(scenario.approvals('K')).toBe(2)
    await scenario.given('paul', 'release', inProduction)
    expect(scenario.change('K').state).toBe('completed')
  })

  it('does not put K into staging, which was approved for production only [LAW 47]', async () => {
    const scenario = await tested(inBoth())
    await scenario.given('bob', 'approve', { ...K, environments: ['production'] })
    await scenario.given('carol', 'approve', { ...K, environments: ['production'] })
    await refused(scenario, ['paul', 'release', inStaging], 'requirement.unmet')
    expect(scenario.change('K').releases).toEqual([])
  })

  it('does not take an approval for staging for one of a release that does not say where [LAW 47]', async () => {
    const scenario = await f0Tested()
    for (const person of ['bob', 'carol']) await scenario.when(person, 'approve', onStaging)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('refuses Paul, who names production at the step for staging, and staging at the step for production [LAW 47]', async () => {
    const scenario = await tested(inBoth())
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await refused(scenario, ['paul', 'release', inProduction], 'binding.environment', {
      named: 'production',
      environment: 'staging',
    })
    await scenario.given('paul', 'release', inStaging)
    await refused(scenario, ['paul', 'release', inStaging], 'binding.environment', {
      named: 'staging',
      environment: 'production',
    })
    await scenario.given('paul', 'release', inProduction)
  })

  it('refuses Paul, who does not say where, in a flow that goes to staging and to production [LAW 47]', async () => {
    const scenario = await tested(inBoth())
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    const { revision, digest } = scenario.change('K')
    const nowhere = { type: 'release', ...K, revision, digest } as const
    const receipt = await scenario.desk.execute({ account: 'paul', id: 'says-nowhere', command: nowhere })
    expect(receipt).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'binding.environment', facts: { environment: 'staging' } },
    })
    expect(scenario.change('K').releases).toEqual([])
  })

  it('names the release that Paul attempts too early by its environment, and takes one that the flow does not have for none of them [LAW 47]', async () => {
    const fresh = await tested(inBoth({ validFor: '24h' }))
    for (const [command, release] of [
      [inStaging, 'staging'],
      [inProduction, 'production'],
    ] as const)
      await refused(fresh, ['paul', 'release', command], 'requirement.unmet', { release, state: 'approve' })
    const nowhere = { named: 'prod', environment: 'staging' }
    await refused(fresh, ['paul', 'release', { ...K, environment: 'prod' }], 'binding.environment', nowhere)
    for (const person of ['bob', 'carol']) await fresh.given(person, 'approve', K)
    await fresh.given('paul', 'release', inStaging)
    fresh.at(24 * hour)
    const late = { release: 'production', stages: [{ stage: 'approve', missing: { appr: 2 } }] }
    await refused(fresh, ['paul', 'release', inProduction], 'requirement.unmet', late)
    await refused(fresh, ['paul', 'release', inStaging], 'requirement.unmet', { release: 'staging' })
    const elsewhere = { named: 'prod', environment: 'production' }
    await refused(fresh, ['paul', 'release', { ...K, environment: 'prod' }], 'binding.environment', elsewhere)
    expect(verifyTrail([fileOf(await linesOf(fresh.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('refuses Paul, who names an environment at a step that is for none in particular [LAW 47]', async () => {
    const scenario = await f0Tested()
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await refused(scenario, ['paul', 'release', inProduction], 'binding.environment', {
      named: 'production',
    })
  })

  it('asks Hana and Hugo for production, whatever Bob has approved at the stage for staging [LAW 47]', async () => {
    const scenario = await tested(oneByOne, { hana: ['head'], hugo: ['head'] })
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', inStaging)
    expect(stageOf(scenario, 'K', 'go').status).toBe('pending')
    await refused(scenario, ['paul', 'release', inProduction], 'requirement.unmet', {
      stages: [{ stage: 'go', missing: { head: 2 } }],
    })
    await scenario.given('hana', 'approve', K)
    await scenario.given('hugo', 'approve', K)
    await scenario.given('paul', 'release', inProduction)
  })

  it('lets Bob say nothing of production at the stage that covers staging [LAW 47]', async () => {
    const scenario = await tested(oneByOne, { hana: ['head'], hugo: ['head'] })
    await scenario.when('bob', 'approve', { ...K, environments: ['production'] })
    await refused(scenario, ['paul', 'release', inStaging], 'requirement.unmet')
  })

  it('keeps the limit that Dora sets when she approves for Bob [LAW 47]', async () => {
    const scenario = await tested(inBoth(), { dora: [] })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', { ...onStaging, for: 'bob' })
    await scenario.given('carol', 'approve', K)
    await scenario.given('paul', 'release', inStaging)
    await refused(scenario, ['paul', 'release', inProduction], 'requirement.unmet', {
      stages: [{ stage: 'approve', missing: { appr: 1 } }],
    })
  })

  it('keeps the limit of an approval through an edit of what is not material [LAW 47]', async () => {
    const scenario = await tested(inBoth())
    await scenario.given('bob', 'approve', onStaging)
    await scenario.given('carol', 'approve', onStaging)
    await scenario.given('alice', 'revise', { ...K, form: { note: 'see the minutes' }, comment: 'clearer' })
    await scenario.given('paul', 'release', inStaging)
    await refused(scenario, ['paul', 'release', inProduction], 'requirement.unmet')
  })

  it('refuses an approval for an environment that the flow does not have, and says which one was meant [LAW 47]', async () => {
    const scenario = await tested(inBoth())
    await refused(scenario, ['bob', 'approve', { ...K, environments: ['stagin'] }], 'name.unknown', { name: 'stagin' })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('refuses to load a policy in which only an approval for staging stands before production, and cites the clause [LAW 47]', () => {
    const flow = [
      approval('approve', approvals(2).from(role('appr')), { environments: ['staging'] }),
      staging,
      production,
    ]
    expect(() => fixturePolicy({ flow })).toThrow(/CM-3/)
  })

  it('lets nothing into production on a rule for staging, even where no clause asks for an approval [LAW 47]', async () => {
    const lenient = controls('lenient', {
      'CM-1': separate('make', 'approve').because('nobody approves what they made'),
    })
    const flow = [
      approval('approve', approvals(1).from(role('appr')), { environments: ['staging'] }),
      staging,
      production,
    ]
    const reached = async () => {
      const policies = [fixturePolicy({ flow, options: { complies: lenient } })]
      const scenario = await f0({ controls: lenient, policies, submit: null })
      await scenario.when('rita', 'submit', submitK)
      await scenario.when('bob', 'approve', K)
      await scenario.when('paul', 'release', inStaging)
      await scenario.when('paul', 'release', inProduction)
      return scenario.desk.change('K')?.state
    }
    // A policy that has no rule for production may as well be refused when it is written.
    const end = await reached().catch((error: Error) => error.message)
    expect(end).not.toBe('completed')
  })

  /** Bob and Carol approve a project, whose update goes into production on what they said of it. */
  async function leaning(flow: Stage[], onBoard: object): Promise<Scenario> {
    const carriedFrom = approved('project').covers({ system: 'system' }).for('30d')
    const asked = approvals(2).from(role('appr'))
    const rules = policy(
      't',
      { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
      {
        project: category({ form: fixtureForm, flow }),
        update: category({ form: fixtureForm, flow: [approval('approve', asked, { carriedFrom }), production] }),
      },
    )
    const scenario = await f0({ policies: [rules], people: people({ petra: [] }), submit: null })
    const plan = { digest: content('plan'), makers: ['petra'] }
    await scenario.given('petra', 'submit', { ...submitK, change: 'P', category: 'project', content: plan })
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', { change: 'P', ...onBoard })
    await scenario.given('rita', 'submit', { ...submitK, category: 'update', parent: 'P' })
    return scenario
  }

  it('carries from the parent no more than it was approved for there [LAW 47]', async () => {
    const board = approval('board', approvals(2).from(role('appr')))
    const scenario = await leaning([board, staging], { environments: ['staging'] })
    await refused(scenario, ['paul', 'release', inProduction], 'requirement.unmet')
  })

  it('carries nothing into production from a stage of the parent that covers staging [LAW 47]', async () => {
    const board = approval('board', approvals(2).from(role('appr')), { environments: ['staging'] })
    const scenario = await leaning([board, staging], {})
    await refused(scenario, ['paul', 'release', inProduction], 'requirement.unmet')
  })

  it('carries into production what Bob and Carol approved on the parent for staging and production [LAW 47]', async () => {
    const board = approval('board', approvals(2).from(role('appr')))
    const scenario = await leaning([board, staging, production], { environments: ['staging', 'production'] })
    await scenario.given('paul', 'release', inProduction)
  })

  it('counts nobody for production, once K is there, who has approved for staging only [LAW 47]', async () => {
    const one = approvals(1).from(role('appr'))
    const scenario = await f0({
      policies: [fixturePolicy({ flow: [approval('approve', one), staging, approval('more', one), production] })],
    })
    await scenario.given('bob', 'approve', onStaging)
    await scenario.given('paul', 'release', inStaging)
    await scenario.given('carol', 'approve', { ...K, environments: ['production'] })
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', inProduction)
    expect(scenario.change('K')).toMatchObject({ state: 'completed', rests: { approvals: [1, 2] } })
    expect(discountOf(scenario, 'K', 'approve', 'bob')).toEqual({ why: 'environment', environment: 'production' })
    await soundly(scenario)
  })

  it('takes no approval for staging for one of production, of which Dan is found to have been compromised [LAW 47]', async () => {
    const scenario = await reviewed()
    await scenario.given('carol', 'approve', onStaging)
    await scenario.given('paul', 'release', inStaging)
    await scenario.given('dan', 'approve', { ...K, environments: ['production'] })
    await scenario.given('paul', 'release', inProduction)
    scenario.at(hour)
    await scenario.given('ada', 'recordDeparture', { person: 'dan', compromised: true })
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'pending', missing: { appr: 1 } })
    await scenario.given('hana', 'approve', { ...K, stage: 'review' })
    expect(scenario.change('K').state).toBe('approve')
    await soundly(scenario)
  })

  it('takes a review that Hana limits to staging for none of production, and the verifier finds it taken for one [LAW 47]', async () => {
    const scenario = await reviewed()
    await scenario.given('carol', 'approve', K)
    await scenario.given('paul', 'release', inStaging)
    await scenario.given('paul', 'release', inProduction)
    await scenario.given('hana', 'approve', onStaging)
    expect(scenario.change('K').state).toBe('review')
    expect(discountOf(scenario, 'K', 'review', 'hana')).toEqual({ why: 'environment', environment: 'production' })
    await scenario.given('hana', 'approve', { ...K, environments: ['production', 'staging'] })
    expect(scenario.change('K').state).toBe('completed')
    const bodies = bodiesOf(await linesOf(scenario.store))
    expect(verifyTrail([fileOf(reseal(bodies))])).toMatchObject({ status: 'sound', findings: [] })
    Object.assign(bodies.at(-1)?.command ?? {}, { environments: ['production'] })
    const { findings } = verifyTrail([fileOf(reseal(bodies))])
    expect(findings.map(one => one.code)).toEqual([
      'decision.events-differ',
      'obligation.misdated',
      'obligation.unfulfilled',
    ])
  })
})

/** Approved by one before it goes anywhere, and reviewed by one afterwards. */
const reviewed = (): Promise<Scenario> => {
  const decide = approval('approve', approvals(1).from(role('appr')))
  const review = approval('review', approvals(1).from(role('head')), { within: '24h' })
  return f0({
    policies: [fixturePolicy({ flow: [decide, staging, production, review] })],
    people: people({ hana: ['head'] }),
  })
}

async function soundly(scenario: Scenario): Promise<void> {
  expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
}
