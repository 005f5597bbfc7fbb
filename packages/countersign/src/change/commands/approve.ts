import { type Refused, refuse } from '../../decision/refusal.ts'
import type { Actor } from '../../governance/identity.ts'
import { type ApprovalStage, isOwed } from '../../policy/stage.ts'
import { didYouMean } from '../../values/near.ts'
import { authorityFor } from '../authority.ts'
import type { Change } from '../change.ts'
import type { ChangeEvent } from '../event.ts'
import { placed } from '../placement.ts'
import { rolesAsked } from '../requirement.ts'
import { isOneWith } from '../separation.ts'
import { discountOf } from '../standing.ts'
import { by, givenAt, natural, type Of, openFor, type Step, takenBy, unseen } from '../step.ts'
import { standingVetoes } from '../veto.ts'
import { meetIn, type Pinned } from '../world.ts'

/** Approves what the person saw, if it is what is there. */
export function approve(pinned: Pinned, change: Change, command: Of<'approve'>, actor: Actor): Step {
  const stages = openFor(pinned, change, 'approval', command)
  if ('refused' in stages) return stages
  const stale = unseen(change, command)
  if (stale !== undefined) return stale
  const elsewhere = unknownEnvironment(pinned, command.environments)
  if (elsewhere !== undefined) return elsewhere
  return placed(pinned, change, { command, actor }, stages, stage => approveAt(pinned, change, command, actor, stage))
}

function approveAt(pinned: Pinned, change: Change, command: Of<'approve'>, actor: Actor, stage: ApprovalStage): Step {
  const known = rolesAsked(change, stage)
  const roles = command.as === undefined ? known : known.filter(role => role === command.as)
  if (command.as !== undefined && roles.length === 0) {
    return refuse('name.unknown', { what: 'role of this stage', name: command.as, near: didYouMean(command.as, known) })
  }
  // A stage at which nobody is asked is open only for the veto that stands there.
  const [standing] = known.length === 0 ? standingVetoes(pinned, change) : []
  if (standing !== undefined)
    return refuse('veto.standing', { person: actor.person ?? actor.account, of: standing.person })
  const vetoOf = (chain: readonly string[]) =>
    standingVetoes(pinned, change).find(one => meetIn(pinned, one.chain, chain) !== undefined)
  const earlierOf = (chain: readonly string[]) =>
    change.approvals.find(
      one =>
        isOneWith(pinned, one, isOwed(stage)) &&
        meetIn(pinned, one.chain, chain) !== undefined &&
        discountOf(pinned, change, one, 'approve') === undefined,
    )
  const isSpent = (chain: readonly string[]) => vetoOf(chain) !== undefined || earlierOf(chain) !== undefined
  const authority = authorityFor(pinned, change, actor, 'approve', roles, command.for, { stage, isSpent })
  if ('refused' in authority) return authority
  const me = natural(actor)
  if ('refused' in me) return me
  const veto = vetoOf(authority.chain)
  if (veto !== undefined) return refuse('veto.standing', { person: authority.person, of: veto.person })
  const earlier = earlierOf([authority.person]) ?? earlierOf(authority.chain)
  if (earlier !== undefined) return takenBy(pinned, earlier, authority)
  const { environments } = command
  const granted: ChangeEvent = { ...givenAt(stage, authority), type: 'approval.granted' }
  if (!isOwed(stage) && environments === undefined) return by(authority, granted)
  return by(authority, {
    ...granted,
    ...(isOwed(stage) ? { afterwards: true as const } : {}),
    ...(environments === undefined ? {} : { environments: [...environments] }),
  })
}

/** An approval for an environment in which no step puts the change into effect would be for nothing. */
function unknownEnvironment({ stages }: Pinned, environments: readonly string[] = []): Refused | undefined {
  const known = stages.flatMap(stage => (stage.kind === 'release' ? (stage.environment ?? []) : []))
  const name = environments.find(one => !known.includes(one))
  return name === undefined
    ? undefined
    : refuse('name.unknown', { what: 'environment of this flow', name, near: didYouMean(name, known) })
}
