import { type Refusal, refuse } from '../decision/refusal.ts'
import type { Actor } from '../governance/identity.ts'
import type { Stage } from '../policy/stage.ts'
import type { Authority } from './authority.ts'
import type { Change, Given, Seat } from './change.ts'
import type { ChangeCommand } from './command.ts'
import type { ChangeEvent } from './event.ts'
import { shortStatus } from './explain.ts'
import type { LifeEvent } from './lifecycle.ts'
import { type Pinned, stageOf } from './world.ts'

export type Of<Type extends ChangeCommand['type']> = Extract<ChangeCommand, { type: Type }>
export type About = Exclude<ChangeCommand, { type: 'submit' }>

/** What a step of the decision gives: events and the right by which they came about, or a refusal. */
export type Step =
  | { readonly events: readonly ChangeEvent[]; readonly as?: Seat | undefined }
  | { readonly refused: Refusal }

/** Events that need no right of their own. */
export const events = (...list: ChangeEvent[]): Step => ({ events: list })
/** Events that came about by a right, which is recorded with them. */
export const by = (authority: Authority, ...list: ChangeEvent[]): Step => ({ events: list, as: authority.seats[0] })

/** The refusal of a command that has no place where the change is. */
export function notNow(pinned: Pinned, change: Change, command: LifeEvent, allowed: string[]) {
  const stage = stageOf(pinned.category, change.state)
  const waits = stage === undefined ? {} : { waitsFor: shortStatus(pinned, change, stage).missing ?? {} }
  return refuse('lifecycle.not-now', { change: change.id, state: change.state, command, allowed, ...waits })
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

/** What is recorded of whoever gives something at a stage. */
export const given = (stage: Stage, { person, chain, seats }: Authority) => ({
  stage: stage.name,
  person,
  chain: [...chain],
  seats: [...seats],
})

/** The stage that the change has come to; the life cycle has made sure of its kind. */
export function current<Kind extends Stage['kind']>(
  pinned: Pinned,
  change: Change,
  kind: Kind,
): Extract<Stage, { kind: Kind }> {
  const stage = stageOf(pinned.category, change.state)
  if (stage?.kind !== kind) throw new RangeError(`the life cycle lets ${kind} happen in ${change.state}`)
  return stage as Extract<Stage, { kind: Kind }>
}

/** Approval is a person's judgement: a robot's is refused, whoever controls it. */
export function robot(actor: Actor) {
  return actor.bot === undefined
    ? undefined
    : refuse(actor.person === undefined ? 'identity.no-controller' : 'identity.bot', {
        account: actor.account,
        bot: actor.bot,
        controller: actor.person ?? null,
      })
}

/** Each person counts once: as themselves, as somebody's delegate, or by the hand of a delegate of theirs. */
export function takenBy(earlier: Given, authority: Authority) {
  const mine = earlier.chain.includes(authority.person)
  return refuse(mine ? 'approval.already-given' : 'delegation.principal-decided', {
    person: authority.person,
    stage: earlier.stage,
    by: earlier.person,
    principal: authority.chain[1] ?? null,
  })
}
