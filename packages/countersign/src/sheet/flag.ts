import type { ChangeEvent } from '../change/event.ts'
import { isOwed, type SingleStage } from '../policy/stage.ts'
import type { RecordBody } from '../record/record.ts'

/**
 * By what an auditor chooses changes to look at: something out of the ordinary that was recorded on a change, whether or not
 * it counted in the end.
 */
export const flags = [
  /** An exception from a separation was granted, or something that was given rests on one. */
  'exception',
  'broken-glass',
  /** It was found, and had been in effect before anybody asked for it. */
  'found',
  /** It took effect first, and was reviewed or approved after that. */
  'afterwards',
  /** Something is owed after it has taken effect, and was not there when its time was over. */
  'late',
  /** Somebody acted in another's name. */
  'delegate',
  /** Somebody stood in for a role that was vacant, absent or silent. */
  'stand-in',
  /** An approval was carried over from the change that it depends on, or from its template. */
  'carried',
  'freeze-override',
  /** It was moved to another policy under way. */
  'migrated',
  'veto-lifted',
  /** It was rejected after it had taken effect. */
  'condemned',
  /** Somebody tried what the rules did not allow them, and that was recorded. */
  'refused',
] as const

export type Flag = (typeof flags)[number]

/** The flags in their order, each once. */
export const inOrder = (some: ReadonlySet<Flag>): Flag[] => flags.filter(one => some.has(one))

/** Whether what is given at a stage is given after the change has taken effect: no release stands behind it, and one before. */
export function isAfterwards(stages: readonly SingleStage[], name: string): boolean {
  const place = stages.findIndex(one => one.name === name)
  const stage = stages[place]
  if (stage === undefined) return false
  const isRelease = ({ kind }: SingleStage) => kind === 'release'
  return isOwed(stage) || (stages.slice(0, place).some(isRelease) && !stages.slice(place).some(isRelease))
}

/** Adds what an entry about a change says of it, whose flow has these stages. */
export function flagged(
  known: Set<Flag>,
  { outcome }: Pick<RecordBody, 'outcome'>,
  stages: readonly SingleStage[],
): void {
  if ('refused' in outcome) known.add('refused')
  else for (const event of outcome.accepted) flaggedBy(known, event as ChangeEvent, stages)
}

function flaggedBy(known: Set<Flag>, event: ChangeEvent, stages: readonly SingleStage[]): void {
  if ('exceptions' in event && event.exceptions !== undefined) known.add('exception')
  if ('seats' in event) {
    for (const { capacity } of event.seats) {
      if (capacity === 'delegate') known.add('delegate')
      if (capacity === 'fallback') known.add('stand-in')
    }
    if (event.type === 'approval.granted' && isAfterwards(stages, event.stage)) known.add('afterwards')
  }
  switch (event.type) {
    case 'exception.granted':
      known.add('exception')
      return
    case 'glass.broken':
      known.add('broken-glass')
      return
    case 'change.found':
      known.add('found')
      return
    case 'obligation.opened':
      known.add('afterwards')
      return
    case 'obligation.fulfilled':
    case 'obligation.rejected':
      if (event.late) known.add('late')
      return
    case 'approval.carried':
      known.add('carried')
      return
    case 'freeze.overridden':
      known.add('freeze-override')
      return
    case 'change.migrated':
      known.add('migrated')
      return
    case 'veto.lifted':
      known.add('veto-lifted')
      return
    case 'change.condemned':
      known.add('condemned')
      return
    default:
  }
}
