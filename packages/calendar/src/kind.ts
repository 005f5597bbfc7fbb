import type { Scheduled } from 'countersign/governance'
import { fault } from './fault.ts'

/** Refuses what is no kind of schedule: as a freeze it would be too long where a window was meant. */
export function requireKind(kind: Scheduled): void {
  if (kind === 'freeze' || kind === 'window') return
  throw fault(`\`kind\` is 'freeze' or 'window', and not ${String(kind).slice(0, 40)}`)
}
