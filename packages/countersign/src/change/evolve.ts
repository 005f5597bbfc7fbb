import { freeze } from 'immer'
import type { Instant } from '../values/instant.ts'
import type { Change, Given, HeldDuty } from './change.ts'
import type { ChangeCommand } from './command.ts'
import type { ChangeEvent } from './event.ts'

/** The entry in which events happened, as far as the fold reads it. */
export interface Occasion {
  /** Left out for what comes about by itself, which no command says more of. */
  readonly command?: ChangeCommand
  readonly at: Instant
}

/**
 * Folds the events of one entry into a change; before `change.submitted` there is none. What did not change is shared
 * with the change before, and all of it is frozen.
 */
export function evolveChange(
  change: Change | undefined,
  events: readonly ChangeEvent[],
  occasion: Occasion,
): Change | undefined {
  let next = change
  for (const event of events) next = next === undefined ? begin(event, occasion) : after(next, event, occasion)
  // Deep, and still quick: what is frozen already is not entered again.
  return next === undefined ? undefined : freeze(next, true)
}

/** The change that a submission begins. */
function begin(event: ChangeEvent, { command, at }: Occasion): Change | undefined {
  if (event.type !== 'change.submitted' || command?.type !== 'submit') return undefined
  const { change: id, team, category, title, reason, form, content, parent } = command
  return {
    id,
    team,
    category,
    policy: event.policy,
    title,
    reason,
    ...(parent === undefined ? {} : { parent }),
    requestedBy: event.requestedBy,
    submittedAt: at,
    state: 'returned',
    since: at,
    round: 1,
    revision: 1,
    digest: event.digest,
    form,
    ...(content === undefined ? {} : { content: content.digest }),
    held: [
      { duty: 'request', person: event.requestedBy, revision: 1, how: 'requested' },
      ...event.makers.map(person => ({ duty: 'make', person, revision: 1, how: 'made content' }) as const),
    ],
    tasks: [],
    approvals: [],
    rejections: [],
    signOffs: [],
    releases: [],
  }
}

/** The change after one event. */
function after(change: Change, event: ChangeEvent, { command, at }: Occasion): Change {
  switch (event.type) {
    case 'change.submitted':
    case 'change.blocked':
    case 'approval.retained':
      return change
    case 'change.revised': {
      if (command?.type !== 'revise') return change
      const { title = change.title, reason = change.reason, content } = command
      const revised = {
        ...change,
        revision: event.revision,
        digest: event.digest,
        title,
        reason,
        form: { ...change.form, ...command.form },
        ...(content === undefined ? {} : { content: content.digest }),
      }
      const made = holding(revised, 'make', event.makers, 'made content')
      return {
        ...revised,
        held: event.material ? holding({ ...revised, held: made }, 'make', [event.editor], 'edited') : made,
      }
    }
    case 'approval.staled':
      return {
        ...change,
        approvals: ending(change.approvals, event.approval, { how: 'stale', revision: event.revision }),
      }
    case 'signoff.staled':
      return { ...change, signOffs: ending(change.signOffs, event.signOff, { how: 'stale', revision: event.revision }) }
    case 'release.staled':
      return { ...change, releases: ending(change.releases, event.release, { how: 'stale', revision: event.revision }) }
    case 'change.assigned':
      return { ...change, assignee: event.to, held: holding(change, 'make', [event.to], 'was assigned') }
    case 'task.completed': {
      const done = { ...change, tasks: [...change.tasks, { stage: event.stage, person: event.person, at }] }
      const held = holding(done, event.duty, event.chain, 'did the task')
      // Whatever a team calls it, work on a change makes it; only a review looks at it.
      return {
        ...done,
        held: event.duty === 'review' ? held : holding({ ...done, held }, 'make', event.chain, 'did the task'),
      }
    }
    case 'test.signed-off': {
      if (command?.type !== 'signOff') return change
      const { result, evidence } = command
      return {
        ...change,
        signOffs: [...change.signOffs, { ...given(change, event, at), result, evidence }],
        held: holding(change, 'test', event.chain, 'tested'),
      }
    }
    case 'approval.granted':
      return {
        ...change,
        approvals: [...change.approvals, given(change, event, at)],
        held: holding(change, 'approve', event.chain, 'approved'),
      }
    case 'approval.carried': {
      const carried = { change: event.from, approval: event.approval, until: event.until }
      return {
        ...change,
        approvals: [...change.approvals, { ...given(change, event, event.at), carried }],
        held: holding(change, 'approve', event.chain, 'approved'),
      }
    }
    case 'approval.withdrawn':
      return { ...change, approvals: ending(change.approvals, event.approval, { how: 'withdrawn' }) }
    case 'change.rejected': {
      const taken = (one: Given) => one.ended === undefined && one.chain.some(person => event.chain.includes(person))
      return {
        ...change,
        approvals: change.approvals.map(one => (taken(one) ? { ...one, ended: { how: 'rejected' } as const } : one)),
        rejections: [...change.rejections, given(change, event, at)],
        held: holding(change, 'approve', event.chain, 'rejected'),
      }
    }
    case 'change.returned':
      return { ...change, state: 'returned', since: at }
    case 'change.resubmitted':
      return { ...change, round: event.round }
    case 'change.released':
      return {
        ...change,
        releases: [...change.releases, given(change, event, at)],
        held: holding(change, 'release', event.chain, 'released'),
      }
    case 'stage.entered':
      return { ...change, state: event.stage, since: at }
    case 'change.cancelled':
      return { ...change, state: 'cancelled', since: at }
    case 'change.closed':
      return { ...change, state: 'closed', since: at }
    default:
      return event satisfies never
  }
}

const given = (
  change: Change,
  { stage, person, chain, seats }: Pick<Given, 'stage' | 'person' | 'chain' | 'seats'>,
  at: Instant,
): Given => ({
  stage,
  person,
  chain,
  seats,
  at,
  round: change.round,
  revision: change.revision,
})

/** What is held once these persons have taken on a duty in this way. Whoever has done so before has done so since then. */
function holding(
  { held, revision }: Change,
  duty: string,
  persons: readonly string[],
  how: HeldDuty['how'],
): readonly HeldDuty[] {
  const fresh = persons.filter(
    person => !held.some(one => one.duty === duty && one.person === person && one.how === how),
  )
  return fresh.length === 0 ? held : [...held, ...fresh.map(person => ({ duty, person, revision, how }))]
}

/** What has ended stays ended, by the first cause: nothing that was given comes back to life. */
const ending = <One extends Given>(
  list: readonly One[],
  index: number,
  ended: NonNullable<Given['ended']>,
): readonly One[] => list.map((one, at) => (at === index && one.ended === undefined ? { ...one, ended } : one))
