const mostLooked = 500

/** Names that the writer may have meant, nearest first: those within two slips of a key (one for short names). */
function nearMatches(name: string, known: Iterable<string>): string[] {
  const near: [distance: number, name: string][] = []
  let looked = 0
  for (const candidate of known) {
    // Advice must not cost more than what it advises on.
    if (++looked > mostLooked) break
    if (candidate === name) continue
    if (Math.abs(candidate.length - name.length) > 2 && !candidate.startsWith(name) && !name.startsWith(candidate))
      continue
    const distance = editDistance(name, candidate)
    if (distance <= (name.length < 5 ? 1 : 2) || candidate.startsWith(name) || name.startsWith(candidate)) {
      near.push([distance, candidate])
    }
  }
  return near
    .toSorted((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1))
    .slice(0, 3)
    .map(([, candidate]) => candidate)
}

/** Levenshtein distance in which two letters that changed places are one slip (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1)
      row.push(least)
    }
    before = above
    above = row
  }
  return above[b.length] ?? 0
}

/** «a, b or c», for a message. */
export const orList = (names: readonly string[]): string =>
  names.length <= 1 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`

/**
 * `; did you mean a or b?`, or nothing where no known name is near.
 *
 * @example
 * ```ts
 * import { didYouMean } from 'countersign'
 * didYouMean('aprove', ['approve', 'release']) // → '; did you mean approve?'
 * didYouMean('merge', ['approve', 'release']) // → ''
 * ```
 */
export const didYouMean = (name: string, known: Iterable<string>): string => {
  const near = nearMatches(name, known)
  return near.length === 0 ? '' : `; did you mean ${orList(near)}?`
}
