export type { Anchor, GivenCheckpoint } from './anchor.ts'
export { Families } from './families.ts'
export type { DecisionFindingCode, Finding, FindingCode, IntegrityFindingCode, SourceFault } from './finding.ts'
export type { ForkFound } from './fork.ts'
export { bytesVerdict, originIn } from './integrity.ts'
export type { DeclaredSchedule, Judgement } from './judging.ts'
export type { KeyRange } from './key-ranges.ts'
export { TrailKeys } from './keys.ts'
export { type Misnumbered, Numbering } from './numbering.ts'
export type { GivenOpenings, OpeningPlace, PrivateValues } from './openings.ts'
export type { Sharing } from './share.ts'
export {
  type Forgetting,
  joinShares,
  type ShareOptions,
  ShareVerifier,
  type Status,
  shareOptions,
  TrailVerifier,
  type Verdict,
  type VerifyOptions,
  verifyTrail,
} from './verify.ts'
export type { Anchoring, AskedWitnesses, Attestation, GivenTimestamp } from './witness.ts'
