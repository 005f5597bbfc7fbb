import { type Refusal, refuse } from '../decision/refusal.ts'
import type { Delegation } from '../governance/governance.ts'
import type { Actor } from '../governance/identity.ts'
import { holds } from '../governance/role.ts'
import { rolesOf } from '../policy/requirement.ts'
import type { Change } from './change.ts'
import type { Pinned } from './world.ts'

/** A change belongs to those who asked for it, made it, or have it on their desk. */
export function takesPart(change: Change, actor: Actor): { refused: Refusal } | undefined {
  const { person } = actor
  if (person === undefined) return refuse('identity.no-controller', { account: actor.account, bot: actor.bot ?? '' })
  if (change.held.some(one => one.person === person)) return undefined
  return refuse('authority.not-participant', { person, participants: participants(change) })
}

/** A change is edited by those who take part in it, and by those to whom its flow gives something to do. */
export function mayEdit(
  { governance, category, at }: Pinned,
  change: Change,
  actor: Actor,
): { refused: Refusal } | undefined {
  if (actor.person === undefined) return takesPart(change, actor)
  const who = actor.bot ?? actor.person
  const roles = category.flow.flatMap(stage => (stage.kind === 'approval' ? rolesOf(stage.requires) : [stage.by]))
  if (category.requestedBy !== undefined) roles.push(category.requestedBy)
  if (roles.some(role => holds(governance, who, role, change.team, at))) return undefined
  return takesPart(change, actor)
}

const participants = (change: Change) => [...new Set(change.held.map(one => one.person))].toSorted()

/** Nobody who takes part in a change arranges who decides on it in somebody else's name. */
export const isArrangedByParticipant = (change: Change, { by, principal }: Delegation): boolean =>
  by !== principal && change.held.some(one => one.person === by)
