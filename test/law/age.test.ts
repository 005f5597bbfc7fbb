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
import { fileOf, linesOf } from '@countersign/testing/tamper'
import {
  type ApprovalOptions,
  approval,
  approvals,
  approved,
  approvedTemplate,
  category,
  policy,
  release,
  role,
  type Stage,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { day, delegated, discountOf, K, people, report, restart } from './setting.ts'

const by = role('deployer')
const verify = test('verify', { by: role('tester') })
const aged = (options: ApprovalOptions = {}) =>
  approval('approve', approvals(2).from(role('appr')), { validFor: '14d', ...options })
const fortnight: Stage[] = [verify, aged(), release('production', { by })]

/** K, approved by Bob at t0 and by Carol so much later. */
async function approvedK(flow: Stage[] = fortnight, apart = 0): Promise<Scenario> {
  const scenario = await f0Tested({ policies: [fixturePolicy({ flow })], people: people({ dora: [] }) })
  await scenario.given('bob', 'approve', K)
  scenario.at(apart)
  await scenario.given('carol', 'approve', K)
  return scenario
}

const t0 = Date.parse('2026-03-02T08:00:00.000Z')
const after = (time: number) => new Date(t0 + time).toISOString()

describe('an approval grows old', () => {
  it('refuses the release 14 days after the approval exactly, where approvals hold for 14 days, and allows it one instant earlier [LAW 52]', async () => {
    const late = await approvedK()
    late.at(after(14 * day))
    await refused(late, ['paul', 'release', K], 'requirement.unmet', {
      stages: [{ stage: 'approve', missing: { appr: 2 } }],
    })
    const early = await approvedK()
    early.at(after(14 * day - 1))
    expect(early.approvals('K')).toBe(2)
    await early.given('paul', 'release', K)
  })

  it('tells of an approval that has grown too old until when it held [LAW 52]', async () => {
    const scenario = await approvedK()
    scenario.at(after(14 * day))
    expect(discountOf(scenario, 'K', 'approve', 'bob')).toEqual({ why: 'expired', until: after(14 * day) })
  })

  it('lets each approval grow old by itself, and Bob approve again [LAW 52]', async () => {
    const scenario = await approvedK(fortnight, day)
    scenario.at(after(14 * day))
    expect(scenario.approvals('K')).toBe(1)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {
      stages: [{ stage: 'approve', missing: { appr: 1 }, discounted: [{ person: 'bob', why: 'expired' }] }],
    })
    await refused(scenario, ['carol', 'approve', K], 'approval.already-given', { person: 'carol' })
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
  })

  it('does not count the approval of Bob again that had grown too old, when he withdraws the new one [LAW 52]', async () => {
    const scenario = await approvedK()
    scenario.at(after(14 * day))
    await scenario.given('bob', 'approve', K)
    await scenario.given('bob', 'withdraw', { ...K, comment: 'not yet' })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('makes no approval younger by an edit of what is not material [LAW 52]', async () => {
    const scenario = await approvedK()
    scenario.at(after(14 * day - 1))
    await scenario.given('alice', 'revise', { ...K, form: { note: 'see the minutes' }, comment: 'clearer' })
    expect(scenario.approvals('K')).toBe(2)
    scenario.at(1)
    expect(scenario.approvals('K')).toBe(0)
  })

  it('makes no approval younger by keeping it in a later round [LAW 52]', async () => {
    const scenario = await approvedK([verify, aged({ onResubmit: 'retain' }), release('production', { by })])
    scenario.at(after(13 * day))
    await scenario.given('dan', 'reject', { ...K, comment: 'not like that' })
    await scenario.given('rita', 'resubmit', { ...K, comment: 'it is right' })
    scenario.at(after(14 * day))
    expect(scenario.approvals('K')).toBe(0)
  })

  it('takes 14 days for 336 hours, over a clock change as well [LAW 52]', async () => {
    for (const [at, counts] of [
      ['2026-04-11T12:59:59.999+02:00', 2],
      ['2026-04-11T13:00:00.000+02:00', 0],
    ] as const) {
      const scenario = await f0({ at: '2026-03-28T12:00:00+01:00', policies: [fixturePolicy({ flow: fortnight })] })
      await scenario.given('erin', 'signOff', { ...K, ...report })
      await scenario.given('bob', 'approve', K)
      await scenario.given('carol', 'approve', K)
      scenario.at(at)
      expect(scenario.approvals('K')).toBe(counts)
    }
  })

  it('asks again before production for what has grown too old since it was on staging [LAW 52]', async () => {
    const scenario = await approvedK([
      verify,
      aged(),
      release('staging', { by, environment: 'staging' }),
      release('production', { by, environment: 'production' }),
    ])
    scenario.at(after(13 * day))
    await scenario.given('paul', 'release', { ...K, environment: 'staging' })
    scenario.at(after(14 * day))
    await refused(scenario, ['paul', 'release', { ...K, environment: 'production' }], 'requirement.unmet', {
      stages: [{ stage: 'approve', missing: { appr: 2 } }],
    })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await scenario.given('paul', 'release', { ...K, environment: 'production' })
    expect(scenario.change('K').state).toBe('completed')
  })

  it('tells of K a year after its release that it was approved, as it was judged then [LAW 52]', async () => {
    const scenario = await approvedK()
    await scenario.given('paul', 'release', K)
    scenario.at(365 * day)
    expect(scenario.change('K').state).toBe('completed')
    expect(scenario.approvals('K')).toBe(2)
    await scenario.given('rita', 'close', K)
  })

  it('lets Bob approve himself once what Dora gave for him has grown too old, and not before [LAW 52]', async () => {
    const scenario = await f0Tested({ policies: [fixturePolicy({ flow: fortnight })], people: people({ dora: [] }) })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    scenario.at(after(14 * day - 1))
    await refused(scenario, ['bob', 'approve', K], 'approval.already-given', { person: 'bob', by: 'dora' })
    scenario.at(1)
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('makes no approval younger by a test that is signed off after it [LAW 52]', async () => {
    const flow = [aged(), verify, release('production', { by })]
    const scenario = await f0({ policies: [fixturePolicy({ flow })] })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    scenario.at(after(14 * day - 1))
    await scenario.given('erin', 'signOff', { ...K, ...report })
    scenario.at(1)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {
      stages: [{ stage: 'approve', missing: { appr: 2 } }],
    })
  })
})

describe('the age of an approval that was carried', () => {
  const asked = approvals(2).from(role('appr'))
  const carriedFrom = approved('project').covers({ system: 'system' }).for('30d')
  const rules = (where: { parent?: ApprovalOptions; child?: ApprovalOptions }) =>
    policy(
      't',
      { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
      {
        project: category({
          form: fixtureForm,
          flow: [approval('board', asked, where.parent), release('kick-off', { by })],
        }),
        update: category({
          form: fixtureForm,
          flow: [approval('approve', asked, { carriedFrom, ...where.child }), release('production', { by })],
        }),
      },
    )

  const family = async (where: Parameters<typeof rules>[0]) => {
    const scenario = await f0({ policies: [rules(where)], people: people({ petra: [] }), submit: null })
    const plan = { digest: content('plan'), makers: ['petra'] }
    await scenario.given('petra', 'submit', { ...submitK, change: 'P', category: 'project', content: plan })
    await scenario.given('bob', 'approve', { change: 'P' })
    await scenario.given('carol', 'approve', { change: 'P' })
    scenario.at(after(13 * day))
    await scenario.given('rita', 'submit', { ...submitK, category: 'update', parent: 'P' })
    return scenario
  }

  it('takes the age of a carried approval from the original: carried on the 13th day, it is too old on the 14th [LAW 52]', async () => {
    const scenario = await family({ child: { validFor: '14d' } })
    expect(scenario.approvals('K')).toBe(2)
    scenario.at(after(14 * day))
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('counts in the child no more what has grown too old on the parent, however long it could be carried [LAW 52]', async () => {
    const scenario = await family({ parent: { validFor: '14d' } })
    scenario.at(after(14 * day - 1))
    expect(scenario.approvals('K')).toBe(2)
    scenario.at(1)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('counts a carried approval for the 30 days of the carry, however much older the stage lets approvals grow [LAW 52]', async () => {
    const scenario = await family({ child: { validFor: '60d' } })
    scenario.at(after(30 * day))
    expect(scenario.approvals('K')).toBe(0)
  })

  it('counts in the child for no longer than the carry allows what was approved of a parent that is completed, and leaves the parent approved [LAW 52]', async () => {
    const scenario = await family({ parent: { validFor: '14d' } })
    await scenario.given('paul', 'release', { change: 'P' })
    scenario.at(after(14 * day - 1))
    expect(scenario.approvals('K')).toBe(2)
    scenario.at(after(30 * day))
    expect(scenario.approvals('P')).toBe(2)
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })
})

describe('what was carried, once K has taken effect on it', () => {
  const review = approval('review', approvals(1).from(role('head')), { within: '30d' })
  const asked = approvals(1).from(role('appr'))
  const roles = { appr: 'approves', deployer: 'releases', head: 'reviews' }

  /** K, released on what Bob has approved on the project P, on which the stage says so much of how long that holds. */
  async function leaning(of: ApprovalOptions): Promise<Scenario> {
    const carriedFrom = approved('project').covers({ system: 'system' }).for('30d')
    const rules = policy(
      't',
      { complies: baseline, roles },
      {
        project: category({ form: fixtureForm, flow: [approval('decide', asked, of), release('begin', { by })] }),
        update: category({
          form: fixtureForm,
          flow: [approval('approve', asked, { carriedFrom }), release('production', { by }), review],
        }),
      },
    )
    const cast = people({ hana: ['head'], petra: [] })
    const scenario = await f0({ policies: [rules], people: cast, submit: null })
    const plan = { digest: content('plan'), makers: ['petra'] }
    await scenario.given('petra', 'submit', { ...submitK, change: 'P', category: 'project', content: plan })
    await scenario.given('bob', 'approve', { change: 'P' })
    await scenario.given('rita', 'submit', { ...submitK, category: 'update', parent: 'P' })
    await scenario.given('paul', 'release', K)
    return scenario
  }

  it('is as old as it was then: K is reviewed, and asks for nothing anew, when Bob’s on the parent has grown too old [LAW 52]', async () => {
    const scenario = await leaning({ validFor: '5d' })
    scenario.at(6 * day)
    await scenario.given('hana', 'approve', K)
    expect(scenario.change('K').state).toBe('completed')
    await soundly(scenario)
  })

  it('stands when Bob leaves, whom the parent asks to be replaced, and not when he leaves as compromised [LAW 102]', async () => {
    for (const [compromised, state] of [
      [false, 'completed'],
      [true, 'approve'],
    ] as const) {
      const scenario = await leaning({ leavers: 'reconfirm' })
      scenario.at(1_000)
      await scenario.given('ada', 'recordDeparture', { person: 'bob', compromised })
      await scenario.given('hana', 'approve', { ...K, stage: 'review' })
      expect(scenario.change('K').state).toBe(state)
      await soundly(scenario)
    }
  })

  it('is of a template that was in use then: K is reviewed after the end of the template [LAW 53]', async () => {
    const carriedFrom = approvedTemplate().for('365d')
    const flow = (options: ApprovalOptions) => [
      approval('approve', asked, options),
      release('production', { by }),
      review,
    ]
    const rules = policy(
      't',
      { complies: baseline, roles },
      {
        standard: category({ form: fixtureForm, template: { otherwise: 'normal' }, flow: flow({ carriedFrom }) }),
        normal: category({ form: fixtureForm, flow: flow({}) }),
      },
    )
    const scenario = await f0({ policies: [rules], people: people({ hana: ['head'], tom: [] }), submit: null })
    const template = { ...restart, until: new Date(Date.parse(scenario.now) + 3 * day).toISOString() }
    await scenario.given('tom', 'proposeTemplate', { template })
    await scenario.given('bob', 'approveTemplate', { team: 't', name: 'restart', version: 1 })
    const following = { name: 'restart', version: 1 }
    await scenario.given('rita', 'submit', { ...submitK, category: 'standard', template: following })
    await scenario.given('paul', 'release', K)
    scenario.at(6 * day)
    await scenario.given('hana', 'approve', K)
    expect(scenario.change('K').state).toBe('completed')
    await soundly(scenario)
  })
})

async function soundly(scenario: Scenario): Promise<void> {
  expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
}
