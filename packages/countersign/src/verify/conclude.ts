import {
  CountersignError,
  type IntegrityFinding,
  type IntegrityReport,
  parseVerifierKey,
  requireLists,
  requireOptions,
  type VerifierKey,
} from '@countersign/trail'
import type { Snapshot } from '../record/snapshot.ts'
import { digestOf } from '../values/digest.ts'
import { type Anchor, compareCheckpoints, isHold, isRelied } from './anchors/anchor.ts'
import { type GivenCheckpoint, type ParsedCheckpoint, parseCheckpoint } from './anchors/checkpoint.ts'
import { KeyRanges } from './anchors/key-ranges.ts'
import { aheadOf, anchoringOf, attest, reportPostDated } from './anchors/witness.ts'
import { differenceOf } from './difference.ts'
import { obligationsOf } from './duties/owed.ts'
import { decisionFinding, type Finding, integrityFinding } from './finding.ts'
import type { Findings } from './findings.ts'
import type { Judgement } from './judging.ts'
import type { Disclosure } from './openings.ts'
import type { Verdict, VerifyOptions } from './verdict.ts'

/** What the auditor has besides the trail, read. */
export interface Supplied {
  readonly options: VerifyOptions
  readonly checkpoints: readonly ParsedCheckpoint[]
  readonly keys: readonly VerifierKey[]
  /** The sizes of the checkpoints. */
  readonly sizes: ReadonlySet<number>
  /** The first entry whose decision is judged. */
  readonly since: number
}

const names = Object.keys({
  checkpoints: true,
  published: true,
  since: true,
  keys: true,
  witnesses: true,
  timestamps: true,
  policies: true,
  snapshot: true,
  openings: true,
  onSchedule: true,
  now: true,
  maxFindings: true,
} satisfies Record<keyof VerifyOptions, true>)

/** Refuses an option that is misspelt: without what it was to ask for, a trail could be found to be sound that is not. */
export function requireVerifyOptions(options: VerifyOptions): void {
  requireOptions('the verifier', options, names)
  requireLists('the verifier', options, ['checkpoints', 'keys', 'timestamps', 'policies'])
}

/**
 * Reads it. Throws `CountersignError` `note`, `checkpoint` or `key` where that cannot be done; and `input` where an option is
 * unknown, or where decisions are to be left out by a checkpoint, and there is no key that could have signed it.
 */
export function suppliedIn(options: VerifyOptions): Supplied {
  requireVerifyOptions(options)
  const { checkpoints: given = [], published, since, keys = [], witnesses } = options
  const checkpoints = [
    ...(since === undefined ? [] : [parseCheckpoint(since)]),
    // The one up to which the trail was verified may be given as one that holds it as well, and says nothing more then.
    ...given.map(parseCheckpoint).filter(one => one.note !== since?.note),
    ...(published === undefined ? [] : [parseCheckpoint(published)]),
  ]
  const logs = witnesses?.policy.logs ?? []
  if (since !== undefined && keys.length + logs.length === 0)
    throw new CountersignError('input', 'to rest on an earlier verdict takes a key that has signed its checkpoint')
  return {
    options,
    checkpoints,
    keys: [...keys.map(parseVerifierKey), ...logs.map(log => log.key)],
    sizes: new Set(checkpoints.map(one => one.checkpoint.size)),
    since: since === undefined ? 0 : (checkpoints[0]?.checkpoint.size ?? 0),
  }
}

/** What was made of a trail: of its bytes, and of what its entries say. */
export interface Examined {
  readonly report: IntegrityReport
  readonly judgement: Judgement
  /** What a snapshot is compared with, where there is one. */
  readonly snapshot?: () => Snapshot
  /** What openings are compared with, where there are some. */
  readonly disclosure?: Disclosure
  /** Only the bytes were looked at. */
  readonly only?: 'integrity'
}

/** The verdict on a trail that has been read to its end: what was found on the way, and what speaks for it from outside. */
export function conclude(
  { report, judgement, snapshot, disclosure, only }: Examined,
  { options, checkpoints, keys, since }: Supplied,
  findings: Findings,
): Verdict {
  const tell = (finding: Finding) => findings.report(finding)
  for (const { code, seq, offset, expected, found } of report.findings)
    tell(integrityFinding(code, seq, expected, found, offset))
  const kept = new Map<string, number>()
  for (const { code } of report.findings) kept.set(code, (kept.get(code) ?? 0) + 1)
  for (const [code, count] of Object.entries(report.codes) as [IntegrityFinding['code'], number][])
    if (count > (kept.get(code) ?? 0)) findings.unkept(code, count - (kept.get(code) ?? 0))
  const isCut = lacksFiles(report, checkpoints, options, findings)
  if (report.size === 0 && !isCut) tell(integrityFinding('founding.missing', 0, 'a founding entry', 'no entry at all'))
  const { origin } = judgement
  // What can be read names the trail before what cannot.
  const called = origin || (judgement.called ?? '')
  const own = new KeyRanges(judgement.keys, called)
  const rootAt = (size: number) => report.roots.get(size)
  // Whether the first entry is what it should be is not asked of the bytes alone, and so it need not name the trail.
  // Nor does it where it was not there to be read, or nothing is.
  const isUnread = only === 'integrity' || isCut || report.size === 0
  const named = called === '' && isUnread ? undefined : called
  const { witnesses, timestamps = [] } = options
  const known = witnesses?.policy.witnesses.map(one => one.key) ?? []
  const measure = { origin: named, size: report.size, rootAt, isPart: isCut, given: keys, own, witnesses: known }
  const { anchors, forks } = compareCheckpoints(checkpoints, measure, tell)
  const attestations = attest(checkpoints, witnesses, timestamps, report.size, tell)
  for (const [index, one] of attestations.entries())
    if (anchors[index]?.matches === true) reportPostDated(one, judgement.latest.get(one.size), tell)
  comparePolicies(judgement, options, tell)
  if (options.snapshot !== undefined && snapshot !== undefined)
    compareSnapshots(snapshot(), options.snapshot, judgement.size, tell)
  const privateValues = disclosure?.judge(options.openings, tell) ?? judgement.privateValues
  const isOwn = (place: number) => {
    const one = checkpoints[place]
    return one !== undefined && !isPublished(one, options)
  }
  const holds = (one: Anchor, place: number) => isHold(one) && (isRelied(one) || isOwn(place))
  return {
    status: findings.worst ?? 'sound',
    ...(only === undefined ? {} : { only }),
    ...(since === 0 ? {} : { since }),
    origin,
    size: report.size,
    bytes: report.bytes,
    ...(report.tail === 0 ? {} : { tail: report.tail }),
    root: report.root,
    findings: findings.kept,
    found: findings.found,
    codes: findings.codes,
    anchors,
    anchoredSize: Math.max(0, ...anchors.filter(holds).map(one => one.size)),
    keys: own.ranges,
    forks,
    anchoring: anchoringOf(anchors, attestations, witnesses),
    attestations,
    entries: { accepted: judgement.accepted, refused: inOrder(judgement.refused) },
    changes: judgement.changes,
    exceptions: judgement.exceptions,
    obligations: obligationsOf(judgement.owed, judgement.until),
    unauthorised: judgement.unauthorised,
    privateValues,
    policies: judgement.policies,
    from: judgement.first?.at ?? '',
    until: judgement.until,
    ...aheadOf(judgement.until, options.now),
  }
}

/** Whether it is the checkpoint that lies with the trail: also where the very same was handed in beside it once more. */
const isPublished = ({ name, note }: GivenCheckpoint, { published }: VerifyOptions): boolean =>
  published !== undefined && name === published.name && note === published.note

/**
 * Whether entries of a published trail lie behind a file that is missing or is no tile, so that they could not be read. What
 * the copy lacks the trail may have.
 */
function lacksFiles(
  { size }: IntegrityReport,
  checkpoints: readonly ParsedCheckpoint[],
  options: VerifyOptions,
  { codes }: Findings,
): boolean {
  const isFaulty = codes['tile.missing'] !== undefined || codes['tile.malformed'] !== undefined
  return isFaulty && checkpoints.some(one => isPublished(one, options) && one.checkpoint.size > size)
}

function comparePolicies(
  judgement: Judgement,
  { policies = [] }: VerifyOptions,
  tell: (finding: Finding) => void,
): void {
  for (const policy of policies) {
    const inForce = judgement.policies.find(one => one.team === policy.team)?.digest ?? 'none'
    const supplied = digestOf('policy', policy)
    if (supplied === inForce) continue
    const because = `the policy supplied for ${policy.team} is not the one that the trail has in force`
    tell(decisionFinding('policy.supplied-differs', judgement.size, inForce, supplied, because))
  }
}

function compareSnapshots(right: Snapshot, given: Snapshot, size: number, tell: (finding: Finding) => void): void {
  const expected = digestOf('snapshot', right)
  const found = digestOf('snapshot', given)
  if (expected === found) return
  const first = differenceOf(right, given)
  const told = (value: string | undefined, digest: string) => `${value} at ${first?.where} (digest ${digest})`
  tell(integrityFinding('snapshot.differs', size, told(first?.expected, expected), told(first?.found, found)))
}

/** By code, so that it is the same whoever has counted. */
const inOrder = (refused: Judgement['refused']): Judgement['refused'] =>
  Object.fromEntries(Object.entries(refused).toSorted(([a], [b]) => (a < b ? -1 : 1)))
