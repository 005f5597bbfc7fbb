import { content, f0, fixturePolicy, submitK } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { createDesk } from 'countersign'
import {
  approval,
  approvals,
  field,
  parallel,
  percent,
  release,
  role,
  type Stage,
  separate,
  task,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { delegated, discountOf, K, people, report, stageOf } from './setting.ts'
import { eventsOf } from './trail.ts'

const production = release('production', { by: role('deployer') })
const tech = approval('tech', approvals(1).from(role('appr')))
const business = approval('business', approvals(1).from(role('head')))
const board = approval('board', approvals(1).from(role('board')))

const roles = {
  appr: 'approves',
  head: 'heads',
  tester: 'tests',
  deployer: 'releases',
  board: 'sits on the board',
  engineer: 'builds',
}
const withFlow = (...flow: Stage[]) => fixturePolicy({ options: { roles }, flow })

/** Hana is a head, Carol both a head and an approver, Bea sits on the board. */
const cast = people({ hana: ['head'], carol: ['appr', 'head'], bea: ['board'], dora: [] })

/** K before a technical and a business decision, which are open at the same time, and a board after them. */
const both = (vary: Parameters<typeof f0>[0] = {}) =>
  f0({ policies: [withFlow(parallel('review', tech, business), board, production)], people: cast, ...vary })

describe('stages that are open at the same time', () => {
  it('takes the business decision before the technical one where both are open, and goes on after both [LAW 33]', async () => {
    for (const order of [
      ['hana', 'bob'],
      ['bob', 'hana'],
    ]) {
      const scenario = await both()
      expect(scenario.change('K').state).toBe('review')
      await scenario.given(order[0] ?? '', 'approve', K)
      expect(scenario.change('K').state).toBe('review')
      await scenario.given(order[1] ?? '', 'approve', K)
      expect(scenario.change('K').state).toBe('board')
    }
  })

  it('refuses Bea of the board while one of the two decisions before hers is open [LAW 33]', async () => {
    const scenario = await both()
    await scenario.given('hana', 'approve', K)
    await refused(scenario, ['bea', 'approve', K], 'authority.no-role', { person: 'bea' })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', { state: 'review' })
    expect(scenario.change('K').state).toBe('review')
  })

  it('refuses Bea who names the stage that is still to come [LAW 33]', async () => {
    const scenario = await both()
    await refused(scenario, ['bea', 'approve', { ...K, stage: 'board' }], 'lifecycle.not-now', { state: 'review' })
  })

  it('refuses an approval that names a stage which is not there [LAW 33]', async () => {
    const scenario = await both()
    await refused(scenario, ['bob', 'approve', { ...K, stage: 'tecn' }], 'name.unknown', { name: 'tecn' })
  })

  it('counts Carol, who may decide in both, in one of them, and refuses her in the other [LAW 33]', async () => {
    const scenario = await both()
    await scenario.given('carol', 'approve', { ...K, stage: 'tech' })
    await refused(scenario, ['carol', 'approve', { ...K, stage: 'business' }], 'approval.already-given', {
      person: 'carol',
      stage: 'tech',
    })
    expect(scenario.change('K').state).toBe('review')
    await scenario.given('hana', 'approve', K)
    expect(scenario.change('K').state).toBe('board')
  })

  it('takes Carol, who names no stage, for the one that is not met yet [LAW 33]', async () => {
    const scenario = await both()
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    expect(scenario.approvals('K', 'business')).toBe(1)
    expect(scenario.change('K').state).toBe('board')
  })

  it('takes Carol, who names no stage, for the one that the others cannot decide, whoever comes first [LAW 33]', async () => {
    for (const order of [
      ['carol', 'bob'],
      ['bob', 'carol'],
    ]) {
      const scenario = await both({ people: people({ carol: ['appr', 'head'], bea: ['board'] }) })
      for (const one of order) await scenario.given(one, 'approve', K)
      expect(stageOf(scenario, 'K', 'tech').matching).toEqual({ bob: 'appr' })
      expect(stageOf(scenario, 'K', 'business').matching).toEqual({ carol: 'head' })
      expect(scenario.change('K').state).toBe('board')
      expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
    }
  })

  it('takes Carol for the one that leaves somebody for the board that comes after them [LAW 33]', async () => {
    const scenario = await both({
      people: people({ alice: [], bob: ['appr', 'board'], dan: [], carol: ['head', 'appr'], hana: ['head'] }),
    })
    // Were Carol's the business decision, Bob would have to give the technical one and the one of the board.
    await scenario.given('carol', 'approve', K)
    for (const one of ['hana', 'bob']) await scenario.given(one, 'approve', K)
    expect(scenario.change('K').state).toBe('production')
  })

  it('takes Carol for the one that she leaves to be met, whatever is blocked further on [LAW 33]', async () => {
    const scenario = await both({ people: people({ carol: ['appr', 'head'] }) })
    for (const one of ['carol', 'bob']) await scenario.given(one, 'approve', K)
    expect(scenario.change('K').state).toBe('board')
    expect(stageOf(scenario, 'K', 'board').status).toBe('vacant')
  })

  it('names as a way out that Carol takes back what she has given to the one, and is asked for by the other alone [LAW 33]', async () => {
    const scenario = await both({ people: people({ carol: ['appr', 'head'], bea: ['board'] }) })
    await scenario.given('carol', 'approve', { ...K, stage: 'tech' })
    const told = scenario.explain('K')
    expect(stageOf(scenario, 'K', 'business').status).toBe('unsatisfiable')
    expect(told.waysOut[0]).toEqual({ do: 'withdraw', stage: 'business', persons: ['carol'] })
    expect(told.whoCanUnblock).toEqual([])
    await scenario.given('carol', 'withdraw', { ...K, comment: 'the business has nobody else' })
    for (const one of ['bob', 'carol']) await scenario.given(one, 'approve', K)
    expect(scenario.change('K').state).toBe('board')
    // Where nobody else could give what is taken back, it is none.
    const alone = await both({ people: people({ bob: [], dan: [], carol: ['appr', 'head'], bea: ['board'] }) })
    await alone.given('carol', 'approve', { ...K, stage: 'tech' })
    expect(alone.explain('K').waysOut.map(one => one.do)).toEqual(['grantRole'])
  })

  it('asks Dora, who could give the one for Bob and the other for Hana, for whom she does [LAW 33]', async () => {
    const scenario = await both()
    for (const principal of ['bob', 'hana']) await delegated(scenario, principal, 'dora')
    await refused(scenario, ['dora', 'approve', K], 'authority.which-principal', {
      person: 'dora',
      principals: ['bob', 'hana'],
    })
    // Also where she could give the one for two of them.
    await delegated(scenario, 'dan', 'dora')
    const principals = { principals: ['bob', 'dan', 'hana'] }
    await refused(scenario, ['dora', 'approve', K], 'authority.which-principal', principals)
    await scenario.given('dora', 'approve', { ...K, for: 'hana' })
    expect(stageOf(scenario, 'K', 'business').matching).toEqual({ dora: 'head' })
    await scenario.given('dora', 'approve', { ...K, for: 'bob' }).catch(() => undefined)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('takes Dora for what she may give herself, and not for what she may give for Bob [LAW 33]', async () => {
    const scenario = await both({ people: people({ hana: ['head'], dora: ['head'], bea: ['board'] }) })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', K)
    expect(stageOf(scenario, 'K', 'business').matching).toEqual({ dora: 'head' })
    expect(scenario.approvals('K', 'tech')).toBe(0)
  })

  it('asks Dora, who could sign off the one test for Erin and the other for Hana, for whom she does [LAW 33]', async () => {
    const scenario = await both({
      policies: [
        withFlow(
          parallel('review', test('verify', { by: role('tester') }), test('accept', { by: role('head') })),
          tech,
          production,
        ),
      ],
    })
    for (const principal of ['erin', 'hana']) await delegated(scenario, principal, 'dora')
    const principals = { principals: ['erin', 'hana'] }
    await refused(scenario, ['dora', 'signOff', { ...K, ...report }], 'authority.which-principal', principals)
    await scenario.given('dora', 'signOff', { ...K, ...report, for: 'hana' })
    expect(stageOf(scenario, 'K', 'accept').status).toBe('satisfied')
    await scenario.given('dora', 'signOff', { ...K, ...report })
    expect(scenario.change('K').state).toBe('tech')
  })

  it('refuses Dora, who acts for Carol in the one, when Carol acts herself in the other [LAW 33]', async () => {
    const scenario = await both()
    await delegated(scenario, 'carol', 'dora')
    await scenario.given('carol', 'approve', { ...K, stage: 'tech' })
    await refused(scenario, ['dora', 'approve', { ...K, stage: 'business' }], 'delegation.principal-decided', {
      principal: 'carol',
      by: 'carol',
    })
    expect(scenario.approvals('K')).toBe(1)
  })

  it('counts the earlier of two decisions in two stages which one person with two ids gave [LAW 33]', async () => {
    const scenario = await both()
    await scenario.given('bob', 'approve', K)
    scenario.at(1)
    await scenario.given('hana', 'approve', K)
    expect(scenario.change('K').state).toBe('board')
    await scenario.given('ada', 'recordAlias', { person: 'hana', is: 'bob', comment: 'the same passport' })
    expect(scenario.approvals('K', 'tech')).toBe(1)
    expect(scenario.approvals('K', 'business')).toBe(0)
    await scenario.given('bea', 'approve', K).catch(() => undefined)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('takes the decisions of Bob and Hana, who give them at two desks at the same moment [LAW 33]', async () => {
    const scenario = await both()
    const other = await createDesk({ store: scenario.store, clock: () => new Date(scenario.now) })
    const { revision, digest } = scenario.change('K')
    const approve = { ...K, revision, digest }
    const receipts = await Promise.all([scenario.desk.by('bob').approve(approve), other.by('hana').approve(approve)])
    expect(receipts.map(one => one.outcome)).toEqual(['accepted', 'accepted'])
    const entered = (await eventsOf(scenario)).filter(event => event.type === 'stage.entered')
    expect(entered.filter(event => (event as { stage?: string }).stage === 'board')).toHaveLength(1)
  })

  it('goes back to both when the approval in one of them stops counting, and keeps the other [LAW 33]', async () => {
    const scenario = await both()
    await scenario.given('bob', 'approve', K)
    await scenario.given('hana', 'approve', K)
    await scenario.given('rita', 'assign', { ...K, to: 'hana' })
    expect(scenario.change('K').state).toBe('review')
    expect(scenario.approvals('K', 'tech')).toBe(1)
    await refused(scenario, ['hana', 'approve', K], 'duty.conflict', { person: 'hana' })
    await scenario.given('carol', 'approve', K)
    expect(scenario.change('K').state).toBe('board')
  })

  it('sends K back from both when Hana rejects in the one, and asks Bob again in the other [LAW 33]', async () => {
    const scenario = await both()
    await scenario.given('bob', 'approve', K)
    await scenario.given('hana', 'reject', { ...K, comment: 'not this quarter' })
    expect(scenario.change('K').state).toBe('returned')
    await scenario.given('rita', 'resubmit', { ...K, comment: 'next quarter' })
    expect(scenario.change('K').state).toBe('review')
    expect(discountOf(scenario, 'K', 'tech', 'bob')).toEqual({ why: 'earlier-round' })
  })

  it('makes the approvals of both stale when Alice edits K between them [LAW 33]', async () => {
    const scenario = await both()
    await scenario.given('hana', 'approve', K)
    await scenario.given('alice', 'revise', {
      ...K,
      content: { digest: content('r2'), makers: ['alice'] },
      comment: '2',
    })
    await scenario.given('bob', 'approve', K)
    expect(scenario.change('K').state).toBe('review')
    expect(discountOf(scenario, 'K', 'business', 'hana')).toMatchObject({ why: 'ended' })
  })

  it('asks for the one that applies where the condition of the other does not hold [LAW 33]', async () => {
    const risky = approval('risky', approvals(1).from(role('head')), { when: field('risk').is('high') })
    const scenario = await both({ policies: [withFlow(parallel('review', tech, risky), production)] })
    expect(stageOf(scenario, 'K', 'risky').status).toBe('skipped')
    await scenario.given('bob', 'approve', K)
    expect(scenario.change('K').state).toBe('production')
  })

  it('passes over stages that are open together where none of them applies [LAW 33]', async () => {
    const high = { when: field('risk').is('high') }
    const flow = [
      parallel(
        'review',
        approval('one', approvals(1).from(role('appr')), high),
        approval('two', approvals(1).from(role('head')), high),
      ),
      board,
      production,
    ]
    const scenario = await both({ policies: [withFlow(...flow)] })
    expect(scenario.change('K').state).toBe('board')
  })

  it('refuses at submission a form to which neither of the two applies [LAW 29]', async () => {
    const high = { when: field('risk').is('high') }
    const flow = [
      parallel(
        'review',
        approval('one', approvals(1).from(role('appr')), high),
        approval('two', approvals(1).from(role('head')), high),
      ),
      production,
    ]
    const scenario = await both({ policies: [withFlow(...flow)], submit: null })
    await refused(scenario, ['rita', 'submit', submitK], 'policy.no-rule', { stages: ['one', 'two'] })
  })

  it('blocks K at submission for the one of the two decisions that nobody can make [LAW 26]', async () => {
    const scenario = await both({ people: people({ hana: [], bea: ['board'] }) })
    expect((await eventsOf(scenario)).filter(event => event.type === 'change.blocked')).toMatchObject([
      { stage: 'business', status: 'vacant', missing: { head: 1 } },
    ])
    await scenario.given('bob', 'approve', K)
    expect(scenario.change('K').state).toBe('review')
  })

  it('records of how many both shares are when the two open together [LAW 25]', async () => {
    const flow = [
      parallel(
        'review',
        approval('tech', percent(50).of(role('appr'))),
        approval('business', percent(100).of(role('head'))),
      ),
      production,
    ]
    const scenario = await both({ policies: [withFlow(...flow)] })
    expect(scenario.change('K').electorates).toEqual({ tech: { appr: 3 }, business: { head: 2 } })
    await scenario.given('carol', 'approve', { ...K, stage: 'tech' })
    await scenario.given('bob', 'approve', K)
    await scenario.given('hana', 'approve', K)
    // Carol has taken one of the two places away from the heads, and no smaller number takes their place.
    expect(stageOf(scenario, 'K', 'business')).toMatchObject({ status: 'unsatisfiable', missing: { head: 1 } })
  })

  it('takes the withdrawal of Bob in the one while the other is open [LAW 22]', async () => {
    const scenario = await both()
    await scenario.given('bob', 'approve', K)
    await scenario.given('bob', 'withdraw', { ...K, comment: 'too early' })
    expect(scenario.approvals('K')).toBe(0)
    await scenario.given('hana', 'approve', K)
    expect(scenario.change('K').state).toBe('review')
  })
})

describe('a test beside an approval', () => {
  const options = { roles, separate: [separate('test', 'approve').because('whoever tests does not approve')] }
  const beside = (vary: Parameters<typeof f0>[0] = {}) =>
    f0({
      policies: [
        fixturePolicy({
          options,
          flow: [parallel('review', test('verify', { by: role('tester') }), tech), production],
        }),
      ],
      people: people({ erin: ['tester', 'appr'] }),
      ...vary,
    })

  it('refuses Erin, who has tested, the approval that is open beside the test, and the test after the approval [LAW 33]', async () => {
    const tested = await beside()
    await tested.given('erin', 'signOff', { ...K, ...report })
    await refused(tested, ['erin', 'approve', K], 'duty.conflict', { person: 'erin', held: 'test' })
    const approved = await beside()
    await approved.given('erin', 'approve', K)
    await refused(approved, ['erin', 'signOff', { ...K, ...report }], 'duty.conflict', {
      person: 'erin',
      held: 'approve',
    })
  })

  it('lets nothing be released on the approval alone while the test beside it is open [LAW 33]', async () => {
    const scenario = await beside()
    await scenario.given('bob', 'approve', K)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', { state: 'review' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('paul', 'release', K)
    expect(scenario.change('K').state).toBe('completed')
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('asks the approver again who does the work that is open beside the approval [LAW 33]', async () => {
    const scenario = await beside({
      policies: [withFlow(parallel('review', task('build', { by: role('engineer') }), tech), production)],
      people: people({ bob: ['appr', 'engineer'] }),
    })
    await scenario.given('bob', 'approve', K)
    await scenario.given('bob', 'complete', { ...K, stage: 'build' })
    expect(scenario.approvals('K')).toBe(0)
    expect(scenario.change('K').state).toBe('review')
    await scenario.given('dan', 'approve', K)
    expect(scenario.change('K').state).toBe('production')
  })
})

describe('a flow that makes no sense', () => {
  const nested = { kind: 'parallel', name: 'inner', stages: [tech, business] } as Stage

  it('refuses to load a release, a parallel or a single stage within stages that are open together [LAW 33]', () => {
    for (const stages of [[tech, production], [nested, board], [tech]]) {
      expect(() => withFlow(parallel('review', ...stages), board, release('live', { by: role('deployer') }))).toThrow(
        /flow/,
      )
    }
  })

  it('refuses to load two stages of one name, be it within stages that are open together or for them [LAW 33]', () => {
    for (const flow of [
      [parallel('review', tech, tech), production],
      [parallel('review', tech, business), tech, production],
      [parallel('tech', tech, business), production],
      [parallel('returned', tech, business), production],
    ]) {
      expect(() => withFlow(...flow)).toThrow(/name/)
    }
  })

  it('finds the approvals that a control asks for among stages that are open together [LAW 33]', () => {
    expect(() => withFlow(parallel('review', tech, business), production)).not.toThrow()
    const maybe = approval('maybe', approvals(1).from(role('head')), { when: field('risk').is('high') })
    const tested = test('verify', { by: role('tester') })
    expect(() => withFlow(parallel('review', tested, maybe), production)).not.toThrow()
    expect(() => withFlow(parallel('review', tested, approval('none', approvals(0))), production)).toThrow(/CM-3/)
  })
})
