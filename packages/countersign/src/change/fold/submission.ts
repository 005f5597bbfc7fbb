import { type Change, unsaid } from '../change.ts'
import { withCommitted } from '../committed.ts'
import type { ChangeEvent } from '../event.ts'
import { changed, type Folds, type Happening, unchanged } from './fold.ts'

/** The change that a submission begins. */
export function begin(event: ChangeEvent, { command, at, when }: Happening): Change | undefined {
  if (event.type !== 'change.submitted' || command?.type !== 'submit') return undefined
  const { change: id, team, category, title, reason, form, content, parent } = command
  return {
    ...unsaid,
    id,
    team,
    category,
    policy: event.policy,
    title,
    reason,
    requestedBy: event.requestedBy,
    submittedAt: at,
    submittedUnder: when.under ?? 0,
    state: 'returned',
    since: at,
    round: 1,
    revision: 1,
    digest: event.digest,
    digestSince: at,
    form,
    held: [
      { duty: 'request', person: event.requestedBy, revision: 1, ...when, how: 'requested' },
      ...event.makers.map(person => ({ duty: 'make', person, revision: 1, ...when, how: 'made content' }) as const),
    ],
    tasks: [],
    ticks: [],
    approvals: [],
    rejections: [],
    signOffs: [],
    releases: [],
    exceptions: [],
    obligations: [],
    overrides: [],
    electorates: {},
    parent,
    content: content?.digest,
    committed: withCommitted(undefined, form),
  }
}

export const submissionFolds: Folds<'change.submitted' | 'change.blocked' | 'change.found'> = {
  'change.submitted': unchanged,
  'change.blocked': unchanged,
  'change.found': (change, event) => changed(change, { inEffectSince: event.inEffectSince }),
}
