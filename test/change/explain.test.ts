import { baseline, content, f0, f0Tested, fixtureForm, fixturePolicy, Scenario, submitK } from '@countersign/testing'
import {
  all,
  any,
  approval,
  approvals,
  approvedBeforeRelease,
  category,
  controls,
  exception,
  field,
  percent,
  policy,
  release,
  role,
  separate,
  task,
  test,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import { day, delegated, hour, K, people, report, robot, stageOf } from '../law/setting.ts'

const free = (person: string, of = 'appr', more: object = {}) => ({
  person,
  roles: [of],
  capacity: 'own',
  absent: false,
  delegates: [],
  ...more,
})
const made = free('alice', 'appr', {
  excluded: { why: 'conflict', how: 'made content', duties: ['make', 'approve'], clause: 'CM-1' },
})
const asked = free('rita', 'appr', { excluded: { why: 'conflict', how: 'requested', duties: ['request', 'approve'] } })
const gave = (person: string, stage = 'approve', of = 'appr', more: object = {}) =>
  free(person, of, { excluded: { why: 'given', duty: 'approve', stage }, ...more })
const act = (scenario: Scenario, person: string, of: string, more: object = {}) => ({
  person,
  seats: [{ role: of, capacity: 'own' }],
  at: scenario.now,
  ...more,
})
const ways = (scenario: Scenario) =>
  scenario.explain('K').waysOut.map(one => `${one.do} at ${one.stage} ${one.role ?? ''}: ${one.persons.join(' ')}`)
const agree = (name: string, of: string, options: Parameters<typeof approval>[2] = {}) =>
  approval(name, approvals(1).from(role(of)), options)
const go = release('production', { by: role('deployer') })

/** F0 in which the maker and the requester hold `appr` as well, Carol is away and Dora may act for her, and Erin has a robot. */
async function crowded(): Promise<Scenario> {
  const scenario = await f0({ people: people({ dora: [], alice: ['appr'], rita: ['appr'] }) })
  await robot(scenario, 'test-bot', { controller: 'erin', role: 'tester' })
  await robot(scenario, 'bob-bot', { controller: 'bob', role: 'appr' })
  await scenario.given('carol', 'recordAbsence', { person: 'carol', from: scenario.now, until: '2026-04-01T00:00:00Z' })
  await delegated(scenario, 'carol', 'dora')
  return scenario
}
const away = free('carol', 'appr', { absent: true, delegates: ['dora'] })

describe('an explanation', () => {
  it('of a change that was submitted tells what each stage waits for, and who can or cannot act', async () => {
    const scenario = await crowded()
    expect(scenario.explain('K')).toEqual({
      change: 'K',
      at: scenario.now,
      state: 'verify',
      since: scenario.change('K').since,
      revision: 1,
      digest: scenario.change('K').digest,
      stages: [
        {
          stage: 'verify',
          kind: 'test',
          here: true,
          vetoes: [],
          status: 'pending',
          acts: [],
          missing: { tester: 1 },
          eligible: [free('erin', 'tester'), free('test-bot', 'tester')],
        },
        {
          stage: 'approve',
          kind: 'approval',
          here: false,
          vetoes: [],
          status: 'pending',
          acts: [],
          requirement: { status: 'pending', role: 'appr', needs: 2, has: 0, persons: [] },
          matching: {},
          missing: { appr: 2 },
          eligible: [made, free('bob'), away, free('dan'), asked],
        },
        {
          stage: 'production',
          kind: 'release',
          here: false,
          vetoes: [],
          status: 'pending',
          acts: [],
          missing: { deployer: 1 },
          eligible: [free('paul', 'deployer')],
        },
      ],
      whoCanUnblock: ['erin', 'test-bot'],
      waysOut: [{ do: 'signOff', stage: 'verify', persons: ['erin', 'test-bot'] }],
      exceptions: [],
      obligations: [],
      freezes: [],
      straddles: [],
      windows: [],
    })
  })

  it('tells who has acted, by what right, and for which role it counts', async () => {
    const scenario = await crowded()
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    expect(stageOf(scenario, 'K', 'approve')).toEqual({
      stage: 'approve',
      kind: 'approval',
      here: true,
      vetoes: [],
      status: 'pending',
      acts: [act(scenario, 'bob', 'appr', { countsFor: 'appr' })],
      requirement: { status: 'pending', role: 'appr', needs: 2, has: 1, persons: ['bob'] },
      matching: { bob: 'appr' },
      missing: { appr: 1 },
      eligible: [made, gave('bob'), away, free('dan'), asked],
    })
    expect(ways(scenario)).toEqual(['approve at approve : carol dan dora'])
    await scenario.given('dora', 'approve', { ...K, for: 'carol' })
    const seats = [{ role: 'appr', capacity: 'delegate', principal: 'carol', delegation: 'carol-to-dora' }]
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({
      here: false,
      status: 'satisfied',
      acts: [
        act(scenario, 'bob', 'appr', { countsFor: 'appr' }),
        { person: 'dora', seats, at: scenario.now, countsFor: 'appr' },
      ],
      matching: { bob: 'appr', dora: 'appr' },
      missing: {},
      eligible: [made, gave('bob'), gave('carol', 'approve', 'appr', { absent: true }), free('dan'), asked],
    })
    const signed = { excluded: { why: 'given', duty: 'test', stage: 'verify' } }
    expect(stageOf(scenario, 'K', 'verify')).toEqual({
      stage: 'verify',
      kind: 'test',
      here: false,
      vetoes: [],
      status: 'satisfied',
      acts: [act(scenario, 'erin', 'tester')],
      missing: {},
      eligible: [free('erin', 'tester', signed), free('test-bot', 'tester', signed)],
    })
  })

  it('of a change that is completed waits for nobody, whoever has left since', async () => {
    const scenario = await crowded()
    await scenario.given('erin', 'signOff', { ...K, ...report })
    for (const person of ['bob', 'dan']) await scenario.given(person, 'approve', K)
    await scenario.given('paul', 'release', K)
    const before = scenario.explain('K')
    expect(before).toMatchObject({ state: 'completed', whoCanUnblock: [], waysOut: [] })
    expect(before.stages.map(one => `${one.status} ${one.here} ${JSON.stringify(one.missing)}`)).toEqual([
      'satisfied false {}',
      'satisfied false {}',
      'satisfied false {}',
    ])
    scenario.at(hour)
    await scenario.given('ada', 'revokeRole', { role: 'appr', from: 'bob', team: '*' })
    await scenario.given('ada', 'recordDeparture', { person: 'dan' })
    expect(scenario.explain('K').stages.map(one => one.status)).toEqual(['satisfied', 'satisfied', 'satisfied'])
  })
})

describe('the tree of a requirement', () => {
  const form = fixtureForm
  const requires = all(
    approvals(1).from(role('appr')).because('four eyes'),
    any(approvals(1).from(role('head')), approvals(2).from(role('auditor'))).because('somebody above'),
    approvals(1).from(role('board')).when(field('risk').is('high')).because('it is dear'),
  ).because('all of it')
  const rules = policy(
    't',
    {
      complies: baseline,
      roles: { appr: 'a', head: 'h', auditor: 'u', board: 'b', deployer: 'd' },
    },
    {
      normal: category({ form, flow: [approval('agree', requires), go] }),
      halves: category({ form, flow: [approval('agree', percent(50).of(role('appr'))), go] }),
      apart: category({ form, flow: [approval('agree', approvals(2).from(role('appr')).fromDifferentGroups()), go] }),
    },
  )
  const opened = async (submit: object = {}, vary: object = {}) => {
    const scenario = await Scenario.open({
      controls: baseline,
      policies: [rules],
      people: people({ hana: ['head'], una: ['auditor'], ulf: ['auditor'], bea: ['board'] }),
      ...vary,
    })
    await scenario.given('rita', 'submit', { ...submitK, ...submit } as never)
    return scenario
  }
  const tree = (scenario: Scenario) => stageOf(scenario, 'K', 'agree').requirement
  const leaf = (of: string, status: string, needs: number, persons: readonly string[] = [], more: object = {}) => ({
    status,
    role: of,
    needs,
    has: persons.length,
    persons,
    ...more,
  })

  it('has the shape of the policy, says why each is asked for, and skips what does not apply', async () => {
    const scenario = await opened()
    expect(tree(scenario)).toEqual({
      status: 'pending',
      because: 'all of it',
      all: [
        leaf('appr', 'pending', 1, [], { because: 'four eyes' }),
        {
          status: 'pending',
          because: 'somebody above',
          any: [leaf('head', 'pending', 1), leaf('auditor', 'pending', 2)],
        },
        leaf('board', 'skipped', 1, [], { because: 'it is dear' }),
      ],
    })
    await scenario.given('una', 'approve', K)
    await scenario.given('ulf', 'approve', K)
    expect(tree(scenario)).toMatchObject({
      status: 'pending',
      all: [
        leaf('appr', 'pending', 1),
        { status: 'satisfied', any: [leaf('head', 'pending', 1), leaf('auditor', 'satisfied', 2, ['ulf', 'una'])] },
        { status: 'skipped' },
      ],
    })
    await scenario.given('bob', 'approve', K)
    expect(tree(scenario)).toMatchObject({ status: 'satisfied', all: [leaf('appr', 'satisfied', 1, ['bob']), {}, {}] })
    expect(scenario.change('K').state).toBe('production')
  })

  it('asks for more where the form says so', async () => {
    const scenario = await opened({ form: { system: 'ledger', risk: 'high' } })
    expect(tree(scenario)).toMatchObject({ all: [{}, {}, leaf('board', 'pending', 1)] })
  })

  it('is vacant where nobody holds a role, and unsatisfiable where too few of them can act', async () => {
    const scenario = await opened(
      { content: { digest: content('r1'), makers: ['una'] } },
      { people: people({ hana: [], una: ['auditor'], ulf: ['auditor'] }) },
    )
    expect(tree(scenario)).toMatchObject({
      all: [{ status: 'pending' }, { any: [leaf('head', 'vacant', 1), leaf('auditor', 'unsatisfiable', 2)] }, {}],
    })
  })

  it('tells of how many a share is', async () => {
    const scenario = await opened({ category: 'halves' })
    expect(tree(scenario)).toEqual(leaf('appr', 'pending', 2, [], { share: [50, 100], of: 3 }))
    await scenario.given('bob', 'approve', K)
    expect(tree(scenario)).toEqual(leaf('appr', 'pending', 2, ['bob'], { share: [50, 100], of: 3 }))
  })

  it('tells for which group each person counts', async () => {
    const groups = { bob: ['finance'], carol: ['finance'], dan: ['legal'] }
    const scenario = await opened({ category: 'apart' }, { groups })
    await scenario.given('bob', 'approve', K)
    expect(tree(scenario)).toEqual(leaf('appr', 'pending', 2, ['bob'], { groups: { bob: 'finance' } }))
    await scenario.given('carol', 'approve', K)
    await scenario.given('dan', 'approve', K)
    expect(stageOf(scenario, 'K', 'agree').status).toBe('satisfied')
  })
})

describe('the ways out', () => {
  it('of a role that nobody holds lead over the administrators', async () => {
    const flow = [agree('agree', 'head'), go]
    const scenario = await f0({ policies: [fixturePolicy({ flow })] })
    expect(stageOf(scenario, 'K', 'agree')).toMatchObject({ status: 'vacant', missing: { head: 1 }, eligible: [] })
    expect(ways(scenario)).toEqual(['grantRole at agree head: ada otto'])
    expect(scenario.explain('K').whoCanUnblock).toEqual([])
  })

  it('of a separation lead over an exception, where there is one, by whoever takes no part', async () => {
    const lenient = controls('lenient', {
      'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
    })
    const options = {
      complies: lenient,
      roles: { appr: 'approves', deployer: 'releases', head: 'grants exceptions' },
      separate: [],
      exceptions: [
        exception('make', 'approve')
          .grantedBy(role('head'))
          .atMost('60d')
          .compensatedBy('a look afterwards')
          .because('there are two of us'),
      ],
    }
    const scenario = await f0({
      controls: lenient,
      policies: [fixturePolicy({ options, flow: [agree('agree', 'appr'), go] })],
      people: { alice: ['appr'], rita: ['head'], hana: ['head'], paul: ['deployer'] },
    })
    expect(stageOf(scenario, 'K', 'agree').status).toBe('unsatisfiable')
    expect(ways(scenario)).toEqual(['requestException at agree head: hana', 'grantRole at agree appr: ada otto'])
    const until = '2026-04-01T00:00:00Z'
    const wanted = { exception: 'x', person: 'alice', duties: ['make', 'approve'], until, reason: 'two of us' }
    await scenario.given('alice', 'requestException', { ...K, ...wanted } as never)
    await scenario.given('hana', 'grantException', { ...K, exception: 'x', comment: 'seen' })
    expect(stageOf(scenario, 'K', 'agree').eligible).toEqual([free('alice', 'appr', { excepted: true })])
    await scenario.given('alice', 'approve', K)
    expect(stageOf(scenario, 'K', 'agree')).toMatchObject({
      status: 'excepted',
      acts: [act(scenario, 'alice', 'appr', { countsFor: 'appr', exceptions: ['x'] })],
      requirement: { status: 'excepted', has: 1 },
    })
    expect(scenario.explain('K').exceptions).toEqual(['x'])
  })

  it('name only those whose deed would count: nobody who is suspended, who owes it to a participant, or for whom nobody acts', async () => {
    const roles = {
      appr: { whileAbsent: 'suspended' as const, fallback: { role: 'head', when: ['vacant' as const] } },
      tester: 'tests',
      deployer: 'releases',
      head: 'heads the department',
    }
    const flow = [agree('agree', 'appr', { veto: { liftedBy: role('head') } }), go]
    const policies = [fixturePolicy({ flow, options: { roles } })]
    const until = '2026-03-09T08:00:00.000Z'
    const suspended = await f0({ policies, people: people({ dora: [], dan: [] }) })
    await delegated(suspended, 'bob', 'dora')
    for (const person of ['bob', 'carol'])
      await suspended.given('ada', 'recordAbsence', { person, from: suspended.now, until })
    expect(ways(suspended)).toEqual(['approve at agree : dora'])
    expect(stageOf(suspended, 'K', 'agree').eligible).toMatchObject([
      { person: 'bob', suspended: true, delegates: ['dora'] },
      { person: 'carol', suspended: true, excluded: { why: 'absent' } },
    ])

    const vacant = await f0({ policies, people: people({ bob: [], carol: [], dan: [], dora: [], hana: ['head'] }) })
    await delegated(vacant, 'hana', 'dora')
    expect(ways(vacant)).toEqual(['approve at agree : hana'])

    const own = { ...submitK, content: { digest: content('r1'), makers: ['ada'] } }
    const alone = await f0({ policies, people: people({ bob: [], carol: [], dan: [] }), submit: null })
    await alone.given('rita', 'submit', own)
    expect(ways(alone)).toEqual(['grantRole at agree appr: otto'])

    const vetoed = await f0({
      policies,
      people: people({ dan: ['appr', 'head'], hana: ['head'], nora: [] }),
      submit: null,
    })
    await vetoed.given('rita', 'submit', own)
    vetoed.at(hour)
    await vetoed.given('ada', 'grantRole', { role: 'head', to: 'nora', team: '*' })
    await vetoed.given('bob', 'reject', { ...K, comment: 'never' })
    await vetoed.given('dan', 'reject', { ...K, comment: 'nor I' })
    expect(ways(vetoed)[0]).toBe('liftVeto at agree : bob dan hana')
  })

  it('name for a release on the broken glass those who may break it', async () => {
    const lenient = controls('baseline', {
      'CM-1': separate('make', 'approve').because('nobody approves what they made'),
      'CM-3': approvedBeforeRelease(1, { breakGlass: 'allowed' }).because('nothing unapproved reaches production'),
    })
    const audit = approval('audit', approvals(2).from(role('auditor')), { within: '8h', onlyAfter: 'breakGlass' })
    const flow = [agree('agree', 'appr'), go, audit]
    const normal = category({ form: fixtureForm, flow, breakGlass: { by: role('breakglass'), lasts: '1h' } })
    const roles = { appr: 'approves', deployer: 'releases', auditor: 'reviews', breakglass: 'breaks the glass' }
    const scenario = await f0({
      controls: lenient,
      policies: [policy('t', { complies: lenient, roles }, { normal })],
      people: people({ gus: ['breakglass'], gina: ['breakglass'], vera: ['auditor'] }),
    })
    await scenario.given('gus', 'breakGlass', { ...K, reason: 'nobody can be reached' })
    expect(ways(scenario)).toContain('release at production : gina gus')
    expect(stageOf(scenario, 'K', 'production').missing).toEqual({ breakglass: 1 })
    scenario.at(hour)
    expect(ways(scenario)).toEqual(['approve at agree : bob carol dan'])
  })

  it('name for a remedy nobody who has left', async () => {
    const flow = [agree('agree', 'appr'), go, agree('review', 'auditor', { within: '24h' })]
    const roles = { appr: 'approves', deployer: 'releases', auditor: 'reviews' }
    const normal = category({ form: fixtureForm, flow })
    const scenario = await f0({
      policies: [policy('t', { complies: baseline, roles }, { normal })],
      people: people({ vera: ['auditor'] }),
    })
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
    await scenario.given('vera', 'reject', { ...K, comment: 'it is wrong' })
    for (const person of ['alice', 'rita']) await scenario.given('ada', 'recordDeparture', { person })
    expect(ways(scenario)).toEqual(['submit at review : bob paul vera'])
    scenario.at(1)
    await scenario.given('bob', 'submit', { ...submitK, change: 'R', parent: 'K' } as never)
    await scenario.given('carol', 'approve', { change: 'R' })
    await scenario.given('paul', 'release', { change: 'R' })
    await scenario.given('vera', 'approve', { change: 'R' })
    expect(ways(scenario)).toEqual(['remediate at review : bob paul vera'])
  })

  it('of a veto lead over whoever gave it and whoever lifts it', async () => {
    const flow = [agree('agree', 'appr', { veto: { liftedBy: role('head') } }), go]
    const scenario = await f0({
      policies: [fixturePolicy({ flow })],
      people: people({ hana: ['head'], rita: ['head'] }),
    })
    await scenario.given('bob', 'reject', { ...K, comment: 'never' })
    expect(stageOf(scenario, 'K', 'agree')).toMatchObject({ status: 'vetoed', vetoes: ['bob'] })
    expect(ways(scenario)[0]).toBe('liftVeto at agree : bob hana')
  })

  it('of a freeze lead over whoever may override it', async () => {
    const scenario = await f0({
      policies: [fixturePolicy({ flow: [agree('agree', 'appr'), go] })],
      people: people({ hana: ['head'], rita: ['head'] }),
    })
    const until = new Date(Date.parse(scenario.now) + day).toISOString()
    await scenario.given('ada', 'declareFreeze', {
      freeze: 'close',
      because: 'the year is closed',
      scope: {},
      schedule: { zone: 'UTC', from: '2026-03-02T08:00', until: '2026-03-03T08:00' },
      intervals: [{ from: scenario.now, until }],
      overriddenBy: { role: 'head', atMost: '2d' },
    } as never)
    await scenario.given('bob', 'approve', K)
    expect(stageOf(scenario, 'K', 'production').status).toBe('frozen')
    expect(ways(scenario)).toEqual(['overrideFreeze at production head: hana'])
    expect(scenario.explain('K')).toMatchObject({
      freezes: [{ freeze: 'close', because: 'the year is closed', until }],
      straddles: [],
      whoCanUnblock: ['hana'],
    })
  })

  it('of what was rejected afterwards lead over a change that makes it good', async () => {
    const flow = [agree('agree', 'appr'), go, agree('review', 'head', { within: '1d' })]
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: people({ hana: ['head'] }) })
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
    expect(stageOf(scenario, 'K', 'review')).toMatchObject({ here: true, afterwards: true, status: 'pending' })
    expect('afterwards' in stageOf(scenario, 'K', 'agree')).toBe(false)
    await scenario.given('hana', 'reject', { ...K, comment: 'no' })
    const persons = ['alice', 'bob', 'hana', 'paul', 'rita']
    expect(scenario.explain('K')).toMatchObject({
      waysOut: [{ do: 'submit', stage: 'review', persons }],
      whoCanUnblock: [],
    })
    expect(scenario.desk.obligations()).toMatchObject([{ kind: 'remedy', by: persons }])
    expect(scenario.explain('K').obligations).toMatchObject([
      { kind: 'review', late: false, ended: { how: 'rejected' } },
      { kind: 'remedy', late: false },
    ])
    scenario.at(2 * day)
    expect(scenario.explain('K').obligations.map(one => one.late)).toEqual([false, true])
    await scenario.given('rita', 'submit', { ...submitK, change: 'R', parent: 'K' } as never)
    await scenario.given('bob', 'approve', { change: 'R' })
    await scenario.given('paul', 'release', { change: 'R' })
    expect(scenario.explain('K')).toMatchObject({ waysOut: [{ do: 'submit', persons }], whoCanUnblock: [] })
    await scenario.given('hana', 'approve', { change: 'R' })
    expect(scenario.explain('K')).toMatchObject({ waysOut: [{ do: 'remediate', persons }], whoCanUnblock: persons })
  })

  it('of a task lead over whoever does such work', async () => {
    const flow = [task('draw', { by: role('head'), duty: 'draw' }), agree('agree', 'appr'), go]
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: people({ hana: ['head'] }) })
    expect(ways(scenario)).toEqual(['complete at draw : hana'])
    await scenario.given('hana', 'complete', { ...K, stage: 'draw' })
    expect(stageOf(scenario, 'K', 'draw')).toMatchObject({
      status: 'satisfied',
      acts: [{ person: 'hana', at: scenario.now, seats: [] }],
      missing: {},
    })
  })
})

describe('what no longer counts', () => {
  it('is stale where an edit has ended it, and says by which revision', async () => {
    const scenario = await f0Tested()
    await scenario.given('bob', 'approve', K)
    await scenario.given('alice', 'revise', {
      ...K,
      content: { digest: content('r2'), makers: ['alice'] },
      comment: 'r2',
    })
    expect(stageOf(scenario, 'K', 'verify')).toMatchObject({
      status: 'stale',
      acts: [{ person: 'erin', discounted: { why: 'ended', ended: { how: 'stale', revision: 2 } } }],
      missing: { tester: 1 },
    })
    expect(stageOf(scenario, 'K', 'approve')).toMatchObject({
      status: 'stale',
      acts: [{ person: 'bob', discounted: { why: 'ended', ended: { how: 'stale', revision: 2 } } }],
      requirement: { status: 'stale', has: 0 },
      missing: { appr: 2 },
    })
    expect('countsFor' in (stageOf(scenario, 'K', 'approve').acts[0] ?? {})).toBe(false)
  })

  it('stands, and says so, where whoever gave it has left', async () => {
    const scenario = await f0Tested()
    await scenario.given('bob', 'approve', K)
    scenario.at(hour)
    await scenario.given('ada', 'recordDeparture', { person: 'bob' })
    expect(stageOf(scenario, 'K', 'approve').acts).toMatchObject([{ person: 'bob', countsFor: 'appr', departed: true }])
  })

  it('leaves two sign-offs to be given by two persons', async () => {
    const flow = [test('verify', { by: role('tester'), signOffs: 2 }), agree('agree', 'appr'), go]
    const scenario = await f0({ policies: [fixturePolicy({ flow })] })
    expect(stageOf(scenario, 'K', 'verify')).toMatchObject({ status: 'unsatisfiable', missing: { tester: 2 } })
    await scenario.given('ada', 'grantRole', { role: 'tester', to: 'dan', team: '*' })
    expect(stageOf(scenario, 'K', 'verify').status).toBe('pending')
    await scenario.given('erin', 'signOff', { ...K, ...report })
    expect(stageOf(scenario, 'K', 'verify')).toMatchObject({ status: 'pending', missing: { tester: 1 } })
  })
})

describe('who is named as able', () => {
  it('fills a place that is open: of the roles, and of the groups, that are still asked for', async () => {
    const both = all(approvals(1).from(role('appr')), approvals(1).from(role('head')))
    const roles = await f0({
      policies: [fixturePolicy({ flow: [approval('agree', both), go] })],
      people: people({ hana: ['head'] }),
    })
    await roles.given('bob', 'approve', K)
    expect(ways(roles)).toEqual(['approve at agree : hana'])
    const either = any(approvals(2).from(role('appr')), approvals(1).from(role('head')))
    const ways2 = await f0({
      policies: [fixturePolicy({ flow: [approval('agree', either), go] })],
      people: people({ hana: ['head'] }),
    })
    expect(ways(ways2)).toEqual(['approve at agree : bob carol dan hana'])
    const different = approvals(2).from(role('appr')).fromDifferentGroups()
    const groups = await f0({ policies: [fixturePolicy({ flow: [approval('agree', different), go] })] })
    for (const [person, group] of [
      ['bob', 'red'],
      ['carol', 'red'],
      ['dan', 'blue'],
    ] as const)
      await groups.given('ada', 'assignGroups', { person, groups: [group] })
    await groups.given('bob', 'approve', K)
    expect(ways(groups)).toEqual(['approve at agree : dan'])
    expect(stageOf(groups, 'K', 'agree').eligible).toContainEqual(
      expect.objectContaining({ person: 'carol', excluded: { why: 'no-place' } }),
    )
    await groups.given('carol', 'approve', K)
  })

  it('takes nothing away by testing that stands by their own favour', async () => {
    const veto = { veto: { liftedBy: role('head') } }
    const flow = [approval('agree', approvals(2).from(role('appr')), veto), test('verify', { by: role('tester') }), go]
    const scenario = await f0({ policies: [fixturePolicy({ flow })], people: people({ hana: ['head', 'tester'] }) })
    await scenario.given('bob', 'approve', K)
    await scenario.given('dan', 'reject', { ...K, comment: 'no' })
    await scenario.given('carol', 'approve', K)
    await scenario.given('hana', 'liftVeto', { ...K, of: 'dan', comment: 'it was explained' })
    expect(ways(scenario)).toEqual(['signOff at verify : erin'])
    const before = [
      test('verify', { by: role('tester') }),
      approval('agree', approvals(2).from(role('appr')), veto),
      go,
    ]
    const edited = await f0Tested({
      policies: [fixturePolicy({ flow: before })],
      people: people({ hana: ['head', 'tester'] }),
    })
    await edited.given('dan', 'reject', { ...K, comment: 'no' })
    await edited.given('hana', 'liftVeto', { ...K, of: 'dan', comment: 'it was explained' })
    await edited.given('alice', 'revise', { ...K, form: { risk: 'high' }, comment: 'r2' })
    expect(ways(edited)).toEqual(['signOff at verify : erin'])
  })

  const building = (vary: Parameters<typeof f0>[0] = {}) => {
    const roles = { appr: 'approves', deployer: 'releases', engineer: 'builds', tester: 'tests' }
    const flow = [agree('agree', 'appr'), task('build', { by: role('engineer') }), go]
    return f0({ policies: [fixturePolicy({ flow, options: { roles } })], ...vary })
  }

  it('is whoever does work by which their own approval ends, whatever was given to others meanwhile', async () => {
    for (const isGiven of [false, true]) {
      const scenario = await building({ people: people({ bob: ['appr', 'engineer'] }) })
      await scenario.given('bob', 'approve', K)
      if (isGiven) await scenario.given('otto', 'grantRole', { role: 'tester', to: 'dan', team: '*' })
      expect(ways(scenario)).toEqual(['complete at build : bob'])
      await scenario.given('bob', 'complete', { ...K, stage: 'build' })
      expect(scenario.change('K').state).toBe('agree')
    }
  })

  it('is whoever does work by which what they did for others comes to nothing only where nobody else could do it', async () => {
    const favoured = async (engineers: readonly string[]) => {
      const scenario = await building({ people: people({ bob: [] }) })
      for (const to of engineers) await scenario.given('ada', 'grantRole', { role: 'engineer', to, team: '*' })
      await scenario.given('otto', 'grantRole', { role: 'appr', to: 'bob', team: '*' })
      await scenario.given('bob', 'approve', K)
      return scenario
    }
    expect(ways(await favoured(['otto', 'erin']))).toEqual(['complete at build : erin'])
    expect(ways(await favoured(['otto']))).toEqual(['complete at build : otto'])
  })

  const until = (scenario: Scenario, by: number) => new Date(Date.parse(scenario.now) + by).toISOString()

  it('is nobody for a release of which the one who could give it has opened the way round a freeze', async () => {
    const cast = people({ paul: [], dan: ['deployer', 'head'], gus: [] })
    const scenario = await f0({ people: cast, policies: [fixturePolicy({ flow: [agree('agree', 'appr'), go] })] })
    await scenario.given('bob', 'approve', K)
    await scenario.given('ada', 'declareFreeze', {
      freeze: 'close',
      because: 'the books are closed',
      schedule: { zone: 'UTC', from: '2026-03-02T08:00', until: '2026-03-09T08:00' },
      intervals: [{ from: scenario.now, until: until(scenario, 7 * day) }],
      overriddenBy: { role: 'head', atMost: '24h' },
    })
    const overriding = { ...K, freeze: 'close', until: until(scenario, day), reason: 'the bank is closed tomorrow' }
    await scenario.given('dan', 'overrideFreeze', overriding)
    const receipt = await scenario.when('dan', 'release', K)
    expect(receipt).toMatchObject({ refusal: { code: 'freeze.active' } })
    expect(scenario.explain('K').stages.at(-1)?.status).toBe('frozen')
    expect(scenario.explain('K').whoCanUnblock).toEqual([])
    await scenario.given('ada', 'grantRole', { role: 'deployer', to: 'gus', team: '*' })
    expect(scenario.explain('K').stages.at(-1)?.status).toBe('pending')
    expect(scenario.explain('K').whoCanUnblock).toContain('gus')
  })

  it('is nobody whose veto stands at another stage', async () => {
    const second = approval('second', approvals(1).from(role('appr')), { veto: { liftedBy: role('head') } })
    const flow = [agree('first', 'appr'), second, go]
    const scenario = await f0({ people: people({ dan: [] }), policies: [fixturePolicy({ flow })] })
    await scenario.given('carol', 'approve', K)
    await scenario.given('bob', 'reject', { ...K, comment: 'not like this' })
    await scenario.given('alice', 'revise', { ...K, form: { system: 'billing' }, comment: 'otherwise' })
    // Bob can lift it, and approves nothing until then.
    expect(scenario.explain('K')).toMatchObject({
      state: 'first',
      waysOut: [
        { do: 'approve', stage: 'first', persons: ['carol'] },
        { do: 'liftVeto', stage: 'second', persons: ['bob'] },
      ],
    })
  })

  it('is nobody who could only except somebody else, of what is owed', async () => {
    const lenient = controls('baseline', {
      'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
    })
    const excepting = exception('make', 'approve')
      .grantedBy(role('head'))
      .atMost('7d')
      .compensatedBy('a review')
      .because('we are few')
    const review = approval('review', approvals(1).from(role('auditor')), { within: '24h' })
    const roles = { appr: 'approves', deployer: 'releases', auditor: 'reviews', head: 'heads' }
    const options = { complies: lenient, roles, separate: [], exceptions: [excepting] }
    const scenario = await f0({
      controls: lenient,
      people: people({ alice: ['auditor'], hana: ['head'] }),
      policies: [fixturePolicy({ options, flow: [agree('agree', 'appr'), go, review] })],
    })
    await scenario.given('bob', 'approve', K)
    await scenario.given('paul', 'release', K)
    expect(scenario.explain('K').waysOut.map(one => one.do)).toContain('requestException')
    expect(scenario.desk.obligations(scenario.now)).toMatchObject([{ stage: 'review', by: [] }])
  })
})
