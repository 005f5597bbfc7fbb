import type { Form } from '../policy/form.ts'
import type { Digest } from '../values/digest.ts'
import type { Instant } from '../values/instant.ts'

/**
 * By what right a person acts in a role: their own, a principal's whose delegate they are, or, while the role is vacant
 * (or absent, where the policy says so), that of the role that stands in for it.
 */
export type Seat =
  | { readonly role: string; readonly capacity: 'own' }
  | { readonly role: string; readonly capacity: 'delegate'; readonly principal: string; readonly delegation: string }
  | { readonly role: string; readonly capacity: 'fallback'; readonly via: string }

/** A duty that somebody has taken on, which they hold on this change for good. */
export interface HeldDuty {
  readonly duty: string
  readonly person: string
  /** The revision at which they took it on. */
  readonly revision: number
  readonly how:
    | 'requested'
    | 'made content'
    | 'edited'
    | 'was assigned'
    | 'did the task'
    | 'approved'
    | 'rejected'
    | 'tested'
    | 'released'
}

/** Why something that was given no longer counts. */
type Ended =
  | { readonly how: 'stale'; readonly revision: number }
  | { readonly how: 'withdrawn' }
  | { readonly how: 'rejected' }

/** What was given for a revision of a change, by whom and by what right. */
export interface Given {
  readonly stage: string
  readonly person: string
  /** Everyone whose duties count for it: the person who acted, and whoever they acted for. */
  readonly chain: readonly string[]
  readonly seats: readonly Seat[]
  readonly at: Instant
  readonly round: number
  readonly revision: number
  readonly ended?: Ended
}

export interface Approval extends Given {
  /** For an approval that was given on the parent: which one, and the instant from which it is too old. */
  readonly carried?: { readonly change: string; readonly approval: number; readonly until: Instant }
}

export interface Evidence {
  readonly name: string
  readonly digest?: Digest | undefined
}

export interface SignOff extends Given {
  readonly result: 'passed' | 'failed'
  readonly evidence: readonly Evidence[]
}

export type Released = Given

/** A change ticket, as folded from its stream. */
export interface Change {
  readonly id: string
  readonly team: string
  readonly category: string
  /** The policy under which it was submitted, and by which it is judged. */
  readonly policy: Digest
  readonly title: string
  readonly reason: string
  readonly parent?: string
  readonly requestedBy: string
  readonly submittedAt: Instant
  /** Where it is in its life: a stage of its flow, or `returned`, `completed`, `closed`, `cancelled`. */
  readonly state: string
  /** Since when it is there. */
  readonly since: Instant
  /** How often it has been submitted; what was given in an earlier round does not count. */
  readonly round: number
  readonly revision: number
  /** The digest of what an approval is given for. */
  readonly digest: Digest
  readonly form: Form
  readonly content?: Digest
  readonly assignee?: string
  readonly held: readonly HeldDuty[]
  readonly tasks: readonly { readonly stage: string; readonly person: string; readonly at: Instant }[]
  readonly approvals: readonly Approval[]
  readonly rejections: readonly Given[]
  readonly signOffs: readonly SignOff[]
  readonly releases: readonly Released[]
}
