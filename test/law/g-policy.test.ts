import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import {
  baseline,
  content,
  f0,
  f0Tested,
  fixtureForm,
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
  type Controls,
  category,
  controls,
  controlsDigest,
  field,
  type PolicyProblem,
  parsePolicy,
  permit,
  policy,
  policyDigest,
  problemsOf,
  release,
  role,
  type Stage,
  separate,
  task,
  test,
  testedBeforeRelease,
} from 'countersign/policy'
import { verifyTrail } from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { refused } from './refusal.ts'
import { day, delegated, f0Approved, K, people, report } from './setting.ts'
import { lastEntry } from './trail.ts'

const high = field('risk').is('high')
const production = release('production', { by: role('deployer') })
const silent = controls('silent', {})

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
  for (const [what, flow] of [
    ['has no approval at all', [test('verify', { by: role('tester') }), production]],
    ['asks for 0 approvals', [approval('approve', approvals(0)), production]],
    ['asks for the approval after the release', [production, approval('approve', approvals(1).from(role('appr')))]],
    [
      'offers 0 approvals as an alternative to one',
      [approval('approve', any(approvals(1).from(role('appr')), approvals(0))), production],
    ],
    [
      'asks for 0 approvals when the risk is low',
      [approval('approve', all(approvals(1).from(role('appr')).when(high), approvals(0))), production],
    ],
    [
      'has a second release before the approval',
      [release('canary', { by: role('deployer') }), approval('approve', approvals(1).from(role('appr'))), production],
    ],
    [
      'asks when the risk is high, and says that otherwise nothing is asked, in two stages',
      [
        approval('approve', any(approvals(1).from(role('appr')).when(high))),
        approval('note', approvals(0)),
        production,
      ],
    ],
  ] as const) {
    it(`refuses to load a policy that ${what}, and cites the clause [LAW 96]`, () => {
      const problems = flowRefusedFor([...flow])
      expect(problems).toContainEqual(expect.objectContaining({ clause: 'CM-3' }))
      expect(problems.find(one => one.clause === 'CM-3')?.problem).toContain(
        'CM-3 (nothing unapproved reaches production)',
      )
    })
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

describe('names that lead nowhere', () => {
  const roles = { appr: 'approves', tester: 'tests', deployer: 'releases' }
  const write = (vary: Parameters<typeof fixturePolicy>[0]) => refusedFor(() => fixturePolicy(vary))
  const ask = approval('approve', approvals(1).from(role('appr')))

  for (const [what, problems, where, near] of [
    [
      'a role in an approval',
      () => write({ options: { roles }, flow: [approval('approve', approvals(1).from(role('apr'))), production] }),
      'categories.normal.flow.approve',
      'did you mean appr?',
    ],
    [
      'a role deep in an approval',
      () =>
        write({
          options: { roles },
          flow: [
            approval('approve', all(approvals(1).from(role('appr')), any(approvals(1).from(role('testr'))))),
            production,
          ],
        }),
      'categories.normal.flow.approve',
      'did you mean tester?',
    ],
    [
      'a role that tests',
      () => write({ options: { roles }, flow: [test('verify', { by: role('testers') }), ask, production] }),
      'categories.normal.flow.verify',
      'did you mean tester?',
    ],
    [
      'a role that works',
      () => write({ options: { roles }, flow: [task('build', { by: role('deploier') }), ask, production] }),
      'categories.normal.flow.build',
      'did you mean deployer?',
    ],
    [
      'a role that releases',
      () => write({ options: { roles }, flow: [ask, release('production', { by: role('deploy') })] }),
      'categories.normal.flow.production',
      'did you mean deployer?',
    ],
    [
      'a role that stands in',
      () => write({ options: { roles: { ...roles, head: { fallback: { role: 'heed', when: ['vacant'] } } } } }),
      'roles.head.fallback',
      'did you mean head?',
    ],
    [
      'a field in a condition of a stage',
      () =>
        write({
          flow: [ask, approval('more', approvals(1).from(role('appr')), { when: field('rsk').is('high') }), production],
        }),
      'categories.normal.flow.more',
      'did you mean risk?',
    ],
    [
      'a field in a condition of a rule',
      () =>
        write({
          flow: [
            approval(
              'approve',
              all(approvals(1).from(role('appr')), approvals(2).from(role('appr')).when(field('sytem').is('ledger'))),
            ),
            production,
          ],
        }),
      'categories.normal.flow.approve',
      'did you mean system?',
    ],
    [
      'a field that is to be material',
      () => write({ material: ['rissk', 'content'] }),
      'categories.normal.material',
      'did you mean risk?',
    ],
    [
      'a category whose approvals are to be carried',
      () =>
        write({
          flow: [
            approval('approve', approvals(1).from(role('appr')), {
              carriedFrom: approved('norml').covers({ system: 'system' }).for('30d'),
            }),
            production,
          ],
        }),
      'categories.normal.flow.approve',
      'did you mean normal?',
    ],
    [
      'a duty to be kept apart',
      () => write({ options: { separate: [separate('approve', 'realease').because('two hands')] } }),
      'separate.0',
      'did you mean release?',
    ],
    [
      'a duty to be permitted',
      () => write({ options: { permit: [permit('reqest', 'approve').because('the owner decides')] } }),
      'permit.0',
      'did you mean request?',
    ],
  ] as const) {
    it(`refuses to load a policy with ${what} that is defined nowhere, and names the near ones [LAW 97]`, () => {
      const found = problems().find(one => one.where === where)
      expect(found?.problem).toContain(near)
    })
  }

  it('refuses to load a policy whose role for asking is defined nowhere [LAW 97]', () => {
    const written = () =>
      policy(
        't',
        { complies: silent, roles },
        {
          normal: category({ requestedBy: role('testerr'), flow: [ask, production] }),
        },
      )
    expect(refusedFor(written)).toMatchObject([
      { where: 'categories.normal.requestedBy', problem: expect.stringContaining('tester') },
    ])
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
  it('reports each way to the release that skips the approval, one by one [LAW 98]', () => {
    const ask = approval('approve', approvals(1).from(role('appr')))
    const problems = flowRefusedFor([
      release('canary', { by: role('deployer'), environment: 'canary' }),
      release('half', { by: role('deployer'), environment: 'half' }),
      ask,
      release('whole', { by: role('deployer'), environment: 'whole' }),
    ])
    expect(problems.map(one => one.where)).toEqual(['categories.normal.flow.canary', 'categories.normal.flow.half'])
  })

  it('reports two stages of one name, and a stage that takes the name of a state of every change [LAW 98]', () => {
    const ask = approval('approve', approvals(1).from(role('appr')))
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

  it('finds nothing to report about the policy of F0 [LAW 98]', () => {
    expect(problemsOf(fixturePolicy(), baseline)).toEqual([])
  })
})

/** A history in which about everything happens once. */
async function history(): Promise<Scenario> {
  const scenario = await f0Tested({ people: people({ alice: ['appr'], dora: [], hana: ['head'] }) })
  await delegated(scenario, 'bob', 'dora')
  await scenario.when('alice', 'approve', K)
  await scenario.given('dora', 'approve', { ...K, for: 'bob' })
  scenario.at(day)
  await scenario.given('carol', 'approve', K)
  await scenario.given('alice', 'revise', {
    ...K,
    content: { digest: content('r2'), makers: ['alice'] },
    comment: 'r2',
  })
  await scenario.given('erin', 'signOff', { ...K, ...report })
  await scenario.given('dan', 'reject', { ...K, comment: 'no' })
  await scenario.given('rita', 'resubmit', { ...K, comment: 'yes' })
  await scenario.given('rita', 'submit', {
    ...submitK,
    change: 'L',
    form: { system: 'billing', risk: 'high', note: 'Ü' },
  })
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

  it('gives the same state and the same explanations in another process, in two other time zones [LAW 100]', async () => {
    const scenario = await history()
    const input = await linesOf(scenario)
    const script = fileURLToPath(new URL('replay.ts', import.meta.url))
    const told = ['Pacific/Kiritimati', 'America/St_Johns'].map(
      zone =>
        JSON.parse(
          execFileSync(process.execPath, ['--conditions=countersign-src', '--no-warnings', script, scenario.now], {
            input,
            encoding: 'utf8',
            env: { ...process.env, TZ: zone, LC_ALL: 'tr_TR.UTF-8' },
          }),
        ) as { offset: number; snapshot: unknown; explanations: unknown },
    )
    const here = {
      snapshot: scenario.desk.snapshot(),
      explanations: scenario.desk.changes().map(({ id }) => scenario.explain(id)),
    }
    expect(told.map(one => one.offset)).toEqual([-840, 210])
    for (const { snapshot, explanations } of told) expect(canonical({ snapshot, explanations })).toBe(canonical(here))
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
