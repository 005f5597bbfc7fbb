import { CountersignError } from '@countersign/trail'
import type * as z from 'zod'
import { type Refused, refuse } from '../decision/refusal.ts'
import { safeParse } from '../values/safe-parse.ts'
import { type Interval, type Scheduled, schedule, type WrittenSchedule } from '../values/schedule.ts'

/**
 * What a schedule of a freeze or a window comes to in instants, by the time-zone rules of the day; `resolve` of `@countersign/calendar` is one.
 * Throws `CountersignError` `input` where it comes to none.
 */
export type Schedules = (written: WrittenSchedule, kind: Scheduled) => readonly Interval[]

const declared: ReadonlyMap<string, Scheduled> = new Map([
  ['declareFreeze', 'freeze'],
  ['declareWindow', 'window'],
])

interface Unread {
  readonly type: string
  readonly [member: string]: unknown
}

/**
 * A freeze or a window that is declared by its schedule alone gets the instants here, at the edge: time-zone rules are a
 * fact about the world, so they enter once, as values, and are recorded beside what was written.
 */
export function withIntervals(
  command: Unread,
  schedules: Schedules | undefined,
): { readonly command: Unread } | Refused {
  const kind = declared.get(command.type)
  if (kind === undefined || command.intervals !== undefined) return { command }
  const written = safeParse(schedule, command.schedule)
  // What is wrong with the schedule is told by the schema of the command, with its place.
  if (!written.success) return { command }
  if ('calendar' in written.data)
    return unresolved('intervals', 'is missing: what is imported with fromICalendar comes with its intervals')
  if (schedules === undefined)
    return unresolved(
      'intervals',
      'is missing: work it out, or give the desk `schedules: resolve`, of @countersign/calendar',
    )
  try {
    return { command: { ...command, intervals: schedules(written.data, kind) } }
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'input') return unresolved('schedule', error.message)
    throw error
  }
}

/** What is wrong with a command, but for intervals that would have been worked out if nothing were wrong with the schedule. */
export function causesOf(issues: readonly z.core.$ZodIssue[], command: Unread, schedules: Schedules | undefined) {
  const isAwaited = schedules !== undefined && command.intervals === undefined
  return isAwaited && issues.some(({ path: [member] }) => member === 'schedule')
    ? issues.filter(({ path: [member] }) => member !== 'intervals')
    : issues
}

const unresolved = (member: string, problem: string) =>
  refuse('command.malformed', { problems: [{ where: `command.${member}`, problem: problem.slice(0, 400) }] })
