import { baseline, content, fixtureForm, fixturePolicy, Scenario } from '@countersign/testing'
import { bodiesOf, fileOf, type LooseBody, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import {
  approval,
  approvals,
  type BoardOptions,
  board,
  type CategoryOptions,
  category,
  parallel,
  policy,
  policyDigest,
  release,
  role,
  task,
  test,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { bundleVerdicts } from '../bundle/bundled.ts'
import { refused } from './refusal.ts'
import { day, people } from './setting.ts'
import { eventsOf } from './trail.ts'

const roles = { appr: 'approves', tester: 'tests', deployer: 'releases', engineer: 'builds', head: 'heads' }
const flow = () => [
  approval('triage', approvals(1).from(role('head'))),
  task('build', { by: role('engineer') }),
  test('verify', { by: role('tester'), evidence: 'optional' }),
  approval('approve', approvals(1).from(role('appr'))),
  release('production', { by: role('deployer') }),
]
const columns: NonNullable<BoardOptions['columns']> = [
  { name: 'backlog', stages: ['triage'], wip: false },
  { name: 'doing', stages: ['build'], limit: 3 },
  { name: 'checking', stages: ['verify', 'approve'] },
  { name: 'waiting', stages: [], wip: false },
]
const urgent = (): CategoryOptions => ({
  form: z.object({ incident: z.string().min(1) }),
  emergency: { incident: 'incident' },
  flow: [
    approval('triage', approvals(1).from(role('head'))),
    task('build', { by: role('engineer') }),
    release('production', { by: role('deployer') }),
    approval('afterwards', approvals(1).from(role('appr')), { within: '24h' }),
  ],
})
const withBoard = (vary: BoardOptions = {}) =>
  policy(
    't',
    { complies: baseline, roles, board: board({ columns, ...vary }) },
    {
      normal: category({ form: fixtureForm, flow: flow() }),
      debt: category({ form: fixtureForm, flow: flow() }),
      emergency: category(urgent()),
    },
  )

const cast = people({
  alice: ['engineer'],
  amir: ['engineer'],
  hana: ['head'],
  hugo: ['head'],
  bob: ['appr'],
})
const opened = (vary: BoardOptions = {}) =>
  Scenario.open({ controls: baseline, policies: [withBoard(vary)], people: cast })

/** Changes of a category, of which nobody has decided anything yet. */
async function submitted(
  scenario: Scenario,
  ids: readonly string[],
  kind = 'normal',
  more: object = {},
): Promise<void> {
  for (const change of ids) {
    await scenario.given('rita', 'submit', {
      change,
      team: 't',
      category: kind,
      title: `the change ${change}`,
      reason: 'to see where it lies on the board',
      form: kind === 'emergency' ? { incident: 'INC-1' } : { system: 'ledger', risk: 'low' },
      content: { digest: content(change), makers: ['alice'] },
      ...more,
    } as never)
  }
}

/** The same when they have passed triage, so that they are to be built. */
async function ready(scenario: Scenario, ids: readonly string[], kind = 'normal'): Promise<void> {
  await submitted(scenario, ids, kind)
  for (const change of ids) await scenario.given('hana', 'approve', { change })
}
const pulled = async (scenario: Scenario, ids: readonly string[], kind = 'normal') => {
  await ready(scenario, ids, kind)
  for (const change of ids) await scenario.given('rita', 'move', { change })
}
const lies = (scenario: Scenario, change: string) => scenario.change(change).column
const cardNow = (scenario: Scenario, change: string) => cardOf(scenario, change, scenario.now)
const cardOf = (scenario: Scenario, change: string, at?: string) => {
  const card = scenario.desk
    .board('t', at)
    ?.columns.flatMap(({ cards }) => cards)
    .find(one => one.change === change)
  if (card === undefined) throw new Error(`${change} lies nowhere`)
  return card
}
/** The trail is, and the bundle of each change, which does not hold what else lies on the board. */
const sound = async (scenario: Scenario) => {
  const lines = await linesOf(scenario.store)
  for (const verdict of [verifyTrail([fileOf(lines)]), ...bundleVerdicts(lines)])
    expect(verdict).toMatchObject({ status: 'sound', findings: [] })
}

describe('what has not been pulled', () => {
  it('is explained as to be pulled, and nobody is asked to work on it who would be refused [LAW 121]', async () => {
    const scenario = await opened()
    await ready(scenario, ['A'])
    await refused(scenario, ['amir', 'complete', { change: 'A', stage: 'build' }], 'board.not-pulled')
    const { waysOut, whoCanUnblock } = scenario.explain('A')
    expect(waysOut).toEqual([{ do: 'move', stage: 'build', persons: ['alice', 'amir', 'hana', 'rita'] }])
    const { notices } = await scenario.desk.outbox()
    const asked = notices.filter(one => one.kind === 'asked' && one.stage === 'build')
    expect(new Set(asked.map(one => one.do))).toEqual(new Set(['move']))
    for (const person of whoCanUnblock) {
      const other = await opened()
      await ready(other, ['A'])
      await other.given(person, 'move', { change: 'A' })
      expect(other.explain('A').waysOut).toMatchObject([{ do: 'complete', persons: ['alice', 'amir'] }])
    }
  })

  it('is explained as to be pulled by whoever is given a role of its flow, where nobody is left who could pull it [LAW 121]', async () => {
    const scenario = await opened()
    await ready(scenario, ['A'])
    for (const person of ['alice', 'amir', 'hana', 'hugo', 'bob', 'carol', 'dan', 'erin', 'rita', 'paul'])
      await scenario.given('ada', 'recordDeparture', { person, compromised: false })
    expect(scenario.explain('A').waysOut).toEqual([
      { do: 'move', stage: 'build', persons: [] },
      { do: 'grantRole', stage: 'build', role: 'head', persons: ['ada', 'otto'] },
    ])
    await scenario.given('ada', 'registerPerson', { person: 'neo', name: 'neo', accounts: ['neo'] })
    await scenario.given('ada', 'grantRole', { role: 'head', to: 'neo', team: 't' })
    expect(scenario.explain('A').waysOut).toEqual([{ do: 'move', stage: 'build', persons: ['neo'] }])
    await scenario.given('neo', 'move', { change: 'A' })
  })

  it('makes room for its remedy where it was rejected after it took effect: it can be put aside, and is nowhere else then [LAW 125]', async () => {
    const limited = [...columns.slice(0, 2), { name: 'live', stages: ['production', 'afterwards'], limit: 1 }]
    const scenario = await opened({ columns: [...limited, { name: 'waiting', stages: [], wip: false }] })
    const built = async (change: string, more: object = {}) => {
      await submitted(scenario, [change], 'emergency', more)
      await scenario.given('hana', 'approve', { change })
      await scenario.given('rita', 'move', { change })
      await scenario.given('alice', 'complete', { change, stage: 'build' })
    }
    await built('A')
    await scenario.given('rita', 'move', { change: 'A' })
    await scenario.given('paul', 'release', { change: 'A' })
    await scenario.given('bob', 'reject', { change: 'A', comment: 'it posts twice' })
    expect([scenario.change('A').state, lies(scenario, 'A')]).toEqual(['remediation', 'live'])
    scenario.at(1)
    await built('R', { parent: 'A' })
    await refused(scenario, ['rita', 'move', { change: 'R' }], 'limit.reached', { there: ['A'] })
    await refused(scenario, ['rita', 'move', { change: 'A', column: 'doing' }], 'board.out-of-reach')
    await scenario.given('rita', 'move', { change: 'A', column: 'waiting' })
    await scenario.given('rita', 'move', { change: 'R' })
    await scenario.given('paul', 'release', { change: 'R' })
    await scenario.given('bob', 'approve', { change: 'R' })
    await scenario.given('rita', 'remediate', { change: 'A', by: 'R', comment: 'put right' })
    expect(scenario.change('A').state).toBe('completed')
    await sound(scenario)
  })

  it('can be put aside also while it is sent back, and is nowhere else then [LAW 125]', async () => {
    const scenario = await opened()
    await pulled(scenario, ['A', 'B', 'C'])
    await scenario.given('hana', 'reject', { change: 'A', comment: 'not like that' })
    await ready(scenario, ['D'])
    await refused(scenario, ['rita', 'move', { change: 'D' }], 'limit.reached')
    await refused(scenario, ['rita', 'move', { change: 'A', column: 'checking' }], 'board.out-of-reach')
    await scenario.given('rita', 'move', { change: 'A', column: 'waiting' })
    // Where it lies already is no place to which it can be moved.
    const there = await refused(scenario, ['rita', 'move', { change: 'A', column: 'checking' }], 'board.out-of-reach')
    expect(there.help).toBe('It can be moved to backlog, as far as there is room.')
    await scenario.given('rita', 'move', { change: 'D' })
    await scenario.given('rita', 'resubmit', { change: 'A', comment: 'otherwise now' })
    expect(lies(scenario, 'A')).toBe('backlog')
    await sound(scenario)
  })
})

describe('what waits for room', () => {
  const asked = async (scenario: Scenario, change: string) => {
    const { notices } = await scenario.desk.outbox()
    return notices.filter(one => one.kind === 'asked' && one.change === change && one.stage === 'build')
  }

  it('is said to wait for it, with the limit and what is there, and nobody is asked to pull it before there is room [LAW 121]', async () => {
    const fewer = withBoard({ columns: columns.map(one => (one.limit === 3 ? { ...one, limit: 2 } : one)) })
    const ways: readonly ((scenario: Scenario) => Promise<unknown>)[] = [
      scenario => scenario.given('alice', 'complete', { change: 'A', stage: 'build' }),
      scenario => scenario.given('rita', 'cancel', { change: 'A', comment: 'not needed' }),
      scenario => scenario.given('rita', 'move', { change: 'A', column: 'waiting' }),
      scenario => scenario.adopt(withBoard()),
    ]
    for (const makeRoom of ways) {
      const scenario = await Scenario.open({ controls: baseline, policies: [fewer], people: cast })
      await pulled(scenario, ['A', 'B'])
      await ready(scenario, ['C'])
      const { held, waysOut, whoCanUnblock } = scenario.explain('C')
      const facts = { limit: 'column doing', most: 2, there: ['A', 'B'], aside: ['backlog', 'waiting'] }
      expect(held).toMatchObject({ column: 'doing', refusal: { code: 'limit.reached', facts } })
      expect([waysOut, whoCanUnblock]).toEqual([[], []])
      expect(cardNow(scenario, 'C')).toMatchObject({ pullInto: 'doing', held, whoCanUnblock: [] })
      const { refusal } = await refused(scenario, ['rita', 'move', { change: 'C' }], 'limit.reached', facts)
      expect(refusal).toEqual(held?.refusal)
      expect(await asked(scenario, 'C')).toEqual([])
      await makeRoom(scenario)
      expect(scenario.explain('C')).not.toHaveProperty('held')
      const persons = ['alice', 'amir', 'hana', 'rita']
      expect((await asked(scenario, 'C')).map(one => [one.do, one.person])).toEqual(persons.map(one => ['move', one]))
      await scenario.given('rita', 'move', { change: 'C' })
      await sound(scenario)
    }
  })

  it('is seen to lack an owner alone where one is asked for, or where theirs has enough: it is pulled for somebody else [LAW 122]', async () => {
    const scenario = await opened({ owner: 'required', perPerson: 1 })
    await ready(scenario, ['A', 'B'])
    const persons = ['alice', 'amir', 'hana', 'rita']
    expect(scenario.explain('A')).toMatchObject({
      held: { column: 'doing', refusal: { code: 'limit.owner' } },
      waysOut: [{ do: 'assign', stage: 'build', persons }],
      whoCanUnblock: persons,
    })
    expect((await asked(scenario, 'A')).map(one => [one.do, one.person])).toEqual(persons.map(one => ['assign', one]))
    await scenario.given('rita', 'assign', { change: 'A', to: 'alice' })
    expect(scenario.explain('A').waysOut).toMatchObject([{ do: 'move' }])
    await scenario.given('rita', 'move', { change: 'A' })
    await scenario.given('rita', 'move', { change: 'B', owner: 'amir' })
    await ready(scenario, ['D', 'E'])
    await scenario.given('rita', 'move', { change: 'D', owner: 'hugo' })
    // Nobody is told to name an owner while there is no room for anybody's.
    await refused(scenario, ['rita', 'move', { change: 'E' }], 'limit.reached', { there: ['A', 'B', 'D'] })
    expect(scenario.explain('E')).toMatchObject({
      held: { refusal: { code: 'limit.reached', facts: { limit: 'column doing', there: ['A', 'B', 'D'] } } },
      waysOut: [],
    })
    await scenario.given('rita', 'cancel', { change: 'D', comment: 'not needed' })
    expect(scenario.explain('E')).toMatchObject({
      held: { refusal: { code: 'limit.owner' } },
      waysOut: [{ do: 'assign' }],
    })
    // What is put aside takes no place of hers, and comes back when it has one.
    await scenario.given('rita', 'move', { change: 'A', column: 'waiting' })
    await ready(scenario, ['C'])
    await scenario.given('rita', 'move', { change: 'C', owner: 'alice' })
    expect(scenario.explain('A')).toMatchObject({
      held: { refusal: { code: 'limit.reached', facts: { limit: 'person alice', there: ['C'] } } },
      waysOut: [{ do: 'assign', persons }],
    })
    const pulling = async () => (await asked(scenario, 'A')).filter(one => one.do === 'move').length
    const before = await pulling()
    await scenario.given('rita', 'assign', { change: 'C', to: 'rita' })
    expect(await pulling()).toBe(before + persons.length)
    await scenario.given('rita', 'move', { change: 'A' })
    await sound(scenario)
  })

  it('is told to put one aside only where the board has a column with room for it, and else what helps [LAW 125]', async () => {
    // Decided is in a column that has a limit as well, so nothing leaves it before it is pulled on.
    const limited = [
      { name: 'doing', stages: ['verify', 'approve'], limit: 1 },
      { name: 'live', stages: ['production'], limit: 1 },
    ]
    const ring = (more: NonNullable<BoardOptions['columns']> = []) =>
      fixturePolicy({
        flow: [
          test('verify', { by: role('tester'), evidence: 'optional' }),
          approval('approve', approvals(1).from(role('appr'))),
          release('production', { by: role('deployer') }),
        ],
        options: { board: board({ columns: [...limited, ...more] }) },
      })
    const scenario = await Scenario.open({ controls: baseline, policies: [ring()], people: cast })
    await submitted(scenario, ['A', 'B'])
    const tested = async (change: string) => {
      await scenario.given('rita', 'move', { change })
      await scenario.given('erin', 'signOff', { change, result: 'passed', evidence: [] })
      await scenario.given('bob', 'approve', { change })
    }
    await tested('A')
    await scenario.given('rita', 'move', { change: 'A' })
    await tested('B')
    await scenario.given('alice', 'revise', {
      change: 'A',
      content: { digest: content('A2'), makers: ['alice'] },
      comment: 'a last correction',
    })
    for (const [change, there] of [
      ['A', 'B'],
      ['B', 'A'],
    ] as const) {
      expect(scenario.explain(change)).toMatchObject({
        waysOut: [],
        whoCanUnblock: [],
        held: { refusal: { facts: { there: [there] } } },
      })
      const { help, refusal } = await refused(scenario, ['rita', 'move', { change }], 'limit.reached', {
        there: [there],
      })
      expect(refusal.facts).not.toHaveProperty('aside')
      expect(help).toMatch(/^Finish one of them first; where none of them can go on, cancel one, or adopt a policy/)
    }
    await scenario.adopt(ring([{ name: 'parked', stages: [], wip: false, limit: 1 }]))
    const elsewhere = await refused(scenario, ['rita', 'move', { change: 'A', column: 'queue' }], 'board.out-of-reach')
    expect(elsewhere.help).toBe('It can be moved to doing or parked, as far as there is room.')
    const { help } = await refused(scenario, ['rita', 'move', { change: 'A' }], 'limit.reached', { aside: ['parked'] })
    expect(help).toBe('Finish one of them first, or put one aside: move it to parked.')
    await scenario.given('rita', 'move', { change: 'A', column: 'parked' })
    // It is full now, so nothing else can be put there.
    const full = await refused(scenario, ['rita', 'move', { change: 'A' }], 'limit.reached', { there: ['B'] })
    expect(full.refusal.facts).not.toHaveProperty('aside')
    await scenario.given('rita', 'move', { change: 'B' })
    await scenario.given('rita', 'move', { change: 'A' })
    await sound(scenario)
  })
})

describe('a limit of a column', () => {
  it('refuses the fourth of three, with the limit named [LAW 121]', async () => {
    const scenario = await opened()
    await pulled(scenario, ['A', 'B', 'C'])
    await ready(scenario, ['D'])
    expect(lies(scenario, 'D')).toBe('backlog')
    await refused(scenario, ['rita', 'move', { change: 'D' }], 'limit.reached', {
      limit: 'column doing',
      most: 3,
      there: ['A', 'B', 'C'],
    })
    await scenario.given('alice', 'complete', { change: 'B', stage: 'build' })
    expect(lies(scenario, 'B')).toBe('checking')
    await scenario.given('rita', 'move', { change: 'D' })
    await sound(scenario)
  })

  it('gives the last place to one of two who move at once [LAW 121]', async () => {
    const scenario = await opened()
    await pulled(scenario, ['A', 'B'])
    await ready(scenario, ['C', 'D'])
    const receipts = await Promise.all(['C', 'D'].map(change => scenario.when('rita', 'move', { change })))
    expect(receipts.map(one => one.outcome).toSorted()).toEqual(['accepted', 'refused'])
    expect(scenario.desk.changes().filter(one => one.column === 'doing')).toHaveLength(3)
    await sound(scenario)
  })

  it('keeps the work of a stage for what was pulled into its column, and lets it be decided anywhere [LAW 121]', async () => {
    const scenario = await opened()
    await ready(scenario, ['A'])
    await refused(scenario, ['alice', 'complete', { change: 'A', stage: 'build' }], 'board.not-pulled', {
      column: 'doing',
      lies: 'backlog',
    })
    await scenario.given('rita', 'move', { change: 'A' })
    await scenario.given('alice', 'complete', { change: 'A', stage: 'build' })
    await sound(scenario)
  })

  it('does not hold a change up that goes on to a column without one, and what is over takes no place [LAW 121]', async () => {
    const scenario = await opened()
    await pulled(scenario, ['A', 'B', 'C'])
    await scenario.given('rita', 'cancel', { change: 'A', comment: 'not needed' })
    await ready(scenario, ['D'])
    await scenario.given('rita', 'move', { change: 'D' })
    await refused(scenario, ['rita', 'move', { change: 'D' }], 'nothing-to-do')
    const nowhere = await scenario.when('rita', 'move', { change: 'D', column: 'wating' })
    expect(nowhere).toMatchObject({
      because: 'D cannot be moved to wating now; did you mean waiting?',
    })
    await refused(scenario, ['rita', 'move', { change: 'D', column: 'checking' }], 'board.out-of-reach')
    await sound(scenario)
  })

  it('is one of the policy in force, also for a change that was submitted under another one [LAW 121]', async () => {
    const scenario = await opened()
    await pulled(scenario, ['A', 'B'])
    await ready(scenario, ['C'])
    await scenario.adopt(
      withBoard({ columns: columns.map(one => (one.name === 'doing' ? { ...one, limit: 2 } : one)) }),
    )
    await refused(scenario, ['rita', 'move', { change: 'C' }], 'limit.reached', { most: 2 })
    await sound(scenario)
  })

  it('is 1 or more, of stages that there are, each in one column [LAW 121]', () => {
    const built = (one: object) => () => withBoard({ columns: [...columns, one] as never })
    expect(built({ name: 'none', stages: ['production'], limit: 0 })).toThrow(/1 or more/)
    expect(built({ name: 'most', stages: ['production'], limit: 1_000_000 })).not.toThrow()
    expect(built({ name: 'more', stages: ['production'], limit: 1_000_001 })).toThrow(/1000000/)
    expect(built({ name: 'slip', stages: ['prodution'] })).toThrow(/did you mean production/)
    expect(built({ name: 'twice', stages: ['build'] })).toThrow(/build lies in doing already/)
    expect(built({ name: 'doing', stages: [] })).toThrow(/two columns are called doing/)
    expect(built({ name: 'production', stages: [] })).toThrow(/is a stage that does not lie in the column of its name/)
    expect(built({ name: 'x', stages: [], limits: 2 })).toThrow(/no option limits/)
    for (const name of ['queue', 'completed']) expect(built({ name, stages: [] })).toThrow(/is a column of every board/)
  })

  it('leaves no stage to lie in what was not pulled yet: one that is called queue lies in a column, or is called otherwise [LAW 121]', () => {
    const flow = [
      task('queue', { by: role('appr') }),
      approval('agree', approvals(1).from(role('appr'))),
      release('production', { by: role('deployer') }),
    ]
    const built = (rules?: Parameters<typeof board>[0]) => () =>
      fixturePolicy({ flow, options: rules === undefined ? {} : { board: board(rules) } })
    expect(built({ capacity: 1 })).toThrow(/categories.normal.flow.queue: queue is a column of every board/)
    expect(built({ columns: [{ name: 'doing', stages: ['queue'] }] })).not.toThrow()
    expect(built()).not.toThrow()
  })

  it('is of a parallel stage by its own name, as what is open at the same time lies together [LAW 121]', () => {
    const both = [test('verify', { by: role('tester') }), approval('peer', approvals(1).from(role('appr')))]
    const flow = [
      parallel('checks', ...both),
      approval('agree', approvals(1).from(role('appr'))),
      release('production', { by: role('deployer') }),
    ]
    const built =
      (stages: string[], name = 'deciding') =>
      () =>
        fixturePolicy({ flow, options: { board: board({ columns: [{ name, stages, limit: 1 }] }) } })
    for (const stages of [['peer'], ['verify', 'agree'], ['checks', 'peer']])
      expect(built(stages)).toThrow(/(peer|verify) lies in the parallel stage checks: name checks/)
    expect(built(['per'])).toThrow(/there is no stage per in any flow$/)
    expect(built(['checks', 'agree'])).not.toThrow()
    expect(built(['checks'], 'peer')).not.toThrow()
  })
})

describe('a limit of a person', () => {
  it('refuses the third of two for Alice, by whoever assigns it [LAW 122]', async () => {
    const scenario = await opened({ perPerson: 2 })
    await pulled(scenario, ['A', 'B', 'C'])
    for (const change of ['A', 'B']) await scenario.given('rita', 'assign', { change, to: 'alice' })
    await refused(scenario, ['rita', 'assign', { change: 'C', to: 'alice' }], 'limit.reached', {
      limit: 'person alice',
      most: 2,
      there: ['A', 'B'],
    })
    await scenario.given('rita', 'assign', { change: 'C', to: 'amir' })
    await scenario.given('rita', 'assign', { change: 'A', to: 'amir' })
    await scenario.given('rita', 'assign', { change: 'C', to: 'alice' })
    await sound(scenario)
  })

  it('lets nothing come into progress that lies with nobody, where the board asks for an owner [LAW 122]', async () => {
    const scenario = await opened({ owner: 'required' })
    await ready(scenario, ['A'])
    await refused(scenario, ['rita', 'move', { change: 'A' }], 'limit.owner', { column: 'doing' })
    await scenario.given('rita', 'assign', { change: 'A', to: 'alice' })
    await scenario.given('rita', 'move', { change: 'A' })
    await sound(scenario)
  })

  it('lets nothing come into progress that lies with Alice alone, who has left, as compromised or not, until it lies with somebody who is here [LAW 122]', async () => {
    for (const compromised of [true, false]) {
      const scenario = await opened({ owner: 'required' })
      await ready(scenario, ['A'])
      await scenario.given('rita', 'assign', { change: 'A', to: 'alice' })
      await scenario.given('ada', 'recordDeparture', { person: 'alice', compromised })
      const found = await refused(scenario, ['rita', 'move', { change: 'A' }], 'limit.owner', {
        column: 'doing',
        left: 'alice',
      })
      expect(found.because).toContain('A lies with alice, who has left')
      await scenario.given('rita', 'move', { change: 'A', owner: 'amir' })
      await sound(scenario)
    }
  })

  it('is found to be pulled where it lies with somebody who had left [LAW 122]', async () => {
    const scenario = await opened({ owner: 'required' })
    await ready(scenario, ['A'])
    await scenario.given('rita', 'assign', { change: 'A', to: 'alice' })
    await scenario.given('rita', 'move', { change: 'A' })
    await scenario.given('ada', 'recordDeparture', { person: 'alice' })
    await sound(scenario)
    const bodies = bodiesOf(await linesOf(scenario.store))
    const [moved, departed] = bodies.slice(-2)
    const swapped = [...bodies.slice(0, -2), departed, moved] as LooseBody[]
    const verdict = verifyTrail([fileOf(reseal(renumber(swapped)))])
    expect(verdict).toMatchObject({ status: 'unjustified', codes: { 'decision.unjustified': 1 } })
  })

  it('counts persons: what lies with another id of Alice lies with her [LAW 122]', async () => {
    const scenario = await opened({ perPerson: 2 })
    await pulled(scenario, ['A', 'B', 'C'])
    await scenario.given('rita', 'assign', { change: 'A', to: 'alice' })
    await scenario.given('rita', 'assign', { change: 'B', to: 'amir' })
    await scenario.given('ada', 'recordAlias', { person: 'amir', is: 'alice', comment: 'one person' })
    await refused(scenario, ['rita', 'assign', { change: 'C', to: 'alice' }], 'limit.reached', { there: ['A', 'B'] })
    await sound(scenario)
  })

  it('holds for what is pulled for somebody in one step, which gives it to them or does nothing [LAW 122]', async () => {
    const scenario = await opened({ perPerson: 1, owner: 'required' })
    await ready(scenario, ['A', 'B'])
    await scenario.given('rita', 'move', { change: 'A', owner: 'alice' })
    expect(scenario.change('A')).toMatchObject({ column: 'doing', assignee: 'alice' })
    await refused(scenario, ['rita', 'move', { change: 'B', owner: 'alice' }], 'limit.reached', {
      limit: 'person alice',
    })
    expect(scenario.change('B').assignee).toBeUndefined()
    await refused(scenario, ['rita', 'move', { change: 'B', owner: 'nobody' }], 'name.unknown')
    await scenario.given('rita', 'move', { change: 'B', owner: 'amir' })
    await scenario.given('amir', 'complete', { change: 'B', stage: 'build' })
    await refused(scenario, ['rita', 'move', { change: 'A', column: 'doing', owner: 'amir' }], 'nothing-to-do')
    expect(await scenario.refused('amir', 'approve', { change: 'B', stage: 'approve' })).toBe('lifecycle.not-now')
    await sound(scenario)
  })

  it('is given to nobody by a move that moves nothing, which says what would give it to them [LAW 122]', async () => {
    const scenario = await opened({ perPerson: 1 })
    await ready(scenario, ['A'])
    await scenario.given('rita', 'move', { change: 'A', owner: 'alice' })
    const told = await refused(scenario, ['rita', 'move', { change: 'A', owner: 'amir' }], 'nothing-to-do', {
      column: 'doing',
      owner: 'amir',
    })
    expect(told.help).toBe('Nothing has to be moved: give it to amir with a command of its own (assign).')
    for (const again of [{ change: 'A' }, { change: 'A', owner: 'alice' }]) {
      const { help } = await refused(scenario, ['rita', 'move', again], 'nothing-to-do')
      expect(help).toBe('Nothing has to be done.')
    }
    await scenario.given('rita', 'assign', { change: 'A', to: 'amir' })
    expect(scenario.change('A').assignee).toBe('amir')
  })

  it('is shown beside all that takes a place of theirs, in progress or not yet pulled [LAW 122]', async () => {
    const scenario = await opened({ columns: columns.slice(1), perPerson: 2 })
    await ready(scenario, ['A', 'B'])
    expect(lies(scenario, 'A')).toBeUndefined()
    await scenario.given('rita', 'assign', { change: 'A', to: 'alice' })
    await scenario.given('rita', 'assign', { change: 'B', to: 'amir' })
    await scenario.given('ada', 'recordAlias', { person: 'amir', is: 'alice', comment: 'one person' })
    expect(scenario.desk.board('t')?.owners).toEqual([{ person: 'alice', cards: 2, limit: 2 }])
    await sound(scenario)
  })

  it('leaves out what lies outside of progress, which takes a place again when it is pulled [LAW 122]', async () => {
    const scenario = await opened({ perPerson: 1 })
    await pulled(scenario, ['A'])
    await ready(scenario, ['B'])
    await scenario.given('rita', 'assign', { change: 'A', to: 'alice' })
    await scenario.given('rita', 'assign', { change: 'B', to: 'alice' })
    await refused(scenario, ['rita', 'move', { change: 'B' }], 'limit.reached', { limit: 'person alice' })
    await scenario.given('rita', 'move', { change: 'A', column: 'waiting' })
    await scenario.given('rita', 'move', { change: 'B' })
    await sound(scenario)
  })
})

describe('a limit of a category', () => {
  it('refuses one more than its maximum, and keeps its reserve for it [LAW 121]', async () => {
    const scenario = await opened({ capacity: 4, categories: { debt: { reserve: 2 }, normal: { max: 3 } } })
    await pulled(scenario, ['A', 'B'])
    await ready(scenario, ['C'])
    await refused(scenario, ['rita', 'move', { change: 'C' }], 'limit.reached', { limit: 'capacity', most: 4 })
    await pulled(scenario, ['D'], 'debt')
    await scenario.given('alice', 'complete', { change: 'A', stage: 'build' })
    await refused(scenario, ['rita', 'move', { change: 'C' }], 'limit.reached', { limit: 'capacity' })
    await pulled(scenario, ['E'], 'debt')
    await sound(scenario)
    const most = await opened({ categories: { normal: { max: 1 } } })
    await pulled(most, ['A'])
    await ready(most, ['B'])
    await refused(most, ['rita', 'move', { change: 'B' }], 'limit.reached', { limit: 'category normal', most: 1 })
  })

  it('names the places that it keeps, where what is there leaves some free [LAW 121]', async () => {
    const categories = { debt: { reserve: 2 }, emergency: { reserve: 1 } }
    const scenario = await opened({ columns: columns.filter(one => one.limit === undefined), capacity: 4, categories })
    await pulled(scenario, ['A'])
    await ready(scenario, ['B'])
    const told = await refused(scenario, ['rita', 'move', { change: 'B' }], 'limit.reached', {
      limit: 'capacity',
      there: ['A'],
      kept: { debt: 2, emergency: 1 },
    })
    expect(told.because).toBe(
      'the limit of capacity is 4, and A is there, and 2 places are kept for debt, and 1 place is kept for emergency',
    )
    await pulled(scenario, ['C', 'D'], 'debt')
    const less = await refused(scenario, ['rita', 'move', { change: 'B' }], 'limit.reached', { kept: { emergency: 1 } })
    expect(less.because).toContain('A, C, D are there, and 1 place is kept for emergency')
    const empty = await opened({ capacity: 2, categories: { debt: { reserve: 2 } } })
    await ready(empty, ['A'])
    const none = await refused(empty, ['rita', 'move', { change: 'A' }], 'limit.reached', { there: [] })
    expect(none.because).toBe('the limit of capacity is 2, and 2 places are kept for debt')
    expect(none.help).not.toMatch(/Finish one of them/)
    const full = await opened({ capacity: 1 })
    await pulled(full, ['A'])
    await ready(full, ['B'])
    const { refusal } = await refused(full, ['rita', 'move', { change: 'B' }], 'limit.reached', { there: ['A'] })
    expect(refusal.facts).not.toHaveProperty('kept')
  })

  it('is not passed by making a change in progress one of another category, but outside of progress [LAW 121]', async () => {
    const categories = { normal: { max: 1 }, debt: { reserve: 1 } }
    const scenario = await opened({ columns: columns.slice(1), capacity: 4, categories })
    await pulled(scenario, ['A'])
    await pulled(scenario, ['D', 'E'], 'debt')
    const other = { category: 'normal', form: { system: 'ledger', risk: 'low' }, comment: 'no debt at all' } as const
    await refused(scenario, ['rita', 'recategorise', { change: 'D', ...other }], 'limit.reached', {
      limit: 'category normal',
      there: ['A'],
    })
    expect(scenario.change('D')).toMatchObject({ category: 'debt', column: 'doing' })
    const both = [
      scenario.when('rita', 'cancel', { change: 'A', comment: 'not needed' }),
      scenario.when('rita', 'recategorise', { change: 'D', ...other }),
      scenario.when('rita', 'recategorise', { change: 'E', ...other }),
    ]
    await Promise.all(both)
    const inProgress = scenario.desk.changes().filter(one => one.category === 'normal' && one.state !== 'cancelled')
    expect(inProgress.length).toBeLessThanOrEqual(1)
    const [rest = ''] = ['D', 'E'].filter(id => scenario.change(id).category === 'debt')
    await scenario.given('rita', 'move', { change: rest, column: 'waiting' })
    await scenario.given('rita', 'recategorise', { change: rest, ...other })
    await sound(scenario)
  })

  it('reserves no more than there is, of what there is, for categories that there are [LAW 121]', () => {
    expect(() => withBoard({ categories: { debt: { reserve: 1 } } })).toThrow(/nothing says of how many/)
    expect(() => withBoard({ capacity: 1, categories: { debt: { reserve: 2 } } })).toThrow(/2 places are reserved/)
    expect(() => withBoard({ capacity: 9, categories: { debt: { reserve: 2, max: 1 } } })).toThrow(/at most 1 are used/)
    expect(() => withBoard({ categories: { dept: { max: 1 } } })).toThrow(/did you mean debt/)
    expect(() => withBoard({ expedite: { categories: ['emergncy'], size: 1 } })).toThrow(/did you mean emergency/)
  })
})

describe('the lane for what cannot wait', () => {
  it('lets one emergency exceed the limits, records by how much, and refuses a second [LAW 124]', async () => {
    const scenario = await opened({ expedite: { categories: ['emergency'], size: 1 } })
    await pulled(scenario, ['A', 'B', 'C'])
    await pulled(scenario, ['E'], 'emergency')
    expect(scenario.change('E')).toMatchObject({ column: 'doing', lane: 'expedite' })
    expect(await eventsOf(scenario)).toContainEqual({
      type: 'card.moved',
      column: 'doing',
      lane: 'expedite',
      over: [{ limit: 'column doing', most: 3, there: 3 }],
    })
    await ready(scenario, ['F'], 'emergency')
    await refused(scenario, ['rita', 'move', { change: 'F' }], 'limit.expedite', { most: 1, there: ['E'] })
    await ready(scenario, ['D'])
    await refused(scenario, ['rita', 'move', { change: 'D' }], 'limit.reached')
    await sound(scenario)
  })

  it('is not used while there is room, and is free again once the emergency has gone on [LAW 124]', async () => {
    const scenario = await opened({ expedite: { categories: ['emergency'], size: 1 } })
    await pulled(scenario, ['E'], 'emergency')
    expect(scenario.change('E').lane).toBeUndefined()
    await pulled(scenario, ['A', 'B'])
    await pulled(scenario, ['F'], 'emergency')
    expect(scenario.change('F').lane).toBe('expedite')
    await scenario.given('alice', 'complete', { change: 'F', stage: 'build' })
    await pulled(scenario, ['G'], 'emergency')
    expect(scenario.change('G').lane).toBe('expedite')
    await sound(scenario)
  })

  it('is full for as long as what came in by it exceeds a limit, wherever that has gone on to [LAW 124]', async () => {
    const scenario = await opened({ perPerson: 2, capacity: 3, expedite: { categories: ['emergency'], size: 1 } })
    await pulled(scenario, ['A', 'B', 'C'])
    await pulled(scenario, ['E'], 'emergency')
    await scenario.given('alice', 'complete', { change: 'E', stage: 'build' })
    expect(cardOf(scenario, 'E')).toMatchObject({ lane: 'expedite' })
    await ready(scenario, ['F'], 'emergency')
    await refused(scenario, ['rita', 'move', { change: 'F' }], 'limit.expedite', { most: 1, there: ['E'] })
    expect(scenario.desk.board('t')?.progress).toEqual({ cards: 4, capacity: 3 })
    await scenario.given('rita', 'cancel', { change: 'A', comment: 'not needed' })
    expect(cardOf(scenario, 'E').lane).toBeUndefined()
    await scenario.given('rita', 'move', { change: 'F' })
    expect(cardOf(scenario, 'F')).toMatchObject({ lane: 'expedite' })
    await sound(scenario)
  })

  it('is full as well while whoever has it as one too many has it, and then free [LAW 124]', async () => {
    const scenario = await opened({ perPerson: 1, expedite: { categories: ['emergency'], size: 1 } })
    await pulled(scenario, ['A'])
    await scenario.given('rita', 'assign', { change: 'A', to: 'alice' })
    await ready(scenario, ['E', 'F'], 'emergency')
    await scenario.given('rita', 'move', { change: 'E', owner: 'alice' })
    await scenario.given('alice', 'complete', { change: 'E', stage: 'build' })
    await refused(scenario, ['rita', 'move', { change: 'F', owner: 'alice' }], 'limit.expedite', { there: ['E'] })
    await scenario.given('rita', 'assign', { change: 'A', to: 'amir' })
    await scenario.given('rita', 'move', { change: 'F', owner: 'alice' })
    await sound(scenario)
  })

  it('is left for good where there is room, and an overrun is recorded once [LAW 124]', async () => {
    const scenario = await opened({ capacity: 1, expedite: { categories: ['emergency'], size: 1 } })
    await pulled(scenario, ['A'])
    await pulled(scenario, ['E'], 'emergency')
    await scenario.given('rita', 'move', { change: 'E', column: 'waiting' })
    expect(scenario.change('E').lane).toBeUndefined()
    await scenario.given('rita', 'move', { change: 'A', column: 'waiting' })
    await scenario.given('rita', 'move', { change: 'E' })
    expect(scenario.change('E').lane).toBeUndefined()
    await refused(scenario, ['rita', 'move', { change: 'A' }], 'limit.reached', { limit: 'capacity' })
    const over = (await eventsOf(scenario)).filter(one => 'over' in one)
    expect(over).toMatchObject([{ column: 'doing', over: [{ limit: 'capacity', most: 1, there: 1 }] }])
    await sound(scenario)
  })

  it('is told by the card of what is in it, and by the change itself of what came by it, whatever became of that [LAW 124]', async () => {
    const scenario = await opened({
      columns: columns.slice(1),
      capacity: 1,
      expedite: { categories: ['emergency'], size: 1 },
    })
    await pulled(scenario, ['A'])
    await pulled(scenario, ['E'], 'emergency')
    const lanes = () => [scenario.change('E').lane, cardOf(scenario, 'E').lane]
    expect(lanes()).toEqual(['expedite', 'expedite'])
    await scenario.given('rita', 'cancel', { change: 'A', comment: 'not needed' })
    expect(lanes()).toEqual(['expedite', undefined])
    const other = { category: 'normal', form: { system: 'ledger', risk: 'low' }, comment: 'it can wait' } as const
    await scenario.given('hana', 'recategorise', { change: 'E', ...other })
    expect(lanes()).toEqual(['expedite', undefined])
    await scenario.given('rita', 'move', { change: 'E', column: 'waiting' })
    expect(lanes()).toEqual([undefined, undefined])
    await sound(scenario)
  })

  it('lets nothing stay that becomes something else [LAW 124]', async () => {
    const scenario = await opened({
      columns: columns.slice(1),
      capacity: 1,
      expedite: { categories: ['emergency'], size: 1 },
    })
    await pulled(scenario, ['A'])
    await pulled(scenario, ['E'], 'emergency')
    const other = { category: 'normal', form: { system: 'ledger', risk: 'low' }, comment: 'it can wait' } as const
    await refused(scenario, ['hana', 'recategorise', { change: 'E', ...other }], 'limit.reached', { limit: 'capacity' })
    await scenario.given('rita', 'cancel', { change: 'A', comment: 'not needed' })
    await scenario.given('hana', 'recategorise', { change: 'E', ...other })
    await ready(scenario, ['F'], 'emergency')
    await scenario.given('rita', 'move', { change: 'F' })
    expect([cardOf(scenario, 'E').lane, cardOf(scenario, 'F').lane]).toEqual([undefined, 'expedite'])
    await sound(scenario)
  })

  it('lets nothing stay that becomes something else in a column outside of progress either, where that has a limit [LAW 124]', async () => {
    const aside = columns.map(one => (one.name === 'waiting' ? { ...one, limit: 1 } : one))
    const scenario = await opened({ columns: aside, expedite: { categories: ['debt'], size: 1 } })
    await submitted(scenario, ['A'])
    await submitted(scenario, ['E', 'F'], 'debt')
    for (const change of ['A', 'E']) await scenario.given('rita', 'move', { change, column: 'waiting' })
    expect(scenario.change('E').lane).toBe('expedite')
    const other = { category: 'normal', comment: 'it can wait' } as const
    const facts = { limit: 'column waiting', most: 1, there: ['A'] }
    await refused(scenario, ['hana', 'recategorise', { change: 'E', ...other }], 'limit.reached', facts)
    await refused(scenario, ['rita', 'move', { change: 'F', column: 'waiting' }], 'limit.expedite', { there: ['E'] })
    await sound(scenario)
  })

  it('holds as many as it takes whoever was submitted first, for whoever moves something and on the board alike [LAW 124]', async () => {
    for (const apart of [0, 1]) {
      const scenario = await opened({
        columns: [
          { name: 'doing', stages: ['build'], limit: 1 },
          { name: 'checking', stages: ['verify', 'approve', 'production'] },
        ],
        perPerson: 1,
        expedite: { categories: ['emergency'], size: 1 },
      })
      const inLane = () =>
        scenario.desk.board('t')?.columns.flatMap(one => one.cards.flatMap(card => (card.lane ? card.change : [])))
      const move = (change: string, owner: string) => {
        scenario.at(apart)
        return scenario.given('rita', 'move', { change, owner })
      }
      await ready(scenario, ['E', 'F', 'G'], 'emergency')
      await ready(scenario, ['A', 'B'])
      // G comes by the lane for the sake of Alice, goes on, and is one too many no more.
      await move('A', 'alice')
      await scenario.given('alice', 'complete', { change: 'A', stage: 'build' })
      await move('G', 'alice')
      await scenario.given('amir', 'complete', { change: 'G', stage: 'build' })
      await scenario.given('rita', 'cancel', { change: 'A', comment: 'not needed' })
      // So does F, for the sake of the column.
      await move('B', 'bob')
      await move('F', 'amir')
      expect(inLane()).toEqual(['F'])
      await scenario.given('rita', 'cancel', { change: 'B', comment: 'not needed' })
      expect(inLane()).toEqual([])
      scenario.at(apart)
      const receipt = await scenario.when('rita', 'move', { change: 'E', owner: 'alice' })
      // In one instant nobody says who came first; what is asked and what is shown is the same.
      expect(receipt.outcome).toBe(apart === 0 ? 'refused' : 'accepted')
      expect(inLane()).toEqual(apart === 0 ? [] : ['E'])
      await sound(scenario)
    }
  })

  it('is for nothing else, and for nobody where the board has none [LAW 124]', async () => {
    const scenario = await opened()
    await pulled(scenario, ['A', 'B', 'C'])
    await ready(scenario, ['E'], 'emergency')
    await refused(scenario, ['rita', 'move', { change: 'E' }], 'limit.reached')
  })
})

describe('a change that waits', () => {
  it('counts where it lies, sent back or not, unless it is moved to a column outside of progress [LAW 125]', async () => {
    const scenario = await opened()
    await pulled(scenario, ['A', 'B', 'C'])
    await scenario.given('hana', 'reject', { change: 'A', comment: 'not like this' })
    expect(scenario.change('A')).toMatchObject({ state: 'returned', column: 'doing' })
    await ready(scenario, ['D'])
    await refused(scenario, ['rita', 'move', { change: 'D' }], 'limit.reached', { there: ['A', 'B', 'C'] })
    await scenario.given('rita', 'move', { change: 'B', column: 'waiting' })
    await scenario.given('rita', 'move', { change: 'D' })
    await refused(scenario, ['rita', 'move', { change: 'B' }], 'limit.reached')
    await sound(scenario)
  })

  it('counts where it lies while an edit takes it back to an earlier stage, until it is pulled there [LAW 125]', async () => {
    const scenario = await opened()
    await pulled(scenario, ['A', 'B', 'C'])
    await scenario.given('alice', 'complete', { change: 'A', stage: 'build' })
    await pulled(scenario, ['D'])
    await scenario.given('erin', 'signOff', { change: 'A', result: 'failed', comment: 'no' })
    await scenario.given('rita', 'resubmit', { change: 'A', comment: 'again' })
    await scenario.given('hana', 'approve', { change: 'A' })
    expect(scenario.desk.changes().filter(one => one.column === 'doing')).toHaveLength(3)
    await sound(scenario)
  })

  it('is to be pulled back, once its approval is too old or its test is lost, where the column of its stage has a limit, and goes there by itself where it has none [LAW 125]', async () => {
    for (const limit of [undefined, 2]) {
      const rules = policy(
        't',
        {
          complies: baseline,
          roles,
          board: board({ columns: columns.map(one => (one.name === 'checking' && limit ? { ...one, limit } : one)) }),
        },
        {
          normal: category({
            form: fixtureForm,
            flow: flow().map(one => (one.name === 'approve' ? { ...one, validFor: '1d' } : one)) as never,
          }),
        },
      )
      const scenario = await Scenario.open({ controls: baseline, policies: [rules], people: cast })
      await pulled(scenario, ['A'])
      await scenario.given('alice', 'complete', { change: 'A', stage: 'build' })
      if (limit !== undefined) await scenario.given('rita', 'move', { change: 'A' })
      await scenario.given('erin', 'signOff', { change: 'A', result: 'passed' })
      await scenario.given('bob', 'approve', { change: 'A' })
      expect(lies(scenario, 'A')).toBe('production')
      const isTold = () => expect(cardNow(scenario, 'A').pullInto).toBe(limit === undefined ? undefined : 'checking')
      scenario.at(2 * day)
      isTold()
      await scenario.given('ada', 'recordDeparture', { person: 'erin', compromised: true })
      await scenario.given('ada', 'registerPerson', { person: 'emil', name: 'Emil', accounts: ['emil'] })
      await scenario.given('ada', 'grantRole', { role: 'tester', to: 'emil', team: '*' })
      isTold()
      const test = { change: 'A', result: 'passed' } as const
      if (limit !== undefined) {
        await refused(scenario, ['emil', 'signOff', test], 'board.not-pulled', { column: 'checking' })
        await scenario.given('rita', 'move', { change: 'A' })
      }
      await scenario.given('emil', 'signOff', test)
      expect(lies(scenario, 'A')).toBe('checking')
      expect(cardNow(scenario, 'A').pullInto).toBeUndefined()
      await sound(scenario)
    }
  })

  it('stays where it was put aside, is not worked on there, and goes on when a decision leads it on [LAW 125]', async () => {
    const scenario = await opened()
    await pulled(scenario, ['A'])
    await scenario.given('alice', 'complete', { change: 'A', stage: 'build' })
    await scenario.given('rita', 'move', { change: 'A', column: 'waiting' })
    expect(lies(scenario, 'A')).toBe('waiting')
    await scenario.given('rita', 'assign', { change: 'A', to: 'amir' })
    expect(lies(scenario, 'A')).toBe('waiting')
    await refused(scenario, ['erin', 'signOff', { change: 'A', result: 'passed' }], 'board.not-pulled', {
      lies: 'waiting',
    })
    await scenario.given('rita', 'move', { change: 'A' })
    await scenario.given('erin', 'signOff', { change: 'A', result: 'passed' })
    await scenario.given('rita', 'move', { change: 'A', column: 'waiting' })
    await scenario.given('bob', 'approve', { change: 'A' })
    expect(lies(scenario, 'A')).toBe('production')
    await sound(scenario)
  })

  it('lies in a column that the board has no more, until it is pulled into the one of its stage [LAW 125]', async () => {
    const scenario = await opened({ capacity: 3 })
    await pulled(scenario, ['A'])
    const renamed = columns.map(one => (one.name === 'doing' ? { ...one, name: 'building' } : one))
    await scenario.adopt(withBoard({ columns: renamed, capacity: 3 }))
    const shown = () => scenario.desk.board('t')?.columns.filter(one => one.cards.length > 0)
    expect(shown()).toMatchObject([{ name: 'doing', cards: [{ change: 'A', pullInto: 'building' }] }])
    await refused(scenario, ['alice', 'complete', { change: 'A', stage: 'build' }], 'board.not-pulled', {
      lies: 'doing',
    })
    await scenario.given('alice', 'move', { change: 'A' })
    expect(shown()).toMatchObject([{ name: 'building', cards: [{ change: 'A' }] }])
    await scenario.given('alice', 'complete', { change: 'A', stage: 'build' })
  })

  it('is asked for approval wherever it lies [LAW 125]', async () => {
    const scenario = await opened()
    await pulled(scenario, ['A'])
    await scenario.given('alice', 'complete', { change: 'A', stage: 'build' })
    await scenario.given('erin', 'signOff', { change: 'A', result: 'passed' })
    await scenario.given('rita', 'move', { change: 'A', column: 'waiting' })
    await scenario.given('bob', 'approve', { change: 'A' })
    expect(scenario.change('A').state).toBe('production')
    await sound(scenario)
  })
})

describe('approving', () => {
  it('is not owning: what Bob has approved, or could, takes none of his places [LAW 128]', async () => {
    const scenario = await opened({ perPerson: 1 })
    await pulled(scenario, ['A', 'B'])
    for (const change of ['A', 'B']) {
      await scenario.given('alice', 'complete', { change, stage: 'build' })
      await scenario.given('erin', 'signOff', { change, result: 'passed' })
      await scenario.given('bob', 'approve', { change })
    }
    await pulled(scenario, ['C'])
    await scenario.given('rita', 'assign', { change: 'C', to: 'bob' })
    await sound(scenario)
  })

  it('is not owning for a delegate either, nor for the one in whose name it is done [LAW 128]', async () => {
    const scenario = await opened({ perPerson: 1 })
    await scenario.given('bob', 'delegate', {
      delegation: 'd',
      principal: 'bob',
      to: 'dan',
      from: scenario.now,
      until: '2026-12-01T00:00:00Z',
    })
    await pulled(scenario, ['A', 'B'])
    await scenario.given('alice', 'complete', { change: 'A', stage: 'build' })
    await scenario.given('erin', 'signOff', { change: 'A', result: 'passed' })
    await scenario.given('dan', 'approve', { change: 'A', for: 'bob' })
    for (const [change, to] of [
      ['A', 'dan'],
      ['B', 'bob'],
    ] as const)
      await scenario.given('rita', 'assign', { change, to })
    await sound(scenario)
  })

  it('takes a place only of whoever it lies with, until it is over [LAW 128]', async () => {
    const scenario = await opened({ perPerson: 1 })
    await pulled(scenario, ['A', 'B'])
    await scenario.given('rita', 'assign', { change: 'A', to: 'bob' })
    await refused(scenario, ['rita', 'assign', { change: 'B', to: 'bob' }], 'limit.reached')
    await scenario.given('rita', 'cancel', { change: 'A', comment: 'not needed' })
    await scenario.given('rita', 'assign', { change: 'B', to: 'bob' })
    expect(policyDigest(withBoard())).not.toBe(policyDigest(withBoard({ perPerson: 1 })))
  })
})

describe('a board of the past', () => {
  it('has the cards where they lay then, with their owners, and the limits of then', async () => {
    const scenario = await opened({ perPerson: 2, capacity: 5 })
    await pulled(scenario, ['A', 'B'])
    await scenario.given('rita', 'assign', { change: 'A', to: 'alice' })
    const then = scenario.now
    const told = scenario.desk.board('t')
    scenario.at(86_400_000)
    await scenario.given('alice', 'complete', { change: 'A', stage: 'build' })
    await scenario.given('rita', 'cancel', { change: 'B', comment: 'not needed' })
    await scenario.adopt(withBoard({ columns: columns.map(one => ({ ...one, limit: 9 })) }))
    const past = (await scenario.desk.at(then)).board('t')
    expect(past).toEqual(told)
    expect(past?.columns.find(one => one.name === 'doing')).toMatchObject({
      limit: 3,
      cards: [{ change: 'A', owner: 'alice' }, { change: 'B' }],
    })
    expect(past).toMatchObject({
      owners: [{ person: 'alice', cards: 1, limit: 2 }],
      progress: { cards: 2, capacity: 5 },
    })
    const now = scenario.desk.board('t')
    expect(now?.progress).toEqual({ cards: 1 })
    expect(now?.columns.find(one => one.name === 'doing')).toMatchObject({ limit: 9, cards: [] })
  })

  it('is there once a policy is adopted for the team, and for no name that no team has', async () => {
    const scenario = await opened()
    for (const name of ['tt', 'constructor', '']) expect(scenario.desk.board(name)).toBeUndefined()
    expect((await scenario.desk.at('2020-01-01T00:00Z')).board('t')).toBeUndefined()
    expect(scenario.desk.board('t')).toMatchObject({ team: 't', progress: { cards: 0 } })
    expect(() => scenario.desk.board('tt', 'yesterday')).toThrow(/has an offset/)
  })

  it('has a card for the latest of what is over, as many as are asked for, and counts all', async () => {
    const scenario = await opened()
    const ids = Array.from({ length: 25 }, (_, place) => `C-${place}`)
    await ready(scenario, ['A', ...ids])
    for (const change of ids.toReversed()) {
      scenario.at(60_000)
      await scenario.given('rita', 'cancel', { change, comment: 'not needed' })
    }
    const shown = (finished?: number) => {
      const board = scenario.desk.board('t', undefined, finished === undefined ? {} : { finished })
      const { count, cards } = board?.columns.find(one => one.name === 'cancelled') ?? { count: 0, cards: [] }
      expect(board?.columns.flatMap(one => one.cards.map(card => card.change))).toContain('A')
      expect(board?.columns.reduce((sum, one) => sum + one.count, 0)).toBe(26)
      return [count, cards.map(one => one.change)]
    }
    expect(shown()).toEqual([25, ids.slice(0, 20)])
    expect(shown(3)).toEqual([25, ['C-0', 'C-1', 'C-2']])
    expect(shown(0)).toEqual([25, []])
    expect(shown(Number.POSITIVE_INFINITY)).toEqual([25, ids])
    for (const wrong of [{ finished: -1 }, { finished: 0.5 }, { finished: Number.NaN }, { finished: '3' }, { done: 3 }])
      expect(() => scenario.desk.board('t', undefined, wrong as never)).toThrow(/^board: /)
  })

  it('tells since when a card lies in its column, and not since when it is at its stage', async () => {
    const scenario = await opened()
    await ready(scenario, ['A'])
    scenario.at(3_600_000)
    const then = scenario.now
    await scenario.given('rita', 'move', { change: 'A' })
    expect(cardOf(scenario, 'A').since).toBe(then)
    scenario.at(3_600_000)
    await scenario.given('alice', 'complete', { change: 'A', stage: 'build' })
    const later = scenario.now
    expect(cardOf(scenario, 'A').since).toBe(later)
    scenario.at(3_600_000)
    await scenario.given('erin', 'signOff', { change: 'A', result: 'passed' })
    expect(cardOf(scenario, 'A').since).toBe(later)
    await scenario.given('bob', 'approve', { change: 'A' })
    scenario.at(3_600_000)
    await scenario.given('paul', 'release', { change: 'A' })
    expect(cardOf(scenario, 'A').since).toBe(scenario.now)
  })
})
