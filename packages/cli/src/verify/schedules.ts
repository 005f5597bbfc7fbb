import type { DeclaredSchedule } from 'countersign/verify'

/** A freeze or a window whose schedule comes to other instants, by this machine's time-zone rules, than are recorded. */
export interface DifferingSchedule extends Pick<DeclaredSchedule, 'seq' | 'kind' | 'id'> {
  /** The first interval that is not the same on both sides, or that there is none. */
  readonly recorded: string
  readonly given: string
}

/** How the instants of freezes and windows compare with their schedules. It tells, and is no part of the verdict. */
export interface ComparedSchedules {
  readonly compared: number
  /** So many were not: there are too many of them, or `@countersign/calendar` is not installed. */
  readonly left: number
  readonly differing: readonly DifferingSchedule[]
}

/** One schedule takes some thousand steps at most, and a trail is written by others. */
const mostCompared = 500

/** Works the schedules out anew, where the package is there that can, which is loaded only now. */
export async function compareSchedules(declared: readonly DeclaredSchedule[]): Promise<ComparedSchedules> {
  const resolve = declared.length === 0 ? undefined : await resolver()
  if (resolve === undefined) return { compared: 0, left: declared.length, differing: [] }
  const some = declared.slice(0, mostCompared)
  const differing = some.flatMap(({ seq, kind, id, schedule, intervals }): DifferingSchedule[] => {
    const given = attempted(() => resolve(schedule, kind))
    if (typeof given === 'string') return [{ seq, kind, id, recorded: spoken(intervals[0]), given }]
    for (let place = 0; place < Math.max(intervals.length, given.length); place++) {
      const [one, other] = [spoken(intervals[place]), spoken(given[place])]
      if (one !== other) return [{ seq, kind, id, recorded: one, given: other }]
    }
    return []
  })
  return { compared: some.length, left: declared.length - some.length, differing }
}

type Interval = DeclaredSchedule['intervals'][number]

async function resolver(): Promise<typeof import('@countersign/calendar').resolve | undefined> {
  try {
    return (await import('@countersign/calendar')).resolve
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}

/** What it comes to, or why it comes to nothing: a time zone that this machine does not know. */
function attempted(work: () => readonly Interval[]): readonly Interval[] | string {
  try {
    return work()
  } catch (error) {
    return (error as Error).message.slice(0, 200)
  }
}

const spoken = (one: Interval | undefined): string => (one === undefined ? 'none' : `${one.from} to ${one.until}`)
