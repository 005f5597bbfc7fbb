import {
  baseline,
  content,
  f0,
  f0Tested,
  fixtureForm,
  fixturePolicy,
  normalFlow,
  type Scenario,
  submitK,
} from '@countersign/testing'
import { approval, approvals, category, parallel, policy, release, role } from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { day, delegated, discountOf, elsewhere, f0Approved, hour, K, people, report } from './setting.ts'
import { lastEntry } from './trail.ts'

const until = '2026-03-09T08:00:00.000Z'
const forBob = { ...K, for: 'bob' }
const withDora = { people: people({ dora: [], eve: [] }) }
const sameAs = (is: string) => ({ is, comment: 'one and the same' })

describe('delegates and principals are persons, and not ids', () => {
  it('lets Dora approve for Bob by whichever of her ids and accounts, and counts it once [LAW 57]', async () => {
    const scenario = await f0Tested({ people: people({ dora: [], dorothea: [] }) })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('ada', 'recordAlias', { person: 'dora', ...sameAs('dorothea') })
    await scenario.given('dorothea', 'approve', forBob)
    await refused(scenario, ['dora', 'approve', forBob], 'approval.already-given')
    expect(scenario.approvals('K')).toBe(1)
  })

  it('refuses Alicia, the delegate of Bob, who is Alice, the maker, by another id [LAW 58]', async () => {
    const scenario = await f0Tested({ people: people({ alicia: [] }) })
    await delegated(scenario, 'bob', 'alicia')
    await scenario.given('ada', 'recordAlias', { person: 'alicia', ...sameAs('alice') })
    await refused(scenario, ['alicia', 'approve', forBob], 'duty.conflict', { held: 'make', link: 'self' })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('stops counting what Alicia gave for Bob when she turns out to be Alice, the maker [LAW 58]', async () => {
    const scenario = await f0Tested({ people: people({ alicia: [] }) })
    await delegated(scenario, 'bob', 'alicia')
    await scenario.given('alicia', 'approve', forBob)
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('ada', 'recordAlias', { person: 'alicia', ...sameAs('alice') })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('refuses Dora for Bob, as she made the change of which K is a part [LAW 58]', async () => {
    const scenario = await f0({ ...withDora, submit: null })
    const theirs = { digest: content('plan'), makers: ['dora'] }
    await scenario.given('rita', 'submit', { ...submitK, change: 'P', content: theirs })
    await scenario.given('rita', 'submit', { ...submitK, parent: 'P' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await delegated(scenario, 'bob', 'dora')
    await refused(scenario, ['dora', 'approve', forBob], 'duty.conflict', { person: 'dora', held: 'make' })
  })

  it('refuses Dora for Alicia, who holds appr and is Alice, the maker, by another id [LAW 59]', async () => {
    const scenario = await f0Tested({ people: people({ alicia: ['appr'], dora: [] }) })
    await delegated(scenario, 'alicia', 'dora')
    await scenario.given('ada', 'recordAlias', { person: 'alicia', ...sameAs('alice') })
    const receipt = await scenario.when('dora', 'approve', K)
    expect(receipt).toMatchObject({ outcome: 'refused', refusal: { code: 'duty.conflict' } })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('stops counting what Dora gave for Bob when Bob turns out to be Alice, the maker [LAW 59]', async () => {
    const scenario = await f0Tested(withDora)
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', forBob)
    await scenario.given('ada', 'recordAlias', { person: 'bob', ...sameAs('alice') })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('counts Dora for Bob and Robert himself once, when Robert turns out to be Bob [LAW 61]', async () => {
    const scenario = await f0Tested({ people: people({ robert: ['appr'], dora: [] }) })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', forBob)
    await scenario.given('robert', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
    await scenario.given('ada', 'recordAlias', { person: 'robert', ...sameAs('bob') })
    expect(scenario.approvals('K')).toBe(1)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {
      stages: [{ stage: 'approve', missing: { appr: 1 } }],
    })
  })

  it('counts Dora for Bob and Eve for Carol once, when Dora turns out to be Eve [LAW 61]', async () => {
    const scenario = await f0Tested(withDora)
    await delegated(scenario, 'bob', 'dora')
    await delegated(scenario, 'carol', 'eve')
    await scenario.given('dora', 'approve', forBob)
    await scenario.given('eve', 'approve', { ...K, for: 'carol' })
    await scenario.given('ada', 'recordAlias', { person: 'eve', ...sameAs('dora') })
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('dan', 'approve', K)
    expect(scenario.approvals('K')).toBe(2)
  })

  it('counts Dan once over two stages, for Bob at the one and for Carol at the other, in a row or side by side [LAW 61]', async () => {
    const one = approval('one', approvals(1).from(role('appr')))
    const other = approval('other', approvals(1).from(role('appr')))
    const production = release('production', { by: role('deployer') })
    for (const flow of [
      [one, other, production],
      [parallel('decide', one, other), production],
    ]) {
      const scenario = await f0({ policies: [fixturePolicy({ flow })] })
      await delegated(scenario, 'bob', 'dan')
      await delegated(scenario, 'carol', 'dan')
      await scenario.given('dan', 'approve', forBob)
      await refused(scenario, ['dan', 'approve', { ...K, for: 'carol' }], 'approval.already-given', { person: 'dan' })
      expect(scenario.approvals('K')).toBe(1)
    }
  })
})

describe('circles that nobody has drawn on purpose', () => {
  const window = { from: '2026-03-02T08:00:00Z', until }

  it('refuses the delegation that closes a circle of five [LAW 64]', async () => {
    const ring = ['bob', 'carol', 'dan', 'dora', 'eve']
    const scenario = await f0Tested(withDora)
    for (const [place, person] of ring.slice(1).entries()) await delegated(scenario, ring[place] ?? '', person)
    const { refusal } = await refused(
      scenario,
      ['eve', 'delegate', { delegation: 'back', principal: 'eve', to: 'bob', ...window }],
      'delegation.cycle',
    )
    expect(refusal.facts.chain).toEqual(['eve', ...ring])
    expect(scenario.approvals('K')).toBe(0)
  })

  it('refuses Bob who delegates to Robert, who is Bob [LAW 64]', async () => {
    const scenario = await f0Tested({ people: people({ robert: [] }) })
    await scenario.given('ada', 'recordAlias', { person: 'robert', ...sameAs('bob') })
    const receipt = await scenario.when('bob', 'delegate', {
      delegation: 'self',
      principal: 'bob',
      to: 'robert',
      ...window,
    })
    expect(receipt.outcome).toBe('refused')
  })

  it('ends the delegation of Bob to Robert when Robert turns out to be Bob [LAW 64]', async () => {
    const scenario = await f0Tested({ people: people({ robert: [] }) })
    await delegated(scenario, 'bob', 'robert')
    await scenario.given('ada', 'recordAlias', { person: 'robert', ...sameAs('bob') })
    expect(scenario.desk.governance().delegations['bob-to-robert']?.revokedAt).toBe(scenario.now)
    await scenario.given('bob', 'approve', K)
    expect(scenario.change('K').approvals).toMatchObject([{ seats: [{ capacity: 'own' }] }])
  })

  it('comes to an answer where a circle of delegations closes because two of its persons are one [LAW 64]', async () => {
    const deep = { policies: [fixturePolicy({ options: { delegation: { depth: 5 } } })] }
    const scenario = await f0Tested({ ...deep, people: people({ robert: [], dora: [] }) })
    await delegated(scenario, 'bob', 'dora')
    const on = { principal: 'dora', to: 'robert', of: 'bob-to-dora', ...window }
    await scenario.given('dora', 'delegate', { delegation: 'dora-to-robert', ...on })
    await scenario.given('ada', 'recordAlias', { person: 'robert', ...sameAs('bob') })
    expect(scenario.explain('K').whoCanUnblock).toEqual(['bob', 'carol', 'dan', 'dora'])
    await scenario.given('bob', 'approve', K)
    expect((await scenario.when('dora', 'approve', forBob)).outcome).toBe('refused')
    expect(scenario.approvals('K')).toBe(1)
  })
})

describe('the instants of a delegation', () => {
  it('takes an hour that the clocks show twice for the one of the two that was written [LAW 66]', async () => {
    // On the last Sunday of October 2025, 02:30 in Zurich comes twice, an hour apart.
    for (const [at, allowed] of [
      ['2025-10-26T00:29:59.999Z', false],
      ['2025-10-26T00:30:00.000Z', true],
      ['2025-10-26T01:29:59.999Z', true],
      ['2025-10-26T01:30:00.000Z', false],
    ] as const) {
      const scenario = await f0Tested({ ...withDora, at: '2025-10-20T08:00:00.000Z' })
      await delegated(scenario, 'bob', 'dora', { from: '2025-10-26T02:30+02:00', until: '2025-10-26T02:30+01:00' })
      scenario.at(at)
      expect((await scenario.when('dora', 'approve', forBob)).outcome).toBe(allowed ? 'accepted' : 'refused')
    }
  })

  it('refuses a delegation whose window runs backwards though its hours, which the clocks show twice, do not [LAW 66]', async () => {
    const scenario = await f0Tested({ ...withDora, at: '2025-10-20T08:00:00.000Z' })
    await refused(
      scenario,
      [
        'bob',
        'delegate',
        {
          delegation: 'd',
          principal: 'bob',
          to: 'dora',
          from: '2025-10-26T02:30+01:00',
          until: '2025-10-26T02:45+02:00',
        },
      ],
      'delegation.interval',
    )
  })

  it('does not bring the delegation back when Bob, who had left, returns within its window [LAW 67]', async () => {
    const scenario = await f0Tested(withDora)
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    scenario.at(hour)
    await scenario.given('ada', 'recordReturn', { person: 'bob' })
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'bob', team: 't' })
    await refused(scenario, ['dora', 'approve', forBob], 'authority.no-role', { person: 'dora', principal: 'bob' })
    await scenario.given('bob', 'approve', K)
  })

  it('lets the decision of Dora stand when Bob leaves after it, and counts it no more when he was compromised [LAW 67]', async () => {
    for (const compromised of [false, true]) {
      const scenario = await f0Tested(withDora)
      await delegated(scenario, 'bob', 'dora')
      await scenario.given('dora', 'approve', forBob)
      scenario.at(hour)
      await scenario.given('ada', 'recordDeparture', { person: 'bob', compromised })
      expect(scenario.approvals('K')).toBe(compromised ? 0 : 1)
    }
  })

  it('refuses Dora after the revocation what an edit has made necessary again [LAW 67]', async () => {
    const scenario = await f0Tested(withDora)
    const delegation = await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'approve', forBob)
    await scenario.given('bob', 'revokeDelegation', { delegation })
    await scenario.given('alice', 'revise', { ...K, form: { risk: 'high' }, comment: 'r2' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['dora', 'approve', forBob], 'authority.no-role', { principal: 'bob' })
    expect(scenario.approvals('K')).toBe(0)
  })
})

describe('a veto in the name of another', () => {
  const vetoes = () => {
    const [verify, , production] = normalFlow()
    const approve = approval('approve', approvals(2).from(role('appr')), { veto: { liftedBy: role('head') } })
    return [verify, approve, production].filter(stage => stage !== undefined)
  }
  const placed = async () => {
    const scenario = await f0Tested({ ...withDora, policies: [fixturePolicy({ flow: vetoes() })] })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('dora', 'reject', { ...forBob, comment: 'for Bob: no' })
    return scenario
  }

  it('lets Bob lift the veto that Dora placed for him, and approve then [LAW 70]', async () => {
    const scenario = await placed()
    await refused(scenario, ['bob', 'approve', K], 'veto.standing')
    await scenario.given('bob', 'liftVeto', { ...K, of: 'dora', comment: 'I have looked at it myself' })
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('is not placed by Dora for Bob, who has approved himself [LAW 70]', async () => {
    const scenario = await f0Tested({ ...withDora, policies: [fixturePolicy({ flow: vetoes() })] })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('bob', 'approve', K)
    const veto = { ...forBob, comment: 'for Bob: no' }
    await refused(scenario, ['dora', 'reject', veto], 'delegation.principal-decided', { principal: 'bob', by: 'bob' })
    expect(scenario.approvals('K')).toBe(1)
  })

  it('does not count what Bob approved once Robert, who placed a veto after him, turns out to be Bob [LAW 70]', async () => {
    const scenario = await f0Tested({
      people: people({ robert: ['appr'], hana: ['head'] }),
      policies: [fixturePolicy({ flow: vetoes() })],
    })
    await scenario.given('bob', 'approve', K)
    await scenario.given('robert', 'reject', { ...K, comment: 'no' })
    await scenario.given('ada', 'recordAlias', { person: 'robert', ...sameAs('bob') })
    await scenario.given('hana', 'liftVeto', { ...K, of: 'robert', comment: 'I have looked into it' })
    expect(scenario.approvals('K')).toBe(0)
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('lets the veto of Dora for Bob stand when the delegation is revoked after it [LAW 70]', async () => {
    const scenario = await placed()
    await scenario.given('bob', 'revokeDelegation', { delegation: 'bob-to-dora' })
    await scenario.given('carol', 'approve', K)
    await scenario.given('dan', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(false)
  })
})

describe('what a delegation covers', () => {
  const flow = normalFlow()
  const kinds = policy(
    't',
    { complies: baseline, roles: { appr: 'approves', tester: 'tests', deployer: 'releases' } },
    {
      support: category({ form: fixtureForm, flow }),
      project: category({ form: fixtureForm, flow }),
    },
  )
  const both = async (scope: object): Promise<Scenario> => {
    const scenario = await f0({ ...withDora, policies: [kinds], submit: null })
    for (const [change, kind] of [
      ['S', 'support'],
      ['P', 'project'],
    ] as const) {
      await scenario.given('rita', 'submit', { ...submitK, change, category: kind })
      await scenario.given('erin', 'signOff', { change, ...report })
    }
    await scenario.given('bob', 'delegate', {
      delegation: 'narrow',
      principal: 'bob',
      to: 'dora',
      from: scenario.now,
      until,
      scope,
    })
    return scenario
  }

  it('refuses Dora for Bob on a project, where his delegation covers support only, and lets her decide the support ticket [LAW 72]', async () => {
    const scenario = await both({ categories: ['support'] })
    await refused(scenario, ['dora', 'approve', { change: 'P', for: 'bob' }], 'authority.no-role', {
      person: 'dora',
      principal: 'bob',
    })
    await refused(scenario, ['dora', 'reject', { change: 'P', for: 'bob', comment: 'no' }], 'authority.no-role')
    await scenario.given('dora', 'approve', { change: 'S', for: 'bob' })
  })

  it('takes the scope of each of two delegations by itself, and never what they cover together [LAW 72]', async () => {
    const scenario = await both({ categories: ['support'] })
    await scenario.given('bob', 'delegate', {
      delegation: 'other',
      principal: 'bob',
      to: 'dora',
      from: scenario.now,
      until,
      scope: { categories: ['project'], roles: ['deployer'] },
    })
    await refused(scenario, ['dora', 'approve', { change: 'P', for: 'bob' }], 'authority.no-role', { person: 'dora' })
  })

  it('asks for the category that the ticket has now: a support ticket that became a project is out of the scope [LAW 72]', async () => {
    const scenario = await both({ categories: ['support'] })
    await scenario.given('rita', 'recategorise', { change: 'S', category: 'project', comment: 'it has grown' })
    await scenario.given('erin', 'signOff', { change: 'S', ...report })
    await refused(scenario, ['dora', 'approve', { change: 'S', for: 'bob' }], 'authority.no-role', { person: 'dora' })
  })

  it('names Dora among those who can go on with the ticket that is in the scope, and not with the other [LAW 72]', async () => {
    const scenario = await both({ categories: ['support'] })
    expect(scenario.explain('S').whoCanUnblock).toContain('dora')
    expect(scenario.explain('P').whoCanUnblock).not.toContain('dora')
  })

  it('lets Dora test for Bob only what the scope names beside the role: not in another team [LAW 72]', async () => {
    const scenario = await f0({ people: people({ bob: ['appr', 'tester'], dora: [] }) })
    await scenario.adopt(elsewhere())
    await scenario.given('bob', 'delegate', {
      delegation: 'narrow',
      principal: 'bob',
      to: 'dora',
      from: scenario.now,
      until,
      scope: { teams: ['u'], roles: ['tester'] },
    })
    await refused(scenario, ['dora', 'signOff', { ...K, ...report, for: 'bob' }], 'authority.no-role', {
      person: 'dora',
    })
  })
})

describe('the names in the scope of a delegation', () => {
  it('refuses a role, a team and a category that there is not, with the near ones, and a category of another team than is named [LAW 72]', async () => {
    const scenario = await f0(withDora)
    await scenario.adopt(elsewhere())
    const wanted = (scope: object) =>
      ['bob', 'delegate', { delegation: 'd', principal: 'bob', to: 'dora', from: scenario.now, until, scope }] as const
    for (const [scope, what, name, near] of [
      [{ roles: ['appr', 'aprr'] }, 'role', 'aprr', '; did you mean appr?'],
      [{ teams: ['t', 'finance'] }, 'team with a policy', 'finance', ''],
      [{ categories: ['norml'] }, 'category', 'norml', '; did you mean normal?'],
      [{ teams: ['t'], categories: ['project'] }, 'category', 'project', ''],
      [{ teams: ['u'], categories: ['normal'] }, 'category', 'normal', ''],
    ] as const)
      await refused(scenario, wanted(scope), 'name.unknown', { what, name, near })
    await scenario.given(...wanted({ roles: ['appr'], teams: ['t', 'u'], categories: ['normal', 'project'] }))
  })

  it('tells of a breach before it tells of a name that there is not [LAW 72]', async () => {
    const scenario = await f0(withDora)
    const scope = { categories: ['projct'] }
    const wanted = { delegation: 'd', principal: 'bob', to: 'dora', from: scenario.now, until, scope }
    await refused(scenario, ['carol', 'delegate', wanted], 'authority.not-principal', { person: 'carol' })
    await refused(scenario, ['bob', 'delegate', { ...wanted, to: 'bob' }], 'delegation.self', {})
    await refused(scenario, ['bob', 'delegate', wanted], 'name.unknown', { what: 'category', name: 'projct' })
  })
})

describe('who arranges a delegation', () => {
  const forDora = (delegation: string, principal = 'bob', to = 'dora') => ({
    delegation,
    principal,
    to,
    from: '2026-03-02T08:00:00Z',
    until,
  })

  it('refuses Alice, who takes part in K, a delegation in the name of Bob, to Dora or to herself; Bob himself may [LAW 74]', async () => {
    const scenario = await f0Tested(withDora)
    for (const to of ['dora', 'alice']) {
      await refused(scenario, ['alice', 'delegate', forDora('d', 'bob', to)], 'authority.not-principal', {
        person: 'alice',
        principal: 'bob',
      })
    }
    await scenario.given('bob', 'delegate', forDora('d'))
    await scenario.given('dora', 'approve', forBob)
    expect((await lastEntry(scenario)).by.as).toMatchObject({ principal: 'bob', delegation: 'd' })
  })

  it('refuses an administrator who delegates from Bob to herself [LAW 74]', async () => {
    const scenario = await f0Tested()
    await refused(scenario, ['ada', 'delegate', forDora('d', 'bob', 'ada')], 'authority.not-principal', {
      person: 'ada',
    })
  })

  it('refuses an administrator who delegates from Bob to another id of hers [LAW 74]', async () => {
    const scenario = await f0Tested({ people: people({ adele: [] }) })
    await scenario.given('otto', 'recordAlias', { person: 'adele', ...sameAs('ada') })
    expect((await scenario.when('ada', 'delegate', forDora('d', 'bob', 'adele'))).outcome).toBe('refused')
  })

  it('lets an administrator without a part in K arrange that Dora acts for Bob, who is ill [LAW 74]', async () => {
    const scenario = await f0Tested(withDora)
    await scenario.given('ada', 'delegate', forDora('d'))
    await scenario.given('dora', 'approve', forBob)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('gives Dora no right on K by what an administrator arranged who asked for K, or made it, or tested it [LAW 74]', async () => {
    const part: [string, (scenario: Scenario) => Promise<unknown>][] = [
      ['asked', scenario => scenario.given('ada', 'submit', submitK)],
      [
        'made',
        scenario =>
          scenario.given('rita', 'submit', { ...submitK, content: { digest: content('r1'), makers: ['ada'] } }),
      ],
      ['tests', scenario => scenario.given('rita', 'submit', submitK)],
    ]
    for (const [what, submit] of part) {
      const scenario = await f0({ people: people({ dora: [] }), submit: null })
      await scenario.given('otto', 'grantRole', { role: 'tester', to: 'ada', team: 't' })
      await scenario.given('ada', 'delegate', forDora('d'))
      scenario.at(1)
      await submit(scenario)
      await scenario.given(what === 'tests' ? 'ada' : 'erin', 'signOff', { ...K, ...report })
      await refused(scenario, ['dora', 'approve', forBob], 'authority.no-role', { person: 'dora' })
      expect(scenario.explain('K').whoCanUnblock).not.toContain('dora')
    }
  })

  it('stops counting what Dora gave for Bob when the administrator who arranged it becomes a maker of K [LAW 74]', async () => {
    const scenario = await f0Tested(withDora)
    await scenario.given('ada', 'delegate', forDora('d'))
    await scenario.given('dora', 'approve', forBob)
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('rita', 'assign', { ...K, to: 'ada' })
    expect(scenario.approvals('K')).toBe(0)
  })

  it('gives Dora no right on K by what an administrator arranged who is Alice, the maker, by another id [LAW 74]', async () => {
    const scenario = await f0Tested(withDora)
    await scenario.given('ada', 'delegate', forDora('d'))
    await scenario.given('otto', 'recordAlias', { person: 'ada', ...sameAs('alice') })
    expect((await scenario.when('dora', 'approve', forBob)).outcome).toBe('refused')
    expect(scenario.approvals('K')).toBe(0)
  })

  it('gives Dora no right on K by what an administrator arranged who made the change of which K is a part [LAW 74]', async () => {
    const scenario = await f0({ ...withDora, submit: null })
    const theirs = { digest: content('plan'), makers: ['ada'] }
    await scenario.given('ada', 'delegate', forDora('d'))
    scenario.at(1)
    await scenario.given('rita', 'submit', { ...submitK, change: 'P', content: theirs })
    await scenario.given('rita', 'submit', { ...submitK, parent: 'P' })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await refused(scenario, ['dora', 'approve', forBob], 'authority.no-role', { person: 'dora' })
  })

  it('counts Dora for Bob, who delegated to her himself [LAW 74]', async () => {
    const scenario = await f0Tested(withDora)
    await delegated(scenario, 'bob', 'dora')
    scenario.at(day)
    await scenario.given('dora', 'approve', forBob)
    expect(discountOf(scenario, 'K', 'approve', 'dora')).toBeUndefined()
  })

  it('refuses a robot of Bob that delegates in his name [LAW 74]', async () => {
    const scenario = await f0Approved()
    await scenario.given('ada', 'registerPerson', { person: 'dora', name: 'Dora', accounts: ['dora'] })
    await scenario.given('ada', 'registerBot', { bot: 'bob-bot', accounts: ['bob-bot'], controller: 'bob' })
    expect((await scenario.when('bob-bot', 'delegate', forDora('d'))).outcome).toBe('refused')
  })
})
