import type { Board, Card, Column } from 'countersign'
import { terminalText } from '../shell/terminal-text.ts'
import { count, cutTo, moment, padTo, paragraph, type Setting, type Style, widthOf, wrap } from './page.ts'

const narrowest = 22
const widest = 40
const gap = 2
const ends = ['returned', 'remediation', 'completed', 'closed', 'cancelled']
/** Of these it is of interest what came last. */
const done = ['completed', 'closed', 'cancelled']
/** So many cards of a column are told at length; the others in a line each, or, where they are done, by their number. */
const mostFull = 8
const mostDone = 4

/** The board of a team for a terminal: columns side by side, and in rows of columns where there are too many. */
export function boardPage(board: Board, setting: Setting): string {
  const all = board.columns.filter(column => column.count > 0 || !ends.includes(column.name))
  const fits = (number: number) => Math.floor((setting.columns + gap) / (narrowest + gap)) >= number
  // Where there are too many for one row, those that are empty, and have no limit to be seen, take no room.
  const columns = fits(all.length) ? all : all.filter(one => one.count > 0 || one.limit !== undefined)
  const empty = all.filter(one => !columns.includes(one)).map(one => one.name)
  const cards = all.reduce((sum, column) => sum + column.count, 0)
  const title = `Team ${board.team}: ${count(cards, 'change')} (${moment(board.at)})`
  const abreast = Math.max(1, Math.min(columns.length, Math.floor((setting.columns + gap) / (narrowest + gap))))
  const width = Math.min(widest, Math.floor((setting.columns + gap) / abreast) - gap)
  const rows: string[] = []
  for (let from = 0; from < columns.length; from += abreast)
    rows.push(row(columns.slice(from, from + abreast), width, board.at, setting))
  const nothing = empty.length === 0 ? [] : [paragraph('Nothing lies in ', empty.join(', '), setting)]
  return `${[[setting.paint('bold', paragraph('', title, setting)), ...summary(board, setting)].join('\n'), ...rows, ...nothing].join('\n\n')}\n`
}

/** What is in progress, with whom it lies, and who decided on the order. */
function summary({ progress, owners, priorities }: Board, setting: Setting): string[] {
  const of = progress.capacity === undefined ? '' : ` of ${progress.capacity}`
  const with_ = owners.map(one => `${one.person}\u00a0${one.cards}${one.limit === undefined ? '' : `/${one.limit}`}`)
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

interface Cell {
  readonly lines: readonly string[]
  /** So many of its lines are the heading. */
  readonly heading: number
  readonly style: Style
}

function row(columns: readonly Column[], width: number, at: string, { paint }: Setting): string {
  const cells = columns.map(column => cellOf(column, width, at))
  const deepest = Math.max(...cells.map(cell => cell.heading))
  const padded = cells.map(cell => ({ ...cell, lines: [...Array(deepest - cell.heading).fill(''), ...cell.lines] }))
  const height = Math.max(...padded.map(cell => cell.lines.length))
  return Array.from({ length: height }, (_, line) =>
    padded
      .map(({ lines, style }, place) => {
        const text = lines[line] ?? ''
        const goesOn = padded.slice(place + 1).some(cell => (cell.lines[line] ?? '') !== '')
        const painted = line < deepest && text !== '' ? paint(style, text) : text
        return goesOn ? painted + padTo('', width + gap - widthOf(text)) : painted
      })
      .join(''),
  ).join('\n')
}

function cellOf(column: Column, width: number, at: string): Cell {
  const { name, count, limit, outside } = column
  const over = limit === undefined ? 0 : count - limit
  const room = limit === undefined ? '' : `/${limit}`
  const word =
    over > 0 ? ', over its limit' : limit !== undefined && over === 0 ? ', full' : outside ? ', not in progress' : ''
  const heading = wrap(`${name} (${count}${room})${word}`, width)
  return {
    lines: [...heading, '─'.repeat(width), ...cardsIn(column, width, at)],
    heading: heading.length,
    style: over > 0 ? 'red' : limit !== undefined && over === 0 ? 'yellow' : 'bold',
  }
}

function cardsIn({ name, count, cards }: Column, width: number, at: string): string[] {
  const apart = (list: readonly (readonly string[])[]) =>
    list.flatMap((one, place) => (place === 0 ? one : ['', ...one]))
  if (!done.includes(name)) {
    const rest = cards.slice(mostFull).map(card => cutTo(briefly(card, at), width))
    return apart([
      ...cards.slice(0, mostFull).map(card => cardLines(card, at, width)),
      ...(rest.length === 0 ? [] : [rest]),
    ])
  }
  const latest = cards.toSorted((one, other) => (one.since > other.since ? -1 : one.since < other.since ? 1 : 0))
  const shown = latest.slice(0, mostDone).map(card => cardLines(card, at, width))
  return apart([...shown, ...(count > shown.length ? [[`and ${count - shown.length} before`]] : [])])
}

const order = ({ priority, lane }: Card): string =>
  `${priority === undefined ? '' : `${priority}. `}${lane === undefined ? '' : '! '}`

/** A card in one line, where there are many: what it is, how long it has been there, and with whom. */
const briefly = (card: Card, at: string): string =>
  `${order(card)}${card.change} ${age(card.since, at)}${card.owner === undefined ? '' : ` ${card.owner}`} ${terminalText(card.title)}`

function cardLines(card: Card, at: string, width: number): string[] {
  const waits = Object.entries(card.waitsFor).map(([role, number]) => `${number}\u00a0×\u00a0${role}`)
  return [
    ...wrap(`${order(card)}${card.change} ${terminalText(card.title)}`, width),
    ...[
      `${card.category}, here\u00a0${age(card.since, at)}`,
      ...(card.owner === undefined ? [] : [`with ${card.owner}`]),
      ...(card.pullInto === undefined ? [] : [`to be pulled into ${card.pullInto}${once(card)}`]),
      ...(waits.length === 0 ? [] : [`${card.status}: waits for ${waits.join(', ')}`]),
      ...(card.whoCanUnblock.length === 0 ? [] : [`can: ${card.whoCanUnblock.join(', ')}`]),
    ].flatMap(text => wrap(text, width - 2).map(line => `  ${line}`)),
  ]
}

/** What has to come before it can be pulled. */
function once({ held }: Card): string {
  if (held === undefined) return ''
  const { refusal } = held
  if (refusal.code === 'limit.owner') return ', once somebody has it'
  const limit = refusal.code === 'limit.reached' ? refusal.facts.limit : 'the lane for what cannot wait'
  return `, once there is room: ${limit} is full (${refusal.facts.most})`
}

/** How long something has been there, in the largest unit that says something. */
function age(since: string, at: string): string {
  const minutes = Math.max(0, Math.floor((Date.parse(at) - Date.parse(since)) / 60_000))
  if (minutes < 60) return `${minutes}\u00a0min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours}\u00a0h` : `${Math.floor(hours / 24)}\u00a0d`
}
