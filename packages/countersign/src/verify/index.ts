export type { Anchor, GivenCheckpoint } from './anchor.ts'
export type { DecisionFindingCode, Finding, FindingCode, IntegrityFindingCode } from './finding.ts'
export { type Status, TrailVerifier, type Verdict, type VerifyOptions, verifyTrail } from './verify.ts'
export type { Anchoring, AskedWitnesses, Attestation, GivenTimestamp } from './witness.ts'
