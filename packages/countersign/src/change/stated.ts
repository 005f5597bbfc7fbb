import { type Change, unsaid } from './change.ts'

type Unsaid = keyof typeof unsaid

/** A change as it is shown and written down: without the members of which there is nothing to say. */
export type Stated = Omit<Change, Unsaid> & Partial<Pick<Change, Unsaid>>

/** A copy of a change without the members that are `undefined`, which have no canonical form. */
export function stated(change: Change): Stated {
  const told: Stated = { ...change }
  for (const name of Object.keys(unsaid) as Unsaid[]) if (told[name] === undefined) delete told[name]
  return told
}
