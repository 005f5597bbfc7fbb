import { content, f0, f0Tested, fixturePolicy, normalFlow, submitK } from '@countersign/testing'
import { createDesk } from 'countersign'
import {
  all,
  any,
  approval,
  approvals,
  controls,
  field,
  parsePolicy,
  policyDigest,
  release,
  role,
  test,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { delegated, discountOf, f0Approved, hour, K, people, report, stageOf } from './setting.ts'
import { eventsOf, lastEntry, trailOf } from './trail.ts'

const high = field('risk').is('high')

/** Controls that ask for nothing, so that a case can look at what a policy says by itself. */
const silent = controls('silent', {})

describe('each person counts once', () => {
  it('counts Bob once who approves twice with different comments [LAW 20]', async () => {
    const scenario = await f0Tested()
    await scenario.given('bob', 'approve', { ...K, comment: 'fine' })
    await refused(scenario, ['bob', 'approve', { ...K, comment: 'fine indeed' }], 'approval.already-given', {
      person: 'bob',
      by: 'bob',
    })
    expect(scenario.approvals('K')).toBe(1)
    expect(scenario.change('K').approvals).toHaveLength(1)
  })

  it('counts Bob once who approves twice at the same moment [LAW 20]', async () => {
    const scenario = await f0Tested()
    const receipts = await Promise.all([scenario.when('bob', 'approve', K), scenario.when('bob', 'approve', K)])
    expect(receipts.map(one => one.outcome).toSorted()).toEqual(['accepted', 'refused'])
    expect(scenario.approvals('K')).toBe(1)
  })

  it('counts Bob once who approves at two desks on the same trail at the same moment [LAW 20]', async () => {
    const scenario = await f0Tested()
    const other = await createDesk({ store: scenario.store, clock: () => new Date(scenario.now) })
    const { revision, digest } = scenario.change('K')
    const approve = { ...K, revision, digest }
    const receipts = await Promise.all([scenario.desk.by('bob').approve(approve), other.by('bob').approve(approve)])
    expect(receipts.map(one => one.outcome).toSorted()).toEqual(['accepted', 'refused'])
    expect((await eventsOf(scenario)).filter(event => event.type === 'approval.granted')).toHaveLength(1)
  })

  it('counts Bob once who approves again after a withdrawal [LAW 20]', async () => {
    const scenario = await f0Tested()
    await scenario.given('bob', 'approve', K)
    await scenario.given('bob', 'withdraw', { ...K, comment: 'too early' })
    expect(scenario.approvals('K')).toBe(0)
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('makes one event of the identical command with the same id, submitted twice after a time-out [LAW 21]', async () => {
    const scenario = await f0Tested()
    const approve = { ...K, comment: 'fine' }
    const first = await scenario.when('bob', 'approve', approve, { id: 'retry-01' })
    const size = (await trailOf(scenario)).length
    const change = structuredClone(scenario.change('K'))
    const second = await scenario.when('bob', 'approve', approve, { id: 'retry-01' })
    expect((await trailOf(scenario)).length).toBe(size)
    expect(scenario.change('K')).toEqual(change)
    expect(scenario.approvals('K')).toBe(1)
    const { change: _, ...receipt } = first as typeof first & { change?: unknown }
    expect(second).toMatchObject(receipt)
  })

  it('returns the same result for the repeated command in every part, the change after it included [LAW 21]', async () => {
    const scenario = await f0Tested()
    const first = await scenario.when('bob', 'approve', K, { id: 'retry-01' })
    expect(await scenario.when('bob', 'approve', K, { id: 'retry-01' })).toEqual(first)
  })

  it('returns the same change for the repeated command where people were registered before it was given, and since [LAW 21]', async () => {
    const scenario = await f0Tested()
    await scenario.given('ada', 'registerPerson', { person: 'zoe', name: 'Zoe', accounts: ['zoe'] })
    const first = await scenario.when('bob', 'approve', K, { id: 'retry-01' })
    await scenario.given('ada', 'registerPerson', { person: 'zed', name: 'Zed', accounts: ['zed'] })
    await scenario.given('carol', 'approve', K)
    expect(await scenario.when('bob', 'approve', K, { id: 'retry-01' })).toEqual(first)
  })

  it('makes one event of the identical command given twice at the same moment [LAW 21]', async () => {
    const scenario = await f0Tested()
    const [first, second] = await Promise.all([
      scenario.when('bob', 'approve', K, { id: 'retry-01' }),
      scenario.when('bob', 'approve', K, { id: 'retry-01' }),
    ])
    expect(first).toMatchObject({ outcome: 'accepted' })
    expect(second).toMatchObject({ outcome: 'accepted', seq: (first as { seq: number }).seq })
    expect(scenario.approvals('K')).toBe(1)
  })

  it('returns the same refusal, recorded once, for a self-approval submitted twice with the same id [LAW 21]', async () => {
    const scenario = await f0Tested({ people: people({ alice: ['appr'] }) })
    const first = await scenario.when('alice', 'approve', K, { id: 'retry-01' })
    const size = (await trailOf(scenario)).length
    expect(await scenario.when('alice', 'approve', K, { id: 'retry-01' })).toEqual(first)
    expect((await trailOf(scenario)).length).toBe(size)
  })

  it('refuses another command under an id that was used, and another account under it too [LAW 21]', async () => {
    const scenario = await f0Tested()
    await scenario.when('bob', 'approve', { ...K, comment: 'fine' }, { id: 'retry-01' })
    const other = await scenario.when('bob', 'approve', { ...K, comment: 'not fine' }, { id: 'retry-01' })
    const someone = await scenario.when('carol', 'approve', { ...K, comment: 'fine' }, { id: 'retry-01' })
    for (const receipt of [other, someone]) {
      expect(receipt).toMatchObject({
        outcome: 'refused',
        refusal: { code: 'command.id-reused', facts: { id: 'retry-01' } },
      })
    }
    expect(scenario.approvals('K')).toBe(1)
  })
})

describe('a change of mind', () => {
  it('no longer counts the approval of Bob who then rejects, and sends K back [LAW 22]', async () => {
    const scenario = await f0Tested()
    await scenario.given('bob', 'approve', K)
    await scenario.given('bob', 'reject', { ...K, comment: 'the rounding is wrong' })
    expect(scenario.approvals('K')).toBe(0)
    expect(discountOf(scenario, 'K', 'approve', 'bob')).toEqual({
      why: 'ended',
      ended: { how: 'rejected', at: scenario.now },
    })
    expect(scenario.change('K').state).toBe('returned')
    await refused(scenario, ['paul', 'release', K], 'lifecycle.not-now', { state: 'returned' })
  })

  it('lets Bob reject after the quorum was reached and before the release, and then nothing is released [LAW 22]', async () => {
    const scenario = await f0Approved()
    await scenario.given('bob', 'reject', { ...K, comment: 'the rounding is wrong' })
    expect(scenario.change('K').state).toBe('returned')
    await refused(scenario, ['paul', 'release', K], 'lifecycle.not-now', { state: 'returned' })
  })

  it('lets Bob take his approval back while an earlier stage of K is open again [LAW 22]', async () => {
    const scenario = await f0Tested({ people: people({ tess: ['tester'] }) })
    await scenario.given('bob', 'approve', K)
    await scenario.given('rita', 'assign', { ...K, to: 'erin' })
    expect(scenario.change('K').state).toBe('verify')
    await scenario.given('bob', 'withdraw', { ...K, comment: 'the test was worth nothing' })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('lets Bob reject what he approved while an earlier stage of K is open again [LAW 22]', async () => {
    const scenario = await f0Approved({ people: people({ tess: ['tester'] }) })
    await scenario.given('rita', 'assign', { ...K, to: 'erin' })
    await scenario.given('bob', 'reject', { ...K, comment: 'the test was worth nothing' })
    expect(scenario.approvals('K')).toBeLessThan(2)
    expect(scenario.change('K').state).toBe('returned')
  })

  it('lets Dora reject for Bob what she approved for him while an earlier stage of K is open again, and Nora nothing for Carol [LAW 22]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [], nora: [] }) })
    await delegated(scenario, 'bob', 'dora')
    await delegated(scenario, 'carol', 'nora')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    await scenario.given('rita', 'assign', { ...K, to: 'erin' })
    await refused(scenario, ['nora', 'reject', { ...K, comment: 'no', for: 'carol' }], 'lifecycle.not-now')
    await scenario.given('dora', 'reject', { ...K, comment: 'no', for: 'bob' })
    expect(scenario.change('K')).toMatchObject({ state: 'returned', rejections: [{ chain: ['dora', 'bob'] }] })
  })

  it('does not bring the approval of Bob back to life when K is submitted again after his rejection [LAW 22]', async () => {
    const scenario = await f0Tested()
    await scenario.given('bob', 'approve', K)
    await scenario.given('bob', 'reject', { ...K, comment: 'the rounding is wrong' })
    await scenario.given('rita', 'resubmit', { ...K, comment: 'please look again' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(scenario.approvals('K')).toBe(0)
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })
})

describe('no rule, and nobody to ask', () => {
  it('blocks K as vacant from its submission where appr has no holder, and approves nothing by itself [LAW 26]', async () => {
    const scenario = await f0Tested({ people: people({ bob: [], carol: [], dan: [] }) })
    expect((await eventsOf(scenario)).find(event => event.type === 'change.blocked')).toEqual({
      type: 'change.blocked',
      stage: 'approve',
      status: 'vacant',
      missing: { appr: 2 },
      excluded: {},
    })
    expect(scenario.change('K').state).toBe('approve')
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({
      status: 'vacant',
      missing: { appr: 2 },
      eligible: [],
      requirement: { status: 'vacant', role: 'appr', needs: 2, has: 0, persons: [] },
    })
    expect(scenario.explain('K').whoCanUnblock).toEqual([])
    expect(scenario.isApprovable('K')).toBe(false)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', { state: 'approve' })
  })

  it('blocks K as vacant where only a robot holds appr [LAW 26]', async () => {
    const scenario = await f0({ people: people({ bob: [], carol: [], dan: [] }), submit: null })
    await scenario.given('ada', 'registerBot', { bot: 'appr-bot', controller: 'bob', accounts: ['appr-bot'] })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'appr-bot', team: '*' })
    await scenario.given('rita', 'submit', submitK)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('vacant')
  })

  it('blocks K as vacant where the one holder of appr has left, or holds it in another team, or no longer [LAW 26]', async () => {
    const scenario = await f0({ people: people({ bob: ['appr'], carol: [], dan: [] }), submit: null })
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'carol', team: 'other' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'dan', team: 't', until: '2026-03-02T09:00:00Z' })
    scenario.at('2026-03-02T09:00:00.000Z')
    await scenario.given('rita', 'submit', submitK)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('vacant')
    await scenario.given('erin', 'signOff', { ...K, ...report })
    for (const person of ['carol', 'dan'])
      await refused(scenario, [person, 'approve', K], 'authority.no-role', { person })
    await refused(scenario, ['bob', 'approve', K], 'identity.departed', { person: 'bob' })
  })

  it('blocks K at submission where of the two that are needed one made it, and tells about both [LAW 27]', async () => {
    const scenario = await f0({ people: people({ alice: ['appr'], carol: [], dan: [] }) })
    expect((await eventsOf(scenario)).find(event => event.type === 'change.blocked')).toEqual({
      type: 'change.blocked',
      stage: 'approve',
      status: 'unsatisfiable',
      missing: { appr: 1 },
      excluded: { alice: { why: 'conflict', how: 'made content', duties: ['make', 'approve'], clause: 'CM-1' } },
    })
    const { status, eligible } = stageOf(scenario, 'K', 'approve')
    expect(status).toBe('unsatisfiable')
    expect(eligible).toMatchObject([
      {
        person: 'alice',
        excluded: { why: 'conflict', how: 'made content', duties: ['make', 'approve'], clause: 'CM-1' },
      },
      { person: 'bob' },
    ])
    expect(eligible.find(one => one.person === 'bob')?.excluded).toBeUndefined()
  })

  it('stays blocked as unsatisfiable after the only one who can has approved [LAW 27]', async () => {
    const scenario = await f0Tested({ people: people({ alice: ['appr'], carol: [], dan: [] }) })
    await scenario.given('bob', 'approve', K)
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({
      status: 'unsatisfiable',
      requirement: { status: 'unsatisfiable', needs: 2, has: 1, persons: ['bob'] },
    })
    expect(scenario.isApprovable('K')).toBe(false)
  })

  it('does not take a delegate of Alice, who made K, for the missing second person [LAW 27]', async () => {
    const scenario = await f0({ people: people({ alice: ['appr'], carol: [], dan: [], dora: [] }), submit: null })
    await delegated(scenario, 'alice', 'dora')
    await scenario.given('rita', 'submit', submitK)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('unsatisfiable')
    expect(scenario.explain('K').whoCanUnblock).not.toContain('dora')
  })

  it('blocks two roles at submission that only one person holds [LAW 27]', async () => {
    const flow = [
      approval('approve', all(approvals(1).from(role('appr')), approvals(1).from(role('head')))),
      release('production', { by: role('deployer') }),
    ]
    const scenario = await f0({
      policies: [fixturePolicy({ flow })],
      people: people({ bob: ['appr', 'head'], carol: [], dan: [] }),
    })
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'unsatisfiable' })
  })

  it('refuses the submission of a ticket whose category no rule knows, naming the near ones [LAW 28]', async () => {
    const scenario = await f0({ submit: null })
    await refused(scenario, ['rita', 'submit', { ...submitK, category: 'normall' }], 'policy.no-category', {
      team: 't',
      category: 'normall',
      known: ['normal'],
      near: '; did you mean normal?',
    })
    expect(scenario.desk.change('K')).toBeUndefined()
  })

  it('refuses the submission for a team that has no policy [LAW 28]', async () => {
    const scenario = await f0({ submit: null })
    await refused(scenario, ['rita', 'submit', { ...submitK, team: 'u' }], 'policy.none', { team: 'u' })
  })

  it('refuses the submission for a team whose policy is proposed and not adopted [LAW 28]', async () => {
    const scenario = await f0({ submit: null, policies: [] })
    for (const name of ['appr', 'tester', 'deployer', 'head']) {
      if (scenario.desk.governance().roles[name] === undefined) {
        await scenario.given('ada', 'defineRole', { role: name, description: name })
      }
    }
    await scenario.given('ada', 'proposePolicy', { policy: fixturePolicy() })
    await refused(scenario, ['rita', 'submit', submitK], 'policy.none', { team: 't' })
  })

  it('refuses at submission a form to which no approval rule applies, as none of the conditions holds [LAW 29]', async () => {
    const flow = [
      test('verify', { by: role('tester') }),
      approval('peer', approvals(1).from(role('appr')), { when: high }),
      approval('head', approvals(1).from(role('head')).when(high)),
      release('production', { by: role('deployer') }),
    ]
    const scenario = await f0({ submit: null, policies: [fixturePolicy({ flow })] })
    await refused(scenario, ['rita', 'submit', submitK], 'policy.no-rule', { stages: ['peer', 'head'] })
    expect(scenario.desk.change('K')).toBeUndefined()
  })

  it('refuses an edit after which no approval rule would apply [LAW 29]', async () => {
    const flow = [
      approval('peer', approvals(1).from(role('appr')), { when: high }),
      release('production', { by: role('deployer') }),
    ]
    const scenario = await f0({
      policies: [fixturePolicy({ flow })],
      submit: { form: { system: 'ledger', risk: 'high' } },
    })
    await refused(
      scenario,
      ['alice', 'revise', { ...K, form: { risk: 'low' }, comment: 'not so bad' }],
      'policy.no-rule',
      { stages: ['peer'] },
    )
  })

  it('refuses a form that leaves out the field by which the rules decide [LAW 29]', async () => {
    const flow = [
      approval('peer', approvals(1).from(role('appr'))),
      approval('extra', approvals(1).from(role('head')), { when: field('note').is('big') }),
      release('production', { by: role('deployer') }),
    ]
    const scenario = await f0({
      submit: null,
      policies: [fixturePolicy({ flow, material: ['system', 'risk', 'note', 'content'] })],
    })
    await refused(scenario, ['rita', 'submit', submitK], 'policy.unknown-field', { stage: 'extra' })
  })

  it('does not release without approval where the only rule that applies stands after the release [LAW 29]', async () => {
    const flow = [
      approval('peer', approvals(1).from(role('appr')), { when: high }),
      release('production', { by: role('deployer') }),
      approval('review', approvals(1).from(role('appr'))),
    ]
    const released = async () => {
      const scenario = await f0({ policies: [fixturePolicy({ flow })] })
      await scenario.given('paul', 'release', K)
      return scenario.change('K').releases.length
    }
    // It may be refused when the policy is written, when K is submitted or when it is released, but refused it must be.
    await expect(released()).rejects.toThrow(/CM-3|no rule|requirement/)
  })

  it('does not release without approval where the controls ask for one and only a stage of 0 applies [LAW 29]', async () => {
    const flow = [
      approval('peer', any(approvals(1).from(role('appr')).when(high))),
      approval('note', approvals(0)),
      release('production', { by: role('deployer') }),
    ]
    const released = async () => {
      const scenario = await f0({ policies: [fixturePolicy({ flow })] })
      await scenario.given('paul', 'release', K)
      return scenario.change('K').approvals.length
    }
    await expect(released()).rejects.toThrow(/CM-3|no rule|requirement/)
  })
})

describe('what a rule asks', () => {
  const oneStage = (requires: Parameters<typeof approval>[1]) => [
    approval('approve', requires),
    release('production', { by: role('deployer') }),
  ]

  it('refuses to load a rule that leaves out what it asks for [LAW 30]', () => {
    const written = fixturePolicy()
    for (const requires of [
      undefined,
      {},
      { approvals: 2 },
      { from: 'appr' },
      { all: [] },
      { any: [] },
      { approvals: -1, from: 'appr' },
    ]) {
      const flow = [{ kind: 'approval', name: 'approve', requires }, normalFlow()[2]]
      const data = {
        ...written,
        complies: { controls: 'silent', digest: written.complies.digest },
        categories: { normal: { ...written.categories.normal, flow } },
      }
      expect(() => parsePolicy(data, silent)).toThrow(/flow\.0/)
    }
  })

  it('accepts approvals of 0 said aloud, and shows the stage as pre-authorised [LAW 30]', async () => {
    const policy = fixturePolicy({ options: { complies: silent }, flow: oneStage(approvals(0)) })
    const scenario = await f0({ controls: silent, policies: [policy] })
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({
      status: 'satisfied',
      requirement: { preauthorised: true },
    })
    await scenario.given('paul', 'release', K)
    expect(scenario.change('K').state).toBe('completed')
  })

  it('takes approvals of 0 beside a rule that asks for one as asking for one [LAW 30]', async () => {
    const policy = fixturePolicy({
      options: { complies: silent },
      flow: oneStage(all(approvals(0), approvals(1).from(role('appr')))),
    })
    const scenario = await f0({ controls: silent, policies: [policy] })
    expect(scenario.change('K').state).toBe('approve')
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('asks for three where one rule asks for one and another, which also applies, for three [LAW 31]', async () => {
    const flow = oneStage(all(approvals(1).from(role('appr')), approvals(3).from(role('appr')).when(high)))
    const scenario = await f0({
      policies: [fixturePolicy({ flow })],
      submit: { form: { system: 'ledger', risk: 'high' } },
    })
    await scenario.given('bob', 'approve', K)
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'pending', missing: { appr: 2 } })
    await scenario.given('carol', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(false)
    await scenario.given('dan', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('asks for one where the rule that asks for three does not apply [LAW 31]', async () => {
    const flow = oneStage(all(approvals(1).from(role('appr')), approvals(3).from(role('appr')).when(high)))
    const scenario = await f0({ policies: [fixturePolicy({ flow })] })
    await scenario.given('bob', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('is satisfied by one approval where the two rules are joined by an explicit any [LAW 31]', async () => {
    const flow = oneStage(any(approvals(1).from(role('appr')), approvals(3).from(role('appr')).when(high)))
    const scenario = await f0({
      policies: [fixturePolicy({ flow })],
      submit: { form: { system: 'ledger', risk: 'high' } },
    })
    await scenario.given('bob', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('asks for two stages one after the other by different persons, whatever each asks by itself [LAW 31]', async () => {
    const flow = [
      approval('peer', approvals(1).from(role('appr'))),
      approval('board', approvals(2).from(role('appr'))),
      release('production', { by: role('deployer') }),
    ]
    const scenario = await f0({ policies: [fixturePolicy({ flow })] })
    for (const person of ['bob', 'carol', 'dan']) {
      expect(scenario.isApprovable('K')).toBe(false)
      await scenario.given(person, 'approve', K)
    }
    expect(scenario.isApprovable('K')).toBe(true)
  })
})

describe('the order of the stages', () => {
  const twoStages = fixturePolicy({
    flow: [
      approval('tech', approvals(1).from(role('appr'))),
      approval('business', approvals(1).from(role('head'))),
      release('production', { by: role('deployer') }),
    ],
  })

  it('refuses Hana, who approves for the business, before the technical stage is complete [LAW 33]', async () => {
    const scenario = await f0({ policies: [twoStages], people: people({ hana: ['head'] }) })
    await refused(scenario, ['hana', 'approve', K], 'authority.no-role', { person: 'hana', roles: ['appr'] })
    await refused(scenario, ['hana', 'approve', { ...K, as: 'head' }], 'name.unknown', {
      what: 'role of this stage',
      name: 'head',
    })
    expect(scenario.change('K').state).toBe('tech')
    await scenario.given('bob', 'approve', K)
    expect(scenario.change('K').state).toBe('business')
    await scenario.given('hana', 'approve', K)
    expect(scenario.change('K').state).toBe('production')
  })

  it('refuses the release before every stage is complete [LAW 33]', async () => {
    const scenario = await f0({ policies: [twoStages], people: people({ hana: ['head'] }) })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {
      change: 'K',
      state: 'tech',
      release: 'production',
    })
    await scenario.given('bob', 'approve', K)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', { state: 'business' })
  })

  it('goes back to the technical stage when its approval stops counting, and keeps what the business gave [LAW 33]', async () => {
    const scenario = await f0({ policies: [twoStages], people: people({ hana: ['head'] }) })
    await scenario.given('bob', 'approve', K)
    await scenario.given('hana', 'approve', K)
    await scenario.given('rita', 'assign', { ...K, to: 'bob' })
    expect(scenario.change('K').state).toBe('tech')
    expect(scenario.approvals('K', 'business')).toBe(1)
    await scenario.given('carol', 'approve', K)
    expect(scenario.change('K').state).toBe('production')
  })

  it('refuses the approval before the test is signed off [LAW 33]', async () => {
    const scenario = await f0()
    await refused(scenario, ['bob', 'approve', K], 'lifecycle.not-now', { state: 'verify', command: 'approve' })
  })
})

describe('rejections', () => {
  it('leaves everything as it was when somebody without role rejects [LAW 36]', async () => {
    const scenario = await f0Approved({ people: people({ nora: [] }) })
    await refused(scenario, ['nora', 'reject', { ...K, comment: 'no' }], 'authority.no-role', {
      person: 'nora',
      roles: ['appr'],
    })
    await refused(scenario, ['paul', 'reject', { ...K, comment: 'no' }], 'authority.no-role', { person: 'paul' })
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('leaves everything as it was when a delegate rejects whose delegation is over [LAW 36]', async () => {
    const scenario = await f0Approved({ people: people({ dora: [] }) })
    const delegation = await delegated(scenario, 'dan', 'dora')
    await scenario.given('dan', 'revokeDelegation', { delegation })
    await refused(scenario, ['dora', 'reject', { ...K, comment: 'no', for: 'dan' }], 'authority.no-role', {
      principal: 'dan',
    })
  })

  it('leaves everything as it was when somebody rejects whose role is asked only of changes of another kind [LAW 36]', async () => {
    const flow = [
      approval('approve', all(approvals(1).from(role('appr')), approvals(1).from(role('head')).when(high))),
      release('production', { by: role('deployer') }),
    ]
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: people({ hana: ['head'] }) })
    await refused(scenario, ['hana', 'approve', K], 'authority.no-role', { person: 'hana' })
    await refused(scenario, ['hana', 'reject', { ...K, comment: 'no' }], 'authority.no-role', { person: 'hana' })
  })

  it('leaves everything as it was when somebody rejects whose stage is skipped or still to come [LAW 36]', async () => {
    const flow = [
      approval('special', approvals(1).from(role('tester')), { when: high }),
      approval('approve', approvals(1).from(role('appr'))),
      approval('later', approvals(1).from(role('head'))),
      release('production', { by: role('deployer') }),
    ]
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: people({ hana: ['head'] }) })
    for (const person of ['erin', 'hana']) {
      await refused(scenario, [person, 'reject', { ...K, comment: 'no' }], 'authority.no-role', {
        person,
        roles: ['appr'],
      })
    }
  })

  it('leaves everything as it was when somebody rejects a stage that is to come again, and has given nothing there [LAW 36]', async () => {
    for (const veto of [{}, { veto: { liftedBy: role('chief') } }]) {
      const flow = [
        approval('approve', approvals(1).from(role('appr')), { validFor: '24h' }),
        approval('later', any(...['head', 'appr'].map(one => approvals(2).from(role(one)))), veto),
        release('production', { by: role('deployer') }),
      ]
      const options = {
        roles: { appr: 'approves', tester: 'tests', deployer: 'releases', head: 'heads', chief: 'lifts vetoes' },
      }
      const cast = people({ hana: ['head'], hugo: ['head'] })
      const scenario = await f0({ policies: [fixturePolicy({ flow, options })], people: cast })
      await scenario.given('bob', 'approve', K)
      await scenario.given('hugo', 'approve', K)
      scenario.at(24 * hour)
      expect(scenario.explain('K').state).toBe('approve')
      await refused(scenario, ['hana', 'reject', { ...K, comment: 'no' }], 'authority.no-role', {
        person: 'hana',
        roles: ['appr'],
        // Hugo, who has approved what is to come again, may still reject it.
        able: ['bob', 'carol', 'dan', 'hugo'],
      })
      expect(scenario.change('K').rejections).toEqual([])
      // Carol may decide on both, and rejects what is open.
      await scenario.given('carol', 'reject', { ...K, comment: 'no' })
      expect(scenario.change('K')).toMatchObject({ state: 'returned', rejections: [{ stage: 'approve' }] })
    }
  })

  it('names those who could reject: of what is to come again, whoever has approved it, and nobody else who could [LAW 36]', async () => {
    const flow = [
      approval('first', approvals(1).from(role('appr'))),
      approval('second', approvals(2).from(role('head'))),
      release('production', { by: role('deployer') }),
    ]
    const cast = people({ alice: ['appr', 'head'], hana: ['head'], hugo: ['head'] })
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: cast })
    await scenario.given('bob', 'approve', K)
    await scenario.given('hana', 'approve', K)
    await scenario.given('bob', 'withdraw', { ...K, comment: 'too early' })
    const no = { ...K, comment: 'no' }
    const able = ['bob', 'carol', 'dan', 'hana']
    await refused(scenario, ['alice', 'reject', no], 'duty.conflict', { able })
    await refused(scenario, ['erin', 'reject', no], 'authority.no-role', { able })
    await refused(scenario, ['hugo', 'reject', no], 'authority.no-role', { able })
    await scenario.given('hana', 'reject', no)
    expect(scenario.change('K').state).toBe('returned')
  })

  it('names whoever has a veto further on among those who could send K back from a stage without one [LAW 36]', async () => {
    const second = approval('second', approvals(1).from(role('appr')), { veto: { liftedBy: role('head') } })
    const flow = [
      approval('first', approvals(1).from(role('appr'))),
      second,
      release('production', { by: role('deployer') }),
    ]
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: people({ alice: ['appr'] }) })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'reject', { ...K, comment: 'no' })
    await scenario.given('bob', 'withdraw', { ...K, comment: 'too early' })
    const no = { ...K, comment: 'no' }
    await refused(scenario, ['alice', 'reject', no], 'duty.conflict', { able: ['bob', 'carol', 'dan'] })
    await scenario.given('carol', 'reject', no)
    expect(scenario.change('K').state).toBe('returned')
  })

  it('takes the early rejection of Dan for misplaced, too, where only Bob has approved what is to come again [LAW 36]', async () => {
    const scenario = await f0Tested({ people: people({ nora: [] }) })
    await scenario.given('bob', 'approve', K)
    await scenario.given('rita', 'assign', { ...K, to: 'erin' })
    await refused(scenario, ['dan', 'reject', { ...K, comment: 'no' }], 'lifecycle.not-now', { state: 'verify' })
    await refused(scenario, ['nora', 'reject', { ...K, comment: 'no' }], 'authority.no-role', { roles: ['appr'] })
    await scenario.given('bob', 'reject', { ...K, comment: 'no' })
    expect(scenario.change('K')).toMatchObject({ state: 'returned', rejections: [{ stage: 'approve', person: 'bob' }] })
  })

  it('takes the early rejection of Bob, who holds appr, for misplaced and not for a breach of authority [LAW 36]', async () => {
    const scenario = await f0()
    await refused(scenario, ['bob', 'reject', { ...K, comment: 'no' }], 'lifecycle.not-now', {
      state: 'verify',
      command: 'reject',
    })
  })

  it('asks everybody again when K is submitted again unchanged after Carol has rejected it [LAW 37]', async () => {
    const scenario = await f0Tested()
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'reject', { ...K, comment: 'who checks the totals?' })
    await scenario.given('alice', 'resubmit', { ...K, comment: 'the totals are checked by the nightly run' })
    expect(scenario.change('K')).toMatchObject({ round: 2, revision: 1, state: 'verify' })
    expect(scenario.approvals('K')).toBe(0)
    expect(discountOf(scenario, 'K', 'approve', 'bob')).toEqual({ why: 'earlier-round' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('carol', 'approve', K)
    await scenario.given('bob', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
    expect((await eventsOf(scenario)).filter(event => event.type === 'change.rejected')).toHaveLength(1)
  })

  it('refuses everything but an edit, a new submission and the end while K is with its author [LAW 37]', async () => {
    const scenario = await f0Tested()
    await scenario.given('carol', 'reject', { ...K, comment: 'no' })
    const allowed = ['revise', 'assign', 'resubmit', 'cancel']
    await refused(scenario, ['bob', 'approve', K], 'lifecycle.not-now', { state: 'returned', allowed })
    await refused(scenario, ['paul', 'release', K], 'lifecycle.not-now', { state: 'returned', allowed })
    await refused(scenario, ['dan', 'resubmit', { ...K, comment: 'again' }], 'authority.not-participant', {
      person: 'dan',
    })
  })
})

describe('what was seen is what is decided', () => {
  it('never takes an approval of r1 for one of r2 where both come at once [LAW 39]', async () => {
    const r2 = { ...K, content: { digest: content('r2'), makers: ['alice'] }, comment: 'r2' }
    for (const approvalFirst of [true, false]) {
      const scenario = await f0Tested()
      const seen = { revision: 1, digest: scenario.change('K').digest }
      const approve = () => scenario.when('bob', 'approve', { ...K, ...seen })
      const revise = () => scenario.when('alice', 'revise', r2)
      const [one, other] = await Promise.all(approvalFirst ? [approve(), revise()] : [revise(), approve()])
      const approved = approvalFirst ? one : other
      expect(scenario.change('K').revision).toBe(2)
      expect(scenario.approvals('K')).toBe(0)
      if (approved?.outcome === 'accepted') {
        expect(scenario.change('K').approvals).toMatchObject([{ revision: 1, ended: { how: 'stale', revision: 2 } }])
      } else {
        // With r2 saved, K is back at its test; at the approval itself the named revision would not be the current one.
        expect(['binding.revision', 'lifecycle.not-now']).toContain(approved?.refusal.code)
      }
    }
  })

  it('never takes an approval of r1 for one of r2 where they come in at two desks on the same trail [LAW 39]', async () => {
    const scenario = await f0Tested()
    const other = await createDesk({ store: scenario.store, clock: () => new Date(scenario.now) })
    const { revision, digest } = scenario.change('K')
    await Promise.all([
      scenario.desk.by('alice').revise({ ...K, content: { digest: content('r2'), makers: ['alice'] }, comment: 'r2' }),
      other.by('bob').approve({ ...K, revision, digest }),
    ])
    const third = await createDesk({ store: scenario.store })
    const change = third.change('K')
    expect(change?.revision).toBe(2)
    expect(change?.approvals.filter(one => one.ended === undefined)).toEqual([])
  })

  it('refuses an approval of r1 after r2 was saved, and names the current revision [LAW 39]', async () => {
    const flow = [approval('approve', approvals(2).from(role('appr'))), release('production', { by: role('deployer') })]
    const scenario = await f0({ policies: [fixturePolicy({ flow })] })
    const { revision, digest } = scenario.change('K')
    await scenario.given('alice', 'revise', {
      ...K,
      content: { digest: content('r2'), makers: ['alice'] },
      comment: 'r2',
    })
    await refused(scenario, ['bob', 'approve', { ...K, revision, digest }], 'binding.revision', {
      change: 'K',
      named: 1,
      current: 2,
      digest: scenario.change('K').digest,
    })
  })

  it('refuses an approval that names no revision or no digest [LAW 40]', async () => {
    const scenario = await f0Tested()
    const { digest } = scenario.change('K')
    for (const command of [{ ...K }, { ...K, revision: 1 }, { ...K, digest }]) {
      const receipt = await scenario.desk.execute({ account: 'bob', command: { type: 'approve', ...command } })
      expect(receipt).toMatchObject({ outcome: 'refused', refusal: { code: 'command.malformed' } })
    }
    expect(scenario.approvals('K')).toBe(0)
  })

  it('refuses an approval that names another digest or another revision [LAW 40]', async () => {
    const scenario = await f0Tested()
    const { digest } = scenario.change('K')
    await refused(scenario, ['bob', 'approve', { ...K, digest: content('r9') }], 'binding.digest', {
      named: content('r9'),
      current: digest,
    })
    await refused(scenario, ['bob', 'approve', { ...K, revision: 2 }], 'binding.revision', { named: 2, current: 1 })
    await refused(scenario, ['bob', 'approve', { ...K, digest: content('r1') }], 'binding.digest', {
      named: content('r1'),
    })
  })

  it('refuses a sign-off, a rejection and a release that name what is not there [LAW 40]', async () => {
    const scenario = await f0()
    await refused(scenario, ['erin', 'signOff', { ...K, ...report, digest: content('r9') }], 'binding.digest')
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['bob', 'reject', { ...K, comment: 'no', revision: 7 }], 'binding.revision', {
      named: 7,
      current: 1,
    })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await refused(scenario, ['paul', 'release', { ...K, digest: content('r9') }], 'binding.digest')
  })

  it('refuses an approval of the digest that K had before, though the content is the same as then [LAW 40]', async () => {
    const flow = [approval('approve', approvals(2).from(role('appr'))), release('production', { by: role('deployer') })]
    const scenario = await f0({ policies: [fixturePolicy({ flow })] })
    const { digest } = scenario.change('K')
    for (const name of ['r2', 'r1']) {
      await scenario.given('alice', 'revise', {
        ...K,
        content: { digest: content(name), makers: ['alice'] },
        comment: name,
      })
    }
    expect(scenario.change('K').digest).toBe(digest)
    await refused(scenario, ['bob', 'approve', { ...K, revision: 1, digest }], 'binding.revision', {
      named: 1,
      current: 3,
    })
  })

  it('lets one of two deployers who start K at once succeed [LAW 41]', async () => {
    const scenario = await f0Approved({ people: people({ pia: ['deployer'] }) })
    const receipts = await Promise.all([scenario.when('paul', 'release', K), scenario.when('pia', 'release', K)])
    expect(receipts.map(one => one.outcome).toSorted()).toEqual(['accepted', 'refused'])
    const loser = receipts.find(one => one.outcome === 'refused')
    expect(loser).toMatchObject({
      refusal: { code: 'lifecycle.not-now', facts: { state: 'completed', command: 'release' } },
    })
    expect(scenario.change('K').releases).toHaveLength(1)
  })

  it('lets one of two deployers succeed who start K at two desks on the same trail [LAW 41]', async () => {
    const scenario = await f0Approved({ people: people({ pia: ['deployer'] }) })
    const other = await createDesk({ store: scenario.store, clock: () => new Date(scenario.now) })
    const { revision, digest } = scenario.change('K')
    const start = { ...K, revision, digest }
    const receipts = await Promise.all([scenario.desk.by('paul').release(start), other.by('pia').release(start)])
    expect(receipts.map(one => one.outcome).toSorted()).toEqual(['accepted', 'refused'])
    expect((await eventsOf(scenario)).filter(event => event.type === 'change.released')).toHaveLength(1)
  })

  it('refuses Carol, whose role was revoked, at a desk that has not read of the revocation yet [LAW 39]', async () => {
    const scenario = await f0Tested()
    const other = await createDesk({ store: scenario.store, clock: () => new Date(scenario.now) })
    await scenario.given('bob', 'approve', K)
    await scenario.given('ada', 'revokeRole', { role: 'appr', from: 'carol', team: '*' })
    const { revision, digest } = scenario.change('K')
    // The other desk has not read the revocation yet; its decision must not rest on what was.
    const receipt = await other.by('carol').approve({ ...K, revision, digest })
    expect(receipt).toMatchObject({ outcome: 'refused', refusal: { code: 'authority.no-role' } })
  })
})

describe('reasons', () => {
  const blanks = ['', ' \t\n', '\u200B\u2060', undefined]

  it('refuses a rejection with an empty, a blank, an invisible or no comment [LAW 42]', async () => {
    const scenario = await f0Tested()
    for (const comment of blanks) {
      const receipt = await refused(
        scenario,
        ['bob', 'reject', { ...K, ...(comment === undefined ? {} : { comment }) }],
        'command.malformed',
      )
      expect(JSON.stringify(receipt)).toContain('command.comment')
    }
  })

  it('refuses a submission with an empty, a blank, an invisible or no reason for the change [LAW 42]', async () => {
    const scenario = await f0({ submit: null })
    const { reason: _, ...rest } = submitK
    for (const reason of blanks)
      await refused(
        scenario,
        ['rita', 'submit', { ...rest, ...(reason === undefined ? {} : { reason }) }],
        'command.malformed',
      )
    expect(scenario.desk.change('K')).toBeUndefined()
  })

  it('refuses an edit that would take the reason away, and a withdrawal or an end without a word [LAW 42]', async () => {
    const scenario = await f0Approved()
    for (const [account, type, command] of [
      ['alice', 'revise', { ...K, reason: ' ', comment: 'shorter' }],
      ['bob', 'withdraw', { ...K }],
      ['rita', 'cancel', { ...K, comment: '' }],
    ] as const) {
      await refused(scenario, [account, type, command], 'command.malformed')
    }
  })

  it('keeps the reason of a rejection in the trail, word for word [LAW 42]', async () => {
    const scenario = await f0Tested()
    await scenario.given('bob', 'reject', { ...K, comment: 'Ünklar: 1 ≠ 2' })
    expect(await lastEntry(scenario)).toMatchObject({ command: { type: 'reject', comment: 'Ünklar: 1 ≠ 2' } })
    expect(policyDigest(fixturePolicy())).toBe(scenario.change('K').policy)
  })
})
