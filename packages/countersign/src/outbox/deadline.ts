import type { Change } from '../change/change.ts'
import { openOn } from '../change/open-stages.ts'
import { overdue } from '../change/progress.ts'
import { exceptedUntil } from '../change/separation.ts'
import { carriedUntil } from '../change/standing.ts'
import { unansweredSince } from '../change/unanswered.ts'
import { hasEnded, type Pinned, pin, stageOf } from '../change/world.ts'
import type { GovernanceCommand } from '../governance/command.ts'
import type { GovernanceEvent } from '../governance/event.ts'
import { templateOf } from '../governance/template-use.ts'
import { rolesOf } from '../policy/requirement.ts'
import type { State } from '../record/state.ts'
import { type Instant, later } from '../values/instant.ts'

/**
 * The instants at which something may come about on a change that no entry tells, as it stands at one: what is owed may be
 * late, and others may be asked than before.
 */
export function deadlinesOf(state: State, id: string, at: Instant): Instant[] {
  const change = state.changes.get(id)
  if (change === undefined || hasEnded(change)) return []
  // What has come about since its last entry: a stage that opened again is not answered from then on.
  const pinned = pin(state.worldOf(id), change, at)
  const now = overdue(pinned, change).change
  // What was given in time and falls away is owed by its first instant.
  const dues = now.obligations.map(one => one.due)
  return [...new Set([...dues, ...instantsOf(state, pin(state.worldOf(id), now, at), now)])]
}

/** When others may be asked on a change: a role was not answered, or what was given is too old. */
function instantsOf(state: State, pinned: Pinned, change: Change): Instant[] {
  const { policy } = pinned
  const open = openOn(pinned, change)
  const unanswered = open.flatMap(stage =>
    (stage.kind === 'approval' ? rolesOf(stage.requires) : [stage.by]).flatMap(role => {
      const after = Object.hasOwn(policy.roles, role) ? policy.roles[role]?.fallback?.after : undefined
      const since = unansweredSince(pinned, change, role, stage.name)
      return after === undefined || since === undefined ? [] : [later(since, after)]
    }),
  )
  const aging = change.approvals.flatMap(({ stage: name, at, carried, ended }) => {
    if (ended !== undefined) return []
    const stage = stageOf(pinned, name)
    if (stage?.kind !== 'approval') return []
    const old = stage.validFor === undefined ? [] : [later(at, stage.validFor)]
    return carried === undefined ? old : [...old, carriedUntil(stage, at, carried)]
  })
  const excepted = change.exceptions.flatMap(one => (one.granted === undefined ? [] : [exceptedUntil(pinned, one)]))
  const glass = change.glass === undefined ? [] : [change.glass.until]
  const { template } = change
  const followed =
    template === undefined ? undefined : templateOf(state.governance, change.team, template.name, template.version)
  const over = followed?.until === undefined ? [] : [followed.until]
  return [...unanswered, ...aging, ...excepted, ...glass, ...over]
}

/** The instants at which others may be asked on any change, by what an entry says of people and of the calendar. */
export function looksAt(event: GovernanceEvent, command: GovernanceCommand): Instant[] {
  const instants = ((): readonly (Instant | undefined)[] => {
    switch (event.type) {
      case 'absence.recorded':
      case 'delegation.granted':
      case 'role.granted':
        return [event.from, event.until]
      case 'freeze.declared':
        return command.type === 'declareFreeze' ? command.intervals.map(one => one.until) : []
      case 'window.declared':
        return command.type === 'declareWindow' ? command.intervals.flatMap(one => [one.from, one.until]) : []
      default:
        return []
    }
  })()
  return instants.filter(at => at !== undefined)
}
