import type { Choice } from '../policy/requirement.ts'

/** Somebody who can take any one of some roles. */
export interface Candidate {
  readonly person: string
  readonly roles: readonly string[]
}

/** Who takes which role, and how many persons each role still lacks. */
export interface Matching {
  readonly taken: ReadonlyMap<string, string>
  readonly missing: ReadonlyMap<string, number>
}

/**
 * Matches persons to the roles that are asked for, so that as many places as possible are taken and nobody takes two:
 * augmenting paths, as in Kuhn's algorithm for bipartite graphs. The candidates are taken in the order of their ids, so
 * that the order in which they approved makes no difference.
 */
export function match(choice: Choice, candidates: readonly Candidate[]): Matching {
  const people = candidates.length < 2 ? candidates : candidates.toSorted((a, b) => (a.person < b.person ? -1 : 1))
  const taken = new Map<string, string>()
  const missing = new Map<string, number>()
  for (const [role, wanted] of choice) {
    let lacking = wanted
    while (lacking > 0 && place(role, people, taken, new Set())) lacking -= 1
    if (lacking > 0) missing.set(role, lacking)
  }
  return { taken, missing }
}

/** Finds somebody for one more place in a role, moving others to another role of theirs where that frees someone. */
function place(role: string, people: readonly Candidate[], taken: Map<string, string>, tried: Set<string>): boolean {
  for (const { person, roles } of people) {
    if (tried.has(person) || !roles.includes(role) || taken.get(person) === role) continue
    tried.add(person)
    const current = taken.get(person)
    if (current !== undefined && !place(current, people, taken, tried)) continue
    taken.set(person, role)
    return true
  }
  return false
}

/** How many places a matching leaves open. */
export const lacking = (matching: Matching): number =>
  [...matching.missing.values()].reduce((sum, count) => sum + count, 0)

/** The choice that lacks the fewest persons, the first of them where several do. */
export function bestMatch(choices: readonly Choice[], candidates: readonly Candidate[]): Matching | undefined {
  let best: Matching | undefined
  for (const choice of choices) {
    const matching = match(choice, candidates)
    if (best === undefined || lacking(matching) < lacking(best)) best = matching
    if (lacking(best) === 0) return best
  }
  return best
}
