import type { Choice } from '../policy/requirement.ts'

/** Somebody who can take a place in any one of some roles. */
export interface Candidate {
  readonly person: string
  readonly roles: readonly string[]
  readonly groups: readonly string[]
}

type Network = Map<string, Map<string, number>>

/**
 * Whether so many different persons fill what a choice asks for: in each role the count, among them so many of pairwise
 * different groups. Told as a flow from the persons to the places, whose greatest value says how many can be filled
 * (Ford and Fulkerson).
 */
export function isMetBy(choice: Choice, candidates: readonly Candidate[]): boolean {
  const network: Network = new Map()
  const pipe = (from: string, to: string, width: number) => {
    network.set(from, (network.get(from) ?? new Map<string, number>()).set(to, width))
    const back = network.get(to) ?? new Map<string, number>()
    network.set(to, back.has(from) ? back : back.set(from, 0))
  }
  for (const { person, roles, groups } of candidates) {
    pipe('from', `person ${person}`, 1)
    for (const role of roles) {
      const demand = choice.get(role)
      if (demand === undefined) continue
      pipe(`person ${person}`, `anyone ${role}`, 1)
      pipe(`anyone ${role}`, 'to', demand.count - demand.groups)
      for (const group of groups) {
        pipe(`person ${person}`, `group ${role} ${group}`, 1)
        pipe(`group ${role} ${group}`, `groups ${role}`, 1)
        pipe(`groups ${role}`, 'to', demand.groups)
      }
    }
  }
  let lacking = [...choice.values()].reduce((sum, { count }) => sum + count, 0)
  while (lacking > 0 && augmented(network, 'from', new Set())) lacking -= 1
  return lacking === 0
}

/** Sends one more person through, where a way is left for one. */
function augmented(network: Network, at: string, seen: Set<string>): boolean {
  if (at === 'to') return true
  seen.add(at)
  const ways = network.get(at)
  for (const [next, width] of ways ?? []) {
    if (width === 0 || seen.has(next) || !augmented(network, next, seen)) continue
    ways?.set(next, width - 1)
    const back = network.get(next)
    back?.set(at, (back.get(at) ?? 0) + 1)
    return true
  }
  return false
}
