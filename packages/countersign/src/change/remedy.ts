import type { Change, Obligation } from './change.ts'
import type { Pinned } from './world.ts'

/** The changes that depend on one, and of which one can be the remedy of what was rejected on it. */
export const childrenOf = ({ descendants }: Pinned, { id }: Change): Change[] =>
  descendants.filter(one => one.parent === id)

/** What keeps a change from being the remedy that is owed: it was asked for since, is completed, and has put something into effect. */
export const unfitFor = ({ since }: Obligation, remedy: Change) =>
  // Of two things in one instant on two changes nobody can tell which came first.
  remedy.submittedAt <= since
    ? ({ problem: 'older', asked: remedy.submittedAt, since } as const)
    : remedy.state !== 'completed' && remedy.state !== 'closed'
      ? ({ problem: 'not completed', state: remedy.state } as const)
      : remedy.releases.every(one => one.ended !== undefined)
        ? ({ problem: 'nothing in effect' } as const)
        : undefined
