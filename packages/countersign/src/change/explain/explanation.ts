import type { SingleStage } from '../../policy/stage.ts'
import type { Instant } from '../../values/instant.ts'
import type { Interval } from '../../values/schedule.ts'
import type { HeldBack } from '../card.ts'
import type { Carried, Change, Obligation, RuledBy, Seat } from '../change.ts'
import type { Discount } from '../discount.ts'
import type { Eligible } from '../eligibility.ts'

/**
 * How a part of the policy stands. `excepted`: satisfied, but something that counts rests on an exception. `waived`: not
 * asked for any more, as the glass was broken, or as the change was rejected there after it had taken effect, and made good. `frozen`: it may not happen now, for a freeze or as no window is open. `vetoed`: a veto stops it. `vacant`: nobody holds a role that it takes. `unsatisfiable`: those who hold it cannot meet it.
 */
export type Status =
  | 'satisfied'
  | 'excepted'
  | 'waived'
  | 'frozen'
  | 'pending'
  | 'stale'
  | 'vetoed'
  | 'vacant'
  | 'unsatisfiable'
  | 'skipped'

/** Whether nothing more is asked for there. */
export const isDone = (status: Status) =>
  status === 'satisfied' || status === 'excepted' || status === 'waived' || status === 'skipped'

/** Somebody who acted, as an explanation tells it. */
export interface Act {
  readonly person: string
  readonly seats: readonly Seat[]
  readonly at: Instant
  /** The role for which it is counted, where it counts. */
  readonly countsFor?: string
  readonly carried?: Carried
  /** The round in which it was given, where it was kept in a later one. */
  readonly retainedFrom?: number
  /** The exceptions on which it rests. */
  readonly exceptions?: readonly string[]
  /** Whoever gave it has left since. It stands, unless the policy says otherwise. */
  readonly departed?: true
  readonly discounted?: Discount
}

/** What a requirement comes to, in the shape of the policy. */
export type RequirementNode = { readonly status: Status; readonly because?: string | undefined } & (
  | {
      readonly role: string
      readonly needs: number
      readonly has: number
      readonly persons: readonly string[]
      /** The share that is asked for, and of how many persons; left out where it was of nobody, and of one person since there is somebody. */
      readonly share?: readonly [numerator: number, denominator: number]
      readonly of?: number
      /** For each person the group that they count for, where they must be of different ones. */
      readonly groups?: Readonly<Record<string, string>>
    }
  | { readonly preauthorised: true }
  | { readonly all: readonly RequirementNode[] }
  | { readonly any: readonly RequirementNode[] }
)

/** An item of a checklist, by whom it is ticked, and, where it is open, which tick of it no longer counts. */
export interface ItemNode {
  readonly item: string
  readonly text: string
  readonly ticked?: { readonly person: string; readonly at: Instant }
  readonly discounted?: { readonly person: string; readonly at: Instant; readonly why: Discount }
}

export interface StageNode {
  readonly stage: string
  readonly kind: SingleStage['kind']
  readonly status: Status
  readonly here: boolean
  /** It is owed after the change has taken effect: nothing that is given here was given before. */
  readonly afterwards?: true
  readonly acts: readonly Act[]
  readonly requirement?: RequirementNode
  /** What has to be ticked before it is done, where there is something. */
  readonly checklist?: readonly ItemNode[]
  /** Who was matched to which role: as many as can be, whatever the order in which they approved. */
  readonly matching?: Readonly<Record<string, string>>
  /** Those whose veto stops it. */
  readonly vetoes: readonly string[]
  /** Roles that still lack persons, and how many. */
  readonly missing: Readonly<Record<string, number>>
  readonly eligible: readonly Eligible[]
}

/** Something that would take the change on, and who could do it. */
export interface WayOut {
  readonly do:
    | 'approve'
    | 'signOff'
    | 'complete'
    | 'tick'
    | 'release'
    | 'liftVeto'
    | 'withdraw'
    | 'requestException'
    | 'grantRole'
    | 'remediate'
    | 'submit'
    | 'overrideFreeze'
    | 'revise'
    | 'resubmit'
    | 'move'
    | 'assign'
  readonly stage: string
  readonly role?: string
  readonly persons: readonly string[]
  /** Those of them who could do it for others only, each with these: they say for whom. */
  readonly for?: Readonly<Record<string, readonly string[]>>
}

/**
 * Whether a way out takes nothing on by itself, and makes it possible that somebody does: a role or an exception, an approval
 * that is taken back by whoever could give it at another stage, or a change that is submitted to make good what was rejected.
 *
 * @example
 * ```ts
 * import { isArranging } from 'countersign/change'
 * isArranging({ do: 'grantRole', stage: 'approve', role: 'head', persons: ['ada'] }) // → true
 * isArranging({ do: 'approve', stage: 'approve', persons: ['bob'] }) // → false
 * ```
 */
export const isArranging = (way: WayOut): boolean =>
  way.do === 'grantRole' || way.do === 'requestException' || way.do === 'withdraw' || way.do === 'submit'

/** Everything about a change at an instant: what is satisfied, what is pending and with whom, and why. */
export interface Explanation {
  readonly change: string
  readonly at: Instant
  readonly state: string
  /** Since when it is there. */
  readonly since: Instant
  readonly revision: number
  readonly digest: string
  readonly stages: readonly StageNode[]
  /** Persons who could take the change a step on now. */
  readonly whoCanUnblock: readonly string[]
  /** What would take it on, the nearest first. */
  readonly waysOut: readonly WayOut[]
  /** The exceptions on which it rests now. */
  readonly exceptions: readonly string[]
  /** What it owes or owed, as it has taken effect, and whether that is late: once late, for good. */
  readonly obligations: readonly (Obligation & { readonly late: boolean })[]
  readonly glass?: Change['glass']
  /** When it is to be put into effect, and the freezes into which that reaches. */
  readonly plan?: Interval & { readonly freezes: readonly string[] }
  /** The freezes that keep what is next from being put into effect. */
  readonly freezes: readonly { readonly freeze: string; readonly because: string; readonly until: Instant }[]
  /**
   * The stages that may be put into effect in windows only, none of which is open, and the next that opens and is not all in freezes,
   * where one is known.
   */
  readonly windows: readonly { readonly stage: string; readonly calendar: string; readonly next: Interval | null }[]
  /** A part of it took effect before these freezes began, and the rest is stopped by them. */
  readonly straddles: readonly string[]
  /** By which rules it was judged before its edits: to ask for less than these did takes somebody whom they ask. */
  readonly before?: Pick<RuledBy, 'policy' | 'category' | 'template'>
  /**
   * What keeps it from being pulled into the column where its work is done: which limit is reached and what is there, or that it
   * lies with nobody. Nobody can take it on by a move then, unless they name an owner for whom there is room (`assign`).
   */
  readonly held?: HeldBack
  /** Nobody is known to have made it, so it cannot be put into effect: an edit has to name its content and who made that. */
  readonly unmade?: true
  /** It was found, and had been in effect since then. */
  readonly inEffectSince?: Instant
}
