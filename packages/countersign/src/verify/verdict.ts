import type { Policy } from '../policy/policy.ts'
import type { Snapshot } from '../record/snapshot.ts'
import type { Anchor } from './anchors/anchor.ts'
import type { GivenCheckpoint } from './anchors/checkpoint.ts'
import type { ForkFound } from './anchors/fork.ts'
import type { KeyRange } from './anchors/key-ranges.ts'
import type { Anchoring, AskedWitnesses, Attestation, GivenTimestamp } from './anchors/witness.ts'
import type { RestedOn } from './duties/judge.ts'
import type { Obligations } from './duties/owed.ts'
import type { Finding, FindingCode } from './finding.ts'
import type { DeclaredSchedule } from './judging.ts'
import type { GivenOpenings, PrivateValues } from './openings.ts'

/** What the auditor has besides the trail. */
export interface VerifyOptions {
  /** Checkpoints that somebody kept elsewhere. */
  readonly checkpoints?: readonly GivenCheckpoint[]
  /**
   * The checkpoint that lies with the trail, where it was published. It must match; but as whoever writes the one writes
   * the other, it holds nothing unless one of `keys` has signed it.
   */
  readonly published?: GivenCheckpoint
  /**
   * The checkpoint up to which the trail was verified before. It must match, and one of `keys` must have signed it. The bytes
   * of all entries are checked; decisions are judged from this size on, and those before are taken as they are recorded.
   */
  readonly since?: GivenCheckpoint
  /** Public keys (C2SP vkey lines) that the auditor trusts to sign them. */
  readonly keys?: readonly string[]
  /** Which witnesses have to have seen a checkpoint. The logs that the policy names are keys that the auditor trusts. */
  readonly witnesses?: AskedWitnesses
  /** Time stamps of checkpoints, each checked already. */
  readonly timestamps?: readonly GivenTimestamp[]
  /** Policies that a team says it uses: each must be the one that the trail has in force for the team. */
  readonly policies?: readonly Policy[]
  /** A snapshot of the state, which must be what the trail gives. */
  readonly snapshot?: Snapshot
  /** What opens the private values of the trail: each must be opened, or redacted by an entry. */
  readonly openings?: GivenOpenings
  /**
   * Is told of each freeze and window that was declared by a schedule, with the instants that count for it. Whether the
   * schedule still comes to them is for whoever has the time-zone rules; it is no finding.
   */
  readonly onSchedule?: (declared: DeclaredSchedule) => void
  /** The present by the auditor's clock, an instant in UTC. A trail that is dated after it is told to be ahead. */
  readonly now?: string
  /** How many findings are kept, and unless that is 0, the first three of each code in any case; all are counted. */
  readonly maxFindings?: number
}

/**
 * - `sound`: everything that was asked for holds
 * - `broken`: integrity is broken: something was changed, cut off, forked, or a signature is bad
 * - `unjustified`: integrity holds, but a decision does not follow from the rules in force
 * - `torn`: sound but for an incomplete last record, of the trail or of its openings, as after a crash
 */
export type Status = 'sound' | 'broken' | 'unjustified' | 'torn'

/** What the auditor rests a signature on. */
export interface Verdict {
  readonly status: Status
  /** Only the bytes were looked at: nothing is said of what entries say. */
  readonly only?: 'integrity'
  /** The first entry whose decision was judged, where not all were; as many as there are (`size`), where none was. */
  readonly since?: number
  readonly origin: string
  readonly size: number
  /** How many bytes, up to and including the last newline. */
  readonly bytes: number
  /** How many bytes follow it, where any do: a torn tail. */
  readonly tail?: number
  readonly root: string | undefined
  readonly findings: readonly Finding[]
  readonly found: number
  /** For each code the number of findings, also of those that were not kept. */
  readonly codes: Readonly<Partial<Record<FindingCode, number>>>
  readonly anchors: readonly Anchor[]
  /** How many entries, from the first, are held by a checkpoint. What comes after could have been rewritten or cut. */
  readonly anchoredSize: number
  /** The keys that the trail names to sign its checkpoints, each with the sizes at which it may. */
  readonly keys: readonly KeyRange[]
  /** Checkpoints that contradict each other, as far as that can be shown to somebody else. */
  readonly forks: readonly ForkFound[]
  /** What holds the trail, by kind of hold. */
  readonly anchoring: Anchoring
  /** What witnesses and time stamps say of each of the anchors. */
  readonly attestations: readonly Attestation[]
  readonly entries: { readonly accepted: number; readonly refused: Readonly<Record<string, number>> }
  readonly changes: number
  /** The exceptions on which decisions rested, each with the first entry that did. They are no compliance. */
  readonly exceptions: readonly RestedOn[]
  /** What was owed on changes that took effect first: how much of it, how much of that late, and what is open. */
  readonly obligations: Obligations
  /** Changes that were found, and had been made outside of the process, each with its entry. */
  readonly unauthorised: readonly { readonly change: string; readonly seq: number }[]
  /** What was not written into the trail but committed to, and what became of it. */
  readonly privateValues: PrivateValues
  readonly policies: readonly { readonly team: string; readonly digest: string }[]
  readonly from: string
  readonly until: string
  /**
   * Where the last date lies more than five minutes after the auditor's clock: by that clock it has not come yet. It is no
   * finding, as the auditor's may be the one that is wrong.
   */
  readonly ahead?: { readonly until: string; readonly now: string }
}
