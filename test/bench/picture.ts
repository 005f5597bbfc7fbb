// A picture of lines over two logarithmic scales, as an SVG that needs no font and no file of its own.

interface Line {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface Picture {
  readonly title: string
  readonly told: string
  /** What the scales measure, and where they are marked. */
  readonly x: { readonly name: string; readonly marks: readonly number[] }
  readonly y: { readonly name: string; readonly marks: readonly number[] }
  readonly lines: readonly Line[]
}

const ink = '#1d2733'
const soft = '#5b6672'
const rule = '#dfe3e8'
/** Told apart without red and green, and in grey print by their dashes. */
const strokes = [
  { stroke: '#2b6a99', dash: '' },
  { stroke: '#cf6f0c', dash: ' stroke-dasharray="9 5"' },
  { stroke: '#7d8894', dash: ' stroke-dasharray="2 5"' },
  { stroke: '#1d2733', dash: ' stroke-dasharray="12 4 2 4"' },
] as const

const plot = { left: 96, right: 640, top: 120, bottom: 400 } as const
const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string) => text.replaceAll(/[&<>"]/g, character => escapes[character] ?? '')
const at = (number: number) => String(Number(number.toFixed(1)))
const told = (number: number) => number.toLocaleString('en')

const label = (x: number, y: number, text: string, size: number, more = '', fill = ink) =>
  `<text x="${at(x)}" y="${at(y)}" font-size="${size}" fill="${fill}"${more}>${escaped(text)}</text>`

/** Where a number lies between the first mark and the last. */
function place(value: number, marks: readonly number[], from: number, to: number): number {
  const [least = 1] = marks
  const most = marks.at(-1) ?? least
  return from + ((to - from) * Math.log(value / least)) / Math.log(most / least)
}

/** Names that would lie on each other are moved apart, in their order. */
function apart(names: readonly { readonly name: string; readonly y: number }[], gap: number) {
  let last = Number.NEGATIVE_INFINITY
  return names
    .toSorted((one, other) => one.y - other.y)
    .map(({ name, y }) => {
      last = Math.max(y, last + gap)
      return { name, y: last }
    })
}

export function draw({ title, told: below, x, y, lines }: Picture): string {
  const across = (value: number) => place(value, x.marks, plot.left, plot.right)
  const up = (value: number) => place(value, y.marks, plot.bottom, plot.top)
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="860" height="480" viewBox="0 0 860 480" role="img" aria-labelledby="title" font-family="'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif">`,
    `<title id="title">${escaped(title)}</title>`,
    '<rect width="860" height="480" fill="#ffffff"/>',
    label(32, 44, title, 22, ' font-weight="700"'),
    label(32, 70, below, 14, '', soft),
    label(32, 102, y.name, 13, '', soft),
    label((plot.left + plot.right) / 2, 452, x.name, 13, ' text-anchor="middle"', soft),
  ]
  for (const mark of y.marks) {
    const line = at(up(mark))
    parts.push(
      `<line x1="${plot.left}" y1="${line}" x2="${plot.right}" y2="${line}" stroke="${rule}"/>`,
      label(plot.left - 10, up(mark) + 4.5, told(mark), 13, ' text-anchor="end"', soft),
    )
  }
  for (const mark of x.marks)
    parts.push(label(across(mark), plot.bottom + 24, told(mark), 13, ' text-anchor="middle"', soft))
  for (const [index, { points }] of lines.entries()) {
    const { stroke, dash } = strokes[index % strokes.length] as (typeof strokes)[number]
    const way = points.map(([one, other]) => `${at(across(one))},${at(up(other))}`).join(' ')
    parts.push(`<polyline points="${way}" fill="none" stroke="${stroke}" stroke-width="2.5"${dash}/>`)
    for (const [one, other] of points)
      parts.push(`<circle cx="${at(across(one))}" cy="${at(up(other))}" r="3.5" fill="${stroke}"/>`)
  }
  const ends = lines.map(({ name, points }) => ({ name, y: up(points.at(-1)?.[1] ?? 1) }))
  for (const { name, y: end } of apart(ends, 19)) {
    const index = lines.findIndex(line => line.name === name)
    const { points } = lines[index] as Line
    const last = across(points.at(-1)?.[0] ?? 1)
    const { stroke } = strokes[index % strokes.length] as (typeof strokes)[number]
    // A line that ends sooner has others to its right.
    if (last < plot.right) parts.push(label(last + 4, end - 12, name, 14, ' text-anchor="end"', stroke))
    else parts.push(label(last + 12, end + 4.5, name, 14, '', stroke))
  }
  return `${parts.join('\n')}\n</svg>\n`
}
