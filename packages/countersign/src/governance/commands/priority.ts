import { ableFacts } from '../../decision/able.ts'
import { accept, type Decision, refuse } from '../../decision/refusal.ts'
import type { Instant } from '../../values/instant.ts'
import { personOf } from '../alias.ts'
import type { Of } from '../command.ts'
import type { GovernanceEvent } from '../event.ts'
import { type Governance, tables } from '../governance.ts'
import { isActive } from '../identity.ts'
import { reachable } from '../reachable.ts'
import { holdersOf, holds } from '../role.ts'
import { unknown } from '../unknown.ts'

/** Decides in which order a team's changes come, by the role that its board names and with enough of its advisers present. */
export function prioritise(
  governance: Governance,
  { team, order, present }: Of<'prioritise'>,
  me: string,
  at: Instant,
): Decision<GovernanceEvent> {
  const { policies, policyInForce, persons } = governance[tables]
  const digest = policyInForce.get(team)
  if (digest === undefined) return unknown('team with a policy', team, policyInForce.keys())
  const planning = policies.get(digest)?.document.board?.planning
  if (planning === undefined) return refuse('board.no-planning', { team })
  if (!holds(governance, me, planning.by, team, at))
    return refuse('authority.no-role', {
      person: me,
      roles: [planning.by],
      ...ableFacts(reachable(governance, holdersOf(governance, planning.by, team, at))),
      at,
    })
  const stranger = present.find(one => !isActive(governance, one))
  if (stranger !== undefined) return unknown('active person', stranger, persons.keys())
  const twice = order.find((one, place) => order.indexOf(one) !== place)
  if (twice !== undefined) return refuse('priority.twice', { team, change: twice })
  // Persons count, and each of them once.
  const advisers = new Set(present.map(one => personOf(governance, one)))
  const counted = [...advisers].filter(one => holds(governance, one, planning.present, team, at)).toSorted()
  if (counted.length < planning.quorum)
    return refuse('quorum.missing', { team, role: planning.present, needs: planning.quorum, counted })
  return accept({ type: 'priorities.decided', team, by: me, present: [...advisers].toSorted(), at })
}
