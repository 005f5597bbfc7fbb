/** No refusal names more persons than this. */
const mostNamed = 20

/** Who could do what somebody was refused, as facts: the first of them by name, and how many others there are. */
export function ableFacts(persons: Iterable<string>): { readonly able: string[]; readonly others?: number } {
  const all = [...new Set(persons)].toSorted()
  return all.length <= mostNamed ? { able: all } : { able: all.slice(0, mostNamed), others: all.length - mostNamed }
}
