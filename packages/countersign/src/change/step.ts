import { LeadsNowhere } from '../decision/leads-nowhere.ts'
import { type Refused, refuse } from '../decision/refusal.ts'
import type { Actor, NaturalPerson } from '../governance/identity.ts'
import type { SingleStage } from '../policy/stage.ts'
import { didYouMean } from '../values/near.ts'
import type { Authority } from './authority.ts'
import type { Change, Given, Seat } from './change.ts'
import type { ChangeCommand } from './command.ts'
import type { ChangeEvent } from './event.ts'
import { type LifeEvent, lifecycle } from './lifecycle.ts'
import { stillOwing } from './obligation.ts'
import { openOn, reviewedBy } from './open-stages.ts'
import { isPossible } from './possible-command.ts'
import { missingAt } from './shortfall.ts'
import { isMet } from './standing.ts'
import { meetIn, type Pinned } from './world.ts'

export type Of<Type extends ChangeCommand['type']> = Extract<ChangeCommand, { type: Type }>
export type About = Exclude<ChangeCommand, { type: 'submit' }>

/** What a step of the decision gives: events and the right by which they came about, or a refusal. */
export type Step = Taken | Refused

export interface Taken {
  readonly events: readonly ChangeEvent[]
  readonly as?: Seat | undefined
  /** The change after the events, where it is at hand. */
  readonly change?: Change
}

/** Events that need no right of their own. */
export const events = (...list: ChangeEvent[]): Step => ({ events: list })
/** Events that came about by a right, which is recorded with them. */
export const by = (authority: Authority, ...list: ChangeEvent[]): Step => ({ events: list, as: authority.seats[0] })

/** The refusal of a command that has no place where the change is. */
export function notNow(pinned: Pinned, change: Change, command: LifeEvent): Refused {
  const missing = openOn(pinned, change).map(stage => missingAt(pinned, change, stage))
  const legal = new Set<string>([
    ...reviewedBy(pinned, change),
    ...lifecycle(change.category, pinned.category).commands(change.state),
  ])
  const waits = missing.length === 0 ? {} : { waitsFor: Object.assign({}, ...missing) }
  return refuse('lifecycle.not-now', {
    change: change.id,
    state: change.state,
    command,
    allowed: [...legal].filter(one => stillOwing(change, one) === undefined && isPossible(pinned, change, one)),
    ...waits,
  })
}

/** What the person saw must be what is there. */
export function unseen(change: Change, command: { revision: number; digest: string }) {
  if (command.revision !== change.revision) {
    return refuse('binding.revision', {
      change: change.id,
      named: command.revision,
      current: change.revision,
      digest: change.digest,
    })
  }
  return command.digest === change.digest
    ? undefined
    : refuse('binding.digest', { change: change.id, named: command.digest, current: change.digest })
}

/**
 * What is recorded of whoever gives something at a stage: who they are, and by what right. The members stand in canonical order,
 * so that the verifier can compare the text of an entry instead of parsing it.
 */
export function givenAt(stage: SingleStage, { person, chain, seats, exceptions }: Authority): GivenAt {
  const at = { chain: [...chain], person, seats: [...seats], stage: stage.name }
  return exceptions.length === 0 ? at : { ...at, exceptions: [...exceptions] }
}

interface GivenAt {
  readonly chain: string[]
  readonly person: string
  readonly seats: Seat[]
  readonly stage: string
  readonly exceptions?: string[]
}

/**
 * The stages of a kind at which the change is and which still wait for something; of several that are open together, the
 * one that is named. Where none waits, the refusal.
 */
export function openFor<Kind extends SingleStage['kind']>(
  pinned: Pinned,
  change: Change,
  kind: Kind,
  command: { readonly type: LifeEvent; readonly stage?: string | undefined },
): readonly Extract<SingleStage, { kind: Kind }>[] | Refused {
  type Wanted = Extract<SingleStage, { kind: Kind }>
  const open = openOn(pinned, change).filter((stage): stage is Wanted => stage.kind === kind)
  const { stage: named } = command
  if (named !== undefined && !pinned.stages.some(stage => stage.name === named)) {
    const known = pinned.stages.filter(stage => stage.kind === kind).map(stage => stage.name)
    return refuse('name.unknown', { what: 'stage', name: named, near: didYouMean(named, known) })
  }
  // A stage that is open by itself is not met, or the change would have gone on.
  const alone = pinned.category.flow.some(stage => stage === open[0])
  const waiting = open.filter(
    stage => (named === undefined || stage.name === named) && (alone || !isMet(pinned, change, stage)),
  )
  if (waiting.length > 0) return waiting
  const isOpen = named !== undefined && open.some(stage => stage.name === named)
  return isOpen ? refuse('nothing-to-do', { what: named, state: 'met' }) : notNow(pinned, change, command.type)
}

/**
 * Tries the stages in turn. The first at which the step is not refused is taken; where all refuse, the refusal that says
 * most: that of a duty or of what was decided before, rather than that somebody has no role at another stage.
 */
export function firstThat<Stage>(stages: readonly Stage[], attempt: (stage: Stage) => Step): Step {
  let refused: Refused | undefined
  for (const stage of stages) {
    const step = attempt(stage)
    if (!('refused' in step)) return step
    if (refused === undefined || refused.refused.code === 'authority.no-role') refused = step
  }
  if (refused === undefined) throw new LeadsNowhere('no stage to try')
  return refused
}

/** Judgement is a person's: a robot's is refused, whoever controls it. */
export function natural(actor: Actor): NaturalPerson | Refused {
  if (actor.bot === undefined) return actor
  const { account, bot, person } = actor
  return person === undefined
    ? refuse('identity.no-controller', { account, bot, controller: null })
    : refuse('identity.bot', { account, bot, controller: person })
}

/** Each person counts once: as themselves, as somebody's delegate, or by the hand of a delegate of theirs. */
export function takenBy(pinned: Pinned, earlier: Given, authority: Authority) {
  const { person, chain, seats } = authority
  const isForAnother = seats.some(one => one.capacity === 'delegate')
  const mine = !isForAnother || meetIn(pinned, earlier.chain, [person]) !== undefined
  return refuse(mine ? 'approval.already-given' : 'delegation.principal-decided', {
    // A robot has given it, whoever answers for it now.
    person: isForAnother ? person : (meetIn(pinned, chain, earlier.chain) ?? person),
    stage: earlier.stage,
    by: earlier.person,
    principal: isForAnother ? (chain.at(-1) ?? null) : null,
  })
}
