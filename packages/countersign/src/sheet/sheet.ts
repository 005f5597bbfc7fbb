import type { HeldDuty, Obligation, Seat } from '../change/change.ts'
import type { Discount } from '../change/discount.ts'
import type { RequirementNode, StageNode, Status } from '../change/explain/explanation.ts'
import type { Refusal } from '../decision/facts.ts'
import type { Clause } from '../policy/controls.ts'
import type { ExceptionRule } from '../policy/exception.ts'
import type { FieldValue } from '../policy/form.ts'
import type { Commitment } from '../values/commitment.ts'
import type { Digest } from '../values/digest.ts'
import type { Instant } from '../values/instant.ts'
import type { Interval } from '../values/schedule.ts'
import type { Adopted, DelegationUsed, FreezeDeclared, Said, TemplateAgreed } from './documents.ts'
import type { Flag } from './flag.ts'
import type { Place, Signed } from './place.ts'

/** A field of the form as it is recorded. Of a private one the trail has a commitment, and whether that can be opened still. */
export type FieldLine =
  | { readonly field: string; readonly value: Exclude<FieldValue, Commitment> }
  | {
      readonly field: string
      readonly commitment: Digest
      readonly redacted?: Said & { readonly reason: string }
    }

/** The change as it was submitted, or edited to be. */
export interface RevisionLine extends Signed {
  readonly revision: number
  /** What approvals of it name. */
  readonly digest: Digest
  /** Whether it asked for what was given before to be given anew; the first one does. */
  readonly material: boolean
  /** What was edited: fields of the form, `title`, `reason`, `content`, `category`. */
  readonly edited: readonly string[]
  /** The content that it brought, and who made that. */
  readonly content?: Digest
  readonly makers: readonly string[]
  readonly category?: string
  readonly comment?: string
}

/** Somebody who has made the change, or some of it, and by what that is known. */
export interface MakerLine extends Place {
  readonly person: string
  readonly how: HeldDuty['how']
  readonly revision: number
  /** The content of the change at that revision. */
  readonly content?: Digest
}

/** A duty that somebody has on the change for good, and what made them have it. */
export interface DutyLine {
  readonly seq?: number
  readonly at: Instant
  readonly person: string
  /** The person that this id turned out to be. */
  readonly is?: string
  readonly duty: string
  readonly how: HeldDuty['how']
}

/** Why something that was given counts for nothing: as an explanation says, or as nothing is asked for there any more. */
export type Uncounted = Discount | { readonly why: 'not-asked' } | { readonly why: 'failed' }

/** By what right somebody acted. What was carried was given elsewhere, by the right that its seats name. */
export type Capacity = Seat['capacity'] | 'carried'

interface Counting {
  readonly counts: boolean
  /** Why it does not. */
  readonly why?: Uncounted
}

/** What somebody gave at a stage. */
interface GivenLine extends Counting {
  /** The entry in which it stands; none, where it has come about by itself and comes into the trail with the next command. */
  readonly seq?: number
  /** When it was given; of what was carried, the original instant. */
  readonly at: Instant
  readonly stage: string
  /** Who acted, and by which account. */
  readonly person: string
  readonly account?: string
  /** The robot that acted, for which the person answers. */
  readonly bot?: string
  /** Everyone whose duties count for it. */
  readonly chain: readonly string[]
  readonly capacity?: Capacity
  readonly seats: readonly Seat[]
  readonly revision: number
  readonly round: number
  readonly comment?: string
  /** The exceptions on which it rests: what does is allowed by an exception, and not by the rules. */
  readonly exceptions?: readonly string[]
  /** Whoever gave it has left since. */
  readonly departed?: true
  /** That it was withdrawn, overtaken by an edit, or rejected by the same person. */
  readonly ended?: { readonly how: 'stale' | 'withdrawn' | 'rejected' } & Partial<Signed> & {
      readonly comment?: string
    }
}

export interface TestLine extends GivenLine {
  readonly result: 'passed' | 'failed'
  readonly evidence: readonly { readonly name: string; readonly digest?: Digest | undefined }[]
  /** Given after the change had taken effect, and no test before. */
  readonly afterwards?: true
}

export interface ApprovalLine extends GivenLine {
  /** The role for which it is counted. */
  readonly countsFor?: string
  /** Given after the change had taken effect, and no approval before. */
  readonly afterwards?: true
  /** Where the change may be put into effect on it, if not everywhere. */
  readonly environments?: readonly string[]
  /** The round in which it was given, where it was kept in a later one. */
  readonly retainedFrom?: number
  /** Where it was given: the change or the template, in which entry, and until when it is good. */
  readonly carried?: {
    readonly from: { readonly change: string } | { readonly template: Digest }
    readonly seq?: number
    readonly until: Instant
  }
}

export interface RejectionLine extends Omit<GivenLine, 'counts' | 'why' | 'ended'> {
  readonly veto?: true
  /** Of what had taken effect. */
  readonly afterwards?: true
  /** By whom the veto was lifted, and why. */
  readonly lifted?: Signed & { readonly comment: string }
}

export interface ReleaseLine extends GivenLine {
  readonly environment?: string
  /** On the glass that was broken, and not on approvals and tests. */
  readonly underGlass?: true
  /** The approvals and tests that stood when it took effect, by their entries, whatever has become of them since. */
  readonly approvedIn: readonly number[]
  readonly testedIn: readonly number[]
  /** Those of them that do not count any more. */
  readonly fellAway?: readonly FallenLine[]
}

/** An approval or a test that stood when the change took effect, and does not count any more. */
export interface FallenLine {
  /** The entry in which it was given. */
  readonly seq: number
  readonly why: Uncounted
  /** The entry by which it ceased to count; none, where that came about by time alone. */
  readonly lostIn?: number
}

export interface TaskLine extends GivenLine {
  readonly duty: string
}

/** An item of a checklist that somebody ticked. */
export interface TickLine extends GivenLine {
  readonly item: string
  readonly text?: string
}

/** A stage of the flow, and what it came to. */
export interface StageLine {
  readonly stage: string
  readonly kind: StageNode['kind']
  /** `excepted` is met by an exception from the rules, and not by the rules. */
  readonly status: Status
  /** After the change has taken effect. */
  readonly afterwards?: true
  /** The role that does it; of a test, by how many persons, and whether with evidence. */
  readonly by?: string
  readonly signOffs?: number
  readonly evidence?: 'required' | 'optional'
  /** What an approval asks for, and what that came to. */
  readonly requirement?: RequirementNode
  readonly missing: readonly { readonly role: string; readonly persons: number }[]
}

/** A review or a remedy that is owed, or was. */
export interface ObligationLine extends Pick<Obligation, 'kind' | 'stage' | 'since' | 'due'> {
  readonly seq?: number
  readonly late: boolean
  readonly ended?: Partial<Place> & {
    readonly how: 'fulfilled' | 'rejected'
    readonly late: boolean
    readonly remedy?: string
  }
}

/** A policy by which the change was judged, from an entry on. */
export interface PolicyLine extends Signed, Adopted {
  readonly digest: Digest
  readonly team?: string
  /** It was submitted under it, or moved to it. */
  readonly how: 'submitted' | 'migrated'
  readonly comment?: string
  /** The controls with which it complies. */
  readonly controls?: ControlsLine
}

export interface ControlsLine extends Adopted {
  readonly name: string
  readonly digest: Digest
  readonly clauses: readonly { readonly clause: string; readonly rule: Clause['rule']; readonly because: string }[]
}

/** Somebody's exception from a separation. */
export interface ExceptionLine {
  readonly exception: string
  readonly person: string
  readonly duties: readonly [string, string]
  readonly reason: string
  readonly until: Instant
  readonly requested: Said
  readonly granted?: Said & { readonly comment?: string }
  readonly revoked?: Said & { readonly comment?: string }
  /** What the policy says of such exceptions, by which the change is judged: who grants them, and what is done instead. */
  readonly rule?: Omit<ExceptionRule, 'duties'>
  /** The entries of what rests on it. */
  readonly usedIn: readonly number[]
}

export interface GlassLine extends Signed {
  readonly reason: string
  readonly until: Instant
  /** The entries in which it was put into effect on that. */
  readonly usedIn: readonly number[]
}

export interface OverrideLine extends Signed {
  readonly freeze: string
  readonly until: Instant
  readonly reason: string
  readonly declared?: FreezeDeclared
}

export interface TemplateLine extends Place, TemplateAgreed {
  readonly name: string
  readonly version: number
  readonly digest: Digest
  /** It left the bounds of the template, in these fields, and became one of another category. */
  readonly left?: Place & { readonly category: string; readonly fields: readonly string[] }
}

/** A command that was refused, and recorded. */
export interface RefusalLine extends Signed {
  readonly command: string
  readonly refused: Refusal
}

/** Something that somebody did on it, with a comment. */
export interface StepLine extends Signed {
  readonly comment?: string
}

/**
 * What the trail says of one change, for whoever tests it as a sample. Every line names the entry (`seq`) in which it
 * stands. Persons are told by their ids. It tells what was recorded, and verifies nothing.
 */
export interface Sheet {
  readonly change: string
  /** As of when it is told. A change whose life has ended is told as it was then. */
  readonly at: Instant
  readonly team: string
  readonly category: string
  readonly title: string
  readonly reason: string
  /** A stage of its flow, or `returned`, `remediation`, `completed`, `closed`, `cancelled`. */
  readonly state: string
  readonly since: Instant
  readonly revision: number
  readonly round: number
  readonly digest: Digest
  readonly flags: readonly Flag[]
  readonly requested: Signed & { readonly requester: string }
  /** The change on which it depends, and those that depend on it. */
  readonly parent?: string
  readonly children: readonly string[]
  /** It was found, and had been in effect since then, outside of the process: nothing was approved before. */
  readonly found?: Place & { readonly inEffectSince: Instant }
  readonly form: readonly FieldLine[]
  readonly revisions: readonly RevisionLine[]
  readonly implementers: readonly MakerLine[]
  /** Who has which duty: nobody is to have two that are kept apart, but by an exception. */
  readonly duties: readonly DutyLine[]
  readonly tasks: readonly TaskLine[]
  readonly ticks: readonly TickLine[]
  readonly tests: readonly TestLine[]
  readonly approvals: readonly ApprovalLine[]
  readonly rejections: readonly RejectionLine[]
  /** Each time that it was sent back, and submitted again. */
  readonly returned: readonly StepLine[]
  readonly resubmitted: readonly (StepLine & { readonly round: number })[]
  readonly stages: readonly StageLine[]
  readonly plan?: Interval & Place
  readonly releases: readonly ReleaseLine[]
  readonly obligations: readonly ObligationLine[]
  /** The policies by which it was judged, the first first. */
  readonly policies: readonly PolicyLine[]
  readonly exceptions: readonly ExceptionLine[]
  readonly glass: readonly GlassLine[]
  readonly overrides: readonly OverrideLine[]
  readonly template?: TemplateLine
  /** The delegations by which somebody acted on it. */
  readonly delegations: readonly DelegationUsed[]
  readonly refusals: readonly RefusalLine[]
  readonly cancelled?: StepLine
  readonly closed?: StepLine
  /** Every entry of the trail that is about it. */
  readonly entries: readonly number[]
}
