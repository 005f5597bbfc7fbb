import { baseline, content, f0, fixtureForm, fixturePolicy, Scenario, submitK } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { createDesk, memoryStore } from 'countersign'
import {
  all,
  approval,
  approvals,
  approved,
  category,
  every,
  field,
  permit,
  policy,
  release,
  role,
  task,
  test as testStage,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refused } from './refusal.ts'

// Ways round the law that somebody has found, each of them closed.

const K = { change: 'K' }
const { content: _, ...noContent } = submitK
const production = release('production', { by: role('deployer') })
const one = approval('approve', approvals(1).from(role('appr')))
const people = { mia: ['appr', 'deployer', 'engineer'], leo: ['engineer'], rita: [], bob: ['appr'] }

const withFlow = (flow: Parameters<typeof fixturePolicy>[0]) =>
  fixturePolicy({
    ...flow,
    options: { roles: { appr: 'a', deployer: 'd', engineer: 'e', tester: 't', head: 'h' }, ...flow?.options },
  })

describe('nobody is separated from a maker whom nobody knows', () => {
  it('does not take somebody who was given the work for somebody who did it [LAW 1]', async () => {
    const scenario = await f0({ policies: [withFlow({ flow: [one, production] })], people, submit: null })
    await scenario.given('rita', 'submit', noContent)
    await scenario.given('mia', 'approve', K)
    await scenario.given('mia', 'assign', { ...K, to: 'leo' })
    await refused(scenario, ['mia', 'release', K], 'make.unknown', { change: 'K' })
  })

  it('does not let a review pass for the making of it [LAW 1]', async () => {
    const flow = [task('build', { by: role('engineer'), duty: 'review' }), one, production]
    const scenario = await f0({ policies: [withFlow({ flow })], people, submit: null })
    await scenario.given('rita', 'submit', noContent)
    await scenario.given('mia', 'complete', { ...K, stage: 'build' })
    await scenario.given('mia', 'approve', K)
    await scenario.given('mia', 'assign', { ...K, to: 'leo' })
    await refused(scenario, ['mia', 'release', K], 'make.unknown', { change: 'K' })
  })

  it('takes work under a name of the team for making [LAW 1]', async () => {
    const flow = [task('build', { by: role('engineer'), duty: 'craft' }), one, production]
    const scenario = await f0({ policies: [withFlow({ flow })], people, submit: null })
    await scenario.given('rita', 'submit', noContent)
    await scenario.given('mia', 'complete', { ...K, stage: 'build' })
    await refused(scenario, ['mia', 'approve', K], 'duty.conflict', { held: 'make', person: 'mia' })
  })

  it('counts the approval of a person no more who then does the work [LAW 2]', async () => {
    const flow = [one, task('build', { by: role('engineer') }), production]
    const scenario = await f0({ policies: [withFlow({ flow })], people, submit: null })
    await scenario.given('rita', 'submit', noContent)
    await scenario.given('mia', 'approve', K)
    await scenario.given('mia', 'complete', { ...K, stage: 'build' })
    expect(scenario.change('K').state).toBe('approve')
    await refused(scenario, ['mia', 'release', K], 'requirement.unmet', { state: 'approve' })
  })
})

describe('a rule that can never apply is a slip', () => {
  const conditions = [
    ['a value that the field never has', field('risk').is('hgh'), 'did you mean high'],
    ['one of several values that the field never has', field('risk').oneOf('low', 'hgh'), 'never "hgh"'],
    ['a size of something that has none', field('risk').atLeast(3), 'no number'],
    ['a member of something that is no list', field('risk').includes('low'), 'no list'],
    ['a number where there is a text', every(field('risk').is('low'), field('note').is(3)), 'integer'],
  ] as const
  it('refuses to load a policy with a condition on a field that no form can meet, and says why [LAW 97]', () => {
    for (const [what, condition, said] of conditions) {
      const requires = all(approvals(1).from(role('appr')), approvals(1).from(role('head')).when(condition))
      const flow = [approval('approve', requires), production]
      expect(() => withFlow({ flow, material: ['risk', 'note', 'system', 'content'] }), what).toThrow(said)
    }
  })

  it('refuses to load a policy whose scope compares what cannot be compared [LAW 97]', () => {
    const form = z.object({ amount: z.int(), system: z.enum(['ledger', 'billing']) })
    const flow = [
      approval('approve', approvals(1).from(role('appr')), {
        carriedFrom: approved('normal').covers({ amount: 'system' }).for('30d'),
      }),
      production,
    ]
    const options = { complies: baseline, roles: { appr: 'a', deployer: 'd' } }
    expect(() => policy('t', options, { normal: category({ form, flow }) })).toThrow('can never lie within')
  })

  it('refuses options that nobody knows, as what they ask for would be left out [LAW 97]', () => {
    const wrong = { complies: baseline, roles: {}, seperate: [] } as never
    expect(() => policy('t', wrong, {})).toThrow('did you mean separate')
    expect(() => category({ form: fixtureForm, flow: [], requestdBy: role('x') } as never)).toThrow('requestedBy')
    expect(() => approval('a', approvals(1).from(role('x')), { wehn: 1 } as never)).toThrow('wehn')
    expect(() => testStage('a', { by: role('x'), signoffs: 2 } as never)).toThrow('signOffs')
    expect(() => policy('t', { roles: {} } as never, {})).toThrow('complies')
    expect(() => category({ form: { risk: 'low' } as never, flow: [] })).toThrow('z.object')
  })

  it('refuses to load a policy in which a task hands out what a stage is for [LAW 97]', () => {
    const flow = [one, task('wave', { by: role('engineer'), duty: 'approve' }), production]
    expect(() => withFlow({ flow })).toThrow('there is a stage for it')
  })
})

describe('a control is not escaped by calling things otherwise', () => {
  it('refuses to load a policy that takes effect without a release and unapproved, and cites the clause [LAW 96]', () => {
    const flow = [task('deploy', { by: role('engineer') }), approval('note', approvals(0))]
    expect(() => withFlow({ flow })).toThrow(/CM-3 .* before the end/)
  })

  it('lets one person alone do nothing, whatever the policy permits [LAW 96]', async () => {
    const options = { permit: [permit('request', 'approve').because('the owner decides')] }
    const scenario = await f0({ policies: [withFlow({ flow: [one, production], options })], people, submit: null })
    await scenario.given('mia', 'submit', { ...noContent, content: { digest: content('r1'), makers: ['mia'] } })
    await refused(scenario, ['mia', 'approve', K], 'duty.conflict', { person: 'mia' })
  })
})

describe('what has come about since the last entry', () => {
  const two = approvals(2).from(role('appr'))
  const carriedFrom = approved('project').covers({ system: 'system' }).for('30d')
  const form = z.object({ system: z.enum(['ledger', 'billing']) })
  const rules = policy(
    't',
    { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
    {
      project: category({ form, flow: [approval('decide', two)] }),
      patch: category({ form, flow: [approval('agree', two, { carriedFrom }), production] }),
    },
  )
  const staff = {
    alice: [],
    bob: ['appr'],
    carol: ['appr'],
    dan: ['appr'],
    erin: ['appr'],
    rita: [],
    paul: ['deployer'],
  }
  const ticket = { team: 't', title: 'Rates', reason: 'the rates have changed', form: { system: 'ledger' } }
  const patch = {
    ...ticket,
    change: 'K',
    category: 'patch',
    parent: 'P',
    content: { digest: content('r1'), makers: ['alice'] },
  }
  const open = async () => {
    const scenario = await Scenario.open({ controls: baseline, policies: [rules], people: staff })
    await scenario.given('rita', 'submit', { ...ticket, change: 'P', category: 'project' })
    return scenario
  }

  it('takes over what the parent decides after the child was submitted [LAW 48]', async () => {
    const scenario = await open()
    await scenario.given('rita', 'submit', patch)
    await scenario.given('bob', 'approve', { change: 'P' })
    await scenario.given('carol', 'approve', { change: 'P' })
    expect(scenario.isApprovable('K')).toBe(true)
    expect(scenario.explain('K').whoCanUnblock).toEqual(['paul'])
    await scenario.given('paul', 'release', K)
    expect(scenario.change('K').approvals).toMatchObject([
      { person: 'bob', carried: { change: 'P' } },
      { person: 'carol', carried: { change: 'P' } },
    ])
  })

  it('opens the approval again when the carried ones have grown too old, and says who can give it [LAW 48]', async () => {
    const scenario = await open()
    await scenario.given('bob', 'approve', { change: 'P' })
    await scenario.given('carol', 'approve', { change: 'P' })
    await scenario.given('rita', 'submit', patch)
    expect(scenario.change('K').state).toBe('production')
    scenario.at(30 * 86_400_000)
    expect(scenario.explain('K').whoCanUnblock).toEqual(['bob', 'carol', 'dan', 'erin'])
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', { state: 'agree' })
    await scenario.given('dan', 'approve', K)
    await scenario.given('erin', 'approve', K)
    await scenario.given('paul', 'release', K)
  })
})

describe('time', () => {
  it('keeps out an entry from the future, after which nothing could be written any more [LAW 100]', async () => {
    const scenario = await f0()
    const command = { type: 'registerPerson', person: 'zoe', name: 'Zoe', accounts: ['zoe'] }
    await expect(
      scenario.desk.execute({ account: 'ada', command }, { at: new Date('2999-01-01') }),
    ).rejects.toMatchObject({
      code: 'clock',
    })
    await scenario.given('ada', 'registerPerson', { person: 'zoe', name: 'Zoe', accounts: ['zoe'] })
  })

  it('refuses a desk whose options are not those of a desk [LAW 100]', async () => {
    await expect(createDesk({ store: memoryStore(), clok: () => new Date(0) } as never)).rejects.toThrow(
      'did you mean clock',
    )
    await expect(createDesk({} as never)).rejects.toMatchObject({ code: 'input' })
    await expect(createDesk({ store: memoryStore(), recordRefusals: 'some' } as never)).rejects.toMatchObject({
      code: 'input',
    })
  })
})

describe('one administrator alone', () => {
  it('arranges no delegation on a change of their own [LAW 74]', async () => {
    const scenario = await f0({
      policies: [withFlow({ flow: [one, production] })],
      people: { ...people, dora: [] },
      submit: null,
    })
    const until = '2026-06-01T00:00:00Z'
    const delegation = { delegation: 'd1', principal: 'bob', to: 'dora', from: scenario.now, until }
    await scenario.given('ada', 'delegate', delegation)
    await scenario.given('rita', 'submit', { ...submitK, content: { digest: content('r1'), makers: ['ada'] } })
    await refused(scenario, ['dora', 'approve', K], 'authority.no-role', { person: 'dora' })
    await scenario.given('rita', 'submit', {
      ...submitK,
      change: 'L',
      content: { digest: content('r1'), makers: ['leo'] },
    })
    await scenario.given('dora', 'approve', { change: 'L' })
  })

  it('makes no second administrator, and so adopts no rules [LAW 95]', async () => {
    const scenario = await f0({ submit: null })
    await scenario.given('ada', 'registerPerson', { person: 'ghost', name: 'Ghost', accounts: ['ghost'] })
    await scenario.given('ada', 'appointAdministrator', { person: 'ghost' })
    await refused(scenario, ['ada', 'appointAdministrator', { person: 'ghost' }], 'duty.second-person', {
      person: 'ada',
    })
    const digest = scenario.desk.governance().policyInForce.t ?? ''
    await refused(scenario, ['ghost', 'adoptPolicy', { digest }], 'authority.not-administrator', { person: 'ghost' })
    await scenario.given('otto', 'appointAdministrator', { person: 'ghost' })
    expect(scenario.desk.governance().administrators).toContain('ghost')
  })
})

describe('what came about meanwhile, in the entry of a release', () => {
  it('is counted by the second judge as well [LAW 48]', async () => {
    const two = approvals(2).from(role('appr'))
    const form = z.object({ system: z.enum(['ledger', 'billing']) })
    const carriedFrom = approved('project').covers({ system: 'system' }).for('30d')
    const rules = policy(
      't',
      { complies: baseline, roles: { appr: 'approves', deployer: 'releases', tester: 'tests' } },
      {
        project: category({ form, flow: [approval('decide', two)] }),
        patch: category({
          form,
          flow: [testStage('verify', { by: role('tester') }), approval('agree', two, { carriedFrom }), production],
        }),
      },
    )
    const staff = { alice: [], bob: ['appr'], carol: ['appr'], erin: ['tester'], rita: [], paul: ['deployer'] }
    const ticket = { team: 't', title: 'Rates', reason: 'the rates have changed', form: { system: 'ledger' } }
    const scenario = await Scenario.open({ controls: baseline, policies: [rules], people: staff })
    await scenario.given('rita', 'submit', { ...ticket, change: 'P', category: 'project' })
    const made = { digest: content('r1'), makers: ['alice'] }
    await scenario.given('rita', 'submit', { ...ticket, change: 'K', category: 'patch', parent: 'P', content: made })
    await scenario.given('bob', 'approve', { change: 'P' })
    await scenario.given('carol', 'approve', { change: 'P' })
    await scenario.given('erin', 'signOff', { ...K, result: 'passed', evidence: [{ name: 'report' }] })
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })
})
