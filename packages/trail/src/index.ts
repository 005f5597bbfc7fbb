export { sha256, sha256Hex } from '#sha256'
export { canonical, isCanonical, MAX_TEXT_BYTES, parseCanonical } from './canonical.ts'
export {
  type Checkpoint,
  checkpointText,
  type OpenedCheckpoint,
  openCheckpoint,
  parseCheckpointText,
  signCheckpoint,
  type Witness,
} from './checkpoint.ts'
export { commitmentTo, opens } from './commitment.ts'
export { ConsistencyProver } from './consistency.ts'
export { type Cosignature, cosign, verifyCosignature } from './cosignature.ts'
export { isSoundKey } from './ed25519/point.ts'
export {
  type Body,
  type Entry,
  isInstant,
  MAX_ENTRY_BYTES,
  prevOf,
  readEntry,
  readEntryAs,
  sealEntry,
  wholeTrail,
} from './entry.ts'
export { CountersignError, type ErrorCode, type Found, unexpected } from './error.ts'
export { checkFork, type Fork, type ForkedLog, formatFork, parseFork } from './fork.ts'
export { type Hash, isHash } from './hash.ts'
export { Integrity } from './integrity.ts'
export type {
  IntegrityCode,
  IntegrityFinding,
  IntegrityLine,
  IntegrityOptions,
  IntegrityPartStart,
  IntegrityReport,
  IntegrityStart,
  Subtree,
} from './integrity-report.ts'
export { joinIntegrity } from './join-integrity.ts'
export { type Json, type JsonArray, type JsonObject, MAX_DEPTH, parseJson, sameJson } from './json.ts'
export {
  type Algorithm,
  formatSignerKey,
  formatVerifierKey,
  isKeyName,
  parseSignerKey,
  parseVerifierKey,
  type SignerKey,
  signerKey,
  type VerifierKey,
  verifierKeyOf,
  witnessKeyOf,
} from './key.ts'
export {
  formatNote,
  MAX_NOTE_BYTES,
  MAX_SIGNATURES,
  type Note,
  type OpenedNote,
  openNote,
  parseNote,
  signNote,
  type Verified,
} from './note.ts'
export type { NoteSignature } from './note-signature.ts'
export {
  type Consistency,
  checkConsistency,
  checkInclusion,
  consistencyProof,
  consistencySpans,
  type Inclusion,
  inclusionProof,
  inclusionSpans,
  type Leaves,
  rootOfInclusion,
  rootsOfConsistency,
  type Span,
} from './proof.ts'
export { rootOfShared, type Shared, SharedProof, sharedSpans } from './shared-proof.ts'
export { requireExtension, type SigningOptions, signExtension } from './signer.ts'
export {
  decodeEntries,
  decodeHashTile,
  encodeEntries,
  encodeHashTile,
  TILE_WIDTH,
  type Tile,
  Tiler,
  tilePath,
  tilesOf,
} from './tiles.ts'
export { formatTlogProof, parseTlogProof, type TlogProof } from './tlog-proof.ts'
export { EMPTY_ROOT, leafHash, nodeHash, rootOf, Tree, type TreeState } from './tree.ts'
export { decodeUtf8, encodeUtf8 } from './utf8.ts'
export {
  type AddCheckpoint,
  addCosignatures,
  decideCosigning,
  formatAddCheckpoint,
  MAX_REQUEST_BYTES,
  parseAddCheckpoint,
  type WitnessDecision,
} from './witness.ts'
export {
  evaluateWitnesses,
  MAX_POLICY_BYTES,
  type PolicyLog,
  type PolicyNode,
  type PolicyWitness,
  parseWitnessPolicy,
  type WitnessEvaluation,
  type WitnessedNode,
  type WitnessPolicy,
} from './witness-policy.ts'
