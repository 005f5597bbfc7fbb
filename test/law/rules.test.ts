import { f0, f0Tested, fixtureForm, fixturePolicy, submitK } from '@countersign/testing'
import {
  all,
  any,
  approval,
  approvals,
  category,
  controls,
  controlsDigest,
  field,
  parallel,
  parsePolicy,
  release,
  role,
  type Stage,
  separate,
  share,
  test,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { delegated, K, people, report, stageOf } from './setting.ts'
import { eventsOf } from './trail.ts'

const production = release('production', { by: role('deployer') })
const high = field('risk').is('high')
const peer = approval('peer', approvals(1).from(role('appr')))
const withFlow = (...flow: Stage[]) => fixturePolicy({ flow })

/** The fixture's policy with a second category beside `normal`. */
function withOther(...flow: Stage[]) {
  const policy = fixturePolicy()
  const other = category({ form: fixtureForm, material: ['system', 'risk', 'content'], flow })
  return { ...policy, categories: { ...policy.categories, other } }
}

describe('no rule means no', () => {
  it('refuses to move K into a category that no rule knows, naming the near ones [LAW 28]', async () => {
    const scenario = await f0Tested({ policies: [withOther(peer, production)] })
    await refused(
      scenario,
      ['rita', 'recategorise', { ...K, category: 'othr', comment: 'it is another' }],
      'policy.no-category',
      {
        category: 'othr',
        near: '; did you mean other?',
      },
    )
  })

  it('refuses to move K into a category in which no approval rule applies to its form [LAW 29]', async () => {
    const risky = approval('risky', approvals(1).from(role('appr')), { when: high })
    const scenario = await f0Tested({ policies: [withOther(risky, production)] })
    await refused(
      scenario,
      ['rita', 'recategorise', { ...K, category: 'other', comment: 'it is another' }],
      'policy.no-rule',
      {
        stages: ['risky'],
      },
    )
    expect(scenario.change('K').category).toBe('normal')
  })

  it('refuses the submission under a policy whose controls are no longer in force [LAW 28]', async () => {
    const scenario = await f0({ submit: null })
    const stricter = controls('stricter', {
      'CM-1': separate('make', 'approve').because('nobody approves what they made'),
      'CM-9': separate('request', 'release').because('nobody releases what they asked for'),
    })
    await scenario.given('ada', 'proposeControls', { controls: stricter })
    await scenario.given('otto', 'adoptControls', { digest: controlsDigest(stricter) })
    await refused(scenario, ['rita', 'submit', submitK], 'policy.outdated', { team: 't' })
  })

  it('refuses the submission in a category of another team [LAW 28]', async () => {
    const other = { ...withOther(peer, production), team: 'u' }
    const scenario = await f0({ submit: null, policies: [fixturePolicy(), other] })
    await refused(scenario, ['rita', 'submit', { ...submitK, category: 'other' }], 'policy.no-category', { team: 't' })
  })
})

describe('what a rule leaves out', () => {
  it('refuses to load a share of no role, a share beside a number, and different groups among nobody [LAW 30]', () => {
    const written = fixturePolicy()
    const silent = controls('silent', {})
    for (const requires of [
      { share: [1, 2] },
      { share: [1], from: 'appr' },
      { share: ['1', '2'], from: 'appr' },
      { share: [1, 2], approvals: 1, from: 'appr' },
      { approvals: 0, groups: 'different' },
      { approvals: 0, from: 'appr' },
      { approvals: 1, from: 'appr', groups: 'any' },
      { approvals: 1.5, from: 'appr' },
      { approvals: 101, from: 'appr' },
    ]) {
      const flow = [{ kind: 'approval', name: 'approve', requires }, production]
      const data = {
        ...written,
        complies: { controls: 'silent', digest: written.complies.digest },
        categories: { normal: { ...written.categories.normal, flow } },
      }
      expect(() => parsePolicy(data, silent)).toThrow(/flow\.0/)
    }
  })

  it('refuses to load a requirement that can be met in more ways than anybody can read [LAW 30]', () => {
    const either = any(approvals(1).from(role('appr')), approvals(1).from(role('head')))
    expect(() => withFlow(approval('approve', all(...Array.from({ length: 7 }, () => either))), production)).toThrow(
      /more than 64 ways/,
    )
  })
})

describe('the strictest rule wins', () => {
  it('asks for three where of three rules on one role the second is the strictest, in whatever order they stand [LAW 31]', async () => {
    const rules = [1, 3, 2].map(count => approvals(count).from(role('appr')))
    for (const ordered of [rules, rules.toReversed()]) {
      const scenario = await f0({ policies: [withFlow(approval('approve', all(...ordered)), production)] })
      expect(stageOf(scenario, 'K', 'approve').missing).toEqual({ appr: 3 })
    }
  })

  it('does not let an any within an all take away what stands beside it [LAW 31]', async () => {
    const requires = all(
      approvals(2).from(role('appr')),
      any(approvals(1).from(role('appr')), approvals(1).from(role('head'))),
    )
    const scenario = await f0({ policies: [withFlow(approval('approve', requires), production)] })
    await scenario.given('bob', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(false)
    await scenario.given('carol', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('asks for the stricter rule again when an edit makes it apply, though the quorum of the milder was reached [LAW 31]', async () => {
    const requires = all(approvals(1).from(role('appr')), approvals(3).from(role('appr')).when(high))
    const scenario = await f0({ policies: [withFlow(approval('approve', requires), production)] })
    await scenario.given('bob', 'approve', K)
    expect(scenario.change('K').state).toBe('production')
    await scenario.given('alice', 'revise', { ...K, form: { risk: 'high' }, comment: 'worse than thought' })
    expect(stageOf(scenario, 'K', 'approve').missing).toEqual({ appr: 3 })
    expect(scenario.change('K').state).toBe('approve')
  })
})

describe('the assignment of persons to roles', () => {
  const requires = all(
    approvals(2).from(role('appr')),
    approvals(1).from(role('head')),
    any(approvals(1).from(role('tester')), approvals(1).from(role('deployer'))),
  )
  const holding = people({
    bob: ['appr', 'head'],
    carol: ['appr', 'deployer'],
    dan: ['appr'],
    hana: ['head', 'tester', 'appr'],
  })
  const orders = (persons: readonly string[]): string[][] =>
    persons.length < 2
      ? [[...persons]]
      : persons.flatMap(one => orders(persons.filter(other => other !== one)).map(rest => [one, ...rest]))

  it('comes to the same in every order in which four persons can approve, and is shown [LAW 31]', async () => {
    const shown = new Set<string>()
    for (const order of orders(['bob', 'carol', 'dan', 'hana'])) {
      const scenario = await f0({
        policies: [withFlow(approval('approve', requires), production)],
        people: holding,
      })
      for (const person of order) await scenario.given(person, 'approve', K)
      expect(scenario.change('K').state).toBe('production')
      const { acts, matching } = stageOf(scenario, 'K', 'approve')
      for (const act of acts) expect(matching?.[act.person]).toBe(act.countsFor)
      shown.add(
        acts
          .map(act => `${act.person} for ${act.countsFor}`)
          .toSorted()
          .join(', '),
      )
    }
    expect(shown.size).toBe(1)
  })

  it('shows somebody who is one too many as counting for nothing, and takes their approval all the same [LAW 31]', async () => {
    const two = approval('approve', all(approvals(1).from(role('appr')), approvals(1).from(role('head'))))
    const scenario = await f0({ policies: [withFlow(two, production)], people: people({ hana: ['head'] }) })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
    expect(stageOf(scenario, 'K', 'approve').missing).toEqual({ head: 1 })
    await scenario.given('bob', 'withdraw', { ...K, comment: 'Carol has seen it' })
    expect(scenario.approvals('K')).toBe(1)
    await scenario.given('hana', 'approve', K)
    expect(scenario.isApprovable('K')).toBe(true)
  })
})

describe('what nobody can meet', () => {
  it('blocks K at submission where two stages ask the one person who holds both roles [LAW 27]', async () => {
    const flow = [peer, approval('board', approvals(1).from(role('head'))), production]
    const scenario = await f0({
      policies: [withFlow(...flow)],
      people: people({ bob: ['appr', 'head'], carol: [], dan: [] }),
    })
    expect((await eventsOf(scenario)).map(event => event.type)).toContain('change.blocked')
  })

  it('blocks K at submission where two stages that are open together ask the one person who holds both roles [LAW 27]', async () => {
    const flow = [parallel('review', peer, approval('board', approvals(1).from(role('head')))), production]
    const scenario = await f0({
      policies: [withFlow(...flow)],
      people: people({ bob: ['appr', 'head'], carol: [], dan: [] }),
    })
    expect((await eventsOf(scenario)).map(event => event.type)).toContain('change.blocked')
  })

  it('explains which of three stages the two persons leave over, from the submission on and after each approval [LAW 27]', async () => {
    const third = approval('third', approvals(1).from(role('appr')))
    const flow = [peer, approval('second', approvals(1).from(role('appr'))), third, production]
    const scenario = await f0({ policies: [withFlow(...flow)], people: people({ dan: [] }) })
    const statuses = () =>
      scenario
        .explain('K')
        .stages.filter(one => one.kind === 'approval')
        .map(one => one.status)
    expect(statuses()).toEqual(['pending', 'pending', 'unsatisfiable'])
    await scenario.given('bob', 'approve', { change: 'K' })
    expect(statuses()).toEqual(['satisfied', 'pending', 'unsatisfiable'])
    await scenario.given('carol', 'approve', { change: 'K' })
    expect(statuses()).toEqual(['satisfied', 'satisfied', 'unsatisfiable'])
    await scenario.given('ada', 'grantRole', { role: 'appr', to: 'dan', team: 't' })
    await scenario.given('dan', 'approve', { change: 'K' })
    expect(statuses()).toEqual(['satisfied', 'satisfied', 'satisfied'])
  })

  it('does not block K at submission where two stages ask three persons who can share them out [LAW 27]', async () => {
    const flow = [peer, approval('board', approvals(2).from(role('appr'))), production]
    const scenario = await f0({ policies: [withFlow(...flow)] })
    expect((await eventsOf(scenario)).map(event => event.type)).not.toContain('change.blocked')
  })

  it('blocks K at submission where the tester it takes for the approval is the only one who can test [LAW 27]', async () => {
    const flow = [test('verify', { by: role('tester') }), peer, production]
    const scenario = await f0({
      policies: [withFlow(...flow)],
      people: people({ erin: ['tester', 'appr'], bob: [], carol: [], dan: [] }),
    })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(stageOf(scenario, 'K', 'peer')).toMatchObject({ status: 'unsatisfiable', missing: { appr: 1 } })
    await refused(scenario, ['erin', 'approve', K], 'duty.conflict', { person: 'erin' })
  })

  it('does not take the two ids of Bob for the two persons who are needed [LAW 27]', async () => {
    const scenario = await f0({ people: people({ robert: ['appr'], carol: [], dan: [] }), submit: null })
    await scenario.given('ada', 'recordAlias', { person: 'robert', is: 'bob', comment: 'the same passport' })
    await scenario.given('rita', 'submit', submitK)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('unsatisfiable')
  })

  it('does not take Dora, who acts for Bob, for a second person beside him [LAW 27]', async () => {
    const scenario = await f0({ people: people({ dora: [], carol: [], dan: [] }), submit: null })
    await delegated(scenario, 'bob', 'dora')
    await scenario.given('rita', 'submit', submitK)
    expect(stageOf(scenario, 'K', 'approve').status).toBe('unsatisfiable')
  })

  it('blocks K as vacant where the one holder of appr has been given a role that excludes it [LAW 26]', async () => {
    const scenario = await f0({ people: people({ carol: [], dan: [] }), submit: null })
    await scenario.given('ada', 'excludeRoles', {
      roles: ['appr', 'deployer'],
      team: '*',
      because: 'who decides does not release',
    })
    const grant = { type: 'grantRole' as const, role: 'deployer', to: 'bob', team: '*' }
    await scenario.given('ada', 'updateDirectory', { source: 'the house', differences: [grant] })
    await scenario.given('rita', 'submit', submitK)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(stageOf(scenario, 'K', 'approve').status).toBe('vacant')
    await refused(scenario, ['bob', 'approve', K], 'authority.no-role', { person: 'bob' })
  })

  it('tells of K, submitted again, that nobody can meet it any more, as the others have left [LAW 27]', async () => {
    const scenario = await f0Tested()
    await scenario.given('bob', 'reject', { ...K, comment: 'no' })
    for (const person of ['carol', 'dan']) await scenario.given('ada', 'recordDeparture', { person })
    await scenario.given('rita', 'resubmit', { ...K, comment: 'again' })
    expect(stageOf(scenario, 'K', 'approve').status).toBe('unsatisfiable')
  })

  it('blocks K as vacant where the stand-in of a vacant role is vacant as well, and for a share too [LAW 26]', async () => {
    for (const requires of [approvals(1).from(role('appr')), share(1, 2).of(role('appr'))]) {
      const options = {
        roles: {
          appr: { fallback: { role: 'head', when: ['vacant' as const] } },
          head: 'heads',
          tester: 'tests',
          deployer: 'releases',
        },
      }
      const scenario = await f0({
        policies: [fixturePolicy({ options, flow: [approval('approve', requires), production] })],
        people: people({ bob: [], carol: [], dan: [] }),
      })
      expect(stageOf(scenario, 'K', 'approve').status).toBe('vacant')
      await refused(scenario, ['paul', 'release', K], 'requirement.unmet')
    }
  })
})
