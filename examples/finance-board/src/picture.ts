import { weeks, workingDays } from './calendar.ts'
import { type Figures, type Place, places } from './measure.ts'
import { days } from './table.ts'

/** What stands below the picture: where it is from, and what it rests on. */
export interface Source {
  readonly seed: number
  readonly switching: number
  /** How many changes are done where switching costs nothing, without and with limits. */
  readonly free: readonly [without: number, limited: number]
}

const width = 1280
const height = 720
const ink = '#1d2733'
const soft = '#5b6672'
const rule = '#dfe3e8'

/** Blue is done, orange is begun, grey waits: told apart without red and green, and in grey print by their lightness. */
const bands: Readonly<Record<Place, { readonly fill: string; readonly name: string }>> = {
  done: { fill: '#2b6a99', name: 'done' },
  deciding: { fill: '#f6cb84', name: 'to be decided' },
  checking: { fill: '#eda042', name: 'being checked' },
  building: { fill: '#cf6f0c', name: 'being built' },
  asked: { fill: '#c9cfd6', name: 'not begun' },
}

const plot = { top: 168, bottom: 536, width: 420 } as const
const lefts = [76, 696] as const

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string) => text.replaceAll(/[&<>"]/g, character => escapes[character] ?? '')
/** Coordinates to a tenth, without what is not needed. */
const at = (number: number) => String(Number(number.toFixed(1)))

interface Style {
  readonly size: number
  readonly fill?: string
  readonly weight?: number
  readonly anchor?: 'start' | 'middle' | 'end'
}

function text(x: number, y: number, content: string, { size, fill = ink, weight, anchor }: Style): string {
  const extra = `${weight === undefined ? '' : ` font-weight="${weight}"`}${anchor === undefined ? '' : ` text-anchor="${anchor}"`}`
  return `<text x="${at(x)}" y="${at(y)}" font-size="${size}" fill="${fill}"${extra}>${escaped(content)}</text>`
}

/** A whole number that is a good top of a scale. */
const topOf = (most: number) => Math.ceil(most / 10) * 10

const totalOf = ({ standings }: Figures) =>
  Math.max(...standings.map(({ counts }) => places.reduce((sum, place) => sum + counts[place], 0)))

/**
 * Two cumulative-flow diagrams on one scale, without and with limits, as an SVG of 1280 × 720 that needs no font and no
 * file of its own. The same figures give the same bytes.
 */
export function picture(without: Figures, limited: Figures, { seed, switching, free }: Source): string {
  const top = topOf(Math.max(totalOf(without), totalOf(limited)))
  const share = `${Math.round(switching * 100)} %`
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title" font-family="'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif">`,
    `<title id="title">${escaped(finding(without, limited))}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(40, 62, finding(without, limited), { size: 30, weight: 700 }),
    text(
      40,
      96,
      `The same ${without.report.arrived} requests to the same three engineers: where they stood at the end of each working day`,
      {
        size: 18,
        fill: soft,
      },
    ),
    ...panel(without, 'Without limits', lefts[0], top),
    ...panel(limited, 'Three in a column, two with a person', lefts[1], top),
    `<line x1="40" y1="660" x2="1240" y2="660" stroke="${rule}"/>`,
    text(
      40,
      682,
      `A simulated quarter, seed ${seed}, drawn from the two trails that examples/finance-board writes and verifies.`,
      {
        size: 13,
        fill: soft,
      },
    ),
    text(
      40,
      701,
      `It rests on an assumption: each further thing in hand costs a person ${share} of an hour's work. Without that cost ${free[1]} changes are done with limits, and ${free[0]} without.`,
      { size: 13, fill: soft },
    ),
    '</svg>',
  ]
  return `${parts.join('\n')}\n`
}

/** What the two quarters show, in words that follow the numbers. */
export function finding(without: Figures, limited: Figures): string {
  const [before, after] = [without.report.done, limited.report.done]
  const done =
    after === before ? `as many changes were done: ${after}` : `${after} changes were done instead of ${before}`
  const [stood, moved] = [without.outcomes.debt.done, limited.outcomes.debt.done]
  return `With limits, ${done}; of technical debt, ${moved}${moved === stood ? ', as before' : ` instead of ${stood}`}`
}

function panel(figures: Figures, title: string, left: number, top: number): string[] {
  const { standings } = figures
  const x = (index: number) => left + (plot.width * index) / (standings.length - 1)
  const y = (number: number) => plot.bottom - ((plot.bottom - plot.top) * number) / top
  const parts = [
    text(left, 136, title, { size: 20, weight: 700 }),
    text(left, plot.top - 7, 'changes', { size: 13, fill: soft }),
  ]
  for (let number = 0; number <= top; number += 10) {
    parts.push(
      `<line x1="${at(left)}" y1="${at(y(number))}" x2="${at(left + plot.width)}" y2="${at(y(number))}" stroke="${number === 0 ? soft : rule}"/>`,
      text(left - 8, y(number) + 4.5, String(number), { size: 13, fill: soft, anchor: 'end' }),
    )
  }
  let floor = standings.map(() => 0)
  for (const place of places) {
    const ceiling = standings.map(({ counts }, index) => (floor[index] ?? 0) + counts[place])
    const upper = ceiling.map((number, index) => `${at(x(index))},${at(y(number))}`)
    const lower = floor.map((number, index) => `${at(x(index))},${at(y(number))}`).toReversed()
    parts.push(
      `<polygon points="${[...upper, ...lower].join(' ')}" fill="${bands[place].fill}" stroke="#ffffff" stroke-width="0.8" stroke-linejoin="round"/>`,
    )
    floor = ceiling
  }
  const perWeek = workingDays.length / weeks
  for (let week = 1; week <= weeks; week += 2)
    parts.push(
      text(x((week - 0.5) * perWeek), plot.bottom + 20, String(week), { size: 13, fill: soft, anchor: 'middle' }),
    )
  parts.push(
    text(left + plot.width / 2, plot.bottom + 40, 'week of the quarter', { size: 13, fill: soft, anchor: 'middle' }),
    ...labels(figures, left + plot.width, y),
    ...keyFigures(figures, left),
  )
  return parts
}

const lineHeight = 19

/** Each band's name and height at the end, at the height of the band and never one over another. */
function labels({ standings }: Figures, edge: number, y: (number: number) => number): string[] {
  const counts = standings.at(-1)?.counts
  if (counts === undefined) return []
  let sum = 0
  let last = Number.POSITIVE_INFINITY
  return places.flatMap(place => {
    const middle = y(sum + counts[place] / 2)
    sum += counts[place]
    if (counts[place] === 0) return []
    const here = Math.min(middle, last - lineHeight)
    last = here
    const { fill, name } = bands[place]
    return [
      `<path d="M${at(edge + 2)} ${at(middle)}L${at(edge + 12)} ${at(here)}h6" fill="none" stroke="${fill}" stroke-width="2"/>`,
      `<text x="${at(edge + 23)}" y="${at(here + 5)}" font-size="15" fill="${ink}"><tspan font-weight="700">${counts[place]}</tspan> ${escaped(name)}</text>`,
    ]
  })
}

/** Four figures below a diagram. */
function keyFigures({ report, outcomes, inProgress }: Figures, left: number): string[] {
  const figures = [
    [0, inProgress.mean.toFixed(1), 'in progress on average'],
    [165, days(report.leadTime?.p50), 'median lead time'],
    [295, `${outcomes.debt.done} of ${outcomes.debt.arrived}`, 'debt done'],
    [412, days(outcomes.incident.lead?.p50), 'median, incidents only'],
  ] as const
  return figures.flatMap(([offset, number, what]) => [
    text(left + offset, 612, number, { size: 24, weight: 700 }),
    text(left + offset, 634, what, { size: 13, fill: soft }),
  ])
}
