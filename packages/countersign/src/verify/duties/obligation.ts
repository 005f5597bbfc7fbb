import type { ApprovalStage, SingleStage, TestStage } from '../../policy/stage.ts'
import type { RecordBody } from '../../record/record.ts'
import type { Instant } from '../../values/instant.ts'
import { unticked } from './checklist.ts'
import { lacking, lookingBack, type Standing, standing, untested } from './count.ts'
import { asked } from './enough.ts'
import type { Judge } from './judge.ts'
import type { OwedOn } from './owed.ts'
import type { People } from './people.ts'
import { endOf, flowOf, type Moment, type Owed, singles, standingEffects, type Ticket } from './ticket.ts'

// What is owed on a change that has taken effect: told a second time, straight from the law.

type OwedStage = (ApprovalStage | TestStage) & { readonly within: string }

export const isOwed = (stage: SingleStage): stage is OwedStage =>
  (stage.kind === 'approval' || stage.kind === 'test') && stage.within !== undefined

/** The stages that are asked for at all: some only where the glass was broken. */
export const askedStages = (ticket: Ticket): SingleStage[] =>
  singles(flowOf(ticket)).filter(
    one =>
      (ticket.glass?.used === true || !('onlyAfter' in one) || one.onlyAfter === undefined) &&
      asked(one.when, ticket.form),
  )

/** Opens what is owed from here on: of the stages after a place in the flow, each that is not owed already. */
export function owe(ticket: Ticket, after: string | undefined, effect: Effect): void {
  const all = singles(flowOf(ticket)).map(one => one.name)
  const place = after === undefined ? -1 : all.indexOf(after)
  for (const stage of askedStages(ticket)) {
    if (isOwed(stage) && all.indexOf(stage.name) > place) open(ticket, stage, effect)
  }
}

/**
 * Opens what the rules that a change was moved to, or its form after an edit, ask for: as of when what is there was put into
 * effect, or found.
 */
export function oweWhatIsAsked(ticket: Ticket): void {
  const all = singles(flowOf(ticket)).map(one => one.name)
  const found = ticket.isInEffect && ticket.effects.length === 0 ? ticket : undefined
  const inEffect = standingEffects(ticket)
  for (const stage of askedStages(ticket)) {
    if (!isOwed(stage)) continue
    const before = all.slice(0, all.indexOf(stage.name))
    const effect = inEffect.findLast(one => before.includes(one.stage)) ?? found
    if (effect !== undefined) open(ticket, stage, effect)
  }
}

/** The entry by which something came into effect, and when. */
interface Effect {
  readonly seq: number
  readonly at: Instant
}

function open(ticket: Ticket, { name: stage, within }: OwedStage, { at, seq }: Effect): void {
  // Given after it came into effect once more, it was given for that, too.
  const isThere = ({ ended, since }: Owed) => ended === undefined || since >= at || ended.seq > seq
  if (ticket.owed.some(one => one.stage === stage && one.kind === 'review' && isThere(one))) return
  ticket.owed.push({ kind: 'review', stage, since: at, due: endOf(at, within) })
}

/** What a rejection at an owed stage asks for. */
export function condemn(ticket: Ticket, name: string, { at, seq }: Effect): void {
  const stage = singles(flowOf(ticket)).find(one => one.name === name)
  if (stage === undefined || !isOwed(stage)) return
  for (const one of ticket.owed) one.ended ??= { how: 'rejected', late: at >= one.due, seq }
  ticket.owed.push({ kind: 'remedy', stage: name, since: at, due: endOf(at, stage.remedyWithin ?? stage.within) })
}

/** Ends what is there now, and opens again what was there and is not any more, while what it was for is in effect. */
function settleOwed(people: People, ticket: Ticket, { at, seq }: Effect): void {
  // What was rejected is reviewed no further; it is made good.
  if (ticket.owed.some(one => one.kind === 'remedy')) return
  const moment: Moment = { at, before: Number.POSITIVE_INFINITY }
  let found: Standing | undefined
  const isThere = (name: string) => {
    const stages = askedStages(ticket).filter(one => one.name === name)
    // What counts does not hang on what is owed, so it is the same for each stage.
    found ??= standing(people, ticket, moment, lookingBack(ticket))
    return (
      lacking(stages, ticket.form, ticket.electorates, found.approvals).length === 0 &&
      untested(stages, ticket.form, found.tests).length === 0 &&
      stages.every(one => unticked(people, ticket, one, moment).length === 0)
    )
  }
  const latest = new Map<string, Owed>()
  for (const one of ticket.owed) if (one.kind === 'review') latest.set(one.stage, one)
  for (const one of latest.values()) {
    if (one.ended?.how === 'rejected') continue
    const isMet = isThere(one.stage)
    // What nobody is asked for is not given by that.
    const isAsked = askedStages(ticket).some(stage => stage.name === one.stage)
    if (one.ended === undefined && isMet && isAsked) one.ended = { how: 'fulfilled', late: at >= one.due, seq }
    else if (one.ended !== undefined && !isMet && reviewsLive(ticket, one.stage)) delete one.ended
  }
}

/** Whether what a stage reviews is in effect now: in this round, as it is; or it was found there. */
function reviewsLive(ticket: Ticket, name: string): boolean {
  if (ticket.isInEffect && ticket.effects.length === 0) return true
  const all = singles(flowOf(ticket)).map(one => one.name)
  const before = all.slice(0, all.indexOf(name))
  return standingEffects(ticket).some(one => before.includes(one.stage))
}

/** What speaks against a remedy. */
function unfit(ticket: Ticket, remedy: Ticket | undefined, owed: Owed | undefined): string | undefined {
  if (owed === undefined) return 'nothing was rejected'
  if (remedy === undefined || remedy.parent !== ticket) return 'the remedy does not depend on the change'
  // What the rules can order by their instants alone has to come after it by these.
  if (remedy.at <= owed.since) return 'the remedy was not asked for after the rejection'
  if (!remedy.isCompleted) return 'the remedy is not completed'
  return remedy.releases.every(one => one.isStale) ? 'the remedy has put nothing into effect that stands' : undefined
}

/** How the entry tells a fulfilment, where it tells it otherwise than it was. */
function misdated(ticket: Ticket, { outcome }: RecordBody): string | undefined {
  if ('refused' in outcome) return undefined
  for (const event of outcome.accepted) {
    if (event.type === 'obligation.opened') {
      const known = ticket.owed.some(
        one => one.stage === event.stage && one.kind === event.kind && one.due === event.due,
      )
      if (!known) return `the ${event.kind} at ${event.stage} is not due at ${event.due}`
    }
    if (event.type !== 'obligation.fulfilled' && event.type !== 'obligation.rejected') continue
    const owed = ticket.owed[event.obligation]
    if (owed?.ended === undefined) return `what is owed as number ${event.obligation} is not there`
    if (owed.ended.late !== event.late)
      return `the ${owed.kind} at ${owed.stage} was due at ${owed.due}, and is told to be ${event.late ? 'late' : 'in time'}`
  }
  return undefined
}

/**
 * What has fallen away since the last entry on a change is owed again, before what the next one gives: by the shares as that one
 * has counted them anew before it.
 */
export function lapse(people: People, ticket: Ticket, body: RecordBody): void {
  if (!ticket.owed.some(one => one.ended !== undefined) || 'refused' in body.outcome) return
  for (const event of body.outcome.accepted) {
    if (event.type === 'stage.entered') ticket.electorates = { ...ticket.electorates, ...event.electorates }
    else if (!cameAbout.has(event.type)) break
  }
  settleOwed(people, ticket, body)
}

/** What an entry tells first: what has come about since the last one. */
const cameAbout: ReadonlySet<string> = new Set([
  'approval.carried',
  'obligation.opened',
  'obligation.fulfilled',
  'obligation.reopened',
])

/** What is owed, once an entry has said what it says. `named` is the change that it names as the remedy. */
export function owing(judge: Judge, ticket: Ticket, body: RecordBody, named: Ticket | undefined): void {
  const { command, seq, at } = body
  if (command.type === 'remediate' && ticket.owed.length > 0) {
    const owed = ticket.owed.find(one => one.kind === 'remedy' && one.ended === undefined)
    const against = unfit(ticket, named, owed)
    if (owed !== undefined && against === undefined) owed.ended = { how: 'fulfilled', late: at >= owed.due, seq }
    else judge.find('obligation.unfulfilled', seq, 'a remedy', command.by, against ?? '')
  } else if (ticket.owed.length > 0) settleOwed(judge.people, ticket, body)
  const wrong = misdated(ticket, body)
  if (wrong !== undefined) judge.find('obligation.misdated', seq, 'what was owed, and when', 'something else', wrong)
  const events = 'accepted' in body.outcome ? body.outcome.accepted : []
  if (events.some(one => one.type === 'stage.entered' && one.stage === 'completed')) leave(judge, ticket, seq)
}

/** Nothing that is owed is left behind. */
export function leave(judge: Judge, ticket: Ticket, seq: number): void {
  const open = ticket.owed.filter(one => one.ended === undefined)
  if (open.length === 0) return
  const owed = open.map(one => `${one.kind} at ${one.stage}, due at ${one.due}`).join('; ')
  const because = 'it was put aside with something still owed on it'
  judge.find('obligation.unfulfilled', seq, owed, 'nothing', because)
}

/** All that is owed, or was, in the order in which the changes were submitted. */
export const allOwed = (tickets: Iterable<Ticket>): OwedOn[] =>
  [...tickets].flatMap(({ id: change, seq, owed }) => owed.map(one => ({ change, seq, ...one })))
