import type { Spread } from 'countersign/metrics'
import type { Figures } from './measure.ts'
import { kinds } from './policy.ts'
import type { Quarter } from './quarter.ts'
import type { Pair, Variant } from './study.ts'

const day = 86_400_000

/** `14.2 d`: a length of time in calendar days. */
export const days = (milliseconds: number | undefined): string =>
  milliseconds === undefined ? 'none' : `${(milliseconds / day).toFixed(1)} d`

const widths = [44, 16, 14] as const
const row = (...cells: readonly string[]) =>
  cells
    .map((cell, place) => (place === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[place] ?? widths[2])))
    .join('')
    .trimEnd()

/** What was measured, and the hours that only the simulation knows. */
interface Told {
  readonly figures: Figures
  readonly hours: Quarter['hours']
}

/** The two quarters beside each other. */
export function table(without: Told, limited: Told): string[] {
  const both = (name: string, of: (told: Told) => string | number) =>
    row(name, String(of(without)), String(of(limited)))
  const spread = (name: string, of: (figures: Figures) => Spread | undefined) => [
    both(`${name}: half within`, ({ figures }) => days(of(figures)?.p50)),
    both('  85 % within', ({ figures }) => days(of(figures)?.p85)),
    both('  95 % within', ({ figures }) => days(of(figures)?.p95)),
  ]
  return [
    row('', 'without limits', 'with limits'),
    both('asked for', ({ figures }) => figures.report.arrived),
    both('done', ({ figures }) => figures.report.done),
    ...kinds.map(kind =>
      both(`  ${kind}`, ({ figures: { outcomes } }) => `${outcomes[kind].done} of ${outcomes[kind].arrived}`),
    ),
    both('in progress, on average', ({ figures }) => figures.inProgress.mean.toFixed(1)),
    both('in progress at the end', ({ figures }) => figures.inProgress.atEnd),
    both('asked for and not begun at the end', ({ figures }) => figures.standings.at(-1)?.counts.asked ?? 0),
    ...spread('asked for until done', ({ report }) => report.leadTime),
    ...spread('begun until done', ({ report }) => report.cycleTime),
    both('an incident until done: half within', ({ figures }) => days(figures.outcomes.incident.lead?.p50)),
    both('oldest open debt, since asked for', ({ figures }) => days(figures.outcomes.debt.oldest)),
    ...spread('waiting for approval', ({ report }) => report.waiting.find(one => one.stage === 'approve')?.time),
    both('limits exceeded in the lane for incidents', ({ figures }) =>
      Object.values(figures.report.overruns).reduce((sum, one) => sum + one, 0),
    ),
    ...Object.keys(limited.figures.report.overruns).map(name =>
      both(`  ${name}`, ({ figures }) => figures.report.overruns[name] ?? 0),
    ),
    both('hours worked (of the simulation)', ({ hours }) => Math.round(hours.worked)),
    both('  lost to switching', ({ hours }) => Math.round(hours.switching)),
    both('  with nothing in hand', ({ hours }) => Math.round(hours.idle)),
  ]
}

const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / Math.max(1, numbers.length)

/** What hangs on which assumption: for each the pairs in which more was done with limits, and means over all pairs. */
export function studyTable(pairs: ReadonlyMap<Variant, readonly Pair[]>): string[] {
  const line = (...cells: readonly string[]) =>
    cells
      .map((cell, place) => (place === 0 ? cell.padEnd(28) : cell.padStart(15)))
      .join('')
      .trimEnd()
  const fromTo = (own: readonly Pair[], of: (figures: Figures) => number) =>
    `${mean(own.map(one => of(one.without))).toFixed(1)} → ${mean(own.map(one => of(one.with))).toFixed(1)}`
  const inDays = (spread: Spread | undefined) => (spread?.p50 ?? 0) / day
  return [
    line('', 'more done in', 'done', 'debt done', 'half within, d', 'incidents, d'),
    ...[...pairs].map(([{ name }, own]) =>
      line(
        name,
        `${own.filter(one => one.with.report.done > one.without.report.done).length} of ${own.length}`,
        fromTo(own, ({ report }) => report.done),
        fromTo(own, ({ outcomes }) => outcomes.debt.done),
        fromTo(own, ({ report }) => inDays(report.leadTime)),
        fromTo(own, ({ outcomes }) => inDays(outcomes.incident.lead)),
      ),
    ),
  ]
}
