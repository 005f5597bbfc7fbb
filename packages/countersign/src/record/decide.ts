import type { Change, Seat } from '../change/change.ts'
import { decideChange, type Ruling } from '../change/decide.ts'
import { type Refused, refuse } from '../decision/refusal.ts'
import { decideGovernance } from '../governance/decide.ts'
import { evolveGovernance } from '../governance/evolve.ts'
import type { Governance } from '../governance/governance.ts'
import { controllerOf, ownerOf } from '../governance/identity.ts'
import type { Digest } from '../values/digest.ts'
import { readsOf } from './reads.ts'
import { type By, type Command, isGovernance, type Outcome, type Reads, type Stamped, streamOf } from './record.ts'
import type { State } from './state.ts'
import { type OnHands, worldFor } from './world.ts'

/** A decision with all that is recorded of it. */
export interface Decided {
  readonly stream: string
  readonly streamSeq: number
  readonly by: By
  readonly outcome: Outcome
  readonly policy?: Digest
  /** Absent where it has read nothing but its own stream. */
  readonly reads?: Reads
  /** The change after the decision, where it was accepted. */
  readonly next?: Change
}

/**
 * Decides a stamped command against a state. The same state and command give the same answer, on every machine. `onHands` takes
 * the place of what the state says the team has on its hands.
 */
export function decide(state: State, { at, account, command }: Stamped, onHands?: OnHands): Decided {
  const stream = streamOf(command)
  const streamSeq = state.version(stream)
  const { governance } = state
  const unfounded = foundedFirst(governance, command.type)
  if (isGovernance(command)) {
    const outcome = unfounded ?? decideGovernance(governance, command, account, at)
    // The founder is known only by what the founding says; whoever gives up their account has given it up by it.
    const isFounding = command.type === 'found' && 'accepted' in outcome
    const told = isFounding ? evolveGovernance(governance, outcome.accepted, command) : governance
    return { stream, streamSeq, by: byOf(told, account), outcome }
  }
  const reads = readsOf(state, command)
  const world = worldFor(state, command, onHands)
  const ruling: Ruling = unfounded === undefined ? decideChange(world, command, account, at) : { decision: unfounded }
  const { decision: outcome, as, next } = ruling
  const policy = next?.policy ?? world.change?.policy
  const decided: { -readonly [Member in keyof Decided]: Decided[Member] } = {
    stream,
    streamSeq,
    by: byOf(governance, account, as),
    outcome,
  }
  if (reads !== undefined) decided.reads = reads
  if (policy !== undefined) decided.policy = policy
  if (next !== undefined) decided.next = next
  return decided
}

/** Before there is a trail nobody is known, so that is told before anything else is asked. */
function foundedFirst({ origin }: Governance, type: Command['type']): Refused | undefined {
  return origin === '' && type !== 'found' ? refuse('trail.unfounded', { first: 'found' }) : undefined
}

/** Who gave a command, with its members in the order in which they are written. */
function byOf(governance: Governance, account: string, as?: Seat): By {
  const owner = ownerOf(governance, account)
  const seated = as === undefined ? { account } : { account, as }
  if (owner === undefined) return seated
  if ('person' in owner) return { ...seated, person: owner.person }
  const controller = controllerOf(governance, owner.bot)
  return { ...seated, bot: owner.bot, ...(controller === undefined ? {} : { person: controller }) }
}
