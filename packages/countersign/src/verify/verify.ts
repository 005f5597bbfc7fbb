import { Integrity, parseVerifierKey, type VerifierKey } from '@countersign/trail'
import { type Policy, policyDigest } from '../policy/policy.ts'
import type { RecordBody } from '../record/record.ts'
import { type Snapshot, snapshotDigest, snapshotOf } from '../record/state.ts'
import type { Interval, WrittenSchedule } from '../values/schedule.ts'
import { type Anchor, compareCheckpoints, type GivenCheckpoint, parseCheckpoint } from './anchor.ts'
import { Duties } from './duties.ts'
import { decisionFinding, type Finding, type FindingCode, integrityFinding, type SourceFault } from './finding.ts'
import type { ForkFound } from './fork.ts'
import type { RestedOn } from './judge.ts'
import { type KeyRange, TrailKeys } from './keys.ts'
import type { Obligations } from './obligation.ts'
import { Disclosure, type GivenOpenings, type PrivateValues } from './openings.ts'
import { Replay } from './replay.ts'
import {
  type Anchoring,
  type AskedWitnesses,
  type Attestation,
  anchoringOf,
  attest,
  type GivenTimestamp,
  reportPostDated,
  reportTimestamps,
} from './witness.ts'

/** What the auditor has besides the trail. */
export interface VerifyOptions {
  /** Checkpoints that somebody kept elsewhere. */
  readonly checkpoints?: readonly GivenCheckpoint[]
  /**
   * The checkpoint that lies with the trail, where it was published. It must match; but as whoever writes the one writes
   * the other, it holds nothing unless one of `keys` has signed it.
   */
  readonly published?: GivenCheckpoint
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
  /** What opens the private values: each is opened, or was redacted by an entry. Without it none is looked at. */
  readonly openings?: GivenOpenings
  /**
   * Is told of each freeze and window that was declared by a schedule, with the instants that count for it. Whether the
   * schedule still comes to them is for whoever has the time-zone rules; it is no finding.
   */
  readonly onSchedule?: (declared: DeclaredSchedule) => void
  /** How many findings are kept; all are counted. */
  readonly maxFindings?: number
}

/** A freeze or a window that was declared by a schedule, as it was written down and as the instants that count. */
export interface DeclaredSchedule {
  readonly seq: number
  readonly kind: 'freeze' | 'window'
  readonly id: string
  readonly schedule: WrittenSchedule
  readonly intervals: readonly Interval[]
}

/**
 * - `sound`: everything that was asked for holds
 * - `broken`: integrity is broken: something was changed, cut off, forked, or a signature is bad
 * - `unjustified`: integrity holds, but a decision does not follow from the rules in force
 * - `torn`: sound but for an incomplete last record, as after a crash
 */
export type Status = 'sound' | 'broken' | 'unjustified' | 'torn'

/** What the auditor rests a signature on. */
export interface Verdict {
  readonly status: Status
  readonly origin: string
  readonly size: number
  readonly bytes: number
  readonly root: string | undefined
  readonly findings: readonly Finding[]
  readonly found: number
  /** For each code the number of findings, as far as they were kept. */
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
  /** What has become of what the trail holds as commitments only. */
  readonly privateValues: PrivateValues
  readonly policies: readonly { readonly team: string; readonly digest: string }[]
  readonly from: string
  readonly until: string
}

/**
 * Verifies a trail as its bytes are read, in blocks of any size: encoding, chain and tree, streams, every decision under
 * the rules in force at its entry, the duties restated, and the checkpoints. It collects what it finds and goes on.
 *
 * Throws `CountersignError` `note`, `checkpoint` or `key` where what the auditor handed in cannot be read.
 *
 * @example
 * ```ts
 * import { TrailVerifier } from 'countersign/verify'
 * const verifier = new TrailVerifier()
 * verifier.push(new Uint8Array())
 * verifier.finish().status // → 'broken'
 * ```
 */
export class TrailVerifier {
  readonly #options: VerifyOptions
  readonly #checkpoints
  readonly #keys: readonly VerifierKey[]
  readonly #integrity: Integrity
  readonly #replay: Replay
  readonly #duties: Duties
  readonly #trailKeys = new TrailKeys()
  readonly #disclosure = new Disclosure()
  readonly #findings: Finding[] = []
  readonly #codes: Partial<Record<FindingCode, number>> = {}
  readonly #refused: Record<string, number> = {}
  #found = 0
  #decisions = 0
  #broken = 0
  #accepted = 0
  #verdict: Verdict | undefined
  #from = ''
  #until = ''
  /** The entry with the latest date so far, and the same at the size of each checkpoint. */
  #latest: { readonly seq: number; readonly at: string } | undefined
  readonly #latestAt = new Map<number, { readonly seq: number; readonly at: string } | undefined>()

  constructor(options: VerifyOptions = {}) {
    this.#options = options
    const { checkpoints = [], published } = options
    this.#checkpoints = [...checkpoints, ...(published === undefined ? [] : [published])].map(parseCheckpoint)
    const logs = options.witnesses?.policy.logs ?? []
    this.#keys = [...(options.keys ?? []).map(parseVerifierKey), ...logs.map(log => log.key)]
    const sizes = new Set(this.#checkpoints.map(one => one.checkpoint.size))
    this.#replay = new Replay(finding => this.#report(finding))
    this.#duties = new Duties(finding => this.#report(finding))
    this.#integrity = new Integrity({
      sizes: [...sizes],
      maxFindings: Math.max(1, this.#most),
      onLine: ({ seq, bytes }) => {
        const body = this.#replay.entry(seq, bytes)
        if (body !== undefined && body.at > (this.#latest?.at ?? '')) this.#latest = { seq, at: body.at }
        if (sizes.has(seq + 1)) this.#latestAt.set(seq + 1, this.#latest)
        if (body === undefined) return
        this.#duties.entry(seq, body)
        this.#tellSchedule(seq, body)
        this.#trailKeys.entry(seq, body)
        this.#disclosure.entry(seq, body)
        if (this.#from === '') this.#from = body.at
        if (body.at > this.#until) this.#until = body.at
        if ('accepted' in body.outcome) this.#accepted += 1
        else this.#refused[body.outcome.refused.code] = (this.#refused[body.outcome.refused.code] ?? 0) + 1
      },
    })
  }

  get #most(): number {
    return this.#options.maxFindings ?? 1_000
  }

  /** Takes the next bytes of the trail file. */
  push(block: Uint8Array): void {
    this.#integrity.push(block)
  }

  /** Takes what is wrong with the place where the trail lies, and does not show in the bytes of its entries. */
  found(fault: SourceFault): void {
    this.#report(integrityFinding(fault.code, fault.seq, fault.expected, fault.found))
  }

  /** Judges what is left, and says what was found. */
  finish(): Verdict {
    this.#verdict ??= this.#judge()
    return this.#verdict
  }

  #tellSchedule(seq: number, { command, outcome }: RecordBody): void {
    if (command.type !== 'declareFreeze' && command.type !== 'declareWindow') return
    const { schedule, intervals } = command
    if ('refused' in outcome || 'calendar' in schedule) return
    const named =
      command.type === 'declareFreeze'
        ? ({ kind: 'freeze', id: command.freeze } as const)
        : ({ kind: 'window', id: command.window } as const)
    this.#options.onSchedule?.({ seq, ...named, schedule, intervals })
  }

  #judge(): Verdict {
    const report = this.#integrity.finish()
    const { state } = this.#replay
    let torn = false
    for (const { code, seq, offset, expected, found } of report.findings) {
      torn ||= code === 'tail.torn'
      this.#report(integrityFinding(code, seq, expected, found, offset))
    }
    // Those that were not kept break the trail as well.
    const unkept = report.found - report.findings.length
    this.#found += unkept
    this.#broken += unkept
    if (report.size === 0) this.#report(integrityFinding('founding.missing', 0, 'a founding entry', 'no entry at all'))
    const { anchors, forks } = compareCheckpoints(
      this.#checkpoints,
      {
        origin: state.governance.origin,
        size: report.size,
        rootAt: size => report.roots.get(size),
        given: this.#keys,
        own: this.#trailKeys,
      },
      finding => this.#report(finding),
    )
    const { witnesses, timestamps = [] } = this.#options
    const reports = (finding: Finding) => this.#report(finding)
    const attestations = this.#checkpoints.map(one => attest(one, witnesses, timestamps, reports))
    reportTimestamps(timestamps, attestations, report.size, reports)
    for (const [index, one] of attestations.entries())
      if (anchors[index]?.matches === true) reportPostDated(one, this.#latestAt.get(one.size), reports)
    this.#compareSupplied()
    const privateValues = this.#disclosure.judge(this.#options.openings, reports)
    const origin = state.governance.origin
    return {
      status: this.#broken > 0 ? 'broken' : this.#decisions > 0 ? 'unjustified' : torn ? 'torn' : 'sound',
      origin,
      size: report.size,
      bytes: report.bytes,
      root: report.root,
      findings: this.#findings.toSorted((a, b) => a.seq - b.seq),
      found: this.#found,
      codes: this.#codes,
      anchors,
      anchoredSize: Math.max(0, ...anchors.filter(one => this.#holds(one)).map(one => one.size)),
      keys: this.#trailKeys.ranges,
      forks,
      anchoring: anchoringOf(anchors, attestations, witnesses),
      attestations,
      entries: { accepted: this.#accepted, refused: this.#refused },
      changes: state.changes.size,
      exceptions: this.#duties.exceptions,
      obligations: this.#duties.obligations(this.#until),
      unauthorised: this.#duties.unauthorised,
      privateValues,
      policies: Object.entries(state.governance.policyInForce).map(([team, digest]) => ({ team, digest })),
      from: this.#from,
      until: this.#until,
    }
  }

  #holds({ matches, signedBy, name }: Anchor): boolean {
    const isRelied = signedBy === 'given key' || signedBy === 'key handed on'
    return matches && (isRelied || name !== this.#options.published?.name)
  }

  #compareSupplied(): void {
    const { state } = this.#replay
    for (const policy of this.#options.policies ?? []) {
      const inForce = state.governance.policyInForce[policy.team] ?? 'none'
      const supplied = policyDigest(policy)
      if (supplied === inForce) continue
      const because = `the policy supplied for ${policy.team} is not the one that the trail has in force`
      this.#report(decisionFinding('policy.supplied-differs', state.size, inForce, supplied, because))
    }
    const { snapshot } = this.#options
    if (snapshot === undefined) return
    const expected = snapshotDigest(snapshotOf(state))
    const found = snapshotDigest(snapshot)
    if (expected !== found) this.#report(integrityFinding('snapshot.differs', state.size, expected, found))
  }

  #report(finding: Finding): void {
    this.#found += 1
    this.#codes[finding.code] = (this.#codes[finding.code] ?? 0) + 1
    if (finding.kind === 'decision') this.#decisions += 1
    else if (finding.code !== 'tail.torn') this.#broken += 1
    if (this.#findings.length < this.#most) this.#findings.push(finding)
  }
}

/** Verifies a whole trail that is at hand. */
export function verifyTrail(blocks: Iterable<Uint8Array>, options?: VerifyOptions): Verdict {
  const verifier = new TrailVerifier(options)
  for (const block of blocks) verifier.push(block)
  return verifier.finish()
}
