import { baseline, content, f0, fixturePeople, fixturePolicy, type Scenario } from '@countersign/testing'
import { linesOf } from '@countersign/testing/tamper'
import { approval, approvals, board, release, role, task } from 'countersign/policy'
import { expect, test } from 'vitest'
import { call, writtenLines } from './command-line.ts'

test('The page on a change says which windows are closed for it, when the next one opens, and that waiting for it is a way out.', async () => {
  const policy = fixturePolicy({
    flow: [
      approval('approve', approvals(1).from(role('appr'))),
      release('production', { by: role('deployer'), during: 'maintenance' }),
    ],
  })
  const scenario = await f0({ controls: baseline, policies: [policy], people: fixturePeople })
  await scenario.given('bob', 'approve', { change: 'K' })
  const page = async (): Promise<string> => {
    const trail = writtenLines(await linesOf(scenario.store))
    const { code, out } = await call('countersign', ['explain', trail, 'K', '--at', '2026-03-02T11:00Z'])
    expect(code).toBe(0)
    return out.replaceAll(/\s+/g, ' ')
  }
  const none = await page()
  expect(none).toContain(
    'No window of maintenance is open for production: none is known that is to come and is not all in freezes.',
  )
  expect(none).toContain('A way out: wait until a window is declared.')
  await scenario.given('ada', 'declareWindow', {
    window: 'march',
    calendar: 'maintenance',
    schedule: { zone: 'UTC', from: '2026-03-02T22:00', until: '2026-03-03T02:00' },
    intervals: [{ from: '2026-03-02T22:00:00.000Z', until: '2026-03-03T02:00:00.000Z' }],
  })
  const one = await page()
  expect(one).toContain(
    'No window of maintenance is open for production: the next is from 2026-03-02 22:00 UTC to 2026-03-03 02:00 UTC.',
  )
  expect(one).toContain('A way out: wait until the next window, on 2026-03-02 22:00 UTC.')
})

/** What is explained of K, and who is told what, without the breaks of lines. */
async function pagesOf(scenario: Scenario): Promise<string[]> {
  const trail = writtenLines(await linesOf(scenario.store))
  const told = await Promise.all(
    [
      ['explain', trail, 'K'],
      ['outbox', trail],
    ].map(argv => call('countersign', argv)),
  )
  return told.map(({ out }) => out.replaceAll(/\s+/g, ' '))
}

test('The pages say of what is to be pulled that there is no room, or that it lies with nobody, and what helps.', async () => {
  const flow = [
    task('build', { by: role('tester') }),
    approval('approve', approvals(1).from(role('appr'))),
    release('production', { by: role('deployer') }),
  ]
  const columns = [
    { name: 'doing', stages: ['build'], limit: 1 },
    { name: 'parked', stages: [], wip: false as const },
  ]
  const rules = fixturePolicy({ flow, options: { board: board({ columns, owner: 'required' }) } })
  const scenario = await f0({ controls: baseline, policies: [rules], people: fixturePeople })
  const pages = () => pagesOf(scenario)
  const [unowned, asked] = await pages()
  expect(unowned).toContain('It is to be pulled into doing, and cannot be now: K lies with nobody, and')
  expect(unowned).toMatch(/Who can take it on: [a-z, ]+, where they move it and say who is to have it \(`owner`\)\./)
  expect(asked).toContain('asked to say who is to have it, so that it can be pulled')
  await scenario.given('rita', 'submit', {
    change: 'L',
    team: 't',
    category: 'normal',
    title: 'another one',
    reason: 'to be before it',
    form: { system: 'ledger', risk: 'low' },
    content: { digest: content('L'), makers: ['alice'] },
  })
  await scenario.given('rita', 'move', { change: 'L', owner: 'erin' })
  await scenario.given('rita', 'assign', { change: 'K', to: 'erin' })
  const [full] = await pages()
  expect(full).toContain(
    'It is to be pulled into doing, and cannot be now: the limit of column doing is 1, and L is there.',
  )
  expect(full).toContain(
    'Nobody can take it on as things stand. Finish one of them first, or put one aside: move it to parked.',
  )
})

test('The pages say of a stage that cannot be met whether nobody is left, or too few.', async () => {
  const policy = fixturePolicy({
    flow: [approval('approve', approvals(2).from(role('appr'))), release('production', { by: role('deployer') })],
  })
  const scenario = await f0({ controls: baseline, policies: [policy], people: fixturePeople })
  const pages = () => pagesOf(scenario)
  for (const person of ['carol', 'dan']) await scenario.given('ada', 'recordDeparture', { person, compromised: false })
  const [few, fewTold] = await pages()
  expect(few).toContain('approve (approval) too few are left who could do it: 1 of the 2')
  expect(few).toContain('can: bob')
  expect(few).not.toContain('nobody is left')
  expect(fewTold).toContain('a stage of it cannot be met')
  expect(fewTold).toContain('approve is unsatisfiable: it lacks 2 of appr, and too few are left who may act')
  await scenario.given('bob', 'approve', { change: 'K' })
  const [none, noneTold] = await pages()
  expect(none).toContain('approve (approval) nobody is left who could do it')
  expect(none).not.toContain('too few are left')
  expect(noneTold).not.toContain('nobody can take it on')
})

test('The page on a change says as what it was judged before its edits, where that is something else, as long as that counts.', async () => {
  const policy = fixturePolicy()
  const { normal } = policy.categories
  const all = approval('approve', approvals(3).from(role('appr')))
  const strict = { ...normal, flow: normal.flow.map(one => (one.kind === 'approval' ? all : one)) }
  const policies = [{ ...policy, categories: { normal, strict } }]
  const scenario = await f0({ controls: baseline, policies, people: fixturePeople })
  const page = async (): Promise<string> => {
    const { out } = await call('countersign', ['explain', writtenLines(await linesOf(scenario.store)), 'K'])
    return out.replaceAll(/\s+/g, ' ')
  }
  await scenario.given('alice', 'revise', { change: 'K', title: 'Round up', comment: 'so it is called' })
  expect(await page()).not.toContain('Before its edits')
  await scenario.given('alice', 'recategorise', { change: 'K', category: 'strict', comment: 'it is more than that' })
  expect(await page()).toContain(
    'Before its edits it was judged as normal: to ask for less than that takes somebody whom those rules ask.',
  )
})

test('The page on a change that was sent back, and of which everybody has left, says who can give a role to somebody.', async () => {
  const policy = fixturePolicy({
    flow: [approval('approve', approvals(1).from(role('appr'))), release('production', { by: role('deployer') })],
  })
  const scenario = await f0({ controls: baseline, policies: [policy], people: fixturePeople })
  await scenario.given('bob', 'reject', { change: 'K', comment: 'no' })
  const page = async (): Promise<string> => {
    const { out } = await call('countersign', ['explain', writtenLines(await linesOf(scenario.store)), 'K'])
    return out.replaceAll(/\s+/g, ' ')
  }
  expect(await page()).toContain('It was sent back: somebody who takes part in it can edit it and submit it again.')
  for (const person of ['alice', 'bob', 'carol', 'dan', 'erin', 'rita', 'paul'])
    await scenario.given('ada', 'recordDeparture', { person, compromised: false })
  expect(await page()).toContain(
    'Nobody can take it on as things stand. A way out: an administrator (ada, otto) gives somebody else the role appr.',
  )
})
