import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { resolve } from '@countersign/calendar'
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
import { createDesk, type Refusal, type Refused } from 'countersign'
import { approval, approvals, category, policy, release, role, test } from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { day, f0Approved, hour, K, people, report, robot, stageOf } from './setting.ts'
import { eventsOf } from './trail.ts'

const later = (scenario: Scenario, by: number) => new Date(Date.parse(scenario.now) + by).toISOString()
const verdict = async (scenario: Scenario) => verifyTrail([fileOf(await linesOf(scenario.store))])
const sound = async (scenario: Scenario) =>
  expect(await verdict(scenario)).toMatchObject({ status: 'sound', findings: [] })

/** Hana is the one who may override; Paul, who releases, and Alice, who made K, hold her role as well. */
const cast = people({ hana: ['cfo'], hugo: ['cfo'], paul: ['deployer', 'cfo'], alice: ['cfo'], bob: ['appr', 'cfo'] })
const approved = (vary: Parameters<typeof f0Approved>[0] = {}) => f0Approved({ people: cast, ...vary })

/** The policy of another team, which has a category that the team T does not have. */
const elsewhere = policy(
  'u',
  { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
  {
    standard: category({
      form: fixtureForm,
      flow: [approval('approve', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })],
    }),
  },
)

/** A freeze for the quarter's close, from the hour named until a week later. */
const close = (scenario: Scenario, vary: object = {}) => ({
  freeze: 'q1-close',
  because: 'the first quarter is being closed',
  schedule: { zone: 'UTC', from: '2026-03-02T08:00', until: '2026-03-09T08:00' },
  intervals: [{ from: scenario.now, until: later(scenario, 7 * day) }],
  overriddenBy: { role: 'cfo', atMost: '24h' },
  ...vary,
})
const frozen = async (vary: object = {}, setting: Parameters<typeof f0Approved>[0] = {}) => {
  const scenario = await approved(setting)
  await scenario.given('ada', 'declareFreeze', close(scenario, vary))
  return scenario
}
const override = (scenario: Scenario, by = 24 * hour) => ({
  ...K,
  freeze: 'q1-close',
  until: later(scenario, by),
  reason: 'the bank changes its format tonight',
})

describe('a freeze', () => {
  it('lets Bob approve K and Erin test it, and refuses to put it into effect, with its id [LAW 88]', async () => {
    const scenario = await f0({ people: cast })
    await scenario.given('ada', 'declareFreeze', close(scenario))
    await scenario.given('erin', 'signOff', { ...K, ...report })
    await scenario.given('bob', 'approve', K)
    await scenario.given('carol', 'approve', K)
    await refused(scenario, ['paul', 'release', K], 'freeze.active', {
      freeze: 'q1-close',
      until: later(scenario, 7 * day),
    })
    expect(stageOf(scenario, 'K', 'production').status).toBe('frozen')
    await sound(scenario)
  })

  it('lets the checklist of the release be ticked, and names who may, beside who may override it [LAW 88]', async () => {
    const checklist = { backup: 'a backup is there' }
    const flow = [
      approval('approve', approvals(1).from(role('appr'))),
      release('production', { by: role('deployer'), checklist }),
    ]
    const options = { roles: { appr: 'approves', deployer: 'releases', cfo: 'closes the books' } }
    const scenario = await f0({ people: cast, policies: [fixturePolicy({ flow, options })] })
    await scenario.given('bob', 'approve', K)
    await scenario.given('ada', 'declareFreeze', close(scenario))
    const override = { do: 'overrideFreeze', stage: 'production', role: 'cfo' }
    expect(scenario.explain('K')).toMatchObject({
      waysOut: [{ do: 'tick', stage: 'production', persons: ['paul'] }, override],
    })
    expect(scenario.explain('K').whoCanUnblock).toContain('paul')
    await scenario.given('paul', 'tick', { ...K, stage: 'production', items: ['backup'] })
    expect(scenario.explain('K').waysOut).toMatchObject([override])
    await refused(scenario, ['paul', 'release', K], 'freeze.active')
    await sound(scenario)
  })

  it('begins at its first instant and does not hold at its last [LAW 88]', async () => {
    const scenario = await approved()
    const intervals = [{ from: later(scenario, hour), until: later(scenario, 2 * hour) }]
    await scenario.given('ada', 'declareFreeze', close(scenario, { intervals }))
    scenario.at(hour - 1)
    expect(scenario.explain('K').freezes).toEqual([])
    scenario.at(1)
    await refused(scenario, ['paul', 'release', K], 'freeze.active')
    scenario.at(hour - 1)
    await refused(scenario, ['paul', 'release', K], 'freeze.active')
    scenario.at(1)
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('holds for the teams, categories and environments in its scope, and for all where it names none [LAW 88]', async () => {
    for (const scope of [{ teams: ['u'] }, { categories: ['standard'] }]) {
      const scenario = await frozen({ scope }, { policies: [fixturePolicy(), elsewhere] })
      await scenario.given('paul', 'release', K)
    }
    for (const scope of [{}, { teams: ['t', 'u'] }, { categories: ['normal'] }, { environments: ['production'] }]) {
      const scenario = await frozen({ scope }, { policies: [fixturePolicy(), elsewhere] })
      await refused(scenario, ['paul', 'release', K], 'freeze.active')
    }
  })

  it('is refused for a team, a category or an environment that no policy knows, with the near ones, and a window for such a team [LAW 88]', async () => {
    const flow = [...normalFlow().slice(0, 2), release('go', { by: role('deployer'), environment: 'production' })]
    const scenario = await f0({ people: cast, policies: [fixturePolicy({ flow })] })
    const { schedule, intervals } = close(scenario)
    const windowFor = (teams: string[]) => ({ window: 'w', calendar: 'nights', teams, schedule, intervals })
    const strangers: [object, string, string, string][] = [
      [{ teams: ['t', 'tt'] }, 'team with a policy', 'tt', '; did you mean t?'],
      [{ teams: ['t'], categories: ['nromal'] }, 'category', 'nromal', '; did you mean normal?'],
      [{ environments: ['prodution'] }, 'environment', 'prodution', '; did you mean production?'],
    ]
    for (const [scope, what, name, near] of strangers)
      await refused(scenario, ['ada', 'declareFreeze', close(scenario, { scope })], 'name.unknown', {
        what,
        name,
        near,
      })
    await refused(scenario, ['ada', 'declareWindow', windowFor(['u'])], 'name.unknown', { name: 'u' })
    // What is only proposed may be in force by then.
    await scenario.given('ada', 'proposePolicy', { policy: elsewhere })
    await scenario.given('ada', 'declareWindow', windowFor(['u']))
    await scenario.given('ada', 'declareFreeze', close(scenario, { scope: { teams: ['u'], categories: ['standard'] } }))
    await sound(scenario)
  })

  it('is declared for any name as long as no policy has one of the kind [LAW 88]', async () => {
    const scenario = await f0({ people: cast, policies: [], submit: null })
    await scenario.given('ada', 'declareFreeze', close(scenario, { scope: { teams: ['t'], categories: ['normal'] } }))
    await scenario.adopt(elsewhere)
    await scenario.given('ada', 'declareFreeze', {
      ...close(scenario, { scope: { environments: ['production'] } }),
      freeze: 'production-only',
    })
    await sound(scenario)
  })

  it('holds in each of its intervals, and not between them [LAW 88]', async () => {
    const scenario = await approved()
    const intervals = [
      { from: scenario.now, until: later(scenario, hour) },
      { from: later(scenario, 2 * hour), until: later(scenario, 3 * hour) },
    ]
    await scenario.given('ada', 'declareFreeze', close(scenario, { intervals }))
    await refused(scenario, ['paul', 'release', K], 'freeze.active')
    scenario.at(2 * hour)
    await refused(scenario, ['paul', 'release', K], 'freeze.active', { until: later(scenario, hour) })
    const between = await scenario.desk.at('2026-03-02T09:30:00.000Z')
    expect(between.explain('K')?.freezes).toEqual([])
  })

  it('is told with the whole time for which it holds, where its intervals touch: until 10:00, where one ends at 09:00 and the next begins then [LAW 88]', async () => {
    const scenario = await approved()
    const at = (hours: number) => later(scenario, hours * hour)
    const whole = { from: at(0), until: at(2) }
    const intervals = [
      { from: at(0), until: at(1) },
      { from: at(1), until: at(2) },
      { from: at(3), until: at(4) },
    ]
    await scenario.given('ada', 'declareFreeze', close(scenario, { intervals }))
    for (const _ of [0, 1]) {
      expect(scenario.explain('K').freezes).toMatchObject([{ freeze: 'q1-close', until: whole.until }])
      await refused(scenario, ['paul', 'release', K], 'freeze.active', whole)
      scenario.at(hour)
    }
    expect(scenario.explain('K').freezes).toEqual([])
    scenario.at(hour)
    const apart = { from: scenario.now, until: later(scenario, hour) }
    await refused(scenario, ['paul', 'release', K], 'freeze.active', apart)
    await sound(scenario)
  })

  it('stops the release under a broken glass as well, and an emergency of every kind [LAW 88]', async () => {
    const scenario = await frozen({ freeze: 'other', because: 'two freezes at once' })
    await scenario.given('ada', 'declareFreeze', close(scenario))
    expect(scenario.explain('K').freezes.map(one => one.freeze)).toEqual(['other', 'q1-close'])
    await scenario.given('hana', 'overrideFreeze', override(scenario))
    await refused(scenario, ['paul', 'release', K], 'freeze.active', { freeze: 'other' })
  })

  it('is found in a trail sealed anew in which K is put into effect all the same [LAW 88]', async () => {
    const scenario = await approved()
    await scenario.given('paul', 'release', K)
    const bodies = bodiesOf(await linesOf(scenario.store))
    const donor = await frozen()
    const declared = bodiesOf(await linesOf(donor.store)).at(-1) as LooseBody
    const forged = renumber([...bodies.slice(0, -1), declared, ...bodies.slice(-1)])
    const codes = verifyTrail([fileOf(reseal(forged))]).findings.map(one => one.code)
    expect(codes).toContain('release.untimely')
    expect(codes).toContain('decision.unjustified')
  })
})

describe('a freeze that is declared after the approval', () => {
  it('applies at once to K, whose policy and approvals are older [LAW 89]', async () => {
    const scenario = await approved()
    scenario.at(hour)
    await scenario.given('ada', 'declareFreeze', close(scenario))
    await refused(scenario, ['paul', 'release', K], 'freeze.active')
    scenario.at(7 * day)
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('applies to K by no word of its policy, and to a change of a policy that is adopted meanwhile [LAW 89]', async () => {
    const scenario = await frozen()
    await scenario.adopt(fixturePolicy({ material: ['system', 'risk', 'note', 'content'] }))
    await scenario.given('rita', 'submit', { ...submitK, change: 'L' } as never)
    const L = { change: 'L' }
    await scenario.given('erin', 'signOff', { ...L, ...report })
    for (const one of ['bob', 'carol']) await scenario.given(one, 'approve', L)
    await refused(scenario, ['paul', 'release', L], 'freeze.active')
  })

  it('does not hold any more once it is lifted, but for a change in which the one takes part who lifted it [LAW 89]', async () => {
    const lifted = await frozen()
    await lifted.given('otto', 'liftFreeze', { freeze: 'q1-close', comment: 'the books are closed early' })
    await lifted.given('paul', 'release', K)
    await sound(lifted)
    const own = await frozen()
    await own.given('ada', 'grantRole', { role: 'tester', to: 'otto', team: '*' })
    await own.given('alice', 'assign', { ...K, to: 'otto' })
    await own.given('otto', 'liftFreeze', { freeze: 'q1-close', comment: 'the books are closed early' })
    await refused(own, ['paul', 'release', K], 'freeze.active')
    await sound(own)
  })

  it('does not hold any more for a change of whoever has lifted it once somebody else has lifted it as well [LAW 89]', async () => {
    const scenario = await frozen()
    const lift = { freeze: 'q1-close', comment: 'the books are closed early' }
    await scenario.given('ada', 'grantRole', { role: 'tester', to: 'otto', team: '*' })
    await scenario.given('alice', 'assign', { ...K, to: 'otto' })
    await scenario.given('otto', 'liftFreeze', lift)
    await refused(scenario, ['otto', 'liftFreeze', lift], 'nothing-to-do')
    await refused(scenario, ['paul', 'release', K], 'freeze.active')
    await scenario.given('ada', 'liftFreeze', lift)
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('holds for Otto, who has lifted it and would take part in K by putting it into effect, and not for Paul [LAW 89]', async () => {
    const scenario = await frozen()
    await scenario.given('ada', 'grantRole', { role: 'deployer', to: 'otto', team: '*' })
    await scenario.given('otto', 'liftFreeze', { freeze: 'q1-close', comment: 'the books are closed early' })
    await refused(scenario, ['otto', 'release', K], 'freeze.active')
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('holds for itself where two overlap: what lifts or overrides the one leaves the other [LAW 89]', async () => {
    const scenario = await frozen()
    const second = { freeze: 'audit', intervals: [{ from: later(scenario, hour), until: later(scenario, 8 * day) }] }
    await scenario.given('ada', 'declareFreeze', close(scenario, second))
    scenario.at(2 * hour)
    expect(scenario.explain('K').freezes.map(one => one.freeze)).toEqual(['audit', 'q1-close'])
    await scenario.given('hana', 'overrideFreeze', override(scenario))
    await refused(scenario, ['paul', 'release', K], 'freeze.active', { freeze: 'audit' })
    await scenario.given('ada', 'liftFreeze', { freeze: 'audit', comment: 'the auditors have come' })
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('is declared by an administrator, for a time that is not over and runs forward, and once under one id [LAW 89]', async () => {
    const scenario = await approved()
    await refused(scenario, ['hana', 'declareFreeze', close(scenario)], 'authority.not-administrator')
    const [now, then] = [scenario.now, later(scenario, hour)]
    for (const intervals of [
      [{ from: then, until: now }],
      [{ from: now, until: now }],
      [{ from: '2026-01-01T00:00:00Z', until: now }],
      [
        { from: then, until: later(scenario, 2 * hour) },
        { from: now, until: then },
      ],
    ])
      await refused(scenario, ['ada', 'declareFreeze', close(scenario, { intervals })], 'interval.invalid')
    const role = close(scenario, { overriddenBy: { role: 'cfoo', atMost: '1h' } })
    await refused(scenario, ['ada', 'declareFreeze', role], 'name.unknown', { what: 'role', name: 'cfoo' })
    await scenario.given('ada', 'declareFreeze', close(scenario))
    await refused(scenario, ['ada', 'declareFreeze', close(scenario)], 'name.taken')
    await refused(scenario, ['ada', 'liftFreeze', { freeze: 'q2', comment: 'over' }], 'name.unknown')
    await scenario.given('ada', 'liftFreeze', { freeze: 'q1-close', comment: 'over' })
    await refused(scenario, ['ada', 'liftFreeze', { freeze: 'q1-close', comment: 'over' }], 'nothing-to-do')
  })
})

describe('a time that cannot be given', () => {
  it('is told to be over, too long, out of its order, or to run backward, whichever it is [LAW 89]', async () => {
    const scenario = await frozen({ overriddenBy: { role: 'cfo', atMost: '1h' } })
    const [now, then, long] = [scenario.now, later(scenario, hour), later(scenario, 2 * hour)]
    const past = { from: '2025-12-20T00:00:00.000Z', until: '2025-12-31T00:00:00.000Z' }
    const declared = (from: string, until: string) => close(scenario, { freeze: 'next', intervals: [{ from, until }] })
    const window = { window: 'w', calendar: 'nights', schedule: { calendar: 'nights' }, intervals: [past] }
    const over = `it would be over already, as it ends at ${past.until}`
    const asked: [...Parameters<typeof refused>[1], string][] = [
      ['ada', 'declareFreeze', declared(past.from, past.until), over],
      ['ada', 'declareWindow', window, over],
      ['alice', 'schedule', { ...K, ...past }, over],
      ['hana', 'overrideFreeze', { ...override(scenario), until: past.until }, over],
      ['ada', 'declareFreeze', declared(then, now), `it would end (${now}) no later than it begins (${then})`],
      [
        'ada',
        'declareFreeze',
        close(scenario, {
          freeze: 'next',
          intervals: [
            { from: now, until: then },
            { from: now, until: long },
          ],
        }),
        `one of its intervals would begin (${now}) before the one before it ends (${then})`,
      ],
      [
        'hana',
        'overrideFreeze',
        { ...override(scenario), until: long },
        `it would last until ${long}, and 1h from ${now} is the longest that is allowed`,
      ],
    ]
    for (const [account, type, command, because] of asked)
      expect((await refused(scenario, [account, type, command], 'interval.invalid')).because).toBe(because)
  })
})

describe('a change on both sides of a freeze', () => {
  const staged = fixturePolicy({
    flow: [
      test('verify', { by: role('tester') }),
      approval('approve', approvals(2).from(role('appr'))),
      release('staging', { by: role('deployer'), environment: 'staging' }),
      release('production', { by: role('deployer'), environment: 'production' }),
    ],
  })

  it('keeps what took effect before the freeze, is flagged, and its next step is refused [LAW 90]', async () => {
    const scenario = await approved({ policies: [staged] })
    await scenario.given('paul', 'release', { ...K, environment: 'staging' })
    scenario.at(hour)
    await scenario.given('ada', 'declareFreeze', close(scenario))
    await refused(scenario, ['paul', 'release', { ...K, environment: 'production' }], 'freeze.active')
    expect(scenario.change('K')).toMatchObject({ state: 'production', releases: [{ stage: 'staging' }] })
    expect(scenario.explain('K').straddles).toEqual(['q1-close'])
    expect(stageOf(scenario, 'K', 'staging').status).toBe('satisfied')
    await sound(scenario)
  })

  it('goes on where the freeze is for another environment than the next step [LAW 90]', async () => {
    const scenario = await approved({ policies: [staged] })
    await scenario.given('ada', 'declareFreeze', close(scenario, { scope: { environments: ['production'] } }))
    await scenario.given('paul', 'release', { ...K, environment: 'staging' })
    await refused(scenario, ['paul', 'release', { ...K, environment: 'production' }], 'freeze.active')
    expect(scenario.explain('K').straddles).toEqual([])
  })

  it('is planned into a freeze with a warning, which names it, and warned of a freeze that comes later [LAW 90]', async () => {
    const scenario = await frozen()
    const plan = { ...K, from: later(scenario, 6 * day), until: later(scenario, 8 * day) }
    await scenario.given('alice', 'schedule', plan)
    expect(await eventsOf(scenario)).toContainEqual({
      type: 'plan.frozen',
      freeze: 'q1-close',
      from: scenario.now,
      until: later(scenario, 7 * day),
    })
    expect(scenario.explain('K').plan).toMatchObject({ freezes: ['q1-close'] })
    const free = { ...K, from: later(scenario, 7 * day), until: later(scenario, 8 * day) }
    await scenario.given('alice', 'schedule', free)
    expect(scenario.explain('K').plan).toMatchObject({ freezes: [] })
    const intervals = [{ from: free.from, until: free.until }]
    await scenario.given('ada', 'declareFreeze', close(scenario, { freeze: 'audit', intervals }))
    expect(scenario.explain('K').plan).toMatchObject({ freezes: ['audit'] })
    await sound(scenario)
  })

  it('is planned forward, by somebody who has it on their desk [LAW 90]', async () => {
    const scenario = await approved()
    const past = { ...K, from: '2026-01-01T00:00:00Z', until: scenario.now }
    await refused(scenario, ['alice', 'schedule', past], 'interval.invalid')
    const back = { ...K, from: later(scenario, day), until: later(scenario, hour) }
    await refused(scenario, ['alice', 'schedule', back], 'interval.invalid')
    const plan = { ...K, from: later(scenario, hour), until: later(scenario, day) }
    await refused(scenario, ['hana', 'schedule', plan], 'authority.not-participant')
  })

  it('collides with another one that is planned for the same time and touches the same system, and with no other [LAW 90]', async () => {
    const touching = policy(
      't',
      { complies: baseline, roles: { appr: 'approves', deployer: 'releases' } },
      {
        normal: category({
          form: fixtureForm,
          touches: ['system'],
          flow: [approval('approve', approvals(2).from(role('appr'))), release('production', { by: role('deployer') })],
        }),
      },
    )
    const scenario = await f0({ policies: [touching], people: cast, submit: null })
    const planned = async (change: string, system: string, from: number, until: number) => {
      await scenario.given('rita', 'submit', { ...submitK, change, form: { system, risk: 'low' } } as never)
      await scenario.given('rita', 'schedule', { change, from: later(scenario, from), until: later(scenario, until) })
    }
    await planned('A', 'ledger', hour, 3 * hour)
    await planned('B', 'ledger', 2 * hour, 4 * hour)
    await planned('C', 'billing', 2 * hour, 4 * hour)
    await planned('D', 'ledger', 4 * hour, 5 * hour)
    expect(scenario.desk.collisions()).toEqual([
      {
        changes: ['A', 'B'],
        touch: { system: ['ledger'] },
        during: { from: later(scenario, 2 * hour), until: later(scenario, 3 * hour) },
      },
    ])
    await scenario.given('rita', 'cancel', { change: 'B', comment: 'another day' })
    expect(scenario.desk.collisions()).toEqual([])
  })
})

describe('an override of a freeze', () => {
  it('is for a holder of the role that the freeze names, without a part in K, with a reason and an end, and for K alone [LAW 92]', async () => {
    const scenario = await frozen()
    // Paul may override it as well, and is the only one who could release then, which he may not by his own override.
    expect(scenario.explain('K').waysOut).toMatchObject([
      { do: 'overrideFreeze', role: 'cfo', persons: ['bob', 'hana', 'hugo'] },
    ])
    await scenario.given('hana', 'overrideFreeze', override(scenario))
    await scenario.given('rita', 'submit', {
      ...submitK,
      change: 'L',
      content: { digest: content('l'), makers: ['alice'] },
    } as never)
    const L = { change: 'L' }
    await scenario.given('erin', 'signOff', { ...L, ...report })
    for (const one of ['bob', 'carol']) await scenario.given(one, 'approve', L)
    await refused(scenario, ['paul', 'release', L], 'freeze.active')
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('by Paul leaves the release to others, who are named and asked without him; and where there is none, the freeze stops K still [LAW 92]', async () => {
    const scenario = await frozen()
    await scenario.given('paul', 'overrideFreeze', override(scenario))
    await refused(scenario, ['paul', 'release', K], 'freeze.active')
    expect(scenario.explain('K')).toMatchObject({
      freezes: [{ freeze: 'q1-close' }],
      waysOut: [{ do: 'overrideFreeze', role: 'cfo', persons: ['bob', 'hana', 'hugo'] }],
    })
    await scenario.given('ada', 'grantRole', { role: 'deployer', to: 'hugo', team: '*' })
    expect(scenario.explain('K')).toMatchObject({
      freezes: [],
      waysOut: [{ do: 'release', persons: ['hugo'] }],
      whoCanUnblock: ['hugo'],
    })
    await scenario.given('hugo', 'release', K)
  })

  it('is refused to Ada, an administrator, to Alice, who made K, and to a robot of Hana [LAW 92]', async () => {
    const scenario = await frozen()
    await refused(scenario, ['ada', 'overrideFreeze', override(scenario)], 'authority.no-role', { roles: ['cfo'] })
    await refused(scenario, ['alice', 'overrideFreeze', override(scenario)], 'duty.second-person')
    await robot(scenario, 'hana-bot', { controller: 'hana', role: 'cfo' })
    await refused(scenario, ['hana-bot', 'overrideFreeze', override(scenario)], 'identity.bot')
  })

  it('does not exempt an administrator who releases [LAW 92]', async () => {
    const scenario = await frozen()
    await scenario.given('otto', 'grantRole', { role: 'deployer', to: 'ada', team: '*' })
    await refused(scenario, ['ada', 'release', K], 'freeze.active')
  })

  it('ends, at the latest when the freeze says, and at its end exactly K is frozen again [LAW 92]', async () => {
    const scenario = await frozen()
    const long = await refused(scenario, ['hana', 'overrideFreeze', override(scenario, day + 1)], 'interval.invalid', {
      atMost: '24h',
    })
    // Of a freeze the most is what the freeze says, and not a policy.
    expect(long.because).toBe(
      `it would last until ${later(scenario, day + 1)}, and 24h from ${scenario.now} is the longest that is allowed`,
    )
    await refused(scenario, ['hana', 'overrideFreeze', override(scenario, 0)], 'interval.invalid')
    await scenario.given('hana', 'overrideFreeze', override(scenario, day))
    scenario.at(day - 1)
    expect(scenario.explain('K').freezes).toEqual([])
    scenario.at(1)
    await refused(scenario, ['paul', 'release', K], 'freeze.active')
    await sound(scenario)
  })

  it('is possible for nobody where the freeze names nobody [LAW 92]', async () => {
    const { overriddenBy: _, ...without } = close(await approved())
    const scenario = await approved()
    await scenario.given('ada', 'declareFreeze', without)
    await refused(scenario, ['hana', 'overrideFreeze', override(scenario)], 'freeze.no-override')
    await refused(scenario, ['hana', 'overrideFreeze', { ...override(scenario), freeze: 'q2' }], 'name.unknown')
  })

  it('is named as a way out only where K could be put into effect by it: not while another freeze holds that nobody overrides, nor before a window [LAW 92]', async () => {
    const scenario = await frozen()
    const { overriddenBy: _, ...without } = close(scenario, { freeze: 'year-end' })
    await scenario.given('ada', 'declareFreeze', without)
    const told = () => {
      const { waysOut, whoCanUnblock } = scenario.explain('K')
      return { waysOut, whoCanUnblock }
    }
    expect(told()).toEqual({ waysOut: [], whoCanUnblock: [] })
    // Which it is possible to override all the same, and leads nowhere yet.
    await scenario.given('hana', 'overrideFreeze', override(scenario))
    expect(told()).toEqual({ waysOut: [], whoCanUnblock: [] })
    await scenario.given('ada', 'liftFreeze', { freeze: 'year-end', comment: 'over' })
    expect(told().whoCanUnblock).toEqual(['paul'])

    const twice = await frozen()
    await twice.given(
      'ada',
      'declareFreeze',
      close(twice, { freeze: 'year-end', overriddenBy: { role: 'head', atMost: '24h' } }),
    )
    const head = { do: 'overrideFreeze', role: 'head' }
    const cfo = { do: 'overrideFreeze', role: 'cfo' }
    expect(twice.explain('K').waysOut).toMatchObject([cfo, { ...head, persons: [] }, { do: 'grantRole', role: 'head' }])
    await twice.given('ada', 'grantRole', { role: 'head', to: 'dan', team: '*' })
    expect(twice.explain('K')).toMatchObject({
      waysOut: [cfo, { ...head, persons: ['dan'] }],
      whoCanUnblock: ['bob', 'dan', 'hana', 'hugo'],
    })

    const during = fixturePolicy({
      flow: normalFlow().map(one => (one.kind === 'release' ? { ...one, during: 'nights' } : one)),
    })
    const shut = await frozen({}, { policies: [during] })
    expect(shut.explain('K')).toMatchObject({ freezes: [{ freeze: 'q1-close' }], waysOut: [], whoCanUnblock: [] })
    await shut.given('ada', 'declareWindow', {
      window: 'tonight',
      calendar: 'nights',
      schedule: { zone: 'UTC', from: '2026-03-02T08:00', until: '2026-03-02T20:00' },
      intervals: [{ from: shut.now, until: later(shut, 12 * hour) }],
    })
    expect(shut.explain('K').waysOut).toMatchObject([cfo])
  })

  it('holds no longer where Hana comes to take part in K, turns out to be Alice, or leaves as compromised [LAW 92]', async () => {
    const joins = await frozen()
    await joins.given('hana', 'overrideFreeze', override(joins))
    await joins.given('alice', 'assign', { ...K, to: 'hana' })
    await refused(joins, ['paul', 'release', K], 'freeze.active')
    const alias = await frozen()
    await alias.given('hana', 'overrideFreeze', override(alias))
    await alias.given('ada', 'recordAlias', { person: 'hana', is: 'alice', comment: 'one person' })
    await refused(alias, ['paul', 'release', K], 'freeze.active')
    const leaves = await frozen()
    await leaves.given('hana', 'overrideFreeze', override(leaves))
    await leaves.given('ada', 'recordDeparture', { person: 'hana', compromised: true })
    await refused(leaves, ['paul', 'release', K], 'freeze.active')
    for (const scenario of [joins, alias, leaves]) await sound(scenario)
  })

  it('holds where Hana gives it who has left as compromised, has come back, and was given the role again [LAW 92]', async () => {
    const scenario = await frozen()
    await scenario.given('ada', 'recordDeparture', { person: 'hana', compromised: true })
    scenario.at(hour)
    await scenario.given('ada', 'recordReturn', { person: 'hana' })
    await scenario.given('ada', 'grantRole', { role: 'cfo', to: 'hana', team: '*' })
    scenario.at(hour)
    await scenario.given('hana', 'overrideFreeze', override(scenario))
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('holds no longer where whoever gave Dan the role comes to make K, and holds where somebody else gave it, too [LAW 92]', async () => {
    for (const other of [false, true]) {
      const scenario = await frozen()
      await scenario.given('ada', 'grantRole', { role: 'cfo', to: 'dan', team: '*' })
      if (other) await scenario.given('otto', 'grantRole', { role: 'cfo', to: 'dan', team: '*' })
      await scenario.given('dan', 'overrideFreeze', override(scenario))
      await scenario.given('alice', 'assign', { ...K, to: 'ada' })
      if (!other) {
        await refused(scenario, ['paul', 'release', K], 'freeze.active')
        await scenario.given('hana', 'overrideFreeze', override(scenario))
      }
      await scenario.given('paul', 'release', K)
      await sound(scenario)
    }
  })

  it('gives no right to whom a participant gave the role since [LAW 92]', async () => {
    const scenario = await frozen()
    await scenario.given('alice', 'assign', { ...K, to: 'otto' })
    await scenario.given('otto', 'grantRole', { role: 'cfo', to: 'dan', team: '*' })
    await refused(scenario, ['dan', 'overrideFreeze', override(scenario)], 'authority.granted-by-participant')
  })
})

describe('a window', () => {
  const windowed = fixturePolicy({
    flow: [
      test('verify', { by: role('tester') }),
      approval('approve', approvals(2).from(role('appr'))),
      release('production', { by: role('deployer'), during: 'maintenance' }),
    ],
  })
  const window = (scenario: Scenario, vary: object = {}) => ({
    window: 'march',
    calendar: 'maintenance',
    schedule: { zone: 'UTC', from: '2026-03-02T10:00', until: '2026-03-02T12:00' },
    intervals: [{ from: later(scenario, 2 * hour), until: later(scenario, 4 * hour) }],
    ...vary,
  })

  it('is the freeze the other way round: K is put into effect in it, and neither before nor at its end [LAW 88]', async () => {
    const scenario = await approved({ policies: [windowed] })
    await refused(scenario, ['paul', 'release', K], 'window.closed', { calendar: 'maintenance', next: null })
    const declared = window(scenario)
    await scenario.given('ada', 'declareWindow', declared)
    await refused(scenario, ['paul', 'release', K], 'window.closed', { next: declared.intervals[0] })
    scenario.at(4 * hour)
    await refused(scenario, ['paul', 'release', K], 'window.closed', { next: null })
    await scenario.given('ada', 'declareWindow', window(scenario, { window: 'april' }))
    scenario.at(2 * hour)
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })

  it('declared over a change of clocks opens at no instant outside of any reading of it, and is refused where that leaves nothing [LAW 88]', async () => {
    const scenario = await approved({ policies: [windowed] })
    const desk = await createDesk({ store: scenario.store, clock: () => new Date(scenario.now), schedules: resolve })
    const schedule = { zone: 'Europe/Zurich', from: '2026-10-25T02:30', until: '2026-10-25T03:30' }
    const declared = { window: 'october', calendar: 'maintenance', schedule }
    const receipt = await desk.by('ada').declareWindow(declared)
    expect(receipt).toMatchObject({ outcome: 'accepted' })
    expect(desk.governance().windows.october).toMatchObject({
      intervals: [{ from: '2026-10-25T01:30:00.000Z', until: '2026-10-25T02:30:00.000Z' }],
    })
    const nothing = { ...declared, window: 'none', schedule: { ...schedule, until: '2026-10-25T02:45' } }
    expect(await desk.by('ada').declareWindow(nothing)).toMatchObject({ refusal: { code: 'command.malformed' } })
  })

  it('is explained where it is closed, with the next one that opens, and the release is frozen meanwhile [LAW 88]', async () => {
    const scenario = await approved({ policies: [windowed] })
    const told = () => {
      const { windows, stages } = scenario.explain('K')
      return [windows, stages.at(-1)?.status]
    }
    const closed = { stage: 'production', calendar: 'maintenance' }
    expect(told()).toEqual([[{ ...closed, next: null }], 'frozen'])
    const declared = window(scenario)
    await scenario.given('ada', 'declareWindow', declared)
    expect(told()).toEqual([[{ ...closed, next: declared.intervals[0] }], 'frozen'])
    scenario.at(2 * hour)
    expect(told()).toEqual([[], 'pending'])
    await scenario.given('paul', 'release', K)
    scenario.at(4 * hour)
    expect(told()).toEqual([[], 'satisfied'])
  })

  it('is not told as the next one where freezes hold from its beginning to its end, until K is excepted from them [LAW 88]', async () => {
    const scenario = await approved({ policies: [windowed] })
    const at = (hours: number) => later(scenario, hours * hour)
    const span = (from: number, until: number) => ({ from: at(from), until: at(until) })
    const next = () => scenario.explain('K').windows.map(one => one.next)
    await scenario.given('ada', 'declareWindow', window(scenario, { intervals: [span(2, 4), span(8, 10)] }))
    expect(next()).toEqual([span(2, 4)])
    await scenario.given('ada', 'declareFreeze', close(scenario, { freeze: 'a', intervals: [span(1, 3)] }))
    expect(next()).toEqual([span(2, 4)])
    await scenario.given('ada', 'declareFreeze', close(scenario, { freeze: 'b', intervals: [span(3, 5), span(8, 11)] }))
    expect(next()).toEqual([null])
    const { help } = await refused(scenario, ['paul', 'release', K], 'window.closed', { next: null })
    expect(help).toBe('No further window is declared that is not all in freezes; an administrator can declare one.')
    await scenario.given('ada', 'declareWindow', window(scenario, { window: 'april', intervals: [span(10, 12)] }))
    await refused(scenario, ['paul', 'release', K], 'window.closed', { next: span(10, 12) })
    await scenario.given('hana', 'overrideFreeze', { ...override(scenario, 9 * hour), freeze: 'b' })
    expect(next()).toEqual([span(2, 4)])
    await sound(scenario)
  })

  it('opens nothing for a change in which the one takes part who declared it since, as maker or by the release itself [LAW 89]', async () => {
    const now = (scenario: Scenario, id: string) =>
      window(scenario, { window: id, intervals: [{ from: scenario.now, until: later(scenario, day) }] })
    const scenario = await approved({ policies: [windowed] })
    scenario.at(hour)
    for (const one of ['ada', 'otto']) await scenario.given(one, 'appointAdministrator', { person: 'alice' })
    await scenario.given('ada', 'grantRole', { role: 'deployer', to: 'otto', team: '*' })
    await scenario.given('alice', 'declareWindow', now(scenario, 'own'))
    await refused(scenario, ['paul', 'release', K], 'window.closed', { next: null })
    await scenario.given('otto', 'declareWindow', now(scenario, 'his'))
    await refused(scenario, ['otto', 'release', K], 'window.closed', { next: null })
    await scenario.given('paul', 'release', K)
    await sound(scenario)

    const early = await f0({ people: cast, policies: [windowed], submit: null })
    for (const one of ['ada', 'otto']) await early.given(one, 'appointAdministrator', { person: 'alice' })
    await early.given('alice', 'declareWindow', now(early, 'monthly'))
    early.at(hour)
    await early.given('rita', 'submit', submitK)
    await early.given('erin', 'signOff', { ...K, ...report })
    for (const one of ['bob', 'carol']) await early.given(one, 'approve', K)
    await early.given('paul', 'release', K)
    await sound(early)
  })

  it('is found where it was declared by Alice, who made K, in a trail sealed anew [LAW 89]', async () => {
    const scenario = await approved({ policies: [windowed] })
    scenario.at(hour)
    for (const one of ['ada', 'otto']) await scenario.given(one, 'appointAdministrator', { person: 'alice' })
    await scenario.given(
      'otto',
      'declareWindow',
      window(scenario, { intervals: [{ from: scenario.now, until: later(scenario, day) }] }),
    )
    await scenario.given('paul', 'release', K)
    type Declared = { command: { type: string }; by: object; outcome: { accepted: object[] } }
    const bodies = bodiesOf(await linesOf(scenario.store))
    for (const body of bodies as (LooseBody & Declared)[]) {
      if (body.command.type !== 'declareWindow') continue
      Object.assign(body.by, { account: 'alice', person: 'alice' })
      for (const event of body.outcome.accepted) Object.assign(event, { by: 'alice' })
    }
    const { status, codes } = verifyTrail([fileOf(reseal(renumber(bodies)))])
    expect(status).toBe('unjustified')
    expect(Object.keys(codes)).toEqual(expect.arrayContaining(['decision.unjustified', 'release.untimely']))
  })

  it('is for the teams that it names, of the calendar that the policy names, and not once it is withdrawn, and a freeze holds in it as well [LAW 88]', async () => {
    const open = async (...declared: object[]) => {
      const scenario = await approved({ policies: [windowed, elsewhere] })
      const intervals = [{ from: scenario.now, until: later(scenario, hour) }]
      for (const [place, one] of declared.entries())
        await scenario.given('ada', 'declareWindow', window(scenario, { intervals, window: `w${place}`, ...one }))
      return scenario
    }
    await refused(await open({ teams: ['u'] }), ['paul', 'release', K], 'window.closed')
    await refused(await open({ calendar: 'other' }), ['paul', 'release', K], 'window.closed')
    const withdrawn = await open({ teams: ['t'] })
    await withdrawn.given('otto', 'withdrawWindow', { window: 'w0', comment: 'the team is ill' })
    await refused(withdrawn, ['paul', 'release', K], 'window.closed')
    const both = await open({})
    await both.given('ada', 'declareFreeze', close(both))
    await refused(both, ['paul', 'release', K], 'freeze.active')
    for (const scenario of [withdrawn, both]) await sound(scenario)
  })
})

describe('time zones', () => {
  it('resolve to the same instants on machines in five of them, over changes of clocks in either direction [LAW 89]', () => {
    const schedules = [
      { zone: 'Europe/Zurich', from: '2026-03-28T18:00', until: '2026-03-30T06:00' },
      { zone: 'America/New_York', from: '2026-10-31T18:00', until: '2026-11-02T06:00' },
      { zone: 'Australia/Lord_Howe', from: '2026-04-04T12:00', until: '2026-04-05T12:00' },
      {
        zone: 'Asia/Kolkata',
        weekly: ['sat', 'sun'],
        from: '22:30',
        until: '05:15',
        first: '2026-03-01',
        last: '2026-04-30',
      },
      {
        zone: 'America/Sao_Paulo',
        weekly: ['fri'],
        from: '18:00',
        until: '18:00',
        first: '2026-01-01',
        last: '2026-12-31',
      },
    ]
    const source = `import { resolve } from '@countersign/calendar'
      console.log(JSON.stringify(${JSON.stringify(schedules)}.map(one => resolve(one))))`
    const root = fileURLToPath(new URL('..', import.meta.url))
    const told = ['UTC', 'Europe/Zurich', 'America/Los_Angeles', 'Asia/Kolkata', 'Pacific/Chatham'].map(TZ =>
      execFileSync(process.execPath, ['--conditions=countersign-src', '--input-type=module', '-e', source], {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, TZ },
      }),
    )
    expect(new Set(told).size).toBe(1)
    expect(JSON.parse(told[0] ?? '')[0]).toEqual([
      { from: '2026-03-28T17:00:00.000Z', until: '2026-03-30T04:00:00.000Z' },
    ])
  })

  it('are resolved where a freeze is declared, and the entry has both: what was written, and the instants, which count [LAW 89]', async () => {
    const scenario = await approved()
    const schedule = { zone: 'Europe/Zurich', from: '2026-03-28T18:00', until: '2026-03-30T06:00' }
    const intervals = resolve(schedule)
    await scenario.given('ada', 'declareFreeze', close(scenario, { schedule, intervals }))
    const bodies = bodiesOf(await linesOf(scenario.store))
    expect(bodies.at(-1)?.command).toMatchObject({ schedule, intervals })
    scenario.at('2026-03-30T03:59:59.999Z')
    await refused(scenario, ['paul', 'release', K], 'freeze.active')
    scenario.at('2026-03-30T04:00:00.000Z')
    await scenario.given('paul', 'release', K)
    await sound(scenario)
  })
})

describe('a freeze that is declared by its schedule alone', () => {
  const schedule = { zone: 'Europe/Zurich', from: '2026-03-28T18:00', until: '2026-03-30T06:00' }
  const declared = { freeze: 'close', because: 'the books are closed', schedule }
  const deskOf = ({ store, now }: Scenario, more: object = { schedules: resolve }) =>
    createDesk({ store, clock: () => new Date(now), ...more })

  it('is worked out at the desk, once, and the entry is the one of a freeze that was handed in with its instants [LAW 89]', async () => {
    const scenario = await approved()
    const desk = await deskOf(scenario)
    const weekly = { zone: 'UTC', weekly: ['sat'] as const, from: '00:00', until: '12:00' }
    const window = { window: 'w', calendar: 'nights', schedule: { ...weekly, first: '2026-04-01', last: '2026-04-12' } }
    for (const receipt of [
      await desk.by('ada').declareFreeze(declared, { id: 'declared-once' }),
      await desk.by('ada').declareFreeze(declared, { id: 'declared-once' }),
      await desk.by('ada').declareFreeze({ ...declared, intervals: resolve(schedule) }, { id: 'declared-once' }),
      await desk.by('ada').declareWindow({ ...window, schedule: { ...window.schedule, weekly: ['sat'] } }),
    ])
      expect(receipt).toMatchObject({ outcome: 'accepted' })
    const commands = bodiesOf(await linesOf(scenario.store)).map(one => one.command)
    expect(commands.slice(-2)).toMatchObject([
      { schedule, intervals: [{ from: '2026-03-28T17:00:00.000Z', until: '2026-03-30T04:00:00.000Z' }] },
      {
        intervals: [
          { from: '2026-04-04T00:00:00.000Z', until: '2026-04-04T12:00:00.000Z' },
          { from: '2026-04-11T00:00:00.000Z', until: '2026-04-11T12:00:00.000Z' },
        ],
      },
    ])
    await sound(scenario)
  })

  it('is recorded as it was looked at, of whatever kind of object it was, and not as that is written [LAW 89]', async () => {
    class Written {
      get zone() {
        return schedule.zone
      }
      get from() {
        return schedule.from
      }
      get until() {
        return schedule.until
      }
    }
    const hidden = Object.defineProperties({}, Object.getOwnPropertyDescriptors({ ...schedule }))
    for (const name of Object.keys(schedule)) Object.defineProperty(hidden, name, { enumerable: false })
    for (const odd of [new Written(), Object.create(schedule), hidden, { ...schedule, weekly: undefined }]) {
      const scenario = await approved()
      const desk = await deskOf(scenario)
      const intervals = resolve(schedule)
      const receipt = await desk.by('ada').declareFreeze({ ...declared, schedule: odd, intervals })
      const last = bodiesOf(await linesOf(scenario.store)).at(-1)
      if (receipt.outcome === 'accepted') expect(last?.command).toMatchObject({ schedule })
      else expect(receipt.refusal.code).toBe('command.malformed')
      await sound(scenario)
      await deskOf(scenario)
    }
  })

  it('counts as the instants that are handed in beside it, where there are any: whoever declares it has worked them out [LAW 89]', async () => {
    const scenario = await approved()
    const desk = await deskOf(scenario)
    const intervals = [{ from: '2026-04-01T00:00:00.000Z', until: '2026-04-02T00:00:00.000Z' }]
    await desk.by('ada').declareFreeze({ ...declared, intervals })
    expect(desk.governance().freezes.close?.intervals).toEqual(intervals)
  })

  it('is refused, and nothing is declared, with a zone or a day that there is not, without an end, and where the desk cannot work it out [LAW 89]', async () => {
    const scenario = await approved()
    const weekly = { zone: 'UTC', weekly: ['mon'], from: '08:00', until: '09:00', first: '2026-04-01' }
    const cases: [unknown, object | undefined, string, RegExp][] = [
      [{ ...schedule, zone: 'Mars/Olympus' }, undefined, 'schedule', /no time zone Mars\/Olympus/],
      [{ ...schedule, zone: '../etc' }, undefined, 'schedule', /IANA time zone|expected/],
      [{ ...schedule, zone: 'Europe/Zürich' }, undefined, 'schedule.zone', /IANA time zone/],
      [{ ...schedule, until: '2026-02-30T06:00' }, undefined, 'schedule', /no local time 2026-02-30T06:00/],
      [{ ...schedule, until: '2026-03-01T06:00' }, undefined, 'schedule', /no later than it begins/],
      [{ ...weekly, last: '9999-12-31' }, undefined, 'schedule', /more than 5 years/],
      [{ ...weekly, last: '2026-04-02' }, undefined, 'schedule', /never comes about/],
      [
        { ...weekly, weekly: ['mon', 'wed', 'fri'], last: '2031-03-31' },
        undefined,
        'schedule',
        /more than one declaration/,
      ],
      [weekly, undefined, 'schedule.last', /^is missing/],
      [
        { ...weekly, weekly: ['saturday'], last: '2026-04-30' },
        undefined,
        'schedule.weekly.0',
        /^must be mon, tue, .* or sun$/,
      ],
      [{ zone: 'UTC', from: '2026-04-01T08:00' }, undefined, 'schedule.until', /^is missing/],
      [{ from: '2026-04-01T08:00Z', until: '2026-04-02T08:00Z' }, undefined, 'schedule.zone', /^is missing/],
      [
        'every weekend',
        undefined,
        'schedule',
        /^must be \{ zone: .* or of every week \{ zone: .*weekly: \['sat', 'sun'\]/,
      ],
      [undefined, undefined, 'schedule', /^must be \{ zone: .* or of every week/],
      [{ calendar: 'the bank (uid-1)' }, undefined, 'intervals', /fromICalendar/],
      [schedule, {}, 'intervals', /schedules: resolve/],
      [schedule, { schedules: () => [] }, 'intervals', /./],
    ]
    for (const [written, more, member, problem] of cases) {
      const desk = await deskOf(scenario, more)
      const before = desk.snapshot()
      const receipt = await desk.by('ada').declareFreeze({ ...declared, schedule: written as never })
      expect(receipt, JSON.stringify(written)).toMatchObject({ refusal: { code: 'command.malformed' } })
      const { facts } = (receipt as Refused).refusal as Refusal<'command.malformed'>
      const [first, ...others] = facts.problems
      expect(first?.where).toContain(`command.${member}`)
      expect(first?.problem).toMatch(problem)
      // One cause is told once, and not again by the intervals that it leaves out.
      expect(others.map(one => one.where)).not.toContain('command.intervals')
      expect(desk.snapshot()).toEqual(before)
    }
    await expect(deskOf(scenario, { schedules: 'resolve' })).rejects.toThrow(/`schedules` is a function/)
    const broken = await deskOf(scenario, {
      schedules: () => {
        throw new RangeError('out of order')
      },
    })
    await expect(broken.by('ada').declareFreeze(declared)).rejects.toThrow('out of order')
    await sound(scenario)
  })
})
