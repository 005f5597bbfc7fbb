import { boardFor } from './card.ts'
import type { Change } from './change.ts'
import { itemsOf } from './checklist.ts'
import { isLive } from './discount.ts'
import { openOn } from './open-stages.ts'
import { standingVetoes } from './veto.ts'
import type { Pinned } from './world.ts'

/**
 * Whether there is anything on a change that a command could be about, which its life cycle lets be given where it is: whoever is
 * told what can be done is not told to lift a veto that nobody has placed.
 */
export function isPossible(pinned: Pinned, change: Change, command: string): boolean {
  const { governance, policy } = pinned
  switch (command) {
    case 'withdraw':
      return change.approvals.some(one => isLive(change, one) && one.carried === undefined)
    case 'liftVeto':
      return standingVetoes(pinned, change).length > 0
    case 'requestException':
      return (policy.exceptions ?? []).length > 0
    case 'grantException':
      return change.exceptions.some(one => one.granted === undefined && one.revoked === undefined)
    case 'revokeException':
      return change.exceptions.some(one => one.revoked === undefined)
    case 'overrideFreeze':
      return Object.keys(governance.freezes).length > 0
    case 'breakGlass':
      return change.glass === undefined
    case 'move':
      return boardFor(governance, change.team) !== undefined
    case 'tick':
    case 'untick':
      return openOn(pinned, change).some(stage => itemsOf(pinned, change, stage).length > 0)
    default:
      return true
  }
}
