import type { Change, Given, Seat } from './change.ts'

/** Why something that was given does not count now, though it stands in the trail; `undefined` where it counts. */
export type Discount =
  | { readonly why: 'ended'; readonly ended: NonNullable<Given['ended']> }
  | { readonly why: 'earlier-round' }
  | { readonly why: 'conflict'; readonly person: string; readonly duty: string }
  | { readonly why: 'expired'; readonly until: string }
  | { readonly why: 'parent' }
  | { readonly why: 'scope' }
  | { readonly why: 'template' }
  | { readonly why: 'not-counted-then' }
  | { readonly why: 'given-again'; readonly person: string }
  | { readonly why: 'compromised'; readonly person: string }
  | { readonly why: 'departed'; readonly person: string }
  | { readonly why: 'environment'; readonly environment: string }
  | { readonly why: 'evidence' }
  | { readonly why: 'granted-by-participant'; readonly person: string; readonly by: string }
  | { readonly why: 'granted-by-proposer'; readonly person: string; readonly by: string }
  /** The stage asks other roles now. */
  | { readonly why: 'role'; readonly role: string }
  | { readonly why: 'seat'; readonly role: string; readonly capacity: Seat['capacity'] }

/** The duty for which something is given. */
export type GivenDuty = 'approve' | 'test' | 'release'

/** Whether something that was given is of this round and was not ended since. It may still not count. */
export const isLive = (change: Change, given: Given): boolean =>
  given.ended === undefined && given.round === change.round
