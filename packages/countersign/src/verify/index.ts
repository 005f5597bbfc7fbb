export type { Anchor } from './anchor.ts'
export type { GivenCheckpoint } from './checkpoint.ts'
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
export type { Status, Verdict, VerifyOptions } from './verdict.ts'
export {
  type Forgetting,
  joinShares,
  type ShareOptions,
  ShareVerifier,
  shareOptions,
  TrailVerifier,
  verifyTrail,
} from './verify.ts'
export type { Anchoring, AskedWitnesses, Attestation, GivenTimestamp } from './witness.ts'
