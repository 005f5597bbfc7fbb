import { LeadsNowhere } from '../decision/leads-nowhere.ts'
import { type Decision, refuse } from '../decision/refusal.ts'
import { type Actor, identify, isRefused } from '../governance/identity.ts'
import type { Instant } from '../values/instant.ts'
import { crowding, drift, notPulled } from './card.ts'
import type { Change, Seat } from './change.ts'
import type { ChangeCommand } from './command.ts'
import { approve } from './commands/approve.ts'
import { assign } from './commands/assign.ts'
import { breakGlass } from './commands/break-glass.ts'
import { complete } from './commands/complete.ts'
import { grantException, requestException, revokeException } from './commands/exception.ts'
import { liftVeto } from './commands/lift-veto.ts'
import { migrate } from './commands/migrate.ts'
import { move } from './commands/move.ts'
import { overrideFreeze } from './commands/override-freeze.ts'
import { recategorise } from './commands/recategorise.ts'
import { redact } from './commands/redact.ts'
import { reject } from './commands/reject.ts'
import { release, tooEarly } from './commands/release.ts'
import { remediate } from './commands/remediate.ts'
import { resubmit } from './commands/resubmit.ts'
import { revise } from './commands/revise.ts'
import { schedule } from './commands/schedule.ts'
import { signOff } from './commands/sign-off.ts'
import { submit } from './commands/submit.ts'
import { tick, untick } from './commands/tick.ts'
import { withdraw } from './commands/withdraw.ts'
import type { ChangeEvent } from './event.ts'
import { evolved } from './evolve.ts'
import { lifecycle } from './lifecycle.ts'
import { stillOwing } from './obligation.ts'
import { reviewedBy } from './open-stages.ts'
import { isOnDesk } from './participant.ts'
import { overdue, settle } from './progress.ts'
import { type About, events, notNow, type Step } from './step.ts'
import { type Pinned, pin, type World } from './world.ts'

/** What came of a command about a change, and by what right its actor gave it. */
export interface Ruling {
  readonly decision: Decision<ChangeEvent>
  readonly actor?: Actor
  readonly as?: Seat | undefined
  /** The change after the decision, where it was accepted. */
  readonly next?: Change
}

/**
 * Decides a command about a change: who is it, may it happen now, do the duties meet, is there a right to it, and is
 * what it asks for now there? The world comes in as values, so the same command on the same world gives the same answer.
 *
 * @example
 * ```ts
 * import { f0Tested } from '@countersign/testing'
 * import { decideChange } from 'countersign/change'
 * const scenario = await f0Tested()
 * const change = scenario.change('K')
 * const world = { governance: scenario.desk.governance(), change }
 * const command = { type: 'approve', change: 'K', revision: 1, digest: change.digest } as const
 * 'accepted' in decideChange(world, command, 'bob', scenario.now).decision // → true
 * 'refused' in decideChange(world, command, 'alice', scenario.now).decision // → true
 * ```
 */
export function decideChange(world: World, command: ChangeCommand, account: string, at: Instant): Ruling {
  const actor = identify(world.governance, account)
  if (isRefused(actor)) return { decision: actor }
  const occasion = { command, at, under: world.governance.entries }
  const before = world.change === undefined ? undefined : upToDate(world, world.change, at)
  const now = { ...world, change: before?.change }
  const step = command.type === 'submit' ? submit(now, command, actor, at) : about(now, before, command, actor)
  if ('refused' in step) return { decision: { refused: step.refused }, actor }
  const first = step.change ?? evolved(now.change, step.events, occasion)
  if (first === undefined) throw new LeadsNowhere(`${command.type} begins no change`)
  const under = pin(world, first, at)
  const settled = settle(under, first)
  const led = evolved(first, settled, occasion)
  const drifted = drift(under, led, world.change?.state)
  const next = evolved(led, drifted, occasion)
  const crowded = now.change === undefined ? undefined : crowding(under, now.change, next, world.team ?? [])
  if (crowded !== undefined) return { decision: crowded, actor }
  const accepted = [...(before?.events ?? []), ...step.events, ...settled, ...drifted]
  return { decision: { accepted }, actor, next, as: step.as }
}

/** A change as it is now, with what has come about since its last entry, and the rules that it is pinned to. */
interface Here {
  readonly pinned: Pinned
  readonly change: Change
  readonly events: readonly ChangeEvent[]
}

function upToDate(world: World, change: Change, at: Instant): Here {
  const pinned = pin(world, change, at)
  const { change: now, events } = overdue(pinned, change)
  return { pinned, change: now, events }
}

/** What is done on a change where it lies on the board; to decide on it, it may lie anywhere. */
const isWork: ReadonlySet<string> = new Set(['complete', 'signOff', 'release', 'tick', 'untick'])

/**
 * Whether a command may happen to a change now, and what comes of it. What carries out a command takes the rules, the change, the
 * command and the actor, in this order and as far as it needs them; and at last, where it looks beyond the change, that.
 */
function about(world: World, here: Here | undefined, command: About, actor: Actor): Step {
  if (here === undefined) return refuse('name.unknown', { what: 'change', name: command.change, near: '' })
  const { pinned, change } = here
  // What is taken out of reach is no part of the change's life: it may have ended long ago.
  if (command.type === 'redact') return redact(pinned, change, command, actor)
  const owing = stillOwing(change, command.type)
  if (owing !== undefined) return owing
  if (command.type === 'breakGlass' && pinned.category.breakGlass === undefined)
    return breakGlass(pinned, change, command, actor)
  const life = lifecycle(change.category, pinned.category)
  // What is in effect is reviewed, also where it has gone back to a stage before.
  if (life.next(change.state, command.type) === undefined && !reviewedBy(pinned, change).includes(command.type)) {
    const early = command.type === 'release' ? tooEarly(pinned, change, command) : undefined
    return early ?? notNow(pinned, change, command.type)
  }
  const elsewhere = isWork.has(command.type) ? notPulled(pinned, change) : undefined
  if (elsewhere !== undefined) return elsewhere
  switch (command.type) {
    case 'revise':
      return revise(pinned, change, command, actor, world)
    case 'assign':
      return assign(pinned, change, command, actor, world.team ?? [])
    case 'complete':
      return complete(pinned, change, command, actor)
    case 'tick':
      return tick(pinned, change, command, actor)
    case 'untick':
      return untick(pinned, change, command, actor)
    case 'signOff':
      return signOff(pinned, change, command, actor)
    case 'approve':
      return approve(pinned, change, command, actor)
    case 'reject':
      return reject(pinned, change, command, actor)
    case 'withdraw':
      return withdraw(pinned, change, actor)
    case 'resubmit':
      return resubmit(pinned, change, actor)
    case 'release':
      return release(pinned, change, command, actor)
    case 'liftVeto':
      return liftVeto(pinned, change, command, actor)
    case 'recategorise':
      return recategorise(pinned, change, command, actor, world)
    case 'migrate':
      return migrate(pinned, change, command, actor, world)
    case 'move':
      return move(pinned, change, command, actor, world.team ?? [])
    case 'schedule':
      return schedule(pinned, change, command, actor)
    case 'overrideFreeze':
      return overrideFreeze(pinned, change, command, actor)
    case 'breakGlass':
      return breakGlass(pinned, change, command, actor)
    case 'remediate':
      return remediate(pinned, change, command, actor)
    case 'requestException':
      return requestException(pinned, change, command, actor)
    case 'grantException':
      return grantException(pinned, change, command, actor)
    case 'revokeException':
      return revokeException(pinned, change, command, actor)
    case 'cancel':
      return isOnDesk(pinned, change, actor) ?? events({ type: 'change.cancelled' })
    case 'close':
      return isOnDesk(pinned, change, actor) ?? events({ type: 'change.closed' })
    default:
      return command satisfies never
  }
}
