import { describe, expect, it } from 'vitest'
import type { RefusalCode } from '../../packages/countersign/src/decision/refusal-code.ts'
import {
  cycleThrough,
  delegatesOf,
  delegationChains,
  delegationsFor,
  lengthOf,
} from '../../packages/countersign/src/governance/delegation.ts'
import { answerFor, identifyPerson, isActive, personNamed } from '../../packages/countersign/src/governance/identity.ts'
import {
  barredFrom,
  decideGovernance,
  evolveGovernance,
  type Governance,
  type GovernanceCommand,
  type GovernanceEvent,
  grantsBehind,
  groupsOf,
  holdersOf,
  holds,
  identify,
  isAbsent,
  noGovernance,
  robotsIn,
  staffing,
  standInFor,
} from '../../packages/countersign/src/governance/index.ts'

/** A day of March 2026, at eight unless told otherwise. */
const on = (day: number, hour = 8) => new Date(Date.UTC(2026, 2, day, hour)).toISOString()

type Step = readonly [account: string, command: GovernanceCommand, at?: string | undefined]

/** What is known once these commands are recorded, each of them accepted, on the first of March unless told otherwise. */
function after(before: Governance, ...steps: readonly Step[]): Governance {
  let governance = before
  for (const [account, command, at = on(1)] of steps) {
    const outcome = decideGovernance(governance, command, account, at)
    if ('refused' in outcome) throw new Error(`${command.type}: ${JSON.stringify(outcome.refused)}`)
    governance = evolveGovernance(governance, outcome.accepted, command)
  }
  return governance
}

/** What is known once an entry says so, whoever wrote it. */
const told = (before: Governance, ...events: readonly GovernanceEvent[]) =>
  evolveGovernance(before, events, { type: 'unlinkAccount', account: 'nobody' })

const refusal = (code: RefusalCode, facts: object) => ({ refused: { code, facts } })
const accepted = (...events: GovernanceEvent[]) => ({ accepted: events })

const person = (id: string): Step => ['ada', { type: 'registerPerson', person: id, name: id, accounts: [id] }]
const bot = (id: string, controller?: string): Step => [
  'ada',
  { type: 'registerBot', bot: id, accounts: [id], ...(controller === undefined ? {} : { controller }) },
]
const define = (role: string, ...inherits: string[]): Step => [
  'ada',
  { type: 'defineRole', role, description: role, ...(inherits.length === 0 ? {} : { inherits }) },
]
const left = (id: string, at: string): Step => ['ada', { type: 'recordDeparture', person: id, compromised: false }, at]
const alias = (id: string, is: string, at?: string): Step => [
  'ada',
  { type: 'recordAlias', person: id, is, comment: 'one file' },
  at,
]

type Window = { readonly team?: string; readonly from?: string; readonly until?: string }

const granting = (role: string, to: string, window: Window = {}): GovernanceCommand => ({
  type: 'grantRole',
  role,
  to,
  team: 't',
  ...window,
})
const given = (role: string, to: string, window: Window = {}): Step => ['ada', granting(role, to, window)]
const revoking = (role: string, from: string, team = 't'): GovernanceCommand => ({
  type: 'revokeRole',
  role,
  from,
  team,
})
const excluding = (roles: string[], team = 't'): GovernanceCommand => ({
  type: 'excludeRoles',
  roles,
  team,
  because: 'nobody does both',
})
const excluded = (roles: string[], team = 't', at?: string): Step => ['ada', excluding(roles, team), at]
const away = (id: string, from: string, until: string): GovernanceCommand => ({
  type: 'recordAbsence',
  person: id,
  from,
  until,
})
const back = (id: string, from: string, until: string): GovernanceCommand => ({
  type: 'cancelAbsence',
  person: id,
  from,
  until,
})

type Delegated = Extract<GovernanceEvent, { type: 'delegation.granted' }>

/** A delegation for the whole of March, as an entry says it. */
const delegation = (id: string, principal: string, to: string, more: Partial<Delegated> = {}): Delegated => ({
  type: 'delegation.granted',
  by: principal,
  delegation: id,
  principal,
  to,
  from: on(1),
  until: on(31),
  scope: {},
  ...more,
})
const delegating = (principal: string, to: string): GovernanceCommand => ({
  type: 'delegate',
  delegation: 'new',
  principal,
  to,
  from: on(2),
  until: on(9),
  scope: {},
})

const matter = { role: 'appr', team: 't', category: 'normal' }

/** Two administrators, some people, two robots of which one answers to Bob, and roles that nobody holds yet. */
const office = after(
  noGovernance,
  [
    'ada',
    {
      type: 'found',
      origin: 'trail.example/roles',
      format: 'countersign/trail/v1',
      administrators: ['ada', 'otto'].map(id => ({ person: id, name: id, accounts: [id] })),
    },
  ],
  ...['alice', 'bob', 'carol', 'dora', 'erin', 'frank', 'gina', 'hugo', 'ivy'].map(person),
  bot('robo', 'bob'),
  bot('stray'),
  bot('helper', 'ada'),
  define('appr'),
  define('maker'),
  define('tester'),
  define('clerk'),
  define('chief', 'appr'),
)

describe('a role', () => {
  it.each<[string, GovernanceCommand, object]>([
    [
      'is defined once',
      { type: 'defineRole', role: 'appr', description: 'approves' },
      refusal('name.taken', { what: 'role', name: 'appr' }),
    ],
    [
      'inherits no role that is not there',
      { type: 'defineRole', role: 'boss', description: 'decides', inherits: ['maker', 'testr'] },
      refusal('name.unknown', { what: 'role', name: 'testr', near: '; did you mean tester?' }),
    ],
    [
      'is defined without a word of others',
      { type: 'defineRole', role: 'boss', description: 'decides' },
      accepted({ type: 'role.defined', role: 'boss', description: 'decides' }),
    ],
    [
      'inherits others, each once and in their order',
      { type: 'defineRole', role: 'boss', description: 'decides', inherits: ['tester', 'maker', 'tester'] },
      accepted({ type: 'role.defined', role: 'boss', description: 'decides', inherits: ['maker', 'tester'] }),
    ],
  ])('%s', (_, command, outcome) => {
    expect(decideGovernance(office, command, 'ada', on(1))).toStrictEqual(outcome)
  })

  it.each<[string, GovernanceCommand, object]>([
    [
      'that is not there',
      granting('aprr', 'bob'),
      refusal('name.unknown', { what: 'role', name: 'aprr', near: '; did you mean appr?' }),
    ],
    [
      'to a person who is not there',
      granting('appr', 'bop'),
      refusal('name.unknown', { what: 'person', name: 'bop', near: '; did you mean bob?' }),
    ],
    [
      'to a person who has left',
      granting('appr', 'hugo'),
      refusal('name.unknown', { what: 'active person', name: 'hugo', near: '' }),
    ],
    [
      'by whoever would get it',
      granting('appr', 'ada'),
      refusal('duty.second-person', { person: 'ada', what: 'grantRole' }),
    ],
    [
      'to a robot by whoever answers for it',
      granting('appr', 'helper'),
      refusal('duty.second-person', { person: 'ada', what: 'grantRole' }),
    ],
    [
      'until the instant at which it begins',
      granting('appr', 'bob', { from: on(4), until: on(4) }),
      refusal('interval.invalid', { from: on(4), until: on(4) }),
    ],
    [
      'until before it begins',
      granting('appr', 'bob', { from: on(4), until: on(3) }),
      refusal('interval.invalid', { from: on(4), until: on(3) }),
    ],
    [
      'from now until now',
      granting('appr', 'bob', { until: on(2) }),
      refusal('interval.invalid', { from: on(2), until: on(2) }),
    ],
  ])('is not given %s', (_, command, outcome) => {
    const governance = after(office, left('hugo', on(1)))
    expect(decideGovernance(governance, command, 'ada', on(2))).toStrictEqual(outcome)
  })

  it.each<[string, GovernanceCommand, object]>([
    ['from now on', granting('appr', 'bob'), { to: 'bob', from: on(2) }],
    ['from an instant on', granting('appr', 'bob', { from: on(4) }), { to: 'bob', from: on(4) }],
    ['for a time', granting('appr', 'bob', { until: on(2, 9) }), { to: 'bob', from: on(2), until: on(2, 9) }],
    ['to a robot of somebody else', granting('appr', 'robo'), { to: 'robo', from: on(2) }],
    ['to a robot that answers to nobody', granting('appr', 'stray'), { to: 'stray', from: on(2) }],
  ])('is given %s', (_, command, event) => {
    expect(decideGovernance(office, command, 'ada', on(2))).toStrictEqual(
      accepted({ type: 'role.granted', by: 'ada', role: 'appr', team: 't', at: on(2), ...event } as GovernanceEvent),
    )
  })

  it('is given to the person that an id turned out to be', () => {
    const governance = after(office, alias('carol', 'bob'))
    expect(decideGovernance(governance, granting('appr', 'carol'), 'ada', on(2))).toStrictEqual(
      accepted({ type: 'role.granted', by: 'ada', role: 'appr', to: 'bob', team: 't', at: on(2), from: on(2) }),
    )
  })

  const without = (role: string, team: string) =>
    refusal('nothing-to-do', { person: 'bob', state: 'without role', role, team })

  it.each<[string, readonly Step[], GovernanceCommand, object]>([
    [
      'that is not there',
      [],
      revoking('aprr', 'bob'),
      refusal('name.unknown', { what: 'role', name: 'aprr', near: '; did you mean appr?' }),
    ],
    ['that nobody was ever given', [], revoking('appr', 'bob'), without('appr', 't')],
    ['that only others were given', [given('appr', 'carol')], revoking('appr', 'bob'), without('appr', 't')],
    [
      'that was given for another team',
      [given('appr', 'bob', { team: 'u' })],
      revoking('appr', 'bob'),
      without('appr', 't'),
    ],
    [
      'that was given for every team, in one of them',
      [given('appr', 'bob', { team: '*' })],
      revoking('appr', 'bob'),
      without('appr', 't'),
    ],
    [
      'that was given until now',
      [given('appr', 'bob', { until: on(5) })],
      revoking('appr', 'bob'),
      without('appr', 't'),
    ],
    [
      'that was given until before now, and for ever elsewhere',
      [given('appr', 'bob', { until: on(4) }), given('appr', 'bob', { team: 'u' })],
      revoking('appr', 'bob'),
      without('appr', 't'),
    ],
  ])('is not taken away %s', (_, steps, command, outcome) => {
    expect(decideGovernance(after(office, ...steps), command, 'ada', on(5))).toStrictEqual(outcome)
  })

  it.each<[string, readonly Step[]]>([
    ['that was given for ever', [given('appr', 'bob')]],
    ['that was given until after now', [given('appr', 'bob', { until: on(5, 9) })]],
    ['that is to come', [given('appr', 'bob', { from: on(7), until: on(8) })]],
    [
      'that was given before, was over, and was given again',
      [given('appr', 'bob', { until: on(2) }), given('appr', 'bob', { from: on(4) })],
    ],
    ['that was given for another team as well', [given('appr', 'bob', { team: 'u' }), given('appr', 'bob')]],
  ])('is taken away %s', (_, steps) => {
    expect(decideGovernance(after(office, ...steps), revoking('appr', 'bob'), 'ada', on(5))).toStrictEqual(
      accepted({ type: 'role.revoked', role: 'appr', from: 'bob', team: 't', at: on(5) }),
    )
  })
})

describe('roles that exclude one another', () => {
  it.each<[string, GovernanceCommand, object]>([
    [
      'are roles that are there',
      excluding(['appr', 'makre']),
      refusal('name.unknown', { what: 'role', name: 'makre', near: '; did you mean maker?' }),
    ],
    [
      'are two, and not one that is named twice',
      excluding(['appr', 'appr']),
      refusal('name.taken', { what: 'excluded role', name: 'appr' }),
    ],
    ['are two, and not none', excluding([]), refusal('name.taken', { what: 'excluded role', name: '' })],
    [
      'are excluded once in a team, in whatever order they are named',
      excluding(['tester', 'maker'], 'u'),
      refusal('name.taken', { what: 'exclusion', name: 'maker, tester', team: 'u' }),
    ],
    [
      'can be excluded in another team as well',
      excluding(['maker', 'tester']),
      accepted({
        type: 'roles.excluded',
        roles: ['maker', 'tester'],
        team: 't',
        because: 'nobody does both',
        violations: [],
      }),
    ],
    [
      'can be joined by others in the same team',
      excluding(['tester', 'maker', 'clerk', 'maker'], 'u'),
      accepted({
        type: 'roles.excluded',
        roles: ['clerk', 'maker', 'tester'],
        team: 'u',
        because: 'nobody does both',
        violations: [],
      }),
    ],
  ])('%s', (_, command, outcome) => {
    const governance = after(office, excluded(['maker', 'tester'], 'u'))
    expect(decideGovernance(governance, command, 'ada', on(1))).toStrictEqual(outcome)
  })

  const violationsAt = (governance: Governance, at: string, roles = ['appr', 'maker']) => {
    const outcome = decideGovernance(governance, excluding(roles), 'ada', at)
    const [event] = 'accepted' in outcome ? outcome.accepted : []
    return event?.type === 'roles.excluded' ? event.violations : outcome
  }

  it('are reported of everybody who has them together now or later, in the order of their ids', () => {
    const governance = after(
      office,
      given('appr', 'dora'),
      given('maker', 'dora', { team: '*' }),
      given('appr', 'bob', { until: on(5) }),
      given('maker', 'bob', { until: on(6) }),
      given('appr', 'carol', { from: on(7), until: on(9) }),
      given('maker', 'carol', { from: on(8) }),
      given('chief', 'alice'),
      given('maker', 'alice', { from: on(9) }),
      given('appr', 'erin', { until: on(9) }),
      given('maker', 'erin', { from: on(9) }),
      given('appr', 'frank', { team: 'u' }),
      given('maker', 'frank'),
      given('appr', 'gina', { team: 'u' }),
      given('maker', 'gina', { team: 'u' }),
      given('appr', 'ivy'),
    )
    const both = (id: string) => ({ person: id, roles: ['appr', 'maker'] })
    expect(violationsAt(governance, on(4, 23))).toEqual(['alice', 'bob', 'carol', 'dora'].map(both))
    expect(violationsAt(governance, on(5))).toEqual(['alice', 'carol', 'dora'].map(both))
    expect(violationsAt(governance, on(9))).toEqual(['alice', 'dora'].map(both))
  })

  it('are reported of the roles that meet, and of no third one that is over', () => {
    const governance = after(
      office,
      given('appr', 'bob'),
      given('maker', 'bob'),
      given('tester', 'bob', { until: on(3) }),
    )
    expect(violationsAt(governance, on(2), ['tester', 'maker', 'appr'])).toEqual([
      { person: 'bob', roles: ['appr', 'maker', 'tester'] },
    ])
    expect(violationsAt(governance, on(3), ['tester', 'maker', 'appr'])).toEqual([
      { person: 'bob', roles: ['appr', 'maker'] },
    ])
  })

  it('are reported of a hundred persons at most', () => {
    const ids = Array.from({ length: 101 }, (_, index) => `p${String(index).padStart(3, '0')}`)
    const governance = told(
      office,
      ...ids.flatMap((to): GovernanceEvent[] => [
        { type: 'person.registered', person: to, name: to },
        { type: 'role.granted', by: 'ada', role: 'appr', to, team: 't', at: on(1), from: on(1) },
        { type: 'role.granted', by: 'ada', role: 'maker', to, team: 't', at: on(1), from: on(1) },
      ]),
    )
    expect(violationsAt(governance, on(2))).toEqual(
      ids.slice(0, 100).map(id => ({ person: id, roles: ['appr', 'maker'] })),
    )
  })

  const apart = after(office, define('boss', 'appr', 'maker'), excluded(['appr', 'maker']))
  const exclusive = (team = 't') =>
    refusal('role.exclusive', { person: 'bob', roles: ['appr', 'maker'], team, because: 'nobody does both' })

  it.each<[string, Governance, readonly Step[], GovernanceCommand]>([
    ['for ever', apart, [given('appr', 'bob')], granting('maker', 'bob')],
    [
      'where the first one begins before the second one ends',
      apart,
      [given('appr', 'bob', { from: on(10) })],
      granting('maker', 'bob', { until: on(10, 9) }),
    ],
    [
      'where the second one begins before the first one ends',
      apart,
      [given('appr', 'bob', { until: on(10) })],
      granting('maker', 'bob', { from: on(9) }),
    ],
    ['where one is for every team', apart, [given('appr', 'bob', { team: '*' })], granting('maker', 'bob')],
    ['by a role that inherits one of them', apart, [given('chief', 'bob')], granting('maker', 'bob')],
    ['to whoever would have one by inheriting it', apart, [given('maker', 'bob')], granting('chief', 'bob')],
    ['by a role that inherits both', apart, [], granting('boss', 'bob')],
    ['by a role that inherits both, for every team', apart, [], granting('boss', 'bob', { team: '*' })],
  ])('are not given together: %s', (_, governance, steps, command) => {
    expect(decideGovernance(after(governance, ...steps), command, 'ada', on(2))).toStrictEqual(exclusive())
  })

  it('are not given together in any team where they exclude one another in every team', () => {
    const governance = after(office, excluded(['appr', 'maker'], '*'), given('appr', 'bob', { team: 'u' }))
    const outcome = (team: string) => decideGovernance(governance, granting('maker', 'bob', { team }), 'ada', on(2))
    expect(outcome('u')).toStrictEqual(exclusive('*'))
    expect(outcome('t')).toHaveProperty('accepted')
  })

  it.each<[string, Governance, readonly Step[], GovernanceCommand]>([
    [
      'until the instant at which the first one begins',
      apart,
      [given('appr', 'bob', { from: on(10) })],
      granting('maker', 'bob', { until: on(10) }),
    ],
    [
      'until before the first one begins',
      apart,
      [given('appr', 'bob', { from: on(10) })],
      granting('maker', 'bob', { until: on(9) }),
    ],
    [
      'from the instant at which the first one ends',
      apart,
      [given('appr', 'bob', { until: on(10) })],
      granting('maker', 'bob', { from: on(10) }),
    ],
    ['in different teams', apart, [given('appr', 'bob', { team: 'u' })], granting('maker', 'bob')],
    ['in a team of which nothing is said', apart, [], granting('boss', 'bob', { team: 'u' })],
    [
      'where the new one excludes neither, whatever the person has together already',
      after(office, given('appr', 'bob'), given('maker', 'bob'), excluded(['appr', 'maker'])),
      [],
      granting('clerk', 'bob'),
    ],
  ])('are given one beside the other: %s', (_, governance, steps, command) => {
    const { accepted: events } = decideGovernance(after(governance, ...steps), command, 'ada', on(2)) as {
      accepted: GovernanceEvent[]
    }
    expect(events).toMatchObject([{ type: 'role.granted', to: 'bob' }])
  })

  it('are recorded with the violation where a directory gives them, and with no other one', () => {
    const governance = after(
      office,
      given('appr', 'bob'),
      given('maker', 'bob'),
      given('clerk', 'bob'),
      excluded(['appr', 'maker']),
      excluded(['clerk', 'tester']),
      excluded(['chief', 'tester']),
    )
    const outcome = (...differences: { type: 'grantRole'; role: string; to: string; team: string }[]) =>
      decideGovernance(governance, { type: 'updateDirectory', source: 'the directory', differences }, 'ada', on(2))
    const grant = (role: string): GovernanceEvent => ({
      type: 'role.granted',
      by: 'ada',
      role,
      to: 'bob',
      team: 't',
      at: on(2),
      from: on(2),
    })
    expect(outcome({ type: 'grantRole', role: 'tester', to: 'bob', team: 't' })).toStrictEqual(
      accepted(grant('tester'), { type: 'exclusion.violated', person: 'bob', roles: ['clerk', 'tester'] }),
    )
    expect(outcome({ type: 'grantRole', role: 'tester', to: 'bob', team: 'u' })).toHaveProperty('accepted.length', 1)
  })

  it('are recorded with the violation of two ids that turn out to be one person, where there is one', () => {
    const governance = after(
      office,
      given('appr', 'bob'),
      given('maker', 'carol'),
      given('tester', 'dora'),
      excluded(['appr', 'maker']),
      excluded(['appr', 'clerk']),
    )
    const outcome = (id: string, is: string) =>
      decideGovernance(governance, { type: 'recordAlias', person: id, is, comment: 'one file' }, 'ada', on(2))
    const recorded = (id: string, is: string): GovernanceEvent => ({
      type: 'alias.recorded',
      person: id,
      is,
      at: on(2),
    })
    expect(outcome('carol', 'bob')).toStrictEqual(
      accepted(recorded('carol', 'bob'), { type: 'exclusion.violated', person: 'bob', roles: ['appr', 'maker'] }),
    )
    expect(outcome('dora', 'bob')).toStrictEqual(accepted(recorded('dora', 'bob')))
  })

  it('are held by nobody who has both, in the team of which it is said and while both last', () => {
    const governance = after(
      office,
      given('appr', 'bob'),
      given('maker', 'bob', { until: on(5) }),
      given('appr', 'bob', { team: 'u' }),
      given('maker', 'bob', { team: 'u' }),
      given('appr', 'carol'),
      excluded(['appr', 'clerk']),
      excluded(['appr', 'maker']),
    )
    const held = (team: string, at: string) => ['appr', 'maker'].map(role => holds(governance, 'bob', role, team, at))
    expect(held('t', on(4))).toEqual([false, false])
    expect(held('u', on(4))).toEqual([true, true])
    expect(held('t', on(5))).toEqual([true, false])
    expect(holdersOf(governance, 'appr', 't', on(4))).toEqual(['carol'])
    expect(holdersOf(governance, 'appr', 't', on(5))).toEqual(['bob', 'carol'])
  })

  it('are held by nobody who has one of them by a role that inherits it', () => {
    const governance = after(office, given('chief', 'bob'), given('maker', 'bob'), excluded(['appr', 'maker']))
    const held = ['appr', 'maker', 'chief'].map(role => holds(governance, 'bob', role, 't', on(2)))
    expect(held).toEqual([false, false, true])
    const barred = ['appr', 'maker', 'chief'].map(role => barredFrom(governance, 'bob', role, 't', on(2)))
    expect(barred).toEqual([true, true, false])
  })

  it('pass nothing on to a role below while they are suspended', () => {
    const governance = after(
      office,
      given('chief', 'bob'),
      given('maker', 'bob'),
      given('chief', 'carol'),
      excluded(['chief', 'maker']),
    )
    expect(holdersOf(governance, 'appr', 't', on(2))).toEqual(['carol'])
    expect(grantsBehind(governance, 'bob', 'appr', 't', on(2))).toEqual([])
  })

  it('bar whoever has one of them from acting in the other, in the team of which it is said', () => {
    const governance = after(office, given('maker', 'bob', { team: '*' }), excluded(['appr', 'maker']))
    const barred = (who: string, role: string, team: string) => barredFrom(governance, who, role, team, on(2))
    expect([barred('bob', 'appr', 't'), barred('bob', 'appr', 'u'), barred('carol', 'appr', 't')]).toEqual([
      true,
      false,
      false,
    ])
    expect(barred('bob', 'maker', 't')).toBe(false)
  })
})

describe('the holders of a role', () => {
  it('are named in the order of their ids, by whichever role they hold it', () => {
    const governance = after(office, given('chief', 'alice'), given('appr', 'erin'), given('appr', 'bob'))
    expect(holdersOf(governance, 'appr', 't', on(2))).toEqual(['alice', 'bob', 'erin'])
    expect(holdersOf(governance, 'chief', 't', on(2))).toEqual(['alice'])
  })

  it('are told with what they were given, and hold it until they leave', () => {
    const governance = after(office, given('appr', 'bob', { team: '*' }), given('chief', 'bob'), left('bob', on(6)))
    const first = office.entries + 1
    const ended = first + 2
    const grant = (nth: number, team: string) => ({ by: 'ada', at: on(1), nth, team, from: on(1), until: on(6), ended })
    expect(grantsBehind(governance, 'bob', 'appr', 't', on(5))).toEqual([grant(first, '*'), grant(first + 1, 't')])
    expect(grantsBehind(governance, 'bob', 'appr', 'u', on(5))).toEqual([grant(first, '*')])
    expect(grantsBehind(governance, 'bob', 'appr', 't', on(6))).toEqual([])
    expect(grantsBehind(governance, 'nobody', 'appr', 't', on(5))).toEqual([])
    const held = [on(5, 23), on(6), on(7)].map(at => holds(governance, 'bob', 'appr', 't', at))
    expect(held).toEqual([true, false, false])
  })

  it('are robots as well, where whoever answers for them is here', () => {
    const governance = after(
      office,
      bot('drone', 'carol'),
      ...['robo', 'stray', 'drone', 'dora'].map(to => given('appr', to)),
      left('carol', on(5)),
    )
    expect(robotsIn(governance, 'appr', 't', on(6))).toEqual(['robo'])
    expect(robotsIn(governance, 'appr', 'u', on(6))).toEqual([])
    expect(holdersOf(governance, 'appr', 't', on(6))).toEqual(['dora'])
  })

  it('are no robots where there is none', () => {
    const founding: Step = [
      'ada',
      {
        type: 'found',
        origin: 'trail.example/nobody',
        format: 'countersign/trail/v1',
        administrators: ['ada', 'otto'].map(id => ({ person: id, name: id, accounts: [id] })),
      },
    ]
    const governance = after(noGovernance, founding, define('appr'), given('appr', 'otto'))
    expect(robotsIn(governance, 'appr', 't', on(2))).toEqual([])
    expect(holdersOf(governance, 'appr', 't', on(2))).toEqual(['otto'])
  })

  it('belong to the groups that they were put into, and nobody else does', () => {
    const governance = after(office, ['ada', { type: 'assignGroups', person: 'bob', groups: ['ops', 'dev', 'ops'] }])
    const of = ['bob', 'carol', 'nobody'].map(id => groupsOf(governance, id))
    expect(of).toEqual([['dev', 'ops'], [], []])
  })
})

describe('an absence', () => {
  const recorded = after(
    office,
    ['bob', away('bob', on(3), on(5))],
    ['bob', away('bob', on(8), on(9))],
    ['ada', away('carol', on(3), on(5))],
    left('hugo', on(1)),
  )

  it.each<[string, string, GovernanceCommand, object]>([
    [
      'of a person who is not there',
      'ada',
      away('bop', on(3), on(5)),
      refusal('name.unknown', { what: 'person', name: 'bop', near: '; did you mean bob?' }),
    ],
    [
      'of a person who has left',
      'ada',
      away('hugo', on(3), on(5)),
      refusal('name.unknown', { what: 'active person', name: 'hugo', near: '' }),
    ],
    [
      'by somebody else',
      'carol',
      away('bob', on(3), on(5)),
      refusal('authority.not-principal', { person: 'carol', principal: 'bob', administrators: ['ada', 'otto'] }),
    ],
    [
      'until the instant at which it begins',
      'bob',
      away('bob', on(3), on(3)),
      refusal('interval.invalid', { from: on(3), until: on(3) }),
    ],
    [
      'until before it begins',
      'ada',
      away('bob', on(3), on(2)),
      refusal('interval.invalid', { from: on(3), until: on(2) }),
    ],
  ])('is not recorded %s', (_, account, command, outcome) => {
    expect(decideGovernance(recorded, command, account, on(2))).toStrictEqual(outcome)
  })

  it.each([
    ['of somebody who was never absent', 'dora', on(3), on(5)],
    ['that begins at another instant', 'bob', on(4), on(5)],
    ['that ends at another instant', 'bob', on(3), on(6)],
    ['that begins with one and ends with another', 'bob', on(3), on(9)],
  ])('is not taken back %s', (_, id, from, until) => {
    expect(decideGovernance(recorded, back(id, from, until), 'ada', on(2))).toStrictEqual(
      refusal('nothing-to-do', { person: id, state: 'without absence', from, until }),
    )
  })

  it.each([
    ['the first of two', on(3), on(5)],
    ['the second of two', on(8), on(9)],
  ])('is taken back: %s', (_, from, until) => {
    expect(decideGovernance(recorded, back('bob', from, until), 'bob', on(2))).toStrictEqual(
      accepted({ type: 'absence.cancelled', person: 'bob', from, until }),
    )
  })

  it('is recorded of the person that an id turned out to be', () => {
    const governance = after(office, alias('carol', 'bob'))
    expect(decideGovernance(governance, away('carol', on(3), on(5)), 'bob', on(2))).toStrictEqual(
      accepted({ type: 'absence.recorded', person: 'bob', from: on(3), until: on(5) }),
    )
  })

  it('holds from its beginning to before its end, and each of several does', () => {
    const absent = [on(2, 23), on(3), on(4, 23), on(5), on(8), on(9)].map(at => isAbsent(recorded, 'bob', at))
    expect(absent).toEqual([false, true, true, false, true, false])
    expect(isAbsent(recorded, 'dora', on(4))).toBe(false)
    expect(isAbsent(office, 'bob', on(4))).toBe(false)
  })
})

describe('how a role is filled', () => {
  const absent = (...ids: string[]): Step[] => ids.map(id => ['ada', away(id, on(3), on(9))])
  const two = after(office, given('appr', 'bob'), given('appr', 'carol'), given('tester', 'erin'))
  const both = after(two, ...absent('bob', 'carol'))
  const how = (governance: Governance, pool?: string) =>
    staffing(governance, { role: 'appr', team: 't', category: 'normal' }, on(4), { pool })

  it.each<[string, Governance, string | undefined, string]>([
    ['vacant where nobody holds it', after(office, given('appr', 'robo')), undefined, 'vacant'],
    ['filled where its holders are here', two, undefined, 'filled'],
    ['filled where one of two is absent', after(two, ...absent('bob')), undefined, 'filled'],
    ['absent where both are', both, undefined, 'absent'],
    ['filled where somebody acts for one of them', told(both, delegation('d', 'carol', 'dora')), undefined, 'filled'],
    [
      'filled where they may act in just this',
      told(
        both,
        delegation('d', 'carol', 'dora', { scope: { roles: ['appr'], teams: ['t'], categories: ['normal'] } }),
      ),
      undefined,
      'filled',
    ],
    [
      'absent where they may act in another role',
      told(both, delegation('d', 'carol', 'dora', { scope: { roles: ['maker'] } })),
      undefined,
      'absent',
    ],
    [
      'absent where they may act in another team',
      told(both, delegation('d', 'carol', 'dora', { scope: { teams: ['u'] } })),
      undefined,
      'absent',
    ],
    [
      'absent where they may act in another category',
      told(both, delegation('d', 'carol', 'dora', { scope: { categories: ['urgent'] } })),
      undefined,
      'absent',
    ],
    [
      'absent where it begins later',
      told(both, delegation('d', 'carol', 'dora', { from: on(5) })),
      undefined,
      'absent',
    ],
    [
      'absent where what somebody has for another one is all that was passed on',
      told(both, delegation('d', 'frank', 'carol'), delegation('e', 'carol', 'dora', { of: 'd' })),
      undefined,
      'absent',
    ],
    ['absent where they are not in the pool', told(both, delegation('d', 'carol', 'dora')), 'tester', 'absent'],
    ['filled where they are in the pool', told(both, delegation('d', 'carol', 'erin')), 'tester', 'filled'],
  ])('is %s', (_, governance, pool, expected) => {
    expect(how(governance, pool)).toBe(expected)
  })

  const late = { fallback: { role: 'chief', when: ['unanswered' as const], after: '1d' } }
  const vacant = { fallback: { role: 'chief', when: ['vacant' as const, 'absent' as const] } }
  const here = { team: 't', category: 'normal' }

  it.each<[string, Governance, Parameters<typeof standInFor>[2], string | undefined, object | undefined]>([
    ['nobody, where the policy says nothing of the role', office, undefined, on(1), undefined],
    ['nobody, where it names nobody', office, {}, on(1), undefined],
    ['the other role, where it is vacant', office, vacant, undefined, { role: 'chief', cause: 'vacant' }],
    ['the other role, where all are absent', both, vacant, undefined, { role: 'chief', cause: 'absent' }],
    ['nobody, where it is filled, however long it has been open', two, vacant, on(1), undefined],
    ['nobody, where it is vacant and that is not meant', office, late, undefined, undefined],
    ['the other role, where it is open for as long', two, late, on(3), { role: 'chief', cause: 'unanswered' }],
    ['nobody, where it is not open for as long', two, late, on(3, 9), undefined],
    ['nobody, where it is not open', two, late, undefined, undefined],
    [
      'the other role, where whoever acts for the absent is not in the pool',
      told(both, delegation('d', 'carol', 'dora')),
      { ...vacant, delegates: 'tester' },
      undefined,
      { role: 'chief', cause: 'absent' },
    ],
    [
      'nobody, where whoever acts for the absent is in the pool',
      told(both, delegation('d', 'carol', 'erin')),
      { ...vacant, delegates: 'tester' },
      undefined,
      undefined,
    ],
  ])('decides who stands in: %s', (_, governance, use, openSince, expected) => {
    expect(standInFor(governance, { role: 'appr', ...here }, use, on(4), { openSince })).toEqual(expected)
  })
})

describe('a delegation', () => {
  const chains = (governance: Governance, who: string, depth = 3, at = on(4)) =>
    delegationChains(governance, who, matter, at, depth)
  const delegates = (governance: Governance, who: string, depth = 3, at = on(4)) =>
    delegatesOf(governance, who, matter, at, depth)

  /** Alice to Bob, who passes it on to Carol, who passes it on to Dora. */
  const row = told(
    office,
    delegation('one', 'alice', 'bob'),
    delegation('two', 'bob', 'carol', { of: 'one' }),
    delegation('three', 'carol', 'dora', { of: 'two' }),
  )

  it('holds until it is revoked, when it is asked for an instant before that as well', () => {
    const governance = told(office, delegation('one', 'alice', 'bob'), {
      type: 'delegation.revoked',
      delegation: 'one',
      at: on(5),
    })
    const found = [on(4, 23), on(5)].map(at => ({
      by: delegationsFor(governance, 'alice', matter, at),
      chains: chains(governance, 'bob', 1, at),
      delegates: delegates(governance, 'alice', 1, at),
    }))
    expect(found).toEqual([
      {
        by: ['one'],
        chains: [{ principal: 'alice', links: ['one'] }],
        delegates: [{ delegate: 'bob', links: ['one'] }],
      },
      { by: [], chains: [], delegates: [] },
    ])
  })

  it('is one of the principal’s own authority, in force in the matter, where others may act for them by it', () => {
    const governance = told(
      row,
      delegation('own', 'bob', 'erin'),
      delegation('other', 'bob', 'frank', { scope: { roles: ['tester'] } }),
      delegation('past', 'bob', 'gina', { until: on(4) }),
    )
    const found = ['alice', 'bob', 'carol', 'dora', 'nobody'].map(id => delegationsFor(governance, id, matter, on(4)))
    expect(found).toEqual([['one'], ['own'], [], [], []])
    expect(delegationsFor(office, 'alice', matter, on(4))).toEqual([])
  })

  it('reaches as far as it may be passed on, seen from either end', () => {
    expect([0, 1, 2, 3, 4].map(depth => delegates(row, 'alice', depth).map(one => one.delegate))).toEqual([
      [],
      ['bob'],
      ['bob', 'carol'],
      ['bob', 'carol', 'dora'],
      ['bob', 'carol', 'dora'],
    ])
    expect(delegates(row, 'alice')).toEqual([
      { delegate: 'bob', links: ['one'] },
      { delegate: 'carol', links: ['two', 'one'] },
      { delegate: 'dora', links: ['three', 'two', 'one'] },
    ])
    expect([1, 2, 3].map(depth => chains(row, 'dora', depth))).toEqual([
      [],
      [],
      [{ principal: 'alice', links: ['three', 'two', 'one'] }],
    ])
    expect(delegates(row, 'dora')).toEqual([])
    expect(chains(row, 'alice')).toEqual([])
    expect(['one', 'two', 'three', 'four'].map(id => lengthOf(row, id))).toEqual([
      { length: 1, principal: 'alice' },
      { length: 2, principal: 'alice' },
      { length: 3, principal: 'alice' },
      { length: 0, principal: '' },
    ])
  })

  it('of a delegate’s own authority gives nobody what the delegate has for another one', () => {
    const governance = told(office, delegation('one', 'alice', 'bob'), delegation('own', 'bob', 'erin'))
    expect(delegates(governance, 'alice')).toEqual([{ delegate: 'bob', links: ['one'] }])
    expect(chains(governance, 'erin')).toEqual([{ principal: 'bob', links: ['own'] }])
  })

  it('gives nothing to whoever holds a role that excludes the one in question', () => {
    const governance = after(row, given('maker', 'carol'), excluded(['appr', 'maker']))
    expect(delegates(governance, 'alice').map(one => one.delegate)).toEqual(['bob', 'dora'])
    expect(['bob', 'carol', 'dora'].map(id => chains(governance, id).length)).toEqual([1, 0, 1])
  })

  it('has nobody on it twice when two ids turn out to be one person, seen from either end', () => {
    const governance = told(row, delegation('four', 'dora', 'erin', { of: 'three' }), {
      type: 'alias.recorded',
      person: 'dora',
      is: 'bob',
      at: on(2),
    })
    expect(chains(governance, 'bob', 4)).toEqual([{ principal: 'alice', links: ['one'] }])
    expect(chains(governance, 'erin', 4)).toEqual([])
    expect(delegates(governance, 'alice', 4)).toEqual([
      { delegate: 'bob', links: ['one'] },
      { delegate: 'carol', links: ['two', 'one'] },
    ])
  })

  it('does not come round to whoever gave it when they turn out to be who has it', () => {
    const governance = told(row, { type: 'alias.recorded', person: 'dora', is: 'alice', at: on(2) })
    expect(chains(governance, 'alice')).toEqual([])
    expect(delegates(governance, 'alice').map(one => one.delegate)).toEqual(['bob', 'carol'])
  })

  it.each<[string, Delegated]>([
    ['passed on of none that is there', delegation('odd', 'bob', 'erin', { of: 'lost' })],
    ['passed on by somebody who never had it', delegation('odd', 'frank', 'erin', { of: 'one' })],
  ])('that a forged entry says was %s gives nothing', (_, odd) => {
    const governance = told(row, odd)
    expect(chains(governance, 'erin')).toEqual([])
    expect(delegates(governance, 'alice').map(one => one.delegate)).toEqual(['bob', 'carol', 'dora'])
  })

  /** Delegations from each to each, in this order. */
  const among = (...pairs: readonly (readonly [from: string, to: string])[]) =>
    told(office, ...pairs.map(([from, to], index) => delegation(`d${index}`, from, to)))
  const many = ['carol', 'dora', 'erin', 'frank', 'gina', 'hugo'] as const

  it.each<[string, Governance, readonly string[]]>([
    ['of two', among(['bob', 'alice']), ['alice', 'bob', 'alice']],
    ['of three', among(['bob', 'carol'], ['carol', 'alice']), ['alice', 'bob', 'carol', 'alice']],
    [
      'by the last of many delegates',
      among(...many.map(one => ['bob', one] as const), ['hugo', 'alice']),
      ['alice', 'bob', 'hugo', 'alice'],
    ],
    [
      'by the last of many principals',
      among(['bob', 'hugo'], ...many.map(one => [one, 'alice'] as const)),
      ['alice', 'bob', 'hugo', 'alice'],
    ],
    [
      'by the shortest way where there are two',
      among(['bob', 'carol'], ['bob', 'dora'], ['carol', 'dora'], ['dora', 'alice']),
      ['alice', 'bob', 'dora', 'alice'],
    ],
  ])('closes no circle %s', (_, governance, chain) => {
    expect(decideGovernance(governance, delegating('alice', 'bob'), 'alice', on(1))).toStrictEqual(
      refusal('delegation.cycle', { chain }),
    )
  })

  it.each<[string, Governance]>([
    ['at the instant at which the other one ends', told(office, delegation('d', 'bob', 'alice', { until: on(2) }))],
    ['until the instant at which the other one begins', told(office, delegation('d', 'bob', 'alice', { from: on(9) }))],
    [
      'where the other one is revoked',
      told(office, delegation('d', 'bob', 'alice'), { type: 'delegation.revoked', delegation: 'd', at: on(1) }),
    ],
    ['where many go the same way', among(...many.flatMap(one => [['alice', one] as const, [one, 'bob'] as const]))],
  ])('is given %s', (_, governance) => {
    expect(cycleThrough(governance, { principal: 'alice', to: 'bob', from: on(2), until: on(9) })).toBeUndefined()
    expect(decideGovernance(governance, delegating('alice', 'bob'), 'alice', on(1))).toStrictEqual(
      accepted(delegation('new', 'alice', 'bob', { from: on(2), until: on(9) })),
    )
  })
})

describe('who stands behind an account', () => {
  const governance = after(office, bot('drone', 'carol'), left('carol', on(5)), left('dora', on(6)))

  it.each<[string, object]>([
    ['bob', { account: 'bob', person: 'bob' }],
    ['robo', { account: 'robo', person: 'bob', bot: 'robo' }],
    ['stray', { account: 'stray', bot: 'stray' }],
    ['dora', refusal('identity.departed', { account: 'dora', person: 'dora', at: on(6) })],
    ['drone', refusal('identity.departed', { account: 'drone', person: 'carol', at: on(5) })],
    ['bop', refusal('identity.unknown-account', { account: 'bop', near: '' })],
  ])('is found: %s', (account, actor) => {
    expect(identify(governance, account)).toStrictEqual(actor)
  })

  it.each<[string, object]>([
    ['bob', { account: 'bob', person: 'bob' }],
    ['robo', refusal('identity.bot', { account: 'robo', bot: 'robo', controller: 'bob' })],
    ['stray', refusal('identity.bot', { account: 'stray', bot: 'stray', controller: null })],
    ['bop', refusal('identity.unknown-account', { account: 'bop', near: '' })],
  ])('is a person, and no robot, where people are decided on: %s', (account, actor) => {
    expect(identifyPerson(governance, account)).toStrictEqual(actor)
  })

  it('is named by the id that a person goes by, near or far', () => {
    const merged = after(office, alias('erin', 'frank', on(2)), alias('frank', 'gina', on(3)))
    expect(['erin', 'frank', 'gina'].map(id => personNamed(merged, id))).toStrictEqual(
      ['erin', 'frank', 'gina'].map(() => ({ name: 'gina' })),
    )
    expect(personNamed(merged, 'nobody')).toBeUndefined()
    const gone = after(merged, left('gina', on(4)))
    expect(['erin', 'frank', 'gina', 'bob', 'nobody'].map(id => isActive(gone, id))).toEqual([
      false,
      false,
      false,
      true,
      false,
    ])
  })

  it('is for a robot that answered to nobody whoever had answered for it last, and whoever came to next', () => {
    const assign = (controller: string, at: string): Step => [
      'otto',
      { type: 'assignController', bot: 'robo', controller },
      at,
    ]
    const returned = (id: string, at: string): Step => ['ada', { type: 'recordReturn', person: id }, at]
    const alone = after(office, left('bob', on(2)), returned('bob', on(3)))
    expect(answerFor(alone, 'robo', { at: on(4) })).toEqual(['bob'])
    const taken = after(alone, assign('carol', on(5)))
    const at = [on(4), on(5), on(5, 9)]
    const [both, bothAgain] = [
      ['bob', 'carol'],
      ['carol', 'dora'],
    ]
    expect(at.map(when => answerFor(taken, 'robo', { at: when }))).toEqual([both, both, []])
    const released = after(taken, left('carol', on(6)), returned('carol', on(7)))
    expect([...at, on(8)].map(when => answerFor(released, 'robo', { at: when }))).toEqual([both, both, [], ['carol']])
    const again = after(released, assign('dora', on(9)))
    expect([...at, on(8), on(9), on(10)].map(when => answerFor(again, 'robo', { at: when }))).toEqual([
      both,
      both,
      [],
      bothAgain,
      bothAgain,
      [],
    ])
    expect(['stray', 'nobody'].map(id => answerFor(again, id, { at: on(4) }))).toEqual([[], []])
    expect(answerFor(noGovernance, 'robo', { at: on(4) })).toEqual([])
  })
})

describe('what a forged entry says of people who are not there', () => {
  it('gives an account nobody behind it who is known, and no error', () => {
    const governance = told(
      office,
      { type: 'account.linked', account: 'ghost', bot: 'ghost' },
      { type: 'account.linked', account: 'shade', person: 'shade' },
    )
    expect(identify(governance, 'ghost')).toStrictEqual({ account: 'ghost', bot: 'ghost' })
    expect(identify(governance, 'shade')).toStrictEqual({ account: 'shade', person: 'shade' })
  })

  it('gives no role to nobody, nor to whoever has left', () => {
    const grant = (to: string): GovernanceEvent => ({
      type: 'role.granted',
      by: 'ada',
      role: 'appr',
      to,
      team: 't',
      at: on(6),
      from: on(6),
    })
    const governance = told(after(office, left('bob', on(6))), grant('shade'), grant('bob'))
    const seen = ['shade', 'bob'].map(id => [
      holds(governance, id, 'appr', 't', on(6)),
      holds(governance, id, 'appr', 't', on(7)),
      grantsBehind(governance, id, 'appr', 't', on(7)).length,
    ])
    expect(seen).toEqual([
      [false, false, 0],
      [false, false, 0],
    ])
    expect(holdersOf(governance, 'appr', 't', on(7))).toEqual([])
  })
})
