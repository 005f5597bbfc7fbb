import {
  CLOCK_TOLERANCE,
  CountersignError,
  encodeUtf8,
  evaluateWitnesses,
  formatNote,
  type Hash,
  openCheckpoint,
  parseNote,
  sha256Hex,
  type WitnessEvaluation,
  type WitnessPolicy,
} from '@countersign/trail'
import { type Finding, integrityFinding } from '../finding.ts'
import { type Anchor, isRelied } from './anchor.ts'
import type { ParsedCheckpoint } from './checkpoint.ts'

/** Whose word about a checkpoint is enough, and the verifier's clock in whole seconds since 1970, UTC. */
export interface AskedWitnesses {
  readonly policy: WitnessPolicy
  readonly now: number
}

/**
 * A time stamp that the auditor has, and what came of checking it against the authorities that the auditor trusts (as
 * `@countersign/timestamp` does): what it is of and when, or what about it does not hold.
 */
export interface GivenTimestamp {
  readonly name: string
  readonly outcome:
    | { readonly imprint: Hash; readonly time: string; readonly signer: string; readonly serial: string }
    | { readonly code: string; readonly expected: string; readonly found: string }
}

/** What others say of a checkpoint: in the order of the anchors, one for each. */
export interface Attestation {
  readonly name: string
  readonly size: number
  /** Only where a policy of witnesses was given: whether the log is one of its logs, and whether its quorum is met. */
  readonly witnessed?: WitnessEvaluation & { readonly log: boolean }
  readonly timestamps: readonly {
    readonly name: string
    readonly time: string
    readonly signer: string
    readonly serial: string
  }[]
}

/** What holds the trail: for each kind of hold, how many entries from the first have it. */
export interface Anchoring {
  /**
   * The strongest hold that all entries have which a checkpoint matches, so that it is said of the first `matched` of them.
   * Fewer may have a stronger one. A time stamp stands beside it: it says when, and not who.
   */
  readonly level:
    | 'nothing'
    | 'a checkpoint'
    | "trail's own key"
    | 'key handed on'
    | 'earlier key'
    | 'given key'
    | 'witnessed'
  /** A checkpoint that matches, whoever has signed it. */
  readonly matched: number
  readonly ownKey: number
  readonly handedOn: number
  readonly earlierKey: number
  readonly givenKey: number
  readonly witnessed: number
  readonly timeStamped: number
  /** Where a policy of witnesses was given, whether as many as it asks for have seen all that a checkpoint matches. */
  readonly witnesses?: 'enough' | 'not enough'
}

/** How far clocks may lie apart, in milliseconds. */
const tolerance = CLOCK_TOLERANCE * 1_000

/**
 * What the witnesses say of each checkpoint, and which time stamps are of it. Reports the time stamps that do not hold, and those
 * that are of no checkpoint that was given, as of a trail of this size.
 */
export function attest(
  checkpoints: readonly ParsedCheckpoint[],
  asked: AskedWitnesses | undefined,
  given: readonly GivenTimestamp[],
  size: number,
  report: (finding: Finding) => void,
): readonly Attestation[] {
  const told = checkpoints.map(one => witnessedBy(one, asked, report))
  const imprints = given.length === 0 ? noImprints : imprintsOf(checkpoints)
  const timestamps = checkpoints.map((): Attestation['timestamps'][number][] => [])
  for (const { name, outcome } of given) {
    if (!('imprint' in outcome)) {
      const found = `${outcome.found} (${outcome.code}, ${name})`
      report(integrityFinding('timestamp.unsound', size, outcome.expected, found))
      continue
    }
    const { imprint, time, signer, serial } = outcome
    const places = imprints.get(imprint) ?? []
    for (const place of places) timestamps[place]?.push({ name, time, signer, serial })
    if (places.length > 0) continue
    const expected = 'a time stamp of a checkpoint that was given'
    report(integrityFinding('timestamp.imprint', size, expected, `one of ${imprint} (${name})`))
  }
  return told.map((one, place) => ({ ...one, timestamps: timestamps[place] ?? [] }))
}

function witnessedBy(
  { note, name, checkpoint: { size } }: ParsedCheckpoint,
  asked: AskedWitnesses | undefined,
  report: (finding: Finding) => void,
): Omit<Attestation, 'timestamps'> {
  if (asked === undefined) return { name, size }
  const evaluation = evaluateWitnesses(asked.policy, note, asked.now)
  for (const witness of evaluation.witnesses) {
    if (witness.status !== 'bad signature') continue
    const expected = `a cosignature of ${witness.key} that holds`
    report(integrityFinding('checkpoint.cosignature', size, expected, 'one that does not'))
  }
  return { name, size, witnessed: { ...evaluation, log: isOfLog(note, asked.policy) } }
}

const noImprints: ReadonlyMap<Hash, readonly number[]> = new Map()

/**
 * What a time stamp may be of, each with the places of the checkpoints of which it is then: of a note as it stood when it was
 * stamped, with the first so many of its signatures. Those of witnesses may have come later.
 */
function imprintsOf(checkpoints: readonly ParsedCheckpoint[]): ReadonlyMap<Hash, readonly number[]> {
  const found = new Map<Hash, number[]>()
  for (const [place, { note }] of checkpoints.entries()) {
    const { text, signatures } = parseNote(note)
    for (const index of signatures.keys()) {
      const imprint = sha256Hex(encodeUtf8(formatNote({ text, signatures: signatures.slice(0, index + 1) })))
      const places = found.get(imprint)
      if (places === undefined) found.set(imprint, [place])
      else places.push(place)
    }
  }
  return found
}

/** Whether one of the policy's logs has signed; where it names none, any may that the auditor trusts, which the anchor says. */
function isOfLog(note: string, { logs }: WitnessPolicy): boolean {
  if (logs.length === 0) return true
  try {
    openCheckpoint(note, { keys: logs.map(log => log.key) })
    return true
  } catch (error) {
    if (error instanceof CountersignError) return false
    throw error
  }
}

/**
 * Reports the entry that says it was written after somebody else had already seen it: one of the two clocks was wrong, or
 * the date is made up. `latest` is the entry with the latest date among those that the checkpoint counts.
 */
export function reportPostDated(
  attestation: Attestation,
  latest: { readonly seq: number; readonly at: string } | undefined,
  report: (finding: Finding) => void,
): void {
  const cosigned = (attestation.witnessed?.witnesses ?? []).flatMap(({ satisfied, time }) =>
    satisfied && time !== undefined ? [time * 1000] : [],
  )
  const stamped = attestation.timestamps.map(one => Date.parse(one.time))
  const seen = Math.min(...cosigned, ...stamped)
  if (latest === undefined || !Number.isFinite(seen) || Date.parse(latest.at) <= seen + tolerance) return
  const expected = `a date up to ${new Date(seen).toISOString()}, when it was seen`
  report(integrityFinding('entry.post-dated', latest.seq, expected, latest.at))
}

/** What holds the trail, of anchors and what others say of each. */
export function anchoringOf(
  anchors: readonly Anchor[],
  attestations: readonly Attestation[],
  asked: AskedWitnesses | undefined,
): Anchoring {
  const upTo = (holds: (anchor: Anchor, attestation: Attestation) => boolean): number =>
    anchors.reduce((most, anchor, index) => {
      const attestation = attestations[index]
      const held = anchor.matches && attestation !== undefined && holds(anchor, attestation)
      return held ? Math.max(most, anchor.size) : most
    }, 0)
  const matched = upTo(() => true)
  const ownKey = upTo(anchor => anchor.signedBy === "trail's own key")
  const handedOn = upTo(anchor => anchor.signedBy === 'key handed on')
  const earlierKey = upTo(anchor => anchor.signedBy === 'earlier key')
  const givenKey = upTo(anchor => anchor.signedBy === 'given key')
  // A witness has seen what a log has signed. Where no log that the auditor trusts has, its word is about nothing.
  const witnessed = upTo(
    (anchor, { witnessed: told }) =>
      isRelied(anchor) && told?.log === true && told.satisfied && told.quorum !== undefined,
  )
  const timeStamped = upTo((_, { timestamps }) => timestamps.length > 0)
  // An old cosignature says nothing of what came after it, so it raises no level, nor does it meet the policy.
  const reaching = [
    ['witnessed', witnessed],
    ['given key', givenKey],
    ['earlier key', earlierKey],
    ['key handed on', handedOn],
    ["trail's own key", ownKey],
  ] as const
  const [strongest] = reaching.find(([, reach]) => reach === matched) ?? ['a checkpoint']
  const level = matched === 0 ? 'nothing' : strongest
  const counts = { level, matched, ownKey, handedOn, earlierKey, givenKey, witnessed, timeStamped } as const
  if (asked?.policy.quorum === undefined) return counts
  return { ...counts, witnesses: level === 'witnessed' ? 'enough' : 'not enough' }
}

/** What is dated until later than now, by more than clocks lie apart. */
export function aheadOf(
  until: string,
  now: string | undefined,
): { readonly ahead?: { readonly until: string; readonly now: string } } {
  if (now === undefined || until === '' || Date.parse(until) <= Date.parse(now) + tolerance) return {}
  return { ahead: { until, now } }
}
