export { type Anchor, isRelied } from './anchors/anchor.ts'
export type { GivenCheckpoint } from './anchors/checkpoint.ts'
export type { ForkFound } from './anchors/fork.ts'
export type { KeyRange } from './anchors/key-ranges.ts'
export { TrailKeys } from './anchors/keys.ts'
export type { Anchoring, AskedWitnesses, Attestation, GivenTimestamp } from './anchors/witness.ts'
export type { DecisionFindingCode, Finding, FindingCode, IntegrityFindingCode, SourceFault } from './finding.ts'
export { bytesVerdict, originIn } from './integrity.ts'
export type { DeclaredSchedule, Judgement } from './judging.ts'
export { type Misnumbered, Numbering } from './numbering.ts'
export type { GivenOpenings, OpeningPlace, PrivateValues } from './openings.ts'
export { Families } from './shares/families.ts'
export type { Sharing } from './shares/share.ts'
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
