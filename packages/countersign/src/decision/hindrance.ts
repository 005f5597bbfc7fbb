/** By what somebody may have come to a duty on a change. */
export const dutiesTaken = [
  'requested',
  'made content',
  'edited',
  'was assigned',
  'did the task',
  'ticked an item',
  'approved',
  'reviewed',
  'rejected',
  'tested',
  'released',
  'broke the glass',
] as const

export type DutyTaken = (typeof dutiesTaken)[number]

/**
 * Why somebody cannot act who holds what it takes, as it is recorded: a duty of theirs (`how` they came to it) is kept apart
 * from this one, they have given theirs at a stage already, a participant has given them the role, they are absent, or they have no account.
 */
export type Ineligibility =
  | { readonly why: 'conflict'; readonly how: DutyTaken; readonly duties: [string, string]; readonly clause?: string }
  | { readonly why: 'given'; readonly duty: string; readonly stage: string }
  | { readonly why: 'granted-by-participant'; readonly by: string }
  | { readonly why: 'absent' }
  | { readonly why: 'no-account' }

/**
 * The same, with what else keeps somebody from acting where others may: nothing may be put into effect that `person` both asked
 * for and made, they have opened the way round the freeze, a veto that they lifted would stand again, a `stage` is met by a
 * favour of theirs or by their own review, or none of the places that are open is theirs.
 */
export type Hindrance =
  | Ineligibility
  | {
      readonly why: 'own-request'
      readonly person: string
      readonly duties: [string, string]
      readonly clause?: string
    }
  | { readonly why: 'freeze' }
  | { readonly why: 'veto' }
  | { readonly why: 'favour'; readonly stage: string }
  | { readonly why: 'own-review'; readonly stage: string }
  | { readonly why: 'no-place' }
