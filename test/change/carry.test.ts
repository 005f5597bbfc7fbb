import { baseline, content, Scenario, submitK } from '@countersign/testing'
import {
  approval,
  approvals,
  approved,
  category,
  field,
  policy,
  release,
  role,
  type Stage,
  test,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { day, hour, people } from '../law/setting.ts'

const roles = { appr: 'approves', tester: 'tests', deployer: 'releases', head: 'heads the department' }
const shared = z.object({
  systems: z.array(z.enum(['ledger', 'billing', 'tax'])),
  site: z.enum(['oslo', 'bergen']).optional(),
})
const carriedFrom = approved('project').covers({ systems: 'systems' }).for('30d')
const go = release('go', { by: role('deployer') })
const two = approvals(2).from(role('appr'))
const one = approvals(1).from(role('appr'))

/** Projects that Bob and Carol have approved, an hour apart, and whatever leans on them. */
async function decided(
  flow: readonly Stage[],
  vary: {
    readonly within?: Record<string, string>
    readonly board?: Stage
    readonly project?: object
    readonly ahead?: readonly Stage[]
    readonly more?: object
  } = {},
): Promise<Scenario> {
  const rules = policy(
    't',
    { complies: baseline, roles },
    {
      project: category({
        form: shared,
        flow: [
          vary.board ?? approval('board', two),
          ...(vary.ahead ?? [release('kick-off', { by: role('deployer') })]),
        ],
      }),
      update: category({ form: shared, flow: [...flow] }),
      detail: category({
        form: shared,
        flow: [
          approval('agree', one, { carriedFrom: approved('update').covers({ systems: 'systems' }).for('30d') }),
          go,
        ],
      }),
    },
  )
  const scenario = await Scenario.open({ controls: baseline, policies: [rules], people: people({ petra: [] }) })
  await scenario.given('petra', 'submit', {
    ...submitK,
    change: 'P',
    category: 'project',
    form: { systems: ['ledger', 'billing'], ...vary.project },
    content: { digest: content('plan'), makers: ['petra'] },
  } as never)
  for (const person of ['bob', 'carol']) {
    await scenario.given(person, 'approve', { change: 'P', ...vary.more } as never)
    scenario.at(hour)
  }
  return scenario
}

/** Who has approved K by way of its parent, stage by stage. */
async function carriedTo(scenario: Scenario, form: object = { systems: ['ledger'] }, more: object = {}) {
  await scenario.given('rita', 'submit', { ...submitK, category: 'update', parent: 'P', form, ...more } as never)
  return scenario.change('K').approvals.map(({ stage, person }) => `${stage} ${person}`)
}

const both = ['agree bob', 'agree carol']
const leaning = [approval('agree', two, { carriedFrom }), go]

describe('the scope of what is carried', () => {
  it('covers a list whose every value lies in the parent’s, and no list with another value or without any', async () => {
    expect(await carriedTo(await decided(leaning), { systems: ['billing', 'ledger'] })).toEqual(both)
    expect(await carriedTo(await decided(leaning), { systems: ['ledger', 'tax'] })).toEqual([])
    expect(await carriedTo(await decided(leaning), { systems: [] })).toEqual([])
  })

  it('has to hold for each field that the policy names', async () => {
    const within = [
      approval('agree', two, {
        carriedFrom: approved('project').covers({ systems: 'systems', site: 'site' }).for('30d'),
      }),
      go,
    ]
    const project = { site: 'oslo' }
    const form = (site: string) => ({ systems: ['ledger'], site })
    expect(await carriedTo(await decided(within, { project }), form('oslo'))).toEqual(both)
    expect(await carriedTo(await decided(within, { project }), form('bergen'))).toEqual([])
    expect(await carriedTo(await decided(within, { project }), { systems: ['tax'], site: 'oslo' })).toEqual([])
  })

  it('covers nothing by a field that is not filled in, here or on the parent', async () => {
    const within = [
      approval('agree', two, { carriedFrom: approved('project').covers({ site: 'site' }).for('30d') }),
      go,
    ]
    expect(await carriedTo(await decided(within, { project: { site: 'oslo' } }))).toEqual([])
    expect(await carriedTo(await decided(within), { systems: ['ledger'], site: 'oslo' })).toEqual([])
    expect(await carriedTo(await decided(within))).toEqual([])
  })
})

describe('of several stages that lean on the parent', () => {
  it('the earlier takes whom it needs, and the last takes all who are left', async () => {
    const flow = [approval('agree', one, { carriedFrom }), approval('agree-too', one, { carriedFrom }), go]
    expect(await carriedTo(await decided(flow))).toEqual(['agree bob', 'agree-too carol'])
    const three = [
      ...flow.slice(0, 1),
      approval('heads', approvals(1).from(role('head')), { carriedFrom }),
      ...flow.slice(1),
    ]
    expect(await carriedTo(await decided(three))).toEqual(['agree bob', 'agree-too carol'])
  })

  it('one that does not apply takes nobody', async () => {
    const risky = approvals(1).from(role('appr')).when(field('systems').includes('tax'))
    const flow = [approval('agree', one), approval('tax', risky, { carriedFrom }), go]
    expect(await carriedTo(await decided(flow))).toEqual([])
    const first = [approval('tax', risky, { carriedFrom }), approval('agree', two, { carriedFrom }), go]
    expect(await carriedTo(await decided(first))).toEqual(both)
  })
})

describe('what was carried to a change', () => {
  it('is not carried on to one that leans on it', async () => {
    const scenario = await decided([approval('agree', two, { carriedFrom }), go])
    expect(await carriedTo(scenario)).toEqual(both)
    await scenario.given('rita', 'submit', {
      ...submitK,
      change: 'D',
      category: 'detail',
      parent: 'K',
      form: { systems: ['ledger'] },
    } as never)
    expect(scenario.change('D')).toMatchObject({ state: 'agree', approvals: [] })
  })

  it('is the parent’s, of the same team, and of the category that is named', async () => {
    const scenario = await decided(leaning)
    await scenario.given('rita', 'submit', {
      ...submitK,
      change: 'U',
      category: 'update',
      form: { systems: ['ledger'] },
    } as never)
    expect(scenario.change('U').approvals).toEqual([])
    await scenario.given('rita', 'submit', {
      ...submitK,
      change: 'V',
      category: 'update',
      parent: 'U',
      form: { systems: ['ledger'] },
    } as never)
    expect(scenario.change('V').approvals).toEqual([])
  })

  it('is recorded with where it was given, when, and until when it holds', async () => {
    const scenario = await decided(leaning)
    scenario.at(29 * day)
    expect(await carriedTo(scenario)).toEqual(both)
    expect(scenario.change('K').approvals[1]).toEqual({
      stage: 'agree',
      person: 'carol',
      chain: ['carol'],
      seats: [{ role: 'appr', capacity: 'own' }],
      at: '2026-03-02T09:00:00.000Z',
      round: 1,
      revision: 1,
      carried: { change: 'P', approval: 1, until: '2026-04-01T09:00:00.000Z' },
    })
  })
})

describe('an approval of the parent for some environments', () => {
  const steps = [
    release('stage', { by: role('deployer'), environment: 'staging' }),
    release('live', { by: role('deployer'), environment: 'live' }),
  ]
  const flow = [approval('agree', two, { carriedFrom }), ...steps]
  const environments = (scenario: Scenario) => scenario.change('K').approvals.map(one => one.environments)

  it('is carried for all of them where neither the stage nor the person names any', async () => {
    const scenario = await decided(flow, { ahead: steps })
    expect(await carriedTo(scenario)).toEqual(both)
    expect(environments(scenario)).toEqual([undefined, undefined])
  })

  it('is carried for those that the person named', async () => {
    const scenario = await decided(flow, { ahead: steps, more: { environments: ['staging'] } })
    expect(await carriedTo(scenario)).toEqual(both)
    expect(environments(scenario)).toEqual([['staging'], ['staging']])
  })

  it('is carried for those that the stage covers, and of these for those that the person named', async () => {
    const board = approval('board', two, { environments: ['staging', 'live'] })
    const covered = await decided(flow, { ahead: steps, board })
    await carriedTo(covered)
    expect(environments(covered)).toEqual([
      ['staging', 'live'],
      ['staging', 'live'],
    ])
    const named = await decided(flow, { ahead: steps, board, more: { environments: ['staging'] } })
    await carriedTo(named)
    expect(environments(named)).toEqual([['staging'], ['staging']])
  })
})

describe('a stage without a parent to lean on', () => {
  it('asks for its own approvals, after the test as before it', async () => {
    const flow = [test('verify', { by: role('tester') }), approval('agree', two, { carriedFrom }), go]
    const scenario = await decided(flow)
    expect(await carriedTo(scenario)).toEqual(both)
    expect(scenario.change('K').state).toBe('verify')
  })
})
