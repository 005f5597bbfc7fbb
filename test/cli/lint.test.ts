import { join } from 'node:path'
import { baseline, f0, fixturePolicy, normalFlow } from '@countersign/testing'
import { linesOf } from '@countersign/testing/tamper'
import {
  any,
  approval,
  approvals,
  controls,
  controlsDigest,
  exception,
  lint,
  policyDigest,
  release,
  role,
  separate,
} from 'countersign/policy'
import { expect, test } from 'vitest'
import { call, callProcess, newFolder, written, writtenLines } from './command-line.ts'
import { moduleFile, peer, words } from './policy-module.ts'

const json = (document: unknown) => written(JSON.stringify(document), 'policy.json')
const looked = async (...argv: string[]) => {
  const { code, out, err } = await call('countersign', ['lint', ...argv, '--json'])
  if (out === '') throw new Error(err)
  return { code, ...(JSON.parse(out) as { errors: object[]; findings: object[]; against: object }) }
}

test('A policy without a fault ends with 0, one with a warning with 3, one that cannot be used with 1.', async () => {
  const clean = await call('countersign', ['lint', json(fixturePolicy())])
  expect([clean.code, clean.err]).toEqual([0, ''])
  expect(clean.out).toContain('0 errors, 0 warnings, 1 note: it can be used.')
  expect(clean.out).toContain('· note role.unused  roles.head')

  const weak = fixturePolicy({
    flow: [
      approval('approve', any(approvals(2).from(role('appr')), approvals(1).from(role('appr')))),
      ...normalFlow().slice(2),
    ],
  })
  const warned = await call('countersign', ['lint', json(weak)])
  expect(warned.code).toBe(3)
  expect(warned.out).toContain('! warning alternative.shadowed  categories.normal.flow.approve.any.0')
  expect(warned.out).toContain('0 errors, 1 warning, 2 notes: it can be used; look at it first.')

  const broken = { ...fixturePolicy(), roles: { appr: {}, tester: {} } }
  const refused = await call('countersign', ['lint', json(broken)])
  expect(refused.code).toBe(1)
  expect(refused.out).toContain('✗ error  categories.normal.flow.production')
  expect(refused.out).toContain('1 error, 0 warnings, 0 notes: it cannot be used.')
})

test('For machines it is one document with what it was held against, errors and findings.', async () => {
  const policy = fixturePolicy()
  expect(await looked(json(policy))).toEqual({
    code: 0,
    schema: 'countersign/lint/v1',
    team: 't',
    digest: policyDigest(policy),
    against: {},
    errors: [],
    findings: lint(policy),
    exitCode: 0,
  })
})

test('A module is run, and what its tools refuse to write down is told as errors, with the clause.', async () => {
  const sound = moduleFile(`${words}export default write(approval('peer', one), live)`)
  expect(await looked(sound)).toMatchObject({ code: 0, errors: [], findings: [] })
  const loose = moduleFile(`${words}export default write(approval('peer', any(one, approvals(0))), live)`)
  const ran = await looked(loose)
  expect(ran.code).toBe(1)
  expect(ran.errors).toMatchObject([{ where: 'categories.normal.flow.live', clause: 'H-1' }])
  const misspelt = moduleFile(`${words}export default policy('t', { compiles: house, roles: {} }, {})`)
  expect((await looked(misspelt)).errors).toMatchObject([
    { problem: 'policy t: there is no option compiles; did you mean complies?' },
  ])
})

test('Without controls no clause is asked about, and the page says so; with them each is, from JSON or from a module.', async () => {
  const lax = fixturePolicy({
    options: { complies: controls('silent', {}) },
    flow: [approval('approve', approvals(0)), release('production', { by: role('deployer') })],
  })
  const alone = await call('countersign', ['lint', json(lax)])
  expect(alone.code).toBe(0)
  expect(alone.out).toContain('held against neither controls nor people')
  const under = await looked(json(lax), '--controls', json(baseline))
  expect(under).toMatchObject({ code: 1, against: { controls: 'baseline' } })
  expect(under.errors).toMatchObject([{ where: 'complies' }, { clause: 'CM-3' }])
  const named = moduleFile(`${words}export default house`, 'controls.ts')
  const fits = moduleFile(`${words}export default write(approval('peer', one), live)`)
  expect(await looked(fits, '--controls', named)).toMatchObject({ code: 0, against: { controls: 'house' } })
})

test('Without controls no clause is missing by which somebody may be excepted, and under some that say nothing of it one is.', async () => {
  const allowing = controls('house', {
    'H-1': separate('make', 'approve', { exceptions: 'allowed' }).because('nobody approves what they made'),
  })
  const rule = exception('make', 'approve')
    .grantedBy(role('head'))
    .atMost('7d')
    .compensatedBy('the controller reviews it within a week')
    .because('two people cannot fill three duties')
  const excepting = fixturePolicy({ options: { complies: allowing, exceptions: [rule] } })
  expect(await looked(json(excepting))).toMatchObject({ code: 0, errors: [] })
  const pair = exception('test', 'release')
    .grantedBy(role('head'))
    .atMost('7d')
    .compensatedBy('the controller reviews it within a week')
    .because('two people cannot fill three duties')
  const named = controls('house', {
    'H-2': separate('test', 'release', { exceptions: 'allowed' }).because('two pairs of hands'),
  })
  const other = fixturePolicy({ options: { complies: named, exceptions: [pair] } })
  expect(await looked(json(other))).toMatchObject({ code: 0, errors: [] })
  const silent = controls('house', {})
  const under = json({ ...excepting, complies: { controls: 'house', digest: controlsDigest(silent) } })
  const { code, errors } = await looked(under, '--controls', json(silent))
  expect([code, errors]).toEqual([1, [expect.objectContaining({ where: 'exceptions.0' })]])
})

test('A slip in a clause is told where the controls are named, with people or without.', async () => {
  const slip = controls('house', { 'H-1': separate('make', 'relase').because('two pairs of hands') })
  const policy = json(fixturePolicy({ options: { complies: slip } }))
  const { code, findings } = await looked(policy, '--controls', json(slip))
  expect([code, findings]).toEqual([3, expect.arrayContaining([expect.objectContaining({ code: 'duty.nobody' })])])
})

test('With a trail it is held against the people and the controls that the trail has in force, now or then.', async () => {
  const scenario = await f0({ submit: null })
  const asking = fixturePolicy({
    flow: [...normalFlow().slice(0, 2), approval('heads', approvals(1).from(role('head'))), ...normalFlow().slice(2)],
  })
  scenario.at(86_400_000)
  await scenario.given('ada', 'registerPerson', { person: 'hana', name: 'Hana', accounts: ['hana'] })
  await scenario.given('ada', 'grantRole', { role: 'head', to: 'hana', team: 't' })
  const trail = writtenLines(await linesOf(scenario.store))
  const now = await looked(json(asking), '--trail', trail)
  expect(now).toMatchObject({ code: 0, errors: [], against: { controls: 'baseline', people: 10 } })
  expect(now.findings).toMatchObject([{ code: 'maker.stuck' }])
  const then = await looked(json(asking), '--trail', trail, '--at', '2026-03-02T12:00Z')
  expect(then).toMatchObject({ code: 3, against: { people: 9, at: '2026-03-02T12:00:00.000Z' } })
  expect(then.findings).toMatchObject([{ code: 'approval.nobody', where: 'categories.normal.flow.heads' }])
  const strange = fixturePolicy({ options: { roles: { appr: 'a', tester: 't', deployer: 'd', haed: 'h' } } })
  expect((await looked(json(strange), '--trail', trail)).errors).toMatchObject([
    { where: 'roles.haed', problem: 'the organisation has no role haed; did you mean head?' },
  ])
})

test('What keeps JSON from being a policy is said as of one in code, with all of it: a member that readers would drop as well.', async () => {
  const { complies: _, ...rest } = fixturePolicy()
  const flow = [{ kind: 'approvel', name: 'decide' }]
  const many = { ...rest, colour: 'red', categories: { normal: { ...rest.categories.normal, flow } } }
  expect((await looked(json(many))).errors).toEqual([
    { where: 'complies', problem: 'is missing (expected object)' },
    {
      where: 'categories.normal.flow.0.kind',
      problem: 'expected one of task, test, approval, release, parallel',
    },
    { where: '', problem: 'has a member that nobody knows: colour' },
  ])
  const evil = JSON.stringify(fixturePolicy()).replace('"roles":{', '"roles":{"__proto__":{"description":"lost"},')
  expect((await looked(written(evil, 'policy.json'))).errors).toEqual([
    { where: 'roles', problem: '__proto__ is not allowed as a name' },
  ])
})

test('What cannot be read as a policy is told with what may be meant, and as held against nothing yet.', async () => {
  const [first, ...others] = normalFlow()
  const flow = [{ ...first, whn: { field: 'risk', is: 'high' } }, ...others]
  const policy = fixturePolicy()
  const slip = json({ ...policy, categories: { normal: { ...policy.categories.normal, flow } } })
  expect((await looked(slip)).errors).toEqual([
    { where: 'categories.normal.flow.0', problem: 'has a member that nobody knows: whn; did you mean when?' },
  ])
  const { out } = await call('countersign', ['lint', slip, '--controls', json(baseline)])
  expect(out).toContain('once these places are mended it is held against controls and people')
  expect(out).not.toContain('neither controls')
})

test('What holds no policy, and what is called in a wrong way, ends with 2 and says what would help.', async () => {
  const text = written('export const nothing = 1\n', 'nothing.mjs')
  const cases: [string[], RegExp][] = [
    [[], /lint which policy\? Name its file/],
    [['no-such.json'], /there is no file no-such\.json/],
    [['no-such.ts'], /there is no file no-such\.ts/],
    [[written('{', 'policy.json')], /is no JSON/],
    [[json({ format: 'other' })], /holds no policy/],
    [[text], /holds no policy/],
    [[written('throw new Error("oh")\n', 'broken.mjs')], /cannot be run: oh/],
    [[written('const {', 'torn.mjs')], /cannot be run/],
    [[json(fixturePolicy()), 'more'], /takes nothing more/],
    [[json(fixturePolicy()), '--team', 't'], /lint has no option --team/],
    [[json(fixturePolicy()), '--at', '2026-03-02T12:00Z'], /name it with --trail/],
    [[json(fixturePolicy()), '--trail', join(newFolder(), 'none')], /there is no file/],
    [[json(fixturePolicy()), '--controls', json({})], /holds no controls/],
    [
      [json(fixturePolicy()), '--controls', json({ ...baseline, clauses: { one: null } })],
      /holds no controls: clauses\.one: expected object, found null/,
    ],
  ]
  for (const [argv, message] of cases) {
    const ran = await call('countersign', ['lint', ...argv])
    expect([ran.code, ran.out], argv.join(' ')).toEqual([2, ''])
    expect(ran.err).toMatch(message)
    expect(ran.err).not.toMatch(/\n\s+at /)
  }
})

test('What a policy says cannot move the cursor of whoever reads about it.', async () => {
  const hidden = { ...fixturePolicy(), categories: { 'a\u001b[2J': fixturePolicy().categories.normal } }
  const { code, out } = await call('countersign', ['lint', json(hidden)])
  expect(code).toBe(1)
  expect(out).not.toContain('\u001b')
})

test('A module that leaves something running keeps nobody waiting, and all of the page comes through a pipe.', async () => {
  const many = Array.from({ length: 3_000 }, (_, at) => `r${at}: 'is a role that nobody needs, with number ${at}'`)
  const file = moduleFile(
    `${words}
setInterval(() => {}, 1_000)
;(await import('node:net')).createServer().listen(0)
export default policy('t', { complies: house, roles: { owner: 'owns it', ${many.join(', ')} } }, { normal: category({ flow: [approval('peer', one), live] }) })`,
  )
  const ran = await callProcess('countersign', ['lint', file, '--json'])
  expect([ran.code, ran.err]).toEqual([0, ''])
  expect(ran.out.length).toBeGreaterThan(1 << 18)
  expect((JSON.parse(ran.out) as { findings: object[] }).findings).toHaveLength(3_000)
})

test('A module that never comes to its end is no policy.', async () => {
  const file = moduleFile(`${words}await new Promise(() => {})\n${peer}`)
  const ran = await callProcess('countersign', ['lint', file])
  expect([ran.code, ran.out]).toEqual([2, ''])
  const because = 'waits for something that never comes (a top-level await)'
  expect(ran.err).toContain(`countersign: ${file} cannot be judged: a module that was run for it ${because}`)
  expect(ran.err).not.toContain('Warning')
})

test('A module that ends the process a little later, while the policy is not judged yet, is told as well.', async () => {
  const file = moduleFile(`${words}setTimeout(() => { console.log('late'); process.exit(0) })\n${peer}`)
  const slow = moduleFile(`${words}await new Promise(done => setTimeout(done, 200))\n${peer}`)
  const ran = await callProcess('countersign', ['lint', slow, '--controls', file])
  expect([ran.code, ran.out]).toEqual([2, ''])
  expect(ran.err).toContain('late\n')
  expect(ran.err).toContain('a module that was run for it ends the process')
})

test('What a module prints does not come among what the command prints.', async () => {
  const ran = await callProcess('countersign', [
    'lint',
    moduleFile(`${words}console.log('loading')\n${peer}`),
    '--json',
  ])
  expect([ran.code, ran.err]).toEqual([0, 'loading\n'])
  expect(JSON.parse(ran.out)).toMatchObject({ exitCode: 0 })
})
