import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import {
  baseline,
  content,
  f0,
  f0Tested,
  fixtureForm,
  fixturePeople,
  fixturePolicy,
  normalFlow,
  type Scenario,
  submitK,
} from '@countersign/testing'
import { CountersignError, canonical } from '@countersign/trail'
import { createDesk } from 'countersign'
import {
  all,
  any,
  approval,
  approvals,
  approved,
  approvedBeforeRelease,
  approvedTemplate,
  board,
  type Controls,
  category,
  controls,
  controlsDigest,
  exception,
  field,
  type LintSetting,
  lint,
  not,
  type PolicyProblem,
  parallel,
  parsePolicy,
  permit,
  policy,
  policyDigest,
  problemsOf,
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
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refused } from './refusal.ts'
import { day, delegated, f0Approved, K, people, report } from './setting.ts'
import { lastEntry } from './trail.ts'

const high = field('risk').is('high')
const production = release('production', { by: role('deployer') })
const silent = controls('silent', {})
const lenient = controls('lenient', {
  'CM-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
})

/** The problems for which a policy is refused when it is written; none where it is accepted. */
function refusedFor(write: () => unknown): readonly PolicyProblem[] {
  try {
    write()
  } catch (error) {
    if (!(error instanceof CountersignError) || error.code !== 'policy') throw error
    const problems = (error.facts.problems ?? []) as readonly PolicyProblem[]
    // The message, which is all that the author sees, says as much as the facts.
    for (const { problem } of problems) expect(error.message).toContain(problem)
    return problems
  }
  return []
}

const flowRefusedFor = (flow: Stage[], complies: Controls = baseline) =>
  refusedFor(() => fixturePolicy({ options: { complies }, flow }))

describe('a team cannot go below the baseline', () => {
  const ask = approval('approve', approvals(1).from(role('appr')))
  /** The flow is refused when it is written, and the clause is cited with its reason. */
  function citesCM3(...flow: Stage[]) {
    const problem = flowRefusedFor(flow).find(one => one.clause === 'CM-3')?.problem
    expect(problem).toContain('CM-3 (nothing unapproved reaches production)')
  }

  it('refuses to load a policy by which the content could be replaced after it was approved or tested, and cites each clause [LAW 96]', () => {
    const strict = controls('strict', {
      'CM-3': approvedBeforeRelease().because('nothing unapproved reaches production'),
      'CM-4': testedBeforeRelease().because('nothing untested does'),
    })
    const write = (complies: Controls, material: string[]) => () => fixturePolicy({ options: { complies }, material })
    const where = 'categories.normal.material'
    const told = (clause: string, because: string, what: string) => ({
      where,
      clause,
      problem: `${clause} (${because}) asks for what is put into effect to be what was ${what}, and content is not material here: it could be replaced afterwards`,
    })
    expect(refusedFor(write(strict, ['system', 'risk']))).toEqual([
      told('CM-3', 'nothing unapproved reaches production', 'approved'),
      told('CM-4', 'nothing untested does', 'tested'),
    ])
    expect(write(strict, ['content'])).not.toThrow()
    const apart = controls('apart', { 'CM-1': separate('make', 'approve').because('four eyes') })
    expect(write(apart, ['system', 'risk'])).not.toThrow()
  })

  it('refuses to load a policy that asks for no approval, or for 0, and cites the clause [LAW 96]', () => {
    citesCM3(test('verify', { by: role('tester') }), production)
    citesCM3(approval('approve', approvals(0)), production)
  })

  it('refuses to load a policy that asks for the approval after a release, the only one or the first [LAW 96]', () => {
    citesCM3(production, ask)
    citesCM3(release('canary', { by: role('deployer') }), ask, production)
  })

  it('refuses to load a policy that offers 0 approvals as an alternative, or in some cases, in one stage or two [LAW 96]', () => {
    const one = approvals(1).from(role('appr'))
    citesCM3(approval('approve', any(one, approvals(0))), production)
    citesCM3(approval('approve', all(one.when(high), approvals(0))), production)
    citesCM3(approval('approve', any(one.when(high))), approval('note', approvals(0)), production)
  })

  it('refuses to load a policy that lets makers approve, and cites the clause that keeps them apart [LAW 96]', () => {
    const problems = refusedFor(() =>
      fixturePolicy({ options: { permit: [permit('make', 'approve').because('we are few')] } }),
    )
    expect(problems).toContainEqual(expect.objectContaining({ where: 'permit.0', clause: 'CM-1' }))
  })

  it('refuses to load a policy that lets approvers make, the pair the other way round [LAW 96]', () => {
    const problems = refusedFor(() =>
      fixturePolicy({ options: { permit: [permit('approve', 'make').because('we are few')] } }),
    )
    expect(problems).toContainEqual(expect.objectContaining({ where: 'permit.0', clause: 'CM-1' }))
  })

  it('refuses to load a policy that permits what its controls keep apart, where it would be a default else [LAW 96]', () => {
    const strict = controls('strict', {
      'CM-9': separate('request', 'approve').because('nobody grants their own wish'),
    })
    const options = { complies: strict, permit: [permit('request', 'approve').because('the owner decides')] }
    expect(refusedFor(() => fixturePolicy({ options }))).toContainEqual(
      expect.objectContaining({ where: 'permit.0', clause: 'CM-9' }),
    )
  })

  it('keeps apart what the controls keep apart, whatever the policy permits [LAW 96]', async () => {
    const strict = controls('strict', { 'CM-9': separate('approve', 'release').because('two pairs of hands') })
    const scenario = await f0Approved({
      controls: strict,
      policies: [fixturePolicy({ options: { complies: strict } })],
      people: people({ bob: ['appr', 'deployer'] }),
    })
    await refused(scenario, ['bob', 'release', K], 'duty.conflict', {
      clause: 'CM-9',
      because: 'two pairs of hands',
      person: 'bob',
    })
  })

  it('refuses to load a policy that tests only sometimes where the controls ask for a test, and cites the clause [LAW 96]', () => {
    const tested = controls('tested', { 'CM-4': testedBeforeRelease(2).because('two pairs of eyes on every test') })
    for (const flow of [
      [approval('approve', approvals(1).from(role('appr'))), production],
      [test('verify', { by: role('tester') }), approval('approve', approvals(1).from(role('appr'))), production],
      [
        test('verify', { by: role('tester'), signOffs: 2, when: high }),
        approval('approve', approvals(1).from(role('appr'))),
        production,
      ],
    ]) {
      expect(flowRefusedFor(flow, tested)).toContainEqual(expect.objectContaining({ clause: 'CM-4' }))
    }
  })

  it('accepts a policy that is stricter than the baseline [LAW 96]', () => {
    expect(
      flowRefusedFor([
        approval('approve', all(approvals(3).from(role('appr')), approvals(1).from(role('head')))),
        production,
      ]),
    ).toEqual([])
    expect(
      flowRefusedFor([
        approval('one', approvals(1).from(role('appr')), { when: high }),
        approval('two', approvals(2).from(role('appr')), { when: field('risk').is('low') }),
        production,
      ]),
    ).toEqual([])
  })

  it('refuses a policy that is handed in as data, past the tools of its author, and cites the clause in the facts [LAW 96]', async () => {
    const scenario = await f0({ submit: null })
    const written = fixturePolicy()
    const flow = normalFlow().filter(stage => stage.kind !== 'approval')
    const loose = {
      ...written,
      categories: { normal: { ...category({ form: fixtureForm, flow }), material: ['content'] } },
    }
    await refused(scenario, ['alice', 'proposePolicy', { policy: loose }], 'policy.invalid', {
      team: 't',
      problems: expect.arrayContaining([expect.objectContaining({ clause: 'CM-3' })]) as unknown,
    })
  })

  it('refuses a policy that was written for laxer controls than those in force [LAW 96]', async () => {
    const scenario = await f0({ submit: null })
    const lax = fixturePolicy({ options: { complies: silent }, flow: [approval('approve', approvals(0)), production] })
    await refused(scenario, ['alice', 'proposePolicy', { policy: lax }], 'policy.invalid', { team: 't' })
    const named = { ...lax, complies: { controls: baseline.name, digest: controlsDigest(baseline) } }
    await refused(scenario, ['alice', 'proposePolicy', { policy: named }], 'policy.invalid', {
      problems: [{ clause: 'CM-3' }],
    })
  })

  it('refuses the adoption of a policy that was proposed under controls that have been tightened meanwhile [LAW 96]', async () => {
    const scenario = await f0({ submit: null })
    const proposal = fixturePolicy({ material: ['risk', 'content'] })
    await scenario.given('ada', 'proposePolicy', { policy: proposal })
    const tighter = controls('baseline', {
      ...baseline.clauses,
      'CM-3': approvedBeforeRelease(3).because('three pairs of eyes'),
    })
    await scenario.given('ada', 'proposeControls', { controls: tighter })
    await scenario.given('otto', 'adoptControls', { digest: controlsDigest(tighter) })
    await refused(scenario, ['otto', 'adoptPolicy', { digest: policyDigest(proposal) }], 'policy.invalid', {
      team: 't',
    })
  })
})

/** A policy in which a name stands in every place where one can. */
const everywhere = () => {
  const one = approvals(1).from(role('appr'))
  const form = z.object({
    incident: z.string().min(1),
    risk: z.enum(['low', 'high']),
    system: z.enum(['ledger', 'billing']),
    systems: z.array(z.enum(['ledger', 'billing'])),
  })
  return policy(
    't',
    {
      complies: lenient,
      roles: {
        appr: { description: 'approves', fallback: { role: 'head', when: ['vacant'] }, delegates: 'deputy' },
        tester: 'tests',
        deployer: 'releases',
        head: 'heads the department',
        deputy: 'stands in',
        advisor: 'advises',
      },
      separate: [separate('approve', 'release').because('two pairs of hands')],
      permit: [permit('request', 'approve').because('the owner decides')],
      exceptions: [
        exception('make', 'approve')
          .grantedBy(role('head'))
          .atMost('7d')
          .compensatedBy('a review')
          .because('we are few'),
      ],
      board: board({
        columns: [{ name: 'doing', stages: ['build'] }],
        capacity: 9,
        categories: { normal: { reserve: 1 } },
        expedite: { categories: ['urgent'], size: 1 },
        planning: { by: role('head'), present: role('advisor'), quorum: 2 },
      }),
    },
    {
      normal: category({
        requestedBy: role('advisor'),
        form,
        material: ['system', 'risk', 'systems', 'incident', 'content'],
        touches: ['systems'],
        flow: [
          task('build', { by: role('deployer'), when: field('risk').is('high') }),
          parallel(
            'both',
            test('verify', { by: role('tester') }),
            approval('approve', all(one, any(share(1, 2).of(role('head')).when(not(high)), one)), {
              veto: { liftedBy: role('head') },
              environments: ['staging'],
              carriedFrom: approved('project').covers({ system: 'systems' }).for('30d'),
            }),
          ),
          release('to-staging', { by: role('deployer'), environment: 'staging' }),
          approval('whole', one),
          release('to-production', { by: role('deployer'), environment: 'production' }),
        ],
      }),
      project: category({ form, flow: [approval('decide', one)] }),
      standard: category({
        form,
        template: { otherwise: 'normal' },
        flow: [approval('follow', one, { carriedFrom: approvedTemplate().for('90d') }), production],
      }),
      urgent: category({
        form,
        emergency: { incident: 'incident' },
        breakGlass: { by: role('head'), lasts: '1h' },
        flow: [
          approval('first', approvals(1).from(role('head'))),
          production,
          approval('review', one, { within: '24h' }),
          approval('look', approvals(2).from(role('head')), { within: '24h', onlyAfter: 'breakGlass' }),
        ],
      }),
    },
  )
}

type Path = readonly (string | number)[]

/** The value with a slip in the text at a place: its last letter is doubled, and so the name is near. */
function slipped(value: unknown, [first, ...rest]: Path): unknown {
  if (first === undefined) return `${String(value)}${String(value).at(-1)}`
  const at = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }
  const inside = at as Record<string | number, unknown>
  inside[first] = slipped(inside[first], rest)
  return at
}

const readAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((one, name) => (one as Record<string | number, unknown>)[name], value)

/** What is said of the policy in which the name at a place is misspelt. */
function slipAt(...path: Path): string {
  const written = everywhere()
  const name = readAt(written, path)
  expect(typeof name).toBe('string')
  const problems = refusedFor(() => parsePolicy(slipped(written, path), lenient))
  const told = problems.find(one => one.problem.includes(`did you mean ${String(name)}`))
  return told === undefined
    ? `${path.join('.')}: ${problems.map(one => one.problem).join(' | ') || 'nothing'}`
    : 'found'
}

const allFound = (...paths: Path[]) =>
  expect(paths.map(path => slipAt(...path)).filter(told => told !== 'found')).toEqual([])

describe('names that lead nowhere', () => {
  const write = (vary: Parameters<typeof fixturePolicy>[0]) => refusedFor(() => fixturePolicy(vary))
  const normal = ['categories', 'normal'] as const
  const flow = [...normal, 'flow'] as const
  const both = [...flow, 1, 'stages'] as const

  it('refuses to load a policy that misspells a role, and names the near ones, wherever a role can stand [LAW 97]', () => {
    allFound(
      ['roles', 'appr', 'fallback', 'role'],
      ['roles', 'appr', 'delegates'],
      ['exceptions', 0, 'grantedBy'],
      ['board', 'planning', 'by'],
      ['board', 'planning', 'present'],
      [...normal, 'requestedBy'],
      [...flow, 0, 'by'],
      [...both, 0, 'by'],
      [...both, 1, 'requires', 'all', 0, 'from'],
      [...both, 1, 'requires', 'all', 1, 'any', 0, 'from'],
      [...both, 1, 'veto', 'liftedBy'],
      [...flow, 2, 'by'],
      ['categories', 'urgent', 'breakGlass', 'by'],
    )
  })

  it('the same of a field, in the form, in what is material, in conditions and in what is carried [LAW 97]', () => {
    allFound(
      [...normal, 'form', 'required', 0],
      [...normal, 'material', 0],
      [...normal, 'touches', 0],
      [...flow, 0, 'when', 'field'],
      [...both, 1, 'requires', 'all', 1, 'any', 0, 'when', 'not', 'field'],
      [...both, 1, 'carriedFrom', 'within', 'system'],
      ['categories', 'urgent', 'emergency', 'incident'],
    )
    const own = approved('project').covers({ sytem: 'systems' }).for('30d')
    const ask = approval('approve', approvals(1).from(role('appr')), { carriedFrom: own })
    expect(write({ flow: [ask, production] })).toContainEqual({
      where: 'categories.normal.flow.approve',
      problem: 'there is no field sytem in the form; did you mean system?',
    })
  })

  it('the same of a category, a stage, a duty and an environment [LAW 97]', () => {
    allFound(
      [...both, 1, 'carriedFrom', 'category'],
      ['categories', 'standard', 'template', 'otherwise'],
      ['board', 'expedite', 'categories', 0],
      ['board', 'columns', 0, 'stages', 0],
      ['separate', 0, 'duties', 1],
      ['permit', 0, 'duties', 0],
      ['exceptions', 0, 'duties', 1],
      [...both, 1, 'environments', 0],
    )
    const categories = { norml: { reserve: 1 } }
    expect(write({ options: { board: board({ capacity: 3, categories }) } })).toEqual([
      { where: 'board.categories.norml', problem: 'there is no category norml; did you mean normal?' },
    ])
  })

  it('the same of a value that a field never has, and of an option that a rule does not have [LAW 97]', () => {
    allFound([...flow, 0, 'when', 'is'], [...both, 1, 'requires', 'all', 1, 'any', 0, 'when', 'not', 'is'])
    expect(() => approval('approve', approvals(1).from(role('appr')), { validfor: '9d' } as never)).toThrow(
      'did you mean validFor?',
    )
  })

  it('has nothing against the policy in which every one of these names is spelt right [LAW 97]', () => {
    expect(problemsOf(everywhere(), lenient)).toEqual([])
  })

  it('names every dangling name at once and not only the first [LAW 97]', () => {
    const problems = write({ options: { roles: { appr: 'approves' } } })
    expect(problems.map(one => one.where)).toEqual([
      'categories.normal.flow.verify',
      'categories.normal.flow.production',
    ])
  })

  it('refuses a policy whose role the organisation does not know, with the near ones [LAW 97]', async () => {
    const scenario = await f0({ submit: null })
    const options = { roles: { apprs: 'approves', tester: 'tests', deployer: 'releases' } }
    const proposal = fixturePolicy({
      options,
      flow: [approval('approve', approvals(1).from(role('apprs'))), production],
    })
    await refused(scenario, ['alice', 'proposePolicy', { policy: proposal }], 'policy.invalid', {
      problems: [{ where: 'roles.apprs', problem: expect.stringContaining('did you mean appr?') }],
    })
  })

  it('refuses a grant of a role, and an approval as a role, that is defined nowhere, with the near ones [LAW 97]', async () => {
    const scenario = await f0Tested()
    await refused(scenario, ['ada', 'grantRole', { role: 'apr', to: 'bob', team: 't' }], 'name.unknown', {
      near: '; did you mean appr?',
    })
    await refused(scenario, ['bob', 'approve', { ...K, as: 'apr' }], 'name.unknown', {
      what: 'role of this stage',
      near: '; did you mean appr?',
    })
  })
})

describe('what can be seen of a policy before anybody uses it', () => {
  const ask = approval('approve', approvals(1).from(role('appr')))

  it('reports each way to the release that skips the approval, one by one [LAW 98]', () => {
    const problems = flowRefusedFor([
      release('canary', { by: role('deployer'), environment: 'canary' }),
      release('half', { by: role('deployer'), environment: 'half' }),
      ask,
      release('whole', { by: role('deployer'), environment: 'whole' }),
    ])
    expect(problems.map(one => one.where)).toEqual(['categories.normal.flow.canary', 'categories.normal.flow.half'])
  })

  it('reports two stages of one name, and a stage that takes the name of a state of every change [LAW 98]', () => {
    expect(flowRefusedFor([ask, ask, production])).toMatchObject([{ where: 'categories.normal.flow.approve' }])
    for (const name of ['returned', 'completed', 'closed', 'cancelled']) {
      const problems = flowRefusedFor([approval(name, approvals(1).from(role('appr'))), production])
      expect(problems).toMatchObject([{ where: `categories.normal.flow.${name}` }])
    }
  })

  it('reports a policy without any category, which lets nothing through [LAW 98]', () => {
    expect(refusedFor(() => policy('t', { complies: silent, roles: {} }, {}))).toMatchObject([{ where: 'categories' }])
  })

  it('reports a condition that asks about what is not material, past which an edit would slip [LAW 98]', () => {
    const flow = [
      approval('approve', all(approvals(1).from(role('appr')), approvals(2).from(role('appr')).when(high))),
      production,
    ]
    const problems = refusedFor(() => fixturePolicy({ flow, material: ['content'] }))
    expect(problems).toMatchObject([
      { where: 'categories.normal.flow.approve', problem: expect.stringContaining('risk') },
    ])
  })

  it('finds nothing to report about the policy of F0 but a role that it does not use [LAW 98]', () => {
    expect(problemsOf(fixturePolicy(), baseline)).toEqual([])
    expect(lint(fixturePolicy())).toMatchObject([{ code: 'role.unused', level: 'note', where: 'roles.head' }])
    expect(lint(fixturePolicy(), { people: fixturePeople, controls: baseline })).toMatchObject([
      // Nobody tests or releases what Erin and Paul made, who are the only ones.
      { code: 'maker.stuck', level: 'note' },
      { code: 'role.unused' },
    ])
  })

  /** What is found of a flow, but of roles that it does not use; with the people of F0 where they are given. */
  const found = (flow: Stage[], setting?: LintSetting) =>
    lint(fixturePolicy({ flow, options: { complies: silent } }), setting)
      .filter(one => one.level === 'warning')
      .map(({ code, where }) => `${code} ${where.replace('categories.normal', 'normal')}`)
  const appr = (count: number) => approvals(count).from(role('appr'))

  it('reports a requirement that these people cannot meet: in number, as different persons, of different groups [LAW 98]', () => {
    const with_ = { people: fixturePeople }
    expect(found([approval('approve', appr(3)), production], with_)).toEqual([])
    expect(found([approval('approve', appr(4)), production], with_)).toEqual([
      'requirement.unmeetable normal.flow.approve',
    ])
    expect(found([approval('approve', appr(2)), approval('again', appr(2)), production], with_)).toEqual([
      'category.unmeetable normal',
    ])
    const apart = [approval('approve', appr(2).fromDifferentGroups()), production]
    expect(found(apart, { ...with_, groups: { bob: ['east'], carol: ['east'] } })).toEqual([
      'requirement.unmeetable normal.flow.approve',
    ])
  })

  it('reports a rule that a weaker alternative shadows, always or in some cases, and by who holds the roles [LAW 98]', () => {
    expect(found([approval('approve', any(appr(1), appr(2))), production])).toEqual([
      'alternative.shadowed normal.flow.approve.any.1',
    ])
    const more = all(approvals(1).from(role('head')), appr(2).when(high))
    expect(found([approval('approve', any(appr(1), more)), production])).toEqual([
      'alternative.shadowed normal.flow.approve.any.1',
    ])
    const either = [approval('approve', any(appr(1), approvals(1).from(role('head')))), production]
    expect(found(either)).toEqual([])
    expect(found(either, { people: { ...fixturePeople, hana: ['head', 'appr'] } })).toEqual([
      'alternative.shadowed normal.flow.approve.any.1',
    ])
  })

  it('reports a state with no exit: a stage that nobody can do, a case that no rule lets in, a board without room [LAW 98]', () => {
    const tested = [test('verify', { by: role('tester') }), approval('approve', appr(1)), production]
    expect(found(tested, { people: { ...fixturePeople, erin: [] } })).toEqual(['role.vacant normal.flow.verify'])
    expect(found([approval('approve', appr(1).when(high)), production])).toEqual(['category.blocked normal'])
    const two = { normal: category({ flow: [ask, production] }), urgent: category({ flow: [ask, production] }) }
    const roles = { appr: 'approves', deployer: 'releases' }
    const full = board({ capacity: 2, categories: { urgent: { reserve: 2 } } })
    expect(lint(policy('t', { complies: silent, roles, board: full }, two))).toMatchObject([
      { code: 'board.full', because: expect.stringContaining('nothing of normal ever comes into progress') },
    ])
  })

  it('reports columns with limits in which changes can wait for the places of each other, where none can be put aside [LAW 98]', () => {
    const appr = approval('approve', approvals(1).from(role('appr')))
    const verify = test('verify', { by: role('tester'), evidence: 'optional' })
    const live = release('production', { by: role('deployer') })
    const build = task('build', { by: role('tester') })
    const roles = { appr: 'approves', tester: 'tests', deployer: 'releases' }
    const column = (name: string, ...stages: string[]) => ({ name, stages, limit: 1 })
    const more: Omit<Parameters<typeof board>[0], 'columns'> = {}
    const told = (
      columns: NonNullable<Parameters<typeof board>[0]['columns']>,
      ...flows: Parameters<typeof category>[0]['flow'][]
    ) => {
      const categories = Object.fromEntries(
        flows.map((flow, place) => [`kind${place}`, category({ form: fixtureForm, flow })]),
      )
      const found = lint(policy('t', { complies: silent, roles, board: board({ columns, ...more }) }, categories))
      return found.filter(one => one.code === 'board.ring').map(one => one.because.split(' have limits')[0])
    }
    const both = [column('doing', 'verify', 'approve'), column('going', 'production')]
    const flow = [verify, appr, live]
    expect(told(both, flow)).toEqual(['doing and going'])
    expect(
      told([column('doing', 'verify'), column('deciding', 'approve'), column('going', 'production')], flow),
    ).toEqual(['doing and going'])
    // In a column that has no limit nothing stays behind, and where one of them has none nobody waits for a place in it.
    expect(told([column('doing', 'verify'), column('going', 'production')], flow)).toEqual([])
    expect(told([...both.slice(0, 1), { name: 'going', stages: ['production'] }], flow)).toEqual([])
    expect(told([...both, { name: 'parked', stages: [], wip: false }], flow)).toEqual([])
    expect(told([column('all', 'verify', 'approve', 'production')], flow)).toEqual([])
    // What is asked for in some cases alone may be passed by, and what was made is not made again by an edit.
    expect(
      told(
        [column('doing', 'verify'), column('going', 'production')],
        [verify, approval('approve', approvals(1).from(role('appr')), { when: high }), live],
      ),
    ).toEqual(['doing and going'])
    expect(told([column('doing', 'build'), column('checking', 'verify')], [build, verify, appr, live])).toEqual([])
    const listed = task('build', { by: role('tester'), checklist: { read: 'it is read' } })
    expect(told([column('doing', 'build'), column('checking', 'verify')], [listed, verify, appr, live])).toEqual([
      'doing and checking',
    ])
    // A column outside of progress takes what is put aside where it takes all, and is none of those that wait.
    expect(told([...both, { ...column('parked'), wip: false }], flow)).toEqual(['doing and going'])
    expect(
      told(
        both.map(one => ({ ...one, wip: false })),
        flow,
      ),
    ).toEqual(['doing and going'])
    // What is never in progress at once fills no two columns, unless it cannot wait.
    Object.assign(more, { capacity: 1 })
    expect(told(both, flow)).toEqual([])
    Object.assign(more, { capacity: 2 })
    expect(told(both, flow)).toEqual(['doing and going'])
    Object.assign(more, { categories: { kind0: { max: 1 } } })
    expect(told(both, flow)).toEqual([])
    expect(told(both, flow, flow)).toEqual(['doing and going'])
    Object.assign(more, { expedite: { categories: ['kind0'], size: 1 } })
    expect(told(both, flow)).toEqual(['doing and going'])
    for (const one of Object.keys(more)) delete more[one as keyof typeof more]
    // What is decided anew first takes it out of what is full.
    expect(told([column('doing', 'verify'), column('going', 'production')], [appr, verify, live])).toEqual([])
    const nothing = approval('approve', approvals(0))
    expect(told([column('doing', 'verify'), column('going', 'production')], [nothing, verify, live])).toEqual([
      'doing and going',
    ])
    expect(told([column('doing', 'verify'), column('going', 'production')], [verify, nothing, live])).toEqual([
      'doing and going',
    ])
    // Two kinds that go opposite ways need no edit for it.
    const opposite = [column('doing', 'build'), column('checking', 'verify')]
    expect(told(opposite, [build, verify, appr, live], [verify, build, appr, live])).toEqual(['doing and checking'])
  })

  it('reports a category that nobody may approve, unless somebody stands in, and what only its makers could [LAW 98]', () => {
    const heads = [approval('approve', approvals(1).from(role('head'))), production]
    expect(found(heads, { people: fixturePeople })).toEqual(['approval.nobody normal.flow.approve'])
    const roles = {
      appr: 'approves',
      tester: 'tests',
      deployer: 'releases',
      head: { fallback: { role: 'appr', when: ['vacant' as const] } },
    }
    const standing = fixturePolicy({ flow: heads, options: { complies: silent, roles } })
    expect(lint(standing, { people: fixturePeople }).filter(one => one.level === 'warning')).toEqual([])
    const one = fixturePolicy({ flow: [approval('approve', appr(1)), production] })
    expect(lint(one, { people: { bob: ['appr'], paul: ['deployer'], rita: [] } })).toContainEqual(
      expect.objectContaining({ code: 'maker.stuck', because: expect.stringContaining('what bob made') as unknown }),
    )
  })

  it('reports a path to the release that skips approval in some case, and names the case [LAW 98]', () => {
    const flow = [approval('approve', any(appr(1), approvals(0).when(field('system').is('billing')))), production]
    expect(found(flow)).toEqual(['approval.skipped normal.flow.production'])
    const [first] = lint(fixturePolicy({ flow, options: { complies: silent } }))
    expect(first?.because).toBe('production is reached without anybody\'s approval where system is "billing"')
    const early = [
      approval('note', approvals(0)),
      release('canary', { by: role('deployer'), environment: 'canary' }),
      approval('approve', appr(1)),
      release('whole', { by: role('deployer'), environment: 'whole' }),
    ]
    expect(found(early)).toEqual(['approval.skipped normal.flow.canary'])
  })

  it('reports content that can be replaced after it was approved, as an edit that skips approval [LAW 98]', () => {
    const loose = fixturePolicy({ material: ['system', 'risk'], options: { complies: silent } })
    expect(lint(loose)).toContainEqual(
      expect.objectContaining({ code: 'content.unbound', level: 'warning', where: 'categories.normal.material' }),
    )
  })

  it('tells what is refused from what is warned of, and that from what the policy says aloud [LAW 98]', () => {
    expect(flowRefusedFor([approval('approve', approvals(0)), production])).toMatchObject([{ clause: 'CM-3' }])
    const flow = [approval('approve', approvals(0)), production]
    const aloud = fixturePolicy({ flow, options: { complies: silent, roles: { deployer: 'releases' } } })
    expect(lint(aloud)).toMatchObject([{ code: 'approval.none', level: 'note' }])
  })
})

/** A history in which about everything happens once. */
async function history(as: <T>(command: T) => T = one => one): Promise<Scenario> {
  const scenario = await f0Tested({ people: people({ alice: ['appr'], dora: [], hana: ['head'] }) })
  await delegated(scenario, 'bob', 'dora')
  await scenario.given('ada', 'proposePolicy', as({ policy: fixturePolicy({ material: ['risk', 'content'] }) }))
  await scenario.when('alice', 'approve', K)
  await scenario.given('dora', 'approve', as({ ...K, for: 'bob' }))
  scenario.at(day)
  await scenario.given('carol', 'approve', K)
  const revision = { ...K, content: { digest: content('r2'), makers: ['alice'] }, comment: 'r2' }
  await scenario.given('alice', 'revise', as(revision))
  await scenario.given('erin', 'signOff', as({ ...K, ...report }))
  await scenario.given('dan', 'reject', as({ ...K, comment: 'no' }))
  await scenario.given('rita', 'resubmit', as({ ...K, comment: 'yes' }))
  const form = { system: 'billing', risk: 'high', note: 'Ü' }
  await scenario.given('rita', 'submit', as({ ...submitK, change: 'L', form }))
  return scenario
}

const linesOf = async (scenario: Scenario) => {
  const lines: string[] = []
  for await (const { bytes } of scenario.store.read()) lines.push(new TextDecoder().decode(bytes))
  return lines.join('\n')
}

/** The same value with the members of every object in the opposite order. */
const turned = <T>(value: T): T => {
  if (Array.isArray(value)) return value.map(turned) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, turned(member)]),
  ) as T
}

describe('the same trail and the same policy give the same answer', () => {
  it('gives the same state and the same explanations when the trail is read again [LAW 100]', async () => {
    const scenario = await history()
    const again = await createDesk({ store: scenario.store })
    expect(again.snapshot()).toEqual(scenario.desk.snapshot())
    for (const { id } of scenario.desk.changes()) {
      expect(canonical(again.explain(id, scenario.now))).toBe(canonical(scenario.desk.explain(id, scenario.now)))
      expect(again.explain(id, scenario.now)).toEqual(scenario.desk.explain(id, scenario.now))
    }
  })

  it('gives the same state, explanations and verdict, byte for byte, in other processes, time zones and locales [LAW 100]', async () => {
    const scenario = await history()
    const input = await linesOf(scenario)
    const script = fileURLToPath(new URL('replay.ts', import.meta.url))
    const machines = [
      ['Pacific/Kiritimati', 'tr_TR.UTF-8'],
      ['America/St_Johns', 'C'],
      ['Asia/Kathmandu', 'de_DE.UTF-8'],
      ['Africa/Nairobi', 'ar_EG.UTF-8'],
      ['UTC', 'en_US.UTF-8'],
    ] as const
    const told = machines.map(([zone, locale]) => {
      const printed = execFileSync(
        process.execPath,
        ['--conditions=countersign-src', '--no-warnings', script, scenario.now],
        {
          input,
          encoding: 'utf8',
          env: { ...process.env, TZ: zone, LC_ALL: locale, LANG: locale },
        },
      )
      const [offset, ...rest] = printed.split('\n')
      return { offset: Number(offset), rest: rest.join('\n') }
    })
    // They did run elsewhere: that the offsets differ is why the rest has to be the same.
    expect(told.map(one => one.offset)).toEqual([-840, 210, -345, -180, 0])
    const here = canonical({
      snapshot: scenario.desk.snapshot(),
      explanations: scenario.desk.changes().map(({ id }) => scenario.explain(id)),
      verdict: verifyTrail([new TextEncoder().encode(`${input}\n`)]),
    })
    expect(told.map(one => one.rest)).toEqual(machines.map(() => `${here}\n`))
  })

  it('writes the same trail, byte for byte, when every command comes with its members in another order [LAW 100]', async () => {
    const [one, other] = [await history(), await history(turned)]
    expect(await linesOf(other)).toBe(await linesOf(one))
  })

  it('gives a policy the same digest in whatever order its author writes options, roles, categories and conditions [LAW 100]', () => {
    const low = field('risk').is('low')
    const flow = (...when: readonly [Parameters<typeof not>[0], Parameters<typeof not>[0]]) => [
      approval('approve', approvals(1).from(role('appr')), { validFor: '9d', when: some(...when) }),
      production,
    ]
    const of = (options: object) => category({ form: fixtureForm, ...options } as never)
    const [normal, quick] = [of({ flow: flow(high, low), touches: ['system'] }), of({ flow: flow(high, low) })]
    const written = policy(
      't',
      {
        complies: silent,
        roles: { appr: 'approves', deployer: 'releases' },
        delegation: { depth: 2 },
        description: 'ours',
      },
      { normal, quick },
    )
    const again = policy(
      't',
      {
        description: 'ours',
        delegation: { depth: 2 },
        roles: { deployer: 'releases', appr: 'approves' },
        complies: silent,
      },
      { quick, normal: of({ touches: ['system'], flow: flow(high, low) }) },
    )
    expect(policyDigest(again)).toBe(policyDigest(written))
    // The order of a list says something, and so it makes another policy.
    const swapped = policy(
      't',
      { complies: silent, roles: { appr: 'approves', deployer: 'releases' } },
      { normal: of({ flow: flow(low, high) }) },
    )
    const straight = policy(
      't',
      { complies: silent, roles: { appr: 'approves', deployer: 'releases' } },
      { normal: of({ flow: flow(high, low) }) },
    )
    expect(policyDigest(swapped)).not.toBe(policyDigest(straight))
  })

  it('gives a policy and controls the same digest whatever the order of their members [LAW 100]', () => {
    const written = fixturePolicy()
    expect(Object.keys(turned(written))).not.toEqual(Object.keys(written))
    expect(policyDigest(turned(written))).toBe(policyDigest(written))
    expect(policyDigest(parsePolicy(turned(written), turned(baseline)))).toBe(policyDigest(written))
    expect(controlsDigest(turned(baseline))).toBe(controlsDigest(baseline))
  })

  /** Two clauses for one pair of duties, so that it shows which of them is cited. */
  const doubled = controls('doubled', {
    'Z-1': separate('make', 'approve').because('nobody approves what they made'),
    'A-1': separate('make', 'approve').because('four eyes'),
  })
  const selfApproval = async (written: Controls) => {
    const scenario = await f0Tested({
      controls: written,
      policies: [fixturePolicy({ options: { complies: written } })],
      people: people({ alice: ['appr'] }),
    })
    await scenario.when('alice', 'approve', K)
    return scenario
  }

  it('cites the same clause for the same refusal whatever the order in which the controls were written [LAW 100]', async () => {
    const [one, other] = [await selfApproval(doubled), await selfApproval(turned(doubled))]
    expect(controlsDigest(turned(doubled))).toBe(controlsDigest(doubled))
    expect((await lastEntry(one)).outcome).toEqual((await lastEntry(other)).outcome)
  })

  it('gives, when the trail is read again, the very refusal that is recorded for the very command [LAW 100]', async () => {
    const scenario = await selfApproval(doubled)
    const recorded = (await lastEntry(scenario)).outcome
    const again = await createDesk({ store: scenario.store, clock: () => new Date(scenario.now) })
    const { revision, digest } = scenario.change('K')
    const receipt = await again.by('alice').approve({ ...K, revision, digest })
    expect(receipt).toMatchObject({ outcome: 'refused', refusal: (recorded as { refused: object }).refused })
  })

  it('is borne out by the verifier, which decides every command of an honest trail again [LAW 100]', async () => {
    for (const scenario of [await history(), await selfApproval(doubled), await selfApproval(turned(doubled))]) {
      const verdict = verifyTrail([new TextEncoder().encode(`${await linesOf(scenario)}\n`)], {
        snapshot: scenario.desk.snapshot(),
      })
      expect(verdict.findings).toEqual([])
      expect(verdict.status).toBe('sound')
    }
  })

  it('gives the facts of a refusal in the same order when the trail is read again, where every refusal is recorded [LAW 100]', async () => {
    const two = policy(
      't',
      { complies: silent, roles: { appr: 'approves', deployer: 'releases' } },
      {
        zeta: category({ form: fixtureForm, flow: [approval('approve', approvals(1).from(role('appr'))), production] }),
        alpha: category({
          form: fixtureForm,
          flow: [approval('approve', approvals(1).from(role('appr'))), production],
        }),
      },
    )
    const scenario = await f0({ controls: silent, policies: [two], submit: null, recordRefusals: 'all' })
    const command = { ...submitK, category: 'normal' }
    const first = await scenario.when('rita', 'submit', command)
    const again = await createDesk({
      store: scenario.store,
      recordRefusals: 'all',
      clock: () => new Date(scenario.now),
    })
    const second = await again.by('rita').submit(command)
    expect(first).toMatchObject({ outcome: 'refused', refusal: { code: 'policy.no-category' } })
    expect((second as { refusal?: unknown }).refusal).toEqual((first as { refusal?: unknown }).refusal)
  })
})
