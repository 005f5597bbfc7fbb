import type { Hindrance } from '../hindrance.ts'
import { list, shown, whole } from '../sentence.ts'

type Told<Why extends Hindrance['why']> = Partial<Extract<Hindrance, { readonly why: Why }>>

/** The clause that keeps two duties apart, or else the two. */
const rule = ({ clause, duties }: Told<'conflict' | 'own-request'>): string =>
  clause === undefined ? list(duties).join('/') : shown(clause)

const words: { readonly [Why in Hindrance['why']]: (one: Told<Why>) => string } = {
  conflict: one => `${shown(one.how)} (${rule(one)})`,
  given: one => `${one.duty === 'test' ? 'signed off' : 'approved'} already (${shown(one.stage)})`,
  'granted-by-participant': one => `was given the role by ${shown(one.by)}, who takes part in the change`,
  absent: () => 'is absent',
  'no-account': () => 'has no account',
  'own-request': one => `may not put into effect what ${shown(one.person)} asked for and made (${rule(one)})`,
  freeze: () => 'opened the way round the freeze',
  veto: () => 'lifted a veto, which would stand again',
  favour: one => `did somebody a favour by which ${shown(one.stage)} is met`,
  'own-review': one => `reviewed it at ${shown(one.stage)}, which would count no more`,
  'no-place': () => 'could take none of the places that are open',
}

/**
 * Tells why somebody cannot act, after their name: `bob, who …`. What was read back from a trail may be anything, and is told as
 * well as can be.
 *
 * @example
 * ```ts
 * import { describeHindrance } from 'countersign'
 * describeHindrance({ why: 'given', duty: 'approve', stage: 'peer' }) // → 'approved already (peer)'
 * describeHindrance({ why: 'absent' }) // → 'is absent'
 * ```
 */
export function describeHindrance(hindrance: Hindrance): string {
  const one = whole<Hindrance>(hindrance)
  return one.why !== undefined && Object.hasOwn(words, one.why)
    ? (words[one.why] as (one: Partial<Hindrance>) => string)(one)
    : `cannot, for a reason that is not known here: ${shown(hindrance)}`
}
