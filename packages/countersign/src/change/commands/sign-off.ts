import { refuse } from '../../decision/refusal.ts'
import type { Actor } from '../../governance/identity.ts'
import { isOwed, type TestStage } from '../../policy/stage.ts'
import { authorityFor } from '../authority.ts'
import type { Change } from '../change.ts'
import type { ChangeEvent } from '../event.ts'
import { remedyFor } from '../obligation.ts'
import { placed } from '../placement.ts'
import { discountOf } from '../standing.ts'
import { by, givenAt, type Of, openFor, type Step, takenBy, unseen } from '../step.ts'
import { meetIn, type Pinned } from '../world.ts'
import { notTicked } from './tick.ts'

/** Says what a test has shown. A failed one sends the change back. */
export function signOff(pinned: Pinned, change: Change, command: Of<'signOff'>, actor: Actor): Step {
  const stages = openFor(pinned, change, 'test', command)
  if ('refused' in stages) return stages
  const stale = unseen(change, command)
  if (stale !== undefined) return stale
  return placed(pinned, change, { command, actor }, stages, stage => signOffAt(pinned, change, command, actor, stage))
}

function signOffAt(pinned: Pinned, change: Change, command: Of<'signOff'>, actor: Actor, stage: TestStage): Step {
  const earlierOf = (chain: readonly string[]) =>
    change.signOffs.find(
      one =>
        one.stage === stage.name &&
        meetIn(pinned, one.chain, chain) !== undefined &&
        discountOf(pinned, change, one, 'test') === undefined,
    )
  const isSpent = (chain: readonly string[]) => earlierOf(chain) !== undefined
  const asking = { stage, afterwards: false, isSpent }
  const authority = authorityFor(pinned, change, actor, 'test', [stage.by], command.for, asking)
  if ('refused' in authority) return authority
  if (stage.evidence === 'required' && command.evidence.length === 0)
    return refuse('evidence.missing', { stage: stage.name })
  const earlier = earlierOf([authority.person]) ?? earlierOf(authority.chain)
  const unready = command.result === 'passed' ? notTicked(pinned, change, stage) : undefined
  if (unready !== undefined) return unready
  if (earlier !== undefined) return takenBy(pinned, earlier, authority)
  const signed: ChangeEvent = { ...givenAt(stage, authority), type: 'test.signed-off' }
  if (command.result === 'passed') return by(authority, signed)
  return isOwed(stage)
    ? by(authority, signed, ...remedyFor(pinned, change, stage))
    : by(authority, signed, { type: 'change.returned' })
}
