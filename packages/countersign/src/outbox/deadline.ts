import type { Change } from '../change/change.ts'
import { openIn } from '../change/world.ts'
import type { GovernanceCommand } from '../governance/command.ts'
import type { GovernanceEvent } from '../governance/event.ts'
import { templateOf } from '../governance/template.ts'
import { rolesOf } from '../policy/requirement.ts'
import type { State } from '../record/state.ts'
import { type Instant, later } from '../values/instant.ts'

/**
 * An instant at which something comes about that no entry tells: what is owed is late, or others may be asked than before
 * (`look`: on one change, or on all).
 */
export interface Deadline {
  readonly at: Instant
  readonly what: 'late' | 'look'
  readonly change?: string
  /** The place of what is owed among the obligations of the change. */
  readonly obligation?: number
}

export const keyOf = ({ at, what, change = '', obligation = 0 }: Deadline): string =>
  `${at} ${what} ${change} ${obligation}`

/** The deadlines of a change as it stands. */
export function deadlinesOf(state: State, id: string): Deadline[] {
  const change = state.changes.get(id)
  if (change === undefined) return []
  const late = change.obligations.flatMap(({ due, ended }, obligation): Deadline[] =>
    ended === undefined ? [{ at: due, what: 'late', change: id, obligation }] : [],
  )
  const looks = [...new Set(instantsOf(state, change))].map((at): Deadline => ({ at, what: 'look', change: id }))
  return [...late, ...looks]
}

/** When others may be asked on a change: a role was not answered, or what was given is too old. */
function instantsOf(state: State, change: Change): Instant[] {
  const policy = state.governance.policies[change.policy]?.document
  const category = policy?.categories[change.category]
  if (policy === undefined || category === undefined) return []
  const open = openIn(category, change.state)
  const unanswered = open
    .flatMap(stage => (stage.kind === 'approval' ? rolesOf(stage.requires) : [stage.by]))
    .flatMap(role => {
      const after = Object.hasOwn(policy.roles, role) ? policy.roles[role]?.fallback?.after : undefined
      return after === undefined ? [] : [later(change.since, after)]
    })
  const aging = change.approvals.flatMap(({ stage: name, at, carried, ended }) => {
    if (ended !== undefined) return []
    const stage = category.flow
      .flatMap(one => (one.kind === 'parallel' ? one.stages : [one]))
      .find(one => one.name === name)
    const validFor = stage?.kind === 'approval' ? stage.validFor : undefined
    return [...(validFor === undefined ? [] : [later(at, validFor)]), ...(carried === undefined ? [] : [carried.until])]
  })
  const excepted = change.exceptions.flatMap(({ granted, until }) => (granted === undefined ? [] : [until]))
  const glass = change.glass === undefined ? [] : [change.glass.until]
  const { template } = change
  const followed =
    template === undefined ? undefined : templateOf(state.governance, change.team, template.name, template.version)
  const over = followed?.until === undefined ? [] : [followed.until]
  return [...unanswered, ...aging, ...excepted, ...glass, ...over]
}

/** The instants at which others may be asked on any change, by what an entry says of people and of the calendar. */
export function looksAt(event: GovernanceEvent, command: GovernanceCommand): Deadline[] {
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
  return instants.flatMap(at => (at === undefined ? [] : [{ at, what: 'look' }]))
}
