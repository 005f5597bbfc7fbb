import type { Board, Card, Column } from 'countersign'

import { list, type Paint, wrap } from './page.ts'

const ends = new Set(['completed', 'closed', 'cancelled'])
const gap = 2
const narrowest = 18

/**
 * A board for a terminal: the columns in which something lies, side by side, as many as fit into `width` (80 and more),
 * the rest below them; and a line for what is done.
 */
export function boardLines(board: Board, width: number, paint: Paint): string[] {
  const open = board.columns.filter(column => column.cards.length > 0 && !ends.has(column.name))
  const rows = Math.ceil(open.length / Math.max(1, Math.floor((width + gap) / (narrowest + gap))))
  const perRow = Math.ceil(open.length / Math.max(1, rows))
  const columnWidth = Math.floor((width + gap) / Math.max(1, perRow)) - gap
  const lines: string[] = []
  for (let from = 0; from < open.length; from += perRow) {
    lines.push(...rowLines(open.slice(from, from + perRow), columnWidth, paint), '')
  }
  const done = board.columns.filter(column => ends.has(column.name)).flatMap(column => column.cards)
  const ids = done.map(card => card.change).toSorted()
  lines.push(...wrap(`done: ${ids.join(', ') || 'nothing yet'}`, width).map(line => paint('green', line)))
  return lines
}

function rowLines(columns: readonly Column[], width: number, paint: Paint): string[] {
  const blocks = columns.map(column => [
    paint('bold', column.name.toUpperCase().padEnd(width)),
    paint('dim', '─'.repeat(width)),
    ...column.cards.flatMap((card, index) => [
      ...(index === 0 ? [] : [' '.repeat(width)]),
      ...cardLines(card, width, paint),
    ]),
  ])
  const height = Math.max(...blocks.map(block => block.length))
  const empty = ' '.repeat(width)
  return Array.from({ length: height }, (_, line) =>
    blocks
      .map(block => block[line] ?? empty)
      .join(' '.repeat(gap))
      .trimEnd(),
  )
}

const cardLines = (card: Card, width: number, paint: Paint): string[] => [
  paint('cyan', card.change.padEnd(width)),
  ...wrap(card.title, width).map(line => line.padEnd(width)),
  ...wrap(waitingFor(card), width).map(line => paint('yellow', line.padEnd(width))),
]

function waitingFor({ status, waitsFor, whoCanUnblock }: Card): string {
  if (status === 'returned') return 'sent back'
  const needed = Object.values(waitsFor).reduce((sum, count) => sum + count, 0)
  if (whoCanUnblock.length === 0) return 'nobody can act'
  return whoCanUnblock.length <= needed
    ? `needs ${list(whoCanUnblock, 'and')}`
    : `needs ${needed} of ${list(whoCanUnblock, 'or')}`
}
