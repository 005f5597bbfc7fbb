/** What keeps a value from being looked at any closer, and where in it that is. */
interface Unreadable {
  readonly where: string
  readonly problem: string
}

/** As deep as a command may go; what is proposed by one lies two levels down in it. */
export const deepestCommand = 48
export const deepestDocument = 46
const mostParts = 50_000

/**
 * What keeps a value from being read as it was written: it is too deep (as one that contains itself) or too wide, or has a
 * member named `__proto__`, which readers drop without a word, and with it a clause or a category.
 */
export function unreadable(value: unknown, deepest: number): Unreadable | undefined {
  let parts = 0
  const look = (one: object, depth: number): Unreadable | undefined => {
    if (depth > deepest) return { where: '', problem: `goes deeper than ${deepest} levels` }
    if (Object.hasOwn(one, '__proto__')) return { where: '', problem: '__proto__ is not allowed as a name' }
    const members = Object.entries(one)
    parts += members.length
    if (parts > mostParts) return { where: '', problem: `has more than ${mostParts} parts` }
    for (const [name, member] of members) {
      const found = typeof member === 'object' && member !== null ? look(member, depth + 1) : undefined
      // The way there is told from its end, so that nothing is kept of all the ways that lead nowhere.
      if (found !== undefined) return { ...found, where: found.where === '' ? name : `${name}.${found.where}` }
    }
    return undefined
  }
  const found = typeof value === 'object' && value !== null ? look(value, 0) : undefined
  return found && { ...found, where: found.where.split('.').slice(0, 8).join('.') }
}
