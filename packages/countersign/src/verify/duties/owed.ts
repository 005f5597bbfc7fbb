import type { Instant } from '../../values/instant.ts'
import type { Owed } from './ticket.ts'

/** What is owed, or was, over a whole trail. */
export interface Obligations {
  readonly opened: number
  readonly fulfilled: number
  readonly rejected: number
  /** Those that came late, and those that are open and whose time is over. */
  readonly late: number
  readonly open: readonly {
    readonly change: string
    readonly kind: 'review' | 'remedy'
    readonly stage: string
    readonly due: Instant
  }[]
}

/** Something that is owed, or was, on a change that was submitted in an entry. */
export interface OwedOn extends Owed {
  readonly change: string
  readonly seq: number
}

/** What is owed when the trail ends. */
export function obligationsOf(all: readonly OwedOn[], until: Instant): Obligations {
  const open = all.filter(one => one.ended === undefined)
  return {
    opened: all.length,
    fulfilled: all.filter(one => one.ended?.how === 'fulfilled').length,
    rejected: all.filter(one => one.ended?.how === 'rejected').length,
    late: all.filter(one => one.ended?.late ?? until >= one.due).length,
    open: open.map(({ change, kind, stage, due }) => ({ change, kind, stage, due })),
  }
}
