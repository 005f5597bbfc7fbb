import { baseline, content, f0, f0Tested, fixturePolicy, type Scenario, submitK } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { approval, approvals, approved, category, type Policy, policy, release, role, test } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refused } from './refusal.ts'
import { day, delegated, f0Approved, hour, K, people, report, robot, stageOf } from './setting.ts'

/** A policy that asks again where somebody who approved has left. */
const reconfirming = () =>
  fixturePolicy({
    flow: [
      test('verify', { by: role('tester') }),
      approval('approve', approvals(2).from(role('appr')), { leavers: 'reconfirm' }),
      release('production', { by: role('deployer') }),
    ],
  })

const leaves = (scenario: Scenario, person: string, compromised = false) =>
  scenario.given('ada', 'recordDeparture', { person, compromised })

async function returns(scenario: Scenario, person: string, ...held: readonly string[]) {
  await scenario.given('ada', 'recordReturn', { person })
  for (const one of held) await scenario.given('ada', 'grantRole', { role: one, to: person, team: '*' })
}

const isSound = async (scenario: Scenario) =>
  expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })

describe('whoever approved and has left since', () => {
  it('lets stand and marks what Bob, who left before the release, approved; does not count it where the policy asks for reconfirmation, nor ever where he was removed as compromised [LAW 102]', async () => {
    const counted = async (policies: readonly Policy[], compromised: boolean) => {
      const scenario = await f0Approved({ policies })
      scenario.at(hour)
      await leaves(scenario, 'bob', compromised)
      return scenario
    }
    const scenario = await counted([fixturePolicy()], false)
    expect(scenario.approvals('K')).toBe(2)
    expect(stageOf(scenario, 'K', 'approve').acts).toMatchObject([
      { person: 'bob', departed: true },
      { person: 'carol' },
    ])
    await scenario.given('paul', 'release', K)
    await isSound(scenario)
    expect((await counted([reconfirming()], false)).approvals('K')).toBe(1)
    expect((await counted([fixturePolicy()], true)).approvals('K')).toBe(1)
  })

  it('marks Dora, who approved for Bob, and not Carol, who is here, where Bob alone has left [LAW 102]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [] }) })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    await scenario.given('carol', 'approve', K)
    await leaves(scenario, 'bob')
    expect(scenario.approvals('K')).toBe(2)
    const [first, second] = stageOf(scenario, 'K', 'approve').acts
    expect(first).toMatchObject({ person: 'dora', departed: true })
    expect(second?.departed).toBeUndefined()
  })
})

describe('whoever approved and has left since, where the policy asks for reconfirmation', () => {
  it('blocks K until somebody takes the place of Bob, who approved it and left before the release [LAW 102]', async () => {
    const scenario = await f0Approved({ policies: [reconfirming()] })
    scenario.at(hour)
    await leaves(scenario, 'bob')
    expect(scenario.approvals('K')).toBe(1)
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({ missing: { appr: 1 } })
    expect(scenario.explain('K').whoCanUnblock).toEqual(['dan'])
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
    await scenario.given('dan', 'approve', K)
    await scenario.given('paul', 'release', K)
    await isSound(scenario)
  })

  it('lets the release stand when Bob leaves after it, whatever the policy says of leavers [LAW 102]', async () => {
    const scenario = await f0Approved({ policies: [reconfirming()] })
    await scenario.given('paul', 'release', K)
    scenario.at(hour)
    await leaves(scenario, 'bob')
    await scenario.given('rita', 'close', K)
    expect(scenario.approvals('K')).toBe(2)
    await isSound(scenario)
  })

  it('asks again where Dora, who approved for Bob, has left, and where Bob himself has [LAW 102]', async () => {
    for (const leaver of ['dora', 'bob']) {
      const scenario = await f0Tested({ policies: [reconfirming()], people: people({ dora: [] }) })
      await delegated(scenario, 'bob', 'dora')
      await scenario.given('dora', 'approve', { ...K, for: 'bob' })
      await scenario.given('carol', 'approve', K)
      scenario.at(hour)
      await leaves(scenario, leaver)
      expect(scenario.approvals('K')).toBe(1)
      await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
    }
  })

  it('asks again where Hana, who stood in for the vacant role, has left [LAW 102]', async () => {
    const scenario = await f0Tested({
      policies: [
        fixturePolicy({
          options: {
            roles: {
              appr: { fallback: { role: 'head', when: ['vacant'] } },
              tester: 'tests',
              deployer: 'releases',
              head: 'heads the department',
            },
          },
          flow: [
            test('verify', { by: role('tester') }),
            approval('approve', approvals(1).from(role('appr')), { leavers: 'reconfirm' }),
            release('production', { by: role('deployer') }),
          ],
        }),
      ],
      people: people({ bob: [], carol: [], dan: [], hana: ['head'] }),
    })
    await scenario.given('hana', 'approve', K)
    await leaves(scenario, 'hana')
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
  })

  it('counts what Bob approves after he has come back in the very instant in which he left, where the policy asks for reconfirmation [LAW 102]', async () => {
    const scenario = await f0Approved({ policies: [reconfirming()] })
    await leaves(scenario, 'bob')
    await returns(scenario, 'bob', 'appr')
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(2)
    await leaves(scenario, 'bob')
    expect(scenario.approvals('K')).toBe(1)
    await returns(scenario, 'bob', 'appr')
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
    await isSound(scenario)
  })

  it('does not let the approval of Bob revive by itself when he is hired again [LAW 102]', async () => {
    const scenario = await f0Approved({ policies: [reconfirming()] })
    scenario.at(hour)
    await leaves(scenario, 'bob')
    scenario.at(hour)
    await returns(scenario, 'bob', 'appr')
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(2)
    await scenario.given('paul', 'release', K)
  })

  it('asks again for what was carried from a parent that a leaver approved, where the stage of the child asks for reconfirmation [LAW 102]', async () => {
    const form = z.object({ system: z.enum(['ledger', 'billing']) })
    const rules = policy(
      't',
      { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
      {
        project: category({ form, flow: [approval('decide', approvals(2).from(role('appr')))] }),
        patch: category({
          form,
          flow: [
            approval('agree', approvals(2).from(role('appr')), {
              leavers: 'reconfirm',
              carriedFrom: approved('project').covers({ system: 'system' }).for('30d'),
            }),
            release('production', { by: role('deployer') }),
          ],
        }),
      },
    )
    const scenario = await f0({ policies: [rules], submit: null })
    const ticket = { ...submitK, form: { system: 'ledger' } }
    await scenario.given('rita', 'submit', { ...ticket, change: 'P', category: 'project' })
    await scenario.given('bob', 'approve', { change: 'P' })
    await scenario.given('carol', 'approve', { change: 'P' })
    scenario.at(hour)
    await scenario.given('rita', 'submit', { ...ticket, category: 'patch', parent: 'P' })
    expect(scenario.approvals('K')).toBe(2)
    await leaves(scenario, 'bob')
    expect(scenario.approvals('K')).toBe(1)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
  })

  it('counts a leaver who turns out to be Carol, who is here, as Carol [LAW 102]', async () => {
    const scenario = await f0Tested({ policies: [reconfirming()], people: people({ cara: ['appr'] }) })
    await scenario.given('cara', 'approve', K)
    await scenario.given('bob', 'approve', K)
    await leaves(scenario, 'cara')
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('ada', 'recordAlias', { person: 'cara', is: 'carol', comment: 'she changed her name' })
    await refused(scenario, ['cara', 'approve', K], 'identity.unknown-account', { account: 'cara' })
  })
})

describe('whoever was removed as compromised', () => {
  it('does not count what Bob approved before he was removed as compromised, whatever the policy says of leavers [LAW 102]', async () => {
    for (const policies of [[fixturePolicy()], [reconfirming()]]) {
      const scenario = await f0Approved({ policies })
      scenario.at(hour)
      await leaves(scenario, 'bob', true)
      expect(scenario.approvals('K')).toBe(1)
      await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
    }
  })

  it('does not count what Dora gave for Bob, whichever of the two was compromised [LAW 102]', async () => {
    for (const gone of ['dora', 'bob']) {
      const scenario = await f0Tested({ people: people({ dora: [] }) })
      await delegated(scenario, 'bob', 'dora')
      await scenario.given('dora', 'approve', { ...K, for: 'bob' })
      await scenario.given('carol', 'approve', K)
      await leaves(scenario, gone, true)
      expect(scenario.approvals('K')).toBe(1)
    }
  })

  it('asks for the test again where Erin, or whoever controls the robot that tested, was compromised [LAW 102]', async () => {
    const scenario = await f0Approved()
    await leaves(scenario, 'erin', true)
    expect(stageOf(scenario, 'K', 'verify')).toMatchObject({ missing: { tester: 1 } })
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
    const other = await f0({ people: people({ cleo: [] }) })
    await robot(other, 'ci-bot', { controller: 'cleo', role: 'tester' })
    await other.given('ci-bot', 'signOff', { ...K, ...report })
    await leaves(other, 'cleo', true)
    expect(stageOf(other, 'K', 'verify')).toMatchObject({ missing: { tester: 1 } })
  })

  it('does not count what Bob approved under an id of his, once the other one was compromised [LAW 102]', async () => {
    const scenario = await f0Tested({ people: people({ bobby: ['appr'] }) })
    await scenario.given('bob', 'approve', K)
    await leaves(scenario, 'bobby', true)
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('ada', 'recordAlias', { person: 'bobby', is: 'bob', comment: 'one file' })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('does not count what Bob approved before he was compromised when he is hired again, and counts what he gives then [LAW 102]', async () => {
    const scenario = await f0Approved()
    scenario.at(hour)
    await leaves(scenario, 'bob', true)
    scenario.at(day)
    await returns(scenario, 'bob', 'appr')
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(2)
    await scenario.given('paul', 'release', K)
    await isSound(scenario)
  })

  it('does not count what Bob approved when it is learned only after he left that he was compromised [LAW 102]', async () => {
    const scenario = await f0Approved()
    scenario.at(hour)
    await leaves(scenario, 'bob')
    expect(scenario.approvals('K')).toBe(2)
    scenario.at(hour)
    await leaves(scenario, 'bob', true)
    expect(scenario.approvals('K')).toBe(1)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
  })

  it('does not count what was given at the very instant of the compromise, and goes on so after a second, clean departure [LAW 102]', async () => {
    const scenario = await f0Approved()
    await leaves(scenario, 'bob', true)
    expect(scenario.approvals('K')).toBe(1)
    scenario.at(hour)
    await returns(scenario, 'bob')
    scenario.at(hour)
    await leaves(scenario, 'bob')
    expect(scenario.approvals('K')).toBe(1)
  })

  it('counts what Bob approves, and Erin signs off, after they have come back in the very instant in which they left as compromised, and nothing from before [LAW 102]', async () => {
    const scenario = await f0Approved()
    for (const [person, held] of [
      ['bob', 'appr'],
      ['erin', 'tester'],
    ] as const) {
      await leaves(scenario, person, true)
      await returns(scenario, person, held)
    }
    expect(stageOf(scenario, 'K', 'verify').status).toBe('pending')
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(2)
    await leaves(scenario, 'bob', true)
    expect(scenario.approvals('K')).toBe(1)
    await returns(scenario, 'bob', 'appr')
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
    await isSound(scenario)
  })

  it('leaves a release as it was when it is learned after it that Bob was compromised [LAW 102]', async () => {
    const scenario = await f0Approved()
    await scenario.given('paul', 'release', K)
    scenario.at(hour)
    await leaves(scenario, 'bob', true)
    scenario.at(hour)
    await scenario.given('rita', 'close', K)
    expect(scenario.change('K').state).toBe('closed')
    expect(scenario.approvals('K')).toBe(2)
  })

  it('leaves a release as it was when Bob is removed as compromised in the very instant, but after it [LAW 102]', async () => {
    for (const policies of [[fixturePolicy()], [reconfirming()]]) {
      const scenario = await f0Approved({ policies })
      await scenario.given('paul', 'release', K)
      await leaves(scenario, 'bob', true)
      expect(scenario.approvals('K')).toBe(2)
      await isSound(scenario)
    }
  })

  it('goes on holding a compromised Alice, hired again, to what she made [LAW 102]', async () => {
    const scenario = await f0Tested({ people: people({ alice: ['appr'] }) })
    scenario.at(hour)
    await leaves(scenario, 'alice', true)
    scenario.at(hour)
    await returns(scenario, 'alice', 'appr')
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice', held: 'make' })
  })
})

describe('whoever comes back', () => {
  it('refuses Alice, who made K, left, and was hired again with appr [LAW 3]', async () => {
    const scenario = await f0Tested({ people: people({ alice: [] }) })
    scenario.at(hour)
    await leaves(scenario, 'alice')
    scenario.at(hour)
    await returns(scenario, 'alice', 'appr')
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice', revision: 1 })
  })

  it('gives Bob, who left and was hired again, neither his role back nor the delegate whom he had [LAW 101]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [] }) })
    await delegated(scenario, 'bob', 'dora')
    scenario.at(hour)
    await leaves(scenario, 'bob')
    scenario.at(hour)
    await returns(scenario, 'bob')
    await refused(scenario, ['bob', 'approve', K], 'authority.no-role', { person: 'bob' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'bob', team: '*' })
    await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'authority.no-role', { principal: 'bob' })
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('refuses Bob, who approved K by default still, left, and was hired again, a second approval [LAW 101]', async () => {
    const scenario = await f0Tested()
    await scenario.given('bob', 'approve', K)
    scenario.at(hour)
    await leaves(scenario, 'bob')
    scenario.at(hour)
    await returns(scenario, 'bob', 'appr')
    await refused(scenario, ['bob', 'approve', K], 'approval.already-given', { person: 'bob' })
    expect(scenario.approvals('K')).toBe(1)
  })

  it('leave K to those to whom its flow gives something to do, where everybody who had a part in it has left [LAW 101]', async () => {
    const scenario = await f0Approved()
    await scenario.given('paul', 'release', K)
    for (const one of ['alice', 'bob', 'carol', 'erin', 'rita']) await leaves(scenario, one)
    const close = { ...K, comment: 'done' }
    await refused(scenario, ['dan', 'close', close], 'authority.not-participant', { participants: ['paul'] })
    await leaves(scenario, 'paul')
    await refused(scenario, ['ada', 'close', close], 'authority.not-participant', { participants: ['dan'] })
    await scenario.given('dan', 'close', close)
    await isSound(scenario)
  })

  it('leave K to those who hold a role of its flow now, where everybody who had one at its end has left as well [LAW 101]', async () => {
    const scenario = await f0Approved({ people: people({ dora: [] }) })
    await scenario.given('paul', 'release', K)
    scenario.at(hour)
    for (const one of ['alice', 'bob', 'carol', 'dan', 'erin', 'paul', 'rita']) await leaves(scenario, one)
    const close = { ...K, comment: 'done' }
    await refused(scenario, ['dora', 'close', close], 'authority.not-participant', { participants: [] })
    await scenario.given('ada', 'grantRole', { role: 'deployer', to: 'dora', team: '*' })
    await scenario.given('dora', 'close', close)
    await isSound(scenario)
  })

  it('leave K to those who hold a role of its flow, where the only one who had a part in it and is here has no account [LAW 101]', async () => {
    const scenario = await f0Tested()
    await scenario.given('dan', 'reject', { ...K, comment: 'the cent is lost' })
    for (const one of ['alice', 'erin', 'dan']) await leaves(scenario, one)
    await scenario.given('ada', 'unlinkAccount', { account: 'rita' })
    const able = ['bob', 'carol', 'paul']
    expect(scenario.explain('K').waysOut).toEqual([{ do: 'resubmit', stage: 'verify', persons: able }])
    await refused(scenario, ['ada', 'resubmit', { ...K, comment: 'mended' }], 'authority.not-participant', {
      participants: able,
    })
    await scenario.given('paul', 'resubmit', { ...K, comment: 'mended' })
    expect(scenario.change('K').state).toBe('verify')
    await isSound(scenario)
  })

  it('leaves the link of a delegation that was passed on broken when its middle person has left and come back [LAW 101]', async () => {
    const policies = [fixturePolicy({ options: { delegation: { depth: 2 } } })]
    const scenario = await f0Tested({ policies, people: people({ dora: [], eve: [] }) })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'delegate', {
      delegation: 'dora-to-eve',
      principal: 'dora',
      to: 'eve',
      of: 'bob-to-dora',
      from: scenario.now,
      until: '2026-03-09T08:00:00.000Z',
    })
    scenario.at(hour)
    await leaves(scenario, 'dora')
    scenario.at(hour)
    await returns(scenario, 'dora')
    await refused(scenario, ['eve', 'approve', { ...K, for: 'bob' }], 'authority.no-role', { person: 'eve' })
  })
})

describe('a login that is given to another human', () => {
  /** Jay had jsmith and made K; since then Jane has it. */
  async function reused(vary: { makers?: string[]; jay?: string[] } = {}) {
    const scenario = await f0({ submit: null })
    const { makers = ['jsmith'], jay = ['appr'] } = vary
    await scenario.given('ada', 'registerPerson', { person: 'jay', name: 'Jay Smith', accounts: ['jsmith'] })
    await scenario.given('ada', 'registerPerson', { person: 'jane', name: 'Jane Smith', accounts: ['jane'] })
    for (const one of jay) await scenario.given('ada', 'grantRole', { role: one, to: 'jay', team: '*' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'jane', team: '*' })
    await scenario.given('rita', 'submit', { ...submitK, content: { digest: content('r1'), makers } })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    return scenario
  }
  async function handOver(scenario: Scenario) {
    await scenario.given('ada', 'unlinkAccount', { account: 'jsmith' })
    await scenario.given('ada', 'linkAccount', { account: 'jsmith', person: 'jane' })
  }

  it('accepts Jane by the login jsmith, by which Jay made K, and goes on refusing Jay by another login [LAW 103]', async () => {
    const scenario = await reused()
    await handOver(scenario)
    await scenario.given('jsmith', 'approve', K)
    expect(scenario.change('K').approvals).toMatchObject([{ person: 'jane' }])
    await scenario.given('ada', 'linkAccount', { account: 'jay', person: 'jay' })
    await refused(scenario, ['jay', 'approve', K], 'duty.conflict', { person: 'jay', held: 'make' })
    await isSound(scenario)
  })

  it('does not let Jane, who has the login jsmith now, withdraw or repeat what Jay approved by it [LAW 103]', async () => {
    const scenario = await reused({ makers: ['alice'] })
    const { revision, digest } = scenario.change('K')
    const command = { type: 'approve', ...K, revision, digest }
    await scenario.desk.execute({ account: 'jsmith', id: 'approve-of-jay', command })
    await handOver(scenario)
    await refused(scenario, ['jsmith', 'withdraw', { ...K, comment: 'not mine' }], 'approval.none-standing', {
      person: 'jane',
    })
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('jsmith', 'approve', K)
    expect(scenario.change('K').approvals.map(one => one.person)).toEqual(['jay', 'jane'])
    expect(scenario.approvals('K')).toBe(2)
    await isSound(scenario)
  })

  it('takes a login that was of a robot for that of Carol, once it is hers [LAW 103]', async () => {
    const scenario = await f0Tested()
    await robot(scenario, 'desk-bot', { controller: 'alice', role: 'appr' })
    await refused(scenario, ['desk-bot', 'approve', K], 'duty.conflict', { person: 'alice' })
    await scenario.given('ada', 'unlinkAccount', { account: 'desk-bot' })
    await refused(scenario, ['desk-bot', 'approve', K], 'identity.unknown-account', { account: 'desk-bot' })
    await scenario.given('ada', 'linkAccount', { account: 'desk-bot', person: 'carol' })
    await scenario.given('desk-bot', 'approve', K)
    expect(scenario.change('K').approvals).toMatchObject([{ person: 'carol', chain: ['carol'] }])
  })

  it('takes a maker named by the login jsmith for whoever has it at the time of the naming [LAW 103]', async () => {
    const scenario = await reused()
    await handOver(scenario)
    await scenario.given('rita', 'revise', {
      ...K,
      content: { digest: content('r2'), makers: ['jsmith'] },
      comment: 'r2',
    })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['jane', 'approve', K], 'duty.conflict', { person: 'jane', revision: 2 })
    expect(scenario.change('K').held.filter(one => one.how === 'made content')).toMatchObject([
      { person: 'jay', revision: 1 },
      { person: 'jane', revision: 2 },
    ])
  })
})

describe('a person who is erased', () => {
  const commitment = 'ab'.repeat(32)
  const erased = async (scenario: Scenario, person: string) => {
    scenario.at(hour)
    await leaves(scenario, person)
    await scenario.given('ada', 'erasePerson', { person, reason: 'asked for by the person' })
  }
  async function withNina(vary: Parameters<typeof f0>[0] = {}) {
    const scenario = await f0({ ...vary, submit: null })
    await scenario.given('ada', 'registerPerson', { person: 'nina', name: { commitment }, accounts: ['nina'] })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'nina', team: '*' })
    return scenario
  }

  it('counts what Nina, who is erased, approved before she left, and Bob beside her as another person, and the trail verifies [LAW 107]', async () => {
    const scenario = await withNina()
    await scenario.given('rita', 'submit', submitK)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('nina', 'approve', K)
    await scenario.given('bob', 'approve', K)
    await erased(scenario, 'nina')
    expect(scenario.approvals('K')).toBe(2)
    await scenario.given('paul', 'release', K)
    await isSound(scenario)
  })

  it('goes on knowing Nina, who is erased, as the maker of K, which is put into effect as made by somebody [LAW 107]', async () => {
    const scenario = await withNina()
    await scenario.given('rita', 'submit', { ...submitK, content: { digest: content('r1'), makers: ['nina'] } })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await erased(scenario, 'nina')
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await scenario.given('paul', 'release', K)
    await isSound(scenario)
  })

  it('asks again for what Nina approved, who left and is erased, where the policy asks for reconfirmation [LAW 107]', async () => {
    const scenario = await withNina({ policies: [reconfirming()] })
    await scenario.given('rita', 'submit', submitK)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('nina', 'approve', K)
    await scenario.given('bob', 'approve', K)
    await erased(scenario, 'nina')
    expect(scenario.approvals('K')).toBe(1)
  })
})
