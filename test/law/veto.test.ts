import { content, f0, f0Tested, fixturePolicy, type Scenario } from '@countersign/testing'
import { bodiesOf, fileOf, type LooseBody, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import {
  any,
  approval,
  approvals,
  approved,
  field,
  parallel,
  policyDigest,
  release,
  role,
  type Stage,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { day, delegated, discountOf, K, people, report, robot, stageOf } from './setting.ts'
import { eventsOf } from './trail.ts'

const production = release('production', { by: role('deployer') })
const veto = { liftedBy: role('head') }
const deciding = approval('approve', approvals(2).from(role('appr')), { veto })
const withFlow = (...flow: Stage[]) => fixturePolicy({ flow })
const vetoing = withFlow(test('verify', { by: role('tester') }), deciding, production)
const no = { ...K, comment: 'the rounding is wrong' }
const settled = { ...K, comment: 'the rounding was explained' }

/** Hana and Hugo are heads, who may lift a veto; Dora acts for others; Alice, Rita, Erin and Bob are heads as well. */
const cast = people({
  alice: ['head'],
  rita: ['head'],
  erin: ['tester', 'head'],
  bob: ['appr', 'head'],
  hana: ['head'],
  dora: [],
  nora: [],
})

/** K tested, and approved by Bob and Carol. */
async function decided(vary: Parameters<typeof f0Tested>[0] = {}): Promise<Scenario> {
  const scenario = await f0Tested({ policies: [vetoing], people: cast, ...vary })
  await scenario.given('bob', 'approve', K)
  await scenario.given('carol', 'approve', K)
  return scenario
}

/** The same, and Dan has placed a veto. */
async function vetoed(vary: Parameters<typeof f0Tested>[0] = {}): Promise<Scenario> {
  const scenario = await decided(vary)
  await scenario.given('dan', 'reject', no)
  return scenario
}

/** The lifting of a veto, put down to somebody else. */
const liftedBy = (body: LooseBody, person: string): LooseBody => ({
  ...body,
  by: { account: person, person },
  outcome: JSON.parse(JSON.stringify(body.outcome).replace(/"by":"\w+"/g, `"by":"${person}"`)),
})

const status = (scenario: Scenario) => stageOf(scenario, 'K', 'approve').status

describe('somebody with two ids', () => {
  it('approves nothing under the one while a veto of the other stands, also where that is learned later [LAW 35]', async () => {
    for (const isLiftedBefore of [false, true]) {
      const scenario = await f0Tested({ policies: [vetoing], people: { ...cast, danny: ['appr'] } })
      const lift = () => scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
      await scenario.given('dan', 'reject', no)
      if (isLiftedBefore) await lift()
      await scenario.given('danny', 'approve', K)
      await scenario.given('carol', 'approve', K)
      await scenario.given('ada', 'recordAlias', { person: 'danny', is: 'dan', comment: 'one of them' })
      if (!isLiftedBefore) await lift()
      expect(scenario.isApprovable('K')).toBe(isLiftedBefore)
      if (!isLiftedBefore) {
        await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
        await scenario.given('dan', 'approve', K)
      }
      await scenario.given('paul', 'release', K)
      expect(verifyTrail([fileOf(await linesOf(scenario.store))]).status).toBe('sound')
    }
  })
})

describe('a veto', () => {
  it('names nobody to lift it who has one of their own at another stage [LAW 35]', async () => {
    const heads = approval('heads', approvals(1).from(role('head')), { veto })
    const scenario = await f0Tested({
      policies: [withFlow(test('verify', { by: role('tester') }), parallel('both', deciding, heads), production)],
      people: people({ hana: ['head'], hugo: ['head'] }),
    })
    await scenario.given('hana', 'reject', no)
    await scenario.given('carol', 'reject', no)
    const lifting = scenario.explain('K').waysOut.filter(one => one.do === 'liftVeto')
    expect(lifting.map(one => one.persons)).toEqual([
      ['carol', 'hugo'],
      ['hana', 'hugo'],
    ])
    await refused(scenario, ['hana', 'liftVeto', { ...settled, of: 'carol' }], 'duty.second-person')
  })

  it('blocks K, of which the quorum was reached, when Dan rejects it, until Dan lifts that, with a reason [LAW 35]', async () => {
    const scenario = await vetoed()
    expect(status(scenario)).toBe('vetoed')
    expect(scenario.isApprovable('K')).toBe(false)
    expect(scenario.change('K').state).toBe('approve')
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await refused(scenario, ['dan', 'liftVeto', { ...K, of: 'dan', comment: '' }], 'command.malformed')
    await scenario.given('dan', 'liftVeto', { ...settled, of: 'dan' })
    expect(scenario.approvals('K')).toBe(2)
    await scenario.given('paul', 'release', K)
    expect(scenario.change('K').state).toBe('completed')
  })

  it('names Danny to lift the veto of Dan, who turns out to be Danny, and no id that is given up [LAW 35]', async () => {
    const scenario = await vetoed({ people: people({ danny: [], hana: ['head'] }) })
    const comment = 'the personnel office found one file for both'
    await scenario.given('ada', 'recordAlias', { person: 'dan', is: 'danny', comment })
    expect(stageOf(scenario, 'K', 'approve').vetoes).toEqual(['danny'])
    const [way] = scenario.explain('K').waysOut.filter(one => one.do === 'liftVeto')
    expect(way?.persons).toEqual(['danny', 'hana'])
    await scenario.given('danny', 'liftVeto', { ...settled, of: 'danny' })
    expect(stageOf(scenario, 'K', 'approve').vetoes).toEqual([])
  })

  it('is lifted by Hana, who is a head and takes no part in K, with a reason, which the trail keeps [LAW 35]', async () => {
    const scenario = await vetoed()
    await refused(scenario, ['hana', 'liftVeto', { ...K, of: 'dan', comment: ' ' }], 'command.malformed')
    await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
    expect((await eventsOf(scenario)).find(event => event.type === 'veto.lifted')).toMatchObject({
      rejection: 0,
      by: 'hana',
    })
    expect(scenario.change('K').rejections).toMatchObject([{ person: 'dan', veto: true, lifted: { by: 'hana' } }])
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('is not lifted by Alice, who made K, by Rita, who asked for it, or by Erin, who tested it, heads though they are [LAW 35]', async () => {
    const scenario = await vetoed()
    for (const person of ['alice', 'rita', 'erin']) {
      await refused(scenario, [person, 'liftVeto', { ...settled, of: 'dan' }], 'duty.second-person', { person })
      expect(status(scenario)).toBe('vetoed')
    }
  })

  it('is lifted by Bob, who is a head and has only approved K [LAW 35]', async () => {
    const scenario = await vetoed()
    await scenario.given('bob', 'liftVeto', { ...settled, of: 'dan' })
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('is not lifted by Carol or Nora, who are no heads, nor by Dora, who acts for Hana and for Dan in other things [LAW 35]', async () => {
    const scenario = await vetoed()
    await delegated(scenario, 'hana', 'dora')
    await delegated(scenario, 'dan', 'dora')
    for (const person of ['carol', 'nora', 'dora'])
      await refused(scenario, [person, 'liftVeto', { ...settled, of: 'dan' }], 'authority.no-role', { person })
  })

  it('is not lifted by Hana, who has left, or is a head no longer, or of another team only [LAW 35]', async () => {
    const gone = await vetoed()
    await gone.given('ada', 'recordDeparture', { person: 'hana' })
    await refused(gone, ['hana', 'liftVeto', { ...settled, of: 'dan' }], 'identity.departed')
    const former = await vetoed()
    await former.given('ada', 'revokeRole', { role: 'head', from: 'hana', team: '*' })
    await former.given('ada', 'grantRole', { role: 'head', to: 'hana', team: 'other' })
    await refused(former, ['hana', 'liftVeto', { ...settled, of: 'dan' }], 'authority.no-role')
  })

  it('is not lifted by Nora, whom Ada, who made K as well, has made a head meanwhile [LAW 35]', async () => {
    const scenario = await f0({ policies: [vetoing], people: cast, submit: null })
    scenario.at(1)
    await scenario.given('rita', 'submit', {
      change: 'K',
      team: 't',
      category: 'normal',
      title: 'Round half a cent to even',
      reason: 'a cent on one invoice',
      form: { system: 'ledger', risk: 'low' },
      content: { digest: content('r1'), makers: ['alice', 'ada'] },
    })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('dan', 'reject', no)
    scenario.at(1)
    await scenario.given('ada', 'grantRole', { role: 'head', to: 'nora', team: 't' })
    await refused(scenario, ['nora', 'liftVeto', { ...settled, of: 'dan' }], 'authority.granted-by-participant', {
      person: 'nora',
    })
    expect(status(scenario)).toBe('vetoed')
  })

  it('is not lifted by Hana, who turns out to be Alice, who made K [LAW 35]', async () => {
    const scenario = await vetoed()
    await scenario.given('ada', 'recordAlias', { person: 'hana', is: 'alice', comment: 'the same passport' })
    await refused(scenario, ['hana', 'liftVeto', { ...settled, of: 'dan' }], 'duty.second-person', { person: 'alice' })
  })

  it('stands again when Hana, who lifted it, turns out to be Alice, who made K, or is given the work of it [LAW 35]', async () => {
    for (const conflict of [
      ['ada', 'recordAlias', { person: 'hana', is: 'alice', comment: 'the same passport' }],
      ['rita', 'assign', { ...K, to: 'hana' }],
    ] as const) {
      const scenario = await vetoed()
      await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
      expect(scenario.isApprovable('K')).toBe(true)
      const [account, type, command] = conflict
      await scenario.given(account, type, command)
      expect(scenario.isApprovable('K')).toBe(false)
      await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
      await scenario.given('dan', 'liftVeto', { ...settled, of: 'dan' })
      expect(scenario.isApprovable('K')).toBe(true)
    }
  })

  it('stops K again, and takes back nothing that Dan has approved since it was lifted, which counts when it is lifted once more [LAW 35]', async () => {
    const scenario = await f0Tested({ policies: [vetoing], people: { ...cast, hugo: ['head'] } })
    await scenario.given('dan', 'reject', no)
    await scenario.given('hugo', 'liftVeto', { ...settled, of: 'dan' })
    await scenario.given('dan', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await scenario.given('rita', 'assign', { ...K, to: 'hugo' })
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'vetoed', requirement: { has: 2, needs: 2 } })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await refused(scenario, ['hugo', 'liftVeto', { ...settled, of: 'dan' }], 'duty.second-person')
    expect(scenario.explain('K').waysOut).toMatchObject([
      { do: 'liftVeto', stage: 'approve', persons: ['bob', 'dan', 'hana'] },
    ])
    await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('is lifted by nobody where Dan, who placed it, has left and there is no head, until somebody is made one [LAW 35]', async () => {
    const scenario = await vetoed({
      people: { ...cast, alice: [], rita: [], erin: ['tester'], bob: ['appr'], hana: [] },
    })
    await scenario.given('ada', 'recordDeparture', { person: 'dan' })
    const { waysOut } = scenario.explain('K')
    expect(waysOut).toEqual([
      { do: 'liftVeto', stage: 'approve', persons: [] },
      { do: 'grantRole', stage: 'approve', role: 'head', persons: ['ada', 'otto'] },
    ])
    await scenario.given('ada', 'grantRole', { role: 'head', to: 'nora', team: '*' })
    await scenario.given('nora', 'liftVeto', { ...settled, of: 'dan' })
  })

  it('names no Dora either, who approves for nobody but Dan while his veto stands [LAW 35]', async () => {
    const scenario = await f0Tested({ policies: [vetoing], people: { ...cast, bob: [], carol: [] } })
    await delegated(scenario, 'dan', 'dora')
    expect(scenario.explain('K').whoCanUnblock).toContain('dora')
    await scenario.given('dan', 'reject', no)
    const { waysOut } = scenario.explain('K')
    expect(waysOut.filter(one => one.do === 'approve')).toEqual([])
    await refused(scenario, ['dora', 'approve', { ...K, for: 'dan' }], 'veto.standing')
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { able: [] })
  })

  it('names no Eve for Bob either, who has it by way of Dan, while the veto of Dan stands [LAW 35]', async () => {
    const policies = [{ ...vetoing, delegation: { depth: 2 } }]
    const scenario = await f0Tested({ policies, people: { ...cast, eve: [] } })
    const until = new Date(Date.parse(scenario.now) + day).toISOString()
    const window = { from: scenario.now, until }
    const of = await delegated(scenario, 'bob', 'dan')
    await scenario.given('dan', 'delegate', { delegation: 'to-eve', principal: 'dan', to: 'eve', of, ...window })
    expect(scenario.explain('K').whoCanUnblock).toContain('eve')
    await scenario.given('dan', 'reject', no)
    expect(scenario.explain('K').waysOut).toContainEqual({ do: 'approve', stage: 'approve', persons: ['bob', 'carol'] })
    await refused(scenario, ['eve', 'approve', { ...K, for: 'bob' }], 'veto.standing')
    await scenario.given('bob', 'recordAbsence', { person: 'bob', ...window })
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { able: ['carol'] })
  })

  it('is what Carol is told who would approve at a stage that asks nobody any more, and stands only for it [LAW 35]', async () => {
    const of = (name: string, risk: string) =>
      approval(name, approvals(1).from(role('appr')), { veto, when: field('risk').is(risk) })
    const rules = withFlow(of('light', 'low'), of('heavy', 'high'), production)
    const scenario = await f0({ policies: [rules], people: cast })
    await scenario.given('dan', 'reject', { ...K, comment: 'not like this' })
    await scenario.given('alice', 'revise', { ...K, form: { risk: 'high' }, comment: 'it is worse' })
    await refused(scenario, ['carol', 'approve', K], 'veto.standing', { of: 'dan' })
    await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
    await scenario.given('carol', 'approve', K)
  })

  it('names no Hana, who lifted it, among those who could put K into effect, as it would stand again [LAW 35]', async () => {
    const scenario = await vetoed({ people: { ...cast, hana: ['head', 'deployer'] } })
    await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
    expect(scenario.explain('K')).toMatchObject({ whoCanUnblock: ['paul'] })
    const why = { why: 'veto' }
    const { help } = await refused(scenario, ['hana', 'release', K], 'requirement.unmet', { person: 'hana', why })
    expect(help).toBe('paul could do it.')
    await refused(scenario, ['alice', 'release', K], 'authority.no-role', { able: ['paul'] })
    await robot(scenario, 'hana-bot', { controller: 'hana', role: 'deployer' })
    expect(scenario.explain('K')).toMatchObject({ whoCanUnblock: ['paul'] })
    await scenario.given('ada', 'revokeRole', { role: 'deployer', from: 'paul', team: '*' })
    expect(scenario.explain('K')).toMatchObject({
      whoCanUnblock: [],
      waysOut: [{ do: 'grantRole', stage: 'production', role: 'deployer', persons: ['ada', 'otto'] }],
    })
  })

  it('stands again when Hana, who lifted it, leaves as compromised, and stays lifted when she only leaves [LAW 35]', async () => {
    for (const compromised of [true, false]) {
      const scenario = await vetoed()
      await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
      await scenario.given('ada', 'recordDeparture', { person: 'hana', compromised })
      expect(scenario.isApprovable('K')).toBe(!compromised)
    }
  })

  it('is lifted by Hana anew in the very instant in which she left as compromised and came back [LAW 102]', async () => {
    const scenario = await vetoed()
    await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
    await scenario.given('ada', 'recordDeparture', { person: 'hana', compromised: true })
    await scenario.given('ada', 'recordReturn', { person: 'hana' })
    await scenario.given('ada', 'grantRole', { role: 'head', to: 'hana', team: '*' })
    expect(scenario.isApprovable('K')).toBe(false)
    await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
    expect(scenario.isApprovable('K')).toBe(true)
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('stands again when whoever made Nora a head, who lifted it, comes to make K, unless somebody else did so, too [LAW 35]', async () => {
    for (const other of [false, true]) {
      const scenario = await vetoed()
      await scenario.given('ada', 'grantRole', { role: 'head', to: 'nora', team: '*' })
      if (other) await scenario.given('otto', 'grantRole', { role: 'head', to: 'nora', team: '*' })
      await scenario.given('nora', 'liftVeto', { ...settled, of: 'dan' })
      expect(scenario.change('K').state).toBe('production')
      await scenario.given('rita', 'assign', { ...K, to: 'ada' })
      expect(status(scenario)).toBe(other ? 'satisfied' : 'vetoed')
      if (!other) {
        await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
        await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
      }
      await scenario.given('paul', 'release', K)
      expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
    }
  })

  it('is lifted by Dan with another id of his, which is known to be his [LAW 35]', async () => {
    const scenario = await vetoed({ people: { ...cast, daniel: [] } })
    await refused(scenario, ['daniel', 'liftVeto', { ...settled, of: 'dan' }], 'authority.no-role')
    await scenario.given('ada', 'recordAlias', { person: 'daniel', is: 'dan', comment: 'the same passport' })
    await scenario.given('daniel', 'liftVeto', { ...settled, of: 'dan' })
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('stands when Dan has left, until Hana lifts it [LAW 35]', async () => {
    const scenario = await vetoed()
    await scenario.given('ada', 'recordDeparture', { person: 'dan' })
    expect(status(scenario)).toBe('vetoed')
    await refused(scenario, ['dan', 'liftVeto', { ...settled, of: 'dan' }], 'identity.departed')
    await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('stands when Dan has left as compromised, as nobody gets rid of a veto by getting rid of a person [LAW 35]', async () => {
    const scenario = await vetoed()
    await scenario.given('ada', 'recordDeparture', { person: 'dan', compromised: true })
    expect(status(scenario)).toBe('vetoed')
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('stands when Dan loses his role, and is still his to lift [LAW 35]', async () => {
    const scenario = await vetoed()
    await scenario.given('ada', 'revokeRole', { role: 'appr', from: 'dan', team: '*' })
    expect(status(scenario)).toBe('vetoed')
    await scenario.given('dan', 'liftVeto', { ...settled, of: 'dan' })
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('stands over an edit, and over everything that is approved of the new revision [LAW 35]', async () => {
    const scenario = await vetoed()
    await scenario.given('alice', 'revise', {
      ...K,
      content: { digest: content('r2'), makers: ['alice'] },
      comment: '2',
    })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', K)
    expect(status(scenario)).toBe('vetoed')
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('stands over a new round, into which Bob sent K at an earlier stage [LAW 35]', async () => {
    const tech = approval('tech', approvals(1).from(role('head')))
    const scenario = await f0({ policies: [withFlow(tech, deciding, production)], people: cast })
    await scenario.given('hana', 'approve', K)
    await scenario.given('dan', 'reject', no)
    expect(scenario.change('K').state).toBe('approve')
    await scenario.given('hana', 'withdraw', { ...K, comment: 'then let us look again' })
    await scenario.given('hana', 'reject', { ...K, comment: 'then let us look again' })
    if (scenario.change('K').state === 'returned') await scenario.given('rita', 'resubmit', { ...K, comment: 'again' })
    expect(scenario.change('K').round).toBe(2)
    await scenario.given('hana', 'approve', K)
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', K)
    expect(status(scenario)).toBe('vetoed')
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('keeps Dan, whose veto stands, from approving, and lets him approve once he has lifted it [LAW 35]', async () => {
    const scenario = await vetoed()
    await refused(scenario, ['dan', 'approve', K], 'veto.standing', { of: 'dan' })
    await scenario.given('dan', 'liftVeto', { ...settled, of: 'dan' })
    await scenario.given('carol', 'withdraw', { ...K, comment: 'I was too quick' })
    await scenario.given('dan', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('ends the approval of Dan, who has a change of mind, and does not give it back when it is lifted [LAW 35]', async () => {
    const scenario = await f0Tested({ policies: [vetoing], people: cast })
    await scenario.given('dan', 'approve', K)
    await scenario.given('bob', 'approve', K)
    await scenario.given('dan', 'reject', no)
    expect(discountOf(scenario, 'K', 'approve', 'dan')).toMatchObject({ why: 'ended', ended: { how: 'rejected' } })
    await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
    expect(scenario.approvals('K')).toBe(1)
    expect(scenario.isApprovable('K')).toBe(false)
  })

  it('ends what Dan has approved with another id, which is known to be his [LAW 22]', async () => {
    const scenario = await f0Tested({ policies: [vetoing], people: { ...cast, daniel: ['appr'] } })
    await scenario.given('daniel', 'approve', K)
    await scenario.given('ada', 'recordAlias', { person: 'daniel', is: 'dan', comment: 'the same passport' })
    await scenario.given('dan', 'reject', no)
    expect(scenario.approvals('K')).toBe(0)
    await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('ends what Dora approved for Dan, when he rejects K himself [LAW 22]', async () => {
    const scenario = await f0Tested({ policies: [vetoing], people: cast })
    await delegated(scenario, 'dan', 'dora')
    await scenario.given('dora', 'approve', K)
    await scenario.given('dan', 'reject', no)
    await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('is placed by Dora in the name of Dan, and either of them lifts it [LAW 35]', async () => {
    for (const person of ['dan', 'dora']) {
      const scenario = await decided()
      await delegated(scenario, 'dan', 'dora')
      await scenario.given('dora', 'reject', no)
      expect(status(scenario)).toBe('vetoed')
      await refused(scenario, ['dan', 'approve', K], 'veto.standing')
      await scenario.given(person, 'liftVeto', { ...settled, of: 'dora' })
      expect(scenario.isApprovable('K')).toBe(true)
    }
  })

  it('stands when the delegation is over by which Dora placed it for Dan [LAW 35]', async () => {
    const scenario = await decided()
    const delegation = await delegated(scenario, 'dan', 'dora')
    await scenario.given('dora', 'reject', no)
    await scenario.given('dan', 'revokeDelegation', { delegation })
    expect(status(scenario)).toBe('vetoed')
    await scenario.given('dan', 'liftVeto', { ...settled, of: 'dora' })
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('of two leaves the other standing when one is lifted, and neither vetoer lifts the other as a head [LAW 35]', async () => {
    const scenario = await f0Tested({
      policies: [vetoing],
      people: { ...cast, carol: ['appr', 'head'], eve: ['appr'] },
    })
    await scenario.given('bob', 'approve', K)
    await scenario.given('eve', 'approve', K)
    await scenario.given('carol', 'reject', no)
    await scenario.given('dan', 'reject', no)
    await refused(scenario, ['carol', 'liftVeto', { ...settled, of: 'dan' }], 'duty.second-person', { person: 'carol' })
    await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
    expect(status(scenario)).toBe('vetoed')
    await scenario.given('carol', 'liftVeto', { ...settled, of: 'carol' })
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('is placed once by Dan, who rejects twice, and again after Hana has lifted it [LAW 35]', async () => {
    const scenario = await vetoed()
    await refused(scenario, ['dan', 'reject', { ...K, comment: 'no, and no' }], 'nothing-to-do', { person: 'dan' })
    await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
    await scenario.given('dan', 'reject', no)
    expect(status(scenario)).toBe('vetoed')
    expect(scenario.change('K').rejections).toHaveLength(2)
  })

  it('that Dora has placed for Dan is told as hers when Nora, who acts for Dan as well, or Dan would place it once more [LAW 35]', async () => {
    const scenario = await decided()
    for (const one of ['dora', 'nora']) await delegated(scenario, 'dan', one)
    await scenario.given('dora', 'reject', no)
    for (const one of ['nora', 'dan'])
      await refused(scenario, [one, 'reject', no], 'nothing-to-do', { person: 'dora', state: 'vetoing' })
  })

  it('is not lifted twice, and not where there is none [LAW 35]', async () => {
    const scenario = await decided()
    await refused(scenario, ['hana', 'liftVeto', { ...settled, of: 'dan' }], 'nothing-to-do')
    await scenario.given('dan', 'reject', no)
    await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
    await refused(scenario, ['dan', 'liftVeto', { ...settled, of: 'dan' }], 'nothing-to-do')
  })

  it('comes before the quorum is reached as well, and others may approve while it stands [LAW 35]', async () => {
    const scenario = await f0Tested({ policies: [vetoing], people: cast })
    await scenario.given('dan', 'reject', no)
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', K)
    expect(status(scenario)).toBe('vetoed')
    await scenario.given('dan', 'liftVeto', { ...settled, of: 'dan' })
    expect(scenario.change('K').state).toBe('production')
  })

  it('blocks a stage of which any one way is enough, whichever way is taken [LAW 35]', async () => {
    const either = approval('approve', any(approvals(1).from(role('appr')), approvals(1).from(role('head'))), { veto })
    const scenario = await f0({ policies: [withFlow(either, production)], people: cast })
    await scenario.given('dan', 'reject', no)
    await scenario.given('hana', 'approve', K)
    expect(status(scenario)).toBe('vetoed')
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('blocks the stages that are open together until it is lifted, though the other one is met [LAW 35]', async () => {
    const heads = approval('heads', approvals(1).from(role('head')))
    const scenario = await f0({ policies: [withFlow(parallel('review', deciding, heads), production)], people: cast })
    await scenario.given('dan', 'reject', no)
    expect(scenario.change('K').state).toBe('review')
    await scenario.given('hana', 'approve', K)
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', { ...K, stage: 'approve' })
    expect(scenario.change('K').state).toBe('review')
    await scenario.given('dan', 'liftVeto', { ...settled, of: 'dan' })
    expect(scenario.change('K').state).toBe('production')
  })

  it('stands when an edit makes the stage fall away at which Dan placed it [LAW 35]', async () => {
    const risky = approval('risky', approvals(1).from(role('appr')), { veto, when: field('risk').is('high') })
    const heads = approval('heads', approvals(1).from(role('head')))
    const scenario = await f0({
      policies: [withFlow(risky, heads, production)],
      people: cast,
      submit: { form: { system: 'ledger', risk: 'high' } },
    })
    await scenario.given('dan', 'reject', no)
    const milder = await scenario.when('alice', 'revise', { ...K, form: { risk: 'low' }, comment: 'not so bad' })
    if (milder.outcome === 'accepted') await scenario.given('hana', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(false)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('stands when Dan is given the work afterwards, and is still his to lift [LAW 35]', async () => {
    const scenario = await vetoed()
    await scenario.given('rita', 'assign', { ...K, to: 'dan' })
    expect(status(scenario)).toBe('vetoed')
    await scenario.given('dan', 'liftVeto', { ...settled, of: 'dan' })
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('is not lifted by a robot of Dan or of Hana [LAW 35]', async () => {
    const scenario = await vetoed()
    for (const controller of ['dan', 'hana']) {
      await robot(scenario, `bot-of-${controller}`, { controller, role: 'head' })
      await refused(scenario, [`bot-of-${controller}`, 'liftVeto', { ...settled, of: 'dan' }], 'identity.bot')
    }
  })

  it('stands when Rita moves K into another category, whose stage of that name other people could clear [LAW 35]', async () => {
    const { normal } = vetoing.categories
    if (normal === undefined) throw new Error('the fixture has no category normal')
    const milder = approval('approve', approvals(2).from(role('appr')), { veto: { liftedBy: role('tester') } })
    const other = { ...normal, flow: [test('verify', { by: role('tester') }), milder, production] }
    const scenario = await vetoed({
      policies: [{ ...vetoing, categories: { normal, other } }],
      people: { ...cast, tess: ['tester'] },
    })
    await scenario.given('rita', 'recategorise', { ...K, category: 'other', comment: 'it is another' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', K)
    expect(status(scenario)).toBe('vetoed')
    await refused(scenario, ['tess', 'liftVeto', { ...settled, of: 'dan' }], 'authority.no-role', { person: 'tess' })
    await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('stands when Rita moves K into a category without vetoes, whatever its stages are called [LAW 35]', async () => {
    for (const name of ['approve', 'decide']) {
      const { normal } = vetoing.categories
      if (normal === undefined) throw new Error('the fixture has no category normal')
      const plain = approval(name, approvals(2).from(role('appr')))
      const other = { ...normal, flow: [test('verify', { by: role('tester') }), plain, production] }
      const scenario = await vetoed({ policies: [{ ...vetoing, categories: { normal, other } }] })
      await scenario.given('rita', 'recategorise', { ...K, category: 'other', comment: 'it is another' })
      await scenario.given('erin', 'signOff', { ...K, ...report })
      for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', K)
      expect(scenario.isApprovable('K')).toBe(false)
      await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
      expect(scenario.isApprovable('K')).toBe(true)
    }
  })

  it('keeps a parent from covering its child while it stands [LAW 35]', async () => {
    const child = approval('approve', approvals(2).from(role('appr')), {
      carriedFrom: approved('normal').covers({ system: 'system' }).for('30d'),
    })
    const parent = fixturePolicy({ flow: [deciding, production] })
    const { normal } = parent.categories
    if (normal === undefined) throw new Error('the fixture has no category normal')
    const policy = { ...parent, categories: { normal, child: { ...normal, flow: [child, production] } } }
    const scenario = await f0({ policies: [policy], people: cast })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await scenario.given('dan', 'reject', no)
    await scenario.given('rita', 'submit', {
      change: 'L',
      team: 't',
      category: 'child',
      title: 'The same for the archive',
      reason: 'as decided',
      form: { system: 'ledger', risk: 'low' },
      content: { digest: content('l1'), makers: ['alice'] },
      parent: 'K',
    })
    expect(scenario.approvals('L')).toBe(0)
    expect(scenario.isApprovable('L')).toBe(false)
  })

  it('is found out by the verifier when K is released over it, the lifting having been cut out of the trail [LAW 35]', async () => {
    const scenario = await vetoed()
    await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
    await scenario.given('paul', 'release', K)
    const bodies = bodiesOf(await linesOf(scenario.store))
    const cut = bodies.filter(body => (body.command as { type?: string }).type !== 'liftVeto')
    const verdict = verifyTrail([fileOf(reseal(renumber(cut)))])
    expect(verdict.findings.map(one => `${one.code} ${one.seq}`)).toEqual([
      'decision.unjustified 34',
      'veto.overridden 34',
    ])
  })

  it('is lifted by who may under the policy that K is moved to, and before by who may under the one before; the verifier finds who else lifts it [LAW 35]', async () => {
    const roles = { appr: 'approves', tester: 'tests', deployer: 'releases', head: 'heads', chief: 'leads' }
    const under = (name: string, liftedBy: string) => {
      const stage = approval(name, approvals(2).from(role('appr')), { veto: { liftedBy: role(liftedBy) } })
      return fixturePolicy({ options: { roles }, flow: [test('verify', { by: role('tester') }), stage, production] })
    }
    const chiefs = under('decide', 'chief')
    const move = { ...K, policy: policyDigest(chiefs), stages: { approve: 'decide' }, comment: 'chiefs answer for it' }
    const lift = { ...settled, of: 'dan' }
    for (const [lifter, other] of [
      ['chloe', 'hana'],
      ['hana', 'chloe'],
    ] as const) {
      const scenario = await vetoed({ policies: [under('approve', 'head')], people: { ...cast, chloe: ['chief'] } })
      await scenario.adopt(chiefs)
      if (lifter === 'chloe') await scenario.given('bob', 'migrate', move)
      await refused(scenario, [other, 'liftVeto', lift], 'authority.no-role', { person: other })
      await scenario.given(lifter, 'liftVeto', lift)
      if (lifter === 'hana') await scenario.given('bob', 'migrate', move)
      await scenario.given('paul', 'release', K)
      const bodies = bodiesOf(await linesOf(scenario.store))
      expect(verifyTrail([fileOf(reseal(bodies))])).toMatchObject({ status: 'sound', findings: [] })
      const lifted = bodies.findLast(body => (body.command as { type?: string }).type === 'liftVeto')
      const forged = bodies.map(body => (body === lifted ? liftedBy(body, other) : body))
      expect(verifyTrail([fileOf(reseal(forged))]).codes).toHaveProperty(['veto.overridden'])
    }
  })

  it('stops K between two releases, and leaves the first one as it is [LAW 35]', async () => {
    const flow = [
      deciding,
      release('rehearsal', { by: role('deployer'), environment: 'staging' }),
      release('live', { by: role('deployer'), environment: 'production' }),
    ]
    const scenario = await f0({ policies: [withFlow(...flow)], people: cast })
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', K)
    await scenario.given('paul', 'release', { ...K, environment: 'staging' })
    await scenario.given('dan', 'reject', no)
    await refused(scenario, ['paul', 'release', { ...K, environment: 'production' }], 'requirement.unmet')
    await scenario.given('hana', 'liftVeto', { ...settled, of: 'dan' })
    expect(scenario.change('K')).toMatchObject({ state: 'live', releases: [{ stage: 'rehearsal' }] })
    await scenario.given('paul', 'release', { ...K, environment: 'production' })
    expect(scenario.change('K').state).toBe('completed')
  })

  it('is told by the explanation, with whoever placed it and those who could lift it [LAW 35]', async () => {
    const scenario = await vetoed()
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ status: 'vetoed', vetoes: ['dan'] })
    const way = scenario.explain('K').waysOut.find(one => one.do === 'liftVeto')
    expect(way?.persons).toEqual(expect.arrayContaining(['dan', 'hana']))
    for (const person of ['alice', 'rita', 'erin']) expect(way?.persons).not.toContain(person)
  })

  it('is told with those who could lift it where K has gone back to a stage before the one at which it stands [LAW 35]', async () => {
    const scenario = await f0({
      people: people({ carol: ['appr', 'head'], hana: ['chief'], dan: [] }),
      policies: [
        fixturePolicy({
          flow: [
            approval('first', approvals(2).from(role('appr'))),
            approval('second', approvals(1).from(role('head')), { veto: { liftedBy: role('chief') } }),
            production,
          ],
          options: {
            roles: { appr: 'approves', head: 'heads', chief: 'lifts', deployer: 'releases', tester: 'tests' },
          },
        }),
      ],
    })
    for (const one of ['bob', 'carol']) await scenario.given(one, 'approve', K)
    await scenario.given('carol', 'reject', no)
    const { state, waysOut, whoCanUnblock } = scenario.explain('K')
    expect({ state, waysOut, whoCanUnblock }).toEqual({
      state: 'first',
      waysOut: [{ do: 'liftVeto', stage: 'second', persons: ['carol', 'hana'] }],
      whoCanUnblock: ['carol', 'hana'],
    })
    await scenario.given('hana', 'liftVeto', { ...K, of: 'carol', comment: 'talked about' })
    expect(scenario.explain('K').waysOut).toEqual([{ do: 'approve', stage: 'first', persons: ['carol'] }])
  })

  it('is placed before production, what is in staging being reviewed later or not [LAW 35]', async () => {
    for (const reviewed of [[], [approval('look', approvals(1).from(role('head')), { within: '24h' })]]) {
      const staged = fixturePolicy({
        flow: [
          approval('peer', approvals(1).from(role('appr')), { veto: { liftedBy: role('head') } }),
          release('staging', { by: role('deployer'), environment: 'staging' }),
          approval('final', approvals(1).from(role('tester'))),
          release('production', { by: role('deployer'), environment: 'production' }),
          ...reviewed,
        ],
      })
      const scenario = await f0({ people: people({ hana: ['head'] }), policies: [staged] })
      await scenario.given('bob', 'approve', K)
      await scenario.given('paul', 'release', { ...K, environment: 'staging' })
      await scenario.given('erin', 'approve', K)
      expect(scenario.change('K').state).toBe('production')
      await scenario.given('dan', 'reject', no)
      await refused(scenario, ['paul', 'release', { ...K, environment: 'production' }], 'requirement.unmet')
      await scenario.given('dan', 'liftVeto', { ...K, of: 'dan', comment: 'looked again' })
      await scenario.given('paul', 'release', { ...K, environment: 'production' })
      if (reviewed.length > 0) await refused(scenario, ['dan', 'reject', no], 'authority.no-role')
      expect(verifyTrail([fileOf(await linesOf(scenario.store))]).findings).toEqual([])
    }
  })

  it('has no place after the release [LAW 35]', async () => {
    const scenario = await decided()
    await scenario.given('paul', 'release', K)
    await refused(scenario, ['dan', 'reject', no], 'lifecycle.not-now', { state: 'completed' })
  })

  it('is a rejection that sends K back where the policy does not speak of vetoes [LAW 35]', async () => {
    const scenario = await f0Tested({ people: cast })
    await scenario.given('dan', 'reject', no)
    expect(scenario.change('K')).toMatchObject({ state: 'returned', rejections: [{ person: 'dan' }] })
    expect(scenario.change('K').rejections[0]?.veto).toBeUndefined()
  })

  it('is refused when the policy lets a role lift it that nobody knows [LAW 35]', () => {
    expect(() =>
      withFlow(approval('approve', approvals(2).from(role('appr')), { veto: { liftedBy: role('haed') } }), production),
    ).toThrow(/no role haed/)
  })
})

describe('the veto of somebody who has none', () => {
  it('leaves K as it was when Nora, who has no role, rejects it where a rejection is a veto [LAW 36]', async () => {
    const scenario = await decided()
    await refused(scenario, ['nora', 'reject', no], 'authority.no-role', { person: 'nora' })
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('leaves K as it was when Hana rejects it, who may lift vetoes and place none [LAW 36]', async () => {
    const scenario = await decided()
    await refused(scenario, ['hana', 'reject', no], 'authority.no-role', { person: 'hana' })
  })

  it('leaves K as it was when Alice, who made it, vetoes it as an approver, or Dora in her name [LAW 36]', async () => {
    const scenario = await decided({ people: { ...cast, alice: ['appr'] } })
    await refused(scenario, ['alice', 'reject', no], 'duty.conflict', { person: 'alice' })
    await delegated(scenario, 'alice', 'dora')
    await refused(scenario, ['dora', 'reject', no], 'duty.conflict', { person: 'alice' })
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('leaves K as it was when a robot vetoes it, whoever controls it [LAW 36]', async () => {
    const scenario = await decided()
    await scenario.given('ada', 'registerBot', { bot: 'no-bot', controller: 'dan', accounts: ['no-bot'] })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'no-bot', team: '*' })
    await refused(scenario, ['no-bot', 'reject', no], 'identity.bot')
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('leaves K as it was when Dan vetoes another revision than the one that is there [LAW 36]', async () => {
    const scenario = await decided()
    await refused(scenario, ['dan', 'reject', { ...no, revision: 2 }], 'binding.revision')
    await refused(scenario, ['dan', 'reject', { ...no, digest: content('r9') }], 'binding.digest')
    expect(scenario.isApprovable('K')).toBe(true)
  })
})
