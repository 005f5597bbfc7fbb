import type { Instant } from '../values/instant.ts'

/**
 * Why somebody is told:
 * - `asked`: a change waits for them at a stage, for what it is now
 * - `actedFor`: somebody has acted in their name
 * - `stale`: what they gave no longer counts, by an edit
 * - `assigned`: the work was given to them; `unassigned`: triage has found nobody for it
 * - `returned`, `vetoed`: what they asked for, or have on their hands, was sent back or stopped
 * - `frozen`: a freeze was declared over their plan
 * - `blocked`: a stage can be met by nobody, or by too few
 * - `late`: what is owed was not there in time
 */
export type NoticeKind =
  | 'asked'
  | 'actedFor'
  | 'stale'
  | 'assigned'
  | 'unassigned'
  | 'returned'
  | 'vetoed'
  | 'frozen'
  | 'blocked'
  | 'late'

/** What somebody is asked to do: the command that they would give. */
export type Deed =
  | 'approve'
  | 'signOff'
  | 'complete'
  | 'release'
  | 'revise'
  | 'liftVeto'
  | 'remediate'
  | 'grantException'
  | 'move'
  | 'assign'
  | 'tick'

/**
 * Who must be told what, and why. It has ids, names of stages and instants in it, and nothing that anybody wrote: no name,
 * no title, no comment, no field of a form.
 */
export interface Notice {
  /**
   * The same for the same notice, whoever derives it and whenever: the number of its entry, or, of what time alone has
   * brought about, the instant; its kind, the change, the stage and the person.
   */
  readonly key: string
  readonly kind: NoticeKind
  /** The natural person who is to be told. */
  readonly person: string
  readonly change: string
  readonly team: string
  /** Since when it is so. */
  readonly since: Instant
  readonly because: string
  readonly stage?: string
  readonly do?: Deed
  /** The principal in whose name they may act, who is absent; or who has acted in theirs. */
  readonly for?: string
  readonly by?: string
  /** The robot that may do it, for which they answer. */
  readonly robot?: string
  /** By when it is to be there, or was. */
  readonly due?: Instant
  readonly freeze?: string
}
