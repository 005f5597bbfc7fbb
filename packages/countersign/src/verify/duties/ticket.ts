import type { Seat } from '../../change/change.ts'
import type { GovernanceCommand } from '../../governance/command.ts'
import type { Policy } from '../../policy/policy.ts'
import type { ApprovalStage, SingleStage, Stage } from '../../policy/stage.ts'
import type { Instant } from '../../values/instant.ts'

// A change as the duties are judged on it: what was given for it, by whom, and for which form of it.

/** An approval or a sign-off. */
export interface Act {
  /** The entry in which it came to the change, and the one in which it was given: another one, where it was carried. */
  readonly seq: number
  readonly given: number
  readonly at: Instant
  stage: string
  /** Who acted, and whoever else answers for it, under the ids of that day. */
  readonly people: readonly string[]
  readonly rights: readonly Right[]
  /** How often the change had been edited materially, and submitted, when it was given. */
  readonly edit: number
  round: number
  readonly environments?: readonly string[] | undefined
  /** Of a carried approval: where it was given. */
  readonly from?: Origin
  off?: true
}

/** A tick on an item of a checklist, and the duty that it took on. */
export interface Ticked {
  readonly act: Act
  readonly duty: string
}

/** A role of which every grant is younger than the change, and by whom each is. One without a part in it is enough. */
export interface Late {
  readonly role: string
  /** The entry of the first of the grants. */
  readonly first: number
  readonly grantedBy: readonly (readonly string[])[]
}

/** In which role somebody acted, and who has put them there since the change was submitted, or by a delegation. */
export interface Right {
  readonly role: string
  /** How they came to act in it, where it was not their own. */
  readonly seat?: Exclude<Seat, { capacity: 'own' }>
  readonly late?: Late | undefined
  /** Of what was approved of a template: the same, since the template was proposed. */
  readonly sinceProposal?: Late | undefined
  /** The pool out of which each delegate has to be. */
  readonly places?: readonly Late[]
  /** By whom each delegation was arranged, but for principals themselves. None of them may have a part in the change. */
  readonly arrangedBy: readonly (readonly string[])[]
}

/** Who has approved it, and when. */
type TemplateApproval = Pick<Act, 'people' | 'rights' | 'at' | 'given'>

/** A version of a template, with whoever has proposed and approved it. */
export interface Template {
  /** The entry in which it was proposed. */
  readonly seq: number
  readonly document: Extract<GovernanceCommand, { type: 'proposeTemplate' }>['template']
  readonly digest: string
  readonly proposers: readonly string[]
  readonly approvals: TemplateApproval[]
  isRevoked: boolean
}

export type Origin = { readonly ticket: Ticket; readonly act: Act } | { readonly template: Template }

export interface Rejection {
  readonly seq: number
  stage: string
  readonly people: readonly string[]
  /** In which category the change was then. */
  readonly category: string
  readonly veto?: true
  /** Who could lift it besides whoever placed it, by the rules of then. */
  readonly liftedBy?: string
  /** By whom it was lifted last, in which entry first and last, and by which role, where they had it late. */
  lifted?: {
    readonly people: readonly string[]
    readonly seq: number
    readonly last: number
    readonly late: Late | undefined
  }
}

/** Two duties that are kept apart; `isFirm`, where nobody can be excepted. */
export interface Pair {
  readonly duties: readonly [string, string]
  readonly isFirm: boolean
}

export interface Exception {
  readonly id: string
  readonly person: string
  readonly duties: readonly [string, string]
  readonly until: Instant
  readonly requesters: readonly string[]
  granters: readonly string[]
  late?: Late | undefined
  /** The entries from which on, and until which, it holds; none where it was not granted rightly. And when that was. */
  from?: number
  to?: number
  at?: Instant
}

/** A release, and what counted for it. */
export interface Release {
  readonly seq: number
  readonly at: Instant
  readonly people: readonly string[]
  readonly form: Form
  readonly stages: readonly SingleStage[]
  readonly electorates: Electorates
  readonly approvals: readonly Counted[]
  readonly tests: readonly Act[]
  /** It was found wrong already. */
  isWrong: boolean
  /** In which round it was made; and that the change was edited in that round since, which takes it back. */
  readonly round: number
  isStale: boolean
}

/** An approval that counts: for which roles, and the groups of everybody who answers for it. */
export interface Counted {
  readonly act: Act
  readonly roles: readonly string[]
  readonly groups: readonly string[]
}

/** A review or a remedy that is owed on a change which has taken effect. */
export interface Owed {
  readonly kind: 'review' | 'remedy'
  stage: string
  readonly since: Instant
  readonly due: Instant
  ended?: { readonly how: 'fulfilled' | 'rejected'; readonly late: boolean; readonly seq: number }
}

export type Form = Readonly<Record<string, unknown>>
export type Electorates = Readonly<Record<string, Readonly<Record<string, number>>>>

export interface Ticket {
  readonly id: string
  /** The entry in which it was submitted, and when. */
  readonly seq: number
  readonly at: Instant
  readonly team: string
  policy: Policy
  apart: readonly Pair[]
  /** The entry in which it was moved to another policy last. */
  migrated?: number
  readonly parent: Ticket | undefined
  /** Who has asked for it. */
  readonly requesters: readonly string[]
  readonly children: Ticket[]
  category: string
  template?: Template
  form: Form
  digest: string
  revision: number
  edit: number
  /** The entries in which it was edited, materially or not. */
  readonly edits: Set<number>
  round: number
  /** Sent back, or given up: its decision does not stand. */
  isIdle: boolean
  /** It has come to the end of its flow. */
  isCompleted: boolean
  /** Somebody is known to have made it: not only to have been given it. */
  isMade: boolean
  electorates: Electorates
  /** What counted when it was completed, if everything that is asked was there: nothing that is learned later changes it. */
  settled?: ReadonlySet<Act>
  readonly approvals: Act[]
  readonly tests: Act[]
  /** For each stage the items of its checklist that are ticked, for what is there now, and by which ticks. */
  ticked: Map<string, Map<string, readonly Ticked[]>>
  readonly rejections: Rejection[]
  readonly exceptions: Map<string, Exception>
  readonly releases: Release[]
  /** What it rested on when it was completed, beside its releases: the reviews, or all where nothing releases it. */
  completion?: Release
  /** What is in effect is what the change says: it was put there since it was edited last, or was found there. */
  isInEffect: boolean
  /** When each stage has put it into effect, and how often it had been edited and submitted by then. */
  effects: {
    stage: string
    readonly seq: number
    readonly at: Instant
    readonly edit: number
    readonly round: number
  }[]
  readonly owed: Owed[]
  glass?: {
    readonly people: readonly string[]
    /** The role by which it was broken, where that was given since the change was submitted. */
    readonly late: Late | undefined
    readonly seq: number
    readonly at: Instant
    readonly until: Instant
    readonly round: number
    used: boolean
  }
}

/** The releases by which the change is in effect as it is now, in this round. */
export const standingEffects = ({ effects, edit, round }: Ticket): Ticket['effects'] =>
  effects.filter(one => one.edit === edit && one.round === round)

const none: readonly Stage[] = []

/** The flow of a ticket under its policy; empty where that has no such category. */
export const flowOf = (ticket: Ticket): readonly Stage[] => {
  const { categories } = ticket.policy
  return Object.hasOwn(categories, ticket.category) ? (categories[ticket.category]?.flow ?? none) : none
}

const flat = new WeakMap<readonly Stage[], readonly SingleStage[]>()

/** The single stages of some stages, in their order, found once for each flow. */
export function singles(stages: readonly Stage[]): readonly SingleStage[] {
  let found = flat.get(stages)
  if (found === undefined) {
    found = stages.flatMap(one => (one.kind === 'parallel' ? one.stages : [one]))
    flat.set(stages, found)
  }
  return found
}

/** For each flow its approval stages by name, which are looked up for every approval over and over. */
const indexed = new WeakMap<readonly Stage[], ReadonlyMap<string, ApprovalStage>>()

/** The approval stage of a name in the flow of a ticket, where there is one. */
export function approvalStage(ticket: Ticket, name: string): ApprovalStage | undefined {
  const flow = flowOf(ticket)
  const known = indexed.get(flow)
  if (known !== undefined) return known.get(name)
  const stages = singles(flow).filter((one): one is ApprovalStage => one.kind === 'approval')
  indexed.set(flow, new Map(stages.map(one => [one.name, one])))
  return stages.find(one => one.name === name)
}

/** The last instant that is written. */
const last = Date.parse('9999-12-31T23:59:59.999Z')

/** The instant at which a length of time is over, or the last one that is written. */
export function endOf(from: Instant, length: string): Instant {
  const milliseconds = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[length.at(-1) ?? ''] ?? 0
  return new Date(Math.min(Date.parse(from) + Number.parseInt(length, 10) * milliseconds, last)).toISOString()
}

/** When something is judged: by the clock, and by what was recorded before an entry. */
export interface Moment {
  readonly at: Instant
  readonly before: number
}
