import { baseline, content, f0, fixtureForm, type Scenario, submitK } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import {
  approval,
  approvals,
  approved,
  approvedBeforeRelease,
  approvedTemplate,
  type CategoryOptions,
  category,
  controls,
  type PolicyOptions,
  percent,
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
import { K, people, stageOf } from './setting.ts'

const sound = async (scenario: Scenario) =>
  expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })

const roles = { appr: 'approves', tester: 'tests', deployer: 'releases', auditor: 'reviews', breakglass: 'breaks it' }
const decide = (count = 1) => approval('decide', approvals(count).from(role('appr')))
const production = release('production', { by: role('deployer') })
const carriedFrom = approved('project').covers({ system: 'system' }).for('30d')

interface Vary {
  readonly project: Stage[]
  readonly update?: Stage[]
  readonly glass?: CategoryOptions['breakGlass']
  readonly options?: Partial<PolicyOptions>
}

/** A project is decided once; an update of it leans on that. */
const rules = ({ project, update, glass, options }: Vary) =>
  policy(
    't',
    { complies: baseline, roles, ...options },
    {
      project: category({
        form: fixtureForm,
        flow: project,
        ...(glass === undefined ? {} : { breakGlass: glass }),
      }),
      update: category({
        form: fixtureForm,
        flow: update ?? [approval('approve', approvals(1).from(role('appr')), { carriedFrom }), production],
      }),
    },
  )

const cast = people({ gus: ['breakglass'], vera: ['auditor'], viktor: ['auditor'], wanda: ['auditor'] })
const P = { change: 'P' }
const update = { ...submitK, category: 'update', parent: 'P' }

/** P, whose content Alice made, and nothing that hangs on it yet. */
async function submitted(vary: Vary, setting: Parameters<typeof f0>[0] = {}): Promise<Scenario> {
  const scenario = await f0({ policies: [rules(vary)], people: cast, ...setting, submit: null })
  const plan = { content: { digest: content('plan'), makers: ['alice'] } }
  await scenario.given('rita', 'submit', { ...submitK, ...plan, ...P, category: 'project' })
  return scenario
}

async function inEffect(...owed: Stage[]): Promise<Scenario> {
  const scenario = await submitted({ project: [decide(), production, ...owed] })
  await scenario.given('bob', 'approve', P)
  await scenario.given('paul', 'release', P)
  return scenario
}

/** K asks for an approval of its own. */
async function asksAnew(scenario: Scenario): Promise<void> {
  expect(stageOf(scenario, 'K', 'approve').status).toBe('pending')
  await refused(scenario, ['paul', 'release', K], 'requirement.unmet', { stages: [{ stage: 'approve' }] })
  await scenario.given('dan', 'approve', K)
  await scenario.given('paul', 'release', K)
  await sound(scenario)
}

describe('a parent that was rejected after it had taken effect', () => {
  const check = test('check', { by: role('tester'), within: '24h', evidence: 'optional' })
  const review = approval('review', approvals(1).from(role('auditor')), { within: '24h' })
  const bad = { ...P, comment: 'it doubles every posting' }

  it('carries nothing from a parent on which a test failed that was owed [LAW 48]', async () => {
    const scenario = await inEffect(check)
    await scenario.given('erin', 'signOff', { ...bad, result: 'failed' })
    expect(scenario.change('P').state).toBe('remediation')
    await scenario.given('rita', 'submit', update)
    expect(scenario.change('K').approvals).toEqual([])
    await asksAnew(scenario)
  })

  it('counts a carried approval no more once a test fails that is owed on the parent [LAW 48]', async () => {
    const scenario = await inEffect(check)
    await scenario.given('rita', 'submit', update)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('satisfied')
    await scenario.given('erin', 'signOff', { ...bad, result: 'failed' })
    await asksAnew(scenario)
  })

  it('carries nothing from a parent that was rejected after it took effect, though another change made it good [LAW 48]', async () => {
    const scenario = await inEffect(review)
    await scenario.given('vera', 'reject', bad)
    scenario.at(1)
    const R = { change: 'R' }
    await scenario.given('rita', 'submit', { ...update, ...R })
    await scenario.given('carol', 'approve', R)
    await scenario.given('paul', 'release', R)
    await scenario.given('rita', 'remediate', { ...P, by: 'R', comment: 'put right' })
    expect(scenario.change('P').state).toBe('completed')
    await scenario.given('rita', 'submit', update)
    expect(scenario.change('K').approvals).toEqual([])
    await asksAnew(scenario)
  })
})

describe('a parent that was put into effect under a broken glass', () => {
  const glassControls = controls('baseline', {
    'CM-1': separate('make', 'approve').because('nobody approves what they made'),
    'CM-3': approvedBeforeRelease(1, { breakGlass: 'allowed' }).because('nothing unapproved reaches production'),
  })
  const audit = approval('audit', approvals(3).from(role('auditor')), { within: '8h', onlyAfter: 'breakGlass' })
  const verify = test('verify', { by: role('tester'), evidence: 'optional' })

  /** P, which lacks what its flow asks for before the release, and is released by Gus and audited. */
  async function broken(project: Stage[], ...approvers: string[]): Promise<Scenario> {
    const scenario = await submitted(
      {
        project: [...project, production, audit],
        glass: { by: role('breakglass'), lasts: '1h' },
        options: { complies: glassControls },
      },
      { controls: glassControls },
    )
    for (const one of approvers) await scenario.given(one, 'approve', P)
    await scenario.given('gus', 'breakGlass', { ...P, reason: 'nobody else answers tonight' })
    await scenario.given('gus', 'release', P)
    for (const one of ['vera', 'viktor', 'wanda']) await scenario.given(one, 'approve', P)
    expect(scenario.change('P').state).toBe('completed')
    return scenario
  }

  it('carries nothing from a parent that was put into effect under a broken glass, and whose own approval was never there [LAW 48]', async () => {
    const scenario = await broken([decide(2)], 'bob')
    await scenario.given('rita', 'submit', update)
    expect(scenario.change('K').approvals).toEqual([])
    await asksAnew(scenario)
  })

  it('carries what was approved on a parent where it was its test that the broken glass waived [LAW 48]', async () => {
    const scenario = await broken([decide(1), verify], 'bob')
    await scenario.given('rita', 'submit', update)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('satisfied')
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })
})

describe('a role that a stage asks for', () => {
  const [appr, head] = [approvals(1).from(role('appr')), approvals(1).from(role('head'))]
  const heads = { options: { roles: { ...roles, head: 'heads the department' } } }
  const withHana = { people: { ...cast, hana: ['head'] } }

  it('carries nothing in a role that the stage does not ask for, so that Hana, who approved the parent as its head, approves K where one is asked for [LAW 13]', async () => {
    const own = [approval('approve', appr, { carriedFrom }), approval('board', head), production]
    const scenario = await submitted(
      { project: [decide(), approval('board', head), production], update: own, ...heads },
      withHana,
    )
    for (const one of ['bob', 'hana']) await scenario.given(one, 'approve', P)
    await scenario.given('rita', 'submit', update)
    expect(scenario.change('K').approvals).toMatchObject([{ person: 'bob', stage: 'approve' }])
    expect(scenario.explain('K').whoCanUnblock).toEqual(['hana'])
    await scenario.given('hana', 'approve', K)
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('carries what Bob and Hana approved of the parent to the stages that ask for their roles, in either order [LAW 14]', async () => {
    for (const asked of [
      [appr, head],
      [head, appr],
    ] as const) {
      const own = asked.map((one, place) => approval(`step-${place}`, one, { carriedFrom }))
      const scenario = await submitted(
        { project: [decide(), approval('board', head), production], update: [...own, production], ...heads },
        withHana,
      )
      for (const one of ['bob', 'hana']) await scenario.given(one, 'approve', P)
      await scenario.given('rita', 'submit', update)
      expect(scenario.change('K')).toMatchObject({ state: 'production', approvals: [{}, {}] })
      await scenario.given('paul', 'release', K)
      await sound(scenario)
    }
  })

  it('carries what Bob and Hana approved of a template to the stages that ask for their roles [LAW 14]', async () => {
    const lean = { carriedFrom: approvedTemplate().for('365d') }
    const standard = policy(
      't',
      { complies: baseline, ...heads.options },
      {
        standard: category({
          form: fixtureForm,
          template: { otherwise: 'normal' },
          flow: [approval('board', head, lean), approval('approve', appr, lean), production],
        }),
        normal: category({ form: fixtureForm, flow: [decide(), production] }),
      },
    )
    const scenario = await f0({ policies: [standard], ...withHana, submit: null })
    const template = {
      format: 'countersign/template/v1' as const,
      team: 't',
      name: 'restart',
      version: 1,
      category: 'standard',
      description: 'restart the ledger',
      fixed: { system: 'ledger', risk: 'low' },
      editable: ['title', 'reason', 'content'],
    }
    await scenario.given('dan', 'proposeTemplate', { template })
    for (const one of ['bob', 'hana'])
      await scenario.given(one, 'approveTemplate', { team: 't', name: 'restart', version: 1 })
    await scenario.given('rita', 'submit', {
      ...submitK,
      category: 'standard',
      template: { name: 'restart', version: 1 },
    })
    expect(scenario.change('K')).toMatchObject({
      state: 'production',
      approvals: [
        { person: 'hana', stage: 'board' },
        { person: 'bob', stage: 'approve' },
      ],
    })
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('counts anew when an edit leaves of four approvals only the one that was carried, and lets nobody put K into effect meanwhile [LAW 25]', async () => {
    const all = approval('approve', percent(100).of(role('appr')), { carriedFrom })
    const cast = people({ dora: ['appr'] })
    const scenario = await submitted({ project: [decide()], update: [all, production] }, { people: cast })
    await scenario.given('bob', 'approve', P)
    await scenario.given('rita', 'submit', update)
    for (const person of ['carol', 'dan', 'dora']) await scenario.given(person, 'approve', K)
    expect(scenario.change('K').state).toBe('production')
    await scenario.given('alice', 'revise', {
      ...K,
      content: { digest: content('r2'), makers: ['alice'] },
      comment: 'once more',
    })
    expect(scenario.change('K')).toMatchObject({ state: 'approve', electorates: { approve: { appr: 4 } } })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    for (const person of ['carol', 'dan', 'dora']) await scenario.given(person, 'approve', K)
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('takes over once what Bob gives on the parent: what he gives there anew, once he was compromised and came back, he or another gives on the child [LAW 48]', async () => {
    const scenario = await submitted({ project: [decide(), production] }, { people: people({}) })
    await scenario.given('bob', 'approve', P)
    await scenario.given('rita', 'submit', update)
    expect(scenario.change('K').state).toBe('production')
    await scenario.given('ada', 'recordDeparture', { person: 'bob', compromised: true })
    scenario.at(1_000)
    await scenario.given('ada', 'recordReturn', { person: 'bob' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'bob', team: '*' })
    await scenario.given('bob', 'approve', P)
    expect(scenario.change('P').state).toBe('production')
    expect(scenario.explain('K').waysOut).toEqual([
      { do: 'approve', stage: 'approve', persons: ['bob', 'carol', 'dan'] },
    ])
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await scenario.given('dan', 'approve', K)
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })
})
