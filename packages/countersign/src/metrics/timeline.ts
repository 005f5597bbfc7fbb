import type { Seat } from '../change/change.ts'
import type { ChangeEvent } from '../change/event.ts'
import type { Instant } from '../values/instant.ts'

/** A time in which something was so; it goes on where it has no end. */
export interface Span {
  readonly from: Instant
  until?: Instant
}

/** A time for which a change was at a stage, or in a state that is none. */
export interface Stay extends Span {
  readonly state: string
  /** At a stage: whether something could be worked on there, and not only decided; or sent back, or condemned. */
  readonly kind?: 'work' | 'decision' | 'blocked'
  /** It had come further before, or was sent back. */
  readonly isBack: boolean
}

/** An approval, and since when the stage had waited for it. */
interface Waited {
  readonly stage: string
  readonly role: string
  readonly capacity: Seat['capacity'] | 'carried'
  readonly from: Instant
  readonly until: Instant
}

/** Something owed, and each time that it was ended or, as that no longer counted, open again. */
interface Debt {
  readonly stage: string
  readonly opened: Instant
  readonly due: Instant
  readonly turns: { readonly at: Instant; readonly ended: boolean; readonly late: boolean }[]
}

/** What has become of a change, as far as its flow is measured. */
export interface Timeline {
  readonly change: string
  readonly team: string
  category: string
  readonly submitted: Instant
  readonly stays: Stay[]
  readonly waited: Waited[]
  /** For each rejection the time for which it stops the change, where it is a veto. */
  readonly vetoes: (Span | undefined)[]
  readonly owed: Debt[]
  /** When it came into what is in progress first. */
  begun?: Instant
  /** When all of it was met, and when it was closed after that. */
  completed?: Instant
  closed?: Instant
  cancelled?: Instant
}

/** An approval ends the time for which its stage has waited for it. */
export function wait(line: Timeline, event: ChangeEvent, at: Instant): void {
  if (event.type !== 'approval.granted' && event.type !== 'approval.carried') return
  const [seat] = event.seats
  const capacity = event.type === 'approval.carried' ? 'carried' : (seat?.capacity ?? 'own')
  const since = openSince(line, event.stage)
  line.waited.push({
    stage: event.stage,
    role: seat?.role ?? '',
    capacity,
    from: since < at ? since : at,
    until: at,
  })
}

/** Since when a stage has been open: the one at which the change is, or a review that is open beside it since it came there. */
function openSince({ stays, owed, submitted }: Timeline, stage: string): Instant {
  const isOwed = owed.some(one => one.stage === stage && one.turns.at(-1)?.ended !== true)
  const reviewed = isOwed ? stays.findLast(one => one.state === stage) : undefined
  return (reviewed ?? stays.findLast(one => one.until === undefined))?.from ?? submitted
}

/** A veto stops the change until it is lifted. */
export function veto(line: Timeline, event: ChangeEvent, at: Instant): void {
  if (event.type === 'change.rejected') line.vetoes.push(event.veto === true ? { from: at } : undefined)
  if (event.type !== 'veto.lifted') return
  const lifted = line.vetoes[event.rejection]
  if (lifted !== undefined) lifted.until ??= at
}

/** Something comes to be owed, has ended, or is open again. */
export function owe(line: Timeline, event: ChangeEvent, at: Instant): void {
  if (event.type === 'obligation.opened') line.owed.push({ stage: event.stage, opened: at, due: event.due, turns: [] })
  if (event.type === 'obligation.fulfilled' || event.type === 'obligation.rejected')
    line.owed[event.obligation]?.turns.push({ at, ended: true, late: event.late })
  if (event.type === 'obligation.reopened') line.owed[event.obligation]?.turns.push({ at, ended: false, late: false })
}

/** What has ended is stopped by nothing any more. */
export function end(line: Timeline, how: 'completed' | 'cancelled', at: Instant): void {
  line[how] = at
  for (const one of line.vetoes) if (one !== undefined) one.until ??= at
}

/** How long it is from one instant to another. */
export const milliseconds = (from: Instant, until: Instant): number => Date.parse(until) - Date.parse(from)

/** An interval that is asked about. */
type Interval = Required<Readonly<Span>>

/** How much of a span lies in an interval; it lasts until now where it has not ended. */
export function overlap({ from, until }: Readonly<Span>, interval: Interval): number {
  const begin = from > interval.from ? from : interval.from
  const end = until === undefined || until > interval.until ? interval.until : until
  return begin < end ? milliseconds(begin, end) : 0
}

/** How much of an interval is covered by spans, what several of them cover counted once. */
export function covered(spans: readonly Readonly<Span>[], interval: Interval): number {
  let sum = 0
  let { from } = interval
  for (const span of spans.toSorted((a, b) => (a.from < b.from ? -1 : 1))) {
    if (from >= interval.until) break
    sum += overlap(span, { from, until: interval.until })
    const end = span.until ?? interval.until
    if (end > from) from = end
  }
  return sum
}
