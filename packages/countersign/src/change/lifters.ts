import { reachable } from '../governance/reachable.ts'
import { outsidersIn } from './authority.ts'
import type { Change, Rejection } from './change.ts'
import { hasLeft } from './standing.ts'
import { lifterOf, vetoersOn } from './veto.ts'
import type { Pinned } from './world.ts'

/** Those who could lift some vetoes. */
export function liftersOf(pinned: Pinned, change: Change, vetoes: readonly Rejection[]): string[] {
  const vetoers = vetoersOn(pinned, change)
  const lifters = vetoes.flatMap(veto => {
    const role = lifterOf(pinned, veto)
    const holders = role === undefined ? [] : outsidersIn(pinned, change, role)
    // Whoever has a veto of their own lifts no other.
    return [...veto.chain.map(pinned.person), ...holders.filter(one => !vetoers.has(pinned.person(one)))]
  })
  return reachable(pinned.governance, [...new Set(lifters)])
    .filter(one => !hasLeft(pinned, one))
    .toSorted()
}
