import type { IntegrityReport } from '@countersign/trail'
import { conclude, suppliedIn } from './conclude.ts'
import { integrityFinding, type SourceFault } from './finding.ts'
import { Findings } from './findings.ts'
import { originIn } from './founding.ts'
import type { Judgement } from './judging.ts'
import type { Verdict, VerifyOptions } from './verdict.ts'

export { originIn } from './founding.ts'

// What the bytes of a trail need, and no more: whoever looks at these alone does not load what reads entries and decides.

/**
 * The verdict on the bytes of a trail alone: the frame of each line, chain, tree and checkpoints, whatever its entries say. Of these only
 * the first one is read, for the origin; so keys that the trail names are not known, nor what is dated when. Where it names
 * no origin, that of a checkpoint is not compared. Where there is no entry at all, the founding is missing
 * (`founding.missing`).
 *
 * Throws `CountersignError` `note`, `checkpoint` or `key` where what the auditor handed in cannot be read, and `input` where
 * an option is unknown.
 *
 * @example
 * ```ts
 * import { Integrity } from '@countersign/trail'
 * import { bytesVerdict } from 'countersign/verify/integrity'
 * bytesVerdict(new Integrity().finish(), undefined).codes // → { 'founding.missing': 1 }
 * ```
 */
export function bytesVerdict(
  report: IntegrityReport,
  founding: Uint8Array | undefined,
  options: VerifyOptions = {},
  faults: readonly SourceFault[] = [],
): Verdict {
  const supplied = suppliedIn(options)
  const findings = new Findings(options.maxFindings)
  for (const { code, seq, expected, found } of faults) findings.report(integrityFinding(code, seq, expected, found))
  const origin = founding === undefined ? undefined : originIn(founding)
  return conclude({ report, judgement: unread(report.size, origin ?? ''), only: 'integrity' }, supplied, findings)
}

/** What can be said of entries of which only the bytes were looked at. */
const unread = (size: number, origin: string): Judgement => ({
  origin,
  size,
  accepted: 0,
  refused: {},
  changes: 0,
  exceptions: [],
  owed: [],
  unauthorised: [],
  privateValues: { values: 0, redacted: 0 },
  commitments: [],
  policies: [],
  keys: [],
  first: undefined,
  until: '',
  latest: new Map(),
})
