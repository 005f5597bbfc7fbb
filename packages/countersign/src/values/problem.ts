import type * as z from 'zod'

/** A schema's complaint as a person would put it. */
export function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return `has ${issue.keys.length === 1 ? 'a member' : 'members'} that nobody knows: ${issue.keys.map(key => key.slice(0, 64)).join(', ')}`
  if (issue.code === 'invalid_key') {
    const [inner] = issue.issues
    if (inner !== undefined) return problemOf(inner)
  }
  const kinds = /^Invalid discriminator value\. Expected (.+)$/.exec(issue.message)?.[1]
  if (kinds !== undefined) return `expected one of ${kinds.replaceAll("'", '').replaceAll(' | ', ', ')}`
  const found = /^Invalid input: expected (.+?)(?:, received (.+))?$/.exec(issue.message)
  if (found === null) return issue.message
  const [, expected, received] = found
  if (received === undefined) return `expected ${expected}`
  return received === 'undefined' ? `is missing (expected ${expected})` : `expected ${expected}, found ${received}`
}
