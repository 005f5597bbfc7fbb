import {
  baseline,
  content,
  f0,
  fixtureForm,
  fixturePolicy,
  normalFlow,
  type Scenario,
  submitK,
} from '@countersign/testing'
import { bodiesOf, fileOf, type LooseBody, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import {
  approval,
  approvals,
  approved,
  category,
  controls,
  exception,
  policy,
  release,
  role,
  separate,
  task,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { lateGrants } from '../../packages/countersign/src/verify/duties/family.ts'
import { refused } from './refusal.ts'
import { delegated, f0Approved, hour, K, people, report, robot } from './setting.ts'
import { eventsOf } from './trail.ts'

/** An hour after everybody got their roles, Rita submits K, made by Alice, who is an administrator as well. */
async function open(vary: Parameters<typeof f0>[0] & { tested?: false; later?: number } = {}): Promise<Scenario> {
  const { tested = true, later = hour, submit = {}, ...setting } = vary
  const scenario = await f0({ people: people({ bob: [], dora: [] }), ...setting, submit: null })
  await scenario.given('ada', 'appointAdministrator', { person: 'alice' })
  await scenario.given('otto', 'appointAdministrator', { person: 'alice' })
  scenario.at(hour)
  await scenario.given('rita', 'submit', { ...submitK, ...submit } as never)
  scenario.at(later)
  if (tested) await scenario.given('erin', 'signOff', { ...K, ...report })
  return scenario
}

const grants = (scenario: Scenario, by: string, to: string, role = 'appr', more: object = {}) =>
  scenario.given(by, 'grantRole', { role, to, team: '*', ...more })

describe('nobody who takes part in a change chooses who decides on it', () => {
  it('names Eve, who stands in for the role that Alice gave her as well, among those who can approve, and counts her for that [LAW 106]', async () => {
    const fallback = { role: 'head', when: ['unanswered' as const], after: '24h' }
    const roles = { appr: { description: 'approves', fallback }, deployer: 'releases', head: 'heads', tester: 'tests' }
    const flow = [approval('approve', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })]
    const cast = people({ bob: [], carol: [], dan: [], eve: ['head'] })
    const scenario = await open({
      tested: false,
      policies: [fixturePolicy({ flow, options: { roles } })],
      people: cast,
    })
    await grants(scenario, 'alice', 'eve')
    await refused(scenario, ['eve', 'approve', K], 'authority.granted-by-participant', { able: [] })
    expect(scenario.explain('K').whoCanUnblock).toEqual([])
    scenario.at(24 * hour)
    expect(scenario.explain('K').whoCanUnblock).toEqual(['eve'])
    await scenario.given('eve', 'approve', K)
    expect(scenario.change('K').approvals[0]?.seats).toMatchObject([{ capacity: 'fallback', via: 'head' }])
    expect(scenario.isApprovable('K')).toBe(true)
  })

  it('names nobody who could release for Paul by way of Ada, who has arranged for Dora to approve for Bob [LAW 106]', async () => {
    const flow = [approval('approve', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })]
    const scenario = await f0({
      policies: [fixturePolicy({ flow, options: { delegation: { depth: 2 } } })],
      people: people({ dora: [], eve: [] }),
    })
    const until = new Date(Date.parse(scenario.now) + 24 * hour).toISOString()
    const passed = { from: scenario.now, until }
    await scenario.given('ada', 'delegate', { delegation: 'd1', principal: 'bob', to: 'dora', ...passed })
    await scenario.given('dora', 'approve', { ...K, for: 'bob' })
    await scenario.given('paul', 'delegate', { delegation: 'd2', principal: 'paul', to: 'ada', ...passed })
    await scenario.given('ada', 'delegate', { delegation: 'd3', principal: 'ada', to: 'eve', of: 'd2', ...passed })
    expect(scenario.explain('K').waysOut).toEqual([{ do: 'release', stage: 'production', persons: ['paul'] }])
    await refused(scenario, ['eve', 'release', { ...K, for: 'paul' }], 'requirement.unmet', { able: ['paul'] })
    await scenario.given('paul', 'release', K)
  })

  it('does not count Bob, to whom Alice, who made K, granted appr while K is open, and the grant is in the trail [LAW 106]', async () => {
    const scenario = await open()
    await grants(scenario, 'alice', 'bob')
    await refused(scenario, ['bob', 'approve', K], 'authority.granted-by-participant', {
      person: 'bob',
      role: 'appr',
      by: 'alice',
    })
    expect(scenario.approvals('K')).toBe(0)
    expect(scenario.explain('K').whoCanUnblock).toEqual(['carol', 'dan'])
    expect(await eventsOf(scenario)).toContainEqual(
      expect.objectContaining({ type: 'role.granted', role: 'appr', to: 'bob', by: 'alice' }),
    )
  })

  it('counts on what hangs on it what Bob approved by a role that was given to him before that was there, whoever makes it [LAW 106]', async () => {
    const two = approvals(2).from(role('appr'))
    const production = release('production', { by: role('deployer') })
    const carriedFrom = approved('project').covers({ system: 'system' }).for('30d')
    const rules = policy(
      't',
      { complies: baseline, roles: { appr: 'approves', deployer: 'deploys' } },
      {
        project: category({ form: fixtureForm, flow: [approval('decide', two), production] }),
        update: category({ form: fixtureForm, flow: [approval('approve', two, { carriedFrom }), production] }),
      },
    )
    const scenario = await f0({ policies: [rules], submit: null, people: people({ bob: [] }) })
    scenario.at(hour)
    await scenario.given('rita', 'submit', { ...submitK, change: 'P', category: 'project' } as never)
    await grants(scenario, 'ada', 'bob')
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', { change: 'P' })
    await scenario.given('paul', 'release', { change: 'P' })
    scenario.at(hour)
    const made = { digest: content('r1'), makers: ['ada'] }
    await scenario.given('rita', 'submit', { ...submitK, category: 'update', parent: 'P', content: made } as never)
    expect(scenario.approvals('K')).toBe(2)
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('counts Bob, to whom Otto granted appr as well, however often Ada did, who takes part later [LAW 106]', async () => {
    const scenario = await open()
    for (let at = 0; at < 101; at++) {
      const until = new Date(Date.parse(scenario.now) + (100 + at) * 24 * hour).toISOString()
      await grants(scenario, at === 100 ? 'otto' : 'ada', 'bob', 'appr', { until })
    }
    for (const person of ['bob', 'carol']) await scenario.given(person, 'approve', K)
    await scenario.given('rita', 'assign', { ...K, to: 'ada' })
    expect(scenario.approvals('K')).toBe(2)
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('stops counting Bob when whoever granted him appr while K was open becomes a maker of it [LAW 106]', async () => {
    const scenario = await open()
    await grants(scenario, 'ada', 'bob')
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    expect(scenario.change('K').state).toBe('production')
    await scenario.given('rita', 'assign', { ...K, to: 'ada' })
    expect(scenario.approvals('K')).toBe(1)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('stops counting Bob, who has left since or whose role was revoked, when whoever granted it becomes a maker of K [LAW 106]', async () => {
    for (const gone of ['left', 'revoked']) {
      const scenario = await open()
      await grants(scenario, 'ada', 'bob')
      await scenario.given('bob', 'approve', K)
      await scenario.given('carol', 'approve', K)
      scenario.at(hour)
      if (gone === 'left') await scenario.given('ada', 'recordDeparture', { person: 'bob' })
      else await scenario.given('ada', 'revokeRole', { role: 'appr', from: 'bob', team: '*' })
      await scenario.given('rita', 'assign', { ...K, to: 'ada' })
      expect(scenario.approvals('K')).toBe(1)
      await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
    }
  })

  it.each(['recordDeparture', 'revokeRole'] as const)(
    'stops counting Bob no less where his role ended by %s in the very instant in which he approved [LAW 106]',
    async how => {
      const scenario = await open()
      await grants(scenario, 'ada', 'bob')
      await scenario.given('bob', 'approve', K)
      if (how === 'revokeRole') await scenario.given('otto', how, { role: 'appr', from: 'bob', team: '*' })
      else await scenario.given('otto', how, { person: 'bob' })
      await scenario.given('carol', 'approve', K)
      expect(scenario.approvals('K')).toBe(2)
      await scenario.given('rita', 'assign', { ...K, to: 'ada' })
      expect(scenario.approvals('K')).toBe(1)
      await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
      expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
    },
  )

  it('counts Bob by a grant of his own that ended in the very instant in which he approved, whoever grants him the role again [LAW 106]', async () => {
    const scenario = await open()
    await grants(scenario, 'otto', 'bob')
    await grants(scenario, 'ada', 'bob', 'appr', { team: 't' })
    await scenario.given('bob', 'approve', K)
    await scenario.given('otto', 'revokeRole', { role: 'appr', from: 'bob', team: '*' })
    await scenario.given('carol', 'approve', K)
    await scenario.given('rita', 'assign', { ...K, to: 'ada' })
    expect(scenario.approvals('K')).toBe(2)
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('refuses the release of Ada, who granted Bob appr while K was open and would take part by it, and lets Paul release [LAW 106]', async () => {
    const scenario = await open()
    await grants(scenario, 'otto', 'ada', 'deployer')
    await grants(scenario, 'ada', 'bob')
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    const found = await refused(scenario, ['ada', 'release', K], 'requirement.unmet', {})
    expect(found.refusal.facts.stages).toMatchObject([{ stage: 'approve', status: 'pending' }])
    expect([scenario.approvals('K'), scenario.change('K').state]).toEqual([2, 'production'])
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })

  it('opens the approval of K again when whoever granted Bob appr while it was open makes a child of it [LAW 106]', async () => {
    const scenario = await open()
    await grants(scenario, 'ada', 'bob')
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    scenario.at(hour)
    await scenario.given('rita', 'submit', {
      ...submitK,
      change: 'C',
      parent: 'K',
      content: { digest: content('r1'), makers: ['ada'] },
    })
    expect(scenario.approvals('K')).toBe(1)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
    expect(scenario.explain('K').whoCanUnblock).toEqual(['dan'])
    await scenario.given('dan', 'approve', K)
    await scenario.given('paul', 'release', K)
  })

  it('refuses Bob where whoever granted him appr asked for K, tested it, or was given the work [LAW 106]', async () => {
    for (const part of ['asked', 'tested', 'assigned']) {
      const scenario = await f0({ people: people({ bob: [] }), submit: null })
      await grants(scenario, 'otto', 'ada', 'tester')
      scenario.at(hour)
      await scenario.given(part === 'asked' ? 'ada' : 'rita', 'submit', submitK)
      scenario.at(hour)
      await scenario.given(part === 'tested' ? 'ada' : 'erin', 'signOff', { ...K, ...report })
      if (part === 'assigned') await scenario.given('rita', 'assign', { ...K, to: 'ada' })
      await grants(scenario, 'ada', 'bob')
      await refused(scenario, ['bob', 'approve', K], 'authority.granted-by-participant', { by: 'ada' })
    }
  })

  it('refuses Bob, to whom Alice, who made the parent of K, granted appr [LAW 106]', async () => {
    const scenario = await open({ tested: false, submit: { change: 'P' } })
    await scenario.given('rita', 'submit', {
      ...submitK,
      parent: 'P',
      content: { digest: content('r1'), makers: ['rita'] },
    })
    scenario.at(hour)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await grants(scenario, 'alice', 'bob')
    await refused(scenario, ['bob', 'approve', K], 'authority.granted-by-participant', { by: 'alice' })
  })

  it('refuses Bob, to whom ada granted appr, as ada turns out to be Alice, who made K [LAW 106]', async () => {
    const scenario = await open()
    await grants(scenario, 'ada', 'bob')
    await scenario.given('bob', 'approve', K)
    await scenario.given('otto', 'recordAlias', { person: 'ada', is: 'alice', comment: 'one passport' })
    expect(scenario.approvals('K')).toBe(0)
    await refused(scenario, ['bob', 'approve', K], 'authority.granted-by-participant', { person: 'bob' })
  })

  it('is none that Ada granted to herself under another id, from when that is recorded, until Otto grants it [LAW 106]', async () => {
    for (const later of [false, true]) {
      const scenario = await open()
      await scenario.given('otto', 'registerPerson', { person: 'zed', name: 'Zed', accounts: ['zed'] })
      await grants(scenario, 'ada', 'zed')
      await grants(scenario, 'ada', 'dora')
      if (later) await scenario.given('zed', 'approve', K)
      scenario.at(hour)
      await scenario.given('otto', 'recordAlias', { person: 'zed', is: 'ada', comment: 'one passport' })
      await refused(scenario, [later ? 'zed' : 'ada', 'approve', K], 'authority.no-role')
      expect(scenario.explain('K').whoCanUnblock).not.toContain('ada')
      if (!later) {
        scenario.at(hour)
        await grants(scenario, 'otto', 'ada')
        await scenario.given('ada', 'approve', K)
      }
      await scenario.given('dora', 'approve', K)
      await scenario.given('paul', 'release', K)
      expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
    }
  })

  it('refuses the test of Bob and the release of Bob by roles that Alice granted him [LAW 106]', async () => {
    const scenario = await open({ tested: false })
    await grants(scenario, 'alice', 'bob', 'tester')
    await grants(scenario, 'alice', 'bob', 'deployer')
    await refused(scenario, ['bob', 'signOff', { ...K, ...report }], 'authority.granted-by-participant', {
      role: 'tester',
    })
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('carol', 'approve', K)
    await scenario.given('dan', 'approve', K)
    await refused(scenario, ['bob', 'release', K], 'authority.granted-by-participant', { role: 'deployer' })
  })

  it('does not count the test of a robot to which Ada, who makes K by now, gave the role, and the verifier finds who releases on it [LAW 106]', async () => {
    const history = async (isTaken: boolean) => {
      const scenario = await open({ people: people({}), tested: false })
      await robot(scenario, 'ci', { controller: 'erin', role: 'tester' })
      await scenario.given('ci', 'signOff', { ...K, ...report })
      for (const one of ['bob', 'carol']) await scenario.given(one, 'approve', K)
      await scenario.given('rita', 'assign', { ...K, to: isTaken ? 'ada' : 'alice' })
      return scenario
    }
    const honest = await history(false)
    await honest.given('paul', 'release', K)
    const scenario = await history(true)
    await refused(scenario, ['paul', 'release', K], 'requirement.unmet', { stages: [{ stage: 'verify' }] })
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
    const last = bodiesOf(await linesOf(honest.store)).at(-1) as LooseBody
    const forged = reseal(renumber([...bodiesOf(await linesOf(scenario.store)), last]))
    expect(Object.keys(verifyTrail([fileOf(forged)]).codes)).toContain('release.untested')
  })

  it('refuses Dora for Bob, who has appr from Alice alone [LAW 106]', async () => {
    const scenario = await open()
    await grants(scenario, 'alice', 'bob')
    await delegated(scenario, 'bob', 'dora')
    await refused(scenario, ['dora', 'approve', { ...K, for: 'bob' }], 'authority.granted-by-participant', {
      by: 'alice',
    })
  })

  it('refuses Bob, to whom Alice granted a senior role that holds appr as well, or the role that stands in for it [LAW 106]', async () => {
    const scenario = await open()
    await scenario.given('ada', 'defineRole', { role: 'chief', description: 'chief', inherits: ['appr'] })
    await grants(scenario, 'alice', 'bob', 'chief')
    await refused(scenario, ['bob', 'approve', K], 'authority.granted-by-participant', { by: 'alice' })
    const fallback = { role: 'head', when: ['vacant' as const] }
    const roles = { appr: { fallback }, tester: 'tests', deployer: 'releases', head: 'heads' }
    const vacant = await open({
      policies: [fixturePolicy({ options: { roles } })],
      people: people({ bob: [], carol: [], dan: [] }),
    })
    await grants(vacant, 'alice', 'bob', 'head')
    await refused(vacant, ['bob', 'approve', K], 'authority.granted-by-participant', { by: 'alice' })
  })

  it('refuses Bob, whom Alice let in by loading a directory [LAW 106]', async () => {
    const scenario = await open()
    await scenario.given('alice', 'updateDirectory', {
      source: 'personnel',
      differences: [{ type: 'grantRole', role: 'appr', to: 'bob', team: '*' }],
    })
    await refused(scenario, ['bob', 'approve', K], 'authority.granted-by-participant', { by: 'alice' })
  })

  it('refuses Bob whose role Alice granted for a time that begins later, or that she dated back to before K [LAW 106]', async () => {
    const scenario = await open()
    await grants(scenario, 'alice', 'bob', 'appr', { from: '2026-03-01T00:00:00.000Z' })
    await refused(scenario, ['bob', 'approve', K], 'authority.granted-by-participant', { by: 'alice' })
    const later = await open()
    await grants(later, 'alice', 'bob', 'appr', { from: '2026-03-02T12:00:00.000Z' })
    later.at('2026-03-02T12:00:00.000Z')
    await refused(later, ['bob', 'approve', K], 'authority.granted-by-participant', { by: 'alice' })
  })

  it('refuses Bob, to whom Alice granted appr after K was submitted, though in the very instant [LAW 106]', async () => {
    const scenario = await open({ later: 0 })
    await grants(scenario, 'alice', 'bob')
    await refused(scenario, ['bob', 'approve', K], 'authority.granted-by-participant', { by: 'alice' })
  })
})

describe('nobody tests, looks at or puts into effect by a favour of their own', () => {
  it('refuses Otto, who gave Dora deployer while K was open, to release for her, names him nowhere, and lets her release [LAW 106]', async () => {
    const scenario = await f0Approved({ people: people({ dora: [] }) })
    await grants(scenario, 'otto', 'dora', 'deployer')
    await delegated(scenario, 'dora', 'otto')
    const able = ['dora', 'paul']
    expect(scenario.explain('K').waysOut).toEqual([{ do: 'release', stage: 'production', persons: able }])
    const favour = { person: 'otto', to: 'dora', role: 'deployer', by: 'otto', thereby: true, able }
    const forDora = { ...K, for: 'dora' }
    const told = await refused(scenario, ['otto', 'release', forDora], 'authority.granted-by-participant', favour)
    expect(told.because).toBe(
      'otto, who would take part in this change by this, has given dora the role deployer since it was submitted',
    )
    await scenario.given('dora', 'release', K)
    expect(scenario.change('K').state).toBe('completed')
  })

  it('refuses the robot of Otto, who gave it deployer when it was Paul’s, and lets Paul release [LAW 106]', async () => {
    const scenario = await f0Approved()
    await robot(scenario, 'rb', { controller: 'paul' })
    await grants(scenario, 'otto', 'rb', 'deployer')
    expect(scenario.explain('K').waysOut).toMatchObject([{ do: 'release', persons: ['paul', 'rb'] }])
    await scenario.given('ada', 'assignController', { bot: 'rb', controller: 'otto' })
    expect(scenario.explain('K').waysOut).toMatchObject([{ do: 'release', persons: ['paul'] }])
    const favour = { person: 'rb', by: 'otto', thereby: true, able: ['paul'] }
    await refused(scenario, ['rb', 'release', K], 'authority.granted-by-participant', favour)
    await scenario.given('paul', 'release', K)
  })

  it('refuses Ada, who put Eve where she may act for Paul, or arranged that she does, to release for Eve [LAW 106]', async () => {
    for (const how of ['pool', 'arranged']) {
      const pool = { description: 'deploys', ...(how === 'pool' ? { delegates: 'operators' } : {}) }
      const roles = { appr: 'approves', tester: 'tests', deployer: pool, operators: 'operates' }
      const scenario = await f0Approved({
        policies: [fixturePolicy({ options: { roles, delegation: { depth: 2 } } })],
        people: people({ eve: [] }),
      })
      await grants(scenario, 'otto', 'ada', 'operators')
      await grants(scenario, 'ada', 'eve', 'operators')
      const until = new Date(Date.parse(scenario.now) + 24 * hour).toISOString()
      const passed = { from: scenario.now, until }
      await scenario.given(how === 'pool' ? 'paul' : 'ada', 'delegate', {
        delegation: 'd1',
        principal: 'paul',
        to: 'eve',
        ...passed,
      })
      await scenario.given('eve', 'delegate', { delegation: 'd2', principal: 'eve', to: 'ada', of: 'd1', ...passed })
      expect(scenario.explain('K').waysOut).toMatchObject([{ do: 'release', persons: ['eve', 'paul'] }])
      const code = how === 'pool' ? 'authority.granted-by-participant' : 'authority.no-role'
      await refused(scenario, ['ada', 'release', { ...K, for: 'paul' }], code, { able: ['paul'] })
      await scenario.given('eve', 'release', { ...K, for: 'paul' })
      expect(scenario.change('K').state).toBe('completed')
    }
  })

  it('refuses Otto to sign off, to tick and to review for those to whom he gave the roles while K was open, and lets them [LAW 106]', async () => {
    const checklist = { read: 'It was read' }
    const flow = [
      task('look', { by: role('engineer'), duty: 'review' }),
      test('verify', { by: role('tester'), checklist }),
      approval('approve', approvals(1).from(role('appr'))),
      release('production', { by: role('deployer') }),
    ]
    const roles = { appr: 'approves', tester: 'tests', deployer: 'releases', engineer: 'looks' }
    const scenario = await f0({
      policies: [fixturePolicy({ flow, options: { roles } })],
      people: people({ erin: [], dora: [] }),
    })
    for (const role of ['engineer', 'tester']) await grants(scenario, 'otto', 'dora', role)
    await delegated(scenario, 'dora', 'otto')
    const forDora = { ...K, for: 'dora' }
    const favour = { to: 'dora', by: 'otto', thereby: true, able: ['dora'] }
    await refused(
      scenario,
      ['otto', 'complete', { ...forDora, stage: 'look' }],
      'authority.granted-by-participant',
      favour,
    )
    await scenario.given('dora', 'complete', { ...K, stage: 'look' })
    const ticked = { stage: 'verify', items: ['read'] }
    await refused(scenario, ['otto', 'tick', { ...forDora, ...ticked }], 'authority.granted-by-participant', favour)
    await scenario.given('dora', 'tick', { ...K, ...ticked })
    await refused(scenario, ['otto', 'signOff', { ...forDora, ...report }], 'authority.granted-by-participant', favour)
    expect(scenario.explain('K').waysOut).toEqual([{ do: 'signOff', stage: 'verify', persons: ['dora'] }])
    await scenario.given('dora', 'signOff', { ...K, ...report })
    expect(scenario.change('K').state).toBe('approve')
  })

  it('refuses Otto to release for Alice, who made K, by the exception of Hana, whom he made head [LAW 106]', async () => {
    const rules = fixturePolicy({
      flow: [approval('approve', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })],
      options: {
        roles: { appr: 'approves', deployer: 'releases', head: 'heads' },
        separate: [separate('make', 'release').because('other hands')],
        exceptions: [
          exception('make', 'release')
            .grantedBy(role('head'))
            .atMost('2d')
            .compensatedBy('it is looked at')
            .because('a small team'),
        ],
      },
    })
    const scenario = await f0({ policies: [rules], people: people({ alice: ['deployer'], hana: [], paul: [] }) })
    await grants(scenario, 'otto', 'hana', 'head')
    const asked = { exception: 'x', duties: ['make', 'release'] as [string, string], person: 'alice' }
    const until = new Date(Date.parse(scenario.now) + 24 * hour).toISOString()
    await scenario.given('alice', 'requestException', { ...K, ...asked, until, reason: 'nobody else' })
    await scenario.given('hana', 'grantException', { ...K, exception: 'x', comment: 'granted' })
    await scenario.given('bob', 'approve', K)
    await delegated(scenario, 'alice', 'otto')
    expect(scenario.explain('K').waysOut).toMatchObject([{ do: 'release', persons: ['alice'] }])
    await refused(scenario, ['otto', 'release', { ...K, for: 'alice' }], 'duty.conflict', { person: 'alice' })
    await scenario.given('alice', 'release', K)
    expect(scenario.change('K').state).toBe('completed')
  })

  it('finds in a trail sealed anew the release of Otto for Dora, to whom he gave deployer while K was open [LAW 106]', async () => {
    const scenario = await f0Approved({ people: people({ dora: [] }) })
    await grants(scenario, 'otto', 'dora', 'deployer')
    const delegation = await delegated(scenario, 'dora', 'otto')
    await scenario.given('paul', 'release', K)
    const bodies = bodiesOf(await linesOf(scenario.store))
    expect(verifyTrail([fileOf(reseal(bodies))])).toMatchObject({ status: 'sound', findings: [] })
    const put = bodies.at(-1) as LooseBody & { outcome: { accepted: object[] } }
    const seat = { capacity: 'delegate', delegation, principal: 'dora', role: 'deployer' }
    Object.assign(put, { by: { account: 'otto', as: seat, person: 'otto' } })
    Object.assign(put.command as object, { for: 'dora' })
    Object.assign(put.outcome.accepted[0] ?? {}, { chain: ['otto', 'dora'], person: 'otto', seats: [seat] })
    const { codes } = verifyTrail([fileOf(reseal(renumber(bodies)))])
    expect(codes).toEqual({ 'decision.unjustified': 1, 'duty.violated': 1 })
  })
})

describe('what is learned of a favour afterwards', () => {
  const cast = people({ bill: [], robert: ['appr'] })
  const sound = async (scenario: Scenario) =>
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })

  it('does not count Bill again, whom Ada let in, who makes K, when he turns out to be Robert, until he approves anew [LAW 106]', async () => {
    for (const [person, is] of [
      ['robert', 'bill'],
      ['bill', 'robert'],
    ] as const) {
      for (const early of [false, true]) {
        const scenario = await open({ people: cast })
        const learn = () => scenario.given('otto', 'recordAlias', { person, is, comment: 'one passport' })
        await grants(scenario, 'ada', 'bill')
        await scenario.given('bill', 'approve', K)
        await scenario.given('carol', 'approve', K)
        if (early) await learn()
        await scenario.given('rita', 'assign', { ...K, to: 'ada' })
        if (!early) await learn()
        expect(scenario.approvals('K')).toBe(1)
        await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
        await scenario.given('bill', 'approve', K)
        await scenario.given('paul', 'release', K)
        await sound(scenario)
      }
    }
  })

  it('counts Bill, whom Ada let in, who makes K, where it was known before that he is Robert, who held appr [LAW 106]', async () => {
    const scenario = await open({ people: cast })
    await grants(scenario, 'ada', 'bill')
    await scenario.given('otto', 'recordAlias', { person: 'robert', is: 'bill', comment: 'one passport' })
    await scenario.given('bill', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await scenario.given('rita', 'assign', { ...K, to: 'ada' })
    expect(scenario.approvals('K')).toBe(2)
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('does not count Bill again when Otto lets him in as well, or an exclusion takes the role from him [LAW 106]', async () => {
    for (const since of ['granted', 'excluded']) {
      const scenario = await open({ people: people({ bill: ['tester'] }) })
      await grants(scenario, 'ada', 'bill')
      await scenario.given('bill', 'approve', K)
      await scenario.given('carol', 'approve', K)
      await scenario.given('rita', 'assign', { ...K, to: 'ada' })
      if (since === 'granted') await grants(scenario, 'otto', 'bill')
      else await scenario.given('otto', 'excludeRoles', { roles: ['appr', 'tester'], team: '*', because: 'two hands' })
      expect(scenario.approvals('K')).toBe(1)
      await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
      await sound(scenario)
    }
  })

  it('lets a veto stand again that Bill lifted, whom Ada let in, who makes K, though he turns out to be Robert [LAW 106]', async () => {
    const veto = { liftedBy: role('head') }
    const flow = [
      approval('approve', approvals(2).from(role('appr')), { veto }),
      release('production', { by: role('deployer') }),
    ]
    const staff = people({ bill: [], robert: ['head'] })
    const scenario = await open({ tested: false, policies: [fixturePolicy({ flow })], people: staff })
    await grants(scenario, 'ada', 'bill', 'head')
    await scenario.given('carol', 'approve', K)
    await scenario.given('dan', 'reject', { ...K, comment: 'no' })
    await scenario.given('bill', 'liftVeto', { ...K, of: 'dan', comment: 'it was explained' })
    await scenario.given('rita', 'assign', { ...K, to: 'ada' })
    expect(scenario.explain('K').stages[0]?.status).toBe('vetoed')
    await scenario.given('otto', 'recordAlias', { person: 'robert', is: 'bill', comment: 'one passport' })
    expect(scenario.explain('K').stages[0]?.status).toBe('vetoed')
    await scenario.given('bill', 'liftVeto', { ...K, of: 'dan', comment: 'it was explained' })
    expect(scenario.explain('K').stages[0]?.status).toBe('pending')
    await sound(scenario)
  })
})

describe('a role that somebody with a part has granted, in other hands', () => {
  const lenient = controls('lenient', {
    'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
  })
  const exceptions = [
    exception('make', 'approve')
      .grantedBy(role('head'))
      .atMost('7d')
      .compensatedBy('the controller reviews it within a week')
      .because('two people cannot fill three duties'),
  ]

  it('refuses the exception that Hana would grant Alice as head, which she is by Alice [LAW 106]', async () => {
    const scenario = await open({
      controls: lenient,
      policies: [fixturePolicy({ options: { complies: lenient, exceptions } })],
      people: people({ alice: ['appr'], hana: [] }),
    })
    await grants(scenario, 'alice', 'hana', 'head')
    await scenario.given('rita', 'requestException', {
      ...K,
      exception: 'x1',
      person: 'alice',
      duties: ['make', 'approve'],
      until: '2026-03-05T00:00:00.000Z',
      reason: 'there is nobody else',
    })
    const grant = { ...K, exception: 'x1' }
    await refused(scenario, ['hana', 'grantException', grant], 'authority.granted-by-participant', { by: 'alice' })
    await refused(scenario, ['alice', 'approve', K], 'duty.conflict', { person: 'alice' })
  })

  it('counts no longer what Alice approved under the exception of Hana, when whoever made her head comes to make K [LAW 106]', async () => {
    for (const other of [false, true]) {
      const scenario = await open({
        controls: lenient,
        policies: [fixturePolicy({ options: { complies: lenient, exceptions } })],
        people: people({ alice: ['appr'], hana: [] }),
      })
      await grants(scenario, 'ada', 'hana', 'head')
      if (other) await grants(scenario, 'otto', 'hana', 'head')
      const until = '2026-03-05T00:00:00.000Z'
      const asked = { person: 'alice', duties: ['make', 'approve'] as [string, string], until, reason: 'nobody else' }
      await scenario.given('rita', 'requestException', { ...K, exception: 'x1', ...asked })
      await scenario.given('hana', 'grantException', { ...K, exception: 'x1' })
      await scenario.given('alice', 'approve', K)
      await scenario.given('carol', 'approve', K)
      expect(scenario.change('K').state).toBe('production')
      await scenario.given('rita', 'assign', { ...K, to: 'ada' })
      expect(scenario.approvals('K')).toBe(other ? 2 : 1)
      if (other) await scenario.given('paul', 'release', K)
      else await refused(scenario, ['paul', 'release', K], 'requirement.unmet', {})
      expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
    }
  })

  it('refuses the release of Hana, under whose exception alone Alice approved K, which she made, and lets Paul release [LAW 106]', async () => {
    const scenario = await open({
      controls: lenient,
      policies: [fixturePolicy({ options: { complies: lenient, exceptions } })],
      people: people({ alice: ['appr'], hana: ['head', 'deployer'] }),
    })
    const until = '2026-03-05T00:00:00.000Z'
    const asked = { person: 'alice', duties: ['make', 'approve'] as [string, string], until, reason: 'nobody else' }
    await scenario.given('rita', 'requestException', { ...K, exception: 'x1', ...asked })
    await scenario.given('hana', 'grantException', { ...K, exception: 'x1' })
    await scenario.given('alice', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await refused(scenario, ['hana', 'release', K], 'requirement.unmet', {})
    await scenario.given('paul', 'release', K)
    expect(verifyTrail([fileOf(await linesOf(scenario.store))])).toMatchObject({ status: 'sound', findings: [] })
  })
})

describe('a role that nobody with a part in the change has granted since', () => {
  it('accepts Bob, to whom Alice granted appr before K was submitted [LAW 106]', async () => {
    const scenario = await f0({ people: people({ bob: [] }), submit: null })
    await scenario.given('ada', 'appointAdministrator', { person: 'alice' })
    await scenario.given('otto', 'appointAdministrator', { person: 'alice' })
    await grants(scenario, 'alice', 'bob')
    scenario.at(hour)
    await scenario.given('rita', 'submit', submitK)
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(1)
  })

  it('accepts Bob, who has appr from Otto, too, whether before or after Alice granted it again [LAW 106]', async () => {
    for (const order of [
      ['otto', 'alice'],
      ['alice', 'otto'],
    ]) {
      const scenario = await open()
      for (const by of order) await grants(scenario, by, 'bob')
      await scenario.given('bob', 'approve', K)
      expect(scenario.approvals('K')).toBe(1)
    }
  })

  it('accepts Bob on a change in which Alice has no part, and refuses him on K [LAW 106]', async () => {
    const scenario = await open({ policies: [fixturePolicy({ flow: normalFlow().slice(1) })], tested: false })
    await scenario.given('rita', 'submit', {
      ...submitK,
      change: 'L',
      content: { digest: content('r1'), makers: ['rita'] },
    })
    await grants(scenario, 'alice', 'bob')
    await scenario.given('bob', 'approve', { change: 'L' })
    await refused(scenario, ['bob', 'approve', K], 'authority.granted-by-participant', { by: 'alice' })
  })

  it('accepts Bob, to whom Ada granted appr, who has approved K herself and has no other part in it [LAW 106]', async () => {
    const scenario = await open()
    await grants(scenario, 'otto', 'ada')
    await scenario.given('ada', 'approve', K)
    await grants(scenario, 'ada', 'bob')
    await scenario.given('bob', 'approve', K)
    expect(scenario.approvals('K')).toBe(2)
  })

  it('refuses Bob whose role from before was revoked, and whom Alice gave it back [LAW 106]', async () => {
    const scenario = await open({ people: people({}) })
    await scenario.given('otto', 'revokeRole', { role: 'appr', from: 'bob', team: '*' })
    scenario.at(hour)
    await grants(scenario, 'alice', 'bob')
    await refused(scenario, ['bob', 'approve', K], 'authority.granted-by-participant', { by: 'alice' })
  })
})

it('reads as many grants of a role as somebody may have given', () => {
  const many = Array.from({ length: 300_000 }, (_, at) => ({ seq: 10 + at, granters: ['ada'] }))
  const people = { all: () => new Set([{}]), grantsOf: () => many }
  const late = lateGrants(people as never, ['bob'], 'appr', { seq: 5, team: 't' } as never, '2026-03-02T08:00:00.000Z')
  expect(late).toEqual({ role: 'appr', grantedBy: [['ada']], first: 10 })
})
