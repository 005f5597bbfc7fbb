import { accept, type Decision, refuse } from '../../decision/refusal.ts'
import { singlesOf } from '../../policy/stage.ts'
import type { Instant } from '../../values/instant.ts'
import type { Interval } from '../../values/schedule.ts'
import { personOf } from '../alias.ts'
import type { Of } from '../command.ts'
import type { GovernanceEvent } from '../event.ts'
import { type Freeze, type Governance, tables } from '../governance.ts'
import { unknown } from '../unknown.ts'

type Outcome = Decision<GovernanceEvent>

/** Declares a time in which nothing in its scope is put into effect. It holds at once, for what is under way as well. */
export function declareFreeze(
  governance: Governance,
  { freeze, scope, intervals, overriddenBy }: Of<'declareFreeze'>,
  me: string,
  at: Instant,
): Outcome {
  const { freezes, roles } = governance[tables]
  if (freezes.has(freeze)) return refuse('name.taken', { what: 'freeze', name: freeze })
  if (overriddenBy !== undefined && !roles.has(overriddenBy.role))
    return unknown('role', overriddenBy.role, roles.keys())
  const stranger = unknownInScope(governance, scope)
  return stranger ?? misplaced(intervals, at) ?? accept({ type: 'freeze.declared', freeze, by: me, at })
}

/**
 * Ends a freeze before its time. It goes on for a change on which whoever lifts it takes part, so somebody else may lift it as
 * well.
 */
export function liftFreeze(governance: Governance, { freeze }: Of<'liftFreeze'>, me: string, at: Instant): Outcome {
  const { freezes } = governance[tables]
  const known = freezes.get(freeze)
  if (known === undefined) return unknown('freeze', freeze, freezes.keys())
  if (known.lifted?.some(one => personOf(governance, one.by) === me) === true)
    return refuse('nothing-to-do', { what: freeze, state: 'lifted' })
  return accept({ type: 'freeze.lifted', freeze, by: me, at })
}

/** Declares the times at which something may be put into effect, where a policy asks for the windows of a calendar. */
export function declareWindow(
  governance: Governance,
  { window, calendar, teams, intervals }: Of<'declareWindow'>,
  me: string,
  at: Instant,
): Outcome {
  const { windows } = governance[tables]
  if (windows.has(window)) return refuse('name.taken', { what: 'window', name: window })
  const stranger = unknownInScope(governance, { teams })
  return stranger ?? misplaced(intervals, at) ?? accept({ type: 'window.declared', window, calendar, by: me, at })
}

/** Takes a window back, so that it counts no longer. */
export function withdrawWindow(
  governance: Governance,
  { window }: Of<'withdrawWindow'>,
  me: string,
  at: Instant,
): Outcome {
  const { windows } = governance[tables]
  const known = windows.get(window)
  if (known === undefined) return unknown('window', window, windows.keys())
  if (known.withdrawn !== undefined) return refuse('nothing-to-do', { what: window, state: 'withdrawn' })
  return accept({ type: 'window.withdrawn', window, by: me, at })
}

/** A name in a scope that no policy has, adopted or only proposed: it would cover less than whoever declares it means. */
function unknownInScope(governance: Governance, { teams, categories, environments }: Freeze['scope']) {
  const policies = governance[tables].policies.entries().map(([, { document }]) => document)
  const kinds = policies.flatMap(policy => Object.entries(policy.categories))
  const stages = kinds.flatMap(([, { flow }]) => singlesOf(flow))
  const places = stages.flatMap(stage => (stage.kind === 'release' ? (stage.environment ?? []) : []))
  const stranger = (
    what: 'team with a policy' | 'category' | 'environment',
    names: readonly string[] = [],
    all: readonly string[],
  ) => {
    const known = new Set(all)
    // As long as no policy has any, there is nothing to compare a name with.
    const name = known.size === 0 ? undefined : names.find(one => !known.has(one))
    return name === undefined ? undefined : unknown(what, name, [...known])
  }
  return (
    stranger(
      'team with a policy',
      teams,
      policies.map(policy => policy.team),
    ) ??
    stranger(
      'category',
      categories,
      kinds.map(([name]) => name),
    ) ??
    stranger('environment', environments, places)
  )
}

/** Intervals run forward, one after the other without touching what is over, and the last one is not over yet. */
function misplaced(intervals: readonly Interval[], at: Instant) {
  let last: Instant = ''
  for (const { from, until } of intervals) {
    if (until <= from) return refuse('interval.invalid', { from, until })
    if (from < last) return refuse('interval.invalid', { from, after: last })
    last = until
  }
  return last <= at ? refuse('interval.invalid', { from: intervals[0]?.from ?? last, until: last }) : undefined
}
