import * as z from 'zod'
import { dutyId } from '../values/identifier.ts'
import { because } from '../values/text.ts'
import { refuseUnknown, stated } from './options.ts'

/** What persons do on a change. A team may name more. */
export const duties = ['request', 'make', 'test', 'approve', 'release', 'review'] as const
export type Duty = string

/** Two duties that no person may hold on one change. */
export interface Separation {
  duties: [Duty, Duty]
  because: string
  /** A policy may name who can grant an exception, for one person on one change and for a time. Otherwise none can. */
  exceptions?: 'allowed' | undefined
}

export const separation = z.strictObject({
  duties: z.tuple([dutyId, dutyId]),
  because,
  exceptions: z.literal('allowed').optional(),
})

/** The separation itself: it holds in every policy, and no policy and no controls can lift it. */
export const houseSeparations: readonly Separation[] = [
  { duties: ['make', 'approve'], because: 'whoever makes a change does not approve it' },
  { duties: ['make', 'test'], because: 'whoever makes a change does not test it' },
]

/**
 * Of what is owed after a change has taken effect: nobody reviews what they put into effect themselves, nor, unless the
 * policy says so, what they approved before.
 */
export const afterwardsSeparations: readonly Separation[] = [
  { duties: ['release', 'review'], because: 'whoever puts a change into effect does not review it afterwards' },
  { duties: ['approve', 'review'], because: 'whoever authorises a change does not review it afterwards' },
]

/**
 * Whether a review afterwards counts beside what the same person has authorised before: where the policy says in so many words
 * that they may do both. Otherwise a person counts once on a change.
 */
export const reviewsApart = ({ permit }: { readonly permit: readonly Separation[] }): boolean =>
  permit.some(one => samePair(one.duties, ['approve', 'review']))

/** What holds unless the policy lifts it in so many words. */
export const defaultSeparations: readonly Separation[] = [
  { duties: ['request', 'approve'], because: 'whoever asks for a change does not approve it' },
]

/** Whether two pairs are of the same duties, in whichever order. */
export const samePair = (a: readonly [Duty, Duty], b: readonly [Duty, Duty]): boolean =>
  (a[0] === b[0] && a[1] === b[1]) || (a[0] === b[1] && a[1] === b[0])

/** A pair of duties that awaits its reason. */
export interface DutyPair {
  readonly pair: [Duty, Duty]
  because(reason: string): Separation
}

const pairOf = (one: Duty, other: Duty, more: Pick<Separation, 'exceptions'> = {}): DutyPair => ({
  pair: [one, other],
  because: reason => ({ duties: [one, other], because: reason, ...more }),
})

/**
 * Keeps two duties on one change in different hands: `separate('test', 'approve').because('two pairs of eyes')`. With
 * `{ exceptions: 'allowed' }` a team's policy may name who can grant an exception.
 *
 * @example
 * ```ts
 * import { separate } from 'countersign/policy'
 * separate('test', 'approve').because('two pairs of eyes').duties // → ['test', 'approve']
 * ```
 */
export function separate(one: Duty, other: Duty, options: Pick<Separation, 'exceptions'> = {}): DutyPair {
  refuseUnknown(`separate ${one}, ${other}`, options, ['exceptions'])
  return pairOf(one, other, stated(options))
}

/**
 * Lifts a default separation aloud.
 *
 * @example
 * ```ts
 * import { permit } from 'countersign/policy'
 * permit('request', 'approve').because('the product owner decides').duties // → ['request', 'approve']
 * ```
 */
export const permit = (one: Duty, other: Duty): DutyPair => pairOf(one, other)
