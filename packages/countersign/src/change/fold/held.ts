import type { Change, HeldDuty } from '../change.ts'
import { changed, type When } from './fold.ts'

/** What is held once these persons have taken on a duty in this way. Whoever has done so before has done so since then. */
export function holding(
  { held, revision }: Change,
  duty: string,
  persons: readonly string[],
  how: HeldDuty['how'],
  when: When,
): readonly HeldDuty[] {
  const fresh = persons.filter(
    person => !held.some(one => one.duty === duty && one.person === person && one.how === how),
  )
  return fresh.length === 0 ? held : [...held, ...fresh.map(person => ({ duty, person, revision, ...when, how }))]
}

/** The same, with those who have made content once more. */
export function making(change: Change, makers: readonly string[], when: When): readonly HeldDuty[] {
  const { under } = when
  if (under === undefined) return holding(change, 'make', makers, 'made content', when)
  const isAgain = (one: HeldDuty): boolean =>
    one.how === 'made content' && makers.includes(one.person) && (one.again?.at(-1) ?? one.under ?? under) < under
  const held = change.held.map(one => (isAgain(one) ? { ...one, again: [...(one.again ?? []), under] } : one))
  return holding({ ...change, held }, 'make', makers, 'made content', when)
}

/** Who has edited: the person, or a robot and whoever answered for it then. */
export const editorsOf = ({ editor, robot }: { readonly editor: string; readonly robot?: string | undefined }) =>
  robot === undefined ? [editor] : [editor, robot]

/** A change that is edited, with the rules of before the first edit, until somebody whom they ask agrees to less. */
export function edited(change: Change, asksLess: boolean): Change {
  if (asksLess) return changed(change, { before: undefined })
  const { before, policy, category, form, template } = change
  const rules = { policy, category, form, ...(template === undefined ? {} : { template }) }
  return changed(change, { before: before ?? rules })
}
