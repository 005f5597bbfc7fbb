// What stands in the documentation of how cost grows: its tables and its pictures, made of what was measured.
import type { Cost, Kind } from './long-desk.ts'
import { median } from './measure.ts'
import { draw } from './picture.ts'
import type { Saturation } from './saturation.ts'

const names: Readonly<Record<Kind, string>> = { sqlite: 'SQLite', file: 'a file' }
const count = (number: number) => number.toLocaleString('en')
const time = (milliseconds: number) =>
  milliseconds >= 1_000 ? `${(milliseconds / 1_000).toFixed(1)} s` : `${milliseconds.toFixed(1)} ms`

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n')

export const growthTable = (costs: readonly Cost[]): string =>
  table(
    [
      'entries',
      'in',
      'open and decide',
      'of that, the store',
      'decide once more',
      'append one',
      'heap',
      'open without a cache',
      'its heap',
    ],
    costs.map(one => [
      count(one.entries),
      names[one.store],
      time(one.openAndDecide),
      time(one.openStore),
      time(one.decide),
      time(one.append),
      `${one.heap.toFixed(0)} MiB`,
      one.withoutCache === undefined ? '' : time(one.withoutCache),
      one.heapWithoutCache === undefined ? '' : `${one.heapWithoutCache.toFixed(0)} MiB`,
    ]),
  )

/** How many times as much the longest trail costs as the shortest, in pairs that were measured one after the other. */
export const ratiosText = (ratios: Readonly<Record<Kind, readonly number[]>>): string =>
  (['sqlite', 'file'] as const)
    .map(kind => {
      const all = ratios[kind]
      const figure = (number: number) => (number >= 10 ? number.toFixed(0) : number.toFixed(1))
      const range = `${figure(Math.min(...all))} to ${figure(Math.max(...all))} in a pair`
      return `To open and decide costs in ${names[kind]} ${figure(median(all))} times as much in the longest trail as in the shortest (${range}).`
    })
    .join('\n')

export function growthPicture(costs: readonly Cost[]): string {
  const of = (kind: Kind, what: (cost: Cost) => number | undefined) =>
    costs
      .filter(one => one.store === kind)
      .flatMap((one): [number, number][] => {
        const found = what(one)
        return found === undefined ? [] : [[one.entries, found]]
      })
  return draw({
    title: 'With a cache, a long trail opens as a short one does',
    told: 'Opening a store and a desk, and deciding on one approval: milliseconds, medians',
    x: { name: 'entries in the trail', marks: [1_000, 10_000, 100_000, 1_000_000] },
    y: { name: 'ms', marks: [1, 10, 100, 1_000, 10_000, 100_000] },
    lines: [
      { name: 'SQLite, with a cache', points: of('sqlite', one => one.openAndDecide) },
      { name: 'a file, with a cache', points: of('file', one => one.openAndDecide) },
      { name: 'SQLite, without', points: of('sqlite', one => one.withoutCache) },
    ],
  })
}

export const saturationTable = (stores: readonly Saturation[]): string =>
  table(
    ['callers', ...stores.map(one => one.store)],
    (stores[0]?.rates ?? []).map(({ callers }, place) => [
      count(callers),
      ...stores.map(one => count(one.rates[place]?.commands ?? 0)),
    ]),
  )

export const saturationPicture = (stores: readonly Saturation[]): string =>
  draw({
    title: 'One trail takes so many commands a second, and no more',
    told: 'Callers at one desk, each of whom waits for the receipt before the next command: medians',
    x: { name: 'callers at once', marks: [1, 2, 4, 8, 16, 32, 64, 128, 256] },
    y: { name: 'commands a second', marks: [100, 1_000, 10_000] },
    lines: stores.map(({ store, rates }) => ({
      name: store,
      points: rates.map(one => [one.callers, one.commands] as const),
    })),
  })

/** The page with its tables as they are made of these figures. */
export const withTables = (page: string, tables: Readonly<Record<string, string>>): string =>
  page.replaceAll(
    /(<!-- drawn: (\S+) -->\n)[\s\S]*?(\n<!-- end -->)/g,
    (_, before: string, name: string, after: string) => `${before}\n${tables[name] ?? ''}\n${after}`,
  )
