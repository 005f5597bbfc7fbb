import { baseline, content, f0, f0Tested, fixtureForm, fixturePolicy, Scenario, submitK } from '@countersign/testing'
import {
  approval,
  approvals,
  approvedBeforeRelease,
  category,
  controls,
  policy,
  release,
  role,
  separate,
  task,
  test,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import { delegated, hour, K, people, report, robot } from '../law/setting.ts'

const tried = async (scenario: Scenario, account: string, type: string, command: object) => {
  const receipt = await scenario.when(account, type as 'release', command)
  return receipt.outcome === 'refused' ? receipt.refusal : receipt.outcome
}
const by = role('deployer')
const agree = approval('agree', approvals(1).from(role('appr')))
const flowOf = (...flow: Parameters<typeof category>[0]['flow']) => f0({ policies: [fixturePolicy({ flow })] })

describe('a release', () => {
  it('names where it puts the change into effect, which goes without saying where there is one step', async () => {
    const scenario = await flowOf(agree, release('go', { by, environment: 'live' }))
    await scenario.given('bob', 'approve', K)
    expect(await tried(scenario, 'paul', 'release', { ...K, environment: 'staging' })).toEqual({
      code: 'binding.environment',
      facts: { named: 'staging', environment: 'live' },
    })
    expect(await tried(scenario, 'paul', 'release', K)).toBe('accepted')
  })

  it('names it always where there are several steps', async () => {
    const scenario = await flowOf(
      agree,
      release('stage', { by, environment: 'staging' }),
      release('live', { by, environment: 'live' }),
    )
    await scenario.given('bob', 'approve', K)
    expect(await tried(scenario, 'paul', 'release', K)).toEqual({
      code: 'binding.environment',
      facts: { named: null, environment: 'staging' },
    })
    await scenario.given('paul', 'release', { ...K, environment: 'staging' })
    expect(scenario.change('K')).toMatchObject({ state: 'live', releases: [{ stage: 'stage', person: 'paul' }] })
  })

  it('names none where the step does not', async () => {
    const scenario = await flowOf(agree, release('go', { by }))
    await scenario.given('bob', 'approve', K)
    expect(await tried(scenario, 'paul', 'release', { ...K, environment: 'live' })).toEqual({
      code: 'binding.environment',
      facts: { named: 'live', environment: null },
    })
  })

  it('is of what was seen', async () => {
    const scenario = await flowOf(agree, release('go', { by }))
    await scenario.given('bob', 'approve', K)
    const { digest } = scenario.change('K')
    expect(await tried(scenario, 'paul', 'release', { ...K, revision: 2, digest })).toEqual({
      code: 'binding.revision',
      facts: { change: 'K', named: 2, current: 1, digest },
    })
    const other = content('else')
    expect(await tried(scenario, 'paul', 'release', { ...K, revision: 1, digest: other })).toEqual({
      code: 'binding.digest',
      facts: { change: 'K', named: other, current: digest },
    })
  })

  it('waits for a maker who is a person and has done more than be given the work', async () => {
    const scenario = await f0({ submit: null, policies: [fixturePolicy({ flow: [agree, release('go', { by })] })] })
    await robot(scenario, 'stray-bot')
    const { content: _, ...bare } = submitK
    await scenario.given('rita', 'submit', {
      ...bare,
      content: { digest: content('r1'), makers: ['stray-bot'] },
    } as never)
    await scenario.given('rita', 'assign', { ...K, to: 'alice' })
    await scenario.given('bob', 'approve', K)
    expect(await tried(scenario, 'paul', 'release', K)).toEqual({ code: 'make.unknown', facts: { change: 'K' } })
    await scenario.given('alice', 'revise', {
      ...K,
      content: { digest: content('r1'), makers: ['alice'] },
      comment: 'me',
    })
    expect(await tried(scenario, 'paul', 'release', K)).toBe('accepted')
  })

  it('says of what was assigned, and made by nobody who is known, what is a way out, and not to assign it', async () => {
    const scenario = await f0({ submit: null, policies: [fixturePolicy({ flow: [agree, release('go', { by })] })] })
    const { content: _, ...bare } = submitK
    await scenario.given('rita', 'submit', bare as never)
    await scenario.given('rita', 'assign', { ...K, to: 'alice' })
    await scenario.given('bob', 'approve', K)
    expect(await scenario.when('paul', 'release', K)).toMatchObject({
      because: 'nobody is known to have made K, so nobody can tell whether others tested and approved it',
      help: 'Record the content with those who made it (revise); to have been assigned the work is not to have done it.',
    })
    expect(scenario.change('K').held).toContainEqual(
      expect.objectContaining({ duty: 'make', person: 'alice', how: 'was assigned' }),
    )
    expect(scenario.explain('K').waysOut).toEqual([{ do: 'revise', stage: 'go', persons: ['alice', 'bob', 'rita'] }])
  })

  it('records who put it into effect, and by what right', async () => {
    const scenario = await f0Tested({ people: people({ dora: [] }) })
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', K)
    await delegated(scenario, 'paul', 'dora')
    await scenario.given('dora', 'release', { ...K, for: 'paul' })
    expect(scenario.change('K').releases).toEqual([
      {
        // The delegation was recorded after the submission.
        under: scenario.change('K').submittedUnder + 1,
        stage: 'production',
        person: 'dora',
        chain: ['dora', 'paul'],
        seats: [{ role: 'deployer', capacity: 'delegate', principal: 'paul', delegation: 'paul-to-dora' }],
        at: scenario.now,
        round: 1,
        revision: 1,
      },
    ])
  })

  it('that comes too early is refused with every stage before it that is not met, and not as a slip', async () => {
    const scenario = await flowOf(
      test('verify', { by: role('tester') }),
      agree,
      release('go', { by }),
      task('tidy', { by: role('head'), duty: 'tidy' }),
    )
    expect(await tried(scenario, 'paul', 'release', K)).toEqual({
      code: 'requirement.unmet',
      facts: {
        change: 'K',
        state: 'verify',
        release: 'go',
        stages: [
          { stage: 'verify', status: 'pending', missing: { tester: 1 }, discounted: [] },
          { stage: 'agree', status: 'pending', missing: { appr: 1 }, discounted: [] },
        ],
      },
    })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
    expect(await tried(scenario, 'paul', 'release', K)).toMatchObject({
      code: 'lifecycle.not-now',
      facts: { state: 'tidy', command: 'release', waitsFor: { head: 1 } },
    })
  })
})

describe('a broken glass', () => {
  const rules = controls('baseline', {
    'CM-1': separate('make', 'approve').because('nobody approves what they made'),
    'CM-3': approvedBeforeRelease(1, { breakGlass: 'allowed' }).because('nothing unapproved reaches production'),
  })
  const roles = { appr: 'approves', deployer: 'releases', breaker: 'breaks the glass' }
  const glass = policy(
    't',
    { complies: rules, roles },
    {
      normal: category({
        form: fixtureForm,
        breakGlass: { by: role('breaker'), lasts: '1h' },
        flow: [
          agree,
          release('go', { by }),
          approval('audit', approvals(2).from(role('appr')), { within: '1d', onlyAfter: 'breakGlass' }),
        ],
      }),
      plain: category({ form: fixtureForm, flow: [agree, release('go', { by })] }),
    },
  )
  const opened = async (submit: object = {}) => {
    const scenario = await Scenario.open({
      controls: rules,
      policies: [glass],
      people: people({ gus: ['breaker'], erin: [], viktor: ['appr'] }),
    })
    await scenario.given('rita', 'submit', { ...submitK, ...submit } as never)
    return scenario
  }

  it('lets its breaker put the change into effect without approvals, and says that it was on the glass', async () => {
    const scenario = await opened()
    await scenario.given('gus', 'breakGlass', { ...K, reason: 'down' })
    expect(await tried(scenario, 'paul', 'release', K)).toMatchObject({
      code: 'authority.no-role',
      facts: { person: 'paul', roles: ['breaker'] },
    })
    await scenario.given('gus', 'release', K)
    expect(scenario.change('K')).toMatchObject({
      state: 'audit',
      releases: [{ stage: 'go', person: 'gus', underGlass: true }],
      glass: { by: 'gus', used: true },
    })
  })

  it('is not used where everything is met without it', async () => {
    const scenario = await opened()
    await scenario.given('bob', 'approve', K)
    await scenario.given('gus', 'breakGlass', { ...K, reason: 'down' })
    expect(await tried(scenario, 'gus', 'release', K)).toMatchObject({
      code: 'authority.no-role',
      facts: { person: 'gus', roles: ['deployer'] },
    })
    await scenario.given('paul', 'release', K)
    const { releases, glass: broken, state } = scenario.change('K')
    expect('underGlass' in (releases[0] ?? {})).toBe(false)
    expect([broken?.used, state]).toEqual([undefined, 'completed'])
  })

  it('holds for its hour, which ends at the instant itself', async () => {
    const scenario = await opened()
    await scenario.given('gus', 'breakGlass', { ...K, reason: 'down' })
    scenario.at(hour)
    expect(await tried(scenario, 'gus', 'release', K)).toMatchObject({ code: 'requirement.unmet' })
    expect(scenario.explain('K').state).toBe('agree')
  })

  it('is broken once, by a person, of what they saw, and only before it is in effect', async () => {
    const scenario = await opened()
    const reason = 'down'
    await robot(scenario, 'gus-bot', { controller: 'gus', role: 'breaker' })
    const { digest } = scenario.change('K')
    expect(await tried(scenario, 'gus', 'breakGlass', { ...K, reason, revision: 2, digest })).toMatchObject({
      code: 'binding.revision',
    })
    expect(await tried(scenario, 'gus-bot', 'breakGlass', { ...K, reason })).toEqual({
      code: 'identity.bot',
      facts: { account: 'gus-bot', bot: 'gus-bot', controller: 'gus' },
    })
    expect(await tried(scenario, 'paul', 'breakGlass', { ...K, reason })).toMatchObject({
      code: 'authority.no-role',
      facts: { person: 'paul', roles: ['breaker'] },
    })
    await scenario.given('gus', 'breakGlass', { ...K, reason })
    expect(scenario.change('K').glass).toEqual({
      by: 'gus',
      at: scenario.now,
      until: new Date(Date.parse(scenario.now) + hour).toISOString(),
      under: scenario.desk.governance().entries,
      round: 1,
    })
    expect(await tried(scenario, 'gus', 'breakGlass', { ...K, reason })).toEqual({
      code: 'nothing-to-do',
      facts: { what: 'K', state: 'glass broken' },
    })
    await scenario.given('gus', 'release', K)
    expect(await tried(scenario, 'gus', 'breakGlass', { ...K, reason })).toMatchObject({
      code: 'lifecycle.not-now',
      facts: { state: 'audit', command: 'breakGlass' },
    })
  })

  it('is refused where the category has none, wherever the change is', async () => {
    const scenario = await opened({ category: 'plain' })
    const refusal = { code: 'glass.not-permitted', facts: { change: 'K', category: 'plain' } }
    expect(await tried(scenario, 'gus', 'breakGlass', { ...K, reason: 'down' })).toEqual(refusal)
    await scenario.given('rita', 'cancel', { ...K, comment: 'no' })
    expect(await tried(scenario, 'gus', 'breakGlass', { ...K, reason: 'down' })).toEqual(refusal)
  })
})

describe('an approval', () => {
  it('for an environment into which no step puts the change is refused, with the near one', async () => {
    const scenario = await flowOf(
      agree,
      release('stage', { by, environment: 'staging' }),
      release('live', { by, environment: 'live' }),
    )
    expect(await tried(scenario, 'bob', 'approve', { ...K, environments: ['staging', 'lives'] })).toEqual({
      code: 'name.unknown',
      facts: { what: 'environment of this flow', name: 'lives', near: '; did you mean live?' },
    })
  })

  it('in a role that the stage does not ask for is refused, with the near one', async () => {
    const scenario = await flowOf(agree, release('go', { by }))
    expect(await tried(scenario, 'bob', 'approve', { ...K, as: 'aprr' })).toEqual({
      code: 'name.unknown',
      facts: { what: 'role of this stage', name: 'aprr', near: '; did you mean appr?' },
    })
    expect(await tried(scenario, 'bob', 'approve', { ...K, as: 'appr' })).toBe('accepted')
  })

  it('of a robot is refused, with whoever answers for it, or nobody', async () => {
    const scenario = await f0({
      policies: [fixturePolicy({ flow: [agree, release('go', { by })] })],
      controls: baseline,
    })
    await robot(scenario, 'bob-bot', { controller: 'bob', role: 'appr' })
    await robot(scenario, 'stray-bot', { role: 'appr' })
    expect(await tried(scenario, 'bob-bot', 'approve', K)).toEqual({
      code: 'identity.bot',
      facts: { account: 'bob-bot', bot: 'bob-bot', controller: 'bob' },
    })
    expect(await tried(scenario, 'stray-bot', 'approve', K)).toEqual({
      code: 'identity.no-controller',
      facts: { account: 'stray-bot', bot: 'stray-bot' },
    })
  })
})
