import type { DutyTaken } from '../decision/hindrance.ts'
import type { Form } from '../policy/form.ts'
import type { Electorate } from '../policy/requirement.ts'
import type { StandInCause } from '../policy/role.ts'
import type { Digest } from '../values/digest.ts'
import type { Instant } from '../values/instant.ts'
import type { Interval } from '../values/schedule.ts'

/**
 * By what right a person acts in a role: their own, a principal's whose delegate they are, or, while the role is vacant
 * (or absent, or has left the stage unanswered, where the policy says so), that of the role that stands in for it.
 */
export type Seat =
  | { readonly role: string; readonly capacity: 'own' }
  | {
      readonly role: string
      readonly capacity: 'delegate'
      /** Whose authority it is: the one at the far end. */
      readonly principal: string
      /** The actor's own link to the principal, or to whoever passed the delegation on. */
      readonly delegation: string
      /** The links behind it, in order, where the delegation was passed on. */
      readonly through?: string[] | undefined
    }
  | { readonly role: string; readonly capacity: 'fallback'; readonly via: string; readonly cause: StandInCause }

/** A duty that somebody has taken on, which they hold on this change for good. */
export interface HeldDuty {
  readonly duty: string
  readonly person: string
  /** The revision at which they took it on, the instant, and how many events of people and rules there were then. */
  readonly revision: number
  readonly at: Instant
  readonly under?: number
  /** How many there were each time that they have made content once more: who answered for a robot can be another each time. */
  readonly again?: readonly number[]
  readonly how: DutyTaken
}

/** Why something that was given no longer counts. */
type Ended =
  | { readonly how: 'stale'; readonly revision: number; readonly at: Instant }
  | { readonly how: 'withdrawn'; readonly at: Instant }
  | { readonly how: 'rejected'; readonly at: Instant }

/** What was given for a revision of a change, by whom and by what right. */
export interface Given {
  readonly stage: string
  readonly person: string
  /** Everyone whose duties count for it: the person who acted, and whoever they acted for. */
  readonly chain: readonly string[]
  readonly seats: readonly Seat[]
  readonly at: Instant
  /** How many events of people and rules there were then; of what was carried, that is not known. */
  readonly under?: number
  readonly round: number
  readonly revision: number
  readonly ended?: Ended
}

/** Where a carried approval was given, and the instant from which it is too old. */
export type Carried =
  | { readonly change: string; readonly approval: number; readonly until: Instant }
  | { readonly template: Digest; readonly until: Instant }

export interface Approval extends Given {
  readonly carried?: Carried
  /** Where the change may be put into effect on it, where whoever gave it has said so. */
  readonly environments?: readonly string[]
  /** The exceptions under which it was given. */
  readonly exceptions?: readonly string[]
  /** The round in which it was given, where it was retained in a later one. */
  readonly retainedFrom?: number
  /** A review of what had taken effect. */
  readonly afterwards?: true
}

/** Who has done something, when, and after how many events of people and rules. */
interface Marked {
  readonly by: string
  readonly at: Instant
  readonly under?: number
}

export interface Rejection extends Given {
  /** How many approvals had been given before it. */
  readonly after: number
  /** The category of the change then, whose policy says who lifts a veto. */
  readonly category: string
  /** It stops the change until it is lifted. */
  readonly veto?: true
  /** Of a veto: under which policy it was placed, and how its stage was called there. */
  readonly placed?: { readonly policy: Digest; readonly stage: string }
  /** By whom it was lifted, and how many approvals had been given by then. */
  readonly lifted?: Marked & { readonly after: number }
}

export interface Evidence {
  readonly name: string
  readonly digest?: Digest | undefined
}

export interface SignOff extends Given {
  readonly result: 'passed' | 'failed'
  readonly evidence: readonly Evidence[]
}

export interface Released extends Given {
  /** On the glass that was broken. */
  readonly underGlass?: true
}

/**
 * Somebody's exception from a separation, on this change and for a time. It was asked for by one person and granted by
 * another, who gains nothing by it.
 */
export interface Exception {
  readonly id: string
  readonly person: string
  readonly duties: readonly [string, string]
  readonly until: Instant
  readonly reason: string
  readonly requestedBy: string
  /** By whom it was granted, and how much had been given of each kind by then. */
  readonly granted?: Marked & { readonly after: DeedCounts }
  readonly revoked?: { readonly by: string; readonly at: Instant }
}

/** What somebody has given or done on a change, and the duties that are held by that: none of these lists grows shorter. */
export const deedLists = ['approvals', 'signOffs', 'releases', 'tasks', 'ticks', 'held'] as const

/** How many there are in each of these lists. */
export type DeedCounts = Readonly<Record<(typeof deedLists)[number], number>>

/** The template that a standard change follows. */
interface FollowedTemplate {
  readonly name: string
  readonly version: number
  readonly digest: Digest
}

export interface TaskDone {
  readonly stage: string
  readonly duty: string
  readonly person: string
  readonly chain: readonly string[]
  readonly seats: readonly Seat[]
  readonly at: Instant
  readonly under?: number
}

/** An item of a stage's checklist that somebody has ticked. */
export interface Tick extends Given {
  readonly item: string
}

/** Something that is owed on a change which has taken effect: a review, or a remedy of what a review has rejected. */
export interface Obligation {
  readonly kind: 'review' | 'remedy'
  /** The stage that asks for it; of a remedy, the one that rejected what was done. */
  readonly stage: string
  readonly since: Instant
  /** From this instant on it is late, for good. */
  readonly due: Instant
  readonly ended?: {
    readonly how: 'fulfilled' | 'rejected'
    readonly at: Instant
    readonly late: boolean
    /** How often the change had been put into effect by then. */
    readonly releases: number
    /** The change that is the remedy. */
    readonly remedy?: string
  }
}

/** The glass that somebody has broken, and until when the change may be put into effect on that. */
interface Glass {
  readonly by: string
  readonly at: Instant
  readonly under?: number
  readonly until: Instant
  /** The round in which it was broken: it holds in no other. */
  readonly round: number
  /** The change was put into effect on it. */
  readonly used?: true
}

/** Somebody has excepted a change from a freeze, for a time. */
interface Override {
  readonly freeze: string
  readonly by: string
  readonly at: Instant
  readonly under?: number
  readonly until: Instant
  readonly reason: string
}

/** A private value that was filled in, as far as the trail has it. */
export interface Committed {
  readonly field: string
  readonly commitment: Digest
  /** Since when, by whom and why nobody can open it any more. */
  readonly redacted?: { readonly by: string; readonly at: Instant; readonly reason: string }
}

/** By what it is told what is asked for on a change. */
export interface RuledBy {
  readonly policy: Digest
  readonly category: string
  readonly form: Form
  readonly template?: FollowedTemplate
}

/**
 * A change ticket, as folded from its stream. While it is folded, every change has all of these members, and `undefined` where there
 * is nothing to say: so the engine reads them all in the same way, and a verdict takes a tenth less. What a desk shows has only
 * those of which there is something to say.
 */
export interface Change {
  readonly id: string
  readonly team: string
  readonly category: string
  /** The policy under which it was submitted, and by which it is judged. */
  readonly policy: Digest
  /** By which rules, and as what, it was judged before its edits: since somebody whom these ask has agreed to less, or ever. */
  readonly before: RuledBy | undefined
  readonly title: string
  readonly reason: string
  readonly parent: string | undefined
  readonly template: FollowedTemplate | undefined
  readonly requestedBy: string
  readonly submittedAt: Instant
  /** How many events of people and rules there were then. */
  readonly submittedUnder: number
  /** Where it is in its life: a stage of its flow, or `returned`, `completed`, `closed`, `cancelled`. */
  readonly state: string
  /** Since when it is there. */
  readonly since: Instant
  /** How often it has been submitted; what was given in an earlier round does not count. */
  readonly round: number
  readonly revision: number
  /** The digest of what an approval is given for. */
  readonly digest: Digest
  /** Since when that is asked for which the digest stands for: the submission, or the last edit that was material. */
  readonly digestSince: Instant
  /** When it was moved to another policy last. */
  readonly migrated: Instant | undefined
  readonly form: Form
  readonly content: Digest | undefined
  readonly assignee: string | undefined
  readonly held: readonly HeldDuty[]
  readonly tasks: readonly TaskDone[]
  readonly ticks: readonly Tick[]
  readonly approvals: readonly Approval[]
  readonly rejections: readonly Rejection[]
  readonly signOffs: readonly SignOff[]
  readonly releases: readonly Released[]
  readonly exceptions: readonly Exception[]
  /** What counted when it was completed, by place in the lists: what is learned later does not touch it. */
  readonly rests:
    | {
        readonly at: Instant
        readonly approvals: readonly number[]
        readonly signOffs: readonly number[]
      }
    | undefined
  /** What is owed, and what was, in the order in which it came about. */
  readonly obligations: readonly Obligation[]
  readonly glass: Glass | undefined
  readonly overrides: readonly Override[]
  /** The column of its team's board in which it lies. */
  readonly column: string | undefined
  /** Since when it lies there. */
  readonly columnSince: Instant | undefined
  /**
   * The lane for what cannot wait, where it came there by it. Whether it takes a place in the lane still hangs on the others that are
   * there, and on its category of now: that is told by its card on the board.
   */
  readonly lane: 'expedite' | undefined
  /** When it is to be put into effect, as far as that is planned. */
  readonly plan: Interval | undefined
  /** It was found, and had been in effect since this instant, outside of the process. */
  readonly inEffectSince: Instant | undefined
  /** Every private value that was ever filled in, oldest first; absent where there is none. */
  readonly committed: readonly Committed[] | undefined
  /** For each stage that asks for a share of a role: of how many persons, as it was when the stage opened. */
  readonly electorates: Readonly<Record<string, Electorate>>
}

type Unsaid = { readonly [Member in keyof Change as undefined extends Change[Member] ? Member : never]: undefined }

/** The members of a change of which there may be nothing to say. */
export const unsaid: Unsaid = {
  before: undefined,
  parent: undefined,
  template: undefined,
  migrated: undefined,
  content: undefined,
  assignee: undefined,
  rests: undefined,
  glass: undefined,
  column: undefined,
  columnSince: undefined,
  lane: undefined,
  plan: undefined,
  inEffectSince: undefined,
  committed: undefined,
}
