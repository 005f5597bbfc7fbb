import type { ComparedSchedules } from '../verify/schedules.ts'
import { count } from './page.ts'

const mostListed = 20

/** The rows of the verdict's page about them, each a label and a text. */
export function scheduleLines({ compared, left, differing }: ComparedSchedules): [string, string][] {
  const lines: [string, string][] = []
  const declared = (number: number) => count(number, 'freeze or window', 'freezes and windows')
  const label = () => (lines.length === 0 ? 'schedules' : '')
  if (compared > differing.length)
    lines.push([
      label(),
      `${declared(compared - differing.length)} ${compared - differing.length === 1 ? 'comes' : 'come'} to the instants that the schedule gives on this machine`,
    ])
  if (differing.length > 0)
    lines.push([
      label(),
      `${declared(differing.length)} ${differing.length === 1 ? 'comes' : 'come'} to other instants than the schedule gives by the time-zone rules of this machine. The recorded ones count; ask whether they are what was meant:`,
    ])
  for (const { kind, id, seq, recorded, given } of differing.slice(0, mostListed))
    lines.push(['', `  ${kind} ${id}, entry ${seq}: recorded ${recorded}; its schedule gives ${given}`])
  if (differing.length > mostListed) lines.push(['', `  and ${differing.length - mostListed} more (--json has all)`])
  if (left > 0)
    lines.push([
      label(),
      `${declared(left)} ${left === 1 ? 'was' : 'were'} not compared with the schedule${compared === 0 ? ': @countersign/calendar is not installed' : ''}`,
    ])
  return lines
}
