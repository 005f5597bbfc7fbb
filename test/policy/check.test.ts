import { CountersignError } from '@countersign/trail'
import {
  all,
  any,
  approval,
  approvals,
  approved,
  approvedBeforeRelease,
  approvedTemplate,
  type Category,
  type CategoryOptions,
  type Condition,
  type Controls,
  category,
  controls,
  controlsDigest,
  every,
  exception,
  field,
  not,
  type Policy,
  type PolicyProblem,
  parallel,
  parsePolicy,
  permit,
  policySchema,
  problemsOf,
  release,
  role,
  type Stage,
  separate,
  some,
  task,
  test,
  testedBeforeRelease,
} from 'countersign/policy'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'

const [author, tester, lead, operator] = [role('author'), role('tester'), role('lead'), role('operator')]
const silent = controls('silent', {})
const lenient = controls('lenient', {
  'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
  'CM-2': separate('test', 'make', { exceptions: 'allowed' }).because('nobody tests what they made'),
})
const roles = { author: {}, tester: {}, lead: {}, operator: {} }
const form = z.object({
  risk: z.enum(['low', 'high']),
  kind: z.literal('technical'),
  note: z.string(),
  seats: z.int(),
  urgent: z.boolean(),
  systems: z.array(z.enum(['ledger', 'billing'])),
  tags: z.array(z.string()),
})
const high = field('risk').is('high')
const one = approvals(1).from(lead)
const approve = approval('approve', one)
const verify = test('verify', { by: tester })
const production = release('production', { by: operator })

/** A policy that has the shape of one, whatever else is wrong with it. */
const draft = (parts: Partial<Policy>, complies: Controls = silent): Policy =>
  policySchema.parse({
    format: 'countersign/policy/v1',
    team: 'payments',
    complies: { controls: complies.name, digest: controlsDigest(complies) },
    roles,
    separate: [],
    permit: [],
    categories: { normal: category({ form, flow: [verify, approve, production] }) },
    ...parts,
  })

const normal = (options: Partial<CategoryOptions>): { categories: Record<string, Category> } => ({
  categories: { normal: category({ form, flow: [approve], ...options }) },
})
const flow = (...stages: Stage[]) => normal({ flow: stages })

const said = (where: string, problem: string, clause?: string): PolicyProblem => ({
  where,
  problem,
  ...(clause === undefined ? {} : { clause }),
})
const at = (stage: string, problem: string) => said(`categories.normal.flow.${stage}`, problem)

function thrownBy(act: () => unknown): CountersignError {
  try {
    act()
  } catch (error) {
    if (error instanceof CountersignError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

type Case = [what: string, parts: Partial<Policy>, problems: readonly PolicyProblem[], complies?: Controls]

/** The very problems of a policy, no more and no fewer, which whoever reads it is told as well. */
const check = (_: string, parts: Partial<Policy>, problems: readonly PolicyProblem[], complies: Controls = silent) => {
  const policy = draft(parts, complies)
  expect(problemsOf(policy, complies)).toEqual(problems)
  if (problems.length === 0) {
    expect(parsePolicy(policy, complies)).toEqual(policy)
    return
  }
  const { code, message, facts } = thrownBy(() => parsePolicy(policy, complies))
  expect(code).toBe('policy')
  expect(facts).toEqual({ problems })
  expect(message).toBe(
    ['this policy cannot be used:', ...problems.map(({ where, problem }) => `  ${where}: ${problem}`)].join('\n'),
  )
}

describe('a policy names the controls that it is checked against', () => {
  const other = controls('other', {})
  const renamed = controls('renamed', {})
  const named = (name: string, digest: string): Partial<Policy> => ({ complies: { controls: name, digest } })
  const silently = controlsDigest(silent)
  const otherwise = controlsDigest(other)

  it.each<Case>([
    ['accepts the name and the digest of the controls that are given', {}, []],
    [
      'refuses other controls, and tells both by the first twelve characters of their digests',
      named('other', otherwise),
      [
        said(
          'complies',
          `names the controls other with digest ${otherwise.slice(0, 12)}…, and the controls given are silent with ${silently.slice(0, 12)}…`,
        ),
      ],
    ],
    [
      'refuses the digest under another name',
      named('renamed', silently),
      [
        said(
          'complies',
          `names the controls renamed with digest ${silently.slice(0, 12)}…, and the controls given are silent with ${silently.slice(0, 12)}…`,
        ),
      ],
    ],
    [
      'refuses the name with another digest',
      named('silent', controlsDigest(renamed)),
      [
        said(
          'complies',
          `names the controls silent with digest ${controlsDigest(renamed).slice(0, 12)}…, and the controls given are silent with ${silently.slice(0, 12)}…`,
        ),
      ],
    ],
  ])('%s', check)
})

describe('a policy speaks of its own roles', () => {
  const missing = "there is no role leed in this policy's roles; did you mean lead?"
  it.each<Case>([
    [
      'refuses delegates, a stand-in and a grantor of exceptions out of a role that is not there',
      {
        roles: { ...roles, tester: { delegates: 'leed', fallback: { role: 'leed', when: ['vacant'] } } },
        exceptions: [
          exception('make', 'approve')
            .grantedBy(role('leed'))
            .atMost('7d')
            .compensatedBy('the auditor reviews it')
            .because('we are few'),
        ],
      },
      [
        said('roles.tester.delegates', missing),
        said('roles.tester.fallback', missing),
        said('exceptions.0.grantedBy', missing),
      ],
      lenient,
    ],
    [
      'refuses a role that stands in for itself',
      { roles: { ...roles, tester: { fallback: { role: 'tester', when: ['absent'] } } } },
      [said('roles.tester.fallback', 'a role cannot stand in for itself')],
    ],
    [
      'accepts a role that another one stands in for, and whose delegates come from a third',
      { roles: { ...roles, tester: { delegates: 'author', fallback: { role: 'lead', when: ['absent'] } } } },
      [],
    ],
    [
      'refuses in every stage, veto and requester a role that is not there',
      normal({
        requestedBy: role('leed'),
        flow: [
          task('build', { by: role('leed') }),
          test('verify', { by: role('leed') }),
          approval('approve', any(approvals(1).from(role('leed')), one), { veto: { liftedBy: role('leed') } }),
          release('production', { by: role('leed') }),
        ],
      }),
      [
        said('categories.normal.requestedBy', missing),
        at('build', missing),
        at('verify', missing),
        at('approve', missing),
        at('approve.veto', missing),
        at('production', missing),
      ],
    ],
    [
      'refuses a policy without a category',
      { categories: {} },
      [said('categories', 'a policy without a category lets nothing through')],
    ],
  ])('%s', check)
})

describe('a policy separates and permits what there is', () => {
  const strict = controls('strict', {
    'CM-3': approvedBeforeRelease().because('nothing unapproved'),
    'CM-1': separate('release', 'approve').because('two pairs of eyes'),
  })
  it.each<Case>([
    [
      'accepts a pair of which one duty is taken on by a task of a flow, even within parallel stages',
      {
        ...flow(
          parallel('both', task('security', { by: author, duty: 'inspect' }), approval('peer', one)),
          task('sign', { by: author, duty: 'notarise' }),
        ),
        separate: [
          separate('inspect', 'approve').because('whoever inspects does not decide'),
          separate('notarise', 'make').because('whoever makes does not notarise'),
        ],
      },
      [],
    ],
    [
      'refuses a duty that nobody ever has, and one apart from itself, in either list',
      {
        separate: [
          separate('make', 'test').because('said again'),
          separate('aprove', 'releas').because('misspelt'),
          separate('test', 'test').because('alone'),
        ],
        permit: [permit('request', 'aprove').because('misspelt'), permit('request', 'request').because('alone')],
      },
      [
        said('separate.1', 'nobody ever has the duty aprove here; did you mean approve?'),
        said('separate.1', 'nobody ever has the duty releas here; did you mean release?'),
        said('separate.2', 'a duty cannot be kept apart from itself'),
        said('permit.0', 'nobody ever has the duty aprove here; did you mean approve?'),
        said('permit.1', 'a duty cannot be kept apart from itself'),
        said('permit.0', 'nothing keeps request and aprove apart, so there is nothing to permit'),
        said('permit.1', 'nothing keeps request and request apart, so there is nothing to permit'),
      ],
    ],
    [
      'refuses to permit what a clause keeps apart, in whichever order, and cites the clause',
      { permit: [permit('approve', 'release').because('we are few')] },
      [said('permit.0', 'CM-1 (two pairs of eyes) keeps approve and release apart, and no policy can lift it', 'CM-1')],
      strict,
    ],
    [
      'refuses to permit what is apart in every policy, and what nothing keeps apart, beside what it may permit',
      {
        permit: [
          permit('approve', 'request').because('the product owner decides'),
          permit('make', 'test').because('we are few'),
          permit('approve', 'make').because('we are few'),
          permit('make', 'release').because('we are few'),
        ],
      },
      [
        said('permit.1', 'make and test are always in different hands; a small team needs another person'),
        said('permit.2', 'approve and make are always in different hands; a small team needs another person'),
        said('permit.3', 'nothing keeps make and release apart, so there is nothing to permit'),
      ],
    ],
  ])('%s', check)
})

describe('a policy lets somebody be excepted only from what is apart, and once', () => {
  const from = (one: string, other: string) =>
    exception(one, other)
      .grantedBy(lead)
      .atMost('7d')
      .compensatedBy('the auditor reviews it within a week')
      .because('two people cannot fill three duties')
  const strict = controls('strict', {
    'CM-1': separate('make', 'approve').because('nobody approves what they made'),
    'CM-2': separate('make', 'test', { exceptions: 'allowed' }).because('nobody tests what they made'),
  })
  it.each<Case>([
    [
      'accepts exceptions from what every policy keeps apart where a clause allows them, from what this one does, and from a default',
      {
        separate: [separate('make', 'release').because('two pairs of hands')],
        exceptions: [from('test', 'make'), from('release', 'make'), from('request', 'approve')],
      },
      [],
      lenient,
    ],
    [
      'refuses an exception from what every policy keeps apart where no clause allows one, whatever the policy says of the pair itself',
      {
        separate: [separate('make', 'approve', { exceptions: 'allowed' }).because('we are few')],
        exceptions: [from('approve', 'make'), from('make', 'test')],
      },
      [
        said(
          'exceptions.0',
          "approve and make are always in different hands, and no clause of the controls allows exceptions from that: separate('approve', 'make', { exceptions: 'allowed' })",
        ),
        said(
          'exceptions.1',
          "make and test are always in different hands, and no clause of the controls allows exceptions from that: separate('make', 'test', { exceptions: 'allowed' })",
        ),
      ],
    ],
    [
      'refuses an exception that one of two clauses on a pair allows and the other does not, and cites the other',
      { exceptions: [from('make', 'approve')] },
      [said('exceptions.0', 'CM-2 (never here) keeps make and approve apart and allows no exceptions', 'CM-2')],
      controls('two', {
        'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
        'CM-2': separate('approve', 'make').because('never here'),
      }),
    ],
    [
      'refuses an exception from a default that the policy itself lifts, and from what nothing keeps apart',
      {
        permit: [permit('approve', 'request').because('the product owner decides')],
        exceptions: [from('request', 'approve'), from('make', 'release'), from('approve', 'review')],
      },
      [
        said('exceptions.0', 'nothing keeps request and approve apart, so there is nothing to be excepted from'),
        said('exceptions.1', 'nothing keeps make and release apart, so there is nothing to be excepted from'),
        said(
          'exceptions.2',
          'nobody is excepted from what keeps approve and review apart: a review afterwards is by somebody else',
        ),
      ],
    ],
    [
      'refuses a second word on one pair, in whichever order',
      { exceptions: [from('make', 'approve'), from('make', 'test'), from('approve', 'make')] },
      [said('exceptions.2', 'says a second time who grants exceptions from approve and make')],
      lenient,
    ],
    [
      'refuses an exception that a clause does not allow, cites it, and accepts one that a clause does',
      { exceptions: [from('approve', 'make'), from('make', 'test')] },
      [
        said(
          'exceptions.0',
          'CM-1 (nobody approves what they made) keeps approve and make apart and allows no exceptions',
          'CM-1',
        ),
      ],
      strict,
    ],
  ])('%s', check)
})

describe('a category speaks of its own fields and stages', () => {
  const reserved =
    'returned, remediation, completed, closed, cancelled are states of every change; name the stage otherwise'
  it.each<Case>([
    [
      'refuses what is required or material and no field of the form, though title, reason and content may be material',
      {
        categories: {
          normal: {
            form: {
              type: 'object',
              properties: { risk: { type: 'string' } },
              required: ['rsk'],
              additionalProperties: false,
            },
            material: ['title', 'reason', 'content', 'risk', 'contents'],
            flow: [approve],
          } as Category,
        },
      },
      [
        said('categories.normal.form.required', 'there is no field rsk in the form; did you mean risk?'),
        said('categories.normal.material', 'there is no field contents in the form; did you mean content?'),
      ],
    ],
    [
      'refuses a flow that says nothing of approval',
      flow(verify, production),
      [
        said(
          'categories.normal.flow',
          'says nothing of approval; approval(…, approvals(0)) says aloud that none is asked for',
        ),
      ],
    ],
    [
      'accepts a flow that says aloud that nothing is asked for',
      flow(approval('approve', approvals(0)), production),
      [],
    ],
    ['accepts a flow whose approval stands among parallel stages', flow(parallel('both', verify, approve)), []],
    [
      'refuses a name for two stages, within parallel ones and for these themselves',
      flow(approve, parallel('both', verify, approval('approve', one)), release('both', { by: operator })),
      [at('approve', 'two stages have this name'), at('both', 'two stages have this name')],
    ],
    [
      'refuses a stage by the name of a state of every change',
      flow(
        approval('returned', one),
        parallel('completed', approval('closed', one), approval('open', one)),
        approval('cancelled', one),
      ),
      [at('returned', reserved), at('completed', reserved), at('closed', reserved), at('cancelled', reserved)],
    ],
    [
      'refuses a task for a duty that there is a stage for',
      flow(
        approve,
        ...['request', 'test', 'approve', 'release', 'make', 'review'].map(duty =>
          task(`to-${duty}`, { by: author, duty }),
        ),
      ),
      ['request', 'test', 'approve', 'release'].map(duty =>
        at(`to-${duty}`, `nobody takes on ${duty} by a task; there is a stage for it`),
      ),
    ],
  ])('%s', check)
})

describe('a condition asks what a form can answer', () => {
  it.each<Case>([
    [
      'accepts what fits the kinds and the options of the fields',
      flow(
        approval(
          'approve',
          any(
            one.when(field('seats').atLeast(3)),
            one.when(field('seats').below(3)),
            one.when(every(field('seats').is(3), field('seats').oneOf(4, 5))),
            one.when(field('kind').is('technical')),
            one.when(field('risk').oneOf('low', 'high')),
            one.when(field('note').is('anything at all')),
            one.when(not(field('urgent').is(true))),
            one.when(some(field('systems').includes('ledger'), field('tags').includes('anything at all'))),
          ),
          { when: high },
        ),
      ),
      [],
    ],
    [
      'refuses a field that is not in the form, and says no more about it',
      flow(
        task('build', { by: author, when: field('risc').is('high') }),
        approval('approve', one.when(not(field('risc').atLeast(1)))),
      ),
      [
        at('build', 'there is no field risc in the form; did you mean risk?'),
        at('approve', 'there is no field risc in the form; did you mean risk?'),
      ],
    ],
    [
      'refuses to ask for the size of what is no number, and for what is among no list',
      flow(
        approval(
          'approve',
          any(
            one.when(field('risk').atLeast(1)),
            one.when(field('urgent').below(1)),
            one.when(field('systems').below(1)),
            one.when(field('note').includes('ledger')),
            one.when(field('seats').includes('3')),
          ),
        ),
      ),
      [
        at('approve', 'risk is no number (string), so it has no size to ask about'),
        at('approve', 'urgent is no number (boolean), so it has no size to ask about'),
        at('approve', 'systems is no number (array), so it has no size to ask about'),
        at('approve', 'note is no list (string), so nothing can be among it'),
        at('approve', 'seats is no list (integer), so nothing can be among it'),
      ],
    ],
    [
      'refuses a value of another kind than the field',
      flow(
        approval(
          'approve',
          any(
            one.when(field('seats').is('3')),
            one.when(field('risk').oneOf('low', 3)),
            one.when(field('urgent').is('yes')),
            one.when(field('note').is(true)),
            one.when(field('systems').is('ledger')),
          ),
        ),
      ),
      [
        at('approve', 'seats is integer, and "3" is string'),
        at('approve', 'risk is string, and 3 is integer'),
        at('approve', 'urgent is boolean, and "yes" is string'),
        at('approve', 'note is string, and true is boolean'),
        at('approve', 'systems is array, and "ledger" is string'),
      ],
    ],
    [
      'refuses a value that is no option of the field, however deep in the condition it stands',
      flow(
        approval('approve', one.when(every(high, some(not(field('risk').is('hihg')), high))), {
          when: field('systems').includes('legder'),
        }),
        task('migrate', { by: author, when: some(field('kind').is('technica'), field('risk').oneOf('low', 'none')) }),
      ),
      [
        at('approve', 'systems is never "legder"; did you mean ledger?'),
        at('approve', 'risk is never "hihg"; did you mean high?'),
        at('migrate', 'kind is never "technica"; did you mean technical?'),
        at('migrate', 'risk is never "none"'),
      ],
    ],
    [
      'refuses a condition on a field that an edit changes unseen',
      normal({
        material: ['content', 'seats'],
        flow: [
          approval('approve', all(one.when(field('seats').atLeast(2)), one.when(high)), {
            when: field('urgent').is(true),
          }),
        ],
      }),
      [
        at('approve', 'the condition asks about urgent, which is not material: an edit of it would go unseen'),
        at('approve', 'the condition asks about risk, which is not material: an edit of it would go unseen'),
      ],
    ],
  ])('%s', check)
})

describe('a condition that no form could ever make true', () => {
  const narrow = z.object({
    agreed: z.literal(true),
    seats: z.int().min(2).max(5),
    age: z.int().gt(17).lt(66),
    risk: z.enum(['low', 'high']),
  })
  const asking = (condition: Condition) =>
    normal({ form: narrow, flow: [approval('approve', any(one.when(condition), one)), production] })

  it.each<[string, Condition, string | undefined]>([
    ['a yes that is always one', field('agreed').is(true), undefined],
    ['a no where there is only yes', field('agreed').is(false), 'agreed is never false'],
    ['a number in its bounds', field('seats').oneOf(2, 5), undefined],
    ['a number above them', field('seats').is(6), 'seats is never 6'],
    ['a number under them', field('seats').oneOf(1, 3), 'seats is never 1'],
    ['the greatest number or more', field('seats').atLeast(5), undefined],
    ['more than the greatest', field('seats').atLeast(6), 'seats is never 6 or more'],
    ['below what is more than the least', field('seats').below(3), undefined],
    ['below the least', field('seats').below(2), 'seats is never below 2'],
    ['numbers at bounds that do not belong to it', field('age').oneOf(18, 65), undefined],
    ['a bound that does not belong to it', field('age').is(66), 'age is never 66'],
    ['the lower bound that does not belong to it', field('age').is(17), 'age is never 17'],
    ['no less than a bound that does not belong to it', field('age').atLeast(66), 'age is never 66 or more'],
    ['below the least above a bound', field('age').below(18), 'age is never below 18'],
  ])('is found: %s', (_, condition, problem) => {
    const found = problemsOf(draft(asking(condition)), silent).map(one => one.problem)
    expect(found).toEqual(problem === undefined ? [] : [problem])
  })

  it('is told of names that are keys in the words of names', () => {
    const named = { ...draft({}), roles: { ...roles, 'Lead X': {} } }
    expect(thrownBy(() => parsePolicy(named, silent)).message).toContain(
      'roles.Lead X: a role is lower-case letters, digits and . _ -, beginning with a letter',
    )
  })
})

describe('an approval is carried from where it was given for what it is to cover', () => {
  const projectForm = z.object({
    name: z.string(),
    systems: z.array(z.string()),
    budget: z.int(),
    critical: z.boolean(),
  })
  const project = category({ form: projectForm, flow: [approval('board', one)] })
  const update = (
    within: Record<string, string>,
    { from = 'project', material }: { from?: string; material?: string[] } = {},
  ) =>
    category({
      form: z.object({ system: z.string(), systems: z.array(z.string()), cost: z.int(), critical: z.boolean() }),
      ...(material === undefined ? {} : { material }),
      flow: [approval('approve', one, { carriedFrom: approved(from).covers(within).for('30d') }), production],
    })
  const where = 'categories.update.flow.approve'

  it.each<Case>([
    [
      'accepts a text in a list or equal to a text, a list in a list, and equal numbers, yes or no',
      {
        categories: {
          project,
          update: update({ system: 'systems', systems: 'systems', cost: 'budget', critical: 'critical' }),
          named: update({ system: 'name' }),
        },
      },
      [],
    ],
    [
      'refuses what can never lie within the other field',
      {
        categories: {
          project,
          update: update({ cost: 'systems', systems: 'name', system: 'budget', critical: 'systems' }),
        },
      },
      [
        said(where, 'cost (integer) can never lie within systems (array)'),
        said(where, 'systems (array) can never lie within name (string)'),
        said(where, 'system (string) can never lie within budget (integer)'),
        said(where, 'critical (boolean) can never lie within systems (array)'),
      ],
    ],
    [
      'refuses a category that is not there, and still asks of the own fields what it must',
      {
        categories: {
          project,
          update: update({ sistem: 'systems', cost: 'budget' }, { from: 'projekt', material: ['content', 'system'] }),
        },
      },
      [
        said(where, 'there is no field sistem in the form; did you mean system or systems?'),
        said(where, 'there is no category projekt to carry an approval from; did you mean project?'),
        said(where, 'cost is not material here, so an edit could leave the scope unseen'),
      ],
    ],
    [
      'refuses a category that is not there, nor any of a name like it',
      { categories: { project, update: update({ cost: 'budget' }, { from: 'roadmap' }) } },
      [said(where, 'there is no category roadmap to carry an approval from')],
    ],
    [
      'refuses a field that is not there on either side, and says of its kind nothing',
      { categories: { project, update: update({ sistem: 'systems', system: 'sistems' }) } },
      [
        said(where, 'there is no field sistem in the form; did you mean system or systems?'),
        said(`${where} (project)`, 'there is no field sistems in the form; did you mean systems?'),
        said(where, 'sistems is not material in project, so nobody there approved it as a scope'),
      ],
    ],
    [
      'refuses a scope that nobody there approved',
      {
        categories: {
          project: category({ form: projectForm, material: ['content', 'systems'], flow: [approval('board', one)] }),
          update: update({ system: 'systems', cost: 'budget' }),
        },
      },
      [said(where, 'budget is not material in project, so nobody there approved it as a scope')],
    ],
  ])('%s', check)
})

describe('an approval for environments covers the releases', () => {
  const to = (environment: string) => release(`to-${environment}`, { by: operator, environment })
  const only = (name: string, ...environments: string[]) => approval(name, one, { environments })

  it.each<Case>([
    [
      'accepts a release for each environment after an approval for it',
      flow(
        only('first', 'staging'),
        to('staging'),
        verify,
        only('second', 'production', 'backup'),
        to('production'),
        to('backup'),
      ),
      [],
    ],
    [
      'accepts a release before which there is no approval at all, as far as no control asks for one',
      flow(to('staging'), only('first', 'staging')),
      [],
    ],
    [
      'refuses an approval for an environment that no release is for',
      flow(verify, only('first', 'staging', 'prodution'), to('staging'), approve, to('production')),
      [at('first', 'no release puts the change into effect in prodution; did you mean production?')],
    ],
    [
      'refuses releases of which not each names its environment',
      flow(approve, production, to('staging'), release('again', { by: operator })),
      [
        at('production', 'of several releases each names its environment'),
        at('again', 'of several releases each names its environment'),
      ],
    ],
    [
      'refuses two releases for one environment, each of them',
      flow(approve, to('staging'), to('production'), release('twice', { by: operator, environment: 'staging' })),
      [
        at('to-staging', 'another release is for staging as well'),
        at('twice', 'another release is for staging as well'),
      ],
    ],
    [
      'refuses a release that no approval before it covers, though a test comes before it and an approval after it',
      flow(verify, only('first', 'staging'), to('staging'), to('production'), approval('late', one)),
      [at('to-production', 'no approval before it covers production')],
    ],
    [
      'refuses a release without a name for where, which an approval for one environment does not cover',
      flow(only('first', 'staging'), production),
      [
        at('first', 'no release puts the change into effect in staging'),
        at('production', 'no approval before it covers an environment that is not named'),
      ],
    ],
  ])('%s', check)
})

describe('a standard change follows a template', () => {
  const leaning = approval('approve', one, { carriedFrom: approvedTemplate().for('365d') })
  const standard = (otherwise: string, ...stages: Stage[]) =>
    category({ form, flow: [...stages, production], template: { otherwise } })
  const plain = category({ form, flow: [approve, production] })
  const where = 'categories.standard.template'

  it.each<Case>([
    [
      'accepts an approval of the template, and a category for what leaves its bounds',
      { categories: { normal: plain, standard: standard('normal', leaning) } },
      [],
    ],
    [
      'refuses the approval of a template in a category that has none',
      flow(leaning, approval('again', one), production),
      [at('approve', 'only a category with `template` has a template whose approval could count')],
    ],
    [
      'refuses a template that no stage takes over',
      { categories: { normal: plain, standard: standard('normal', approve) } },
      [said(where, 'no stage takes over the approval of the template: carriedFrom: approvedTemplate()')],
    ],
    [
      'refuses a category that is its own for what leaves the bounds',
      { categories: { standard: standard('standard', leaning) } },
      [said(where, 'refers to itself; name the category for what leaves the bounds of a template')],
    ],
    [
      'refuses a category that is not there',
      { categories: { normal: plain, standard: standard('norml', leaning) } },
      [said(where, 'there is no category norml; did you mean normal?')],
    ],
    [
      'refuses a category that follows templates, too',
      {
        categories: { normal: plain, other: standard('normal', leaning), standard: standard('other', leaning) },
      },
      [said(where, 'other follows templates, too; name a category that does not')],
    ],
  ])('%s', check)
})

describe('a flow makes sure of what the controls ask for', () => {
  const sure = (count: number) =>
    controls('sure', { 'CM-3': approvedBeforeRelease(count).because('nothing unapproved reaches production') })
  const short = (stage: string, count: number, least: number, where = '') =>
    said(
      stage === 'the end' ? 'categories.normal.flow' : `categories.normal.flow.${stage}`,
      `CM-3 (nothing unapproved reaches production) asks for ${count} ${count === 1 ? 'approval' : 'approvals'} before ${stage}, and the flow makes sure of ${least}${where}`,
      'CM-3',
    )
  const tested = (count: number) =>
    controls('tested', { 'CM-4': testedBeforeRelease(count).because('nothing untested reaches production') })
  const untested = (stage: string, count: number, least: number, where = '') =>
    said(
      stage === 'the end' ? 'categories.normal.flow' : `categories.normal.flow.${stage}`,
      `CM-4 (nothing untested reaches production) asks for ${count} ${count === 1 ? 'test sign-off' : 'test sign-offs'} before ${stage}, and the flow makes sure of ${least}${where}`,
      'CM-4',
    )
  const note = approval('note', approvals(0))
  const small = field('seats').below(10)
  const untried = '; its conditions tell more cases apart than are tried out, so use fewer of them'
  /** So many approvals, each asked for under a condition of its own, which tell more cases apart than are tried out. */
  const many = (count: number) => [
    ...Array.from({ length: count - 2 }, (_, seats) =>
      approval(`some-${seats}`, one, { when: field('seats').is(seats) }),
    ),
    approval('rest', one, { when: field('seats').oneOf(...Array.from({ length: 190 }, (_, seats) => 100 + seats)) }),
    approval('soon', one, { when: field('urgent').is(true) }),
  ]
  /** So many approvals, each for another value of a list. */
  const tagged = (count: number) =>
    Array.from({ length: count }, (_, tag) => approval(`tag-${tag}`, one, { when: field('tags').includes(`t${tag}`) }))
  /** So many approvals, each asked for in another case, with a condition of its own. */
  const cases = (count: number) =>
    Array.from({ length: count }, (_, seats) => approval(`case-${seats}`, one, { when: field('seats').is(seats) }))

  it.each<Case>([
    ['accepts the one approval that is asked for', flow(approve, production), [], sure(1)],
    [
      'refuses fewer approvals than are asked for, in one word for one and another for more',
      flow(note, production),
      [short('production', 1, 0)],
      sure(1),
    ],
    ['refuses one approval of two', flow(approve, production), [short('production', 2, 1)], sure(2)],
    [
      'adds up the approvals before the release, and leaves out those after it',
      flow(approve, approval('second', approvals(2).from(lead)), production, approval('late', one)),
      [short('production', 4, 3)],
      sure(4),
    ],
    [
      'counts the approvals by the end where there is no release',
      flow(approve, task('tell', { by: author })),
      [short('the end', 2, 1)],
      sure(2),
    ],
    [
      'does not count an approval for an environment where there is no release, or another one',
      flow(approval('approve', one, { environments: ['staging'] })),
      [at('approve', 'no release puts the change into effect in staging'), short('the end', 1, 0)],
      sure(1),
    ],
    [
      'counts before each release the approvals that cover it',
      flow(
        approval('first', one, { environments: ['staging'] }),
        release('to-staging', { by: operator, environment: 'staging' }),
        approval('second', one),
        release('to-production', { by: operator, environment: 'production' }),
      ),
      [short('to-staging', 2, 1), short('to-production', 2, 1)],
      sure(2),
    ],
    [
      'does not count an approval that is asked for in some cases only',
      flow(approval('approve', one, { when: high }), note, production),
      [short('production', 1, 0, ' where risk is "low"')],
      sure(1),
    ],
    [
      'does not count the blocked case in which no rule applies',
      flow(approval('approve', one, { when: high }), production),
      [],
      sure(1),
    ],
    [
      'counts an approval in the one case and another in the opposite one, however often the opposite is turned',
      flow(
        approval('above', one, { when: not(small) }),
        approval('below', one, { when: not(not(small)) }),
        note,
        production,
      ),
      [],
      sure(1),
    ],
    [
      'does not count a stage that is open where no part of its requirement applies',
      flow(approval('approve', any(one.when(high))), approval('second', one, { when: small }), note, production),
      [short('production', 1, 0, ' where risk is "low", seats is 10')],
      sure(1),
    ],
    [
      'tries every case of the form, however many conditions tell them apart',
      flow(
        ...cases(30),
        approval('above', one, { when: not(high) }),
        approval('below', one, { when: high }),
        note,
        production,
      ),
      [],
      sure(1),
    ],
    [
      'knows what cannot be at the same time: two limits of a number, and two values of a choice',
      flow(
        approval('lead', one),
        approval('small', one, { when: small }),
        approval('large', one, { when: field('seats').atLeast(10) }),
        approval('low', one, { when: field('risk').is('low') }),
        approval('high', one, { when: high }),
        production,
      ),
      [short('production', 4, 3, ' where seats is 9, risk is "low"')],
      sure(4),
    ],
    [
      'counts a list that has to be filled with one value over and over as a case of its own',
      normal({
        form: z.object({ systems: z.array(z.enum(['ledger', 'billing'])).min(2) }),
        flow: [
          approval('both', approvals(2).from(lead), {
            when: every(field('systems').includes('ledger'), field('systems').includes('billing')),
          }),
          note,
          production,
        ],
      }),
      [short('production', 1, 0, ' where systems is "ledger" and "ledger"')],
      sure(1),
    ],
    [
      'tries every way in which ten conditions can come out where the form has too many cases',
      flow(
        ...many(9),
        approval('above', one, { when: not(high) }),
        approval('below', one, { when: high }),
        note,
        production,
      ),
      [],
      sure(1),
    ],
    [
      'counts there with more than ten conditions only what always applies',
      flow(
        ...many(11),
        approval('above', one, { when: not(high) }),
        approval('below', one, { when: high }),
        note,
        production,
      ),
      [short('production', 1, 0, ` of what always applies${untried}`)],
      sure(1),
    ],
    [
      'does not take a list of which many values are asked about for one of which all or one is chosen',
      flow(...tagged(6), approval('all', approvals(2).from(lead), { when: high }), note, production),
      [short('production', 1, 0, ` if its conditions had nothing to do with each other${untried}`)],
      sure(1),
    ],
    [
      'takes with more than ten conditions the fewest of the alternatives and no part that may not apply',
      flow(
        ...many(11),
        approval('either', any(approvals(3).from(lead), approvals(2).from(tester).when(high))),
        approval('both', all(approvals(4).from(lead), approvals(1).from(tester).when(high))),
        approval('neither', approvals(8).from(lead).when(high)),
        production,
      ),
      [short('production', 20, 6, ` of what always applies${untried}`)],
      sure(20),
    ],
    ['accepts the one test sign-off that is asked for', flow(approve, verify, production), [], tested(1)],
    ['refuses a release without a test', flow(approve, production), [untested('production', 1, 0)], tested(1)],
    [
      'adds up the sign-offs before the release that are asked for in every case',
      flow(
        approve,
        test('units', { by: tester, signOffs: 2 }),
        parallel('both', test('whole', { by: tester }), approval('peer', one)),
        test('load', { by: tester, signOffs: 4, when: high }),
        production,
        test('smoke', { by: tester }),
      ),
      [untested('production', 4, 3, ' where risk is "low"')],
      tested(4),
    ],
    [
      'counts a test in the one case and another in the other',
      flow(
        approve,
        test('light', { by: tester, when: not(high) }),
        test('full', { by: tester, signOffs: 2, when: high }),
        production,
      ),
      [untested('production', 2, 1, ' where risk is "low"')],
      tested(2),
    ],
    [
      'counts once whoever may review what they have authorised, as the clause asks for different persons',
      {
        ...flow(
          approval('first', approvals(2).from(lead), { environments: ['staging'] }),
          release('staging', { by: operator, environment: 'staging' }),
          approve,
          approval('review', one, { within: '1d' }),
          release('production', { by: operator, environment: 'production' }),
        ),
        permit: [permit('approve', 'review').because('there are two of us at night')],
      },
      [short('production', 2, 1)],
      controls('sure', {
        'CM-3': approvedBeforeRelease(2).because('nothing unapproved reaches production'),
      }),
    ],
    ['counts the tests by the end where there is no release', flow(approve), [untested('the end', 1, 0)], tested(1)],
    [
      'tells of each clause, in the order of the controls',
      flow(note, production),
      [untested('production', 2, 0), short('production', 1, 0)],
      controls('both', {
        'CM-1': separate('make', 'release').because('two pairs of hands'),
        'CM-4': testedBeforeRelease(2).because('nothing untested reaches production'),
        'CM-3': approvedBeforeRelease().because('nothing unapproved reaches production'),
      }),
    ],
  ])('%s', check)
})

describe('controls are written down', () => {
  it('keeps each clause with its rule and its reason', () => {
    expect(
      controls('sox', {
        'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
        'CM-3': approvedBeforeRelease().because('nothing unapproved'),
        'CM-4': testedBeforeRelease(2).because('nothing untested'),
      }),
    ).toEqual({
      format: 'countersign/controls/v1',
      name: 'sox',
      clauses: {
        'CM-1': {
          rule: 'separate',
          duties: ['make', 'approve'],
          because: 'nobody approves what they made',
          exceptions: 'allowed',
        },
        'CM-3': { rule: 'approved-before-release', approvals: 1, because: 'nothing unapproved' },
        'CM-4': { rule: 'tested-before-release', signOffs: 2, because: 'nothing untested' },
      },
    })
  })

  it('refuses clauses that are none, and tells where and why', () => {
    const { code, message, facts } = thrownBy(() =>
      controls('SOX', {
        'CM-1': separate('make', 'approve').because('nobody approves what they made'),
        'CM-2': separate('make', 'test').because(' '),
      }),
    )
    const name =
      'a name of controls is lower-case letters, digits and . _ -, beginning with a letter, at most 64 characters'
    expect(code).toBe('policy')
    expect(message).toBe(`controls SOX: name: ${name}\n  clauses.CM-2.because: must say something`)
    expect(facts).toEqual({
      problems: [
        { where: 'name', problem: name },
        { where: 'clauses.CM-2.because', problem: 'must say something' },
      ],
    })
  })
})

describe('a stage is written down', () => {
  it.each<readonly [what: string, made: Stage, data: unknown]>([
    [
      'a task is for make and in every case, where nothing else is said',
      task('build', { by: author }),
      { kind: 'task', name: 'build', by: 'author', duty: 'make' },
    ],
    [
      'a task is for another duty, and in some cases only',
      task('build', { by: author, duty: 'review', when: high }),
      { kind: 'task', name: 'build', by: 'author', duty: 'review', when: { field: 'risk', is: 'high' } },
    ],
    [
      'a test asks for one sign-off and for evidence, where nothing else is said',
      verify,
      { kind: 'test', name: 'verify', by: 'tester', signOffs: 1, evidence: 'required' },
    ],
    [
      'a test asks for more sign-offs, without evidence, in some cases only',
      test('verify', { by: tester, signOffs: 2, evidence: 'optional', when: high }),
      {
        kind: 'test',
        name: 'verify',
        by: 'tester',
        signOffs: 2,
        evidence: 'optional',
        when: { field: 'risk', is: 'high' },
      },
    ],
    [
      'an approval keeps all that can be said of it',
      approval('approve', one, {
        carriedFrom: approved('project').covers({ system: 'systems' }).for('30d'),
        when: high,
        veto: { liftedBy: lead },
        validFor: '14d',
        leavers: 'reconfirm',
        onResubmit: 'retain',
        environments: ['staging'],
      }),
      {
        kind: 'approval',
        name: 'approve',
        requires: { approvals: 1, from: 'lead' },
        carriedFrom: { category: 'project', within: { system: 'systems' }, for: '30d' },
        when: { field: 'risk', is: 'high' },
        veto: { liftedBy: 'lead' },
        validFor: '14d',
        leavers: 'reconfirm',
        onResubmit: 'retain',
        environments: ['staging'],
      },
    ],
    [
      'a release is for an environment, and in some cases only',
      release('production', { by: operator, environment: 'live', when: high }),
      {
        kind: 'release',
        name: 'production',
        by: 'operator',
        when: { field: 'risk', is: 'high' },
        environment: 'live',
      },
    ],
  ])('%s', (_, made, data) => {
    expect(made).toStrictEqual(data)
  })

  it.each<readonly [what: string, write: () => Stage, where: string, option: string, near: string]>([
    ['a task', () => task('build', { by: author, dutty: 'make' } as never), 'task build', 'dutty', 'duty'],
    [
      'a test',
      () => test('verify', { by: tester, evidenc: 'optional' } as never),
      'test verify',
      'evidenc',
      'evidence',
    ],
    ['an approval', () => approval('peer', one, { validfor: '14d' } as never), 'approval peer', 'validfor', 'validFor'],
    [
      'a release',
      () => release('live', { by: operator, enviroment: 'live' } as never),
      'release live',
      'enviroment',
      'environment',
    ],
    [
      'a veto',
      () => approval('peer', one, { veto: { liftedBy: role('lead'), lifedBy: role('lead') } as never }),
      'approval peer: veto',
      'lifedBy',
      'liftedBy',
    ],
  ])('refuses an option that %s does not have', (_, write, where, option, near) => {
    const { code, message, facts } = thrownBy(write)
    expect(code).toBe('policy')
    expect(message).toBe(`${where}: there is no option ${option}; did you mean ${near}?`)
    expect(facts).toEqual({ where, option })
  })

  it.each([
    ['nobody', {}],
    ['a bare name', { liftedBy: 'lead' }],
  ])('refuses a veto that is lifted by %s', (_, veto) => {
    const { code, message } = thrownBy(() => approval('peer', one, { veto } as never))
    expect(code).toBe('policy')
    expect(message).toBe("approval peer: a veto says who lifts it, as veto: { liftedBy: role('head') }")
  })

  it('refuses to carry an approval over within nothing', () => {
    const flow = [approval('approve', one, { carriedFrom: approved('normal').covers({}).for('30d') })]
    const policy = { ...draft({}), categories: { normal: category({ form, flow }) } }
    const problem = 'says which field of this change must lie within which field of the approved one'
    expect(thrownBy(() => parsePolicy(policy, silent)).facts).toEqual({
      problems: [said('categories.normal.flow.0.carriedFrom.within', problem)],
    })
  })
})
