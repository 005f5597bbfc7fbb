import { outsidersIn } from '../change/authority.ts'
import { boardFor, columnToPull, type HeldBack, heldBack } from '../change/card.ts'
import type { Change } from '../change/change.ts'
import type { ChangeEvent } from '../change/event.ts'
import { plannedInto } from '../change/frozen.ts'
import { overdue } from '../change/progress.ts'
import { hasEnded, pin } from '../change/world.ts'
import { personOf } from '../governance/alias.ts'
import type { GovernanceEvent } from '../governance/event.ts'
import { isActive } from '../governance/identity.ts'
import { exceptionRuleFor } from '../policy/exception.ts'
import { isGovernance, type RecordBody } from '../record/record.ts'
import { State } from '../record/state.ts'
import type { Instant } from '../values/instant.ts'
import { Agenda, never } from './agenda.ts'
import { type Ask, type Late, type Waiting, waitingOn, waitsFor } from './ask.ts'
import { deadlinesOf, looksAt } from './deadline.ts'
import type { Notice } from './notice.ts'

type Draft = Omit<Notice, 'key' | 'change' | 'team' | 'since' | 'person'>
/** What a notice comes of: an entry, or an instant at which time alone has brought something about. */
interface Cause {
  readonly at: Instant
  readonly key: string
  readonly by?: string | undefined
}

/** What falls due at an instant, and on which changes. */
interface Due {
  readonly at: Instant
  readonly ids: readonly string[]
}

/** What is said of people and of the calendar after which others may be asked on changes that wait. */
const moving: ReadonlySet<GovernanceEvent['type']> = new Set([
  'role.granted',
  'role.revoked',
  'roles.excluded',
  'absence.recorded',
  'absence.cancelled',
  'delegation.granted',
  'delegation.revoked',
  'person.departed',
  'person.returned',
  'alias.recorded',
  'bot.registered',
  'bot.assigned',
  'groups.assigned',
  'freeze.declared',
  'freeze.lifted',
  'window.declared',
  'window.withdrawn',
  'template.revoked',
])

/** What waits to be pulled on a team's board besides what an entry reaches, and what the team had open before it. */
interface Beside {
  readonly name: string
  readonly team: readonly Change[]
  readonly waiting: readonly Change[]
}

const nobodyBeside: Beside = { name: '', team: [], waiting: [] }

/** Whether a change is held back whoever has it: by the column, or by what is in progress. */
const isForAll = (held: HeldBack | undefined): boolean =>
  held?.refusal.code === 'limit.reached' && !held.refusal.facts.limit.startsWith('person ')

/** Whether what has happened to a change takes a place on its team's board, or leaves one. */
function makesRoom(event: ChangeEvent | GovernanceEvent): boolean {
  if (event.type === 'stage.entered') return event.stage === 'completed'
  return placing.has(event.type)
}

const placing: ReadonlySet<string> = new Set<ChangeEvent['type']>([
  'card.moved',
  'change.assigned',
  'change.recategorised',
  'standard.lost',
  'change.cancelled',
  'change.closed',
])

/**
 * Who must be told what, entry by entry: a fold over the trail that stores nothing of its own. Taken to the same entry it
 * gives the same notices, wherever it is run and from whichever entry on somebody listens.
 */
export class Outbox {
  readonly #state = new State()
  /** When time alone will bring something about on any change. */
  readonly #ofAll = new Agenda()
  /** When it will on one, by the change. */
  readonly #pending = new Map<string, Instant[]>()
  /** Nothing falls due on one change before. */
  #nearest: Instant = never

  /** How many entries were taken in. */
  get size(): number {
    return this.#state.size
  }

  /** Takes in the next entry, and gives what is to be told of it, and of the time that has passed before it. */
  entry(body: RecordBody): Notice[] {
    const overdue = this.until(body.at)
    if ('refused' in body.outcome) {
      this.#state.fold(body)
      return overdue
    }
    const affected = this.#affectedBy(body)
    const before = new Map(affected.map(id => [id, waitingOn(this.#state, id, body.at)]))
    const beside = this.#toBePulled(body, affected)
    this.#fold(body, affected)
    const cause: Cause = { at: body.at, key: String(body.seq), by: body.by.person }
    const told = affected.flatMap(id => this.#news(id, before.get(id), waitingOn(this.#state, id, body.at), cause))
    return once([...overdue, ...this.#happened(body, cause), ...told, ...this.#ofRoom(beside, cause)])
  }

  /** Takes in the next entry without telling anything of it. */
  pass(body: RecordBody): void {
    this.passTime(body.at)
    if ('refused' in body.outcome) this.#state.fold(body)
    else this.#fold(body, this.#affectedBy(body))
  }

  /** Gives what time alone has brought about by an instant, and was not given yet. */
  until(at: Instant): Notice[] {
    const told: Notice[] = []
    for (let due = this.#next(at); due !== undefined; due = this.#next(at)) told.push(...this.#fire(due))
    return once(told)
  }

  /** Lets time pass to an instant without telling anything of it. */
  passTime(at: Instant): void {
    while (this.#next(at) !== undefined);
  }

  /** Takes out what falls due next, where that is by an instant, with the changes on which it does; and looks ahead from there. */
  #next(by: Instant): Due | undefined {
    const isOfAll = this.#ofAll.next <= this.#nearest
    const at = isOfAll ? this.#ofAll.next : this.#nearest
    if (at > by) return undefined
    const named = isOfAll
      ? this.#open().map(one => one.id)
      : [...this.#pending].flatMap(([id, all]) => (all.includes(at) ? [id] : []))
    const ids = [...new Set(named.flatMap(id => [id, ...this.#state.descendantsOf(id).map(one => one.id)]))]
    this.#ofAll.pass(at)
    for (const id of ids) this.#await(id, at)
    this.#nearest = this.#soonest()
    return { at, ids }
  }

  /** Keeps what will fall due on a change after an instant. */
  #await(id: string, after: Instant): void {
    const ahead = deadlinesOf(this.#state, id, after).filter(one => one > after)
    if (ahead.length === 0) this.#pending.delete(id)
    else this.#pending.set(id, ahead)
    for (const one of ahead) if (one < this.#nearest) this.#nearest = one
  }

  #soonest(): Instant {
    let first = never
    for (const all of this.#pending.values()) for (const one of all) if (one < first) first = one
    return first
  }

  /** Folds an accepted entry, and looks ahead on the changes that it reaches. */
  #fold(body: RecordBody, affected: readonly string[]): void {
    const { command, outcome } = body
    this.#state.fold(body)
    const { lastAt } = this.#state
    if (isGovernance(command) && 'accepted' in outcome) {
      const looks = outcome.accepted.flatMap(event => looksAt(event as GovernanceEvent, command))
      for (const at of looks) if (at > lastAt) this.#ofAll.add(at)
    }
    for (const id of affected) this.#await(id, lastAt)
  }

  /**
   * The changes on which an entry may bring it about that others are asked: whoever makes something takes part in what it depends
   * on, and in what depends on it.
   */
  #affectedBy({ command, outcome }: RecordBody): string[] {
    if (!isGovernance(command)) {
      const { change } = command
      const parent = command.type === 'submit' ? command.parent : this.#state.changes.get(change)?.parent
      const family = [...this.#state.ancestorsFrom(parent), ...this.#state.descendantsOf(change)]
      return [change, ...family.map(one => one.id)]
    }
    const events = 'accepted' in outcome ? (outcome.accepted as readonly GovernanceEvent[]) : []
    if (events.some(event => moving.has(event.type))) return this.#open().map(one => one.id)
    // A policy brings its team's board with it: what has to be pulled, and what no longer has.
    const teams = events.flatMap(event => (event.type === 'policy.adopted' ? [event.team] : []))
    return teams.flatMap(team => this.#open(team).map(one => one.id))
  }

  /** Besides those that an entry reaches, what waits to be pulled on a board on which it takes a place, or leaves one. */
  #toBePulled({ command, outcome, at }: RecordBody, affected: readonly string[]): Beside {
    if (isGovernance(command) || !('accepted' in outcome) || !outcome.accepted.some(makesRoom)) return nobodyBeside
    const name = command.type === 'submit' ? command.team : this.#state.changes.get(command.change)?.team
    if (name === undefined || boardFor(this.#state.governance, name) === undefined) return nobodyBeside
    const team = this.#open(name)
    const waiting = team.filter(change => {
      const pinned = this.#pinned(change, at)
      return !affected.includes(change.id) && columnToPull(pinned, overdue(pinned, change).change) !== undefined
    })
    return { name, team, waiting }
  }

  /** Who is asked to pull something, as there is room for it now, or to give it to somebody. */
  #ofRoom({ name, team, waiting }: Beside, cause: Cause): Notice[] {
    if (waiting.length === 0) return []
    const { at } = cause
    const now = this.#open(name)
    return waiting.flatMap(recorded => {
      const pinned = this.#pinned(recorded, at)
      const { change } = overdue(pinned, recorded)
      const [before, after] = [heldBack(pinned, change, team), heldBack(pinned, change, now)]
      // In a long queue nearly all wait as before: there is room for each, or for none of them, whoever has it.
      if (before === undefined && after === undefined) return []
      if (isForAll(before) && isForAll(after)) return []
      const { id } = recorded
      return this.#news(id, waitingOn(this.#state, id, at, team), waitingOn(this.#state, id, at), cause)
    })
  }

  #open(team?: string): Change[] {
    // What has ended and still owes something is open, too.
    return this.#state.openChanges(team).filter(one => !hasEnded(one))
  }

  /** What comes about at an instant that no entry has. */
  #fire({ at, ids }: Due): Notice[] {
    const cause = { at, key: at }
    const justBefore = new Date(Date.parse(at) - 1).toISOString()
    return ids.flatMap(id =>
      this.#news(id, waitingOn(this.#state, id, justBefore), waitingOn(this.#state, id, at), cause),
    )
  }

  #late(change: Change, { place, kind, stage, due }: Late, { asks }: Waiting, cause: Cause): Notice[] {
    const able = asks.filter(one => one.stage === stage)
    const persons = [
      ...able.map(one => one.person),
      ...this.#deskOf(change),
      ...(able.length === 0 ? this.#rulers() : []),
    ]
    const because = `the ${kind} that is owed at ${stage} was due at ${due}, and is not there`
    return this.#tell(change, persons, { kind: 'late', stage, due, because }, cause, `${kind}-${place}`)
  }

  /** Whom a change asks that it did not ask before, the stages that have come to be met by nobody, and what has come to be late. */
  #news(id: string, before: Waiting | undefined, after: Waiting, cause: Cause): Notice[] {
    const change = this.#state.changes.get(id)
    if (change === undefined) return []
    const known = new Set(before?.asks.map(one => one.identity))
    const asked = after.asks
      .filter(one => !known.has(one.identity))
      .flatMap(one => this.#tell(change, [one.person], askedOf(one), cause, `${one.stage}-${one.do}`))
    const blocked = after.blocked
      .filter(one => !before?.blocked.some(other => other.stage === one.stage && other.status === one.status))
      .flatMap(({ stage, status, missing, eligible }) => {
        const left = eligible.some(one => one.excluded === undefined)
          ? 'too few are left who may act'
          : 'nobody else may act'
        const because = `${stage} is ${status}: it lacks ${waitsFor(missing)}, and ${left}`
        const persons = [...this.#rulers(), ...this.#deskOf(change)]
        return this.#tell(change, persons, { kind: 'blocked', stage, because }, cause, stage)
      })
    const late = after.late
      .filter(one => !before?.late.some(other => other.place === one.place))
      .flatMap(one => this.#late(change, one, after, cause))
    return [...asked, ...blocked, ...late]
  }

  /** What an entry says that has happened, to those who have to know. */
  #happened(body: RecordBody, cause: Cause): Notice[] {
    const { command, outcome, by } = body
    if ('refused' in outcome) return []
    if (isGovernance(command)) {
      const declared = outcome.accepted.flatMap(event => (event.type === 'freeze.declared' ? [event.freeze] : []))
      return declared.flatMap(freeze => this.#frozen(freeze, cause))
    }
    const change = this.#state.changes.get(command.change)
    if (change === undefined) return []
    const others = this.#deskOf(change).filter(one => one !== by.person)
    return outcome.accepted.flatMap(event => this.#told(change, event as ChangeEvent, others, cause))
  }

  #told(change: Change, event: ChangeEvent, others: readonly string[], cause: Cause): Notice[] {
    const who = cause.by ?? 'a robot'
    switch (event.type) {
      case 'approval.staled':
        return this.#stale(change, change.approvals[event.approval], 'approval', cause)
      case 'signoff.staled':
        return this.#stale(change, change.signOffs[event.signOff], 'test', cause)
      case 'release.staled':
        return this.#stale(change, change.releases[event.release], 'release', cause)
      case 'approval.granted':
      case 'change.rejected':
      case 'test.signed-off':
      case 'task.completed':
      case 'items.ticked':
      case 'change.released': {
        const { stage, person, chain } = event
        const vetoed =
          event.type === 'change.rejected' && event.veto === true
            ? this.#tell(
                change,
                others,
                { kind: 'vetoed', stage, by: person, because: `${person} has stopped it at ${stage} by a veto` },
                cause,
                stage,
              )
            : []
        if (event.seats[0]?.capacity !== 'delegate') return vetoed
        const principals = chain.filter(one => one !== person)
        const because = `${person} has acted at ${stage} in their name`
        return [
          ...vetoed,
          ...this.#tell(change, principals, { kind: 'actedFor', stage, by: person, because }, cause, stage),
        ]
      }
      case 'change.assigned': {
        const by = event.triage === undefined ? who : 'triage'
        if (event.triage === undefined && event.to === cause.by) return []
        return this.#tell(change, [event.to], { kind: 'assigned', because: `${by} has given the work to them` }, cause)
      }
      case 'change.unassigned':
        return this.#tell(
          change,
          this.#deskOf(change),
          { kind: 'unassigned', because: `triage has found nobody to give it to (${event.why})` },
          cause,
        )
      case 'change.returned':
        return this.#tell(change, others, { kind: 'returned', because: `${who} has sent it back` }, cause)
      case 'exception.requested': {
        const pinned = this.#pinned(change, cause.at)
        const rule = exceptionRuleFor(pinned.policy, event.duties)
        if (rule === undefined) return []
        const granters = outsidersIn(pinned, change, rule.grantedBy).filter(
          one => one !== event.person && one !== event.by,
        )
        const because = `${event.by} asks that ${event.person} be excepted from ${event.duties.join(' and ')}`
        return this.#tell(change, granters, { kind: 'asked', do: 'grantException', because }, cause, event.exception)
      }
      default:
        return []
    }
  }

  #stale(
    change: Change,
    given: { readonly stage: string; readonly chain: readonly string[] } | undefined,
    what: string,
    cause: Cause,
  ): Notice[] {
    if (given === undefined) return []
    const because = `the ${what} at ${given.stage} was for what it was before revision ${change.revision}`
    return this.#tell(change, given.chain, { kind: 'stale', stage: given.stage, because }, cause, given.stage)
  }

  #frozen(freeze: string, cause: Cause): Notice[] {
    return this.#open().flatMap(change => {
      const { plan } = change
      if (plan === undefined) return []
      const reaches = plannedInto(this.#pinned(change, cause.at), change, plan).some(one => one.freeze === freeze)
      const because = `the plan from ${plan.from} until ${plan.until} reaches into the freeze ${freeze}`
      return reaches ? this.#tell(change, this.#deskOf(change), { kind: 'frozen', freeze, because }, cause, freeze) : []
    })
  }

  #pinned(change: Change, at: Instant) {
    return pin(this.#state.worldOf(change.id), change, at)
  }

  /** Whoever asked for a change, and has it on their hands; where they have left, the administrators. */
  #deskOf({ requestedBy, assignee }: Change): string[] {
    const desk = this.#here([requestedBy, ...(assignee === undefined ? [] : [assignee])])
    return desk.length > 0 ? desk : this.#rulers()
  }

  #rulers(): string[] {
    return [...this.#state.governance.administrators].toSorted()
  }

  /** Natural persons who are here, each once, under the id that they go by. Whoever has left is told nothing. */
  #here(ids: readonly string[]): string[] {
    const { governance } = this.#state
    return [...new Set(ids.map(id => personOf(governance, id)))].filter(id => isActive(governance, id))
  }

  /** One notice for each person. `about` tells it from others of its kind on the change. */
  #tell({ id, team }: Change, persons: readonly string[], draft: Draft, { at, key }: Cause, about = '-'): Notice[] {
    return this.#here(persons).map(person => ({
      key: `${key}/${draft.kind}/${id}/${about}/${person}`,
      person,
      change: id,
      team,
      since: at,
      ...draft,
    }))
  }
}

const once = (notices: readonly Notice[]): Notice[] => [...new Map(notices.map(one => [one.key, one])).values()]

function askedOf({ do: deed, stage, waits, for: principal, robot, due }: Ask): Draft {
  const by = principal === undefined ? '' : `; ${principal} is absent, and they may act for ${principal}`
  const hand = robot === undefined ? '' : `; ${robot} could do it, for which they answer`
  return {
    kind: 'asked',
    do: deed,
    stage,
    because: `${stage} waits for ${waits}${by}${hand}${due === undefined ? '' : `, by ${due}`}`,
    ...(principal === undefined ? {} : { for: principal }),
    ...(robot === undefined ? {} : { robot }),
    ...(due === undefined ? {} : { due }),
  }
}
