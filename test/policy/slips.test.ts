import { baseline, fixturePolicy, Scenario } from '@countersign/testing'
import { CountersignError } from '@countersign/trail'
import {
  all,
  any,
  approval,
  approvals,
  approved,
  approvedBeforeRelease,
  approvedTemplate,
  board,
  type Condition,
  category,
  controls,
  every,
  exception,
  field,
  lint,
  not,
  type Policy,
  type PolicyOptions,
  parsePolicy,
  percent,
  permit,
  policy,
  policyDigest,
  type RequirementBuilder,
  type RoleName,
  release,
  role,
  type Stage,
  separate,
  share,
  some,
  task,
  test,
  testedBeforeRelease,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'

/** Where Node runs TypeScript as it stands, nothing checks the types, so anything may stand anywhere. */
const anything = (value: unknown) => value as never

const owner = role('owner')
const one = approvals(1).from(owner)
const silent = controls('silent', {})
const high = field('risk').is('high')
const flow: Stage[] = [approval('peer', one), release('live', { by: owner })]
const form = z.object({ risk: z.enum(['low', 'high']), seats: z.int() })

const written = (options: Partial<PolicyOptions> = {}, stages: Stage[] = flow) =>
  policy(
    't',
    { complies: silent, roles: { owner: 'owns it' }, ...options },
    { normal: category({ form, flow: stages }) },
  )

function said(write: () => unknown): string {
  try {
    write()
  } catch (error) {
    if (error instanceof CountersignError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'nothing'
}

type Slip = [what: string, write: () => unknown, message: string]

const isSaid = (_: string, write: () => unknown, message: string) => expect(said(write)).toBe(`policy: ${message}`)

describe('a role that is not written as one restricts nobody, so it is refused', () => {
  const by = (value: unknown) => ({ by: anything(value) as RoleName })
  const asRole = "is a role, as role('owner')"
  it.each<Slip>([
    [
      'who may ask, as a text',
      () => category({ requestedBy: anything('owner'), flow }),
      `category: requestedBy ${asRole}`,
    ],
    [
      'who may ask, as a list',
      () => category({ requestedBy: anything([owner]), flow }),
      `category: requestedBy ${asRole}`,
    ],
    [
      'who may ask, as nobody',
      () => category({ requestedBy: anything(null), flow }),
      `category: requestedBy ${asRole}`,
    ],
    [
      'who breaks the glass',
      () => category({ breakGlass: { ...by('owner'), lasts: '1h' }, flow }),
      `category: breakGlass.by ${asRole}`,
    ],
    ['to whom it goes', () => category({ triage: [{ to: anything('owner') }], flow }), `triage.0: to ${asRole}`],
    ['who does a task', () => task('build', by('owner')), `task build: by ${asRole}`],
    ['who tests', () => test('verify', by(undefined)), `test verify: by ${asRole}`],
    ['who releases', () => release('live', by('ops')), "release live: by is a role, as role('ops')"],
    ['whose approvals count', () => approvals(1).from(anything('owner')), `from ${asRole}`],
    ['of whom a share is asked', () => share(1, 2).of(anything('owner')), `of ${asRole}`],
    [
      'who grants exceptions',
      () => exception('make', 'approve').grantedBy(anything('owner')).atMost('7d').compensatedBy('x').because('x'),
      `exception make, approve: grantedBy ${asRole}`,
    ],
    [
      'who decides on the order',
      () => board({ planning: { ...by('owner'), present: owner, quorum: 1 } }),
      `board: planning.by ${asRole}`,
    ],
    [
      'who is present',
      () => board({ planning: { by: owner, present: anything('owner'), quorum: 1 } }),
      `board: planning.present ${asRole}`,
    ],
    [
      'who lifts a veto',
      () => approval('peer', one, { veto: anything(null) }),
      "approval peer: a veto says who lifts it, as veto: { liftedBy: role('head') }",
    ],
  ])('%s', isSaid)
})

describe('what is not finished, or said beside, would be left out, so it is refused', () => {
  const ways = "approved('project').covers({ … }).for('30d') or approvedTemplate().for('365d')"
  it.each<Slip>([
    [
      'an approval that is carried, without what it covers',
      () => approval('peer', one, { carriedFrom: anything(approved('project')) }),
      'approval peer: carriedFrom is not finished: it goes on with .covers(…)',
    ],
    [
      'the approval of a template, without for how long',
      () => approval('peer', one, { carriedFrom: anything(approvedTemplate()) }),
      'approval peer: carriedFrom is not finished: it goes on with .for(…)',
    ],
    [
      'an approval that is carried, by the name of a category',
      () => approval('peer', one, { carriedFrom: anything('project') }),
      `approval peer: carriedFrom is written as ${ways}`,
    ],
    [
      'a share of nobody',
      () => approval('peer', anything(share(1, 2))),
      'approval peer: what it asks for is not finished: it goes on with .of(…)',
    ],
    [
      'an approval that asks for nothing',
      () => approval('peer', anything(undefined)),
      "approval peer: what it asks for is written as approvals(1).from(role('owner'))",
    ],
    [
      'a list of requirements',
      () => all(anything([one, one])),
      "all(…): what it asks for is written as approvals(1).from(role('owner'))",
    ],
    [
      'approvals of nobody',
      // @ts-expect-error: it says not yet of whom.
      () => approval('peer', approvals(1)),
      'approval peer: what it asks for is not finished: it goes on with .from(…)',
    ],
    [
      'approvals of nobody, with a reason',
      () => approval('peer', (approvals(2) as never as typeof one).because('four eyes')),
      "approval peer: what it asks for is written as approvals(1).from(role('owner'))",
    ],
    [
      'a share of nobody among alternatives',
      () => any(one, anything(percent(50))),
      'any(…): what it asks for is not finished: it goes on with .of(…)',
    ],
    [
      'a second role',
      () => approvals(1).from(owner, anything(role('head'))),
      'from takes one role: all(…) asks persons of several roles, any(…) of one of them',
    ],
    [
      'a second role of which a share is asked',
      () => share(1, 2).of(owner, anything(role('head'))),
      'of takes one role: all(…) asks persons of several roles, any(…) of one of them',
    ],
    ['no condition', () => one.when(anything(undefined)), "when takes a condition, as field('risk').is('high')"],
    [
      'a field without a question',
      () => one.when(anything(field('risk'))),
      'when is not finished: it goes on with .is(…), .oneOf(…), .includes(…), .atLeast(…) or .below(…)',
    ],
    [
      'a second condition',
      () => one.when(high).when(not(high)),
      'when is said twice of one requirement: every(…) where both have to hold, some(…) where one is enough',
    ],
    [
      'a separation without its reason',
      () => written({ separate: [anything(separate('make', 'release'))] }),
      'separate.0 is not finished: it goes on with .because(…)',
    ],
    [
      'the lifting of a separation without its reason',
      () => written({ permit: [permit('request', 'approve').because('we are few'), anything(permit('make', 'x'))] }),
      'permit.1 is not finished: it goes on with .because(…)',
    ],
    [
      'an exception that nobody grants',
      () => written({ exceptions: [anything(exception('make', 'approve'))] }),
      'exceptions.0 is not finished: it goes on with .grantedBy(…)',
    ],
    [
      'a clause without its reason',
      () => controls('house', { 'CM-3': anything(approvedBeforeRelease()) }),
      'controls house: CM-3 is not finished: it goes on with .because(…)',
    ],
    [
      'a third duty',
      () => separate('make', 'release', anything('test')),
      'separate make, release: its options are written as { … }: exceptions',
    ],
    [
      'an option of a separation that is misspelt',
      () => separate('make', 'release', anything({ exception: 'allowed' })),
      'separate make, release: there is no option exception; did you mean exceptions?',
    ],
    [
      'an option of a clause that is misspelt',
      () => testedBeforeRelease(1, anything({ breakglass: 'allowed' })),
      'testedBeforeRelease: there is no option breakglass; did you mean breakGlass?',
    ],
  ])('%s', isSaid)

  it('and a condition is joined with another one aloud', () => {
    expect(one.when(every(high, field('seats').atLeast(5))).data).toEqual({
      approvals: 1,
      from: 'owner',
      when: {
        every: [
          { field: 'risk', is: 'high' },
          { field: 'seats', atLeast: 5 },
        ],
      },
    })
  })
})

describe('a role of people that is nearly one of the policy', () => {
  const slip = { controls: baseline, policies: [fixturePolicy()], people: { ann: ['tester'], bob: ['apr'] } }
  const said = /people\.bob: there is no role apr; did you mean appr\?/

  it('is refused by lint and by a scenario, with the one that may have been meant', async () => {
    expect(() => lint(fixturePolicy(), slip)).toThrow(said)
    await expect(Scenario.open(slip)).rejects.toThrow(said)
    const { people } = slip
    expect(() => lint(fixturePolicy(), { people: {}, robots: people })).toThrow(/robots\.bob: there is no role apr;/)
  })

  it('is no slip where it is said to be there, nor where it is far from all of them', async () => {
    const setting = { ...slip, roles: ['apr'] }
    expect(lint(fixturePolicy(), setting)).not.toEqual([])
    await Scenario.open(setting)
    await Scenario.open({ ...slip, people: { bob: ['gardener'] } })
    expect(lint(fixturePolicy(), { people: { bob: ['gardener'] } })).not.toEqual([])
  })
})

describe('what cannot be written says what can', () => {
  const options = (where: string, ...names: string[]) =>
    `${where}: its options are written as { … }: ${names.join(', ')}`
  it.each<Slip>([
    [
      'values as a list',
      () => field('risk').oneOf(anything(['low'])),
      'oneOf takes what it asks about one by one: oneOf(…, …), and not as a list',
    ],
    [
      'conditions as a list',
      () => every(anything([high])),
      'every takes what it asks about one by one: every(…, …), and not as a list',
    ],
    [
      'alternatives as a list',
      () => some(anything([high])),
      'some takes what it asks about one by one: some(…, …), and not as a list',
    ],
    [
      'a test without options',
      () => test('verify', anything(undefined)),
      options('test verify', 'by', 'when', 'signOffs', 'evidence', 'checklist', 'within', 'remedyWithin', 'onlyAfter'),
    ],
    [
      'options of a release that are a role',
      () => release('live', anything('owner')),
      options('release live', 'by', 'when', 'environment', 'during', 'checklist'),
    ],
    [
      'a policy without options',
      () => policy('t', anything(undefined), {}),
      options(
        'policy t',
        'complies',
        'description',
        'roles',
        'separate',
        'permit',
        'exceptions',
        'delegation',
        'board',
      ),
    ],
    [
      'controls without clauses',
      () => controls('house', anything(undefined)),
      "controls house: its clauses are written as { 'CM-1': … }",
    ],
    [
      'rules of triage that are no list',
      () => category({ triage: anything({ to: owner }), flow }),
      'triage: its rules are a list, as [{ to, when }]',
    ],
    [
      'a checklist as a list',
      () => test('verify', { by: owner, checklist: anything(['a backup was restored']) }),
      "a checklist names its items: { backup: 'a backup was restored' }",
    ],
    [
      'a column that is nothing',
      () => board({ columns: anything([null]) }),
      options('board column 0', 'name', 'stages', 'limit', 'wip'),
    ],
    [
      'columns that are no list',
      () => board({ columns: anything({}) }),
      "board: its columns are a list, as [{ name: 'doing', stages: ['build'], limit: 3 }]",
    ],
    [
      'roles that are none',
      () => written({ roles: anything(undefined) }),
      'this policy cannot be used:\n  roles: is missing (expected record)',
    ],
    [
      'no list of what is lifted',
      () => written({ permit: anything(null) }),
      'this policy cannot be used:\n  permit: expected array, found null',
    ],
    [
      'a clause that is none',
      () => controls('house', { 'CM-1': anything(null) }),
      'controls house: clauses.CM-1: expected object, found null',
    ],
    [
      'a word of a clause that is misspelt',
      () => controls('house', { 'CM-1': separate('make', 'test', { exceptions: anything('alowed') }).because('x') }),
      'controls house: clauses.CM-1.exceptions: expected "allowed"',
    ],
    [
      'a condition that is none',
      () => written({}, [approval('peer', one, { when: anything({ field: 'risk', like: 'high' }) }), ...flow.slice(1)]),
      'this policy cannot be used:\n  categories.normal.flow.0.when: must be field(…) with is(…), oneOf(…), includes(…), or atLeast(…) and below(…) of a whole number, or every(…), some(…), not(…)',
    ],
  ])('%s', isSaid)
})

describe('a number that is not whole', () => {
  const requirement =
    'must be approvals(n).from(role(…)), share(n, m).of(role(…)), percent(p).of(role(…)) with p from 1 to 100, approvals(0), all(…) or any(…), with whole numbers n, m and p'
  const condition =
    'must be field(…) with is(…), oneOf(…), includes(…), or atLeast(…) and below(…) of a whole number, or every(…), some(…), not(…)'
  it.each<Slip>([
    ['of persons', () => written({}, [approval('peer', approvals(1.5).from(owner))]), `requires: ${requirement}`],
    ['of a hundred', () => written({}, [approval('peer', percent(66.6).of(owner))]), `requires: ${requirement}`],
    ['of one', () => written({}, [approval('peer', percent(0.67).of(owner))]), `requires: ${requirement}`],
    [
      'at a limit of what is asked for',
      () => written({}, [approval('peer', one.when(field('seats').atLeast(anything('3'))))]),
      `requires: asks when it holds by what is no condition: ${condition.slice('must be '.length)}`,
    ],
    [
      'at a limit of one of several that are asked for',
      () => written({}, [approval('peer', all(one, any(one, one.when(not(field('seats').below(anything('3')))))))]),
      `requires: asks when it holds by what is no condition: ${condition.slice('must be '.length)}`,
    ],
    [
      'at a limit',
      () => written({}, [approval('peer', one, { when: field('seats').atLeast(1.5) })]),
      `when: ${condition}`,
    ],
    [
      'at a limit that is a text',
      () => written({}, [approval('peer', one, { when: field('seats').below(anything('5')) })]),
      `when: ${condition}`,
    ],
  ])('is refused where it stands, and said to be one: %s', (what, write, message) =>
    isSaid(what, write, `this policy cannot be used:\n  categories.normal.flow.0.${message}`),
  )
})

describe('a name that readers drop', () => {
  const evil = (value: unknown) => Object.fromEntries([['__proto__', value]])
  const clause = { rule: 'separate', duties: ['make', 'release'], because: 'two pairs of hands' }

  it('is refused of a clause, and no clause is lost', () => {
    expect(said(() => controls('house', anything({ ...evil(clause), 'CM-1': clause })))).toBe(
      'policy: controls house: clauses: __proto__ is not allowed as a name',
    )
  })

  it('is refused of a category, a role and whatever else a policy names', () => {
    const data = written()
    const [normal] = Object.values(data.categories)
    const where: [string, unknown][] = [
      ['categories', { ...data, categories: { ...data.categories, ...evil(normal) } }],
      ['roles', { ...data, roles: { ...data.roles, ...evil({}) } }],
      ['policy', { ...data, ...evil({}) }],
      ['board.categories', { ...data, board: { columns: [], categories: evil({ max: 1 }) } }],
    ]
    for (const [place, odd] of where) {
      expect(said(() => parsePolicy(odd, silent))).toBe(
        `policy: this policy cannot be used:\n  ${place}: __proto__ is not allowed as a name`,
      )
    }
    const categories = { normal: category({ form, flow }), ...evil(category({ form, flow })) }
    expect(said(() => policy('t', { complies: silent, roles: { owner: 'owns it' } }, categories))).toContain(
      '__proto__',
    )
    const roles = { owner: 'owns it', ...evil('nobody') } as Record<string, string>
    expect(said(() => written({ roles }))).toContain('roles: __proto__')
  })

  it('is refused of a field', () => {
    const shape = { ...evil(z.string()), risk: z.string() } as z.ZodRawShape
    expect(said(() => category({ form: z.object(shape), flow }))).toBe(
      'policy: a form: __proto__ is not allowed as a name',
    )
  })
})

describe('a policy that goes too deep', () => {
  const conditioned = (times: number) => {
    let when: Condition = high
    for (let time = 0; time < times; time++) when = not(when)
    return () => written({}, [approval('peer', one), approval('second', one, { when }), ...flow.slice(1)])
  }
  const joined = (times: number) => {
    let requires: RequirementBuilder = one
    for (let time = 0; time < times; time++) requires = all(requires)
    return () => written({}, [approval('peer', requires), ...flow.slice(1)])
  }

  it('is refused with where it does, however deep that is', () => {
    for (const times of [60, 20_000]) {
      expect(said(conditioned(times))).toBe(
        'policy: this policy cannot be used:\n  categories.normal.flow.1.when.not.not.not: goes deeper than 46 levels',
      )
      expect(said(joined(times))).toBe(
        'policy: this policy cannot be used:\n  categories.normal.flow.0.requires.all.0.all: goes deeper than 46 levels',
      )
    }
    expect(said(conditioned(30))).toBe('nothing')
    expect(said(joined(15))).toBe('nothing')
  })

  it('is refused where it contains itself, and where it says one thing more often than anybody reads', () => {
    const circle: Record<string, unknown> = {}
    circle.all = [circle]
    expect(said(() => written({}, anything([circle])))).toContain('goes deeper than 46 levels')
    let many: RequirementBuilder = one
    for (let time = 0; time < 20; time++) many = all(many, many)
    expect(said(() => written({}, [approval('peer', many), ...flow.slice(1)]))).toContain('has more than 50000 parts')
  })
})

describe('an option that is undefined', () => {
  const none = anything(undefined)
  const full = (isThere: boolean): Policy => {
    const more = (names: readonly string[]) =>
      anything(isThere ? Object.fromEntries(names.map(name => [name, none])) : {})
    const owed = ['within', 'remedyWithin', 'onlyAfter']
    const house = controls('house', {
      'H-1': approvedBeforeRelease(1, more(['breakGlass'])).because('four eyes see more than two'),
      'H-2': testedBeforeRelease(1, more(['breakGlass'])).because('nothing untested goes live'),
      'H-3': separate('make', 'approve', more(['exceptions'])).because('four eyes see more than two'),
    })
    const by = (names: readonly string[]) => ({ by: owner, ...(more(['when', 'checklist', ...names]) as object) })
    const stages = [
      task('build', by(['duty'])),
      test('verify', by(['signOffs', 'evidence', ...owed])),
      approval(
        'peer',
        one,
        more(['carriedFrom', 'when', 'veto', 'validFor', 'leavers', 'onResubmit', 'environments', ...owed]),
      ),
      release('live', by(['environment', 'during'])),
    ]
    const columns = [{ name: 'doing', stages: ['build'], ...(more(['limit', 'wip']) as object) }]
    const categories = { normal: { max: 3, ...(more(['reserve']) as object) } }
    const limits = board({
      columns,
      categories,
      ...(more(['perPerson', 'owner', 'capacity', 'expedite', 'planning']) as object),
    })
    const fallback = { role: 'head', when: ['vacant' as const], ...(more(['after']) as object) }
    const roles = {
      owner: { description: 'owns it', fallback, ...(more(['delegates', 'whileAbsent']) as object) },
      head: { description: 'heads it', ...(more(['fallback']) as object) },
    }
    const rules = [
      'description',
      'requestedBy',
      'material',
      'template',
      'emergency',
      'breakGlass',
      'retrospective',
      'touches',
    ]
    const triage = [{ to: owner, ...(more(['when']) as object) }]
    return policy(
      't',
      {
        complies: house,
        roles,
        board: limits,
        ...(more(['description', 'separate', 'permit', 'exceptions', 'delegation']) as object),
      },
      { normal: category({ form, flow: stages, triage, ...(more(rules) as object) }) },
    )
  }

  it('is as if it was not there: the policy is the same, and has the same digest', () => {
    const [with_, without] = [full(true), full(false)]
    expect(with_).toStrictEqual(without)
    expect(policyDigest(with_)).toBe(policyDigest(without))
    const bare = category({ flow, ...(anything({ form: none, triage: none }) as object) })
    expect(bare).toStrictEqual(category({ flow }))
  })

  it('is refused as before where it stands for something by its name: a category, a role, a clause, an item', () => {
    expect(said(() => policy('t', { complies: silent, roles: { owner: none } }, {}))).toContain('roles.owner')
    expect(said(() => policy('t', { complies: silent, roles: {} }, { normal: none }))).toContain('normal')
    expect(said(() => controls('house', { 'H-1': none }))).toContain('H-1')
    expect(said(() => written({}, [release('live', { by: owner, checklist: { backup: none } })]))).toContain(
      'checklist',
    )
  })
})
