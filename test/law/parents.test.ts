import { baseline, content, f0, fixturePolicy, normalFlow, type Scenario, submitK } from '@countersign/testing'
import {
  approval,
  approvals,
  approved,
  category,
  policy,
  release,
  role,
  type Stage,
  separate,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refused } from './refusal.ts'
import { delegated, hour, K, people, report, robot } from './setting.ts'

const P = { change: 'P' }
const made = (...makers: string[]) => ({ content: { digest: content('r1'), makers } })
const [, approve, production] = normalFlow()
const short = [approve, production].filter((one): one is Stage => one !== undefined)

/** Changes that Rita asked for, each made by those who are named, and the child of the one before. */
async function family(
  makers: Readonly<Record<string, readonly string[]>>,
  vary: Parameters<typeof f0>[0] = {},
): Promise<Scenario> {
  const scenario = await f0({
    policies: [fixturePolicy({ flow: short })],
    people: people({ petra: [], dora: [] }),
    ...vary,
    submit: null,
  })
  let parent: string | undefined
  for (const [change, who] of Object.entries(makers)) {
    const of = parent === undefined ? {} : { parent }
    await scenario.given('rita', 'submit', { ...submitK, ...made(...who), change, ...of })
    parent = change
  }
  return scenario
}

describe('what was made on a parent was made on its children', () => {
  it('refuses Bob, who made the parent of K and nothing on K itself [LAW 1]', async () => {
    const scenario = await family({ P: ['bob'], K: ['alice'] })
    await refused(scenario, ['bob', 'approve', K], 'duty.conflict', {
      duties: ['make', 'approve'],
      person: 'bob',
      held: 'make',
      on: 'P',
    })
    expect(scenario.explain('K').whoCanUnblock).toEqual(['carol', 'dan'])
  })

  it('refuses Bob, who made the parent of the parent of K [LAW 1]', async () => {
    const scenario = await family({ G: ['bob'], P: ['petra'], K: ['alice'] })
    await refused(scenario, ['bob', 'approve', K], 'duty.conflict', { person: 'bob', on: 'G' })
  })

  it('refuses Dora for Bob, who made the parent of K, and the rejection of Bob himself [LAW 1]', async () => {
    const scenario = await family({ P: ['bob'], K: ['alice'] })
    await delegated(scenario, 'bob', 'dora')
    await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'duty.conflict', {
      person: 'bob',
      link: 'principal',
    })
    await refused(scenario, ['bob', 'reject', { ...K, comment: 'no' }], 'duty.conflict', { person: 'bob' })
  })

  it('refuses Bob, whose robot made the parent of one change, and Bobby, who turns out to be Bob, that of another [LAW 1]', async () => {
    const scenario = await family({}, { people: people({ bobby: [] }) })
    await robot(scenario, 'bob-bot', { controller: 'bob' })
    for (const [change, maker] of [
      ['P', 'bob-bot'],
      ['Q', 'bobby'],
    ] as const) {
      await scenario.given('rita', 'submit', { ...submitK, ...made(maker), change })
      await scenario.given('rita', 'submit', { ...submitK, change: `${change}-1`, parent: change })
    }
    await scenario.given('ada', 'recordAlias', { person: 'bobby', is: 'bob', comment: 'one file' })
    for (const change of ['P-1', 'Q-1']) {
      await refused(scenario, ['bob', 'approve', { change }], 'duty.conflict', { held: 'make' })
    }
  })

  it('stops counting what Bob approved on K when he becomes a maker of its parent, or of the parent of that [LAW 2]', async () => {
    for (const change of ['P', 'G']) {
      const scenario = await family({ G: ['petra'], P: ['petra'], K: ['alice'] })
      await scenario.given('bob', 'approve', K)
      await scenario.given('carol', 'approve', K)
      await scenario.given('rita', 'assign', { change, to: 'bob' })
      expect(scenario.approvals('K')).toBe(1)
      await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
    }
  })

  it('refuses Bob, who made a parent that was cancelled since [LAW 3]', async () => {
    const scenario = await family({ P: ['bob'], K: ['alice'] })
    await scenario.given('rita', 'cancel', { ...P, comment: 'another way' })
    await refused(scenario, ['bob', 'approve', K], 'duty.conflict', { person: 'bob' })
  })

  it('refuses the sign-off of Erin, who made the parent of K [LAW 10]', async () => {
    const scenario = await family({ P: ['erin'], K: ['alice'] }, { policies: [fixturePolicy()] })
    await refused(scenario, ['erin', 'signOff', { ...K, ...report }], 'duty.conflict', {
      duties: ['make', 'test'],
      person: 'erin',
    })
  })

  it('refuses the release of Paul, who made the parent of K, where make and release are apart [LAW 18]', async () => {
    const options = { separate: [separate('make', 'release').because('whoever makes does not release')] }
    const policies = [fixturePolicy({ flow: short, options })]
    const scenario = await family({ P: ['paul'], K: ['alice'] }, { policies })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await refused(scenario, ['paul', 'release', K], 'duty.conflict', { duties: ['make', 'release'], person: 'paul' })
  })

  it('refuses Bob, who made a parent of another team [LAW 1]', async () => {
    const own = fixturePolicy({ flow: short })
    const scenario = await family({}, { policies: [own, { ...own, team: 'u' }] })
    await scenario.given('rita', 'submit', { ...submitK, ...made('bob'), ...P, team: 'u' })
    await scenario.given('rita', 'submit', { ...submitK, parent: 'P' })
    await refused(scenario, ['bob', 'approve', K], 'duty.conflict', { person: 'bob', on: 'P' })
  })

  it('accepts Bob, who made another child of the same parent, and Rena, who asked for the parent and made nothing [LAW 1]', async () => {
    const scenario = await family({}, { people: people({ rena: ['appr'] }) })
    await scenario.given('rena', 'submit', { ...submitK, ...made('alice'), ...P })
    await scenario.given('rita', 'submit', { ...submitK, ...made('bob'), change: 'S', parent: 'P' })
    await scenario.given('rita', 'submit', { ...submitK, parent: 'P' })
    await scenario.given('bob', 'approve', K)
    await scenario.given('rena', 'approve', K)
    expect(scenario.approvals('K')).toBe(2)
  })
})

describe('a new decision on a parent looks at what was made on its children', () => {
  it('refuses Bob, who made the child K, to approve its parent P, and to reject it [LAW 1]', async () => {
    const scenario = await family({ P: ['petra'], K: ['bob'] })
    await refused(scenario, ['bob', 'approve', P], 'duty.conflict', { person: 'bob', on: 'K' })
    await refused(scenario, ['bob', 'reject', { ...P, comment: 'no' }], 'duty.conflict', { person: 'bob' })
    expect(scenario.explain('P').whoCanUnblock).toEqual(['carol', 'dan'])
  })

  it('refuses Bob, who made the child of a child of P, to approve P [LAW 1]', async () => {
    const scenario = await family({ P: ['petra'], C: ['alice'], K: ['bob'] })
    await refused(scenario, ['bob', 'approve', P], 'duty.conflict', { person: 'bob', on: 'K' })
  })

  it('refuses Bob, who made a child that was cancelled since, to approve its parent [LAW 3]', async () => {
    const scenario = await family({ P: ['petra'], K: ['bob'] })
    await scenario.given('rita', 'cancel', { ...K, comment: 'it went into P' })
    await refused(scenario, ['bob', 'approve', P], 'duty.conflict', { person: 'bob' })
  })

  it('refuses Erin, who made the child K, to sign off the test of its parent [LAW 10]', async () => {
    const scenario = await family({ P: ['petra'], K: ['erin'] }, { policies: [fixturePolicy()] })
    await refused(scenario, ['erin', 'signOff', { ...P, ...report }], 'duty.conflict', { person: 'erin' })
  })

  it('refuses Dora, who made the child K, to approve its parent for Bob, and Dora, who did not, for Bob, who made it [LAW 1]', async () => {
    for (const [maker, link] of [
      ['dora', 'self'],
      ['bob', 'principal'],
    ] as const) {
      const scenario = await family({ P: ['petra'], K: [maker] })
      await delegated(scenario, 'bob', 'dora')
      await refused(scenario, ['dora', 'approve', { ...P, for: 'bob' }], 'duty.conflict', { person: maker, link })
    }
  })
})

describe('what was decided on a parent before, and is carried into a child', () => {
  const form = z.object({ system: z.enum(['ledger', 'billing']) })
  const two = approvals(2).from(role('appr'))
  const carriedFrom = approved('project').covers({ system: 'system' }).for('30d')
  const deployment = (name: string) => release(name, { by: role('deployer') })
  const rules = policy(
    't',
    { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
    {
      project: category({ form, flow: [approval('decide', two), deployment('kick-off')] }),
      patch: category({ form, flow: [approval('agree', two, { carriedFrom }), deployment('production')] }),
    },
  )
  const ticket = { ...submitK, form: { system: 'ledger' } }

  it('refuses Bob, who made the child meanwhile, a new approval of the parent after he withdrew his [LAW 50]', async () => {
    const scenario = await f0({ policies: [rules], submit: null })
    await scenario.given('rita', 'submit', { ...ticket, ...P, category: 'project' })
    await scenario.given('bob', 'approve', P)
    await scenario.given('rita', 'submit', { ...ticket, ...made('bob'), category: 'patch', parent: 'P' })
    await scenario.given('bob', 'withdraw', { ...P, comment: 'let me see' })
    await refused(scenario, ['bob', 'approve', P], 'duty.conflict', { person: 'bob', on: 'K' })
  })

  it('stops counting on the child what Bob approved of the parent, when he becomes a maker of the parent of that [LAW 50]', async () => {
    const scenario = await f0({ policies: [rules], submit: null })
    await scenario.given('rita', 'submit', { ...ticket, change: 'G', category: 'project' })
    await scenario.given('rita', 'submit', { ...ticket, ...P, category: 'project', parent: 'G' })
    await scenario.given('bob', 'approve', P)
    await scenario.given('carol', 'approve', P)
    scenario.at(hour)
    await scenario.given('rita', 'submit', { ...ticket, category: 'patch', parent: 'P' })
    expect(scenario.approvals('K')).toBe(2)
    await scenario.given('rita', 'assign', { change: 'G', to: 'bob' })
    expect(scenario.approvals('P')).toBe(1)
    expect(scenario.approvals('K')).toBeLessThan(2)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
  })
})
