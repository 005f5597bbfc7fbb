import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { content, f0, f0Tested, type Scenario, submitK } from '@countersign/testing'
import { bodiesOf, fileOf, linesOf, renumber, reseal } from '@countersign/testing/tamper'
import type { PopulationReport, Sheet } from 'countersign/sheet'
import { expect, test } from 'vitest'
import { type Setting, widthOf } from '../../packages/cli/src/pages/page.ts'
import { populationPage } from '../../packages/cli/src/pages/population-page.ts'
import { f0Approved, hour, K } from '../law/setting.ts'
import { call, newFolder, written, writtenLines } from './command-line.ts'

const inALine = (text: string) => text.replaceAll(/\s+/g, ' ')
const plain = (columns: number): Setting => ({ columns, paint: (_, text) => text })

/** K, put into effect and closed; and L, which took effect and was left open. */
async function closed(): Promise<Scenario> {
  const scenario = await f0Approved()
  scenario.at(hour)
  await scenario.given('paul', 'release', K)
  scenario.at(hour)
  await scenario.given('rita', 'close', { ...K, comment: 'no \u001b[31mdifference' })
  const other = { digest: content('l'), makers: ['alice'] }
  await scenario.given('rita', 'submit', {
    ...submitK,
    change: 'L',
    title: 'Pay the roll on time',
    content: other,
  } as never)
  await scenario.given('erin', 'signOff', { change: 'L', result: 'passed', evidence: [{ name: 'run\u202e 7' }] })
  for (const by of ['bob', 'carol']) await scenario.given(by, 'approve', { change: 'L' })
  await scenario.given('paul', 'release', { change: 'L' })
  return scenario
}

test('The page that tells how to test samples says what the commands print.', async () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/how-to/sample-changes.md', import.meta.url)), 'utf8')
  const commands = [...page.matchAll(/<!-- run -->\n```sh\n(.*)\n```/g)].map(([, line = '']) => line)
  const printed = [...page.matchAll(/<!-- prints -->\n```text\n([\s\S]*?)\n```/g)].map(([, text = '']) => text)
  expect([commands.length, printed.length]).toEqual([2, 2])
  const folder = newFolder()
  writeFileSync(join(folder, 'trail.jsonl'), fileOf(await linesOf((await closed()).store)))
  for (const [place, command] of commands.entries()) {
    const [, ...argv] = command.split(' ')
    const { code, out } = await call('countersign', argv, { cwd: folder })
    expect(code).toBe(0)
    const told = inALine(out)
    const found = (printed[place] ?? '').split('\n').map(line => told.indexOf(line))
    expect(found).not.toContain(-1)
    expect(found).toEqual(found.toSorted((a, b) => a - b))
  }
})

test('The population as a document has the same changes as its page, and each in the period alone.', async () => {
  const path = writtenLines(await linesOf((await closed()).store))
  const told = JSON.parse((await call('countersign', ['population', path, '--json'])).out) as PopulationReport
  expect(told).toMatchObject({
    schema: 'countersign/population/v1',
    from: '2026-03-02T08:00:00.000Z',
    until: '2026-03-02T10:00:00.001Z',
    closes: 1,
    changes: [{ change: 'K', flags: [] }],
    unclosed: [{ change: 'L' }],
  })
  const early = ['--until', '2026-03-02T10:00Z', '--json']
  expect(JSON.parse((await call('countersign', ['population', path, ...early])).out)).toMatchObject({
    closes: 0,
    changes: [],
    unclosed: [{ change: 'K', closed: { person: 'rita' } }],
  })
  const team = await call('countersign', ['population', path, '--team', 't'])
  expect(team.out).toContain(', team t\n')
  expect(team.out).toContain('not closed\n')
})

test('The sheet as a document says what its page says, and keeps from a terminal what it would act on.', async () => {
  const path = writtenLines(await linesOf((await closed()).store))
  const ran = await call('countersign', ['sheet', path, 'K', '--json'])
  const told = JSON.parse(ran.out) as Sheet & { schema: string }
  expect(told).toMatchObject({
    schema: 'countersign/sheet/v1',
    change: 'K',
    closed: { comment: 'no \u001b[31mdifference' },
  })
  for (const argv of [
    ['sheet', path, 'K'],
    ['sheet', path, 'L'],
    ['sheet', path, 'L', '--json'],
  ])
    expect((await call('countersign', argv)).out).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u)
  const page = inALine((await call('countersign', ['sheet', path, 'K'])).out)
  expect(page).toContain('by rita, 2026-03-02 10:00 UTC, entry 26; “no �[31mdifference”')
  expect(page).toContain(`submitted ${told.policies[0]?.digest}, of team t, proposed by ada`)
  expect(page).toContain('Nothing is recorded of: tasks, checklists, rejections,')
  expect(page).toContain('Everything about it in the trail: entries 21, 22, 23, 24, 25, 26.')
})

test('The members of both documents are told by the reference, and no others.', async () => {
  const reference = readFileSync(fileURLToPath(new URL('../../docs/reference/commands.md', import.meta.url)), 'utf8')
  const section = reference.split('## The documents of')[1]?.split('\n## ')[0] ?? ''
  const named = (part: string) =>
    [...part.matchAll(/^- (`.*?): /gm)].flatMap(([, names = '']) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, one = '']) => one),
    )
  const [population = '', sheet = ''] = section.split('A sheet has')
  const path = writtenLines(await linesOf((await closed()).store))
  const members = async (...argv: string[]) =>
    Object.keys(JSON.parse((await call('countersign', [...argv, '--json'])).out) as object).filter(
      one => one !== 'schema',
    )
  expect(named(population).toSorted()).toEqual((await members('population', path, '--team', 't')).toSorted())
  // What a change has not, its sheet leaves out.
  const left = ['parent', 'found', 'plan', 'template', 'cancelled']
  expect(named(sheet).toSorted()).toEqual([...(await members('sheet', path, 'K')), ...left].toSorted())
})

test('What is not there ends with 2, and says which change may be meant.', async () => {
  const path = writtenLines(await linesOf((await closed()).store))
  for (const [argv, because] of [
    [['sheet', path, 'k'], 'there is no change k in this trail; did you mean'],
    [
      ['sheet', path, 'K', '--at', '2026-03-01T00:00Z'],
      'There was no change in it by then; without --at all are shown.',
    ],
    [
      ['explain', path, 'K', '--at', '2026-03-01T00:00Z'],
      'There was no change in it by then; without --at all are shown.',
    ],
    [['sheet', path, '__proto__'], 'There is: K, L.'],
    [['sheet', path, 'constructor'], 'There is: K, L.'],
    [['sheet', path], 'which change? Name it after the trail'],
    [['sheet', path, 'K', '--team', 't'], 'sheet has no option --team'],
    [['population', path, '--team', 'u'], 'there is no team u'],
    [['population', path, '--team', 'constructor'], 'there is no team constructor'],
    [['population', path, '--from', 'monday'], '--from monday is no instant'],
    [['population', path, '--from', '2026-03-03T00:00Z', '--until', '2026-03-02T00:00Z'], 'the period would end'],
    [
      ['population', path, '--from', '2026-04-01T00:00Z'],
      'would begin (2026-04-01T00:00:00.000Z) after the last entry\n',
    ],
    [['population', path, '--from', '2990-01-01T00:00Z'], 'after the last entry, in the future\n'],
    [
      ['metrics', path, '--from', '2990-01-01T00:00Z'],
      'the interval would begin (2990-01-01T00:00:00.000Z) after the last',
    ],
    [['population', written('{"hello":1}\n')], 'entry 0 is no entry'],
    [['sheet', written('{"hello":1}\n'), 'K'], 'entry 0 is no entry'],
  ] as const) {
    const ran = await call('countersign', argv)
    expect([argv, ran.code, ran.out]).toEqual([argv, 2, ''])
    expect(ran.err).toContain(because)
  }
})

test('A line that was taken out of a trail keeps both commands from telling anything of it.', async () => {
  const lines = await linesOf((await closed()).store)
  const path = writtenLines(lines.toSpliced(23, 1))
  for (const argv of [
    ['population', path],
    ['sheet', path, 'K'],
  ]) {
    const ran = await call('countersign', argv)
    expect([ran.code, ran.out]).toEqual([2, ''])
    expect(ran.err).toContain('entry 23 is no entry: it does not continue the one before it')
  }
})

test('A change that is put under a policy which nobody has adopted cannot be shown, and the verifier is named.', async () => {
  const policy = '0'.repeat(64)
  const [last, ...before] = bodiesOf(await linesOf((await f0()).store)).toReversed()
  if (last === undefined) throw new Error('there is no entry')
  const text = JSON.stringify({ ...last, policy }).replace(/"policy":"[0-9a-f]{64}"/g, `"policy":"${policy}"`)
  const forged = reseal([...before.toReversed(), JSON.parse(text) as typeof last])
  const ran = await call('countersign', ['sheet', writtenLines(forged), 'K'])
  expect([ran.code, ran.out]).toEqual([2, ''])
  expect(ran.err).toMatch(/cannot be shown: no policy 0{64} with a category normal was ever adopted\n {2}verify-trail /)
})

test('A list that is not the whole says so on its page and on stderr, and ends with 2.', async () => {
  const bodies = bodiesOf(await linesOf((await closed()).store))
  const close = bodies.find(one => (one.command as { type: string }).type === 'close')
  if (close === undefined) throw new Error('nothing is closed')
  const forged = reseal(renumber([...bodies, { ...close, id: 'forged-again', streamSeq: 6 }]))
  const ran = await call('countersign', ['population', writtenLines(forged)])
  expect(ran.code).toBe(2)
  expect(inALine(ran.out)).toContain(
    '2 times in the period that a change is closed, and 1 change is listed here: this is not the whole',
  )
  expect(ran.err).toContain('closes changes 2 times in the period, and 1 change is listed')
})

test('The page of a population fits 60 columns and more, however long names are.', () => {
  const long = (letter: string) => letter.repeat(64)
  const at = '2026-03-02T08:00:00.123Z'
  const row = {
    change: long('K'),
    team: long('t'),
    category: long('c'),
    title: `${long('x')} \u001b[2J`,
    requested: { seq: 1, at, person: long('r') },
    releases: [{ seq: 2, at, stage: long('s'), person: long('p'), environment: long('e'), underGlass: true as const }],
    entries: 12_345,
    flags: ['exception', 'broken-glass', 'late', 'freeze-override'] as const,
  }
  const end = { seq: 3, at, account: 'x', person: long('y') }
  const report: PopulationReport = {
    from: at,
    until: at,
    closes: 1,
    changes: [{ ...row, closed: end }],
    unclosed: [{ ...row, inEffectSince: at, cancelled: { ...end, bot: 'robbie' } }],
  }
  for (const columns of [60, 80, 120]) {
    const page = populationPage(report, plain(columns))
    for (const line of page.split('\n')) expect(widthOf(line), line).toBeLessThanOrEqual(columns)
    expect(page).not.toContain('\u001b')
    expect(inALine(page)).toContain('08:00:00.123 UTC')
  }
})

test('Whoever has only the file is told the same as by the store that wrote it.', async () => {
  const scenario = await f0Tested()
  const path = writtenLines(await linesOf(scenario.store))
  const told = JSON.parse((await call('countersign', ['sheet', path, 'K', '--json'])).out) as Sheet
  expect(told.tests).toMatchObject([{ person: 'erin', counts: true }])
  const explained = scenario.explain('K')
  expect(told.stages.map(one => one.status)).toEqual(explained.stages.map(one => one.status))
})
