import type { Board, Card, Column } from 'countersign'
import { count, moment, padTo, paragraph, type Setting, wrap } from './page.ts'
import { terminalText } from './terminal-text.ts'

const narrowest = 22
const widest = 40
const gap = 2
const ends = ['returned', 'remediation', 'completed', 'closed', 'cancelled']
/** Where everything comes to lie in the end: of these columns only the latest cards are drawn. */
const over: ReadonlySet<string> = new Set(['completed', 'closed', 'cancelled'])
const mostOver = 3

/** The board of a team for a terminal: columns side by side, and in rows of columns where there are too many. */
export function boardPage(board: Board, setting: Setting): string {
  const columns = board.columns.filter(column => column.cards.length > 0 || !ends.includes(column.name))
  const cards = columns.reduce((sum, column) => sum + column.cards.length, 0)
  const title = `Team ${board.team}: ${count(cards, 'change')} (${moment(board.at)})`
  const abreast = Math.max(1, Math.min(columns.length, Math.floor((setting.columns + gap) / (narrowest + gap))))
  const width = Math.min(widest, Math.floor((setting.columns + gap) / abreast) - gap)
  const rows: string[] = []
  for (let from = 0; from < columns.length; from += abreast)
    rows.push(row(columns.slice(from, from + abreast), width, board.at, setting))
  return `${[[setting.paint('bold', title), ...summary(board, setting)].join('\n'), ...rows].join('\n\n')}\n`
}

/** What is in progress, with whom it lies, and who decided on the order. */
function summary({ progress, owners, priorities }: Board, setting: Setting): string[] {
  const of = progress.capacity === undefined ? '' : ` of ${progress.capacity}`
  const with_ = owners.map(one => `${one.person} ${one.cards}${one.limit === undefined ? '' : `/${one.limit}`}`)
  const lines =
    progress.cards === 0
      ? []
      : [`In progress: ${progress.cards}${of}${with_.length === 0 ? '' : `; with ${with_.join(', ')}`}`]
  if (priorities !== undefined)
    lines.push(
      `In the order that ${priorities.by} decided on ${moment(priorities.at)}, with ${priorities.present.join(', ')} present`,
    )
  return lines.map(line => paragraph('', line, setting))
}

function row(columns: readonly Column[], width: number, at: string, { paint }: Setting): string {
  const cells = columns.map(({ name, cards, limit, outside }) => [
    ...wrap(
      `${name} (${cards.length}${limit === undefined ? '' : `/${limit}`})${outside === undefined ? '' : ' ·'}`,
      width,
    ),
    '─'.repeat(width),
    ...(over.has(name) ? latest(cards) : cards).flatMap((card, index) => [
      ...(index === 0 ? [] : ['']),
      ...cardLines(card, at, width),
    ]),
    ...(over.has(name) && cards.length > mostOver ? ['', `and ${cards.length - mostOver} before`] : []),
  ])
  const height = Math.max(...cells.map(cell => cell.length))
  return Array.from({ length: height }, (_, line) => {
    const text = cells
      .map(cell => padTo(cell[line] ?? '', width))
      .join(' '.repeat(gap))
      .trimEnd()
    return line === 0 ? paint('bold', text) : text
  }).join('\n')
}

const latest = (cards: readonly Card[]): Card[] =>
  cards.toSorted((one, other) => (one.since > other.since ? -1 : one.since < other.since ? 1 : 0)).slice(0, mostOver)

function cardLines(card: Card, at: string, width: number): string[] {
  const waits = Object.entries(card.waitsFor).map(([role, number]) => `${number}\u00a0×\u00a0${role}`)
  return [
    ...wrap(
      `${card.priority === undefined ? '' : `${card.priority}. `}${card.lane === undefined ? '' : '! '}${card.change} ${terminalText(card.title)}`,
      width,
    ),
    ...[
      `${card.category}, here ${age(card.since, at)}`,
      ...(card.owner === undefined ? [] : [`with ${card.owner}`]),
      ...(card.pullInto === undefined ? [] : [`to be pulled into ${card.pullInto}`]),
      ...(waits.length === 0 ? [] : [`${card.status}: waits for ${waits.join(', ')}`]),
      ...(card.whoCanUnblock.length === 0 ? [] : [`can: ${card.whoCanUnblock.join(', ')}`]),
    ].flatMap(text => wrap(text, width - 2).map(line => `  ${line}`)),
  ]
}

/** How long something has been there, in the largest unit that says something. */
function age(since: string, at: string): string {
  const minutes = Math.max(0, Math.floor((Date.parse(at) - Date.parse(since)) / 60_000))
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`
}
