import { CountersignError } from '@countersign/trail'

export const fault = (problem: string, facts: Record<string, string | number> = {}) =>
  new CountersignError('input', `calendar: ${problem}`, { facts })

/** What the library says of something that it cannot read, in our words. */
export function unreadable(what: string, cause: unknown): CountersignError {
  if (cause instanceof CountersignError) return cause
  const problem = (cause as Error).message.replaceAll(/\s+/g, ' ').slice(0, 200)
  return new CountersignError('input', `calendar: ${what} cannot be read: ${problem}`, { cause })
}
