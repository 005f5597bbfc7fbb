import { WriteStream } from 'node:tty'
import type { Board, Card, Column } from 'countersign'
import { expect, test } from 'vitest'
import { boardPage } from '../../packages/cli/src/pages/board-page.ts'
import { type Setting, settingFor, widthOf } from '../../packages/cli/src/pages/page.ts'
import { grouped } from '../../packages/cli/src/shell/number.ts'

const at = '2026-03-31T12:00:00.000Z'
const plain = (columns: number): Setting => ({ columns, paint: (_, text) => text })
const card = (change: string, more: Partial<Card> = {}): Card => ({
  change,
  title: 'Round half a cent to even',
  category: 'normal',
  since: '2026-03-29T10:00:00.000Z',
  waitsFor: { engineer: 1 },
  status: 'pending',
  whoCanUnblock: ['mia'],
  ...more,
})
const boardOf = (columns: readonly Omit<Column, 'count'>[], more: Partial<Board> = {}): Board => ({
  team: 'payments',
  at,
  columns: columns.map(one => ({ count: one.cards.length, ...one })),
  owners: [],
  progress: { cards: 0 },
  ...more,
})
const titles = [
  '日本語の題名はとても長いので折り返さなければなりません',
  '👩‍💻 ✅ ⭐️ 🇨🇭 ❤️ pictures of every kind 🏳️‍🌈',
  'Ze\u0301ro\u0308 combining',
  'clear \u001b[2J\u001b[31mthe screen\u001b]0;owned\u0007',
  'turn \u202eround\u202c and \u2067about\u2069 \u061c',
  'one\r\ntwo\nthree\tfour\u2028five',
  'hidden\u00ad \u{e0041}\u3164\u115f text\ufeff',
  `word${'x'.repeat(150)}`,
  'שלום עולם, مرحبا بالعالم',
]
const ugly = boardOf(
  [
    { name: 'backlog', outside: true, cards: titles.map((title, index) => card(`UGLY-${index}`, { title })) },
    { name: 'doing', limit: 3, cards: [card('PAY-1', { owner: 'mia', priority: 1 }), card('PAY-2'), card('PAY-3')] },
    { name: 'checking', limit: 1, cards: [card('PAY-4', { lane: 'expedite' }), card('PAY-5', { pullInto: 'going' })] },
    { name: 'going', limit: 2, cards: [] },
    { name: 'a-column-with-a-name-that-is-longer-than-any-column-is-wide', cards: [] },
    { name: 'returned', cards: [] },
    { name: 'completed', cards: [] },
  ],
  {
    owners: [
      { person: 'mia', cards: 2, limit: 2 },
      { person: 'leo', cards: 1, limit: 2 },
    ],
    progress: { cards: 5, capacity: 6 },
  },
)

/** The characters of a title that are letters, in their order: what has to be left of it, wherever it was broken. */
const letters = (text: string) => text.match(/\p{Letter}/gu)?.join('') ?? ''

test('A board fits 60 columns and more, whatever titles hold, and nothing of them reaches the terminal that it would act on.', () => {
  for (const columns of [60, 80, 120, 200, 400]) {
    const page = boardPage(ugly, plain(columns))
    for (const line of page.split('\n')) expect(widthOf(line), line).toBeLessThanOrEqual(columns)
    expect(page.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u3164\u115f]/u)
    expect(page).toContain('�[2J�[31m')
    expect(page).not.toMatch(/ $/m)
  }
  const wide = boardPage(boardOf([ugly.columns[0] ?? { name: '', cards: [] }]), plain(80))
  const seen = letters(wide)
  for (const title of [titles[0] ?? '', titles[8] ?? '']) expect(seen).toContain(letters(title))
})

test('A picture is one character, however many it is put together of, and takes two columns; a letter with its marks takes one.', () => {
  const widths = {
    '👩‍💻': 2,
    '✅': 2,
    '🇨🇭': 2,
    '❤️': 2,
    日: 2,
    가: 2,
    'e\u0301': 1,
    '½': 1,
    '\u0301': 0,
    'a\u00a0b': 3,
    '…': 1,
  }
  for (const [text, width] of Object.entries(widths)) expect([text, widthOf(text)]).toEqual([text, width])
  // What is plain is not taken apart; beside something that is not, it is, and comes to the same.
  for (const [from, to] of [
    [0x20, 0x7e],
    [0xa0, 0x2ff],
    [0x2010, 0x2027],
    [0x2713, 0x2713],
    [0x2717, 0x2717],
  ] as const)
    for (let code = from; code <= to; code++) {
      const one = String.fromCodePoint(code)
      expect([one, widthOf(one)]).toEqual([one, widthOf(`日${one}`) - 2])
    }
})

test('Numbers are written with a comma before every three digits.', () => {
  for (const number of [0, 7, 999, 1_000, 25_000, 123_456, 1_234_567, Number.MAX_SAFE_INTEGER])
    expect(grouped(number)).toBe(number.toLocaleString('en'))
})

test('Columns stand side by side as many as fit, with their limits, and say where one is full, over its limit or not in progress.', () => {
  const page = boardPage(ugly, plain(120))
  expect(page).toMatch(
    /^Team payments: 14 changes \(2026-03-31 12:00 UTC\)\nIn progress: 5 of 6; with mia\u00a02\/2, leo\u00a01\/2\n/,
  )
  expect(page).toMatch(
    /^backlog \(9\), not in {29}checking \(2\/1\), over {28}hat-is-longer-than-any\nprogress +doing \(3\/3\), full +its limit +going \(0\/2\) +-column-is-wide \(0\)\n─/m,
  )
  expect(boardPage(ugly, plain(80))).toContain(
    '\nNothing lies in a-column-with-a-name-that-is-longer-than-any-column-is-wide\n',
  )
  expect(page).not.toMatch(/returned|completed/)
  const few = boardOf([
    { name: 'build', cards: [] },
    { name: 'go', cards: [card('K')] },
  ])
  expect(boardPage(few, plain(80))).toMatch(/^build \(0\) +go \(1\)$/m)
})

test('A card says its place in the order, its owner, how long it has been there, what it waits for, and who can act.', () => {
  const page = boardPage(ugly, plain(200))
  expect(page).toContain('1. PAY-1 Round half a cent to')
  expect(page).toContain('with mia')
  expect(page).toContain('here\u00a02\u00a0d')
  expect(page).toContain('! PAY-4')
  expect(page).toContain('to be pulled into going')
  expect(page).toContain('pending: waits for 1\u00a0×\u00a0engineer')
  expect(page).toContain('can: mia')
})

test('A card that is to be pulled says what it waits for: room, and in which limit, or an owner.', () => {
  const refusals: readonly NonNullable<Card['held']>['refusal'][] = [
    { code: 'limit.reached', facts: { change: 'A', limit: 'column doing', most: 3, there: ['B'] } },
    { code: 'limit.expedite', facts: { change: 'A', most: 1, there: ['B'] } },
    { code: 'limit.owner', facts: { change: 'A', column: 'doing' } },
  ]
  const pages = refusals.map(refusal => {
    const waiting = card('A', { pullInto: 'doing', held: { column: 'doing', refusal }, whoCanUnblock: [] })
    return boardPage(boardOf([{ name: 'queue', cards: [waiting] }]), plain(200)).replaceAll(/\s+/g, ' ')
  })
  expect(pages[0]).toContain('to be pulled into doing, once there is room: column doing is full (3)')
  expect(pages[1]).toContain('to be pulled into doing, once there is room: the lane for what cannot wait is full (1)')
  expect(pages[2]).toContain('to be pulled into doing, once somebody has it')
})

test('A board without a card, and one without a column, say so in a few lines.', () => {
  const none = boardOf(ugly.columns.map(one => ({ ...one, count: 0, cards: [] })))
  const page = boardPage(none, plain(80))
  expect(page).toContain('Team payments: 0 changes')
  expect(page).toMatch(/doing \(0\/3\) +checking \(0\/1\) +going \(0\/2\)/)
  expect(page.split('\n').length).toBeLessThan(9)
  expect(boardPage(boardOf([]), plain(80))).toBe('Team payments: 0 changes (2026-03-31 12:00 UTC)\n')
})

test('Of sixty cards in a column the first are told at length and each other one in a line; of those that are done the latest, and how many before.', () => {
  const since = (index: number) => new Date(Date.parse(at) - index * 3_600_000).toISOString()
  const sixty = (name: string) => ({
    name,
    cards: Array.from({ length: 60 }, (_, index) =>
      card(`${name}-${index}`, { since: since(60 - index), owner: 'mia' }),
    ),
  })
  const page = boardPage(boardOf([sixty('doing'), sixty('closed')]), plain(80))
  for (let index = 0; index < 60; index++) expect(page).toMatch(new RegExp(`\\bdoing-${index}\\b`))
  expect(page).toMatch(/doing-59 60\u00a0min mia|doing-59 1\u00a0h mia/)
  for (const index of [59, 58, 57, 56]) expect(page).toContain(`closed-${index} `)
  expect(page).toContain('and 56 before')
  // What is over need not be there as a card to be counted.
  const { cards } = sixty('closed')
  const closed = { name: 'closed', count: 60, cards: cards.slice(-20) }
  const cut: Board = boardOf([sixty('doing'), closed])
  expect(boardPage(cut, plain(80))).toBe(page)
  expect(page.split('\n').length).toBeLessThan(120)
})

test('There is colour on a terminal, where nobody asked for none, and nowhere else; and the columns stand where they stood.', () => {
  const terminal = (env: Record<string, string>, isTTY: boolean) => {
    const before = { ...process.env }
    // Nothing of the machine's own environment: that it builds for others, too, says something of colours.
    for (const name of Object.keys(before)) delete process.env[name]
    Object.assign(process.env, env)
    try {
      // What a terminal says of its colours hangs on the environment alone.
      const stream = Object.assign(Object.create(WriteStream.prototype) as NodeJS.WriteStream, { isTTY, columns: 120 })
      const setting = settingFor(stream)
      return [setting.columns, boardPage(ugly, setting)] as const
    } finally {
      for (const name of Object.keys(env)) delete process.env[name]
      Object.assign(process.env, before)
    }
  }
  const sequence = new RegExp(`${String.fromCodePoint(27)}\\[\\d+m`, 'g')
  const [columns, painted] = terminal({ TERM: 'xterm-256color' }, true)
  expect([columns, painted.match(sequence) !== null]).toEqual([120, true])
  expect(painted.replaceAll(sequence, '')).toBe(boardPage(ugly, plain(120)))
  for (const [env, isTTY, width] of [
    [{ NO_COLOR: '1', TERM: 'xterm-256color' }, true, 120],
    [{}, false, 100],
    [{ COLUMNS: '80' }, false, 80],
    [{ COLUMNS: '10' }, false, 60],
    [{ COLUMNS: '1e9' }, false, 500],
    [{ COLUMNS: 'wide' }, false, 100],
  ] as const)
    expect(terminal(env, isTTY)).toEqual([width, boardPage(ugly, plain(width))])
})
