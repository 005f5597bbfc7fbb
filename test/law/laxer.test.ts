import { baseline, content, f0, fixtureForm, fixturePolicy, type Scenario, submitK } from '@countersign/testing'
import { bodiesOf, fileOf, type LooseBody, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import {
  all,
  any,
  approval,
  approvals,
  approvedTemplate,
  type Category,
  category,
  field,
  policy,
  policyDigest,
  type RequirementBuilder,
  release,
  role,
  type Stage,
  share,
  task,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { delegated, discountOf, K, people, report, restart, stageOf } from './setting.ts'
import { lastEntry } from './trail.ts'

const high = field('risk').is('high')
const low = field('risk').is('low')
const production = release('production', { by: role('deployer') })
const verify = test('verify', { by: role('tester') })
const two = approvals(2).from(role('appr'))

/** What is risky is decided by the head as well. */
const withBoard: Stage[] = [
  verify,
  approval('approve', two),
  approval('board', approvals(1).from(role('head')), { when: high }),
  production,
]

const roles = { appr: 'approves', tester: 'tests', deployer: 'releases', head: 'heads it', owner: 'owns the system' }

interface Vary {
  flow?: Stage[]
  form?: object
  other?: Record<string, string[]>
}

/** K, of high risk, whose test is signed off. */
async function risky(vary: Vary = {}): Promise<Scenario> {
  const scenario = await atRisk(vary)
  await scenario.given('erin', 'signOff', { ...K, ...report })
  return scenario
}

/** K, of high risk, as it was submitted. */
function atRisk({ flow = withBoard, form, other }: Vary = {}): Promise<Scenario> {
  return f0({
    policies: [fixturePolicy({ flow, options: { roles } })],
    people: people({ hana: ['head'], dora: [], ...other }),
    submit: { form: { system: 'ledger', risk: 'high', ...form } },
  })
}

const lower = { ...K, form: { risk: 'low' }, comment: 'it is not that bad' }
const raise = { ...K, form: { risk: 'high' }, comment: 'it is worse than we thought' }

describe('an edit after which more is asked for', () => {
  it('blocks K, approved by Bob and Carol, whose risk is raised so that the stricter rule applies [LAW 46]', async () => {
    const scenario = await risky({ form: { risk: 'low' } })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
    await scenario.given('alice', 'revise', raise)
    expect(stageOf(scenario, 'K', 'board')).toMatchObject({ status: 'pending', missing: { head: 1 } })
    expect(scenario.isApprovable('K')).toBe(false)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('asks for the head once K is tested and approved again by everybody who had approved it [LAW 46]', async () => {
    const scenario = await risky({ form: { risk: 'low' } })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await scenario.given('alice', 'revise', raise)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', { state: 'board' })
    await scenario.given('hana', 'approve', K)
    await scenario.given('paul', 'release', K)
  })

  it('lets anybody who may edit K ask for more: its maker, its requester, its tester, an approver [LAW 46]', async () => {
    for (const person of ['alice', 'rita', 'erin', 'bob']) {
      const scenario = await risky({ form: { risk: 'low' } })
      await scenario.given(person, 'revise', raise)
      expect(stageOf(scenario, 'K', 'board').status).toBe('pending')
    }
  })
})

describe('an edit after which less is asked for', () => {
  it('lets Bob lower the risk where the only head has no account, as the head is asked no more by that and nobody can agree [LAW 46]', async () => {
    const scenario = await risky()
    await scenario.given('ada', 'unlinkAccount', { account: 'hana' })
    await refused(scenario, ['alice', 'revise', lower], 'authority.laxer-rule', { able: ['bob', 'carol', 'dan'] })
    await scenario.given('bob', 'revise', lower)
  })

  it('lets Hana lower the risk, who stands in while nobody holds the role that the stricter rule asks for [LAW 46]', async () => {
    const more = approval('more', approvals(1).from(role('appr')), { when: high })
    const scenario = await f0({
      policies: [
        fixturePolicy({
          flow: [verify, approval('approve', approvals(1).from(role('appr'))), more, production],
          options: { roles: { ...roles, appr: { fallback: { role: 'head', when: ['vacant'] } } } },
        }),
      ],
      people: people({ bob: [], carol: [], dan: [], hana: ['head'] }),
      submit: { form: { system: 'ledger', risk: 'high' } },
    })
    const less = { ...K, form: { risk: 'low' }, comment: 'it is less than was thought' }
    await refused(scenario, ['rita', 'revise', less], 'authority.laxer-rule', { able: ['hana'] })
    await scenario.given('hana', 'revise', less as never)
    await refused(scenario, ['hana', 'approve', K], 'lifecycle.not-now')
  })

  it('refuses Alice, the maker, who lowers the risk so that a laxer rule would apply [LAW 46]', async () => {
    const scenario = await risky()
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await refused(scenario, ['alice', 'revise', lower], 'authority.laxer-rule', { person: 'alice' })
    expect(scenario.approvals('K')).toBe(2)
    expect(scenario.change('K').state).toBe('board')
  })

  it('refuses Rita, who asked for K, Erin, who tested it, and Paul, who would release it [LAW 46]', async () => {
    const scenario = await risky()
    for (const person of ['rita', 'erin', 'paul'])
      await refused(scenario, [person, 'revise', lower], 'authority.laxer-rule', { person })
  })

  it('lets Hana lower the risk, whom the stricter rule asks and who has no part in K, and approve nothing of it then [LAW 46]', async () => {
    const scenario = await risky()
    await scenario.given('hana', 'revise', lower)
    expect(stageOf(scenario, 'K', 'board').status).toBe('skipped')
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'hana', team: 't' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['hana', 'approve', K], 'duty.conflict', { person: 'hana', held: 'make' })
  })

  it('lets Hana lower the risk after she has approved, which is no part in K that would hinder her [LAW 46]', async () => {
    const scenario = await risky()
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await scenario.given('hana', 'approve', K)
    await scenario.given('hana', 'revise', lower)
    expect(scenario.approvals('K')).toBe(0)
  })

  it('refuses Hana who made K, whatever the stricter rule asks of her [LAW 46]', async () => {
    const scenario = await risky()
    await scenario.given('rita', 'assign', { ...K, to: 'hana' })
    await refused(scenario, ['hana', 'revise', lower], 'authority.laxer-rule', { person: 'hana' })
  })

  it('refuses Hana who made the parent of K [LAW 46]', async () => {
    const scenario = await f0({
      policies: [fixturePolicy({ flow: withBoard, options: { roles } })],
      people: people({ hana: ['head'] }),
      submit: null,
    })
    const theirs = { digest: content('plan'), makers: ['hana'] }
    await scenario.given('rita', 'submit', { ...submitK, change: 'P', content: theirs })
    await scenario.given('rita', 'submit', { ...submitK, parent: 'P', form: { system: 'ledger', risk: 'high' } })
    await refused(scenario, ['hana', 'revise', lower], 'authority.laxer-rule', { person: 'hana' })
  })

  it('refuses Hanna, the head, who is Alice by another id [LAW 46]', async () => {
    const scenario = await risky({ other: { hanna: ['head'] } })
    await scenario.given('ada', 'recordAlias', { person: 'hanna', is: 'alice', comment: 'she has married' })
    await refused(scenario, ['hanna', 'revise', lower], 'authority.laxer-rule')
  })

  it('refuses Dora, the delegate of Hana, who holds no such role herself [LAW 46]', async () => {
    const scenario = await risky()
    await delegated(scenario, 'hana', 'dora')
    const receipt = await scenario.when('dora', 'revise', lower)
    expect(receipt.outcome).toBe('refused')
    expect(scenario.change('K')).toMatchObject({ revision: 1, form: { risk: 'high' } })
  })

  it('refuses Bob, whom the stage that would fall away does not ask [LAW 46]', async () => {
    const scenario = await risky()
    await refused(scenario, ['bob', 'revise', lower], 'authority.laxer-rule', { person: 'bob' })
  })

  it('refuses Bob, who is asked beside the owner at one stage, to let the owner fall away or become fewer, as where they are asked at two, and lets Olga [LAW 46]', async () => {
    const [approver, head] = [approvals(1).from(role('appr')), approvals(1).from(role('head'))]
    const [owner, owners] = [approvals(1).from(role('owner')), approvals(2).from(role('owner'))]
    const different = approvals(2).from(role('owner')).fromDifferentGroups()
    const [whole, half] = [share(2, 2).of(role('owner')), share(1, 2).of(role('owner'))]
    const one = (asked: RequirementBuilder) => [verify, approval('one', asked), production]
    const asking: [flow: Stage[], able: string[]][] = [
      [
        [verify, approval('one', approver), approval('two', owner.when(high)), production],
        ['olga', 'oskar'],
      ],
      [one(all(approver, owner.when(high))), ['olga', 'oskar']],
      [one(all(approver, owners.when(high), owner)), ['olga', 'oskar']],
      [one(all(approver, whole.when(high), half)), ['olga', 'oskar']],
      [one(all(approver, different.when(high), owners)), ['olga', 'oskar']],
      [one(any(all(approver, owner.when(high)), all(head, owner))), ['hana', 'olga', 'oskar']],
      [
        [
          verify,
          approval('one', approver),
          production,
          approval('two', all(approver, owner.when(high)), { within: '1d' }),
        ],
        ['olga', 'oskar'],
      ],
    ]
    for (const [flow, able] of asking) {
      const scenario = await atRisk({ flow, other: { olga: ['owner'], oskar: ['owner'] } })
      await scenario.given('ada', 'assignGroups', { person: 'olga', groups: ['east'] })
      await scenario.given('ada', 'assignGroups', { person: 'oskar', groups: ['west'] })
      await refused(scenario, ['bob', 'revise', lower], 'authority.laxer-rule', { able })
      await scenario.given('olga', 'revise', lower)
    }
  })

  it('lets Bob agree where at one stage all whom it asks become fewer, or where the owner who falls away there is nobody [LAW 46]', async () => {
    const owner = approvals(1).from(role('owner'))
    const fewer = approval('one', all(approvals(1).from(role('appr')), two.when(high), owner.when(high)))
    const nobody = approval('one', all(approvals(1).from(role('appr')), owner.when(high)))
    for (const [stage, other, able] of [
      [fewer, { olga: ['owner'] }, ['bob', 'carol', 'dan', 'olga']],
      [nobody, {}, ['bob', 'carol', 'dan']],
    ] as const) {
      const scenario = await atRisk({ flow: [verify, stage, production], other: other as Record<string, string[]> })
      await refused(scenario, ['alice', 'revise', lower], 'authority.laxer-rule', { able })
      await scenario.given('bob', 'revise', lower)
    }
  })

  it('refuses Alice, who raised the risk herself and lowers it again [LAW 46]', async () => {
    const scenario = await risky({ form: { risk: 'low' } })
    await scenario.given('alice', 'revise', raise)
    await refused(scenario, ['alice', 'revise', lower], 'authority.laxer-rule', { person: 'alice' })
  })

  it('refuses Alice while K is with its author after a rejection, and before anybody has decided [LAW 46]', async () => {
    const scenario = await risky()
    await refused(scenario, ['alice', 'revise', lower], 'authority.laxer-rule')
    await scenario.given('bob', 'reject', { ...K, comment: 'not like that' })
    expect(scenario.change('K').state).toBe('returned')
    await refused(scenario, ['alice', 'revise', lower], 'authority.laxer-rule')
  })

  it('refuses the edit of Alice as a whole, of which only one field asks for less [LAW 46]', async () => {
    const scenario = await risky()
    const hidden = { ...lower, title: 'Round to even', content: { digest: content('r2'), makers: ['alice'] } }
    await refused(scenario, ['alice', 'revise', hidden], 'authority.laxer-rule')
  })

  it('lets Alice raise the risk where the stricter rule is a stage of its own, which takes the place of the laxer one, and not lower it again [LAW 46]', async () => {
    const smoke = test('smoke', { by: role('tester'), when: low })
    const full = test('full', { by: role('tester'), signOffs: 2, when: high })
    const light = approval('light', approvals(1).from(role('appr')), { when: low })
    const heavy = approval('heavy', approvals(3).from(role('appr')), { when: high })
    const flow = [smoke, full, light, heavy, production]
    const scenario = await atRisk({ flow, form: { risk: 'low' } })
    const raise = { ...K, form: { risk: 'high' }, comment: 'it is worse than that' }
    await scenario.given('alice', 'revise', raise)
    await refused(scenario, ['alice', 'revise', lower], 'authority.laxer-rule', { stages: ['full', 'heavy'] })
    expect(stageOf(scenario, 'K', 'heavy').requirement).toMatchObject({ needs: 3, has: 0 })
  })

  it('refuses Alice the stage that takes the place of another one and is less strict: by another role, without the evidence, with approvals that live longer, without the veto or for fewer who have it, or owed later [LAW 46]', async () => {
    const proven = test('smoke', { by: role('tester'), when: low, evidence: 'required' })
    const unproven = test('full', { by: role('tester'), when: high, evidence: 'optional' })
    const light = (more: object) => approval('light', approvals(1).from(role('appr')), { when: low, ...more })
    const heavy = (more: object, by = 'appr') => approval('heavy', approvals(2).from(role(by)), { when: high, ...more })
    const raise = { ...K, form: { risk: 'high' }, comment: 'it is worse than that' }
    const peer = approval('peer', approvals(1).from(role('appr')))
    const veto = { liftedBy: role('head') }
    for (const [flow, ...stages] of [
      [[proven, unproven, light({}), heavy({})], 'smoke'],
      [[light({}), heavy({}, 'head')], 'light'],
      [[light({ validFor: '2d' }), heavy({})], 'light'],
      [[light({ veto: { liftedBy: role('head') } }), heavy({})], 'light'],
      [[task('note', { by: role('owner'), when: low }), task('look', { by: role('appr'), when: high }), peer], 'note'],
      [[peer, production, light({ within: '1d' }), heavy({ within: '9d' })], 'light'],
      [
        [
          approval('light', any(approvals(1).from(role('head')), approvals(2).from(role('appr'))), { when: low, veto }),
          heavy({ veto }),
        ],
        'light',
      ],
    ] as const) {
      const whole = flow.some(one => one === production) ? [...flow] : [...flow, production]
      const scenario = await atRisk({ flow: whole, form: { risk: 'low' }, other: { bea: ['head'] } })
      await refused(scenario, ['alice', 'revise', raise], 'authority.laxer-rule', {
        stages: expect.arrayContaining([...stages]),
      })
    }
  })

  it('lets Alice edit what changes nothing in what is asked for [LAW 46]', async () => {
    const scenario = await risky()
    await scenario.given('alice', 'revise', { ...K, form: { note: 'see the minutes' }, comment: 'clearer' })
    await scenario.given('alice', 'revise', {
      ...K,
      content: { digest: content('r2'), makers: ['alice'] },
      comment: 'r2',
    })
    expect(scenario.change('K').revision).toBe(3)
  })

  const refusesAlice = (flow: Stage[]) => async () => {
    const scenario = await atRisk({ flow, other: { olga: ['owner'] } })
    await refused(scenario, ['alice', 'revise', lower], 'authority.laxer-rule', { person: 'alice' })
    expect(scenario.change('K').form).toMatchObject({ risk: 'high' })
  }
  const headOf = approvals(1).from(role('head')).when(high)
  const ownerOf = approvals(1).from(role('owner')).when(low)

  it(
    'refuses the edit of Alice after which two persons are asked for instead of three [LAW 46]',
    refusesAlice([verify, approval('approve', all(two, approvals(3).from(role('appr')).when(high))), production]),
  )
  it(
    'refuses the edit of Alice after which an alternative is added [LAW 46]',
    refusesAlice([verify, approval('approve', any(two, approvals(1).from(role('head')).when(low))), production]),
  )
  it(
    'refuses the edit of Alice after which a test falls away [LAW 46]',
    refusesAlice([verify, test('load', { by: role('tester'), when: high }), approval('approve', two), production]),
  )
  it(
    'refuses the edit of Alice after which a review falls away [LAW 46]',
    refusesAlice([
      task('review', { by: role('owner'), duty: 'review', when: high }),
      approval('approve', two),
      production,
    ]),
  )
  it(
    'refuses the edit of Alice after which the head is asked no more beside Bob and Carol [LAW 46]',
    refusesAlice([verify, approval('approve', all(two, headOf)), production]),
  )
  it(
    'refuses the edit of Alice after which Bob and Carol may be of one group [LAW 46]',
    refusesAlice([
      verify,
      approval('approve', all(two, approvals(2).from(role('appr')).fromDifferentGroups().when(high))),
      production,
    ]),
  )
  it(
    'refuses the edit of Alice after which the owner is asked at a stage of his own in the place of the head [LAW 46]',
    refusesAlice([
      verify,
      approval('approve', two),
      approval('board', approvals(1).from(role('head')), { when: high }),
      approval('ownership', approvals(1).from(role('owner')), { when: low }),
      production,
    ]),
  )
  it(
    'refuses the edit of Alice after which the owner is asked at the same stage in the place of the head [LAW 46]',
    refusesAlice([verify, approval('approve', all(two, headOf, ownerOf)), production]),
  )

  const pilot = (more: object) => release('pilot', { by: role('deployer'), environment: 'pilot', ...more })
  const world = (more: object = {}) => release('world', { by: role('deployer'), environment: 'world', ...more })
  const board = approval('board', approvals(1).from(role('head')))

  it('refuses Alice the edit after which K is put into effect somewhere before the head has decided, and lets Hana make it [LAW 46]', async () => {
    const scenario = await atRisk({ flow: [verify, approval('approve', two), pilot({ when: low }), board, world()] })
    await refused(scenario, ['alice', 'revise', lower], 'authority.laxer-rule', { stages: ['board'], able: ['hana'] })
    await refused(scenario, ['bob', 'revise', lower], 'authority.laxer-rule')
    await scenario.given('hana', 'revise', lower)
  })

  it('refuses Alice the edit by which K goes elsewhere without the window that it had to wait for, or without the items of a release, and lets Dan make it [LAW 46]', async () => {
    const items = { checklist: { backup: 'a backup is there' } }
    for (const last of [
      [pilot({ when: high, during: 'nights' }), world({ when: low })],
      [pilot({ when: high, ...items }), world()],
    ]) {
      const scenario = await atRisk({ flow: [verify, approval('approve', two), ...last] })
      await refused(scenario, ['alice', 'revise', lower], 'authority.laxer-rule', { able: ['bob', 'carol', 'dan'] })
      await scenario.given('dan', 'revise', lower)
    }
  })

  it('lets Alice make the edit after which K is put into effect in more places or in fewer, once as much is asked [LAW 46]', async () => {
    for (const last of [
      [pilot({ when: low }), world()],
      [pilot({ when: high }), world()],
    ]) {
      const scenario = await atRisk({ flow: [verify, approval('approve', two), board, ...last] })
      await scenario.given('alice', 'revise', lower)
    }
  })

  it('refuses Erin, whose test falls away with the second approval [LAW 46]', async () => {
    const scenario = await atRisk({
      flow: [
        test('verify', { by: role('tester'), when: high }),
        approval('approve', all(approvals(1).from(role('appr')), two.when(high))),
        production,
      ],
    })
    await refused(scenario, ['erin', 'revise', lower], 'authority.laxer-rule', {
      stages: ['verify', 'approve'],
      able: ['bob', 'carol', 'dan'],
    })
    await scenario.given('dan', 'revise', lower)
  })

  it('refuses Hugo, whom Ada, who makes K, has made head since it was submitted [LAW 46]', async () => {
    const scenario = await f0({
      policies: [fixturePolicy({ flow: withBoard, options: { roles } })],
      people: people({ hugo: [] }),
      submit: null,
    })
    scenario.at(1)
    await scenario.given('rita', 'submit', {
      ...submitK,
      form: { system: 'ledger', risk: 'high' },
      content: { digest: content('r1'), makers: ['ada'] },
    })
    scenario.at(1)
    await scenario.given('ada', 'grantRole', { role: 'head', to: 'hugo', team: 't' })
    await refused(scenario, ['hugo', 'revise', lower], 'authority.laxer-rule', { person: 'hugo' })
  })
})

const kinds = (more: Record<string, Category> = {}) =>
  policy(
    't',
    { complies: baseline, roles },
    {
      normal: category({ form: fixtureForm, flow: [verify, approval('approve', two), production] }),
      minor: category({
        form: fixtureForm,
        flow: [verify, approval('approve', approvals(1).from(role('appr'))), production],
      }),
      major: category({
        form: fixtureForm,
        flow: [verify, approval('approve', two), approval('board', approvals(1).from(role('head'))), production],
      }),
      ...more,
    },
  )

/** K as a normal change, tested, and approved by Bob and Carol. */
async function normal(more: Record<string, Category> = {}, other: Record<string, string[]> = {}): Promise<Scenario> {
  const scenario = await f0({ policies: [kinds(more)], people: people({ hana: ['head'], ...other }) })
  await scenario.given('erin', 'signOff', { ...K, ...report })
  await scenario.given('bob', 'approve', K)
  await scenario.given('carol', 'approve', K)
  return scenario
}

const to = (kind: string) => ({ ...K, category: kind, comment: `it is ${kind}` })

describe('a change of another category', () => {
  it('asks everything again of K, which Alice makes a major change, and the head as well [LAW 46]', async () => {
    const scenario = await normal()
    const before = scenario.change('K')
    await scenario.given('alice', 'recategorise', to('major'))
    const after = scenario.change('K')
    expect(after).toMatchObject({ category: 'major', revision: 2, round: 2, state: 'verify' })
    expect(after.digest).not.toBe(before.digest)
    expect(scenario.approvals('K')).toBe(0)
    expect(discountOf(scenario, 'K', 'approve', 'bob')).toEqual({ why: 'earlier-round' })
    expect(stageOf(scenario, 'K', 'verify').status).not.toBe('satisfied')
    expect((await lastEntry(scenario)).outcome).toMatchObject({
      accepted: [
        { type: 'change.recategorised', category: 'major', revision: 2, round: 2, digest: after.digest },
        { type: 'stage.entered', stage: 'verify' },
      ],
    })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', { state: 'board' })
  })

  it('refuses Alice and Rita who make K a minor change [LAW 46]', async () => {
    const scenario = await normal()
    for (const person of ['alice', 'rita', 'erin', 'paul'])
      await refused(scenario, [person, 'recategorise', to('minor')], 'authority.laxer-rule', { person })
    expect(scenario.change('K')).toMatchObject({ category: 'normal', round: 1 })
    expect(scenario.approvals('K')).toBe(2)
  })

  it('refuses Alice who makes K a major change and then a normal one again [LAW 46]', async () => {
    const scenario = await normal()
    await scenario.given('alice', 'recategorise', to('major'))
    await refused(scenario, ['alice', 'recategorise', to('normal')], 'authority.laxer-rule', { person: 'alice' })
  })

  it('lets Dan make K a minor change, whom the stricter rule asks, and does not let him approve it then [LAW 46]', async () => {
    const scenario = await normal()
    await scenario.given('dan', 'recategorise', to('minor'))
    expect(scenario.change('K').category).toBe('minor')
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['dan', 'approve', K], 'duty.conflict', { person: 'dan' })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
  })

  it('refuses Erin, who only tests K, and Hana, who reviews it, the category in which one approves it instead of two, and names Dan [LAW 46]', async () => {
    const review = approval('review', approvals(1).from(role('head')), { within: '24h' })
    const of = (count: number) =>
      category({
        form: fixtureForm,
        flow: [verify, approval('approve', approvals(count).from(role('appr'))), production, review],
      })
    const policies = [kinds({ strict: of(2), lax: of(1) })]
    const scenario = await f0({ policies, people: people({ hana: ['head'] }), submit: { category: 'strict' } })
    for (const person of ['erin', 'hana'])
      await refused(scenario, [person, 'recategorise', to('lax')], 'authority.laxer-rule', {
        person,
        stages: ['approve'],
        able: ['bob', 'carol', 'dan'],
      })
    await scenario.given('dan', 'recategorise', to('lax'))
  })

  it('refuses Dan the category in which the head is not asked, and Erin, whose test falls away with that, and lets Hana agree [LAW 46]', async () => {
    const untested = category({ form: fixtureForm, flow: [approval('approve', two), production] })
    const policies = [kinds({ untested })]
    const scenario = await f0({ policies, people: people({ hana: ['head'] }), submit: { category: 'major' } })
    await refused(scenario, ['dan', 'recategorise', to('normal')], 'authority.laxer-rule', { able: ['hana'] })
    for (const person of ['dan', 'erin'])
      await refused(scenario, [person, 'recategorise', to('untested')], 'authority.laxer-rule', {
        stages: ['verify', 'board'],
        able: ['hana'],
      })
    await scenario.given('hana', 'recategorise', to('untested'))
  })

  it('refuses Dan the category in which the head is asked no more beside him at one stage, whatever that is called there, and lets Hana agree [LAW 46]', async () => {
    const joint = category({
      form: fixtureForm,
      flow: [verify, approval('approve', all(two, approvals(1).from(role('head')))), production],
    })
    const other = category({ form: fixtureForm, flow: [verify, approval('look', two), production] })
    const policies = [kinds({ joint, other })]
    for (const kind of ['normal', 'other']) {
      const scenario = await f0({ policies, people: people({ hana: ['head'] }), submit: { category: 'joint' } })
      await refused(scenario, ['dan', 'recategorise', to(kind)], 'authority.laxer-rule', { able: ['hana'] })
      await scenario.given('hana', 'recategorise', to(kind))
    }
    // Where the head is asked at another stage, and only the test falls away, it is for all who approve.
    const apart = category({
      form: fixtureForm,
      flow: [approval('approve', two), approval('board', approvals(1).from(role('head'))), production],
    })
    const parted = await f0({
      policies: [kinds({ joint, apart })],
      people: people({ hana: ['head'] }),
      submit: { category: 'joint' },
    })
    await parted.given('dan', 'recategorise', to('apart'))
    // One of two approvals falls away as well: he is one of those who are asked for it.
    const scenario = await f0({ policies, people: people({ hana: ['head'] }), submit: { category: 'joint' } })
    await scenario.given('dan', 'recategorise', to('minor'))
  })

  it('names those of whom fewer are asked over all, however the stages are cut, and nobody who is asked for as much at another [LAW 46]', async () => {
    const [a, h, o] = [1, 1, 1].map((count, at) => approvals(count).from(role(['appr', 'head', 'owner'][at] ?? '')))
    if (a === undefined || h === undefined || o === undefined) throw new Error('three requirements')
    const cut: [RequirementBuilder[], RequirementBuilder[], able: string[], others: string[]][] = [
      [
        [a, all(h, o)],
        [h, o],
        ['bob', 'carol', 'dan'],
        ['hana', 'olga'],
      ],
      [[a, h], [h], ['bob', 'carol', 'dan'], ['hana']],
      [[all(a, h), o], [all(a, o)], ['hana'], ['bob', 'olga']],
      [[h, a, o], [a, o], ['hana'], ['bob', 'olga']],
      [[a, approvals(2).from(role('head'))], [h, h], ['bob', 'carol', 'dan'], ['hana']],
    ]
    const flowOf = (some: readonly RequirementBuilder[]): Stage[] => [
      ...some.map((one, at) => approval(`s${at}`, one)),
      production,
    ]
    for (const [before, after, able, others] of cut) {
      const policies = [
        kinds({
          strict: category({ form: fixtureForm, flow: flowOf(before) }),
          lax: category({ form: fixtureForm, flow: flowOf(after) }),
        }),
      ]
      const staff = people({ hana: ['head'], olga: ['owner'], dora: [] })
      const scenario = await f0({ policies, people: staff, submit: { category: 'strict' } })
      await refused(scenario, ['alice', 'recategorise', to('lax')], 'authority.laxer-rule', { able })
      for (const one of others)
        await refused(scenario, [one, 'recategorise', to('lax')], 'authority.laxer-rule', { able })
      await scenario.given(able[0] ?? '', 'recategorise', to('lax'))
    }
  })

  it('leaves the edit to Olga by which the owner falls away, where peers are asked for as many at a stage of another name [LAW 46]', async () => {
    const owner = approvals(1).from(role('owner'))
    const flow: Stage[] = [
      approval('many', two, { when: high }),
      approval('owned', owner, { when: high }),
      approval('few', two, { when: low }),
      production,
    ]
    const scenario = await atRisk({ flow, other: { olga: ['owner'] } })
    await refused(scenario, ['dan', 'revise', lower], 'authority.laxer-rule', { able: ['olga'] })
    await scenario.given('olga', 'revise', lower)
  })

  it('leaves it to nobody else where Hana, the only head, has made K, and to those who approve where there is no head [LAW 46]', async () => {
    const made = { ...K, content: { digest: content('r2'), makers: ['hana'] }, comment: 'she wrote a part of it' }
    const casts: [string[], string[]][] = [
      [['head'], []],
      [[], ['bob', 'carol', 'dan']],
    ]
    for (const [heads, able] of casts) {
      const scenario = await f0({ policies: [kinds()], people: people({ hana: heads }), submit: { category: 'major' } })
      await scenario.given('alice', 'revise', made)
      await refused(scenario, ['erin', 'recategorise', to('normal')], 'authority.laxer-rule', { able })
      const { outcome } = await scenario.when('dan', 'recategorise', to('normal'))
      expect(outcome).toBe(able.includes('dan') ? 'accepted' : 'refused')
    }
  })

  it('refuses Erin, whose test falls away, and Hana, whose stage stays, the category in which two approvals at two stages become one [LAW 46]', async () => {
    const by = (name: string, who: string) => approval(name, approvals(1).from(role(who)))
    const of = (...flow: Stage[]) => category({ form: fixtureForm, flow })
    const head = by('board', 'head')
    const strict = of(verify, by('a', 'appr'), by('b', 'appr'), head, production)
    const lax = of(by('c', 'appr'), head, production)
    const scenario = await f0({
      policies: [kinds({ strict, lax })],
      people: people({ hana: ['head'] }),
      submit: { category: 'strict' },
    })
    for (const person of ['erin', 'hana'])
      await refused(scenario, [person, 'recategorise', to('lax')], 'authority.laxer-rule', {
        person,
        stages: ['verify', 'b'],
        able: ['bob', 'carol', 'dan'],
      })
    await scenario.given('dan', 'recategorise', to('lax'))
  })

  it('lets Erin agree that her test falls away where the approvals stay, one of them under a new name and before the other [LAW 46]', async () => {
    const by = (name: string) => approval(name, approvals(1).from(role('appr')))
    const of = (...flow: Stage[]) => category({ form: fixtureForm, flow })
    const strict = of(verify, by('a'), by('b'), production)
    const lax = of(by('x'), by('a'), production)
    const scenario = await f0({ policies: [kinds({ strict, lax })], submit: { category: 'strict' } })
    await scenario.given('erin', 'recategorise', to('lax'))
  })

  it('refuses Alice the category in which what counts for longer, or without evidence, stands beside a stage of the old name that asks for less [LAW 46]', async () => {
    const brief = approval('approve', two, { validFor: '5d' })
    const of = (...flow: Stage[]) => category({ form: fixtureForm, flow })
    for (const [strict, lax] of [
      [
        of(verify, brief, production),
        of(verify, approval('approve', two, { validFor: '5d', when: high }), approval('agree', two), production),
      ],
      [
        of(verify, brief, production),
        of(
          verify,
          approval('approve', approvals(1).from(role('appr')), { validFor: '5d' }),
          approval('agree', two),
          production,
        ),
      ],
      [
        of(verify, approval('approve', two), production),
        of(
          test('verify', { by: role('tester'), when: high }),
          test('check', { by: role('tester'), evidence: 'optional' }),
          approval('approve', two),
          production,
        ),
      ],
    ] as const) {
      const submit = { category: 'strict', form: { system: 'ledger', risk: 'low' } } as const
      const scenario = await f0({ policies: [kinds({ strict, lax })], submit })
      await refused(scenario, ['alice', 'recategorise', to('lax')], 'authority.laxer-rule', { person: 'alice' })
    }
  })

  it('refuses Alice the category in which two sign-offs by two persons are two tests that one person signs off, or her own review [LAW 46]', async () => {
    const tester = { by: role('tester') }
    const of = (...checks: Stage[]) =>
      category({ form: fixtureForm, flow: [...checks, approval('approve', two), production] })
    for (const [strict, lax] of [
      [of(test('verify', { ...tester, signOffs: 2 })), of(verify, test('again', tester))],
      [of(verify), of(task('verify', { ...tester, duty: 'review' }))],
    ] as const) {
      const scenario = await f0({ policies: [kinds({ strict, lax })], submit: { category: 'strict' } })
      await refused(scenario, ['alice', 'recategorise', to('lax')], 'authority.laxer-rule', { person: 'alice' })
      await scenario.given('dan', 'recategorise', to('lax'))
      await scenario.given('alice', 'recategorise', to('strict'))
    }
  })

  it('refuses Alice the category in which those who approve at one of two stages may be of one group, and lets her ask four groups at one [LAW 46]', async () => {
    const apart = (name: string, count = 2) => approval(name, approvals(count).from(role('appr')).fromDifferentGroups())
    const of = (...flow: Stage[]) => category({ form: fixtureForm, flow: [verify, ...flow, production] })
    const policies = [
      kinds({
        strict: of(apart('a'), apart('b')),
        lax: of(apart('a'), approval('b', two)),
        four: of(apart('a', 4)),
      }),
    ]
    const scenario = await f0({ policies, submit: { category: 'strict' } })
    await refused(scenario, ['alice', 'recategorise', to('lax')], 'authority.laxer-rule', { stages: ['b'] })
    await scenario.given('alice', 'recategorise', to('four'))
    await refused(scenario, ['alice', 'recategorise', to('strict')], 'authority.laxer-rule')
  })

  it('refuses Alice the category in which other items are ticked, or her own work has those of the test [LAW 46]', async () => {
    const build = (more: object = {}) => task('build', { by: role('owner'), ...more })
    const tested = (items: Record<string, string>) => test('verify', { by: role('tester'), checklist: items })
    const of = (...flow: Stage[]) =>
      category({ form: fixtureForm, flow: [...flow, approval('approve', two), production] })
    const items = { sums: 'the ledger adds up', backup: 'a backup was restored' }
    const strict = of(build(), tested(items))
    for (const lax of [
      of(build(), tested({ sums: 'the ledger adds up', tea: 'there is tea' })),
      of(build({ checklist: items }), verify),
    ]) {
      const scenario = await f0({ policies: [kinds({ strict, lax })], submit: { category: 'strict' } })
      await refused(scenario, ['alice', 'recategorise', to('lax')], 'authority.laxer-rule', { stages: ['verify'] })
      await scenario.given('dan', 'recategorise', to('lax'))
    }
  })

  it('refuses Alice the category in which one approves K, of which two of four were asked when the stage opened, though two have left since [LAW 46]', async () => {
    const of = (requires: RequirementBuilder) =>
      category({ form: fixtureForm, flow: [approval('approve', requires), production] })
    const shared = of(share(1, 2).of(role('appr')))
    const policies = [kinds({ shared, single: of(approvals(1).from(role('appr'))) })]
    const scenario = await f0({ policies, people: people({ dora: ['appr'] }), submit: { category: 'shared' } })
    for (const person of ['carol', 'dan']) await scenario.given('ada', 'recordDeparture', { person })
    await refused(scenario, ['alice', 'recategorise', to('single')], 'authority.laxer-rule', { able: ['bob', 'dora'] })
    await scenario.given('bob', 'recategorise', to('single'))
  })

  it('leaves it to those who approve where the only head has no account, in whose name nobody can do anything [LAW 46]', async () => {
    const scenario = await f0({
      policies: [kinds()],
      people: people({ hana: ['head'] }),
      submit: { category: 'major' },
    })
    await refused(scenario, ['dan', 'recategorise', to('normal')], 'authority.laxer-rule', { able: ['hana'] })
    await scenario.given('ada', 'unlinkAccount', { account: 'hana' })
    const able = ['bob', 'carol', 'dan']
    await refused(scenario, ['alice', 'recategorise', to('normal')], 'authority.laxer-rule', { able })
    await scenario.given('dan', 'recategorise', to('normal'))
  })

  const owned = approval('own', approvals(1).from(role('owner')))
  const under = (...flow: Stage[]) => category({ form: fixtureForm, flow: [verify, ...flow, production] })
  const byRisk = any(two.when(low), all(two, approvals(1).from(role('owner'))).when(high))
  const owning = kinds({ own: under(approval('approve', two), owned), risky: under(approval('approve', byRisk)) })
  const withOwner = people({ olga: ['owner'], hana: ['head'] })
  const isSound = async (scenario: Scenario) =>
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })

  it('refuses Olga, who is asked only since Alice has edited K, to agree to fewer approvals than were asked before that, and names who can [LAW 46]', async () => {
    const able = ['bob', 'carol', 'dan']
    for (const [submit, type, stricter] of [
      [{}, 'recategorise', to('own')],
      [{ category: 'risky', form: { system: 'ledger', risk: 'low' } }, 'revise', raise],
    ] as const) {
      const scenario = await f0({ policies: [owning], people: withOwner, submit })
      await scenario.given('alice', type, stricter as never)
      for (const person of ['olga', 'alice'])
        await refused(scenario, [person, 'recategorise', to('minor')], 'authority.laxer-rule', {
          person,
          stages: ['approve'],
          able,
        })
      await scenario.given('bob', 'recategorise', to('minor'))
      await isSound(scenario)
    }
  })

  it('refuses Olga the policy that asks for one approval, who is asked only since Rita has moved K to another one, and lets Bob move it there [LAW 46]', async () => {
    const next = (...flow: Stage[]) => fixturePolicy({ flow: [verify, ...flow, production], options: { roles } })
    const [strict, lax] = [
      next(approval('approve', two), owned),
      next(approval('approve', approvals(1).from(role('appr')))),
    ]
    const scenario = await f0({ people: withOwner, policies: [next(approval('approve', two))] })
    const moveTo = (one: typeof strict) => ({ ...K, policy: policyDigest(one), comment: 'as adopted' })
    await scenario.adopt(strict)
    await scenario.given('rita', 'migrate', moveTo(strict))
    await scenario.adopt(lax)
    await refused(scenario, ['olga', 'migrate', moveTo(lax)], 'authority.laxer-rule', { able: ['bob', 'carol', 'dan'] })
    await scenario.given('bob', 'migrate', moveTo(lax))
    await isSound(scenario)
  })

  it('explains by which rules K was judged before Alice has edited it, until Bob has agreed to less, or K is over [LAW 46]', async () => {
    const scenario = await f0({ policies: [owning], people: withOwner })
    const before = () => scenario.explain('K').before
    expect(before()).toBeUndefined()
    await scenario.given('alice', 'recategorise', to('own'))
    const { policy: digest } = scenario.change('K')
    expect(before()).toEqual({ policy: digest, category: 'normal' })
    await scenario.given('alice', 'revise', { ...K, title: 'Round half a cent up', comment: 'so it is called' })
    expect(before()).toEqual({ policy: digest, category: 'normal' })
    await scenario.given('bob', 'recategorise', to('minor'))
    expect(before()).toBeUndefined()
    await scenario.given('rita', 'recategorise', to('own'))
    expect(before()).toEqual({ policy: digest, category: 'minor' })
    await scenario.given('rita', 'cancel', { ...K, comment: 'no need any more' })
    expect(before()).toBeUndefined()
  })

  it('lets Olga agree to what was asked before Alice has edited K, and to what Bob has agreed to since, and nobody to less whom she has come to have asked [LAW 46]', async () => {
    for (const kind of ['normal', 'minor']) {
      const scenario = await f0({ policies: [owning], people: withOwner })
      if (kind === 'minor') await scenario.given('bob', 'recategorise', to('minor'))
      await scenario.given('alice', 'recategorise', to('own'))
      await refused(scenario, ['hana', 'recategorise', to(kind)], 'authority.not-participant')
      await scenario.given('olga', 'recategorise', to(kind))
      await isSound(scenario)
    }
    const scenario = await f0({ policies: [owning], people: withOwner })
    await scenario.given('alice', 'recategorise', to('own'))
    await scenario.given('olga', 'recategorise', to('major'))
    const able = ['bob', 'carol', 'dan']
    await refused(scenario, ['hana', 'recategorise', to('minor')], 'authority.laxer-rule', { person: 'hana', able })
    await scenario.given('hana', 'recategorise', to('normal'))
    await isSound(scenario)
  })

  const at = (environment: string, more: object = {}) =>
    release(environment, { by: role('deployer'), environment, ...more })

  it('refuses Alice what asks for less than before her edits, though none of them asks for less than the one before it [LAW 46]', async () => {
    const during = { during: 'nights' }
    const byRisk = [at('production', { ...during, when: low }), at('live', { when: field('system').is('billing') })]
    const bound = { form: fixtureForm, flow: [verify, approval('approve', two), production] }
    const material = ['risk', 'content']
    const policies = [
      kinds({
        nightly: category({
          form: fixtureForm,
          flow: [verify, approval('approve', two), at('staging'), at('production', during)],
        }),
        staged: category({ form: fixtureForm, flow: [verify, approval('approve', two), at('staging')] }),
        free: category({
          form: fixtureForm,
          flow: [verify, approval('approve', two), at('staging'), at('production')],
        }),
        either: category({ form: fixtureForm, flow: [verify, approval('approve', two), at('staging'), ...byRisk] }),
        narrow: category({ ...bound, form: fixtureForm.omit({ system: true }), material }),
        loose: category({ ...bound, material }),
        strict: category({ ...bound, material: ['system', ...material] }),
      }),
    ]
    const billing = { ...K, form: { system: 'billing' }, comment: 'it is the other system' }
    for (const [kind, first, second] of [
      ['nightly', ['recategorise', to('staged')], ['recategorise', to('free')]],
      ['either', ['revise', raise], ['revise', billing]],
      [
        'strict',
        ['recategorise', { ...to('narrow'), form: { risk: 'low' } }],
        ['recategorise', { ...to('loose'), form: { risk: 'low', system: 'ledger' } }],
      ],
    ] as const) {
      const scenario = await f0({ policies, submit: { category: kind, form: { system: 'ledger', risk: 'low' } } })
      await scenario.given('alice', first[0], first[1] as never)
      await refused(scenario, ['alice', second[0], second[1]], 'authority.laxer-rule', {
        able: ['bob', 'carol', 'dan'],
      })
      await scenario.given('alice', 'revise', { ...K, title: 'another title', comment: 'it is clearer' })
      await scenario.given('bob', second[0], second[1] as never)
      await isSound(scenario)
    }
  })

  it('lets Alice go back to what was asked before her edits where that asks for no less than now, and edit what asks for no less than either [LAW 46]', async () => {
    const policies = [kinds({ again: under(approval('agree', two)) })]
    const scenario = await f0({ policies, submit: { form: { system: 'ledger', risk: 'low' } } })
    await scenario.given('alice', 'recategorise', to('again'))
    await scenario.given('alice', 'recategorise', to('normal'))
    await scenario.given('alice', 'revise', raise)
    await scenario.given('alice', 'recategorise', to('major'))
    await scenario.given('alice', 'revise', { ...lower, title: 'another title' })
    await isSound(scenario)
  })

  it('refuses Erin, whose test was asked before, to let the head fall away with it, who is asked since Bob has edited K, and lets both agree in two edits [LAW 46]', async () => {
    const flow = [
      test('verify', { by: role('tester'), when: field('system').is('ledger') }),
      approval('approve', two),
      approval('board', approvals(1).from(role('head')), { when: high }),
      production,
    ]
    const billing = { ...K, form: { system: 'billing' }, comment: 'it is the other system' }
    const both = { ...K, form: { system: 'billing', risk: 'low' }, comment: 'it is neither' }
    const scenario = await atRisk({ flow, form: { risk: 'low' } })
    await scenario.given('bob', 'revise', raise)
    await refused(scenario, ['erin', 'revise', both], 'authority.laxer-rule', {
      person: 'erin',
      stages: ['verify', 'board'],
      able: [],
    })
    await scenario.given('hana', 'revise', lower)
    await scenario.given('erin', 'revise', billing)
    await isSound(scenario)
    // Where the head may agree to nothing, it is enough that Erin may.
    const other = await atRisk({ flow, form: { risk: 'low' } })
    await other.given('bob', 'revise', { ...raise, content: { digest: content('r2'), makers: ['hana'] } })
    await other.given('erin', 'revise', both)
    await isSound(other)
  })

  it('goes on asking Bob after Olga has agreed to what she alone was asked since an edit [LAW 46]', async () => {
    const scenario = await f0({ policies: [owning], people: withOwner })
    await scenario.given('alice', 'recategorise', to('own'))
    await scenario.given('olga', 'recategorise', to('normal'))
    await scenario.given('alice', 'recategorise', to('own'))
    const able = ['bob', 'carol', 'dan']
    await refused(scenario, ['olga', 'recategorise', to('minor')], 'authority.laxer-rule', { before: 'normal', able })
    expect((await scenario.when('olga', 'recategorise', to('minor'))) as { because?: string }).toMatchObject({
      because: expect.stringContaining('than before the edits, as a change of category normal'),
    })
  })

  it('refuses Alice the category in which a stage that counts less is merged into one that counts more, and lets her merge it into one that does not [LAW 46]', async () => {
    const head = approvals(1).from(role('head'))
    const single = (name: string, more: object = {}) => approval(name, approvals(1).from(role('appr')), more)
    const optional = (signOffs: number, more: object = {}) =>
      test('smoke', { by: role('tester'), evidence: 'optional', signOffs, ...more })
    const merged = under(approval('extra', all(two, head)))
    for (const [strict, lax] of [
      [under(approval('approve', two, { validFor: '7d' }), approval('extra', head)), merged],
      [under(approval('approve', two, { leavers: 'reconfirm' }), approval('extra', head)), merged],
      [under(single('first', { leavers: 'reconfirm' }), single('second')), under(approval('second', two))],
      [
        category({ form: fixtureForm, flow: [verify, optional(1), approval('approve', two), production] }),
        category({ form: fixtureForm, flow: [optional(2), approval('approve', two), production] }),
      ],
    ] as const) {
      const scenario = await f0({
        policies: [kinds({ strict, lax })],
        people: withOwner,
        submit: { category: 'strict' },
      })
      await refused(scenario, ['alice', 'recategorise', to('lax')], 'authority.laxer-rule', { person: 'alice' })
      await scenario.given('erin', 'signOff', { ...K, ...report })
    }
    const brief = { validFor: '7d' }
    const strict = under(single('first', brief), single('second', brief))
    const alike = under(approval('second', two, brief))
    const scenario = await f0({ policies: [kinds({ strict, alike })], submit: { category: 'strict' } })
    await scenario.given('alice', 'recategorise', to('alike'))
    await isSound(scenario)
  })

  it('refuses Alice the category in which her own review, or tests, make up for what the head would have reviewed [LAW 46]', async () => {
    const review = (count: number) => approval('review', approvals(count).from(role('head')), { within: '24h' })
    const decided = [approval('approve', approvals(1).from(role('appr'))), production]
    const of = (...flow: Stage[]) => category({ form: fixtureForm, flow })
    const policies = [
      kinds({
        one: of(...decided, review(1)),
        two: of(...decided, review(2)),
        own: of(task('look', { by: role('deployer'), duty: 'review' }), ...decided),
        tests: of(test('one', { by: role('tester') }), test('two', { by: role('tester') }), ...decided),
        robots: of(test('ci', { by: role('tester'), evidence: 'optional' }), ...decided),
      }),
    ]
    for (const [kind, lax] of [
      ['one', 'own'],
      ['two', 'tests'],
      ['one', 'robots'],
    ] as const) {
      const scenario = await f0({ policies, people: withOwner, submit: { category: kind } })
      await refused(scenario, ['alice', 'recategorise', to(lax)], 'authority.laxer-rule', { person: 'alice' })
    }
  })

  it('lets Bob agree where nobody holds the role of before the edits any more, for which somebody stood in by those rules [LAW 46]', async () => {
    const kindsOf = (more: object) =>
      policy(
        't',
        { complies: baseline, roles: { ...roles, ...more } },
        { normal: under(approval('approve', two), owned), other: under(approval('approve', two)) },
      )
    const [old, next] = [kindsOf({ owner: { fallback: { role: 'head', when: ['vacant'] } } }), kindsOf({})]
    const scenario = await f0({ policies: [old], people: people({ hana: ['head'] }) })
    await scenario.adopt(next)
    await scenario.given('alice', 'migrate', { ...K, policy: policyDigest(next), comment: 'as adopted' })
    const able = ['bob', 'carol', 'dan']
    await refused(scenario, ['alice', 'recategorise', to('other')], 'authority.laxer-rule', { able })
    await scenario.given('bob', 'recategorise', to('other'))
    await isSound(scenario)
  })

  it('lets Erin agree that her test falls away, and to nothing that holds for the whole of K [LAW 46]', async () => {
    const untested = category({ form: fixtureForm, flow: [approval('approve', two), production] })
    const loose = category({
      form: fixtureForm,
      material: ['content'],
      flow: [verify, approval('approve', two), production],
    })
    for (const [kind, may] of [
      ['untested', ['erin', 'dan']],
      ['loose', ['dan']],
    ] as const)
      for (const person of ['erin', 'dan']) {
        const scenario = await f0({ policies: [kinds({ untested, loose })] })
        if ((may as readonly string[]).includes(person)) await scenario.given(person, 'recategorise', to(kind))
        else await refused(scenario, [person, 'recategorise', to(kind)], 'authority.laxer-rule', { person })
      }
  })

  it('refuses Alice a category in which a third approver takes the place of the head [LAW 46]', async () => {
    const three = approvals(3).from(role('appr'))
    const inside = category({ form: fixtureForm, flow: [verify, approval('approve', three), production] })
    const scenario = await f0({ policies: [kinds({ inside })], submit: { category: 'major' } })
    await refused(scenario, ['alice', 'recategorise', to('inside')], 'authority.laxer-rule', { person: 'alice' })
  })

  it('refuses Alice a category in which the head alone could decide in the place of Bob and Carol [LAW 46]', async () => {
    const either = category({
      form: fixtureForm,
      flow: [verify, approval('approve', any(two, approvals(2).from(role('head')))), production],
    })
    const scenario = await normal({ either })
    await refused(scenario, ['alice', 'recategorise', to('either')], 'authority.laxer-rule', { person: 'alice' })
  })

  it('refuses Alice a category without the test [LAW 46]', async () => {
    const untested = category({ form: fixtureForm, flow: [approval('approve', two), production] })
    const scenario = await normal({ untested })
    await refused(scenario, ['alice', 'recategorise', to('untested')], 'authority.laxer-rule', { person: 'alice' })
  })

  it('refuses Alice a category in which less is owed afterwards, another role tests, no window is waited for, or approvals come to count for more [LAW 46]', async () => {
    const of = (...flow: Stage[]) => category({ form: fixtureForm, flow })
    const review = (count: number, within: string) =>
      approval('review', approvals(count).from(role('head')), { within })
    const nightly = release('production', { by: role('deployer'), during: 'nights' })
    const lasting = (options: Parameters<typeof approval>[2]) => approval('approve', two, options)
    const asked = lasting({ validFor: '7d', leavers: 'reconfirm' })
    const strict = of(verify, asked, nightly, review(2, '24h'))
    for (const lax of [
      of(verify, asked, nightly),
      of(verify, asked, nightly, review(1, '24h')),
      of(verify, asked, nightly, review(2, '9d')),
      of(test('verify', { by: role('head') }), asked, nightly, review(2, '24h')),
      of(verify, asked, production, review(2, '24h')),
      of(verify, lasting({ validFor: '8d', leavers: 'reconfirm' }), nightly, review(2, '24h')),
      of(verify, lasting({ validFor: '7d' }), nightly, review(2, '24h')),
      of(verify, lasting({ validFor: '7d', leavers: 'reconfirm', onResubmit: 'retain' }), nightly, review(2, '24h')),
      of(test('verify', { by: role('tester'), evidence: 'optional' }), asked, nightly, review(2, '24h')),
      category({ form: fixtureForm, material: ['content'], flow: [verify, asked, nightly, review(2, '24h')] }),
    ]) {
      const scenario = await f0({ policies: [kinds({ strict, lax })], submit: { category: 'strict' } })
      await refused(scenario, ['alice', 'recategorise', to('lax')], 'authority.laxer-rule', { person: 'alice' })
      await scenario.given('dan', 'recategorise', to('lax'))
    }
  })

  it('lets Alice make K a change of which nothing is owed afterwards, where as many more are asked before [LAW 46]', async () => {
    const of = (...flow: Stage[]) => category({ form: fixtureForm, flow })
    const review = approval('review', approvals(1).from(role('head')), { within: '24h' })
    const quick = of(verify, approval('approve', approvals(1).from(role('appr'))), production, review)
    const scenario = await f0({ policies: [kinds({ quick })], submit: { category: 'quick' } })
    await scenario.given('alice', 'recategorise', to('normal'))
  })

  it('refuses Alice who empties the form on the way to a category that asks for less of an empty one [LAW 46]', async () => {
    const lenient = category({
      form: fixtureForm.partial(),
      flow: [verify, approval('approve', all(approvals(1).from(role('appr')), two.when(high))), production],
    })
    const scenario = await f0({ policies: [kinds({ lenient })], submit: { form: { system: 'ledger', risk: 'high' } } })
    const emptied = { ...to('lenient'), form: { system: 'ledger', risk: 'low' } }
    await refused(scenario, ['alice', 'recategorise', emptied], 'authority.laxer-rule', { person: 'alice' })
  })

  it('brings no approval back when K is made a major change and then a normal one again by Hana, who may [LAW 46]', async () => {
    const scenario = await normal()
    const { digest } = scenario.change('K')
    await scenario.given('alice', 'recategorise', to('major'))
    await scenario.given('hana', 'recategorise', to('normal'))
    expect(scenario.change('K')).toMatchObject({ digest, round: 3 })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('refuses Alice, who made K as a normal change, to approve the major one [LAW 46]', async () => {
    const scenario = await normal({}, { alice: ['head', 'appr'] })
    await scenario.given('rita', 'recategorise', to('major'))
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice', held: 'make' })
  })

  it('refuses a decision that names what K was before [LAW 46]', async () => {
    const scenario = await normal()
    const { revision, digest } = scenario.change('K')
    await scenario.given('alice', 'recategorise', to('major'))
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['dan', 'approve', { ...K, revision, digest }], 'binding.revision', {
      named: 1,
      current: 2,
    })
  })

  it('refuses a category that is not there, the same one, and one whose form K does not fit [LAW 46]', async () => {
    const scenario = await normal({
      other: category({
        form: fixtureForm.omit({ risk: true }),
        flow: [verify, approval('approve', two), production],
      }),
    })
    await refused(scenario, ['alice', 'recategorise', to('majr')], 'policy.no-category', { category: 'majr' })
    await refused(scenario, ['alice', 'recategorise', to('normal')], 'nothing-to-do')
    await refused(scenario, ['alice', 'recategorise', to('other')], 'form.invalid')
  })

  it('refuses a stranger who gives K another category [LAW 46]', async () => {
    const scenario = await normal({}, { zoe: [] })
    await refused(scenario, ['zoe', 'recategorise', to('major')], 'authority.not-participant', { person: 'zoe' })
  })

  it('refuses Alice and Rita the category that only the head may ask for [LAW 46]', async () => {
    const reserved = category({
      form: fixtureForm,
      requestedBy: role('head'),
      flow: [verify, approval('approve', two), production],
    })
    const scenario = await normal({ reserved })
    for (const person of ['alice', 'rita'])
      await refused(scenario, [person, 'recategorise', to('reserved')], 'authority.no-role', { roles: ['head'] })
  })

  it('refuses Rita the edit out of the bounds of a template into such a category as well, as head by Alice alone [LAW 106]', async () => {
    const carriedFrom = approvedTemplate().for('365d')
    const rules = policy(
      't',
      { complies: baseline, roles: { appr: 'approves', deployer: 'releases', head: 'heads', tester: 'tests' } },
      {
        standard: category({
          form: fixtureForm,
          template: { otherwise: 'reserved' },
          flow: [approval('approve', two, { carriedFrom }), production],
        }),
        reserved: category({
          form: fixtureForm,
          requestedBy: role('head'),
          flow: [approval('approve', two), production],
        }),
      },
    )
    const cast = people({ hana: ['head'], tom: [] })
    const scenario = await f0({ policies: [rules], people: cast, submit: null })
    for (const by of ['ada', 'otto']) await scenario.given(by, 'appointAdministrator', { person: 'alice' })
    const template = restart
    await scenario.given('tom', 'proposeTemplate', { template })
    for (const by of ['bob', 'carol'])
      await scenario.given(by, 'approveTemplate', { team: 't', name: 'restart', version: 1 })
    const following = { name: 'restart', version: 1 }
    await scenario.given('rita', 'submit', {
      ...submitK,
      category: 'standard',
      template: following,
    })
    const grant = (by: string) => scenario.given(by, 'grantRole', { role: 'head', to: 'rita', team: '*' })
    const edit = { ...K, form: { system: 'billing', risk: 'low' }, comment: 'it was billing' }
    await grant('alice')
    await refused(scenario, ['rita', 'revise', edit], 'authority.granted-by-participant', { able: ['hana'] })
    await grant('otto')
    await scenario.given('rita', 'revise', edit)
    expect(scenario.change('K').category).toBe('reserved')
    const { status } = verifyTrail([fileOf(await linesOf(scenario.store))])
    expect(status).toBe('sound')
  })

  it('refuses Rita the category that only the head may ask for, as head by Alice alone, who made K, and lets her where Otto made her head, too [LAW 106]', async () => {
    const reserved = category({
      form: fixtureForm,
      requestedBy: role('head'),
      flow: [verify, approval('approve', two), production],
    })
    const scenario = await normal({ reserved }, { hugo: ['head'] })
    for (const by of ['ada', 'otto']) await scenario.given(by, 'appointAdministrator', { person: 'alice' })
    const grant = (by: string) => scenario.given(by, 'grantRole', { role: 'head', to: 'rita', team: '*' })
    await grant('alice')
    await refused(scenario, ['rita', 'recategorise', to('reserved')], 'authority.granted-by-participant', {
      person: 'rita',
      role: 'head',
      by: 'alice',
      able: ['hana', 'hugo'],
    })
    await refused(scenario, ['alice', 'recategorise', to('reserved')], 'authority.no-role', {
      able: ['hana', 'hugo'],
    })
    await grant('otto')
    await scenario.given('rita', 'recategorise', to('reserved'))
    const bodies = bodiesOf(await linesOf(scenario.store))
    expect(verifyTrail([fileOf(reseal(bodies))])).toMatchObject({ status: 'sound', findings: [] })
    const byAlice = bodies.map(body => {
      const granted = body.by as { account: string }
      const text = JSON.stringify(body)
      const isOtto = granted.account === 'otto' && text.includes('"grantRole"') && text.includes('"to":"rita"')
      return isOtto ? (JSON.parse(text.replaceAll('"otto"', '"alice"')) as LooseBody) : body
    })
    expect(Object.keys(verifyTrail([fileOf(reseal(renumber(byAlice)))]).codes)).toEqual(
      expect.arrayContaining(['decision.unjustified', 'duty.violated']),
    )
  })

  it('does not shed the veto of Dan by a category that knows no veto [LAW 46]', async () => {
    const vetoed = category({
      form: fixtureForm,
      flow: [verify, approval('approve', two, { veto: { liftedBy: role('head') } }), production],
    })
    const scenario = await f0({ policies: [kinds({ vetoed })], submit: { category: 'vetoed' } })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('dan', 'reject', { ...K, comment: 'over my dead body' })
    await scenario.when('alice', 'recategorise', to('normal'))
    await scenario.when('erin', 'signOff', { ...K, ...report })
    await scenario.when('bob', 'approve', K)
    await scenario.when('carol', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(false)
    expect((await scenario.when('paul', 'release', K)).outcome).toBe('refused')
  })

  it('refuses to give K another category once it has been put into effect or cancelled [LAW 46]', async () => {
    const released = await normal()
    await released.given('paul', 'release', K)
    await refused(released, ['alice', 'recategorise', to('major')], 'lifecycle.not-now', { state: 'completed' })
    const cancelled = await normal()
    await cancelled.given('rita', 'cancel', { ...K, comment: 'not needed' })
    await refused(cancelled, ['alice', 'recategorise', to('major')], 'lifecycle.not-now', { state: 'cancelled' })
  })
})
