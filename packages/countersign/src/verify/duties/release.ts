import type { ChangeCommand } from '../../change/command.ts'
import type { ChangeEvent } from '../../change/event.ts'
import type { SingleStage } from '../../policy/stage.ts'
import type { RecordBody } from '../../record/record.ts'
import { ready, stagesNamed } from './checklist.ts'
import { lacking, lookingBack, standing, untested } from './count.ts'
import { asked, ways } from './enough.ts'
import { isFavour, isHolder, lateGrants } from './family.ts'
import type { Calendars } from './freeze.ts'
import type { Command, Event, Judge } from './judge.ts'
import { askedStages, isOwed, owe } from './obligation.ts'
import { wasCompromised } from './people.ts'
import { isRightful, rightIn } from './right.ts'
import { madeByRequester, separate } from './separation.ts'
import { endOf, flowOf, singles, standingEffects, type Ticket } from './ticket.ts'
import { inTheWay } from './veto.ts'

/** What puts a change into effect: was it time, by whom, and was everything there that is asked for before. */
export class Releases {
  readonly #judge: Judge
  readonly #calendars: Calendars

  constructor(judge: Judge, calendars: Calendars) {
    this.#judge = judge
    this.#calendars = calendars
  }

  /** Takes in what has happened: a release, or the breaking of the glass. */
  event(ticket: Ticket, event: ChangeEvent, command: ChangeCommand, body: RecordBody): void {
    if (event.type === 'change.released' && command.type === 'release') this.#released(ticket, event, command, body)
    if (event.type === 'glass.broken' && command.type === 'breakGlass') this.#broken(ticket, body)
  }

  #released(ticket: Ticket, event: Event<'change.released'>, command: Command<'release'>, body: RecordBody): void {
    const { seq } = body
    const people = this.#judge.acting(body, event)
    this.#judge.bound(ticket, command, seq)
    this.#judge.separate(ticket, 'release', people, body)
    // Whoever puts it into effect takes part by that, so that what others have by their favour counts for nothing in it.
    this.#judge.did(ticket, 'release', people, seq)
    this.#byRight(ticket, event, people, body)
    const made = madeByRequester(this.#judge.people, ticket, { at: body.at, before: Number.POSITIVE_INFINITY })
    if (made.clash === undefined) this.#judge.rest(ticket, made.rests, seq)
    else
      this.#judge.find(
        'duty.violated',
        seq,
        'a change that somebody else made than asked for it',
        ticket.requesters.join(', '),
        made.clash,
      )
    const flow = flowOf(ticket)
    const place = flow.findIndex(one => one.name === event.stage)
    const stage = flow[place]
    const own = stage?.kind === 'release' ? stage.environment : undefined
    const { environment = own } = command
    if (environment !== own) {
      const because = 'it was put into effect somewhere else than the stage is for'
      this.#judge.find('approval.unbound', seq, own ?? 'no environment', environment ?? 'none', because)
    }
    const before = singles(place < 0 ? flow : flow.slice(0, place)).filter(one => asked(one.when, ticket.form))
    const untimely = stage?.kind === 'release' ? this.#calendars.against(ticket, stage, body.at) : undefined
    if (untimely !== undefined)
      this.#judge.find(
        'release.untimely',
        seq,
        'no freeze, and an open window where one is asked for',
        untimely,
        'it was implemented when nothing may be',
      )
    // Nobody does so in the name or in the place of whoever may break it.
    const isOwn = event.seats.every(seat => seat.capacity === 'own')
    const underGlass = event.underGlass === true && isOwn && this.#isGlassOpen(ticket, body)
    if (underGlass && ticket.glass !== undefined) ticket.glass.used = true
    // What is released once more is judged once more.
    ticket.effects = ticket.effects.filter(one => one.stage !== event.stage)
    this.#counted(ticket, before, environment, people, body, underGlass)
    // What a stage has put into effect went by the checklist of then, whatever other rules have added since.
    const done = new Set(standingEffects(ticket).map(one => one.stage))
    const isOver = (one: SingleStage) => isOwed(one) || (one.kind === 'release' && done.has(one.name))
    const asking = before.filter(one => !isOver(one) && !(underGlass && one.kind === 'test'))
    ready(this.#judge, ticket, [...asking, ...stagesNamed(ticket, event.stage)], body)
    if (!ticket.isMade) {
      const because = 'it was implemented, and nobody is recorded as having made it'
      this.#judge.find('release.unmade', seq, 'somebody who made it', 'nobody', because)
    }
    ticket.isInEffect = true
    ticket.effects.push({ stage: event.stage, seq, at: body.at, edit: ticket.edit, round: ticket.round })
    owe(ticket, event.stage, body)
  }

  /** Nor does their own release rest on a favour of theirs, or of anybody else who takes part. */
  #byRight(ticket: Ticket, { seats }: Event<'change.released'>, ids: readonly string[], { seq, at }: RecordBody): void {
    const { people } = this.#judge
    const rights = seats.map(seat => rightIn(people, ticket, seat, ids[0] ?? '', at))
    if (rights.length === 0 || rights.some(one => isRightful(people, ticket, one))) return
    const expected = 'a release by a right that nobody who takes part has given'
    const because = 'it was implemented by the favour of somebody who takes part in it'
    this.#judge.find('duty.violated', seq, expected, ids.join(', '), because)
  }

  /** The glass is broken by a holder of the role that the policy names, once; otherwise it is not. */
  #broken(ticket: Ticket, { at, by, seq }: RecordBody): void {
    const rule = glassRule(ticket)
    const ids = this.#judge.people.behind(by.account)
    if (rule === undefined || ticket.glass !== undefined || this.#judge.people.isRobot(by.account)) return
    if (![...this.#judge.people.all(ids)].some(party => isHolder(this.#judge.people, party, rule.by, ticket, at)))
      return
    const late = lateGrants(this.#judge.people, ids, rule.by, ticket, at)
    ticket.glass = { people: ids, late, seq, at, until: endOf(at, rule.lasts), round: ticket.round, used: false }
    this.#judge.did(ticket, 'release', ids, seq)
  }

  /** Whether the glass is broken, for this round and long enough, by somebody who had a right to that, as is known now. */
  #isGlassOpen(ticket: Ticket, { at, seq }: RecordBody): boolean {
    const { glass, round } = ticket
    const rule = glassRule(ticket)
    if (glass === undefined || rule === undefined || glass.round !== round || at >= glass.until) return false
    const { people, late, seq: given, at: broken } = glass
    // The role may have become another one by a move to another policy.
    const isOwed = late?.role === rule.by && isFavour(this.#judge.people, late, ticket)
    if (isOwed || wasCompromised(this.#judge.people, people, given)) return false
    return (
      separate(this.#judge.people, ticket, 'release', people, { at, before: seq }, { at: broken }).clash === undefined
    )
  }

  /** Before a release: enough different persons have approved, for each stage that applies, and tested. */
  #counted(
    ticket: Ticket,
    before: readonly SingleStage[],
    environment: string | undefined,
    people: readonly string[],
    { seq, at }: RecordBody,
    underGlass: boolean,
  ): void {
    const { form, electorates } = ticket
    const isFor = (named?: readonly string[]) =>
      named === undefined || (environment !== undefined && named.includes(environment))
    const asking = underGlass ? [] : before
    const stages = asking.filter(one => one.kind !== 'approval' || isFor(one.environments))
    // What was given for elsewhere is as good as not given: the same person may have given something for here as well.
    const here = ticket.approvals.filter(one => isFor(one.environments))
    const found = standing(this.#judge.people, ticket, { at, before: Number.POSITIVE_INFINITY }, here)
    const { approvals } = found
    const unapproved = lacking(stages, form, electorates, approvals).map(one => one.name)
    // That nothing applies is no leave: at least one rule has to.
    if (!underGlass && !stages.some(one => one.kind === 'approval' && ways(one.requires, form).length > 0))
      unapproved.push('any rule')
    if (unapproved.length > 0) {
      const given = approvals.map(({ act }) => act.people[0]).join(', ') || 'nobody'
      const because = 'it was implemented before it was approved'
      this.#judge.find('release.unapproved', seq, `approval at ${unapproved.join(', ')}`, given, because)
    }
    const tests = untested(stages, form, found.tests)
    for (const one of tests) {
      const signed = found.tests.filter(act => act.stage === one.name).length
      const because = 'it was implemented before it was tested'
      this.#judge.find('release.untested', seq, `${one.signOffs} at ${one.name}`, `${signed}`, because)
    }
    const isWrong = unapproved.length + tests.length > 0 || this.#isVetoed(ticket, before, seq)
    if (!isWrong) this.#judge.rest(ticket, found.rests, seq)
    const shared = { seq, at, people, form, stages, electorates, isWrong, round: ticket.round, isStale: false }
    ticket.releases.push({ ...shared, approvals, tests: found.tests })
  }

  /** At the end of its flow: what was given since the last release, or all of it where there was none. */
  completed(ticket: Ticket, { seq, at }: RecordBody): void {
    const { form, electorates } = ticket
    const asking = askedStages(ticket).filter(one => ticket.releases.length === 0 || isOwed(one))
    delete ticket.completion
    if (asking.length === 0) return
    const moment = { at, before: Number.POSITIVE_INFINITY }
    const found = standing(this.#judge.people, ticket, moment, lookingBack(ticket))
    // What was rejected, and made good by another change, rests on nobody.
    const stages = asking.filter(
      one =>
        lacking([one], form, electorates, found.approvals).length === 0 &&
        untested([one], form, found.tests).length === 0,
    )
    const names = new Set(stages.map(one => one.name))
    const approvals = found.approvals.filter(({ act }) => names.has(act.stage))
    const tests = found.tests.filter(act => names.has(act.stage))
    const shared = {
      seq,
      at,
      people: [],
      form,
      stages,
      electorates,
      isWrong: false,
      round: ticket.round,
      isStale: false,
    }
    ticket.completion = { ...shared, approvals, tests }
  }

  #isVetoed(ticket: Ticket, before: readonly SingleStage[], seq: number): boolean {
    const vetoes = inTheWay(this.#judge.people, ticket, before)
    for (const { stage, people } of vetoes) {
      const because = `it was implemented while a veto at ${stage} stood`
      this.#judge.find('veto.overridden', seq, 'no veto that stands', people.join(', '), because)
    }
    return vetoes.length > 0
  }
}

const glassRule = ({ policy: { categories }, category }: Ticket) =>
  Object.hasOwn(categories, category) ? categories[category]?.breakGlass : undefined
