const minute = 60_000
const day = 24 * 60 * minute

/** The quarter: thirteen weeks from a Monday, without holidays. All times are UTC. */
export const weeks = 13
const firstMonday = Date.parse('2026-01-05T00:00:00Z')

/** When a working hour ends; the hour over noon is free, and what is left of the day goes to meetings and mail. */
const hourEnds = [10, 11, 12, 14, 15, 16]

/** A working day, with the instants at which something happens on it. */
export interface WorkingDay {
  /** 0 is Monday. */
  readonly weekday: number
  readonly begins: Date
  /** The ends of its working hours. */
  readonly hours: readonly Date[]
  /** When the owner of the figures decides, on the days on which she does. */
  readonly decides: Date
  readonly releases: Date
  readonly ends: Date
}

const on = (midnight: number, hour: number, minutes = 0) => new Date(midnight + (hour * 60 + minutes) * minute)

/** The working days of the quarter. */
export const workingDays: readonly WorkingDay[] = Array.from({ length: weeks * 7 }, (_, index) => index)
  .filter(index => index % 7 < 5)
  .map(index => {
    const midnight = firstMonday + index * day
    return {
      weekday: index % 7,
      begins: on(midnight, 9),
      hours: hourEnds.map(hour => on(midnight, hour)),
      decides: on(midnight, 16, 15),
      releases: on(midnight, 16, 45),
      ends: on(midnight, 17),
    }
  })

/** When the team and its rules are set up, and what lay around already is written down: before the first day. */
export const settingUp = on(firstMonday - 3 * day, 9)
export const writtenDown = on(firstMonday, 8)
/** The first Monday morning and the last Friday evening. */
export const quarterBegins = on(firstMonday, 8)
export const quarterEnds = on(firstMonday + (weeks * 7 - 3) * day, 17)
