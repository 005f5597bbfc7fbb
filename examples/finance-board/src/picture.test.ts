import { beforeAll, describe, expect, it } from 'vitest'
import { demandOf } from './demand.ts'
import { type Figures, measure } from './measure.ts'
import { finding, picture } from './picture.ts'
import { withLimits, withoutLimits } from './policy.ts'
import { playQuarter } from './quarter.ts'

let before: Figures
let after: Figures

beforeAll(async () => {
  const wishes = demandOf(11)
  before = measure((await playQuarter(withoutLimits, wishes)).lines)
  after = measure((await playQuarter(withLimits, wishes)).lines)
})

const source = { seed: 11, switching: 0.1, free: [38, 37] } as const
const doing = (figures: Figures, done: number, debt: number): Figures => ({
  ...figures,
  report: { ...figures.report, done },
  outcomes: { ...figures.outcomes, debt: { ...figures.outcomes.debt, done: debt } },
})

describe('the picture', () => {
  it('says in its title what the numbers say, whichever way they point', () => {
    const title = (one: [number, number], other: [number, number]) =>
      finding(doing(before, ...one), doing(after, ...other))
    expect(title([20, 0], [36, 7])).toBe(
      'With limits, 36 changes were done instead of 20; of technical debt, 7 instead of 0',
    )
    expect(title([30, 4], [25, 4])).toBe(
      'With limits, 25 changes were done instead of 30; of technical debt, 4, as before',
    )
    expect(title([30, 4], [30, 1])).toBe(
      'With limits, as many changes were done: 30; of technical debt, 1 instead of 4',
    )
  })

  it('names each band that there is with its height on the last evening, and no two labels meet', () => {
    const svg = picture(before, after, source)
    const labels = [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)"[^>]*><tspan font-weight="700">(\d+)<\/tspan>/g)]
    const told = [before, after].flatMap(({ standings }) =>
      ['done', 'deciding', 'checking', 'building', 'asked'].flatMap(place => {
        const count = standings.at(-1)?.counts[place as 'done'] ?? 0
        return count === 0 ? [] : [count]
      }),
    )
    expect(labels.map(([, , , count]) => Number(count))).toEqual(told)
    for (const [index, [, x, y]] of labels.entries()) {
      const [, otherX, otherY] = labels[index + 1] ?? []
      if (x === otherX) expect(Number(y) - Number(otherY)).toBeGreaterThanOrEqual(18.9)
    }
  })

  it('draws both quarters on one scale, within its 1280 by 720', () => {
    const svg = picture(before, after, source)
    const points = [...svg.matchAll(/points="([^"]+)"/g)].flatMap(([, list = '']) => list.split(' '))
    expect(points.length).toBe(2 * 5 * 2 * 66)
    for (const point of points) {
      const [x = -1, y = -1] = point.split(',').map(Number)
      expect(x >= 0 && x <= 1280 && y >= 168 && y <= 536).toBe(true)
    }
    // A quarter that gets through more is drawn against the same top, so the other one keeps its ticks.
    const ticks = [...svg.matchAll(/text-anchor="end">(\d+)</g)].map(([, number]) => number)
    expect(ticks.slice(0, ticks.length / 2)).toEqual(ticks.slice(ticks.length / 2))
  })

  it('is well-formed, escapes its text, and needs nothing from elsewhere', () => {
    const svg = picture(before, after, source)
    expect(svg).not.toMatch(/&(?!amp;|lt;|gt;|quot;)/)
    expect(svg.match(/<(?!\/|\?)/g)?.length).toBe((svg.match(/\/>/g)?.length ?? 0) + (svg.match(/<\//g)?.length ?? 0))
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|@import|<script|href/)
  })
})
