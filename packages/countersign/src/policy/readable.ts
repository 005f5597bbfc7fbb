/** What keeps a document from being read, and where it is. */
export interface Unreadable {
  readonly where: string
  readonly problem: string
}

/** As deep as a document may go in the command that proposes it. */
const deepest = 46
const mostParts = 50_000

/**
 * What keeps a document from being read as it was written: it is too deep (as one that contains itself) or too wide, or has a
 * member named `__proto__`, which readers drop without a word, and with it a clause or a category.
 */
export function unreadable(document: unknown): Unreadable | undefined {
  let parts = 0
  const look = (one: unknown, path: readonly string[]): Unreadable | undefined => {
    if (typeof one !== 'object' || one === null) return undefined
    const where = path.join('.')
    if (path.length > deepest)
      return { where: path.slice(0, 8).join('.'), problem: `goes deeper than ${deepest} levels` }
    if (Object.hasOwn(one, '__proto__')) return { where, problem: '__proto__ is not allowed as a name' }
    const members = Object.entries(one)
    parts += members.length
    if (parts > mostParts) return { where, problem: `has more than ${mostParts} parts` }
    for (const [name, member] of members) {
      const found = look(member, [...path, name])
      if (found !== undefined) return found
    }
    return undefined
  }
  return look(document, [])
}
