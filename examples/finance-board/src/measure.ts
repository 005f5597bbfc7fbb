import { readEntry } from '@countersign/trail'
import { Metrics, type Report, type Spread, spreadOf } from 'countersign/metrics'
import { quarterBegins, quarterEnds, workingDays } from './calendar.ts'
import { type Kind, kinds, team } from './policy.ts'

/** Where what was asked for can stand on the board, what has gone furthest first. */
export const places = ['done', 'deciding', 'checking', 'building', 'asked'] as const
export type Place = (typeof places)[number]

/** How much stood where at an instant. */
interface Standing {
  readonly at: string
  readonly counts: Readonly<Record<Place, number>>
}

/** What became of the changes of one category. */
interface Outcome {
  readonly arrived: number
  readonly done: number
  readonly lead: Spread | undefined
  /** How long ago the oldest that is open was asked for, in milliseconds. */
  readonly oldest: number | undefined
}

/** What a trail says of the quarter. Lengths of time are in milliseconds. */
export interface Figures {
  readonly report: Report
  /** At the beginning of the quarter and at the end of each working day. */
  readonly standings: readonly Standing[]
  readonly outcomes: Readonly<Record<Kind, Outcome>>
  /** Begun and not done: as it was on average over the ends of the days, and at the end. */
  readonly inProgress: { readonly mean: number; readonly atEnd: number }
}

interface Line {
  readonly kind: Kind
  readonly asked: string
  place: Place
  done?: string
}

/** The members of an entry that are read here. */
interface Read {
  readonly at: string
  readonly command: { readonly type: string; readonly change?: string; readonly category?: string }
  readonly outcome: {
    readonly accepted?: readonly { readonly type: string; readonly column?: string; readonly stage?: string }[]
  }
}

const isOf = <One extends string>(list: readonly One[], name: string | undefined): name is One =>
  list.some(one => one === name)
const inProgressOf = ({ counts }: Standing) => counts.building + counts.checking + counts.deciding
const instant = (date: Date) => date.toISOString()
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

/** Measures a quarter from the lines of its trail, and from nothing else. */
export function measure(lines: readonly Uint8Array[]): Figures {
  const metrics = new Metrics()
  const changes = new Map<string, Line>()
  const standings: Standing[] = []
  const instants = [quarterBegins, ...workingDays.map(day => day.ends)].map(instant)
  const standUntil = (until: string) => {
    while (standings.length < instants.length && (instants[standings.length] ?? '') < until)
      standings.push({ at: instants[standings.length] ?? '', counts: countsOf(changes) })
  }
  for (const bytes of lines) {
    metrics.line(bytes)
    const body = readEntry(bytes).body as unknown as Read
    standUntil(body.at)
    happen(changes, body)
  }
  standUntil('~')
  const asked = { from: instant(quarterBegins), until: instant(new Date(quarterEnds.getTime() + 1)), team }
  const inProgress = standings.map(inProgressOf)
  const outcomes = Object.fromEntries(kinds.map(kind => [kind, outcomeOf(kind, changes, asked.until)]))
  return {
    report: metrics.report(asked),
    standings,
    outcomes: outcomes as Record<Kind, Outcome>,
    inProgress: { mean: sum(inProgress) / inProgress.length, atEnd: inProgress.at(-1) ?? 0 },
  }
}

function happen(changes: Map<string, Line>, { at, command, outcome }: Read): void {
  const { change = '', category } = command
  if (outcome.accepted === undefined) return
  if (command.type === 'submit' && isOf(kinds, category))
    changes.set(change, { kind: category, asked: at, place: 'asked' })
  const line = changes.get(change)
  if (line === undefined) return
  for (const { type, column, stage } of outcome.accepted) {
    if (type === 'card.moved' && isOf(places, column)) line.place = column
    if (type !== 'stage.entered' || stage !== 'completed') continue
    line.place = 'done'
    line.done = at
  }
}

function countsOf(changes: ReadonlyMap<string, Line>): Record<Place, number> {
  const counts = { done: 0, deciding: 0, checking: 0, building: 0, asked: 0 }
  for (const { place } of changes.values()) counts[place] += 1
  return counts
}

function outcomeOf(kind: Kind, changes: ReadonlyMap<string, Line>, until: string): Outcome {
  const own = [...changes.values()].filter(one => one.kind === kind)
  const since = (from: string, to: string) => Date.parse(to) - Date.parse(from)
  const leads = own.flatMap(({ asked, done }) => (done === undefined ? [] : [since(asked, done)]))
  const ages = own.flatMap(({ asked, done }) => (done === undefined ? [since(asked, until)] : []))
  return {
    arrived: own.length,
    done: leads.length,
    lead: spreadOf(leads),
    oldest: ages.length === 0 ? undefined : Math.max(...ages),
  }
}
