import { canonical } from '@countersign/trail'

/** Where two values of plain data differ first, by the names that lead there, and what either has there. */
export interface Difference {
  readonly where: string
  readonly expected: string
  readonly found: string
}

/**
 * The first difference of two values of plain data, in the order of their names; `undefined` where there is none. A member that
 * is undefined is none, as in what is written of the value.
 */
export function differenceOf(expected: unknown, found: unknown, way: readonly string[] = []): Difference | undefined {
  if (!isBranch(expected) || !isBranch(found) || Array.isArray(expected) !== Array.isArray(found))
    return expected === found ? undefined : { where: way.join('.'), expected: shown(expected), found: shown(found) }
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])]
  for (const name of Array.isArray(expected) ? names : names.toSorted()) {
    const [one, other] = [expected, found].map(branch => (Object.hasOwn(branch, name) ? branch[name] : undefined))
    const difference = differenceOf(one, other, [...way, name])
    if (difference !== undefined) return difference
  }
  return undefined
}

type Branch = Readonly<Record<string, unknown>>

const isBranch = (value: unknown): value is Branch => typeof value === 'object' && value !== null

const longest = 80

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = canonical(value)
  return text.length <= longest ? text : `${text.slice(0, longest - 1).toWellFormed()}…`
}
