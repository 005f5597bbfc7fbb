import { CountersignError } from '@countersign/trail'
import {
  type Interval,
  mostIntervals,
  type Scheduled,
  schedule,
  type WrittenSchedule,
  weekdays,
} from 'countersign/governance'
import { Temporal } from 'temporal-polyfill'
import * as z from 'zod'
import { requireKind } from './kind.ts'
import { instantOf } from './local.ts'

const longestYears = 5

/**
 * What a schedule comes to in instants, one interval after the other; those that touch are one. Weekly times that end no
 * later than they begin run over midnight. In the nights in which clocks are changed a freeze is rather too long, and a window,
 * for which `kind` is said, rather too short: what is left of it may be nothing.
 *
 * Throws `CountersignError` `input`: a kind, a time zone or a day that there is not, an end before the beginning, a recurrence of
 * more than five years, or of more intervals than one declaration takes.
 *
 * @example
 * ```ts
 * import { resolve } from '@countersign/calendar'
 * resolve({ zone: 'Europe/Zurich', from: '2026-12-18T18:00', until: '2027-01-04T06:00' })
 * // → [{ from: '2026-12-18T17:00:00.000Z', until: '2027-01-04T05:00:00.000Z' }]
 * ```
 */
export function resolve(written: WrittenSchedule, kind: Scheduled = 'freeze'): Interval[] {
  requireKind(kind)
  const parsed = schedule.safeParse(written)
  if (!parsed.success) throw new CountersignError('input', `no schedule: ${z.prettifyError(parsed.error)}`)
  if ('calendar' in parsed.data) throw new CountersignError('input', 'a calendar is read with fromICalendar')
  return resolved('weekly' in parsed.data ? weekly(parsed.data, kind) : [once(parsed.data, kind)])
}

function once(
  { zone, from, until }: Extract<WrittenSchedule, { until: string; weekly?: never }>,
  kind: Scheduled,
): Interval {
  return { from: instantOf(from, zone, 'from', kind), until: instantOf(until, zone, 'until', kind) }
}

function weekly(
  { zone, weekly: days, from, until, first, last }: Extract<WrittenSchedule, { weekly: unknown }>,
  kind: Scheduled,
): Interval[] {
  const [begin, end] = [dateOf(first), dateOf(last)]
  if (Temporal.PlainDate.compare(end, begin) < 0)
    throw new CountersignError('input', `it would end on ${last}, before it begins on ${first}`, {
      facts: { first, last },
    })
  if (Temporal.PlainDate.compare(end, begin.add({ years: longestYears })) > 0)
    throw new CountersignError('input', `it would recur for more than ${longestYears} years; declare it again then`, {
      facts: { first, last },
    })
  const wanted = new Set(days.map(day => weekdays.indexOf(day) + 1))
  const found: Interval[] = []
  let isOnADay = false
  for (let day = begin; Temporal.PlainDate.compare(day, end) <= 0; day = day.add({ days: 1 })) {
    if (!wanted.has(day.dayOfWeek)) continue
    isOnADay = true
    const over = until <= from ? day.add({ days: 1 }) : day
    const one = {
      from: instantOf(`${day.toString()}T${from}`, zone, 'from', kind),
      until: instantOf(`${over.toString()}T${until}`, zone, 'until', kind),
    }
    // In a night of changed clocks nothing may be left of a window that the other nights have.
    if (kind === 'freeze' || one.from < one.until) found.push(one)
  }
  if (found.length === 0 && isOnADay)
    throw new CountersignError('input', 'clocks are changed on each of its days, which leaves nothing of it', {
      facts: { zone, from, until },
    })
  return found
}

function dateOf(text: string): Temporal.PlainDate {
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' })
  } catch {
    throw new CountersignError('input', `there is no day ${text}`, { facts: { day: text } })
  }
}

/**
 * Intervals in their order, those that touch or overlap as one; refused where there are none, or too many.
 *
 * @example
 * ```ts
 * import { resolved } from '@countersign/calendar'
 * const [night, morning, noon] = ['2026-03-02T00:00:00.000Z', '2026-03-02T08:00:00.000Z', '2026-03-02T12:00:00.000Z']
 * resolved([{ from: morning, until: noon }, { from: night, until: morning }]) // → [{ from: night, until: noon }]
 * resolved([{ from: noon, until: night }]) // throws no later than it begins
 * ```
 */
export function resolved(intervals: readonly Interval[]): Interval[] {
  const joined: Interval[] = []
  for (const one of intervals.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    if (one.until <= one.from)
      throw new CountersignError('input', `it would end (${one.until}) no later than it begins (${one.from})`, {
        facts: { ...one },
      })
    const last = joined.at(-1)
    if (last !== undefined && one.from <= last.until) {
      if (one.until > last.until) joined[joined.length - 1] = { from: last.from, until: one.until }
    } else joined.push(one)
  }
  if (joined.length === 0) throw new CountersignError('input', 'it never comes about: no day in it is one of its days')
  if (joined.length > mostIntervals)
    throw new CountersignError(
      'input',
      `${joined.length} intervals are more than one declaration takes (${mostIntervals})`,
      {
        facts: { intervals: joined.length, most: mostIntervals },
      },
    )
  return joined
}
