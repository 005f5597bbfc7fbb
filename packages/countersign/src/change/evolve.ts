import { freeze } from 'immer'
import type { Instant } from '../values/instant.ts'
import type { Change, Exception, Given, HeldDuty, Obligation, Rejection, TaskDone, Tick } from './change.ts'
import type { ChangeCommand } from './command.ts'
import { withCommitted, withRedacted } from './committed.ts'
import type { ChangeEvent } from './event.ts'

/** The entry in which events happened, as far as the fold reads it. */
export interface Occasion {
  /** Left out for what comes about by itself, which no command says more of. */
  readonly command?: ChangeCommand
  readonly at: Instant
  /** How many events of people and rules came before. */
  readonly under?: number
}

/**
 * Folds the events of one entry into a change; before `change.submitted` there is none. What did not change is shared
 * with the change before, and all of it is frozen.
 *
 * @example
 * ```ts
 * import { f0 } from '@countersign/testing'
 * import { evolveChange } from 'countersign/change'
 * const scenario = await f0()
 * const command = { type: 'cancel', change: 'K', comment: 'not needed any more' } as const
 * const occasion = { command, at: scenario.now, under: scenario.desk.governance().entries }
 * evolveChange(scenario.change('K'), [{ type: 'change.cancelled' }], occasion)?.state // → 'cancelled'
 * ```
 */
export function evolveChange(change: Change, events: readonly ChangeEvent[], occasion: Occasion): Change
export function evolveChange(
  change: Change | undefined,
  events: readonly ChangeEvent[],
  occasion: Occasion,
): Change | undefined
export function evolveChange(
  change: Change | undefined,
  events: readonly ChangeEvent[],
  occasion: Occasion,
): Change | undefined {
  const next = evolved(change, events, occasion)
  return next === undefined ? undefined : frozen(next)
}

/** A change that others get to see. Frozen deeply, and still quickly: what is frozen already is not entered again. */
export const frozen = (change: Change): Change => freeze(change, true)

/** The same, and not frozen: a decision folds several times over what nobody else has seen yet. */
export function evolved(change: Change, events: readonly ChangeEvent[], occasion: Occasion): Change
export function evolved(
  change: Change | undefined,
  events: readonly ChangeEvent[],
  occasion: Occasion,
): Change | undefined
export function evolved(
  change: Change | undefined,
  events: readonly ChangeEvent[],
  occasion: Occasion,
): Change | undefined {
  const own: Own = []
  let next = change
  for (const event of events) next = next === undefined ? begin(event, occasion) : after(next, event, occasion, own)
  return next
}

type When = Pick<Given, 'at' | 'under'>

/** The change that a submission begins. */
function begin(event: ChangeEvent, { command, at, under = 0 }: Occasion): Change | undefined {
  if (event.type !== 'change.submitted' || command?.type !== 'submit') return undefined
  const { change: id, team, category, title, reason, form, content, parent } = command
  return {
    id,
    team,
    category,
    policy: event.policy,
    title,
    reason,
    requestedBy: event.requestedBy,
    submittedAt: at,
    submittedUnder: under,
    state: 'returned',
    since: at,
    round: 1,
    revision: 1,
    digest: event.digest,
    digestSince: at,
    form,
    held: [
      { duty: 'request', person: event.requestedBy, revision: 1, at, how: 'requested' },
      ...event.makers.map(person => ({ duty: 'make', person, revision: 1, at, how: 'made content' }) as const),
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
    ...(parent === undefined ? {} : { parent }),
    ...withCommitted(undefined, form),
    ...(content === undefined ? {} : { content: content.digest }),
  }
}

/** A change with other members. Written behind a spread in one expression, each of them takes the engine several times as long. */
const changed = (change: Change, members: Partial<Change>): Change => Object.assign({ ...change }, members)

/** The change after one event. */
function after(change: Change, event: ChangeEvent, { command, at, under }: Occasion, own: Own): Change {
  const when: When = under === undefined ? { at } : { at, under }
  switch (event.type) {
    case 'change.submitted':
    case 'change.blocked':
    case 'change.unassigned':
    case 'approval.retained':
    case 'plan.frozen':
      return change
    case 'change.revised':
      return command?.type === 'revise' ? revised(change, event, command, at) : change
    case 'approval.staled':
      return changed(change, {
        approvals: ending(change.approvals, event.approval, { how: 'stale', revision: event.revision, at }, own),
        electorates: without(change.electorates, change.approvals[event.approval]?.stage),
      })
    case 'signoff.staled':
      return changed(change, {
        signOffs: ending(change.signOffs, event.signOff, { how: 'stale', revision: event.revision, at }, own),
      })
    case 'release.staled':
      return changed(change, {
        releases: ending(change.releases, event.release, { how: 'stale', revision: event.revision, at }, own),
      })
    case 'change.assigned':
      return changed(change, { assignee: event.to, held: holding(change, 'make', [event.to], 'was assigned', at) })
    case 'task.completed':
      return worked(change, event, when)
    case 'items.ticked':
      return ticked(change, event, when)
    case 'items.unticked': {
      const { stage, items } = event
      const ticks = unticked(change.ticks, one => one.stage === stage && items.includes(one.item), {
        how: 'withdrawn',
        at,
      })
      return changed(change, { ticks })
    }
    case 'test.signed-off': {
      if (command?.type !== 'signOff') return change
      const { result, evidence } = command
      return changed(change, {
        signOffs: [...change.signOffs, { ...given(change, event, when), result, evidence }],
        held: holding(change, 'test', event.chain, 'tested', at),
      })
    }
    case 'approval.granted':
      return changed(change, {
        approvals: added(
          change.approvals,
          {
            ...given(change, event, when),
            ...(event.environments === undefined ? {} : { environments: event.environments }),
            ...(event.exceptions === undefined ? {} : { exceptions: event.exceptions }),
            ...(event.afterwards === undefined ? {} : { afterwards: event.afterwards }),
          },
          own,
        ),
        held: holding(change, 'approve', event.chain, event.afterwards === undefined ? 'approved' : 'reviewed', at),
      })
    case 'approval.carried': {
      const carried = { ...event.from, until: event.until }
      return changed(change, {
        approvals: added(
          change.approvals,
          {
            ...given(change, event, { at: event.at }),
            carried,
            ...(event.environments === undefined ? {} : { environments: event.environments }),
          },
          own,
        ),
        held: holding(change, 'approve', event.chain, 'approved', at),
      })
    }
    case 'approval.withdrawn':
      return changed(change, { approvals: ending(change.approvals, event.approval, { how: 'withdrawn', at }, own) })
    case 'approval.kept': {
      const approvals = change.approvals.map((one, index) =>
        index === event.approval ? { ...one, round: event.round, retainedFrom: one.retainedFrom ?? one.round } : one,
      )
      return changed(change, { approvals })
    }
    case 'change.rejected':
      return rejected(change, event, when, own)
    case 'veto.lifted': {
      // Since it was lifted first, whoever placed it may approve: also where it has stood again meanwhile.
      const lifted = (one: Rejection) => ({
        by: event.by,
        ...when,
        after: one.lifted?.after ?? change.approvals.length,
      })
      const rejections = change.rejections.map((one, index) =>
        index === event.rejection ? { ...one, lifted: lifted(one) } : one,
      )
      return changed(change, { rejections })
    }
    case 'change.returned':
      return changed(change, { state: 'returned', since: at })
    case 'change.resubmitted':
      return changed(change, { round: event.round, electorates: {} })
    case 'change.released':
      return changed(change, {
        releases: [
          ...change.releases,
          {
            ...given(change, event, when),
            ...(event.underGlass === undefined ? {} : { underGlass: event.underGlass }),
          },
        ],
        ...(event.underGlass === undefined || change.glass === undefined
          ? {}
          : { glass: { ...change.glass, used: event.underGlass } }),
        held: holding(change, 'release', event.chain, 'released', at),
      })
    case 'stage.entered':
      return changed(change, {
        state: event.stage,
        since: event.at ?? at,
        ...(event.rests === undefined ? {} : { rests: { at: event.at ?? at, ...event.rests } }),
        ...(event.electorates === undefined ? {} : { electorates: { ...change.electorates, ...event.electorates } }),
      })
    case 'template.applied': {
      const { name, version, digest, fixed } = event
      return changed(change, { template: { name, version, digest }, form: { ...fixed, ...change.form } })
    }
    case 'standard.lost': {
      const { template: _, ...rest } = change
      return { ...rest, category: event.category, tasks: [], electorates: {} }
    }
    case 'change.recategorised':
      return command?.type === 'recategorise' ? recategorised(change, event, command, at) : change
    case 'change.migrated':
      return migrated(change, event, at)
    case 'exception.requested': {
      if (command?.type !== 'requestException') return change
      const { exception: id, person, duties, until, by: requestedBy } = event
      const asked = { id, person, duties, until, reason: command.reason, requestedBy }
      return changed(change, { exceptions: [...change.exceptions, asked] })
    }
    case 'exception.granted':
      return changed(change, { exceptions: marked(change, event.exception, { granted: { by: event.by, ...when } }) })
    case 'exception.revoked':
      return changed(change, { exceptions: marked(change, event.exception, { revoked: { by: event.by, at } }) })
    case 'glass.broken':
      return changed(change, {
        glass: { by: event.by, ...when, until: event.until, round: change.round },
        held: holding(change, 'release', [event.by], 'broke the glass', at),
      })
    case 'freeze.overridden': {
      if (command?.type !== 'overrideFreeze') return change
      const { freeze: name, by, until } = event
      const override = { freeze: name, by, ...when, until, reason: command.reason }
      return changed(change, { overrides: [...change.overrides, override] })
    }
    case 'card.moved': {
      const { lane: _, ...rest } = change
      return {
        ...rest,
        column: event.column,
        columnSince: at,
        ...(event.lane === undefined ? {} : { lane: event.lane }),
      }
    }
    case 'change.scheduled':
      return changed(change, { plan: { from: event.from, until: event.until } })
    case 'change.found':
      return changed(change, { inEffectSince: event.inEffectSince })
    case 'obligation.opened': {
      const { kind, stage, since, due } = event
      return changed(change, { obligations: [...change.obligations, { kind, stage, since, due }] })
    }
    case 'obligation.fulfilled': {
      const { late, remedy } = event
      const ended = {
        how: 'fulfilled',
        at,
        late,
        releases: change.releases.length,
        ...(remedy === undefined ? {} : { remedy }),
      } as const
      return changed(change, { obligations: endingAt(change, event.obligation, ended) })
    }
    case 'obligation.rejected':
      return changed(change, {
        obligations: endingAt(change, event.obligation, {
          how: 'rejected',
          at,
          late: event.late,
          releases: change.releases.length,
        }),
      })
    case 'obligation.reopened':
      return changed(change, { obligations: endingAt(change, event.obligation, undefined) })
    case 'change.condemned':
      return changed(change, { state: 'remediation', since: at })
    case 'value.redacted':
      return command?.type === 'redact' ? { ...change, ...withRedacted(change, event, command.comment, at) } : change
    case 'change.cancelled':
      return changed(change, { state: 'cancelled', since: at })
    case 'change.closed':
      return changed(change, { state: 'closed', since: at })
    default:
      return event satisfies never
  }
}

type Event<Type extends ChangeEvent['type']> = Extract<ChangeEvent, { type: Type }>
type Command<Type extends ChangeCommand['type']> = Extract<ChangeCommand, { type: Type }>

function revised(change: Change, event: Event<'change.revised'>, command: Command<'revise'>, at: Instant): Change {
  const { title = change.title, reason = change.reason, content } = command
  const next = {
    ...change,
    revision: event.revision,
    digest: event.digest,
    digestSince: event.material ? at : change.digestSince,
    title,
    reason,
    form: { ...change.form, ...command.form },
    ...withCommitted(change.committed, command.form),
    ...(content === undefined ? {} : { content: content.digest }),
    // Who has reviewed what was there before has not reviewed this.
    tasks: event.material ? change.tasks.filter(one => one.duty !== 'review') : change.tasks,
    ticks: event.material
      ? unticked(change.ticks, () => true, { how: 'stale', revision: event.revision, at })
      : change.ticks,
    electorates: event.material ? inUse(change) : change.electorates,
  }
  const made = holding(next, 'make', event.makers, 'made content', at)
  return {
    ...next,
    held: event.material ? holding({ ...next, held: made }, 'make', editorsOf(event), 'edited', at) : made,
  }
}

function worked(change: Change, event: Event<'task.completed'>, when: When): Change {
  const done = { ...change, tasks: [...change.tasks, taskOf(event, when)] }
  const held = holding(done, event.duty, event.chain, 'did the task', when.at)
  // Whatever a team calls it, work on a change makes it; only a review looks at it.
  return {
    ...done,
    held: event.duty === 'review' ? held : holding({ ...done, held }, 'make', event.chain, 'did the task', when.at),
  }
}

function ticked(change: Change, event: Event<'items.ticked'>, when: When): Change {
  const { duty, chain, items } = event
  const ticks = [...change.ticks, ...items.map((item): Tick => ({ ...given(change, event, when), item }))]
  const held = holding(change, duty, chain, 'ticked an item', when.at)
  // To tick an item of a task is to do some of it, and work on a change makes it.
  const isMaking = duty !== 'test' && duty !== 'release' && duty !== 'review'
  return changed(change, {
    ticks,
    held: isMaking ? holding({ ...change, held }, 'make', chain, 'ticked an item', when.at) : held,
  })
}

function rejected(change: Change, event: Event<'change.rejected'>, when: When, own: Own): Change {
  const { ends = [], veto, stage } = event
  const { at } = when
  const placed = veto === undefined ? {} : { veto, placed: { policy: change.policy, stage } }
  const rejection = {
    ...given(change, event, when),
    after: change.approvals.length,
    category: change.category,
    ...placed,
  }
  return changed(change, {
    approvals: ends.reduce((list, index) => ending(list, index, { how: 'rejected', at }, own), change.approvals),
    rejections: [...change.rejections, rejection],
    held: holding(change, 'approve', event.chain, 'rejected', at),
  })
}

function recategorised(
  change: Change,
  event: Event<'change.recategorised'>,
  command: Command<'recategorise'>,
  at: Instant,
): Change {
  const { template: _, ...rest } = change
  const next = {
    ...rest,
    category: event.category,
    revision: event.revision,
    digest: event.digest,
    digestSince: at,
    round: event.round,
    form: command.form ?? change.form,
    ...withCommitted(change.committed, command.form),
    tasks: [],
    electorates: {},
  }
  return { ...next, held: holding(next, 'make', editorsOf(event), 'edited', at) }
}

function migrated(change: Change, { policy, digest, stages = {} }: Event<'change.migrated'>, at: Instant): Change {
  const renamed = <One extends { readonly stage: string }>(list: readonly One[]): readonly One[] =>
    list.map(one => {
      const stage = Object.hasOwn(stages, one.stage) ? stages[one.stage] : undefined
      return stage === undefined ? one : { ...one, stage }
    })
  return changed(change, {
    policy,
    digest,
    migrated: at,
    approvals: renamed(change.approvals),
    signOffs: renamed(change.signOffs),
    tasks: renamed(change.tasks),
    ticks: renamed(change.ticks),
    releases: renamed(change.releases),
    rejections: renamed(change.rejections),
    obligations: renamed(change.obligations),
    electorates: {},
  })
}

/** Who has edited: the person, or a robot and whoever answered for it then. */
const editorsOf = ({ editor, robot }: { readonly editor: string; readonly robot?: string | undefined }) =>
  robot === undefined ? [editor] : [editor, robot]

/** The electorates of the stages at which somebody has approved. */
function inUse({ approvals, electorates, round }: Change): Change['electorates'] {
  const given = approvals.filter(one => one.ended === undefined && one.round === round)
  return Object.fromEntries(Object.entries(electorates).filter(([stage]) => given.some(one => one.stage === stage)))
}

/** The electorates but for that of a stage, which is counted anew. */
function without(electorates: Change['electorates'], stage = ''): Change['electorates'] {
  if (!Object.hasOwn(electorates, stage)) return electorates
  const { [stage]: _, ...others } = electorates
  return others
}

const taskOf = ({ stage, duty, person, chain, seats }: Event<'task.completed'>, when: When): TaskDone => ({
  stage,
  duty,
  person,
  chain,
  seats,
  ...when,
})

const given = (
  change: Change,
  { stage, person, chain, seats }: Pick<Given, 'stage' | 'person' | 'chain' | 'seats'>,
  when: When,
): Given => ({
  stage,
  person,
  chain,
  seats,
  round: change.round,
  revision: change.revision,
  ...when,
})

/** What is held once these persons have taken on a duty in this way. Whoever has done so before has done so since then. */
function holding(
  { held, revision }: Change,
  duty: string,
  persons: readonly string[],
  how: HeldDuty['how'],
  at: Instant,
): readonly HeldDuty[] {
  const fresh = persons.filter(
    person => !held.some(one => one.duty === duty && one.person === person && one.how === how),
  )
  return fresh.length === 0 ? held : [...held, ...fresh.map(person => ({ duty, person, revision, at, how }))]
}

const endingAt = ({ obligations }: Change, place: number, ended: Obligation['ended']): Obligation[] =>
  obligations.map((one, index) => {
    if (index !== place) return one
    const { ended: _, ...rest } = one
    return ended === undefined ? rest : { ...rest, ended }
  })

const marked = ({ exceptions }: Change, id: string, mark: Pick<Exception, 'granted' | 'revoked'>): Exception[] =>
  exceptions.map(one => (one.id === id ? { ...one, ...mark } : one))

const unticked = (
  ticks: readonly Tick[],
  which: (one: Tick) => boolean,
  ended: NonNullable<Given['ended']>,
): readonly Tick[] => ticks.map(one => (one.ended === undefined && which(one) ? { ...one, ended } : one))

/** What has ended stays ended, by the first cause: nothing that was given comes back to life. */
function ending<One extends Given>(
  list: readonly One[],
  index: number,
  ended: NonNullable<Given['ended']>,
  own: Own,
): readonly One[] {
  const one = list[index]
  if (one === undefined || one.ended !== undefined) return list
  const mine = owned(list, own)
  mine[index] = { ...one, ended }
  return mine
}

/**
 * The lists that a fold has made itself, in which it goes on writing as long as nobody else has seen them. An entry of
 * many events would take a square of steps if each of them copied what was given before.
 */
type Own = unknown[]

function added<One>(list: readonly One[], one: One, own: Own): readonly One[] {
  const mine = owned(list, own)
  mine.push(one)
  return mine
}

function owned<One>(list: readonly One[], own: Own): One[] {
  if (own.includes(list)) return list as One[]
  const mine = [...list]
  own.push(mine)
  return mine
}
