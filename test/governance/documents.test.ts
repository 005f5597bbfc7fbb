import { createHash } from 'node:crypto'
import { baseline, fixtureForm } from '@countersign/testing'
import { canonical } from '@countersign/trail'
import {
  all,
  any,
  approval,
  approvals,
  approved,
  approvedTemplate,
  category,
  controls,
  controlsDigest,
  field,
  type Policy,
  parallel,
  policy,
  policyDigest,
  type RequirementBuilder,
  type RoleUse,
  release,
  role,
  type Stage,
  separate,
  share,
  test,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import { governanceCommand } from '../../packages/countersign/src/governance/command.ts'
import { decideGovernance } from '../../packages/countersign/src/governance/decide.ts'
import { differencesOf, directorySchema } from '../../packages/countersign/src/governance/directory.ts'
import { evolveGovernance } from '../../packages/countersign/src/governance/evolve.ts'
import { noGovernance } from '../../packages/countersign/src/governance/folded.ts'
import type { Governance } from '../../packages/countersign/src/governance/governance.ts'
import { policyOf } from '../../packages/countersign/src/governance/in-force.ts'
import { templateDigest, templateSchema } from '../../packages/countersign/src/governance/template.ts'
import {
  templateOf,
  templateRoles,
  templateStages,
  templateStands,
  templateUse,
} from '../../packages/countersign/src/governance/template-use.ts'

/** A command with the account that gives it, and the instant where that matters. */
type Given = readonly [account: string, command: object, at?: string]

const start = '2026-03-02T08:00:00.000Z'
/** A day after everything began. */
const now = '2026-03-03T08:00:00.000Z'
const justBefore = '2026-03-03T07:59:59.999Z'
const justAfter = '2026-03-03T08:00:00.001Z'

const decided = (governance: Governance, account: string, command: object, at = now) =>
  decideGovernance(governance, governanceCommand.parse(command), account, at)

const refusal = (code: string, facts: object) => ({ refused: { code, facts } })

/** The state after commands, each of which must be accepted. */
function after(governance: Governance, ...given: readonly Given[]): Governance {
  let state = governance
  for (const [account, command, at = start] of given) {
    const parsed = governanceCommand.parse(command)
    const outcome = decideGovernance(state, parsed, account, at)
    if ('refused' in outcome) throw new Error(`${parsed.type}: ${JSON.stringify(outcome.refused)}`)
    state = evolveGovernance(state, outcome.accepted, parsed)
  }
  return state
}

const grant = (name: string, to: string, period: object = {}): Given => [
  'ada',
  { type: 'grantRole', role: name, to, team: 't', ...period },
]

/** Ada and Otto, these people with the roles that they hold in team t, and three roles. */
const founded = (people: Readonly<Record<string, readonly string[]>>) =>
  after(
    noGovernance,
    [
      'ada',
      {
        type: 'found',
        origin: 'trail.example/documents',
        format: 'countersign/trail/v1',
        administrators: ['ada', 'otto'].map(person => ({ person, name: person, accounts: [person] })),
      },
    ],
    ...['appr', 'deployer', 'tester'].map(
      (name): Given => ['ada', { type: 'defineRole', role: name, description: name }],
    ),
    ...Object.keys(people).map(
      (person): Given => ['ada', { type: 'registerPerson', person, name: person, accounts: [person] }],
    ),
    ...Object.entries(people).flatMap(([person, held]) => held.map(name => grant(name, person))),
  )

describe('the differences of a directory', () => {
  const everybody = founded({ bob: [], carol: [], dan: [] })
  const listed = (...people: (string | object)[]) =>
    people.map(one => (typeof one === 'string' ? { person: one, name: one, accounts: [one] } : one))
  const whole = listed('bob', 'carol', 'dan')
  const absence = (from: string, until: string): Given => ['ada', { type: 'recordAbsence', person: 'bob', from, until }]
  const [april, may, june] = ['2026-04-01T00:00:00.000Z', '2026-05-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z']
  const many = (count: number) => Array.from({ length: count }, (_, one) => `zoe-${one}`)
  const appr = (to: string, rest: object = {}) => ({ role: 'appr', to, team: 't', ...rest })

  /** What is told of the accounts, people and groups. */
  const people: [title: string, given: Given[], directory: object, differences: object[]][] = [
    ['are none for whom one that is not complete leaves out', [], { people: listed('bob') }, []],
    [
      'are the departure of whom a complete one leaves out, who is not taken for compromised, and of no administrator',
      [],
      { people: listed('bob', 'carol'), complete: true },
      [{ type: 'recordDeparture', person: 'dan', compromised: false }],
    ],
    [
      'are none for whom is listed under two ids, each with a login of theirs',
      [
        ['ada', { type: 'registerPerson', person: 'rob', name: 'Rob', accounts: ['rob'] }],
        ['ada', { type: 'recordAlias', person: 'rob', is: 'bob', comment: 'entered twice' }],
        ['ada', { type: 'assignGroups', person: 'bob', groups: ['east', 'north'] }],
      ],
      {
        people: listed(
          { person: 'bob', name: 'Bob', accounts: ['bob'], groups: ['north'] },
          { person: 'rob', name: 'Rob', accounts: ['rob'], groups: ['east'] },
          'carol',
          'dan',
        ),
        complete: true,
      },
      [],
    ],
    [
      'are no departure of an id that turned out to be somebody who is listed',
      [
        ['ada', { type: 'registerPerson', person: 'rob', name: 'Rob', accounts: ['rob'] }],
        ['ada', { type: 'recordAlias', person: 'rob', is: 'bob', comment: 'entered twice' }],
      ],
      { people: listed({ person: 'rob', name: 'Rob', accounts: ['bob', 'rob'] }, 'carol', 'dan'), complete: true },
      [],
    ],
    [
      'are no second departure of whom a complete one leaves out',
      [['ada', { type: 'recordDeparture', person: 'dan' }]],
      { people: listed('bob', 'carol'), complete: true },
      [],
    ],
    [
      'take away a login that a complete one does not list',
      [['ada', { type: 'linkAccount', account: 'bob-adm', person: 'bob' }]],
      { people: whole, complete: true },
      [{ type: 'unlinkAccount', account: 'bob-adm' }],
    ],
    [
      'leave a login that one which is not complete does not list',
      [['ada', { type: 'linkAccount', account: 'bob-adm', person: 'bob' }]],
      { people: whole, complete: false },
      [],
    ],
    [
      'leave a login of an administrator that a complete one does not list',
      [['ada', { type: 'linkAccount', account: 'otto-adm', person: 'otto' }]],
      { people: [...whole, ...listed('otto')], complete: true },
      [],
    ],
    [
      'take nothing from whom a complete one names first',
      [],
      { people: [...whole, ...listed('zoe')], complete: true },
      [{ type: 'registerPerson', person: 'zoe', name: 'zoe', accounts: ['zoe'] }],
    ],
    [
      'register somebody with twenty logins and no more at once',
      [],
      { people: listed({ person: 'zoe', name: 'Zoe', accounts: many(22) }) },
      [
        { type: 'registerPerson', person: 'zoe', name: 'Zoe', accounts: many(20) },
        { type: 'linkAccount', account: 'zoe-20', person: 'zoe' },
        { type: 'linkAccount', account: 'zoe-21', person: 'zoe' },
      ],
    ],
    [
      'say nothing of groups where the directory does not',
      [['ada', { type: 'assignGroups', person: 'bob', groups: ['b', 'a'] }]],
      { people: listed('bob') },
      [],
    ],
    [
      'are none for the same groups in another order and twice',
      [['ada', { type: 'assignGroups', person: 'bob', groups: ['b', 'a'] }]],
      { people: listed({ person: 'bob', name: 'bob', accounts: ['bob'], groups: ['b', 'a', 'b'] }) },
      [],
    ],
    [
      'are none for no groups of whom is in none',
      [],
      { people: listed({ person: 'bob', name: 'bob', accounts: ['bob'], groups: [] }) },
      [],
    ],
    [
      'take somebody out of all groups',
      [['ada', { type: 'assignGroups', person: 'bob', groups: ['b', 'a'] }]],
      { people: listed({ person: 'bob', name: 'bob', accounts: ['bob'], groups: [] }) },
      [{ type: 'assignGroups', person: 'bob', groups: [] }],
    ],
  ]

  const roles: typeof people = [
    [
      'grant a role that nobody has held, and take what a complete one says of it for all there is',
      [],
      { people: whole, roles: [appr('bob')], complete: true },
      [{ type: 'grantRole', role: 'appr', to: 'bob', team: 't' }],
    ],
    [
      'grant a role until its end',
      [],
      { people: [], roles: [appr('bob', { until: justAfter })] },
      [{ type: 'grantRole', role: 'appr', to: 'bob', team: 't', until: justAfter }],
    ],
    ['grant no role that ends at this instant', [], { people: [], roles: [appr('bob', { until: now })] }, []],
    [
      'revoke a role that ended by now, whether the directory is complete or not',
      [grant('appr', 'bob')],
      { people: [], roles: [appr('bob', { until: justBefore })] },
      [{ type: 'revokeRole', role: 'appr', from: 'bob', team: 't' }],
    ],
    [
      'grant a role from an instant to come',
      [],
      { people: [], roles: [appr('bob', { from: justAfter, until: april })] },
      [{ type: 'grantRole', role: 'appr', to: 'bob', team: 't', from: justAfter, until: april }],
    ],
    [
      'grant a role from now on where it begins at this instant',
      [],
      { people: [], roles: [appr('bob', { from: now })] },
      [{ type: 'grantRole', role: 'appr', to: 'bob', team: 't' }],
    ],
    [
      'grant a role from now on where it began before',
      [],
      { people: [], roles: [appr('bob', { from: justBefore })] },
      [{ type: 'grantRole', role: 'appr', to: 'bob', team: 't' }],
    ],
    [
      'are none for a role that is held, whenever it began',
      [grant('appr', 'bob')],
      { people: [], roles: [appr('bob', { from: '2026-01-01T00:00:00.000Z' })] },
      [],
    ],
    [
      'are none for a role that is held, as the directory says that it begins now',
      [grant('appr', 'bob')],
      { people: [], roles: [appr('bob', { from: now })] },
      [],
    ],
    [
      'are none for a role that is to come as it was granted',
      [grant('appr', 'bob', { from: april, until: may })],
      { people: whole, roles: [appr('bob', { from: april, until: may })], complete: true },
      [],
    ],
    [
      'revoke and grant anew where a role that is to come begins at another instant',
      [grant('appr', 'bob', { from: april })],
      { people: [], roles: [appr('bob', { from: may })] },
      [
        { type: 'revokeRole', role: 'appr', from: 'bob', team: 't' },
        { type: 'grantRole', role: 'appr', to: 'bob', team: 't', from: may },
      ],
    ],
    [
      'revoke and grant anew where a role is to begin later than it does',
      [grant('appr', 'bob')],
      { people: [], roles: [appr('bob', { from: april })] },
      [
        { type: 'revokeRole', role: 'appr', from: 'bob', team: 't' },
        { type: 'grantRole', role: 'appr', to: 'bob', team: 't', from: april },
      ],
    ],
    [
      'revoke and grant anew where a role ends at another instant',
      [grant('appr', 'bob', { until: april })],
      { people: [], roles: [appr('bob', { until: may })] },
      [
        { type: 'revokeRole', role: 'appr', from: 'bob', team: 't' },
        { type: 'grantRole', role: 'appr', to: 'bob', team: 't', until: may },
      ],
    ],
    [
      'compare team by team, and leave a grant for every team alone',
      [grant('appr', 'bob'), ['ada', { type: 'grantRole', role: 'appr', to: 'bob', team: '*', until: april }]],
      { people: [], roles: [appr('bob')] },
      [],
    ],
    [
      'do not revoke what has ended at this instant, or before',
      [grant('appr', 'bob', { until: now }), grant('appr', 'dan', { until: justBefore }), grant('appr', 'carol')],
      { people: whole, roles: [appr('carol')], complete: true },
      [],
    ],
    [
      'revoke what a complete one does not say of a role that it names, in every team, and of no other role',
      [
        grant('appr', 'bob', { until: justAfter }),
        ['ada', { type: 'grantRole', role: 'appr', to: 'dan', team: '*' }],
        grant('tester', 'dan'),
      ],
      { people: whole, roles: [appr('carol')], complete: true },
      [
        { type: 'revokeRole', role: 'appr', from: 'bob', team: 't' },
        { type: 'revokeRole', role: 'appr', from: 'dan', team: '*' },
        { type: 'grantRole', role: 'appr', to: 'carol', team: 't' },
      ],
    ],
    [
      'leave the roles of whoever departs to the departure',
      [grant('appr', 'bob'), grant('appr', 'dan')],
      { people: listed('bob', 'carol'), roles: [appr('bob')], complete: true },
      [{ type: 'recordDeparture', person: 'dan', compromised: false }],
    ],
  ]

  const absent = (from: string, until: string) => ({ person: 'bob', from, until })
  const absences: typeof people = [
    [
      'are none for absences that are recorded, in whichever order',
      [absence(april, may), absence(may, june)],
      { people: whole, absences: [absent(may, june), absent(april, may)] },
      [],
    ],
    [
      'are none for absences that are recorded, where the directory is complete',
      [absence(april, may), absence(may, june)],
      { people: whole, absences: [absent(april, may), absent(may, june)], complete: true },
      [],
    ],
    [
      'record each absence, and none of them twice',
      [],
      { people: [], absences: [absent(april, may), absent(may, june), absent(april, may)] },
      [
        { type: 'recordAbsence', ...absent(april, may) },
        { type: 'recordAbsence', ...absent(may, june) },
      ],
    ],
    [
      'record an absence that begins or ends at another instant than one that is recorded',
      [absence(april, may)],
      { people: [], absences: [absent(april, june), absent(justAfter, may)] },
      [
        { type: 'recordAbsence', ...absent(april, june) },
        { type: 'recordAbsence', ...absent(justAfter, may) },
      ],
    ],
    [
      'record no absence that is over at this instant',
      [],
      { people: [], absences: [absent(start, now), absent(start, justAfter)] },
      [{ type: 'recordAbsence', ...absent(start, justAfter) }],
    ],
    [
      'cancel an absence to come that a complete one does not say, before they record another one',
      [absence(april, may), absence(may, june)],
      { people: whole, absences: [absent(april, may), absent(june, '2026-07-01T00:00:00.000Z')], complete: true },
      [
        { type: 'cancelAbsence', ...absent(may, june) },
        { type: 'recordAbsence', ...absent(june, '2026-07-01T00:00:00.000Z') },
      ],
    ],
    [
      'cancel an absence to come where a complete one says of nobody that they are absent',
      [absence(justAfter, june)],
      { people: whole, complete: true },
      [{ type: 'cancelAbsence', ...absent(justAfter, june) }],
    ],
    [
      'cancel no absence that one which is not complete does not say',
      [absence(april, may)],
      { people: whole, absences: [absent(may, june)] },
      [{ type: 'recordAbsence', ...absent(may, june) }],
    ],
    [
      'leave an absence that has begun by this instant as it was',
      [absence(now, june), absence(justBefore, june), absence(start, justBefore)],
      { people: whole, complete: true },
      [],
    ],
  ]

  it.each([...people, ...roles, ...absences])('%s', (_title, given, directory, expected) => {
    const governance = after(everybody, ...given)
    const parsed = directorySchema.parse(directory)
    const differences = differencesOf(governance, parsed, now)
    expect(differences).toStrictEqual(expected)
    if (differences.length === 0) return
    // They can be carried out as they stand, and then nothing differs any more.
    const done = after(governance, ['ada', { type: 'updateDirectory', source: 'hr', differences }, now])
    expect(differencesOf(done, parsed, now)).toEqual([])
  })

  it('are carried out as one, delegations among them, and each on the state that those before it left', () => {
    const delegation = { delegation: 'bob-away', principal: 'bob', to: 'carol', from: april, until: may }
    const outcome = decided(everybody, 'ada', {
      type: 'updateDirectory',
      source: 'hr',
      differences: [
        { type: 'delegate', ...delegation },
        { type: 'revokeDelegation', delegation: 'bob-away' },
      ],
    })
    expect(outcome).toEqual({
      accepted: [
        { type: 'delegation.granted', by: 'ada', ...delegation, scope: {} },
        { type: 'delegation.revoked', delegation: 'bob-away', at: now },
      ],
    })
  })

  it('are all refused with the first that is, and why that is', () => {
    const differences = [
      { type: 'recordDeparture', person: 'dan' },
      { type: 'revokeDelegation', delegation: 'none' },
    ]
    expect(decided(everybody, 'ada', { type: 'updateDirectory', source: 'hr', differences })).toEqual(
      refusal('directory.difference', {
        index: 1,
        command: 'revokeDelegation',
        refusal: { code: 'name.unknown', facts: { what: 'delegation', name: 'none', near: '' } },
      }),
    )
  })
})

const { appr, deployer, tester } = { appr: role('appr'), deployer: role('deployer'), tester: role('tester') }
const carriedFrom = approvedTemplate().for('365d')
const production = release('production', { by: deployer })
const verify = test('verify', { by: tester })
/** An approval that the template's stands for. */
const leaning = (requires: RequirementBuilder, name = 'approve') => approval(name, requires, { carriedFrom })
const high = field('risk').is('high')

/** Standard changes with these stages before the release; what leaves the bounds of a template is a normal change. */
const standards = (flow: Stage[], uses: Record<string, RoleUse> = {}): Policy =>
  policy(
    't',
    {
      complies: baseline,
      roles: { appr: 'approves', tester: 'tests', deployer: 'releases', ...uses },
      separate: [separate('test', 'approve').because('whoever tests does not approve')],
    },
    {
      standard: category({ form: fixtureForm, template: { otherwise: 'normal' }, flow: [...flow, production] }),
      normal: category({ form: fixtureForm, flow: [approval('agree', approvals(1).from(appr)), production] }),
    },
  )

const inForce = (one: Policy): Given[] => [
  ['ada', { type: 'proposeControls', controls: baseline }],
  ['otto', { type: 'adoptControls', digest: controlsDigest(baseline) }],
  ['ada', { type: 'proposePolicy', policy: one }],
  ['otto', { type: 'adoptPolicy', digest: policyDigest(one) }],
]

const restart = {
  format: 'countersign/template/v1',
  team: 't',
  name: 'restart',
  version: 1,
  category: 'standard',
  description: 'restart a service of the ledger',
  fixed: { system: 'ledger', risk: 'low' },
  editable: ['note', 'title', 'reason', 'content'],
}

const propose = (vary: object = {}) => ({ type: 'proposeTemplate', template: { ...restart, ...vary } })
const document = (vary: object = {}) => templateSchema.parse({ ...restart, ...vary })
const named = (version = 1) => ({ team: 't', name: 'restart', version })
const approves = (account: string, version = 1, at = start): Given => [
  account,
  { type: 'approveTemplate', ...named(version) },
  at,
]
const revokes = (account: string, version = 1, at = start): Given => [
  account,
  { type: 'revokeTemplate', ...named(version), comment: 'not needed any more' },
  at,
]

const staff = { bob: ['appr'], carol: ['appr'], dan: ['appr'], tess: ['tester'], tom: [], rita: [] }
const plain = standards([leaning(approvals(2).from(appr))])
const ruled = after(founded(staff), ...inForce(plain))
const single = standards([leaning(approvals(1).from(appr))])
const ruledBySingle = after(founded(staff), ...inForce(single))
const use = (governance: Governance, version = 1, at = now) => templateUse(governance, 't', 'restart', version, at)

describe('the proposal of a template', () => {
  const problems = (...list: [where: string, problem: string][]) =>
    refusal('template.invalid', {
      template: 'restart',
      problems: list.map(([where, problem]) => ({ where, problem })),
    })

  it.each<[title: string, vary: object, outcome: object]>([
    [
      'is refused for a team without a policy',
      { team: 'ledger' },
      problems(['team', 'the team ledger has no policy in force']),
    ],
    [
      'is refused for a team without a policy, with the name of one that has one',
      { team: 't2' },
      problems(['team', 'the team t2 has no policy in force; did you mean t?']),
    ],
    [
      'is refused for a category that the policy does not have',
      { category: 'standrad' },
      problems(['category', 'the policy of t has no category standrad; did you mean standard?']),
    ],
    [
      'is refused for a category that has the name of nothing near',
      { category: 'x' },
      problems(['category', 'the policy of t has no category x']),
    ],
    [
      'is refused for a category that follows no template',
      { category: 'normal' },
      problems(['category', 'changes of the category normal follow no template']),
    ],
    [
      'is refused for a version that skips one',
      { version: 2 },
      problems(['version', 'the next version of restart is 1']),
    ],
    ['is refused where it ends before this instant', { until: justBefore }, problems(['until', 'lies in the past'])],
    ['is refused where it ends at this instant', { until: now }, problems(['until', 'lies in the past'])],
    [
      'is refused with everything that is wrong with its fields',
      { fixed: { system: 'ledgr', note: 7 }, editable: ['nte', 'note', 'title'] },
      problems(
        ['editable.nte', 'there is no such field; did you mean note?'],
        ['editable.note', 'is fixed as well'],
        ['risk', 'the form requires it, so it is fixed or editable'],
        ['fixed.system', 'Invalid option: expected one of "ledger"|"billing"'],
        ['fixed.note', 'expected string, found number'],
      ),
    ],
    [
      'is accepted where a field that the form requires is left open, until just after this instant',
      { fixed: {}, editable: ['system', 'risk'], until: justAfter },
      {
        accepted: [
          {
            type: 'template.proposed',
            ...named(),
            digest: templateDigest(document({ fixed: {}, editable: ['system', 'risk'], until: justAfter })),
            by: 'tom',
          },
        ],
      },
    ],
  ])('%s', (_title, vary, outcome) => {
    expect(decided(ruled, 'tom', propose(vary))).toEqual(outcome)
  })

  it('is refused for a category in whose flow no stage takes over the approval of a template', () => {
    // Nobody could adopt such a policy, so it is put into force without being asked for.
    const flow = [approval('approve', approvals(1).from(appr)), production]
    const { standard } = plain.categories
    if (standard === undefined) throw new Error('there is no such category')
    const loose: Policy = { ...plain, categories: { ...plain.categories, standard: { ...standard, flow } } }
    const digest = policyDigest(loose)
    const governance = evolveGovernance(
      ruled,
      [
        { type: 'policy.proposed', digest, by: 'ada' },
        { type: 'policy.adopted', digest, team: 't', by: 'otto', at: start },
      ],
      governanceCommand.parse({ type: 'proposePolicy', policy: loose }),
    )
    expect(decided(governance, 'tom', propose())).toEqual(
      problems(['category', 'changes of the category standard follow no template']),
    )
  })

  it('counts versions of its name on, whatever became of those before', () => {
    const governance = after(ruled, ['tom', propose()], revokes('tom'))
    expect(decided(governance, 'tom', propose())).toEqual(problems(['version', 'the next version of restart is 2']))
    expect(decided(governance, 'tom', propose({ version: 2 }))).toEqual({
      accepted: [
        { type: 'template.proposed', ...named(2), digest: templateDigest(document({ version: 2 })), by: 'tom' },
      ],
    })
  })

  it('names the template by SHA-256 of its kind and its RFC 8785 form', () => {
    const hash = createHash('sha256').update(`countersign/template/v1\n${canonical(restart)}`)
    expect(templateDigest(document())).toBe(hash.digest('hex'))
  })
})

describe('the approval of a template', () => {
  const until = '2026-06-01T00:00:00.000Z'
  const beforeUntil = '2026-05-31T23:59:59.999Z'
  const proposed = after(ruled, ['tom', propose({ until })], ['tom', propose({ version: 2 })])
  const unusable = (why: string) => refusal('template.unusable', { template: 'restart', version: 1, why })
  const accepted = (person: string, roles: string[], at = now) => ({
    accepted: [{ type: 'template.approved', ...named(), person, roles, at }],
  })

  it.each<[title: string, command: object, name: string, near: string]>([
    ['for a version that was never proposed', named(3), 't/restart 3', '; did you mean t/restart 1 or t/restart 2?'],
    [
      'for a name that begins as another one does',
      { ...named(), name: 'restart-all' },
      't/restart-all 1',
      '; did you mean t/restart?',
    ],
    ['for a name that is near no other', { ...named(), name: 'stop' }, 't/stop 1', ''],
    ['for another team', { ...named(), team: 'ledger' }, 'ledger/restart 1', ''],
  ])('is refused, as its revocation is, %s', (_title, which, name, near) => {
    const unknown = refusal('name.unknown', { what: 'template', name, near })
    expect(decided(proposed, 'bob', { type: 'approveTemplate', ...which })).toEqual(unknown)
    expect(decided(proposed, 'ada', { type: 'revokeTemplate', ...which, comment: 'not needed' })).toEqual(unknown)
  })

  it.each<[title: string, given: Given[], account: string, at: string, outcome: object]>([
    ['is given up to the end of the template', [], 'bob', beforeUntil, accepted('bob', ['appr'], beforeUntil)],
    ['is refused at the end of the template', [], 'bob', until, unusable('expired')],
    ['is refused once it is revoked', [revokes('ada')], 'bob', now, unusable('revoked')],
    ['is refused as revoked where it is over as well', [revokes('ada')], 'bob', until, unusable('revoked')],
    [
      'is refused to whoever proposed it',
      [grant('appr', 'tom')],
      'tom',
      now,
      refusal('duty.second-person', { person: 'tom', what: 'approveTemplate' }),
    ],
    [
      'is refused to whoever has given theirs',
      [approves('bob')],
      'bob',
      now,
      refusal('approval.already-given', { person: 'bob', template: 'restart' }),
    ],
    [
      'is refused to whoever holds no such role, with those who do',
      [],
      'tess',
      now,
      refusal('authority.no-role', { person: 'tess', roles: ['appr'], able: ['bob', 'carol', 'dan'], at: now }),
    ],
    [
      'is given by somebody who is absent, where the policy does not suspend them',
      [['bob', { type: 'recordAbsence', person: 'bob', from: start, until }]],
      'bob',
      now,
      accepted('bob', ['appr']),
    ],
  ])('%s', (_title, given, account, at, outcome) => {
    const governance = after(proposed, ...given)
    expect(decided(governance, account, { type: 'approveTemplate', ...named() }, at)).toEqual(outcome)
  })

  const twoRoles = standards([leaning(all(approvals(1).from(tester), approvals(1).from(appr)))], {
    appr: { whileAbsent: 'suspended' },
  })

  it('is by the roles that are not suspended while whoever gives it is absent', () => {
    const away: Given = ['bob', { type: 'recordAbsence', person: 'bob', from: now, until }]
    const governance = after(
      founded({ ...staff, bob: ['tester', 'appr'] }),
      ...inForce(twoRoles),
      ['tom', propose()],
      away,
    )
    const command = { type: 'approveTemplate', ...named() }
    expect(decided(governance, 'bob', command, justBefore)).toEqual(accepted('bob', ['appr', 'tester'], justBefore))
    expect(decided(governance, 'bob', command)).toEqual(accepted('bob', ['tester']))
  })

  it('names at most twenty who could give it, each once and in the order of their ids, and says how many others there are', () => {
    const names = Array.from({ length: 24 }, (_, one) => `p${String(one).padStart(2, '0')}`)
    const crowd = names.map((name, one): [string, string[]] => [
      name,
      one % 3 === 0 ? ['appr', 'tester'] : [one % 2 === 0 ? 'appr' : 'tester'],
    ])
    const governance = after(founded({ tom: [], rita: [], ...Object.fromEntries(crowd) }), ...inForce(twoRoles), [
      'tom',
      propose(),
    ])
    expect(decided(governance, 'rita', { type: 'approveTemplate', ...named() })).toEqual(
      refusal('authority.no-role', {
        person: 'rita',
        roles: ['tester', 'appr'],
        able: names.slice(0, 20),
        others: 4,
        at: now,
      }),
    )
  })
})

describe('the revocation of a template', () => {
  const approvedByBob = after(ruled, ['tom', propose()], approves('bob'))
  const revokeIt = { type: 'revokeTemplate', ...named(), comment: 'not needed any more' }

  it.each(['tom', 'bob', 'otto'])('is accepted from %s, who proposed it, approved it or administers', by => {
    expect(decided(approvedByBob, by, revokeIt)).toEqual({
      accepted: [{ type: 'template.revoked', ...named(), by, at: now }],
    })
  })

  it('is refused to anybody else, with whom to ask', () => {
    expect(decided(approvedByBob, 'carol', revokeIt)).toEqual(
      refusal('authority.not-principal', { person: 'carol', principal: 'tom', administrators: ['ada', 'otto'] }),
    )
  })

  it('is refused where it is revoked already', () => {
    expect(decided(after(approvedByBob, revokes('tom')), 'ada', revokeIt)).toEqual(
      refusal('nothing-to-do', { digest: templateDigest(document()), state: 'revoked' }),
    )
  })
})

describe('the use of a template', () => {
  const two = [approves('bob'), approves('carol', 1, now)]
  const usable = (vary: object = {}, approvers: object[] = []) => ({
    usable: true,
    template: document(vary),
    digest: templateDigest(document(vary)),
    approvals: approvers,
  })
  const by = (person: string, at = start, roles = ['appr']) => ({
    person,
    roles,
    at,
    nth: expect.any(Number) as number,
  })
  const not = (why: string) => ({ usable: false, why })

  it('begins with its last approval, and ends with its revocation and at its end, at the instant itself', () => {
    const until = '2026-06-01T00:00:00.000Z'
    const vary = { until }
    const governance = after(ruled, ['tom', propose(vary)], ...two)
    const usableByTwo = usable(vary, [by('bob'), by('carol', now)])
    expect(use(after(ruled, ['tom', propose(vary)], approves('bob')))).toEqual(not('not approved'))
    expect(use(governance)).toEqual(usableByTwo)
    expect(use(governance, 1, '2026-05-31T23:59:59.999Z')).toEqual(usableByTwo)
    expect(use(governance, 1, until)).toEqual(not('expired'))
    const revoked = after(governance, revokes('tom', 1, now))
    expect(use(revoked, 1, justBefore)).toEqual(usableByTwo)
    expect(use(revoked, 1, now)).toEqual(not('revoked'))
    expect(use(governance, 2)).toEqual(not('unknown'))
    expect(templateUse(governance, 't', 'stop', 1, now)).toEqual(not('unknown'))
    expect(templateUse(governance, 'ledger', 'restart', 1, now)).toEqual(not('unknown'))
  })

  it('is over once a newer version can be used, and not before', () => {
    const governance = after(ruled, ['tom', propose()], ...two, ['tom', propose({ version: 2 })], approves('bob', 2))
    expect(use(governance)).toEqual(usable({}, [by('bob'), by('carol', now)]))
    const replaced = after(governance, approves('carol', 2))
    expect(use(replaced)).toEqual(not('superseded'))
    expect(use(replaced, 2)).toEqual(usable({ version: 2 }, [by('bob'), by('carol')]))
    const back = after(replaced, revokes('ada', 2))
    expect(use(back)).toEqual(usable({}, [by('bob'), by('carol', now)]))
  })

  it('is judged by another policy where one is given', () => {
    const governance = after(ruled, ['tom', propose()], approves('bob'))
    expect(templateUse(governance, 't', 'restart', 1, now, single)).toEqual(usable({}, [by('bob')]))
    expect(use(governance)).toEqual(not('not approved'))
  })

  it('counts one approval of two ids that turn out to be one person, the first', () => {
    const governance = after(ruledBySingle, ['tom', propose()], approves('bob'), approves('carol'), [
      'ada',
      { type: 'recordAlias', person: 'bob', is: 'carol', comment: 'entered twice' },
    ])
    expect(use(governance)).toEqual(usable({}, [by('bob')]))
  })

  it('counts no approval of an id that turns out to be whoever proposed it', () => {
    const governance = after(ruledBySingle, ['tom', propose()], approves('bob'), [
      'ada',
      { type: 'recordAlias', person: 'bob', is: 'tom', comment: 'entered twice' },
    ])
    expect(use(governance)).toEqual(not('not approved'))
  })

  it('counts nothing that was given up to a compromised departure, and what is given after a return', () => {
    const departs = (at: string): Given => ['ada', { type: 'recordDeparture', person: 'bob', compromised: true }, at]
    const before = after(ruledBySingle, ['tom', propose()], approves('bob', 1, justBefore))
    expect(use(after(before, departs(justBefore)))).toEqual(not('not approved'))
    expect(use(after(before, departs(now)))).toEqual(not('not approved'))
    const returned = after(
      ruledBySingle,
      ['tom', propose()],
      departs(start),
      ['ada', { type: 'recordReturn', person: 'bob' }, justBefore],
      ['ada', { type: 'grantRole', role: 'appr', to: 'bob', team: 't' }, justBefore],
      approves('bob', 1, now),
    )
    expect(use(returned)).toEqual(usable({}, [by('bob', now)]))
  })

  const [low, risky, open] = [
    {},
    { fixed: { system: 'ledger', risk: 'high' } },
    { fixed: { system: 'ledger' }, editable: ['risk'] },
  ]
  const one = (name: typeof appr) => approvals(1).from(name)
  const onRisk = [
    leaning(one(appr)),
    approval('board', one(tester), { carriedFrom, when: high }),
    approval('agree', one(appr)),
  ]
  const onlyOnRisk = [approval('board', one(appr), { carriedFrom, when: high }), approval('agree', one(appr))]
  const twoThirds = [leaning(share(2, 3).of(appr))]
  const eitherWay = [leaning(any(one(tester), approvals(2).from(appr)))]
  const moreOnRisk = [leaning(all(one(appr), one(tester).when(high)))]
  const lessOnRisk = [leaning(any(one(appr).when(high), one(tester)))]
  const onRiskItself = [leaning(one(appr).when(high)), approval('agree', one(appr))]

  it.each<[title: string, flow: Stage[], vary: object, approvers: string[], ok: boolean]>([
    ['without a stage that its fields leave out', onRisk, low, ['bob'], true],
    ['not without a stage that its fields ask for', onRisk, risky, ['bob'], false],
    ['not without the other stage', onRisk, risky, ['tess'], false],
    ['with every stage that its fields ask for', onRisk, risky, ['bob', 'tess'], true],
    ['not without a stage that hangs on what is left open', onRisk, open, ['bob'], false],
    ['with a stage that hangs on what is left open', onRisk, open, ['bob', 'tess'], true],
    ['never where its fields leave every stage out', onlyOnRisk, low, ['bob'], false],
    ['with the only stage that its fields ask for', onlyOnRisk, risky, ['bob'], true],
    ['not with less than a share of those who did not propose it', twoThirds, low, ['bob'], false],
    ['with a share of those who did not propose it', twoThirds, low, ['bob', 'carol'], true],
    ['with one alternative', eitherWay, low, ['tess'], true],
    ['with the other alternative', eitherWay, low, ['bob', 'carol'], true],
    ['not with half an alternative', eitherWay, low, ['bob'], false],
    ['without a part that its fields leave out', moreOnRisk, low, ['bob'], true],
    ['not without a part that its fields ask for', moreOnRisk, risky, ['bob'], false],
    ['not without a part that hangs on what is left open', moreOnRisk, open, ['bob'], false],
    ['with a part that hangs on what is left open', moreOnRisk, open, ['bob', 'tess'], true],
    ['not by an alternative that its fields leave out', lessOnRisk, low, ['bob'], false],
    ['by an alternative that its fields ask for', lessOnRisk, risky, ['bob'], true],
    ['not by an alternative that hangs on what is left open', lessOnRisk, open, ['bob'], false],
    ['by the alternative that always applies', lessOnRisk, open, ['tess'], true],
    ['never by a requirement that its fields leave out', onRiskItself, low, ['bob'], false],
    ['by a requirement that hangs on what is left open', onRiskItself, open, ['bob'], true],
  ])('is settled by what its category asks for: %s', (_title, flow, vary, approvers, ok) => {
    const governance = after(
      founded({ ...staff, tom: ['appr'] }),
      ...inForce(standards(flow)),
      ['tom', propose(vary)],
      ...approvers.map(person => approves(person)),
    )
    const given = approvers.map(person => by(person, start, staff[person as keyof typeof staff]))
    expect(use(governance)).toEqual(ok ? usable(vary, given) : not('not approved'))
  })
})

describe('a template as others read it', () => {
  const governance = after(
    ruled,
    ['tom', propose({ until: '2026-06-01T00:00:00.000Z' })],
    ['tom', propose({ version: 2, description: 'the second' })],
    revokes('tom', 2, now),
  )

  it('is the version that was asked for, whatever has become of it', () => {
    expect(templateOf(governance, 't', 'restart', 1)).toEqual(document({ until: '2026-06-01T00:00:00.000Z' }))
    expect(templateOf(governance, 't', 'restart', 2)).toEqual(document({ version: 2, description: 'the second' }))
    expect(templateOf(governance, 't', 'restart', 3)).toBeUndefined()
    expect(templateOf(governance, 't', 'stop', 1)).toBeUndefined()
    expect(templateOf(governance, 'ledger', 'restart', 1)).toBeUndefined()
  })

  it.each<[name: string, version: number, at: string, stands: boolean]>([
    ['restart', 1, now, true],
    ['restart', 1, '2026-05-31T23:59:59.999Z', true],
    ['restart', 1, '2026-06-01T00:00:00.000Z', false],
    ['restart', 2, justBefore, true],
    ['restart', 2, now, false],
    ['restart', 3, now, false],
    ['stop', 1, now, false],
  ])('stands for the tickets that follow %s, version %i, at %s: %s', (name, version, at, stands) => {
    expect(templateStands(governance, 't', name, version, at)).toBe(stands)
  })

  it('stands for the stages that lean on it, of a category that follows templates, and for no others', () => {
    const mixed = standards([
      verify,
      approval('agree', approvals(1).from(appr)),
      approval('project', approvals(1).from(appr), {
        carriedFrom: approved('normal').covers({ system: 'system' }).for('30d'),
      }),
      parallel(
        'both',
        leaning(approvals(1).from(tester), 'tests'),
        leaning(any(approvals(2).from(appr), approvals(1).from(tester)), 'approvers'),
      ),
    ])
    const names = (one: Policy | undefined, name: string) => templateStages(one, name).map(stage => stage.name)
    expect(names(mixed, 'standard')).toEqual(['tests', 'approvers'])
    expect(templateRoles(mixed, 'standard')).toEqual(['tester', 'appr'])
    expect(names(mixed, 'normal')).toEqual([])
    expect(names(mixed, 'none')).toEqual([])
    expect(names(mixed, 'constructor')).toEqual([])
    expect(names(undefined, 'standard')).toEqual([])
    expect(templateRoles(undefined, 'standard')).toEqual([])
    const { standard } = mixed.categories
    if (standard === undefined) throw new Error('there is no such category')
    const { template: _, ...without } = standard
    expect(names({ ...mixed, categories: { standard: without } }, 'standard')).toEqual([])
  })

  it('is judged by the policy in force of its team', () => {
    expect(policyOf(governance, 't')).toEqual(plain)
    expect(policyOf(governance, 'ledger')).toBeUndefined()
  })
})

describe('controls and policies', () => {
  const people = founded(staff)
  const [digest, other] = [policyDigest(plain), controlsDigest(baseline)]
  const proposed = after(people, ...inForce(plain).slice(0, 3))
  const adopted = after(people, ...inForce(plain))
  const almost = (one: string) => `${one.slice(0, -1)}${one.endsWith('0') ? '1' : '0'}`
  const unknown = (name: string, near: string) => refusal('name.unknown', { what: 'proposal', name, near })

  it.each<[title: string, governance: Governance, account: string, command: object, outcome: object]>([
    [
      'are proposed by anybody who is known',
      people,
      'rita',
      { type: 'proposeControls', controls: baseline },
      { accepted: [{ type: 'controls.proposed', digest: other, by: 'rita' }] },
    ],
    [
      'are not proposed twice, as controls',
      proposed,
      'rita',
      { type: 'proposeControls', controls: baseline },
      refusal('nothing-to-do', { digest: other, state: 'in force' }),
    ],
    [
      'are not proposed twice, as a policy',
      proposed,
      'rita',
      { type: 'proposePolicy', policy: plain },
      refusal('nothing-to-do', { digest, state: 'proposed' }),
    ],
    [
      'need controls in force before a policy',
      people,
      'rita',
      { type: 'proposePolicy', policy: plain },
      refusal('name.unknown', { what: 'controls in force', name: 'baseline', near: '' }),
    ],
    [
      'need controls that are adopted, not only proposed, before a policy',
      after(people, ['ada', { type: 'proposeControls', controls: baseline }]),
      'rita',
      { type: 'proposePolicy', policy: plain },
      refusal('name.unknown', { what: 'controls in force', name: 'baseline', near: '' }),
    ],
    [
      'are adopted by another administrator, as controls',
      after(people, ['ada', { type: 'proposeControls', controls: baseline }]),
      'otto',
      { type: 'adoptControls', digest: other },
      { accepted: [{ type: 'controls.adopted', digest: other, by: 'otto', at: now }] },
    ],
    [
      'are adopted by another administrator, as a policy',
      proposed,
      'otto',
      { type: 'adoptPolicy', digest },
      { accepted: [{ type: 'policy.adopted', digest, team: 't', by: 'otto', at: now }] },
    ],
    [
      'are not adopted by whoever proposed them, as controls',
      proposed,
      'ada',
      { type: 'adoptControls', digest: other },
      refusal('duty.second-person', { person: 'ada', what: 'adopt' }),
    ],
    [
      'are not adopted by whoever proposed them, as a policy',
      proposed,
      'ada',
      { type: 'adoptPolicy', digest },
      refusal('duty.second-person', { person: 'ada', what: 'adopt' }),
    ],
    [
      'are not adopted a second time, as a policy',
      adopted,
      'otto',
      { type: 'adoptPolicy', digest },
      refusal('nothing-to-do', { digest, state: 'in force' }),
    ],
    [
      'are not adopted where nobody proposed them, as controls',
      proposed,
      'otto',
      { type: 'adoptControls', digest: almost(other) },
      unknown(almost(other), `; did you mean ${other}?`),
    ],
    [
      'are not adopted where nobody proposed them, as a policy',
      proposed,
      'otto',
      { type: 'adoptPolicy', digest: almost(digest) },
      unknown(almost(digest), `; did you mean ${digest}?`),
    ],
    [
      'are not adopted the one for the other',
      proposed,
      'otto',
      { type: 'adoptPolicy', digest: other },
      unknown(other, ''),
    ],
  ])('%s', (_title, governance, account, command, outcome) => {
    expect(decided(governance, account, command)).toEqual(outcome)
  })

  it('hold a policy against the controls in force again when it is adopted', () => {
    const stricter = controls('stricter', { 'CM-1': separate('make', 'approve').because('nobody approves their own') })
    const governance = after(
      proposed,
      ['ada', { type: 'proposeControls', controls: stricter }],
      ['otto', { type: 'adoptControls', digest: controlsDigest(stricter) }],
    )
    const problem = `names the controls baseline with digest ${other.slice(0, 12)}…, and the controls given are stricter with ${controlsDigest(stricter).slice(0, 12)}…`
    expect(decided(governance, 'otto', { type: 'adoptPolicy', digest })).toEqual(
      refusal('policy.invalid', { team: 't', problems: [{ where: 'complies', problem }] }),
    )
  })
})
