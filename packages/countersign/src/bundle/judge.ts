import {
  CountersignError,
  EMPTY_ROOT,
  leafHash,
  parseVerifierKey,
  prevOf,
  readEntry,
  requireLists,
  requireOptions,
  rootOfShared,
  type Shared,
  type VerifierKey,
  wholeTrail,
} from '@countersign/trail'
import { type Decided, decide } from '../record/decide.ts'
import {
  changeStream,
  governanceStream,
  isGovernance,
  type RecordBody,
  readRecord,
  type Stamped,
} from '../record/record.ts'
import { hangsOnTeam } from '../record/world.ts'
import { type Anchor, compareCheckpoints, isHold, isRelied } from '../verify/anchors/anchor.ts'
import { type GivenCheckpoint, type ParsedCheckpoint, parseCheckpoint } from '../verify/anchors/checkpoint.ts'
import { KeyRanges } from '../verify/anchors/key-ranges.ts'
import {
  type AskedWitnesses,
  aheadOf,
  anchoringOf,
  attest,
  type GivenTimestamp,
  reportPostDated,
} from '../verify/anchors/witness.ts'
import { obligationsOf } from '../verify/duties/owed.ts'
import { type Finding, integrityFinding } from '../verify/finding.ts'
import { Findings } from '../verify/findings.ts'
import { type Judgement, Judging } from '../verify/judging.ts'
import type { Verdict } from '../verify/verdict.ts'
import { decideWithoutTeam, isForWantOfRoom } from '../verify/without-team.ts'
import { type Bundle, parseBundle } from './bundle.ts'

/** What the auditor has besides the bundle. */
export interface VerifyBundleOptions {
  /** Public keys (C2SP vkey lines) that the auditor trusts to sign checkpoints. */
  readonly keys?: readonly string[]
  /**
   * Checkpoints that somebody kept elsewhere. Of each the origin and the signatures are checked, and whether two contradict
   * each other; the roots of those of the bundle's own size are compared with it, and of those of a size that ends with an
   * entry which the bundle holds, as that of a hand-over does.
   */
  readonly checkpoints?: readonly GivenCheckpoint[]
  /** Which witnesses have to have seen the checkpoint. The logs that the policy names are keys that the auditor trusts. */
  readonly witnesses?: AskedWitnesses
  /** Time stamps of the bundle's checkpoint, or of one that was given, each checked already. */
  readonly timestamps?: readonly GivenTimestamp[]
  /** The present by the auditor's clock, an instant in UTC. Entries that are dated after it are told to be ahead. */
  readonly now?: string
  /** How many findings are kept, and unless that is 0, the first three of each code in any case; all are counted. */
  readonly maxFindings?: number
}

const names = Object.keys({
  keys: true,
  checkpoints: true,
  witnesses: true,
  timestamps: true,
  now: true,
  maxFindings: true,
} satisfies Record<keyof VerifyBundleOptions, true>)

/** How many entries of a stream a bundle holds, and the place in the trail of the last of them. */
export interface StreamHeld {
  readonly stream: string
  readonly entries: number
  readonly last: number
}

/** A decision that rests on something that no bundle can hold. */
export interface LeftOpen {
  readonly seq: number
  readonly change: string
  /** Whether it was decided again all the same, as far as the bundle goes: not where it was refused for want of room. */
  readonly isJudged: boolean
  readonly because: string
}

/** What a bundle comes to. `size` and `root` are of the trail at the bundle's checkpoint, `bytes` of the bundle. */
export interface BundleVerdict extends Verdict {
  readonly change: string
  /** How many entries it holds. */
  readonly held: number
  readonly streams: readonly StreamHeld[]
  /** The streams of its family: of the changes on which it depends, and of those that depend on it. */
  readonly family: readonly string[]
  /**
   * How many entries the trail has behind the change's last one here, up to the checkpoint, that the bundle does not hold.
   * Any of them could be about the change; where there is none, the bundle shows all that there was.
   */
  readonly unseen: number
  readonly leftOpen: readonly LeftOpen[]
  /** The names of checkpoints of a size at which the bundle shows no root to compare theirs with. */
  readonly uncompared: readonly string[]
}

const limits = 'whether the board had room for it hangs on changes that the bundle does not hold'
const loads = 'who had least on their hands hangs on changes that the bundle does not hold'
const unnamed = 'more than 64 changes depend on the change, so no entry names them'
const alone = 'that nothing else depends on the change is what the entry says'

/**
 * Judges a bundle without the rest of the trail: that its entries are those of the checkpoint, that none is missing
 * between the first and the last of each stream nor among those that a decision has read, every decision under the rules
 * in force at its entry, and the duties restated.
 *
 * It cannot tell whether more was recorded about the change after the last entry that it holds, unless it holds every
 * entry from there up to the checkpoint (`unseen` is 0).
 *
 * Throws `CountersignError` `bundle`, `note`, `checkpoint` or `key` where something cannot be read, and `input` where an option
 * is unknown.
 *
 * @example
 * ```ts
 * import { verifyBundle } from 'countersign/bundle'
 * verifyBundle(new Uint8Array()) // throws line 1
 * ```
 */
export function verifyBundle(bytes: Uint8Array, options: VerifyBundleOptions = {}): BundleVerdict {
  requireOptions('verifyBundle', options, names)
  requireLists('verifyBundle', options, ['keys', 'checkpoints', 'timestamps'])
  return new BundleJudging(parseBundle(bytes), bytes.length, options).verdict()
}

class BundleJudging {
  readonly #bundle: Bundle
  readonly #bytes: number
  readonly #keys: readonly VerifierKey[]
  readonly #checkpoints
  readonly #options: VerifyBundleOptions
  readonly #findings: Findings
  readonly #judging: Judging
  readonly #leftOpen: LeftOpen[] = []
  readonly #streams = new Map<string, StreamHeld>()
  /** Of each stream the number of entries that the highest `streamSeq` in it speaks of. */
  readonly #numbered = new Map<string, number>()
  /** Streams of which something is known to be missing. */
  readonly #lacking = new Set<string>()

  constructor(bundle: Bundle, bytes: number, options: VerifyBundleOptions) {
    this.#bundle = bundle
    this.#bytes = bytes
    this.#findings = new Findings(options.maxFindings)
    this.#options = options
    const logs = options.witnesses?.policy.logs ?? []
    this.#keys = [...(options.keys ?? []).map(parseVerifierKey), ...logs.map(log => log.key)]
    this.#checkpoints = (options.checkpoints ?? []).map(parseCheckpoint)
    this.#judging = new Judging({
      report: finding => this.#report(finding),
      sizes: new Set(this.#checkpoints.map(one => one.checkpoint.size)),
      // Each entry was read strictly before, for its place.
      decideAgain: (seq, stamped, written) =>
        written === undefined ? undefined : this.#decideAgain(seq, stamped, written as RecordBody),
    })
  }

  verdict(): BundleVerdict {
    const { change, checkpoint, entries } = this.#bundle
    const placed = this.#placed()
    const proven = this.#proven(placed)
    for (const one of placed) this.#entry(one)
    this.#complete()
    const { judgement } = this.#judging
    const keys = new KeyRanges(judgement.keys, judgement.origin)
    const { anchors, anchoring, attestations, forks, uncompared } = this.#anchors(proven, keys, judgement)
    const isAnchored = anchors.some(
      one => one.size === checkpoint.size && isHold(one) && (isRelied(one) || one.inBundle !== true),
    )
    return {
      status: this.#findings.worst ?? 'sound',
      change,
      origin: judgement.origin,
      size: checkpoint.size,
      bytes: this.#bytes,
      root: proven === undefined ? undefined : checkpoint.root,
      held: entries.length,
      streams: [...this.#streams.values()].toSorted((a, b) => (a.stream < b.stream ? -1 : 1)),
      family: this.#family(),
      unseen: this.#unseen(placed),
      leftOpen: this.#leftOpen,
      findings: this.#findings.kept,
      found: this.#findings.found,
      codes: this.#findings.codes,
      anchors,
      anchoring,
      attestations,
      keys: keys.ranges,
      forks,
      uncompared,
      anchoredSize: proven !== undefined && isAnchored ? checkpoint.size : 0,
      entries: { accepted: judgement.accepted, refused: judgement.refused },
      changes: judgement.changes,
      exceptions: judgement.exceptions,
      obligations: obligationsOf(judgement.owed, judgement.until),
      unauthorised: judgement.unauthorised,
      privateValues: judgement.privateValues,
      policies: judgement.policies,
      from: judgement.first?.at ?? '',
      until: judgement.until,
      ...aheadOf(judgement.until, this.#options.now),
    }
  }

  /** The entries with the places at which they say that they stand; those that say none have none. */
  #placed(): Placed[] {
    return this.#bundle.entries.flatMap((bytes, line): Placed[] => {
      try {
        const { seq, stream, streamSeq } = readRecord(bytes).body
        return [{ seq, stream, streamSeq, bytes, isReadable: true }]
      } catch (error) {
        if (!(error instanceof CountersignError)) throw error
        // A later version may say more than this one knows, and its entries are there all the same.
        const place = placeIn(bytes)
        this.#wrong('entry.unreadable', place?.seq ?? line, 'an entry of this library', error.message)
        return place === undefined ? [] : [{ ...place, bytes, isReadable: false }]
      }
    })
  }

  /** The entries, at their places, and the hashes between them, where these lead to the root of the checkpoint. */
  #proven(placed: readonly Placed[]): Shared | undefined {
    const { checkpoint, entries, hashes } = this.#bundle
    const wrong = (seq: number, expected: string, found: string) => {
      this.#wrong('bundle.proof', seq, expected, found)
      return undefined
    }
    let before: { seq: number; hash: string } = { seq: -1, hash: EMPTY_ROOT }
    const leaves: { place: number; leaf: string }[] = []
    for (const { seq, bytes } of placed) {
      if (seq <= before.seq || seq >= checkpoint.size)
        return wrong(seq, `an entry from ${before.seq + 1} to ${checkpoint.size - 1}`, `entry ${seq}`)
      const hash = leafHash(bytes)
      if (seq === before.seq + 1 && prevOf(bytes) !== before.hash)
        this.#wrong('chain.break', seq, before.hash, prevOf(bytes))
      leaves.push({ place: seq, leaf: hash })
      before = { seq, hash }
    }
    const placeless = entries.length - placed.length
    if (placeless > 0)
      return wrong(checkpoint.size, `${entries.length} entries that say where they stand`, `${placeless} that do not`)
    try {
      const shared = { leaves, size: checkpoint.size, proof: hashes }
      const root = rootOfShared(shared)
      return root === checkpoint.root ? shared : wrong(checkpoint.size, checkpoint.root, root)
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error
      return wrong(checkpoint.size, 'a proof for these entries', error.message)
    }
  }

  #entry({ seq, stream, streamSeq, bytes, isReadable }: Placed): void {
    if (isReadable) this.#judging.entry(seq, bytes)
    this.#streams.set(stream, { stream, entries: this.#held(stream) + 1, last: seq })
    this.#numbered.set(stream, Math.max(this.#numbered.get(stream) ?? 0, streamSeq + 1))
  }

  #held(stream: string): number {
    return this.#streams.get(stream)?.entries ?? 0
  }

  /** Decides a command again, where what its decision has read is here; says so where it is not, or not all of it. */
  #decideAgain(seq: number, stamped: Stamped, { outcome, reads = {} }: RecordBody): Decided | undefined {
    const { state } = this.#judging
    const { command } = stamped
    const read = Object.entries(reads).filter(([name]) => name !== wholeTrail)
    for (const [name, entries] of read) {
      const held = this.#held(name)
      if (held < entries) this.#lacks(name, seq, entries, held)
    }
    const lacking = read.filter(([name, entries]) => state.version(name) < entries)
    if (isGovernance(command)) return decide(state, stamped)
    const open = (because: string, isJudged: boolean) =>
      this.#leftOpen.push({ seq, change: command.change, isJudged, because })
    if (hangsOnTeam(state, command)) {
      const isRefused = 'refused' in outcome && isForWantOfRoom(outcome.refused)
      open(command.type === 'submit' ? loads : limits, lacking.length === 0 && !isRefused)
      return lacking.length === 0 ? decideWithoutTeam(state, stamped, outcome) : undefined
    }
    if (lacking.length > 0) return undefined
    if (Object.hasOwn(reads, wholeTrail)) {
      const isNamed = state.descendantsOf(command.change).every(one => Object.hasOwn(reads, changeStream(one.id)))
      open(isNamed ? alone : unnamed, true)
    }
    return decide(state, stamped)
  }

  /** What else depends on what the change depends on at last, and that itself. */
  #family(): string[] {
    const { state } = this.#judging
    const own = state.changes.get(this.#bundle.change)
    if (own === undefined) return []
    const last = state.ancestorsFrom(own.parent).at(-1) ?? own
    const top = last.parent ?? last.id
    const ids = new Set([top, ...state.descendantsOf(top).map(one => one.id)])
    ids.delete(own.id)
    return [...ids]
      .map(changeStream)
      .filter(one => this.#streams.has(one))
      .toSorted((a, b) => (a < b ? -1 : 1))
  }

  #unseen(placed: readonly { seq: number }[]): number {
    const { change, checkpoint } = this.#bundle
    const last = this.#streams.get(changeStream(change))?.last ?? -1
    return checkpoint.size - 1 - last - placed.filter(one => one.seq > last).length
  }

  /** One finding for each stream of which something is missing, and not one for each entry that has read it. */
  #lacks(stream: string, seq: number, expected: number, found: number): void {
    if (this.#lacking.has(stream)) return
    this.#lacking.add(stream)
    // What has to be there, and nobody says that it is.
    if (expected === 0 && found === 0) this.#wrong('bundle.incomplete', seq, `at least one entry of ${stream}`, 'none')
    else this.#wrong('bundle.incomplete', seq, `${expected} entries of ${stream}`, `${found}`)
  }

  /** Whether each stream is held as far as whoever made the bundle says that it went, and without what its own numbers leave out. */
  #complete(): void {
    const { change, checkpoint, streams } = this.#bundle
    const said = new Map(streams.map(one => [one.stream, one.entries]))
    const names = new Set([...said.keys(), ...this.#streams.keys(), changeStream(change), governanceStream])
    for (const name of names) {
      const found = this.#held(name)
      const told = said.get(name) ?? 0
      const expected = told === found ? Math.max(found, this.#numbered.get(name) ?? 0) : told
      if (expected !== found || found === 0) this.#lacks(name, checkpoint.size, expected, found)
    }
  }

  #anchors(
    proven: Shared | undefined,
    keys: KeyRanges,
    { latest, origin }: Pick<Judgement, 'latest' | 'origin'>,
  ): Pick<BundleVerdict, 'anchors' | 'anchoring' | 'attestations' | 'forks' | 'uncompared'> {
    const { note, checkpoint } = this.#bundle
    // Where the proof fails, that is the finding; what remains to be asked is who signed, and for which trail.
    const own = { ...parseCheckpoint({ name: ownName, note }), inBundle: true } as const
    const all = [own, ...this.#checkpoints]
    const { size, root } = checkpoint
    const roots = new Map([
      [0, EMPTY_ROOT],
      [size, root],
    ])
    const ends = new Set(proven?.leaves.map(one => one.place + 1))
    for (const { checkpoint: one } of this.#checkpoints)
      if (proven !== undefined && ends.has(one.size) && !roots.has(one.size))
        roots.set(one.size, rootOfShared(proven, one.size))
    const rootAt = (at: number) => roots.get(at)
    const trail = { origin, size, rootAt, isPart: true, given: this.#keys, own: keys }
    const { anchors: judged, forks } = compareCheckpoints(all, trail, finding => this.#report(finding))
    const anchors = proven === undefined ? judged.map(unproven) : judged
    const attestations = this.#attestations(all, anchors, latest)
    return {
      anchors,
      anchoring: anchoringOf(anchors, attestations, this.#options.witnesses),
      attestations,
      forks,
      uncompared: anchors.filter(one => one.uncompared !== undefined).map(one => one.name),
    }
  }

  /** What witnesses and time stamps say of each checkpoint. If a checkpoint does not match, they date no entries. */
  #attestations(
    checkpoints: readonly ParsedCheckpoint[],
    anchors: BundleVerdict['anchors'],
    latest: Judgement['latest'],
  ): BundleVerdict['attestations'] {
    const { witnesses, timestamps = [] } = this.#options
    const tell = (finding: Finding) => this.#report(finding)
    const { size } = this.#bundle.checkpoint
    const attestations = attest(checkpoints, witnesses, timestamps, size, tell)
    const latestAt = (at: number) => (at === size ? this.#judging.latest : latest.get(at))
    for (const [index, one] of attestations.entries())
      if (anchors[index]?.matches === true && one.size > 0) reportPostDated(one, latestAt(one.size), tell)
    return attestations
  }

  #wrong(code: Parameters<typeof integrityFinding>[0], seq: number, expected: string, found: string): void {
    this.#report(integrityFinding(code, seq, expected, found))
  }

  #report(finding: Finding): void {
    this.#findings.report(finding)
  }
}

/** An entry, and where it says that it stands. */
interface Placed extends Pick<RecordBody, 'seq' | 'stream' | 'streamSeq'> {
  readonly bytes: Uint8Array
  /** Whether what it says can be judged. */
  readonly isReadable: boolean
}

/** Where an entry says that it stands, whatever else it says; `undefined` where it has not the form of one. */
function placeIn(bytes: Uint8Array): Pick<Placed, 'seq' | 'stream' | 'streamSeq'> | undefined {
  try {
    const { seq, stream, streamSeq } = readEntry(bytes).body
    return { seq, stream, streamSeq }
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    return undefined
  }
}

/** How the checkpoint in the bundle is called. */
const ownName = 'in the bundle'

/** A checkpoint whose entries the bundle does not prove. */
function unproven(anchor: Anchor): Anchor {
  const { agrees: _, ...one } = anchor
  return { ...one, matches: false }
}
