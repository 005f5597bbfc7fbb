import { CountersignError } from '@countersign/trail'
import type { Scheduled } from 'countersign/governance'
import { Temporal } from 'temporal-polyfill'

/**
 * The instant of a local time in a time zone, in UTC with milliseconds. A local time that comes twice, or not at all, as
 * clocks are changed, is taken for the earlier one where a freeze begins and for the later one where it ends; where a
 * window begins for the later one, and for the earlier one where it ends. Throws `CountersignError` `input` for a time zone or a day that there is not.
 */
export function instantOf(local: string, zone: string, edge: 'from' | 'until', kind: Scheduled): string {
  let plain: Temporal.PlainDateTime
  try {
    plain = Temporal.PlainDateTime.from(local, { overflow: 'reject' })
  } catch {
    throw new CountersignError('input', `there is no local time ${local.slice(0, 40)}`, { facts: { local } })
  }
  try {
    const disambiguation = (edge === 'from') === (kind === 'freeze') ? 'earlier' : 'later'
    const { epochMilliseconds } = plain.toZonedDateTime(zone, { disambiguation })
    return new Date(epochMilliseconds).toISOString()
  } catch {
    throw new CountersignError('input', `there is no time zone ${zone.slice(0, 64)}, or it does not reach ${local}`, {
      facts: { zone, hint: 'an IANA name such as Europe/Zurich' },
    })
  }
}

/** Whether this machine knows a time zone. */
export function isZone(zone: string): boolean {
  try {
    Temporal.PlainDateTime.from('2026-01-01T00:00').toZonedDateTime(zone)
    return true
  } catch {
    return false
  }
}
