import { baseline, content, f0, fixtureForm, Scenario, submitK } from '@countersign/testing'
import { fileOf, linesOf } from '@countersign/testing/tamper'
import { approval, approvals, approved, category, policy, release, role, separate, test } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { day, delegated, discountOf, K, people, report, robot, stageOf } from './setting.ts'
import { eventsOf } from './trail.ts'

const two = approvals(2).from(role('appr'))
const by = role('deployer')
const within = { system: 'system' }

/** A programme has projects, a project has updates; each may lean on what was decided one step above. */
const rules = (team = 't') =>
  policy(
    team,
    {
      complies: baseline,
      roles: { appr: 'approves', tester: 'tests', deployer: 'releases' },
      separate: [separate('test', 'approve').because('whoever tests does not approve')],
    },
    {
      programme: category({ form: fixtureForm, flow: [approval('board', two), release('begin', { by })] }),
      project: category({
        form: fixtureForm,
        flow: [
          approval('decide', two, { carriedFrom: approved('programme').covers(within).for('30d') }),
          release('kick-off', { by }),
        ],
      }),
      update: category({
        form: fixtureForm,
        flow: [
          approval('approve', two, { carriedFrom: approved('project').covers(within).for('30d') }),
          test('verify', { by: role('tester') }),
          release('production', { by }),
        ],
      }),
    },
  )

const P = { change: 'P' }
const made = (...makers: string[]) => ({ content: { digest: content('r1'), makers } })
const project = { ...submitK, ...P, category: 'project', ...made('petra') }
const update = { ...submitK, category: 'update', parent: 'P', ...made('alice') }

/** P, approved by Bob and Carol; nothing hangs on it yet. */
async function decided(other: Record<string, string[]> = {}, submitP: object = {}): Promise<Scenario> {
  const scenario = await f0({ policies: [rules()], people: people({ petra: [], dora: [], ...other }), submit: null })
  await scenario.given('petra', 'submit', { ...project, ...submitP })
  await scenario.given('bob', 'approve', P)
  await scenario.given('carol', 'approve', P)
  return scenario
}

describe('what is carried comes from a decision that stands', () => {
  it('carries to K what Bob and Carol approve on P anew, after a withdrawal there or an edit [LAW 48]', async () => {
    for (const isEdited of [false, true]) {
      const scenario = await decided()
      await scenario.given('rita', 'submit', update)
      expect(scenario.approvals('K')).toBe(2)
      scenario.at(day)
      if (isEdited)
        await scenario.given('petra', 'revise', {
          ...P,
          content: { digest: content('r2'), makers: ['petra'] },
          comment: 'r2',
        })
      else await scenario.given('bob', 'withdraw', { ...P, comment: 'let me think' })
      expect(scenario.approvals('K')).toBe(0)
      await scenario.given('bob', 'approve', P)
      if (isEdited) await scenario.given('carol', 'approve', P)
      expect(scenario.approvals('K')).toBe(2)
      expect(stageOf(scenario, 'K', 'approve').acts.at(-1)).toMatchObject({
        at: scenario.now,
        carried: { change: 'P' },
      })
      await scenario.given('erin', 'signOff', { ...K, ...report })
      await scenario.given('paul', 'release', K)
      expect(verifyTrail([fileOf(await linesOf(scenario.store))]).status).toBe('sound')
    }
  })

  it('takes nothing of Bob over from P once he has taken back what he gave on K, until he gives it there anew [LAW 48]', async () => {
    const scenario = await decided()
    await scenario.given('rita', 'submit', update)
    await scenario.given('bob', 'withdraw', { ...P, comment: 'let me think' })
    await scenario.given('bob', 'approve', K)
    await scenario.given('bob', 'approve', P)
    expect(scenario.approvals('K')).toBe(2)
    await scenario.given('bob', 'withdraw', { ...K, comment: 'not this one' })
    expect(scenario.approvals('K')).toBe(1)
    await refused(scenario, ['bob', 'withdraw', { ...K, comment: 'not this one' }], 'approval.none-standing')
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(2)
  })

  it('says where Bob takes back what is carried to K, who has given nothing on K itself [LAW 48]', async () => {
    const scenario = await decided()
    await scenario.given('rita', 'submit', update)
    const taken = { ...K, comment: 'not this one' }
    const told = await refused(scenario, ['bob', 'withdraw', taken], 'approval.none-standing', { parent: 'P' })
    expect(told.because).toBe('the approval of bob is carried from P')
    expect(told.help).toMatch(/^Take it back where it was given \(withdraw\), or reject this change/)
    await scenario.given('bob', 'withdraw', { ...P, comment: 'let me think' })
    const { refusal } = await refused(scenario, ['bob', 'withdraw', taken], 'approval.none-standing')
    expect(refusal.facts).toEqual({ person: 'bob' })
  })

  it('carries no approval on that was itself carried [LAW 48]', async () => {
    const scenario = await f0({ policies: [rules()], people: people({ petra: [] }), submit: null })
    const top = { change: 'G' }
    await scenario.given('petra', 'submit', { ...project, ...top, category: 'programme' })
    await scenario.given('bob', 'approve', top)
    await scenario.given('carol', 'approve', top)
    await scenario.given('petra', 'submit', { ...project, parent: 'G' })
    expect(scenario.approvals('P')).toBe(2)
    await scenario.given('rita', 'submit', update)
    expect(scenario.approvals('K')).toBe(0)
    expect(scenario.change('K').state).toBe('approve')
  })

  it('carries nothing from a parent of another category, or of another team [LAW 48]', async () => {
    const scenario = await f0({ policies: [rules(), rules('u')], people: people({ petra: [] }), submit: null })
    for (const [change, team, category] of [
      ['G', 't', 'programme'],
      ['P', 'u', 'project'],
    ] as const) {
      await scenario.given('petra', 'submit', { ...project, change, team, category })
      await scenario.given('bob', 'approve', { change })
      await scenario.given('carol', 'approve', { change })
      const child = `${change}-1`
      await scenario.given('rita', 'submit', { ...update, change: child, parent: change })
      expect(scenario.approvals(child)).toBe(0)
    }
  })

  it('refuses a parent that is not there, and K as its own parent [LAW 48]', async () => {
    const scenario = await decided()
    await refused(scenario, ['rita', 'submit', { ...update, parent: 'Q' }], 'carry.parent', { parent: 'Q' })
    await refused(scenario, ['rita', 'submit', { ...update, parent: 'K' }], 'carry.parent', { parent: 'K' })
  })

  it('carries nothing from a parent that lacks an approval, since Bob has left as compromised [LAW 48]', async () => {
    const scenario = await decided()
    await scenario.given('rita', 'submit', update)
    scenario.at(1)
    await scenario.given('ada', 'recordDeparture', { person: 'bob', compromised: true })
    expect(scenario.approvals('P')).toBe(1)
    expect(scenario.approvals('K', 'approve')).toBe(0)
    await scenario.given('dan', 'approve', P)
    expect(scenario.approvals('K', 'approve')).toBe(2)
  })

  it('carries what Bob gave on the parent after he came back in the very instant in which he left as compromised, and nothing from before [LAW 102]', async () => {
    for (const isAnew of [true, false]) {
      const scenario = await decided()
      await scenario.given('ada', 'recordDeparture', { person: 'bob', compromised: true })
      await scenario.given('ada', 'recordReturn', { person: 'bob' })
      await scenario.given('ada', 'grantRole', { role: 'appr', to: 'bob', team: '*' })
      await scenario.given(isAnew ? 'bob' : 'dan', 'approve', P)
      await scenario.given('rita', 'submit', update)
      expect(scenario.approvals('P')).toBe(2)
      expect(stageOf(scenario, 'K', 'approve').acts.map(one => one.person)).toEqual(['carol', isAnew ? 'bob' : 'dan'])
      expect(scenario.approvals('K', 'approve')).toBe(2)
      expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
    }
  })

  it('counts the carried approvals of Bob and Robert once, when they turn out to be one person [LAW 48]', async () => {
    const scenario = await f0({
      policies: [rules()],
      people: people({ petra: [], robert: ['appr'] }),
      submit: null,
    })
    await scenario.given('petra', 'submit', project)
    await scenario.given('bob', 'approve', P)
    await scenario.given('robert', 'approve', P)
    await scenario.given('rita', 'submit', update)
    expect(scenario.approvals('K', 'approve')).toBe(2)
    await scenario.given('ada', 'recordAlias', { person: 'robert', is: 'bob', comment: 'one and the same' })
    expect(scenario.approvals('P')).toBe(1)
    expect(scenario.approvals('K', 'approve')).toBeLessThan(2)
    expect(scenario.isApprovable('K')).toBe(false)
  })

  it('keeps what was carried through an edit within the scope, and ends what Dan gave the child itself [LAW 43]', async () => {
    const scenario = await decided()
    await scenario.given('rita', 'submit', { ...update, ...made('bob') })
    await scenario.given('dan', 'approve', K)
    expect(scenario.change('K').state).toBe('verify')
    await scenario.given('bob', 'revise', { ...K, content: { digest: content('r2'), makers: ['bob'] }, comment: 'r2' })
    expect(scenario.approvals('K')).toBe(1)
    expect(discountOf(scenario, 'K', 'approve', 'dan')).toEqual({
      why: 'ended',
      ended: { how: 'stale', revision: 2, at: scenario.now },
    })
    const ends = (await eventsOf(scenario)).filter(({ type }) => type === 'approval.staled')
    expect(ends).toHaveLength(1)
  })
})

describe('duties reach over a family of changes', () => {
  it('counts what Bob approved of the parent there, and not in the child, which he makes [LAW 50]', async () => {
    const scenario = await decided()
    await scenario.given('rita', 'submit', { ...update, ...made('bob') })
    expect(scenario.approvals('P')).toBe(2)
    expect(scenario.isApprovable('P')).toBe(true)
    expect(scenario.approvals('K', 'approve')).toBe(1)
    expect(stageOf(scenario, 'K', 'approve').missing).toEqual({ appr: 1 })
  })

  it('refuses Dan for the parent anew once he makes the child [LAW 50]', async () => {
    const scenario = await f0({ policies: [rules()], people: people({ petra: [] }), submit: null })
    await scenario.given('petra', 'submit', project)
    await scenario.given('bob', 'approve', P)
    await scenario.given('rita', 'submit', { ...update, ...made('dan') })
    await refused(scenario, ['dan', 'approve', P], 'duty.conflict', { person: 'dan', held: 'make' })
    await refused(scenario, ['dan', 'reject', { ...P, comment: 'no' }], 'duty.conflict', { person: 'dan' })
    await scenario.given('carol', 'approve', P)
  })

  it('refuses Dan for the parent, whose grandchild he makes [LAW 50]', async () => {
    const scenario = await f0({ policies: [rules()], people: people({ petra: [] }), submit: null })
    await scenario.given('petra', 'submit', { ...project, change: 'G', category: 'programme' })
    await scenario.given('petra', 'submit', { ...project, parent: 'G' })
    await scenario.given('rita', 'submit', { ...update, ...made('dan') })
    await refused(scenario, ['dan', 'approve', { change: 'G' }], 'duty.conflict', { person: 'dan', held: 'make' })
  })

  it('refuses Dan for the child of a change that he made, and for the child of that child [LAW 50]', async () => {
    const scenario = await f0({ policies: [rules()], people: people({ petra: [] }), submit: null })
    await scenario.given('petra', 'submit', { ...project, change: 'G', category: 'programme', ...made('dan') })
    await scenario.given('petra', 'submit', { ...project, parent: 'G' })
    await scenario.given('rita', 'submit', update)
    await refused(scenario, ['dan', 'approve', P], 'duty.conflict', { person: 'dan', held: 'make' })
    await refused(scenario, ['dan', 'approve', K], 'duty.conflict', { person: 'dan', held: 'make' })
  })

  it('stops counting what Dan approved of the child when he becomes a maker of the parent [LAW 50]', async () => {
    const scenario = await decided()
    await scenario.given('rita', 'submit', { ...update, ...made('bob') })
    await scenario.given('dan', 'approve', K)
    expect(scenario.approvals('K')).toBe(2)
    await scenario.given('petra', 'assign', { ...P, to: 'dan' })
    expect(scenario.approvals('K')).toBe(1)
    expect(scenario.isApprovable('K')).toBe(false)
  })

  it('refuses Erin the test of the child of what she made [LAW 50]', async () => {
    const scenario = await decided({}, made('erin'))
    await scenario.given('rita', 'submit', update)
    await refused(scenario, ['erin', 'signOff', { ...K, ...report }], 'duty.conflict', { person: 'erin', held: 'make' })
  })

  it('lets Dan approve the one of two siblings that he did not make [LAW 50]', async () => {
    const scenario = await f0({ policies: [rules()], people: people({ petra: [] }), submit: null })
    await scenario.given('petra', 'submit', project)
    await scenario.given('rita', 'submit', { ...update, ...made('dan') })
    await scenario.given('rita', 'submit', { ...update, change: 'L' })
    await scenario.given('dan', 'approve', { change: 'L' })
    await refused(scenario, ['dan', 'approve', K], 'duty.conflict', { person: 'dan' })
  })

  it('does not count in the child what Dora approved of the parent for Bob, where Dora makes the child [LAW 50]', async () => {
    const scenario = await f0({ policies: [rules()], people: people({ petra: [], dora: [] }), submit: null })
    await scenario.given('petra', 'submit', project)
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', { ...P, for: 'bob' })
    await scenario.given('carol', 'approve', P)
    await scenario.given('rita', 'submit', { ...update, ...made('dora') })
    expect(scenario.approvals('P')).toBe(2)
    expect(scenario.approvals('K', 'approve')).toBe(1)
  })

  it('does not count the carried approval of Bob, whose robot makes the child [LAW 50]', async () => {
    const scenario = await decided()
    await robot(scenario, 'bob-bot', { controller: 'bob' })
    await scenario.given('rita', 'submit', { ...update, ...made('bob-bot') })
    expect(scenario.approvals('K', 'approve')).toBe(1)
  })

  it('does not count the carried approval of Bob, who turns out to be Robert, who makes the child [LAW 50]', async () => {
    const scenario = await decided({ robert: [] })
    await scenario.given('rita', 'submit', { ...update, ...made('robert') })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(scenario.isApprovable('K')).toBe(true)
    await scenario.given('ada', 'recordAlias', { person: 'robert', is: 'bob', comment: 'one and the same' })
    expect(scenario.approvals('K', 'approve')).toBe(1)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
  })

  it('leaves K approved as it was put into effect when Bob, who approved it, makes something on its parent afterwards [LAW 50]', async () => {
    const scenario = await decided()
    await scenario.given('rita', 'submit', update)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('paul', 'release', K)
    scenario.at(day)
    await scenario.given('petra', 'assign', { ...P, to: 'bob' })
    expect(scenario.approvals('K', 'approve')).toBe(2)
    expect(scenario.change('K').state).toBe('completed')
  })
})

describe('the way back to what was approved', () => {
  const approvedK = async () => {
    const scenario = await f0({ submit: {} })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    return scenario
  }
  const edit = (name: string, maker: string) => ({
    ...K,
    content: { digest: content(name), makers: [maker] },
    comment: name,
  })

  it('refuses the approval of Dan, who saw r1, of r3, which has the same digest [LAW 45]', async () => {
    const scenario = await approvedK()
    const { revision, digest } = scenario.change('K')
    await scenario.given('alice', 'revise', edit('r2', 'alice'))
    await scenario.given('alice', 'revise', edit('r1', 'alice'))
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(scenario.change('K').digest).toBe(digest)
    await refused(scenario, ['dan', 'approve', { ...K, revision, digest }], 'binding.revision', {
      named: 1,
      current: 3,
    })
  })

  it('does not bring the test of r1 back with r3 either [LAW 45]', async () => {
    const scenario = await approvedK()
    await scenario.given('alice', 'revise', edit('r2', 'alice'))
    await scenario.given('alice', 'revise', edit('r1', 'alice'))
    expect(stageOf(scenario, 'K', 'verify').status).not.toBe('satisfied')
    expect(scenario.change('K').state).toBe('verify')
  })

  it('leaves Dan, who made r2, a maker of r3, in which nothing of his is left [LAW 45]', async () => {
    const scenario = await approvedK()
    await scenario.given('dan', 'revise', edit('r2', 'dan'))
    await scenario.given('alice', 'revise', edit('r1', 'alice'))
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['dan', 'approve', K], 'duty.conflict', { person: 'dan', held: 'make' })
  })

  it('lets the approvals stand through an edit of the note and the edit that takes it back [LAW 45]', async () => {
    const scenario = await approvedK()
    await scenario.given('alice', 'revise', { ...K, form: { note: 'see the minutes' }, comment: 'a note' })
    await scenario.given('alice', 'revise', { ...K, form: { note: '' }, comment: 'none' })
    expect(scenario.approvals('K')).toBe(2)
  })

  it('lets nothing into production on the approvals of what was on staging before [LAW 43]', async () => {
    const both = policy(
      't',
      { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
      {
        normal: category({
          form: fixtureForm,
          flow: [
            approval('approve', two),
            release('staging', { by, environment: 'staging' }),
            release('production', { by, environment: 'production' }),
          ],
        }),
      },
    )
    const scenario = await Scenario.open({ controls: baseline, policies: [both], people: people({}) })
    await scenario.given('rita', 'submit', submitK)
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await scenario.given('paul', 'release', { ...K, environment: 'staging' })
    await scenario.given('alice', 'revise', edit('r2', 'alice'))
    expect(scenario.change('K').state).toBe('approve')
    await refused(scenario, ['paul', 'release', { ...K, environment: 'production' }], 'requirement.unmet')
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    expect(scenario.change('K').state).toBe('staging')
  })
})
