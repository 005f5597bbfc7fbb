import type { Drained, Owed } from 'countersign'
import type { Counted, Report } from 'countersign/metrics'
import { expect, test } from 'vitest'
import { type LogEntry, logLine } from '../../packages/cli/src/pages/log-page.ts'
import { metricsPage } from '../../packages/cli/src/pages/metrics-page.ts'
import { obligationsPage } from '../../packages/cli/src/pages/obligations-page.ts'
import { outboxPage } from '../../packages/cli/src/pages/outbox-page.ts'
import { type Setting, widthOf } from '../../packages/cli/src/pages/page.ts'

const plain = (columns: number): Setting => ({ columns, paint: (_, text) => text })
const painted: Setting = { columns: 80, paint: (style, text) => `<${style}>${text}</${style}>` }
const long = (letter: string) => letter.repeat(60)
const since = '2026-03-02T09:00:00.000Z'
const due = '2026-03-03T09:00:00.000Z'
const owed: Owed[] = [
  {
    change: long('k'),
    team: long('t'),
    category: long('c'),
    kind: 'remedy',
    stage: long('s'),
    since,
    due,
    late: true,
    by: Array.from({ length: 12 }, (_, index) => `person-${index}`),
    missing: { [long('r')]: 2 },
  },
  {
    change: 'K',
    team: 't',
    category: 'c',
    kind: 'review',
    stage: 'review',
    since,
    due,
    late: false,
    by: [],
    missing: {},
  },
]
const day = 86_400_000
const spread = { count: 123_456, mean: 1_234 * day, p50: 0, p85: 1_000 * day, p95: 9_999 * day, most: 9_999 * day }
const report: Report = {
  from: since,
  until: due,
  team: long('t'),
  arrived: 1_234_567,
  done: 1_234_567,
  perWeek: 12_345.678,
  cancelled: 1_234_567,
  leadTime: spread,
  cycleTime: spread,
  age: spread,
  blockedTime: spread,
  flowEfficiency: 0.5,
  setBack: 1_234_567,
  waiting: [
    { stage: long('s'), role: long('r'), capacity: 'fallback', time: spread },
    { stage: 'peer', role: 'engineer', capacity: 'own', time: spread },
  ],
  obligations: { opened: 12, fulfilled: 9, late: 3, open: 3, overdue: 1 },
  refused: { 'duty.conflict': 123_456 },
  overruns: { [`column ${long('c')}`]: 3 },
}
const flow: Counted[] = [since, due].map((at, index) => ({
  at,
  arrived: 1_234_567,
  done: 10 * index,
  cancelled: 0,
  states: Object.fromEntries(Array.from({ length: 20 }, (_, place) => [`stage-${place}`, place + index])),
}))

test('The pages of what is owed and of how changes flow fit 60 columns and more, however long names are.', () => {
  for (const columns of [60, 80, 120, 200])
    for (const page of [obligationsPage(owed, due, plain(columns)), metricsPage(report, flow, plain(columns))])
      for (const line of page.split('\n')) expect(widthOf(line), line).toBeLessThanOrEqual(columns)
})

const drained: Drained = {
  notices: (['emil', long('p')] as const).map(person => ({
    key: '43/asked/A/build-move/emil',
    kind: 'asked',
    person,
    change: person === 'emil' ? 'A' : long('k'),
    team: 'fin',
    do: 'move',
    because: 'build waits for the change to be pulled to where the work is done',
    since,
  })),
  cursor: '43',
  more: false,
}
const entry: LogEntry = {
  seq: 44,
  at: since,
  about: 'A',
  who: 'emil as engineer',
  what: 'asks for it (normal, team fin): “A new ledger”',
  outcome: 'it goes to build; triage gives it to erik',
  refused: false,
}

test('The log and the outbox fit 60 columns and more, whatever their lines go on with below.', () => {
  const entries = [entry, { ...entry, seq: 123_456_789 }, { ...entry, about: long('k'), who: long('w') }]
  for (let columns = 60; columns <= 120; columns++)
    for (const page of [outboxPage(drained, plain(columns)), ...entries.map(one => logLine(one, plain(columns)))])
      for (const line of page.split('\n')) expect(widthOf(line), line).toBeLessThanOrEqual(columns)
  expect(outboxPage(drained, painted)).toContain('<bold>emil</bold>: A (team fin), asked to pull it to where')
  const over = new Map([['A', { state: 'closed', since: '2026-04-01T08:00:00.000Z' }]])
  expect(outboxPage(drained, painted, over).replaceAll(/\s+/g, ' ')).toContain(
    '<bold>emil</bold>: A (team fin, closed 2026-04-01 08:00 UTC), was asked to pull it to where',
  )
  for (let columns = 60; columns <= 120; columns++)
    for (const line of outboxPage(drained, plain(columns), over).split('\n'))
      expect(widthOf(line), line).toBeLessThanOrEqual(columns)
})

test('How it stood is told once a minute, as it was when that was over, whatever happened in it.', () => {
  const counted = (at: string, state: string): Counted => ({
    at,
    arrived: 1,
    done: 0,
    cancelled: 0,
    states: { [state]: 1 },
  })
  const passing = [
    counted('2026-03-02T09:00:01.000Z', 'build'),
    counted('2026-03-02T09:00:20.000Z', 'verify'),
    counted('2026-03-02T09:00:59.999Z', 'approve'),
    counted('2026-03-02T09:01:00.000Z', 'production'),
  ]
  const rows = metricsPage(report, passing, plain(80))
    .split('\n')
    .filter(line => line.startsWith('  2026-03-02 09:0'))
  expect(rows.map(line => line.slice(2, 22))).toEqual(['2026-03-02 09:00 UTC', '2026-03-02 09:01 UTC'])
  const page = metricsPage(report, passing, plain(80))
  for (const [state, isTold] of [
    ['build', false],
    ['verify', false],
    ['approve', true],
    ['production', true],
  ] as const)
    expect(page.includes(`    ${state}\u00a01`)).toBe(isTold)
})

test('Figures stand under their names, and the numbers of a row whose name goes on below stand on its first line.', () => {
  const page = metricsPage(report, flow, plain(80))
  expect(page).toContain(`
How long                               count  half in  85 % in  95 % in     mean
  lead time, submitted to done        123456        0 1000.0 d 9999.0 d 1234.0 d
`)
  expect(page).toMatch(/\n {2}r{36}123456 {8}0 1000\.0 d 9999\.0 d 1234\.0 d\n {4}r{24} at\n/)
  expect(page).toContain('  engineer at peer, own               123456')
  expect(page).toContain('Owed afterwards: 12 opened, 9 ended, 3 of them late; 3 open, 1 overdue')
  expect(page).toMatch(
    /\nAll told by {14}arrived {4}done {2}cancelled {4}open\n {2}2026-03-02 09:00 UTC {3}1234567 {7}0 {10}0 1234567\n {4}stage-19\u00a019, /,
  )
  // Where the rest is, is told of one team: stages of several have nothing to do with each other.
  const { team: _, ...all } = report
  expect(metricsPage(all, flow, plain(80))).not.toContain('stage-19')
  expect(metricsPage({ ...all, waiting: [] }, [], plain(80))).not.toMatch(/Waited for|All told/)
})

test('What is owed and what is to be told show no control character, whatever a trail has put into them.', () => {
  const hostile = (text: string) => `${text}\u001b[2J\u202e\n`
  const [first] = owed
  const [notice] = drained.notices
  if (first === undefined || notice === undefined) throw new Error('there is nothing to show')
  const pages = [
    obligationsPage(
      [
        {
          ...first,
          change: hostile('k'),
          team: hostile('t'),
          category: hostile('c'),
          stage: hostile('s'),
          by: [hostile('p')],
          missing: { [hostile('r')]: 1 },
        },
      ],
      due,
      plain(120),
    ),
    outboxPage(
      {
        ...drained,
        cursor: hostile('7'),
        notices: [
          {
            ...notice,
            person: hostile('p'),
            change: hostile('k'),
            team: hostile('t'),
            because: hostile('b'),
            key: hostile('x') as never,
          },
        ],
      },
      plain(120),
    ),
  ]
  for (const page of pages) {
    expect(page.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u)
    expect(page.match(/\ufffd\[2J/g)?.length).toBeGreaterThanOrEqual(6)
  }
})

test('What is owed is marked and coloured by whether it is late, and says who can do it or that nobody can.', () => {
  const page = obligationsPage(owed, due, painted)
  expect(page).toMatch(/^<bold>2 obligations open, 1 late/)
  expect(page).toContain('\n<red>✗</red> k')
  expect(page).toContain('\n<yellow>·</yellow> K (team t, c)\n')
  expect(page).toContain('nobody can do it as things stand')
  expect(page).toContain('can: person-0, person-1,')
})
