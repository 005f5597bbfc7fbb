import type * as z from 'zod'
import { didYouMean } from './near.ts'

function strangers(keys: readonly string[], known: readonly string[] = []): string {
  const names = keys.map(key => key.slice(0, 64))
  const near = names.map(name => didYouMean(name, known)).join('')
  return `has ${names.length === 1 ? 'a member' : 'members'} that nobody knows: ${names.join(', ')}${near}`
}

/** Names the members that may have been meant, which a schema tells only while it looks: to be given when it is asked. */
export const nearMembers: z.core.$ZodErrorMap = issue => {
  if (issue.code !== 'unrecognized_keys') return undefined
  const { shape = {} } = (issue.inst?._zod.def ?? {}) as { readonly shape?: object }
  return strangers(issue.keys, Object.keys(shape))
}

/** A complaint about a part, which it names. */
const inside = (issue: z.core.$ZodIssue): string =>
  issue.path.length === 0 ? problemOf(issue) : `${issue.path.map(String).join('.')} ${problemOf(issue)}`

/** A schema's complaint as a person would put it. */
export function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return issue.message.startsWith('Unrecognized') ? strangers(issue.keys) : issue.message
  if (issue.code === 'invalid_key') {
    const [inner] = issue.issues
    if (inner !== undefined) return problemOf(inner)
  }
  // Of what can be one thing or another, what speaks against each.
  if (issue.code === 'invalid_union' && issue.message === 'Invalid input' && issue.errors.length > 0)
    return [...new Set(issue.errors.map(([first]) => (first === undefined ? 'is none' : inside(first))))].join(', or ')
  const kinds = /^Invalid discriminator value\. Expected (.+)$/.exec(issue.message)?.[1]
  if (kinds !== undefined) return `expected one of ${kinds.replaceAll("'", '').replaceAll(' | ', ', ')}`
  const found = /^Invalid input: expected (.+?)(?:, received (.+))?$/.exec(issue.message)
  if (found === null) return issue.message
  const [, expected, received] = found
  if (received === undefined) return `expected ${expected}`
  return received === 'undefined' ? `is missing (expected ${expected})` : `expected ${expected}, found ${received}`
}
