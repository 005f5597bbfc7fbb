import type { Change, unsaid } from './change.ts'

type Member = keyof typeof unsaid

/** A change as it is shown and written down: without the members of which there is nothing to say. */
export type Stated = Omit<Change, Member> & Partial<Pick<Change, Member>>

/** A copy of a change without the members that are `undefined`, which have no canonical form. */
export function stated(change: Change): Stated {
  // Put together, and not taken from: an engine reads what something was deleted from as a table.
  const told: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(change)) if (value !== undefined) told[name] = value
  return told as unknown as Stated
}
