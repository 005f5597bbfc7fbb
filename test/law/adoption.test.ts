import { baseline, f0, fixturePolicy, type Scenario, submitK } from '@countersign/testing'
import { bodiesOf, fileOf, linesOf, reseal } from '@countersign/testing/tamper'
import {
  approval,
  approvals,
  approvedBeforeRelease,
  type Controls,
  controls,
  controlsDigest,
  type Policy,
  policyDigest,
  release,
  role,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { day, K, people, robot } from './setting.ts'
import { trailOf } from './trail.ts'

const flowWith = (count: number) => [
  test('verify', { by: role('tester') }),
  approval('approve', approvals(count).from(role('appr'))),
  release('production', { by: role('deployer') }),
]
const asking = (count: number): Policy => fixturePolicy({ flow: flowWith(count) })

const [v2, v3] = [asking(3), asking(4)]
const [digest2, digest3] = [policyDigest(v2), policyDigest(v3)]
const first = policyDigest(fixturePolicy())
const inForce = (scenario: Scenario) => scenario.desk.governance().policyInForce.t

const sound = async (scenario: Scenario) =>
  expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })

/** The baseline, with so many approvals before a release. */
const tighter = (count: number): Controls =>
  controls('baseline', {
    ...baseline.clauses,
    'CM-3': approvedBeforeRelease(count).because('nothing unapproved reaches production'),
  })

describe('a policy is a change', () => {
  it('has an author, and another person who adopts it, both recorded before it is used, with its digest [LAW 95]', async () => {
    const scenario = await f0({ submit: null })
    await scenario.given('rita', 'proposePolicy', { policy: v2 })
    expect(inForce(scenario)).toBe(first)
    await refused(scenario, ['rita', 'adoptPolicy', { digest: digest2 }], 'authority.not-administrator')
    await scenario.given('ada', 'adoptPolicy', { digest: digest2 })
    await scenario.given('rita', 'submit', submitK as never)
    const told = (await trailOf(scenario)).filter(
      one => JSON.stringify(one.outcome).includes(digest2) || one.policy === digest2,
    )
    expect(told.map(one => [one.by.person, one.command.type])).toEqual([
      ['rita', 'proposePolicy'],
      ['ada', 'adoptPolicy'],
      ['rita', 'submit'],
    ])
    await sound(scenario)
  })

  it('is adopted by nobody alone: not by Ada, who proposed it, nor by her other account [LAW 95]', async () => {
    const scenario = await f0({ submit: null })
    await scenario.given('ada', 'linkAccount', { account: 'ada-adm', person: 'ada' })
    await scenario.given('ada-adm', 'proposePolicy', { policy: v2 })
    for (const account of ['ada', 'ada-adm'])
      await refused(scenario, [account, 'adoptPolicy', { digest: digest2 }], 'duty.second-person', { person: 'ada' })
    await scenario.given('ada', 'proposeControls', { controls: tighter(2) })
    await refused(scenario, ['ada-adm', 'adoptControls', { digest: controlsDigest(tighter(2)) }], 'duty.second-person')
    expect(inForce(scenario)).toBe(first)
    await sound(scenario)
  })

  it('is not adopted by Adam, who turns out to be Ada, who proposed it [LAW 95]', async () => {
    const scenario = await f0({ submit: null, people: people({ adam: [] }) })
    for (const one of ['ada', 'otto']) await scenario.given(one, 'appointAdministrator', { person: 'adam' })
    await scenario.given('ada', 'proposePolicy', { policy: v2 })
    await scenario.given('otto', 'recordAlias', { person: 'adam', is: 'ada', comment: 'one person' })
    await refused(scenario, ['adam', 'adoptPolicy', { digest: digest2 }], 'duty.second-person', { person: 'ada' })
    await scenario.given('otto', 'adoptPolicy', { digest: digest2 })
    await sound(scenario)
  })

  it('is told by the verifier where Adam adopted it, as he was appointed, and turns out only later to be Ada, who did her part [LAW 95]', async () => {
    const scenario = await f0({ submit: null, people: people({ adam: [], eva: [] }) })
    for (const one of ['ada', 'otto']) await scenario.given(one, 'appointAdministrator', { person: 'adam' })
    await scenario.given('ada', 'proposePolicy', { policy: v2 })
    await scenario.given('adam', 'adoptPolicy', { digest: digest2 })
    await scenario.given('otto', 'proposePolicy', { policy: v3 })
    await scenario.given('adam', 'adoptPolicy', { digest: digest3 })
    await scenario.given('ada', 'proposeControls', { controls: tighter(2) })
    await scenario.given('adam', 'adoptControls', { digest: controlsDigest(tighter(2)) })
    for (const one of ['ada', 'adam']) await scenario.given(one, 'appointAdministrator', { person: 'eva' })
    await sound(scenario)
    await scenario.given('otto', 'recordAlias', { person: 'adam', is: 'ada', comment: 'one person' })
    const { status, codes, findings } = verifyTrail([fileOf(await linesOf(scenario.store))])
    expect([status, codes]).toEqual(['unjustified', { 'alias.late': 3 }])
    const told = [`policy ${digest2}`, `controls ${controlsDigest(tighter(2))}`, 'administrator eva']
    expect(findings.map(({ because }) => because)).toEqual(
      told.map(what =>
        expect.stringMatching(
          new RegExp(
            `^ada(m?) and ad.* are one person, and who proposed ${what} put it in place in entry \\d+, which takes`,
          ),
        ),
      ),
    )
    await scenario.given('otto', 'recordAlias', { person: 'eva', is: 'bob', comment: 'one person' })
    expect(verifyTrail([fileOf(await linesOf(scenario.store))]).codes).toEqual({ 'alias.late': 3 })
  })

  it('is not adopted by a delegate of an administrator, nor by their robot, nor by one who has left [LAW 95]', async () => {
    const scenario = await f0({ submit: null, people: people({ dora: ['appr'], adam: [] }) })
    for (const one of ['ada', 'otto']) await scenario.given(one, 'appointAdministrator', { person: 'adam' })
    const until = new Date(Date.parse(scenario.now) + day).toISOString()
    const delegation = { delegation: 'd', principal: 'otto', to: 'dora', from: scenario.now, until }
    await scenario.given('otto', 'delegate', delegation)
    await robot(scenario, 'ops-bot', { controller: 'otto' })
    await scenario.given('ada', 'proposePolicy', { policy: v2 })
    await scenario.given('ada', 'recordDeparture', { person: 'adam' })
    const adopt = { digest: digest2 }
    await refused(scenario, ['dora', 'adoptPolicy', adopt], 'authority.not-administrator', { person: 'dora' })
    await refused(scenario, ['ops-bot', 'adoptPolicy', adopt], 'identity.bot')
    await refused(scenario, ['adam', 'adoptPolicy', adopt], 'identity.departed')
    await sound(scenario)
  })

  it('is not brought back alone: what was in force once is proposed anew before it is adopted again [LAW 95]', async () => {
    const scenario = await f0({ submit: null })
    await scenario.given('otto', 'proposePolicy', { policy: v2 })
    await scenario.given('ada', 'adoptPolicy', { digest: digest2 })
    // Ada proposed the first one, so Otto could bring it back at any time by himself.
    await refused(scenario, ['otto', 'adoptPolicy', { digest: first }], 'proposal.overtaken', { inForce: digest2 })
    await scenario.given('otto', 'proposePolicy', { policy: fixturePolicy() })
    await refused(scenario, ['otto', 'adoptPolicy', { digest: first }], 'duty.second-person')
    await scenario.given('ada', 'adoptPolicy', { digest: first })
    expect(inForce(scenario)).toBe(first)
    await sound(scenario)
  })

  it('replaces what it was proposed to replace: of two proposals, the one that was not adopted is over [LAW 95]', async () => {
    const scenario = await f0({ submit: null })
    await scenario.given('ada', 'proposePolicy', { policy: v2 })
    await scenario.given('ada', 'proposePolicy', { policy: v3 })
    await scenario.given('otto', 'adoptPolicy', { digest: digest3 })
    await refused(scenario, ['otto', 'adoptPolicy', { digest: digest2 }], 'proposal.overtaken', {
      over: first,
      inForce: digest3,
    })
    await scenario.given('rita', 'proposePolicy', { policy: v2 })
    await scenario.given('ada', 'adoptPolicy', { digest: digest2 })
    await sound(scenario)
  })

  it('holds for controls as well, which nobody takes back to earlier ones alone [LAW 95]', async () => {
    const scenario = await f0({ submit: null })
    const digest = controlsDigest(tighter(2))
    await scenario.given('otto', 'proposeControls', { controls: tighter(2) })
    await refused(scenario, ['rita', 'proposeControls', { controls: tighter(2) }], 'nothing-to-do', {
      state: 'proposed',
    })
    await scenario.given('ada', 'adoptControls', { digest })
    const before = { digest: controlsDigest(baseline) }
    await refused(scenario, ['otto', 'adoptControls', before], 'proposal.overtaken', { inForce: digest })
    await refused(scenario, ['otto', 'adoptControls', { digest }], 'duty.second-person')
    await refused(scenario, ['ada', 'adoptControls', { digest }], 'nothing-to-do', { state: 'in force' })
    await sound(scenario)
  })

  it('is not adopted twice, nor proposed while it waits or is in force, nor adopted without a proposal [LAW 95]', async () => {
    const scenario = await f0({ submit: null })
    await refused(scenario, ['otto', 'adoptPolicy', { digest: digest2 }], 'name.unknown', { what: 'proposal' })
    await scenario.given('ada', 'proposePolicy', { policy: v2 })
    await refused(scenario, ['otto', 'proposePolicy', { policy: v2 }], 'nothing-to-do', { state: 'proposed' })
    await scenario.given('otto', 'adoptPolicy', { digest: digest2 })
    await refused(scenario, ['otto', 'adoptPolicy', { digest: digest2 }], 'nothing-to-do', { state: 'in force' })
    await refused(scenario, ['ada', 'proposePolicy', { policy: v2 }], 'nothing-to-do', { state: 'in force' })
  })

  it('that is proposed counts for nothing: a change is submitted under the one in force [LAW 95]', async () => {
    const scenario = await f0({ submit: null })
    await scenario.given('ada', 'proposePolicy', { policy: v2 })
    await scenario.given('rita', 'submit', submitK as never)
    expect(scenario.change('K').policy).toBe(first)
    await scenario.given('otto', 'adoptPolicy', { digest: digest2 })
    expect(scenario.change('K').policy).toBe(first)
  })

  it('is found where it was adopted by its author in a trail sealed anew [LAW 95]', async () => {
    const scenario = await f0({ submit: null })
    await scenario.given('ada', 'proposePolicy', { policy: v2 })
    await scenario.given('otto', 'adoptPolicy', { digest: digest2 })
    const bodies = bodiesOf(await linesOf(scenario.store))
    const last = bodies.at(-1) as unknown as { by: object; outcome: { accepted: { by: string }[] } }
    last.by = { account: 'ada', person: 'ada' }
    for (const event of last.outcome.accepted) event.by = 'ada'
    const verdict = verifyTrail([fileOf(reseal(bodies))])
    expect(verdict).toMatchObject({ status: 'unjustified' })
    expect(verdict.findings).toMatchObject([{ code: 'decision.unjustified', seq: bodies.length - 1 }])
  })
})

describe('controls that change while a policy waits', () => {
  it('refuse a policy that was proposed before them and falls short of them, and let one through that does not [LAW 96]', async () => {
    const scenario = await f0({ submit: null })
    const strict = fixturePolicy({ options: { complies: tighter(3) }, flow: flowWith(4) })
    await scenario.given('ada', 'proposePolicy', { policy: v2 })
    // What is written for controls that are not in force yet cannot be proposed before them.
    await refused(scenario, ['ada', 'proposePolicy', { policy: strict }], 'policy.invalid')
    await scenario.given('ada', 'proposeControls', { controls: tighter(3) })
    await scenario.given('otto', 'adoptControls', { digest: controlsDigest(tighter(3)) })
    await refused(scenario, ['otto', 'adoptPolicy', { digest: digest2 }], 'policy.invalid', {
      problems: [{ where: 'complies' }],
    })
    await scenario.adopt(strict)
    await sound(scenario)
  })

  it('leave a policy in force of which they ask for more, but let nothing be submitted under it [LAW 96]', async () => {
    const scenario = await f0()
    await scenario.given('ada', 'proposeControls', { controls: tighter(3) })
    await scenario.given('otto', 'adoptControls', { digest: controlsDigest(tighter(3)) })
    await refused(scenario, ['rita', 'submit', { ...submitK, change: 'L' }], 'policy.outdated', { team: 't' })
    await scenario.given('erin', 'signOff', { ...K, result: 'passed', evidence: [{ name: 'report' }] })
    for (const one of ['bob', 'carol']) await scenario.given(one, 'approve', K)
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('do not take back a policy that was adopted before they were replaced twice, and came to the same [LAW 96]', async () => {
    const scenario = await f0({ submit: null })
    for (const written of [tighter(3), baseline]) {
      await scenario.given('ada', 'proposeControls', { controls: written })
      await scenario.given('otto', 'adoptControls', { digest: controlsDigest(written) })
    }
    await scenario.given('rita', 'submit', submitK as never)
    await sound(scenario)
  })

  it('hold each team: a policy for another team falls short of the same clause [LAW 96]', async () => {
    const scenario = await f0({ submit: null })
    const { categories, ...written } = fixturePolicy()
    const without = Object.entries(categories).map(
      ([name, one]) => [name, { ...one, flow: one.flow.filter(stage => stage.kind !== 'approval') }] as const,
    )
    const other = { ...written, team: 'u', categories: Object.fromEntries(without) }
    await refused(scenario, ['alice', 'proposePolicy', { policy: other }], 'policy.invalid', {
      team: 'u',
      problems: expect.arrayContaining([expect.objectContaining({ clause: 'CM-3' })]) as unknown,
    })
  })
})
